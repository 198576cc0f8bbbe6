"""The archive (保管庫): delivered files, kept byte for byte under their hash, and read again."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from elqr.disk.atomic_write import take_place, write_beside, write_parts, write_whole
from elqr.disk.content import open_regular, sha256_of_file
from elqr.disk.inbox import Arrived
from elqr.vocabulary.errors import CannotWrite, NotFound, cause
from elqr.vocabulary.limits import PIECE_BYTES


def keep_arrived(archive: Path, arrived: Arrived) -> Arrived:
    """届いたものを保管する: returns the entry as it is kept. Raises CannotWrite.

    A large file that may still be growing is identified by the bytes that were there when it was copied.
    """
    if arrived.data is not None:
        keep(archive, arrived.sha256, arrived.data)
    elif arrived.path is not None and arrived.findings:
        return replace(arrived, sha256=_keep_as_it_lies(archive, arrived.path))
    elif arrived.path is not None:
        keep_file(archive, arrived.sha256, arrived.path)
    return arrived


def _keep_as_it_lies(archive: Path, source: Path) -> str:
    """今あるところまで保管する: keep the bytes that are there now; returns their hash."""
    digest = hashlib.sha256()

    def parts() -> Iterator[bytes]:
        remaining = source.stat().st_size
        with open_regular(source) as file:
            while remaining > 0 and (part := file.read(min(remaining, PIECE_BYTES))):
                remaining -= len(part)
                digest.update(part)
                yield part

    temporary = write_beside(archive / "aside", parts(), mode=0o600)
    path = kept_path(archive, digest.hexdigest())
    path.parent.mkdir(parents=True, exist_ok=True)
    take_place(path, temporary)
    return digest.hexdigest()


def keep(archive: Path, sha256: str, data: bytes) -> None:
    """保管する: keep data under its hash, complete or not at all. Raises CannotWrite."""
    path = kept_path(archive, sha256)
    if path.is_file():
        return
    write_whole(path, data, mode=0o600)


def keep_file(archive: Path, sha256: str, source: Path) -> None:
    """大きなファイルを保管する: copy it part by part. Raises CannotWrite, also when it no longer has this hash."""
    path = kept_path(archive, sha256)
    if not path.is_file() or sha256_of_file(path) != sha256:
        write_parts(path, _read_unchanged(source, sha256), mode=0o600)


def _read_unchanged(source: Path, sha256: str) -> Iterator[bytes]:
    digest = hashlib.sha256()
    with open_regular(source) as file:
        while part := file.read(PIECE_BYTES):
            digest.update(part)
            yield part
    if digest.hexdigest() != sha256:
        raise CannotWrite(f"{source} は読んでいる間に変わりました。送り終わってから、もう一度実行してください。")


def is_kept(archive: Path, sha256: str) -> bool:
    """保管してあるか: whether there is a regular file under a hash."""
    return kept_path(archive, sha256).is_file()


def read_kept(archive: Path, sha256: str) -> bytes:
    """保管した中身: the bytes under a hash, unchecked. Raises NotFound."""
    return read_kept_parts(archive, sha256, [(0, -1)])[0]


def begins_with(archive: Path, whole: str, beginning: str) -> bool:
    """初めが同じか: whether the content kept under `whole` begins with that under `beginning`, which is not empty."""
    longer_path, start_path = kept_path(archive, whole), kept_path(archive, beginning)
    try:
        size = start_path.stat().st_size
        if not 0 < size <= longer_path.stat().st_size:
            return False
        with open_regular(longer_path) as longer, open_regular(start_path) as shorter:
            while part := shorter.read(PIECE_BYTES):
                if longer.read(len(part)) != part:
                    return False
    except OSError:
        return False
    return True


def read_kept_parts(archive: Path, sha256: str, parts: Sequence[tuple[int, int]]) -> list[bytes]:
    """保管した中身の一部: parts given as (first byte, size), a size of -1 for all that follows. Raises NotFound."""
    try:
        with open_regular(kept_path(archive, sha256)) as file:
            return [(file.seek(start), file.read(size))[1] for start, size in parts]
    except FileNotFoundError as error:
        raise NotFound(f"保管庫 {archive} に {sha256} がありません。") from error
    except OSError as error:
        raise NotFound(f"保管庫 {archive} の {sha256} を読めません（{cause(error)}）。") from error


def kept_path(archive: Path, sha256: str) -> Path:
    """保管した場所: the path of a hash in the archive."""
    return archive / sha256[:2] / sha256
