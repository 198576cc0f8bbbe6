"""Files that were held back (残っている取込保留): what may be in them, and how two people give one up.

A file stays here wherever its sender or an operator moved it, until its content is taken in, or a file that was still
on its way then and has come whole, or the corrected file of the same name and day, with something new in it, or until a
second person agrees that nobody waits for it any more. What was kept of it stays archived.
"""

from typing import Any

import polars as pl

from elqr.approvals.four_eyes import need_another
from elqr.disk.archive import is_kept
from elqr.night.take_in import still_held
from elqr.session.night import Night
from elqr.store.entries.acts import ASKED, Act, enter_act
from elqr.store.queries import held_files as queries
from elqr.vocabulary.errors import BadFile, NotFound
from elqr.vocabulary.terms import RulingResult

MARK_CHARS = 8
"""Of a content's hash so many are shown and typed."""


def held_files(night: Night) -> pl.DataFrame:
    """残っている取込保留 as of the night: name, sha256, spec, delivery_no, night_on, and waiver_no of what is asked."""
    with night.ledger.transaction() as connection:
        rows = still_held(night)
        asked = {own["sha256"]: own["waiver_no"] for own in queries.waivers(connection) if own["result"] is None}
    waiting = pl.col("sha256").replace_strict(asked, default=None, return_dtype=pl.Int64).alias("waiver_no")
    return rows.with_columns(waiting)


def request_waiver(night: Night, mark: str, reason: str, by: str, at: str) -> tuple[int, str]:
    """取込保留をあきらめる申請: returns its number and the file's name. Raises NotFound, BadFile."""
    rows = held_files(night)
    is_named = pl.col("name") == mark
    if len(mark) >= MARK_CHARS:
        is_named |= pl.col("sha256").str.starts_with(mark)
    named = rows.filter(is_named)
    if named.height != 1:
        raise NotFound(
            f"残っている取込保留に {mark} は{'ありません' if named.is_empty() else 'いくつもあります'}。"
            "elqr held list で確かめ、照合値の先頭8文字を指定してください。"
        )
    row = named.row(0, named=True)
    if row["waiver_no"] is not None:
        raise BadFile(
            f"このファイルは申請済みです（申請 {row['waiver_no']}）。"
            "承認は elqr held approve、取り下げは elqr held reject です。"
        )
    request = {
        "sha256": row["sha256"],
        "name": row["name"],
        "night_on": night.night_on.isoformat(),
        "asked_at": at,
        "asked_by": by,
        "reason": reason,
    }
    with night.ledger.transaction() as connection:
        number = queries.enter_waiver(connection, request)
        said = {"waiver": [{"waiver_no": number, **request}]}
        enter_act(connection, night.night_on, Act("waiver", number, ASKED, by, said))
    return number, str(row["name"])


def end_waiver(
    night: Night, waiver_no: int, result: RulingResult, by: str, at: str, reason: str = ""
) -> tuple[str, bool]:
    """申請を承認か却下する: returns the file's name, and whether its bytes are kept: those of a link never were.

    An approval is another person's. Raises NotFound, BadFile.
    """
    with night.ledger.transaction() as connection:
        request = next((own for own in queries.waivers(connection) if own["waiver_no"] == waiver_no), None)
        if request is None or request["result"] is not None:
            raise NotFound(f"承認を待つ申請 {waiver_no} はありません。elqr held list で番号を確かめてください。")
        if result is RulingResult.APPROVED:
            need_another(night, "waiver", waiver_no, [request["asked_by"]], by)
            if request["sha256"] not in set(still_held(night)["sha256"]):
                raise BadFile(
                    f"{request['name']} は、申請のあとで取り込まれたか、直ったファイルが届きました。"
                    "elqr held reject で申請を終えてください。"
                )
        _end(night, request, {"result": result.value, "taken_at": at, "taken_by": by}, reason)
    return str(request["name"]), is_kept(night.job.store.archive, request["sha256"])


def _end(night: Night, request: dict[str, Any], said: dict[str, str], reason: str) -> None:
    """申請を終える, with its link of the chain of runs."""
    connection, number = night.ledger.connection, request["waiver_no"]
    step = {"waiver_no": number, **said, "night_on": night.night_on.isoformat(), "reason": reason}
    queries.enter_step(connection, step)
    act = Act("waiver", number, said["result"], said["taken_by"], {"waiver_step": [step]})
    enter_act(connection, night.night_on, act)
