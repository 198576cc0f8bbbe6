"""`elqr night`, `elqr kpi`: 夜間処理と KPI."""

from datetime import date
from pathlib import Path

import click

from elqr.cli.terminal import (
    JOB_HELP,
    Command,
    clear_progress,
    date_option,
    job_argument,
    job_option,
    json_option,
    now,
    open_job,
    print_json,
    progress,
    say,
)


@click.command("night", cls=Command, help=f"夜間処理を実行します（JOB は{JOB_HELP}）。")
@job_argument
@date_option
@click.option("--dry-run", is_flag=True, help="予行。何も書き込まず、どうなるかだけを表示します。")
@json_option
def night_command(job: Path, day: date | None, dry_run: bool, as_json: bool) -> int:
    from elqr.night.opening import open_session, workers_for
    from elqr.night.order import work_night
    from elqr.report.screen import exit_reasons, screen

    with (
        open_session(job, day, rehearsal=dry_run, show=progress()) as session,
        workers_for(session) as workers,
    ):
        worked = work_night(session, workers, now())
    night = worked.night
    clear_progress()
    for why in worked.written.failures:
        say(why)
    if worked.written.failures:
        say(f"書けなかった {len(worked.written.failures)}ファイルのほかの帳票は書きました。計上は済んでいます。")
    for name in worked.written.kept:
        click.echo(f"前のブックを {name} に残しました。書き込んだ決裁は控えにあります。", err=True)
    if night.given_up:
        say(f"あきらめたファイルが受信箱に残っています（{'、'.join(night.given_up)}）。要らなければ移してください。")
    if as_json:
        print_json(worked.record)
        return worked.exit_code
    for line in screen(worked.page, len(night.changes), worked.written.place, rehearsal=dry_run):
        click.echo(line)
    if (handover := worked.handed) is not None:
        click.echo(f"　基幹システムへ　{handover.label}　{handover.postings:,}件 {handover.yen:,}円")
    if night.not_issued_words:
        click.echo(f"　eL-QR を付けない納付書　{night.not_issued_words}")
    for line in exit_reasons(worked.page, night.quarantined, worked.exit_code):
        click.echo(line)
    return worked.exit_code


@click.command("kpi", cls=Command, help="KPI eL-QR対応の手続数（累積）。")
@job_option
@click.option(
    "--fiscal-year", type=click.IntRange(1900, 2199), multiple=True, help="年度（西暦）。なければ計画の全年度。"
)
@date_option
@json_option
def kpi_command(job: Path, fiscal_year: tuple[int, ...], day: date | None, as_json: bool) -> int:
    from elqr.night.morning import count_kpi
    from elqr.report.kpi import kpi_lines

    with open_job(job, day, rehearsal=True) as session:
        kpi = count_kpi(session, session.night_on, fiscal_year)
    if as_json:
        print_json(kpi.as_dict())
    else:
        for line in kpi_lines(kpi):
            click.echo(line)
    return 0
