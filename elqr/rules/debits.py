"""Debits (口座振替の依頼): what is wrong with the records of a request, given what the ledger says of their claims.

Pure. What a debit may take is what the night would make of it: each key is matched as a payment without limit, made on
引落日. So whether a claim is open, and how far, is decided in one place.
"""

from dataclasses import dataclass
from datetime import date

import polars as pl

from elqr.arithmetic.fiscal_year import fiscal_year_expr
from elqr.arithmetic.plain_number import yen_text
from elqr.rules.matching import match
from elqr.vocabulary.codes import Code
from elqr.vocabulary.debit_frames import Debit, DebitFault, DebitStanding
from elqr.vocabulary.frames import KnownEvent, Payment
from elqr.vocabulary.terms import Channel, Flag, Outcome, Stage

_WITHOUT_LIMIT_YEN = 10**12
"""More than any claim owes."""


@dataclass(frozen=True, slots=True)
class DebitDays:
    """引落日の幅: how many days before and after its 納期限 a claim may be debited. A failed debit is repeated."""

    early: int
    late: int


def as_payments(debits: pl.DataFrame) -> pl.DataFrame:
    """引けるだけ引いた収納: frame Payment, one for each key of a request (frame Debit), with numbers below zero.

    They are taken in the order of their records.
    """
    keys = debits.unique(Debit.KEY_DIGITS, keep="first", maintain_order=True)
    number = pl.int_range(pl.len(), dtype=pl.Int64) - pl.len().cast(pl.Int64)
    known = {
        Payment.PAYMENT_NO: number,
        Payment.FILE_NO: pl.lit(0, pl.Int64),
        Payment.RECORD_NO: pl.col(Debit.RECORD_NO),
        Payment.CHANNEL: pl.lit(Channel.ACCOUNT_TRANSFER.value),
        Payment.STAGE: pl.lit(Stage.CONFIRMED.value),
        Payment.IDENTITY: number.add(_WITHOUT_LIMIT_YEN).cast(pl.String),
        Payment.OCCURRENCE_NO: pl.lit(1, pl.Int64),
        Payment.KEY_KIND: pl.col(Debit.KEY_KIND),
        Payment.KEY_DIGITS: pl.col(Debit.KEY_DIGITS),
        Payment.REISSUE_NO: pl.lit(""),
        Payment.PAID_YEN: pl.lit(_WITHOUT_LIMIT_YEN, pl.Int64),
        Payment.PAID_ON: pl.col(Debit.DEBIT_ON),
    }
    rows = keys.select(**known)
    return Payment.of(
        rows.with_columns(
            pl.lit(None, dtype).alias(name) for name, dtype in Payment.SCHEMA.items() if name not in known
        )
    )


def match_debits(payments: pl.DataFrame, candidates: pl.DataFrame, claims: pl.DataFrame) -> pl.DataFrame:
    """引けるだけ引いた結果 of `as_payments`: key_digits with the columns of Decision; claim_yen is what is open.

    `candidates` is frame Candidate of the keys, `claims` OpenClaim of their notices.
    """
    decisions = match(payments, KnownEvent.empty(), candidates, claims).decisions
    return payments.select(Payment.KEY_DIGITS, Payment.RECORD_NO).hstack(decisions)


def is_open() -> pl.Expr:
    """引けるか: a payment without limit put something on the claims, and left the rest over."""
    return pl.col(DebitStanding.OUTCOME) == Outcome.OVERPAID.value


def may_be_asked() -> pl.Expr:
    """依頼にあるはずか: nothing speaks against a debit, and none has failed. A city may give up after one that has."""
    stops = pl.any_horizontal(pl.col(DebitStanding.WAITING, DebitStanding.STOP).is_not_null())
    return is_open() & ~stops & ~_is_old() & ~pl.col(DebitStanding.WAS_TRIED)


def is_in_time(days: DebitDays) -> pl.Expr:
    """納期限が引落日に合うか; true where no notice is known."""
    first, last = due_between(pl.col(Debit.DEBIT_ON), days)
    return pl.col(DebitStanding.DUE_ON).is_between(first, last).fill_null(True)


def due_between(debit_on: pl.Expr, days: DebitDays) -> tuple[pl.Expr, pl.Expr]:
    """引落日に合う納期限: the first and the last."""
    return debit_on - pl.duration(days=days.late), debit_on + pl.duration(days=days.early)


def _is_old() -> pl.Expr:
    return pl.col(DebitStanding.FLAGS).str.split(",").list.contains(Flag.OLD_NOTICE.value)


@dataclass(frozen=True, slots=True)
class _Rule:
    """規則: the records that break it, with what is found and what is wanted."""

    code: Code
    is_broken: pl.Expr
    actual: pl.Expr
    expected: pl.Expr


