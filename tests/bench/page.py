"""The page: its size, how long it takes to draw, and how long a browser takes until the list stands there.

A night whose payments were all paid before, so that each is an exception with a record and a history.
"""

import tempfile
import time
from datetime import date
from pathlib import Path

from elqr.night.ledger_proof import prove_ledger
from elqr.night.morning import draw
from elqr.night.opening import open_session
from elqr.report.page.page import render
from tests.bench.measure import Row
from tests.builders import EVERY_REPORT, NIGHT, City, eltax_file, eltax_row, notice_row
from tests.report.browser import PROGRAM, browser

SIZES = (2_000, 50_000)
_WAITED = "performance.getEntriesByType('navigation')[0].loadEventEnd"
_FILTERED = """(() => { const e = document.querySelector('#list [name=text]'); const t = performance.now();
e.value = '10000'; e.dispatchEvent(new Event('input', {bubbles: true})); return performance.now() - t; })()"""


def _city(folder: Path, count: int) -> City:
    city = City.founded(folder, reports=EVERY_REPORT)
    city.notices(*(notice_row(bill_no=f"{no:08d}") for no in range(count)))
    city.night()
    keys = list(city.issued().values())
    for name, first in (("a.csv", 1), ("b.csv", count + 1)):
        day = date(2026, 11, 4 if first == 1 else 10)
        rows = [
            eltax_row(key, check, 10_000, serial_no=f"{first + no:08d}", paid_on=day)
            for no, (key, check) in enumerate(keys)
        ]
        city.deliver(name, eltax_file(*rows))
    city.night()
    return city


def rows(scale: int) -> list[Row]:
    """今朝の一枚 of so many exceptions."""
    found = []
    for count in (size * scale for size in SIZES):
        group = f"{count:,}件"
        with tempfile.TemporaryDirectory() as folder:
            city = _city(Path(folder) / "city", count)
            path = city.folder / "out" / NIGHT.isoformat() / "index.html"
            found.append(Row(group, "index.html の大きさ", path.stat().st_size / 1_000_000, "MB"))
            with (
                open_session(city.job, NIGHT, rehearsal=True, show=lambda text: None) as session,
                prove_ledger(session, None) as proof,
            ):
                started = time.process_time()
                drawn = draw(session, proof)
                found.append(Row(group, "帳票を引く（CPU）", time.process_time() - started, "秒"))
                started = time.process_time()
                render(drawn.page)
                found.append(Row(group, "うち HTML（CPU）", time.process_time() - started, "秒"))
            if PROGRAM is not None:
                with browser() as tab:
                    tab.open(path)
                    tab.open(path)
                    found.append(Row(group, "ブラウザで開くまで", float(tab.run(_WAITED)) / 1_000, "秒"))
                    found.append(Row(group, "一度の絞り込み", float(tab.run(_FILTERED)) / 1_000, "秒"))
    return found
