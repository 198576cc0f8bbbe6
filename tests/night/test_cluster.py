"""クラスタ: a night on many machines is the night of one, row by row, whoever dies in the middle of it."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import polars as pl
import psycopg
import pytest

from elqr.disk.inbox_filter import InboxFilter
from elqr.formats.intake.delivered_file import judge_file
from elqr.night.cluster import _read, _Reading
from elqr.store.db.schema import metadata
from elqr.store.staging import Staging, open_staging
from elqr.store.tables import ledger as tables
from elqr.synthetic import generate
from elqr.vocabulary.errors import NotFound
from elqr.vocabulary.frames import Decision
from tests import builders
from tests.builders import (
    CITY_JOB,
    JOB,
    NIGHT,
    SPECS,
    City,
    Ran,
    barcode,
    cvs_file,
    cvs_row,
    elqr,
    eltax_file,
    eltax_row,
    notice_row,
)
from tests.cases.job_parts import ACCOUNTING
from tests.night import machines
from tests.night.machines import Machines
from tests.server import Server

_EVENING = date(2026, 11, 19)
_UNTIL = date(2026, 12, 28)
_BILLS, _TWINS = range(777_001, 777_009), range(1, 13)
"""So many that they are not all in one part by chance."""


def _slip(bill: int, installment_no: int) -> str:
    return barcode(f"{bill}{installment_no}", 10_000 if installment_no else 20_000, _UNTIL)


_OF_THE_JOB = {("run", "entry"), ("run", "hash"), ("run", "previous_hash"), ("ledger_start", "ledger_id")}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Machines]:
    """Two workers that share nothing but folders and the server."""
    if lacking := machines.lacking():
        pytest.skip(lacking)
    with machines.running() as own:
        yield own


@pytest.fixture
def on_server(database_server: Server) -> Iterator[Server]:
    before = list(builders.SERVERS)
    builders.SERVERS[:] = [database_server]
    yield database_server
    builders.SERVERS[:] = before


def _founded(folder: Path, made: Path, master: str = "") -> City:
    """The synthetic city of a folder, with a year's slip beside the instalments that it covers."""
    job = CITY_JOB + ACCOUNTING + "received_days = 1\n"
    job += f'[cluster]\nmaster = "{master}"\n' if master else ""
    city = City.founded(folder, job)
    for part in ("check_no_secret", "procedures.toml"):
        (city.folder / part).write_bytes((made / part).read_bytes())
    for part in ("claims", "notices"):
        shutil.copytree(made / part, city.folder / part, dirs_exist_ok=True)
    rows = [
        notice_row(
            bill_no=str(bill),
            installment_no=no,
            principal_yen=10_000 if no else 20_000,
            payable_until_on=_UNTIL,
            barcode=_slip(bill, no),
        )
        for bill in _BILLS
        for no in (1, 2, 0)
    ]
    city.notices(*rows, name="zenki.csv")
    return city


def _deliver(city: City, made: Path, evening: int) -> None:
    """Half of the files each evening; and what the synthetic city does not have: chains of 期別, 全期 and 期別,
    identities with two contents under two keys, and what is no file of payments."""
    files = sorted((made / "inbox").iterdir())
    for path in files[evening::2]:
        city.deliver(path.name, path.read_bytes())
    if evening == 0:
        city.deliver("zenki.dat", cvs_file(*[cvs_row(_slip(bill, no)) for bill in _BILLS for no in (0, 1)]))
        city.deliver("kibetsu.dat", cvs_file(*[cvs_row(_slip(bill, 2), paid_at="0900") for bill in _BILLS]))
        for yen in (1_000, 1_001):
            twins = [eltax_row(f"7{yen}{no:015}", "123456", yen, serial_no=f"777777{no:02}") for no in _TWINS]
            city.deliver(f"twins_{yen}.csv", eltax_file(*twins))
        city.deliver("garbage.dat", b"\x00\xffnot a payment file")
    else:
        city.deliver(f"again_{files[0].name}", files[0].read_bytes())
        (city.folder / "inbox" / "folder.dat").mkdir()


