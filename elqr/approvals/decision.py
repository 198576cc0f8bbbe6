"""Decisions at a screen (画面での決裁): what a decision would move, and its request if that is still so.

What a person saw before confirming is summed up in a mark. A request whose mark is no longer that of the ledger is not
entered: what it would do now is shown instead. Whatever is asked for twice is asked for once.
"""

import json
from dataclasses import dataclass
from typing import Any

import polars as pl

from elqr.approvals.claim_inquiry import claims_in_full
from elqr.approvals.evidence import Compared, compared_with
from elqr.approvals.exception_list import open_rows, row_words
from elqr.approvals.open_exceptions import NOW, late_notices
from elqr.approvals.review import Requested, effects_now, request_rulings
from elqr.approvals.ruling_state import OWN_NOTICE_NO, with_ledger_state
from elqr.approvals.targets import Target, targets_of
from elqr.approvals.waiting_work import Scope, in_scope
from elqr.arithmetic.wareki import wareki_year
from elqr.disk.content import sha256_of
from elqr.report.claim_card import claim_cards, installment_words
from elqr.report.excel.row_mark import CONTENT, marks
from elqr.rules.rulings import judge_proposals
from elqr.session.session import Session
from elqr.store.queries import reviews as queries
from elqr.store.queries.review_trail import trail
from elqr.vocabulary.errors import Refused
from elqr.vocabulary.findings import Finding
from elqr.vocabulary.frames import Claim, Move, Ruled, RulingEffect
from elqr.vocabulary.report_frames import ExceptionRow, LateNotice, RulingRecord
from elqr.vocabulary.ruling_frames import DraftRuling
from elqr.vocabulary.ruling_terms import NEEDS_TARGET, ReviewKind, Ruling, RulingResult
from elqr.vocabulary.signature import Signature
from elqr.vocabulary.terms import Account

_UNSAID = "（理由はまだない）"
"""The reason of a decision that is only looked at."""


@dataclass(frozen=True, slots=True)
class Decision:
    """決めること: one ruling on some exceptions, and the notice that their yen are for, if it needs one."""

    payment_nos: tuple[int, ...]
    ruling: Ruling
    notice_no: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Movement:
    """動き: how much of a payment goes to or from a place, and what is unpaid on a claim before and after."""

    where: str
    yen: int
    unpaid_before: int | None = None
    unpaid_after: int | None = None


@dataclass(frozen=True, slots=True)
class ForeseenRow:
    """一件の見通し: the exception (columns of 要確認一覧), its yen in suspense before and after, and what moves.

    `refusal` says why it cannot be requested. `is_void`: it can be, but an approval would move nothing.
    """

    row: dict[str, Any]
    before_yen: int = 0
    after_yen: int = 0
    moves: tuple[Movement, ...] = ()
    is_void: bool = False
    refusal: Finding | None = None


@dataclass(frozen=True, slots=True)
class Foreseen:
    """見通し: what a decision would do now, row by row; `mark` sums it up.

    `repeated` are pairs of 受付番号 and the request that says the same already. `lost` are pairs of a number that is no
    exception of the scope any more, and what became of it.
    """

    decision: Decision
    target: Target | None
    rows: list[ForeseenRow]
    repeated: tuple[tuple[int, int], ...]
    lost: tuple[tuple[int, str], ...]
    mark: str

    @property
    def good(self) -> list[ForeseenRow]:
        """申請できる行."""
        return [row for row in self.rows if row.refusal is None]

    @property
    def is_possible(self) -> bool:
        """申請できるか: something is left to request, and an approval would do something."""
        return any(not row.is_void for row in self.good)


