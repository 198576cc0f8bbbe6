"""Sessions of browsers (ログイン中): who is logged in. A row is found by the hash of the id that the browser has."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update

from elqr.store.desk.tables import visit


@dataclass(frozen=True, slots=True)
class Visit:
    """ログイン: whose it is, the token of its forms, from where and when it began, and when it was last used."""

    visit_hash: str
    login: str
    form_token: str
    address: str
    began_at: str
    used_at: str


def begin_visit(connection: Connection, begun: Visit) -> None:
    """ログインを記す: it begins."""
    row = {name: getattr(begun, name) for name in Visit.__slots__}
    connection.execute(insert(visit).values(row))


def find_visit(connection: Connection, visit_hash: str) -> Visit | None:
    """ログイン of a hash, whether it is still young enough or not."""
    query = select(*(visit.c[name] for name in Visit.__slots__)).where(visit.c.visit_hash == visit_hash)
    row = connection.execute(query).one_or_none()
    return None if row is None else Visit(*row)


def visits_of(connection: Connection, login: str) -> list[Visit]:
    """ログイン of a person, the first first."""
    query = select(*(visit.c[name] for name in Visit.__slots__)).where(visit.c.login == login)
    return [Visit(*row) for row in connection.execute(query.order_by(visit.c.began_at, visit.c.visit_hash))]


def touch_visit(connection: Connection, visit_hash: str, used_at: str) -> None:
    """使った時刻を記す, so that it does not end for want of use."""
    connection.execute(update(visit).where(visit.c.visit_hash == visit_hash).values(used_at=used_at))


def end_visit(connection: Connection, visit_hash: str) -> None:
    """ログインを終える: one browser's."""
    connection.execute(delete(visit).where(visit.c.visit_hash == visit_hash))


def end_visits_of(connection: Connection, login: str) -> int:
    """人のすべてのログインを終える. Returns how many there were."""
    return connection.execute(delete(visit).where(visit.c.login == login)).rowcount


def sweep_visits(connection: Connection, used_until: str, begun_until: str) -> None:
    """終わったログインを消す: those last used until an instant, or begun until another."""
    connection.execute(delete(visit).where((visit.c.used_at <= used_until) | (visit.c.began_at <= begun_until)))
