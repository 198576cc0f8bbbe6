"""Side by side (突き合わせ): two numbers, and which of their digits differ."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

Piece = tuple[str, bool]
"""文字, and whether it differs from the other side."""

_NAMED = 8
"""So many differing digits are named in words."""


@dataclass(frozen=True, slots=True)
class SideBySide:
    """突き合わせの一行: what is compared, both sides in pieces, and what differs in words (empty: nothing does)."""

    what: str
    ours: Sequence[Piece]
    theirs: Sequence[Piece]
    words: str

    @property
    def differs(self) -> bool:
        """違うか."""
        return bool(self.words)


def compare_texts(what: str, ours: str, theirs: str) -> SideBySide:
    """文字ごとに突き合わせる. Of one length, place by place; else by what both have in common.

    A side that says nothing differs in nothing.
    """
    if not ours or not theirs or ours == theirs:
        return SideBySide(what, _plain(ours), _plain(theirs), "")
    if len(ours) != len(theirs):
        left, right = _aligned(ours, theirs)
        return SideBySide(what, left, right, f"長さが違う（{len(ours)}文字と{len(theirs)}文字）")
    left = [(mine, mine != other) for mine, other in zip(ours, theirs, strict=True)]
    right = [(other, mine != other) for mine, other in zip(ours, theirs, strict=True)]
    places = [place for place, (_, differs) in enumerate(left, start=1) if differs]
    named = "、".join(f"{place}文字目 {ours[place - 1]} と {theirs[place - 1]}" for place in places[:_NAMED])
    more = " など" if len(places) > _NAMED else ""
    return SideBySide(what, left, right, f"{len(ours)}文字のうち{len(places)}文字が違う（{named}{more}）")


def compare_words(what: str, ours: str, theirs: str, words: str = "") -> SideBySide:
    """言葉を並べる: whole texts, which differ where `words` say so."""
    return SideBySide(what, [(ours, bool(words))] if ours else [], [(theirs, bool(words))] if theirs else [], words)


def _plain(text: str) -> list[Piece]:
    return [(text, False)] if text else []


def _aligned(ours: str, theirs: str) -> tuple[list[Piece], list[Piece]]:
    left, right = list[Piece](), list[Piece]()
    for tag, a, b, c, d in SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        differs = tag != "equal"
        if differs:
            left += [(letter, True) for letter in ours[a:b]]
            right += [(letter, True) for letter in theirs[c:d]]
        else:
            left.append((ours[a:b], False))
            right.append((theirs[c:d], False))
    return left, right
