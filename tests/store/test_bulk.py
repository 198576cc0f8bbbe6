"""A query's columns are bound to the frame by name: two of one type that change places are refused, never read."""

from collections.abc import Callable, Iterator
from typing import Any

import polars as pl
import pytest
from sqlalchemy import Connection, Select, case, func, literal, select, union
from sqlalchemy.engine import make_url

from elqr.store.db.bulk import look_up, read_frame, read_unordered, select_named
from elqr.store.db.database import engine

YEN = {"paid_yen": pl.Int64, "owed_yen": pl.Int64}
PAID, OWED = literal(3).label("paid_yen"), literal(5).label("owed_yen")

Read = Callable[[Connection, Any], pl.DataFrame]


def _asked(connection: Connection, query: Select[Any]) -> pl.DataFrame:
    return look_up([connection], pl.DataFrame({"no": [1]}), lambda keys: query.select_from(keys), YEN)


READERS: tuple[Read, ...] = (
    lambda connection, query: read_frame(connection, query, YEN),
    lambda connection, query: read_unordered(connection, query, YEN),
    _asked,
)
every_reader = pytest.mark.parametrize("read", READERS, ids=["in order", "in no order", "of keys"])


@pytest.fixture
def connection() -> Iterator[Connection]:
    with engine(make_url("sqlite://")).begin() as made:
        yield made


@every_reader
def test_columns_under_their_names_are_read(connection: Connection, read: Read) -> None:
    assert read(connection, select(PAID, OWED)).rows(named=True) == [{"paid_yen": 3, "owed_yen": 5}]


@every_reader
def test_columns_that_change_places_are_refused(connection: Connection, read: Read) -> None:
    with pytest.raises(AssertionError, match=r"owed_yen.*paid_yen.*is read as.*paid_yen.*owed_yen"):
        read(connection, select(OWED, PAID))


@every_reader
@pytest.mark.parametrize(
    "query",
    [
        select(PAID, literal(5)),
        select(PAID, func.max(5)),
        select(PAID, case((literal(1) == 1, 5))),
        select(PAID, PAID),
        select(PAID),
        select(PAID, OWED, literal(7).label("left_yen")),
    ],
    ids=["a value", "a function", "a case", "one name twice", "one too few", "one too many"],
)
def test_columns_without_their_own_names_are_refused(connection: Connection, read: Read, query: Select[Any]) -> None:
    with pytest.raises(AssertionError):
        read(connection, query)


def test_every_part_of_a_union_names_its_columns_alike(connection: Connection) -> None:
    right, wrong = select(PAID, OWED), select(OWED, PAID)
    assert read_frame(connection, union(right, right), YEN).rows() == [(3, 5)]
    for parts in ((right, wrong), (wrong, right)):
        with pytest.raises(AssertionError):
            read_frame(connection, union(*parts), YEN)


def test_a_query_is_made_of_names_and_what_they_mean(connection: Connection) -> None:
    """Two columns of two tables that have one name get a name each."""
    one, other = (select(literal(no).label("no")).subquery() for no in (4, 5))
    query = select_named({"own_no": one.c.no, "other_no": other.c.no}).join(other, other.c.no > one.c.no)
    assert read_frame(connection, query, dict.fromkeys(("own_no", "other_no"), pl.Int64)).rows() == [(4, 5)]