def find_faults(standings: pl.DataFrame, others: pl.DataFrame, days: DebitDays) -> pl.DataFrame:
    """引落の指摘: frame DebitFault, every rule that a record breaks, in the order of codes and records.

    `standings` is frame DebitStanding. `others` are debits that other requests ask for: key_digits and `elsewhere`,
    where it stands there in words.
    """
    rows = standings.join(others, on=Debit.KEY_DIGITS, how="left", maintain_order="left", validate="m:1")
    parts = [
        rows.filter(rule.is_broken).select(
            Debit.RECORD_NO,
            Debit.YEN,
            pl.lit(rule.code.value).alias(DebitFault.CODE),
            rule.actual.alias(DebitFault.ACTUAL),
            rule.expected.alias(DebitFault.EXPECTED),
        )
        for rule in _rules(days)
    ]
    return DebitFault.of(pl.concat(parts))


def _rules(days: DebitDays) -> tuple[_Rule, ...]:
    nothing, key = pl.lit(""), pl.format("顧客番号 {}", Debit.KEY_DIGITS)
    due, words = pl.format("納期限 {}（{}）", DebitStanding.DUE_ON, claim_words()), claim_words()
    is_other_year = fiscal_year_expr(pl.col(DebitStanding.DUE_ON)) != fiscal_year_expr(pl.col(Debit.DEBIT_ON))
    is_late = ~is_in_time(days)
    is_early = pl.col(DebitStanding.OUTCOME) == Outcome.PAID_BEFORE_ISSUE.value
    wanted_due = pl.format(
        "引落日 {} に合う納期限（{} から {} まで）", Debit.DEBIT_ON, *due_between(pl.col(Debit.DEBIT_ON), days)
    )
    issued = pl.format("発行日 {}（{}）", DebitStanding.ISSUED_ON, words)
    is_named = pl.col(Debit.KEY_DIGITS) != ""
    waits = pl.col(DebitStanding.WAITING).is_not_null() & pl.col(DebitStanding.RESULT).is_null()
    outcome = pl.col(DebitStanding.OUTCOME)
    return (
        _Rule(
            Code.DEBIT_TWICE,
            is_named & (pl.col(DebitStanding.FIRST_NO) < pl.col(Debit.RECORD_NO)),
            key,
            pl.format("{}件目の一つだけ", DebitStanding.FIRST_NO),
        ),
        _Rule(Code.DEBIT_ELSEWHERE, pl.col(ELSEWHERE).is_not_null(), pl.format("{} {}", key, ELSEWHERE), nothing),
        _Rule(
            Code.DEBIT_ANSWERED,
            pl.col(DebitStanding.RESULT).is_not_null(),
            pl.format("{}（{}）", DebitStanding.RESULT, key),
            nothing,
        ),
        _Rule(Code.DEBIT_KEY_UNKNOWN, outcome == Outcome.KEY_UNKNOWN.value, key, nothing),
        _Rule(Code.DEBIT_YEAR, is_late & is_other_year, due, wanted_due),
        _Rule(Code.DEBIT_DAY, is_late & ~is_other_year, due, wanted_due),
        _Rule(Code.DEBIT_DAY, ~is_late & is_early, issued, pl.format("引落日 {} より前", Debit.DEBIT_ON)),
        _Rule(Code.DEBIT_CANCELLED, outcome == Outcome.NOTICE_CANCELLED.value, words, nothing),
        _Rule(
            Code.DEBIT_PAID,
            outcome == Outcome.ALREADY_SETTLED.value,
            pl.concat_str(DebitStanding.PAID, pl.format("（{}）", words), ignore_nulls=True),
            nothing,
        ),
        _Rule(Code.DEBIT_WAITING, is_open() & waits, pl.format("{}（{}）", DebitStanding.WAITING, words), nothing),
        _Rule(
            Code.DEBIT_HELD,
            is_open() & pl.col(DebitStanding.STOP).is_not_null(),
            pl.format("{}（{}）", DebitStanding.STOP, words),
            nothing,
        ),
        _Rule(
            Code.DEBIT_AMOUNT,
            is_open() & (pl.col(Debit.YEN) != pl.col(DebitStanding.OPEN_YEN)),
            pl.format("{}円（{}）", yen_text(Debit.YEN), words),
            pl.format("{}円", yen_text(DebitStanding.OPEN_YEN)),
        ),
        _Rule(Code.DEBIT_OLD_NOTICE, is_open() & _is_old(), words, nothing),
    )


ELSEWHERE = "elsewhere"
"""ほかの依頼にある場所, in words."""


def claim_words() -> pl.Expr:
    """どの調定か, in words; of several claims as their notice names them."""
    return pl.format(
        "{} {}年度 {} {}期",
        DebitStanding.PROCEDURE_CODE, DebitStanding.LEVY_YEAR, DebitStanding.BILL_NO, DebitStanding.INSTALLMENT_NO,
    )  # fmt: skip


def past_days(debits: pl.DataFrame, today: date) -> pl.DataFrame:
    """過ぎた引落日: record_no of the first record of each, and debit_on."""
    past = debits.filter(pl.col(Debit.DEBIT_ON) < today)
    return past.select(Debit.RECORD_NO, Debit.DEBIT_ON).unique(Debit.DEBIT_ON, keep="first", maintain_order=True)
