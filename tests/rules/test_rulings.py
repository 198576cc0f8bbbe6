"""What approved rulings post: accounting years by hand, and the limits of claims and of suspense for any rulings."""

from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from elqr.arithmetic.fiscal_year import OpenYears, WithoutPeriod
from elqr.rules.rulings import Effects, effects
from elqr.rules.sender_correction import Concerned
from elqr.vocabulary.claim_frames import OpenClaim
from elqr.vocabulary.frames import Move, Ruled, RulingEffect
from elqr.vocabulary.ruling_frames import Made, Standing
from elqr.vocabulary.ruling_terms import Ruling, RulingResult
from elqr.vocabulary.terms import Account

_OTHERS = {
    "payment_no": pl.Int64, "other_no": pl.Int64, "same_key": pl.Boolean, "other_paid_yen": pl.Int64,
    "other_outcome": pl.String, "other_notice_no": pl.Int64,
}  # fmt: skip
_STANDING = {
    "stage": pl.String,
    "is_current": pl.Boolean,
    "suspense_yen": pl.Int64,
    "falls_on": pl.Date,
    "held_no": pl.Int64,
}
_HELD = {"fiscal_year": pl.Int64, "is_arrears": pl.Boolean, "procedure_code": pl.String}


def ruled(ruling_no: int, notice_no: int | None, suspense_yen: int, **given: object) -> dict[str, object]:
    """One ruling that ties what a payment has in suspense to a notice, unless told otherwise."""
    row: dict[str, object] = {
        "payment_no": ruling_no, "ruling": Ruling.APPLY.value, "notice_no": notice_no, "reason": "理由",
        "staff": "山田", "mark": "", "undoes_no": None, "ruling_no": ruling_no, "review_no": 1, "is_current": True,
        "stage": "confirmed", "suspense_yen": suspense_yen, "falls_on": date(2026, 11, 5), "held_no": 1_000 + ruling_no,
        "fiscal_year": 2026, "is_arrears": False, "procedure_code": None,
    }  # fmt: skip
    return row | given


def claim(claim_no: int, notice_no: int, owed_yen: int, collected_yen: int = 0, **given: object) -> dict[str, object]:
    row: dict[str, object] = {
        "notice_no": notice_no, "claim_no": claim_no, "cover_yen": owed_yen, "owed_yen": owed_yen,
        "collected_yen": collected_yen, "levy_year": 2026, "procedure_code": "kokuho",
    }  # fmt: skip
    return row | given


SUIDO = [WithoutPeriod("suido", date.min, date.max)]
_CLAIMS = {**OpenClaim.SCHEMA, "procedure_code": pl.String}
_NOTHING = Made.empty()
_ALONE = Concerned(pl.DataFrame(schema=_OTHERS), Standing.empty())


def posted(
    rulings: list[dict[str, object]], claims: list[dict[str, object]], ruled_on: date = date(2026, 4, 1)
) -> Effects:
    rows = pl.DataFrame(rulings, schema={**Ruled.SCHEMA, **_STANDING, **_HELD})
    open_claims = pl.DataFrame(claims, schema=_CLAIMS)
    return effects(rows, open_claims, _NOTHING, _ALONE, OpenYears(SUIDO, ruled_on))


