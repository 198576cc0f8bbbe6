"""The day list of a night (収納日計表): what the night put on claims, and on which days that counts."""

import polars as pl

from elqr.arithmetic.wareki import wareki_fiscal_year
from elqr.report.tables.night import labels_of, procedure_name, table_of
from elqr.report.tables.table import Style, Table
from elqr.rules.register import Register
from elqr.vocabulary.counted_terms import CountedBy, DayRule
from elqr.vocabulary.report_frames import DailySum, LaterSum
from elqr.vocabulary.terms import Account, Channel, YearKind

_MOVES = (
    "区分の決裁は、承認された決裁で移した額、減額は、納付書の取消・減額で仮受へ移した額です。"
    "外した額は、入れた額と相殺せず、別の行に負の額で出します。"
)


def daily_table(postings: pl.DataFrame, register: Register) -> Table:
    """収納日計表: yen that the night posted on claims (frame DailySum), by procedure × fiscal year × channel × day.

    Where payments have a 計上日, the table shows it and what it comes from. Its total is the night's in any case.
    """
    rows = postings.filter(pl.col(DailySum.ACCOUNT) == Account.CLAIM.value)
    has_days = not rows[DailySum.COUNTED_ON].is_null().all()
    note = "手続×会計年度×チャネル×領収日。"
    if has_days:
        by = CountedBy.PAID_ON if (rows[DailySum.RULE] == DayRule.PAID_ON.value).any() else CountedBy.RECEIVED_ON
        note = (
            f"数える日は{by.label}。手続×会計年度×チャネル×計上日。計上日は、その日の月が締めてあれば次の締めていない月の"
            "1日、決裁と減額は今夜です。"
        )
    table = table_of(
        "収納日計表",
        f"今夜の収納額（調定への計上）。{note}{_MOVES}",
        rows,
        {
            **kind_columns(rows, register),
            **({"計上日": (pl.col(DailySum.COUNTED_ON), Style.DATE)} if has_days else {}),
            "領収日": (pl.col(DailySum.PAID_ON), Style.DATE),
            **({"計上日の決め方": (day_rule(), Style.TEXT)} if has_days else {}),
            **caused_sums(),
        },
        ("件数", "収納額"),
    )
    assert table.total("収納額") == rows[DailySum.YEN].sum(), "the list holds what the night posted"
    return table


def kind_columns(rows: pl.DataFrame, register: Register) -> dict[str, tuple[pl.Expr, Style]]:
    """何の収納か: the columns that say so, of rows with those of DailySum."""
    kind = pl.when(DailySum.IS_ARREARS).then(pl.lit(YearKind.ARREARS.label)).otherwise(pl.lit(YearKind.OWN.label))
    return {
        "手続": (procedure_name(register), Style.TEXT),
        "会計年度": (fiscal_year_name(rows, DailySum.FISCAL_YEAR), Style.TEXT),
        "現年・滞納": (kind, Style.TEXT),
        "チャネル": (labels_of(DailySum.CHANNEL, Channel), Style.TEXT),
    }


def later_tables(later: pl.DataFrame, register: Register) -> tuple[Table, ...]:
    """日計表の後の計上と還付など (frame LaterSum): on claims, and where yen end; each only if there is something."""
    is_on_claim = pl.col(LaterSum.ACCOUNT) == Account.CLAIM.value
    on_claims, ended = later.filter(is_on_claim), later.filter(~is_on_claim)
    posted_on = {"計上した日": (pl.col(LaterSum.NIGHT_ON), Style.DATE)}
    paid_on = {"領収日": (pl.col(LaterSum.PAID_ON), Style.DATE)}
    posted = table_of(
        "日計表の後の計上",
        "前の夜の収納日計表を作った後に、今夜より前の日で調定に計上したもの（決裁など）。その日の額に足してください。"
        "その日の収納日計表を後で作り直していれば、もう入っています。足した一日の表は elqr day で引けます。",
        on_claims,
        {**posted_on, **kind_columns(on_claims, register), **paid_on, **caused_sums()},
        ("件数", "収納額"),
    )
    moved = table_of(
        "日計表の後の還付など",
        "前の夜の帳票を作った後に、今夜より前の日で決裁した還付・返還・送付元の取消などの額（調定のほかの勘定）。"
        "勘定から出た額（還付返戻、決裁の取消など）は負の額です。",
        ended,
        {
            **posted_on,
            "勘定": (labels_of(LaterSum.ACCOUNT, Account), Style.TEXT),
            **kind_columns(ended, register),
            **paid_on,
            "件数": (pl.col(LaterSum.COUNT), Style.COUNT),
            "額": (pl.col(LaterSum.YEN), Style.YEN),
        },
        ("件数", "額"),
    )
    assert posted.total("収納額") + moved.total("額") == later[LaterSum.YEN].sum(), "the lists hold all of it"
    return tuple(table for table in (posted, moved) if table.height)


