"""A wrongly imported notice file is taken back by two people, and the corrected one comes in."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from elqr.vocabulary.codes import Code
from tests.builders import (
    JOB,
    REGISTER,
    City,
    Ran,
    barcode,
    claim_file,
    claim_row,
    codes,
    cvs_file,
    cvs_row,
    elqr,
    eltax_file,
    eltax_row,
    notice_file,
    notice_row,
)
from tests.cases.job_parts import CLAIMS, PRINT
from tests.cases.prepared import prepared
from tests.cases.prints import approve_release, print_slips, record_uploads, request_release
from tests.cases.review_book import written
from tests.cases.undone import undo, undone, verified, waiting

FIRST, WRONG, BACK, NEXT = (date(2026, 11, day) for day in (20, 21, 22, 23))
UNTIL = date(2026, 11, 30)
_SLIP = barcode("9", 10_000, UNTIL)
RAISED = notice_row(issue_no=2, principal_yen=12_000, change_reason="増額更正", customer_no="A1")
NEW = notice_row(bill_no="100009", payer_ref="9", customer_no="Z9", barcode=_SLIP)
BAD = notice_row(bill_no="100010", procedure_code="nowhere")
WHOLE = [
    notice_row(bill_no="100020", payer_ref="20", installment_no=number, principal_yen=1_000 * (number or 3))
    for number in (1, 2, 0)
]
"""An assessment in two instalments, and the notice for both of them."""


def _imported(folder: Path) -> City:
    """On the first night two claims of 10,000 yen. The next day a file raises one of them, and adds four notices."""
    city = City.founded(folder, JOB + PRINT + CLAIMS, REGISTER)
    (folder / "claims").mkdir()
    city.notices(notice_row(customer_no="A1"), notice_row(bill_no="100002", payer_ref="2"), name="first.csv")
    assert city.night(FIRST).code == 0
    city.notices(RAISED, NEW, BAD, *WHOLE, name="wrong.csv")
    assert city.night(WRONG).code == 3
    return city


def _taken_back(folder: Path) -> City:
    city = prepared(folder, _imported)
    undone(city, "notices", "wrong.csv", day=BACK)
    return city


@pytest.fixture
def city(tmp_path: Path) -> City:
    return prepared(tmp_path / "city", _imported)


@pytest.fixture
def corrected(tmp_path: Path) -> City:
    """The file was taken back, and is no longer in the inbox."""
    city = prepared(tmp_path / "city", _taken_back)
    city.withdraw_notices("wrong.csv")
    return city


def _year(city: City, day: date) -> dict[str, object]:
    """The figures of the fiscal year as of a night, by name."""
    ran = elqr("year", "--fiscal-year", 2026, "--as-of", day, "--job", city.job, "--json")
    assert ran.code == 0, ran.err
    return {name: value for name, value in ran.json.items() if name != "as_of"}


def _owed(city: City, bill_no: str) -> list[tuple[int, int]]:
    """What is owed on each claim of a bill, and on how many entries."""
    query = "SELECT sum(principal_yen), count(*) FROM claim_entry JOIN claim USING (claim_no)"
    return city.sql(f"{query} WHERE bill_no = '{bill_no}' GROUP BY claim_no ORDER BY claim_no")


def _sent(city: City, *rows: dict[str, object], day: date = NEXT) -> Ran:
    path = city.folder / "right.csv"
    path.write_bytes(notice_file(*rows))
    return elqr("notice", "import", path, "--job", city.job, "--date", day.isoformat(), "--json")


def test_all_is_as_before_the_file_and_who_took_it_back_is_on_record(city: City) -> None:
    before = _year(city, FIRST)
    asked = undo(city, "notices", "wrong.csv", day=BACK)
    assert asked.code == 0 and "納付書データ2（wrong.csv、2026-11-21 取込、5枚 28,000円）" in asked.out
    assert "申請済みです" in undo(city, "notices", 2, by="鈴木", day=BACK).err
    assert "申請した人" in undo(city, "approve", 1, day=BACK).err
    assert _owed(city, "100001") == [(12_000, 2)], "nothing happens before the approval"
    approved = undo(city, "approve", 1, by="佐藤", day=BACK)
    assert approved.code == 0 and "発行連番を増やせば" in approved.out and "elqr_notices_000002.csv" in approved.out
    upload = city.folder / "out" / "upload" / "elqr_notices_000002.csv"
    registered = elqr("notice", "uploaded", upload, "--by", "山田", "--job", city.job)
    assert registered.code == 0 and "取り消した納付書が 5件あります" in registered.err
    assert "取り消せる納付書データの取込（wrong.csv）はありません" in undo(city, "notices", "wrong.csv", day=BACK).err
    assert _owed(city, "100001") == [(10_000, 3)] and _owed(city, "100009") == [(0, 2)]
    assert _owed(city, "100020") == [(0, 2), (0, 2)]
    shown = elqr("claim", "show", "100001", "--job", city.job).out
    assert "調定額 10,000円" in shown and "令和8年11月22日　増額更正の取り消し　-2,000円" in shown
    assert _year(city, BACK) == before, "levied, raised, lowered and unpaid, by procedure and in all"
    assert _year(city, WRONG) != before, "and a past night is shown as it was"
    assert verified(city) == set()
    ran = city.night(BACK)
    assert ran.code == 4 and codes(ran) == [Code.NOTICE_FILE_RETRACTED], "the row that waited waits no longer"
    assert "2026-11-22 に取り消した納付書データ2と同じ中身" in ran.out
    (told,) = city.report("取り消し一覧", BACK)
    assert (told["種別"], told["申請者"], told["結果"]) == ("納付書データの取込", "山田", "承認")
    assert city.report("納付書取込結果", BACK) == []
    assert "wrong.csv" in elqr("held", "list", "--job", city.job, "--date", BACK).out
    assert city.night(NEXT).code == 4 and _owed(city, "100001") == [(10_000, 3)], "it never comes in by itself"
    assert verified(city, NEXT) == set()
    assert "違いはありません" in elqr("replay", "--from", FIRST, "--to", NEXT, "--job", city.job).out


CORRECTED: dict[str, tuple[list[dict[str, object]], list[tuple[str, int]]]] = {
    "発行連番を増やした行": ([RAISED | {"issue_no": 3}, NEW | {"issue_no": 2}], []),
    "同じ発行連番": ([RAISED, NEW], [("N613", 1), ("N613", 2)]),
    "額を直した行": ([RAISED | {"issue_no": 3, "principal_yen": 11_000}], []),
    "増額でなかった行": ([RAISED | {"issue_no": 3, "principal_yen": 10_000, "change_reason": None}], []),
    "別の通知書番号で同じ顧客番号・バーコード": ([NEW | {"bill_no": "100011"}], []),
    "期別でなく一括だった調定": ([WHOLE[2] | {"issue_no": 2}], []),
    "直した期別と全期": ([WHOLE[0] | {"issue_no": 2}, WHOLE[1] | {"issue_no": 2}, WHOLE[2] | {"issue_no": 2}], []),
}  # fmt: skip


@pytest.mark.parametrize("what", CORRECTED)
def test_the_corrected_file_comes_in(corrected: City, what: str) -> None:
    rows, told = CORRECTED[what]
    ran = _sent(corrected, *rows)
    found = [(one["code"], int(one["at"].split()[1].removesuffix("件目"))) for one in ran.json["findings"]]  # type: ignore[attr-defined]
    assert found == told and ran.json["count"] == len(rows) - len(told)
    assert all("発行連番" in one["expected"] for one in ran.json["findings"])  # type: ignore[attr-defined]
    kinds = corrected.sql("SELECT DISTINCT kind FROM claim_entry WHERE night_on = '2026-11-23'")
    assert ("cancelled",) not in kinds


def test_a_payment_finds_the_right_notice_of_a_key_that_two_had(corrected: City) -> None:
    """The bar code of the file that was taken back stands on the paper of another bill; the eL-QR is nobody else's."""
    key_no, check_no = corrected.issued()["kokuho", "100001", 1, 2]
    taken = _sent(corrected, NEW | {"bill_no": "100012", "key_no": key_no, "check_no": check_no, "customer_no": None})
    assert codes(taken) == ["N605"], "a 案件特定キー is never another's"
    assert _sent(corrected, NEW | {"bill_no": "100011"}).code == 0
    corrected.deliver("cvs.csv", cvs_file(cvs_row(_SLIP, paid_on=date(2026, 11, 21))))
    corrected.deliver("eltax.csv", eltax_file(eltax_row(key_no, check_no, 12_000, paid_on=date(2026, 11, 22))))
    assert corrected.night(NEXT).code == 3
    assert [row[2:] for row in corrected.outcomes(NEXT)] == [("一致", 10_000, 0), ("取消済納付書", 0, 12_000)]
    assert verified(corrected, NEXT) == set()
    assert "収納の記録が 1件" in undo(corrected, "notices", "right.csv", day=NEXT).err


