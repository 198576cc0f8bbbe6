"""`elqr doctor`: 導入の点検."""

from datetime import date
from pathlib import Path

import click

from elqr.cli.terminal import GIVEN_PATH, Command, date_option, job_option
from elqr.session import clock
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
def doctor_command(archive: Path | None, job: Path, day: date | None) -> int:
    return say_examination(job, day or clock.today(), archive)


def say_examination(job: Path, today: date, archive: Path | None = None) -> int:
    """点検の結果を示す, and write the bundle for support if one is requested. Returns the exit code."""
    import os

    from elqr.audit.doctor import State, bundle_for_support, examine
    from elqr.disk.atomic_write import write_whole

    lines = list(examine(job, today, os.environ))
    for line in lines:
        click.echo(str(line))
    if archive is not None:
        write_whole(archive, bundle_for_support(job, lines))
        click.echo(f"サポートに渡す一式 {archive}")
    states = {line.state for line in lines}
    return ExitCode.FAILED if State.BAD in states else ExitCode.REVIEW if State.NOTICE in states else ExitCode.CLEAN
