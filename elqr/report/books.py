"""The night's workbooks (夜のブック): who gets which tables, what may be filled in, and what is checked.

要確認.xlsx holds every open exception, 所管課_….xlsx those of one department; in both people write their
decisions. 税料.xlsx and 会計.xlsx are for reading. Rules live here; `elqr.report.excel.workbook` knows none.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from elqr import __version__
from elqr.arithmetic.wareki import wareki
from elqr.report.excel import row_mark
from elqr.report.excel.book import Book, Check, Column, Entry, Fact, Sheet
from elqr.report.tables import night as shape
from elqr.report.tables.backlog import left_out
from elqr.report.tables.ledger_rows import Rows
from elqr.report.tables.table import Style, Table
from elqr.rules.register import Register
from elqr.rules.rulings import REASON, RULING, STAFF, TARGET
from elqr.vocabulary.limits import IN_BOOK
from elqr.vocabulary.meanings import RULING_MEANINGS
from elqr.vocabulary.report_frames import DecidedPayment
from elqr.vocabulary.terms import NEEDS_TARGET, WRITTEN_RULINGS, Outcome

REVIEW_FORM = "elqr-review-1"
"""様式の名 of a book that comes back with decisions; the number rises when its columns change meaning."""

_MOST_NAME_BYTES = 150
"""Of a department's name in a file name: file systems take 255 bytes, and a file being written has a longer name."""
_UNGROUPED = ("受付番号", "記録")
"""Numbers that name something: no thousands separator."""

_PLAIN_WIDTH = 36
_REVIEW_WIDTHS = {"付記": 15, "理由": 15, "所管課": 12, "チャネル": 15, "先の収納": 18, "近い納付書（候補）": 22}
"""Half-width characters; longer text takes more lines."""

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
_MARKS = tuple(
    Column(name, most_width=66, is_printed=False, is_hidden=True) for name in (row_mark.IDENTITY, row_mark.CONTENT)
)
_GUIDE = (
    ("書くところ", ""),
    (
        "1",
        "「要確認一覧」の、見出しが茶色で地が薄い黄色の4列（決裁、対象の納付番号、決裁の理由、担当）だけに書きます。",
    ),
    ("2", "決裁を選んだ行には、決裁の理由と担当も書きます。足りない欄は赤くなります。決まらない行は空のままにします。"),
    ("3", "ほかの欄は書き間違いを防ぐために保護しています。パスワードはなく、秘密を守るものではありません。"),
    ("4", "絞り込み（見出しの▼）と列の幅は使えます。並べ替えと行の挿入は、保護のためできません。領収日の古い順です。"),
    ("5", "右端の隠れた2列は、どの収納の行か、後で台帳が変わっていないかを確かめるものです。変えないでください。"),
    ("6", "印刷されるのは担当の列までです。その右に、段階、照会キー、ファイルなどの詳しい列があります。"),
    ("7", "日付は R8.11.20（令和8年11月20日）のように見せていますが、中身は日付なので、絞り込みに使えます。"),
    ("8", "納付番号や通知書番号は文字です。前の0も20桁も、そのまま写せます。"),
    ("決裁の意味", ""),
    *((ruling.label, RULING_MEANINGS[ruling]) for ruling in WRITTEN_RULINGS),
)


@dataclass(frozen=True, slots=True)
class Drawn:
    """引いた表: the night's tables."""

    exception: Table
    refund: Table
    rulings: Table
    daily: Table
    places: Table
    intake: Table
    notices: Table
    kpi: Table
    money: tuple[Table, ...] = ()
    arrivals: tuple[Table, ...] = ()
    retractions: tuple[Table, ...] = ()


