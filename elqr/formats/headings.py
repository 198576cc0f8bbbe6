"""Headings (見出し): the columns of a spreadsheet's file, found by their headings and named by their letters.

The sheet of a book is chosen by its headings. It is refused when what people see in it is not what would be read.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from elqr.formats.book import ZIP, BookSheet, cell_text, read_sheets
from elqr.formats.by_hand import without_blank_rows
from elqr.formats.foreign import BOOK, packed_kind
from elqr.formats.package import UnfitBook, letters_of
from elqr.formats.spec import RecordSpec
from elqr.vocabulary.codes import Code
from elqr.vocabulary.findings import Finding, Location

_NAMED = 3
"""How many cells of one kind a finding names."""
_NEAR = 0.5
"""How alike a wrong heading and the one it may have been must be (0 to 1)."""


@dataclass(frozen=True, slots=True)
class HeadingSheet:
    """読むシートの行: the heading and what stands below it as text, or findings."""

    rows: list[list[str]] = field(default_factory=list)
    findings: tuple[Finding, ...] = ()


def heading_sheet(data: bytes, record: RecordSpec, file: str) -> HeadingSheet:
    """見出しのあるシートを読む: the only visible sheet that has the headings of a record in its first row."""
    try:
        sheets = read_sheets(data, lambda _: True)
    except UnfitBook as fault:
        kind = packed_kind(data) if data.startswith(ZIP) else None
        actual = str(fault).removesuffix("。") if kind in (None, BOOK) else str(kind)
        return _refuse(file, actual, "Excel のブック（.xlsx）")
    shown = {title: sheet for title, sheet in sheets.items() if sheet.look.cells and not sheet.is_hidden}
    chosen = {title: sheet for title, sheet in shown.items() if _has_headings(sheet, record)} or shown
    if len(chosen) != 1:
        actual = f"見えるシート {'・'.join(chosen)}" if chosen else "中身のある見えるシートがない"
        return _refuse(file, actual, "1行目に見出しのある、見えるシート一枚（ほかは削除するか別のブックに移す）")
    (title, sheet), *_ = chosen.items()
    faults = {
        "数式": ([cell for _, cell in sheet.look.formulas], "値だけの表（コピーし、「値の貼り付け」で置き換える）"),
        "エラーのセル": (sheet.look.errors, "正しい値"),
        "結合したセル": (sheet.merged, "結合を解除した表（一つの行に一件）"),
    }
    findings = [
        Finding(Location(file), Code.BOOK_UNFIT, f"シート「{title}」の{what}（{_list(cells)}）", wanted)
        for what, (cells, wanted) in faults.items()
        if cells
    ]
    rows = [[cell_text(value) for value in row] for row in sheet.cells] if not findings else []
    return HeadingSheet(rows, tuple(findings))


def _has_headings(sheet: BookSheet, record: RecordSpec) -> bool:
    """Whether most titles of a record stand in the first row."""
    titles = {each.title for each in record.fields}
    head = {plain_heading(cell_text(value)) for row in sheet.cells[:1] for value in row}
    return 2 * len(head & titles) >= len(titles)


def _list(cells: Sequence[str]) -> str:
    more = f" ほか{len(cells) - _NAMED:,}か所" if len(cells) > _NAMED else ""
    return "・".join(cells[:_NAMED]) + more


def _refuse(file: str, actual: str, expected: str) -> HeadingSheet:
    return HeadingSheet(findings=(Finding(Location(file), Code.BOOK_UNFIT, actual, expected),))


def plain_heading(title: str) -> str:
    """素直な見出し: without the blanks and wide characters that do not change what it names."""
    return "".join(unicodedata.normalize("NFKC", title).split())


def trimmed_sheet(rows: list[list[str]]) -> list[list[str]]:
    """下の空の行と右の空の列を除く, and make the headings plain."""
    head = [plain_heading(title) for title in rows[0]] if rows else []
    width = max((no for no, title in enumerate(head, start=1) if title), default=0)
    trimmed = without_blank_rows(rows, width)
    return [head[:width], *trimmed[1:]] if trimmed else []


def wrong_headings(head: Sequence[str], record: RecordSpec, file: str) -> Iterator[Finding]:
    """違う見出し: each unknown or doubled one, with the heading that it is near to; and those that are missing."""
    titles = [each.title for each in record.fields]
    missing = [title for title in titles if title not in head]
    meant = set[str]()
    for column, title in enumerate(head, start=1):
        at = Location(file, field=title).in_sheet(letters_of(column))
        if title in titles and title in head[: column - 1]:
            yield Finding(at, Code.HEADER_ROW, f"二つ目の「{title}」", "一度だけ")
        elif title not in titles:
            near = get_close_matches(title, missing, 1, _NEAR) or get_close_matches(title, titles, 1, _NEAR)
            meant.update(near)
            wanted = "".join(f"「{each}」。" for each in near) + "いらない列なら削除する"
            actual = f"知らない見出し「{title}」" if title else "見出しのない列"
            yield Finding(at, Code.HEADER_ROW, actual, wanted)
    for each in record.fields:
        if each.title in missing and each.title not in meant and not each.optional:
            yield Finding(Location(file).in_sheet(), Code.HEADER_ROW, f"見出し「{each.title}」がない", each.title)


def place_in_sheet(findings: Iterable[Finding], titles: Sequence[str]) -> list[Finding]:
    """表計算の場所を示す: findings about a file with these headings, in its order; none if it is no spreadsheet's."""
    if not titles:
        return list(findings)
    letters = {title: letters_of(column) for column, title in enumerate(titles, start=1)}
    return [
        finding
        if finding.at.is_in_sheet or not (finding.at.record_no or finding.at.field)
        else replace(finding, at=finding.at.in_sheet(letters.get(finding.at.field, "")))
        for finding in findings
    ]