def _rows(city: City) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table; of a run's entry not the hash of the job, which names the cluster."""
    found = {}
    for table in metadata.sorted_tables:
        names = [column.name for column in table.c if (table.name, column.name) not in _OF_THE_JOB]
        found[table.name] = sorted(city.sql(f"SELECT {', '.join(names)} FROM {table.name}"), key=str)
    found["run.entry"] = city.sql("SELECT entry::jsonb - 'configuration' - 'ledger' FROM run ORDER BY run_no")
    return found


def _begun(city: City, cluster: Machines, day: date) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "elqr", "night", str(city.job), "--date", day.isoformat()]
    environment = {**os.environ, **cluster.environment}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _ended(process: "subprocess.Popen[str]") -> Ran:
    out, err = process.communicate(timeout=120)
    return Ran(process.returncode, out, err)


@contextmanager
def _held(server: Server, city: City, table: str, before: str = "") -> Iterator[tuple[str, int]]:
    """真ん中: a staging table is locked, and a worker has come to it. Gives the staging and the worker's process.

    What it has written of its piece until then stands in its transaction. `before` is a staging that a run left.
    """
    asked = f"SELECT coalesce(max(nspname), '') FROM pg_namespace WHERE nspname LIKE 'elqr_cluster_%' AND nspname <> '{before}'"
    while not (staging := str(server.run(asked, city.database)[0][0])):
        time.sleep(0.02)
    where = f"host=127.0.0.1 port={server.port} user=elqr dbname={city.database}"
    waits = (
        "SELECT client_port FROM pg_locks JOIN pg_stat_activity USING (pid) "
        f"WHERE NOT granted AND relation = '{staging}.{table}'::regclass"
    )
    with psycopg.connect(where) as connection:
        connection.execute(f"LOCK TABLE {staging}.{table}".encode())
        while not (waiting := server.run(waits, city.database)):
            time.sleep(0.02)
        yield staging, machines.who_speaks_from(int(str(waiting[0][0])))


def _die(process: int) -> None:
    """A machine is gone: the process that works, and the one of the engine that it belongs to."""
    (executor,) = [own for own in machines.ancestors(process) if machines.is_executor(own)]
    for own in (executor, process):
        os.kill(own, signal.SIGKILL)


def test_the_nights_of_a_cluster_are_those_of_one_machine(cluster: Machines, on_server: Server, tmp_path: Path) -> None:
    """Two nights. On the first a worker dies while it takes a file in, and another while it hands over its part; on
    the second the driver dies, and the night is begun again."""
    made = tmp_path / "made"
    generate(made, seed=31, notices=800, days=30, specs=SPECS)
    alone = _founded(tmp_path / "alone", made)
    many = _founded(tmp_path / "many", made, cluster.master)
    for city in (alone, many):
        _deliver(city, made, 0)
    assert alone.night(_EVENING).code == 4
    night = _begun(many, cluster, _EVENING)
    for table in ("piece", "decision"):
        with _held(on_server, many, table) as (_, worker):
            _die(worker)
    ran = _ended(night)
    assert ran.code == 4, ran.err
    assert _rows(many) == _rows(alone)

    for city in (alone, many):
        _deliver(city, made, 1)
    assert alone.night(NIGHT).code == 4
    night = _begun(many, cluster, NIGHT)
    with _held(on_server, many, "decision") as (left, _):
        night.kill()
        night.wait()
    assert many.sql("SELECT count(*) FROM run") == [(1,)]
    assert on_server.run(f"SELECT 1 FROM pg_namespace WHERE nspname = '{left}'", many.database) == [(1,)]
    ran = _ended(_begun(many, cluster, NIGHT))
    assert ran.code == 4, ran.err
    rows = _rows(many)
    assert rows == _rows(alone)
    assert many.sql("SELECT 1 FROM pg_namespace WHERE nspname LIKE 'elqr_cluster_%'") == []
    assert elqr("verify", "--job", many.job, "--date", NIGHT.isoformat()).code == 0

    outcomes = {str(outcome) for (outcome,) in many.sql("SELECT DISTINCT outcome FROM decision")}
    assert outcomes >= {"matched", "already_settled", "already_posted", "conflicts", "taken_back", "key_unknown"}
    conflicts = many.sql("SELECT count(*) FROM decision WHERE outcome = 'conflicts'")
    assert conflicts == [(2 * len(_TWINS),)]
    statuses = {str(status) for (status,) in many.sql("SELECT DISTINCT status FROM delivery")}
    assert statuses == {"accepted", "quarantined", "redelivered"}
    tables = ("payment", "posting", "payment_identity", "suggestion", "bundle", "posting_tally")
    assert all(len(rows[name]) > 3 for name in tables)


