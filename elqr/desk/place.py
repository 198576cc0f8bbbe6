"""The desk's place (窓口の場): what every page works with, made once when the desk opens."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Lock

from elqr.night.opening import open_beside, open_to_decide
from elqr.session import clock
from elqr.session.job import Desk, read_job, read_store_url
from elqr.session.login import who_runs
from elqr.session.operators import at_desk
from elqr.session.session import Session
from elqr.session.setup import Setup, read_setup
from elqr.store.desk.database import DeskDatabase, open_desk_database
from elqr.store.ledger_file import LedgerReader
from elqr.vocabulary.errors import Locked, Refused

_PATIENCE_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Place:
    """窓口の場: the setup, the ledger's reader, the desk's database, and the clock.

    `turn`: one log-in after the other, so that failures are counted before the next is tried. `pen`: one entry in the
    ledger after the other, so that people at the desk wait for each other and not in vain.
    """

    setup: Setup
    reader: LedgerReader
    database: DeskDatabase
    ask_time: Callable[[], datetime] = clock.now
    turn: Lock = field(default_factory=Lock)
    pen: Lock = field(default_factory=Lock)

    @property
    def settings(self) -> Desk:
        """ジョブの [desk]."""
        return self.setup.job.desk

    @contextmanager
    def look(self) -> Iterator[Session]:
        """台帳を見る, as it is committed now."""
        with open_beside(self.setup, self.reader) as session:
            yield session

    @contextmanager
    def write(self, login: str, address: str) -> Iterator[Session]:
        """台帳に記す, as the owner of an account at an address. Raises Locked while another is at work; Refused."""
        if self.setup.job.approval.operators is not None:
            raise Refused(
                "このジョブは操作する人の表（[approval] operators）で人を見分けるので、窓口では申請も承認もできません。"
                '窓口でするには、システム担当が operators を identity = "desk" に替えます。'
            )
        if not self.pen.acquire(timeout=_PATIENCE_SECONDS):
            raise Locked("ほかの申請・承認を記しています。もう一度操作してください。")
        try:
            operator = at_desk(who_runs({}).os_user, login, address)
            with open_to_decide(self.setup, self.reader.url, self.ask_time().date(), operator) as session:
                yield session
        finally:
            self.pen.release()


def open_place(path: Path, environment: Mapping[str, str], *, creates: bool = False) -> Place:
    """窓口の場を開く, of the job at a path, with the desk's database, made where `creates`. Raises OperatorError."""
    job = read_job(path)
    url = read_store_url(job, environment)
    return Place(read_setup(path, job, environment), LedgerReader.of(url), open_desk_database(url, creates=creates))


def instant(at: datetime) -> str:
    """時刻 as the desk's database keeps it; texts of one offset are in the order of their instants."""
    return at.isoformat(timespec="seconds")
