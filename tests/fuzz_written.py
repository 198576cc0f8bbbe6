"""Fuzz (乱数試験) of what people write. `python -m tests.fuzz_written --files N --seed S`.

Jobs, registers, specs, templates, holidays and filled-in books, damaged at random. What must hold of each: it is read,
or refused by one Japanese line (`OperatorError`), within `_SECONDS` and without more memory than `_MEMORY_BYTES`
(set for the whole run when it is started by hand).
"""

import argparse
import io
import random
import resource
import sys
import tempfile
import time
import traceback
import zipfile
from collections import Counter
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import polars as pl

from elqr.arithmetic.business_day import calendar
from elqr.formats.authoring.lint import lint
from elqr.formats.spec_files import read_spec
from elqr.printing.template import read_template
from elqr.report.review_form import read_form
from elqr.rules.expected_files import check_arrivals
from elqr.rules.kpi import kpi
from elqr.session.configuration import calendar_for, read_register
from elqr.session.job import read_job
from elqr.vocabulary.arrival_frames import DeliveredFile
from elqr.vocabulary.errors import OperatorError
from tests.builders import JOB, NIGHT, REGISTER, ROOT, SPECS, City, elqr, eltax_file, eltax_row, notice_row

_SECONDS = 10.0
_MEMORY_BYTES = 2_000_000_000
_MOST_MESSAGE = 20_000

_VALUES = (
    '""', '"\\u0000"', '"\\u202e"', "''", "0", "-1", "1", "9999999999999999999999", "1e400", "nan", "inf", "true", "[]", "{}", "[[]]",
    "0001-01-01", "9999-12-31", "2026-02-29", "00:00:00", "1979-05-27T07:32:00Z", '"/proc"', '"/dev/zero"', '"../.."', '"(a+)+$"', '"("',
    '"' + "x" * 5_000 + '"', "[" * 400 + "]" * 400, "{a=" * 200 + "1" + "}" * 200, '"架空"', '"\\ud800"', "0x_", "1_", '"""', "2026-13-01",
)  # fmt: skip
_NEAR = "2026-11-20"
_BYTES = (b"\x00", b"\xff", b"\xef\xbb\xbf", b"\r", b"\n", b"\"", b"[", b"]", b"=", b"#", b"\\", "ー".encode(), b"\xe2\x80\xae", b"0", b" ")  # fmt: skip
_XML = (
    "<", ">", "&", "&amp;", "&#0;", "&e;", "<!--", "<c/>", '<c r="A"/>', '<c r="XFE1"><v>1</v></c>', '<c r="A0"><v>1</v></c>', "<f>1</f>", "<row/>",
    '<row r="-1"/>', '<row r="99999999999"/>', '<c r="A1" t="s"><v>999999</v></c>', '<c t="s"><v>-1</v></c>', '<c r="あ1"><v>1</v></c>', "\x01", "999999999", "<v>nan</v>",
)  # fmt: skip


def _written() -> list[tuple[str, bytes]]:
    """良いファイル, by what they are."""
    full = JOB + (
        '[calendar]\nclosed = ["12-31"]\n[thresholds]\nfile_megabytes = 10\n[export]\nnightly = true\n[arrears]\ndays_after_due = 20\n'
        '[[money]]\npath = "money"\nspecs = ["money_by_hand_csv"]\n'
        f'[[arrival]]\nname = "口座振替"\nspecs = ["account_transfer_91_result"]\nfiles = "(?P<day>[0-9]{{8}})_(?P<no>[0-9]+)"\nlast_no = 99\nsince = {_NEAR}\n'
        '[[settlement]]\nname = "銀行"\nspecs = ["account_transfer_91_result"]\n'
    )  # fmt: skip
    found = [("job", JOB.encode()), ("job", full.encode()), ("register", REGISTER.encode())]
    found += [("template", path.read_bytes()) for path in sorted((ROOT / "specs" / "sheets").glob("*.toml"))]
    found += [("spec", (ROOT / "specs" / f"{name}.toml").read_bytes()) for name in sorted(SPECS)]
    return [*found, ("holidays", (ROOT / "specs" / "holidays.csv").read_bytes())]


@cache
def book() -> bytes:
    """記入されたブック of a small city."""
    with tempfile.TemporaryDirectory() as folder:
        city = City.founded(Path(folder) / "city")
        city.notices(notice_row())
        city.deliver("a.csv", eltax_file(*(eltax_row(f"{no:020}", "1" * 6, no, serial_no=f"{no:08}") for no in (1, 2))))
        city.night()
        path = city.folder / "book.xlsx"
        assert elqr("review", "export", "--out", path, "--job", city.job).code == 0
        return path.read_bytes()


def _value(rng: random.Random, data: bytes) -> bytes:
    """What stands behind a `=` made another value."""
    lines = data.split(b"\n")
    places = [at for at, line in enumerate(lines) if b"=" in line] or [0]
    at = rng.choice(places)
    lines[at] = lines[at].split(b"=")[0] + b"= " + rng.choice(_VALUES).encode()
    return b"\n".join(lines)


def _line(rng: random.Random, data: bytes) -> bytes:
    """A line removed, doubled, moved, or one of a file of another kind."""
    lines = data.split(b"\n")
    at = rng.randrange(len(lines))
    line = lines.pop(at)
    _, other = rng.choice(_BASES)
    again = rng.choice([[], [line, line], [line], [rng.choice(other.split(b"\n"))]])
    to = rng.randrange(len(lines) + 1)
    return b"\n".join([*lines[:to], *again, *lines[to:]])


def _bytes(rng: random.Random, data: bytes) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + rng.choice(_BYTES) * rng.choice([1, 1, 2, 300]) + data[at + rng.choice([0, 1, 5]) :]


