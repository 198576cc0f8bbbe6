"""The web application (窓口の組立て): the gate, the forms' protection, the pages, and what goes with every answer."""

import logging
from functools import partial, update_wrapper
from typing import Any

from flask import Flask, Response, g, render_template, request, url_for
from flask_wtf.csrf import CSRFError, CSRFProtect
from jinja2 import StrictUndefined
from werkzeug.exceptions import HTTPException

from elqr import __version__
from elqr.arithmetic.wareki import wareki
from elqr.desk import pages
from elqr.desk.gate import cookie_name, pass_gate
from elqr.desk.passwords import make_token
from elqr.desk.place import Place
from elqr.desk.rights import may_open
from elqr.report.page.document import show_hidden
from elqr.session.job import Desk
from elqr.vocabulary.errors import OperatorError
from elqr.vocabulary.visible_text import visible

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
LARGEST_FORM_BYTES = 65_536
_GRACE_SECONDS = 30
"""So long after the end of an unused log-in its page leaves the screen."""

_FAULTS = {
    400: ("送られた内容を読めません", "戻って、もう一度操作してください。"),
    403: (
        "このページは開けません",
        "あなたの役割か所属では見られないか、利用者が登録されていません。必要なら窓口の管理者に相談してください。",
    ),
    404: ("ページがありません", "アドレスを確かめるか、上の見出しから選び直してください。"),
    405: ("この操作はできません", "戻って、画面のボタンから操作してください。"),
    413: ("送られた内容が大きすぎます", "短くして、もう一度操作してください。"),
}
_STALE = (
    "画面が古くなっています",
    "時間がたったか、ほかの画面でログインし直しています。何も記していません。戻って画面を開き直し、もう一度操作してください。",
)
_OURS = (
    "プログラムの誤りで表示できません",
    "何も記していません。システム担当に、時刻とこの画面のことを伝えてください。",
)
_UNAVAILABLE = (
    "今は表示できません",
    "台帳か窓口のデータベースを、今は使えません。少し待って、もう一度操作してください。"
    "続くときは、システム担当に、時刻とこの画面のことを伝えてください。",
)


def make_app(place: Place) -> Flask:
    """窓口を組み立てる: the application, of which every page works with one place."""
    app = Flask(__name__, static_folder=None)
    app.config.update(
        SECRET_KEY=make_token(),
        MAX_CONTENT_LENGTH=LARGEST_FORM_BYTES,
        SESSION_COOKIE_NAME=f"{cookie_name(place.settings)}_form",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        SESSION_COOKIE_SECURE=place.settings.https,
        WTF_CSRF_TIME_LIMIT=None,
        TRAP_HTTP_EXCEPTIONS=False,
    )
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters |= {"comma": lambda value: f"{value:,}", "shown": show_hidden, "wareki": wareki}
    app.jinja_env.filters |= pages.FILTERS
    app.context_processor(partial(_shared, place))
    app.before_request(partial(pass_gate, place))  # before the forms are checked, which takes the visitor's token
    CSRFProtect(app)
    app.after_request(partial(_finish, place))
    for path, methods, view in pages.PAGES:
        app.add_url_rule(path, view.__name__, update_wrapper(partial(view, place), view), methods=methods)
    app.register_error_handler(CSRFError, lambda _: _message(400, *_STALE))
    app.register_error_handler(HTTPException, _explain)
    app.register_error_handler(OperatorError, _excuse)
    app.register_error_handler(Exception, _admit)
    return app


def _shared(place: Place) -> dict[str, Any]:
    """どのページにもあるもの."""
    job, visitor = place.setup.job, g.get("visitor")
    links = [(endpoint, words) for endpoint, words in pages.MENU if visitor and may_open(visitor.account, endpoint)]
    return {
        "city": job.city.name,
        "visitor": visitor,
        "menu": [] if visitor and visitor.must_set_password else links,
        "has_passwords": not job.desk.user_header,
        "version": __version__,
    }


def _finish(place: Place, answer: Response) -> Response:
    """答えに添える: headers of every answer, and the cookie of a log-in that has just begun or ended.

    A browser may show a page again that it went back to, as it stood, unless a cookie out of the reach of scripts has
    changed since; so the cookie goes with the log-in. Source: developer.chrome.com/docs/web-platform/bfcache-ccns.
    """
    settings = place.settings
    answer.headers.update(_HEADERS)
    if request.endpoint in ("style", "script") and answer.status_code == 200:
        answer.headers["Cache-Control"] = "max-age=300"
    if visit_id := g.get("visit_id", ""):
        answer.set_cookie(cookie_name(settings), visit_id, httponly=True, samesite="Strict", secure=settings.https)
    elif g.get("is_over", False):
        answer.delete_cookie(cookie_name(settings), httponly=True, samesite="Strict", secure=settings.https)
        answer.headers["Clear-Site-Data"] = '"cache"'
    elif g.get("visitor") is not None and request.endpoint != "idle":
        answer.headers.update(_leave_when_unused(settings))
    return answer


def _leave_when_unused(settings: Desk) -> dict[str, str]:
    """使わない画面を消す: a page that nobody uses any more gives way to one that shows nothing.

    Where the city's own sign-on names people, the next page would only log them in again.
    """
    seconds = settings.idle_minutes * 60 + _GRACE_SECONDS
    return {} if settings.user_header else {"Refresh": f"{seconds}; url={url_for('idle')}"}


def _explain(error: HTTPException) -> Any:
    """断りを日本語で. Redirects are answers, not faults."""
    if error.code is None or error.code < 400:
        return error.get_response()
    return _message(error.code, *_FAULTS.get(error.code, _FAULTS[400]))


def _excuse(error: OperatorError) -> Any:
    """運用の支障: whoever runs the desk reads the reason in the log; who is at a browser is told whom to call."""
    logging.getLogger(__name__).error("%s %s", _asked(), visible(str(error)))
    return _message(503, *_UNAVAILABLE)


def _admit(error: Exception) -> Any:
    """こちらの誤り: written to the log with its traceback, and told without it."""
    logging.getLogger(__name__).error("%s", _asked(), exc_info=error)
    return _message(500, *_OURS)


def _asked() -> str:
    return visible(f"{request.method} {request.path}")


def _message(status: int, heading: str, text: str) -> tuple[str, int]:
    return render_template("message.html", heading=heading, text=text), status
