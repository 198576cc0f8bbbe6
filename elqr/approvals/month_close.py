"""The monthly close (月計・月締め): a month drawn from the ledger, asked to be closed, and approved by another person.

Closing freezes the figures: no night up to the end of the month can post any more. Drawn again, a closed
month is compared with what was closed.
"""

from datetime import date

from elqr.approvals.four_eyes import need_another
from elqr.arithmetic.fiscal_year import month_end
from elqr.report.months import Monthly, monthly
from elqr.rules.month_figures import Figures
from elqr.session.session import Session
from elqr.store.db.bulk import next_no
from elqr.store.entries.acts import ASKED, Act, enter_act
from elqr.store.queries import months as queries
from elqr.store.queries import reports as report_queries
from elqr.store.tables.months import month_close
from elqr.vocabulary.errors import NotFound, Refused
from elqr.vocabulary.terms import RulingResult


def drawn(session: Session, first: date) -> Monthly:
    """月計を引く: the month that begins on a day, as the ledger has it now."""
    figures = _figures(session, first)
    with session.ledger.transaction() as connection:
        asked = queries.closes(connection, figures.month)
        chain = report_queries.chain(connection, month_end(first))
        earliest_open = queries.last_closed_month(connection) < figures.month
    closed = next((one for one in asked if one["result"] == RulingResult.APPROVED.value), None)
    waits = next((one for one in asked if one["result"] is None), None)
    is_changed = closed is not None and closed["sha256"] != figures.sha256
    if closed is not None:
        said = f"締済（申請 {closed['asked_by']}、承認 {closed['taken_by']} {closed['taken_at'][:10]}）"
        standing = f"★締後の変更あり　{said}" if is_changed else said
    elif waits is not None:
        standing = f"締めの承認待ち（申請 {waits['asked_by']} {waits['asked_at'][:10]}）"
    else:
        standing = "未締" if earliest_open else "未締（後の月を締めたため、もう変わりません）"
    return monthly(session.job.city.name, figures, session.register, chain, standing, is_changed=is_changed)


def close_asked(session: Session, first: date, by: str, at: str) -> Figures:
    """月締めを申請する. Raises Refused for a month that is not over, is closed, or waits already."""
    _is_over(session, first)
    figures = _figures(session, first)
    with session.ledger.transaction() as connection:
        for one in queries.closes(connection, figures.month):
            if one["result"] == RulingResult.APPROVED.value:
                raise Refused(
                    f"{figures.month} は {one['taken_at'][:10]} に {one['taken_by']} が承認して締めています。"
                )
            if one["result"] is None:
                raise Refused(
                    f"{figures.month} は {one['asked_by']} が申請済みです。承認は elqr month approve、"
                    "取り下げは elqr month reject です。"
                )
        close_no = next_no(connection, month_close.c.close_no)
        row = {
            "close_no": close_no,
            "month": figures.month,
            "night_on": session.night_on.isoformat(),
            "asked_at": at,
            "asked_by": by,
            "postings": figures.count,
            "yen": figures.yen,
            "suspense_yen": figures.closing_yen,
            "sha256": figures.sha256,
        }
        queries.enter_close(connection, row)
        enter_act(connection, session.night_on, Act("month_close", close_no, ASKED, by, {"month_close": [row]}))
    return figures


def close_approved(session: Session, first: date, by: str, at: str) -> Figures:
    """月締めを承認する, by another person, when the figures still are what was asked for. Raises NotFound, Refused."""
    _is_over(session, first)
    figures = _figures(session, first)
    asked = _waiting(session, figures.month)
    need_another(session, "month_close", int(asked["close_no"]), [asked["asked_by"]], by)
    if asked["sha256"] != figures.sha256:
        raise Refused(
            f"申請のあとで {figures.month} の月計が変わりました（申請 {asked['yen']:,}円、今 {figures.yen:,}円）。"
            "elqr month reject で取り下げ、確かめてから申請し直してください。"
        )
    _end(session, asked, RulingResult.APPROVED, by, at, "")
    return figures


def close_refused(session: Session, first: date, by: str, reason: str, at: str) -> None:
    """月締めの申請を却下する, or take back one's own. Raises NotFound."""
    _end(session, _waiting(session, f"{first:%Y-%m}"), RulingResult.REFUSED, by, at, reason)


def _figures(session: Session, first: date) -> Figures:
    with session.ledger.transaction() as connection:
        return queries.figures(connection, first)


def _is_over(session: Session, first: date) -> None:
    """終わった月か: a night of it must not come after the close, nor one of the days before a run that is recorded."""
    if session.night_on <= month_end(first):
        raise Refused(
            f"{first:%Y-%m} は、処理日（{session.night_on}）ではまだ終わっていません。"
            "月が終わってから締めてください（--date で処理日を指定できます）。"
        )


def _waiting(session: Session, month: str) -> dict[str, str]:
    with session.ledger.transaction() as connection:
        found = next((one for one in queries.closes(connection, month) if one["result"] is None), None)
    if found is None:
        raise NotFound(f"{month} の締めは申請されていません。先に elqr month close を実行してください。")
    return found


def _end(session: Session, asked: dict[str, str], result: RulingResult, by: str, at: str, reason: str) -> None:
    """申請を終える, with its link of the chain of runs."""
    with session.ledger.transaction() as connection:
        step = {"close_no": asked["close_no"], "month": asked["month"], "result": result.value, "taken_by": by}
        ends = {**step, "night_on": session.night_on.isoformat(), "taken_at": at, "reason": reason}
        queries.enter_close_step(connection, ends)
        link = {"month_close": asked["close_no"], "figures": asked["sha256"]}
        act = Act("month_close", int(asked["close_no"]), result.value, by, {"month_close_step": [ends]})
        enter_act(connection, session.night_on, act, {**link, "result": result.value, "taken_by": by})
