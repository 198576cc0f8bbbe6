"""What the page is made of: trends told backwards, ageing, the list and its limits, what is embedded for the script."""

import json
import re
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from elqr.report.page.chart import HEIGHT, bar_chart, line_chart
from elqr.report.page.document import cell, embed_json
from elqr.report.selection import Selection
from elqr.report.tables.ageing import Age, age_label, ageing
from elqr.report.tables.payment_list import DETAILED, LISTED, LISTED_PER_PLACE, choose_listed, views
from elqr.report.tables.table import Style
from elqr.report.tables.trends import Sums, trend
from elqr.vocabulary.page_frames import ChannelTrend, PlaceTrend, RulingTrend
from elqr.vocabulary.ruling_terms import Ruling
from elqr.vocabulary.terms import Place
from tests.builders import NIGHT, City, elqr
from tests.report.invented import exceptions, rows_of
from tests.report.page_city import BREAKING, founded, page

_DECIDED = (False, True)
"""A ruling, on a payment that its night had left for somebody to look at."""
_DAY = [date(2026, 11, day) for day in range(1, 31)]


def _sums(
    places: list[tuple[date, str, int, int]],
    rulings: list[tuple[int, int, str, int, date]],
    channels: list[tuple[date, str, int, int]] = [],  # noqa: B006
) -> Sums:
    return Sums(
        pl.DataFrame(places, schema=PlaceTrend.SCHEMA, orient="row"),
        pl.DataFrame(channels, schema=ChannelTrend.SCHEMA, orient="row"),
        pl.DataFrame([(*own[:3], *_DECIDED, *own[3:]) for own in rulings], schema=RulingTrend.SCHEMA, orient="row"),
    )


def test_open_exceptions_of_earlier_nights_are_told_from_what_came_and_what_was_decided() -> None:
    came = [
        (_DAY[0], "exception", 5, 500), (_DAY[0], "posted", 10, 900),
        (_DAY[3], "exception", 2, 200), (_DAY[3], "rejected", 1, 50),
        (_DAY[5], "posted", 4, 400),
    ]  # fmt: skip
    rulings = [
        (1, 1, Ruling.HOLD.value, 100, _DAY[2]),
        (1, 4, Ruling.NOTED.value, 100, _DAY[3]),
        (2, 2, Ruling.REFUND.value, 100, _DAY[2]),
        (2, 5, Ruling.UNDO.value, 100, _DAY[4]),
        (3, 3, Ruling.APPLY.value, 0, _DAY[5]),
        (4, 6, Ruling.APPLY.value, 30, _DAY[5]),
    ]
    # Night 1: 5 came. Day 3, between nights: one closed by 還付候補 (a 保留 and a part that is left close nothing).
    # Night 4: 3 came, one noted. Day 5: the 還付候補 undone. Night 6: one applied to the last yen.
    found = trend(_sums(came, rulings), _DAY[5], 5 + 3 - 1 - 1)
    assert found.nights == (_DAY[0], _DAY[3], _DAY[5])
    assert found.open_counts == (5, 5 - 1 + 3 - 1, 6)
    assert found.counts == (15, 3, 4) and found.yens == (1_400, 250, 400)


def test_what_came_off_a_claim_is_open_from_that_night_until_it_is_decided() -> None:
    came = [(_DAY[0], "posted", 3, 300), (_DAY[0], "exception", 1, 50), (_DAY[2], "posted", 1, 10)]
    rows = [
        (1, 0, "", True, False, 30, _DAY[1]),  # opened
        (1, 2, Ruling.REFUND.value, False, False, 30, _DAY[2]),  # closed
        (2, 1, Ruling.REFUND.value, False, True, 50, _DAY[1]),  # closed
        (2, 1, "", True, True, 80, _DAY[2]),  # open again
        (3, 0, "", True, False, 20, _DAY[2]),  # opened
    ]
    sums = replace(_sums(came, []), rulings=pl.DataFrame(rows, schema=RulingTrend.SCHEMA, orient="row"))
    # Night 1: one. Day 2: one more, one closed. Night 3: one closed, one open again, one opened.
    assert trend(sums, _DAY[2], 2).open_counts == (1, 2)


def test_a_night_without_payments_is_the_last_of_its_trend() -> None:
    found = trend(_sums([(_DAY[0], "exception", 2, 20)], []), _DAY[4], 2)
    assert (found.nights, found.counts, found.open_counts) == ((_DAY[0], _DAY[4]), (2, 0), (2, 2))
    alone = trend(Sums(), NIGHT, 0)
    assert (alone.nights, alone.counts, alone.open_counts, alone.rates) == ((NIGHT,), (0,), (0,), ())


def test_rates_have_gaps_where_nothing_came() -> None:
    channels = [(_DAY[0], "cvs", 8, 2), (_DAY[2], "cvs", 0, 0), (_DAY[2], "app", 4, 1)]
    came = [(day, "posted", 1, 1) for day in (_DAY[0], _DAY[2])]
    found = trend(_sums(came, [], channels), _DAY[2], 0)
    assert found.rates == (("コンビニ", (0.25, None)), ("スマホアプリ", (None, 0.25)))


@pytest.mark.parametrize(
    ("days", "label"),
    [
        (0, "0〜1日"),
        (1, "0〜1日"),
        (2, "2〜7日"),
        (7, "2〜7日"),
        (8, "8〜30日"),
        (30, "8〜30日"),
        (31, "31日以上"),
        (900, "31日以上"),
    ],
)
def test_age_classes(days: int, label: str) -> None:
    assert pl.select(age_label(pl.lit(days))).item() == label
    assert label in [age.label for age in Age]


