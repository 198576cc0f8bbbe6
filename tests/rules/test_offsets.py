"""入金の取消・訂正: which deposit a bank takes back, whatever the order and the night in which it is told."""

from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from elqr.rules.offsets import Offsets, pair_offsets
from tests.builders import NIGHT, codes, credit_file, credit_row, elqr, statement_file
from tests.cases.deposit_lines import HEAD, by_hand, correction
from tests.cases.job_parts import CONTRACT, SENDER
from tests.cases.till import Till, act, open_marks

pytestmark = pytest.mark.usefixtures("each_command_once")

NAME = "地方税共同機構"
Wanted = list[tuple[object, ...]]


@pytest.fixture
def till(tmp_path: Path) -> Till:
    return Till.opened(tmp_path / "city")


def day(number: int) -> date:
    return date(2026, 11, number)


def money(*rows: tuple[int, int, int, str], **given: str) -> pl.DataFrame:
    """Deposits (number, day, yen, sender), negative when taken back; open, all of one account and contract."""
    return pl.DataFrame(
        [
            {
                "deposit_no": number, "counts_on": day(on), "signed_yen": yen, "sender": sender, "sender_code": "",
                "account": "1-1-1", "contract": NAME, "settlement_no": None, "settled_as": None, **given,
            }
            for number, on, yen, sender in rows
        ],
        schema_overrides={"settlement_no": pl.Int64, "settled_as": pl.String},
    )  # fmt: skip


