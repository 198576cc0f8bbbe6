"""Whether ledger and folders belong together (台帳と跡の照合): checked before anything is written.

A ledger that is missing, empty, older than the numbers handed out, or not the one of these folders would hand out
numbers twice: keys of notices, uploads, exports, lists. So no command works with it until two people say that it is
intended.
"""

from dataclasses import replace

from elqr.issue.serials import last_serial
from elqr.session.job import Job
from elqr.session.ledger_traces import Mark, Traces, read_traces, write_mark
from elqr.store.ledger_file import Ledger
from elqr.store.queries import ledger_identity as identity
from elqr.vocabulary.errors import LedgerError
from elqr.vocabulary.number_series import HandedOut

_NOT_STARTED = "何も書いていません。"


def refuse_new(traces: Traces) -> None:
    """新しい台帳を断る, where an old one has left traces. Raises LedgerError."""
    if str(traces):
        raise LedgerError(
            f"台帳がないか、空です。フォルダには台帳の跡があります（{traces}）。{_NOT_STARTED}"
            "ジョブの [store] の場所を確かめるか、台帳を控えから戻してください。"
            "わざと新しい台帳で始めるなら、elqr ledger new で申請し、別の人が承認してください。"
        )


def disagreement(ledger: Ledger, traces: Traces) -> str:
    """台帳と跡の食い違い in words; empty when they belong together. Needs an open transaction."""
    connection = ledger.connection
    ledger_id, known, mark = identity.ledger_id(connection), identity.handed_out(connection), traces.mark
    if (other := mark.ledger if mark else traces.ledger_of_runs) not in ("", ledger_id):
        return f"別の台帳の保管庫・フォルダです（跡の台帳 {other[:8]}、この台帳 {ledger_id[:8]}）"
    if mark is not None:
        if ahead := mark.numbers.beyond(known):
            return f"台帳が、保管庫の印より古いものです（{ahead}）"
        if mark.run_hash and not identity.has_run(connection, mark.run_hash):
            return f"台帳に、保管庫の印にある実行 {mark.run_id} がありません"
    elif not traces.has_archive and identity.has_taken_in(connection):
        return "保管庫に、この台帳が取り込んだファイルが一つもありません（共有フォルダが外れているかもしれません）"
    file_numbers = replace(traces.files, key_serial=0)
    # Files are written before the ledger enters them, so each series may be one ahead.
    tolerated = HandedOut(**{name: number + (name != "run_no") for name, number in known.as_dict().items()})
    if file_numbers.beyond(tolerated):
        return f"台帳が、書き出したファイルより古いものです（{file_numbers.beyond(known)}）"
    return ""


def refuse_disagreement(ledger: Ledger, traces: Traces) -> None:
    """食い違う台帳を断る. Raises LedgerError."""
    with ledger.transaction():
        wrong = disagreement(ledger, traces)
    if wrong:
        raise LedgerError(
            f"{wrong}。{_NOT_STARTED}ジョブの場所（[store]・out）を確かめるか、一番新しい控えを戻してください。"
            "この台帳で続けるなら、elqr ledger accept で申請し、別の人が承認してください。"
        )


def leave_mark(job: Job, ledger: Ledger) -> None:
    """台帳の印を残す: which numbers the ledger has handed out. Raises CannotWrite."""
    with ledger.transaction() as connection:
        numbers = identity.handed_out(connection)
        run_id, run_hash = identity.last_run(connection)
        mark = Mark(identity.ledger_id(connection), run_id, run_hash, numbers)
    if numbers != HandedOut() or job.store.archive.is_dir():
        write_mark(job.store.archive, mark)


def traces_with_keys(job: Job) -> Traces:
    """すべての跡, including the last serial of our own keys in the 納付書情報 that are still there. Raises BadFile."""
    traces, rule = read_traces(job), job.issue.key_rule
    paths = sorted((job.out / "upload").glob("elqr_notices_*.csv"))
    last = max((last_serial(path.read_bytes(), rule) for path in paths if path.is_file()), default=0)
    return replace(traces, files=replace(traces.files, key_serial=max(last, traces.files.key_serial)))
