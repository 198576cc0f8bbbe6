"""The table of cases, both ways, and every case cut short, doubled, and with every line end there is."""

from collections.abc import Iterable
from datetime import date

import polars as pl
import pytest

from elqr.formats.decode import Decoded, decode
from elqr.formats.encode import encode_csv, encode_records, join_records
from elqr.formats.intake.checks import check
from elqr.formats.spec import LineEnd, Spec
from elqr.vocabulary.codes import Code
from elqr.vocabulary.findings import Finding
from tests.builders import SPECS
from tests.formats.cases import FIXED, MPN_LINE, RESULT_91, Case
from tests.formats.csv_cases import CSV, CsvCase

_ENDS: dict[LineEnd, bytes] = {"none": b"", "crlf": b"\r\n", "lf": b"\n", "cr": b"\r"}
_KINDS = {"yen": pl.Int64, "count": pl.Int64, "date": pl.Date, "raw": pl.Binary}
_CASES = [*FIXED, *CSV]


def own_end(case: Case) -> LineEnd:
    return "none" if "none" in SPECS[case.spec].line_ends else "crlf"


def end_of(case: Case, line_end: LineEnd) -> bytes:
    end = _ENDS[line_end]
    return end.replace(b"\n", b"\x25") if case.charset == "ebcdic" else end


def good(case: Case | CsvCase) -> bytes:
    return case.data if isinstance(case, CsvCase) else case.data(end_of(case, own_end(case)))


def read(data: bytes, case: Case | CsvCase, spec: Spec | None = None) -> tuple[Decoded, list[Finding]]:
    decoded = decode(data, spec or SPECS[case.spec], "f", case.received_on)
    return decoded, check(decoded, "f", case.received_on)


def values_of(decoded: Decoded) -> dict[str, list[dict[str, object]]]:
    places = {"record_no", "group_no", "offset_bytes", "record_kind", "file_kind"}
    return {
        name: [
            {key: value for key, value in row.items() if key not in places and "." not in key}
            for row in table.iter_rows(named=True)
        ]
        for name, table in decoded.tables.items()
    }


def without_constants(spec: Spec, values: dict[str, list[dict[str, object]]]) -> dict[str, list[dict[str, object]]]:
    constants = {(record.name, f.name) for record in spec.record for f in record.fields if f.kind == "const"}
    return {
        name: [{key: value for key, value in row.items() if (name, key) not in constants} for row in rows]
        for name, rows in values.items()
    }


def yen_of(decoded: Decoded) -> list[tuple[str, int]]:
    """Every amount of the file, in order: what must never change in silence."""
    return [
        (f"{name}.{column}", value)
        for name, table in sorted(decoded.tables.items())
        for column in table.columns
        if column.endswith("_yen")
        for value in table[column]
    ]


def frames(spec: Spec, values: dict[str, list[dict[str, object]]]) -> Iterable[tuple[str, pl.DataFrame]]:
    for record in spec.record:
        rows = values.get(record.name) or [{}]
        schema = {
            field.name: _KINDS.get(field.kind, pl.String)
            for field in record.fields
            if field.kind not in ("filler", "const")
        }
        given = [{name: row.get(name) for name in schema} for row in rows]
        yield (
            record.name,
            pl.DataFrame(given, schema=schema) if schema else pl.DataFrame({"record_kind": [""] * len(rows)}),
        )


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case.id)
def test_a_file_means_what_the_documents_say(case: Case | CsvCase) -> None:
    decoded, findings = read(good(case), case)
    assert not findings and decoded.charset == case.charset
    found = without_constants(SPECS[case.spec], values_of(decoded))
    derived = {name for record in SPECS[case.spec].record for name in record.derived}
    said = {name: [{n: v for n, v in row.items() if n not in derived} for row in rows] for name, rows in found.items()}
    assert {name: said[name] for name in case.values} == case.values


@pytest.mark.parametrize("case", FIXED, ids=lambda case: case.id)
def test_the_values_are_written_as_the_same_bytes(case: Case) -> None:
    spec = SPECS[case.spec]
    records = [encode_records(spec, name, frame, case.charset) for name, frame in frames(spec, case.values)]
    line_end = own_end(case)
    written = join_records(spec, records, line_end, case.charset)
    padded = good(case).replace(b"    4000", b"00004000")
    assert written == padded, "spaces before a number are read, and written as zeros"


@pytest.mark.parametrize("case", CSV, ids=lambda case: case.id)
def test_the_values_are_written_as_the_same_csv(case: CsvCase) -> None:
    spec = SPECS[case.spec]
    kinds = [(name, frame) for name, frame in frames(spec, case.values) if frame.height]
    written = b"".join(
        encode_csv(spec, frame, case.charset, final_end=case.final_end, record_name=name) for name, frame in kinds
    )
    # 振込日 of a record that has none is written 0 by its sender, and blank by us.
    assert written == case.data.replace(b",0,20261106", b",,20261106")


@pytest.mark.parametrize("line_end", _ENDS)
@pytest.mark.parametrize("case", FIXED, ids=lambda case: case.id)
def test_every_line_end(case: Case, line_end: LineEnd) -> None:
    decoded, findings = read(case.data(end_of(case, line_end)), case)
    if line_end in SPECS[case.spec].line_ends:
        assert not findings and decoded.line_end == line_end
    else:
        # A record and its line end make a record of one more byte where there is only one.
        assert {finding.code for finding in findings} <= {Code.LINE_END, Code.RECORD_LENGTH} and findings


