"""Questions the reports ask the ledger (帳票の照会): all by the night, so the same night gives the same rows."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import polars as pl
from sqlalchemy import Connection, FromClause, Select, and_, case, exists, func, or_, select
from sqlalchemy.sql import ColumnElement

from elqr.store.db.bulk import asked, read_frame, read_unordered, select_named, staged
from elqr.store.queries.moves import is_move, is_reduction, signed_count
from elqr.store.queries.undecided import OPEN
from elqr.store.tables import ledger as t
from elqr.store.tables import money as m
from elqr.vocabulary.arrival_frames import DeliveredFile
from elqr.vocabulary.frames import Payment, beside
from elqr.vocabulary.terms import FileStatus, Outcome, Place

_PLACE = {"record_no": pl.Int64, "offset_bytes": pl.Int64}
_FINDING = {"code": pl.String, **_PLACE, **dict.fromkeys(("field", "actual", "expected"), pl.String)}


def file_name() -> ColumnElement[Any]:
    """ファイルの名 of the first delivery that was taken in."""
    return (
        select(func.min(t.delivery.c.name))
        .where(t.delivery.c.sha256 == t.file.c.sha256, t.delivery.c.status == FileStatus.ACCEPTED.value)
        .correlate(t.file)
        .scalar_subquery()
        .label("file_name")
    )


_FILE = select(t.file.c.file_no, file_name(), t.file.c.sha256.label("file_sha256"))


def deliveries(connection: Connection, night: date) -> pl.DataFrame:
    """取込結果 of a night: delivery_no, name, sha256, status, spec, payment_count, payment_yen, lines, money_yen."""
    d, own = t.delivery.c, m.deposit_file.c
    columns = (d.delivery_no, d.name, d.sha256, d.status, d.spec, d.payment_count, d.payment_yen)
    query = (
        select(*columns, *(func.coalesce(own[name], 0).label(name) for name in ("lines", "money_yen")))
        .outerjoin(t.file, t.file.c.sha256 == d.sha256)
        .outerjoin(m.deposit_file, own.file_no == t.file.c.file_no)
        .where(d.night_on == night.isoformat())
        .order_by(d.name, d.delivery_no)
    )
    text = dict.fromkeys(("name", "sha256", "status", "spec"), pl.String)
    whole = dict.fromkeys(("payment_count", "payment_yen", "lines", "money_yen"), pl.Int64)
    return read_frame(connection, query, {"delivery_no": pl.Int64, **text, **whole})


def taken_in(connection: Connection, night: date) -> pl.DataFrame:
    """取り込んだファイル up to a night, as delivered: frame DeliveredFile.

    Not what was held back or repeated, nor a file of which every record had come before: an old one with a new day on
    it is no new one. A file without payments says that there were none, and counts.
    """
    d = t.delivery.c
    query = (
        select(d.name.label(DeliveredFile.FILE_NAME), d.spec, d.night_on)
        .join(t.file, t.file.c.sha256 == d.sha256)
        .where(d.status == FileStatus.ACCEPTED.value, d.night_on <= night.isoformat(), _brings_something())
        .order_by(d.night_on, d.delivery_no)
    )
    return read_frame(connection, query, DeliveredFile.SCHEMA)


def _brings_something() -> ColumnElement[bool]:
    """新しい中身のあるファイルか, of the file of a query."""
    own = t.file.c
    only_old_money = exists().where(
        m.deposit_file.c.file_no == own.file_no, m.deposit_file.c.lines > 0, m.deposit_file.c.new_lines == 0
    )
    return and_(or_(own.payment_count == 0, brings_payments()), ~only_old_money)


def brings_payments() -> ColumnElement[bool]:
    """新しい収納のあるファイルか, of the file of a query; one that no night has matched yet may have some."""
    p, own = t.payment.c, t.file.c
    has_new_payment = exists().where(
        p.file_no == own.file_no,
        t.decision.c.payment_no == p.payment_no,
        t.decision.c.outcome != Outcome.ALREADY_POSTED.value,
    )
    return and_(own.payment_count > 0, or_(OPEN, has_new_payment))


def delivery_findings(connection: Connection, night: date) -> pl.DataFrame:
    """取込保留の理由 of a night: name of the file, the finding, and the format it was read as."""
    f = t.delivery_finding.c
    query = (
        select(t.delivery.c.name, f.code, f.record_no, f.offset_bytes, f.field, f.actual, f.expected, t.delivery.c.spec)
        .join(t.delivery, t.delivery.c.delivery_no == f.delivery_no)
        .where(t.delivery.c.night_on == night.isoformat())
        .order_by(t.delivery.c.name, f.line_no)
    )
    return read_frame(connection, query, {"name": pl.String, **_FINDING, "spec": pl.String})


def notice_files(connection: Connection, night: date) -> pl.DataFrame:
    """納付書の取込 of a night: name, rows read, new, same, bad."""
    n = t.notice_file.c
    query = select(n.name, n.rows_read, n.rows_new, n.rows_same, n.rows_bad).where(n.night_on == night.isoformat())
    schema = {"name": pl.String, **dict.fromkeys(("rows_read", "rows_new", "rows_same", "rows_bad"), pl.Int64)}
    return read_frame(connection, query.order_by(n.notice_file_no), schema)


def decided(*columns: Any) -> Select[Any]:
    """Payments of the files that a night decided, with their decisions, notices and first delivery's name."""
    return (
        select(*columns)
        .select_from(t.decision)
        .join(t.payment, t.payment.c.payment_no == t.decision.c.payment_no)
        .join(t.decided_file, t.decided_file.c.file_no == t.payment.c.file_no)
        .join(t.file, t.file.c.file_no == t.payment.c.file_no)
    )


