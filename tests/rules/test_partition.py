"""分割: a night in parts is the whole night, record by record, for every number of parts."""

from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elqr.night import posting
from elqr.rules.matching import Matched, match
from elqr.rules.partition import (
    Part,
    groups,
    join_buckets,
    join_parts,
    meetings,
    parts,
    roots,
    slices,
    strays_of,
    with_bucket,
)
from elqr.synthetic import generate
from elqr.vocabulary.claim_frames import OpenClaim
from elqr.vocabulary.frames import Candidate, KnownEvent, Payment
from tests.builders import CITY_JOB, DATA_ONLY, SPECS, City

COUNTS = (1, 2, 7, 64)
_SLIPS = {"A": 1, "B": 2, "C": 3, "AB": 4, "C2": 5, "BC": 6}
"""Keys and the slips behind them: AB is the 全期 of A and B; C2 is C once more; BC is one 分納 slip for B and C."""
_CLAIMS = [(1, 1), (2, 2), (3, 3), (4, 1), (4, 2), (5, 3), (6, 2), (6, 3)]
_LINES = {(6, 2): 600, (6, 3): 400}
"""What BC asks of each."""
_NO_ITEMS = dict.fromkeys((*OpenClaim.LEFT, *OpenClaim.ROOM), 0)


def _frames(rows: list[dict[str, object]]) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    blank = dict.fromkeys(Payment.SCHEMA)
    payments = [
        blank | {"record_no": no, "channel": "app", "occurrence_no": 1, "key_kind": "elqr", "reissue_no": "", "payment_no": no, "file_no": 1} | row
        for no, row in enumerate(rows, 1)
    ]  # fmt: skip
    candidates = [
        dict.fromkeys(Candidate.SCHEMA)
        | {"key_kind": "elqr", "key_digits": key, "notice_no": no, "reissue_no": "", "issue_no": 1 + (key == "C2")}
        | {"installment_no": 0 if key == "AB" else 1, "amount_yen": 2_000 if key == "AB" else 1_000}
        | {"is_cancelled": False, "is_current": key != "C", "issued_on": date(2026, 10, 1)}
        for key, no in _SLIPS.items()
    ]
    claims = [
        dict.fromkeys(OpenClaim.SCHEMA)
        | {"notice_no": notice, "claim_no": claim, "cover_yen": 1_000, "owed_yen": 1_000, "collected_yen": 0}
        | {"levy_year": 2026}
        | _items(notice, claim)
        for notice, claim in _CLAIMS
    ]
    known = [
        dict.fromkeys(KnownEvent.SCHEMA) | _row(key, identity, stage) | {"occurrence_no": 1, "payment_no": number}
        | {"outcome": outcome, "key_kind": "elqr", "channel": "app"}
        for number, key, identity, stage, outcome in (
            (900, "A", 1, "preliminary", "pending"), (901, "B", 2, "confirmed", "matched"),
        )
    ]  # fmt: skip
    return (
        pl.DataFrame(payments, schema=Payment.SCHEMA),
        pl.DataFrame(known, schema=KnownEvent.SCHEMA),
        pl.DataFrame(candidates, schema=Candidate.SCHEMA),
        pl.DataFrame(claims, schema=OpenClaim.SCHEMA),
    )


def _items(notice: int, claim: int) -> dict[str, object]:
    """Of the claims of which BC asks a part, what is open and asked."""
    if claim not in {asked for _, asked in _LINES}:
        return {}
    yen = _LINES.get((notice, claim), 1_000)
    items = {OpenClaim.LEFT_PRINCIPAL_YEN: 1_000, OpenClaim.ROOM_PRINCIPAL_YEN: yen, "cover_yen": yen}
    return _NO_ITEMS | items | {"is_part": notice == 6, "is_line": notice == 6}


def _row(key: str, identity: int, stage: str = "confirmed", yen: int = 1_000) -> dict[str, object]:
    return {
        "key_digits": key, "identity": f"I{identity}", "stage": stage, "paid_yen": yen,
        "paid_on": date(2026, 11, 1) + timedelta(days=identity),
    }  # fmt: skip


def _same(found: Matched, whole: Matched) -> None:
    assert found.decisions.equals(whole.decisions.sort("payment_no"))
    assert found.allocations.equals(whole.allocations.sort("payment_no", "claim_no"))
    assert found.known_as.equals(whole.known_as.sort("payment_no"))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.builds(_row, st.sampled_from([*_SLIPS, "?", "??"]), st.integers(1, 9), st.sampled_from(["confirmed", "confirmed", "preliminary", "cancelled"]), st.sampled_from([900, 1_000, 2_000])), min_size=1, max_size=25))  # fmt: skip
