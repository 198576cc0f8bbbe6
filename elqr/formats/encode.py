"""Encode (書き出し): typed frames and a spec → the bytes of a file; the reverse of decode.

Work is done by column: each field becomes a block of bytes, n records × its width, and the blocks side by side are
the records. A value that does not fit its width, or that the charset cannot write, is refused with its
place (ValueError); it is never cut.
"""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import polars as pl

from elqr.arithmetic.checkdigit import Bytes
from elqr.formats.charset import encode_column, encode_text
from elqr.formats.dates import FORMS, wareki_texts
from elqr.formats.framing import end_bytes
from elqr.formats.spec import Charset, FieldSpec, LineEnd, RecordSpec, Spec

_BLANK, _ZERO = " ", "0"


def encode_csv(
    spec: Spec,
    frame: pl.DataFrame,
    charset: Charset | None = None,
    *,
    final_end: bool = True,
    record_name: str | None = None,
) -> bytes:
    """CSVにする: one record kind, by default the first. Columns are named after fields; missing ones are blank.

    Optional fields that the frame does not have are left out.
    """
    record = spec.record_named(record_name) if record_name else spec.record[0]
    assert record is not None, f"{spec.name} has no record {record_name}"
    fields = [field for field in record.fields if not field.optional or field.name in frame.columns]
    rows = frame.select(_text(field, field.name in frame.columns).alias(field.name) for field in fields)
    if spec.header_row:
        rows = rows.rename({field.name: field.title for field in fields})
    text = rows.write_csv(
        include_header=spec.header_row, line_terminator="\r\n", quote_style="necessary", null_value=""
    )
    charset = charset or spec.charsets[0]
    text = text if final_end else text.removesuffix("\r\n")
    return (b"\xef\xbb\xbf" if charset == "utf-8-sig" else b"") + encode_text(text, charset)


def encode_records(spec: Spec, record_name: str, frame: pl.DataFrame, charset: Charset | None = None) -> pl.Series:
    """固定長レコードにする: an Array column of UInt8; each row has exactly the bytes of one record."""
    record = spec.record_named(record_name)
    assert record is not None, f"{spec.name} has no record {record_name}"
    charset = charset or spec.charsets[0]
    texts = frame.select(_texts(record, frame.columns))
    matrix = np.empty((texts.height, record.width_bytes), dtype=np.uint8)
    for field, start in zip(record.fields, record.offsets, strict=True):
        matrix[:, start : start + (field.width or 0)] = _block(record, field, texts[field.name], charset)
    if (matrix == 0).any():
        raise ValueError(f"様式 {spec.name} の「{record.title}」に NUL（00）は書けません。")
    return pl.Series(record_name, matrix, dtype=pl.Array(pl.UInt8, matrix.shape[1]))


def join_records(
    spec: Spec, records: Iterable[pl.Series], line_end: LineEnd = "crlf", charset: Charset | None = None
) -> bytes:
    """レコードをつなぐ: each record is followed by the line end, or ends in it when the line end replaces filler."""
    end = end_bytes(line_end, charset or spec.charsets[0])
    inside = line_end.endswith("_inside")
    width = spec.record_bytes or 0
    kept = width - len(end) if inside else width
    parts = []
    for series in records:
        rows = series.to_numpy().reshape(-1, width)
        if inside and (rows[:, kept:] != (0x40 if charset == "ebcdic" else 0x20)).any():
            raise ValueError(f"様式 {spec.name} の「{series.name}」: 改行に置き換える末尾が空白ではありません。")
        parts.append(np.hstack([rows[:, :kept], np.tile(np.frombuffer(end, dtype=np.uint8), (len(rows), 1))]))
    return np.concatenate(parts).tobytes() if parts else b""


def _texts(record: RecordSpec, columns: Iterable[str]) -> list[pl.Expr]:
    names = set(columns)
    return [_text(field, field.name in names).alias(field.name) for field in record.fields]


def _text(field: FieldSpec, is_given: bool) -> pl.Expr:
    """The unpadded text of one field; `raw` stays bytes."""
    if field.kind == "const":
        return pl.lit(field.value)
    if not is_given:
        return pl.lit(_ZERO if field.kind in ("yen", "count") else None, dtype=pl.String)
    column = pl.col(field.name)
    if field.kind == "date":
        return _date_text(field, column)
    if field.kind == "nested":
        return pl.lit(field.prefix) + column
    return column if field.kind == "raw" else column.cast(pl.String)


def _date_text(field: FieldSpec, day: pl.Expr) -> pl.Expr:
    if field.form == "wareki_yymmdd":
        return day.map_batches(wareki_texts, return_dtype=pl.String)
    return day.dt.to_string(FORMS[field.form])


def _block(record: RecordSpec, field: FieldSpec, values: pl.Series, charset: Charset) -> Bytes:
    """One field of all records: n × width bytes, padded according to its kind."""
    width = field.width or 0
    blank = encode_text(" ", charset)[0]
    if values.dtype == pl.Binary:
        raw = values.fill_null(b"")
        sizes = raw.bin.size(unit="b").cast(pl.Int64).to_numpy()
        _refuse(record, field, pl.Series(sizes > width), f"幅 {width}バイトに入りません")
        return _scatter(np.frombuffer(b"".join(raw), dtype=np.uint8), sizes, width, blank)
    texts = values.fill_null("")
    if field.kind in ("yen", "count"):
        texts = pl.select(pl.when(texts == "").then(texts).otherwise(texts.str.zfill(width))).to_series()
        _refuse(record, field, texts.str.starts_with("-"), "負の数です")
    try:
        if charset in ("jisx0201", "ebcdic") or (texts.str.len_bytes() == texts.str.len_chars()).all():
            _refuse(record, field, texts.str.len_chars() > width, f"幅 {width}バイトに入りません")
            joined_text: str = texts.str.pad_end(width, " ").str.join("", ignore_nulls=False).item()
            _refuse(record, field, texts.str.contains("\n", literal=True), "改行を含みます")
            return np.frombuffer(encode_text(joined_text, charset), dtype=np.uint8).reshape(len(values), width)
        body, sizes = encode_column(texts, charset)
    except UnicodeEncodeError as error:
        unwritable = pl.Series([not _is_writable(text, charset) for text in texts], dtype=pl.Boolean)
        _refuse(record, field, unwritable, f"{charset} で書けない文字があります")
        raise AssertionError("one of the values cannot be written") from error
    _refuse(record, field, pl.Series(sizes > width), f"幅 {width}バイトに入りません")
    return _scatter(body, sizes, width, blank)


def _scatter(body: Bytes, sizes: npt.NDArray[np.int64], width: int, blank: int) -> Bytes:
    """Put values of different sizes, concatenated in `body`, at the left of their rows; the rest is `blank`."""
    block = np.full((len(sizes), width), blank, dtype=np.uint8)
    rows = np.repeat(np.arange(len(sizes)), sizes)
    starts = np.repeat(np.cumsum(sizes) - sizes, sizes)
    block[rows, np.arange(len(body)) - starts] = body
    return block


def _is_writable(text: str, charset: Charset) -> bool:
    try:
        encode_text(text, charset)
    except UnicodeEncodeError:
        return False
    return "\n" not in text


def _refuse(record: RecordSpec, field: FieldSpec, bad: pl.Series, why: str) -> None:
    """Raise ValueError with the place of the first bad value; the value itself may be personal."""
    if bad.any():
        row = bad.arg_true()[0] + 1
        raise ValueError(
            f"「{record.title}」{row}件目の「{field.title}」（{field.name}）は{why}。"
            "値か、様式の width・charsets を直してください。"
        )
