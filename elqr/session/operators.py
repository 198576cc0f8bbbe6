"""Operators (操作した人): who sat at which machine, and the administrator's file that says which person that is.

Without the file, the account, the login and the machine are only recorded. With it, a command that names a person runs
only under that person's account, and one account cannot both request and approve.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, ValidationError, model_validator

from elqr.arithmetic.person_name import name_fault, same_person
from elqr.disk.config_files import read_toml
from elqr.vocabulary.errors import BadFile, Refused, explain
from elqr.vocabulary.strict import Strict

Role = Literal["申請", "承認"]


@dataclass(frozen=True, slots=True)
class Operator:
    """操作した人 as the machine sees them: the account of the process, who logged in, and the machine's name."""

    os_user: str = ""
    login: str = ""
    machine: str = ""

    def as_dict(self) -> dict[str, str]:
        """For the chain of runs."""
        return {"os_user": self.os_user, "login": self.login, "machine": self.machine}


_AT_DESK = "窓口 "
"""What the machine of somebody at the desk begins with; the address of the browser follows."""


def at_desk(os_user: str, login: str, address: str) -> Operator:
    """窓口で操作した人: the account of the desk's process, the person's own account, and the browser's address."""
    return Operator(os_user, login, f"{_AT_DESK}{address}")


def seat_words(seat: str | None) -> str:
    """席, as it stands after a name: account and machine (elqr/store/queries/seats.py); empty where unknown."""
    return f"［{seat}］" if seat else ""


def desk_login(who: Mapping[str, str]) -> str:
    """窓口の利用者 of who acted (keys `login` and `machine`); empty for who was not at the desk."""
    return who["login"] if who["machine"].startswith(_AT_DESK) else ""


class Registered(Strict):
    """登録した人: an account of the operating system, its owner, and what they may do."""

    os_user: str = Field(min_length=1)
    name: str = Field(min_length=1)
    roles: tuple[Role, ...] = Field(min_length=1)


class Operators(Strict):
    """操作する人の表. `through_sudo` are shared accounts that people reach only by sudo: for these the login counts.

    Acts before `since` were done without the table, and only their names are compared.
    """

    since: date | None = None
    through_sudo: tuple[str, ...] = ()
    operator: tuple[Registered, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _are_different_people(self) -> Self:
        for person in self.operator:
            if fault := name_fault(person.name):
                raise ValueError(f"{person.os_user}: {fault}")
            if person.os_user in self.through_sudo:
                raise ValueError(f"{person.os_user} は through_sudo の共用の利用者です。人の利用者を書いてください")
        for person, other in combinations(self.operator, 2):
            if person.os_user == other.os_user or same_person(person.name, other.name):
                raise ValueError(
                    f"{person.os_user}（{person.name}）と {other.os_user}（{other.name}）が同じ人に見えます"
                )
        return self

    def account(self, who: Mapping[str, str]) -> str:
        """人の利用者, from keys `os_user` and `login`."""
        return who["login"] if who["os_user"] in self.through_sudo else who["os_user"]

    def are_one(self, request: Mapping[str, str], end: Mapping[str, str]) -> bool:
        """同じ人の利用者か: a request and its end, with keys `os_user` and `login`, and of the end `night_on`."""
        account = self.account(request)
        is_before = self.since is not None and end["night_on"] < self.since.isoformat()
        is_registered = any(person.os_user == account for person in self.operator)
        return is_registered and not is_before and account == self.account(end)

    def admit(self, who: Operator, by: str, roles: Iterable[str]) -> None:
        """操作を認める: the account must be registered, under this name, and with one of the roles. Raises Refused."""
        account = self.account(who.as_dict())
        person = next((registered for registered in self.operator if registered.os_user == account), None)
        if person is None:
            raise Refused(
                f"OSの利用者 {account or '（不明）'} は、操作する人の表（[approval] operators）にありません。"
                "自分の利用者で実行するか、管理者に登録を頼んでください。"
            )
        if not same_person(person.name, by):
            raise Refused(
                f"OSの利用者 {account} は {person.name} です。--by {by} では実行できません。本人が実行してください。"
            )
        if not set(roles) & set(person.roles):
            needed = "か".join(roles)
            raise Refused(f"{person.name}（{account}）は{needed}ができません。{needed}のできる人に頼んでください。")


@dataclass(frozen=True, slots=True)
class Who:
    """誰が: the operator as the machine sees them, and the table of operators where there is one."""

    operator: Operator = Operator()
    operators: Operators | None = None


def read_operators(path: Path) -> Operators:
    """操作する人の表を読む. Raises NotFound, BadFile."""
    try:
        return Operators.model_validate(
            read_toml(path, "操作する人の表", "ジョブの [approval] operators を確かめてください。")
        )
    except ValidationError as error:
        raise BadFile(
            f"操作する人の表 {path} に誤りがあります: {explain(error, Operators)}。直してください。"
        ) from error
