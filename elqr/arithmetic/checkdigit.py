"""Check digits (チェックデジット): MPN line pairs, CRC-16, GS1 modulus 10, 団体コード. Pure arithmetic on digits.

Columns are numpy matrices of ASCII bytes, n × width; results are vectors of n, or n × 2 for MPN pairs.
Nothing here knows what the digits mean. Anyone can compute a check digit: it finds mistakes but proves no origin.
Sources: recomputed on a real code; GS1 General Specifications for modulus 10; 総務省「全国地方公共団体コード仕様」.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby

import numpy as np
import numpy.typing as npt
import polars as pl

Bytes = npt.NDArray[np.uint8]
BARCODE_DIGITS = 44
_ZERO, _NINE = ord("0"), ord("9")
_CRC_POLYNOMIAL, _CRC_START = 0x1021, 0xFFFF
_ROWS_A_CHUNK = 8_192


def as_matrix(column: pl.Series, width: int) -> Bytes:
    """文字列の列 → n × width bytes. Every single value has the stated width and none is null; both are asserted."""
    assert column.null_count() == 0, f"{column.name} has nulls"
    assert (column.str.len_bytes() == width).all(), f"every value of {column.name} has {width} bytes"
    joined: bytes = column.str.join("", ignore_nulls=False).cast(pl.Binary).item()
    return np.frombuffer(joined, dtype=np.uint8).reshape(-1, width)


def as_column(matrix: Bytes) -> pl.Series:
    """文字列の列に戻す: n × width ASCII bytes, none of them NUL → n strings."""
    rows = np.ascontiguousarray(matrix)
    return pl.Series(rows.view(f"S{rows.shape[1]}").ravel(), dtype=pl.Binary).cast(pl.String)


_FOURS = (np.arange(10_000)[:, np.newaxis] // [1000, 100, 10, 1] % 10 + _ZERO).astype(np.uint8).view(np.uint32).ravel()
"""四桁ずつ: the four ASCII digits of each number as one item, so that they are looked up and written at once."""


def as_digits(numbers: npt.NDArray[np.int64], width: int) -> Bytes:
    """ゼロ埋め: n whole numbers → n × width ASCII digits. Asserts that every number fits."""
    assert numbers.min(initial=0) >= 0 and numbers.max(initial=0) < 10**width, f"0 to {width} digits"
    fours = np.empty((len(numbers), -(-width // 4)), dtype=_FOURS.dtype)
    for place in reversed(range(fours.shape[1])):
        higher = numbers // len(_FOURS)
        fours[:, place] = _FOURS.take(numbers - higher * len(_FOURS))
        numbers = higher
    return fours.view(np.uint8)[:, -width:]


def all_digits(matrix: Bytes) -> npt.NDArray[np.bool_]:
    """数字だけか: whether each row of bytes is ASCII digits only."""
    if matrix.size and matrix.min() >= _ZERO and matrix.max() <= _NINE:
        return np.ones(len(matrix), dtype=np.bool_)
    return np.asarray((matrix - np.uint8(_ZERO) <= 9).all(axis=1), dtype=np.bool_)


Sums = npt.NDArray[np.uint16]


def mpn_check_digits(body: Bytes) -> Bytes:
    """MPNのチェックデジット: bodies of lines (n × 37 or 42) → n × 2 ASCII bytes, CD1 CD2."""
    first, second = _weighted_sums(body, *_mpn_weights(body.shape[1]))
    cd2 = second % 10
    cd1 = (2 * cd2 + first) % 11 % 10
    return (np.stack([cd1, cd2], axis=1) + _ZERO).astype(np.uint8)


def _weighted_sums(body: Bytes, *weights: Sums) -> Sums:
    """重み付きの和 of the digits of each row, for each set of weights: sets × n. No sum comes near 2**16.

    A matrix product would be as fast, but it is spread over threads that wait for each other.
    """
    digits = (body - np.uint8(_ZERO)).astype(np.uint16)
    sums: Sums = np.einsum("rd,wd->wr", digits, np.stack(weights))
    return sums


def _mpn_weights(width: int) -> tuple[Sums, Sums]:
    """Weights of CD1 (1 at even places; 3…9, 2 at odd ones) and of CD2 (1 at odd places; 9…2 at even ones)."""
    at = np.arange(width)
    up, down = np.array([3, 4, 5, 6, 7, 8, 9, 2]), np.array([9, 8, 7, 6, 5, 4, 3, 2])
    first = np.where(at % 2 == 0, 1, up[at // 2 % 8])
    second = np.where(at % 2 == 1, 1, down[at // 2 % 8])
    return first.astype(np.uint16), second.astype(np.uint16)


def mpn_check_digits_of(body: str) -> str:
    """MPNのチェックデジット of one line's body, a string of ASCII digits."""
    return mpn_check_digits(_one_row(body)).tobytes().decode("ascii")


