"""Sources (元の検算): payments and notices traced back to the raw bytes they came in, and the files we wrote."""

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from elqr.audit.verification.audit import Audit, compare_rows, mismatch
from elqr.audit.verification.claim_files import KnownRows, claim_rows
from elqr.audit.verification.money import deposits, file_sums
from elqr.audit.verification.notice_reading import read_notices
from elqr.disk.archive import read_kept
from elqr.disk.content import sha256_of
from elqr.formats.decode import Decoded
from elqr.formats.intake.delivered_file import Intake, judge_file
from elqr.issue.payload import encode_frame
from elqr.rules.claim_changes import FALLS
from elqr.rules.deposits import extend_known, no_deposits
from elqr.rules.joint_notices import collapse_rows, is_line
from elqr.rules.notice_keys import key_rows
from elqr.rules.notices import GIVEN, rows_of, says_reasons, without_ended
from elqr.rules.row_checks import ASSESSMENT_KEY, NOTICE_KEY
from elqr.store.queries import row_owners as belonging
from elqr.store.queries import unsealed
from elqr.store.queries import verification as queries
from elqr.store.queries.claim_states import claim_files as claim_files_by_no
from elqr.store.queries.matching import registered
from elqr.store.queries.notice_lines import rows_of_file, stray_lines
from elqr.store.queries.refused_rows import all_refused, over_numbers
from elqr.vocabulary.audit_frames import NoticeFile
from elqr.vocabulary.claim_frames import DatedState
from elqr.vocabulary.codes import Code
from elqr.vocabulary.errors import NotFound
from elqr.vocabulary.findings import LISTED_PER_CODE, Finding
from elqr.vocabulary.frames import Claim, ClaimKey, Notice, NoticeClaim, NoticeKey, Payload, Payment, PaymentContent
from elqr.vocabulary.money_frames import ReceivedDeposit
from elqr.vocabulary.notice_frames import CANCEL, RefusedRow
from elqr.vocabulary.terms import WHOLE_YEAR, KeyKind


def _read_raw(audit: Audit, sha256: str, where: str, size_bytes: int | None = None) -> bytes | Finding:
    """保管した受信ファイルを読む: its bytes, or what is wrong with it."""
    try:
        data = read_kept(audit.session.job.store.archive, sha256)
    except NotFound:
        return mismatch(where, Code.RAW_LOST, "保管庫にない", sha256[:16])
    audit.count("受信ファイル", 1)
    if sha256_of(data) != sha256 or (size_bytes is not None and len(data) != size_bytes):
        return mismatch(where, Code.RAW_DIFFERS, sha256_of(data)[:16], sha256[:16], "SHA-256")
    return data


def judge_again(audit: Audit, file: Mapping[str, Any], where: str) -> Intake | Finding:
    """保管した受信ファイルをもう一度読む: what it holds, or what is wrong with it. `file` is a row of TakenFile."""
    data = _read_raw(audit, file["sha256"], where, file["size_bytes"])
    if isinstance(data, Finding):
        return data
    spec = audit.session.specs.get(file["spec"])
    if spec is None:
        return mismatch(where, Code.RECORD_DIFFERS, "様式がない", file["spec"])
    intake = judge_file(data, file["name"], [spec], file["received_on"])
    if intake.findings:
        return mismatch(where, Code.RECORD_DIFFERS, f"指摘 {intake.findings[0].code}", "取り込めるファイル")
    return intake


