"""The MPN line (MPN行): upper 39 and lower 44 digits, each led by its two check digits, as one column."""

import numpy as np
import polars as pl

from elqr.checkdigit import all_digits, as_matrix, mpn_check_digits

UPPER_DIGITS, LOWER_DIGITS = 39, 44
_CHECK_DIGITS = 2


def mpn_valid_column(lines: pl.Series) -> pl.Series:
    """83桁の上段・下段のチェックデジットが合うか: false for anything but 83 ASCII digits; null stays null."""
    width = UPPER_DIGITS + LOWER_DIGITS
    shaped = lines.str.len_bytes().eq(width).fill_null(False)
    matrix = as_matrix(lines.filter(shaped), width)
    good = all_digits(matrix)
    for start, end in ((0, UPPER_DIGITS), (UPPER_DIGITS, width)):
        part = np.ascontiguousarray(matrix[:, start:end])
        good &= (mpn_check_digits(part[:, _CHECK_DIGITS:]) == part[:, :_CHECK_DIGITS]).all(axis=1)
    valid = np.zeros(len(lines), dtype=bool)
    valid[shaped.to_numpy()] = good
    return pl.select(pl.when(lines.is_not_null()).then(pl.Series(lines.name, valid))).to_series()
