"""Builders: small cities, notices and payment files for the tests. All names are invented."""

import json
import re
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Protocol

import polars as pl
import psycopg
from click.testing import CliRunner

from elqr.arithmetic.checkdigit import gs1_column
from elqr.formats.encode import encode_csv, encode_records, join_records
from elqr.formats.spec import LineEnd, Spec
from elqr.formats.spec_files import read_specs
from elqr.issue.payload import PayloadValues, encode
from elqr.printing.proof import Order
from elqr.printing.template import Template, read_templates
from elqr.printing.typeface import typeface
from elqr.printing.wording import Office
from elqr.store.db.schema import metadata
from elqr.vocabulary.frames import PrintableNotice
from tests.server import Server

ROOT = Path(__file__).parent.parent
SPECS: dict[str, Spec] = read_specs([ROOT / "specs"])
NIGHT = date(2026, 11, 20)
PAYMENT_SPECS = sorted(name for name, spec in SPECS.items() if spec.purpose == "payment")

REAL_CODE = (
    "0002010102122796000513800018338000000000000000003950021380001270000082000002024010101043487782840440"
    "0004000000005411000000395006226202420240020240531202407108085000000000000000000000000000000000000000"
    "0000000000000000000000000000000000000000000000630520201"
)
REAL_BARCODE = "91959919833262024010101043480024071000395003"
REAL_KEY = "00000202401010104348"

REGISTER = """
[[procedure]]
code = "kenzei"
name = "自動車税（種別割）"
kind = "地方税"
department = "市民税課"
priority = "実施済"
item_no = "127"
go_live_on = 2023-04-01

[[procedure]]
code = "kokuho"
name = "国民健康保険料"
kind = "国保"
department = "保険年金課"
priority = "優先"
item_no = "901"
go_live_on = 2026-10-01
accounting = "特別会計"

[[procedure]]
code = "suido"
name = "水道料金"
kind = "使用料・手数料"
department = "上下水道局"
priority = "拡大"
item_no = "910"
accounting = "公営企業会計"
"""

DATA_ONLY = """
[reports]
page = false
books = []
departments = []
data = ["json"]
"""
EVERY_REPORT = ""
JOB = """
title = "試験の夜"
date = 2026-11-20
register = "procedures.toml"
out = "out"

[city]
name = "見本市"
city_code = "999999"
office_code = "44000"
tax_office_code = "040"

[store]
url = "sqlite:///ledger.db"
archive = "archive"

[issue]
check_no_secret_file = "secret"

[notices]
inbox = "notices"

[[inbox]]
path = "inbox"
specs = ["account_transfer_91_result", "cvs_family_a", "cvs_family_b", "dsk_csv", "eltax_payment_csv"]
"""

CITY_JOB = JOB.replace('"secret"', '"check_no_secret"') + '\n[[claims]]\npath = "claims"\nspecs = ["claim_csv"]\n'
"""The job of a synthetic city, in the folder where it was made."""

TRAINING = "training = true\n"
"""Before a job: its nights may be ahead of the day on which the tests are run."""


def barcode(city_no: str, amount_yen: int, until: date | None, reissue_no: int = 0) -> str:
    """A 44-digit bar code with its check digit."""
    limit = f"{until:%y%m%d}" if until else "999999"
    return str(gs1_column(pl.Series([f"9195991983326{city_no:0>16}{reissue_no}{limit}0{amount_yen:06d}"]))[0])


def notice_row(**given: object) -> dict[str, object]:
    """One row of a notice file; what is not given is an ordinary notice of 国保."""
    row: dict[str, object] = {
        "change_kind": "1",
        "procedure_code": "kokuho",
        "levy_year": 2026,
        "tax_year": 2026,
        "bill_no": "100001",
        "installment_no": 1,
        "issue_no": 1,
        "principal_yen": 10_000,
        "demand_fee_yen": 0,
        "late_charge_yen": 0,
        "due_on": date(2026, 10, 31),
        "payable_until_on": date(2026, 11, 30),
        "issued_on": date(2026, 10, 1),
        "payer_ref": "1000001",
        "payer_name": "架空 太郎",
        "postal_code": "510-0000",
        "address": "見本市架空町1-2-3",
        "key_no": None,
        "check_no": None,
        "barcode": None,
        "customer_no": None,
        "pension_no": None,
        "notice_kind": None,
        "change_reason": None,
        "barcode_until_on": None,
        "mpn_until_on": None,
    }
    assert set(given) <= set(row), "a notice row has no such column"
    return row | given


