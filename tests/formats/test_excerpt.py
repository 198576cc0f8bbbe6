"""Excerpts: single records, cut without the rest of their file, say what the dump of the whole file says."""

import re
from datetime import date

import pytest

from elqr.formats.charset import encode_text
from elqr.formats.decode import decode
from elqr.formats.dump import dump
from elqr.formats.excerpt import HEAD_BYTES, Cell, cells, csv_excerpts, fixed_excerpt
from elqr.formats.sequence import OFFSET_BYTES, RECORD_NO
from elqr.formats.spec import FieldSpec
from elqr.vocabulary.findings import MASKED
from tests.builders import PAYMENT_SPECS, ROOT, SPECS

_SAMPLES = sorted((ROOT / "samples" / "inbox").iterdir())
_NIGHT = date(2026, 11, 20)


def _by_record(lines: list[str]) -> dict[int, list[str]]:
    """Lines of a dump by record number."""
    found: dict[int, list[str]] = {}
    for line in lines:
        if head := re.match("#([0-9]+) ", line):
            found[int(head[1])] = []
        elif line.startswith("  ") and found:
            found[max(found)].append(line)
    return found


def _line(cell: Cell) -> str:
    place = "    " if cell.is_part else "  "
    return f"{place}[{cell.start}+{cell.width}] {cell.title}（{cell.name}）: {cell.text}".rstrip()


@pytest.mark.parametrize("path", _SAMPLES, ids=lambda path: path.name)
def test_each_payment_of_the_samples_alone_says_what_the_dump_says(path) -> None:  # type: ignore[no-untyped-def]
    data = path.read_bytes()
    name = next(
        name for name in PAYMENT_SPECS if decode(data, SPECS[name], path.name, _NIGHT).tables and _reads(data, name)
    )
    spec = SPECS[name]
    wanted = _by_record(list(dump(data, spec, path.name, _NIGHT)))
    assert spec.payment
    table = decode(data, spec, path.name, _NIGHT).tables[spec.payment.record]
    assert table.height
    if spec.layout == "csv":
        found = csv_excerpts(data, spec, table[RECORD_NO].to_list())
    else:
        width = spec.record_bytes or 0
        pairs = zip(table[RECORD_NO].to_list(), table[OFFSET_BYTES].to_list(), strict=True)
        found = {no: fixed_excerpt(data[at : at + width], data[:HEAD_BYTES], spec) for no, at in pairs}  # type: ignore[misc]
    for no in table[RECORD_NO].to_list():
        assert [_line(cell) for cell in found[no].cells] == wanted[no]


def _reads(data: bytes, name: str) -> bool:
    return not decode(data, SPECS[name], "", _NIGHT).findings


def test_an_ebcdic_record_and_one_whose_spaces_were_stripped() -> None:
    spec = SPECS["account_transfer_91_result"]
    record = f"{'20001':20}{'001':22}{'11234567':8}{'ｶｸｳ ﾀﾛｳ':30}{100:010d}0{'A1':20}0".ljust(120)
    jis = record.encode("shift_jis")
    ebcdic = encode_text(record, "ebcdic")
    shown = [
        fixed_excerpt(jis, b"1910", spec),
        fixed_excerpt(jis.rstrip(b" ") + b"\r\n2000100", b"1910", spec),
        fixed_excerpt(ebcdic, encode_text("1911", "ebcdic"), spec),
    ]
    assert shown[0] is not None and shown[0] == shown[1] == shown[2]
    texts = {cell.name: cell.text for cell in shown[0].cells}
    assert (texts["customer_no"], texts["amount_yen"], texts["holder"]) == ("A1", "0000000100", MASKED)


def test_a_personal_field_hides_its_parts_and_its_meaning() -> None:
    barcode = next(field for field in SPECS["cvs_family_a"].record[1].fields if field.kind == "nested")
    code = "91959919833262024010101043480024071000395003"
    open_parts = list(cells(barcode, 0, 44, code))
    assert len(open_parts) > 3 and MASKED not in [cell.text for cell in open_parts]
    hidden = list(cells(barcode.model_copy(update={"personal": True}), 0, 44, code))
    assert {cell.text for cell in hidden} == {MASKED}
    kind = FieldSpec(name="kind", title="種目", kind="code", values={"1": "普通"}, personal=True)
    assert [cell.text for cell in cells(kind, 0, 1, "1")] == [MASKED]


def test_a_record_that_is_not_there_is_missing() -> None:
    spec = SPECS["dsk_csv"]
    data = next(path for path in _SAMPLES if path.name.startswith("dsk")).read_bytes()
    assert csv_excerpts(data, spec, [0, 99_999]) == {}
    assert fixed_excerpt(b"", b"1910", SPECS["account_transfer_91_result"]) is None


def test_quoted_rows_are_the_same_rows() -> None:
    spec = SPECS["dsk_csv"]
    path = next(path for path in _SAMPLES if path.name.startswith("dsk"))
    bare = path.read_bytes()
    rows = [line.split(",") for line in bare.decode("cp932").splitlines()]
    quoted = "\r\n".join(",".join(f'"{text}"' for text in row) for row in rows).encode("cp932")
    numbers = range(1, len(rows))
    assert csv_excerpts(bare, spec, numbers) == csv_excerpts(quoted, spec, numbers) != {}
    assert len(csv_excerpts(quoted, spec, numbers)) == len(rows) - 1
