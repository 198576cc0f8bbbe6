"""版16: a refused row names the notice that it is of, so that what ends for one row ends for all of the paper."""

import sqlalchemy as sa

from elqr.store.db.schema import Whole
from elqr.store.migrations.steps import add_column

revision, down_revision = "16", "15"


def upgrade() -> None:
    """一枚の番号: rows of older programs do not say it, and end one by one."""
    add_column("notice_refused", sa.Column("joint_no", Whole))