REAL_NOTICE = notice_row(
    procedure_code="kenzei",
    levy_year=2024,
    tax_year=2024,
    bill_no="2024010101043",
    installment_no=0,
    principal_yen=39_500,
    due_on=date(2024, 5, 31),
    payable_until_on=date(2024, 7, 10),
    issued_on=date(2024, 5, 1),
    key_no=REAL_KEY,
    check_no="778284",
    barcode=REAL_BARCODE,
)


def _frame(spec: str, record: str, rows: list[dict[str, object]]) -> pl.DataFrame:
    fields = SPECS[spec].record_named(record)
    assert fields is not None
    kinds = {"yen": pl.Int64, "count": pl.Int64, "date": pl.Date}
    schema = {
        field.name: kinds.get(field.kind, pl.String) for field in fields.fields if field.kind not in ("filler", "const")
    }
    return pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema)


def notice_file(*rows: dict[str, object], charset: str = "utf-8") -> bytes:
    """A notice file, without the optional columns in which nothing stands."""
    frame = _frame("notice_csv", "notice", list(rows))
    optional = [field.name for field in SPECS["notice_csv"].record[0].fields if field.optional]
    frame = frame.drop(name for name in optional if frame[name].is_null().all())
    return encode_csv(SPECS["notice_csv"], frame, charset)  # type: ignore[arg-type]


def claim_row(**given: object) -> dict[str, object]:
    """One row of a claim file; what is not given is an ordinary claim of 国保."""
    row: dict[str, object] = {
        "zeimoku_cd": "kokuho",
        "fuka_nendo": 2026,
        "soto_nendo": 2026,
        "tsuchisho_no": "100001",
        "kibetsu_cd": 1,
        "atena_no": "1000001",
        "noki_ymd": date(2026, 10, 31),
        "kazei_kosei_ymd": date(2026, 10, 1),
        "kosei_jiyu_cd": None,
        "zeigaku": 10_000,
        "tokusoku": 0,
        "entaikin": 0,
        "kesson_ymd": None,
        "zeigaku_kesson": None,
        "tokusoku_kesson": None,
        "entaikin_kesson": None,
        "sosa_ymd": date(2026, 10, 1),
        "sosa_time": "120000",
    }
    assert set(given) <= set(row), "a claim row has no such column"
    return row | given


def claim_file(*rows: dict[str, object]) -> bytes:
    return encode_csv(SPECS["claim_csv"], _frame("claim_csv", "claim", list(rows)))


def status_row(**given: object) -> dict[str, object]:
    """A row about the claim 100001 of the builders' notices; of a payer (`atena_no`) if `tsuchisho_no` is None."""
    row: dict[str, object] = {
        "zeimoku_cd": "kokuho",
        "fuka_nendo": 2026,
        "soto_nendo": 2026,
        "tsuchisho_no": "100001",
        "kibetsu_cd": 1,
        "atena_no": None,
        "jokyo_kbn": "督促停止",
        "kanri_no": "1",
        "kaishi_ymd": date(2026, 11, 1),
        "shuryo_ymd": None,
        "kaijo_ymd": None,
        "jiyu": None,
        "sosa_ymd": date(2026, 11, 2),
        "sosa_time": "090000",
        "del_flg": "0",
    }
    assert set(given) <= set(row), "a status row has no such column"
    if given.get("tsuchisho_no", row) is None:
        row |= dict.fromkeys(("zeimoku_cd", "fuka_nendo", "soto_nendo", "kibetsu_cd"))
    return row | given


