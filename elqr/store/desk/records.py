"""操作記録: what people did at the desk, appended and read; and the failures that lock somebody out."""

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl
from sqlalchemy import ColumnElement, Connection, func, insert, select

from elqr.store.db.bulk import read_frame
from elqr.store.desk.tables import record
from elqr.vocabulary.desk_frames import DeskRecord
from elqr.vocabulary.staff import Deed

_RECORD = record.c


@dataclass(frozen=True, slots=True)
class Actor:
    """操作した人: the account, the name as it was then, and the address. Empty where nobody is known."""

    login: str = ""
    person: str = ""
    address: str = ""


def enter_record(connection: Connection, recorded_at: str, who: Actor, deed: Deed, subject: str = "") -> None:
    """操作を記す. `subject`: what it was done with, in words."""
    row = {
        DeskRecord.RECORDED_AT: recorded_at,
        DeskRecord.LOGIN: who.login,
        DeskRecord.PERSON: who.person,
        DeskRecord.ADDRESS: who.address,
        DeskRecord.DEED: deed.value,
        DeskRecord.SUBJECT: subject,
    }
    connection.execute(insert(record).values(row))


def records(connection: Connection, first: date, last: date, most: int | None = None) -> pl.DataFrame:
    """操作記録 from a day to a day, both included, oldest first: frame DeskRecord; at most the newest `most`."""
    query = select(*(_RECORD[name] for name in DeskRecord.SCHEMA)).where(*_in_days(first, last))
    newest = query.order_by(_RECORD.record_no.desc()).limit(most)
    return read_frame(connection, newest, DeskRecord.SCHEMA).reverse()


def count_records(connection: Connection, first: date, last: date) -> int:
    """操作記録の件数 from a day to a day, both included."""
    return int(connection.execute(select(func.count()).select_from(record).where(*_in_days(first, last))).scalar_one())


def _in_days(first: date, last: date) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """その日々か. The calendar's last day is followed by none, and nothing happens on it."""
    until = min(last, date.max - timedelta(days=1)) + timedelta(days=1)
    return _RECORD.recorded_at >= first.isoformat(), _RECORD.recorded_at < until.isoformat()


def failures_of_login(connection: Connection, login: str, since: str) -> int:
    """続けた失敗 of a login since an instant: since its last log-in, new password, or the lifting of its lock."""
    ends = [Deed.SIGNED_IN.value, Deed.UNLOCKED.value, Deed.SET_PASSWORD.value]
    last = select(func.max(_RECORD.record_no)).where(_RECORD.login == login, _RECORD.deed.in_(ends)).scalar_subquery()
    counted = (_RECORD.login == login, _RECORD.deed == Deed.REFUSED.value, _RECORD.recorded_at > since)
    query = select(func.count()).select_from(record).where(*counted, _RECORD.record_no > func.coalesce(last, 0))
    return int(connection.execute(query).scalar_one())


def failures_from(connection: Connection, address: str, since: str) -> int:
    """失敗 from an address since an instant, whoever was named: an account that is locked counts as one unknown."""
    failed = _RECORD.deed.in_([Deed.REFUSED.value, Deed.LOCKED_OUT.value])
    counted = (_RECORD.address == address, failed, _RECORD.recorded_at > since)
    return int(connection.execute(select(func.count()).select_from(record).where(*counted)).scalar_one())
