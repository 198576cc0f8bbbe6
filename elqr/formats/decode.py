"""Decode (復号): a file's bytes and a spec → typed frames by record kind, with findings.

Tiers: when framing (F1xx) finds something, fields are not read, because they would only describe
the misalignment. Refused here is nothing by exception: what is wrong comes back as findings.
Every byte column is looked at once (its least and greatest byte); that alone proves most fields sound.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import sha256

import numpy as np
import polars as pl

from elqr.arithmetic.checkdigit import Bytes
from elqr.formats.by_hand import plain_texts
from elqr.formats.charset import CHARSETS, behind_the_cut, decode_bytes, decode_matrix, first_bad_byte
from elqr.formats.csv_rows import csv_rows
from elqr.formats.fields import SPACES, Flaw, Typed, read_field, repeated, value_without_names
from elqr.formats.framing import Framed, frame
from elqr.formats.sequence import (
    OFFSET_BYTES,
    RECORD_NO,
    Sequence,
    groups_twice,
    kinds_of_rows,
    sequence,
    shape_of,
)
from elqr.formats.spec import VARIATIONS, Charset, FieldSpec, RecordSpec, Spec
from elqr.vocabulary.codes import Code
from elqr.vocabulary.findings import LISTED_PER_CODE, MASKED, Finding, Location, of_file_made_by, without_names

_ZERO, _NINE, _SPACE, _YEN, _TILDE, _LEAD = 0x30, 0x39, 0x20, 0x5C, 0x7E, 0x81
_SIDE_BY_SIDE = 32
_MOST_TAG = 20
"""Characters of a record's tag that are shown."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """復号したファイル. `tables`: record name → frame (record_no, group_no, offset_bytes, its fields).

    `shape`: what was found in the file that not every file of the format has (形のゆれ), in words. `flawed`: the
    numbers of all records with a field that cannot be read; `findings` list the first of them.
    """

    spec: Spec
    tables: dict[str, pl.DataFrame] = field(default_factory=dict)
    record_count: int = 0
    line_end: str = ""
    charset: str = ""
    findings: tuple[Finding, ...] = ()
    shape: tuple[str, ...] = ()
    flawed: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class _Found:
    """What is wrong with the fields of a file, and with which of its records."""

    findings: list[Finding] = field(default_factory=list)
    flawed: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Column:
    """One field of all records of a kind, typed; `unread` are the rows whose bytes mean nothing."""

    field: FieldSpec
    offset_bytes: int
    typed: Typed
    unread: pl.Series | None = None
    shown: pl.Series | None = None
    is_mended: bool = False


def decode(data: bytes, spec: Spec, file: str, received_on: date) -> Decoded:
    """Decode a whole file. `received_on` (受領日) settles dates that carry no year."""
    if spec.error_prefix and data.startswith(spec.error_prefix.encode()):
        shown = data[:80].decode("ascii", errors="replace").splitlines()[0]
        return Decoded(spec, findings=(Finding(Location(file, 1), Code.SENDER_ERROR, shown, "データ"),))
    read = _decode_csv if spec.layout == "csv" else _decode_fixed
    decoded = read(data, spec, file, received_on)
    return replace(decoded, findings=of_file_made_by(decoded.findings, spec.made_by))


def _decode_fixed(data: bytes, spec: Spec, file: str, received_on: date) -> Decoded:
    framed = frame(data, spec, file)
    if framed.findings:
        return Decoded(spec, findings=framed.findings)
    rows = framed.rows
    widest = max(len(record.tag or "") for record in spec.record)
    own = sequence(
        kinds_of_rows(rows, spec), spec, file, lambda at: rows[at, :widest].tobytes().decode("ascii", errors="replace")
    )
    found = own.findings or tuple(
        groups_twice(own, spec, file, lambda start, end: sha256(rows[start:end].tobytes()).digest())
    )
    whole = Decoded(spec, {}, len(rows), framed.line_end, framed.charset, found)
    if found:
        return whole
    shape = [*(VARIATIONS[name] for name in framed.variations), *shape_of(own, spec)]
    tables: dict[str, pl.DataFrame] = {}
    wrong = _Found()
    for number, record in enumerate(spec.record):
        places = own.places(number, framed.starts)
        columns = _fixed_columns(data, framed, record, _rows_of(framed.rows, own, number), places, received_on)
        tables[record.name] = _table(file, places, _noting(columns, shape), framed.charset, wrong)
    return _with_charset_kind(_told(replace(whole, tables=tables, shape=tuple(shape)), wrong), file)


def _rows_of(rows: Bytes, own: Sequence, kind: int) -> Bytes:
    """The records of one kind: a view of the file where they stand together."""
    index = np.flatnonzero(own.kinds == kind)
    together = len(index) and index[-1] - index[0] + 1 == len(index)
    return np.ascontiguousarray(rows[index[0] : index[-1] + 1] if together else rows[index])


def _fixed_columns(
    data: bytes, framed: Framed, record: RecordSpec, rows: Bytes, places: pl.DataFrame, received_on: date
) -> Iterable[_Column]:
    """Every field of the records of one kind: cut as bytes, then read as its kind is."""
    if not len(rows):
        rows = np.empty((0, record.width_bytes), dtype=np.uint8)
    behind = behind_the_cut(framed.charset)
    low, high = _over_rows(np.minimum, rows, 255), _over_rows(np.maximum, rows, 0)
    whole = pl.Series("record", rows.view(f"S{rows.shape[1]}").ravel(), dtype=pl.Binary)
    for own, start in zip(record.fields, record.offsets, strict=True):
        end = start + (own.width or 0)
        if own.kind == "filler":
            continue
        if own.kind == "raw":
            yield _Column(own, start, Typed({own.name: whole.bin.slice(start, own.width).alias(own.name)}))
            continue
        if own.kind == "text":
            end = _last_used(low, high, start, end)
        least, most = int(low[start:end].min()), int(high[start:end].max())
        same = len(rows) > 1 and bool((low[start:end] == high[start:end]).all())
        cut = rows[:1, start:end] if same else rows[:, start:end]
        is_plain = least >= _SPACE and most <= _TILDE and not (behind == "jisx0201" and _has_yen(cut, own, most))
        if is_plain and not same:
            texts = whole.bin.slice(start, end - start).cast(pl.String).alias(own.name)
        else:
            texts = decode_matrix(own.name, cut, behind)
        is_mended = framed.mends and own.kind == "text" and behind == "cp932" and texts.null_count() > 0
        if is_mended:
            texts, is_mended = _without_cut_characters(texts, cut)
        is_wide = not is_plain and behind != "jisx0201"  # 全角の空白 may stand there
        spaces = SPACES if is_wide else " " if least <= _SPACE else ""
        typed = _read(own, texts, received_on, spaces, is_digits=least >= _ZERO and most <= _NINE)
        if same:
            typed, texts = repeated(typed, len(rows)), texts.new_from_index(0, len(rows))
        unread = texts.is_null() if texts.null_count() else None
        shown = None if unread is None else _bad_bytes(data, places[OFFSET_BYTES], unread, (start, end), framed.charset)
        yield _Column(own, start, typed, unread, shown, is_mended=is_mended)


def _without_cut_characters(texts: pl.Series, cut: Bytes) -> tuple[pl.Series, bool]:
    """切れた文字を除く: texts that read well without their last byte, the first half of a character; and if any did."""
    read = texts.to_list()
    for row in texts.is_null().arg_true().to_list():
        value = cut[row].tobytes().rstrip(b" ")
        if value and first_bad_byte(value, "cp932") == len(value) - 1 and value[-1] >= _LEAD:
            read[row] = decode_bytes(value[:-1], "cp932")
    mended = pl.Series(texts.name, read, dtype=pl.String)
    return mended, mended.null_count() < texts.null_count()


def _noting(columns: Iterable[_Column], shape: list[str]) -> Iterator[_Column]:
    """The columns as they are; a text without its last character is noted in the shape."""
    for own in columns:
        if own.is_mended and VARIATIONS["cut_character"] not in shape:
            shape.append(VARIATIONS["cut_character"])
        yield own


def _over_rows(extreme: np.ufunc, rows: Bytes, initial: int) -> Bytes:
    """Of every byte column its least or greatest: of records side by side first, since one is a short way to go."""
    even = len(rows) // _SIDE_BY_SIDE * _SIDE_BY_SIDE
    wide = extreme.reduce(rows[:even].reshape(-1, _SIDE_BY_SIDE * rows.shape[1]), axis=0, initial=initial)
    rest = np.concatenate([wide.reshape(_SIDE_BY_SIDE, -1), rows[even:]])
    return np.asarray(extreme.reduce(rest, axis=0, initial=initial), dtype=np.uint8)


def _last_used(low: Bytes, high: Bytes, start: int, end: int) -> int:
    """Where a text field's trailing spaces begin in every record; they mean nothing and need not be read."""
    while end - 1 > start and low[end - 1] == high[end - 1] == _SPACE:
        end -= 1
    return end


