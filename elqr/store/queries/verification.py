"""Queries of the verification (検算の照会): the ledger's rows as they are."""

import json
from typing import Any

import polars as pl
from sqlalchemy import ColumnElement, Connection, Table, and_, case, exists, func, or_, select, union

from elqr.formats.payment_identity import CONTENT, content
from elqr.store.db.bulk import read_frame, schema_of, select_named, stage_rows
from elqr.store.queries.claim_items import has_parts
from elqr.store.queries.notice_lines import line_of
from elqr.store.queries.owed import owed_yen
from elqr.store.queries.reductions import changed_claims, last_seen
from elqr.store.tables import ledger as t
from elqr.store.tables import money as m
from elqr.store.tables import reviews as r
from elqr.store.tables.arrears import claim_fee
from elqr.store.tables.claim_files import claim_state
from elqr.store.tables.totals import issue_tally, posting_tally
from elqr.vocabulary.audit_frames import (
    BundledPayment,
    CarriedRuling,
    DecisionBeside,
    EnteredBundle,
    EnteredPosting,
    EnteredSettlement,
    NoticeFile,
    OverpaidClaim,
    PayloadBeside,
    SaidContent,
    TakenFile,
    WatchedOverdue,
)
from elqr.vocabulary.frames import (
    Claim,
    ClaimKey,
    Decision,
    Known,
    Notice,
    NoticeClaim,
    NoticeKey,
    Payload,
    Payment,
    Posting,
    Ruled,
)
from elqr.vocabulary.money_frames import Bundle, Deposit
from elqr.vocabulary.ruling_terms import RulingResult
from elqr.vocabulary.tally_frames import IssueTally, PostingTally
from elqr.vocabulary.terms import DepositKind

_WHOLE, _TEXT = pl.Int64, pl.String
_APPROVED = RulingResult.APPROVED.value


def runs(connection: Connection) -> list[dict[str, Any]]:
    """実行の連鎖 in order: rows with `entry` as it was hashed, and parsed as `read`."""
    rows = connection.execute(select(*t.run.c).order_by(t.run.c.run_no)).mappings()
    return [{**row, "read": json.loads(row["entry"])} for row in rows]


def files(connection: Connection) -> pl.DataFrame:
    """取込済のファイル: frame TakenFile."""
    first = (
        select(t.delivery.c.sha256, func.min(t.delivery.c.delivery_no).label("delivery_no"))
        .where(t.delivery.c.status == "accepted")
        .group_by(t.delivery.c.sha256)
        .subquery()
    )
    columns = {
        TakenFile.FILE_NO: t.file.c.file_no,
        TakenFile.SHA256: t.file.c.sha256,
        TakenFile.SPEC: t.file.c.spec,
        TakenFile.SIZE_BYTES: t.file.c.size_bytes,
        TakenFile.RECORD_COUNT: t.file.c.record_count,
        TakenFile.PAYMENT_COUNT: t.file.c.payment_count,
        TakenFile.PAYMENT_YEN: t.file.c.payment_yen,
        TakenFile.NAME: t.delivery.c.name,
        TakenFile.RECEIVED_ON: t.delivery.c.night_on,
        TakenFile.DECIDED_ON: t.decided_file.c.night_on,
    }
    query = (
        select_named(columns)
        .outerjoin(first, first.c.sha256 == t.file.c.sha256)
        .outerjoin(t.delivery, t.delivery.c.delivery_no == first.c.delivery_no)
        .outerjoin(t.decided_file, t.decided_file.c.file_no == t.file.c.file_no)
        .order_by(t.file.c.file_no)
    )
    return read_frame(connection, query, TakenFile.SCHEMA)


def payments_of(connection: Connection, file_no: int) -> pl.DataFrame:
    """収納 of a file; frame Payment."""
    query = select(*(t.payment.c[name] for name in Payment.SCHEMA)).where(t.payment.c.file_no == file_no)
    return read_frame(connection, query, Payment.SCHEMA).sort(Payment.RECORD_NO)


