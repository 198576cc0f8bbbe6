"""Preflight (印刷前検査): the finished pages, rendered and read back, against what the ledger says.

Nothing that drew the pages takes part: another engine renders them, another library decodes the codes, and the words
are read from the page and turned back into yen, dates and numbers. Each code and each text must agree with the notice
of its place, so they agree with each other too. Place, size and quiet zone are measured on the ink itself. Findings
name the page.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import polars as pl
import pypdfium2 as pdfium

from elqr.arithmetic.wareki import parse_wareki, parse_wareki_year
from elqr.issue.layout import AGENCY
from elqr.issue.reading import read_payload
from elqr.printing.imposition import Placement, page_label
from elqr.printing.picture import Symbology, decode_render
from elqr.printing.picture_file import Grey
from elqr.printing.template import MM, Area, Pair, Symbol, Template, Text
from elqr.printing.wording import NOTICE_WORDS, PAGE_WORDS, Office
from elqr.vocabulary.codes import Code
from elqr.vocabulary.findings import MASKED, Finding, Location
from elqr.vocabulary.frames import PrintableNotice
from elqr.vocabulary.terms import WHOLE_YEAR

_DPI = 300
_MARGIN_DPI = 100
_WHITE = 250
"""Grey values from this one up are paper."""
_PLACE_TOLERANCE_MM = 0.25
_SIZE_TOLERANCE = 0.02
_TEXT_SPARE_MM = 0.4
_FORM = "6-M"


def _whole_number(text: str) -> int | None:
    """12,345 → 12345."""
    return int(text.replace(",", "")) if re.fullmatch(r"[0-9]{1,3}(,[0-9]{3})*", text) else None


def _installment(text: str) -> int | None:
    match = re.fullmatch(r"第([1-9][0-9]?)期", text)
    return WHOLE_YEAR if text == "全期" else int(match[1]) if match else None


def _installments(text: str) -> tuple[int | None, int | None]:
    """第5期〜第7期 → (5, 7)."""
    first, _, last = text.partition("〜")
    return _installment(first), _installment(last or first)


def _digits(text: str) -> str:
    return re.sub(r"[-() ]", "", text)


def _as_is(text: str) -> str:
    return text


_READ: dict[str, tuple[str, Callable[[str], object]]] = {
    "amount": (PrintableNotice.AMOUNT_YEN, _whole_number),
    "principal": (PrintableNotice.PRINCIPAL_YEN, _whole_number),
    "demand_fee": (PrintableNotice.DEMAND_FEE_YEN, _whole_number),
    "late_charge": (PrintableNotice.LATE_CHARGE_YEN, _whole_number),
    "due_on": (PrintableNotice.DUE_ON, parse_wareki),
    "payable_until_on": (PrintableNotice.PAYABLE_UNTIL_ON, parse_wareki),
    "issued_on": (PrintableNotice.ISSUED_ON, parse_wareki),
    "levy_year": (PrintableNotice.LEVY_YEAR, parse_wareki_year),
    "tax_year": (PrintableNotice.TAX_YEAR, parse_wareki_year),
    "installment": (PrintableNotice.INSTALLMENT_NO, _installment),
    "bill_no": ("bill", _as_is),
    "payer_ref": (PrintableNotice.PAYER_REF, _as_is),
    "payer_name": (PrintableNotice.PAYER_NAME, _as_is),
    "postal_code": (PrintableNotice.POSTAL_CODE, _as_is),
    "address": (PrintableNotice.ADDRESS, _as_is),
    "key_no": (PrintableNotice.KEY_NO, _digits),
    "check_no": (PrintableNotice.CHECK_NO, _as_is),
    "item_no": (PrintableNotice.ITEM_NO, _as_is),
    "bar_code": (PrintableNotice.BARCODE, _digits),
    "agency": ("agency", _as_is),
    "city": ("city", _as_is),
    "procedure": ("procedure", _as_is),
    "department": ("department", _as_is),
    "sheet_no": (Placement.SHEET_NO, _whole_number),
    "sheet_count": (Placement.SHEET_COUNT, _whole_number),
    "page_label": ("page_label", _as_is),
    "page_installments": ("page_installments", _installments),
    "page_total": ("page_total", _whole_number),
}
"""Name in a template → the notice's column it must agree with, and how its text is read back."""
assert set(_READ) == set(NOTICE_WORDS) | set(PAGE_WORDS), "every name that a template may use is read back"