def _paid_by_eltax(city: City, bill_no: str, issue_no: int, yen: int, stage: str = "2") -> None:
    row = eltax_row(*city.issued()["kokuho", bill_no, 1, issue_no], yen, data_kind=stage)
    city.deliver("eltax.csv", eltax_file(row))
    city.night(BACK)


def _import(city: City, *rows: dict[str, object]) -> None:
    assert _sent(city, *rows, day=BACK).code == 0


def _uploaded(city: City) -> None:
    record_uploads(city)


def _released(city: City) -> None:
    record_uploads(city)
    assert print_slips(city).code == 0
    assert (request_release(city).code, approve_release(city).code) == (0, 0)


def _decided(city: City) -> None:
    """A payment of an unknown key waits, and somebody asks that it goes to a notice of the file."""
    city.deliver("eltax.csv", eltax_file(eltax_row("9" * 20, "123456", 700)))
    city.night(BACK)
    book = city.folder / "book.xlsx"
    assert elqr("review", "export", "--out", book, "--job", city.job, "--date", BACK).code == 0
    (row,) = city.report("要確認一覧", BACK)
    key_no, _ = city.issued()["kokuho", "100009", 1, 1]
    written(book, {int(str(row["受付番号"])): ("納付書に充てる", key_no, "電話で確かめた", "山田")})
    assert elqr("review", "import", book, "--by", "山田", "--job", city.job, "--date", BACK).code == 0


