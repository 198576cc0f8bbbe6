"""The ledger's tables (台帳の表), SQLAlchemy Core.

Columns come from the frames' declarations, so a column is spelt once; what is added here is what a
database guards: keys, uniqueness, signs, and that rows are never changed or deleted.
Dates are ISO text and yen are integers, readable with any tool.
"""

from collections.abc import Iterable
from typing import Any

import polars as pl
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    event,
)
from sqlalchemy.schema import DDL
from sqlalchemy.types import TypeEngine

from elqr import frames
from elqr.terms import PrintState

SCHEMA_VERSION = 2

metadata = MetaData()
_Whole = BigInteger().with_variant(Integer(), "sqlite")
_TYPES: dict[Any, TypeEngine[Any]] = {pl.Int64: _Whole, pl.Boolean: _Whole, pl.String: Text(), pl.Date: Text()}


def _columns(frame: type[frames.Frame], nullable: Iterable[str] = (), key: str = "") -> list[Column[Any]]:
    """The columns a frame declares, NOT NULL unless named; `key` is the primary key, given by us."""
    optional = set(nullable)
    made: list[Column[Any]] = []
    for name, dtype in frame.SCHEMA.items():
        kind = _TYPES[dtype]
        made.append(Column(name, kind, primary_key=name == key, autoincrement=False, nullable=name in optional))
    return made


def _table(name: str, *items: Any, without_rowid: bool = False) -> Table:
    """A STRICT table.

    Without rowids the key's columns must come first: SQLite 3.40's integrity check misreads other orders.
    """
    made: Table = Table(name, metadata, *items, sqlite_strict=True, sqlite_with_rowid=not without_rowid)
    return made


def _findings(name: str, parent: str) -> Table:
    """指摘 of one parent row, numbered by line."""
    number = parent.partition(".")[2]
    whole = [Column(column, _Whole, nullable=False) for column in ("line_no", "record_no", "offset_bytes")]
    text = [Column(column, Text, nullable=False) for column in ("code", "field", "actual", "expected")]
    owner = Column(number, _Whole, ForeignKey(parent), nullable=False)
    return _table(name, owner, *whole, *text, PrimaryKeyConstraint(number, "line_no"))


_CLAIM_KEY = tuple(frames.ClaimKey.SCHEMA)

setting = _table("setting", Column("name", Text, primary_key=True), Column("value", Text, nullable=False))
"""台帳の設定: the schema's version."""

counter = _table("counter", Column("name", Text, primary_key=True), Column("value", _Whole, nullable=False))
"""連番: the last serial handed out. The one table whose rows change."""

run = _table(
    "run",
    Column("run_no", _Whole, primary_key=True, autoincrement=False),
    Column("run_id", Text, nullable=False, unique=True),
    Column("night_on", Text, nullable=False),
    Column("entry", Text, nullable=False),
    Column("previous_hash", Text, nullable=False, unique=True),
    Column("hash", Text, nullable=False, unique=True),
)
"""実行: the hash chain of runs that changed the ledger."""

claim = _table("claim", *_columns(frames.Claim, key="claim_no"), UniqueConstraint(*_CLAIM_KEY))

