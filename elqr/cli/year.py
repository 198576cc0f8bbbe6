"""`elqr year`: 決算見込・滞納繰越一覧・調定収納表."""

from datetime import date
from pathlib import Path

import click

from elqr.cli.terminal import GIVEN_PATH, Command, day_of, job_option, json_option, open_job, print_json


@click.command("year", cls=Command, help="会計年度の決算見込・滞納繰越一覧・調定収納表。")
@click.option(
    "--fiscal-year", required=True, type=click.IntRange(1900, 2199), metavar="YEAR", help="会計年度（西暦）。"
)
@click.option("--as-of", "day", callback=day_of, help="この日の夜までの台帳で（YYYY-MM-DD）。なければ処理日。")
@click.option("--out", type=GIVEN_PATH, help="CSV・JSON・Excel と調定収納表の一枚（HTML）を書くフォルダ。")
@job_option
@json_option
def year_command(fiscal_year: int, day: date | None, out: Path | None, job: Path, as_json: bool) -> int:
    from elqr.approvals.year_end import draw_year
    from elqr.disk.atomic_write import write_whole

    with open_job(job, day, rehearsal=True) as session:
        yearly = draw_year(session, fiscal_year)
        as_of = session.night_on
    summary = yearly.summary
    if summary.frame.is_empty():
        out = None
    for name, data in yearly.files().items() if out is not None else ():
        assert out is not None
        write_whole(out / name, data)
    if as_json:
        print_json(
            {
                "fiscal_year": fiscal_year,
                "as_of": as_of.isoformat(),
                "rows": summary.frame.to_dicts(),
                "totals": {name: summary.total(name) for name in summary.totals},
                "carried_over": yearly.carried.frame.height,
                "levied": yearly.levied.frame.to_dicts(),
                "changes_after_close": yearly.changes,
            }
        )
        return 0
    click.echo(f"■ {yearly.book.title}　{as_of}の夜まで")
    if summary.frame.is_empty():
        click.echo("　この年度の調定・収納・仮受は、台帳に一つもありません。帳票は書いていません。")
        return 0
    for row in summary.frame.iter_rows(named=True):
        rate = f"{row['収納率']:.1%}" if row["収納率"] is not None else "－"
        click.echo(
            f"　{row['手続']}　調定 {row['調定額']:,}円　収納 {row['収納額']:,}円（{rate}）　"
            f"未収 {row['未収件数']:,}件 {row['未収額']:,}円（{row['締めの日']}）{_suspense_text(row)}"
        )
    claimed_yen, collected_yen, open_yen = (summary.total(name) for name in ("調定額", "収納額", "未収額"))
    click.echo(f"　計　調定 {claimed_yen:,}円　収納 {collected_yen:,}円　未収 {open_yen:,}円")
    click.echo(f"　滞納繰越一覧　{yearly.carried.frame.height:,}件 {yearly.carried.total('未収額'):,}円")
    claimed_yen, open_yen = (yearly.levied.total(name) for name in ("調定額", "未収額"))
    click.echo(f"　調定収納表　調定 {claimed_yen:,}円　未収 {open_yen:,}円（滞納繰越分を含む）")
    if yearly.changes:
        click.echo(f"　{yearly.changes}")
    if out is not None:
        click.echo(f"　帳票　{out / yearly.book.file_name}")
        click.echo(f"　調定収納表の一枚　{out / yearly.page.file_name}")
    return 0


def _suspense_text(row: dict[str, int]) -> str:
    """仮受 of a procedure in the year, if it has any; `row` is one of the summary."""
    yen = sum(row[name] for name in ("還付未済（過納）", "還付未済（二重納付）", "その他の仮受"))
    return f"　仮受 {yen:,}円" if yen else ""
