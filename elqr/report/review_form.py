"""The filled-in form (記入されたブック): what people wrote in a book of exceptions or of refunds, read back.

A file is refused as a whole if it is no such book, if rows were added or removed, or if marks were changed. Errors in
a single row are reported by the rules of elqr/rules/rulings.py, written_reassignments.py and payout_steps.py.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import polars as pl

from elqr.formats.book import read_sheets
from elqr.formats.package import SheetLook, UnfitBook, has_comments
from elqr.report.books import DIGEST, REASSIGN_ROWS, REASSIGN_SHEET, REVIEW_FORM, ROWS
from elqr.report.excel import row_mark
from elqr.report.excel.workbook import FACTS_SHEET
from elqr.report.excel.worksheet import BODY, HEAD
from elqr.report.refund_book import REFUND_FORM
from elqr.report.tables.refunds import KIND, STATE, TITLE
from elqr.rules import payout_steps
from elqr.rules.rulings import REASON, RULING, STAFF, TARGET
from elqr.rules.written_reassignments import PAYMENT
from elqr.rules.written_reassignments import REASON as REASSIGN_REASON
from elqr.vocabulary.errors import BadFile
from elqr.vocabulary.report_frames import DecidedPayment
from elqr.vocabulary.ruling_frames import DraftRuling, DraftStep, WrittenReassignment

REFUND_SHOWN = ("受付番号", STATE, KIND, "領収額", "過誤納額", "還付・充当候補額", "通知書番号", "期別")
SHOWN = ("受付番号", "理由", "領収額", "仮受額", "通知書番号", "期別", "照会キー")
"""The columns that a decision is based on. They must still say what the ledger says."""


@dataclass(frozen=True, slots=True)
class _Layout:
    """様式: the sheet that people fill in, the columns that its entries are read into, and what it shows.

    `rows` is the label of the fact that counts them.
    """

    sheet: str
    rows: str
    entries: Mapping[str, str]
    shown: tuple[str, ...]


_LAYOUTS = {
    REVIEW_FORM: _Layout(
        "要確認一覧",
        "要確認の件数",
        {
            RULING: DraftRuling.RULING_SAID,
            TARGET: DraftRuling.TARGET,
            REASON: DraftRuling.REASON,
            STAFF: DraftRuling.STAFF,
        },
        SHOWN,
    ),
    REFUND_FORM: _Layout(
        TITLE,
        "過誤納の件数",
        {
            payout_steps.STEP: DraftStep.STEP_SAID,
            payout_steps.DONE: DraftStep.DONE_SAID,
            payout_steps.NUMBER: DraftStep.NUMBER,
            payout_steps.INTEREST: DraftStep.INTEREST_SAID,
            payout_steps.PAYEE: DraftStep.PAYEE_REF,
            payout_steps.REASON: DraftStep.REASON,
            payout_steps.STAFF: DraftStep.STAFF,
        },
        REFUND_SHOWN,
    ),
}
_REASSIGN_ENTRIES = {
    PAYMENT: WrittenReassignment.PAYMENT_SAID,
    TARGET: WrittenReassignment.TARGET,
    REASSIGN_REASON: WrittenReassignment.REASON,
    STAFF: WrittenReassignment.STAFF,
}
_SHEETS = (*(layout.sheet for layout in _LAYOUTS.values()), REASSIGN_SHEET, FACTS_SHEET)
_FACTS = {
    "form": "様式",
    "city": "団体",
    "ledger": "台帳の照合値",
    "night_wareki": "夜（和暦）",
    DIGEST: "全行の照合値",
}
"""Facts that every book must have when it comes back: the name for programs → the label on its sheet of facts."""

_AGAIN = "elqr review export か elqr refund export で書き出したブックに書いて、保存したものを指定してください。"


@dataclass(frozen=True, slots=True)
class Form:
    """記入されたブック: its facts by name, and the rows in which something was written.

    `rows` has from frame DraftRuling line_no (as Excel counts), identity, mark and formula (the names of the cells that
    hold one); what was written, named as in DraftRuling or in DraftStep; file_sha256 and record_no; and the columns of
    SHOWN or REFUND_SHOWN as text. `reassignments` is frame WrittenReassignment.
    """

    facts: dict[str, str]
    rows: pl.DataFrame
    reassignments: pl.DataFrame

    @property
    def staff(self) -> pl.Series:
        """担当: the names that people wrote, each once."""
        names = (rows[DraftRuling.STAFF] for rows in (self.rows, self.reassignments))
        return pl.concat(names).unique().sort()

    @property
    def is_of_refunds(self) -> bool:
        """過誤納整理簿か, and not a book of exceptions."""
        return self.facts["form"] == REFUND_FORM


def read_form(data: bytes, name: str) -> Form:
    """ブックを読む. Raises BadFile."""
    looks, sheets = _read_sheets(data, name)
    facts = {str(row[2]): _text(row[1]) for row in sheets.get(FACTS_SHEET, []) if len(row) > 2 and row[2]}
    layout = _LAYOUTS.get(facts.get("form", ""))
    if layout is None:
        raise BadFile(f"{name} は決裁を書くブックではありません。{_AGAIN}")
    wanted = _FACTS | {ROWS: layout.rows}
    if missing := [shown for fact, shown in wanted.items() if not facts.get(fact)]:
        raise BadFile(f"{name} のシート「{FACTS_SHEET}」から行（{'、'.join(missing)}）がなくなっています。{_AGAIN}")
    parts = {title: rows for title, rows in sheets.items() if title.startswith(layout.sheet)}
    if not parts:
        raise BadFile(f"{name} にシート「{layout.sheet}」がありません。シートの名前を元に戻して保存してください。")
    needed = (*layout.entries, *layout.shown, row_mark.IDENTITY, row_mark.CONTENT)
    form_rows = pl.concat([_read_rows(title, rows, looks[title], needed, name) for title, rows in parts.items()])
    if str(form_rows.height) != facts[ROWS] or row_mark.digest(form_rows) != facts[DIGEST]:
        raise BadFile(
            f"{name} の行が、書き出したときと違います（{facts[ROWS]}行 → {form_rows.height}行、"
            f"または隠れた列の変更）。{_AGAIN}"
        )
    filled_rows = _filled(form_rows, layout.entries)
    identity = pl.col(row_mark.IDENTITY)
    rows = filled_rows.select(
        DraftRuling.LINE_NO,
        identity.alias(DraftRuling.IDENTITY),
        identity.str.extract("^([^:]*):").alias(DecidedPayment.FILE_SHA256),
        identity.str.extract(":([0-9]{1,18})$").cast(pl.Int64).alias(DecidedPayment.RECORD_NO),
        pl.col(row_mark.CONTENT).alias(DraftRuling.MARK),
        *(pl.col(heading).alias(column) for heading, column in layout.entries.items()),
        pl.col(DraftRuling.FORMULA).fill_null(""),
        *layout.shown,
    )
    return Form(facts, rows, _read_reassignments(facts, looks, sheets, name))


def _read_reassignments(
    facts: dict[str, str], looks: dict[str, SheetLook], sheets: dict[str, list[list[Any]]], name: str
) -> pl.DataFrame:
    """組替の行: frame WrittenReassignment. A book from before there was a sheet for it has none. Raises BadFile."""
    if REASSIGN_ROWS not in facts:
        return WrittenReassignment.empty()
    if REASSIGN_SHEET not in sheets:
        raise BadFile(f"{name} にシート「{REASSIGN_SHEET}」がありません。シートの名前を元に戻して保存してください。")
    rows = _read_rows(REASSIGN_SHEET, sheets[REASSIGN_SHEET], looks[REASSIGN_SHEET], _REASSIGN_ENTRIES, name)
    written = {column: pl.col(heading) for heading, column in _REASSIGN_ENTRIES.items()}
    filled_rows = _filled(rows, _REASSIGN_ENTRIES)
    return WrittenReassignment.of(filled_rows.with_columns(pl.col(DraftRuling.FORMULA).fill_null(""), **written))


def _filled(rows: pl.DataFrame, entries: Collection[str]) -> pl.DataFrame:
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
    """シートの下見と中身 by title: what people fill in, and the facts. Raises BadFile for any other bytes."""
    try:
        sheets = read_sheets(data, lambda title: title.startswith(_SHEETS))
    except UnfitBook as fault:
        raise BadFile(f"{name} は読めません。{fault}{_AGAIN}") from fault
    looks = {title: sheet.look for title, sheet in sheets.items()}
    return looks, {title: sheet.cells for title, sheet in sheets.items()}


def _read_rows(title: str, sheet: list[list[Any]], look: SheetLook, needed: Collection[str], name: str) -> pl.DataFrame:
    """表の行: the table below its headings. Columns are found by their names, so they may have been moved.

    `formula` names the cells of a row that hold one; our books have none in a table's body.
    """
    headings = [str(value) for value in sheet[HEAD]] if len(sheet) > HEAD else []
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