notice_file = _table(
    "notice_file",
    Column("notice_file_no", _Whole, primary_key=True, autoincrement=False),
    Column("sha256", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("night_on", Text, nullable=False),
    Column("rows_read", _Whole, nullable=False),
    Column("rows_new", _Whole, nullable=False),
    Column("rows_same", _Whole, nullable=False),
    Column("rows_bad", _Whole, nullable=False),
)

notice_finding = _findings("notice_finding", "notice_file.notice_file_no")

notice = _table(
    "notice",
    *_columns(frames.Notice, nullable=("key_no", "check_no", "barcode", "customer_no"), key="notice_no"),
    UniqueConstraint(*_CLAIM_KEY, "issue_no"),
    UniqueConstraint("key_no"),
    CheckConstraint("amount_yen > 0 AND amount_yen = principal_yen + demand_fee_yen + late_charge_yen"),
    CheckConstraint("principal_yen >= 0 AND demand_fee_yen >= 0 AND late_charge_yen >= 0"),
)

notice_claim = _table(
    "notice_claim",
    *_columns(frames.NoticeClaim),
    PrimaryKeyConstraint("notice_no", "claim_no"),
    CheckConstraint("cover_yen > 0"),
    Index("notice_claim_by_claim", "claim_no"),
    without_rowid=True,
)

notice_key = _table(
    "notice_key",
    *_columns(frames.NoticeKey),
    PrimaryKeyConstraint("key_kind", "key_digits", "notice_no"),
    without_rowid=True,
)

notice_cancel = _table(
    "notice_cancel",
    Column("notice_no", _Whole, ForeignKey("notice.notice_no"), primary_key=True, autoincrement=False),
    Column("night_on", Text, nullable=False),
    Column("notice_file_no", _Whole, ForeignKey("notice_file.notice_file_no"), nullable=False),
)

upload = _table(
    "upload",
    Column("upload_no", _Whole, primary_key=True, autoincrement=False),
    Column("night_on", Text, nullable=False),
    Column("file_name", Text, nullable=False, unique=True),
    Column("notices", _Whole, nullable=False),
    Column("yen", _Whole, nullable=False),
    Column("sha256", Text, nullable=False),
)

payload = _table(
    "payload",
    *_columns(frames.Payload, key="notice_no"),
    UniqueConstraint("key_no"),
    CheckConstraint("length(digits) = 255 AND length(key_no) = 20 AND length(check_no) = 6"),
)

file = _table(
    "file",
    Column("file_no", _Whole, primary_key=True, autoincrement=False),
    Column("sha256", Text, nullable=False, unique=True),
    Column("spec", Text, nullable=False),
    Column("size_bytes", _Whole, nullable=False),
    Column("record_count", _Whole, nullable=False),
    Column("payment_count", _Whole, nullable=False),
    Column("payment_yen", _Whole, nullable=False),
)
"""ファイル: content that was taken in, once however often it is delivered."""

delivery = _table(
    "delivery",
    Column("delivery_no", _Whole, primary_key=True, autoincrement=False),
    Column("sha256", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("night_on", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("spec", Text, nullable=False),
    Column("payment_count", _Whole, nullable=False),
    Column("payment_yen", _Whole, nullable=False),
    UniqueConstraint("name", "sha256", "status", "spec"),
    Index("delivery_by_night", "night_on"),
)
"""受信: each delivery of a file under a name, and what came of it."""

delivery_finding = _findings("delivery_finding", "delivery.delivery_no")

payment = _table(
    "payment",
    *_columns(
        frames.Payment,
        nullable=("offset_bytes", "check_no", "item_no", "office_code", "funds_on", "result_code"),
        key="payment_no",
    ),
    CheckConstraint("paid_yen >= 0"),
    UniqueConstraint("file_no", "record_no"),
)

decided_file = _table(
    "decided_file",
    Column("file_no", _Whole, ForeignKey("file.file_no"), primary_key=True, autoincrement=False),
    Column("night_on", Text, nullable=False),
    Index("decided_file_by_night", "night_on"),
)
"""消込済ファイル: its payments have their decisions. A file without one is matched by the next night."""

payment_identity = _table(
    "payment_identity",
    *_columns(frames.Known),
    PrimaryKeyConstraint("identity", "stage", "occurrence_no"),
    without_rowid=True,
)
"""既知の収納: one row for each payment record that was not a repeat."""

decision = _table(
    "decision",
    *_columns(frames.Decision, nullable=("notice_no", "procedure_code", "other_payment_no"), key="payment_no"),
    CheckConstraint("claim_yen >= 0 AND suspense_yen >= 0"),
    Index("decision_pending", "notice_no", sqlite_where=Column("outcome") == "pending"),
)

posting = _table(
    "posting",
    Column("posting_no", _Whole, primary_key=True, autoincrement=False),
    *_columns(frames.Posting, nullable=("claim_no", "procedure_code")),
    Column("night_on", Text, nullable=False),
    Column("reverses_no", _Whole, ForeignKey("posting.posting_no")),
    Column("decided_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    CheckConstraint("account IN ('claim', 'suspense')"),
    CheckConstraint("(account = 'claim') = (claim_no IS NOT NULL)"),
    CheckConstraint("yen <> 0"),
    Index("posting_by_claim", "claim_no"),
    Index("posting_by_night", "night_on"),
    Index(
        "posting_once", "payment_no", "account", "claim_no", unique=True, sqlite_where=Column("reverses_no").is_(None)
    ),
)

suggestion = _table(
    "suggestion",
    *_columns(frames.Suggestion),
    PrimaryKeyConstraint("payment_no", "notice_no"),
    without_rowid=True,
)

upload_step = _table(
    "upload_step",
    Column("upload_no", _Whole, ForeignKey("upload.upload_no"), primary_key=True, autoincrement=False),
    Column("uploaded_at", Text, nullable=False),
    Column("uploaded_by", Text, nullable=False),
)
"""登録: a 納付書情報 file that 共通納税IFS has accepted."""

print_batch = _table(
    "print_batch",
    Column("print_no", _Whole, primary_key=True, autoincrement=False),
    Column("printed_on", Text, nullable=False),
    Column("pages", _Whole, nullable=False),
    Column("notices", _Whole, nullable=False),
    Column("yen", _Whole, nullable=False),
    Column("is_passed", _Whole, nullable=False),
    Column("manifest_sha256", Text, nullable=False),
)
"""印刷: what was printed together; `is_passed` says that preflight found nothing wrong."""

print_notice = _table(
    "print_notice",
    *_columns(frames.PrintNotice),
    PrimaryKeyConstraint("print_no", "notice_no"),
    Index("print_notice_by_notice", "notice_no"),
    without_rowid=True,
)

release_step = _table(
    "release_step",
    Column("print_no", _Whole, ForeignKey("print_batch.print_no"), nullable=False),
    Column("step", Text, nullable=False),
    Column("taken_at", Text, nullable=False),
    Column("taken_by", Text, nullable=False),
    Column("pulled", Text, nullable=False),
    PrimaryKeyConstraint("print_no", "step"),
    CheckConstraint(f"step IN ('{PrintState.REQUESTED}', '{PrintState.RELEASED}')"),
)
"""発送: asked for by one person, approved by another; `pulled` names the pages taken out of the pile."""

APPEND_ONLY = tuple(table for table in metadata.sorted_tables if table not in (counter, setting))
"""Tables whose rows are never changed or deleted; triggers say so."""

for _guarded in APPEND_ONLY:
    for _verb in ("UPDATE", "DELETE"):
        event.listen(
            _guarded,
            "after_create",
            DDL(  # type: ignore[no-untyped-call]
                f"CREATE TRIGGER {_guarded.name}_no_{_verb.lower()} BEFORE {_verb} ON {_guarded.name} "
                "BEGIN SELECT RAISE(ABORT, 'append-only'); END"
            ).execute_if(dialect="sqlite"),
        )
