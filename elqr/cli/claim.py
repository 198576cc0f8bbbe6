"""`elqr claim`: 調定の照会."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from elqr.cli.terminal import Group, date_option, job_option, json_option, open_job, print_json, say_unknown
from elqr.vocabulary.terms import ExitCode


@click.group("claim", cls=Group, help="調定（期別）の照会。")
def claim() -> None:
    pass


@claim.command(
    "show",
    help="番号（通知書番号、納付番号、バーコード、口座振替の顧客番号など。空白やハイフンがあってもよい）の調定と、その納付書・収納を表示します。",
)
@click.argument("number")
@click.option("--procedure", "procedure_code", metavar="CODE", help="手続コード（通知書番号が手続で重なるとき）。")
@click.option("--installment", "installment_no", type=click.IntRange(0, 99), help="期別（0 は全期）。")
@job_option
@date_option
@json_option
def claim_show(
    number: str, procedure_code: str | None, installment_no: int | None, job: Path, day: date | None, as_json: bool
) -> int:
    from elqr.approvals.claim_inquiry import look_up_claims
    from elqr.report.claim_card import card_lines, claim_cards
    from elqr.vocabulary.errors import NotFound

    with open_job(job, day, rehearsal=True) as session:
        say_unknown("手続", [procedure_code] if procedure_code else [], session.register.names)
        if day is not None:
            with session.ledger.transaction():
                session.refuse_earlier_day()  # a card shows the ledger as it is now
        cards = claim_cards(look_up_claims(session, number, procedure_code, installment_no))
        register = session.register
    if not cards and not as_json:
        raise NotFound(
            f"番号 {number} の調定はありません。"
            "打ち間違いがないか、別の番号（通知書番号・納付番号・顧客番号）でも確かめてください。"
        )
    if as_json:
        print_json({"claims": cards})
    for card in () if as_json else cards:
        for line in card_lines(card, register):
            click.echo(line)
    return ExitCode.CLEAN if cards else ExitCode.FAILED
