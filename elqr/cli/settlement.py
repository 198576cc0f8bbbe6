"""`elqr settlement`: 払込突合で合わない行の一覧と、その確認."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from elqr.cli.terminal import (
    NUMBER,
    Command,
    Group,
    Signer,
    date_option,
    job_option,
    json_option,
    open_job,
    person,
    print_json,
    reason_option,
    signer_options,
)
from elqr.vocabulary.terms import ExitCode, SettlementOutcome

if TYPE_CHECKING:
    from elqr.approvals.difference import Difference


@click.group("settlement", cls=Group, help="払込突合: 合わない行の一覧と、差額の確認（二人で）。")
def settlement() -> None:
    pass


def _line(difference: Difference) -> str:
    row = difference.row
    day = f"　資金化日 {row['from_on']}" if row["from_on"] else ""
    owed = row["payment_yen"] - row["fee_yen"]
    return (
        f"{difference.mark[:8]}　{row['contract'] or '（契約なし）'}{day}　{SettlementOutcome(row['outcome']).label}"
        f"　払込予定 {owed:,}円　入金 {row['money_yen']:,}円　差額 {difference.difference_yen:,}円"
    )


def _request_line(row: dict[str, Any]) -> str:
    yen = f"収納 {row['payment_yen']:,}円　入金 {row['money_yen']:,}円"
    request = f"{row['asked_at'][:10]} {person(row, 'asked')}　{row['reason']}"
    line = f"申請{row['difference_no']}　{row['mark'][:8]}　{row['contract'] or '（契約なし）'}　{yen}　{request}"
    return f"{line}　{row['taken_at'][:10]} {person(row, 'taken')} が承認" if row["result"] else f"{line}　承認待ち"


_CLOSED = (
    "difference_no", "mark", "contract", "payment_yen", "money_yen", "night_on", "asked_at", "asked_by", "reason",
    "result", "settlement_no", "taken_at", "taken_by", "because", "ended_on",
)  # fmt: skip


@settlement.command("list", help="合わない行を表示します。先頭の8文字が行の名前です。")
@click.option("--closed", "is_closed", is_flag=True, help="合わない行の代わりに、確認済にした差額を表示します。")
@job_option
@date_option
@json_option
def settlement_list(is_closed: bool, job: Path, day: date | None, as_json: bool) -> int:
    from elqr.approvals.difference import list_closed, list_differences, list_waiting

    with open_job(job, day, rehearsal=True) as session:
        differences = [] if is_closed else list_differences(session)
        requests = list_closed(session) if is_closed else list_waiting(session)
        is_set_up = bool(session.rules.contracts)
    if is_closed:
        for row in requests if not as_json else ():
            click.echo(_request_line(row))
        if as_json:
            print_json([{name: row[name] for name in _CLOSED} for row in requests])
        else:
            click.echo(f"確認済にした差額　{len(requests):,}")
        return ExitCode.CLEAN
    if as_json:
        print_json(
            [
                {
                    "line": difference.mark[:8],
                    "contract": difference.row["contract"],
                    "funds_on": difference.row["from_on"] and difference.row["from_on"].isoformat(),
                    "outcome": difference.row["outcome"],
                    "payments": difference.row["payments"],
                    "payment_yen": difference.row["payment_yen"],
                    "fee_yen": difference.row["fee_yen"],
                    "money_yen": difference.row["money_yen"],
                    "difference_yen": difference.difference_yen,
                }
                for difference in differences
            ]
        )
    else:
        for difference in differences:
            click.echo(_line(difference))
        click.echo(
            f"合わない行　{len(differences):,}"
            if is_set_up
            else "払込の契約がないので、突合していません。ジョブの [[settlement]] に契約を書くと突合します。"
        )
        for row in requests:
            click.echo(_request_line(row))
    return ExitCode.REVIEW if differences else ExitCode.CLEAN


@settlement.command("close", cls=Command, help="LINE（list の8文字）を、理由を付けて確認済にする申請をします。")
@click.argument("line")
@reason_option
@signer_options
def settlement_close(line: str, reason: str, signer: Signer) -> int:
    from elqr.approvals.difference import request_closing

    with signer.open_job() as session:
        number, difference = request_closing(session, line, signer.sign(reason))
    click.echo(
        f"差額の確認を申請しました（申請 {number}）。ほかの人が elqr settlement approve {number} で承認してください。"
    )
    click.echo(f"　{_line(difference)}")
    return ExitCode.CLEAN


@settlement.command("approve", help="NUMBER の申請を承認します（申請した人とは別の人が）。")
@click.argument("number", type=NUMBER)
@signer_options
def settlement_approve(number: int, signer: Signer) -> int:
    from elqr.approvals.difference import approve_closing

    with signer.open_job() as session:
        difference = approve_closing(session, number, signer.sign())
    click.echo(f"差額を確認済にしました。　{_line(difference)}")
    return ExitCode.CLEAN


@settlement.command("reject", help="NUMBER の申請を却下します（自分の申請の取り下げにも使います）。")
@click.argument("number", type=NUMBER)
@reason_option
@signer_options
def settlement_reject(number: int, reason: str, signer: Signer) -> int:
    from elqr.approvals.difference import refuse_closing

    with signer.open_job() as session:
        refuse_closing(session, number, signer.sign(reason))
    click.echo(f"申請 {number} を却下しました。")
    return ExitCode.CLEAN
