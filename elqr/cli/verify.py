"""`elqr verify`: 台帳の検算."""

from datetime import date
from pathlib import Path

import click

from elqr.cli.terminal import (
    Command,
    clear_progress,
    date_option,
    job_option,
    json_option,
    print_json,
    progress,
    say_findings,
)
from elqr.terms import ExitCode


@click.command("verify", cls=Command, help="台帳を検算します。保管した受信ファイルまでさかのぼり、何も変えません。")
@job_option
@date_option
@json_option
def verify_command(job: Path, day: date | None, as_json: bool) -> int:
    from elqr.edge import Which, prepared
    from elqr.verification import verified

    with prepared(job, day, rehearsal=True, show=progress(), which=Which.EXISTING) as opened:
        found = verified(opened.night)
    clear_progress()
    if as_json:
        print_json({"looked_at": found.counts, "findings": [finding.as_dict() for finding in found.findings]})
    else:
        say_findings(found.findings)
        click.echo("　".join(f"{what} {count:,}" for what, count in found.counts.items()))
        click.echo(f"合わないもの {len(found.findings):,}件" if found.findings else "すべて合っています。")
    return ExitCode.FAILED if found.findings else ExitCode.CLEAN
