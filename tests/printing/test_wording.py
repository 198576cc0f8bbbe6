"""Wording: what a payer reads, written by hand here."""

from datetime import date

from elqr.printing.imposition import assign_pages
from elqr.printing.wording import NOTICE_WORDS, PAGE_WORDS, page_words, words
from tests.builders import OFFICE, REAL_NOTICE, TEMPLATES, notice_row, slips

GROUPS = (4, 4, 4, 4, 4)


def test_the_real_slip_in_words() -> None:
    said = words(slips(REAL_NOTICE), OFFICE, GROUPS).row(0, named=True)
    assert said == {
        "city": "見本市",
        "department": "市民税課",
        "procedure": "自動車税（種別割）",
        "levy_year": "令和6年度",
        "tax_year": "令和6年度",
        "bill_no": "2024010101043",
        "installment": "全期",
        "amount": "39,500",
        "principal": "39,500",
        "demand_fee": "0",
        "late_charge": "0",
        "due_on": "令和6年5月31日",
        "payable_until_on": "令和6年7月10日",
        "issued_on": "令和6年5月1日",
        "payer_ref": "1000001",
        "payer_name": "架空 太郎",
        "postal_code": "510-0000",
        "address": "見本市架空町1-2-3",
        "agency": "13800",
        "key_no": "0000-0202-4010-1010-4348",
        "check_no": "778284",
        "item_no": "127",
        "bar_code": "(91)959919-8332620240101010434800-240710-0-39500-3".replace("-39500-", "-039500-"),
    }


def test_other_groups_years_and_no_bar_code() -> None:
    row = notice_row(levy_year=2019, tax_year=2018, due_on=date(2019, 4, 30), payable_until_on=date(2019, 5, 1), issued_on=date(2019, 4, 1), principal_yen=1_234_567, installment_no=10)  # fmt: skip
    said = words(slips(row), OFFICE, (5, 5, 10)).row(0, named=True)
    assert (said["levy_year"], said["tax_year"]) == ("令和元年度", "平成30年度")
    assert (said["due_on"], said["payable_until_on"]) == ("平成31年4月30日", "令和元年5月1日")
    assert (said["amount"], said["installment"], said["bar_code"]) == ("1,234,567", "第10期", "")
    assert said["key_no"] == "00000-20269-0000000001"


def test_a_page_says_its_sheets_installments_and_total() -> None:
    rows = [notice_row(installment_no=no, principal_yen=1_000 * no) for no in (5, 6, 7, 8)]
    said = page_words(assign_pages(slips(*rows), 3), 12)
    assert list(said.iter_rows())[2:] == [
        ("1", "2", "0012-00001", "第5期〜第7期", "18,000"),
        ("2", "2", "0012-00002", "第8期", "8,000"),
    ]


def test_every_name_a_template_may_use_is_worded() -> None:
    placed = assign_pages(slips(REAL_NOTICE), 3)
    assert words(placed, OFFICE, GROUPS).columns == list(NOTICE_WORDS)
    assert page_words(placed, 1).columns == list(PAGE_WORDS)
    assert sum(TEMPLATES["hokenryo"].key_groups) == 20
