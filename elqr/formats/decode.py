"""Decode (復号): a file's bytes and a spec → typed frames by record kind, with findings.

Tiers: when framing (F1xx) finds something, fields are not read, because they would only describe
the misalignment. Refused here is nothing by exception: what is wrong comes back as findings.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import polars as pl

from elqr.findings import LISTED_PER_CODE, MASKED, Code, Finding, Location
from elqr.formats.charset import decode_bytes, decode_column
from elqr.formats.fields import Flaw, read_field
from elqr.formats.framing import Framed, frame
from elqr.formats.spec import Charset, RecordSpec, Spec

RECORD_NO, GROUP_NO, OFFSET_BYTES = "record_no", "group_no", "offset_bytes"


@dataclass(frozen=True, slots=True)
class Decoded:
    """復号したファイル. `tables`: record name → frame (record_no, group_no, offset_bytes, its fields)."""

    spec: Spec
    tables: dict[str, pl.DataFrame] = field(default_factory=dict)
    record_count: int = 0
    line_end: str = ""
    charset: str = ""
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class _Rows:
    """The records of one kind as text columns, with where each stands."""

    record: RecordSpec
    places: pl.DataFrame
    texts: list[pl.Series]


def decode(data: bytes, spec: Spec, file: str, received_on: date) -> Decoded:
    """Decode a whole file. `received_on` (受領日) settles dates that carry no year."""
    if spec.error_prefix and data.startswith(spec.error_prefix.encode()):
        shown = data[:80].decode("ascii", errors="replace").splitlines()[0]
        return Decoded(spec, findings=(Finding(Location(file, 1), Code.SENDER_ERROR, shown, "データ"),))
    return (
        _decode_csv(data, spec, file, received_on)
        if spec.layout == "csv"
        else _decode_fixed(data, spec, file, received_on)
    )


def _decode_fixed(data: bytes, spec: Spec, file: str, received_on: date) -> Decoded:
    framed = frame(data, spec, file)
    if framed.findings:
        return Decoded(spec, findings=framed.findings)
    tags = pl.Series("tag", _cut(framed, 0, len(spec.record[0].tag or "")), dtype=pl.Binary).cast(
        pl.String, strict=False
    )
    places, findings = _places(tags, spec, file, framed.step)
    if findings:
        return Decoded(spec, record_count=len(framed.rows), line_end=framed.line_end, findings=findings)
    rows = [_fixed_rows(framed, record, places, spec.charsets[0]) for record in spec.record]
    return _typed(spec, rows, file, received_on, len(framed.rows), framed.line_end, spec.charsets[0])


def _cut(framed: Framed, start: int, width: int, rows: pl.Series | None = None) -> np.ndarray:
    """The bytes of one field of the given records, as fixed-width byte strings."""
    part = framed.rows[:, start : start + width]
    part = part if rows is None else part[rows.to_numpy()]
    return np.ascontiguousarray(part).view(f"S{width}").ravel()


def _places(tags: pl.Series, spec: Spec, file: str, step: int) -> tuple[pl.DataFrame, tuple[Finding, ...]]:
    """Where each record stands: its kind, its group; and records of no kind or out of order."""
    kind_of = {record.tag: record.name for record in spec.record}
    places = (
        pl.DataFrame({"tag": tags})
        .with_row_index(RECORD_NO, offset=1)
        .select(
            pl.col(RECORD_NO).cast(pl.Int64),
            pl.col("tag"),
            pl.col("tag").replace_strict(kind_of, default=None, return_dtype=pl.String).alias("kind"),
            ((pl.int_range(pl.len()) * step).cast(pl.Int64)).alias(OFFSET_BYTES),
        )
    )
    unknown = places.filter(pl.col("kind").is_null()).head(LISTED_PER_CODE)
    if unknown.height:
        wanted = "・".join(str(tag) for tag in kind_of)
        found = unknown.select(RECORD_NO, pl.col("tag").fill_null("?")).iter_rows()
        return places, tuple(
            Finding(Location(file, no, 0, "レコード区分"), Code.RECORD_KIND, tag, wanted) for no, tag in found
        )
    openers = [record.name for record in spec.record if record.opens_group]
    places = places.with_columns(pl.col("kind").is_in(openers).cum_sum().cast(pl.Int64).alias(GROUP_NO))
    return places, _order_findings(places, spec, file)


def _order_findings(places: pl.DataFrame, spec: Spec, file: str) -> tuple[Finding, ...]:
    """並び: what each record kind may follow, and which kinds may stand last (`closes`), is the spec's."""
    allowed = pl.DataFrame(
        [(record.name, before) for record in spec.record for before in record.follows],
        schema={"kind": pl.String, "before": pl.String},
        orient="row",
    )
    if not allowed.height:
        return ()
    steps = places.select(RECORD_NO, "kind", pl.col("kind").shift(1).fill_null("start").alias("before"))
    wrong = steps.join(allowed, on=["kind", "before"], how="anti", maintain_order="left").head(LISTED_PER_CODE)
    title = {record.name: record.title for record in spec.record} | {"start": "ファイルの先頭"}
    found = [
        Finding(
            Location(file, no),
            Code.RECORD_ORDER,
            f"{title[before]}の次に{title[kind]}",
            "・".join(title[name] for name in allowed.filter(pl.col("kind") == kind)["before"]) + "の次",
        )
        for no, kind, before in wrong.iter_rows()
    ]
    last = [record for record in spec.record if record.closes]
    final = places["kind"][-1]
    if last and final not in {record.name for record in last}:
        wanted = "・".join(record.title for record in last)
        found.append(
            Finding(Location(file, places.height), Code.RECORD_ORDER, f"{title[final]}で終わる", f"{wanted}で終わる")
        )
    return tuple(found)


