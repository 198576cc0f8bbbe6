"""File-level rules (ファイルの検査): one function a rule, listed in `CHECKS`.

Each takes what was decoded and gives findings. They run only when framing and fields are clean,
because a total over misread records would only describe the misreading.
"""

from collections.abc import Callable
from datetime import date

import polars as pl

from elqr.codes import Code
from elqr.findings import LISTED_PER_CODE, Finding, Location
from elqr.formats.decode import Decoded
from elqr.formats.sequence import GROUP_NO, RECORD_NO
from elqr.formats.spec import Control

Check = Callable[[Decoded, str, date], list[Finding]]


def control_totals(decoded: Decoded, file: str, received_on: date) -> list[Finding]:
    """合計の検査: calculated against control, for every group and every control of the spec."""
    found: list[Finding] = []
    for control in decoded.spec.control:
        both = stated_and_calculated(decoded, control)
        wrong = both.filter(pl.col("calculated") != pl.col("stated"))
        for no, given, calculated in wrong.head(LISTED_PER_CODE).iter_rows():
            at = Location(file, no, field=control.title)
            found.append(Finding(at, _code(control), f"計算値 {calculated:,}", f"ファイルの合計 {given:,}"))
    return found


def stated_and_calculated(decoded: Decoded, control: Control) -> pl.DataFrame:
    """書かれた合計と計算した合計, one row a group: record_no (where it is stated), stated, calculated."""
    name, _, field = control.at.partition(".")
    stated = decoded.tables[name].select(RECORD_NO, GROUP_NO, pl.col(field).alias("stated"))
    calculated = _calculated(decoded, control)
    both = stated.join(calculated, on=GROUP_NO, how="left", validate="m:1", maintain_order="left")
    return both.select(RECORD_NO, "stated", pl.col("calculated").fill_null(0))


def _code(control: Control) -> Code:
    if control.plus:
        return Code.CONTROL_ADDS_UP
    return Code.CONTROL_COUNT if control.count else Code.CONTROL_YEN


def _calculated(decoded: Decoded, control: Control) -> pl.DataFrame:
    """What the control should say, by group."""
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
        own = pl.col(name).eq_missing(value.removeprefix("!"))
        wanted = ~own if value.startswith("!") else own
        rows = rows.filter(wanted)
    total = pl.col(field).sum() if control.sum else pl.len().cast(pl.Int64)
    return rows.group_by(GROUP_NO).agg(total.alias("calculated"))


def no_future_day(decoded: Decoded, file: str, received_on: date) -> list[Finding]:
    """領収日・勘定日が処理日より後ではない."""
    spec = decoded.spec
    days = [(spec.payment.record, spec.payment.paid_on)] if spec.payment else []
    days += [(spec.deposit.record, spec.deposit.booked_on)] if spec.deposit else []
    found: list[Finding] = []
    for home, name in days:
        record = spec.record_named(home)
        field = record.field(name) if record else None
        if "." in name or (field is not None and field.ahead):
            continue
        rows = decoded.tables[home]
        late = rows.filter(pl.col(name) > received_on).select(RECORD_NO, name).head(LISTED_PER_CODE)
        for no, day in late.iter_rows():
            at = Location(file, no, field=field.title if field else name)
            found.append(Finding(at, Code.FUTURE_DATE, day.isoformat(), f"{received_on.isoformat()}以前"))
    return found


def every_code_is_mapped(decoded: Decoded, file: str, received_on: date) -> list[Finding]:
    """段階・チャネル・入金の種別の対応表にない値がない: a value the format allows but whose meaning is not known."""
    spec = decoded.spec
    codes = (
        [(spec.payment.record, mapped) for mapped in (spec.payment.stage, spec.payment.channel)] if spec.payment else []
    )
    codes += [(spec.deposit.record, spec.deposit.kind)] if spec.deposit else []
    found: list[Finding] = []
    for home, mapped in codes:
        if not mapped.map or mapped.default is not None or mapped.field is None:
            continue
        record = spec.record_named(home)
        field = record.field(mapped.field) if record else None
        rows = decoded.tables[home].filter(~pl.col(mapped.field).is_in(list(mapped.map)))
        for no, value in rows.select(RECORD_NO, mapped.field).head(LISTED_PER_CODE).iter_rows():
            at = Location(file, no, field=field.title if field else mapped.field)
            found.append(Finding(at, Code.NOT_IN_LIST, f"{value}（意味のわからない値）", "・".join(mapped.map)))
    return found


CHECKS: tuple[Check, ...] = (control_totals, no_future_day, every_code_is_mapped)


def check(decoded: Decoded, file: str, received_on: date) -> list[Finding]:
    """All rules over one decoded file."""
    if decoded.findings:
        return list(decoded.findings)
    return sorted(finding for rule in CHECKS for finding in rule(decoded, file, received_on))
