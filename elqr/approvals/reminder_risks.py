"""Risks (督促を妨げるもの): everything that says that claims which look unpaid may have been paid.

Asked when a list is drawn, when two people let one be drawn, and again before it is sent. What the ledger knows now
counts, not what it knew on the night of a payment: a slip may have come after the payment that names it.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from elqr.disk.inbox import Arrived, arrivals
from elqr.night.remittance import standing
from elqr.night.take_in import still_held
from elqr.rules.expected_files import arriving
from elqr.rules.joint_payment import sums_of
from elqr.rules.suggestions import ASKED_AT_MOST, neighbours
from elqr.session.night import Night
from elqr.store.queries import arrears as arrears_queries
from elqr.store.queries import matching as night_queries
from elqr.store.queries import money as money_queries
from elqr.store.queries import reports as report_queries
from elqr.store.queries import reviews as review_queries
from elqr.vocabulary.arrival_frames import Arriving, Unpaid
from elqr.vocabulary.money_frames import Settled
from elqr.vocabulary.terms import ArrivalState, FileStatus, KeyKind, Outcome, Place, Risk, SettlementOutcome

_KEY = ("payment_no", "key_kind", "key_digits")
_MISSING = [ArrivalState.MISSING.value, ArrivalState.SHORT.value, ArrivalState.OUT_OF_SEQUENCE.value]


@dataclass(frozen=True, slots=True)
class Against:
    """督促を妨げるもの of one kind: what was found, and the claims and yen at risk."""

    risk: Risk
    found: tuple[str, ...]
    claims: int
    yen: int

    @property
    def label(self) -> str:
        return f"{self.risk.label} {len(self.found):,}（危うい督促 {self.claims:,}件 {self.yen:,}円）"


def against(
    night: Night, claims: pl.DataFrame, announced: pl.DataFrame, agreed: Collection[str] = ()
) -> tuple[Against, ...]:
    """督促を妨げるもの as the ledger and the inboxes are now; none where nothing was found.

    Both frames are Unpaid: claims to be reminded, and those that a 速報 says are paid. `agreed` names what two people
    knew of.
    """
    found = [
        *_files(night, claims, agreed),
        *_records(night, claims, agreed),
        *_money(night, claims, announced, agreed),
    ]
    return tuple(own for own in found if own.found)


def _all(risk: Risk, found: Sequence[str], claims: pl.DataFrame, agreed: Collection[str]) -> Against:
    """What may concern every one of these claims."""
    left = tuple(text for text in found if text not in agreed)
    return Against(risk, left, claims.height, int(claims[Unpaid.LEFT_YEN].sum()))


def _files(night: Night, claims: pl.DataFrame, agreed: Collection[str]) -> Iterator[Against]:
    """届いていないファイル, and those that were held back or not taken in yet."""
    with night.ledger.transaction() as connection:
        delivered = report_queries.taken_in(connection, night.night_on)
        rows = arriving(night.rules.arrivals, delivered, night.night_on, night.rules.calendar)
        held = [f"{name}（{FileStatus.QUARANTINED.label}）" for name in still_held(night)["name"]]
        waiting = [f"{arrived.name}（未取込）" for arrived in _boxes(night) if _is_new(night, arrived)]
    missing = rows.filter(pl.col(Arriving.STATE).is_in(_MISSING)).select(
        pl.concat_str(Arriving.NAME, pl.lit(" "), pl.col(Arriving.DUE_ON).cast(pl.String), pl.lit(" "), Arriving.FILES)
    )
    yield _all(Risk.FILES_MISSING, [text.strip() for text in missing.to_series()], claims, agreed)
    yield _all(Risk.FILES_HELD, sorted({*held, *waiting}), claims, agreed)


def _boxes(night: Night) -> Iterator[Arrived]:
    """受信箱の中身 of all inboxes: a payment, money, or a slip that was cancelled may be in any of them."""
    boxes = [(box.path, night.watch(box)) for box in (*night.job.inbox, *night.job.money)]
    if night.job.notices is not None:
        boxes.append((night.job.notices.inbox, night.watch_notices(night.job.notices)))
    for folder, watch in boxes:
        yield from arrivals(folder, night.job.thresholds.file_megabytes, watch)


def _is_new(night: Night, arrived: Arrived) -> bool:
    """未取込か: no night has looked at this content."""
    connection = night.ledger.connection
    return not (
        night_queries.deliveries_of(connection, arrived.name, arrived.sha256)
        or night_queries.file_of(connection, arrived.sha256)
        or night_queries.notice_file_known(connection, arrived.sha256)
    )


def _records(night: Night, claims: pl.DataFrame, agreed: Collection[str]) -> Iterator[Against]:
    """消し込んでいない収納, and open exceptions that could belong to one of these claims.

    Also yen in suspense that are to be paid back, where they were paid for one of these claims: it was settled when
    that was decided.
    """
    with night.ledger.transaction() as connection:
        count, yen = arrears_queries.undecided(connection)
        found = review_queries.exceptions(connection, night.night_on)
        open_, awaiting = found.filter("is_open"), found.filter(~pl.col("is_open") & (pl.col("suspense_yen") > 0))
        waits = (pl.col("suspense_yen") > 0) | (pl.col("place") == Place.REJECTED.value)
        asked = ("payment_no", "outcome", "payer_ref", "paid_on", "key_kind", "key_digits")
        left = pl.when(pl.col("suspense_yen") > 0).then("suspense_yen").otherwise("paid_yen").alias("yen")
        open_ = open_.filter(waits).select(*asked, left)
        paid_for = arrears_queries.named_claims(connection, awaiting.select(*_KEY)).join(claims, on=Unpaid.CLAIM_NO)
        pairs = pl.concat([_pairs(night, open_, claims), paid_for.select("payment_no", Unpaid.CLAIM_NO)]).unique()
    yield _all(Risk.UNDECIDED, [f"収納 {count:,}件 {yen:,}円"] if count else [], claims, agreed)
    numbers = pairs["payment_no"].unique().sort()
    told = {number: text for number in numbers if (text := f"受付{number}") not in agreed}
    pairs = pairs.filter(pl.col("payment_no").is_in(list(told)))
    at_risk = claims.join(pairs, on=Unpaid.CLAIM_NO, how="semi")
    yield Against(Risk.EXCEPTIONS, tuple(told.values()), at_risk.height, int(at_risk[Unpaid.LEFT_YEN].sum()))


def _pairs(night: Night, open_: pl.DataFrame, claims: pl.DataFrame) -> pl.DataFrame:
    """要確認の収納と調定: payment_no, claim_no of every payment that may be one of the claims'.

    By its payer, and who pays its claim now; by its key or a near one, as known today; and, when its key says nothing,
    by the yen that are left of it: what one of the slips of a claim asks (全期 as well), or what is left of some of a
    payer's claims together.
    """
    unknown = open_.filter(pl.col("outcome") == Outcome.KEY_UNKNOWN.value)
    # Every slip of a near key is a risk, whatever its 再発行 digit.
    readable = unknown.filter(pl.col("key_kind") != KeyKind.CUSTOMER.value).with_columns(reissue_no=pl.lit(""))
    near = [neighbours(some) for some in readable.iter_slices(ASKED_AT_MOST)]
    keys = [frame.select(*_KEY) for frame in (open_, *near)]
    named = [arrears_queries.named_claims(night.ledger.connection, frame) for frame in keys]
    payers = [open_.select("payment_no", Unpaid.PAYER_REF).drop_nulls(), _payers_now(night, named[0])]
    pairs = [
        *(own.join(claims, on=Unpaid.PAYER_REF).select("payment_no", Unpaid.CLAIM_NO) for own in payers),
        *named,
        *_by_yen(night, unknown, claims),
    ]
    return pl.concat(pairs).unique().join(claims, on=Unpaid.CLAIM_NO, how="semi")


def _by_yen(night: Night, unknown: pl.DataFrame, claims: pl.DataFrame) -> list[pl.DataFrame]:
    """金額の合う調定: payment_no, claim_no; by what a slip asks, and by what is left of one or several claims."""
    if unknown.is_empty():
        return []
    slips = arrears_queries.slip_amounts(night.ledger.connection, claims).rename({"paid_yen": "yen"})
    yen = unknown["yen"].unique()
    more = arrears_queries.unpaid_of(night.ledger.connection, night.night_on, claims.select(Unpaid.PAYER_REF))
    # With those that are not due a payer may have too many for every choice: of those that are, by themselves as well.
    found = (slips, sums_of(claims, yen), sums_of(more, yen))
    return [unknown.join(own, on="yen").select("payment_no", Unpaid.CLAIM_NO) for own in found]


def _payers_now(night: Night, named: pl.DataFrame) -> pl.DataFrame:
    """今の納付者 of the claims that payments name (payment_no, claim_no): payment_no, payer_ref; an heir's as well."""
    payers = arrears_queries.payers_now(night.ledger.connection, named, night.night_on)
    return named.join(payers, on=Unpaid.CLAIM_NO).select("payment_no", Unpaid.PAYER_REF)


def _money(night: Night, claims: pl.DataFrame, announced: pl.DataFrame, agreed: Collection[str]) -> Iterator[Against]:
    """確報の届かない速報, and money for which there are no payments."""
    if not night.rules.contracts:
        return
    with night.ledger.transaction() as connection:
        overdue = money_queries.overdue(connection, night.night_on)
        lines = standing(night.ledger, night.rules, night.night_on).lines
    more = pl.col(Settled.MONEY_YEN) > pl.col(Settled.PAYMENT_YEN) - pl.col(Settled.FEE_YEN)
    unmet = [SettlementOutcome.DIFFERS.value, SettlementOutcome.NO_PAYMENTS.value]
    rows = lines.filter(pl.col(Settled.OUTCOME).is_in(unmet) & more)
    said = [
        f"{name} {day} 入金 {yen:,}円" for name, day, yen in rows.select("contract", "from_on", "money_yen").iter_rows()
    ]
    numbers = [f"受付{number}" for number in overdue["payment_no"].sort()]
    yield _all(Risk.OVERDUE, numbers, announced, agreed)
    yield _all(Risk.MONEY, said, claims, agreed)
