"""Tampering: whoever can write to the ledger, its folders or its chain, and what `elqr verify` says of it.

One city that has done everything once; each damage is done inside a transaction that is taken back.
"""

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import Table, text
from sqlalchemy.exc import DBAPIError

from elqr.audit.verification import RULES
from elqr.audit.verification.anchor import read_anchors
from elqr.audit.verification.audit import UNREADABLE, Audit
from elqr.audit.verification.coverage import COVERAGE
from elqr.audit.verification.ledger import structure
from elqr.audit.verification.people import two_people
from elqr.audit.verification.runs import anchors
from elqr.night.opening import open_session
from elqr.session.ledger_access import AllowedLedger
from elqr.session.session import Session
from elqr.store.db.schema import metadata
from elqr.store.ledger_file import open_to_read
from elqr.vocabulary.codes import Code
from elqr.vocabulary.findings import Finding, Location
from tests.builders import (
    SERVERS,
    City,
    claim_file,
    claim_row,
    codes,
    credit_file,
    credit_row,
    elqr,
    eltax_file,
    eltax_row,
    notice_file,
    notice_row,
)
from tests.cases.full_ledger import LAST, everything

TABLES = {table.name: table for table in metadata.sorted_tables}


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    return everything(tmp_path_factory.mktemp("whole") / "city")


@pytest.fixture(scope="module")
def night(city: City) -> Iterator[Session]:
    with open_session(city.job, LAST, rehearsal=True, show=lambda _: None) as session:
        yield session


@contextmanager
def damaged(night: Session, *statements: str, with_guards: bool = True) -> Iterator[None]:
    """The ledger as somebody with a tool leaves it; as it was afterwards."""
    connection = night.ledger.connection
    with connection.begin_nested() as moment:
        if SERVERS:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        else:
            connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
            connection.exec_driver_sql("PRAGMA ignore_check_constraints = ON")
        guards = [] if SERVERS else _guards(night, statements)
        for name, _ in guards:
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.exec_driver_sql(statement)
        if SERVERS:
            connection.execute(text("SET LOCAL session_replication_role = origin"))
        for _, guard in guards if with_guards else ():
            connection.exec_driver_sql(guard)
        yield
        moment.rollback()


def _guards(night: Session, statements: tuple[str, ...]) -> list[tuple[str, str]]:
    """Those of the tables that the statements name: no other guard is asked."""
    named = set(re.findall(r"\w+", " ".join(statements)))
    asked = "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'"
    return [(name, guard) for name, of, guard in night.ledger.connection.exec_driver_sql(asked) if of in named]


def told(night: Session, *anchors: str) -> list[Finding]:
    """What the first rule that finds anything says: the rows' own rules first, as they are the quickest."""
    looked = Audit(night, {}, read_anchors(anchors))
    for _, rule in reversed(RULES):
        try:
            if found := list(rule(looked)):
                return found
        except UNREADABLE as error:
            return [Finding(Location("台帳"), Code.LEDGER_STRUCTURE, str(error))]
    return []


def is_told(night: Session, rules: list[Any]) -> bool:
    """Whether any rule finds anything. It is known at the first finding; its rule is asked first the next time."""
    looked = Audit(night, {})
    for at, (_, rule) in enumerate(rules):
        try:
            is_found = next(iter(rule(looked)), None) is not None
        except UNREADABLE:
            is_found = True
        if is_found:
            rules.insert(0, rules.pop(at))
            return True
    return False


def test_nothing_is_told_of_the_ledger_as_it_is(night: Session) -> None:
    assert told(night) == []


def test_every_table_is_covered_and_holds_rows(night: Session) -> None:
    assert [own.table for own in COVERAGE] == sorted(TABLES)
    assert all(own.proofs for own in COVERAGE)
    for name in TABLES:
        assert night.ledger.connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar_one(), name


def _changed(table: Table, column: str) -> str:
    is_text = str(table.c[column].type).upper().startswith("TEXT")
    value = f"'9' || coalesce({column}, '')" if is_text else f"coalesce({column}, 0) + 7777"
    return f"UPDATE {table.name} SET {column} = {value} WHERE {_first(table)}"


