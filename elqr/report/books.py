"""The night's workbooks (夜のブック): who gets which tables, which cells are filled in, and which sums are checked.

要確認.xlsx holds every open exception, 所管課_….xlsx those of one department; people write their decisions in both.
税料.xlsx and 会計.xlsx are for reading. Rules live here; `elqr.report.excel.workbook` knows none.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from elqr import __version__
from elqr.arithmetic.wareki import wareki
from elqr.report.excel import row_mark
from elqr.report.excel.book import Book, Check, Column, Entry, Fact, Sheet
from elqr.report.selection import Edition
from elqr.report.tables import night as shape
from elqr.report.tables.backlog import left_out_note
from elqr.report.tables.ledger_rows import Rows
from elqr.report.tables.table import Heading, Style, Table
from elqr.rules.register import Register
from elqr.rules.rulings import REASON, RULING, STAFF, TARGET
from elqr.rules.written_reassignments import PAYMENT
from elqr.rules.written_reassignments import REASON as REASSIGN_REASON
from elqr.vocabulary.limits import IN_BOOK
from elqr.vocabulary.meanings import RULING_MEANINGS
from elqr.vocabulary.report_frames import DecidedPayment
from elqr.vocabulary.ruling_terms import NEEDS_TARGET, WRITTEN_RULINGS
from elqr.vocabulary.terms import NightBook, Outcome

REVIEW_FORM = "elqr-review-1"
"""様式の名 of a book that comes back with decisions. The number rises when its columns change their meaning."""

ROWS, DIGEST = "rows", "digest"
"""ブックの全行の素性: how many rows a book that comes back must have, and the hash of them all."""

_MOST_NAME_BYTES = 150
"""Bytes of a department's name in a file name. File systems allow 255, and a file being written has a longer name."""
_UNGROUPED = ("受付番号", "記録")
"""Numbers that identify something, shown without a thousands separator."""

_PLAIN_WIDTH = 36
_REVIEW_WIDTHS = {"付記": 15, "理由": 15, "所管課": 12, "チャネル": 15, "先の収納": 18, "近い納付書（候補）": 22}
"""Widths in half-width characters; longer text is wrapped."""

_REVIEW_PRINTED = (
    "受付番号", "理由", "重要度", "所管課", "手続", "領収日", "経過日数", "チャネル", "領収額", "仮受額",
    "通知書番号", "期別", "付記", "先の収納", "近い納付書（候補）",
)  # fmt: skip
_ALWAYS = tuple(ruling.label for ruling in WRITTEN_RULINGS)
_ENTRIES = (
    Column(RULING, most_width=14, entry=Entry("一覧から選びます。意味は「記入のしかた」にあります。", choices=_ALWAYS)),
    Column(
        TARGET,
        most_width=22,
        entry=Entry(
            "お金を動かす先の納付番号（20桁）。「納付書に充てる」「充当」のときに書きます。",
            digits=20,
            needed_for=tuple(ruling.label for ruling in NEEDS_TARGET),
        ),
    ),
    Column(
        REASON,
        most_width=20,
        entry=Entry("なぜそう決めたか。後で監査に答えられるように書きます。", most_chars=500, needed_for=_ALWAYS),
    ),
    Column(STAFF, most_width=9, entry=Entry("決めた人の名前。", most_chars=40, needed_for=_ALWAYS)),
)
REASSIGN_SHEET, REASSIGN_ROWS = "組替", "reassign_rows"
BLANK_ROWS = 25
"""組替の行: how many blank rows its sheet has, a printed page."""