def records(audit: Audit) -> Iterator[Finding]:
    """収納・入金・調定データ: every row of them has its raw record, and every raw record says so or nothing new."""
    connection = audit.session.ledger.connection
    money_files, known = queries.deposit_files(connection), no_deposits()
    claim_files, known_rows = claim_files_by_no(connection), KnownRows()
    last_without_received = queries.last_without_received(connection)
    no_received_on = pl.lit(None, dtype=pl.Date).alias(Payment.RECEIVED_ON)
    for file in queries.files(connection).iter_rows(named=True):
        where = f"{file['name']}（ファイル{file['file_no']}）"
        if file["received_on"] is None:
            yield mismatch(f"ファイル{file['file_no']}", Code.FILE_TOTALS, "受信の記録がない", "取込の受信の記録")
            continue
        stored = queries.payments_of(connection, file["file_no"])
        audit.count("収納", stored.height)
        sums = (stored.height, int(stored[Payment.PAID_YEN].sum()))
        if sums != (file["payment_count"], file["payment_yen"]):
            expected = f"{file['payment_count']}件 {file['payment_yen']:,}円"
            yield mismatch(where, Code.FILE_TOTALS, f"{sums[0]}件 {sums[1]:,}円", expected)
        decoded = judge_again(audit, file, where)
        if isinstance(decoded, Finding):
            yield decoded
            continue
        if decoded.record_count != file["record_count"]:
            yield mismatch(where, Code.FILE_TOTALS, file["record_count"], decoded.record_count, "レコード数")
        if decoded.deposits is not None:
            lines = queries.deposits_of(connection, file["file_no"])
            yield from file_sums(lines, money_files.pop(file["file_no"], {}), file["received_on"], where)
            yield from deposits(audit, lines, decoded.deposits, decoded.spec_name, known, where)
            known = extend_known(known, lines.with_columns(pl.lit(decoded.spec_name).alias(ReceivedDeposit.SPEC)))
        if decoded.claims is not None or decoded.statuses is not None:
            yield from claim_rows(audit, claim_files.pop(file["file_no"], {}), decoded, known_rows, where)
        if decoded.payments is not None:
            content = stored.select(*PaymentContent.SCHEMA)
            expected_content = PaymentContent.of(decoded.payments)
            if file["file_no"] <= last_without_received:
                expected_content = expected_content.with_columns(no_received_on)
            yield from compare_rows(content, expected_content, [Payment.RECORD_NO], Code.RECORD_DIFFERS, where)
    for name, number in belonging.without_file(connection)[:LISTED_PER_CODE]:
        yield mismatch(f"{name} {number}", Code.RECORD_DIFFERS, "ファイルがない", "取り込んだファイルの記録")
    for number in claim_files:
        yield mismatch(f"ファイル{number}", Code.FILE_TOTALS, "調定データでない", "調定データのファイル")
    for number in money_files:
        yield mismatch(f"ファイル{number}", Code.FILE_TOTALS, "入金ファイルでない", "入金データのファイル")


