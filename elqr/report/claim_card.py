"""Claim cards (調定の照会): what staff answer the telephone with: what is owed, what was paid, and what waits."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import Any

import polars as pl

from elqr.arithmetic.wareki import wareki, wareki_year
from elqr.rules.register import Register
from elqr.vocabulary.claim_frames import CardPayment, CardRuling, ClaimCard, ClaimEntry
from elqr.vocabulary.claim_terms import RAISES, EntryKind, Item
from elqr.vocabulary.frames import Claim
from elqr.vocabulary.ruling_terms import Ruling
from elqr.vocabulary.terms import WHOLE_YEAR, Channel, Outcome, Place, Stage

_ITEM_OF: dict[str, Item] = dict(zip(ClaimEntry.ITEMS, Item, strict=True))


@dataclass(frozen=True, slots=True)
class LookedUp:
    """照会の結果: frames ClaimCard, CardEntry, CardItems, CardNotice and CardPayment of the same claims.

    `rulings` (frame CardRuling) are those on the payments.
    """

    claims: pl.DataFrame
    entries: pl.DataFrame
    items: pl.DataFrame
    notices: pl.DataFrame
    payments: pl.DataFrame
    rulings: pl.DataFrame


def claim_cards(found: LookedUp) -> list[dict[str, Any]]:
    """調定の照会, one dictionary for each claim; days are ISO text.

    The items of what was collected are known when all is paid, when nothing is, when the claim has one item only, or
    from frame CardItems; else `collected_yen` of an item is None. Each payment has its `rulings`. `open_yen` is what is
    owed less what was collected, and negative from a reduction until the night that moves the excess into suspense:
    then `unpaid_yen` (未収額) is 0, and `overpaid_yen` (過納) says how much it will move.
    """
    parts = {
        name: _rows_by(Claim.CLAIM_NO, frame)
        for name, frame in (("entries", found.entries), ("notices", found.notices), ("payments", found.payments))
    }
    rulings = _rows_by(CardRuling.PAYMENT_NO, found.rulings)
    for payment in chain.from_iterable(parts["payments"].values()):
        payment["rulings"] = rulings.get(payment[CardPayment.PAYMENT_NO], [])
    known_items = {row.pop(Claim.CLAIM_NO): row for row in found.items.iter_rows(named=True)}
    cards = []
    for claim in _written(found.claims):
        owed = {column: claim.pop(column) for column in _ITEM_OF}
        collected_yen, owed_yen = claim.pop(ClaimCard.COLLECTED_YEN), sum(owed.values())
        claim_no = claim.pop(Claim.CLAIM_NO)
        collected = {name: _collected(owed, name, collected_yen) for name in _ITEM_OF}
        if None in collected.values():
            collected |= known_items.get(claim_no, {})
        cards.append(
            {
                **claim,
                "owed_yen": owed_yen,
                "collected_yen": collected_yen,
                "open_yen": owed_yen - collected_yen,
                "unpaid_yen": max(owed_yen - collected_yen, 0),
                "overpaid_yen": max(collected_yen - owed_yen, 0),
                "items": {
                    item.value: {"owed_yen": owed[column], "collected_yen": collected[column]}
                    for column, item in _ITEM_OF.items()
                },
                **{name: rows.get(claim_no, []) for name, rows in parts.items()},
            }
        )
    return cards


def _rows_by(number: str, frame: pl.DataFrame) -> dict[int, list[dict[str, Any]]]:
    """番号ごとの行: the rows of each number, without it."""
    rows: dict[int, list[dict[str, Any]]] = {}
    for row in _written(frame):
        rows.setdefault(row.pop(number), []).append(row)
    return rows


def _written(frame: pl.DataFrame) -> Iterator[dict[str, Any]]:
    """The rows, with days as text."""
    return frame.with_columns(pl.col(pl.Date).cast(pl.String)).iter_rows(named=True)


def _collected(owed: dict[Any, int], column: str, collected_yen: int) -> int | None:
    """収納額 of an item, where it is known."""
    if collected_yen in (0, sum(owed.values())):
        return owed[column] if collected_yen else 0
    others = sum(yen for name, yen in owed.items() if name != column)
    if not others:
        return collected_yen
    return 0 if not owed[column] else None


def installment_words(number: int) -> str:
    """期別の名, such as 全期 or 1期."""
    return "全期" if number == WHOLE_YEAR else f"{number}期"


def card_lines(card: dict[str, Any], register: Register) -> Iterator[str]:
    """照会の画面: the lines of a claim, of `claim_cards`."""
    code, years = card["procedure_code"], (card["levy_year"], card["tax_year"])
    name, part = register.name_of(code), installment_words(card["installment_no"])
    tax_year = "" if years[0] == years[1] else f"（相当 {wareki_year(years[1])}）"
    who = f"通知書番号 {card['bill_no']}　{part}　宛名番号 {card['payer_ref']}"
    yield f"■ {name}　{wareki_year(years[0])}{tax_year}　{who}"
    off = written_off_yen(card)
    levied, collected, unpaid = card["owed_yen"] + off, card["collected_yen"], card["unpaid_yen"]
    written_off = f"　不納欠損額 {off:,}円" if off else ""
    sums = f"調定額 {levied:,}円　収納額 {collected:,}円{written_off}　未収額 {unpaid:,}円"
    if over := card["overpaid_yen"]:
        sums += f"　過納 {over:,}円（次の夜に仮受へ移します）"
    yield f"　納期限 {day_words(card['due_on'])}　{sums}"
    for kind in Item:
        item = card["items"][kind.value]
        if item["owed_yen"] or item["collected_yen"]:
            known = item["collected_yen"]
            yield f"　　{kind.label}　{item['owed_yen']:,}円　収納 {'内訳未定' if known is None else f'{known:,}円'}"
    yield "　調定異動"
    for entry in card["entries"]:
        reminder = (
            f"　督促対象一覧{entry['list_no']}　発行日 {day_words(entry['issued_on'])}" if entry["list_no"] else ""
        )
        yield f"　　{day_words(entry['entered_on'])}　{entry_label(entry)}　{entry_yen(entry):+,}円{reminder}"
    yield "　納付書"
    yield from (f"　　{line}" for line in _notice_lines(card["notices"]))
    yield "　収納"
    yield from (f"　　{line}" for line in _payment_lines(card["payments"]))


def written_off_yen(card: dict[str, Any]) -> int:
    """不納欠損額 of a card of `claim_cards`. What was levied is what is owed, and this."""
    return -sum(entry_yen(entry) for entry in card["entries"] if entry["kind"] == EntryKind.WRITTEN_OFF.value)


def entry_yen(entry: dict[str, Any]) -> int:
    """異動の額: the sum of an entry's items."""
    return sum(int(entry[column]) for column in _ITEM_OF)


