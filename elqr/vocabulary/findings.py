"""Findings (指摘): what is wrong with data, where, what was found and what was wanted.

A finding is a value, not an exception: the run goes on. What its code means stands in elqr/vocabulary/code_texts.py.
Personal fields are masked by whoever makes the finding (`MASKED`).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from elqr.vocabulary.code_texts import CODES, CodeText
from elqr.vocabulary.codes import Code
from elqr.vocabulary.limits import FINDINGS
from elqr.vocabulary.visible_text import visible

MASKED = "＊＊＊"
_HIDDEN = "＊"
_MAY_BE_A_NAME = re.compile(r"[A-Za-z]{3,}|[^\x00-\x7f０-９　，．－／：￥]+")
"""Letters that make a word, and whatever is neither ASCII nor a wide digit or sign."""

LISTED_PER_CODE = FINDINGS.most
"""After so many findings of one code in one file, the rest are counted and not listed."""


def without_names(text: str) -> str:
    """氏名を伏せた値: what stands where no text was expected may be a name or an address; digits and signs stay."""
    return _MAY_BE_A_NAME.sub(_HIDDEN, text)


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """場所: file, record (from 1; `unit` says what is counted), byte within it (from 0; `offset_unit`), field."""

    file: str = ""
    record_no: int = 0
    offset_bytes: int = -1
    field: str = ""
    unit: str = "件目"
    offset_unit: str = "バイト目"

    def __str__(self) -> str:
        parts = [self.file] if self.file else []
        if self.record_no:
            parts.append(f"{self.record_no}{self.unit}")
        if self.offset_bytes >= 0:
            parts.append(f"{self.offset_bytes + 1}{self.offset_unit}")
        if self.field:
            parts.append(f"「{self.field}」")
        return " ".join(parts)


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """指摘: one broken rule at one place."""

    at: Location
    code: Code
    actual: str = ""
    expected: str = ""
    made_by: str = field(default="", compare=False)

    @property
    def remedy(self) -> str:
        """対処 of this finding."""
        return self.text.remedy_for(self.made_by)

    @property
    def text(self) -> CodeText:
        """見出しと対処 of this finding's code."""
        return CODES[self.code]

    def __str__(self) -> str:
        found = f" 実際: {visible(self.actual)}" if self.actual else ""
        wanted = f" 正: {visible(self.expected)}" if self.expected else ""
        return f"[{self.code}] {self.at}: {self.text.heading}。{found}{wanted} → {self.remedy}"

    def as_dict(self) -> dict[str, str]:
        """For `--json` and reports."""
        return {"code": self.code.value, "at": str(self.at), "actual": self.actual, "expected": self.expected}


def of_file_made_by(findings: Iterable[Finding], made_by: str) -> tuple[Finding, ...]:
    """誰が作ったファイルの指摘か: what to do about them depends on it."""
    return tuple(replace(finding, made_by=made_by) for finding in findings)
