"""People (二人の目の検算): who requested and who approved, for everything that needs two people."""

from collections.abc import Iterator

from elqr.arithmetic.person_name import same_person, written_alike
from elqr.audit.verification.audit import Audit, mismatch
from elqr.session.operators import desk_login
from elqr.store.entries.acts import ASKED, acts_of_kinds
from elqr.store.queries import row_owners as belonging
from elqr.vocabulary.codes import Code
from elqr.vocabulary.findings import Finding
from elqr.vocabulary.ruling_terms import RulingResult


def two_people(audit: Audit) -> Iterator[Finding]:
    """二人の目: nobody approved their own request or decision, by name, and by account if accounts are known.

    An approval that an older program entered is judged by that program's rule for names.
    """
    connection = audit.session.ledger.connection
    approvals = belonging.approvals(connection)
    audit.count("承認", len(approvals))
    acts = acts_of_kinds(connection, {kind for kind, _, _, _ in approvals})
    for kind, number, asked_by, taken_by in approvals:
        is_same = same_person if (kind, number, RulingResult.APPROVED.value) in acts else written_alike
        if is_same(asked_by, taken_by):
            yield mismatch(f"{kind} {number}", Code.SAME_PERSON, f"{asked_by}・{taken_by}", "別の二人", "申請と承認")
    operators = audit.session.who.operators
    for (kind, number, step), request in acts.items():
        approval = acts.get((kind, number, RulingResult.APPROVED.value))
        if step != ASKED or not approval:
            continue
        if (login := desk_login(request)) and login == desk_login(approval):
            yield mismatch(f"{kind} {number}", Code.SAME_PERSON, login, "別の利用者", "窓口の利用者")
        if operators is not None and operators.are_one(request, approval):
            yield mismatch(f"{kind} {number}", Code.SAME_PERSON, operators.account(request), "別の利用者", "OSの利用者")
    if operators is None:
        return
    for run in audit.runs():
        if "ledger_request" in run["read"]:
            request, approval = run["read"]["ledger_request"]["operator"], run["read"]["operator"]
            if operators.are_one(request, {**approval, "night_on": run["night_on"]}):
                where = f"ledger_start（実行 {run['run_id']}）"
                yield mismatch(where, Code.SAME_PERSON, operators.account(request), "別の利用者", "OSの利用者")
