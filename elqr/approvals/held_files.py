"""Files that were held back (残っている取込保留): what may be in them, and how two people give one up.

A file stays here wherever its sender or an operator moved it, until its content is taken in, or a file that was still
on its way then and has come whole, or the corrected file of the same name and day, with something new in it, or until a
second person agrees that nobody waits for it any more. What was kept of it stays archived. What is given up are the
deliveries of one line of the list: the same bytes under another name, in another inbox, or again under their name after
something else came under it, are another file.
"""

from typing import Any

import polars as pl

from elqr.approvals.four_eyes import need_another
from elqr.disk.archive import is_kept
from elqr.night.take_in import still_held
from elqr.session.session import Session
from elqr.store.entries.acts import ASKED, Act, enter_act
from elqr.store.queries import held_files as queries
from elqr.vocabulary.errors import NotFound, Refused
from elqr.vocabulary.terms import RulingResult

MARK_CHARS = 8
"""Of a content's hash so many are shown and typed."""


def held_files(session: Session) -> pl.DataFrame:
    """残っている取込保留 as of the night, as `still_held` gives it, with the waiver_no of what is asked."""
    with session.ledger.transaction() as connection:
        rows = still_held(session)
        asked = [own for own in queries.waivers(connection) if own["result"] is None]
    by_delivery = {number: own["waiver_no"] for own in asked for number in own["deliveries"]}
    by_content = {own["sha256"]: own["waiver_no"] for own in asked if not own["deliveries"]}
    number, old = (
        pl.col(name).replace_strict(found, default=None, return_dtype=pl.Int64)
        for name, found in (("delivery_no", by_delivery), ("sha256", by_content))
    )
    return rows.with_columns(pl.coalesce(number, pl.when(pl.col("box") == "").then(old)).alias("waiver_no"))


def _marks(row: dict[str, Any]) -> str:
    """一つを言い分ける指定: what no other line of the list answers to."""
    return "/".join(part for part in (row["sha256"][:MARK_CHARS], row["box"], row["name"]) if part)


def _named(rows: pl.DataFrame, mark: str) -> dict[str, Any]:
    """指定した一つ: the line of a name, of an inbox and a name, of the first of its hash, or of that before these.

    Raises NotFound for none, and for several.
    """
    head, _, rest = mark.partition("/")
    name, placed = pl.col("name"), pl.concat_str("box", "name", separator="/")
    is_named = (name == mark) | (placed == mark)
    if len(head) >= MARK_CHARS:
        begins = pl.col("sha256").str.starts_with(head)
        is_named |= begins & ((name == rest) | (placed == rest)) if rest else begins
    found = rows.filter(is_named)
    if found.is_empty():
        raise NotFound(
            f"残っている取込保留に {mark} はありません。"
            "elqr held list で確かめ、ファイル名か照合値の先頭8文字を指定してください。"
        )
    if found.height > 1:
        each = "、".join(_marks(row) for row in found.iter_rows(named=True))
        raise NotFound(f"残っている取込保留に {mark} は{found.height}つあります。次のどれかで指定してください: {each}")
    return found.row(0, named=True)


def request_waiver(session: Session, mark: str, reason: str, by: str, at: str) -> tuple[int, str]:
    """取込保留をあきらめる申請: returns its number and the file's name. Raises NotFound, Refused."""
    row = _named(held_files(session), mark)
    if row["waiver_no"] is not None:
        raise Refused(
            f"このファイルは申請済みです（申請 {row['waiver_no']}）。"
            "承認は elqr held approve、取り下げは elqr held reject です。"
        )
    request = {
        "sha256": row["sha256"],
        "name": row["name"],
        "night_on": session.night_on.isoformat(),
        "asked_at": at,
        "asked_by": by,
        "reason": reason,
    }
    with session.ledger.transaction() as connection:
        number, said = queries.enter_waiver(connection, request, row["deliveries"])
        enter_act(connection, session.night_on, Act("waiver", number, ASKED, by, said))
    return number, str(row["name"])


def end_waiver(
    session: Session, waiver_no: int, result: RulingResult, by: str, at: str, reason: str = ""
) -> tuple[str, bool]:
    """申請を承認か却下する: returns the file's name, and whether its bytes are kept: those of a link never were.

    An approval is another person's. Raises NotFound, Refused.
    """
    with session.ledger.transaction() as connection:
        request = next((own for own in queries.waivers(connection) if own["waiver_no"] == waiver_no), None)
        if request is None or request["result"] is not None:
            raise NotFound(f"承認を待つ申請 {waiver_no} はありません。elqr held list で番号を確かめてください。")
        if result is RulingResult.APPROVED:
            need_another(session, "waiver", waiver_no, [request["asked_by"]], by)
            if not _waits(still_held(session), request):
                raise Refused(
                    f"{request['name']} は、申請のあとで取り込まれたか、直ったファイルが届きました。"
                    "elqr held reject で申請を終えてください。"
                )
        _end(session, request, {"result": result.value, "taken_at": at, "taken_by": by}, reason)
    return str(request["name"]), is_kept(session.job.store.archive, request["sha256"])


def _waits(rows: pl.DataFrame, request: dict[str, Any]) -> bool:
    """申請したものがすべて残っているか; what an older program asked for is known by its content."""
    if not request["deliveries"]:
        return request["sha256"] in set(rows.filter(pl.col("box") == "")["sha256"])
    return set(request["deliveries"]) <= set(rows["deliveries"].explode())


def _end(session: Session, request: dict[str, Any], said: dict[str, str], reason: str) -> None:
    """申請を終える, with its link of the chain of runs."""
    connection, number = session.ledger.connection, request["waiver_no"]
    step = {"waiver_no": number, **said, "night_on": session.night_on.isoformat(), "reason": reason}
    queries.enter_step(connection, step)
    act = Act("waiver", number, said["result"], said["taken_by"], {"waiver_step": [step]})
    enter_act(connection, session.night_on, act)