def _has_yen(cut: Bytes, own: FieldSpec, most: int) -> bool:
    """0x5C and 0x7E are ¥ and ‾ in JIS X0201; only text can hold them unnoticed."""
    return own.kind == "text" and most >= _YEN and bool(((cut == _YEN) | (cut == _TILDE)).any())


def _read(own: FieldSpec, texts: pl.Series, received_on: date, spaces: str, *, is_digits: bool) -> Typed:
    """What cannot be read is read as blank."""
    if texts.null_count():
        texts, spaces = texts.fill_null(" "), spaces or " "
    return read_field(own, texts, received_on, is_digits=is_digits, spaces=spaces)


def _bad_bytes(
    data: bytes, offsets: pl.Series, unread: pl.Series, span: tuple[int, int], charset: Charset
) -> pl.Series:  # fmt: skip
    """The first byte that means nothing, and its place in the record, of those rows that will be listed."""
    start, end = span
    texts = {}
    for row in unread.arg_true()[:LISTED_PER_CODE]:
        piece = data[offsets[row] + start : offsets[row] + end]
        at = first_bad_byte(piece, charset)
        cut = "、文字の途中で切れている" if at == len(piece) - 1 and charset == "cp932" else ""
        texts[row] = f"{start + at + 1}バイト目の {piece[at]:02X}{cut}"
    return pl.Series([texts.get(row) for row in range(len(unread))], dtype=pl.String)


