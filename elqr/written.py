"""What people write (人が書くファイル): small files in UTF-8, most of them TOML; each mistake has its answer."""

import tomllib
from pathlib import Path
from typing import Any

from elqr.errors import BadFile, NotFound
from elqr.limits import WRITTEN


def read_text(path: Path, what: str, remedy: str) -> str:
    """本文 of a file that is named `what` to its writer. Raises NotFound with the remedy, BadFile."""
    try:
        if (size := path.stat().st_size) > WRITTEN.most:
            raise BadFile(f"{what} {path} が大きすぎます（{size:,}バイト、上限 {WRITTEN.most:,}）。{remedy}")
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise NotFound(f"{what} {path} がありません。{remedy}") from error
    except OSError as error:
        raise BadFile(f"{what} {path} を読めません（{error.strerror}）。{remedy}") from error
    except UnicodeDecodeError as error:
        raise BadFile(f"{what} {path} は UTF-8 ではありません。UTF-8 で保存し直してください。") from error


def read_toml(path: Path, what: str, remedy: str) -> dict[str, Any]:
    """TOML. Raises NotFound, BadFile with the place."""
    try:
        return tomllib.loads(read_text(path, what, remedy))
    except tomllib.TOMLDecodeError as error:
        raise BadFile(f"{what} {path} はTOMLとして読めません（{error}）。書き方を直してください。") from error