def notices(audit: Audit) -> Iterator[Finding]:
    """納付書: every notice has its row of the notice file, its keys, and the claims that it pays."""
    connection = audit.session.ledger.connection
    stored_keys, expected_keys = queries.keys(connection), []
    stated = belonging.stated_from(connection)
    cancels, claim_cancels = belonging.notice_cancels(connection), belonging.claim_cancels(connection)
    for file in queries.notice_files(connection).iter_rows(named=True):
        stored = queries.notices_of(connection, file["notice_file_no"])
        audit.count("納付書", stored.height)
        cancelled = cancels.filter(pl.col(Notice.NOTICE_FILE_NO) == file["notice_file_no"])
        where = f"{file['name']}（納付書データ{file['notice_file_no']}）"
        data = _read_raw(audit, file["sha256"], where)
        if isinstance(data, Finding):
            yield data
            continue
        decoded = read_taken_notices(audit, data, file)
        yield from missing_rows(audit, file, decoded, where)
        if "notice" not in decoded.tables:
            continue
        file_rows, is_cancel = rows_of(decoded), pl.col(RefusedRow.CHANGE_KIND) == CANCEL
        cancel_rows = file_rows.filter(is_cancel)
        yield from _check_cancels(cancelled, cancel_rows, file["night_on"], where)
        fallen = claim_cancels.filter(pl.col(Notice.NOTICE_FILE_NO) == file["notice_file_no"])
        yield from _check_cancels(fallen, cancel_rows.filter(FALLS), file["night_on"], where)
        yield from _check_paper(cancelled, stated, where, keeps_claims=says_reasons(decoded))
        rows = file_rows.filter(~is_cancel)
        stored_rows = rows_of_file(connection, file["notice_file_no"])
        numbers = stored_rows.select(*NOTICE_KEY, Notice.NOTICE_NO)
        numbered = rows.join(numbers, on=NOTICE_KEY, how="right", maintain_order="right")
        numbered = numbered.with_columns(pl.lit(file["notice_file_no"]).alias(Notice.NOTICE_FILE_NO))
        numbered = _choose_taken(numbered, stored_rows).sort(RefusedRow.RECORD_NO, nulls_last=True)
        yield from _check_lines(stored_rows, numbered, where)
        numbered = collapse_rows(numbered)
        key, personal = [str(Notice.NOTICE_NO)], Notice.PERSONAL
        yield from compare_rows(stored, Notice.of(numbered), key, Code.NOTICE_DIFFERS, where, personal)
        record_no = RefusedRow.RECORD_NO
        keys = key_rows(numbered.filter(pl.col(record_no).is_not_null()))
        expected_keys.append(keys.join(numbered.select(record_no, Notice.NOTICE_NO), on=record_no))
    counts = queries.notice_count(connection), audit.counts.get("納付書", 0)
    if counts[0] != counts[1]:
        words = f"{counts[0]:,}枚", f"{counts[1]:,}枚"
        yield mismatch("納付書", Code.NOTICE_DIFFERS, *words, "納付書データのある枚数")
    payloads = queries.payloads(connection)
    issued = payloads.select(
        pl.lit(KeyKind.ELQR.value).alias(NoticeKey.KEY_KIND),
        pl.col(Payload.KEY_NO).alias(NoticeKey.KEY_DIGITS),
        pl.lit("").alias(NoticeKey.REISSUE_NO),
        Payload.NOTICE_NO,
    )
    expected = pl.concat([NoticeKey.of(issued), *(NoticeKey.of(keys) for keys in expected_keys)]).unique()
    stored, computed = (frame.with_columns(there=True) for frame in (stored_keys, expected))
    yield from compare_rows(stored, computed, list(NoticeKey.SCHEMA), Code.NOTICE_DIFFERS, "照会キー")
    yield from _check_covers(covers := queries.covers(connection), stray_lines(connection))
    yield from _check_payers(belonging.claims(connection), covers, belonging.stated_payers(connection))
    audit.count("eL-QR", payloads.height)
    digits = encode_frame(payloads)
    for number in payloads.filter(digits != payloads[Payload.DIGITS])[Payload.NOTICE_NO].head(LISTED_PER_CODE):
        yield mismatch(f"納付書{number}", Code.PAYLOAD_DIFFERS, "台帳の255桁", "納付書から作った255桁")


def read_taken_notices(audit: Audit, data: bytes, file: Mapping[str, Any]) -> Decoded:
    """取り込んだ納付書データ: with as many rows as were read. `file` has name, night_on and rows_read."""
    rows_read = int(file["rows_read"])

    def has_all_rows(decoded: Decoded) -> bool:
        return decoded.record_count == rows_read

    return read_notices(audit, data, file["name"], file["night_on"], has_all_rows)


def missing_rows(audit: Audit, file: Mapping[str, Any], decoded: Decoded, where: str) -> Iterator[Finding]:
    """取り込んでいない行: rows of a notice file without a notice in the ledger are no more than those refused.

    `file` has notice_file_no, sha256, rows_read and rows_bad.
    """
    connection, rows_bad = audit.session.ledger.connection, file["rows_bad"]
    if "notice" not in decoded.tables or decoded.record_count != file["rows_read"]:
        yield mismatch(where, Code.NOTICE_DIFFERS, f"{file['rows_read']:,}行", f"{decoded.record_count:,}行", "行数")
        return
    stored = rows_of_file(connection, file["notice_file_no"])
    rows = rows_of(decoded).join(stored.select(GIVEN), on=GIVEN, how="anti", nulls_equal=True)
    unread = set(decoded.flawed) - over_numbers(connection, file["sha256"], even_waiting=True)
    missing = len(unread) + (_count_missing(audit, rows) if rows.height else 0)
    if missing > rows_bad:
        actual = f"台帳にない行 {missing:,}行"
        yield mismatch(where, Code.NOTICE_DIFFERS, actual, f"{rows_bad:,}行", "取り込まなかった行")
    if rows_bad and not unsealed.has_findings(connection, file["notice_file_no"]):
        yield mismatch(where, Code.NOTICE_DIFFERS, "指摘がない", f"{rows_bad:,}行の指摘", "取り込まなかった行")


