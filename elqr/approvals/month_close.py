"""The monthly close (月計・月締め): draw a month from the ledger; one person requests its close, another approves.

Closing freezes the figures: no night up to the end of the month can post any more. A closed month that is drawn again
is compared with the figures that were closed.
"""

from dataclasses import replace
from datetime import date

from elqr.approvals.four_eyes import Request, ask, end_request, refuse_same_person
from elqr.arithmetic.fiscal_year import month_end
from elqr.report.months import Monthly, monthly
from elqr.rules.month_figures import Figures
from elqr.session.session import Session
from elqr.store.entries.links import MonthEnd
from elqr.store.queries import months as queries
from elqr.store.queries import reports as report_queries
from elqr.store.queries.requests import MONTH_CLOSE
from elqr.vocabulary.errors import NotFound, Refused
from elqr.vocabulary.ruling_terms import RulingResult
from elqr.vocabulary.signature import Signature


def draw_month(session: Session, first: date) -> Monthly:
    """月計を引く: the month that begins on `first`, from the ledger as it is now."""
    figures = _figures(session, first)
    with session.ledger.transaction() as connection:
        requests = queries.closes(connection, figures.month)
        chain = report_queries.chain(connection, month_end(first))
        earliest_open = queries.last_closed_month(connection) < figures.month
    closed = next((row for row in requests if row["result"] == RulingResult.APPROVED.value), None)
    waiting = next((row for row in requests if row["result"] is None), None)
    is_changed = closed is not None and closed["sha256"] != figures.sha256
    if closed is not None:
        by_whom = f"締済（申請 {closed['asked_by']}、承認 {closed['taken_by']} {closed['taken_at'][:10]}）"
        standing = f"★締後の変更あり　{by_whom}" if is_changed else by_whom
    elif waiting is not None:
        standing = f"締めの承認待ち（申請 {waiting['asked_by']} {waiting['asked_at'][:10]}）"
    else:
        standing = "未締" if earliest_open else "未締（後の月を締めたため、もう変わりません）"
    return monthly(session.job.city.name, figures, session.register, chain, standing, is_changed=is_changed)


def request_close(session: Session, first: date, signature: Signature) -> Figures:
    """月締めを申請する. Raises Refused for a month that is not over, is closed, or has a request waiting."""
    _refuse_unfinished(session, first)
    figures = _figures(session, first)
    with session.ledger.transaction() as connection:
        for row in queries.closes(connection, figures.month):
            if row["result"] == RulingResult.APPROVED.value:
                raise Refused(
                    f"{figures.month} は {row['taken_at'][:10]} に {row['taken_by']} が承認して締めています。"
                )
            if row["result"] is None:
                raise Refused(
                    f"{figures.month} は {row['asked_by']} が申請済みです。承認は elqr month approve、"
                    "取り下げは elqr month reject です。"
                )
        request_row = {
            "month": figures.month,
            "postings": figures.count,
            "yen": figures.yen,
            "suspense_yen": figures.closing_yen,
            "sha256": figures.sha256,
        }
        ask(session, MONTH_CLOSE, request_row, signature)
    return figures


def approve_close(session: Session, first: date, signature: Signature) -> Figures:
    """月締めを承認する: by another person, while the figures are unchanged. Raises NotFound, Refused."""
    _refuse_unfinished(session, first)
    figures = _figures(session, first)
    request = _find_waiting(session, figures.month)
    refuse_same_person(session, request, signature.by)
    if request.row["sha256"] != figures.sha256:
        before, now = request.row["yen"], figures.yen
        raise Refused(
            f"申請のあとで {figures.month} の月計が変わりました（申請 {before:,}円、今 {now:,}円）。"
            "elqr month reject で取り下げ、確かめてから申請し直してください。"
        )
    _end(session, request, RulingResult.APPROVED, signature)
    return figures


def refuse_close(session: Session, first: date, signature: Signature) -> None:
    """月締めの申請を却下する, or withdraw one's own. Raises NotFound."""
    _end(session, _find_waiting(session, f"{first:%Y-%m}"), RulingResult.REFUSED, signature)


def _figures(session: Session, first: date) -> Figures:
    with session.ledger.transaction() as connection:
        return replace(queries.figures(connection, first), by=session.rules.accounting.by)


def _refuse_unfinished(session: Session, first: date) -> None:
    """終わっていない月を断る: no night of the month may follow its close. Raises Refused."""
    if session.night_on <= month_end(first):
        raise Refused(
            f"{first:%Y-%m} は、処理日（{session.night_on}）ではまだ終わっていません。"
            "月が終わってから締めてください（--date で処理日を指定できます）。"
        )


def _find_waiting(session: Session, month: str) -> Request:
    """承認を待つ月締めの申請を探す; a month has at most one. Raises NotFound."""
    with session.ledger.transaction() as connection:
        row = next((row for row in queries.closes(connection, month) if row["result"] is None), None)
    if row is None:
        raise NotFound(f"{month} の締めは申請されていません。先に elqr month close を実行してください。")
    return Request(MONTH_CLOSE, row)


def _end(session: Session, request: Request, result: RulingResult, signature: Signature) -> None:
    """申請を終える: the link of the chain has the hash of the figures."""
    link = MonthEnd(
        month_close=request.number, figures=request.row["sha256"], result=result.value, taken_by=signature.by
    )
    with session.ledger.transaction():
        end_request(session, request, result, signature, link)
