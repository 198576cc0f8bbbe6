"""Atomic writes (書き込み): a file of ours is complete or not there, wherever the power fails."""

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain, count
from pathlib import Path

from elqr.vocabulary.errors import CannotWrite, cause
from elqr.vocabulary.limits import PIECE_BYTES

LEFT_BESIDE = re.compile(r"\..+\.[0-9]+")
"""What a run that was cut off left beside its place is called."""


def write_whole(path: Path, data: bytes, *, mode: int = 0o666) -> None:
    """A file that is complete or not there. Raises CannotWrite."""
    write_parts(path, [data], mode=mode)


def write_parts(path: Path, parts: Iterable[bytes], *, mode: int = 0o666) -> None:
    """A file that is complete or not there, part by part: written beside, synced, renamed. Raises CannotWrite.

    What is for staff is for the user, or for the group where the job says so; what is kept for ourselves is ours alone.
    What is there already, to the byte, is not written again: whoever has it open is not in the way.
    """
    if (new := _unless_there(path, iter(parts))) is not None:
        take_place(path, write_beside(path, new, mode=mode))


def _unless_there(path: Path, parts: Iterator[bytes]) -> Iterable[bytes] | None:
    """すでにあるか: None where the file holds just these parts; else all of them, as far as it does from the file."""
    same = 0
    if not path.is_file():  # a pipe would be waited for
        return parts
    try:
        there = path.open("rb")
    except OSError:
        return parts
    with there:
        for part in parts:
            if there.read(len(part)) != part:
                return chain(_beginning(path, same), [part], parts)
            same += len(part)
        return _beginning(path, same) if there.read(1) else None


def _beginning(path: Path, size: int) -> Iterator[bytes]:
    with path.open("rb") as there:
        for at in range(0, size, PIECE_BYTES):
            yield there.read(min(PIECE_BYTES, size - at))


def write_beside(path: Path, parts: Iterable[bytes], *, mode: int = 0o666) -> Path:
    """横に書く: all of a file, synced, under another name in its folder; returns it. Raises CannotWrite."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with _complete(path, beside):
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(beside, "wb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
            file.writelines(parts)
            file.flush()
            os.fsync(file.fileno())
    return beside


def take_place(path: Path, beside: Path) -> None:
    """名前を付ける: what was written beside becomes the file. Raises CannotWrite."""
    with _complete(path, beside):
        beside.replace(path)


def sweep(folder: Path) -> None:
    """掃除する: what runs that were cut off left beside its place, in a folder in which nobody else writes."""
    for left in folder.glob(".*"):
        if LEFT_BESIDE.fullmatch(left.name):
            left.unlink(missing_ok=True)


@contextmanager
def _complete(path: Path, beside: Path) -> Iterator[None]:
    """Nothing of it stays where it cannot be whole."""
    try:
        yield
    except (OSError, CannotWrite) as error:
        if beside.parent.is_dir():
            beside.unlink(missing_ok=True)
        if isinstance(error, CannotWrite):  # where the parts come from
            raise
        raise CannotWrite(
            f"{path} に書けません（{cause(error)}）。"
            "フォルダの権限と空き容量、Excel などで開いていないことを確かめてください。"
        ) from error


def set_aside(path: Path, data: bytes) -> Path | None:
    """控えに残す: a file that people write in is renamed, not overwritten, when it differs from what comes.

    Returns its new path, or None when there was nothing to keep. Raises CannotWrite.
    """
    try:
        if not path.exists() or path.read_bytes() == data:
            return None
        names = (path.with_name(f"{path.stem}（控え{number}）{path.suffix}") for number in count(1))
        aside = next(name for name in names if not name.exists())
        path.rename(aside)
    except OSError as error:
        raise CannotWrite(
            f"{path} を控えに残せません（{cause(error)}）。Excel で開いているなら閉じて、もう一度実行してください。"
        ) from error
    return aside
