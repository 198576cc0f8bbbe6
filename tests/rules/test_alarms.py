"""Alarms of the night (警報): on either side of every threshold, with counts and yen by hand."""

from datetime import date, timedelta

import polars as pl
import pytest

from elqr.rules.alarms import (
    alarms,
    arrival_alarms,
    backlog_alarms,
    jump_alarms,
    money_alarms,
    reduction_alarms,
    repeat_alarms,
    unknown_by_channel,
)
from elqr.vocabulary.arrival_frames import Arriving
from elqr.vocabulary.codes import Code
from elqr.vocabulary.findings import LISTED_PER_CODE, Finding
from elqr.vocabulary.money_frames import Settled
from elqr.vocabulary.page_frames import ChannelTrend, Waiting
from elqr.vocabulary.terms import Channel
from tests.cases.frame import frame_of

NIGHT = date(2026, 11, 20)


def places(found: list[Finding]) -> list[tuple[Code, str, int, str]]:
    """(code, file, record, field) of each."""
    return [(one.code, one.at.file, one.at.record_no, one.at.field) for one in found]


_DECIDED = {
    "payment_no": pl.Int64, "file_name": pl.String, "record_no": pl.Int64, "channel": pl.String, "stage": pl.String,
    "outcome": pl.String, "other_payment_no": pl.Int64, "paid_on": pl.Date, "paid_yen": pl.Int64,
}  # fmt: skip


def decided(*rows: dict[str, object]) -> pl.DataFrame:
    """消込結果; what is not said is an ordinary 確報 of an app."""
    usual = {"file_name": "a.csv", "channel": "app", "stage": "confirmed", "outcome": "matched"}
    given = [dict.fromkeys(_DECIDED) | usual | {"record_no": no} | row for no, row in enumerate(rows, start=1)]
    return pl.DataFrame(given, schema=_DECIDED)


def share(confirmed: int, unknown: int, **more: object) -> list[dict[str, object]]:
    return [{"outcome": "key_unknown" if no < unknown else "matched", **more} for no in range(confirmed)]


RATES: list[tuple[str, list[dict[str, object]], bool]] = [
    ("なし", [], False),
    ("割合と同じ", share(100, 10), False),
    ("割合より一件多い", share(100, 11), True),
    ("件数に足りない", share(9, 2), False),
    ("件数と同じ", share(9, 3), True),
    ("速報は数えない", [*share(100, 10), *share(50, 50, stage="preliminary")], False),
    ("速報は薄めもしない", [*share(9, 3), *share(100, 0, stage="preliminary")], True),
    ("ほかのチャネルは薄めない", [*share(9, 3), *share(100, 0, channel="cvs")], True),
    ("ほかの理由は数えない", [*share(9, 2), *share(9, 0, outcome="check_no_differs")], False),
]


@pytest.mark.parametrize(("rows", "is_told"), [row[1:] for row in RATES], ids=[row[0] for row in RATES])
def test_a_channel_of_too_many_unknown_keys_is_told(rows: list[dict[str, object]], is_told: bool) -> None:
    """More than a tenth, and at least three."""
    wanted = [(Code.UNMATCHED_RATE, "", 0, "チャネル スマホアプリ")] if is_told else []
    assert places(alarms(decided(*rows), 0.1, 3)) == wanted


def test_each_channel_is_told_with_its_counts() -> None:
    rows = [*share(20, 5), *share(4, 4, channel="cvs"), *share(30, 3, channel="counter")]
    first, second = sorted(alarms(decided(*rows), 0.2, 4), key=lambda one: one.at.field)
    assert (first.at.field, second.at.field) == ("チャネル コンビニ", "チャネル スマホアプリ")
    assert "4件中4件" in first.actual and "100.0%" in first.actual
    assert "20件中5件" in second.actual and "25.0%" in second.actual


def test_records_that_contradict_what_was_posted_are_told_in_the_order_of_their_places() -> None:
    rows = [
        {"file_name": "b.csv", "record_no": 7, "outcome": "conflicts"},
        {"file_name": "a.csv", "record_no": 9, "outcome": "conflicts"},
        {"file_name": "a.csv", "record_no": 8, "outcome": "already_posted"},
    ]
    assert places(alarms(decided(*rows), 1.0, 1)) == [
        (Code.POSTED_CONFLICT, "a.csv", 9, ""),
        (Code.POSTED_CONFLICT, "b.csv", 7, ""),
    ]
    many = decided(*({"outcome": "conflicts"} for _ in range(LISTED_PER_CODE + 1)))
    assert [one.at.record_no for one in alarms(many, 1.0, 1)] == list(range(1, LISTED_PER_CODE + 1))


