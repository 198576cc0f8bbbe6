"""Preflight (印刷前検査): the finished pages, rendered and read back, against what the ledger says.

Nothing that drew the pages takes part: another engine renders them, another library decodes the codes, and
the words are read from the page and turned back into yen, dates and numbers. Each code and each text of a
slip must agree with the notice of that place, so code and text agree with each other too. Place, size and
quiet zone are measured on the ink itself. Findings name the page; what is right says nothing.
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
from elqr.printing.imposition import Placed, page_label
from elqr.printing.picture import Symbology, decoded
from elqr.printing.picture_file import Grey
from elqr.printing.template import MM, Area, Pair, Symbol, Template, Text
from elqr.printing.wording import PAGE_WORDS, SLIP_WORDS, Office
from elqr.vocabulary.codes import Code
from elqr.vocabulary.findings import MASKED, Finding, Location
from elqr.vocabulary.frames import Slip
from elqr.vocabulary.terms import WHOLE_YEAR

_DPI = 300
_MARGIN_DPI = 100
_WHITE = 250
"""Grey from here on is paper."""
_PLACE_TOLERANCE_MM = 0.25
_SIZE_TOLERANCE = 0.02
_TEXT_SPARE_MM = 0.4
_FORM = "6-M"


def _whole(text: str) -> int | None:
    """12,345 → 12345."""
    return int(text.replace(",", "")) if re.fullmatch(r"[0-9]{1,3}(,[0-9]{3})*", text) else None


def _installment(text: str) -> int | None:
    found = re.fullmatch(r"第([1-9][0-9]?)期", text)
    return WHOLE_YEAR if text == "全期" else int(found[1]) if found else None


def _installments(text: str) -> tuple[int | None, int | None]:
    """第5期〜第7期 → (5, 7)."""
    one, _, other = text.partition("〜")
    return _installment(one), _installment(other or one)


def _digits(text: str) -> str:
    return re.sub(r"[-() ]", "", text)


def _as_is(text: str) -> str:
    return text


_READ: dict[str, tuple[str, Callable[[str], object]]] = {
    "amount": (Slip.AMOUNT_YEN, _whole),
    "principal": (Slip.PRINCIPAL_YEN, _whole),
    "demand_fee": (Slip.DEMAND_FEE_YEN, _whole),
    "late_charge": (Slip.LATE_CHARGE_YEN, _whole),
    "due_on": (Slip.DUE_ON, parse_wareki),
    "payable_until_on": (Slip.PAYABLE_UNTIL_ON, parse_wareki),
    "issued_on": (Slip.ISSUED_ON, parse_wareki),
    "levy_year": (Slip.LEVY_YEAR, parse_wareki_year),
    "tax_year": (Slip.TAX_YEAR, parse_wareki_year),
    "installment": (Slip.INSTALLMENT_NO, _installment),
    "bill_no": (Slip.BILL_NO, _as_is),
    "payer_ref": (Slip.PAYER_REF, _as_is),
    "payer_name": (Slip.PAYER_NAME, _as_is),
    "postal_code": (Slip.POSTAL_CODE, _as_is),
    "address": (Slip.ADDRESS, _as_is),
    "key_no": (Slip.KEY_NO, _digits),
    "check_no": (Slip.CHECK_NO, _as_is),
    "item_no": (Slip.ITEM_NO, _as_is),
    "bar_code": (Slip.BARCODE, _digits),
    "agency": ("agency", _as_is),
    "city": ("city", _as_is),
    "procedure": ("procedure", _as_is),
    "department": ("department", _as_is),
    "sheet_no": (Placed.SHEET_NO, _whole),
    "sheet_count": (Placed.SHEET_COUNT, _whole),
    "page_label": ("page_label", _as_is),
    "page_installments": ("page_installments", _installments),
    "page_total": ("page_total", _whole),
}
"""Name in a template → the notice's column it must agree with, and how its text is read back."""
assert set(_READ) == set(SLIP_WORDS) | set(PAGE_WORDS), "every name that a template may use is read back"
_PERSONAL = ("payer_name", "postal_code", "address")


@dataclass(frozen=True)
class Checked:
    """検査の結果 of one file: how many pages and codes were read, and what is wrong."""

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
    template: Template, office: Office, name: str, data: bytes, slips: pl.DataFrame, pages: Iterable[int] = ()
) -> Checked:
    """検査する: `slips` is what the ledger says (frame Slip) with the places of this file.

    `pages` limits the check to some pages, from 1. Every page must be there either way.
    """
    findings: list[Finding] = []
    count, asked = _Count(), set(pages)
    document = pdfium.PdfDocument(data)
    wanted = int(slips[Placed.PAGE_NO].max() or 0)  # type: ignore[arg-type]
    if len(document) != wanted:
        findings.append(Finding(Location(name), Code.PAGE_COUNT, f"{len(document)}ページ", f"{wanted}ページ"))
    seen = 0
    for (page_no,), own in slips.group_by(Placed.PAGE_NO, maintain_order=True):
        if int(page_no) > len(document) or (asked and page_no not in asked):
            continue
        seen += 1
        page = document[int(page_no) - 1]
        checker = _Page(template, page, name, int(page_no), count)
        findings += checker.findings(_with_office(own, office, int(page_no)))
        page.close()
    document.close()
    return Checked(seen, count.symbols, count.bar_codes, count.texts, tuple(sorted(findings)))


