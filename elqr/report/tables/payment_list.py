"""The list of the page (一覧): which payments stand on it, and the columns that a script filters and sorts.

It holds the open exceptions up to a limit, oldest first, then some payments of every place of the night. What the
limit leaves out is counted, and the page says where to find it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from elqr.report.selection import Selection
from elqr.report.tables import night as shape
from elqr.report.tables.ageing import age_label
from elqr.report.tables.backlog import open_only
from elqr.report.tables.ledger_rows import Rows
from elqr.report.tables.table import Style
from elqr.rules.register import Register
from elqr.vocabulary.limits import ON_PAGE, ON_PAGE_PER_PLACE
from elqr.vocabulary.page_frames import Waiting
from elqr.vocabulary.report_frames import DecidedPayment, ExceptionRow, RedeliveredSum
from elqr.vocabulary.terms import PLACE_OF, SEVERITY_OF, Account, NightBook, Outcome, Place

LISTED = ON_PAGE.most
"""How many 要確認 the page lists. Whoever has more works on them in 要確認.xlsx."""

LISTED_PER_PLACE = ON_PAGE_PER_PLACE.most
DETAILED = 2_000
"""For how many payments of the list, from its top, the page holds records and histories."""

OPEN, TONIGHT = "open", "night"
_COLUMNS = (
    "受付番号", "行き先", "理由", "重要度", "所管課", "手続", "領収日", "経過日数", "経過日数の区分", "チャネル",
    "段階", "領収額", "収納額", "仮受額", "納付書の額", "賦課年度", "通知書番号", "期別", "照会キー", "付記",
    "先の収納", "前回の決裁", "ファイル", "記録", "消込日", "未処理", "今夜",
)  # fmt: skip
_LESS_GRAVE = ("高", "中", "低")


@dataclass(frozen=True, slots=True)
class View:
    """一覧の範囲: the payments that a number of the page links to. `count` counts all, `listed` those on the page.

    `files` names where all of them are; `elsewhere` counts those that have no row of their own anywhere.
    """

    key: str
    title: str
    count: int
    listed: int
    files: str
    place: str = ""
    holds: str = ""
    elsewhere: int = 0

    @property
    def note(self) -> str:
        """What the list leaves out, and where to find it."""
        parts = []
        if self.listed < self.count:
            parts.append(
                f"この一覧は先頭の{self.listed:,}件です（全{self.count:,}件）。すべては {self.files} にあります。"
            )
        if self.elsewhere:
            parts.append(
                f"再受信したファイルの{self.elsewhere:,}件は、計上済のため一件ずつの結果がありません（取込結果）。"
            )
        return "".join(parts)

    def as_dict(self) -> dict[str, object]:
        """The view as the script reads it."""
        names = ("key", "title", "listed", "note", "place", "holds")
        return {name: getattr(self, name) for name in names}


def choose_listed(exceptions: pl.DataFrame, decisions: pl.DataFrame) -> pl.DataFrame:
    """一覧に載せる収納: frame ExceptionRow, open exceptions first, then some of the night's (frame DecidedPayment)."""
    open_payments = exceptions.head(LISTED).with_columns(pl.lit(True).alias(ExceptionRow.IS_OPEN))
    is_not_open = ~pl.col(ExceptionRow.PAYMENT_NO).is_in(exceptions[ExceptionRow.PAYMENT_NO].implode())
    night_payments = decisions.filter(
        is_not_open & (is_not_open.cum_sum().over(ExceptionRow.PLACE) <= LISTED_PER_PLACE)
    )
    return pl.concat(
        [open_payments, night_payments.with_columns(pl.lit(False).alias(ExceptionRow.IS_OPEN))], how="diagonal_relaxed"
    )


