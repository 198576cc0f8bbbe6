"""版10: a file that was held back can be held again, belongs to one inbox, and is given up individually."""

from elqr.store.migrations.steps import Remade, create_tables, remake_tables

revision, down_revision = "10", "9"


def upgrade() -> None:
    """同じ中身の再びの取込保留、受信箱、あきらめた受信: the same content can be held again."""
    remake_tables(Remade("delivery_finding"), Remade("delivery"))
    create_tables("delivery_box", "waiver_delivery")
