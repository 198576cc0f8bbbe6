"""What people write (人が書くファイル): small files in UTF-8, most of them TOML; each mistake has its answer."""

import json
import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from elqr.errors import BadFile, NotFound
from elqr.limits import WRITTEN

WrittenDay = Annotated[date, Field(ge=date(1900, 1, 1), le=date(2199, 12, 31))]
"""書かれた日: a day that has days before and after it, as far as anything is counted from it."""


def read_text(path: Path, what: str, remedy: str) -> str:
    """本文 of a file that is named `what` to its writer, without a BOM. Raises NotFound with the remedy, BadFile."""
    try:
        if (size := path.stat().st_size) > WRITTEN.most:
            raise BadFile(f"{what} {path} が大きすぎます（{size:,}バイト、上限 {WRITTEN.most:,}）。{remedy}")
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise NotFound(f"{what} {path} がありません。{remedy}") from error
    except OSError as error:
        raise BadFile(f"{what} {path} を読めません（{error.strerror}）。{remedy}") from error
    except UnicodeDecodeError as error:
        raise BadFile(f"{what} {path} は UTF-8 ではありません。UTF-8 で保存し直してください。") from error


def read_toml(path: Path, what: str, remedy: str) -> dict[str, Any]:
    """TOML. Raises NotFound, BadFile with the place."""
    try:
        found = tomllib.loads(read_text(path, what, remedy))
        if "\\u0000" in json.dumps(found, default=str):
            raise BadFile(f"{what} {path} に、名前やパスに使えない文字（NUL）があります。消してください。")
        return found
    except RecursionError as error:
        raise BadFile(f"{what} {path} の括弧の重なりが深すぎます。書き方を直してください。") from error
    except (tomllib.TOMLDecodeError, ValueError) as error:
        raise BadFile(f"{what} {path} はTOMLとして読めません（{error}）。書き方を直してください。") from error
