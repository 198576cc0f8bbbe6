"""計上日: by which day a city counts, in closed months and at the end of the year. Days and yen are written by hand."""

import json
import re
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from elqr.arithmetic.business_day import calendar
from elqr.rules.contract import Contract
from elqr.rules.counting import Accounting, Counting, ReceivedRules
from elqr.vocabulary.counted_frames import CountedDay
from elqr.vocabulary.frames import Payment
from tests.builders import (
    EVERY_REPORT,
    JOB,
    REFUSED,
    ROOT,
    City,
    Ran,
    barcode,
    codes,
    cvs_file,
    cvs_row,
    elqr,
    eltax_file,
    eltax_row,
    notice_row,
)
from tests.cases.frame import frame_of

_HOLIDAYS = calendar(
    (ROOT / "specs" / "holidays.csv").read_text(encoding="utf-8"), ("12-31", "01-01", "01-02", "01-03")
)
_NO_DATE = JOB.replace("date = 2026-11-20\n", "")
_BY = "\n[accounting]\nby = "
RECEIVED, PAID, NIGHTLY = (_NO_DATE + _BY + f'"{by}"\n' for by in ("received_on", "paid_on", "night"))
_SHOPS = '\n[[settlement]]\nname = "コンビニ"\nspecs = ["cvs_family_a"]\noutside = true\n'


def _day(text: str | None) -> date | None:
    return date.fromisoformat(f"2026-{text}") if text else None


# 名前, 契約の決め方, 全体の決め方, 領収日, ファイルの収入日, 資金化日, 収入日, 決め方. 2026-11-03・23 は祝日、11-07 は土曜日
RULES: list[tuple[str, dict[str, Any], dict[str, Any], str, str | None, str | None, str, str]] = [
    ("ファイルが言えばそれ", {"received": "funds_on"}, {}, "11-05", "11-09", "11-12", "11-09", "stated"),
    ("契約: 資金化日", {"received": "funds_on"}, {"received_days": 9}, "11-05", None, "11-12", "11-12", "funds_on"),
    ("資金化日のない記録", {"received": "funds_on"}, {}, "11-05", None, None, "11-05", "assumed"),
    ("契約: 2営業日", {"received_days": 2}, {}, "11-05", None, "11-12", "11-09", "business_days"),
    ("契約: 0営業日", {"received_days": 0}, {}, "11-07", None, None, "11-07", "business_days"),
    ("祝日をはさむ", {"received_days": 1}, {}, "11-02", None, None, "11-04", "business_days"),
    ("土曜日に納めた", {"received_days": 1}, {}, "11-07", None, None, "11-09", "business_days"),
    ("連休の前", {"received_days": 1}, {}, "11-20", None, None, "11-24", "business_days"),
    ("年末", {"received_days": 1}, {}, "12-30", None, None, "2027-01-04", "business_days"),
    ("契約に決めがなければ全体", {}, {"received_days": 1}, "11-05", None, None, "11-06", "business_days"),
    ("全体: 資金化日", {}, {"received": "funds_on"}, "11-05", None, "11-12", "11-12", "funds_on"),
    ("どちらにもない", {}, {}, "11-05", None, "11-12", "11-05", "assumed"),
]


