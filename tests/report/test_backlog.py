"""要確認の残: what a night lists when very much has heaped up, and what it says of the rest."""

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from elqr.vocabulary.limits import WAITING
from tests.builders import EVERY_REPORT, JOB, NIGHT, TRAINING, City, codes, elqr, eltax_file, eltax_row, notice_row
from tests.cases.review_book import written

DAYS = [date(2026, 11, day) for day in (16, 17, 18, 19)]


@pytest.fixture
def city(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> City:
    """Three unknown payments of 100 to 302 yen a night on four nights; at most four of earlier nights are listed."""
    made = City.founded(tmp_path / "city", TRAINING + JOB, reports=EVERY_REPORT)
    made.notices(notice_row())
    for number, day in enumerate(DAYS, start=1):
        rows = [
            eltax_row(
                f"9{number}{no}" + "7" * 17, "123456", 100 * number + no, serial_no=f"{number}{no}000000", item_no="901"
            )
            for no in range(3)
        ]
        made.deliver(f"{day}.csv", eltax_file(*rows))
        made.night(day)
    monkeypatch.setattr("elqr.night.morning.WAITING", WAITING._replace(most=4))
    return made


def listed(city: City, day: date) -> list[object]:
    return [row["受付番号"] for row in city.report("要確認一覧", day)]


def test_tonight_s_and_the_oldest_are_listed_and_all_are_summed(city: City) -> None:
    city.deliver(
        "tonight.csv", eltax_file(eltax_row("95" + "7" * 18, "123456", 500, serial_no="50000000", item_no="901"))
    )
    assert city.night(NIGHT).code == 3
    assert listed(city, NIGHT) == [1, 2, 3, 4, 13]
    page = (city.folder / "out" / NIGHT.isoformat() / "index.html").read_text(encoding="utf-8")
    whole = sum(100 * number + no for number in (1, 2, 3, 4) for no in range(3)) + 500
    assert (
        f"{whole:,}" in page and "要確認 13件" in page and "要確認は全部で13件" in page and "elqr review export" in page
    )
    again = (city.folder / "out" / NIGHT.isoformat() / "要確認一覧.csv").read_bytes()
    city.night(NIGHT)
    assert (city.folder / "out" / NIGHT.isoformat() / "要確認一覧.csv").read_bytes() == again


def test_decisions_are_written_in_a_book_of_some_and_the_next_move_up(city: City) -> None:
    city.night(NIGHT)
    book = city.folder / "out" / NIGHT.isoformat() / "要確認.xlsx"
    written(book, {1: ("当市の収納でない", "", "他市", "山田"), 2: ("還付候補", "", "返す", "山田")})
    dated = ("--job", city.job, "--date", "2026-11-21")
    assert elqr("review", "import", book, "--by", "山田", *dated).code == 0
    assert elqr("review", "approve", 1, "--by", "佐藤", *dated).code == 0
    city.night(date(2026, 11, 22))
    found = listed(city, date(2026, 11, 22))
    assert found == [3, 4] and Counter(row["受付番号"] for row in city.report("過誤納整理簿", date(2026, 11, 22))) == {
        1: 1,
        2: 1,
    }
    out = city.folder / "all.xlsx"
    assert elqr("review", "export", "--out", out, *dated).code == 0, "all of them, whatever the night lists"
    assert elqr("verify", *dated).code == 0


def test_an_old_backlog_is_told_until_somebody_decides(city: City) -> None:
    assert "M404" not in codes(city.night(date(2026, 12, 17)))
    ran = city.night(date(2026, 12, 18))
    assert (ran.code, codes(ran)) == (3, ["M404"])
    (finding,) = ran.json["findings"]  # type: ignore[misc,index]
    assert (
        finding["actual"] == "3件 仮受額 303円（最も古い消込日 2026-11-16）" and finding["expected"] == "31日以内の決裁"
    )
    job = city.job.read_text(encoding="utf-8")
    city.job.write_text(job + "\n[thresholds]\nbacklog_days = 60\n", encoding="utf-8")
    assert city.night(date(2026, 12, 19)).code == 0
