"""Reminder risks (督促を妨げるもの): everything that says that claims which look unpaid may have been paid.

Asked when a list is drawn, when two people let one be drawn, and again before it is sent. What the ledger knows now
counts, not what it knew on the night of a payment: a slip may have come after the payment that names it.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

import polars as pl

from elqr.disk.inbox import Arrived, arrivals
from elqr.night.remittance import standing
from elqr.night.take_in import Box, still_held
from elqr.rules.expected_files import arriving
from elqr.rules.joint_payment import sums_of
from elqr.rules.suggestions import ASKED_AT_MOST, neighbours
from elqr.session.session import Session
from elqr.store.queries import arrears as arrears_queries
from elqr.store.queries import held_files as held_queries
from elqr.store.queries import late_notices as late_queries
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
        """妨げるもの, with how many there are and what is at stake."""
        return f"{self.risk.label} {len(self.found):,}（危うい督促 {self.claims:,}件 {self.yen:,}円）"


def against(
    session: Session, claims: pl.DataFrame, announced: pl.DataFrame, agreed: Collection[str] = ()
) -> tuple[Against, ...]:
    """督促を妨げるもの as the ledger and the inboxes are now; none where nothing was found.

    Both frames are Unpaid: claims to be reminded, and those that a 速報 says are paid. `agreed` names what two people
    knew of.
    """
    obstacles = [
        *_files(session, claims, agreed),
        *_records(session, claims, agreed),
        *_money(session, claims, announced, agreed),
    ]
    return tuple(one for one in obstacles if one.found)


def _all(risk: Risk, texts: Sequence[str], claims: pl.DataFrame, agreed: Collection[str]) -> Against:
    """What may concern every one of these claims."""
    left = tuple(text for text in texts if text not in agreed)
    return Against(risk, left, claims.height, int(claims[Unpaid.LEFT_YEN].sum()))


def _files(session: Session, claims: pl.DataFrame, agreed: Collection[str]) -> Iterator[Against]:
    """届いていないファイル, and those that were held back or not taken in yet."""
    with session.ledger.transaction() as connection:
        delivered = report_queries.taken_in(connection, session.night_on)
        rows = arriving(session.rules.arrivals, delivered, session.night_on, session.rules.calendar)
        held = [f"{name}（{FileStatus.QUARANTINED.label}）" for name in still_held(session)["name"]]
        waiting = {f"{arrived.name}（未取込）" for box, arrived in _boxes(session) if _is_new(session, box, arrived)}
    missing = rows.filter(pl.col(Arriving.STATE).is_in(_MISSING)).select(
        pl.concat_str(Arriving.NAME, pl.lit(" "), pl.col(Arriving.DUE_ON).cast(pl.String), pl.lit(" "), Arriving.FILES)
    )
    yield _all(Risk.FILES_MISSING, [text.strip() for text in missing.to_series()], claims, agreed)
    yield _all(Risk.FILES_HELD, sorted([*held, *waiting]), claims, agreed)


def _boxes(session: Session) -> Iterator[tuple[Box, Arrived]]:
    """受信箱の中身 of all inboxes: a payment, money, or a slip that was cancelled may be in any of them."""
    boxes = [(box.path, box.specs, session.watch(box)) for box in (*session.job.inbox, *session.job.money)]
    if (notices := session.job.notices) is not None:
        boxes.append((notices.inbox, (notices.spec,), session.watch_notices(notices)))
    for folder, names, watch in boxes:
        box = Box(session.job.box_name(folder), tuple(session.specs[name] for name in names))
        yield from ((box, arrived) for arrived in arrivals(folder, session.job.thresholds.file_megabytes, watch))


def _is_new(session: Session, box: Box, arrived: Arrived) -> bool:
    """未取込か: no night has looked at this content, or at what was held back before and has come again."""
    connection, file = session.ledger.connection, (arrived.name, arrived.sha256)
    return not (
        night_queries.file_of(connection, arrived.sha256)
        or night_queries.notice_file_known(connection, arrived.sha256)
        or held_queries.lying(connection, session.night_on, file, box.name, box.formats)
    )


def _records(session: Session, claims: pl.DataFrame, agreed: Collection[str]) -> Iterator[Against]:
    """消し込んでいない収納, and yen in suspense that could belong to one of these claims."""
    with session.ledger.transaction() as connection:
        count, yen = arrears_queries.undecided(connection)
        pairs = _pairs(session, _in_suspense(session), claims)
    yield _all(Risk.UNDECIDED, [f"収納 {count:,}件 {yen:,}円"] if count else [], claims, agreed)
    numbers = pairs["payment_no"].unique().sort()
    told = {number: text for number in numbers if (text := f"受付{number}") not in agreed}
    pairs = pairs.filter(pl.col("payment_no").is_in(list(told)))
    at_risk = claims.join(pairs, on=Unpaid.CLAIM_NO, how="semi")
    yield Against(Risk.EXCEPTIONS, tuple(told.values()), at_risk.height, int(at_risk[Unpaid.LEFT_YEN].sum()))


class Doubt(IntEnum):
    """どこまで探すか: by what claims are sought that a payment may be for. Each does so by all before it as well."""

    ITS_CLAIMS = 0
    """What its key names today, and where it ever stood: two people decided that it is paid back."""
    ITS_PAYER = 1
    """Its slip agrees, and its claim is still asked for: what else its payer owes."""
    ITS_YEN = 2
    """What it was for is asked of nobody any more, or not so much: another slip may have come in its place."""
    ITS_KEY = 3
    """Its slip is not known or says otherwise: a slip with a near key may have been meant."""


_DOUBT = (
    pl.when(~pl.col("is_open")).then(Doubt.ITS_CLAIMS.value)
    .when(pl.col("is_unknown") | ~pl.col("agrees")).then(Doubt.ITS_KEY.value)
    .when(pl.col("is_off") | ~pl.col("is_asked_for")).then(Doubt.ITS_YEN.value)
    .otherwise(Doubt.ITS_PAYER.value)
    .alias("doubt")
)  # fmt: skip


def _in_suspense(session: Session) -> pl.DataFrame:
    """仮受にある収納 that is open, or to be paid back: what is left of it as `yen`. Old conflicts stand nowhere."""
    rows = review_queries.exceptions(session.ledger.connection, session.night_on)
    is_held = pl.col("suspense_yen") > 0
    waits = is_held | (pl.col("is_open") & (pl.col("place") == Place.REJECTED.value))
    yen = pl.when(is_held).then("suspense_yen").otherwise("paid_yen").alias("yen")
    is_unknown = pl.col("outcome") == Outcome.KEY_UNKNOWN.value
    return rows.filter(waits).select(*_KEY, "payer_ref", "paid_on", "is_open", yen, is_unknown.alias("is_unknown"))


def _pairs(session: Session, held: pl.DataFrame, claims: pl.DataFrame) -> pl.DataFrame:
    """仮受の収納と調定: payment_no, claim_no of all that may be one of the claims', as far as each is in doubt."""
    connection = session.ledger.connection
    named, stood = arrears_queries.named_claims(connection, held), arrears_queries.stood_on(connection, held)
    own = pl.concat([named, stood.select(named.columns)]).unique()
    payers = own.join(arrears_queries.payers_now(connection, own, session.night_on), on=Unpaid.CLAIM_NO)
    slips = late_queries.late_notices(connection, held.filter("is_open"), session.night_on)
    truths = {
        "agrees": slips.filter("agrees"),
        "is_off": stood.filter("is_off"),
        "is_asked_for": payers.join(named, on=named.columns, how="semi"),
    }
    found = {name: of_these["payment_no"].unique().implode() for name, of_these in truths.items()}
    is_so = (pl.col("payment_no").is_in(number).alias(name) for name, number in found.items())
    held = held.with_columns(is_so).with_columns(_DOUBT)
    by_payer, by_yen, by_key = (held.filter(pl.col("doubt") >= least) for least in list(Doubt)[1:])
    theirs = [by_payer, payers.join(by_payer, on="payment_no", how="semi")]
    pairs = [
        own,
        *(some.join(claims, on=Unpaid.PAYER_REF).select(named.columns) for some in theirs),
        *_of_the_same_yen(session, by_yen, claims),
        *_of_near_keys(session, by_key),
    ]
    return pl.concat(pairs).unique().join(claims, on=Unpaid.CLAIM_NO, how="semi")


