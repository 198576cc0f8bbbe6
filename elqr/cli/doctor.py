"""`elqr doctor`: 導入の点検."""

from pathlib import Path

import click

from elqr.cli.terminal import GIVEN_PATH, Command, date_option, job_option
from elqr.vocabulary.terms import ExitCode


@click.command("doctor", cls=Command, help="導入を点検し、悪いところと直し方を示します。何も変えません。")
@click.option(
    "--bundle",
    "archive",
    type=GIVEN_PATH,
    help="サポートに渡す一式（ZIP）を書きます。氏名・パスワードは入りません。",
)
@job_option
@date_option
def doctor_command(archive: Path | None, job: Path, day: object) -> int:
    import os
    from datetime import date

    from elqr.audit.doctor import State, bundle_for_support, examine
    from elqr.disk.atomic_write import write_whole
    from elqr.session import clock

    today = day if isinstance(day, date) else clock.today()
    lines = list(examine(job, today, os.environ))
    for line in lines:
        click.echo(str(line))
    if archive is not None:
        write_whole(archive, bundle_for_support(job, lines))
        click.echo(f"サポートに渡す一式 {archive}")
    states = {line.state for line in lines}
    return ExitCode.FAILED if State.BAD in states else ExitCode.REVIEW if State.NOTICE in states else ExitCode.CLEAN
