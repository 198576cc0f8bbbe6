"""Files that were held back (残っている取込保留): the list of them, and how two people give one up.

A file stays on the list, wherever its sender or an operator moves it, until one of these happens: its content is taken
in; it was only a part, and the whole file comes; the corrected file of the same name and day comes, with something new
in it; two people agree that nobody waits for it any more. What was kept of it stays in the archive.

Giving up covers the deliveries of one line of the list. The same bytes under another name, in another inbox, or again
under their name after something else came under it, are another file.
"""

from typing import Any

import polars as pl

from elqr.approvals.four_eyes import end_request, enter_request, find_waiting, record_request, refuse_same_person
from elqr.disk.archive import is_kept
from elqr.night.take_in import list_held
from elqr.session.session import Session
from elqr.store.queries import held_files as queries
from elqr.store.queries.requests import WAIVER
from elqr.vocabulary.errors import NotFound, Refused
from elqr.vocabulary.report_frames import HeldFile
from elqr.vocabulary.ruling_terms import RulingResult
from elqr.vocabulary.signature import Signature

MARK_CHARS = 8
"""How many characters of a content's hash are shown and typed."""


def held_files(session: Session) -> pl.DataFrame:
    """残っている取込保留 as of the night: columns of `list_held`, and waiver_no where a request to give up waits."""
    with session.ledger.transaction() as connection:
        rows = list_held(session)
        waiting = queries.waiting_waivers(connection)
    by_delivery = {number: row["waiver_no"] for row in waiting for number in row["deliveries"]}
    by_content = {row[HeldFile.SHA256]: row["waiver_no"] for row in waiting if not row["deliveries"]}
    of_delivery, of_content = (
        pl.col(name).replace_strict(numbers, default=None, return_dtype=pl.Int64)
        for name, numbers in (("delivery_no", by_delivery), ("sha256", by_content))
    )
    waiver_no = pl.coalesce(of_delivery, pl.when(pl.col(HeldFile.BOX) == "").then(of_content))
    return rows.with_columns(waiver_no.alias("waiver_no"))


def _full_mark(row: dict[str, Any]) -> str:
    """一つだけを指す指定: the start of the hash, the inbox and the name. Keys `sha256`, `box` and `name`."""
    return "/".join(part for part in (row[HeldFile.SHA256][:MARK_CHARS], row[HeldFile.BOX], row[HeldFile.NAME]) if part)


def _find(rows: pl.DataFrame, mark: str) -> dict[str, Any]:
    """指定した一つを探す, by `name`, `box/name`, or the start of the hash, alone or before either of these.

    Returns a row of `held_files`. Raises NotFound for none, and for several.
    """
    hash_start, _, name_part = mark.partition("/")
    name, box_and_name = pl.col(HeldFile.NAME), pl.concat_str(HeldFile.BOX, HeldFile.NAME, separator="/")
    is_meant = (name == mark) | (box_and_name == mark)
    if len(hash_start) >= MARK_CHARS:
        has_hash = pl.col(HeldFile.SHA256).str.starts_with(hash_start)
        is_meant |= has_hash & ((name == name_part) | (box_and_name == name_part)) if name_part else has_hash
    lines = rows.filter(is_meant)
    if lines.is_empty():
        raise NotFound(
            f"残っている取込保留に {mark} はありません。"
            "elqr held list で確かめ、ファイル名か照合値の先頭8文字を指定してください。"
        )
    if lines.height > 1:
        marks = "、".join(_full_mark(row) for row in lines.iter_rows(named=True))
        raise NotFound(f"残っている取込保留に {mark} は{lines.height}つあります。次のどれかで指定してください: {marks}")
    return lines.row(0, named=True)


def request_waiver(session: Session, mark: str, signature: Signature) -> tuple[int, str]:
    """取込保留をあきらめる申請. Returns its number and the file's name. Raises NotFound, Refused."""
    row = _find(held_files(session), mark)
    if row["waiver_no"] is not None:
        raise Refused(
            f"このファイルは申請済みです（申請 {row['waiver_no']}）。"
            "承認は elqr held approve、取り下げは elqr held reject です。"
        )
    with session.ledger.transaction() as connection:
        request = enter_request(
            session, WAIVER, {"sha256": row[HeldFile.SHA256], "name": row[HeldFile.NAME]}, signature
        )
        deliveries = queries.enter_waived(connection, request.number, row["deliveries"])
        record_request(session, request, {"waiver_delivery": deliveries})
    return request.number, str(row[HeldFile.NAME])


def approve_waiver(session: Session, waiver_no: int, signature: Signature) -> tuple[str, bool]:
    """あきらめる申請を承認する: by another person, while the file is still held.

    Returns the file's name, and whether its bytes are in the archive; those of a link never are. Raises NotFound,
    Refused.
    """
    with session.ledger.transaction() as connection:
        request = find_waiting(session, WAIVER, waiver_no)
        refuse_same_person(session, request, signature.by)
        name, deliveries = str(request.row[HeldFile.NAME]), queries.waived(connection, waiver_no)
        if not _is_held(list_held(session), request.row[HeldFile.SHA256], deliveries):
            raise Refused(
                f"{name} は、申請のあとで取り込まれたか、直ったファイルが届きました。"
                "elqr held reject で申請を終えてください。"
            )
        end_request(session, request, RulingResult.APPROVED, signature)
    return name, is_kept(session.job.store.archive, request.row[HeldFile.SHA256])


def refuse_waiver(session: Session, waiver_no: int, signature: Signature) -> None:
    """あきらめる申請を却下する, or withdraw one's own. Raises NotFound."""
    with session.ledger.transaction():
        end_request(session, find_waiting(session, WAIVER, waiver_no), RulingResult.REFUSED, signature)


def _is_held(rows: pl.DataFrame, sha256: str, deliveries: list[int]) -> bool:
    """申請したものがすべて残っているか. Requests of an older program name no deliveries, only the content."""
    if not deliveries:
        return sha256 in set(rows.filter(pl.col(HeldFile.BOX) == "")[HeldFile.SHA256])
    return set(deliveries) <= set(rows["deliveries"].explode())
