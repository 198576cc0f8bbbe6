"""Power cuts (停電): a real process of the program, killed at its n-th step, and run again to the end.

A step is a statement or a commit of the database, a file opened for writing, synced or renamed. After every cut
the same commands go on; at the end the ledger and the files must be those of a night without a cut.
Many cuts: `python -m tests.blackout --points 300 --seed 1`. This file is also what runs in the killed process.
"""

import argparse
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from itertools import count
from pathlib import Path

from tests.builders import EVERY_REPORT, JOB, ROOT, City, eltax_file, eltax_row, notice_row

DAY = date(2026, 11, 20)
_ON = ("--date", DAY.isoformat())
COMMANDS: tuple[tuple[str, ...], ...] = (
    ("night", "{job}", *_ON),
    ("review", "decide", "--ruling", "還付候補", "--reason", "返す", "--by", "山田", "--outcome", "二重納付", "--job", "{job}", *_ON),
    ("review", "approve", "1", "--by", "佐藤", "--job", "{job}", *_ON),
    ("export", "make", "--by", "山田", "--job", "{job}", *_ON),
    ("month", "close", "2026-10", "--by", "山田", "--job", "{job}", *_ON),
    ("month", "approve", "2026-10", "--by", "佐藤", "--job", "{job}", *_ON),
    ("arrears", "list", "--by", "山田", "--job", "{job}", *_ON),
)  # fmt: skip
_COUNTED = "ELQR_TEST_STEPS"
_BY_CHANCE = ("hash", "previous_hash", "entry", "ledger_id", "ledger")
"""What follows from the random id of a ledger, or from the clock."""


def founded(folder: Path) -> City:
    """A city with a night's work: notices to issue, payments of all kinds, a file to hold back, money."""
    money = '\n[[money]]\npath = "money"\nspecs = ["money_by_hand_csv"]\n'
    contract = '\n[[settlement]]\nname = "機構"\nspecs = ["eltax_payment_csv"]\nsenders = ["機構"]\n'
    city = City.founded(folder, JOB + money + contract, reports=EVERY_REPORT)
    rows = [
        notice_row(bill_no=f"{number}", key_no=f"{number:020d}", check_no="123456", due_on=date(2026, 9, 30))
        for number in range(1, 21)
    ]
    city.notices(*rows, notice_row(bill_no="99"))
    paid = [eltax_row(f"{number:020d}", "123456", 10_000, serial_no=f"{number:08d}") for number in range(1, 13)]
    twice = [eltax_row(f"{number:020d}", "123456", 10_000, serial_no=f"{number + 500:08d}") for number in (1, 2)]
    city.deliver("a.csv", eltax_file(*paid[:6]))
    city.deliver("b.csv", eltax_file(*paid[4:], *twice, eltax_row("9" * 20, "123456", 500, serial_no="00000900")))
    city.deliver("broken.dat", b"%PDF-1.7")
    (folder / "money").mkdir()
    line = "1,2026/11/12,140500,機構,2026/11/12,,入金"
    header = "整理番号,入金日,金額,振込依頼人,資金化日,口座,区分"
    (folder / "money" / "m.csv").write_text(f"{header}\r\n{line}\r\n", encoding="utf-8")
    city.withdraw("broken.dat")
    return city


