"""Characters: the EBCDIC table against the published ranges, undefined bytes, JIS X0201, CP932."""

import numpy as np
import polars as pl
import pytest

from elqr.formats.charset import decode_bytes, decode_matrix, encode_column, encode_text
from elqr.formats.decode import decode
from elqr.formats.ebcdic import TO_JIS, UNDEFINED
from elqr.formats.encode import encode_records
from elqr.formats.recognize import recognize
from elqr.vocabulary.codes import Code
from tests.builders import SPECS
from tests.formats.cases import FAMILY_A, RECEIVED_ON, RESULT_91, RESULT_EBCDIC

_SPEC = SPECS["account_transfer_91_result"]
# 公表された範囲, written out again: first byte, last byte, the characters.
PUBLISHED = [
    (0x81, 0x8A, "ｱｲｳｴｵｶｷｸｹｺ"), (0x8C, 0x90, "ｻｼｽｾｿ"), (0x91, 0x9A, "ﾀﾁﾂﾃﾄﾅﾆﾇﾈﾉ"), (0x9D, 0x9F, "ﾊﾋﾌ"), (0xA2, 0xA3, "ﾍﾎ"), (0xA4, 0xAA, "ﾏﾐﾑﾒﾓﾔﾕ"),
    (0xAC, 0xAF, "ﾖﾗﾘﾙ"), (0xBA, 0xBD, "ﾚﾛﾜﾝ"), (0xBE, 0xBF, "ﾞﾟ"), (0x41, 0x49, "｡｢｣､･ｦｧｨｩ"), (0x51, 0x56, "ｪｫｬｭｮｯ"), (0x58, 0x58, "ｰ"),
    (0xF0, 0xF9, "0123456789"), (0xC1, 0xC9, "ABCDEFGHI"), (0xD1, 0xD9, "JKLMNOPQR"), (0xE2, 0xE9, "STUVWXYZ"), (0x40, 0x40, " "), (0x60, 0x60, "-"),
    (0x4B, 0x4B, "."), (0x4D, 0x4D, "("), (0x5D, 0x5D, ")"), (0x61, 0x61, "/"), (0x5B, 0x5B, "¥"), (0x5C, 0x5C, "*"), (0x6B, 0x6B, ","),
    (0x4C, 0x4C, "<"), (0x4E, 0x50, "+|&"), (0x5A, 0x5A, "!"), (0x5E, 0x5E, ";"), (0x62, 0x69, "abcdefgh"), (0x6C, 0x6F, "%_>?"), (0x71, 0x78, "ijklmnop"),
    (0x79, 0x7F, "`:#@'=\""), (0x8B, 0x8B, "q"), (0x9B, 0x9B, "r"), (0xA1, 0xA1, "‾"), (0xAB, 0xAB, "s"), (0xB3, 0xB9, "tuvwxyz"), (0xE0, 0xE0, "$"),
]  # fmt: skip


@pytest.mark.parametrize(("first", "last", "text"), PUBLISHED, ids=[row[2] for row in PUBLISHED])
def test_ebcdic_is_the_published_table(first: int, last: int, text: str) -> None:
    data = bytes(range(first, last + 1))
    assert decode_bytes(data, "ebcdic") == text and encode_text(text, "ebcdic") == data


def test_every_other_ebcdic_byte_is_undefined() -> None:
    listed = {byte for first, last, _ in PUBLISHED for byte in range(first, last + 1)}
    framing = {0x00, 0x0D, 0x1A, 0x25, 0x3F}
    assert {byte for byte, jis in enumerate(TO_JIS) if jis != UNDEFINED} == listed | framing and len(TO_JIS) == 256
    assert all(decode_bytes(bytes([byte]), "ebcdic") is None for byte in set(range(256)) - listed - framing)
    for text in ("[", "ｱ{", "漢", "\\", "^"):
        with pytest.raises(UnicodeEncodeError):
            encode_text(text, "ebcdic")


def test_an_undefined_byte_is_told_by_its_place_and_as_it_came() -> None:
    data = bytearray(RESULT_EBCDIC.data())
    data[5 + 15 + 120] = 0x57  # 引落銀行名, which is not personal; 0x57 stands in no published range
    data[120 + 5] = 0x57
    (finding,) = decode(bytes(data), _SPEC, "f", RECEIVED_ON).findings[:1]
    assert (finding.code, finding.at.record_no, finding.at.offset_bytes) == (Code.NOT_TEXT, 2, 5)
    assert (finding.actual, finding.expected) == ("6バイト目の 57", "EBCDIC（カナ）の文字")


@pytest.mark.parametrize(("byte", "charset"), [(b"\xf0", "ebcdic"), (b"1", "jisx0201")])
def test_a_lying_or_blank_code_kind(byte: bytes, charset: str) -> None:
    """コード区分 0 in EBCDIC, 1 in JIS: reported; blank says nothing; a spec may accept the lie by name."""
    case = RESULT_EBCDIC if charset == "ebcdic" else RESULT_91
    lying = case.data()[:3] + byte + case.data()[4:]
    (finding,) = decode(lying, _SPEC, "f", RECEIVED_ON).findings
    assert (finding.code, finding.at.record_no, finding.at.offset_bytes) == (Code.CHARSET_KIND, 1, 3)
    blank = case.data()[:3] + (b"\x40" if charset == "ebcdic" else b" ") + case.data()[4:]
    assert not decode(blank, _SPEC, "f", RECEIVED_ON).findings
    forgiving = _SPEC.model_copy(update={"accepts": (*_SPEC.accepts, "charset_kind_differs")})
    decoded = decode(lying, forgiving, "f", RECEIVED_ON)
    assert not decoded.findings and decoded.shape == ("コード区分が実際の文字コードと違う",)


