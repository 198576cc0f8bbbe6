"""Rights (権限): which pages a role may open, and which procedures a department may see. Asked of every request.

Pages say here what they need; a page that is not listed does not exist.
"""

from elqr.approvals.waiting_work import Scope
from elqr.rules.register import Register
from elqr.vocabulary.staff import FINANCE, DeskRole, StaffAccount

OPEN = ("style", "script", "login", "idle")
"""入口: what a stranger gets."""

ANYBODY = frozenset(DeskRole)
_READERS = frozenset({DeskRole.VIEW, DeskRole.REQUEST, DeskRole.APPROVE})

NEEDED: dict[str, frozenset[DeskRole]] = {
    "home": ANYBODY,
    "morning": _READERS,
    "inquiry": _READERS,
    "exceptions": _READERS,
    "exception": _READERS,
    "preview": frozenset({DeskRole.REQUEST}),
    "decide": frozenset({DeskRole.REQUEST}),
    "requests": _READERS,
    "approve": frozenset({DeskRole.APPROVE}),
    "send_back": frozenset({DeskRole.APPROVE, DeskRole.REQUEST}),
    "records": frozenset({DeskRole.ADMIN}),
    "me": ANYBODY,
    "password": ANYBODY,
    "logout": ANYBODY,
}
"""Page → the roles one of which its reader must have."""


def may_open(account: StaffAccount, page: str) -> bool:
    """開けるか: whether one of the account's roles opens a page."""
    return bool(account.roles & NEEDED.get(page, frozenset()))


def may_approve(account: StaffAccount) -> bool:
    """承認できるか, of what others requested."""
    return may_open(account, "approve")


def scope_of(account: StaffAccount, register: Register) -> Scope:
    """手続の範囲 of a department: all for 会計, its own for a 所管課, none for a department that is no more."""
    if account.department == FINANCE:
        return None
    return frozenset(each.code for each in register.procedure if each.department == account.department)
