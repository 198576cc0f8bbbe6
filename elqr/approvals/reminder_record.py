"""Records on reminders (督促の記録): that a list was sent, and claims that are not to be reminded.

One person records; two take a wrong record back (elqr/approvals/retraction.py). Every record stands in the list of what
was left out, with its kind and who made it; why people asked for it stays in the ledger.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import polars as pl

from elqr.approvals.claim_inquiry import look_up_claims
from elqr.report.claim_card import installment_words
from elqr.rules.register import Register
from elqr.rules.reminder_statuses import statuses_in_force, statuses_of_claims
from elqr.session.session import Session
from elqr.store.entries.acts import RECORDED, Act, enter_act
from elqr.store.entries.claim_fees import enter_fees, fees_left
from elqr.store.queries import arrears as list_queries
from elqr.store.queries import reminders as queries
from elqr.store.queries.claim_states import claims_of_keys
from elqr.store.queries.reminder_statuses import statuses_by
from elqr.vocabulary.arrival_frames import Held
from elqr.vocabulary.claim_frames import ClaimEntry, ClaimFee, NamedStatus
from elqr.vocabulary.errors import NotFound, Refused
from elqr.vocabulary.frames import Claim, ClaimKey
from elqr.vocabulary.signature import Signature
from elqr.vocabulary.terms import HoldKind

_ONE_BILL = (Claim.PROCEDURE_CODE, Claim.LEVY_YEAR, Claim.TAX_YEAR, Claim.BILL_NO)

_NAMED = 20
"""Claims that words name one by one."""

_AHEAD = timedelta(days=31)
"""発行日 may be so far ahead of the day of the record. Later entries of its claims never have an earlier day, so a
mistyped one would stay. Our own bound."""


@dataclass(frozen=True, slots=True)
class Which:
    """どの調定: a 通知書番号 or a key in any writing, and what narrows it: procedure, 賦課年度, 相当年度 and 期別."""

    number: str
    procedure_code: str | None = None
    levy_year: int | None = None
    tax_year: int | None = None
    installment_no: int | None = None


@dataclass(frozen=True, slots=True)
class Why:
    """なぜ止めるか: the kind of reason, the last day if there is one, and for 引抜 the list."""

    kind: HoldKind
    until: date | None = None
    list_no: int | None = None


@dataclass(frozen=True, slots=True)
class Sending:
    """発送の記録: its number, how many claims of the list were reminded and pulled, and the fees that this brought.

    `held` names claims, in words, that were put on hold after the list was drawn and count as reminded all the same:
    what was posted was posted, but they may have been pulled without a record.
    """

    sent_no: int
    count: int
    pulled: int
    fees: int
    fee_yen: int
    held: tuple[str, ...]


def record_sent(session: Session, list_no: int, issued_on: date, signature: Signature) -> Sending:
    """督促状の発送を記す: all of a list but what was pulled, with the fees that the register says (督促手数料).

    Raises NotFound for a list that there is not; Refused for one that is recorded, or a day before the list's or far
    ahead.
    """
    with session.ledger.transaction() as connection:
        session.refuse_earlier_day()
        row = _find_list(session, list_no)
        _refuse_sent(session, list_no)
        if issued_on.isoformat() < row["night_on"]:
            raise Refused(f"発行日 {issued_on} が、一覧{list_no}を引いた日（{row['night_on']}）より前です。")
        if issued_on - session.night_on > _AHEAD:
            raise Refused(
                f"発行日 {issued_on} が、処理日（{session.night_on}）の{_AHEAD.days}日後より先です。"
                "日付を確かめてください。"
            )
        sent = {"list_no": list_no, "issued_on": issued_on.isoformat(), **_signed(session, signature)}
        entered = queries.enter_sent(connection, sent)
        sent_no = int(str(entered["sent_no"]))
        pulled = queries.pulled(connection, list_no, session.night_on)
        fees = _charge(session, entered, ~pl.col(Claim.CLAIM_NO).is_in(list(pulled)))
        held = _held_of_list(session, list_no, pulled)
        act = Act("reminder_sent", sent_no, RECORDED, signature.by, {"reminder_sent": [entered]})
        enter_act(connection, session.night_on, act)
    count, fee_yen = row["claims"] - len(pulled), int(fees[ClaimEntry.DEMAND_FEE_YEN].sum())
    return Sending(sent_no, count, len(pulled), fees.height, fee_yen, held)


def _held_of_list(session: Session, list_no: int, pulled: Collection[int]) -> tuple[str, ...]:
    """止めている調定 of a list that was sent, but for those that were pulled: each in words."""
    connection, night = session.ledger.connection, session.night_on
    listed = list_queries.listed(connection, list_no, night).filter(~pl.col(Claim.CLAIM_NO).is_in(list(pulled)))
    rows = listed.join(queries.holds(connection, night), on=Claim.CLAIM_NO, how="semi", maintain_order="left")
    return tuple(claim_words(row, session.register) for row in rows.iter_rows(named=True))


def _charge(session: Session, sending: Mapping[str, Any], is_charged: pl.Expr) -> pl.DataFrame:
    """督促手数料をつける, as the register says, for claims of a sending. Returns the entries (frame ClaimEntry).

    None for a claim of which all was paid before the day of issue: nobody was to be reminded of it.
    """
    connection, yen = session.ledger.connection, session.register.demand_fees
    claims = queries.chargeable(connection, sending["list_no"], sending["issued_on"], yen).filter(is_charged)
    fees = claims.with_columns(
        pl.lit(sending["sent_no"], pl.Int64).alias(ClaimFee.SENT_NO),
        pl.col(Claim.PROCEDURE_CODE).replace_strict(yen, return_dtype=pl.Int64).alias(ClaimFee.YEN),
        pl.lit(date.fromisoformat(sending["issued_on"])).alias(ClaimFee.ISSUED_ON),
        pl.lit(None, pl.Int64).alias(ClaimFee.UNDOES_NO),
    )
    return enter_fees(connection, session.night_on, fees)


def charge_unpulled(session: Session, hold_no: int) -> None:
    """引抜でなかった督促状の手数料をつける: the record that it was pulled is taken back after its list was sent."""
    hold = queries.hold_numbered(session.ledger.connection, hold_no, session.night_on)
    if hold is None or hold["list_no"] is None:
        return
    sending = queries.sending_of(session.ledger.connection, hold["list_no"], session.night_on)
    if sending is not None:
        _charge(session, sending, pl.col(Claim.CLAIM_NO) == hold["claim_no"])


def _signed(session: Session, signature: Signature) -> dict[str, str]:
    """いつ、だれが: the columns that every record has."""
    return {"night_on": session.night_on.isoformat(), "taken_at": signature.at, "taken_by": signature.by}


def claim_words(claim: Mapping[str, Any], register: Register) -> str:
    """どの調定か, in words, of a row with the columns of frame Claim."""
    name, part = register.name_of(claim[Claim.PROCEDURE_CODE]), installment_words(claim[Claim.INSTALLMENT_NO])
    return f"{name} {claim[Claim.LEVY_YEAR]}年度 {claim[Claim.BILL_NO]} {part}"


def fees_left_words(session: Session, sent_no: int) -> str:
    """残る督促手数料, in words: what stays when a sending is undone, and what ends it; empty where nothing stays."""
    left = fees_left(session.ledger.connection, sent_no)
    if left.is_empty():
        return ""
    named = [
        f"{claim_words(row, session.register)} {row[ClaimFee.YEN]:,}円"
        for row in left.head(_NAMED).iter_rows(named=True)
    ]
    rest = f"、ほか{left.height - _NAMED:,}件" if left.height > _NAMED else ""
    sums = f"{left.height:,}件 {int(left[ClaimFee.YEN].sum()):,}円"
    return (
        f"督促手数料 {sums}は、ほかの納付書か発送の記録が求めているので残ります（{'、'.join(named)}{rest}）。"
        "なくすには、督促の納付書は取消の行（異動区分 9）を、ほかの納付書は手数料のない再発行を異動事由「減額更正」で"
        "送ってもらいます。"
    )


def _refuse_sent(session: Session, list_no: int) -> None:
    """発送済みの一覧を断る. Raises Refused."""
    if sending := queries.sending_of(session.ledger.connection, list_no, session.night_on):
        raise Refused(
            f"一覧{list_no}は {sending['taken_at'][:10]} に {sending['taken_by']} が発送済みと記録しています。"
            f"まちがいなら elqr undo sent {sending['sent_no']} で取り消してください。"
        )


def record_holds(session: Session, which: Which, why: Why, signature: Signature) -> tuple[list[int], pl.DataFrame]:
    """督促を止める: the claims of a number. Returns the numbers of the records, and the claims (frame Claim).

    Raises NotFound; Refused for claims of several bills, or what is recorded already.
    """
    with session.ledger.transaction():
        session.refuse_earlier_day()
    claims = _find_bill(session, which)
    with session.ledger.transaction() as connection:
        claims = _only_of_list(session, claims, why) if why.list_no is not None else _only_free(session, claims, why)
        rows = [
            {
                "claim_no": claim_no,
                "kind": why.kind.value,
                "list_no": why.list_no,
                "until_on": None if why.until is None else why.until.isoformat(),
                "reason": signature.reason,
                **_signed(session, signature),
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


def find_claims(session: Session, which: Which) -> pl.DataFrame:
    """調定を探す by a number and what narrows it: frame Claim. Raises NotFound."""
    cards = look_up_claims(session, which.number).claims
    claims = cards.select(*Claim.SCHEMA).unique(Claim.CLAIM_NO, maintain_order=True)
    narrow = {
        Claim.PROCEDURE_CODE: which.procedure_code,
        Claim.LEVY_YEAR: which.levy_year,
        Claim.TAX_YEAR: which.tax_year,
        Claim.INSTALLMENT_NO: which.installment_no,
    }
    for name, value in narrow.items():
        claims = claims if value is None else claims.filter(pl.col(name) == value)
    if claims.is_empty():
        raise NotFound(f"番号 {which.number} の調定はありません。elqr claim show で確かめてください。")
    return claims


def status_words(status: Mapping[str, Any], register: Register) -> str:
    """どの調定か、だれのすべての調定か, in words, of a row with the columns of frame NamedStatus."""
    whose = status[NamedStatus.PAYER_REF]
    return f"宛名番号 {whose} のすべての調定" if whose else claim_words(status, register)


def list_statuses(session: Session, claims: pl.DataFrame | None) -> list[dict[str, Any]]:
    """効いている督促の状況 as of the session's night, in order; only of `claims` (frame Claim) if given.

    Rows of frame NamedStatus with days as text, and `is_known`: false for a claim that the ledger does not have.
    """
    connection, night = session.ledger.connection, session.night_on
    rows = statuses_in_force(statuses_by(connection, night), night)
    if claims is not None:
        about = statuses_of_claims(rows, claims)
        rows = rows.join(about, on=NamedStatus.STATUS_NO, how="semi", maintain_order="left")
    known = claims_of_keys(connection, rows).select(*ClaimKey.SCHEMA, is_known=True)
    rows = rows.join(known, on=list(ClaimKey.SCHEMA), how="left", validate="m:1", maintain_order="left")
    is_of_payer = pl.col(NamedStatus.PAYER_REF) != ""
    rows = rows.with_columns(pl.col("is_known").fill_null(is_of_payer), pl.col(pl.Date).cast(pl.String))
    return rows.to_dicts()


def _find_bill(session: Session, which: Which) -> pl.DataFrame:
    """一つの通知書の調定. Raises NotFound, Refused."""
    claims = find_claims(session, which)
    if claims.select(_ONE_BILL).unique().height > 1:
        raise Refused(
            f"番号 {which.number} は、いくつもの通知書の調定に当たります。"
            "--procedure・--year・--tax-year で一つにしてください（elqr claim show で見られます）。"
        )
    return claims


def _only_of_list(session: Session, claims: pl.DataFrame, why: Why) -> pl.DataFrame:
    """一覧にあり、まだ引き抜いていないもの. Raises NotFound; Refused also for a list that was sent."""
    assert why.list_no is not None, "a 引抜 is from a list"
    _find_list(session, why.list_no)
    _refuse_sent(session, why.list_no)
    listed = list_queries.listed(session.ledger.connection, why.list_no, session.night_on)
    in_list = claims.join(listed, on=Claim.CLAIM_NO, how="semi", maintain_order="left")
    if in_list.is_empty():
        raise NotFound(f"一覧{why.list_no}に、その調定はありません。")
    gone = queries.pulled(session.ledger.connection, why.list_no, session.night_on)
    left = in_list.filter(~pl.col(Claim.CLAIM_NO).is_in(list(gone)))
    if left.is_empty():
        raise Refused(f"一覧{why.list_no}からは、もう引き抜いてあります（elqr arrears holds で見られます）。")
    return left


def _only_free(session: Session, claims: pl.DataFrame, why: Why) -> pl.DataFrame:
    """同じわけで同じ日まで止めてはいないもの. A later last day, or none, goes further. Raises Refused."""
    if why.until is not None and why.until < session.night_on:
        raise Refused(f"止める最後の日 {why.until} が、今日の夜（{session.night_on}）より前です。")
    same = queries.holds(session.ledger.connection, session.night_on).filter(pl.col(Held.KIND) == why.kind.value)
    reaches = pl.col(Held.UNTIL_ON).is_null() | (False if why.until is None else pl.col(Held.UNTIL_ON) >= why.until)
    covering = same.filter(reaches)
    free = claims.join(covering, on=Claim.CLAIM_NO, how="anti", maintain_order="left")
    if free.is_empty():
        number = covering.join(claims, on=Claim.CLAIM_NO, how="semi")[Held.HOLD_NO].to_list()[-1]
        raise Refused(
            f"その調定は、もう{why.kind.label}と記録してあります（記録{number}）。"
            f"まちがいなら elqr undo hold {number} で取り消してください。"
        )
    return free
