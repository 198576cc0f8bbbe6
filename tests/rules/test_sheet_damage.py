"""What a spreadsheet did to numbers and names: told with what stood there, as far as that can be known."""

from datetime import date

import pytest

from elqr.formats.decode import decode
from elqr.rules.notices import rows_of
from elqr.rules.row_checks import Sieve
from elqr.rules.sheet_damage import refuse_damaged
from elqr.vocabulary.codes import Code
from tests.builders import NIGHT, SPECS, notice_file, notice_row
from tests.cases.notice_book import FIELDS, notice_book

_TITLES = {field.name: field.title for field in FIELDS}


def _told(*rows: dict[str, object]) -> list[tuple[int, str, str, str, str]]:
    """(record, code, heading, actual, expected) of what is refused; the other rows stay."""
    decoded = decode(notice_book(*rows), SPECS["notice_csv"], "f", NIGHT)
    assert decoded.findings == ()
    sieve = Sieve("f", rows_of(decoded), [], set())
    refuse_damaged(sieve, decoded, _TITLES)
    assert set(sieve.rows["record_no"]) == set(range(1, len(rows) + 1)) - sieve.flawed
    return [(each.at.record_no, each.code.value, each.at.field, each.actual, each.expected) for each in sieve.findings]


_LED = notice_row(customer_no="0012345", payer_ref="00000001", bill_no="0100001")
LOST: dict[str, tuple[dict[str, object], tuple[str, str, str, str]]] = {
    "顧客番号": ({"customer_no": 12_346}, (Code.DIGITS_LOST, "口座振替顧客番号", "12346", "7桁（先頭の 0 が落ちたのなら 0012346）")),
    "宛名番号": ({"payer_ref": "2"}, (Code.DIGITS_LOST, "宛名番号", "2", "8桁（先頭の 0 が落ちたのなら 00000002）")),
    "通知書番号": ({"bill_no": 100_002}, (Code.DIGITS_LOST, "通知書番号", "100002", "7桁（先頭の 0 が落ちたのなら 0100002）")),
    "日付になった顧客番号": ({"customer_no": date(2026, 1, 2)}, (Code.DIGITS_LOST, "口座振替顧客番号", "2026/1/2", "元の番号（Excel が数か日付に変えた）")),
    "指数になった顧客番号": ({"customer_no": 1.2345678901234567e19}, (Code.DIGITS_LOST, "口座振替顧客番号", "1.23456789012346E+19", "元の番号（Excel が数か日付に変えた）")),
    "CSVで日付になった顧客番号": ({"customer_no": "1月2日"}, (Code.DIGITS_LOST, "口座振替顧客番号", "1月2日", "元の番号（Excel が数か日付に変えた）")),
    "札幌の郵便番号": ({"postal_code": 600_001}, (Code.DIGITS_LOST, "郵便番号", "6桁", "7桁（先頭の 0 が落ちたのなら、0 を 1つ足したもの）")),
    "ゼロ二つの郵便番号": ({"postal_code": "1-0001"}, (Code.DIGITS_LOST, "郵便番号", "5桁", "7桁（先頭の 0 が落ちたのなら、0 を 2つ足したもの）")),
    "書けない字の氏名": ({"payer_name": "?野 太郎"}, (Code.TEXT_LOST, "氏名", "1文字目の ?", "正しい字")),
    "ゲタの住所": ({"address": "見本市〓町1"}, (Code.TEXT_LOST, "住所", "4文字目の 〓", "正しい字")),
    "置き換え文字": ({"address": "見本市架空町\ufffd"}, (Code.TEXT_LOST, "住所", "7文字目の \ufffd", "正しい字")),
    "日付になった住所": ({"address": date(2026, 1, 2)}, (Code.TEXT_LOST, "住所", "日付", "打ったとおりの文字")),
}  # fmt: skip


def test_what_was_lost_is_told_with_what_it_probably_was() -> None:
    sound = {"customer_no": "0000009", "payer_ref": "00000009", "bill_no": "0100009"}
    told = _told(_LED, *(notice_row(**sound | damage) for damage, _ in LOST.values()))
    assert sorted(told) == [(no, *words) for no, (_, words) in enumerate(LOST.values(), start=2)]


UNHARMED = {
    "ゼロで始まる番号のない列": [notice_row(customer_no="12345"), notice_row(customer_no="1")],
    "ゼロで始まる番号の桁がまちまち": [notice_row(customer_no="012"), notice_row(customer_no="0012"), notice_row(customer_no="1")],
    "ほかの手続の番号": [_LED, notice_row(procedure_code="kaigo", customer_no="1", payer_ref="1", bill_no="1")],
    "文字のある番号": [_LED, _LED | {"customer_no": "A1"}],
    "七桁の郵便番号": [notice_row(postal_code="060-0001"), notice_row(postal_code="0600001"), notice_row(postal_code="〒0600001")],
    "空の郵便番号と海外の": [notice_row(postal_code=None), notice_row(postal_code="SW1A 1AA")],
    "番地の住所": [notice_row(address="見本市架空町1-2"), notice_row(address="1-2"), notice_row(address="架空町1/2")],
}  # fmt: skip


def test_a_file_of_the_core_system_is_taken_as_it_is() -> None:
    """It has no other characters, and its people may need the notice before they can mend them."""
    decoded = decode(notice_file(notice_row(payer_name="?野 太郎")), SPECS["notice_csv"], "f", NIGHT)
    sieve = Sieve("f", rows_of(decoded), [], set())
    refuse_damaged(sieve, decoded, _TITLES)
    assert sieve.findings == [] and sieve.rows.height == 1


@pytest.mark.parametrize("rows", UNHARMED.values(), ids=UNHARMED)
def test_what_may_stand_as_it_is_stays(rows: list[dict[str, object]]) -> None:
    assert _told(*rows) == []
