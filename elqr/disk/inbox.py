"""The inbox (受信箱): the entries of a folder, which of them were delivered, and why some cannot be read."""

import os
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from elqr.disk.atomic_write import LEFT_BESIDE
from elqr.disk.content import sha256_of, sha256_of_file
from elqr.disk.inbox_filter import InboxFilter, Kind, is_known
from elqr.vocabulary.codes import Code
from elqr.vocabulary.errors import NotFound, cause
from elqr.vocabulary.findings import Finding, Location
from elqr.vocabulary.limits import PIECE_BYTES, WHOLE
from elqr.vocabulary.visible_text import visible

_MEGABYTE = 1_000_000
_OF_THE_MACHINE = tuple(("/", name) for name in ("proc", "sys", "dev"))
"""Folders of the system: their entries are not real files, and some never end."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """届いたもの: one entry of an inbox; `findings` say why it is not read.

    `data` holds its bytes; those of a large file stay at `path` and are read in parts. An unreadable entry has neither.
    A file with the name of one still being sent has them, so that it can be kept and recognised later, but is not read.
    """

    name: str
    data: bytes | None
    sha256: str
    findings: tuple[Finding, ...] = ()
    path: Path | None = None

    @property
    def size_bytes(self) -> int:
        """大きさ: 0 when the entry cannot be read."""
        return self.path.stat().st_size if self.path is not None else len(self.data or b"")

    def whole(self) -> bytes | None:
        """すべてのバイト: None when the entry is not read."""
        if self.findings:
            return None
        return self.data if self.path is None else self.path.read_bytes()

    def small_enough(self) -> "Arrived":
        """全体を読める大きさか: the entry itself, or one with a finding when it is too large to be held in memory."""
        if self.findings or (size := self.size_bytes) <= WHOLE.most:
            return self
        at, most = Location(self.name), f"{WHOLE.most:,}バイト以下"
        return replace(self, path=None, findings=(Finding(at, Code.TOO_LARGE, f"{size:,}バイト", most),))


def read_inbox(folder: Path, most_megabytes: int, watch: InboxFilter) -> Iterator[Arrived]:
    """受信箱の中身: by name, without temporary files of programs. Raises NotFound when there is no such folder."""
    for path in delivered_paths(folder, watch):
        yield read_arrived(path, most_megabytes, watch)


def delivered_paths(folder: Path, watch: InboxFilter) -> list[Path]:
    """受信箱のファイル: by name, without temporary files of programs. Raises NotFound when there is no such folder."""
    return [path for path in _entries(folder) if _kind_of(path, watch) is not Kind.PASSED_OVER]


def list_passed_over(folder: Path, watch: InboxFilter) -> list[str]:
    """無視したファイルの名前: the temporary files of programs. Raises NotFound when there is no such folder."""
    return [readable_name(path.name) for path in _entries(folder) if _kind_of(path, watch) is Kind.PASSED_OVER]


def _entries(folder: Path) -> list[Path]:
    try:
        if not folder.is_dir():
            raise NotFound(f"受信箱 {folder} がありません。フォルダを作るか、ジョブの path を直してください。")
        if folder.resolve().parts[:2] in _OF_THE_MACHINE:
            raise NotFound(f"受信箱 {folder} は機械そのもののフォルダです。ジョブの path を直してください。")
        return sorted(folder.iterdir(), key=lambda path: path.name)
    except OSError as error:
        raise NotFound(f"受信箱 {folder} を開けません（{cause(error)}）。権限を直してください。") from error


def _kind_of(path: Path, watch: InboxFilter) -> Kind:
    """An entry that cannot be read is reported, whatever its name."""
    try:
        return watch.kind_of(path)
    except OSError:
        return Kind.PUT_ASIDE


def readable_name(name: str) -> str:
    """読める名前: a file name that is safe to show anywhere; cp932 is read, and control characters are spelt out."""
    raw = os.fsencode(name)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("cp932", errors="backslashreplace")
    return visible(text)


def read_arrived(path: Path, most_megabytes: int, watch: InboxFilter | None = None) -> Arrived:
    """届いたファイル: read whole or, if large, only hashed; or why it is not read. A file in an inbox has a watch."""
    name = readable_name(path.name)
    if watch is not None and _kind_of(path, watch) is Kind.PUT_ASIDE:
        return _put_aside(path, name, most_megabytes)
    try:
        if path.is_symlink() or not path.is_file():
            kind = "リンク" if path.is_symlink() else "フォルダ" if path.is_dir() else "ファイル以外"
            return _unreadable(name, Code.NOT_A_FILE, kind, "通常のファイル")
        if (size := path.stat().st_size) > most_megabytes * _MEGABYTE:
            return _unreadable(name, Code.TOO_LARGE, f"{size:,}バイト", f"{most_megabytes * _MEGABYTE:,}バイト以下")
        if size > PIECE_BYTES:
            return Arrived(name, None, sha256_of_file(path), path=path)
        data = path.read_bytes()
    except OSError as error:
        return _unreadable(name, Code.NOT_A_FILE, f"読めません（{cause(error)}）", "読めるファイル")
    return Arrived(name, data, sha256_of(data))


def _put_aside(path: Path, name: str, most_megabytes: int) -> Arrived:
    """送信中か隠した名前のもの: reported, and identified by the content that has arrived so far if it can be read."""
    entry = _unreadable(name, Code.NOT_A_FILE, "作業用か隠しファイルの名前", "送付元の名前（無視するなら ignore）")
    try:
        if path.is_symlink() or not path.is_file() or (size := path.stat().st_size) > most_megabytes * _MEGABYTE:
            return entry
        if size > PIECE_BYTES:
            return replace(entry, sha256=sha256_of_file(path), path=path)
        data = path.read_bytes()
    except OSError:
        return entry
    return replace(entry, data=data, sha256=sha256_of(data))


def _unreadable(name: str, code: Code, actual: str, expected: str) -> Arrived:
    return Arrived(name, None, stands_for(name, code, actual), (Finding(Location(name), code, actual, expected),))


def stands_for(name: str, code: str, actual: str) -> str:
    """中身の代わり: a hash of the name and the reason, in place of that of a content that was never read."""
    return sha256_of(f"{name}/{code}/{actual}".encode())


def strangers(folder: Path, ours: Iterable[str]) -> list[str]:
    """目録にないもの: entries of our folder that are not among these names and are no program's temporary files."""
    known = {unicodedata.normalize("NFC", name) for name in ours}
    return [
        readable_name(path.name)
        for path in sorted(folder.iterdir(), key=lambda path: path.name)
        if unicodedata.normalize("NFC", path.name) not in known
        and not is_known(path.name)
        and not LEFT_BESIDE.fullmatch(path.name)
    ]
