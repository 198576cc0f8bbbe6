"""Framing (レコードの切り出し): the bytes of a fixed-length file → a matrix of raw records.

Bytes are cut before anything is decoded. Charset and line end are detected from the first record and must
be among those of the spec; every other departure (`VARIATIONS`) must be named in its `accepts`. Anything else
is a finding with the first bad place, and nothing is cut.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from elqr.formats.charset import CHARSETS
from elqr.formats.ebcdic import MARK, from_ebcdic, to_ebcdic
from elqr.formats.spec import VARIATIONS, Charset, LineEnd, Spec, Variation
from elqr.formats.uneven_records import cut_lines
from elqr.vocabulary.codes import Code
from elqr.vocabulary.findings import Finding, Location

_ENDS: dict[LineEnd, bytes] = {
    "none": b"",
    "crlf": b"\r\n",
    "lf": b"\n",
    "cr": b"\r",
    "crlf_inside": b"\r\n",
    "lf_inside": b"\n",
    "cr_inside": b"\r",
}
LINE_ENDS: dict[LineEnd, str] = {
    "none": "改行なし",
    "crlf": "レコードの後に CRLF",
    "lf": "レコードの後に LF",
    "cr": "レコードの後に CR",
    "crlf_inside": "レコードの末尾2バイトが CRLF",
    "lf_inside": "レコードの末尾1バイトが LF",
    "cr_inside": "レコードの末尾1バイトが CR",
}
_BOM, _EOF = b"\xef\xbb\xbf", b"\x1a"
_SPACE = 0x20


@dataclass(frozen=True, slots=True)
class Framed:
    """切り出したレコード. `rows` is n × record_bytes of uint8, EBCDIC already translated into JIS.

    `step`: bytes from one record to the next (in a file without stripped lines). `offsets`: the first byte of each
    record in the file. `variations`: the accepted departures that were found. `mends`: whether a text that was cut
    inside its last character may be read without that character.
    """

    rows: npt.NDArray[np.uint8]
    line_end: LineEnd
    step: int
    findings: tuple[Finding, ...] = ()
    charset: Charset = "jisx0201"
    offsets: npt.NDArray[np.int64] | None = None
    variations: tuple[Variation, ...] = ()
    mends: bool = False

    @property
    def starts(self) -> npt.NDArray[np.int64]:
        """先頭の位置: the first byte of each record in the file."""
        return np.arange(len(self.rows), dtype=np.int64) * self.step if self.offsets is None else self.offsets


def end_bytes(line_end: LineEnd, charset: Charset) -> bytes:
    """改行のバイト: in EBCDIC 0D 25 instead of 0D 0A."""
    return to_ebcdic(_ENDS[line_end], line_end) if charset == "ebcdic" else _ENDS[line_end]


def charset_of(data: bytes, spec: Spec) -> Charset | None:
    """文字コードの判定: EBCDIC is known by its first byte; None when the spec does not name the charset."""
    if data[:1] == bytes([MARK]) and spec.record[0].tag == "1":
        return "ebcdic" if "ebcdic" in spec.charsets else None
    return next((charset for charset in spec.charsets if charset != "ebcdic"), None)


def len_before_records(data: bytes, spec: Spec) -> int:
    """レコードの前の長さ: bytes of a UTF-8 BOM, and of a preamble (管理情報) if the first record stands behind it."""
    start = len(_BOM) if data.startswith(_BOM) else 0
    tag, at = (spec.record[0].tag or "").encode(), start + spec.preamble_bytes
    return at if spec.preamble_bytes and data[at : at + len(tag)] == tag else start


def line_end_of(data: bytes, width: int) -> LineEnd:
    """改行: the line end in or after the first record; also found after a first line whose spaces were stripped."""
    if (at := data.find(b"\n", 0, width)) >= 0 or (at := data.find(b"\r", 0, width)) >= 0:
        at -= data[at - 1 : at] == b"\r"
        end: LineEnd = "crlf" if data[at : at + 2] == b"\r\n" else "lf" if data[at : at + 1] == b"\n" else "cr"
        is_inside = at + len(_ENDS[end]) == width
        return {"crlf": "crlf_inside", "lf": "lf_inside", "cr": "cr_inside"}[end] if is_inside else end  # type: ignore[return-value]
    after = data[width : width + 2]
    return "crlf" if after == b"\r\n" else "lf" if after[:1] == b"\n" else "cr" if after[:1] == b"\r" else "none"


def _without_blank_lines(data: bytes, end: bytes) -> tuple[bytes, bool]:
    """The data without blank lines at its end, and whether there were any."""
    tail = data[len(data.rstrip(b"\r\n")) :]
    has_blank = bool(end) and len(tail) > len(end) and tail == end * (len(tail) // len(end))
    return (data[: len(data) - len(tail) + len(end)], True) if has_blank else (data, False)


def without_eof(data: bytes) -> bytes:
    """1A を除く: the data without end-of-file marks after the last record and line ends after those."""
    at = data.find(_EOF, len(data.rstrip(_EOF + b"\r\n")))
    return data if at < 0 else data[:at]


def frame(data: bytes, spec: Spec, file: str) -> Framed:
    """レコードを切り出す: cut a whole file; findings instead of rows when its shape is not that of the spec."""
    width = spec.record_bytes or 0
    if not data.removeprefix(_BOM).rstrip(_EOF + b"\r\n"):
        return _refuse(file, width, Code.EMPTY, 0, f"{len(data)}バイト", f"{width}バイトのレコード")
    charset = charset_of(data, spec)
    if charset is None:
        actual = "EBCDIC" if data[0] == MARK else "EBCDIC ではない"
        return _refuse(file, width, Code.CHARSET, 1, actual, "・".join(CHARSETS[name] for name in spec.charsets))
    data = from_ebcdic(data) if charset == "ebcdic" else data
    variations: dict[Variation, int] = {}
    skipped = len_before_records(data, spec)
    if data.startswith(_BOM):
        variations["utf8_bom"] = 1
    data = data[skipped:]
    body = without_eof(data)
    is_ended = len(body) < len(data)
    bare, has_blank = _without_blank_lines(body, _ENDS[line_end_of(body, width)])
    framed = _cut(bare, spec, file, charset, skipped, variations)
    if is_ended:
        variations["final_1a"] = len(framed.rows)
    if has_blank:
        variations["final_blank_line"] = len(framed.rows)
    unnamed = [name for name in variations if name not in spec.accepts]
    if framed.findings or not unnamed:
        return replace(framed, variations=tuple(variations), mends="cut_character" in spec.accepts)
    name = unnamed[0]
    return _refuse(file, width, Code.VARIATION, variations[name], VARIATIONS[name], f"accepts に {name}")


def _cut(
    data: bytes, spec: Spec, file: str, charset: Charset, skipped: int, variations: dict[Variation, int]
) -> Framed:
    """Cut records at equal steps; a file in which that fails is cut line by line."""
    width = spec.record_bytes or 0
    line_end = line_end_of(data, width)
    if line_end not in spec.line_ends and (line_end != "none" or len(data) > width):
        wanted = "・".join(LINE_ENDS[end] for end in spec.line_ends)
        return _refuse(file, width, Code.LINE_END, 1, LINE_ENDS[line_end], wanted)
    end = _ENDS[line_end]
    step = width if line_end.endswith("_inside") else width + len(end)
    starts: npt.NDArray[np.int64] | None = None
    ended_data = data if data.endswith(end) else data + end
    if ended_data and len(ended_data) % step == 0 and _ends_are_in_place(ended_data, step, end):
        rows = np.frombuffer(ended_data, dtype=np.uint8).reshape(-1, step)[:, :width]
        if step == width and end:
            rows = rows.copy()
            rows[:, width - len(end) :] = _SPACE
        variations |= {} if ended_data is data else {"no_final_line_end": len(rows)}
    else:
        lines = cut_lines(data, spec, file, line_end, end)
        if lines.findings:
            return Framed(np.empty((0, width), dtype=np.uint8), line_end, step, lines.findings, charset)
        rows, starts = lines.rows, lines.starts
        variations |= lines.variations
    if b"\x00" in data:
        record, at = np.argwhere(rows == 0)[0].tolist()
        return _refuse(file, width, Code.CHARSET, record + 1, "00（NULバイト）", "文字", at)
    if skipped:
        starts = (np.arange(len(rows), dtype=np.int64) * step if starts is None else starts) + skipped
    return Framed(rows, line_end, step, (), charset, starts)


def _ends_are_in_place(data: bytes, step: int, end: bytes) -> bool:
    """Whether every record ends in the line end, and there is no other CR or LF."""
    if not end:
        return b"\r" not in data and b"\n" not in data
    matrix = np.frombuffer(data, dtype=np.uint8).reshape(-1, step)
    if any(np.count_nonzero(matrix == byte) != (len(matrix) if byte in end else 0) for byte in b"\r\n"):
        return False
    return bool((matrix[:, step - len(end) :] == np.frombuffer(end, dtype=np.uint8)).all())


def _refuse(file: str, width: int, code: Code, record_no: int, actual: str, expected: str, at: int = -1) -> Framed:
    finding = Finding(Location(file, record_no, at), code, actual, expected)
    return Framed(np.empty((0, width), dtype=np.uint8), "none", width, (finding,))
