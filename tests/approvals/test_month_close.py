"""The monthly close as finance works it: drawn, asked for, approved by another person, and final."""

import csv
import io
import json
from datetime import date
from pathlib import Path

import pytest

from tests.builders import JOB, REFUSED, City, Ran, codes, elqr, eltax_file, eltax_row, notice_file, notice_row
from tests.cases.prepared import prepared
from tests.office import calculated, needs_office

OCTOBER, NOVEMBER = date(2026, 10, 30), date(2026, 11, 2)
CLOSING = date(2026, 11, 5)
_PAID = {"paid_on": date(2026, 10, 20), "processed_on": date(2026, 10, 20), "received_on": None, "funds_on": None}
LATE = eltax_file(eltax_row("8" * 20, "123456", 1_000, serial_no="00000009", **_PAID))
"""1,000 yen with an unknown key, paid in October."""


def _run(city: City, *arguments: object, day: date | None = CLOSING) -> Ran:
    dated = ("--date", day.isoformat()) if day else ()
    return elqr("month", *arguments, "--job", city.job, *dated)


def _month(city: City, month: str = "2026-10", *more: object) -> Ran:
    return elqr("month", "--month", month, "--job", city.job, *more)


def _city_of(folder: Path) -> City:
    """October: 10,000 and 4,000 (short) on claims, 500 + 6,000 in suspense. November: 3,000 on a claim of 2025."""
    made = City.founded(folder, JOB.replace("date = 2026-11-20\n", ""))
    made.notices(
        notice_row(),
        notice_row(bill_no="100002", principal_yen=5_000),
        notice_row(bill_no="100003", principal_yen=3_000, levy_year=2025, tax_year=2025),
    )
    made.night(date(2026, 10, 29))
    issued = made.issued()
    first, second, old = (issued["kokuho", bill, 1, 1] for bill in ("100001", "100002", "100003"))
    made.deliver(
        "october.csv",
        eltax_file(
            eltax_row(*first, 10_500, serial_no="00000001", **_PAID),
            eltax_row(*second, 4_000, serial_no="00000002", channel_kind="03", **_PAID),
            eltax_row("9" * 20, "123456", 6_000, serial_no="00000003", **_PAID),
        ),
    )
    made.night(OCTOBER)
    made.deliver("november.csv", eltax_file(eltax_row(*old, 3_000, serial_no="00000004", **_PAID)))
    made.night(NOVEMBER)
    return made


@pytest.fixture
def city(tmp_path: Path) -> City:
    return prepared(tmp_path / "city", _city_of)


def test_a_month_by_hand(city: City) -> None:
    made = _month(city, "2026-10", "--json").json
    rows = [tuple(row.values()) for row in made["rows"]]  # type: ignore[attr-defined]
    assert rows == [
        ("国民健康保険料", "令和8（2026）年度", "現年", "スマホアプリ", 1, 10_000, 0, 0),
        ("国民健康保険料", "令和8（2026）年度", "現年", "窓口", 1, 4_000, 0, 0),
    ]
    assert (made["yen"], made["suspense_opening_yen"], made["suspense_closing_yen"]) == (14_000, 0, 6_500)
    assert [tuple(row.values()) for row in made["nights"]] == [("2026-10-30", 2, 14_000, 0, 6_500, 0, 6_500)]  # type: ignore[attr-defined]
    later = _month(city, "2026-11", "--json").json
    assert [(row["現年・滞納"], row["収納額"]) for row in later["rows"]] == [("滞納繰越", 3_000)]  # type: ignore[attr-defined]
    assert (later["suspense_opening_yen"], later["suspense_closing_yen"]) == (6_500, 6_500)
    empty = _month(city, "2026-09", "--json").json
    assert (empty["rows"], empty["suspense_opening_yen"], empty["standing"]) == ([], 0, "未締")
    early = _month(city, "2199-12")
    assert early.code == 1 and "今日（日本の" in early.err, "a month that has not come has no figures"


