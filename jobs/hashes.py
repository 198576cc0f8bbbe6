"""Prints the SHA-256 of every wheel in a folder, as `pip install --require-hashes -r` reads it.

    python3 jobs/hashes.py wheels > hashes.txt

Run where the wheels were made, and carried another way than the folder: what is changed on its way is then refused.
"""

import hashlib
import sys
from pathlib import Path


def lines(folder: Path) -> list[str]:
    """One line for each wheel: name==version --hash=sha256:…."""
    found = []
    for path in sorted(folder.glob("*.whl")):
        name, version = path.name.split("-")[:2]
        found.append(f"{name}=={version} --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}")
    return found


if __name__ == "__main__":
    if len(sys.argv) != 2 or not (wheels := lines(Path(sys.argv[1]))):
        sys.exit("wheel のあるフォルダを一つ指定してください: python3 jobs/hashes.py wheels > hashes.txt")
    print("\n".join(wheels))
