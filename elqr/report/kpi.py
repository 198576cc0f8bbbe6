"""KPI on the terminal (KPI表示)."""

from collections.abc import Iterator

from elqr.arithmetic.wareki import wareki
from elqr.rules.kpi import COUNTING_RULE, NO_TARGETS, Kpi


def kpi_lines(kpi: Kpi) -> Iterator[str]:
    """年度別の累積と、手続ごとの証拠: the lines that the terminal shows."""
    yield f"KPI eL-QR対応の手続数（累積） {wareki(kpi.as_of)}現在"
    yield f"集計の定め: {COUNTING_RULE}"
    yield f"目標の定め: {kpi.plan or NO_TARGETS}"
    for year in kpi.years:
        target = f"目標{year.target}以上 " if year.target else ""
        verdict = {True: "達成の予定", False: "不足", None: ""}[year.is_reached]
        yield f"  {year.label}  {target}予定{year.planned}（うち運用中{year.live}）{verdict}"
    yield "手続ごとの証拠:"
    for line in kpi.procedures:
        procedure, evidence = line.procedure, line.evidence
        share = f"{evidence.elqr_share:.1%}" if evidence.elqr_share is not None else "－"
        kind = f"{procedure.kind.value}・{procedure.priority.value}"
        yield f"  {procedure.name}（{kind}） 運用開始 {procedure.go_live_on or '未定'}"
        yield (
            f"    最初の発行 {evidence.first_issued_on or '－'}  最初のeL-QR収納 {evidence.first_paid_on or '－'}  "
            f"発行 {evidence.notices:,}件  "
            f"eL-QR収納 {evidence.elqr_payments:,}件 {evidence.elqr_yen:,}円  eL-QRの割合 {share}"
        )
        if line.remark:
            yield f"    注意: {line.remark}"
