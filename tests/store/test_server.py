"""The ledger on a PostgreSQL server: what goes wrong with a server, and that nothing differs from a file."""

import hashlib
import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import polars as pl
import psycopg
import pytest
from sqlalchemy import Connection, event, func, literal, select
from sqlalchemy.engine import make_url

from elqr.store.db import bulk
from elqr.store.db.bulk import read_unordered, stage_rows
from elqr.store.db.database import engine
from elqr.store.db.schema import metadata
from elqr.store.desk.database import open_desk_database
from elqr.store.desk.records import Actor, enter_record, records
from elqr.store.ledger_file import open_ledger
from elqr.synthetic import generate
from elqr.vocabulary.desk_frames import DeskRecord
from elqr.vocabulary.errors import LedgerError, NotFound
from elqr.vocabulary.staff import Deed
from tests import builders
from tests.builders import (
    CITY_JOB,
    EVERY_REPORT,
    NIGHT,
    REAL_NOTICE,
    REAL_PAYMENT,
    REFUSED,
    SPECS,
    TRAINING,
    City,
    Ran,
    codes,
    credit_file,
    credit_row,
    elqr,
    eltax_file,
    notice_row,
)
from tests.cases.deposit_lines import HAND_ROW, by_hand
from tests.cases.job_parts import SENDER
from tests.cases.till import Till
from tests.server import Server, done


@pytest.fixture
def on_server(database_server: Server) -> Iterator[Server]:
    """Cities of this test keep their ledgers on the server."""
    before = list(builders.SERVERS)
    builders.SERVERS[:] = [database_server]
    yield database_server
    builders.SERVERS[:] = before


@pytest.fixture
def city(on_server: Server, tmp_path: Path) -> City:
    made = City.founded(tmp_path / "city")
    made.notices(REAL_NOTICE, notice_row())
    made.deliver("eltax.csv", eltax_file(REAL_PAYMENT))
    return made


