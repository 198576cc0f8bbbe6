"""A night costs what it holds: no question that it asks reads all rows of a table that grows with the years."""

import re
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy import Engine, event, select

from elqr.store.db import sqlite
from elqr.store.db.bulk import stage_rows
from elqr.store.ledger_file import open_ledger
from elqr.store.tables import ledger as t
from tests.builders import (
    JOB,
    NIGHT,
    City,
    cvs_file,
    cvs_row,
    elqr,
    eltax_file,
    eltax_row,
    notice_row,
    request_file,
    transfer_file,
    transfer_row,
)
from tests.builders import barcode as code_of
from tests.cases.job_parts import ACCOUNTING
from tests.cases.reminded_city import DAY, SLIPS, Office
from tests.plans import plan_of

pytestmark = pytest.mark.ledger_file
SMALL = {
    "file", "run", "upload", "notice_file", "issue_tally", "posting_tally", "decided_file", "ruling", "delivery", "setting",
    "retraction", "overdue_payment", "counter", "ledger_start", "reminder_status",
}  # fmt: skip
"""What has a row for a file, a night, a ruling or a record taken back, for a 速報 that nobody confirmed in its time, or for
a reason not to remind."""

_SCAN = re.compile(r"^SCAN (\w+)")
_OF_TONIGHT = re.compile(r"^SCAN (staged|asked|anon_\d+|CONSTANT|sqlite_master)")
_MOVES = "SCAN posting USING INDEX posting_moved"
"""Postings of rulings and reductions."""

_MANY_NIGHTS = re.compile(r"^SEARCH (posting|payment|decision|notice|claim_entry) USING .*\(night_on[<>]\?\)$")
"""All rows until now, or all of some weeks."""

_WAITING = "SCAN decision USING INDEX decision_waiting"
"""All that waits for a decision, which every morning shows."""


def _watch(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """How the database goes about every question from now on: the step and its statement."""
    plans: list[tuple[str, str]] = []
    made = sqlite.engine

    def watched(*given: object, **further: object) -> Engine:
        engine = made(*given, **further)  # type: ignore[arg-type]

        @event.listens_for(engine, "after_cursor_execute")
        def explained(connection, cursor, statement, parameters, context, many) -> None:  # type: ignore[no-untyped-def]
            if (
                not many
                and statement.lstrip().upper().startswith(("SELECT", "INSERT"))
                and " SELECT " in f" {statement} "
            ):
                plans.extend((row[3], statement) for row in plan_of(cursor, statement, parameters))

        return engine

    monkeypatch.setattr(sqlite, "engine", watched)
    return plans


def _grown(plans: list[tuple[str, str]]) -> dict[str, str]:
    """The tables that grow with the years and that were read through, with a statement that did."""
    scanned = {
        (found[1], statement)
        for plan, statement in plans
        if (found := _SCAN.match(plan) or _MANY_NIGHTS.match(plan))
        and not _OF_TONIGHT.match(plan)
        and plan not in (_WAITING, _MOVES)
    }
    return {name: statement[:200] for name, statement in scanned if name not in SMALL}


@pytest.mark.parametrize("more", ["", ACCOUNTING], ids=["夜で数える", "収入日で数える"])
def test_no_question_of_a_night_reads_a_table_that_grows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: str
) -> None:
    city = City.founded(tmp_path / "city", JOB + more)
    slip = code_of("7", 10_000, None)
    city.notices(
        notice_row(bill_no="1", customer_no="A1"), notice_row(bill_no="2", barcode=slip), notice_row(bill_no="3")
    )
    city.night()
    key, check = city.issued()["kokuho", "3", 1, 1]
    city.deliver("kouza.dat", transfer_file(transfer_row("A1", 10_000), transfer_row("B9", 10_000)))
    city.deliver("cvs.dat", cvs_file(cvs_row(slip)))
    twice = eltax_row(key, check, 10_000, serial_no="00000002")
    city.deliver(
        "eltax.csv",
        eltax_file(eltax_row(key, check, 10_000), twice, eltax_row("9" * 20, "123456", 1_000, serial_no="00000003")),
    )
    plans = _watch(monkeypatch)
    assert city.night().code == 3
    assert len(plans) > 100, "the night asked, and its questions were explained"
    assert any(plan == _WAITING for plan, _ in plans)
    assert any("USING INDEX notice_reissued" in plan for plan, _ in plans), "a newer slip is sought among the few"
    assert _grown(plans) == {}


