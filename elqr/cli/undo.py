"""`elqr undo`: まちがって記録したものを、二人で取り消す."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from elqr.cli.terminal import (
    NUMBER,
    Group,
    Signer,
    job_option,
    json_option,
    open_job,
    person,
    print_json,
    reason_option,
    signer_options,
)
from elqr.vocabulary.ruling_terms import RetractionKind, RulingResult
from elqr.vocabulary.terms import ExitCode

_KINDS = (
    (RetractionKind.UPLOADED, "uploaded", "FILES", "納付書情報 FILES（ファイル名）を登録したという記録"),
    (RetractionKind.RELEASED, "release", "PRINTS", "印刷 PRINTS（印刷の番号）の発送の承認"),
    (RetractionKind.DIFFERENCE, "settlement", "NUMBERS", "差額の確認 NUMBERS（elqr settlement list --closed の番号）"),
    (RetractionKind.EXPORT, "export", "NUMBERS", "書き出し NUMBERS（elqr export list の番号）"),
    (RetractionKind.TAKEN, "taken", "NUMBERS", "書き出し NUMBERS を取り込んだという記録"),
    (RetractionKind.REMINDED, "sent", "NUMBERS", "督促状を発送したという記録 NUMBERS"),
    (RetractionKind.HELD, "hold", "NUMBERS", "督促を止める記録・引抜の記録 NUMBERS"),
    (RetractionKind.NOTICES, "notices", "FILES", "納付書データの取込 FILES（ファイル名か番号）"),
    (
        RetractionKind.BATCH,
        "batch",
        "NUMBERS",
        "まだ取り込んでいない、手で打った束の確認 NUMBERS（elqr batch list の番号）",
    ),
    (RetractionKind.STATUS, "status", "NUMBERS", "督促の状況の行 NUMBERS（elqr arrears holds の状況の番号）"),
)
"""What can be taken back: its kind, the command, what is named, and its words."""


@click.group("undo", cls=Group, help="まちがって記録したものの取り消し（申請と、別の人の承認）。")
def undo() -> None:
    pass


def _add_command(kind: RetractionKind, name: str, metavar: str, words: str) -> None:
    """The command that asks for taking back a record of one kind."""

    @undo.command(name, help=f"{words}の取り消しを申請します。")
    @click.argument("names", nargs=-1, required=True, metavar=metavar)
    @reason_option
    @signer_options
    def ask(names: tuple[str, ...], reason: str, signer: Signer) -> int:
        from elqr.approvals.retraction import request_retraction

        with signer.open_job() as session:
            for subject_name in names:
                number, subject, warning = request_retraction(session, kind, subject_name, signer.sign(reason))
                click.echo(
                    f"{subject.words}の取り消しを申請しました（申請 {number}）。"
                    f"ほかの人が elqr undo approve {number} で承認してください。{warning}"
                )
        return ExitCode.CLEAN


for _kind in _KINDS:
    _add_command(*_kind)

_numbers = click.argument("numbers", nargs=-1, required=True, type=NUMBER, metavar="NO")


@undo.command("approve", help="取り消しの申請 NO を承認します（申請した人とは別の人が）。")
@_numbers
@signer_options
def undo_approve(numbers: tuple[int, ...], signer: Signer) -> int:
    from elqr.approvals.retraction import approve_retraction

    with signer.open_job() as session:
        for number in numbers:
            subject, follows = approve_retraction(session, number, signer.sign())
            click.echo(f"{subject.words}を取り消しました。{follows}")
    return ExitCode.CLEAN


@undo.command("reject", help="取り消しの申請 NO を却下します（自分の申請の取り下げにも使います）。")
@_numbers
@reason_option
@signer_options
def undo_reject(numbers: tuple[int, ...], reason: str, signer: Signer) -> int:
    from elqr.approvals.retraction import refuse_retraction

    with signer.open_job() as session:
        for number in numbers:
            subject = refuse_retraction(session, number, signer.sign(reason))
            click.echo(f"{subject.words}の取り消しの申請 {number} を却下しました。")
    return ExitCode.CLEAN


@undo.command("list", help="取り消しの申請の一覧。")
@click.option("--all", "with_ended", is_flag=True, help="終わった申請も表示します。")
@job_option
@json_option
def undo_list(with_ended: bool, job: Path, as_json: bool) -> int:
    from elqr.store.queries.requests import RETRACTION, requests

    with open_job(job, rehearsal=True) as session, session.ledger.transaction() as connection:
        rows = [row for row in requests(connection, RETRACTION) if with_ended or row["result"] is None]
    if as_json:
        print_json(rows)
        return ExitCode.CLEAN
    for row in rows:
        click.echo(_line(row))
    if not rows:
        click.echo("承認を待つ取り消しの申請はありません。" if not with_ended else "取り消しの申請はありません。")
    return ExitCode.CLEAN


def _line(row: dict[str, Any]) -> str:
    request = f"申請{row['retraction_no']}　{row['asked_at'][:16].replace('T', ' ')}　{person(row, 'asked')}"
    line = f"{request}　{RetractionKind(row['kind']).label}　{row['subject']}　{row['reason']}"
    if row["result"] is None:
        return f"{line}　承認待ち"
    because = f"　{row['because']}" if row["because"] else ""
    return f"{line}　{row['taken_at'][:10]} {person(row, 'taken')} が{RulingResult(row['result']).label}{because}"
