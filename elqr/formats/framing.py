"""Framing (レコードの切り出し): the bytes of a fixed-length file → a matrix of raw records.

Bytes are cut before anything is decoded. The line end is found from the first record and must be one
that the spec names; a file whose records are not all of that shape is refused with the first bad place.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from elqr.findings import Code, Finding, Location
from elqr.formats.spec import LineEnd, Spec

_ENDS: dict[LineEnd, bytes] = {"crlf": b"\r\n", "lf": b"\n", "none": b""}


@dataclass(frozen=True, slots=True)
class Framed:
    """切り出したレコード. `rows` is n × record_bytes of uint8; `step` is bytes from one record to the next."""

    rows: npt.NDArray[np.uint8]
    line_end: LineEnd
    step: int
    findings: tuple[Finding, ...] = ()


def line_end_of(data: bytes, width: int) -> LineEnd | None:
    """改行: what follows the first record; None when it is no known line end."""
    after = data[width : width + 2]
    if after[:2] == b"\r\n":
        return "crlf"
    if after[:1] == b"\n":
        return "lf"
    return None if after[:1] == b"\r" else "none"


def frame(data: bytes, spec: Spec, file: str) -> Framed:
    """Cut a whole file. Findings instead of rows when it is not of the spec's shape."""
    width = spec.record_bytes or 0
    if not data:
        return _refused(file, Code.EMPTY, 0, "0バイト", f"{width}バイトのレコード", width)
    line_end = line_end_of(data, width)
    if line_end is None or (line_end not in spec.line_ends and len(data) > width):
        wanted = "・".join(spec.line_ends)
        return _refused(file, Code.RECORD_LENGTH, 1, f"改行 {line_end or 'cr'}", f"改行 {wanted}", width)
    end = _ENDS[line_end]
    step = width + len(end)
    whole = data if data.endswith(end) else data + end
    if len(whole) % step or (end and not _ends_are_in_place(whole, width, end)):
        return _bad_length(data, file, width, end)
    if b"\x00" in data:
        at = data.index(b"\x00")
        return _refused(file, Code.CHARSET, at // step + 1, "00（NULバイト）", "文字", width, at % step)
    rows = np.frombuffer(whole, dtype=np.uint8).reshape(-1, step)[:, :width]
    return Framed(rows, line_end, step)


def _ends_are_in_place(whole: bytes, width: int, end: bytes) -> bool:
    matrix = np.frombuffer(whole, dtype=np.uint8).reshape(-1, width + len(end))
    return bool((matrix[:, width:] == np.frombuffer(end, dtype=np.uint8)).all())


def _bad_length(data: bytes, file: str, width: int, end: bytes) -> Framed:
    """Name the first record whose length is wrong."""
    step = width + len(end)
    if not end:
        record_no, length = len(data) // step + 1, len(data) % step
        return _refused(file, Code.RECORD_LENGTH, record_no, f"{length}バイト", f"{width}バイト", width)
    lines = data.split(end)
    lines = lines[:-1] if lines[-1] == b"" else lines
    bad = next((no for no, line in enumerate(lines, start=1) if len(line) != width), len(lines))
    return _refused(file, Code.RECORD_LENGTH, bad, f"{len(lines[bad - 1])}バイト", f"{width}バイト", width)


def _refused(file: str, code: Code, record_no: int, actual: str, expected: str, width: int, at: int = -1) -> Framed:
    finding = Finding(Location(file, record_no, at), code, actual, expected)
    return Framed(np.empty((0, width), dtype=np.uint8), "none", width, (finding,))
