"""A clerk and an approver work through 要確認 in a real browser: what comes of it is what comes of the workbook."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from elqr.store.desk.accounts import enter_account, set_password
from elqr.store.desk.database import open_desk_database
from elqr.vocabulary.staff import AccountStep
from tests.builders import elqr
from tests.cases.desk_city import PASSWORD, PEOPLE, cheap_digest
from tests.cases.desk_pages import focused, look_at
from tests.cases.review_book import written
from tests.cases.review_desk import MORNING, SHORT, TWICE, UNKNOWN, WRONG_CHECK, Desk, desk_in
from tests.report.browser import launched, needs_browser

pytestmark = needs_browser
playwright = pytest.importorskip("playwright.sync_api", reason="playwright がないため、窓口のブラウザでの確認を省いた")

CLERK, APPROVER = (next(each for each in PEOPLE if each.login == login) for login in ("satou", "takagi"))
REASONS = {TWICE: "同じ人の2期へ", WRONG_CHECK: "本人に電話で確かめた", UNKNOWN: "照会中", SHORT: "残りは督促で"}


@pytest.fixture(scope="module")
def browser() -> "Iterator[playwright.Browser]":
    with launched() as opened:
        yield opened


def _city(folder: Path) -> Desk:
    """The city on the morning after, whatever day it is outside."""
    desk = desk_in(folder / "city")
    job = desk.city.job.read_text(encoding="utf-8")
    desk.city.job.write_text(f"training = true\ndate = {MORNING}\n{job}", encoding="utf-8")
    return desk


def _came_of(desk: Desk) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    """Every ruling with its end, and every posting; the ledger verifies."""
    assert elqr("verify", "--job", desk.city.job).code == 0
    rulings = """SELECT payment_no, ruling, notice_no, reason, staff, mark, result, before_yen, after_yen
        FROM ruling JOIN ruling_result USING (ruling_no) ORDER BY payment_no"""
    postings = """SELECT payment_no, account, claim_no, yen, fiscal_year, is_arrears, procedure_code, night_on,
        reverses_no, decided_by, reason FROM posting ORDER BY 1, 2, 3, 4"""
    return desk.sql(rulings), desk.sql(postings)


@pytest.fixture(scope="module")
def by_book(tmp_path_factory: pytest.TempPathFactory) -> object:
    """What comes of the same decisions, written in a workbook."""
    desk = _city(tmp_path_factory.mktemp("book"))
    on, book = ("--job", desk.city.job), desk.city.folder / "book.xlsx"
    assert elqr("review", "export", "--out", book, *on).code == 0
    decided = {
        TWICE: ("充当", desk.keys["100001/2"]), WRONG_CHECK: ("納付書に充てる", desk.keys["100002/1"]),
        UNKNOWN: ("保留", ""), SHORT: ("確認のみ", ""),
    }  # fmt: skip
    written(book, {no: (*what, REASONS[no], CLERK.name) for no, what in decided.items()})
    assert elqr("review", "import", book, "--by", CLERK.name, *on).code == 0
    assert elqr("review", "approve", 1, "--by", APPROVER.name, *on).code == 0
    return _came_of(desk)


@contextmanager
def served(desk: Desk) -> Iterator[str]:
    """The address of the city's desk, with accounts for a clerk and an approver."""
    with open_desk_database(f"sqlite:///{desk.city.folder / 'ledger.db'}", creates=True).transaction() as connection:
        for person in (CLERK, APPROVER):
            enter_account(connection, person, AccountStep.ADDED, "2026-11-24T08:30:00+09:00", "試験")
            set_password(connection, person.login, cheap_digest(), "2026-11-24T08:30:00+09:00", is_one_time=False)
    command = [sys.executable, "-m", "elqr", "desk", "serve", "--port", "0", "--job", desk.city.job]
    environment = os.environ | {"PYTHONUTF8": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8", env=environment) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == 0


def _open(browser: "playwright.Browser", address: str, login: str, *, script: bool) -> "playwright.Page":
    page = browser.new_context(java_script_enabled=script, locale="ja-JP").new_page()
    page.goto(address)
    page.fill("#name", login)
    page.fill("#secret", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}morning")
    return page


def test_by_mouse_and_without_script(browser: "playwright.Browser", tmp_path: Path, by_book: object) -> None:
    desk = _city(tmp_path)
    with served(desk) as address:
        page = _open(browser, address, CLERK.login, script=False)
        page.click(".works >> text=要確認")
        look_at(page, tmp_path)
        for number, button in ((TWICE, "ここへ充当する"), (WRONG_CHECK, "この納付書に充てる")):
            page.click(f"a.row:text-is('{number}')")
            look_at(page, tmp_path)
            page.fill("#reason", REASONS[number])
            page.click(f"button:has-text('{button}')")
            look_at(page, tmp_path)
            page.click("#go")
            page.wait_for_url("**/exceptions**")
            assert "申請" in page.locator("[role=status]").first.inner_text()
        page.click(f"a.row:text-is('{UNKNOWN}')")
        page.select_option("#ruling", label="保留")
        page.fill("#reason", REASONS[UNKNOWN])
        with page.expect_navigation():
            page.keyboard.press("Enter")
        assert page.locator("h1 span").inner_text() == "保留", "Enter sends what was chosen, not a candidate"
        page.click("#go")
        page.check(f"[name=payment][value='{SHORT}']")
        page.select_option("[name=ruling]", label="確認のみ")
        page.fill("[name=reason]", REASONS[SHORT])
        page.click("text=何が動くかを見る")
        page.click("#go")
        look_at(page, tmp_path)
        page = _open(browser, address, APPROVER.login, script=False)
        page.click("nav >> text=承認待ち")
        look_at(page, tmp_path)
        assert page.locator("a.row").count() == 4
        while page.locator("a.row").count():
            page.locator("a.row").first.click()
            look_at(page, tmp_path)
            page.focus("#reason")
            page.keyboard.press("Enter")
            assert "申請" in page.locator("h1").inner_text() and page.locator("#go").count() == 1, "Enter ends nothing"
            page.click("#go")
            page.wait_for_url("**/requests")
    assert _came_of(desk) == by_book


def test_by_keyboard_alone(browser: "playwright.Browser", tmp_path: Path, by_book: object) -> None:
    desk = _city(tmp_path)
    with served(desk) as address:
        page = _open(browser, address, CLERK.login, script=True)
        page.goto(f"{address}exceptions")
        keys = {TWICE: "1", WRONG_CHECK: "1", UNKNOWN: "h", SHORT: "o"}
        for place, (number, key) in enumerate(keys.items(), start=1):
            for _ in range(place):
                page.keyboard.press("j")
            assert focused(page) == str(number)
            page.keyboard.press("Enter")
            page.wait_for_selector("#decide")
            page.keyboard.press(key)
            if key.isdigit():
                page.wait_for_selector("#reason:focus")
                page.keyboard.type(REASONS[number])
                page.keyboard.press("Enter")
            else:
                page.wait_for_selector("#reason:focus")
                page.keyboard.type(REASONS[number])
                page.keyboard.press("Enter")
                page.wait_for_selector("#go:focus")
                page.keyboard.press("Enter")
            page.wait_for_selector("table.list")
        page = _open(browser, address, APPROVER.login, script=True)
        for left in (4, 3, 2, 1):
            page.goto(f"{address}requests")
            assert page.locator("a.row").count() == left
            page.keyboard.press("j")
            page.keyboard.press("Enter")
            page.wait_for_selector("#go")
            page.keyboard.press("g")
            assert focused(page) == "選んだ行を承認する"
            page.keyboard.press("Enter")
            page.wait_for_url(f"{address}requests")
    assert _came_of(desk) == by_book
