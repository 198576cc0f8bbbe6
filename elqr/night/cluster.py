"""The cluster (クラスタ): a night that outgrows one machine. Many machines decode and match; one takes in and commits.

The machines run the same functions as one machine (`judge_file`, `match`, `postings`), over files and parts of the
night that cannot influence each other. They read the inbox, the archive and the ledger, and write to a staging area
beside the ledger (elqr/store/staging.py). This machine enters the rows in the ledger by the same transactions as any
night, so their numbers and contents are the same. Refuses folders that the machines do not share.
"""

import io
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

import polars as pl

from elqr.arithmetic.fiscal_year import WithoutPeriod
from elqr.disk.archive import is_kept, keep, keep_arrived, keep_file, kept_path
from elqr.disk.content import read_part
from elqr.disk.inbox import Arrived, delivered_paths, read_arrived
from elqr.disk.inbox_filter import InboxFilter
from elqr.formats.intake.delivered_file import Intake, LargeIntake, judge_file, judge_large_file
from elqr.formats.spec import Spec
from elqr.night.counting import counting_of, days_of, only_posted
from elqr.night.delivery_reading import Box
from elqr.night.night import Night
from elqr.night.posting import Decided, Posted, channels, places
from elqr.night.spark import Engine, start_engine
from elqr.night.take_in import Taken, hold_back, note_known, unconfirmed
from elqr.night.workers import OneMachine
from elqr.rules import partition
from elqr.rules.counting import Counting
from elqr.rules.matching import match
from elqr.rules.postings import postings, year_days
from elqr.rules.settlement import bundles
from elqr.rules.suggestions import ASKED_AT_MOST, neighbours, suggestions
from elqr.rules.totals import night_tallies
from elqr.session.session import Session
from elqr.store import staging
from elqr.store.entries import night as entries
from elqr.store.entries.night import Delivered, Receipt
from elqr.store.queries import matching as queries
from elqr.store.queries import undecided as undecided_queries
from elqr.store.queries.open_claims import open_claims
from elqr.store.staging import Staging
from elqr.store.tables import ledger as tables
from elqr.store.tables import money as money_tables
from elqr.store.tables import totals as tally_tables
from elqr.store.tables.counted import counted_day
from elqr.vocabulary.errors import CannotWrite, NotFound
from elqr.vocabulary.findings import Finding
from elqr.vocabulary.frames import Candidate, Decision, Payment, Posting
from elqr.vocabulary.limits import PIECE_BYTES, WHOLE
from elqr.vocabulary.terms import FileStatus

_PART_PAYMENTS = 100_000
"""Payments in an average part: matching one takes some 200 MB."""


@contextmanager
def start_cluster(master: str, url: str) -> Iterator["Cluster"]:
    """クラスタを使う for the block. It is started when there is work."""
    with ExitStack() as stack:
        yield Cluster(master, url, stack)


@dataclass(frozen=True, slots=True)
class _Reading:
    """読み方: what a machine needs to read a file of an inbox."""

    specs: tuple[Spec, ...]
    most_megabytes: int
    archive: Path
    night_on: date
    staging: Staging
    watch: InboxFilter


@dataclass(frozen=True, slots=True)
class _Read:
    """読んだファイル: the result of reading it. Its payments are in the staging area."""

    delivered: Delivered
    findings: tuple[Finding, ...] = ()
    spec_name: str = ""
    record_count: int = 0
    count: int = 0
    yen: int = 0


def _read(reading: _Reading, path: Path) -> _Read:
    """ファイルを読む, on any machine. Raises NotFound when that machine does not see it."""
    if not path.exists() and not path.is_symlink():
        raise NotFound(
            f"クラスタの機械から {path} が見えません。"
            "受信箱は、すべての機械に同じパスで見える共有フォルダにしてください。"
        )
    file = read_arrived(path, reading.most_megabytes, reading.watch)
    delivered = Delivered(file.name, file.sha256, file.size_bytes)
    if file.findings:
        kept = keep_arrived(reading.archive, file)
        return _Read(Delivered(kept.name, kept.sha256, kept.size_bytes), kept.findings)
    with reading.staging.connected() as connection:
        if queries.file_of(connection, file.sha256) is not None:
            return _Read(delivered)
    intake = _decode(reading, file)
    if intake.payments is None:
        return _Read(delivered, intake.findings, intake.spec_name, intake.record_count)
    assert intake.payments[Payment.RECORD_NO].is_sorted(), "in file order"
    reading.staging.put_file(file.sha256, intake.payments)
    yen = int(intake.payments[Payment.PAID_YEN].sum())
    return _Read(delivered, (), intake.spec_name, intake.record_count, intake.payments.height, yen)


