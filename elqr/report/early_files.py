"""Early files (先に引く): files of the night that are drawn and written while the ledger is still being written.

They stand beside their places and are no reports yet: they get their names when the ledger has told the same as they
do. What nobody names is removed.
"""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Self

from elqr.disk.atomic_write import take_place, write_beside
from elqr.vocabulary.errors import CannotWrite


class EarlyFiles:
    """先に引いたもの: drawn one after the other in a thread of their own."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._drawn: dict[Path, Future[Path]] = {}

    def begin(self, folder: Path, drawings: Mapping[str, Callable[[], Iterable[bytes]]]) -> None:
        """引き始める: file name → how to draw it, in pieces."""
        for name, draw in drawings.items():
            self._drawn[folder / name] = self._thread.submit(_written, folder / name, draw)

    def take_places(self) -> dict[str, str]:
        """名前を付ける: all that was begun; returns the names, each with why it could not be written, or nothing."""
        names = {}
        while self._drawn:
            path = next(iter(self._drawn))
            try:
                take_place(path, self._drawn[path].result())
                names[path.name] = ""
            except CannotWrite as error:
                names[path.name] = str(error)
            del self._drawn[path]
        return names

    def drop(self) -> None:
        """捨てる: what has no name yet; what cannot be drawn is nobody's trouble any more."""
        for drawn in self._drawn.values():
            if not drawn.cancel() and drawn.exception() is None:
                drawn.result().unlink(missing_ok=True)
        self._drawn.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.drop()
        self._thread.shutdown()


def _written(path: Path, draw: Callable[[], Iterable[bytes]]) -> Path:
    return write_beside(path, draw())