def entry_label(entry: dict[str, Any]) -> str:
    """異動の種類, and whether the entry takes one of that kind back: it then has the other sign."""
    kind, yen = EntryKind(entry["kind"]), entry_yen(entry)
    is_back = yen < 0 if kind in RAISES else yen > 0
    return f"{kind.label}の取り消し" if is_back else kind.label


def day_words(text: str | None) -> str:
    """和暦の日 of an ISO text, or that there is none."""
    return wareki(date.fromisoformat(text)) if text else "不明"


def _notice_lines(notices: list[dict[str, Any]]) -> Iterator[str]:
    for notice in notices:
        cover = "" if notice["cover_yen"] == notice["amount_yen"] else f"（うちこの調定 {notice['cover_yen']:,}円）"
        gone = f"　{day_words(notice['cancelled_on'])} 取消" if notice["cancelled_on"] else ""
        key_no = f"　納付番号 {notice['key_no']}" if notice["key_no"] else ""
        days = f"発行 {day_words(notice['issued_on'])}　支払期限 {day_words(notice['payable_until_on'])}"
        kind = f"　{notice['part_kind']}" if notice["part_kind"] else ""
        yield f"発行連番{notice['issue_no']}{kind}　{notice['amount_yen']:,}円{cover}　{days}{key_no}{gone}"


def _payment_lines(payments: list[dict[str, Any]]) -> Iterator[str]:
    if not payments:
        yield "ありません"
    for payment in payments:
        paid = f"{day_words(payment['paid_on'])}　{Channel(payment['channel']).label}　{payment['paid_yen']:,}円"
        outcome = outcome_words(payment)
        received = f"　収入日 {day_words(payment['received_on'])}" if payment["received_on"] else ""
        typed = "" if payment["image_ref"] is None else "　手入力"
        typed += f"　画像番号 {payment['image_ref']}" if payment["image_ref"] else ""
        held = f"　仮受 {payment['suspense_yen']:,}円" if payment["suspense_yen"] else ""
        on_claim = f"この調定へ {payment['claim_yen']:,}円{held}"
        yield f"受付{payment['payment_no']}　{paid}{received}　{outcome}　{on_claim}{typed}"
        for ruling in payment["rulings"]:
            yield f"　決裁{ruling['ruling_no']}　{ruling_words(ruling)}"


def outcome_words(payment: dict[str, Any]) -> str:
    """収納の結果: its stage, where its record went, and why; each is said once."""
    stage, place = Stage(payment["stage"]).label, Place(payment["place"]).label
    outcome = Outcome(payment["outcome"]).label
    if outcome.startswith(stage):
        return outcome
    return f"{stage}・{outcome if outcome.startswith(place) else f'{place}（{outcome}）'}"


def ruling_words(ruling: dict[str, Any]) -> str:
    """決裁の一行: its kind, the day that a step of a refund states, and whether it was approved."""
    done_on = f"　{day_words(ruling['done_on'])}" if ruling["done_on"] else ""
    taken_on, undone_by_no = ruling["taken_on"], ruling["undone_by_no"]
    state = (
        f"{day_words(taken_on)} 承認済"
        if taken_on
        else f"{day_words(ruling['asked_on'])} 申請{ruling['review_no']} 承認待ち"
    )
    undone = f"　決裁{undone_by_no}で取消済" if undone_by_no else ""
    return f"{Ruling(ruling['ruling']).label}{done_on}　（{state}）{undone}"
