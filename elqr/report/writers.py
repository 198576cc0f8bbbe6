"""Writers (CSV・JSON): tables as files. They know no rules of the field.

CSV is for Excel in Japanese: UTF-8 with BOM, CRLF. A text cell that a spreadsheet would take for a
formula gets an apostrophe; a key of many digits is grouped in fours with hyphens, because Excel
would round it to fifteen digits. JSON is for programs: keys stay as they are.
"""

import json

import polars as pl

from elqr.report.table import TOTAL, Heading, Style, Table

_FORMULA = r"^[=+\-@\t\r]"
_GROUP = 4


def csv_bytes(table: Table) -> bytes:
    """CSVにする, with the 合計 row last."""
    shown = table.frame.select(_cell(heading) for heading in table.headings)
    if table.totals:
        first = table.headings[0].name
        sums = {
            heading.name: str(table.total(heading.name)) if heading.name in table.totals else ""
            for heading in table.headings
        }
        shown = pl.concat([shown, pl.DataFrame({**sums, first: sums[first] or TOTAL})])
    text = shown.write_csv(line_terminator="\r\n", quote_style="necessary", null_value="")
    return b"\xef\xbb\xbf" + text.encode()


def _cell(heading: Heading) -> pl.Expr:
    column = pl.col(heading.name)
    if heading.style is Style.SHARE:
        return (
            pl.when(column.is_not_null())
            .then(pl.concat_str((column * 100).round(1).cast(pl.String), pl.lit("%")))
            .alias(heading.name)
        )
    text = column.cast(pl.String)
    if heading.style is Style.DIGITS:
        text = text.str.replace_all(rf"([0-9]{{{_GROUP}}})", "${1}-").str.strip_suffix("-")
    if heading.style in (Style.TEXT, Style.DIGITS):
        text = text.str.replace_all(r"[\r\n]+", " ")
        text = pl.when(text.str.contains(_FORMULA)).then(pl.concat_str(pl.lit("'"), text)).otherwise(text)
    return text.alias(heading.name)


def json_bytes(table: Table) -> bytes:
    """JSONにする: title, note, columns, rows (one a line), totals."""
    parts = {
        "title": _json(table.title),
        "note": _json(table.note),
        "columns": _json([{"name": heading.name, "style": heading.style.value} for heading in table.headings]),
        "rows": f"[{_json_rows(table)}]",
        "totals": _json({name: table.total(name) for name in table.totals}),
    }
    return ("{\n" + ",\n".join(f'"{name}": {text}' for name, text in parts.items()) + "\n}\n").encode()


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _json_rows(table: Table) -> str:
    """Every line is one row: a line end within a text is escaped."""
    rows = table.frame.select(heading.name for heading in table.headings)
    lines = rows.with_columns(pl.col(pl.Date).dt.to_string("%Y-%m-%d")).write_ndjson()
    return "\n" + lines.rstrip("\n").replace("\n", ",\n") + "\n" if lines else ""
