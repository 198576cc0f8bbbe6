"""`elqr synthetic`: 架空の都市."""

from pathlib import Path

import click

from elqr.cli.terminal import GIVEN_PATH, Command
from elqr.vocabulary.errors import BadFile


@click.command("synthetic", cls=Command, help="架空の都市（手続台帳・納付書・収納データ・正解）を OUT に作ります。")
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), required=True, help="乱数の種。同じ種なら同じバイト列。")
@click.option("--notices", type=click.IntRange(100, 5_000_000), required=True, help="納付書の数（おおよそ）。")
@click.option("--days", type=click.IntRange(5, 366), default=30, show_default=True, help="収納データの日数。")
@click.argument("out", type=GIVEN_PATH)
def synthetic_command(seed: int, notices: int, days: int, out: Path) -> int:
    from elqr.session.configuration import specs_for
    from elqr.synthetic import generate

    if (out / "inbox").exists() or (out / "notices").exists():
        raise BadFile(f"{out} には前に作った都市があります。新しいフォルダを指定するか、中身を消してください。")
    for line in generate(out, seed=seed, notices=notices, days=days, specs=specs_for(None)).lines():
        click.echo(line)
    return 0