def decided_files(connection: Connection, night: date) -> pl.DataFrame:
    """消込済のファイル of a night: file_no, file_name, file_sha256."""
    decided_on = t.decided_file.c.night_on
    own = _FILE.join(t.decided_file, t.decided_file.c.file_no == t.file.c.file_no)
    return _files(connection, own.where(decided_on == night.isoformat()))


def open_files(connection: Connection) -> pl.DataFrame:
    """未消込のファイル, which the next night decides: file_no, file_name, file_sha256."""
    return _files(connection, _FILE.where(OPEN))


def _files(connection: Connection, query: Select[Any]) -> pl.DataFrame:
    schema = {"file_no": pl.Int64, "file_name": pl.String, "file_sha256": pl.String}
    return read_frame(connection, query.order_by(t.file.c.file_no), schema)


def outcome_sums(connection: Connection, night: date) -> dict[str, list[int]]:
    """消込結果ごとの件数, 領収額, 収納額, 仮受額 of a night, by the ledger."""
    d = t.decision.c
    sums = (func.count(), func.sum(t.payment.c.paid_yen), func.sum(d.claim_yen), func.sum(d.suspense_yen))
    query = decided(d.outcome, *sums).where(t.decided_file.c.night_on == night.isoformat()).group_by(d.outcome)
    return {outcome: [int(number) for number in found] for outcome, *found in connection.execute(query)}


def decisions(connections: Sequence[Connection], night: date) -> pl.DataFrame:
    """消込結果 of a night, one row a payment, with the claim it names: oldest first, as `decision_rows` has them.

    What is true of a whole file is looked up once, and the rows come in columns, on all connections at once.
    """
    files, p = decided_files(connections[0], night), t.payment.c
    of_night = t.decided_file.c.night_on == night.isoformat()
    numbers = select(p.payment_no).join(t.decided_file, t.decided_file.c.file_no == p.file_no).where(of_night)
    columns = {name: column for name, column in decision_columns().items() if name not in _OF_FILE}
    columns |= {name: (p[name], Payment.SCHEMA[name]) for name in (Payment.FILE_NO, Payment.IDENTITY)}

    def query(own: FromClause) -> Select[Any]:
        return (
            select_named({name: column for name, (column, _) in columns.items()})
            .select_from(own)
            .join(t.payment, p.payment_no == own.c.payment_no)
            .join(t.decision, t.decision.c.payment_no == own.c.payment_no)
            .outerjoin(t.notice, t.notice.c.notice_no == t.decision.c.notice_no)
        )

    keys = read_unordered(connections[0], numbers, {Payment.PAYMENT_NO: pl.Int64})
    rows = asked(connections, keys, query, {name: dtype for name, (_, dtype) in columns.items()})
    rows = beside(rows.sort(*Payment.OLDEST_FIRST), files, [Payment.FILE_NO])
    return rows.with_columns(pl.lit(night).alias("decided_on")).select(*decision_schema())


