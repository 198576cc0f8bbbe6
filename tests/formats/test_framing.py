"""Framing: what a spec names is accepted and told; what it does not name is a finding with its place."""

import pytest

from elqr.formats.decode import Decoded, decode
from elqr.formats.dump import dump
from elqr.formats.spec import Spec, Variation
from elqr.vocabulary.codes import Code
from tests.builders import SPECS, transfer_file, transfer_row
from tests.formats.cases import FAMILY_A, RECEIVED_ON, RESULT_91, RESULT_EBCDIC

_SPEC = SPECS["account_transfer_91_result"]
_CRLF = RESULT_91.data(b"\r\n")
_NONE = RESULT_91.data()
_OTHER = transfer_file(transfer_row("Z9", 7))


def _read(data: bytes, *accepts: Variation, spec: Spec = _SPEC) -> Decoded:
    return decode(data, spec.model_copy(update={"accepts": accepts}), "f", RECEIVED_ON)


STRIPPED = b"".join(record.rstrip(b" ") + b"\r\n" for record in RESULT_91.records)
SHORT_END = _NONE[:-119]
LONG_END = _NONE + b" " * 8

# (名前, ファイル, 認める形, 何件目から違うか)
VARIATIONS: list[tuple[str, bytes, Variation, int]] = [
    ("末尾の1A", _CRLF + b"\x1a", "final_1a", 5),
    ("末尾の1Aが並ぶ", _CRLF + b"\x1a" * 6, "final_1a", 5),
    ("末尾の1Aと改行", _CRLF + b"\x1a\r\n", "final_1a", 5),
    ("最後の空行", _CRLF + b"\r\n", "final_blank_line", 5),
    ("最後の空行が並ぶ", _CRLF + b"\r\n" * 3, "final_blank_line", 5),
    ("改行なしで末尾の1A", _NONE + b"\x1a", "final_1a", 5),
    ("最後の改行がない", _CRLF[:-2], "no_final_line_end", 5),
    ("末尾で改行に置き換わり、最後だけない", b"\r\n".join(record[:118] for record in RESULT_91.records), "no_final_line_end", 5),
    ("行末の空白が削られた", STRIPPED, "stripped_spaces", 1),
    ("短いエンド", SHORT_END, "end_length", 5),
    ("長いエンド", LONG_END, "end_length", 5),
    ("CRLFで短いエンド", _CRLF[:-121] + b"\r\n", "end_length", 5),
    ("CRLFで長いエンド", _CRLF[:-2] + b"   \r\n", "end_length", 5),
    ("BOM", b"\xef\xbb\xbf" + _NONE, "utf8_bom", 1),
]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "name", "record_no"), [row[1:] for row in VARIATIONS], ids=[row[0] for row in VARIATIONS]
)
def test_a_variation_is_accepted_only_by_name(data: bytes, name: Variation, record_no: int) -> None:
    (finding,) = _read(data).findings
    assert (finding.code, finding.at.record_no, finding.expected) == (Code.VARIATION, record_no, f"accepts に {name}")
    decoded = _read(data, name)
    assert not decoded.findings and len(decoded.shape) == 1
    assert decoded.tables["data"]["amount_yen"].to_list() == [10_000, 500]
    assert decoded.tables["end"].height == 1


def test_offsets_are_those_of_the_file_whatever_its_shape() -> None:
    decoded = _read(STRIPPED, "stripped_spaces")
    offset = decoded.tables["data"]["offset_bytes"][1]
    assert STRIPPED[offset : offset + 8] == b"20003   "
    decoded = _read(b"\xef\xbb\xbf" + _NONE, "utf8_bom")
    assert decoded.tables["data"]["offset_bytes"].to_list() == [123, 243]