def last_without_received(connection: Connection) -> int:
    """収入日を取らなかった最後のファイル: its number, of the time of older programs; 0 if there is none."""
    query = select(t.setting.c.value).where(t.setting.c.name == t.LAST_WITHOUT_RECEIVED)
    return int(connection.execute(query).scalar_one_or_none() or 0)


def _read_all(connection: Connection, table: Table, schema: dict[str, Any]) -> pl.DataFrame:
    return read_frame(connection, select(*(table.c[name] for name in schema)), schema)


def issue_tallies(connection: Connection) -> pl.DataFrame:
    """発行の累計; frame IssueTally."""
    return _read_all(connection, issue_tally, IssueTally.SCHEMA)


def posting_tallies(connection: Connection) -> pl.DataFrame:
    """計上の累計; frame PostingTally, with `is_elqr` as 0 or 1."""
    return _read_all(connection, posting_tally, {**PostingTally.SCHEMA, PostingTally.IS_ELQR: _WHOLE})


def decisions(connection: Connection) -> pl.DataFrame:
    """収納と消込結果: frame DecisionBeside."""
    payment_columns = [name for name in DecisionBeside.SCHEMA if name not in Decision.SCHEMA]
    query = (
        select(*(t.decision.c[name] for name in Decision.SCHEMA), *(t.payment.c[name] for name in payment_columns))
        .select_from(t.payment)
        .outerjoin(t.decision, t.decision.c.payment_no == t.payment.c.payment_no)
    )
    return read_frame(connection, query, DecisionBeside.SCHEMA)


def postings(connection: Connection) -> pl.DataFrame:
    """仕訳: frame EnteredPosting."""
    posting = t.posting.c
    query = (
        select(
            *(posting[name] for name in Posting.SCHEMA),
            posting.posting_no,
            posting.night_on,
            posting.reverses_no,
            r.ruling_posting.c.ruling_no,
            t.claim.c.levy_year,
            r.reduced_posting.c.posting_no.is_not(None).label(EnteredPosting.IS_REDUCTION),
        )
        .outerjoin(r.reduced_posting, r.reduced_posting.c.posting_no == posting.posting_no)
        .outerjoin(r.ruling_posting, r.ruling_posting.c.posting_no == posting.posting_no)
        .outerjoin(t.claim, t.claim.c.claim_no == posting.claim_no)
    )
    return read_frame(connection, query, EnteredPosting.SCHEMA).sort(EnteredPosting.POSTING_NO)


def stray_postings(connection: Connection) -> list[int]:
    """調定が違う仕訳: the claim is not of the payment's notice, nor of the ruling's target, nor of a reversed posting.

    A correction may go to a claim from which its own ruling takes yen back, or to one that its notice pays.
    """
    posting, back, covers, decision = t.posting.c, t.posting.alias("back").c, t.notice_claim.c, t.decision.c
    link, target = r.ruling_posting.c, r.ruling.c
    of_notice = exists().where(
        decision.payment_no == posting.payment_no,
        covers.notice_no == decision.notice_no,
        covers.claim_no == posting.claim_no,
    )
    of_ruling = exists().where(
        link.posting_no == posting.posting_no,
        target.ruling_no == link.ruling_no,
        covers.notice_no == func.coalesce(link.notice_no, target.notice_no),
        covers.claim_no == posting.claim_no,
    )
    of_reversed = exists().where(back.posting_no == posting.reverses_no, back.claim_no == posting.claim_no)
    is_move = posting.reverses_no.is_not(None)
    query = (
        select(posting.posting_no)
        .where(posting.claim_no.is_not(None))
        .where(or_(and_(~is_move, ~of_notice), and_(is_move, ~of_ruling, ~of_reversed)))
    )
    return list(connection.execute(query.order_by(posting.posting_no)).scalars())


