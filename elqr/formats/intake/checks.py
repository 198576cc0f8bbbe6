"""File-level rules (ファイルの検査): one function per rule, listed in `CHECKS`.

Each takes a decoded file and returns findings. They run only when framing and fields are clean,
because a total over misread records would only describe the misreading.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from elqr.formats.decode import Decoded
from elqr.formats.sequence import GROUP_NO, RECORD_NO
from elqr.formats.spec import Control, Spec
from elqr.vocabulary.codes import Code
from elqr.vocabulary.findings import LISTED_PER_CODE, Finding, Location, of_file_made_by, without_names

Check = Callable[[Decoded, str, date], list[Finding]]


def control_totals(decoded: Decoded, file: str, received_on: date) -> list[Finding]:
    """合計の検査: calculated against stated totals, for every group and every control of the spec."""
    return list(totals_findings(decoded.spec, [totals_of(decoded)], file))


@dataclass(frozen=True, slots=True)
class Totals:
    """合計: two frames per control, one row per group: record_no, group_no, stated; and group_no, calculated."""

    stated: tuple[pl.DataFrame, ...]
    calculated: tuple[pl.DataFrame, ...]


def totals_of(decoded: Decoded) -> Totals:
    """書かれた合計と計算した合計 of a file or a piece of one."""
    controls = decoded.spec.control
    return Totals(
        tuple(_stated(decoded, control) for control in controls),
        tuple(_calculated(decoded, control) for control in controls),
    )


def totals_findings(spec: Spec, parts: Sequence[Totals], file: str) -> Iterator[Finding]:
    """合計の検査 of a whole file, from the totals of its pieces."""
    for number, control in enumerate(spec.control):
        stated = pl.concat([part.stated[number] for part in parts])
        both = _join_totals(stated, pl.concat([part.calculated[number] for part in parts]))
        wrong = both.filter(pl.col("calculated") != pl.col("stated"))
        for no, stated_value, calculated in wrong.head(LISTED_PER_CODE).iter_rows():
            at = Location(file, no, field=control.title)
            yield Finding(at, _code(control), f"計算値 {calculated:,}", f"ファイルの合計 {stated_value:,}")


def stated_and_calculated(decoded: Decoded, control: Control) -> pl.DataFrame:
    """書かれた合計と計算した合計: one row per group: record_no (of the stated total), stated, calculated."""
    return _join_totals(_stated(decoded, control), _calculated(decoded, control))


def _stated(decoded: Decoded, control: Control) -> pl.DataFrame:
    name, _, field = control.at.partition(".")
    return decoded.tables[name].select(RECORD_NO, GROUP_NO, pl.col(field).alias("stated"))


def _join_totals(stated: pl.DataFrame, calculated: pl.DataFrame) -> pl.DataFrame:
    sums = calculated.group_by(GROUP_NO).agg(pl.col("calculated").sum())
    both = stated.join(sums, on=GROUP_NO, how="left", validate="m:1", maintain_order="left")
    return both.select(RECORD_NO, "stated", pl.col("calculated").fill_null(0))


def _code(control: Control) -> Code:
    if control.plus:
        return Code.CONTROL_ADDS_UP
    return Code.CONTROL_COUNT if control.count else Code.CONTROL_YEN


def _calculated(decoded: Decoded, control: Control) -> pl.DataFrame:
    """The total that the control should state: frame with group_no and calculated."""
    if control.plus:
        signed = [(1, name) for name in control.plus] + [(-1, name) for name in control.minus]
        parts = [(sign, *name.partition(".")) for sign, name in signed]
        terms = [
            decoded.tables[record].select(GROUP_NO, (pl.col(field) * sign).alias("calculated"))
            for sign, record, _, field in parts
        ]
        return pl.concat(terms).group_by(GROUP_NO).agg(pl.col("calculated").sum())
    record, _, field = (control.sum or control.count or "").partition(".")
    rows = decoded.tables[record]
    for name, value in control.where.items():
        is_value = pl.col(name).eq_missing(value.removeprefix("!"))
        wanted = ~is_value if value.startswith("!") else is_value
        rows = rows.filter(wanted)
    total = pl.col(field).sum() if control.sum else pl.len().cast(pl.Int64)
    return rows.group_by(GROUP_NO).agg(total.alias("calculated"))


def no_future_day(decoded: Decoded, file: str, received_on: date) -> list[Finding]:
    """領収日・勘定日が処理日より後ではない: no payment or booking has a future date."""
    spec = decoded.spec
    days = [(spec.payment.record, spec.payment.paid_on)] if spec.payment else []
    days += [(spec.deposit.record, spec.deposit.booked_on)] if spec.deposit else []
    findings: list[Finding] = []
    for home, name in days:
        record = spec.record_named(home)
        field = record.field(name) if record else None
        if "." in name or (field is not None and field.ahead):
            continue
        rows = decoded.tables[home]
        late = rows.filter(pl.col(name) > received_on).select(RECORD_NO, name).head(LISTED_PER_CODE)
        for no, day in late.iter_rows():
            at = Location(file, no, field=field.title if field else name)
            findings.append(Finding(at, Code.FUTURE_DATE, day.isoformat(), f"{received_on.isoformat()}以前"))
    return findings


def every_code_is_mapped(decoded: Decoded, file: str, received_on: date) -> list[Finding]:
    """段階・チャネル・入金の種別の対応表にない値がない: every value that the format allows has a known meaning."""
    spec = decoded.spec
    codes = (
        [(spec.payment.record, mapped) for mapped in (spec.payment.stage, spec.payment.channel)] if spec.payment else []
    )
    codes += [(spec.deposit.record, spec.deposit.kind)] if spec.deposit else []
    findings: list[Finding] = []
    for home, mapped in codes:
        if not mapped.map or mapped.default is not None or mapped.field is None:
            continue
        record = spec.record_named(home)
        field = record.field(mapped.field) if record else None
        rows = decoded.tables[home].filter(~pl.col(mapped.field).is_in(list(mapped.map)))
        for no, value in rows.select(RECORD_NO, mapped.field).head(LISTED_PER_CODE).iter_rows():
            at = Location(file, no, field=field.title if field else mapped.field)
            actual = f"{without_names(str(value))}（意味のわからない値）"
            findings.append(Finding(at, Code.NOT_IN_LIST, actual, "・".join(mapped.map)))
    return findings


RECORD_CHECKS: tuple[Check, ...] = (no_future_day, every_code_is_mapped)
"""Rules that a record keeps or breaks independently of other records."""
CHECKS: tuple[Check, ...] = (control_totals, *RECORD_CHECKS)


def check(decoded: Decoded, file: str, received_on: date) -> list[Finding]:
    """検査する: apply all rules to a decoded file; the findings of decoding, if there are any."""
    if decoded.findings:
        return list(decoded.findings)
    findings = sorted(finding for rule in CHECKS for finding in rule(decoded, file, received_on))
    return list(of_file_made_by(findings, decoded.spec.made_by))
