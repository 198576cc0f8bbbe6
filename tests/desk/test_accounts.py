"""Accounts of the desk: what of two people's and of the last administrator's cannot be changed, and the file they are in."""

import sqlite3
import sys
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from elqr.desk.staff import add_account, change_account, close_account, named_account, renew_password
from elqr.session.job import Desk
from elqr.store.desk.accounts import account_history
from elqr.vocabulary.errors import Refused
from elqr.vocabulary.staff import FINANCE, DeskRole, StaffAccount
from tests.builders import City, Ran, elqr
from tests.cases.desk_city import MORNING, SINCE, Counter, desk_city

TODAY = MORNING.date()
NEW = StaffAccount("suzuki", "鈴木 一", FINANCE, frozenset({DeskRole.VIEW}), SINCE)
JANUARY, MARCH = date(2027, 1, 1), date(2027, 3, 31)


@pytest.fixture
def counter(tmp_path: Path) -> Counter:
    """Where the city's own sign-on names people: no password is hashed, and the rules are the same."""
    return Counter(tmp_path, Desk.model_validate({"user_header": "X-Remote-User", "trusted_proxies": ["10.0.0.1"]}))


@pytest.mark.parametrize(
    ("first", "second", "is_refused"),
    [
        pytest.param((SINCE, None), (JANUARY, None), True, id="後から重なる"),
        pytest.param((JANUARY, None), (TODAY, None), True, id="先の利用者と、終わりのない今の利用者"),
        pytest.param((JANUARY, None), (TODAY, JANUARY), True, id="一日だけ重なる"),
        pytest.param((JANUARY, None), (TODAY, JANUARY - timedelta(days=1)), False, id="前の日に終わる"),
        pytest.param((SINCE, JANUARY), (JANUARY + timedelta(days=1), None), False, id="次の日に始まる"),
        pytest.param((SINCE, TODAY - timedelta(days=1)), (SINCE, None), False, id="もう終わっている"),
        pytest.param((JANUARY, MARCH), (SINCE, MARCH), True, id="先の期間"),
    ],
)
def test_one_person_never_has_two_accounts_on_a_day(
    counter: Counter, first: tuple[date, date | None], second: tuple[date, date | None], is_refused: bool
) -> None:
    add_account(counter.place, replace(NEW, valid_from=first[0], valid_until=first[1]), "試験")
    other = replace(NEW, login="hajime", name="鈴木　一", valid_from=second[0], valid_until=second[1])
    stranger = replace(other, login="betsu", name="別 人")
    add_account(counter.place, stranger, "試験")
    for enter, account in ((add_account, other), (change_account, replace(stranger, name=other.name))):
        if is_refused:
            with pytest.raises(Refused, match="同じ人に見えます"):
                enter(counter.place, account, "試験")
        else:
            enter(counter.place, account, "試験")
            close_account(counter.place, account.login, "試験")


def test_an_account_that_was_closed_on_its_first_day_can_still_be_changed(counter: Counter) -> None:
    add_account(counter.place, replace(NEW, valid_from=TODAY), "試験")
    close_account(counter.place, "suzuki", "試験")
    closed = named_account(counter.place, "suzuki")
    change_account(counter.place, replace(closed, name="鈴木 一郎"), "試験")
    change_account(counter.place, replace(closed, name="鈴木 一郎", valid_until=None), "試験")
    assert named_account(counter.place, "suzuki").serves_on(TODAY)


def test_a_close_lengthens_nothing_and_is_done_once(counter: Counter) -> None:
    ended = SINCE + timedelta(days=30)
    add_account(counter.place, replace(NEW, valid_until=ended), "試験")
    close_account(counter.place, "suzuki", "試験")
    assert named_account(counter.place, "suzuki").valid_until == ended
    with pytest.raises(Refused, match="廃止済み"):
        close_account(counter.place, "suzuki", "試験")
    with counter.place.database.transaction() as connection:
        assert [step["step"] for step in account_history(connection, "suzuki")] == ["added", "closed"]


def test_an_account_that_is_over_gets_no_password(tmp_path: Path) -> None:
    counter = Counter(tmp_path)
    close_account(counter.place, "satou", "試験")
    with pytest.raises(Refused, match="パスワードを渡せません"):
        renew_password(counter.place, "satou", "試験")


def test_the_last_administrator_stays(counter: Counter) -> None:
    kanri = named_account(counter.place, "kanri")
    demoted, ended = replace(kanri, roles=frozenset({DeskRole.VIEW})), replace(kanri, valid_until=SINCE)
    for take_away in (
        lambda: close_account(counter.place, "kanri", "試験"),
        lambda: change_account(counter.place, demoted, "試験"),
        lambda: change_account(counter.place, ended, "試験"),
    ):
        with pytest.raises(Refused, match="先に、ほかの利用者を管理として"):
            take_away()
    add_account(counter.place, replace(NEW, roles=frozenset({DeskRole.ADMIN}), valid_from=TODAY), "試験")
    close_account(counter.place, "kanri", "試験")


def test_a_page_waits_for_another_no_longer_than_people_do(counter: Counter) -> None:
    with counter.place.database.transaction() as connection:
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one() == 2_500


def _run(city: City, *arguments: object) -> Ran:
    return elqr("desk", *arguments, "--job", city.job)


ADD = ("account", "add", "satou", "--name", "佐藤 花子", "--department", "会計", "--role", "閲覧")


def test_only_an_account_begins_the_database(tmp_path: Path) -> None:
    city = desk_city().copy(tmp_path / "city")
    file = city.folder / "desk.sqlite3"
    file.unlink(missing_ok=True)
    for arguments in (("serve", "--port", "0"), ("account", "list"), ("records",), ("account", "close", "satou")):
        ran = _run(city, *arguments)
        assert ran.code == 1 and "利用者がまだありません。elqr desk account add" in ran.err and not file.exists()
    assert "良　窓口　利用者なし" in elqr("doctor", "--job", city.job).out and not file.exists()
    assert _run(city, *ADD).code == 0 and file.exists()
    assert "良　窓口　利用者 1人（うち管理 0人）" in elqr("doctor", "--job", city.job).out
    assert _run(city, "records", "--to", "9999-12-31").code == 0
    with sqlite3.connect(file) as database:
        row = (
            f"{date.today()}T08:30:00+09:00",
            "satou",
            "佐藤 花子",
            "10.1.2.3",
            "inquired",
            "番号 1\n2026　yamada\x1b[2J",
        )
        names = "recorded_at, login, person, address, deed, subject"
        database.execute(f"INSERT INTO record ({names}) VALUES (?, ?, ?, ?, ?, ?)", row)
    shown = _run(city, "records", "--from", "2020-01-01", "--to", "9999-12-31").out.splitlines()
    assert len(shown) == 2 and shown[0].endswith("番号 1\\u000a2026　yamada\\u001b[2J")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps access rights in another way")
def test_a_database_that_others_may_use_is_not_opened(tmp_path: Path) -> None:
    city = desk_city().copy(tmp_path / "city")
    (city.folder / "desk.sqlite3").unlink(missing_ok=True)
    assert _run(city, *ADD).code == 0
    for mode in (0o640, 0o604, 0o620):
        (city.folder / "desk.sqlite3").chmod(mode)
        ran = _run(city, "account", "list")
        assert ran.code == 1 and f"権限 {mode:03o}" in ran.err and "chmod go=" in ran.err
    told = elqr("doctor", "--job", city.job).out
    assert "注意　権限" in told and "異常　窓口" in told
    (city.folder / "desk.sqlite3").chmod(0o600)
    assert _run(city, "account", "list").code == 0
