"""Characters (文字コード): columns of bytes ↔ columns of text, a whole column in one call.

`jisx0201` is one byte a character: 0x20–0x7E with ¥ and ‾ at 0x5C and 0x7E, half-width kana at
0xA1–0xDF. A value that cannot be read becomes null; nothing is replaced silently.
"""

import polars as pl

from elqr.formats.spec import Charset

_FROM_JIS = str.maketrans({"\\": "¥", "~": "‾"})
_TO_JIS = str.maketrans({"¥": "\\", "‾": "~"})
_PYTHON = {"jisx0201": "cp932", "cp932": "cp932", "utf-8": "utf-8", "utf-8-sig": "utf-8"}


def _is_jisx0201(data: bytes) -> bool:
    return all(0x20 <= byte <= 0x7E or 0xA1 <= byte <= 0xDF or byte == 0x0A for byte in set(data))


def decode_bytes(data: bytes, charset: Charset) -> str | None:
    """文字にする: None when the bytes are not of this charset."""
    if charset == "jisx0201" and not _is_jisx0201(data):
        return None
    try:
        text = data.decode(_PYTHON[charset], errors="strict")
    except UnicodeDecodeError:
        return None
    return text.translate(_FROM_JIS) if charset == "jisx0201" else text


def encode_text(text: str, charset: Charset) -> bytes:
    """バイトにする. Raises UnicodeEncodeError for a character that the charset lacks."""
    if charset == "jisx0201":
        data = text.translate(_TO_JIS).encode("cp932", errors="strict")
        if not _is_jisx0201(data):
            raise UnicodeEncodeError("jisx0201", text, 0, len(text), "JIS X0201 にない文字")
        return data
    return text.encode(_PYTHON[charset], errors="strict")


def decode_column(column: pl.Series, charset: Charset) -> pl.Series:
    """Binary column → String column; null where a value cannot be read.

    All values are decoded in one call, separated by a byte that can be part of no character;
    only when that fails is each value tried by itself, to find the bad ones.
    """
    values = column.to_list()
    whole = decode_bytes(b"\n".join(values), charset)
    texts = whole.split("\n") if whole is not None else []
    if len(texts) != len(values):
        texts = [decode_bytes(value, charset) for value in values]  # type: ignore[misc]
    return pl.Series(column.name, texts, dtype=pl.String)
