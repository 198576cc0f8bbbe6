"""The fiscal year's end, by hand: 31 March, 1 April, 31 May and 1 June, with and without 出納整理期間."""

import csv
import io
import json
from datetime import date
from pathlib import Path

import pytest
from openpyxl import load_workbook

from tests.builders import JOB, TRAINING, City, elqr, eltax_file, eltax_row, notice_row, transfer_file, transfer_row

ISSUED, SPRING, REDUCED, SUMMER = date(2026, 10, 2), date(2027, 4, 2), date(2027, 5, 10), date(2027, 6, 5)
MARCH, APRIL, MAY, JUNE = date(2027, 3, 31), date(2027, 4, 1), date(2027, 5, 31), date(2027, 6, 1)


def _kokuho(bill: str, **given: object) -> dict[str, object]:
    return notice_row(bill_no=bill, **given)


def _suido(bill: str, **given: object) -> dict[str, object]:
    return notice_row(procedure_code="suido", bill_no=bill, principal_yen=2_000, customer_no=f"S{bill}", **given)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    """国保 100001…100009 of 10,000 yen and 水道 200001…200004 of 2,000 yen, of 2026; one old claim of 2025."""
    made = City.founded(tmp_path_factory.mktemp("year") / "city", TRAINING + JOB.replace("date = 2026-11-20\n", ""))
    made.notices(
        *(_kokuho(f"10000{number}") for number in range(1, 10)),
        _kokuho("100025", levy_year=2025, tax_year=2025, principal_yen=3_000, issued_on=date(2025, 10, 1)),
        *(_suido(f"20000{number}") for number in range(1, 5)),
    )
    made.night(ISSUED)
    keys = made.issued()

    def paid(serial: int, bill: str, yen: int, on: date) -> dict[str, object]:
        return eltax_row(
            *keys["kokuho", bill, 1, 1],
            yen,
            serial_no=f"{serial:08d}",
            paid_on=on,
            processed_on=on,
            received_on=None,
            funds_on=None,
        )

    spring = [
        paid(1, "100001", 10_000, MARCH),
        paid(2, "100002", 10_000, APRIL),
        paid(3, "100006", 4_000, MARCH),
        paid(4, "100007", 10_500, MARCH),
        paid(5, "100001", 10_000, MARCH),
        paid(6, "100001", 10_000, APRIL),
        paid(7, "100025", 3_000, MARCH),
        paid(8, "100008", 10_000, MARCH),
    ]
    made.deliver("spring.csv", eltax_file(*spring))
    for bill, on in (("200001", MARCH), ("200002", APRIL)):
        made.deliver(f"{bill}.dat", transfer_file(transfer_row(f"S{bill}", 2_000), debit_on=on))
    made.night(SPRING)
    made.notices(
        _kokuho("100008", issue_no=2, principal_yen=8_000, issued_on=REDUCED, change_reason="減額更正"),
        _kokuho("100009", change_kind="9", change_reason="調定取消"),
        _suido("200004", issue_no=2, issued_on=REDUCED) | {"principal_yen": 500, "change_reason": "減額更正"},
        name="reduced.csv",
    )
    made.night(REDUCED)
    made.notices(
        _kokuho("100005", issue_no=2, principal_yen=1_000, issued_on=SUMMER, change_reason="減額更正"), name="late.csv"
    )
    made.deliver("summer.csv", eltax_file(paid(9, "100003", 10_000, MAY), paid(10, "100004", 10_000, JUNE)))
    made.deliver("200003.dat", transfer_file(transfer_row("S200003", 2_000), debit_on=MAY))
    made.night(SUMMER)
    return made


def _year(city: City, fiscal_year: int, as_of: date) -> dict[str, dict[str, object]]:
    made = elqr("year", "--fiscal-year", fiscal_year, "--as-of", as_of.isoformat(), "--job", city.job, "--json").json
    rows = made["rows"]
    sums = {name: sum(row[name] for row in rows) for name in made["totals"]}  # type: ignore[attr-defined,union-attr]
    assert sums == made["totals"]
    return {row["手続"]: row for row in rows}  # type: ignore[attr-defined]


