"""Random files of any format: values that the spec allows, for every field of every record kind."""

from datetime import date, timedelta

import polars as pl
from hypothesis import strategies as st
from polars import selectors as cs

from elqr.arithmetic.checkdigit import gs1_check_digit_of
from elqr.formats.spec import Charset, FieldSpec, RecordSpec, Spec
from tests.formats.cases import RECEIVED_ON

_KINDS = {"yen": pl.Int64, "count": pl.Int64, "date": pl.Date, "raw": pl.Binary}
_LETTERS: dict[str, str] = {
    "jisx0201": "ｱｶﾞﾊﾟｰ｡¥‾AZaz09 -.()/*,\\"[:-1],
    "ebcdic": "ｱｶﾞﾊﾟｰ｡¥AZ09 -.()/*,",
    "cp932": "ｱﾞ見本髙﨑①ⅢAZ09 -~\\",
    "utf-8": "ｱﾞ見本髙﨑①ⅢAZ09 -~\\,\"'",
}
_MOST_YEN = 10**9
_NO_RAW = (0x00, 0x0A, 0x0D, 0x1A)
_NO_RAW_EBCDIC = (0x00, 0x0D, 0x1A, 0x25, 0x3F)


def _digits(width: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=width, max_size=width)


def _barcodes() -> st.SearchStrategy[str]:
    return _digits(41).map(lambda body: "91" + body).map(lambda body: body + gs1_check_digit_of(body))


def _days(field: FieldSpec) -> st.SearchStrategy[date]:
    if field.form in ("mmdd", "wareki_yymmdd"):
        back = st.integers(0, 300 if not field.ahead else 120)
        days = back.map(lambda number: RECEIVED_ON - timedelta(days=number))
        return days.filter(lambda day: (day.month, day.day) != (2, 29))
    return st.dates(date(1990, 1, 1), date(2030, 12, 31))


def _texts(field: FieldSpec, charset: Charset) -> st.SearchStrategy[str | None]:
    most = min(field.width or 8, field.max_width or 8)
    encoding = "utf-8" if charset == "utf-8" else "cp932"

    def fitting(text: str) -> str | None:
        width = field.width or field.max_width or 8
        while text and charset in ("cp932",) and len(text.encode(encoding)) > width:
            text = text[:-1]
        return text.rstrip(" \u3000") or None

    return st.text(_LETTERS[charset], max_size=most).map(fitting)


def values(field: FieldSpec, charset: Charset) -> st.SearchStrategy[object]:
    """項目の値: one that decoding gives back as it was."""
    width = field.width or field.max_width or 8
    own: st.SearchStrategy[object]
    if field.kind == "code":
        own = st.sampled_from(sorted(field.values or {}))
    elif field.kind == "digits":
        own = _digits(width).filter(lambda text: not field.zero_is_blank or text.strip("0"))
    elif field.kind in ("yen", "count"):
        own = st.integers(int(field.zero_is_blank), min(10**width - 1, _MOST_YEN))
    elif field.kind == "date":
        own = _days(field)
    elif field.kind == "time":
        own = st.sampled_from(["0000", "2359", "1012"])
    elif field.kind == "raw":
        banned = _NO_RAW_EBCDIC if charset == "ebcdic" else _NO_RAW
        byte = st.integers(0, 255).filter(lambda number: number not in banned)
        own = st.lists(byte, min_size=width, max_size=width).map(bytes)
    elif field.kind == "nested":
        own = _barcodes()
    else:
        return _texts(field, charset)
    return st.none() | own if field.blank else own


def frames(record: RecordSpec, charset: Charset, rows: int) -> st.SearchStrategy[pl.DataFrame]:
    """レコードの表 of some rows: the columns that encode takes."""
    fields = [field for field in record.fields if field.kind not in ("const", "filler")]
    if not fields:
        return st.just(pl.DataFrame({"record_kind": [""] * rows}))
    schema = {field.name: _KINDS.get(field.kind, pl.String) for field in fields}
    row = st.fixed_dictionaries({field.name: values(field, charset) for field in fields})
    return st.lists(row, min_size=rows, max_size=rows).map(lambda given: pl.DataFrame(given, schema=schema))


@st.composite
def files(draw: st.DrawFn, spec: Spec) -> tuple[Charset, list[tuple[str, pl.DataFrame]]]:
    """一つのファイルの値: header, some data, trailer, end, or the rows of a CSV."""
    charset = draw(st.sampled_from([name for name in spec.charsets if name != "utf-8-sig"]))
    tables = []
    for record in spec.record:
        is_data = record.name == "data"
        frame = draw(frames(record, charset, draw(st.integers(1, 4)) if is_data else 1))
        kind = spec.charset_kind
        if kind is not None and kind.field and kind.field.startswith(f"{record.name}."):
            said = next(value for value, own in kind.map.items() if own == charset)
            frame = frame.with_columns(pl.lit(said).alias(kind.field.partition(".")[2]))
        if spec.typed_by_hand:  # blanks around what somebody typed mean nothing and are not read
            frame = frame.with_columns(cs.string().str.strip_chars(" "))
        tables.append((record.name, frame))
    return charset, tables
