"""Queries of the night (照会). Their cost depends on tonight's rows: each is a staged join, never a scan."""

from collections.abc import Iterable, Sequence
from typing import Any

import polars as pl
from sqlalchemy import (
    Connection,
    FromClause,
    Select,
    Table,
    and_,
    case,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
    union,
)
from sqlalchemy.sql import ColumnElement

from elqr.rules.notice_lookup import attach_to_keys, registered_keys
from elqr.rules.row_checks import ASSESSMENT_KEY, NOTICE_KEY, Registered
from elqr.store.db.bulk import look_up, read_frame, schema_of, select_named, stage_rows
from elqr.store.queries.claim_entries import read_asked
from elqr.store.queries.claim_states import select_stated_claims
from elqr.store.queries.notice_lines import select_lines, select_single
from elqr.store.queries.refused_rows import given_up_rows, righted_rows, waiting_rows, withdrawn_rows
from elqr.store.queries.retracted_files import is_retracted
from elqr.store.queries.totals import last_issued
from elqr.store.queries.undecided import OPEN
from elqr.store.tables import ledger as t
from elqr.vocabulary.claim_frames import StatedClaim
from elqr.vocabulary.claim_terms import NoticeKind
from elqr.vocabulary.frames import (
    Candidate,
    CandidateNotice,
    Claim,
    ClaimKey,
    Known,
    KnownEvent,
    Notice,
    NoticeKey,
    Payment,
    occurs_twice,
)
from elqr.vocabulary.terms import WHOLE_YEAR, KeyKind

_CLAIM_KEY = list(ClaimKey.SCHEMA)


def registered(connection: Connection, rows: pl.DataFrame, keys: pl.DataFrame) -> Registered:
    """登録済の納付書: all notices of the assessments in `rows`, and the owners of the keys in `keys`."""
    owners = _key_owners(connection, keys)
    with stage_rows(connection, rows.select(ASSESSMENT_KEY).unique()) as staged:

        def of_rows(query: Select[Any], table: Table) -> Select[Any]:
            return query.join(staged, and_(*(table.c[name] == staged.c[name] for name in ASSESSMENT_KEY)))

        claim, notice, number = t.claim, t.notice, schema_of([Notice.NOTICE_NO])
        gone = t.notice_cancel.c.notice_no
        of_notice = select(gone).join(t.notice, notice.c.notice_no == gone)
        of_line = select(gone).join(t.notice_line, t.notice_line.c.notice_no == gone)
        of_line = of_line.join(claim, claim.c.claim_no == t.notice_line.c.claim_no)
        cancelled = union(of_rows(of_notice, notice), of_rows(of_line, claim))
        rows_of_notices = (of_rows(select_single(), notice), of_rows(select_lines(), claim))
        pays = select(t.notice_claim.c.notice_no).join(claim, claim.c.claim_no == t.notice_claim.c.claim_no)
        retracted = pays.join(t.notice, notice.c.notice_no == t.notice_claim.c.notice_no)
        retracted = retracted.where(is_retracted(notice.c.notice_file_no))
        singles = of_rows(pays, claim).where(claim.c.installment_no == WHOLE_YEAR)
        return Registered(
            notices=pl.concat(read_frame(connection, query, Notice.SCHEMA) for query in rows_of_notices),
            claims=read_frame(
                connection, of_rows(select(*(claim.c[name] for name in Claim.SCHEMA)), claim), Claim.SCHEMA
            ),
            cancelled=read_frame(connection, cancelled, number),
            retracted=read_frame(connection, of_rows(retracted, claim).distinct(), number),
            singles=read_frame(connection, singles, number),
            asked=read_asked(connection, lambda query: of_rows(query, claim)),
            stated=read_frame(connection, of_rows(select_stated_claims(), claim), StatedClaim.SCHEMA),
            refused=waiting_rows(connection, staged, ASSESSMENT_KEY),
            withdrawn=withdrawn_rows(connection, staged, ASSESSMENT_KEY),
            given_up=given_up_rows(connection, staged, ASSESSMENT_KEY),
            righted=righted_rows(connection, staged, ASSESSMENT_KEY),
            keys=owners,
        )