def test_the_year_by_hand(city: City) -> None:
    """100008 was paid with 10,000 and lowered to 8,000: 2,000 came off the claim and are to be paid back."""
    found = _year(city, 2026, date(2027, 6, 10))
    assert found["国民健康保険料"] == {
        "手続": "国民健康保険料",
        "会計": "特別会計",
        "締めの日": "令和9年5月31日",
        "調定件数": 8,
        "調定額": 78_000,
        "収納額（3月31日まで）": 32_000,
        "収納額（出納整理期間）": 20_000,
        "収納額": 52_000,
        "不納欠損額": 0,
        "減額後の過納": 0,
        "未収件数": 3,
        "未収額": 26_000,
        "収納率": 52_000 / 78_000,
        "滞納繰越分の収納額": 3_000,
        "還付未済（過納）": 500 + 2_000,
        "還付未済（二重納付）": 10_000,
        "その他の仮受": 0,
    }
    water = found["水道料金"]
    assert (water["会計"], water["締めの日"]) == ("公営企業会計", "令和9年3月31日")
    assert (water["調定件数"], water["調定額"], water["未収件数"], water["未収額"]) == (4, 8_000, 3, 6_000)
    assert (water["収納額（3月31日まで）"], water["収納額（出納整理期間）"], water["収納額"]) == (2_000, 0, 2_000)


def test_what_comes_after_the_year_is_arrears_of_the_next(city: City) -> None:
    found = _year(city, 2027, date(2027, 6, 10))
    assert {name: row["滞納繰越分の収納額"] for name, row in found.items()} == {
        "国民健康保険料": 10_000,
        "水道料金": 4_000,
    }
    assert found["国民健康保険料"]["還付未済（二重納付）"] == 10_000, "suspense belongs to the year of 領収日"
    query = (
        "SELECT bill_no, paid_on, fiscal_year, is_arrears FROM posting "
        "JOIN claim USING (claim_no) JOIN payment USING (payment_no) WHERE bill_no BETWEEN '{}' AND '{}' ORDER BY 1, 2"
    )
    insurance = city.sql(query.format("100001", "100004"))
    water = city.sql(query.format("200000", "200009"))
    assert insurance == [
        ("100001", "2027-03-31", 2026, 0),
        ("100002", "2027-04-01", 2026, 0),
        ("100003", "2027-05-31", 2026, 0),
        ("100004", "2027-06-01", 2027, 1),
    ]
    assert water == [
        ("200001", "2027-03-31", 2026, 0),
        ("200002", "2027-04-01", 2027, 1),
        ("200003", "2027-05-31", 2027, 1),
    ]


# (基準の夜, 調定額, 収納額, 未収額) of 国保 in 2026, as far as was known
KNOWN = [
    ("年度の初め", date(2026, 10, 2), 90_000, 0, 90_000),
    ("3月31日の夜", MARCH, 90_000, 0, 90_000),
    ("4月の夜の後", date(2027, 4, 2), 90_000, 44_000, 46_000),
    ("5月の減額の後", date(2027, 5, 31), 78_000, 42_000, 36_000),
    ("6月1日", JUNE, 78_000, 42_000, 36_000),
    ("6月の夜の後", SUMMER, 78_000, 52_000, 26_000),
]


@pytest.mark.parametrize(("name", "as_of", "owed", "collected", "left"), KNOWN, ids=[row[0] for row in KNOWN])
def test_as_of_a_night(city: City, name: str, as_of: date, owed: int, collected: int, left: int) -> None:
    row = _year(city, 2026, as_of)["国民健康保険料"]
    assert (row["調定額"], row["収納額"], row["未収額"]) == (owed, collected, left)


