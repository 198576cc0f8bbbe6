"""Early files (先に引く): files of the night that are drawn and written while the ledger is still being written.

They have temporary names and are no reports yet. They get their own names once the ledger says the same as they do;
files that never get there are removed.
"""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Self

from elqr.disk.atomic_write import take_place, write_beside
from elqr.vocabulary.errors import CannotWrite


class EarlyFiles:
    """先に引いたもの: drawn one after the other in a separate thread."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._futures: dict[Path, Future[Path]] = {}

    def begin(self, folder: Path, drawings: Mapping[str, Callable[[], Iterable[bytes]]]) -> None:
        """引き始める: file name → how to draw it, in pieces."""
        for name, draw in drawings.items():
            self._futures[folder / name] = self._thread.submit(_write, folder / name, draw)

    def take_places(self) -> dict[str, str]:
        """名前を付ける: all files that were begun; returns file name → why it could not be written, or "" if it was."""
        names = {}
        while self._futures:
            path = next(iter(self._futures))
            try:
                take_place(path, self._futures[path].result())
                names[path.name] = ""
            except CannotWrite as error:
                names[path.name] = str(error)
            del self._futures[path]
        return names

    def drop(self) -> None:
        """捨てる: remove the files without a name. Errors in drawing them no longer matter."""
        for future in self._futures.values():
            if not future.cancel() and future.exception() is None:
                future.result().unlink(missing_ok=True)
        self._futures.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.drop()
        self._thread.shutdown()


def _write(path: Path, draw: Callable[[], Iterable[bytes]]) -> Path:
    return write_beside(path, draw())
