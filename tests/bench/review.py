"""The review of a night with very many exceptions: the book out, in again, approved; and the whole night itself."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.bench.measure import Row
from tests.builders import EVERY_REPORT, City, elqr, eltax_file, eltax_row
from tests.cases.review_book import written

EXCEPTIONS = 50_000
"""At any scale: a book of ten times as many is refused for its size."""


def _done(*arguments: object) -> None:
    ran = elqr(*arguments)
    assert ran.code in (0, 3), ran.err


def rows(_scale: int) -> list[Row]:
    """決裁の往復 of so many payments with unknown keys, all decided in the book. Seconds of one core."""
    count = EXCEPTIONS
    found: list[Row] = []

    def timed(what: str, work: Callable[[], object]) -> None:
        started = time.process_time()
        work()
        found.append(Row(f"{count:,}件", what, time.process_time() - started, "秒"))

    with tempfile.TemporaryDirectory() as folder:
        city = City.founded(Path(folder) / "city", reports=EVERY_REPORT)
        paid = [eltax_row(f"{10**19 + no}", "123456", 1_000, serial_no=f"{no:08d}") for no in range(1, count + 1)]
        city.deliver("eltax.csv", eltax_file(*paid))
        book, on = Path(folder) / "book.xlsx", ("--job", city.job)
        timed("夜（取込・消込・帳票・ブック・朝の一枚）", city.night)
        timed("elqr review export", lambda: _done("review", "export", "--out", book, *on))
        written(book, {no: ("当市の収納でない", "", "他市の納付番号", "山田") for no in range(1, count + 1)})
        timed("elqr review import", lambda: _done("review", "import", book, "--by", "受付", *on))
        timed("elqr review approve", lambda: _done("review", "approve", 1, "--by", "課長", *on))
        timed("翌日の夜（要確認なし）", city.night)
    return found
