"""The tables of claim files (調定データの表): the files, and what their rows say of claims."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index

from elqr.store.db.schema import Text, Whole, columns, table
from elqr.vocabulary.claim_frames import ClaimState

claim_file = table(
    "claim_file",
    Column("file_no", Whole, ForeignKey("file.file_no"), primary_key=True, autoincrement=False),
    Column("night_on", Text, nullable=False),
    Column("notices_upto", Whole, nullable=False),
    Column("rows_read", Whole, nullable=False),
    Column("rows_new", Whole, nullable=False),
    Index("claim_file_by_night", "night_on"),
)
"""調定データのファイル. Notices of files up to `notices_upto` came before it."""

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
