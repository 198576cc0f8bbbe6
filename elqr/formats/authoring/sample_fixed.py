"""A sampled fixed-length file (固定長の見本): record length, kinds and fields. Guesses only.

A comment written here never repeats a value of the sample, except short constants of digits.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np
import polars as pl

from elqr.arithmetic.checkdigit import BARCODE_DIGITS, Bytes, all_digits, as_column, gs1_check_digits
from elqr.formats.authoring.draft import GUESS, Draft, DraftField, DraftRecord, payment_of
from elqr.vocabulary.errors import BadFile

_USUAL = (120, 200, 220, 300, 350, 128, 240, 250, 256, 100, 80, 160, 150, 400, 500)
_MOST_BYTES, _MOST_KINDS, _MOST_RECORDS = 4_000, 9, 20_000
_TITLES = {"1": "ヘッダ", "2": "データ", "8": "トレーラ", "9": "エンド"}
_NAMES = {"1": "header", "2": "data", "8": "trailer", "9": "end"}
_MOST_COMPARED = 500
_CONFIRMED = f"{GUESS}: 合計がトレーラと一致した金額"
_ZERO, _SPACE = ord("0"), ord(" ")
_TOTALS = [(counts, yen) for counts in (6, 7, 8, 5, 10, 4) for yen in (12, 10, 13, 11, 14, 9, 8)]


def records_of(data: bytes, record_bytes: int | None) -> tuple[Bytes, str]:
    """レコードに切る: matrix of records, and the line end. Raises BadFile when no length is plausible."""
    body = data.rstrip(b"\x1a")
    end = "crlf" if b"\r\n" in body else "lf" if b"\n" in body else "none"
    if end != "none":
        lines = body.replace(b"\r\n", b"\n").rstrip(b"\n").split(b"\n")[:_MOST_RECORDS]
        lengths = [len(line) for line in lines]
        width = record_bytes or max(set(lengths), key=lengths.count)
        rows = [line for line in lines if len(line) == width]
        if not rows or len(rows) * 10 < len(lines) * 9 or width > _MOST_BYTES:
            raise BadFile(
                f"行の長さがそろっていません（{min(lengths)}〜{max(lengths)}バイト）。"
                "固定長なら --record-bytes を指定し、そうでなければ送付元に形式を確かめてください。"
            )
        return np.frombuffer(b"".join(rows), dtype=np.uint8).reshape(-1, width), end
    width = record_bytes or _guess_width(body)
    if len(body) % width:
        raise BadFile(f"{len(body):,}バイトは {width}で割り切れません。--record-bytes を確かめてください。")
    return np.frombuffer(body, dtype=np.uint8).reshape(-1, width)[:_MOST_RECORDS], end


def _guess_width(body: bytes) -> int:
    """Without line ends: the length at which the columns of each kind agree best; a usual length wins a tie."""
    fitting = [width for width in range(20, 1_001) if len(body) % width == 0 and len(body) > width]
    fitting = fitting or [width for width in _USUAL if len(body) == width]
    if not fitting:
        raise BadFile("レコードの長さがわかりません。--record-bytes で指定してください。")
    return max(fitting, key=lambda width: (_agreement(body, width), width in _USUAL, -width))


def _agreement(body: bytes, width: int) -> float:
    """列のそろい: the share of bytes in the usual class of their column; the only record of a kind counts half."""
    rows = np.frombuffer(body, dtype=np.uint8)[: width * _MOST_COMPARED].reshape(-1, width)
    if not all(chr(byte).isascii() and chr(byte).isalnum() for byte in set(rows[:, 0].tolist())):
        return 0.0
    classes = np.full(rows.shape, 3, dtype=np.uint8)
    classes[(rows >= _ZERO) & (rows <= _ZERO + 9)] = 1
    classes[rows == _SPACE] = 2
    agreed = 0.0
    for byte in np.unique(rows[:, 0]):
        kind_classes = classes[rows[:, 0] == byte]
        most = np.max([(kind_classes == class_).sum(axis=0) for class_ in (1, 2, 3)], axis=0).sum()
        agreed += float(most) if len(kind_classes) > 1 else kind_classes.size / 2
    return round(agreed / classes.size, 2)


def fixed_draft(name: str, source: str, data: bytes, charset: str, record_bytes: int | None) -> Draft:
    """固定長の下書き from a sample of fixed records."""
    rows, end = records_of(data, record_bytes)
    tags = _tags(rows[:, 0])
    kinds = [(tag, rows[rows[:, 0] == ord(tag)] if tag else rows) for tag in tags]
    main_tag, main_rows = max(kinds, key=lambda kind: len(kind[1]))
    main = _record_name(main_tag)
    cut = {_record_name(tag): tuple(_name_fields(_fields(kind_rows, tag))) for tag, kind_rows in kinds}
    controls: tuple[tuple[str, str, str], ...] = ()
    confirmed: str | None = None
    for tag, kind_rows in kinds:
        record_name = _record_name(tag)
        if len(kind_rows) > 1 or record_name == main or controls:
            continue
        total = _totals(kind_rows, main_rows, cut[main])
        if total is not None:
            cut[main] = _cut_at_amount(main_rows, cut[main], total.start, total.width)
            confirmed = next(field.name for field in cut[main] if field.note == _CONFIRMED)
            cut[record_name] = _cut_at_totals(kind_rows, tag, total.where, total.counts, total.yen)
            controls = (
                ("合計件数", f"{record_name}.total_count", main),
                ("合計金額", f"{record_name}.total_yen", f"{main}.{confirmed}"),
            )
    records = tuple(_record(tag, kind_rows, cut, rows[:, 0], tags) for tag, kind_rows in kinds)
    pay = payment_of(next(record for record in records if record.name == main), (), confirmed)
    questions: tuple[str, ...] = (
        "項目の境目（数字の続きは、いくつかの項目かもしれない）",
        "文字コード",
        "速報・確報・取消の区別があるか",
    )
    questions += () if pay else ("金額・日付・照会キーのどれかを推測できなかった",)
    questions += () if controls else ("合計の検査ができるか",)
    return Draft(
        name, source, "fixed", charset, records, end, rows.shape[1],
        controls=controls, payment=pay, questions=questions,
    )  # fmt: skip


def _tags(first: Bytes) -> list[str]:
    """レコード区分: the distinct first bytes if they are a few letters or digits; else one empty tag."""
    letters = [chr(byte) for byte in dict.fromkeys(first.tolist())]
    is_plain = all(tag.isascii() and tag.isalnum() for tag in letters)
    return letters if is_plain and len(letters) <= _MOST_KINDS else [""]


def _record_name(tag: str) -> str:
    """A name for a kind: the usual meaning of its tag, or the tag itself (an upper-case letter marked as such)."""
    if not tag:
        return "data"
    return _NAMES.get(tag, f"record_u{tag.lower()}" if tag.isupper() else f"record_{tag}")


def _record(
    tag: str, rows: Bytes, cut: dict[str, tuple[DraftField, ...]], first: Bytes, tags: list[str]
) -> DraftRecord:
    name = _record_name(tag)
    if not tag:
        return DraftRecord(name, "データ", cut[name], note=f"{GUESS}: 見本 {len(rows):,}件")
    pairs = {(chr(before), chr(after)) for before, after in pairwise(first.tolist())}
    follows = [_record_name(before) for before in tags if (before, tag) in pairs]
    is_first = chr(first[0]) == tag
    return DraftRecord(
        name,
        _TITLES.get(tag, f"区分{tag}"),
        cut[name],
        tag,
        (*(("start",) if is_first else ()), *follows),
        opens_group=is_first and len(tags) > 1,
        closes=chr(first[-1]) == tag,
        note=f"{GUESS}: 先頭の1バイトから。見本 {len(rows):,}件",
    )


def _name_fields(fields: Sequence[DraftField]) -> Iterator[DraftField]:
    """Give fields without a name one by their place."""
    at = 1
    for field in fields:
        name = field.name or f"field_{at:03d}"
        title = field.title or f"{at}バイト目からの項目"
        yield DraftField(name, title, field.kind, field.width, field.extra, field.note)
        at += field.width or 0


def _fields(rows: Bytes, tag: str) -> list[DraftField]:
    """項目に分ける: the tag, then runs of byte columns of one class."""
    fields = (
        [DraftField("record_kind", "レコード区分", "const", 1, {"value": tag}, f"{GUESS}: 先頭の1バイト")]
        if tag
        else []
    )
    start = len(tag)
    classes = _classes(rows)
    while start < rows.shape[1]:
        end = start + 1
        while end < rows.shape[1] and classes[end] == classes[start]:
            end += 1
        fields += _cut_run(rows[:, start:end], classes[start])
        start = end
    return fields


def _classes(rows: Bytes) -> list[str]:
    """The class of each byte column: digits, text (including spaces after it), or other spaces."""
    digit = np.asarray(((rows >= _ZERO) & (rows <= _ZERO + 9)).all(axis=0))
    space = np.asarray((rows == _SPACE).all(axis=0))
    classes: list[str] = []
    for column in range(rows.shape[1]):
        if digit[column]:
            classes.append("digits")
        elif space[column]:
            classes.append("text" if classes and classes[-1] == "text" else "space")
        else:
            classes.append("text")
    return classes


def _cut_run(rows: Bytes, kind: str) -> list[DraftField]:
    width = rows.shape[1]
    if kind == "space":
        return [DraftField("", "", "filler", width, {}, f"{GUESS}: 見本では空白だけ")]
    if kind == "text":
        is_kana = bool((rows >= 0x80).any())
        note = f"{GUESS}: 文字" + ("（氏名などかもしれないので伏せる。違えば personal を消す）" if is_kana else "")
        return [DraftField("", "", "text", width, {"personal": True} if is_kana else {}, note)]
    for start in range(width - BARCODE_DIGITS + 1):
        if _is_barcode(rows[:, start : start + BARCODE_DIGITS]):
            code = DraftField(
                "barcode",
                "バーコード",
                "nested",
                BARCODE_DIGITS,
                {"spec": "gs1_128"},
                f"{GUESS}: チェックデジットの合う44桁",
            )
            return [*_cut_rest(rows, 0, start), code, *_cut_rest(rows, start + BARCODE_DIGITS, width)]
    for start in range(width - 7):
        if _are_days(rows[:, start : start + 8]):
            day = DraftField("", "", "date", 8, {}, f"{GUESS}: 見本がすべて日付として正しい")
            return [*_cut_rest(rows, 0, start), day, *_cut_rest(rows, start + 8, width)]
    cuts = [0, *_starts_of_padding(rows), width]
    return [_number(rows[:, start:end]) for start, end in pairwise(cuts)]


def _cut_rest(rows: Bytes, start: int, end: int) -> list[DraftField]:
    return _cut_run(rows[:, start:end], "digits") if end > start else []


def _is_barcode(rows: Bytes) -> bool:
    if not (rows[:, :2] == np.frombuffer(b"91", dtype=np.uint8)).all():
        return False
    return bool(all_digits(rows).all() and (gs1_check_digits(rows[:, :-1]) == rows[:, -1]).all())


def _are_days(rows: Bytes) -> bool:
    if not np.isin(rows[:, 0], (ord("1"), ord("2"))).all():
        return False
    texts = as_column(rows)
    if not texts.str.contains("^(19[5-9]|20[0-9])[0-9]").all():
        return False
    return bool(texts.str.to_date("%Y%m%d", strict=False, exact=True).is_not_null().all())


def _starts_of_padding(rows: Bytes) -> list[int]:
    """Where zeros begin in every record after a column that varies: a zero-padded number seems to start there."""
    if len(rows) < 2:
        return []
    zero = np.asarray((rows == _ZERO).all(axis=0))
    varies = np.asarray((rows != rows[:1]).any(axis=0))
    return [at for at in range(1, rows.shape[1] - 1) if zero[at] and not zero[at - 1] and varies[at - 1]]


def _number(rows: Bytes) -> DraftField:
    width = rows.shape[1]
    is_same = len(rows) > 1 and bool((rows == rows[0]).all())
    if is_same and width <= 8:
        return DraftField(
            "", "", "digits", width, {}, f"{GUESS}: 数字。見本では常に {rows[0].tobytes().decode('ascii')}"
        )
    if is_same:
        return DraftField("", "", "digits", width, {}, f"{GUESS}: 数字。見本では常に同じ値")
    is_padded = bool((rows[:, 0] == _ZERO).all()) and 5 <= width <= 13
    if is_padded and len(rows) > 1:
        return DraftField("", "", "yen", width, {}, f"{GUESS}: ゼロで埋めた数。金額か番号かは要確認")
    return DraftField("", "", "digits", width, {}, f"{GUESS}: 数字")


@dataclass(frozen=True, slots=True)
class _Total:
    """合計の見つかった所: the place of the amount in the data records, and of the totals in the trailer."""

    start: int
    width: int
    where: int
    counts: int
    yen: int


def _totals(trailer: Bytes, rows: Bytes, fields: Sequence[DraftField]) -> _Total | None:
    """合計を探す: find the count of data records next to the sum of some of their digits in the only trailer."""
    text = trailer[0].tobytes().decode("latin-1")
    sums = {window: _sum(rows, *window) for window in _windows(fields)}
    for counts, yen in _TOTALS:
        for (start, width), total in sums.items():
            wanted = f"{len(rows):0{counts}d}{total:0{yen}d}"
            if total and len(wanted) == counts + yen and (where := text.find(wanted, 1)) >= 0:
                return _Total(start, width, where, counts, yen)
    return None


def _windows(fields: Sequence[DraftField]) -> Iterator[tuple[int, int]]:
    """(start, width) of digits that could be an amount: they start with a field and may cover several fields."""
    at = [0, *accumulate(field.width or 0 for field in fields)]
    for number, field in enumerate(fields):
        if field.kind not in ("yen", "digits"):
            continue
        end = next((at[n] for n in range(number, len(fields)) if fields[n].kind not in ("yen", "digits")), at[-1])
        for width in sorted(
            range(5, min(13, end - at[number]) + 1), key=lambda width: (width not in (10, 12, 8), width)
        ):
            yield at[number], width


def _sum(rows: Bytes, start: int, width: int) -> int:
    return int(as_column(rows[:, start : start + width]).cast(pl.Int64).sum())


def _cut_at_amount(rows: Bytes, fields: Sequence[DraftField], start: int, width: int) -> tuple[DraftField, ...]:
    """Cut the data record again, at the amount that the trailer confirms."""
    at = [0, *accumulate(field.width or 0 for field in fields)]
    head = [field for number, field in enumerate(fields) if at[number + 1] <= start]
    rows_after = rows[:, start + width :]
    tail = _fields(rows_after, "") if rows_after.shape[1] else []
    return tuple(_name_fields([*head, DraftField("", "", "yen", width, {}, _CONFIRMED), *tail]))


def _cut_at_totals(rows: Bytes, tag: str, where: int, counts: int, yen: int) -> tuple[DraftField, ...]:
    """Cut the trailer at its totals."""
    head = _fields(rows[:, :where], tag)
    totals = [
        DraftField("total_count", "合計件数", "count", counts, {}, f"{GUESS}: 見本の件数と一致"),
        DraftField("total_yen", "合計金額", "yen", yen, {}, f"{GUESS}: 見本の合計と一致"),
    ]
    rows_after = rows[:, where + counts + yen :]
    tail = _fields(rows_after, "") if rows_after.shape[1] else []
    return tuple(_name_fields([*head, *totals, *tail]))
