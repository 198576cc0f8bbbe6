"""Texts and Excel (Excel が変える文字): which texts of a CSV a spreadsheet would take for something else.

A CSV has no types: Excel turns `1-2` and `3/4` into dates, `0012` and `1E5` into numbers, and rounds long digits. A
text that it would change, or take for a formula, gets an apostrophe in front. Seven or more digits are grouped in
fours, so that they are neither a date nor a number. Fewer are not grouped, because `2026-11` would be a date.
"""

import polars as pl

_D = "[0-9０-９]"
_SIGN = "[-/.－／．]"
_MONTH = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_TAKEN_FOR_SOMETHING = "|".join(
    (
        f"[+＋-]?[0０]{_D}+",
        f"{_D}{{16,}}",
        f"[+-]?{_D}*[.．]{_D}+|[+-]?{_D}+[.．]",
        f"[+-]?{_D}+(?:[.．]{_D}*)?[eEｅＥ][+-]?{_D}+",
        f"{_D}{{1,4}}{_SIGN}{_D}{{1,2}}(?:{_SIGN}{_D}{{1,4}})?",
        f"{_D}+[ 　]{_D}+[/／]{_D}+",
        f"{_D}+[:：]{_D}{{1,2}}(?:[:：]{_D}{{1,2}}(?:[.]{_D}+)?)?(?: ?(?i:[ap]m?))?",
        f"[+-]?[¥￥$\\\\]?[+-]?(?:{_D}+|{_D}{{1,3}}(?:[,，]{_D}{{3}})+)(?:[.]{_D}+)?[%％]",
        f"[+-]?[¥￥$\\\\]{_D}[0-9０-９,，.]*",
        f"{_D}{{1,3}}(?:[,，]{_D}{{3}})+(?:[.]{_D}*)?",
        "[(（][0-9０-９,，.]+[)）]",
        f"(?i:[mtshr]){_D}{{1,2}}{_SIGN}{_D}{{1,2}}(?:{_SIGN}{_D}{{1,2}})?",
        f"(?:明治|大正|昭和|平成|令和)?[0-9０-９元]{{1,4}}年(?:{_D}{{1,2}}月(?:{_D}{{1,2}}日)?)?|{_D}{{1,2}}月{_D}{{1,2}}日",
        f"(?i:{_D}{{1,4}}[-/ ]?{_MONTH}(?:[-/ ,]*{_D}{{1,4}})?|{_MONTH}[-/ ]{_D}{{1,4}}(?:[-/ ,]+{_D}{{1,4}})?)",
        "(?i:true|false)",
    )
)  # fmt: skip
TAKEN = rf"^[ 　]*(?:{_TAKEN_FOR_SOMETHING})[ 　]*$"
"""Whole texts that Excel would turn into a number, a date, a time or a truth value."""

_FORMULA = r"^[=+\-@\t\r＝＋－＠]"
_GROUP, _LEAST_GROUPED = 4, 7


def group_digits(text: pl.Series) -> pl.Series:
    """四桁ごと: put a hyphen after every four digits of a text of seven or more digits. Other texts stay the same."""
    is_long = text.str.contains(rf"^[0-9]{{{_LEAST_GROUPED},}}$")
    longest = text.filter(is_long).str.len_bytes().max()
    if longest is None:
        return text
    assert isinstance(longest, int), "a length"
    groups = [text.str.slice(at, _GROUP).replace("", None) for at in range(0, longest, _GROUP)]
    grouped = pl.concat_str(groups, separator="-", ignore_nulls=True)  # a third of the time of a replacing pattern
    return pl.select(pl.when(is_long).then(grouped).otherwise(text)).to_series().alias(text.name)


def keep_as_text(text: pl.Series) -> pl.Series:
    """文字のまま: put each text on one line, with an apostrophe in front if a spreadsheet would change it."""
    if not text.str.contains(rf"[\r\n]|{_FORMULA}|{TAKEN}").any():
        return text
    text = text.str.replace_all(r"[\r\n]+", " ")
    quoted = pl.concat_str(pl.lit("'"), text)
    return pl.select(pl.when(text.str.contains(rf"{_FORMULA}|{TAKEN}")).then(quoted).otherwise(text)).to_series()
