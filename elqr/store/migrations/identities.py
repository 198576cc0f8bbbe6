"""Identities of older ledgers (識別の版上げ): gives all earlier payments the identities of version 8.

An identity begins with the sender. The n-th record of a file is counted among records of the same content. A record
that an earlier program took for a second payment, although its content differed, is known by its content.
"""

from typing import Any

import polars as pl
from sqlalchemy import Connection, case, column, func, literal, select, table, update

from elqr.formats.payment_identity import ACCEPTED, CONTENT, content, variants
from elqr.store.db.bulk import insert_frame, read_frame, stage_rows
from elqr.store.migrations.steps import create_tables, without_guard
from elqr.store.tables import ledger as t
from elqr.vocabulary.frames import Known, Payment

SENDERS = {
    "eltax_payment_csv": "eltax",
    "eltax_cancel_csv": "eltax",
    "cvs_family_a": "cvs",
    "cvs_family_b": "cvs",
    "account_transfer_91_result": "account_transfer",
    "account_transfer_220": "account_transfer",
    "account_transfer_300": "account_transfer",
}
"""送付元 by the spec of a file; for any other spec, its own name."""

_NAMED = (Payment.IDENTITY, Payment.STAGE)
_SAID, _NTH = "said", "nth"


def bring_up_identities(connection: Connection) -> None:
    """識別を版上げする: payments, and the table of known payments, recreated with one more column in its key."""
    payment, known = t.payment.c, t.payment_identity
    spec = select(t.file.c.spec).where(t.file.c.file_no == payment.file_no).scalar_subquery()
    sender = case(*((spec == name, literal(value)) for name, value in SENDERS.items()), else_=spec)
    with without_guard("payment"):
        connection.execute(update(t.payment).values(identity=sender.concat("|").concat(payment.identity)))
        repeated = _recount(connection)
        changed = repeated.filter(pl.col(_NTH) != pl.col(Payment.OCCURRENCE_NO))
        for number, nth in changed.select(Payment.PAYMENT_NO, _NTH).iter_rows():
            connection.execute(update(t.payment).where(payment.payment_no == number).values(occurrence_no=nth))
    connection.exec_driver_sql("CREATE TABLE known_before AS SELECT payment_no FROM payment_identity")
    connection.exec_driver_sql("DROP TABLE payment_identity")
    create_tables(known.name)
    insert_frame(connection, known, _known_of(connection, repeated))
    with stage_rows(connection, repeated.select(Payment.PAYMENT_NO)) as staged:
        is_repeated = select(staged.c.payment_no)
        plain = select(payment.identity, payment.stage, payment.occurrence_no, literal(ACCEPTED), payment.payment_no)
        plain = plain.where(payment.payment_no.in_(_known_before()), payment.payment_no.not_in(is_repeated))
        connection.execute(known.insert().from_select(list(Known.SCHEMA), plain))
    entered = select(func.count()).select_from(known)
    before = connection.exec_driver_sql("SELECT count(*) FROM known_before").scalar_one()
    assert connection.execute(entered).scalar_one() == before, "what was known is known"
    connection.exec_driver_sql("DROP TABLE known_before")


def _known_before() -> Any:
    return select(column("payment_no")).select_from(table("known_before"))


def _recount(connection: Connection) -> pl.DataFrame:
    """何件目か: `nth` among records of the same content, for identities that occur several times in a file."""
    payment = t.payment.c
    no_doubt = pl.lit(None, dtype=pl.String).alias(Payment.DOUBT)  # before version 11 no payment raised one
    content_names = (name for name in CONTENT if name != Payment.DOUBT)
    names = (Payment.PAYMENT_NO, Payment.FILE_NO, Payment.RECORD_NO, Payment.OCCURRENCE_NO, *_NAMED, *content_names)
    repeated = select(payment.identity).where(payment.occurrence_no > 1).distinct()
    query = select(*(payment[name] for name in names)).where(payment.identity.in_(repeated))
    rows = read_frame(connection, query, {name: Payment.SCHEMA[name] for name in names})
    nth = pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over(*_NAMED, _SAID, Payment.FILE_NO)
    rows = rows.sort(Payment.PAYMENT_NO).with_columns(no_doubt)
    return rows.with_columns(content().alias(_SAID)).with_columns(nth.alias(_NTH))


def _known_of(connection: Connection, repeated: pl.DataFrame) -> pl.DataFrame:
    """既知の収納 of these payments by their content, frame Known; the first of an identity and stage is accepted."""
    numbers = read_frame(connection, _known_before(), {Known.PAYMENT_NO: pl.Int64})
    rows = repeated.join(numbers, on=Known.PAYMENT_NO, how="semi", maintain_order="left")
    is_first = pl.col(_SAID) == pl.col(_SAID).first().over(_NAMED)
    return Known.of(
        rows.with_columns(variants(rows[_SAID]).alias(Known.VARIANT)).with_columns(
            pl.when(is_first).then(pl.lit(ACCEPTED)).otherwise(Known.VARIANT).alias(Known.VARIANT),
            pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over(*_NAMED, _SAID).alias(Known.OCCURRENCE_NO),
        )
    )
