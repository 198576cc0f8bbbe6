"""`elqr ledger`: 台帳の素性と、控えから戻した台帳・新しい台帳で続けること."""

from datetime import date
from pathlib import Path

import click

from elqr.cli.terminal import (
    Group,
    Signer,
    date_option,
    job_option,
    json_option,
    open_job,
    print_json,
    reason_option,
    say,
    signer_options,
)
from elqr.vocabulary.terms import ExitCode

_last_option = click.option(
    "--last",
    "last",
    multiple=True,
    metavar="系列=番号",
    callback=lambda context, parameter, value: [_last_number(text) for text in value],
    help="前の台帳が渡した最後の番号（案件特定キーの連番=120 のように。いくつでも）。跡からわからないときに要ります。",
)


def _last_number(text: str) -> tuple[str, int]:
    """系列=番号 of an option."""
    from elqr.arithmetic.plain_number import plain_number

    label, _, number = text.partition("=")
    digits = plain_number(number)
    if not digits.isascii() or not digits.isdecimal() or len(digits) > _MOST_DIGITS:
        raise click.BadParameter(f"{text} は 系列=番号 の形ではありません（例: 案件特定キーの連番=120）。")
    return label.strip(), int(digits)


_MOST_DIGITS = 12


@click.group("ledger", cls=Group, help="台帳の素性（番号と跡）。控えから戻した後や、新しく始めるときに使います。")
def ledger() -> None:
    pass


@ledger.command("show", help="台帳の素性と渡した番号、保管庫・フォルダに残る跡を示します。何も変えません。")
@job_option
@date_option
@json_option
def ledger_show(job: Path, day: date | None, as_json: bool) -> int:
    from elqr.approvals.ledger_succession import waiting_request
    from elqr.session.ledger_access import AllowedLedger
    from elqr.session.ledger_belonging import disagreement, traces_with_keys
    from elqr.store.queries import ledger_identity as identity

    with open_job(job, day, rehearsal=True, which=AllowedLedger.ANY) as session:
        traces, request = traces_with_keys(session.job), waiting_request(session)
        is_new = session.ledger.is_new
        with session.ledger.transaction() as connection:
            wrong = disagreement(session.ledger, traces) if not is_new else _NONE if str(traces) else ""
            ledger_id = "" if is_new else identity.ledger_id(connection)
            numbers, starts = identity.handed_out(connection), [] if is_new else identity.starts(connection)
    if as_json:
        print_json(
            {
                "ledger": ledger_id,
                "numbers": numbers.as_dict(),
                "starts": starts,
                "traces": {"ledger": traces.mark.ledger if traces.mark else "", "numbers": traces.numbers.as_dict()},
                "disagreement": wrong,
                "request": request.model_dump() if request else None,
            }
        )
        return ExitCode.FAILED if wrong else ExitCode.CLEAN
    none = "台帳　ありません" + ("" if str(traces) else "（最初の夜が作ります）")
    click.echo(f"台帳 {ledger_id}　{numbers or '渡した番号なし'}" if ledger_id else none)
    click.echo(f"跡　{str(traces) or 'なし'}")
    if request is not None:
        what = "新しい台帳で始める" if request.is_new else "この台帳で続ける"
        asked_at = request.asked_at[:16].replace("T", " ")
        click.echo(f"承認待ち　{what}申請　{asked_at}　{request.asked_by}　{request.reason}")
    click.echo(f"★{wrong}" if wrong else "合っています。" if ledger_id else "跡もありません。")
    return ExitCode.FAILED if wrong else ExitCode.CLEAN


_NONE = "台帳がありませんが、前の台帳の跡があります"


@ledger.command("accept", help="控えから戻した台帳など、フォルダの跡と合わない台帳で続けることを申請します。")
@_last_option
@reason_option
@signer_options
def ledger_accept(last: list[tuple[str, int]], reason: str, signer: Signer) -> int:
    return _request(signer, last, reason, is_new=False)


@ledger.command(
    "new",
    help="前の台帳の跡があるフォルダで、新しい台帳を始めることを申請します。前の台帳の計上は引き継ぎません。",
)
@_last_option
@reason_option
@signer_options
def ledger_new(last: list[tuple[str, int]], reason: str, signer: Signer) -> int:
    return _request(signer, last, reason, is_new=True)


def _request(signer: Signer, last: list[tuple[str, int]], reason: str, *, is_new: bool) -> int:
    from elqr.approvals.ledger_succession import last_numbers, request_going_on
    from elqr.session.ledger_access import AllowedLedger

    with signer.open_job(rehearsal=True, which=AllowedLedger.ANY) as session:
        numbers = request_going_on(session, last_numbers(last), signer.sign(reason), is_new=is_new)
    click.echo(f"申請しました。渡した番号は {numbers or 'なし'}。次はその後の番号です。")
    click.echo("ほかの人が elqr ledger show で確かめ、elqr ledger approve で承認してください。")
    return ExitCode.CLEAN


@ledger.command("approve", help="続ける申請を承認します（申請した人とは別の人が）。")
@signer_options
def ledger_approve(signer: Signer) -> int:
    from elqr.approvals.ledger_succession import approve_going_on, check_going_on
    from elqr.session.ledger_access import AllowedLedger

    with signer.open_job(rehearsal=True, which=AllowedLedger.ANY) as session:
        check_going_on(session, signer.by)  # before a new ledger is made
    with signer.open_job(which=AllowedLedger.ANY) as session:
        numbers = approve_going_on(session, signer.sign())
    click.echo(f"この台帳で続けます。渡した番号は {numbers or 'なし'}。次はその後の番号です。")
    say(
        "この台帳にない書き出し・納付書情報・督促対象一覧は、取り込み・登録・発送が済んだものと重なることがあります。"
        "受信箱に届いたファイルを入れ直して夜を動かし、次の書き出しを取り込む前に、基幹システムの収納と比べてください。"
    )
    return ExitCode.CLEAN


@ledger.command("reject", help="続ける申請を却下します（自分の申請の取り下げにも使います）。")
@reason_option
@signer_options
def ledger_reject(reason: str, signer: Signer) -> int:
    from elqr.approvals.ledger_succession import refuse_going_on
    from elqr.session.ledger_access import AllowedLedger

    with signer.open_job(rehearsal=True, which=AllowedLedger.ANY) as session:
        place = refuse_going_on(session, signer.sign(reason))
    click.echo(f"申請を却下しました（{place} に残しました）。")
    return ExitCode.CLEAN
