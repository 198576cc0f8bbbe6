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


ELSEWHERE = "elsewhere"
"""ほかの依頼にある場所, in words."""


@dataclass(frozen=True, slots=True)
class DebitDays:
    """引落日の決まり: the first day that is not past, and how far from its 納期限 a claim may be debited, in days.

    A debit that failed may be asked for again, after 納期限.
    """

    first_on: date
    early: int
    late: int

    def due_between(self) -> tuple[pl.Expr, pl.Expr]:
        """引落日に合う納期限: the first and the last."""
        debit_on = pl.col(Debit.DEBIT_ON)
        return debit_on - pl.duration(days=self.late), debit_on + pl.duration(days=self.early)

    def is_in_time(self) -> pl.Expr:
        """納期限が引落日に合うか; true where no notice is known."""
        return pl.col(DebitStanding.DUE_ON).is_between(*self.due_between()).fill_null(True)


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
    nothing, key, claim = pl.lit(""), pl.format("顧客番号 {}", Debit.KEY_DIGITS), pl.col(DebitStanding.CLAIM_WORDS)
    outcome, result = pl.col(DebitStanding.OUTCOME), pl.col(DebitStanding.RESULT)
    is_twice = (pl.col(Debit.KEY_DIGITS) != "") & (pl.col(DebitStanding.FIRST_NO) < pl.col(Debit.RECORD_NO))
    paid = pl.concat_str(DebitStanding.PAID, pl.format("（{}）", claim), ignore_nulls=True)
    is_cancelled, is_settled = (outcome == kind.value for kind in (Outcome.NOTICE_CANCELLED, Outcome.ALREADY_SETTLED))
    waits = is_open() & pl.col(DebitStanding.WAITING).is_not_null() & result.is_null()
    is_stopped = is_open() & pl.col(DebitStanding.STOP).is_not_null()
    differs = is_open() & (pl.col(Debit.YEN) != pl.col(DebitStanding.OPEN_YEN))
    asked, left = yen_text(Debit.YEN), yen_text(DebitStanding.OPEN_YEN)
    return (
        _Rule(Code.DEBIT_TWICE, is_twice, key, pl.format("{}件目の一つだけ", DebitStanding.FIRST_NO)),
        _Rule(Code.DEBIT_ELSEWHERE, pl.col(ELSEWHERE).is_not_null(), pl.format("{} {}", key, ELSEWHERE), nothing),
        _Rule(Code.DEBIT_ANSWERED, result.is_not_null(), pl.format("{}（{}）", result, key), nothing),
        _Rule(Code.DEBIT_KEY_UNKNOWN, outcome == Outcome.KEY_UNKNOWN.value, key, nothing),
        *_day_rules(days),
        _Rule(Code.DEBIT_CANCELLED, is_cancelled, claim, nothing),
        _Rule(Code.DEBIT_PAID, is_settled, paid, nothing),
        _Rule(Code.DEBIT_WAITING, waits, pl.format("{}（{}）", DebitStanding.WAITING, claim), nothing),
        _Rule(Code.DEBIT_HELD, is_stopped, pl.format("{}（{}）", DebitStanding.STOP, claim), nothing),
        _Rule(Code.DEBIT_AMOUNT, differs, pl.format("{}円（{}）", asked, claim), pl.format("{}円", left)),
        _Rule(Code.DEBIT_OLD_NOTICE, is_open() & _is_old(), claim, nothing),
    )


def _day_rules(days: DebitDays) -> tuple[_Rule, ...]:
    """引落日の規則: of two that may be true, the year is said and not the day."""
    debit_on, due_on = pl.col(Debit.DEBIT_ON), pl.col(DebitStanding.DUE_ON)
    is_off, is_other_year = ~days.is_in_time(), fiscal_year_expr(due_on) != fiscal_year_expr(debit_on)
    due = pl.format("納期限 {}（{}）", due_on, DebitStanding.CLAIM_WORDS)
    wanted = pl.format("引落日 {} に合う納期限（{} から {} まで）", debit_on, *days.due_between())
    is_unissued = ~is_off & (pl.col(DebitStanding.OUTCOME) == Outcome.PAID_BEFORE_ISSUE.value)
    issued = pl.format("発行日 {}（{}）", DebitStanding.ISSUED_ON, DebitStanding.CLAIM_WORDS)
    not_past = pl.lit(f"{days.first_on} か、その後")
    return (
        _Rule(Code.DEBIT_YEAR, is_off & is_other_year, due, wanted),
        _Rule(Code.DEBIT_DAY, is_off & ~is_other_year, due, wanted),
        _Rule(Code.DEBIT_DAY, is_unissued, issued, pl.format("引落日 {} より前", debit_on)),
        _Rule(Code.DEBIT_PAST, debit_on < days.first_on, pl.format("{}", debit_on), not_past),
    )
