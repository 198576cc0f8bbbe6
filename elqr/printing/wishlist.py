"""The wish list (印刷する納付書の一覧): 納付番号 that a person listed, or a CSV with a column of them."""

import csv
import io

from elqr.arithmetic.plain_number import plain_number
from elqr.vocabulary.errors import BadFile

_HEADINGS = ("納付番号", "案件特定キー", "key_no")
_KEY_DIGITS = 20


def read_keys(data: bytes, name: str) -> tuple[str, ...]:
    """納付番号の一覧を読む: each once, in the order written. Raises BadFile with the line."""
    text = _decode(data, name)
    try:
        rows = list(csv.reader(io.StringIO(text)))
    except csv.Error as error:
        raise BadFile(
            f"{name} をCSVとして読めません。一行に一つ書くか、納付番号の列を持つCSVを指定してください。"
        ) from error
    column, first = 0, 0
    if rows and (heading := next((head for head in _HEADINGS if head in rows[0]), None)):
        column, first = rows[0].index(heading), 1
    keys = []
    for line_no, row in enumerate(rows[first:], start=first + 1):
        if not any(cell.strip() for cell in row):
            continue
        key = plain_number(row[column]) if column < len(row) else ""
        if len(key) != _KEY_DIGITS or not (key.isascii() and key.isdigit()):
            raise BadFile(
                f"{name} の{line_no}行目「{key[: _KEY_DIGITS + 5]}」は納付番号（20桁）ではありません。"
                "一行に一つ書くか、納付番号の列を持つCSVを指定してください。"
            )
        keys.append(key)
    if not keys:
        raise BadFile(f"{name} に納付番号がありません。一行に一つ書くか、納付番号の列を持つCSVを指定してください。")
    return tuple(dict.fromkeys(keys))


def _decode(data: bytes, name: str) -> str:
    for charset in ("utf-8-sig", "cp932"):
        try:
            return data.decode(charset)
        except UnicodeDecodeError:
            continue
    raise BadFile(f"{name} を文字として読めません。UTF-8かシフトJISのテキストを指定してください。")