def _with_office(page: pl.DataFrame, office: Office, page_no: int) -> list[dict[str, Any]]:
    """The slips of one page with what else their texts must agree with."""
    installments = page[Slip.INSTALLMENT_NO]
    shared = {
        "agency": AGENCY,
        "city": office.city,
        "page_label": page_label(page[Placed.FILE_NO][0], page_no),
        "page_installments": (installments[0], installments[-1]),
        "page_total": page[Slip.AMOUNT_YEN].sum(),
    }
    names = [
        dict(zip(("procedure", "department"), office.procedures[code], strict=True))
        for code in page[Slip.PROCEDURE_CODE]
    ]
    return [slip | shared | own for slip, own in zip(page.to_dicts(), names, strict=True)]


@dataclass
class _Page:
    """One page under examination."""

    template: Template
    page: pdfium.PdfPage
    name: str
    page_no: int
    count: _Count

    def findings(self, slips: list[dict[str, Any]]) -> Iterator[Finding]:
        if (size := self._size()) is not None:
            yield size
            return
        yield from self._margin()
        words = self.page.get_textpage()
        for text in self.template.head.fills:
            yield from self._text(words, text, slips[0], (0, 0), "宛名")
        for slip in slips:
            no = int(slip[Placed.PLACE_NO])
            origin = self.template.page.slips[no]
            where = f"{no + 1}枚目" if len(self.template.page.slips) > 1 else ""
            yield from self._symbol(slip, origin, where)
            yield from self._bar_code(slip, origin, where)
            for text in self.template.slip.fills:
                yield from self._text(words, text, slip, origin, where)
        words.close()

    def _at(self, where: str, what: str = "") -> Location:
        return Location(self.name, self.page_no, field=f"{where} {what}".strip(), unit="ページ")

    def _rendered(self, area: Area, dpi: float) -> Grey:
        """Grey pixels of a part of the page."""
        width, height = self.template.page.width, self.template.page.height
        crop = (area.left, height - area.bottom, width - area.right, area.top)
        made = self.page.render(scale=dpi / 72, grayscale=True, crop=tuple(side * MM for side in crop))
        grey: Grey = made.to_numpy()
        assert grey.ndim == 2, "one byte a pixel was asked for"
        return grey

    def _size(self) -> Finding | None:
        """用紙の大きさ. On another sheet nothing stands where it should, so nothing more is said of it."""
        page = self.template.page
        width, height = (side / MM for side in self.page.get_size())
        if abs(width - page.width) <= _PLACE_TOLERANCE_MM and abs(height - page.height) <= _PLACE_TOLERANCE_MM:
            return None
        said, wanted = f"{width:.1f}×{height:.1f}mm", f"{page.width:g}×{page.height:g}mm"
        return Finding(self._at("", "用紙"), Code.PAGE_SIZE, said, wanted)

    def _margin(self) -> Iterator[Finding]:
        """印字できる範囲: no ink in the margin."""
        page = self.template.page
        grey = self._rendered(Area(0, 0, page.width, page.height), _MARGIN_DPI)
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

    def _symbol(self, slip: dict[str, Any], origin: Pair, where: str) -> Iterator[Finding]:
        """eL-QR: where it should stand, how large, and what it says."""
        place, self.count.symbols = self.template.slip.qr, self.count.symbols + 1
        grey = self._rendered(place.clear.moved(origin), _DPI)
        yield from self._measured(grey, place, self._at(where, "eL-QR"))
        found = decoded(grey, Symbology.QR)
        if len(found) != 1:
            yield Finding(self._at(where, "eL-QR"), Code.SYMBOL_UNREADABLE, f"{len(found)}個", "1個")
            return
        if found[0].form != _FORM or not found[0].whole:
            said = found[0].form if found[0].whole else f"{found[0].form}（欠けあり）"
            yield Finding(self._at(where, "eL-QR"), Code.SYMBOL_UNREADABLE, said, f"{_FORM}、欠けなし")
        digits, wanted = found[0].text, str(slip[Slip.DIGITS])
        if digits != wanted:
            yield Finding(self._at(where, "eL-QR"), Code.SYMBOL_DIFFERS, _named(digits), _named(wanted))
        yield from self._said_by(digits, slip, where)

    def _said_by(self, digits: str, slip: dict[str, Any], where: str) -> Iterator[Finding]:
        """What the code says, against the notice: a payload that the ledger keeps may be stale itself."""
        reading = read_payload(digits)
        for finding in reading.findings:
            yield Finding(self._at(where, f"eL-QR {finding.at.field}"), finding.code, finding.actual, finding.expected)
        for name, said in reading.values.items() if not reading.findings else ():
            if name in slip and slip[name] != said:
                field = f"eL-QR {_TITLES[name]}"
                yield Finding(self._at(where, field), Code.CODE_AND_NOTICE, str(said), str(slip[name]))

    def _bar_code(self, slip: dict[str, Any], origin: Pair, where: str) -> Iterator[Finding]:
        place, digits = self.template.slip.bar_code, slip[Slip.BARCODE]
        if place is None:
            return
        grey = self._rendered(place.clear.moved(origin), _DPI)
        found = decoded(grey, Symbology.CODE_128)
        at = self._at(where, "バーコード")
        if not digits:
            if found:
                yield Finding(at, Code.BAR_CODE_DIFFERS, found[0].text, "なし")
            return
        self.count.bar_codes += 1
        yield from self._measured(grey, place, at)
        if len(found) != 1:
            yield Finding(at, Code.BAR_CODE_UNREADABLE, f"{len(found)}個", "1個")
        elif found[0].text != digits or found[0].form != "GS1":
            yield Finding(at, Code.BAR_CODE_DIFFERS, found[0].text, str(digits))

    def _measured(self, grey: Grey, place: Symbol, at: Location) -> Iterator[Finding]:
        """位置・大きさ・余白: all ink in the code's place is the code itself, and it stands where it should."""
        area, clear = place.area, place.clear
        dark = grey < _WHITE // 2
        rows, columns = np.flatnonzero(dark.any(axis=1)), np.flatnonzero(dark.any(axis=0))
        if not len(rows):
            yield Finding(at, Code.CODE_MISPLACED, "印字なし", _size_of(area))
            return
        pixel = 25.4 / _DPI
        ink = Area(columns[0] * pixel, rows[0] * pixel, (columns[-1] + 1) * pixel, (rows[-1] + 1) * pixel)
        wanted = Area(*(side - by for side, by in zip(area, (clear.left, clear.top) * 2, strict=True)))
        off = max(abs(one - other) for one, other in zip(ink, wanted, strict=True))
        module = (ink.right - ink.left) / (wanted.right - wanted.left)
        if off > _PLACE_TOLERANCE_MM or abs(module - 1) > _SIZE_TOLERANCE:
            said = f"{_size_of(ink)}（{off:.1f}mmずれ）"
            yield Finding(at, Code.CODE_MISPLACED, said, f"{_size_of(wanted)}、周りは余白")

    def _text(
        self, words: pdfium.PdfTextPage, text: Text, slip: dict[str, Any], origin: Pair, where: str
    ) -> Iterator[Finding]:
        """印字: what stands in a text's place, read back, against the notice."""
        names = text.names
        has_bar_code = bool(slip[Slip.BARCODE])
        if (text.only_if == "bar_code" and not has_bar_code) or (text.only_if == "no_bar_code" and has_bar_code):
            return
        self.count.texts += 1
        said = self._words_in(words, text.area.moved(origin))
        found = _pattern(text).fullmatch(said)
        if found is None:
            titles = "・".join(_TITLES[name] for name in names)
            yield Finding(self._at(where, titles), Code.TEXT_UNREADABLE, _masked(names, said) or "印字なし", text.text)
            return
        for name in dict.fromkeys(names):
            column, read = _READ[name]
            wanted = _plain(slip[column] or "") if isinstance(slip[column], str | None) else slip[column]
            if read(found[name]) != wanted:
                at = self._at(where, f"{_TITLES[name]}の印字")
                yield Finding(at, Code.TEXT_DIFFERS, _masked([name], found[name]), _masked([name], str(wanted)))

    def _words_in(self, words: pdfium.PdfTextPage, area: Area) -> str:
        """The characters on a part of the page."""
        height, spare = self.template.page.height, _TEXT_SPARE_MM
        left, top, right, bottom = area
        box = (left - spare, height - bottom - spare / 4, right + spare, height - top + spare / 4)
        return _plain(words.get_text_bounded(*(side * MM for side in box)))