def _count_missing(audit: Audit, rows: pl.DataFrame) -> int:
    """どこにもない行: how many rows are no notice of the ledger, or cancel neither a notice nor a refused row.

    What was taken back or given up while it waited need not be there.
    """
    connection, is_cancel = audit.session.ledger.connection, pl.col(RefusedRow.CHANGE_KIND) == CANCEL
    known, refused = registered(connection, rows, key_rows(rows)), all_refused(connection).select(NOTICE_KEY)
    cancelled = known.notices.join(known.cancelled, on=Notice.NOTICE_NO, how="semi").select(NOTICE_KEY)
    rows = without_ended(rows, known)
    missing = rows.filter(~is_cancel).join(known.notices.select(GIVEN), on=GIVEN, how="anti", nulls_equal=True)
    missing_cancels = rows.filter(is_cancel).join(pl.concat([cancelled, refused]), on=NOTICE_KEY, how="anti")
    return missing.height + missing_cancels.height


def _choose_taken(rows: pl.DataFrame, stored: pl.DataFrame) -> pl.DataFrame:
    """採った行: if a file has several rows of one key, because one was refused, choose the one in the ledger."""
    is_repeated = rows.select(NOTICE_KEY).is_duplicated()
    if not is_repeated.any():
        return rows
    repeated = rows.filter(is_repeated)
    taken = repeated.join(stored, on=stored.columns, how="semi", nulls_equal=True)
    chosen = pl.concat([taken, repeated]).unique(NOTICE_KEY, keep="first", maintain_order=True)
    return pl.concat([rows.filter(~is_repeated), chosen])


def _check_lines(stored: pl.DataFrame, rows: pl.DataFrame, where: str) -> Iterator[Finding]:
    """納付書の行: each line of a notice for several claims is as the file's row says. Both have numbered rows."""
    lines, of_file = (frame.filter(is_line(frame)) for frame in (stored, rows))
    yield from compare_rows(lines, Notice.of(of_file), NOTICE_KEY, Code.NOTICE_DIFFERS, where, Notice.PERSONAL)


def _check_cancels(stored: pl.DataFrame, rows: pl.DataFrame, night_on: date, where: str) -> Iterator[Finding]:
    """納付書の取消: each has its row in the notice file, on the night when that file came."""
    number_no = Notice.NOTICE_NO
    named = stored.join(rows, on=NOTICE_KEY, how="semi").select(number_no)
    unnamed = stored.join(named, on=number_no, how="anti")
    late = stored.filter(pl.col(NoticeFile.NIGHT_ON) != night_on)
    for number in pl.concat([unnamed, late])[number_no].unique(maintain_order=True).head(LISTED_PER_CODE):
        yield mismatch(f"納付書{number}", Code.NOTICE_DIFFERS, "取消の行がない", "異動区分 9 の行", where)


def _check_paper(stored: pl.DataFrame, stated: pl.DataFrame, where: str, *, keeps_claims: bool) -> Iterator[Finding]:
    """紙だけの取消か: so if the notice file can say more, or a claim file says what is owed; never so for a part."""
    stored = stored.join(stated, on=list(ClaimKey.SCHEMA), how="left", validate="m:1")
    is_stated = (pl.col(Notice.NOTICE_FILE_NO) > pl.col(DatedState.NOTICES_UPTO)).fill_null(False)
    is_kept = (pl.lit(keeps_claims) | is_stated) & pl.col(Notice.PART_KIND).is_null()
    misread = stored.filter(pl.col("is_paper_only").is_not_null() != is_kept)
    for number in misread[Notice.NOTICE_NO].unique(maintain_order=True).head(LISTED_PER_CODE):
        yield mismatch(f"納付書{number}", Code.NOTICE_DIFFERS, "取消の読み方が違う", "異動事由の列のとおり", where)


