"""Pseudonyms (仮名): text → other text of the same shape, by a key, one to one, as columns.

Each character is replaced by another of its class: a digit by a digit, a half-width kana by a half-width kana, a kanji
by a kanji that takes as many bytes in every charset used here. A value keeps its length in characters and in bytes;
spaces, punctuation and signs stay. Values of one shape are permuted: equal values get equal pseudonyms, different
values different ones, and only the holder of the key could reverse them. The permutation is a Feistel network whose
round function is SipHash-2-4 (Aumasson and Bernstein, 2012).
It does not hide lengths, classes of characters, or which values are equal.
"""

import hashlib
import unicodedata
from functools import cache

import numpy as np
import numpy.typing as npt
import polars as pl

Words = npt.NDArray[np.uint64]
_ROUNDS = 8
_ROWS_A_CHUNK = 8_192
_LAST = 0x110000


def sip_hash(words: Words, key: tuple[int, int]) -> Words:
    """SipHash-2-4 (鍵付きハッシュ) of each row of n × k words, the last word holding the length → n words."""
    k0, k1 = (np.uint64(part) for part in key)
    v0 = np.full(len(words), k0 ^ np.uint64(0x736F6D6570736575))
    v1 = np.full(len(words), k1 ^ np.uint64(0x646F72616E646F6D))
    v2 = np.full(len(words), k0 ^ np.uint64(0x6C7967656E657261))
    v3 = np.full(len(words), k1 ^ np.uint64(0x7465646279746573))
    state = [v0, v1, v2, v3]
    for word in words.T:
        state[3] ^= word
        _mix(state)
        _mix(state)
        state[0] ^= word
    state[2] ^= np.uint64(0xFF)
    for _ in range(4):
        _mix(state)
    return state[0] ^ state[1] ^ state[2] ^ state[3]


def _mix(state: list[Words]) -> None:
    """One SipRound, in place."""
    v0, v1, v2, v3 = state
    v0 += v1
    v1[:] = _rotate(v1, 13) ^ v0
    v0[:] = _rotate(v0, 32)
    v2 += v3
    v3[:] = _rotate(v3, 16) ^ v2
    v0 += v3
    v3[:] = _rotate(v3, 21) ^ v0
    v2 += v1
    v1[:] = _rotate(v1, 17) ^ v2
    v2[:] = _rotate(v2, 32)


def _rotate(words: Words, bits: int) -> Words:
    return (words << np.uint64(bits)) | (words >> np.uint64(64 - bits))


def _is_in_cp932(point: int) -> bool:
    try:
        return len(chr(point).encode("cp932")) == 2
    except UnicodeEncodeError:
        return False


def _classes() -> list[list[int]]:
    """文字の種類: code points that may replace each other. Those of one class have the same width in every charset."""
    ideographs = [*map(ord, "々〆〇仝"), *range(0x4E00, 0xA000), *range(0xF900, 0xFB00)]
    common = sorted({point for point in ideographs if _is_in_cp932(point)})
    rare = _letters([(0x3400, 0x4DC0), (0x4E00, 0xA000), (0xF900, 0xFB00)], set(common))
    user_defined = [point for point in range(0xE000, 0xF900) if _is_in_cp932(point)]
    private = [point for point in range(0xE000, 0xF900) if not _is_in_cp932(point)]
    runs = [
        ("0", "9"), ("A", "Z"), ("a", "z"),
        ("ｱ", "ﾝ"), ("ｧ", "ｯ"),
        ("０", "９"), ("Ａ", "Ｚ"), ("ａ", "ｚ"), ("ぁ", "ん"), ("ㇰ", "ㇿ"),
        ("А", "Я"), ("а", "я"), ("가", "힣"),
    ]  # fmt: skip
    beyond = _letters([(0x20000, 0x2FA20), (0x30000, 0x32400)], set())
    kana = [*range(ord("ァ"), ord("ヶ") + 1), *map(ord, "ゝゞヽヾ")]
    sets = [kana, common, rare, user_defined, private, beyond, [*map(ord, "ゔゕゖヷヸヹヺ")]]
    sets += [_letters([(0x391, 0x3AA)], set()), _letters([(0x3B1, 0x3CA)], {0x3C2})]
    sets += [_letters([(0xC0, 0x250)], set()), _letters([(0x1E00, 0x1F00)], set())]
    return [list(range(ord(first), ord(last) + 1)) for first, last in runs] + sets