def _city(server: Server, folder: Path, master: str) -> City:
    made = City.founded(folder, JOB + f'[cluster]\nmaster = "{master}"\n')
    made.deliver("cvs.dat", cvs_file(cvs_row(_slip(777_001, 0))))
    return made


def test_a_ledger_in_a_file_is_refused(tmp_path: Path) -> None:
    before, builders.SERVERS[:] = list(builders.SERVERS), []
    city = City.founded(tmp_path / "city", JOB + '[cluster]\nmaster = "spark://127.0.0.1:1"\n')
    ran = city.night()
    builders.SERVERS[:] = before
    assert ran.code == 1 and "PostgreSQL" in ran.err and ran.err.count("\n") == 1


def test_a_master_that_is_not_there_is_one_sentence(on_server: Server, tmp_path: Path) -> None:
    if lacking := machines.lacking():
        pytest.skip(lacking)
    city = _city(on_server, tmp_path / "city", "spark://127.0.0.1:1")
    ran = city.night()
    assert ran.code == 1 and "spark://127.0.0.1:1 につながりません" in ran.err and ran.err.count("\n") == 1
    assert city.sql("SELECT count(*) FROM delivery") == [(0,)]
    assert city.night(NIGHT, "--dry-run").code == 3, "a rehearsal is one machine's"


def test_without_the_engine_it_says_what_to_install(
    on_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)
    ran = _city(on_server, tmp_path / "city", "spark://127.0.0.1:1").night()
    assert ran.code == 1 and "elqr[cluster]" in ran.err and ran.err.count("\n") == 1


def test_a_master_of_another_kind_is_refused(on_server: Server, tmp_path: Path) -> None:
    ran = _city(on_server, tmp_path / "city", "http://master").night()
    assert ran.code == 1 and "cluster.master" in ran.err


def test_a_file_that_a_machine_does_not_see_is_not_a_bad_file(tmp_path: Path) -> None:
    reading = _Reading((), 1, tmp_path / "archive", NIGHT, Staging("", ""), InboxFilter())
    with pytest.raises(NotFound, match="共有フォルダ"):
        _read(reading, tmp_path / "inbox" / "cvs.dat")


def test_what_is_handed_over_twice_is_there_once(on_server: Server, tmp_path: Path) -> None:
    """Work may be done twice, even at once, and each hands over what it made."""
    city = City.founded(tmp_path / "city")
    assert city.night().code == 0
    rows = judge_file(
        cvs_file(cvs_row(_slip(777_001, 0)), cvs_row(_slip(777_001, 1))), "cvs.dat", [SPECS["cvs_family_a"]], NIGHT
    ).payments
    assert rows is not None
    decided = Decision.of(pl.DataFrame([dict.fromkeys(Decision.SCHEMA, 1)], schema_overrides=Decision.SCHEMA))
    with open_staging(on_server.url(city.database)) as place:

        def hand_over(_: int) -> None:
            place.put_file("a" * 64, rows)
            with place.connected() as connection:
                place.put_part(connection, 7, {"count": 1}, {tables.decision: decided})

        with ThreadPoolExecutor(4) as many:
            list(many.map(hand_over, range(8)))
        count = "SELECT (SELECT count(*) FROM {0}.file_{1}), (SELECT count(*) FROM {0}.decision), (SELECT count(*) FROM {0}.piece)"
        assert city.sql(count.format(place.schema, "a" * 48)) == [(2, 1, 2)]
    assert city.sql("SELECT 1 FROM pg_namespace WHERE nspname LIKE 'elqr_cluster_%'") == []