@pytest.mark.parametrize("rule", RULES, ids=[rule[0] for rule in RULES])
@pytest.mark.parametrize("has_contract", [True, False], ids=["契約の収納", "契約のない収納"])
def test_the_received_day_of_a_payment(rule: Any, has_contract: bool) -> None:
    _, of_contract, of_all, paid_on, received_on, funds_on, wanted, how = rule
    if not has_contract:
        of_contract, of_all = {}, of_contract or of_all
    contract = Contract(name="契約", specs=("a",), **of_contract)
    rules = ReceivedRules((contract,), Accounting(by="received_on", **of_all), _HOLIDAYS)
    row = {
        "spec": "a" if has_contract else "b", "channel": "cvs", "payment_no": 1,
        "paid_on": _day(paid_on), "received_on": _day(received_on), "funds_on": _day(funds_on),
    }  # fmt: skip
    payments = frame_of(Payment, row, spec=pl.String)
    expected = date.fromisoformat(wanted) if wanted.startswith("2027") else _day(wanted)
    assert Counting(rules, date.min).days(payments).rows() == [(1, expected, expected, how)]
    later = Counting(rules, date(2027, 2, 1)).days(payments)
    assert later[CountedDay.COUNTED_ON].to_list() == [date(2027, 2, 1)], "the months before are closed"
    by_paid_on = ReceivedRules((contract,), Accounting(by="paid_on", **of_all), _HOLIDAYS)
    assert Counting(by_paid_on, date.min).days(payments).rows() == [(1, row["paid_on"], row["paid_on"], "paid_on")]


WRONG = [
    ('[accounting]\nby = "funds_on"\n', "accounting.by"),
    ('[accounting]\nreceived = "funds_on"\nreceived_days = 2\n', "どちらか一つ"),
    ("[accounting]\nreceived_days = 61\n", "accounting.received_days"),
    ('[accounting]\nreceived = "paid_on"\n', "accounting.received"),
    ('[[settlement]]\nname = "契約"\nspecs = ["dsk_csv"]\nreceived = "funds_on"\nreceived_days = 1\n', "どちらか一つ"),
]


@pytest.mark.parametrize(("text", "said"), WRONG, ids=[row[0] for row in WRONG])
def test_a_job_that_says_it_wrongly_is_told_what_to_do(tmp_path: Path, text: str, said: str) -> None:
    city = City.founded(tmp_path / "city", f"{_NO_DATE}\n{text}")
    ran = city.night(date(2026, 11, 20))
    assert ran.code == 1 and said in ran.err and "直してから" in ran.err


def _pay(city: City, name: str, *rows: tuple[str, int, str, str | None]) -> None:
    """Delivers payments: 通知書番号 (or none that is known), 円, 領収日 and 収入日."""
    made = []
    for number, (bill_no, yen, paid_on, received_on) in enumerate(rows, start=1):
        key_no, check_no = city.issued().get(("kokuho", bill_no, 1, 1), ("9" * 20, "123456"))
        days = {"paid_on": _day(paid_on), "processed_on": _day(paid_on), "received_on": _day(received_on)}
        serial_no = f"{int(re.sub('[^0-9]', '', name)):04d}{number:04d}"
        made.append(eltax_row(key_no, check_no, yen, serial_no=serial_no, funds_on=None, **days))
    city.deliver(name, eltax_file(*made))


_SHOP = barcode("11", 7_000, date(2026, 11, 30))


def _two_months(folder: Path, job: str) -> City:
    """The same nights for every city: October and November 2026.

    | 夜 | 通知書 | 円 | 領収日 | 収入日 |
    | 10-29 | 1 | 10,000 | 10-27 | 10-29 |
    | 10-29 | 2 | 2,000 | 10-28 | 11-02 |
    | 11-02 | 3 | 300 | 10-30 | 10-30 |
    | 11-05 | 4 | 40 | 10-30 | 10-30 |, after October was closed
    | 11-05 | なし | 5 | 11-02 | 11-04 |, in suspense, and put on claim 5 on 11-06
    | 11-05 | 6（コンビニ） | 7,000 | 11-04 | なし |
    """
    city = City.founded(folder, job)
    bills = ((1, 10_000), (2, 2_000), (3, 300), (4, 40), (5, 5), (6, 7_000))
    shop = {"barcode": _SHOP}
    rows = [notice_row(bill_no=str(no), principal_yen=yen, **(shop if no == 6 else {})) for no, yen in bills]
    city.notices(*rows)
    city.night(date(2026, 10, 5))
    _pay(city, "1.csv", ("1", 10_000, "10-27", "10-29"), ("2", 2_000, "10-28", "11-02"))
    city.night(date(2026, 10, 29))
    _pay(city, "2.csv", ("3", 300, "10-30", "10-30"))
    city.night(date(2026, 11, 2))
    for step, by in (("close", "山田"), ("approve", "佐藤")):
        assert elqr("month", step, "2026-10", "--by", by, "--job", city.job, "--date", "2026-11-04").code == 0
    _pay(city, "3.csv", ("4", 40, "10-30", "10-30"), ("なし", 5, "11-02", "11-04"))
    city.deliver("4.dat", cvs_file(cvs_row(_SHOP, paid_on=date(2026, 11, 4), funds_on=date(2026, 11, 12))))
    city.night(date(2026, 11, 5))
    target = city.issued()["kokuho", "5", 1, 1][0]
    by = ("--job", city.job, "--date", "2026-11-06")
    ruling = ("--ruling", "納付書に充てる", "--target", target, "--reason", "読み違い", "--outcome", "該当なし")
    assert elqr("review", "decide", *ruling, "--by", "山田", *by).code == 0
    assert elqr("review", "approve", 1, "--by", "佐藤", *by).code == 0
    return city