def status_file(*rows: dict[str, object]) -> bytes:
    return encode_csv(SPECS["reminder_status_csv"], _frame("reminder_status_csv", "status", list(rows)))


def eltax_row(key_no: str, check_no: str, amount_yen: int, **given: object) -> dict[str, object]:
    row: dict[str, object] = {
        "data_kind": "2",
        "city_code": "999999",
        "key_no": key_no,
        "check_no": check_no,
        "item_no": "901",
        "office_code": "44000",
        "tax_office_code": "040",
        "amount_yen": amount_yen,
        "channel_kind": "01",
        "paid_on": date(2026, 11, 5),
        "received_on": date(2026, 11, 6),
        "funds_on": date(2026, 11, 12),
        "center": "0000000001",
        "processed_on": date(2026, 11, 5),
        "serial_no": "00000001",
        "bank": None,
        "branch": None,
    }
    assert set(given) <= set(row), "an eLTAX row has no such column"
    return row | given


def eltax_file(*rows: dict[str, object]) -> bytes:
    return encode_csv(SPECS["eltax_payment_csv"], _frame("eltax_payment_csv", "data", list(rows)))


def payeasy_row(key_no: str, check_no: str, amount_yen: int, **given: object) -> dict[str, object]:
    row: dict[str, object] = {
        "agency": "13800",
        "key_no": key_no,
        "check_no": check_no,
        "item_no": "901",
        "center": "0000000001",
        "processed_on": date(2026, 11, 5),
        "serial_no": "00000001",
        "amount_yen": amount_yen,
        "channel_kind": "01",
    }
    assert set(given) <= set(row), "a Pay-easy row has no such column"
    return row | given


def payeasy_file(*rows: dict[str, object]) -> bytes:
    return encode_csv(SPECS["payeasy_csv"], _frame("payeasy_csv", "data", list(rows)))


def slip_row(number: str, key_no: str | None, amount_yen: int, **given: object) -> dict[str, object]:
    """One row of slips typed by hand."""
    row: dict[str, object] = {
        "number": number,
        "key_no": key_no,
        "check_no": None,
        "barcode": None,
        "amount_yen": amount_yen,
        "paid_on": date(2026, 11, 5),
        "received_on": date(2026, 11, 6),
        "image_ref": f"図{number}",
        "channel": "窓口",
    }
    assert set(given) <= set(row), "a slip has no such column"
    return row | given


def slip_file(*rows: dict[str, object]) -> bytes:
    return encode_csv(SPECS["payment_by_hand_csv"], _frame("payment_by_hand_csv", "data", list(rows)))


REAL_PAYMENT = eltax_row(
    REAL_KEY,
    "778284",
    39_500,
    item_no="127",
    paid_on=date(2024, 6, 3),
    received_on=date(2024, 6, 4),
    funds_on=date(2024, 6, 10),
    processed_on=date(2024, 6, 3),
)


def cvs_row(code: str, **given: object) -> dict[str, object]:
    row: dict[str, object] = {
        "data_kind": "02",
        "paid_on": date(2026, 11, 5),
        "paid_at": "1012",
        "barcode": code,
        "store": "0001234",
        "got_on": date(2026, 11, 6),
        "funds_on": date(2026, 11, 12),
        "booked_on": date(2026, 11, 6),
        "cvs_code": "0010",
    }
    return row | given


def cvs_file(*rows: dict[str, object], family: str = "a", line_end: LineEnd = "crlf") -> bytes:
    spec = SPECS[f"cvs_family_{family}"]
    header = {"made_on": date(2026, 11, 6), "factor": "00001", "company": "83326", "company_name": "ミホンシ"}
    parts = [("header", [header]), ("data", list(rows)), ("trailer", [{}]), ("end", [{}])]
    return join_records(spec, [_records(spec, name, own) for name, own in parts if own], line_end)


def _records(spec: Spec, record: str, rows: list[dict[str, object]]) -> pl.Series:
    frame = _frame(spec.name, record, rows)
    return encode_records(spec, record, frame if frame.width else pl.DataFrame({"record_kind": [""] * len(rows)}))


