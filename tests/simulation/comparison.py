"""Comparisons (比べる): what the program's ledger says, beside what the model says; the first difference is told."""

import json
from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any

from elqr.approvals.claim_inquiry import look_up_claims
from elqr.report.claim_card import claim_cards
from elqr.session.session import Session
from tests.builders import City, elqr
from tests.simulation.model import City as Truth
from tests.simulation.notices import ITEMS, Claim
from tests.simulation.payments import Record
from tests.simulation.year import BY_FILE, BY_NOTICE, FIRST

_TONIGHT = """
    SELECT (SELECT min(name) FROM delivery WHERE delivery.sha256 = file.sha256 AND status = 'accepted'), record_no,
        outcome, claim_yen, suspense_yen, payment_no
    FROM decision JOIN payment USING (payment_no) JOIN file USING (file_no) JOIN decided_file USING (file_no)
    WHERE night_on = '{}'
"""
_SUMS = """
    SELECT payment_no, outcome, paid_yen, coalesce((SELECT sum(yen) FROM posting WHERE posting.payment_no = decision.payment_no), 0)
    FROM decision JOIN payment USING (payment_no)
    WHERE coalesce((SELECT sum(yen) FROM posting WHERE posting.payment_no = decision.payment_no), 0)
        <> CASE WHEN stage = 'confirmed' AND outcome <> 'already_posted' THEN paid_yen ELSE 0 END
"""
_ENDED = "SELECT account, sum(yen) FROM posting WHERE account NOT IN ('claim', 'suspense') GROUP BY 1"
_COLLECTED = "SELECT bill_no, installment_no, sum(yen) FROM posting JOIN claim USING (claim_no) GROUP BY 1, 2"
_OWED = """
    SELECT bill_no, installment_no, sum(principal_yen), sum(demand_fee_yen), sum(late_charge_yen)
    FROM claim_entry JOIN claim USING (claim_no) GROUP BY 1, 2
"""
_CHANGES = f"""
    SELECT bill_no, installment_no, kind, sum(principal_yen + demand_fee_yen + late_charge_yen)
    FROM claim_entry JOIN claim USING (claim_no) WHERE procedure_code = '{BY_FILE.code}' GROUP BY 1, 2, 3
"""
_VALID = """
    SELECT bill_no, installment_no, issue_no FROM notice
    WHERE NOT EXISTS (SELECT 1 FROM notice_cancel WHERE notice_cancel.notice_no = notice.notice_no)
"""
_LEVIED = ("調定額", "収納額", "不納欠損額", "未収額")
_CARDS = 15
"""So many bills are asked for item by item."""


class Difference(AssertionError):
    """The program and the model do not agree."""


def compare_outcomes(
    city: City, where: str, wanted: list[tuple[int, str, str, int, int]], sent: dict[tuple[str, int], Record]
) -> dict[int, int]:
    """今夜の消込結果 of what was sent, by file and record. Returns 受付番号 of what has yen, by event.

    `where` ends with the night.
    """
    found, numbers, night = Counter[tuple[object, ...]](), dict[int, int](), where[-10:]
    for name, record_no, outcome, claim_yen, suspense_yen, payment_no in city.sql(_TONIGHT.format(night)):
        record = sent.get((name, record_no))
        if record is None:
            raise Difference(f"{where}: {name} {record_no} was decided, and nobody sent it")
        found[record.event, record.stage, outcome, claim_yen, suspense_yen] += 1
        if claim_yen or suspense_yen:
            numbers[record.event] = payment_no
    expected = Counter[tuple[object, ...]](wanted)
    if found != expected:
        more, less = found - expected, expected - found
        records = [own for own in sent.values() if own.event in {key[0] for key in more | less}]
        raise Difference(f"{where}: the program said {dict(more)}, the model {dict(less)}: {records}")
    return numbers


def compare_balances(city: City, truth: Truth, where: str) -> None:
    """調定と仮受の残高, and those of the accounts where yen end; and each payment's postings, which sum to its yen."""
    if differing := city.sql(_SUMS):
        raise Difference(f"{where}: postings that are not what was paid: {differing[:5]}")
    _agree(where, "collected", {(bill, part): yen for bill, part, yen in city.sql(_COLLECTED)}, truth.collected)
    held = city.sql("SELECT coalesce(sum(yen), 0) FROM posting WHERE account = 'suspense'")[0][0]
    if held != truth.suspense:
        raise Difference(f"{where}: suspense {held}, the model {truth.suspense}")
    _agree(where, "ended", {account: yen for account, yen in city.sql(_ENDED)}, truth.ended)


