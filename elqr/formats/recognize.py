"""Recognition (形式の判定): finds the spec of a file from its content.

A spec is a candidate when its probe fields are well-formed in one of the first records, or when the file starts with
the header row of its CSV. Of several candidates, those remain that cut the whole file into records of kinds they know,
and of these the ones with the most matching probes. If none does, the file will be held back, and those with the most
matching probes remain. Exactly one is an answer; none or several is a finding that names them, or says what else the
file is. A damaged record further on does not hide the format, so that its place can be reported.
"""

from collections.abc import Iterable, Mapping
from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from elqr.formats.charset import charset_after_cut, decode_bytes, decode_matrix
from elqr.formats.csv_rows import csv_rows, text_of
from elqr.formats.decode import decode
from elqr.formats.ebcdic import MARK, from_ebcdic
from elqr.formats.fields import read_field
from elqr.formats.foreign import BOOK, foreign_kind, foreign_sentence, packed_kind
from elqr.formats.framing import charset_of, frame, len_before_records, line_end_of
from elqr.formats.sequence import kinds_of_rows, kinds_of_tags
from elqr.formats.spec import TEXT_KINDS, Charset, Probe, RecordSpec, Spec
from elqr.vocabulary.codes import Code
from elqr.vocabulary.findings import Finding, Location
from elqr.vocabulary.limits import HEAD_BYTES

_SHAPELESS = (Code.NOT_DIGITS, Code.BLANK)
_SPACE = ord(" ")
_NOTHING = b"\r\n\x1a \t"
_LOOKED_AT = 12
"""How many records at the start of a file are looked at."""


def recognize(
    data: bytes, specs: Iterable[Spec], file: str, received_on: date
) -> tuple[Spec | None, tuple[Finding, ...]]:
    """形式を判定する: the one spec that fits, or a finding: empty, unknown, ambiguous."""
    specs = tuple(specs)
    if not data[:HEAD_BYTES].strip(_NOTHING) and not data.strip(_NOTHING):
        return None, (Finding(Location(file), Code.EMPTY, f"{len(data)}バイト", "データ"),)
    evidence = evidence_for(data, specs, received_on)
    candidates = [spec for spec in specs if evidence[spec.name]]
    if len(candidates) > 1:
        knows_all = {spec.name: _knows_all_records(data, spec, file) for spec in candidates}
        most = [spec for spec in candidates if evidence[spec.name] == max(evidence.values())]
        cut = [spec for spec in most if knows_all[spec.name] is not None]
        candidates = _likeliest([spec for spec in candidates if knows_all[spec.name]], evidence) or cut or most
    candidates = candidates or _specs_of_empty_day(data, specs, file, received_on)
    candidates = candidates or _specs_of_header(data, specs, file, received_on)
    return _answer(data, specs, candidates, file)


def _likeliest(specs: list[Spec], evidence: Mapping[str, int]) -> list[Spec]:
    """Those for which most speaks."""
    return [spec for spec in specs if evidence[spec.name] == max(evidence[each.name] for each in specs)]


def recognize_head(
    head: bytes, specs: tuple[Spec, ...], file: str, received_on: date
) -> tuple[Spec | None, tuple[Finding, ...]]:
    """大きなファイルの形式を初めの部分で判定する: one spec, or a finding; several are not tried on the whole file."""
    if not head.strip(_NOTHING):
        return None, (Finding(Location(file), Code.EMPTY, f"初めの{len(head):,}バイトが空白だけ", "データ"),)
    evidence = evidence_for(head, specs, received_on)
    return _answer(head, specs, [spec for spec in specs if evidence[spec.name]], file)


def _specs_of_empty_day(data: bytes, specs: tuple[Spec, ...], file: str, received_on: date) -> list[Spec]:
    """収納のない日のファイル: a format that is recognised by its payments alone is recognised by its header here.

    If several formats fit, it does not matter which one is chosen, because nothing was paid: a verified one goes first.
    """
    fitting = [
        spec
        for spec in specs
        if len(data) <= HEAD_BYTES and spec.layout == "fixed" and spec.payment is not None
        if {probe.record for probe in spec.recognize} == {spec.payment.record}
        if _is_empty_day(data, spec, file, received_on)
    ]
    return sorted(fitting, key=lambda spec: not spec.verified.fully)[:1]


def _is_empty_day(data: bytes, spec: Spec, file: str, received_on: date) -> bool:
    """Whether a file has only record kinds of the spec, none of them payments, and a well-formed header."""
    framed = frame(data, spec, file)
    if framed.findings or len(framed.rows) < 2:
        return False
    kinds = kinds_of_rows(framed.rows, spec)
    first = spec.record[int(kinds[0])]
    names = tuple(field.name for field in first.fields if field.kind not in TEXT_KINDS)
    has_day = any(field.kind == "date" for field in first.fields)
    if kinds.min() < 0 or not first.opens_group or not has_day:
        return False
    if spec.payment is None or spec.payment.record in {spec.record[int(kind)].name for kind in kinds}:
        return False
    probe = Probe(record=first.name, fields=names)
    return bool(
        _well_formed([framed.rows[0].tobytes()], first, probe, charset_after_cut(framed.charset), received_on)[0]
    )


