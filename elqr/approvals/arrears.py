"""The reminder gate (督促の関門): claims that look unpaid, and everything that says they may have been paid.

A list is drawn only when nothing stands against it, or when two people agreed to draw it in spite of just that. An
approval holds for one situation: these claims with these yen, and these risks; and it opens one list.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from elqr.approvals.four_eyes import Request, ask, end_request, find_waiting, need_another
from elqr.approvals.reminder_risks import Against, against
from elqr.session.session import Session
from elqr.store.entries.links import ArrearsEnd
from elqr.store.queries import arrears as queries
from elqr.store.queries.requests import ARREARS, requests
from elqr.store.tables.arrears import arrears_request
from elqr.vocabulary.arrival_frames import Unpaid
from elqr.vocabulary.errors import Refused
from elqr.vocabulary.signature import Signature
from elqr.vocabulary.terms import RulingResult


@dataclass(frozen=True, slots=True)
class Situation:
    """督促の状況: claims to be listed (frame Unpaid), those that a 速報 says are paid, and what stands against."""

    claims: pl.DataFrame
    announced: pl.DataFrame
    against: tuple[Against, ...]

    @property
    def count(self) -> int:
        """何件: claims that look unpaid."""
        return self.claims.height

    @property
    def yen(self) -> int:
        """いくら: what is left of them."""
        return int(self.claims[Unpaid.LEFT_YEN].sum())

    @property
    def sha256(self) -> str:
        """この状況の照合値: of the claims with their yen, and of all that stands against drawing them."""
        rows = self.claims.sort(Unpaid.CLAIM_NO).select(Unpaid.CLAIM_NO, Unpaid.LEFT_YEN).rows()
        risks = [(one.risk.value, one.found) for one in self.against]
        return hashlib.sha256(json.dumps([rows, risks], ensure_ascii=False).encode()).hexdigest()


def situation(session: Session) -> Situation:
    """督促の状況 as the ledger and the inboxes are now."""
    with session.ledger.transaction() as connection:
        rows = queries.unpaid(connection, session.night_on)
    days = session.job.arrears
    grace = pl.col(Unpaid.PROCEDURE_CODE).replace_strict(
        days.procedures, default=days.days_after_due, return_dtype=pl.Int64
    )
    due = rows.filter(pl.col(Unpaid.DUE_ON) + pl.duration(days=grace) < session.night_on)
    claims, announced = due.filter(~pl.col(Unpaid.IS_ANNOUNCED)), due.filter(Unpaid.IS_ANNOUNCED)
    return Situation(claims, announced, against(session, claims, announced))


def request_list(session: Session, signature: Signature) -> tuple[int, Situation]:
    """督促対象を引く申請: in spite of what stands against it. Raises Refused when nothing does, or it waits already."""
    now = situation(session)
    if not now.against:
        raise Refused("督促を妨げるものはありません。elqr arrears list で引けます。")
    with session.ledger.transaction() as connection:
        same = requests(connection, ARREARS, arrears_request.c.situation == now.sha256)
        if any(row["result"] is None for row in same):
            raise Refused(
                "同じ状況の申請が承認を待っています。承認は elqr arrears approve、取り下げは elqr arrears reject です。"
            )
        row = {
            "situation": now.sha256,
            "claims": now.count,
            "yen": now.yen,
            "risks": json.dumps([one.label for one in now.against], ensure_ascii=False),
        }
        return ask(session, ARREARS, row, signature), now


def approve_list(session: Session, request_no: int, signature: Signature) -> None:
    """申請を承認する, by another person, when all is as it was. Raises NotFound, Refused."""
    request = find_waiting(session, ARREARS, request_no)
    need_another(session, request, signature.by)
    refuse_change(situation(session), request.row)
    _end(session, request, RulingResult.APPROVED, signature)


def refuse_list(session: Session, request_no: int, signature: Signature) -> None:
    """申請を却下する, or take back one's own. Raises NotFound."""
    _end(session, find_waiting(session, ARREARS, request_no), RulingResult.REFUSED, signature)


def _end(session: Session, request: Request, result: RulingResult, signature: Signature) -> None:
    """申請を終える; the chain of runs says what was asked for as well."""
    asked = request.row
    link = ArrearsEnd(
        arrears_request=request.number,
        situation=asked["situation"],
        claims=asked["claims"],
        yen=asked["yen"],
        risks=asked["risks"],
        night_on=asked["night_on"],
        asked_at=asked["asked_at"],
        asked_by=asked["asked_by"],
        reason=asked["reason"],
        result=result.value,
        ended_on=session.night_on.isoformat(),
        taken_at=signature.at,
        taken_by=signature.by,
        because=signature.reason,
    )
    with session.ledger.transaction():
        end_request(session, request, result, signature, link)


def refuse_change(now: Situation, request: Mapping[str, Any]) -> None:
    """状況が変わったか since a request (its row). Raises Refused."""
    if now.sha256 != request["situation"]:
        raise Refused(
            f"申請のあとで状況が変わりました（申請 {request['claims']:,}件 {request['yen']:,}円、"
            f"今 {now.count:,}件 {now.yen:,}円）。確かめてから申請し直してください。"
        )
