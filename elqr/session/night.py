"""The night's state (一夜): what a run is given, what it has changed so far, and who works for it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Protocol

import polars as pl

from elqr import __version__
from elqr.disk.archive import keep_arrived, kept_at
from elqr.disk.atomic_write import write_whole
from elqr.disk.config_files import plain_bytes
from elqr.disk.inbox import Arrived, arrivals, passed_over
from elqr.disk.run_log import Journal
from elqr.disk.temporary_files import Watch
from elqr.formats.recognize import fits_one
from elqr.formats.spec import Spec
from elqr.report.early_files import Ahead
from elqr.report.page.page import Page
from elqr.rules.night_result import InHand
from elqr.rules.register import Register
from elqr.rules.settlement_rules import Rules
from elqr.session.job import Inbox, Job, Notices
from elqr.session.operators import Operator, Operators
from elqr.store.entries.seals import Seal
from elqr.store.ledger_file import Ledger
from elqr.store.queries.ledger_identity import handed_out, ledger_id
from elqr.store.queries.reviews import last_night
from elqr.vocabulary.errors import CannotWrite, Refused, cause
from elqr.vocabulary.findings import LISTED_PER_CODE, Finding
from elqr.vocabulary.limits import NAMED


@dataclass(slots=True)
class Night:
    """一夜: everything a run needs, and what it has changed so far.

    `taken` are the payments that it took in and keeps in hand, frame Payment by file; `in_hand` is what it decided,
    `ahead` what is drawn of that while it is entered, `seals` what its link says of the rows that were in hand.
    `given_up` are files that lie there still, and that two people do not wait for.
    `operator` is who runs it; with a table of `operators` it is known which person that is.
    """

    job: Job
    register: Register
    specs: Mapping[str, Spec]
    ledger: Ledger
    night_on: date
    secret: bytes
    journal: Journal
    rules: Rules
    workers: "Workers"
    changes: list[str] = field(default_factory=list)
    quarantined: list[str] = field(default_factory=list)
    given_up: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    taken: dict[int, pl.DataFrame] = field(default_factory=dict)
    in_hand: InHand | None = None
    ahead: Ahead = field(default_factory=Ahead)
    operator: Operator = field(default_factory=Operator)
    operators: Operators | None = None
    seals: dict[str, Seal] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """その夜のフォルダ: where its reports go."""
        return self.job.out / self.night_on.isoformat()

    @property
    def ledger_id(self) -> str:
        """台帳の素性: the id of the night's ledger."""
        with self.ledger.transaction() as connection:
            return ledger_id(connection)

    def numbers(self) -> dict[str, int]:
        """渡した番号, so far: what is left of the ledger when it is lost."""
        with self.ledger.transaction() as connection:
            return handed_out(connection).as_dict()

    def refuse_earlier_day(self) -> None:
        """最後の処理日より前では動かさない: the pages of nights that were drawn must stay true. Raises Refused."""
        last = last_night(self.ledger.connection)
        if self.night_on.isoformat() < last:
            raise Refused(
                f"処理日（{self.night_on}）が、台帳の最後の処理日（{last}）より前です。"
                "--date かジョブの date を、最後の処理日以後にしてください。"
            )

    def summary(self, page: Page, run_id: str, exit_code: int) -> dict[str, object]:
        """実行の要約: the head of `run.json`. Holds counts and yen, no names."""
        return {
            "run_id": run_id or f"{self.night_on:%Y%m%d}-same",
            "program": f"elqr {__version__}",
            "ledger": self.ledger_id,
            "numbers": self.numbers(),
            "night_on": self.night_on.isoformat(),
            "rehearsal": self.ledger.rehearsal,
            **({"training": True} if self.job.training else {}),
            "changed": bool(self.changes),
            "status": page.status,
            "exit_code": exit_code,
            "quarantined": self.quarantined,
            **({"given_up": self.given_up} if self.given_up else {}),
            "funnel": [
                {"place": line.kind, "label": line.label, "count": line.count, "yen": line.yen} for line in page.funnel
            ],
            "findings": [finding.as_dict() for finding in page.findings[:LISTED_PER_CODE]],
            "kpi": [
                {"fiscal_year": y.fiscal_year, "target": y.target, "planned": y.planned, "live": y.live}
                for y in page.years
            ],
        }

    def watch(self, box: Inbox) -> Watch:
        """受信箱の見方: what a payment or money inbox ignores, and what may arrive in it."""
        return Watch(box.ignore, self._fits(*box.specs))

    def watch_notices(self, box: Notices) -> Watch:
        """納付書データの受信箱の見方: likewise, of notice files."""
        return Watch((), self._fits(box.spec))

    def _fits(self, *names: str) -> Callable[[bytes], bool]:
        return partial(fits_one, [self.specs[name] for name in names], self.night_on)

    def arrivals(self, folder: Path, watch: Watch) -> Iterator[Arrived]:
        """受信箱の中身; what is passed over stands in the record of the run."""
        for name in passed_over(folder, watch):
            with self.journal.step("受信箱", name) as step:
                step.result = "作業用のファイルとして無視"
        yield from arrivals(folder, self.job.thresholds.file_megabytes, watch)

    def keep(self, arrived: Arrived) -> Arrived:
        """Archives what arrived, and returns it as it is kept; a rehearsal writes nothing."""
        return arrived if self.ledger.rehearsal else keep_arrived(self.job.store.archive, arrived)

    def kept(self, arrived: Arrived) -> Arrived:
        """A large file where nobody writes to it any more; in a rehearsal where it came."""
        if arrived.path is None or self.ledger.rehearsal:
            return arrived
        return replace(arrived, path=kept_at(self.job.store.archive, arrived.sha256))

    def holds_other(self, path: Path, data: bytes) -> bool:
        """ほかの中身があるか: a file of that name that says something else, and that somebody may have taken away.

        Raises CannotWrite where that cannot be seen: no other number would be seen either.
        """
        try:
            return plain_bytes(path, NAMED) != data
        except FileNotFoundError:
            return False
        except OSError as error:
            raise CannotWrite(
                f"{path} に何があるかを確かめられません（{cause(error)}）。"
                "権限を直すか、そこにあるものをほかの場所に移して、もう一度実行してください。"
            ) from error

    def write(self, path: Path, data: bytes) -> None:
        """Writes an output file; a rehearsal writes nothing."""
        if not self.ledger.rehearsal:
            write_whole(path, data)


@dataclass(frozen=True, slots=True)
class Posted:
    """計上した結果: sums of what was decided, for the run's record."""

    count: int
    yen: int
    places: dict[str, list[int]]
    channels: dict[str, list[int]]
    posted_yen: int


class Workers(Protocol):
    """働き手: who brings in what came and matches the payments: this machine alone, others too, or past nights."""

    def take_notices(self, night: Night) -> bool:
        """納付書データを取り込む: every file that came; returns whether slips are issued then."""

    def take_payments(self, night: Night) -> None:
        """収納データを取り込む: every file that came, each by one transaction."""

    def take_money(self, night: Night) -> None:
        """入金データを取り込む: likewise."""

    def post(self, night: Night) -> Posted:
        """計上する: every payment without a decision, inside the night's transaction."""
