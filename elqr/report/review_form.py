"""The filled-in form (記入されたブック): what people wrote in a review book, read back.

Refused as a whole: what is not such a book, a book of another city or ledger, rows taken out or put in, and
marks that were changed. What is wrong in a single row is for the rules of elqr/ruling.py to say.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from xml.etree.ElementTree import ParseError, fromstring

import polars as pl
from python_calamine import CalamineError, CalamineWorkbook

from elqr.errors import BadFile
from elqr.limits import BOOK_UNPACKED
from elqr.report import row_mark
from elqr.report.books import REVIEW_FORM
from elqr.report.workbook import FACTS_SHEET
from elqr.report.worksheet import BODY, HEAD
from elqr.ruling import REASON, RULING, STAFF, TARGET

REVIEW_SHEET = "要確認一覧"
SHOWN = ("受付番号", "理由", "領収額", "仮受額", "通知書番号", "期別", "照会キー")
"""What a decision is made on: these must still say what the ledger says."""

_ENTRIES = (RULING, TARGET, REASON, STAFF)
_FORMULA = re.compile(rb'<c r="([A-Z]{1,3})([0-9]{1,7})"[^>]*>\s*<f[\s/>]')
_DOCTYPE, _XML_HEAD = b"<!DOCTYPE", 4_096
"""What declares entities, and where alone it may stand; a spreadsheet program writes none."""
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_LINK = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_AGAIN = "elqr review export で書き出したブックに書いて、保存したものを指定してください。"


@dataclass(frozen=True, slots=True)
class Form:
    """記入されたブック: its facts, and the rows in which something was written.

    `rows`: line_no (as Excel counts), identity, file_sha256, record_no, mark, ruling_said, target, reason,
    staff, formula (the entry's name where one holds a formula), and the columns of SHOWN as text.
    """

    facts: dict[str, str]
    rows: pl.DataFrame


def read_form(data: bytes, name: str) -> Form:
    """ブックを読む. Raises BadFile."""
    sheets, formulas = _sheets(data, name)
    facts = {str(row[2]): _text(row[1]) for row in sheets.get(FACTS_SHEET, []) if len(row) > 2 and row[2]}
    if facts.get("form") != REVIEW_FORM:
        raise BadFile(f"{name} は決裁を書くブックではありません。{_AGAIN}")
    whole = pl.concat([_rows(rows, name) for title, rows in sheets.items() if title.startswith(REVIEW_SHEET)])
    if str(whole.height) != facts["rows"] or row_mark.digest(whole) != facts["digest"]:
        raise BadFile(
            f"{name} の行が、書き出したときと違います（{facts['rows']}行 → {whole.height}行、"
            f"または隠れた列の変更）。{_AGAIN}"
        )
    is_written = pl.any_horizontal(pl.col(entry) != "" for entry in _ENTRIES)
    with_formulas = whole.join(formulas, on="line_no", how="left", maintain_order="left")
    written = with_formulas.filter(is_written | pl.col("formula").is_not_null())
    identity = pl.col(row_mark.IDENTITY)
    rows = written.select(
        "line_no",
        identity.alias("identity"),
        identity.str.extract("^([^:]*):").alias("file_sha256"),
        identity.str.extract(":([0-9]{1,18})$").cast(pl.Int64).alias("record_no"),
        pl.col(row_mark.CONTENT).alias("mark"),
        pl.col(RULING).alias("ruling_said"),
        pl.col(TARGET).alias("target"),
        pl.col(REASON).alias("reason"),
        pl.col(STAFF).alias("staff"),
        pl.col("formula").fill_null(""),
        *SHOWN,
    )
    return Form(facts, rows)


def _sheets(data: bytes, name: str) -> tuple[dict[str, list[list[Any]]], pl.DataFrame]:
    """シートの中身, by title, and the rows of the review that have formulas."""
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise BadFile(
            f"{name} はパスワードのかかったブックか、古い形式（.xls）です。パスワードを外し、.xlsx で保存してください。"
        )
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            size = sum(entry.file_size for entry in package.infolist())
            declares = any(_DOCTYPE in package.open(entry).read(_XML_HEAD) for entry in package.infolist())
        if declares:
            raise BadFile(f"{name} は Excel が書いたブックではありません（DOCTYPE がある）。{_AGAIN}")
        if size > BOOK_UNPACKED.most:
            raise BadFile(f"{name} を開くと大きすぎます（{size:,}バイト）。{_AGAIN}")
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheets = {title: book.get_sheet_by_name(title).to_python(skip_empty_area=False) for title in book.sheet_names}
        return sheets, _formula_rows(data)
    except (zipfile.BadZipFile, zlib.error, CalamineError, ParseError, KeyError, OSError, ValueError) as error:
        raise BadFile(f"{name} は Excel のブック（.xlsx）として読めません。{_AGAIN}") from error


def _rows(sheet: list[list[Any]], name: str) -> pl.DataFrame:
    """表の行: the table below its headings, found by their names, so that a moved column is still the column."""
    headings = [str(value) for value in sheet[HEAD]] if len(sheet) > HEAD else []
    wanted = [*_ENTRIES, *SHOWN, row_mark.IDENTITY, row_mark.CONTENT]
    if lost := [heading for heading in wanted if headings.count(heading) != 1]:
        raise BadFile(f"{name} の見出し「{lost[0]}」が{HEAD + 1}行目にありません。{_AGAIN}")
    at = {heading: headings.index(heading) for heading in wanted}
    body = [(BODY + 1 + number, row) for number, row in enumerate(sheet[BODY:]) if any(value != "" for value in row)]
    columns = {heading: [_text(row[place]) for _, row in body] for heading, place in at.items()}
    frame = pl.DataFrame(
        {"line_no": [line_no for line_no, _ in body], **columns},
        schema={"line_no": pl.Int64, **dict.fromkeys(columns, pl.String)},
    )
    return frame.with_columns(pl.col(pl.String).str.strip_chars())


def _text(value: object) -> str:
    """A cell as text: whole numbers without a point, dates as ISO."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


def _formula_rows(data: bytes) -> pl.DataFrame:
    """数式のある行 of the review's sheets: line_no, formula (its cells); our books have none in a table's body."""
    found: dict[int, list[str]] = {}
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        for part in _review_parts(package):
            for column, row in _FORMULA.findall(package.read(part)):
                found.setdefault(int(row), []).append(f"{column.decode()}{row.decode()}")
    rows = [(row, "・".join(cells)) for row, cells in found.items() if row > BODY]
    return pl.DataFrame(rows, schema={"line_no": pl.Int64, "formula": pl.String}, orient="row")


def _review_parts(package: zipfile.ZipFile) -> Iterator[str]:
    """Where in the package the review's sheets are."""
    targets = {
        link.get("Id"): link.get("Target", "") for link in fromstring(package.read("xl/_rels/workbook.xml.rels"))
    }
    for sheet in fromstring(package.read("xl/workbook.xml")).iter(f"{_MAIN}sheet"):
        if sheet.get("name", "").startswith(REVIEW_SHEET):
            target = targets[sheet.get(f"{_LINK}id")]
            yield target.lstrip("/") if target.startswith("/") else f"xl/{target}"
