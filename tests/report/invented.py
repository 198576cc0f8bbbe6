"""Invented rows of the ledger for the reports: so many exceptions, of many reasons, procedures and days."""

import tomllib
from datetime import date, timedelta

import numpy as np
import polars as pl

from elqr.report.books import NightTables, books
from elqr.report.excel.book import Book
from elqr.report.excel.row_mark import marks
from elqr.report.selection import Edition, Selection
from elqr.report.tables import night as shape
from elqr.report.tables.backlog import waiting_of
from elqr.report.tables.daily import daily_table
from elqr.report.tables.ledger_rows import Rows
from elqr.report.tables.places import places_table, records
from elqr.rules.kpi import Kpi
from elqr.rules.register import Register
from elqr.vocabulary.report_frames import DailySum, Delivery, DeliveryFinding, EarlierPayment
from elqr.vocabulary.terms import Account, Channel, Outcome
from tests.builders import NIGHT, REGISTER

_REASONS = [
    Outcome.KEY_UNKNOWN, Outcome.CHECK_NO_DIFFERS, Outcome.ITEM_OR_OFFICE_DIFFERS, Outcome.ALREADY_SETTLED,
    Outcome.OVERPAID, Outcome.NOTICE_CANCELLED,
]  # fmt: skip
CHAIN = {"ledger": "1" * 64, "run_id": "20261120-0001", "run_hash": "2" * 64}

RULINGS = pl.DataFrame(
    {
        **{name: [1] for name in ("review_no", "ruling_no", "payment_no")},
        **{name: [100] for name in ("paid_yen", "before_yen", "after_yen", "withdrawn_yen", "returned_yen")},
        **{name: ["x"] for name in ("outcome", "ruling", "target", "reason", "staff", "asked_by", "asked_at")},
        **{name: ["x"] for name in ("result", "taken_by", "taken_at", "number", "asked_seat", "taken_seat")},
        "done_on": [NIGHT],
        "interest_yen": [0],
    }
)


def register(text: str = REGISTER) -> Register:
    return Register.model_validate(tomllib.loads(text))


def exceptions(count: int, seed: int = 1) -> pl.DataFrame:
    """要確認: rows as the ledger's query gives them, oldest first; yen = 100 × row, all of it in suspense."""
    rng = np.random.default_rng(seed)
    no = np.arange(1, count + 1)
    key = [f"{value:020d}" for value in rng.integers(0, 10**18, count)]
    days = np.sort(rng.integers(0, 300, count))
    text = {
        "file_name": [f"cvs_a_{value % 40:03d}.dat" for value in no],
        "file_sha256": [f"{value % 40:064x}" for value in no],
        "channel": [list(Channel)[value % len(Channel)].value for value in no],
        "stage": ["confirmed"] * count,
        "outcome": [_REASONS[value % len(_REASONS)].value for value in no],
        "place": ["exception"] * count,
        "flags": [("", "same_slip,other_channel", "late", "old_slip")[value % 4] for value in no],
        "key_kind": ["elqr"] * count,
        "key_digits": key,
        "procedure_code": [("kenzei", "kokuho", "suido")[value % 3] for value in no],
        "bill_no": [f"{value:015d}" for value in no],
        "payer_ref": [f"{value:010d}" for value in no],
        "result_code": [None] * count,
        "doubt": [None] * count,
        "item_no": ["901"] * count,
        "image_ref": [None] * count,
    }
    whole = {
        "payment_no": no, "record_no": no, "paid_yen": no * 100, "claim_yen": no * 0, "suspense_yen": no * 100,
        "levy_year": no * 0 + 2026, "installment_no": no % 10, "issue_no": no * 0 + 1, "amount_yen": no * 100,
    }  # fmt: skip
    start = NIGHT - timedelta(days=300)
    paid_on = [start + timedelta(days=int(day)) for day in days]
    made = pl.DataFrame(
        text | whole, schema_overrides={**dict.fromkeys(text, pl.String), **dict.fromkeys(whole, pl.Int64)}
    )
    return made.with_columns(
        pl.Series("paid_on", paid_on, dtype=pl.Date),
        pl.Series("funds_on", paid_on, dtype=pl.Date),
        pl.lit(NIGHT).alias("payable_until_on"),
        pl.lit(NIGHT).alias("decided_on"),
        pl.lit(None, dtype=pl.Int64).alias("other_payment_no"),
        pl.lit(None, dtype=pl.Int64).alias("ruling_no"),
        pl.lit(None, dtype=pl.String).alias("ruling"),
        pl.lit(None, dtype=pl.String).alias("ruling_reason"),
        pl.lit(None, dtype=pl.Date).alias("ruled_on"),
    )


def rows_of(found: pl.DataFrame) -> Rows:
    """台帳から読んだ行 of a night that decided just these."""
    files = {"name": pl.String, **dict.fromkeys(("rows_read", "rows_new", "rows_same", "rows_bad"), pl.Int64)}
    near = {"payment_no": pl.Int64, "how": pl.String, "procedure_code": pl.String, "bill_no": pl.String}
    again = dict.fromkeys(("file_name", "channel", "procedure_code"), pl.String)
    counted = {"count": pl.Int64, "yen": pl.Int64}
    return Rows(
        notice_files=pl.DataFrame(schema=files),
        deliveries=Delivery.empty(),
        delivery_findings=DeliveryFinding.empty(),
        decisions=found,
        exceptions=found,
        awaiting=found.clear(),
        rulings=RULINGS.clear(),
        others=EarlierPayment.empty(),
        suggestions=pl.DataFrame(schema={**near, "installment_no": pl.Int64}),
        postings=DailySum.empty(),
        redelivered=pl.DataFrame(schema={**again, "paid_on": pl.Date, **counted}),
        balances={account.value: 0 for account in Account},
        chain=CHAIN,
        waiting=waiting_of(found.with_columns(is_open=True)),
    )


def books_of(
    found: pl.DataFrame, own: Register | None = None, city: str = "見本市", day: date = NIGHT
) -> dict[str, Book]:
    """夜のブック, by file name."""
    own, rows = own or register(), rows_of(found)
    drawn = NightTables(
        shape.exception_table(found, rows.others, rows.suggestions, own, day),
        shape.ruling_table(rows.rulings),
        (daily_table(rows.postings, own),),
        places_table(records(found, rows.redelivered), own),
        shape.intake_table(rows.deliveries, rows.delivery_findings),
        shape.notice_intake_table(rows.notice_files),
        shape.kpi_table(Kpi(day, "", (), ())),
    )
    return {book.file_name: book for book in books(Edition(city, day, own, Selection()), drawn, marks(found), rows)}