def _crc_table() -> npt.NDArray[np.uint16]:
    """The CRC of every 16-bit word from a zero start, so that a step takes two bytes."""
    state = np.arange(65_536, dtype=np.uint16)
    for _ in range(16):
        state = (state << np.uint16(1)) ^ (state >> np.uint16(15)) * np.uint16(_CRC_POLYNOMIAL)
    return state


_CRC_TABLE = _crc_table()
States = npt.NDArray[np.uint16]
CrcStep = int | States
"""一歩 through a row: the index of a two-byte word, or a table of what a run of known bytes makes of each state."""


def crc16(data: Bytes, steps: Sequence[CrcStep] | None = None) -> States:
    """CRC-16/CCITT-FALSE of each row → n; faster with the `crc_steps` of what all rows share.

    Rows have an even width and their bytes are contiguous: two are read as one big-endian word.
    """
    assert data.shape[1] % 2 == 0, "two bytes a step"
    crcs = np.empty(len(data), dtype=np.uint16)
    for start in range(0, len(data), _ROWS_A_CHUNK):
        words = data[start : start + _ROWS_A_CHUNK].view(">u2")
        crcs[start : start + len(words)] = _crc_rows(words, range(words.shape[1]) if steps is None else steps)
    return crcs


def _crc_rows(words: States, steps: Iterable[CrcStep]) -> States:
    state = np.full(len(words), _CRC_START, dtype=np.uint16)
    for step in steps:
        # Every word is in the table; "clip" only skips the bounds check.
        if isinstance(step, int):
            state = _CRC_TABLE.take(state ^ words[:, step], mode="clip")
        else:
            state = step.take(state, mode="clip")
    return state


def crc_steps(template: Bytes, varies: npt.NDArray[np.bool_]) -> tuple[CrcStep, ...]:
    """CRCの歩み: steps through rows that equal the template but where they vary; a run of the template is one step."""
    steps: list[CrcStep] = []
    words = template.view(">u2").astype(np.uint16)
    varied: list[bool] = np.any(varies.reshape(-1, 2), axis=1).tolist()
    for is_varied, run in groupby(range(len(words)), key=varied.__getitem__):
        if is_varied:
            steps += run
            continue
        state = np.arange(65_536, dtype=np.uint16)
        for at in run:
            state = _CRC_TABLE.take(state ^ words[at])
        steps.append(state)
    return tuple(steps)


def crc16_of(text: str) -> int:
    """CRC-16/CCITT-FALSE of one ASCII string of any length."""
    state = _CRC_START
    for byte in text.encode("ascii"):
        state = ((state << 8) & 0xFFFF) ^ int(_CRC_TABLE[(state >> 8) ^ byte])
    return state


def gs1_check_digits(body: Bytes) -> Bytes:
    """GS1 モジュラス10: weights 3, 1, 3, 1 … from the right over each row → n ASCII digits."""
    weights = np.where(np.arange(body.shape[1])[::-1] % 2 == 0, 3, 1).astype(np.uint16)
    digits = np.empty(len(body), dtype=np.uint8)
    for start in range(0, len(body), _ROWS_A_CHUNK):
        (total,) = _weighted_sums(body[start : start + _ROWS_A_CHUNK], weights)
        digits[start : start + _ROWS_A_CHUNK] = -total.astype(np.int32) % 10 + _ZERO
    return digits


def gs1_check_digit_of(body: str) -> str:
    """GS1 モジュラス10 of one string of ASCII digits."""
    return gs1_check_digits(_one_row(body)).tobytes().decode("ascii")


def gs1_valid(codes: Bytes) -> npt.NDArray[np.bool_]:
    """44桁のチェックデジットが合うか: for each row of bytes; false for anything but digits."""
    good = all_digits(codes)
    good &= gs1_check_digits(codes[:, :-1]) == codes[:, -1]
    return good


def gs1_column(bodies: pl.Series) -> pl.Series:
    """43桁 → 44桁: each body followed by its check digit."""
    matrix = as_matrix(bodies, BARCODE_DIGITS - 1)
    return as_column(np.column_stack([matrix, gs1_check_digits(matrix)])).alias(bodies.name)


def gs1_valid_column(codes: pl.Series) -> pl.Series:
    """44桁のチェックデジットが合うか: false for anything but 44 ASCII digits; null stays null."""
    shaped = codes.str.len_bytes().eq(BARCODE_DIGITS).fill_null(False)
    matrix = as_matrix(codes.filter(shaped), BARCODE_DIGITS)
    valid = np.zeros(len(codes), dtype=bool)
    valid[shaped.to_numpy()] = gs1_valid(matrix)
    return pl.select(pl.when(codes.is_not_null()).then(pl.Series(codes.name, valid))).to_series()


def city_code_check_digit(body: str) -> str:
    """団体コードの検査数字 of the five digits before it: weights 6 to 2, then 11 less the remainder by 11."""
    total = sum(weight * int(digit) for weight, digit in zip(range(6, 1, -1), body, strict=True))
    return str((11 - total % 11) % 10)


def _one_row(digits: str) -> Bytes:
    return np.frombuffer(digits.encode("ascii"), dtype=np.uint8).reshape(1, -1)