@pytest.mark.parametrize(
    ("procedure", "paid_on", "ruled_on", "year", "is_arrears"),
    [
        ("kokuho", date(2026, 3, 20), date(2026, 5, 31), 2025, False),
        ("kokuho", date(2026, 3, 20), date(2026, 6, 1), 2026, True),
        ("kokuho", date(2026, 5, 20), date(2026, 6, 1), 2026, True),
        ("kokuho", date(2026, 6, 20), date(2027, 5, 31), 2026, True),
        ("kokuho", date(2026, 6, 20), date(2027, 6, 1), 2027, True),
        ("suido", date(2026, 3, 20), date(2026, 3, 31), 2025, False),
        ("suido", date(2026, 3, 20), date(2026, 4, 1), 2026, True),
    ],
    ids=[
        "出納整理期間の終わり",
        "出納閉鎖の翌日",
        "整理期間の収納",
        "滞納繰越も年度のうち",
        "滞納繰越も締めた後",
        "公営企業会計の年度末",
        "公営企業会計の翌日",
    ],
)
def test_a_ruling_posts_into_the_year_that_is_open_when_it_is_made(
    procedure: str, paid_on: date, ruled_on: date, year: int, is_arrears: bool
) -> None:
    """A claim of 2025; what leaves suspense stays in the year that it entered."""
    claims = [claim(3, 7, 500, levy_year=2025, procedure_code=procedure)]
    made = posted([ruled(1, 7, 500, falls_on=paid_on, fiscal_year=2025)], claims, ruled_on)
    rows = made.moves.select(Move.ACCOUNT, Move.FISCAL_YEAR, Move.IS_ARREARS, Move.YEN).rows()
    assert rows == [("claim", year, is_arrears, 500), ("suspense", 2025, False, -500)]
    undo = ruled(2, None, 0, ruling=Ruling.UNDO.value, undoes_no=1)
    undone = pl.DataFrame([undo], schema={**Ruled.SCHEMA, **_STANDING, **_HELD})
    stands = pl.col(Move.YEN).clip(lower_bound=0).alias(Made.STANDS_YEN)
    before = made.moves.with_columns(
        stands, posting_no=pl.int_range(1, 3, dtype=pl.Int64), held_year=pl.lit(2025, pl.Int64)
    )
    before = Made.of(before)
    back = effects(
        undone,
        pl.DataFrame(schema=_CLAIMS),
        before,
        _ALONE,
        OpenYears(SUIDO, ruled_on),
    )
    assert back.moves.select(Move.ACCOUNT, Move.FISCAL_YEAR, Move.IS_ARREARS, Move.YEN).rows() == [
        ("claim", year, is_arrears, -500),
        ("suspense", 2025, False, 500),
    ]
    later = effects(
        undone,
        pl.DataFrame(schema=_CLAIMS),
        before,
        _ALONE,
        OpenYears(SUIDO, date(2029, 7, 1)),
    )
    assert later.moves.filter(pl.col(Move.ACCOUNT) == "claim").select(Move.FISCAL_YEAR, Move.IS_ARREARS).row(0) == (
        2029,
        True,
    )


@pytest.mark.parametrize(
    ("levy_year", "procedure", "paid_on", "year", "is_arrears"),
    [
        (2025, "kokuho", date(2026, 3, 31), 2025, False),
        (2025, "kokuho", date(2026, 5, 31), 2025, False),
        (2025, "kokuho", date(2026, 6, 1), 2026, True),
        (2025, "suido", date(2026, 4, 1), 2026, True),
        (2024, "kokuho", date(2026, 4, 1), 2026, True),
        (2026, "kokuho", date(2026, 4, 1), 2026, False),
    ],
    ids=["年度末", "出納整理期間の終わり", "出納閉鎖の翌日", "公営企業会計", "前々年度", "年度初め"],
)
def test_the_claim_is_credited_in_the_year_of_its_payment(
    levy_year: int, procedure: str, paid_on: date, year: int, is_arrears: bool
) -> None:
    made = posted(
        [ruled(1, 7, 500, falls_on=paid_on)], [claim(3, 7, 500, levy_year=levy_year, procedure_code=procedure)]
    )
    on_claim = made.moves.filter(pl.col(Move.ACCOUNT) == Account.CLAIM.value)
    assert on_claim.select(Move.FISCAL_YEAR, Move.IS_ARREARS, Move.YEN, Move.PROCEDURE_CODE).row(0) == (
        year, is_arrears, 500, procedure,
    )  # fmt: skip
    out = made.moves.filter(pl.col(Move.ACCOUNT) == Account.SUSPENSE.value)
    assert out.select(Move.FISCAL_YEAR, Move.YEN, Move.REVERSES_NO).row(0) == (2026, -500, 1_001)


