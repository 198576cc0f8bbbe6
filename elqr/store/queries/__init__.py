"""Queries (照会): what is asked of the ledger, by what it is about, and what is entered there with it."""