@dataclass(frozen=True)
class PreflightResult:
    """検査の結果 of one file: how many pages, codes and texts were read, and what is wrong."""

    pages: int
    symbols: int
    bar_codes: int
    texts: int
    findings: tuple[Finding, ...]


@dataclass
class _Count:
    symbols: int = 0
    bar_codes: int = 0
    texts: int = 0


def preflight(
    template: Template, office: Office, name: str, data: bytes, notices: pl.DataFrame, pages: Iterable[int] = ()
) -> PreflightResult:
    """検査する: `notices` is what the ledger says (frame PrintableNotice) with the places of this file.

    `pages` limits the check to these pages, from 1; the file must have all of its pages either way.
    """
    findings: list[Finding] = []
    count, chosen = _Count(), set(pages)
    document = pdfium.PdfDocument(data)
    page_count = int(notices[Placement.PAGE_NO].max() or 0)  # type: ignore[arg-type]
    if len(document) != page_count:
        findings.append(Finding(Location(name), Code.PAGE_COUNT, f"{len(document)}ページ", f"{page_count}ページ"))
    seen = 0
    for (page_no,), page_notices in notices.group_by(Placement.PAGE_NO, maintain_order=True):
        if int(page_no) > len(document) or (chosen and page_no not in chosen):
            continue
        seen += 1
        page = document[int(page_no) - 1]
        checker = _Page(template, page, name, int(page_no), count)
        findings += checker.findings(_add_office(page_notices, office, int(page_no)))
        page.close()
    document.close()
    return PreflightResult(seen, count.symbols, count.bar_codes, count.texts, tuple(sorted(findings)))


def _add_office(page: pl.DataFrame, office: Office, page_no: int) -> list[dict[str, Any]]:
    """一ページの納付書: its rows as mappings, with what else their texts must agree with."""
    installments = page[PrintableNotice.INSTALLMENT_NO]
    shared = {
        "agency": AGENCY,
        "city": office.city,
        "page_label": page_label(page[Placement.FILE_NO][0], page_no),
        "page_installments": (installments[0], installments[-1]),
        "page_total": page[PrintableNotice.AMOUNT_YEN].sum(),
    }
    procedures = [
        dict(zip(("procedure", "department"), office.procedures[code], strict=True))
        for code in page[PrintableNotice.PROCEDURE_CODE]
    ]
    others = page[PrintableNotice.OTHER_CLAIMS].fill_null(0)
    bills = [
        {"bill": f"{bill_no} ほか{count}件" if count else bill_no}
        for bill_no, count in zip(page[PrintableNotice.BILL_NO], others, strict=True)
    ]
    parts = zip(page.to_dicts(), bills, procedures, strict=True)
    return [notice | shared | bill | procedure for notice, bill, procedure in parts]


