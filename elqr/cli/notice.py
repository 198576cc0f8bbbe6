"""`elqr notice`: 納付書の取込・発行."""

from datetime import date
from pathlib import Path

import click

from elqr.cli.terminal import (
    GIVEN_PATH,
    NUMBER,
    Group,
    Signer,
    date_option,
    job_option,
    json_option,
    open_job,
    person,
    print_json,
    reason_option,
    say,
    say_findings,
    signer_options,
)
from elqr.vocabulary.limits import WHOLE
from elqr.vocabulary.terms import ExitCode


@click.group(cls=Group, help="納付書データ。")
def notice() -> None:
    pass


@notice.command(
    "check",
    help="納付書データ FILE（CSV か .xlsx）の、夜が取り込む行と、断る行のわけを示します。何も記しません。",
)
@click.argument("file", type=GIVEN_PATH)
@job_option
@date_option
@json_option
def notice_check(file: Path, job: Path, day: date | None, as_json: bool) -> int:
    from elqr.approvals.file_check import foresee_notices
    from elqr.cli.file_lines import notice_lines
    from elqr.disk.named_files import read_named

    read_named(file, WHOLE, "分けて取り込んでください。")
    with open_job(job, day, rehearsal=True) as session:
        foreseen = foresee_notices(session, file)
        spec = session.notice_spec
    if as_json:
        print_json({"file": file.name, "spec": spec.name, **foreseen.as_dict()})
    for line in () if as_json else notice_lines(file.name, spec, foreseen):
        click.echo(line)
    if foreseen.is_held:
        return ExitCode.QUARANTINE
    return ExitCode.REVIEW if foreseen.findings or foreseen.reduced[0] else ExitCode.CLEAN


@notice.command("import", help="納付書データ FILE（CSV か .xlsx）を取り込みます。")
@click.argument("file", type=GIVEN_PATH)
@job_option
@date_option
@json_option
def notice_import(file: Path, job: Path, day: date | None, as_json: bool) -> int:
    from elqr.disk.inbox import read_arrived
    from elqr.disk.named_files import read_named
    from elqr.night.night import Night
    from elqr.night.reductions import record_notices
    from elqr.night.take_in import take_notices

    read_named(file, WHOLE, "分けて取り込んでください。")
    with open_job(job, day) as session:
        night = Night(session)
        findings = take_notices(night, read_arrived(file, session.job.thresholds.file_megabytes), is_sent=True)
        step = session.journal.steps[-1][1]
        reduced = record_notices(night)
    if as_json:
        reduction = {"reduced": {"payments": reduced[0], "yen": reduced[1]}}
        print_json({**step.as_dict(), "findings": [finding.as_dict() for finding in findings], **reduction})
    else:
        click.echo(f"{file.name}: {step.result}（{step.yen:,}円）")
        _say_reduced(*reduced)
        say_findings(findings)
    if night.quarantined:
        return ExitCode.QUARANTINE
    return ExitCode.REVIEW if findings or reduced[0] else ExitCode.CLEAN


def _say_reduced(count: int, yen: int) -> None:
    """減額による過納を告げる, if there is any."""
    if count:
        click.echo(f"減額による過納　{count:,}件 {yen:,}円を調定から仮受へ移しました。要確認で決裁してください。")


@notice.command("issue", help="未発行の納付書に案件特定キー・確認番号・eL-QRを付け、納付書情報を書き出します。")
@job_option
@date_option
def notice_issue(job: Path, day: date | None) -> int:
    from elqr.night.night import Night
    from elqr.night.reductions import record_notices
    from elqr.night.upload import issue_payloads

    with open_job(job, day) as session:
        night = Night(session)
        upload = issue_payloads(night)
        step = session.journal.steps[-1][1]
        reduced = record_notices(night, upload.seals)
        not_live = [each.name for each in session.register.procedure if not each.is_live(session.night_on)]
    click.echo(f"発行 {step.count:,}件 {step.yen:,}円 → {upload.path}" if upload.path else step.result)
    if not_live and not upload.path:
        say(f"運用開始日（手続台帳の go_live_on）が未定か先の手続には発行しません：{'、'.join(not_live)}。")
    _say_reduced(*reduced)
    return ExitCode.REVIEW if reduced[0] else ExitCode.CLEAN


