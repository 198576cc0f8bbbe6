"""Findings (指摘): what is wrong with data, where, what was found and what was expected.

A finding is a value, not an exception: the run goes on. elqr/vocabulary/code_texts.py says what its code means.
Whoever makes a finding masks personal fields (`MASKED`).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from elqr.vocabulary.code_text import CodeText
from elqr.vocabulary.code_texts import CODES
from elqr.vocabulary.codes import Code
from elqr.vocabulary.limits import FINDINGS
from elqr.vocabulary.visible_text import visible

MASKED = "＊＊＊"
_HIDDEN = "＊"
_MAY_BE_A_NAME = re.compile(r"[A-Za-z]{3,}|[^\x00-\x7f０-９　，．－／：￥]+")
"""Letters that make a word, and everything that is neither ASCII nor a full-width digit or sign."""

_IN_SHEET = re.compile("[0-9]+行目(?: [A-Z]{1,3}列)?(?:「.*」)?", re.DOTALL)

LISTED_PER_CODE = FINDINGS.most
"""Further findings of one code in one file are counted, not listed."""


def without_names(text: str) -> str:
    """氏名を伏せた値: a text where none was expected may be a name or an address. Digits and signs stay."""
    return _MAY_BE_A_NAME.sub(_HIDDEN, text)


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """場所: file, record (from 1, in `unit`), byte within the record (from 0, in `offset_unit`), field."""

    file: str = ""
    record_no: int = 0
    offset_bytes: int = -1
    field: str = ""
    unit: str = "件目"
    offset_unit: str = "バイト目"

    @property
    def is_in_sheet(self) -> bool:
        """表計算の場所か: whether the field says where it is in a sheet (`in_sheet`)."""
        return _IN_SHEET.fullmatch(self.field) is not None

    def in_sheet(self, letters: str = "") -> "Location":
        """表計算の場所にする: the row as a spreadsheet counts it, and the letters of its column, if it has one."""
        column, field = f" {letters}列" if letters else "", f"「{self.field}」" if self.field else ""
        return replace(self, field=f"{self.record_no + 1}行目{column}{field}")

    def __str__(self) -> str:
        parts = [visible(self.file)] if self.file else []
        if self.is_in_sheet:
            return " ".join([*parts, self.field + (f"（{self.record_no}{self.unit}）" if self.record_no else "")])
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
        """対処: what to do about it."""
        return self.text.remedy_for("city" if self.at.is_in_sheet else self.made_by)

    @property
    def text(self) -> CodeText:
        """見出しと対処 of the code."""
        return CODES[self.code]

    def __str__(self) -> str:
        actual = f" 実際: {visible(self.actual)}" if self.actual else ""
        is_sentence = self.code is Code.FOREIGN  # what stands in its place is for the ledger
        expected = f" 正: {visible(self.expected)}" if self.expected and not is_sentence else ""
        return f"[{self.code}] {self.at}: {self.text.heading}。{actual}{expected} → {self.remedy}"

    def as_dict(self) -> dict[str, str]:
        """For `--json` and reports."""
        return {"code": self.code.value, "at": str(self.at), "actual": self.actual, "expected": self.expected}


def of_file_made_by(findings: Iterable[Finding], made_by: str) -> tuple[Finding, ...]:
    """作った人を記した指摘: findings that know who made their file, because the remedy depends on it."""
    return tuple(replace(finding, made_by=made_by) for finding in findings)
