"""The page as staff use it, in a real browser: with the mouse, by keyboard alone, without scripts, on paper."""

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
import pytest

from tests.builders import EVERY_REPORT, City, eltax_file, eltax_row
from tests.report.browser import WIDTHS, Browser, browser, find_violations, needs_browser
from tests.report.page_city import BREAKING, FILE, OFFICE, founded, page

pytestmark = needs_browser

_ROWS = "[...document.querySelectorAll('#list tbody tr')].map(tr => [...tr.cells].map(td => td.textContent))"
_STATUS = "document.querySelector('#list .status').textContent"
_FOCUS = "document.activeElement.textContent.trim()"


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    return founded(tmp_path_factory.mktemp("page") / "city")


@pytest.fixture(scope="module")
def opened() -> Iterator[Browser]:
    with browser() as own:
        yield own


@pytest.fixture
def tab(opened: Browser, city: City) -> Browser:
    opened.media(reduced_motion="reduce")
    opened.open(page(city))
    return opened


def column(tab: Browser, name: str) -> list[str]:
    """One column of the list, by its heading."""
    heads = tab.run("[...document.querySelectorAll('#list thead th')].map(th => th.dataset.name)")
    return [row[heads.index(name)] for row in tab.run(_ROWS)]


def choose(tab: Browser, name: str, value: str) -> None:
    tab.run(
        f"(() => {{ const e = document.querySelector('#list [name={name}]'); e.value = {json.dumps(value)};"
        "e.dispatchEvent(new Event('input', {bubbles: true})); })()"
    )


def follow(tab: Browser, **wanted: str) -> None:
    """Clicks the number of the page that leads to this part of the list."""
    keys = ("view", "reason", "department", "age")
    found = tab.run("[...document.querySelectorAll('a[data-view]')].map(a => ({...a.dataset}))")
    at = found.index({key: wanted[key] for key in keys if key in wanted})
    tab.run("document.querySelector('[data-clicked]')?.removeAttribute('data-clicked')")
    tab.run(f"document.querySelectorAll('a[data-view]')[{at}].setAttribute('data-clicked', '')")
    tab.click("[data-clicked]")


def test_it_asks_the_network_for_nothing_and_complains_of_nothing(tab: Browser, city: City) -> None:
    tab.click("#list tbody button")
    tab.press("Escape")
    assert tab.requests == [page(city).resolve().as_uri()]
    assert tab.complaints == []


def test_texts_that_try_to_break_out_stay_texts(tab: Browser) -> None:
    assert tab.run("document.title") == '夜間消込 令和8年11月20日 見本</style>市"'
    assert tab.run("document.querySelectorAll('script').length") == 2
    assert tab.run("document.querySelectorAll('img, iframe, object').length") == 0
    assert OFFICE in column(tab, "所管課") and FILE in column(tab, "ファイル")
    assert r"水道料金</script><script>document.title='x'</script>\u2028<!--" in tab.run("document.body.textContent")


def test_the_policy_forbids_what_the_page_does_not_bring(tab: Browser) -> None:
    tab.run(
        "(() => { const s = document.createElement('script'); s.textContent = 'document.title = 1';"
        "document.body.append(s); })()"
    )
    tab.run("fetch('https://example.invalid/').catch(() => 0)")
    assert tab.run("document.title").startswith("夜間消込")
    assert [url for url in tab.requests if "example" in url] == []
    assert any("Content Security Policy" in said for said in tab.complaints)


def test_the_list_opens_with_all_that_waits_oldest_first(tab: Browser) -> None:
    assert tab.run(_STATUS) == "要確認（未処理のすべて） 5件　領収額 58,100円　仮受額 47,100円"
    assert column(tab, "理由") == ["二重納付", "該当なし", "不足", "過納", "該当なし"]
    assert column(tab, "経過日数") == ["893", "18", "14", "2", "1"]
    assert column(tab, "重要度") == ["中"] * 5


