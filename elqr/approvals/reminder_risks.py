"""Reminder risks (督促を妨げるもの): every sign that claims which look unpaid may have been paid.

They are looked for when a list is drawn, when two people let one be drawn, and again before it is sent. What counts is
what the ledger knows now, not on the night of a payment: a notice may have come after the payment that names it.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

import polars as pl

from elqr.disk.inbox import Arrived, read_inbox
from elqr.night.delivery_reading import Box
from elqr.night.remittance import open_settlement
from elqr.night.take_in import list_held
from elqr.rules.expected_files import check_arrivals
from elqr.rules.joint_payment import claims_adding_up
from elqr.rules.suggestions import ASKED_AT_MOST, neighbours
from elqr.session.session import Session
from elqr.store.queries import arrears as arrears_queries
from elqr.store.queries import held_files as held_queries
from elqr.store.queries import late_notices as late_queries
from elqr.store.queries import matching as night_queries
from elqr.store.queries import money as money_queries
from elqr.store.queries import reports as report_queries
from elqr.store.queries import reviews as review_queries
from elqr.store.queries.typed_batches import open_batches
from elqr.vocabulary.arrival_frames import Arriving, StoodOn, Unpaid
from elqr.vocabulary.frames import Payment
from elqr.vocabulary.money_frames import OverduePayment, Settled
from elqr.vocabulary.report_frames import ExceptionRow, HeldFile, LateNotice
from elqr.vocabulary.terms import ArrivalState, FileStatus, KeyKind, Outcome, Place, Risk, SettlementOutcome

_KEY = ("payment_no", "key_kind", "key_digits")
_MISSING = [ArrivalState.MISSING.value, ArrivalState.SHORT.value, ArrivalState.OUT_OF_SEQUENCE.value]


@dataclass(frozen=True, slots=True)
class Obstacle:
    """督促を妨げるもの of one kind: what was found, in words, and how many claims and yen are at risk."""

    risk: Risk
    found: tuple[str, ...]
    claims: int
    yen: int

    @property
    def label(self) -> str:
        """妨げるもの in words, with its counts and yen."""
        return f"{self.risk.label} {len(self.found):,}（危うい督促 {self.claims:,}件 {self.yen:,}円）"


def find_risks(
    session: Session, claims: pl.DataFrame, announced: pl.DataFrame, accepted: Collection[str] = ()
) -> tuple[Obstacle, ...]:
    """督促を妨げるものを探す, in the ledger and the inboxes as they are now.

    Both frames are Unpaid: `claims` are to be reminded, `announced` are paid according to a 速報. `accepted` are texts
    of risks that two people accepted; they are left out.
    """
    obstacles = [
        *_file_risks(session, claims, accepted),
        *_payment_risks(session, claims, accepted),
        *_money_risks(session, claims, announced, accepted),
    ]
    return tuple(obstacle for obstacle in obstacles if obstacle.found)


def _risk_to_all(risk: Risk, texts: Sequence[str], claims: pl.DataFrame, accepted: Collection[str]) -> Obstacle:
    """A risk that may concern every one of these claims."""
    new = tuple(text for text in texts if text not in accepted)
    return Obstacle(risk, new, claims.height, int(claims[Unpaid.LEFT_YEN].sum()))


def _file_risks(session: Session, claims: pl.DataFrame, accepted: Collection[str]) -> Iterator[Obstacle]:
    """届いていないファイル, and files that were held back or not taken in yet."""
    with session.ledger.transaction() as connection:
        delivered = report_queries.taken_in(connection, session.night_on)
        rows = check_arrivals(session.rules.arrivals, delivered, session.night_on, session.rules.calendar)
        held_files = list_held(session)
        held = [f"{name}（{FileStatus.QUARANTINED.label}）" for name in held_files[HeldFile.NAME]]
        new_names = [arrived.name for box, arrived in _list_boxes(session) if _is_new(session, box, arrived)]
        batches, held_contents = open_batches(connection, session.night_on), set(held_files[HeldFile.SHA256])
        new_names += [row["name"] for row in batches if row["sha256"] not in held_contents]
        waiting = {f"{name}（未取込）" for name in new_names}
    missing = rows.filter(pl.col(Arriving.STATE).is_in(_MISSING)).select(
        pl.concat_str(Arriving.NAME, pl.lit(" "), pl.col(Arriving.DUE_ON).cast(pl.String), pl.lit(" "), Arriving.FILES)
    )
    yield _risk_to_all(Risk.FILES_MISSING, [text.strip() for text in missing.to_series()], claims, accepted)
    yield _risk_to_all(Risk.FILES_HELD, sorted([*held, *waiting]), claims, accepted)


def _list_boxes(session: Session) -> Iterator[tuple[Box, Arrived]]:
    """受信箱の中身を並べる, of all inboxes: any may hold a payment, money, or the cancellation of a notice."""
    boxes = [(box.path, box.specs, session.watch(box)) for box in session.job.boxes]
    if (notices := session.job.notices) is not None:
        boxes.append((notices.inbox, (notices.spec,), session.watch_notices(notices)))
    for folder, names, watch in boxes:
        box = Box(session.job.box_name(folder), tuple(session.specs[name] for name in names))
        yield from ((box, arrived) for arrived in read_inbox(folder, session.job.thresholds.file_megabytes, watch))


def _is_new(session: Session, box: Box, arrived: Arrived) -> bool:
    """未取込か: no night has looked at this content. A file that was held back and came again counts as new."""
    connection, file = session.ledger.connection, (arrived.name, arrived.sha256)
    return not (
        night_queries.file_of(connection, arrived.sha256)
        or night_queries.notice_file_known(connection, arrived.sha256)
        or held_queries.lying(connection, session.night_on, file, box.name, box.formats)
    )


def _payment_risks(session: Session, claims: pl.DataFrame, accepted: Collection[str]) -> Iterator[Obstacle]:
    """消し込んでいない収納, and yen in suspense that could belong to one of these claims."""
    with session.ledger.transaction() as connection:
        count, yen = arrears_queries.undecided(connection)
        pairs = _pair(session, _suspended_payments(session), claims)
    yield _risk_to_all(Risk.UNDECIDED, [f"収納 {count:,}件 {yen:,}円"] if count else [], claims, accepted)
    numbers = pairs[StoodOn.PAYMENT_NO].unique().sort()
    texts = {number: text for number in numbers if (text := f"受付{number}") not in accepted}
    pairs = pairs.filter(pl.col(StoodOn.PAYMENT_NO).is_in(list(texts)))
    at_risk = claims.join(pairs, on=Unpaid.CLAIM_NO, how="semi")
    yield Obstacle(Risk.EXCEPTIONS, tuple(texts.values()), at_risk.height, int(at_risk[Unpaid.LEFT_YEN].sum()))


class Reach(IntEnum):
    """どこまで探すか: how widely to look for the claims that a payment may be for. Each level includes those before."""

    ITS_CLAIMS = 0
    """Two people decided to pay it back: the claims that its key names today, and those it ever stood on."""
    ITS_PAYER = 1
    """Its notice agrees, and a valid notice still asks for its claim: also the payer's other claims."""
    ITS_YEN = 2
    """No valid notice asks for its claim any more, or for as much: also claims of the same yen, under any notice."""
    ITS_KEY = 3
    """Its notice is unknown or contradicts it: also notices with a near key."""


