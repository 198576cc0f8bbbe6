"""Operators: the account, the login and the machine of whoever asks and approves, and whose accounts they are."""

import json
import os
import pwd
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from elqr.cli import cli
from elqr.cli.terminal import roles_for
from elqr.session.operators import Operator, Operators
from elqr.vocabulary.errors import Refused
from tests.builders import JOB, City, Ran, elqr
from tests.cases.prepared import prepared

TABLE = """
through_sudo = ["{account}"]

[[operator]]
os_user = "yamada"
name = "山田 太郎"
roles = ["申請", "承認"]

[[operator]]
os_user = "sato"
name = "佐藤 花子"
roles = ["承認"]
"""
YAMADA, SATO = Operator("yamada"), Operator("elqr", "sato", "host")


def _table(text: str = TABLE) -> Operators:
    return Operators.model_validate(tomllib.loads(text.format(account="elqr")))


def test_a_person_is_known_by_the_account_or_behind_a_shared_one_by_the_login() -> None:
    _table().admit(YAMADA, "山田太郎", ("申請",))
    _table().admit(SATO, "佐藤", ("承認",))
    _table().admit(SATO, "佐藤花子", ("申請", "承認"))


@pytest.mark.parametrize(
    ("who", "by", "role", "said"),
    [
        (YAMADA, "佐藤花子", "申請", "yamada は 山田 太郎 です"),
        (SATO, "佐藤花子", "申請", "申請ができません"),
        (Operator("suzuki", "sato"), "佐藤花子", "承認", "suzuki は、操作する人の表"),
        (Operator("elqr", ""), "佐藤花子", "承認", "（不明） は、操作する人の表"),
    ],
    ids=["別人の名前", "役割がない", "表にない", "共用の利用者のまま"],
)
def test_who_is_somebody_else_is_refused(who: Operator, by: str, role: str, said: str) -> None:
    with pytest.raises(Refused, match=said):
        _table().admit(who, by, (role,))


@pytest.mark.parametrize(
    "wrong",
    [
        TABLE.replace("佐藤 花子", "山田"),
        TABLE.replace('"sato"', '"yamada"'),
        TABLE.replace('"sato"', '"elqr"'),
        TABLE.replace("佐藤 花子", "佐藤\\u200b花子"),
        TABLE.replace('["承認"]', '["部長"]'),
    ],
    ids=["同じ人", "同じ利用者", "共用の利用者", "見えない文字", "知らない役割"],
)
def test_a_table_in_which_two_are_one_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="Operators"):
        _table(wrong)


def _account() -> str:
    return pwd.getpwuid(os.geteuid()).pw_name


def _city_of(folder: Path) -> City:
    """A city whose commands run in the account of its tests, behind which people log in by sudo."""
    city = City.founded(folder, JOB + '\n[approval]\noperators = "operators.toml"\n')
    (city.folder / "operators.toml").write_text(TABLE.format(account=_account()), encoding="utf-8")
    city.night()
    return city


@pytest.fixture
def city(tmp_path: Path) -> City:
    return prepared(tmp_path / "city", _city_of)


def _as(login: str, city: City, *arguments: object) -> Ran:
    return elqr("month", *arguments, "--job", city.job, SUDO_USER=login)


def _kernel_knows() -> bool:
    path = Path("/proc/self/loginuid")
    return path.exists() and path.read_text(encoding="ascii").strip() not in ("4294967295", "")


needs_no_login = pytest.mark.skipif(_kernel_knows(), reason="この端末ではカーネルがログインした人を知っている")


@needs_no_login
def test_one_account_with_two_names_cannot_ask_and_approve(city: City) -> None:
    assert _as("yamada", city, "close", "2026-10", "--by", "山田太郎").code == 0
    other = _as("yamada", city, "approve", "2026-10", "--by", "佐藤花子")
    assert other.code == 1 and "yamada は 山田 太郎 です" in other.err
    own = _as("yamada", city, "approve", "2026-10", "--by", "山田太郎")
    assert own.code == 1 and "別の人が承認してください" in own.err
    assert _as("", city, "approve", "2026-10", "--by", "佐藤花子").code == 1
    assert _as("sato", city, "approve", "2026-10", "--by", "佐藤花子").code == 0
    assert elqr("verify", "--job", city.job).code == 0


