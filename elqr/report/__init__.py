"""Reports (帳票): tables first, then writers that know no rules."""
