"""Known funds (知られた科目): public funds that a new city chooses its procedures from.

The order is that of the national plan (規制改革実施計画, 2024-06-21): premiums and the fees for using public property
come first; local taxes have eL-QR already. The law gives each of the premiums a special account (特別会計). The numbers
(税目・料金番号) are not here: only the city has them.
"""

from dataclasses import dataclass

from elqr.vocabulary.terms import AccountingKind, Priority, ProcedureKind


@dataclass(frozen=True, slots=True)
class KnownFund:
    """知られた科目: what its name already says of a procedure."""

    code: str
    name: str
    kind: ProcedureKind
    priority: Priority
    accounting: AccountingKind


_FIRST, _LIVE = Priority.PRIORITISED, Priority.LIVE
_TAX, _FEE = ProcedureKind.LOCAL_TAX, ProcedureKind.USAGE_FEE
_GENERAL, _SPECIAL = AccountingKind.GENERAL, AccountingKind.SPECIAL

KNOWN_FUNDS: tuple[KnownFund, ...] = (
    KnownFund("kokuho", "国民健康保険料", ProcedureKind.HEALTH_INSURANCE, _FIRST, _SPECIAL),
    KnownFund("kaigo", "介護保険料", ProcedureKind.CARE_INSURANCE, _FIRST, _SPECIAL),
    KnownFund("koki", "後期高齢者医療保険料", ProcedureKind.LATE_ELDERLY, _FIRST, _SPECIAL),
    KnownFund("douro", "道路占用料", _FEE, _FIRST, _GENERAL),
    KnownFund("kasen", "河川占用料", _FEE, _FIRST, _GENERAL),
    KnownFund("juminzei", "個人住民税（普通徴収）", _TAX, _LIVE, _GENERAL),
    KnownFund("kotei", "固定資産税・都市計画税", _TAX, _LIVE, _GENERAL),
    KnownFund("keiji", "軽自動車税（種別割）", _TAX, _LIVE, _GENERAL),
)
