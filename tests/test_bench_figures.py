"""The figures that were written down against their picture, and the picture's axes against coordinates by hand."""

import json
from xml.etree import ElementTree

from tests.bench.curves import FIGURES, PICTURE, drawn
from tests.bench.growth import NIGHT
from tests.bench.limits import TOTAL
from tests.bench.measure import POSTGRESQL, SQLITE, Row

_SVG = "{http://www.w3.org/2000/svg}"


def _points(picture: str, kind: str) -> list[tuple[str | None, str | None]]:
    root = ElementTree.fromstring(picture)
    return [(own.get("cx"), own.get("cy")) for own in root.iter(f"{_SVG}circle") if own.get("class") == kind]


def _rows(what: str, seconds: dict[tuple[int, int], float], store: str = SQLITE) -> list[Row]:
    return [Row("夜", what, own, "秒", None, *size, store) for size, own in seconds.items()]


def test_the_picture_is_drawn_from_the_figures() -> None:
    rows = [Row(**row) for row in json.loads(FIGURES.read_text(encoding="utf-8"))["rows"]]
    assert PICTURE.read_text(encoding="utf-8") == drawn(rows), "run python -m tests.bench.curves"


def test_the_picture_is_well_formed_and_says_what_its_axes_are() -> None:
    root = ElementTree.fromstring(PICTURE.read_text(encoding="utf-8"))
    words = [text.text for text in root.iter(f"{_SVG}text")]
    assert words.count("一夜の時間（秒）") == 2
    assert {"一夜の収納（件）", "台帳の納付書（枚）"} <= set(words)


def test_points_stand_where_the_axes_say() -> None:
    """Seconds from 0.1 (260 down) to 10 (50 down): 105 a decade. Each panel is one decade of 280 across, from 70 and 450.

    31,623 is half a decade above 10,000.
    """
    nights = {(10_000, 100_000): 0.1, (100_000, 1_000_000): 10.0, (10_000, 1_000_000): 1.0, (31_623, 1_000_000): 3.1623}
    limits = {(10_000, 100_000): 0.1, (10_000, 1_000_000): 0.1, (31_623, 1_000_000): 0.31623, (100_000, 1_000_000): 1.0}
    elsewhere = {(1_000_000, 10_000_000): 1_000.0}
    picture = drawn([*_rows(NIGHT, nights), *_rows(TOTAL, limits), *_rows(NIGHT, elsewhere, POSTGRESQL)])
    assert _points(picture, "elqr") == [
        ("70.0", "155.0"), ("210.0", "102.5"), ("350.0", "50.0"),
        ("450.0", "260.0"), ("730.0", "155.0"),
    ]  # fmt: skip
    assert _points(picture, "limit") == [
        ("70.0", "260.0"), ("210.0", "207.5"), ("350.0", "155.0"),
        ("450.0", "260.0"), ("730.0", "260.0"),
    ]  # fmt: skip


def test_the_right_panel_is_the_largest_night_that_met_several_ledgers() -> None:
    """The night of 1,000,000 payments met one ledger only: the panel has the two of 100,000, at both of its edges."""
    sizes = [(10_000, 1_000_000), (10_000, 10_000_000), (100_000, 1_000_000), (100_000, 10_000_000)]
    nights = {**dict.fromkeys(sizes, 1.0), (1_000_000, 10_000_000): 10.0}
    picture = drawn([*_rows(NIGHT, nights), *_rows(TOTAL, dict.fromkeys(nights, 1.0))])
    assert "収納 10万件の夜で" in picture and "納付書 1,000万枚の台帳で" in picture
    assert [across for across, _ in _points(picture, "elqr")] == ["70.0", "210.0", "350.0", "450.0", "730.0"]
