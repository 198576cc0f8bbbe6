"""Files checked before the night (届いたファイルの予行): what the night would do with one file, in a rehearsal.

The file is taken in as the night takes it, on a ledger that is rolled back; a city without a ledger has an empty one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from elqr.disk.inbox import read_arrived
from elqr.night.delivery_reading import Box
from elqr.night.night import Night
from elqr.night.reductions import record_notices
from elqr.night.take_in import take_file, take_notices
from elqr.session.job import Inbox
from elqr.session.session import Session
from elqr.store.queries.reports import notice_files
from elqr.vocabulary.findings import Finding
from elqr.vocabulary.report_frames import NoticeIntake
from elqr.vocabulary.terms import FileStatus


@dataclass(frozen=True, slots=True)
class ForeseenFile:
    """夜の取込の見込み of a delivered file. `box` is empty where no inbox takes its format.

    Without a `status` the ledger has the file, and the night passes it over. `findings` say why it is not even read.
    """

    box: str
    status: FileStatus | None
    count: int = 0
    yen: int = 0
    findings: tuple[Finding, ...] = ()

    @property
    def is_held(self) -> bool:
        """取込保留になるか."""
        return self.status is FileStatus.QUARANTINED

    def as_dict(self) -> dict[str, object]:
        """For `--json`."""
        status = self.status.value if self.status else "known"
        return {"inbox": self.box or None, "status": status, "count": self.count, "yen": self.yen}


def boxes_for(session: Session, spec_name: str) -> list[Inbox]:
    """この様式の受信箱 of the job."""
    return [box for box in session.job.boxes if spec_name in box.specs]


def foresee_file(session: Session, path: Path, boxes: Iterable[Inbox]) -> ForeseenFile:
    """夜の取込の見込み of a file in the inbox that it lies in, or else in the first of `boxes`."""
    named = list(boxes)
    lying_in = [box for box in named if box.path == path.resolve().parent] or named
    if not lying_in:
        return ForeseenFile("", FileStatus.QUARANTINED)
    night, box = Night(session), lying_in[0]
    specs, name = [session.specs[name] for name in box.specs], session.job.box_name(box.path)
    arrived = read_arrived(path, session.job.thresholds.file_megabytes)
    take_file(night, arrived, Box(name, tuple(specs)))
    step = session.journal.steps[-1][1]
    is_held = bool(night.quarantined or night.given_up)
    status = FileStatus.QUARANTINED if is_held else _status_of(step.result) if night.changes else None
    return ForeseenFile(name, status, step.count, step.yen, arrived.findings)


def _status_of(result: str) -> FileStatus:
    return next(status for status in FileStatus if status.label == result)


@dataclass(frozen=True, slots=True)
class ForeseenNotices:
    """夜の取込の見込み of a notice file: rows read, taken, unchanged and refused, and the yen of those taken.

    Of a file that is held or known, no row is taken or refused. `reduced`: payments and yen of 減額による過納.
    `not_issued` says in words which get no eL-QR.
    """

    is_held: bool
    is_known: bool
    rows_read: int
    rows_new: int
    rows_same: int
    rows_bad: int
    new_yen: int
    reduced: tuple[int, int]
    not_issued: str
    findings: tuple[Finding, ...]

    def as_dict(self) -> dict[str, object]:
        """For `--json`."""
        return {
            "status": "held" if self.is_held else "known" if self.is_known else "taken",
            "rows": {"read": self.rows_read, "new": self.rows_new, "same": self.rows_same, "refused": self.rows_bad},
            "new_yen": self.new_yen,
            "reduced": {"payments": self.reduced[0], "yen": self.reduced[1]},
            "findings": [finding.as_dict() for finding in self.findings],
        }


def foresee_notices(session: Session, path: Path) -> ForeseenNotices:
    """夜の取込の見込み of a notice file."""
    night = Night(session)
    findings = take_notices(night, read_arrived(path, session.job.thresholds.file_megabytes))
    step = session.journal.steps[-1][1]
    with session.ledger.transaction() as connection:
        imported = notice_files(connection, session.night_on)
    is_entered = bool(night.changes) and not night.quarantined
    counts = imported.tail(1) if is_entered else imported.clear()
    read, new, same, bad = (
        int(counts[name].sum())
        for name in (NoticeIntake.ROWS_READ, NoticeIntake.ROWS_NEW, NoticeIntake.ROWS_SAME, NoticeIntake.ROWS_BAD)
    )
    reduced = record_notices(night)
    return ForeseenNotices(
        is_held=bool(night.quarantined or night.given_up),
        is_known=not is_entered and not findings,
        rows_read=read,
        rows_new=new,
        rows_same=same,
        rows_bad=bad,
        new_yen=step.yen if is_entered else 0,
        reduced=reduced,
        not_issued=night.not_issued_words,
        findings=tuple(findings),
    )
