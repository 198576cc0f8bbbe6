"""The desk of a small city (窓口): its people, a clock that the test moves, and browsers without a screen.

The city is that of tests/report/page_city.py, whose names and texts try to break out.
"""

import re
import tempfile
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from elqr.desk.place import Place, open_place
from elqr.desk.web import make_app
from elqr.session.clock import JAPAN
from elqr.session.job import Desk
from elqr.store.desk.accounts import enter_account, set_password
from elqr.store.desk.database import open_desk_database
from elqr.store.desk.records import records
from elqr.vocabulary.desk_frames import DeskRecord
from elqr.vocabulary.staff import FINANCE, AccountStep, Deed, DeskRole, StaffAccount
from tests.builders import City
from tests.cases.prepared import prepared
from tests.report.page_city import OFFICE, founded

MORNING = datetime(2026, 11, 24, 8, 30, tzinfo=JAPAN)
PASSWORD = "kaki no ki ni mi ga 3tsu"
SINCE = date(2026, 4, 1)
PEOPLE = (
    StaffAccount("satou", "佐藤 花子", FINANCE, frozenset({DeskRole.VIEW, DeskRole.REQUEST}), SINCE),
    StaffAccount("yamada", "山田 太郎", "保険年金課", frozenset({DeskRole.VIEW}), SINCE),
    StaffAccount("odd", "<script>alert(1)</script>", OFFICE, frozenset({DeskRole.VIEW}), SINCE),
    StaffAccount("kanri", "管理 次郎", FINANCE, frozenset({DeskRole.ADMIN}), SINCE),
    StaffAccount("takagi", "高木 三郎", FINANCE, frozenset({DeskRole.VIEW, DeskRole.APPROVE}), SINCE),
    StaffAccount("both", "西 五月", FINANCE, frozenset({DeskRole.REQUEST, DeskRole.APPROVE}), SINCE),
    StaffAccount("tanaka", "田中 四郎", "市民税課", frozenset({DeskRole.REQUEST}), SINCE),
)


@cache
def desk_city() -> City:
    """The city after its night, lived once and only read."""
    return prepared(Path(tempfile.mkdtemp()) / "city", founded)


@cache
def _place() -> Place:
    return open_place(desk_city().job, {}, creates=True)


@cache
def cheap_digest() -> str:
    """The hash of the password at the least cost, which the hash itself says: a log-in of a test takes no time."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


@dataclass
class Counter:
    """A desk with a database of its own: people, browsers, and what was recorded."""

    folder: Path
    settings: Desk = field(default_factory=Desk)
    now: datetime = MORNING
    place: Place = field(default_factory=lambda: _place())

    def __post_init__(self) -> None:
        job = self.place.setup.job.model_copy(update={"desk": self.settings})
        database = open_desk_database(f"sqlite:///{self.folder / 'ledger.db'}", creates=True)
        self.place = Place(replace(self.place.setup, job=job), self.place.reader, database, lambda: self.now)
        self.app = make_app(self.place)
        with database.transaction() as connection:
            for person in PEOPLE:
                enter_account(connection, person, AccountStep.ADDED, MORNING.isoformat(), "試験")
                if not self.settings.user_header:
                    set_password(connection, person.login, cheap_digest(), MORNING.isoformat(), is_one_time=False)

    def wait(self, **time: int) -> None:
        """The clock goes on."""
        self.now += timedelta(**time)

    def browser(self, login: str = "", address: str = "10.1.2.3") -> "Browser":
        """A browser, logged in if a person is named."""
        browser = Browser(self.app.test_client(), address)
        if login:
            assert browser.log_in(login).status_code == 303
        return browser

    def recorded(self) -> list[tuple[Deed, str, str, str]]:
        """What was recorded: deed, login, address and subject."""
        names = (DeskRecord.DEED, DeskRecord.LOGIN, DeskRecord.ADDRESS, DeskRecord.SUBJECT)
        with self.place.database.transaction() as connection:
            rows = records(connection, date.min, date(2100, 1, 1))
        return [
            (Deed(deed), login, address, subject) for deed, login, address, subject in rows.select(names).iter_rows()
        ]

    def deeds(self) -> list[Deed]:
        """What was recorded, by kind."""
        return [deed for deed, *_ in self.recorded()]


@dataclass
class Browser:
    """A browser at an address: it keeps cookies, and fills in forms as their pages have them."""

    client: FlaskClient
    address: str

    def get(self, path: str, headers: dict[str, str] | None = None) -> TestResponse:
        return self.client.get(path, headers=headers, environ_base={"REMOTE_ADDR": self.address})

    def post(self, path: str, values: dict[str, str], headers: dict[str, str] | None = None) -> TestResponse:
        """Posts as it stands: no token is added."""
        return self.client.post(path, data=values, headers=headers, environ_base={"REMOTE_ADDR": self.address})

    def token(self, path: str) -> str:
        """The token of the form on a page."""
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.get(path).text)
        assert found is not None
        return found[1]

    def submit(self, path: str, form_at: str = "", **values: str) -> TestResponse:
        """Fills in the form that a page has, and sends it."""
        return self.post(path, {"csrf_token": self.token(form_at or path), **values})

    def log_in(self, login: str, password: str = PASSWORD, **values: str) -> TestResponse:
        return self.submit("/login", login=login, password=password, **values)

    def cookie(self) -> str:
        """The id of the session."""
        found = self.client.get_cookie("elqr_desk")
        return "" if found is None else found.value

    def is_in(self) -> bool:
        """Whether the desk knows who this is."""
        return self.get("/me").status_code == 200
