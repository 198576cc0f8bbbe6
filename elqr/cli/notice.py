"""`elqr notice`: 納付書の取込・発行."""

from datetime import date
from pathlib import Path

import click

from elqr.cli.terminal import Group, date_option, job_option, json_option, print_json, progress, say_findings
from elqr.limits import WHOLE
from elqr.terms import ExitCode


@click.group(cls=Group, help="納付書データ。")
def notice() -> None:
    pass


@notice.command("import", help="納付書データ FILE を取り込みます。")
@click.argument("file", type=click.Path(path_type=Path))
@job_option
@date_option
@json_option
def notice_import(file: Path, job: Path, day: date | None, as_json: bool) -> int:
    from elqr.delivery import take_notices
    from elqr.edge import prepared, readable
    from elqr.inbox import arrived
    from elqr.run import record_notices

    readable(file, WHOLE, "分けて取り込んでください。")
    with prepared(job, day, rehearsal=False, show=progress()) as opened:
        findings = take_notices(opened.night, arrived(file, opened.night.job.thresholds.file_megabytes), is_sent=True)
        record_notices(opened.night)
        step = opened.night.journal.steps[-1][1]
    if as_json:
        print_json({**step.as_dict(), "findings": [finding.as_dict() for finding in findings]})
    else:
        click.echo(f"{file.name}: {step.result}（{step.yen:,}円）")
        say_findings(findings)
    return ExitCode.QUARANTINE if opened.night.quarantined else ExitCode.REVIEW if findings else ExitCode.CLEAN


@notice.command("issue", help="未発行の納付書に案件特定キー・確認番号・eL-QRを付け、納付書情報を書き出します。")
@job_option
@date_option
def notice_issue(job: Path, day: date | None) -> int:
    from elqr.edge import prepared
    from elqr.run import issue_payloads, record_notices

    with prepared(job, day, rehearsal=False, show=progress()) as opened:
        path = issue_payloads(opened.night)
        record_notices(opened.night)
        step = opened.night.journal.steps[-1][1]
    click.echo(f"発行 {step.count:,}件 {step.yen:,}円 → {path}" if path else step.result)
    return 0