def _of_near_keys(session: Session, unknown: pl.DataFrame) -> list[pl.DataFrame]:
    """近い照会キーの調定: payment_no, claim_no. Every slip of a near key is a risk, whatever its 再発行 digit."""
    readable = unknown.filter(pl.col("key_kind") != KeyKind.CUSTOMER.value).with_columns(reissue_no=pl.lit(""))
    near = [neighbours(some) for some in readable.iter_slices(ASKED_AT_MOST)]
    return [arrears_queries.named_claims(session.ledger.connection, frame) for frame in near]


def _of_the_same_yen(session: Session, doubtful: pl.DataFrame, claims: pl.DataFrame) -> list[pl.DataFrame]:
    """金額の合う調定: payment_no, claim_no; by what a slip asks, and by what is left of one or several claims."""
    if doubtful.is_empty():
        return []
    slips = arrears_queries.slip_amounts(session.ledger.connection, claims).rename({"paid_yen": "yen"})
    yen = doubtful["yen"].unique()
    more = arrears_queries.unpaid_of(session.ledger.connection, session.night_on, claims.select(Unpaid.PAYER_REF))
    # With those that are not due a payer may have too many for every choice: of those that are, by themselves as well.
    found = (slips, sums_of(claims, yen), sums_of(more, yen))
    return [doubtful.join(own, on="yen").select("payment_no", Unpaid.CLAIM_NO) for own in found]


def _money(
    session: Session, claims: pl.DataFrame, announced: pl.DataFrame, agreed: Collection[str]
) -> Iterator[Against]:
    """確報の届かない速報, and money for which there are no payments."""
    if not session.rules.contracts:
        return
    with session.ledger.transaction() as connection:
        overdue = money_queries.overdue(connection, session.night_on)
        lines = standing(session.ledger, session.rules, session.night_on).lines
    more = pl.col(Settled.MONEY_YEN) > pl.col(Settled.PAYMENT_YEN) - pl.col(Settled.FEE_YEN)
    unmet = [SettlementOutcome.DIFFERS.value, SettlementOutcome.NO_PAYMENTS.value]
    rows = lines.filter(pl.col(Settled.OUTCOME).is_in(unmet) & more)
    said = [
        f"{name} {day} 入金 {yen:,}円" for name, day, yen in rows.select("contract", "from_on", "money_yen").iter_rows()
    ]
    numbers = [f"受付{number}" for number in overdue["payment_no"].sort()]
    yield _all(Risk.OVERDUE, numbers, announced, agreed)
    yield _all(Risk.MONEY, said, claims, agreed)
