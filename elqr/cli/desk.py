"""`elqr desk`: 窓口（ブラウザで使うページ）を開き、利用者と操作記録を扱う."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from elqr.cli.terminal import GIVEN_PATH, Group, day_of, job_option, json_option, print_json, say
from elqr.vocabulary.staff import AccountStep, DeskRole
from elqr.vocabulary.terms import ExitCode

if TYPE_CHECKING:
    from elqr.desk.place import Place
    from elqr.vocabulary.staff import StaffAccount

_ROLES = [role.label for role in DeskRole]


@click.group("desk", cls=Group, help="窓口: 職員がブラウザで使うページ、その利用者、操作記録。")
def desk() -> None:
    pass


def _place(job: Path, *, creates: bool = False) -> Place:
    import os

    from elqr.desk.place import open_place

    return open_place(job, os.environ, creates=creates)


def _by() -> str:
    """操作した人 in words: the account of this process, who logged in, and the machine."""
    import os

    from elqr.session.login import who_runs

    who = who_runs(os.environ)
    login = f"（{who.login}）" if who.login and who.login != who.os_user else ""
    return f"{who.os_user}{login}@{who.machine}"


@desk.command("serve", help="窓口を開きます。最後の行がブラウザで開くアドレスです。止めるときは Ctrl+C を押します。")
@click.option("--host", metavar="ADDRESS", help="待ち受けるアドレス。なければジョブの [desk] host。")
@click.option("--port", type=click.IntRange(0, 65_535), help="待ち受けるポート（0 は空いているもの）。")
@job_option
def desk_serve(host: str | None, port: int | None, job: Path) -> int:
    from elqr.desk.serve import serve

    place = _place(job)
    settings = place.settings
    host = host or settings.host
    if host not in ("127.0.0.1", "::1", "localhost") and not settings.https:
        say(
            f"{host} で待ち受けます。窓口に TLS はないので、パスワードが読まれるおそれがあります。"
            "TLS のあるリバースプロキシの後ろに置き、ジョブの [desk] に https = true と書いてください。"
        )
    serve(place, host, settings.port if port is None else port, click.echo)
    return ExitCode.CLEAN


@desk.command("records", help="操作記録（ログイン、照会など）を表示するか、CSV に書き出します。")
@click.option("--from", "first", callback=day_of, help="初めの日（YYYY-MM-DD）。なければ今日。")
@click.option("--to", "last", callback=day_of, help="終わりの日（YYYY-MM-DD）。なければ今日。")
@click.option("--csv", "out", type=GIVEN_PATH, help="書き出すファイル（.csv）。")
@job_option
@json_option
def desk_records(first: date | None, last: date | None, out: Path | None, job: Path, as_json: bool) -> int:
    from elqr.disk.atomic_write import write_whole
    from elqr.report.data_files import csv_bytes
    from elqr.report.tables.desk_records import desk_record_table
    from elqr.store.desk.records import records
    from elqr.vocabulary.errors import BadFile
    from elqr.vocabulary.staff import Deed
    from elqr.vocabulary.visible_text import visible

    if out is not None and (out.exists() or out.suffix.lower() != ".csv"):
        raise BadFile(f"{out} には書き出せません。まだない .csv の名前を指定してください。")
    place = _place(job)
    today = place.ask_time().date()
    with place.database.transaction() as connection:
        rows = records(connection, first or today, last or today)
    if out is not None:
        write_whole(out, csv_bytes(desk_record_table(rows)))
        click.echo(f"操作記録 {rows.height:,}件　→ {out}")
    elif as_json:
        print_json(rows.to_dicts())
    else:
        for row in rows.iter_rows(named=True):
            who = f"{row['login']}（{row['person']}）" if row["login"] else "（不明）"
            at = row["recorded_at"][:19].replace("T", " ")
            click.echo(visible(f"{at}　{who}　{row['address']}　{Deed(row['deed']).label}　{row['subject']}"))
        click.echo(f"操作記録　{rows.height:,}件")
    return ExitCode.CLEAN


@desk.group("account", cls=Group, help="窓口の利用者: 登録、一覧、変更、廃止、停止の解除。")
def account() -> None:
    pass


def _account_options(function: Any) -> Any:
    options = (
        click.option("--name", metavar="氏名", help="氏名（姓と名）。"),
        click.option("--department", metavar="所属", help="手続台帳の所管課か、会計。"),
        click.option("--role", "roles", multiple=True, type=click.Choice(_ROLES), help="役割（いくつでも）。"),
        click.option("--from", "valid_from", callback=day_of, help="使える初めの日（YYYY-MM-DD）。"),
        click.option("--until", "valid_until", callback=day_of, help="使える終わりの日（YYYY-MM-DD）。"),
    )
    for option in reversed(options):
        function = option(function)
    return function


def _roles(words: tuple[str, ...]) -> frozenset[DeskRole]:
    return frozenset(role for role in DeskRole if role.label in words)


def _show_password(login: str, password: str) -> None:
    """一回限りのパスワードを示す. It is shown this once and kept nowhere."""
    if password:
        click.echo(f"{login} の一回限りのパスワード　{password}")
        say("本人に渡してください（7日で使えなくなります）。初めてのログインで、本人が自分のものに替えます。")


@account.command("add", help="利用者 LOGIN を登録し、一回限りのパスワードを表示します。")
@click.argument("login")
@_account_options
@job_option
def account_add(
    login: str,
    name: str | None,
    department: str | None,
    roles: tuple[str, ...],
    valid_from: date | None,
    valid_until: date | None,
    job: Path,
) -> int:
    from elqr.desk.staff import add_account
    from elqr.vocabulary.staff import StaffAccount

    for option, value in (("--name", name), ("--department", department), ("--role", roles)):
        if not value:
            raise click.UsageError(f"{option} が必要です。")
    place = _place(job, creates=True)
    starts_on = valid_from or place.ask_time().date()
    holder = StaffAccount(login, (name or "").strip(), department or "", _roles(roles), starts_on, valid_until)
    password = add_account(place, holder, _by())
    click.echo(f"利用者 {login}（{holder.name}）を登録しました。")
    _show_password(login, password)
    return ExitCode.CLEAN


@account.command("list", help="利用者の一覧。--all は廃止したものも、--history LOGIN は一人の変更の履歴を表示します。")
@click.option("--all", "with_closed", is_flag=True, help="使えなくなった利用者も表示します。")
@click.option("--history", metavar="LOGIN", help="この利用者の登録・変更・廃止を、した人と時刻とともに表示します。")
@job_option
@json_option
def account_list(with_closed: bool, history: str | None, job: Path, as_json: bool) -> int:
    from elqr.desk.staff import named_account
    from elqr.store.desk.accounts import account_history, all_accounts
    from elqr.vocabulary.visible_text import visible

    place = _place(job)
    if history is not None:
        named_account(place, history)
        with place.database.transaction() as connection:
            steps = account_history(connection, history)
        if as_json:
            print_json(steps)
            return ExitCode.CLEAN
        for step in steps:
            what = (
                f"{AccountStep(step['step']).label}　{step['name']}　{step['department']}　{_role_words(step['roles'])}"
            )
            days = f"{step['valid_from']}から{step['valid_until'] or ''}"
            click.echo(visible(f"{step['entered_at'][:16].replace('T', ' ')}　{step['entered_by']}　{what}　{days}"))
        return ExitCode.CLEAN
    today = place.ask_time().date()
    with place.database.transaction() as connection:
        holders = [each for each in all_accounts(connection) if with_closed or each.serves_on(today)]
    if as_json:
        print_json([_as_dict(holder) for holder in holders])
        return ExitCode.CLEAN
    for holder in holders:
        until = f"{holder.valid_until}まで" if holder.valid_until else ""
        days = f"{holder.valid_from}から{until}"
        click.echo(visible(f"{holder.login}　{holder.name}　{holder.department}　{holder.role_words}　{days}"))
    click.echo(f"利用者　{len(holders):,}人")
    return ExitCode.CLEAN


def _role_words(stored: str) -> str:
    return "・".join(DeskRole(role).label for role in stored.split(","))


def _as_dict(holder: StaffAccount) -> dict[str, object]:
    return {
        "login": holder.login,
        "name": holder.name,
        "department": holder.department,
        "roles": [role.label for role in DeskRole if role in holder.roles],
        "valid_from": holder.valid_from.isoformat(),
        "valid_until": holder.valid_until and holder.valid_until.isoformat(),
    }


@account.command("change", help="利用者 LOGIN の、書いたところだけを変えます。")
@click.argument("login")
@_account_options
@click.option("--no-end", is_flag=True, help="使える終わりの日をなくします。")
@click.option("--new-password", is_flag=True, help="一回限りのパスワードを渡し直します（忘れたとき）。")
@job_option
def account_change(
    login: str,
    name: str | None,
    department: str | None,
    roles: tuple[str, ...],
    valid_from: date | None,
    valid_until: date | None,
    no_end: bool,
    new_password: bool,
    job: Path,
) -> int:
    from elqr.desk.staff import change_account, named_account, refuse_password, renew_password

    place = _place(job)
    before = named_account(place, login)
    holder = replace(
        before,
        name=name.strip() if name is not None else before.name,
        department=department or before.department,
        roles=_roles(roles) or before.roles,
        valid_from=valid_from or before.valid_from,
        valid_until=None if no_end else valid_until or before.valid_until,
    )
    if new_password:
        refuse_password(place, holder)
    change_account(place, holder, _by())
    click.echo(f"利用者 {login}　{holder.name}　{holder.department}　{holder.role_words}")
    if new_password:
        _show_password(login, renew_password(place, login, _by()))
    return ExitCode.CLEAN


@account.command("close", help="利用者 LOGIN を、今から使えなくします。ログイン中のものも終わります。")
@click.argument("login")
@job_option
def account_close(login: str, job: Path) -> int:
    from elqr.desk.staff import close_account

    close_account(_place(job), login, _by())
    click.echo(f"利用者 {login} を廃止しました。")
    return ExitCode.CLEAN


@account.command("unlock", help="続けた失敗で止まった利用者 LOGIN の停止を解きます。")
@click.argument("login")
@job_option
def account_unlock(login: str, job: Path) -> int:
    from elqr.desk.staff import unlock_account

    unlock_account(_place(job), login, _by())
    click.echo(f"利用者 {login} の停止を解きました。")
    return ExitCode.CLEAN