_ROW = "行"
_REASSIGN_NOTE = (
    "計上した収納が、別の調定に納めるはずのお金だったときに書きます。対象の納付番号が空なら、仮受に戻します。"
)
_REASSIGN_ENTRIES = (
    Column(
        PAYMENT,
        most_width=16,
        entry=Entry("組み替える収納の受付番号。「消込結果」のシートや調定の照会にあります。", is_number=True),
    ),
    Column(
        TARGET,
        most_width=30,
        entry=Entry("本来納めるはずだった納付書の納付番号（20桁）。空なら、仮受に戻します。", digits=20),
    ),
    Column(
        REASSIGN_REASON,
        most_width=50,
        entry=Entry("なぜ組み替えるか。後で監査に答えられるように書きます。", is_needed=True, most_chars=500),
    ),
    Column(STAFF, most_width=16, entry=Entry("決めた人の名前。", is_needed=True, most_chars=40)),
)
MARKS = tuple(
    Column(name, most_width=66, is_printed=False, is_hidden=True) for name in (row_mark.IDENTITY, row_mark.CONTENT)
)
_GUIDE = (
    ("書くところ", ""),
    (
        "1",
        "「要確認一覧」と「組替」の、見出しが茶色で地が薄い黄色の列だけに書きます。",
    ),
    ("2", "決裁を選んだ行には、決裁の理由と担当も書きます。足りない欄は赤くなります。決まらない行は空のままにします。"),
    ("3", "ほかの欄は書き間違いを防ぐために保護しています。パスワードはなく、秘密を守るものではありません。"),
    ("4", "絞り込み（見出しの▼）と列の幅は使えます。並べ替えと行の挿入は、保護のためできません。領収日の古い順です。"),
    ("5", "右端の隠れた2列は、どの収納の行か、後で台帳が変わっていないかを確かめるものです。変えないでください。"),
    ("6", "印刷されるのは担当の列までです。その右に、段階、照会キー、ファイルなどの詳しい列があります。"),
    ("7", "日付は R8.11.20（令和8年11月20日）のように見せていますが、中身は日付なので、絞り込みに使えます。"),
    ("8", "納付番号や通知書番号は文字です。前の0も20桁も、そのまま写せます。"),
    ("組替", ""),
    (
        "いつ書くか",
        "計上した収納が、別の調定に納めるはずのお金だったとき（4期の納付書を3期のつもりで出したなど）です。",
    ),
    (
        "受付番号",
        "組み替える収納の受付番号です。半角でも全角でも、区切りがあっても書けます。一つの収納は一行に書きます。",
    ),
    (
        "対象の納付番号",
        "本来の納付書の納付番号（20桁）です。収納の全額がその調定に移り、入らない額は仮受に入って要確認になります。",
    ),
    ("対象が空欄", "全額が仮受に戻り、要確認になります。充てる先か還付候補を、次の朝に決めてください。"),
    ("足りないとき", f"{BLANK_ROWS}行で足りなければ、取り込んでから、新しいブックに続きを書きます。"),
    ("取り込み", "要確認の決裁と一緒に取り込まれ、別の申請になります。別の人が承認すると、お金が動きます。"),
    ("決裁の意味", ""),
    *((ruling.label, RULING_MEANINGS[ruling]) for ruling in WRITTEN_RULINGS),
)


@dataclass(frozen=True, slots=True)
class NightTables:
    """夜の表: the tables that the night's books are made from."""

    exception: Table
    rulings: Table
    daily: tuple[Table, ...]
    places: Table
    intake: Table
    notices: Table
    kpi: Table
    money: tuple[Table, ...] = ()
    arrivals: tuple[Table, ...] = ()
    retractions: tuple[Table, ...] = ()


@dataclass(frozen=True, slots=True)
class DrawnFrom:
    """ブックのもと: whose ledger it is, on which night, and where its chain of runs ends."""

    city: str
    night_on: date
    chain: dict[str, str]


def books(edition: Edition, tables: NightTables, row_marks: pl.DataFrame, rows: Rows) -> tuple[Book, ...]:
    """夜のブックを作る: those chosen. `rows` have their procedures; `row_marks` are the marks of their exceptions."""
    register, selection = edition.register, edition.selection
    drawn_from = DrawnFrom(edition.city, edition.night_on, rows.chain)

    def book_to_fill(file_name: str, title: str, exceptions: Table, *sheets: Sheet) -> Book:
        return review_book(file_name, title, drawn_from, exceptions, row_marks, *sheets)

    night_books = []
    if NightBook.REVIEW in selection.books:
        night_books.append(book_to_fill(NightBook.REVIEW.file_name, "要確認（決裁の記入用）", tables.exception))
    if NightBook.LEVY in selection.books:
        outcome = plain_sheet(outcomes(rows.decisions, edition))
        sheets = outcome, *map(plain_sheet, (tables.notices, tables.kpi, *tables.arrivals))
        night_books.append(_plain_book(NightBook.LEVY, "税・料の担当者", drawn_from, sheets))
    if NightBook.FINANCE in selection.books:
        others = map(plain_sheet, (*tables.money, tables.rulings, *tables.retractions, tables.intake))
        sheets = *_daily_sheets(tables.daily, rows.chain), places_sheet(tables.places), *others
        night_books.append(_plain_book(NightBook.FINANCE, "会計", drawn_from, sheets))
    waiting = shape.with_procedure(rows.waiting, register)
    files = department_files(register)
    for name in selection.departments_of(files):
        codes = [procedure.code for procedure in register.procedure if procedure.department == name]
        in_department = pl.col(DecidedPayment.PROCEDURE_CODE).is_in(codes)
        outcome = plain_sheet(outcomes(rows.decisions, edition, in_department))
        is_listed = rows.exceptions.select(in_department).to_series()
        exception_frame = tables.exception.frame.filter(is_listed)
        department_waiting = waiting.filter(in_department)
        note = shape.EXCEPTIONS_NOTE + left_out_note(exception_frame.height, department_waiting)
        exception = replace(tables.exception, frame=exception_frame, note=note)
        night_books.append(book_to_fill(files[name], f"{name}（決裁の記入用）", exception, outcome))
    return tuple(night_books)


