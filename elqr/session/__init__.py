"""The session (実行の場): what the job says, who runs it, which ledger it works on, and for which night."""