def _first(table: Table) -> str:
    """Of the table's first row."""
    names = ", ".join(column.name for column in table.primary_key.columns)
    return f"({names}) IN (SELECT {names} FROM {table.name} ORDER BY {names} LIMIT 1)"


def _inserted(table: Table) -> str:
    """Another row like the first one, with keys of its own."""
    keys = {column.name for column in table.primary_key.columns}
    keys |= {column.name for index in (*table.constraints, *table.indexes) for column in getattr(index, "columns", ())}
    own = {"act": {"run_no"}}.get(table.name, keys)
    said = [
        column.name
        if column.name not in own
        else f"'9' || coalesce({column.name}, '')"
        if str(column.type).upper().startswith("TEXT")
        else f"coalesce({column.name}, 0) + 7777"
        for column in table.c
    ]
    names = ", ".join(column.name for column in table.c)
    return f"INSERT INTO {table.name} ({names}) SELECT {', '.join(said)} FROM {table.name} WHERE {_first(table)}"


@pytest.mark.parametrize("name", TABLES)
def test_every_column_that_is_changed_and_every_row_that_comes_or_goes_is_told(night: Session, name: str) -> None:
    table = TABLES[name]
    plants = {column.name: _changed(table, column.name) for column in table.c}
    plants |= {"（行の追加）": _inserted(table), "（行の削除）": f"DELETE FROM {name} WHERE {_first(table)}"}
    untold, rules = [], [*reversed(RULES)]
    for what, statement in plants.items():
        try:
            with damaged(night, statement):
                untold += [] if is_told(night, rules) else [what]
        except DBAPIError as error:
            print(name, what, error.orig)  # the database itself refused
    assert untold == []


def _guard_plants(name: str) -> dict[str, list[str]]:
    """Ways to get past a guard of a table that stays named as it was."""
    if SERVERS:
        made = f"CREATE TRIGGER {name}_no_change BEFORE UPDATE OR DELETE ON {name} EXECUTE FUNCTION elqr_append_only()"
        return {
            "消した守り": [f"DROP TRIGGER {name}_no_change ON {name}"],
            "止めた守り": [f"ALTER TABLE {name} DISABLE TRIGGER {name}_no_change"],
            "複製だけの守り": [f"ALTER TABLE {name} ENABLE REPLICA TRIGGER {name}_no_change"],
            "弱めた守り": [f"DROP TRIGGER {name}_no_change ON {name}", made],
        }
    drop = f"DROP TRIGGER {name}_no_delete"
    return {
        "消した守り": [drop],
        "空の守り": [drop, f"CREATE TRIGGER {name}_no_delete BEFORE DELETE ON {name} BEGIN SELECT 1; END"],
        "条件のある守り": [
            drop,
            f"CREATE TRIGGER {name}_no_delete BEFORE DELETE ON {name} WHEN 0 BEGIN SELECT RAISE(ABORT, 'append-only'); END",
        ],
    }


@pytest.mark.parametrize("name", [name for name in TABLES if name not in ("counter", "setting")])
def test_a_guard_that_is_gone_or_weaker_is_told(night: Session, name: str) -> None:
    for what, statements in _guard_plants(name).items():
        with night.ledger.connection.begin_nested() as moment:
            for statement in statements:
                night.ledger.connection.exec_driver_sql(statement)
            found = list(structure(Audit(night, {})))
            assert {own.code for own in found} == {Code.LEDGER_STRUCTURE}, (what, found)
            moment.rollback()