_TITLES = (
    SLIP_WORDS | PAGE_WORDS | {column: SLIP_WORDS[name] for name, (column, _) in _READ.items() if name in SLIP_WORDS}
)


def _plain(text: str) -> str:
    """One form for characters that look the same (one glyph may serve several), and single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


@cache
def _pattern(text: Text) -> re.Pattern[str]:
    """What a text must look like on the page, each name a group; the second time a name must say the same."""
    made, seen = "", set()
    for index, piece in enumerate(Text.model_copy(text, update={"text": text.text.strip()}).pieces):
        if index % 2 == 0:
            made += r"\s+".join(map(re.escape, re.split(r"\s+", unicodedata.normalize("NFKC", piece))))
        else:
            made += f"(?P={piece})" if piece in seen else f"(?P<{piece}>.*?)"
            seen.add(piece)
    return re.compile(rf"\s*{made}\s*")


def _named(digits: str) -> str:
    """A payload by its key and amount, short enough to read."""
    values = read_payload(digits).values
    return f"納付番号{values['key_no']} {values['amount_yen']}円 CRC {digits[-5:]}"


def _masked(names: Iterable[str], said: str) -> str:
    return MASKED if any(name in _PERSONAL for name in names) else said


def _size_of(area: Area) -> str:
    return f"{area.right - area.left:.1f}×{area.bottom - area.top:.1f}mm"