@pytest.fixture(scope="module")
def cities(tmp_path_factory: pytest.TempPathFactory) -> dict[str, City]:
    folder = tmp_path_factory.mktemp("counted")
    jobs = {"received_on": RECEIVED, "paid_on": PAID, "night": NIGHTLY, "": _NO_DATE}
    return {by: _two_months(folder / (by or "silent"), job) for by, job in jobs.items()}


def _drawn(city: City, *arguments: object) -> Any:
    ran = elqr(*arguments, "--json", "--job", city.job)
    assert ran.code == 0, ran
    return ran.json


BOOKS = {
    "received_on": {"10-29": 10_000, "10-30": 300, "11-01": 40, "11-02": 2_000, "11-04": 7_000, "11-06": 5},
    "paid_on": {"10-27": 10_000, "10-28": 2_000, "10-30": 300, "11-01": 40, "11-04": 7_000, "11-06": 5},
    "night": {"10-29": 12_000, "11-02": 300, "11-05": 7_040, "11-06": 5},
}
"""収納額 by the day on which it stands in the books. The 40 yen came after October was closed: on the next open day."""

MONTHS = {"received_on": (10_300, 9_045), "paid_on": (12_300, 7_045), "night": (12_000, 7_345)}
ALL = 19_345


@pytest.mark.parametrize("by", BOOKS)
def test_every_yen_stands_on_one_day_and_in_one_month(cities: dict[str, City], by: str) -> None:
    """The money test: by each day the lists of all days and of all months sum to the ledger's yen."""
    city, first = cities[by], date(2026, 10, 20)
    drawn = {}
    for number in range(24):
        day = first + timedelta(days=number)
        if yen := _drawn(city, "day", "--day", day)["yen"]:
            drawn[f"{day:%m-%d}"] = yen
    assert drawn == BOOKS[by] and sum(drawn.values()) == ALL
    months = [_drawn(city, "month", "--month", f"2026-{month}")["yen"] for month in ("10", "11")]
    assert tuple(months) == MONTHS[by] and sum(months) == ALL
    assert city.sql("SELECT sum(yen) FROM posting WHERE account = 'claim'") == [(ALL,)]
    assert codes(elqr("verify", "--json", "--job", city.job, "--date", "2026-11-06")) == []


OTHERWISE = {
    "received_on": {"10-29": 10_000, "10-30": 340, "11-02": 2_000, "11-04": 7_000, "11-06": 5},
    "paid_on": {"10-27": 10_000, "10-28": 2_000, "10-30": 340, "11-04": 7_000, "11-06": 5},
    "night": BOOKS["night"],
}
"""As `BOOKS`, to compare: no month is closed."""


