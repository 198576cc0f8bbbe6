"""Acts (人のしたこと): what a person requested, approved or recorded. Each is a link of the chain, with its rows.

Every act of a person goes through `enter_act`, so the chain alone tells who, when, why and on which machine.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, insert, select

from elqr import __version__
from elqr.store.entries.chain import append_link, operator
from elqr.store.tables import acts as act_tables
from elqr.store.tables import arrears as arrears_tables
from elqr.store.tables import exports as export_tables
from elqr.store.tables import held_files as held_tables
from elqr.store.tables import ledger as tables
from elqr.store.tables import money as money_tables
from elqr.store.tables import months as month_tables
from elqr.store.tables import refused_rows as refused_tables
from elqr.store.tables import retractions as retraction_tables
from elqr.store.tables import reviews as review_tables
from elqr.store.tables import typed_batches as batch_tables
from elqr.store.tables.acts import act as act_table

SAID = (
    tables.upload_step,
    tables.print_batch,
    tables.release_step,
    review_tables.review,
    review_tables.review_step,
    month_tables.month_close,
    month_tables.month_close_step,
    money_tables.difference,
    money_tables.difference_step,
    arrears_tables.arrears_request,
    arrears_tables.arrears_step,
    arrears_tables.arrears_list,
    arrears_tables.reminder_sent,
    arrears_tables.reminder_hold,
    export_tables.export,
    export_tables.export_again,
    export_tables.export_taken,
    held_tables.waiver,
    held_tables.waiver_delivery,
    held_tables.waiver_step,
    refused_tables.notice_give_up,
    refused_tables.notice_give_up_step,
    retraction_tables.retraction,
    retraction_tables.retraction_step,
    batch_tables.typed_batch,
    batch_tables.typed_batch_step,
)
"""連鎖に行ごと記す表: every column of a row is in the link of the act that entered it."""

WHO = ("os_user", "login", "machine", "session_user")
ASKED, RECORDED = act_tables.ASKED, "recorded"
"""申請・記録: steps, besides the results that end a request."""


@dataclass(frozen=True, slots=True)
class Act:
    """人のしたこと: the step of a request or record (`kind` is its table), who took it, and its rows, by table."""

    kind: str
    number: int
    step: str
    by: str
    rows: Mapping[str, Sequence[Mapping[str, Any]]]


def enter_act(connection: Connection, night: date, act: Act, link: Mapping[str, object] | None = None) -> None:
    """人のしたことを記す: one link with the rows and the further keys of `link`, and a row that finds it again."""
    rows_by_table = {name: [dict(row) for row in rows] for name, rows in act.rows.items()}
    identity = {"kind": act.kind, "number": act.number, "step": act.step, "taken_by": act.by}
    run_id = append_link(
        connection, night, {"version": __version__, **(link or {}), "act": identity, "said": rows_by_table}
    )
    row = act_row(int(run_id.rpartition("-")[2]), identity, operator(connection))
    connection.execute(insert(act_table).values(**row))


def act_row(run_no: int, identity: Mapping[str, Any], who: Mapping[str, str]) -> dict[str, Any]:
    """A row of the acts' table, from the `act` and the `operator` of its link."""
    return {"run_no": run_no, **identity, **{name: who.get(name, "") for name in WHO}}


def acts_of(connection: Connection, kind: str, number: int) -> list[dict[str, Any]]:
    """申請から承認まで: the rows of a request, in order."""
    act = act_table.c
    query = select(*act).where(act.kind == kind, act.number == number).order_by(act.run_no)
    return [dict(row) for row in connection.execute(query).mappings()]


def acts_of_kinds(connection: Connection, kinds: Iterable[str]) -> dict[tuple[str, int, str], dict[str, Any]]:
    """人のしたこと of some kinds, by (kind, number, step); rows with night_on."""
    run, act = tables.run.c, act_table.c
    query = select(*act, run.night_on).join(tables.run, run.run_no == act.run_no).where(act.kind.in_(list(kinds)))
    rows = connection.execute(query).mappings()
    return {(row["kind"], row["number"], row["step"]): dict(row) for row in rows}