def test_unknown_keys_are_counted_by_channel() -> None:
    rows = [*share(3, 1), *share(2, 0, channel="cvs"), *share(5, 5, channel="cvs", stage="preliminary")]
    assert unknown_by_channel(decided(*rows)).rows() == [("app", 3, 1), ("cvs", 2, 0)]
    names = [channel.value for channel in Channel]
    assert unknown_by_channel(decided(*({"channel": name} for name in names)))["channel"].to_list() == sorted(names)
    assert unknown_by_channel(decided()).rows() == []


def trend(*nights: tuple[int, int], channel: str = "app", back: int = 0) -> list[dict[str, object]]:
    """(確報, 該当なし) of the nights up to tonight, or to so many nights before it."""
    last = len(nights) - 1
    return [
        {
            "night_on": NIGHT - timedelta(last - at + back),
            "channel": channel,
            "confirmed": confirmed,
            "unknown": unknown,
        }
        for at, (confirmed, unknown) in enumerate(nights)
    ]


JUMPS: list[tuple[str, list[dict[str, object]], bool]] = [
    ("なし", [], False),
    ("今夜だけ", trend((100, 100)), False),
    ("二夜しか前がない", trend((100, 0), (100, 0), (100, 100)), False),
    ("三夜あれば比べる", trend((100, 0), (100, 0), (100, 0), (100, 100)), True),
    ("一件ずつの夜も夜", trend((1, 0), (1, 0), (1, 0), (5, 5)), True),
    ("確報のない夜は数えない", trend((100, 0), (0, 0), (100, 0), (100, 100)), False),
    ("上がった分が幅と同じ", trend((100, 0), (100, 0), (100, 0), (100, 25)), False),
    ("上がった分が一件多い", trend((100, 0), (100, 0), (100, 0), (100, 26)), True),
    ("いつもの割合から測る", trend((100, 50), (100, 50), (100, 50), (100, 75)), False),
    ("いつもの割合より一件多い", trend((100, 50), (100, 50), (100, 50), (100, 76)), True),
    ("小さな夜は小さく数える", trend((300, 0), (10, 10), (10, 10), (100, 32)), True),
    ("今夜は件数に足りない", trend((100, 0), (100, 0), (100, 0), (4, 4)), False),
    ("今夜は件数と同じ", trend((100, 0), (100, 0), (100, 0), (5, 5)), True),
    ("十夜より前は見ない", trend((9_000, 9_000), *[(10, 0)] * 10, (10, 9)), True),
    ("十夜目は見る", trend((9_000, 9_000), *[(10, 0)] * 9, (10, 9)), False),
    ("前の夜だけの急な上昇", trend((100, 0), (100, 0), (100, 0), (100, 100), back=1), False),
    ("後の夜は見ない", [*trend((100, 90), (100, 90), (100, 90), back=-3), *trend((100, 0), (100, 90))], False),
    ("ほかのチャネルの夜は数えない", [*trend((9, 9)), *trend((9, 0), (9, 0), (9, 0), channel="cvs", back=1)], False),
]


@pytest.mark.parametrize(("rows", "is_told"), [row[1:] for row in JUMPS], ids=[row[0] for row in JUMPS])
def test_a_channel_that_jumps_against_its_own_nights_is_told(rows: list[dict[str, object]], is_told: bool) -> None:
    """静岡市: a key layout changed. By more than 25 points, and at least five."""
    wanted = [(Code.UNMATCHED_JUMP, "", 0, "チャネル スマホアプリ")] if is_told else []
    for given in (rows, rows[::-1]):
        assert places(jump_alarms(frame_of(ChannelTrend, *given), NIGHT, 0.25, 5)) == wanted


