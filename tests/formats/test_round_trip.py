"""Round trips (往復): what was written from a spec is read back as it was, for every format and charset."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elqr.formats.decode import decode
from elqr.formats.encode import encode_csv, encode_records, join_records
from elqr.formats.spec import LineEnd, Spec
from tests.builders import SPECS
from tests.formats.cases import RECEIVED_ON
from tests.formats.strategies import files

_PARTS = {name for name, spec in SPECS.items() if spec.purpose == "part"}


def _same(read: pl.DataFrame, written: pl.DataFrame) -> None:
    columns = [name for name in written.columns if name != "record_kind"]
    assert read.height == written.height
    assert read.select(columns).rows() == written.select(columns).rows()


@pytest.mark.parametrize("name", sorted(name for name in SPECS if SPECS[name].layout == "fixed" and name not in _PARTS))
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_fixed(name: str, data: st.DataObject) -> None:
    spec = SPECS[name]
    charset, tables = data.draw(files(spec))
    ends: list[LineEnd] = [end for end in spec.line_ends if not end.endswith("_inside")]
    line_end = data.draw(st.sampled_from(ends))
    records = [encode_records(spec, kind, frame, charset) for kind, frame in tables]
    written = join_records(spec, records, line_end, charset)
    decoded = decode(written, spec, "f", RECEIVED_ON)
    assert not decoded.findings and decoded.charset == charset
    for kind, frame in tables:
        _same(decoded.tables[kind], frame)
    again = [encode_records(spec, kind, decoded.tables[kind], charset) for kind, _ in tables]
    assert join_records(spec, again, line_end, charset) == written


def _csv(spec: Spec, charset: str, tables: list[tuple[str, pl.DataFrame]]) -> bytes:
    return b"".join(encode_csv(spec, frame, charset, record_name=kind) for kind, frame in tables)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", sorted(name for name in SPECS if SPECS[name].layout == "csv"))
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_csv(name: str, data: st.DataObject) -> None:
    spec = SPECS[name]
    charset, tables = data.draw(files(spec))
    written = _csv(spec, charset, tables)
    decoded = decode(written, spec, "f", RECEIVED_ON)
    assert not decoded.findings and decoded.charset == charset
    for kind, frame in tables:
        _same(decoded.tables[kind], frame)
    assert _csv(spec, charset, [(kind, decoded.tables[kind]) for kind, _ in tables]) == written
