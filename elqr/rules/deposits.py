"""Deposits (入金明細): which lines repeat an earlier line. Money must not count twice.

A bank reports a transfer in its advice (入金通知) and again in its statement (入出金明細), or in a second file of the
same advice. Within one format, lines with different numbers (照会番号) are different transfers. Between formats, and
where there is no number, the n-th line of an identity is its n-th transfer. Two lines of one file are always two
transfers, because the file's totals count both. A number of zeros only is no number.

A line without an account (口座) may belong to any account. It is taken for a repeat of an equal line that has one and
that no other line of its own file repeats, and counts no money: money counted twice would hide a shortage, while money
not counted shows up as one. Money taken back is never taken for a repeat, because there counting too little would hide
the shortage. Whoever knows the account can deliver the line with it.
"""

from datetime import date

import polars as pl

from elqr.formats.deposits import EVENT, PLACE, RULE, placed, with_identity
from elqr.vocabulary.money_frames import (
    APART,
    BESIDE,
    MERGED,
    Deposit,
    DepositContent,
    Doubt,
    ReceivedDeposit,
    Settled,
    WatchedDeposit,
)
from elqr.vocabulary.terms import DepositKind

_IDENTITY, _NUMBER, _RANK, _NO = Deposit.IDENTITY, Deposit.NUMBER, Deposit.RANK_NO, Deposit.DEPOSIT_NO
_REPEATS, _SPEC = Deposit.REPEATS_NO, ReceivedDeposit.SPEC
_ROOT_NO, _FIRST_NO, _REACHED, _NUMBERS = "root_no", "first_no", "reached", "numbers"
_IS_PLACED, _OTHER = "is_placed", "_other"

KNOWN = {name: Deposit.SCHEMA[name] for name in (_IDENTITY, _NUMBER, _RANK, _NO, _REPEATS)} | dict.fromkeys(
    (PLACE, EVENT, _SPEC), pl.String
)
"""既知の入金: columns of a line in the ledger, identified by today's rule."""


def rank_deposits(lines: pl.DataFrame, known: pl.DataFrame, spec: str, first_no: int) -> pl.DataFrame:
    """入金明細に番号と順位をつける: frame DepositContent → frame Deposit without `file_no`.

    `known` (columns KNOWN) are the ledger's lines with the same days and yen. `repeats_no` is null for new money.
    """
    rows = _rank_by_account(lines, known, spec, first_no)
    placed_lines = placed(rows).select(_NO, _NUMBER, _REPEATS, Deposit.KIND, PLACE, EVENT)
    same = known.join(placed_lines, on=EVENT, how="semi")
    events = pl.concat([frame.select(EVENT, PLACE) for frame in (same, placed_lines)])
    is_doubtful = events.select(((pl.col(PLACE) == "").any() & (pl.col(PLACE) != "").any()).over(EVENT).any()).item()
    return _resolve_blank_accounts(rows, placed_lines, same, spec) if is_doubtful else rows


def known_lines(stored: pl.DataFrame) -> pl.DataFrame:
    """既知の入金: columns KNOWN of stored lines (frame Deposit with their spec), in order."""
    if stored[_IDENTITY].str.starts_with(RULE).all():
        return placed(with_identity(stored)).select(*KNOWN)
    known = no_deposits()
    for file in stored.sort(_NO).partition_by(Deposit.FILE_NO, maintain_order=True):
        known = extend_known(known, file)
    return known


def no_deposits() -> pl.DataFrame:
    """既知の入金 before the first file."""
    return pl.DataFrame(schema=KNOWN)


def extend_known(known: pl.DataFrame, stored: pl.DataFrame) -> pl.DataFrame:
    """既知の入金 after one more file (frame Deposit with its spec).

    Lines that an older rule ranked are ranked again by today's rule. The older rule may have kept equal lines apart,
    and two lines of a file must not have the same rank. Which lines count does not change.
    """
    identified = with_identity(stored)
    if not stored[_IDENTITY].str.starts_with(RULE).all():
        ranked = _rank_by_account(DepositContent.of(identified), known, str(stored[_SPEC][0]), 1)
        identified = identified.with_columns(ranked[_RANK])
    return pl.concat([known, placed(identified).select(*KNOWN)])