def _key_owners(connection: Connection, keys: pl.DataFrame) -> pl.DataFrame:
    """キーの持ち主: a notice whose import was taken back leaves its keys to others, but for the one of an eL-QR."""
    owner = {
        NoticeKey.KEY_KIND: pl.String,
        NoticeKey.KEY_DIGITS: pl.String,
        **{name: Notice.SCHEMA[name] for name in (*NOTICE_KEY, Notice.PART_KIND)},
    }
    with stage_rows(connection, keys.select(NoticeKey.KEY_KIND, NoticeKey.KEY_DIGITS).unique()) as staged:
        query = (
            select(*(t.notice_key.c[name] if name in t.notice_key.c else t.notice.c[name] for name in owner))
            .join(staged, same_key(staged))
            .join(t.notice, t.notice.c.notice_no == t.notice_key.c.notice_no)
            .where(or_(t.notice_key.c.key_kind == KeyKind.ELQR.value, ~is_retracted(t.notice.c.notice_file_no)))
        )
        return read_frame(connection, query, owner)


def elqr_keys(key_no: pl.Series) -> pl.DataFrame:
    """案件特定キー as keys to look up, each once: key_kind, key_digits.

    The kind is a column, too: with a constant, SQLite would scan all keys of the kind.
    """
    kind = pl.lit(KeyKind.ELQR.value).alias(NoticeKey.KEY_KIND)
    return key_no.unique().to_frame(NoticeKey.KEY_DIGITS).select(kind, NoticeKey.KEY_DIGITS)


def same_key(staged: object) -> ColumnElement[bool]:
    """照会キーが同じか, between the ledger's keys and staged ones (key_kind, key_digits)."""
    columns = staged.c  # type: ignore[attr-defined]
    return and_(t.notice_key.c.key_kind == columns.key_kind, t.notice_key.c.key_digits == columns.key_digits)


def undecided_files(connection: Connection) -> list[str]:
    """未消込のファイル by content hash: what tonight takes in, and what an interrupted night left."""
    query = select(t.file.c.sha256).where(OPEN)
    return list(connection.execute(query.order_by(t.file.c.file_no)).scalars())


def known_events(connections: Sequence[Connection], payments: pl.DataFrame) -> pl.DataFrame:
    """既知の収納 of tonight's identities; frame KnownEvent."""
    known = t.payment_identity.c

    def query(staged: FromClause) -> Select[Any]:
        payment_columns = (
            t.payment.c[name] for name in KnownEvent.SCHEMA if name not in (*Known.SCHEMA, KnownEvent.OUTCOME)
        )
        return (
            select(*known, *payment_columns, t.decision.c.outcome)
            .join(staged, staged.c.identity == known.identity)
            .join(t.payment, t.payment.c.payment_no == known.payment_no)
            .join(t.decision, t.decision.c.payment_no == known.payment_no)
        )

    return look_up(connections, payments.select(Payment.IDENTITY).unique(), query, KnownEvent.SCHEMA)


def candidates(connections: Sequence[Connection], payments: pl.DataFrame) -> pl.DataFrame:
    """照会キーが指す納付書 for tonight's keys; frame CandidateNotice.

    A payload is looked up only for keys whose payments have something to compare with it. Rows come back with the
    number of their key, not with its digits.
    """
    keys = _keys(payments).with_row_index("at").cast({"at": pl.Int64})
    stored = registered_keys(keys)

    def query(staged: FromClause) -> Select[Any]:
        payload = and_(t.payload.c.notice_no == t.notice.c.notice_no, staged.c.says == 1)
        return (
            _candidate_columns(staged.c.at)
            .join(staged, same_key(staged))
            .join(t.notice, t.notice.c.notice_no == t.notice_key.c.notice_no)
            .outerjoin(t.payload, payload)
        )

    schema = {"at": pl.Int64, **CandidateNotice.SCHEMA}
    for name in (NoticeKey.KEY_KIND, NoticeKey.KEY_DIGITS, CandidateNotice.IS_CANCELLED):
        del schema[name]
    rows = look_up(connections, stored.select(Payment.KEY_KIND, Payment.KEY_DIGITS, "says", "at"), query, schema)
    is_cancelled = pl.col(CandidateNotice.CANCELLED_ON).is_not_null()
    rows = rows.with_columns(is_cancelled.alias(CandidateNotice.IS_CANCELLED))
    return attach_to_keys(rows, keys, stored["only_reissue_no"]).select(*CandidateNotice.SCHEMA)