def dsk_row(code: str, **given: object) -> dict[str, object]:
    row: dict[str, object] = {
        "data_kind": "02",
        "paid_on": date(2026, 11, 5),
        "paid_at": "1012",
        "barcode": code,
        "free_1": code[13:19],
        "free_2": code[19:30],
        "stamp": "0",
        "amount_yen": int(code[37:43]),
        "center": "750",
        "cvs_name": "アプリ",
        "store": "000001",
        "funds_on": date(2026, 11, 12),
        "made_on": date(2026, 11, 6),
    }
    return row | given


def dsk_file(*rows: dict[str, object]) -> bytes:
    return encode_csv(SPECS["dsk_csv"], _frame("dsk_csv", "data", list(rows)), final_end=False)


def transfer_row(customer_no: str, amount_yen: int, result: str = "0", **given: object) -> dict[str, object]:
    row: dict[str, object] = {
        "bank": "0001",
        "branch": "001",
        "account_kind": "1",
        "account_no": "1234567",
        "holder": "ｶｸｳ ﾀﾛｳ",
        "amount_yen": amount_yen,
        "new_kind": "0",
        "customer_no": customer_no,
        "result": result,
    }
    return row | given


def transfer_file(
    *rows: dict[str, object], line_end: LineEnd = "none", debit_on: date = date(2026, 11, 2), **trailer: int
) -> bytes:
    yen = [(int(str(row["amount_yen"])), row["result"] == "0") for row in rows]
    totals: dict[str, object] = {
        "total_count": len(yen),
        "total_yen": sum(y for y, _ in yen),
        "done_count": sum(done for _, done in yen),
        "done_yen": sum(y for y, done in yen if done),
        "failed_count": sum(not done for _, done in yen),
        "failed_yen": sum(y for y, done in yen if not done),
    }
    return _debits("account_transfer_91_result", rows, totals | trailer, debit_on, line_end)


def request_file(*rows: dict[str, object], debit_on: date) -> bytes:
    """A request (口座振替の依頼) for the debits of `transfer_row`. Its header says no year."""
    totals = {"total_count": len(rows), "total_yen": sum(int(str(row["amount_yen"])) for row in rows)}
    return _debits("account_transfer_91_request", rows, totals, debit_on, "crlf")


def _debits(
    name: str, rows: Sequence[dict[str, object]], totals: dict[str, object], debit_on: date, line_end: LineEnd
) -> bytes:
    spec = SPECS[name]
    header: dict[str, object] = {
        "charset_kind": "0",
        "client_code": "0000012345",
        "client_name": "ﾐﾎﾝｼ",
        "debit_on": debit_on,
    }
    parts = [("header", [header]), ("data", list(rows)), ("trailer", [totals]), ("end", [{}])]
    return join_records(spec, [_records(spec, name, own) for name, own in parts if own], line_end)


@dataclass(frozen=True)
class Ran:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, object]:
        return json.loads(self.out)  # type: ignore[no-any-return]

    def places(self) -> dict[str, tuple[int, int]]:
        """Place → (count, yen) of the night's funnel, empty places left out."""
        funnel = self.json["funnel"]
        return {
            line["place"]: (line["count"], line["yen"]) for line in funnel if line["count"] and line["place"] != "sum"
        }  # type: ignore[attr-defined,union-attr]


class Shared(Protocol):
    """What runs commands, or knows what they did."""

    def ran(self, arguments: tuple[str, ...], run: Callable[[], Ran]) -> Ran: ...


ONCE: list[Shared] = []
"""Where the tests of a module have the commands that they share; none where each runs its own."""


def elqr(*arguments: object, text: str | None = None, **environment: str) -> Ran:
    """Runs a command as the console script does."""
    given = tuple(map(str, arguments))
    if ONCE and text is None and not environment:
        return ONCE[0].ran(given, lambda: _ran(given, None, {}))
    return _ran(given, text, environment)