def waiting(days: int, count: int = 1, yen: int = 1_000, is_open: bool = True) -> dict[str, object]:
    return {
        "outcome": "key_unknown",
        "decided_on": NIGHT - timedelta(days),
        "count": count,
        "suspense_yen": yen,
        "is_open": is_open,
    }


BACKLOGS: list[tuple[str, list[dict[str, object]], tuple[str, str, str] | None]] = [
    ("なし", [], None),
    ("ちょうどその日数", [waiting(10)], None),
    ("一日過ぎた", [waiting(11, 2, 7_000)], ("2件", "7,000円", "2026-11-09")),
    ("決めたものは待っていない", [waiting(11, is_open=False)], None),
    (
        "過ぎたものだけの合計",
        [waiting(10, 9, 9), waiting(12, 2, 500), waiting(30, 1, 0)],
        ("3件", "500円", "2026-10-21"),
    ),
    ("お金のないものも待つ", [waiting(11, 1, 0)], ("1件", " 0円", "2026-11-09")),
]


@pytest.mark.parametrize(("rows", "said"), [row[1:] for row in BACKLOGS], ids=[row[0] for row in BACKLOGS])
def test_what_nobody_decides_on_is_told(rows: list[dict[str, object]], said: tuple[str, str, str] | None) -> None:
    found = backlog_alarms(frame_of(Waiting, *rows), NIGHT, 10)
    assert places(found) == ([(Code.BACKLOG, "", 0, "要確認")] if said else [])
    assert all(part in found[0].actual for part in said or ())


_DAILY = {"account": pl.String, "is_reduction": pl.Boolean, "count": pl.Int64, "yen": pl.Int64}


def test_what_a_night_takes_off_claims_is_told_once() -> None:
    """A reduction is two postings; the one into suspense is counted."""
    rows = [
        ("claim", True, 3, -1_500),
        ("suspense", True, 2, 1_000),
        ("suspense", True, 1, 500),
        ("suspense", False, 9, 9_000),
    ]
    (found,) = reduction_alarms(pl.DataFrame(rows, schema=_DAILY, orient="row"))
    assert places([found]) == [(Code.REDUCED, "", 0, "要確認")] and "3件 1,500円" in found.actual
    assert reduction_alarms(pl.DataFrame(rows[3:], schema=_DAILY, orient="row")) == []
    assert reduction_alarms(pl.DataFrame(schema=_DAILY)) == []


_OTHER = {
    "payment_no": pl.Int64, "channel": pl.String, "paid_on": pl.Date, "paid_yen": pl.Int64, "file_name": pl.String,
}  # fmt: skip
OLD_DAY, NEW_DAY = date(2026, 11, 4), date(2026, 11, 5)


def again(count: int, size: int, **more: object) -> list[dict[str, object]]:
    """A file of so many records, of which some are second payments of others, of 100 yen each, a day later."""
    return [
        {"file_name": "new.csv", "paid_on": NEW_DAY, "paid_yen": 100}
        | ({"outcome": "already_settled", "other_payment_no": 1 + no, **more} if no < count else {})
        for no in range(size)
    ]


REPEATS: list[tuple[str, list[dict[str, object]], bool]] = [
    ("なし", [], False),
    ("全部", again(3, 3), True),
    ("三件に足りない", again(2, 2), False),
    ("ちょうど半分", again(3, 6), False),
    ("半分より多い", again(3, 5), True),
    ("領収日が同じ", again(3, 3, paid_on=OLD_DAY), False),
    ("額が違う", again(3, 3, paid_yen=101), False),
    ("チャネルが違う", again(3, 3, channel="cvs"), False),
    ("速報", again(3, 3, stage="preliminary"), False),
    ("速報は大きさに数えない", [*again(3, 3), *(row | {"stage": "preliminary"} for row in again(0, 9))], True),
    ("同じファイルの中の二重納付", again(3, 3, file_name="old.csv"), False),
    ("ほかの理由", again(3, 3, outcome="overpaid"), False),
]


@pytest.mark.parametrize(("rows", "is_told"), [row[1:] for row in REPEATS], ids=[row[0] for row in REPEATS])
def test_a_file_that_says_an_earlier_one_with_another_day_is_told(rows: list[dict[str, object]], is_told: bool) -> None:
    others = pl.DataFrame([(no, "app", OLD_DAY, 100, "old.csv") for no in range(1, 11)], schema=_OTHER, orient="row")
    found = repeat_alarms(decided(*rows), others)
    assert places(found) == ([(Code.FILE_REPEATED, "new.csv", 0, "")] if is_told else [])
    if is_told:
        assert "中3件 300円" in found[0].actual and "old.csv" in found[0].expected


