"""Notices as staff import them: by command, twice, changed, cancelled, reissued; and the KPI."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.builders import (
    NIGHT,
    REAL_NOTICE,
    REAL_PAYMENT,
    REGISTER,
    City,
    cvs_file,
    cvs_row,
    elqr,
    eltax_file,
    notice_file,
    notice_row,
)


@pytest.fixture
def city(tmp_path: Path) -> City:
    return City.founded(tmp_path / "city")


def _import(city: City, *rows: dict[str, object], charset: str = "utf-8") -> dict[str, object]:
    path = city.folder / "rows.csv"
    path.write_bytes(notice_file(*rows, charset=charset))
    return elqr("notice", "import", path, "--job", city.job, "--json").json


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "cp932"])
def test_a_file_in_any_of_its_charsets(city: City, charset: str) -> None:
    assert _import(city, notice_row(payer_name="髙﨑 一郎"), charset=charset)["count"] == 1
    assert city.sql("SELECT payer_name FROM notice") == [("髙﨑 一郎",)]


def test_the_same_file_twice_changes_nothing(city: City) -> None:
    assert _import(city, notice_row(), notice_row(bill_no="2"))["result"] == "新規2 変更なし0 指摘0"
    before = city.ledger_state()
    assert _import(city, notice_row(), notice_row(bill_no="2"))["result"] == "取込済"
    assert city.ledger_state() == before
    assert _import(city, notice_row(), notice_row(bill_no="3"))["result"] == "新規1 変更なし1 指摘0"


_RESPELT = [
    ("髙橋 﨑子", "高橋 﨑子", True),
    ("髙橋 﨑子", "髙橋 崎子", True),
    ("髙橋 﨑子", "髙橋　﨑子", True),
    ("髙橋 﨑子", "髙橋﨑子", True),
    ("渡邉 斎", "渡辺 齋", True),
    ("タカハシ ハナコ", "ﾀｶﾊｼ ﾊﾅｺ", True),
    ("髙橋 﨑子", "髙橋 咲子", False),
    ("髙橋 﨑子", "髙橋", False),
    ("髙橋 﨑子", "", False),
]
"""氏名 that is registered, that of the row, and whether they differ in their form only."""


def test_a_name_in_another_form_is_still_a_conflict_and_told_as_such(city: City) -> None:
    """The paper says what was registered, so a row that spells the payer otherwise is not the same row."""
    _import(city, *(notice_row(bill_no=str(no), payer_name=name) for no, (name, _, _) in enumerate(_RESPELT, 1)))
    ran = _import(city, *(notice_row(bill_no=str(no), payer_name=name) for no, (_, name, _) in enumerate(_RESPELT, 1)))
    told = [(finding["code"], finding["actual"], finding["expected"]) for finding in ran["findings"]]  # type: ignore[attr-defined]
    hint = "（氏名は字体か空白だけの違い）"
    assert told == [("N604", "氏名 ＊＊＊", "氏名 ＊＊＊" + hint * is_respelt) for _, _, is_respelt in _RESPELT]


def test_a_changed_row_is_a_conflict_and_never_an_overwrite(city: City) -> None:
    _import(city, notice_row())
    ran = _import(city, notice_row(payer_name="別人 二郎", principal_yen=9_000))
    (finding,) = ran["findings"]  # type: ignore[misc]
    assert finding["code"] == "N604"
    assert finding["actual"] == "本税・本料 9000、氏名 ＊＊＊"
    assert finding["expected"] == "本税・本料 10000、氏名 ＊＊＊"
    assert city.sql("SELECT amount_yen, payer_name FROM notice") == [(10_000, "架空 太郎")]


def test_a_cancellation_is_a_record_and_its_notice_gets_no_key(city: City) -> None:
    _import(city, notice_row(), notice_row(bill_no="2"))
    assert _import(city, notice_row(change_kind="9"))["result"] == "新規1 変更なし0 指摘0"
    assert _import(city, notice_row(change_kind="9"), notice_row(bill_no="2"))["result"] == "新規0 変更なし2 指摘0"
    assert elqr("notice", "issue", "--job", city.job).out.startswith("発行 1件 10,000円")
    assert [key[1] for key in city.issued()] == ["2"]
    assert city.sql("SELECT count(*) FROM notice") == [(2,)]


def test_a_cancelled_notice_that_is_sent_again_stays_cancelled_and_is_told(city: City) -> None:
    rows = (notice_row(), notice_row(bill_no="2"))
    _import(city, *rows)
    _import(city, notice_row(change_kind="9"))
    for _ in range(2):
        ran = _import(city, *rows)
        (finding,) = ran["findings"]  # type: ignore[misc]
        assert (finding["code"], finding["actual"], finding["expected"]) == (
            "N613", "1（取消済）", "再発行なら発行連番2以上",
        )  # fmt: skip
    assert _import(city, notice_row(change_kind="9"), *rows)["findings"] == [], "a file that says both is no surprise"
    assert city.sql("SELECT count(*) FROM notice_cancel") == [(1,)]
    assert _import(city, notice_row(issue_no=2))["findings"] == []


def test_a_file_that_lies_where_it_was_does_not_send_its_cancelled_rows_again(city: City) -> None:
    city.notices(notice_row(), notice_row(bill_no="2", principal_yen=0), name="1.csv")
    city.night()
    city.notices(notice_row(change_kind="9"), name="2.csv")
    city.night()
    assert "N613" not in str(city.night().json["findings"])
    city.notices(notice_row(), notice_row(bill_no="2", principal_yen=0), name="3.csv")
    assert "N613" in str(city.night().json["findings"])


def test_of_two_rows_of_one_notice_the_one_that_was_taken_is_verified(city: City) -> None:
    ran = _import(
        city,
        notice_row(procedure_code="nashi"),
        notice_row(barcode="9" * 44),
        notice_row(principal_yen=0),
        notice_row(),
    )
    assert ran["count"] == 1
    assert elqr("verify", "--job", city.job).code == 0


def test_more_bad_rows_than_are_listed_are_all_left_out(city: City) -> None:
    rows = [notice_row(bill_no=str(number), payer_name="長" * 101) for number in range(1_100)]
    rows += [notice_row(bill_no=str(number), procedure_code="nashi") for number in range(1_100, 2_200)]
    ran = _import(city, notice_row(bill_no="9999"), *rows)
    assert ran["result"] == "新規1 変更なし0 指摘2200"
    assert len(ran["findings"]) == 2_002, "a thousand of each, and how many more"  # type: ignore[arg-type]
    assert city.sql("SELECT bill_no FROM notice") == [("9999",)]


def test_a_payment_of_a_cancelled_notice_waits_in_suspense(city: City) -> None:
    _import(city, REAL_NOTICE)
    elqr("notice", "issue", "--job", city.job)
    _import(city, REAL_NOTICE | {"change_kind": "9"})
    city.deliver("a.csv", eltax_file(REAL_PAYMENT))
    city.night()
    assert city.outcomes() == [("a.csv", 1, "取消済納付書", 0, 39_500)]


def test_a_reissue_with_a_fee_is_what_is_owed(city: City) -> None:
    _import(city, notice_row())
    _import(city, notice_row(issue_no=2, demand_fee_yen=100, issued_on=date(2026, 11, 1)))
    elqr("notice", "issue", "--job", city.job)
    key, check = city.issued()["kokuho", "100001", 1, 1]
    row = REAL_PAYMENT | {
        "key_no": key,
        "check_no": check,
        "item_no": "901",
        "amount_yen": 10_000,
        "paid_on": date(2026, 11, 5),
    }
    city.deliver("a.csv", eltax_file(row))
    city.night()
    assert city.outcomes() == [("a.csv", 1, "不足", 10_000, 0)]
    assert city.report("要確認一覧")[0]["付記"] == "旧納付書"


def test_only_procedures_that_are_live_get_codes(city: City) -> None:
    _import(city, notice_row(), notice_row(procedure_code="suido"))
    elqr("notice", "issue", "--job", city.job)
    assert [key[0] for key in city.issued()] == ["kokuho"]
    assert elqr("notice", "issue", "--job", city.job).out.strip() == "発行する納付書なし"


def test_the_check_no_cannot_be_guessed_without_the_secret(tmp_path: Path) -> None:
    found = []
    for secret in ("invented-secret-one", "invented-secret-two"):
        city = City.founded(tmp_path / secret)
        (city.folder / "secret").write_text(secret, encoding="utf-8")
        _import(city, *(notice_row(bill_no=str(number)) for number in range(20)))
        elqr("notice", "issue", "--job", city.job)
        found.append(city.issued())
    keys = [[key for key, _ in keys.values()] for keys in found]
    checks = [[check for _, check in keys.values()] for keys in found]
    assert keys[0] == keys[1] and checks[0] != checks[1]
    assert len(set(checks[0])) > 15 and len(set(keys[0])) == 20
    assert keys[0][0] == "00000202690000000001", "先頭00000 + 2026 + 区分90 + 連番"


def test_the_secret_may_come_from_the_environment(city: City) -> None:
    (city.folder / "secret").unlink()
    _ = city.notices(notice_row())
    assert elqr("night", city.job, ELQR_CHECK_NO_SECRET="invented-secret-of-the-tests").code == 0


def test_the_kpi_counts_by_go_live_and_shows_the_evidence(city: City) -> None:
    city.notices(REAL_NOTICE, notice_row(barcode=None, customer_no="A1"))
    city.deliver("eltax.csv", eltax_file(REAL_PAYMENT))
    city.deliver("cvs.dat", cvs_file(cvs_row(str(REAL_NOTICE["barcode"]), paid_on=date(2024, 6, 10))))
    city.night()
    ran = elqr("kpi", "--job", city.job, "--date", NIGHT.isoformat(), "--json").json
    (year,) = ran["years"]  # type: ignore[misc]
    assert (year["fiscal_year"], year["label"], year["planned"], year["live"]) == (2026, "令和8（2026）年度", 2, 2)
    kenzei, kokuho, suido = ran["procedures"]  # type: ignore[misc]
    evidence = ("first_issued_on", "first_paid_on", "notices", "elqr_payments", "elqr_yen", "elqr_share", "remark")
    assert [kenzei[name] for name in evidence] == ["2024-05-01", "2024-06-03", 1, 1, 39_500, 1.0, ""]
    assert kokuho["remark"] == "運用開始済だが、eL-QRでの収納がまだない"
    assert (suido["go_live_on"], suido["remark"]) == (None, "")
    before = elqr("kpi", "--job", city.job, "--date", "2026-09-30", "--fiscal-year", "2025", "--json").json
    assert [(year["fiscal_year"], year["planned"], year["live"]) for year in before["years"]] == [(2025, 1, 1)]  # type: ignore[attr-defined]
    assert "手続ごとの証拠" in elqr("kpi", "--job", city.job).out


_PLAN = """
[kpi]
plan = "架空市の計画"
targets = [{ year = 2026, procedures = 2 }, { year = 2027, procedures = 3 }]
"""
# 手続台帳の [kpi]: 計画の名、年度ごとの目標と予定と届くか、夜の画面の行
PLANS: dict[str, tuple[str, str, list[tuple[object, ...]], str]] = {
    "目標がある": (
        _PLAN,
        "架空市の計画",
        [(2026, 2, 2, True), (2027, 3, 2, False)],
        "令和8（2026）年度 2/2　令和9（2027）年度 2/3",
    ),
    "目標がない": ("", "", [(2026, None, 2, None)], "令和8（2026）年度 2/－"),
}


@pytest.mark.parametrize("name", PLANS)
def test_the_targets_are_the_city_s(city: City, name: str) -> None:
    written, plan, wanted, line = PLANS[name]
    (city.folder / "procedures.toml").write_text(REGISTER + written, encoding="utf-8")
    found = elqr("kpi", "--job", city.job, "--date", NIGHT.isoformat(), "--json").json
    years: Any = found["years"]
    assert found["plan"] == plan
    assert [(year["fiscal_year"], year["target"], year["planned"], year["reached"]) for year in years] == wanted
    city.notices(notice_row())
    assert f"KPI（予定/目標）　{line}" in elqr("night", city.job, "--date", NIGHT.isoformat()).out
    page = (city.drawn() / "index.html").read_text(encoding="utf-8")
    assert (plan or "手続台帳に [kpi] がない") in page


@pytest.mark.parametrize(
    "targets",
    [
        "[]",
        "[{ year = 2026, procedures = 0 }]",
        "[{ year = 2027, procedures = 3 }, { year = 2026, procedures = 2 }]",
        "[{ year = 2026, procedures = 2 }, { year = 2026, procedures = 3 }]",
        "[{ year = 2026, procedures = 3 }, { year = 2027, procedures = 2 }]",
    ],
)
def test_targets_that_say_nothing_or_two_things_are_refused(city: City, targets: str) -> None:
    written = f'[kpi]\nplan = "計画"\ntargets = {targets}\n'
    (city.folder / "procedures.toml").write_text(REGISTER + written, encoding="utf-8")
    ran = elqr("kpi", "--job", city.job)
    assert ran.code == 1 and "procedures.toml" in ran.err and "targets" in ran.err
