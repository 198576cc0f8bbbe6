"""Remarks on rulings (決裁の注意): what somebody who approves should look at, though nothing forbids it.

Pure. A payee or a payer who differs may be an heir, and 加算金 may follow a rule that the register does not have.
"""

from dataclasses import dataclass

import polars as pl

from elqr.arithmetic.plain_number import yen_text
from elqr.vocabulary.codes import Code
from elqr.vocabulary.findings import Finding, Location
from elqr.vocabulary.ruling_frames import Remarked
from elqr.vocabulary.ruling_terms import Ruling


@dataclass(frozen=True, slots=True)
class _Remark:
    """注意: the code, what of a ruling it is about, when it is to be made, what the ruling states and what is known."""

    code: Code
    about: str
    is_so: pl.Expr
    stated: pl.Expr
    known: pl.Expr


_PAYS_OTHERS = (Ruling.APPLY, Ruling.REASSIGN)
"""違う人の納付書を選べる決裁."""

_INTEREST, _DUE, _WORKING = (pl.col(name) for name in (Remarked.INTEREST_YEN, Remarked.DUE_YEN, Remarked.WORKING))
_PAYEE, _PAYER, _TARGET_PAYER = (
    pl.col(name) for name in (Remarked.PAYEE_REF, Remarked.PAYER_REF, Remarked.TARGET_PAYER_REF)
)
_IS_DECISION = pl.col(Remarked.RULING) == Ruling.REFUND_DECIDED.value
_PAYER_TEXT = pl.format("宛名番号 {}", _PAYER)

_REMARKS = (
    _Remark(
        Code.INTEREST_DIFFERS,
        "加算金",
        _IS_DECISION & (_INTEREST != _DUE),
        pl.format("{}円", yen_text(_INTEREST)),
        pl.format("{}円（{}）", yen_text(_DUE), _WORKING),
    ),
    _Remark(
        Code.INTEREST_UNRULED,
        "加算金",
        _IS_DECISION & (_INTEREST > 0) & _DUE.is_null(),
        pl.format("{}円", yen_text(_INTEREST)),
        pl.col(Remarked.WORKING),
    ),
    _Remark(
        Code.PAYEE_DIFFERS,
        "還付先",
        _IS_DECISION & (_PAYEE != "") & (_PAYEE != _PAYER),
        pl.format("宛名番号 {}", _PAYEE),
        _PAYER_TEXT,
    ),
    _Remark(
        Code.OTHER_PAYER,
        "対象の納付番号",
        pl.col(Remarked.RULING).is_in([ruling.value for ruling in _PAYS_OTHERS]) & (_TARGET_PAYER != _PAYER),
        pl.format("宛名番号 {}", _TARGET_PAYER),
        _PAYER_TEXT,
    ),
    _Remark(
        Code.TARGET_SHARED,
        "対象の納付番号",
        pl.col(Remarked.SHARED).is_not_null(),
        pl.col(Remarked.SHARED),
        pl.lit("一枚の納付書に一つの決裁"),
    ),
)


def remarks_on(rulings: pl.DataFrame) -> dict[int, tuple[Finding, ...]]:
    """決裁の注意: ruling_no → what is to be looked at, of those rulings (frame Remarked) of which something is."""
    remarks: dict[int, tuple[Finding, ...]] = {}
    for remark in _REMARKS:
        rows = rulings.filter(remark.is_so.fill_null(False))
        texts = (remark.stated.alias("stated"), remark.known.alias("known"))
        for number, payment_no, stated, known in rows.select(
            Remarked.RULING_NO, Remarked.PAYMENT_NO, *texts
        ).iter_rows():
            finding = Finding(Location(field=f"受付{payment_no} {remark.about}"), remark.code, stated, known)
            remarks[number] = (*remarks.get(number, ()), finding)
    return remarks
