"""Claim states (調定データの行): what a claim file says of claims → findings, new states, and entries (調定異動).

Pure. A row says what a claim owes by then, so an entry is the difference to the row before. The time at which the core
system last worked on the claim decides which of two rows is newer, not the order in which files come. An older row
says nothing new. A file with a row that cannot be right is held back whole: its claims would no longer add up.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from elqr.issue.layout import EARLIEST_YEAR, LATEST_YEAR
from elqr.rules.claim_entries import Asked, claim_entries
from elqr.rules.row_checks import ASSESSMENT_KEY, CLAIM_KEY, Sieve
from elqr.vocabulary.claim_frames import (
    ClaimCancel,
    ClaimEntry,
    ClaimState,
    ClaimStateContent,
    DatedState,
    OwnNotice,
)
from elqr.vocabulary.claim_terms import EntryKind, Item
from elqr.vocabulary.codes import Code
from elqr.vocabulary.findings import Finding
from elqr.vocabulary.terms import WHOLE_YEAR

_ITEMS, _OFF = ClaimEntry.ITEMS, ClaimStateContent.OFF
_AT = ClaimStateContent.STATED_AT
_NOT_COMPARED = (ClaimStateContent.RECORD_NO, _AT, *CLAIM_KEY)
_CONTENT = [name for name in ClaimStateContent.SCHEMA if name not in _NOT_COMPARED]
"""What two rows of one claim and time are compared by."""

_BEFORE_YEN, _OWED_YEN, _LAST_NO, _LAST_ON = "before_yen", "owed_yen", "last_no", "last_on"
_TURN = "turn"
"""The order of the entries that one row brings."""


def refuse_states(name: str, rows: pl.DataFrame, by_file: Collection[str] | None, known: pl.DataFrame) -> list[Finding]:
    """調定データの検査: findings about rows (frame ClaimStateContent) that cannot be right, in order.

    `by_file` are the procedures of which claim files say what is owed, None if there is no register to ask. `known` has
    the same columns: what the ledger has of their assessments.
    """
    sieve = Sieve(name, rows, [], set())
    procedure, number = pl.col(ClaimStateContent.PROCEDURE_CODE), pl.col(ClaimStateContent.BILL_NO)
    if by_file is not None:
        allowed = pl.lit("・".join(sorted(by_file)) or "（一つもない）")
        sieve.refuse(Code.CLAIM_SOURCE, "税目", ~procedure.is_in(list(by_file)), procedure, allowed)
    years = pl.lit(f"{EARLIEST_YEAR}〜{LATEST_YEAR}")
    for title, year in (("賦課年度", ClaimStateContent.LEVY_YEAR), ("相当年度", ClaimStateContent.TAX_YEAR)):
        sieve.refuse(Code.YEAR_RANGE, title, ~pl.col(year).is_between(EARLIEST_YEAR, LATEST_YEAR), pl.col(year), years)
    is_first = pl.struct(CLAIM_KEY).is_first_distinct()
    sieve.refuse(Code.CLAIM_TWICE, "通知書番号", ~is_first, number, pl.lit("一度だけ"))
    _refuse_mixed(sieve, known)
    for item, owed, off in zip(Item, _ITEMS, _OFF, strict=True):
        is_beyond = pl.col(off) > pl.col(owed)
        wanted = pl.format("調定額の{}円まで", owed)
        sieve.refuse(Code.WRITTEN_OFF_BEYOND, f"{item.label}の不納欠損", is_beyond, pl.format("{}円", off), wanted)
    reason, owed_yen = pl.col(ClaimStateContent.REASON), pl.sum_horizontal(_ITEMS)
    is_still_owed = (reason == EntryKind.CANCELLED.value) & (owed_yen > 0)
    words = pl.format("調定取消（調定額 {}円）", owed_yen)
    sieve.refuse(Code.CHANGE_CONTRADICTS, "更正事由", is_still_owed, words, pl.lit("調定取消なら、すべての内訳が 0"))
    off_on, is_off = pl.col(ClaimStateContent.WRITTEN_OFF_ON), pl.sum_horizontal(_OFF) > 0
    lacks_day = is_off & off_on.is_null()
    sieve.refuse(Code.WRITTEN_OFF_BEYOND, "不納欠損日", lacks_day, pl.lit("空欄"), pl.lit("不納欠損をした日"))
    of_the_time = [*CLAIM_KEY, str(_AT)]
    beside = known.select(*of_the_time, pl.col(_CONTENT).name.prefix("known_"), is_known=True)
    sieve.rows = sieve.rows.join(beside, on=of_the_time, how="left", validate="1:1", maintain_order="left")
    differs = pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"known_{name}")) for name in _CONTENT)
    same = pl.lit("同じ時刻の前の行と同じ中身")
    sieve.refuse(Code.CLAIM_STATES_DIFFER, "操作年月日", pl.col("is_known") & differs, pl.col(_AT), same)
    return sorted(sieve.findings)


def _refuse_mixed(sieve: Sieve, known: pl.DataFrame) -> None:
    """一括と期別の両方を断る: an assessment owes in one claim or in instalments, by the newest rows after this file."""
    names = [*CLAIM_KEY, str(_AT), *_ITEMS]
    rows = pl.concat([known.select(names), sieve.rows.select(names)]).sort(_AT, maintain_order=True)
    newest = rows.unique(CLAIM_KEY, keep="last").filter(pl.sum_horizontal(_ITEMS) > 0)
    is_whole = pl.col(ClaimStateContent.INSTALLMENT_NO) == WHOLE_YEAR
    kinds = newest.group_by(ASSESSMENT_KEY).agg((is_whole.any() & ~is_whole.all()).alias("is_mixed"))
    sieve.rows = sieve.rows.join(kinds, on=ASSESSMENT_KEY, how="left", validate="m:1", maintain_order="left")
    wanted = pl.lit("期別 0（一括の調定）か、1 からの期別のどちらか")
    number = pl.col(ClaimStateContent.INSTALLMENT_NO)
    sieve.refuse(Code.CLAIM_TWICE, "期別", pl.col("is_mixed"), number, wanted)
    sieve.rows = sieve.rows.drop("is_mixed")


def new_states(rows: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """新しい行: those of a file (frame ClaimStateContent) that are newer than what is `known` of their claim."""
    beside = known.group_by(CLAIM_KEY).agg(pl.col(_AT).max().alias("known_at"))
    both = rows.join(beside, on=CLAIM_KEY, how="left", validate="1:1", maintain_order="left")
    is_new = pl.col("known_at").is_null() | (pl.col(_AT) > pl.col("known_at"))
    return both.filter(is_new).drop("known_at")


def extend_states(known: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """知っている行: what is known after a file with `rows`, as `known` before it (frame ClaimStateContent)."""
    return pl.concat([known, ClaimStateContent.of(new_states(rows, known))])


def entries_of_states(states: pl.DataFrame, before: pl.DataFrame) -> pl.DataFrame:
    """調定データの行による調定異動: frame ClaimEntry, in order, of frame DatedState with all rows of their claims.

    `before` is frame ClaimEntry of the same claims: what notices brought, as long as these said what is owed.
    """
    rows = _with_changes(states, before)
    kept = (ClaimEntry.CLAIM_NO, ClaimEntry.STATE_NO, ClaimEntry.NIGHT_ON, _LAST_NO, _LAST_ON)
    parts = [
        rows.filter(part.is_there).select(
            *kept,
            *(part.items.get(name, pl.lit(0)).cast(pl.Int64).alias(name) for name in _ITEMS),
            part.kind.alias(ClaimEntry.KIND),
            part.entered_on.alias(ClaimEntry.ENTERED_ON),
            pl.lit(turn).alias(_TURN),
        )
        for turn, part in enumerate(_parts())
    ]
    entries = pl.concat(parts).filter(pl.any_horizontal(pl.col(_ITEMS) != 0))
    is_taken_back = (pl.col(ClaimEntry.KIND) == EntryKind.WRITTEN_OFF.value) & (pl.sum_horizontal(_ITEMS) > 0)
    entries = entries.sort(ClaimEntry.CLAIM_NO, ClaimEntry.STATE_NO, ~is_taken_back, _TURN)
    entry_no = pl.col(_LAST_NO) + pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over(ClaimEntry.CLAIM_NO)
    kind = pl.when(entry_no == 1).then(pl.lit(EntryKind.ASSESSED.value)).otherwise(ClaimEntry.KIND)
    day = pl.max_horizontal(pl.col(ClaimEntry.ENTERED_ON).cum_max().over(ClaimEntry.CLAIM_NO), _LAST_ON)
    return ClaimEntry.of(
        entries.with_columns(
            entry_no.alias(ClaimEntry.ENTRY_NO),
            kind.alias(ClaimEntry.KIND),
            day.alias(ClaimEntry.ENTERED_ON),
            pl.lit(None, pl.Int64).alias(ClaimEntry.NOTICE_NO),
            pl.lit(None, pl.Int64).alias(ClaimEntry.FEE_NO),
        )
    )


def entries_of_claims(asked: Asked, states: pl.DataFrame) -> pl.DataFrame:
    """調定異動 of claims with all that came for them: frame ClaimEntry, in order. `states` is frame DatedState.

    From its first row in a claim file on, nothing but such rows says what a claim owes. Fees are only entered before.
    """
    notices_upto = pl.col(DatedState.NOTICES_UPTO)
    upto = states.group_by(ClaimEntry.CLAIM_NO).agg(notices_upto.min())
    beside = (frame.join(upto, on=ClaimEntry.CLAIM_NO, how="left", validate="m:1") for frame in asked[:2])
    is_in_time = notices_upto.is_null() | (pl.col(OwnNotice.NOTICE_FILE_NO) <= notices_upto)
    notices, cancels = (frame.filter(is_in_time) for frame in beside)
    is_gone = notices_upto.is_null() | (pl.col(OwnNotice.GONE_FILE_NO) <= notices_upto)
    gone = (pl.when(is_gone).then(name).alias(name) for name in (OwnNotice.GONE_FILE_NO, OwnNotice.GONE_ON))
    by_notices = claim_entries(Asked(OwnNotice.of(notices.with_columns(gone)), ClaimCancel.of(cancels), asked.fees))
    before = by_notices.join(upto, on=ClaimEntry.CLAIM_NO, how="semi")
    entries = pl.concat([by_notices, entries_of_states(states, before)])
    owed = entries.group_by(ClaimEntry.CLAIM_NO).agg(pl.col(_ITEMS).sum())
    assert owed.select(pl.all_horizontal((pl.col(_ITEMS) >= 0).all())).item(), "no claim owes less than nothing"
    return entries.sort(ClaimEntry.CLAIM_NO, ClaimEntry.ENTRY_NO)


def _with_changes(states: pl.DataFrame, before: pl.DataFrame) -> pl.DataFrame:
    """前の行との差: items and 不納欠損 of each row as changes, and what was owed in all before the row and by it."""
    claim_no = ClaimEntry.CLAIM_NO
    base = before.group_by(claim_no).agg(
        pl.col(_ITEMS).sum().name.prefix("base_"),
        pl.col(ClaimEntry.ENTRY_NO).max().alias(_LAST_NO),
        pl.col(ClaimEntry.ENTERED_ON).max().alias(_LAST_ON),
    )
    rows = states.join(base, on=claim_no, how="left", validate="m:1").sort(claim_no, ClaimState.STATE_NO)
    rows = rows.with_columns(pl.col("^base_.*$", _LAST_NO).fill_null(0))
    owed = {name: pl.col(name).shift(1).over(claim_no).fill_null(pl.col(f"base_{name}")) for name in _ITEMS}
    off = {name: pl.col(name).shift(1).over(claim_no).fill_null(0) for name in _OFF}
    return rows.with_columns(
        pl.sum_horizontal(owed.values()).alias(_BEFORE_YEN),
        pl.sum_horizontal(_ITEMS).alias(_OWED_YEN),
        *((pl.col(name) - before_yen).alias(name) for name, before_yen in (owed | off).items()),
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """一行が生む異動: which rows bring it, its kind, its day, and its yen by item."""

    is_there: pl.Expr
    kind: pl.Expr
    entered_on: pl.Expr
    items: Mapping[str, pl.Expr]


def _parts() -> Iterator[_Part]:
    """異動の分け方: a claim that comes or goes does so with all its items; otherwise each item changes by itself."""
    changed_on, stated_on = pl.col(ClaimState.CHANGED_ON), pl.col(_AT).str.slice(0, 10).str.to_date("%Y-%m-%d")
    comes, goes = pl.col(_BEFORE_YEN) == 0, pl.col(_OWED_YEN) == 0
    whole = (
        pl.when(goes & _is_relief()).then(pl.lit(EntryKind.RELIEVED.value))
        .when(goes).then(pl.lit(EntryKind.CANCELLED.value))
        .otherwise(pl.lit(EntryKind.INCREASED.value))
    )  # fmt: skip
    yield _Part(comes | goes, whole, changed_on, {str(name): pl.col(name) for name in _ITEMS})
    ups = (EntryKind.INCREASED, EntryKind.DEMAND_FEE, EntryKind.LATE_CHARGE)
    for name, up, day in zip(_ITEMS, ups, (changed_on, stated_on, stated_on), strict=True):
        yield _Part(~comes & ~goes, _kind_of_change(name, up), day, {str(name): pl.col(name)})
    off = {str(name): -pl.col(off_name) for name, off_name in zip(_ITEMS, _OFF, strict=True)}
    off_on = pl.coalesce(ClaimState.WRITTEN_OFF_ON, stated_on)
    yield _Part(pl.lit(True), pl.lit(EntryKind.WRITTEN_OFF.value), off_on, off)


def _kind_of_change(item: str, up: EntryKind) -> pl.Expr:
    """種類 of the entry of one item: up as its name says, down as 減免 where the row says so, else as 減額更正."""
    down = pl.when(_is_relief()).then(pl.lit(EntryKind.RELIEVED.value)).otherwise(pl.lit(EntryKind.REDUCED.value))
    return pl.when(pl.col(item) > 0).then(pl.lit(up.value)).otherwise(down)


def _is_relief() -> pl.Expr:
    return pl.col(ClaimState.REASON).eq_missing(pl.lit(EntryKind.RELIEVED.value))
