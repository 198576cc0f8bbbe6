"""Pages of requests (承認待ちのページ): what waits for a second person, with its evidence, and its end."""

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for

from elqr.approvals.request_queue import (
    AskedRequest,
    Person,
    end_rows,
    look_at_request,
    waiting_requests,
)
from elqr.approvals.request_queue import send_back as send_request_back
from elqr.approvals.review import Ended
from elqr.desk.filters import Unreadable, numbers_of, page_of, typed
from elqr.desk.place import Place, instant
from elqr.desk.rights import may_approve, may_open, scope_of
from elqr.desk.sign_in import note
from elqr.vocabulary.errors import Locked, NotFound, Refused
from elqr.vocabulary.ruling_terms import RulingResult
from elqr.vocabulary.signature import Signature
from elqr.vocabulary.staff import Deed

REASONS = (
    "対象の納付書が違う",
    "理由が足りない",
    "本人への確認が要る",
    "還付の希望を確かめる",
    "別の決裁にする",
    "取り下げ（入れ間違い）",
)
"""却下の理由の定型文."""

_MOST_ROWS = 10_000
_NIGHT = (
    "夜間処理（またはほかの作業）が台帳を使っているので、まだ何も記していません。終わってから、もう一度押してください。"
)
_STALE = (
    "画面を開いた後に台帳が変わったので、承認していません。下が今の姿です。確かめて、よければもう一度承認してください。"
)
_GONE = "承認を待つ申請ではありません。承認か却下が済んでいるか、番号が違うか、ほかの課の申請です。"


def requests(place: Place) -> Any:
    """承認待ち: the list of requests, or one of them with its evidence."""
    number = page_of(request.args.get("number", "0"))
    if request.args.get("number"):
        return _request_page(place, number)
    scope = scope_of(g.visitor.account, place.setup.register)
    with place.look() as session:
        rows = waiting_requests(session, scope)
    if rows:
        note(place, g.visitor.actor, Deed.LISTED, f"承認待ち {len(rows)}件")
    return render_template("requests.html", rows=rows)


def _request_page(place: Place, number: int, told: str = "", status: int = 200, now: AskedRequest | None = None) -> Any:
    """申請のページ. `told` is why one sees it again."""
    account = g.visitor.account
    with place.look() as session:
        person, scope = Person(account.login, account.name), scope_of(account, place.setup.register)
        asked = now or look_at_request(session, number, person, scope)
    if asked is None:
        return render_template(
            "message.html", heading="申請がありません", text=told or _GONE
        ), 404 if status == 200 else status
    note(place, g.visitor.actor, Deed.SAW_REQUEST, f"申請{number}")
    can_send_back = may_open(account, "send_back") and (asked.is_own or may_approve(account))
    return render_template(
        "request.html",
        asked=asked,
        told=told,
        can_approve=may_approve(account) and not asked.is_own,
        can_send_back=can_send_back,
        reasons=REASONS,
        reason=typed("reason"),
    ), status


def approve(place: Place, number: int) -> Any:
    """承認する: the rows that are chosen. The others go back."""
    try:
        chosen = numbers_of(request.form.getlist("ruling"), _MOST_ROWS)
    except Unreadable as error:
        return render_template("message.html", heading="選んだ行を読めません", text=str(error)), 400
    return _end(place, number, typed("reason"), (request.form.get("seen", ""), chosen))


def send_back(place: Place, number: int) -> Any:
    """却下する, or withdraw one's own request."""
    account, reason = g.visitor.account, typed("reason")
    with place.look() as session:
        scope = scope_of(account, place.setup.register)
        asked = look_at_request(session, number, Person(account.login, account.name), scope)
    if asked is not None and not (asked.is_own or may_approve(account)):
        return render_template(
            "message.html", heading="却下できません", text="却下は、承認のできる人か、申請した本人がします。"
        ), 403
    if not reason:
        return _request_page(place, number, "却下の理由を書いてください。", 400)
    return _end(place, number, reason, None)


def _end(place: Place, number: int, reason: str, approval: tuple[str, list[int]] | None) -> Any:
    """申請を終える. `approval`: what was seen, and the rulings that are approved; None refuses all."""
    account = g.visitor.account
    signature = Signature(account.name, instant(place.ask_time()), reason)
    scope, subject = scope_of(account, place.setup.register), f"申請{number}"
    done: Ended | AskedRequest | None
    try:
        with place.write(account.login, g.address) as session:
            if approval is None:
                done = send_request_back(session, number, signature, scope)
            else:
                done = end_rows(session, (number, approval[0]), approval[1], signature, scope)
    except Locked:
        note(place, g.visitor.actor, Deed.NOT_DONE, f"{subject}　夜間処理中")
        return _request_page(place, number, _NIGHT, 503)
    except (Refused, NotFound) as error:
        note(place, g.visitor.actor, Deed.NOT_DONE, subject)
        return _request_page(place, number, f"何も記していません。{error}", 409)
    if done is None:
        return render_template("message.html", heading="申請がありません", text=_GONE), 404
    if isinstance(done, AskedRequest):
        note(place, g.visitor.actor, Deed.NOT_DONE, f"{subject}　画面が古い")
        return _request_page(place, number, _STALE, 409, done)
    counts = "・".join(f"{result.label} {done.counts[result]:,}件" for result in RulingResult if done.counts[result])
    deed = Deed.SENT_BACK if approval is None else Deed.APPROVED
    note(place, g.visitor.actor, deed, f"{subject}　{counts}")
    flash(f"申請{number}を終えました（{counts}　仮受から動いた額 {done.moved_yen:,}円）。")
    return redirect(url_for("requests"), 303)


PAGES = (
    ("/requests", ("GET",), requests),
    ("/requests/<int:number>/approve", ("POST",), approve),
    ("/requests/<int:number>/send-back", ("POST",), send_back),
)
