"""The audit (点検): whether the ledger is what was written, a backup whole, the installation right. Changes nothing."""
