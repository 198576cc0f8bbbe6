"""The invented files (架空の収納データと調定データ): records by sender and date, and claims, encoded by their specs."""

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from elqr.formats.encode import encode_csv, encode_records, join_records
from elqr.formats.spec import LineEnd, Spec
from elqr.synthetic.frames import FiledState, InventedPayment, Truth
from elqr.vocabulary.terms import Stage

_GROUP_DAYS = 6
"""Days that one file of a sender covers."""
_DAYS_UNTIL_SENT = {Stage.PRELIMINARY: 1, Stage.CANCELLED: 1, Stage.CONFIRMED: 5, Stage.NOT_COLLECTED: 5}
_SERIAL = "serial"
_STORES = 900


@dataclass(frozen=True, slots=True)
class Delivered:
    """届いたファイル: its bytes, and the truth about its records (frame Truth)."""

    name: str
    data: bytes
    truth: pl.DataFrame


def deliver(events: pl.DataFrame, specs: dict[str, Spec], last_on: date) -> list[Delivered]:
    """収納データの一式: every event (frame InventedPayment) in exactly one file."""
    senders = ["cvs_a", "cvs_b", "dsk"]
    days_until_sent = pl.col(InventedPayment.STAGE).replace_strict(
        {stage.value: days for stage, days in _DAYS_UNTIL_SENT.items()}, return_dtype=pl.Int64
    )
    sent_on = pl.min_horizontal(pl.col(InventedPayment.PAID_ON) + pl.duration(days=days_until_sent), pl.lit(last_on))
    start_on = pl.lit(last_on - timedelta(days=400))
    days_to_file = ((sent_on - start_on).dt.total_days() // _GROUP_DAYS + 1) * _GROUP_DAYS
    serial = (
        pl.struct(InventedPayment.CLAIM_ID, InventedPayment.PAID_ON, InventedPayment.MINUTE)
        .rank("dense")
        .cast(pl.Int64)
    )
    rows = events.with_columns(
        pl.when(pl.col(InventedPayment.VIA) == "elqr")
        .then(pl.lit("eltax"))
        .when(pl.col(InventedPayment.VIA) == "transfer")
        .then(pl.lit("kouza"))
        .when(pl.col(InventedPayment.VIA) == "twin")
        .then(pl.lit("cvs_a"))
        .otherwise(
            (pl.col(InventedPayment.CLAIM_ID).abs() % 3).replace_strict(
                dict(enumerate(senders)), return_dtype=pl.String
            )
        )
        .alias("sender"),
        pl.min_horizontal(start_on + pl.duration(days=days_to_file), pl.lit(last_on)).alias("file_on"),
        serial.alias(_SERIAL),
    )
    order = ["sender", "file_on", InventedPayment.PAID_ON, _SERIAL, InventedPayment.STAGE, InventedPayment.OUTCOME]
    files = []
    for (sender, file_on), records in rows.sort(order, descending=[False] * 5 + [True]).group_by(
        ["sender", "file_on"], maintain_order=True
    ):
        files.append(_encode_file(str(sender), file_on, records, specs))
    return files


def _encode_file(sender: str, file_on: date, rows: pl.DataFrame, specs: dict[str, Spec]) -> Delivered:
    if sender == "eltax":
        return _csv_file(f"eltax_{file_on:%Y%m%d}.csv", rows, _eltax_fields(rows), specs["eltax_payment_csv"])
    if sender == "dsk":
        return _csv_file(
            f"dsk_{file_on:%Y%m%d}.csv", rows, _dsk_fields(rows, file_on), specs["dsk_csv"], final_end=False
        )
    if sender == "kouza":
        return transfer(f"kouza_{file_on:%Y%m%d}.dat", rows, specs)
    return _cvs_file(f"{sender}_{file_on:%Y%m%d}.dat", rows, file_on, specs[f"cvs_family_{sender[-1]}"])


def _truth(name: str, rows: pl.DataFrame, first_record_no: int) -> pl.DataFrame:
    numbered = rows.with_columns(
        pl.lit(name).alias(Truth.FILE), pl.int_range(first_record_no, first_record_no + pl.len()).alias(Truth.RECORD_NO)
    )
    return numbered.select(*Truth.SCHEMA)


def _csv_file(name: str, rows: pl.DataFrame, fields: pl.DataFrame, spec: Spec, *, final_end: bool = True) -> Delivered:
    return Delivered(name, encode_csv(spec, fields, final_end=final_end), _truth(name, rows, 1))


def _stage_code(codes: dict[Stage, str]) -> pl.Expr:
    return pl.col(InventedPayment.STAGE).replace_strict(
        {stage.value: code for stage, code in codes.items()}, return_dtype=pl.String
    )


def _eltax_fields(rows: pl.DataFrame) -> pl.DataFrame:
    is_confirmed = pl.col(InventedPayment.STAGE) == Stage.CONFIRMED.value
    return rows.select(
        _stage_code({Stage.PRELIMINARY: "1", Stage.CONFIRMED: "2", Stage.CANCELLED: "9"}).alias("data_kind"),
        pl.lit("999999").alias("city_code"),
        pl.col(InventedPayment.ELQR_KEY).alias("key_no"),
        pl.col(InventedPayment.ELQR_CHECK).alias("check_no"),
        "item_no",
        pl.lit("44000").alias("office_code"),
        pl.lit("040").alias("tax_office_code"),
        pl.col(InventedPayment.PAID_YEN).alias("amount_yen"),
        (pl.col(InventedPayment.CLAIM_ID).abs() % 5 + 1).cast(pl.String).str.zfill(2).alias("channel_kind"),
        "paid_on",
        pl.when(is_confirmed).then(pl.col(InventedPayment.PAID_ON) + pl.duration(days=1)).alias("received_on"),
        pl.when(is_confirmed).then(pl.col(InventedPayment.PAID_ON) + pl.duration(days=7)).alias("funds_on"),
        pl.lit("0000013800").alias("center"),
        pl.col(InventedPayment.PAID_ON).alias("processed_on"),
        pl.col(_SERIAL).cast(pl.String).str.zfill(8).alias("serial_no"),
    )


def _time_of_day() -> pl.Expr:
    """収納時分: HHMM, from minutes since midnight."""
    hours, minutes = pl.col(InventedPayment.MINUTE) // 60, pl.col(InventedPayment.MINUTE) % 60
    return pl.concat_str(hours.cast(pl.String).str.zfill(2), minutes.cast(pl.String).str.zfill(2))


def _funds_on() -> pl.Expr:
    return pl.when(pl.col(InventedPayment.STAGE) == Stage.CONFIRMED.value).then(
        pl.col(InventedPayment.PAID_ON) + pl.duration(days=9)
    )


_CVS_KINDS = {Stage.PRELIMINARY: "01", Stage.CONFIRMED: "02", Stage.CANCELLED: "03"}


def _store() -> pl.Expr:
    return (pl.col(InventedPayment.CLAIM_ID).abs() % _STORES + 1).cast(pl.String)


def _dsk_fields(rows: pl.DataFrame, file_on: date) -> pl.DataFrame:
    centers = {0: "010", 1: "750", 2: "780"}
    return rows.select(
        _stage_code(_CVS_KINDS).alias("data_kind"),
        "paid_on",
        _time_of_day().alias("paid_at"),
        "barcode",
        pl.col(InventedPayment.BARCODE).str.slice(13, 6).alias("free_1"),
        pl.col(InventedPayment.BARCODE).str.slice(19, 11).alias("free_2"),
        pl.lit("0").alias("stamp"),
        pl.col(InventedPayment.PAID_YEN).alias("amount_yen"),
        (pl.col(InventedPayment.CLAIM_ID).abs() % 3).replace_strict(centers, return_dtype=pl.String).alias("center"),
        pl.lit("架空ストア").alias("cvs_name"),
        _store().alias("store"),
        _funds_on().alias("funds_on"),
        pl.lit(file_on).alias("made_on"),
    )


def _cvs_file(name: str, rows: pl.DataFrame, file_on: date, spec: Spec) -> Delivered:
    data = rows.select(
        _stage_code(_CVS_KINDS).alias("data_kind"),
        "paid_on",
        _time_of_day().alias("paid_at"),
        pl.lit("1").alias("barcode_kind"),
        "barcode",
        _store().str.zfill(7).alias("store"),
        pl.lit(file_on).alias("got_on"),
        _funds_on().alias("funds_on"),
        pl.lit(file_on).alias("booked_on"),
        pl.lit("0010").alias("cvs_code"),
    )
    header = {"made_on": [file_on], "factor": ["00001"], "company": ["83326"], "company_name": ["見本市"]}
    blank = pl.DataFrame({"record_kind": [""]})
    parts = [("header", pl.DataFrame(header)), ("data", data), ("trailer", blank), ("end", blank)]
    return Delivered(
        name,
        join_records(spec, [encode_records(spec, kind, records) for kind, records in parts]),
        _truth(name, rows, 2),
    )


def transfer(
    name: str, rows: pl.DataFrame, specs: dict[str, Spec], *, line_end: LineEnd = "none", off_by_yen: int = 0
) -> Delivered:
    """口座振替の結果ファイル. `off_by_yen` makes its trailer wrong."""
    spec = specs["account_transfer_91_result"]
    is_done = pl.col(InventedPayment.STAGE) == Stage.CONFIRMED.value
    data = rows.select(
        pl.lit("0001").alias("bank"),
        pl.lit("ﾐﾎﾝ").alias("bank_name"),
        pl.lit("001").alias("branch"),
        pl.lit("1").alias("account_kind"),
        (pl.col(InventedPayment.CLAIM_ID).abs() % 10_000_000).cast(pl.String).str.zfill(7).alias("account_no"),
        pl.lit("ｶｸｳ ﾀﾛｳ").alias("holder"),
        pl.col(InventedPayment.PAID_YEN).alias("amount_yen"),
        pl.lit("0").alias("new_kind"),
        "customer_no",
        pl.when(is_done).then(pl.lit("0")).otherwise(pl.lit("1")).alias("result"),
    )
    totals = rows.select(
        pl.len().cast(pl.Int64).alias("total_count"),
        (pl.col(InventedPayment.PAID_YEN).sum() + off_by_yen).alias("total_yen"),
        is_done.sum().cast(pl.Int64).alias("done_count"),
        pl.col(InventedPayment.PAID_YEN).filter(is_done).sum().alias("done_yen"),
        (~is_done).sum().cast(pl.Int64).alias("failed_count"),
        pl.col(InventedPayment.PAID_YEN).filter(~is_done).sum().alias("failed_yen"),
    )
    header = pl.DataFrame(
        {
            "charset_kind": ["0"],
            "client_code": ["0000013800"],
            "client_name": ["ﾐﾎﾝｼ"],
            "debit_on": [rows[InventedPayment.PAID_ON][0]],
        }
    )
    parts = [("header", header), ("data", data), ("trailer", totals), ("end", pl.DataFrame({"record_kind": [""]}))]
    records = [encode_records(spec, kind, rows) for kind, rows in parts]
    return Delivered(name, join_records(spec, records, line_end), _truth(name, rows, 2))


def redeliver(file: Delivered, name: str, data: bytes | None = None) -> Delivered:
    """再受信: the same records in a file of another name. All of them were counted before."""
    truth = file.truth.with_columns(
        pl.lit(name).alias(Truth.FILE),
        pl.lit("already_posted").alias(Truth.OUTCOME),
        pl.lit("already_posted").alias(Truth.PLACE),
        pl.lit(0, dtype=pl.Int64).alias(Truth.CLAIM_YEN),
        pl.lit(0, dtype=pl.Int64).alias(Truth.SUSPENSE_YEN),
        pl.lit("delivered_again").alias(Truth.FAULT),
    )
    return Delivered(name, file.data if data is None else data, truth)


def mark_quarantined(file: Delivered) -> Delivered:
    """取込保留になるファイル: the file with the truth that none of its records is taken in."""
    truth = file.truth.with_columns(
        pl.lit("quarantined").alias(Truth.OUTCOME),
        pl.lit("quarantined").alias(Truth.PLACE),
        pl.lit(0, dtype=pl.Int64).alias(Truth.CLAIM_YEN),
        pl.lit(0, dtype=pl.Int64).alias(Truth.SUSPENSE_YEN),
        pl.lit("broken_trailer").alias(Truth.FAULT),
    )
    return Delivered(file.name, file.data, truth)


def claim_file(states: pl.DataFrame, spec: Spec) -> bytes:
    """調定データ of states (frame FiledState). The core system worked on each on the day of its change, at nine."""
    off = pl.col(FiledState.PRINCIPAL_OFF_YEN)
    fields = states.select(
        pl.col(FiledState.PROCEDURE_CODE).alias("zeimoku_cd"),
        pl.col(FiledState.LEVY_YEAR).alias("fuka_nendo"),
        pl.col(FiledState.TAX_YEAR).alias("soto_nendo"),
        pl.col(FiledState.BILL_NO).alias("tsuchisho_no"),
        pl.col(FiledState.INSTALLMENT_NO).alias("kibetsu_cd"),
        pl.col(FiledState.PAYER_REF).alias("atena_no"),
        pl.col(FiledState.DUE_ON).alias("noki_ymd"),
        pl.col(FiledState.CHANGED_ON).alias("kazei_kosei_ymd"),
        pl.col(FiledState.REASON).alias("kosei_jiyu_cd"),
        pl.col(FiledState.PRINCIPAL_YEN).alias("zeigaku"),
        pl.col(FiledState.DEMAND_FEE_YEN).alias("tokusoku"),
        pl.col(FiledState.LATE_CHARGE_YEN).alias("entaikin"),
        pl.when(off > 0).then(FiledState.CHANGED_ON).alias("kesson_ymd"),
        pl.when(off > 0).then(off).alias("zeigaku_kesson"),
        pl.col(FiledState.CHANGED_ON).alias("sosa_ymd"),
        pl.lit("090000").alias("sosa_time"),
    )
    return encode_csv(spec, fields)
