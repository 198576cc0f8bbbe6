"""Four eyes (二人の目): one person requests, another approves or refuses, and the chain of runs records both.

Whoever requested or decided cannot approve. Names are compared as a reader sees them (elqr/arithmetic/person_name.py).
Where the administrator keeps a table of accounts (elqr/session/operators.py), the account that requested cannot
approve either, whatever name it gives. The same holds for an account of the desk.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from elqr.arithmetic.person_name import same_person
from elqr.session.operators import desk_login
from elqr.session.session import Session
from elqr.store.entries.acts import ASKED, Act, acts_of, enter_act
from elqr.store.queries import requests as queries
from elqr.store.queries.requests import ARREARS, BATCH, DIFFERENCE, GIVE_UP, RETRACTION, REVIEW, WAIVER, RequestKind
from elqr.vocabulary.errors import NotFound, Refused
from elqr.vocabulary.ruling_terms import RulingResult
from elqr.vocabulary.signature import Signature


@dataclass(frozen=True, slots=True)
class Request:
    """申請: its kind and its row, with keys as of `requests_with` in elqr/store/queries/requests.py.

    One that was just entered has no keys of an end yet.
    """

    kind: RequestKind
    row: Mapping[str, Any]

    @property
    def number(self) -> int:
        """申請番号."""
        return int(self.row[self.kind.number.name])


@dataclass(frozen=True, slots=True)
class _Words:
    """断る言葉: for an unknown number, and for a request that has ended, where the two differ."""

    unknown: str
    ended: str = ""


_WORDS = {
    REVIEW: _Words(
        "申請{number}はありません。elqr review list で確かめてください。",
        "申請{number}は {on} に {by} が{result}しています。",
    ),
    DIFFERENCE: _Words("承認を待つ差額の確認の申請 {number} はありません。番号を確かめてください。"),
    ARREARS: _Words("承認を待つ督促の申請 {number} はありません。elqr arrears list で番号を確かめてください。"),
    WAIVER: _Words("承認を待つ申請 {number} はありません。elqr held list で番号を確かめてください。"),
    GIVE_UP: _Words(
        "申請{number}はありません。elqr notice refused で確かめてください。",
        "申請{number}は {by} が{result}しています。",
    ),
    BATCH: _Words(
        "束の申請 {number} はありません。elqr batch list で番号を確かめてください。",
        "束の申請 {number} は {on} に {by} が{result}しています。",
    ),
    RETRACTION: _Words(
        "取り消しの申請 {number} はありません。elqr undo list で番号を確かめてください。",
        "取り消しの申請 {number} は {on} に {by} が{result}しています。",
    ),
}


def ask(session: Session, kind: RequestKind, row: Mapping[str, object], signature: Signature) -> int:
    """申請する, inside a transaction. Returns the number. `row` has the kind's own columns: not who, when and why."""
    request = enter_request(session, kind, row, signature)
    record_request(session, request)
    return request.number


def enter_request(session: Session, kind: RequestKind, row: Mapping[str, object], signature: Signature) -> Request:
    """申請を記す: only the row of the request (`row` as of `ask`). Enter its other rows, then call `record_request`."""
    who: dict[str, object] = {
        "night_on": session.night_on.isoformat(),
        "asked_at": signature.at,
        "asked_by": signature.by,
    }
    if "reason" in kind.asked.c:
        who["reason"] = signature.reason
    return Request(kind, queries.enter_request(session.ledger.connection, kind, {**row, **who}))


def record_request(
    session: Session, request: Request, members: Mapping[str, Sequence[Mapping[str, object]]] | None = None
) -> None:
    """申請を連鎖に記す: the request's row, and its rows in other tables, `members` by the table's name."""
    rows = {request.kind.name: [request.row], **(members or {})}
    act = Act(request.kind.name, request.number, ASKED, request.row["asked_by"], rows)
    enter_act(session.ledger.connection, session.night_on, act)


