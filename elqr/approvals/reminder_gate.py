"""The reminder gate (督促の関門): claims that look unpaid, and the signs that they may have been paid.

A list is drawn only when there are no such signs, or when two people agreed to draw it in spite of them. An approval
holds for one situation (the same claims, yen and risks) and for one list.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from elqr.approvals.four_eyes import Request, ask, end_request, find_waiting, refuse_same_person
from elqr.approvals.reminder_risks import Obstacle, find_risks
from elqr.report.tables.night import labels_of
from elqr.rules.reminder_statuses import statuses_in_force, statuses_of_claims
from elqr.session.session import Session
from elqr.store.entries.links import ArrearsEnd
from elqr.store.queries import arrears as queries
from elqr.store.queries import reminders as reminder_queries
from elqr.store.queries.printing import unsent_claims
from elqr.store.queries.reminder_statuses import statuses_by
from elqr.store.queries.requests import ARREARS, requests
from elqr.store.tables.arrears import arrears_request
from elqr.vocabulary.arrival_frames import Held, LeftOut, Reminded, Unpaid
from elqr.vocabulary.claim_frames import NamedStatus
from elqr.vocabulary.errors import Refused
from elqr.vocabulary.ruling_terms import RulingResult
from elqr.vocabulary.signature import Signature
from elqr.vocabulary.terms import HoldKind

_ANNOUNCED, WITHOUT_NOTICE = "速報あり", "有効な納付書がない"
_REMINDED, _UNSENT = "督促済", "納付書が未発送"
"""Why claims are left out, besides the labels of HoldKind."""


@dataclass(frozen=True, slots=True)
class Situation:
    """督促の状況: what a list would hold and what speaks against drawing it.

    `claims` are to be listed, `announced` are paid according to a 速報; both are frame Unpaid. `left_out` are all that
    are as overdue and not to be reminded, each with its reason: frame LeftOut.
    """

    claims: pl.DataFrame
    announced: pl.DataFrame
    left_out: pl.DataFrame
    obstacles: tuple[Obstacle, ...]

    @property
    def count(self) -> int:
        """件数: how many claims look unpaid."""
        return self.claims.height

    @property
    def yen(self) -> int:
        """金額: the yen still owed on them."""
        return int(self.claims[Unpaid.LEFT_YEN].sum())

    def left_out_sums(self) -> dict[str, tuple[int, int]]:
        """除いた件数と金額, by reason."""
        sums = self.left_out.group_by(LeftOut.WHY).agg(pl.len(), pl.col(LeftOut.LEFT_YEN).sum()).sort(LeftOut.WHY)
        return {why: (count, yen) for why, count, yen in sums.iter_rows()}

    @property
    def sha256(self) -> str:
        """この状況の照合値: the hash of the claims, their yen and the risks."""
        rows = self.claims.sort(Unpaid.CLAIM_NO).select(Unpaid.CLAIM_NO, Unpaid.LEFT_YEN).rows()
        risks = [(obstacle.risk.value, obstacle.found) for obstacle in self.obstacles]
        return hashlib.sha256(json.dumps([rows, risks], ensure_ascii=False).encode()).hexdigest()


def situation(session: Session) -> Situation:
    """督促の状況, from the ledger and the inboxes as they are now. Raises Refused for a day before the last night."""
    night = session.night_on
    with session.ledger.transaction() as connection:
        session.refuse_earlier_day()
        rows, unasked = queries.unpaid(connection, night), queries.without_notice(connection, night)
        stops = read_stops(session, rows)
    days = session.job.arrears
    grace = pl.col(Unpaid.PROCEDURE_CODE).replace_strict(
        days.procedures, default=days.days_after_due, return_dtype=pl.Int64
    )
    is_due = pl.col(Unpaid.DUE_ON) + pl.duration(days=grace) < night
    due, unasked = rows.filter(is_due), unasked.filter(is_due)
    open_claims, stopped = divide_stopped(due, stops)
    claims, announced = open_claims.filter(~pl.col(Unpaid.IS_ANNOUNCED)), open_claims.filter(Unpaid.IS_ANNOUNCED)
    left_out = pl.concat([stopped, _left_out(announced, _ANNOUNCED), _left_out(unasked, WITHOUT_NOTICE)])
    return Situation(claims, announced, left_out, find_risks(session, claims, announced))


def _left_out(rows: pl.DataFrame, why: str) -> pl.DataFrame:
    return LeftOut.of(rows.with_columns(pl.lit(why).alias(LeftOut.WHY), pl.lit("").alias(LeftOut.DETAIL)))


@dataclass(frozen=True, slots=True)
class Stops:
    """督促を止めるもの: what holds each claim, what was reminded (frame Reminded), and what never left the house.

    `held` has claim_no, and why and until when people or the core system hold it, in words.
    """

    held: pl.DataFrame
    reminded: pl.DataFrame
    unsent: pl.DataFrame


def read_stops(session: Session, claims: pl.DataFrame) -> Stops:
    """督促を止めるもの as of the session's night, of claims (frame Unpaid). Needs an open transaction."""
    connection, night = session.ledger.connection, session.night_on
    records, is_elsewhere = reminder_queries.holds(connection, night), pl.col(Held.KIND) == HoldKind.ELSEWHERE.value
    unsent = unsent_claims(connection, claims).join(records.filter(is_elsewhere), on=Held.CLAIM_NO, how="anti")
    held = held_on(records, statuses_by(connection, night), claims, night)
    return Stops(held, reminder_queries.reminded(connection, night), unsent)