def decision_schema() -> dict[str, Any]:
    """消込結果の列の型: the schema in which results are read."""
    return {name: dtype for name, (_, dtype) in decision_columns().items()}


Columns = dict[str, tuple[ColumnElement[Any], Any]]
"""Columns of a query by name: what is selected, and its dtype."""


_OF_FILE = ("file_name", "file_sha256", "decided_on")
"""消込結果の列 that are the same for all payments of a file."""


def decision_columns() -> Columns:
    """消込結果の列: of a payment, its decision and the notice that its key named."""
    d, p, n = t.decision.c, t.payment.c, t.notice.c
    return {
        "payment_no": (p.payment_no, pl.Int64),
        "file_name": (file_name(), pl.String),
        "file_sha256": (t.file.c.sha256, pl.String),
        "record_no": (p.record_no, pl.Int64),
        "channel": (p.channel, pl.String),
        "stage": (p.stage, pl.String),
        "outcome": (d.outcome, pl.String),
        "place": (d.place, pl.String),
        "flags": (d.flags, pl.String),
        "paid_yen": (p.paid_yen, pl.Int64),
        "claim_yen": (d.claim_yen, pl.Int64),
        "suspense_yen": (d.suspense_yen, pl.Int64),
        "paid_on": (p.paid_on, pl.Date),
        "funds_on": (p.funds_on, pl.Date),
        "key_kind": (p.key_kind, pl.String),
        "key_digits": (p.key_digits, pl.String),
        "procedure_code": (d.procedure_code, pl.String),
        "levy_year": (n.levy_year, pl.Int64),
        "bill_no": (n.bill_no, pl.String),
        "installment_no": (n.installment_no, pl.Int64),
        "issue_no": (n.issue_no, pl.Int64),
        "payer_ref": (n.payer_ref, pl.String),
        "amount_yen": (n.amount_yen, pl.Int64),
        "payable_until_on": (n.payable_until_on, pl.Date),
        "other_payment_no": (d.other_payment_no, pl.Int64),
        "result_code": (p.result_code, pl.String),
        "item_no": (p.item_no, pl.String),
        "decided_on": (t.decided_file.c.night_on, pl.Date),
    }


def decision_rows(
    connection: Connection,
    columns: Columns,
    condition: ColumnElement[bool],
    *joins: tuple[FromClause, Any],
    asked: FromClause | None = None,
) -> pl.DataFrame:
    """消込結果の行: oldest first. `joins` are further tables, outer joined, with their conditions.

    `asked` is a staged table with payment_no of those that are asked for.
    """
    query = decided(*(column.label(name) for name, (column, _) in columns.items())).outerjoin(
        t.notice, t.notice.c.notice_no == t.decision.c.notice_no
    )
    for joined, where in joins:
        query = query.outerjoin(joined, where)
    if asked is not None:
        query = query.join(asked, asked.c.payment_no == t.decision.c.payment_no)
    query = query.where(condition).order_by(*(t.payment.c[name] for name in Payment.OLDEST_FIRST))
    return read_frame(connection, query, {name: dtype for name, (_, dtype) in columns.items()})