PAIRS: list[tuple[str, pl.DataFrame, Offsets]] = [
    ("同じ依頼人の最も新しいもの", money((1, 2, 5, "A"), (2, 9, 5, "A"), (3, 13, -5, "A")), Offsets(((2, 3),), {})),
    ("後の入金ではない", money((1, 2, 5, "A"), (2, 14, 5, "A"), (3, 13, -5, "A")), Offsets(((1, 3),), {})),
    ("依頼人なしで答えが一つ", money((1, 2, 5, "A"), (2, 13, -5, "")), Offsets(((1, 2),), {})),
    ("依頼人なしで答えが二つ", money((1, 2, 5, "A"), (2, 3, 5, "B"), (3, 13, -5, "")), Offsets((), {})),
    (
        "依頼人のある取消の残り",
        money((1, 2, 5, "A"), (2, 3, 5, "B"), (3, 13, -5, ""), (4, 14, -5, "A")),
        Offsets(((1, 4), (2, 3)), {}),
    ),
    ("一つの入金の取消は一度", money((1, 2, 5, "A"), (2, 3, -5, "A"), (3, 4, -5, "A")), Offsets(((1, 2),), {3: NAME})),
    ("額が違う", money((1, 2, 6, "A"), (2, 3, -5, "A")), Offsets((), {})),
    (
        "別の口座",
        pl.concat([money((1, 2, 5, "A"), account="1-1-2"), money((2, 3, -5, "A"))]),
        Offsets((), {}),
    ),
    (
        "口座のない取消",
        pl.concat([money((1, 2, 5, "A")), money((2, 3, -5, "A"), account="")]),
        Offsets(((1, 2),), {}),
    ),
    (
        "二人が閉じた行の入金",
        pl.concat([money((1, 2, 5, "A")).with_columns(settlement_no=pl.lit(9, pl.Int64), settled_as=pl.lit("closed")), money((2, 3, -5, "A"))]),
        Offsets((), {2: NAME}),
    ),
    (
        "二人が閉じた取消",
        pl.concat(
            [
                money((1, 2, 5, "A")),
                money((2, 3, -5, "A")).with_columns(settlement_no=pl.lit(9, pl.Int64), settled_as=pl.lit("closed")),
            ]
        ),
        Offsets((), {}),
    ),
    (
        "その日の合計で一致した取消",
        pl.concat(
            [
                money((1, 2, 5, "A")),
                money((2, 3, -5, "A")).with_columns(settlement_no=pl.lit(9, pl.Int64), settled_as=pl.lit("agreed")),
            ]
        ),
        Offsets(((1, 2),), {}),
    ),
    (
        "相殺した組はそのまま",
        money((1, 2, 5, "A"), (2, 3, -5, "")).with_columns(settlement_no=pl.lit(9, pl.Int64), settled_as=pl.lit("taken_back")),
        Offsets((), {}),
    ),
    (
        "後から届いた新しい入金",
        pl.concat(
            [
                money((1, 2, 5, "A"), (2, 13, -5, "A")).with_columns(settlement_no=pl.lit(9, pl.Int64), settled_as=pl.lit("taken_back")),
                money((3, 9, 5, "A")),
            ]
        ),
        Offsets(((3, 2),), {}),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("given", "wanted"), [row[1:] for row in PAIRS], ids=[row[0] for row in PAIRS])
def test_which_deposit_is_taken_back(given: pl.DataFrame, wanted: Offsets) -> None:
    found = pair_offsets(given, ())
    assert (sorted(found.pairs), found.contracts) == (sorted(wanted.pairs), wanted.contracts)
    assert pair_offsets(given.reverse(), ()) == found


D, E = credit_row(10_000, SENDER), credit_row(10_000, SENDER, day(11))
OTHER = credit_row(7_000, "ｶｸｳ")

STORIES: list[tuple[str, dict[str, bytes], Wanted]] = [
    (
        "通知の取消",
        {"1": credit_file(D), "2": credit_file(credit_row(10_000, SENDER, day(13), cancel_kind="1"))},
        [(NAME, "入金なし", 10_000, 0, -10_000), (NAME, "入金取消で相殺", 0, 0, 0)],
    ),
    (
        "取引明細の訂正、同じ日",
        {"1": statement_file(D), "2": statement_file(correction("2", 10_000, SENDER), before_yen=10_000)},
        [(NAME, "入金なし", 10_000, 0, -10_000), (NAME, "入金取消で相殺", 0, 0, 0)],
    ),
    (
        "依頼人のない訂正",
        {"1": statement_file(D), "2": statement_file(correction("2", 10_000, "", 13), before_yen=10_000)},
        [(NAME, "入金なし", 10_000, 0, -10_000), (NAME, "入金取消で相殺", 0, 0, 0)],
    ),
    (
        "取り消して 9,000円を入れ直す",
        {
            "1": statement_file(D),
            "2": statement_file(correction("2", 10_000, SENDER, 13), before_yen=10_000),
            "3": statement_file(credit_row(9_000, SENDER, day(13))),
        },
        [(NAME, "差額あり", 10_000, 9_000, -1_000), (NAME, "入金取消で相殺", 0, 0, 0)],
    ),
    (
        "取り消して同じ額を入れ直す",
        {
            "1": statement_file(D),
            "2": statement_file(
                correction("2", 10_000, SENDER, 12), credit_row(10_000, SENDER, day(13)), before_yen=10_000
            ),
        },
        [(NAME, "一致", 10_000, 10_000, 0), (NAME, "入金取消で相殺", 0, 0, 0)],
    ),
    (
        "前にも同じ額の入金",
        {
            "1": statement_file(E),
            "2": statement_file(D, before_yen=10_000),
            "3": statement_file(correction("2", 10_000, SENDER, 13), before_yen=20_000),
        },
        [(NAME, "収納なし", 0, 10_000, 10_000), (NAME, "入金なし", 10_000, 0, -10_000), (NAME, "入金取消で相殺", 0, 0, 0)],
    ),
    (
        "契約のない入金の取消",
        {
            "1": credit_file(D),
            "2": credit_file(OTHER),
            "3": credit_file(credit_row(7_000, "ｶｸｳ", day(13), cancel_kind="1")),
        },
        [("（契約なし）", "入金取消で相殺", 0, 0, 0), (NAME, "一致", 10_000, 10_000, 0)],
    ),
    (
        "手で打った取消",
        {"1": credit_file(D), "2": by_hand("2,2026/11/16,10000,チホウゼイキョウドウキコウ,,,取消")},
        [(NAME, "入金なし", 10_000, 0, -10_000), (NAME, "入金取消で相殺", 0, 0, 0)],
    ),
]  # fmt: skip


@pytest.fixture(scope="module")
def paid(tmp_path_factory: pytest.TempPathFactory) -> Till:
    """A slip of 10,000 yen is paid, and tonight's file is in the inbox."""
    till = Till.opened(tmp_path_factory.mktemp("paid") / "city")
    till.paid("eltax.csv", 0)
    return till


@pytest.mark.parametrize(("files", "wanted"), [row[1:] for row in STORIES], ids=[row[0] for row in STORIES])
def test_a_deposit_taken_back_over_nights_is_one_taken_back_in_a_night(
    paid: Till, tmp_path: Path, files: dict[str, bytes], wanted: Wanted
) -> None:
    """In one night, and on as many nights as there are files, in both orders: the same lines are left."""
    orders = {tuple(files), tuple(reversed(files))}
    found: dict[object, Wanted] = {}
    for nights in [(tuple(files),), *([(name,) for name in order] for order in sorted(orders))]:
        till = Till(paid.copy(tmp_path / "-".join("".join(names) for names in nights)).folder)
        on = NIGHT
        for names in nights:
            for name in names:
                till.money(f"{name}.csv" if files[name].startswith(HEAD.encode()) else f"{name}.dat", files[name])
            till.night(on)
            on += timedelta(days=1)
        till.night(on)
        found[str(nights)] = sorted((line[0], line[1], line[3], *line[5:]) for line in till.lines(on))
    assert found == dict.fromkeys(found, sorted(wanted))
    assert elqr("verify", "--job", till.job, "--date", on.isoformat()).code == 0


def test_the_fee_is_reckoned_again_where_a_day_is_opened(tmp_path: Path) -> None:
    till = Till.opened(tmp_path / "city", CONTRACT + "fee = { per_transfer_yen = 100 }\n")
    till.paid("eltax.csv", 0)
    till.money("1.dat", credit_file(credit_row(9_900, SENDER)))
    assert till.night().code == 0
    till.money(
        "2.dat", credit_file(credit_row(9_900, SENDER, day(13), cancel_kind="1"), credit_row(9_900, SENDER, day(14)))
    )
    assert till.night(date(2026, 11, 21)).code == 0
    assert till.lines(date(2026, 11, 21)) == [
        (NAME, "手数料控除後一致", "今夜済", 10_000, 100, 9_900, 0),
        (NAME, "入金取消で相殺", "今夜済", 0, 0, 0, 0),
    ]


def test_what_two_people_closed_is_opened_by_two_people_only(till: Till) -> None:
    """The bank takes back a deposit of a difference that was accepted: told by itself, until they undo what they did."""
    till.paid("eltax.csv", 0, 1)
    till.money("1.dat", credit_file(credit_row(20_000, SENDER)))
    till.night()
    (mark,) = open_marks(till)
    act(till, "close", mark, "--by", "会計 花子", "--reason", "端数")
    assert act(till, "approve", 1, "--by", "出納 三郎").code == 0
    till.money("2.dat", credit_file(credit_row(20_000, SENDER, day(18), cancel_kind="1")))
    on = date(2026, 11, 21)
    assert codes(till.night(on)) == ["S701"]
    assert till.lines(on) == [
        (NAME, "差額あり", "未済", 0, 0, -20_000, -20_000),
        (NAME, "差額を確認済", "前夜までに済", 20_001, 0, 20_000, -1),
    ]
    at = ("--job", till.job, "--date", on.isoformat())
    assert elqr("undo", "settlement", "1", "--by", "会計 花子", "--reason", "入金が取り消された", *at).code == 0
    assert elqr("undo", "approve", "1", "--by", "出納 三郎", *at).code == 0
    on = date(2026, 11, 24)
    assert codes(till.night(on)) == ["S702"]
    assert till.lines(on) == [
        (NAME, "入金なし", "未済", 20_001, 0, 0, -20_001),
        (NAME, "入金取消で相殺", "今夜済", 0, 0, 0, 0),
    ]
    assert elqr("verify", "--job", till.job, "--date", on.isoformat()).code == 0


def test_a_correction_that_an_older_version_left_alone_is_mended_by_the_next_night(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    till.paid("eltax.csv", 0)
    till.money("1.dat", statement_file(D))
    till.night()
    till.money("2.dat", statement_file(correction("2", 10_000, SENDER, 13), before_yen=10_000))
    on = date(2026, 11, 21)
    with monkeypatch.context() as older:
        older.setattr("elqr.night.remittance.pair_offsets", lambda *_: Offsets((), {}))
        assert codes(till.night(on)) == ["S701"]
    assert codes(till.night(date(2026, 11, 24))) == ["S702"]
    assert elqr("verify", "--job", till.job, "--date", "2026-11-24").code == 0


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE settlement SET outcome = 'taken_back' WHERE outcome = 'agreed'",
        "UPDATE deposit SET booked_on = '2026-11-01' WHERE kind = 'cancelled'",
    ],
)
def test_an_offset_that_is_no_pair_is_found(till: Till, damage: str) -> None:
    till.paid("eltax.csv", 0)
    back = credit_row(90, SENDER, day(13), cancel_kind="1")
    till.money("1.dat", credit_file(D, credit_row(90, SENDER), back))
    till.night()
    till.damage(damage)
    assert "相殺の組でない" in elqr("verify", "--job", till.job).err
