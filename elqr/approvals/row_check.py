"""Rows checked before the night (調定データと督促の状況の検査): what the night will say of a file that is readable.

It takes such a file whole or not at all. Without a ledger and a register, only what the file itself says can be judged.
"""

from dataclasses import replace

from elqr.formats.claims import claims_of
from elqr.formats.decode import Decoded
from elqr.formats.intake.delivered_file import Intake
from elqr.formats.intake.inspection import Inspection
from elqr.formats.statuses import statuses_of
from elqr.night.take_in import with_new_rows
from elqr.rules.claim_states import refuse_states
from elqr.rules.reminder_statuses import refuse_statuses
from elqr.session.session import Session
from elqr.vocabulary.findings import Finding


def with_row_findings(inspection: Inspection, session: Session | None = None) -> Inspection:
    """行の検査を足す: the inspection, with findings about the rows of a file of claims or of reasons not to remind.

    With a session, the register and the ledger are asked too. Any other file, and one with findings, stays as it is.
    """
    decoded = inspection.decoded
    if decoded is None or inspection.findings or decoded.spec.purpose != "claim":
        return inspection
    findings = _judge_alone(inspection.file, decoded) if session is None else _judge(session, inspection.file, decoded)
    return replace(inspection, findings=findings)


def _judge_alone(name: str, decoded: Decoded) -> tuple[Finding, ...]:
    if decoded.spec.status is not None:
        statuses = statuses_of(decoded)
        return tuple(refuse_statuses(name, statuses, None, statuses.clear()))
    claims = claims_of(decoded)
    return tuple(refuse_states(name, claims, None, claims.clear()))


def _judge(session: Session, name: str, decoded: Decoded) -> tuple[Finding, ...]:
    """台帳と照らす: as the night does."""
    is_status = decoded.spec.status is not None
    statuses, claims = (statuses_of(decoded), None) if is_status else (None, claims_of(decoded))
    intake = Intake(decoded.spec.name, decoded.record_count, None, (), statuses=statuses, claims=claims)
    with session.ledger.transaction():
        judged = with_new_rows(session, name, intake)
    return judged.findings if isinstance(judged, Intake) else ()
