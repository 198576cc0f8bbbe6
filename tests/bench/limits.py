"""Limits (限界): what each stage of a night costs at the least, with nothing checked, decided or kept.

Each is the quickest way found for that stage alone, in seconds of the clock, the best of some runs. Their sum is no
programme: it is what a night can be compared with. Ledgers are opened as files that nobody changes.
"""

import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from tests.bench import limit_payloads
from tests.bench.instead.records import Record, opened, records
from tests.bench.measure import SQLITE, Row
from tests.bench.town import Town, files

TOTAL = "限界の合計"

_KINDS = {"elqr": 1, "barcode": 2, "customer": 3}
_KIND_PLACE = 10**30
"""Keys have fewer than 30 digits, and what lies above them says the kind: one Int128 is one key."""

_KOUZA = {"bank": (1, 4), "branch": (20, 3), "account_kind": (42, 1), "account_no": (43, 7), "yen": (80, 10),
          "digits": (91, 20), "result": (111, 1)}  # fmt: skip
_CVS = {"paid_on": (3, 8), "paid_at": (11, 4), "digits": (17, 27), "reissue_no": (44, 1), "yen": (52, 6),
        "store": (62, 7), "funds_on": (77, 8)}  # fmt: skip


def measured(town: Town, night_no: int, payments: int, runs: int = 3) -> dict[str, float]:
    """段階ごとの秒 for the files of one night and the ledger of a town, which is only read."""
    night = town.night(night_no)
    with tempfile.TemporaryDirectory() as name:
        inbox = Path(name) / "inbox"
        inbox.mkdir()
        for file_name, data, _ in files(town.numbers(night_no, payments), night_no):
            (inbox / file_name).write_bytes(data)
        asked, rows = scan(inbox), _rows(inbox, night)
        listed = _listed(rows["payment"])
        found = {
            "起動": best(startup, runs),
            "切って型を変える": best(lambda: scan(inbox), runs),
            "台帳からの取り出し": best(lambda: fetch(town, asked), runs),
            "まとめての書き込み": best(lambda: insert(Path(name), rows), runs),
            "一覧の書き出し": best(lambda: export(Path(name), listed), runs),
        }
        every = _all_keys(town)
        assert join(asked, every)["notice_no"].null_count() < 0.02 * asked.height, "most keys are known"
        return {**found, "メモリの中の突き合わせ": best(lambda: join(asked, every), runs)}


def best(work: Callable[[], object], runs: int) -> float:
    """最短の秒 of some runs."""
    spent = []
    for _ in range(runs):
        started = time.perf_counter()
        work()
        spent.append(time.perf_counter() - started)
    return min(spent)


def startup() -> None:
    """起動: a Python that has polars and SQLAlchemy imported, and ends."""
    subprocess.run([sys.executable, "-c", "import polars, sqlalchemy"], check=True)


def bare_command() -> None:
    """コマンドの起動: a Python that has click imported, and ends."""
    subprocess.run([sys.executable, "-c", "import click"], check=True)


def scan(inbox: Path) -> pl.DataFrame:
    """切って型を変える: all columns a night needs, of every record. Returns the keys, kind and digits."""
    csv = pl.read_csv(next(inbox.glob("eltax_*")), infer_schema=False)
    slips = csv.select(
        pl.lit("elqr").alias("kind"), pl.col("納付番号").alias("digits"), pl.col("納付金額").cast(pl.Int64)
    )
    shops = _cut(next(inbox.glob("cvs_*")).read_bytes(), 122, _CVS)
    accounts = _cut(next(inbox.glob("kouza_*")).read_bytes(), 120, _KOUZA)
    return pl.concat([
        slips.select("kind", "digits"),
        shops.select(pl.lit("barcode").alias("kind"), "digits"),
        accounts.select(pl.lit("customer").alias("kind"), pl.col("digits").str.strip_chars_end()),
    ])  # fmt: skip


def _cut(data: bytes, width: int, places: dict[str, tuple[int, int]]) -> pl.DataFrame:
    lines = np.frombuffer(data, dtype=f"S{width}", count=len(data) // width)
    whole = pl.Series("line", lines[lines.view(np.uint8)[::width] == ord("2")], dtype=pl.Binary)
    cut = {name: pl.col("line").bin.slice(at, size).cast(pl.String) for name, (at, size) in places.items()}
    return whole.to_frame().select(**{**cut, "yen": cut["yen"].cast(pl.Int64)})


def _packed() -> pl.Expr:
    kind = pl.col("kind").replace_strict(_KINDS, return_dtype=pl.Int128)
    return (kind * pl.lit(_KIND_PLACE, pl.Int128) + pl.col("digits").cast(pl.Int128)).alias("key")


def join(asked: pl.DataFrame, every: pl.DataFrame) -> pl.DataFrame:
    """メモリの中の突き合わせ: tonight's keys against all keys of the ledger as whole numbers."""
    return asked.lazy().select(_packed()).join(every.lazy(), on="key", how="left").collect(engine="streaming")


def _all_keys(town: Town) -> pl.DataFrame:
    pieces = []
    with closing(_read_only(town)) as ledger:
        rows = ledger.execute("SELECT key_kind, key_digits, notice_no FROM notice_key")
        while some := rows.fetchmany(500_000):
            piece = pl.DataFrame(some, schema=["kind", "digits", "notice_no"], orient="row")
            pieces.append(piece.select(_packed(), pl.col("notice_no").cast(pl.Int64)))
    return pl.concat(pieces)


def _read_only(town: Town) -> sqlite3.Connection:
    path = town.folder / "ledger.db"
    assert not path.with_name("ledger.db-wal").exists(), "nobody writes to the ledger"
    ledger = sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)
    for pragma in ("temp_store=MEMORY", "cache_size=-65536"):
        ledger.execute(f"PRAGMA {pragma}")
    return ledger


