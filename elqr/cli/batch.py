"""`elqr batch`: 手で打った領収済通知書の束を、二人で確かめる."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import click

from elqr.cli.terminal import (
    GIVEN_PATH,
    NUMBER,
    YEN,
    Group,
    Signer,
    date_option,
    job_option,
    json_option,
    open_job,
    person,
    print_json,
    reason_option,
    signer_options,
)
from elqr.vocabulary.limits import WHOLE
from elqr.vocabulary.ruling_terms import RulingResult
from elqr.vocabulary.terms import ExitCode


@click.group("batch", cls=Group, help="手で打った領収済通知書の束（ファイル）の確認。二人が確かめるまで計上しません。")
def batch() -> None:
    pass


@batch.command("request", help="FILE の件数と金額を言って、確認を申請します。紙を数えた計と合わなければ断ります。")
@click.argument("path", metavar="FILE", type=GIVEN_PATH)
@click.option("--count", "payments", type=NUMBER, required=True, help="紙の枚数。")
@click.option("--yen", type=YEN, required=True, help="紙の金額の合計。")
@click.option(
    "--known", type=click.IntRange(0, 10**9), default=0, help="前の束と同じ整理番号の件数（訂正の行）。なければ 0。"
)
@signer_options
def batch_request(path: Path, payments: int, yen: int, known: int, signer: Signer) -> int:
    from elqr.approvals.typed_batches import Stated, request_batch
    from elqr.disk.named_files import read_named

    stated = Stated(payments, yen, known)
    with signer.open_job() as session:
        number = request_batch(session, path.name, read_named(path, WHOLE), stated, signer.sign())
    click.echo(
        f"{path.name}　{stated.words}を申請しました（申請 {number}）。"
        f"ほかの人が elqr batch show {number} で紙と比べ、elqr batch approve {number} で承認してください。"
    )
    return ExitCode.CLEAN


@batch.command("list", help="まだ取り込んでいない束を表示します。")
@click.option("--all", "with_ended", is_flag=True, help="取り込んだもの、却下したものも表示します。")
@job_option
@date_option
@json_option
def batch_list(with_ended: bool, job: Path, day: date | None, as_json: bool) -> int:
    from elqr.approvals.typed_batches import list_batches

    with open_job(job, day, rehearsal=True) as session:
        rows = list_batches(session, ended=with_ended)
    if as_json:
        print_json(rows)
        return ExitCode.CLEAN
    for row in rows:
        click.echo(_line(row))
    if not rows:
        click.echo("手で打った束はありません。" if with_ended else "取り込みを待つ束はありません。")
    return ExitCode.CLEAN


@batch.command("show", help="申請 NUMBER の束の行を、申請したときの中身で表示します。")
@click.argument("number", type=NUMBER)
@job_option
@date_option
def batch_show(number: int, job: Path, day: date | None) -> int:
    from elqr.approvals.typed_batches import read_batch
    from elqr.formats.dump import dump

    with open_job(job, day, rehearsal=True) as session:
        row, data, spec = read_batch(session, number)
    click.echo(_line(row))
    for line in dump(data, spec, row["name"], date.fromisoformat(row["night_on"])):
        click.echo(line)
    return ExitCode.CLEAN


@batch.command("approve", help="申請 NUMBER を承認します（申請した人とは別の人が）。次の夜に取り込みます。")
@click.argument("number", type=NUMBER)
@signer_options
def batch_approve(number: int, signer: Signer) -> int:
    from elqr.approvals.typed_batches import approve_batch

    with signer.open_job() as session:
        row = approve_batch(session, number, signer.sign())
    click.echo(
        f"{row['name']}　{row['payments']:,}件 {row['yen']:,}円を承認しました。受信箱にあれば、次の夜に取り込みます。"
    )
    return ExitCode.CLEAN


@batch.command("reject", help="申請 NUMBER を却下します（自分の申請の取り下げにも使います）。")
@click.argument("number", type=NUMBER)
@reason_option
@signer_options
def batch_reject(number: int, reason: str, signer: Signer) -> int:
    from elqr.approvals.typed_batches import refuse_batch

    with signer.open_job() as session:
        row = refuse_batch(session, number, signer.sign(reason))
    click.echo(f"{row['name']} の申請 {number} を却下しました。")
    return ExitCode.CLEAN


def _line(row: dict[str, Any]) -> str:
    corrections = f"（うち前の束と同じ整理番号 {row['known']:,}件）" if row["known"] else ""
    sums = f"{row['payments']:,}件 {row['yen']:,}円{corrections}"
    request = f"申請{row['batch_no']}　{row['asked_at'][:10]} {person(row, 'asked')}"
    line = f"{request}　{row['name']}　{row['sha256'][:8]}　{sums}"
    if row["result"] is None:
        return f"{line}　承認待ち"
    state = f"{row['taken_at'][:10]} {person(row, 'taken')} が{RulingResult(row['result']).label}"
    because = f"（{row['because']}）" if row["because"] else ""
    is_approved = row["result"] == RulingResult.APPROVED.value
    later = "　取消" if row.get("is_undone") else "　取込済" if is_approved and row.get("is_taken_in") else ""
    return f"{line}　{state}{because}{later}"
