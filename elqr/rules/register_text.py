"""The text of a register (手続台帳の本文): how one is written, as elqr/rules/register.py reads it."""

import json
from collections.abc import Iterable, Iterator

from elqr.rules.register import KpiPlan, Procedure
from elqr.vocabulary.claim_terms import ClaimSource


def register_text(head: Iterable[str], plan: KpiPlan | None, procedures: Iterable[Procedure]) -> str:
    """手続台帳の本文: comments at its head, the targets if a plan sets any, and the procedures."""
    lines = [*(f"# {line}".rstrip() for line in head), ""]
    if plan is not None:
        lines += [
            "[kpi]  # eL-QR対応の手続数（累積）の目標。市の計画から写す",
            f"plan = {quoted(plan.plan)}",
            "targets = [",
            *(f"  {{ year = {target.year}, procedures = {target.procedures} }}," for target in plan.targets),
            "]",
            "",
        ]
    for procedure in procedures:
        lines += [*_lines(procedure), ""]
    return "\n".join(lines)


def quoted(text: str) -> str:
    """引用符つきの文字列 of TOML. The text is printable: what JSON escapes, TOML reads."""
    assert text.isprintable(), "people write printable names"
    return json.dumps(text, ensure_ascii=False)


def _lines(procedure: Procedure) -> Iterator[str]:
    (accounting,) = procedure.accounting
    yield "[[procedure]]"
    for name in ("code", "name", "kind", "department", "priority", "item_no"):
        yield f"{name} = {quoted(getattr(procedure, name))}"
    if procedure.go_live_on:
        yield f"go_live_on = {procedure.go_live_on.isoformat()}"
    if procedure.claims is ClaimSource.FILE:
        yield f"claims = {quoted(procedure.claims)}"
    yield f"accounting = {quoted(accounting.kind)}"