def books(
    city: str, night: date, drawn: Drawn, marked: pl.DataFrame, rows: Rows, register: Register
) -> tuple[Book, ...]:
    """夜のブック. `rows` name their procedures already; `marked` are the marks of their exceptions."""

    def book(stem: str, title: str, *sheets: Sheet) -> Book:
        return Book(f"{stem}.xlsx", title, city, night, sheets, _facts(city, night, title, rows.chain))

    def for_decisions(stem: str, title: str, exceptions: Table, *more: Sheet) -> Book:
        return review_book(f"{stem}.xlsx", title, city, night, exceptions, marked, rows.chain, *more)

    all_books = [
        for_decisions("要確認", "要確認（決裁の記入用）", drawn.exception),
        book(
            "税料",
            "税・料の担当者",
            plain_sheet(outcomes(rows.decisions, register)),
            *map(plain_sheet, (drawn.refund, drawn.notices, drawn.kpi, *drawn.arrivals)),
        ),
        book(
            "会計",
            "会計",
            daily_sheet(replace(drawn.daily, note=f"{_anchored(rows.chain)}{drawn.daily.note}")),
            places_sheet(drawn.places),
            *map(plain_sheet, (*drawn.money, drawn.rulings, *drawn.retractions, drawn.intake)),
        ),
    ]
    names = sorted({procedure.department for procedure in register.procedure})
    for name, stem in zip(names, file_stems(names), strict=True):
        codes = [procedure.code for procedure in register.procedure if procedure.department == name]
        is_theirs = pl.col(DecidedPayment.PROCEDURE_CODE).is_in(codes)
        outcome = outcomes(rows.decisions, register, is_theirs)
        exception = shape.exception_table(
            rows.exceptions.filter(is_theirs), rows.others, rows.suggestions, register, night
        )
        own_waiting = shape.with_procedure(rows.waiting, register).filter(is_theirs)
        exception = replace(exception, note=exception.note + left_out(exception.height, own_waiting))
        all_books.append(for_decisions(f"所管課_{stem}", f"{name}（決裁の記入用）", exception, plain_sheet(outcome)))
    return tuple(all_books)


_EVERY = pl.col(DecidedPayment.PAYMENT_NO).is_not_null()
_PLAIN = [outcome.value for outcome in (Outcome.MATCHED, Outcome.PENDING, Outcome.ALREADY_POSTED)]


def outcomes(
    decisions: pl.DataFrame, register: Register, is_theirs: pl.Expr = _EVERY, most: int = IN_BOOK.most
) -> Table:
    """消込結果のシートの表: all of its own, or of very many what is not plain, saying where all of them are."""
    count = decisions.select(is_theirs.sum()).item()
    if count <= most:
        return shape.outcome_table(decisions.filter(is_theirs), register)
    some = decisions.filter(is_theirs & ~pl.col(DecidedPayment.OUTCOME).is_in(_PLAIN))
    note = (
        f"収納が{count:,}件あるので、一致・速報・計上済を除いた{some.height:,}件だけを載せました。"
        "全件は 消込結果.csv にあります。"
    )
    return replace(shape.outcome_table(some, register), note=note)


def review_book(
    file_name: str,
    title: str,
    city: str,
    night: date,
    exceptions: Table,
    marked: pl.DataFrame,
    chain: dict[str, str],
    *more: Sheet,
) -> Book:
    """決裁を書くブック: the exceptions with their marks, and what proves on the way back that it is this book."""
    sheet = review_sheet(exceptions, marked)
    facts = (*_facts(city, night, title, chain, REVIEW_FORM), *_review_facts(sheet.table))
    return Book(file_name, title, city, night, (sheet, *more), facts, _GUIDE)


_SIGNED_DIGITS = 32
"""Of the hash so many stand on paper: they fit beside what the sheet says, and nobody makes another with the same."""


def _anchored(chain: dict[str, str]) -> str:
    """照合値の控え, for the sheet that finance signs: what `elqr verify --anchor` asks the ledger for."""
    if not chain["run_id"]:
        return ""
    number = int(chain["run_id"].rpartition("-")[2])
    return f"照合値 {number}:{chain['run_hash'][:_SIGNED_DIGITS]}（署名した紙で控える）　"


def plain_sheet(table: Table) -> Sheet:
    """読むだけのシート: what fits a page first, the details after it."""
    headings = sorted(table.headings, key=lambda heading: not heading.on_page)
    columns = tuple(_column(heading.name, heading.style, heading.on_page) for heading in headings)
    return Sheet(table, columns)


