"""Options of the whole suite."""

import pytest
from hypothesis import settings

# A busy machine is slow, not wrong.
settings.register_profile("elqr", deadline=None)
settings.load_profile("elqr")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write the golden texts anew, print what changed, and fail the run so that a person looks",
    )
