"""The document (一枚のHTML): what every page is: one file that uses no network, and shows every text as it is.

A policy forbids every script but the page's own, which it names by hash; a page without one runs none. Everything shown
passes through the template's escaping, and everything a script reads through `embed_json`.
"""

import base64
import hashlib
import json
import re
from functools import cache
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from elqr.report.tables.table import NUMBERS, Heading, Style
from elqr.vocabulary.visible_text import HIDDEN, visible

SHOWN_ROWS = 200
"""How many rows of a table the page shows; the CSV has them all."""

_PAYMENT_NO = "受付番号"

_NOT_PICTURED = HIDDEN.replace("\x7f-\x9f", "\x80-\x9f")
"""Invisible characters that the script has no pictures for: they are replaced by their numbers."""

_PICTURES = {**{code: 0x2400 + code for code in range(0x20)}, 0x7F: 0x2421}


def show_hidden(value: object) -> str:
    """見える文字: control characters become pictures, other invisible ones numbers, so that nothing is hidden."""
    return visible(str(value).translate(_PICTURES))


def cell(value: object, style: Style) -> str:
    """セル: one value as people read it."""
    if value is None:
        return ""
    if style in (Style.YEN, Style.COUNT):
        return f"{value:,}"
    if style is Style.SHARE and isinstance(value, float):
        return f"{value:.1%}"
    if style is Style.DIGITS:
        text = show_hidden(value)
        return " ".join(text[at : at + 4] for at in range(0, len(text), 4))
    return show_hidden(value)


def embed_json(value: object) -> Markup:
    """スクリプトが読むJSON: nothing in it can end its element, begin another or break a line of JavaScript."""
    text = re.sub(
        _NOT_PICTURED,
        lambda match: "\\" + visible(match[0]),
        json.dumps(value, ensure_ascii=False, separators=(",", ":")),
    )
    return Markup(re.sub("[<>&\u2028\u2029]", lambda match: f"\\u{ord(match[0]):04x}", text))


def kind_of(heading: Heading) -> str:
    """見せ方: the CSS classes of a cell: n for numbers, k for keys, d for days, payment where there are details."""
    kind = "n" if heading.style in NUMBERS else {Style.DATE: "d", Style.DIGITS: "k"}.get(heading.style, "")
    return f"{kind} payment".strip() if heading.name == _PAYMENT_NO else kind


def _read(name: str) -> str:
    return (files("elqr.report.page") / name).read_text(encoding="utf-8")


def page_style() -> str:
    """見た目: the style sheet of all pages, without what is of paper."""
    return _read("page.css")


def _style(head: str) -> str:
    """The style sheet, with the head and foot of every printed page."""
    paper = (
        "@page { size: A4 landscape; margin: 14mm 10mm 12mm; font-size: 8pt; "
        f"@top-left {{ content: {_css_text(head)}; }} "
        '@bottom-right { content: counter(page) " / " counter(pages); } }\n'
    )
    return paper + page_style()


def _css_text(text: str) -> str:
    """A CSS string: everything that could end it or the style element is written as a number."""
    return (
        '"' + "".join(letter if letter.isalnum() or letter == "　" else f"\\{ord(letter):x} " for letter in text) + '"'
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@cache
def _templates() -> Environment:
    """版: templates are compiled once, because a program that draws many pages would do it for each."""
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, loader=FunctionLoader(_read)
    )
    environment.filters |= {"comma": lambda value: f"{value:,}", "show_hidden": show_hidden}
    environment.globals |= {"cell": cell, "kind_of": kind_of, "numbers": NUMBERS}
    return environment


def render_document(template: str, head: str, script_file: str = "", **values: object) -> str:
    """HTMLにする: a template with its values as one HTML file. `head` stands on every printed page."""
    style, script = _style(head), _read(script_file) if script_file else ""
    runs = f"script-src {_hash(script)}; " if script else ""
    policy = f"default-src 'none'; style-src {_hash(style)}; {runs}base-uri 'none'; form-action 'none'"
    shared = {"policy": policy, "style": Markup(style), "script": Markup(script)}
    return _templates().get_template(template).render(**shared, **values)