@needs_no_login
def test_verify_tells_one_account_with_two_names_from_the_day_the_table_holds(city: City) -> None:
    """Asked for and approved before there was a table, by one login with two names."""
    path = city.folder / "operators.toml"
    table = path.read_text(encoding="utf-8")
    job = city.job.read_text(encoding="utf-8")
    city.job.write_text(job.partition("\n[approval]")[0], encoding="utf-8")
    assert _as("yamada", city, "close", "2026-10", "--by", "山田太郎").code == 0
    assert _as("yamada", city, "approve", "2026-10", "--by", "佐藤花子").code == 0
    assert elqr("verify", "--job", city.job).code == 0
    city.job.write_text(job, encoding="utf-8")
    found = elqr("verify", "--job", city.job, "--json").json["findings"]
    assert [own["code"] for own in found] == ["L521"]  # type: ignore[attr-defined,index]
    path.write_text("since = 2026-12-01\n" + table, encoding="utf-8")
    assert elqr("verify", "--job", city.job).code == 0


@needs_no_login
def test_the_account_that_asked_cannot_approve_though_its_name_was_changed_between(city: City) -> None:
    assert _as("yamada", city, "close", "2026-10", "--by", "山田太郎").code == 0
    path = city.folder / "operators.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("山田 太郎", "鈴木 一郎"), encoding="utf-8")
    ran = _as("yamada", city, "approve", "2026-10", "--by", "鈴木一郎")
    assert ran.code == 1 and "申請したOSの利用者（yamada）では承認できません" in ran.err


@pytest.mark.parametrize("name", ["山田\u200b", "山田\ufe0f", "Yаmada"])
def test_a_name_that_is_not_what_a_reader_sees_is_refused_where_it_is_given(tmp_path: Path, name: str) -> None:
    city = City.founded(tmp_path / "city")
    ran = elqr("month", "close", "2026-10", "--by", name, "--job", city.job)
    assert ran.code == 1 and "氏名をすべて" in ran.err and ran.err.count("\n") == 1
    assert not (city.folder / "ledger.db").exists()


def test_every_act_says_who_sat_at_which_machine(tmp_path: Path) -> None:
    city = City.founded(tmp_path / "city")
    city.night()
    assert elqr("month", "close", "2026-10", "--by", "山田", "--job", city.job).code == 0
    ((entry,),) = city.sql("SELECT entry FROM run ORDER BY run_no DESC LIMIT 1")
    link: dict[str, Any] = json.loads(entry)
    assert link["act"] == {"kind": "month_close", "number": 1, "step": "asked", "taken_by": "山田"}
    assert link["operator"]["os_user"] == _account() and link["operator"]["machine"]
    assert [row["asked_by"] for row in link["said"]["month_close"]] == ["山田"]
    columns = "kind, number, step, taken_by, os_user"
    assert city.sql(f"SELECT {columns} FROM act") == [("month_close", 1, "asked", "山田", _account())]


def _commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from _commands(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


def test_what_a_command_does_to_a_request_says_which_role_it_needs() -> None:
    """By what its help says, not by its name: an approval is another role's than a request, in every group."""
    signed = {
        name: command
        for name, command in _commands(cli)
        if {"by", "job"} <= {parameter.name for parameter in command.params}
    }
    assert len(signed) > 25
    for name, command in signed.items():
        does = str(command.help)
        wanted = ("承認",) if "を承認します" in does else ("申請", "承認") if "を却下します" in does else ("申請",)
        assert roles_for(name.rpartition(" ")[2]) == wanted, name