def list_frame(rows: Rows, register: Register, night: date) -> pl.DataFrame:
    """一覧の表: one row for each listed payment, with the columns of 要確認一覧 and those that the filters need."""
    payments = choose_listed(rows.exceptions, rows.decisions)
    frame = shape.exception_table(payments, rows.others, rows.suggestions, register, night).frame
    assert frame["受付番号"].equals(payments[ExceptionRow.PAYMENT_NO].alias("受付番号")), "rows stay in their order"
    without_severity = [outcome.label for outcome in PLACE_OF if outcome not in SEVERITY_OF]
    marks = pl.DataFrame(
        {
            "行き先": payments.select(shape.labels_of(ExceptionRow.PLACE, Place)).to_series(),
            "未処理": payments[ExceptionRow.IS_OPEN].cast(pl.Int64),
            "今夜": (payments[ExceptionRow.DECIDED_ON] == night).cast(pl.Int64),
        }
    )
    severity = pl.when(pl.col("理由").is_in(without_severity)).then(None).otherwise(pl.col("重要度"))
    list_rows = pl.concat([frame, marks], how="horizontal").with_columns(
        severity.alias("重要度"), age_label(pl.col("経過日数")).alias("経過日数の区分")
    )
    return list_rows.select(_COLUMNS)


def views(rows: Rows, frame: pl.DataFrame, selection: Selection) -> tuple[View, ...]:
    """一覧の範囲: the open exceptions, all payments of the night, and those of each place and account."""
    redelivered_count = int(rows.redelivered[RedeliveredSum.COUNT].sum())
    tonight = frame.filter(pl.col("今夜") == 1)
    open_listed = int(frame["未処理"].sum())
    count = int(open_only(rows.waiting)[Waiting.COUNT].sum())
    complete = [NightBook.REVIEW.file_name] * (NightBook.REVIEW in selection.books)
    complete += [selection.file_of("要確認一覧")] * bool(selection.data)
    if count != rows.exceptions.height or not complete:
        complete = ["elqr review export で書き出すブック"]
    results = selection.file_of("消込結果")
    views = [
        View(OPEN, "要確認（未処理のすべて）", count, open_listed, " と ".join(complete)),
        View(TONIGHT, "今夜の収納すべて", rows.decisions.height, tonight.height, results, elsewhere=redelivered_count),
    ]
    for place in Place:
        count = int((rows.decisions[DecidedPayment.PLACE] == place.value).sum())
        on_page = int((tonight["行き先"] == place.label).sum())
        elsewhere = redelivered_count if place is Place.ALREADY_POSTED else 0
        title = f"今夜の収納：{place.label}"
        views.append(View(f"{TONIGHT}:{place.value}", title, count, on_page, results, place.label, elsewhere=elsewhere))
    for account, (name, label) in _HELD.items():
        count, on_page = int((rows.decisions[name] > 0).sum()), int((tonight[label] > 0).sum())
        title = f"今夜の収納のうち{account.label}にあるもの"
        views.append(View(f"{TONIGHT}:{account.value}", title, count, on_page, results, holds=label))
    return tuple(views)


_HELD = {Account.CLAIM: (DecidedPayment.CLAIM_YEN, "収納額"), Account.SUSPENSE: (DecidedPayment.SUSPENSE_YEN, "仮受額")}
_STYLES: Mapping[str, Style] = {
    **dict.fromkeys(("領収額", "収納額", "仮受額", "納付書の額"), Style.YEN),
    **dict.fromkeys(("経過日数",), Style.COUNT),
    **dict.fromkeys(("領収日", "消込日"), Style.DATE),
    **dict.fromkeys(("通知書番号", "照会キー"), Style.DIGITS),
}
_ORDERED: Mapping[str, tuple[str, ...]] = {
    "重要度": _LESS_GRAVE,
    "理由": tuple(outcome.label for outcome in Outcome),
    "行き先": tuple(place.label for place in Place),
}
"""Columns that are sorted by this order of their words, not by the alphabet."""


def columns(frame: pl.DataFrame) -> list[dict[str, object]]:
    """列ごとの値 for the script: `name`, `style` and `values`, or `words` and each row's word (`at`)."""
    column_values: list[dict[str, object]] = []
    for name, dtype in frame.schema.items():
        style = _STYLES.get(name, Style.TEXT)
        column = frame[name].dt.to_string("%Y-%m-%d") if dtype == pl.Date else frame[name]
        described: dict[str, object] = {"name": name, "style": style.value}
        if dtype in (pl.String, pl.Date) and style is not Style.DIGITS:
            ordered = _ORDERED.get(name)
            words = column.drop_nulls().unique().sort().to_list()
            words = words if ordered is None else [word for word in ordered if word in words]
            word_nos = {word: word_no for word_no, word in enumerate(words)}
            described |= {"words": words, "at": [word_nos.get(word) for word in column.to_list()]}
        else:
            described["values"] = column.to_list()
        column_values.append(described)
    return column_values
