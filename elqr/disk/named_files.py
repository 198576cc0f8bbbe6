"""Files named on the command line (コマンドで名指すファイル)."""

from pathlib import Path

from elqr.disk.config_files import plain_bytes
from elqr.vocabulary.errors import BadFile, NotFound, cause
from elqr.vocabulary.limits import NAMED, PICTURE, Limit


def read_named(path: Path, most: Limit = NAMED, advice: str = "") -> bytes:
    """名指したファイルのバイト: never read beyond the limit. Raises NotFound, and BadFile with `advice`."""
    try:
        return plain_bytes(path, most)
    except FileNotFoundError as error:
        raise NotFound(f"ファイル {path} がありません。パスを確かめてください。") from error
    except OSError as error:
        remedy = advice or "権限と、ファイルを指定していることを確かめてください。"
        raise BadFile(f"ファイル {path} を読めません（{cause(error)}）。{remedy}") from error


def read_named_picture(path: Path) -> tuple[str, bytes]:
    """名指した画像: its name and bytes. Raises NotFound, and BadFile when it is not a regular file or too large."""
    if path.exists() and not path.is_dir() and not path.is_file():
        raise BadFile(f"{path} は通常のファイルではありません。画像をファイルに保存してから指定してください。")
    if path.is_file() and (size := path.stat().st_size) > PICTURE.most:
        raise BadFile(f"画像 {path} が大きすぎます（{size:,}バイト、上限 {PICTURE.most:,}）。分けて指定してください。")
    return path.name, read_named(path)
