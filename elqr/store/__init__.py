"""The ledger's store (台帳): tables, bulk loading and named queries. The only place that knows SQLAlchemy."""
