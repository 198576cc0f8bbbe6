"""A number is the same however people write it, in a book and on the command line."""

from pathlib import Path

import polars as pl
import pytest

from elqr.arithmetic.plain_number import plain_number, plain_number_expr
from elqr.printing.wishlist import read_keys
from tests.builders import REAL_CODE, elqr
from tests.cases.review_book import written
from tests.cases.review_desk import HELD, UNKNOWN, WHOLE, Desk, desk_in

KEY = "00000202690000000002"
WRITINGS = {
    "そのまま": KEY,
    "CSVの区切り": "0000-0202-6900-0000-0002",
    "紙面の区切り": "0000 0202 6900 0000 0002",
    "全角": "０００００２０２６９０００００００００２",
    "全角の空白とハイフン": "００００－０２０２　６９００‐００００−０００２",
    "長音とダッシュと罫線": "0000ー0202–6900—0000─0002",
    "半角の長音": "0000ｰ0202ｰ6900ｰ0000ｰ0002",
    "見えない文字": "\ufeff0000\u200b0202\u2060690000000002\u00a0",
    "前後の空白": " 00000202690000000002\t",
    "アポストロフィ": "'00000202690000000002",
}
NO_NUMBERS = ["", "-", "-7", "－７", " ‐7", "'-7", "0000-0202-69OO", "1,234", "２期", "1.5", "②x", "Ⅳ", "٣"]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return desk_in(tmp_path / "city")


@pytest.mark.parametrize("text", WRITINGS.values(), ids=WRITINGS)
def test_the_digits_are_what_counts(text: str) -> None:
    assert plain_number(text) == KEY
    assert pl.DataFrame({"n": [text]}).select(plain_number_expr("n"))["n"].to_list() == [KEY]
    assert read_keys(text.encode(), "list.txt") == (KEY,)


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_what_is_no_number_stays_as_it_was_written(text: str) -> None:
    assert plain_number(text) == text
    assert pl.DataFrame({"n": [text]}).select(plain_number_expr("n"))["n"].to_list() == [text]


def test_a_number_is_read_the_same_once_and_twice() -> None:
    assert [plain_number(plain_number(text)) for text in WRITINGS.values()] == [KEY] * len(WRITINGS)


def test_a_code_of_255_digits_may_be_grouped_too() -> None:
    grouped = " ".join(REAL_CODE[at : at + 5] for at in range(0, 255, 5))
    assert elqr("payload", "decode", grouped).code == 0


def test_the_target_of_a_ruling_is_taken_as_our_page_and_csv_write_it(desk: Desk) -> None:
    key = desk.keys["100001/2"]
    assert key == KEY
    rows = {UNKNOWN: ("納付書に充てる", WRITINGS["全角の空白とハイフン"], "2期へ", "山田")}
    assert desk.taken(written(desk.book(), rows)).json["rulings"] == 1
    assert desk.run("reject", 1, "--by", "山田", "--reason", "コマンドで").code == 0
    decide = ("decide", "--ruling", "納付書に充てる", "--reason", "2期へ", "--by", "山田", "--payment", UNKNOWN)
    without = desk.run(*decide)
    assert without.code == 0 and "決裁の新しい申請はありません" in without.out, (
        "each to a notice of its own key; it has none"
    )
    refused = desk.run(*decide, "--target", "0000-0202", "--json")
    assert [one["code"] for one in refused.json["refused"]] == ["V106"]  # type: ignore[attr-defined,index]
    assert desk.run(*decide, "--target", WRITINGS["CSVの区切り"], "--json").json["rulings"] == 1
    assert desk.run("approve", 2, "--by", "鈴木", "--json").json["moved_yen"] == 10_000
    assert desk.yen() == (WHOLE | {"100001/2": 10_000}, HELD - 10_000)