def _decode(reading: _Reading, file: Arrived) -> Intake:
    """復号する, and keep the file in the archive. A large file is read piece by piece where its format allows it."""
    if file.path is None:
        data = file.whole() or b""
        keep(reading.archive, file.sha256, data)
        return judge_file(data, file.name, reading.specs, reading.night_on)
    keep_file(reading.archive, file.sha256, file.path)
    path = kept_path(reading.archive, file.sha256)
    read = partial(read_part, path)
    large = judge_large_file(read, file.size_bytes, file.name, reading.specs, reading.night_on, PIECE_BYTES)
    if isinstance(large, LargeIntake):
        parts = large.payments(read, file.name, reading.night_on)
        return Intake(large.spec.name, large.record_count, pl.concat(parts), ())
    if file.size_bytes > WHOLE.most:
        return large
    return judge_file(path.read_bytes(), file.name, reading.specs, reading.night_on)


def _read_span(area: Staging, span: tuple[int, int]) -> tuple[bytes, bytes]:
    """区間を読む: the payments from one number to another with their buckets, and where the buckets meet others."""
    with area.connected() as connection:
        payments = undecided_queries.undecided_between(connection, *span)
        covers = undecided_queries.covers(connection, payments)
    rows = partition.with_bucket(payments, covers)
    return _pack(rows), _pack(partition.meetings(rows, covers))


def _divide_meetings(parts: int, piece: tuple[bytes, bytes]) -> Iterator[tuple[int, bytes]]:
    return _divide(_unpack(piece[1]), partition.PLACE, parts)


def _join_meetings(_: int, pieces: list[bytes]) -> pl.DataFrame:
    return partition.strays_of(map(_unpack, pieces))


def _divide_payments(parts: int, joined: pl.DataFrame, piece: tuple[bytes, bytes]) -> Iterator[tuple[int, bytes]]:
    return _divide(partition.join_buckets(_unpack(piece[0]), joined), partition.BUCKET, parts)


def _divide(rows: pl.DataFrame, column: str, parts: int) -> Iterator[tuple[int, bytes]]:
    numbered = rows.with_columns(partition.part_of(column, parts).alias("part_no"))
    for (part_no,), part in numbered.partition_by("part_no", as_dict=True, include_key=False).items():
        yield int(part_no), _pack(part)


@dataclass(frozen=True, slots=True)
class _Posting:
    """計上のしかた: what a machine needs to post its part of a night."""

    night_on: date
    without_closing_period: Sequence[WithoutPeriod]
    counting: Counting | None


def _match_part(area: Staging, way: _Posting, part_no: int, pieces: list[bytes]) -> None:
    """部分を消し込む, on any machine."""
    if not pieces:
        return
    payments = Payment.of(pl.concat(map(_unpack, pieces)).sort(Payment.PAYMENT_NO))
    with area.connected() as connection:
        candidates = queries.candidates([connection], payments)
        known = queries.known_events([connection], payments)
        claims = open_claims([connection], candidates)
        matched = match(payments, known, candidates.select(*Candidate.SCHEMA), claims)
        days = days_of(way.counting, payments, partial(undecided_queries.open_specs, connection))
        in_years = year_days(payments, days)
        posted = postings(matched.decisions, matched.allocations, in_years, way.without_closing_period)
        summary = {
            "count": payments.height,
            "yen": int(payments[Payment.PAID_YEN].sum()),
            "posted_yen": int(posted[Posting.YEN].sum()),
            "places": places(matched.decisions, payments),
            "channels": channels(matched.decisions, payments),
        }
        rows = {
            tables.payment_identity: entries.events(payments, matched.decisions, matched.known_as),
            tables.decision: matched.decisions.select(*Decision.SCHEMA),
            tables.posting: posted,
            counted_day: only_posted(days, posted),
            money_tables.bundle: bundles(payments, matched.decisions),
            tally_tables.posting_tally: night_tallies(posted, payments, way.night_on),
        }
        area.put_part(connection, part_no, summary, rows)


def _pack(rows: pl.DataFrame) -> bytes:
    data = io.BytesIO()
    rows.write_ipc(data, compression="lz4")
    return data.getvalue()


def _unpack(data: bytes) -> pl.DataFrame:
    return pl.read_ipc(data)