def other_payments(connection: Connection, naming: pl.DataFrame) -> pl.DataFrame:
    """先の収納 that decisions name in `other_payment_no`: payment_no, channel, paid_on, paid_yen, file_name."""
    p = t.payment.c
    numbers = naming.select(pl.col("other_payment_no").alias("payment_no")).drop_nulls().unique()
    with staged(connection, numbers) as asked:
        own = select(p.payment_no, p.channel, p.paid_on, p.paid_yen, p.file_no).join(
            asked, asked.c.payment_no == p.payment_no
        )
        columns = {"payment_no": pl.Int64, "channel": pl.String, "paid_on": pl.Date, "paid_yen": pl.Int64}
        found = read_frame(connection, own, {**columns, "file_no": pl.Int64})
    with staged(connection, found.select("file_no").unique()) as asked:
        named = select(t.file.c.file_no, file_name()).join(asked, asked.c.file_no == t.file.c.file_no)
        names = read_frame(connection, named, {"file_no": pl.Int64, "file_name": pl.String})
    return found.join(names, on="file_no", how="left", validate="m:1", maintain_order="left").drop("file_no")


def suggestions(connection: Connection, payments: pl.DataFrame, late: pl.DataFrame) -> pl.DataFrame:
    """近い納付書 of payments with unknown keys: payment_no, how, procedure_code, bill_no, installment_no.

    First those that came later with the same key (`late`: payment_no, notice_no, how).
    """
    s, n = t.suggestion.c, t.notice.c
    text = dict.fromkeys(("how", "procedure_code", "bill_no"), pl.String)
    unknown = payments.filter(pl.col("outcome") == Outcome.KEY_UNKNOWN.value)
    with staged(connection, unknown.select("payment_no").unique()) as asked:
        query = (
            select(s.payment_no, s.how, n.procedure_code, n.bill_no, n.installment_no)
            .join(asked, asked.c.payment_no == s.payment_no)
            .join(t.notice, n.notice_no == s.notice_no)
            .order_by(s.payment_no, s.notice_no)
        )
        schema = {"payment_no": pl.Int64, **text, "installment_no": pl.Int64}
        near = read_frame(connection, query, schema)
    with staged(connection, late.select("payment_no", "notice_no", "how")) as asked:
        query = (
            select(asked.c.payment_no, asked.c.how, n.procedure_code, n.bill_no, n.installment_no)
            .join(t.notice, n.notice_no == asked.c.notice_no)
            .order_by(asked.c.payment_no)
        )
        return pl.concat([read_frame(connection, query, schema), near])


def postings(connection: Connection, night: date) -> pl.DataFrame:
    """収納日計 of a night.

    Sums by account, procedure, fiscal year, arrears, channel, 領収日, and whether it is a move: of a ruling, or of a
    reduction.
    What is taken back counts as minus one.
    """
    g, p = t.posting.c, t.payment.c
    columns: Columns = {
        "account": (g.account, pl.String),
        "procedure_code": (g.procedure_code, pl.String),
        "fiscal_year": (g.fiscal_year, pl.Int64),
        "is_arrears": (g.is_arrears, pl.Boolean),
        "channel": (p.channel, pl.String),
        "paid_on": (p.paid_on, pl.Date),
        "is_move": (is_move(), pl.Boolean),
        "is_reduction": (is_reduction(), pl.Boolean),
    }
    keys = [column for column, _ in columns.values()]
    columns |= {"count": (signed_count(), pl.Int64), "yen": (func.sum(g.yen), pl.Int64)}
    query = (
        select_named({name: column for name, (column, _) in columns.items()})
        .join(t.payment, p.payment_no == g.payment_no)
        .where(g.night_on == night.isoformat())
        .group_by(*keys)
        .order_by(*keys)
    )
    return read_frame(connection, query, {name: dtype for name, (_, dtype) in columns.items()})


