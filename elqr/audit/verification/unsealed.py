"""Unsealed rows (封のない行): what no run has recorded yet, held against what it claims before a run seals it.

A night that was broken off leaves what it took in to the next run. Rows that somebody else put there look the same, and
would be sealed with them: so each must have behind it what it claims, and what only the transaction of a run enters
must not be there at all. Every command asks before it works (`refuse_unbacked`), and so does the verification.
"""

from collections.abc import Container, Iterator, Mapping
from contextlib import suppress
from datetime import date
from functools import partial
from typing import Any

import polars as pl

from elqr.audit.verification.audit import UNREADABLE, Audit, mismatch
from elqr.audit.verification.rows import changing_rows
from elqr.audit.verification.sources import deliveries, notice_spec, undone
from elqr.disk.archive import kept_path, read_kept
from elqr.disk.content import read_part, sha256_of_file
from elqr.disk.inbox import read_inbox, stands_for
from elqr.formats.decode import decode
from elqr.formats.intake.delivered_file import LargeIntake, judge_file, judge_large_file
from elqr.session.session import Session
from elqr.store.entries import seals
from elqr.store.queries import unsealed as queries
from elqr.store.queries.chain import last_link
from elqr.store.queries.verification import unsealed_notice_files
from elqr.vocabulary.codes import Code
from elqr.vocabulary.errors import LedgerError, NotFound
from elqr.vocabulary.findings import Finding
from elqr.vocabulary.frames import Payment
from elqr.vocabulary.limits import PIECE_BYTES, WHOLE
from elqr.vocabulary.terms import FileStatus

_Row = Mapping[str, Any]


def refuse_unbacked(session: Session) -> None:
    """合うもののない行があれば動かさない: a run seals what it wrote, and what is what it claims. Raises LedgerError."""
    audit = Audit(session, {})
    try:
        with session.ledger.transaction() as connection:
            after = last_link(connection)[1].get("upto", {}).get("delivery", 0)
            extra = seals.count_unsealed(connection).items()
            findings = [
                mismatch(name, Code.NOT_BACKED, f"{count:,}行", "実行の記録と一緒に入る行") for name, count in extra
            ]
            findings += [*changing_rows(audit), *deliveries(audit, after), *unsealed(audit)]
    except (*UNREADABLE, OSError) as error:
        reason = str(error).partition("\n")[0][:120]
        raise LedgerError(
            f"台帳の行を確かめられません（{reason}）。何も書いていません。elqr verify で調べてください。"
        ) from error
    if findings:
        more = f"ほか {len(findings) - 1:,}件。" if len(findings) > 1 else ""
        raise LedgerError(f"{findings[0]}{more}何も書いていません。すべてを見るには elqr verify を実行してください。")


def unsealed(audit: Audit) -> Iterator[Finding]:
    """記録を待つ行: what came since the last run is kept and as it was when it came, and so is what it brought."""
    connection = audit.session.ledger.connection
    upto = last_link(connection)[1].get("upto", {})
    for notice_file in unsealed_notice_files(connection, upto.get("notice_file", 0)).iter_rows(named=True):
        yield from _notice_file(audit, notice_file)
    came = queries.deliveries(connection, upto.get("delivery", 0))
    lies_there = _lie_there(audit.session) if any(map(_is_redelivered, came)) else set()
    for delivery in came:
        audit.count("記録を待つ受信", 1)
        yield from _delivery(audit, delivery, lies_there)
    files = queries.files(connection, upto.get("delivery", 0))
    for file in files:
        yield from _file(audit, file)
    for number in sorted(
        queries.deposits(connection, upto.get("deposit", 0)) - {delivery["file_no"] for delivery in files}
    ):
        yield _unbacked(f"ファイル{number} の入金明細", "前の実行が封をしたファイル", "次の実行を待つファイル")
    for upload in queries.uploads(connection, upto.get("upload", 0)):
        yield from _upload(audit, upload)


def _unbacked(where: str, actual: object, expected: object) -> Finding:
    return mismatch(where, Code.NOT_BACKED, actual, expected)


def _is_kept(audit: Audit, sha256: str) -> bool:
    path = kept_path(audit.session.job.store.archive, sha256)
    return path.is_file() and sha256_of_file(path) == sha256


def _notice_file(audit: Audit, file: _Row) -> Iterator[Finding]:
    """納付書データ: its content is kept, and each row of it is a notice, or one that was refused."""
    where, sha256 = f"{file['name']}（納付書データ{file['notice_file_no']}）", file["sha256"]
    if not _is_kept(audit, sha256):
        yield _unbacked(where, "保管庫に中身がない", sha256[:16])
        return
    data = read_kept(audit.session.job.store.archive, sha256)
    yield from undone(audit, file, decode(data, notice_spec(audit), file["name"], file["night_on"]), where)


