"""A town for benches: a ledger of very many issued notices, and the files of a night of very many payments.

The ledger is filled by what a night writes with (`store.entries`), a million notices at a time, without the notice
files: so ten million take minutes. Notice `no` is one instalment; three of five are paid by 口座振替, the others by
eL-QR or at a shop. The payments of a night are spread over the whole ledger, and no two nights name the same notice.
Of a thousand payments three name unknown keys, three come a second time, three are short and three too much.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from elqr.arithmetic.checkdigit import gs1_column
from elqr.formats.encode import encode_csv, encode_records, join_records
from elqr.issue.issuing import Codes, payloads, with_keys
from elqr.issue.keys import KeyRule, check_no_column
from elqr.rules.claim_changes import Cancelled, Incoming
from elqr.rules.claim_entries import Asked, claim_entries
from elqr.rules.notices import JudgedRows
from elqr.session.job import read_job
from elqr.session.ledger_belonging import leave_mark
from elqr.store.entries import night as entries
from elqr.store.entries.chain import append_link
from elqr.store.entries.links import NoticesRun
from elqr.store.ledger_file import open_ledger
from elqr.synthetic.files import transfer
from elqr.vocabulary.claim_frames import ClaimCancel, ClaimFee, OwnNotice
from elqr.vocabulary.frames import Claim, Notice, NoticeClaim, NoticeKey, Payload
from elqr.vocabulary.notice_frames import NoticeLine, RefusedRow
from tests.builders import JOB, REGISTER, SPECS

FIRST_NIGHT = date(2026, 11, 9)
_SECRET = b"invented-secret-of-the-bench"
_CODES = Codes("44000", "040", {"kenzei": "127", "kokuho": "901"})
_RULE = KeyRule("00000", "1", 10)
_CHUNK = 1_000_000
_STEP = 7_368_787
"""A prime: notice numbers so far apart are a whole round through any ledger of a power of ten."""

_ISSUED_ON, _PAID_ON = date(2026, 10, 1), date(2026, 11, 2)


@dataclass(frozen=True)
class Town:
    """町: a job in a folder, with a ledger of so many notices."""

    folder: Path
    notices: int

    @property
    def job(self) -> Path:
        return self.folder / "job.toml"

    @classmethod
    def founded(cls, folder: Path, notices: int, url: str = "sqlite:///ledger.db") -> "Town":
        """Makes the folder, the job and the ledger."""
        for name in ("notices", "inbox", "out"):
            (folder / name).mkdir(parents=True)
        (folder / "secret").write_bytes(_SECRET)
        (folder / "procedures.toml").write_text(REGISTER, encoding="utf-8")
        job = JOB.replace("date = 2026-11-20\n", "").replace("sqlite:///ledger.db", url)
        (folder / "job.toml").write_text(job, encoding="utf-8")
        town = cls(folder, notices)
        town._fill(url.replace("sqlite:///", f"sqlite:///{folder}/"))
        return town

    def _fill(self, url: str) -> None:
        with open_ledger(url) as ledger:
            for number, first in enumerate(range(0, self.notices, _CHUNK), start=1):
                with ledger.transaction() as connection:
                    own = issued(np.arange(first, min(first + _CHUNK, self.notices)))
                    delivered = entries.Delivered(f"notices_{number}.csv", f"{number:064x}", 0)
                    entries.enter_notices(connection, delivered, _gained(own, number))
                    first_serial = entries.take_serials(connection, own.height)
                    assert first_serial == first + 1, "serials follow the numbers, so that payments can name the keys"
                    upload = {
                        "upload_no": number, "night_on": _ISSUED_ON.isoformat(), "file_name": f"{number}.csv",
                        "notices": own.height, "yen": int(own[Notice.AMOUNT_YEN].sum()), "sha256": f"{number:064x}",
                    }  # fmt: skip
                    made = payloads(own, _CODES).with_columns(pl.lit(number).alias(Payload.UPLOAD_NO))
                    entries.enter_payloads(connection, made, upload)
                    last_no = int(own[Notice.NOTICE_NO].max() or 0)  # type: ignore[arg-type]
                    link = NoticesRun(version="", inputs=[], notice_files=number, last_notice=last_no)
                    append_link(connection, _ISSUED_ON, link)
            leave_mark(read_job(self.job), ledger)

    def night(self, no: int) -> date:
        """その夜の日付, from 0."""
        return FIRST_NIGHT + timedelta(days=no)

    def deliver(self, no: int, payments: int, first: int | None = None) -> int:
        """収納データを届ける: the inbox holds the files of this night and no other. Returns how many records."""
        for path in (self.folder / "inbox").iterdir():
            path.unlink()
        count = 0
        for name, data, records in files(self.numbers(no, payments, first), no):
            (self.folder / "inbox" / name).write_bytes(data)
            count += records
        return count

    def bill(self, notices: int) -> None:
        """納付書データを届ける: so many that the ledger does not have, without keys."""
        new = issued(np.arange(self.notices, self.notices + notices))
        unkeyed = new.with_columns(
            pl.lit("1").alias("change_kind"),
            pl.lit(None, pl.String).alias("key_no"),
            pl.lit(None, pl.String).alias("check_no"),
        )
        (self.folder / "notices" / "new.csv").write_bytes(encode_csv(SPECS["notice_csv"], unkeyed))

    def numbers(self, no: int, payments: int, first: int | None = None) -> np.ndarray:
        """どの納付書が払われるか: spread over the ledger, as long as it has room.

        `first` says how many were paid before this night, when the nights before were of other sizes.
        """
        start = no * payments if first is None else first
        assert start + payments <= self.notices, "every notice is paid once at most"
        return (np.arange(start, start + payments, dtype=np.int64) * _STEP) % self.notices


def issued(no: np.ndarray) -> pl.DataFrame:
    """納付書 with their keys and payloads' columns, frame Notice, of some numbers."""
    number = pl.col("no")
    is_transfer = number % 10 < 6
    rows = pl.DataFrame({"no": no}).select(
        pl.when(number // 10 % 10 < 7).then(pl.lit("kokuho")).otherwise(pl.lit("kenzei")).alias(Notice.PROCEDURE_CODE),
        pl.lit(2026, pl.Int64).alias(Notice.LEVY_YEAR),
        pl.lit(2026, pl.Int64).alias(Notice.TAX_YEAR),
        (number // 10).cast(pl.String).str.zfill(10).alias(Notice.BILL_NO),
        (number % 10 + 1).alias(Notice.INSTALLMENT_NO),
        (number + 1).alias(Notice.NOTICE_NO),
        pl.lit(1, pl.Int64).alias(Notice.ISSUE_NO),
        _yen(number).alias(Notice.PRINCIPAL_YEN),
        pl.lit(0, pl.Int64).alias(Notice.DEMAND_FEE_YEN),
        pl.lit(0, pl.Int64).alias(Notice.LATE_CHARGE_YEN),
        _yen(number).alias(Notice.AMOUNT_YEN),
        pl.lit(date(2026, 11, 30)).alias(Notice.DUE_ON),
        pl.lit(date(2026, 12, 25)).alias(Notice.PAYABLE_UNTIL_ON),
        pl.lit(_ISSUED_ON).alias(Notice.ISSUED_ON),
        (number // 40).cast(pl.String).str.zfill(8).alias(Notice.PAYER_REF),
        pl.lit("架空 太郎").alias(Notice.PAYER_NAME),
        pl.lit("510-0000").alias(Notice.POSTAL_CODE),
        pl.lit("見本市架空町1-2-3").alias(Notice.ADDRESS),
        pl.lit(None, pl.String).alias(Notice.KEY_NO),
        pl.lit(None, pl.String).alias(Notice.CHECK_NO),
        pl.when(~is_transfer).then(_barcode(number)).alias(Notice.BARCODE),
        pl.when(is_transfer).then(_customer(number)).alias(Notice.CUSTOMER_NO),
        pl.lit(None, pl.String).alias(Notice.PENSION_NO),
        *(pl.lit(None, pl.String).alias(name) for name in (Notice.CHANGE_REASON, Notice.PART_KIND)),
        *(pl.lit(None, pl.Date).alias(name) for name in (Notice.BARCODE_UNTIL_ON, Notice.MPN_UNTIL_ON)),
    )
    return with_keys(rows, _RULE, int(no[0]) + 1, _SECRET)


def _yen(number: pl.Expr) -> pl.Expr:
    return number * 37 % 40_000 + 1_000


def _customer(number: pl.Expr) -> pl.Expr:
    return pl.concat_str(pl.lit("9"), number.cast(pl.String).str.zfill(14))


def _barcode(number: pl.Expr) -> pl.Expr:
    """44 digits without the check digit, which `gs1_column` adds to a whole column."""
    city, yen = number.cast(pl.String).str.zfill(16), _yen(number).cast(pl.String).str.zfill(6)
    body = pl.concat_str(pl.lit("9195991983326"), city, pl.lit("0"), pl.lit("261225"), pl.lit("0"), yen)
    return body.map_batches(gs1_column, return_dtype=pl.String)


def _gained(own: pl.DataFrame, file_no: int) -> JudgedRows:
    """What a notice file would have brought: a claim, a slip and its keys for each number."""
    bare = own.with_columns(pl.lit(None, pl.String).alias(Notice.KEY_NO), pl.lit(None, pl.String).alias("check_no"))
    numbered = own.with_columns(pl.col(Notice.NOTICE_NO).alias("claim_no"))
    kinds = {"barcode": pl.col(Notice.BARCODE).str.slice(2, 27), "customer": pl.col(Notice.CUSTOMER_NO)}
    keys = [
        own.select(
            pl.lit(kind).alias(NoticeKey.KEY_KIND),
            digits.alias(NoticeKey.KEY_DIGITS),
            pl.lit("0" if kind == "barcode" else "").alias(NoticeKey.REISSUE_NO),
            Notice.NOTICE_NO,
        ).drop_nulls(NoticeKey.KEY_DIGITS)
        for kind, digits in kinds.items()
    ]
    came = {
        OwnNotice.NOTICE_FILE_NO: pl.lit(file_no),
        OwnNotice.NIGHT_ON: pl.lit(_ISSUED_ON),
        OwnNotice.GONE_FILE_NO: pl.lit(None),
        OwnNotice.GONE_ON: pl.lit(None),
        OwnNotice.IS_RETRACTED: pl.lit(False),
    }
    return JudgedRows(
        incoming=Incoming("", _ISSUED_ON, False, frozenset(), file_no, 0, 0),
        claims=Claim.of(numbered),
        notices=bare.select(
            pl.lit(0).alias("record_no"),
            *(name for name in Notice.SCHEMA if name != "notice_file_no"),
            pl.lit(file_no).alias("notice_file_no"),
        ),
        lines=NoticeLine.empty(),
        entries=claim_entries(
            Asked(OwnNotice.of(numbered.with_columns(**came)), ClaimCancel.empty(), ClaimFee.empty())
        ),
        covers=NoticeClaim.of(numbered.rename({Notice.AMOUNT_YEN: NoticeClaim.COVER_YEN})),
        keys=pl.concat(keys),
        cancelled=Cancelled(pl.DataFrame(schema={Notice.NOTICE_NO: pl.Int64}), ClaimCancel.empty(), 0, 0),
        rows_read=own.height,
        rows_issued=own.height,
        rows_same=0,
        rows_bad=0,
        refused=RefusedRow.empty(),
        good=RefusedRow.empty(),
    )


def files(numbers: np.ndarray, no: int) -> Iterator[tuple[str, bytes, int]]:
    """一夜のファイル: name, bytes and records of the 口座振替, eL-QR and convenience-store files of a night."""
    at = pl.int_range(0, pl.len(), dtype=pl.Int64)
    rows = pl.DataFrame({"no": numbers}).with_columns(at.alias("at"), (at % 1_000).alias("lot"))
    way = pl.col("no") % 10
    kouza, eltax, cvs = rows.filter(way < 6), rows.filter(way.is_between(6, 7)), rows.filter(way > 7)
    second = rows.filter(pl.col("lot").is_between(3, 5)).with_columns(pl.col("at") + 50_000_000)
    yield f"kouza_{no:04d}.dat", _kouza(kouza), kouza.height
    slips = pl.concat([eltax, second])
    yield f"eltax_{no:04d}.csv", _eltax(slips, no), slips.height
    yield f"cvs_{no:04d}.dat", _cvs(cvs), cvs.height


def _named() -> pl.Expr:
    """The number that a payment names: of three in a thousand one that no notice has."""
    return pl.when(pl.col("lot") < 3).then(pl.col("no") + 900_000_000).otherwise("no")


def _paid() -> pl.Expr:
    lot = pl.col("lot")
    return _yen(pl.col("no")) + pl.when(lot.is_between(6, 8)).then(-100).when(lot.is_between(9, 11)).then(
        100
    ).otherwise(0)


def _kouza(rows: pl.DataFrame) -> bytes:
    events = rows.select(
        pl.col("no").alias("claim_id"), pl.lit("confirmed").alias("stage"), _paid().alias("paid_yen"),
        _customer(_named()).alias("customer_no"), pl.lit(_PAID_ON).alias("paid_on"),
        *(pl.lit("").alias(name) for name in ("outcome", "place", "claim_yen", "suspense_yen", "fault")),
    )  # fmt: skip
    return transfer("kouza", events, SPECS).data


def _eltax(rows: pl.DataFrame, no: int) -> bytes:
    keys = _RULE.compose_column(pl.repeat(2026, rows.height, eager=True), rows["no"] + 1)
    unknown = pl.col("lot") < 3
    shown = rows.with_columns(keys, check_no_column(keys, _SECRET)).select(
        pl.lit("2").alias("data_kind"),
        pl.lit("999999").alias("city_code"),
        pl.when(unknown)
        .then(pl.concat_str(pl.lit("9"), pl.col("key_no").str.slice(1)))
        .otherwise("key_no")
        .alias("key_no"),
        "check_no",
        pl.when(pl.col("no") // 10 % 10 < 7).then(pl.lit("901")).otherwise(pl.lit("127")).alias("item_no"),
        pl.lit("44000").alias("office_code"),
        pl.lit("040").alias("tax_office_code"),
        _paid().alias("amount_yen"),
        (pl.col("no") % 5 + 1).cast(pl.String).str.zfill(2).alias("channel_kind"),
        pl.lit(_PAID_ON).alias("paid_on"),
        pl.lit(_PAID_ON + timedelta(days=1)).alias("received_on"),
        pl.lit(_PAID_ON + timedelta(days=7)).alias("funds_on"),
        pl.lit(f"{no:010d}").alias("center"),
        pl.lit(_PAID_ON).alias("processed_on"),
        pl.col("at").cast(pl.String).str.zfill(8).alias("serial_no"),
    )
    return encode_csv(SPECS["eltax_payment_csv"], shown)


def _cvs(rows: pl.DataFrame) -> bytes:
    spec = SPECS["cvs_family_a"]
    data = rows.select(
        pl.lit("02").alias("data_kind"),
        pl.lit(_PAID_ON).alias("paid_on"),
        pl.format(
            "{}{}", (pl.col("at") % 24).cast(pl.String).str.zfill(2), (pl.col("at") % 60).cast(pl.String).str.zfill(2)
        ).alias("paid_at"),
        _barcode(_named()).alias("barcode"),
        (pl.col("no") % 900 + 1).cast(pl.String).str.zfill(7).alias("store"),
        pl.lit(_PAID_ON + timedelta(days=1)).alias("got_on"),
        pl.lit(_PAID_ON + timedelta(days=7)).alias("funds_on"),
        pl.lit(_PAID_ON + timedelta(days=1)).alias("booked_on"),
        pl.lit("0010").alias("cvs_code"),
    )
    header = {"made_on": [_PAID_ON], "factor": ["00001"], "company": ["83326"], "company_name": ["見本市"]}
    blank = pl.DataFrame({"record_kind": [""]})
    parts = [("header", pl.DataFrame(header)), ("data", data), ("trailer", blank), ("end", blank)]
    return join_records(spec, [encode_records(spec, kind, own) for kind, own in parts])
