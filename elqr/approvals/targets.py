"""Targets (対象の納付書): the notices that the yen of a payment may be for, as a person finds or types them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import polars as pl

from elqr.approvals.claim_inquiry import claims_in_full, look_up_claims
from elqr.approvals.waiting_work import Scope
from elqr.arithmetic.plain_number import plain_number
from elqr.report.claim_card import claim_cards
from elqr.session.session import Session
from elqr.store.queries import notice_facts as queries
from elqr.store.queries import reviews as review_queries
from elqr.vocabulary.claim_frames import OpenClaim
from elqr.vocabulary.desk_frames import NoticeFacts
from elqr.vocabulary.frames import Claim

_MOST_CLAIMS = 200
"""調定 of one payer that are looked through."""


@dataclass(frozen=True, slots=True)
class Target:
    """対象になりうる納付書: its facts (columns of frame NoticeFacts), what is still owed on it, and why it is shown."""

    facts: dict[str, Any]
    left_yen: int
    how: str

    @property
    def notice_no(self) -> int:
        """納付書の番号 in the ledger."""
        return int(self.facts[NoticeFacts.NOTICE_NO])


def targets_of(session: Session, notices: dict[int, str], scope: Scope) -> list[Target]:
    """対象になりうる納付書 by notice_no, each with why it is shown, in their order; those of other scopes left out."""
    connection = session.ledger.connection
    numbers = pl.DataFrame({NoticeFacts.NOTICE_NO: list(notices)}, schema={NoticeFacts.NOTICE_NO: pl.Int64})
    claims = review_queries.target_claims(connection, numbers)
    left = claims.group_by(OpenClaim.NOTICE_NO).agg(
        (pl.col(OpenClaim.OWED_YEN) - pl.col(OpenClaim.COLLECTED_YEN)).clip(lower_bound=0).sum()
    )
    left_yen = dict(left.iter_rows())
    facts = {row[NoticeFacts.NOTICE_NO]: row for row in queries.notice_facts(connection, numbers).iter_rows(named=True)}
    return [
        Target(facts[number], int(left_yen.get(number, 0)), how)
        for number, how in notices.items()
        if number in facts and (scope is None or facts[number][NoticeFacts.PROCEDURE_CODE] in scope)
    ]


def find_targets(session: Session, text: str, installment_no: int | None, scope: Scope) -> list[Target]:
    """打った番号の納付書: of a 納付番号, 通知書番号 or any other number of a notice, however it is written."""
    key = pl.DataFrame({"key_no": [plain_number(text.strip())]})
    by_key = review_queries.target_notices(session.ledger.connection, key)
    if not by_key.is_empty():
        return targets_of(session, {int(number): "打った納付番号" for number in by_key["notice_no"]}, scope)
    notices = dict[int, str]()
    for card in claim_cards(look_up_claims(session, text)):
        valid = [notice for notice in card["notices"] if not notice["cancelled_on"]]
        for part in sorted({notice["installment_no"] for notice in valid}):
            if installment_no in (None, part):
                notices[_newest(valid, part)] = "打った番号"
    return targets_of(session, notices, scope)


def _newest(valid: list[dict[str, Any]], part: int) -> int:
    """期別の今の納付書 of valid ones: the newest for all of it, or else the newest."""
    of_part = [notice for notice in valid if notice["installment_no"] == part]
    whole = [notice for notice in of_part if not notice["part_kind"]]
    return int((whole or of_part)[-1]["notice_no"])


def newest_notice(card: dict[str, Any]) -> int | None:
    """調定の今の納付書 of a card of `claim_cards`: the newest valid one of its own, or else of any kind."""
    valid = [notice for notice in card["notices"] if not notice["cancelled_on"]]
    parts = [notice["installment_no"] for notice in valid]
    part = card["installment_no"]
    return _newest(valid, part if part in parts else parts[-1]) if valid else None


def unpaid_claims(session: Session, payer_refs: Iterable[str], scope: Scope) -> list[dict[str, Any]]:
    """納付者のほかの未納の調定: cards of `claim_cards` with yen unpaid, of the procedures of a scope."""
    wanted = sorted({ref for ref in payer_refs if ref})
    if not wanted:
        return []
    claims = queries.claims_of_payers(session.ledger.connection, wanted, _MOST_CLAIMS)
    cards = claim_cards(claims_in_full(session, claims.select(Claim.CLAIM_NO)))
    return [
        card
        for card in cards
        if card["unpaid_yen"] and card["payer_ref"] in wanted and (scope is None or card["procedure_code"] in scope)
    ]