def _column(name: str, style: Style, is_printed: bool, most_width: int = _PLAIN_WIDTH) -> Column:
    return Column(name, style, most_width, name not in _UNGROUPED, is_printed)


def daily_sheet(table: Table) -> Sheet:
    """収納日計表, with the sum of each procedure."""
    checks = []
    for name in table.frame["手続"].unique().sort().to_list():
        of_procedure = table.frame.filter(pl.col("手続") == name)
        checks += [Check(total, int(of_procedure[total].sum()), total, ("手続", name)) for total in table.totals]
    return replace(plain_sheet(table), checks=tuple(checks))


def places_sheet(table: Table) -> Sheet:
    """行き先の確認: the files, the channels and the procedures each come to the night."""
    whole = table.frame.filter(pl.col("区分") == "夜")
    kinds = [kind for kind in table.frame["区分"].unique(maintain_order=True).to_list() if kind != "夜"]
    counted = [heading.name for heading in table.headings if heading.style in (Style.COUNT, Style.YEN)]
    checks = tuple(Check(name, int(whole[name].sum()), name, ("区分", kind)) for kind in kinds for name in counted)
    return replace(plain_sheet(table), checks=checks, frozen_columns=2)


def review_sheet(exceptions: Table, marked: pl.DataFrame) -> Sheet:
    """要確認のシート: the exceptions with their marks, the columns to fill in, and the sums of each reason."""
    frame = exceptions.frame.join(marked, on="受付番号", how="left", maintain_order="left", validate="1:1")
    assert frame.height == exceptions.frame.height and not frame[row_mark.CONTENT].null_count()
    styles = {heading.name: heading.style for heading in exceptions.headings}
    printed = tuple(_column(name, styles[name], True, _REVIEW_WIDTHS.get(name, 24)) for name in _REVIEW_PRINTED)
    details = tuple(_column(name, style, False) for name, style in styles.items() if name not in _REVIEW_PRINTED)
    checks = []
    for reason in frame["理由"].unique(maintain_order=True).sort().to_list():
        of_reason = frame.filter(pl.col("理由") == reason)
        checks.append(Check("行の数", of_reason.height, where=("理由", reason)))
        checks.append(Check("仮受額", int(of_reason["仮受額"].sum()), "仮受額", ("理由", reason)))
    columns = (*printed, *_ENTRIES, *details, *_MARKS)
    return Sheet(replace(exceptions, frame=frame), columns, tuple(checks), frozen_columns=2, is_protected=True)


def _facts(city: str, night: date, title: str, chain: dict[str, str], form: str = "elqr-report-1") -> tuple[Fact, ...]:
    return (
        Fact("form", "様式", form),
        Fact("title", "ブック", title),
        Fact("city", "団体", city),
        Fact("night_on", "夜", night.isoformat()),
        Fact("night_wareki", "夜（和暦）", wareki(night)),
        Fact("run_id", "最後の実行", chain["run_id"]),
        Fact("run_hash", "最後の実行の照合値", chain["run_hash"]),
        Fact("ledger", "台帳の照合値", chain["ledger"]),
        Fact("program", "作成", f"elqr {__version__}"),
    )


def _review_facts(table: Table) -> tuple[Fact, ...]:
    return (
        Fact("rows", "要確認の件数", table.frame.height),
        Fact("paid_yen", "領収額の合計", table.total("領収額")),
        Fact("suspense_yen", "仮受額の合計", table.total("仮受額")),
        Fact("digest", "全行の照合値", row_mark.digest(table.frame)),
    )


_WIDE = str.maketrans('<>:"/\\|?*', "＜＞：”／＼｜？＊")


def file_stems(names: Iterable[str]) -> list[str]:
    """ファイル名にできる名前: what Windows refuses in a name is written wide; two names never become one."""
    stems, seen = [], Counter[str]()
    for name in names:
        cut = re.sub(r"[\x00-\x1f\x7f]", "", name.translate(_WIDE)).encode()[:_MOST_NAME_BYTES]
        fit = cut.decode(errors="ignore").strip(" .") or "名称なし"
        seen[fit.casefold()] += 1
        number = seen[fit.casefold()]
        stems.append(fit if number == 1 else f"{fit}（{number}）")
    return stems
