"""Check digits (チェックデジット): MPN line pairs, CRC-16, GS1 modulus 10. Pure arithmetic on digits.

Columns are numpy matrices of ASCII bytes, n × width; results are vectors of n. Nothing here knows
what the digits mean. Sources: elqr.md section 1 (recomputed on a real code), ISO/IEC 15420 for GS1.
"""

import numpy as np
import numpy.typing as npt
import polars as pl

Bytes = npt.NDArray[np.uint8]
_ZERO = ord("0")
_CRC_POLYNOMIAL, _CRC_START = 0x1021, 0xFFFF
_ROWS_A_CHUNK = 16_384


def as_matrix(column: pl.Series, width: int) -> Bytes:
    """String column of equal-width ASCII → n × width bytes."""
    data = "".join(column.to_list()).encode("ascii")
    assert len(data) == column.len() * width, "every value has the stated width"
    return np.frombuffer(data, dtype=np.uint8).reshape(-1, width)


def mpn_check_digits(body: Bytes) -> Bytes:
    """MPNのチェックデジット of line bodies (n × 37 or 42) → n × 2 ASCII bytes, CD1 CD2."""
    digits = body.astype(np.int32) - _ZERO
    second, first = _mpn_weights(body.shape[1])
    cd2 = (digits @ second) % 10
    cd1 = (2 * cd2 + digits @ first) % 11 % 10
    return (np.stack([cd1, cd2], axis=1) + _ZERO).astype(np.uint8)


def _mpn_weights(width: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Weights of CD2 (1 at odd places, 9…2 over the even) and of CD1 (1 at even places, 3…9,2 over the odd)."""
    at = np.arange(width)
    down = np.array([9, 8, 7, 6, 5, 4, 3, 2], dtype=np.int32)
    up = np.array([3, 4, 5, 6, 7, 8, 9, 2], dtype=np.int32)
    second = np.where(at % 2 == 1, 1, down[(at // 2) % 8]).astype(np.int32)
    first = np.where(at % 2 == 0, 1, up[(at // 2) % 8]).astype(np.int32)
    return second, first


def mpn_check_digits_of(body: str) -> str:
    """The same for one line's body."""
    return mpn_check_digits(np.frombuffer(body.encode("ascii"), dtype=np.uint8).reshape(1, -1)).tobytes().decode()


def _crc_table() -> npt.NDArray[np.uint16]:
    """CRC of every 16-bit word from a zero start: two bytes a step."""
    state = np.arange(65_536, dtype=np.uint32)
    for _ in range(16):
        state = ((state << 1) ^ np.where(state & 0x8000, _CRC_POLYNOMIAL, 0)) & 0xFFFF
    return state.astype(np.uint16)


_CRC_TABLE = _crc_table()


def crc16(data: Bytes) -> npt.NDArray[np.uint16]:
    """CRC-16/CCITT-FALSE of each row; the width is even."""
    assert data.shape[1] % 2 == 0, "two bytes a step"
    crcs = np.empty(len(data), dtype=np.uint16)
    for start in range(0, len(data), _ROWS_A_CHUNK):
        words = np.ascontiguousarray(data[start : start + _ROWS_A_CHUNK]).view(">u2").astype(np.uint16).T.copy()
        state = np.full(words.shape[1], _CRC_START, dtype=np.uint16)
        for word in words:
            state = _CRC_TABLE[state ^ word]
        crcs[start : start + _ROWS_A_CHUNK] = state
    return crcs


def crc16_of(text: str) -> int:
    """CRC-16/CCITT-FALSE of one ASCII string of any length."""
    state = _CRC_START
    for byte in text.encode("ascii"):
        state = ((state << 8) & 0xFFFF) ^ int(_CRC_TABLE[(state >> 8) ^ byte])
    return state


def gs1_check_digits(body: Bytes) -> Bytes:
    """GS1 モジュラス10: weights 3, 1, 3, 1 … from the right over each row → n ASCII digits."""
    weights = np.where(np.arange(body.shape[1])[::-1] % 2 == 0, 3, 1).astype(np.int32)
    total = (body.astype(np.int32) - _ZERO) @ weights
    return ((10 - total % 10) % 10 + _ZERO).astype(np.uint8)


def gs1_column(bodies: pl.Series) -> pl.Series:
    """43桁 → 44桁: each body with its check digit behind it."""
    digits = gs1_check_digits(as_matrix(bodies, 43)).tobytes().decode()
    return bodies + pl.Series(list(digits), dtype=pl.String)


def gs1_valid_column(codes: pl.Series) -> pl.Series:
    """44桁のチェックデジットが合うか; null stays null."""
    given = codes.drop_nulls()
    matrix = as_matrix(given, 44)
    valid = gs1_check_digits(matrix[:, :43]) == matrix[:, 43]
    out = np.zeros(len(codes), dtype=bool)
    present = codes.is_not_null()
    out[present.to_numpy()] = valid
    return pl.select(pl.when(present).then(pl.Series(out))).to_series()
