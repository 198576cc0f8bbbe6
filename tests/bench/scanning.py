"""Scanning: sheets of a synthetic city at 300 dpi, damaged as printing damages them, read by zxing-cpp."""

import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from tests.bench.measure import Row
from tests.printing.paper import DAMAGES, printed, read, sheets

SHEETS = 100
_NOTICES_A_SHEET = 2


def _read_all(folder: Path, most: int, damage: str) -> Counter[str]:
    """What was read of all sheets under one damage."""
    count: Counter[str] = Counter()
    for sheet, slips in sheets(folder, most):
        (symbols, all_symbols, wrong), (bars, all_bars, wrong_bars) = read(DAMAGES[damage](sheet), slips).values()
        count.update(sheets=1, whole=symbols == all_symbols, symbols=symbols, all_symbols=all_symbols)
        count.update(bars=bars, all_bars=all_bars, wrong=wrong + wrong_bars)
    return count


def rows(scale: int) -> Iterator[Row]:
    """読取率: for each damage, the sheets whose every eL-QR was read, the codes, and what was read wrong."""
    with tempfile.TemporaryDirectory() as folder, ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        out = printed(Path(folder), SHEETS * scale * _NOTICES_A_SHEET + 400, seed=20261120)
        results = {name: pool.submit(_read_all, out, SHEETS * scale, name) for name in DAMAGES}
        for name, future in results.items():
            count = future.result()
            yield Row(name, f"{count['sheets']:,}枚のうち、eL-QRをすべて読めた用紙", count["whole"], "枚")
            yield Row(name, f"eL-QR {count['all_symbols']:,}個のうち、読めたもの", count["symbols"], "個")
            yield Row(name, f"バーコード {count['all_bars']:,}個のうち、読めたもの", count["bars"], "個")
            yield Row(name, "読み違えたもの", count["wrong"], "個")
