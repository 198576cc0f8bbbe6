"""The MPN line (MPN行): upper 39 and lower 44 digits, each beginning with two check digits, as one column."""

import numpy as np
import numpy.typing as npt

from elqr.arithmetic.checkdigit import Bytes, all_digits, mpn_check_digits

UPPER_DIGITS, LOWER_DIGITS = 39, 44
_CHECK_DIGITS = 2


def mpn_valid(lines: Bytes) -> npt.NDArray[np.bool_]:
    """83桁の上段・下段のチェックデジットが合うか: for each row of bytes; false for anything but digits."""
    good = all_digits(lines)
    for start, end in ((0, UPPER_DIGITS), (UPPER_DIGITS, UPPER_DIGITS + LOWER_DIGITS)):
        part = np.ascontiguousarray(lines[:, start:end])
        good &= (mpn_check_digits(part[:, _CHECK_DIGITS:]) == part[:, :_CHECK_DIGITS]).all(axis=1)
    return good
