"""What is delivered (受信): notice files, payment files and money files into the ledger, each by one transaction.

A file is accepted, held back with why, or known from before; nothing here matches or posts.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import polars as pl

from elqr.disk.archive import begins_with
from elqr.disk.content import read_part
from elqr.disk.inbox import Arrived
from elqr.disk.run_log import Step
from elqr.disk.temporary_files import sent_as
from elqr.formats.decode import decode
from elqr.formats.intake.delivered_file import Intake, take, take_large
from elqr.formats.spec import Spec
from elqr.rules.notices import gain, key_rows, rows_of
from elqr.rules.row_checks import CLAIM_KEY
from elqr.session.night import Night
from elqr.store.db.bulk import next_no
from elqr.store.entries import money as money_entries
from elqr.store.entries import night as entries
from elqr.store.entries.night import Delivered
from elqr.store.queries import held_files as held_queries
from elqr.store.queries import matching as queries
from elqr.store.tables import ledger as tables
from elqr.vocabulary.findings import Finding
from elqr.vocabulary.frames import Notice
from elqr.vocabulary.limits import IN_HAND_PAYMENTS, PIECE_BYTES, WHOLE
from elqr.vocabulary.terms import FileStatus


@dataclass(frozen=True, slots=True)
class Box:
    """受信箱: its name, as the job says it (empty where nobody knows it), and what may arrive in it."""

    name: str
    specs: tuple[Spec, ...]

    @property
    def formats(self) -> dict[str, str]:
        """様式の名前, with the purpose of each."""
        return {spec.name: spec.purpose for spec in self.specs}


def _delivered(arrived: Arrived) -> Delivered:
    return Delivered(arrived.name, arrived.sha256, arrived.size_bytes)


def take_notices(night: Night, arrived: Arrived, *, is_sent: bool = False) -> list[Finding]:
    """納付書データを取り込む: good rows go in, bad rows are kept as findings. Returns the findings.

    Content that was imported under its name before only lies there still, unless a person says that it `is_sent`.
    """
    with night.journal.step("納付書取込", arrived.name) as step, night.ledger.transaction() as connection:
        spec = night.specs[night.job.notices.spec if night.job.notices else "notice_csv"]
        arrived = arrived.small_enough()
        if (data := arrived.whole()) is None:
            if queries.notice_file_known(connection, arrived.sha256):
                step.result = "取込済"
                return []
            return _hold_back_notices(night, arrived, spec, arrived.findings, step)
        is_known = queries.notice_file_known(connection, arrived.sha256, arrived.name)
        is_sent = is_sent or not is_known
        if not is_sent and queries.clean_notice_file(connection, arrived.sha256):
            step.result = "取込済"
            return []
        decoded = decode(data, spec, arrived.name, night.night_on)
        if "notice" not in decoded.tables:
            return _hold_back_notices(night, arrived, spec, decoded.findings, step)
        rows = rows_of(decoded)
        registered = queries.registered(connection, rows, key_rows(rows))
        claim_no = next_no(connection, tables.claim.c.claim_no)
        notice_no = next_no(connection, tables.notice.c.notice_no)
        codes = [procedure.code for procedure in night.register.procedure]
        gained = gain(decoded, arrived.name, codes, registered, claim_no, notice_no, is_sent=is_sent)
        step.count, step.yen = gained.rows_new, int(gained.notices[Notice.AMOUNT_YEN].sum())
        step.result = f"新規{gained.rows_new} 変更なし{gained.rows_same} 指摘{gained.rows_bad}"
        is_here = is_known or queries.notice_file_known(connection, arrived.sha256)
        is_told = bool(gained.findings) and not is_known
        ends = is_sent and gained.good.join(registered.refused, on=CLAIM_KEY, how="semi").height > 0
        if is_here and not gained.rows_new and not gained.findings and not ends:
            step.result = "取込済"
        elif gained.rows_new or is_told or ends or not is_here:
            night.keep(arrived)
            entries.enter_notices(connection, _delivered(arrived), night.night_on, gained)
            night.changes.append(arrived.name)
        return gained.findings


def _hold_back_notices(
    night: Night, arrived: Arrived, spec: Spec, findings: Sequence[Finding], step: Step
) -> list[Finding]:
    """納付書データを取込保留にする: told every night while it lies there, and remembered wherever it is moved."""
    name = night.job.box_name(night.job.notices.inbox) if night.job.notices else ""
    if hold_back(night, _delivered(night.keep(arrived)), Box(name, (spec,)), spec.name, findings, step):
        night.findings += findings
    return list(findings)


def take_file(night: Night, arrived: Arrived, specs: list[Spec], what: str = "収納データ取込", box: str = "") -> None:
    """収納データか入金データを取り込む: one file, one transaction; accepted, held back, or delivered before.

    `box` is the name of the inbox, as the job says it; empty where nobody knows it.
    """
    with night.journal.step(what, arrived.name) as step, night.ledger.transaction():
        own = Box(box, tuple(specs))
        if not known_before(night, _delivered(arrived), own, step):
            _take_new(night, arrived, own, step)


def known_before(night: Night, delivered: Delivered, box: Box, step: Step) -> bool:
    """取込済か再受信: content that the ledger holds is not taken in again; its delivery is noted where it is one.

    That is under another name, and where another was held back in its place meanwhile.
    """
    connection = night.ledger.connection
    before = queries.deliveries_of(connection, delivered.name, delivered.sha256)
    is_noted = any(status != FileStatus.QUARANTINED for status, _ in before)
    if is_noted and not held_queries.held_since(connection, (delivered.name, delivered.sha256), box.name):
        step.result = "取込済"
        return True
    known = queries.file_of(connection, delivered.sha256)
    if known is not None:
        _, spec_name, count, yen = known
        entries.enter_delivery(connection, delivered, night.night_on, FileStatus.REDELIVERED, spec_name, count, yen)
        night.changes.append(delivered.name)
        step.count, step.yen, step.result = count, yen, FileStatus.REDELIVERED.value
    return known is not None


def hold_back(
    night: Night, delivered: Delivered, box: Box, spec_name: str, findings: Sequence[Finding], step: Step
) -> bool:
    """取込保留にする: noted once for each format that it was read as, and again when it came anew.

    False for what two people gave up and lies there still.
    """
    connection, file = night.ledger.connection, (delivered.name, delivered.sha256)
    before = held_queries.lying(connection, night.night_on, file, box.name, box.formats)
    if before is not None and before.is_given_up:
        night.given_up.append(delivered.name)
        step.result = "取込保留（あきらめ済）"
        return False
    night.quarantined.append(delivered.name)
    step.result = FileStatus.QUARANTINED.value
    if before is None or spec_name not in before.specs:
        entries.enter_quarantine(connection, delivered, night.night_on, spec_name, findings, box.name)
        night.changes.append(delivered.name)
    return True


def still_held(night: Night) -> pl.DataFrame:
    """残っている取込保留 as of the night: name, sha256, spec, box, delivery_no, night_on, deliveries; oldest first.

    A content stands once for each name and inbox that it was held in, with the numbers of all those `deliveries`, and
    with the first of them; a name that hid it is the same file's. What was on its way under another name is over when a
    file came whole under its own, and begins with it.
    """
    connection, archive = night.ledger.connection, night.job.store.archive
    purposes = {name: spec.purpose for name, spec in night.specs.items()}
    rows = held_queries.held(connection, night.night_on, purposes)
    names = {name: own for name in rows["name"] if (own := sent_as(name))}
    came = held_queries.came_whole(connection, night.night_on, sorted({name for own in names.values() for name in own}))
    over = [
        row["delivery_no"]
        for row in rows.filter(pl.col("name").is_in(list(names))).iter_rows(named=True)
        if any(
            name in names[row["name"]] and place > row["delivery_no"] and begins_with(archive, sha256, row["sha256"])
            for name, sha256, place in came
        )
    ]
    left = rows.filter(~pl.col("delivery_no").is_in(over))
    once = [pl.col("name", "spec", "delivery_no", "night_on").first(), pl.col("delivery_no").alias("deliveries")]
    return left.group_by("own_name", "sha256", "box", maintain_order=True).agg(once).drop("own_name")


def _take_new(night: Night, arrived: Arrived, box: Box, step: Step) -> None:
    arrived = night.kept(night.keep(arrived))
    is_taken = _taken_in_pieces(night, arrived, box, step)
    if is_taken is None:
        is_taken = _taken_whole(night, arrived, box, step)
    if not is_taken:
        return
    night.changes.append(arrived.name)
    step.result = FileStatus.ACCEPTED.value


def _taken_in_pieces(night: Night, arrived: Arrived, box: Box, step: Step) -> bool | None:
    """大きなファイル, a piece at a time: accepted, or held back; None when it is to be read whole.

    That is one with something wrong or odd in it, if it is not too large for that.
    """
    if arrived.path is None or arrived.findings:
        return None
    read = partial(read_part, arrived.path)
    large = take_large(read, arrived.size_bytes, arrived.name, box.specs, night.night_on, PIECE_BYTES)
    if isinstance(large, Intake):
        if arrived.size_bytes <= WHOLE.most:
            return None
        hold_back(night, _delivered(arrived), box, large.spec_name, large.findings, step)
        return False
    payments, kept = large.payments(read, arrived.name, night.night_on), list[pl.DataFrame]()
    if large.record_count <= IN_HAND_PAYMENTS:
        payments = _keeping(payments, kept)
    entered = entries.enter_file(
        night.ledger.connection,
        _delivered(arrived),
        night.night_on,
        large.spec.name,
        large.record_count,
        _one_ahead(payments),
    )
    if kept:
        night.taken[entered.file_no] = entered.rows(pl.concat(kept))
    step.count, step.yen = entered.count, entered.yen
    return True


def _one_ahead(payments: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """一つ先を読む: the next piece is decoded while this one is entered."""
    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(next, payments, None)
        while (part := coming.result()) is not None:
            coming = thread.submit(next, payments, None)
            yield part


def _keeping(payments: Iterator[pl.DataFrame], kept: list[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    for part in payments:
        kept.append(part)
        yield part


def _taken_whole(night: Night, arrived: Arrived, box: Box, step: Step) -> bool:
    """Accepted, with what it brought; false when it was held back."""
    connection, delivered, data = night.ledger.connection, _delivered(arrived), arrived.whole()
    intake = take(data, arrived.name, box.specs, night.night_on) if data is not None else None
    findings = arrived.findings if intake is None else intake.findings
    spec_name = "" if intake is None else intake.spec_name
    if intake is None or findings:
        hold_back(night, delivered, box, spec_name, findings, step)
        return False
    if intake.deposits is not None:
        lines = money_entries.enter_deposits(
            connection, delivered, night.night_on, spec_name, intake.record_count, intake.deposits
        )
        step.count, step.yen = lines.height, money_entries.money_yen(lines)
    elif intake.payments is not None:
        entered = entries.enter_file(
            connection, delivered, night.night_on, spec_name, intake.record_count, [intake.payments]
        )
        step.count, step.yen = entered.count, entered.yen
        night.taken[entered.file_no] = entered.rows(intake.payments)
    return True
