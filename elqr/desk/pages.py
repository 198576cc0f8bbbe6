"""The pages (ページ): each reads what was asked, calls what commands call, and shows the answer."""

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import Response, current_app, g, redirect, render_template, request, url_for

from elqr.approvals.claim_inquiry import look_up_claims
from elqr.approvals.waiting_work import REVIEW_WORDS, Today, look_at_today
from elqr.arithmetic.plain_number import plain_number
from elqr.arithmetic.wareki import wareki_year
from elqr.desk import deciding, exceptions, requests
from elqr.desk.gate import end_in_browser, login_of, own_path, without_controls
from elqr.desk.passwords import SHORTEST, password_fault, same_password
from elqr.desk.place import Place, instant
from elqr.desk.rights import may_open, scope_of
from elqr.desk.sign_in import FAILURES_OF_LOGIN, LOCKED_MINUTES, choose_password, live_visits, log_in, log_out, note
from elqr.report.claim_card import (
    claim_cards,
    day_words,
    entry_label,
    entry_yen,
    installment_words,
    outcome_words,
    ruling_words,
    written_off_yen,
)
from elqr.report.page.document import page_style
from elqr.store.desk.records import count_records
from elqr.store.desk.records import records as read_records
from elqr.vocabulary.claim_terms import Item
from elqr.vocabulary.desk_frames import DeskRecord
from elqr.vocabulary.ruling_terms import Ruling, RulingResult
from elqr.vocabulary.staff import Deed
from elqr.vocabulary.terms import Channel

FILTERS: dict[str, Callable[..., Any]] = {
    "day": day_words,
    "entry_label": entry_label,
    "entry_yen": entry_yen,
    "installment": installment_words,
    "outcome": outcome_words,
    "ruling": ruling_words,
    "wareki_year": wareki_year,
    "written_off": written_off_yen,
    "channel": lambda value: Channel(value).label,
    "deed": lambda value: Deed(value).label,
    "ruling_name": lambda value: Ruling(value).label,
    "result_name": lambda value: RulingResult(value).label,
}
MENU = (
    ("morning", "朝"),
    ("exceptions", "要確認"),
    ("requests", "承認待ち"),
    ("inquiry", "照会"),
    ("records", "操作記録"),
    ("me", "自分の利用者"),
)
_LONGEST_NUMBER = 300
"""An eL-QR has 255 digits. What is longer as it was typed may be one in groups."""

_ASKED = ("number", "procedure", "installment")
_LONGEST_CODE = 40
_RECORDS_SHOWN = 500


def style(place: Place) -> Response:
    """見た目: the style sheet of the morning's page, and what the desk adds."""
    return Response(page_style() + render_template("desk.css"), mimetype="text/css")


def script(place: Place) -> Response:
    """手元の助け: the script of the pages, which work without it."""
    return Response(render_template("desk.js"), mimetype="text/javascript")


def login(place: Place) -> Any:
    """ログイン. Who is logged in already goes on to the page that was asked for."""
    wanted = own_path(current_app.url_map, request.values.get("next", ""))
    if request.method == "GET":
        if g.visitor is not None:
            return redirect(wanted, 303)
        return _login_page(wanted, is_refused=False)
    visit_id = log_in(
        place, login_of(request.form.get("login", "")), request.form.get("password", "")[:1000], g.address
    )
    if visit_id is None:
        return _login_page(wanted, is_refused=True), 401
    if g.visitor is not None:
        log_out(place, g.visitor, everywhere=False)
    g.visit_id = visit_id
    return redirect(wanted, 303)


def _login_page(wanted: str, *, is_refused: bool) -> str:
    return render_template(
        "login.html", wanted=wanted, is_refused=is_refused, failures=FAILURES_OF_LOGIN, minutes=LOCKED_MINUTES
    )


def logout(place: Place) -> Any:
    """ログアウト, of this browser or of all."""
    log_out(place, g.visitor, everywhere=request.form.get("everywhere") == "1")
    end_in_browser()
    return redirect(url_for("login"), 303)


def idle(place: Place) -> str:
    """使わなかった画面: what takes the place of a page that nobody used. It is no use of a log-in."""
    text = f"{place.settings.idle_minutes}分のあいだ使わなかったので、表示を消しました。"
    return render_template("message.html", heading="画面を閉じました", text=text)


def password(place: Place) -> Any:
    """自分のパスワードを決める: the one that was handed over, or any later one, is replaced."""
    if place.settings.user_header:
        return redirect(url_for("me"), 303)
    if request.method == "GET":
        return _password_page("")
    current, chosen, again = (request.form.get(name, "")[:1000] for name in ("current", "chosen", "again"))
    fault = password_fault(chosen, again, (g.visitor.account.login, place.setup.job.city.name))
    if not fault and same_password(chosen, current):
        fault = "今のパスワードと同じです。別のものにしてください。"
    if fault:
        return _password_page(fault), 400
    visit_id = choose_password(place, g.visitor, current, chosen)
    if visit_id is None:
        return _password_page("今のパスワードが違います。続けて間違えると、しばらく使えなくなります。"), 400
    g.visit_id = visit_id
    return redirect(url_for("home"), 303)


