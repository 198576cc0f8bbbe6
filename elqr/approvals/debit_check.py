"""Checking a request (口座振替の依頼の照合): every debit against what the ledger says is owed, before the bank gets it.

Nothing is recorded. A debit that was answered is known by its result, which the ledger has. One that was sent and has
no result yet stands in a request that staff name beside this one: the file itself says best what was sent.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import polars as pl

from elqr.approvals.reminder_gate import held_on
from elqr.arithmetic.plain_number import yen_text
from elqr.disk.content import sha256_of
from elqr.formats.debits import debits_of, places_of
from elqr.formats.intake.inspection import Inspection, inspect
from elqr.formats.spec import Spec
from elqr.report.debit_check import CheckedDebits, Sum
from elqr.report.tables.night import claim_words, labels_of
from elqr.rules.debits import (
    ELSEWHERE,
    DebitDays,
    as_payments,
    find_faults,
    match_debits,
    may_be_asked,
)
from elqr.session.session import Session
from elqr.store.queries import debits as queries
from elqr.store.queries.claim_lookup import claim_cards
from elqr.store.queries.matching import candidates, known_events
from elqr.store.queries.open_claims import open_claims
from elqr.store.queries.reminder_statuses import statuses_by
from elqr.store.queries.reminders import holds_on
from elqr.store.queries.undecided import covers
from elqr.vocabulary.arrival_frames import Held
from elqr.vocabulary.claim_frames import OpenClaim
from elqr.vocabulary.codes import Code
from elqr.vocabulary.debit_frames import Debit, DebitFault, DebitStanding, DebitSum, NamingPayment
from elqr.vocabulary.findings import LISTED_PER_CODE, Finding, Location
from elqr.vocabulary.frames import Candidate, CandidateNotice, Decision, KnownEvent, Payment, join_beside
from elqr.vocabulary.terms import Channel, Stage

_NOTICE = (CandidateNotice.LEVY_YEAR, CandidateNotice.BILL_NO, Candidate.INSTALLMENT_NO, Candidate.ISSUED_ON)
_IN_SUSPENSE = "要確認の収納"


@dataclass(frozen=True, slots=True)
class Request:
    """依頼: its file, its format and its debits (frame Debit)."""

    name: str
    sha256: str
    spec: Spec
    debits: pl.DataFrame


def read_request(
    session: Session, name: str, data: bytes, specs: Sequence[Spec], named: Spec | None
) -> tuple[Inspection, Request | None]:
    """依頼を読む: what is to say about the file, and the request if nothing is wrong with it."""
    inspection = inspect(data, name, specs, session.night_on, named)
    if inspection.spec is None or inspection.decoded is None or inspection.findings:
        return inspection, None
    return inspection, Request(name, sha256_of(data), inspection.spec, debits_of(inspection.decoded))


def check_request(session: Session, request: Request, others: Sequence[Request]) -> CheckedDebits:
    """依頼を台帳と照らす. `others` are requests of the same day, or earlier ones whose results have not all come."""
    days = DebitDays(session.night_on, session.job.debits.early_days, session.job.debits.late_days)
    same = [other for other in others if other.sha256 == request.sha256]
    with session.ledger.transaction():
        standings = _with_results(session, _stand(session, request.debits))
        elsewhere = _find_elsewhere(session, request, others)
        lacking = _find_lacking(session, standings, others, days)
    faults = find_faults(standings, elsewhere, days)
    good = request.debits.join(faults, on=Debit.RECORD_NO, how="anti")
    sums = {Code(code): Sum(count, yen) for code, count, yen in _sums_of(faults, DebitFault.CODE).iter_rows()}
    if same:
        sums[Code.DEBIT_ELSEWHERE], good = _sum(request.debits), good.clear()
    if not lacking.is_empty():
        sums[Code.DEBIT_LACKING] = Sum(lacking.height, int(lacking[DebitStanding.OPEN_YEN].sum()))
    findings = [
        *_same_findings(request, same),
        *_record_findings(request, faults),
        *_lacking_findings(request, lacking),
    ]
    return CheckedDebits(
        file=request.name,
        spec=f"{request.spec.name}（{request.spec.title}）",
        others=tuple(other.name for other in others),
        asked=_sum(request.debits),
        good=_sum(good),
        sums=DebitSum.of(_sums_of(standings, DebitSum.DEBIT_ON, DebitSum.PROCEDURE_CODE, DebitSum.LEVY_YEAR)),
        faults=dict(sorted(sums.items())),
        findings=tuple(sorted(findings)),
    )


def _sum(debits: pl.DataFrame) -> Sum:
    return Sum(debits.height, int(debits[Debit.YEN].sum()))


def _sums_of(rows: pl.DataFrame, *by: str) -> pl.DataFrame:
    """件数と金額 by some columns: these, count and yen, in order."""
    return rows.group_by(by).agg(pl.len().alias(DebitSum.COUNT), pl.col(Debit.YEN).sum()).sort(by)


def _stand(session: Session, debits: pl.DataFrame) -> pl.DataFrame:
    """引落と台帳: frame DebitStanding of debits (frame Debit), without results. Needs an open transaction."""
    connection, night = session.ledger.connection, session.night_on
    payments = as_payments(debits)
    notices = candidates([connection], payments)
    claims = open_claims([connection], notices)
    matched = match_debits(payments, notices.select(*Candidate.SCHEMA), claims)
    of_notice = notices.unique(Candidate.NOTICE_NO).select(Candidate.NOTICE_NO, *_NOTICE)
    due = queries.due_days(connection, of_notice, night)
    keys = matched.join(of_notice.join(due, on=Candidate.NOTICE_NO), on=Candidate.NOTICE_NO, how="left", validate="m:1")
    pays = keys.join(claims.select(OpenClaim.NOTICE_NO, OpenClaim.CLAIM_NO), on=OpenClaim.NOTICE_NO)
    pays = pays.join(debits.select(Debit.RECORD_NO, Debit.DEBIT_ON), on=Debit.RECORD_NO, validate="m:1")
    for words in (_payers(session, matched), _waiting(session, pays), _stops(session, pays)):
        keys = keys.join(words, on=Debit.KEY_DIGITS, how="left", validate="1:1")
    keys = keys.rename(
        {str(Decision.CLAIM_YEN): str(DebitStanding.OPEN_YEN), str(Debit.RECORD_NO): str(DebitStanding.FIRST_NO)}
    )
    rows = join_beside(debits, keys, [Debit.KEY_DIGITS])
    return DebitStanding.of(
        rows.with_columns(
            claim_words(session.register).alias(DebitStanding.CLAIM_WORDS),
            pl.lit(None, pl.String).alias(DebitStanding.RESULT),
            pl.col(DebitStanding.WAS_TRIED).fill_null(False),
        )
    )


def _payers(session: Session, matched: pl.DataFrame) -> pl.DataFrame:
    """先に納めたもの: key_digits and `paid` of keys whose claims are settled, by the ledger or an earlier record."""
    other = Decision.OTHER_PAYMENT_NO
    rows = matched.filter(pl.col(other).is_not_null()).select(Payment.KEY_DIGITS, other)
    of_file = matched.select(
        pl.col(Payment.PAYMENT_NO).alias(other),
        pl.format("この依頼の{}件目と同じ調定", Payment.RECORD_NO).alias(DebitStanding.PAID),
    )
    numbers = rows.filter(pl.col(other) > 0).select(pl.col(other).alias(Payment.PAYMENT_NO))
    payments = queries.payments_numbered(session.ledger.connection, numbers)
    of_ledger = payments.select(
        pl.col(Payment.PAYMENT_NO).alias(other), pl.format("収納済 {}", _payment_words()).alias(DebitStanding.PAID)
    )
    words = pl.concat([of_file, of_ledger])
    return rows.join(words, on=other, validate="m:1").select(Payment.KEY_DIGITS, DebitStanding.PAID)


def _payment_words() -> pl.Expr:
    channel, yen = labels_of(Payment.CHANNEL, Channel), yen_text(Payment.PAID_YEN)
    return pl.format("{}円 {} {} 受付番号{}", yen, channel, Payment.PAID_ON, Payment.PAYMENT_NO)


def _waiting(session: Session, pays: pl.DataFrame) -> pl.DataFrame:
    """納めたかもしれない収納: key_digits, `waiting` and `was_tried`. `pays` has key_digits and claim_no."""
    named = queries.naming_payments(session.ledger.connection, pays, session.night_on)
    is_confirmed = pl.col(NamingPayment.STAGE) == Stage.CONFIRMED.value
    stage = pl.when(is_confirmed).then(pl.lit(_IN_SUSPENSE)).otherwise(labels_of(NamingPayment.STAGE, Stage))
    words = pl.when(NamingPayment.WAITS).then(pl.format("{} {}", stage, _payment_words()))
    rows = pays.select(Debit.KEY_DIGITS, NamingPayment.CLAIM_NO).join(named, on=NamingPayment.CLAIM_NO)
    return rows.group_by(Debit.KEY_DIGITS).agg(
        words.sort_by(NamingPayment.PAYMENT_NO).drop_nulls().first().alias(DebitStanding.WAITING),
        (pl.col(NamingPayment.STAGE) == Stage.NOT_COLLECTED.value).any().alias(DebitStanding.WAS_TRIED),
    )


def _stops(session: Session, pays: pl.DataFrame) -> pl.DataFrame:
    """督促を止めているわけ: key_digits and `stop`, of what holds on 引落日. `pays` also has claim_no and debit_on."""
    connection, night = session.ledger.connection, session.night_on
    records, statuses = holds_on(connection, pays, night), statuses_by(connection, night)
    cards = claim_cards(connection, pays)
    words = pl.format("{}　{}", "held_why", "held_detail").alias(DebitStanding.STOP)
    by_day = [
        of_day.join(held_on(records, statuses, cards, day), on=Held.CLAIM_NO).select(Debit.KEY_DIGITS, words)
        for (day,), of_day in pays.partition_by(Debit.DEBIT_ON, as_dict=True).items()
    ]
    empty = pl.DataFrame(schema={Debit.KEY_DIGITS: pl.String, DebitStanding.STOP: pl.String})
    return pl.concat([empty, *by_day]).unique(Debit.KEY_DIGITS, keep="last", maintain_order=True)


def _with_results(session: Session, standings: pl.DataFrame) -> pl.DataFrame:
    """結果の来た引落: the rows with `result` of each debit whose result the ledger has."""
    known = known_events([session.ledger.connection], standings)
    stage = labels_of(KnownEvent.STAGE, Stage)
    words = pl.format("{} の結果「{}」 受付番号{}", KnownEvent.PAID_ON, stage, KnownEvent.PAYMENT_NO)
    results = known.sort(KnownEvent.PAYMENT_NO).unique(KnownEvent.IDENTITY, keep="last")
    results = results.select(KnownEvent.IDENTITY, words.alias(DebitStanding.RESULT))
    rows = join_beside(standings.drop(DebitStanding.RESULT), results, [Debit.IDENTITY])
    return DebitStanding.of(rows)


def _find_elsewhere(session: Session, request: Request, others: Sequence[Request]) -> pl.DataFrame:
    """ほかの依頼にある引落: key_digits and `elsewhere`, of what another asks for by the same key or for the same claim.

    What has a result is left out.
    """
    place = (
        other.debits.with_columns(pl.format("{} {}件目", pl.lit(other.name), Debit.RECORD_NO).alias(ELSEWHERE))
        for other in others
        if other.sha256 != request.sha256
    )
    connection, other_key = session.ledger.connection, "other_key"
    rows = pl.concat([pl.DataFrame(schema={**Debit.SCHEMA, ELSEWHERE: pl.String}), *place])
    rows = rows.join(known_events([connection], rows), on=Debit.IDENTITY, how="anti", maintain_order="left")
    rows = rows.filter(pl.col(Debit.KEY_DIGITS) != "").unique(Debit.KEY_DIGITS, keep="first", maintain_order=True)
    by_key = rows.select(Debit.KEY_DIGITS, ELSEWHERE)
    of_others = covers(connection, rows).select(OpenClaim.CLAIM_NO, pl.col(Debit.KEY_DIGITS).alias(other_key))
    pairs = covers(connection, request.debits).join(of_others, on=OpenClaim.CLAIM_NO).sort(Debit.KEY_DIGITS, other_key)
    by_claim = pairs.join(by_key.rename({str(Debit.KEY_DIGITS): other_key}), on=other_key, maintain_order="left")
    both = pl.concat([by_key, by_claim.select(by_key.columns)])
    return both.unique(Debit.KEY_DIGITS, keep="first", maintain_order=True)


def _find_lacking(
    session: Session, standings: pl.DataFrame, others: Sequence[Request], days: DebitDays
) -> pl.DataFrame:
    """依頼にない調定: frame DebitStanding of notices with an account that are due as those of the request are.

    They are of the same procedures, and neither they nor their claims are in this request or in another.
    """
    connection, due_on = session.ledger.connection, pl.col(DebitStanding.DUE_ON)
    due = standings.filter(due_on.is_not_null(), days.is_in_time())
    accounts = queries.with_account(connection, due)
    asked = pl.concat([standings.select(*Debit.SCHEMA), *(other.debits for other in others)])
    rest = accounts.join(asked, on=Debit.KEY_DIGITS, how="anti").sort(Debit.KEY_DIGITS)
    of_rest, of_asked = covers(connection, rest), covers(connection, asked)
    covered = of_rest.join(of_asked, on=OpenClaim.CLAIM_NO, how="semi")
    rest = rest.join(covered, on=Debit.KEY_DIGITS, how="anti", maintain_order="left")
    rest = rest.join(due.group_by(DebitStanding.DUE_ON).agg(pl.col(Debit.DEBIT_ON).max()), on=DebitStanding.DUE_ON)
    debits = rest.sort(Debit.KEY_DIGITS).select(
        pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias(Debit.RECORD_NO),
        pl.lit("").alias(Debit.IDENTITY),
        Debit.KEY_KIND,
        Debit.KEY_DIGITS,
        pl.lit(0, pl.Int64).alias(Debit.YEN),
        Debit.DEBIT_ON,
    )
    return _stand(session, debits).filter(may_be_asked())


def _same_findings(request: Request, same: Sequence[Request]) -> Iterator[Finding]:
    for other in same:
        yield Finding(Location(request.name), Code.DEBIT_ELSEWHERE, f"{other.name} とまったく同じファイル")


def _record_findings(request: Request, faults: pl.DataFrame) -> Iterator[Finding]:
    at_key, at_yen = places_of(request.spec, request.name)
    places = {Code.DEBIT_AMOUNT: at_yen, Code.DEBIT_PAST: Location(request.name, field="引落日")}
    listed = faults.group_by(DebitFault.CODE, maintain_order=True).head(LISTED_PER_CODE)
    for row in listed.iter_rows(named=True):
        code = Code(row[DebitFault.CODE])
        at = replace(places.get(code, at_key), record_no=row[DebitFault.RECORD_NO])
        yield Finding(at, code, row[DebitFault.ACTUAL], row[DebitFault.EXPECTED])


def _lacking_findings(request: Request, lacking: pl.DataFrame) -> Iterator[Finding]:
    words = pl.format(
        "{} 納期限 {} 顧客番号 {}", DebitStanding.CLAIM_WORDS, DebitStanding.DUE_ON, Debit.KEY_DIGITS
    ).alias(DebitFault.ACTUAL)
    rows = lacking.select(words, pl.format("{}円", yen_text(DebitStanding.OPEN_YEN)).alias(DebitFault.EXPECTED))
    for actual, expected in rows.head(LISTED_PER_CODE).iter_rows():
        yield Finding(Location(request.name), Code.DEBIT_LACKING, actual, expected)
