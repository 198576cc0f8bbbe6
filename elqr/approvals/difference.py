"""Differences (差額の確認): two people close a line of the settlement that does not agree, with a reason.

A line is identified by its members (`mark`). When money or payments join it, it becomes another line, and a request
about the old one can no longer be approved. Closing moves no yen: the line is settled as 差額を確認済, and its alarm
stops.
"""

import hashlib
import unicodedata
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from elqr.approvals.four_eyes import Request, ask, end_request, find_waiting, refuse_same_person
from elqr.night.remittance import open_settlement
from elqr.rules.settlement import Settlement
from elqr.session.session import Session
from elqr.store.entries import money as money_entries
from elqr.store.entries.links import DifferenceEnd
from elqr.store.queries.requests import DIFFERENCE, requests
from elqr.store.queries.retractions import retractions_approved
from elqr.store.tables.money import difference
from elqr.vocabulary.errors import NotFound, Refused
from elqr.vocabulary.money_frames import Bundle, Deposit, LineBundle, LineDeposit, Settled
from elqr.vocabulary.ruling_terms import RetractionKind, RulingResult
from elqr.vocabulary.signature import Signature
from elqr.vocabulary.terms import ENDED, SettlementOutcome

MARK_CHARS = 8
"""How many characters of a mark are shown and typed."""


@dataclass(frozen=True, slots=True)
class Difference:
    """合わない行: its mark, its figures (a row of frame Settled), and its members."""

    mark: str
    row: dict[str, Any]
    bundle_nos: tuple[int, ...]
    deposit_nos: tuple[int, ...]

    @property
    def difference_yen(self) -> int:
        """差額: the money received less the money expected."""
        return int(self.row[Settled.MONEY_YEN] - self.row[Settled.PAYMENT_YEN] + self.row[Settled.FEE_YEN])


def list_differences(session: Session) -> list[Difference]:
    """合わない行 in the ledger now: every open line except those whose money is not due yet. None without contracts."""
    if not session.rules.contracts:
        return []
    with session.ledger.transaction():
        settlement = open_settlement(session.ledger, session.rules, session.night_on)
    quiet = [outcome.value for outcome in (*ENDED, SettlementOutcome.AWAITED)]
    lines = settlement.lines.iter_rows(named=True)
    return [_difference(line, settlement) for line in lines if line[Settled.OUTCOME] not in quiet]


def _difference(row: dict[str, Any], settlement: Settlement) -> Difference:
    """合わない行 of a row of frame Settled, with its members."""
    is_member = pl.col(Settled.LINE_NO) == row[Settled.LINE_NO]
    bundle_nos = tuple(sorted(settlement.bundles.filter(is_member)[Bundle.BUNDLE_NO]))
    deposit_nos = tuple(sorted(settlement.deposits.filter(is_member)[Deposit.DEPOSIT_NO]))
    members = f"{row[Settled.CONTRACT]}|{bundle_nos}|{deposit_nos}"
    return Difference(hashlib.sha256(members.encode()).hexdigest(), row, bundle_nos, deposit_nos)


def request_closing(session: Session, mark: str, signature: Signature) -> tuple[int, Difference]:
    """差額の確認を申請する. Returns the request's number and the line. Raises NotFound, Refused."""
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
    """確認済にした差額: the approved requests that were not retracted, oldest first.

    Keys are the columns of the table `difference` and those of its end; see elqr/store/queries/requests.py.
    """
    with session.ledger.transaction() as connection:
        retracted = {row["number"] for row in retractions_approved(connection, RetractionKind.DIFFERENCE)}
        rows = requests(connection, DIFFERENCE)
    approved = RulingResult.APPROVED.value
    return [row for row in rows if row["result"] == approved and row["difference_no"] not in retracted]


def list_waiting(session: Session) -> list[dict[str, Any]]:
    """承認を待つ差額の確認の申請, oldest first; keys as of `list_closed`. Their lines may have changed since."""
    with session.ledger.transaction() as connection:
        return [row for row in requests(connection, DIFFERENCE) if row["result"] is None]


def _find(session: Session, mark: str) -> Difference:
    """合わない行を探す, by the first characters of its mark. Raises NotFound."""
    typed = unicodedata.normalize("NFKC", mark).strip().lower()
    lines = [line for line in list_differences(session) if len(typed) >= MARK_CHARS and line.mark.startswith(typed)]
    if len(lines) != 1:
        raise NotFound(
            f"突合の行 {mark} はありません。入金や収納が増えて変わったか、もう済んでいます。"
            "elqr settlement list で今の行を確かめてください。"
        )
    return lines[0]


def approve_closing(session: Session, difference_no: int, signature: Signature) -> Difference:
    """差額の確認を承認する: by another person, while the line is unchanged. Raises NotFound, Refused."""
    request = find_waiting(session, DIFFERENCE, difference_no)
    refuse_same_person(session, request, signature.by)
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
    """差額の確認の申請を却下する, or withdraw one's own. Raises NotFound."""
    request = find_waiting(session, DIFFERENCE, difference_no)
    with session.ledger.transaction():
        _end(session, request, RulingResult.REFUSED, signature, None)


def _end(
    session: Session, request: Request, result: RulingResult, signature: Signature, settlement_no: int | None
) -> None:
    """申請を終える: the link of the chain repeats what was requested."""
    row = request.row
    link = DifferenceEnd(
        difference=request.number,
        mark=row["mark"],
        contract=row["contract"],
        payment_yen=row["payment_yen"],
        money_yen=row["money_yen"],
        night_on=row["night_on"],
        asked_at=row["asked_at"],
        asked_by=row["asked_by"],
        reason=row["reason"],
        result=result.value,
        settlement_no=settlement_no,
        taken_at=signature.at,
        taken_by=signature.by,
        because=signature.reason,
    )
    request = replace(request, row={**row, "settlement_no": settlement_no})
    end_request(session, request, result, signature, link)