def _keys(payments: pl.DataFrame) -> pl.DataFrame:
    """今夜の照会キー, each once. `says`: a payment has something to compare with a payload.

    Few keys occur twice, and only those are grouped: grouping a million took 400 MB.
    """
    key = (Payment.KEY_KIND, Payment.KEY_DIGITS)
    says = pl.any_horizontal(pl.col(Payment.CHECK_NO, Payment.ITEM_NO, Payment.OFFICE_CODE).is_not_null())
    rows = payments.select(*key, says.cast(pl.Int64).alias("says"))
    again = occurs_twice(rows.select(pl.struct(key).hash()).to_series())
    return pl.concat([rows.filter(~again), rows.filter(again).group_by(key).agg(pl.col("says").max())])


def _candidate_columns(at: ColumnElement[int]) -> Select[Any]:
    notice, payload = t.notice.c, t.payload.c
    columns: dict[str, ColumnElement[Any]] = {
        "at": at,
        CandidateNotice.NOTICE_NO: notice.notice_no,
        CandidateNotice.REISSUE_NO: t.notice_key.c.reissue_no,
        CandidateNotice.ISSUE_NO: notice.issue_no,
        CandidateNotice.INSTALLMENT_NO: notice.installment_no,
        CandidateNotice.AMOUNT_YEN: notice.amount_yen,
        CandidateNotice.ISSUED_ON: notice.issued_on,
        CandidateNotice.PAYABLE_UNTIL_ON: notice.payable_until_on,
        CandidateNotice.BARCODE_UNTIL_ON: notice.barcode_until_on,
        CandidateNotice.MPN_UNTIL_ON: notice.mpn_until_on,
        CandidateNotice.CHECK_NO: func.coalesce(payload.check_no, notice.check_no),
        CandidateNotice.ITEM_NO: payload.item_no,
        CandidateNotice.OFFICE_CODE: payload.office_code,
        CandidateNotice.PROCEDURE_CODE: notice.procedure_code,
        CandidateNotice.CANCELLED_ON: _cancelled_on(),
        CandidateNotice.IS_CURRENT: ~has_newer_notice(),
        CandidateNotice.LEVY_YEAR: notice.levy_year,
        CandidateNotice.BILL_NO: notice.bill_no,
        CandidateNotice.PAYER_REF: notice.payer_ref,
    }
    return select_named(columns).select_from(t.notice_key)


def _cancelled_on() -> ColumnElement[str]:
    """取消の日: the night on which a cancellation of the notice came to the ledger, or null.

    Where the import of its file was taken back, the day of issue: no payment finds it in force.
    """
    cancel = t.notice_cancel.c
    on = case((is_retracted(t.notice.c.notice_file_no), t.notice.c.issued_on), else_=cancel.night_on)
    return select(on).where(cancel.notice_no == t.notice.c.notice_no).correlate(t.notice).scalar_subquery()


def has_newer_notice() -> ColumnElement[bool]:
    """より新しい納付書があるか: a later, valid notice of the same claim. Few notices have an issue_no above 1.

    A notice for the whole claim replaces those before it, and one for 延滞金 or 督促 those of its own kind. None
    replaces one for 分納.
    """
    newer = t.notice.alias("newer")
    part, newer_part = t.notice.c.part_kind, newer.c.part_kind
    return exists().where(
        *(newer.c[name] == t.notice.c[name] for name in _CLAIM_KEY),
        newer.c.issue_no > t.notice.c.issue_no,
        newer.c.issue_no > literal_column("1"),
        or_(newer_part.is_(None), newer_part == part),
        part.is_distinct_from(NoticeKind.INSTALMENT_PLAN.value),
        ~exists().where(t.notice_cancel.c.notice_no == newer.c.notice_no),
    )


def issuable(connection: Connection, live_procedures: Iterable[str]) -> pl.DataFrame:
    """未発行の納付書: valid notices without payload, of procedures that support eL-QR; frame Notice, in order.

    Reads only notices after the last one issued of their procedure; of a procedure without any, all.
    """
    last = last_issued(connection)
    notice = t.notice.c
    query = (
        select(*notice)
        .outerjoin(t.payload, t.payload.c.notice_no == notice.notice_no)
        .outerjoin(t.notice_cancel, t.notice_cancel.c.notice_no == notice.notice_no)
        .where(t.payload.c.notice_no.is_(None), t.notice_cancel.c.notice_no.is_(None))
    )
    parts = []
    for code in live_procedures:
        # The expression keeps the index on procedures from being used: the rows are found by their few numbers.
        is_of_procedure = notice.procedure_code.concat("") == code if code in last else notice.procedure_code == code
        parts.append(
            read_frame(connection, query.where(is_of_procedure, notice.notice_no > last.get(code, 0)), Notice.SCHEMA)
        )
    return pl.concat(parts).sort(Notice.NOTICE_NO) if parts else Notice.empty()


