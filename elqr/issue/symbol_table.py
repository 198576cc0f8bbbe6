"""The symbol table (図形の一括生成): a night's 255-digit payloads → their QR 6-M modules, as segno draws them.

255 digits fill version 6 level M to the last bit, so every bit of data has a fixed place in the symbol. Error
correction is linear, and masking and placing only flip and move bits: under one mask the 41 × 41 modules are an
affine function of the data bits over GF(2). So a symbol is what 255 zeros give (the base) XOR one pattern for each
bit that is set. The mask is another XOR, so it changes the base but no pattern. Bases and patterns are read off
symbols that segno draws, once per process and when first needed: about half of a payload is always zeros and needs
none. That takes up to a second; for fewer than a hundred symbols `symbol` is faster.

The best of the eight masks is chosen as segno chooses it (失点, ISO/IEC 18004 7.8.3). Anything but 255 digits is our
own mistake and asserted.
"""

from functools import cache

import numpy as np
import numpy.typing as npt
import polars as pl

from elqr.arithmetic.checkdigit import Bytes, all_digits, as_matrix
from elqr.issue.layout import DIGITS
from elqr.issue.symbol import MODULES, symbol

Lines = npt.NDArray[np.uint64]
"""One uint64 for each line of modules: 1 = dark, its first module in the highest bit, the lowest 23 bits zero."""
Points = npt.NDArray[np.uint16]

_ROW_BYTES = (MODULES + 7) // 8
_SYMBOLS_A_CHUNK = 128
"""Their 82 lines take less than 128 KiB. The system would map larger arrays anew at each step, at half the speed."""
_ZEROS = "0" * DIGITS
_GROUPS = DIGITS // 3
"""Three digits are one number of ten bits."""
_HALF_BITS = 5
"""Ten bits are looked up in two halves: both tables stay in the cache, one of all 1,000 numbers would not."""
_MASKS = range(8)
_BEYOND = np.uint64((1 << (65 - MODULES)) - 1)
"""The bits from a line's last module on, which have no next module."""
_BALANCE = np.array(
    [10 * int(abs(float(dark) / MODULES**2 * 100 - 50) / 5) for dark in range(MODULES**2 + 1)], dtype=np.uint16
)
"""N4 by the number of dark modules, in floating point as in segno, so that both round alike."""


def symbol_rows(digits: pl.Series) -> Lines:
    """図形の行: n × 41 for a String series of n payloads of 255 digits; 1 = dark.

    Column 0 is the highest bit of the 64 (2**63), column 40 is 2**23, and the bits below are zero.
    """
    assert digits.dtype == pl.String, "payloads are strings"
    rows = np.empty((len(digits), MODULES), dtype=np.uint64)
    for start in range(0, len(digits), _SYMBOLS_A_CHUNK):
        data = _data_lines(as_matrix(digits.slice(start, _SYMBOLS_A_CHUNK), DIGITS))
        bases = _bases()[_best_masks(data)]
        rows[start : start + _SYMBOLS_A_CHUNK] = (data ^ bases)[:, :MODULES]
    return rows


def image_bits(rows: Lines) -> Bytes:
    """画像のビット: n × 41 rows → n × 246, 41 rows of 6 bytes, highest bit first, 1 = dark, the last 7 bits zero."""
    assert rows.ndim == 2 and rows.shape[1] == MODULES and rows.dtype == np.uint64, "rows are those of symbols"
    high_first = rows.astype(">u8").view(np.uint8).reshape(len(rows), MODULES, 8)
    return high_first[:, :, :_ROW_BYTES].reshape(len(rows), MODULES * _ROW_BYTES)


def _modules(digits: str, mask: int) -> Bytes:
    """41 × 41 of zeros and ones, by segno under this mask."""
    return np.frombuffer(b"".join(symbol(digits, mask).matrix), dtype=np.uint8).reshape(MODULES, MODULES)


def _lines(modules: Bytes) -> Lines:
    """… × 41 × 41 → … × 82: the rows, then the columns; both are scored by the same rules."""
    lines = np.concatenate([modules, modules.swapaxes(-1, -2)], axis=-2)
    padded = np.zeros((*lines.shape[:-1], 64), dtype=np.uint8)
    padded[..., :MODULES] = lines
    return np.packbits(padded, axis=-1).view(">u8")[..., 0].astype(np.uint64)


@cache
def _bases() -> Lines:
    """8 × 82: the symbol of 255 zeros under each mask, its format modules (形式情報) included."""
    return _lines(np.stack([_modules(_ZEROS, mask) for mask in _MASKS]))


