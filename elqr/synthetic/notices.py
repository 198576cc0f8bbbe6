"""The invented city's notices (架空の納付書): claims, slips, reissues, cancellations and 全期 slips, as columns."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from elqr.arithmetic.checkdigit import gs1_column
from elqr.issue.keys import KeyRule, check_no_column
from elqr.synthetic.frames import InventedSlip
from elqr.synthetic.register import LEVIES, Levy

_SURNAMES = ("架空", "見本", "例示", "仮名", "試作", "雛形", "想定", "模擬")
_GIVEN_NAMES = ("太郎", "花子", "一郎", "さくら", "次郎", "みどり", "三郎", "かおる")
_MOST_BARCODE_YEN = 999_999
_REISSUED, _CANCELLED, _WHOLE_YEAR, _TRANSFER = 0.05, 0.02, 0.15, 0.15
_WHOLE_PROCEDURE, _WHOLE_AT_LEAST = "kotei", 4
_AT_LEAST = 2
"""Slips that every scene of `cast` finds, however small the city."""
_LEVY_YEAR = 2026
_BILL, _FATE, _BY_TRANSFER, _PERSON, _HOUSE, _CHECK = "bill", "fate", "by_transfer", "person", "house", "check"
"""What a base slip has besides, from which its rows and keys are made."""

_IS_REISSUED, _IS_CANCELLED = pl.col(_FATE) < _REISSUED, pl.col(_FATE) > 1 - _CANCELLED
_ISSUER_AND_COMPANY = "959919" + "83326"

REAL_SLIP: dict[str, object] = {
    "change_kind": "1",
    "procedure_code": "kei",
    "levy_year": 2024,
    "tax_year": 2024,
    "bill_no": "2024010101043",
    "installment_no": 0,
    "issue_no": 1,
    "principal_yen": 39_500,
    "demand_fee_yen": 0,
    "late_charge_yen": 0,
    "due_on": date(2024, 5, 31),
    "payable_until_on": date(2024, 7, 10),
    "issued_on": date(2024, 5, 1),
    "payer_ref": "1",
    "payer_name": "架空 太郎",
    "postal_code": "510-0000",
    "address": "見本市架空町1丁目1番1号",
    "key_no": "00000202401010104348",
    "check_no": "778284",
    "barcode": "91959919833262024010101043480024071000395003",
    "customer_no": None,
}
"""A real slip's two keys, as printed on it; the person is invented."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """暦: the stretch in which payments are made, and the dates of the slips around it."""

    first_on: date
    last_on: date

    @property
    def issued_on(self) -> date:
        """発行日 of the city's slips."""
        return self.first_on - timedelta(days=21)

    @property
    def early_until_on(self) -> date:
        """支払期限 of the slips that can be paid late within the stretch."""
        return self.first_on + (self.last_on - self.first_on) // 2

    @property
    def debit_days(self) -> list[date]:
        """引落日: the 2nd and the 27th of a month, or the next weekday, before anything is late; at least one day.

        Less than a year before the last day, so that 月日 alone names them without doubt.
        """
        first = max(self.first_on, self.last_on - timedelta(days=364))
        span = [first + timedelta(days=place) for place in range((self.early_until_on - first).days + 1)]
        nominal = [day for day in span if day.day in (2, 27)]
        moved = [day + timedelta(days=(8 - day.isoweekday()) % 7 if day.isoweekday() > 5 else 0) for day in nominal]
        return [day for day in moved if day <= self.early_until_on] or [first]

    @property
    def late_until_on(self) -> date:
        """支払期限 of slips that are still payable after the last day."""
        return self.last_on + timedelta(days=20)


def slips(rng: np.random.Generator, count: int, calendar: Calendar) -> pl.DataFrame:
    """納付書の行 in file order: frame InventedSlip as far as its row; a claim's base row comes first."""
    bases = [
        _base(rng, number, levy, max(int(count * levy.share / 1.08), 12), calendar)
        for number, levy in enumerate(LEVIES)
    ]
    parts = [
        _of_procedure(base, number, levy, calendar)
        for number, (base, levy) in enumerate(zip(_with_enough(bases), LEVIES, strict=True))
    ]
    rows = pl.concat(parts).sort(InventedSlip.PROCEDURE_CODE, maintain_order=True)
    real = pl.DataFrame([REAL_SLIP | {"claim_id": -1, "role": "real", "is_live": True}], schema_overrides=rows.schema)
    rows = pl.concat([rows, real.select(rows.columns)]).sort(InventedSlip.PROCEDURE_CODE, maintain_order=True)
    return rows.with_columns(pl.int_range(pl.len(), dtype=pl.Int64).alias(InventedSlip.ROW))