def _decode_csv(data: bytes, spec: Spec, file: str, received_on: date) -> Decoded:
    read = csv_rows(data, spec, file)
    if read.findings:
        return Decoded(spec, record_count=read.count, charset=read.charset, findings=read.findings)
    kinds = read.kinds(spec)
    own = sequence(kinds, spec, file, lambda at: without_names(read.rows[at][0])[:_MOST_TAG])
    found = own.findings or tuple(read.count_findings(own.kinds, spec, file))
    found = found or tuple(groups_twice(own, spec, file, read.digest))
    whole = Decoded(spec, {}, read.count, read.line_end, read.charset, found)
    if found:
        return whole
    shape = (*(VARIATIONS[name] for name in read.variations), *shape_of(own, spec))
    tables: dict[str, pl.DataFrame] = {}
    wrong = _Found()
    for number, record in enumerate(spec.record):
        columns = _csv_columns(record, read.columns(spec, kinds, number), received_on, by_hand=spec.typed_by_hand)
        tables[record.name] = _table(file, own.places(number, None), columns, read.charset, wrong)
    return _told(replace(whole, tables=tables, shape=shape), wrong)


def _told(whole: Decoded, wrong: _Found) -> Decoded:
    return replace(whole, findings=tuple(sorted(wrong.findings)), flawed=frozenset(wrong.flawed))


