"""Requests that wait (承認待ちの申請): what an approver sees of each ruling, and its end if that is still so."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import polars as pl

from elqr.approvals.decision import Movement, movements
from elqr.approvals.evidence import Compared, compared_with
from elqr.approvals.open_exceptions import NOW, exceptions_table
from elqr.approvals.remarks import remarks_by_ruling
from elqr.approvals.review import Ended, approve_review, effects_now, refuse_review
from elqr.approvals.ruling_state import with_current_payments
from elqr.approvals.waiting_work import Scope, in_scope
from elqr.arithmetic.person_name import same_person
from elqr.disk.content import sha256_of
from elqr.rules.rulings import Effects
from elqr.session.operators import desk_login, seat_words
from elqr.session.session import Session
from elqr.store.entries.acts import ASKED, acts_of
from elqr.store.queries import requests as request_queries
from elqr.store.queries import reviews as queries
from elqr.store.queries import sender_corrections as withdrawal_queries
from elqr.vocabulary.errors import Refused
from elqr.vocabulary.findings import Finding
from elqr.vocabulary.frames import Move, Ruled, RulingEffect
from elqr.vocabulary.report_frames import ExceptionRow
from elqr.vocabulary.ruling_frames import DraftRuling
from elqr.vocabulary.ruling_terms import ReviewKind, Ruling, RulingResult
from elqr.vocabulary.signature import Signature


@dataclass(frozen=True, slots=True)
class AskedRow:
    """申請の一行: a ruling, its payment (columns of 要確認一覧), and what an approval would move now.

    `locked` says why an approval would not carry it out; empty if it would.
    """

    ruling: dict[str, Any]
    label: str
    row: dict[str, Any]
    before_yen: int
    after_yen: int
    moves: tuple[Movement, ...]
    locked: str
    compared: Compared | None
    remarks: tuple[Finding, ...]

    @property
    def number(self) -> int:
        """決裁番号."""
        return int(self.ruling[Ruled.RULING_NO])


@dataclass(frozen=True, slots=True)
class AskedRequest:
    """申請: who asked for what, when and from where; `is_own`: this person asked or decided. `mark` sums it up."""

    number: int
    kind: str
    asked_by: str
    asked_at: str
    seat: str
    is_own: bool
    rows: list[AskedRow]
    mark: str

    @property
    def yen(self) -> int:
        """仮受から動く額."""
        return sum(row.before_yen - row.after_yen for row in self.rows)


@dataclass(frozen=True, slots=True)
class Person:
    """窓口の人: the account and the name, by which one's own requests are known."""

    login: str
    name: str


def waiting_requests(session: Session, scope: Scope) -> list[dict[str, Any]]:
    """承認を待つ決裁の申請 of a scope, the oldest first: its row, `rulings` (count), `yen` held, and `kind_words`.

    A request of which a scope has not all payments is none of it.
    """
    with session.ledger.transaction() as connection:
        rulings = queries.waiting_rulings(connection)
        payments = queries.payments_as_of(connection, NOW, rulings.select(Ruled.PAYMENT_NO).unique())
        ours = in_scope(session, payments, scope)
        beside = rulings.join(
            ours.select(Ruled.PAYMENT_NO, ExceptionRow.SUSPENSE_YEN), on=Ruled.PAYMENT_NO, how="left", validate="m:1"
        )
        held = pl.col(ExceptionRow.SUSPENSE_YEN)
        sums = beside.group_by(Ruled.REVIEW_NO).agg(pl.len(), held.sum(), held.null_count().alias("no"))
        known = {row[Ruled.REVIEW_NO]: row for row in sums.iter_rows(named=True) if not row["no"]}
        kind = request_queries.REVIEW
        rows = request_queries.requests(connection, kind, kind.step.c.result.is_(None))
    return [
        row
        | {
            "rulings": known[row["review_no"]]["len"],
            "yen": known[row["review_no"]][ExceptionRow.SUSPENSE_YEN],
            "kind_words": ReviewKind(row["kind"]).label,
        }
        for row in rows
        if row["review_no"] in known
    ]


def look_at_request(session: Session, number: int, person: Person, scope: Scope) -> AskedRequest | None:
    """申請を見る; None for one that does not wait, or not in this scope."""
    kind = request_queries.REVIEW
    with session.ledger.transaction() as connection:
        heads = request_queries.requests(connection, kind, kind.number == number, kind.step.c.result.is_(None))
        rulings, payments = _of_scope(session, number, scope)
        if not heads or rulings.is_empty():
            return None
        asked = next((act for act in acts_of(connection, kind.name, number) if act["step"] == ASKED), None)
        carried = effects_now(session, rulings)
        rows = _rows(session, rulings, carried, payments)
    (head,) = heads
    names = {head["asked_by"], *rulings[Ruled.STAFF].to_list()}
    is_own = any(same_person(name, person.name) for name in names) or (
        asked is not None and desk_login(asked) == person.login
    )
    asked_at, mark = head["asked_at"], _mark(rulings, carried)
    words = ReviewKind(head["kind"]).label
    return AskedRequest(number, words, head["asked_by"], asked_at, seat_words(head["asked_seat"]), is_own, rows, mark)


