"""The engine (分散処理の基盤): Apache Spark runs functions on many machines, and gathers rows that belong together.

The only module that knows Spark; it is loaded only when a job has a cluster. The engine decides which machine does
what, repeats the work of a machine that dies, and moves the data. So a function must give the same result however
often it runs. Refuses a cluster that does not answer, or that has another version of the program.
"""

import socket
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from subprocess import DEVNULL
from threading import Event, Timer
from typing import TYPE_CHECKING, Any, TypeVar

import polars as pl

from elqr import __version__
from elqr.vocabulary.errors import ClusterError, OperatorError, cause

if TYPE_CHECKING:
    from pyspark import RDD, SparkContext

A = TypeVar("A")
B = TypeVar("B")
_ANSWER_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Engine:
    """動いている分散処理の基盤: what hands the work to the machines and gathers their answers."""

    context: "SparkContext"

    @property
    def slots(self) -> int:
        """いくつの仕事が同時に進むか: how many tasks run at the same time."""
        count: int = self.context.defaultParallelism
        return count

    def each(self, work: Callable[[A], B], items: Sequence[A]) -> list[B]:
        """一つずつ処理する: the function's results, in the order of the items. Raises an OperatorError of a task."""
        return _collect(self.context.parallelize(items, max(len(items), 1)).map(_ErrorAsValue(_SameProgram(work))))

    def read(self, work: Callable[[A], B], items: Sequence[A]) -> "RDD[B]":
        """読む: the function's results, kept on the machines that computed them."""
        return self.context.parallelize(items, max(len(items), 1)).map(_SameProgram(work)).persist()

    def gather(
        self,
        rows: "RDD[A]",
        cut: Callable[[A], Iterable[tuple[int, bytes]]],
        parts: int,
        work: Callable[[int, list[bytes]], B],
    ) -> list[B]:
        """集める: `cut` divides each row into bytes for numbered parts; `work` takes a part's number and all its bytes.

        Returns the results in the order of the parts. Raises an OperatorError of a task.
        """
        task = _ErrorAsValue(_SameProgram(work))

        def run_part(part_no: int, numbered: Iterable[tuple[int, bytes]]) -> Iterator[B]:
            yield task(part_no, [data for _, data in numbered])

        return _collect(rows.flatMap(cut).partitionBy(parts, int).mapPartitionsWithIndex(run_part))

    def stop(self) -> None:
        """終える, so that the machines are free for others."""
        self.context.stop()


_PROGRAM = f"elqr {__version__}・polars {pl.__version__}"


@dataclass(frozen=True, slots=True)
class _SameProgram:
    """同じプログラムか: work that refuses to run in another version, which might decide or divide differently.

    Raises ClusterError.
    """

    work: Callable[..., Any]
    program: str = _PROGRAM

    def __call__(self, *args: Any) -> Any:
        if self.program != _PROGRAM:
            raise ClusterError(
                f"クラスタの機械のプログラム（{_PROGRAM}）が、この機械（{self.program}）と違います。同じ版を入れてください。"
            )
        return self.work(*args)


@dataclass(frozen=True, slots=True)
class _ErrorAsValue:
    """誤りを値にする: work that returns an OperatorError, so that the engine does not try again in vain."""

    work: Callable[..., Any]

    def __call__(self, *args: Any) -> Any:
        try:
            return self.work(*args)
        except OperatorError as error:
            return error


@contextmanager
def start_engine(master: str) -> Iterator[Engine]:
    """基盤を始める for the block. Raises ClusterError."""
    try:
        from py4j.protocol import Py4JError
        from pyspark import SparkConf, SparkContext
        from pyspark.errors import PySparkException
        from pyspark.java_gateway import launch_gateway
    except ImportError as error:
        raise ClusterError(
            "ジョブの [cluster] には pyspark が要ります。"
            "pip install 'elqr[cluster]' で入れるか、[cluster] を消してください。"
        ) from error
    _refuse_unreachable(master)
    try:
        settings = SparkConf().setMaster(master).setAppName("elqr").set("spark.ui.showConsoleProgress", "false")
        gateway = launch_gateway(settings, {"stdout": DEVNULL, "stderr": DEVNULL})  # type: ignore[no-untyped-call,unused-ignore]
        context = SparkContext(conf=settings, gateway=gateway)
    except (PySparkException, Py4JError, OSError) as error:
        raise ClusterError(
            f"クラスタ {master} を始められません（{_first_line(error)}）。Java 17 以上があるか、"
            "ジョブの [cluster] master とクラスタの設定を確かめてください。"
        ) from error
    try:
        engine = Engine(context)
        _refuse_silent(engine)
        yield engine
    finally:
        context.stop()


def _refuse_unreachable(master: str) -> None:
    """つながらないクラスタを断る, at once: the engine would try for a minute. Raises ClusterError."""
    if not master.startswith("spark://"):
        return
    host, _, port = master.removeprefix("spark://").rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=5).close()
    except OSError as error:
        raise ClusterError(
            f"クラスタ {master} につながりません（{cause(error)}）。"
            "動いているか、ジョブの [cluster] master を確かめてください。"
        ) from error


def _refuse_silent(engine: Engine) -> None:
    """応じないクラスタを断る: without machines the engine would wait for ever. Raises ClusterError."""
    late = Event()

    def give_up() -> None:
        late.set()
        engine.context.cancelAllJobs()

    timer = Timer(_ANSWER_SECONDS, give_up)
    timer.start()
    try:
        engine.each(abs, [1])
    except ClusterError as error:
        if not late.is_set():
            raise
        raise ClusterError(
            f"{_ANSWER_SECONDS}秒待っても、クラスタの働き手が応じません。機械が動いているか、空いているかを確かめてください。"
        ) from error
    finally:
        timer.cancel()


def _collect(rows: "RDD[B]") -> list[B]:
    from py4j.protocol import Py4JJavaError

    try:
        answers: list[B] = rows.collect()
    except Py4JJavaError as error:
        raise ClusterError(
            f"クラスタの仕事が終わりませんでした（{_reason(error)}）。"
            "クラスタの機械とその記録を確かめて、もう一度実行してください。取り込み済みの分は失われていません。"
        ) from error
    for answer in answers:
        if isinstance(answer, OperatorError):
            raise answer
    return answers


def _reason(error: Any) -> str:
    """わけ: the last error line of a machine, or else the engine's own first line."""
    lines = [line.strip() for line in str(error.java_exception.getMessage()).splitlines()]
    raised = [line for line in lines if "Error: " in line and not line.startswith(("at ", "File "))]
    return (raised or lines or ["?"])[-1 if raised else 0]


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
