"""The review (要確認の往復): exceptions go to finance, decisions come back, and a second person approves them.

A request holds the rulings that one person handed in. Nothing moves until another approves it. The approval checks
every ruling again and does not carry out those whose payment or notice has changed since.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from elqr.approvals.four_eyes import (
    Request,
    end_request,
    enter_request,
    find_waiting,
    record_request,
    refuse_same_person,
)
from elqr.approvals.open_exceptions import NOW, Search, filter_exceptions, late_notices
from elqr.approvals.remarks import remarks_of_review
from elqr.approvals.ruling_state import (
    OWN_NOTICE_NO,
    notice_marks,
    rulings_to_undo,
    with_current_payments,
    with_ledger_state,
    with_state_to_pay_out,
    with_state_to_undo,
)
from elqr.arithmetic.fiscal_year import OpenYears
from elqr.arithmetic.plain_number import plain_number
from elqr.report.excel.row_mark import CONTENT, marks
from elqr.rules.payouts import hindrances
from elqr.rules.ruling_reversal import by_payment, refusals, reversal
from elqr.rules.rulings import Effects, decided_on, effects, fingerprint, judge_proposals
from elqr.session.session import Session
from elqr.store.entries.links import ReviewEnd
from elqr.store.queries import reviews as queries
from elqr.store.queries import sender_corrections as withdrawal_queries
from elqr.store.queries.payouts import enter_payouts
from elqr.store.queries.requests import REVIEW
from elqr.vocabulary.errors import NotFound, Refused
from elqr.vocabulary.findings import Finding
from elqr.vocabulary.frames import Move, Proposal, Ruled, RulingEffect
from elqr.vocabulary.report_frames import ExceptionRow, LateNotice
from elqr.vocabulary.ruling_frames import DraftPayout, DraftRuling, PaymentNow, Payout
from elqr.vocabulary.ruling_terms import ReviewKind, Ruling, RulingResult
from elqr.vocabulary.signature import Signature
from elqr.vocabulary.terms import Account


@dataclass(frozen=True, slots=True)
class Requested:
    """申請の結果: its number (0 when there is none), how many rulings and yen it holds, and the rows not in it.

    `same` rows repeat a waiting ruling, `findings` say why rows were refused, `left_out` were found by the search but
    have no notice to be applied to. `returned` are pairs of payment_no and yen that undoing a ruling would put into
    suspense, as the claims are now. `remarks` are what who approves should look at.
    """

    review_no: int
    count: int
    yen: int
    same: int
    findings: tuple[Finding, ...]
    left_out: int = 0
    returned: tuple[tuple[int, int], ...] = ()
    remarks: tuple[Finding, ...] = ()


NOTHING = Requested(0, 0, 0, 0, ())
"""申請なし: nothing was asked for."""


@dataclass(frozen=True, slots=True)
class PayoutEntry:
    """還付の記入: the day and the number of a step, 加算金, and 宛名番号 of who gets it, if it is not the payer."""

    done_on: date
    number: str
    interest_yen: int = 0
    payee_ref: str = ""

    def columns(self) -> dict[str, pl.Expr]:
        """The columns of frame Payout."""
        values = (self.done_on, self.number, self.interest_yen, self.payee_ref)
        names = (Payout.DONE_ON, Payout.NUMBER, Payout.INTEREST_YEN, Payout.PAYEE_REF)
        return {str(name): pl.lit(value) for name, value in zip(names, values, strict=True)}


@dataclass(frozen=True, slots=True)
class Ended:
    """承認・却下の結果: how many rulings had which result, and the yen that they moved out of suspense.

    `withdrawn_yen` were taken back by their sender, wherever they stood. `stale` are the ruling_no of those that were
    not carried out. `returned` are pairs of payment_no and yen that undoing a ruling put into suspense, because the
    claim had no room for them.
    """

    review_no: int
    counts: dict[RulingResult, int]
    moved_yen: int
    withdrawn_yen: int
    stale: tuple[int, ...]
    returned: tuple[tuple[int, int], ...] = ()


def request_by_search(
    session: Session, search: Search, ruling: Ruling, signature: Signature, target: str = ""
) -> Requested:
    """条件でまとめて決める: one ruling on every open exception that the search finds. `target` is a 納付番号.

    「納付書に充てる」 without a target is for payments whose notice came later: each with yen in suspense is applied to
    the notice of its own key. The others that the search finds are left out. Raises NotFound for numbers that are no
    exceptions.
    """
    with session.ledger.transaction() as connection:
        # A payment that is named by its number is answered even when it is decided already.
        is_eligible = pl.col(ExceptionRow.IS_OPEN) | pl.col(DraftRuling.PAYMENT_NO).is_in(search.payment_nos)
        exceptions = filter_exceptions(session, queries.exceptions(connection, NOW).filter(is_eligible), search)
        if search.payment_nos and exceptions.is_empty():
            numbers = "・".join(f"受付{number}" for number in search.payment_nos)
            raise NotFound(f"{numbers}は要確認にありません。elqr review list で確かめてください。")
        own_notices = pl.DataFrame(schema={"payment_no": pl.Int64, "notice_no": pl.Int64})
        is_by_own_key = ruling is Ruling.APPLY and not target.strip()
        if is_by_own_key:
            own_notices = (
                late_notices(session, exceptions.filter(pl.col(DraftRuling.SUSPENSE_YEN) > 0))
                .filter(LateNotice.FITS)
                .select(DraftRuling.PAYMENT_NO, DraftRuling.NOTICE_NO)
            )
    chosen = exceptions.join(own_notices, on=DraftRuling.PAYMENT_NO, how="semi") if is_by_own_key else exceptions
    rows = chosen.join(own_notices, on=DraftRuling.PAYMENT_NO, how="left", validate="1:1", maintain_order="left")
    rows = rows.join(marks(chosen).rename({"受付番号": DraftRuling.PAYMENT_NO}), on=DraftRuling.PAYMENT_NO).select(
        pl.col(DraftRuling.PAYMENT_NO).alias(DraftRuling.LINE_NO),
        ExceptionRow.FILE_SHA256,
        ExceptionRow.RECORD_NO,
        pl.lit("").alias(DraftRuling.IDENTITY),
        pl.col(CONTENT).alias(DraftRuling.MARK),
        pl.lit(ruling.label).alias(DraftRuling.RULING_SAID),
        pl.lit(ruling.value).alias(DraftRuling.RULING),
        pl.lit(plain_number(target.strip())).alias(DraftRuling.TARGET),
        pl.lit(signature.stripped().reason).alias(DraftRuling.REASON),
        pl.lit(signature.by).alias(DraftRuling.STAFF),
        pl.lit("").alias(DraftRuling.FORMULA),
        pl.col(DraftRuling.NOTICE_NO).alias(OWN_NOTICE_NO),
    )
    request_row = {"kind": ReviewKind.SEARCH.value, "source": str(search), "sha256": ""}
    requested = request_rulings(session, "条件指定", rows, request_row, signature)
    return replace(requested, left_out=exceptions.height - chosen.height)


def request_rulings(
    session: Session, name: str, rows: pl.DataFrame, request_row: dict[str, str], signature: Signature
) -> Requested:
    """決裁を申請する, for the rows that can be carried out. `request_row` has keys `kind`, `source` and `sha256`.

    `rows` has what frame DraftRuling says that people wrote, file_sha256 and record_no, and `OWN_NOTICE_NO`.
    """
    with session.ledger.transaction():
        session.refuse_earlier_day()
        drafts = with_ledger_state(session, rows)
        verdict = judge_proposals(drafts, name)
        review_no = 0
        if not verdict.good.is_empty():
            review_no = enter_review(session, request_row, verdict.good, signature)
        remarks = remarks_of_review(session, review_no)
    yen = drafts.join(verdict.good, on=Proposal.PAYMENT_NO, how="semi")[DraftRuling.SUSPENSE_YEN].sum()
    return Requested(review_no, verdict.good.height, int(yen), verdict.same, verdict.findings, remarks=remarks)


def request_undo(session: Session, ruling_nos: tuple[int, ...], signature: Signature) -> Requested:
    """決裁の取消を申請する, by their numbers. Raises NotFound; Refused with the reason when one cannot be undone."""
    with session.ledger.transaction() as connection:
        session.refuse_earlier_day()
        rulings = queries.rulings_by_no(connection, ruling_nos)
        if lost := sorted(set(ruling_nos) - set(rulings[Ruled.RULING_NO].to_list())):
            raise NotFound(f"決裁番号 {', '.join(map(str, lost))} はありません。elqr review trail で確かめてください。")
        postings = queries.made_by(connection, rulings)
        undoing = rulings.with_columns(
            pl.lit(Ruling.UNDO.value).alias(Ruled.RULING),
            pl.col(Ruled.RULING_NO).alias(Ruled.UNDOES_NO),
            is_current=pl.lit(True),
        )
        years = OpenYears(session.register.without_closing_period(), session.night_on)
        claims = queries.target_claims(connection, postings.drop_nulls(Ruled.NOTICE_NO))
        reversed_ = reversal(undoing, claims, postings, years)
        rows = with_state_to_undo(session, rulings, postings, reversed_.gone)
        if reasons := refusals(rows):
            raise Refused(f"取り消せない決裁があります。{'。'.join(reasons)}。")
        rows = rows.join(notice_marks(session, postings), on=Ruled.RULING_NO, how="left", validate="1:1")
        rows = rows.with_columns(pl.lit("").alias(Proposal.MARK), pl.col(Ruled.RULING_NO).alias(Proposal.UNDOES_NO))
        rows = rows.with_columns(pl.lit(Ruling.UNDO.value).alias(Proposal.RULING))
        proposals = proposals_of(signed_rows(rows, signature))
        request_row = {"kind": ReviewKind.UNDO.value, "source": "", "sha256": ""}
        review_no = enter_review(session, request_row, proposals, signature)
    yen = int(rows[PaymentNow.SUSPENSE_YEN].sum())
    return Requested(review_no, proposals.height, yen, 0, (), returned=by_payment(reversed_.returned))


def request_payout(
    session: Session, step: Ruling, payment_nos: tuple[int, ...], entry: PayoutEntry, signature: Signature
) -> Requested:
    """還付の一歩を申請する, for payments by their numbers, each with the same entry.

    Raises Refused with the reason when one cannot take the step.
    """
    with session.ledger.transaction():
        session.refuse_earlier_day()
        if entry.done_on > session.night_on:
            raise Refused(f"{step.label}の日付 {entry.done_on} は、まだ来ていません。")
        rows = with_state_to_pay_out(session, payment_nos).with_columns(
            pl.lit(step.value).alias(Proposal.RULING), **entry.columns()
        )
        if reasons := hindrances(rows).drop_nulls().to_list():
            raise Refused(f"{step.label}にできない収納があります。{'。'.join(reasons)}。")
        entries = rows.select(Proposal.PAYMENT_NO, *entry.columns())
        proposals = proposals_of(signed_rows(rows, signature))
        request_row = {"kind": ReviewKind.PAYOUT.value, "source": "", "sha256": ""}
        review_no = enter_review(session, request_row, proposals, signature, entries)
        remarks = remarks_of_review(session, review_no)
    moved = DraftPayout.REFUNDED_YEN if step is Ruling.BOUNCED else DraftPayout.HELD_YEN
    return Requested(review_no, proposals.height, int(rows[moved].sum()), 0, (), remarks=remarks)


def signed_rows(rows: pl.DataFrame, signature: Signature) -> pl.DataFrame:
    """署名した行: the rows, all decided by who requests them, for one reason."""
    reason, staff = pl.lit(signature.stripped().reason), pl.lit(signature.by)
    return rows.with_columns(reason.alias(Proposal.REASON), staff.alias(Proposal.STAFF))


def proposals_of(rows: pl.DataFrame) -> pl.DataFrame:
    """決裁の案: frame Proposal of `rows` that have rulings, and the marks of their payments and targets."""
    lacking = [column for column in _MAY_LACK if column not in rows.columns]
    rows = rows.with_columns(pl.lit(None, column.dtype).alias(column) for column in lacking)
    return Proposal.of(rows.with_columns(decided_on(Proposal.MARK).alias(Proposal.MARK)))


_MAY_LACK = (Proposal.NOTICE_NO, DraftRuling.TARGET_MARK, Proposal.UNDOES_NO)
"""What a row of proposals may lack: it names no notice, or undoes nothing."""


def enter_review(
    session: Session,
    request_row: dict[str, str],
    proposals: pl.DataFrame,
    signature: Signature,
    entries: pl.DataFrame | None = None,
) -> int:
    """申請を記す, with its rulings, what each says besides, and its link in the chain. Returns its number.

    `request_row` is as of `request_rulings`. `entries` has payment_no and the other columns of frame Payout.
    """
    request, connection = enter_request(session, REVIEW, request_row, signature), session.ledger.connection
    numbers = queries.enter_rulings(connection, request.number, proposals)
    if entries is not None:
        rows = numbers.join(entries, on=Proposal.PAYMENT_NO, validate="1:1", maintain_order="left")
        enter_payouts(connection, Payout.of(rows))
    record_request(session, request)
    return request.number


def effects_now(session: Session, rulings: pl.DataFrame) -> Effects:
    """今の効果: what approving these rulings (frame Ruled) does, as the ledger is now."""
    connection = session.ledger.connection
    concerned = withdrawal_queries.concerned(connection, rulings)
    rows = with_current_payments(session, rulings, concerned.standing)
    postings = queries.made_by(connection, rulings_to_undo(rulings))
    claims = queries.target_claims(connection, concerned.notices(rows, postings))
    years = OpenYears(session.register.without_closing_period(), session.night_on)
    return effects(rows, claims, postings, concerned, years)


def approve_review(session: Session, review_no: int, signature: Signature, sent_back: Collection[int] = ()) -> Ended:
    """決裁を承認する: by another person. Carries out the rulings that are still current, in one transaction.

    Those in `sent_back` (ruling_no) are refused in the same step, for the reason of the signature. Raises NotFound;
    Refused for a request that has ended, for one's own, and where nothing is left to approve.
    """
    with session.ledger.transaction() as connection:
        session.refuse_earlier_day()
        request = find_waiting(session, REVIEW, review_no)
        rulings = queries.rulings_of(connection, review_no)
        refuse_same_person(session, request, signature.by, rulings[Ruled.STAFF].unique().sort().to_list())
        is_back = pl.col(Ruled.RULING_NO).is_in(list(sent_back))
        back, kept = rulings.filter(is_back), rulings.filter(~is_back)
        if kept.is_empty():
            raise Refused("承認する行がありません。すべてを却下するなら、却下してください。")
        carried = effects_now(session, kept)
        ruling_effects = pl.concat([carried.effects, _refused(session, back)]).sort(RulingEffect.RULING_NO)
        queries.enter_effects(connection, session.night_on, ruling_effects, carried.moves)
        ended = replace(_summarize(review_no, ruling_effects, carried.moves), returned=by_payment(carried.returned))
        signed = signature.stripped() if back.height else replace(signature, reason="")
        _end(session, request, RulingResult.APPROVED, signed, (ended, rulings))
    return ended


def refuse_review(session: Session, review_no: int, signature: Signature) -> Ended:
    """決裁の申請を却下する, or withdraw one's own. Raises NotFound, Refused."""
    with session.ledger.transaction() as connection:
        session.refuse_earlier_day()
        request = find_waiting(session, REVIEW, review_no)
        rulings = queries.rulings_of(connection, review_no)
        refused = _refused(session, rulings)
        queries.enter_effects(connection, session.night_on, refused, Move.empty())
        ended = _summarize(review_no, refused, Move.empty())
        _end(session, request, RulingResult.REFUSED, signature.stripped(), (ended, rulings))
    return ended