def _stated(city: City) -> None:
    city.folder.joinpath("procedures.toml").write_text(
        REGISTER.replace('code = "kokuho"', 'code = "kokuho"\nclaims = "file"'), encoding="utf-8"
    )
    (city.folder / "claims" / "01.csv").write_bytes(claim_file(claim_row(tsuchisho_no="100009", kibetsu_cd=1)))
    city.night(BACK)


OBSTACLES: dict[str, tuple[Callable[[City], object], str]] = {
    "速報": (lambda city: _paid_by_eltax(city, "100009", 1, 10_000, "1"), "収納の記録が 1件"),
    "前の納付書の収納": (lambda city: _paid_by_eltax(city, "100001", 1, 10_000), "収納の記録が 1件"),
    "後の再発行": (
        lambda city: _import(city, NEW | {"issue_no": 2, "customer_no": None, "barcode": None}),
        "後の納付書データ3（right.csv）が同じ調定を扱っている",
    ),
    "後の取消": (lambda city: _import(city, NEW | {"change_kind": "9"}), "elqr undo notices 3 2"),
    "登録した納付書情報": (_uploaded, "先に elqr undo uploaded elqr_notices_000002.csv"),
    "発送した印刷": (_released, "先に elqr undo release 1"),
    "決裁の申請": (_decided, "先に elqr review reject"),
    "調定データ": (_stated, "調定 1件は、後から届いた調定データで決まっている"),
}


@pytest.mark.parametrize("what", OBSTACLES)
def test_a_file_on_which_something_was_built_stands(city: City, what: str) -> None:
    prepare, said = OBSTACLES[what]
    prepare(city)
    ran = undo(city, "notices", "wrong.csv", day=BACK)
    assert ran.code == 1 and said in ran.err, ran
    assert waiting(city) == []


