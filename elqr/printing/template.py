"""A sheet's template (版下): what one TOML file in specs/sheets/ may say, in millimetres from the top left.

A city moves, resizes and rewords without Python. Texts with {names} are filled in from the notice, all others are the
form itself. Refused, with the place and the reason: a code outside the printable area, a module or quiet zone smaller
than the limits, a bar code too close to the eL-QR, and anything printed into the place of a code.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal, NamedTuple, Self

from pydantic import Field, ValidationError, model_validator

from elqr.disk.config_files import read_toml
from elqr.issue.symbol import MODULES
from elqr.printing.wording import NOTICE_WORDS, PAGE_WORDS
from elqr.vocabulary.errors import BadFile, NotFound, explain
from elqr.vocabulary.strict import Strict
from elqr.vocabulary.terms import ProcedureKind

BAR_CODE_MODULES = 288
"""GS1-128 with 44 digits: start, FNC1, 22 pairs, check and stop."""
MM = 72 / 25.4
"""Points in a millimetre."""
_NAME = re.compile(r"\{([a-z_]+)\}")

Pair = tuple[float, float]


class Area(NamedTuple):
    """範囲: left, top, right, bottom in millimetres from the top left."""

    left: float
    top: float
    right: float
    bottom: float

    def grown(self, by: float) -> "Area":
        """The area, larger on every side."""
        return Area(self.left - by, self.top - by, self.right + by, self.bottom + by)

    def moved(self, by: Pair) -> "Area":
        """The area, moved right and down."""
        return Area(self.left + by[0], self.top + by[1], self.right + by[0], self.bottom + by[1])

    def touches(self, other: "Area") -> bool:
        """重なるか: whether the two areas overlap."""
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom

    def holds(self, other: "Area") -> bool:
        """含むか: whether the other area is wholly inside."""
        across = self.left <= other.left and other.right <= self.right
        return across and self.top <= other.top and other.bottom <= self.bottom


class Text(Strict):
    """文字: one line in a box of `width` × `size`. A text that is too long is set smaller, down to `least` points."""

    at: Pair
    width: float = Field(gt=0)
    size: float = Field(gt=0)
    least: float = Field(default=5.0, gt=0)
    align: Literal["left", "right", "center"] = "left"
    bold: bool = False
    only_if: Literal["bar_code", "no_bar_code"] | None = None
    text: str = Field(min_length=1)

    @property
    def names(self) -> tuple[str, ...]:
        """差し込む項目: the names in braces."""
        return tuple(_NAME.findall(self.text))

    @property
    def pieces(self) -> list[str]:
        """The text cut at its names: fixed text and names alternate, fixed text first."""
        return _NAME.split(self.text)

    @property
    def area(self) -> Area:
        """Where it may print."""
        return Area(self.at[0], self.at[1], self.at[0] + self.width, self.at[1] + self.size / MM)


class Line(Strict):
    """線. `dash` is the length on and off, for a line to cut along."""

    start: Pair = Field(alias="from")
    end: Pair = Field(alias="to")
    width: float = Field(default=0.2, gt=0)
    dash: Pair | None = None

    @property
    def area(self) -> Area:
        """What it covers."""
        (x, y), (u, v) = self.start, self.end
        return Area(min(x, u), min(y, v), max(x, u), max(y, v)).grown(self.width / 2)


class Box(Strict):
    """枠. `fill` is a grey from 0 (black) to 1 (white)."""

    at: Pair
    size: Pair
    width: float = Field(default=0.2, ge=0)
    dash: Pair | None = None
    fill: float | None = Field(default=None, ge=0, le=1)

    @property
    def area(self) -> Area:
        """What it covers."""
        return Area(*self.at, self.at[0] + self.size[0], self.at[1] + self.size[1]).grown(self.width / 2)


class Mark(Strict):
    """eLマークの場所. Without a `file` (PDF or picture, beside the template) only its place is drawn."""

    at: Pair
    size: Pair
    file: str | None = None

    @property
    def area(self) -> Area:
        """What it covers."""
        return Area(*self.at, self.at[0] + self.size[0], self.at[1] + self.size[1])


class Symbol(Strict):
    """eL-QRの場所: top left of the symbol itself, size of a module, quiet zone in modules."""

    at: Pair
    module: float = Field(gt=0)
    quiet: float = 4

    @property
    def area(self) -> Area:
        """The symbol without its quiet zone."""
        side = MODULES * self.module
        return Area(*self.at, self.at[0] + side, self.at[1] + side)

    @property
    def quiet_mm(self) -> float:
        """余白 on each side."""
        return self.quiet * self.module

    @property
    def clear(self) -> Area:
        """The symbol with its quiet zone."""
        return self.area.grown(self.quiet_mm)


class BarCode(Symbol):
    """コンビニ用バーコードの場所: GS1-128."""

    height: float = Field(gt=0)
    quiet: float = 10

    @property
    def area(self) -> Area:
        """The bars without their quiet zones."""
        return Area(*self.at, self.at[0] + BAR_CODE_MODULES * self.module, self.at[1] + self.height)

    @property
    def clear(self) -> Area:
        """The bars with their quiet zones, which lie left and right."""
        left, top, right, bottom = self.area
        return Area(left - self.quiet_mm, top, right + self.quiet_mm, bottom)


class Art(Strict):
    """図柄: what is drawn, from its own top left."""

    lines: tuple[Line, ...] = ()
    boxes: tuple[Box, ...] = ()
    texts: tuple[Text, ...] = ()
    el_mark: tuple[Mark, ...] = ()

    @property
    def forms(self) -> list[Text]:
        """版面の文字, the same on every sheet."""
        return [text for text in self.texts if not text.names and text.only_if is None]

    @property
    def fills(self) -> list[Text]:
        """差し込みの文字, and texts that not every notice carries."""
        return [text for text in self.texts if text.names or text.only_if is not None]


class NoticeArt(Art):
    """納付書一枚: drawn once for each notice, from its own top left."""

    size: Pair
    qr: Symbol
    bar_code: BarCode | None = None


class Page(Strict):
    """用紙: its size, the margin a printer cannot print in, and the places of notices."""

    width: float = 210.0
    height: float = 297.0
    margin: float = Field(default=5.0, ge=0)
    slips: tuple[Pair, ...] = Field(min_length=1)

    @property
    def printable(self) -> Area:
        """印字できる範囲: the area of a page that a printer reaches."""
        return Area(self.margin, self.margin, self.width - self.margin, self.height - self.margin)


class Limits(Strict):
    """下限 of the codes. ISO/IEC 18004 requires a quiet zone of four modules; the rest is for the city to set."""

    qr_module: float = Field(default=0.33, gt=0)
    qr_quiet: float = Field(default=4, ge=4)
    bar_code_module: float = Field(default=0.169, gt=0)
    bar_code_quiet: float = Field(default=10, ge=10)
    bar_code_height: float = Field(default=10, gt=0)
    apart: float = Field(default=3, ge=0)


class Template(Strict):
    """版下: a sheet with its pages, texts, symbols and marks."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    kinds: tuple[ProcedureKind, ...] = ()
    verified: bool
    sources: tuple[str, ...] = Field(min_length=1)
    open_questions: tuple[str, ...] = ()
    fonts: tuple[str, ...] = Field(min_length=1)
    key_groups: tuple[int, ...] = (4, 4, 4, 4, 4)
    page: Page
    limits: Limits = Limits()
    head: Art = Art()
    slip: NoticeArt
    folder: Path = Path()

    @property
    def sha256(self) -> str:
        """版下の内容のハッシュ, independent of where its file lies."""
        return hashlib.sha256(self.model_dump_json(exclude={"folder"}).encode()).hexdigest()

    @property
    def provisional(self) -> tuple[str, ...]:
        """仮である理由: why a print with this template must not be sent yet; empty when it is ready."""
        marks = (*self.head.el_mark, *self.slip.el_mark)
        reasons = (
            (not self.verified, "審査の済んだ版下ではありません（verified = false）"),
            (any(mark.file is None for mark in marks), "eLマークの図がなく、場所の点線だけです"),
        )
        return tuple(reason for holds, reason in reasons if holds)

    @model_validator(mode="after")
    def _check_key_groups(self) -> Self:
        if sum(self.key_groups) != 20:
            raise ValueError(f"key_groups の合計は納付番号の20桁です（今は{sum(self.key_groups)}桁）")
        return self

    @model_validator(mode="after")
    def _check_codes(self) -> Self:
        if faults := [*_size_faults(self), *_place_faults(self)]:
            raise ValueError("、".join(faults))
        return self

    @model_validator(mode="after")
    def _check_names(self) -> Self:
        in_head = [name for text in self.head.texts for name in text.names if name not in NOTICE_WORDS | PAGE_WORDS]
        in_slip = [name for text in self.slip.texts for name in text.names if name not in NOTICE_WORDS]
        if unknown := [*dict.fromkeys(in_head + in_slip)]:
            raise ValueError(f"差し込めない項目です: {', '.join('{' + name + '}' for name in unknown)}")
        return self

    @model_validator(mode="after")
    def _check_must_say(self) -> Self:
        names = {name for text in self.slip.texts for name in text.names if text.only_if is None}
        if lacking := [name for name in MUST_SAY if name not in names]:
            raise ValueError(f"[slip] の文字に {', '.join('{' + name + '}' for name in lacking)} がありません")
        return self


