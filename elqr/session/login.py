"""The login (操作する人): who sits at this machine, and whether the city's table admits that person."""

import os
import platform
from collections.abc import Iterable, Mapping
from pathlib import Path

from elqr.session.job import Job, read_job
from elqr.session.operators import Operator, Operators, read_operators


def operators_for(job: Job) -> Operators | None:
    """操作する人の表 of a job, where it names one. Raises NotFound, BadFile."""
    return read_operators(job.approval.operators) if job.approval.operators else None


def admit(path: Path, by: str, roles: Iterable[str]) -> None:
    """この名前で操作してよいか, as the job's table of operators says; without one anybody may. Raises BadFile."""
    operators = operators_for(read_job(path))
    if operators is not None:
        operators.admit(who_runs(os.environ), by, roles)


def who_runs(environment: Mapping[str, str]) -> Operator:
    """操作した人: the account of this process, who logged in (as the kernel says, or else sudo), and the machine."""
    return Operator(_account(), _login(environment), platform.node())


def _account() -> str:
    try:
        import pwd
    except ImportError:  # Windows
        return os.getlogin()
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def _login(environment: Mapping[str, str]) -> str:
    """Set once at the login and kept through sudo and su: nobody but the system changes it (audit's loginuid)."""
    try:
        import pwd

        return pwd.getpwuid(int(Path("/proc/self/loginuid").read_text(encoding="ascii"))).pw_name
    except (ImportError, OSError, ValueError, KeyError, OverflowError):
        pass
    try:
        return environment.get("SUDO_USER", "") or os.getlogin()
    except OSError:  # no terminal
        return ""
