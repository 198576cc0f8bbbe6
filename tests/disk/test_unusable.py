"""Folders and files that cannot be used: what is shut, in the way, a loop or no file. One sentence, and nothing hangs."""

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from tests.builders import ROOT, City, Ran, elqr, eltax_file, eltax_row, notice_row

pytestmark = pytest.mark.ledger_file
LATER = date(2026, 11, 21)
_SECONDS = 60
"""Nothing here takes a tenth of it; what waits for ever is told."""


def _shut_out(*arguments: object) -> Ran:
    """A command by somebody who may not open everything; the administrator may, until that is taken away."""
    drop = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    ran = subprocess.run(
        [*drop, sys.executable, "-m", "elqr", *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    return Ran(ran.returncode, ran.stdout, ran.stderr)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> City:
    """Of three slips one was paid and exported, one is paid, and one is on a list of reminders."""
    city = City.founded(tmp_path_factory.mktemp("made") / "city")
    city.notices(*(notice_row(bill_no=str(no), payer_ref=str(no)) for no in (1, 2, 3)))
    assert city.night(date(2026, 11, 17)).code == 0
    by = ("--by", "山田", "--job", city.job, "--date", LATER.isoformat())
    for number, (day, command) in enumerate(((18, ("export", "make")), (19, ("arrears", "list"))), start=1):
        key = city.issued()["kokuho", str(number), 1, 1]
        city.deliver(f"eltax_{number}.csv", eltax_file(eltax_row(*key, 10_000, serial_no=f"{number:08}")))
        assert city.night(date(2026, 11, day)).code == 0
        assert elqr(*command, *by).code == 0
    return city


@pytest.fixture
def city(made: City, tmp_path: Path) -> City:
    return made.copy(tmp_path / "city")


def _shut(name: str) -> Callable[[City], None]:
    return lambda city: (city.folder / name).chmod(0)


def _in_the_way(name: str) -> Callable[[City], None]:
    """A file where a folder should be."""

    def put(city: City) -> None:
        path = city.folder / name
        if path.exists():
            path.rename(path.with_name(f"{path.name}_old"))
        path.write_bytes(b"x")

    return put


def _loop(name: str) -> Callable[[City], None]:
    def put(city: City) -> None:
        (city.folder / name).rename(city.folder / "elsewhere")
        (city.folder / name).symlink_to(name.rpartition("/")[2])

    return put


_NIGHT = ("night", "{job}", "--date", "2026-11-21")
_EXPORT = ("export", "make", "--by", "山田", "--job", "{job}", "--date", "2026-11-21")
_LIST = ("arrears", "list", "--by", "山田", "--job", "{job}", "--date", "2026-11-21")
CASES: list[tuple[str, Callable[[City], None], tuple[str, ...], str]] = [
    ("閉じた受信箱", _shut("inbox"), _NIGHT, "inbox を開けません（権限がありません）"),
    ("閉じた納付書の受信箱", _shut("notices"), _NIGHT, "notices を開けません（権限がありません）"),
    ("閉じた受信箱と督促", _shut("inbox"), _LIST, "inbox を開けません（権限がありません）"),
    ("閉じた書き出し先", _shut("out/export"), _EXPORT, "に何があるかを確かめられません（権限がありません）"),
    ("書き出し先がファイル", _in_the_way("out/export"), _EXPORT, "確かめられません（途中にフォルダでないもの"),
    ("閉じた督促の先", _shut("out/arrears"), _LIST, "に何があるかを確かめられません（権限がありません）"),
    ("督促の先がファイル", _in_the_way("out/arrears"), _LIST, "確かめられません（途中にフォルダでないもの"),
    ("登録の先がファイル", _in_the_way("out/upload"), _NIGHT, "確かめられません（途中にフォルダでないもの"),
    ("登録の先が輪", _loop("out/upload"), _NIGHT, "確かめられません（リンクが輪になっています）"),
    ("閉じた登録の先", _shut("out/upload"), _NIGHT, "確かめられません（権限がありません）"),
    ("閉じた out", _shut("out"), ("ledger", "show", "--job", "{job}"), "out"),
    ("閉じた書き出し", _shut("out/export/000001"), ("export", "check", "{out}/export/000001"), "権限がありません"),
    ("閉じた一覧", _shut("out/arrears/000001"), ("arrears", "check", "{out}/arrears/000001"), "権限がありません"),
    ("読めないジョブ", _shut("job.toml"), _NIGHT, "job.toml を読めません（権限がありません）"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "damage", "command", "said"), CASES, ids=[case[0] for case in CASES])
def test_what_cannot_be_used_is_told_in_one_sentence(
    city: City, name: str, damage: Callable[[City], None], command: tuple[str, ...], said: str
) -> None:
    if command == _NIGHT:
        city.notices(notice_row(bill_no="4"), name="new.csv")
    damage(city)
    try:
        given = [part.format(job=city.job, out=city.folder / "out") for part in command]
        job = [] if any("{job}" in part for part in command) else ["--job", city.job]
        ran = _shut_out(*given, *job)
    finally:
        for path in (city.folder / "out", *city.folder.iterdir(), *(city.folder / "out").glob("*/")):
            if not path.is_symlink():
                path.chmod(0o700)
    assert (ran.code, ran.out) == (1, ""), ran
    assert "Traceback" not in ran.err and said in ran.err and "denied" not in ran.err, ran.err
    assert elqr("verify", "--job", city.job, "--date", LATER.isoformat()).code in (0, 3)


def test_verify_says_what_it_could_not_read_and_goes_on(city: City) -> None:
    (folder,) = (city.folder / "out" / "export").iterdir()
    folder.chmod(0)
    try:
        ran = _shut_out("verify", "--job", city.job, "--date", LATER.isoformat())
    finally:
        folder.chmod(0o700)
    assert ran.code == 1 and "Traceback" not in ran.err and "読めない（権限がありません）" in ran.out + ran.err


@pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
def test_what_is_no_file_in_the_archive_is_neither_waited_for_nor_taken_for_one(city: City, kind: str) -> None:
    for path in [path for path in (city.folder / "archive").glob("??/*") if path.is_file()]:
        path.unlink()
        if kind == "pipe":
            os.mkfifo(path)
        elif kind == "device":
            path.symlink_to("/dev/zero")
        else:
            path.mkdir()
    ran = _shut_out("verify", "--job", city.job, "--date", LATER.isoformat())
    assert ran.code == 1 and "Traceback" not in ran.err
    assert _shut_out("night", city.job, "--date", LATER.isoformat()).code in (0, 1)


def test_a_path_of_nothing_is_refused() -> None:
    for command in (("doctor", "--bundle", ""), ("notice", "specimen", "hokenryo", "-o", ""), ("export", "check", "")):
        ran = elqr(*command)
        assert ran.code == 2 and "パスが空です" in ran.err, command