@pytest.mark.parametrize("own", ["received_on", "paid_on", "night", ""])
@pytest.mark.parametrize("by", OTHERWISE)
def test_a_list_by_another_day_sums_to_the_same_yen(cities: dict[str, City], own: str, by: str) -> None:
    city, expected = cities[own], OTHERWISE[by] if by != (own or "night") else BOOKS[by]
    sums: Counter[str] = Counter()
    for day, yen in expected.items():
        drawn = _drawn(city, "day", "--day", f"2026-{day}", "--by", by)
        assert (drawn["yen"], drawn["by"], drawn["is_own"]) == (yen, by, by == (own or "night"))
        sums[day[:2]] += yen
    months = {month: _drawn(city, "month", "--month", f"2026-{month}", "--by", by)["yen"] for month in sums}
    assert months == dict(sums) and sum(months.values()) == ALL


def test_the_city_that_says_nothing_counts_as_before(cities: dict[str, City]) -> None:
    """A job without [accounting] and one that says `night` have the same files, and the ledger no day of its own."""
    silent, nightly = cities[""], cities["night"]
    assert silent.sql("SELECT count(*) FROM counted_day") == nightly.sql("SELECT count(*) FROM counted_day") == [(0,)]
    month = _drawn(silent, "month", "--month", "2026-10")
    assert set(month) == {
        "month", "standing", "changed_after_close", "postings", "yen", "suspense_opening_yen", "suspense_closing_yen",
        "sha256", "rows", "nights",
    }  # fmt: skip
    assert month == _drawn(nightly, "month", "--month", "2026-10")
    for night in ("2026-10-29", "2026-11-05"):
        files = [city.folder / "out" / night / "収納日計表.json" for city in (silent, nightly)]
        lists = [path.read_text(encoding="utf-8") for path in files]
        assert lists[0] == lists[1] and "計上日" not in lists[0]


def _daily(city: City, night: str) -> list[tuple[object, ...]]:
    rows = city.report("収納日計表", date.fromisoformat(f"2026-{night}"))
    return [(row.get("計上日"), row["領収日"], row.get("計上日の決め方"), row["区分"], row["収納額"]) for row in rows]


def test_the_list_of_a_night_says_on_which_days_it_counts(cities: dict[str, City]) -> None:
    city = cities["received_on"]
    assert _daily(city, "10-29") == [
        ("2026-10-29", "2026-10-27", "収入日", "消込", 10_000),
        ("2026-11-02", "2026-10-28", "収入日", "消込", 2_000),
    ]
    rows = sorted(_daily(city, "11-05"), key=str)
    assert rows == [
        ("2026-11-01", "2026-10-30", "収入日（2026-10-30 の月は締済）", "消込", 40),
        ("2026-11-04", "2026-11-04", "収入日がわからず、領収日とした", "消込", 7_000),
    ]
    text = (city.folder / "out" / "2026-11-05" / "収納日計表.json").read_text(encoding="utf-8")
    assert "数える日は収入日" in json.loads(text)["note"]
    assert [row[0] for row in _daily(cities["paid_on"], "11-05")] == ["2026-11-01", "2026-11-04"]


def test_a_list_drawn_again_is_the_same(tmp_path: Path) -> None:
    """What is drawn from the night itself and what is read from the ledger agree to the byte."""
    city = City.founded(tmp_path / "city", RECEIVED, reports=EVERY_REPORT)
    city.notices(notice_row(), notice_row(bill_no="100002"))
    city.night(date(2026, 11, 4))
    _pay(
        city,
        "1.csv",
        ("100001", 10_000, "11-02", "11-04"),
        ("100002", 10_000, "11-02", None),
        ("なし", 5, "11-02", None),
    )
    lists = []
    for _ in range(2):
        assert city.night(date(2026, 11, 5)).code == 3
        folder = city.folder / "out" / "2026-11-05"
        lists.append([(folder / name).read_bytes() for name in ("収納日計表.csv", "収納日計表.json", "会計.xlsx")])
    assert lists[0] == lists[1] and [row[0] for row in _daily(city, "11-05")] == ["2026-11-02", "2026-11-04"]