def _is_redelivered(delivery: _Row) -> bool:
    return str(delivery["status"]) == FileStatus.REDELIVERED.value


def _delivery(audit: Audit, delivery: _Row, lies_there: Container[tuple[str, str]]) -> Iterator[Finding]:
    """受信: its content is kept, or was never read; what came again lies there still (name and content)."""
    where, sha256 = f"{delivery['name']}（受信{delivery['delivery_no']}）", delivery["sha256"]
    never_read = delivery["code"] and sha256 == stands_for(delivery["name"], delivery["code"], delivery["actual"])
    if not never_read and not _is_kept(audit, sha256):
        yield _unbacked(where, "保管庫に中身がない", sha256[:16])
    if _is_redelivered(delivery) and (delivery["name"], sha256) not in lies_there:
        yield _unbacked(where, "再受信したものが受信箱にない", f"保管庫の {sha256[:16]} と同じ中身")


def _lie_there(session: Session) -> set[tuple[str, str]]:
    """受信箱にあるもの: name and content of each."""
    lying = set[tuple[str, str]]()
    for box in (*session.job.inbox, *session.job.money):
        with suppress(NotFound):
            there = read_inbox(box.path, session.job.thresholds.file_megabytes, session.watch(box))
            lying |= {(file.name, file.sha256) for file in there}
    return lying


def _file(audit: Audit, file: _Row) -> Iterator[Finding]:
    """取り込んだファイル: what the ledger says of it, what it holds of it, and what its kept content says."""
    where = f"{file['name']}（ファイル{file['file_no']}）"
    if file["name"] is None:
        yield _unbacked(where, "受信の記録がない", "取込の受信の記録")
        return
    sums = (file["payment_count"], file["payment_yen"], file["lines"] or 0)
    held = (file["payments"], file["yen"], file["deposits"])
    if held != sums:
        yield _unbacked(where, _sums(*held), _sums(*sums))
    if not _is_kept(audit, file["sha256"]):
        yield _unbacked(where, "保管庫に中身がない", file["sha256"][:16])
    elif (read := _read_again(audit, file)) != sums:
        yield _unbacked(where, _sums(*sums), "取り込めるファイル" if read is None else f"中身は {_sums(*read)}")


def _sums(payments: int, yen: int, lines: int) -> str:
    return f"収納 {payments:,}件 {yen:,}円" + (f"、入金 {lines:,}行" if lines else "")


def _read_again(audit: Audit, file: _Row) -> tuple[int, int, int] | None:
    """もう一度読む: payments, their yen and lines of money of a kept file; None when it cannot be taken in."""
    spec, path = audit.session.specs.get(file["spec"]), kept_path(audit.session.job.store.archive, file["sha256"])
    if spec is None:
        return None
    name, on, read = file["name"], date.fromisoformat(file["night_on"]), partial(read_part, path)
    if (size := path.stat().st_size) > WHOLE.most:
        large = judge_large_file(read, size, name, [spec], on, PIECE_BYTES)
        if not isinstance(large, LargeIntake):
            return None
        sums = [_paid(part) for part in large.payments(read, name, on)]
        return sum(count for count, _ in sums), sum(yen for _, yen in sums), 0
    intake = judge_file(path.read_bytes(), name, [spec], on)
    if intake.findings:
        return None
    return *_paid(intake.payments), 0 if intake.deposits is None else intake.deposits.height


def _paid(payments: pl.DataFrame | None) -> tuple[int, int]:
    return (0, 0) if payments is None else (payments.height, int(payments[Payment.PAID_YEN].sum()))


def _upload(audit: Audit, upload: _Row) -> Iterator[Finding]:
    """納付書情報: the file was written before the ledger said so, and holds what was issued with it."""
    path = audit.session.job.out / "upload" / upload["file_name"]
    if not path.is_file() or sha256_of_file(path) != upload["sha256"]:
        yield _unbacked(upload["file_name"], "書いたファイルが out にないか、違う", upload["sha256"][:16])
    if (upload["payloads"], upload["payload_yen"]) != (upload["notices"], upload["yen"]):
        yield _unbacked(
            upload["file_name"], f"{upload['payloads'] or 0:,}枚", f"{upload['notices']:,}枚 {upload['yen']:,}円"
        )