def test_ebcdic_is_recognised_by_its_first_byte_where_a_spec_reads_it() -> None:
    found, findings = recognize(RESULT_EBCDIC.data(), SPECS.values(), "f", RECEIVED_ON)
    assert found is _SPEC and not findings
    _, findings = recognize(RESULT_EBCDIC.data(), [SPECS["account_transfer_91_yucho"]], "f", RECEIVED_ON)
    assert findings[0].code is Code.FOREIGN and "口座振替（依頼か結果）（種別 91）" in findings[0].actual
    (finding,) = decode(RESULT_EBCDIC.data(), SPECS["account_transfer_91_yucho"], "f", RECEIVED_ON).findings
    assert (finding.code, finding.actual) == (Code.CHARSET, "EBCDIC")


@pytest.mark.parametrize(("byte", "character"), [(0x5C, "¥"), (0x7E, "‾"), (0xB0, "ｰ"), (0xA1, "｡"), (0xDF, "ﾟ")])
def test_jisx0201_has_its_own_characters(byte: int, character: str) -> None:
    assert decode_bytes(bytes([byte]), "jisx0201") == character and encode_text(character, "jisx0201") == bytes([byte])


@pytest.mark.parametrize("byte", [0x00, 0x09, 0x0A, 0x0D, 0x1A, 0x7F, 0x80, 0xA0, 0xE0, 0xFF])
def test_what_is_no_character_is_null_and_hides_no_neighbour(byte: int) -> None:
    matrix = np.frombuffer(b"AB" + bytes([0x41, byte]) + b"CD", dtype=np.uint8).reshape(3, 2)
    assert decode_matrix("x", matrix, "jisx0201").to_list() == ["AB", None, "CD"]


@pytest.mark.parametrize("count", [0, 1, 8_192, 8_193, 20_000])
def test_more_values_than_are_read_at_a_time(count: int) -> None:
    matrix = np.tile(np.frombuffer("ｱ 1".encode("cp932"), dtype=np.uint8), (count, 1))
    matrix[-1:, 2] = ord("2")
    wanted = (["ｱ 1"] * count)[:-1] + ["ｱ 2"] * (count > 0)
    assert decode_matrix("x", matrix, "jisx0201").equals(pl.Series("x", wanted, dtype=pl.String))
    matrix[-1:, 2] = 0xFF
    wanted[-1:] = [None] * (count > 0)
    assert decode_matrix("x", matrix, "jisx0201").equals(pl.Series("x", wanted, dtype=pl.String), null_equal=True)


def test_what_cannot_be_read_is_blank_where_no_space_stands() -> None:
    head, first, second, *rest = RESULT_91.records
    rows = [first[:91] + b"A" * 20 + first[111:], second[:91] + b"B" * 19 + b"\xff" + second[111:]]
    decoded = decode(b"".join([head, *rows, *rest]), _SPEC, "f", RECEIVED_ON)
    assert decoded.tables["data"]["customer_no"].to_list() == ["A" * 20, None]
    assert [(finding.code, finding.at.record_no) for finding in decoded.findings] == [(Code.NOT_TEXT, 3)]


def test_wide_spaces_fill_a_field_where_no_other_space_stands() -> None:
    head, *rest = FAMILY_A.records
    name = "見本市".ljust(20, "\u3000").encode("cp932")
    data = b"".join(record + b"\r\n" for record in [head[:19] + name + head[59:], *rest])
    decoded = decode(data, SPECS[FAMILY_A.spec], "f", RECEIVED_ON)
    assert decoded.tables["header"]["company_name"].to_list() == ["見本市"]


def test_cp932_and_not_shift_jis() -> None:
    text = "髙﨑①Ⅲ"
    assert decode_bytes(text.encode("cp932"), "cp932") == text
    half = np.frombuffer("髙".encode("cp932") + b"A\x89", dtype=np.uint8).reshape(2, 2)
    assert decode_matrix("x", half, "cp932").to_list() == ["髙", None], "half of a character is none"


def test_a_column_is_encoded_in_one_go() -> None:
    body, sizes = encode_column(pl.Series(["ｶﾞ", "", "A"]), "jisx0201")
    assert (body.tobytes(), sizes.tolist()) == (b"\xb6\xdeA", [2, 0, 1])
    body, sizes = encode_column(pl.Series(["漢A", "ｱ"]), "cp932")
    assert (len(body), sizes.tolist()) == (4, [3, 1])
    with pytest.raises(UnicodeEncodeError):
        encode_column(pl.Series(["A\nB"]), "jisx0201")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"holder": "ｶ" * 31}, "3件目の「預金者名」（holder）は幅 30バイトに入りません"),
        ({"holder": "架空"}, "3件目の「預金者名」（holder）はjisx0201 で書けない文字があります"),
        ({"holder": "ｶｸｳ\nﾀﾛｳ"}, "3件目の「預金者名」（holder）は改行を含みます"),
        ({"amount_yen": 10**10}, "3件目の「引落金額」（amount_yen）は幅 10バイトに入りません"),
        ({"amount_yen": -1}, "3件目の「引落金額」（amount_yen）は負の数です"),
        ({"branch": "0001"}, "3件目の「引落支店番号」（branch）は幅 3バイトに入りません"),
    ],
    ids=["長い", "漢字", "改行", "桁あふれ", "負", "支店4桁"],
)
def test_a_value_that_does_not_fit_is_refused_and_never_cut(row: dict[str, object], said: str) -> None:
    rows = [*RESULT_91.values["data"], RESULT_91.values["data"][0] | row]
    with pytest.raises(ValueError, match=said) as refused:
        encode_records(_SPEC, "data", pl.DataFrame(rows))
    assert "ｶｸｳ" not in str(refused.value), "a name stays out of the message"
