"""Damage by spreadsheets (表計算の傷): notice rows whose numbers or names are no longer what was typed.

Excel drops the zeros in front of a number, turns numbers into days and long ones into powers of ten, and writes `?`
into a CSV for what Shift_JIS lacks. Only the people of the city can tell what stood there, so nothing is mended.
"""

from collections.abc import Mapping

import polars as pl

from elqr.formats.decode import Decoded
from elqr.formats.sheet_fields import SCIENTIFIC
from elqr.rules.row_checks import Sieve
from elqr.vocabulary.codes import Code
from elqr.vocabulary.frames import Notice
from elqr.vocabulary.visible_text import LOST

_NUMBERS = (Notice.BILL_NO, Notice.PAYER_REF, Notice.CUSTOMER_NO)
"""番号 of any width. Those of a fixed one are refused as they are read."""

_DAY = "^(?:[0-9]{4}/)?[0-9]{1,2}[/月][0-9]{1,2}日?$"
"""A day, as Excel writes what it took for one."""

_POSTAL_DIGITS = 7
_MOST_ZEROS = 2
"""How many zeros a 郵便番号 may begin with: those of 札幌市 begin with 00."""

_WIDTH = "led_width"
"""桁数 of the numbers that begin with 0."""

_LOST = "".join(LOST)


def refuse_damaged(sieve: Sieve, decoded: Decoded, titles: Mapping[str, str]) -> None:
    """傷のある行を断る, of a file that a spreadsheet wrote: with what the value probably was.

    All its rows say how wide its numbers are, whether they are known or not. `titles` are by the fields' names.
    """
    if not decoded.sheet:
        return
    for name in _NUMBERS:
        _refuse_lost_digits(sieve, decoded.tables["notice"], name, titles[name])
    _refuse_short_postal_codes(sieve, titles[Notice.POSTAL_CODE])
    for name in (Notice.PAYER_NAME, Notice.ADDRESS):
        text = pl.col(name)
        place = text.str.extract(f"^([^{_LOST}]*)").str.len_chars() + 1
        shown = pl.format("{}文字目の {}", place, text.str.extract(f"([{_LOST}])"))
        sieve.refuse(Code.TEXT_LOST, titles[name], text.str.contains(f"[{_LOST}]"), shown, pl.lit("正しい字"))
        sieve.refuse(
            Code.TEXT_LOST, titles[name], text.str.contains(_DAY), pl.lit("日付"), pl.lit("打ったとおりの文字")
        )


def _refuse_lost_digits(sieve: Sieve, file_rows: pl.DataFrame, name: str, title: str) -> None:
    """番号の桁: numbers that Excel wrote as something else, or that are shorter than those that begin with 0.

    Where the numbers of a procedure that begin with 0 are all of one width, a shorter one had zeros as well.
    """
    text, width = pl.col(name), pl.col(_WIDTH)
    is_changed = text.str.contains(SCIENTIFIC) | text.str.contains(_DAY)
    sieve.refuse(Code.DIGITS_LOST, title, is_changed, text, pl.lit("元の番号（Excel が数か日付に変えた）"))
    led = file_rows.filter(text.str.contains("^0[0-9]+$"))
    widths = led.group_by(Notice.PROCEDURE_CODE).agg(text.str.len_bytes().unique().alias(_WIDTH))
    single = widths.filter(width.list.len() == 1).explode(_WIDTH, empty_as_null=False)
    sieve.rows = sieve.rows.join(single, on=Notice.PROCEDURE_CODE, how="left", validate="m:1", maintain_order="left")
    is_short = text.str.contains("^[1-9][0-9]*$") & (text.str.len_bytes() < width)
    wanted = pl.format("{}桁（先頭の 0 が落ちたのなら {}）", width, text.str.zfill(width))
    sieve.refuse(Code.DIGITS_LOST, title, is_short, text, wanted)
    sieve.rows = sieve.rows.drop(_WIDTH)


def _refuse_short_postal_codes(sieve: Sieve, title: str) -> None:
    """郵便番号の桁. The number itself is personal and not told."""
    bare = pl.col(Notice.POSTAL_CODE).str.normalize("NFKC").str.replace_all("[-‐−ー 〒]", "")
    lacking = _POSTAL_DIGITS - bare.str.len_bytes().cast(pl.Int64)
    is_short = bare.str.contains("^[0-9]+$") & lacking.is_between(1, _MOST_ZEROS)
    sieve.refuse(
        Code.DIGITS_LOST,
        title,
        is_short,
        pl.format("{}桁", bare.str.len_bytes()),
        pl.format("{}桁（先頭の 0 が落ちたのなら、0 を {}つ足したもの）", pl.lit(_POSTAL_DIGITS), lacking),
    )
