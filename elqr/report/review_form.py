"""The filled-in form (記入されたブック): what people wrote in a review book, read back.

A file is refused as a whole if it is no such book, if rows were added or removed, or if marks were changed. Errors in
a single row are reported by the rules of elqr/rules/rulings.py.
"""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import polars as pl
from python_calamine import CalamineWorkbook

from elqr.report.books import REASSIGN_SHEET, REVIEW_FORM
from elqr.report.excel import row_mark
from elqr.report.excel.package import SheetLook, has_comments, look_through
from elqr.report.excel.workbook import FACTS_SHEET
from elqr.report.excel.worksheet import BODY, HEAD
from elqr.rules.rulings import REASON, RULING, STAFF, TARGET
from elqr.rules.written_reassignments import PAYMENT
from elqr.rules.written_reassignments import REASON as REASSIGN_REASON
from elqr.vocabulary.errors import BadFile
from elqr.vocabulary.report_frames import DecidedPayment
from elqr.vocabulary.ruling_frames import DraftRuling, WrittenReassignment

REVIEW_SHEET = "要確認一覧"
SHOWN = ("受付番号", "理由", "領収額", "仮受額", "通知書番号", "期別", "照会キー")
"""The columns that a decision is based on. They must still say what the ledger says."""

_ENTRIES = (RULING, TARGET, REASON, STAFF)
_FACTS = {
    "form": "様式",
    "city": "団体",
    "ledger": "台帳の照合値",
    "night_wareki": "夜（和暦）",
    "rows": "要確認の件数",
    "digest": "全行の照合値",
}
"""Facts that a book must have when it comes back: the name for programs → the label on its sheet of facts."""

_AGAIN = "elqr review export で書き出したブックに書いて、保存したものを指定してください。"


@dataclass(frozen=True, slots=True)
class Form:
    """記入されたブック: its facts by name, and the rows in which something was written.

    `rows` has from frame DraftRuling line_no (as Excel counts), identity, mark, ruling_said, target, reason, staff and
    formula (the names of the cells that hold one); file_sha256 and record_no; and the columns of SHOWN as text.
    `reassignments` is frame WrittenReassignment.
    """

    facts: dict[str, str]
    rows: pl.DataFrame
    reassignments: pl.DataFrame

    @property
    def staff(self) -> pl.Series:
        """担当: the names that people wrote, each once."""
        names = (rows[DraftRuling.STAFF] for rows in (self.rows, self.reassignments))
        return pl.concat(names).unique().sort()


def read_form(data: bytes, name: str) -> Form:
    """ブックを読む. Raises BadFile."""
    looks, sheets = _read_sheets(data, name)
    facts = {str(row[2]): _text(row[1]) for row in sheets.get(FACTS_SHEET, []) if len(row) > 2 and row[2]}
    if facts.get("form") != REVIEW_FORM:
        raise BadFile(f"{name} は決裁を書くブックではありません。{_AGAIN}")
    if missing := [shown for fact, shown in _FACTS.items() if not facts.get(fact)]:
        raise BadFile(f"{name} のシート「{FACTS_SHEET}」から行（{'、'.join(missing)}）がなくなっています。{_AGAIN}")
    reviews = {title: rows for title, rows in sheets.items() if title.startswith(REVIEW_SHEET)}
    if not reviews:
        raise BadFile(f"{name} にシート「{REVIEW_SHEET}」がありません。シートの名前を元に戻して保存してください。")
    needed = (*_ENTRIES, *SHOWN, row_mark.IDENTITY, row_mark.CONTENT)
    form_rows = pl.concat([_read_rows(title, rows, looks[title], (name, needed)) for title, rows in reviews.items()])
    if str(form_rows.height) != facts["rows"] or row_mark.digest(form_rows) != facts["digest"]:
        raise BadFile(
            f"{name} の行が、書き出したときと違います（{facts['rows']}行 → {form_rows.height}行、"
            f"または隠れた列の変更）。{_AGAIN}"
        )
    filled_rows = _filled(form_rows, _ENTRIES)
    identity = pl.col(row_mark.IDENTITY)
    rows = filled_rows.select(
        DraftRuling.LINE_NO,
        identity.alias(DraftRuling.IDENTITY),
        identity.str.extract("^([^:]*):").alias(DecidedPayment.FILE_SHA256),
        identity.str.extract(":([0-9]{1,18})$").cast(pl.Int64).alias(DecidedPayment.RECORD_NO),
        pl.col(row_mark.CONTENT).alias(DraftRuling.MARK),
        pl.col(RULING).alias(DraftRuling.RULING_SAID),
        pl.col(TARGET).alias(DraftRuling.TARGET),
        pl.col(REASON).alias(DraftRuling.REASON),
        pl.col(STAFF).alias(DraftRuling.STAFF),
        pl.col(DraftRuling.FORMULA).fill_null(""),
        *SHOWN,
    )
    return Form(facts, rows, _read_reassignments(facts, looks, sheets, name))


