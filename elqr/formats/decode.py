"""Decode (復号): the bytes of a file and a spec → typed frames by record kind, with findings.

Tiers: when framing (F1xx) finds something, fields are not read, because their findings would only describe
the misalignment. Nothing is refused by an exception: what is wrong comes back as findings.
The least and greatest byte of every byte column are computed once; they alone prove most fields sound.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import sha256

import numpy as np
import polars as pl

from elqr.arithmetic.checkdigit import Bytes
from elqr.formats.charset import CHARSETS, charset_after_cut, decode_bytes, decode_matrix, first_bad_byte
from elqr.formats.condition import meets
from elqr.formats.csv_rows import csv_rows
from elqr.formats.fields import SPACES, Flaw, Typed, read_field, repeated, value_without_names
from elqr.formats.framing import Framed, frame
from elqr.formats.headings import place_in_sheet
from elqr.formats.mapping import DoubtRule
from elqr.formats.sequence import (
    OFFSET_BYTES,
    RECORD_NO,
    Sequence,
    find_repeated_groups,
    kinds_of_rows,
    sequence,
    shape_of,
)
from elqr.formats.sheet_fields import read_written_field
from elqr.formats.spec import VARIATIONS, Charset, FieldSpec, RecordSpec, Spec
from elqr.vocabulary.codes import Code
from elqr.vocabulary.findings import LISTED_PER_CODE, MASKED, Finding, Location, of_file_made_by, without_names

_ZERO, _NINE, _SPACE, _YEN, _TILDE, _LEAD = 0x30, 0x39, 0x20, 0x5C, 0x7E, 0x81
_SIDE_BY_SIDE = 32
_MOST_TAG = 20
"""How many characters of a record's tag are shown."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """復号したファイル. `tables`: record name → frame (record_no, group_no, offset_bytes, and the record's fields).

    `shape`: in words, how the file departs from the usual form of its format (形のゆれ). `flawed`: numbers of all
    records with an unreadable field; `findings` list the first of them. `left_out`: names of the optional fields that
    the header row of a CSV leaves out. `sheet`: the headings, in its order, of a file that a spreadsheet wrote.
    """

    spec: Spec
    tables: dict[str, pl.DataFrame] = field(default_factory=dict)
    record_count: int = 0
    line_end: str = ""
    charset: str = ""
    findings: tuple[Finding, ...] = ()
    shape: tuple[str, ...] = ()
    flawed: frozenset[int] = frozenset()
    left_out: tuple[str, ...] = ()
    sheet: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _FieldFindings:
    """Findings in the fields of a file, and the numbers of the records they are in."""

    findings: list[Finding] = field(default_factory=list)
    flawed: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Column:
    """One field of all records of a kind, typed; `unread` marks the rows whose bytes could not be decoded."""

    field: FieldSpec
    offset_bytes: int
    typed: Typed
    unread: pl.Series | None = None
    shown: pl.Series | None = None
    is_mended: bool = False


def decode(data: bytes, spec: Spec, file: str, received_on: date) -> Decoded:
    """ファイルを復号する. `received_on` (受領日) settles dates without a year."""
    if spec.error_prefix and data.startswith(spec.error_prefix.encode()):
        shown = data[:80].decode("ascii", errors="replace").splitlines()[0]
        return Decoded(spec, findings=(Finding(Location(file, 1), Code.SENDER_ERROR, shown, "データ"),))
    read = _decode_csv if spec.layout == "csv" else _decode_fixed
    decoded = read(data, spec, file, received_on)
    findings = place_in_sheet(decoded.findings, decoded.sheet)
    return replace(decoded, findings=of_file_made_by(findings, spec.made_by))


def _decode_fixed(data: bytes, spec: Spec, file: str, received_on: date) -> Decoded:
    framed = frame(data, spec, file)
    if framed.findings:
        return Decoded(spec, findings=framed.findings)
    rows = framed.rows
    widest = max(len(record.tag or "") for record in spec.record)
    order = sequence(
        kinds_of_rows(rows, spec), spec, file, lambda at: rows[at, :widest].tobytes().decode("ascii", errors="replace")
    )
    findings = order.findings or tuple(
        find_repeated_groups(order, spec, file, lambda start, end: sha256(rows[start:end].tobytes()).digest())
    )
    decoded = Decoded(spec, {}, len(rows), framed.line_end, framed.charset, findings)
    if findings:
        return decoded
    shape = [*(VARIATIONS[name] for name in framed.variations), *shape_of(order, spec)]
    tables: dict[str, pl.DataFrame] = {}
    wrong = _FieldFindings()
    for number, record in enumerate(spec.record):
        places = order.places(number, framed.starts)
        columns = _fixed_columns(data, framed, record, _rows_of(framed.rows, order, number), places, received_on)
        rows_of_kind = _Rows(file, places, record, _may_be_unread(spec, record))
        tables[record.name] = _table(rows_of_kind, _note_mended(columns, shape), framed.charset, wrong)
    return _check_charset_kind(_add_field_findings(replace(decoded, tables=tables, shape=tuple(shape)), wrong), file)


def _rows_of(rows: Bytes, order: Sequence, kind: int) -> Bytes:
    """The records of one kind: a view of the file when they are consecutive."""
    index = np.flatnonzero(order.kinds == kind)
    together = len(index) and index[-1] - index[0] + 1 == len(index)
    return np.ascontiguousarray(rows[index[0] : index[-1] + 1] if together else rows[index])


def _fixed_columns(
    data: bytes, framed: Framed, record: RecordSpec, rows: Bytes, places: pl.DataFrame, received_on: date
) -> Iterable[_Column]:
    """Every field of the records of one kind: cut as bytes, then read according to its kind."""
    if not len(rows):
        rows = np.empty((0, record.width_bytes), dtype=np.uint8)
    cut_charset = charset_after_cut(framed.charset)
    low, high = _column_extremes(np.minimum, rows, 255), _column_extremes(np.maximum, rows, 0)
    records = pl.Series("record", rows.view(f"S{rows.shape[1]}").ravel(), dtype=pl.Binary)
    for spec_field, start in zip(record.fields, record.offsets, strict=True):
        end = start + (spec_field.width or 0)
        if spec_field.kind == "filler":
            continue
        if spec_field.kind == "raw":
            raw = records.bin.slice(start, spec_field.width)
            if framed.charset == "ebcdic":
                width = spec_field.width or 0
                raw = pl.Series([data[at + start : at + start + width] for at in places[OFFSET_BYTES]], dtype=pl.Binary)
            yield _Column(spec_field, start, Typed({spec_field.name: raw.alias(spec_field.name)}))
            continue
        if spec_field.kind == "text":
            end = _end_of_text(low, high, start, end)
        least, most = int(low[start:end].min()), int(high[start:end].max())
        same = len(rows) > 1 and bool((low[start:end] == high[start:end]).all())
        cut = rows[:1, start:end] if same else rows[:, start:end]
        has_yen = cut_charset == "jisx0201" and _has_yen(cut, spec_field, most)
        is_plain = least >= _SPACE and most <= _TILDE and not has_yen
        if is_plain and not same:
            texts = records.bin.slice(start, end - start).cast(pl.String).alias(spec_field.name)
        else:
            texts = decode_matrix(spec_field.name, cut, cut_charset)
        is_mended = framed.mends and spec_field.kind == "text" and cut_charset == "cp932" and texts.null_count() > 0
        if is_mended:
            texts, is_mended = _drop_cut_characters(texts, cut)
        is_wide = not is_plain and cut_charset != "jisx0201"  # may contain 全角の空白
        spaces = SPACES if is_wide else " " if least <= _SPACE else ""
        typed = _read_column(spec_field, texts, received_on, spaces, is_digits=least >= _ZERO and most <= _NINE)
        if same:
            typed, texts = repeated(typed, len(rows)), texts.new_from_index(0, len(rows))
        unread = texts.is_null() if texts.null_count() else None
        shown = None if unread is None else _bad_bytes(data, places[OFFSET_BYTES], unread, (start, end), framed.charset)
        yield _Column(spec_field, start, typed, unread, shown, is_mended=is_mended)


def _drop_cut_characters(texts: pl.Series, cut: Bytes) -> tuple[pl.Series, bool]:
    """切れた文字を除く: read texts without a last byte that is half a character; also tells whether there were any."""
    read = texts.to_list()
    for row in texts.is_null().arg_true().to_list():
        value = cut[row].tobytes().rstrip(b" ")
        if value and first_bad_byte(value, "cp932") == len(value) - 1 and value[-1] >= _LEAD:
            read[row] = decode_bytes(value[:-1], "cp932")
    mended = pl.Series(texts.name, read, dtype=pl.String)
    return mended, mended.null_count() < texts.null_count()


def _note_mended(columns: Iterable[_Column], shape: list[str]) -> Iterator[_Column]:
    """Pass the columns on, and note in the shape that a text has lost its last character."""
    for column in columns:
        if column.is_mended and VARIATIONS["cut_character"] not in shape:
            shape.append(VARIATIONS["cut_character"])
        yield column


def _column_extremes(extreme: np.ufunc, rows: Bytes, initial: int) -> Bytes:
    """The least or greatest byte of every byte column.

    Records are reduced in blocks side by side first, because a single record is too short for an efficient loop.
    """
    even = len(rows) // _SIDE_BY_SIDE * _SIDE_BY_SIDE
    wide = extreme.reduce(rows[:even].reshape(-1, _SIDE_BY_SIDE * rows.shape[1]), axis=0, initial=initial)
    folded = np.concatenate([wide.reshape(_SIDE_BY_SIDE, -1), rows[even:]])
    return np.asarray(extreme.reduce(folded, axis=0, initial=initial), dtype=np.uint8)


def _end_of_text(low: Bytes, high: Bytes, start: int, end: int) -> int:
    """Where the spaces begin that end a text field in every record; they mean nothing and need not be read."""
    while end - 1 > start and low[end - 1] == high[end - 1] == _SPACE:
        end -= 1
    return end


def _has_yen(cut: Bytes, spec_field: FieldSpec, most: int) -> bool:
    """Whether 0x5C or 0x7E occurs, ¥ and ‾ in JIS X0201; in any kind but text they would be found anyway."""
    return spec_field.kind == "text" and most >= _YEN and bool(((cut == _YEN) | (cut == _TILDE)).any())


def _read_column(spec_field: FieldSpec, texts: pl.Series, received_on: date, spaces: str, *, is_digits: bool) -> Typed:
    """Read a column; values that could not be decoded are read as blank."""
    if texts.null_count():
        texts, spaces = texts.fill_null(" "), spaces or " "
    return read_field(spec_field, texts, received_on, is_digits=is_digits, spaces=spaces)


def _bad_bytes(
    data: bytes, offsets: pl.Series, unread: pl.Series, span: tuple[int, int], charset: Charset
) -> pl.Series:  # fmt: skip
    """The first undecodable byte and its place in the record, for the rows that will be listed."""
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
    order = sequence(kinds, spec, file, lambda at: without_names(read.rows[at][0])[:_MOST_TAG])
    findings = order.findings or tuple(read.count_findings(order.kinds, spec, file))
    findings = findings or tuple(find_repeated_groups(order, spec, file, read.digest))
    sheet = read.titles if read.is_sheet else ()
    decoded = Decoded(spec, {}, read.count, read.line_end, read.charset, findings, left_out=read.left_out, sheet=sheet)
    if findings:
        return decoded
    shape = (*(VARIATIONS[name] for name in read.variations), *shape_of(order, spec))
    tables: dict[str, pl.DataFrame] = {}
    wrong = _FieldFindings()
    for number, record in enumerate(spec.record):
        columns = [*_csv_columns(record, read.columns(spec, kinds, number), received_on, spec)]
        rows_of_kind = _Rows(file, order.places(number, None), record, _may_be_unread(spec, record))
        tables[record.name] = _table(rows_of_kind, columns, read.charset, wrong)
        sheet = read.titles if any(column.is_mended for column in columns) else sheet
    return _add_field_findings(replace(decoded, tables=tables, shape=shape, sheet=sheet), wrong)


def _add_field_findings(decoded: Decoded, wrong: _FieldFindings) -> Decoded:
    return replace(decoded, findings=tuple(sorted(wrong.findings)), flawed=frozenset(wrong.flawed))


def _csv_columns(record: RecordSpec, columns: list[pl.Series], received_on: date, spec: Spec) -> Iterable[_Column]:
    """Every field of the rows of one kind."""
    for spec_field, texts in zip(record.fields, columns, strict=True):
        typed, is_mended = read_written_field(spec_field, texts, received_on, spec)
        yield _Column(spec_field, -1, typed, is_mended=is_mended)


@dataclass(frozen=True, slots=True)
class _Rows:
    """The records of one kind: where they are in their file, and the fields that need not be readable."""

    file: str
    places: pl.DataFrame
    record: RecordSpec
    may_be_unread: dict[str, DoubtRule]


def _may_be_unread(spec: Spec, record: RecordSpec) -> dict[str, DoubtRule]:
    rules = spec.payment.may_be_unread if spec.payment and spec.payment.record == record.name else ()
    return {rule.field.partition(".")[0]: rule for rule in rules}


def _table(rows: _Rows, columns: Iterable[_Column], charset: str, wrong: _FieldFindings) -> pl.DataFrame:
    """The frame of one record kind; findings in its fields are added to `wrong`."""
    series: list[pl.Series] = []
    excusable: list[tuple[_Column, tuple[Flaw, ...]]] = []
    for column in columns:
        series += column.typed.columns.values()
        flaws = column.typed.flaws
        if column.unread is not None:
            assert column.shown is not None, "what cannot be read is shown as bytes"
            unread = Flaw(column.field, Code.NOT_TEXT, column.unread, column.shown, f"{CHARSETS[charset]}の文字")
            _note_flaw(rows, unread, column, wrong)
            flaws = tuple(replace(flaw, bad=flaw.bad & ~column.unread) for flaw in flaws)
        if column.field.name in rows.may_be_unread:
            excusable.append((column, flaws))
            continue
        for flaw in flaws:
            _note_flaw(rows, flaw, column, wrong)
    table = rows.places.with_columns(series)
    for column, flaws in excusable:
        table, is_excused = _excuse(table, column, flaws, rows.may_be_unread[column.field.name])
        for flaw in flaws:
            _note_flaw(rows, replace(flaw, bad=flaw.bad & ~is_excused), column, wrong)
    return table.with_columns(_joined(rows.record)).with_columns(_chosen(rows.record))


def _joined(record: RecordSpec) -> Iterator[pl.Expr]:
    """またがる金額: null where the fields together hold no digits there."""
    for name, joined in record.joined.items():
        text = pl.concat_str([pl.col(field).fill_null("") for field in joined.fields])
        digits = text.str.slice(joined.start - 1, joined.width)
        is_there = digits.str.contains(f"^[0-9]{{{joined.width}}}$")
        if joined.unread is not None:
            is_there = is_there & pl.col(unread_column(joined.unread))
        yield pl.when(is_there).then(digits).cast(pl.Int64).alias(name)


def _chosen(record: RecordSpec) -> Iterator[pl.Expr]:
    """選んだ項目: the first amount that is not zero, or the field that another one chooses."""
    for name, several in record.first_of.items():
        amounts = (pl.when(pl.col(each) != 0).then(each) for each in several)
        yield pl.coalesce(*amounts, pl.lit(0, dtype=pl.Int64)).alias(name)
    for name, choice in record.choose.items():
        chosen = [pl.when(pl.col(choice.by) == value).then(field) for value, field in choice.fields.items()]
        yield pl.coalesce(*chosen, choice.otherwise).alias(name)


def _excuse(
    table: pl.DataFrame, column: _Column, flaws: Iterable[Flaw], rule: DoubtRule
) -> tuple[pl.DataFrame, pl.Series]:
    """読めなくてもよい項目: mark the rows whose value cannot be read; its parts become null, its text stays."""
    name, part = column.field.name, rule.field.partition(".")[2]
    reasons = [flaw.bad for flaw in flaws if not part or flaw.field.name == part]
    is_bad = pl.any_horizontal(pl.lit(False), *reasons)
    is_excused = table.select((is_bad & meets(rule.where)).alias(unread_column(name))).to_series()
    is_excused = is_excused if len(is_excused) == table.height else is_excused.new_from_index(0, table.height)
    parts = [part for part in column.typed.columns if part != name or table[part].dtype != pl.String]
    emptied = [pl.when(~is_excused).then(part).alias(part) for part in parts]
    return table.with_columns(*emptied, is_excused), is_excused


def unread_column(name: str) -> str:
    """読めなかったか: the column that says of a field (see `DoubtRule.unread`) whether it could not be read."""
    return f"{name}.unread"


def _note_flaw(rows: _Rows, flaw: Flaw, column: _Column, wrong: _FieldFindings) -> None:
    """Add the findings of one flaw; those beyond the limit are counted in one more finding."""
    expected = pl.lit(flaw.expected) if isinstance(flaw.expected, str) else flaw.expected
    bad = rows.places.with_columns(flaw.shown.alias("shown"), expected.alias("wanted")).filter(flaw.bad)
    for no, shown, wanted in bad.select(RECORD_NO, "shown", "wanted").head(LISTED_PER_CODE).iter_rows():
        actual = _shown_value(flaw, column, shown or "")
        at = Location(rows.file, no, column.offset_bytes, column.field.title)
        wrong.findings.append(Finding(at, flaw.code, actual[:60], wanted))
    if (unlisted := bad.height - LISTED_PER_CODE) > 0:
        at = Location(rows.file, bad[RECORD_NO][-1], column.offset_bytes, column.field.title)
        wrong.findings.append(Finding(at, flaw.code, f"ほか{unlisted}件"))
    wrong.flawed.update(bad[RECORD_NO])


def _shown_value(flaw: Flaw, column: _Column, text: str) -> str:
    """What a finding may show: nothing of a personal field, and no name in a field where no text was expected."""
    if flaw.code in (Code.NOT_TEXT, Code.BLANK):  # our own wording, nothing from the file
        return text
    if column.field.personal or flaw.field.personal:
        return MASKED
    return value_without_names(flaw.field, text)


def _check_charset_kind(decoded: Decoded, file: str) -> Decoded:
    """コード区分 against the bytes: a contradiction is a finding, or part of the shape where the spec accepts it."""
    kind = decoded.spec.charset_kind
    if kind is None or kind.field is None:
        return decoded
    record_name, _, name = kind.field.partition(".")
    rows = decoded.tables[record_name]
    stated = pl.col(name).replace_strict(kind.map, default=None, return_dtype=pl.String)
    wrong = rows.filter(stated != decoded.charset).select(RECORD_NO, name).head(LISTED_PER_CODE)
    if not wrong.height:
        return decoded
    if "charset_kind_differs" in decoded.spec.accepts:
        return replace(decoded, shape=(*decoded.shape, VARIATIONS["charset_kind_differs"]))
    record = decoded.spec.record_named(record_name)
    spec_field = record.field(name) if record else None
    assert record is not None and spec_field is not None, "a spec that was read points at fields that exist"
    offset = record.offsets[record.fields.index(spec_field)]
    wanted = "・".join(value for value, charset in kind.map.items() if charset == decoded.charset)
    contradictions = [
        Finding(Location(file, no, offset, spec_field.title), Code.CHARSET_KIND, value, wanted)
        for no, value in wrong.iter_rows()
    ]
    return replace(decoded, findings=tuple(sorted([*decoded.findings, *contradictions])))
