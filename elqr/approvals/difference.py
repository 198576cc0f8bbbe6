"""Differences (差額の確認): a line of the settlement that does not agree, closed by two people with a reason.

A line is known by its members (`mark`): when money or payments join it, it is another line, and a request about the
old one is refused. Closing moves no yen; the line is settled as 差額を確認済 and is no alarm any more.
"""

import hashlib
import unicodedata
from dataclasses import dataclass
from typing import Any

import polars as pl

from elqr.approvals.four_eyes import need_another
from elqr.night.remittance import standing
from elqr.rules.settlement import Settlement
from elqr.session.session import Session
from elqr.store.entries import money as money_entries
from elqr.store.entries.acts import ASKED, Act, enter_act
from elqr.store.queries import differences as queries
from elqr.store.queries.retractions import retractions_approved
from elqr.vocabulary.errors import NotFound, Refused
from elqr.vocabulary.money_frames import Bundle, Deposit, LineBundle, LineDeposit, Settled
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


def differences(session: Session) -> list[Difference]:
    """合わない行 as the ledger stands: all that is open and no longer only waited for."""
    with session.ledger.transaction():
        found = standing(session.ledger, session.rules, session.night_on)
    quiet = [outcome.value for outcome in (*ENDED, SettlementOutcome.AWAITED)]
    return [_difference(row, found) for row in found.lines.iter_rows(named=True) if row[Settled.OUTCOME] not in quiet]


def _difference(row: dict[str, Any], found: Settlement) -> Difference:
    own = pl.col(Settled.LINE_NO) == row[Settled.LINE_NO]
    bundle_nos = tuple(sorted(found.bundles.filter(own)[Bundle.BUNDLE_NO]))
    deposit_nos = tuple(sorted(found.deposits.filter(own)[Deposit.DEPOSIT_NO]))
    members = f"{row[Settled.CONTRACT]}|{bundle_nos}|{deposit_nos}"
    return Difference(hashlib.sha256(members.encode()).hexdigest(), row, bundle_nos, deposit_nos)


def asked(session: Session, mark: str, reason: str, by: str, at: str) -> tuple[int, Difference]:
    """差額の確認を申請する. Returns the request's number. Raises NotFound, Refused."""
    own = _open(session, mark)
    with session.ledger.transaction() as connection:
        for request in queries.requests(connection, own.mark):
            if request["result"] is None:
                raise Refused(
                    f"この行は {request['asked_by']} が申請済みです（申請 {request['difference_no']}）。"
                    "承認は elqr settlement approve、取り下げは elqr settlement reject です。"
                )
        row = {
            "mark": own.mark,
            "contract": own.row[Settled.CONTRACT],
            "payment_yen": own.row[Settled.PAYMENT_YEN],
            "money_yen": own.row[Settled.MONEY_YEN],
            "night_on": session.night_on.isoformat(),
            "asked_at": at,
            "asked_by": by,
            "reason": reason,
        }
        number = queries.enter_request(connection, row)
        said = {"difference": [{"difference_no": number, **row}]}
        enter_act(connection, session.night_on, Act("difference", number, ASKED, by, said))
        return number, own


def closed(session: Session) -> list[dict[str, Any]]:
    """確認済にした差額: the approved requests that hold, oldest first."""
    with session.ledger.transaction() as connection:
        taken_back = {row["number"] for row in retractions_approved(connection, RetractionKind.DIFFERENCE)}
        asked_for = queries.all_requests(connection)
    is_approved = RulingResult.APPROVED.value
    return [one for one in asked_for if one["result"] == is_approved and one["difference_no"] not in taken_back]


def waiting(session: Session) -> list[dict[str, Any]]:
    """承認を待つ差額の確認の申請, oldest first, those of lines that have changed since too."""
    with session.ledger.transaction() as connection:
        return [one for one in queries.all_requests(connection) if one["result"] is None]


def _open(session: Session, mark: str) -> Difference:
    typed = unicodedata.normalize("NFKC", mark).strip().lower()
    found = [own for own in differences(session) if len(typed) >= MARK_CHARS and own.mark.startswith(typed)]
    if len(found) != 1:
        raise NotFound(
            f"突合の行 {mark} はありません。入金や収納が増えて変わったか、もう済んでいます。"
            "elqr settlement list で今の行を確かめてください。"
        )
    return found[0]


def approved(session: Session, difference_no: int, by: str, at: str) -> Difference:
    """差額の確認を承認する, by another person, when the line is still the same. Raises NotFound, Refused."""
    request = _waiting(session, difference_no)
    need_another(session, "difference", difference_no, [request["asked_by"]], by)
    own = _open(session, request["mark"])
    row = own.row | {Settled.LINE_NO: 1, Settled.OUTCOME: SettlementOutcome.CLOSED.value}
    line = Settlement(
        pl.DataFrame([row], schema=Settled.SCHEMA),
        pl.DataFrame([(1, number) for number in own.bundle_nos], schema=LineBundle.SCHEMA, orient="row"),
        pl.DataFrame([(1, number) for number in own.deposit_nos], schema=LineDeposit.SCHEMA, orient="row"),
    )
    with session.ledger.transaction() as connection:
        settlement_no = money_entries.enter_settled(connection, session.night_on, line)
        _end(session, request, RulingResult.APPROVED, by, at, "", settlement_no)
    return own


def refused(session: Session, difference_no: int, by: str, reason: str, at: str) -> None:
    """差額の確認の申請を却下する, or take back one's own. Raises NotFound."""
    request = _waiting(session, difference_no)
    with session.ledger.transaction():
        _end(session, request, RulingResult.REFUSED, by, at, reason, None)


def _waiting(session: Session, difference_no: int) -> dict[str, Any]:
    with session.ledger.transaction() as connection:
        request = queries.request(connection, difference_no)
    if request is None or request["result"] is not None:
        raise NotFound(f"承認を待つ差額の確認の申請 {difference_no} はありません。番号を確かめてください。")
    return request


def _end(
    session: Session,
    request: dict[str, Any],
    result: RulingResult,
    by: str,
    at: str,
    reason: str,
    settlement_no: int | None,
) -> None:
    """申請を終える, with its link of the chain of runs."""
    connection = session.ledger.connection
    said = {"result": result.value, "settlement_no": settlement_no, "taken_by": by}
    on = session.night_on.isoformat()
    step = {"difference_no": request["difference_no"], **said, "night_on": on, "taken_at": at, "reason": reason}
    queries.enter_step(connection, step)
    whole = {name: request[name] for name in queries.SIGNED} | said | {"taken_at": at, "because": reason}
    act = Act("difference", request["difference_no"], result.value, by, {"difference_step": [step]})
    enter_act(connection, session.night_on, act, {"difference": request["difference_no"], **whole})
