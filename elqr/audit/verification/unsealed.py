"""Unsealed rows (封のない行): rows that no run has recorded yet, checked before a run seals them.

A night that was interrupted leaves what it took in to the next run. Rows that somebody else inserted look the same, and
would be sealed with them. So each row must have its file or content behind it, and rows that only the transaction of a
run enters must not be there at all. Every command checks this before it works (`refuse_unbacked`), and so does the
verification.
"""

from collections.abc import Container, Iterator, Mapping
from contextlib import suppress
from datetime import date
from functools import partial
from typing import Any

import polars as pl

from elqr.audit.verification.audit import UNREADABLE, Audit, mismatch
from elqr.audit.verification.rows import changing_rows
from elqr.audit.verification.sources import deliveries, missing_rows, read_taken_notices
from elqr.audit.verification.typed_batches import check_confirmed
from elqr.disk.archive import kept_path, read_kept
from elqr.disk.content import read_part, sha256_of_file
from elqr.disk.inbox import read_inbox, stands_for
from elqr.formats.intake.delivered_file import LargeIntake, judge_file, judge_large_file
from elqr.session.session import Session
from elqr.store.entries import seals
from elqr.store.queries import unsealed as queries
from elqr.store.queries.chain import last_link
from elqr.store.queries.item_orders import newest_orders
from elqr.store.queries.verification import unsealed_notice_files
from elqr.vocabulary.codes import Code
from elqr.vocabulary.errors import LedgerError, NotFound
from elqr.vocabulary.findings import Finding
from elqr.vocabulary.frames import Payment
from elqr.vocabulary.limits import PIECE_BYTES, WHOLE
from elqr.vocabulary.terms import FileStatus

_Row = Mapping[str, Any]


def refuse_unbacked(session: Session) -> None:
    """合うもののない行があれば動かさない: a run may seal only rows that are backed. Raises LedgerError for others."""
    audit = Audit(session, {})
    try:
        with session.ledger.transaction() as connection:
            last_delivery_no = last_link(connection)[1].get("upto", {}).get("delivery", 0)
            findings = [
                mismatch(name, Code.NOT_BACKED, f"{count:,}行", "実行の記録と一緒に入る行")
                for name, count in seals.count_unsealed(connection).items()
            ]
            findings += [*changing_rows(audit), *deliveries(audit, last_delivery_no), *unsealed(audit)]
    except (*UNREADABLE, OSError) as error:
        reason = str(error).partition("\n")[0][:120]
        raise LedgerError(
            f"台帳の行を確かめられません（{reason}）。何も書いていません。elqr verify で調べてください。"
        ) from error
    if findings:
        others = f"ほか {len(findings) - 1:,}件。" if len(findings) > 1 else ""
        raise LedgerError(f"{findings[0]}{others}何も書いていません。すべてを見るには elqr verify を実行してください。")


def unsealed(audit: Audit) -> Iterator[Finding]:
    """記録を待つ行: files that came since the last run are kept unchanged, and their rows are what the files hold."""
    connection = audit.session.ledger.connection
    upto = last_link(connection)[1].get("upto", {})
    for notice_file in unsealed_notice_files(connection, upto.get("notice_file", 0)).iter_rows(named=True):
        yield from _check_notice_file(audit, notice_file)
    new_deliveries = queries.deliveries(connection, upto.get("delivery", 0))
    in_inbox = _inbox_contents(audit.session) if any(map(_is_redelivered, new_deliveries)) else set()
    for delivery in new_deliveries:
        audit.count("記録を待つ受信", 1)
        yield from _check_delivery(audit, delivery, in_inbox)
    files = queries.files(connection, upto.get("delivery", 0))
    for file in files:
        yield from _check_file(audit, file)
    for number in sorted(queries.files_of_lines(connection, upto) - {file["file_no"] for file in files}):
        yield _unbacked(f"ファイル{number} の明細", "前の実行が封をしたファイル", "次の実行を待つファイル")
    for code, items in newest_orders(connection, upto.get("item_order", 0)).items():
        procedure = audit.session.register.named(code)
        if procedure is None or procedure.order_text != items:
            yield _unbacked(f"充てる順序（{code}）", items or "なし", "手続台帳の order のとおり")
    for upload in queries.uploads(connection, upto.get("upload", 0)):
        yield from _check_upload(audit, upload)


def _unbacked(where: str, actual: object, expected: object) -> Finding:
    return mismatch(where, Code.NOT_BACKED, actual, expected)


def _is_kept(audit: Audit, sha256: str) -> bool:
    path = kept_path(audit.session.job.store.archive, sha256)
    return path.is_file() and sha256_of_file(path) == sha256


def _check_notice_file(audit: Audit, file: _Row) -> Iterator[Finding]:
    """納付書データ: its content is kept, and each of its rows is a notice or was refused.

    `file` has name, notice_file_no, sha256, night_on, rows_read, rows_bad and retracts_no.
    """
    where, sha256 = f"{file['name']}（納付書データ{file['notice_file_no']}）", file["sha256"]
    if file["retracts_no"] is not None:
        yield _unbacked(where, "取込の取り消し", "承認の記録と一緒に入る行")
        return
    if not _is_kept(audit, sha256):
        yield _unbacked(where, "保管庫に中身がない", sha256[:16])
        return
    data = read_kept(audit.session.job.store.archive, sha256)
    yield from missing_rows(audit, file, read_taken_notices(audit, data, file), where)


