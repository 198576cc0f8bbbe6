"""The table of orders (充てる順序の表): in which order payments pay the items of claims, as the register said it."""

from sqlalchemy import Index

from elqr.store.db.schema import columns, table
from elqr.vocabulary.claim_frames import ItemOrder

item_order = table(
    "item_order", *columns(ItemOrder, key="order_no"), Index("item_order_by_procedure", "procedure_code", "night_on")
)
"""充てる順序. The last row of a procedure counts for the nights from its own on: what was paid before stays divided."""
