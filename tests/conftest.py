"""Options of the whole suite, and the database its cities keep their ledgers in."""

import gc
from collections.abc import Iterator

import pytest
from hypothesis import settings
from sqlalchemy import Connection, Engine, event, util
from sqlalchemy.engine.default import DefaultDialect

from tests import builders, server, told
from tests.once import once
from tests.plans import begins_with_what_is_asked

# A busy machine is slow, not wrong.
settings.register_profile("elqr", deadline=None)
settings.load_profile("elqr")

event.listen(Engine, "before_cursor_execute", begins_with_what_is_asked)

# Statements are compiled once for all cities: SQLAlchemy keeps them by dialect, and every city's engine has its own.
DefaultDialect.__eq__ = lambda one, other: type(one) is type(other)  # type: ignore[method-assign]
DefaultDialect.__hash__ = lambda own: hash(type(own))  # type: ignore[method-assign]
COMPILED = util.LRUCache[object, object](2_000)


@event.listens_for(Engine, "engine_connect")
def _compile_once(connection: Connection) -> None:
    connection.execution_options(compiled_cache=COMPILED)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write the golden texts anew, print what changed, and fail the run so that a person looks",
    )
    parser.addoption(
        "--store",
        choices=("sqlite", "postgresql"),
        default="sqlite",
        help="the database of the ledgers: a file, or a PostgreSQL server that the tests start",
    )


# Nothing that was loaded becomes garbage, and a suite makes little: it is looked for less often.
gc.set_threshold(50_000, 20, 50)


def pytest_collection_finish() -> None:
    gc.freeze()


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(told.Told())


LONGEST = (
    "tests/audit/test_tampering.py",
    "tests/synthetic/test_synthetic.py",
    "tests/approvals/test_reminder_gate.py",
    "tests/night/test_cluster.py",
    "tests/approvals/test_held_files.py",
    "tests/store/test_migrations.py",
    "tests/cli/test_wrong_inputs.py",
    "tests/rules/test_claim_files.py",
    "tests/handover/test_printing.py",
    "tests/rules/test_ruling_reversal.py",
    "tests/rules/test_offsets.py",
    "tests/rules/test_reductions.py",
    "tests/store/test_server.py",
    "tests/test_simulation.py",
    "tests/test_blackout.py",
)
"""Files of a minute and more: begun first, so that no core waits for the last of them."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The longest files come first; tests about the ledger's file are left out where there is none."""
    rank = {name: number for number, name in enumerate(LONGEST)}
    assert all((builders.ROOT / name).is_file() for name in LONGEST)
    items.sort(key=lambda item: rank.get(item.nodeid.partition("::")[0], len(rank)))
    if config.getoption("--store") == "postgresql":
        for item in items:
            if item.get_closest_marker("ledger_file"):
                item.add_marker(pytest.mark.skip(reason="台帳のファイルについての試験"))


@pytest.fixture(scope="session")
def database_server() -> Iterator[server.Server]:
    """A PostgreSQL server of these tests' own."""
    if server.programs() is None:
        pytest.skip("PostgreSQL がありません（apt install postgresql）")
    with server.running() as own:
        yield own


@pytest.fixture(autouse=True, scope="session")
def _store(request: pytest.FixtureRequest) -> None:
    """Cities keep their ledgers where `--store` says."""
    if request.config.getoption("--store") == "postgresql":
        builders.SERVERS[:] = [request.getfixturevalue("database_server")]


@pytest.fixture(scope="module")
def each_command_once() -> Iterator[None]:
    """The tests of a module share the nights and commands that they have in common (tests/once.py)."""
    with once():
        yield
