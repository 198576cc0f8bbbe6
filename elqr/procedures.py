"""手続台帳 and KPI: the register of procedures, and how many of them support eL-QR.

Counting rule (集計の定め): one procedure is one fee or tax type of the register with a dated go-live;
it counts from the fiscal year of its go-live. Beside the count stands the evidence from the ledger.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from elqr.arithmetic.fiscal_year import WithoutPeriod, closing_day, fiscal_year, last_day
from elqr.arithmetic.wareki import wareki_fiscal_year
from elqr.disk.config_files import read_toml
from elqr.vocabulary.errors import BadFile, explain
from elqr.vocabulary.strict import Strict, WrittenDay
from elqr.vocabulary.terms import AccountingKind, Priority, ProcedureKind

TARGETS: dict[int, int] = {2026: 7, 2027: 8, 2028: 9, 2029: 10}
"""累積手続数の目標, by fiscal year. Source: 第2次四日市市情報化実行計画 (March 2026), measure 2."""

COUNTING_RULE = "手続台帳の一科目を一手続とし、運用開始日の属する会計年度から累積で数える。"


class Accounting(Strict):
    """会計区分 from a day on; without a day, from the beginning."""

    kind: AccountingKind
    since: WrittenDay | None = Field(default=None, alias="from")


def _as_dated(given: object) -> object:
    return [{"kind": given}] if isinstance(given, str) else given


class Procedure(Strict):
    """手続（科目）."""

    code: str = Field(pattern=r"^[a-z0-9_]{1,20}$")
    name: str = Field(min_length=1)
    kind: ProcedureKind
    department: str = Field(min_length=1)
    priority: Priority
    item_no: str = Field(pattern=r"^[0-9]{3}$")
    go_live_on: WrittenDay | None = None
    accounting: Annotated[tuple[Accounting, ...], BeforeValidator(_as_dated)] = (
        Accounting(kind=AccountingKind.GENERAL),
    )

    @model_validator(mode="after")
    def _accounting_is_in_order(self) -> Self:
        first, *later = [own.since for own in self.accounting] or [date.min]
        days = [day for day in later if day is not None]
        if first is not None or len(days) != len(later) or days != sorted(set(days)):
            raise ValueError("accounting は、初めの一つを from なしで、次からを from（始まる日）の順に書いてください")
        if any((day.month, day.day) != (4, 1) for day in days):
            raise ValueError("accounting の from は 4月1日 です")
        return self

    def accounting_on(self, day: date) -> AccountingKind:
        """会計区分 on a day."""
        return [own.kind for own in self.accounting if own.since is None or own.since <= day][-1]

    def closing_day(self, fiscal_year: int) -> date:
        """締めの日 of a fiscal year, by the kind of accounting that follows it: 打切決算 has no 出納整理期間."""
        return closing_day(fiscal_year, self.accounting_on(last_day(fiscal_year) + timedelta(days=1)))

    def is_live(self, on: date) -> bool:
        """eL-QR対応済 on a day."""
        return self.go_live_on is not None and self.go_live_on <= on


class Register(Strict):
    """手続台帳."""

    procedure: tuple[Procedure, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _codes_are_unique(self) -> Self:
        for what, values in (
            ("code", [p.code for p in self.procedure]),
            ("item_no", [p.item_no for p in self.procedure]),
        ):
            twice = sorted({value for value in values if values.count(value) > 1})
            if twice:
                raise ValueError(f"{what} が重なっています: {', '.join(twice)}")
        return self

    def named(self, code: str | None) -> Procedure | None:
        """The procedure of a code, or None."""
        return next((procedure for procedure in self.procedure if procedure.code == code), None)

    @property
    def names(self) -> dict[str, tuple[str, str]]:
        """名前と所管課 of each procedure, by its code."""
        return {own.code: (own.name, own.department) for own in self.procedure}

    def without_closing_period(self) -> list[WithoutPeriod]:
        """出納整理期間のない間 (公営企業会計) of all procedures."""
        found = []
        for own in self.procedure:
            ends = [later.since - timedelta(days=1) for later in own.accounting[1:] if later.since is not None]
            for one, end in zip(own.accounting, [*ends, date.max], strict=True):
                if one.kind is AccountingKind.PUBLIC_ENTERPRISE:
                    found.append(WithoutPeriod(own.code, one.since or date.min, end))
        return found


def read_register(path: Path) -> Register:
    """手続台帳を読む. Raises NotFound, BadFile with the place."""
    try:
        return Register.model_validate(read_toml(path, "手続台帳", "ジョブの register を確かめてください。"))
    except ValidationError as error:
        raise BadFile(
            f"手続台帳 {path} に誤りがあります: {explain(error)}。直してから、もう一度実行してください。"
        ) from error


@dataclass(frozen=True, slots=True)
class Evidence:
    """運用の証拠: what the ledger knows of a procedure up to the as-of date."""

    first_issued_on: date | None = None
    first_paid_on: date | None = None
    notices: int = 0
    elqr_payments: int = 0
    elqr_yen: int = 0
    payments: int = 0

    @property
    def elqr_share(self) -> float | None:
        """eL-QRの割合 of confirmed payments; None without payments."""
        return self.elqr_payments / self.payments if self.payments else None


@dataclass(frozen=True, slots=True)
class YearCount:
    """年度別の累積手続数: `planned` by the register's dates, `live` of them up to the as-of date."""

    fiscal_year: int
    target: int
    planned: int
    live: int

    @property
    def label(self) -> str:
        return wareki_fiscal_year(self.fiscal_year)


