"""The ledger's mark (台帳の印) and what else the folders of a job say of the ledger that wrote into them.

The mark lies in the archive, beside the files that the ledger's payments were read from. It says whose archive it is
and how far the ledger had come. It is written after the ledger, so it is never ahead of it: a ledger that is behind
its mark is an older one. Files that are for other people are written before the ledger says so, and may be one ahead.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path
from typing import Any

from elqr.disk.atomic_write import write_whole
from elqr.disk.own_json import own_json_bytes, read_own_json
from elqr.session.job import Job
from elqr.vocabulary.errors import BadFile
from elqr.vocabulary.number_series import HandedOut

_NIGHTS_READ = 30
"""Of the newest nights: runs are numbered upwards."""


@dataclass(frozen=True, slots=True)
class Mark:
    """台帳の印: the id of the ledger, its last run, and how far its numbers had come."""

    ledger: str
    run_id: str
    run_hash: str
    numbers: HandedOut

    def as_bytes(self) -> bytes:
        """ledger.json."""
        facts = {"ledger": self.ledger, "run_id": self.run_id, "run_hash": self.run_hash}
        return own_json_bytes(facts | self.numbers.as_dict())


@dataclass(frozen=True, slots=True)
class Traces:
    """台帳の跡 in the folders of a job: its mark, the numbers that files bear, and the ledger of the newest run.

    `is_told`: the record of the newest run says how far every series had come.
    """

    mark: Mark | None = None
    files: HandedOut = field(default_factory=HandedOut)
    ledger_of_runs: str = ""
    has_archive: bool = False
    is_told: bool = False

    @property
    def tells_all(self) -> bool:
        """どこまで渡したかがわかるか, of every series: files bear only some of the numbers, and may be elsewhere."""
        return self.mark is not None or self.is_told

    @property
    def numbers(self) -> HandedOut:
        """すべての跡のうち一番遠い番号: the furthest number of each series that any trace tells."""
        return self.files.furthest(self.mark.numbers) if self.mark else self.files

    def __str__(self) -> str:
        return str(self.numbers) or ("保管庫に受信ファイルがある" if self.has_archive or self.mark else "")


def read_traces(job: Job) -> Traces:
    """台帳の跡を読む. Raises BadFile for a mark that cannot be read."""
    run_no, ledger, told = _newest_run(job.out)
    files = HandedOut(
        run_no=run_no,
        upload_no=_last(job.out / "upload", r"elqr_notices_([0-9]{6,12})\.csv"),
        export_no=_last(job.export_folder, r"([0-9]{6,12})(?:_again[0-9]+)?"),
        list_no=_last(job.arrears_folder, r"([0-9]{6,12})"),
    )
    archive = job.store.archive
    has_archive = any(re.fullmatch(r"[0-9a-f]{2}", path.name) and _entries(path) for path in _entries(archive))
    whole = files.furthest(told or HandedOut())
    return Traces(read_mark(archive), whole, ledger, has_archive, told is not None)


def mark_path(archive: Path) -> Path:
    """台帳の印のファイル: where the mark lies in an archive."""
    return archive / "ledger.json"


def read_mark(archive: Path) -> Mark | None:
    """台帳の印を読む; None without one. Raises BadFile."""
    path = mark_path(archive)
    try:
        marked = read_own_json(path)
        ledger, run_id, run_hash = (str(marked[name]) for name in ("ledger", "run_id", "run_hash"))
        return Mark(ledger, run_id, run_hash, HandedOut.of(marked))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadFile(
            f"保管庫の台帳の印 {path} を読めません。移せば、書き出したファイルの番号だけで台帳と合うかを確かめます。"
            "控えから戻すか、ほかの場所に移してください。"
        ) from error


def write_mark(archive: Path, mark: Mark) -> None:
    """台帳の印を書く, where it says something new. Raises CannotWrite."""
    path = mark_path(archive)
    data = mark.as_bytes()
    if not path.is_file() or path.read_bytes() != data:
        write_whole(path, data, mode=0o600)


def _entries(folder: Path) -> list[Path]:
    """What lies in a folder; nothing where there is none, or none that we may see."""
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _last(folder: Path, pattern: str) -> int:
    """The largest number that names in a folder bear."""
    return max(_numbers((path.name for path in _entries(folder)), pattern), default=0)


def _numbers(names: Iterable[str], pattern: str) -> Iterator[int]:
    for name in names:
        if match := re.fullmatch(pattern, name):
            yield int(match[1])


def _newest_run(out: Path) -> tuple[int, str, HandedOut | None]:
    """実行の記録のうち一番新しいもの: the run's number, the ledger that it names, the numbers that it tells.

    A night that changed nothing leaves a record without a number of its own, that may know of what came in the day.
    """
    nights = [path for path in _entries(out) if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", path.name)]
    runs = [
        (int(match[1]), path)
        for night in sorted(nights, key=lambda path: path.name)[-_NIGHTS_READ:]
        for path in _entries(night / "runs")
        if (match := re.fullmatch(r"[0-9]{8}-([0-9]{4,12})", path.name))
    ]
    if not runs:
        return 0, "", None
    number, folder = max(runs)
    record, same = _record(folder), _record(folder.with_name(f"{folder.name[:8]}-same"))
    numbers = [
        own_numbers for told_by in (record, same) if told_by and (own_numbers := _numbers_told(told_by)) is not None
    ]
    is_whole = bool(record) and same is not None and not any(_is_shut(night / "runs") for night in nights)
    told = reduce(HandedOut.furthest, numbers) if numbers and is_whole else None
    return number, str((record or {}).get("ledger", "")), told


def _is_shut(folder: Path) -> bool:
    """見られないフォルダか: one that is there, and may hold a run newer than those that are seen."""
    try:
        folder.iterdir().__next__()
    except (FileNotFoundError, NotADirectoryError, StopIteration):
        return False
    except OSError:
        return True
    return False


def _record(folder: Path) -> dict[str, Any] | None:
    """実行の記録 of a folder: empty where there is none, None for one that cannot be read."""
    try:
        return read_own_json(folder / "run.json")
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        return None


def _numbers_told(record: Mapping[str, Any]) -> HandedOut | None:
    try:
        return HandedOut.of(record["numbers"])
    except (KeyError, ValueError, TypeError, AttributeError):
        return None
