"""`python -m tests.bench.instead WAY LEDGER INBOX NIGHT OUT`: one night, one way, in a process that imports no other."""

import sys
from datetime import date
from importlib import import_module
from pathlib import Path

if __name__ == "__main__":
    way, ledger, inbox, night, out = sys.argv[1:]
    import_module(f"tests.bench.instead.{way}").run(Path(ledger), Path(inbox), date.fromisoformat(night), Path(out))