def test_the_files_agree_and_are_the_same_to_the_byte(city: City, tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert _month(city, "2026-10", "--out", tmp_path / name).code == 0
    files = {path.name: path.read_bytes() for path in (tmp_path / "one").iterdir()}
    assert files == {path.name: path.read_bytes() for path in (tmp_path / "two").iterdir()}
    assert sorted(files) == sorted(
        [
            "月計_2026-10.xlsx",
            *(f"{name}.{kind}" for name in ("月計表", "月計夜別", "仮受残高") for kind in ("csv", "json")),
        ]
    )
    *_, total = csv.DictReader(io.StringIO(files["月計表.csv"].decode("utf-8-sig")))
    assert (total["手続"], total["件数"], total["収納額"]) == ("合計", "2", "14000")
    assert json.loads(files["仮受残高.json"])["rows"][-1] == {"区分": "月末の残高", "金額": 6_500}


@needs_office
def test_the_workbook_agrees_with_its_own_sums(city: City, tmp_path: Path) -> None:
    assert _month(city, "2026-10", "--out", tmp_path / "made").code == 0
    sheets = calculated(tmp_path, tmp_path / "made" / "月計_2026-10.xlsx")
    said = {cell for (_, sheet), rows in sheets.items() if sheet == "合計の確認" for row in rows for cell in row}
    assert "一致" in said and "不一致" not in said


def test_a_month_is_closed_by_two_people_and_then_nothing_can_be_posted_into_it(city: City) -> None:
    asked = _run(city, "close", "2026-10", "--by", "山田")
    assert asked.code == 0 and "2件 14,000円、仮受 6,500円" in asked.out
    own = _run(city, "approve", "2026-10", "--by", "山 田")
    assert own.code == 1 and "別の人が承認してください" in own.err
    assert "承認待ち" in _month(city).out
    assert _run(city, "approve", "2026-10", "--by", "佐藤").code == 0
    assert "締済（申請 山田、承認 佐藤" in _month(city).out
    city.deliver("late.csv", LATE)
    for day in (date(2026, 10, 31), date(2026, 9, 30)):
        refused = elqr("night", city.job, "--date", day.isoformat())
        assert refused.code == 1 and "2026-10 までの月は締めてある" in refused.err and refused.err.count("\n") == 1
    assert city.night(date(2026, 11, 6)).code == 3
    made = _month(city)
    assert made.code == 0 and "★" not in made.out
    with pytest.raises(REFUSED, match="closed month"):
        city.sql(
            "INSERT INTO posting SELECT 99, payment_no, account, claim_no, yen, fiscal_year, is_arrears, procedure_code, '2026-10-31', posting_no, '', '' FROM posting WHERE posting_no = 1",
        )


def test_a_decision_cannot_be_approved_on_a_day_of_a_closed_month(city: City) -> None:
    on = ("--job", city.job, "--date")
    assert (
        elqr(
            "review", "decide", "--ruling", "保留", "--reason", "照会中", "--by", "山田", *on, NOVEMBER.isoformat()
        ).code
        == 0
    )
    _run(city, "close", "2026-10", "--by", "山田")
    _run(city, "approve", "2026-10", "--by", "佐藤")
    refused = elqr("review", "approve", 1, "--by", "鈴木", *on, "2026-10-31")
    assert refused.code == 1 and "2026-10 までの月は締めてある" in refused.err


_DECIDE = ("review", "decide", "--ruling", "保留", "--reason", "照会中", "--by", "山田")


@pytest.mark.parametrize(
    "command",
    [
        ("notice", "import", "rows.csv"),
        ("notice", "issue"),
        ("notice", "print", "--out", "printed"),
        ("export", "make", "--by", "山田"),
        ("month", "close", "2026-09", "--by", "山田"),
        ("arrears", "request", "--by", "山田", "--reason", "急ぐ"),
        _DECIDE,
    ],
    ids=lambda command: " ".join(command[:2]),
)
def test_nothing_is_entered_with_a_day_of_a_closed_month(
    city: City, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    _run(city, "close", "2026-10", "--by", "山田")
    _run(city, "approve", "2026-10", "--by", "佐藤")
    monkeypatch.chdir(city.folder)
    (city.folder / "rows.csv").write_bytes(notice_file(notice_row(bill_no="9"), notice_row(change_kind="9")))
    before = city.ledger_state()
    for day in ("2026-10-31", "2026-09-30"):
        refused = elqr(*command, "--job", city.job, "--date", day)
        assert refused.code == 1 and "2026-10 までの月は締めてある" in refused.err and refused.err.count("\n") == 1
    assert city.ledger_state() == before
    if command[:2] == ("notice", "import"):
        assert elqr(*command, "--job", city.job, "--date", "2026-11-05").code == 3, "what was paid and is cancelled"


def test_a_change_behind_our_back_is_shown_as_a_change_after_the_close(city: City) -> None:
    _run(city, "close", "2026-10", "--by", "山田")
    _run(city, "approve", "2026-10", "--by", "佐藤")
    city.damage("UPDATE posting SET yen = yen + 1 WHERE posting_no = 1")
    made = _month(city)
    assert made.code == 3 and "★締後の変更あり" in made.out and "締めたときと違います" in made.err
    assert _month(city, "2026-10", "--json").json["changed_after_close"] is True
    assert "L514" in _verified(city)


def test_verify_draws_closed_months_again_and_asks_who_closed_them(city: City) -> None:
    _run(city, "close", "2026-10", "--by", "山田")
    _run(city, "reject", "2026-10", "--by", "佐藤", "--reason", "早い")
    _run(city, "close", "2026-10", "--by", "山田")
    _run(city, "approve", "2026-10", "--by", "佐藤")
    assert _verified(city) == set()
    city.damage("UPDATE month_close_step SET taken_by = '別人' WHERE close_no = 2")
    assert _verified(city) == {"L514", "L520"}


def _verified(city: City) -> set[str]:
    ran = elqr("verify", "--job", city.job, "--date", CLOSING.isoformat(), "--json")
    return set(codes(ran))


def test_what_changed_between_the_request_and_the_approval_is_not_closed(city: City) -> None:
    _run(city, "close", "2026-10", "--by", "山田")
    assert "山田 が申請済み" in _run(city, "close", "2026-10", "--by", "佐藤").err
    city.deliver("late.csv", LATE)
    city.night(date(2026, 10, 31))
    stale = _run(city, "approve", "2026-10", "--by", "佐藤")
    assert stale.code == 1 and "月計が変わりました" in stale.err
    assert _run(city, "reject", "2026-10", "--by", "佐藤", "--reason", "後から届いた").code == 0
    assert "申請されていません" in _run(city, "approve", "2026-10", "--by", "佐藤").err
    assert _run(city, "close", "2026-10", "--by", "山田").code == 0
    assert _run(city, "approve", "2026-10", "--by", "佐藤").code == 0
    assert "締めています" in _run(city, "close", "2026-10", "--by", "山田").err
    assert _month(city, "2026-09", "--json").json["standing"] == "未締（後の月を締めたため、もう変わりません）"


WRONG = [
    ("月の形が違う", ("close", "2026/10", "--by", "山田"), 2, "YYYY-MM の形ではありません"),
    ("13月", ("close", "2026-13", "--by", "山田"), 2, "YYYY-MM の形ではありません"),
    ("終わっていない月", ("close", "2026-11", "--by", "山田"), 1, "まだ終わっていません"),
    ("申請のない月の承認", ("approve", "2026-10", "--by", "佐藤"), 1, "申請されていません"),
    ("空の名前", ("close", "2026-10", "--by", " "), 1, "担当者の名前が空です"),
    ("空の理由", ("reject", "2026-10", "--by", "佐藤", "--reason", " "), 1, "理由が空です"),
]


@pytest.mark.parametrize(("name", "arguments", "code", "said"), WRONG, ids=[row[0] for row in WRONG])
def test_wrong_requests_get_one_answer(city: City, name: str, arguments: tuple[str, ...], code: int, said: str) -> None:
    ran = _run(city, *arguments)
    assert ran.code == code and said in ran.err and ran.err.count("\n") == 1
    assert elqr("month", "--job", city.job).code == 2


# 締めた月のまちがい

_MENDED_ON, _AFTER = date(2026, 11, 5), date(2026, 11, 6)


def _wrong_of(folder: Path) -> City:
    """October, closed: 10,000, 5,500 (500 too much) and 8,000 were paid; 6,000 with an unknown key were then applied."""
    made = City.founded(folder, JOB.replace("date = 2026-11-20\n", ""))
    owed = {"100001": 10_000, "100002": 10_000, "100003": 6_000, "100004": 5_000, "100005": 8_000}
    made.notices(*(notice_row(bill_no=bill, payer_ref=bill, principal_yen=yen) for bill, yen in owed.items()))
    made.night(date(2026, 10, 29))
    keys = {bill: key for (_, bill, _, _), key in made.issued().items()}
    paid = ((keys["100001"], 10_000), (("9" * 20, "123456"), 6_000), (keys["100004"], 5_500), (keys["100005"], 8_000))
    rows = [eltax_row(*key, yen, serial_no=f"{no:08d}", **_PAID) for no, (key, yen) in enumerate(paid, start=1)]
    made.deliver("october.csv", eltax_file(*rows))
    made.night(OCTOBER)
    apply = ("review", "decide", "--ruling", "納付書に充てる", "--target", keys["100003"][0], "--payment", 2)
    _two(made, *apply, day=date(2026, 10, 31))
    _run(made, "close", "2026-10", "--by", "山田")
    _run(made, "approve", "2026-10", "--by", "佐藤")
    assert elqr("export", "make", "--by", "山田", "--job", made.job, "--date", CLOSING).code == 0
    return made


def _two(city: City, *arguments: object, day: date = _MENDED_ON) -> None:
    """山田 asks and 佐藤 approves."""
    on = ("--job", city.job, "--date", day)
    asked = elqr(*arguments, "--reason", "まちがい", "--by", "山田", "--json", *on)
    assert asked.code == 0, asked.err
    approved = elqr("review", "approve", asked.json["review"], "--by", "佐藤", "--json", *on)
    assert approved.json["results"] == {"承認": 1}, approved


def _october(city: City, folder: Path) -> dict[str, bytes]:
    """Every file of October: its month as it is drawn now, and the reports of its nights."""
    assert _month(city, "2026-10", "--out", folder).code == 0
    nights = [path for path in (city.folder / "out").glob("2026-10-*/*") if path.is_file()]
    return {str(path.relative_to(path.parents[1])): path.read_bytes() for path in (*folder.iterdir(), *nights)}


def test_what_was_wrong_in_a_closed_month_is_put_right_in_the_open_one(tmp_path: Path) -> None:
    """A payment goes to another claim, a ruling is taken back, too much is paid back, and a claim is lowered."""
    city = _wrong_of(tmp_path / "city")
    before = _october(city, tmp_path / "one")
    assert _yen(city, "2026-10") == (29_000, 0, 500) and len(before) > 20
    _two(city, "review", "reassign", 1, "--target", city.issued()["kokuho", "100002", 1, 1][0])
    _two(city, "review", "undo", 1)
    _two(city, "review", "decide", "--ruling", "還付候補", "--payment", 3)
    _two(city, "refund", "decide", 3, "--on", _MENDED_ON, "--number", "1")
    _two(city, "refund", "paid", 3, "--on", _MENDED_ON, "--number", "2")
    lowered = {"bill_no": "100005", "payer_ref": "100005", "issue_no": 2, "change_reason": "減額更正"}
    city.notices(notice_row(principal_yen=7_000, **lowered), name="lowered.csv")
    city.night(_AFTER)

    after = _october(city, tmp_path / "two")
    assert {name.replace("two", "one"): data for name, data in after.items()} == before
    assert _yen(city, "2026-11") == (-7_000, 500, 7_000), "6,000 taken back and 1,000 lowered; 500 were paid back"
    (row,) = _month(city, "2026-11", "--json").json["rows"]  # type: ignore[misc]
    assert [row[name] for name in ("収納額", "うち決裁額", "うち減額")] == [-7_000, -6_000, -1_000]  # type: ignore[index]
    assert [row[f"うち決裁で{what}額"] for what in ("入れた", "外した")] == [10_000, -16_000]  # type: ignore[index]
    assert _month(city, "2026-11", "--out", tmp_path / "november").code == 0
    by_night = json.loads((tmp_path / "november" / "月計夜別.json").read_text(encoding="utf-8"))["rows"]
    assert [tuple(night.values()) for night in by_night] == [
        (str(_MENDED_ON), -1, -6_000, 10_000, -16_000, 0, 500, 0, 6_000, 500, 6_000),
        (str(_AFTER), 0, -1_000, 0, 0, -1_000, 6_000, 1_000, 0, 0, 7_000),
    ], "what came and what left stands apart"
    stands = dict(
        city.sql("SELECT coalesce(bill_no, account), sum(yen) FROM posting LEFT JOIN claim USING (claim_no) GROUP BY 1")
    )
    assert {where: yen for where, yen in stands.items() if yen} == {
        "100002": 10_000, "100004": 5_000, "100005": 7_000, "suspense": 7_000, "refunded": 500,
    }  # fmt: skip
    on_claims = sum(yen for where, yen in stands.items() if where.isdigit())
    assert on_claims == sum(_yen(city, month)[0] for month in ("2026-10", "2026-11")) == 22_000

    assert elqr("export", "make", "--by", "山田", "--job", city.job, "--date", _AFTER).code == 0
    (path,) = (city.folder / "out" / "export" / "000002").glob("*.csv")
    names = ("通知書番号", "増減区分", "消込結果", "収納額", "領収日")
    rows = [tuple(row[name] for name in names) for row in csv.DictReader(path.read_text("utf-8-sig").splitlines())]
    assert sorted(rows) == [
        ("100001", "2", "4", "10000", "20261020"), ("100002", "1", "1", "10000", "20261020"),
        ("100003", "2", "4", "6000", "20261020"), ("100005", "2", "4", "1000", "20261020"),
    ]  # fmt: skip
    assert elqr("verify", "--job", city.job, "--date", _AFTER).code == 0


def _yen(city: City, month: str) -> tuple[object, object, object]:
    """収納額 of a month, and 仮受 before and after it."""
    made = _month(city, month, "--json").json
    return made["yen"], made["suspense_opening_yen"], made["suspense_closing_yen"]
