"""Fuzz (乱数試験): good files of every format, damaged at random. `python -m tests.formats.fuzz --files N --seed S`.

What must hold of every damaged file, whatever the damage (the oracle):

1. Recognition, decoding and the checks end, without a traceback, within `_SECONDS`.
2. Held back: there is a finding; each names the file, and a record or a field unless it is of the whole
   file (`_WHOLE_FILE`); each says what was found or what was wanted.
3. Accepted: a second reader (`plain_reader`), which shares no code with the package, reads the same yen in
   the same order from the very bytes, and finds the trailers' totals equal to them. So a yen that differs
   from the good file's stands honestly in the bytes. For payments the frame handed on holds those yen too,
   and a record for each of them.
"""

import argparse
import random
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from datetime import date
from functools import cache

import polars as pl
from sqlalchemy import Connection

from elqr.formats.decode import Decoded, decode
from elqr.formats.encode import encode_csv
from elqr.formats.intake.checks import check
from elqr.formats.payments import payments_of
from elqr.formats.recognize import recognize
from elqr.rules.claim_changes import Incoming
from elqr.rules.notice_keys import key_rows
from elqr.rules.notices import judge_rows, rows_of, says_reasons
from elqr.store.ledger_file import open_ledger
from elqr.store.queries.matching import registered
from elqr.vocabulary.codes import Code
from tests.builders import SPECS, notice_file, notice_row
from tests.formats.cases import FIXED, RECEIVED_ON
from tests.formats.csv_cases import CSV
from tests.formats.plain_reader import LAYOUTS, Fixed, yen_in_order

_SECONDS = 10.0
_WHOLE_FILE = {
    Code.EMPTY, Code.FORMAT_UNKNOWN, Code.FORMAT_AMBIGUOUS, Code.CHARSET, Code.COLUMN_COUNT, Code.HEADER_ROW, Code.LINE_END, Code.VARIATION,
}  # fmt: skip
_AMOUNT = {
    "cvs_family_a": "barcode.amount_yen",
    "cvs_family_b": "paid_yen",
    "notice_csv": "principal_yen",
    "claim_csv": "zeigaku",
    "reminder_status_csv": "fuka_nendo",
    "refund_paid_csv": "yen",
    "bank_credit_01_b": "transfer_yen",
    "pension_collection_22": "amount_1_yen",
}
_PAYMENTS = [spec for spec in SPECS.values() if spec.purpose == "payment"]
Damage = Callable[[random.Random, bytes, int], bytes]


def bases() -> list[tuple[str, bytes]]:
    """良いファイル: every case with every line end its format names, and the files nobody sends."""
    found = [(case.spec, case.data) for case in CSV]
    for case in FIXED:
        spec = SPECS[case.spec]
        if spec.purpose == "part":
            continue
        crlf = b"\r\x25" if case.charset == "ebcdic" else b"\r\n"
        found += [
            (case.spec, case.data(end)) for end in (b"", crlf) if ("none" if not end else "crlf") in spec.line_ends
        ]
        if "crlf_inside" in spec.line_ends and case.charset != "ebcdic":
            found.append((case.spec, b"".join(record[:-2] + crlf for record in case.records)))
        if "stripped_spaces" in spec.accepts and case.charset != "ebcdic":
            found.append((case.spec, b"".join(record.rstrip(b" ") + crlf for record in case.records)))
    rows = [notice_row(bill_no=str(number), levy_year=2026) for number in (1, 2, 3)]
    for own in (rows, [*rows, *_CHANGES]):
        found += [("notice_csv", notice_file(*own)), ("notice_csv", notice_file(*own, charset="cp932"))]
    return [*found, ("eltax_notice_upload_csv", _upload())]


_JOINT = {"notice_kind": "分納", "key_no": "7" * 20, "check_no": "123456", "payer_ref": "1"}
_CHANGES = [
    notice_row(bill_no="1", issue_no=2, principal_yen=3_000, notice_kind="分納"),
    notice_row(bill_no="1", issue_no=3, principal_yen=0, late_charge_yen=500, notice_kind="延滞金"),
    notice_row(bill_no="2", issue_no=2, demand_fee_yen=100, notice_kind="督促"),
    notice_row(bill_no="2", issue_no=3, principal_yen=2_000, **_JOINT),
    notice_row(bill_no="1", issue_no=4, principal_yen=1_000, **_JOINT),
    notice_row(bill_no="3", issue_no=2, principal_yen=7_000, change_reason="減額更正"),
    notice_row(bill_no="4"),
    notice_row(bill_no="4", issue_no=2, principal_yen=12_000, change_reason="増額更正"),
    notice_row(bill_no="4", issue_no=1, change_kind="9"),
    notice_row(bill_no="5"),
    notice_row(bill_no="5", issue_no=1, change_kind="9", change_reason="調定取消"),
]


