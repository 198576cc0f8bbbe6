"""Masking (伏せ字の写し): a copy of a delivered file that may be given to support.

The copy has the same length to the byte, the same structure, counts, yen and totals, and the same findings at the same
places. Replaced, one to one and by a key that is not kept (elqr/arithmetic/pseudonym.py), are:

- fields that the spec marks `personal`;
- 照会キー and 確認番号: of several key fields always the widest, the others when they differ in the file
  (a company's code that is the same in all records identifies nobody and stays);
- the keys of a notice or upload file, by their names;
- fields of six or more bytes that repeat a part of a replaced field in the same record;
- text where none was expected that is not ASCII or not readable, or that has a word of letters: a name in a date field;
- 予備 and unread fields of records that are about one payment, because nobody knows what they hold.

Refused: a file whose records cannot be told apart, and a copy that would not be judged like its original.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import polars as pl

from elqr.arithmetic.checkdigit import Bytes, all_digits, gs1_check_digits, mpn_check_digits
from elqr.arithmetic.pseudonym import pseudonyms
from elqr.formats.cells import Cells, Places, Sheet, cells_of, read_texts, write_texts
from elqr.formats.decode import Decoded
from elqr.formats.framing import len_before_records
from elqr.formats.intake.inspection import Inspection, inspect
from elqr.formats.mpn import UPPER_DIGITS
from elqr.formats.spec import TEXT_KINDS, FieldSpec, RecordSpec, Spec
from elqr.vocabulary.errors import BadFile

_NOTICE_KEYS = ("bill_no", "payer_ref", "key_no", "check_no", "barcode.city_no", "customer_no", "pension_no", "digits")
_UNREAD = frozenset({"filler", "raw"})
_LEAST_COPY_BYTES = 6
_SAMPLE_ROWS = 1_000
_STRAY = r"[^\x00-\x7f]|[A-Za-z]{3}"
"""In place of a date or a number: a character beyond ASCII, or letters that make a word."""
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
        """項目の名 as staff read it."""
        return self.field.title + (f"の{self.part.title}" if self.part else "")


@dataclass(slots=True)
class Masked:
    """伏せ字の写し, and the number of replaced cells by title."""

    data: bytes
    replaced: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class _Copy:
    """The copy while it is being made."""

    original: Bytes
    array: Bytes
    sheet: Sheet
    key: bytes
    replaced: dict[str, int] = field(default_factory=dict)

    def old(self, starts: Places, sizes: Places) -> pl.Series:
        return read_texts(self.original, starts, sizes, self.sheet.charset)

    def put(self, starts: Places, sizes: Places, texts: pl.Series, title: str) -> None:
        """Write texts into cells, scrub cells whose text is null, and count those that are not blank."""
        is_read = texts.is_not_null().to_numpy()
        write_texts(self.array, starts[is_read], sizes[is_read], texts.drop_nulls(), self.sheet.charset)
        for at, size in zip(starts[~is_read].tolist(), sizes[~is_read].tolist(), strict=True):
            self.array[at : at + size] = _scrub(self.array[at : at + size])
        count = int((texts.str.strip_chars(" \u3000") != "").fill_null(True).sum())
        if count:
            self.replaced[title] = self.replaced.get(title, 0) + count


def mask_file(
    data: bytes, file: str, specs: Sequence[Spec], received_on: date, key: bytes, named: Spec | None = None
) -> Masked:
    """写しを作り、元と同じに扱われることを確かめる. Raises BadFile when either fails."""
    before = inspect(data, file, specs, received_on, named)
    if before.decoded is None:
        raise BadFile(
            f"{file} は形式がわからないため、写しを作りません（{before.findings[0].text.heading}）。"
            "形式がわかっているなら --spec で指定してください。"
        )
    copy = _make_copy(data, before.decoded, file, received_on, key)
    after = inspect(copy.data, file, specs, received_on, named)
    if len(copy.data) != len(data) or _verdict(after) != _verdict(before):
        raise BadFile(
            f"{file} の写しは、件数・金額・指摘が元と同じになりませんでした。様式 {before.decoded.spec.name} の"
            "項目の種類（kind）と personal を確かめてください。写しは書いていません。"
        )
    return copy


def _verdict(inspection: Inspection) -> tuple[object, ...]:
    """How the night would judge a file, without the values that findings show."""
    places = tuple((finding.code, finding.at) for finding in inspection.findings)
    name = inspection.spec.name if inspection.spec else ""
    counts = (inspection.record_count, inspection.kinds, inspection.money, inspection.totals, inspection.doubts)
    days = (inspection.paid_from, inspection.paid_to)
    return (name, inspection.charset, inspection.line_end, *counts, *days, places)


def _make_copy(data: bytes, decoded: Decoded, file: str, received_on: date, key: bytes) -> Masked:
    """Make the copy, unchecked. Raises BadFile when the file cannot be cut into records or has personal amounts."""
    spec, sheet = decoded.spec, cells_of(data, decoded, file, received_on)
    if not sheet.cells:
        why = f"（{sheet.findings[0].text.heading}）" if sheet.findings else ""
        raise BadFile(
            f"{file} は様式 {spec.name} のレコードに切り分けられない{why}ため、写しを作りません。"
            f"elqr file check で指摘を確かめてください。"
        )
    copy = _Copy(np.frombuffer(data, dtype=np.uint8), np.frombuffer(data, dtype=np.uint8).copy(), sheet, key)
    preamble = len_before_records(data, spec) if spec.preamble_bytes else 0
    copy.array[:preamble] = _scrub(copy.array[:preamble])
    targets = _targets(spec, copy)
    for cells in sheet.cells.values():
        record_targets = [target for target in targets if target.record == cells.record.name]
        for target in record_targets:
            _replace(copy, cells, target)
        for spec_field in {target.field.name: target.field for target in record_targets}.values():
            if spec_field.nested is not None and spec_field.nested.check is not None:
                _keep_check_digits(copy, cells, spec_field)
        _replace_copies(copy, cells, record_targets, _stated_copies(spec, cells.record))
        _replace_strays(copy, cells, {target.field.name for target in record_targets})
    return Masked(copy.array.tobytes(), copy.replaced)


def _replace_strays(copy: _Copy, cells: Cells, taken: set[str]) -> None:
    """迷い込んだ文字: replace text in fields that expect none, because it may be a name."""
    for spec_field in cells.record.fields:
        if spec_field.name in taken or spec_field.kind in TEXT_KINDS:
            continue
        starts, sizes = cells.starts[spec_field.name], cells.sizes[spec_field.name]
        old = copy.old(starts, sizes)
        allowed = [*(spec_field.values or {}), spec_field.value or ""]
        strays = old.is_null() | (old.str.contains(_STRAY) & ~old.str.strip_chars(" ").is_in(allowed))
        if (is_stray := strays.fill_null(True).to_numpy()).any():
            copy.put(starts[is_stray], sizes[is_stray], pseudonyms(old.filter(is_stray), copy.key), spec_field.title)


def _targets(spec: Spec, copy: _Copy) -> list[Target]:
    """The fields and parts to replace, each field once."""
    targets: dict[tuple[str, str], Target] = {}
    pay = spec.payment
    for record in spec.record:
        is_one_payment = (pay is not None and pay.record == record.name) or any(item.personal for item in record.fields)
        for item in record.fields:
            if item.personal and item.kind in ("yen", "count"):
                raise BadFile(
                    f"様式 {spec.name} の「{item.title}」は金額か件数なのに personal = true です。置き換えると合計が"
                    "合わなくなるので、写しを作りません。様式を直してください。"
                )
            if item.personal or (item.kind in _UNREAD and is_one_payment):
                targets[record.name, item.name] = Target(record.name, item)
    for target in [*_payment_keys(spec, copy), *_notice_keys(spec), *_claim_keys(spec), *_debit_keys(spec)]:
        targets.setdefault((target.record, target.field.name + (target.part.name if target.part else "")), target)
    whole_fields = {(target.record, target.field.name) for target in targets.values() if target.part is None}
    return [
        target
        for target in targets.values()
        if target.part is None or (target.record, target.field.name) not in whole_fields
    ]


def _payment_keys(spec: Spec, copy: _Copy) -> Iterable[Target]:
    if (pay := spec.payment) is None:
        return
    for key in (pay.key, pay.other_key):
        targets = [_target(spec, pay.record, name) for name in key.fields] if key else []
        widest = max(targets, key=_width, default=None)
        for target in targets:
            texts = copy.old(*_places(copy.sheet.cells[target.record], target))
            if target is widest or texts.n_unique() > 1:
                yield target
    if pay.check_no:
        yield _target(spec, pay.record, pay.check_no)


def _width(target: Target) -> int:
    layout = target.part or target.field
    return layout.width or layout.max_width or 0


def _notice_keys(spec: Spec) -> Iterable[Target]:
    if spec.purpose in ("notice", "upload"):
        record = spec.record[0]
        names = {spec_field.name for spec_field in record.fields}
        yield from (_target(spec, record.name, name) for name in _NOTICE_KEYS if name.partition(".")[0] in names)


def _claim_keys(spec: Spec) -> Iterable[Target]:
    for stated in (spec.claim, spec.status):
        if stated is not None:
            names = (stated.bill_no, stated.payer_ref)
            yield from (_target(spec, stated.record, name) for name in names if name is not None)


def _debit_keys(spec: Spec) -> Iterable[Target]:
    if spec.debit is not None:
        yield from (_target(spec, spec.debit.record, name) for name in spec.debit.key.fields)


def _target(spec: Spec, record_name: str, name: str) -> Target:
    """The target of a name in the spec: `key_no`, `barcode.city_no` or `header.customer_no`."""
    head, _, part_name = name.partition(".")
    if part_name and spec.record_named(head) is not None and head != record_name:
        return _target(spec, head, part_name)
    record = spec.record_named(record_name)
    spec_field = record.field(head) if record else None
    assert spec_field is not None, "a spec that was read points at fields that exist"
    if not part_name:
        return Target(record_name, spec_field)
    assert spec_field.nested is not None, "a dotted name is a part of a nested field"
    layout = spec_field.nested.record[0]
    at = next(at for at, part in enumerate(layout.fields) if part.name == part_name)
    return Target(record_name, spec_field, layout.fields[at], len(spec_field.prefix) + layout.offsets[at])


def _places(cells: Cells, target: Target) -> tuple[Places, Places]:
    if target.part is None:
        return cells.starts[target.field.name], cells.sizes[target.field.name]
    return cells.part(target.field.name, target.start, target.part.width or 0)


def _replace(copy: _Copy, cells: Cells, target: Target) -> None:
    starts, sizes = _places(cells, target)
    old = copy.old(starts, sizes)
    copy.put(starts, sizes, _replacements(target.part or target.field, old, copy.key), target.title)


def _replacements(spec_field: FieldSpec, old: pl.Series, key: bytes) -> pl.Series:
    """The replacements of a column; each is valid for the field's kind if the original was."""
    if spec_field.kind == "const":
        return old
    if spec_field.kind in ("code", "date", "time") and not old.str.contains(_STRAY).any():
        distinct = old.drop_nulls().unique()
        others = [_other_value(spec_field, text, key) for text in distinct]
        return old.replace_strict(distinct, pl.Series(others, dtype=pl.String), default=None, return_dtype=pl.String)
    new = pseudonyms(old, key)
    if spec_field.kind == "raw" and spec_field.personal:  # signs may be half of a kanji
        new = new.str.replace_all("[^0-9A-Za-z ]", "X")
    if spec_field.zero_is_blank or spec_field.kind in _UNREAD:
        zero = old.str.contains("^[0 ]+$")
        new = pl.select(pl.when(zero).then(old).otherwise(new)).to_series()
        while (became := new.str.contains("^[0 ]+$") & ~zero).any():
            new = pl.select(pl.when(became).then(pseudonyms(new, key)).otherwise(new)).to_series()
    return new