def doubtful_deposits(lines: pl.DataFrame, night: date) -> pl.DataFrame:
    """同じ入金かもしれない明細 as of a night: frame Doubt.

    `lines` is frame WatchedDeposit with its contract: the watched lines, and all others with the day and yen of one.
    MERGED: one of the two lines names no account, and they count as one deposit. APART: both count because two formats
    write different senders, but they may be one. BESIDE: a line without an account counts although an equal line has
    one, because their numbers differ or one file has both. It stops being doubtful once a line with an account repeats
    it.
    """
    file, came_on = WatchedDeposit.FILE_NAME, WatchedDeposit.NIGHT_ON
    rows = placed(lines).with_columns(_root())
    is_blank = pl.col(PLACE) == ""
    rows = rows.with_columns((~is_blank).any().over(_ROOT_NO).alias(_IS_PLACED))
    other = rows.select(
        pl.col(_NO, _REPEATS, PLACE, EVENT, _ROOT_NO, _SPEC, file, came_on).name.suffix(_OTHER),
        Deposit.BOOKED_ON, Deposit.YEN, Settled.CONTRACT,
    )  # fmt: skip
    pairs = rows.join(other, on=[Deposit.BOOKED_ON, Deposit.YEN, Settled.CONTRACT])
    is_later, counts = pl.col(f"{_NO}{_OTHER}") < pl.col(_NO), pl.col(_REPEATS).is_null()
    is_other_blank = pl.col(f"{PLACE}{_OTHER}") == ""
    is_same = pl.col(EVENT) == pl.col(f"{EVENT}{_OTHER}")
    is_merged = (pl.col(_REPEATS) == pl.col(f"{_NO}{_OTHER}")) & (is_blank != is_other_blank)
    both = counts & pl.col(f"{_REPEATS}{_OTHER}").is_null()
    is_there = (pl.col(PLACE) == pl.col(f"{PLACE}{_OTHER}")) | is_blank | is_other_blank
    is_apart = (pl.col(_SPEC) != pl.col(f"{_SPEC}{_OTHER}")) & ~is_same
    is_beside = (
        counts & ~pl.col(_IS_PLACED) & is_same & ~is_other_blank & (pl.col(f"{_ROOT_NO}{_OTHER}") != pl.col(_NO))
    )
    watched = pl.col(WatchedDeposit.IS_WATCHED)
    why = (
        pl.when(is_beside & (watched | (pl.col(f"{came_on}{_OTHER}") == night))).then(pl.lit(BESIDE))
        .when(watched & is_later & is_merged.fill_null(False)).then(pl.lit(MERGED))
        .when(watched & is_later & both & is_there & is_apart).then(pl.lit(APART))
    )  # fmt: skip
    doubts = pairs.with_columns(why.alias(Doubt.WHY)).filter(pl.col(Doubt.WHY).is_not_null())
    doubts = doubts.sort(_NO, pl.col(Doubt.WHY) != BESIDE, f"{_NO}{_OTHER}").unique(
        _NO, keep="first", maintain_order=True
    )
    return Doubt.of(doubts.with_columns(pl.col(f"{file}{_OTHER}").alias(Doubt.OTHER_FILE)))


def _rank_by_account(lines: pl.DataFrame, known: pl.DataFrame, spec: str, first_no: int) -> pl.DataFrame:
    """同じ口座の中の順位: ranks by identity, which includes the account."""
    has_number = _has_number(pl.col(_NUMBER))
    nth = pl.int_range(pl.len(), dtype=pl.Int64).over(_IDENTITY, _NUMBER).alias("nth")
    known_of_spec = known.filter(pl.col(_SPEC) == spec)
    numbered = known_of_spec.filter(has_number).select(_IDENTITY, _NUMBER, pl.col(_RANK).alias("known_rank")).unique()
    known_ranks = numbered.sort("known_rank").with_columns(nth)
    reached = known_of_spec.group_by(_IDENTITY).agg(pl.col(_RANK).max().alias(_REACHED))
    position = (~has_number | pl.col("known_rank").is_null()).cum_sum().over(_IDENTITY).cast(pl.Int64)
    after_known = position + pl.col(_REACHED).fill_null(0)
    rank = pl.when(has_number).then(pl.coalesce("known_rank", after_known)).otherwise(position)
    rows = (
        lines.with_columns(pl.int_range(first_no, first_no + pl.len(), dtype=pl.Int64).alias(_NO), nth)
        .join(known_ranks, on=[_IDENTITY, _NUMBER, "nth"], how="left", maintain_order="left")
        .join(reached, on=_IDENTITY, how="left", maintain_order="left")
        .with_columns(rank.alias(_RANK))
        .drop("nth", "known_rank", _REACHED)
    )
    known_roots = known.select(_IDENTITY, _RANK, _root())
    roots = pl.concat([known_roots, rows.select(_IDENTITY, _RANK, pl.col(_NO).alias(_ROOT_NO))])
    first = roots.group_by(_IDENTITY, _RANK).agg(pl.col(_ROOT_NO).min().alias(_FIRST_NO))
    repeats = pl.when(pl.col(_FIRST_NO) < pl.col(_NO)).then(_FIRST_NO).alias(_REPEATS)
    return (
        rows.join(first, on=[_IDENTITY, _RANK], how="left", maintain_order="left").with_columns(repeats).drop(_FIRST_NO)
    )


