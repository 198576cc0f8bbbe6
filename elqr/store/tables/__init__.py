"""The tables (表) of the ledger, by what they are about."""
