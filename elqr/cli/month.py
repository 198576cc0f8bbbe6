"""`elqr month`: 月計と月締め."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from elqr.cli.day import by_option, write_and_show
from elqr.cli.terminal import (
    GIVEN_PATH,
    Group,
    Signer,
    json_option,
    open_job,
    or_sample,
    own_job_option,
    print_json,
    reason_option,
    say,
    signer_options,
)
from elqr.session import clock
from elqr.vocabulary.counted_terms import CountedBy
from elqr.vocabulary.terms import ExitCode

if TYPE_CHECKING:
    from elqr.report.months import Monthly


def _month_of(context: click.Context, parameter: click.Parameter, value: str | None) -> date | None:
    """月（YYYY-MM）, as its first day."""
    if value is None:
        return None
    match = re.fullmatch(r"([0-9]{4})-(0[1-9]|1[0-2])", value)
    if match is None or match[1] == "0000":
        raise click.BadParameter(f"月 {value} は YYYY-MM の形ではありません（例: 2026-10）。")
    return date(int(match[1]), int(match[2]), 1)


_month_argument = click.argument("first", metavar="MONTH", callback=_month_of)


@click.group(
    "month", cls=Group, invoke_without_command=True, help="月計を表示・書き出します。締めは close と approve です。"
)
@click.option("--month", "first", callback=_month_of, metavar="YYYY-MM", help="月。")
@by_option
@click.option("--out", type=GIVEN_PATH, help="CSV・JSON・Excel を書くフォルダ。")
@own_job_option
@json_option
@click.pass_context
def month(
    context: click.Context, first: date | None, by: CountedBy | None, out: Path | None, job: Path | None, as_json: bool
) -> int:
    from elqr.approvals.day_list import compare_month, is_own
    from elqr.approvals.month_close import draw_month
    from elqr.disk.atomic_write import write_whole

    if context.invoked_subcommand is not None:
        return ExitCode.CLEAN
    if first is None:
        raise click.UsageError("--month に月（例: 2026-10）を書いてください。")
    with open_job(or_sample(job), rehearsal=True) as session:
        clock.refuse_future(first, "月", is_training=session.job.training)
        compared = None if by is None or is_own(session, by) else compare_month(session, first, by)
        monthly = draw_month(session, first) if compared is None else None
    if compared is not None:
        write_and_show(compared, out, as_json=as_json)
        return ExitCode.CLEAN
    assert monthly is not None
    for name, data in monthly.files().items() if out is not None else ():
        assert out is not None
        write_whole(out / name, data)
    if as_json:
        print_json(_as_dict(monthly))
    else:
        _show(monthly, out)
    if monthly.is_changed:
        say("締めた月の数字が、締めたときと違います。台帳がほかの手段で書き換えられていないか調べてください。")
    return ExitCode.REVIEW if monthly.is_changed else ExitCode.CLEAN


def _as_dict(monthly: Monthly) -> dict[str, object]:
    figures, day = monthly.figures, monthly.tables[1].headings[0].name
    return {
        "month": figures.month,
        "standing": monthly.standing,
        "changed_after_close": monthly.is_changed,
        "postings": figures.count,
        "yen": figures.yen,
        "suspense_opening_yen": figures.opening_yen,
        "suspense_closing_yen": figures.closing_yen,
        "sha256": figures.sha256,
        "rows": monthly.tables[0].frame.to_dicts(),
        **({} if figures.by is CountedBy.NIGHT else {"by": figures.by.value}),
        "nights": [{**row, day: row[day].isoformat()} for row in monthly.tables[1].frame.to_dicts()],
    }


def _show(monthly: Monthly, out: Path | None) -> None:
    figures = monthly.figures
    click.echo(f"■ {monthly.book.title}　{monthly.standing}")
    for row in monthly.tables[0].frame.iter_rows(named=True):
        kind = f"{row['手続']}　{row['会計年度']}　{row['現年・滞納']}　{row['チャネル']}"
        click.echo(f"　{kind}　{row['件数']:,}件 {row['収納額']:,}円")
    click.echo(f"　計　{figures.count:,}件 {figures.yen:,}円")
    click.echo(f"　仮受　前月末 {figures.opening_yen:,}円　→　月末 {figures.closing_yen:,}円")
    if out is not None:
        click.echo(f"　帳票　{out / monthly.book.file_name}")


@month.command("close", help="MONTH（例: 2026-10）の締めを申請します。")
@_month_argument
@signer_options
def month_close(first: date, signer: Signer) -> int:
    from elqr.approvals.month_close import request_close

    with signer.open_job() as session:
        figures = request_close(session, first, signer.sign())
    click.echo(
        f"{figures.month} の締めを申請しました"
        f"（{figures.count:,}件 {figures.yen:,}円、仮受 {figures.closing_yen:,}円）。"
        f"ほかの人が elqr month approve {figures.month} で承認してください。"
    )
    return ExitCode.CLEAN


@month.command("approve", help="MONTH の締めを承認します（申請した人とは別の人が）。")
@_month_argument
@signer_options
def month_approve(first: date, signer: Signer) -> int:
    from elqr.approvals.month_close import approve_close

    with signer.open_job() as session:
        figures = approve_close(session, first, signer.sign())
    click.echo(
        f"{figures.month} を締めました（{figures.count:,}件 {figures.yen:,}円、仮受 {figures.closing_yen:,}円）。"
        "この月までの日付では、もう計上できません。"
    )
    return ExitCode.CLEAN


@month.command("reject", help="MONTH の締めの申請を却下します（自分の申請の取り下げにも使います）。")
@_month_argument
@reason_option
@signer_options
def month_reject(first: date, reason: str, signer: Signer) -> int:
    from elqr.approvals.month_close import refuse_close

    with signer.open_job() as session:
        refuse_close(session, first, signer.sign(reason))
    click.echo(f"{first:%Y-%m} の締めの申請を却下しました。")
    return ExitCode.CLEAN
