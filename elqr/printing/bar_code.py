"""The bar code (コンビニ用バーコード): 44 digits → the modules of a GS1-128, dark and light."""

import numpy as np
from barcode.codex import Gs1_128

from elqr.printing.template import BAR_CODE_MODULES


def bar_code_bits(digits: str) -> bytes:
    """バーコードのモジュール, packed eight to a byte, most significant first, 1 = dark."""
    assert len(digits) == 44 and digits.isascii() and digits.isdigit(), "a bar code is 44 digits"
    modules = Gs1_128(digits).build()[0]
    assert len(modules) == BAR_CODE_MODULES, "FNC1 and 22 pairs in code set C"
    return np.packbits(np.frombuffer(modules.encode("ascii"), np.uint8) - ord("0")).tobytes()
