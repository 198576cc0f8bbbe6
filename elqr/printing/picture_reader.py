"""Reading pictures that others made (画像の読取り), in a process of its own with limits on time and memory.

A header can be checked first, but not what a decoder does with the rest: a small file can keep it busy for hours. So
its time is limited, and its memory where the system allows that. The process returns text. The limit is on processor
time where the system counts it, so that a busy machine does not refuse what an idle one reads.
"""

import json
import math
import os
import signal
import sys
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from multiprocessing import get_context
from multiprocessing.connection import Connection

from elqr.printing.picture import DecodedCode, Symbology, decode_scan
from elqr.printing.picture_file import Unreadable, grey_pages
from elqr.vocabulary.errors import BadFile
from elqr.vocabulary.limits import PICTURE_MEMORY, PICTURE_SECONDS

if sys.platform != "win32":
    import resource

_PATIENCE = 5
"""A picture may take this many times its limit by the clock."""
_REMEDY = "PNG・JPEG・TIFFの、A4一枚ほどの大きさの画像を指定してください。"


def read_pictures(
    pictures: Iterable[tuple[str, bytes]], seconds: float = PICTURE_SECONDS.most
) -> Iterator[tuple[str, list[list[DecodedCode]]]]:
    """画像を読む: each picture (name, bytes) → its name and the codes of each page. Raises BadFile."""
    with _reader(seconds) as pipe:
        for name, data in pictures:
            yield name, _read(pipe, name, data, seconds)


@contextmanager
def _reader(seconds: float) -> Iterator[Connection]:
    """読取りのプロセス: the pipe to a process that ends with ours."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, seconds), daemon=True)
    process.start()
    theirs.close()
    try:
        yield ours
    finally:
        process.kill()
        process.join()
        ours.close()


def _read(pipe: Connection, name: str, data: bytes, seconds: float) -> list[list[DecodedCode]]:
    try:
        pipe.send_bytes(data)
        if not pipe.poll(seconds * _PATIENCE):
            raise BadFile(f"{name}: {seconds * _PATIENCE:g} 秒のうちに読めません。{_REMEDY}")
        answer = json.loads(pipe.recv_bytes())
    except (EOFError, OSError) as error:
        raise BadFile(f"{name}: 読む途中で止まりました（時間かメモリが足りません）。{_REMEDY}") from error
    if isinstance(answer, str):
        raise BadFile(f"{name}: {answer}。{_REMEDY}")
    return [[DecodedCode(**code | {"symbology": Symbology(code["symbology"])}) for code in page] for page in answer]


def _serve(pipe: Connection, seconds: float) -> None:
    """プロセスの側: bytes in, the codes of each page out, or why there are none."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    warnings.simplefilter("ignore")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # decoders write their complaints there
    _limit_memory()
    while True:
        try:
            data = pipe.recv_bytes()
        except EOFError:
            return
        _limit_time(seconds)
        pipe.send_bytes(json.dumps(_answer(data)).encode())


def _answer(data: bytes) -> list[list[dict[str, object]]] | str:
    try:
        return [[asdict(code) for code in decode_scan(page)] for page in grey_pages(data)]
    except Unreadable as error:
        return str(error)
    except MemoryError:
        return "メモリが足りません"


def _limit_memory() -> None:
    """メモリを限る, and leave no copy of it behind when the process is stopped."""
    if sys.platform != "win32":
        resource.setrlimit(resource.RLIMIT_AS, (PICTURE_MEMORY.most, PICTURE_MEMORY.most))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _limit_time(seconds: float) -> None:
    """時間を限る: processor time, from now on."""
    if sys.platform != "win32":
        used = resource.getrusage(resource.RUSAGE_SELF)
        until = math.ceil(used.ru_utime + used.ru_stime + seconds)
        resource.setrlimit(resource.RLIMIT_CPU, (until, resource.RLIM_INFINITY))