def test_the_list_of_what_is_carried_over(city: City, tmp_path: Path) -> None:
    for name in ("one", "two"):
        ran = elqr("year", "--fiscal-year", 2026, "--as-of", "2027-06-10", "--job", city.job, "--out", tmp_path / name)
        assert ran.code == 0 and "滞納繰越一覧　6件 32,000円" in ran.out
    files = {path.name: path.read_bytes() for path in (tmp_path / "one").iterdir()}
    assert files == {path.name: path.read_bytes() for path in (tmp_path / "two").iterdir()}
    assert sorted(files) == sorted(
        [
            "決算見込_2026.xlsx",
            "決算見込.csv",
            "決算見込.json",
            "滞納繰越一覧.csv",
            "滞納繰越一覧.json",
            "調定収納表.csv",
            "調定収納表.json",
            "調定収納表_2026.html",
        ]
    )
    rows = json.loads(files["滞納繰越一覧.json"])["rows"]
    assert [(row["通知書番号"], row["調定額"], row["収納額"], row["未収額"]) for row in rows] == [
        ("100004", 10_000, 0, 10_000),
        ("100005", 10_000, 0, 10_000),
        ("100006", 10_000, 4_000, 6_000),
        ("200002", 2_000, 0, 2_000),
        ("200003", 2_000, 0, 2_000),
        ("200004", 2_000, 0, 2_000),
    ]
    assert {row["宛名番号"] for row in rows} == {"1000001"} and "架空" not in files["滞納繰越一覧.csv"].decode(
        "utf-8-sig"
    )
    *_, total = csv.DictReader(io.StringIO(files["滞納繰越一覧.csv"].decode("utf-8-sig")))
    assert (total["手続"], total["未収額"]) == ("合計", "32000")


# 会計年度: (手続, 賦課年度, 区分, 繰越調定額, 当初, 増額, 減額, 減免, 調定額, 収納額, 不納欠損額, 還付未済額, 未収額)
LEVIED: dict[int, list[tuple[object, ...]]] = {
    2025: [("国民健康保険料", "2025", "現年", 0, 3_000, 0, 0, 0, 3_000, 0, 0, 0, 3_000)],
    2026: [
        ("国民健康保険料", "2025", "滞納繰越", 3_000, 0, 0, 0, 0, 3_000, 3_000, 0, 0, 0),
        ("国民健康保険料", "2026", "現年", 0, 90_000, 0, 12_000, 0, 78_000, 52_000, 0, 12_500, 26_000),
        ("水道料金", "2026", "現年", 0, 8_000, 0, 0, 0, 8_000, 2_000, 0, 0, 6_000),
    ],
    2027: [
        ("国民健康保険料", "2026", "滞納繰越", 26_000, 0, 0, 9_000, 0, 17_000, 10_000, 0, 10_000, 7_000),
        ("水道料金", "2026", "滞納繰越", 6_000, 0, 0, 1_500, 0, 4_500, 4_000, 0, 0, 500),
    ],
}


@pytest.mark.parametrize("year", LEVIED)
def test_what_was_levied_and_collected_by_levy_year(city: City, tmp_path: Path, year: int) -> None:
    """By hand: 100008 and 100009 fall in 2026, 100005 and 200004 after the year had closed for them."""
    given = ("--fiscal-year", year, "--as-of", "2027-06-10", "--out", tmp_path)
    assert elqr("year", *given, "--job", city.job).code == 0
    rows = json.loads((tmp_path / "調定収納表.json").read_text(encoding="utf-8"))["rows"]
    assert [tuple(row.values())[:-1] for row in rows] == LEVIED[year]
    sheet = load_workbook(tmp_path / f"決算見込_{year}.xlsx")["調定収納表"]
    titles = next(row for row in sheet.iter_rows(values_only=True) if row[0] == "手続")
    assert titles[:3] == ("手続", "賦課年度", "区分"), "on paper, too"
    assert [row["収納率"] for row in rows] == [row[9] / row[8] for row in LEVIED[year]]  # type: ignore[operator]


def test_a_year_that_ended_before_the_ledger_began(city: City) -> None:
    """The claim of 2025 was loaded in October 2026 and is judged by its 発行日; nothing of it was paid in its year."""
    row = _year(city, 2025, date(2027, 6, 10))["国民健康保険料"]
    assert (row["調定額"], row["収納額"], row["未収額"], row["減額後の過納"]) == (3_000, 0, 3_000, 0)


