"""Totals (累計): what was issued and posted at once, added up by hand."""

from datetime import date

import polars as pl
import pytest

from elqr.rules.totals import issue_tallies, night_tallies, posting_tallies
from elqr.vocabulary.frames import Payment, Posting
from elqr.vocabulary.tally_frames import IssueTally, PostingTally
from tests.cases.frame import frame_of

FIRST, SECOND = date(2026, 11, 19), date(2026, 11, 20)
ISSUED_ON = date(2026, 10, 1)

ISSUED: list[tuple[str, list[tuple[int, str, date, int]], list[tuple[object, ...]]]] = [
    ("なし", [], []),
    ("一枚", [(1, "kokuho", ISSUED_ON, 7)], [(1, "kokuho", ISSUED_ON, 1, 7)]),
    (
        "順によらない",
        [(1, "kokuho", ISSUED_ON, 9), (1, "kokuho", ISSUED_ON, 12), (1, "kokuho", ISSUED_ON, 3)],
        [(1, "kokuho", ISSUED_ON, 3, 12)],
    ),
    (
        "登録・手続・発行日ごと",
        [
            (2, "kokuho", ISSUED_ON, 4),
            (1, "suido", ISSUED_ON, 3),
            (1, "kokuho", date(2026, 10, 2), 2),
            (1, "kokuho", ISSUED_ON, 1),
        ],
        [
            (1, "kokuho", ISSUED_ON, 1, 1),
            (1, "kokuho", date(2026, 10, 2), 1, 2),
            (1, "suido", ISSUED_ON, 1, 3),
            (2, "kokuho", ISSUED_ON, 1, 4),
        ],
    ),
]


@pytest.mark.parametrize(("given", "wanted"), [row[1:] for row in ISSUED], ids=[row[0] for row in ISSUED])
def test_notices_are_counted_by_upload_procedure_and_day(
    given: list[tuple[int, str, date, int]], wanted: list[tuple[object, ...]]
) -> None:
    schema = {"upload_no": pl.Int64, "procedure_code": pl.String, "issued_on": pl.Date, "notice_no": pl.Int64}
    made = issue_tallies(pl.DataFrame(given, schema=schema, orient="row"))
    assert made.rows() == wanted and dict(made.schema) == IssueTally.SCHEMA


def test_many_uploads_stand_in_their_order() -> None:
    given = [(no, "kokuho", ISSUED_ON, no) for no in range(40, 0, -1)]
    schema = {"upload_no": pl.Int64, "procedure_code": pl.String, "issued_on": pl.Date, "notice_no": pl.Int64}
    made = issue_tallies(pl.DataFrame(given, schema=schema, orient="row"))
    assert made["upload_no"].to_list() == list(range(1, 41))


Row = tuple[int, date, int, str, str | None, int, str, date]
"""仕訳番号, 夜, 受付番号, 勘定, 手続, 円, 照会キーの種別, 領収日."""


def rows(*given: Row) -> pl.DataFrame:
    schema = {
        "posting_no": pl.Int64,
        "night_on": pl.Date,
        "payment_no": pl.Int64,
        "account": pl.String,
        "procedure_code": pl.String,
        "yen": pl.Int64,
        "key_kind": pl.String,
        "paid_on": pl.Date,
    }
    made = pl.DataFrame(list(given), schema=schema, orient="row")
    return made.with_columns(pl.lit(None, dtype=pl.String).alias("image_ref"))


def day(number: int) -> date:
    return date(2026, 11, number)


