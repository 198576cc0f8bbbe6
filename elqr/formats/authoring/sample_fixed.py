"""A sampled fixed-length file (固定長の見本): guesses of record length, kinds and fields. Guesses only.

A comment made here never repeats a value of the sample except short constants of digits.
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
    """レコードに切る: matrix of records and the line end found. Raises BadFile when no length is plausible."""
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
    width = record_bytes or _guessed_width(body)
    if len(body) % width:
        raise BadFile(f"{len(body):,}バイトは {width}で割り切れません。--record-bytes を確かめてください。")
    return np.frombuffer(body, dtype=np.uint8).reshape(-1, width)[:_MOST_RECORDS], end


def _guessed_width(body: bytes) -> int:
    """Without line ends: the length at which the columns of records of one kind agree best, a usual one first."""
    fitting = [width for width in range(20, 1_001) if len(body) % width == 0 and len(body) > width]
    fitting = fitting or [width for width in _USUAL if len(body) == width]
    if not fitting:
        raise BadFile("レコードの長さがわかりません。--record-bytes で指定してください。")
    return max(fitting, key=lambda width: (_agreement(body, width), width in _USUAL, -width))


def _agreement(body: bytes, width: int) -> float:
    """列のそろい: how many bytes are of their column's usual class; a record alone of its kind proves little."""
    rows = np.frombuffer(body, dtype=np.uint8)[: width * _MOST_COMPARED].reshape(-1, width)
    if not all(chr(byte).isascii() and chr(byte).isalnum() for byte in set(rows[:, 0].tolist())):
        return 0.0
    classes = np.full(rows.shape, 3, dtype=np.uint8)
    classes[(rows >= _ZERO) & (rows <= _ZERO + 9)] = 1
    classes[rows == _SPACE] = 2
    agreed = 0.0
    for byte in np.unique(rows[:, 0]):
        own = classes[rows[:, 0] == byte]
        most = np.max([(own == kind).sum(axis=0) for kind in (1, 2, 3)], axis=0).sum()
        agreed += float(most) if len(own) > 1 else own.size / 2
    return round(agreed / classes.size, 2)


def fixed_draft(name: str, source: str, data: bytes, charset: str, record_bytes: int | None) -> Draft:
    """固定長の下書き: a draft from the bytes of a sample of fixed records."""
    rows, end = records_of(data, record_bytes)
    tags = _tags(rows[:, 0])
    kinds = [(tag, rows[rows[:, 0] == ord(tag)] if tag else rows) for tag in tags]
    most = max(range(len(kinds)), key=lambda at: len(kinds[at][1]))
    main = _record_name(kinds[most][0])
    cut = {_record_name(tag): tuple(_numbered(_fields(own, tag))) for tag, own in kinds}
    controls: tuple[tuple[str, str, str], ...] = ()
    confirmed: str | None = None
    for tag, own in kinds:
        at = _record_name(tag)
        found = _totals(own, kinds[most][1], cut[main]) if len(own) == 1 and at != main and not controls else None
        if found is not None:
            cut[main] = _with_amount(kinds[most][1], cut[main], found.start, found.width)
            confirmed = next(own.name for own in cut[main] if own.note == _CONFIRMED)
            cut[at] = _with_totals(own, tag, found.where, found.counts, found.yen)
            controls = (
                ("合計件数", f"{at}.total_count", main),
                ("合計金額", f"{at}.total_yen", f"{main}.{confirmed}"),
            )
    records = tuple(_record(tag, own, cut, rows[:, 0], tags) for tag, own in kinds)
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
    """レコード区分: the first bytes, when they are few letters or digits; else none."""
    found = [chr(byte) for byte in dict.fromkeys(first.tolist())]
    is_plain = all(tag.isascii() and tag.isalnum() for tag in found)
    return found if is_plain and len(found) <= _MOST_KINDS else [""]


def _record_name(tag: str) -> str:
    """A name for a kind: what its tag usually means, or the tag itself (an upper-case letter marked as such)."""
    if not tag:
        return "data"
    return _NAMES.get(tag, f"record_u{tag.lower()}" if tag.isupper() else f"record_{tag}")


def _record(tag: str, own: Bytes, cut: dict[str, tuple[DraftField, ...]], first: Bytes, tags: list[str]) -> DraftRecord:
    name = _record_name(tag)
    if not tag:
        return DraftRecord(name, "データ", cut[name], note=f"{GUESS}: 見本 {len(own):,}件")
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
        note=f"{GUESS}: 先頭の1バイトから。見本 {len(own):,}件",
    )