SHAPES = {
    "消した索引": "DROP INDEX posting_once",
    "一意でない索引": "DROP INDEX posting_once; CREATE INDEX posting_once ON posting (payment_no, account, claim_no) WHERE reverses_no IS NULL",
    "足した守り": {
        "sqlite": "CREATE TRIGGER mine AFTER INSERT ON posting BEGIN SELECT 1; END",
        "postgresql": "CREATE TRIGGER mine AFTER INSERT ON posting FOR EACH STATEMENT EXECUTE FUNCTION elqr_append_only()",
    },
    "中身のない守り": {
        "sqlite": "CREATE TRIGGER posting_no_insert BEFORE INSERT ON posting BEGIN SELECT RAISE(IGNORE); END",
        "postgresql": "CREATE OR REPLACE FUNCTION elqr_append_only() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NULL; END$$",
    },
    "足したビュー": "CREATE VIEW mine AS SELECT 1 AS one",
    "消した締めの守り": {
        "sqlite": "DROP TRIGGER posting_not_in_closed_month",
        "postgresql": "DROP TRIGGER posting_not_in_closed_month ON posting",
    },
    "足した列": "ALTER TABLE posting ADD COLUMN mine TEXT",
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_ledger_of_another_shape_is_told(night: Session, shape: str) -> None:
    given = SHAPES[shape]
    said = given if isinstance(given, str) else given["postgresql" if SERVERS else "sqlite"]
    with night.ledger.connection.begin_nested() as moment:
        for statement in [said] if "BEGIN" in said else said.split("; "):
            night.ledger.connection.exec_driver_sql(statement)
        assert {own.code for own in structure(Audit(night, {}))} == {Code.LEDGER_STRUCTURE}
        moment.rollback()


PEOPLE = {
    "月締め": "UPDATE month_close_step SET taken_by = '山 田' WHERE result = 'approved'",
    "決裁": "UPDATE review_step SET taken_by = '山田太郎' WHERE review_no = 1",
    "決裁を決めた人": "UPDATE ruling SET staff = '鈴木'",
    "差額": "UPDATE difference_step SET taken_by = '花子' WHERE result = 'approved'",
    "督促": "UPDATE arrears_request SET asked_by = '佐藤'",
    "発送": "UPDATE release_step SET taken_by = '山田' WHERE step = 'released'",
    "手で打った束": "UPDATE typed_batch_step SET taken_by = '山田' WHERE result = 'approved'",
}


@pytest.mark.parametrize("what", PEOPLE)
def test_who_approved_what_they_asked_for_is_told_by_itself(night: Session, what: str) -> None:
    with damaged(night, PEOPLE[what]):
        assert {own.code for own in two_people(Audit(night, {}))} == {Code.SAME_PERSON}
    assert list(two_people(Audit(night, {}))) == []


MONEY = {
    "金額を変えて合計も合わせる": [
        "UPDATE posting SET yen = yen + 1 WHERE account = 'suspense'",
        "UPDATE decision SET suspense_yen = suspense_yen + 1 WHERE suspense_yen > 0",
        "UPDATE payment SET paid_yen = paid_yen + 1",
    ],
    "結果を同じ行き先の中で変える": ["UPDATE decision SET outcome = 'check_no_differs' WHERE outcome = 'key_unknown'"],
    "付記を消す": ["UPDATE decision SET flags = 'late' WHERE payment_no = 1"],
    "仕訳の理由": ["UPDATE posting SET reason = '電話で確かめました' WHERE reason <> ''"],
    "取消を一枚足す": ["INSERT INTO notice_cancel SELECT min(notice_no), max('2026-11-06'), max(2), NULL FROM notice"],
    "取込保留の理由": ["UPDATE delivery_finding SET actual = '正しい'"],
    "取込保留を消す": ["DELETE FROM delivery_finding", "DELETE FROM delivery WHERE status = 'quarantined'"],
    "承認を足す": [
        "INSERT INTO review_step SELECT max(review_no) + 1, 'approved', '2026-11-20', '2026-11-20T09:00:00+09:00', '佐藤', '' FROM review"
    ],
    "申請と承認を揃えて足す": [
        "INSERT INTO month_close SELECT 9, '2026-09', night_on, asked_at, asked_by, postings, yen, suspense_yen, sha256 FROM month_close WHERE close_no = 2",
        "INSERT INTO month_close_step SELECT 9, '2026-09', result, night_on, taken_at, taken_by, reason FROM month_close_step WHERE close_no = 2",
    ],
    "却下を承認に": ["UPDATE review_step SET result = 'approved' WHERE result = 'refused'"],
    "取込済を消す": ["DELETE FROM export_taken"],
    "連番を戻す": ["UPDATE counter SET value = value - 1"],
    "連番を進める": ["UPDATE counter SET value = value + 1"],
    "設定を足す": ["INSERT INTO setting VALUES ('mine', '1')"],
    "操作した人を変える": ["UPDATE act SET os_user = 'suzuki' WHERE kind = 'review'"],
    "突合の相手を入れ替える": [
        "UPDATE settlement_deposit SET settlement_no = 3 - settlement_no WHERE settlement_no IN (1, 2)",
    ],
    "督促から一件抜く": [
        "DELETE FROM arrears_claim WHERE claim_no = (SELECT min(claim_no) FROM arrears_claim)",
    ],
    "期限超過を消す": ["DELETE FROM overdue_payment", "DELETE FROM watched_bundle"],
}


@pytest.mark.parametrize("what", MONEY)
def test_a_change_that_adds_up_is_told_too(night: Session, what: str) -> None:
    with damaged(night, *MONEY[what]):
        assert told(night)


def _forged(night: Session, change: Callable[[dict[str, Any]], None]) -> list[str]:
    """Statements that make the chain anew with other entries: every hash is right again."""
    previous, made = "", []
    for run in Audit(night, {}).runs():
        entry = json.loads(run["entry"])
        change(entry)
        text_ = json.dumps(entry, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        own = hashlib.sha256(f"{previous}\n{run['run_id']}\n{text_}".encode()).hexdigest()
        quoted = text_.replace("'", "''")
        made.append(
            f"UPDATE run SET entry = '{quoted}', previous_hash = '{previous}', hash = '{own}' WHERE run_no = {run['run_no']}"
        )
        previous = own
    return made


def test_a_chain_made_anew_is_told_by_the_mark_in_the_archive_and_without_it_by_its_anchor_only(
    night: Session, city: City
) -> None:
    """Somebody else's account in every link and in the acts' table, and all hashes computed again."""

    def change(entry: dict[str, Any]) -> None:
        entry["operator"]["os_user"] = "nobody"

    (record,) = (city.folder / "out" / LAST.isoformat() / "runs").glob("*/run.json")
    anchor = json.loads(record.read_text(encoding="utf-8"))["anchor"]
    assert told(night, anchor) == [] and told(night, str(record)) == [] and told(night, str(city.folder / "out")) == []
    with damaged(night, *_forged(night, change), "UPDATE act SET os_user = 'nobody'"):
        assert [own.code for own in told(night)] == [Code.CHAIN_BROKEN], "the mark in the archive has the run's hash"
        with _mark_of(city, Audit(night, {}).runs()[-1]["hash"]):
            assert told(night) == [], "nothing in the ledger shows it"
            assert [own.code for own in told(night, anchor)] == [Code.ANCHOR_LOST]
            assert [own.code for own in told(night, anchor.partition(":")[2][:16])] == [Code.ANCHOR_LOST]


@contextmanager
def _mark_of(city: City, run_hash: str) -> Iterator[None]:
    """The ledger's mark in the archive, made anew too."""
    mark = city.folder / "archive" / "ledger.json"
    before = mark.read_bytes()
    mark.write_text(json.dumps(json.loads(before) | {"run_hash": run_hash}), encoding="utf-8")
    try:
        yield
    finally:
        mark.write_bytes(before)


def test_the_anchor_stands_on_the_sheet_that_finance_signs(night: Session, city: City) -> None:
    sheet = load_workbook(city.drawn(LAST) / "会計.xlsx")["収納日計表"]
    (said,) = [
        match
        for row in sheet.iter_rows(values_only=True)
        for cell in row
        if (match := re.search("照合値 ([0-9]+):([0-9a-f]{32})", str(cell)))
    ]
    assert told(night, f"{said[1]}:{said[2]}") == [] and told(night, said[2][:16].upper()) == []
    assert [own.code for own in told(night, f"{int(said[1]) + 1}:{said[2]}")] == [Code.ANCHOR_LOST]


@pytest.mark.parametrize("written", ["", "abc", "12:zzzz", "12:" + "0" * 15])
def test_what_is_no_anchor_is_refused(city: City, written: str) -> None:
    ran = elqr("verify", "--job", city.job, "--anchor", written)
    assert ran.code == 1 and "照合値として読めません" in ran.err


def test_a_ledger_without_its_last_runs_is_told_by_its_anchor(night: Session) -> None:
    runs = Audit(night, {}).runs()
    with damaged(night, f"DELETE FROM act WHERE run_no = {len(runs)}", f"DELETE FROM run WHERE run_no = {len(runs)}"):
        assert Code.ANCHOR_LOST in {own.code for own in anchors(Audit(night, {}, read_anchors([runs[-1]["hash"]])))}
        assert list(anchors(Audit(night, {}, read_anchors([runs[-2]["hash"]])))) == []


def test_a_history_without_one_payment_is_told_by_its_anchor(tmp_path: Path) -> None:
    """Made by the program itself from files in which the payment never was, and put in the place of the true one."""

    def lived(name: str, *yen: int) -> City:
        city = City.founded(tmp_path / name)
        city.notices(notice_row(), notice_row(installment_no=2))
        city.night(date(2026, 11, 4))
        keys = [city.issued()["kokuho", "100001", number, 1] for number in (1, 2)]
        rows = [
            eltax_row(*key, own, serial_no=f"{no:08d}") for no, (key, own) in enumerate(zip(keys, yen, strict=False))
        ]
        city.deliver("eltax.csv", eltax_file(*rows))
        city.night()
        return city

    true, forged = lived("true", 10_000, 10_000), lived("forged", 10_000)
    anchor = json.loads(next((true.folder / "out" / "2026-11-20" / "runs").glob("*/run.json")).read_bytes())["anchor"]
    verify = ("verify", "--job", forged.job, "--date", "2026-11-20")
    assert elqr("verify", "--job", true.job, "--date", "2026-11-20", "--anchor", anchor).code == 0
    assert elqr(*verify).code == 0, "nothing in the ledger shows it"
    ran = elqr(*verify, "--anchor", anchor)
    assert ran.code == 1 and "L522" in ran.err


NEXT = date(2026, 11, 24)
_SHA = "{sha}"


def _like(table: str, number: str, **other: str) -> str:
    """Another row like the last one of a table, with the next number and other values."""
    names = [column.name for column in TABLES[table].c]
    values = [other.get(name, f"{number} + 1" if name == number else name) for name in names]
    last = f"SELECT * FROM {table} ORDER BY {number} DESC LIMIT 1"
    return f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(values)} FROM ({last}) AS the_last"


_NOTICES = {"sha256": f"'{_SHA}'", "name": "'coming.csv'", "rows_read": "1", "rows_new": "1", "rows_same": "0"}
_PAID = {"sha256": f"'{_SHA}'", "name": "'coming.csv'", "payment_count": "1", "payment_yen": "10000"}
_FILE = _like("file", "file_no", sha256=f"'{_SHA}'", spec="'eltax_payment_csv'", payment_count="0", payment_yen="0")
_TAKEN = {**_PAID, "status": "'accepted'", "spec": "'eltax_payment_csv'"}
_EMPTY = {**_TAKEN, "payment_count": "0", "payment_yen": "0"}
_AGAIN = "(SELECT max(sha256) FROM delivery WHERE status = 'redelivered')"
_MONEY = "INSERT INTO deposit_file SELECT max(file_no), '2026-11-21', 0, 0, 0 FROM file"
_CLAIM_FILE = "INSERT INTO claim_file SELECT max(file_no), '2026-11-21', 0, 0, 0 FROM file"
_SAME_FILE = {name: f"(SELECT {name} FROM file WHERE sha256 = {_AGAIN})" for name in ("payment_count", "payment_yen")}

FORGED: dict[str, tuple[str, list[str]]] = {
    "取り込んだ納付書データ": ("notices", [_like("notice_file", "notice_file_no", rows_bad="0", **_NOTICES)]),
    "取り込んで指摘のない納付書データ": ("notices", [_like("notice_file", "notice_file_no", rows_bad="1", **_NOTICES)]),
    "取り消したことにする納付書データ": ("notices", [_like("notice_file", "notice_file_no", retracts_no="1", rows_bad="0", **_NOTICES)]),
    "取り込んだ収納データ": ("inbox", [_like("delivery", "delivery_no", **_TAKEN)]),
    "再受信した収納データ": ("inbox", [_like("delivery", "delivery_no", **{**_TAKEN, "status": "'redelivered'"})]),
    "収納のないファイル": ("inbox", [_FILE, _like("delivery", "delivery_no", **_EMPTY)]),
    "受信のないファイル": ("inbox", [_FILE]),
    "入金ファイル": ("money", [_FILE, _MONEY, _like("delivery", "delivery_no", **_EMPTY)]),
    "入金明細": ("", [_like("deposit", "deposit_no", record_no="record_no + 70", identity="'x'", repeats_no="NULL")]),
    "調定データのファイル": ("claims", [_FILE, _CLAIM_FILE, _like("delivery", "delivery_no", **_EMPTY)]),
    "調定データの行": ("", [_like("claim_state", "state_no", record_no="record_no + 70")]),
    "督促の状況の行": ("", [_like("reminder_status", "status_no", record_no="record_no + 70")]),
    "保留の後に届いたことにする再受信": (
        "", [_like("delivery", "delivery_no", sha256=_AGAIN, status="'redelivered'", name="'kouza_20261120.dat'", spec="'eltax_payment_csv'", **_SAME_FILE)]
    ),
    "二度目の取込": (
        "", [_like("delivery", "delivery_no", sha256=_AGAIN, status="'accepted'", name="'kouza_20261120.dat'", spec="'eltax_payment_csv'", **_SAME_FILE)]
    ),
    "書いていない納付書情報": ("", [_like("upload", "upload_no", file_name="'elqr_notices_000099.csv'")]),
    "期限を調べたことにする束": ("", ["INSERT INTO watched_bundle SELECT bundle_no, '2026-11-24' FROM bundle WHERE bundle_no NOT IN (SELECT bundle_no FROM watched_bundle)"]),
    "仕訳": ("", [_like("posting", "posting_no", reverses_no="posting_no")]),
    "突合済": ("", [_like("settlement", "settlement_no")]),
    "印刷": ("", [_like("print_batch", "print_no")]),
    "督促対象一覧": ("", [_like("arrears_list", "list_no", request_no="NULL")]),
    "先回りした指摘": ("", [_like("delivery_finding", "delivery_no", delivery_no="(SELECT max(delivery_no) + 1 FROM delivery)")]),
    "先回りした候補": ("", ["INSERT INTO suggestion SELECT (SELECT max(payment_no) + 1 FROM payment), notice_no, how FROM suggestion LIMIT 1"]),
    "進めた連番": ("", ["UPDATE counter SET value = value + 5"]),
}  # fmt: skip
"""What says that something was taken in or done already, put there from outside: which coming file it hides, and how."""


def _coming(city: City, folder: str) -> str:
    """A file that comes tonight, and its hash."""
    data = {
        "notices": notice_file(notice_row(bill_no="900001")),
        "inbox": eltax_file(eltax_row("1" * 20, "123456", 10_000, serial_no="00000099")),
        "claims": claim_file(claim_row(zeimoku_cd="suido", tsuchisho_no="900001")),
        "money": credit_file(credit_row(9_999, "ﾎｶ", date(2026, 11, 20))),
    }[folder or "inbox"]
    (city.folder / (folder or "inbox") / "coming.csv").write_bytes(data)
    return hashlib.sha256(data).hexdigest()


def _codes(city: City) -> set[str]:
    ran = elqr("verify", "--job", city.job, "--date", NEXT.isoformat(), "--json")
    assert ran.code == (1 if ran.json["findings"] else 0)
    return set(codes(ran))


QUICKLY = [*reversed(RULES)]


def _disagrees(city: City) -> bool:
    """Whether the rules of `elqr verify` find anything in a city's ledger."""
    with open_session(city.job, NEXT, rehearsal=True, show=lambda _: None, which=AllowedLedger.TO_READ) as session:
        return is_told(session, QUICKLY)


@pytest.mark.parametrize("what", FORGED)
def test_what_was_put_there_is_not_sealed_by_the_next_night(city: City, tmp_path: Path, what: str) -> None:
    folder, statements = FORGED[what]
    forged = city.copy(tmp_path / "forged")
    sha256 = _coming(forged, folder)
    forged.damage(*(statement.replace(_SHA, sha256) for statement in statements))
    is_first = what == next(iter(FORGED))  # of which the commands are asked
    assert _codes(forged) if is_first else _disagrees(forged), "before the next night"
    runs = forged.sql("SELECT count(*) FROM run")
    every = [("night", forged.job), ("night", forged.job, "--dry-run"), ("held", "list", "--job", forged.job)]
    for command in every if is_first else every[:1]:
        ran = elqr(*command, "--date", NEXT.isoformat())
        assert ran.code == 1 and re.search(r"\[L52[03]\].*何も書いていません", ran.err), (command, ran)
    assert forged.sql("SELECT count(*) FROM run") == runs
    assert _codes(forged) if is_first else _disagrees(forged), "and after it"


@pytest.mark.parametrize("what", [what for what, (folder, _) in FORGED.items() if folder])
def test_what_hides_a_file_is_told_even_of_what_an_older_program_sealed(
    city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """With its content in the archive, as somebody would put it there who knows what is looked at."""
    folder, statements = FORGED[what]
    forged = city.copy(tmp_path / "forged")
    sha256 = _coming(forged, folder)
    path = forged.folder / "archive" / sha256[:2] / sha256
    path.parent.mkdir(exist_ok=True)
    shutil.copy(forged.folder / folder / "coming.csv", path)
    forged.damage(*(statement.replace(_SHA, sha256) for statement in statements))
    assert elqr("night", forged.job, "--date", NEXT.isoformat()).code == 1
    with monkeypatch.context() as older:
        older.setattr("elqr.night.opening.refuse_unbacked", lambda _: None)
        assert elqr("night", forged.job, "--date", NEXT.isoformat()).code in (0, 3, 4)
    assert _disagrees(forged)


SAID_ONCE: dict[str, list[str]] = {
    "既知の収納": ["INSERT INTO payment_identity SELECT 'x' || identity, stage, occurrence_no, variant, payment_no FROM payment_identity LIMIT 1"],
    "消込済ファイル": ["INSERT INTO decided_file SELECT max(file_no) + 1, '2026-11-21' FROM file"],
    "あきらめた保留": [_like("waiver", "waiver_no"), _like("waiver_step", "waiver_no")],
    "あきらめた受信": ["INSERT INTO waiver_delivery SELECT waiver_no, (SELECT min(delivery_no) FROM delivery) FROM waiver LIMIT 1"],
    "あきらめた行": [_like("notice_give_up", "give_up_no"), _like("notice_give_up_step", "give_up_no")],
    "取込済の書き出し": [_like("export_taken", "taken_no")],
    "登録した納付書情報": [_like("upload_step", "step_no")],
    "発送の承認": [_like("release_step", "step_no")],
    "取り消した記録": [_like("retraction", "retraction_no"), _like("retraction_step", "retraction_no")],
    "閉じた差額": [_like("difference", "difference_no"), _like("difference_step", "difference_no")],
    "締めた月": [_like("month_close", "close_no", month="'2026-08'"), _like("month_close_step", "close_no", month="'2026-08'")],
    "台帳の続き": [_like("ledger_start", "start_no")],
}  # fmt: skip
"""Rows that no run ever seals late: each stands whole in the link that entered it, or is computed again."""


@pytest.mark.parametrize("what", SAID_ONCE)
def test_what_stands_in_no_link_is_told_before_and_after_the_next_night(city: City, tmp_path: Path, what: str) -> None:
    forged = city.copy(tmp_path / "forged")
    forged.damage(*SAID_ONCE[what])
    assert _disagrees(forged)
    elqr("night", forged.job, "--date", NEXT.isoformat())
    assert _disagrees(forged)


@pytest.mark.ledger_file
def test_the_way_out_of_a_forged_row_is_the_ledger_of_before(tmp_path: Path) -> None:
    city = City.founded(tmp_path / "city")
    city.notices(notice_row())
    city.night()
    assert elqr("backup", "make", "--out", tmp_path, "--job", city.job).code == 0
    city.deliver("coming.csv", eltax_file(eltax_row(*city.issued()["kokuho", "100001", 1, 1], 10_000)))
    sha256 = hashlib.sha256((city.folder / "inbox" / "coming.csv").read_bytes()).hexdigest()
    city.damage(
        "INSERT INTO delivery VALUES (1, '"
        + sha256
        + "', 'coming.csv', '2026-11-20', 'accepted', 'eltax_payment_csv', 1, 10000)"
    )
    refused = city.night(date(2026, 11, 21))
    assert refused.code == 1 and "L523" in refused.err and "控えから戻して" in refused.err
    for path in city.folder.glob("ledger.db*"):
        path.unlink()
    shutil.copy(next(tmp_path.glob("ledger_*.db")), city.folder / "ledger.db")
    assert city.night(date(2026, 11, 21)).places() == {"posted": (1, 10_000)}
    assert _codes(city) == set()


FILES: dict[str, Callable[[City], tuple[Path, bytes]]] = {
    "納付書情報": lambda city: _edited(next((city.folder / "out" / "upload").glob("*.csv"))),
    "書き出し": lambda city: _edited(city.folder / "out" / "export" / "000001" / "elqr_history_000001.csv"),
    "書き出しの目録": lambda city: _edited(city.folder / "out" / "export" / "000001" / "manifest.json"),
    "再書き出し": lambda city: _edited(next((city.folder / "out" / "export" / "000001_again1").glob("elqr_*"))),
    "督促対象一覧": lambda city: _edited(city.folder / "out" / "arrears" / "000001" / "督促対象一覧.csv"),
    "督促対象一覧の目録": lambda city: _edited(city.folder / "out" / "arrears" / "000001" / "manifest.json"),
    "保管庫": lambda city: _edited(max(_archived(city), key=lambda path: path.stat().st_size)),
}


def _archived(city: City) -> list[Path]:
    return [path for path in sorted((city.folder / "archive").rglob("*")) if path.is_file()]


def _edited(path: Path) -> tuple[Path, bytes]:
    before = path.read_bytes()
    path.chmod(0o600)
    path.write_bytes(before.replace(b"0", b"1", 1))
    return path, before


@pytest.mark.parametrize("what", FILES)
def test_an_edited_file_is_told(night: Session, city: City, what: str) -> None:
    path, before = FILES[what](city)
    try:
        assert told(night)
    finally:
        path.write_bytes(before)
    assert told(night) == []


def test_files_of_the_archive_that_changed_places_are_told(night: Session, city: City) -> None:
    one, other = _archived(city)[:2]
    before = one.read_bytes(), other.read_bytes()
    for path, data in zip((one, other), reversed(before), strict=True):
        path.chmod(0o600)
        path.write_bytes(data)
    try:
        assert told(night)
    finally:
        for path, data in zip((one, other), before, strict=True):
            path.write_bytes(data)


@pytest.mark.ledger_file
@pytest.mark.parametrize(
    ("happens", "said"),
    [(lambda path: path.unlink(), "がないか、空です"), (lambda path: path.write_bytes(b""), "がないか、空です"),
     (lambda path: path.write_bytes(b"x" * 5000), "読めません")],
    ids=["ない", "空", "台帳でない"],
)  # fmt: skip
def test_nothing_is_not_a_ledger_that_agrees(tmp_path: Path, happens: Callable[[Path], object], said: str) -> None:
    city = City.founded(tmp_path / "city")
    city.night()
    path = city.folder / "ledger.db"
    happens(path)
    ran = elqr("verify", "--job", city.job)
    assert ran.code == 1 and said in ran.err
    assert not path.exists() or path.stat().st_size in (0, 5000), "and none is begun"


@pytest.mark.ledger_file
def test_a_ledger_is_verified_as_it_lies_and_left_so(tmp_path: Path) -> None:
    """On a medium or a share where nobody may write: the file is opened for reading only."""
    city = City.founded(tmp_path / "city")
    city.notices(notice_row())
    city.night()
    lying = shutil.copytree(city.folder, tmp_path / "lying")
    path = lying / "ledger.db"
    assert [own.name for own in lying.glob("ledger.db*") if own.name not in ("ledger.db", "ledger.db.lock")] == []
    path.chmod(0o444)
    lying.chmod(0o555)
    before = path.read_bytes(), sorted(own.name for own in lying.iterdir())
    assert elqr("verify", "--job", lying / "job.toml").code == 0
    assert (path.read_bytes(), sorted(own.name for own in lying.iterdir())) == before
    with open_to_read(f"sqlite:///{path}") as ledger, pytest.raises(DBAPIError, match="readonly"):
        ledger.connection.execute(text("CREATE TABLE mine (one INTEGER)"))
