"""Characters (文字コード): columns of bytes ↔ columns of text, a whole column in one call.

`jisx0201` has one byte per character: 0x20–0x7E with ¥ and ‾ at 0x5C and 0x7E, half-width kana at
0xA1–0xDF. `ebcdic` is translated into it byte for byte (formats/ebcdic.py), so that only one of the two is left
after cutting. A value that cannot be read becomes null; nothing is replaced silently.
"""

import codecs

import numpy as np
import numpy.typing as npt
import polars as pl

from elqr.arithmetic.checkdigit import Bytes
from elqr.formats.ebcdic import from_ebcdic, to_ebcdic
from elqr.formats.spec import Charset

CHARSETS: dict[str, str] = {
    "jisx0201": "JIS X 0201（半角カナ）",
    "cp932": "シフトJIS（cp932）",
    "ebcdic": "EBCDIC（カナ）",
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8（BOM付き）",
}
"""文字コードの名, as staff read it."""

_LINE_FEED = 0x0A
_FIRST_PRINTABLE = 0x20
_ROWS_A_CHUNK = 8_192
_NONE = "\ufffe"
"""The entry of a charmap table for a byte without a character."""


def _jis_character(byte: int) -> str:
    if byte == _LINE_FEED or 0x20 <= byte <= 0x7E:
        return {0x5C: "¥", 0x7E: "‾"}.get(byte, chr(byte))
    return chr(0xFF61 + byte - 0xA1) if 0xA1 <= byte <= 0xDF else _NONE


_JIS_TABLE = "".join(map(_jis_character, range(256)))
_JIS_BYTES = np.zeros(0x1_0000, dtype=np.uint8)
"""The JIS X0201 byte of every UTF-16 unit, or 0."""
for _byte, _character in enumerate(_JIS_TABLE):
    if _character != _NONE:
        _JIS_BYTES[ord(_character)] = _byte
_PYTHON = {"cp932": "cp932", "utf-8": "utf-8", "utf-8-sig": "utf-8"}
_NOT_CHARACTERS = "\x7f\x80\xa0\uf8f0\uf8f1\uf8f2\uf8f3"
"""What Python makes of the bytes 7F, 80, A0 and FD to FF in CP932, which has no characters there."""


def has_ascii(charset: Charset) -> bool:
    """ASCIIを含むか: whether ASCII bytes mean the same characters in this charset as in UTF-8."""
    return charset in _PYTHON


def decode_bytes(data: bytes, charset: Charset) -> str | None:
    """文字にする: None when this charset cannot read the bytes."""
    try:
        if charset in _PYTHON:
            text = data.decode(_PYTHON[charset], errors="strict")
            return None if charset == "cp932" and any(map(text.__contains__, _NOT_CHARACTERS)) else text
        data = from_ebcdic(data) if charset == "ebcdic" else data
        return codecs.charmap_decode(data, "strict", _JIS_TABLE)[0]
    except UnicodeDecodeError:
        return None


def first_unread_byte(data: bytes, charset: Charset) -> int:
    """読めない最初のバイト of a text in a charset that has ASCII, from 0; the length of the text if there is none."""
    try:
        text = data.decode(_PYTHON[charset], errors="strict")
    except UnicodeDecodeError as error:
        text = data[: error.start].decode(_PYTHON[charset])
    places = [at for at in map(text.find, _NOT_CHARACTERS if charset == "cp932" else "") if at >= 0]
    return len(text[: min(places, default=len(text))].encode(_PYTHON[charset]))


def first_bad_byte(value: bytes, charset: Charset) -> int:
    """読めないバイト: the first, from 0, in bytes that this charset cannot read or that hold a control character."""
    for at in range(len(value)):
        if value[at] < _FIRST_PRINTABLE:
            return at
        if decode_bytes(value[: at + 1], charset) is None and decode_bytes(value[: at + 2], charset) is None:
            return at
    return len(value) - 1


def encode_text(text: str, charset: Charset) -> bytes:
    """バイトにする. Raises UnicodeEncodeError for a character that the charset lacks."""
    if charset in _PYTHON:
        return text.encode(_PYTHON[charset], errors="strict")
    codes = _JIS_BYTES[np.frombuffer(text.encode("utf-16-le", errors="surrogatepass"), dtype="<u2")]
    if (unwritable := np.flatnonzero(codes == 0)).size:
        at = int(unwritable[0])
        raise UnicodeEncodeError("jisx0201", text, at, at + 1, "JIS X0201 にない文字")
    data = codes.tobytes()
    return to_ebcdic(data, text) if charset == "ebcdic" else data


def charset_after_cut(charset: Charset) -> Charset:
    """切り出した後の文字コード: by then EBCDIC has been translated into JIS X0201."""
    return "jisx0201" if charset == "ebcdic" else charset


def decode_matrix(name: str, matrix: Bytes, charset: Charset) -> pl.Series:
    """バイトの列 → 文字列の列: n × width bytes; null where a value cannot be read or holds a control character.

    Values are decoded together, each followed by a line feed, in chunks that fit into the processor's cache.
    Only if that fails is each value decoded by itself, to find the bad ones.
    """
    starts = range(0, len(matrix), _ROWS_A_CHUNK)
    chunks = [_decode_lines(matrix[start : start + _ROWS_A_CHUNK], charset) for start in starts]
    if None not in chunks:
        return pl.Series(name, chunks, dtype=pl.String).str.split("\n").explode()
    return pl.Series(name, [_decode_printable(row.tobytes(), charset) for row in matrix], dtype=pl.String)


def _decode_lines(matrix: Bytes, charset: Charset) -> str | None:
    """Decode values as one line each; None when any of them cannot be read."""
    lines = np.full((len(matrix), matrix.shape[1] + 1), _LINE_FEED, dtype=np.uint8)
    lines[:, :-1] = matrix
    if np.count_nonzero(lines < _FIRST_PRINTABLE) > len(matrix):
        return None
    return decode_bytes(lines.tobytes()[:-1], charset)


def _decode_printable(value: bytes, charset: Charset) -> str | None:
    return None if value and min(value) < _FIRST_PRINTABLE else decode_bytes(value, charset)


def encode_column(texts: pl.Series, charset: Charset) -> tuple[Bytes, npt.NDArray[np.int64]]:
    """文字列の列 → the bytes of all values concatenated, and the size of each. No value may be null.

    Raises UnicodeEncodeError for a character that the charset lacks, or for a line feed. Values are separated by
    line feeds; EBCDIC is translated only after they are split, because its line feed is another byte.
    """
    if not len(texts):
        return np.empty(0, dtype=np.uint8), np.empty(0, dtype=np.int64)
    joined_text: str = texts.str.join("\n", ignore_nulls=False).item()
    data = np.frombuffer(encode_text(joined_text, charset_after_cut(charset)), dtype=np.uint8)
    ends = np.flatnonzero(data == _LINE_FEED)
    if len(ends) != len(texts) - 1:
        raise UnicodeEncodeError(charset, joined_text, 0, len(joined_text), "改行は項目に書けません")
    bounds = np.concatenate([[-1], ends, [len(data)]])
    body = data[data != _LINE_FEED]
    if charset == "ebcdic":
        body = np.frombuffer(to_ebcdic(body.tobytes(), joined_text), dtype=np.uint8)
    return body, (np.diff(bounds) - 1).astype(np.int64)