def foresee(session: Session, decision: Decision, by: str, scope: Scope) -> Foreseen:
    """見通す: what approving this decision would move, as the ledger is now. Nothing is entered."""
    with session.ledger.transaction():
        rows = open_rows(session, decision.payment_nos, scope)
        known = set(rows[ExceptionRow.PAYMENT_NO])
        lost = tuple((number, _fate(session, number, scope)) for number in decision.payment_nos if number not in known)
        targets = targets_of(session, {decision.notice_no: ""}, scope) if decision.notice_no else []
        target = targets[0] if targets else None
        if rows.is_empty():
            return Foreseen(decision, target, [], (), lost, "")
        drafts = with_ledger_state(session, _drafts(session, rows, decision, target, by))
        verdict = judge_proposals(drafts, "")
        good = _numbered(verdict.good)
        carried = effects_now(session, good)
        results = {
            row[Ruled.PAYMENT_NO]: row
            for row in good.join(carried.effects, on=Ruled.RULING_NO, validate="1:1").iter_rows(named=True)
        }
        words = row_words(session, rows)
        moves = movements(session, carried.moves)
        refusals = {finding.at.record_no: finding for finding in verdict.findings}
        repeated = tuple(
            (number, review_no)
            for number, review_no in drafts.select(DraftRuling.PAYMENT_NO, DraftRuling.WAITING_REVIEW_NO).iter_rows()
            if number not in results and number not in refusals and review_no is not None
        )
    foreseen = [
        ForeseenRow(words[number], refusal=refusals[number])
        if number in refusals
        else ForeseenRow(
            words[number],
            results[number][RulingEffect.BEFORE_YEN],
            results[number][RulingEffect.AFTER_YEN],
            tuple(moves.get(number, ())),
            results[number][RulingEffect.RESULT] != RulingResult.APPROVED.value,
        )
        for number in decision.payment_nos
        if number in refusals or number in results
    ]
    mark = _mark(results, carried.moves, sorted(refusals))
    return Foreseen(decision, target, foreseen, repeated, lost, mark)


def compared_on(session: Session, seen: Foreseen) -> Compared | None:
    """対象との突き合わせ of a decision on one exception: its record beside the notice that it names."""
    if seen.target is None or len(seen.rows) != 1:
        return None
    pair = (seen.rows[0].row["受付番号"], seen.target.notice_no)
    names = (ExceptionRow.PAYMENT_NO, Ruled.NOTICE_NO)
    with session.ledger.transaction():
        return compared_with(session, pl.DataFrame([pair], schema=dict.fromkeys(names, pl.Int64), orient="row"))[pair]


def request_decision(
    session: Session, decision: Decision, signature: Signature, seen: str, scope: Scope
) -> Requested | Foreseen:
    """決裁を申請する, if what it would do is still what was `seen` (a mark); else what it would do now.

    Raises Refused for a decision without a reason.
    """
    if not decision.reason.strip():
        raise Refused("理由がありません。監査に答えられるように、理由を書いてください。")
    foreseen = foresee(session, decision, signature.by, scope)
    if foreseen.repeated and not foreseen.good:
        return Requested(foreseen.repeated[0][1], 0, 0, len(foreseen.repeated), ())
    if foreseen.mark != seen or not foreseen.is_possible:
        return foreseen
    with session.ledger.transaction():
        rows = open_rows(session, [row.row["受付番号"] for row in foreseen.good], scope)
        drafts = _drafts(session, rows, decision, foreseen.target, signature.by)
    request_row = {"kind": ReviewKind.DESK.value, "source": "", "sha256": ""}
    return request_rulings(session, ReviewKind.DESK.label, drafts, request_row, signature)


def _fate(session: Session, payment_no: int, scope: Scope) -> str:
    """どうなったか of a number that is no exception of the scope: its last ruling, if the scope may know."""
    connection = session.ledger.connection
    number = pl.DataFrame({ExceptionRow.PAYMENT_NO: [payment_no]})
    if in_scope(session, queries.payments_as_of(connection, NOW, number), scope).is_empty():
        return "見られる要確認にありません"
    ended = [row for row in trail(connection, payment_no=payment_no).to_dicts() if row[RulingRecord.RESULT]]
    if not ended:
        return "要確認にありません"
    last = ended[-1]
    result, label = RulingResult(last[RulingRecord.RESULT]).label, Ruling(last[RulingRecord.RULING]).label
    return f"決裁{last[RulingRecord.RULING_NO]}「{label}」を {last[RulingRecord.TAKEN_BY]} が{result}しました"


