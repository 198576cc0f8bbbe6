"""Evidence (決裁の証拠): all that the ledger and the archive have on one exception, side by side with its notices."""

from dataclasses import dataclass
from typing import Any

import polars as pl

from elqr.approvals.claim_inquiry import BARCODE_KEY, claims_in_full
from elqr.approvals.exception_list import open_rows, row_words
from elqr.approvals.open_exceptions import NOW, late_notices
from elqr.approvals.targets import Target, newest_notice, targets_of, unpaid_claims
from elqr.approvals.waiting_work import Scope
from elqr.arithmetic.wareki import wareki
from elqr.formats.intake.raw_records import Original, originals
from elqr.report.claim_card import claim_cards
from elqr.report.excel.row_mark import CONTENT, marks
from elqr.report.side_by_side import SideBySide, compare_texts, compare_words
from elqr.session.session import Session
from elqr.store.queries import details as detail_queries
from elqr.store.queries import notice_facts as queries
from elqr.store.queries import reviews as review_queries
from elqr.store.queries.review_trail import trail
from elqr.vocabulary.desk_frames import NoticeFacts
from elqr.vocabulary.frames import Suggestion
from elqr.vocabulary.page_frames import CaseClaim, CaseKeys
from elqr.vocabulary.report_frames import ExceptionRow
from elqr.vocabulary.terms import KeyKind

_LARGE_BYTES = 1_000_000
"""A CSV of more is read only when somebody asks for its record."""


@dataclass(frozen=True, slots=True)
class Compared:
    """候補: a notice, and the record beside it, line by line."""

    target: Target
    lines: list[SideBySide]

    @property
    def key(self) -> SideBySide:
        """照会キーの突き合わせ."""
        return self.lines[0]


@dataclass(frozen=True, slots=True)
class Evidence:
    """決裁の証拠 of one exception.

    `row` has the columns of 要確認一覧 and `申請`, `keys` those of frame CaseKeys. `others` are unpaid claims of the
    payer with the notice that could be paid, or None. `original` is None for a large file that was not asked for.
    `mark` is the state of the payment that all this shows.
    """

    row: dict[str, Any]
    is_open: bool
    keys: dict[str, Any]
    compared: list[Compared]
    others: list[tuple[dict[str, Any], int | None]]
    claims: list[dict[str, Any]]
    suspense: list[dict[str, Any]]
    rulings: list[dict[str, Any]]
    original: Original | None
    mark: str


def evidence_of(session: Session, payment_no: int, scope: Scope, *, reads_large: bool = False) -> Evidence | None:
    """証拠を集める; None for a number that is no exception of the scope.

    `reads_large`: the record is shown even if a large file has to be read for it.
    """
    with session.ledger.transaction() as connection:
        rows = open_rows(session, [payment_no], scope)
        if rows.is_empty():
            return None
        keys = detail_queries.case_keys(connection, rows)
        targets = targets_of(session, _candidates(session, rows), scope)
        of_notice = detail_queries.case_claims(connection, rows).select(CaseClaim.CLAIM_NO)
        cards = claim_cards(claims_in_full(session, of_notice))
        payers = {target.facts[NoticeFacts.PAYER_REF] for target in targets[:1]} | {rows[ExceptionRow.PAYER_REF][0]}
        shown = {target.notice_no for target in targets}
        unpaid = [(card, newest_notice(card)) for card in unpaid_claims(session, payers, scope)]
        record = keys.row(0, named=True) | rows.row(0, named=True)
        return Evidence(
            row=row_words(session, rows)[payment_no],
            is_open=bool(rows[ExceptionRow.IS_OPEN][0]),
            keys=keys.row(0, named=True),
            compared=[Compared(target, _lines(session, record, target)) for target in targets],
            others=[(card, number) for card, number in unpaid if number not in shown],
            claims=cards,
            suspense=detail_queries.suspense_postings(connection, rows, NOW).to_dicts(),
            rulings=trail(connection, payment_no=payment_no).to_dicts(),
            original=_original(session, keys, reads_large) if not keys.is_empty() else None,
            mark=marks(rows)[CONTENT][0],
        )


