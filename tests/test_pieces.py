"""Large files: read in pieces of any size they bring what they bring whole, or are left to be read whole."""

import random
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from elqr import delivery, inbox
from elqr.errors import CannotWrite
from elqr.formats.spec import Spec
from elqr.intake import Intake, take, take_large
from tests.builders import SPECS, City, barcode, cvs_file, cvs_row, eltax_file, eltax_row, transfer_file, transfer_row
from tests.formats.cases import FIXED, RECEIVED_ON
from tests.formats.csv_cases import CSV
from tests.formats.fuzz import damaged

_SIZES = (1, 2, 3, 7)
_TABLES = ("file", "delivery", "delivery_finding", "payment", "payment_identity", "decision", "posting")
_PAYMENTS = [spec for spec in SPECS.values() if spec.purpose == "payment"]


def _read(data: bytes, start: int, size: int) -> bytes:
    return data[start : start + size]


def _in_pieces(data: bytes, specs: list[Spec], most_bytes: int) -> Intake | None:
    read = partial(_read, data)
    large = take_large(read, len(data), "f", specs, RECEIVED_ON, most_bytes)
    if large is None:
        return None
    parts = list(large.payments(read, "f", RECEIVED_ON))
    return Intake(large.spec.name, large.record_count, pl.concat(parts), ())


def _sizes(name: str, data: bytes) -> list[int]:
    """Bytes of so many records; of a CSV of so many lines as long as its longest."""
    longest = max(map(len, data.split(b"\n"))) + 1
    return [records * ((SPECS[name].record_bytes or longest) + 2) for records in _SIZES]


def _agree(name: str, data: bytes, specs: list[Spec]) -> int:
    """In how many sizes of pieces the file was read; each time as it is read whole."""
    whole, read = take(data, "f", specs, RECEIVED_ON), 0
    for most_bytes in _sizes(name, data):
        found = _in_pieces(data, specs, most_bytes)
        if found is not None:
            assert (found.spec_name, found.record_count, whole.findings) == (whole.spec_name, whole.record_count, ())
            assert found.payments is not None and whole.payments is not None
            assert_frame_equal(found.payments, whole.payments)
            read += 1
    return read


def _files() -> Iterator[tuple[str, bytes, bool]]:
    """Good files of every format of payments, and whether they are cut: not those in EBCDIC, nor of two kinds of rows."""
    for case in FIXED:
        spec = SPECS[case.spec]
        for end in (b"", b"\r\n") if spec.purpose == "payment" and case.charset != "ebcdic" else ():
            if ("crlf" if end else "none") in spec.line_ends:
                yield case.spec, case.data(end), True
                yield case.spec, case.data(end) * 2, True
    for case in CSV:
        if SPECS[case.spec].purpose == "payment":
            yield case.spec, case.data, case.spec != "smart_trade_csv"
            yield case.spec, case.data + case.data[case.data.find(b"\n") + 1 :] * 3, case.spec != "smart_trade_csv"


_FILES = list(_files())


@pytest.mark.parametrize(
    ("name", "data", "is_cut"), _FILES, ids=[f"{name}-{no}" for no, (name, _, _) in enumerate(_FILES)]
)
def test_a_good_file_is_the_same_in_pieces(name: str, data: bytes, is_cut: bool) -> None:
    is_good = not take(data, "f", [SPECS[name]], RECEIVED_ON).findings
    assert _agree(name, data, [SPECS[name]]) == (len(_SIZES) if is_cut and is_good else 0)
    _agree(name, data, _PAYMENTS)


def test_a_damaged_file_is_left_or_read_as_it_is_whole() -> None:
    rng = random.Random(3)
    read = 0
    for _ in range(150):
        name, data = damaged(rng)
        if data:
            read += _agree(name, data, _PAYMENTS if SPECS[name].purpose == "payment" else [])
    assert read > 20


def _delivered(folder: Path) -> City:
    """A city with files of three formats, of which one has twins far apart, one a false total and one a bad amount."""
    city = City.founded(folder)
    slips = [eltax_row(f"{no:020}", "123456", 1_000 + no, serial_no=f"{no % 15:08}") for no in range(20)]
    city.deliver("eltax.csv", eltax_file(*slips))
    city.deliver("eltax_again.csv", eltax_file(*slips))
    city.deliver("cvs.dat", cvs_file(*(cvs_row(barcode(str(no), 2_000 + no, None)) for no in range(20))))
    city.deliver("few.csv", eltax_file(eltax_row("8" * 20, "123456", 500, serial_no="00000099")))
    transfers = [transfer_row(f"{no:020}", 3_000 + no, str(no % 2)) for no in range(20)]
    city.deliver("kouza.dat", transfer_file(*transfers))
    city.deliver("false_total.dat", transfer_file(*transfers[:19], total_yen=1))
    data = cvs_file(*(cvs_row(barcode(str(no), 4_000 + no, None)) for no in range(20)))
    city.deliver("damaged.dat", data[:-360] + b"X" + data[-359:])
    return city


def _rows(city: City) -> dict[str, list[tuple[object, ...]]]:
    return {name: sorted(city.sql(f"SELECT * FROM {name}"), key=str) for name in _TABLES}


@pytest.mark.parametrize("in_hand", [0, 1_000], ids=["read back", "in hand"])
def test_a_night_of_large_files_is_the_night_of_small_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_hand: int
) -> None:
    small = _delivered(tmp_path / "small")
    small.night()
    taken: list[bool] = []

    def counted(*given: object) -> object:
        large = take_large(*given)  # type: ignore[arg-type]
        taken.append(large is not None)
        return large

    for module in (inbox, delivery):
        monkeypatch.setattr(module, "PIECE_BYTES", 1_000)
    monkeypatch.setattr(delivery, "IN_HAND_PAYMENTS", in_hand)
    monkeypatch.setattr(delivery, "take_large", counted)
    city = _delivered(tmp_path / "large")
    city.night()
    assert sorted(taken) == [False, False, True, True, True]
    assert _rows(city) == _rows(small)
    assert {code for (code,) in city.sql("SELECT code FROM delivery_finding")} == {"F202", "F302", "F303"}
    assert city.sql("SELECT count(*) FROM payment WHERE occurrence_no = 2") == [(5,)]
    kept = {path.name: path.read_bytes() for path in (city.folder / "archive").rglob("*") if path.is_file()}
    assert kept == {path.name: path.read_bytes() for path in (small.folder / "archive").rglob("*") if path.is_file()}
    before = _rows(city)
    city.night()
    assert _rows(city) == before


def test_a_file_that_changes_while_it_is_archived_is_not_taken_in(tmp_path: Path) -> None:
    source, archive = tmp_path / "f", tmp_path / "archive"
    source.write_bytes(b"later")
    sha256 = inbox.sha256_of(b"earlier")
    with pytest.raises(CannotWrite, match="読んでいる間に変わりました"):
        inbox.keep_file(archive, sha256, source)
    assert not [path for path in archive.rglob("*") if path.is_file()]
    source.write_bytes(b"earlier")
    inbox.keep_file(archive, sha256, source)
    inbox.kept_at(archive, sha256).write_bytes(b"damaged")
    inbox.keep_file(archive, sha256, source)
    assert inbox.kept(archive, sha256) == b"earlier"
