"""JSON of elqr's own (elqr が書いた JSON), which somebody may have changed since."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from elqr.disk.config_files import plain_bytes
from elqr.vocabulary.limits import BY_ELQR


def own_json(data: bytes) -> dict[str, Any]:
    """elqr が書いた JSON, always a table of names. Raises ValueError for whatever else it is, however deep it nests.

    Numbers without an end and halves of characters are in no file of ours, and nothing after this can hold them.
    """
    try:
        found = json.loads(data)
        json.dumps(found, ensure_ascii=False, allow_nan=False).encode()
    except RecursionError as error:
        raise ValueError("括弧の重なりが深すぎます") from error
    if not isinstance(found, dict):
        raise ValueError("項目の表ではありません")
    return found


def own_json_bytes(facts: Mapping[str, Any]) -> bytes:
    """elqr が書く JSON: as `own_json` reads it, for people to look at as well."""
    return (json.dumps(facts, ensure_ascii=False, indent=1) + "\n").encode()


def read_own_json(path: Path) -> dict[str, Any]:
    """elqr が書いた JSON のファイル. Raises OSError, and ValueError as `own_json` does."""
    return own_json(plain_bytes(path, BY_ELQR))
