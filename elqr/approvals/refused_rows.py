"""Giving up (取り込まなかった行をあきらめる): refused notice rows that will never come right, by two people.

One person asks, another approves; only then do the rows leave the morning's page. What they said stays in the ledger
and their file in the archive. A row that came right in the meantime is left as it is.
"""

from collections.abc import Sequence
from typing import Any

from elqr.approvals.four_eyes import need_another
from elqr.session.session import Session
from elqr.store.entries.acts import ASKED, Act, enter_act
from elqr.store.queries import refused_rows as queries
from elqr.vocabulary.errors import NotFound, Refused
from elqr.vocabulary.terms import RulingResult


def ask_to_give_up(
    session: Session, file_no: int, record_nos: Sequence[int], reason: str, signed: tuple[str, str]
) -> int:
    """あきらめることを申請する: waiting rows of a notice file, or all of them. Returns the request's number.

    `signed`: by whom, and when. Raises NotFound for rows that do not wait, Refused for rows of a waiting request.
    """
    with session.ledger.transaction() as connection:
        session.refuse_earlier_day()
        waiting = queries.waiting_numbers(connection, file_no)
        chosen = sorted(set(record_nos)) or waiting
        lost = sorted(set(chosen) - set(waiting))
        if lost or not chosen:
            said = "・".join(f"{number}件目" for number in lost) or "行"
            raise NotFound(
                f"納付書データ{file_no} に、直るのを待つ{said}はありません。elqr notice refused で確かめてください。"
            )
        for one in queries.give_ups(connection):
            same = {*map(int, one["records"].split(","))} & {*chosen}
            if one["result"] is None and one["notice_file_no"] == file_no and same:
                raise Refused(f"申請{one['give_up_no']}が承認を待っています。承認か却下をしてください。")
        by, at = signed
        records = ",".join(map(str, chosen))
        row = {"notice_file_no": file_no, "records": records, "reason": reason.strip(), "asked_by": by, "asked_at": at}
        row |= {"night_on": session.night_on.isoformat()}
        number = queries.enter_give_up(connection, row)
        rows = {"notice_give_up": [{"give_up_no": number, **row}]}
        enter_act(connection, session.night_on, Act("notice_give_up", number, ASKED, by, rows))
        return number


def approve_giving_up(session: Session, give_up_no: int, signed: tuple[str, str]) -> int:
    """申請を承認する, by another person. Returns how many rows were given up. Raises NotFound, Refused."""
    with session.ledger.transaction() as connection:
        session.refuse_earlier_day()
        asked = _waiting(session, give_up_no)
        need_another(session, "notice_give_up", give_up_no, [asked["asked_by"]], signed[0])
        waiting = set(queries.waiting_numbers(connection, asked["notice_file_no"]))
        rows = sorted({*map(int, asked["records"].split(","))} & waiting)
        _end(session, asked, RulingResult.APPROVED, signed, "")
        queries.enter_given_up(connection, asked, rows, session.night_on)
        return len(rows)


def refuse_giving_up(session: Session, give_up_no: int, reason: str, signed: tuple[str, str]) -> None:
    """申請を却下する, or take back one's own. Raises NotFound, Refused."""
    with session.ledger.transaction():
        session.refuse_earlier_day()
        _end(session, _waiting(session, give_up_no), RulingResult.REFUSED, signed, reason.strip())


def _waiting(session: Session, give_up_no: int) -> dict[str, Any]:
    found = [one for one in queries.give_ups(session.ledger.connection) if one["give_up_no"] == give_up_no]
    if not found:
        raise NotFound(f"申請{give_up_no}はありません。elqr notice refused で確かめてください。")
    if found[0]["result"] is not None:
        said = RulingResult(found[0]["result"]).label
        raise Refused(f"申請{give_up_no}は {found[0]['taken_by']} が{said}しています。")
    return found[0]


def _end(session: Session, asked: dict[str, Any], result: RulingResult, signed: tuple[str, str], reason: str) -> None:
    """申請を終える, with its link of the chain of runs."""
    by, at = signed
    step = {
        "give_up_no": asked["give_up_no"],
        "result": result.value,
        "taken_by": by,
        "taken_at": at,
        "because": reason,
        "ended_on": session.night_on.isoformat(),
    }
    queries.enter_give_up_step(session.ledger.connection, step)
    act = Act("notice_give_up", asked["give_up_no"], result.value, by, {"notice_give_up_step": [step]})
    enter_act(session.ledger.connection, session.night_on, act)
