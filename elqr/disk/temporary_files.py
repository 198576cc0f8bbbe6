"""Temporary files (作業用のファイル): what programs leave in an inbox that nobody sent.

A file is passed over when its name is known for one and its content is of none of the inbox's formats. With a
name like that, or a hidden one, and such a content it is a delivery that somebody put aside: it is told, and stays.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum, auto
from fnmatch import fnmatchcase
from pathlib import Path

from elqr.vocabulary.limits import HEAD_BYTES

KNOWN = (
    "thumbs.db", "desktop.ini", "$recycle.bin", "system volume information", "@eadir", "ehthumbs.db",
    ".ds_store", "._*", ".~lock.*#", ".nfs*", ".gitkeep", ".keep", ".directory", ".trash-*", ".snapshot",
    ".fuse_hidden*", "~$*", "*.tmp", "*.part", "*.partial", "*.crdownload", "*.filepart", "*.swp", "*~",
)  # fmt: skip
"""無視する名前, in small letters: of Windows, macOS, Linux, Excel, LibreOffice, and of programs that copy."""


def is_known(name: str, more: Iterable[str] = ()) -> bool:
    """作業用の名前か: one of those known, or of some more patterns."""
    return any(fnmatchcase(name.lower(), pattern.lower()) for pattern in (*KNOWN, *more))


class Kind(Enum):
    """見分けた結果: what a file in an inbox is taken for."""

    DELIVERED = auto()
    PASSED_OVER = auto()
    PUT_ASIDE = auto()


def fits_nothing(_head: bytes) -> bool:
    """何も届かない受信箱: no head of a file is of what may arrive."""
    return False


@dataclass(frozen=True, slots=True)
class Watch:
    """受信箱の見方: names that the job ignores besides those known, and whether a file's head is of what may arrive."""

    ignored: tuple[str, ...] = ()
    fits: Callable[[bytes], bool] = fits_nothing

    def kind_of(self, path: Path) -> Kind:
        """届いたものか、作業用のものか. Raises OSError for one that cannot be read."""
        known = is_known(path.name, self.ignored)
        if not known and not path.name.startswith("."):
            return Kind.DELIVERED
        if path.is_dir() or path.is_symlink() or not path.is_file():
            return Kind.PASSED_OVER if known else Kind.PUT_ASIDE
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
        if self.fits(head):
            return Kind.PUT_ASIDE
        return Kind.PASSED_OVER if known or not head.strip() else Kind.PUT_ASIDE


_SENDING = re.compile(
    r"(?P<dot>\.?)(?P<name>.+?)(?:\.(?:tmp|part|partial|crdownload|filepart)|(?P<mark>\.[A-Za-z0-9]{6}))?", re.I
)


def sent_as(name: str) -> list[str]:
    """送り終えた名前: which name a file may have when it has come whole; none where its name is not of one on its way.

    A program that copies begins with a dot, ends with a word of its own, or both, or ends with six letters by chance.
    """
    found = _SENDING.fullmatch(name)
    if found is None or found["name"] == name or (found["mark"] and not found["dot"]):
        return []
    return sorted({found["name"], found["name"] + (found["mark"] or "")})
