"""Verification (検算): everything the ledger says, recomputed from its own rows and from the kept raw bytes.

Each rule is a function that yields what disagrees, and where. `RULES` has them in the order in which a person would
look. Nothing is changed. elqr/audit/verification/coverage.py says what each table is compared with, and what nothing
proves.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from elqr.audit.verification.anchor import Anchor
from elqr.audit.verification.audit import UNREADABLE, Audit, mismatch
from elqr.audit.verification.claim_fees import claim_fees
from elqr.audit.verification.counted import counted_days
from elqr.audit.verification.handed import arrears, exports, months
from elqr.audit.verification.identity import identity
from elqr.audit.verification.ledger import claim_entries, decisions, postings, structure, tallies
from elqr.audit.verification.money import bundles, settlements
from elqr.audit.verification.payouts import payouts
from elqr.audit.verification.people import two_people
from elqr.audit.verification.refused import refused_rows
from elqr.audit.verification.retracted import retracted_files
from elqr.audit.verification.rows import acts, changing_rows, seals
from elqr.audit.verification.runs import anchors, chain, runs
from elqr.audit.verification.sources import deliveries, notices, outputs, records
from elqr.audit.verification.typed_batches import typed_batches
from elqr.audit.verification.unsealed import unsealed
from elqr.session.session import Session
from elqr.vocabulary.codes import Code
from elqr.vocabulary.errors import cause
from elqr.vocabulary.findings import Finding

RULES: tuple[tuple[str, Callable[[Audit], Iterator[Finding]]], ...] = (
    ("台帳の作り", structure),
    ("台帳の素性", identity),
    ("実行の連鎖", chain),
    ("照合値の控え", anchors),
    ("実行の記録", runs),
    ("収納と入金", records),
    ("受信の記録", deliveries),
    ("手で打った束", typed_batches),
    ("記録を待つ行", unsealed),
    ("消込結果", decisions),
    ("調定異動", claim_entries),
    ("仕訳", postings),
    ("還付と返還", payouts),
    ("計上日", counted_days),
    ("累計", tallies),
    ("収納の束", bundles),
    ("突合済", settlements),
    ("納付書", notices),
    ("取り消した納付書データ", retracted_files),
    ("取り込まなかった行", refused_rows),
    ("書き出したファイル", outputs),
    ("基幹システムへの書き出し", exports),
    ("締めた月", months),
    ("督促対象一覧", arrears),
    ("督促手数料", claim_fees),
    ("封", seals),
    ("人のしたこと", acts),
    ("二人の目", two_people),
    ("連番と設定", changing_rows),
)
"""検算の規則: the rules and the names that staff read, in the order in which they are reported."""


@dataclass(frozen=True, slots=True)
class Verified:
    """検算の結果: how many of each kind were verified, and what disagrees."""

    counts: dict[str, int]
    findings: tuple[Finding, ...]


def verify_ledger(session: Session, kept_anchors: Sequence[Anchor] = ()) -> Verified:
    """台帳を検算する: apply all rules to the whole ledger, and look for the kept anchors. Nothing is changed."""
    audit = Audit(session, {}, kept_anchors)
    findings: list[Finding] = []
    for name, rule in RULES:
        with session.journal.step("検算", name):
            findings += _carry_out(name, rule, audit)
    session.ledger.has_stayed()
    return Verified(audit.counts, tuple(findings))


def _carry_out(name: str, rule: Callable[[Audit], Iterator[Finding]], audit: Audit) -> Iterator[Finding]:
    """Carry out a rule as far as possible: values that cannot be computed with are damage too, not a crash."""
    try:
        with audit.session.ledger.transaction():
            yield from rule(audit)
    except OSError as error:
        yield mismatch(
            str(error.filename or "ファイル"), Code.OUTPUT_DIFFERS, f"読めない（{cause(error)}）", "読める", name
        )
    except UNREADABLE as error:
        reason = str(error).partition("\n")[0][:120]
        yield mismatch("台帳", Code.LEDGER_STRUCTURE, f"計算できない値（{reason}）", "書いたときのままの値", name)
