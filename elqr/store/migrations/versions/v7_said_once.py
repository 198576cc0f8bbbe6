"""版7: the content of a record is in its own columns only, and the guard of closed months runs less often."""

from alembic import op

from elqr.store.db.database import is_server
from elqr.store.tables.months import NOT_IN_CLOSED_MONTH

revision, down_revision = "7", "6"


def upgrade() -> None:
    """同じ中身を繰り返した列をなくし、締めた月の守りを置き換える: drops duplicate columns, replaces a trigger."""
    op.drop_column("payment", "content")
    op.drop_column("payment_identity", "content")
    connection = op.get_bind()
    op.execute("DROP TRIGGER posting_not_in_closed_month" + (" ON posting" if is_server(connection) else ""))
    for statement in NOT_IN_CLOSED_MONTH[connection.dialect.name]:
        op.execute(statement)
