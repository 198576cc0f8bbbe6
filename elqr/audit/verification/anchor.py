"""The anchor (照合値の控え): a run's number and hash kept outside of the ledger, as it is given.

A chain without a key can be made anew by whoever can write the file; a hash that was signed on paper, or copied to
another machine, cannot. So a ledger that lacks it was made anew, or is an older copy.
"""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from elqr.disk.own_json import read_own_json
from elqr.vocabulary.errors import BadFile, NotFound

_WRITTEN = re.compile(r"(?:([0-9]{1,12}):)?([0-9a-f]{16,64})")
"""A number and a hash, of which sixteen digits are enough to be found by."""

_SHOWN = 200
"""Of what is no anchor so many characters are shown."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """照合値の控え: the run's number (0 where it was not kept), its hash or the beginning of it, and where from."""

    run_no: int
    run_hash: str
    source: str


def read_anchors(given: Iterable[str]) -> list[Anchor]:
    """控えを読む: hashes as they were written down, records of runs, folders of such. Raises NotFound, BadFile."""
    return [anchor for text in given for anchor in _read(text)]


def _read(text: str) -> list[Anchor]:
    path = Path(text)
    if text.strip() and os.path.isdir(path):  # noqa: PTH112  a hash that is too long for a path is no folder
        anchors = [_of_record(record) for record in sorted(path.rglob("run.json"))]
        if not anchors:
            raise NotFound(f"フォルダ {path} に実行の記録（run.json）がありません。")
        return anchors
    if os.path.isfile(path):  # noqa: PTH113
        return [_of_record(path)]
    return [_anchor(text, text)]


def _of_record(path: Path) -> Anchor:
    try:
        record = read_own_json(path)
        return _anchor(str(record["anchor"]), str(path))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadFile(
            f"{path} に照合値（anchor）がありません。夜の runs フォルダの run.json を指定してください。"
        ) from error


def _anchor(written: str, source: str) -> Anchor:
    match = _WRITTEN.fullmatch(re.sub(r"[\s-]", "", written).lower())
    if match is None:
        raise BadFile(
            f"--anchor {source[:_SHOWN]} は照合値として読めません。会計.xlsx の収納日計表にある「番号:照合値」か、"
            "夜の runs フォルダの run.json を指定してください。"
        )
    return Anchor(int(match[1] or 0), match[2], source)