def _is_redelivered(delivery: _Row) -> bool:
    return str(delivery["status"]) == FileStatus.REDELIVERED.value


def _check_delivery(audit: Audit, delivery: _Row, in_inbox: Container[tuple[str, str]]) -> Iterator[Finding]:
    """受信: its content is kept, unless it was never read; a redelivered file is still in its inbox.

    `delivery` has name, delivery_no, sha256, status, code and actual; `in_inbox` are (name, SHA-256).
    """
    where, sha256 = f"{delivery['name']}（受信{delivery['delivery_no']}）", delivery["sha256"]
    never_read = delivery["code"] and sha256 == stands_for(delivery["name"], delivery["code"], delivery["actual"])
    if not never_read and not _is_kept(audit, sha256):
        yield _unbacked(where, "保管庫に中身がない", sha256[:16])
    if _is_redelivered(delivery) and (delivery["name"], sha256) not in in_inbox:
        yield _unbacked(where, "再受信したものが受信箱にない", f"保管庫の {sha256[:16]} と同じ中身")


def _inbox_contents(session: Session) -> set[tuple[str, str]]:
    """受信箱にあるもの: (name, SHA-256) of each file in the inboxes."""
    contents = set[tuple[str, str]]()
    for box in session.job.boxes:
        with suppress(NotFound):
            files = read_inbox(box.path, session.job.thresholds.file_megabytes, session.watch(box))
            contents |= {(file.name, file.sha256) for file in files}
    return contents


def _check_file(audit: Audit, file: _Row) -> Iterator[Finding]:
    """取り込んだファイル: its recorded sums are those of its rows in the ledger, and those of its kept content.

    `file` has file_no, name, sha256, spec and night_on; payment_count, payment_yen and lines as recorded; and payments,
    yen and held_lines as the rows add up.
    """
    where = f"{file['name']}（ファイル{file['file_no']}）"
    if file["name"] is None:
        yield _unbacked(where, "受信の記録がない", "取込の受信の記録")
        return
    sums = (file["payment_count"], file["payment_yen"], file["lines"] or 0)
    held_sums = (file["payments"], file["yen"], file["held_lines"])
    yield from check_confirmed(audit, file)
    if held_sums != sums:
        yield _unbacked(where, _sums_text(*held_sums), _sums_text(*sums))
    if not _is_kept(audit, file["sha256"]):
        yield _unbacked(where, "保管庫に中身がない", file["sha256"][:16])
    elif (content_sums := _read_again(audit, file)) != sums:
        expected = "取り込めるファイル" if content_sums is None else f"中身は {_sums_text(*content_sums)}"
        yield _unbacked(where, _sums_text(*sums), expected)


def _sums_text(payments: int, yen: int, lines: int) -> str:
    return f"収納 {payments:,}件 {yen:,}円" + (f"、明細 {lines:,}行" if lines else "")


def _read_again(audit: Audit, file: _Row) -> tuple[int, int, int] | None:
    """もう一度読む: payments, their yen, and lines of money or claims; None if the kept file cannot be taken in."""
    spec, path = audit.session.specs.get(file["spec"]), kept_path(audit.session.job.store.archive, file["sha256"])
    if spec is None:
        return None
    name, on, read = file["name"], date.fromisoformat(file["night_on"]), partial(read_part, path)
    if (size := path.stat().st_size) > WHOLE.most:
        large = judge_large_file(read, size, name, [spec], on, PIECE_BYTES)
        if not isinstance(large, LargeIntake):
            return None
        sums = [_count_and_yen(part) for part in large.payments(read, name, on)]
        return sum(count for count, _ in sums), sum(yen for _, yen in sums), 0
    intake = judge_file(path.read_bytes(), name, [spec], on)
    if intake.findings:
        return None
    lines = sum(frame.height for frame in (intake.deposits, intake.claims) if frame is not None)
    lines += intake.record_count if intake.statuses is not None else 0
    return *_count_and_yen(intake.payments), lines


def _count_and_yen(payments: pl.DataFrame | None) -> tuple[int, int]:
    return (0, 0) if payments is None else (payments.height, int(payments[Payment.PAID_YEN].sum()))


def _check_upload(audit: Audit, upload: _Row) -> Iterator[Finding]:
    """納付書情報: its file, which is written before the ledger says so, exists, and holds what was issued."""
    path = audit.session.job.out / "upload" / upload["file_name"]
    if not path.is_file() or sha256_of_file(path) != upload["sha256"]:
        yield _unbacked(upload["file_name"], "書いたファイルが out にないか、違う", upload["sha256"][:16])
    if (upload["payloads"], upload["payload_yen"]) != (upload["notices"], upload["yen"]):
        yield _unbacked(
            upload["file_name"], f"{upload['payloads'] or 0:,}枚", f"{upload['notices']:,}枚 {upload['yen']:,}円"
        )