def test_near_numbers_are_sought_by_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    city = City.founded(tmp_path / "city")
    city.notices(notice_row(bill_no="3"))
    city.night()
    city.notices(notice_row(bill_no="03", change_kind="9"), name="torikeshi.csv")
    plans = _watch(monkeypatch)
    (finding,) = city.night().json["findings"]  # type: ignore[misc]
    assert "近い通知書番号: 3（先頭の0・宛名番号も同じ）" in finding["expected"]
    assert not {"claim", "claim_state", "notice"} & _grown(plans).keys()


def test_no_question_of_a_night_reads_all_fees(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A claim with a fee for a reminder is seen item by item, and its notices are compared with the fee."""
    office = Office.opened(tmp_path / "city")
    register = (office.folder / "procedures.toml").read_text(encoding="utf-8")
    with_fee = register.replace('code = "kokuho"', 'code = "kokuho"\ndemand_fee_yen = 100')
    (office.folder / "procedures.toml").write_text(with_fee, encoding="utf-8")
    office.draw()
    assert office.arrears("sent", 1, "--issued-on", DAY, "--by", "山田").code == 0
    office.notices(SLIPS[0] | {"issue_no": 2, "notice_kind": "督促", "demand_fee_yen": 100}, name="demand.csv")
    office.paid("paid.csv", 1)
    plans = _watch(monkeypatch)
    assert office.night(DAY).code == 0
    assert any("USING INDEX claim_fee_by_claim" in plan for plan, _ in plans)
    assert not {"claim_fee", "claim", "claim_entry", "notice"} & set(_grown(plans))


def test_no_question_about_a_request_reads_a_table_that_grows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What has an account and is due on a day is found by an index, and everything else by what the request names."""
    city = City.founded(tmp_path / "city")
    city.notices(*(notice_row(bill_no=str(no), customer_no=f"A{no}", payer_ref=str(no)) for no in (1, 2, 3)))
    city.deliver("kouza.dat", transfer_file(transfer_row("A1", 10_000), transfer_row("A2", 10_000, "1")))
    city.night()
    path = city.folder / "irai.dat"
    path.write_bytes(request_file(transfer_row("A1", 10_000), transfer_row("A2", 10_000), debit_on=NIGHT))
    plans = _watch(monkeypatch)
    assert elqr("file", "check", path, "--against-ledger", "--job", city.job).code == 3
    assert any("USING INDEX notice_with_account" in plan for plan, _ in plans)
    assert _grown(plans) == {}


def test_a_question_that_goes_through_the_ledger_for_each_of_tonights_rows_is_told(tmp_path: Path) -> None:
    """Every test of this suite watches for it (tests/plans.py)."""
    keys, own = pl.DataFrame({"digits": ["1"]}), t.notice_key.c
    with open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}") as ledger, ledger.transaction() as connection:
        with stage_rows(connection, keys) as asked:
            query = select(own.notice_no).join(asked, own.key_digits == asked.c.digits)
            with pytest.raises(AssertionError, match="SEARCH notice_key"):
                connection.execute(query.where(own.key_kind == "elqr"))
        with stage_rows(connection, keys.with_columns(pl.lit("elqr").alias("kind"))) as asked:
            same = (own.key_kind == asked.c.kind) & (own.key_digits == asked.c.digits)
            assert connection.execute(select(own.notice_no).join(asked, same)).all() == []