def _ran(arguments: tuple[str, ...], text: str | None, environment: dict[str, str]) -> Ran:
    import click

    from elqr.cli import main

    @click.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
    @click.argument("given", nargs=-1, type=click.UNPROCESSED)
    def _as_script(given: tuple[str, ...]) -> None:
        main(list(given))

    result = CliRunner().invoke(_as_script, ["--", *arguments], input=text, env=environment)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ran(result.exit_code, result.stdout, result.stderr)


def codes(ran: Ran) -> list[str]:
    """The codes of a command's findings, in their order."""
    return [finding["code"] for finding in ran.json["findings"]]  # type: ignore[attr-defined,index]


def went_on(kind: str, *arguments: object, last: tuple[object, ...] = ()) -> Ran:
    """Two people go on with a ledger (`accept`) or begin one (`new`): asked for and approved. Returns what refused."""
    asked = elqr("ledger", kind, *last, "--by", "山田", "--reason", "控えから戻した", *arguments)
    return asked if asked.code else elqr("ledger", "approve", "--by", "佐藤", *arguments)


REFUSED = (sqlite3.IntegrityError, psycopg.Error)
"""What a database raises when it does not do what was asked."""

SERVERS: list[Server] = []
"""The PostgreSQL server that cities keep their ledgers on; none for a file in their folders."""


@dataclass(frozen=True)
class City:
    """A city in a folder: its job, register, notices and inbox."""

    folder: Path

    @classmethod
    def founded(cls, folder: Path, job: str = JOB, register: str = REGISTER, reports: str = DATA_ONLY) -> "City":
        """A city whose nights draw what most tests read: the tables as data. Tests of a page or a book say so."""
        for name in ("notices", "inbox"):
            (folder / name).mkdir(parents=True)
        for server in SERVERS:
            job = job.replace("sqlite:///ledger.db", server.url(server.new_database()))
        (folder / "job.toml").write_text(f"{job}\n{reports}", encoding="utf-8")
        (folder / "procedures.toml").write_text(register, encoding="utf-8")
        (folder / "secret").write_text("invented-secret-of-the-tests", encoding="utf-8")
        (folder / "secret").chmod(0o600)
        return cls(folder)

    @property
    def job(self) -> Path:
        return self.folder / "job.toml"

    def notices(self, *rows: dict[str, object], name: str = "notices.csv") -> None:
        (self.folder / "notices" / name).write_bytes(notice_file(*rows))

    def deliver(self, name: str, data: bytes) -> None:
        (self.folder / "inbox" / name).write_bytes(data)

    def withdraw_notices(self, name: str) -> None:
        (self.folder / "notices" / name).unlink()

    def withdraw(self, name: str) -> None:
        (self.folder / "inbox" / name).unlink()

    def night(self, day: date = NIGHT, *options: str) -> Ran:
        return elqr("night", self.job, "--date", day.isoformat(), "--json", *options)

    def report(self, name: str, day: date = NIGHT) -> list[dict[str, object]]:
        path = self.folder / "out" / day.isoformat() / f"{name}.json"
        return json.loads(path.read_text(encoding="utf-8"))["rows"]  # type: ignore[no-any-return]

    def draw_everything(self) -> bool:
        """From now on nights draw every report. Returns whether they did not before."""
        text = self.job.read_text(encoding="utf-8")
        every = re.sub(r"\n\[reports\]\n(?:[^\[\n].*\n)*", EVERY_REPORT, text)
        self.job.write_text(every, encoding="utf-8")
        return every != text

    def drawn(self, day: date = NIGHT) -> Path:
        """The folder of the last night, with every report of it."""
        if self.draw_everything():
            self.night(day)
        return self.folder / "out" / day.isoformat()

    def outcomes(self, day: date = NIGHT) -> list[tuple[object, ...]]:
        """(file, record, outcome, claim yen, suspense yen) of every record of a night, in file order."""
        rows = self.report("消込結果", day)
        return sorted((row["ファイル"], row["記録"], row["消込結果"], row["収納額"], row["仮受額"]) for row in rows)  # type: ignore[type-var]

    def issued(self) -> dict[tuple[str, str, int, int], tuple[str, str]]:
        """(procedure, bill_no, installment, issue) → (key_no, check_no), from the newest upload file."""
        found = {}
        for path in sorted((self.folder / "out" / "upload").glob("*.csv")):
            for row in pl.read_csv(path, infer_schema=False).iter_rows(named=True):
                identity = (row["科目コード"], row["通知書番号"], int(row["期別"]), int(row["発行連番"]))
                found[identity] = (row["納付番号"], row["確認番号"])
        return found

    def copy(self, folder: Path) -> "City":
        """The city in another folder, with a copy of its ledger."""
        shutil.copytree(self.folder, folder)
        for server in SERVERS:
            path = folder / "job.toml"
            text = path.read_text(encoding="utf-8")
            path.write_text(text.replace(self.database, server.new_database(self.database)), encoding="utf-8")
        return City(folder)

    @property
    def database(self) -> str:
        """The name of its database on the server."""
        found = re.search(r"ledger_[0-9_]+", self.job.read_text(encoding="utf-8"))
        assert found
        return found[0]

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        """What the ledger says, asked of the database itself."""
        for server in SERVERS:
            return server.run(statement, self.database)
        with sqlite3.connect(self.folder / "ledger.db") as ledger:
            return ledger.execute(statement).fetchall()

    def damage(self, *statements: str) -> None:
        """Changes the ledger as somebody with a tool would: without its guards, which are there again afterwards."""
        for server in SERVERS:
            server.run("; ".join(["SET session_replication_role = replica", *statements]), self.database)
            return
        with sqlite3.connect(self.folder / "ledger.db") as ledger:
            ledger.execute("PRAGMA ignore_check_constraints = ON")
            guards = ledger.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
            ledger.execute("BEGIN")
            for name, _ in guards:
                ledger.execute(f"DROP TRIGGER {name}")
            for statement in statements:
                assert ledger.execute(statement).rowcount, statement
            for _, text in guards:
                ledger.execute(text)

    def ledger_state(self) -> object:
        """The whole ledger, to compare: the file's bytes, or every row of every table of a server."""
        if not SERVERS:
            return (self.folder / "ledger.db").read_bytes()
        names = [table.name for table in metadata.sorted_tables]
        return {name: sorted(self.sql(f"SELECT * FROM {name}"), key=str) for name in names}


