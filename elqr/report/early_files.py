"""Early files (先に引く): files of the night that are drawn and written before it is proved that they are right.

They have temporary names and are no reports yet. They get their own names once the ledger says the same as they do;
files that never get there are removed.
"""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Self

from elqr.disk.atomic_write import take_place, write_changed


class EarlyFiles:
    """先に引いたもの: drawn in threads of their own."""

    def __init__(self) -> None:
        self._pools: list[ThreadPoolExecutor] = []
        self._futures: dict[Path, Future[Path | None]] = {}

    def begin(self, folder: Path, drawings: Mapping[str, Callable[[], Iterable[bytes]]], at_once: int = 1) -> None:
        """引き始める: file name → how to draw it, in pieces; so many at once. What was begun is not drawn again."""
        self._pools.append(pool := ThreadPoolExecutor(at_once))
        for name, draw in drawings.items():
            if folder / name not in self._futures:
                self._futures[folder / name] = pool.submit(_write, folder / name, draw)

    def paths(self) -> list[Path]:
        """先に引いたファイル: those that have no name yet."""
        return list(self._futures)

    def is_same(self, path: Path) -> bool:
        """そのままか: whether the file holds already what was drawn of it. Raises CannotWrite."""
        return path in self._futures and self._futures[path].result() is None

    def take_place(self, path: Path) -> None:
        """名前を付ける. Raises CannotWrite."""
        temporary = self._futures.pop(path).result()
        if temporary is not None:
            take_place(path, temporary)

    def drop(self) -> None:
        """捨てる: remove the files without a name. Errors in drawing them no longer matter."""
        for future in self._futures.values():
            if not future.cancel() and future.exception() is None and (temporary := future.result()) is not None:
                temporary.unlink(missing_ok=True)
        self._futures.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.drop()
        for pool in self._pools:
            pool.shutdown()


def _write(path: Path, draw: Callable[[], Iterable[bytes]]) -> Path | None:
    return write_changed(path, draw())
