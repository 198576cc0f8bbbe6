"""A real browser without a screen: Debian's Chromium through Playwright, and what axe-core finds in a page."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
needs_browser = pytest.mark.skipif(
    PROGRAM is None, reason="Chromium がないため、ブラウザでの確認を省いた（apt install chromium）"
)
WIDTHS = (1366, 683, 320)
"""A desk, the same at 200 %, and the narrowest window in which everything must be there (WCAG 2.2, 1.4.10)."""

_SHOWN = 200


def find_violations(page: Any) -> list[tuple[str, str]]:
    """What axe-core finds in a page of Playwright: the rule, and the first element that breaks it."""
    page.evaluate((resources.files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate("axe.run().then(found => found.violations)")
    return [(rule["id"], rule["nodes"][0]["html"][:_SHOWN]) for rule in found]


class Browser:
    """One tab of one browser, and all that it said and asked for since it was last opened."""

    def __init__(self, chromium: Any) -> None:
        self._tabs = {
            script: chromium.new_context(java_script_enabled=script, locale="ja-JP").new_page()
            for script in (True, False)
        }
        self.requests: list[str] = []
        self.complaints: list[str] = []
        for page in self._tabs.values():
            page.set_default_timeout(60_000)
            page.on("request", lambda request: self.requests.append(request.url))
            page.on("pageerror", lambda error: self.complaints.append(str(error)))
            page.on("console", lambda message: self.complaints.append(message.text))
        self.page = self._tabs[True]

    def open(self, path: Path, *, width: int = 1366, height: int = 768, script: bool = True) -> None:
        """Opens a file and waits until it is loaded."""
        self.page = self._tabs[script]
        self.page.set_viewport_size({"width": width, "height": height})
        self.requests.clear()
        self.complaints.clear()
        self.page.goto(path.resolve().as_uri())

    def media(self, medium: str = "null", *, reduced_motion: str = "null") -> None:
        """Pretends a medium and a preference, or none."""
        self.page.emulate_media(media=medium, reduced_motion=reduced_motion)

    def run(self, expression: str) -> Any:
        """The value of an expression of JavaScript in the page; works where the page itself may run none."""
        return self.page.evaluate(expression)

    def press(self, *keys: str) -> None:
        """Presses keys as a person does; "Shift+Tab" holds one down."""
        for key in keys:
            self.page.keyboard.press(key)
        self.run("new Promise(done => setTimeout(done))")  # what a key sets off, as the end of a dialog, comes after it

    def click(self, selector: str) -> None:
        """Clicks the first element of a selector."""
        self.page.locator(selector).first.click()

    def printed(self, path: Path) -> Path:
        """The page as a PDF, on the paper that its style asks for."""
        self.page.pdf(path=path, prefer_css_page_size=True)
        return path


@contextmanager
def launched(**options: Any) -> Iterator[Any]:
    """Chromium as Playwright launches it."""
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=PROGRAM, args=["--no-sandbox", "--disable-gpu"], **options)
        yield opened
        opened.close()


@contextmanager
def browser() -> Iterator[Browser]:
    """A browser with a profile of its own, gone afterwards."""
    with launched() as chromium:
        yield Browser(chromium)
