"""Large files: read in pieces of any size they bring what they bring whole, or are left to be read whole."""

import random
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from elqr.disk import archive as archive_files
from elqr.disk import content, inbox
from elqr.formats.intake.delivered_file import Intake, judge_file, judge_large_file
from elqr.formats.spec import Spec
from elqr.night import delivery_reading, take_in
from elqr.session.ledger_traces import mark_path
from elqr.vocabulary.codes import Code
from elqr.vocabulary.errors import CannotWrite
from tests.builders import (
    SPECS,
    City,
    barcode,
    cvs_file,
    cvs_row,
    elqr,
    eltax_file,
    eltax_row,
    notice_row,
    transfer_file,
    transfer_row,
)  # fmt: skip
from tests.formats.cases import FIXED, RECEIVED_ON
from tests.formats.csv_cases import CSV
from tests.formats.fuzz import damaged

_SIZES = (1, 2, 3, 7)
_TABLES = ("file", "delivery", "delivery_finding", "payment", "payment_identity", "decision", "posting")
_SEVERAL_KINDS = ("smart_trade_csv", "account_transfer_91_csv")
_PAYMENTS = [spec for spec in SPECS.values() if spec.purpose == "payment"]


def _read(data: bytes, start: int, size: int) -> bytes:
    return data[start : start + size]


def _in_pieces(data: bytes, specs: list[Spec], most_bytes: int) -> Intake | None:
    read = partial(_read, data)
    large = judge_large_file(read, len(data), "f", specs, RECEIVED_ON, most_bytes)
    if isinstance(large, Intake):
        assert large.findings, "what is left says why"
        return None
    parts = list(large.payments(read, "f", RECEIVED_ON))
    return Intake(large.spec.name, large.record_count, pl.concat(parts), ())


def _sizes(name: str, data: bytes) -> list[int]:
    """Bytes of so many records; of a CSV of so many lines as long as its longest."""
    longest = max(map(len, data.split(b"\n"))) + 1
    return [records * ((SPECS[name].record_bytes or longest) + 2) for records in _SIZES]


def _agree(name: str, data: bytes, specs: list[Spec]) -> int:
    """In how many sizes of pieces the file was read; each time as it is read whole."""
    whole, read = judge_file(data, "f", specs, RECEIVED_ON), 0
    for most_bytes in _sizes(name, data):
        found = _in_pieces(data, specs, most_bytes)
        if found is not None:
            assert (found.spec_name, found.record_count, whole.findings) == (whole.spec_name, whole.record_count, ())
            assert found.payments is not None and whole.payments is not None
            assert_frame_equal(found.payments, whole.payments)
            read += 1
    return read


def _files() -> Iterator[tuple[str, bytes, bool]]:
    """Good files of every format of payments, and whether they are cut.

    Not those in EBCDIC, nor of two kinds of rows, nor what two people confirm.
    """
    for case in FIXED:
        spec = SPECS[case.spec]
        for end in (b"", b"\r\n") if spec.purpose == "payment" and case.charset != "ebcdic" else ():
            if ("crlf" if end else "none") in spec.line_ends:
                yield case.spec, case.data(end), True
                yield case.spec, case.data(end) * 2, True
    for case in CSV:
        if SPECS[case.spec].purpose == "payment":
            is_cut = case.spec not in _SEVERAL_KINDS and not SPECS[case.spec].two_people
            yield case.spec, case.data, is_cut
            yield case.spec, case.data + case.data[case.data.find(b"\n") + 1 :] * 3, is_cut


_FILES = list(_files())


@pytest.mark.parametrize(
    ("name", "data", "is_cut"), _FILES, ids=[f"{name}-{no}" for no, (name, _, _) in enumerate(_FILES)]
)
def test_a_good_file_is_the_same_in_pieces(name: str, data: bytes, is_cut: bool) -> None:
    is_good = not judge_file(data, "f", [SPECS[name]], RECEIVED_ON).findings
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
    slips = [eltax_row(f"{no % 15:020}", "123456", 1_000 + no % 15, serial_no=f"{no % 15:08}") for no in range(20)]
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


def _archive(city: City) -> dict[str, bytes]:
    """What was delivered, as it is kept; the mark beside it says which ledger it belongs to, and differs."""
    mark = mark_path(city.folder / "archive")
    files = [path for path in (city.folder / "archive").rglob("*") if path.is_file() and path != mark]
    assert files
    return {path.name: path.read_bytes() for path in files}


@pytest.mark.parametrize("in_hand", [0, 1_000], ids=["read back", "in hand"])
def test_a_night_of_large_files_is_the_night_of_small_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_hand: int
) -> None:
    small = _delivered(tmp_path / "small")
    small.night()
    taken: list[bool] = []

    def counted(*given: object) -> object:
        large = judge_large_file(*given)  # type: ignore[arg-type]
        taken.append(not isinstance(large, Intake))
        return large

    for module in (inbox, delivery_reading):
        monkeypatch.setattr(module, "PIECE_BYTES", 1_000)
    monkeypatch.setattr(take_in, "IN_HAND_PAYMENTS", in_hand)
    monkeypatch.setattr(delivery_reading, "judge_large_file", counted)
    city = _delivered(tmp_path / "large")
    city.night()
    assert sorted(taken) == [False, False, True, True, True]
    assert _rows(city) == _rows(small)
    assert {code for (code,) in city.sql("SELECT code FROM delivery_finding")} == {"F202", "F302", "F303"}
    assert city.sql("SELECT count(*) FROM payment WHERE occurrence_no = 2") == [(5,)]
    assert _archive(city) == _archive(small)
    before = _rows(city)
    city.night()
    assert _rows(city) == before