def key_numbers_in_use(connection: Connection, key_no: pl.Series) -> set[str]:
    """使用済の案件特定キー among these: they must never be assigned again."""
    with stage_rows(connection, elqr_keys(key_no)) as staged:
        query = select(t.notice_key.c.key_digits).join(staged, same_key(staged))
        return set(connection.execute(query).scalars())


_OF_KEY = (
    Candidate.NOTICE_NO, Candidate.REISSUE_NO, Candidate.ISSUE_NO, Candidate.ISSUED_ON, Candidate.IS_CANCELLED,
    Candidate.CANCELLED_ON,
)  # fmt: skip


def notices_by_key(connection: Connection, keys: pl.DataFrame) -> pl.DataFrame:
    """既知のキー among possible misreadings: key_kind, key_digits, and the columns `_OF_KEY` of their notices."""
    wanted = keys.select(NoticeKey.KEY_KIND, NoticeKey.KEY_DIGITS).unique().with_row_index("at").cast({"at": pl.Int64})
    stored = registered_keys(wanted)
    schema = {"at": pl.Int64, **schema_of(_OF_KEY)}
    notice = t.notice.c
    with stage_rows(connection, stored.select(NoticeKey.KEY_KIND, NoticeKey.KEY_DIGITS, "at")) as staged:
        query = (
            select_named(
                {
                    "at": staged.c.at,
                    Candidate.NOTICE_NO: notice.notice_no,
                    Candidate.REISSUE_NO: t.notice_key.c.reissue_no,
                    Candidate.ISSUE_NO: notice.issue_no,
                    Candidate.ISSUED_ON: notice.issued_on,
                    Candidate.IS_CANCELLED: exists().where(t.notice_cancel.c.notice_no == notice.notice_no),
                    Candidate.CANCELLED_ON: _cancelled_on(),
                }
            )
            .join(t.notice_key, same_key(staged))
            .join(t.notice, notice.notice_no == t.notice_key.c.notice_no)
        )
        return attach_to_keys(read_frame(connection, query, schema), wanted, stored["only_reissue_no"])


def deliveries_of(connection: Connection, name: str, sha256: str) -> list[tuple[str, str]]:
    """受信の記録 of a content under a name: (status, spec)."""
    query = select(t.delivery.c.status, t.delivery.c.spec).where(
        t.delivery.c.name == name, t.delivery.c.sha256 == sha256
    )
    return [tuple(row) for row in connection.execute(query)]


def file_of(connection: Connection, sha256: str) -> tuple[int, str, int, int] | None:
    """取込済のファイル of a content: (file_no, spec, payments, yen)."""
    columns = (t.file.c.file_no, t.file.c.spec, t.file.c.payment_count, t.file.c.payment_yen)
    row = connection.execute(select(*columns).where(t.file.c.sha256 == sha256)).first()
    return tuple(row) if row else None


def clean_notice_file(connection: Connection, sha256: str) -> bool:
    """誤りなく取り込んだ納付書データか: it need not be read again."""
    query = select(literal(1)).where(t.notice_file.c.sha256 == sha256, t.notice_file.c.rows_bad == 0)
    return connection.execute(query).first() is not None


def notice_file_known(connection: Connection, sha256: str, name: str | None = None) -> bool:
    """取り込んだことのある納付書データか, under this name if given, whatever the result."""
    file = t.notice_file.c
    query = select(literal(1)).where(file.sha256 == sha256, *([] if name is None else [file.name == name]))
    return connection.execute(query).first() is not None


def newest_composed(connection: Connection) -> tuple[str, str] | None:
    """最後に作った案件特定キーと確認番号 among those that we compose; None without any."""
    payload, notice = t.payload.c, t.notice.c
    query = (
        select(payload.key_no, payload.check_no)
        .join(t.notice, notice.notice_no == payload.notice_no)
        .where(notice.key_no.is_(None))
    )
    newest = connection.execute(query.order_by(payload.notice_no.desc()).limit(1)).one_or_none()
    return None if newest is None else (newest[0], newest[1])
