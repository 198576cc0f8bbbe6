"""`elqr replay`: 過去の夜のやり直し."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from elqr.cli.terminal import GIVEN_PATH, Command, day_of, job_option, json_option, print_json
from elqr.session import clock
from elqr.vocabulary.terms import ExitCode, FileStatus, Outcome

if TYPE_CHECKING:
    from elqr.night.replay import Replayed

_SHOWN = 100


@click.command(
    "replay",
    cls=Command,
    help="過去の夜を台帳の写しの上でやり直し、違いだけを示します。台帳には触れません。"
    "--spec か --other-job を付けると、今のやり方でやり直した結果と比べます。付けなければ、台帳の結果と比べます。",
)
@click.option("--from", "since", required=True, callback=day_of, help="初めの夜（YYYY-MM-DD）。")
@click.option("--to", "until", callback=day_of, help="終わりの夜（YYYY-MM-DD）。なければ最後の夜。")
@click.option("--spec", "specs", multiple=True, type=GIVEN_PATH, help="入れ替える様式のTOML。")
@click.option("--other-job", type=GIVEN_PATH, help="別のジョブのTOML。")
@job_option
@json_option
def replay_command(
    since: date, until: date | None, specs: tuple[Path, ...], other_job: Path | None, job: Path, as_json: bool
) -> int:
    import os

    from elqr.night.replay import Nights, replay, with_archive_of
    from elqr.session.configuration import processing_day, store_url
    from elqr.session.job import read_job
    from elqr.session.ledger_access import open_ledger_of
    from elqr.session.setup import read_setup

    setup, other_setup = read_setup(job, read_job(job), os.environ), None
    for day in (since, until):
        processing_day(setup.job, day)
    if specs or other_job:
        other = other_job or job
        other_setup = with_archive_of(read_setup(other, read_job(other), os.environ, specs), setup)
    with open_ledger_of(setup.job, store_url(job), rehearsal=True) as ledger:
        replayed = replay(ledger, setup, other_setup, Nights(since, until or date.max), clock.now)
    if as_json:
        sides = {"payments": replayed.payments, "files": replayed.files}
        rows = {name: [_plain(row) for row in frame.iter_rows(named=True)] for name, frame in sides.items()}
        print_json({"nights": replayed.nights, "compared": replayed.compared, "rulings": replayed.rulings, **rows})
    else:
        for line in _lines(replayed, other_setup is not None):
            click.echo(line)
    return ExitCode.REVIEW if replayed.payments.height or replayed.files.height else ExitCode.CLEAN


def _plain(row: dict[str, object]) -> dict[str, object]:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in row.items()}


def _lines(replayed: "Replayed", is_given: bool) -> Iterator[str]:
    what = "今のやり方と、指定のやり方" if is_given else "台帳の結果と、今のやり方"
    yield f"■ やり直し {replayed.nights}夜　収納 {replayed.compared:,}件　くらべたもの: {what}"
    for file in replayed.files.head(_SHOWN).iter_rows(named=True):
        yield f"　{file['name']}: {_file(file, '')} → {_file(file, '_after')}"
    for row in replayed.payments.head(_SHOWN).iter_rows(named=True):
        place = f"{row['name'] or row['name_after']} {row['record_no']}件目"
        yield f"　{place}: {_payment(row, '')} → {_payment(row, '_after')}"
    if unshown := max(replayed.files.height - _SHOWN, 0) + max(replayed.payments.height - _SHOWN, 0):
        yield f"　ほか {unshown:,}件。すべては --json で見られます。"
    if replayed.rulings:
        yield (
            f"　この間に承認された決裁 {replayed.rulings:,}件はやり直しません。同じ調定の後の収納が違うことがあります。"
        )
    if replayed.payments.is_empty() and replayed.files.is_empty():
        yield "　違いはありません。"
    else:
        yield f"　違い　受信ファイル {replayed.files.height:,}件　収納 {replayed.payments.height:,}件"


def _file(row: dict[str, object], side: str) -> str:
    if row[f"status{side}"] is None:
        return "なし"
    status = FileStatus(str(row[f"status{side}"])).label
    spec, count, yen = (row[f"{name}{side}"] for name in ("spec", "payment_count", "payment_yen"))
    return f"{status}（{spec or '様式不明'}・{count:,}件・{yen:,}円）"


def _payment(row: dict[str, object], side: str) -> str:
    if row[f"outcome{side}"] is None:
        return "なし"
    outcome = Outcome(str(row[f"outcome{side}"])).label
    return (
        f"{row[f'night_on{side}']} {outcome}（調定 {row[f'claim_yen{side}']:,}円・"
        f"仮受 {row[f'suspense_yen{side}']:,}円・納付書 {row[f'slip{side}'] or 'なし'}）"
    )
