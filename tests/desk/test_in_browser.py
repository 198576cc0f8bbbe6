"""The desk as staff use it, in a real browser without scripts: from the first log-in to the log-out, by keyboard."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from elqr.store.desk.accounts import enter_account, set_password
from elqr.store.desk.database import open_desk_database
from elqr.vocabulary.staff import AccountStep
from tests.builders import City, elqr
from tests.cases.desk_city import PASSWORD as OWN
from tests.cases.desk_city import PEOPLE, cheap_digest
from tests.cases.desk_pages import focused, look_at
from tests.cases.prepared import prepared
from tests.report.browser import PROGRAM, WIDTHS, launched, needs_browser
from tests.report.page_city import founded

pytestmark = needs_browser
playwright = pytest.importorskip("playwright.sync_api", reason="playwright がないため、窓口のブラウザでの確認を省いた")


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    return prepared(tmp_path_factory.mktemp("desk") / "city", founded)


@pytest.fixture(scope="module")
def once(city: City) -> str:
    """The one-time password of a new account."""
    holder = ("satou", "--name", "佐藤 花子", "--department", "会計", "--role", "閲覧", "--from", "2026-01-01")
    ran = elqr("desk", "account", "add", *holder, "--job", city.job)
    assert ran.code == 0, ran.err
    with open_desk_database(f"sqlite:///{city.folder / 'ledger.db'}").transaction() as connection:
        enter_account(connection, PEOPLE[1], AccountStep.ADDED, "2026-11-24T08:30:00+09:00", "試験")
        set_password(connection, PEOPLE[1].login, cheap_digest(), "2026-11-24T08:30:00+09:00", is_one_time=False)
    return ran.out.split()[-1]


@pytest.fixture(scope="module")
def address(city: City, once: str) -> Iterator[str]:
    """The address of a desk that runs as a process of its own, until it is interrupted."""
    command = [sys.executable, "-m", "elqr", "desk", "serve", "--port", "0", "--job", city.job]
    environment = os.environ | {"PYTHONUTF8": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8", env=environment) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0


@pytest.fixture(scope="module")
def browser() -> "Iterator[playwright.Browser]":
    with launched() as opened:
        yield opened


def test_from_the_first_log_in_to_the_log_out(
    browser: "playwright.Browser", address: str, once: str, tmp_path: Path
) -> None:
    context = browser.new_context(java_script_enabled=False, locale="ja-JP")
    page, complaints = context.new_page(), []
    page.on(
        "console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None
    )
    page.goto(f"{address}inquiry?number=100001")
    assert page.title().startswith("ログイン")
    look_at(page, tmp_path)
    assert focused(page) == "login"
    page.keyboard.type("satou")
    page.keyboard.press("Tab")
    page.keyboard.type(once)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}password")
    look_at(page, tmp_path)
    for name, value in (("current", once), ("chosen", OWN), ("again", OWN)):
        page.fill(f"[name={name}]", value)
    page.click("button.main")
    page.wait_for_url(f"{address}morning")
    look_at(page, tmp_path)
    # 要確認: 二重納付 39,500, 過納 500, 該当なし 7,000 and 100, 不足 (nothing in suspense).
    card = page.locator(".works li", has_text="要確認").first
    assert card.locator("strong").inner_text() == "5件" and "47,100円" in card.inner_text()
    assert page.locator("h1").inner_text().startswith("令和8年11月20日の夜の後")
    page.click("nav >> text=照会")
    page.wait_for_url(f"{address}inquiry")
    assert focused(page) == "number"
    page.keyboard.type("１０００ ０１")
    page.keyboard.press("Enter")
    page.wait_for_url("**number=**")
    look_at(page, tmp_path)
    assert page.locator("article h2").inner_text() == "国民健康保険料　令和8年度　1期"
    assert page.locator("article .sums strong").all_inner_texts() == ["10,000円", "10,000円", "0円"]
    page.click("nav >> text=自分の利用者")
    look_at(page, tmp_path)
    page.click("header button")
    page.wait_for_url(f"{address}login")
    page.go_back()
    assert page.title().startswith("ログイン"), "nothing is kept behind the back button"
    assert complaints == []
    assert len(list(tmp_path.glob("*.png"))) == 5 * len(WIDTHS)


def test_the_keyboard_alone_reaches_everything(browser: "playwright.Browser", address: str) -> None:
    page = browser.new_context(locale="ja-JP").new_page()
    page.goto(address)
    page.wait_for_selector("#name:focus")
    for text in (PEOPLE[1].login, OWN):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}morning")
    reached = []
    page.keyboard.press("Tab")
    while page.evaluate("document.activeElement !== document.body"):
        reached.append(focused(page))
        page.keyboard.press("Tab")
    menu = ["朝", "要確認", "承認待ち", "照会", "自分の利用者"]
    assert reached == ["本文へ", *menu, "ログアウト", "要確認"], "the card of 要確認 leads to its list"


def test_what_was_read_is_out_of_reach_after_the_log_out(browser: "playwright.Browser", address: str) -> None:
    """Chromium keeps whole pages to go back to, which Playwright switches off: here it is on, as people have it."""
    usual = browser.browser_type.launch(
        executable_path=PROGRAM,
        args=["--no-sandbox", "--disable-gpu"],
        ignore_default_args=["--disable-back-forward-cache"],
    )
    page = usual.new_context(locale="ja-JP").new_page()
    page.goto(address)
    page.fill("#name", PEOPLE[1].login)
    page.fill("#secret", OWN)
    page.click("button.main")
    page.goto(f"{address}inquiry?number=100001")
    assert "10,000円" in page.inner_text("article")
    page.evaluate("window.isKept = true")
    page.click("nav >> text=自分の利用者")
    page.go_back(wait_until="commit")
    page.wait_for_url("**/inquiry?number=100001", wait_until="commit")
    assert page.evaluate("window.isKept") is True, "the browser keeps pages"
    page.click("header button")
    page.wait_for_url(f"{address}login")
    page.go_back(wait_until="commit")
    page.wait_for_url(lambda url: "/login?next=" in url, timeout=5_000)
    assert page.title().startswith("ログイン") and page.locator("article").count() == 0
    usual.close()