def itemised_claims(connection: Connection) -> pl.DataFrame:
    """一部を求める納付書か督促手数料のある調定 (claim_no), without those that changed since a link looked."""
    covers, is_part = t.notice_claim.c, t.notice.c.part_kind.is_not(None)
    query = select(covers.claim_no).distinct().join(t.notice, t.notice.c.notice_no == covers.notice_no)
    stated = select(claim_state.c.claim_no)
    of_file = select(t.claim.c.claim_no).where(t.claim.c.claim_no.in_(stated), has_parts(connection))
    every = union(query.where(is_part), of_file, select(claim_fee.c.claim_no)).subquery()
    query = select(every.c.claim_no).where(every.c.claim_no.not_in(changed_claims(last_seen(connection))))
    return read_frame(connection, query, {Claim.CLAIM_NO: _WHOLE})


def overpaid_claims(connection: Connection) -> pl.DataFrame:
    """納め過ぎの調定: frame OverpaidClaim of claims whose notices were cancelled or reissued, or with a fee.

    Claims with changes that no link has looked at yet are left out.
    """
    covers = t.notice_claim.c
    is_cancelled = exists().where(t.notice_cancel.c.notice_no == t.notice.c.notice_no)
    changed = (
        select(covers.claim_no)
        .join(t.notice, t.notice.c.notice_no == covers.notice_no)
        .where(or_(t.notice.c.issue_no > 1, is_cancelled))
        .union(select(claim_state.c.claim_no), select(claim_fee.c.claim_no))
    )
    owed = owed_yen(t.claim.c.claim_no)
    query = (
        select_named(
            {
                OverpaidClaim.CLAIM_NO: t.claim.c.claim_no,
                OverpaidClaim.COLLECTED_YEN: func.sum(t.posting.c.yen),
                OverpaidClaim.OWED_YEN: owed,
            }
        )
        .join(t.posting, t.posting.c.claim_no == t.claim.c.claim_no)
        .where(t.claim.c.claim_no.in_(changed), t.claim.c.claim_no.not_in(changed_claims(last_seen(connection))))
        .group_by(t.claim.c.claim_no)
        .having(func.sum(t.posting.c.yen) > owed)
    )
    return read_frame(connection, query, OverpaidClaim.SCHEMA).sort(OverpaidClaim.CLAIM_NO)


OF_PAYMENT = "_paid"
"""Suffix of a column of the payment, next to the column by which the payment is known."""


def identities(connection: Connection) -> pl.DataFrame:
    """既知の収納とその収納: identity, stage and occurrence_no of both; those of the payment end in `OF_PAYMENT`."""
    names = (Payment.PAYMENT_NO, Payment.IDENTITY, Payment.STAGE, Payment.OCCURRENCE_NO)
    payments = _read_all(connection, t.payment, {name: Payment.SCHEMA[name] for name in names})
    known = _read_all(connection, t.payment_identity, Known.SCHEMA)
    return known.join(payments, on=Payment.PAYMENT_NO, how="full", suffix=OF_PAYMENT, coalesce=True)


def contents(connection: Connection, payment_nos: pl.DataFrame) -> pl.DataFrame:
    """収納の中身 of payments: frame SaidContent."""
    payment = t.payment.c
    schema: dict[str, Any] = {name: Payment.SCHEMA[name] for name in (Payment.PAYMENT_NO, *CONTENT)}
    with stage_rows(connection, payment_nos.select(Payment.PAYMENT_NO)) as staged:
        query = select(*(payment[name] for name in schema)).join(staged, staged.c.payment_no == payment.payment_no)
        return read_frame(connection, query, schema).select(Payment.PAYMENT_NO, content().alias(SaidContent.CONTENT))


def rulings(connection: Connection) -> pl.DataFrame:
    """決裁とその結果: frame CarriedRuling."""
    columns = ((r.ruling if name in Ruled.SCHEMA else r.ruling_result).c[name] for name in CarriedRuling.SCHEMA)
    query = select(*columns).outerjoin(r.ruling_result, r.ruling_result.c.ruling_no == r.ruling.c.ruling_no)
    return read_frame(connection, query, CarriedRuling.SCHEMA).sort(CarriedRuling.RULING_NO)