def test_a_night_in_parts_is_the_whole_night(rows: list[dict[str, object]]) -> None:
    frames = _frames(rows)
    whole = match(*frames)
    for count in COUNTS:
        cut = list(parts(count, *frames))
        assert sorted(pl.concat([part.payments for part in cut])["payment_no"]) == list(range(1, len(rows) + 1))
        _same(join_parts([part.matched() for part in cut]), whole)
    for most in (1, 3):
        cut = list(slices(most, *frames))
        assert sorted(pl.concat([part.payments for part in cut])["payment_no"]) == list(range(1, len(rows) + 1))
        assert all(part.payments.height <= most for part in cut[1:]), "only what shares something is more"
        _same(join_parts([part.matched() for part in cut]), whole)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.builds(_row, st.sampled_from([*_SLIPS, "?", "??"]), st.integers(1, 9)), min_size=1, max_size=25),
    st.integers(1, 9),
)
def test_pieces_that_do_not_see_each_other_find_the_same_groups(rows: list[dict[str, object]], size: int) -> None:
    payments, _, candidates, claims = _frames(rows)
    covers = candidates.join(claims, on="notice_no").select("key_kind", "key_digits", "claim_no").unique()
    found, met = [], []
    for piece in payments.iter_slices(size):
        asked = covers.join(piece, on=["key_kind", "key_digits"], how="semi")
        found.append(with_bucket(piece, asked))
        met.append(meetings(found[-1], asked))
    joined = roots(strays_of(met))
    buckets = pl.concat(join_buckets(piece, joined) for piece in found).select("payment_no", "bucket")
    both = buckets.join(groups(payments, candidates, claims), on="payment_no", validate="1:1")
    assert both.height == len(rows)
    assert both["bucket"].n_unique() == both["group_no"].n_unique() == both.select("bucket", "group_no").n_unique()


GROUPS = [
    ("知らない同士は別", [("A", 1), ("B", 2), ("C", 3)], [1, 2, 3]),
    ("同じ調定", [("A", 1), ("B", 2), ("A", 3)], [1, 2, 1]),
    ("全期が期別をつなぐ", [("A", 1), ("B", 2), ("AB", 3), ("C", 4)], [1, 1, 1, 4]),
    ("一枚の分納が二つの調定をつなぐ", [("B", 1), ("C", 2), ("BC", 3), ("A", 4)], [1, 1, 1, 4]),
    ("全期と分納が鎖になる", [("A", 1), ("C2", 2), ("BC", 3), ("AB", 4)], [1, 1, 1, 1]),
    ("別の納付書の同じ調定", [("C", 1), ("B", 2), ("C2", 3)], [1, 2, 1]),
    ("同じ識別", [("A", 1), ("C", 1), ("B", 2)], [1, 1, 3]),
    ("識別と調定の鎖", [("A", 1), ("?", 1), ("?", 2), ("C", 2), ("C2", 3), ("B", 4)], [1, 1, 1, 1, 1, 6]),
    ("該当なしの同じキー", [("?", 1), ("??", 2), ("?", 3)], [1, 2, 1]),
]


@pytest.mark.parametrize(("paid", "wanted"), [row[1:] for row in GROUPS], ids=[row[0] for row in GROUPS])
def test_who_can_influence_whom(paid: list[tuple[str, int]], wanted: list[int]) -> None:
    payments, _, candidates, claims = _frames([_row(key, identity) for key, identity in paid])
    assert groups(payments, candidates, claims).sort("payment_no")["group_no"].to_list() == wanted


def test_the_night_of_a_city_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real frames of a night of every kind of fault, as the ledger gives them."""
    generate(tmp_path, seed=31, notices=1_500, days=30, specs=SPECS)
    (tmp_path / "job.toml").write_text(CITY_JOB + DATA_ONLY, encoding="utf-8")
    seen = Counter[str]()

    def compared(_: int, *frames: pl.DataFrame) -> list[Part]:
        whole = match(*frames)
        for count in COUNTS:
            cut = list(parts(count, *frames))
            _same(join_parts([part.matched() for part in cut]), whole)
            _same(join_parts([part.matched() for part in slices(10 * count, *frames)]), whole)
            assert count == 1 or len(cut) > 1 or frames[0].height < 2
        seen.update(whole.decisions["outcome"].to_list())
        return [Part(*frames)]

    monkeypatch.setattr(posting, "slices", compared)
    assert City(tmp_path).night().code == 4
    assert seen.total() > 400 and len(seen) > 12
