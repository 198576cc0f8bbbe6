"""The web application (窓口の組立て): the gate, the forms' protection, the pages, and what goes with every answer."""

import logging
from functools import partial, update_wrapper
from typing import Any

from flask import Flask, Response, g, render_template, request
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
from elqr.vocabulary.errors import OperatorError

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
LARGEST_FORM_BYTES = 65_536

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
    app.register_error_handler(OperatorError, lambda error: _message(503, "今は表示できません", str(error)))
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
    """答えに添える: headers of every answer, and the cookie of a log-in that has just begun."""
    answer.headers.update(_HEADERS)
    if request.endpoint == "style" and answer.status_code == 200:
        answer.headers["Cache-Control"] = "max-age=300"
    if visit_id := g.get("visit_id", ""):
        answer.set_cookie(
            cookie_name(place.settings), visit_id, httponly=True, samesite="Strict", secure=place.settings.https
        )
    return answer


def _explain(error: HTTPException) -> Any:
    """断りを日本語で. Redirects are answers, not faults."""
    if error.code is None or error.code < 400:
        return error.get_response()
    return _message(error.code, *_FAULTS.get(error.code, _FAULTS[400]))


def _admit(error: Exception) -> Any:
    """こちらの誤り: written to the log with its traceback, and told without it."""
    logging.getLogger(__name__).error("%s %s", request.method, request.path, exc_info=error)
    return _message(500, *_OURS)


def _message(status: int, heading: str, text: str) -> tuple[str, int]:
    return render_template("message.html", heading=heading, text=text), status