def _csv_columns(
    record: RecordSpec, columns: list[pl.Series], received_on: date, *, by_hand: bool
) -> Iterable[_Column]:
    """Every field of the rows of one kind."""
    for own, texts in zip(record.fields, columns, strict=True):
        yield _Column(own, -1, read_field(own, plain_texts(own, texts) if by_hand else texts, received_on))


def _table(file: str, places: pl.DataFrame, columns: Iterable[_Column], charset: str, wrong: _Found) -> pl.DataFrame:
    """One record kind's frame; what is wrong with its fields is added to `wrong`."""
    made: list[pl.Series] = []
    for own in columns:
        made += own.typed.columns.values()
        flaws = own.typed.flaws
        if own.unread is not None:
            assert own.shown is not None, "what cannot be read is shown as bytes"
            unread = Flaw(own.field, Code.NOT_TEXT, own.unread, own.shown, f"{CHARSETS[charset]}の文字")
            wrong.findings.extend(_listed(file, places, unread, own))
            wrong.flawed.update(places.filter(own.unread)[RECORD_NO])
            flaws = tuple(replace(flaw, bad=flaw.bad & ~own.unread) for flaw in flaws)
        for flaw in flaws:
            wrong.findings.extend(_listed(file, places, flaw, own))
            wrong.flawed.update(places.filter(flaw.bad)[RECORD_NO])
    return places.with_columns(made)


def _listed(file: str, places: pl.DataFrame, flaw: Flaw, own: _Column) -> list[Finding]:
    """Findings of one flaw; past the limit they are counted in one more finding."""
    expected = pl.lit(flaw.expected) if isinstance(flaw.expected, str) else flaw.expected
    rows = places.with_columns(flaw.shown.alias("shown"), expected.alias("wanted")).filter(flaw.bad)
    found = []
    for no, shown, wanted in rows.select(RECORD_NO, "shown", "wanted").head(LISTED_PER_CODE).iter_rows():
        actual = _shown_value(flaw, own, shown or "")
        at = Location(file, no, own.offset_bytes, own.field.title)
        found.append(Finding(at, flaw.code, actual[:60], wanted))
    if (more := rows.height - LISTED_PER_CODE) > 0:
        at = Location(file, rows[RECORD_NO][-1], own.offset_bytes, own.field.title)
        found.append(Finding(at, flaw.code, f"ほか{more}件"))
    return found


def _shown_value(flaw: Flaw, own: _Column, text: str) -> str:
    """What a finding may show: nothing of a personal field, and no name that stands where no text was expected."""
    if flaw.code in (Code.NOT_TEXT, Code.BLANK):  # our own words
        return text
    if own.field.personal or flaw.field.personal:
        return MASKED
    return value_without_names(flaw.field, text)


def _with_charset_kind(decoded: Decoded, file: str) -> Decoded:
    """コード区分 against the bytes: a contradiction is a finding, or, where the spec accepts it, part of the shape."""
    kind = decoded.spec.charset_kind
    if kind is None or kind.field is None:
        return decoded
    record_name, _, name = kind.field.partition(".")
    rows = decoded.tables[record_name]
    said = pl.col(name).replace_strict(kind.map, default=None, return_dtype=pl.String)
    wrong = rows.filter(said != decoded.charset).select(RECORD_NO, name).head(LISTED_PER_CODE)
    if not wrong.height:
        return decoded
    if "charset_kind_differs" in decoded.spec.accepts:
        return replace(decoded, shape=(*decoded.shape, VARIATIONS["charset_kind_differs"]))
    record = decoded.spec.record_named(record_name)
    own = record.field(name) if record else None
    assert record is not None and own is not None, "a spec that was read points at fields that exist"
    offset = record.offsets[record.fields.index(own)]
    wanted = "・".join(value for value, charset in kind.map.items() if charset == decoded.charset)
    found = [
        Finding(Location(file, no, offset, own.title), Code.CHARSET_KIND, value, wanted)
        for no, value in wrong.iter_rows()
    ]
    return replace(decoded, findings=tuple(sorted([*decoded.findings, *found])))
