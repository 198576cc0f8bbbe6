"""`elqr held`: 残っている取込保留の一覧と、二人でのあきらめ."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from elqr.cli.terminal import (
    NUMBER,
    Group,
    Signer,
    date_option,
    job_option,
    json_option,
    open_job,
    print_json,
    reason_option,
    signer_options,
)
from elqr.vocabulary.terms import ExitCode


@click.group("held", cls=Group, help="取込保留のうち、まだ取り込めていないものの一覧と、あきらめる申請（二人で）。")
def held() -> None:
    pass


@held.command("list", help="残っている取込保留を表示します。先頭の8文字がファイルの照合値です。")
@job_option
@date_option
@json_option
def held_list(job: Path, day: date | None, as_json: bool) -> int:
    from elqr.approvals.held_files import held_files
    from elqr.vocabulary.report_frames import HeldFile

    with open_job(job, day, rehearsal=True) as session:
        rows = held_files(session)
    shown = rows.select(HeldFile.NAME, HeldFile.SHA256, HeldFile.SPEC, HeldFile.NIGHT_ON, "waiver_no", HeldFile.BOX)
    if as_json:
        print_json([{**row, "night_on": row[HeldFile.NIGHT_ON].isoformat()} for row in shown.to_dicts()])
    else:
        for name, sha256, _, on, waiver_no, box in shown.iter_rows():
            waiver = f"　あきらめる申請 {waiver_no}" if waiver_no else ""
            click.echo(f"{sha256[:8]}　{on}　{f'{box}/{name}' if box else name}{waiver}")
        click.echo(f"残っている取込保留　{rows.height:,}")
    return ExitCode.REVIEW if rows.height else ExitCode.CLEAN


@held.command(
    "give-up",
    help="FILE（list の8文字かファイル名、受信箱/ファイル名）をもう待たないことを申請します。保管庫の中身は残ります。",
)
@click.argument("file")
@reason_option
@signer_options
def held_give_up(file: str, reason: str, signer: Signer) -> int:
    from elqr.approvals.held_files import request_waiver

    with signer.open_job() as session:
        number, name = request_waiver(session, file, signer.sign(reason))
    click.echo(f"{name}　申請しました（申請 {number}）。ほかの人が elqr held approve {number} で承認してください。")
    return ExitCode.CLEAN


@held.command("approve", help="NUMBER の申請を承認します（申請した人とは別の人が）。")
@click.argument("number", type=NUMBER)
@signer_options
def held_approve(number: int, signer: Signer) -> int:
    from elqr.approvals.held_files import approve_waiver

    with signer.open_job() as session:
        name, is_kept = approve_waiver(session, number, signer.sign())
    kept = "中身は保管庫に残り" if is_kept else "中身は読めなかったので保管庫になく"
    click.echo(f"{name} をあきらめました。{kept}、取り込めるものが届き直せば取り込みます。")
    return ExitCode.CLEAN


@held.command("reject", help="NUMBER の申請を却下します（自分の申請の取り下げにも使います）。")
@click.argument("number", type=NUMBER)
@reason_option
@signer_options
def held_reject(number: int, reason: str, signer: Signer) -> int:
    from elqr.approvals.held_files import refuse_waiver

    with signer.open_job() as session:
        refuse_waiver(session, number, signer.sign(reason))
    click.echo(f"申請 {number} を却下しました。")
    return ExitCode.CLEAN
