"""The power fails at some steps of every command; hundreds by `python -m tests.blackout --points 300`."""

from pathlib import Path

import pytest

from tests.blackout import COMMANDS, cut, undisturbed

pytestmark = pytest.mark.ledger_file


def test_a_cut_at_any_step_loses_nothing_and_counts_nothing_twice(tmp_path: Path) -> None:
    """The last step of each command, where the ledger is told, and some of the night's. Many more: tests/blackout.py."""
    whole = undisturbed(tmp_path)
    assert sum(whole.steps) > 500
    for number, steps in enumerate(whole.steps):
        for at in {steps - 1} if number else {steps // 2, steps - 1}:
            is_killed, different = cut(whole, tmp_path / "cut", number, at)
            assert is_killed and different == [], (COMMANDS[number], at)
