"""The desk's store (窓口のデータベース): accounts, sessions and 操作記録, beside the ledger and not part of it."""
