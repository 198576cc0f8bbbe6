"""The month's tables (月計): what counts in a month, day by day, and the balance of 仮受.

The days are nights, or 計上日 where the city counts by them. The totals are those of their 収納日計表, to the yen.
The balance carries on from the month before.
"""

from dataclasses import dataclass

import polars as pl

from elqr import __version__
from elqr.arithmetic.fiscal_year import month_end
from elqr.arithmetic.wareki import wareki_month
from elqr.report.books import daily_sheet, plain_sheet
from elqr.report.data_files import bytes_of
from elqr.report.excel.book import Book, Fact
from elqr.report.excel.workbook import book_bytes
from elqr.report.tables.daily import fiscal_year_name, move_sums, moved_columns
from elqr.report.tables.night import labels_of, procedure_name, table_of
from elqr.report.tables.table import Style, Table
from elqr.rules.month_figures import Figures
from elqr.rules.register import Register
from elqr.vocabulary.counted_frames import BasisSum
from elqr.vocabulary.counted_terms import CountedBy, DayRule
from elqr.vocabulary.report_frames import MonthlySum
from elqr.vocabulary.terms import END_ACCOUNTS, Account, Channel, YearKind

_COUNTS = ("件数", "収納額", "うち決裁件数", "うち決裁額")


@dataclass(frozen=True, slots=True)
class Monthly:
    """月計: the tables, and the state of the close in words."""

    figures: Figures
    tables: tuple[Table, ...]
    book: Book
    standing: str
    is_changed: bool

    def files(self) -> dict[str, bytes]:
        """File name → bytes, of the tables and the book."""
        files: dict[str, bytes] = {}
        for table in self.tables:
            files |= bytes_of(table)
        return files | {self.book.file_name: book_bytes(self.book)}


def monthly(
    city: str, figures: Figures, register: Register, chain: dict[str, str], standing: str, *, is_changed: bool
) -> Monthly:
    """月計を作る. `standing` is the state of the close in words; `is_changed`: a closed month changed afterwards."""
    tables = [month_table(figures, register), nights_table(figures), balance_table(figures)]
    if _is_by_days(figures):
        tables.append(basis_table(figures))
    month, *others = tables
    for table in (month, *(other for other in others if "収納額" in other.totals)):
        assert (table.total("件数"), table.total("収納額")) == (figures.count, figures.yen), table.title
    facts = (
        Fact("form", "様式", "elqr-month-1"),
        Fact("city", "団体", city),
        Fact("month", "月", figures.month),
        Fact("month_wareki", "月（和暦）", wareki_month(figures.first)),
        Fact("standing", "締め", standing),
        *([Fact("counted_by", "数える日", figures.by.label)] if _is_by_days(figures) else []),
        Fact("digest", "月計の照合値", figures.sha256),
        Fact("run_id", "最後の実行", chain["run_id"]),
        Fact("run_hash", "最後の実行の照合値", chain["run_hash"]),
        Fact("ledger", "台帳の照合値", chain["ledger"]),
        Fact("program", "作成", f"elqr {__version__}"),
    )
    sheets = (daily_sheet(month), *map(plain_sheet, others))
    title = f"月計 {wareki_month(figures.first)}"
    book = Book(f"月計_{figures.month}.xlsx", title, city, month_end(figures.first), sheets, facts)
    return Monthly(figures, tuple(tables), book, standing, is_changed)


def _is_by_days(figures: Figures) -> bool:
    """計上日で数えるか: whether the city counts by days, or something in the month does."""
    return figures.by is not CountedBy.NIGHT or not figures.basis.is_empty()


_IS_RULED = pl.col(MonthlySum.IS_MOVE) & ~pl.col(MonthlySum.IS_REDUCTION)


def _sum_if(condition: pl.Expr, name: str) -> pl.Expr:
    return pl.col(name).filter(condition).sum()