def test_what_no_longer_stands_posts_nothing() -> None:
    made = posted([ruled(1, 7, 500, is_current=False)], [claim(3, 7, 500)])
    assert made.moves.is_empty() and made.effects[RulingEffect.RESULT].to_list() == [RulingResult.STALE]


def test_a_decision_without_target_takes_effect_and_posts_nothing() -> None:
    made = posted([ruled(1, None, 500, ruling=Ruling.REFUND.value)], [])
    assert made.moves.is_empty() and made.effects.row(0) == (1, RulingResult.APPROVED, 500, 500)


def test_a_whole_year_target_takes_what_is_still_owed_and_nothing_that_fell_away() -> None:
    claims = [claim(1, 4, 500), claim(2, 4, 0, cover_yen=500), claim(3, 4, 300, cover_yen=500)]
    made = posted([ruled(1, 4, 1_500)], claims)
    on_claims = made.moves.filter(pl.col(Move.ACCOUNT) == Account.CLAIM.value)
    assert dict(on_claims.select(Move.CLAIM_NO, Move.YEN).iter_rows()) == {1: 500, 3: 300}
    assert made.effects.row(0) == (1, RulingResult.APPROVED, 1_500, 700)


def test_a_ruling_that_does_not_fit_keeps_no_later_one_from_a_whole_year_target() -> None:
    claims = [claim(1, 4, 500), claim(2, 4, 500), claim(2, 5, 500), claim(3, 5, 500, 500)]
    made = posted([ruled(1, 5, 1_000), ruled(2, 4, 1_000)], claims)
    assert made.effects[RulingEffect.RESULT].to_list() == [RulingResult.STALE, RulingResult.APPROVED]
    again = posted([ruled(1, 4, 1_000), ruled(2, 4, 1_000)], claims)
    assert again.effects[RulingEffect.RESULT].to_list() == [RulingResult.APPROVED, RulingResult.STALE]


@given(
    st.lists(st.tuples(st.integers(1, 4), st.integers(1, 900), st.booleans()), max_size=12),
    st.lists(st.tuples(st.integers(1, 600), st.integers(0, 600)), min_size=6, max_size=6),
)
def test_no_claim_takes_more_than_is_owed_and_no_suspense_gives_more_than_it_holds(
    asked: list[tuple[int, int, bool]], states: list[tuple[int, int]]
) -> None:
    owners = [1, 2, 3, 4, 4, 4]  # the last notice is a whole-year slip of three claims
    claims = [
        claim(no, owner, owed, paid) for no, (owner, (owed, paid)) in enumerate(zip(owners, states, strict=True), 1)
    ]
    rulings = [ruled(no, notice, yen, is_current=now) for no, (notice, yen, now) in enumerate(asked, 1)]
    made = posted(rulings, claims)
    on_claims = made.moves.filter(pl.col(Move.ACCOUNT) == Account.CLAIM.value)
    for (claim_no,), lines in on_claims.group_by(Move.CLAIM_NO):
        owed, paid = states[int(str(claim_no)) - 1]
        assert 0 < int(lines[Move.YEN].sum()) <= max(0, owed - paid)
    for (ruling_no,), lines in on_claims.group_by(Move.RULING_NO):
        notice, yen, now = asked[int(str(ruling_no)) - 1]
        assert now and int(lines[Move.YEN].sum()) <= yen
        if notice == 4:
            assert sorted(lines[Move.YEN].to_list()) == sorted(owed for owed, _ in states[3:])
            assert all(paid == 0 for _, paid in states[3:])
    assert made.moves[Move.YEN].sum() == 0
    before, after = made.effects[RulingEffect.BEFORE_YEN].sum(), made.effects[RulingEffect.AFTER_YEN].sum()
    assert before - after == on_claims[Move.YEN].sum()
    assert made.effects.height == len(asked) and (made.effects[RulingEffect.AFTER_YEN] >= 0).all()
