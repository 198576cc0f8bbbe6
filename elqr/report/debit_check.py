"""Checked requests (口座振替の依頼の照合): what staff read before they send a request to the bank."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import polars as pl

from elqr.rules.register import Register
from elqr.vocabulary.code_texts import CODES
from elqr.vocabulary.codes import Code
from elqr.vocabulary.debit_frames import DebitSum
from elqr.vocabulary.findings import LISTED_PER_CODE, Finding
from elqr.vocabulary.terms import Severity
from elqr.vocabulary.visible_text import visible

_SHOWN_PER_CODE = 20


@dataclass(frozen=True, slots=True)
class Sum:
    """件数と金額: how many debits, and their yen together."""

    count: int
    yen: int

    def __str__(self) -> str:
        return f"{self.count:,}件　{self.yen:,}円"

    def as_dict(self) -> dict[str, int]:
        """For `--json`."""
        return {"records": self.count, "yen": self.yen}


@dataclass(frozen=True, slots=True)
class CheckedDebits:
    """照合の結果 of one request, and the names of the other requests that were looked at.

    `sums` is frame DebitSum. `good` are the records without a finding of their own. `faults` are the records of each
    code or, of what the request lacks, the claims. `findings` list the first of each code.
    """

    file: str
    spec: str
    others: tuple[str, ...]
    asked: Sum
    good: Sum
    sums: pl.DataFrame
    faults: dict[Code, Sum]
    findings: tuple[Finding, ...]

    def as_dict(self) -> dict[str, object]:
        """For `--json`."""
        days = self.sums.with_columns(pl.col(DebitSum.DEBIT_ON).dt.to_string("%Y-%m-%d"))
        headings = {code: {"code": code.value, "heading": CODES[code].heading} for code in self.faults}
        return {
            "file": self.file,
            "spec": self.spec,
            "with": list(self.others),
            "asked": self.asked.as_dict(),
            "good": self.good.as_dict(),
            "sums": days.to_dicts(),
            "faults": [headings[code] | fault.as_dict() for code, fault in self.faults.items()],
            "findings": [finding.as_dict() for finding in self.findings],
        }


def lines(checked: CheckedDebits, register: Register) -> Iterator[str]:
    """照合の結果 in lines, as a clerk reads it."""
    yield f"■ {visible(checked.file)}　様式 {checked.spec}　引落 {checked.asked}"
    for name in checked.others:
        yield f"　一緒に見た依頼　{visible(name)}"
    for row in checked.sums.iter_rows(named=True):
        code, year = row[DebitSum.PROCEDURE_CODE], row[DebitSum.LEVY_YEAR]
        what = "該当なし" if code is None else f"{register.name_of(code)} {year}年度"
        yield f"　引落日 {row[DebitSum.DEBIT_ON]}　{what}　{Sum(row[DebitSum.COUNT], row[DebitSum.YEN])}"
    yield f"　台帳と合うもの　{checked.good}"
    yield f"　判定　{_verdict(checked)}"
    for code, fault in checked.faults.items():
        yield from _fault_lines(code, fault, [finding for finding in checked.findings if finding.code is code])


def _fault_lines(code: Code, fault: Sum, findings: list[Finding]) -> Iterator[str]:
    """一つの指摘 with what to do about it, and the places where it is true."""
    yield f"　[{code}] {CODES[code].heading}　{fault}"
    yield f"　　→ {CODES[code].remedy}"
    for finding in findings[:_SHOWN_PER_CODE]:
        wanted = f"正: {visible(finding.expected)}" if finding.expected else ""
        parts = (str(replace(finding.at, file="")), visible(finding.actual), wanted)
        yield f"　　{'　'.join(part for part in parts if part)}"
    if len(findings) > _SHOWN_PER_CODE:
        yield f"　　初めの {_SHOWN_PER_CODE}件です。--json で {LISTED_PER_CODE:,}件まで見られます。"


def _verdict(checked: CheckedDebits) -> str:
    if not checked.asked.count:
        return "引落が一件もない依頼です。送るものか確かめてください。"
    if not checked.faults:
        return "台帳と合っています。送ってよい依頼です。"
    if all(CODES[code].severity < Severity.HIGH for code in checked.faults):
        return "送る前に、指摘のわけを担当に確かめてください。よければ、このまま送れます。"
    return "まだ送らないでください。指摘の対処をして、依頼をもう一度確かめてください。"