def deposits_of(connection: Connection, file_no: int) -> pl.DataFrame:
    """入金明細 of a file; frame Deposit."""
    query = select(*(m.deposit.c[name] for name in Deposit.SCHEMA)).where(m.deposit.c.file_no == file_no)
    return read_frame(connection, query, Deposit.SCHEMA).sort(Deposit.RECORD_NO)


def deposit_files(connection: Connection) -> dict[int, dict[str, Any]]:
    """入金ファイル: rows by file_no."""
    return {row["file_no"]: dict(row) for row in connection.execute(select(*m.deposit_file.c)).mappings()}


def bundles(connection: Connection) -> pl.DataFrame:
    """収納の束; frame EnteredBundle."""
    return _read_all(connection, m.bundle, EnteredBundle.SCHEMA).sort(Bundle.BUNDLE_NO)


def decided_payments(connection: Connection) -> pl.DataFrame:
    """消し込んだ収納: frame BundledPayment."""
    query = (
        select(
            *(t.payment.c[name] for name in BundledPayment.OF_PAYMENT),
            *(t.decision.c[name] for name in BundledPayment.OF_DECISION),
            t.decided_file.c.night_on,
        )
        .join(t.decision, t.decision.c.payment_no == t.payment.c.payment_no)
        .join(t.decided_file, t.decided_file.c.file_no == t.payment.c.file_no)
    )
    return read_frame(connection, query, BundledPayment.SCHEMA)


def settlements(connection: Connection) -> pl.DataFrame:
    """突合済と、その中身の合計: frame EnteredSettlement."""
    number, held_money = EnteredSettlement.SETTLEMENT_NO, EnteredSettlement.HELD_MONEY
    held_names = {EnteredSettlement.HELD_PAYMENTS: Bundle.PAYMENTS, EnteredSettlement.HELD_YEN: Bundle.YEN}
    sums = (func.sum(m.bundle.c[name]).label(held) for held, name in held_names.items())
    held = (
        select(m.settlement_bundle.c.settlement_no, *sums)
        .join(m.bundle, m.bundle.c.bundle_no == m.settlement_bundle.c.bundle_no)
        .group_by(m.settlement_bundle.c.settlement_no)
    )
    deposit = m.deposit.c
    signed = case((deposit.kind == DepositKind.CANCELLED.value, -deposit.yen), else_=deposit.yen)
    money = (
        select(m.settlement_deposit.c.settlement_no, func.sum(signed).label(held_money))
        .join(m.deposit, deposit.deposit_no == m.settlement_deposit.c.deposit_no)
        .where(deposit.repeats_no.is_(None), deposit.kind != DepositKind.PAID_OUT.value)
        .group_by(m.settlement_deposit.c.settlement_no)
    )
    line = {name: kind for name, kind in EnteredSettlement.SCHEMA.items() if name not in EnteredSettlement.HELD}
    rows = _read_all(connection, m.settlement, line)
    of_bundles = read_frame(connection, held, schema_of((number, *held_names)))
    of_money = read_frame(connection, money, schema_of((number, held_money)))
    for side in (of_bundles, of_money):
        rows = rows.join(side, on=number, how="full", coalesce=True)
    return rows.sort(number)


def overdue(connection: Connection) -> pl.DataFrame:
    """期限超過の速報: frame WatchedOverdue."""
    overdue, watched, payment = m.overdue_payment.c, m.watched_bundle.c, t.payment.c
    watched_on = watched.night_on.label(WatchedOverdue.WATCHED_ON)
    query = (
        select(overdue.payment_no, overdue.contract, overdue.night_on, watched_on, t.decision.c.outcome)
        .join(t.payment, payment.payment_no == overdue.payment_no)
        .join(t.decision, t.decision.c.payment_no == overdue.payment_no)
        .outerjoin(
            m.bundle,
            and_(
                m.bundle.c.file_no == payment.file_no,
                m.bundle.c.channel == payment.channel,
                m.bundle.c.stage == payment.stage,
                m.bundle.c.day_on == func.coalesce(payment.funds_on, payment.paid_on),
            ),
        )
        .outerjoin(m.watched_bundle, watched.bundle_no == m.bundle.c.bundle_no)
    )
    return read_frame(connection, query, WatchedOverdue.SCHEMA)