def _specs_of_header(data: bytes, specs: tuple[Spec, ...], file: str, received_on: date) -> list[Spec]:
    """ヘッダの種別が合う様式: a damaged file of a kind that is received. Its findings say more than that it is unknown.

    Of several formats of one kind, the one that has the fewest findings.
    """
    decoded = {
        spec.name: decode(data, spec, file, received_on)
        for spec in specs
        if _states_kind(data, spec, file, received_on) and _knows_all_records(data, spec, file)
    }
    fewest = sorted(decoded, key=lambda name: len(decoded[name].findings))[:1]
    return [spec for spec in specs if spec.name in fewest]


def _states_kind(data: bytes, spec: Spec, file: str, received_on: date) -> bool:
    """Whether the first record states the tag and the kind (such as 種別コード) that the spec wants."""
    first = spec.record[0]
    consts = [field for field in first.fields if field.kind == "const"]
    if len(consts) < 2:
        return False
    if spec.layout == "csv":
        row = _first_row(data, spec)
        return len(row) == len(first.fields) and all(row[first.fields.index(const)] == const.value for const in consts)
    framed = frame(data, spec, file)
    probe = Probe(record=first.name, fields=tuple(const.name for const in consts))
    head, charset = framed.rows[:1].tobytes(), charset_after_cut(framed.charset)
    return bool(head) and bool(_well_formed([head], first, probe, charset, received_on)[0])


def _answer(
    data: bytes, specs: tuple[Spec, ...], candidates: list[Spec], file: str
) -> tuple[Spec | None, tuple[Finding, ...]]:
    """The only candidate, or a finding that names the candidates or all specs."""
    if len(candidates) == 1:
        return candidates[0], ()
    names = "・".join(spec.name for spec in candidates or specs)
    if candidates:
        return None, (Finding(Location(file), Code.FORMAT_AMBIGUOUS, names, "一つの様式"),)
    if (kind := foreign_kind(data[:HEAD_BYTES])) is not None:
        return None, (Finding(Location(file), Code.FOREIGN, foreign_sentence(kind), names),)
    return None, (Finding(Location(file), Code.FORMAT_UNKNOWN, _head(data), names),)


def evidence_for(data: bytes, specs: Iterable[Spec], received_on: date) -> dict[str, int]:
    """様式の手がかり: by name, how much speaks for each spec; 0 rules it out. `HEAD_BYTES` of a file are enough."""
    specs = tuple(specs)
    if (kind := packed_kind(data)) is not None:
        return {spec.name: int(spec.spreadsheet and kind == BOOK) for spec in specs}
    return {spec.name: _evidence(data, spec, received_on, is_alone=len(specs) == 1) for spec in specs}


def fits_one(specs: Iterable[Spec], received_on: date, head: bytes) -> bool:
    """様式のどれかに見えるか: whether the first `HEAD_BYTES` of a file speak for one of the specs."""
    return any(evidence_for(head, specs, received_on).values())


def _head(data: bytes) -> str:
    """The first bytes, only in hexadecimal because they may hold a name."""
    return f"先頭 {data[:8].hex(' ').upper()}" + ("（EBCDIC）" if data[0] == MARK else "")


def _knows_all_records(data: bytes, spec: Spec, file: str) -> bool | None:
    """Whether every record of a file is of a kind in the spec; None where the file has another shape."""
    if spec.layout == "csv":
        return None if csv_rows(data, spec, file).findings else True
    framed = frame(data, spec, file)
    return None if framed.findings else bool((kinds_of_rows(framed.rows, spec) >= 0).all())


def _evidence(data: bytes, spec: Spec, received_on: date, *, is_alone: bool) -> int:
    """How much speaks for a spec: the number of its probes that match; 0 rules it out.

    Fields that a probe reads loosely say nothing, unless no other format may come.
    """
    if spec.error_prefix and data.startswith(spec.error_prefix.encode()):
        return 1
    if spec.layout == "fixed":
        return len(probes_found(data, spec, received_on, is_alone=is_alone))
    return int(_has_header_row(data, spec) if spec.header_row else _has_tagged_rows(data, spec, received_on))


def _has_header_row(data: bytes, spec: Spec) -> bool:
    """Whether most titles of the header row are there, in any charset; findings will name the others."""
    first = _first_line(data).rstrip(b"\r").removeprefix(b"\xef\xbb\xbf")
    text = decode_bytes(first, "utf-8") or decode_bytes(first, "cp932")
    titles = {field.title for field in spec.record[0].fields}
    cells = {title.strip('"') for title in (text or "").split(",")}
    return len(titles & cells) * 4 >= len(titles) * 3


def _first_line(data: bytes) -> bytes:
    """The data up to the first LF; without one in the head, as many complete values as the head holds."""
    if (at := data.find(b"\n", 0, HEAD_BYTES)) >= 0:
        return data[:at]
    return data if len(data) <= HEAD_BYTES else data[: data.rfind(b",", 0, HEAD_BYTES) + 1]


