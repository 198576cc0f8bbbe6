"""The orders of items (充てる順序) of a night: what the register says, written down where it changed.

From the night on that has it, payments are divided by it. What was paid before stays divided as it was.
"""

from elqr.night.night import Night
from elqr.store.queries.item_orders import enter_orders, newest_orders


def record_item_orders(night: Night) -> None:
    """充てる順序を記す: of procedures whose order in the register is not the last one in the ledger.

    In a transaction of its own, before anything is taken in: all connections that look up claims must see it.
    """
    session = night.session
    with session.ledger.transaction() as connection:
        known = newest_orders(connection)
        orders = {procedure.code: procedure.order_text for procedure in session.register.procedure}
        changed = {code: items for code, items in orders.items() if items != known.get(code, "")}
        if changed:
            enter_orders(connection, session.night_on, changed)
            night.changes.append("充てる順序")