def held_on(records: pl.DataFrame, statuses: pl.DataFrame, claims: pl.DataFrame, day: date) -> pl.DataFrame:
    """ある日に止めている調定, as in `Stops.held`: by records of people (frame Held) or rows of files (NamedStatus).

    `claims` has claim_no, payer_ref and the columns of ClaimKey.
    """
    reaches = pl.col(Held.UNTIL_ON).is_null() | (pl.col(Held.UNTIL_ON) >= day)
    of_people = records.filter(reaches, pl.col(Held.KIND) != HoldKind.ELSEWHERE.value)
    of_files = statuses_of_claims(statuses_in_force(statuses, day), claims)
    held = pl.concat([_words_of_statuses(of_files), _words_of_records(of_people)])
    return held.unique(Held.CLAIM_NO, keep="last", maintain_order=True)


def _words_of_records(records: pl.DataFrame) -> pl.DataFrame:
    """人の記録の言葉 of frame Held, as in `Stops.held`."""
    until = pl.format("{}まで", Held.UNTIL_ON).fill_null("取り消すまで")
    return _in_words(records, pl.format("{}　記録{}（{}）", until, Held.HOLD_NO, Held.TAKEN_BY))


def _words_of_statuses(statuses: pl.DataFrame) -> pl.DataFrame:
    """督促の状況の言葉 of frame NamedStatus with claim_no, as in `Stops.held`."""
    until = pl.format("{}まで", NamedStatus.UNTIL_ON).fill_null("解除まで")
    place = pl.format("{} {}件目", NamedStatus.FILE_NAME, NamedStatus.RECORD_NO)
    return _in_words(statuses, pl.format("{}　状況{}（{}）", until, NamedStatus.STATUS_NO, place))


def _in_words(rows: pl.DataFrame, detail: pl.Expr) -> pl.DataFrame:
    return rows.select(Held.CLAIM_NO, labels_of(Held.KIND, HoldKind).alias("held_why"), detail.alias("held_detail"))


