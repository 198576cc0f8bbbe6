"""The year's page: 調定収納表 to be read and printed, without a script and without the network."""

import csv
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pypdfium2 as pdfium
import pytest

from tests.builders import JOB, REGISTER, City, elqr, eltax_file, eltax_row, notice_row
from tests.report.browser import WIDTHS, Browser, browser, find_violations, needs_browser

BREAKING = r"</td></style><script>document.title='x'</script><img src=x onerror=document.title=1>\u2028"
NIGHT = date(2026, 11, 20)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where `elqr year` wrote: 10,000 paid twice and 5,000 unpaid of 国保, 1,000 of 水道 under a name that breaks out."""
    home = tmp_path_factory.mktemp("year")
    register = REGISTER.replace('name = "水道料金"', f"name = '''{BREAKING}'''")
    city = City.founded(home / "city", JOB.replace("見本市", '見本</style>市\\"'), register)
    city.notices(
        notice_row(),
        notice_row(bill_no="100002", principal_yen=5_000),
        notice_row(procedure_code="suido", bill_no="200001", principal_yen=1_000),
    )
    city.night(date(2026, 11, 19))
    key = city.issued()["kokuho", "100001", 1, 1]
    city.deliver("eltax.csv", eltax_file(*(eltax_row(*key, 10_000, serial_no=f"{number:08}") for number in (1, 2))))
    city.night()
    where = ("--as-of", NIGHT.isoformat(), "--out", home / "made", "--job", city.job)
    ran = elqr("year", "--fiscal-year", 2026, *where)
    assert ran.code == 0 and str(home / "made" / "調定収納表_2026.html") in ran.out, ran.err
    return home / "made"


@pytest.fixture(scope="module")
def page(folder: Path) -> Path:
    return folder / "調定収納表_2026.html"


def test_it_shows_the_table_as_the_csv_has_it_with_its_totals(folder: Path, page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    rows = [re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row) for row in re.findall(r"<tr>(.*?)</tr>", text)]
    lines = list(csv.reader((folder / "調定収納表.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert [[cell.replace(",", "") for cell in row[3:]] for row in rows] == [line[3:] for line in lines]
    assert len(lines) == 4 and rows[-1][0] == "合計"
    headline = re.findall(r'<span class="figure">(.*?)</span>', text)
    assert headline == ["調定額 16,000円", "収納額 10,000円", "収納率 62.5%", "未収額 6,000円", "還付未済額 10,000円"]


def test_it_is_one_file_that_runs_nothing(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    (policy,) = re.findall(r'Content-Security-Policy" content="(.*?)"', text)
    assert policy.startswith("default-src &#39;none&#39;; style-src ") and "script-src" not in policy
    assert "<script" not in text and "<img" not in text and "http://" not in text and "https://" not in text
    links = re.findall(r'href="(.*?)"', text)
    assert len(links) > 5 and all(link == "#main" or "/" not in link for link in links)


def test_a_year_of_nothing_has_no_page(folder: Path, tmp_path: Path) -> None:
    where = ("--as-of", NIGHT.isoformat(), "--out", tmp_path / "made", "--job", folder.parent / "city" / "job.toml")
    assert elqr("year", "--fiscal-year", 2020, *where).code == 0
    assert not (tmp_path / "made").exists()


@pytest.fixture(scope="module")
def opened() -> Iterator[Browser]:
    with browser() as tab:
        yield tab


@needs_browser
def test_it_asks_for_nothing_and_texts_stay_texts(opened: Browser, page: Path) -> None:
    opened.open(page)
    assert opened.requests == [page.resolve().as_uri()] and opened.complaints == []
    assert opened.run("document.title") == '調定収納表 令和8（2026）年度 見本</style>市"'
    assert opened.run("document.querySelectorAll('script, img, iframe, object').length") == 0
    assert BREAKING in opened.run("[...document.querySelectorAll('td')].map(cell => cell.textContent)")


@needs_browser
@pytest.mark.parametrize("width", [320, 360, 800, 1366])
def test_nothing_is_wider_than_the_window(opened: Browser, page: Path, width: int) -> None:
    opened.open(page, width=width, height=768)
    assert opened.run("document.documentElement.scrollWidth <= innerWidth")
    assert opened.run("document.querySelector('caption').getBoundingClientRect().right <= innerWidth")


@needs_browser
def test_by_keyboard_alone_one_comes_to_the_table_and_to_its_last_column(opened: Browser, page: Path) -> None:
    opened.open(page, width=320, height=768)
    seen = []
    for _ in range(4):
        opened.press("Tab")
        seen.append(
            opened.run("document.activeElement.getAttribute('aria-label') || document.activeElement.textContent")
        )
        width = opened.run("parseFloat(getComputedStyle(document.activeElement).outlineWidth)")
        assert width >= 2, "what has the focus is marked"
    assert seen == ["本文へ", "調定収納表の表", "CSV", "JSON"]
    assert opened.run("(e => e.scrollWidth > e.clientWidth)(document.querySelector('.wide'))"), "it can be scrolled"


@needs_browser
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing(opened: Browser, page: Path, width: int) -> None:
    opened.open(page, width=width)
    assert find_violations(opened.page) == []
    assert opened.run("['header', 'main', 'h1'].map(name => document.querySelectorAll(name).length)") == [1, 1, 1]


@needs_browser
def test_on_paper_it_is_a4_with_a_head_on_every_sheet(opened: Browser, page: Path, tmp_path: Path) -> None:
    opened.open(page)
    pdf = pdfium.PdfDocument(opened.printed(tmp_path / "page.pdf"))
    assert len(pdf) == 1
    assert [round(side / 72 * 25.4) for side in pdf[0].get_size()] == [297, 210]
    text = pdf[0].get_textpage().get_text_range()
    assert text.count("調定収納表") == 2 and "1 / 1" in text and "還付未済額" in text
    assert "同じフォルダのファイル" not in text and "CSV" not in text
