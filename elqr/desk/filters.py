"""What pages are asked (アドレスと欄の読み方): filters in an address, and numbers and reasons in a form."""

import unicodedata
from collections.abc import Mapping
from datetime import date
from typing import TypeVar

from flask import request

from elqr.approvals.exception_list import ORDERS, Looked
from elqr.arithmetic.plain_number import plain_number
from elqr.desk.gate import without_controls
from elqr.vocabulary.terms import Channel, Outcome, Term

_LARGEST = 10**15
LONGEST_REASON = 200
_T = TypeVar("_T", bound=Term)


class Unreadable(ValueError):
    """読めない条件: says which, in words."""


def looked_for(asked: Mapping[str, str]) -> Looked:
    """探す条件 of an address. Raises Unreadable."""
    return Looked(
        payment_no=_number(asked.get("no", ""), "受付番号"),
        department=asked.get("department", ""),
        procedure=asked.get("procedure", ""),
        outcome=_term(Outcome, asked.get("outcome", ""), "理由"),
        channel=_term(Channel, asked.get("channel", ""), "チャネル"),
        night_on=_day(asked.get("night", ""), "夜"),
        least_yen=_number(asked.get("least", ""), "領収額"),
        most_yen=_number(asked.get("most", ""), "領収額"),
    )


def address_of(looked: Looked) -> dict[str, str]:
    """アドレスの条件 of a search; what does not narrow it is left out."""
    values = {
        "no": looked.payment_no,
        "department": looked.department,
        "procedure": looked.procedure,
        "outcome": looked.outcome and looked.outcome.value,
        "channel": looked.channel and looked.channel.value,
        "night": looked.night_on,
        "least": looked.least_yen,
        "most": looked.most_yen,
    }
    return {name: str(value) for name, value in values.items() if value not in (None, "")}


def order_of(text: str) -> str:
    """並べ方 of an address; the first one for an unknown."""
    return text if text in ORDERS else next(iter(ORDERS))


def page_of(text: str) -> int:
    """ページ of an address; the first for what is no number."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 1


def numbers_of(texts: list[str], most: int) -> list[int]:
    """受付番号 of a form, each once, in order. Raises Unreadable for what no form of ours sends."""
    if len(texts) > most or not all(text.isascii() and text.isdecimal() and len(text) < 16 for text in texts):
        raise Unreadable("選んだ行を読めません。画面を開き直してください。")
    return list(dict.fromkeys(int(text) for text in texts))


def one_number(text: str) -> int | None:
    """番号 in a hidden field; None for an empty one. Raises Unreadable."""
    numbers = numbers_of([text] if text else [], 1)
    return numbers[0] if numbers else None


def typed(name: str) -> str:
    """打ったもの of a field of a form, without line ends and the like."""
    return without_controls(request.form.get(name, "")).strip()[:LONGEST_REASON]


def _number(text: str, what: str) -> int | None:
    digits = plain_number(unicodedata.normalize("NFKC", text).replace(",", "").strip().removesuffix("円"))
    if not digits:
        return None
    if not (digits.isascii() and digits.isdecimal()) or int(digits) > _LARGEST:
        raise Unreadable(f"{what}は数で入れてください。")
    return int(digits)


def _term(kind: type[_T], text: str, what: str) -> _T | None:
    if not text:
        return None
    try:
        return kind(text)
    except ValueError as error:
        raise Unreadable(f"{what}を一覧から選んでください。") from error


def _day(text: str, what: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise Unreadable(f"{what}の日付を読めません。") from error