@pytest.mark.parametrize("line_end", ["crlf_inside", "lf_inside", "cr_inside"])
@pytest.mark.parametrize("case", FIXED, ids=lambda case: case.id)
def test_a_line_end_in_place_of_filler(case: Case, line_end: LineEnd) -> None:
    end = end_of(case, {"crlf_inside": "crlf", "lf_inside": "lf", "cr_inside": "cr"}[line_end])  # type: ignore[arg-type]
    decoded, findings = read(b"".join(record[: -len(end)] + end for record in case.records), case)
    if line_end in SPECS[case.spec].line_ends:
        assert not findings and decoded.line_end == line_end
        assert yen_of(decoded) == yen_of(read(good(case), case)[0])
    else:
        assert findings and not decoded.tables


@pytest.mark.parametrize("case", FIXED, ids=lambda case: case.id)
def test_a_final_1a_and_a_missing_final_line_end(case: Case) -> None:
    spec = SPECS[case.spec]
    _, findings = read(good(case) + b"\x1a", case)
    assert [finding.code for finding in findings] == ([] if "final_1a" in spec.accepts else [Code.VARIATION])
    if "crlf" not in spec.line_ends:
        return
    decoded, findings = read(case.data(end_of(case, "crlf"))[:-2], case)
    if "no_final_line_end" in spec.accepts:
        assert not findings and decoded.shape[0] == "最後の改行がない"
    else:
        assert [(finding.code, finding.at.record_no) for finding in findings] == [(Code.VARIATION, len(case.records))]


@pytest.mark.parametrize("case", [case for case in _CASES if case is not MPN_LINE], ids=lambda case: case.id)
def test_a_doubled_file_is_never_counted_twice(case: Case | CsvCase) -> None:
    _, findings = read(good(case) * 2, case)
    assert findings


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case.id)
def test_a_file_cut_short_never_shows_other_money(case: Case | CsvCase) -> None:
    """Cut anywhere: held back, or every yen is as it was. (A CSV without totals may lose whole last rows unseen.)"""
    data = good(case)
    whole = yen_of(read(data, case)[0])
    has_totals = bool(SPECS[case.spec].control)
    for length in range(0, len(data), 7):
        decoded, findings = read(data[:length], case)
        if findings:
            continue
        if not isinstance(case, CsvCase):
            assert not data[length:].strip(b"\r\n\x25\x40 ") or not has_totals
            assert yen_of(decoded) == whole, length
        elif has_totals:
            assert yen_of(decoded) == whole, length
        else:
            every_row = values_of(read(data, case)[0])
            for record, rows in values_of(decoded).items():
                assert rows == every_row[record][: len(rows)], length


@pytest.mark.parametrize("case", CSV, ids=lambda case: case.id)
def test_line_ends_of_a_csv(case: CsvCase) -> None:
    accepts_lf = "lf" in SPECS[case.spec].line_ends
    assert [f.code for f in read(case.ended("\n", final=True), case)[1]] == ([] if accepts_lf else [Code.LINE_END])
    assert [f.code for f in read(case.ended("\r", final=True), case)[1]] == [Code.LINE_END]
    mixed = case.ended("\r\n", final=True).replace(b"\r\n", b"\n", 1)
    (finding,) = read(mixed, case)[1]
    assert (finding.code, finding.actual, finding.at.record_no) == (Code.LINE_END, "改行の混在", 2)
    assert [f.code for f in read(case.data + b"\x1a", case)[1]] == [Code.VARIATION]
    assert [f.code for f in read(case.ended("\r\n", final=True) + b"\r\n", case)[1]] == (
        [] if "final_blank_line" in SPECS[case.spec].accepts else [Code.VARIATION]
    )


@pytest.mark.parametrize("count", [1, 31, 32, 33, 65])
def test_a_wrong_byte_is_found_in_any_record(count: int) -> None:
    head, sound, _, *rest = RESULT_91.records
    bad = sound[:43] + b"A" + sound[44:]
    for at in {0, count // 2, count - 1}:
        rows = [sound] * at + [bad] + [sound] * (count - at - 1)
        decoded = decode(b"".join([head, *rows, *rest]), SPECS[RESULT_91.spec], "f", RESULT_91.received_on)
        (finding,) = decoded.findings
        assert (finding.code, finding.at.record_no, finding.at.offset_bytes) == (Code.NOT_DIGITS, at + 2, 43)


def test_unknown_trailers_are_kept_raw() -> None:
    """ファミリーA・B: what nobody has published is kept byte for byte, and written again as it came."""
    for case in FIXED:
        if not case.spec.startswith("cvs_family"):
            continue
        decoded, findings = read(good(case), case)
        kept = decoded.tables["trailer"]["unknown"][0]
        assert not findings and kept == case.records[-2][1:] and len(kept) == 119
        tables = [(record.name, decoded.tables[record.name]) for record in decoded.spec.record]
        records = [encode_records(decoded.spec, name, table) for name, table in tables]
        assert join_records(decoded.spec, records, own_end(case)) == good(case)


def test_received_on_is_an_argument() -> None:
    case = FIXED[0]
    decoded = decode(good(case), SPECS[case.spec], "f", date(2025, 11, 20))
    assert decoded.tables["header"]["debit_on"].to_list() == [date(2025, 11, 2)]