def test_a_file_that_changes_while_it_is_archived_is_not_taken_in(tmp_path: Path) -> None:
    source, archive = tmp_path / "f", tmp_path / "archive"
    source.write_bytes(b"later")
    sha256 = content.sha256_of(b"earlier")
    with pytest.raises(CannotWrite, match="読んでいる間に変わりました"):
        archive_files.keep_file(archive, sha256, source)
    assert not [path for path in archive.rglob("*") if path.is_file()]
    source.write_bytes(b"earlier")
    archive_files.keep_file(archive, sha256, source)
    archive_files.kept_path(archive, sha256).write_bytes(b"damaged")
    archive_files.keep_file(archive, sha256, source)
    assert archive_files.read_kept(archive, sha256) == b"earlier"


def _counted_reads(data: bytes, reads: list[int]) -> Callable[[int, int], bytes]:
    def read(start: int, size: int) -> bytes:
        reads.append(size)
        return data[start : start + size]

    return read


@pytest.mark.parametrize(
    ("rest", "code", "record_no"),
    [
        pytest.param(b"1" * 5_000_000, Code.RECORD_LENGTH, 1, id="改行のない一行"),
        pytest.param(b"," * 5_000_000, Code.RECORD_LENGTH, 1, id="区切りだけの一行"),
        pytest.param(b"x\r\n" * 1_700_000, Code.COLUMN_COUNT, 1, id="一項目の行だけ"),
    ],
)
def test_a_line_without_an_end_is_refused_before_it_is_read(rest: bytes, code: Code, record_no: int) -> None:
    data = next(case.data for case in CSV if case.spec == "dsk_csv")
    head = data[: data.find(b"\n") + 1]
    for found in (
        judge_file(head + rest, "f", _PAYMENTS, RECEIVED_ON),
        judge_large_file(partial(_read, head + rest), len(head + rest), "f", _PAYMENTS, RECEIVED_ON, 2_000_000),
    ):
        assert isinstance(found, Intake)
        assert [(finding.code, finding.at.record_no) for finding in found.findings[:1]] == [(code, record_no)]


def test_what_is_too_large_to_be_held_is_told_by_its_first_bad_piece() -> None:
    data = cvs_file(*(cvs_row(barcode(str(no), 4_000 + no, None)) for no in range(40)))
    damaged_data, reads = data[:-360] + b"X" + data[-359:], list[int]()
    read = _counted_reads(damaged_data, reads)
    found = judge_large_file(read, len(data), "f", [SPECS["cvs_family_a"]], RECEIVED_ON, 1_000)
    whole = judge_file(damaged_data, "f", [SPECS["cvs_family_a"]], RECEIVED_ON)
    assert isinstance(found, Intake) and found.findings == whole.findings and found.findings
    assert max(reads) <= inbox.PIECE_BYTES


def test_too_large_and_odd_files_are_held_back_without_being_read_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None of them is read whole, and each says why: quotes, an early end, a notice file that is too large."""
    for module in (inbox, delivery_reading):
        monkeypatch.setattr(module, "PIECE_BYTES", 1_000)
        monkeypatch.setattr(module, "WHOLE", inbox.WHOLE._replace(most=1_500))
    monkeypatch.setattr(inbox.Arrived, "whole", lambda own: own.data)
    city = City.founded(tmp_path / "city")
    rows = [eltax_row(f"{no:020}", "123456", 1_000 + no, serial_no=f"{no:08}") for no in range(20)]
    city.deliver("good.csv", eltax_file(*rows))
    city.deliver("quoted.csv", eltax_file(*rows[:19]).replace(b"123456", b'"123456"'))
    transfers = [transfer_row(f"{no:020}", 3_000 + no) for no in range(20)]
    city.deliver("false_total.dat", transfer_file(*transfers, total_yen=1))
    city.notices(*(notice_row(bill_no=str(no)) for no in range(20)))
    ran = city.night()
    assert ran.code == 4
    status = {row["ファイル"]: row["結果"] for row in city.report("取込結果")}
    assert status == {
        "good.csv": "取込", "quoted.csv": "取込保留", "false_total.dat": "取込保留", "notices.csv": "取込保留",
    }  # fmt: skip
    found = {(f["code"], f["at"].split()[0]) for f in ran.json["findings"]}  # type: ignore[attr-defined]
    assert found - {("M402", "「チャネル")} == {
        ("F112", "quoted.csv"), ("F302", "false_total.dat"), ("F303", "false_total.dat"), ("F112", "notices.csv"),
    }  # fmt: skip


def test_commands_read_no_more_than_their_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = cvs_file(*(cvs_row(barcode(str(no), 4_000 + no, None)) for no in range(20)))
    (tmp_path / "f.dat").write_bytes(data)
    (tmp_path / "bad.dat").write_bytes(data[:-360] + b"X" + data[-359:])
    for module in map(import_module, ("elqr.cli.file", "elqr.cli.spec")):
        monkeypatch.setattr(module, "WHOLE", inbox.WHOLE._replace(most=1_000))
    good, bad = (elqr("file", "check", tmp_path / name, "--date", "2026-11-20") for name in ("f.dat", "bad.dat"))
    assert (good.code, bad.code) == (0, 4) and "[F202] bad.dat" in bad.out
    for command in (
        ("file", "mask", "--out", tmp_path / "m"), ("file", "diff", tmp_path / "f.dat"), ("spec", "dump", "-"),
        ("spec", "new", "city_pay", "--out", tmp_path / "city_pay.toml", "--from"),
    ):  # fmt: skip
        ran = elqr(*command, tmp_path / "f.dat")
        assert (ran.code, ran.out) == (1, "") and "大きすぎます" in ran.err, command
    assert elqr("file", "mask", "/dev/zero", "--out", tmp_path / "m").code == 1
