"""Deposits (入金明細): which lines say what an earlier line said already. Money must not count twice.

A transfer is told by a bank's notice and again by its statement, or by the same notice delivered in another file.
Within one format a line with a number of its own (照会番号) is another transfer than one with another number;
between formats, and where there is no number, the n-th line of an identity is the n-th transfer of it.
Two lines of one file are two, whatever their number: the file's own totals count both. Zeros alone are no number.

A line without its account (口座) may be any account's: nobody can know. It is taken for an equal line with an account
that no line of its own file says, and counts no money, for money counted twice hides a shortage while money not counted
is told as one. Money taken back is not taken for another's: there the shortage is hidden by counting too little. Who
knows better delivers the line with its account.
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
_ROOT_NO, _FIRST_NO, _REACHED, _TOLD = "root_no", "first_no", "reached", "told"
_IS_PLACED, _OTHER = "is_placed", "_other"

KNOWN = {name: Deposit.SCHEMA[name] for name in (_IDENTITY, _NUMBER, _RANK, _NO, _REPEATS)} | dict.fromkeys(
    (PLACE, EVENT, _SPEC), pl.String
)
"""Columns of a line that the ledger holds, by today's rule (既知の入金)."""


def rank_deposits(lines: pl.DataFrame, known: pl.DataFrame, spec: str, first_no: int) -> pl.DataFrame:
    """入金明細に番号と順位をつける: frame DepositContent → frame Deposit without `file_no`.

    `known` (KNOWN) are the ledger's lines of these days and yen.
    `repeats_no` is the line that says the same; null for what is new.
    """
    rows = _ranked_in_place(lines, known, spec, first_no)
    placed_lines = placed(rows).select(_NO, _NUMBER, _REPEATS, Deposit.KIND, PLACE, EVENT)
    same = known.join(placed_lines, on=EVENT, how="semi")
    events = pl.concat([frame.select(EVENT, PLACE) for frame in (same, placed_lines)])
    is_doubtful = events.select(((pl.col(PLACE) == "").any() & (pl.col(PLACE) != "").any()).over(EVENT).any()).item()
    return _beside_accounts(rows, placed_lines, same, spec) if is_doubtful else rows


def known_lines(stored: pl.DataFrame) -> pl.DataFrame:
    """既知の入金 (KNOWN) of stored lines, frame Deposit with their format, in order."""
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
    """既知の入金 after one more file, frame Deposit with spec.

    What an older rule ranked is ranked again as today's would have: it may have kept apart what is one, and two of a
    file must not have one rank. What counts and what does not stays as it was.
    """
    today = with_identity(stored)
    if not stored[_IDENTITY].str.starts_with(RULE).all():
        again = _ranked_in_place(DepositContent.of(today), known, str(stored[_SPEC][0]), 1)
        today = today.with_columns(again[_RANK])
    return pl.concat([known, placed(today).select(*KNOWN)])


