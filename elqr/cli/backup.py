"""`elqr backup`: 台帳の控え."""

from pathlib import Path

import click

from elqr.cli.terminal import GIVEN_PATH, Group, job_option, json_option, print_json
from elqr.session import clock
from elqr.vocabulary.terms import ExitCode


@click.group("backup", cls=Group, help="台帳（ファイル）の控えを取る・確かめる。夜が動いていても取れます。")
def backup() -> None:
    pass


@backup.command("make", help="台帳の控えをフォルダに書きます。")
@click.option("--out", required=True, type=GIVEN_PATH, help="控えを書くフォルダ。")
@job_option
@json_option
def backup_make(out: Path, job: Path, as_json: bool) -> int:
    from elqr.audit.backup import make_backup
    from elqr.session.configuration import store_url

    copy = make_backup(store_url(job), out, f"{clock.now():%Y%m%d-%H%M%S}")
    if as_json:
        print_json({**copy.facts, "path": str(copy.path)})
    else:
        click.echo(f"控え {copy.path}　{copy.facts['size_bytes']:,}バイト　最後の実行 {copy.facts['run_id'] or 'なし'}")
        click.echo("保管庫（[store] archive）も一緒に控えてください。")
    return ExitCode.CLEAN


@backup.command("check", help="控え FILE が、横の目録のとおりで、壊れていないかを確かめます。")
@click.argument("file", type=GIVEN_PATH)
def backup_check(file: Path) -> int:
    from elqr.audit.backup import check_backup

    copy = check_backup(file)
    click.echo(f"控え {copy.path}　目録のとおりで、壊れていません。最後の実行 {copy.facts['run_id'] or 'なし'}")
    click.echo("目録ごと作り替えられていないかは、戻した台帳の elqr verify --anchor でわかります。")
    return ExitCode.CLEAN