@cache
def _bases_to_score() -> Lines:
    """8 × 82: the bases without format and dark module, as a mask is scored before these are written."""
    written = np.zeros((MODULES, MODULES), dtype=np.uint8)
    written[8, :9] = written[8, -8:] = 1
    written[:9, 8] = written[-8:, 8] = 1
    written[8, 6] = written[6, 8] = 0  # timing pattern
    return _bases() & ~_lines(written)


@cache
def _patterns(half: int) -> Lines:
    """32 × 82: what each value of five bits flips. Half 0 is the upper half of the first group, 1 its lower half.

    1, 2, 4, … 512 all fit three digits, so each bit can be set alone.
    """
    group, is_lower = divmod(half, 2)
    patterns = np.zeros((1 << _HALF_BITS, 2 * MODULES), dtype=np.uint64)
    for bit in range(_HALF_BITS):
        value = 1 << bit
        group_value = value if is_lower else value << _HALF_BITS
        drawn = _lines(_modules(f"{_ZEROS[: 3 * group]}{group_value:03d}{_ZEROS[3 * group + 3 :]}", mask=0))
        patterns[value : 2 * value] = patterns[:value] ^ drawn ^ _bases()[0]
    return patterns


def _data_lines(digits: Bytes) -> Lines:
    """n × 255 ASCII digits → n × 82: everything that the data flip in a base."""
    assert all_digits(digits).all(), "a payload is 255 digits"
    places = np.array([100, 10, 1], dtype=np.uint16)
    numbers = ((digits - np.uint8(ord("0"))).reshape(-1, _GROUPS, 3) @ places).T
    halves = np.stack([numbers >> _HALF_BITS, numbers & ((1 << _HALF_BITS) - 1)], axis=1).astype(np.intp)
    flipped = np.zeros((len(digits), 2 * MODULES), dtype=np.uint64)
    pattern = np.empty_like(flipped)
    for half, values in enumerate(halves.reshape(2 * _GROUPS, -1)):
        if values.any():
            # No value lies outside the table; without "clip" the library would buffer the output.
            _patterns(half).take(values, axis=0, out=pattern, mode="clip")
            flipped ^= pattern
    return flipped


def _best_masks(data: Lines) -> npt.NDArray[np.intp]:
    """マスクの選択: for each symbol the mask with the fewest points, the first among equals."""
    by_line = np.ascontiguousarray(data.T)
    points = [_penalties(by_line ^ base[:, None]) for base in _bases_to_score()]
    return np.asarray(np.argmin(points, axis=0), dtype=np.intp)


def _penalties(lines: Lines) -> Points:
    """失点 N1 + N2 + N3 + N4 of symbols: 82 × n lines → n."""
    rows = lines[:MODULES]
    # 1 where a module differs from the next one in its line, and from the last module on.
    changes = np.asarray(lines ^ (lines << 1) | _BEYOND, dtype=np.uint64)
    mixed = changes[: MODULES - 1] | changes[1:MODULES] | (rows[:-1] ^ rows[1:])
    blocks = _sum(np.bitwise_count(~mixed))
    dark = _sum(np.bitwise_count(rows))
    return _run_points(changes) + 3 * blocks + _finder_points(lines, changes) + _BALANCE[dark]


def _run_points(changes: Lines) -> Points:
    """N1: a run of L ≥ 5 equal modules costs L - 2: 1 for each five in a row within it, and 2 for its end."""
    in_two = changes | (changes << 1)
    fives = ~(in_two | (in_two << 2))
    ends = fives & ~(fives << 1)
    return _sum(np.bitwise_count(fives) + 2 * np.bitwise_count(ends))


def _finder_points(lines: Lines, changes: Lines) -> Points:
    """N3: 40 for each 1011101 with four light modules before or behind it; beyond the edges all is light.

    Two of them share modules only when one starts four or six after the other. The light then lies before the first
    and behind the second. segno counts the first and continues behind its end, so the second is not counted.
    """
    dark_light_dark = lines & changes & (lines << 2)
    finders = dark_light_dark & (dark_light_dark << 4) & (lines << 3)
    in_two = lines | (lines >> 1)
    in_four = in_two | (in_two >> 2)
    # At the pattern's first module: dark among the four before it, and among the four from the seventh after it.
    counted = finders & ~((in_four >> 1) & (in_four << 10))
    return 40 * _sum(np.bitwise_count(counted & ~((counted >> 4) | (counted >> 6))))


def _sum(counts: Bytes) -> Points:
    """Sums over the lines of each symbol. Sixteen bits hold all points: N1 to N4 together are below 30,000."""
    return np.asarray(np.add.reduce(counts, axis=0, dtype=np.uint16), dtype=np.uint16)
