"""Repeats (再受信と内容相違): which records of a night repeat what is known, and which contradict it.

Pure. Only records that share an identity with others can do so; all others are new. A repeat has the same content as a
known record. A conflict has other content for the same payment: no version is chosen, and each waits with its yen until
people decide.

Within one evening a payment can be announced, taken back and announced again, each time with the same content.
`_mark_renewed` counts these records by night, not by the order of files.
"""

import polars as pl

from elqr.formats.payment_identity import ACCEPTED, content, variants
from elqr.vocabulary.frames import Known, KnownAs, KnownEvent, Payment, join_beside, overwrite
from elqr.vocabulary.matching_frames import Repeat
from elqr.vocabulary.terms import Outcome, Stage

_STEP = (Payment.IDENTITY, Payment.STAGE)
_CONTENT = "content"
_EVENT = (*_STEP, Payment.OCCURRENCE_NO, _CONTENT)
_REPEAT_COLUMNS = tuple(Repeat.SCHEMA)
_IS_PLAIN, _IS_CONTESTED = "is_plain", "is_contested"


def find_repeats(payments: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """再受信と内容相違: the payments with the columns of frame Repeat.

    `payments` is frame Payment, `known` is frame KnownEvent of their identities. Where a payment is known by another
    number than its file gave it, `occurrence_no` is that number.
    """
    identities = payments[Payment.IDENTITY]
    seen_at = identities.is_in(known[Known.IDENTITY].unique().implode()).arg_true()
    is_alone = ~identities.is_duplicated()
    as_new = payments.select(
        Payment.OCCURRENCE_NO,
        pl.col(Payment.PAYMENT_NO).alias(Repeat.FIRST_NO),
        pl.repeat(False, pl.len()).alias(Repeat.IS_REPEAT),
        pl.repeat(False, pl.len()).alias(Repeat.IS_CONFLICT),
    )
    seen = _judge_alone(payments[seen_at], known).with_columns(seen_at.alias("at"), is_alone[seen_at].alias("is_alone"))
    plain = seen.filter(pl.col(_IS_PLAIN) & pl.col("is_alone"))
    doubtful = pl.concat([(~is_alone).arg_true(), seen.filter(~pl.col(_IS_PLAIN) & pl.col("is_alone"))["at"]])
    doubtful = doubtful.sort()
    others = _mark_renewed(_judge_together(payments[doubtful], known), known)
    judged = overwrite(
        overwrite(as_new, plain.select("at", *_REPEAT_COLUMNS)), others.select(doubtful.alias("at"), *_REPEAT_COLUMNS)
    )
    return payments.drop(Payment.OCCURRENCE_NO).hstack(judged)


def _judge_alone(payments: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """ふつうの続きと再受信: frame Repeat of records that are alone in their identity tonight, and `is_plain`.

    Plain records leave no doubt: their stage is not known yet, or they repeat the accepted content; and they are no
    取消, and no 速報 of a payment with a known 取消.
    """
    is_cancel = pl.col(Known.STAGE) == Stage.CANCELLED.value
    with_cancel = known.filter(is_cancel)[Known.IDENTITY].unique().implode()
    steps = known.select(*_STEP).unique().with_columns(is_known=True)
    accepted = known.filter(pl.col(Known.VARIANT) == ACCEPTED).select(
        *_STEP, Payment.OCCURRENCE_NO, pl.col(Known.PAYMENT_NO).alias("known_no"), content().alias("known_content")
    )
    rows = payments.select(
        *_STEP, Payment.OCCURRENCE_NO, Payment.PAYMENT_NO, content().alias(_CONTENT),
        is_clear=(pl.col(Payment.STAGE) != Stage.CANCELLED.value)
        & ((pl.col(Payment.STAGE) != Stage.PRELIMINARY.value) | ~pl.col(Payment.IDENTITY).is_in(with_cancel)),
    )  # fmt: skip
    rows = join_beside(join_beside(rows, steps, _STEP), accepted, (*_STEP, Payment.OCCURRENCE_NO))
    is_repeat = (pl.col(_CONTENT) == pl.col("known_content")).fill_null(False)
    return rows.select(
        Payment.OCCURRENCE_NO,
        pl.when(is_repeat).then("known_no").otherwise(Payment.PAYMENT_NO).alias(Repeat.FIRST_NO),
        is_repeat.alias(Repeat.IS_REPEAT),
        pl.lit(False).alias(Repeat.IS_CONFLICT),
        (pl.col("is_clear") & (is_repeat | pl.col("is_known").is_null())).alias(_IS_PLAIN),
    )


def known_as(payments: pl.DataFrame, judged: pl.DataFrame) -> pl.DataFrame:
    """何として知るか: frame KnownAs of the new payments that are known otherwise than their own record says."""
    is_renumbered = judged[Payment.OCCURRENCE_NO] != payments[Payment.OCCURRENCE_NO]
    otherwise = payments.filter(judged[Repeat.IS_CONFLICT] | (is_renumbered & ~judged[Repeat.IS_REPEAT]))
    rows = otherwise.select(Payment.PAYMENT_NO, content().alias(_CONTENT)).join(
        judged.select(Payment.PAYMENT_NO, Payment.OCCURRENCE_NO, Repeat.IS_CONFLICT), on=Payment.PAYMENT_NO
    )
    hashed = variants(rows[_CONTENT]).alias(Known.VARIANT)
    return KnownAs.of(
        rows.with_columns(
            pl.when(Repeat.IS_CONFLICT).then(hashed).otherwise(pl.lit(ACCEPTED)).alias(Known.VARIANT),
        )
    )


def _judge_together(payments: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """比べる: each record compared with what is known of its identity and stage, and with the others of tonight.

    The first content of an identity and stage is accepted. When none is known yet and tonight brings several, none is
    accepted: contents conflict, whichever arrives first.
    """
    rows, earlier = payments.with_columns(content().alias(_CONTENT)), known.with_columns(content().alias(_CONTENT))
    number, arrival = pl.col(Payment.PAYMENT_NO), (Payment.FILE_NO, Payment.RECORD_NO)
    known_events = earlier.select(*_EVENT, number.alias("known_no"))
    is_accepted = pl.col(Known.VARIANT) == ACCEPTED
    known_steps = (
        earlier.sort(Known.OCCURRENCE_NO, Known.PAYMENT_NO)
        .group_by(_STEP)
        .agg(pl.col(_CONTENT).filter(is_accepted).first().alias("accepted"),
             number.filter(is_accepted).first().alias("accepted_no"),
             number.min().alias("known_step_no"))
    )  # fmt: skip
    rows = join_beside(
        rows.join(known_events, on=_EVENT, how="left", validate="m:1", maintain_order="left"), known_steps, _STEP
    )
    contents = pl.col(_CONTENT).sort_by(*arrival)
    rows = rows.with_columns(
        number.sort_by(*arrival).first().over(_EVENT).alias("tonight_no"),
        (pl.col(_CONTENT).n_unique().over(_STEP) > 1).alias("is_several"),
        number.sort_by(*arrival).first().over(_STEP).alias("first_no_tonight"),
        number.sort_by(*arrival).filter(contents != contents.first()).first().over(_STEP).alias("other_no_tonight"),
        contents.first().over(_STEP).alias("first_content"),
    )
    is_new = pl.col("known_no").is_null() & (pl.col("tonight_no") == number)
    is_contested = (
        pl.when(pl.col("accepted").is_not_null())
        .then(pl.col(_CONTENT) != pl.col("accepted"))
        .otherwise(pl.col("known_step_no").is_not_null() | pl.col("is_several"))
    )
    other_tonight = (
        pl.when(pl.col(_CONTENT) == pl.col("first_content")).then("other_no_tonight").otherwise("first_no_tonight")
    )
    contradicted = pl.coalesce("accepted_no", "known_step_no", other_tonight)
    return rows.with_columns(
        pl.when(~is_new).then(pl.coalesce("known_no", "tonight_no")).when(is_contested).then(contradicted)
        .otherwise(number).alias(Repeat.FIRST_NO),
        (~is_new).alias(Repeat.IS_REPEAT),
        (is_new & is_contested).alias(Repeat.IS_CONFLICT),
        is_contested.alias(_IS_CONTESTED),
    )  # fmt: skip


def _mark_renewed(rows: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """再びの速報・取消: records with the content of an earlier one that are not repeats of it.

    When all 速報 of a payment were taken back and a night brings more 速報 than 取消, the last 速報 is new. When a 速報
    stands and a night brings more 取消 than 速報, the last 取消 is new. So only the last state of a night counts, and a
    bundle of old records changes nothing. A file that begins with a 取消 implies a 速報 before it.
    """
    stage, is_plain = pl.col(Payment.STAGE), ~pl.col(_IS_CONTESTED)
    is_announced, is_cancel = (is_plain & (stage == kind.value) for kind in (Stage.PRELIMINARY, Stage.CANCELLED))
    is_new, by = ~pl.col(Repeat.IS_REPEAT), Payment.IDENTITY
    opens_with = (
        pl.col(Payment.STAGE)
        .filter(is_announced | is_cancel)
        .sort_by(pl.col(Payment.RECORD_NO).filter(is_announced | is_cancel))
        .first()
    )
    file = (Payment.IDENTITY, Payment.FILE_NO)
    first_record_no = pl.col(Payment.RECORD_NO).filter(is_announced).min().over(file)
    is_first = is_announced & (pl.col(Payment.RECORD_NO) == first_record_no)
    is_implied = is_first & (opens_with.over(file) == Stage.CANCELLED.value)
    counts = join_beside(rows, _counts(known), [by]).select(
        pl.col("known_announced", "known_cancelled", "any_cancelled", "known_paid").fill_null(0),
        (is_announced.sum() + is_implied.sum()).over(by).alias("announced"),
        is_cancel.sum().over(by).alias("cancelled"),
        (is_announced & is_new).sum().over(by).alias("new_announced"),
        (is_cancel & is_new).sum().over(by).alias("new_cancelled"),
        *(pl.col(name) for name in (Payment.STAGE, Payment.OCCURRENCE_NO)),
    )
    all_announced = pl.col("known_announced") + pl.col("new_announced")
    all_cancelled = pl.col("known_cancelled") + pl.col("new_cancelled")
    is_over = (all_announced > 0) & (all_announced <= all_cancelled) & (pl.col("announced") > pl.col("cancelled"))
    any_cancelled = pl.col("any_cancelled") + pl.col("new_cancelled")
    is_standing = (all_announced > any_cancelled) & (pl.col("cancelled") > pl.col("announced"))
    turns = counts.select(
        is_over=is_over & (pl.col("known_paid") == 0), is_standing=is_standing & (pl.col("known_paid") == 0)
    )
    rows = rows.hstack(turns)
    may_renew = pl.col(Repeat.IS_REPEAT) & ((is_announced & pl.col("is_over")) | (is_cancel & pl.col("is_standing")))
    rows = rows.with_columns(may_renew.alias("may_renew"))
    last = (
        pl.col(Payment.PAYMENT_NO)
        .filter("may_renew")
        .sort_by(pl.col(Payment.FILE_NO).filter("may_renew"), pl.col(Payment.RECORD_NO).filter("may_renew"))
        .last()
        .over(_STEP)
    )
    is_renewed = (pl.col("may_renew") & (pl.col(Payment.PAYMENT_NO) == last)).fill_null(False)
    highest = (
        known.filter(pl.col(Known.VARIANT) == ACCEPTED)
        .group_by(_STEP)
        .agg(pl.col(Known.OCCURRENCE_NO).max().alias("highest"))
    )
    rows = join_beside(rows, highest, _STEP)
    tonight = pl.col(Payment.OCCURRENCE_NO).filter(is_plain).max().over(_STEP)
    after = pl.max_horizontal(pl.col("highest").fill_null(0), tonight) + 1
    return rows.with_columns(
        pl.when(is_renewed).then(after).otherwise(Payment.OCCURRENCE_NO).alias(Payment.OCCURRENCE_NO),
        pl.when(is_renewed).then(Payment.PAYMENT_NO).otherwise(Repeat.FIRST_NO).alias(Repeat.FIRST_NO),
        (pl.col(Repeat.IS_REPEAT) & ~is_renewed).alias(Repeat.IS_REPEAT),
    )


def _counts(known: pl.DataFrame) -> pl.DataFrame:
    """既知の速報・取消・確報の数 of each identity. `any_cancelled` counts all 取消, in order or not."""
    stage, outcome = pl.col(Known.STAGE), pl.col(KnownEvent.OUTCOME)
    in_order = ~outcome.is_in([Outcome.STAGE_UNEXPECTED.value, Outcome.CONFLICTS.value])
    stages = (Stage.PRELIMINARY, Stage.CANCELLED, Stage.CONFIRMED)
    is_announced, is_cancel, is_paid = (stage == kind.value for kind in stages)
    counted = {
        "known_announced": is_announced & in_order,
        "known_cancelled": is_cancel & in_order,
        "any_cancelled": is_cancel,
        "known_paid": is_paid,
    }
    return known.group_by(Known.IDENTITY).agg(
        is_counted.sum().cast(pl.Int64).alias(name) for name, is_counted in counted.items()
    )
