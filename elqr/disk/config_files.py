"""Files that people write (人が書くファイル): small UTF-8 files, most of them TOML, with a message for every mistake.

Only regular files are read, and never beyond their limit: a pipe would block, and a device never ends.
"""

import errno
import json
import tomllib
from pathlib import Path
from typing import Any

from elqr.disk.content import open_regular
from elqr.disk.toml_mistakes import toml_mistake
from elqr.vocabulary.errors import BadFile, NotFound, cause
from elqr.vocabulary.limits import WRITTEN, Limit


def plain_bytes(path: Path, limit: Limit) -> bytes:
    """通常のファイルのバイト: never read beyond the limit. Raises OSError with the reason in Japanese."""
    size, data = path.stat().st_size, b""
    with open_regular(path) as file:
        if size <= limit.most:
            data = file.read(size + 1)
            if size < len(data) <= limit.most:  # it has grown, or reports no length
                data += file.read(limit.most + 1 - len(data))
    if max(size, len(data)) > limit.most:
        raise OSError(errno.EFBIG, f"大きすぎます。上限 {limit.most:,} {limit.unit}")
    return data


def read_written(path: Path, what: str, remedy: str, limit: Limit = WRITTEN) -> bytes:
    """ファイルのバイト: messages call the file `what`. Raises NotFound with the remedy, BadFile."""
    try:
        return plain_bytes(path, limit)
    except FileNotFoundError as error:
        raise NotFound(f"{what} {path} がありません。{remedy}") from error
    except OSError as error:
        raise BadFile(f"{what} {path} を読めません（{cause(error)}）。{remedy}") from error


def read_text(path: Path, what: str, remedy: str) -> str:
    """本文: the text of a file without a BOM; messages call it `what`. Raises NotFound with the remedy, BadFile."""
    data = read_written(path, what, remedy)
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        raise BadFile(f"{what} {path} は UTF-8 ではありません。UTF-8 で保存し直してください。") from error


def read_toml(path: Path, what: str, remedy: str) -> dict[str, Any]:
    """TOML の中身. Raises NotFound, and BadFile with the place."""
    return parse_toml(read_text(path, what, remedy), path, what)


def parse_toml(text: str, path: Path, what: str) -> dict[str, Any]:
    """TOML の本文の中身: `path` and `what` are for messages. Raises BadFile with the place."""
    try:
        table = tomllib.loads(text)
        if "\\u0000" in json.dumps(table, default=str):
            raise BadFile(f"{what} {path} に、名前やパスに使えない文字（NUL）があります。消してください。")
        return table
    except RecursionError as error:
        raise BadFile(f"{what} {path} の括弧の重なりが深すぎます。書き方を直してください。") from error
    except (tomllib.TOMLDecodeError, ValueError) as error:
        raise BadFile(
            f"{what} {path} はTOMLとして読めません（{toml_mistake(error)[1]}）。書き方を直してください。"
        ) from error