def _plain_book(name: NightBook, title: str, drawn_from: DrawnFrom, sheets: tuple[Sheet, ...]) -> Book:
    facts = book_facts(drawn_from, title)
    return Book(name.file_name, title, drawn_from.city, drawn_from.night_on, sheets, facts)


def department_files(register: Register) -> dict[str, str]:
    """所管課のブック: department → file name."""
    stems = zip(register.departments, file_stems(register.departments), strict=True)
    return {name: f"所管課_{stem}.xlsx" for name, stem in stems}


_EVERY_ROW = pl.col(DecidedPayment.PAYMENT_NO).is_not_null()
_ROUTINE = [outcome.value for outcome in (Outcome.MATCHED, Outcome.PENDING, Outcome.ALREADY_POSTED)]


def outcomes(
    decisions: pl.DataFrame, edition: Edition, is_chosen: pl.Expr = _EVERY_ROW, most: int = IN_BOOK.most
) -> Table:
    """消込結果のシートの表: the chosen decisions; if they are more than `most`, only those that are not routine.

    The note then says where to find them all.
    """
    count = decisions.select(is_chosen.sum()).item()
    if count <= most:
        return shape.outcome_table(decisions.filter(is_chosen), edition.register)
    notable = decisions.filter(is_chosen & ~pl.col(DecidedPayment.OUTCOME).is_in(_ROUTINE))
    note = (
        f"収納が{count:,}件あるので、一致・速報・計上済を除いた{notable.height:,}件だけを載せました。"
        f"全件は {edition.selection.file_of('消込結果')} にあります。"
    )
    return replace(shape.outcome_table(notable, edition.register), note=note)


def review_book(
    file_name: str,
    title: str,
    drawn_from: DrawnFrom,
    exceptions: Table,
    row_marks: pl.DataFrame,
    *other_sheets: Sheet,
) -> Book:
    """決裁を書くブック: the exceptions with their marks, and the facts that identify the book when it comes back."""
    sheet = review_sheet(exceptions, row_marks)
    facts = (*book_facts(drawn_from, title, REVIEW_FORM), *_review_facts(sheet.table))
    sheets = (sheet, reassign_sheet(), *other_sheets)
    return Book(file_name, title, drawn_from.city, drawn_from.night_on, sheets, facts, _GUIDE)


_SIGNED_DIGITS = 32
"""Digits of the hash on paper: they fit on the sheet, and nobody can forge another run with the same digits."""


def _anchor_note(chain: dict[str, str]) -> str:
    """照合値の控え on the sheet that finance signs: number and hash of the last run, for `elqr verify --anchor`."""
    if not chain["run_id"]:
        return ""
    number = int(chain["run_id"].rpartition("-")[2])
    return f"照合値 {number}:{chain['run_hash'][:_SIGNED_DIGITS]}（署名した紙で控える）　"


def plain_sheet(table: Table) -> Sheet:
    """読むだけのシート: the columns that fit on a page, then the details."""
    headings = sorted(table.headings, key=lambda heading: not heading.on_page)
    columns = tuple(plain_column(heading.name, heading.style, heading.on_page) for heading in headings)
    return Sheet(table, columns)


def plain_column(name: str, style: Style, is_printed: bool, most_width: int = _PLAIN_WIDTH) -> Column:
    """読むだけの列: a column of a table, as a book shows it."""
    return Column(name, style, most_width, name not in _UNGROUPED, is_printed)


def _daily_sheets(tables: Iterable[Table], chain: dict[str, str]) -> Iterator[Sheet]:
    """収納日計表とその後の計上. The first is the one that finance signs."""
    signed, *others = tables
    yield daily_sheet(replace(signed, note=f"{_anchor_note(chain)}{signed.note}"))
    yield from map(daily_sheet, others)


def daily_sheet(table: Table) -> Sheet:
    """収納日計表 with the sums of each procedure as checks."""
    checks = []
    for name in table.frame["手続"].unique().sort().to_list():
        procedure_rows = table.frame.filter(pl.col("手続") == name)
        checks += [Check(total, int(procedure_rows[total].sum()), total, ("手続", name)) for total in table.totals]
    return replace(plain_sheet(table), checks=tuple(checks))