_YEN, _REACHED = "yen", "reach"

_REACH = (
    pl.when(~pl.col(ExceptionRow.IS_OPEN)).then(Reach.ITS_CLAIMS.value)
    .when(pl.col("is_unknown") | ~pl.col(LateNotice.AGREES)).then(Reach.ITS_KEY.value)
    .when(pl.col(StoodOn.IS_OFF) | ~pl.col("is_asked_for")).then(Reach.ITS_YEN.value)
    .otherwise(Reach.ITS_PAYER.value)
    .alias(_REACHED)
)  # fmt: skip


def _suspended_payments(session: Session) -> pl.DataFrame:
    """仮受にある収納, open or to be paid back: its key, payer_ref, paid_on, is_open, yen, is_unknown.

    `yen` are those in suspense. Conflicts of old nights, and debits whose result has not come, stand on no account; all
    their yen count.
    """
    rows = review_queries.exceptions(session.ledger.connection, session.night_on)
    is_held = pl.col(ExceptionRow.SUSPENSE_YEN) > 0
    may_hold = (pl.col(ExceptionRow.PLACE) == Place.REJECTED.value) | (
        pl.col(ExceptionRow.OUTCOME) == Outcome.DOUBTFUL.value
    )
    waits = is_held | (pl.col(ExceptionRow.IS_OPEN) & may_hold)
    yen = pl.when(is_held).then(ExceptionRow.SUSPENSE_YEN).otherwise(ExceptionRow.PAID_YEN).alias(_YEN)
    is_unknown = pl.col(ExceptionRow.OUTCOME) == Outcome.KEY_UNKNOWN.value
    return rows.filter(waits).select(
        *_KEY, ExceptionRow.PAYER_REF, ExceptionRow.PAID_ON, ExceptionRow.IS_OPEN, yen, is_unknown.alias("is_unknown")
    )


