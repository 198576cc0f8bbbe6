"""`elqr ledger`: 台帳の素性と、控えから戻した台帳・新しい台帳で続けること."""

from datetime import date
from pathlib import Path
from typing import Any

import click

from elqr.cli.terminal import (
    Group,
    by_option,
    date_option,
    job_option,
    json_option,
    now,
    person_of,
    print_json,
    progress,
    reason_option,
    say,
)
from elqr.terms import ExitCode

_approved_by_option = click.option(
    "--approved-by", required=True, metavar="NAME", callback=person_of, help="承認する、別の人の名前。"
)


@click.group("ledger", cls=Group, help="台帳の素性（番号と跡）。控えから戻した後や、新しく始めるときに使います。")
def ledger() -> None:
    pass


@ledger.command("show", help="台帳の素性と渡した番号、保管庫・フォルダに残る跡を示します。何も変えません。")
@job_option
@date_option
@json_option
def ledger_show(job: Path, day: date | None, as_json: bool) -> int:
    from elqr.belonging import disagreement, traces_with_keys
    from elqr.edge import Which, prepared
    from elqr.store import identity

    with prepared(job, day, rehearsal=True, show=progress(), which=Which.ANY) as opened:
        traces, own = traces_with_keys(opened.night.job), opened.night.ledger
        with own.transaction() as open_:
            wrong = disagreement(own, traces)
            known, ledger_id, starts = identity.handed_out(open_), identity.ledger_id(open_), identity.starts(open_)
    if as_json:
        seen = {"ledger": traces.mark.ledger if traces.mark else "", "numbers": traces.numbers.as_dict()}
        given = {"ledger": ledger_id, "numbers": known.as_dict(), "starts": starts}
        print_json({**given, "traces": seen, "disagreement": wrong})
    else:
        click.echo(f"台帳 {ledger_id}　{known or '渡した番号なし'}")
        click.echo(f"跡　{str(traces) or 'なし'}")
        click.echo(f"★{wrong}" if wrong else "合っています。")
    return ExitCode.FAILED if wrong else ExitCode.CLEAN


@ledger.command("accept", help="控えから戻した台帳など、フォルダの跡と合わない台帳で続けます（二人で）。")
@reason_option
@by_option
@_approved_by_option
@job_option
@date_option
def ledger_accept(reason: str, by: str, approved_by: str, job: Path, day: date | None) -> int:
    return _gone_on(job, day, by, approved_by, reason, is_new=False)


@ledger.command(
    "new", help="前の台帳の跡があるフォルダで、新しい台帳を始めます（二人で）。前の台帳の計上は引き継ぎません。"
)
@reason_option
@by_option
@_approved_by_option
@job_option
@date_option
def ledger_new(reason: str, by: str, approved_by: str, job: Path, day: date | None) -> int:
    return _gone_on(job, day, by, approved_by, reason, is_new=True)


def _gone_on(job: Path, day: date | None, by: str, approved_by: str, reason: str, **how: Any) -> int:
    from elqr.belonging import go_on
    from elqr.edge import Which, prepared

    with prepared(job, day, rehearsal=False, show=progress(), which=Which.ANY) as opened:
        numbers = go_on(opened.night, by, approved_by, reason, now(), **how)
    click.echo(f"この台帳で続けます。渡した番号は {numbers or 'なし'}。次はその後の番号です。")
    say(
        "この台帳にない書き出し・納付書情報・督促対象一覧は、取り込み・登録・発送が済んだものと重なることがあります。"
        "受信箱に届いたファイルを入れ直して夜を動かし、次の書き出しを取り込む前に、基幹システムの収納と比べてください。"
    )
    return ExitCode.CLEAN
