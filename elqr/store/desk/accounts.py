"""Accounts and passwords (利用者とパスワード): what they are now, and rows that change them."""

from datetime import date
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, func, insert, select

from elqr.store.desk.tables import account, password
from elqr.vocabulary.staff import AccountStep, DeskRole, StaffAccount


def find_account(connection: Connection, login: str) -> StaffAccount | None:
    """利用者 of a login as it is now, whether it still serves or not."""
    query = select(account).where(account.c.login == login).order_by(account.c.entry_no.desc()).limit(1)
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else _account(row)


def all_accounts(connection: Connection) -> list[StaffAccount]:
    """利用者 as they are now, by login."""
    last = select(func.max(account.c.entry_no)).group_by(account.c.login)
    query = select(account).where(account.c.entry_no.in_(last)).order_by(account.c.login)
    return [_account(row) for row in connection.execute(query).mappings()]


def _account(row: RowMapping) -> StaffAccount:
    until = row["valid_until"]
    return StaffAccount(
        row["login"],
        row["name"],
        row["department"],
        frozenset(DeskRole(role) for role in row["roles"].split(",")),
        date.fromisoformat(row["valid_from"]),
        None if until is None else date.fromisoformat(until),
    )


def enter_account(connection: Connection, holder: StaffAccount, step: AccountStep, entered_at: str, by: str) -> None:
    """利用者の登録・変更・廃止を記す: what the account is from now on, by whom (`by`)."""
    row = {
        "login": holder.login,
        "step": step.value,
        "name": holder.name,
        "department": holder.department,
        "roles": ",".join(role.value for role in DeskRole if role in holder.roles),
        "valid_from": holder.valid_from.isoformat(),
        "valid_until": holder.valid_until and holder.valid_until.isoformat(),
        "entered_at": entered_at,
        "entered_by": by,
    }
    connection.execute(insert(account).values(row))


def account_history(connection: Connection, login: str) -> list[dict[str, Any]]:
    """利用者の履歴, oldest first: the columns of the table `account`."""
    query = select(account).where(account.c.login == login).order_by(account.c.entry_no)
    return [dict(row) for row in connection.execute(query).mappings()]


def find_password(connection: Connection, login: str) -> tuple[str, bool, str] | None:
    """パスワード of a login: its hash, whether elqr made it (一回限り), and when it was set."""
    secret = password.c
    query = select(secret.hash, secret.is_one_time, secret.set_at).where(secret.login == login)
    row = connection.execute(query).one_or_none()
    return None if row is None else (row.hash, bool(row.is_one_time), row.set_at)


def set_password(connection: Connection, login: str, digest: str, set_at: str, *, is_one_time: bool) -> None:
    """パスワードを置き換える, by its hash."""
    connection.execute(delete(password).where(password.c.login == login))
    connection.execute(insert(password).values(login=login, hash=digest, set_at=set_at, is_one_time=is_one_time))