def _pair(session: Session, held: pl.DataFrame, claims: pl.DataFrame) -> pl.DataFrame:
    """仮受の収納と調定を組む: payment_no, claim_no wherever a payment may be for a claim. See `Reach`.

    A payment whose key could not be read may be for any claim.
    """
    has_key = pl.col(Payment.KEY_DIGITS) != ""
    keyless, held = held.filter(~has_key), held.filter(has_key)
    connection = session.ledger.connection
    named, past = arrears_queries.named_claims(connection, held), arrears_queries.stood_on(connection, held)
    known = pl.concat([named, past.select(named.columns)]).unique()
    payers = known.join(arrears_queries.payers_now(connection, known, session.night_on), on=Unpaid.CLAIM_NO)
    notices = late_queries.late_notices(connection, held.filter(ExceptionRow.IS_OPEN), session.night_on)
    truths = {
        LateNotice.AGREES: notices.filter(LateNotice.AGREES),
        StoodOn.IS_OFF: past.filter(StoodOn.IS_OFF),
        "is_asked_for": payers.join(named, on=named.columns, how="semi"),
    }
    numbers = {name: rows[StoodOn.PAYMENT_NO].unique().implode() for name, rows in truths.items()}
    are_true = (pl.col(StoodOn.PAYMENT_NO).is_in(payment_nos).alias(name) for name, payment_nos in numbers.items())
    held = held.with_columns(are_true).with_columns(_REACH)
    by_payer, by_yen, by_key = (held.filter(pl.col(_REACHED) >= least) for least in list(Reach)[1:])
    with_payer = [by_payer, payers.join(by_payer, on=StoodOn.PAYMENT_NO, how="semi")]
    pairs = [
        known,
        *(payments.join(claims, on=Unpaid.PAYER_REF).select(named.columns) for payments in with_payer),
        *_pair_by_yen(session, by_yen, claims),
        *_pair_by_near_keys(session, by_key),
        keyless.select(StoodOn.PAYMENT_NO).join(claims.select(Unpaid.CLAIM_NO), how="cross").select(named.columns),
    ]
    return pl.concat(pairs).unique().join(claims, on=Unpaid.CLAIM_NO, how="semi")


def _pair_by_near_keys(session: Session, unknown: pl.DataFrame) -> list[pl.DataFrame]:
    """近い照会キーで組む: payment_no, claim_no. Every notice of a near key is a risk, whatever its 再発行 digit."""
    readable = unknown.filter(pl.col(Payment.KEY_KIND) != KeyKind.CUSTOMER.value).with_columns(reissue_no=pl.lit(""))
    near = [neighbours(payments) for payments in readable.iter_slices(ASKED_AT_MOST)]
    return [arrears_queries.named_claims(session.ledger.connection, keys) for keys in near]


def _pair_by_yen(session: Session, doubtful: pl.DataFrame, claims: pl.DataFrame) -> list[pl.DataFrame]:
    """金額で組む: payment_no, claim_no, by the amount of a notice, and by what is left of one or several claims."""
    if doubtful.is_empty():
        return []
    notices = arrears_queries.notice_amounts(session.ledger.connection, claims).rename({Payment.PAID_YEN: _YEN})
    yen = doubtful[_YEN].unique()
    unpaid = arrears_queries.unpaid_of(session.ledger.connection, session.night_on, claims.select(Unpaid.PAYER_REF))
    # A payer may have too many unpaid claims to try every choice of them. So the due ones are tried alone as well.
    amounts = (notices, claims_adding_up(claims, yen), claims_adding_up(unpaid, yen))
    return [doubtful.join(rows, on=_YEN).select(Payment.PAYMENT_NO, Unpaid.CLAIM_NO) for rows in amounts]


def _money_risks(
    session: Session, claims: pl.DataFrame, announced: pl.DataFrame, accepted: Collection[str]
) -> Iterator[Obstacle]:
    """確報の届かない速報, and money for which there are no payments."""
    if not session.rules.contracts:
        return
    with session.ledger.transaction() as connection:
        overdue = money_queries.overdue(connection, session.night_on)
        lines = open_settlement(session.ledger, session.rules, session.night_on).lines
    is_more_money = pl.col(Settled.MONEY_YEN) > pl.col(Settled.PAYMENT_YEN) - pl.col(Settled.FEE_YEN)
    unmet = [SettlementOutcome.DIFFERS.value, SettlementOutcome.NO_PAYMENTS.value]
    rows = lines.filter(pl.col(Settled.OUTCOME).is_in(unmet) & is_more_money)
    deposits = [
        f"{name} {day} 入金 {yen:,}円"
        for name, day, yen in rows.select(Settled.CONTRACT, Settled.FROM_ON, Settled.MONEY_YEN).iter_rows()
    ]
    payments = [f"受付{number}" for number in overdue[OverduePayment.PAYMENT_NO].sort()]
    yield _risk_to_all(Risk.OVERDUE, payments, announced, accepted)
    yield _risk_to_all(Risk.MONEY, deposits, claims, accepted)