def divide_stopped(unpaid: pl.DataFrame, stops: Stops) -> tuple[pl.DataFrame, pl.DataFrame]:
    """督促してよいものと、止めているもの, of claims (frame Unpaid): what may be reminded, and frame LeftOut.

    A claim that was reminded is reminded again only if its 本税・本料 was raised since, not for the reminder's fee or a
    growing late charge.
    """
    of_list = stops.reminded.filter(pl.col(Reminded.RAISED_YEN) <= 0).select(
        Reminded.CLAIM_NO,
        pl.lit(_REMINDED).alias("list_why"),
        pl.format("一覧{}　発行日 {}　記録{}", Reminded.LIST_NO, Reminded.ISSUED_ON, Reminded.SENT_NO).alias(
            "list_detail"
        ),
    )
    of_print = stops.unsent.select(LeftOut.CLAIM_NO, pl.lit(_UNSENT).alias("print_why"))
    rows = unpaid
    for reasons in (stops.held, of_list, of_print):
        rows = rows.join(reasons, on=Unpaid.CLAIM_NO, how="left", maintain_order="left", validate="1:1")
    rows = rows.with_columns(
        pl.coalesce("held_why", "list_why", "print_why").alias(LeftOut.WHY),
        pl.coalesce("held_detail", "list_detail", pl.lit("")).alias(LeftOut.DETAIL),
    )
    is_stopped = pl.col(LeftOut.WHY).is_not_null()
    return Unpaid.of(rows.filter(~is_stopped)), LeftOut.of(rows.filter(is_stopped))


def request_list(session: Session, signature: Signature) -> tuple[int, Situation]:
    """督促対象を引く申請: request to draw the list in spite of the risks. Returns its number and the situation.

    Raises Refused when there is no risk, or when a request for the same situation is waiting.
    """
    now = situation(session)
    if not now.obstacles:
        raise Refused("督促を妨げるものはありません。elqr arrears list で引けます。")
    with session.ledger.transaction() as connection:
        same = requests(connection, ARREARS, arrears_request.c.situation == now.sha256)
        if any(row["result"] is None for row in same):
            raise Refused(
                "同じ状況の申請が承認を待っています。承認は elqr arrears approve、取り下げは elqr arrears reject です。"
            )
        row = {
            "situation": now.sha256,
            "claims": now.count,
            "yen": now.yen,
            "risks": json.dumps([obstacle.label for obstacle in now.obstacles], ensure_ascii=False),
        }
        return ask(session, ARREARS, row, signature), now


def approve_list(session: Session, request_no: int, signature: Signature) -> None:
    """申請を承認する: by another person, while the situation is unchanged. Raises NotFound, Refused."""
    request = find_waiting(session, ARREARS, request_no)
    refuse_same_person(session, request, signature.by)
    refuse_change(situation(session), request.row)
    _end(session, request, RulingResult.APPROVED, signature)


def refuse_list(session: Session, request_no: int, signature: Signature) -> None:
    """申請を却下する, or withdraw one's own. Raises NotFound."""
    _end(session, find_waiting(session, ARREARS, request_no), RulingResult.REFUSED, signature)


def _end(session: Session, request: Request, result: RulingResult, signature: Signature) -> None:
    """申請を終える: the link of the chain repeats what was requested."""
    row = request.row
    link = ArrearsEnd(
        arrears_request=request.number,
        situation=row["situation"],
        claims=row["claims"],
        yen=row["yen"],
        risks=row["risks"],
        night_on=row["night_on"],
        asked_at=row["asked_at"],
        asked_by=row["asked_by"],
        reason=row["reason"],
        result=result.value,
        ended_on=session.night_on.isoformat(),
        taken_at=signature.at,
        taken_by=signature.by,
        because=signature.reason,
    )
    with session.ledger.transaction():
        end_request(session, request, result, signature, link)


def refuse_change(now: Situation, request: Mapping[str, Any]) -> None:
    """状況が変わった申請を断る. `request` has keys `situation`, `claims` and `yen`. Raises Refused."""
    if now.sha256 != request["situation"]:
        raise Refused(
            f"申請のあとで状況が変わりました（申請 {request['claims']:,}件 {request['yen']:,}円、"
            f"今 {now.count:,}件 {now.yen:,}円）。確かめてから申請し直してください。"
        )