def slips(*rows: dict[str, object]) -> pl.DataFrame:
    """Frame PrintableNotice of notice rows: each issued with the key and 確認番号 given, or with invented ones."""
    made = []
    for number, row in enumerate(rows, start=1):
        item_no = {"kenzei": "127", "kokuho": "901", "douro": "907"}[str(row["procedure_code"])]
        amount = sum(int(str(row[name])) for name in ("principal_yen", "demand_fee_yen", "late_charge_yen"))
        own = row | {
            "notice_no": number,
            "notice_file_no": 1,
            "amount_yen": amount,
            "key_no": row["key_no"] or f"0000020269{number:010d}",
            "check_no": row["check_no"] or f"{(number * 7919) % 1_000_000:06d}",
            "item_no": item_no,
            "part_kind": None,
            "other_claims": 0,
        }
        names = ("amount_yen", "key_no", "check_no", "item_no", "levy_year", "tax_year", "installment_no", "due_on", "payable_until_on")  # fmt: skip
        values = {name: own[name] for name in names} | {"office_code": "44000", "tax_office_code": "040"}
        made.append(own | {"digits": encode(PayloadValues.model_validate(values))})
    return pl.DataFrame(made, schema_overrides=PrintableNotice.SCHEMA).select(*PrintableNotice.SCHEMA)


OFFICE = Office(
    "見本市",
    {
        "kenzei": ("自動車税（種別割）", "市民税課"),
        "kokuho": ("国民健康保険料", "保険年金課"),
        "douro": ("道路占用料", "道路管理課"),
    },
)
TEMPLATES = read_templates([ROOT / "specs" / "sheets"])
PRINTED_ON = date(2026, 11, 20)


