"""Near names (近い名前): what a person probably meant by a name that does not exist."""

from collections.abc import Iterable
from difflib import SequenceMatcher, get_close_matches

_ALMOST = 0.1
"""Names that are so little further off than the nearest one are told too."""


def near_names(written: str, known: Iterable[str]) -> str:
    """近い名前 in words, as a sentence; empty where none is near."""
    near = {
        name: SequenceMatcher(None, name, written).ratio() for name in get_close_matches(written, sorted(set(known)))
    }
    return near_words(name for name, ratio in near.items() if ratio > max(near.values()) - _ALMOST)


def near_words(names: Iterable[str]) -> str:
    """近い名前 that were found, in words."""
    words = "、".join(names)
    return f"{words} ではありませんか。" if words else ""