def test_a_year_without_anything_is_empty(city: City) -> None:
    ran = elqr("year", "--fiscal-year", 2020, "--as-of", "2027-06-10", "--job", city.job)
    assert ran.code == 0 and "一つもありません" in ran.out
    assert elqr("year", "--job", city.job).code == 2
    wrong = elqr("year", "--fiscal-year", 2026, "--as-of", "2027/6/10", "--job", city.job)
    assert wrong.code == 2 and "YYYY-MM-DD" in wrong.err


def test_a_year_that_has_not_come_is_refused_and_one_without_anything_says_so(tmp_path: Path) -> None:
    made = City.founded(tmp_path / "city")
    made.notices(notice_row())
    assert made.night().code == 0
    for year in ("2060", "2027"):
        ran = elqr("year", "--fiscal-year", year, "--out", tmp_path / "out", "--job", made.job)
        assert ran.code == 1 and "まだ始まっていません" in ran.err
    ran = elqr("year", "--fiscal-year", "2019", "--out", tmp_path / "out", "--job", made.job)
    assert ran.code == 0 and "一つもありません" in ran.out and "0円" not in ran.out
    assert not (tmp_path / "out").exists()
    assert elqr("year", "--fiscal-year", "2019", "--json", "--job", made.job).json["rows"] == []
    made.notices(notice_row(bill_no="2", levy_year=2027, tax_year=2027), name="early.csv")
    assert made.night(date(2026, 11, 21)).code == 0
    ran = elqr("year", "--fiscal-year", "2027", "--as-of", "2026-11-21", "--job", made.job)
    assert ran.code == 0 and "調定 10,000円" in ran.out, "levied before its year began"


# 増額の異動日と、年度の収納が収まる額: (年度, 調定額, 収納額, 未収額) of the claim, by hand
AFTER_THE_CLOSE = {
    2026: [("国民健康保険料", "2026", "現年", 0, 10_000, 5_000, 0, 0, 15_000, 15_000, 0, 5_000, 0)],
    2027: [],
}


@pytest.mark.parametrize("year", AFTER_THE_CLOSE)
def test_what_is_collected_for_a_year_was_levied_for_it(tmp_path: Path, year: int) -> None:
    """10,000 are paid in time, 5,000 more are levied on 2 June, and a payment of 28 May comes late and pays them."""
    city = City.founded(tmp_path / "city", TRAINING + JOB)
    city.notices(notice_row(issued_on=date(2026, 10, 1)))
    city.night(date(2026, 10, 5))
    key_no, check_no = city.issued()["kokuho", "100001", 1, 1]
    for serial_no, paid_on, night in (
        ("00000001", date(2027, 5, 20), date(2027, 5, 25)),
        ("00000002", date(2027, 5, 28), date(2027, 6, 5)),
    ):
        if night == date(2027, 6, 5):
            raised = notice_row(
                issue_no=2,
                principal_yen=15_000,
                change_reason="増額更正",
                issued_on=date(2027, 6, 2),
                payable_until_on=date(2027, 6, 30),
            )
            city.notices(raised, name="raised.csv")
            city.night(date(2027, 6, 3))
        row = eltax_row(key_no, check_no, 10_000, paid_on=paid_on, serial_no=serial_no)
        city.deliver(
            f"{serial_no}.csv", eltax_file(row | {"received_on": paid_on, "funds_on": None, "processed_on": paid_on})
        )
        city.night(night)
    given = ("--fiscal-year", year, "--as-of", "2027-06-10", "--out", tmp_path / "out")
    assert elqr("year", *given, "--job", city.job).code == 0
    path = tmp_path / "out" / "調定収納表.json"
    rows = json.loads(path.read_text(encoding="utf-8"))["rows"] if path.is_file() else []
    assert [tuple(row.values())[:-1] for row in rows] == AFTER_THE_CLOSE[year]