def notice_files(connection: Connection) -> pl.DataFrame:
    """納付書データの取込: frame NoticeFile, of files that came."""
    return _notice_files(connection, t.notice_file.c.retracts_no.is_(None))


def _notice_files(connection: Connection, condition: ColumnElement[bool]) -> pl.DataFrame:
    query = select(*(t.notice_file.c[name] for name in NoticeFile.SCHEMA)).where(condition)
    return read_frame(connection, query, NoticeFile.SCHEMA).sort(NoticeFile.NOTICE_FILE_NO)


def unsealed_notice_files(connection: Connection, notice_file_no: int) -> pl.DataFrame:
    """納付書データの取込 and what took one back, after a number: frame NoticeFile."""
    return _notice_files(connection, t.notice_file.c.notice_file_no > notice_file_no)


def notices_of(connection: Connection, notice_file_no: int) -> pl.DataFrame:
    """納付書 of one file; frame Notice."""
    query = select(*(t.notice.c[name] for name in Notice.SCHEMA)).where(t.notice.c.notice_file_no == notice_file_no)
    return read_frame(connection, query, Notice.SCHEMA)


def notice_count(connection: Connection) -> int:
    """納付書の数 in the ledger."""
    return int(connection.execute(select(func.count()).select_from(t.notice)).scalar_one())


def keys(connection: Connection) -> pl.DataFrame:
    """照会キー; frame NoticeKey."""
    return _read_all(connection, t.notice_key, NoticeKey.SCHEMA)


OF_CLAIM = "claim_"
"""Prefix of a column of the claim, next to the same column of its notice."""

LINE_YEN = "line_yen"
"""What a line of the notice asks of the claim, or null where it has none."""


def covers(connection: Connection) -> pl.DataFrame:
    """納付書が払う調定 with the notice and the claim: both keys, the yen, the notice's payer, and the `LINE_YEN`."""
    key = ClaimKey.SCHEMA
    schema = {
        **NoticeClaim.SCHEMA,
        Notice.AMOUNT_YEN: _WHOLE,
        **key,
        **{f"{OF_CLAIM}{name}": kind for name, kind in key.items()},
        Notice.PAYER_REF: _TEXT,
        LINE_YEN: _WHOLE,
    }
    notice, claim, line = t.notice.c, t.claim.c, t.notice_line.c
    of_claim = (claim[name].label(f"{OF_CLAIM}{name}") for name in key)
    of_notice = (notice.amount_yen, *(notice[name] for name in key))
    line_yen = (line.principal_yen + line.demand_fee_yen + line.late_charge_yen).label(LINE_YEN)
    query = (
        select(*t.notice_claim.c, *of_notice, *of_claim, notice.payer_ref, line_yen)
        .select_from(t.notice_claim)
        .outerjoin(t.notice, notice.notice_no == t.notice_claim.c.notice_no)
        .outerjoin(t.claim, claim.claim_no == t.notice_claim.c.claim_no)
        .outerjoin(t.notice_line, line_of(t.notice_claim.c.claim_no))
    )
    return read_frame(connection, query, schema)


def payloads(connection: Connection) -> pl.DataFrame:
    """eL-QR発行とその納付書: frame PayloadBeside."""
    columns = ((t.payload if name in Payload.SCHEMA else t.notice).c[name] for name in PayloadBeside.SCHEMA)
    query = select(*columns).select_from(t.payload).join(t.notice, t.notice.c.notice_no == t.payload.c.notice_no)
    return read_frame(connection, query, PayloadBeside.SCHEMA)


def uploads(connection: Connection) -> list[dict[str, Any]]:
    """納付書情報 in order: rows of the uploads."""
    return [dict(row) for row in connection.execute(select(*t.upload.c).order_by(t.upload.c.upload_no)).mappings()]