def find_waiting(session: Session, kind: RequestKind, number: int) -> Request:
    """承認を待つ申請を探す, of a kind that is asked for by number (a month is asked for by its name).

    Raises NotFound for an unknown number, Refused for a request that has ended.
    """
    with _transaction(session):
        rows = queries.requests(session.ledger.connection, kind, kind.number == number)
    words = _WORDS[kind]
    if not rows or (rows[0]["result"] is not None and not words.ended):
        raise NotFound(words.unknown.format(number=number))
    (row,) = rows
    if row["result"] is not None:
        label = RulingResult(row["result"]).label
        raise Refused(words.ended.format(number=number, on=row["taken_at"][:10], by=row["taken_by"], result=label))
    return Request(kind, row)


def end_request(
    session: Session,
    request: Request,
    result: RulingResult,
    signature: Signature,
    link: Mapping[str, object] | None = None,
) -> None:
    """申請を終える, inside a transaction. `link` holds further keys for its link in the chain of runs."""
    kind, connection = request.kind, session.ledger.connection
    step = {
        kind.number.name: request.number,
        **{name: request.row[name] for name in kind.more},
        "result": result.value,
        kind.on: session.night_on.isoformat(),
        "taken_at": signature.at,
        "taken_by": signature.by,
        kind.because: signature.reason,
    }
    queries.enter_end(connection, kind, step)
    act = Act(kind.name, request.number, result.value, signature.by, {kind.step.name: [step]})
    enter_act(connection, session.night_on, act, link)


def refuse_same_person(session: Session, request: Request, by: str, deciders: Iterable[str] = ()) -> None:
    """同じ人の承認を断る: `by` must be neither the requester nor a decider, nor use the requester's account.

    Raises Refused.
    """
    refuse_same_person_for(session, (request.kind.name, request.number), [request.row["asked_by"], *deciders], by)


def refuse_same_person_for(session: Session, subject: tuple[str, int], names: Iterable[str], by: str) -> None:
    """同じ人の承認を断る, for a `subject`: its kind and number in the chain. The first name is the requester's.

    Raises Refused.
    """
    requesters = list[Mapping[str, str]]()
    if session.who.operators is not None or desk_login(session.who.operator.as_dict()):
        with _transaction(session):
            requesters = [act for act in acts_of(session.ledger.connection, *subject) if act["step"] == ASKED]
    refuse_same_person_among(session, names, requesters, by)


def refuse_same_person_among(
    session: Session, names: Iterable[str], requesters: Iterable[Mapping[str, str]], by: str
) -> None:
    """同じ人の承認を断る, where the requesters are known (keys `os_user`, `login`, `machine`). Raises Refused."""
    for index, name in enumerate(names):
        if same_person(name, by):
            raise Refused(_refusal("決めた人" if index else "申請した人", name, by))
    login = desk_login(session.who.operator.as_dict())
    if login and any(desk_login(requester) == login for requester in requesters):
        raise Refused(f"申請した窓口の利用者（{login}）では承認できません。別の人が承認してください。")
    operators = session.who.operators
    if operators is None:
        return
    account = operators.account(session.who.operator.as_dict())
    if any(operators.account(requester) == account for requester in requesters):
        raise Refused(f"申請したOSの利用者（{account}）では承認できません。別の人が、自分の利用者で承認してください。")


def _refusal(who: str, name: str, by: str) -> str:
    if name == by:
        return f"{who}（{name}）は承認できません。別の人が承認してください。"
    return (
        f"{who}（{name}）と承認する人（{by}）が同じ人に見えます。別の人が承認してください。"
        "別の人なら、申請も承認も、氏名をすべて書いてやり直してください。"
    )


def _transaction(session: Session) -> AbstractContextManager[object]:
    """A transaction, unless one is open."""
    return nullcontext() if session.ledger.connection.in_transaction() else session.ledger.transaction()
