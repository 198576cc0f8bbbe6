"""Names of payers (納付者の氏名): the characters of a notice file come through to paper and lists as they were sent.

No rule compares payers by name, and nothing is folded: who is meant is said by 宛名番号. So 髙橋 stays 髙橋.
"""

import csv
import json
from datetime import date

import pypdfium2
import pytest
from openpyxl import load_workbook

from tests.builders import City, elqr, notice_file, notice_row
from tests.cases.prints import print_slips

_CP932 = ["髙橋 﨑子", "高橋 崎子", "ﾀｶﾊｼ ｻｷｺ", "タカハシ　サキコ", "渡邉 邊", "渡辺 齋", "斎藤 斉", "ヶ峯 纊"]
_UTF_8 = ["\ufa10本 塚", "栁澤 濵", "\u2ed1谷 長", "ﾊﾞﾝ ﾊﾞﾝ"]
"""U+FA10 stands beside 塚 (U+585A), and ⻑, a part of a kanji, beside the kanji: Unicode folds both pairs, we must not."""


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    """Every name on a notice of its own, overdue and not paid; a file in each charset."""
    city, no = City.founded(tmp_path_factory.mktemp("names") / "city"), 0
    for charset, names in (("cp932", _CP932), ("utf-8", _UTF_8)):
        rows = []
        for name in names:
            no += 1
            rows.append(notice_row(payer_name=name, payer_ref=str(no), bill_no=str(no), due_on=date(2026, 10, 5)))
        (city.folder / "notices" / f"{charset}.csv").write_bytes(notice_file(*rows, charset=charset))
    assert city.night().code == 0
    return city


def test_the_ledger_has_the_names_as_they_were_sent(city: City) -> None:
    assert [name for (name,) in city.sql("SELECT payer_name FROM notice ORDER BY notice_no")] == _CP932 + _UTF_8


def test_the_list_of_reminders_has_them_in_each_of_its_forms(city: City) -> None:
    ran = elqr("arrears", "list", "--by", "山田", "--with-names", "--job", city.job, "--date", "2026-11-20")
    assert ran.code == 0, ran.err
    path = city.folder / "out" / "arrears" / "000001" / "督促対象一覧"
    wanted = _CP932 + _UTF_8
    with path.with_suffix(".csv").open(encoding="utf-8-sig", newline="") as file:
        lines = [line for line in csv.reader(file) if line]
    of_csv = [line[lines[0].index("氏名")] for line in lines[1 : 1 + len(wanted)]]
    rows = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))["rows"]
    cells = list(load_workbook(path.with_suffix(".xlsx"), read_only=True)["督促対象一覧"].iter_rows(values_only=True))
    (head,) = [number for number, row in enumerate(cells) if "氏名" in row]
    of_book = [row[cells[head].index("氏名")] for row in cells[head + 1 : head + 1 + len(wanted)]]
    assert sorted(of_csv) == sorted(row["氏名"] for row in rows) == sorted(of_book) == sorted(wanted)


def test_the_slips_have_them_and_the_page_has_none(city: City) -> None:
    ran = print_slips(city)
    assert ran.code == 0, ran.err
    text = ""
    for path in sorted((city.folder / "print").glob("*.pdf")):
        with pypdfium2.PdfDocument(path) as document:
            text += "\n".join(page.get_textpage().get_text_range() for page in document)
    assert [name for name in _CP932 + _UTF_8 if text.count(f"{name}　様") < 2] == []
    page = (city.drawn() / "index.html").read_text(encoding="utf-8")
    assert not any(name in page for name in _CP932 + _UTF_8)
