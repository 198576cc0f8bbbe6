"""`elqr refund`: 過誤納整理簿と、決定から支払までの一歩ずつの申請. 承認と取消は elqr review."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from elqr.cli.answers import say_requested
from elqr.cli.review import refuse_taken_book, write_book
from elqr.cli.terminal import (
    GIVEN_PATH,
    NUMBER,
    YEN,
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
from elqr.vocabulary.ruling_terms import NUMBERED, Ruling
from elqr.vocabulary.terms import ExitCode

if TYPE_CHECKING:
    from elqr.session.session import Session


@click.group("refund", cls=Group, help="過誤納の整理簿と、還付・返還の決定から支払まで（承認は elqr review approve）。")
def refund() -> None:
    pass


def _period_options(function: Any) -> Any:
    """いつ終わったものまで出すか."""
    for option in (
        click.option("--since", callback=day_of, help="この夜から後に終わったものも出します（YYYY-MM-DD）。"),
        click.option("--all", "with_ended", is_flag=True, help="終わったものをすべて出します。"),
    ):
        function = option(function)
    return function


def _first_ended(session: Session, with_ended: bool, since: date | None) -> date:
    """終わったものの初めの夜: by default that of the month before, as in the reports of the night."""
    from elqr.night.refunds import last_two_months

    return date.min if with_ended else since or last_two_months(session.night_on)


_LISTED = (
    "payment_no", "paid_on", "outcome", "standing", "procedure_code", "levy_year", "bill_no", "installment_no",
    "payer_ref", "case_yen", "held_yen", "refunded_yen", "revenue_yen", "passed_on_yen", "done_on", "number",
    "refund_decided_on", "refund_number", "interest_yen", "payee_ref", "refund_kind", "starts_on", "barred_on",
    "due_yen", "working", "unpaid", "unpaid_yen", "unpaid_text", "key_no",
)  # fmt: skip


def _as_json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _line(row: dict[str, Any]) -> str:
    """過誤納の一行 of the register's columns: what is empty is left out."""
    yen = {name: row[name] for name in ("過誤納額", "還付・充当候補額", "加算金（計算）", "加算金") if row[name]}
    claim = " ".join(str(row[name]) for name in ("手続", "通知書番号", "期別") if row[name] is not None)
    step = f"{row['決裁の日付']} {row['決裁の文書番号']}".strip() if row["決裁の日付"] else ""
    unpaid = f"ほかの未納 {row['ほかの未納の件数']:,}件 {row['ほかの未納額']:,}円" if row["ほかの未納の件数"] else ""
    barred = f"時効完成日 {row['時効完成日']}" if row["時効完成日"] else ""
    parts = [f"受付{row['受付番号']}", f"領収日 {row['領収日']}", row["状態"], row["区分"], claim, step]
    parts += [f"{name} {value:,}円" for name, value in yen.items()]
    return "　".join(part for part in (*parts, barred, unpaid) if part)


@refund.command("list", help="過誤納整理簿: 候補から終わりまで。ふだんは、待つものと前の月の初めから後に終わったもの。")
@_period_options
@job_option
@date_option
@json_option
def refund_list(with_ended: bool, since: date | None, job: Path, day: date | None, as_json: bool) -> int:
    from elqr.approvals.refund_book import list_refunds
    from elqr.report.tables.refunds import refund_rows, refund_table

    with open_job(job, day, rehearsal=True) as session:
        refunds = list_refunds(session, _first_ended(session, with_ended, since))
        register, night = session.register, session.night_on
    if as_json:
        rows = refund_rows(refunds, register, night).select(_LISTED).to_dicts()
        print_json([{name: _as_json(value) for name, value in row.items()} for row in rows])
        return ExitCode.CLEAN
    table = refund_table(refunds, register, night)
    for row in table.frame.iter_rows(named=True):
        click.echo(_line(row))
    if not table.height:
        click.echo("過誤納はありません。")
    return ExitCode.CLEAN


@refund.command(
    "export", help="過誤納整理簿を、還付の一歩を書くブックに書き出します（取り込みは elqr review import）。"
)
@click.option("-o", "--out", required=True, type=GIVEN_PATH, help="書き出すファイル（.xlsx）。")
@_period_options
@job_option
@date_option
def refund_export(out: Path, with_ended: bool, since: date | None, job: Path, day: date | None) -> int:
    from elqr.approvals.refund_book import export_refunds

    refuse_taken_book(out)
    with open_job(job, day, rehearsal=True) as session:
        book, count = export_refunds(session, _first_ended(session, with_ended, since), out.name)
    write_book(out, book)
    click.echo(f"過誤納 {count:,}件　→ {out}")
    return ExitCode.CLEAN


_STEPS = {
    "decide": (Ruling.REFUND_DECIDED, "還付候補の還付を決定します。", "決定"),
    "paid": (Ruling.PAID_OUT, "還付決定した収納の支払を記録します。", "支払"),
    "bounced": (Ruling.BOUNCED, "支払った還付が戻ったことを記録します（還付済から仮受へ）。", "返戻"),
    "time-barred": (Ruling.TIME_BARRED, "時効で還付しないことにします（仮受から歳入へ）。", "時効完成"),
    "too-small": (Ruling.TOO_SMALL, "少額のため還付しないことにします（仮受から歳入へ）。", "決定"),
    "passed-on": (Ruling.PASSED_ON, "当市の収納でないものを、相手に返したことを記録します。", "返還"),
}
"""コマンド → the step, its help, and the name of its day."""


@refund.command(
    "import",
    help="財務会計の支払のファイル FILE（CSV）から、還付支払済と還付返戻をまとめて申請します"
    "（過誤納整理簿の取り込みは elqr review import）。",
)
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


def _add_step(name: str, step: Ruling, help_text: str, what: str) -> None:
    is_numbered = step in NUMBERED
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
                "--interest", "interest_yen", type=YEN, default=0, metavar="YEN",
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


for _name, (_step, _help, _what) in _STEPS.items():
    _add_step(_name, _step, _help, _what)