def _has_tagged_rows(data: bytes, spec: Spec, received_on: date) -> bool:
    """見出し行のないCSV: whether the first row is of a kind that may stand first, and its values are well-formed."""
    row = _first_row(data, spec)
    kind = int(kinds_of_tags(row[:1], spec)[0])
    if kind < 0 or not _may_begin(spec.record[kind]) or len(row) != len(spec.record[kind].fields):
        return False
    pairs = zip(spec.record[kind].fields, row, strict=True)
    return not any(read_field(field, pl.Series([value]), received_on).flaws for field, value in pairs)


def _first_row(data: bytes, spec: Spec) -> list[str]:
    text, _ = text_of(data[: data.find(b"\n", 0, 10_000) + 1] or data[:10_000], spec)
    return [value.strip('"') for value in (text or "").rstrip("\r\n").split(",")]


def probes_found(data: bytes, spec: Spec, received_on: date, *, is_alone: bool) -> tuple[Probe, ...]:
    """合った見分け方 of a fixed layout: probes that match one of the first records; none if one contradicts them.

    `is_alone`: no other format may come (see `Probe.loose`).
    """
    charset = charset_of(data, spec)
    width = spec.record_bytes or 0
    if charset is None or not spec.recognize:
        return ()
    data = data[len_before_records(data, spec) :]
    start = data[: (width + 2) * _LOOKED_AT]
    start = from_ebcdic(start) if charset == "ebcdic" else start
    heads = _heads(start, width)
    matching = list[Probe]()
    probes = spec.recognize if is_alone else [probe.model_copy(update={"loose": ()}) for probe in spec.recognize]
    for probe in probes:
        if (fits := _probe_fits(heads, spec, probe, charset_after_cut(charset), received_on)) is False:
            return ()
        matching += [probe] if fits else []
    begins_well = _begins_well(heads, spec) or _has_whole_record(heads, spec, charset, received_on)
    return tuple(matching) if begins_well else ()


def _begins_well(heads: list[bytes], spec: Spec) -> bool:
    """Whether the first record is of a kind that may stand first."""
    return not heads or heads[0].startswith(tuple((r.tag or "").encode() for r in spec.record if _may_begin(r)))


def _may_begin(record: RecordSpec) -> bool:
    """Whether a record may stand first; where nothing is said of the order, any may."""
    return "start" in record.follows or not record.follows


def _has_whole_record(heads: list[bytes], spec: Spec, charset: Charset, received_on: date) -> bool:
    """Whether all fields of a record are well-formed. A few digits prove nothing where the header is missing."""
    for record in (spec.record_named(probe.record) for probe in spec.recognize):
        assert record is not None, "a spec that was read names records that exist"
        names = tuple(field.name for field in record.fields if field.kind not in TEXT_KINDS)
        whole = Probe(record=record.name, fields=names)
        if _probe_fits(heads, spec, whole, charset_after_cut(charset), received_on):
            return True
    return False


def _heads(start: bytes, width: int) -> list[bytes]:
    """The first records as this width would cut them, without those that have a line end inside."""
    line_end = line_end_of(start, width)
    if len(start) > width and line_end in ("crlf", "lf", "cr"):
        lines = start.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        return [line.ljust(width) for line in lines[:_LOOKED_AT] if width // 2 < len(line) <= width]
    heads = [start[at : at + width] for at in range(0, len(start), width)]
    heads = [head.rstrip(b"\r\n").ljust(width) for head in heads if len(head) == width]
    return [head for head in heads[:_LOOKED_AT] if b"\n" not in head and b"\r" not in head]


def _probe_fits(heads: list[bytes], spec: Spec, probe: Probe, charset: Charset, received_on: date) -> bool | None:
    """Whether any record with the tag of the probe's kind is well-formed; None when there is no such record."""
    record = spec.record_named(probe.record)
    assert record is not None, "a spec that was read names records that exist"
    tagged = [head for head in heads if head.startswith((record.tag or "").encode())]
    return bool(_well_formed(tagged, record, probe, charset, received_on).any()) if tagged else None


def _well_formed(
    heads: list[bytes], record: RecordSpec, probe: Probe, charset: Charset, received_on: date
) -> npt.NDArray[np.bool_]:
    """For each record, whether the fields that the probe names are well-formed, and blank where it says so."""
    matrix = np.frombuffer(b"".join(heads), dtype=np.uint8).reshape(len(heads), -1)
    good = np.ones(len(heads), dtype=np.bool_)
    for field, start in zip(record.fields, record.offsets, strict=True):
        piece = matrix[:, start : start + (field.width or 0)]
        if field.name in probe.blank:
            good &= (piece == _SPACE).all(axis=1)
        if field.name in probe.filled:
            good &= (piece != _SPACE).any(axis=1)
        if field.name not in probe.fields:
            continue
        if not good.any():
            break
        texts = decode_matrix(field.name, np.ascontiguousarray(piece), charset)
        good &= texts.is_not_null().to_numpy()
        for flaw in read_field(field, texts.fill_null(""), received_on).flaws:
            if flaw.code is not Code.DATE_IN_DOUBT and (field.name not in probe.loose or flaw.code in _SHAPELESS):
                good &= ~flaw.bad.to_numpy()
    return good
