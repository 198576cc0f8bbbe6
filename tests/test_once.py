"""Commands that are run once (同じ命令は一度): what is shared, and what never is."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.builders import ONCE, Ran
from tests.once import Once, once

NIGHT = ("night", "--date", "2026-11-20")


class House:
    """Cities with one file each, and a command that counts in it, and says where it has been."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.once = Once(folder / "room")
        self.runs = 0
        (folder / "room").mkdir()

    def city(self, name: str, job: str = 'out = "out"') -> Path:
        """A city as all others are."""
        (city := self._folder / name).mkdir()
        (city / "job.toml").write_text(job, encoding="utf-8")
        (city / "gone.txt").write_text("x", encoding="utf-8")
        return city

    def ran(self, city: Path, *more: str) -> Ran:
        """The command, in the test that runs."""

        def run() -> Ran:
            self.runs += 1
            (city / "gone.txt").unlink(missing_ok=True)
            (city / "out").mkdir(exist_ok=True)
            (city / "out" / "list.csv").write_text("rows", encoding="utf-8")
            (city / "out" / "list.csv").chmod(0o600)
            return Ran(3, f"{city}/out", f"{city}")

        return self.once.ran((*NIGHT, "--job", f"{city}/job.toml", *more), run)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def other_test(name: str = "other") -> None:
    """As if another test were running from here on."""
    os.environ["PYTEST_CURRENT_TEST"] = f"{name} (call)"


def test_another_test_has_what_the_command_made_of_the_same_folder(house: House) -> None:
    one, two = house.city("one"), house.city("two")
    house.ran(one)
    other_test()
    assert house.ran(two) == Ran(3, f"{two}/out", str(two)) and house.runs == 1
    assert sorted(path.relative_to(two).as_posix() for path in two.rglob("*")) == ["job.toml", "out", "out/list.csv"]
    path = two / "out" / "list.csv"
    assert path.read_text(encoding="utf-8") == "rows" and path.stat().st_mode & 0o777 == 0o600
    house.ran(one, "--json")
    assert house.runs == 2, "another command"


def test_nothing_is_shared_within_a_test(house: House) -> None:
    for name in ("one", "two"):
        house.ran(house.city(name))
    other_test()
    for name in ("three", "four"):
        house.ran(house.city(name))
    assert house.runs == 3


def _a_byte(city: Path) -> None:
    (city / "gone.txt").write_text("y", encoding="utf-8")


def _a_mode(city: Path) -> None:
    (city / "gone.txt").chmod(0o400)


def _a_folder(city: Path) -> None:
    (city / "inbox").mkdir()


def _a_variable(_: Path) -> None:
    os.environ["ELQR_OF_THIS_TEST"] = "1"


def _a_link(city: Path) -> None:
    (city / "link").symlink_to("/etc/hosts")


def _an_open_ledger(city: Path) -> None:
    (city / "ledger.db-wal").write_bytes(b"")


@pytest.mark.parametrize("change", [_a_byte, _a_mode, _a_folder, _a_variable, _a_link, _an_open_ledger])
def test_a_command_runs_when_anything_is_different(
    house: House, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], None]
) -> None:
    monkeypatch.setenv("ELQR_OF_THIS_TEST", "0")
    house.ran(house.city("one"))
    other_test()
    change(two := house.city("two"))
    house.ran(two)
    assert house.runs == 2


@pytest.mark.parametrize("job", ['out = "../out"', 'url = "postgresql://x"', 'out = "{}/out"'])
def test_a_city_that_lies_in_more_than_its_folder_runs_its_commands(house: House, tmp_path: Path, job: str) -> None:
    for name in ("one", "two"):
        house.ran(house.city(name, job.format(tmp_path)))
        other_test()
    assert house.runs == 2


def test_a_command_about_another_folder_runs(house: House, tmp_path: Path) -> None:
    for name in ("one", "two"):
        house.ran(house.city(name), "--out", f"{tmp_path}/elsewhere")
        other_test()
    assert house.runs == 2


@pytest.fixture
def shared() -> Iterator[None]:
    with once():
        yield


def test_who_changes_the_program_runs_its_commands(shared: None, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    if not ONCE:
        pytest.skip("サーバーでは分け合わない")
    house.once = ONCE[0]  # type: ignore[assignment]
    other_test("first")
    house.ran(house.city("one"))
    other_test()
    with monkeypatch.context() as changed:
        changed.setattr(House, "program", "another", raising=False)
    house.ran(house.city("two"))
    assert house.runs == 2
    other_test("third")
    house.ran(house.city("three"))
    assert house.runs == 2