def redelivered(connection: Connection, night: date) -> pl.DataFrame:
    """再受信ファイルの収納 of a night: file_name, channel, procedure_code, paid_on, count, yen."""
    d, p = t.delivery.c, t.payment.c
    keys = (p.channel, t.decision.c.procedure_code, p.paid_on)
    sums = (func.count().label("count"), func.sum(p.paid_yen).label("yen"))
    query = (
        select(d.name.label("file_name"), *keys, *sums)
        .select_from(t.delivery)
        .join(t.file, t.file.c.sha256 == d.sha256)
        .join(t.payment, p.file_no == t.file.c.file_no)
        .outerjoin(t.decision, t.decision.c.payment_no == p.payment_no)
        .where(d.night_on == night.isoformat(), d.status == FileStatus.REDELIVERED.value)
        .group_by(d.name, *keys)
    )
    names = dict.fromkeys(("file_name", "channel", "procedure_code"), pl.String)
    return read_frame(connection, query, {**names, "paid_on": pl.Date, "count": pl.Int64, "yen": pl.Int64})


def chain(connection: Connection, night: date) -> dict[str, str]:
    """台帳の素性 up to a night: hash of the ledger's first run, and id and hash of its last; empty without runs."""
    r = t.run.c
    first = connection.execute(select(r.hash).order_by(r.run_no).limit(1)).scalar_one_or_none()
    query = select(r.run_id, r.hash).where(r.night_on <= night.isoformat()).order_by(r.run_no.desc()).limit(1)
    run_id, run_hash = connection.execute(query).one_or_none() or ("", "")
    return {"ledger": first or "", "run_id": run_id, "run_hash": run_hash}


def anchor(connection: Connection) -> str:
    """照合値: the number and hash of the last run, to be kept where the ledger is not; empty without runs."""
    r = t.run.c
    row = connection.execute(select(r.run_no, r.hash).order_by(r.run_no.desc()).limit(1)).one_or_none()
    return f"{row.run_no}:{row.hash}" if row else ""


def conservation_breaks(connection: Connection, night: date) -> list[str]:
    """金額の保存, asked of the database again: what does not add up, in words; empty when all is well."""
    day = night.isoformat()
    p, d = t.payment.c, t.decision.c
    posted = (
        select(t.posting.c.payment_no, func.sum(t.posting.c.yen).label("yen"))
        .where(t.posting.c.night_on == day)
        .group_by(t.posting.c.payment_no)
        .subquery()
    )
    breaks = {
        "消込結果のない収納": d.payment_no.is_(None),
        "計上額が消込結果と違う収納": func.coalesce(posted.c.yen, 0) != d.claim_yen + d.suspense_yen,
        "行き先のない収納": d.place.not_in([place.value for place in Place]),
    }
    payments = (
        select(*(func.coalesce(func.sum(case((broken, 1), else_=0)), 0) for broken in breaks.values()))
        .select_from(t.payment)
        .join(t.decided_file, t.decided_file.c.file_no == p.file_no)
        .outerjoin(t.decision, d.payment_no == p.payment_no)
        .outerjoin(posted, posted.c.payment_no == p.payment_no)
        .where(t.decided_file.c.night_on == day)
    )
    file_sums = (
        select(p.file_no, func.count().label("count"), func.sum(p.paid_yen).label("yen"))
        .join(t.decided_file, t.decided_file.c.file_no == p.file_no)
        .where(t.decided_file.c.night_on == day)
        .group_by(p.file_no)
        .subquery()
    )
    files = (
        select(func.count())
        .select_from(t.file)
        .join(file_sums, file_sums.c.file_no == t.file.c.file_no)
        .where((file_sums.c.count != t.file.c.payment_count) | (file_sums.c.yen != t.file.c.payment_yen))
    )
    moved = (
        select(t.posting.c.payment_no)
        .where(t.posting.c.night_on == day, t.posting.c.reverses_no.is_not(None))
        .group_by(t.posting.c.payment_no)
        .having(func.sum(t.posting.c.yen) != 0)
        .subquery()
    )
    counts = dict(zip(breaks, connection.execute(payments).one(), strict=True))
    counts["取込時と件数・金額が違うファイル"] = connection.execute(files).scalar_one()
    counts["決裁の付け替えが合わない収納"] = connection.execute(select(func.count()).select_from(moved)).scalar_one()
    return [f"{what}: {count}件" for what, count in counts.items() if count]
