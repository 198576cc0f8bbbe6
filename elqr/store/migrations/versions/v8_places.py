"""版8: every confirmed yen delivered has a place, and two people can take back what was recorded."""

import sqlalchemy as sa
from alembic import op

from elqr.store.db.schema import Whole
from elqr.store.migrations.identities import bring_up_identities
from elqr.store.migrations.steps import Remade, add_column, create_index, create_tables, remake_tables, replace_check
from elqr.store.queries.ledger_identity import give_identity

revision, down_revision = "8", "7"


def upgrade() -> None:
    """収納の識別、勘定、取り消しの記録: identities by sender, a third account, retractions."""
    create_tables("waiver", "waiver_step")
    create_tables("ledger_start")
    give_identity(op.get_bind())
    create_tables("retraction", "retraction_step", unless_there=True)
    remake_tables(Remade("upload_step", "step_no", "upload_no"))
    remake_tables(Remade("release_step", "step_no", "taken_at, print_no, step DESC", {"reason": ""}))
    remake_tables(Remade("settlement_bundle"), Remade("settlement_deposit"))
    remake_tables(Remade("export_taken", "taken_no", "taken_at, export_no"), Remade("export_again"), Remade("export"))
    create_index("deposit", "deposit_by_day")
    bring_up_identities(op.get_bind())
    replace_check("posting", "account IN ('claim', 'suspense')", "account IN ('claim', 'suspense', 'withdrawn')")
    add_column("ruling_posting", sa.Column("notice_no", Whole))
    create_tables("notice_refused", "notice_give_up", "notice_give_up_step", "notice_refused_end")
    create_tables("act")
    create_index("run", "run_by_night")
    create_index("notice_cancel", "notice_cancel_by_file")
    create_index("watched_bundle", "watched_bundle_by_night")
    create_index("overdue_payment", "overdue_payment_by_night")
