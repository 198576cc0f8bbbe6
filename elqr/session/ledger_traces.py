"""The ledger's mark (台帳の印), and what else the folders of a job say about the ledger that wrote to them.

The mark lies in the archive, beside the files that the ledger's payments were read from. It names the ledger and the
numbers that it had handed out. It is written after the ledger and so is never ahead of it: a ledger that is behind its
mark is an older copy. Files for other people are written before the ledger enters them, and may be one number ahead.
"""

import re
from collections.abc import Mapping
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
"""How many of the newest nights are searched for runs. Runs are numbered upwards, so the newest is among them."""


@dataclass(frozen=True, slots=True)
class Mark:
    """台帳の印: the id of the ledger, its last run, and the numbers that it had handed out."""

    ledger: str
    run_id: str
    run_hash: str
    numbers: HandedOut

    def as_bytes(self) -> bytes:
        """The content of ledger.json."""
        facts = {"ledger": self.ledger, "run_id": self.run_id, "run_hash": self.run_hash}
        return own_json_bytes(facts | self.numbers.as_dict())


@dataclass(frozen=True, slots=True)
class Traces:
    """台帳の跡 in the folders of a job: its mark, the numbers in file names, and the ledger of the newest run.

    `is_told`: the record of the newest run has the last number of every series.
    """

    mark: Mark | None = None
    files: HandedOut = field(default_factory=HandedOut)
    ledger_of_runs: str = ""
    has_archive: bool = False
    is_told: bool = False

    @property
    def tells_all(self) -> bool:
        """すべての番号がわかるか: the mark or the newest run tells every series. File names tell only some of them."""
        return self.mark is not None or self.is_told

    @property
    def numbers(self) -> HandedOut:
        """すべての跡のうち一番大きい番号 of each series."""
        return self.files.furthest(self.mark.numbers) if self.mark else self.files

    def __str__(self) -> str:
        return str(self.numbers) or ("保管庫に受信ファイルがある" if self.has_archive or self.mark else "")


def read_traces(job: Job) -> Traces:
    """台帳の跡を読む. Raises BadFile for a mark that cannot be read."""
    run_no, ledger, recorded = _newest_run(job.out)
    files = HandedOut(
        run_no=run_no,
        upload_no=_last(job.out / "upload", r"elqr_notices_([0-9]{6,12})\.csv"),
        export_no=_last(job.export_folder, r"([0-9]{6,12})(?:_again[0-9]+)?"),
        list_no=_last(job.arrears_folder, r"([0-9]{6,12})"),
    )
    archive = job.store.archive
    has_archive = any(re.fullmatch(r"[0-9a-f]{2}", path.name) and _entries(path) for path in _entries(archive))
    files = files.furthest(recorded or HandedOut())
    return Traces(read_mark(archive), files, ledger, has_archive, recorded is not None)


def mark_path(archive: Path) -> Path:
    """台帳の印のファイル: where the mark is in an archive."""
    return archive / "ledger.json"


def read_mark(archive: Path) -> Mark | None:
    """台帳の印を読む; None when there is none. Raises BadFile."""
    path = mark_path(archive)
    try:
        facts = read_own_json(path)
        ledger, run_id, run_hash = (str(facts[name]) for name in ("ledger", "run_id", "run_hash"))
        return Mark(ledger, run_id, run_hash, HandedOut.of(facts))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadFile(
            f"保管庫の台帳の印 {path} を読めません。移せば、書き出したファイルの番号だけで台帳と合うかを確かめます。"
            "控えから戻すか、ほかの場所に移してください。"
        ) from error


def write_mark(archive: Path, mark: Mark) -> None:
    """台帳の印を書く, if it has changed. Raises CannotWrite."""
    path = mark_path(archive)
    data = mark.as_bytes()
    if not path.is_file() or path.read_bytes() != data:
        write_whole(path, data, mode=0o600)


def _entries(folder: Path) -> list[Path]:
    """フォルダの中身; nothing for a folder that does not exist or that we may not read."""
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _last(folder: Path, pattern: str) -> int:
    """一番大きい番号 in the names in a folder; 0 without one. The pattern's group is the number."""
    matches = (re.fullmatch(pattern, path.name) for path in _entries(folder))
    return max((int(match[1]) for match in matches if match), default=0)


def _newest_run(out: Path) -> tuple[int, str, HandedOut | None]:
    """一番新しい実行の記録: the run's number, the ledger that it names, and the numbers, None where they are not sure.

    A night that changed nothing leaves a record without a run number. It may have numbers handed out since the run.
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
    recorded = [numbers for facts in (record, same) if facts and (numbers := _recorded_numbers(facts)) is not None]
    is_sure = bool(record) and same is not None and not any(_is_unreadable(night / "runs") for night in nights)
    furthest = reduce(HandedOut.furthest, recorded) if recorded and is_sure else None
    return number, str((record or {}).get("ledger", "")), furthest


def _is_unreadable(folder: Path) -> bool:
    """見られないフォルダか: it exists, and may hold a newer run than those we can see."""
    try:
        folder.iterdir().__next__()
    except (FileNotFoundError, NotADirectoryError, StopIteration):
        return False
    except OSError:
        return True
    return False


def _record(folder: Path) -> dict[str, Any] | None:
    """実行の記録 in a folder: empty when there is none, None when it cannot be read."""
    try:
        return read_own_json(folder / "run.json")
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        return None


def _recorded_numbers(record: Mapping[str, Any]) -> HandedOut | None:
    """記録にある番号: under the key `numbers`; None where they are missing or wrong."""
    try:
        return HandedOut.of(record["numbers"])
    except (KeyError, ValueError, TypeError, AttributeError):
        return None