# (名前, ファイル, 指摘, 何件目, 何バイト目（0起算）)
REFUSED: list[tuple[str, bytes, Code, int, int]] = [
    ("LF", RESULT_91.data(b"\n"), Code.LINE_END, 1, -1),
    ("CR", RESULT_91.data(b"\r"), Code.LINE_END, 1, -1),
    ("途中からLF", _CRLF[:244] + _CRLF[244:].replace(b"\r\n", b"\n"), Code.LINE_END, 3, 120),
    ("先頭にだけ改行がない", _CRLF.replace(b"\r\n", b"", 2)[:240] + _CRLF[242:], Code.LINE_END, 3, 0),
    ("改行なしの中にLF", _NONE[:160] + b"\n" + _NONE[161:], Code.LINE_END, 2, 40),
    ("途中の空行", _CRLF[:244] + b"\r\n" + _CRLF[244:], Code.RECORD_LENGTH, 3, -1),
    ("空白を残して短い行", _CRLF.replace(b" \r\n", b"\r\n", 1), Code.RECORD_LENGTH, 1, -1),
    ("1バイト多い", _NONE[:130] + b" " + _NONE[130:], Code.RECORD_LENGTH, 6, -1),
    ("トレーラで終わって切れる", _NONE[:-180], Code.RECORD_LENGTH, 4, -1),
    ("中身のあるエンドの余り", _NONE + b"  X", Code.RECORD_LENGTH, 6, -1),
    ("EBCDICにJISの改行", RESULT_EBCDIC.data(b"\r\n"), Code.LINE_END, 1, -1),
    ("先頭のNUL", b"1\x00" + _NONE[2:], Code.CHARSET, 1, 1),
    ("1Aだけ", b"\x1a", Code.EMPTY, 0, -1),
]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "code", "record_no", "at"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_what_no_spec_can_name_is_refused_with_its_place(data: bytes, code: Code, record_no: int, at: int) -> None:
    everything = tuple(_SPEC.accepts)
    decoded = _read(data, *everything)
    found = [(finding.code, finding.at.record_no, finding.at.offset_bytes) for finding in decoded.findings]
    assert not decoded.tables and (code, record_no, at) in found


# (名前, ファイル, 形)
SEQUENCES: list[tuple[str, bytes, tuple[str, ...]]] = [
    ("組が二つ", _NONE[:-120] + _OTHER, ("組 2",)),
    ("二つのファイルの連結", _NONE + _OTHER, ("組 2", "ファイルの連結 1")),
    ("三つのファイルの連結", _NONE + _OTHER + transfer_file(transfer_row("Z8", 8)), ("組 3", "ファイルの連結 2")),
    ("余分なエンド", _NONE + _NONE[-120:] * 2, ("余分なエンド 2",)),
]


@pytest.mark.parametrize(("data", "shape"), [row[1:] for row in SEQUENCES], ids=[row[0] for row in SEQUENCES])
def test_the_order_that_a_spec_allows_is_told(data: bytes, shape: tuple[str, ...]) -> None:
    decoded = decode(data, _SPEC, "f", RECEIVED_ON)
    assert not decoded.findings and decoded.shape == shape
    assert "・".join(shape) in list(dump(data, _SPEC, "f", RECEIVED_ON))[1]
    strict = [
        record.model_copy(update={"follows": tuple(name for name in record.follows if name not in ("end", "trailer"))})
        if record.name in ("header", "end")
        else record
        for record in _SPEC.record
    ]
    narrow = decode(data, _SPEC.model_copy(update={"record": tuple(strict)}), "f", RECEIVED_ON)
    assert narrow.findings and {finding.code for finding in narrow.findings} == {Code.RECORD_ORDER}


@pytest.mark.parametrize(
    ("data", "record_no"),
    [(_NONE + _NONE, 6), (_NONE[:-120] + _NONE, 5), (_NONE + _OTHER + _NONE, 10)],
    ids=["ファイル", "組", "間に別のファイル"],
)
def test_the_same_group_twice_is_held_back(data: bytes, record_no: int) -> None:
    (finding,) = decode(data, _SPEC, "f", RECEIVED_ON).findings
    assert (finding.code, finding.at.record_no) == (Code.GROUP_TWICE, record_no)


def test_two_equal_records_of_one_group_are_two_payments() -> None:
    """Two legitimate records can be identical to the byte; only whole groups are suspected."""
    row = transfer_row("A1", 100)
    assert not decode(transfer_file(row, row), _SPEC, "f", RECEIVED_ON).findings


def test_groups_of_a_family_a_file_that_ends_without_an_end_record() -> None:
    data = FAMILY_A.data(b"\r\n")[:-122]
    assert not decode(data, SPECS["cvs_family_a"], "f", RECEIVED_ON).findings
    (finding,) = decode(data * 2, SPECS["cvs_family_a"], "f", RECEIVED_ON).findings
    assert (finding.code, finding.at.record_no) == (Code.GROUP_TWICE, 5)
