"""Atomic writes (書き込み): our files are complete or absent, even if the power fails."""

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain, count
from pathlib import Path

from elqr.vocabulary.errors import CannotWrite, cause
from elqr.vocabulary.limits import PIECE_BYTES

LEFT_BESIDE = re.compile(r"\..+\.[0-9]+")
"""The names of temporary files that an interrupted run left behind."""


def write_whole(path: Path, data: bytes, *, mode: int = 0o666) -> None:
    """ファイルを書く: complete or not at all. Raises CannotWrite."""
    write_parts(path, [data], mode=mode)


def write_parts(path: Path, parts: Iterable[bytes], *, mode: int = 0o666) -> None:
    """ファイルを少しずつ書く: to a temporary file, synced, then renamed; complete or not at all. Raises CannotWrite.

    Files for staff have the permissions of the user's umask; files that only elqr reads get a stricter `mode`.
    A file that holds these very bytes already is not written again, so that someone who has it open is not in the way.
    """
    if (temporary := write_changed(path, parts, mode=mode)) is not None:
        take_place(path, temporary)


def write_changed(path: Path, parts: Iterable[bytes], *, mode: int = 0o666) -> Path | None:
    """変わったら横に書く: the path of the temporary file; None when the file holds exactly these parts.

    Raises CannotWrite.
    """
    new = _changed_parts(path, iter(parts))
    return None if new is None else write_beside(path, new, mode=mode)


def _changed_parts(path: Path, parts: Iterator[bytes]) -> Iterable[bytes] | None:
    """変わった中身: all the parts, those that the file already holds read from it; None when it holds exactly these."""
    same = 0
    if not path.is_file():  # reading a pipe would block
        return parts
    try:
        file = path.open("rb")
    except OSError:
        return parts
    with file:
        for part in parts:
            if file.read(len(part)) != part:
                return chain(_beginning(path, same), [part], parts)
            same += len(part)
        return _beginning(path, same) if file.read(1) else None


def _beginning(path: Path, size: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        for at in range(0, size, PIECE_BYTES):
            yield file.read(min(PIECE_BYTES, size - at))


def write_beside(path: Path, parts: Iterable[bytes], *, mode: int = 0o666) -> Path:
    """横に書く: write and sync a temporary file in the folder of `path`; returns its path. Raises CannotWrite."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with _remove_on_failure(path, temporary):
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(temporary, "wb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
            file.writelines(parts)
            file.flush()
            os.fsync(file.fileno())
    return temporary


def take_place(path: Path, temporary: Path) -> None:
    """名前を付ける: rename the temporary file to the final name. Raises CannotWrite."""
    with _remove_on_failure(path, temporary):
        temporary.replace(path)


def remove(path: Path) -> None:
    """消す: a file of ours, if it is there. Raises CannotWrite."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise CannotWrite(
            f"{path} を消せません（{cause(error)}）。Excel で開いているなら閉じて、もう一度実行してください。"
        ) from error


def sweep(folder: Path) -> None:
    """掃除する: delete temporary files of interrupted runs from a folder in which nobody else writes."""
    for path in folder.glob(".*"):
        if LEFT_BESIDE.fullmatch(path.name):
            path.unlink(missing_ok=True)


@contextmanager
def _remove_on_failure(path: Path, temporary: Path) -> Iterator[None]:
    """Remove the temporary file when the block fails; raises CannotWrite."""
    try:
        yield
    except (OSError, CannotWrite) as error:
        if temporary.parent.is_dir():
            temporary.unlink(missing_ok=True)
        if isinstance(error, CannotWrite):  # raised by the source of the parts
            raise
        raise CannotWrite(
            f"{path} に書けません（{cause(error)}）。"
            "フォルダの権限と空き容量、Excel などで開いていないことを確かめてください。"
        ) from error


def set_aside(path: Path) -> Path:
    """控えに残す: rename a file in which people write, so that nothing overwrites it. Returns its new path.

    Raises CannotWrite.
    """
    try:
        names = (path.with_name(f"{path.stem}（控え{number}）{path.suffix}") for number in count(1))
        aside = next(name for name in names if not name.exists())
        path.rename(aside)
    except OSError as error:
        raise CannotWrite(
            f"{path} を控えに残せません（{cause(error)}）。Excel で開いているなら閉じて、もう一度実行してください。"
        ) from error
    return aside
