"""Near 通知書番号: what a refused row may have meant, counted and written by hand, and what the morning says."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from elqr.rules.near_bills import ASKED_AT_MOST, near_bills, unknown_bills, with_known_bills, with_near_bills
from elqr.vocabulary.codes import Code
from elqr.vocabulary.findings import Finding, Location
from tests.builders import JOB, REGISTER, City, claim_file, claim_row, elqr, notice_file, notice_row
from tests.cases.job_parts import CLAIMS

_KEY = {"procedure_code": "kokuho", "levy_year": 2026, "tax_year": 2026, "bill_no": "100234", "installment_no": 1}
_WANTED = "調定データにある調定"


def _found(record_no: int = 1, code: Code = Code.CLAIM_UNFILED, expected: str = _WANTED) -> Finding:
    return Finding(Location("f.csv", record_no, field="通知書番号"), code, "", expected)


def _rows(*rows: dict[str, object]) -> pl.DataFrame:
    usual = {**_KEY, "payer_ref": "7"}
    return pl.DataFrame([{"record_no": no, **usual, **row} for no, row in enumerate(rows, start=1)])


def _claims(*claims: dict[str, object]) -> pl.DataFrame:
    usual = {**_KEY, "payer_ref": "8"}
    schema = {
        **dict.fromkeys(usual, pl.String),
        "levy_year": pl.Int64,
        "tax_year": pl.Int64,
        "installment_no": pl.Int64,
    }
    return pl.DataFrame([{**usual, **claim} for claim in claims], schema=schema)


def _told(finding: Finding, rows: pl.DataFrame, claims: pl.DataFrame) -> str:
    (told,) = with_near_bills([finding], near_bills(unknown_bills([finding], rows)), claims)
    assert told.expected.startswith(finding.expected)
    return told.expected.removeprefix(finding.expected).removeprefix("。近い通知書番号: ")


CASES: list[tuple[str, str, list[dict[str, object]], str]] = [
    ("知らない番号だけ", "100234", [{"bill_no": "999999"}], ""),
    ("一桁違い", "100234", [{"bill_no": "100239"}], "100239（1桁違い）"),
    ("二桁の入れ替わり", "100234", [{"bill_no": "102034"}], "102034（隣り合う2桁の入れ替わり）"),
    ("離れた二桁の入れ替わりは近くない", "100234", [{"bill_no": "400231"}], ""),
    ("失われた先頭の0", "234", [{"bill_no": "0000234"}], "0000234（先頭の0）"),
    ("余計な先頭の0", "000234", [{"bill_no": "234"}], "234（先頭の0）"),
    ("20桁まで", "1", [{"bill_no": "0" * 19 + "1"}], f"{'0' * 19}1（先頭の0）"),
    ("0だけの番号", "00", [{"bill_no": "0"}], ""),
    ("桁の抜け", "10234", [{"bill_no": "100234"}], ""),
    ("番号の順に三つまで", "100234", [{"bill_no": f"10023{no}"} for no in (9, 8, 7, 6, 5)],
     "100235（1桁違い）、100236（1桁違い）、100237（1桁違い） ほか2"),
    ("宛名番号の同じものだけ", "100234", [{"bill_no": "100235"}, {"bill_no": "100239", "payer_ref": "7"}],
     "100239（1桁違い・宛名番号も同じ）"),
    ("ほかの手続・年度・期別は近くない", "100234",
     [{"bill_no": "100235", "procedure_code": "suido"}, {"bill_no": "100235", "levy_year": 2025},
      {"bill_no": "100235", "tax_year": 2025}, {"bill_no": "100235", "installment_no": 2}], ""),
    ("その番号の調定がある", "100234", [{"bill_no": "100234"}, {"bill_no": "100235"}], ""),
]  # fmt: skip


@pytest.mark.parametrize(("bill_no", "claims", "wanted"), [row[1:] for row in CASES], ids=[row[0] for row in CASES])
def test_near_numbers_by_hand(bill_no: str, claims: list[dict[str, object]], wanted: str) -> None:
    assert _told(_found(), _rows({"bill_no": bill_no}), _claims(*claims)) == wanted


KNOWN: list[tuple[str, list[dict[str, object]], str]] = [
    ("期別", [{"installment_no": 2}, {"installment_no": 3}], "期別 2、期別 3"),
    ("賦課年度と相当年度", [{"levy_year": 2025, "tax_year": 2025}], "賦課年度 2025・相当年度 2025"),
    ("違いの少ないものだけ", [{"levy_year": 2025, "tax_year": 2025}, {"tax_year": 2025}], "相当年度 2025"),
    ("ほかの手続の同じ人", [{"procedure_code": "suido", "payer_ref": "7"}], "手続コード suido"),
    ("ほかの手続の別の人", [{"procedure_code": "suido"}], ""),
    ("合う調定", [{}], ""),
    ("ほかの番号", [{"bill_no": "100235", "installment_no": 2}], ""),
]


@pytest.mark.parametrize(("claims", "wanted"), [row[1:] for row in KNOWN], ids=[row[0] for row in KNOWN])
def test_what_is_off_beside_a_known_number_by_hand(claims: list[dict[str, object]], wanted: str) -> None:
    finding = _found()
    (told,) = with_known_bills([finding], unknown_bills([finding], _rows({})), _claims(*claims))
    assert told.expected == _WANTED + (f"。この通知書番号の調定があるのは: {wanted}" if wanted else "")


def test_a_cancellation_of_a_known_number_says_what_is_off(tmp_path: Path) -> None:
    city = City.founded(tmp_path / "city")
    bills = {"bill_no": "100001"}
    issued = [{**bills}, {**bills, "issue_no": 2}, {**bills, "installment_no": 2}, {"bill_no": "100002"}]
    off = [{"issue_no": 3}, {"installment_no": 4}, {"levy_year": 2025, "tax_year": 2025}, {"bill_no": "100003"}]
    path = tmp_path / "rows.csv"
    path.write_bytes(notice_file(*(notice_row(**which) for which in issued)))
    assert elqr("notice", "import", path, "--job", city.job).code == 0
    path.write_bytes(notice_file(*(notice_row(change_kind="9", **(bills | which)) for which in off)))
    findings = elqr("notice", "import", path, "--job", city.job, "--json").json["findings"]
    assert [(row["at"].split("「")[1], row["actual"], row["expected"]) for row in findings] == [  # type: ignore[attr-defined, index]
        ("発行連番」", "3", "登録済の納付書（この通知書番号の発行連番は 1・2）"),
        ("期別」", "4", "登録済の納付書（この通知書番号の期別は 1・2）"),
        ("通知書番号」", "100001", "登録済の納付書。この通知書番号の調定があるのは: 賦課年度 2026・相当年度 2026"),
        ("通知書番号」", "100003", "登録済の納付書。近い通知書番号: 100001（1桁違い・宛名番号も同じ）、100002（1桁違い・宛名番号も同じ）"),
    ]  # fmt: skip


def test_a_first_notice_that_is_numbered_as_a_reissue_is_told_of_near_claims(tmp_path: Path) -> None:
    """Only where there is a claim that may be meant. The row is taken in, and the remark is told on its night alone."""
    city = City.founded(tmp_path / "city")
    city.notices(notice_row(bill_no="100001"), notice_row(bill_no="555555", issue_no=2))
    city.notices(notice_row(bill_no="100009", issue_no=2, payer_ref="9"), name="other.csv")
    assert city.night(date(2026, 11, 19)).code == 0, "nothing is near, or only of another payer"
    rows = [notice_row(bill_no=bill, issue_no=no) for bill, no in (("100002", 2), ("777777", 3), ("100003", 1))]
    city.notices(*rows, notice_row(bill_no="100003", issue_no=2), name="more.csv")
    ran = city.night(date(2026, 11, 20))
    wanted = (
        "N625",
        "more.csv 1件目 「通知書番号」",
        "発行連番 2",
        "1。近い通知書番号: 100001（1桁違い・宛名番号も同じ）",
    )
    assert ran.code == 3
    assert (
        [tuple(finding.values()) for finding in ran.json["findings"]]
        == [  # type: ignore[attr-defined]
            (wanted[0], wanted[1], *wanted[2:])
        ]
    )
    assert city.sql("SELECT count(*) FROM claim WHERE bill_no = '100002'") == [(1,)]
    assert city.night(date(2026, 11, 21)).json["findings"] == []
    assert elqr("verify", "--job", city.job, "--date", "2026-11-21").code == 0


def test_only_findings_of_unknown_numbers_are_told_of_near_ones() -> None:
    rows, claims = _rows({}, {}, {}, {}), _claims({"bill_no": "100235"})
    findings = [_found(1, Code.CANCEL_TARGET), _found(2, Code.ASKS_BEYOND), _found(3, expected=""), _found(4)]
    near = near_bills(unknown_bills(findings, rows))
    assert set(near["record_no"]) == {1, 4}
    told = with_near_bills(findings, near, claims)
    assert [finding.expected == before.expected for finding, before in zip(told, findings, strict=True)] == [
        False, True, True, False,
    ]  # fmt: skip


def test_of_very_many_rows_the_first_are_asked_for() -> None:
    count = ASKED_AT_MOST + 1
    findings = [_found(no) for no in range(1, count + 1)]
    asked = unknown_bills(findings, _rows(*({"bill_no": str(no)} for no in range(count))))
    assert asked["record_no"].to_list() == list(range(1, ASKED_AT_MOST + 1))
    assert near_bills(asked.clear()).is_empty()


def test_the_morning_names_the_claim_that_a_mistyped_notice_may_mean(tmp_path: Path) -> None:
    """The row stays refused, and the hint stays with it on later mornings."""
    register = REGISTER.replace('code = "kokuho"', 'code = "kokuho"\nclaims = "file"')
    city = City.founded(tmp_path / "city", JOB + CLAIMS, register)
    (city.folder / "claims").mkdir()
    claims = [claim_row(tsuchisho_no="0012345", atena_no="7"), claim_row(tsuchisho_no="12346", atena_no="9")]
    (city.folder / "claims" / "01.csv").write_bytes(claim_file(*claims))
    city.notices(notice_row(bill_no="12345", payer_ref="7"), notice_row(bill_no="12364", payer_ref="5"))
    hints = ("0012345（先頭の0・宛名番号も同じ）", "12346（隣り合う2桁の入れ替わり）")
    wanted = [("N617", f"調定データにある調定。近い通知書番号: {hint}") for hint in hints]
    for day in (19, 20):
        ran = city.night(date(2026, 11, day))
        assert [(finding["code"], finding["expected"]) for finding in ran.json["findings"]] == wanted  # type: ignore[attr-defined]
    assert city.sql("SELECT count(*) FROM notice") == [(0,)]
