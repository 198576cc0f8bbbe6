"""Originals: records read again from the archive, and what is said of those that are not."""

from pathlib import Path

import polars as pl
import pytest

from elqr.disk.archive import keep
from elqr.formats.intake import raw_records as module
from elqr.formats.intake.raw_records import Original, originals
from elqr.vocabulary.page_frames import CaseKeys
from tests.builders import REAL_BARCODE, SPECS, dsk_file, dsk_row, transfer_file, transfer_row

_TRANSFER, _DSK = "a" * 64, "b" * 64
_FIXED = transfer_file(transfer_row("A1", 100), transfer_row("B2", 200), line_end="crlf")
_CSV = dsk_file(dsk_row(REAL_BARCODE), dsk_row(REAL_BARCODE, store="000002"))


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    keep(tmp_path, _TRANSFER, _FIXED)
    keep(tmp_path, _DSK, _CSV)
    return tmp_path


def _asked(*rows: tuple[int, str, str, int, int | None], size: int = 1_000) -> pl.DataFrame:
    names = ("payment_no", "file_sha256", "spec", "record_no", "offset_bytes")
    given = pl.DataFrame(rows, schema={name: CaseKeys.SCHEMA[name] for name in names}, orient="row")
    return given.with_columns(pl.lit(size, dtype=pl.Int64).alias("size_bytes"))


def _value(own: Original, name: str) -> str:
    assert own.excerpt is not None
    return next(cell.text for cell in own.excerpt.cells if cell.name == name)


def test_each_payment_gets_its_own_record(archive: Path) -> None:
    rows = _asked(
        (7, _TRANSFER, "account_transfer_91_result", 3, 244),
        (3, _DSK, "dsk_csv", 2, None),
        (5, _TRANSFER, "account_transfer_91_result", 2, 122),
    )
    found = originals(rows, SPECS, archive)
    assert [_value(found[no], "customer_no") for no in (5, 7)] == ["A1", "B2"]
    assert (found[5].start, found[7].start, found[3].start) == (122, 244, -1)
    assert _value(found[3], "store") == "000002" and found[5].is_fixed and not found[3].is_fixed


@pytest.mark.parametrize(
    ("row", "size", "said"),
    [
        pytest.param((1, "c" * 64, "dsk_csv", 1, None), 10, "保管庫に元のファイルがない", id="保管庫にない"),
        pytest.param((1, _DSK, "no_more", 1, None), 10, "様式 no_more が今はない", id="様式がない"),
        pytest.param((1, _DSK, "dsk_csv", 99, None), 10, "今の様式では", id="記録がない"),
        pytest.param((1, _TRANSFER, "account_transfer_91_result", 9, 121), 10, "今の様式では", id="切り出せない"),
        pytest.param(
            (1, _DSK, "dsk_csv", 1, None), module.CSV_MEGABYTES * 1_000_000 + 1, "大きなCSV", id="大きすぎるCSV"
        ),
    ],
)
def test_what_is_not_shown_says_why(
    archive: Path, row: tuple[int, str, str, int, int | None], size: int, said: str
) -> None:
    found = originals(_asked(row, size=size), SPECS, archive)[1]
    assert found.excerpt is None and said in found.why