def test_the_files_of_a_day(cities: dict[str, City], tmp_path: Path) -> None:
    drawn = elqr("day", "--day", "2026-11-01", "--out", tmp_path, "--job", cities["received_on"].job)
    assert drawn.code == 0 and "数える日は収入日（市の計上日）" in drawn.out and "計　1件 40円" in drawn.out
    assert {file.name for file in tmp_path.iterdir()} == {
        f"収納日計表_2026-11-01.{end}" for end in ("csv", "json", "xlsx")
    }
    (row,) = json.loads((tmp_path / "収納日計表_2026-11-01.json").read_text(encoding="utf-8"))["rows"]
    assert (row["領収日"], row["夜"], row["計上日の決め方"], row["収納額"]) == (
        "2026-10-30", "2026-11-05", "収入日（2026-10-30 の月は締済）", 40,
    )  # fmt: skip
    other = elqr(
        "month", "--month", "2026-10", "--by", "paid_on", "--out", tmp_path, "--job", cities["received_on"].job
    )
    assert other.code == 0 and "★比べるための表です。数える日は領収日" in other.out
    assert (tmp_path / "比較月計表_領収日.xlsx").exists()


def test_a_month_says_what_its_days_come_from(cities: dict[str, City], tmp_path: Path) -> None:
    city = cities["received_on"]
    month = elqr("month", "--month", "2026-11", "--out", tmp_path, "--job", city.job)
    assert month.code == 0
    basis = json.loads((tmp_path / "計上日の決め方.json").read_text(encoding="utf-8"))["rows"]
    assert sorted(tuple(row.values()) for row in basis) == sorted([
        ("収入日", "", 1, 2_000),
        ("収入日", "締めた月から", 1, 40),
        ("収入日がわからず、領収日とした", "", 1, 7_000),
        ("夜（決裁・減額）", "", 1, 5),
    ])  # fmt: skip
    drawn = _drawn(city, "month", "--month", "2026-11")
    assert (drawn["by"], drawn["suspense_opening_yen"], drawn["suspense_closing_yen"]) == ("received_on", 0, 0)
    days = [(row["計上日"], row["収納額"], row["仮受へ"], row["仮受の残高"]) for row in drawn["nights"]]
    assert days == [
        ("2026-11-01", 40, 0, 0), ("2026-11-02", 2_000, 0, 0), ("2026-11-04", 7_000, 5, 5), ("2026-11-06", 5, 0, 0),
    ]  # fmt: skip


def test_a_closed_month_stays_as_it_was(cities: dict[str, City]) -> None:
    for by in BOOKS:
        month = _drawn(cities[by], "month", "--month", "2026-10")
        assert (month["changed_after_close"], month["yen"]) == (False, MONTHS[by][0])


def test_a_city_that_changes_its_day_counts_nothing_twice(cities: dict[str, City], tmp_path: Path) -> None:
    """What was posted stays on its day; the nights after the change count by the new one."""
    city = cities["night"].copy(tmp_path / "city")
    text = city.job.read_text(encoding="utf-8")
    city.job.write_text(text.replace('by = "night"', 'by = "received_on"\nreceived_days = 1'), encoding="utf-8")
    _pay(city, "9.csv", ("なし", 1_000, "11-06", None), ("なし", 600, "11-06", "12-01"))
    assert city.night(date(2026, 11, 7)).code == 3
    november = _drawn(city, "month", "--month", "2026-11")
    assert (november["yen"], november["suspense_closing_yen"]) == (7_345, 1_000), "1,000 yen on 11-09, the Monday"
    assert city.sql("SELECT falls_on, day_rule FROM counted_day ORDER BY 1") == [
        ("2026-11-09", "business_days"), ("2026-12-01", "stated"),
    ]  # fmt: skip
    day = _drawn(city, "day", "--day", "2026-11-02")
    assert day["yen"] == 300 and day["is_own"], "that night's, as before"
    assert codes(elqr("verify", "--json", "--job", city.job, "--date", "2026-11-07")) == []


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE counted_day SET falls_on = '2026-11-03', counted_on = '2026-11-03' WHERE payment_no = 2",
        "UPDATE counted_day SET counted_on = '2026-11-02' WHERE payment_no = 4",
        "DELETE FROM counted_day WHERE payment_no = 1",
    ],
)
def test_a_day_that_was_changed_is_told(cities: dict[str, City], tmp_path: Path, change: str) -> None:
    city = cities["received_on"].copy(tmp_path / "city")
    city.damage(change)
    assert "L520" in set(codes(elqr("verify", "--json", "--job", city.job, "--date", "2026-11-06")))


