"""Files typed by hand (手で打ったファイル): what a spreadsheet makes of a CSV, read where its meaning is certain.

Excel writes `2026/11/5` for a day, `"18,900"` for an amount, rows of nothing but commas below the last, and full-width
digits where they were typed. Only what can mean one thing is made plain; the rest is left for the fields to refuse.
"""

import re
import unicodedata

import polars as pl

from elqr.arithmetic.wareki import parse_wareki
from elqr.formats.spec import FieldSpec

_DAY = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?")
_SHORT_ERA = re.compile(r"([MTSHRmtshr])([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})")
_ERAS = {"M": "明治", "T": "大正", "S": "昭和", "H": "平成", "R": "令和"}
_YEN = re.compile(r"[¥\\]?([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.0+)?円?")


def without_blank_rows(rows: list[list[str]], width: int) -> list[list[str]]:
    """下の空の行と右の空の列を除く: a blank row between others stays, because records are counted by rows."""
    last = max((no for no, row in enumerate(rows, start=1) if any(cell.strip() for cell in row)), default=0)
    return [row[:width] if not any(cell.strip() for cell in row[width:]) else row for row in rows[:last]]


def plain_texts(field: FieldSpec, texts: pl.Series) -> pl.Series:
    """素直な文字にする: a column of cells as its field's kind wants them; what is not certain stays as it was."""
    distinct = texts.drop_nulls().unique()
    made = [_plain(field, text) for text in distinct]
    return texts.replace_strict(distinct, pl.Series(made, dtype=pl.String), default=None, return_dtype=pl.String)


def _plain(field: FieldSpec, text: str) -> str:
    if field.kind == "text":
        return text.strip()
    bare = unicodedata.normalize("NFKC", text).strip()
    if field.kind in ("yen", "count") and (found := _YEN.fullmatch(bare)):
        return found[1].replace(",", "")
    if field.kind == "date":
        return _day(bare, field.form)
    return bare


def _era_spelt(text: str) -> str:
    """`R8.11.5` as 令和8年11月5日."""
    found = _SHORT_ERA.fullmatch(text)
    return f"{_ERAS[found[1].upper()]}{int(found[2])}年{int(found[3])}月{int(found[4])}日" if found else text


def _day(text: str, form: str) -> str:
    """A day with year, month and day, in the Western count or in an era's; as the field's form writes it."""
    if found := _DAY.fullmatch(text):
        parts = [found[1], found[2].zfill(2), found[3].zfill(2)]
    elif (day := parse_wareki(_era_spelt(text))) is not None:
        parts = [f"{day.year:04}", f"{day.month:02}", f"{day.day:02}"]
    else:
        return text
    mark = {"yyyy/mm/dd": "/", "yyyy-mm-dd": "-", "yyyymmdd": ""}.get(form)
    return text if mark is None else mark.join(parts)