MUST_SAY = ("amount", "due_on", "payable_until_on", "installment", "key_no", "check_no", "item_no")
"""Every notice says these in words, so that its page can be compared with its code."""


def _size_faults(template: Template) -> Iterator[str]:
    qr, bar, least = template.slip.qr, template.slip.bar_code, template.limits
    checks = [
        ("eL-QRのモジュール", qr.module, least.qr_module),
        ("eL-QRの余白（モジュール数）", qr.quiet, least.qr_quiet),
    ]
    if bar is not None:
        checks += [
            ("バーコードのモジュール", bar.module, least.bar_code_module),
            ("バーコードの余白（モジュール数）", bar.quiet, least.bar_code_quiet),
            ("バーコードの高さ", bar.height, least.bar_code_height),
        ]
    for what, size, least_size in checks:
        if size < least_size:
            yield f"{what}は{least_size}以上にしてください（今は{size}）"


def _place_faults(template: Template) -> Iterator[str]:
    """Codes outside the printable area, too close to each other, or printed over."""
    art, printable = template.slip, template.page.printable
    codes: list[tuple[str, Symbol]] = [("eL-QR", art.qr)]
    if art.bar_code is not None:
        codes.append(("バーコード", art.bar_code))
        if art.qr.clear.grown(template.limits.apart).touches(art.bar_code.clear):
            yield f"eL-QRとバーコードは余白どうしを{template.limits.apart}mm以上離してください"
    for what, code in codes:
        for no, at in enumerate(template.page.slips, start=1):
            if not printable.holds(code.area.moved(at)):
                yield f"{no}枚目の{what}が印字できる範囲（余白{template.page.margin}mm）からはみ出しています"
        for kind, part in _parts_of(art):
            is_instead = code is art.bar_code and isinstance(part, Text) and part.only_if == "no_bar_code"
            if not is_instead and _covers(part, code.clear):
                yield f"{what}の場所（余白を含む）に{kind}が重なっています（at = {list(part.at)}）"
        for line in art.lines:
            if line.area.touches(code.clear):
                yield f"{what}の場所（余白を含む）に線が重なっています（from = {list(line.start)}）"


