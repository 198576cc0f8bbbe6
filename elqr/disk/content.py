"""The content of files (ファイルの中身): hashes, and parts of what is not held whole."""

import hashlib
from pathlib import Path


def read_part(path: Path, start: int, size: int) -> bytes:
    """ファイルの一部: from a byte on so many bytes, fewer at its end."""
    with path.open("rb") as file:
        file.seek(start)
        return file.read(size)


def sha256_of(data: bytes) -> str:
    """ハッシュ: the identity of a file's content."""
    return hashlib.sha256(data).hexdigest()


def sha256_of_file(path: Path) -> str:
    """大きなファイルのハッシュ, without holding it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
