"""Sequence (並び): the kind of each record, the order of records, and the group that each belongs to.

The spec says which record may follow which, which opens a group and which may come last (`follows`, `opens_group`,
`closes`). Several groups, concatenated files (エンドの次にヘッダ) and several end records are accepted only
if it says so. A group that occurs twice in one file, byte for byte, is reported, because its payments would
count twice.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from elqr.arithmetic.checkdigit import Bytes
from elqr.formats.spec import Spec
from elqr.vocabulary.codes import Code
from elqr.vocabulary.findings import LISTED_PER_CODE, Finding, Location

RECORD_NO, GROUP_NO, OFFSET_BYTES = "record_no", "group_no", "offset_bytes"
_UNKNOWN = -1
Kinds = npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Sequence:
    """並び: the kind (index into the spec's records) and the group (0 before the first opens) of each record."""

    kinds: Kinds
    groups: npt.NDArray[np.int64]
    findings: tuple[Finding, ...] = ()

    def places(self, kind: int, offsets: npt.NDArray[np.int64] | None) -> pl.DataFrame:
        """一種類のレコードの位置: frame with record_no, group_no and offset_bytes (null without `offsets`)."""
        index = np.flatnonzero(self.kinds == kind)
        starts = pl.Series(OFFSET_BYTES, None if offsets is None else offsets[index], dtype=pl.Int64)
        frame = pl.DataFrame({RECORD_NO: index + 1, GROUP_NO: self.groups[index]})
        frame = frame.cast({RECORD_NO: pl.Int64, GROUP_NO: pl.Int64})
        if offsets is None:
            return frame.with_columns(pl.lit(None, dtype=pl.Int64).alias(OFFSET_BYTES))
        return frame.with_columns(starts)


def kinds_of_rows(rows: Bytes, spec: Spec) -> Kinds:
    """レコード区分 of fixed records, by their first bytes; a kind without a tag takes every record."""
    kinds = np.full(len(rows), _UNKNOWN, dtype=np.int16)
    tags = [np.frombuffer((record.tag or "").encode(), dtype=np.uint8) for record in spec.record]
    heads = np.ascontiguousarray(rows[:, : max(map(len, tags))])
    for number, tag in enumerate(tags):
        kinds[(heads[:, : len(tag)] == tag).all(axis=1)] = number
    return kinds


def kinds_of_tags(tags: list[str], spec: Spec) -> Kinds:
    """レコード区分 of CSV rows, by their first value; a kind without a tag takes every row."""
    number_of = {record.tag: number for number, record in enumerate(spec.record)}
    others = number_of.get(None, _UNKNOWN)
    return np.array([number_of.get(tag, others) for tag in tags], dtype=np.int16)


def sequence(kinds: Kinds, spec: Spec, file: str, tag_of: Callable[[int], str]) -> Sequence:
    """並びを調べる: groups, and findings for records of an unknown kind or, if there are none, of a wrong order."""
    opens = np.array([record.opens_group for record in spec.record])
    unknown = np.flatnonzero(kinds == _UNKNOWN)[:LISTED_PER_CODE].tolist()
    if unknown:
        wanted = "・".join(str(record.tag) for record in spec.record)
        return Sequence(
            kinds,
            np.zeros(len(kinds), dtype=np.int64),
            tuple(
                Finding(Location(file, at + 1, 0, "レコード区分"), Code.RECORD_KIND, tag_of(at), wanted)
                for at in unknown
            ),
        )
    groups = np.cumsum(opens[kinds]).astype(np.int64)
    return Sequence(kinds, groups, tuple(_order_findings(kinds, spec, file)))


def _order_findings(kinds: Kinds, spec: Spec, file: str) -> list[Finding]:
    if not any(record.follows for record in spec.record) or not len(kinds):
        return []
    number_of = {record.name: number for number, record in enumerate(spec.record)} | {"start": len(spec.record)}
    may_follow = np.zeros((len(spec.record) + 1, len(spec.record)), dtype=np.bool_)
    for number, record in enumerate(spec.record):
        may_follow[[number_of[name] for name in record.follows], number] = True
    before = np.concatenate([[len(spec.record)], kinds[:-1]])
    title = [*(record.title for record in spec.record), "ファイルの先頭"]
    findings = []
    for at in np.flatnonzero(~may_follow[before, kinds])[:LISTED_PER_CODE].tolist():
        wanted = "・".join(title[number_of[name]] for name in spec.record[kinds[at]].follows)
        actual = f"{title[before[at]]}の次に{title[kinds[at]]}"
        findings.append(Finding(Location(file, at + 1), Code.RECORD_ORDER, actual, f"{wanted}の次"))
    last = [record.title for record in spec.record if record.closes]
    if last and not spec.record[kinds[-1]].closes:
        actual, wanted = f"{title[kinds[-1]]}で終わる", f"{'・'.join(last)}で終わる"
        findings.append(Finding(Location(file, len(kinds)), Code.RECORD_ORDER, actual, wanted))
    return findings


def find_repeated_groups(order: Sequence, spec: Spec, file: str, digest: Callable[[int, int], bytes]) -> list[Finding]:
    """同じ組が二度: groups with data whose records, except closing ones, have the bytes of those of an earlier one."""
    starts = np.flatnonzero(np.diff(order.groups, prepend=0))
    if len(starts) < 2:
        return []
    closing = np.array([record.closes for record in spec.record])
    is_data = np.array([record.name in record.follows and not record.closes for record in spec.record])
    first_at: dict[bytes, int] = {}
    findings: list[Finding] = []
    for start, end in zip(starts.tolist(), [*starts[1:].tolist(), len(order.kinds)], strict=True):
        kinds = order.kinds[start:end]
        if not is_data[kinds].any():
            continue
        kept = end - int(np.argmin(closing[kinds][::-1]))
        group_digest = digest(start, kept)
        if group_digest in first_at and len(findings) < LISTED_PER_CODE:
            actual = f"{first_at[group_digest] + 1}件目からの組と同じ{kept - start}件"
            findings.append(Finding(Location(file, start + 1), Code.GROUP_TWICE, actual, "一度だけ"))
        first_at.setdefault(group_digest, start)
    return findings


def shape_of(order: Sequence, spec: Spec) -> list[str]:
    """並びの形: in words, several groups, concatenated files and several end records, as the spec allowed them."""
    words = []
    if (groups := int(order.groups[-1]) if len(order.groups) else 0) > 1:
        words.append(f"組 {groups}")
    openers = {record.name for record in spec.record if record.opens_group}
    opens = np.array([record.opens_group for record in spec.record])
    ends = np.array([record.closes and not openers & set(record.follows) for record in spec.record])
    before, after = order.kinds[:-1], order.kinds[1:]
    if joined := int((ends[before] & opens[after]).sum()):
        words.append(f"ファイルの連結 {joined}")
    if several := int((ends[before] & (before == after)).sum()):
        words.append(f"余分なエンド {several}")
    return words
