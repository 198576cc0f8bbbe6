"""版16: yen that are paid back end on accounts of their own. And a refused row names the notice that it is of."""

import sqlalchemy as sa

from elqr.store.db.schema import Whole
from elqr.store.migrations.steps import add_column, create_tables, replace_check

revision, down_revision = "16", "15"

_WAS = "account IN ('claim', 'suspense', 'withdrawn')"
_BECOMES = "account IN ('claim', 'suspense', 'withdrawn', 'refunded', 'revenue', 'passed_on')"


def upgrade() -> None:
    """還付の勘定と記録; 一枚の番号: rows of older programs do not say it, and end one by one."""
    replace_check("posting", _WAS, _BECOMES)
    create_tables("payout")
    add_column("notice_refused", sa.Column("joint_no", Whole))
