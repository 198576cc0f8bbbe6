"""The gate (門): what stands before every page: where a request comes from, who sends it, and whether that may be.

A stranger gets the log-in, whatever address was asked for. Where the city's own sign-on names people, a header does so,
and only in requests of the listed proxies.
"""

import unicodedata
from ipaddress import ip_address
from urllib.parse import urlsplit

from flask import Response, abort, g, redirect, request, session, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map

from elqr.desk.place import Place
from elqr.desk.rights import OPEN, may_open
from elqr.desk.sign_in import Visitor, note, recognise, sign_on
from elqr.session.job import Desk
from elqr.store.desk.records import Actor
from elqr.vocabulary.staff import Deed

_FORWARDED = "X-Forwarded-For"
_TOKEN = "csrf_token"
"""Where Flask-WTF keeps the secret of a browser's forms."""

_LONGEST_PATH = 200
"""So much of a path is recorded."""

_LONGEST_LOGIN = 100
_PASSWORD_PAGES = ("password", "logout", "idle")
"""What opens before the own password is set."""


def pass_gate(place: Place) -> Response | None:
    """門を通す: returns what to answer instead of the page, or None. Sets `g.visitor` and `g.address`."""
    g.visitor, g.visit_id, g.is_over = None, "", False
    g.address = address_of(place.settings, request.remote_addr or "", request.headers.get(_FORWARDED, ""))
    if request.endpoint in ("style", "script"):
        return None
    visit_id = request.cookies.get(cookie_name(place.settings), "")
    if place.settings.user_header:
        visitor: Visitor | None = _signed_on(place, visit_id)
    else:
        visitor = recognise(place, visit_id, g.address, is_use=request.endpoint != "idle")
    if visitor is None:
        if visit_id:
            end_in_browser()
        return None if request.endpoint in OPEN else _to_login()
    g.visitor = visitor
    if session.get(_TOKEN) != visitor.visit.form_token:
        session[_TOKEN] = visitor.visit.form_token  # a browser cannot bring its own
    if visitor.must_set_password and request.endpoint not in _PASSWORD_PAGES:
        return _see(url_for("password"))
    if (
        request.endpoint is not None
        and request.endpoint not in OPEN
        and not may_open(visitor.account, request.endpoint)
    ):
        note(place, visitor.actor, Deed.FORBIDDEN, request.path[:_LONGEST_PATH])
        abort(403)
    return None


def _signed_on(place: Place, visit_id: str) -> Visitor:
    """団体のサインオンの人: whom a trusted proxy names. Aborts for everybody else."""
    login = login_of(request.headers.get(place.settings.user_header, ""))
    if not _is_trusted(place.settings, request.remote_addr or ""):
        if login:
            note(place, Actor(address=g.address), Deed.FORGED)
        abort(403)
    visitor = recognise(place, visit_id, g.address)
    if login and (visitor is None or visitor.account.login != login):
        g.visit_id = sign_on(place, login, g.address) or ""
        visitor = recognise(place, g.visit_id, g.address)
    if not login or visitor is None:
        abort(403)
    return visitor


def end_in_browser() -> None:
    """ブラウザのログインを終える: its cookies are taken away, which also ends what it kept of our pages to go back to.

    The form of a log-in that is being sent keeps its token.
    """
    g.is_over = True
    if (request.endpoint, request.method) != ("login", "POST"):
        session.clear()


def login_of(text: str) -> str:
    """利用者名 as it was typed or named: full-width and capital letters mean the same, and blanks nothing."""
    return without_controls(unicodedata.normalize("NFKC", text)).strip().casefold()[:_LONGEST_LOGIN]


def without_controls(text: str) -> str:
    """制御文字を除く: no number and no name has any, and a line end would begin a second line of a record."""
    return "".join(character for character in text if unicodedata.category(character) not in ("Cc", "Cs", "Zl", "Zp"))


def address_of(settings: Desk, peer: str, forwarded: str) -> str:
    """どこから: the address of the browser: what a trusted proxy says it is, else that of the connection.

    Of several hops the last that is no trusted proxy counts: what stands before it anybody may have written.
    """
    address = peer
    for hop in reversed([part.strip() for part in forwarded.split(",") if part.strip()]):
        if not _is_trusted(settings, address):
            break
        try:
            believed = ip_address(hop)
        except ValueError:
            break
        if "%" in hop:
            break  # what stands after the address is any text
        address = str(believed)
    return address


def _is_trusted(settings: Desk, address: str) -> bool:
    try:
        return ip_address(address) in settings.trusted_proxies
    except ValueError:
        return False


def cookie_name(settings: Desk) -> str:
    """クッキーの名: with TLS one that a browser accepts from this host alone, and over TLS alone."""
    return "__Host-elqr" if settings.https else "elqr_desk"


def _to_login() -> Response:
    """ログインへ, and from there back to what was asked for, if that can be asked for again."""
    wanted = request.full_path.rstrip("?") if request.method == "GET" and request.path != "/" else ""
    return _see(url_for("login", next=wanted) if wanted else url_for("login"))


def _see(path: str) -> Response:
    answer = redirect(path, 303)
    assert isinstance(answer, Response)
    return answer


def own_path(pages: Map, wanted: str) -> str:
    """自分のページか: `wanted` if it is the address of a page of ours, else that of the first page."""
    try:
        parts = urlsplit(wanted)
    except ValueError:
        return "/"
    is_plain = wanted.startswith("/") and not wanted.startswith("//") and "\\" not in wanted and wanted.isprintable()
    if not is_plain or parts.scheme or parts.netloc:
        return "/"
    try:
        endpoint, _ = pages.bind("").match(parts.path, "GET")
    except HTTPException:
        return "/"
    return "/" if endpoint in OPEN else wanted
