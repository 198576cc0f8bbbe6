"""Names where none were expected: hidden in findings, dumps and comparisons, replaced in masked copies. And bad bytes."""

from datetime import date

import polars as pl
import pytest

from elqr.arithmetic.pseudonym import pseudonyms
from elqr.formats.decode import decode
from elqr.formats.dump import dump
from elqr.formats.intake.comparison import compare
from elqr.formats.intake.delivered_file import judge_file
from elqr.formats.intake.masking import mask_file
from elqr.formats.spec import Spec
from elqr.vocabulary.codes import Code
from elqr.vocabulary.findings import without_names
from tests.builders import NIGHT, SPECS, barcode, claim_file, claim_row, cvs_file, cvs_row
from tests.formats.csv_cases import CSV

_DSK = next(case.data for case in CSV if case.spec == "dsk_csv")
_NAMES = ["架空　太郎", "ｶｸｳ ﾀﾛｳ", "佐々木〆子", "ヶッゝヽ", "𠮷野", "Kaku Taro"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("20261105", "20261105"), ("2026/13/5", "2026/13/5"), ("１２３，０００", "１２３，０００"), ("-1 ", "-1 "), ("XX", "XX"),
        ("架空　太郎", "＊　＊"), ("ｶｸｳ ﾀﾛｳ", "＊ ＊"), ("20架空", "20＊"), ("YAMADA TARO", "＊ ＊"), ("𠮷1", "＊1"), ("々", "＊"),
    ],
)  # fmt: skip
def test_what_may_be_a_name_is_hidden(text: str, shown: str) -> None:
    assert without_names(text) == shown


@pytest.mark.parametrize("name", [name for name in _NAMES if name != "𠮷野"])
@pytest.mark.parametrize("value", [b"20261105", b"39500", b"02"], ids=["領収日", "金額", "種別"])
def test_a_name_in_a_field_that_is_no_text_is_shown_nowhere(name: str, value: bytes) -> None:
    data = _DSK.replace(b"," + value + b",", b"," + name.encode("cp932") + b",", 1)
    if value == b"02":
        data = _DSK.replace(b"\n02,", b"\n" + name.encode("cp932") + b",", 1)
    assert data != _DSK
    findings = decode(data, SPECS["dsk_csv"], "f", NIGHT).findings
    said = "\n".join([*map(str, findings), *dump(data, SPECS["dsk_csv"], "f", NIGHT)])
    changes = compare(("a", _DSK), ("b", data), [SPECS["dsk_csv"]], NIGHT).as_dict()
    assert findings
    for part in name.replace("　", " ").split():
        assert part not in said and part not in str(changes)
    assert name in "\n".join(dump(data, SPECS["dsk_csv"], "f", NIGHT, show_personal=True))


@pytest.mark.parametrize("name", [name for name in _NAMES if name != "𠮷野"])
def test_a_masked_copy_holds_no_name_that_strayed(name: str) -> None:
    """In a date, an amount and a code; the findings of the copy are those of the original."""
    row = _DSK.split(b"\r\n")[1]
    for value in (b"20261105", b"39500"):
        data = _DSK.replace(row, row.replace(b"," + value + b",", b"," + name.encode("cp932") + b","))
        copy = mask_file(data, "f", [SPECS["dsk_csv"]], NIGHT, b"k" * 32)
        assert len(copy.data) == len(data)
        for part in name.replace("　", " ").split():
            assert part.encode("cp932") not in copy.data
        own, made = (judge_file(given, "f", [SPECS["dsk_csv"]], NIGHT).findings for given in (data, copy.data))
        assert [(one.code, one.at) for one in own] == [(one.code, one.at) for one in made] != []


def test_a_masked_claim_file_tells_no_number_of_a_claim_or_payer() -> None:
    rows = [claim_row(tsuchisho_no=number, atena_no=payer) for number, payer in (("100001", "7654321"), ("2", "34"))]
    copy = mask_file(claim_file(*rows), "f", [SPECS["claim_csv"]], NIGHT, b"k" * 32)
    assert copy.replaced == {"通知書番号": 2, "宛名番号": 2} and len(copy.data) == len(claim_file(*rows))
    assert b"100001" not in copy.data and b"7654321" not in copy.data and copy.data.count(b",10000,") == 2


@pytest.mark.parametrize("text", [
    "々", "〆", "〇", "ヶ", "ッ", "ゝ", "ヾ", "ゔ", "ヷ", "ㇰ", "ｯ", "ﾀ", "𠮷", "𪚲", "𮕩", "𰻞", "豈", "﨑", "䖝", "\ue000", "é", "Ω", "Я", "한", "ế",
])  # fmt: skip
def test_every_letter_of_a_name_is_replaced(text: str) -> None:
    """By one of the same width in every charset that has it."""
    made = [str(pseudonyms(pl.Series([text * 3]), bytes([number]) * 16)[0]) for number in range(4)]
    assert any(text not in one for one in made) and len(set(made)) > 1
    for one in made:
        assert len(one.encode()) == len(text.encode()) * 3
        try:
            assert len(one.encode("cp932")) == len((text * 3).encode("cp932"))
        except UnicodeEncodeError:
            with pytest.raises(UnicodeEncodeError):
                text.encode("cp932")


def test_a_bad_byte_of_a_csv_is_told_by_its_line_and_place() -> None:
    lines = _DSK.split(b"\r\n")
    lines[2] = lines[2].replace(b"01,2026", b"01,\x81026", 1)
    (finding,) = decode(b"\r\n".join(lines), SPECS["dsk_csv"], "f", NIGHT).findings
    assert (finding.code, finding.at.record_no, finding.at.offset_bytes) == (Code.CHARSET, 2, 3)
    assert (finding.actual, finding.at.field) == ("81", "収納日")
    lines[2] = lines[2].replace(b"\x81", b"\x00")
    (finding,) = decode(b"\r\n".join(lines), SPECS["dsk_csv"], "f", NIGHT).findings
    assert (finding.at.record_no, finding.at.offset_bytes, finding.actual) == (2, 3, "00")


def _with_company(name: bytes) -> bytes:
    """A file of family A whose header names a company in 40 bytes (20–59)."""
    data = cvs_file(cvs_row(barcode("1", 1_000, None)))
    return (
        b"1202611060000100002"
        + name.ljust(40)[:40]
        + b" " * 61
        + b"\r\n"
        + data[data.index(b"\n2") + 1 if data[:1] == b"1" else 0 :]
    )


def test_a_text_that_ends_in_half_a_character_is_read_without_it() -> None:
    spec = SPECS["cvs_family_a"]
    name = b"A" + "株式会社架空ファクター収納代行センター部".encode("cp932")[:38] + b"\x8e"
    data = _with_company(name)
    decoded = decode(data, spec, "f", NIGHT)
    assert decoded.findings == () and "文字の項目が二バイト文字の途中で切れている" in decoded.shape
    strict = spec.model_copy(update={"accepts": ("no_final_line_end",)})
    (finding,) = decode(data, strict, "f", NIGHT).findings
    assert (finding.code, finding.at.record_no) == (Code.NOT_TEXT, 1)
    assert finding.actual == "59バイト目の 8E、文字の途中で切れている"


def test_half_a_character_elsewhere_is_still_a_finding() -> None:
    spec: Spec = SPECS["cvs_family_a"]
    (finding,) = decode(_with_company(b"\x8e A" + b" " * 37), spec, "f", date(2026, 11, 20)).findings
    assert finding.code is Code.NOT_TEXT
