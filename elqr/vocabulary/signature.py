"""Signatures (署名): who takes a step of what needs two people, when, and why."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Signature:
    """署名: who takes a step, when, and why."""

    by: str
    at: str
    reason: str = ""
