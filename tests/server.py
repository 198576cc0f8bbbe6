"""A real PostgreSQL for the tests: a server of their own on this machine, started when asked for, gone at the end."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg

_USER = "elqr"
_SETTINGS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=40", "shared_buffers=64MB")
"""A server that forgets when the machine fails: these databases live for one test."""


def programs() -> Path | None:
    """Where the server's programs are; None when there are none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    initdb = shutil.which("initdb")
    return Path(initdb).parent if initdb else None


@dataclass
class Server:
    """A running server, and the databases made on it."""

    folder: Path
    port: int
    control: list[str]
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://{_USER}@127.0.0.1:{self.port}/{database}"

    def run(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """One statement, outside any transaction."""
        where = f"host=127.0.0.1 port={self.port} user={_USER} dbname={database}"
        with psycopg.connect(where, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def new_database(self, template: str = "template0") -> str:
        name = f"ledger_{os.getpid()}_{next(self.numbers)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name


def _as_nobody() -> list[str]:
    """A server refuses to be run by root."""
    if os.getuid() != 0:
        return []
    for name in ("postgres", "nobody"):
        try:
            own = pwd.getpwnam(name)
        except KeyError:
            continue
        return ["setpriv", f"--reuid={own.pw_uid}", f"--regid={own.pw_gid}", "--clear-groups"]
    raise RuntimeError("no user to run the server as")


@contextmanager
def running() -> Iterator[Server]:
    """A new server for the block."""
    home, user = programs(), _as_nobody()
    assert home is not None, "asked for only where there are programs"
    with tempfile.TemporaryDirectory(prefix="elqr-pg-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if user:
            os.chown(folder, int(user[1].partition("=")[2]), int(user[2].partition("=")[2]))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        data, log = folder / "data", folder / "log"
        made = ["--auth=trust", f"--username={_USER}", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        done([*user, str(home / "initdb"), f"--pgdata={data}", *made])
        settings = " ".join(f"-c {own}" for own in (*_SETTINGS, f"port={port}", f"unix_socket_directories={folder}"))
        options = f"--options={settings} -c listen_addresses=127.0.0.1"
        control = [*user, str(home / "pg_ctl"), f"--pgdata={data}", "--wait", f"--log={log}", options]
        done([*control, "start"])
        try:
            yield Server(folder, port, control)
        finally:
            done([*control, "--mode=immediate", "stop"])


def done(command: list[str]) -> None:
    """A program run to its end. Its output is not read: a server that goes on would hold the pipe."""
    ran = subprocess.run(
        command, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120
    )
    assert ran.returncode == 0, command
