"""Comparison (ファイルの比較): two deliveries of one format, record by record and field by field.

Payments are paired by the sender's own identity: first with their stage, so that a 速報 stays beside its
速報, then without, so that a changed result is a change; the n-th of equal ones with the n-th. Records
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
from elqr.vocabulary.frames import PaymentContent, joined
from elqr.vocabulary.limits import FINDINGS
from elqr.vocabulary.visible_text import visible

LISTED = FINDINGS.most
"""Differences listed of each kind; the rest are counted."""
_A, _B, _PAIR = "no_a", "no_b", "pair"


@dataclass(frozen=True, slots=True)
class Change:
    """一つの違い: in one field of a record of both files, or (no field) a record that only one file has."""

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
    """比較の結果. `yen_*` are of payment records; None where they cannot be read."""

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
        """すべての記録と項目が同じか: whether nothing differs."""
        return not (self.added or self.removed or self.changed)

    @property
    def money(self) -> list[tuple[str, int, int, int, int]]:
        """段階・チャネルごと: title, count and yen of A, count and yen of B."""
        lines: dict[str, list[int]] = {}
        for at, side in ((0, self.a), (2, self.b)):
            for own in side.money or ():
                line = lines.setdefault(f"{own.stage}・{own.channel}", [0, 0, 0, 0])
                line[at : at + 2] = own.count, own.yen
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
    """比べる: (name, bytes) twice. Raises BadFile when they are not two files of one readable format."""
    sides = [inspect(data, name, specs, received_on, named) for name, data in (a, b)]
    decoded = [_decoded(side) for side in sides]
    if decoded[0].spec.name != decoded[1].spec.name:
        said = "、".join(f"{side.file} は {own.spec.name}" for side, own in zip(sides, decoded, strict=True))
        raise BadFile(f"形式が違うので比べられません（{said}）。同じ形式のファイルを指定してください。")
    texts = [_Texts.of(data, own, name, received_on) for (name, data), own in zip((a, b), decoded, strict=True)]
    spec = decoded[0].spec
    added = removed = changed = total = 0
    listed: list[Change] = []
    for record in spec.record:
        pairs = _pairs(record, decoded)
        count, changes, number = _changes(record, pairs, texts, show_personal)
        new, old = pairs.filter(pl.col(_A).is_null()), pairs.filter(pl.col(_B).is_null())
        added, removed, changed = added + new.height, removed + old.height, changed + count
        shown_a, shown_b = old[_A].head(LISTED), new[_B].head(LISTED)
        yen_a, yen_b = _yen(decoded[0], record, shown_a), _yen(decoded[1], record, shown_b)
        listed += [Change(record.title, None, no, new=yen_b.get(no, "")) for no in shown_b]
        listed += [Change(record.title, no, None, old=yen_a.get(no, "")) for no in shown_a]
        listed += changes
        total += new.height + old.height + number
    same = a[1] == b[1]
    return Comparison(
        spec, sides[0], sides[1], same, added, removed, changed, tuple(listed), total - len(listed)
    )  # fmt: skip


def _yen(decoded: Decoded, record: RecordSpec, numbers: pl.Series) -> dict[int, str]:
    """金額 of the payment records of some numbers, in words; nothing for other records."""
    pay, rows = decoded.spec.payment, decoded.tables[record.name]
    if pay is None or pay.record != record.name or pay.paid_yen not in rows.columns:
        return {}
    named = rows.filter(pl.col(RECORD_NO).is_in(numbers.to_list())).select(RECORD_NO, pay.paid_yen).drop_nulls()
    return {no: f"{yen:,}円" for no, yen in named.iter_rows()}


def _decoded(side: Inspection) -> Decoded:
    if side.decoded is None or not side.decoded.tables:
        first = side.findings[0]
        raise BadFile(
            f"{side.file} を読めないので比べられません（{first.text.heading}）。"
            "elqr file check で指摘を確かめてください。"
        )
    return side.decoded


@dataclass(frozen=True, slots=True)
class _Texts:
    """項目の文字 of one file, as they stand in it; a field's are read when they are asked for."""

    data: bytes
    sheet: Sheet

    @classmethod
    def of(cls, data: bytes, decoded: Decoded, file: str, received_on: date) -> "_Texts":
        """Raises BadFile when nobody can tell where its fields end."""
        sheet = cells_of(data, decoded, file, received_on)
        if not sheet.cells:
            raise BadFile(f"{file} の項目の区切りがわからないので比べられません。引用符の使い方を確かめてください。")
        return cls(data, sheet)

    def column(self, record: RecordSpec, field: FieldSpec, numbers: pl.Series) -> pl.Series:
        """一つの項目 of the records of some numbers, in their order; bytes that mean nothing in hexadecimal."""
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
    """Which record of A is which of B: no_a, no_b; null where the other file has none."""
    sides = [
        _identified(own, record).rename({RECORD_NO: name}) for own, name in zip(decoded, (_A, _B), strict=True)
    ]  # fmt: skip
    first = _joined(sides[0], sides[1], _SAME)
    met = first.drop_nulls([_A, _B])
    left = [
        side.filter(~pl.col(name).is_in(met[name].implode())) for side, name in zip(sides, (_A, _B), strict=True)
    ]  # fmt: skip
    rest = _joined(left[0], left[1], [PaymentContent.IDENTITY])
    return pl.concat([met, rest]).sort(pl.coalesce(_A, _B), _B)


