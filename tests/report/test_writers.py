"""Writers: what Excel, programs and browsers get; nothing in a cell can act."""

import csv
import io
import json
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import polars as pl
import pytest

from elqr.report.data_files import csv_bytes, json_bytes
from elqr.report.tables.table import Heading, Style, Table
from tests.builders import (
    EVERY_REPORT,
    NIGHT,
    REAL_NOTICE,
    REAL_PAYMENT,
    City,
    cvs_file,
    cvs_row,
    eltax_file,
    notice_row,
    transfer_file,
    transfer_row,
)
from tests.cases.prepared import prepared

_EVIL = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\tx",
    "\rx",
    "<script>alert(1)</script>",
    '"quoted", and, comma',
    "two\nlines",
    "",
]
_TABLE = Table(
    "表",
    "表",
    "説明",
    (
        Heading("名", Style.TEXT),
        Heading("円", Style.YEN),
        Heading("日", Style.DATE),
        Heading("キー", Style.DIGITS),
        Heading("率", Style.SHARE),
    ),
    pl.DataFrame(
        {
            "名": _EVIL,
            "円": [-500, *range(9)],
            "日": [date(2026, 11, 20)] * 10,
            "キー": ["00000202401010104348"] * 9 + ["=HYPERLINK(1)"],
            "率": [0.125] * 9 + [None],
        }
    ),
    ("円",),
)


def test_csv_opens_in_excel_and_nothing_in_it_acts() -> None:
    data = csv_bytes(_TABLE)
    assert data.startswith(b"\xef\xbb\xbf") and data.endswith(b"\r\n")
    head, *rows, total = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert head == ["名", "円", "日", "キー", "率"]
    names = [row[0] for row in rows]
    assert names[:4] == ["'=1+1", "'+1", "'-1", "'@SUM(A1)"] and names[4:6] == ["'\tx", " x"]
    assert names[7:9] == ['"quoted", and, comma'.replace("\n", " "), "two lines"]
    assert not any(cell[:1] in "=+@\t\r" for row in rows for cell in (row[0], row[3]) if cell)
    assert [row[1] for row in rows][:2] == ["-500", "0"], "numbers stay numbers"
    assert rows[0][2:] == ["2026-11-20", "0000-0202-4010-1010-4348", "12.5%"]
    assert total == ["合計", str(-500 + sum(range(9))), "", "", ""]


def test_json_keeps_keys_as_they_are() -> None:
    whole = json.loads(json_bytes(_TABLE))
    assert whole["rows"][0] == {
        "名": "=1+1",
        "円": -500,
        "日": "2026-11-20",
        "キー": "00000202401010104348",
        "率": 0.125,
    }
    assert whole["totals"] == {"円": -500 + sum(range(9))}


class _Page(HTMLParser):
    """What a browser would load or run."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.anchors: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        given = dict(attrs)
        self.links += [str(given[name]) for name in ("href", "src") if name in given]
        self.anchors |= {str(given["id"])} if "id" in given else set()
        assert not [name for name in given if name.startswith("on")], "no handlers"


def _city_of(folder: Path) -> City:
    city = City.founded(folder, reports=EVERY_REPORT)
    city.notices(REAL_NOTICE, notice_row(customer_no="<b>=A1"))
    city.deliver("eltax.csv", eltax_file(REAL_PAYMENT))
    city.deliver(
        "<img src=x onerror=alert(1)>.dat", cvs_file(cvs_row(str(REAL_NOTICE["barcode"]), paid_on=date(2024, 6, 10)))
    )
    city.deliver("t.dat", transfer_file(transfer_row("<script>1</script>", 100)))
    city.night()
    return city


@pytest.fixture
def city(tmp_path: Path) -> City:
    return prepared(tmp_path / "city", _city_of)


def test_the_page_loads_nothing_and_its_links_lead_somewhere(city: City) -> None:
    folder = city.folder / "out" / NIGHT.isoformat()
    page = _Page()
    page.feed((folder / "index.html").read_text(encoding="utf-8"))
    assert not page.tags & {"img", "iframe", "object", "link", "base", "embed"}
    assert len(page.links) > 15
    for link in map(unquote, page.links):
        assert link.removeprefix("#") in page.anchors if link.startswith("#") else (folder / link).is_file(), link


def test_the_page_says_what_the_reports_say(city: City) -> None:
    text = (city.folder / "out" / NIGHT.isoformat() / "index.html").read_text(encoding="utf-8")
    assert "令和8年11月20日" in text and "収納 1件 39,500円を消し込みました。要確認 2件" in text
    assert "&lt;img src=x onerror=alert(1)&gt;.dat" in text
    assert text.count("<caption>") == text.count("<table") and 'lang="ja"' in text