def month_table(figures: Figures, register: Register) -> Table:
    """月計表: procedure × fiscal year × 現年・滞納繰越 × channel."""
    keys = (MonthlySum.PROCEDURE_CODE, MonthlySum.FISCAL_YEAR, MonthlySum.IS_ARREARS, MonthlySum.CHANNEL)
    rows = (
        figures.on_claims.group_by(keys)
        .agg(
            pl.col(MonthlySum.COUNT).sum(),
            pl.col(MonthlySum.YEN).sum(),
            _sum_if(_IS_RULED, MonthlySum.COUNT).alias("move_count"),
            _sum_if(_IS_RULED, MonthlySum.YEN).alias("move_yen"),
            *move_sums(),
        )
        .sort(keys)
    )
    kind = pl.when(MonthlySum.IS_ARREARS).then(pl.lit(YearKind.ARREARS.label)).otherwise(pl.lit(YearKind.OWN.label))
    return table_of(
        "月計表",
        f"{_what_counts(figures)}"
        "うち決裁は、決裁で仮受から移した分"
        f"{'、うち減額は、納付書の取消・減額で仮受へ移した分' if figures.reduced_yen else ''}です。",
        rows,
        {
            "手続": (procedure_name(register), Style.TEXT),
            "会計年度": (fiscal_year_name(rows, MonthlySum.FISCAL_YEAR), Style.TEXT),
            "現年・滞納": (kind, Style.TEXT),
            "チャネル": (labels_of(MonthlySum.CHANNEL, Channel), Style.TEXT),
            "件数": (pl.col(MonthlySum.COUNT), Style.COUNT),
            "収納額": (pl.col(MonthlySum.YEN), Style.YEN),
            "うち決裁件数": (pl.col("move_count"), Style.COUNT),
            "うち決裁額": (pl.col("move_yen"), Style.YEN),
            **moved_columns(rows),
        },
        _COUNTS,
    )


def _what_counts(figures: Figures) -> str:
    """何を数えたか, in words."""
    month = wareki_month(figures.first)
    if not _is_by_days(figures):
        return f"{month}の夜に調定へ計上した額。月の収納日計表の合計と一致します。"
    return (
        f"数える日は{figures.by.label}。{month}に計上日のある額で、収納日計表の計上日ごとの合計と一致します。締めた月の日の収納は"
        "次の締めていない月の1日、決裁と減額はその夜に数えます。"
    )


def nights_table(figures: Figures) -> Table:
    """月計（夜別）: what counts on each night or 計上日, and 仮受 before it, its ins and outs, and after it."""
    by_days = _is_by_days(figures)
    days, yen = figures.sums.select(MonthlySum.DAY_ON).unique(), pl.col(MonthlySum.YEN)
    on_claims = figures.on_claims.group_by(MonthlySum.DAY_ON).agg(
        pl.col(MonthlySum.COUNT).sum(), yen.sum(), *move_sums()
    )
    is_out = _IS_RULED & pl.col(MonthlySum.TAKES_OFF)
    held = figures.in_suspense.group_by(MonthlySum.DAY_ON).agg(
        yen.filter(~_IS_RULED).sum().alias("in_yen"),
        yen.filter(_IS_RULED & ~is_out).sum().alias("back_yen"),
        -yen.filter(is_out).sum().alias("out_yen"),
        yen.sum().alias("net_yen"),
    )
    rows = days.join(on_claims, on=MonthlySum.DAY_ON, how="left").join(held, on=MonthlySum.DAY_ON, how="left")
    rows = rows.sort(MonthlySum.DAY_ON).with_columns(pl.all().exclude(MonthlySum.DAY_ON).fill_null(0))
    rows = rows.with_columns((figures.opening_yen + pl.col("net_yen").cum_sum()).alias("balance_yen"))
    assert rows.is_empty() or rows["balance_yen"][-1] == figures.closing_yen, "the nights lead to the closing balance"
    back = {"仮受へ（決裁）": (pl.col("back_yen"), Style.YEN)} if rows["back_yen"].ne(0).any() else {}
    return table_of(
        "月計日別" if by_days else "月計夜別",
        f"{wareki_month(figures.first)}の{'計上日' if by_days else '夜'}ごとの収納と仮受。仮受は前の残高から続きます。",
        rows,
        {
            "計上日" if by_days else "夜": (pl.col(MonthlySum.DAY_ON), Style.DATE),
            "件数": (pl.col(MonthlySum.COUNT), Style.COUNT),
            "収納額": (pl.col(MonthlySum.YEN), Style.YEN),
            **moved_columns(rows),
            "仮受の前残": (pl.col("balance_yen") - pl.col("net_yen"), Style.YEN),
            "仮受へ": (pl.col("in_yen"), Style.YEN),
            **back,
            "仮受から（決裁）": (pl.col("out_yen"), Style.YEN),
            "仮受の残高": (pl.col("balance_yen"), Style.YEN),
        },
        ("件数", "収納額", *moved_columns(rows), "仮受へ", *back, "仮受から（決裁）"),
    )