def _fixed_rows(framed: Framed, record: RecordSpec, places: pl.DataFrame, charset: Charset) -> _Rows:
    own = places.filter(pl.col("kind") == record.name)
    index = own[RECORD_NO] - 1
    texts = []
    for spec_field, start in zip(record.fields, record.offsets, strict=True):
        raw = pl.Series(spec_field.name, _cut(framed, start, spec_field.width or 0, index), dtype=pl.Binary)
        is_text = spec_field.kind == "text"
        texts.append(decode_column(raw, charset) if is_text else raw.cast(pl.String, strict=False))
    return _Rows(record, own.select(RECORD_NO, GROUP_NO, OFFSET_BYTES), texts)


def _decode_csv(data: bytes, spec: Spec, file: str, received_on: date) -> Decoded:
    text, charset = text_of(data, spec)
    if text is None:
        wanted = "・".join(spec.charsets)
        return Decoded(spec, findings=(Finding(Location(file), Code.CHARSET, "この文字コードでは読めません", wanted),))
    record = spec.record[0]
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        return Decoded(
            spec, findings=(Finding(Location(file), Code.COLUMN_COUNT, f"CSVとして読めません（{error}）", "CSV"),)
        )
    rows = rows[:-1] if rows and rows[-1] == [] else rows
    if findings := _csv_shape(rows, spec, file):
        return Decoded(spec, record_count=len(rows), charset=charset or "", findings=findings)
    body = rows[1:] if spec.header_row else rows
    columns = list(zip(*body, strict=True)) if body else [() for _ in record.fields]
    texts = [pl.Series(f.name, column, dtype=pl.String) for f, column in zip(record.fields, columns, strict=True)]
    places = pl.select(
        pl.int_range(1, len(body) + 1, dtype=pl.Int64).alias(RECORD_NO),
        pl.lit(1, dtype=pl.Int64).repeat_by(len(body)).explode(empty_as_null=False).alias(GROUP_NO)
        if body
        else pl.Series(GROUP_NO, [], dtype=pl.Int64),
    ).with_columns(pl.lit(None, dtype=pl.Int64).alias(OFFSET_BYTES))
    return _typed(spec, [_Rows(record, places, texts)], file, received_on, len(body), "csv", charset or "")


