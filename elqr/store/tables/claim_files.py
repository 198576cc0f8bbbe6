"""The tables of claim files (調定データの表): the files, what they say of claims, and why these are not reminded."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index

from elqr.store.db.schema import Text, Whole, columns, table
from elqr.vocabulary.claim_frames import ClaimState, Status

claim_file = table(
    "claim_file",
    Column("file_no", Whole, ForeignKey("file.file_no"), primary_key=True, autoincrement=False),
    Column("night_on", Text, nullable=False),
    Column("notices_upto", Whole, nullable=False),
    Column("rows_read", Whole, nullable=False),
    Column("rows_new", Whole, nullable=False),
    Index("claim_file_by_night", "night_on"),
)
"""調定データか督促の状況のファイル. Notices of files up to `notices_upto` came before it."""

claim_state = table(
    "claim_state",
    *columns(ClaimState, nullable=("reason", "written_off_on"), key="state_no"),
    CheckConstraint(
        "principal_off_yen BETWEEN 0 AND principal_yen AND demand_fee_off_yen BETWEEN 0 AND demand_fee_yen"
    ),
    CheckConstraint("late_charge_off_yen BETWEEN 0 AND late_charge_yen"),
    Index("claim_state_by_claim", "claim_no", "state_no"),
    Index("claim_state_by_file", "file_no", "record_no", unique=True),
)
"""調定データの行 that were newer than what was known of their claim."""

reminder_status = table(
    "reminder_status",
    *columns(Status, nullable=("until_on", "released_on"), key="status_no"),
    CheckConstraint("(payer_ref = '') = (bill_no <> '')"),
    Index("reminder_status_by_identity", "bill_no", "payer_ref", "number"),
    Index("reminder_status_by_file", "file_no", "record_no", unique=True),
)
"""督促の状況の行 that were not known. It is of one claim, or of all claims of a payer, now or later."""