@pytest.mark.parametrize(
    ("filters", "yen"),
    [
        pytest.param({"reason": "該当なし"}, ["100", "7,000"], id="理由"),
        pytest.param({"department": "保険年金課"}, ["1,000", "10,500", "7,000"], id="所管課"),
        pytest.param({"channel": "口座振替"}, ["100"], id="チャネル"),
        pytest.param({"age": "2〜7日"}, ["10,500"], id="経過日数"),
        pytest.param({"reason": "該当なし", "age": "0〜1日"}, ["7,000"], id="二つの条件"),
        pytest.param({"reason": "過納", "channel": "口座振替"}, [], id="当てはまるものがない"),
        pytest.param({"text": "100002"}, ["10,500"], id="通知書番号で探す"),
        pytest.param({"text": "1000-03"}, ["1,000"], id="区切って写した番号で探す"),
        pytest.param({"text": "ＥＬＴＡＸ　過納"}, ["10,500"], id="全角の二語で探す"),
        pytest.param({"text": BREAKING}, ["100"], id="記号で探す"),
        pytest.param({"view": "night:posted"}, ["39,500", "10,000"], id="今夜の収納"),
        pytest.param({"view": "night:suspense"}, ["39,500", "100", "10,500", "7,000"], id="今夜の仮受"),
    ],
)
def test_filters(tab: Browser, filters: dict[str, str], yen: list[str]) -> None:
    for name, value in filters.items():
        choose(tab, name, value)
    rows = tab.run(_ROWS)
    assert column(tab, "領収額") == yen if yen else rows == [["当てはまる収納はありません。"]]
    assert f"{len(yen)}件" in tab.run(_STATUS)


def test_clearing_the_conditions_shows_all_again(tab: Browser) -> None:
    choose(tab, "reason", "過納")
    tab.click("#list button[type=reset]")
    tab.run("new Promise(done => setTimeout(done, 50))")
    assert len(tab.run(_ROWS)) == 5


@pytest.mark.parametrize(
    ("name", "up"),
    [
        pytest.param("領収額", ["100", "1,000", "7,000", "10,500", "39,500"], id="金額は数として"),
        pytest.param("経過日数", ["1", "2", "14", "18", "893"], id="日数"),
        pytest.param("領収日", ["2024-06-10", "2026-11-02", "2026-11-06", "2026-11-18", "2026-11-19"], id="日付"),
        pytest.param("理由", ["該当なし", "該当なし", "二重納付", "過納", "不足"], id="理由は消込結果の順"),
        pytest.param("受付番号", ["1", "3", "4", "5", "7"], id="受付番号"),
    ],
)
def test_sorting_both_ways(tab: Browser, name: str, up: list[str]) -> None:
    selector = f"#list th[data-name='{name}'] button"
    sort = f"document.querySelector('#list th[data-name={json.dumps(name)}]').getAttribute('aria-sort')"
    tab.click(selector)
    assert (column(tab, name), tab.run(sort)) == (up, "ascending")
    tab.click(selector)
    assert (column(tab, name), tab.run(sort)) == (up[::-1], "descending")
    assert tab.run("document.querySelectorAll('#list [aria-sort]').length") == 1


def test_every_cell_of_the_ageing_leads_to_its_payments(tab: Browser) -> None:
    links = tab.run("[...document.querySelectorAll('.ageing a')].map(a => ({count: a.textContent, ...a.dataset}))")
    assert len(links) > 15
    for link in links:
        count = link.pop("count")
        follow(tab, **link)
        assert len(tab.run(_ROWS)) == int(count), link
        assert tab.run(_FOCUS) == "収納の一覧"


def test_every_place_of_the_night_leads_to_its_payments(tab: Browser) -> None:
    places = {"posted": 2, "exception": 5, "claim": 4, "suspense": 4}
    for place, count in places.items():
        follow(tab, view=f"night:{place}")
        assert len(tab.run(_ROWS)) == count, place
    follow(tab, view="night")
    assert len(tab.run(_ROWS)) == 7


def test_by_keyboard_alone_from_a_number_to_a_record_and_back(tab: Browser) -> None:
    for _ in range(60):
        tab.press("Tab")
        if tab.run("document.activeElement.dataset?.view === 'night:exception'"):
            break
    tab.press("Enter")
    assert tab.run(_FOCUS) == "収納の一覧" and len(tab.run(_ROWS)) == 5
    for _ in range(60):
        tab.press("Tab")
        if tab.run("!!document.activeElement.closest('#list tbody')"):
            break
    assert tab.run("document.activeElement.getAttribute('aria-label')") == "受付番号 1 の明細"
    tab.press("Enter")
    assert tab.run("document.querySelector('dialog').open")
    assert tab.run(_FOCUS) == "受付番号 1　二重納付"
    for _ in range(8):
        tab.press("Tab")
        inside = "!document.hasFocus() || document.activeElement === document.body || !!document.activeElement.closest('dialog')"
        assert tab.run(inside), "the focus stays in the panel"
    tab.press("Escape")
    assert not tab.run("document.querySelector('dialog').open")
    assert tab.run("document.activeElement.getAttribute('aria-label')") == "受付番号 1 の明細"


