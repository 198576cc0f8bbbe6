"""The anchor (照合値の控え): a run's number and hash that were kept outside the ledger.

Whoever can write the ledger's file can compute its whole chain anew, because the hashes have no key. A hash that was
signed on paper or copied to another machine stays. So a ledger that lacks it was made anew, or is an older copy.
"""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from elqr.disk.own_json import read_own_json
from elqr.vocabulary.errors import BadFile, NotFound

_PATTERN = re.compile(r"(?:([0-9]{1,12}):)?([0-9a-f]{16,64})")
"""A number and a hash. Sixteen digits of the hash are enough to find it."""

_SHOWN = 200
"""How many characters of a text that is no anchor are shown."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """照合値の控え: the run's number (0 if it was not kept), its hash or the beginning of it, and its source."""

    run_no: int
    run_hash: str
    source: str


def read_anchors(texts: Iterable[str]) -> list[Anchor]:
    """控えを読む: each text is an anchor, a run's record or a folder of such records. Raises NotFound, BadFile."""
    return [anchor for text in texts for anchor in _read(text)]


def _read(text: str) -> list[Anchor]:
    path = Path(text)
    if text.strip() and os.path.isdir(path):  # noqa: PTH112  it answers False for a hash that is too long for a path
        anchors = [_read_record(record) for record in sorted(path.rglob("run.json"))]
        if not anchors:
            raise NotFound(f"フォルダ {path} に実行の記録（run.json）がありません。")
        return anchors
    if os.path.isfile(path):  # noqa: PTH113
        return [_read_record(path)]
    return [_parse(text, text)]


def _read_record(path: Path) -> Anchor:
    try:
        record = read_own_json(path)
        return _parse(str(record["anchor"]), str(path))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadFile(
            f"{path} に照合値（anchor）がありません。夜の runs フォルダの run.json を指定してください。"
        ) from error


def _parse(text: str, source: str) -> Anchor:
    match = _PATTERN.fullmatch(re.sub(r"[\s-]", "", text).lower())
    if match is None:
        raise BadFile(
            f"--anchor {source[:_SHOWN]} は照合値として読めません。会計.xlsx の収納日計表にある「番号:照合値」か、"
            "夜の runs フォルダの run.json を指定してください。"
        )
    return Anchor(int(match[1] or 0), match[2], source)
