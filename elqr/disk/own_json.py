"""JSON that elqr wrote (elqr が書いた JSON) and that somebody may have changed since."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from elqr.disk.config_files import plain_bytes
from elqr.vocabulary.limits import BY_ELQR


def own_json(data: bytes) -> dict[str, Any]:
    """elqr が書いた JSON: always an object. Raises ValueError in every other case, also for JSON nested too deep.

    Our files hold no infinite numbers and no lone surrogates; nothing downstream could store them.
    """
    try:
        value = json.loads(data)
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except RecursionError as error:
        raise ValueError("括弧の重なりが深すぎます") from error
    if not isinstance(value, dict):
        raise ValueError("項目の表ではありません")
    return value


def own_json_bytes(facts: Mapping[str, Any]) -> bytes:
    """elqr が書く JSON: indented, because people look at it as well; `own_json` reads it."""
    return (json.dumps(facts, ensure_ascii=False, indent=1) + "\n").encode()


def read_own_json(path: Path) -> dict[str, Any]:
    """elqr が書いた JSON のファイル. Raises OSError, and ValueError as `own_json` does."""
    return own_json(plain_bytes(path, BY_ELQR))
