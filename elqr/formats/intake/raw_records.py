"""Raw records (原データ): the records behind payments, read again from the archive as they were delivered.

Of a fixed layout only the bytes of the record are read. A CSV must be read whole, so only a limited number of megabytes
of them is read. A record that is not shown says why; nothing in the night depends on it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from elqr.disk.archive import read_kept, read_kept_parts
from elqr.formats.excerpt import HEAD_BYTES, Excerpt, csv_excerpts, fixed_excerpt
from elqr.formats.spec import Spec
from elqr.vocabulary.errors import NotFound
from elqr.vocabulary.limits import ORIGINAL_CSV
from elqr.vocabulary.page_frames import CaseKeys

CSV_MEGABYTES = ORIGINAL_CSV.most
"""Megabytes of CSV files that are read again for one page, oldest payments first."""

_NOT_KEPT = "保管庫に元のファイルがないため、表示できません。"
_NO_SPEC = "様式 {} が今はないため、表示できません。"
_NOT_CUT = "今の様式では、この記録を切り出せません。様式を確かめてください。"
_TOO_MUCH = "大きなCSVのため省きました。elqr spec dump で見られます。"


@dataclass(frozen=True, slots=True)
class Original:
    """原データ: the record and its first byte in the file (-1 in a CSV), or the reason (`why`) it is not shown."""

    spec: str
    excerpt: Excerpt | None
    why: str = ""
    start: int = -1

    @property
    def is_fixed(self) -> bool:
        """固定長か: whether cells are numbered by bytes instead of columns."""
        return self.start >= 0


def originals(rows: pl.DataFrame, specs: Mapping[str, Spec], archive: Path) -> dict[int, Original]:
    """原データ: payment_no → record. `rows`: frame CaseKeys."""
    records: dict[int, Original] = {}
    remaining = CSV_MEGABYTES * 1_000_000
    for file_rows in rows.partition_by(CaseKeys.FILE_SHA256, maintain_order=True):
        sha256, name = str(file_rows[CaseKeys.FILE_SHA256][0]), str(file_rows[CaseKeys.SPEC][0])
        spec = specs.get(name)
        cost = int(file_rows[CaseKeys.SIZE_BYTES][0]) if spec is not None and spec.layout == "csv" else 0
        if spec is None:
            records |= _explain(file_rows, name, _NO_SPEC.format(name))
        elif cost > remaining:
            records |= _explain(file_rows, spec.title, _TOO_MUCH)
        else:
            remaining -= cost
            records |= _read_file(file_rows, spec, archive, sha256)
    return records


def _read_file(rows: pl.DataFrame, spec: Spec, archive: Path, sha256: str) -> dict[int, Original]:
    try:
        return (_read_fixed if spec.layout == "fixed" else _read_csv)(rows, spec, archive, sha256)
    except NotFound:
        return _explain(rows, spec.title, _NOT_KEPT)


def _explain(rows: pl.DataFrame, spec: str, why: str) -> dict[int, Original]:
    return {no: Original(spec, None, why) for no in rows[CaseKeys.PAYMENT_NO].to_list()}


def _read_fixed(rows: pl.DataFrame, spec: Spec, archive: Path, sha256: str) -> dict[int, Original]:
    places = [(offset or 0, spec.record_bytes or 0) for offset in rows[CaseKeys.OFFSET_BYTES].to_list()]
    head, *pieces = read_kept_parts(archive, sha256, [(0, HEAD_BYTES), *places])
    records = {}
    for no, (start, _), piece in zip(rows[CaseKeys.PAYMENT_NO].to_list(), places, pieces, strict=True):
        excerpt = fixed_excerpt(piece, head, spec)
        records[no] = Original(spec.title, excerpt, "" if excerpt else _NOT_CUT, start)
    return records


def _read_csv(rows: pl.DataFrame, spec: Spec, archive: Path, sha256: str) -> dict[int, Original]:
    read = csv_excerpts(read_kept(archive, sha256), spec, rows[CaseKeys.RECORD_NO].to_list())
    numbers = zip(rows[CaseKeys.PAYMENT_NO].to_list(), rows[CaseKeys.RECORD_NO].to_list(), strict=True)
    return {no: Original(spec.title, read.get(record), "" if record in read else _NOT_CUT) for no, record in numbers}
