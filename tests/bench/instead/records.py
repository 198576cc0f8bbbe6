"""Records of a town's files in plain Python, one tuple a record: where the ways without columns begin.

Knows the three formats of `tests.bench.town`, confirmed payments only, and believes what it reads: no totals, no
check digits.
"""

import csv
import sqlite3
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import NamedTuple

_CHANNELS = {"01": "app", "02": "eltax", "03": "counter", "04": "payeasy", "05": "card"}
_BYTES = 120


class Record(NamedTuple):
    """収納, as the ledger's table `payment` names its columns."""

    record_no: int
    offset_bytes: int | None
    channel: str
    stage: str
    identity: str
    occurrence_no: int
    key_kind: str
    key_digits: str
    reissue_no: str
    check_no: str | None
    item_no: str | None
    office_code: str | None
    paid_yen: int
    paid_on: str
    funds_on: str | None
    result_code: str | None


def opened(ledger: Path) -> sqlite3.Connection:
    """台帳を開く, as durable and as well cached as elqr has it."""
    connection = sqlite3.connect(ledger, timeout=30)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "temp_store=MEMORY", "cache_size=-65536"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def records(path: Path, night: date) -> Iterator[Record]:
    """一つのファイルの収納, in the order of the file; which format it is says its name."""
    reading = {"kouza": _kouza, "eltax": _eltax, "cvs": _cvs}[path.name.split("_")[0]]
    seen: Counter[str] = Counter()
    for record in reading(path.read_bytes(), night):
        seen[record.identity] += 1
        yield record._replace(occurrence_no=seen[record.identity]) if seen[record.identity] > 1 else record


def _record(record_no: int, offset: int | None, channel: str, identity: str, key: tuple[str, str, str], checks: tuple[str, str, str] | None, yen: int, paid_on: str, funds_on: str, result: str | None) -> Record:  # fmt: skip
    return Record(
        record_no, offset, channel, "confirmed", identity, 1, *key, *(checks or (None, None, None)),
        yen, paid_on, funds_on, result,
    )  # fmt: skip


def _kouza(data: bytes, night: date) -> Iterator[Record]:
    client, paid_on = "", ""
    for no, start in enumerate(range(0, len(data), _BYTES), start=1):
        line = data[start : start + _BYTES].decode("cp932")
        if line[0] == "1":
            client, paid_on = line[4:14], _latest(line[54:58], night)
        elif line[0] == "2":
            customer = line[91:111].strip()
            identity = "|".join(
                ("account_transfer", paid_on, client, line[1:5], line[20:23], line[42], line[43:50], customer)
            )
            key = ("customer", customer, "")
            yield _record(
                no, start, "account_transfer", identity, key, None, int(line[80:90]), paid_on, paid_on, line[111]
            )


def _eltax(data: bytes, night: date) -> Iterator[Record]:
    for no, row in enumerate(csv.DictReader(data.decode("utf-8").splitlines()), start=1):
        paid_on = _iso(row["領収日"])
        identity = f"eltax|{_iso(row['処理年月日'])}|{row['仕向センタ']}|{row['通番']}"
        checks = (row["確認番号"], row["納付区分"], row["共通納税機関コード"])
        channel, key = _CHANNELS[row["納付チャネル区分"]], ("elqr", row["納付番号"], "")
        yen, funds_on = int(row["納付金額"]), _iso(row["払込予定日"])
        yield _record(no, None, channel, identity, key, checks, yen, paid_on, funds_on, None)


def _cvs(data: bytes, night: date) -> Iterator[Record]:
    start = 0
    for no, raw in enumerate(data.splitlines(keepends=True), start=1):
        if raw[:1] == b"2":
            line = raw.decode("cp932")
            paid_on, barcode = _iso(line[3:11]), line[15:59]
            identity = f"cvs|{paid_on}|{line[11:15]}|{line[62:69]}|{barcode}"
            key = ("barcode", barcode[2:29], barcode[29])
            yield _record(no, start, "cvs", identity, key, None, int(barcode[37:43]), paid_on, _iso(line[77:85]), None)
        start += len(raw)


def _iso(digits: str) -> str:
    return f"{digits[:4]}-{digits[4:6]}-{digits[6:]}"


def _latest(mmdd: str, night: date) -> str:
    day = date(night.year, int(mmdd[:2]), int(mmdd[2:]))
    return (day if day <= night else day.replace(year=night.year - 1)).isoformat()
