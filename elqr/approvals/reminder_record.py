"""Records on reminders (督促の記録): that a list was sent, and claims that are not to be reminded.

One person records; two take a wrong record back (elqr/approvals/retraction.py). Every record stands in the list of what
was left out, with its reason and who made it.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from elqr.approvals.claim_inquiry import look_up_claims
from elqr.session.session import Session
from elqr.store.entries.acts import RECORDED, Act, enter_act
from elqr.store.queries import arrears as list_queries
from elqr.store.queries import reminders as queries
from elqr.vocabulary.arrival_frames import Held
from elqr.vocabulary.errors import NotFound, Refused
from elqr.vocabulary.frames import Claim
from elqr.vocabulary.signature import Signature
from elqr.vocabulary.terms import HoldKind

_ONE_BILL = (Claim.PROCEDURE_CODE, Claim.LEVY_YEAR, Claim.TAX_YEAR, Claim.BILL_NO)


@dataclass(frozen=True, slots=True)
class Which:
    """どの調定: a 通知書番号 or a key in any writing, and what narrows it: procedure, 賦課年度 and 期別."""

    number: str
    procedure_code: str | None = None
    levy_year: int | None = None
    installment_no: int | None = None


@dataclass(frozen=True, slots=True)
class Why:
    """なぜ止めるか: the kind of reason, the last day if there is one, and for 引抜 the list."""

    kind: HoldKind
    until: date | None = None
    list_no: int | None = None


def record_sent(session: Session, list_no: int, issued_on: date, signature: Signature) -> tuple[int, int]:
    """督促状の発送を記す: all of a list but what was pulled. Returns how many claims were reminded and pulled.

    Raises NotFound for a list that there is not, Refused for one that is recorded, or a day before the list's.
    """
    with session.ledger.transaction() as connection:
        session.refuse_earlier_day()
        row = _find_list(session, list_no)
        for sending in queries.sendings(connection, session.night_on):
            if sending["list_no"] == list_no:
                raise Refused(
                    f"一覧{list_no}は {sending['taken_at'][:10]} に {sending['taken_by']} が発送済みと記録しています。"
                    f"まちがいなら elqr undo sent {sending['sent_no']} で取り消してください。"
                )
        if issued_on.isoformat() < row["night_on"]:
            raise Refused(f"発行日 {issued_on} が、一覧{list_no}を引いた日（{row['night_on']}）より前です。")
        entered = queries.enter_sent(
            connection,
            {
                "list_no": list_no,
                "issued_on": issued_on.isoformat(),
                "night_on": session.night_on.isoformat(),
                "taken_at": signature.at,
                "taken_by": signature.by,
            },
        )
        act = Act("reminder_sent", int(str(entered["sent_no"])), RECORDED, signature.by, {"reminder_sent": [entered]})
        enter_act(connection, session.night_on, act)
        pulled = len(queries.pulled(connection, list_no, session.night_on))
    return row["claims"] - pulled, pulled


def record_holds(session: Session, which: Which, why: Why, signature: Signature) -> tuple[list[int], pl.DataFrame]:
    """督促を止める: the claims of a number. Returns the numbers of the records, and the claims (frame Claim).

    Raises NotFound; Refused for claims of several bills, or what is recorded already.
    """
    with session.ledger.transaction():
        session.refuse_earlier_day()
    claims = _find_claims(session, which)
    with session.ledger.transaction() as connection:
        claims = _only_of_list(session, claims, why) if why.list_no is not None else _only_free(session, claims, why)
        rows = [
            {
                "claim_no": claim_no,
                "kind": why.kind.value,
                "list_no": why.list_no,
                "until_on": None if why.until is None else why.until.isoformat(),
                "night_on": session.night_on.isoformat(),
                "taken_at": signature.at,
                "taken_by": signature.by,
                "reason": signature.reason,
            }
            for claim_no in claims[Claim.CLAIM_NO].to_list()
        ]
        entered = queries.enter_holds(connection, rows)
        numbers = [int(str(row["hold_no"])) for row in entered]
        act = Act("reminder_hold", numbers[0], RECORDED, signature.by, {"reminder_hold": entered})
        enter_act(connection, session.night_on, act)
    return numbers, claims


def _find_list(session: Session, list_no: int) -> dict[str, Any]:
    rows = list_queries.lists(session.ledger.connection)
    row = next((row for row in rows if row["list_no"] == list_no), None)
    if row is None:
        raise NotFound(f"督促対象一覧{list_no}はありません。elqr arrears list が作ったフォルダの番号を書いてください。")
    return row


def _find_claims(session: Session, which: Which) -> pl.DataFrame:
    """調定を探す: of one bill. Raises NotFound, Refused."""
    cards = look_up_claims(session, which.number, which.procedure_code, which.installment_no).claims
    claims = cards.select(*Claim.SCHEMA).unique(Claim.CLAIM_NO, maintain_order=True)
    if which.levy_year is not None:
        claims = claims.filter(pl.col(Claim.LEVY_YEAR) == which.levy_year)
    if claims.is_empty():
        raise NotFound(f"番号 {which.number} の調定はありません。elqr claim show で確かめてください。")
    if claims.select(_ONE_BILL).unique().height > 1:
        raise Refused(
            f"番号 {which.number} は、いくつもの通知書の調定に当たります。"
            "--procedure と --year で一つにしてください（elqr claim show で見られます）。"
        )
    return claims


def _only_of_list(session: Session, claims: pl.DataFrame, why: Why) -> pl.DataFrame:
    """一覧にあり、まだ引き抜いていないもの. Raises NotFound, Refused."""
    assert why.list_no is not None, "a 引抜 is from a list"
    _find_list(session, why.list_no)
    listed = list_queries.listed(session.ledger.connection, why.list_no, session.night_on)
    in_list = claims.join(listed, on=Claim.CLAIM_NO, how="semi", maintain_order="left")
    if in_list.is_empty():
        raise NotFound(f"一覧{why.list_no}に、その調定はありません。")
    gone = queries.pulled(session.ledger.connection, why.list_no, session.night_on)
    left = in_list.filter(~pl.col(Claim.CLAIM_NO).is_in(list(gone)))
    if left.is_empty():
        raise Refused(f"一覧{why.list_no}からは、もう引き抜いてあります。")
    return left


def _only_free(session: Session, claims: pl.DataFrame, why: Why) -> pl.DataFrame:
    """まだ同じわけで止めていないもの. Raises Refused."""
    if why.until is not None and why.until < session.night_on:
        raise Refused(f"止める最後の日 {why.until} が、今日の夜（{session.night_on}）より前です。")
    same = queries.holds(session.ledger.connection, session.night_on).filter(pl.col(Held.KIND) == why.kind.value)
    free = claims.join(same, on=Claim.CLAIM_NO, how="anti", maintain_order="left")
    if free.is_empty():
        raise Refused(
            f"その調定は、もう{why.kind.label}で止めてあります。日を変えるなら、"
            "先に elqr undo hold でその記録を取り消してください。"
        )
    return free
