"""Prepared cities (用意した都市): the same beginning of many tests lives its nights once in a process, and is copied."""

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from tests.builders import SERVERS, City

T = TypeVar("T")
_ROOM = tempfile.TemporaryDirectory(prefix="elqr-prepared-")
"""Where prepared cities lie. It goes with the process."""

_MADE: dict[tuple[object, ...], Any] = {}


def prepared(folder: Path, build: Callable[..., T], *given: object) -> T:
    """What `build(folder, *given)` makes: a city, or something that has one as `city`.

    `build` depends on nothing but what it is given. On a server every city has a database of its own, and is built.
    """
    if SERVERS:
        return build(folder, *given)
    key = (build, repr(given))
    if key not in _MADE:
        _MADE[key] = build(Path(tempfile.mkdtemp(dir=_ROOM.name)) / "city", *given)
    made = _MADE[key]
    shutil.copytree(_city_of(made).folder, folder)
    return _moved(made, folder)  # type: ignore[no-any-return]


def _city_of(made: Any) -> City:
    return made if isinstance(made, City) else made.city  # type: ignore[no-any-return]


def _moved(made: Any, folder: Path) -> Any:
    return type(made)(folder) if isinstance(made, City) else replace(made, city=_moved(made.city, folder))