def order(rows: pl.DataFrame, template: str | Template = "hokenryo", **given: object) -> Order:
    """One file to be printed, from frame PrintableNotice."""
    own = TEMPLATES[template] if isinstance(template, str) else template
    face = typeface(own.fonts, own.folder)
    return Order(own, face, OFFICE, 1, PRINTED_ON, rows, **given)  # type: ignore[arg-type]


def credit_row(
    amount_yen: int, sender: str, booked_on: date = date(2026, 11, 12), **given: object
) -> dict[str, object]:
    """One line of a bank's notice of money received (振込入金通知)."""
    row: dict[str, object] = {
        "inquiry_no": None,
        "booked_on": booked_on,
        "value_on": booked_on,
        "amount_yen": amount_yen,
        "other_yen": 0,
        "sender_code": None,
        "sender": sender,
        "from_bank": "ﾍﾞﾂ",
        "from_branch": "ｷﾀ",
        "cancel_kind": None,
        "edi": None,
    }
    assert set(given) <= set(row), "a line of a bank's notice has no such field"
    return row | given


def credit_file(*rows: dict[str, object]) -> bytes:
    """振込入金通知 A with the totals of its lines."""
    spec = SPECS["bank_credit_01_a"]
    days = sorted(row["booked_on"] for row in rows)  # type: ignore[type-var]
    header: dict[str, object] = {
        "charset_kind": "0", "made_on": days[-1], "from_on": days[0], "to_on": days[-1], "bank": "0001",
        "bank_name": "ﾐﾎﾝ", "branch": "001", "branch_name": "ﾎﾝﾃﾝ", "account_kind": "1", "account_no": "0123456",
        "account_name": "ﾐﾎﾝｼ",
    }  # fmt: skip
    yen = {
        back: [int(str(row["amount_yen"])) for row in rows if (row["cancel_kind"] == "1") is back]
        for back in (True, False)
    }
    trailer: dict[str, object] = {
        "total_count": len(yen[False]), "total_yen": sum(yen[False]),
        "cancel_count": len(yen[True]), "cancel_yen": sum(yen[True]),
    }  # fmt: skip
    parts = [("header", [header]), ("data", list(rows)), ("trailer", [trailer]), ("end", [{}])]
    return join_records(spec, [_records(spec, name, own) for name, own in parts if own], "crlf")


def statement_file(*rows: dict[str, object], before_yen: int = 0) -> bytes:
    """入出金取引明細 of the same account, of lines that `credit_row` makes; those with an `in_out` are no 振込 coming in."""
    spec = SPECS["bank_statement_03"]
    days = sorted(row["booked_on"] for row in rows)  # type: ignore[type-var]
    header: dict[str, object] = {
        "charset_kind": "0", "made_on": days[-1], "from_on": days[0], "to_on": days[-1], "bank": "0001",
        "bank_name": "ﾐﾎﾝ", "branch": "001", "branch_name": "ﾎﾝﾃﾝ", "account_kind": "1", "account_no": "0000123456",
        "account_name": "ﾐﾎﾝｼ", "overdraft_kind": "0", "passbook_kind": "1", "before_yen": before_yen,
    }  # fmt: skip
    lines = [{"in_out": "1", "deal_kind": "11", "moved_on": row["booked_on"], **row} for row in rows]
    yen = {way: [int(str(line["amount_yen"])) for line in lines if line["in_out"] == way] for way in "12"}
    trailer: dict[str, object] = {
        "in_count": len(yen["1"]), "in_yen": sum(yen["1"]), "out_count": len(yen["2"]), "out_yen": sum(yen["2"]),
        "overdraft_kind": "0", "after_yen": before_yen + sum(yen["1"]) - sum(yen["2"]), "data_count": len(rows),
    }  # fmt: skip
    end: dict[str, object] = {"total_count": len(rows) + 3, "account_count": 1}
    parts = [("header", [header]), ("data", lines), ("trailer", [trailer]), ("end", [end])]
    return join_records(spec, [_records(spec, name, own) for name, own in parts if own], "crlf")