@dataclass(frozen=True, slots=True)
class ProcedureEvidence:
    """手続ごとの証拠, with what is odd about it (注意)."""

    procedure: Procedure
    evidence: Evidence
    remark: str


@dataclass(frozen=True, slots=True)
class Kpi:
    """KPI eL-QR対応の手続数(累積)."""

    as_of: date
    years: tuple[YearCount, ...]
    procedures: tuple[ProcedureEvidence, ...]

    def as_dict(self) -> dict[str, object]:
        """For `--json` and reports."""
        return {
            "as_of": self.as_of.isoformat(),
            "counting_rule": COUNTING_RULE,
            "years": [
                {
                    "fiscal_year": y.fiscal_year,
                    "label": y.label,
                    "target": y.target,
                    "planned": y.planned,
                    "live": y.live,
                    "reached": y.planned >= y.target,
                }
                for y in self.years
            ],
            "procedures": [_as_dict(line) for line in self.procedures],
        }


def _as_dict(line: ProcedureEvidence) -> dict[str, object]:
    own, seen = line.procedure, line.evidence
    return {
        "code": own.code,
        "name": own.name,
        "kind": own.kind.value,
        "department": own.department,
        "priority": own.priority.value,
        "go_live_on": own.go_live_on.isoformat() if own.go_live_on else None,
        "first_issued_on": seen.first_issued_on.isoformat() if seen.first_issued_on else None,
        "first_paid_on": seen.first_paid_on.isoformat() if seen.first_paid_on else None,
        "notices": seen.notices,
        "elqr_payments": seen.elqr_payments,
        "elqr_yen": seen.elqr_yen,
        "payments": seen.payments,
        "elqr_share": round(seen.elqr_share, 4) if seen.elqr_share is not None else None,
        "remark": line.remark,
    }


def kpi(register: Register, evidence: Mapping[str, Evidence], as_of: date, years: tuple[int, ...] = ()) -> Kpi:
    """KPIを数える: per fiscal year, against the targets, with the evidence of each procedure."""
    counts = tuple(_year_count(register, year, as_of) for year in years or tuple(TARGETS))
    lines = tuple(
        ProcedureEvidence(
            own, evidence.get(own.code, Evidence()), _remark(own, evidence.get(own.code, Evidence()), as_of)
        )
        for own in register.procedure
    )
    return Kpi(as_of, counts, lines)


def _year_count(register: Register, year: int, as_of: date) -> YearCount:
    dated = [p.go_live_on for p in register.procedure if p.go_live_on and fiscal_year(p.go_live_on) <= year]
    return YearCount(year, TARGETS.get(year, 0), len(dated), sum(day <= as_of for day in dated))


def _remark(own: Procedure, seen: Evidence, as_of: date) -> str:
    """注意: declared without evidence, or evidence without a declaration."""
    live = own.is_live(as_of)
    if live and not seen.notices:
        return "運用開始済だが、eL-QR付き納付書の発行がない"
    if live and not seen.elqr_payments:
        return "運用開始済だが、eL-QRでの収納がまだない"
    if not live and (seen.notices or seen.elqr_payments):
        return "運用開始の登録がないのに、eL-QRの発行・収納がある"
    return ""
