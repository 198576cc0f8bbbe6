"""Reading: every broken rule with its place; a table of damaged codes; never an exception."""

import json
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from elqr.arithmetic.checkdigit import crc16_of, mpn_check_digits_of
from elqr.issue.layout import LAYOUT, PARTS
from elqr.issue.payload import PayloadValues, encode
from elqr.issue.reading import group_digits, read_payload
from elqr.vocabulary.codes import Code
from tests.builders import REAL_CODE

VALUES = {
    "amount_yen": 39_500,
    "key_no": "00000202401010104348",
    "check_no": "778284",
    "item_no": "127",
    "office_code": "44000",
    "tax_office_code": "040",
    "levy_year": 2024,
    "tax_year": 2024,
    "installment_no": 0,
    "due_on": "2024-05-31",
    "payable_until_on": "2024-07-10",
}


def changed(*changes: tuple[int, str]) -> str:
    """The real code with other text at offsets."""
    code = REAL_CODE
    for at, text in changes:
        code = code[:at] + text + code[at + len(text) :]
    return code


def mended(*changes: tuple[int, str]) -> str:
    """The same with check digits and CRC made right, so that nothing but the change is wrong."""
    code = changed(*changes)
    for start, end in ((31, 68), (70, 112)):
        code = code[: start - 2] + mpn_check_digits_of(code[start:end]) + code[start:]
    return f"{code[:250]}{crc16_of(code[:250]):05d}"


def broken(code: str) -> list[tuple[Code, int]]:
    return [(finding.code, finding.at.offset_bytes) for finding in read_payload(code).findings]


def test_the_real_code_reads_as_by_hand_and_encodes_to_itself() -> None:
    reading = read_payload(REAL_CODE)
    assert reading.as_dict() == {"valid": True, "findings": [], **VALUES}
    assert list(reading.as_dict()) == ["valid", "findings", *VALUES]
    assert encode(PayloadValues.model_validate(reading.values)) == REAL_CODE


def test_every_single_digit_change_is_reported() -> None:
    codes = [changed((at, digit)) for at in range(255) for digit in "0123456789" if digit != REAL_CODE[at]]
    assert len(codes) == 255 * 9
    missed = [
        code for code in codes if Code.PAYLOAD_CRC not in {finding.code for finding in read_payload(code).findings}
    ]
    assert missed == []


# Code, place and nothing else: check digits and CRC are made right again.
DAMAGED = [
    pytest.param([(0, "01")], [(Code.PAYLOAD_TAG, 0)], id="タグ00"),
    pytest.param([(2, "03")], [(Code.PAYLOAD_TAG_LENGTH, 2)], id="タグ00の長さ"),
    pytest.param([(4, "02")], [(Code.PAYLOAD_CONSTANT, 4)], id="ペイロード形式"),
    pytest.param([(10, "11")], [(Code.PAYLOAD_CONSTANT, 10)], id="静的コード"),
    pytest.param([(14, "95")], [(Code.PAYLOAD_TAG_LENGTH, 14)], id="タグ27の長さ"),
    pytest.param([(16, "02")], [(Code.PAYLOAD_TAG, 16)], id="入れ子のタグ"),
    pytest.param([(20, "13801")], [(Code.PAYLOAD_CONSTANT, 20), (Code.PAYLOAD_AGENCY, 54)], id="タグ27の機関ID"),
    pytest.param([(54, "13801")], [(Code.PAYLOAD_AGENCY, 54), (Code.PAYLOAD_CONSTANT, 54)], id="MPNの機関ID"),
    pytest.param(
        [(20, "13801"), (54, "13801")],
        [(Code.PAYLOAD_CONSTANT, 20), (Code.PAYLOAD_CONSTANT, 54)],
        id="機関IDが二つとも",
    ),
    pytest.param([(31, "1")], [(Code.PAYLOAD_CONSTANT, 31)], id="口座番号"),
    pytest.param([(42, "00000039501")], [(Code.PAYLOAD_AMOUNT, 42)], id="MPNの金額"),
    pytest.param([(116, "00000039501")], [(Code.PAYLOAD_AMOUNT, 42)], id="タグ54の金額"),
    pytest.param([(53, "1")], [(Code.PAYLOAD_CONSTANT, 53)], id="手数料負担区分"),
    pytest.param([(59, "1")], [(Code.PAYLOAD_CONSTANT, 59)], id="印紙税要否"),
    pytest.param([(67, "1")], [(Code.PAYLOAD_CONSTANT, 63)], id="上段の拡張"),
    pytest.param([(96, "1")], [(Code.PAYLOAD_CONSTANT, 96)], id="eLTAX利用領域"),
    pytest.param([(111, "1")], [(Code.PAYLOAD_CONSTANT, 105)], id="下段の拡張"),
    pytest.param([(112, "55")], [(Code.PAYLOAD_TAG, 112)], id="タグ54"),
    pytest.param([(131, "1988")], [(Code.PAYLOAD_DATE, 131)], id="昭和の賦課年度"),
    pytest.param([(135, "3000")], [(Code.PAYLOAD_DATE, 135)], id="遠すぎる課税年度"),
    pytest.param([(139, "99")], [], id="期別は何でもよい"),
    pytest.param([(141, "20240230")], [(Code.PAYLOAD_DATE, 141)], id="ない納期限"),
    pytest.param([(141, "00000531")], [(Code.PAYLOAD_DATE, 141)], id="西暦0年"),
    pytest.param([(149, "20241301")], [(Code.PAYLOAD_DATE, 149)], id="13月"),
    pytest.param([(149, "20230229")], [(Code.PAYLOAD_DATE, 149)], id="平年の2月29日"),
    pytest.param([(149, "20240530")], [(Code.PAYLOAD_DATE_ORDER, 149)], id="支払期限が前"),
    pytest.param([(149, "20240531")], [], id="支払期限が同じ日"),
    pytest.param([(161, "1")], [(Code.PAYLOAD_ADDITIONAL, 161)], id="付加情報の先頭"),
    pytest.param([(245, "1")], [(Code.PAYLOAD_ADDITIONAL, 161)], id="付加情報の末尾"),
    pytest.param([(246, "64")], [(Code.PAYLOAD_TAG, 246)], id="タグ63"),
]


