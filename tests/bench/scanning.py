"""Scanning: sheets of a synthetic city at 300 dpi, damaged as printing damages them, read by zxing-cpp."""

import tempfile
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from tests.bench.measure import Row
from tests.paper import DAMAGES, printed, read, sheets

SHEETS = 100
_NOTICES_A_SHEET = 2


def _read_all(folder: Path, most: int, damage: str) -> tuple[int, int, int, int, int]:
    """Sheets whose every code was read, sheets, eL-QR read, bar codes read, bar codes there."""
    whole = all_sheets = symbols = bar_codes = there = 0
    for sheet, slips in sheets(folder, most):
        found = read(DAMAGES[damage](sheet), slips)
        whole += found["qr"][0] == found["qr"][1]
        all_sheets += 1
        symbols += found["qr"][1] - found["qr"][0]
        bar_codes += found["code_128"][0]
        there += found["code_128"][1]
    return whole, all_sheets, symbols, bar_codes, there


def rows(scale: int) -> list[Row]:
    """読取率: for each damage, sheets whose every eL-QR was read, and bar codes."""
    found = []
    with tempfile.TemporaryDirectory() as folder, ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        out = printed(Path(folder), SHEETS * scale * _NOTICES_A_SHEET + 400, seed=20261120)
        results = {name: pool.submit(_read_all, out, SHEETS * scale, name) for name in DAMAGES}
        for name, future in results.items():
            whole, all_sheets, missed, bar_codes, there = future.result()
            found.append(Row(name, f"{all_sheets}枚のうち、eL-QRをすべて読めた用紙", whole, "枚"))
            found.append(
                Row(name, f"読めなかったeL-QR／バーコード {there}個のうち読めたもの {bar_codes}", missed, "個")
            )
    return found
