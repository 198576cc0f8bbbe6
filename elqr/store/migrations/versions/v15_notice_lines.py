"""版15: a 分納 notice may pay several claims; what it asks of each has a row of its own. And a 取消 may end a row."""

import sqlalchemy as sa

from elqr.store.db.schema import Whole
from elqr.store.migrations.steps import add_column, create_tables

revision, down_revision = "15", "14"


def upgrade() -> None:
    """納付書の行: the table. No earlier notice has a row in it. 取り下げた行: older ends do not say it."""
    create_tables("notice_line", unless_there=True)
    add_column("notice_refused_end", sa.Column("is_withdrawn", Whole))
