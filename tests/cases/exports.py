"""Exports (書き出し) of a city: made by command, looked up by name, and payments to be exported."""

from datetime import date
from pathlib import Path

from tests.builders import NIGHT, City, Ran, elqr, eltax_file, eltax_row


def export(city: City, *arguments: object, day: date = NIGHT) -> Ran:
    """`elqr export` of the city, on a day where the command has one."""
    dated = ("--date", day.isoformat()) if arguments[0] in ("make", "again") else ()
    return elqr("export", *arguments, "--job", city.job, *dated)


def export_folder(city: City, name: str) -> Path:
    """Where an export of this name lies."""
    return city.folder / "out" / "export" / name


def pay(city: City, *parts: tuple[tuple[str, str, int, int], int], name: str = "eltax.csv") -> None:
    """Payments by (slip, yen), each with an identity of its own."""
    issued = city.issued()
    first = 1 + sum(1 for path in (city.folder / "inbox").iterdir()) * 100
    rows = [eltax_row(*issued[slip], yen, serial_no=f"{no:08d}") for no, (slip, yen) in enumerate(parts, start=first)]
    city.deliver(name, eltax_file(*rows))
