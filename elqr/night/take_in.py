"""Taking in (受信): notice files, payment files and money files go into the ledger, each by one transaction.

A file is accepted, held back with the reason, or known from before. Nothing here matches or posts.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import polars as pl

from elqr.disk.archive import begins_with
from elqr.disk.content import read_part
from elqr.disk.inbox import Arrived
from elqr.disk.inbox_filter import sent_as
from elqr.disk.run_log import Step
from elqr.formats.decode import decode
from elqr.formats.intake.delivered_file import Intake, LargeIntake
from elqr.formats.spec import Spec
from elqr.night.delivery_reading import Box, EarlyReading, read_delivered
from elqr.night.night import Night
from elqr.rules.claim_changes import Incoming
from elqr.rules.claim_states import new_states, refuse_states
from elqr.rules.near_bills import (
    near_bills,
    only_with_near,
    reissues_of_nothing,
    unknown_bills,
    with_known_bills,
    with_near_bills,
)
from elqr.rules.notice_keys import key_rows
from elqr.rules.notices import judge_rows, rows_of, says_reasons
from elqr.rules.reminder_statuses import new_statuses, refuse_statuses
from elqr.rules.row_checks import CLAIM_KEY
from elqr.session.session import Session
from elqr.store.db.bulk import next_no
from elqr.store.entries import money as money_entries
from elqr.store.entries import night as entries
from elqr.store.entries.claim_fees import enter_fees
from elqr.store.entries.claim_files import enter_claims, enter_statuses
from elqr.store.entries.night import Delivered, Receipt
from elqr.store.entries.notice_retraction import enter_retraction
from elqr.store.queries import held_files as held_queries
from elqr.store.queries import matching as queries
from elqr.store.queries import refused_rows as refused_queries
from elqr.store.queries.claim_lookup import claims_of_bills
from elqr.store.queries.claim_states import claims_of_keys, states_of_assessments
from elqr.store.queries.reminder_statuses import known_statuses
from elqr.store.queries.retracted_files import retraction_of_content, standing_import
from elqr.store.queries.typed_batches import is_confirmed
from elqr.store.tables import ledger as tables
from elqr.vocabulary.codes import Code
from elqr.vocabulary.findings import Finding, Location
from elqr.vocabulary.frames import Claim, ClaimKey, Notice, Payment
from elqr.vocabulary.limits import IN_HAND_PAYMENTS
from elqr.vocabulary.report_frames import HeldFile
from elqr.vocabulary.terms import FileStatus

Taken = dict[int, pl.DataFrame]
"""手元の収納: file_no → payments that were just taken in and need not be read back (frame Payment)."""


def _delivered(arrived: Arrived) -> Delivered:
    return Delivered(arrived.name, arrived.sha256, arrived.size_bytes)


def take_notices(night: Night, arrived: Arrived, *, is_sent: bool = False) -> list[Finding]:
    """納付書データを取り込む: good rows go in, bad rows are kept as findings. Returns the findings.

    A file whose name and content were imported before has merely stayed in the inbox and is not taken in again, unless
    a person says that it `is_sent` anew, or one of its rows is right by now, or wrong for another reason than before.
    """
    session = night.session
    with (
        session.journal.step("納付書取込", arrived.name) as step,
        session.ledger.transaction() as connection,
    ):
        spec = session.notice_spec
        arrived = arrived.small_enough()
        if (data := arrived.whole()) is None:
            if queries.notice_file_known(connection, arrived.sha256):
                step.result = "取込済"
                return []
            return _hold_back_notices(night, arrived, spec, arrived.findings, step)
        if (retraction := retraction_of_content(connection, arrived.sha256)) is not None:
            return _hold_back_notices(night, arrived, spec, [_retracted(arrived.name, *retraction)], step)
        is_known = queries.notice_file_known(connection, arrived.sha256, arrived.name)
        is_sent = is_sent or not is_known
        if not is_sent and queries.clean_notice_file(connection, arrived.sha256):
            step.result = "取込済"
            return []
        decoded = decode(data, spec, arrived.name, session.night_on)
        if "notice" not in decoded.tables:
            return _hold_back_notices(night, arrived, spec, decoded.findings, step)
        rows = rows_of(decoded)
        registered = queries.registered(connection, rows, key_rows(rows))
        registered = replace(registered, over=refused_queries.over_numbers(connection, arrived.sha256))
        series = (tables.notice_file.c.notice_file_no, tables.claim.c.claim_no, tables.notice.c.notice_no)
        numbers = (next_no(connection, column) for column in series)
        by_file = session.register.by_file
        incoming = Incoming(arrived.name, session.night_on, says_reasons(decoded), by_file, *numbers)
        codes = [procedure.code for procedure in session.register.procedure]
        gained = judge_rows(decoded, incoming, codes, registered, is_sent=is_sent)
        first = reissues_of_nothing(arrived.name, gained.notices, gained.claims)
        named = _name_near_bills(session, [*gained.findings, *first], rows)
        gained = replace(gained, findings=sorted(only_with_near(named)))
        step.count, step.yen = gained.rows_new, int(gained.notices[Notice.AMOUNT_YEN].sum())
        step.result = f"新規{gained.rows_new} 変更なし{gained.rows_same} 指摘{gained.rows_bad}"
        is_content_known = is_known or queries.notice_file_known(connection, arrived.sha256)
        reasons = {(finding.code.value, finding.at.record_no) for finding in gained.findings}
        told = refused_queries.last_reasons(connection, arrived.sha256) if is_known else set()
        has_new_findings = not reasons <= told
        ends_refusals = is_sent and gained.good.join(registered.refused, on=CLAIM_KEY, how="semi").height > 0
        if is_content_known and not gained.rows_new and not gained.findings and not ends_refusals:
            step.result = "取込済"
        elif gained.rows_new or has_new_findings or ends_refusals or not is_content_known:
            session.keep(arrived)
            entries.enter_notices(connection, _delivered(arrived), gained)
            night.changes.append(arrived.name)
            night.not_issued.update(_not_live(session, gained.notices))
        return gained.findings


def _not_live(session: Session, notices: pl.DataFrame) -> dict[str, int]:
    """eL-QR を付けない納付書: procedure → new notices, where the night issues and the procedure is not live."""
    if session.job.notices is None or not session.job.notices.issue:
        return {}
    waiting = [each.code for each in session.register.procedure if not each.is_live(session.night_on)]
    rows = notices.filter(pl.col(Claim.PROCEDURE_CODE).is_in(waiting))
    return dict(rows.group_by(Claim.PROCEDURE_CODE).len().iter_rows())


def _name_near_bills(session: Session, findings: list[Finding], rows: pl.DataFrame) -> list[Finding]:
    """合わない項目か近い通知書番号を添える to findings about unknown ones. Asks the ledger about no other numbers."""
    connection, unknown = session.ledger.connection, unknown_bills(findings, rows)
    if unknown.is_empty():
        return findings
    told = with_known_bills(findings, unknown, claims_of_bills(connection, unknown[Claim.BILL_NO]))
    untold = set(findings).intersection(told)
    near = near_bills(unknown_bills([finding for finding in told if finding in untold], rows))
    return with_near_bills(told, near, claims_of_keys(connection, near))


def retract_notices(night: Night, name: str, sha256: str) -> None:
    """納付書データの取込を取り消す, as two people once decided: the newest of this name and content that stands."""
    with night.session.ledger.transaction() as connection:
        if (file_no := standing_import(connection, name, sha256)) is not None:
            enter_retraction(connection, file_no, night.session.night_on)


def charge_again(night: Night, fees: pl.DataFrame) -> None:
    """督促手数料をもう一度つける, as people once did, where the claims are there. `fees`: as of PastNight."""
    with night.session.ledger.transaction() as connection:
        numbers = claims_of_keys(connection, fees).select(Claim.CLAIM_NO, *ClaimKey.SCHEMA)
        known = fees.drop(Claim.CLAIM_NO).join(numbers, on=list(ClaimKey.SCHEMA), validate="m:1", maintain_order="left")
        enter_fees(connection, night.session.night_on, known)


def _retracted(name: str, file_no: int, on: str) -> Finding:
    """取り消した取込の中身: it does not come in again, or the next night would undo what two people decided."""
    actual = f"{on} に取り消した納付書データ{file_no}と同じ中身"
    return Finding(Location(name), Code.NOTICE_FILE_RETRACTED, actual, "直したファイル")


def _hold_back_notices(
    night: Night, arrived: Arrived, spec: Spec, findings: Sequence[Finding], step: Step
) -> list[Finding]:
    """納付書データを取込保留にする. It is reported every night while it is in the inbox. Returns the findings."""
    name = night.session.job.box_name(night.session.job.notices.inbox) if night.session.job.notices else ""
    receipt = Receipt(_delivered(night.session.keep(arrived)), night.session.night_on, spec.name)
    if hold_back(night, receipt, Box(name, (spec,)), findings, step):
        night.findings += findings
    return list(findings)


def take_file(
    night: Night, arrived: Arrived, box: Box, what: str = "収納データ取込", early: EarlyReading | None = None
) -> Taken:
    """収納データか入金データを取り込む: one file in one transaction; accepted, held back, or known from before.

    `early` is where the file is being read already. Returns the payments where they need not be read back.
    """
    with night.session.journal.step(what, arrived.name) as step, night.session.ledger.transaction():
        if note_known(night, _delivered(arrived), box, step):
            return {}
        return _take_new(night, arrived, box, step, early)


def note_known(night: Night, delivered: Delivered, box: Box, step: Step) -> bool:
    """取込済・再受信を記す. Returns whether the ledger has this content, which is then not taken in again.

    It counts as a delivery under a new name, and when another file was held back under its name in the meantime.
    """
    connection = night.session.ledger.connection
    before = queries.deliveries_of(connection, delivered.name, delivered.sha256)
    is_noted = any(status != FileStatus.QUARANTINED for status, _ in before)
    if is_noted and not held_queries.held_since(connection, (delivered.name, delivered.sha256), box.name):
        step.result = "取込済"
        return True
    known = queries.file_of(connection, delivered.sha256)
    if known is not None:
        _, spec_name, count, yen = known
        receipt = Receipt(delivered, night.session.night_on, spec_name)
        entries.enter_delivery(connection, receipt, FileStatus.REDELIVERED, count, yen)
        night.changes.append(delivered.name)
        step.count, step.yen, step.result = count, yen, FileStatus.REDELIVERED.label
    return known is not None


def hold_back(night: Night, receipt: Receipt, box: Box, findings: Sequence[Finding], step: Step) -> bool:
    """取込保留にする: entered once for each format that the file was read as, and again when it comes anew.

    Returns False for a file that two people gave up and that is still in the inbox.
    """
    connection, delivered = night.session.ledger.connection, receipt.delivered
    file = delivered.name, delivered.sha256
    before = held_queries.lying(connection, receipt.night, file, box.name, box.formats)
    if before is not None and before.is_given_up:
        night.given_up.append(delivered.name)
        step.result = "取込保留（あきらめ済）"
        return False
    night.quarantined.append(delivered.name)
    step.result = FileStatus.QUARANTINED.label
    if before is None or receipt.spec not in before.specs:
        entries.enter_quarantine(connection, receipt, findings, box.name)
        night.changes.append(delivered.name)
    return True


def list_held(session: Session) -> pl.DataFrame:
    """残っている取込保留 as of the night: frame HeldFile without own_name, and `deliveries`; oldest first.

    One row is one content under one name in one inbox. `deliveries` has the delivery_no of all its deliveries; the
    other columns are those of the first. A temporary name (see elqr/disk/inbox_filter.py) counts as the file's own.
    A file that was held under a temporary name is left out once the whole file, which begins with it, came under its
    own name.
    """
    connection, archive, day = session.ledger.connection, session.job.store.archive, session.night_on
    purposes = {name: spec.purpose for name, spec in session.specs.items()}
    rows = held_queries.held(connection, day, purposes)
    own_names = {name: names for name in rows[HeldFile.NAME] if (names := sent_as(name))}
    whole_files = held_queries.came_whole(
        connection, day, sorted({name for names in own_names.values() for name in names})
    )
    hidden = rows.filter(pl.col(HeldFile.NAME).is_in(list(own_names)))
    completed = [
        held_no
        for held_name, held_no, held_sha256 in hidden.select(
            HeldFile.NAME, HeldFile.DELIVERY_NO, HeldFile.SHA256
        ).iter_rows()
        if any(
            name in own_names[held_name] and delivery_no > held_no and begins_with(archive, sha256, held_sha256)
            for name, sha256, delivery_no in whole_files
        )
    ]
    remaining = rows.filter(~pl.col(HeldFile.DELIVERY_NO).is_in(completed))
    first = pl.col(HeldFile.NAME, HeldFile.SPEC, HeldFile.DELIVERY_NO, HeldFile.NIGHT_ON).first()
    by_content = remaining.group_by(HeldFile.OWN_NAME, HeldFile.SHA256, HeldFile.BOX, maintain_order=True)
    return by_content.agg(first, pl.col(HeldFile.DELIVERY_NO).alias("deliveries")).drop(HeldFile.OWN_NAME)


def _take_new(night: Night, arrived: Arrived, box: Box, step: Step, early: EarlyReading | None) -> Taken:
    """新しいファイルを取り込む: accept it or hold it back."""
    session = night.session
    arrived = session.kept(session.keep(arrived))
    read = early or partial(read_delivered, arrived, box.specs, session.night_on)
    intake = with_new_rows(session, arrived.name, read())
    intake = _with_confirmation(session, arrived, intake)
    if isinstance(intake, LargeIntake):
        taken = _enter_pieces(session, arrived, intake, step)
    elif intake.findings:
        receipt = Receipt(_delivered(arrived), session.night_on, intake.spec_name)
        hold_back(night, receipt, box, intake.findings, step)
        return {}
    else:
        taken = _enter_whole(session, arrived, intake, step)
    night.changes.append(arrived.name)
    step.result = FileStatus.ACCEPTED.label
    return taken


def with_new_rows(session: Session, name: str, intake: Intake | LargeIntake) -> Intake | LargeIntake:
    """調定データと督促の状況の検査: rows that say something new, or findings; any other file as it is."""
    if isinstance(intake, LargeIntake):
        return intake
    if intake.statuses is not None:
        known = known_statuses(session.ledger.connection, intake.statuses)
        codes = [procedure.code for procedure in session.register.procedure]
        findings = refuse_statuses(name, intake.statuses, codes, known)
        return replace(intake, findings=tuple(findings), statuses=new_statuses(intake.statuses, known))
    if intake.claims is None:
        return intake
    known = states_of_assessments(session.ledger.connection, intake.claims)
    findings = refuse_states(name, intake.claims, session.register.by_file, known)
    if findings:
        return replace(intake, findings=tuple(findings), claims=None)
    return replace(intake, claims=new_states(intake.claims, known))


def _with_confirmation(session: Session, arrived: Arrived, intake: Intake | LargeIntake) -> Intake | LargeIntake:
    """二人の確認: a finding for a file that two people must confirm and did not; any other file as it is."""
    if isinstance(intake, LargeIntake) or intake.payments is None:
        return intake
    sums = intake.payments.height, int(intake.payments[Payment.PAID_YEN].sum())
    findings = unconfirmed(session, _delivered(arrived), intake.spec_name, sums)
    return replace(intake, findings=findings, payments=None) if findings else intake


def unconfirmed(session: Session, delivered: Delivered, spec_name: str, sums: tuple[int, int]) -> tuple[Finding, ...]:
    """確認がまだか: why a file with this count and yen is held back until two people confirm it; else nothing."""
    spec, connection = session.specs[spec_name], session.ledger.connection
    if not spec.two_people or is_confirmed(connection, delivered.sha256, sums, session.night_on):
        return ()
    at = Location(delivered.name)
    return (Finding(at, Code.UNCONFIRMED, f"{sums[0]:,}件 {sums[1]:,}円", "二人の確認", spec.made_by),)


def _enter_pieces(session: Session, arrived: Arrived, large: LargeIntake, step: Step) -> Taken:
    """大きなファイルを記帳する, piece by piece. Returns its payments unless there are too many to keep in memory."""
    assert arrived.path is not None
    read, kept = partial(read_part, arrived.path), list[pl.DataFrame]()
    payments = large.payments(read, arrived.name, session.night_on)
    if large.record_count <= IN_HAND_PAYMENTS:
        payments = _keep_parts(payments, kept)
    receipt = Receipt(_delivered(arrived), session.night_on, large.spec.name, large.record_count)
    entered = entries.enter_file(session.ledger.connection, receipt, _read_ahead(payments))
    step.count, step.yen = entered.count, entered.yen
    return {entered.file_no: entered.rows(pl.concat(kept))} if kept else {}


def _enter_whole(session: Session, arrived: Arrived, intake: Intake, step: Step) -> Taken:
    """記帳する: the payments of a file, which are returned, or its money, claims or reasons not to remind."""
    receipt = Receipt(_delivered(arrived), session.night_on, intake.spec_name, intake.record_count)
    connection = session.ledger.connection
    if intake.deposits is not None:
        lines = money_entries.enter_deposits(connection, receipt, intake.deposits)
        step.count, step.yen = lines.height, money_entries.money_yen(lines)
        return {}
    if intake.claims is not None:
        enter_claims(connection, receipt, intake.claims)
        step.count = intake.claims.height
        return {}
    if intake.statuses is not None:
        enter_statuses(connection, receipt, intake.statuses)
        step.count = intake.statuses.height
        return {}
    assert intake.payments is not None, "good files hold payments, money, claims or reasons not to remind"
    entered = entries.enter_file(connection, receipt, [intake.payments])
    step.count, step.yen = entered.count, entered.yen
    return {entered.file_no: entered.rows(intake.payments)}


def _read_ahead(payments: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """一つ先を読む: decode the next piece while this one is entered."""
    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(next, payments, None)
        while (part := coming.result()) is not None:
            coming = thread.submit(next, payments, None)
            yield part


def _keep_parts(payments: Iterator[pl.DataFrame], kept: list[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    for part in payments:
        kept.append(part)
        yield part
