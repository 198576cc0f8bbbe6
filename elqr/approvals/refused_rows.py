"""Giving up (取り込まなかった行をあきらめる): two people agree that refused notice rows will never be corrected.

One person requests it, another approves, and only then do the rows leave the morning's page. Their content stays in
the ledger, and their file in the archive. A row that was corrected in the meantime stays as it is.
"""

from collections.abc import Sequence

from elqr.approvals.four_eyes import ask, end_request, find_waiting, refuse_same_person
from elqr.session.session import Session
from elqr.store.queries import refused_rows as queries
from elqr.store.queries.requests import GIVE_UP, requests
from elqr.vocabulary.errors import NotFound, Refused
from elqr.vocabulary.ruling_terms import RulingResult
from elqr.vocabulary.signature import Signature


def request_giving_up(session: Session, file_no: int, record_nos: Sequence[int], signature: Signature) -> int:
    """あきらめることを申請する: some waiting rows of a notice file, or without `record_nos` all. Returns its number.

    Who gives up a row of a notice for several claims gives up the notice.
    Raises NotFound for rows that do not wait, Refused for rows of another waiting request.
    """
    with session.ledger.transaction() as connection:
        session.refuse_earlier_day()
        waiting = queries.waiting_numbers(connection, file_no)
        papers = {waiting.get(number) for number in record_nos}
        chosen = [number for number, paper in waiting.items() if paper in papers or not record_nos]
        lost = sorted(set(record_nos) - set(waiting))
        if lost or not chosen:
            rows = "・".join(f"{number}件目" for number in lost) or "行"
            raise NotFound(
                f"納付書データ{file_no} に、直るのを待つ{rows}はありません。elqr notice refused で確かめてください。"
            )
        for row in requests(connection, GIVE_UP):
            is_same = row["notice_file_no"] == file_no and not set(chosen).isdisjoint(_record_nos(row["records"]))
            if row["result"] is None and is_same:
                raise Refused(f"申請{row['give_up_no']}が承認を待っています。承認か却下をしてください。")
        return ask(
            session, GIVE_UP, {"notice_file_no": file_no, "records": ",".join(map(str, chosen))}, signature.stripped()
        )


def approve_giving_up(session: Session, give_up_no: int, signature: Signature) -> int:
    """申請を承認する: by another person. Returns how many rows were given up. Raises NotFound, Refused."""
    with session.ledger.transaction() as connection:
        session.refuse_earlier_day()
        request = find_waiting(session, GIVE_UP, give_up_no)
        refuse_same_person(session, request, signature.by)
        waiting = queries.waiting_numbers(connection, request.row["notice_file_no"])
        rows = sorted(set(_record_nos(request.row["records"])) & set(waiting))
        end_request(session, request, RulingResult.APPROVED, signature)
        queries.enter_given_up(connection, request.row, rows, session.night_on)
        return len(rows)


def refuse_giving_up(session: Session, give_up_no: int, signature: Signature) -> None:
    """申請を却下する, or withdraw one's own. Raises NotFound, Refused."""
    with session.ledger.transaction():
        session.refuse_earlier_day()
        request = find_waiting(session, GIVE_UP, give_up_no)
        end_request(session, request, RulingResult.REFUSED, signature.stripped())


def _record_nos(records: str) -> list[int]:
    """何件目か: the record numbers, from a request's comma-separated text."""
    return [int(number) for number in records.split(",")]
