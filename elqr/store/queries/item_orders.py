"""Queries of the orders of items (充てる順序の照会), and their entry."""

from datetime import date

import polars as pl
from sqlalchemy import Connection, and_, exists, func, select
from sqlalchemy.sql import ColumnElement

from elqr.store.db.bulk import insert_frame, next_no, number_rows, read_frame, schema_of, stage_rows
from elqr.store.tables import ledger as t
from elqr.store.tables.item_orders import item_order
from elqr.vocabulary.claim_frames import ClaimOrder, ItemOrder
from elqr.vocabulary.frames import Claim


def newest_orders(connection: Connection, after: int = 0) -> dict[str, str]:
    """今の充てる順序: the items by procedure, as far as rows after a number say an order."""
    return _last_orders(connection, item_order.c.order_no > after)


def orders_on(connection: Connection, night: date) -> dict[str, str]:
    """その夜の充てる順序: the items by procedure, as nights up to this one wrote them down."""
    return _last_orders(connection, item_order.c.night_on <= night.isoformat())


def _last_orders(connection: Connection, is_asked: ColumnElement[bool]) -> dict[str, str]:
    """最後に記した順序 by procedure, of the rows asked for."""
    query = select(*(item_order.c[name] for name in ItemOrder.SCHEMA)).where(is_asked)
    rows = read_frame(connection, query.order_by(item_order.c.order_no), ItemOrder.SCHEMA)
    return dict(rows.select(ItemOrder.PROCEDURE_CODE, ItemOrder.ITEMS).iter_rows())


def enter_orders(connection: Connection, night: date, orders: dict[str, str]) -> None:
    """充てる順序を記す: items by procedure, from a night on."""
    rows = pl.DataFrame(
        list(orders.items()), schema=schema_of((ItemOrder.PROCEDURE_CODE, ItemOrder.ITEMS)), orient="row"
    )
    rows = number_rows(rows, ItemOrder.ORDER_NO, next_no(connection, item_order.c.order_no))
    insert_frame(connection, item_order, rows, night_on=night.isoformat())


def orders_of(connection: Connection, claims: pl.DataFrame) -> pl.DataFrame:
    """充てる順序 of claims (claim_no): frame ClaimOrder, in order. Of several of one night the last counts."""
    with stage_rows(connection, claims.select(Claim.CLAIM_NO).unique()) as staged:
        query = (
            select(t.claim.c.claim_no, item_order.c.night_on, item_order.c["items"])
            .join(staged, staged.c.claim_no == t.claim.c.claim_no)
            .join(item_order, item_order.c.procedure_code == t.claim.c.procedure_code)
            .order_by(item_order.c.order_no)
        )
        rows = read_frame(connection, query, ClaimOrder.SCHEMA)
    return rows.unique((ClaimOrder.CLAIM_NO, ClaimOrder.NIGHT_ON), keep="last", maintain_order=True)


def has_order() -> ColumnElement[bool]:
    """充てる順序のある手続か, of the claim of a query."""
    order = item_order.c
    return exists().where(and_(order.procedure_code == t.claim.c.procedure_code, func.length(order["items"]) > 0))
