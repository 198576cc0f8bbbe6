"""Which reports of a night are drawn: what is left out is not there, and changes nothing else."""

from pathlib import Path

import pytest

from tests.builders import JOB, NIGHT, City, elqr, eltax_file, eltax_row, notice_row
from tests.cases.review_book import written

BOOKS = {"要確認.xlsx", "税料.xlsx", "会計.xlsx", "過誤納整理簿.xlsx"}
OF_DEPARTMENTS = {"所管課_保険年金課.xlsx", "所管課_市民税課.xlsx"}
NOTHING = "[reports]\npage = false\nbooks = []\ndepartments = []\ndata = []\n"


def _city(folder: Path, reports: str = "") -> City:
    """A city with a payment that nobody knows, before its night."""
    city = City.founded(folder, reports=reports)
    city.notices(notice_row())
    city.deliver("eltax.csv", eltax_file(eltax_row("0" * 19 + "1", "000000", 1_000)))
    return city


def _folder(city: City) -> Path:
    return city.folder / "out" / NIGHT.isoformat()


def _files(city: City) -> dict[str, set[str]]:
    """Names of the reports by their kind."""
    kinds: dict[str, set[str]] = {}
    for path in _folder(city).iterdir():
        if path.is_file():
            kinds.setdefault(path.suffix, set()).add(path.name)
    return kinds


def test_everything_is_drawn_unless_the_job_says_otherwise(tmp_path: Path) -> None:
    city = _city(tmp_path / "city")
    assert city.night().code == 3
    files = _files(city)
    assert set(files) == {".html", ".xlsx", ".csv", ".json"}
    assert files[".xlsx"] >= BOOKS | OF_DEPARTMENTS
    assert {Path(name).stem for name in files[".csv"]} == {Path(name).stem for name in files[".json"]}


@pytest.mark.parametrize(
    ("reports", "kinds", "books"),
    [
        pytest.param(NOTHING, set(), set(), id="何も作らない"),
        pytest.param('data = ["json"]\npage = false\nbooks = []\ndepartments = []\n', {".json"}, set(), id="JSONだけ"),
        pytest.param(
            'data = []\nbooks = ["要確認"]\ndepartments = ["市民税課"]\n',
            {".html", ".xlsx"},
            {"要確認.xlsx", "所管課_市民税課.xlsx"},
            id="朝の一枚と要確認と一つの所管課",
        ),
    ],
)
def test_only_what_the_job_asks_for_is_drawn(tmp_path: Path, reports: str, kinds: set[str], books: set[str]) -> None:
    city = _city(tmp_path / "city", reports if reports.startswith("[") else f"[reports]\n{reports}")
    ran = city.night()
    assert ran.code == 3 and ran.places() == {"exception": (1, 1_000)}, "the night itself is the same"
    files = _files(city)
    assert set(files) == kinds and files.get(".xlsx", set()) == books


def test_the_page_names_only_files_that_are_there(tmp_path: Path) -> None:
    city = _city(tmp_path / "city", '[reports]\nbooks = ["会計"]\ndepartments = []\ndata = ["csv"]\n')
    assert city.night().code == 3
    page = (_folder(city) / "index.html").read_text(encoding="utf-8")
    assert ".csv" in page and ".json" not in page
    assert "会計.xlsx</a>" in page and "要確認.xlsx</a>" not in page and "所管課_" not in page


def test_the_screen_says_where_to_look(tmp_path: Path) -> None:
    for number, (reports, last) in enumerate(
        [
            ("", "/index.html"),
            ("[reports]\npage = false\n", f"/{NIGHT.isoformat()}"),
            (NOTHING, "帳票は作っていません。"),
        ]
    ):
        city = _city(tmp_path / str(number), reports)
        ran = elqr("night", city.job, "--date", NIGHT)
        assert f"{last}\n" in ran.out


def test_what_an_earlier_run_drew_goes_when_it_is_left_out(tmp_path: Path) -> None:
    """A page of an earlier run beside newer data files would be read as today's. What people wrote is kept."""
    city = _city(tmp_path / "city")
    assert city.night().code == 3
    written(_folder(city) / "要確認.xlsx", {1: ("確認のみ", "", "調べた", "山田")})
    (_folder(city) / "メモ.txt").write_text("自分の控え", encoding="utf-8")
    city.job.write_text(JOB + NOTHING, encoding="utf-8")
    ran = city.night()
    assert _files(city) == {".xlsx": {"要確認（控え1）.xlsx"}, ".txt": {"メモ.txt"}}
    assert "要確認（控え1）.xlsx" in ran.err
    assert city.night().err == "" and _files(city)[".xlsx"] == {"要確認（控え1）.xlsx"}, "again, and nothing changes"


@pytest.mark.parametrize(
    ("reports", "told"),
    [
        pytest.param('departments = ["市民課"]', ("市民課", "保険年金課・市民税課"), id="所管課の名前がちがう"),
        pytest.param('books = ["要確任"]', ("要確任", "要確認"), id="ブックの名前がちがう"),
        pytest.param('data = ["xml"]', ("xml", "csv"), id="データの種類がちがう"),
        pytest.param("pages = true", ("pages", "page"), id="項目の名前がちがう"),
    ],
)
def test_a_report_that_nobody_knows_is_refused(tmp_path: Path, reports: str, told: tuple[str, ...]) -> None:
    ran = _city(tmp_path / "city", f"[reports]\n{reports}\n").night()
    assert ran.code == 1 and all(word in ran.err for word in ("reports", *told)), ran.err
