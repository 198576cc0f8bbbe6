"""Uneven records (長さの揃わない行): a fixed-length file whose records are not equally spaced, cut line by line.

Two sorts of files come here: wrong ones, reported by their first bad place, and those whose lines lost their trailing
spaces or whose end record has another length. The spec says whether that is accepted.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from elqr.formats.spec import LineEnd, Spec, Variation
from elqr.vocabulary.codes import Code
from elqr.vocabulary.findings import Finding, Location


@dataclass(frozen=True, slots=True)
class Lines:
    """行の切り出し: n × record_bytes, the first byte of each in the file, variations with their record; or findings."""

    rows: npt.NDArray[np.uint8]
    starts: npt.NDArray[np.int64] | None = None
    variations: dict[Variation, int] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


def cut_lines(data: bytes, spec: Spec, file: str, line_end: LineEnd, end: bytes) -> Lines:
    """行で切り出す: cut at the line ends, or at the record length when there are none, and pad every record."""
    width = spec.record_bytes or 0
    if end:
        lines = data.removesuffix(end).split(end)
        starts = np.concatenate([[0], np.cumsum([len(line) + len(end) for line in lines])[:-1]]).astype(np.int64)
    else:
        lines = [data[at : at + width] for at in range(0, len(data), width)]
        lines = _join_end_record(lines, spec)
        starts = np.arange(len(lines), dtype=np.int64) * width
    variations: dict[Variation, int] = {} if data.endswith(end) else {"no_final_line_end": len(lines)}
    kept = width - len(end) if line_end.endswith("_inside") else width
    for no, line in enumerate(lines, start=1):
        if b"\r" in line or b"\n" in line:
            at = min(place for place in (line.find(b"\r"), line.find(b"\n")) if place >= 0)
            return _refuse(file, Code.LINE_END, no, at, "改行の混在", "すべて同じ改行")
        if len(line) == kept:
            continue
        name = _variation(line, kept, spec, is_last=no == len(lines), has_ends=bool(end))
        if name is None:
            return _refuse(file, Code.RECORD_LENGTH, no, -1, f"{len(line)}バイト", f"{kept}バイト")
        if name == "stripped_spaces" or not (len(line) < kept and "stripped_spaces" in variations):
            variations.setdefault(name, no)
    padded = b"".join(line[:width].ljust(width) for line in lines)
    return Lines(np.frombuffer(padded, dtype=np.uint8).reshape(-1, width), starts, variations)


def _join_end_record(lines: list[bytes], spec: Spec) -> list[bytes]:
    """Join what exceeds a longer end record in a file without line ends: spaces, which belong to that record."""
    if len(lines) > 1 and not lines[-1].strip(b" ") and _is_end_record(lines[-2], spec):
        return [*lines[:-2], lines[-2] + lines[-1]]
    return lines


def _is_end_record(line: bytes, spec: Spec) -> bool:
    """Whether a line is the tag of a closing record followed by nothing but spaces."""
    tags = [(record.tag or "").encode() for record in spec.record if record.closes and record.tag]
    return any(line.startswith(tag) and not line[len(tag) :].strip(b" ") for tag in tags)


def _variation(line: bytes, kept: int, spec: Spec, *, is_last: bool, has_ends: bool) -> Variation | None:
    """What a line of the wrong length may be: an end record, or a record whose trailing spaces were cut off."""
    if is_last and _is_end_record(line, spec):
        return "end_length"
    stripped = has_ends and 0 < len(line) < kept and not line.endswith(b" ")
    return "stripped_spaces" if stripped else None


def _refuse(file: str, code: Code, record_no: int, at: int, actual: str, expected: str) -> Lines:
    finding = Finding(Location(file, record_no, at), code, actual, expected)
    return Lines(np.empty((0, 0), dtype=np.uint8), findings=(finding,))
