"""The login (操作する人): who sits at this machine, and whether the table of operators admits that person."""

import os
import platform
from collections.abc import Iterable, Mapping
from pathlib import Path

from elqr.session.job import Job, read_job
from elqr.session.operators import Operator, Operators, read_operators
from elqr.vocabulary.errors import Refused


def operators_for(job: Job) -> Operators | None:
    """操作する人の表 of a job; None where it names none. Raises NotFound, BadFile."""
    return read_operators(job.approval.operators) if job.approval.operators else None


def admit(path: Path, by: str, roles: Iterable[str]) -> None:
    """この名前での操作を認める, by the job's table of operators; without one anybody may. Raises BadFile, Refused.

    Where people are known by their log-in at the desk, a name that was typed is nobody's.
    """
    job = read_job(path)
    if job.approval.identity == "desk":
        raise Refused(
            "このジョブでは、申請と承認は窓口にログインした人だけができます（[approval] identity）。"
            f"--by {by} は使えません。ブラウザで窓口を開いてください。"
        )
    operators = operators_for(job)
    if operators is not None:
        operators.admit(who_runs(os.environ), by, roles)


def who_runs(environment: Mapping[str, str]) -> Operator:
    """操作した人: the account of this process, who logged in (from the kernel, else from sudo), and the machine."""
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
    """ログインした利用者: audit's loginuid. Only the system sets it, once at the login; sudo and su keep it."""
    try:
        import pwd

        return pwd.getpwuid(int(Path("/proc/self/loginuid").read_text(encoding="ascii"))).pw_name
    except (ImportError, OSError, ValueError, KeyError, OverflowError):
        pass
    try:
        return environment.get("SUDO_USER", "") or os.getlogin()
    except OSError:  # no terminal
        return ""
