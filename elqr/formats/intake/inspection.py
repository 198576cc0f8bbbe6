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
from elqr.formats.payments import contents_of, meaning, with_other_records
from elqr.formats.recognize import probes_found, recognize
from elqr.formats.spec import Probe, Spec
from elqr.vocabulary.codes import Code
from elqr.vocabulary.findings import Finding
from elqr.vocabulary.frames import PaymentContent
from elqr.vocabulary.terms import Channel, Stage


@dataclass(frozen=True, slots=True)
class Total:
    """合計の検査 of one group: the total that the file states, and that of its records."""

    title: str
    record_no: int
    stated: int | None
    calculated: int | None
    or_counted: int | None = None

    @property
    def is_checked(self) -> bool:
        """検査したか: whether the file states the total and everything that it is made of."""
        return self.stated is not None and self.calculated is not None

    @property
    def agrees(self) -> bool:
        """一致するか: whether the records add up to the stated total."""
        return not self.is_checked or self.stated in (self.calculated, self.or_counted)


@dataclass(frozen=True, slots=True)
class Money:
    """収納の件数と金額 of one stage and channel."""

    stage: str
    channel: str
    count: int
    yen: int


@dataclass(frozen=True, slots=True)
class Inspection:
    """検査の結果. `money` is None when fields could not be read, because a sum would mislead.

    `is_recognised`: whether the night would know the format by itself, even if a person named it.

    `doubts`: reason, count and yen of the records that would go to 要確認 (疑義).
    """

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
    probes: tuple[Probe, ...] = ()
    doubts: tuple[tuple[str, int, int], ...] = ()
    is_recognised: bool = True

    @property
    def accepted(self) -> bool:
        """取り込めるか: the night trusts a payment file whole or not at all."""
        return self.spec is not None and not self.findings and self.is_recognised

    def as_dict(self) -> dict[str, object]:
        """For `--json`: counts, yen and places; no value of a personal field."""
        return {
            "file": self.file,
            "bytes": self.size_bytes,
            "accepted": self.accepted,
            "spec": self.spec.name if self.spec else None,
            "verified": self.spec.verified.model_dump() if self.spec else None,
            "why": why(self),
            "charset": self.charset,
            "line_end": self.line_end,
            "shape": list(self.decoded.shape) if self.decoded else [],
            "records": self.record_count,
            "kinds": [{"title": title, "count": count} for title, count in self.kinds],
            "money": None if self.money is None else [
                {"stage": row.stage, "channel": row.channel, "count": row.count, "yen": row.yen} for row in self.money
            ],
            "doubts": [{"reason": reason, "count": count, "yen": yen} for reason, count, yen in self.doubts],
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
    specs = (named,) if named else tuple(specs)
    recognised, findings = recognize(data, specs, file, received_on)
    spec = named or recognised
    if spec is None:
        return Inspection(file, len(data), None, False, "", "", 0, (), None, None, None, (), findings)
    decoded = decode(data, spec, file, received_on)
    check_findings = check(decoded, file, received_on)
    findings = tuple(check_findings)
    kinds = tuple(
        (record.title, decoded.tables[record.name].height) for record in spec.record if record.name in decoded.tables
    )
    is_request = any(finding.code is Code.FOREIGN for finding in findings)
    money = _money(decoded) if decoded.tables and not decoded.findings and spec.payment and not is_request else None
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
        probes=probes_found(data, spec, received_on, is_alone=len(specs) == 1) if spec.layout == "fixed" else (),
        doubts=() if money is None or findings else _doubts(decoded),
        is_recognised=recognised is not None,
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


def _doubts(decoded: Decoded) -> tuple[tuple[str, int, int], ...]:
    """疑義の件数と金額 by reason. The night decides about 確報 and debits whose result has not come."""
    rows = contents_of(decoded)
    undecided = pl.col(PaymentContent.STAGE) == Stage.UNDECIDED.value
    confirmed = pl.col(PaymentContent.STAGE) == Stage.CONFIRMED.value
    words = pl.coalesce(
        pl.when(confirmed).then(PaymentContent.DOUBT), pl.when(undecided).then(pl.lit(Stage.UNDECIDED.label))
    )
    doubtful = rows.select(words.alias(PaymentContent.DOUBT), PaymentContent.PAID_YEN).drop_nulls(PaymentContent.DOUBT)
    sums = doubtful.group_by(PaymentContent.DOUBT).agg(pl.len(), pl.col(PaymentContent.PAID_YEN).sum())
    sums = sums.sort(PaymentContent.DOUBT)
    return tuple(sums.iter_rows())


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
        return "指定された様式で読みました（" + (
            "自動の判定でも同じです）" if inspection.is_recognised else "自動の判定では、この様式だとわかりません）"
        )
    if inspection.spec.layout == "csv":
        if not inspection.spec.header_row:
            return "行の区分と項目数がこの様式と合います"
        is_other = any(finding.code is Code.HEADER_ROW for finding in inspection.findings)
        return "見出し行の項目の多くがこの様式と合います" if is_other else "見出し行がこの様式と合います"
    if not inspection.probes:
        return "収納の記録がなく、ヘッダがこの様式と合います"
    fields = "、".join(_probed_fields(inspection.spec, inspection.probes))
    return f"ほかの様式にはない組合せで、{fields}が正しく読めます"


def _probed_fields(spec: Spec, probes: Iterable[Probe]) -> list[str]:
    """The titles of the fields that recognition has read."""
    words = []
    for probe in probes:
        record = spec.record_named(probe.record)
        assert record is not None, "a spec that was read names records that exist"
        titles = [field.title for field in record.fields if field.name in probe.fields]
        words.append(f"{record.title}の" + "・".join(f"「{title}」" for title in titles))
    return words
