"""Pages of the desk in a real browser (窓口のページ): what holds of each, and what has the focus."""

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from tests.report.browser import WIDTHS, find_violations

if TYPE_CHECKING:
    import playwright.sync_api as playwright


def look_at(page: "playwright.Page", folder: Path) -> None:
    """What holds of every page, at each width; a picture of it is kept for who looks at the run.

    axe-core needs scripts: it looks at what stands there in a tab that runs them, beside the page.
    """
    assert page.context.browser is not None
    with page.context.browser.new_context(locale="ja-JP").new_page() as beside:
        beside.goto(urljoin(page.url, "/login"))
        beside.set_content(page.content())
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 768})
            beside.set_viewport_size({"width": width, "height": 768})
            found = find_violations(beside)
            assert not found, (page.url, width, found)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (page.url, width)
            headings = page.evaluate("[...document.querySelectorAll('h1, h2, h3')].map(e => Number(e.tagName[1]))")
            assert headings[0] == 1 and headings.count(1) == 1, page.url
            assert all(later - earlier <= 1 for earlier, later in pairwise(headings)), headings
            page.screenshot(path=folder / f"{page.title().split('　')[0]}_{width}.png", full_page=True)
    page.set_viewport_size({"width": WIDTHS[0], "height": 768})


def focused(page: "playwright.Page") -> str:
    """What has the focus, which must be seen."""
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    return str(page.evaluate("document.activeElement.name || document.activeElement.textContent.trim()"))
