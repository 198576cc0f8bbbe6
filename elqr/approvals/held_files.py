"""Files that were held back (残っている取込保留): what may be in them, and how two people give one up.

A file stays here wherever its sender or an operator moved it, until its content is taken in, or a file that was still
on its way then and has come whole, or the corrected file of the same name and day, with something new in it, or until a
second person agrees that nobody waits for it any more. What was kept of it stays archived. What is given up are the
deliveries of one line of the list: the same bytes under another name, in another inbox, or again under their name after
something else came under it, are another file.
"""

from typing import Any

import polars as pl

from elqr.approvals.four_eyes import end_request, enter_request, find_waiting, need_another, record_request
from elqr.disk.archive import is_kept
from elqr.night.take_in import still_held
from elqr.session.session import Session
from elqr.store.queries import held_files as queries
from elqr.store.queries.requests import WAIVER
from elqr.vocabulary.errors import NotFound, Refused
from elqr.vocabulary.signature import Signature
from elqr.vocabulary.terms import RulingResult

MARK_CHARS = 8
"""Of a content's hash so many are shown and typed."""


def held_files(session: Session) -> pl.DataFrame:
    """残っている取込保留 as of the night, as `still_held` gives it, with the waiver_no of what is asked."""
    with session.ledger.transaction() as connection:
        rows = still_held(session)
        waiting = queries.waiting_waivers(connection)
    by_delivery = {number: row["waiver_no"] for row in waiting for number in row["deliveries"]}
    by_content = {row["sha256"]: row["waiver_no"] for row in waiting if not row["deliveries"]}
    number, old = (
        pl.col(name).replace_strict(numbers, default=None, return_dtype=pl.Int64)
        for name, numbers in (("delivery_no", by_delivery), ("sha256", by_content))
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
    lines = rows.filter(is_named)
    if lines.is_empty():
        raise NotFound(
            f"残っている取込保留に {mark} はありません。"
            "elqr held list で確かめ、ファイル名か照合値の先頭8文字を指定してください。"
        )
    if lines.height > 1:
        each = "、".join(_marks(row) for row in lines.iter_rows(named=True))
        raise NotFound(f"残っている取込保留に {mark} は{lines.height}つあります。次のどれかで指定してください: {each}")
    return lines.row(0, named=True)


def request_waiver(session: Session, mark: str, signature: Signature) -> tuple[int, str]:
    """取込保留をあきらめる申請: returns its number and the file's name. Raises NotFound, Refused."""
    row = _named(held_files(session), mark)
    if row["waiver_no"] is not None:
        raise Refused(
            f"このファイルは申請済みです（申請 {row['waiver_no']}）。"
            "承認は elqr held approve、取り下げは elqr held reject です。"
        )
    with session.ledger.transaction() as connection:
        request = enter_request(session, WAIVER, {"sha256": row["sha256"], "name": row["name"]}, signature)
        deliveries = queries.enter_waived(connection, request.number, row["deliveries"])
        record_request(session, request, {"waiver_delivery": deliveries})
    return request.number, str(row["name"])


def approve_waiver(session: Session, waiver_no: int, signature: Signature) -> tuple[str, bool]:
    """あきらめる申請を承認する, by another person, while the file is held still.

    Returns the file's name, and whether its bytes are kept: those of a link never were. Raises NotFound, Refused.
    """
    with session.ledger.transaction() as connection:
        request = find_waiting(session, WAIVER, waiver_no)
        need_another(session, request, signature.by)
        name, deliveries = str(request.row["name"]), queries.waived(connection, waiver_no)
        if not _is_held(still_held(session), request.row["sha256"], deliveries):
            raise Refused(
                f"{name} は、申請のあとで取り込まれたか、直ったファイルが届きました。"
                "elqr held reject で申請を終えてください。"
            )
        end_request(session, request, RulingResult.APPROVED, signature)
    return name, is_kept(session.job.store.archive, request.row["sha256"])


def refuse_waiver(session: Session, waiver_no: int, signature: Signature) -> None:
    """あきらめる申請を却下する, or take back one's own. Raises NotFound."""
    with session.ledger.transaction():
        end_request(session, find_waiting(session, WAIVER, waiver_no), RulingResult.REFUSED, signature)


def _is_held(rows: pl.DataFrame, sha256: str, deliveries: list[int]) -> bool:
    """申請したものがすべて残っているか; what an older program asked for is known by its content."""
    if not deliveries:
        return sha256 in set(rows.filter(pl.col("box") == "")["sha256"])
    return set(deliveries) <= set(rows["deliveries"].explode())