def end_rows(
    session: Session, request: tuple[int, str], chosen: Collection[int], signature: Signature, scope: Scope
) -> Ended | AskedRequest | None:
    """承認する, if it does still what was seen: `request` is its number and that mark. Else what it would do now.

    Rulings that could be carried out and are not `chosen` are refused for the signature's reason, and then so are the
    locked ones: without the others, they might be carried out after all. None for a request that is none of the scope.
    Raises Refused for what has ended, for one's own, and where rows go back without a reason.
    """
    number, seen = request
    person = Person(desk_login(session.who.operator.as_dict()), signature.by)
    now = look_at_request(session, number, person, scope)
    if now is None:
        return approve_review(session, number, signature) if _has_ended(session, number, scope) else None
    if now.mark != seen:
        return now
    numbers = {row.number for row in now.rows}
    possible = {row.number for row in now.rows if not row.locked}
    sent_back = numbers - set(chosen) if possible - set(chosen) else set()
    if not possible & set(chosen):
        raise Refused("承認する行が選ばれていません。すべてを却下するなら「却下する」を押してください。")
    if sent_back and not signature.reason.strip():
        raise Refused("選ばない行は却下になります。却下の理由を書いてください。")
    return approve_review(session, number, signature, sent_back)


def send_back(session: Session, number: int, signature: Signature, scope: Scope) -> Ended | None:
    """申請を却下する, or withdraw one's own. None for a request that is none of the scope. Raises Refused."""
    person = Person(desk_login(session.who.operator.as_dict()), signature.by)
    if look_at_request(session, number, person, scope) is None and not _has_ended(session, number, scope):
        return None
    return refuse_review(session, number, signature)


def _has_ended(session: Session, number: int, scope: Scope) -> bool:
    """終わった申請か, of a scope: whoever ends it again is told by whom it was."""
    with session.ledger.transaction():
        return not _of_scope(session, number, scope)[0].is_empty()


def _of_scope(session: Session, number: int, scope: Scope) -> tuple[pl.DataFrame, pl.DataFrame]:
    """範囲の申請: its rulings (frame Ruled) and payments (frame ExceptionRow); empty if not all are of the scope."""
    connection = session.ledger.connection
    rulings = queries.rulings_of(connection, number)
    payments = queries.payments_as_of(connection, NOW, rulings.select(Ruled.PAYMENT_NO).unique())
    is_ours = in_scope(session, payments, scope).height == payments.height
    return (rulings, payments) if is_ours else (rulings.clear(), payments.clear())


def _rows(session: Session, rulings: pl.DataFrame, carried: Effects, payments: pl.DataFrame) -> list[AskedRow]:
    connection = session.ledger.connection
    words = {row["受付番号"]: row for row in exceptions_table(session, payments).frame.to_dicts()}
    effects = {row[RulingEffect.RULING_NO]: row for row in carried.effects.iter_rows(named=True)}
    concerned = withdrawal_queries.concerned(connection, rulings)
    now = with_current_payments(session, rulings, concerned.standing)
    moves = movements(session, carried.moves, Move.RULING_NO)
    remarks = remarks_by_ruling(session, rulings)
    compared = compared_with(session, now)
    rows = []
    for ruling in now.iter_rows(named=True):
        number, payment_no = ruling[Ruled.RULING_NO], ruling[Ruled.PAYMENT_NO]
        effect = effects[number]
        is_void = effect[RulingEffect.RESULT] != RulingResult.APPROVED.value
        rows.append(
            AskedRow(
                ruling,
                Ruling(ruling[Ruled.RULING]).label,
                words[payment_no],
                effect[RulingEffect.BEFORE_YEN],
                effect[RulingEffect.AFTER_YEN],
                tuple(moves.get(number, ())),
                _why(ruling, words[payment_no]) if is_void else "",
                compared.get((payment_no, ruling[Ruled.NOTICE_NO])),
                tuple(remarks.get(number, ())),
            )
        )
    return rows


def _why(ruling: dict[str, Any], row: dict[str, Any]) -> str:
    """承認しても行われないわけ."""
    of_payment, _, of_target = ruling[Ruled.MARK].partition("/")
    state = f"今は {row['理由']} 仮受額 {row['仮受額']:,}円"
    if of_payment and ruling[DraftRuling.MARK_NOW] != of_payment:
        last = f"、前回の決裁 {row['前回の決裁']}" if row["前回の決裁"] else ""
        return f"申請の後に、この収納の状態が変わりました（{state}{last}）。却下して、決め直してもらってください。"
    if of_target and ruling[DraftRuling.TARGET_MARK] != of_target:
        changed = "申請の後に、対象の納付書か調定が変わりました（納付・取消・再発行など）。"
        return f"{changed}却下して、決め直してもらってください。"
    return "承認しても、動く額がありません。同じ調定に先に充てる決裁があるか、対象の納付書に入りません。"


def _mark(rulings: pl.DataFrame, carried: Effects) -> str:
    """申請の照合値: its rulings, and what an approval would do."""
    moved = carried.moves.select(Move.RULING_NO, Move.PAYMENT_NO, Move.ACCOUNT, Move.CLAIM_NO, Move.YEN).rows()
    parts = [rulings.select(*Ruled.SCHEMA).rows(), carried.effects.sort(RulingEffect.RULING_NO).rows()]
    return sha256_of(json.dumps([parts, sorted(map(str, moved))], ensure_ascii=False).encode())
