"""The money's tables (入金と突合の表): money received, money expected from payments, and what agreed."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, PrimaryKeyConstraint

from elqr.store.db.schema import Text, Whole, columns, index, table, texts
from elqr.vocabulary import money_frames as frames

deposit_file = table(
    "deposit_file",
    Column("file_no", Whole, ForeignKey("file.file_no"), primary_key=True, autoincrement=False),
    Column("night_on", Text, nullable=False),
    Column("lines", Whole, nullable=False),
    Column("new_lines", Whole, nullable=False),
    Column("money_yen", Whole, nullable=False),
    Index("deposit_file_by_night", "night_on"),
)
"""入金ファイル: its night, the number of lines, of those that repeat no earlier line, and the yen of the latter."""

deposit = table(
    "deposit",
    *columns(frames.Deposit, nullable=("offset_bytes", "funds_on", "repeats_no"), key="deposit_no"),
    CheckConstraint("yen >= 0 AND rank_no > 0"),
    index("deposit_once", "identity", "rank_no", unique=True, where=Column("repeats_no").is_(None)),
    Index("deposit_by_file", "file_no", "record_no", unique=True),
    Index("deposit_by_day", "booked_on", "yen"),
)
"""入金明細: every line of every money file. A line that repeats another names it, and is not counted."""

bundle = table(
    "bundle",
    *columns(frames.Bundle, key="bundle_no"),
    Column("night_on", Text, nullable=False),
    CheckConstraint("payments > 0 AND yen >= 0 AND is_funds_day IN (0, 1)"),
    Index("bundle_once", "file_no", "channel", "stage", "day_on", "is_funds_day", unique=True),
    Index("bundle_by_night", "night_on"),
)
"""収納の束: the money that a night's payments should bring, or 速報 that wait for their 確報."""

settlement = table(
    "settlement",
    Column("settlement_no", Whole, primary_key=True, autoincrement=False),
    *columns(frames.Settled, nullable=("from_on", "until_on"))[1:],
    Column("night_on", Text, nullable=False),
    Index("settlement_by_night", "night_on"),
)
"""突合済: payments and money that agreed, or that need no comparison. Entered once and never changed."""

settlement_bundle = table(
    "settlement_bundle",
    Column("bundle_no", Whole, ForeignKey("bundle.bundle_no"), nullable=False),
    Column("settlement_no", Whole, ForeignKey("settlement.settlement_no"), nullable=False),
    PrimaryKeyConstraint("bundle_no", "settlement_no"),
    Index("settlement_bundle_by_settlement", "settlement_no"),
)
"""突合済の束: each is in at most one valid settlement.

A settlement is no longer valid when two people have reopened its closed difference, or when a later settlement offsets
its deposit with the line that took the money back.
"""

settlement_deposit = table(
    "settlement_deposit",
    Column("deposit_no", Whole, ForeignKey("deposit.deposit_no"), nullable=False),
    Column("settlement_no", Whole, ForeignKey("settlement.settlement_no"), nullable=False),
    PrimaryKeyConstraint("deposit_no", "settlement_no"),
    Index("settlement_deposit_by_settlement", "settlement_no"),
)
"""突合済の入金: each is in at most one valid settlement, as for bundles."""

watched_bundle = table(
    "watched_bundle",
    Column("bundle_no", Whole, ForeignKey("bundle.bundle_no"), primary_key=True, autoincrement=False),
    Column("night_on", Text, nullable=False),
    Index("watched_bundle_by_night", "night_on"),
)
"""期限を過ぎて調べた速報の束: 速報 whose time limit for a 確報 ended on a night."""

overdue_payment = table(
    "overdue_payment",
    Column("payment_no", Whole, ForeignKey("payment.payment_no"), primary_key=True, autoincrement=False),
    *texts("contract", "night_on"),
    Index("overdue_payment_by_night", "night_on"),
)
"""期限超過の速報: had no 確報 or 取消 when its time limit ended. The late record closes it."""

difference = table(
    "difference",
    Column("difference_no", Whole, primary_key=True, autoincrement=False),
    *texts("mark", "contract"),
    Column("payment_yen", Whole, nullable=False),
    Column("money_yen", Whole, nullable=False),
    *texts("night_on", "asked_at", "asked_by", "reason"),
    Index("difference_by_mark", "mark"),
)
"""差額の確認の申請: a line that does not agree, identified by its members (`mark`), and why it may be closed."""

difference_step = table(
    "difference_step",
    Column("difference_no", Whole, ForeignKey("difference.difference_no"), primary_key=True, autoincrement=False),
    Column("result", Text, nullable=False),
    Column("settlement_no", Whole, ForeignKey("settlement.settlement_no")),
    *texts("night_on", "taken_at", "taken_by", "reason"),
)
"""承認・却下: the one step that ends a request. Approval settles the line."""
