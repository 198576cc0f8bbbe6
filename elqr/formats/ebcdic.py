"""EBCDIC（カナ）: a table of 256 entries, byte for byte to JIS X0201. Python ships no such codec.

It holds the banks' kana EBCDIC, and the signs on which the code pages 290 and 930 agree; lower case stands only in the
latter. Every other byte becomes `UNDEFINED`, which is not a character of JIS X0201, so that its field is reported and
never guessed. CR, 0x25 (the second byte of the line end) and 3F and 1A (end of file) are translated too, because
framing needs them.
"""

UNDEFINED = 0x80
"""The byte that replaces an undefined EBCDIC byte: not a character in JIS X0201."""
_EOF = 0x1A
MARK = 0xF1
"""The first byte of a file whose first record kind is 1 (0x31 in JIS)."""


def _runs() -> list[tuple[int, bytes]]:
    """(first EBCDIC byte, JIS X0201 bytes of it and of the bytes after it)."""

    def kana(text: str) -> bytes:
        return text.encode("cp932")

    return [
        (0x40, b" "),
        (0x41, kana("｡｢｣､･ｦｧｨｩ")),
        (0x4B, b".<(+|&"),
        (0x51, kana("ｪｫｬｭｮｯ")),
        (0x58, kana("ｰ")),
        (0x5A, b"!\\*);"),  # \ is ¥ in JIS X0201
        (0x60, b"-/abcdefgh"),
        (0x6B, b",%_>?"),
        (0x71, b"ijklmnop`:#@'=\""),
        (0x81, kana("ｱｲｳｴｵｶｷｸｹｺ")),
        (0x8B, b"q"),
        (0x8C, kana("ｻｼｽｾｿ")),
        (0x91, kana("ﾀﾁﾂﾃﾄﾅﾆﾇﾈﾉ")),
        (0x9B, b"r"),
        (0x9D, kana("ﾊﾋﾌ")),
        (0xA1, b"~"),  # ‾ in JIS X0201
        (0xA2, kana("ﾍﾎ")),
        (0xA4, kana("ﾏﾐﾑﾒﾓﾔﾕ")),
        (0xAB, b"s"),
        (0xAC, kana("ﾖﾗﾘﾙ")),
        (0xB3, b"tuvwxyz"),
        (0xBA, kana("ﾚﾛﾜﾝ")),
        (0xBE, kana("ﾞﾟ")),
        (0xC1, b"ABCDEFGHI"),
        (0xD1, b"JKLMNOPQR"),
        (0xE0, b"$"),
        (0xE2, b"STUVWXYZ"),
        (0xF0, b"0123456789"),
        (0x0D, b"\r"),
        (0x25, b"\n"),
        (0x3F, b"\x1a"),
        (0x00, b"\x00"),
    ]


def _tables() -> tuple[bytes, dict[int, int]]:
    to_jis = bytearray([UNDEFINED] * 256)
    for first, jis in _runs():
        for at, byte in enumerate(jis, start=first):
            assert to_jis[at] == UNDEFINED, f"{at:#x} is listed twice"
            to_jis[at] = byte
    from_jis = {jis: ebcdic for ebcdic, jis in enumerate(to_jis) if jis != UNDEFINED}
    to_jis[_EOF] = _EOF  # added by a transfer program that knows nothing of EBCDIC
    return bytes(to_jis), from_jis


TO_JIS, _FROM_JIS = _tables()
_TO_EBCDIC = bytes(_FROM_JIS.get(byte, 0xFF) for byte in range(256))
_UNWRITABLE = bytes(byte for byte in range(256) if byte not in _FROM_JIS)


def from_ebcdic(data: bytes) -> bytes:
    """EBCDIC → JIS X0201, byte for byte: offsets do not change."""
    return data.translate(TO_JIS)


def to_ebcdic(data: bytes, text: str) -> bytes:
    """JIS X0201 → EBCDIC. Raises UnicodeEncodeError for other characters, which reveals only the length of `text`."""
    if len(data.translate(None, _UNWRITABLE)) != len(data):
        raise UnicodeEncodeError("ebcdic", text, 0, len(text), "EBCDIC（カナ）の表にない文字")
    return data.translate(_TO_EBCDIC)