def fetch(town: Town, asked: pl.DataFrame) -> pl.DataFrame:
    """台帳からの取り出し: tonight's keys as a temporary table, in order, joined with keys and notices; columns."""
    with closing(_read_only(town)) as ledger:
        ledger.execute("CREATE TEMP TABLE asked (kind TEXT NOT NULL, digits TEXT NOT NULL)")
        ordered = asked.unique().sort("kind", "digits")
        ledger.executemany(
            "INSERT INTO asked VALUES (?, ?)", zip(*ordered.to_dict(as_series=False).values(), strict=True)
        )
        columns = ("a.rowid", "n.notice_no", "n.amount_yen", "n.levy_year", "n.installment_no", "n.issue_no")
        (texts,) = ledger.execute(
            f"SELECT {', '.join(f'json_group_array({name})' for name in columns)} FROM asked a"
            " CROSS JOIN notice_key k ON k.key_kind = a.kind AND k.key_digits = a.digits"
            " CROSS JOIN notice n ON n.notice_no = k.notice_no"
        )
    found = pl.DataFrame([
        pl.Series(name, [text]).str.json_decode(pl.List(pl.Int64)).explode()
        for name, text in zip(columns, texts, strict=True)
    ])  # fmt: skip
    assert found.height > 0.98 * ordered.height, "most keys are known"
    return found


def _rows(inbox: Path, night: date) -> dict[str, Sequence[tuple[object, ...]]]:
    """What a night in which all were 一致 would write to four tables."""
    read = [(file_no, r) for file_no, path in enumerate(sorted(inbox.iterdir())) for r in records(path, night)]
    numbered = list(enumerate(read, start=1))
    events = [(r.identity, r.stage, r.occurrence_no, "", no) for no, (_, r) in numbered]
    claims = [(no, "matched", "posted", no, "kokuho", r.paid_yen, 0, "", None) for no, (_, r) in numbered]
    lines = [
        (no, no, "claim", no, r.paid_yen, 2026, 0, "kokuho", night.isoformat(), None, "夜間消込", "")
        for no, (_, r) in numbered
    ]
    payments = [(no, file_no, *r) for no, (file_no, r) in numbered]
    return {"payment": payments, "payment_identity": sorted(events), "decision": claims, "posting": lines}


def insert(folder: Path, rows: dict[str, Sequence[tuple[object, ...]]]) -> None:
    """まとめての書き込み: the rows of four tables without keys or guards, in one transaction to an empty file."""
    path = folder / "empty.db"
    with closing(opened(path)) as empty, empty:
        for table, own in rows.items():
            empty.execute(f"CREATE TABLE {table} ({', '.join(f'c{at}' for at in range(len(own[0])))})")
            empty.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(own[0]))})", own)
    path.unlink()


def _listed(payments: Sequence[tuple[object, ...]]) -> pl.DataFrame:
    names = ["payment_no", "file_no", *Record._fields]
    return pl.DataFrame(payments, names, orient="row", infer_schema_length=None).drop("identity")


def export(folder: Path, listed: pl.DataFrame) -> None:
    """一覧の書き出し: as many columns as 消込結果 has, from memory, as CSV and as lines of JSON; no workbook, no page."""
    for write, name in ((listed.write_csv, "listed.csv"), (listed.write_ndjson, "listed.json")):
        write(folder / name)
        (folder / name).unlink()


def rows(scale: int) -> Iterator[Row]:
    """限界: of a night of as many payments as scale says, against ten notices each; and of payloads."""
    payments = 10_000 * scale
    with tempfile.TemporaryDirectory() as name:
        town = Town.founded(Path(name) / "town", payments * 10)
        yield from told(payments, town.notices, measured(town, 0, payments))
    yield from limit_payloads.rows()


def told(payments: int, notices: int, found: dict[str, float]) -> Iterator[Row]:
    """Rows of what was measured, their sum last."""
    group = f"{payments:,}×{notices:,}"
    for what, seconds in {**{f"　限界 {what}": own for what, own in found.items()}, TOTAL: sum(found.values())}.items():
        yield Row(group, what, seconds, "秒", None, payments, notices, SQLITE)