def _upload() -> bytes:
    row = {
        "city_code": "999999", "procedure_code": "kei", "levy_year": 2026, "tax_year": 2026, "bill_no": "1", "installment_no": 1, "issue_no": 1, "key_no": "1" * 20,
        "check_no": "1" * 6, "item_no": "127", "office_code": "44000", "tax_office_code": "040", "amount_yen": 100, "principal_yen": 100, "demand_fee_yen": 0,
        "late_charge_yen": 0, "due_on": date(2026, 10, 31), "payable_until_on": date(2026, 11, 30), "digits": "1" * 255,
    }  # fmt: skip
    return encode_csv(SPECS["eltax_notice_upload_csv"], pl.DataFrame([row, row | {"amount_yen": 200}]))


def _byte(rng: random.Random, data: bytes, width: int) -> bytes:
    at = rng.randrange(len(data))
    new = rng.choice([rng.randrange(256), rng.choice(b"0123456789 "), rng.choice(b'\r\n\x1a\x00,"-+\\')])
    return data[:at] + bytes([new]) + data[at + 1 :]


def _insert(rng: random.Random, data: bytes, width: int) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + bytes([rng.choice(b" 0129\r\n\x1a\x00\xb1\x81,")]) * rng.choice([1, 1, 1, 2, width]) + data[at:]


def _delete(rng: random.Random, data: bytes, width: int) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + data[at + rng.choice([1, 1, 2, 3, width]) :]


def _swap(rng: random.Random, data: bytes, width: int) -> bytes:
    at = rng.randrange(max(len(data) - 1, 1))
    return data[:at] + data[at : at + 2][::-1] + data[at + 2 :]


def _cut(rng: random.Random, data: bytes, width: int) -> bytes:
    return data[: rng.randrange(len(data))]


def _record(rng: random.Random, data: bytes, width: int) -> bytes:
    """A record removed, doubled or moved."""
    records = data.split(b"\r\n") if b"\r\n" in data else [data[at : at + width] for at in range(0, len(data), width)]
    end = b"\r\n" if b"\r\n" in data else b""
    at, to = rng.randrange(len(records)), rng.randrange(len(records))
    record = records.pop(at)
    again = rng.choice([[], [record, record], [record]])
    return end.join([*records[:to], *again, *records[to:]])


def _digit(rng: random.Random, data: bytes, width: int) -> bytes:
    """A digit made another, where digits stand."""
    places = [at for at, byte in enumerate(data) if 0x30 <= byte <= 0x39]
    at = rng.choice(places or [0])
    return data[:at] + bytes([rng.choice(b"0123456789")]) + data[at + 1 :]


def _ends(rng: random.Random, data: bytes, width: int) -> bytes:
    old, new = rng.choice([(b"\r\n", b"\n"), (b"\r\n", b"\r"), (b"\r\n", b""), (b"\n", b"\r\n"), (b" \r\n", b"\r\n")])
    return data.replace(old, new, rng.choice([1, -1]))


def _tail(rng: random.Random, data: bytes, width: int) -> bytes:
    return data + rng.choice([b"\x1a", b"\r\n", b"\n", b" ", b"\x00", b" " * width, b"\x1a" * 5, b"9"])


def _glue(rng: random.Random, data: bytes, width: int) -> bytes:
    _, other = rng.choice(_BASES)
    return data + rng.choice([data, other]) if rng.random() < 0.8 else rng.choice([b"\xef\xbb\xbf", b"\xf1"]) + data


DAMAGES: tuple[Damage, ...] = (_byte, _byte, _digit, _digit, _insert, _delete, _swap, _cut, _record, _record, _ends, _tail, _glue)  # fmt: skip
_BASES = bases()


def damaged(rng: random.Random) -> tuple[str, bytes]:
    """A good file with one to three damages."""
    name, data = rng.choice(_BASES)
    layout = LAYOUTS[name]
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        if data:
            data = rng.choice(DAMAGES)(rng, data, layout.width if isinstance(layout, Fixed) else 40)
    return name, data