def fiscal_year_name(rows: pl.DataFrame, column: str) -> pl.Expr:
    """会計年度の名 of a column of these rows."""
    years = {year: wareki_fiscal_year(year) for year in rows[column].unique().to_list()}
    return pl.col(column).replace_strict(years, default=None, return_dtype=pl.String)


def day_rule() -> pl.Expr:
    """計上日の決め方の名 of the columns of DailySum.OF_DAY; null for what counts on its night."""
    is_later = pl.col(DailySum.COUNTED_ON) > pl.col(DailySum.FALLS_ON)
    later = pl.when(is_later).then(pl.format("（{} の月は締済）", DailySum.FALLS_ON)).otherwise(pl.lit(""))
    return pl.concat_str(labels_of(DailySum.RULE, DayRule), later)


def move_cause() -> pl.Expr:
    """付け替えのもと: 決裁 or 減額; null for what the night's matching posted."""
    return pl.when(DailySum.IS_REDUCTION).then(pl.lit("減額")).when(DailySum.IS_MOVE).then(pl.lit("決裁"))


def sums() -> dict[str, tuple[pl.Expr, Style]]:
    """件数と収納額: the columns of the sums."""
    return {"件数": (pl.col(DailySum.COUNT), Style.COUNT), "収納額": (pl.col(DailySum.YEN), Style.YEN)}


_PUT_YEN, _TAKEN_YEN, _REDUCED_YEN = "put_yen", "taken_yen", "reduced_yen"


def move_sums() -> tuple[pl.Expr, ...]:
    """付け替えの合計, for rows with the columns of DailySum: what rulings put on, what they took off, reductions."""
    is_ruled, yen = pl.col(DailySum.IS_MOVE) & ~pl.col(DailySum.IS_REDUCTION), pl.col(DailySum.YEN)
    return (
        yen.filter(is_ruled & ~pl.col(DailySum.TAKES_OFF)).sum().alias(_PUT_YEN),
        yen.filter(is_ruled & pl.col(DailySum.TAKES_OFF)).sum().alias(_TAKEN_YEN),
        yen.filter(DailySum.IS_REDUCTION).sum().alias(_REDUCED_YEN),
    )


def moved_columns(rows: pl.DataFrame) -> dict[str, tuple[pl.Expr, Style]]:
    """うち決裁で入れた額・外した額・減額: the columns of `move_sums` of these rows, where there is something to tell.

    Within one row the sums would cancel out what was put on and what was taken off.
    """
    by_ruling = (
        {"うち決裁で入れた額": _PUT_YEN, "うち決裁で外した額": _TAKEN_YEN} if rows[_TAKEN_YEN].ne(0).any() else {}
    )
    reduced = {"うち減額": _REDUCED_YEN} if rows[_REDUCED_YEN].ne(0).any() else {}
    return {title: (pl.col(name), Style.YEN) for title, name in (by_ruling | reduced).items()}


def caused_sums() -> dict[str, tuple[pl.Expr, Style]]:
    """区分と件数と収納額: the sums, after what caused them."""
    return {"区分": (move_cause().fill_null("消込"), Style.TEXT), **sums()}