def compare_claims(city: City, truth: Truth, where: str) -> None:
    """調定: what is owed on each, by which changes (調定異動), and which notices are valid."""
    claims = {slip.claim for slip in truth.slips if not slip.is_total} | set(truth.book.rows)
    owed = {(*claim, at): yen for claim in claims for at, yen in enumerate(truth.owed_items(claim))}
    found = {(bill, part, at): yen for bill, part, *items in city.sql(_OWED) for at, yen in enumerate(items)}
    _agree(where, "owed", found, owed)
    changes = {(*claim, kind): yen for claim, own in truth.book.changes.items() for kind, yen in own.items()}
    _agree(where, "changes", {tuple(key): yen for *key, yen in city.sql(_CHANGES)}, changes)
    valid = {(*slip.claim, slip.issue): 1 for slip in truth.slips if not slip.is_cancelled}
    _agree(where, "valid notices", {tuple(key): 1 for key in city.sql(_VALID)}, valid)


def compare_items(city: City, truth: Truth, where: str, day: date, with_order: set[str]) -> None:
    """内訳: what stands on claims that owe several items; open only in a procedure that was without an order."""
    several = [claim for claim, own in truth.stands.items() if own and sum(map(bool, truth.owed_items(claim))) > 1]
    for bill in sorted({bill for bill, _ in several})[:_CARDS]:
        ran = elqr("claim", "show", bill, "--json", "--job", city.job, "--date", day.isoformat())
        for card in json.loads(ran.out)["claims"]:
            claim = card["bill_no"], card["installment_no"]
            found = [card["items"][item]["collected_yen"] for item in ITEMS]
            wanted = [sum(own.items[at] for own in truth.stands[claim]) for at in range(3)]
            may_be_open = card["procedure_code"] not in with_order
            if any(yen != own and (yen is not None or not may_be_open) for yen, own in zip(found, wanted, strict=True)):
                raise Difference(f"{where}: items of {claim} {found}, the model {wanted}")


def compare_fees(
    session: Session, truth: Truth, where: str, seen: dict[Claim, list[list[int]]], has_order: bool
) -> None:
    """督促手数料: items of each claim that ever had a fee, where something changed since it was `seen`.

    Only in a procedure that was without an order an item may be open.
    """
    for claim in truth.fees.of_claim:
        standing = truth.stands[claim]
        now = [truth.owed_items(claim), [sum(own.items[at] for own in standing) for at in range(3)]]
        if seen.get(claim) == now:
            continue
        seen[claim] = now
        (card,) = claim_cards(look_up_claims(session, claim[0], BY_NOTICE.code, claim[1]))
        found = [[card["items"][item][yen] for item in ITEMS] for yen in ("owed_yen", "collected_yen")]
        is_open = found[1] == [None, None, None] and card["collected_yen"] == sum(now[1]) and not has_order
        if found[0] != now[0] or (found[1] != now[1] and not is_open):
            raise Difference(f"{where}: items of {claim} {found}, the model {now}")


def compare_year(city: City, truth: Truth, where: str, day: date) -> None:
    """調定収納表 of the year, by procedure."""
    year = FIRST.year
    ran = elqr("year", "--fiscal-year", year, "--as-of", day.isoformat(), "--json", "--job", city.job)
    rows: list[dict[str, Any]] = ran.json["levied"]  # type: ignore[assignment]
    found = {(row["手続"], int(row["賦課年度"]), name): row[name] for row in rows for name in _LEVIED}
    wanted = Counter[tuple[str, int, str]]()
    claims = {slip.claim for slip in truth.slips if not slip.is_total} | set(truth.book.rows)
    for claim in claims:
        of_file, name = claim in truth.book.rows, BY_FILE.name if claim in truth.book.rows else BY_NOTICE.name
        off = -truth.book.changes[claim]["written_off"] if of_file else 0
        owed, collected = truth.owed(claim), truth.collected[claim]
        for column, yen in zip(_LEVIED, (owed + off, collected, off, owed - collected), strict=True):
            wanted[name, year, column] += yen
    _agree(where, "the year", found, wanted)


def _agree(where: str, what: str, found: Mapping[Any, int], wanted: Mapping[Any, int]) -> None:
    if differing := {key for key in {*found, *wanted} if found.get(key, 0) != wanted.get(key, 0)}:
        lines = [f"{key}: the program {found.get(key, 0)}, the model {wanted.get(key, 0)}" for key in sorted(differing)]
        raise Difference(f"{where}: {what}: {'; '.join(lines[:5])}")