def text_of(data: bytes, spec: Spec) -> tuple[str | None, Charset | None]:
    """The text of a CSV in the first of the spec's charsets that reads it, and which one that was."""
    if data.startswith(b"\xef\xbb\xbf"):
        return (decode_bytes(data[3:], "utf-8"), "utf-8-sig") if "utf-8-sig" in spec.charsets else (None, None)
    for charset in spec.charsets:
        if charset != "utf-8-sig" and (text := decode_bytes(data, charset)) is not None and "\x00" not in text:
            return text, charset
    return None, None


def _csv_shape(rows: Sequence[list[str]], spec: Spec, file: str) -> tuple[Finding, ...]:
    """見出し行 and the number of columns of every row."""
    titles = [spec_field.title for spec_field in spec.record[0].fields]
    if not rows:
        return (Finding(Location(file), Code.EMPTY, "0行", "見出し行" if spec.header_row else "1行以上"),)
    if spec.header_row and rows[0] != titles:
        pairs = zip([*rows[0], *[""] * len(titles)], titles, strict=False)
        at, (found, wanted) = next(
            ((no, pair) for no, pair in enumerate(pairs) if pair[0] != pair[1]), (len(titles), ("余分な項目", ""))
        )
        return (Finding(Location(file, 0, -1, f"{at + 1}列目"), Code.HEADER_ROW, found, wanted),)
    first = 0 if spec.header_row else 1
    bad = [(no, len(row)) for no, row in enumerate(rows, start=first) if len(row) != len(titles)]
    return tuple(
        Finding(Location(file, no), Code.COLUMN_COUNT, f"{count}項目", f"{len(titles)}項目")
        for no, count in bad[:LISTED_PER_CODE]
    )


def _typed(
    spec: Spec, rows: Iterable[_Rows], file: str, received_on: date, record_count: int, line_end: str, charset: str
) -> Decoded:
    """Every field of every record kind, typed and checked."""
    tables: dict[str, pl.DataFrame] = {}
    findings: list[Finding] = []
    for own in rows:
        columns: list[pl.Series] = []
        for spec_field, offset, texts in zip(own.record.fields, own.record.offsets, own.texts, strict=True):
            offset = offset if spec.layout == "fixed" else -1
            unread = texts.is_null()
            if spec_field.kind != "filler" and unread.any():
                findings += _listed(file, own.places, Flaw(spec_field, Code.NOT_TEXT, unread, texts, charset, offset))
            typed = read_field(spec_field, texts.fill_null(" "), received_on)
            columns += typed.columns.values()
            for flaw in typed.flaws:
                at = Flaw(spec_field, flaw.code, flaw.bad & ~unread, flaw.shown, flaw.expected, offset)
                findings += _listed(file, own.places, at)
        tables[own.record.name] = own.places.with_columns(columns)
    return Decoded(spec, tables, record_count, line_end, charset, tuple(sorted(findings)))


def _listed(file: str, places: pl.DataFrame, flaw: Flaw) -> list[Finding]:
    """Findings of one flaw; past the limit they are counted in one more finding."""
    rows = places.with_columns(flaw.shown.alias("shown")).filter(flaw.bad)
    found = []
    for no, shown in rows.select(RECORD_NO, "shown").head(LISTED_PER_CODE).iter_rows():
        actual = MASKED if flaw.field.personal else (shown if shown is not None else "読めないバイト")
        found.append(
            Finding(Location(file, no, flaw.offset_bytes, flaw.field.title), flaw.code, actual[:60], flaw.expected)
        )
    if (more := rows.height - LISTED_PER_CODE) > 0:
        found.append(
            Finding(
                Location(file, rows[RECORD_NO][-1], flaw.offset_bytes, flaw.field.title), flaw.code, f"ほか{more}件"
            )
        )
    return found