def _letters(ranges: list[tuple[int, int]], without: set[int]) -> list[int]:
    """The letters in ranges of code points (end excluded), without some."""
    points = (point for start, end in ranges for point in range(start, end))
    return [point for point in points if point not in without and unicodedata.category(chr(point))[0] == "L"]


@cache
def _tables() -> tuple[Words, Words, Words, Words]:
    """Class (0: stays as it is) and place in the class of each code point; sizes of the classes; all classes joined."""
    kind = np.zeros(_LAST, dtype=np.uint64)
    place = np.zeros(_LAST, dtype=np.uint64)
    classes = _classes()
    for number, points in enumerate(classes, start=1):
        assert not kind[points].any(), "a character is of one class"
        kind[points] = number
        place[points] = np.arange(len(points))
    sizes = np.array([1, *map(len, classes)], dtype=np.uint64)
    return kind, place, sizes, np.concatenate([[0], *classes]).astype(np.uint64)


def pseudonyms(values: pl.Series, key: bytes) -> pl.Series:
    """仮名: String column → String column of the same shapes; null stays null. Trailing spaces do not count."""
    distinct = values.drop_nulls().unique()
    bare = distinct.str.strip_chars_end(" \u3000")
    texts = bare.unique()
    texts = texts.gather(texts.str.len_chars().arg_sort())
    parts = [pl.Series([], dtype=pl.String)]
    for _, group in texts.to_frame().group_by(texts.str.len_chars(), maintain_order=True):
        starts = range(0, group.height, _ROWS_A_CHUNK)
        parts += [_permute(group.to_series().slice(start, _ROWS_A_CHUNK), key) for start in starts]
    frame = pl.DataFrame({"value": distinct, "bare": bare}).join(
        pl.DataFrame({"bare": texts, "pseudonym": pl.concat(parts)}),
        on="bare",
        how="left",
        validate="m:1",
        maintain_order="left",
    )
    spaces = pl.col("value").str.strip_prefix(pl.col("bare"))
    pairs = frame.select("value", pl.concat_str("pseudonym", spaces).alias("pseudonym"))
    return values.replace_strict(pairs["value"], pairs["pseudonym"], default=None, return_dtype=pl.String)


def _permute(texts: pl.Series, key: bytes) -> pl.Series:
    """Permute texts of one length by their code points."""
    width = len(texts[0])
    if not width:
        return texts
    points = np.array(texts.to_list(), dtype=f"U{width}").view(np.uint32).reshape(-1, width)
    kind, place, sizes, alphabet = _tables()
    kinds = kind[points].T
    moves = kinds > 0
    places = np.where(moves, place[points].T, 0).astype(np.uint64)
    radix = sizes[kinds]
    fixed = np.where(moves, kinds + np.uint64(_LAST), points.T)
    side = (np.cumsum(moves, axis=0) & 1).astype(np.bool_)
    for turn in range(_ROUNDS):
        turned = moves & (side if turn % 2 else ~side)
        seen = np.where(turned | ~moves, fixed, places)
        state = sip_hash(_pack(seen).T, _round_key(key, turn))
        for at in np.flatnonzero(turned.any(axis=1)):
            moved = (places[at] + _stream(state, int(at)) % radix[at]) % radix[at]
            places[at] = np.where(turned[at], moved, places[at])
    starts = np.cumsum(sizes) - sizes
    replaced = np.where(moves, alphabet[starts[kinds] + places], points.T).T.astype(np.uint32)
    return pl.Series(texts.name, np.ascontiguousarray(replaced).view(f"U{width}").ravel().tolist(), dtype=pl.String)


def _round_key(key: bytes, turn: int) -> tuple[int, int]:
    digest = hashlib.blake2b(key, digest_size=16, person=b"elqr pseudonym", salt=bytes([turn])).digest()
    return int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:], "little")


def _pack(points: Words) -> Words:
    """Two code points in each word, and the length in the last: k words × n."""
    width = len(points)
    words = np.full(((width + 1) // 2 + 1, points.shape[1]), width, dtype=np.uint64)
    words[:-1] = points[::2] << np.uint64(32)
    words[: width // 2] |= points[1::2]
    return words


def _stream(state: Words, at: int) -> Words:
    """The words for one place, from the hash of the round (SplitMix64)."""
    word = state + np.uint64((at + 1) * 0x9E3779B97F4A7C15 % 2**64)
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return word ^ (word >> np.uint64(31))
