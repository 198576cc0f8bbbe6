"""The invented city's notices (架空の納付書): first notices, reissues, cancellations and 全期 notices, as columns."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from elqr.arithmetic.checkdigit import gs1_column
from elqr.issue.keys import KeyRule, check_no_column
from elqr.synthetic.frames import InventedNotice
from elqr.synthetic.register import BY_FILE, LEVIES, Levy

_SURNAMES = ("架空", "見本", "例示", "仮名", "試作", "雛形", "想定", "模擬")
_GIVEN_NAMES = ("太郎", "花子", "一郎", "さくら", "次郎", "みどり", "三郎", "かおる")
_MOST_BARCODE_YEN = 999_999
_REISSUED, _CANCELLED, _WHOLE_YEAR, _TRANSFER = 0.05, 0.02, 0.15, 0.15
_WHOLE_PROCEDURE, _WHOLE_AT_LEAST = "kotei", 4
_AT_LEAST = 2
"""Notices for every scene of `cast`, however small the city."""
_LEVY_YEAR = 2026
_BILL, _FATE, _BY_TRANSFER, _PERSON, _HOUSE, _CHECK = "bill", "fate", "by_transfer", "person", "house", "check"
"""Columns of a first notice from which further rows and the keys are made."""

_IS_REISSUED, _IS_CANCELLED = pl.col(_FATE) < _REISSUED, pl.col(_FATE) > 1 - _CANCELLED
_ISSUER_AND_COMPANY = "959919" + "83326"

REAL_NOTICE: dict[str, object] = {
    "change_kind": "1",
    "procedure_code": "kenzei",
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
    "notice_kind": None,
    "change_reason": None,
}
"""実在の納付書: its two keys are real, as printed on it. The person is invented."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """暦: the first and last day of payments, and the dates of the notices, which follow from them."""

    first_on: date
    last_on: date

    @property
    def issued_on(self) -> date:
        """発行日 of the city's notices."""
        return self.first_on - timedelta(days=21)

    @property
    def early_until_on(self) -> date:
        """支払期限 of the notices that can be paid late by the last day."""
        return self.first_on + (self.last_on - self.first_on) // 2

    @property
    def debit_days(self) -> list[date]:
        """引落日: the 2nd and 27th of each month, or the next weekday, up to `early_until_on`; at least one day.

        All are less than a year before the last day, because the files give 月日 without the year.
        """
        earliest = max(self.first_on, self.last_on - timedelta(days=364))
        span = [earliest + timedelta(days=number) for number in range((self.early_until_on - earliest).days + 1)]
        nominal = [day for day in span if day.day in (2, 27)]
        moved = [day + timedelta(days=(8 - day.isoweekday()) % 7 if day.isoweekday() > 5 else 0) for day in nominal]
        return [day for day in moved if day <= self.early_until_on] or [earliest]

    @property
    def late_until_on(self) -> date:
        """支払期限 of notices that are still payable after the last day."""
        return self.last_on + timedelta(days=20)


def invent_notices(rng: np.random.Generator, count: int, calendar: Calendar) -> pl.DataFrame:
    """納付書の行 in file order: frame InventedNotice up to `row`. A claim's first notice precedes its other rows."""
    bases = [
        _first_notices(rng, number, levy, max(int(count * levy.share / 1.08), _least_notices(levy)), calendar)
        for number, levy in enumerate(LEVIES)
    ]
    parts = [
        _notices_of_procedure(base, number, levy, calendar)
        for number, (base, levy) in enumerate(zip(_add_lacking_fates(bases), LEVIES, strict=True))
    ]
    rows = pl.concat(parts).sort(InventedNotice.PROCEDURE_CODE, maintain_order=True)
    real = pl.DataFrame([REAL_NOTICE | {"claim_id": -1, "role": "real", "is_live": True}], schema_overrides=rows.schema)
    rows = pl.concat([rows, real.select(rows.columns)]).sort(InventedNotice.PROCEDURE_CODE, maintain_order=True)
    return rows.with_columns(pl.int_range(pl.len(), dtype=pl.Int64).alias(InventedNotice.ROW))


def _least_notices(levy: Levy) -> int:
    """手続の納付書の最少数. Every story of a claim file needs a claim, beside those of all other scenes."""
    return 24 if levy.procedure.code in BY_FILE else 12


