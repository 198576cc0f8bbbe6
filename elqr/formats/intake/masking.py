"""Masking (伏せ字の写し): a copy of a delivered file that is fit for support.

Same length to the byte, same structure, counts, yen and totals, and the same findings at the same places.
Replaced, one to one and by a key that is not kept (elqr/arithmetic/pseudonym.py):

- fields that the spec marks `personal`;
- 照会キー and 確認番号: of several key fields the widest always, the others when they differ in the file
  (a company's code that is the same in all records tells nobody apart and stays);
- the keys of a notice or upload file, by their names;
- fields of six or more bytes that repeat a part of what is replaced in the same record;
- what stands where no text was expected and is neither ASCII nor readable: a name in a field of dates;
- what stands in 予備 and unread fields of records that are about one payment, because nobody knows what it is.

Refused: a file whose records cannot be told apart, and a copy that would not be judged as its original.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import polars as pl

from elqr.arithmetic.checkdigit import Bytes, all_digits, gs1_check_digits, mpn_check_digits
from elqr.arithmetic.pseudonym import pseudonyms
from elqr.formats.cells import Cells, Places, Sheet, cells_of, read_texts, write_texts
from elqr.formats.decode import Decoded
from elqr.formats.intake.inspection import Inspection, inspect
from elqr.formats.mpn import UPPER_DIGITS
from elqr.formats.spec import TEXT_KINDS, FieldSpec, Spec
from elqr.vocabulary.errors import BadFile

_NOTICE_KEYS = ("bill_no", "payer_ref", "key_no", "check_no", "barcode.city_no", "customer_no", "digits")
_UNREAD = frozenset({"filler", "raw"})
_LEAST_COPY_BYTES = 6
_SAMPLE_ROWS = 1_000
_STRAY = r"[^\x00-\x7f]|[A-Za-z]{3}"
"""Where a date or a number was expected: no ASCII, or letters that make a word."""
_ZERO = ord("0")


@dataclass(frozen=True, slots=True)
class Target:
    """置き換える場所: a field of a record kind, or a part of a nested one."""

    record: str
    field: FieldSpec
    part: FieldSpec | None = None
    start: int = 0

    @property
    def title(self) -> str:
        """What staff read."""
        return self.field.title + (f"の{self.part.title}" if self.part else "")


@dataclass(slots=True)
class Masked:
    """伏せ字の写し, and what was replaced: title → number of cells."""

    data: bytes
    replaced: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class _Copy:
    """The copy in the making."""

    original: Bytes
    array: Bytes
    sheet: Sheet
    key: bytes
    replaced: dict[str, int] = field(default_factory=dict)

    def old(self, starts: Places, sizes: Places) -> pl.Series:
        return read_texts(self.original, starts, sizes, self.sheet.charset)

    def put(self, starts: Places, sizes: Places, texts: pl.Series, title: str) -> None:
        """Writes what could be read; counts the cells that are not blank."""
        given = texts.is_not_null().to_numpy()
        write_texts(self.array, starts[given], sizes[given], texts.drop_nulls(), self.sheet.charset)
        for at, size in zip(starts[~given].tolist(), sizes[~given].tolist(), strict=True):
            self.array[at : at + size] = _scrubbed(self.array[at : at + size])
        count = int((texts.str.strip_chars(" \u3000") != "").fill_null(True).sum())
        if count:
            self.replaced[title] = self.replaced.get(title, 0) + count


def masked(
    data: bytes, file: str, specs: Sequence[Spec], received_on: date, key: bytes, named: Spec | None = None
) -> Masked:
    """写しを作り、元と同じに扱われることを確かめる. Raises BadFile when it cannot be made or would not be."""
    before = inspect(data, file, specs, received_on, named)
    if before.decoded is None:
        raise BadFile(
            f"{file} は形式がわからないため、写しを作りません（{before.findings[0].text.heading}）。"
            "形式がわかっているなら --spec で指定してください。"
        )
    copy = _copied(data, before.decoded, file, received_on, key)
    after = inspect(copy.data, file, specs, received_on, named)
    if len(copy.data) != len(data) or _judged(after) != _judged(before):
        raise BadFile(
            f"{file} の写しは、件数・金額・指摘が元と同じになりませんでした。様式 {before.decoded.spec.name} の"
            "項目の種類（kind）と personal を確かめてください。写しは書いていません。"
        )
    return copy


def _judged(found: Inspection) -> tuple[object, ...]:
    """What the night would make of a file, without the values that findings show."""
    places = tuple((finding.code, finding.at) for finding in found.findings)
    name = found.spec.name if found.spec else ""
    counts = (found.record_count, found.kinds, found.money, found.totals, found.paid_from, found.paid_to)
    return (name, found.charset, found.line_end, *counts, places)


def _copied(data: bytes, decoded: Decoded, file: str, received_on: date, key: bytes) -> Masked:
    """The copy, unchecked. Raises BadFile when the file cannot be cut into records, or holds personal amounts."""
    spec, sheet = decoded.spec, cells_of(data, decoded, file, received_on)
    if not sheet.cells:
        why = f"（{sheet.findings[0].text.heading}）" if sheet.findings else ""
        raise BadFile(
            f"{file} は様式 {spec.name} のレコードに切り分けられない{why}ため、写しを作りません。"
            f"elqr file check で指摘を確かめてください。"
        )
    copy = _Copy(np.frombuffer(data, dtype=np.uint8), np.frombuffer(data, dtype=np.uint8).copy(), sheet, key)
    targets = _targets(spec, copy)
    for cells in sheet.cells.values():
        own = [target for target in targets if target.record == cells.record.name]
        for target in own:
            _replace(copy, cells, target)
        for field_ in {target.field.name: target.field for target in own}.values():
            if field_.nested is not None and field_.nested.check is not None:
                _keep_check_digits(copy, cells, field_)
        _replace_copies(copy, cells, own)
        _replace_strays(copy, cells, {target.field.name for target in own})
    return Masked(copy.array.tobytes(), copy.replaced)


def _replace_strays(copy: _Copy, cells: Cells, taken: set[str]) -> None:
    """迷い込んだ文字: where no text was expected, what is neither ASCII nor readable may be a name."""
    for own in cells.record.fields:
        if own.name in taken or own.kind in TEXT_KINDS:
            continue
        starts, sizes = cells.starts[own.name], cells.sizes[own.name]
        old = copy.old(starts, sizes)
        allowed = [*(own.values or {}), own.value or ""]
        strays = old.is_null() | (old.str.contains(_STRAY) & ~old.str.strip_chars(" ").is_in(allowed))
        if (found := strays.fill_null(True).to_numpy()).any():
            copy.put(starts[found], sizes[found], pseudonyms(old.filter(found), copy.key), own.title)


def _targets(spec: Spec, copy: _Copy) -> list[Target]:
    """What is to be replaced, each field once."""
    found: dict[tuple[str, str], Target] = {}
    pay = spec.payment
    for record in spec.record:
        is_one_payment = (pay is not None and pay.record == record.name) or any(own.personal for own in record.fields)
        for own in record.fields:
            if own.personal and own.kind in ("yen", "count"):
                raise BadFile(
                    f"様式 {spec.name} の「{own.title}」は金額か件数なのに personal = true です。置き換えると合計が"
                    "合わなくなるので、写しを作りません。様式を直してください。"
                )
            if own.personal or (own.kind in _UNREAD and is_one_payment):
                found[record.name, own.name] = Target(record.name, own)
    for target in [*_payment_keys(spec, copy), *_notice_keys(spec)]:
        found.setdefault((target.record, target.field.name + (target.part.name if target.part else "")), target)
    whole = {(target.record, target.field.name) for target in found.values() if target.part is None}
    return [own for own in found.values() if own.part is None or (own.record, own.field.name) not in whole]


def _payment_keys(spec: Spec, copy: _Copy) -> Iterable[Target]:
    if (pay := spec.payment) is None:
        return
    keys = [_target(spec, pay.record, name) for name in pay.key.fields]
    widest = max(keys, key=lambda own: (own.part or own.field).width or (own.part or own.field).max_width or 0)
    for own in keys:
        texts = copy.old(*_places(copy.sheet.cells[own.record], own))
        if own is widest or texts.n_unique() > 1:
            yield own
    if pay.check_no:
        yield _target(spec, pay.record, pay.check_no)


def _notice_keys(spec: Spec) -> Iterable[Target]:
    if spec.purpose in ("notice", "upload"):
        record = spec.record[0]
        names = {own.name for own in record.fields}
        yield from (_target(spec, record.name, name) for name in _NOTICE_KEYS if name.partition(".")[0] in names)


def _target(spec: Spec, record_name: str, name: str) -> Target:
    """A field as the spec names it: `key_no`, `barcode.city_no` or `header.customer_no`."""
    head, _, rest = name.partition(".")
    if rest and spec.record_named(head) is not None and head != record_name:
        return _target(spec, head, rest)
    record = spec.record_named(record_name)
    own = record.field(head) if record else None
    assert own is not None, "a spec that was read points at fields that exist"
    if not rest:
        return Target(record_name, own)
    assert own.nested is not None, "a dotted name is a part of a nested field"
    layout = own.nested.record[0]
    at = next(at for at, part in enumerate(layout.fields) if part.name == rest)
    return Target(record_name, own, layout.fields[at], len(own.prefix) + layout.offsets[at])


def _places(cells: Cells, target: Target) -> tuple[Places, Places]:
    if target.part is None:
        return cells.starts[target.field.name], cells.sizes[target.field.name]
    return cells.part(target.field.name, target.start, target.part.width or 0)


def _replace(copy: _Copy, cells: Cells, target: Target) -> None:
    starts, sizes = _places(cells, target)
    old = copy.old(starts, sizes)
    copy.put(starts, sizes, _replacements(target.part or target.field, old, copy.key), target.title)


def _replacements(own: FieldSpec, old: pl.Series, key: bytes) -> pl.Series:
    """What stands there instead; it is of the field's kind when the original was."""
    if own.kind == "const":
        return old
    if own.kind in ("code", "date", "time") and not old.str.contains(_STRAY).any():
        distinct = old.drop_nulls().unique()
        others = [_other_value(own, text, key) for text in distinct]
        return old.replace_strict(distinct, pl.Series(others, dtype=pl.String), default=None, return_dtype=pl.String)
    new = pseudonyms(old, key)
    if own.zero_is_blank or own.kind in _UNREAD:
        zero = old.str.contains("^[0 ]+$")
        new = pl.select(pl.when(zero).then(old).otherwise(new)).to_series()
        while (became := new.str.contains("^[0 ]+$") & ~zero).any():
            new = pl.select(pl.when(became).then(pseudonyms(new, key)).otherwise(new)).to_series()
    return new