def _rows(city: City) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, but the clock, and the hash of the job that names the database with what it goes into."""
    found = {}
    for table in metadata.sorted_tables:
        names = [column.name for column in table.c if (table.name, column.name) not in _OF_THE_JOB]
        found[table.name] = sorted(city.sql(f"SELECT {', '.join(names)} FROM {table.name}"), key=str)
    return found


TEXTS = ["", None, "NULL", "\\N", "50% と %s", '引用符"と,読点', "改行\nのある", " 空白 ", "0012", ":名前"]


@pytest.mark.parametrize("where", ["file", "server"])
def test_columns_come_out_as_they_went_in(where: str, database_server: Server, tmp_path: Path) -> None:
    """An empty text is no null, and nothing in a text means anything to the database or to the way out."""
    url = f"sqlite:///{tmp_path / 'own.db'}" if where == "file" else database_server.url(database_server.new_database())
    rows = pl.DataFrame({"no": range(len(TEXTS)), "text": TEXTS}, schema={"no": pl.Int64, "text": pl.String})
    schema = {"no": pl.Int64, "text": pl.String, "same": pl.String, "is_first": pl.Boolean, "sum": pl.Int64}
    with engine(make_url(url)).begin() as connection, stage_rows(connection, rows) as table:
        no, text = table.c
        same, is_first = literal("100% :x 'y'").label("same"), (no == 0).label("is_first")
        query = select(no, text, same, is_first, func.sum(no).over().label("sum"))
        found = read_unordered(connection, query, schema)
        assert read_unordered(connection, query.where(no < 0), schema).equals(pl.DataFrame(schema=schema))
    total = sum(range(len(TEXTS)))
    wanted = [(at, text, "100% :x 'y'", at == 0, total) for at, text in enumerate(TEXTS)]
    assert found.sort("no").rows() == wanted


_OF_THE_JOB = {
    ("run", "entry"),
    ("run", "hash"),
    ("run", "previous_hash"),
    ("export", "made_at"),
    ("ledger_start", "ledger_id"),
}
_OF_THE_JOB |= {("export", "manifest_sha256"), ("act", "session_user")}


def test_a_server_and_a_file_hold_the_same_rows_and_draw_the_same_reports(on_server: Server, tmp_path: Path) -> None:
    """A synthetic city, three nights, everything taken in, exported and issued: record by record the same."""
    generate(tmp_path / "made", seed=11, notices=400, days=20, specs=SPECS)
    found = []
    for name, servers in (("file", []), ("server", [on_server])):
        builders.SERVERS[:] = servers
        job = CITY_JOB + "\n[export]\nnightly = true\n"
        city = City.founded(tmp_path / name, job, reports=EVERY_REPORT)
        for part in ("check_no_secret", "procedures.toml"):
            (city.folder / part).write_bytes((tmp_path / "made" / part).read_bytes())
        for part in ("claims", "notices"):
            shutil.copytree(tmp_path / "made" / part, city.folder / part, dirs_exist_ok=True)
        files = sorted((tmp_path / "made" / "inbox").iterdir())
        for number, day in enumerate((date(2026, 11, 18), date(2026, 11, 19), NIGHT)):
            for path in files[number::3]:
                city.deliver(path.name, path.read_bytes())
            assert city.night(day).code in (0, 3, 4)
        assert elqr("verify", "--job", city.job, "--date", NIGHT.isoformat()).code == 0
        reports = {
            path.name: path.read_bytes()
            for path in (city.folder / "out" / NIGHT.isoformat()).iterdir()
            if path.suffix in (".csv", ".json")
        }
        found.append((_rows(city), reports))
    (file_rows, file_reports), (server_rows, server_reports) = found
    assert file_rows == server_rows and len(file_rows["decision"]) > 100 and len(file_rows["posting"]) > 100
    assert file_reports == server_reports and len(file_reports) > 10


def _reset(city: City, old: str, new: str) -> None:
    text = city.job.read_text(encoding="utf-8")
    assert old in text
    city.job.write_text(text.replace(old, new), encoding="utf-8")


WRONG: list[tuple[str, Callable[[City, Server], None], str]] = [
    ("サーバーがない", lambda city, server: _reset(city, f":{server.port}/", ":1/"), "サーバーにつながらない"),
    ("データベースがない", lambda city, server: _reset(city, city.database, "nowhere"), "その名前のデータベースがありません"),
    ("名前の誤り", lambda city, server: _reset(city, "elqr@", "nobody_here:geheim@"), "台帳のデータベースを開けません"),
    ("ドライバーの誤り", lambda city, server: _reset(city, "postgresql+psycopg", "mysql"), "台帳のURLが読めません"),
]  # fmt: skip


@pytest.mark.parametrize(("spoil", "said"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_a_server_that_cannot_be_used_is_one_sentence(
    city: City, on_server: Server, spoil: Callable[[City, Server], None], said: str
) -> None:
    spoil(city, on_server)
    ran = elqr("night", city.job)
    assert ran.code == 1 and said in ran.err and ran.err.count("\n") == 1
    assert "geheim" not in ran.err and "psycopg" not in ran.err.replace("postgresql+psycopg://", "")


_BEFORE_SENDERS = "SET identity = substr(identity, position('|' in identity) + 1)"
_AS_VERSION_7 = (
    "ALTER TABLE ruling_posting DROP COLUMN notice_no",
    "ALTER TABLE posting DROP CONSTRAINT posting_account_check",
    "ALTER TABLE posting ADD CONSTRAINT posting_account_check CHECK (account IN ('claim', 'suspense'))",
    "ALTER TABLE payment_identity DROP CONSTRAINT payment_identity_pkey",
    "ALTER TABLE payment_identity DROP COLUMN variant",
    "ALTER TABLE payment_identity ADD PRIMARY KEY (identity, stage, occurrence_no)",
    *(
        statement
        for name in ("payment", "payment_identity")
        for statement in (
            f"ALTER TABLE {name} DISABLE TRIGGER {name}_no_change",
            f"UPDATE {name} {_BEFORE_SENDERS}",
            f"ALTER TABLE {name} ENABLE TRIGGER {name}_no_change",
        )
    ),
)
_AS_VERSION_6 = (
    *_AS_VERSION_7,
    "ALTER TABLE payment ADD COLUMN content text NOT NULL DEFAULT 'app|elqr'",
    "ALTER TABLE payment_identity ADD COLUMN content text NOT NULL DEFAULT 'app|elqr'",
    "DROP TRIGGER posting_not_in_closed_month ON posting",
    "CREATE OR REPLACE FUNCTION elqr_not_in_closed_month() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN IF EXISTS (SELECT 1 "
    "FROM month_close_step WHERE result = 'approved' AND month >= substr(NEW.night_on, 1, 7)) THEN "
    "RAISE EXCEPTION 'closed month'; END IF; RETURN NEW; END$$",
    "CREATE TRIGGER posting_not_in_closed_month BEFORE INSERT ON posting FOR EACH ROW "
    "EXECUTE FUNCTION elqr_not_in_closed_month()",
    "DROP TABLE reminder_hold, reminder_sent, reminder_status, typed_batch_step, typed_batch",
    "DROP INDEX notice_with_account; DROP INDEX claim_by_payer; ALTER TABLE payment DROP COLUMN image_ref",
    "DROP TABLE payout, delivery_box, waiver_delivery, reduced_posting, act, waiver_step, waiver, retraction_step, retraction",
    "DROP TABLE notice_line, counted_day, item_order, claim_state, claim_file, claim_entry, claim_cancel",
    "ALTER TABLE payment DROP COLUMN received_on",
    "ALTER TABLE notice DROP COLUMN barcode_until_on, DROP COLUMN mpn_until_on",
    "DROP INDEX notice_file_retracted; ALTER TABLE notice_file DROP COLUMN retracts_no",
    "DROP INDEX decision_unposted; DROP INDEX notice_part",
    "ALTER TABLE notice DROP COLUMN change_reason, DROP COLUMN part_kind",
    "ALTER TABLE notice_cancel DROP COLUMN is_paper_only",
    "DROP TABLE notice_refused_end, notice_give_up_step, notice_give_up, notice_refused",
    "DROP INDEX deposit_by_day",
    "DROP INDEX run_by_night; DROP INDEX notice_cancel_by_file; DROP INDEX watched_bundle_by_night; DROP INDEX overdue_payment_by_night",
    "DROP TABLE ledger_start",
    "UPDATE setting SET value = '6' WHERE name = 'schema_version'",
)
_STRUCTURE = (
    "SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns "
    "WHERE table_schema = 'public' ORDER BY 1, 2",
    "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
    "WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2",
    "SELECT tgrelid::regclass::text, pg_get_triggerdef(oid), pg_get_functiondef(tgfoid) FROM pg_trigger "
    "WHERE NOT tgisinternal ORDER BY 1, 2",
)


_SAID_SINCE_8 = {"ledger", "operator", "upto", "sealed", "nightly", "counters", "settings", "last_notice"}


def _forget_what_runs_say_since_version_8(city: City) -> None:
    """Its one run as version 6 wrote it, with the hash of that."""
    ((run_id, before, entry),) = city.sql("SELECT run_id, previous_hash, entry FROM run")
    said = {name: value for name, value in json.loads(entry).items() if name not in _SAID_SINCE_8}
    text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    made = hashlib.sha256(f"{before}\n{run_id}\n{text}".encode()).hexdigest()
    city.damage(f"UPDATE run SET entry = '{text}', hash = '{made}'")


def test_an_older_ledger_on_a_server_is_brought_up_with_its_guards(city: City) -> None:
    assert city.night().code == 0
    new = [city.sql(query) for query in _STRUCTURE]
    _forget_what_runs_say_since_version_8(city)
    for statement in _AS_VERSION_6:
        city.sql(statement)
    (city.folder / "archive" / "ledger.json").unlink()  # version 6 left neither this nor the id in a run's record
    shutil.rmtree(city.folder / "out")
    city.job.write_text(TRAINING + city.job.read_text(encoding="utf-8"), encoding="utf-8")
    assert [city.sql(query) for query in _STRUCTURE] != new
    city.deliver("again.csv", eltax_file(REAL_PAYMENT))
    ran = city.night(date(2026, 11, 21))
    assert ran.code == 0 and [city.sql(query) for query in _STRUCTURE] == new
    assert city.sql("SELECT DISTINCT split_part(identity, '|', 1), variant FROM payment_identity") == [("eltax", "")]
    assert elqr("verify", "--job", city.job, "--date", "2026-11-21").code == 0
    on = ("--job", city.job, "--date", "2026-12-01")
    assert elqr("month", "close", "2026-11", "--by", "山田", *on).code == 0
    assert elqr("month", "approve", "2026-11", "--by", "佐藤", *on).code == 0
    for nights in (["2026-11-30"], ["2026-12-01", "2026-10-31"]):
        with pytest.raises(REFUSED, match="closed month"):
            city.sql(_posted_again(nights))
    assert len(city.sql(f"{_posted_again(['2026-12-01'])} RETURNING posting_no")) == 1


def test_an_empty_database_is_not_taken_for_the_ledger(city: City, on_server: Server) -> None:
    """A mistyped name of the database."""
    assert city.night().code == 0
    empty = on_server.new_database()
    city.job.write_text(city.job.read_text(encoding="utf-8").replace(city.database, empty), encoding="utf-8")
    for command in (("night", city.job), ("night", city.job, "--dry-run"), ("verify", "--job", city.job)):
        ran = elqr(*command)
        assert ran.code == 1 and "elqr ledger new" in ran.err, ran
    assert on_server.run("SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'", empty) == [
        (0,)
    ]


def _posted_again(nights: list[str]) -> str:
    """All postings once more on each of some nights, in one statement."""
    rows = [
        f"SELECT posting_no + {100 * no}, payment_no, account, claim_no, 1, fiscal_year, is_arrears, procedure_code, "
        f"'{night}', posting_no, '', '' FROM posting"
        for no, night in enumerate(nights, start=1)
    ]
    return f"INSERT INTO posting {' UNION ALL '.join(rows)}"


def test_a_night_tells_the_server_how_large_its_tables_are(city: City, on_server: Server) -> None:
    """The server plans with what it last looked at; nobody else looks within the minute. What has not grown is left."""
    unknown = "SELECT relname FROM pg_class WHERE relkind = 'r' AND reltuples < 0 AND pg_relation_size(oid) > 0"
    assert city.night().code == 0
    assert city.sql(f"{unknown} AND relnamespace = 'public'::regnamespace") == []
    assert city.sql("SELECT reltuples FROM pg_class WHERE relname IN ('notice', 'posting') ORDER BY 1") == [(1,), (2,)]
    looked_at: list[str] = []
    with open_ledger(on_server.url(city.database)) as ledger:
        event.listen(ledger.engine, "before_cursor_execute", lambda *given: looked_at.append(given[2]))
        ledger.refresh()
        assert len(looked_at) == 2 and not [said for said in looked_at if said.startswith("ANALYZE")]
        city.sql("INSERT INTO counter SELECT 'no ' || no, no FROM generate_series(1, 20000) AS no")
        ledger.refresh()
    assert looked_at[-1] == "ANALYZE (SKIP_LOCKED) counter"


def test_a_second_run_leaves_with_5_wherever_it_is_started(city: City, on_server: Server, tmp_path: Path) -> None:
    with psycopg.connect(f"host=127.0.0.1 port={on_server.port} user=elqr dbname={city.database}") as other:
        other.execute("SELECT pg_advisory_lock(1852401512)")
        ran = city.night()
    assert ran.code == 5 and "別の夜間処理" in ran.err
    assert city.night().code == 0


def test_a_server_that_goes_in_mid_night_loses_nothing(
    city: City, on_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Connections are cut while decisions are written; the next run ends as if nothing had been."""
    from elqr.store.entries import night as entries

    honest, cut = entries.enter_decisions, []

    def cutting(*arguments: object, **named: object) -> object:
        entered = honest(*arguments, **named)  # type: ignore[arg-type]
        if not cut:
            cut.append(True)
            asked = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{city.database}'"
            on_server.run(asked)
            time.sleep(0.2)
        return entered

    monkeypatch.setattr("elqr.night.posting.entries.enter_decisions", cutting)
    broken = city.night()
    assert broken.code == 1 and "台帳に書き込めません" in broken.err and broken.err.count("\n") == 1
    assert city.sql("SELECT count(*) FROM decision") == [(0,)]
    assert city.night().places() == {"posted": (1, 39_500)}
    assert elqr("verify", "--job", city.job, "--date", NIGHT.isoformat()).code == 0


