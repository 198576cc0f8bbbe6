"""Four eyes (二人の確認): what one person asks for, another approves. Who takes a step signs it."""

from dataclasses import dataclass

from elqr.errors import BadFile
from elqr.person import same_person


@dataclass(frozen=True, slots=True)
class Signature:
    """署名: who takes a step, when, and why."""

    by: str
    at: str
    reason: str = ""


def refuse_same_person(asked_by: str, by: str) -> None:
    """申請した人は承認できない. Raises BadFile."""
    if same_person(asked_by, by):
        raise BadFile(f"申請した人（{by}）は承認できません。別の人が承認してください。")