def test_ageing_adds_up_and_puts_the_largest_yen_first() -> None:
    rows = pl.DataFrame(
        {
            "理由": ["過納", "該当なし", "過納", "不足"],
            "経過日数": [1, 40, 3, 9],
            "件数": [1] * 4,
            "仮受額": [10, 500, 5, 0],
        }
    )
    assert [(row.name, row.cells, row.total) for row in ageing(rows, "理由")] == [
        ("該当なし", ((0, 0), (0, 0), (0, 0), (1, 500)), (1, 500)),
        ("過納", ((1, 10), (1, 5), (0, 0), (0, 0)), (2, 15)),
        ("不足", ((0, 0), (0, 0), (1, 0), (0, 0)), (1, 0)),
        ("計", ((1, 10), (1, 5), (1, 0), (1, 500)), (4, 515)),
    ]
    assert ageing(rows.clear(), "理由") == ()


def test_charts_keep_within_their_frame_and_say_their_values() -> None:
    chart = bar_chart("yen", "金額", "円", _DAY, [0, *range(29_999_971, 30_000_000)])
    assert [tick.label for tick in chart.ticks] == ["0円", "1000万円", "2000万円", "3000万円"]
    assert max(bar.y + bar.height for bar in chart.bars) <= HEIGHT and min(bar.y for bar in chart.bars) >= 0
    assert chart.bars[1].label == "11月2日 29,999,971円" and chart.bars[0].height == 0
    assert len(chart.days) <= 6 and chart.days[-1].label == "11/30"
    lines = line_chart("rate", "割合", _DAY[:4], [("窓口", [0.1, None, 0.2, 0.3])])
    (line,) = lines.lines
    assert line.path.count("M") == 2 and line.path.count("L") == 1 and line.latest == "30.0%"
    assert [label for *_, label in line.points][-1] == "窓口 11月4日 30.0%"


_EVIL = [
    "</script><script>alert(1)</script>",
    '"><img onerror=x>',
    "\u2028\u2029",
    "a\x00\x1b\x7f&amp;",
    "<!--<script>",
    "\\u003c",
]


def test_what_is_embedded_reads_back_as_it_is_seen_and_cannot_end_its_element() -> None:
    """The script has pictures for control characters; the others stand by their number."""
    text = embed_json({"texts": _EVIL, **{name: 1 for name in _EVIL}})
    assert not re.search("[<>&\u2028\u2029\x00-\x1f]", text)
    shown = [own.replace("\u2028\u2029", r"\u2028\u2029") for own in _EVIL]
    assert json.loads(text) == {"texts": shown, **{name: 1 for name in shown}}


def test_control_characters_are_seen() -> None:
    assert cell("a\x00\r\x7fb", Style.TEXT) == "a␀␍␡b"
    assert cell("12\x0045", Style.DIGITS) == "12␀4 5"


def test_the_list_is_cut_at_its_limits_and_says_what_it_leaves_out() -> None:
    found = exceptions(LISTED + 700)
    others = exceptions(LISTED_PER_PLACE + 50).with_columns(
        pl.col("payment_no") + 100_000, pl.lit(Place.POSTED.value).alias("place")
    )
    own = choose_listed(found, pl.concat([found, others]))
    assert own["is_open"].sum() == LISTED and own.height == LISTED + LISTED_PER_PLACE
    assert own["payment_no"].head(LISTED).equals(found["payment_no"].head(LISTED)), "the oldest first"
    assert own["payment_no"].is_unique().all()
    rows = rows_of(found)
    frame = pl.DataFrame(
        {
            "未処理": [1] * LISTED,
            "今夜": [1] * LISTED,
            "行き先": ["要確認"] * LISTED,
            "収納額": [0] * LISTED,
            "仮受額": [1] * LISTED,
        }
    )
    waiting, tonight, *_ = views(rows, frame, Selection())
    assert (
        waiting.note == "この一覧は先頭の2,000件です（全2,700件）。すべては 要確認.xlsx と 要確認一覧.csv にあります。"
    )
    assert (tonight.count, tonight.listed, DETAILED) == (2_700, 2_000, 2_000)


def _embedded_in(path: Path) -> dict[str, object]:
    text = path.read_text(encoding="utf-8")
    return json.loads(re.findall(r'<script type="application/json" id="data">(.*?)</script>', text)[0])  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    return founded(tmp_path_factory.mktemp("page") / "city")


def test_an_earlier_night_is_drawn_the_same_whatever_came_later(city: City) -> None:
    before = page(city).read_bytes()
    later = NIGHT + timedelta(days=1)
    asked = ("--job", city.job, "--date", later.isoformat())
    waiting = [row["受付番号"] for row in city.report("要確認一覧")]
    elqr("review", "decide", *asked, "--ruling", "確認のみ", "--reason", "見た", "--by", "山田", "--outcome", "不足")
    assert elqr("review", "approve", 1, *asked, "--by", "佐藤").code == 0
    city.night(later)
    assert len(city.report("要確認一覧", later)) == len(waiting) - 1
    page(city).unlink()
    city.night()
    assert page(city).read_bytes() == before


def test_a_record_that_cannot_be_shown_says_why(city: City, tmp_path: Path) -> None:
    other = city.copy(tmp_path / "other")
    for path in (other.folder / "archive").rglob("*"):
        if path.is_file() and BREAKING.encode() in path.read_bytes():
            path.unlink()
    other.night()
    cases = _embedded_in(page(other))["cases"]
    said = [own["record"] for own in cases.values() if isinstance(own["record"], str)]  # type: ignore[attr-defined]
    assert said == ["保管庫に元のファイルがないため、表示できません。"]


def test_names_and_accounts_are_nowhere_on_the_page(city: City) -> None:
    text = page(city).read_text(encoding="utf-8")
    for personal in ("架空 太郎", "架空町", "ﾋﾐﾂ", "1234567", "1000001"):
        assert personal not in text, personal
