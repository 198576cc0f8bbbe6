"""Plain CSVs: read as columns, they are what Python's csv module reads, and every other file is left to it."""

import csv
import io
from unittest.mock import patch

from hypothesis import example, given, settings
from hypothesis import strategies as st

from elqr.formats import csv_rows as reader
from elqr.formats.decode import Decoded, decode
from elqr.formats.plain_csv import plain_csv
from tests.builders import SPECS
from tests.formats.cases import RECEIVED_ON

_SPEC = SPECS["money_by_hand_csv"]
_FIELDS = _SPEC.record[0].fields
_HEAD = ",".join(field.title for field in _FIELDS)
_ROW = ["R1", "2026/11/05", "1000", "ｶｸｳ ﾀﾛｳ", "", "", "入金"]
_VALUES = st.sampled_from([
    "", " ", "1", "0012", "+12", "１２", "2026/11/05", "2026/13/40", "入金", "ｶｸｳ ﾀﾛｳ", "ソ表", "a\tb", "'", "#x", "\\N", "NULL", "x\x1a", "\x0b", "\u2028", "é",
])  # fmt: skip
_ODD = st.sampled_from(['"x"', '"a,b"', '"a\r\nb"', 'a"b', '"', '""', "\x00", "\r", "\n", "\ufeff", "x" * 131_073])
_TROUBLES = ["short", "long", "odd", "odd", "end", "ends", "no end", "head", "tail"]
_ENDS = st.sampled_from(["\r\n", "\n", "\r", "\n\r", "\r\r\n", "\r\n\r\n"])


@st.composite
def _texts(draw: st.DrawFn) -> str:
    """A header and some rows, and one or two of the things that may be odd about them, or none."""
    row = st.one_of(st.just(_ROW), st.lists(_VALUES, min_size=len(_ROW), max_size=len(_ROW)))
    rows = [list(own) for own in draw(st.lists(row, min_size=1, max_size=5))]
    end = draw(st.sampled_from(["\r\n", "\n"]))
    head, ends, tail = _HEAD, [end] * (len(rows) + 1), ""
    at, column = draw(st.integers(0, len(rows) - 1)), draw(st.integers(0, len(_ROW) - 1))
    for trouble in draw(st.lists(st.sampled_from(_TROUBLES), max_size=2)):
        match trouble:
            case "short":
                rows[at] = rows[at][:column]
            case "long":
                rows[-1 - at] = [*rows[-1 - at], draw(_VALUES)]
            case "odd":
                rows[at][column:] = [draw(_ODD), *rows[at][column + 1 :]]
            case "end":
                ends[draw(st.integers(0, len(rows)))] = draw(_ENDS)
            case "ends":
                ends = [draw(_ENDS)] * len(ends)
            case "no end":
                ends[-1] = ""
            case "head":
                head = draw(st.sampled_from([_HEAD + ",", _HEAD[:-1], f'"{_HEAD}"', "", " " + _HEAD, _HEAD + "\r"]))
            case "tail":
                tail = draw(st.sampled_from(["\x1a", "\x1a\x1a", end, " "]))
    lines = [head, *(",".join(own) for own in rows)]
    return "".join(line + own for line, own in zip(lines, ends, strict=True)) + tail


def _answers(data: bytes) -> tuple[Decoded, Decoded]:
    """As it is read, and as it would be if no CSV were plain."""
    found = decode(data, _SPEC, "f", RECEIVED_ON)
    with patch.object(reader, "plain_csv", lambda text, spec: None):
        return found, decode(data, _SPEC, "f", RECEIVED_ON)


@settings(max_examples=200, deadline=None)
@given(text=_texts(), charset=st.sampled_from(["utf-8", "utf-8-sig", "cp932"]))
@example(text=f"{_HEAD}\n{'x' * 131_072},,,,,,\n{','.join(_ROW)}\n", charset="utf-8")
@example(text=f"{_HEAD}\n{'x' * 131_073},,,,,,\n{','.join(_ROW)}\n", charset="utf-8")
@example(text=f"{_HEAD}\n{','.join(_ROW[1:])}\n{','.join(_ROW)},\n", charset="cp932")
@example(text=f"{_HEAD}\n{','.join(_ROW)}\x1a", charset="cp932")
@example(text=f"{_HEAD}\r\n{','.join(_ROW)}\r\n{','.join(_ROW[:-1])},入\r金\r\n", charset="utf-8")
def test_a_plain_csv_is_what_the_csv_module_reads(text: str, charset: str) -> None:
    data = text.encode(charset, errors="replace")
    found, instead = _answers(data)
    assert (found.findings, found.record_count, found.line_end) == (instead.findings, instead.record_count, instead.line_end)  # fmt: skip
    assert (found.charset, found.shape) == (instead.charset, instead.shape)
    assert found.tables.keys() == instead.tables.keys()
    assert all(table.equals(instead.tables[name]) for name, table in found.tables.items())
    plain = plain_csv(text.encode(errors="replace"), _SPEC)
    if plain is not None:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
        assert rows[0] == _HEAD.split(",") and rows[1:] == [list(row) for row in plain.table.rows()]


def test_an_ordinary_file_is_plain() -> None:
    lines = [_HEAD, *[",".join(_ROW)] * 3]
    for end, line_end in (("\r\n", "crlf"), ("\n", "lf")):
        for final in (end, ""):
            plain = plain_csv((end.join(lines) + final).encode(), _SPEC)
            assert plain is not None and (plain.line_end, plain.is_ended) == (line_end, bool(final))
            assert plain.table.rows() == [tuple(_ROW)] * 3
    assert plain_csv("\r".join(lines).encode(), _SPEC) is None
    assert plain_csv("\r\n".join(lines).encode(), SPECS["dsk_csv"]) is None