POSTED: list[tuple[str, list[Row], int, list[tuple[object, ...]]]] = [
    ("なし", [], 1, []),
    (
        "全期の三つの期別は一件の収納",
        [(no, FIRST, 1, "claim", "kokuho", 3_000, "elqr", day(5)) for no in (1, 2, 3)],
        1,
        [(FIRST, "claim", "kokuho", True, day(5), 1, 9_000)],
    ),
    (
        "過納は二つの勘定で一件ずつ",
        [
            (1, FIRST, 1, "claim", "kokuho", 10_000, "elqr", day(5)),
            (2, FIRST, 1, "suspense", "kokuho", 500, "elqr", day(5)),
        ],
        1,
        [
            (FIRST, "claim", "kokuho", True, day(5), 1, 10_000),
            (FIRST, "suspense", "kokuho", True, day(5), 1, 500),
        ],
    ),
    (
        "最初の領収日は一番早い日",
        [
            (1, FIRST, 1, "claim", "kokuho", 100, "elqr", day(7)),
            (2, FIRST, 2, "claim", "kokuho", 200, "elqr", day(4)),
            (3, FIRST, 3, "claim", "kokuho", 300, "elqr", day(6)),
        ],
        1,
        [(FIRST, "claim", "kokuho", True, day(4), 3, 600)],
    ),
    (
        "eL-QRとほかのキーは別",
        [
            (1, FIRST, 1, "claim", "kokuho", 100, "elqr", day(5)),
            (2, FIRST, 2, "claim", "kokuho", 200, "barcode", day(5)),
            (3, FIRST, 3, "claim", "kokuho", 300, "customer", day(5)),
        ],
        1,
        [
            (FIRST, "claim", "kokuho", False, day(5), 2, 500),
            (FIRST, "claim", "kokuho", True, day(5), 1, 100),
        ],
    ),
    (
        "決裁の夜には仮受の件数は増えない",
        [
            (1, FIRST, 1, "suspense", "kokuho", 12_000, "elqr", day(5)),
            (2, SECOND, 1, "suspense", "kokuho", -12_000, "elqr", day(5)),
            (3, SECOND, 1, "claim", "kokuho", 12_000, "elqr", day(5)),
        ],
        1,
        [
            (FIRST, "suspense", "kokuho", True, day(5), 1, 12_000),
            (SECOND, "claim", "kokuho", True, day(5), 1, 12_000),
            (SECOND, "suspense", "kokuho", True, day(5), 0, -12_000),
        ],
    ),
    (
        "後の分だけでも、前に計上した収納は数えない",
        [
            (1, FIRST, 1, "suspense", "kokuho", 12_000, "elqr", day(5)),
            (2, SECOND, 1, "suspense", "kokuho", -12_000, "elqr", day(5)),
            (3, SECOND, 1, "claim", "kokuho", 12_000, "elqr", day(5)),
        ],
        2,
        [
            (SECOND, "claim", "kokuho", True, day(5), 1, 12_000),
            (SECOND, "suspense", "kokuho", True, day(5), 0, -12_000),
        ],
    ),
    (
        "手続のわからない仮受から戻しても一件",
        [
            (1, FIRST, 1, "suspense", None, 700, "elqr", day(5)),
            (2, SECOND, 1, "suspense", None, -700, "elqr", day(5)),
            (3, SECOND, 1, "suspense", None, 700, "elqr", day(5)),
        ],
        1,
        [
            (FIRST, "suspense", None, True, day(5), 1, 700),
            (SECOND, "suspense", None, True, day(5), 0, 0),
        ],
    ),
    (
        "一つの調定に二件の収納",
        [
            (1, FIRST, 1, "claim", "kokuho", 4_000, "elqr", day(5)),
            (2, FIRST, 2, "claim", "kokuho", 6_000, "elqr", day(5)),
        ],
        1,
        [(FIRST, "claim", "kokuho", True, day(5), 2, 10_000)],
    ),
    (
        "0円も一件",
        [(1, FIRST, 1, "claim", "kokuho", 0, "elqr", day(5))],
        1,
        [(FIRST, "claim", "kokuho", True, day(5), 1, 0)],
    ),
]


@pytest.mark.parametrize(("given", "since", "wanted"), [row[1:] for row in POSTED], ids=[row[0] for row in POSTED])
def test_a_payment_counts_where_its_first_posting_on_an_account_stands(
    given: list[Row], since: int, wanted: list[tuple[object, ...]]
) -> None:
    for order in (given, given[::-1]):
        made = posting_tallies(rows(*order), since)
        assert made.rows() == wanted and dict(made.schema) == PostingTally.SCHEMA


def test_the_tallies_of_two_nights_are_those_of_each() -> None:
    """What a night enters is what the verification makes again from every row."""
    given: list[Row] = [
        (1, FIRST, 1, "suspense", "kokuho", 5_000, "elqr", day(5)),
        (2, FIRST, 2, "claim", "kokuho", 6_000, "elqr", day(6)),
        (3, SECOND, 1, "suspense", "kokuho", -5_000, "elqr", day(5)),
        (4, SECOND, 1, "claim", "kokuho", 5_000, "elqr", day(5)),
    ]
    both = pl.concat([posting_tallies(rows(*given[:2])), posting_tallies(rows(*given), since=3)])
    assert both.equals(posting_tallies(rows(*given)))


def test_a_night_counts_its_own_postings_by_the_keys_of_their_payments() -> None:
    made = frame_of(
        Posting,
        {"payment_no": 1, "account": "claim", "claim_no": 8, "yen": 3_000, "procedure_code": "kokuho"},
        {"payment_no": 1, "account": "claim", "claim_no": 9, "yen": 3_000, "procedure_code": "kokuho"},
        {"payment_no": 2, "account": "claim", "claim_no": 7, "yen": 2_200, "procedure_code": "suido"},
        {"payment_no": 3, "account": "suspense", "yen": 1, "procedure_code": None},
        {"payment_no": 4, "account": "claim", "claim_no": 6, "yen": 500, "procedure_code": "kokuho"},
    )
    payments = frame_of(
        Payment,
        *(
            {"payment_no": no, "key_kind": kind, "paid_on": day(no), "image_ref": image}
            for no, kind, image in ((3, "elqr", None), (2, "customer", None), (1, "elqr", None), (4, "elqr", ""))
        ),
    )
    assert night_tallies(made, payments, SECOND).rows() == [
        (SECOND, "claim", "kokuho", False, day(4), 1, 500),  # typed by hand: paid on paper
        (SECOND, "claim", "kokuho", True, day(1), 1, 6_000),
        (SECOND, "claim", "suido", False, day(2), 1, 2_200),
        (SECOND, "suspense", None, True, day(3), 1, 1),
    ]
    assert night_tallies(Posting.empty(), payments, SECOND).is_empty()
