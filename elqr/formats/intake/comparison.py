"""Comparison (ファイルの比較): two deliveries of one format, record by record and field by field.

Payments are paired by the sender's own identity: first together with their stage, so that a 速報 is compared with a
速報, then without, so that a changed result counts as a change. Of equal ones the n-th is paired with the n-th. Records
without an identity are paired by their position within their kind. Raw text is compared, 予備 included.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from elqr.formats.cells import Sheet, cells_of, read_texts
from elqr.formats.decode import Decoded
from elqr.formats.fields import value_without_names
from elqr.formats.intake.inspection import Inspection, inspect
from elqr.formats.payments import with_other_records
from elqr.formats.sequence import RECORD_NO
from elqr.formats.spec import FieldSpec, RecordSpec, Spec
from elqr.vocabulary.errors import BadFile
from elqr.vocabulary.findings import MASKED
from elqr.vocabulary.frames import PaymentContent, as_one_text
from elqr.vocabulary.limits import FINDINGS
from elqr.vocabulary.visible_text import visible

LISTED = FINDINGS.most
"""How many differences of each sort are listed; the others are counted."""
_A, _B, _PAIR = "no_a", "no_b", "pair"


@dataclass(frozen=True, slots=True)
class Change:
    """一つの違い: in one field of a record in both files, or (no field) a record that only one file has."""

    record: str
    no_a: int | None
    no_b: int | None
    field: str = ""
    old: str = ""
    new: str = ""

    def as_dict(self) -> dict[str, object]:
        """For `--json`."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Comparison:
    """比較の結果: `added`, `removed` and `changed` count records; `unlisted` counts differences."""

    spec: Spec
    a: Inspection
    b: Inspection
    is_same_file: bool
    added: int
    removed: int
    changed: int
    listed: tuple[Change, ...]
    unlisted: int

    @property
    def equal(self) -> bool:
        """すべての記録と項目が同じか: whether there are no differences."""
        return not (self.added or self.removed or self.changed)

    @property
    def money(self) -> list[tuple[str, int, int, int, int]]:
        """段階・チャネルごと: title, count and yen of A, count and yen of B."""
        lines: dict[str, list[int]] = {}
        for at, side in ((0, self.a), (2, self.b)):
            for part in side.money or ():
                line = lines.setdefault(f"{part.stage}・{part.channel}", [0, 0, 0, 0])
                line[at : at + 2] = part.count, part.yen
        return [(title, line[0], line[1], line[2], line[3]) for title, line in sorted(lines.items())]

    def as_dict(self) -> dict[str, object]:
        """For `--json`."""
        names = ("line", "count_a", "yen_a", "count_b", "yen_b")
        return {
            "equal": self.equal,
            "same_bytes": self.is_same_file,
            "spec": self.spec.name,
            "added": self.added,
            "removed": self.removed,
            "changed": self.changed,
            "money": [dict(zip(names, line, strict=True)) for line in self.money],
            "differences": [change.as_dict() for change in self.listed],
            "unlisted": self.unlisted,
        }  # fmt: skip


def compare(
    a: tuple[str, bytes], b: tuple[str, bytes], specs: Sequence[Spec], received_on: date,
    named: Spec | None = None, *, show_personal: bool = False,
) -> Comparison:  # fmt: skip
    """比べる: two files as (name, bytes). Raises BadFile unless both can be read in the same format."""
    sides = [inspect(data, name, specs, received_on, named) for name, data in (a, b)]
    decoded = [_require_decoded(side) for side in sides]
    if decoded[0].spec.name != decoded[1].spec.name:
        formats = "、".join(f"{side.file} は {read.spec.name}" for side, read in zip(sides, decoded, strict=True))
        raise BadFile(f"形式が違うので比べられません（{formats}）。同じ形式のファイルを指定してください。")
    texts = [_Texts.of(data, read, name, received_on) for (name, data), read in zip((a, b), decoded, strict=True)]
    spec = decoded[0].spec
    added = removed = changed = total = 0
    listed: list[Change] = []
    for record in spec.record:
        pairs = _pairs(record, decoded)
        count, changes, number = _changes(record, pairs, texts, show_personal)
        new, old = pairs.filter(pl.col(_A).is_null()), pairs.filter(pl.col(_B).is_null())
        added, removed, changed = added + new.height, removed + old.height, changed + count
        shown_a, shown_b = old[_A].head(LISTED), new[_B].head(LISTED)
        yen_a, yen_b = _amounts(decoded[0], record, shown_a), _amounts(decoded[1], record, shown_b)
        listed += [Change(record.title, None, no, new=yen_b.get(no, "")) for no in shown_b]
        listed += [Change(record.title, no, None, old=yen_a.get(no, "")) for no in shown_a]
        listed += changes
        total += new.height + old.height + number
    same = a[1] == b[1]
    return Comparison(
        spec, sides[0], sides[1], same, added, removed, changed, tuple(listed), total - len(listed)
    )  # fmt: skip


def _amounts(decoded: Decoded, record: RecordSpec, numbers: pl.Series) -> dict[int, str]:
    """金額: record number → amount in words, for payment records; empty for other records."""
    pay, rows = decoded.spec.payment, decoded.tables[record.name]
    if pay is None or pay.record != record.name or pay.paid_yen not in rows.columns:
        return {}
    paid = rows.filter(pl.col(RECORD_NO).is_in(numbers.to_list())).select(RECORD_NO, pay.paid_yen).drop_nulls()
    return {no: f"{yen:,}円" for no, yen in paid.iter_rows()}


