"""Repeats (再受信と内容相違): which records of a night tell again what is known, and which contradict it.

Pure, of the records that share an identity with others; all others are new. A repeat says nothing new. A conflict says
something else of the same payment: none of the contents is chosen, each waits with its yen until people decide.

A slip can be announced, taken back and announced again within an evening, each time in the same words. Counted by
night, and not by the order of files: see `_renewed`.
"""

import polars as pl

from elqr.formats.payment_identity import ACCEPTED, content, variants
from elqr.vocabulary.frames import Known, KnownAs, KnownEvent, Payment, join_beside, overwrite
from elqr.vocabulary.matching_frames import Repeat
from elqr.vocabulary.terms import Outcome, Stage

_NAMED = (Payment.IDENTITY, Payment.STAGE)
_SAID = "said"
_EVENT = (*_NAMED, Payment.OCCURRENCE_NO, _SAID)
_JUDGED = tuple(Repeat.SCHEMA)
_IS_PLAIN, _IS_CONTESTED = "is_plain", "is_contested"


def find_repeats(payments: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """再受信と内容相違: the payments with what frame Repeat says of them.

    `payments` Payment · `known` KnownEvent of their identities. Where a payment is known by another number than its
    file gave it, `occurrence_no` is that.
    """
    identities = payments[Payment.IDENTITY]
    at = identities.is_in(known[Known.IDENTITY].unique().implode()).arg_true()
    is_alone = ~identities.is_duplicated()
    alone = payments.select(
        Payment.OCCURRENCE_NO,
        pl.col(Payment.PAYMENT_NO).alias(Repeat.FIRST_NO),
        pl.repeat(False, pl.len()).alias(Repeat.IS_REPEAT),
        pl.repeat(False, pl.len()).alias(Repeat.IS_CONFLICT),
    )
    seen = _plain(payments[at], known).with_columns(at.alias("at"), is_alone[at].alias("is_alone"))
    plain = seen.filter(pl.col(_IS_PLAIN) & pl.col("is_alone"))
    doubtful = pl.concat([(~is_alone).arg_true(), seen.filter(~pl.col(_IS_PLAIN) & pl.col("is_alone"))["at"]])
    doubtful = doubtful.sort()
    others = _renewed(_judged(payments[doubtful], known), known)
    judged = overwrite(overwrite(alone, plain.select("at", *_JUDGED)), others.select(doubtful.alias("at"), *_JUDGED))
    return payments.drop(Payment.OCCURRENCE_NO).hstack(judged)


def _plain(payments: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """ふつうの続きと再受信: what it is for a record that stands alone tonight, where nothing can be in doubt.

    Its stage is not known yet, or it says again what is accepted; and it neither is nor meets a 取消.
    """
    is_back = pl.col(Known.STAGE) == Stage.CANCELLED.value
    backs = known.filter(is_back)[Known.IDENTITY].unique().implode()
    names = known.select(*_NAMED).unique().with_columns(is_named=True)
    same = known.filter(pl.col(Known.VARIANT) == ACCEPTED).select(
        *_NAMED, Payment.OCCURRENCE_NO, pl.col(Known.PAYMENT_NO).alias("known_no"), content().alias("known_said")
    )
    rows = payments.select(
        *_NAMED, Payment.OCCURRENCE_NO, Payment.PAYMENT_NO, content().alias(_SAID),
        is_clear=(pl.col(Payment.STAGE) != Stage.CANCELLED.value)
        & ((pl.col(Payment.STAGE) != Stage.PRELIMINARY.value) | ~pl.col(Payment.IDENTITY).is_in(backs)),
    )  # fmt: skip
    rows = join_beside(join_beside(rows, names, _NAMED), same, (*_NAMED, Payment.OCCURRENCE_NO))
    is_repeat = (pl.col(_SAID) == pl.col("known_said")).fill_null(False)
    return rows.select(
        Payment.OCCURRENCE_NO,
        pl.when(is_repeat).then("known_no").otherwise(Payment.PAYMENT_NO).alias(Repeat.FIRST_NO),
        is_repeat.alias(Repeat.IS_REPEAT),
        pl.lit(False).alias(Repeat.IS_CONFLICT),
        (pl.col("is_clear") & (is_repeat | pl.col("is_named").is_null())).alias(_IS_PLAIN),
    )


def known_as(payments: pl.DataFrame, judged: pl.DataFrame) -> pl.DataFrame:
    """何として知るか: frame KnownAs, of the new ones that their own record alone does not say it of."""
    is_renumbered = judged[Payment.OCCURRENCE_NO] != payments[Payment.OCCURRENCE_NO]
    few = payments.filter(judged[Repeat.IS_CONFLICT] | (is_renumbered & ~judged[Repeat.IS_REPEAT]))
    rows = few.select(Payment.PAYMENT_NO, content().alias(_SAID)).join(
        judged.select(Payment.PAYMENT_NO, Payment.OCCURRENCE_NO, Repeat.IS_CONFLICT), on=Payment.PAYMENT_NO
    )
    hashed = variants(rows[_SAID]).alias(Known.VARIANT)
    return KnownAs.of(
        rows.with_columns(
            pl.when(Repeat.IS_CONFLICT).then(hashed).otherwise(pl.lit(ACCEPTED)).alias(Known.VARIANT),
        )
    )


def _judged(payments: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Each record beside what is known of its identity and stage, and beside those of tonight.

    The first content of an identity and stage is accepted. Where it is not known yet and tonight brings several, none
    is: a conflict is judged by what is said, never by who says it first.
    """
    rows, earlier = payments.with_columns(content().alias(_SAID)), known.with_columns(content().alias(_SAID))
    number, arrival = pl.col(Payment.PAYMENT_NO), (Payment.FILE_NO, Payment.RECORD_NO)
    same = earlier.select(*_EVENT, number.alias("known_no"))
    accepted = pl.col(Known.VARIANT) == ACCEPTED
    before = (
        earlier.sort(Known.OCCURRENCE_NO, Known.PAYMENT_NO)
        .group_by(_NAMED)
        .agg(pl.col(_SAID).filter(accepted).first().alias("accepted"), number.filter(accepted).first().alias("own_no"),
             number.min().alias("any_no"))
    )  # fmt: skip
    rows = join_beside(rows.join(same, on=_EVENT, how="left", validate="m:1", maintain_order="left"), before, _NAMED)
    content_in_order = pl.col(_SAID).sort_by(*arrival)
    rows = rows.with_columns(
        number.sort_by(*arrival).first().over(_EVENT).alias("tonight_no"),
        (pl.col(_SAID).n_unique().over(_NAMED) > 1).alias("is_several"),
        number.sort_by(*arrival).first().over(_NAMED).alias("one_no"),
        number.sort_by(*arrival)
        .filter(content_in_order != content_in_order.first())
        .first()
        .over(_NAMED)
        .alias("two_no"),
        content_in_order.first().over(_NAMED).alias("one_said"),
    )
    is_new = pl.col("known_no").is_null() & (pl.col("tonight_no") == number)
    is_contested = (
        pl.when(pl.col("accepted").is_not_null())
        .then(pl.col(_SAID) != pl.col("accepted"))
        .otherwise(pl.col("any_no").is_not_null() | pl.col("is_several"))
    )
    other_tonight = pl.when(pl.col(_SAID) == pl.col("one_said")).then("two_no").otherwise("one_no")
    contradicted = pl.coalesce("own_no", "any_no", other_tonight)
    return rows.with_columns(
        pl.when(~is_new).then(pl.coalesce("known_no", "tonight_no")).when(is_contested).then(contradicted)
        .otherwise(number).alias(Repeat.FIRST_NO),
        (~is_new).alias(Repeat.IS_REPEAT),
        (is_new & is_contested).alias(Repeat.IS_CONFLICT),
        is_contested.alias(_IS_CONTESTED),
    )  # fmt: skip


def _renewed(rows: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """再びの速報・取消: a record in the words of an earlier one that is no repeat of it.

    When all 速報 of a payment were taken back and a night brings more 速報 than 取消, the last is a new one; when one
    stands and a night brings more 取消 than 速報, likewise the last 取消. So it is the night's last word that counts,
    and a bundle of old records changes nothing. A file that begins with the 取消 tells of a 速報 before it.
    """
    stage, is_plain = pl.col(Payment.STAGE), ~pl.col(_IS_CONTESTED)
    is_told, is_back = (is_plain & (stage == one_stage.value) for one_stage in (Stage.PRELIMINARY, Stage.CANCELLED))
    is_new, by = ~pl.col(Repeat.IS_REPEAT), Payment.IDENTITY
    opens_with = (
        pl.col(Payment.STAGE)
        .filter(is_told | is_back)
        .sort_by(pl.col(Payment.RECORD_NO).filter(is_told | is_back))
        .first()
    )
    file = (Payment.IDENTITY, Payment.FILE_NO)
    is_first_told = is_told & (pl.col(Payment.RECORD_NO) == pl.col(Payment.RECORD_NO).filter(is_told).min().over(file))
    untold = is_first_told & (opens_with.over(file) == Stage.CANCELLED.value)
    counts = join_beside(rows, _counts(known), [by]).select(
        pl.col("known_told", "known_back", "any_back", "known_paid").fill_null(0),
        (is_told.sum() + untold.sum()).over(by).alias("told"),
        is_back.sum().over(by).alias("back"),
        (is_told & is_new).sum().over(by).alias("new_told"),
        (is_back & is_new).sum().over(by).alias("new_back"),
        *(pl.col(name) for name in (Payment.STAGE, Payment.OCCURRENCE_NO)),
    )
    all_told = pl.col("known_told") + pl.col("new_told")
    all_back = pl.col("known_back") + pl.col("new_back")
    is_over = (all_told > 0) & (all_told <= all_back) & (pl.col("told") > pl.col("back"))
    stands = (all_told > pl.col("any_back") + pl.col("new_back")) & (pl.col("back") > pl.col("told"))
    turns = counts.select(
        is_over=is_over & (pl.col("known_paid") == 0), is_standing=stands & (pl.col("known_paid") == 0)
    )
    rows = rows.hstack(turns)
    may = pl.col(Repeat.IS_REPEAT) & ((is_told & pl.col("is_over")) | (is_back & pl.col("is_standing")))
    rows = rows.with_columns(may.alias("may"))
    last = (
        pl.col(Payment.PAYMENT_NO)
        .filter("may")
        .sort_by(pl.col(Payment.FILE_NO).filter("may"), pl.col(Payment.RECORD_NO).filter("may"))
        .last()
        .over(_NAMED)
    )
    is_renewed = (pl.col("may") & (pl.col(Payment.PAYMENT_NO) == last)).fill_null(False)
    highest = (
        known.filter(pl.col(Known.VARIANT) == ACCEPTED)
        .group_by(_NAMED)
        .agg(pl.col(Known.OCCURRENCE_NO).max().alias("highest"))
    )
    rows = join_beside(rows, highest, _NAMED)
    tonight = pl.col(Payment.OCCURRENCE_NO).filter(is_plain).max().over(_NAMED)
    after = pl.max_horizontal(pl.col("highest").fill_null(0), tonight) + 1
    return rows.with_columns(
        pl.when(is_renewed).then(after).otherwise(Payment.OCCURRENCE_NO).alias(Payment.OCCURRENCE_NO),
        pl.when(is_renewed).then(Payment.PAYMENT_NO).otherwise(Repeat.FIRST_NO).alias(Repeat.FIRST_NO),
        (pl.col(Repeat.IS_REPEAT) & ~is_renewed).alias(Repeat.IS_REPEAT),
    )


def _counts(known: pl.DataFrame) -> pl.DataFrame:
    """既知の速報・取消・確報 of each identity; `any_back` are all 取消, in order or not."""
    stage, outcome = pl.col(Known.STAGE), pl.col(KnownEvent.OUTCOME)
    in_order = ~outcome.is_in([Outcome.STAGE_UNEXPECTED.value, Outcome.CONFLICTS.value])
    told, back, paid = (stage == one_stage.value for one_stage in (Stage.PRELIMINARY, Stage.CANCELLED, Stage.CONFIRMED))
    sums = {"known_told": told & in_order, "known_back": back & in_order, "any_back": back, "known_paid": paid}
    return known.group_by(Known.IDENTITY).agg(
        one_stage.sum().cast(pl.Int64).alias(name) for name, one_stage in sums.items()
    )
