"""A sample (見本): bytes of an unknown format → a draft of its spec. Refused: files that are not text in records."""

from dataclasses import replace

from elqr.formats.authoring.draft import Draft
from elqr.formats.authoring.sample_csv import csv_draft, csv_rows_of
from elqr.formats.authoring.sample_fixed import fixed_draft
from elqr.formats.charset import decode_bytes
from elqr.formats.ebcdic import from_ebcdic
from elqr.formats.spec import Charset
from elqr.vocabulary.errors import BadFile

_KINDS = {
    b"%PDF": "PDF文書",
    b"PK\x03\x04": "ZIP・Excel",
    b"\x89PNG": "画像",
    b"\xff\xd8": "画像",
    b"\xd0\xcf\x11\xe0": "Excel（旧形式）",
}
_MOST_SAMPLED = 4_000_000
_EBCDIC_DIGITS = frozenset(range(0xF0, 0xFA))


def draft_from_sample(name: str, data: bytes, file: str, record_bytes: int | None = None) -> Draft:
    """見本から下書きを作る. Raises BadFile when the file is empty, binary, or of a shape that cannot be guessed."""
    if not data.strip(b"\r\n\x1a \t"):
        raise BadFile(f"{file} は空です。中身のある見本を指定してください。")
    source = f"見本 {file} からの推測（資料の名前と版をここに書く）"
    kind = next((label for magic, label in _KINDS.items() if data.startswith(magic)), None)
    if kind is not None or b"\x00" in data[:_MOST_SAMPLED]:
        raise BadFile(f"{file} は{kind or '文字でないファイル'}です。送付元から届いたままのデータを指定してください。")
    if data[0] in _EBCDIC_DIGITS and min(set(data[:1_000]) - {0x0D, 0x25}) >= 0x40:
        body = from_ebcdic(data)
        return _add_ends(fixed_draft(name, source, body, "ebcdic", record_bytes), body)
    charset, body = _charset(data, file)
    text = decode_bytes(body, "utf-8" if charset.startswith("utf-8") else "cp932")
    assert text is not None, "the charset was chosen because it reads the sample"
    if record_bytes is None and (rows := csv_rows_of(text)):
        return _add_ends(csv_draft(name, source, rows, charset), body)
    if charset.startswith("utf-8") and not body.isascii():
        raise BadFile(
            f"{file} は UTF-8 の固定長か、列のそろわないCSVです。どちらも扱えません。送付元に形式を確かめてください。"
        )
    return _add_ends(fixed_draft(name, source, body, _fixed_charset(body), record_bytes), body)


def _add_ends(draft: Draft, body: bytes) -> Draft:
    """Add the line end of the sample, and what it lacks or adds after the last record."""
    bare = body.rstrip(b"\x1a")
    end = "crlf" if b"\r\n" in bare else "lf" if b"\n" in bare else "none" if draft.layout == "fixed" else "crlf"
    accepts = ["final_1a"] if bare != body else []
    accepts += ["no_final_line_end"] if end != "none" and not bare.endswith(b"\n") else []
    return replace(draft, line_end=end, accepts=tuple(accepts))


def _charset(data: bytes, file: str) -> tuple[Charset, bytes]:
    """文字コードを推測する: the charset, and the bytes without a BOM."""
    if data.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig", data[3:]
    tried: tuple[Charset, ...] = ("utf-8", "cp932")
    for charset in tried:
        if decode_bytes(data, charset) is not None:
            return charset, data
    raise BadFile(f"{file} は UTF-8 でも CP932 でも読めません。送付元に文字コードを確かめてください。")


def _fixed_charset(body: bytes) -> str:
    """JIS X 0201 when everything beyond ASCII is half-width kana; else CP932."""
    high = {byte for byte in body if byte >= 0x80}
    return "jisx0201" if all(0xA1 <= byte <= 0xDF for byte in high) else "cp932"
