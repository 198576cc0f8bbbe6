"""版17: reminders that were sent or held. And what each new row is asked is spelt as alternatives, which are faster."""

from elqr.store.migrations.steps import create_tables, remake_index, replace_check

revision, down_revision = "17", "16"

_ACCOUNTS = ("claim", "suspense", "withdrawn", "refunded", "revenue", "passed_on")


def upgrade() -> None:
    """督促の記録、勘定の条件、計上していない収納の索引: two tables, the accounts of postings, an index on decisions."""
    create_tables("reminder_sent", "reminder_hold")
    listed = ", ".join(f"'{account}'" for account in _ACCOUNTS)
    replace_check("posting", f"account IN ({listed})", " OR ".join(f"account = '{account}'" for account in _ACCOUNTS))
    remake_index("decision", "decision_unposted")