def _numbered(fields: Sequence[DraftField]) -> Iterator[DraftField]:
    """A name of its own for each: by its kind where it is the only one, else by its place."""
    at = 1
    for own in fields:
        name = own.name or f"field_{at:03d}"
        title = own.title or f"{at}バイト目からの項目"
        yield DraftField(name, title, own.kind, own.width, own.extra, own.note)
        at += own.width or 0


def _fields(rows: Bytes, tag: str) -> list[DraftField]:
    """項目に分ける: the tag, then runs of columns of one class."""
    made = (
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
        made += _run(rows[:, start:end], classes[start])
        start = end
    return made


def _classes(rows: Bytes) -> list[str]:
    """Of each column: digits, spaces behind nothing, or text (which keeps the spaces behind it)."""
    digit = np.asarray(((rows >= _ZERO) & (rows <= _ZERO + 9)).all(axis=0))
    space = np.asarray((rows == _SPACE).all(axis=0))
    found: list[str] = []
    for column in range(rows.shape[1]):
        if digit[column]:
            found.append("digits")
        elif space[column]:
            found.append("text" if found and found[-1] == "text" else "space")
        else:
            found.append("text")
    return found


def _run(rows: Bytes, kind: str) -> list[DraftField]:
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
            return [*_split(rows, 0, start), code, *_split(rows, start + BARCODE_DIGITS, width)]
    for start in range(width - 7):
        if _are_days(rows[:, start : start + 8]):
            day = DraftField("", "", "date", 8, {}, f"{GUESS}: 見本がすべて日付として正しい")
            return [*_split(rows, 0, start), day, *_split(rows, start + 8, width)]
    cuts = [0, *_starts_of_padding(rows), width]
    return [_number(rows[:, one:two]) for one, two in pairwise(cuts)]


def _split(rows: Bytes, start: int, end: int) -> list[DraftField]:
    return _run(rows[:, start:end], "digits") if end > start else []


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
    """Where zeros begin in every record behind a column that varies: a number filled with zeros seems to start."""
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
    """合計の見つかった所: the amount's place in the data records, and of the totals in the trailer."""

    start: int
    width: int
    where: int
    counts: int
    yen: int


def _totals(trailer: Bytes, rows: Bytes, fields: Sequence[DraftField]) -> _Total | None:
    """合計を探す: where in the only trailer the count and the sum of some digits of the data stand side by side."""
    text = trailer[0].tobytes().decode("latin-1")
    sums = {window: _sum(rows, *window) for window in _windows(fields)}
    for counts, yen in _TOTALS:
        for (start, width), total in sums.items():
            wanted = f"{len(rows):0{counts}d}{total:0{yen}d}"
            if total and len(wanted) == counts + yen and (where := text.find(wanted, 1)) >= 0:
                return _Total(start, width, where, counts, yen)
    return None


def _windows(fields: Sequence[DraftField]) -> Iterator[tuple[int, int]]:
    """Runs of digits that could be an amount: from the start of a field, no further than the digits go."""
    at = [0, *accumulate(own.width or 0 for own in fields)]
    for number, own in enumerate(fields):
        if own.kind not in ("yen", "digits"):
            continue
        end = next((at[n] for n in range(number, len(fields)) if fields[n].kind not in ("yen", "digits")), at[-1])
        for width in sorted(
            range(5, min(13, end - at[number]) + 1), key=lambda width: (width not in (10, 12, 8), width)
        ):
            yield at[number], width


def _sum(rows: Bytes, start: int, width: int) -> int:
    return int(as_column(rows[:, start : start + width]).cast(pl.Int64).sum())


def _with_amount(rows: Bytes, fields: Sequence[DraftField], start: int, width: int) -> tuple[DraftField, ...]:
    """The data record cut anew at the amount that the trailer confirms."""
    at = [0, *accumulate(own.width or 0 for own in fields)]
    head = [own for number, own in enumerate(fields) if at[number + 1] <= start]
    rest = rows[:, start + width :]
    tail = _fields(rest, "") if rest.shape[1] else []
    return tuple(_numbered([*head, DraftField("", "", "yen", width, {}, _CONFIRMED), *tail]))


def _with_totals(rows: Bytes, tag: str, where: int, counts: int, yen: int) -> tuple[DraftField, ...]:
    """The trailer cut at its totals."""
    head = _fields(rows[:, :where], tag)
    totals = [
        DraftField("total_count", "合計件数", "count", counts, {}, f"{GUESS}: 見本の件数と一致"),
        DraftField("total_yen", "合計金額", "yen", yen, {}, f"{GUESS}: 見本の合計と一致"),
    ]
    rest = rows[:, where + counts + yen :]
    tail = _fields(rest, "") if rest.shape[1] else []
    return tuple(_numbered([*head, *totals, *tail]))