def run(city: City, command: tuple[str, ...], cut_at: int = 0) -> tuple[int, int]:
    """One command in a process of its own, cut at a step when one is given: exit code, and how many steps it took."""
    counted = city.folder / ".steps"
    arguments = [part.format(job=city.job) for part in command]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), _COUNTED: str(counted), "PYTHONHASHSEED": "0"}
    ran = subprocess.run(
        [sys.executable, "-m", "tests.blackout", "--child", str(cut_at), *arguments],
        cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    steps = int(counted.read_text()) if counted.is_file() else 0
    counted.unlink(missing_ok=True)
    return ran.returncode, steps


def _child(cut_at: int, arguments: list[str]) -> None:
    """The program, with its steps counted, and killed at one of them."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    from elqr.cli import main

    steps = count(1)

    def step(*_: object) -> None:
        if next(steps) == cut_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def audited(name: str, given: tuple[object, ...]) -> None:
        is_ours = given and str(given[0]).startswith(
            str(Path(arguments[-3] if "--job" in arguments else arguments[1]).parent)
        )
        if (name == "open" and is_ours and isinstance(given[2], int) and given[2] & (os.O_WRONLY | os.O_RDWR)) or (
            name == "os.rename" and is_ours
        ):
            step()

    honest = os.fsync
    os.fsync = lambda file: (step(), honest(file))[1]  # type: ignore[assignment,func-returns-value]
    event.listen(Engine, "before_cursor_execute", lambda *_: step())
    event.listen(Engine, "commit", step)
    sys.addaudithook(audited)
    try:
        main(arguments)
    finally:
        Path(os.environ[_COUNTED]).write_text(str(next(steps) - 1))


def _without_clock(value: object) -> object:
    """What an entry of the chain says but for the clock; of rows that were sealed how many there are."""
    if isinstance(value, list):
        return [_without_clock(one) for one in value]
    if not isinstance(value, dict):
        return value
    kept = {
        name: _without_clock(one) for name, one in value.items() if not name.endswith("_at") and name not in _BY_CHANCE
    }
    return kept | ({"sealed": {name: count for name, (count, _) in kept["sealed"].items()}} if "sealed" in kept else {})


def state(city: City) -> dict[str, object]:
    """What must be the same: every row but for the clock, and every file of reports and exports but the run's record."""
    found: dict[str, object] = {}
    with closing(sqlite3.connect(city.folder / "ledger.db")) as ledger:
        assert ledger.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        for (name,) in ledger.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            columns = [row[1] for row in ledger.execute(f"PRAGMA table_info({name})")]
            kept = [own for own in columns if not own.endswith("_at") and own not in _BY_CHANCE]
            found[name] = sorted(ledger.execute(f"SELECT {', '.join(kept)} FROM {name}").fetchall(), key=str)
        entries = [json.loads(text) for (text,) in ledger.execute("SELECT entry FROM run ORDER BY run_no")]
    found["entries"] = [_without_clock(own) for own in entries]
    for path in sorted((city.folder / "out").rglob("*")):
        if (
            path.is_file()
            and path.suffix in (".csv", ".json", ".dat")
            and "runs" not in path.parts
            and not path.name.startswith(".")
        ):
            data = path.read_text(encoding="utf-8-sig")
            found[str(path.relative_to(city.folder))] = (
                data if not path.name.endswith("manifest.json") else sorted(json.loads(data))
            )
    return found


@dataclass
class Whole:
    """The same without any cut: before each command the city, after it what is there, and how many steps it took."""

    befores: list[City]
    afters: list[dict[str, object]]
    steps: list[int]


def undisturbed(folder: Path) -> Whole:
    """All commands, one after the other, to their ends."""
    city, whole = founded(folder / "city"), Whole([], [], [])
    for number, command in enumerate(COMMANDS):
        whole.befores.append(city.copy(folder / f"before_{number}"))
        code, steps = run(city, command)
        assert code in (0, 3, 4), (command, code)
        whole.steps.append(steps)
        whole.afters.append(state(city))
    return whole


def cut(whole: Whole, folder: Path, number: int, at: int) -> tuple[bool, list[str]]:
    """A command cut at a step and run again: whether the process was killed, and what then differs."""
    city = whole.befores[number].copy(folder)
    code, _ = run(city, COMMANDS[number], at)
    wanted = whole.afters[number]
    if not number or state(city) != wanted:  # else the ledger knew all of it, and a second list would be another list
        run(city, COMMANDS[number])
    found = state(city)
    shutil.rmtree(folder)
    return code == -signal.SIGKILL, [key for key in wanted.keys() | found.keys() if wanted.get(key) != found.get(key)]


def points(steps: list[int], count: int, seed: int) -> list[tuple[int, int]]:
    """(command, step) to cut at: spread over all steps of all commands."""
    every = [(number, at) for number, most in enumerate(steps) for at in range(1, most + 1)]
    return sorted(random.Random(seed).sample(every, min(count, len(every))))


def main() -> int:
    """Cuts at so many points and compares."""
    parser = argparse.ArgumentParser(prog="python -m tests.blackout", description=__doc__)
    parser.add_argument("--points", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        whole = undisturbed(Path(name))
        chosen = points(whole.steps, given.points, given.seed)
        print(
            f"{sum(whole.steps):,} steps in {len(COMMANDS)} commands; {len(chosen)} cuts, seed {given.seed}", flush=True
        )
        killed = 0
        for number, at in chosen:
            is_killed, different = cut(whole, Path(name) / "cut", number, at)
            killed += is_killed
            if different:
                print(f"seed {given.seed}: cut {COMMANDS[number][:2]} at step {at}: {different} differ")
                return 1
        print(f"{killed} processes killed: nothing lost, nothing twice")
    return 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        _child(int(sys.argv[2]), sys.argv[3:])
    else:
        sys.exit(main())