def test_a_file_of_two_earlier_ones_is_the_repeat_of_neither_until_it_is_mostly_one() -> None:
    """Three of seven are of one file, four of another: only that one is more than half."""
    others = pl.DataFrame(
        [(no, "app", OLD_DAY, 100, "one.csv" if no <= 3 else "two.csv") for no in range(1, 8)],
        schema=_OTHER,
        orient="row",
    )
    (found,) = repeat_alarms(decided(*again(7, 7)), others)
    assert "7件中4件 400円" in found.actual and "two.csv" in found.expected


def arriving(state: str, **given: object) -> dict[str, object]:
    due = {"name": "eLTAX 確報", "due_on": NIGHT, "limit_on": NIGHT, "arrived": 0, "count": 1, "files": ""}
    return due | {"state": state} | given


ARRIVALS = [
    ("未着", arriving("missing"), Code.FILE_MISSING, "eLTAX 確報 2026-11-20 の分"),
    ("不足", arriving("short", arrived=1, count=2), Code.FILES_SHORT, "eLTAX 確報 2026-11-20 の分"),
    ("順序外", arriving("out_of_sequence", files="7"), Code.FILE_SEQUENCE, "eLTAX 確報"),
    ("待ち", arriving("awaited"), None, ""),
    ("遅れて到着", arriving("late"), None, ""),
    ("到着", arriving("arrived"), None, ""),
    ("予定外", arriving("unexpected"), None, ""),
]


@pytest.mark.parametrize(("row", "code", "field"), [row[1:] for row in ARRIVALS], ids=[row[0] for row in ARRIVALS])
def test_only_what_is_missing_short_or_out_of_sequence_is_told(
    row: dict[str, object], code: Code | None, field: str
) -> None:
    assert places(arrival_alarms(frame_of(Arriving, row), None, NIGHT)) == ([(code, "", 0, field)] if code else [])


def test_how_many_files_came_of_how_many_is_told_and_which_number_is_out_of_sequence() -> None:
    rows = [
        arriving("short", arrived=1, count=3, limit_on=NIGHT + timedelta(4)),
        arriving("out_of_sequence", files="7"),
    ]
    sequence, short = arrival_alarms(frame_of(Arriving, *rows), None, NIGHT)
    assert (sequence.actual, short.actual) == ("7", "1ファイル")
    assert "3ファイル" in short.expected and "2026-11-24" in short.expected and "ファイル" not in sequence.expected


@pytest.mark.parametrize(
    ("until", "is_told"),
    [(NIGHT + timedelta(60), False), (NIGHT + timedelta(59), True), (NIGHT - timedelta(1), True), (None, False)],
    ids=["六十日先", "五十九日先", "もう終わった", "休日のない契約"],
)
def test_holidays_that_run_out_are_told_sixty_days_before(until: date | None, is_told: bool) -> None:
    found = places(arrival_alarms(Arriving.empty(), until, NIGHT))
    assert found == ([(Code.HOLIDAYS_END, "", 0, "祝日の表")] if is_told else [])


def line(outcome: str, **given: object) -> dict[str, object]:
    usual = {
        "line_no": 1, "contract": "機構", "from_on": date(2026, 11, 12), "payments": 2, "payment_yen": 20_001,
        "fee_yen": 0, "money_yen": 0,
    }  # fmt: skip
    return usual | {"outcome": outcome} | given


