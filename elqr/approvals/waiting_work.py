"""Waiting work (待っている仕事): what the last night brought, and everything that now waits for somebody.

It is asked of the ledger as it is now, for a whole city or for some of its procedures. What cannot be told by
procedure, such as a file that was held back, waits for 会計 and is left out for others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from elqr.approvals.difference import list_differences
from elqr.approvals.held_files import held_files
from elqr.approvals.open_exceptions import NOW
from elqr.arithmetic.wareki import wareki
from elqr.report.claim_card import day_words
from elqr.report.morning import intake_lines, money_lines
from elqr.report.page.page import Line
from elqr.report.tables.night import with_procedure
from elqr.rules.expected_files import check_arrivals
from elqr.rules.payouts import is_case
from elqr.rules.register import Register
from elqr.session.session import Session
from elqr.store.queries import open_exceptions as waiting_queries
from elqr.store.queries import reports as report_queries
from elqr.store.queries import requests as request_queries
from elqr.store.queries import reviews as review_queries
from elqr.store.queries.exception_list import Procedures, Wanted, open_sums
from elqr.store.queries.printing import waiting_releases
from elqr.store.queries.refused_rows import waiting_by_procedure
from elqr.vocabulary.arrival_frames import Arriving
from elqr.vocabulary.code_texts import CODES
from elqr.vocabulary.codes import Code
from elqr.vocabulary.frames import Claim, Ruled
from elqr.vocabulary.limits import WAITING
from elqr.vocabulary.money_frames import Settled
from elqr.vocabulary.report_frames import DailySum, Delivery, DeliveryFinding, ExceptionRow, HeldFile
from elqr.vocabulary.terms import ArrivalState, SettlementOutcome

Scope = frozenset[str] | None
"""手続の範囲: the codes of the procedures that are looked at; None is all of them, and what is of no procedure."""

REVIEW_WORDS = "決裁"
"""What a request of rulings is called."""

_REQUESTS = (
    (request_queries.REVIEW, REVIEW_WORDS),
    (request_queries.DIFFERENCE, "払込差額の確認"),
    (request_queries.MONTH_CLOSE, "月締め"),
    (request_queries.ARREARS, "督促"),
    (request_queries.WAIVER, "取込保留のあきらめ"),
    (request_queries.GIVE_UP, "取り込まなかった行のあきらめ"),
    (request_queries.RETRACTION, "記録の取り消し"),
    (request_queries.BATCH, "手で打った束"),
)
_OPEN_ARRIVALS = tuple(
    state.value for state in (ArrivalState.MISSING, ArrivalState.SHORT, ArrivalState.OUT_OF_SEQUENCE)
)


@dataclass(frozen=True, slots=True)
class Work:
    """待っている仕事 of one kind: how many of what, their yen, and its lines under headings. None was not counted."""

    key: str
    name: str
    count: int | None
    unit: str = "件"
    yen: int | None = None
    headings: Sequence[str] = ()
    lines: Sequence[Sequence[str | int]] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Today:
    """朝の仕事: the last night, what came (of all procedures only), what was posted, and what waits."""

    night_on: date
    came: Sequence[tuple[Line, int]]
    posted: Sequence[Line]
    waits: Sequence[Work]

    @property
    def is_clear(self) -> bool:
        """何も待っていないか: everything was looked at, and there is nothing."""
        return all(work.count == 0 for work in self.waits)

    @property
    def is_waiting(self) -> bool:
        """何かが待っているか."""
        return any(work.count for work in self.waits)


def look_at_today(session: Session, scope: Scope) -> Today:
    """朝の仕事を見る, of the procedures of a scope."""
    night = session.night_on
    with session.ledger.transaction() as connection:
        deliveries = report_queries.deliveries(connection, night) if scope is None else Delivery.empty()
        postings = report_queries.postings(connection, night)
        waits = [*_exceptions(session, scope), _requests(session, scope), _refused_rows(session, scope)]
        if scope is None:
            waits += [_held(session), _arrivals(session)]
    if scope is None:
        waits.append(_differences(session))
    else:
        postings = postings.filter(pl.col(DailySum.PROCEDURE_CODE).is_in(scope))
    came = [(line, files) for line, files in intake_lines(deliveries) if files]
    return Today(night, came, money_lines(postings), waits)


def in_scope(session: Session, rows: pl.DataFrame, scope: Scope) -> pl.DataFrame:
    """範囲の行, of rows with a procedure and a 納付区分. What names no procedure is of no department."""
    if scope is None:
        return rows
    return rows.filter(with_procedure(rows, session.register)[Claim.PROCEDURE_CODE].is_in(scope))


def procedures_in(register: Register, scope: Scope) -> tuple[Procedures, ...]:
    """範囲の手続, as the list of exceptions is asked; empty for all."""
    if scope is None:
        return ()
    return (Procedures(scope, frozenset(each.item_no for each in register.procedure if each.code in scope)),)


def _exceptions(session: Session, scope: Scope) -> list[Work]:
    """要確認と過誤納. Where very many wait, the cases among them are not counted: that would read every one."""
    connection = session.ledger.connection
    count, yen = open_sums(connection, Wanted(procedures=procedures_in(session.register, scope)))
    works = [Work("exceptions", "要確認", count, yen=yen, note="仮受にある額です。" if count else "")]
    cases = None
    if not waiting_queries.are_more_waiting(connection, WAITING.most):
        cases = in_scope(session, review_queries.exceptions(connection, NOW), scope).filter(is_case())
    if cases is None:
        note = f"要確認が{WAITING.most:,}件を超えるので、ここでは数えません。過誤納整理簿のブックにあります。"
        return [*works, Work("refunds", "過誤納", None, note=note)]
    held = _sum(cases, ExceptionRow.SUSPENSE_YEN)
    note = "還付・充当を待つ額です。要確認のものも数えています。" if cases.height else ""
    return [*works, Work("refunds", "過誤納", cases.height, yen=held, note=note)]


def _sum(rows: pl.DataFrame, column: str) -> int:
    return int(rows[column].sum())


def _requests(session: Session, scope: Scope) -> Work:
    """承認待ち: every request that nobody has ended. Of some procedures only the rulings on their payments are told."""
    connection, lines = session.ledger.connection, list[Sequence[str | int]]()
    ours = _reviews_in(session, scope)
    for kind, words in _REQUESTS:
        for row in request_queries.requests(connection, kind, kind.step.c.result.is_(None)):
            number = row[kind.number.name]
            if scope is None or (kind is request_queries.REVIEW and number in ours):
                lines.append((words, str(number), _instant(row["asked_at"]), row["asked_by"]))
    for step in waiting_releases(connection) if scope is None else ():
        lines.append(("発送", str(step["print_no"]), _instant(step["taken_at"]), step["taken_by"]))
    return Work("requests", "承認待ち", len(lines), headings=("申請", "番号", "申請した時", "申請した人"), lines=lines)


def _reviews_in(session: Session, scope: Scope) -> frozenset[int]:
    """範囲の収納の決裁の申請: their numbers; not asked for all procedures."""
    if scope is None:
        return frozenset()
    connection = session.ledger.connection
    rulings = review_queries.waiting_rulings(connection)
    payments = in_scope(session, review_queries.payments_as_of(connection, NOW, rulings), scope)
    return frozenset(rulings.join(payments, on=Ruled.PAYMENT_NO, how="semi")[Ruled.REVIEW_NO])


def _refused_rows(session: Session, scope: Scope) -> Work:
    """却下行: rows of notice files that were not taken in, by file and procedure."""
    rows = waiting_by_procedure(session.ledger.connection)
    rows = [row for row in rows if scope is None or row["procedure_code"] in scope]
    lines = [
        (
            row["name"],
            day_words(row["night_on"]),
            session.register.name_of(row["procedure_code"] or "（手続不明）"),
            row["rows"],
        )
        for row in rows
    ]
    headings = ("ファイル", "取込", "手続", "行")
    return Work("refused", "取り込まなかった納付書の行", sum(row["rows"] for row in rows), "行", None, headings, lines)


def _held(session: Session) -> Work:
    """取込保留: one line a file, with the records and yen that were read in it."""
    rows = held_files(session)
    connection, nights = session.ledger.connection, rows[HeldFile.NIGHT_ON].unique().sort()
    deliveries = pl.concat([Delivery.empty(), *(report_queries.deliveries(connection, night) for night in nights)])
    findings = [DeliveryFinding.empty(), *(report_queries.delivery_findings(connection, night) for night in nights)]
    first = pl.concat(findings).unique(DeliveryFinding.DELIVERY_NO, keep="first", maintain_order=True)
    known = rows
    for frame, names in (
        (deliveries, (Delivery.PAYMENT_COUNT, Delivery.PAYMENT_YEN)),
        (first, (DeliveryFinding.CODE,)),
    ):
        beside = frame.select(HeldFile.DELIVERY_NO, *names)
        known = known.join(beside, on=HeldFile.DELIVERY_NO, how="left", validate="1:1", maintain_order="left")
    lines = [
        (
            row[HeldFile.NAME],
            wareki(row[HeldFile.NIGHT_ON]),
            _reason(row[DeliveryFinding.CODE]),
            row[Delivery.PAYMENT_COUNT] or "－",
            row[Delivery.PAYMENT_YEN] or "－",
            f"申請{row['waiver_no']} 承認待ち" if row["waiver_no"] else "",
        )
        for row in known.iter_rows(named=True)
    ]
    headings = ("ファイル", "受信した夜", "指摘", "記録", "金額（円）", "あきらめる申請")
    was_read = known.filter(pl.col(Delivery.PAYMENT_YEN).fill_null(0) > 0)
    note = "金額を読めたファイルだけの額です。" if 0 < was_read.height < known.height else ""
    yen = _sum(was_read, Delivery.PAYMENT_YEN) or None
    return Work("held", "取込保留", len(lines), "ファイル", yen, headings, lines, note)


def _reason(code: str | None) -> str:
    """わけ: the first finding about a file."""
    return f"{code} {CODES[Code(code)].heading}" if code else ""


def _arrivals(session: Session) -> Work:
    """未着: expected files that are missing, short or out of sequence as of the last night."""
    rules, night = session.rules, session.night_on
    rows = check_arrivals(
        rules.arrivals, report_queries.taken_in(session.ledger.connection, night), night, rules.calendar
    ).filter(pl.col(Arriving.STATE).is_in(_OPEN_ARRIVALS))
    lines = [
        (row[Arriving.NAME], ArrivalState(row[Arriving.STATE]).label, wareki(row[Arriving.DUE_ON]), row[Arriving.FILES])
        for row in rows.iter_rows(named=True)
    ]
    if not rules.arrivals:
        return Work("arrivals", "未着", None, note="届くはずのファイルがジョブに書いてないので、見ていません。")
    return Work("arrivals", "未着", len(lines), headings=("到着予定", "状況", "予定日", "届いた分"), lines=lines)


def _differences(session: Session) -> Work:
    """払込差額: lines of the settlement that do not agree."""
    differences = list_differences(session)
    lines = [
        (
            line.row[Settled.CONTRACT] or "（契約なし）",
            wareki(line.row[Settled.FROM_ON]) if line.row[Settled.FROM_ON] else "",
            SettlementOutcome(line.row[Settled.OUTCOME]).label,
            line.difference_yen,
        )
        for line in differences
    ]
    if not session.rules.contracts and not lines:
        return Work("differences", "払込差額", None, note="払込の契約がジョブに書いてないので、突合していません。")
    yen = sum(abs(line.difference_yen) for line in differences)
    headings = ("契約", "資金化日", "突合結果", "差額（円）")
    return Work("differences", "払込差額", len(lines), "行", yen, headings, lines)


def _instant(text: str) -> str:
    """時刻 in words, to the minute."""
    return f"{day_words(text[:10])} {text[11:16]}"
