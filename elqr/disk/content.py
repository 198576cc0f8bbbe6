"""The content of files (ファイルの中身): regular files only, their hashes, and parts of large ones."""

import errno
import hashlib
from io import BufferedReader
from pathlib import Path


def open_regular(path: Path) -> BufferedReader:
    """通常のファイルを開く. Raises OSError for anything else as well: a pipe would block, a device never ends."""
    if not path.is_file():
        path.stat()  # raises when there is nothing
        raise OSError(errno.EINVAL, "フォルダです" if path.is_dir() else "通常のファイルではありません", str(path))
    return path.open("rb")


def read_part(path: Path, start: int, size: int) -> bytes:
    """ファイルの一部: `size` bytes from `start`, fewer at the end of the file."""
    with open_regular(path) as file:
        file.seek(start)
        return file.read(size)


def sha256_of(data: bytes) -> str:
    """ハッシュ: the identity of a file's content."""
    return hashlib.sha256(data).hexdigest()


def sha256_of_file(path: Path) -> str:
    """大きなファイルのハッシュ, without reading it into memory at once."""
    with open_regular(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
