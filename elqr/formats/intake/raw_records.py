"""Raw records (原データ): the records behind payments, read again from the archive as they were delivered.

A record of a fixed layout costs its own bytes, wherever in its file it stands; a CSV must be read whole, so only
so many megabytes of them are. What is not shown says why; nothing of the night depends on it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from elqr.disk.archive import kept, kept_parts
from elqr.formats.excerpt import HEAD_BYTES, Excerpt, csv_excerpts, fixed_excerpt
from elqr.formats.spec import Spec
from elqr.vocabulary.errors import NotFound
from elqr.vocabulary.limits import ORIGINAL_CSV
from elqr.vocabulary.page_frames import CaseKeys

CSV_MEGABYTES = ORIGINAL_CSV.most
"""Of CSV files read again for one page, oldest payments first."""

_NOT_KEPT = "保管庫に元のファイルがないため、表示できません。"
_NO_SPEC = "様式 {} が今はないため、表示できません。"
_NOT_CUT = "今の様式では、この記録を切り出せません。様式を確かめてください。"
_TOO_MUCH = "大きなCSVのため省きました。elqr spec dump で見られます。"


@dataclass(frozen=True, slots=True)
class Original:
    """原データ: the record and its first byte in the file (-1 in a CSV), or `why` it is not shown."""

    spec: str
    excerpt: Excerpt | None
    why: str = ""
    start: int = -1

    @property
    def is_fixed(self) -> bool:
        """固定長か: fields have bytes instead of columns."""
        return self.start >= 0


def originals(rows: pl.DataFrame, specs: Mapping[str, Spec], archive: Path) -> dict[int, Original]:
    """原データ of payments: payment_no → record. `rows`: frame CaseKeys."""
    found: dict[int, Original] = {}
    left = CSV_MEGABYTES * 1_000_000
    for own in rows.partition_by(CaseKeys.FILE_SHA256, maintain_order=True):
        sha256, name = str(own[CaseKeys.FILE_SHA256][0]), str(own[CaseKeys.SPEC][0])
        spec = specs.get(name)
        cost = int(own[CaseKeys.SIZE_BYTES][0]) if spec is not None and spec.layout == "csv" else 0
        if spec is None:
            found |= _without(own, name, _NO_SPEC.format(name))
        elif cost > left:
            found |= _without(own, spec.title, _TOO_MUCH)
        else:
            left -= cost
            found |= _of_file(own, spec, archive, sha256)
    return found


def _of_file(rows: pl.DataFrame, spec: Spec, archive: Path, sha256: str) -> dict[int, Original]:
    try:
        return (_fixed if spec.layout == "fixed" else _csv)(rows, spec, archive, sha256)
    except NotFound:
        return _without(rows, spec.title, _NOT_KEPT)


def _without(rows: pl.DataFrame, spec: str, why: str) -> dict[int, Original]:
    return {no: Original(spec, None, why) for no in rows[CaseKeys.PAYMENT_NO].to_list()}


def _fixed(rows: pl.DataFrame, spec: Spec, archive: Path, sha256: str) -> dict[int, Original]:
    places = [(offset or 0, spec.record_bytes or 0) for offset in rows[CaseKeys.OFFSET_BYTES].to_list()]
    head, *records = kept_parts(archive, sha256, [(0, HEAD_BYTES), *places])
    found = {}
    for no, (start, _), piece in zip(rows[CaseKeys.PAYMENT_NO].to_list(), places, records, strict=True):
        excerpt = fixed_excerpt(piece, head, spec)
        found[no] = Original(spec.title, excerpt, "" if excerpt else _NOT_CUT, start)
    return found


def _csv(rows: pl.DataFrame, spec: Spec, archive: Path, sha256: str) -> dict[int, Original]:
    record_nos = rows[CaseKeys.RECORD_NO].to_list()
    read = csv_excerpts(kept(archive, sha256), spec, record_nos)
    asked = zip(rows[CaseKeys.PAYMENT_NO].to_list(), record_nos, strict=True)
    return {no: Original(spec.title, read.get(record), "" if record in read else _NOT_CUT) for no, record in asked}