@dataclass
class _Page:
    """検査するページ."""

    template: Template
    page: pdfium.PdfPage
    name: str
    page_no: int
    count: _Count

    def findings(self, notices: list[dict[str, Any]]) -> Iterator[Finding]:
        if (finding := self._check_size()) is not None:
            yield finding
            return
        yield from self._check_margin()
        words = self.page.get_textpage()
        for text in self.template.head.fills:
            yield from self._check_text(words, text, notices[0], (0, 0), "宛名")
        for notice in notices:
            no = int(notice[Placement.PLACE_NO])
            origin = self.template.page.slips[no]
            where = f"{no + 1}枚目" if len(self.template.page.slips) > 1 else ""
            yield from self._check_symbol(notice, origin, where)
            yield from self._check_bar_code(notice, origin, where)
            for text in self.template.slip.fills:
                yield from self._check_text(words, text, notice, origin, where)
        words.close()

    def _at(self, where: str, what: str = "") -> Location:
        return Location(self.name, self.page_no, field=f"{where} {what}".strip(), unit="ページ")

    def _render(self, area: Area, dpi: float) -> Grey:
        """ページの一部: its pixels in grey."""
        width, height = self.template.page.width, self.template.page.height
        crop = (area.left, height - area.bottom, width - area.right, area.top)
        bitmap = self.page.render(scale=dpi / 72, grayscale=True, crop=tuple(side * MM for side in crop))
        grey: Grey = bitmap.to_numpy()
        assert grey.ndim == 2, "one byte per pixel was requested"
        return grey

    def _check_size(self) -> Finding | None:
        """用紙の大きさ. On a sheet of another size every place is wrong, so nothing more is checked."""
        page = self.template.page
        width, height = (side / MM for side in self.page.get_size())
        if abs(width - page.width) <= _PLACE_TOLERANCE_MM and abs(height - page.height) <= _PLACE_TOLERANCE_MM:
            return None
        actual, expected = f"{width:.1f}×{height:.1f}mm", f"{page.width:g}×{page.height:g}mm"
        return Finding(self._at("", "用紙"), Code.PAGE_SIZE, actual, expected)

    def _check_margin(self) -> Iterator[Finding]:
        """印字できる範囲: no ink in the margin."""
        page = self.template.page
        grey = self._render(Area(0, 0, page.width, page.height), _MARGIN_DPI)
        edge = int(page.margin * _MARGIN_DPI / 25.4)
        for strip, left, top in (
            (grey[:edge], 0, 0),
            (grey[-edge:], 0, grey.shape[0] - edge),
            (grey[:, :edge], 0, 0),
            (grey[:, -edge:], grey.shape[1] - edge, 0),
        ):
            if edge and strip.min() < _WHITE:
                row, column = np.argwhere(strip < _WHITE)[0]
                at = (
                    f"左から{(left + column) * 25.4 / _MARGIN_DPI:.1f}mm 上から{(top + row) * 25.4 / _MARGIN_DPI:.1f}mm"
                )
                yield Finding(self._at("", "余白"), Code.INK_IN_MARGIN, at, f"縁から{page.margin:g}mmは白")
                return

    def _check_symbol(self, notice: dict[str, Any], origin: Pair, where: str) -> Iterator[Finding]:
        """eL-QR: its place, its size, and what it says."""
        place, self.count.symbols = self.template.slip.qr, self.count.symbols + 1
        grey = self._render(place.clear.moved(origin), _DPI)
        yield from self._check_place(grey, place, self._at(where, "eL-QR"))
        codes = decode_render(grey, Symbology.QR)
        if len(codes) != 1:
            yield Finding(self._at(where, "eL-QR"), Code.SYMBOL_UNREADABLE, f"{len(codes)}個", "1個")
            return
        if codes[0].form != _FORM or not codes[0].is_whole:
            form = codes[0].form if codes[0].is_whole else f"{codes[0].form}（欠けあり）"
            yield Finding(self._at(where, "eL-QR"), Code.SYMBOL_UNREADABLE, form, f"{_FORM}、欠けなし")
        digits, expected = codes[0].text, str(notice[PrintableNotice.DIGITS])
        if digits != expected:
            yield Finding(self._at(where, "eL-QR"), Code.SYMBOL_DIFFERS, _summary(digits), _summary(expected))
        yield from self._check_values(digits, notice, where)

    def _check_values(self, digits: str, notice: dict[str, Any], where: str) -> Iterator[Finding]:
        """What the code says, against the notice: the payload in the ledger may be out of date itself."""
        reading = read_payload(digits)
        for finding in reading.findings:
            yield Finding(self._at(where, f"eL-QR {finding.at.field}"), finding.code, finding.actual, finding.expected)
        for name, value in reading.values.items() if not reading.findings else ():
            if name in notice and notice[name] != value:
                field = f"eL-QR {_TITLES[name]}"
                yield Finding(self._at(where, field), Code.CODE_AND_NOTICE, str(value), str(notice[name]))

    def _check_bar_code(self, notice: dict[str, Any], origin: Pair, where: str) -> Iterator[Finding]:
        place, digits = self.template.slip.bar_code, notice[PrintableNotice.BARCODE]
        if place is None:
            return
        grey = self._render(place.clear.moved(origin), _DPI)
        codes = decode_render(grey, Symbology.CODE_128)
        at = self._at(where, "バーコード")
        if not digits:
            if codes:
                yield Finding(at, Code.BAR_CODE_DIFFERS, codes[0].text, "なし")
            return
        self.count.bar_codes += 1
        yield from self._check_place(grey, place, at)
        if len(codes) != 1:
            yield Finding(at, Code.BAR_CODE_UNREADABLE, f"{len(codes)}個", "1個")
        elif codes[0].text != digits or codes[0].form != "GS1":
            yield Finding(at, Code.BAR_CODE_DIFFERS, codes[0].text, str(digits))

    def _check_place(self, grey: Grey, place: Symbol, at: Location) -> Iterator[Finding]:
        """位置・大きさ・余白: all ink in the code's place is the code, and it stands where it should."""
        area, clear = place.area, place.clear
        dark = grey < _WHITE // 2
        rows, columns = np.flatnonzero(dark.any(axis=1)), np.flatnonzero(dark.any(axis=0))
        if not len(rows):
            yield Finding(at, Code.CODE_MISPLACED, "印字なし", _size_of(area))
            return
        pixel = 25.4 / _DPI
        ink = Area(columns[0] * pixel, rows[0] * pixel, (columns[-1] + 1) * pixel, (rows[-1] + 1) * pixel)
        expected = Area(*(side - by for side, by in zip(area, (clear.left, clear.top) * 2, strict=True)))
        off = max(abs(side - expected_side) for side, expected_side in zip(ink, expected, strict=True))
        module = (ink.right - ink.left) / (expected.right - expected.left)
        if off > _PLACE_TOLERANCE_MM or abs(module - 1) > _SIZE_TOLERANCE:
            actual = f"{_size_of(ink)}（{off:.1f}mmずれ）"
            yield Finding(at, Code.CODE_MISPLACED, actual, f"{_size_of(expected)}、周りは余白")

    def _check_text(
        self, words: pdfium.PdfTextPage, text: Text, notice: dict[str, Any], origin: Pair, where: str
    ) -> Iterator[Finding]:
        """印字: the words in a text's place, read back, against the notice."""
        names = text.names
        has_bar_code = bool(notice[PrintableNotice.BARCODE])
        if (text.only_if == "bar_code" and not has_bar_code) or (text.only_if == "no_bar_code" and has_bar_code):
            return
        self.count.texts += 1
        actual = self._words_in(words, text.area.moved(origin))
        match = _pattern(text).fullmatch(actual)
        if match is None:
            titles = "・".join(_TITLES[name] for name in names)
            yield Finding(self._at(where, titles), Code.TEXT_UNREADABLE, _mask(names, actual) or "印字なし", text.text)
            return
        for name in dict.fromkeys(names):
            column, read = _READ[name]
            expected = _normalize(notice[column] or "") if isinstance(notice[column], str | None) else notice[column]
            if read(match[name]) != expected:
                at = self._at(where, f"{_TITLES[name]}の印字")
                yield Finding(at, Code.TEXT_DIFFERS, _mask([name], match[name]), _mask([name], str(expected)))

    def _words_in(self, words: pdfium.PdfTextPage, area: Area) -> str:
        """ページの一部の文字."""
        height, spare = self.template.page.height, _TEXT_SPARE_MM
        left, top, right, bottom = area
        box = (left - spare, height - bottom - spare / 4, right + spare, height - top + spare / 4)
        return _normalize(words.get_text_bounded(*(side * MM for side in box)))