@pytest.mark.parametrize(("way", "table"), [("read_columns", "notice_key"), ("copy_rows", "decision")])
def test_what_stops_a_copy_is_told_like_what_stops_any_other_statement(
    city: City, on_server: Server, monkeypatch: pytest.MonkeyPatch, way: str, table: str
) -> None:
    """COPY is spoken to the driver itself, on the way out of the ledger and on the way in; here others hold a table."""
    honest = getattr(bulk, way)
    with psycopg.connect(f"host=127.0.0.1 port={on_server.port} user=elqr dbname={city.database}") as other:

        def late(connection: Connection, *arguments: object) -> object:
            if way == "read_columns" or str(arguments[0]) == table:
                connection.exec_driver_sql("SET lock_timeout = 100")
                other.execute(f"LOCK TABLE {table}")
            return honest(connection, *arguments)

        monkeypatch.setattr(bulk, way, late)
        broken = city.night()
        monkeypatch.undo()
    assert broken.code == 1 and "ほかの利用者が" in broken.err and broken.err.count("\n") == 1
    assert city.night().places() == {"posted": (1, 39_500)}


def test_a_server_that_is_stopped_and_started_between_two_nights(city: City, on_server: Server) -> None:
    assert city.night().code == 0
    done([*on_server.control, "--mode=fast", "stop"])
    try:
        ran = city.night(date(2026, 11, 21))
        assert ran.code == 1 and "サーバーにつながらない" in ran.err
    finally:
        done([*on_server.control, "start"])
    assert city.night(date(2026, 11, 21)).code == 0