def _first_notices(rng: np.random.Generator, number: int, levy: Levy, count: int, calendar: Calendar) -> pl.DataFrame:
    """最初の納付書: one notice for each claim. Its `fate`, from 0 to 1, decides what further rows it gets."""
    per_bill = len(levy.installments)
    bills = -(-count // per_bill)
    size = bills * per_bill
    bill = np.repeat(np.arange(bills), per_bill)
    person = rng.integers(0, 64, bills)[bill]
    is_early = rng.random(size) < 0.5
    return pl.DataFrame(
        {
            InventedNotice.CLAIM_ID: number * 10_000_000 + np.arange(size),
            _BILL: bill,
            InventedNotice.INSTALLMENT_NO: np.tile(np.array(levy.installments, dtype=np.int64), bills),
            InventedNotice.PRINCIPAL_YEN: rng.integers(10, 400, size) * 100,
            InventedNotice.LEVY_YEAR: np.where(rng.random(bills)[bill] < 0.05, _LEVY_YEAR - 1, _LEVY_YEAR),
            _BY_TRANSFER: rng.random(size) < _TRANSFER,
            _FATE: rng.random(size),
            _PERSON: person,
            _HOUSE: rng.integers(1, 99, bills)[bill],
            _CHECK: rng.integers(0, 1_000_000, size),
        }
    ).with_columns(
        pl.lit("base").alias(InventedNotice.ROLE),
        pl.lit(1, dtype=pl.Int64).alias(InventedNotice.ISSUE_NO),
        pl.lit(0, dtype=pl.Int64).alias(InventedNotice.DEMAND_FEE_YEN),
        pl.lit(calendar.issued_on).alias(InventedNotice.ISSUED_ON),
        pl.when(pl.Series(is_early))
        .then(pl.lit(calendar.early_until_on))
        .otherwise(pl.lit(calendar.late_until_on))
        .alias(InventedNotice.PAYABLE_UNTIL_ON),
    )


def _add_lacking_fates(bases: list[pl.DataFrame]) -> list[pl.DataFrame]:
    """小さな都市でも全事象: where chance gave too few notices a fate, the first ordinary ones get it."""
    is_whole = [levy.procedure.code == _WHOLE_PROCEDURE for levy in LEVIES]
    notices = pl.concat(
        base.with_columns(pl.lit(whole).alias("may_be_whole")) for base, whole in zip(bases, is_whole, strict=True)
    )
    bills = notices.filter("may_be_whole").select(_is_plain().all().over(_BILL).alias("plain"), _BILL)
    if bills.filter("plain")[_BILL].n_unique() < _WHOLE_AT_LEAST:
        is_first = pl.col("may_be_whole") & (pl.col(_BILL) < _WHOLE_AT_LEAST)
        notices = notices.with_columns(
            (pl.col(_BY_TRANSFER) & ~is_first).alias(_BY_TRANSFER),
            pl.when(is_first).then(pl.lit(0.5)).otherwise(_FATE).alias(_FATE),
        )
    has_barcode = ~pl.col(_BY_TRANSFER)
    for is_fated, fate in ((_IS_REISSUED, 0.0), (_IS_CANCELLED, 1.0)):
        lacking = _AT_LEAST - notices.filter(is_fated & has_barcode).height
        is_free = has_barcode & ~_IS_REISSUED & ~_IS_CANCELLED & ~pl.col("may_be_whole")
        is_chosen = is_free & (is_free.cast(pl.Int64).cum_sum() <= lacking)
        notices = notices.with_columns(pl.when(is_chosen).then(pl.lit(fate)).otherwise(_FATE).alias(_FATE))
    starts = np.cumsum([0, *(base.height for base in bases)])
    return [notices[start : start + base.height, base.columns] for start, base in zip(starts, bases, strict=False)]


def _is_plain() -> pl.Expr:
    """再発行も取消も口座振替もない. Every instalment under a 全期 notice must be so."""
    return pl.col(_FATE).is_between(_REISSUED, 1 - _CANCELLED) & ~pl.col(_BY_TRANSFER)


def _notices_of_procedure(base: pl.DataFrame, number: int, levy: Levy, calendar: Calendar) -> pl.DataFrame:
    """手続の納付書: the rows of one procedure in file order, with their keys."""
    rows = pl.concat([base, *_further_rows(base, levy, calendar)])
    rows = rows.sort(
        _BILL,
        pl.col(InventedNotice.ROLE) == "whole",
        InventedNotice.INSTALLMENT_NO,
        InventedNotice.ISSUE_NO,
        pl.col(InventedNotice.ROLE) == "cancel",
        maintain_order=True,
    )
    return _with_keys(rows, number, levy, calendar)


def _further_rows(base: pl.DataFrame, levy: Levy, calendar: Calendar) -> list[pl.DataFrame]:
    """再発行・取消・全期: further rows of some claims, one frame of each kind."""
    reissue = base.filter(_IS_REISSUED).with_columns(
        pl.lit("reissue").alias(InventedNotice.ROLE),
        pl.lit(2, dtype=pl.Int64).alias(InventedNotice.ISSUE_NO),
        pl.when(pl.col(_FATE) < _REISSUED / 2)
        .then(100)
        .otherwise(0)
        .cast(pl.Int64)
        .alias(InventedNotice.DEMAND_FEE_YEN),
        pl.lit(calendar.issued_on + timedelta(days=10)).alias(InventedNotice.ISSUED_ON),
    )
    cancel = base.filter(_IS_CANCELLED).with_columns(pl.lit("cancel").alias(InventedNotice.ROLE))
    if levy.procedure.code != _WHOLE_PROCEDURE:
        return [reissue, cancel]
    bills = base.group_by(_BILL).agg(
        _is_plain().all().alias("is_plain"),
        pl.col(_FATE).first().alias("bill_fate"),
        pl.col(InventedNotice.PRINCIPAL_YEN).sum().alias("whole_yen"),
    )
    plain_bills = bills.filter("is_plain").sort(_BILL).with_row_index("nth")
    whole_bills = plain_bills.filter(
        (pl.col("bill_fate") < _REISSUED + _WHOLE_YEAR) | (pl.col("nth") < _WHOLE_AT_LEAST)
    ).drop("nth")
    whole = base.unique(_BILL, keep="first", maintain_order=True).join(
        whole_bills, on=_BILL, how="inner", maintain_order="left"
    )
    whole = whole.with_columns(
        pl.lit("whole").alias(InventedNotice.ROLE),
        pl.lit(0, dtype=pl.Int64).alias(InventedNotice.INSTALLMENT_NO),
        pl.col("whole_yen").alias(InventedNotice.PRINCIPAL_YEN),
        (pl.col(InventedNotice.CLAIM_ID) + 5_000_000).alias(InventedNotice.CLAIM_ID),
        pl.lit(calendar.late_until_on).alias(InventedNotice.PAYABLE_UNTIL_ON),
    )
    return [reissue, cancel, whole.select(base.columns)]


def _with_keys(rows: pl.DataFrame, number: int, levy: Levy, calendar: Calendar) -> pl.DataFrame:
    """照会キーのある行: bar code or 顧客番号, and the 案件特定キー where an older system set it."""
    live_on = levy.procedure.go_live_on
    claim = (pl.col(InventedNotice.CLAIM_ID) % 10_000_000).cast(pl.String).str.zfill(8)
    issue_no, until_on = pl.col(InventedNotice.ISSUE_NO), pl.col(InventedNotice.PAYABLE_UNTIL_ON)
    amount = pl.col(InventedNotice.PRINCIPAL_YEN) + pl.col(InventedNotice.DEMAND_FEE_YEN)
    city_no = pl.concat_str(pl.lit(f"91{_ISSUER_AND_COMPANY}{number + 10:02d}202600"), claim)
    barcodes = bar_codes(rows, city_no, issue_no - 1, amount)
    has_barcode = ~pl.col(_BY_TRANSFER) & (amount <= _MOST_BARCODE_YEN)
    given_key = pl.concat_str(pl.lit(f"00000{_LEVY_YEAR}{number + 1:02d}"), claim, issue_no.cast(pl.String))
    given_check = (pl.col(_CHECK) + issue_no).mod(1_000_000).cast(pl.String).str.zfill(6)
    is_key_given = pl.lit(levy.has_given_keys)
    names = pl.Series([f"{surname} {given}" for surname in _SURNAMES for given in _GIVEN_NAMES])
    is_cancel = pl.col(InventedNotice.ROLE) == "cancel"
    due_on = pl.min_horizontal(until_on, pl.lit(calendar.early_until_on))
    address = pl.concat_str(pl.lit("見本市架空町"), pl.col(_HOUSE).cast(pl.String), pl.lit("番地"))
    customer_no = pl.concat_str(pl.lit(f"{number + 10:04d}"), claim, issue_no.cast(pl.String).str.zfill(8))
    return rows.select(
        pl.when(is_cancel).then(pl.lit("9")).otherwise(pl.lit("1")).alias(InventedNotice.CHANGE_KIND),
        pl.lit(levy.procedure.code).alias(InventedNotice.PROCEDURE_CODE),
        InventedNotice.LEVY_YEAR,
        pl.col(InventedNotice.LEVY_YEAR).alias(InventedNotice.TAX_YEAR),
        pl.concat_str(pl.lit(f"{number + 10}"), pl.col(_BILL).cast(pl.String).str.zfill(8)).alias(
            InventedNotice.BILL_NO
        ),
        InventedNotice.INSTALLMENT_NO,
        InventedNotice.ISSUE_NO,
        InventedNotice.PRINCIPAL_YEN,
        InventedNotice.DEMAND_FEE_YEN,
        pl.lit(0, dtype=pl.Int64).alias(InventedNotice.LATE_CHARGE_YEN),
        due_on.alias(InventedNotice.DUE_ON),
        InventedNotice.PAYABLE_UNTIL_ON,
        InventedNotice.ISSUED_ON,
        pl.concat_str(pl.lit("1"), pl.col(_BILL).cast(pl.String).str.zfill(9)).alias(InventedNotice.PAYER_REF),
        pl.col(_PERSON).replace_strict(dict(enumerate(names)), return_dtype=pl.String).alias(InventedNotice.PAYER_NAME),
        pl.lit("510-0000").alias(InventedNotice.POSTAL_CODE),
        address.alias(InventedNotice.ADDRESS),
        pl.when(is_key_given).then(given_key).alias(InventedNotice.KEY_NO),
        pl.when(is_key_given).then(given_check).alias(InventedNotice.CHECK_NO),
        pl.when(has_barcode).then(barcodes).alias(InventedNotice.BARCODE),
        pl.when(_BY_TRANSFER).then(customer_no).alias(InventedNotice.CUSTOMER_NO),
        pl.lit(None, pl.String).alias(InventedNotice.NOTICE_KIND),
        pl.lit(None, pl.String).alias(InventedNotice.CHANGE_REASON),
        InventedNotice.CLAIM_ID,
        InventedNotice.ROLE,
        pl.lit(live_on is not None and live_on <= calendar.last_on).alias(InventedNotice.IS_LIVE),
    )


def bar_codes(rows: pl.DataFrame, front: pl.Expr, reissue_no: pl.Expr, yen: pl.Expr) -> pl.Series:
    """バーコード of rows, with their 支払期限. `front` is what stands before the 再発行 digit; null gives zeros."""
    until = pl.col(InventedNotice.PAYABLE_UNTIL_ON).dt.to_string("%y%m%d")
    body = pl.concat_str(front, reissue_no.cast(pl.String), until, pl.lit("0"), yen.cast(pl.String).str.zfill(6))
    return gs1_column(rows.select(body.str.slice(0, 43).fill_null("0" * 43)).to_series())


def with_issued_keys(rows: pl.DataFrame, rule: KeyRule, secret: bytes, issued: int = 0) -> pl.DataFrame:
    """発行後のキー: adds is_cancelled, and elqr_key and elqr_check as a ledger gives them that has `issued` so many.

    Cancelled notices get no key, because the same file already cancels them. Rows of one slip have one key.
    """
    identity = [InventedNotice.CLAIM_ID, InventedNotice.ISSUE_NO]
    cancelled = (
        rows.filter(pl.col(InventedNotice.ROLE) == "cancel")
        .select(identity)
        .with_columns(pl.lit(True).alias(InventedNotice.IS_CANCELLED))
    )
    rows = rows.join(cancelled, on=identity, how="left", maintain_order="left").with_columns(
        pl.col(InventedNotice.IS_CANCELLED).fill_null(False)
    )
    is_composed = (
        (pl.col(InventedNotice.CHANGE_KIND) == "1")
        & pl.col(InventedNotice.IS_LIVE)
        & ~pl.col(InventedNotice.IS_CANCELLED)
        & pl.col(InventedNotice.KEY_NO).is_null()
    )
    slip = pl.coalesce(InventedNotice.BARCODE, pl.col(InventedNotice.ROW).cast(pl.String))
    without_key = rows.filter(is_composed)
    serials = without_key.select(slip.rle_id().cast(pl.Int64) + (issued + 1)).to_series()
    keys = rule.compose_column(without_key[InventedNotice.LEVY_YEAR], serials)
    composed = without_key.select(InventedNotice.ROW).with_columns(
        keys.alias("composed_key"), check_no_column(keys, secret).alias("composed_check")
    )
    is_issued = pl.col(InventedNotice.IS_LIVE) & ~pl.col(InventedNotice.IS_CANCELLED)
    return rows.join(composed, on=InventedNotice.ROW, how="left", maintain_order="left").with_columns(
        pl.when(is_issued).then(pl.coalesce(InventedNotice.KEY_NO, "composed_key")).alias(InventedNotice.ELQR_KEY),
        pl.when(is_issued)
        .then(pl.coalesce(InventedNotice.CHECK_NO, "composed_check"))
        .alias(InventedNotice.ELQR_CHECK),
    )
