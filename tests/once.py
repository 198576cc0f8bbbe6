"""The same command is run once (同じ命令は一度): what it made of a city's folder is laid down where it is given again.

The tests of a module that asks for `each_command_once` share the nights and commands that they have in common: of each,
as many as found its city as another's was, to the byte. What a command makes of a folder depends on the folder, the
command and the environment. Whatever else could count makes it run: a changed program, a path outside the folder,
anything in it that is no file. Nothing is shared within a test: it holds two runs against each other, or two ledgers.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.builders import ONCE, SERVERS, Ran

Folder = dict[str, tuple[int, str]]
"""Path below the city → (mode, digest of the contents, none of a folder)."""

_OPEN_LEDGER = ("-wal", "-shm", "-journal")
_CHANGES = ("setattr", "delattr", "setitem", "delitem")
_TEST = "PYTEST_CURRENT_TEST"
_HERE = "\0city\0"


@dataclass
class _Kept:
    """What a command said, how it left the folder, and the last test that had it."""

    ran: Ran
    after: Folder
    test: str


class Once:
    """The commands that the tests of a module share. What they wrote is kept in a folder, by its digest."""

    def __init__(self, room: Path) -> None:
        self._room = room
        self._kept: dict[object, _Kept] = {}
        self._changed_in = ""

    def ran(self, arguments: tuple[str, ...], run: Callable[[], Ran]) -> Ran:
        """What `run` does for these arguments: done, or laid down again."""
        city, test = _city_of(arguments), _test()
        before = None if city is None or test == self._changed_in else _read(city)
        if city is None or before is None:
            return run()
        command = tuple(given.replace(str(city), _HERE) for given in arguments)
        key = (tuple(before.items()), command, _environment())
        kept = self._kept.get(key)
        if kept is None or kept.test == test:
            ran = run()
            if kept is None and test != self._changed_in and (after := self._keep(city, before)) is not None:
                self._kept[key] = _Kept(_elsewhere(ran, str(city), _HERE), after, test)
            return ran
        kept.test = test
        self._lay_down(city, before, kept.after)
        return _elsewhere(kept.ran, _HERE, str(city))

    def program_changes(self) -> None:
        """From now on the commands of this test are its own."""
        self._changed_in = _test()

    def _keep(self, city: Path, before: Folder) -> Folder | None:
        """How the folder is now; none if it cannot be laid down elsewhere, because a file says where it lies."""
        after = _read(city)
        for name, (_, digest) in (after or {}).items():
            if digest and digest != before.get(name, (0, ""))[1] and not (self._room / digest).exists():
                data = (city / name).read_bytes()
                if str(city).encode() in data:
                    return None
                (self._room / digest).write_bytes(data)
        return after

    def _lay_down(self, city: Path, before: Folder, after: Folder) -> None:
        for name in sorted(before.keys() - after.keys(), reverse=True):
            (city / name).unlink() if before[name][1] else (city / name).rmdir()
        for name, (mode, digest) in after.items():
            if before.get(name) == (mode, digest):
                continue
            path = city / name
            if not digest:
                path.mkdir(exist_ok=True)
            elif digest != before.get(name, (0, ""))[1]:
                path.unlink(missing_ok=True)
                path.write_bytes((self._room / digest).read_bytes())
            path.chmod(mode)


@contextmanager
def once() -> Iterator[None]:
    """Tests share their commands. Whoever changes the program lives alone from then on. On a server nothing is shared."""
    if SERVERS:
        yield
        return
    changes = {name: getattr(pytest.MonkeyPatch, name) for name in _CHANGES}
    with tempfile.TemporaryDirectory(prefix="elqr-once-") as room:
        shared = Once(Path(room))
        for name, change in changes.items():
            setattr(pytest.MonkeyPatch, name, _noted(shared, change))
        ONCE.append(shared)
        try:
            yield
        finally:
            ONCE.clear()
            for name, change in changes.items():
                setattr(pytest.MonkeyPatch, name, change)


def _noted(shared: Once, change: Callable[..., None]) -> Callable[..., None]:
    def changed(*given: Any, **named: Any) -> None:
        shared.program_changes()
        change(*given, **named)

    return changed


def _elsewhere(ran: Ran, old: str, new: str) -> Ran:
    return replace(ran, out=ran.out.replace(old, new), err=ran.err.replace(old, new))


def _test() -> str:
    return os.environ[_TEST].rpartition(" ")[0]


def _environment() -> tuple[object, ...]:
    return Path.cwd(), tuple(sorted((name, value) for name, value in os.environ.items() if name != _TEST))


def _city_of(arguments: tuple[str, ...]) -> Path | None:
    """The city that a command is about; none if the command or the city's files of words name other places."""
    city = next((Path(given).parent for given in arguments if given.endswith("/job.toml")), None)
    if city is None or any(".." in given or "/" in given.replace(f"{city}/", "") for given in arguments):
        return None
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in city.glob("*.toml") if path.is_file()]
    places = ("..", "postgresql", tempfile.gettempdir(), str(city.parent))
    return None if any(place in text for text in texts for place in places) else city


def _read(city: Path) -> Folder | None:
    """What lies in a folder; none if that is more than files, or if its ledger is open."""
    found: Folder = {}
    waiting = [str(city)]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                is_folder = entry.is_dir(follow_symlinks=False)
                if not (is_folder or entry.is_file(follow_symlinks=False)) or entry.name.endswith(_OPEN_LEDGER):
                    return None
                waiting += [entry.path] * is_folder
                digest = "" if is_folder else _digest(entry.path)
                found[entry.path.removeprefix(f"{city}/")] = (entry.stat().st_mode & 0o7777, digest)
    return dict(sorted(found.items()))


def _digest(path: str) -> str:
    with open(path, "rb", buffering=0) as file:
        return sha256(file.read()).hexdigest()