def test_two_nights_at_once_post_once(city: City) -> None:
    found: list[Ran] = []
    threads = [threading.Thread(target=lambda: found.append(_process(city))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ran.code for ran in found) in ([0, 0], [0, 5])
    assert city.sql("SELECT count(*), sum(yen) FROM posting") == [(1, 39_500)]


def _process(city: City) -> Ran:
    import os
    import subprocess
    import sys

    environment = {**os.environ, "PYTHONPATH": str(builders.ROOT)}
    ran = subprocess.run(
        [sys.executable, "-m", "elqr", "night", str(city.job)], env=environment, capture_output=True, text=True
    )
    return Ran(ran.returncode, ran.stdout, ran.stderr)


def test_a_rehearsal_leaves_no_trace(city: City) -> None:
    assert city.night(NIGHT, "--dry-run").places() == {"posted": (1, 39_500)}
    assert city.sql("SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'") == [(0,)]


def test_a_null_and_an_empty_text_are_not_the_same(city: City) -> None:
    city.night()
    assert city.sql("SELECT count(*) FROM notice WHERE barcode IS NULL") == [(1,)]
    assert city.sql("SELECT count(*) FROM notice WHERE barcode = ''") == [(0,)]
    assert city.sql("SELECT count(*) FROM posting WHERE reason = ''") == [(1,)]


def test_the_rights_that_the_handbook_grants_are_enough_and_no_more(city: City, on_server: Server) -> None:
    """A person's own role: nights, requests, approvals and verification, and no row changed by hand."""
    city.night()
    on_server.run("DROP ROLE IF EXISTS sato")
    on_server.run("CREATE ROLE sato LOGIN")
    for grant in (
        f"GRANT CONNECT, TEMPORARY ON DATABASE {city.database} TO sato",
        "GRANT USAGE ON SCHEMA public TO sato",
        "GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public TO sato",
        "GRANT UPDATE ON counter, setting TO sato",
    ):
        on_server.run(grant, city.database)
    city.job.write_text(city.job.read_text(encoding="utf-8").replace("//elqr@", "//sato@"), encoding="utf-8")
    city.notices(notice_row(bill_no="100009"), name="more.csv")
    assert city.night(date(2026, 11, 21)).code in (0, 3)
    for step, by in (("close", "山田"), ("approve", "佐藤")):
        ran = elqr("month", step, "2026-10", "--by", by, "--job", city.job, "--date", "2026-11-21")
        assert ran.code == 0, ran.err
    assert elqr("verify", "--job", city.job, "--date", "2026-11-21").code == 0
    assert city.sql("SELECT DISTINCT act.session_user FROM act") == [("sato",)]
    where = f"host=127.0.0.1 port={on_server.port} user=sato dbname={city.database}"
    with psycopg.connect(where) as own, pytest.raises(psycopg.errors.InsufficientPrivilege):
        own.execute("UPDATE posting SET yen = yen + 1")
    on_server.run("REASSIGN OWNED BY sato TO elqr; DROP OWNED BY sato", city.database)


def test_money_taken_back_and_money_told_without_its_account_on_a_server(on_server: Server, tmp_path: Path) -> None:
    """A day that agreed is opened again, and what a person typed is taken for the bank's own line."""
    till = Till.opened(tmp_path / "city")
    till.paid("eltax.csv", 0)
    till.money("1.dat", credit_file(credit_row(10_000, SENDER)))
    till.money("hand.csv", by_hand(HAND_ROW))
    assert codes(till.night()) == ["S708"]
    back = credit_row(10_000, SENDER, date(2026, 11, 13), cancel_kind="1")
    till.money("2.dat", credit_file(back))
    on = date(2026, 11, 21)
    assert codes(till.night(on)) == ["S702"]
    assert [line[1] for line in till.lines(on)] == ["入金なし", "入金取消で相殺"]
    assert elqr("verify", "--job", till.job, "--date", on.isoformat()).code == 0
    till.damage("UPDATE settlement SET outcome = 'taken_back' WHERE outcome = 'agreed'")
    assert "相殺の組でない" in elqr("verify", "--job", till.job, "--date", on.isoformat()).err


def test_the_desk_keeps_to_a_schema_of_its_own_and_waits_for_no_night(city: City, on_server: Server) -> None:
    city.night()
    url = on_server.url(city.database)
    with pytest.raises(NotFound, match="利用者がまだありません"):
        open_desk_database(url)
    desk, at, today = open_desk_database(url, creates=True), "2026-11-24T08:30:00+09:00", date(2026, 11, 24)
    with open_ledger(url) as ledger, ledger.transaction(), desk.transaction() as connection:
        enter_record(connection, at, Actor("satou", "佐藤 花子", "10.1.2.3"), Deed.SIGNED_IN)
    again = open_desk_database(url)
    with again.transaction() as connection:
        assert records(connection, today, today)[DeskRecord.LOGIN].to_list() == ["satou"]
    for statement in ("DELETE FROM record", "UPDATE account SET login = ''", "TRUNCATE record"):
        with pytest.raises(LedgerError, match="append-only"), again.transaction() as connection:
            connection.exec_driver_sql(statement)
    assert {schema for (schema,) in city.sql("SELECT schemaname FROM pg_tables WHERE tablename = 'visit'")} == {
        "elqr_desk"
    }
    assert elqr("verify", "--job", city.job).code == 0, "the ledger knows nothing of it"
