"""Log-in and sessions (ログイン): who is at a browser, from the log-in to the log-out.

Failures are counted from 操作記録: after some, an account and an address are locked for a while, and even the right
password is refused. Every refusal reads the same. The browser gets a new random id at each log-in, of which only the
hash is kept here.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from elqr.desk.passwords import hash_password, is_right, make_token
from elqr.desk.place import Place, instant
from elqr.store.desk.accounts import find_account, find_password, set_password
from elqr.store.desk.records import Actor, enter_record, failures_from, failures_of_login
from elqr.store.desk.visits import (
    Visit,
    begin_visit,
    end_visit,
    end_visits_of,
    find_visit,
    sweep_visits,
    touch_visit,
    visits_of,
)
from elqr.vocabulary.staff import Deed, StaffAccount

FAILURES_OF_LOGIN, FAILURES_FROM_ADDRESS = 5, 30
"""失敗の数 after which an account, and an address, are locked. Behind one address there may be a whole office."""

LOCKED_MINUTES = 15
_LONGEST_HOURS = 12
"""A log-in ends after a day's work, even in use."""

_ONE_TIME_DAYS = 7
_NO_ACCOUNT = "登録のない利用者名"
"""What is recorded of a name that is no account: people type passwords there."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """来た人: the account, the session of this browser, and whether the own password has to be set first."""

    account: StaffAccount
    visit: Visit
    must_set_password: bool = False

    @property
    def actor(self) -> Actor:
        """操作記録の人."""
        return Actor(self.account.login, self.account.name, self.visit.address)


def log_in(place: Place, login: str, password: str, address: str) -> str | None:
    """ログインする. Returns the id for the browser; None for a refusal, whatever its reason."""
    with place.turn:
        now = place.ask_time()
        since = instant(now - timedelta(minutes=LOCKED_MINUTES))
        with place.database.transaction() as connection:
            account = find_account(connection, login)
            secret = find_password(connection, login) if account else None
            deed = _lock(connection, login, address, since)
        # The hash takes its time for a locked account as for an unknown one; a locked address is refused at once.
        fits = deed is not Deed.LOCKED_ADDRESS and is_right(secret[0] if secret else None, password) and deed is None
        with place.database.transaction() as connection:
            if fits and account and secret and account.serves_on(now.date()) and not _is_stale(secret, now):
                return _begin(place, connection, account, address)
            who = Actor(account.login, account.name, address) if account else Actor(address=address)
            enter_record(connection, instant(now), who, deed or Deed.REFUSED, "" if account else _NO_ACCOUNT)
    return None


def _lock(connection: Any, login: str, address: str, since: str) -> Deed | None:
    """止まっているか: what to record of a log-in while the address or the account is locked; None if neither is."""
    if failures_from(connection, address, since) >= FAILURES_FROM_ADDRESS:
        return Deed.LOCKED_ADDRESS
    return Deed.LOCKED_OUT if failures_of_login(connection, login, since) >= FAILURES_OF_LOGIN else None


def sign_on(place: Place, login: str, address: str) -> str | None:
    """団体のサインオンで入る: a trusted proxy has named the person. Returns the id for the browser, or None."""
    now = place.ask_time()
    with place.database.transaction() as connection:
        account = find_account(connection, login)
        if account is None or not account.serves_on(now.date()):
            who = Actor(account.login, account.name, address) if account else Actor(address=address)
            enter_record(connection, instant(now), who, Deed.REFUSED, "サインオン" if account else _NO_ACCOUNT)
            return None
        return _begin(place, connection, account, address, "サインオン")


def _is_stale(secret: tuple[str, bool, str], now: datetime) -> bool:
    """期限の切れた一回限りのパスワードか."""
    _, is_one_time, set_at = secret
    return is_one_time and set_at < instant(now - timedelta(days=_ONE_TIME_DAYS))


def _begin(place: Place, connection: Any, account: StaffAccount, address: str, how: str = "") -> str:
    """ログインを始める, inside a transaction. Returns the id for the browser."""
    visit_id, at = make_token(), instant(place.ask_time())
    sweep_visits(connection, *_oldest(place))
    begin_visit(connection, Visit(_hash(visit_id), account.login, make_token(), address, at, at))
    enter_record(connection, at, Actor(account.login, account.name, address), Deed.SIGNED_IN, how)
    return visit_id


def _oldest(place: Place) -> tuple[str, str]:
    """終わったログイン: one that was last used at the first instant or before, or began at the second or before."""
    now = place.ask_time()
    idle = timedelta(minutes=place.settings.idle_minutes)
    return instant(now - idle), instant(now - timedelta(hours=_LONGEST_HOURS))


def live_visits(place: Place, login: str) -> list[Visit]:
    """続いているログイン of a person, the first first."""
    with place.database.transaction() as connection:
        sweep_visits(connection, *_oldest(place))
        return visits_of(connection, login)


def recognise(place: Place, visit_id: str, address: str, *, is_use: bool = True) -> Visitor | None:
    """誰かを知る, by the id of a browser: None for an unknown or old one, and where the account no longer serves.

    `is_use`: whether this keeps the log-in from ending for want of use.
    """
    now = place.ask_time()
    idle_since, begun_since = _oldest(place)
    with place.database.transaction() as connection:
        visit = find_visit(connection, _hash(visit_id)) if visit_id else None
        if visit is None:
            return None
        account = find_account(connection, visit.login)
        is_over = visit.used_at <= idle_since or visit.began_at <= begun_since
        if is_over or account is None or not account.serves_on(now.date()):
            end_visit(connection, visit.visit_hash)
            return None
        if is_use:
            touch_visit(connection, visit.visit_hash, instant(now))
        secret = None if place.settings.user_header else find_password(connection, visit.login)
        seen = Visit(visit.visit_hash, visit.login, visit.form_token, address, visit.began_at, instant(now))
    return Visitor(account, seen, must_set_password=secret is not None and secret[1])


def log_out(place: Place, visitor: Visitor, *, everywhere: bool) -> None:
    """ログアウトする, from this browser or from all."""
    deed = Deed.SIGNED_OUT_ALL if everywhere else Deed.SIGNED_OUT
    with place.database.transaction() as connection:
        if everywhere:
            end_visits_of(connection, visitor.account.login)
        else:
            end_visit(connection, visitor.visit.visit_hash)
        enter_record(connection, instant(place.ask_time()), visitor.actor, deed)


def choose_password(place: Place, visitor: Visitor, current: str, chosen: str) -> str | None:
    """自分のパスワードを決める. All log-ins end, and one begins anew: its id is returned. None for a wrong `current`.

    A wrong one counts as a failure of a log-in, so that nobody tries passwords at a browser left open.
    """
    login, now = visitor.account.login, place.ask_time()
    with place.turn:
        since = instant(now - timedelta(minutes=LOCKED_MINUTES))
        with place.database.transaction() as connection:
            secret = find_password(connection, login)
            locked = _lock(connection, login, visitor.visit.address, since)
        fits = locked is None and is_right(secret[0] if secret else None, current)
        digest = hash_password(chosen) if fits else ""
        with place.database.transaction() as connection:
            if not fits:
                enter_record(connection, instant(now), visitor.actor, locked or Deed.REFUSED, "パスワードの設定")
                return None
            set_password(connection, login, digest, instant(now), is_one_time=False)
            end_visits_of(connection, login)
            enter_record(connection, instant(now), visitor.actor, Deed.SET_PASSWORD)
            return _begin(place, connection, visitor.account, visitor.visit.address, "パスワードの設定の後")


def note(place: Place, who: Actor, deed: Deed, subject: str = "") -> None:
    """操作を記す, before its page is shown."""
    with place.database.transaction() as connection:
        enter_record(connection, instant(place.ask_time()), who, deed, subject)


def _hash(visit_id: str) -> str:
    return hashlib.sha256(visit_id.encode()).hexdigest()
