"""Differences (差額の確認): a line of the settlement that does not agree, closed by two people with a reason.

A line is known by its members (`mark`): when money or payments join it, it is another line, and a request about the
old one is refused. Closing moves no yen; the line is settled as 差額を確認済 and is no alarm any more.
"""

import hashlib
import unicodedata
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from elqr.approvals.four_eyes import Request, ask, end_request, find_waiting, need_another
from elqr.night.remittance import standing
from elqr.rules.settlement import Settlement
from elqr.session.session import Session
from elqr.store.entries import money as money_entries
from elqr.store.entries.links import DifferenceEnd
from elqr.store.queries.requests import DIFFERENCE, requests
from elqr.store.queries.retractions import retractions_approved
from elqr.store.tables.money import difference
from elqr.vocabulary.errors import NotFound, Refused
from elqr.vocabulary.money_frames import Bundle, Deposit, LineBundle, LineDeposit, Settled
from elqr.vocabulary.signature import Signature
from elqr.vocabulary.terms import ENDED, RetractionKind, RulingResult, SettlementOutcome

MARK_CHARS = 8
"""Of a line's mark so many are shown and typed."""


@dataclass(frozen=True, slots=True)
class Difference:
    """合わない行: its mark, its figures (a row of frame Settled), and its members."""

    mark: str
    row: dict[str, Any]
    bundle_nos: tuple[int, ...]
    deposit_nos: tuple[int, ...]

    @property
    def difference_yen(self) -> int:
        """差額: the money less what was to come."""
        return int(self.row[Settled.MONEY_YEN] - self.row[Settled.PAYMENT_YEN] + self.row[Settled.FEE_YEN])


def list_differences(session: Session) -> list[Difference]:
    """合わない行 as the ledger stands: all that is open and no longer only waited for."""
    with session.ledger.transaction():
        now = standing(session.ledger, session.rules, session.night_on)
    quiet = [outcome.value for outcome in (*ENDED, SettlementOutcome.AWAITED)]
    return [_difference(row, now) for row in now.lines.iter_rows(named=True) if row[Settled.OUTCOME] not in quiet]


def _difference(row: dict[str, Any], now: Settlement) -> Difference:
    is_member = pl.col(Settled.LINE_NO) == row[Settled.LINE_NO]
    bundle_nos = tuple(sorted(now.bundles.filter(is_member)[Bundle.BUNDLE_NO]))
    deposit_nos = tuple(sorted(now.deposits.filter(is_member)[Deposit.DEPOSIT_NO]))
    members = f"{row[Settled.CONTRACT]}|{bundle_nos}|{deposit_nos}"
    return Difference(hashlib.sha256(members.encode()).hexdigest(), row, bundle_nos, deposit_nos)


def request_closing(session: Session, mark: str, signature: Signature) -> tuple[int, Difference]:
    """差額の確認を申請する. Returns the request's number. Raises NotFound, Refused."""
    line = _find(session, mark)
    with session.ledger.transaction() as connection:
        for row in requests(connection, DIFFERENCE, difference.c.mark == line.mark):
            if row["result"] is None:
                raise Refused(
                    f"この行は {row['asked_by']} が申請済みです（申請 {row['difference_no']}）。"
                    "承認は elqr settlement approve、取り下げは elqr settlement reject です。"
                )
        figures = {
            "mark": line.mark,
            "contract": line.row[Settled.CONTRACT],
            "payment_yen": line.row[Settled.PAYMENT_YEN],
            "money_yen": line.row[Settled.MONEY_YEN],
        }
        return ask(session, DIFFERENCE, figures, signature), line


def list_closed(session: Session) -> list[dict[str, Any]]:
    """確認済にした差額: the approved requests that hold, oldest first."""
    with session.ledger.transaction() as connection:
        taken_back = {row["number"] for row in retractions_approved(connection, RetractionKind.DIFFERENCE)}
        rows = requests(connection, DIFFERENCE)
    is_approved = RulingResult.APPROVED.value
    return [row for row in rows if row["result"] == is_approved and row["difference_no"] not in taken_back]


def list_waiting(session: Session) -> list[dict[str, Any]]:
    """承認を待つ差額の確認の申請, oldest first, those of lines that have changed since too."""
    with session.ledger.transaction() as connection:
        return [row for row in requests(connection, DIFFERENCE) if row["result"] is None]


def _find(session: Session, mark: str) -> Difference:
    """合わない行 by the first characters of its mark. Raises NotFound."""
    typed = unicodedata.normalize("NFKC", mark).strip().lower()
    lines = [line for line in list_differences(session) if len(typed) >= MARK_CHARS and line.mark.startswith(typed)]
    if len(lines) != 1:
        raise NotFound(
            f"突合の行 {mark} はありません。入金や収納が増えて変わったか、もう済んでいます。"
            "elqr settlement list で今の行を確かめてください。"
        )
    return lines[0]


def approve_closing(session: Session, difference_no: int, signature: Signature) -> Difference:
    """差額の確認を承認する, by another person, when the line is still the same. Raises NotFound, Refused."""
    request = find_waiting(session, DIFFERENCE, difference_no)
    need_another(session, request, signature.by)
    line = _find(session, request.row["mark"])
    row = line.row | {Settled.LINE_NO: 1, Settled.OUTCOME: SettlementOutcome.CLOSED.value}
    settlement = Settlement(
        pl.DataFrame([row], schema=Settled.SCHEMA),
        pl.DataFrame([(1, number) for number in line.bundle_nos], schema=LineBundle.SCHEMA, orient="row"),
        pl.DataFrame([(1, number) for number in line.deposit_nos], schema=LineDeposit.SCHEMA, orient="row"),
    )
    with session.ledger.transaction() as connection:
        settlement_no = money_entries.enter_settled(connection, session.night_on, settlement)
        _end(session, request, RulingResult.APPROVED, signature, settlement_no)
    return line


def refuse_closing(session: Session, difference_no: int, signature: Signature) -> None:
    """差額の確認の申請を却下する, or take back one's own. Raises NotFound."""
    request = find_waiting(session, DIFFERENCE, difference_no)
    with session.ledger.transaction():
        _end(session, request, RulingResult.REFUSED, signature, None)


def _end(
    session: Session, request: Request, result: RulingResult, signature: Signature, settlement_no: int | None
) -> None:
    """申請を終える; the chain of runs says what was asked for as well."""
    asked = request.row
    link = DifferenceEnd(
        difference=request.number,
        mark=asked["mark"],
        contract=asked["contract"],
        payment_yen=asked["payment_yen"],
        money_yen=asked["money_yen"],
        night_on=asked["night_on"],
        asked_at=asked["asked_at"],
        asked_by=asked["asked_by"],
        reason=asked["reason"],
        result=result.value,
        settlement_no=settlement_no,
        taken_at=signature.at,
        taken_by=signature.by,
        because=signature.reason,
    )
    request = replace(request, row={**asked, "settlement_no": settlement_no})
    end_request(session, request, result, signature, link)
