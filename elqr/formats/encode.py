"""Encode (書き出し): typed frames and a spec → the bytes of a file; the reverse of decode.

The caller gives values of the right type; a value that does not fit its width is a programming error
and asserted, never cut.
"""

from collections.abc import Iterable

import polars as pl

from elqr.formats.charset import encode_text
from elqr.formats.fields import _FORMS
from elqr.formats.spec import Charset, FieldSpec, LineEnd, RecordSpec, Spec

_ENDS: dict[LineEnd, str] = {"crlf": "\r\n", "lf": "\n", "none": ""}


def encode_csv(spec: Spec, frame: pl.DataFrame, charset: Charset | None = None, *, final_end: bool = True) -> bytes:
    """CSVにする: one record kind; columns of `frame` are the spec's field names, missing ones blank."""
    record = spec.record[0]
    rows = frame.select(_texts(record, frame.columns)).rename({field.name: field.title for field in record.fields})
    text = rows.write_csv(
        include_header=spec.header_row, line_terminator="\r\n", quote_style="necessary", null_value=""
    )
    charset = charset or spec.charsets[0]
    text = text if final_end else text.removesuffix("\r\n")
    return (b"\xef\xbb\xbf" if charset == "utf-8-sig" else b"") + encode_text(text, charset)


def encode_records(spec: Spec, record_name: str, frame: pl.DataFrame) -> pl.Series:
    """固定長レコードにする: one String of exactly the record's bytes (once encoded) a row."""
    record = spec.record_named(record_name)
    assert record is not None, f"{spec.name} has no record {record_name}"
    texts = frame.select(_texts(record, frame.columns))
    padded = [_padded(field, texts[field.name], spec.charsets[0]) for field in record.fields]
    return pl.DataFrame(padded).select(pl.concat_str(pl.all())).to_series()


def join_records(spec: Spec, records: Iterable[pl.Series], line_end: LineEnd = "crlf") -> bytes:
    """Records one after another, each followed by the line end."""
    end = _ENDS[line_end]
    text = end.join(row for series in records for row in series) + end
    data = encode_text(text.replace("\r\n", "\n"), spec.charsets[0])
    return data.replace(b"\n", b"\r\n") if line_end == "crlf" else data


def _texts(record: RecordSpec, given: Iterable[str]) -> list[pl.Expr]:
    names = set(given)
    return [_text(field, field.name in names).alias(field.name) for field in record.fields]


def _text(field: FieldSpec, is_given: bool) -> pl.Expr:
    """The unpadded text of one field."""
    if field.kind == "const":
        return pl.lit(field.value)
    if not is_given:
        return pl.lit(record_tag(field))
    column = pl.col(field.name)
    if field.kind == "date":
        return column.dt.to_string("%m%d" if field.form == "mmdd" else _FORMS[field.form])
    if field.kind == "nested":
        return pl.lit(field.prefix) + column
    return column.cast(pl.String)


def record_tag(field: FieldSpec) -> str | None:
    """What stands in a field nobody gave: zero in a number, blank elsewhere."""
    return "0" if field.kind in ("yen", "count") else None


def _padded(field: FieldSpec, texts: pl.Series, charset: Charset) -> pl.Series:
    width = field.width or 0
    if field.kind in ("yen", "count"):
        padded = texts.str.zfill(width)
    elif field.kind == "text":
        sizes = texts.fill_null("").map_elements(lambda text: len(encode_text(text, charset)), return_dtype=pl.Int64)
        spaces = pl.Series([" " * max(width - size, 0) for size in sizes], dtype=pl.String)
        assert (sizes <= width).all(), f"{field.name} does not fit its width"
        return (texts.fill_null("") + spaces).alias(field.name)
    else:
        padded = texts.fill_null(" " * width).str.pad_end(width, " ")
    assert (padded.str.len_bytes() == width).all(), f"{field.name} does not fit its width"
    return padded.alias(field.name)
