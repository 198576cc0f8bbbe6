"""Matching (消込): tonight's payments and the claims that they name → exactly one outcome for each payment.

Pure functions over frames, partitionable by assessment: every rule looks at the payments of one identity or at the
claims of one notice, never at the whole night. Nothing is matched by amount or name alone. Payments of a claim are
decided in the order of 領収日, then of the sender's identity, never of arrival.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from elqr.formats.payment_identity import CONTENT
from elqr.rules.claim_items import take_items
from elqr.rules.notice_lookup import RULED_OUT, TRUTHS, look_up_notices
from elqr.rules.repeats import find_repeats, known_as
from elqr.rules.whole_year import late_whole_years
from elqr.vocabulary.claim_frames import OpenClaim
from elqr.vocabulary.frames import Allocation, Candidate, Decision, Known, KnownEvent, Payment, join_beside, overwrite
from elqr.vocabulary.matching_frames import ClaimLine, InOrder, NoticeComparison
from elqr.vocabulary.terms import PLACE_OF, WHOLE_YEAR, Flag, Outcome, Stage

_BY = (OpenClaim.BY_PAYMENT_NO, OpenClaim.BY_NOTICE_NO, OpenClaim.BY_CHANNEL, OpenClaim.BY_INSTALLMENT_NO)
_ORDER = (Payment.PAID_ON, Payment.IDENTITY, Payment.OCCURRENCE_NO)

_PAYMENT_COLUMNS = (
    Payment.PAYMENT_NO, Payment.FILE_NO, Payment.RECORD_NO, Payment.STAGE, Payment.IDENTITY, Payment.OCCURRENCE_NO,
    *CONTENT,
)  # fmt: skip
_ORDER_COLUMNS = tuple(name for name in InOrder.SCHEMA if name != InOrder.OCCURRENCE_NO)
_KNOWN_PRELIMINARY, _KNOWN_CANCELLED, _KNOWN_CONFIRMED = "known_preliminary", "known_cancelled", "known_confirmed"
_IS_ELIGIBLE = "is_eligible"
_IS_LINE = pl.col(OpenClaim.IS_LINE).fill_null(False)
_NEEDED_NO_LONGER = (
    Payment.RECORD_NO, Payment.FUNDS_ON, Payment.RESULT_CODE, Payment.DOUBT, Payment.RECEIVED_ON, Payment.IMAGE_REF,
)  # fmt: skip
_ORDERED_COLUMNS = (*(name for name in _PAYMENT_COLUMNS if name not in _NEEDED_NO_LONGER), *_ORDER_COLUMNS)
_NOTICE_COLUMNS = (
    Payment.PAYMENT_NO, Payment.FILE_NO, Payment.CHANNEL, Payment.STAGE, *_ORDER[1:], Payment.PAID_YEN, Payment.PAID_ON,
    *_ORDER_COLUMNS, Candidate.NOTICE_NO, Candidate.INSTALLMENT_NO, Candidate.AMOUNT_YEN, Candidate.PROCEDURE_CODE,
    Candidate.IS_CANCELLED, *TRUTHS, _IS_ELIGIBLE,
)  # fmt: skip
"""Columns that each step hands on. A night may have a million rows, so no step carries more than the next need."""

_LINE_COLUMNS = (
    Payment.PAYMENT_NO, Payment.PAID_YEN, Payment.CHANNEL, *_ORDER, Payment.FILE_NO,
    Candidate.NOTICE_NO, Candidate.AMOUNT_YEN, Candidate.INSTALLMENT_NO,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Matched:
    """消込の結果: a decision for each payment (frame Decision), what goes to claims (Allocation), and KnownAs."""

    decisions: pl.DataFrame
    allocations: pl.DataFrame
    known_as: pl.DataFrame


def match(payments: pl.DataFrame, known: pl.DataFrame, candidates: pl.DataFrame, claims: pl.DataFrame) -> Matched:
    """消し込む: decide every payment.

    `payments` is frame Payment, `known` KnownEvent of tonight's identities, `candidates` Candidate of tonight's keys,
    and `claims` OpenClaim of the candidates' notices. Asserts that count and yen are conserved.
    """
    rows = find_repeats(payments.select(_PAYMENT_COLUMNS), known)
    known_otherwise = known_as(payments, rows)
    rows = _with_stage_order(rows, known).select(_ORDERED_COLUMNS)
    rows = _with_notices(rows, candidates).select(_NOTICE_COLUMNS)
    lines = _claim_lines(rows, claims)
    decisions = _decide(rows, lines)
    is_same_order = decisions[Payment.PAYMENT_NO].equals(payments[Payment.PAYMENT_NO])
    assert is_same_order and payments[Payment.PAYMENT_NO].is_unique().all(), "every payment has exactly one decision"
    money = decisions.hstack(payments.select(Payment.STAGE, Payment.PAID_YEN)).filter(_holds_money())
    assert money.select(
        (pl.col(Decision.CLAIM_YEN) + pl.col(Decision.SUSPENSE_YEN) == pl.col(Payment.PAID_YEN)).all()
    ).item()
    allocations = lines.filter(pl.col(ClaimLine.CLAIM_PART_YEN) > 0).select(
        Payment.PAYMENT_NO,
        Allocation.CLAIM_NO,
        Allocation.LEVY_YEAR,
        pl.col(ClaimLine.CLAIM_PART_YEN).alias(Allocation.CLAIM_YEN),
    )
    assert allocations[Allocation.CLAIM_YEN].sum() == decisions[Decision.CLAIM_YEN].sum(), (
        "claims get what decisions say"
    )
    return Matched(decisions, Allocation.of(allocations), known_otherwise)


def _holds_money() -> pl.Expr:
    """お金のある収納: a 確報 that is no repeat. Its yen must be on a claim or in suspense."""
    is_repeat = pl.col(Decision.OUTCOME) == Outcome.ALREADY_POSTED.value
    return (pl.col(Payment.STAGE) == Stage.CONFIRMED.value) & ~is_repeat


def _within(
    rows: pl.DataFrame, group: str, alone: Mapping[str, pl.Expr], shared: Mapping[str, pl.Expr]
) -> pl.DataFrame:
    """組の中の値: the rows with further columns that depend on the other rows of their group.

    Nearly every group is one row, and `alone` gives its values. Only larger groups are windowed, for those of `shared`.
    """
    others = rows.with_row_index("at").filter(pl.col(group).is_duplicated())
    return rows.hstack(overwrite(rows.select(**alone), others.select("at", **shared)))


def _running(values: Mapping[str, pl.Expr], within: str, by: Sequence[str] = ()) -> dict[str, pl.Expr]:
    """途中までの計: the running sum of each value within each group, in the order `by`."""
    return {name: value.cum_sum().over(within, order_by=by or None) for name, value in values.items()}


def _with_stage_order(rows: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """段階の順序: frame InOrder. `terms.STAGE_TRANSITIONS` as counts per identity, so that identical twins both count.

    Within a night the order is 速報, 取消, 結果未着, 振替不能, 確報, whichever arrives first.
    """
    rows = join_beside(rows, _known_counts(known), [Payment.IDENTITY]).with_columns(
        pl.col(_KNOWN_PRELIMINARY, _KNOWN_CANCELLED, _KNOWN_CONFIRMED).fill_null(0)
    )
    is_new = ~pl.col(InOrder.IS_REPEAT) & ~pl.col(InOrder.IS_CONFLICT)
    stage = {kind: is_new & (pl.col(Payment.STAGE) == kind.value) for kind in Stage}
    ones = {f"nth_{kind.value}": is_stage.cast(pl.Int64) for kind, is_stage in stage.items()}
    order = (Payment.OCCURRENCE_NO, Payment.FILE_NO, Payment.RECORD_NO)
    nth = _running(ones, Payment.IDENTITY, order)
    counted = {"tonight_preliminary": ones["nth_preliminary"], "tonight_cancelled": ones["nth_cancelled"]}
    tonight = {name: value.sum().over(Payment.IDENTITY) for name, value in counted.items()}
    rows = _within(rows, Payment.IDENTITY, ones | counted, nth | tonight)
    preliminary = pl.col(_KNOWN_PRELIMINARY) + pl.col("tonight_preliminary")
    may_cancel = (preliminary - pl.col(_KNOWN_CONFIRMED) - pl.col(_KNOWN_CANCELLED)).clip(lower_bound=0)
    cancelled = pl.col(_KNOWN_CANCELLED) + pl.min_horizontal("tonight_cancelled", may_cancel)
    nth_preliminary = pl.col(_KNOWN_PRELIMINARY) + pl.col("nth_preliminary")
    nth_confirmed = pl.col(_KNOWN_CONFIRMED) + pl.col("nth_confirmed")
    is_unpaid = stage[Stage.NOT_COLLECTED] | stage[Stage.UNDECIDED]
    return rows.with_columns(
        (
            (stage[Stage.PRELIMINARY] & (nth_preliminary <= pl.col(_KNOWN_CONFIRMED)))
            | (stage[Stage.CANCELLED] & (pl.col("nth_cancelled") > may_cancel))
            | (is_unpaid & (pl.col(_KNOWN_PRELIMINARY) + pl.col(_KNOWN_CONFIRMED) > 0))
            | (stage[Stage.CONFIRMED] & (cancelled > 0) & (nth_confirmed > preliminary - cancelled))
        ).alias(InOrder.IS_OUT_OF_ORDER),
        pl.when(stage[Stage.CANCELLED]).then(InOrder.CONFIRMED_NO).alias(InOrder.CONFIRMED_NO),
        (stage[Stage.PRELIMINARY] & (nth_preliminary <= cancelled)).alias(InOrder.IS_TAKEN_BACK),
        stage[Stage.CONFIRMED].alias(InOrder.IS_CONFIRMED),
        (stage[Stage.UNDECIDED] | (stage[Stage.CONFIRMED] & pl.col(Payment.DOUBT).is_not_null())).alias(
            InOrder.IS_DOUBTFUL
        ),
    )


def _known_counts(known: pl.DataFrame) -> pl.DataFrame:
    stage, outcome = pl.col(Known.STAGE), pl.col(KnownEvent.OUTCOME)
    in_order = ~outcome.is_in([Outcome.STAGE_UNEXPECTED.value, Outcome.CONFLICTS.value])
    is_confirmed = stage == Stage.CONFIRMED.value
    return known.group_by(Known.IDENTITY).agg(
        ((stage == Stage.PRELIMINARY.value) & in_order).sum().cast(pl.Int64).alias(_KNOWN_PRELIMINARY),
        ((stage == Stage.CANCELLED.value) & in_order).sum().cast(pl.Int64).alias(_KNOWN_CANCELLED),
        pl.col(Known.OCCURRENCE_NO).filter(is_confirmed).n_unique().cast(pl.Int64).alias(_KNOWN_CONFIRMED),
        pl.col(Known.PAYMENT_NO).filter(is_confirmed).max().alias(InOrder.CONFIRMED_NO),
    )


def _with_notices(rows: pl.DataFrame, candidates: pl.DataFrame) -> pl.DataFrame:
    """照会: the notice of each key, and whether the payment is eligible to settle its claims."""
    rows = look_up_notices(rows, candidates)
    is_in_order = pl.col(InOrder.IS_CONFIRMED) & ~pl.col(InOrder.IS_OUT_OF_ORDER) & ~pl.col(InOrder.IS_DOUBTFUL)
    may_settle = is_in_order & pl.col(Candidate.NOTICE_NO).is_not_null()
    return rows.with_columns((may_settle & ~pl.any_horizontal(RULED_OUT)).alias(_IS_ELIGIBLE))


def _claim_lines(rows: pl.DataFrame, claims: pl.DataFrame) -> pl.DataFrame:
    """収納と調定の行: a row for each eligible payment and each claim of its notice, with the yen that the claim takes.

    A 全期 notice pays what is owed on its claims, each up to the amount that it covers, but only when nothing was
    collected on any of them before. A 分納 notice for several claims pays each of them what it asks, as far as that is
    still open. Neither pays anything with less than it asks: people decide, because a difference is never spread. Any
    other notice pays up to what is left on its claim.
    """
    is_whole = (pl.len().over(OpenClaim.NOTICE_NO) > 1) & ~_IS_LINE
    open_items = (pl.min_horizontal(*pair) for pair in zip(OpenClaim.LEFT, OpenClaim.ROOM, strict=True))
    has_items = ~is_whole & pl.col(OpenClaim.IS_PART).is_not_null()
    share_yen = pl.min_horizontal(OpenClaim.COVER_YEN, OpenClaim.OWED_YEN)
    notices = claims.with_columns(
        is_whole.alias(ClaimLine.IS_WHOLE),
        pl.when(has_items).then(pl.sum_horizontal(open_items)).otherwise(share_yen).alias(ClaimLine.SHARE_YEN),
    )
    lines = rows.filter(_IS_ELIGIBLE).select(_LINE_COLUMNS)
    lines = lines.join(notices, on=OpenClaim.NOTICE_NO, how="inner", maintain_order="left")
    is_shared = pl.col(OpenClaim.CLAIM_NO).is_duplicated()
    in_order = lines.filter(is_shared).sort(*_ORDER, Payment.FILE_NO, maintain_order=True)
    lines = _with_refused(pl.concat([lines.filter(~is_shared), in_order]))
    asked_yen = pl.when(pl.col(ClaimLine.IS_WHOLE) | _IS_LINE).then(OpenClaim.COVER_YEN).otherwise(Payment.PAID_YEN)
    offered_yen = pl.when(ClaimLine.IS_EXCLUDED).then(0).otherwise(asked_yen)
    lines = lines.with_columns(offered_yen.alias("offered_yen"))
    until = {"offered_until_yen": pl.col("offered_yen")}
    lines = _within(lines, OpenClaim.CLAIM_NO, until, _running(until, OpenClaim.CLAIM_NO))
    before = pl.col("offered_until_yen") - pl.col("offered_yen")
    collected = pl.col(OpenClaim.COLLECTED_YEN) + before
    left = (pl.col(OpenClaim.OWED_YEN) - collected).clip(lower_bound=0)
    lines = lines.with_columns(left.alias(ClaimLine.LEFT_YEN), (collected > 0).alias(ClaimLine.IS_SECOND_HERE))
    part = pl.min_horizontal("offered_yen", ClaimLine.LEFT_YEN)
    lines = lines.with_columns(part.alias(ClaimLine.CLAIM_PART_YEN))
    return _with_settler(_with_items(lines))


def _with_items(lines: pl.DataFrame) -> pl.DataFrame:
    """内訳ごとに: what is left and taken on claims of which notices ask for parts. These lines are few."""
    if lines[OpenClaim.IS_PART].null_count() == lines.height:
        return lines
    of_items = lines.with_row_index("at").filter(pl.col(OpenClaim.IS_PART).is_not_null())
    taken = take_items(of_items, "offered_yen")
    return overwrite(lines, of_items.drop(taken.columns).hstack(taken))


def _with_refused(lines: pl.DataFrame) -> pl.DataFrame:
    """入れない収納: by notices for several claims and short, or by 全期 with yen on one of its claims before it."""
    is_whole, is_short = pl.col(ClaimLine.IS_WHOLE), pl.col(ClaimLine.IS_SHORT)
    is_less = pl.col(Payment.PAID_YEN) < pl.col(Candidate.AMOUNT_YEN)
    lines = lines.with_columns(((is_whole | _IS_LINE) & is_less).alias(ClaimLine.IS_SHORT))
    takes = ~is_whole & ~is_short
    lines = _with_touched_wholes(lines, takes)
    # An expression: below it is asked of the lines twice, before and after those that take were counted.
    is_excluded = pl.col(ClaimLine.IS_TOUCHED_WHOLE) | is_short
    may_take = is_whole & ~is_excluded
    takers = lines.filter(may_take & (pl.col(ClaimLine.SHARE_YEN) > 0))
    if takers[OpenClaim.CLAIM_NO].is_duplicated().any():
        late = late_whole_years(takers, Payment.PAYMENT_NO, (*_ORDER, Payment.FILE_NO))
        may_take = may_take & ~pl.col(Payment.PAYMENT_NO).is_in(late.implode())
    if not takers.is_empty():
        lines = _with_touched_wholes(lines, takes | may_take)
    return lines.with_columns(is_excluded.alias(ClaimLine.IS_EXCLUDED))


def _with_touched_wholes(lines: pl.DataFrame, takes: pl.Expr) -> pl.DataFrame:
    """先の収納のある全期: `is_touched_whole`, where the ledger or an earlier line of `takes` put yen on a claim."""
    counts = {"counted": (takes & (pl.min_horizontal(Payment.PAID_YEN, ClaimLine.SHARE_YEN) > 0)).cast(pl.Int64)}
    lines = _within(lines, OpenClaim.CLAIM_NO, counts, _running(counts, OpenClaim.CLAIM_NO))
    is_touched = (pl.col(OpenClaim.COLLECTED_YEN) != 0) | (pl.col("counted") > counts["counted"])
    lines = lines.with_columns(is_touched.alias("is_touched"))
    alone: dict[str, pl.Expr] = {ClaimLine.IS_TOUCHED_WHOLE: pl.col(ClaimLine.IS_WHOLE) & pl.col("is_touched")}
    shared = {name: is_whole.any().over(Payment.PAYMENT_NO) for name, is_whole in alone.items()}
    lines = lines.drop(ClaimLine.IS_TOUCHED_WHOLE, strict=False)
    return _within(lines, Payment.PAYMENT_NO, alone, shared).drop("counted", "is_touched")


def _with_settler(lines: pl.DataFrame) -> pl.DataFrame:
    """先の収納: the first payment on each claim, from the ledger or else from tonight.

    A notice for a part may be paid while its claim is open. What settled it is rather the first payment of itself.
    """
    first = (Payment.PAYMENT_NO, Candidate.NOTICE_NO, Payment.CHANNEL, Candidate.INSTALLMENT_NO)
    is_giving = pl.col(ClaimLine.CLAIM_PART_YEN) > 0
    alone = {f"first_{name}": pl.when(is_giving).then(name) for name in first}
    giving = {f"first_{name}": pl.col(name).filter(is_giving).first() for name in first}
    of_same = [value.over(OpenClaim.CLAIM_NO, OpenClaim.NOTICE_NO) for value in giving.values()]
    of_claim = [value.over(OpenClaim.CLAIM_NO) for value in giving.values()]
    is_part = pl.col(OpenClaim.IS_PART).fill_null(False)
    shared = {
        name: pl.coalesce(pl.when(is_part).then(same), other)
        for name, same, other in zip(giving, of_same, of_claim, strict=True)
    }
    lines = _within(lines, OpenClaim.CLAIM_NO, alone, shared)
    is_first_by_itself = pl.col(f"first_{Candidate.NOTICE_NO}") == pl.col(Candidate.NOTICE_NO)
    is_by_other = pl.col(OpenClaim.BY_NOTICE_NO).ne_missing(pl.col(Candidate.NOTICE_NO))
    is_of_tonight = is_part & is_first_by_itself.fill_null(False) & is_by_other
    return lines.with_columns(
        pl.when(ClaimLine.IS_SECOND_HERE)
        .then(pl.when(is_of_tonight).then(f"first_{name}").otherwise(pl.coalesce(by, f"first_{name}")))
        .alias(by)
        for name, by in zip(first, _BY, strict=True)
    )


def _settled(lines: pl.DataFrame) -> pl.DataFrame:
    """収納ごとの計 of the lines of each payment, and the payment that settled its claims before (`_BY`).

    On the claims of a 分納 notice for several that is rather one of the same notice.
    """
    is_by_other = _IS_LINE & pl.col(OpenClaim.BY_NOTICE_NO).ne_missing(pl.col(OpenClaim.NOTICE_NO))
    of_payment = lines.sort(is_by_other, OpenClaim.CLAIM_NO).group_by(Payment.PAYMENT_NO)
    return of_payment.agg(
        pl.col(ClaimLine.CLAIM_PART_YEN).sum().alias(Decision.CLAIM_YEN),
        pl.col(ClaimLine.LEFT_YEN).sum(),
        pl.coalesce(OpenClaim.ASKED_OWED_YEN, OpenClaim.OWED_YEN).sum().alias(OpenClaim.OWED_YEN),
        (pl.col(ClaimLine.LEFT_YEN) - pl.col(ClaimLine.CLAIM_PART_YEN)).sum().alias("still_owed_yen"),
        pl.col(ClaimLine.IS_TOUCHED_WHOLE).any(),
        pl.col(ClaimLine.IS_SHORT).any(),
        pl.col(*_BY).drop_nulls().first(),
    )


def _decide(rows: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """消込結果: frame Decision. The outcome is one expression, and its order is that of precedence."""
    settled = _settled(lines)
    rows = join_beside(rows, settled, [Payment.PAYMENT_NO]).with_columns(pl.col(Decision.CLAIM_YEN).fill_null(0))
    stage = {kind: pl.col(Payment.STAGE) == kind.value for kind in Stage}
    has_excess = pl.col(Payment.PAID_YEN) > pl.col(Decision.CLAIM_YEN)
    is_cancelled = pl.col(NoticeComparison.IS_VOID) | (pl.col(OpenClaim.OWED_YEN) == 0)
    is_settled = (pl.col(ClaimLine.LEFT_YEN) == 0) | pl.col(ClaimLine.IS_TOUCHED_WHOLE)
    outcome = (
        pl.when(InOrder.IS_REPEAT).then(pl.lit(Outcome.ALREADY_POSTED.value))
        .when(InOrder.IS_CONFLICT).then(pl.lit(Outcome.CONFLICTS.value))
        .when(InOrder.IS_OUT_OF_ORDER).then(pl.lit(Outcome.STAGE_UNEXPECTED.value))
        .when(pl.col(InOrder.IS_TAKEN_BACK) | stage[Stage.CANCELLED]).then(pl.lit(Outcome.TAKEN_BACK.value))
        .when(stage[Stage.PRELIMINARY]).then(pl.lit(Outcome.PENDING.value))
        .when(stage[Stage.NOT_COLLECTED]).then(pl.lit(Outcome.NOT_COLLECTED.value))
        .when(InOrder.IS_DOUBTFUL).then(pl.lit(Outcome.DOUBTFUL.value))
        .when(pl.col(Candidate.NOTICE_NO).is_null()).then(pl.lit(Outcome.KEY_UNKNOWN.value))
        .when(NoticeComparison.CHECK_NO_DIFFERS).then(pl.lit(Outcome.CHECK_NO_DIFFERS.value))
        .when(NoticeComparison.ITEM_OR_OFFICE_DIFFERS).then(pl.lit(Outcome.ITEM_OR_OFFICE_DIFFERS.value))
        .when(NoticeComparison.IS_BEFORE_ISSUE).then(pl.lit(Outcome.PAID_BEFORE_ISSUE.value))
        .when(is_cancelled).then(pl.lit(Outcome.NOTICE_CANCELLED.value))
        .when(is_settled).then(pl.lit(Outcome.ALREADY_SETTLED.value))
        .when(ClaimLine.IS_SHORT).then(pl.lit(Outcome.UNDERPAID.value))
        .when(has_excess).then(pl.lit(Outcome.OVERPAID.value))
        .when(pl.col("still_owed_yen") > 0).then(pl.lit(Outcome.UNDERPAID.value))
        .when(NoticeComparison.IS_OLD_NOTICE).then(pl.lit(Outcome.OLD_NOTICE.value))
        .when(NoticeComparison.IS_LATE).then(pl.lit(Outcome.LATE.value))
        .otherwise(pl.lit(Outcome.MATCHED.value))
    )  # fmt: skip
    rows = rows.with_columns(outcome.alias(Decision.OUTCOME))
    place_of = {outcome.value: place.value for outcome, place in PLACE_OF.items()}
    is_second = pl.col(Decision.OUTCOME) == Outcome.ALREADY_SETTLED.value
    other = (
        pl.when(pl.col(InOrder.IS_REPEAT) | pl.col(InOrder.IS_CONFLICT)).then(InOrder.FIRST_NO)
        .when(InOrder.IS_OUT_OF_ORDER).then(InOrder.CONFIRMED_NO)
        .when(is_second).then(OpenClaim.BY_PAYMENT_NO)
    )  # fmt: skip
    return Decision.of(
        rows.with_columns(
            pl.col(Decision.OUTCOME).replace_strict(place_of).alias(Decision.PLACE),
            pl.when(_holds_money())
            .then(pl.col(Payment.PAID_YEN) - pl.col(Decision.CLAIM_YEN))
            .otherwise(0)
            .alias(Decision.SUSPENSE_YEN),
            other.alias(Decision.OTHER_PAYMENT_NO),
            _flags(is_second).alias(Decision.FLAGS),
        )
    )


def _flags(is_second: pl.Expr) -> pl.Expr:
    """付記: everything else that is true of a payment, separated by commas, in the order of terms.Flag."""
    is_same_notice = pl.col(OpenClaim.BY_NOTICE_NO) == pl.col(Candidate.NOTICE_NO)
    are_whole = [pl.col(name) == WHOLE_YEAR for name in (OpenClaim.BY_INSTALLMENT_NO, Candidate.INSTALLMENT_NO)]
    is_confirmed = pl.col(InOrder.IS_CONFIRMED)
    truths = {
        Flag.OLD_NOTICE: is_confirmed & pl.col(NoticeComparison.IS_OLD_NOTICE),
        Flag.LATE: is_confirmed & pl.col(NoticeComparison.IS_LATE),
        Flag.BEFORE_ISSUE: is_confirmed & pl.col(NoticeComparison.IS_BEFORE_ISSUE),
        Flag.CANCELLED_NOTICE: is_confirmed & pl.col(Candidate.IS_CANCELLED),
        Flag.SAME_NOTICE: is_second & is_same_notice,
        Flag.OTHER_NOTICE: is_second & ~is_same_notice,
        Flag.OTHER_CHANNEL: is_second & (pl.col(OpenClaim.BY_CHANNEL) != pl.col(Payment.CHANNEL)),
        Flag.WHOLE_AND_PART: is_second & (are_whole[0] != are_whole[1]),
        Flag.AFTER_CANCEL: is_confirmed & pl.col(InOrder.IS_OUT_OF_ORDER),
        Flag.REISSUE_UNISSUED: is_confirmed & pl.col(NoticeComparison.IS_REISSUE_UNISSUED),
    }
    flags = [pl.when(truth.fill_null(False)).then(pl.lit(flag.value)) for flag, truth in truths.items()]
    return pl.concat_str(flags, separator=",", ignore_nulls=True)