_TITLES = (
    NOTICE_WORDS
    | PAGE_WORDS
    | {column: NOTICE_WORDS[name] for name, (column, _) in _READ.items() if name in NOTICE_WORDS}
)


def _normalize(text: str) -> str:
    """Characters that look the same in one form, as one glyph may serve several; single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


@cache
def _pattern(text: Text) -> re.Pattern[str]:
    """The pattern of a text on the page. Each name is a group; when it stands twice, both must say the same."""
    pattern, seen = "", set()
    for index, piece in enumerate(Text.model_copy(text, update={"text": text.text.strip()}).pieces):
        if index % 2 == 0:
            pattern += r"\s+".join(map(re.escape, re.split(r"\s+", unicodedata.normalize("NFKC", piece))))
        else:
            pattern += f"(?P={piece})" if piece in seen else f"(?P<{piece}>.*?)"
            seen.add(piece)
    return re.compile(rf"\s*{pattern}\s*")


def _summary(digits: str) -> str:
    """A payload by its key, amount and CRC, short enough to read."""
    values = read_payload(digits).values
    return f"納付番号{values['key_no']} {values['amount_yen']}円 CRC {digits[-5:]}"


def _mask(names: Iterable[str], text: str) -> str:
    return MASKED if any(name in PrintableNotice.PERSONAL for name in names) else text


def _size_of(area: Area) -> str:
    return f"{area.right - area.left:.1f}×{area.bottom - area.top:.1f}mm"