def _other_value(own: FieldSpec, text: str, key: bytes) -> str:
    """Of a list the spec gives, or a day or a time: another one that is as good."""
    bare = text.strip(" ")
    number = int.from_bytes(hashlib.blake2b(bare.encode(), key=key[:64], digest_size=8).digest(), "big")
    if own.kind == "code" and own.values and bare in own.values:
        same = sorted(value for value in own.values if len(value) == len(bare))
        return text.replace(bare, same[number % len(same)])
    digits = [at for at, character in enumerate(text) if character.isascii() and character.isdigit()]
    if own.kind == "code" or len(digits) < 4 or set(bare) == {"0"}:
        return text if own.kind != "code" else str(pseudonyms(pl.Series([text]), key)[0])
    pairs = (number % 12 + 1, number // 12 % 28 + 1) if own.kind == "date" else (number % 24, number // 24 % 60)
    places = digits[-4:] if own.kind == "date" else digits[:4]
    made = list(text)
    for at, digit in zip(places, f"{pairs[0]:02}{pairs[1]:02}", strict=True):
        made[at] = digit
    return "".join(made)


def _scrubbed(cell: Bytes) -> Bytes:
    """読めないバイト: digits stay digits, letters letters, and the rest unreadable; spaces stay."""
    made = np.full_like(cell, 0xFF)
    made[cell == 0x20] = 0x20
    made[(cell >= _ZERO) & (cell <= ord("9"))] = _ZERO
    made[((cell | 0x20) >= ord("a")) & ((cell | 0x20) <= ord("z")) & (cell < 0x80)] = ord("X")
    return made


def _keep_check_digits(copy: _Copy, cells: Cells, own: FieldSpec) -> None:
    """チェックデジットを合わせる: right where it was right, and as wrong as it was where it was wrong."""
    assert own.nested is not None and own.nested.check is not None, "only nested layouts have a check"
    width = own.nested.record[0].width_bytes
    starts, sizes = cells.part(own.name, len(own.prefix), width)
    starts = starts[(cells.sizes[own.name] == len(own.prefix) + width) & (sizes == width)]
    zero = np.uint8(0xF0 if copy.sheet.charset == "ebcdic" else _ZERO)
    before, after = (_block(array, starts, width) - zero + np.uint8(_ZERO) for array in (copy.original, copy.array))
    good = all_digits(before)
    starts, before, after = starts[good], before[good], after[good]
    for places, digits_of in _CHECK_DIGITS[own.nested.check]:
        wrong_by = before[:, places].astype(np.int64) - digits_of(before)
        digits = (digits_of(after).astype(np.int64) - _ZERO + wrong_by) % 10
        for at, place in enumerate(places):
            copy.array[starts + place] = digits[:, at].astype(np.uint8) + zero


_CHECK_DIGITS: dict[str, list[tuple[list[int], Callable[[Bytes], Bytes]]]] = {
    "gs1_mod10": [([43], lambda rows: gs1_check_digits(rows[:, :43])[:, None])],
    "mpn": [
        ([0, 1], lambda rows: mpn_check_digits(np.ascontiguousarray(rows[:, 2:UPPER_DIGITS]))),
        (
            [UPPER_DIGITS, UPPER_DIGITS + 1],
            lambda rows: mpn_check_digits(np.ascontiguousarray(rows[:, UPPER_DIGITS + 2 :])),
        ),
    ],
}
"""Of each check a layout may name: where its digits stand and how they are made of the whole."""


def _block(array: Bytes, starts: Places, width: int) -> Bytes:
    block = np.empty((len(starts), width), dtype=np.uint8)
    for column in range(width):
        block[:, column] = array[starts + column]
    return block


def _replace_copies(copy: _Copy, cells: Cells, targets: list[Target]) -> None:
    """控え: fields that repeat a part of a replaced one in the same record get the same part of the new one."""
    taken = {target.field.name for target in targets}
    for own in cells.record.fields:
        if own.name in taken or own.kind not in ("digits", "text"):
            continue
        for name in sorted(taken):
            if (at := _repeated_at(copy, cells, own.name, name)) is not None:
                _follow(copy, cells, own, name, at)
                break


def _repeated_at(copy: _Copy, cells: Cells, name: str, of: str) -> int | None:
    """Where in the other field this one's bytes stand, in most of the first records; None when nowhere."""
    sizes, whole = cells.sizes[name], cells.sizes[of]
    full = np.flatnonzero((sizes == sizes.max(initial=0)) & (whole == whole.max(initial=0)))[:_SAMPLE_ROWS]
    if not len(full) or not _LEAST_COPY_BYTES <= (width := int(sizes[full[0]])) <= int(whole[full[0]]):
        return None
    own = _block(copy.original, cells.starts[name][full], width)
    given = (own != own[:, :1]).any(axis=1)
    other = _block(copy.original, cells.starts[of][full], int(whole[full[0]]))
    if not given.any():
        return None
    scores = [
        int((own[given] == other[given, at : at + width]).all(axis=1).sum()) for at in range(other.shape[1] - width + 1)
    ]
    best = int(np.argmax(scores))
    return best if scores[best] * 2 > given.sum() else None


def _follow(copy: _Copy, cells: Cells, own: FieldSpec, of: str, at: int) -> None:
    starts, sizes = cells.starts[own.name], cells.sizes[own.name]
    old = copy.old(starts, sizes)
    part = cells.part(of, at, int(sizes.max(initial=0)))
    new = read_texts(copy.array, *part, copy.sheet.charset)
    same = (copy.old(*part) == old).fill_null(False)
    new = new.zip_with(same, old.set(same, None))
    copy.put(starts, sizes, new.zip_with(same, pseudonyms(new.set(same, None), copy.key)), own.title)
