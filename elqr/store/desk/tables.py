"""The desk's tables (窓口の表): accounts, passwords, sessions and 操作記録.

They are no part of the ledger: its chain and its version know nothing of them. What people did is append-only; a
password and a session are secrets, of which only the last state is kept.
"""

from sqlalchemy import Boolean, Column, Index, MetaData, Table, event
from sqlalchemy.schema import DDL

from elqr.store.db.schema import Text, Whole, append_only, append_only_on_server, texts
from elqr.vocabulary.desk_frames import DeskRecord

DESK_VERSION = 1

desk_metadata = MetaData()

setting = Table("desk_setting", desk_metadata, Column("name", Text, primary_key=True), *texts("value"))

account = Table(
    "account",
    desk_metadata,
    Column("entry_no", Whole, primary_key=True),
    *texts("login", "step", "name", "department", "roles", "valid_from"),
    Column("valid_until", Text),
    *texts("entered_at", "entered_by"),
    Index("account_by_login", "login", "entry_no"),
)
"""利用者の登録・変更・廃止: the last row of a login is what it is now. `roles` are separated by commas."""

password = Table(
    "password",
    desk_metadata,
    Column("login", Text, primary_key=True),
    *texts("hash", "set_at"),
    Column("is_one_time", Boolean, nullable=False),
)
"""パスワード: the argon2id hash. One that elqr made serves once, to set one's own."""

visit = Table(
    "visit",
    desk_metadata,
    Column("visit_hash", Text, primary_key=True),
    *texts("login", "form_token", "address", "began_at", "used_at"),
    Index("visit_by_login", "login"),
)
"""ログイン中: one browser of one person. The browser knows the id; the table has its SHA-256."""

record = Table(
    "record",
    desk_metadata,
    Column(DeskRecord.RECORD_NO, Whole, primary_key=True),
    *texts(*(name for name in DeskRecord.SCHEMA if name != DeskRecord.RECORD_NO)),
    Index("record_by_login", DeskRecord.LOGIN, DeskRecord.RECORD_NO),
    Index("record_by_address", DeskRecord.ADDRESS, DeskRecord.RECORD_NO),
    Index("record_by_time", DeskRecord.RECORDED_AT),
)
"""操作記録."""

for _table in (account, record):
    for _dialect, _statements in (
        ("sqlite", tuple(append_only(_table.name, verb) for verb in ("UPDATE", "DELETE"))),
        ("postgresql", append_only_on_server(_table.name)),
    ):
        for _statement in _statements:
            event.listen(_table, "after_create", DDL(_statement).execute_if(dialect=_dialect))  # type: ignore[no-untyped-call]
