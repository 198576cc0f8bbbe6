"""What was taken back (記録の取り消しの検算): every request and step as the chain says, each of something recorded."""

from collections.abc import Iterator

from elqr.codes import Code
from elqr.findings import Finding
from elqr.person import same_person
from elqr.retraction import ENDED, SIGNED
from elqr.store import money_queries, print_queries, verify_queries
from elqr.store import retraction_queries as queries
from elqr.terms import RulingResult
from elqr.verification.looking import Looked, told

_NOT_THERE = "記録がない"


def retractions(looked: Looked) -> Iterator[Finding]:
    """記録の取り消し: who asked, who approved and what, as the runs say; and what stands twice in the settlement."""
    connection = looked.night.ledger.connection
    read = [run["read"] for run in verify_queries.runs(connection)]
    requests = {own["retraction"]: own for own in read if "retraction" in own}
    steps = {own["retraction_step"]: own for own in read if "retraction_step" in own}
    for row in queries.retractions(connection):
        looked.count("記録の取り消し", 1)
        number, where = row["retraction_no"], f"取り消しの申請{row['retraction_no']}"
        request, step = requests.pop(number, {}), steps.pop(number, {})
        said = [(name, row[name], request.get(name, _NOT_THERE)) for name in SIGNED]
        said += [(name, row[name], step.get(name, _NOT_THERE if row["result"] else None)) for name in ENDED]
        for name, stored, linked in said:
            if stored != linked:
                yield told(where, Code.RUN_DIFFERS, str(stored)[:16], str(linked)[:16], name)
        if row["result"] == RulingResult.APPROVED.value and same_person(row["asked_by"], row["taken_by"]):
            yield told(where, Code.RUN_DIFFERS, "申請した人が承認", "別の人の承認")
    for number in [*requests, *steps]:
        yield told(f"取り消しの申請{number}", Code.RUN_DIFFERS, "台帳にない", "実行の記録にある")
    withdrawn = {own["release_withdrawn"]: own for own in read if "release_withdrawn" in own}
    for row in print_queries.withdrawn_requests(connection):
        link = withdrawn.pop(row["step_no"], {})
        for name in ("print_no", "taken_by", "taken_at", "reason"):
            if row[name] != link.get(name, _NOT_THERE):
                where = f"印刷{row['print_no']}の申請の却下"
                yield told(where, Code.RUN_DIFFERS, str(row[name])[:16], str(link.get(name, _NOT_THERE))[:16], name)
    for number in withdrawn:
        yield told(f"発送の申請の却下{number}", Code.RUN_DIFFERS, "台帳にない", "実行の記録にある")
    for what, number in money_queries.settled_twice(connection):
        yield told(f"{what}{number}", Code.SETTLEMENT_DIFFERS, "突合済の行が二つ", "多くても一つ")
