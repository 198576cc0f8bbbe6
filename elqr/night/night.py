"""The night (一夜): a session and what this night has done so far. Only the night's steps write to it."""

from collections import Counter
from dataclasses import dataclass, field

from elqr import __version__
from elqr.report.page.page import Page
from elqr.session.session import Session
from elqr.vocabulary.findings import LISTED_PER_CODE, Finding


@dataclass(slots=True)
class Night:
    """一夜: a session, with what changed the ledger, the files held back or given up, and findings.

    `not_issued` counts new notices by procedure that get no eL-QR, because the procedure is not live.

    All but the session is for the record of the run and the morning's page. No step takes its input from here.
    """

    session: Session
    changes: list[str] = field(default_factory=list)
    quarantined: list[str] = field(default_factory=list)
    given_up: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    not_issued: Counter[str] = field(default_factory=Counter)

    @property
    def not_issued_words(self) -> str:
        """eL-QR を付けない納付書, in words; empty where there is none."""
        name_of = self.session.register.name_of
        counts = "、".join(f"{name_of(code)} {count:,}件" for code, count in sorted(self.not_issued.items()))
        return f"{counts}（運用開始日が未定か先の手続。付けるには、手続台帳の go_live_on を直します）" if counts else ""

    def summary(self, page: Page, run_id: str, exit_code: int) -> dict[str, object]:
        """実行の要約: the head of `run.json`. It has counts and yen, but no names of people."""
        return {
            "run_id": run_id or f"{self.session.night_on:%Y%m%d}-same",
            "program": f"elqr {__version__}",
            "ledger": self.session.ledger_id,
            "numbers": self.session.numbers(),
            "night_on": self.session.night_on.isoformat(),
            "rehearsal": self.session.ledger.rehearsal,
            **({"training": True} if self.session.job.training else {}),
            "changed": bool(self.changes),
            "status": page.status,
            "exit_code": exit_code,
            "quarantined": self.quarantined,
            **({"given_up": self.given_up} if self.given_up else {}),
            "funnel": [
                {"place": line.kind, "label": line.label, "count": line.count, "yen": line.yen} for line in page.funnel
            ],
            "findings": [finding.as_dict() for finding in page.findings[:LISTED_PER_CODE]],
            "kpi": [
                {"fiscal_year": year.fiscal_year, "target": year.target, "planned": year.planned, "live": year.live}
                for year in page.kpi.years
            ],
        }
