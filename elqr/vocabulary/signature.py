"""Signatures (署名): who takes a step that is part of a decision by two people, when, and why."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Signature:
    """署名: who takes a step, when, and why."""

    by: str
    at: str
    reason: str = ""

    def stripped(self) -> "Signature":
        """理由の前後の空白を除いた署名."""
        return replace(self, reason=self.reason.strip())
