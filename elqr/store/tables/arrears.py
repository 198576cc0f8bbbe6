"""The arrears' tables (督促の表): lists that were drawn, and who allowed one despite what was missing."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, PrimaryKeyConstraint, UniqueConstraint

from elqr.store.db.schema import Text, Whole, columns, table, texts
from elqr.vocabulary.claim_frames import ClaimFee
from elqr.vocabulary.terms import HoldKind

arrears_request = table(
    "arrears_request",
    Column("request_no", Whole, primary_key=True, autoincrement=False),
    Column("situation", Text, nullable=False),
    Column("claims", Whole, nullable=False),
    Column("yen", Whole, nullable=False),
    *texts("risks", "night_on", "asked_at", "asked_by", "reason"),
    Index("arrears_request_by_situation", "situation"),
)
"""督促対象を引く申請. `situation` is a hash of the claims and of all obstacles to drawing them."""

arrears_step = table(
    "arrears_step",
    Column("request_no", Whole, ForeignKey("arrears_request.request_no"), primary_key=True, autoincrement=False),
    *texts("result", "night_on", "taken_at", "taken_by", "reason"),
)
"""承認・却下: the one step that ends a request."""

arrears_list = table(
    "arrears_list",
    Column("list_no", Whole, primary_key=True, autoincrement=False),
    Column("request_no", Whole, ForeignKey("arrears_request.request_no"), unique=True),
    *texts("night_on", "made_at", "made_by"),
    Column("claims", Whole, nullable=False),
    Column("yen", Whole, nullable=False),
    *texts("sha256", "manifest_sha256"),
    CheckConstraint("claims > 0 AND yen > 0"),
)
"""督促対象一覧: each list that was drawn. An approval allows one list."""

arrears_claim = table(
    "arrears_claim",
    Column("list_no", Whole, ForeignKey("arrears_list.list_no"), nullable=False),
    Column("claim_no", Whole, ForeignKey("claim.claim_no"), nullable=False),
    Column("left_yen", Whole, nullable=False),
    PrimaryKeyConstraint("list_no", "claim_no"),
    CheckConstraint("left_yen > 0"),
    without_rowid=True,
)
"""督促対象の調定: what was unpaid on each claim of a list."""

reminder_sent = table(
    "reminder_sent",
    Column("sent_no", Whole, primary_key=True, autoincrement=False),
    Column("list_no", Whole, ForeignKey("arrears_list.list_no"), nullable=False),
    *texts("issued_on", "night_on", "taken_at", "taken_by"),
    Index("reminder_sent_by_list", "list_no"),
)
"""督促状の発送: the reminders of a list were sent, on the day of issue that is printed on them (発行日)."""

claim_fee = table(
    "claim_fee",
    *columns(ClaimFee, nullable=("undoes_no",), key="fee_no"),
    UniqueConstraint("undoes_no"),
    CheckConstraint("yen > 0"),
    Index("claim_fee_by_claim", "claim_no"),
    Index("claim_fee_by_sending", "sent_no"),
)
"""督促手数料: what a reminder that was sent adds to its claim at most, and what takes that back."""

reminder_hold = table(
    "reminder_hold",
    Column("hold_no", Whole, primary_key=True, autoincrement=False),
    Column("claim_no", Whole, ForeignKey("claim.claim_no"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("list_no", Whole, ForeignKey("arrears_list.list_no")),
    Column("until_on", Text),
    *texts("night_on", "taken_at", "taken_by", "reason"),
    CheckConstraint(f"(kind = '{HoldKind.PULLED}') = (list_no IS NOT NULL)"),
    Index("reminder_hold_by_claim", "claim_no"),
)
"""督促を止める記録: a claim that is not reminded, up to a day if there is one; or that was pulled out of a list."""