def _drafts(session: Session, rows: pl.DataFrame, decision: Decision, target: Target | None, by: str) -> pl.DataFrame:
    """決裁案: what somebody decided on open exceptions (frame ExceptionRow), as it would stand in a book."""
    own_notices = pl.DataFrame(schema={LateNotice.PAYMENT_NO: pl.Int64, LateNotice.NOTICE_NO: pl.Int64})
    if target is None and decision.ruling is Ruling.APPLY:
        late = late_notices(session, rows.filter(pl.col(ExceptionRow.SUSPENSE_YEN) > 0))
        own_notices = late.filter(LateNotice.FITS).select(*own_notices.columns)
    notice_no = pl.col(LateNotice.NOTICE_NO)
    if target is not None and decision.ruling in NEEDS_TARGET:
        notice_no = pl.lit(target.notice_no, pl.Int64)
    content = marks(rows).rename({"受付番号": DraftRuling.PAYMENT_NO})
    beside = rows.join(content, on=DraftRuling.PAYMENT_NO, validate="1:1", maintain_order="left")
    beside = beside.join(own_notices, on=DraftRuling.PAYMENT_NO, how="left", validate="1:1", maintain_order="left")
    return beside.select(
        pl.col(DraftRuling.PAYMENT_NO).alias(DraftRuling.LINE_NO),
        ExceptionRow.FILE_SHA256,
        ExceptionRow.RECORD_NO,
        pl.lit("").alias(DraftRuling.IDENTITY),
        pl.col(CONTENT).alias(DraftRuling.MARK),
        pl.lit(decision.ruling.label).alias(DraftRuling.RULING_SAID),
        pl.lit(decision.ruling.value).alias(DraftRuling.RULING),
        pl.lit("").alias(DraftRuling.TARGET),
        pl.lit(decision.reason.strip() or _UNSAID).alias(DraftRuling.REASON),
        pl.lit(by).alias(DraftRuling.STAFF),
        pl.lit("").alias(DraftRuling.FORMULA),
        notice_no.alias(OWN_NOTICE_NO),
    )


def _numbered(proposals: pl.DataFrame) -> pl.DataFrame:
    """まだ番号のない決裁: proposals as frame Ruled, with numbers that no ruling has."""
    numbers = (-pl.int_range(1, pl.len() + 1, dtype=pl.Int64)).reverse().alias(Ruled.RULING_NO)
    return Ruled.of(proposals.with_columns(numbers, pl.lit(0, pl.Int64).alias(Ruled.REVIEW_NO)))


def movements(session: Session, moves: pl.DataFrame, by: str = Move.PAYMENT_NO) -> dict[int, list[Movement]]:
    """動きを言葉に: frame Move → the number in the column `by` → what moves where."""
    claims = moves.select(Claim.CLAIM_NO).drop_nulls().unique()
    frames = claims_in_full(session, claims)
    numbers = frames.claims[Claim.CLAIM_NO].to_list()
    cards = dict(zip(numbers, claim_cards(frames), strict=True))
    unpaid = {number: card["unpaid_yen"] for number, card in cards.items()}
    by_number: dict[int, list[Movement]] = {}
    for row in moves.iter_rows(named=True):
        number, yen, claim_no = row[by], row[Move.YEN], row[Move.CLAIM_NO]
        if claim_no is None:
            movement = Movement(Account(row[Move.ACCOUNT]).label, yen)
        else:
            before = unpaid[claim_no]
            unpaid[claim_no] = max(before - yen, 0)
            movement = Movement(_claim_words(session, cards[claim_no]), yen, before, unpaid[claim_no])
        by_number.setdefault(number, []).append(movement)
    return by_number


def _claim_words(session: Session, card: dict[str, Any]) -> str:
    name, part = session.register.name_of(card["procedure_code"]), installment_words(card["installment_no"])
    return f"{name} {wareki_year(card['levy_year'])} {card['bill_no']} {part}"


def _mark(results: dict[int, dict[str, Any]], moves: pl.DataFrame, refused: list[int]) -> str:
    """見通しの照合値: what the person sees, and the marks of the payments and the notice that it rests on."""
    names = (Ruled.PAYMENT_NO, Ruled.RULING, Ruled.NOTICE_NO, Ruled.MARK, RulingEffect.RESULT)
    yen = (RulingEffect.BEFORE_YEN, RulingEffect.AFTER_YEN)
    decided = [[results[number][name] for name in (*names, *yen)] for number in sorted(results)]
    moved = moves.select(Move.PAYMENT_NO, Move.ACCOUNT, Move.CLAIM_NO, Move.YEN).rows()
    text = json.dumps([decided, sorted(map(str, moved)), refused], ensure_ascii=False)
    return sha256_of(text.encode())
