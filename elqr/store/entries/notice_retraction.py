"""Taking back an import (納付書データの取込の取り消し): its notices are cancelled, and its claims are as before."""

from datetime import date

from sqlalchemy import Connection, insert, literal, select

from elqr.rules.claim_entries import new_entries
from elqr.store.db.bulk import next_no
from elqr.store.queries.claim_entries import asked_of, enter_entries
from elqr.store.queries.notice_files import brought_by
from elqr.store.queries.refused_rows import end_retracted
from elqr.store.tables import ledger as t


def enter_retraction(connection: Connection, file_no: int, night: date) -> None:
    """納付書データの取込の取り消しを記す: a notice file that brings no rows, what it cancels, and counter-entries.

    Rows of the file that still wait for a correction wait no longer: the corrected file has them.
    """
    claims, day = brought_by(connection, file_no).claims, night.isoformat()
    before = asked_of(connection, claims)
    file = t.notice_file.c
    of_file = select(file.sha256, file.name).where(file.notice_file_no == file_no)
    number = next_no(connection, file.notice_file_no)
    none = dict.fromkeys(("rows_read", "rows_new", "rows_same", "rows_bad"), 0)
    row = {"notice_file_no": number, **connection.execute(of_file).mappings().one(), "night_on": day, **none}
    connection.execute(insert(t.notice_file).values(**row, retracts_no=file_no))
    cancelled = select(t.notice.c.notice_no, literal(day), literal(number)).where(t.notice.c.notice_file_no == file_no)
    names = ["notice_no", "night_on", "notice_file_no"]
    connection.execute(insert(t.notice_cancel).from_select(names, cancelled))
    enter_entries(connection, new_entries(before, asked_of(connection, claims)))
    end_retracted(connection, file_no, number, night)
