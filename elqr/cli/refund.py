"""`elqr refund`: 還付と返還を、決定から支払まで一歩ずつ申請する. 承認と取消は elqr review."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import click

from elqr.cli.review import say_requested
from elqr.cli.terminal import (
    GIVEN_PATH,
    NUMBER,
    Group,
    Signer,
    date_option,
    day_of,
    job_option,
    json_option,
    open_job,
    print_json,
    reason_option,
    say_findings,
    signer_options,
)
from elqr.vocabulary.ruling_terms import Ruling
from elqr.vocabulary.terms import ExitCode


@click.group("refund", cls=Group, help="過誤納の還付と返還: 決定から支払まで（承認は elqr review approve）。")
def refund() -> None:
    pass


@refund.command("list", help="還付・返還を待つ収納と、その進み方。--all なら終わったものも。")
@click.option("--all", "with_ended", is_flag=True, help="終わったものも表示します。")
@job_option
@date_option
@json_option
def refund_list(with_ended: bool, job: Path, day: date | None, as_json: bool) -> int:
    from elqr.store.queries.payouts import REFUND_PLACES, refund_cases

    with open_job(job, day, rehearsal=True) as session, session.ledger.transaction() as connection:
        rows = refund_cases(connection, session.night_on, with_ended=with_ended).to_dicts()
    if as_json:
        days = ("paid_on", "done_on", "refund_decided_on")
        print_json([row | {name: row[name] and row[name].isoformat() for name in days} for row in rows])
        return ExitCode.CLEAN
    for row in rows:
        places = [f"{account.label} {row[name]:,}円" for name, account in REFUND_PLACES.items() if row[name]]
        done = [f"{row['done_on']} {row['number']}".strip()] if row["done_on"] else []
        interest = [f"加算金 {row['interest_yen']:,}円"] if row["interest_yen"] else []
        stands = Ruling(row["standing"]).label
        parts = [f"受付{row['payment_no']}", f"領収日 {row['paid_on']}", stands, *done, *places, *interest]
        click.echo("　".join(parts))
    if not rows:
        click.echo("還付・返還を待つ収納はありません。")
    return ExitCode.CLEAN


_STEPS = {
    "decide": (Ruling.REFUND_DECIDED, "還付候補の還付を決定します。", "決定", True),
    "paid": (Ruling.PAID_OUT, "還付決定した収納の支払を記録します。", "支払", True),
    "bounced": (Ruling.BOUNCED, "支払った還付が戻ったことを記録します（還付済から仮受へ）。", "返戻", False),
    "time-barred": (Ruling.TIME_BARRED, "時効で還付しないことにします（仮受から歳入へ）。", "時効完成", False),
    "too-small": (Ruling.TOO_SMALL, "少額のため還付しないことにします（仮受から歳入へ）。", "決定", False),
    "passed-on": (Ruling.PASSED_ON, "当市の収納でないものを、相手に返したことを記録します。", "返還", True),
}
"""コマンド → the step, its help, the name of its day, and whether it needs a number."""


@refund.command("import", help="財務会計の支払のファイル FILE を取り込み、還付支払済と還付返戻をまとめて申請します。")
@click.argument("file", type=GIVEN_PATH)
@reason_option
@signer_options
@json_option
def refund_import(file: Path, reason: str, signer: Signer, as_json: bool) -> int:
    from elqr.approvals.payout_file import request_from_file
    from elqr.disk.named_files import read_named
    from elqr.vocabulary.limits import WHOLE

    data = read_named(file, WHOLE)
    with signer.open_job() as session:
        by_file = request_from_file(session, file.name, data, signer.sign(reason))
    requested = by_file.requested
    if as_json:
        say_findings(requested.findings)
        steps = {step.value: {"count": count, "yen": yen} for step, (count, yen) in by_file.steps.items()}
        refused = [finding.as_dict() for finding in requested.findings]
        print_json({"review": requested.review_no or None, **steps, "unchanged": requested.same, "refused": refused})
        return ExitCode.REVIEW if refused else ExitCode.CLEAN
    for step, (count, yen) in by_file.steps.items():
        click.echo(f"{step.label}　{count:,}件　{yen:,}円")
    return say_requested(requested, as_json, ("還付", "計", ""))


def _add_step(name: str, step: Ruling, help_text: str, what: str, *, is_numbered: bool) -> None:
    options: list[Any] = [
        click.argument("numbers", nargs=-1, required=True, type=NUMBER),
        click.option("--on", "done_on", required=True, callback=day_of, help=f"{what}日（YYYY-MM-DD）。"),
        click.option(
            "--number", "entry_no", metavar="TEXT", help=f"{what}番号（伝票番号など）。",
            **({"required": True} if is_numbered else {"default": ""}),
        ),
    ]  # fmt: skip
    if step is Ruling.REFUND_DECIDED:
        options += [
            click.option(
                "--interest", "interest_yen", type=click.IntRange(min=0), default=0, metavar="YEN",
                help="還付加算金（収納一件のときだけ）。",
            ),
            click.option(
                "--payee", "payee_ref", default="", metavar="REF",
                help="還付を受ける人の宛名番号（納付者と違うとき）。",
            ),
        ]  # fmt: skip

    def ask(numbers: tuple[int, ...], reason: str, signer: Signer, as_json: bool, **entered: Any) -> int:
        from elqr.approvals.review import PayoutEntry, request_payout

        if entered.get("interest_yen") and len(numbers) > 1:
            raise click.BadParameter("還付加算金は収納ごとに違います。一件ずつ決定してください。")
        entry = PayoutEntry(entered.pop("done_on"), entered.pop("entry_no").strip(), **entered)
        if is_numbered and not entry.number:
            raise click.BadParameter(f"{what}番号が空です。")
        with signer.open_job() as session:
            requested = request_payout(session, step, numbers, entry, signer.sign(reason))
        return say_requested(requested, as_json)

    command: Any = ask
    for decorate in reversed([*options, reason_option, signer_options, json_option]):
        command = decorate(command)
    refund.command(name, help=f"{help_text}NUMBERS は受付番号です。")(command)


for _name, (_step, _help, _what, _is_numbered) in _STEPS.items():
    _add_step(_name, _step, _help, _what, is_numbered=_is_numbered)
