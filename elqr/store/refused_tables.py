"""The refused rows' tables (取り込まなかった行の表): rows of notice files that wait to come right."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, ForeignKeyConstraint, Index, PrimaryKeyConstraint

from elqr.frames import ClaimKey
from elqr.notice_frames import RefusedRow
from elqr.store.schema import Text, Whole, columns, table

_NUMBER = ("notice_file_no", "record_no")

notice_refused = table(
    "notice_refused",
    Column("notice_file_no", Whole, ForeignKey("notice_file.notice_file_no"), nullable=False),
    *columns(RefusedRow, nullable=[name for name in RefusedRow.SCHEMA if name != RefusedRow.RECORD_NO]),
    PrimaryKeyConstraint(*_NUMBER),
    Index("notice_refused_by_key", *ClaimKey.SCHEMA),
)
"""取り込まなかった行 of a file. It stands on every morning's page until it has ended."""

notice_refused_end = table(
    "notice_refused_end",
    Column("notice_file_no", Whole, nullable=False),
    Column("record_no", Whole, nullable=False),
    Column("by_file_no", Whole, ForeignKey("notice_file.notice_file_no"), nullable=False),
    Column("is_right", Whole, nullable=False),
    Column("night_on", Text, nullable=False),
    PrimaryKeyConstraint(*_NUMBER),
    ForeignKeyConstraint(_NUMBER, ["notice_refused.notice_file_no", "notice_refused.record_no"]),
    CheckConstraint("is_right IN (0, 1)"),
)
"""取り込まなかった行の終わり: a later file has the row right, or has it wrong again and waits in its place."""
