"""The year's tables (決算見込・滞納繰越一覧): what was levied for a fiscal year, what came in for it, what is unpaid.

By 領収日, or by 収入日 where the city counts by it, payments until 31 March and in 出納整理期間 belong to the year.
What is unpaid at its end is carried over to the next year as 滞納繰越, claim by claim. Both tables add up to the same
未収額.
"""

from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from elqr import __version__
from elqr.arithmetic.fiscal_year import closing_day, last_day
from elqr.arithmetic.wareki import wareki, wareki_fiscal_year
from elqr.report.books import plain_sheet
from elqr.report.data_files import bytes_of
from elqr.report.excel.book import Book, Check, Fact, Sheet
from elqr.report.excel.workbook import book_bytes
from elqr.report.page.year import YearPage, render_year
from elqr.report.tables.night import installment_name, procedure_name, table_of
from elqr.report.tables.table import Style, Table
from elqr.rules.register import Register
from elqr.vocabulary.claim_terms import TO_PAY_BACK, TOO_MUCH
from elqr.vocabulary.counted_terms import CountedBy
from elqr.vocabulary.frames import Claim
from elqr.vocabulary.report_frames import ClosedClaim, YearCollected, YearHeld, YearLevied
from elqr.vocabulary.terms import AccountingKind

_OWED, _COLLECTED, _LEFT, _EXCESS = "調定額", "収納額", "未収額", "減額後の過納"
_RATE, _OFF, _WAITING = "収納率", "不納欠損額", "還付未済額"
_OVERPAID, _TWICE = "還付未済（過納）", "還付未済（二重納付）"
_CLAIMS, _LEFT_CLAIMS, _ARREARS_YEN = "claims", "left_claims", "arrears_yen"
_OVERPAID_YEN, _TWICE_YEN, _OTHER_YEN = "overpaid_yen", "twice_yen", "other_yen"
_TOTALS = (
    "調定件数", _OWED, "収納額（3月31日まで）", "収納額（出納整理期間）", _COLLECTED, _OFF, _EXCESS, "未収件数", _LEFT,
    "滞納繰越分の収納額", _OVERPAID, _TWICE, "その他の仮受",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class YearRows:
    """台帳から読んだ行: frames YearClaim, YearCollected, YearHeld and YearLevied."""

    fiscal_year: int
    as_of: date
    claims: pl.DataFrame
    collected: pl.DataFrame
    held: pl.DataFrame
    levied: pl.DataFrame
    by: CountedBy = CountedBy.NIGHT

    @property
    def day_name(self) -> str:
        """年度を分ける日の名: 収入日 where the city counts by it, else 領収日."""
        return (self.by if self.by is CountedBy.RECEIVED_ON else CountedBy.PAID_ON).label

    @property
    def is_empty(self) -> bool:
        """何もないか: whether nothing was levied, collected or held."""
        return not (self.claims.height or self.collected.height or self.held.height)


@dataclass(frozen=True, slots=True)
class Yearly:
    """決算見込, 滞納繰越一覧 and 調定収納表. `changes` says in words what changed after the closing day."""

    summary: Table
    carried: Table
    levied: Table
    book: Book
    page: YearPage
    changes: str

    def files(self) -> dict[str, bytes]:
        """File name → bytes, of the book, the page and the tables."""
        files = {self.book.file_name: book_bytes(self.book), self.page.file_name: render_year(self.page).encode()}
        for table in (self.summary, self.carried, self.levied):
            files |= bytes_of(table)
        return files


def yearly(
    city: str, rows: YearRows, register: Register, chain: dict[str, str], at_close: YearRows | None = None
) -> Yearly:
    """決算見込を作る. Asserts that the tables and the ledger's own sums give the same yen.

    `at_close` is what the ledger knew on the year's closing day, None before that day is over.
    """
    claims = _add_balances(rows.claims)
    summary, carried = summary_table(claims, rows, register), carried_table(claims, rows, register)
    changes = ""
    if at_close is not None and at_close.claims.height:
        closing_summary = summary_table(_add_balances(at_close.claims), at_close, register)
        changes = _changes_since(closing_summary, summary)
        summary = replace(summary, note=changes + summary.note)
    assert summary.total(_LEFT) == carried.total(_LEFT), "what is unpaid is what is carried over"
    unpaid = summary.total(_OWED) - summary.total(_COLLECTED) - summary.total(_OFF)
    assert unpaid + summary.total(_EXCESS) == summary.total(_LEFT)
    levied = levied_table(rows, register)
    _prove_levied(levied, summary, rows.fiscal_year)
    facts = (
        Fact("form", "様式", "elqr-year-1"),
        Fact("city", "団体", city),
        Fact("fiscal_year", "会計年度", wareki_fiscal_year(rows.fiscal_year)),
        Fact("as_of", "この日の夜までの台帳", rows.as_of.isoformat()),
        Fact("run_id", "最後の実行", chain["run_id"]),
        Fact("run_hash", "最後の実行の照合値", chain["run_hash"]),
        Fact("ledger", "台帳の照合値", chain["ledger"]),
        Fact("program", "作成", f"elqr {__version__}"),
    )
    title = f"決算見込 {wareki_fiscal_year(rows.fiscal_year)}"
    sheets = (plain_sheet(summary), _carried_sheet(carried, summary), plain_sheet(levied))
    book = Book(f"決算見込_{rows.fiscal_year}.xlsx", title, city, rows.as_of, sheets, facts)
    page = YearPage(
        city, rows.fiscal_year, rows.as_of, _headline(levied), changes, levied, (summary, carried), book.file_name
    )
    return Yearly(summary, carried, levied, book, page, changes)


def _headline(levied: Table) -> list[tuple[str, str]]:
    """The totals of 調定収納表, with their 収納率."""
    owed, collected = levied.total(_OWED), levied.total(_COLLECTED)
    figures = [(name, f"{levied.total(name):,}円") for name in (_OWED, _COLLECTED, _LEFT, _WAITING)]
    return [*figures[:2], *([(_RATE, f"{collected / owed:.1%}")] if owed > 0 else []), *figures[2:]]


def _changes_since(at_close: Table, summary: Table) -> str:
    """締後の変更: the totals that changed since the closing day, in words; empty if none did."""
    changes = {name: summary.total(name) - at_close.total(name) for name in _TOTALS}
    changed = "、".join(f"{name} {change:+,}" for name, change in changes.items() if change)
    return f"★締後の変更（締めの日の夜との差）：{changed}。" if changed else ""


def _add_balances(claims: pl.DataFrame) -> pl.DataFrame:
    """調定ごとの残り: adds collected, unpaid and excess yen to frame YearClaim, which makes it frame ClosedClaim."""
    collected = pl.col(ClosedClaim.OWN_YEN) + pl.col(ClosedClaim.CLOSING_YEN)
    unpaid = pl.col(ClosedClaim.OWED_YEN) - pl.col(ClosedClaim.WRITTEN_OFF_YEN) - collected
    return claims.with_columns(
        collected.alias(ClosedClaim.COLLECTED_YEN),
        unpaid.clip(lower_bound=0).alias(ClosedClaim.LEFT_YEN),
        (-unpaid).clip(lower_bound=0).alias(ClosedClaim.EXCESS_YEN),
    )


def _by_procedure(claims: pl.DataFrame, rows: YearRows) -> pl.DataFrame:
    """手続ごとの合計: claims, arrears and suspense of each procedure in one row."""
    code = Claim.PROCEDURE_CODE
    yen = (
        ClosedClaim.OWED_YEN, ClosedClaim.OWN_YEN, ClosedClaim.CLOSING_YEN, ClosedClaim.COLLECTED_YEN,
        ClosedClaim.WRITTEN_OFF_YEN, ClosedClaim.EXCESS_YEN, ClosedClaim.LEFT_YEN,
    )  # fmt: skip
    claim_sums = claims.group_by(code).agg(
        (pl.col(ClosedClaim.OWED_YEN) > 0).sum().cast(pl.Int64).alias(_CLAIMS),
        (pl.col(ClosedClaim.LEFT_YEN) > 0).sum().cast(pl.Int64).alias(_LEFT_CLAIMS),
        *(pl.col(name).sum() for name in yen),
    )
    collected_sums = rows.collected.group_by(code).agg(
        pl.col(YearCollected.YEN).filter(~pl.col(YearCollected.IS_ARREARS)).sum().alias("asked_yen"),
        pl.col(YearCollected.YEN).filter(YearCollected.IS_ARREARS).sum().alias(_ARREARS_YEN),
    )
    to_pay_back, overpaid = (
        pl.col(YearHeld.OUTCOME).is_in([outcome.value for outcome in kinds]) for kinds in (TO_PAY_BACK, TOO_MUCH)
    )
    held_sums = rows.held.group_by(code).agg(
        pl.col(YearHeld.YEN).filter(overpaid).sum().alias(_OVERPAID_YEN),
        pl.col(YearHeld.YEN).filter(to_pay_back & ~overpaid).sum().alias(_TWICE_YEN),
        pl.col(YearHeld.YEN).filter(~to_pay_back).sum().alias(_OTHER_YEN),
    )
    codes = pl.concat([frame.select(code) for frame in (claim_sums, collected_sums, held_sums)]).unique()
    lines = codes
    for sums in (claim_sums, collected_sums, held_sums):
        lines = lines.join(sums, on=code, how="left", validate="1:1", nulls_equal=True)
    lines = lines.with_columns(pl.col(pl.Int64).fill_null(0)).sort(code, nulls_last=True)
    assert lines[ClosedClaim.COLLECTED_YEN].equals(lines["asked_yen"].rename(ClosedClaim.COLLECTED_YEN)), (
        "the claims hold the ledger's yen"
    )
    return lines


def summary_table(claims: pl.DataFrame, rows: YearRows, register: Register) -> Table:
    """決算見込: one row for each procedure."""
    year = rows.fiscal_year
    kinds = {procedure.code: procedure.accounting_on(last_day(year)) for procedure in register.procedure}
    days = {procedure.code: wareki(procedure.closing_day(year)) for procedure in register.procedure}
    code = pl.col(Claim.PROCEDURE_CODE)
    kind = code.replace_strict(
        {procedure: kind.value for procedure, kind in kinds.items()}, default="", return_dtype=pl.String
    )
    day = code.replace_strict(days, default=wareki(closing_day(year, AccountingKind.GENERAL)), return_dtype=pl.String)
    rate = pl.when(pl.col(ClosedClaim.OWED_YEN) > 0).then(
        pl.col(ClosedClaim.COLLECTED_YEN) / pl.col(ClosedClaim.OWED_YEN)
    )
    return table_of(
        "決算見込",
        f"{wareki_fiscal_year(year)}の現年分。{wareki(rows.as_of)}の夜までにわかったこと。収納は{rows.day_name}で分け、調定は締めの日までの調定異動"
        "の合計（督促手数料・延滞金を含む）。仮受は、その収納が初めて仮受に入った年度と手続のもの。",
        _by_procedure(claims, rows),
        {
            "手続": (procedure_name(register), Style.TEXT),
            "会計": (kind, Style.TEXT),
            "締めの日": (day, Style.TEXT),
            "調定件数": (pl.col(_CLAIMS), Style.COUNT),
            _OWED: (pl.col(ClosedClaim.OWED_YEN), Style.YEN),
            "収納額（3月31日まで）": (pl.col(ClosedClaim.OWN_YEN), Style.YEN),
            "収納額（出納整理期間）": (pl.col(ClosedClaim.CLOSING_YEN), Style.YEN),
            _COLLECTED: (pl.col(ClosedClaim.COLLECTED_YEN), Style.YEN),
            _OFF: (pl.col(ClosedClaim.WRITTEN_OFF_YEN), Style.YEN),
            _EXCESS: (pl.col(ClosedClaim.EXCESS_YEN), Style.YEN),
            "未収件数": (pl.col(_LEFT_CLAIMS), Style.COUNT),
            _LEFT: (pl.col(ClosedClaim.LEFT_YEN), Style.YEN),
            _RATE: (rate, Style.SHARE),
            "滞納繰越分の収納額": (pl.col(_ARREARS_YEN), Style.YEN),
            _OVERPAID: (pl.col(_OVERPAID_YEN), Style.YEN),
            _TWICE: (pl.col(_TWICE_YEN), Style.YEN),
            "その他の仮受": (pl.col(_OTHER_YEN), Style.YEN),
        },
        _TOTALS,
    )


def carried_table(claims: pl.DataFrame, rows: YearRows, register: Register) -> Table:
    """滞納繰越一覧: claims unpaid at the end of the year, in full or in part; payers by 宛名番号 only."""
    return table_of(
        "滞納繰越一覧",
        f"{wareki_fiscal_year(rows.fiscal_year)}の調定のうち、締めの日に未収の残るもの。合計は決算見込の未収額と一致します。",
        claims.filter(pl.col(ClosedClaim.LEFT_YEN) > 0),
        {
            "手続": (procedure_name(register), Style.TEXT),
            "賦課年度": (pl.col(Claim.LEVY_YEAR).cast(pl.String), Style.TEXT),
            "相当年度": (pl.col(Claim.TAX_YEAR).cast(pl.String), Style.TEXT),
            "通知書番号": (pl.col(Claim.BILL_NO), Style.DIGITS),
            "期別": (installment_name(), Style.TEXT),
            "宛名番号": (pl.col(Claim.PAYER_REF), Style.DIGITS),
            "納期限": (pl.col(ClosedClaim.DUE_ON), Style.DATE),
            _OWED: (pl.col(ClosedClaim.OWED_YEN), Style.YEN),
            _COLLECTED: (pl.col(ClosedClaim.COLLECTED_YEN), Style.YEN),
            _OFF: (pl.col(ClosedClaim.WRITTEN_OFF_YEN), Style.YEN),
            _LEFT: (pl.col(ClosedClaim.LEFT_YEN), Style.YEN),
        },
        (_OWED, _COLLECTED, _OFF, _LEFT),
    )


def levied_table(rows: YearRows, register: Register) -> Table:
    """調定収納表: one row for each procedure and levy year, 現年分 and 滞納繰越分 alike.

    Of a later levy year there is a row only while something waits that was paid in this year, before that one began.
    """
    levy_year, year = pl.col(YearLevied.LEVY_YEAR), rows.fiscal_year
    kind = (
        pl.when(levy_year == year).then(pl.lit("現年"))
        .when(levy_year < year).then(pl.lit("滞納繰越"))
        .otherwise(pl.lit("翌年度"))
    )  # fmt: skip
    carried, assessed, increased, reduced, relieved, written_off, collected = (
        pl.col(name)
        for name in (
            YearLevied.CARRIED_YEN, YearLevied.ASSESSED_YEN, YearLevied.RAISED_YEN, YearLevied.LOWERED_YEN,
            YearLevied.RELIEVED_YEN, YearLevied.WRITTEN_OFF_YEN, YearLevied.COLLECTED_YEN,
        )
    )  # fmt: skip
    owed = carried + assessed + increased - reduced - relieved
    table = table_of(
        "調定収納表",
        f"{wareki_fiscal_year(year)}。{wareki(rows.as_of)}の夜まで。"
        "繰越調定額は前年度の締めの日の未収額。減額には調定取消を含む。",
        rows.levied,
        {
            "手続": (procedure_name(register), Style.TEXT),
            "賦課年度": (levy_year.cast(pl.String), Style.TEXT),
            "区分": (kind, Style.TEXT),
            "繰越調定額": (carried, Style.YEN),
            "当初": (assessed, Style.YEN),
            "増額": (increased, Style.YEN),
            "減額": (reduced, Style.YEN),
            "減免": (relieved, Style.YEN),
            _OWED: (owed, Style.YEN),
            _COLLECTED: (collected, Style.YEN),
            _OFF: (written_off, Style.YEN),
            _WAITING: (pl.col(YearLevied.WAITING_YEN), Style.YEN),
            _LEFT: (owed - collected - written_off, Style.YEN),
            _RATE: (pl.when(owed > 0).then(collected / owed), Style.SHARE),
        },
        ("繰越調定額", "当初", "増額", "減額", "減免", _OWED, _COLLECTED, _OFF, _WAITING, _LEFT),
    )
    return replace(table, headings=tuple(replace(heading, on_page=True) for heading in table.headings))


def _prove_levied(levied: Table, summary: Table, fiscal_year: int) -> None:
    """調定収納表は決算見込と合う: 現年分, 滞納繰越分の収納額 and 還付未済, each in all."""
    of_year = levied.frame.filter(pl.col("賦課年度") == str(fiscal_year))
    for name in (_OWED, _COLLECTED, _OFF):
        assert of_year[name].sum() == summary.total(name), f"{name} is that of 決算見込"
    assert of_year[_LEFT].sum() == summary.total(_LEFT) - summary.total(_EXCESS)
    arrears = levied.total(_COLLECTED) - int(of_year[_COLLECTED].sum())
    assert arrears == summary.total("滞納繰越分の収納額")
    assert levied.total(_WAITING) == summary.total(_OVERPAID) + summary.total(_TWICE)


def _carried_sheet(carried: Table, summary: Table) -> Sheet:
    """The sheet of 滞納繰越一覧; its checks compare each procedure's sums with 決算見込."""
    unpaid = summary.frame.filter(pl.col("未収件数") > 0).select("手続", "未収件数", _LEFT)
    checks: list[Check] = []
    for name, count, yen in unpaid.iter_rows():
        checks += [Check("行の数", count, where=("手続", name)), Check(_LEFT, yen, _LEFT, ("手続", name))]
    sheet = plain_sheet(carried)
    return Sheet(sheet.table, sheet.columns, tuple(checks))
