"""A cluster for the tests: a master and two workers, processes of their own on this machine that share no memory."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from shutil import which

from tests.builders import ROOT

_BRIEFLY = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1"
"""For processes that live for one test."""

_OPTIONS = {
    "spark.driver.extraJavaOptions": _BRIEFLY,
    "spark.executor.extraJavaOptions": _BRIEFLY,
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.memory": "512m",
    "spark.executor.memory": "512m",
    "spark.ui.enabled": "false",
    "spark.executorEnv.POLARS_MAX_THREADS": "1",
}


def lacking() -> str:
    """What there is not, in words; empty when a cluster can be started."""
    if find_spec("pyspark") is None:
        return "pyspark がありません（pip install 'elqr[cluster]'）"
    return "" if which("java") else "Java がありません（apt install openjdk-17-jre-headless）"


@dataclass(frozen=True)
class Machines:
    """A running cluster: where its master is, and what a night on it needs in its environment."""

    master: str
    environment: dict[str, str]


def ancestors(process: int) -> list[int]:
    """A process and those that it comes from, by their numbers."""
    found = []
    while process > 1:
        found.append(process)
        process = int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
    return found


def is_executor(process: int) -> bool:
    """Is it one of the processes that a worker of the engine starts for a night."""
    return b"CoarseGrainedExecutorBackend" in Path(f"/proc/{process}/cmdline").read_bytes()


def who_speaks_from(port: int) -> int:
    """The process whose connection leaves this machine from a port."""
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    (inode,) = [line[9] for line in lines if int(line[1].partition(":")[2], 16) == port]
    for held in Path("/proc").glob("[0-9]*/fd/*"):
        with suppress(OSError):
            if os.readlink(held) == f"socket:[{inode}]":
                return int(held.parts[2])
    raise AssertionError(f"nobody speaks from {port}")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@contextmanager
def running(workers: int = 2) -> Iterator[Machines]:
    """A new cluster for the block, each worker with one core."""
    home = Path(find_spec("pyspark").origin).parent  # type: ignore[union-attr,arg-type]
    with tempfile.TemporaryDirectory(prefix="elqr-spark-", ignore_cleanup_errors=True) as name, ExitStack() as stack:
        folder, port = Path(name), _free_port()
        options = "".join(f"{key} {value}\n" for key, value in _OPTIONS.items())
        (folder / "spark-defaults.conf").write_text(options, encoding="utf-8")
        environment = {
            "SPARK_HOME": str(home), "SPARK_CONF_DIR": name, "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_LOCAL_DIRS": name,
            "PYSPARK_PYTHON": sys.executable, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "SPARK_DAEMON_MEMORY": "256m",
            "SPARK_DAEMON_JAVA_OPTS": _BRIEFLY,
        }  # fmt: skip
        master = f"spark://127.0.0.1:{port}"

        def start(what: str, *arguments: str) -> None:
            command = [str(home / "bin" / "spark-class"), f"org.apache.spark.deploy.{what}", "--host", "127.0.0.1"]
            log = stack.enter_context((folder / "log").open("ab"))
            process = subprocess.Popen(
                [*command, "--webui-port", "0", *arguments], env={**os.environ, **environment}, stdout=log, stderr=log
            )
            stack.callback(process.wait)
            stack.callback(process.terminate)

        start("master.Master", "--port", str(port))
        for number in range(workers):
            start("worker.Worker", "--cores", "1", "--memory", "512m", "--work-dir", f"{name}/work{number}", master)
        deadline = time.monotonic() + 60
        while (folder / "log").read_text(errors="replace").count("Successfully registered with master") < workers:
            assert time.monotonic() < deadline, (folder / "log").read_text(errors="replace")[-2_000:]
            time.sleep(0.1)
        yield Machines(master, environment)
