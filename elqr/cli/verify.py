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
    open_job,
    print_json,
    say_findings,
)
from elqr.vocabulary.terms import ExitCode


@click.command("verify", cls=Command, help="台帳を検算します。保管した受信ファイルまでさかのぼり、何も変えません。")
@job_option
@date_option
@click.option(
    "--anchor",
    "anchors",
    multiple=True,
    metavar="HASH|FILE|FOLDER",
    help="控えておいた照合値（「番号:照合値」、run.json、そのフォルダ）が、この台帳のものか確かめます（いくつでも）。",
)
@json_option
def verify_command(job: Path, day: date | None, anchors: tuple[str, ...], as_json: bool) -> int:
    from elqr.audit.verification import verify_ledger
    from elqr.audit.verification.anchor import read_anchors
    from elqr.session.ledger_access import AllowedLedger

    anchor_hashes = read_anchors(anchors)
    with open_job(job, day, rehearsal=True, which=AllowedLedger.TO_READ) as session:
        verdict = verify_ledger(session, anchor_hashes)
    clear_progress()
    if as_json:
        print_json({"looked_at": verdict.counts, "findings": [finding.as_dict() for finding in verdict.findings]})
    else:
        say_findings(verdict.findings)
        click.echo("　".join(f"{what} {count:,}" for what, count in verdict.counts.items()))
        click.echo(f"合わないもの {len(verdict.findings):,}件" if verdict.findings else "すべて合っています。")
    return ExitCode.FAILED if verdict.findings else ExitCode.CLEAN