def _has_number(number: pl.Expr) -> pl.Expr:
    return number.str.contains("[^0\\s|-]")


def _root() -> pl.Expr:
    """その入金の最初の明細: the line that reported the deposit first."""
    return pl.coalesce(_REPEATS, _NO).alias(_ROOT_NO)


def _resolve_blank_accounts(rows: pl.DataFrame, lines: pl.DataFrame, known: pl.DataFrame, spec: str) -> pl.DataFrame:
    """口座のない明細の相手: a line may repeat a transfer of its event when one of the two has no account.

    Lines with accounts choose first, among the transfers without one. `lines` are the lines of the file, with PLACE and
    EVENT.
    """
    numbers = pl.col(_NUMBER).filter(pl.col(_SPEC) == spec, _has_number(pl.col(_NUMBER)))
    is_placed = pl.col(PLACE) != ""
    transfers = known.group_by(EVENT, _root()).agg(is_placed.any().alias(_IS_PLACED), numbers.alias(_NUMBERS))
    with_place = pl.concat([frame.filter(is_placed).select(EVENT) for frame in (known, lines)])
    is_money = pl.col(Deposit.KIND) == DepositKind.RECEIVED.value
    placed_new = lines.filter(is_placed, is_money, pl.col(_REPEATS).is_null())
    unplaced = lines.filter(~is_placed, is_money).join(with_place, on=EVENT, how="semi", maintain_order="left")
    taken = set(lines.filter(is_placed)[_REPEATS].drop_nulls())
    chosen = _choose_transfers(placed_new, transfers.filter(~pl.col(_IS_PLACED)), taken)
    chosen |= _choose_transfers(unplaced, transfers, taken | {*chosen.values()})
    roots = pl.DataFrame([*chosen.items()], schema={_NO: pl.Int64, _ROOT_NO: pl.Int64}, orient="row")
    reached = known.group_by(_IDENTITY).agg(pl.col(_RANK).max().alias(_REACHED))
    rows = rows.join(roots, on=_NO, how="left", maintain_order="left")
    rows = rows.join(reached, on=_IDENTITY, how="left", maintain_order="left")
    is_unplaced = pl.col(_NO).is_in(unplaced[_NO].implode())
    is_new = is_unplaced & pl.col(_ROOT_NO).is_null()
    rank = pl.col(_REACHED).fill_null(0) + is_new.cum_sum().over(_IDENTITY).cast(pl.Int64)
    return rows.with_columns(
        pl.when(is_new).then(rank).otherwise(_RANK).alias(_RANK),
        pl.when(is_unplaced).then(_ROOT_NO).otherwise(pl.coalesce(_REPEATS, _ROOT_NO)).alias(_REPEATS),
    ).drop(_ROOT_NO, _REACHED)


def _choose_transfers(lines: pl.DataFrame, transfers: pl.DataFrame, taken: set[int]) -> dict[int, int]:
    """明細の入金: for each line, in order, the first transfer of its event that is not taken; deposit_no to root_no.

    A transfer with the line's own number in the same format comes first. One with only other numbers there never fits.
    """
    number = pl.col(_NUMBER)
    is_same = _has_number(number) & pl.col(_NUMBERS).list.contains(number)
    is_other = _has_number(number) & (pl.col(_NUMBERS).list.len() > 0) & ~is_same
    pairs = lines.join(transfers, on=EVENT).filter(~is_other).sort(~is_same, _NO, _ROOT_NO)
    chosen: dict[int, int] = {}
    for line, root in pairs.select(_NO, _ROOT_NO).iter_rows():
        if line not in chosen and root not in taken:
            chosen[line] = root
            taken = taken | {root}
    return chosen