@pytest.mark.parametrize(("changes", "wanted"), DAMAGED)
def test_a_damaged_code(changes: list[tuple[int, str]], wanted: list[tuple[Code, int]]) -> None:
    code = mended(*changes)
    assert sorted(broken(code)) == sorted(wanted)
    assert read_payload(code).valid is (wanted == [])


CHECKS = [
    pytest.param((29, "18"), [(Code.PAYLOAD_UPPER_CHECK, 29), (Code.PAYLOAD_CRC, 250)], id="上段のチェックデジット"),
    pytest.param((60, "128"), [(Code.PAYLOAD_UPPER_CHECK, 29), (Code.PAYLOAD_CRC, 250)], id="税目・料金番号"),
    pytest.param((68, "83"), [(Code.PAYLOAD_LOWER_CHECK, 68), (Code.PAYLOAD_CRC, 250)], id="下段のチェックデジット"),
    pytest.param((89, "9"), [(Code.PAYLOAD_LOWER_CHECK, 68), (Code.PAYLOAD_CRC, 250)], id="案件特定キー"),
    pytest.param((250, "20202"), [(Code.PAYLOAD_CRC, 250)], id="CRC"),
    pytest.param((250, "99999"), [(Code.PAYLOAD_CRC, 250)], id="16ビットを超えるCRC"),
]


@pytest.mark.parametrize(("change", "wanted"), CHECKS)
def test_check_digits_and_crc(change: tuple[int, str], wanted: list[tuple[Code, int]]) -> None:
    assert broken(changed(change)) == wanted


def test_all_rules_are_tried_and_findings_stand_in_order_of_place() -> None:
    code = changed(
        (0, "99"), (29, "99"), (68, "99"), (116, "1"), (131, "0000"), (141, "99999999"), (161, "7"), (250, "00000")
    )
    assert broken(code) == [
        (Code.PAYLOAD_TAG, 0),
        (Code.PAYLOAD_UPPER_CHECK, 29),
        (Code.PAYLOAD_AMOUNT, 42),
        (Code.PAYLOAD_LOWER_CHECK, 68),
        (Code.PAYLOAD_DATE, 131),
        (Code.PAYLOAD_DATE, 141),
        (Code.PAYLOAD_ADDITIONAL, 161),
        (Code.PAYLOAD_CRC, 250),
    ]


