r"""Visible text (見える文字): how any value is shown to people.

A text from a file, a name or a reason may hold invisible characters: sequences that steer a terminal, marks that
reverse the reading order, spaces without width. Each is written as its number (`\u202e`), just as JSON would write it,
so that JSON stays valid. Private-use characters (外字) and variation selectors of kanji stay.
"""

import re

_FROM_TO = (
    (0x00, 0x08), (0x0B, 0x0C), (0x0E, 0x1F), (0x7F, 0x9F), (0xAD, 0xAD), (0x34F, 0x34F), (0x600, 0x605),
    (0x61C, 0x61C), (0x6DD, 0x6DD), (0x70F, 0x70F), (0x890, 0x891), (0x8E2, 0x8E2), (0x115F, 0x1160), (0x17B4, 0x17B5),
    (0x180B, 0x180F), (0x200B, 0x200F), (0x2028, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164), (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0), (0xFFF0, 0xFFFB), (0x110BD, 0x110BD), (0x110CD, 0x110CD), (0x13430, 0x1343F), (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A), (0xE0000, 0xE00FF),
)  # fmt: skip
"""Control and format characters, and invisible letters; without line ends and tabs."""

HIDDEN = "[" + "".join(f"{chr(first)}-{chr(last)}" for first, last in _FROM_TO) + "]"
"""見えない文字, as a regular expression for columns of text; without line ends and tabs."""

LOST = ("?", "？", "〓", "\ufffd")
"""失われた文字: what stands where a program could not write a character."""

_IN_LINES = re.compile(HIDDEN + "|\r(?!\n)|[\ud800-\udfff]")
_IN_A_VALUE = re.compile(HIDDEN + "|[\t\r\n]|[\ud800-\udfff]")


def visible(text: str) -> str:
    """見える文字: a value on one line."""
    return _IN_A_VALUE.sub(_number, text)


def visible_lines(text: str) -> str:
    """見える行: a text of several lines. Line ends and tabs stay."""
    return _IN_LINES.sub(_number, text)


def _number(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be", errors="surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
