"""The bar code (コンビニ用バーコード): 44 digits → the modules of a GS1-128, a night's at a time.

The library gives the bars of each symbol character, we give their order: start C, FNC1, a character for each pair of
digits, the check character, stop.
"""

import numpy as np
import polars as pl
from barcode.charsets import code128

from elqr.arithmetic.checkdigit import BARCODE_DIGITS, Bytes, all_digits, as_matrix
from elqr.printing.template import BAR_CODE_MODULES

_START_C, _FNC1, _MODULUS = 105, 102, 103
_CHARACTERS = np.array([list(map(int, bars)) for bars in code128.CODES], dtype=np.uint8)
"""106 × 11 modules, 1 = dark."""
_STOP = np.array([*map(int, code128.STOP), 1, 1], dtype=np.uint8)
"""With its final bar of two modules."""


def bar_code_bits(digits: pl.Series) -> Bytes:
    """バーコードのモジュール: n × 36 bytes, highest bit first, 1 = dark, for a String series of 44 digits."""
    codes = as_matrix(digits, BARCODE_DIGITS)
    assert all_digits(codes).all(), "a bar code is 44 digits"
    numbers = (codes - np.uint8(ord("0"))).astype(np.int64)
    pairs = numbers[:, ::2] * 10 + numbers[:, 1::2]
    # The check character: start counts once, each following character as many times as its place.
    check = (_START_C + _FNC1 + pairs @ np.arange(2, 2 + pairs.shape[1])) % _MODULUS
    head = np.broadcast_to([_START_C, _FNC1], (len(codes), 2))
    characters = np.concatenate([head, pairs, check[:, None]], axis=1)
    bars = _CHARACTERS[characters].reshape(len(codes), BAR_CODE_MODULES - len(_STOP))
    modules = np.concatenate([bars, np.broadcast_to(_STOP, (len(codes), len(_STOP)))], axis=1)
    return np.packbits(modules, axis=1)