def compared_with(session: Session, rulings: pl.DataFrame) -> dict[tuple[int, int], Compared]:
    """対象との突き合わせ of rulings: (受付番号, notice_no) → the record beside the notice that the ruling names."""
    wanted = rulings.select(CaseKeys.PAYMENT_NO, NoticeFacts.NOTICE_NO).drop_nulls().unique()
    if wanted.is_empty():
        return {}
    connection = session.ledger.connection
    payments = wanted.select(CaseKeys.PAYMENT_NO).unique()
    keys = {row[CaseKeys.PAYMENT_NO]: row for row in detail_queries.case_keys(connection, payments).to_dicts()}
    records = {
        row[ExceptionRow.PAYMENT_NO]: keys[row[ExceptionRow.PAYMENT_NO]] | row
        for row in review_queries.payments_as_of(connection, NOW, payments).to_dicts()
    }
    notices = {int(number): "対象の納付書" for number in wanted[NoticeFacts.NOTICE_NO]}
    targets = {target.notice_no: target for target in targets_of(session, notices, None)}
    return {
        (number, notice_no): Compared(targets[notice_no], _lines(session, records[number], targets[notice_no]))
        for number, notice_no in wanted.iter_rows()
    }


def _original(session: Session, keys: pl.DataFrame, reads_large: bool) -> Original | None:
    """原データ. Of a fixed layout only the record is read, of a CSV the whole file."""
    spec = session.specs.get(keys[CaseKeys.SPEC][0])
    is_slow = spec is not None and spec.layout == "csv" and keys[CaseKeys.SIZE_BYTES][0] > _LARGE_BYTES
    if is_slow and not reads_large:
        return None
    return originals(keys, session.specs, session.job.store.archive)[keys[CaseKeys.PAYMENT_NO][0]]


def _candidates(session: Session, rows: pl.DataFrame) -> dict[int, str]:
    """候補の納付書 of one payment, by notice_no: of its own key, of the same key that came later, and near ones."""
    connection = session.ledger.connection
    candidates = {int(no): "照会キーの納付書" for no in queries.named_notices(connection, rows)[NoticeFacts.NOTICE_NO]}
    for frame in (late_notices(session, rows), queries.suggested_notices(connection, rows)):
        for number, how in frame.select(Suggestion.NOTICE_NO, Suggestion.HOW).iter_rows():
            candidates.setdefault(int(number), str(how))
    return candidates


def _lines(session: Session, record: dict[str, Any], target: Target) -> list[SideBySide]:
    """記録と納付書を並べる: `record` has the columns of frames CaseKeys and ExceptionRow of the record."""
    facts, city = target.facts, session.job.city
    procedure = session.register.named(facts[NoticeFacts.PROCEDURE_CODE])
    kind = KeyKind(record[CaseKeys.KEY_KIND])
    paid, amount = record[ExceptionRow.PAID_YEN], facts[NoticeFacts.AMOUNT_YEN]
    lines = [
        compare_texts(kind.label, record[CaseKeys.KEY_DIGITS], _key(facts, kind)),
        compare_texts("確認番号", record[CaseKeys.CHECK_NO] or "", facts[NoticeFacts.CHECK_NO] or ""),
        compare_texts("納付区分", record[CaseKeys.ITEM_NO] or "", procedure.item_no if procedure else ""),
        compare_texts("機関コード", record[CaseKeys.OFFICE_CODE] or "", city.office_code),
        compare_words(
            "金額", f"{paid:,}円", f"{amount:,}円", f"{abs(paid - amount):,}円の差" if paid != amount else ""
        ),
        compare_words(
            "日付",
            f"領収 {wareki(record[ExceptionRow.PAID_ON])}",
            f"発行 {wareki(facts[NoticeFacts.ISSUED_ON])}　支払期限 {wareki(facts[NoticeFacts.PAYABLE_UNTIL_ON])}",
            _days(record, facts),
        ),
        compare_words("状態", "", "取消済" if facts[NoticeFacts.CANCELLED_ON] else "有効", _state(facts)),
    ]
    return [lines[0], *(line for line in lines[1:] if line.ours or line.what == "状態")]


def _key(facts: dict[str, Any], kind: KeyKind) -> str:
    """納付書の照会キー of a kind; empty where the notice has none."""
    keys = {
        KeyKind.ELQR: facts[NoticeFacts.KEY_NO],
        KeyKind.BARCODE: (facts[NoticeFacts.BARCODE] or "")[BARCODE_KEY],
        KeyKind.CUSTOMER: facts[NoticeFacts.CUSTOMER_NO],
        KeyKind.PENSION: facts[NoticeFacts.PENSION_NO],
    }
    return keys[kind] or ""


def _days(record: dict[str, Any], facts: dict[str, Any]) -> str:
    if record[ExceptionRow.PAID_ON] < facts[NoticeFacts.ISSUED_ON]:
        return "発行日より前の領収"
    return "支払期限の後の領収" if record[ExceptionRow.PAID_ON] > facts[NoticeFacts.PAYABLE_UNTIL_ON] else ""


def _state(facts: dict[str, Any]) -> str:
    return f"{wareki(facts[NoticeFacts.CANCELLED_ON])} に取消" if facts[NoticeFacts.CANCELLED_ON] else ""
