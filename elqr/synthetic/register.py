"""The invented city's register (架空の手続台帳): believable procedures, and how each is levied.

The model is a city of 300,000 people that has 7 procedures in fiscal 2026 and 10 by 2029.
Only 税目・料金番号 127 is real: the real notice in samples/ has it. That notice is a prefecture's (office code 44000),
so the city is given its tax too. That it is 自動車税（種別割） is inferred, because 39,500 yen is a rate of this tax.
All other numbers are visibly provisional (9xx). The claims of one procedure come in claim files.
"""

from dataclasses import dataclass
from datetime import date

from elqr.rules.register import Accounting, KpiPlan, KpiTarget, Procedure
from elqr.rules.register_text import register_text
from elqr.vocabulary.claim_terms import ClaimSource
from elqr.vocabulary.terms import AccountingKind, Priority, ProcedureKind

_PLAN = KpiPlan(
    plan="第2次四日市市情報化実行計画（2026年3月）「公金収納におけるeL-QRの活用」",
    targets=tuple(
        KpiTarget(year=year, procedures=count) for year, count in {2026: 7, 2027: 8, 2028: 9, 2029: 10}.items()
    ),
)
"""累積手続数の目標, by fiscal year. Source: measure 2 of the plan."""

_FILED = "kaigo"
"""調定データで受ける手続."""


@dataclass(frozen=True, slots=True)
class Levy:
    """賦課: a procedure, its instalments and its share of all notices.

    `has_given_keys` when an older system set the keys of its notices.
    """

    procedure: Procedure
    installments: tuple[int, ...]
    share: float
    has_given_keys: bool = False


def _levy(
    code: str,
    name: str,
    kind: ProcedureKind,
    department: str,
    priority: Priority,
    item_no: str,
    go_live_on: date | None,
    accounting: AccountingKind,
    installments: tuple[int, ...],
    share: float,
    has_given_keys: bool = False,
) -> Levy:
    procedure = Procedure(
        code=code,
        name=name,
        kind=kind,
        department=department,
        priority=priority,
        item_no=item_no,
        go_live_on=go_live_on,
        accounting=(Accounting(kind=accounting),),
        claims=ClaimSource.FILE if code == _FILED else ClaimSource.NOTICES,
    )
    return Levy(procedure, installments, share, has_given_keys)


_TAX, _FEE = ProcedureKind.LOCAL_TAX, ProcedureKind.USAGE_FEE
_GENERAL, _SPECIAL, _ENTERPRISE = AccountingKind.GENERAL, AccountingKind.SPECIAL, AccountingKind.PUBLIC_ENTERPRISE
_QUARTERS, _AUTUMN, _ONCE = (1, 2, 3, 4), (5, 6, 7, 8), (1,)

LEVIES: tuple[Levy, ...] = (
    _levy(
        "gakudo",
        "放課後児童クラブ利用料",
        _FEE,
        "こども未来課",
        Priority.EXPANSION,
        "909",
        date(2028, 4, 1),
        _GENERAL,
        _AUTUMN,
        0.03,
    ),
    _levy("jutaku", "市営住宅使用料", _FEE, "市営住宅課", Priority.EXPANSION, "911", None, _GENERAL, _ONCE, 0.02),
    _levy(
        "juminzei",
        "市県民税（普通徴収）",
        _TAX,
        "市民税課",
        Priority.LIVE,
        "902",
        date(2024, 4, 1),
        _GENERAL,
        _QUARTERS,
        0.14,
        True,
    ),
    _levy(
        "kaigo",
        "介護保険料",
        ProcedureKind.CARE_INSURANCE,
        "介護保険課",
        Priority.PRIORITISED,
        "905",
        date(2026, 10, 1),
        _SPECIAL,
        _AUTUMN,
        0.12,
    ),
    _levy(
        "kasen", "河川占用料", _FEE, "河川排水課", Priority.PRIORITISED, "908", date(2027, 4, 1), _GENERAL, _ONCE, 0.01
    ),
    _levy(
        "kenzei",
        "自動車税（種別割）",
        _TAX,
        "市民税課",
        Priority.LIVE,
        "127",
        date(2023, 4, 1),
        _GENERAL,
        (0,),
        0.1,
        True,
    ),
    _levy(
        "koki",
        "後期高齢者医療保険料",
        ProcedureKind.LATE_ELDERLY,
        "保険年金課",
        Priority.PRIORITISED,
        "906",
        date(2026, 10, 1),
        _SPECIAL,
        _AUTUMN,
        0.12,
    ),
    _levy(
        "kokuho",
        "国民健康保険料",
        ProcedureKind.HEALTH_INSURANCE,
        "保険年金課",
        Priority.PRIORITISED,
        "904",
        date(2026, 10, 1),
        _SPECIAL,
        _AUTUMN,
        0.22,
    ),
    _levy(
        "kotei",
        "固定資産税・都市計画税",
        _TAX,
        "資産税課",
        Priority.LIVE,
        "901",
        date(2023, 4, 1),
        _GENERAL,
        _QUARTERS,
        0.18,
        True,
    ),
    _levy(
        "douro", "道路占用料", _FEE, "道路管理課", Priority.PRIORITISED, "907", date(2026, 11, 1), _GENERAL, _ONCE, 0.03
    ),
    _levy(
        "suido", "水道料金", _FEE, "上下水道局", Priority.EXPANSION, "910", date(2029, 4, 1), _ENTERPRISE, _ONCE, 0.03
    ),
)

BY_FILE = tuple(levy.procedure.code for levy in LEVIES if levy.procedure.claims is ClaimSource.FILE)
"""調定データで受ける手続: the codes of the procedures whose claims come in claim files."""


def register_toml() -> str:
    """架空の手続台帳: the text of procedures.toml, in the order of going live."""
    order = sorted(LEVIES, key=lambda levy: (levy.procedure.go_live_on or date.max, levy.procedure.item_no))
    head = ["手続台帳（架空の都市の見本）。item_no の 9xx は仮の値。"]
    return register_text(head, _PLAN, [levy.procedure for levy in order])
