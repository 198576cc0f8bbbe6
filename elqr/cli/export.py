"""`elqr export`: 計上したものを基幹システムへ書き出し、書き出したものを確かめる."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from elqr.cli.terminal import (
    GIVEN_PATH,
    NUMBER,
    Group,
    Signer,
    by_option,
    job_option,
    json_option,
    now,
    open_job,
    print_json,
    reason_option,
    signer_options,
)
from elqr.vocabulary.terms import ExitCode

if TYPE_CHECKING:
    from elqr.handover.manifest import Handover

_folder = click.argument("folder", type=GIVEN_PATH)
_FIRST_UNTAKEN = "前に書き出したものを基幹システムが取り込んでいないことを確かめてから、取り込んでください"


@click.group("export", cls=Group, help="基幹システムへの書き出し（収納履歴）。")
def export() -> None:
    pass


@export.command("make", help="まだ書き出していない計上を、基幹システムに渡すファイルに書き出します。")
@signer_options
@json_option
def export_make(signer: Signer, as_json: bool) -> int:
    from elqr.handover.export import export_postings

    with signer.open_job() as session:
        handover = export_postings(session, signer.sign())
        folder = session.job.export_folder
    return _show_handover(handover, folder, as_json)


@export.command("again", help="書き出し NO を、同じ中身のまま、印を付けてもう一度書き出します。")
@click.argument("no", type=NUMBER)
@reason_option
@signer_options
@json_option
def export_again(no: int, reason: str, signer: Signer, as_json: bool) -> int:
    from elqr.handover.export import repeat_export

    with signer.open_job() as session:
        handover = repeat_export(session, no, signer.sign(reason))
        folder = session.job.export_folder
    return _show_handover(handover, folder, as_json)


def _show_handover(handover: Handover | None, folder: Path, as_json: bool) -> int:
    if as_json:
        print_json(handover.model_dump(mode="json") if handover else None)
    elif handover is None:
        click.echo("書き出していない計上はありません。")
    else:
        back = f"（うち取消・訂正 {handover.taken_back_yen:,}円）" if handover.taken_back_yen else ""
        click.echo(
            f"{handover.label}　仕訳{handover.first_posting_no}～{handover.last_posting_no}　"
            f"{handover.postings:,}件 {handover.yen:,}円{back}　→ {folder / handover.folder_name / handover.file}"
        )
        if handover.again_no:
            click.echo(f"{_FIRST_UNTAKEN}。元のフォルダは、もう取り込めません。")
    return ExitCode.CLEAN


@export.command("list", help="書き出しの一覧と、まだ書き出していない計上。")
@job_option
@json_option
def export_list(job: Path, as_json: bool) -> int:
    from elqr.store.queries.exports import exports, outstanding

    with open_job(job, rehearsal=True) as session, session.ledger.transaction() as connection:
        rows, (count, yen) = exports(connection), outstanding(connection)
    if as_json:
        print_json({"exports": rows, "outstanding": {"postings": count, "yen": yen}})
        return ExitCode.CLEAN
    for row in rows:
        again = f"　再書き出し{len(row['again'])}回" if row["again"] else ""
        state = f"{row['taken'][-1]['taken_by']} が取込済" if row["taken"] else "未取込"
        if row["withdrawn"]:
            state = f"取消（申請 {row['withdrawn']['asked_by']}、承認 {row['withdrawn']['taken_by']}）"
        click.echo(
            f"書き出し{row['export_no']}　{row['night_on']}　{row['made_by']}　{row['postings']:,}件 {row['yen']:,}円　"
            f"{row['file_name']}　{state}{again}"
        )
    click.echo(f"まだ書き出していない計上 {count:,}件 {yen:,}円")
    return ExitCode.CLEAN


@export.command("check", help="書き出した FOLDER が、元のままで、順番どおりで、未取込か確かめます。")
@_folder
@job_option
@json_option
def export_check(folder: Path, job: Path, as_json: bool) -> int:
    from elqr.handover.export import check_export

    with open_job(job, rehearsal=True) as session:
        handover = check_export(session, folder)
    if as_json:
        print_json(handover.model_dump(mode="json"))
    else:
        click.echo(
            f"{handover.label}　{handover.postings:,}件 {handover.yen:,}円　台帳のとおりです。取り込んでよいです。"
        )
        if handover.again_no:
            click.echo(f"{_FIRST_UNTAKEN}（書き出し{handover.export_no}の{handover.postings:,}件と同じ計上です）。")
    return ExitCode.CLEAN


@export.command("taken", help="書き出した FOLDER を、基幹システムに取り込んだことを記録します。")
@_folder
@by_option
@job_option
def export_taken(folder: Path, by: str, job: Path) -> int:
    from elqr.handover.export import record_taken
    from elqr.vocabulary.signature import Signature

    with open_job(job) as session:
        handover = record_taken(session, folder, Signature(by, now()))
    click.echo(f"{handover.label}　取込済と記録しました（{handover.postings:,}件 {handover.yen:,}円）。")
    return ExitCode.CLEAN
