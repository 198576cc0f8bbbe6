"""The inbox filter (受信箱で無視するもの): files that programs left there and nobody sent, told by name and content.

A file is passed over when its name is that of a temporary file and its content fits no format of the inbox. A file with
such a name whose content does fit, or a hidden file that is not blank, is a delivery that somebody put aside: it is
reported and stays.
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
"""無視する名前, in lower case: of Windows, macOS, Linux, Excel, LibreOffice, and of programs that copy files."""


def is_known(name: str, extra_patterns: Iterable[str] = ()) -> bool:
    """作業用の名前か: a known one, or one of the extra patterns."""
    return any(fnmatchcase(name.lower(), pattern.lower()) for pattern in (*KNOWN, *extra_patterns))


class Kind(Enum):
    """見分けた結果: what a file in an inbox is taken for."""

    DELIVERED = auto()
    PASSED_OVER = auto()
    PUT_ASIDE = auto()


def fits_nothing(_head: bytes) -> bool:
    """何も届かない受信箱: the head of no file fits an expected format."""
    return False


@dataclass(frozen=True, slots=True)
class InboxFilter:
    """受信箱の見方: extra names that the job ignores, and whether the head of a file fits an expected format."""

    ignored: tuple[str, ...] = ()
    fits: Callable[[bytes], bool] = fits_nothing

    def kind_of(self, path: Path) -> Kind:
        """届いたものか、作業用のものか. Raises OSError when the file cannot be read."""
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
    """送り終えた名前: the names that a file may have once it is complete; none if it has no name of a file being sent.

    While a program copies a file, its name begins with a dot, ends with a suffix such as .part, or both, or it begins
    with a dot and ends with six random letters.
    """
    match = _SENDING.fullmatch(name)
    if match is None or match["name"] == name or (match["mark"] and not match["dot"]):
        return []
    return sorted({match["name"], match["name"] + (match["mark"] or "")})
