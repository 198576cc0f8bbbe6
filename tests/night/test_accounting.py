"""会計年度と会計区分 over nights: a procedure that becomes 公営企業会計, and what an old night said."""

from datetime import date
from pathlib import Path

import pytest

from elqr.arithmetic.fiscal_year import WithoutPeriod
from elqr.session.configuration import read_register
from tests.builders import (
    JOB,
    NIGHT,
    REGISTER,
    TRAINING,
    City,
    codes,
    credit_file,
    credit_row,
    elqr,
    eltax_file,
    eltax_row,
    notice_row,
    transfer_file,
    transfer_row,
)
from tests.cases.job_parts import SENDER
from tests.cases.review_book import written
from tests.cases.till import Till

DATED = REGISTER.replace(
    'accounting = "公営企業会計"',
    'accounting = [{ kind = "特別会計" }, { kind = "公営企業会計", from = 2027-04-01 }]',
)


def test_a_procedure_that_becomes_公営企業会計_leaves_the_years_before_as_they_were(tmp_path: Path) -> None:
    """Paid on 10 April of both years for the year before: once in 出納整理期間, once after 打切決算."""
    city = City.founded(
        tmp_path / "city",
        TRAINING + JOB.replace("date = 2026-11-20\n", ""),
        REGISTER.replace("公営企業会計", "特別会計"),
    )
    same = {"procedure_code": "suido", "principal_yen": 2_000, "payable_until_on": date(2027, 5, 31)}
    city.notices(
        *(
            notice_row(
                bill_no=f"{year}",
                levy_year=year,
                tax_year=year,
                customer_no=f"S{year}",
                issued_on=date(year, 10, 1),
                **same,
            )
            for year in (2025, 2026)
        )
    )
    city.deliver("2025.dat", transfer_file(transfer_row("S2025", 2_000), debit_on=date(2026, 4, 10)))
    city.night(date(2026, 4, 20))
    (city.folder / "procedures.toml").write_text(DATED, encoding="utf-8")
    city.deliver("2026.dat", transfer_file(transfer_row("S2026", 2_000), debit_on=date(2027, 4, 10)))
    city.night(date(2027, 4, 20))
    assert city.sql("SELECT fiscal_year, is_arrears, yen FROM posting ORDER BY posting_no") == [
        (2025, 0, 2_000),
        (2027, 1, 2_000),
    ]
    assert elqr("verify", "--job", city.job, "--date", "2027-04-20").code == 0
    for year, kind, day in (
        (2025, "特別会計", "令和8年5月31日"),
        (2026, "特別会計", "令和9年3月31日"),
        (2027, "公営企業会計", "令和10年3月31日"),
    ):
        ran = elqr("year", "--fiscal-year", year, "--as-of", "2027-04-20", "--job", city.job, "--json")
        row = next(row for row in ran.json["rows"] if row["手続"] == "水道料金")  # type: ignore[attr-defined,index]
        assert (row["会計"], row["締めの日"]) == (kind, day)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ('accounting = [{ kind = "特別会計", from = 2026-04-01 }]', "from なし"),
        ('accounting = [{ kind = "特別会計" }, { kind = "公営企業会計" }]', "from なし"),
        ('accounting = [{ kind = "特別会計" }, { kind = "公営企業会計", from = 2027-05-01 }]', "4月1日"),
        ("accounting = []", "from なし"),
        ('accounting = "企業"', "accounting"),
    ],
)
def test_a_wrong_kind_of_accounting_is_one_sentence(tmp_path: Path, written: str, said: str) -> None:
    city = City.founded(tmp_path / "city", TRAINING + JOB, REGISTER.replace('accounting = "公営企業会計"', written))
    ran = elqr("night", city.job)
    assert ran.code == 1 and said in ran.err and "Traceback" not in ran.err


def test_a_kind_without_a_day_is_read_as_before(tmp_path: Path) -> None:
    path = tmp_path / "procedures.toml"
    path.write_text(REGISTER, encoding="utf-8")
    assert read_register(path).without_closing_period() == [WithoutPeriod("suido", date.min, date.max)]


def test_an_old_night_drawn_again_says_what_it_said(tmp_path: Path) -> None:
    """Slips that came a night later bear an earlier 発行日."""
    city = City.founded(tmp_path / "city")
    city.notices(notice_row())
    city.night(NIGHT)
    (before,) = [row for row in city.report("KPI表") if row["手続"] == "国民健康保険料"]
    city.notices(
        *(notice_row(bill_no=str(200_000 + number), issued_on=date(2026, 9, 1)) for number in range(3)), name="more.csv"
    )
    city.night(date(2026, 11, 24))
    city.night(NIGHT)
    assert [row for row in city.report("KPI表") if row["手続"] == "国民健康保険料"] == [before]


def test_a_closed_year_says_what_changed_after_it(tmp_path: Path) -> None:
    """500 yen too much, paid on 20 March 2027 and decided in June: the yen in suspense were of the closed year."""
    city = City.founded(tmp_path / "city", TRAINING + JOB.replace("date = 2026-11-20\n", ""))
    city.notices(notice_row(), notice_row(bill_no="200000", installment_no=1, principal_yen=5_000))
    city.night(date(2026, 11, 4))
    key_no, check_no = city.issued()["kokuho", "100001", 1, 1]
    paid = date(2027, 3, 20)
    city.deliver(
        "a.csv",
        eltax_file(
            eltax_row(key_no, check_no, 10_500, paid_on=paid, processed_on=paid, received_on=None, funds_on=None)
        ),
    )
    city.night(date(2027, 3, 25))
    target, _ = city.issued()["kokuho", "200000", 1, 1]
    dated = ("--job", city.job, "--date", "2027-06-10")
    book = city.folder / "book.xlsx"
    assert elqr("review", "export", "--out", book, *dated).code == 0
    written(book, {1: ("充当", target, "未納に", "山田")})
    assert elqr("review", "import", book, "--by", "山田", *dated).code == 0
    assert elqr("review", "approve", 1, "--by", "佐藤", *dated).code == 0
    asked = ("--job", city.job, "--as-of", "2027-06-11", "--json", "--fiscal-year")
    ran = elqr("year", *asked, 2026)
    assert ran.json["changes_after_close"] == "★締後の変更（締めの日の夜との差）：還付未済（過納） -500。"  # type: ignore[index]
    row = next(row for row in ran.json["rows"] if row["手続"] == "国民健康保険料")  # type: ignore[attr-defined,index]
    assert (row["収納額"], row["還付未済（過納）"], row["未収額"]) == (10_000, 0, 5_000)
    after = next(row for row in elqr("year", *asked, 2027).json["rows"] if row["手続"] == "国民健康保険料")  # type: ignore[attr-defined,index]
    assert after["滞納繰越分の収納額"] == 500


def test_a_day_of_payments_of_nothing_waits_for_no_money(tmp_path: Path) -> None:
    till = Till.opened(tmp_path / "city")
    key_no, check_no = till.issued()["kokuho", "100001", 1, 1]
    till.deliver("zero.csv", eltax_file(eltax_row(key_no, check_no, 0, serial_no="00000001")))
    assert not [code for code in codes(till.night()) if code.startswith("S")]
    assert [line[:3] for line in till.lines()] == [("地方税共同機構", "一致", "今夜済")]
    (till.folder / "money" / "01.dat").write_bytes(credit_file(credit_row(0, SENDER)))
    assert not [code for code in codes(till.night(date(2026, 11, 21))) if code.startswith("S")]
    assert elqr("verify", "--job", till.job, "--date", "2026-11-21").code == 0