def doubtful_deposits(lines: pl.DataFrame, night: date) -> pl.DataFrame:
    """同じ入金かもしれない明細 as of a night: frame Doubt.

    `lines` is frame WatchedDeposit with its contract: what is watched, and what has its day and yen. Either one of the
    two names no account, and they are one (MERGED); or both count, though they may be of one account and contract,
    because different formats write different senders (APART); or a line without account counts beside an equal one that
    has it, by its own number or row (BESIDE), until a line with an account says the same as it.
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


def _ranked_in_place(lines: pl.DataFrame, known: pl.DataFrame, spec: str, first_no: int) -> pl.DataFrame:
    """同じ口座の中の順位: by identity, the account included."""
    has_number = _has_number(pl.col(_NUMBER))
    nth = pl.int_range(pl.len(), dtype=pl.Int64).over(_IDENTITY, _NUMBER).alias("nth")
    of_spec = known.filter(pl.col(_SPEC) == spec)
    numbered = of_spec.filter(has_number).select(_IDENTITY, _NUMBER, pl.col(_RANK).alias("seen")).unique()
    seen = numbered.sort("seen").with_columns(nth)
    reached = of_spec.group_by(_IDENTITY).agg(pl.col(_RANK).max().alias(_REACHED))
    position = (~has_number | pl.col("seen").is_null()).cum_sum().over(_IDENTITY).cast(pl.Int64)
    after_known = position + pl.col(_REACHED).fill_null(0)
    rank = pl.when(has_number).then(pl.coalesce("seen", after_known)).otherwise(position)
    rows = (
        lines.with_columns(pl.int_range(first_no, first_no + pl.len(), dtype=pl.Int64).alias(_NO), nth)
        .join(seen, on=[_IDENTITY, _NUMBER, "nth"], how="left", maintain_order="left")
        .join(reached, on=_IDENTITY, how="left", maintain_order="left")
        .with_columns(rank.alias(_RANK))
        .drop("nth", "seen", _REACHED)
    )
    before = known.select(_IDENTITY, _RANK, _root())
    identities = pl.concat([before, rows.select(_IDENTITY, _RANK, pl.col(_NO).alias(_ROOT_NO))])
    first = identities.group_by(_IDENTITY, _RANK).agg(pl.col(_ROOT_NO).min().alias(_FIRST_NO))
    repeats = pl.when(pl.col(_FIRST_NO) < pl.col(_NO)).then(_FIRST_NO).alias(_REPEATS)
    return (
        rows.join(first, on=[_IDENTITY, _RANK], how="left", maintain_order="left").with_columns(repeats).drop(_FIRST_NO)
    )


def _has_number(number: pl.Expr) -> pl.Expr:
    return number.str.contains("[^0\\s|-]")


def _root() -> pl.Expr:
    """その入金を初めて言った明細."""
    return pl.coalesce(_REPEATS, _NO).alias(_ROOT_NO)


def _beside_accounts(rows: pl.DataFrame, told: pl.DataFrame, known: pl.DataFrame, spec: str) -> pl.DataFrame:
    """口座のない明細の相手: each line of an event is taken for a transfer of it where one of the two has no account.

    Lines with accounts choose first, of the transfers that have none. `said` are the file's lines with place and event.
    """
    numbers = pl.col(_NUMBER).filter(pl.col(_SPEC) == spec, _has_number(pl.col(_NUMBER)))
    is_placed = pl.col(PLACE) != ""
    transfers = known.group_by(EVENT, _root()).agg(is_placed.any().alias(_IS_PLACED), numbers.alias(_TOLD))
    with_place = pl.concat([frame.filter(is_placed).select(EVENT) for frame in (known, told)])
    is_money = pl.col(Deposit.KIND) == DepositKind.RECEIVED.value
    placed_new = told.filter(is_placed, is_money, pl.col(_REPEATS).is_null())
    unplaced = told.filter(~is_placed, is_money).join(with_place, on=EVENT, how="semi", maintain_order="left")
    taken = set(told.filter(is_placed)[_REPEATS].drop_nulls())
    chosen = _chosen(placed_new, transfers.filter(~pl.col(_IS_PLACED)), taken)
    chosen |= _chosen(unplaced, transfers, taken | {*chosen.values()})
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


def _chosen(lines: pl.DataFrame, transfers: pl.DataFrame, taken: set[int]) -> dict[int, int]:
    """明細が言っている入金: for each line, in order, the first transfer of its event that is not taken.

    One of its own number in its own format before all; one that its format says under another number never.
    """
    number = pl.col(_NUMBER)
    is_same = _has_number(number) & pl.col(_TOLD).list.contains(number)
    is_other = _has_number(number) & (pl.col(_TOLD).list.len() > 0) & ~is_same
    pairs = lines.join(transfers, on=EVENT).filter(~is_other).sort(~is_same, _NO, _ROOT_NO)
    chosen: dict[int, int] = {}
    for line, root in pairs.select(_NO, _ROOT_NO).iter_rows():
        if line not in chosen and root not in taken:
            chosen[line] = root
            taken = taken | {root}
    return chosen