def details(tab: Browser, no: int) -> dict[str, list[list[str]]]:
    """The tables of a payment's panel, by caption."""
    tab.run(f"document.querySelector('#list [aria-label=\"受付番号 {no} の明細\"]').click()")
    return tab.run(  # type: ignore[no-any-return]
        "Object.fromEntries([...document.querySelectorAll('dialog table')].map(t => [t.caption.textContent,"
        "[...t.tBodies[0].rows].map(tr => [...tr.cells].map(td => td.textContent))]))"
    )


def own(tables: dict[str, Any], start: str) -> list[list[str]]:
    (found,) = [rows for caption, rows in tables.items() if caption.startswith(start)]
    return found  # type: ignore[no-any-return]


def test_the_record_as_it_was_delivered_by_field_and_byte(tab: Browser) -> None:
    no = next(row[0] for row in tab.run(_ROWS) if row[-1] == "kouza.dat")
    tables = details(tab, int(no))
    (caption,) = [caption for caption in tables if caption.startswith("原データ")]
    assert "ファイルの 121 バイト目から" in caption and "種別91" in caption
    record = own(tables, "原データ")
    assert record[1] == ["1+4", "引落銀行番号", "0001"]
    assert record[7:10] == [
        ["43+7", "口座番号", "＊＊＊"],
        ["50+30", "預金者名", "＊＊＊"],
        ["80+10", "引落金額", "0000000100"],
    ]
    assert record[11:13] == [["91+20", "顧客番号", BREAKING], ["111+1", "振替結果", "0（振替済）"]]
    assert "ﾋﾐﾂ" not in tab.run("document.documentElement.outerHTML")


def test_the_history_of_a_claim_paid_twice(tab: Browser) -> None:
    tables = details(tab, 1)
    assert own(tables, "調定の履歴")[0][:2] == ["2024-05-01", "発行"]
    assert [row[1:] for row in own(tables, "調定の履歴")[1:]] == [
        ["収納", "スマホアプリ 領収日 2024-06-03（夜間消込）", "39,500円", "6"],
        ["要確認", "コンビニ 領収日 2024-06-10（二重納付）", "39,500円", "1"],
    ]
    assert own(tables, "仮受の出入り") == [["2026-11-20", "39,500円", "夜間消込"]]
    assert ["照会キーの種別", "コンビニバーコード"] in own(tables, "照会キー")


def test_the_nearest_notice_is_shown_and_from_one_payment_one_comes_to_another(tab: Browser) -> None:
    no = next(row[0] for row in tab.run(_ROWS) if "7,000" in row)
    (near,) = own(details(tab, int(no)), "近い納付書")
    assert near[0] == "国民健康保険料 100001 1期" and near[2:] == ["10,000円", "0円", "1桁違い"]
    tab.press("Escape")
    details(tab, 1)
    tab.run("document.querySelector('dialog [aria-label=\"受付番号 6 の明細\"]').click()")
    assert tab.run(_FOCUS) == "受付番号 6　一致"
    tab.press("Escape")
    tab.run("new Promise(done => setTimeout(done, 100))")
    assert not tab.run("document.querySelector('dialog').open")
    assert tab.run("document.activeElement.getAttribute('aria-label')") == "受付番号 1 の明細"


def test_more_rows_than_a_step_are_shown_on_asking_and_paper_says_how_many(opened: Browser, tmp_path: Path) -> None:
    city = City.founded(tmp_path / "city", reports=EVERY_REPORT)
    rows = [eltax_row(f"{no:020d}", "000000", 100 + no, serial_no=f"{no:08d}") for no in range(130)]
    city.deliver("unknown.csv", eltax_file(*rows))
    city.night()
    opened.open(page(city))
    more = "document.querySelector('#list .more-rows')"
    assert len(opened.run(_ROWS)) == 100
    assert opened.run(f"{more}.textContent") == "さらに30件を表示（残り30件）"
    assert opened.run("document.querySelector('#list .rest').textContent") == "画面に出した先頭の100件です。ほか30件。"
    opened.click("#list .more-rows")
    assert len(opened.run(_ROWS)) == 130 and opened.run(f"{more}.hidden")
    assert opened.run("document.activeElement.closest('tr').rowIndex") == 101, "the first of those that came"


