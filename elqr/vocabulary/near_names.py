"""Near names (近い名前): what a person probably meant by a name that does not exist."""

from collections.abc import Iterable
from difflib import get_close_matches


def near_names(written: str, known: Iterable[str]) -> str:
    """近い名前 in words, as a sentence; empty where none is near."""
    return near_words(get_close_matches(written, list(known)))


def near_words(names: Iterable[str]) -> str:
    """近い名前 that were found, in words."""
    words = "、".join(names)
    return f"{words} ではありませんか。" if words else ""
