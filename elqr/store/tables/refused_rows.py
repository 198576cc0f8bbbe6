"""The refused rows' tables (取り込まなかった行の表): rows of notice files that wait for a correction."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, ForeignKeyConstraint, Index, PrimaryKeyConstraint

from elqr.store.db.schema import Text, Whole, columns, table, texts
from elqr.vocabulary.frames import ClaimKey
from elqr.vocabulary.notice_frames import RefusedRow

_NUMBER = ("notice_file_no", "record_no")

notice_refused = table(
    "notice_refused",
    Column("notice_file_no", Whole, ForeignKey("notice_file.notice_file_no"), nullable=False),
    *columns(RefusedRow, nullable=[name for name in RefusedRow.SCHEMA if name != RefusedRow.RECORD_NO]),
    PrimaryKeyConstraint(*_NUMBER),
    Index("notice_refused_by_key", *ClaimKey.SCHEMA),
)
"""取り込まなかった行 of a file. Listed on every morning's page until it has ended."""

notice_give_up = table(
    "notice_give_up",
    Column("give_up_no", Whole, primary_key=True, autoincrement=False),
    Column("notice_file_no", Whole, ForeignKey("notice_file.notice_file_no"), nullable=False),
    *texts("records", "night_on", "asked_at", "asked_by", "reason"),
)
"""あきらめる申請: comma-separated record numbers of refused rows of a file, and the reason."""

notice_give_up_step = table(
    "notice_give_up_step",
    Column("give_up_no", Whole, ForeignKey("notice_give_up.give_up_no"), primary_key=True, autoincrement=False),
    *texts("result", "ended_on", "taken_at", "taken_by", "because"),
)
"""承認・却下: the one step that ends a request."""

notice_refused_end = table(
    "notice_refused_end",
    Column("notice_file_no", Whole, nullable=False),
    Column("record_no", Whole, nullable=False),
    Column("by_file_no", Whole, ForeignKey("notice_file.notice_file_no")),
    Column("give_up_no", Whole, ForeignKey("notice_give_up.give_up_no")),
    Column("is_right", Whole, nullable=False),
    Column("night_on", Text, nullable=False),
    Column("is_withdrawn", Whole),
    PrimaryKeyConstraint(*_NUMBER),
    Index("notice_refused_end_by_file", "by_file_no"),
    ForeignKeyConstraint(_NUMBER, ["notice_refused.notice_file_no", "notice_refused.record_no"]),
    CheckConstraint("is_right IN (0, 1)"),
    CheckConstraint("(by_file_no IS NULL) <> (give_up_no IS NULL)"),
)
"""取り込まなかった行の終わり: a later file has the row right or refused again, or two people gave it up."""
