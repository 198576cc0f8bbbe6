"""Entries of a claim: what each notice and each cancellation changes. Values by hand from the rules."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elqr.rules.claim_entries import Asked, claim_entries, new_entries
from elqr.vocabulary.claim_frames import ClaimCancel, ClaimEntry, ClaimFee, OwnNotice

_FIRST = date(2026, 4, 1)
Items = tuple[int, int, int]


def _day(file_no: int) -> date:
    return _FIRST + timedelta(days=file_no)


def _notice(
    number: int, came: int, items: Items, gone: int | None = None, claim_no: int = 1, kind: str | None = None
) -> dict[str, object]:
    """Notice `number` of a claim, brought by file `came` and issued the day before; cancelled by file `gone`."""
    gone_on = None if gone is None else _day(gone)
    numbers, came_on = (claim_no, claim_no * 100 + number, number), (_day(came - 1), came, _day(came))
    values = (*numbers, *items, kind, *came_on, gone, gone_on)
    return dict(zip(OwnNotice.SCHEMA, (*values, False), strict=True))


def _retracted(number: int, came: int, items: Items, by: int, kind: str | None = None) -> dict[str, object]:
    """As `_notice`, of a file whose import was taken back as file `by`."""
    return _notice(number, came, items, gone=by, kind=kind) | {OwnNotice.IS_RETRACTED: True}


def _frame(notices: Sequence[dict[str, object]]) -> pl.DataFrame:
    return pl.DataFrame(list(notices), schema=OwnNotice.SCHEMA)


def _fee(number: int, upto: int, yen: int = 100, undoes: int | None = None) -> dict[str, object]:
    """Fee `number` of a reminder issued two days after file `upto` and recorded a day later; or what takes one back."""
    issued_on, night_on = (_FIRST + timedelta(days=upto, hours=24 * days) for days in (2, 3))
    values = (number, 1, undoes or number, yen, issued_on, night_on, upto, undoes)
    return dict(zip(ClaimFee.SCHEMA, values, strict=True))


def _asked(
    notices: Sequence[dict[str, object]], cancels: pl.DataFrame | None = None, fees: Sequence[dict[str, object]] = ()
) -> Asked:
    none = ClaimCancel.empty()
    return Asked(_frame(notices), none if cancels is None else cancels, pl.DataFrame(list(fees), ClaimFee.SCHEMA))


def _cancel(number: int, file_no: int) -> pl.DataFrame:
    """調定取消 by the row of a file that names a notice."""
    return pl.DataFrame([(100 + number, 1, number, file_no, _day(file_no))], ClaimCancel.SCHEMA, orient="row")


def _rows(entries: pl.DataFrame) -> list[tuple[object, ...]]:
    names = (ClaimEntry.KIND, *ClaimEntry.ITEMS, ClaimEntry.ENTERED_ON, ClaimEntry.NIGHT_ON, ClaimEntry.NOTICE_NO)
    return list(entries.select(names).iter_rows())


_TEN, _FULL = (10_000, 0, 0), (10_000, 100, 300)


@pytest.mark.parametrize(
    ("notices", "expected"),
    [
        ([_notice(1, 1, _FULL)], [("assessed", *_FULL, _day(0), _day(1), 101)]),
        (
            [_notice(1, 1, _TEN), _notice(2, 3, _TEN)],
            [("assessed", *_TEN, _day(0), _day(1), 101)],
        ),
        (
            [_notice(1, 1, _TEN), _notice(2, 3, (12_000, 100, 0))],
            [("assessed", *_TEN, _day(0), _day(1), 101), ("increased", 2_000, 100, 0, _day(2), _day(3), 102)],
        ),
        (
            [_notice(1, 1, _FULL), _notice(2, 3, (7_000, 100, 0))],
            [("assessed", *_FULL, _day(0), _day(1), 101), ("reduced", -3_000, 0, -300, _day(2), _day(3), 102)],
        ),
        (
            [_notice(1, 1, _FULL, gone=4)],
            [("assessed", *_FULL, _day(0), _day(1), 101), ("cancelled", -10_000, -100, -300, _day(4), _day(4), 101)],
        ),
        (  # the older notice asks again when the newer one is cancelled
            [_notice(1, 1, _TEN), _notice(2, 3, (12_000, 0, 0), gone=5)],
            [
                ("assessed", *_TEN, _day(0), _day(1), 101),
                ("increased", 2_000, 0, 0, _day(2), _day(3), 102),
                ("reduced", -2_000, 0, 0, _day(5), _day(5), 102),
            ],
        ),
        (  # cancelling the older notice changes nothing while the newer one stands
            [_notice(1, 1, _TEN, gone=4), _notice(2, 3, _TEN, gone=6)],
            [("assessed", *_TEN, _day(0), _day(1), 101), ("cancelled", -10_000, 0, 0, _day(6), _day(6), 102)],
        ),
        (  # the same file takes it back and asks anew
            [_notice(1, 1, _TEN, gone=4), _notice(2, 4, (8_000, 0, 0))],
            [("assessed", *_TEN, _day(0), _day(1), 101), ("reduced", -2_000, 0, 0, _day(3), _day(4), 102)],
        ),
        (  # a claim that fell stands again
            [_notice(1, 1, _TEN, gone=2), _notice(2, 4, _TEN)],
            [
                ("assessed", *_TEN, _day(0), _day(1), 101),
                ("cancelled", -10_000, 0, 0, _day(2), _day(2), 101),
                ("increased", 10_000, 0, 0, _day(3), _day(4), 102),
            ],
        ),
        (  # fees move between items; the sum stays
            [_notice(1, 1, (10_000, 0, 500)), _notice(2, 2, (10_500, 0, 0))],
            [("assessed", 10_000, 0, 500, _day(0), _day(1), 101), ("increased", 500, 0, -500, _day(1), _day(2), 102)],
        ),
        (  # 分納 changes nothing, and its cancellation neither
            [_notice(1, 1, _TEN), _notice(2, 2, (3_000, 0, 0), kind="分納"), _notice(3, 3, _TEN, kind="分納", gone=4)],
            [("assessed", *_TEN, _day(0), _day(1), 101)],
        ),
        (  # 延滞金 brings its item, raises it, and takes it back with the paper
            [
                _notice(1, 1, _TEN),
                _notice(2, 2, (0, 0, 500), kind="延滞金"),
                _notice(3, 3, (0, 0, 700), kind="延滞金", gone=4),
            ],
            [
                ("assessed", *_TEN, _day(0), _day(1), 101),
                ("late_charge", 0, 0, 500, _day(1), _day(2), 102),
                ("late_charge", 0, 0, 200, _day(2), _day(3), 103),
                ("reduced", 0, 0, -200, _day(4), _day(4), 103),
            ],
        ),
        (  # 督促 brings the fee, whatever it asks of the rest
            [_notice(1, 1, _TEN), _notice(2, 2, (6_000, 100, 0), kind="督促")],
            [("assessed", *_TEN, _day(0), _day(1), 101), ("demand_fee", 0, 100, 0, _day(1), _day(2), 102)],
        ),
        (  # a re-issue speaks for all items again
            [_notice(1, 1, _TEN), _notice(2, 2, (0, 0, 500), kind="延滞金"), _notice(3, 3, (9_000, 0, 0))],
            [
                ("assessed", *_TEN, _day(0), _day(1), 101),
                ("late_charge", 0, 0, 500, _day(1), _day(2), 102),
                ("reduced", -1_000, 0, -500, _day(2), _day(3), 103),
            ],
        ),
        (  # a file that was taken back leaves nothing, and what comes after it is 当初 again
            [_retracted(1, 1, _FULL, by=2), _notice(2, 4, _TEN)],
            [
                ("assessed", *_FULL, _day(0), _day(1), 101),
                ("assessed", -10_000, -100, -300, _day(2), _day(2), 101),
                ("assessed", *_TEN, _day(3), _day(4), 102),
            ],
        ),
        (  # each entry is countered by its own kind, the last first
            [
                _notice(1, 1, _TEN),
                _retracted(2, 2, (9_000, 0, 0), by=3),
                _retracted(3, 2, (0, 0, 500), by=3, kind="延滞金"),
                _retracted(4, 2, (5_000, 0, 0), by=3, kind="分納"),
            ],
            [
                ("assessed", *_TEN, _day(0), _day(1), 101),
                ("reduced", -1_000, 0, 0, _day(1), _day(2), 102),
                ("late_charge", 0, 0, 500, _day(1), _day(2), 103),
                ("late_charge", 0, 0, -500, _day(3), _day(3), 103),
                ("reduced", 1_000, 0, 0, _day(3), _day(3), 102),
            ],
        ),
        (  # the newer file is taken back before the older one
            [_retracted(1, 1, _TEN, by=4), _retracted(2, 2, (12_000, 0, 0), by=3)],
            [
                ("assessed", *_TEN, _day(0), _day(1), 101),
                ("increased", 2_000, 0, 0, _day(1), _day(2), 102),
                ("increased", -2_000, 0, 0, _day(3), _day(3), 102),
                ("assessed", -10_000, 0, 0, _day(4), _day(4), 101),
            ],
        ),
        (  # a claim that a 取消 took away has had its 当初
            [_notice(1, 1, _TEN, gone=2), _retracted(2, 3, _TEN, by=4), _notice(3, 5, _TEN)],
            [
                ("assessed", *_TEN, _day(0), _day(1), 101),
                ("cancelled", -10_000, 0, 0, _day(2), _day(2), 101),
                ("increased", 10_000, 0, 0, _day(2), _day(3), 102),
                ("increased", -10_000, 0, 0, _day(4), _day(4), 102),
                ("increased", 10_000, 0, 0, _day(4), _day(5), 103),
            ],
        ),
    ],
)
def test_an_entry_is_what_a_notice_or_its_cancellation_changed(
    notices: list[dict[str, object]], expected: list[tuple[object, ...]]
) -> None:
    assert _rows(claim_entries(_asked(notices))) == expected


@pytest.mark.parametrize(
    ("notices", "fallen", "expected"),
    [
        ([_notice(1, 1, _FULL)], (1, 3), [("assessed", *_FULL), ("cancelled", -10_000, -100, -300)]),
        (  # all that was asked by then is gone, whichever notice the row names
            [_notice(1, 1, _TEN), _notice(2, 2, (12_000, 0, 0))],
            (1, 3),
            [("assessed", *_TEN), ("increased", 2_000, 0, 0), ("cancelled", -12_000, 0, 0)],
        ),
        (  # what comes later asks anew
            [_notice(1, 1, _TEN), _notice(2, 4, (8_000, 0, 0))],
            (1, 3),
            [("assessed", *_TEN), ("cancelled", -10_000, 0, 0), ("increased", 8_000, 0, 0)],
        ),
        (  # so does a newer notice of the same file
            [_notice(1, 1, _TEN), _notice(2, 3, (8_000, 0, 0))],
            (1, 3),
            [("assessed", *_TEN), ("reduced", -2_000, 0, 0)],
        ),
    ],
)
def test_a_claim_that_is_cancelled_owes_nothing_of_what_was_asked_by_then(
    notices: list[dict[str, object]], fallen: tuple[int, int], expected: list[tuple[object, ...]]
) -> None:
    entries = claim_entries(_asked(notices, _cancel(*fallen)))
    assert list(entries.select(ClaimEntry.KIND, *ClaimEntry.ITEMS).iter_rows()) == expected


_ASSESSED = ("assessed", 10_000, 0, 0)
_CHARGED, _UNDONE = ("demand_fee", 0, 100, 0), ("demand_fee", 0, -100, 0)
FEES: dict[str, tuple[Asked, list[tuple[object, ...]]]] = {
    "手数料": (_asked([_notice(1, 1, _TEN)], fees=[_fee(1, 1)]), [_ASSESSED, _CHARGED]),
    "二度の発送": (_asked([_notice(1, 1, _TEN)], fees=[_fee(1, 1), _fee(2, 1)]), [_ASSESSED, _CHARGED]),
    "発送の取り消し": (
        _asked([_notice(1, 1, _TEN)], fees=[_fee(1, 1), _fee(2, 1, undoes=1)]),
        [_ASSESSED, _CHARGED, _UNDONE],
    ),
    "二度の発送の一つの取り消し": (
        _asked([_notice(1, 1, _TEN)], fees=[_fee(1, 1), _fee(2, 1), _fee(3, 1, undoes=1)]),
        [_ASSESSED, _CHARGED],
    ),
    "取り消して、もう一度": (
        _asked([_notice(1, 1, _TEN)], fees=[_fee(1, 1), _fee(2, 1, undoes=1), _fee(3, 1)]),
        [_ASSESSED, _CHARGED, _UNDONE, _CHARGED],
    ),
    "同じ額の督促の納付書の後": (
        _asked([_notice(1, 1, _TEN), _notice(2, 2, (10_000, 100, 0), kind="督促")], fees=[_fee(1, 2)]),
        [_ASSESSED, _CHARGED],
    ),
    "高い督促の納付書の後": (
        _asked([_notice(1, 1, _TEN), _notice(2, 2, (10_000, 150, 0), kind="督促")], fees=[_fee(1, 2)]),
        [_ASSESSED, ("demand_fee", 0, 150, 0)],
    ),
    "安い督促の納付書の後": (
        _asked([_notice(1, 1, _TEN), _notice(2, 2, (10_000, 80, 0), kind="督促")], fees=[_fee(1, 2)]),
        [_ASSESSED, ("demand_fee", 0, 80, 0), ("demand_fee", 0, 20, 0)],
    ),
    "同じ額の督促の納付書の前": (
        _asked([_notice(1, 1, _TEN), _notice(2, 2, (10_000, 100, 0), kind="督促")], fees=[_fee(1, 1)]),
        [_ASSESSED, _CHARGED],
    ),
    "高い督促の納付書の前": (
        _asked([_notice(1, 1, _TEN), _notice(2, 2, (10_000, 150, 0), kind="督促")], fees=[_fee(1, 1)]),
        [_ASSESSED, _CHARGED, ("demand_fee", 0, 50, 0)],
    ),
    "督促の納付書の前、その取消": (
        _asked([_notice(1, 1, _TEN), _notice(2, 2, (10_000, 100, 0), gone=3, kind="督促")], fees=[_fee(1, 1)]),
        [_ASSESSED, _CHARGED],
    ),
    "督促の納付書の後、その取消": (
        _asked([_notice(1, 1, _TEN), _notice(2, 2, (10_000, 100, 0), gone=3, kind="督促")], fees=[_fee(1, 2)]),
        [_ASSESSED, _CHARGED],
    ),
    "督促の納付書の後の取り消し": (
        _asked(
            [_notice(1, 1, _TEN), _notice(2, 2, (10_000, 100, 0), kind="督促")], fees=[_fee(1, 1), _fee(2, 2, undoes=1)]
        ),
        [_ASSESSED, _CHARGED],
    ),
    "手数料のない再発行": (
        _asked([_notice(1, 1, _TEN), _notice(2, 2, (9_000, 0, 0))], fees=[_fee(1, 1)]),
        [_ASSESSED, _CHARGED, ("reduced", -1_000, -100, 0)],
    ),
    "手数料のある再発行": (
        _asked([_notice(1, 1, _TEN), _notice(2, 2, (10_000, 100, 0))], fees=[_fee(1, 1)]),
        [_ASSESSED, _CHARGED],
    ),
    "再発行の後の発送": (
        _asked([_notice(1, 1, _TEN), _notice(2, 2, (9_000, 0, 0))], fees=[_fee(1, 2)]),
        [_ASSESSED, ("reduced", -1_000, 0, 0), _CHARGED],
    ),
    "延滞金の納付書の後": (
        _asked([_notice(1, 1, _TEN), _notice(2, 2, (0, 0, 500), kind="延滞金")], fees=[_fee(1, 1)]),
        [_ASSESSED, _CHARGED, ("late_charge", 0, 0, 500)],
    ),
    "分納の納付書の後": (
        _asked([_notice(1, 1, _TEN), _notice(2, 2, (3_000, 100, 0), kind="分納")], fees=[_fee(1, 1)]),
        [_ASSESSED, _CHARGED],
    ),
    "調定取消": (
        _asked([_notice(1, 1, _TEN)], _cancel(1, 2), [_fee(1, 1)]),
        [_ASSESSED, _CHARGED, ("cancelled", -10_000, -100, 0)],
    ),
    "調定取消と同じファイルの新しい調定": (
        _asked([_notice(1, 1, _TEN), _notice(2, 2, (8_000, 0, 0))], _cancel(1, 2), [_fee(1, 1)]),
        [_ASSESSED, _CHARGED, ("reduced", -2_000, -100, 0)],
    ),
    "調定取消の後の取り消し": (
        _asked([_notice(1, 1, _TEN)], _cancel(1, 2), [_fee(1, 1), _fee(2, 2, undoes=1)]),
        [_ASSESSED, _CHARGED, ("cancelled", -10_000, -100, 0)],
    ),
    "調定取消の後の発送": (
        _asked([_notice(1, 1, _TEN)], _cancel(1, 2), [_fee(1, 2)]),
        [_ASSESSED, ("cancelled", -10_000, 0, 0)],
    ),
    "最後の納付書の取消": (
        _asked([_notice(1, 1, _TEN, gone=2)], fees=[_fee(1, 1)]),
        [_ASSESSED, _CHARGED, ("cancelled", -10_000, -100, 0)],
    ),
    "取消の後の再発行": (
        _asked([_notice(1, 1, _TEN, gone=2), _notice(2, 3, _TEN)], fees=[_fee(1, 1)]),
        [_ASSESSED, _CHARGED, ("cancelled", -10_000, -100, 0), ("increased", 10_000, 0, 0)],
    ),
    "取り消した発送の後の取込の取り消し": (
        _asked([_retracted(1, 1, _TEN, by=2), _notice(2, 3, _TEN)], fees=[_fee(1, 1), _fee(2, 1, undoes=1)]),
        [_ASSESSED, _CHARGED, _UNDONE, ("assessed", -10_000, 0, 0), _ASSESSED],
    ),
}


@pytest.mark.parametrize("name", FEES)
def test_a_fee_for_a_reminder_is_owed_once_and_no_less_than_it(name: str) -> None:
    asked, expected = FEES[name]
    entries = claim_entries(asked)
    assert list(entries.select(ClaimEntry.KIND, *ClaimEntry.ITEMS).iter_rows()) == expected


def test_an_entry_of_a_fee_has_the_day_of_issue_and_one_that_takes_it_back_its_own_day() -> None:
    entries = claim_entries(_asked([_notice(1, 1, _TEN)], fees=[_fee(1, 1), _fee(2, 1, undoes=1)]))
    names = (ClaimEntry.ENTERED_ON, ClaimEntry.NIGHT_ON, ClaimEntry.NOTICE_NO, ClaimEntry.FEE_NO)
    assert list(entries.select(names).iter_rows()) == [
        (_day(0), _day(1), 101, None), (_day(3), _day(4), None, 1), (_day(4), _day(4), None, 2),
    ]  # fmt: skip


_ITEMS = st.tuples(st.integers(1, 9), st.integers(0, 2), st.integers(0, 2))
_KINDS = st.sampled_from([None, None, "分納", "延滞金", "督促"])
_LIVES = st.lists(st.tuples(_ITEMS, st.integers(1, 6), st.integers(0, 6), _KINDS), min_size=1, max_size=5)
_SPEAK = [(None,), (None, "督促"), (None, "延滞金")]
"""The kinds of notices that say what is owed of 本税・本料, of 督促手数料 and of 延滞金."""


def _newest_valid(notices: list[dict[str, object]], file_no: int) -> Items:
    """What the newest valid notice asks of each item after a file, by going through all of them."""
    asks = [0, 0, 0]
    for notice in sorted(notices, key=lambda one: one["issue_no"]):  # type: ignore[arg-type, return-value]
        gone = notice["gone_file_no"]
        if notice["notice_file_no"] <= file_no and (gone is None or gone > file_no):  # type: ignore[operator]
            for at, (name, kinds) in enumerate(zip(ClaimEntry.ITEMS, _SPEAK, strict=True)):
                if notice["part_kind"] in kinds:
                    asks[at] = notice[name]  # type: ignore[call-overload]
    return tuple(asks)  # type: ignore[return-value]


@settings(max_examples=60)
@given(st.lists(_LIVES, min_size=1, max_size=4))
def test_after_each_file_the_entries_sum_to_what_the_newest_valid_notice_asks(
    claims: list[list[tuple[Items, int, int, str | None]]],
) -> None:
    by_claim = {
        claim_no: [
            _notice(number, came, items, came + after if after else None, claim_no, kind)
            for number, ((items, _, after, kind), came) in enumerate(
                zip(lives, sorted(own[1] for own in lives), strict=True), 1
            )
        ]
        for claim_no, lives in enumerate(claims, 1)
    }
    every = [notice for notices in by_claim.values() for notice in notices]
    entries, before = ClaimEntry.empty(), _asked([])
    for file_no in range(1, 13):
        came = [notice for notice in every if notice["notice_file_no"] <= file_no]  # type: ignore[operator]
        known = [
            notice | {"gone_file_no": None, "gone_on": None}
            if (notice["gone_file_no"] or 0) > file_no  # type: ignore[operator]
            else notice
            for notice in came
        ]
        brought = new_entries(before, _asked(known))
        assert set(brought["night_on"]) <= {_day(file_no)}, "a file adds entries of its own night only"
        entries, before = pl.concat([entries, brought]), _asked(known)
        for claim_no, notices in by_claim.items():
            sums = entries.filter(pl.col("claim_no") == claim_no).select(pl.col(ClaimEntry.ITEMS).sum()).row(0)
            assert sums == _newest_valid(notices, file_no)
    numbers = entries.sort("claim_no", "entry_no").group_by("claim_no", maintain_order=True).agg("entry_no")
    assert all(row == list(range(1, len(row) + 1)) for row in numbers["entry_no"].to_list())
    assert entries.sort("claim_no", "entry_no").equals(claim_entries(_asked(every)))


def _owed_fee(notices: list[dict[str, Any]], fees: list[tuple[int, int, int]], now: int) -> int:
    """督促手数料 after a file and the fees after it, event by event. A fee is a file before it, its yen and its end."""
    owed = [0]
    valid = [one for one in notices if one["notice_file_no"] <= now and (one["gone_file_no"] or 99) > now]
    events = [(one["notice_file_no"], one["issue_no"], one["demand_fee_yen"]) for one in valid
              if one["part_kind"] in (None, "督促")]  # fmt: skip
    has_whole = any(one["part_kind"] is None for one in valid)
    charges = [(upto, 99, yen) for upto, yen, end in fees if upto <= now < end and has_whole]
    for _, issue_no, yen in sorted([*events, *charges]):
        owed.append(max(owed[-1], yen) if issue_no == 99 else yen)
    return owed[-1]


@settings(max_examples=8)
@given(_LIVES, st.lists(st.tuples(st.integers(1, 8), st.integers(1, 3), st.integers(1, 5)), min_size=1, max_size=3))
def test_after_each_file_and_its_fees_no_less_than_the_newest_fee_is_owed(
    lives: list[tuple[Items, int, int, str | None]], charged: list[tuple[int, int, int]]
) -> None:
    came = sorted(own[1] for own in lives)
    every = [
        _notice(number, file_no, items, file_no + after if after else None, kind=kind)
        for number, ((items, _, after, kind), file_no) in enumerate(zip(lives, came, strict=True), 1)
    ]
    fees = [(max(upto, came[0]), yen, max(upto, came[0]) + end) for upto, yen, end in charged]
    steps = sorted([(upto, 0, at, yen) for at, (upto, yen, _) in enumerate(fees)]
                   + [(end, 1, at, fees[at][1]) for at, (*_, end) in enumerate(fees)])  # fmt: skip
    number_of, rows = dict[int, int](), list[dict[str, object]]()
    for number, (upto, is_end, at, yen) in enumerate(steps, 1):
        rows.append(_fee(number, upto, yen, number_of.get(at) if is_end else None))
        number_of.setdefault(at, number)
    entries = ClaimEntry.empty()
    before = _asked([])
    for file_no in range(1, 15):
        known = [
            one if (one["gone_file_no"] or 99) <= file_no else one | {"gone_file_no": None, "gone_on": None}  # type: ignore[operator]
            for one in every
            if one["notice_file_no"] <= file_no  # type: ignore[operator]
        ]
        after = _asked(known, fees=[row for row in rows if row["notices_upto"] <= file_no])  # type: ignore[operator]
        entries, before = pl.concat([entries, new_entries(before, after)]), after
        assert entries[ClaimEntry.DEMAND_FEE_YEN].sum() == _owed_fee(every, fees, file_no)
    assert entries.equals(claim_entries(before)), "what was entered stays"


@settings(max_examples=60)
@given(_LIVES, _LIVES)
def test_a_file_that_is_taken_back_leaves_every_sum_as_it_was(
    lives: list[tuple[Items, int, int, str | None]], wrong: list[tuple[Items, int, int, str | None]]
) -> None:
    """By kind of entry and by item, whatever was there before."""
    came = sorted(own[1] for own in lives)
    earlier = [
        _notice(number, file_no, items, min(file_no + after, 6) if after else None, kind=kind)
        for number, ((items, _, after, kind), file_no) in enumerate(zip(lives, came, strict=True), 1)
    ]
    more = [_retracted(len(lives) + n, 7, items, by=8, kind=kind) for n, (items, _, _, kind) in enumerate(wrong, 1)]
    before, after = (claim_entries(_asked(rows)) for rows in (earlier, [*earlier, *more]))
    sums = [
        frame.group_by(ClaimEntry.KIND)
        .agg(pl.col(ClaimEntry.ITEMS).sum())
        .filter(pl.any_horizontal(pl.col(ClaimEntry.ITEMS) != 0))
        for frame in (before, after)
    ]
    assert sums[0].sort(ClaimEntry.KIND).equals(sums[1].sort(ClaimEntry.KIND))
    assert after.head(before.height).equals(before), "and what was entered stays"
