"""Four eyes (二人の目): the person who approves is another than those who asked and decided.

Names are compared by what a reader sees (elqr/arithmetic/person_name.py); where an administrator has said whose the
accounts are (elqr/session/operators.py), the account that asked does not approve either, whatever name is given.
"""

from collections.abc import Iterable, Mapping
from contextlib import nullcontext

from elqr.arithmetic.person_name import same_person
from elqr.session.session import Session
from elqr.store.entries.acts import ASKED, acts_of
from elqr.vocabulary.errors import Refused


def need_another(session: Session, kind: str, number: int, names: Iterable[str], by: str) -> None:
    """別の人か: none of these names (of who asked, then of who decided), nor the account that asked. Raises Refused."""
    connection, asked = session.ledger.connection, list[Mapping[str, str]]()
    if session.who.operators is not None:
        with nullcontext() if connection.in_transaction() else session.ledger.transaction():
            asked = [own for own in acts_of(connection, kind, number) if own["step"] == ASKED]
    need_another_of(session, names, asked, by)


def need_another_of(session: Session, names: Iterable[str], asked: Iterable[Mapping[str, str]], by: str) -> None:
    """別の人か, where it is known who `asked`: the account, login and machine of each. Raises Refused."""
    for place, name in enumerate(names):
        if same_person(name, by):
            raise Refused(_refusal("決めた人" if place else "申請した人", name, by))
    if session.who.operators is None:
        return
    account = session.who.operators.account(session.who.operator.as_dict())
    if any(session.who.operators.account(own) == account for own in asked):
        raise Refused(f"申請したOSの利用者（{account}）では承認できません。別の人が、自分の利用者で承認してください。")


def _refusal(who: str, name: str, by: str) -> str:
    if name == by:
        return f"{who}（{name}）は承認できません。別の人が承認してください。"
    return (
        f"{who}（{name}）と承認する人（{by}）が同じ人に見えます。別の人が承認してください。"
        "別の人なら、申請も承認も、氏名をすべて書いてやり直してください。"
    )
