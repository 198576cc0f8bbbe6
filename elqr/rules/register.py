"""The register (手続台帳): the procedures of a city, with their dates and kinds of accounting.

Counting rule (集計の定め): a procedure is one fee or tax type of the register with a go-live date. It counts from the
fiscal year of that date. The KPI shows the ledger's evidence with the count.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from itertools import pairwise
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator

from elqr.arithmetic.fiscal_year import WithoutPeriod, closing_day, last_day
from elqr.issue.layout import EARLIEST_YEAR, LATEST_YEAR
from elqr.vocabulary.claim_terms import ClaimSource, Item
from elqr.vocabulary.strict import Strict, WrittenDay
from elqr.vocabulary.terms import AccountingKind, Outcome, Priority, ProcedureKind


class Accounting(Strict):
    """会計区分 from a day on, or from the beginning."""

    kind: AccountingKind
    since: WrittenDay | None = Field(default=None, alias="from")


def _list_kind(accounting: object) -> object:
    """会計区分だけの書き方: a single kind stands for a list with one entry."""
    return [{"kind": accounting}] if isinstance(accounting, str) else accounting


_FEE_AT_MOST = 10_000
"""督促手数料 beyond this is a slip of the pen. Our own bound: no law names one."""


class Procedure(Strict):
    """手続（科目）: one line of the register, as the KPI counts it."""

    code: str = Field(pattern=r"^[a-z0-9_]{1,20}$")
    name: str = Field(min_length=1)
    kind: ProcedureKind
    department: str = Field(min_length=1)
    priority: Priority
    item_no: str = Field(pattern=r"^[0-9]{3}$")
    go_live_on: WrittenDay | None = None
    claims: ClaimSource = ClaimSource.NOTICES
    order: tuple[Item, ...] = ()
    demand_fee_yen: int | None = Field(default=None, gt=0, le=_FEE_AT_MOST)
    refund: str = ""
    accounting: Annotated[tuple[Accounting, ...], BeforeValidator(_list_kind)] = (
        Accounting(kind=AccountingKind.GENERAL),
    )

    @model_validator(mode="after")
    def _order_names_each_item(self) -> Self:
        if self.order and sorted(self.order) != sorted(Item):
            items = "・".join(f"{item.value}（{item.label}）" for item in Item)
            raise ValueError(f"order には {items} を一度ずつ、充てる順に書いてください")
        return self

    @model_validator(mode="after")
    def _check_demand_fee(self) -> Self:
        if self.demand_fee_yen is not None and self.claims is ClaimSource.FILE:
            raise ValueError(
                'demand_fee_yen（督促手数料）は、claims = "file" の手続には書けません。'
                "その手続の督促手数料は、調定データが決めます。どちらかを消してください"
            )
        return self

    @model_validator(mode="after")
    def _check_accounting_order(self) -> Self:
        first, *later = [accounting.since for accounting in self.accounting] or [date.min]
        days = [day for day in later if day is not None]
        if first is not None or len(days) != len(later) or days != sorted(set(days)):
            raise ValueError("accounting は、初めの一つを from なしで、次からを from（始まる日）の順に書いてください")
        if any((day.month, day.day) != (4, 1) for day in days):
            raise ValueError("accounting の from は 4月1日 です")
        return self

    @property
    def order_text(self) -> str:
        """充てる順序 as the ledger has it: the items, separated by commas; empty where the city does not say."""
        return ",".join(self.order)

    def with_order(self, text: str) -> Self:
        """別の充てる順序で: with an order as `order_text`."""
        return self.model_copy(update={"order": tuple(Item(item) for item in text.split(",") if item)})

    def accounting_on(self, day: date) -> AccountingKind:
        """会計区分 on a day."""
        return [
            accounting.kind for accounting in self.accounting if accounting.since is None or accounting.since <= day
        ][-1]

    def closing_day(self, fiscal_year: int) -> date:
        """締めの日 of a fiscal year. The kind of accounting after it decides, because 打切決算 has no 出納整理期間."""
        return closing_day(fiscal_year, self.accounting_on(last_day(fiscal_year) + timedelta(days=1)))

    def is_live(self, on: date) -> bool:
        """eL-QR対応済か on a day."""
        return self.go_live_on is not None and self.go_live_on <= on


class RefundRule(Strict):
    """還付の決まり of a kind of fund, as the city has confirmed it.

    `overpaid` are the reasons that are 過納; all others are 誤納, whose interest starts `later_months` later. The base
    is cut to `base_unit_yen` and bears nothing below `base_least_yen`; the interest is cut to `unit_yen` and not paid
    below `least_yen`.
    """

    barred_years: int = Field(ge=1, le=20)
    has_interest: bool
    overpaid: tuple[Outcome, ...] = ()
    later_months: int = Field(default=0, ge=0, le=12)
    base_unit_yen: int = Field(default=1, ge=1)
    base_least_yen: int = Field(default=0, ge=0)
    unit_yen: int = Field(default=1, ge=1)
    least_yen: int = Field(default=0, ge=0)


class RefundRate(Strict):
    """還付加算金の割合 of a calendar year, in percent, as the city has confirmed it."""

    year: int = Field(ge=EARLIEST_YEAR, le=LATEST_YEAR)
    percent: float = Field(ge=0, le=100)


class KpiTarget(Strict):
    """累積手続数の目標 of a fiscal year: so many procedures or more."""

    year: int = Field(ge=1900, le=2199)
    procedures: int = Field(ge=1)


class KpiPlan(Strict):
    """KPI の目標, as a plan of the city sets them: its name, and the target of each fiscal year."""

    plan: str = Field(min_length=1)
    targets: tuple[KpiTarget, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _check_years(self) -> Self:
        if (years := [target.year for target in self.targets]) != sorted(set(years)):
            raise ValueError("kpi の targets は、年度の順に、一つの年度に一つ書いてください")
        for before, target in pairwise(self.targets):
            if target.procedures < before.procedures:
                raise ValueError(
                    f"kpi の targets は累積の手続数なので、前の年度より減りません"
                    f"（{before.year}年度 {before.procedures}、{target.year}年度 {target.procedures}）"
                )
        return self

    @property
    def by_year(self) -> dict[int, int]:
        """年度ごとの目標."""
        return {target.year: target.procedures for target in self.targets}


class Register(Strict):
    """手続台帳: the procedures of a city. Without `kpi` the city has set no targets."""

    procedure: tuple[Procedure, ...] = Field(min_length=1)
    kpi: KpiPlan | None = None
    refund_rules: dict[str, RefundRule] = Field(default_factory=dict)
    refund_rates: tuple[RefundRate, ...] = ()

    @model_validator(mode="after")
    def _check_refunds(self) -> Self:
        names = {procedure.refund for procedure in self.procedure if procedure.refund}
        if lost := sorted(names - self.refund_rules.keys()):
            raise ValueError(f"refund の決まり {', '.join(lost)} が [refund_rules] にありません")
        years = [rate.year for rate in self.refund_rates]
        if twice := sorted({year for year in years if years.count(year) > 1}):
            raise ValueError(f"refund_rates の年が重なっています: {', '.join(map(str, twice))}")
        return self

    @model_validator(mode="after")
    def _check_uniqueness(self) -> Self:
        for column, values in (
            ("code", [procedure.code for procedure in self.procedure]),
            ("item_no", [procedure.item_no for procedure in self.procedure]),
        ):
            twice = sorted({value for value in values if values.count(value) > 1})
            if twice:
                raise ValueError(f"{column} が重なっています: {', '.join(twice)}")
        return self

    def named(self, code: str | None) -> Procedure | None:
        """手続 of a code, or None."""
        return next((procedure for procedure in self.procedure if procedure.code == code), None)

    def name_of(self, code: str) -> str:
        """手続の名 of a code; the code itself where the register has none of it."""
        procedure = self.named(code)
        return procedure.name if procedure else code

    @property
    def departments(self) -> list[str]:
        """所管課 of the procedures, each once, in order."""
        return sorted({procedure.department for procedure in self.procedure})

    @property
    def names(self) -> dict[str, tuple[str, str]]:
        """名前と所管課 of each procedure, by code."""
        return {procedure.code: (procedure.name, procedure.department) for procedure in self.procedure}

    @property
    def demand_fees(self) -> dict[str, int]:
        """督促手数料 of a reminder, by the codes of the procedures that charge one."""
        return {p.code: p.demand_fee_yen for p in self.procedure if p.demand_fee_yen is not None}

    @property
    def by_file(self) -> frozenset[str]:
        """調定データで受ける手続: the codes of procedures of which claim files say what is owed."""
        return frozenset(procedure.code for procedure in self.procedure if procedure.claims is ClaimSource.FILE)

    def with_orders(self, orders: Mapping[str, str]) -> Self:
        """別の充てる順序で: with these orders, as `order_text`, by procedure. The other procedures have none."""
        procedures = tuple(procedure.with_order(orders.get(procedure.code, "")) for procedure in self.procedure)
        return self.model_copy(update={"procedure": procedures})

    def without_closing_period(self) -> list[WithoutPeriod]:
        """出納整理期間のない間: the times in which procedures are 公営企業会計."""
        spans = []
        for procedure in self.procedure:
            ends = [later.since - timedelta(days=1) for later in procedure.accounting[1:] if later.since is not None]
            for accounting, end in zip(procedure.accounting, [*ends, date.max], strict=True):
                if accounting.kind is AccountingKind.PUBLIC_ENTERPRISE:
                    spans.append(WithoutPeriod(procedure.code, accounting.since or date.min, end))
        return spans
