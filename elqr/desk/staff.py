"""Accounts of staff (利用者の登録): add, change, close and unlock. Each change is a row with who and when."""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from elqr.arithmetic.person_name import name_fault, same_person, spelt
from elqr.desk.passwords import hash_password, make_one_time
from elqr.desk.place import Place, instant
from elqr.store.desk.accounts import account_history, all_accounts, enter_account, find_account, set_password
from elqr.store.desk.records import Actor, enter_record
from elqr.store.desk.visits import end_visits_of
from elqr.vocabulary.errors import BadFile, NotFound, Refused
from elqr.vocabulary.staff import FINANCE, AccountStep, Deed, DeskRole, StaffAccount

_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@-]{1,63}")


def add_account(place: Place, account: StaffAccount, by: str) -> str:
    """利用者を登録する. Returns the one-time password, empty where the city's own sign-on names people.

    Raises BadFile for what cannot be an account; Refused for a login or a person that has one.
    """
    if not _LOGIN.fullmatch(account.login):
        raise BadFile(
            f"利用者名 {spelt(account.login)} は使えません。"
            "英小文字か数字で始まる2～64文字（. _ - @ も使えます）にしてください。"
        )
    _refuse_bad(place, account)
    password = "" if place.settings.user_header else make_one_time()
    digest, at = hash_password(password) if password else "", instant(place.ask_time())
    with place.database.transaction() as connection:
        others = all_accounts(connection)
        if any(other.login == account.login for other in others):
            raise Refused(
                f"利用者名 {account.login} は登録済みです。直すときは elqr desk account change を使ってください。"
            )
        _refuse_second(place, account, others)
        enter_account(connection, account, AccountStep.ADDED, at, by)
        if password:
            set_password(connection, account.login, digest, at, is_one_time=True)
    return password


def change_account(place: Place, account: StaffAccount, by: str) -> None:
    """利用者を変える: it is as `account` says from now on. Raises BadFile, Refused."""
    with place.database.transaction() as connection:
        before = _named(connection, account.login)
        _refuse_bad(place, account, before)
        if account != before:
            others = [other for other in all_accounts(connection) if other.login != account.login]
            _refuse_second(place, account, others)
            _refuse_to_lose_the_last(place, before, account, others)
            enter_account(connection, account, AccountStep.CHANGED, instant(place.ask_time()), by)


def renew_password(place: Place, login: str, by: str) -> str:
    """一回限りのパスワードを渡し直す, for a forgotten one. Its log-ins and its lock end. Returns the password.

    Raises Refused where there are no passwords, and for an account that is over.
    """
    refuse_password(place, named_account(place, login))
    password, at = make_one_time(), instant(place.ask_time())
    digest = hash_password(password)
    with place.database.transaction() as connection:
        account = _named(connection, login)
        set_password(connection, login, digest, at, is_one_time=True)
        end_visits_of(connection, login)
        enter_record(connection, at, Actor(login, account.name), Deed.SET_PASSWORD, f"{by} が一回限りのものを発行")
    return password


def refuse_password(place: Place, account: StaffAccount) -> None:
    """パスワードを渡せない利用者を断る. Raises Refused."""
    if place.settings.user_header:
        raise Refused("このジョブでは団体のサインオンを使うので（[desk] user_header）、パスワードはありません。")
    if account.valid_until is not None and account.valid_until < place.ask_time().date():
        raise Refused(
            f"利用者 {account.login} は{account.valid_until}で終わったので、パスワードを渡せません。"
            "また使うなら、--until か --no-end も書いてください。"
        )


def close_account(place: Place, login: str, by: str) -> None:
    """利用者を廃止する, from now on. Its log-ins end. Raises NotFound, Refused."""
    now = place.ask_time()
    yesterday = now.date() - timedelta(days=1)
    with place.database.transaction() as connection:
        before = _named(connection, login)
        if account_history(connection, login)[-1]["step"] == AccountStep.CLOSED.value:
            raise Refused(f"利用者 {login} は廃止済みです。")
        account = replace(before, valid_until=min(before.valid_until or yesterday, yesterday))
        _refuse_to_lose_the_last(place, before, account, all_accounts(connection))
        enter_account(connection, account, AccountStep.CLOSED, instant(now), by)
        end_visits_of(connection, login)


def unlock_account(place: Place, login: str, by: str) -> None:
    """ログインの停止を解く: earlier failures no longer count. Raises NotFound."""
    with place.database.transaction() as connection:
        account = _named(connection, login)
        enter_record(connection, instant(place.ask_time()), Actor(login, account.name), Deed.UNLOCKED, f"{by} が解除")


def named_account(place: Place, login: str) -> StaffAccount:
    """利用者 of a login. Raises NotFound."""
    with place.database.transaction() as connection:
        return _named(connection, login)


def _named(connection: Any, login: str) -> StaffAccount:
    """利用者 of a login, in a transaction of the desk's database."""
    account = find_account(connection, login)
    if account is None:
        raise NotFound(f"利用者 {spelt(login)} は登録されていません。elqr desk account list で確かめてください。")
    return account


def departments(place: Place) -> list[str]:
    """所属に書けるもの: 会計 and the departments of the register."""
    return [FINANCE, *(name for name in place.setup.register.departments if name != FINANCE)]


def _refuse_bad(place: Place, account: StaffAccount, before: StaffAccount | None = None) -> None:
    """利用者になれないものを断る. An account closed on its first day ends before it begins: such days may stay."""
    if fault := name_fault(account.name):
        raise BadFile(f"氏名 {spelt(account.name)}: {fault}")
    if account.department not in (known := departments(place)):
        raise BadFile(
            f"所属 {account.department} は手続台帳の所管課にありません。{'・'.join(known)} から選んでください。"
        )
    if not account.roles:
        raise BadFile("役割がありません。--role に 閲覧・申請・承認・管理 のどれかを書いてください。")
    days = (account.valid_from, account.valid_until)
    is_as_before = before is not None and days == (before.valid_from, before.valid_until)
    if account.valid_until is not None and account.valid_until < account.valid_from and not is_as_before:
        raise BadFile("使える終わりの日が、始まりの日より前です。--from と --until を確かめてください。")


def _refuse_second(place: Place, account: StaffAccount, others: Iterable[StaffAccount]) -> None:
    """同じ人の二つめの利用者を断る: with two on one day, one person could request and approve. Raises Refused."""
    today = place.ask_time().date()
    for other in others:
        first_common_day = max(today, account.valid_from, other.valid_from)
        serve_both = account.serves_on(first_common_day) and other.serves_on(first_common_day)
        if serve_both and same_person(other.name, account.name):
            raise Refused(
                f"{account.name} は、利用者 {other.login}（{other.name}）と同じ人に見えます。"
                "別の人なら、見分けのつく氏名（姓と名）で登録してください。"
            )


def _refuse_to_lose_the_last(
    place: Place, before: StaffAccount, after: StaffAccount, others: Iterable[StaffAccount]
) -> None:
    """最後の管理をなくす変更を断る: nobody could see the records at the desk any more. Raises Refused."""
    today = place.ask_time().date()

    def administers(account: StaffAccount) -> bool:
        return DeskRole.ADMIN in account.roles and account.serves_on(today)

    is_left = any(administers(other) for other in others if other.login != before.login)
    if administers(before) and not administers(after) and not is_left:
        raise Refused(
            f"{before.login} は、役割「管理」のあるただ一人の利用者です。"
            "先に、ほかの利用者を管理として登録してください。"
        )
