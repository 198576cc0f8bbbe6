"""Posting (消込・計上): match the payments without a decision with the notices, and enter the result in the ledger.

One transaction posts the night: all accepted files together, and whatever an interrupted night left unmatched. So the
order of files cannot matter, a crash between two steps loses nothing, and running again changes nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import polars as pl

from elqr.night.counting import counting_of, days_of, only_posted
from elqr.night.take_in import Taken
from elqr.rules.alarms import unknown_by_channel
from elqr.rules.matching import Matched
from elqr.rules.night_result import NOTICE_COLUMNS, NightResult
from elqr.rules.partition import join_parts, slices
from elqr.rules.postings import postings, year_days
from elqr.rules.settlement import bundles
from elqr.rules.suggestions import neighbours, suggestions
from elqr.session.session import Session
from elqr.store.entries import money as money_entries
from elqr.store.entries import night as entries
from elqr.store.entries.seals import Seal
from elqr.store.queries import matching as queries
from elqr.store.queries import moves
from elqr.store.queries import reports as report_queries
from elqr.store.queries import undecided as undecided_queries
from elqr.store.queries.open_claims import open_claims
from elqr.vocabulary.frames import Candidate, Decision, Known, Payment, Posting, join_beside
from elqr.vocabulary.terms import Outcome, Place

_MATCHED_AT_ONCE = 125_000
"""Payments: more at once take more memory, and are no faster."""


@dataclass(frozen=True, slots=True)
class Posted:
    """計上した結果: sums for the run's record, and the seals of the rows that were entered.

    `places` are count and yen by 行き先, `channels` the counts that `channels` of this module returns.
    """

    count: int
    yen: int
    places: dict[str, list[int]]
    channels: dict[str, list[int]]
    posted_yen: int
    seals: dict[str, Seal]


@dataclass(frozen=True, slots=True)
class Decided:
    """決めたこと, not yet entered: what the reports show of it, where it need not be read back, and how to enter it."""

    result: NightResult | None
    enter: Callable[[], Posted]


def decide(session: Session, taken: Taken) -> Decided:
    """消し込む: all payments without a decision. `taken` is emptied: memory does not hold a large night twice.

    The identities of the payments are entered here, because nothing needs them afterwards and they take memory too.
    """
    payments = _waiting(session, taken)
    matched, posted, days, result = _match(session, payments)
    entries.enter_known(session.ledger.connection, payments, matched.decisions, matched.known_as)
    payments = payments.drop(Known.IDENTITY, Known.OCCURRENCE_NO)
    return Decided(result, partial(_enter, session, payments, matched.decisions, posted, days))


def _waiting(session: Session, taken: Taken) -> pl.DataFrame:
    """未消込の収納: those just taken in, from memory, and the others from the ledger; frame Payment, by number."""
    parts = [*undecided_queries.undecided_payments(session.ledger.connection, taken), *taken.values()]
    taken.clear()
    parts.sort(key=lambda part: part[Payment.PAYMENT_NO].min() or 0)
    waiting = pl.concat([Payment.empty(), *parts])
    return waiting if waiting[Payment.PAYMENT_NO].is_sorted() else waiting.sort(Payment.PAYMENT_NO)


def _match(session: Session, payments: pl.DataFrame) -> tuple[Matched, pl.DataFrame, pl.DataFrame, NightResult | None]:
    """消し込む. Returns the decisions, frames Posting and CountedDay, and what reports show of them.

    None of that where something else is of this day.
    """
    parts, notices = _match_parts(session, payments)
    matched = join_parts(parts)
    decisions, connection, day = matched.decisions, session.ledger.connection, session.night_on
    assert payments[Payment.PAYMENT_NO].equals(decisions[Payment.PAYMENT_NO]), "each once, in the same order"
    days = days_of(counting_of(session), payments, partial(undecided_queries.open_specs, connection))
    in_years = year_days(payments, days)
    posted = postings(decisions, matched.allocations, in_years, session.register.without_closing_period())
    days = only_posted(days, posted)
    if moves.has_moves(connection, day) or not report_queries.decided_files(connection, day).is_empty():
        return matched, posted, days, None
    files = report_queries.open_files(connection)
    result = NightResult.of(payments, decisions, notices, join_beside(posted, days, [Posting.PAYMENT_NO]), files, day)
    return matched, posted, days, result


def _match_parts(session: Session, payments: pl.DataFrame) -> tuple[list[Matched], pl.DataFrame]:
    """部分ごとに消し込む. Returns the parts, and the notices that the keys name, columns `NOTICE_COLUMNS`.

    What is looked up ends with this function, to free the memory that a large night needs.
    """
    with session.ledger.readers() as readers:
        known = queries.known_events(readers, payments)
        candidates = queries.candidates(readers, payments)
        claims = open_claims(readers, candidates)
    parts = slices(_MATCHED_AT_ONCE, payments, known, candidates.select(*Candidate.SCHEMA), claims)
    return [part.matched() for part in parts], candidates.select(NOTICE_COLUMNS)


def _enter(
    session: Session, payments: pl.DataFrame, decisions: pl.DataFrame, posted: pl.DataFrame, days: pl.DataFrame
) -> Posted:
    """記帳する: decisions, postings, their days, and bundles of these payments."""
    connection, day = session.ledger.connection, session.night_on
    near = _suggest(session, payments, decisions)
    seals = entries.enter_decisions(connection, day, payments, decisions, posted, near)
    entries.enter_counted_days(connection, days)
    money_entries.enter_bundles(connection, day, bundles(payments, decisions))
    count, yen = payments.height, int(payments[Payment.PAID_YEN].sum())
    posted_yen = int(posted[Posting.YEN].sum())
    return Posted(count, yen, places(decisions, payments), channels(decisions, payments), posted_yen, seals)


def _suggest(session: Session, payments: pl.DataFrame, decisions: pl.DataFrame) -> pl.DataFrame:
    """近い納付書を探す, for payments whose key is not known; frame Suggestion."""
    is_unknown = decisions[Decision.OUTCOME] == Outcome.KEY_UNKNOWN.value
    near = neighbours(payments.filter(is_unknown))
    return suggestions(near, queries.notices_by_key(session.ledger.connection, near))


def places(decisions: pl.DataFrame, payments: pl.DataFrame) -> dict[str, list[int]]:
    """行き先ごとの件数と金額: place → count and yen. Asserts that they add up to what was read."""
    rows = decisions.join(payments.select(Payment.PAYMENT_NO, Payment.PAID_YEN), on=Payment.PAYMENT_NO, validate="1:1")
    sums = rows.group_by(Decision.PLACE).agg(pl.len(), pl.col(Payment.PAID_YEN).sum())
    by_place = {place: [count, yen] for place, count, yen in sums.iter_rows()}
    assert sum(count for count, _ in by_place.values()) == payments.height
    assert sum(yen for _, yen in by_place.values()) == int(payments[Payment.PAID_YEN].sum())
    return {place.value: by_place.get(place.value, [0, 0]) for place in Place}


def channels(decisions: pl.DataFrame, payments: pl.DataFrame) -> dict[str, list[int]]:
    """チャネルごとの確報の件数と該当なしの件数: channel → both counts. Later nights compare theirs with these."""
    rows = decisions.join(payments.select(Payment.PAYMENT_NO, Payment.CHANNEL, Payment.STAGE), on=Payment.PAYMENT_NO)
    return {channel: [confirmed, unknown] for channel, confirmed, unknown in unknown_by_channel(rows).iter_rows()}
