"""`elqr day`: 一日の収納日計表."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from elqr.cli.terminal import GIVEN_PATH, Command, job_option, json_option, open_job, print_json
from elqr.vocabulary.counted_terms import CountedBy
from elqr.vocabulary.terms import ExitCode

if TYPE_CHECKING:
    from elqr.report.days import DayList

BY_WORDS = "、".join(f"{by.value}（{by.label}）" for by in CountedBy)


def _by_of(context: click.Context, parameter: click.Parameter, value: str | None) -> CountedBy | None:
    """数える日, as written."""
    if value is None:
        return None
    if value not in {by.value for by in CountedBy}:
        raise click.BadParameter(f"数える日 {value} はありません。{BY_WORDS} のどれかを書いてください。")
    return CountedBy(value)


by_option = click.option("--by", callback=_by_of, metavar="DAY", help=f"比べるときの数える日。{BY_WORDS}。")


def _day_of(context: click.Context, parameter: click.Parameter, value: str | None) -> date | None:
    """日（YYYY-MM-DD）."""
    if value is None:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(f"日 {value} は YYYY-MM-DD の形ではありません（例: 2026-11-19）。") from None


@click.command(
    "day", cls=Command, help="一日の収納日計表を表示・書き出します（その日に数えるもの。どの夜に計上しても）。"
)
@click.option("--day", "on", callback=_day_of, metavar="YYYY-MM-DD", help="日。")
@by_option
@click.option("--out", type=GIVEN_PATH, help="CSV・JSON・Excel を書くフォルダ。")
@job_option
@json_option
def day(on: date | None, by: CountedBy | None, out: Path | None, job: Path, as_json: bool) -> int:
    from elqr.approvals.day_list import draw_day

    if on is None:
        raise click.UsageError("--day に日（例: 2026-11-19）を書いてください。")
    with open_job(job, rehearsal=True) as session:
        day_list = draw_day(session, on, by)
    write_and_show(day_list, out, as_json=as_json)
    return ExitCode.CLEAN


def write_and_show(day_list: DayList, out: Path | None, *, as_json: bool) -> None:
    """書き出して見せる: the tables as files, and the list on the terminal or as JSON."""
    from elqr.disk.atomic_write import write_whole

    for name, data in day_list.files().items() if out is not None else ():
        assert out is not None
        write_whole(out / name, data)
    if as_json:
        print_json(_as_dict(day_list))
        return
    click.echo(f"■ {day_list.book.title}　{day_list.chosen.face}")
    for row in day_list.tables[0].frame.iter_rows(named=True):
        kind = f"{row['手続']}　{row['会計年度']}　{row['現年・滞納']}　{row['チャネル']}"
        click.echo(f"　{kind}　{row['件数']:,}件 {row['収納額']:,}円")
    click.echo(f"　計　{day_list.count:,}件 {day_list.yen:,}円")
    if out is not None:
        click.echo(f"　帳票　{out / day_list.book.file_name}")


def _as_dict(day_list: DayList) -> dict[str, object]:
    chosen = day_list.chosen
    return {
        "from_on": chosen.first.isoformat(),
        "until_on": chosen.last.isoformat(),
        "by": chosen.by.value,
        "is_own": chosen.is_own,
        "postings": day_list.count,
        "yen": day_list.yen,
        "rows": [
            {name: value.isoformat() if isinstance(value, date) else value for name, value in row.items()}
            for row in day_list.tables[0].frame.to_dicts()
        ],
    }