MONEY = [
    ("差額あり", line("differs", money_yen=20_000), Code.MONEY_DIFFERS, "機構 資金化日 2026-11-12"),
    ("入金なし", line("no_money"), Code.MONEY_LACKING, "機構 資金化日 2026-11-12"),
    ("収納なし", line("no_payments", payments=0, payment_yen=0), Code.PAYMENTS_LACKING, "機構 入金日 2026-11-12"),
    ("資金化日なし", line("no_funds_day", from_on=None), Code.FUNDS_DAY_LACKING, "機構"),
    ("契約のない入金", line("no_contract", contract="", payments=0), Code.CONTRACT_LACKING, "契約なしの入金 入金日 2026-11-12"),
    ("一致", line("agreed"), None, ""),
    ("手数料控除後一致", line("agreed_net"), None, ""),
    ("相殺", line("taken_back"), None, ""),
    ("対象外", line("outside"), None, ""),
    ("確認済", line("closed"), None, ""),
    ("入金待ち", line("awaited"), None, ""),
]  # fmt: skip
_GAP = {"gap": pl.String, "contract": pl.String, "paid_on": pl.Date, "paid_yen": pl.Int64}
_DOUBT = {
    "file_name": pl.String, "record_no": pl.Int64, "booked_on": pl.Date, "yen": pl.Int64, "why": pl.String,
    "other_file": pl.String,
}  # fmt: skip
NO_GAPS, NO_DOUBTS = pl.DataFrame(schema=_GAP), pl.DataFrame(schema=_DOUBT)


@pytest.mark.parametrize(("row", "code", "field"), [row[1:] for row in MONEY], ids=[row[0] for row in MONEY])
def test_only_lines_that_do_not_agree_are_told(row: dict[str, object], code: Code | None, field: str) -> None:
    found = places(money_alarms(frame_of(Settled, row), NO_GAPS, NO_DOUBTS))
    assert found == ([(code, "", 0, field)] if code else [])


def test_what_is_owed_is_what_was_paid_less_the_fee() -> None:
    """（55円 × 2件 ＋ 330円）× 1.1 ＝ 484円 of 20,001 yen."""
    lines = frame_of(Settled, line("differs", fee_yen=484, money_yen=19_516))
    (found,) = money_alarms(lines, NO_GAPS, NO_DOUBTS)
    assert "19,516円" in found.actual
    assert all(part in found.expected for part in ("19,517円", "2件", "20,001円", "484円"))
    (found,) = money_alarms(frame_of(Settled, line("differs", money_yen=1)), NO_GAPS, NO_DOUBTS)
    assert "手数料" not in found.expected


def test_stages_that_are_missing_are_summed_up_by_contract() -> None:
    gaps = [
        ("preliminary_only", "機構", date(2026, 11, 6), 100),
        ("preliminary_only", "機構", date(2026, 11, 5), 200),
        ("preliminary_only", "代行", date(2026, 11, 7), 0),
        ("confirmed_only", "機構", date(2026, 11, 8), 400),
        ("preliminary_only", "", date(2026, 11, 9), 800),
    ]
    found = money_alarms(Settled.empty(), pl.DataFrame(gaps, schema=_GAP, orient="row"), NO_DOUBTS)
    assert sorted(places(found)) == sorted(
        [
            (Code.CONFIRMATION_OVERDUE, "", 0, "代行"),
            (Code.CONFIRMATION_OVERDUE, "", 0, "契約なし"),
            (Code.CONFIRMATION_OVERDUE, "", 0, "機構"),
            (Code.PRELIMINARY_LACKING, "", 0, "機構"),
        ]
    )
    said = {(one.code, one.at.field): one.actual for one in found}
    assert "2件 300円" in said[Code.CONFIRMATION_OVERDUE, "機構"]
    assert "2026-11-05" in said[Code.CONFIRMATION_OVERDUE, "機構"]
    assert "1件 0円" in said[Code.CONFIRMATION_OVERDUE, "代行"]


@pytest.mark.parametrize("why", ["merged", "apart", "beside"])
def test_a_line_that_may_say_another_is_told_at_its_place(why: str) -> None:
    doubts = pl.DataFrame([("hand.csv", 3, NIGHT, 10_000, why, "01.dat")], schema=_DOUBT, orient="row")
    (found,) = money_alarms(Settled.empty(), NO_GAPS, doubts)
    assert places([found]) == [(Code.DEPOSIT_DOUBTFUL, "hand.csv", 3, "")]
    assert "10,000円" in found.actual and "01.dat" in found.expected


def test_a_night_without_anything_is_clean() -> None:
    assert money_alarms(Settled.empty(), NO_GAPS, NO_DOUBTS) == []
    assert alarms(decided(), 0.1, 1) == [] and arrival_alarms(Arriving.empty(), None, NIGHT) == []