_ALSO = {Account.WITHDRAWN: "、調定からの分を含む"}


def balance_table(figures: Figures) -> Table:
    """仮受残高: from the end of the previous month to the end of this one."""
    in_suspense, reduced_yen = figures.in_suspense, figures.reduced_yen
    comes, leaves = ~pl.col(MonthlySum.TAKES_OFF), pl.col(MonthlySum.TAKES_OFF)
    came, left = ({place: figures.yen_on(place, is_one) for place in END_ACCOUNTS} for is_one in (comes, leaves))
    targets = "・".join(account.label for account in (Account.CLAIM, *(place for place in came if came[place])))
    conditions = (~pl.col(MonthlySum.IS_MOVE), _IS_RULED & comes, _IS_RULED & leaves)
    into_yen, back_yen, out_yen = (int(in_suspense.filter(condition)[MonthlySum.YEN].sum()) for condition in conditions)
    lines = [
        ("前月末の残高", figures.opening_yen),
        ("仮受へ（要確認になった額）", into_yen),
        *([("調定から仮受へ（減額による過納）", reduced_yen)] if reduced_yen else []),
        *([("仮受へ戻した額（決裁）", back_yen)] if back_yen else []),
        (f"仮受から{targets}へ（決裁）", out_yen),
        ("月末の残高", figures.closing_yen),
        *(
            (f"{place.label}になった額（この月の決裁{_ALSO.get(place, '')}）", came[place])
            for place in came
            if came[place]
        ),
        *((f"{place.label}から戻した額（この月の決裁）", left[place]) for place in left if left[place]),
    ]
    rows = pl.DataFrame(lines, schema={"what": pl.String, "amount": pl.Int64}, orient="row")
    note = "仮受（要確認の額）の残高。前月末の残高に、この月の増減を足すと月末の残高です。"
    columns = {"区分": (pl.col("what"), Style.TEXT), "金額": (pl.col("amount"), Style.YEN)}
    return table_of("仮受残高", note, rows, columns, ())


def basis_table(figures: Figures) -> Table:
    """計上日の決め方: what the days of the month's yen come from. The rest stands on its night."""
    moves = figures.on_claims.filter(MonthlySum.IS_MOVE)
    names = (BasisSum.COUNT, BasisSum.YEN)
    lines = [
        (DayRule(rule).label, "締めた月から" if is_later else "", count, yen)
        for rule, is_later, count, yen in figures.basis.select(BasisSum.RULE, BasisSum.IS_LATER, *names).iter_rows()
    ]
    moved, counted = (
        [int(frame[name].sum()) for name in names]
        for frame in (moves.select(MonthlySum.COUNT, MonthlySum.YEN), figures.basis)
    )
    by_night = (figures.count - moved[0] - counted[0], figures.yen - moved[1] - counted[1])
    lines += [("夜（数える日を決める前の計上）", "", by_night[0], by_night[1])] if any(by_night) else []
    lines += [("夜（決裁・減額）", "", moved[0], moved[1])] if moves.height else []
    schema = {"basis": pl.String, "later": pl.String, BasisSum.COUNT: pl.Int64, BasisSum.YEN: pl.Int64}
    return table_of(
        "計上日の決め方",
        "月計表の収納額の計上日が何から決まったか。「わからず」とあるものは、収入日の決め方を書いていない収納です"
        "（ジョブの [[settlement]] か [accounting] に書けます）。",
        pl.DataFrame(lines, schema=schema, orient="row"),
        {
            "決め方": (pl.col("basis"), Style.TEXT),
            "締め": (pl.col("later"), Style.TEXT),
            "件数": (pl.col(BasisSum.COUNT), Style.COUNT),
            "収納額": (pl.col(BasisSum.YEN), Style.YEN),
        },
        ("件数", "収納額"),
    )