def _require_decoded(side: Inspection) -> Decoded:
    if side.decoded is None or not side.decoded.tables:
        first = side.findings[0]
        raise BadFile(
            f"{side.file} を読めないので比べられません（{first.text.heading}）。"
            "elqr file check で指摘を確かめてください。"
        )
    return side.decoded


@dataclass(frozen=True, slots=True)
class _Texts:
    """項目の文字 of one file, unchanged; those of a field are read on demand."""

    data: bytes
    sheet: Sheet

    @classmethod
    def of(cls, data: bytes, decoded: Decoded, file: str, received_on: date) -> "_Texts":
        """項目の区切りを探す. Raises BadFile when the ends of fields cannot be found."""
        sheet = cells_of(data, decoded, file, received_on)
        if not sheet.cells:
            raise BadFile(f"{file} の項目の区切りがわからないので比べられません。引用符の使い方を確かめてください。")
        return cls(data, sheet)

    def column(self, record: RecordSpec, field: FieldSpec, numbers: pl.Series) -> pl.Series:
        """一つの項目 of the records with these numbers, in their order; undecodable bytes in hexadecimal."""
        cells = self.sheet.cells[record.name]
        rows = cells.record_nos.search_sorted(numbers).to_numpy()
        starts, sizes = cells.starts[field.name][rows], cells.sizes[field.name][rows]
        texts = read_texts(np.frombuffer(self.data, dtype=np.uint8), starts, sizes, self.sheet.charset)
        if texts.null_count():
            unread = {
                int(at): self.data[starts[at] : starts[at] + sizes[at]].hex(" ") for at in texts.is_null().arg_true()
            }
            texts = pl.Series([unread.get(at, text) for at, text in enumerate(texts)], dtype=pl.String)
        return texts


_SAME = [PaymentContent.IDENTITY, PaymentContent.STAGE]
"""What records of two files have in common that tell of one payment."""


def _pairs(record: RecordSpec, decoded: Sequence[Decoded]) -> pl.DataFrame:
    """Pair the records of A and B: frame no_a, no_b; null where the other file has no such record."""
    sides = [
        _identities(side, record).rename({RECORD_NO: name}) for side, name in zip(decoded, (_A, _B), strict=True)
    ]  # fmt: skip
    first = _join_nth(sides[0], sides[1], _SAME)
    paired = first.drop_nulls([_A, _B])
    unpaired = [
        side.filter(~pl.col(name).is_in(paired[name].implode())) for side, name in zip(sides, (_A, _B), strict=True)
    ]  # fmt: skip
    by_identity = _join_nth(unpaired[0], unpaired[1], [PaymentContent.IDENTITY])
    return pl.concat([paired, by_identity]).sort(pl.coalesce(_A, _B), _B)


def _identities(decoded: Decoded, record: RecordSpec) -> pl.DataFrame:
    """Frame record_no, identity, stage; the last two are empty for records without them."""
    rows, pay = decoded.tables[record.name], decoded.spec.payment
    if pay is None or pay.record != record.name:
        return rows.select(RECORD_NO, *(pl.lit("").alias(name) for name in _SAME))
    stage = pl.col(pay.stage.field).cast(pl.String).fill_null("") if pay.stage.field else pl.lit("")
    rows = with_other_records(decoded, pay.record)
    identity = as_one_text(pay.identity).alias(PaymentContent.IDENTITY)
    return rows.select(RECORD_NO, identity, stage.alias(PaymentContent.STAGE))


def _join_nth(a: pl.DataFrame, b: pl.DataFrame, on: Sequence[str]) -> pl.DataFrame:
    """Join the n-th of equal rows with the n-th."""
    nth = pl.int_range(pl.len()).over(on).alias(_PAIR)
    a, b = a.with_columns(nth), b.with_columns(nth)
    return a.join(b, on=[*on, _PAIR], how="full", validate="1:1", maintain_order="left_right").select(_A, _B)


def _changes(
    record: RecordSpec, pairs: pl.DataFrame, sides: Sequence[_Texts], show_personal: bool
) -> tuple[int, list[Change], int]:
    """The number of paired records that differ, the first differences in file order, and the number of differences."""
    both = pairs.drop_nulls([_A, _B])
    any_differs = pl.repeat(False, both.height, eager=True)
    changes: list[Change] = []
    number = 0
    for field in record.fields:
        old, new = (side.column(record, field, both[no]) for side, no in zip(sides, (_A, _B), strict=True))
        differs = old.ne_missing(new)
        if not differs.any():
            continue
        any_differs, number = any_differs | differs, number + int(differs.sum())
        rows = both.with_columns(old.alias("old"), new.alias("new")).filter(differs)
        changes += [
            Change(record.title, no_a, no_b, field.title, *_shown_texts(field, was, became, show_personal))
            for no_a, no_b, was, became in rows.head(LISTED).iter_rows()
        ]
    changes.sort(key=lambda change: change.no_a or 0)
    return int(any_differs.sum()), changes[:LISTED], number


def _shown_texts(field: FieldSpec, old: str, new: str, show_personal: bool) -> tuple[str, str]:
    if not show_personal:
        old, new = value_without_names(field, old), value_without_names(field, new)
    if not field.personal or show_personal:
        return visible(old.rstrip(" ")), visible(new.rstrip(" "))
    shown = [MASKED if text.strip() else "" for text in (old, new)]
    return shown[0], shown[1] + "（別の値）" if all(shown) else shown[1]
