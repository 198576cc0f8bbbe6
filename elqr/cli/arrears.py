"""`elqr arrears`: 督促対象の一覧と、それを止める関門."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from elqr.cli.terminal import (
    GIVEN_PATH,
    NUMBER,
    Group,
    Signer,
    date_option,
    day_of,
    job_option,
    json_option,
    open_job,
    person,
    print_json,
    reason_option,
    say,
    say_unknown,
    signer_options,
)
from elqr.vocabulary.terms import ExitCode, HoldKind

if TYPE_CHECKING:
    from elqr.approvals.reminder_gate import Situation
    from elqr.approvals.reminder_record import Which, Why
    from elqr.approvals.reminder_risks import Obstacle
    from elqr.rules.register import Register

_SHOWN = 10


@click.group("arrears", cls=Group, help="督促対象の一覧。届いていないものがあるときは引けません。")
def arrears() -> None:
    pass


def _as_dict(reminders: Situation) -> dict[str, object]:
    from elqr.approvals.reminder_gate import WITHOUT_NOTICE

    sums = reminders.left_out_sums()
    count, yen = sums.get(WITHOUT_NOTICE, (0, 0))
    return {
        "claims": reminders.count,
        "yen": reminders.yen,
        "announced_claims": reminders.announced.height,
        "without_notice": {"claims": count, "yen": yen},
        "left_out": [{"why": why, "claims": count, "yen": yen} for why, (count, yen) in sums.items()],
        "situation": reminders.sha256,
        "against": _obstacle_dicts(reminders.obstacles),
    }


def _obstacle_dicts(against: tuple[Obstacle, ...]) -> list[dict[str, object]]:
    return [
        {
            "risk": obstacle.risk.value,
            "label": obstacle.risk.label,
            "found": obstacle.found,
            "claims": obstacle.claims,
            "yen": obstacle.yen,
        }
        for obstacle in against
    ]


def _show(reminders: Situation) -> None:
    click.echo(f"督促対象　{reminders.count:,}件 {reminders.yen:,}円")
    for why, (count, yen) in reminders.left_out_sums().items():
        click.echo(f"　除いたもの　{why}　{count:,}件 {yen:,}円")
    _show_obstacles(reminders.obstacles)


def _show_obstacles(against: tuple[Obstacle, ...]) -> None:
    for obstacle in against:
        click.echo(f"　★{obstacle.label}")
        for text in obstacle.found[:_SHOWN]:
            click.echo(f"　　{text}")
        if len(obstacle.found) > _SHOWN:
            click.echo(f"　　ほか {len(obstacle.found) - _SHOWN:,}")


@arrears.command("list", help="督促対象一覧を引きます。妨げるものがあれば示し、何も書きません。")
@click.option("--approval", type=NUMBER, metavar="NO", help="妨げがあるまま引くための、承認された申請の番号。")
@click.option("--with-names", is_flag=True, help="氏名と住所を入れます。なければ宛名番号だけです。")
@signer_options
@json_option
def arrears_list(approval: int | None, with_names: bool, signer: Signer, as_json: bool) -> int:
    from elqr.approvals.reminder_gate import situation
    from elqr.approvals.reminder_list import draw_list
    from elqr.approvals.reminder_record import list_statuses
    from elqr.store.queries.arrears import requests
    from elqr.store.queries.reminders import last_unrecorded

    with signer.open_job() as session:
        reminders = situation(session)
        with session.ledger.transaction() as connection:
            waiting = [row for row in requests(connection) if row["result"] is None]
            unrecorded = last_unrecorded(connection, session.night_on)
            unknown = sum(not row["is_known"] for row in list_statuses(session, None))
        is_free = not reminders.obstacles or approval is not None
        drawn = draw_list(session, reminders, approval, signer.sign(), with_names=with_names) if is_free else None
    if as_json:
        number, folder = (drawn.list_no, str(drawn.folder)) if drawn else (None, None)
        print_json(_as_dict(reminders) | {"list_no": number, "folder": folder, "unknown_claims": unknown})
    else:
        _show(reminders)
        if unrecorded is not None:
            remedy = "送ったなら、先に elqr arrears sent で記録してください。"
            click.echo(f"　前の一覧{unrecorded}に発送の記録がありません。{remedy}")
        if unknown:
            click.echo(f"　督促の状況のうち、台帳にない調定のもの　{unknown:,}件（elqr arrears holds で見られます）")
        if drawn is not None:
            click.echo(f"一覧{drawn.list_no}　{drawn.count:,}件 {drawn.yen:,}円　→ {drawn.folder}")
        elif is_free:
            click.echo("督促の対象がないので、一覧は作っていません。")
        for row in waiting:
            standing = (
                "" if row["situation"] == reminders.sha256 else "（その後に状況が変わりました。却下してください）"
            )
            asked = (
                f"{row['asked_at'][:10]} {person(row, 'asked')}　{row['claims']:,}件 {row['yen']:,}円　{row['reason']}"
            )
            click.echo(f"申請{row['request_no']}　{asked}　承認待ち{standing}")
    if not is_free:
        say(
            "妨げるものがあるので、一覧は引いていません。なくなるのを待つか、elqr arrears request で申請し、"
            "別の人が承認してから --approval で引いてください。"
        )
    return ExitCode.CLEAN if is_free else ExitCode.REVIEW


@arrears.command("request", help="妨げがあるまま一覧を引くことを申請します。")
@reason_option
@signer_options
def arrears_request(reason: str, signer: Signer) -> int:
    from elqr.approvals.reminder_gate import request_list

    with signer.open_job() as session:
        number, reminders = request_list(session, signer.sign(reason))
    _show(reminders)
    click.echo(f"申請しました（申請 {number}）。ほかの人が elqr arrears approve {number} で承認してください。")
    return ExitCode.CLEAN


@arrears.command("approve", help="NO の申請を承認します（申請した人とは別の人が）。状況が変わっていれば断ります。")
@click.argument("no", type=NUMBER)
@signer_options
def arrears_approve(no: int, signer: Signer) -> int:
    from elqr.approvals.reminder_gate import approve_list

    with signer.open_job() as session:
        approve_list(session, no, signer.sign())
    click.echo(f"申請 {no} を承認しました。elqr arrears list --approval {no} で、一度だけ引けます。")
    return ExitCode.CLEAN


@arrears.command("reject", help="NO の申請を却下します（自分の申請の取り下げにも使います）。")
@click.argument("no", type=NUMBER)
@reason_option
@signer_options
def arrears_reject(no: int, reason: str, signer: Signer) -> int:
    from elqr.approvals.reminder_gate import refuse_list

    with signer.open_job() as session:
        refuse_list(session, no, signer.sign(reason))
    click.echo(f"申請 {no} を却下しました。")
    return ExitCode.CLEAN


@arrears.command("check", help="引いた FOLDER を送る前に、元のままか、最新か、その後の収納や妨げがないかを確かめます。")
@click.argument("folder", type=GIVEN_PATH)
@job_option
@date_option
@json_option
def arrears_check(folder: Path, job: Path, day: date | None, as_json: bool) -> int:
    from elqr.approvals.reminder_list import check_list
    from elqr.approvals.reminder_record import claim_words

    with open_job(job, day, rehearsal=True) as session:
        checked, register = check_list(session, folder), session.register
    names = ("procedure_code", "levy_year", "bill_no", "installment_no", "payer_ref", "left_yen", "now_yen", "why")
    if as_json:
        rows, against = checked.changed.select(names).to_dicts(), _obstacle_dicts(checked.obstacles)
        head = {"list_no": checked.list_no, "claims": checked.count, "sent_on": checked.sent_on}
        print_json(head | {"changed": rows, "against": against})
    else:
        for row in checked.changed.iter_rows(named=True):
            change = f"{row['left_yen']:,}円 → {row['now_yen']:,}円　{row['why']}"
            click.echo(f"　{claim_words(row, register)}　宛名番号 {row['payer_ref']}　{change}")
        _show_obstacles(checked.obstacles)
        click.echo(f"一覧{checked.list_no}　{checked.count:,}件のうち、変わったもの {checked.changed.height:,}件")
    if checked.sent_on is not None:
        say(f"この一覧は、発行日 {checked.sent_on} で発送済みと記録してあります。もう一度送らないでください。")
    if checked.changed.height:
        say("変わったものを抜き取るか、一覧を引き直してから送ってください。")
    if checked.obstacles:
        say("一覧を引いた後に、妨げるものができました（★）。なくなるのを待つか、一覧を引き直してから送ってください。")
    return ExitCode.CLEAN if checked.may_be_sent else ExitCode.REVIEW


@arrears.command(
    "sent",
    help="一覧 NO の督促状の発送を記録し、督促手数料を調定します。引き抜いたものは先に arrears pull で記録します。",
)
@click.argument("no", type=NUMBER)
@click.option("--issued-on", required=True, callback=day_of, metavar="YYYY-MM-DD", help="督促状の発行日。")
@signer_options
def arrears_sent(no: int, issued_on: date, signer: Signer) -> int:
    from elqr.approvals.reminder_record import record_sent

    with signer.open_job() as session:
        sending = record_sent(session, no, issued_on, signer.sign())
    counts = f"督促 {sending.count:,}件　引抜 {sending.pulled:,}件"
    fees = f"　督促手数料 {sending.fees:,}件 {sending.fee_yen:,}円" if sending.fees else ""
    click.echo(f"記録{sending.sent_no}　一覧{no}　発行日 {issued_on}　{counts}{fees}")
    if sending.held:
        named = "、".join(sending.held[:_SHOWN]) + ("、ほか" if len(sending.held) > _SHOWN else "")
        say(
            f"督促を止めている調定 {len(sending.held):,}件も、送ったと記録しました（{named}）。引き抜いていたなら、"
            f"elqr undo sent {sending.sent_no} で取り消し、elqr arrears pull で引抜を記録してから、"
            "もう一度記録してください。"
        )
    return ExitCode.CLEAN


def _which_options(function: Any) -> Any:
    """どの調定: what narrows the claims of a number."""
    for option in (
        click.option("--installment", "installment_no", type=click.IntRange(0, 99), help="期別。なければ全部の期。"),
        click.option("--year", "levy_year", type=click.IntRange(1900, 2999), help="賦課年度（年度で重なるとき）。"),
        click.option("--tax-year", "tax_year", type=click.IntRange(1900, 2999), help="相当年度（年度で重なるとき）。"),
        click.option("--procedure", "procedure_code", metavar="CODE", help="手続コード（手続で重なるとき）。"),
    ):
        function = option(function)
    return function


@arrears.command("pull", help="一覧 NO から引き抜いた督促状の調定を、番号（通知書番号など）で記録します。")
@click.argument("no", type=NUMBER)
@click.argument("number")
@_which_options
@reason_option
@signer_options
def arrears_pull(no: int, number: str, reason: str, signer: Signer, **narrow: Any) -> int:
    from elqr.approvals.reminder_record import Which, Why

    return _hold(Which(number, **narrow), Why(HoldKind.PULLED, list_no=no), reason, signer)


def _kind_of(context: click.Context, parameter: click.Parameter, value: str) -> HoldKind:
    """止めるわけ, as written."""
    kinds = {kind.label: kind for kind in HoldKind if kind is not HoldKind.PULLED}
    if value not in kinds:
        raise click.BadParameter(f"わけ {value} はありません。{'、'.join(kinds)} のどれかを書いてください。")
    return kinds[value]


@arrears.command("hold", help="番号（通知書番号など）の調定の督促を止めます（返戻・督促停止・徴収猶予など）。")
@click.argument("number")
@click.option("--kind", required=True, callback=_kind_of, metavar="わけ", help="止めるわけ。")
@click.option("--until", callback=day_of, metavar="YYYY-MM-DD", help="止める最後の日。なければ取り消すまで。")
@_which_options
@reason_option
@signer_options
def arrears_hold(number: str, kind: HoldKind, until: date | None, reason: str, signer: Signer, **narrow: Any) -> int:
    from elqr.approvals.reminder_record import Which, Why

    return _hold(Which(number, **narrow), Why(kind, until), reason, signer)


def _hold(which: Which, why: Why, reason: str, signer: Signer) -> int:
    """止める記録をして見せる."""
    from elqr.approvals.reminder_record import claim_words, record_holds

    with signer.open_job() as session:
        say_unknown("手続", [which.procedure_code] if which.procedure_code else [], session.register.names)
        numbers, claims = record_holds(session, which, why, signer.sign(reason))
        register = session.register
    for number, claim in zip(numbers, claims.iter_rows(named=True), strict=True):
        click.echo(f"記録{number}　{claim_words(claim, register)}　{why.kind.label}")
    return ExitCode.CLEAN


@arrears.command(
    "holds", help="効いている督促の記録（引抜・返戻・徴収猶予など）と督促の状況の一覧。番号を書けばその調定だけ。"
)
@click.argument("number", required=False)
@_which_options
@job_option
@date_option
@json_option
def arrears_holds(number: str | None, job: Path, day: date | None, as_json: bool, **narrow: Any) -> int:
    from elqr.approvals.reminder_record import Which, claim_words, find_claims, list_statuses
    from elqr.store.queries.reminders import holds_of

    with open_job(job, day, rehearsal=True) as session:
        claims = None if number is None else find_claims(session, Which(number, **narrow))
        with session.ledger.transaction() as connection:
            rows = holds_of(connection, claims, session.night_on)
            stated = list_statuses(session, claims)
        register = session.register
    if as_json:
        print_json([*rows, *stated])
        return ExitCode.CLEAN
    for row in rows:
        kind = HoldKind(row["kind"]).label + (f"（一覧{row['list_no']}）" if row["list_no"] else "")
        until = f"{row['until_on']}まで" if row["until_on"] else ""
        parts = (
            f"記録{row['hold_no']}",
            claim_words(row, register),
            kind,
            until,
            row["reason"],
            row["taken_at"][:10],
            person(row, "taken"),
        )
        click.echo("　".join(part for part in parts if part))
    for row in stated:
        click.echo(_status_line(row, register))
    if not rows and not stated:
        click.echo("効いている記録はありません。")
    return ExitCode.CLEAN


def _status_line(row: Mapping[str, Any], register: Register) -> str:
    """督促の状況の一行, of a row of `list_statuses`."""
    from elqr.approvals.reminder_record import status_words

    days = f"{row['from_on']}から" + (f"{row['until_on']}まで" if row["until_on"] else "")
    place = f"{row['file_name']} {row['record_no']}件目"
    whose = status_words(row, register) + ("" if row["is_known"] else "（台帳にない調定）")
    parts = (f"状況{row['status_no']}", whose, HoldKind(row["kind"]).label, days, row["reason"], place)
    return "　".join(part for part in parts if part)