def _identified(decoded: Decoded, record: RecordSpec) -> pl.DataFrame:
    """record_no, identity and stage; both are empty for records that have none."""
    rows, pay = decoded.tables[record.name], decoded.spec.payment
    if pay is None or pay.record != record.name:
        return rows.select(RECORD_NO, *(pl.lit("").alias(name) for name in _SAME))
    stage = pl.col(pay.stage.field).cast(pl.String).fill_null("") if pay.stage.field else pl.lit("")
    rows = with_other_records(decoded, pay.record)
    identity = joined(pay.identity).alias(PaymentContent.IDENTITY)
    return rows.select(RECORD_NO, identity, stage.alias(PaymentContent.STAGE))


def _joined(a: pl.DataFrame, b: pl.DataFrame, on: Sequence[str]) -> pl.DataFrame:
    """The n-th of equal ones with the n-th."""
    nth = pl.int_range(pl.len()).over(on).alias(_PAIR)
    a, b = a.with_columns(nth), b.with_columns(nth)
    return a.join(b, on=[*on, _PAIR], how="full", validate="1:1", maintain_order="left_right").select(_A, _B)


def _changes(
    record: RecordSpec, pairs: pl.DataFrame, sides: Sequence[_Texts], show_personal: bool
) -> tuple[int, list[Change], int]:
    """How many paired records differ, the first differences in file order, and how many there are."""
    both = pairs.drop_nulls([_A, _B])
    any_differs = pl.repeat(False, both.height, eager=True)
    found: list[Change] = []
    number = 0
    for field in record.fields:
        old, new = (own.column(record, field, both[no]) for own, no in zip(sides, (_A, _B), strict=True))
        differs = old.ne_missing(new)
        if not differs.any():
            continue
        any_differs, number = any_differs | differs, number + int(differs.sum())
        rows = both.with_columns(old.alias("old"), new.alias("new")).filter(differs)
        found += [
            Change(record.title, no_a, no_b, field.title, *_shown(field, was, became, show_personal))
            for no_a, no_b, was, became in rows.head(LISTED).iter_rows()
        ]
    found.sort(key=lambda change: change.no_a or 0)
    return int(any_differs.sum()), found[:LISTED], number


def _shown(field: FieldSpec, old: str, new: str, show_personal: bool) -> tuple[str, str]:
    if not show_personal:
        old, new = value_without_names(field, old), value_without_names(field, new)
    if not field.personal or show_personal:
        return visible(old.rstrip(" ")), visible(new.rstrip(" "))
    shown = [MASKED if text.strip() else "" for text in (old, new)]
    return shown[0], shown[1] + "（別の値）" if all(shown) else shown[1]
