"""The engine (分散処理の基盤): Apache Spark, asked to run functions on machines, and to bring together what belongs so.

The only module that knows it; it is loaded where a job asks for a cluster.
Who does what, whose work is done again when a machine dies, and how pieces travel is the engine's business. What is
sent must give the same however often it is run. Refuses a cluster that does not answer, or that has another program.
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
    """分散処理の基盤, started."""

    context: "SparkContext"

    @property
    def hands(self) -> int:
        """いくつの仕事が同時に進むか: how many tasks run at a time."""
        count: int = self.context.defaultParallelism
        return count

    def each(self, work: Callable[[A], B], items: Sequence[A]) -> list[B]:
        """一つずつ: what the function makes of every item, in order. Raises the OperatorError that one raises."""
        return _collected(self.context.parallelize(items, max(len(items), 1)).map(_Said(_Sent(work))))

    def read(self, work: Callable[[A], B], items: Sequence[A]) -> "RDD[B]":
        """読む: what the function makes of every item, kept on the machines where it was made."""
        return self.context.parallelize(items, max(len(items), 1)).map(_Sent(work)).persist()

    def together(
        self,
        rows: "RDD[A]",
        cut: Callable[[A], Iterable[tuple[int, bytes]]],
        parts: int,
        work: Callable[[int, list[bytes]], B],
    ) -> list[B]:
        """集める: every row is cut into bytes for parts; the function is given a part's number and all its bytes."""
        bound = _Said(_Sent(work))

        def gathered(part_no: int, sent: Iterable[tuple[int, bytes]]) -> Iterator[B]:
            yield bound(part_no, [data for _, data in sent])

        return _collected(rows.flatMap(cut).partitionBy(parts, int).mapPartitionsWithIndex(gathered))

    def stop(self) -> None:
        """終える: the machines are free for others."""
        self.context.stop()


_PROGRAM = f"elqr {__version__}・polars {pl.__version__}"


@dataclass(frozen=True, slots=True)
class _Sent:
    """The work as it is sent. Another program might decide or divide differently. Raises ClusterError."""

    work: Callable[..., Any]
    program: str = _PROGRAM

    def __call__(self, *given: Any) -> Any:
        if self.program != _PROGRAM:
            raise ClusterError(
                f"クラスタの機械のプログラム（{_PROGRAM}）が、この機械（{self.program}）と違います。同じ版を入れてください。"
            )
        return self.work(*given)


@dataclass(frozen=True, slots=True)
class _Said:
    """The work, with what the operator did wrong as a value: another attempt would only say it again."""

    work: Callable[..., Any]

    def __call__(self, *given: Any) -> Any:
        try:
            return self.work(*given)
        except OperatorError as error:
            return error


@contextmanager
def started(master: str) -> Iterator[Engine]:
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
    _reached(master)
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
        _answers(engine)
        yield engine
    finally:
        context.stop()


def _reached(master: str) -> None:
    """A master that is not there is told at once; left to itself the engine tries for a minute."""
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


def _answers(engine: Engine) -> None:
    """A cluster without machines is told after a while; left to itself the engine waits for ever."""
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


def _collected(rows: "RDD[B]") -> list[B]:
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
    """The last line of what a machine said, or what the engine says itself."""
    lines = [line.strip() for line in str(error.java_exception.getMessage()).splitlines()]
    raised = [line for line in lines if "Error: " in line and not line.startswith(("at ", "File "))]
    return (raised or lines or ["?"])[-1 if raised else 0]


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
