"""Every code is told: when the whole suite has run, each was the answer of the program to something that a test gave it.

A finding counts that the program makes, wherever that is; one that a test makes for itself does not.
"""

import sys
from collections.abc import Iterator
from functools import wraps
from pathlib import Path
from typing import Any

import pytest

from elqr.vocabulary.codes import Code
from elqr.vocabulary.findings import Finding
from tests.builders import ROOT

_PACKAGE = str(ROOT / "elqr") + "/"


class Told:
    """What was told in this run of the tests, in whichever of its processes."""

    def __init__(self) -> None:
        self.codes = set[str]()
        self._make = Finding.__init__

    def pytest_sessionstart(self) -> None:
        """From now on each finding says that it was made."""
        make, codes = self._make, self.codes

        @wraps(make)
        def made(finding: Finding, *given: Any, **named: Any) -> None:
            make(finding, *given, **named)
            if sys._getframe(1).f_code.co_filename.startswith(_PACKAGE):
                codes.add(finding.code.value)

        Finding.__init__ = made  # type: ignore[method-assign]

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """A process of several says what was told in it."""
        self.codes |= set(getattr(node, "workeroutput", {}).get("told", ()))

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """The run has failed if it was whole, and a code was never told."""
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput["told"] = sorted(self.codes)
        elif any(self._untold(session.config)) and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: Any, config: pytest.Config) -> None:
        """Which codes those were."""
        for code in self._untold(config):
            terminalreporter.write_line(
                f"FAILED {Path(__file__).name}: no test makes the program tell {code}", red=True
            )

    def _untold(self, config: pytest.Config) -> Iterator[Code]:
        chosen = (
            config.getoption("keyword")
            or config.getoption("markexpr")
            or config.getoption("lf")
            or config.option.collectonly
        )
        if config.args_source is pytest.Config.ArgsSource.TESTPATHS and not chosen:
            yield from (code for code in Code if code.value not in self.codes)
