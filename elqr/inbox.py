"""The inbox (受信箱) and the archive (保管庫): where files are listed, read, and kept byte for byte.

The edge of the program: the only module besides run and cli that touches a folder.
"""

import hashlib
import os
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain, count
from pathlib import Path

from elqr.droppings import Kind, Watch, is_known
from elqr.vocabulary.codes import Code
from elqr.vocabulary.errors import CannotWrite, NotFound
from elqr.vocabulary.findings import Finding, Location
from elqr.vocabulary.limits import PIECE_BYTES, WHOLE
from elqr.vocabulary.visible_text import visible

_MEGABYTE = 1_000_000
_LEFT = re.compile(r"\..+\.[0-9]+")
"""What a run that was cut off left beside its place is called."""
_OF_THE_MACHINE = tuple(("/", name) for name in ("proc", "sys", "dev"))
"""What lies there are no files: some never end."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """届いたもの: one entry of an inbox; `findings` say why it is not read.

    `data` are its bytes; of a large file they stay at `path` and are read in parts. What cannot be read has neither;
    what is under the name of a file on its way has them to be kept and known again, and is not read.
    """

    name: str
    data: bytes | None
    sha256: str
    findings: tuple[Finding, ...] = ()
    path: Path | None = None

    @property
    def size_bytes(self) -> int:
        """大きさ; 0 when it cannot be read."""
        return self.path.stat().st_size if self.path is not None else len(self.data or b"")

    def whole(self) -> bytes | None:
        """すべてのバイト; None when it is not read."""
        if self.findings:
            return None
        return self.data if self.path is None else self.path.read_bytes()

    def small_enough(self) -> "Arrived":
        """全体を読める大きさか: itself, or what is wrong with it when it is too large to be held whole."""
        if self.findings or (size := self.size_bytes) <= WHOLE.most:
            return self
        at, most = Location(self.name), f"{WHOLE.most:,}バイト以下"
        return replace(self, path=None, findings=(Finding(at, Code.TOO_LARGE, f"{size:,}バイト", most),))


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


def arrivals(folder: Path, most_megabytes: int, watch: Watch) -> Iterator[Arrived]:
    """受信箱の中身, by name, without what programs leave. Raises NotFound when there is no such folder."""
    for path in delivered_paths(folder, watch):
        yield arrived(path, most_megabytes, watch)


def delivered_paths(folder: Path, watch: Watch) -> list[Path]:
    """受信箱のファイル, by name, without what programs leave. Raises NotFound when there is no such folder."""
    return [path for path in _entries(folder) if _kind_of(path, watch) is not Kind.PASSED_OVER]


def passed_over(folder: Path, watch: Watch) -> list[str]:
    """無視したファイルの名前. Raises NotFound when there is no such folder."""
    return [readable_name(path.name) for path in _entries(folder) if _kind_of(path, watch) is Kind.PASSED_OVER]


def _entries(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise NotFound(f"受信箱 {folder} がありません。フォルダを作るか、ジョブの path を直してください。")
    if folder.resolve().parts[:2] in _OF_THE_MACHINE:
        raise NotFound(f"受信箱 {folder} は機械そのもののフォルダです。ジョブの path を直してください。")
    return sorted(folder.iterdir(), key=lambda path: path.name)


def _kind_of(path: Path, watch: Watch) -> Kind:
    """What cannot be read is told, whatever its name."""
    try:
        return watch.kind_of(path)
    except OSError:
        return Kind.PUT_ASIDE


def readable_name(name: str) -> str:
    """読める名前: a file name as it may be shown anywhere; cp932 is read, and what steers a screen is spelt out."""
    raw = os.fsencode(name)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("cp932", errors="backslashreplace")
    return visible(text)


def arrived(path: Path, most_megabytes: int, watch: Watch | None = None) -> Arrived:
    """One file, read whole or, if it is large, only hashed; or what is wrong with it. One of an inbox has a watch."""
    name = readable_name(path.name)
    if watch is not None and _kind_of(path, watch) is Kind.PUT_ASIDE:
        return _put_aside(path, name, most_megabytes)
    if path.is_symlink() or not path.is_file():
        kind = "リンク" if path.is_symlink() else "フォルダ" if path.is_dir() else "ファイル以外"
        return _unreadable(name, Code.NOT_A_FILE, kind, "通常のファイル")
    if (size := path.stat().st_size) > most_megabytes * _MEGABYTE:
        return _unreadable(name, Code.TOO_LARGE, f"{size:,}バイト", f"{most_megabytes * _MEGABYTE:,}バイト以下")
    try:
        if size > PIECE_BYTES:
            return Arrived(name, None, sha256_of_file(path), path=path)
        data = path.read_bytes()
    except OSError as error:
        return _unreadable(name, Code.NOT_A_FILE, f"読めません（{error.strerror}）", "読めるファイル")
    return Arrived(name, data, sha256_of(data))


def _put_aside(path: Path, name: str, most_megabytes: int) -> Arrived:
    """送信中か隠した名前のもの: told, and known by its content as far as it has come, where that can be read."""
    said = _unreadable(name, Code.NOT_A_FILE, "作業用か隠しファイルの名前", "送付元の名前（無視するなら ignore）")
    try:
        if path.is_symlink() or not path.is_file() or (size := path.stat().st_size) > most_megabytes * _MEGABYTE:
            return said
        if size > PIECE_BYTES:
            return replace(said, sha256=sha256_of_file(path), path=path)
        data = path.read_bytes()
    except OSError:
        return said
    return replace(said, data=data, sha256=sha256_of(data))


def _unreadable(name: str, code: Code, actual: str, expected: str) -> Arrived:
    return Arrived(name, None, stands_for(name, code, actual), (Finding(Location(name), code, actual, expected),))


def stands_for(name: str, code: str, actual: str) -> str:
    """中身の代わり: what stands for the hash of what was never read: its name and why."""
    return sha256_of(f"{name}/{code}/{actual}".encode())


def keep_arrived(archive: Path, arrived: Arrived) -> Arrived:
    """届いたものを保管する; returns it as it is kept. Raises CannotWrite.

    A large file that may still be on its way is known by what was there when it was copied.
    """
    if arrived.data is not None:
        keep(archive, arrived.sha256, arrived.data)
    elif arrived.path is not None and arrived.findings:
        return replace(arrived, sha256=_keep_as_it_lies(archive, arrived.path))
    elif arrived.path is not None:
        keep_file(archive, arrived.sha256, arrived.path)
    return arrived


def _keep_as_it_lies(archive: Path, source: Path) -> str:
    """今あるところまで保管する: returns the hash of what was read."""
    found = hashlib.sha256()

    def parts() -> Iterator[bytes]:
        left = source.stat().st_size
        with source.open("rb") as file:
            while left > 0 and (part := file.read(min(left, PIECE_BYTES))):
                left -= len(part)
                found.update(part)
                yield part

    beside = write_beside(archive / "aside", parts(), mode=0o600)
    path = kept_at(archive, found.hexdigest())
    path.parent.mkdir(parents=True, exist_ok=True)
    take_place(path, beside)
    return found.hexdigest()


def keep(archive: Path, sha256: str, data: bytes) -> None:
    """保管する: under its hash, complete or not at all. Raises CannotWrite."""
    path = kept_at(archive, sha256)
    if path.exists():
        return
    write_whole(path, data, mode=0o600)


def keep_file(archive: Path, sha256: str, source: Path) -> None:
    """大きなファイルを保管する, part by part; it is read from there. Raises CannotWrite, also when it has changed."""
    path = kept_at(archive, sha256)
    if not path.exists() or sha256_of_file(path) != sha256:
        write_parts(path, _unchanged(source, sha256), mode=0o600)


def _unchanged(source: Path, sha256: str) -> Iterator[bytes]:
    found = hashlib.sha256()
    with source.open("rb") as file:
        while part := file.read(PIECE_BYTES):
            found.update(part)
            yield part
    if found.hexdigest() != sha256:
        raise CannotWrite(f"{source} は読んでいる間に変わりました。送り終わってから、もう一度実行してください。")


def is_kept(archive: Path, sha256: str) -> bool:
    """保管してあるか."""
    return kept_at(archive, sha256).is_file()


def kept(archive: Path, sha256: str) -> bytes:
    """保管した中身 of a hash, as it is now. Raises NotFound."""
    return kept_parts(archive, sha256, [(0, -1)])[0]


def begins_with(archive: Path, whole: str, beginning: str) -> bool:
    """初めが同じか: whether the kept content of one hash begins with that of another, and that says something."""
    there, start = kept_at(archive, whole), kept_at(archive, beginning)
    try:
        size = start.stat().st_size
        if not 0 < size <= there.stat().st_size:
            return False
        with there.open("rb") as one, start.open("rb") as other:
            while part := other.read(PIECE_BYTES):
                if one.read(len(part)) != part:
                    return False
    except OSError:
        return False
    return True


def kept_parts(archive: Path, sha256: str, parts: Sequence[tuple[int, int]]) -> list[bytes]:
    """保管した中身の一部: from a first byte on so many bytes each, all when -1. Raises NotFound."""
    try:
        with kept_at(archive, sha256).open("rb") as file:
            return [(file.seek(start), file.read(size))[1] for start, size in parts]
    except OSError as error:
        raise NotFound(f"保管庫 {archive} に {sha256} がありません。") from error


def kept_at(archive: Path, sha256: str) -> Path:
    """保管した場所 of a hash."""
    return archive / sha256[:2] / sha256


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
        if _LEFT.fullmatch(left.name):
            left.unlink(missing_ok=True)


def strangers(folder: Path, ours: Iterable[str]) -> list[str]:
    """目録にないもの: what lies in a folder of ours that none of these names is of, and that no program left there."""
    known = {unicodedata.normalize("NFC", name) for name in ours}
    return [
        readable_name(path.name)
        for path in sorted(folder.iterdir(), key=lambda path: path.name)
        if unicodedata.normalize("NFC", path.name) not in known
        and not is_known(path.name)
        and not _LEFT.fullmatch(path.name)
    ]


@contextmanager
def _complete(path: Path, beside: Path) -> Iterator[None]:
    """Nothing of it stays where it cannot be whole."""
    try:
        yield
    except (OSError, CannotWrite) as error:
        beside.unlink(missing_ok=True) if beside.parent.is_dir() else None
        if isinstance(error, CannotWrite):  # where the parts come from
            raise
        raise CannotWrite(
            f"{path} に書けません（{error.strerror}）。"
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
            f"{path} を控えに残せません（{error.strerror}）。Excel で開いているなら閉じて、もう一度実行してください。"
        ) from error
    return aside
