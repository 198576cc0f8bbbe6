"""Inspection (ファイルの検査): everything that can be said about a delivered file without the ledger.

Pure: bytes in, a value out. It goes through the same tiers as the night's intake, so that it predicts what the night
would do with a file. What only the ledger knows (delivered before, matched) is left out.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import polars as pl

from elqr.formats.decode import Decoded, decode
from elqr.formats.intake.checks import check, stated_and_calculated
from elqr.formats.payments import meaning, with_other_records
from elqr.formats.recognize import recognize
from elqr.formats.spec import Spec
from elqr.vocabulary.findings import Finding
from elqr.vocabulary.frames import PaymentContent
from elqr.vocabulary.terms import Channel, Stage


@dataclass(frozen=True, slots=True)
class Total:
    """合計の検査 of one group: the total that the file states, and that of its records."""

    title: str
    record_no: int
    stated: int | None
    calculated: int

    @property
    def agrees(self) -> bool:
        """一致するか: whether the records add up to the stated total."""
        return self.stated == self.calculated


@dataclass(frozen=True, slots=True)
class Money:
    """収納の件数と金額 of one stage and channel."""

    stage: str
    channel: str
    count: int
    yen: int


@dataclass(frozen=True, slots=True)
class Inspection:
    """検査の結果. `money` is None when fields could not be read, because a sum would mislead."""

    file: str
    size_bytes: int
    spec: Spec | None
    was_named: bool
    charset: str
    line_end: str
    record_count: int
    kinds: tuple[tuple[str, int], ...]
    money: tuple[Money, ...] | None
    paid_from: date | None
    paid_to: date | None
    totals: tuple[Total, ...]
    findings: tuple[Finding, ...]
    decoded: Decoded | None = None

    @property
    def accepted(self) -> bool:
        """取り込めるか: the night trusts a payment file whole or not at all."""
        return self.spec is not None and not self.findings

    def as_dict(self) -> dict[str, object]:
        """For `--json`: counts, yen and places; no value of a personal field."""
        return {
            "file": self.file,
            "bytes": self.size_bytes,
            "accepted": self.accepted,
            "spec": self.spec.name if self.spec else None,
            "verified": self.spec.verified if self.spec else None,
            "why": why(self),
            "charset": self.charset,
            "line_end": self.line_end,
            "shape": list(self.decoded.shape) if self.decoded else [],
            "records": self.record_count,
            "kinds": [{"title": title, "count": count} for title, count in self.kinds],
            "money": None if self.money is None else [
                {"stage": row.stage, "channel": row.channel, "count": row.count, "yen": row.yen} for row in self.money
            ],
            "paid_from": self.paid_from.isoformat() if self.paid_from else None,
            "paid_to": self.paid_to.isoformat() if self.paid_to else None,
            "totals": [
                {"title": t.title, "record_no": t.record_no, "stated": t.stated, "calculated": t.calculated}
                for t in self.totals
            ],
            "findings": [finding.as_dict() for finding in self.findings],
        }  # fmt: skip


def inspect(data: bytes, file: str, specs: Iterable[Spec], received_on: date, named: Spec | None = None) -> Inspection:
    """検査する. `named`: the spec that the operator gives; without it the file must be recognised among `specs`."""
    recognised, findings = recognize(data, [named] if named else specs, file, received_on)
    spec = named or recognised
    if spec is None:
        return Inspection(file, len(data), None, False, "", "", 0, (), None, None, None, (), findings)
    decoded = decode(data, spec, file, received_on)
    check_findings = check(decoded, file, received_on)
    findings = (*findings, *check_findings) if decoded.tables else tuple(check_findings)
    kinds = tuple(
        (record.title, decoded.tables[record.name].height) for record in spec.record if record.name in decoded.tables
    )
    money = _money(decoded) if decoded.tables and not decoded.findings and spec.payment else None
    return Inspection(
        file=file,
        size_bytes=len(data),
        spec=spec,
        was_named=named is not None,
        charset=decoded.charset,
        line_end=decoded.line_end,
        record_count=decoded.record_count,
        kinds=kinds,
        money=None if money is None else money[0],
        paid_from=None if money is None else money[1],
        paid_to=None if money is None else money[2],
        totals=_totals(decoded) if decoded.tables else (),
        findings=findings,
        decoded=decoded,
    )


def _money(decoded: Decoded) -> tuple[tuple[Money, ...], date | None, date | None]:
    """件数と金額 by stage and channel, with the first and the last 領収日."""
    pay = decoded.spec.payment
    assert pay is not None, "only payments have money"
    rows = with_other_records(decoded, pay.record)
    by = (PaymentContent.STAGE, PaymentContent.CHANNEL)
    lines = (
        rows.group_by(meaning(pay.stage).alias(by[0]), meaning(pay.channel).alias(by[1]))
        .agg(pl.len(), pl.col(pay.paid_yen).sum())
        .sort(pl.col(by).fill_null(""))
    )
    money = tuple(
        Money(_label(Stage, stage), _label(Channel, channel), count, yen)
        for stage, channel, count, yen in lines.iter_rows()
    )
    assert sum(line.yen for line in money) == rows[pay.paid_yen].sum(), "every payment is in one line"
    days = rows[pay.paid_on]
    return money, days.min(), days.max()  # type: ignore[return-value]


def _label(kind: type[Stage] | type[Channel], value: str | None) -> str:
    """The label that staff read; a value without a meaning in the spec stays visible."""
    return kind(value).label if value in set(kind) else f"不明（{value or '対応なし'}）"


def _totals(decoded: Decoded) -> tuple[Total, ...]:
    return tuple(
        Total(control.title, *row)
        for control in decoded.spec.control
        for row in stated_and_calculated(decoded, control).iter_rows()
    )


def why(inspection: Inspection) -> str:
    """形式の判定の理由 in words."""
    if inspection.spec is None:
        return "どの様式にも決まりません"
    if inspection.was_named:
        return "指定された様式で読みました（自動の判定ではありません）"
    if inspection.spec.layout == "csv":
        return "見出し行がこの様式と合います" if inspection.spec.header_row else "行の区分と項目数がこの様式と合います"
    return "ほかの様式にはない組合せで、" + "、".join(_probed_fields(inspection.spec)) + "が正しく読めます"


def _probed_fields(spec: Spec) -> list[str]:
    """The titles of the fields that recognition looks at."""
    words = []
    for probe in spec.recognize:
        record = spec.record_named(probe.record)
        assert record is not None, "a spec that was read names records that exist"
        titles = [field.title for field in record.fields if field.name in probe.fields]
        words.append(f"{record.title}の" + "・".join(f"「{title}」" for title in titles))
    return words
