"""The session (実行の場): what the job says, who is there, which ledger it is, and the night that is worked on."""