@dataclass(slots=True)
class Cluster(OneMachine):
    """クラスタ: a night's payments on many machines, everything else on this one."""

    master: str
    url: str
    stack: ExitStack
    engine: Engine | None = None
    area: Staging | None = None

    def take_payments(self, night: Night) -> Taken:
        """収納データを取り込む: read on all machines, taken in on this one in the order of names."""
        session = night.session
        with session.journal.step("クラスタ開始"):
            self.area = self.stack.enter_context(staging.open_staging(self.url))
            self.engine = self.stack.enter_context(start_engine(self.master))
        limit, archive = session.job.thresholds.file_megabytes, session.job.store.archive
        for box in session.job.inbox:
            specs = tuple(session.specs[name] for name in box.specs)
            reading = _Reading(specs, limit, archive, session.night_on, self.area, session.watch(box))
            with session.journal.step("クラスタ復号", str(box.path)):
                files = self.engine.each(partial(_read, reading), delivered_paths(box.path, reading.watch))
            for file in files:
                _take_in(night, self.area, file, Box(session.job.box_name(box.path), specs))
        return {}

    def decide(self, night: Night, taken: Taken) -> Decided:
        """消し込む: in parts on all machines; entered by this one."""
        assert self.engine is not None and self.area is not None, "files are taken in first"
        session, connection = night.session, night.session.ledger.connection
        waiting = undecided_queries.undecided(connection)
        if not waiting.count:
            return OneMachine.decide(self, night, taken)
        with session.journal.step("クラスタ消込"):
            self._match(waiting, session)
            self.engine.stop()
        return Decided(None, partial(_enter, session, self.area, waiting))

    def _match(self, waiting: undecided_queries.Undecided, session: Session) -> None:
        assert self.engine is not None and self.area is not None
        parts = max(self.engine.slots, -(-waiting.count // _PART_PAYMENTS))
        spans = waiting.spans(-(-waiting.count // parts))
        pieces = self.engine.read(partial(_read_span, self.area), spans)
        meetings = self.engine.gather(pieces, partial(_divide_meetings, parts), parts, _join_meetings)
        joined = partition.roots(pl.concat(meetings))
        way = _Posting(session.night_on, session.register.without_closing_period(), counting_of(session))
        work = partial(_match_part, self.area, way)
        self.engine.gather(pieces, partial(_divide_payments, parts, joined), parts, work)


def _enter(session: Session, area: Staging, waiting: undecided_queries.Undecided) -> Posted:
    """記帳する: what the machines decided on all that was waiting."""
    connection = session.ledger.connection
    posted = _sum_up(staging.read_told(connection, area))
    assert (posted.count, posted.yen) == (waiting.count, waiting.yen), "all that waited is decided, to the yen"
    near = neighbours(staging.unknown_keys(connection, area, ASKED_AT_MOST))
    rows = suggestions(near, queries.notices_by_key(connection, near))
    staging.enter_decided(connection, area, session.night_on, posted.count, posted.posted_yen, rows)
    return posted


def _take_in(night: Night, area: Staging, file: _Read, box: Box) -> None:
    """一つのファイルを取り込む: one transaction; accepted, held back, or delivered before."""
    session = night.session
    with (
        session.journal.step("収納データ取込", file.delivered.name) as step,
        session.ledger.transaction() as connection,
    ):
        if note_known(night, file.delivered, box, step):
            return
        receipt = Receipt(file.delivered, session.night_on, file.spec_name, file.record_count)
        findings = file.findings or unconfirmed(session, file.delivered, file.spec_name, (file.count, file.yen))
        if findings:
            hold_back(night, receipt, box, findings, step)
            return
        if not is_kept(session.job.store.archive, file.delivered.sha256):
            raise CannotWrite(
                f"クラスタの機械が保管したファイルが、保管庫 {session.job.store.archive} にありません。"
                "保管庫は、すべての機械に同じパスで見える共有フォルダにしてください。"
            )
        staging.enter_file(connection, area, receipt, file.count, file.yen)
        night.changes.append(file.delivered.name)
        step.count, step.yen, step.result = file.count, file.yen, FileStatus.ACCEPTED.label


def _sum_up(summaries: list[dict[str, object]]) -> Posted:
    """部分の合計. Summaries have keys `count`, `yen`, `posted_yen`, and `places` and `channels` as in `Posted`."""
    totals: Counter[str] = Counter()
    pairs: dict[str, dict[str, list[int]]] = {"places": {}, "channels": {}}
    for summary in summaries:
        totals.update({name: int(str(summary[name])) for name in ("count", "yen", "posted_yen")})
        for name, sums in pairs.items():
            for key, (first, second) in summary[name].items():  # type: ignore[attr-defined]
                before = sums.get(key, [0, 0])
                sums[key] = [before[0] + first, before[1] + second]
    return Posted(totals["count"], totals["yen"], pairs["places"], pairs["channels"], totals["posted_yen"], {})