def _cut(rng: random.Random, data: bytes) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def _number(rng: random.Random, data: bytes) -> bytes:
    """A digit made another, where digits stand."""
    places = [at for at, byte in enumerate(data) if 0x30 <= byte <= 0x39]
    at = rng.choice(places or [0])
    return data[:at] + rng.choice([b"0", b"9", b"-1", b"99999", b""]) + data[at + 1 :]


_DAMAGES: tuple[Callable[[random.Random, bytes], bytes], ...] = (_value, _value, _value, _line, _bytes, _cut, _number)
_BASES = _written()


def _damaged_book(rng: random.Random, data: bytes) -> bytes:
    """A part of the package damaged, as text or as bytes; or the package itself."""
    if rng.random() < 0.2:
        return rng.choice((_bytes, _cut, _number))(rng, data)
    with zipfile.ZipFile(io.BytesIO(data)) as source:
        parts = {name: source.read(name) for name in source.namelist()}
    name = rng.choice([own for own in parts if own.endswith((".xml", ".rels"))])
    part = parts[name]
    for _ in range(rng.choice([1, 1, 2, 4])):
        tags = [at for at, byte in enumerate(part) if byte == ord("<")] or [0]
        at = rng.choice(tags)
        how = rng.randrange(5)
        if how == 0:
            part = part[:at] + rng.choice(_XML).encode() + part[at:]
        elif how == 1:
            part = part[:at] + part[part.find(b">", at) + 1 :]
        elif how == 2:
            part = _number(rng, part)
        elif how == 3:
            part = _bytes(rng, part)
        else:
            part = part[:at] + part[at : part.find(b">", at) + 1] * rng.choice([2, 1_000]) + part[at:]
    kept = {own: body for own, body in parts.items() if own != name or rng.random() < 0.95}
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as made:
        for own, body in kept.items():
            made.writestr(own, part if own == name else body)
    return whole.getvalue()


def damaged(rng: random.Random) -> tuple[str, bytes]:
    """A good file with one to three damages."""
    if rng.random() < 0.3:
        return "book", _damaged_book(rng, book())
    kind, data = rng.choice(_BASES if rng.random() < 0.5 else _BASES[:5])
    for _ in range(rng.choice([1, 1, 2, 3])):
        data = rng.choice(_DAMAGES)(rng, data)
    return kind, data


_DELIVERED = pl.DataFrame(
    [("20261120_01", "account_transfer_91_result", NIGHT)], schema=DeliveredFile.SCHEMA, orient="row"
)
"""A file that a job's expressions are asked about."""


def _read_job(path: Path) -> None:
    """A job, and what a night asks of it before it begins."""
    job = read_job(path)
    check_arrivals(job.arrival, _DELIVERED, NIGHT, calendar_for(job))


def _read_register(path: Path) -> None:
    kpi(read_register(path), {}, NIGHT)


def _read_spec(path: Path) -> None:
    remarks = lint(path.read_bytes(), path.stem, {})
    try:
        read_spec(path, SPECS)
    finally:
        assert all("\n" not in str(remark) for remark in remarks)


def _read_holidays(path: Path) -> None:
    try:
        calendar(path.read_text(encoding="utf-8"), ("12-31",))
    except (ValueError, UnicodeDecodeError) as error:
        raise OperatorError("祝日の表を読めません") from error


_READERS: dict[str, Callable[[Path], object]] = {
    "job": _read_job, "register": _read_register, "template": read_template, "spec": _read_spec, "holidays": _read_holidays,
    "book": lambda path: read_form(path.read_bytes(), path.name),
}  # fmt: skip


def trouble(kind: str, path: Path) -> tuple[str, str | None]:
    """(what became of it, what must not have, or None)."""
    started = time.perf_counter()
    try:
        _READERS[kind](path)
        became, said = "read", ""
    except OperatorError as error:
        became, said = "refused", str(error)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        return "traceback", traceback.format_exc()[-3_000:]
    if (seconds := time.perf_counter() - started) > _SECONDS:
        return "slow", f"{seconds:.1f} s"
    if became == "refused" and (said.isascii() or len(said) > _MOST_MESSAGE):
        return became, f"an answer that nobody can read: {said[:200]!r}"
    return became, None


def run(files: int, seed: int, folder: Path) -> tuple[Counter[str], list[str]]:
    """So many damaged files: what became of them, and what went wrong."""
    rng = random.Random(seed)
    counts: Counter[str] = Counter()
    wrong = []
    (folder / "procedures.toml").write_text(REGISTER, encoding="utf-8")
    for number in range(files):
        kind, data = damaged(rng)
        path = folder / ("account_transfer_91_result.toml" if kind == "spec" else f"{kind}.toml")
        path.write_bytes(data)
        what, why = trouble(kind, path)
        counts[f"{kind} {what}"] += 1
        if why is not None:
            wrong.append(f"file {number}, a {kind}: {why}\n  {data[:3_000]!r}")
    return counts, wrong


def main() -> int:
    options = argparse.ArgumentParser(description="damaged files that people write")
    options.add_argument("--files", type=int, default=1_000)
    options.add_argument("--seed", type=int, default=None)
    given = options.parse_args()
    seed = random.SystemRandom().randrange(2**32) if given.seed is None else given.seed
    book()
    limit = partial(resource.setrlimit, resource.RLIMIT_AS)
    limit((2 * _MEMORY_BYTES, 2 * _MEMORY_BYTES))  # of addresses, of which libraries reserve half without using them
    print(f"seed {seed}, {given.files} files", flush=True)
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        counts, wrong = run(given.files, seed, Path(folder))
    print(f"{dict(sorted(counts.items()))} in {time.perf_counter() - started:.0f} s; wrong: {len(wrong)}")
    print("\n".join(wrong[:10]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
