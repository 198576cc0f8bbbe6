"""Records taken back (記録の取り消し): asked for by one person, approved by another."""

import json
from datetime import date
from typing import Any

from tests.builders import NIGHT, City, Ran, codes, elqr

AFTER = date(2026, 11, 22)


def undo(city: City, *arguments: object, by: str = "山田", day: date = NIGHT) -> Ran:
    more = ("--reason", "まちがえて記録した") if arguments[0] != "approve" else ()
    return elqr("undo", *arguments, "--by", by, *more, "--job", city.job, "--date", day.isoformat())


def waiting(city: City, *options: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(elqr("undo", "list", "--json", *options, "--job", city.job).out)
    return found


def undone(city: City, *arguments: object, day: date = NIGHT) -> None:
    """Asked for by 山田, approved by 佐藤."""
    assert undo(city, *arguments, day=day).code == 0
    ran = undo(city, "approve", waiting(city)[-1]["retraction_no"], by="佐藤", day=day)
    assert ran.code == 0, ran.err


def verified(city: City, day: date = AFTER) -> set[str]:
    ran = elqr("verify", "--job", city.job, "--date", day.isoformat(), "--json")
    return set(codes(ran))