@notice.command("refused", help="取り込まなかった納付書の行のうち直るのを待つものと、あきらめる申請の一覧。")
@job_option
@json_option
def notice_refused(job: Path, as_json: bool) -> int:
    from elqr.night.morning import notice_findings
    from elqr.store.queries.refused_rows import waiting_files, waiting_findings
    from elqr.store.queries.requests import GIVE_UP, requests
    from elqr.vocabulary.findings import LISTED_PER_CODE

    with open_job(job, rehearsal=True) as session, session.ledger.transaction() as connection:
        files = waiting_files(connection)
        findings = notice_findings(waiting_findings(connection, session.night_on, with_remarks=False), session.night_on)
        waiting = [row for row in requests(connection, GIVE_UP) if row["result"] is None]
    if as_json:
        told = [finding.as_dict() for finding in findings]
        print_json({"files": files, "findings": told, "give_ups": waiting})
        return ExitCode.CLEAN
    for row in files:
        click.echo(f"納付書データ{row['notice_file_no']}　{row['name']}（{row['night_on']} 取込）　{row['rows']:,}行")
    for finding in findings[:LISTED_PER_CODE]:
        click.echo(f"　{finding}")
    if len(findings) > LISTED_PER_CODE:
        click.echo(f"　ほか {len(findings) - LISTED_PER_CODE:,}件")
    if files:
        say("直した行が来ても消えないものは、elqr notice give-up であきらめます（--record に何件目か）。")
    for row in waiting:
        click.echo(
            f"申請{row['give_up_no']}　納付書データ{row['notice_file_no']} {row['records']}件目　"
            f"{person(row, 'asked')}　承認待ち　{row['reason']}"
        )
    if not files:
        click.echo("直るのを待つ行はありません。")
    return ExitCode.CLEAN


@notice.command("give-up", help="納付書データ NO の取り込まなかった行をあきらめることを申請します。")
@click.argument("no", type=NUMBER)
@click.option(
    "--record", "records", type=NUMBER, multiple=True, metavar="N", help="何件目か（いくつでも）。なければすべて。"
)
@reason_option
@signer_options
def notice_give_up(no: int, records: tuple[int, ...], reason: str, signer: Signer) -> int:
    from elqr.approvals.refused_rows import request_giving_up

    with signer.open_job() as session:
        number = request_giving_up(session, no, records, signer.sign(reason))
    click.echo(f"申請{number}　ほかの人が elqr notice give-up-approve {number} で承認すると、指摘から消えます。")
    return ExitCode.CLEAN


@notice.command("give-up-approve", help="あきらめる申請 NO を承認します（申請した人とは別の人が）。")
@click.argument("no", type=NUMBER)
@signer_options
def notice_give_up_approve(no: int, signer: Signer) -> int:
    from elqr.approvals.refused_rows import approve_giving_up

    with signer.open_job() as session:
        count = approve_giving_up(session, no, signer.sign())
    click.echo(f"申請{no}　{count:,}行をあきらめました。")
    return ExitCode.CLEAN


@notice.command("give-up-reject", help="あきらめる申請 NO を却下します（自分の申請の取り下げにも使います）。")
@click.argument("no", type=NUMBER)
@reason_option
@signer_options
def notice_give_up_reject(no: int, reason: str, signer: Signer) -> int:
    from elqr.approvals.refused_rows import refuse_giving_up

    with signer.open_job() as session:
        refuse_giving_up(session, no, signer.sign(reason))
    click.echo(f"申請{no}　却下しました。")
    return ExitCode.CLEAN