def _password_page(fault: str) -> str:
    return render_template("password.html", fault=fault, shortest=SHORTEST)


def home(place: Place) -> Any:
    """初めのページ: the first of the menu that the visitor may open."""
    first = next(endpoint for endpoint, _ in MENU if may_open(g.visitor.account, endpoint))
    return redirect(url_for(first), 303)


def morning(place: Place) -> str:
    """朝: what the last night brought, and what waits."""
    scope = scope_of(g.visitor.account, place.setup.register)
    with place.look() as session:
        today = look_at_today(session, scope)
    return render_template("morning.html", today=today, sees_all=scope is None, links=_links(today))


def _links(today: Today) -> dict[str, str]:
    """仕事のページ: where each kind of work that has a page is done. Requests of other kinds are listed here only."""
    waiting = {work.key: work for work in today.waits}
    links = {"exceptions": url_for("exceptions")}
    if all(line[0] == REVIEW_WORDS for line in waiting["requests"].lines):
        links["requests"] = url_for("requests")
    return links


def inquiry(place: Place) -> Any:
    """照会: the claims behind a number, of the visitor's procedures."""
    register, scope = place.setup.register, scope_of(g.visitor.account, place.setup.register)
    procedures = [each for each in register.procedure if scope is None or each.code in scope]
    number, code, part = (without_controls(request.args.get(name, "")).strip() for name in _ASKED)
    if len(number) > _LONGEST_NUMBER:
        number = plain_number(number)[:_LONGEST_NUMBER]
    installment = plain_number(part)
    values: dict[str, Any] = {
        "number": number,
        "code": code,
        "part": part,
        "procedures": procedures,
        "items": list(Item),
    }
    if not number:
        return render_template("inquiry.html", **values, cards=None, fault="")
    if installment and not (installment.isdecimal() and len(installment) <= 2):
        return render_template(
            "inquiry.html", **values, cards=None, fault="期別は 0（全期）～99 の数で入れてください。"
        ), 400
    with place.look() as session:
        looked_up = look_up_claims(session, number, code or None, int(installment) if installment else None)
        values |= {"night_on": session.night_on, "shown_at": instant(place.ask_time())}
    known = claim_cards(looked_up)
    cards = [card for card in known if scope is None or card["procedure_code"] in scope]
    hidden = f"、ほかの課 {len(known) - len(cards)}件" if len(known) > len(cards) else ""
    narrowed = f"　手続 {register.name_of(code)[:_LONGEST_CODE]}" if code else ""
    narrowed += f"　期別 {int(installment)}" if installment else ""
    note(place, g.visitor.actor, Deed.INQUIRED, f"番号 {number}{narrowed}　該当 {len(cards)}件{hidden}")
    return render_template("inquiry.html", **values, cards=cards, fault="", names=register.name_of)


def records(place: Place) -> Any:
    """操作記録, of some days."""
    today = place.ask_time().date()
    try:
        first, last = (date.fromisoformat(request.args.get(name, "") or today.isoformat()) for name in ("from", "to"))
    except ValueError:
        return render_template(
            "records.html", first=today, last=today, rows=[], count=0, fault="日付を読めません。"
        ), 400
    with place.database.transaction() as connection:
        rows = read_records(connection, first, last, _RECORDS_SHOWN).to_dicts()
        count = count_records(connection, first, last)
    note(place, g.visitor.actor, Deed.SAW_RECORDS, f"{first} から {last}")
    values = {"first": first, "last": last, "rows": rows, "count": count, "fault": "", "column": DeskRecord}
    return render_template("records.html", **values)


def me(place: Place) -> str:
    """自分の利用者: where one is logged in, and how to end that."""
    visits = live_visits(place, g.visitor.account.login)
    return render_template("me.html", visits=visits, idle_minutes=place.settings.idle_minutes)


PAGES: tuple[tuple[str, tuple[str, ...], Callable[..., Any]], ...] = (
    ("/style.css", ("GET",), style),
    ("/desk.js", ("GET",), script),
    ("/login", ("GET", "POST"), login),
    ("/logout", ("POST",), logout),
    ("/idle", ("GET",), idle),
    ("/password", ("GET", "POST"), password),
    ("/", ("GET",), home),
    ("/morning", ("GET",), morning),
    *exceptions.PAGES,
    *deciding.PAGES,
    *requests.PAGES,
    ("/inquiry", ("GET",), inquiry),
    ("/records", ("GET",), records),
    ("/me", ("GET",), me),
)
"""Path, methods and view. The view's name is the name by which elqr/desk/rights.py says who may open it."""
