"""The town of the benches is a ledger like any other: a small one, a night and new notices."""

from pathlib import Path

from tests.bench.town import FIRST_NIGHT, Town
from tests.builders import elqr


def test_a_night_of_a_town_is_a_night(tmp_path: Path) -> None:
    town = Town.founded(tmp_path / "town", 1_000)
    records = town.deliver(0, 500)
    town.bill(20)
    ran = elqr("night", town.job, "--date", town.night(0).isoformat(), "--json")
    assert ran.code == 3 and town.night(0) == FIRST_NIGHT
    (read,) = [line["count"] for line in ran.json["funnel"] if line["place"] == "sum"]  # type: ignore[attr-defined]
    assert read == records
