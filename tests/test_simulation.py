"""A season of the simulated year, and proof that the model can disagree."""

from pathlib import Path

import pytest

from tests.simulation.model import City
from tests.simulation.runner import Difference, simulate


def test_a_season_has_no_difference(tmp_path: Path) -> None:
    """A year of many seeds: `python -m tests.simulation --nights 365 --seeds 20`."""
    figures = simulate(1, nights=45, bills=60, folder=tmp_path / "city")
    assert figures.nights > 35 and figures.records > 200 and figures.yen > 1_000_000


def test_a_wrong_truth_is_a_difference_with_its_seed_and_night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(City, "_plain", lambda *_: "late")
    with pytest.raises(Difference, match=r"seed 1, night \d+ .*matched"):
        simulate(1, nights=20, bills=20, folder=tmp_path / "city")