# 夜, 領収日, 収入日, by → 会計年度, 滞納繰越, 「3月31日まで」, 「出納整理期間」
YEAR_ENDS = [
    ("収入日で翌年度", date(2026, 5, 29), date(2026, 6, 2), "received_on", (2026, True, 0, 0)),
    ("領収日なら前の年度", date(2026, 5, 29), date(2026, 6, 2), "paid_on", (2025, False, 0, 1_000)),
    ("夜で数えても領収日の年度", date(2026, 5, 29), date(2026, 6, 2), "night", (2025, False, 0, 1_000)),
    ("収入日で出納整理期間", date(2026, 3, 30), date(2026, 4, 2), "received_on", (2025, False, 0, 1_000)),
    ("領収日なら3月31日まで", date(2026, 3, 30), date(2026, 4, 2), "paid_on", (2025, False, 1_000, 0)),
]


@pytest.mark.parametrize(("paid_on", "received_on", "by", "wanted"), [row[1:] for row in YEAR_ENDS], ids=[row[0] for row in YEAR_ENDS])  # fmt: skip
def test_the_fiscal_year_of_a_payment(
    tmp_path: Path, paid_on: date, received_on: date, by: str, wanted: tuple[int, bool, int, int]
) -> None:
    register = 'accounting = "特別会計"'
    city = City.founded(tmp_path / "city", _NO_DATE + _BY + f'"{by}"\n')
    path = city.folder / "procedures.toml"
    path.write_text(path.read_text("utf-8").replace("go_live_on = 2026-10-01", "go_live_on = 2025-10-01"), "utf-8")
    assert register in path.read_text("utf-8")
    days = {"issued_on": date(2026, 2, 1), "due_on": date(2026, 2, 28), "payable_until_on": date(2026, 6, 30)}
    city.notices(notice_row(levy_year=2025, tax_year=2025, principal_yen=1_000, **days))
    city.night(date(2026, 2, 2))
    key_no, check_no = city.issued()["kokuho", "100001", 1, 1]
    row = eltax_row(key_no, check_no, 1_000, paid_on=paid_on, processed_on=paid_on, received_on=received_on)
    city.deliver("1.csv", eltax_file(row))
    assert city.night(date(2026, 6, 10)).code in (0, 3)
    ((year, is_arrears),) = city.sql("SELECT fiscal_year, is_arrears FROM posting")
    out = tmp_path / "year"
    drawn: Ran = elqr("year", "--fiscal-year", 2025, "--out", out, "--job", city.job, "--as-of", "2026-06-10")
    assert drawn.code == 0, drawn
    table = json.loads((out / "決算見込.json").read_text(encoding="utf-8"))
    (line,) = table["rows"]
    found = (year, bool(is_arrears), line["収納額（3月31日まで）"], line["収納額（出納整理期間）"])
    assert found == wanted
    assert f"収納は{'収入日' if by == 'received_on' else '領収日'}で分け" in table["note"]
    assert codes(elqr("verify", "--json", "--job", city.job, "--date", "2026-06-10")) == []


