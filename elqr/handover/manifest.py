"""The manifest (引渡しの目録): what accompanies an export and proves it; reading an exported folder.

All of it follows from the ledger, so that an export written again after a crash has the same bytes. The ledger keeps
the hash of the manifest, and the manifest that of the file: neither can change unnoticed.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Self

from pydantic import ValidationError

from elqr.disk.config_files import read_written
from elqr.disk.content import sha256_of, sha256_of_file
from elqr.disk.inbox import strangers
from elqr.disk.own_json import own_json_bytes, read_own_json
from elqr.vocabulary.errors import BadFile, cause, explain
from elqr.vocabulary.limits import BY_ELQR
from elqr.vocabulary.strict import Strict

MANIFEST = "manifest.json"
TAKEN = "taken.json"
_SHOWN = 10


def folder_name(export_no: int, again_no: int) -> str:
    """書き出しのフォルダ: 000012, or 000012_again1 for an export made again."""
    return f"{export_no:06d}" + (f"_again{again_no}" if again_no else "")


def refuse_strangers(folder: Path, ours: Iterable[str], number: str) -> None:
    """目録にないものがあるフォルダを断る, and one that bears another number than its own. Raises BadFile.

    Whoever takes in a folder takes in all of it. A folder whose name is no number may have been moved on purpose.
    """
    if others := strangers(folder, ours):
        raise BadFile(
            f"{folder} に、目録（{MANIFEST}）にないもの {'、'.join(others[:_SHOWN])} があります（{len(others)}件）。"
            "誰が置いたか確かめ、ほかの場所に移してから、もう一度実行してください。"
        )
    name = folder.resolve().name
    if re.fullmatch(r"[0-9]{6,12}(?:_again[0-9]+)?", name) and name != number:
        raise BadFile(f"{folder} の中身は {number} のものです。番号を変えずに、もとのフォルダを使ってください。")


class Handover(Strict):
    """引渡しの目録. `again_no` is 0 for the first export of these postings, and counts its repetitions."""

    export_no: int
    file: str
    sha256: str
    postings: int
    yen: int
    added_yen: int
    taken_back_yen: int
    first_posting_no: int
    last_posting_no: int
    night_on: date
    spec: str
    spec_verified: bool
    program: str
    ledger: str
    run_id: str
    run_hash: str
    ledger_id: str = ""
    reexport_of: int | None = None
    again_no: int = 0
    reason: str = ""
    by: str = ""

    @property
    def folder_name(self) -> str:
        """この書き出しのフォルダ: 000012, or 000012_again1."""
        return folder_name(self.export_no, self.again_no)

    @property
    def label(self) -> str:
        """書き出しの呼び名: its number, and which of its repetitions it is."""
        return f"書き出し{self.export_no}" + (f"（再{self.again_no}）" if self.again_no else "")

    def again(self, again_no: int, reason: str, by: str) -> Self:
        """再書き出しの目録: the same postings and bytes under a marked name."""
        first = Path(self.file)
        return self.model_copy(
            update={
                "file": f"{first.stem}_again{again_no}{first.suffix}",
                "reexport_of": self.export_no,
                "again_no": again_no,
                "reason": reason,
                "by": by,
            }
        )

    def as_bytes(self) -> bytes:
        """manifest.json."""
        return own_json_bytes(self.model_dump(mode="json"))


@dataclass(frozen=True, slots=True)
class ExportedFolder:
    """書き出したフォルダ as it is now; `file_sha256` is empty if there is no file."""

    handover: Handover
    manifest_sha256: str
    file_sha256: str


def read_exported(folder: Path) -> ExportedFolder:
    """書き出したフォルダを読む. Raises NotFound, BadFile."""
    path = folder / MANIFEST
    data = read_written(path, "引渡しの目録", "elqr export make が作ったフォルダを指定してください。", BY_ELQR)
    try:
        handover = Handover.model_validate_json(data)
    except ValidationError as error:
        raise BadFile(
            f"{path} は引渡しの目録ではありません（{explain(error)}）。"
            "elqr export make が作ったフォルダを指定してください。"
        ) from error
    file = folder / Path(handover.file).name
    try:
        file_sha256 = sha256_of_file(file)
    except (FileNotFoundError, NotADirectoryError):
        file_sha256 = ""
    except OSError as error:
        raise BadFile(
            f"{file} を読めません（{cause(error)}）。権限を直すか、元のフォルダを指定してください。"
        ) from error
    return ExportedFolder(handover, sha256_of(data), file_sha256)


@dataclass(frozen=True, slots=True)
class TakenMark:
    """取込済の印 in an exported folder: its path, the repetition, when and by whom it was recorded."""

    path: Path
    again_no: int
    at: str
    by: str


def taken_mark(row: Mapping[str, object]) -> bytes:
    """取込済の印: taken.json, from a row of the ledger."""
    return own_json_bytes(dict(row))


def taken_marks(folder: Path, export_no: int) -> Iterator[TakenMark]:
    """取込済の印 of an export and its repetitions, in all exported folders. An unreadable mark counts as one."""
    first = f"{export_no:06d}"
    for path in sorted([*folder.glob(f"{first}/{TAKEN}"), *folder.glob(f"{first}_again*/{TAKEN}")]):
        _, _, again = path.parent.name.partition("_again")
        try:
            mark = read_own_json(path)
            yield TakenMark(path, int(mark["again_no"]), str(mark["taken_at"]), str(mark["taken_by"]))
        except (OSError, ValueError, KeyError, TypeError):
            yield TakenMark(path, int(again) if again.isdecimal() else 0, "", "読めない印")