def _parts_of(art: Art) -> Iterator[tuple[str, Text | Box | Mark]]:
    yield from (("文字", text) for text in art.texts)
    yield from (("枠", box) for box in art.boxes)
    yield from (("eLマーク", mark) for mark in art.el_mark)


def _covers(part: Text | Box | Mark, clear: Area) -> bool:
    """重なるか: whether a part prints into a code's place. An unfilled box may surround a code."""
    if isinstance(part, Box) and part.fill in (None, 1) and part.area.grown(-part.width).holds(clear):
        return False
    return part.area.touches(clear)


def read_template(path: Path) -> Template:
    """版下を読む. Raises NotFound, and BadFile with the place."""
    try:
        table = read_toml(path, "版下", "パスを確かめてください。")
        return Template.model_validate(table | {"folder": path.resolve().parent})
    except ValidationError as error:
        raise BadFile(f"版下 {path} に誤りがあります: {explain(error, Template)}") from error


def read_templates(folders: Iterable[Path]) -> dict[str, Template]:
    """版下一覧: name → template. One in a later folder replaces one in an earlier folder. Raises NotFound, BadFile."""
    templates: dict[str, Template] = {}
    for folder in folders:
        if not folder.is_dir():
            raise NotFound(f"版下のフォルダ {folder} がありません。ジョブの [print] sheets を確かめてください。")
        for path in sorted(folder.glob("*.toml")):
            template = read_template(path)
            if template.name != path.stem:
                raise BadFile(f"版下 {path}: name = {template.name} をファイル名と同じにしてください。")
            templates[template.name] = template
    return dict(sorted(templates.items()))