def _check_payers(claims: pl.DataFrame, covers: pl.DataFrame, stated: pl.DataFrame) -> Iterator[Finding]:
    """宛名番号 of each claim: a notice that pays it, or a row of a claim file, names the payer."""
    owed_by = (NoticeClaim.CLAIM_NO, Notice.PAYER_REF)
    named = pl.concat([covers.select(owed_by), stated.select(owed_by)])
    for number in claims.join(named, on=owed_by, how="anti")[Claim.CLAIM_NO].head(LISTED_PER_CODE):
        actual = "払う納付書がないか、宛名番号が違う"
        yield mismatch(f"調定{number}", Code.NOTICE_DIFFERS, actual, "納付書か調定データの宛名番号")


def _check_covers(covers: pl.DataFrame, stray: list[int]) -> Iterator[Finding]:
    """納付書が払う調定: a notice pays its claim in full, a 全期 notice the instalments of its assessment.

    One for several claims pays each of them what its line says. `stray` are the notices of lines for other claims.
    """
    number, claim = Notice.INSTALLMENT_NO, queries.OF_CLAIM
    is_same_assessment = pl.all_horizontal(pl.col(name).eq_missing(pl.col(f"{claim}{name}")) for name in ASSESSMENT_KEY)
    is_same_installment = pl.col(number) == pl.col(f"{claim}{number}")
    cover, amount, line = pl.col(NoticeClaim.COVER_YEN), pl.col(Notice.AMOUNT_YEN), pl.col(queries.LINE_YEN)
    is_other = ~is_same_assessment | (~is_same_installment & (pl.col(number) != WHOLE_YEAR))
    wrong = covers.filter(pl.when(line.is_null()).then(is_other).otherwise(line != cover))
    is_half = (line.count() == 1) | (line.count() > 0) & (line.null_count() > 0)
    sums = covers.group_by(NoticeClaim.NOTICE_NO).agg(cover.sum(), amount.first(), is_half.alias("is_half"))
    short = sums.filter(cover.ne_missing(amount) | pl.col("is_half"))
    for notice_no in [*wrong[NoticeClaim.NOTICE_NO], *short[NoticeClaim.NOTICE_NO], *stray]:
        yield mismatch(f"納付書{notice_no}", Code.NOTICE_DIFFERS, "払う調定・額が違う", "納付書の調定と額")


def deliveries(audit: Audit, after_no: int = 0) -> Iterator[Finding]:
    """受信の記録: each delivery that counts as taken in is a file of the ledger, and no other counts for the same.

    Only deliveries after number `after_no`.
    """
    connection = audit.session.ledger.connection
    for number, name in unsealed.without_content(connection, after_no)[:LISTED_PER_CODE]:
        yield mismatch(
            f"{name}（受信{number}）", Code.NOT_BACKED, "取り込んだファイルがない", "同じ中身の取込済のファイル"
        )
    for sha256, name in unsealed.taken_twice(connection, after_no)[:LISTED_PER_CODE]:
        yield mismatch(name, Code.NOT_BACKED, "取込が二度", sha256[:16])


def outputs(audit: Audit) -> Iterator[Finding]:
    """書き出したファイル: uploads hold what was issued, and their files, if they still exist, are unchanged."""
    issued = belonging.issued_by_upload(audit.session.ledger.connection)
    for upload in queries.uploads(audit.session.ledger.connection):
        if (issued_sums := issued.get(upload["upload_no"], (0, 0))) != (upload["notices"], upload["yen"]):
            sums = f"{upload['notices']:,}枚 {upload['yen']:,}円"
            expected = f"{issued_sums[0]:,}枚 {issued_sums[1]:,}円"
            yield mismatch(upload["file_name"], Code.OUTPUT_DIFFERS, sums, expected, "件数と金額")
        path: Path = audit.session.job.out / "upload" / upload["file_name"]
        if not path.is_file():
            continue
        audit.count("納付書情報", 1)
        if (actual := sha256_of(path.read_bytes())) != upload["sha256"]:
            yield mismatch(upload["file_name"], Code.OUTPUT_DIFFERS, actual[:16], upload["sha256"][:16], "SHA-256")
