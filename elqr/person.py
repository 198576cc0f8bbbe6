"""People (担当者): who asked and who approved, known by the names they give."""

import unicodedata


def same_person(one: str, other: str) -> bool:
    """同じ人か: names that differ in width, case or spaces only are one person's."""
    return _plain(one) == _plain(other)


def _plain(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())