def _base(rng: np.random.Generator, number: int, levy: Levy, count: int, calendar: Calendar) -> pl.DataFrame:
    """最初の納付書: one slip for each claim, with what further rows are decided by (`fate`)."""
    times = len(levy.installments)
    bills = -(-count // times)
    size = bills * times
    bill = np.repeat(np.arange(bills), times)
    names = rng.integers(0, 64, bills)[bill]
    is_early = rng.random(size) < 0.5
    return pl.DataFrame(
        {
            InventedSlip.CLAIM_ID: number * 10_000_000 + np.arange(size),
            _BILL: bill,
            InventedSlip.INSTALLMENT_NO: np.tile(np.array(levy.installments, dtype=np.int64), bills),
            InventedSlip.PRINCIPAL_YEN: rng.integers(10, 400, size) * 100,
            InventedSlip.LEVY_YEAR: np.where(rng.random(bills)[bill] < 0.05, _LEVY_YEAR - 1, _LEVY_YEAR),
            _BY_TRANSFER: rng.random(size) < _TRANSFER,
            _FATE: rng.random(size),
            _PERSON: names,
            _HOUSE: rng.integers(1, 99, bills)[bill],
            _CHECK: rng.integers(0, 1_000_000, size),
        }
    ).with_columns(
        pl.lit("base").alias(InventedSlip.ROLE),
        pl.lit(1, dtype=pl.Int64).alias(InventedSlip.ISSUE_NO),
        pl.lit(0, dtype=pl.Int64).alias(InventedSlip.DEMAND_FEE_YEN),
        pl.lit(calendar.issued_on).alias(InventedSlip.ISSUED_ON),
        pl.when(pl.Series(is_early))
        .then(pl.lit(calendar.early_until_on))
        .otherwise(pl.lit(calendar.late_until_on))
        .alias(InventedSlip.PAYABLE_UNTIL_ON),
    )


def _with_enough(bases: list[pl.DataFrame]) -> list[pl.DataFrame]:
    """小さな都市でも全事象: where chance left too few slips for a scene, the first ordinary ones take that fate."""
    is_whole = [levy.procedure.code == _WHOLE_PROCEDURE for levy in LEVIES]
    slips = pl.concat(
        base.with_columns(pl.lit(whole).alias("may_be_whole")) for base, whole in zip(bases, is_whole, strict=True)
    )
    bills = slips.filter("may_be_whole").select(_is_plain().all().over(_BILL).alias("plain"), _BILL)
    if bills.filter("plain")[_BILL].n_unique() < _WHOLE_AT_LEAST:
        first = pl.col("may_be_whole") & (pl.col(_BILL) < _WHOLE_AT_LEAST)
        slips = slips.with_columns(
            (pl.col(_BY_TRANSFER) & ~first).alias(_BY_TRANSFER),
            pl.when(first).then(pl.lit(0.5)).otherwise(_FATE).alias(_FATE),
        )
    has_barcode = ~pl.col(_BY_TRANSFER)
    for is_fated, fate in ((_IS_REISSUED, 0.0), (_IS_CANCELLED, 1.0)):
        short = _AT_LEAST - slips.filter(is_fated & has_barcode).height
        free = has_barcode & ~_IS_REISSUED & ~_IS_CANCELLED & ~pl.col("may_be_whole")
        chosen = free & (free.cast(pl.Int64).cum_sum() <= short)
        slips = slips.with_columns(pl.when(chosen).then(pl.lit(fate)).otherwise(_FATE).alias(_FATE))
    starts = np.cumsum([0, *(base.height for base in bases)])
    return [slips[start : start + base.height, base.columns] for start, base in zip(starts, bases, strict=False)]


def _is_plain() -> pl.Expr:
    """再発行も取消も口座振替もない: what every instalment under a 全期 slip must be."""
    return pl.col(_FATE).is_between(_REISSUED, 1 - _CANCELLED) & ~pl.col(_BY_TRANSFER)


def _of_procedure(base: pl.DataFrame, number: int, levy: Levy, calendar: Calendar) -> pl.DataFrame:
    """手続の納付書: its rows in file order, with their keys."""
    rows = pl.concat([base, *_further(base, levy, calendar)])
    rows = rows.sort(
        _BILL,
        pl.col(InventedSlip.ROLE) == "whole",
        InventedSlip.INSTALLMENT_NO,
        InventedSlip.ISSUE_NO,
        pl.col(InventedSlip.ROLE) == "cancel",
        maintain_order=True,
    )
    return _with_keys(rows, number, levy, calendar)


def _further(base: pl.DataFrame, levy: Levy, calendar: Calendar) -> list[pl.DataFrame]:
    """再発行・取消・全期: further rows for some claims."""
    reissue = base.filter(_IS_REISSUED).with_columns(
        pl.lit("reissue").alias(InventedSlip.ROLE),
        pl.lit(2, dtype=pl.Int64).alias(InventedSlip.ISSUE_NO),
        pl.when(pl.col(_FATE) < _REISSUED / 2).then(100).otherwise(0).cast(pl.Int64).alias(InventedSlip.DEMAND_FEE_YEN),
        pl.lit(calendar.issued_on + timedelta(days=10)).alias(InventedSlip.ISSUED_ON),
    )
    cancel = base.filter(_IS_CANCELLED).with_columns(pl.lit("cancel").alias(InventedSlip.ROLE))
    if levy.procedure.code != _WHOLE_PROCEDURE:
        return [reissue, cancel]
    plain = base.group_by(_BILL).agg(
        _is_plain().all().alias("is_plain"),
        pl.col(_FATE).first().alias("bill_fate"),
        pl.col(InventedSlip.PRINCIPAL_YEN).sum().alias("whole_yen"),
    )
    plain = plain.filter("is_plain").sort(_BILL).with_row_index("nth")
    some = plain.filter((pl.col("bill_fate") < _REISSUED + _WHOLE_YEAR) | (pl.col("nth") < _WHOLE_AT_LEAST)).drop("nth")
    whole = base.unique(_BILL, keep="first", maintain_order=True).join(
        some, on=_BILL, how="inner", maintain_order="left"
    )
    whole = whole.with_columns(
        pl.lit("whole").alias(InventedSlip.ROLE),
        pl.lit(0, dtype=pl.Int64).alias(InventedSlip.INSTALLMENT_NO),
        pl.col("whole_yen").alias(InventedSlip.PRINCIPAL_YEN),
        (pl.col(InventedSlip.CLAIM_ID) + 5_000_000).alias(InventedSlip.CLAIM_ID),
        pl.lit(calendar.late_until_on).alias(InventedSlip.PAYABLE_UNTIL_ON),
    )
    return [reissue, cancel, whole.select(base.columns)]


def _with_keys(rows: pl.DataFrame, number: int, levy: Levy, calendar: Calendar) -> pl.DataFrame:
    """照会キー: bar code or customer number on the slip; a given 案件特定キー where an older system set it."""
    live_on = levy.procedure.go_live_on
    claim = (pl.col(InventedSlip.CLAIM_ID) % 10_000_000).cast(pl.String).str.zfill(8)
    issue_no, until_on = pl.col(InventedSlip.ISSUE_NO), pl.col(InventedSlip.PAYABLE_UNTIL_ON)
    amount = pl.col(InventedSlip.PRINCIPAL_YEN) + pl.col(InventedSlip.DEMAND_FEE_YEN)
    body = pl.concat_str(
        pl.lit(f"91{_ISSUER_AND_COMPANY}{number + 10:02d}202600"),
        claim,
        (issue_no - 1).cast(pl.String),
        until_on.dt.to_string("%y%m%d"),
        pl.lit("0"),
        amount.cast(pl.String).str.zfill(6),
    )
    has_barcode = ~pl.col(_BY_TRANSFER) & (amount <= _MOST_BARCODE_YEN)
    given_key = pl.concat_str(pl.lit(f"00000{_LEVY_YEAR}{number + 1:02d}"), claim, issue_no.cast(pl.String))
    given_check = (pl.col(_CHECK) + issue_no).mod(1_000_000).cast(pl.String).str.zfill(6)
    rows = rows.with_columns(body.alias("body"), has_barcode.alias("has_barcode"))
    is_keyed = pl.lit(levy.has_given_keys)
    names = pl.Series([f"{surname} {given}" for surname in _SURNAMES for given in _GIVEN_NAMES])
    codes = gs1_column(rows["body"].str.slice(0, 43))
    is_cancel = pl.col(InventedSlip.ROLE) == "cancel"
    due_on = pl.min_horizontal(until_on, pl.lit(calendar.early_until_on))
    address = pl.concat_str(pl.lit("見本市架空町"), pl.col(_HOUSE).cast(pl.String), pl.lit("番地"))
    customer_no = pl.concat_str(pl.lit(f"{number + 10:04d}"), claim, issue_no.cast(pl.String).str.zfill(8))
    return rows.select(
        pl.when(is_cancel).then(pl.lit("9")).otherwise(pl.lit("1")).alias(InventedSlip.CHANGE_KIND),
        pl.lit(levy.procedure.code).alias(InventedSlip.PROCEDURE_CODE),
        InventedSlip.LEVY_YEAR,
        pl.col(InventedSlip.LEVY_YEAR).alias(InventedSlip.TAX_YEAR),
        pl.concat_str(pl.lit(f"{number + 10}"), pl.col(_BILL).cast(pl.String).str.zfill(8)).alias(InventedSlip.BILL_NO),
        InventedSlip.INSTALLMENT_NO,
        InventedSlip.ISSUE_NO,
        InventedSlip.PRINCIPAL_YEN,
        InventedSlip.DEMAND_FEE_YEN,
        pl.lit(0, dtype=pl.Int64).alias(InventedSlip.LATE_CHARGE_YEN),
        due_on.alias(InventedSlip.DUE_ON),
        InventedSlip.PAYABLE_UNTIL_ON,
        InventedSlip.ISSUED_ON,
        pl.concat_str(pl.lit("1"), pl.col(_BILL).cast(pl.String).str.zfill(9)).alias(InventedSlip.PAYER_REF),
        pl.col(_PERSON).replace_strict(dict(enumerate(names)), return_dtype=pl.String).alias(InventedSlip.PAYER_NAME),
        pl.lit("510-0000").alias(InventedSlip.POSTAL_CODE),
        address.alias(InventedSlip.ADDRESS),
        pl.when(is_keyed).then(given_key).alias(InventedSlip.KEY_NO),
        pl.when(is_keyed).then(given_check).alias(InventedSlip.CHECK_NO),
        pl.when("has_barcode").then(codes).alias(InventedSlip.BARCODE),
        pl.when(_BY_TRANSFER).then(customer_no).alias(InventedSlip.CUSTOMER_NO),
        InventedSlip.CLAIM_ID,
        InventedSlip.ROLE,
        pl.lit(live_on is not None and live_on <= calendar.last_on).alias(InventedSlip.IS_LIVE),
    )


def with_issued_keys(rows: pl.DataFrame, rule: KeyRule, secret: bytes) -> pl.DataFrame:
    """発行後のキー: what issuing on a new ledger will give, in row order; adds elqr_key and elqr_check.

    Cancelled slips get none: their cancellation stands in the same file.
    """
    identity = [InventedSlip.CLAIM_ID, InventedSlip.ISSUE_NO]
    cancelled = (
        rows.filter(pl.col(InventedSlip.ROLE) == "cancel")
        .select(identity)
        .with_columns(pl.lit(True).alias(InventedSlip.IS_CANCELLED))
    )
    rows = rows.join(cancelled, on=identity, how="left", maintain_order="left").with_columns(
        pl.col(InventedSlip.IS_CANCELLED).fill_null(False)
    )
    is_composed = (
        (pl.col(InventedSlip.CHANGE_KIND) == "1")
        & pl.col(InventedSlip.IS_LIVE)
        & ~pl.col(InventedSlip.IS_CANCELLED)
        & pl.col(InventedSlip.KEY_NO).is_null()
    )
    bare = rows.filter(is_composed)
    serials = pl.Series(range(1, bare.height + 1), dtype=pl.Int64)
    keys = rule.compose_column(bare[InventedSlip.LEVY_YEAR], serials)
    keyed = bare.select(InventedSlip.ROW).with_columns(
        keys.alias("made_key"), check_no_column(keys, secret).alias("made_check")
    )
    is_issued = pl.col(InventedSlip.IS_LIVE) & ~pl.col(InventedSlip.IS_CANCELLED)
    return rows.join(keyed, on=InventedSlip.ROW, how="left", maintain_order="left").with_columns(
        pl.when(is_issued).then(pl.coalesce(InventedSlip.KEY_NO, "made_key")).alias(InventedSlip.ELQR_KEY),
        pl.when(is_issued).then(pl.coalesce(InventedSlip.CHECK_NO, "made_check")).alias(InventedSlip.ELQR_CHECK),
    )