def test_files_of_the_same_claims_are_taken_back_newest_first(city: City) -> None:
    _import(city, RAISED | {"issue_no": 3, "principal_yen": 15_000})
    assert undo(city, "notices", 3, 2, day=BACK).code == 0
    assert "後の納付書データ3" in undo(city, "approve", 2, by="佐藤", day=BACK).err
    assert undo(city, "approve", 1, 2, by="佐藤", day=BACK).code == 0
    assert _owed(city, "100001") == [(10_000, 5)] and verified(city) == set()


def test_what_happens_after_the_request_keeps_the_file(city: City) -> None:
    assert undo(city, "notices", 2, day=BACK).code == 0
    _paid_by_eltax(city, "100009", 1, 10_000)
    refused = undo(city, "approve", 1, by="佐藤", day=BACK)
    assert refused.code == 1 and "収納の記録が 1件" in refused.err
    assert undo(city, "reject", 1, by="佐藤", day=BACK).code == 0 and verified(city) == set()


def test_a_file_with_cancellations_and_one_of_two_names_are_not_guessed(corrected: City) -> None:
    _import(corrected, notice_row(bill_no="100002", payer_ref="2", change_kind="9"), notice_row(bill_no="100030"))
    told = undo(corrected, "notices", "right.csv", day=BACK).err
    assert "1件を取り消しています" in told and "再発行してください" in told
    _import(corrected, notice_row(bill_no="100031"))
    several = undo(corrected, "notices", "right.csv", day=BACK).err
    assert "4（2026-11-22 取込）、5（2026-11-22 取込）" in several
    undone(corrected, "notices", 5, day=BACK)
    again = elqr("notice", "import", corrected.folder / "right.csv", "--job", corrected.job, "--date", BACK)
    assert again.code == 4 and "N624" in again.err and verified(corrected) == set()


def test_a_notice_that_only_asks_goes_without_a_change_of_what_is_owed(tmp_path: Path) -> None:
    city = City.founded(
        tmp_path / "city", JOB + CLAIMS, REGISTER.replace('code = "kokuho"', 'code = "kokuho"\nclaims = "file"')
    )
    (city.folder / "claims").mkdir()
    (city.folder / "claims" / "01.csv").write_bytes(claim_file(claim_row()))
    city.notices(notice_row(), name="wrong.csv")
    assert city.night(FIRST).code == 0
    undone(city, "notices", "wrong.csv")
    assert _owed(city, "100001") == [(10_000, 1)] and verified(city) == set()
    assert _sent(city, notice_row(issue_no=2)).code == 0 and verified(city, NEXT) == set()


DAMAGE = {
    "取り消しの行を消す": "UPDATE notice_file SET retracts_no = NULL WHERE retracts_no = 2",
    "別の取込の取り消しにする": "UPDATE notice_file SET retracts_no = 1 WHERE retracts_no = 2",
    "取り消した日を変える": "UPDATE notice_file SET night_on = '2026-11-21' WHERE retracts_no = 2",
    "取消を一つ消す": "DELETE FROM notice_cancel WHERE notice_no = 3",
    "紙だけの取消にする": "UPDATE notice_cancel SET is_paper_only = 1 WHERE notice_no = 3",
    "打ち消した異動を消す": "DELETE FROM claim_entry WHERE claim_no = 1 AND entry_no = 3",
    "待つ行をまだ待たせる": "DELETE FROM notice_refused_end WHERE by_file_no = 3",
}


def test_damage_to_what_was_taken_back_is_found(corrected: City, tmp_path: Path) -> None:
    """By computing it again, also where somebody made the seals anew: of the codes found, one is of no seal."""
    for number, statement in enumerate(DAMAGE.values()):
        damaged = corrected.copy(tmp_path / str(number))
        damaged.damage(statement)
        assert verified(damaged) - {Code.ROWS_DIFFER}, statement