def test_a_night_too_large_for_the_page_says_where_the_rest_is(
    opened: Browser, city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = city.copy(tmp_path / "other")
    monkeypatch.setattr("elqr.report.tables.payment_list.LISTED", 3)
    monkeypatch.setattr("elqr.night.morning.DETAILED", 2)
    other.night()
    opened.open(page(other))
    note = "この一覧は先頭の3件です（全5件）。すべては 要確認.xlsx と 要確認一覧.csv にあります。"
    assert opened.run("document.querySelector('.limit').textContent") == note
    assert opened.run("document.querySelector('.limit').offsetParent !== null")
    assert len(opened.run(_ROWS)) == 3
    assert opened.run("document.querySelector('.ageing tr.sum td:last-child a').textContent") == "5", "sums are of all"
    last = opened.run(_ROWS)[2][0]
    assert details(opened, int(last)) == {}
    assert "上限を超えたため" in opened.run("document.querySelector('dialog').textContent")


def test_without_scripts_it_is_a_page_of_tables(opened: Browser, city: City) -> None:
    opened.open(page(city), script=False)
    seen = "[...document.querySelectorAll('section')].filter(s => s.offsetParent).map(s => s.id || s.querySelector('h2').id)"
    shown = opened.run(seen)
    assert "list" not in shown and {"要確認一覧", "消込結果", "取込結果", "funnel", "money", "trends"} <= set(shown)
    assert opened.run("document.querySelectorAll('#要確認一覧 tbody tr').length") == 5
    links = opened.run("[...document.querySelectorAll('a[data-view]')].map(a => decodeURIComponent(a.hash))")
    assert set(links) == {"#要確認一覧", "#消込結果"}
    opened.open(page(city))
    assert not {"要確認一覧", "消込結果"} & set(opened.run(seen)), "the list stands for these tables"


def test_on_paper_it_is_a4_without_controls_and_with_a_head_on_every_sheet(tab: Browser, tmp_path: Path) -> None:
    pdf = pdfium.PdfDocument(tab.printed(tmp_path / "page.pdf"))
    for sheet in pdf:
        assert [round(side / 72 * 25.4) for side in sheet.get_size()] == [297, 210]
        text = sheet.get_textpage().get_text_range()
        assert "夜間消込の結果" in text and f"/ {len(pdf)}" in text
    whole = "".join(sheet.get_textpage().get_text_range() for sheet in pdf)
    assert "条件を消す" not in whole and "ことば・番号で探す" not in whole
    assert "二重納付" in whole and "収納の一覧" in whole
    tab.media("print")
    assert tab.run("getComputedStyle(document.querySelector('#list thead')).display") == "table-header-group"
    assert tab.run("getComputedStyle(document.querySelector('#list tbody tr')).breakInside") == "avoid"
    tab.media()


@pytest.mark.parametrize(
    "width", [pytest.param(360, id="電話"), pytest.param(800, id="狭い窓"), pytest.param(1366, id="机")]
)
def test_nothing_is_wider_than_the_window(opened: Browser, city: City, width: int) -> None:
    opened.open(page(city), width=width, height=768)
    assert opened.run("document.documentElement.scrollWidth <= innerWidth")


def test_motion_is_left_out_for_those_who_ask(tab: Browser) -> None:
    moves = "getComputedStyle(document.documentElement).scrollBehavior"
    assert tab.run(moves) == "auto"
    tab.media()
    assert tab.run(moves) == "smooth"


def test_landmarks_headings_tables_and_names(tab: Browser) -> None:
    assert tab.run(
        "['header', 'main', 'nav'].map(name => document.querySelectorAll(`body > ${name}, main > ${name}`).length)"
    ) == [1, 1, 1]
    levels = tab.run("[...document.querySelectorAll('h1, h2, h3')].filter(h => h.offsetParent).map(h => +h.tagName[1])")
    assert levels.count(1) == 1 and levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing(opened: Browser, city: City, width: int) -> None:
    opened.open(page(city), width=width)
    assert find_violations(opened.page) == []
    details(opened, 1)
    assert find_violations(opened.page) == []


def test_what_has_the_focus_is_marked(tab: Browser) -> None:
    tab.press("Tab")
    for _ in range(40):
        style = tab.run(
            "(({outlineStyle, outlineWidth}) => [outlineStyle, outlineWidth])(getComputedStyle(document.activeElement))"
        )
        assert style[0] != "none" and float(style[1].removesuffix("px")) >= 2, tab.run(
            "document.activeElement.outerHTML"
        )
        tab.press("Tab")


def test_what_is_pressed_is_large_enough(tab: Browser) -> None:
    small = tab.run(
        "[...document.querySelectorAll('button, select, input')].filter(e => e.getClientRects().length)"
        ".filter(e => { const b = e.getBoundingClientRect(); return b.width < 24 || b.height < 24; }).map(e => e.outerHTML)"
    )
    assert small == []