def places_sheet(table: Table) -> Sheet:
    """行き先の確認 with its checks: files, channels and procedures each add up to the night."""
    night_row = table.frame.filter(pl.col("区分") == "夜")
    kinds = [kind for kind in table.frame["区分"].unique(maintain_order=True).to_list() if kind != "夜"]
    figures = [heading.name for heading in table.headings if heading.style in (Style.COUNT, Style.YEN)]
    checks = tuple(Check(name, int(night_row[name].sum()), name, ("区分", kind)) for kind in kinds for name in figures)
    return replace(plain_sheet(table), checks=checks, frozen_columns=2)


def review_sheet(exceptions: Table, row_marks: pl.DataFrame) -> Sheet:
    """要確認のシート: the exceptions with their marks, the columns to fill in, and checks of each reason's sums."""
    frame = with_marks(exceptions.frame, row_marks)
    styles = {heading.name: heading.style for heading in exceptions.headings}
    printed = tuple(plain_column(name, styles[name], True, _REVIEW_WIDTHS.get(name, 24)) for name in _REVIEW_PRINTED)
    details = tuple(plain_column(name, style, False) for name, style in styles.items() if name not in _REVIEW_PRINTED)
    checks = []
    for reason in frame["理由"].unique(maintain_order=True).sort().to_list():
        reason_rows = frame.filter(pl.col("理由") == reason)
        checks.append(Check("行の数", reason_rows.height, where=("理由", reason)))
        checks.append(Check("仮受額", int(reason_rows["仮受額"].sum()), "仮受額", ("理由", reason)))
    columns = (*printed, *_ENTRIES, *details, *MARKS)
    return Sheet(replace(exceptions, frame=frame), columns, tuple(checks), frozen_columns=2, is_protected=True)


def with_marks(frame: pl.DataFrame, row_marks: pl.DataFrame) -> pl.DataFrame:
    """照合値を並べる: the rows of a table with their marks, of which none may be lacking."""
    marked = frame.join(row_marks, on="受付番号", how="left", maintain_order="left", validate="1:1")
    assert marked.height == frame.height and not marked[row_mark.CONTENT].null_count()
    return marked


def reassign_sheet() -> Sheet:
    """組替のシート: blank rows in which people write. Its numbers of rows are the only cells that come from us."""
    frame = pl.DataFrame({_ROW: range(1, BLANK_ROWS + 1)}, schema={_ROW: pl.Int64})
    table = Table(REASSIGN_SHEET, REASSIGN_SHEET, _REASSIGN_NOTE, (Heading(_ROW, Style.COUNT),), frame, ())
    columns = (Column(_ROW, Style.COUNT, is_grouped=False, least_width=22), *_REASSIGN_ENTRIES)
    return Sheet(table, columns, is_protected=True, unit="行")


def book_facts(drawn_from: DrawnFrom, title: str, form: str = "elqr-report-1") -> tuple[Fact, ...]:
    """ブックの素性: which night of which ledger a book is from, and its form."""
    night, chain = drawn_from.night_on, drawn_from.chain
    return (
        Fact("form", "様式", form),
        Fact("title", "ブック", title),
        Fact("city", "団体", drawn_from.city),
        Fact("night_on", "夜", night.isoformat()),
        Fact("night_wareki", "夜（和暦）", wareki(night)),
        Fact("run_id", "最後の実行", chain["run_id"]),
        Fact("run_hash", "最後の実行の照合値", chain["run_hash"]),
        Fact("ledger", "台帳の照合値", chain["ledger"]),
        Fact("program", "作成", f"elqr {__version__}"),
    )


def _review_facts(table: Table) -> tuple[Fact, ...]:
    return (
        Fact(ROWS, "要確認の件数", table.frame.height),
        Fact("paid_yen", "領収額の合計", table.total("領収額")),
        Fact("suspense_yen", "仮受額の合計", table.total("仮受額")),
        Fact(DIGEST, "全行の照合値", row_mark.digest(table.frame)),
        Fact(REASSIGN_ROWS, "組替の行の数", BLANK_ROWS),
    )


_WIDE = str.maketrans('<>:"/\\|?*', "＜＞：”／＼｜？＊")


def file_stems(names: Iterable[str]) -> list[str]:
    """ファイル名にできる名前: characters that Windows refuses become full-width; two names never become one."""
    stems, uses = [], Counter[str]()
    for name in names:
        kept_bytes = re.sub(r"[\x00-\x1f\x7f]", "", name.translate(_WIDE)).encode()[:_MOST_NAME_BYTES]
        stem = kept_bytes.decode(errors="ignore").strip(" .") or "名称なし"
        uses[stem.casefold()] += 1
        number = uses[stem.casefold()]
        stems.append(stem if number == 1 else f"{stem}（{number}）")
    return stems