def _other_value(spec_field: FieldSpec, text: str, key: bytes) -> str:
    """Another value that is as valid: from the list of the spec, or another day or time."""
    bare = text.strip(" ")
    number = int.from_bytes(hashlib.blake2b(bare.encode(), key=key[:64], digest_size=8).digest(), "big")
    if spec_field.kind == "code" and spec_field.values and bare in spec_field.values:
        same = sorted(value for value in spec_field.values if len(value) == len(bare))
        return text.replace(bare, same[number % len(same)])
    digits = [at for at, character in enumerate(text) if character.isascii() and character.isdigit()]
    if spec_field.kind == "code" or len(digits) < 4 or set(bare) == {"0"}:
        return text if spec_field.kind != "code" else str(pseudonyms(pl.Series([text]), key)[0])
    pairs = (number % 12 + 1, number // 12 % 28 + 1) if spec_field.kind == "date" else (number % 24, number // 24 % 60)
    places = digits[-4:] if spec_field.kind == "date" else digits[:4]
    characters = list(text)
    for at, digit in zip(places, f"{pairs[0]:02}{pairs[1]:02}", strict=True):
        characters[at] = digit
    return "".join(characters)


def _scrub(cell: Bytes) -> Bytes:
    """読めないバイト: digits become 0, letters X, spaces stay, and all other bytes become unreadable ones."""
    scrubbed = np.full_like(cell, 0xFF)
    scrubbed[cell == 0x20] = 0x20
    scrubbed[(cell >= _ZERO) & (cell <= ord("9"))] = _ZERO
    scrubbed[((cell | 0x20) >= ord("a")) & ((cell | 0x20) <= ord("z")) & (cell < 0x80)] = ord("X")
    return scrubbed


def _keep_check_digits(copy: _Copy, cells: Cells, spec_field: FieldSpec) -> None:
    """チェックデジットを合わせる: correct if it was correct, and off by as much as before if it was wrong."""
    assert spec_field.nested is not None and spec_field.nested.check is not None, "only nested layouts have a check"
    width = spec_field.nested.record[0].width_bytes
    starts, sizes = cells.part(spec_field.name, len(spec_field.prefix), width)
    starts = starts[(cells.sizes[spec_field.name] == len(spec_field.prefix) + width) & (sizes == width)]
    zero = np.uint8(0xF0 if copy.sheet.charset == "ebcdic" else _ZERO)
    before, after = (_block(array, starts, width) - zero + np.uint8(_ZERO) for array in (copy.original, copy.array))
    good = all_digits(before)
    starts, before, after = starts[good], before[good], after[good]
    for places, digits_of in _CHECK_DIGITS[spec_field.nested.check]:
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
"""For each check that a layout may name: the places of its digits, and how they are computed from the whole."""


def _block(array: Bytes, starts: Places, width: int) -> Bytes:
    block = np.empty((len(starts), width), dtype=np.uint8)
    for column in range(width):
        block[:, column] = array[starts + column]
    return block


def _stated_copies(spec: Spec, record: RecordSpec) -> dict[str, tuple[str, int]]:
    """様式の言う控え: fields that should repeat a part of another field: its name, and where the part begins."""
    rules = spec.payment.doubt if spec.payment and spec.payment.record == record.name else ()
    pieces = {rule.field: rule.differs_from for rule in rules if rule.differs_from and rule.differs_from.width}
    prefixes = {field.name: len(field.prefix) for field in record.fields}
    return {name: (piece.field, prefixes.get(piece.field, 0) + piece.start - 1) for name, piece in pieces.items()}


def _replace_copies(copy: _Copy, cells: Cells, targets: list[Target], stated: Mapping[str, tuple[str, int]]) -> None:
    """控え: update fields that repeat a part of a replaced field in the same record, as stated or as found."""
    taken = {target.field.name for target in targets}
    for spec_field in cells.record.fields:
        if spec_field.name in taken or spec_field.kind not in ("digits", "text"):
            continue
        if spec_field.name in stated and stated[spec_field.name][0] in taken:
            _copy_part(copy, cells, spec_field, *stated[spec_field.name])
            continue
        for name in sorted(taken):
            if (at := _find_copied_part(copy, cells, spec_field.name, name)) is not None:
                _copy_part(copy, cells, spec_field, name, at)
                break


def _find_copied_part(copy: _Copy, cells: Cells, name: str, of: str) -> int | None:
    """Where the field `name` is repeated in the field `of` in most of the first records; None when nowhere."""
    sizes, whole_sizes = cells.sizes[name], cells.sizes[of]
    full = np.flatnonzero((sizes == sizes.max(initial=0)) & (whole_sizes == whole_sizes.max(initial=0)))[:_SAMPLE_ROWS]
    if not len(full) or not _LEAST_COPY_BYTES <= (width := int(sizes[full[0]])) <= int(whole_sizes[full[0]]):
        return None
    pieces = _block(copy.original, cells.starts[name][full], width)
    is_telling = (pieces != pieces[:, :1]).any(axis=1)
    wholes = _block(copy.original, cells.starts[of][full], int(whole_sizes[full[0]]))
    if not is_telling.any():
        return None
    scores = [
        int((pieces[is_telling] == wholes[is_telling, at : at + width]).all(axis=1).sum())
        for at in range(wholes.shape[1] - width + 1)
    ]
    best = int(np.argmax(scores))
    return best if scores[best] * 2 > is_telling.sum() else None


def _copy_part(copy: _Copy, cells: Cells, spec_field: FieldSpec, of: str, at: int) -> None:
    starts, sizes = cells.starts[spec_field.name], cells.sizes[spec_field.name]
    old = copy.old(starts, sizes)
    part = cells.part(of, at, int(sizes.max(initial=0)))
    new = read_texts(copy.array, *part, copy.sheet.charset)
    same = (copy.old(*part) == old).fill_null(False)
    new = new.zip_with(same, old.set(same, None))
    copy.put(starts, sizes, new.zip_with(same, pseudonyms(new.set(same, None), copy.key)), spec_field.title)
