"""Files typed by hand (手で打ったファイル): CSVs as a spreadsheet writes them, read where their meaning is certain.

Excel writes `2026/11/5` for a day, `"18,900"` for an amount, rows of commas alone below the last, and full-width
digits where they were typed. Only text with exactly one meaning is normalised; the fields refuse the rest.
"""

import re
import unicodedata

import polars as pl

from elqr.arithmetic.plain_number import plain_number
from elqr.arithmetic.wareki import parse_wareki
from elqr.formats.spec import FieldSpec

_DAY = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?")
_SHORT_ERA = re.compile(r"([MTSHRmtshr])([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})")
_ERAS = {"M": "明治", "T": "大正", "S": "昭和", "H": "平成", "R": "令和"}
_WITHOUT_BRACKETS = str.maketrans("", "", "()")
"""A slip shows the digits of its bar code as (91)919598-…"""
_YEN = re.compile(r"[¥\\]?([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.0+)?円?")


def without_blank_rows(rows: list[list[str]], width: int) -> list[list[str]]:
    """下の空の行と右の空の列を除く: a blank row between others stays, because record numbers count rows."""
    last = max((no for no, row in enumerate(rows, start=1) if any(cell.strip() for cell in row)), default=0)
    return [row[:width] if not any(cell.strip() for cell in row[width:]) else row for row in rows[:last]]


def plain_texts(field: FieldSpec, texts: pl.Series) -> pl.Series:
    """素直な文字にする: a column of cells in the form that its field expects; text of uncertain meaning stays."""
    distinct = texts.drop_nulls().unique()
    plain = [_plain_text(field, text) for text in distinct]
    return texts.replace_strict(distinct, pl.Series(plain, dtype=pl.String), default=None, return_dtype=pl.String)


def _plain_text(field: FieldSpec, text: str) -> str:
    if field.kind == "text":
        return text.strip()
    bare = unicodedata.normalize("NFKC", text).strip()
    if field.kind in ("yen", "count") and (match := _YEN.fullmatch(bare)):
        return match[1].replace(",", "")
    if field.kind == "date":
        return _plain_day(bare, field.form)
    if field.kind in ("digits", "nested"):
        return plain_number(bare.translate(_WITHOUT_BRACKETS))
    return bare


def _spell_era(text: str) -> str:
    """Spell `R8.11.5` as 令和8年11月5日; other text stays."""
    match = _SHORT_ERA.fullmatch(text)
    return f"{_ERAS[match[1].upper()]}{int(match[2])}年{int(match[3])}月{int(match[4])}日" if match else text


def _plain_day(text: str, form: str) -> str:
    """A day with year, month and day, western or of an era, in the form of the field; other text stays."""
    if match := _DAY.fullmatch(text):
        parts = [match[1], match[2].zfill(2), match[3].zfill(2)]
    elif (day := parse_wareki(_spell_era(text))) is not None:
        parts = [f"{day.year:04}", f"{day.month:02}", f"{day.day:02}"]
    else:
        return text
    mark = {"yyyy/mm/dd": "/", "yyyy-mm-dd": "-", "yyyymmdd": ""}.get(form)
    return text if mark is None else mark.join(parts)