def _read_reassignments(
    facts: dict[str, str], looks: dict[str, SheetLook], sheets: dict[str, list[list[Any]]], name: str
) -> pl.DataFrame:
    """組替の行: frame WrittenReassignment. A book from before there was a sheet for it has none. Raises BadFile."""
    entries = {
        WrittenReassignment.PAYMENT_SAID: PAYMENT,
        WrittenReassignment.TARGET: TARGET,
        WrittenReassignment.REASON: REASSIGN_REASON,
        WrittenReassignment.STAFF: STAFF,
    }
    if "reassign_rows" not in facts:
        return WrittenReassignment.empty()
    if REASSIGN_SHEET not in sheets:
        raise BadFile(f"{name} にシート「{REASSIGN_SHEET}」がありません。シートの名前を元に戻して保存してください。")
    headings = tuple(entries.values())
    rows = _read_rows(REASSIGN_SHEET, sheets[REASSIGN_SHEET], looks[REASSIGN_SHEET], (name, headings))
    written = {column: pl.col(heading) for column, heading in entries.items()}
    filled_rows = _filled(rows, headings)
    return WrittenReassignment.of(filled_rows.with_columns(pl.col(DraftRuling.FORMULA).fill_null(""), **written))


def _filled(rows: pl.DataFrame, entries: Iterable[str]) -> pl.DataFrame:
    """記入のある行: those with text or a formula."""
    is_filled = pl.any_horizontal(pl.col(entry) != "" for entry in entries)
    return rows.filter(is_filled | pl.col(DraftRuling.FORMULA).is_not_null())


def is_untouched(data: bytes, name: str) -> bool:
    """誰も書いていないブックか: whether it is one of ours, without an entry, a formula or a comment."""
    try:
        form = read_form(data, name)
        return form.rows.is_empty() and form.reassignments.is_empty() and not has_comments(data)
    except BadFile:
        return False


def _read_sheets(data: bytes, name: str) -> tuple[dict[str, SheetLook], dict[str, list[list[Any]]]]:
    """シートの下見と中身 of the review and the facts, by title. Raises BadFile for any bytes that are no such book."""
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise BadFile(
            f"{name} はパスワードのかかったブックか、古い形式（.xls）です。パスワードを外し、.xlsx で保存してください。"
        )
    try:
        looks = look_through(data, name, lambda title: title.startswith((REVIEW_SHEET, REASSIGN_SHEET, FACTS_SHEET)))
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        return looks, {title: book.get_sheet_by_name(title).to_python(skip_empty_area=False) for title in looks}
    except BadFile:
        raise
    except BaseException as error:  # the library may raise anything, or panic, on bytes that are no workbook
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        raise BadFile(f"{name} は Excel のブック（.xlsx）として読めません。{_AGAIN}") from error


def _read_rows(title: str, sheet: list[list[Any]], look: SheetLook, wanted: tuple[str, Sequence[str]]) -> pl.DataFrame:
    """表の行: the table below its headings. Columns are found by their names, so they may have been moved.

    `wanted` is the book's name, for what is refused, and the headings.
    `formula` names the cells of a row that hold one; our books have none in a table's body.
    """
    headings = [str(value) for value in sheet[HEAD]] if len(sheet) > HEAD else []
    name, needed = wanted
    if missing := [heading for heading in needed if headings.count(heading) != 1]:
        raise BadFile(f"{name} のシート「{title}」の{HEAD + 1}行目に、見出し「{missing[0]}」がありません。{_AGAIN}")
    column_nos = {heading: headings.index(heading) for heading in needed}
    body = [(BODY + 1 + number, row) for number, row in enumerate(sheet[BODY:]) if any(value != "" for value in row)]
    columns = {heading: [_text(row[column_no]) for _, row in body] for heading, column_no in column_nos.items()}
    frame = pl.DataFrame(
        {DraftRuling.LINE_NO: [line_no for line_no, _ in body], **columns},
        schema={DraftRuling.LINE_NO: pl.Int64, **dict.fromkeys(columns, pl.String)},
    )
    schema: dict[str, Any] = {DraftRuling.LINE_NO: pl.Int64, DraftRuling.FORMULA: pl.String}
    formulas = pl.DataFrame(look.formulas, schema=schema, orient="row").filter(pl.col(DraftRuling.LINE_NO) > BODY)
    formula_names = formulas.group_by(DraftRuling.LINE_NO).agg(pl.col(DraftRuling.FORMULA).str.join("・"))
    stripped = frame.with_columns(pl.col(pl.String).str.replace_all(r"[\r\n]+", " ").str.strip_chars())
    return stripped.join(formula_names, on=DraftRuling.LINE_NO, how="left", maintain_order="left")


def _text(value: object) -> str:
    """A cell as text: whole numbers without a decimal point, dates in ISO format."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.isoformat() if isinstance(value, date | datetime) else str(value)