def test_the_doctor_says_by_which_day_a_city_counts(cities: dict[str, City], tmp_path: Path) -> None:
    def lines(city: City) -> list[str]:
        text = elqr("doctor", "--job", city.job, "--date", "2026-11-06").out
        return [line for line in text.splitlines() if "数える日" in line or "収入日" in line]

    assert lines(cities[""]) == ["良　数える日　夜（会計年度は領収日）"]
    assumed = (
        "収入日がわからず、領収日とした。[[settlement]] か [accounting] に received か received_days を書いてください"
    )
    told = lines(cities["received_on"])
    assert told[0] == "良　数える日　収入日（会計年度も収入日）"
    assert f"注意　収入日　cvs_family_a：{assumed}" in told
    assert "良　収入日　eltax_payment_csv：ファイルの収入日。空欄なら、収入日がわからず、領収日とした" in told
    city = City.founded(tmp_path / "city", RECEIVED + "received_days = 2\n" + _SHOPS + 'received = "funds_on"\n')
    told = lines(city)
    assert "良　収入日　cvs_family_a：資金化日を収入日とした" in told
    assert "良　収入日　dsk_csv：領収日の2営業日後" in told


def test_a_contract_says_the_received_day_of_its_payments(tmp_path: Path) -> None:
    """振込予定日 of the shop is 収入日 only where the city wrote so; it reaches the list of its day, ahead of the night."""
    city = City.founded(tmp_path / "city", RECEIVED + _SHOPS + 'received = "funds_on"\n')
    city.notices(notice_row(principal_yen=7_000, barcode=_SHOP))
    city.night(date(2026, 10, 5))
    city.deliver("1.dat", cvs_file(cvs_row(_SHOP, paid_on=date(2026, 11, 4), funds_on=date(2026, 11, 12))))
    assert city.night(date(2026, 11, 5)).code == 0
    assert _daily(city, "11-05") == [("2026-11-12", "2026-11-04", "資金化日を収入日とした", "消込", 7_000)]
    assert [_drawn(city, "day", "--day", f"2026-11-{day}")["yen"] for day in ("04", "05", "12")] == [0, 0, 7_000]
    assert city.sql("SELECT received_on FROM payment") == [(None,)], (
        "what the file did not say is not written as if it had"
    )
    assert elqr("export", "make", "--by", "山田", "--job", city.job, "--date", "2026-11-05").code == 0
    (path,) = (city.folder / "out" / "export" / "000001").glob("elqr_history_*")
    assert pl.read_csv(path, infer_schema=False)["収入日"].to_list() == ["20261112"], "as the city says"


def test_a_day_that_is_only_assumed_is_not_handed_over(cities: dict[str, City], tmp_path: Path) -> None:
    city = cities["received_on"].copy(tmp_path / "city")
    assert elqr("export", "make", "--by", "山田", "--job", city.job, "--date", "2026-11-06").code == 0
    (path,) = (city.folder / "out" / "export" / "000001").glob("elqr_history_*")
    rows = dict(pl.read_csv(path, infer_schema=False).select("通知書番号", "収入日").iter_rows())
    assert rows == {"1": "20261029", "2": "20261102", "3": "20261030", "4": "20261030", "5": "20261104", "6": None}


def test_the_database_refuses_a_day_in_a_closed_month(cities: dict[str, City], tmp_path: Path) -> None:
    city = cities["received_on"].copy(tmp_path / "city")
    with pytest.raises(REFUSED, match="closed month"):
        city.sql("INSERT INTO counted_day VALUES (99, '2026-10-31', '2026-10-31', 'stated')")


def test_a_wrong_day_on_the_command_line_is_told(cities: dict[str, City]) -> None:
    job = ("--job", cities["night"].job)
    for arguments, said in (
        (("day", "--day", "11/5"), "YYYY-MM-DD"),
        (("day",), "--day に日"),
        (("day", "--day", "2026-11-05", "--by", "funds_on"), "received_on（収入日）"),
        (("month", "--month", "2026-10", "--by", "x"), "night（夜）"),
    ):
        ran = elqr(*arguments, *job)
        assert ran.code == 2 and said in ran.err
