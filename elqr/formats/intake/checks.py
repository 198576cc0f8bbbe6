"""File-level rules (ファイルの検査): one function per rule, listed in `CHECKS`.

Each takes a decoded file and returns findings. They run only when framing and fields are clean,
because a total over misread records would only describe the misreading.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from elqr.formats.condition import meets
from elqr.formats.decode import Decoded
from elqr.formats.foreign import request_sentence
from elqr.formats.sequence import GROUP_NO, RECORD_NO
from elqr.formats.spec import Control, RecordSpec, Spec
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
        is_wrong = (pl.col("calculated") != pl.col("stated")) & pl.col("or_counted").ne_missing(pl.col("stated"))
        wrong = both.filter(is_wrong).drop("or_counted")
        for no, stated_value, calculated in wrong.head(LISTED_PER_CODE).iter_rows():
            at = Location(file, no, field=control.title)
            yield Finding(at, _code(control), f"計算値 {calculated:,}", f"ファイルの合計 {stated_value:,}")


def stated_and_calculated(decoded: Decoded, control: Control) -> pl.DataFrame:
    """書かれた合計と計算した合計: one row per group: record_no (of the stated total), stated, calculated, or_counted.

    What was left blank is null. `or_counted` is the total of senders who count otherwise (`Control.or_count`).
    """
    return _join_totals(_stated(decoded, control), _calculated(decoded, control))


def _stated(decoded: Decoded, control: Control) -> pl.DataFrame:
    name, _, field = control.at.partition(".")
    rows = _in_groups(decoded, control, decoded.tables[name])
    if control.whole_file:  # a second end record behind the first counts nothing
        rows = rows.filter(~(pl.col(RECORD_NO) - 1).is_in(rows[RECORD_NO].implode()))
    return rows.select(RECORD_NO, GROUP_NO, pl.col(field).alias("stated"))


def _in_groups(decoded: Decoded, control: Control, rows: pl.DataFrame) -> pl.DataFrame:
    """組の番号: for a total of the whole file, the number of such totals before a record, as files may be glued."""
    if not control.whole_file:
        return rows
    ends = decoded.tables[control.at.partition(".")[0]][RECORD_NO]
    return rows.with_columns(ends.search_sorted(rows[RECORD_NO], side="left").cast(pl.Int64).alias(GROUP_NO))


def _join_totals(stated: pl.DataFrame, calculated: pl.DataFrame) -> pl.DataFrame:
    """One row per stated total. `calculated` is null where a part of it was left blank."""
    is_whole, has_other = pl.col("calculated").is_not_null().all(), pl.col("or_counted").is_not_null().any()
    sums = calculated.group_by(GROUP_NO).agg(
        pl.when(is_whole).then(pl.col("calculated").sum()),
        pl.when(has_other).then(pl.col("or_counted").sum()),
        has_parts=True,
    )
    both = stated.join(sums, on=GROUP_NO, how="left", validate="m:1", maintain_order="left")
    calculated_yen = pl.when(pl.col("has_parts")).then("calculated").otherwise(0)
    return both.select(RECORD_NO, "stated", calculated_yen.alias("calculated"), "or_counted")


def _code(control: Control) -> Code:
    if control.plus:
        return Code.CONTROL_ADDS_UP
    return Code.CONTROL_COUNT if control.count else Code.CONTROL_YEN


def _calculated(decoded: Decoded, control: Control) -> pl.DataFrame:
    """What the control should state: frame with group_no, calculated and or_counted, to be added up by group."""
    never = pl.lit(None, dtype=pl.Int64)
    if control.plus:
        signed = [(1, name) for name in control.plus] + [(-1, name) for name in control.minus]
        parts = [(sign, *name.partition(".")) for sign, name in signed]
        terms = [
            decoded.tables[record].select(GROUP_NO, calculated=pl.col(field) * sign, or_counted=never)
            for sign, record, _, field in parts
        ]
        return pl.concat(terms)
    field = (control.sum or "").partition(".")[2]
    total = pl.col(field).sum() if field else pl.len().cast(pl.Int64)
    totals = []
    for record in control.records:
        rows = _in_groups(decoded, control, decoded.tables[record].filter(meets(control.where)))
        is_counted, is_or_counted = record in (control.count or control.records), record in control.or_count
        either = (total if is_counted else pl.lit(0, dtype=pl.Int64)), (total if is_or_counted else never)
        totals.append(rows.group_by(GROUP_NO).agg(calculated=either[0], or_counted=either[1]))
    return pl.concat(totals)


def results_are_stated(decoded: Decoded, file: str, received_on: date) -> list[Finding]:
    """結果が書かれている: a file whose totals of results are all zero or blank is a request."""
    totals = [name.partition(".") for name in decoded.spec.result_totals]
    stated = [decoded.tables[record].select(RECORD_NO, pl.col(field).alias("stated")) for record, _, field in totals]
    has_payments = decoded.spec.payment is not None and decoded.tables[decoded.spec.payment.record].height
    if not stated or not stated[0].height or not has_payments or (pl.concat(stated)["stated"] != 0).any():
        return []
    return [Finding(Location(file, stated[0][RECORD_NO][0]), Code.FOREIGN, request_sentence(decoded.spec.title))]


def no_future_day(decoded: Decoded, file: str, received_on: date) -> list[Finding]:
    """領収日・勘定日・操作日が処理日より後ではない: no payment, booking or state of a claim has a future date."""
    spec = decoded.spec
    days = [(spec.payment.record, spec.payment.paid_on)] if spec.payment else []
    if spec.payment and spec.payment.received_on and spec.typed_by_hand:
        days.append((spec.payment.record, spec.payment.received_on))
    days += [(spec.deposit.record, spec.deposit.booked_on)] if spec.deposit else []
    days += [(stated.record, stated.stated_at[0]) for stated in (spec.claim, spec.status) if stated]
    findings: list[Finding] = []
    for home, dotted in days:
        other, _, name = dotted.rpartition(".")
        record = spec.record_named(other or home)
        assert record is not None, "a spec that was read names records that exist"
        if (field := record.field(name)) is not None and field.ahead:
            continue
        chosen = record.choose.get(name)
        title = _titles(record, [*chosen.fields.values(), chosen.otherwise] if chosen else [name])
        rows = decoded.tables[record.name]
        late = rows.filter(pl.col(name) > received_on).select(RECORD_NO, name).head(LISTED_PER_CODE)
        for no, day in late.iter_rows():
            at = Location(file, no, field=title)
            findings.append(Finding(at, Code.FUTURE_DATE, day.isoformat(), f"{received_on.isoformat()}以前"))
    return findings


def _titles(record: RecordSpec, names: Sequence[str]) -> str:
    return "・".join(field.title for field in record.fields if field.name in names)


def every_code_is_mapped(decoded: Decoded, file: str, received_on: date) -> list[Finding]:
    """段階・チャネル・入金の種別の対応表にない値がない: every value that the format allows has a known meaning."""
    spec = decoded.spec
    codes = (
        [(spec.payment.record, mapped) for mapped in (spec.payment.stage, spec.payment.channel)] if spec.payment else []
    )
    codes += [(spec.deposit.record, spec.deposit.kind)] if spec.deposit else []
    claim, status = spec.claim, spec.status
    codes += [(claim.record, mapped) for mapped in (claim.procedure, claim.reason) if mapped] if claim else []
    codes += [(status.record, status.kind)] if status else []
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


def names_one_notice(decoded: Decoded, file: str, received_on: date) -> list[Finding]:
    """照会キーの欄は一つ: a record that can name its notice in two ways names it in one, and has its identity."""
    pay = decoded.spec.payment
    if pay is None or pay.other_key is None:
        return []
    record = decoded.spec.record_named(pay.record)
    assert record is not None, "a spec that was read names records that exist"
    keys = [[name.partition(".")[0] for name in key.fields] for key in (pay.key, pay.other_key)]
    titles = [_titles(record, names) for names in keys]
    filled = pl.sum_horizontal(pl.any_horizontal(pl.col(names).is_not_null()) for names in keys)
    rows = decoded.tables[pay.record].with_columns(filled.alias("filled"))
    findings = []
    for no, count in rows.filter(pl.col("filled") != 1).select(RECORD_NO, "filled").head(LISTED_PER_CODE).iter_rows():
        at = Location(file, no, field="・".join(titles))
        wanted = f"{'か'.join(titles)}のどちらか一つ"
        findings.append(
            Finding(at, Code.COLUMN_COUNT, "両方", wanted) if count else Finding(at, Code.BLANK, "空白", wanted)
        )
    for name in pay.identity:
        blank = rows.filter(pl.col(name).is_null())[RECORD_NO].head(LISTED_PER_CODE)
        findings += [
            Finding(Location(file, no, field=_titles(record, [name])), Code.BLANK, "空白", "値") for no in blank
        ]
    return findings


def amounts_agree(decoded: Decoded, file: str, received_on: date) -> list[Finding]:
    """同じ額を書く項目が一致する: fields of `first_of` do not state different amounts."""
    findings: list[Finding] = []
    for record in decoded.spec.record:
        for several in record.first_of.values():
            first, *others = (pl.when(pl.col(name) != 0).then(name) for name in several)
            rows = decoded.tables[record.name].filter(pl.any_horizontal(other != first for other in others))
            titles = _titles(record, several)
            for no, *yen in rows.select(RECORD_NO, *several).head(LISTED_PER_CODE).iter_rows():
                shown = "と".join(f"{value:,}" for value in yen)
                findings.append(Finding(Location(file, no, field=titles), Code.AMOUNTS_DIFFER, shown, "同じ額"))
    return findings


RECORD_CHECKS: tuple[Check, ...] = (
    results_are_stated, no_future_day, every_code_is_mapped, names_one_notice, amounts_agree,
)  # fmt: skip
"""Rules that a record keeps or breaks independently of other records."""
CHECKS: tuple[Check, ...] = (control_totals, *RECORD_CHECKS)


def check(decoded: Decoded, file: str, received_on: date) -> list[Finding]:
    """検査する: apply all rules to a decoded file; the findings of decoding, if there are any."""
    if request := results_are_stated(decoded, file, received_on) if decoded.tables else []:
        return request
    if decoded.findings:
        return list(decoded.findings)
    findings = sorted(finding for rule in CHECKS for finding in rule(decoded, file, received_on))
    return list(of_file_made_by(findings, decoded.spec.made_by))