def test_a_finding_says_what_was_found_and_what_was_wanted() -> None:
    (finding,) = read_payload(mended((42, "00000039501"))).findings
    assert (finding.actual, finding.expected, finding.at.field) == ("00000039501", "00000039500", "MPN払込金額")


def test_another_character_is_reported_and_the_other_rules_are_still_tried() -> None:
    reading = read_payload(changed((88, "４"), (131, "1900"), (246, "64")))
    assert [(finding.code, finding.at.offset_bytes) for finding in reading.findings] == [
        (Code.PAYLOAD_NOT_DIGITS, 88),
        (Code.PAYLOAD_DATE, 131),
        (Code.PAYLOAD_TAG, 246),
    ]
    assert reading.values["key_no"] is None
    assert reading.values["amount_yen"] == 39_500 and reading.values["due_on"] == date(2024, 5, 31)


LENGTHS = [
    pytest.param("", 0, id="空"),
    pytest.param(REAL_CODE[:-1], 254, id="1桁足りない"),
    pytest.param(REAL_CODE[1:], 254, id="先頭がない"),
    pytest.param(REAL_CODE + "0", 255, id="1桁多い"),
    pytest.param(REAL_CODE + "\n", 255, id="改行つき"),
    pytest.param(REAL_CODE * 2, 255, id="二度"),
    pytest.param("0" * 10_000_000, 255, id="10MB"),
]


@pytest.mark.parametrize(("code", "at"), LENGTHS)
def test_another_length_is_reported_and_nothing_is_read(code: str, at: int) -> None:
    assert broken(code) == [(Code.PAYLOAD_LENGTH, at)]
    assert set(read_payload(code).values.values()) == {None}


@given(st.text(max_size=300))
@example("１" * 255)
@example("\ud800" * 255)
@example("あ" * 1_000_000)
@example("²" * 255)
def test_no_text_makes_it_fail(text: str) -> None:
    reading = read_payload(text)
    assert not reading.valid
    json.dumps(reading.as_dict(), ensure_ascii=False).encode("utf-8", errors="strict")


@given(st.integers(0, 254), st.characters())
def test_any_one_character(at: int, character: str) -> None:
    code = changed((at, character))
    assert read_payload(code).valid is (code == REAL_CODE)


@given(st.integers(0, 10**255 - 1).map(lambda number: f"{number:0255d}"))
def test_any_digits(code: str) -> None:
    assert not read_payload(code).valid


VALUED = sorted(name for name in PayloadValues.model_fields)


@given(st.sampled_from(VALUED), st.data())
def test_what_is_valid_encodes_to_itself(name: str, data: st.DataObject) -> None:
    part = PARTS[name]
    text = f"{data.draw(st.integers(0, 10**part.width - 1)):0{part.width}d}"
    code = mended((part.at, text), *([(PARTS["mpn_amount"].at, text)] if name == "amount_yen" else []))
    reading = read_payload(code)
    if reading.valid:
        assert encode(PayloadValues.model_validate(reading.values)) == code
    else:
        assert name not in {
            "amount_yen",
            "key_no",
            "check_no",
            "item_no",
            "office_code",
            "tax_office_code",
            "installment_no",
        }


JPQR = (
    "00020101021126420019jp.or.paymentsjapan0115000000000000000520459995303392540310058"
    + "02JP5908TESTSHOP6005TOKYO6304ABCD"
)
THAI = "00020101021126320016A00000067701011101120066812345675303764540410005802TH63048A1B"


@pytest.mark.parametrize(
    ("code", "said"),
    [(JPQR, "JPQR"), (JPQR[:90], "JPQR"), (THAI, "ほかのサービス")],
    ids=["JPQR", "途中まで", "よその国"],
)
def test_a_code_for_another_payment_is_told_in_one_line(code: str, said: str) -> None:
    """EMV codes begin as eL-QR does; only those of shops name a country."""
    (finding,) = read_payload(code).findings
    assert finding.code is Code.PAYLOAD_OTHER and said in finding.actual and f"{len(code)}文字" in finding.actual


def test_every_part_has_a_title() -> None:
    titles = [part.title for part in LAYOUT]
    assert len(titles) == len(set(titles)) > 40 and all(titles)


def test_digits_in_groups() -> None:
    assert group_digits("00000202401010104348") == "0000-0202-4010-1010-4348"
    assert group_digits("778284", (3, 3), " ") == "778 284"
    with pytest.raises(AssertionError):
        group_digits("778284")
