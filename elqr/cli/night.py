"""`elqr night`, `elqr kpi`: 夜間処理と KPI."""

from datetime import date
from pathlib import Path

import click

from elqr.cli.terminal import (
    GIVEN_PATH,
    Command,
    clear_progress,
    date_option,
    job_option,
    json_option,
    now,
    print_json,
    progress,
    say,
)
from elqr.vocabulary.terms import ExitCode


@click.command(cls=Command, help="夜間処理を実行します（JOB はジョブのTOML）。")
@click.argument("job", type=GIVEN_PATH)
@date_option
@click.option("--dry-run", is_flag=True, help="予行。何も書き込まず、どうなるかだけを表示します。")
@json_option
def night(job: Path, day: date | None, dry_run: bool, as_json: bool) -> int:
    from elqr.disk.atomic_write import write_whole
    from elqr.handover.export import nightly
    from elqr.night.morning import Written, draw, exit_code, write_out
    from elqr.night.opening import prepared
    from elqr.night.run import run_night
    from elqr.report.screen import screen
    from elqr.store.queries.reports import anchor

    with prepared(job, day, rehearsal=dry_run, show=progress()) as opened:
        own = opened.night
        run_id = run_night(own, opened.configuration)
        handed = nightly(own, now())
        with own.journal.step("帳票"):
            drawn = draw(own, own.findings)
            written = Written() if dry_run else write_out(own.folder, drawn, own.ahead)
        code = ExitCode.FAILED if written.failures else exit_code(drawn.page.status)
        head = own.summary(drawn.page, run_id, code)
        with own.ledger.transaction() as connection:
            head["anchor"] = anchor(connection)
        if handed is not None:
            head["export"] = handed.model_dump(mode="json")
        if not dry_run:
            own.journal.write(own.folder / "runs" / str(head["run_id"]), head, write_whole)
    clear_progress()
    for why in written.failures:
        say(why)
    if written.failures:
        say(f"書けなかった {len(written.failures)}ファイルのほかの帳票は書きました。計上は済んでいます。")
    for name in written.kept:
        click.echo(f"前のブックを {name} に残し、新しく作りました。書き込んだ決裁は控えにあります。", err=True)
    if own.given_up:
        say(f"あきらめたファイルが受信箱に残っています（{'、'.join(own.given_up)}）。要らなければ移してください。")
    if as_json:
        print_json(head)
    else:
        for line in screen(drawn.page, len(own.changes), str(own.folder / "index.html"), rehearsal=dry_run):
            click.echo(line)
        if handed is not None:
            click.echo(f"　基幹システムへ　{handed.label}　{handed.postings:,}件 {handed.yen:,}円")
    return code


@click.command("kpi", cls=Command, help="KPI eL-QR対応の手続数（累積）。")
@job_option
@click.option(
    "--fiscal-year", type=click.IntRange(1900, 2199), multiple=True, help="年度（西暦）。なければ計画の全年度。"
)
@date_option
@json_option
def kpi_command(job: Path, fiscal_year: tuple[int, ...], day: date | None, as_json: bool) -> int:
    from elqr.night.morning import counted
    from elqr.night.opening import prepared
    from elqr.report.kpi import kpi_lines

    with prepared(job, day, rehearsal=True, show=progress()) as opened:
        found = counted(opened.night, opened.night.night_on, fiscal_year)
    if as_json:
        print_json(found.as_dict())
    else:
        for line in kpi_lines(found):
            click.echo(line)
    return 0