def _refused(session: Session, rulings: pl.DataFrame) -> pl.DataFrame:
    """却下の結果 of rulings: frame RulingEffect. No yen move."""
    yen = queries.standing(session.ledger.connection, rulings, NOW).select(
        Ruled.PAYMENT_NO,
        *(pl.col(PaymentNow.SUSPENSE_YEN).alias(n) for n in (RulingEffect.BEFORE_YEN, RulingEffect.AFTER_YEN)),
    )
    rows = rulings.join(yen, on=Ruled.PAYMENT_NO, validate="m:1", maintain_order="left")
    return RulingEffect.of(rows.with_columns(pl.lit(RulingResult.REFUSED.value).alias(RulingEffect.RESULT)))


def _summarize(review_no: int, ruling_effects: pl.DataFrame, moves: pl.DataFrame) -> Ended:
    """結果をまとめる, from frames RulingEffect and Move."""
    results = ruling_effects[RulingEffect.RESULT].to_list()
    counts = {result: results.count(result.value) for result in RulingResult}
    before, after = ruling_effects.select(pl.col(RulingEffect.BEFORE_YEN, RulingEffect.AFTER_YEN).sum()).row(0)
    withdrawn = moves.filter(pl.col(Move.ACCOUNT) == Account.WITHDRAWN.value)
    stale = ruling_effects.filter(pl.col(RulingEffect.RESULT) == RulingResult.STALE.value)
    stale_nos = tuple(stale[RulingEffect.RULING_NO].to_list())
    return Ended(review_no, counts, int(before - after), int(withdrawn[Move.YEN].sum()), stale_nos)


def _end(
    session: Session, request: Request, result: RulingResult, signature: Signature, done: tuple[Ended, pl.DataFrame]
) -> None:
    """申請を終える: the link of the chain has the result of each ruling, and the yen that moved."""
    ended, rulings = done
    link = ReviewEnd(
        review=ended.review_no,
        rulings=fingerprint(rulings),
        results={result.value: count for result, count in ended.counts.items()},
        moved_yen=ended.moved_yen,
        withdrawn_yen=ended.withdrawn_yen,
        taken_by=signature.by,
    )
    end_request(session, request, result, signature, link)