@cache
def _empty_ledger() -> Connection:
    return open_ledger("sqlite:///no-such-folder/ledger.db", rehearsal=True).connection


def _misjudged(decoded: Decoded) -> str | None:
    """What the rules make of a notice file's rows: what is wrong with that, or None."""
    rows = rows_of(decoded)
    known = registered(_empty_ledger(), rows, key_rows(rows))
    incoming = Incoming("f", RECEIVED_ON, says_reasons(decoded), frozenset(), 1, 1, 1)
    judged = judge_rows(decoded, incoming, ["kokuho"], known)
    told = {finding.at.record_no for finding in judged.findings}
    if judged.rows_read != judged.rows_new + judged.rows_same + judged.rows_bad:
        return f"{judged.rows_read} rows, but {judged.rows_new} new, {judged.rows_same} same, {judged.rows_bad} bad"
    if untold := set(judged.refused["record_no"]) - told:
        return f"rows {untold} are refused without a finding"
    joint = decoded.tables["notice"].filter(key_no=_JOINT["key_no"], notice_kind="分納", change_kind="1")
    refused = joint.filter(pl.col("record_no").is_in(judged.refused["record_no"].implode()))
    if refused.height not in (0, joint.height):
        return "half of a slip for several claims came in"
    owed = judged.entries.group_by("claim_no").agg(pl.col("principal_yen", "demand_fee_yen", "late_charge_yen").sum())
    if (owed.drop("claim_no").min_horizontal() < 0).any():
        return f"a claim owes less than nothing: {owed}"
    return None


def trouble(name: str, data: bytes) -> tuple[str, str | None]:
    """(what became of it, what breaks the oracle or None)."""
    started = time.perf_counter()
    try:
        recognize(data, _PAYMENTS, "f", RECEIVED_ON)
        decoded = decode(data, SPECS[name], "f", RECEIVED_ON)
        findings = check(decoded, "f", RECEIVED_ON)
        payments = payments_of(decoded) if not findings and decoded.spec.payment else None
        misjudged = _misjudged(decoded) if name == "notice_csv" and "notice" in decoded.tables else None
    except Exception:
        return "traceback", traceback.format_exc()
    if (seconds := time.perf_counter() - started) > _SECONDS:
        return "slow", f"{seconds:.1f} s"
    if misjudged:
        return "misjudged", misjudged
    if findings:
        vague = [
            finding
            for finding in findings
            if finding.at.file != "f"
            or not (finding.at.record_no or finding.at.field or finding.code in _WHOLE_FILE)
            or not (finding.actual or finding.expected)
        ]
        return "held back", f"a finding without a place: {vague[0]}" if vague else None
    read = (
        decoded.tables[
            next(own for own in ("notice", "history", "claim", "status", "refund", "data") if own in decoded.tables)
        ][_AMOUNT.get(name, "amount_yen")]
        .fill_null(0)
        .to_list()
    )
    try:
        plain = yen_in_order(data, name)
    except (ValueError, IndexError, KeyError) as error:
        return "accepted", f"the second reader cannot: {error}"
    if plain != read:
        return "accepted", f"yen {read} but the bytes say {plain}"
    if payments is not None and payments["paid_yen"].to_list() != plain:
        return "accepted", f"payments {payments['paid_yen'].to_list()} but the bytes say {plain}"
    return "accepted", None


def run(files: int, seed: int) -> tuple[Counter[str], list[str]]:
    """So many damaged files: what became of them, and what went wrong."""
    rng = random.Random(seed)
    counts: Counter[str] = Counter()
    wrong = []
    for number in range(files):
        name, data = damaged(rng)
        what, why = trouble(name, data)
        counts[what] += 1
        if why is not None:
            wrong.append(f"file {number} of {name}: {why}\n  {data!r}")
    return counts, wrong


def main() -> int:
    options = argparse.ArgumentParser(description="damaged files of every format")
    options.add_argument("--files", type=int, default=1_000)
    options.add_argument("--seed", type=int, default=None)
    given = options.parse_args()
    seed = random.SystemRandom().randrange(2**32) if given.seed is None else given.seed
    print(f"seed {seed}, {given.files} files", flush=True)
    started = time.perf_counter()
    counts, wrong = run(given.files, seed)
    print(f"{dict(counts)} in {time.perf_counter() - started:.0f} s; wrong: {len(wrong)}")
    print("\n".join(wrong[:10]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
