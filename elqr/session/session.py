"""The session (作業): what one command works with, such as its setup and its open ledger. It never changes."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from pathlib import Path

from elqr.disk.archive import keep_arrived, kept_path
from elqr.disk.atomic_write import write_whole
from elqr.disk.config_files import plain_bytes
from elqr.disk.inbox import Arrived, list_passed_over, read_inbox
from elqr.disk.inbox_filter import InboxFilter
from elqr.disk.run_log import Journal
from elqr.formats.recognize import fits_one
from elqr.formats.spec import Spec
from elqr.rules.register import Register
from elqr.rules.settlement_rules import Rules
from elqr.session.job import Inbox, Job, Notices
from elqr.session.operators import Who
from elqr.session.setup import Setup
from elqr.store.ledger_file import Ledger
from elqr.store.queries.ledger_identity import handed_out, ledger_id
from elqr.store.queries.months import last_closed_month
from elqr.store.queries.reviews import last_night
from elqr.vocabulary.errors import CannotWrite, Refused, cause
from elqr.vocabulary.limits import NAMED


@dataclass(frozen=True, slots=True)
class Session:
    """作業: the setup, the open ledger, the processing day, the journal, and who runs it."""

    setup: Setup
    ledger: Ledger
    night_on: date
    journal: Journal
    who: Who = field(default_factory=Who)

    @property
    def job(self) -> Job:
        """ジョブ."""
        return self.setup.job

    @property
    def register(self) -> Register:
        """手続台帳."""
        return self.setup.register

    @property
    def specs(self) -> Mapping[str, Spec]:
        """様式 by name."""
        return self.setup.specs

    @property
    def notice_spec(self) -> Spec:
        """納付書データの様式: the job's, or the shipped one where the job has no inbox for notices."""
        return self.specs[self.job.notices.spec if self.job.notices else "notice_csv"]

    @property
    def rules(self) -> Rules:
        """突合と到着の決まり."""
        return self.setup.rules

    @property
    def folder(self) -> Path:
        """その夜のフォルダ: where its reports go."""
        return self.job.out / self.night_on.isoformat()

    @property
    def ledger_id(self) -> str:
        """台帳の素性: the id of the ledger."""
        with self.ledger.transaction() as connection:
            return ledger_id(connection)

    def numbers(self) -> dict[str, int]:
        """渡した番号 so far, by series. Recorded with every run, in case the ledger is lost."""
        with self.ledger.transaction() as connection:
            return handed_out(connection).as_dict()

    def refuse_earlier_day(self) -> None:
        """最後の処理日より前の日を断る: the pages of past nights must stay true. Raises Refused."""
        last = last_night(self.ledger.connection)
        if self.night_on.isoformat() < last:
            raise Refused(
                f"処理日（{self.night_on}）が、台帳の最後の処理日（{last}）より前です。"
                "--date かジョブの date を、最後の処理日以後にしてください。"
            )

    def refuse_closed_month(self) -> None:
        """締めた月までの日を断る: the figures of a closed month, and of those before it, stand. Raises Refused."""
        with self.ledger.transaction() as connection:
            closed = last_closed_month(connection)
        if f"{self.night_on:%Y-%m}" <= closed:
            raise Refused(
                f"{closed} までの月は締めてあるので、{self.night_on} の日付では何も台帳に入れられません。"
                "--date かジョブの date を、締めた月より後の日にしてください。"
            )

    def watch(self, box: Inbox) -> InboxFilter:
        """受信箱の見方: what to ignore in a payment or money inbox, and which content may arrive in it."""
        return InboxFilter(box.ignore, self._fits(*box.specs))

    def watch_notices(self, box: Notices) -> InboxFilter:
        """納付書データの受信箱の見方: which content may arrive in it."""
        return InboxFilter((), self._fits(box.spec))

    def _fits(self, *names: str) -> Callable[[bytes], bool]:
        return partial(fits_one, [self.specs[name] for name in names], self.night_on)

    def arrivals(self, folder: Path, watch: InboxFilter) -> Iterator[Arrived]:
        """受信箱の中身. Files that are passed over are noted in the record of the run."""
        for name in list_passed_over(folder, watch):
            with self.journal.step("受信箱", name) as step:
                step.result = "作業用のファイルとして無視"
        yield from read_inbox(folder, self.job.thresholds.file_megabytes, watch)

    def keep(self, arrived: Arrived) -> Arrived:
        """保管する: archive what arrived, and return it as it is kept. A rehearsal writes nothing."""
        return arrived if self.ledger.rehearsal else keep_arrived(self.job.store.archive, arrived)

    def kept(self, arrived: Arrived) -> Arrived:
        """保管したもの: a large file from the archive, where nobody writes to it; in a rehearsal from the inbox."""
        if arrived.path is None or self.ledger.rehearsal:
            return arrived
        return replace(arrived, path=kept_path(self.job.store.archive, arrived.sha256))

    def holds_other(self, path: Path, data: bytes) -> bool:
        """ほかの中身があるか: a file of that name with other content, of which somebody may have a copy.

        Raises CannotWrite where that cannot be seen: trying the next number would not help.
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
        """ファイルを書く. A rehearsal writes nothing."""
        if not self.ledger.rehearsal:
            write_whole(path, data)
