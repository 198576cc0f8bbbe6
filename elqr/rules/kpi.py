"""KPI eL-QR対応の手続数（累積）: how many procedures of the register support eL-QR, with the ledger's evidence."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from elqr.arithmetic.fiscal_year import fiscal_year
from elqr.arithmetic.wareki import wareki_fiscal_year
from elqr.rules.register import Procedure, Register

COUNTING_RULE = "手続台帳の一科目を一手続とし、運用開始日の属する会計年度から累積で数える。"
NO_TARGETS = "手続台帳に [kpi] がないので、目標はありません。"


@dataclass(frozen=True, slots=True)
class Evidence:
    """運用の証拠: what the ledger says about a procedure up to the as-of date."""

    first_issued_on: date | None = None
    first_paid_on: date | None = None
    notices: int = 0
    elqr_payments: int = 0
    elqr_yen: int = 0
    payments: int = 0

    @property
    def elqr_share(self) -> float | None:
        """eL-QRの割合 of the confirmed payments; None without payments."""
        return self.elqr_payments / self.payments if self.payments else None


@dataclass(frozen=True, slots=True)
class YearCount:
    """年度別の累積手続数: `planned` counts the register's dates, `live` those up to the as-of date.

    `target` is None for a year for which the city has set none.
    """

    fiscal_year: int
    target: int | None
    planned: int
    live: int

    @property
    def label(self) -> str:
        """和暦の年度, as shown to staff."""
        return wareki_fiscal_year(self.fiscal_year)

    @property
    def is_reached(self) -> bool | None:
        """予定で目標に届くか; None without a target."""
        return None if self.target is None else self.planned >= self.target


@dataclass(frozen=True, slots=True)
class ProcedureEvidence:
    """手続ごとの証拠, with a remark (注意) where register and evidence disagree."""

    procedure: Procedure
    evidence: Evidence
    remark: str


@dataclass(frozen=True, slots=True)
class Kpi:
    """KPI eL-QR対応の手続数(累積). `plan` names the plan that sets the targets, and is empty without one."""

    as_of: date
    plan: str
    years: tuple[YearCount, ...]
    procedures: tuple[ProcedureEvidence, ...]

    def as_dict(self) -> dict[str, object]:
        """For `--json` and reports."""
        return {
            "as_of": self.as_of.isoformat(),
            "counting_rule": COUNTING_RULE,
            "plan": self.plan,
            "years": [
                {
                    "fiscal_year": year.fiscal_year,
                    "label": year.label,
                    "target": year.target,
                    "planned": year.planned,
                    "live": year.live,
                    "reached": year.is_reached,
                }
                for year in self.years
            ],
            "procedures": [_as_dict(line) for line in self.procedures],
        }


def _as_dict(line: ProcedureEvidence) -> dict[str, object]:
    procedure, evidence = line.procedure, line.evidence
    return {
        "code": procedure.code,
        "name": procedure.name,
        "kind": procedure.kind.value,
        "department": procedure.department,
        "priority": procedure.priority.value,
        "go_live_on": procedure.go_live_on.isoformat() if procedure.go_live_on else None,
        "first_issued_on": evidence.first_issued_on.isoformat() if evidence.first_issued_on else None,
        "first_paid_on": evidence.first_paid_on.isoformat() if evidence.first_paid_on else None,
        "notices": evidence.notices,
        "elqr_payments": evidence.elqr_payments,
        "elqr_yen": evidence.elqr_yen,
        "payments": evidence.payments,
        "elqr_share": round(evidence.elqr_share, 4) if evidence.elqr_share is not None else None,
        "remark": line.remark,
    }


def kpi(register: Register, evidence: Mapping[str, Evidence], as_of: date, years: tuple[int, ...] = ()) -> Kpi:
    """KPIを数える: the procedures per fiscal year against the targets, and the evidence of each procedure.

    `evidence` is by procedure code. Without `years` they are those of the targets, and without targets that of the day.
    """
    targets = register.kpi.by_year if register.kpi else {}
    years = years or tuple(targets) or (fiscal_year(as_of),)
    counts = tuple(_year_count(register, year, targets.get(year), as_of) for year in years)
    lines = tuple(
        ProcedureEvidence(
            procedure,
            evidence.get(procedure.code, Evidence()),
            _remark(procedure, evidence.get(procedure.code, Evidence()), as_of),
        )
        for procedure in register.procedure
    )
    return Kpi(as_of, register.kpi.plan if register.kpi else "", counts, lines)


def _year_count(register: Register, year: int, target: int | None, as_of: date) -> YearCount:
    procedures = register.procedure
    live_days = [p.go_live_on for p in procedures if p.go_live_on and fiscal_year(p.go_live_on) <= year]
    return YearCount(year, target, len(live_days), sum(day <= as_of for day in live_days))


def _remark(procedure: Procedure, evidence: Evidence, as_of: date) -> str:
    """注意: declared without evidence, or evidence without a declaration."""
    is_live = procedure.is_live(as_of)
    if is_live and not evidence.notices:
        return "運用開始済だが、eL-QR付き納付書の発行がない"
    if is_live and not evidence.elqr_payments:
        return "運用開始済だが、eL-QRでの収納がまだない"
    if not is_live and (evidence.notices or evidence.elqr_payments):
        return "運用開始の登録がないのに、eL-QRの発行・収納がある"
    return ""
