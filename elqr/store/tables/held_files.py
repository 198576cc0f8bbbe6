"""The tables of files that were held back (取込保留): the inbox of each, and who gave it up.

One person requests to give a file up, and another approves.
"""

from sqlalchemy import Column, ForeignKey, Index

from elqr.store.db.schema import Text, Whole, table, texts

delivery_box = table(
    "delivery_box",
    Column("delivery_no", Whole, ForeignKey("delivery.delivery_no"), primary_key=True, autoincrement=False),
    Column("box", Text, nullable=False),
    Column("notice_file_no", Whole, nullable=False),
)
"""取込保留の受信箱: the inbox where the file lay, and the last notice file at that time.

Deliveries that an older program held back have no row here.
"""

waiver = table(
    "waiver",
    Column("waiver_no", Whole, primary_key=True, autoincrement=False),
    *texts("sha256", "name", "night_on", "asked_at", "asked_by", "reason"),
    Index("waiver_by_content", "sha256"),
)
"""あきらめの申請: a file that was held back and is no longer waited for."""

waiver_delivery = table(
    "waiver_delivery",
    Column("waiver_no", Whole, ForeignKey("waiver.waiver_no"), primary_key=True, autoincrement=False),
    Column("delivery_no", Whole, ForeignKey("delivery.delivery_no"), primary_key=True, autoincrement=False),
    Index("waiver_by_delivery", "delivery_no"),
)
"""あきらめる受信: the deliveries that a request names. A request of an older program has none: it means the content."""

waiver_step = table(
    "waiver_step",
    Column("waiver_no", Whole, ForeignKey("waiver.waiver_no"), primary_key=True, autoincrement=False),
    *texts("result", "night_on", "taken_at", "taken_by", "reason"),
)
"""承認・却下: the one step that ends a request."""
