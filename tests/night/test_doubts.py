"""Doubtful records (疑義): a record that is in order goes to 要確認, its yen in suspense, and the others go their way."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.builders import (  # fmt: skip
    JOB,
    NIGHT,
    City,
    Ran,
    barcode,
    cvs_file,
    cvs_row,
    dsk_file,
    dsk_row,
    elqr,
    notice_row,
    transfer_file,
    transfer_row,
)
from tests.cases.review_book import written
from tests.cases.till import Till
from tests.formats.cases import CREDIT_B, PENSION, STATEMENT, YUCHO_AGAIN, YUCHO_OWN, placed

_CODES = [barcode(str(number), 10_000, date(2026, 11, 30)) for number in range(1, 6)]
_NEXT = NIGHT + timedelta(1)


def _city(folder: Path, *specs: str) -> City:
    """Five notices of 10,000 yen, each with a bar code and a customer number."""
    job = JOB.replace("date = 2026-11-20\n", "")
    if specs:
        job = job.replace('"dsk_csv"', ", ".join(['"dsk_csv"', *(f'"{name}"' for name in specs)]))
    city = City.founded(folder, job)
    city.notices(*(
        notice_row(bill_no=str(100_000 + number), payer_ref=str(number), barcode=code, customer_no=f"{number:020}")
        for number, code in enumerate(_CODES, start=1)
    ))  # fmt: skip
    return city


def _decided(city: City, day: date = NIGHT) -> list[tuple[object, ...]]:
    """(記録, 消込結果, 収納額, 仮受額, 付記) of a night."""
    return sorted(
        (row["記録"], row["消込結果"], row["収納額"], row["仮受額"], row["付記"])
        for row in city.report("消込結果", day)
    )


def _is_sound(city: City) -> bool:
    return elqr("verify", "--job", city.job, "--date", (_NEXT + timedelta(5)).isoformat()).code == 0


def _rule(city: City, day: date, *rulings: tuple[int, str, str]) -> Ran:
    """Two people decide: (受付番号, 決裁, 対象) of open exceptions."""
    at = ("--job", city.job, "--date", day.isoformat())
    path = city.folder / "book.xlsx"
    assert elqr("review", "export", "--out", path, *at).code == 0
    written(path, {number: (ruling, target, "照会した", "山田") for number, ruling, target in rulings})
    asked = elqr("review", "import", path, "--by", "山田", "--json", *at)
    assert asked.code == 0, asked.out
    return elqr("review", "approve", "1", "--by", "佐藤", *at)


def test_a_record_in_doubt_stops_and_the_others_are_posted(tmp_path: Path) -> None:
    city = _city(tmp_path / "city")
    rows = [
        dsk_row(_CODES[0]),
        dsk_row(_CODES[1], data_kind="22", amount_yen=9_000, paid_at="0000"),
        dsk_row(_CODES[2], center="999"),
        dsk_row(_CODES[3], amount_yen=11_000),
        dsk_row(_CODES[4], data_kind="12", center="911", paid_at="0000"),
    ]
    city.deliver("dsk.csv", dsk_file(*rows))
    ran = city.night()
    assert ran.code == 3
    assert _decided(city) == [
        (1, "一致", 10_000, 0, ""),
        (2, "疑義のある記録", 0, 9_000, "郵便振替訂正（種別22。訂正後の金額）"),
        (3, "疑義のある記録", 0, 10_000, "知らない本部コード"),
        (4, "疑義のある記録", 0, 11_000, "金額がバーコードと違う"),
        (5, "一致", 10_000, 0, ""),
    ]
    channels = {row["記録"]: row["チャネル"] for row in city.report("要確認一覧")}
    assert channels == {2: "スマホアプリ", 3: "不明", 4: "スマホアプリ"}
    assert _is_sound(city)
    city.deliver("again.csv", dsk_file(*rows[1:4], dsk_row(_CODES[0], paid_on=date(2026, 11, 6))))
    city.night(_NEXT)
    assert [row[1] for row in _decided(city, _NEXT)] == ["計上済（再受信）"] * 3 + ["二重納付"] and _is_sound(city)


def test_yen_of_a_doubtful_record_are_posted_or_taken_back_by_two(tmp_path: Path) -> None:
    city = _city(tmp_path / "city")
    city.deliver("dsk.csv", dsk_file(dsk_row(_CODES[0], center="999"), dsk_row(_CODES[1], amount_yen=11_000)))
    city.night()
    targets = dict(city.sql("SELECT bill_no, payload.key_no FROM notice JOIN payload USING (notice_no)"))
    assert _rule(city, _NEXT, (1, "納付書に充てる", targets["100001"]), (2, "収納の取消", "")).code == 0
    accounts = city.sql("SELECT account, sum(yen) FROM posting GROUP BY account ORDER BY account")
    assert [row for row in accounts if row[1]] == [("claim", 10_000), ("withdrawn", 11_000)] and _is_sound(city)


@pytest.mark.parametrize("nights", [1, 2], ids=["一夜", "二夜"])
def test_a_correction_of_a_postal_transfer_waits_beside_what_it_corrects(tmp_path: Path, nights: int) -> None:
    """種別 12 was posted: 22 stands in suspense until 訂正. In one night nothing is chosen."""
    city = _city(tmp_path / "city")
    first = dsk_row(_CODES[0], data_kind="12", center="911", paid_at="0000")
    corrected = first | {"data_kind": "22", "amount_yen": 9_000}
    if nights == 2:
        city.deliver("first.csv", dsk_file(first))
        assert city.night(NIGHT - timedelta(1)).code == 0
        city.deliver("second.csv", dsk_file(corrected, dsk_row(_CODES[1])))
    else:
        city.deliver("one.csv", dsk_file(first, corrected, dsk_row(_CODES[1])))
    city.night()
    decided = [row[1:4] for row in _decided(city)]
    conflicts = (
        [("計上済と内容相違", 0, 9_000)]
        if nights == 2
        else [("計上済と内容相違", 0, 10_000), ("計上済と内容相違", 0, 9_000)]
    )
    assert decided == [*conflicts, ("一致", 10_000, 0)] and _is_sound(city)
    if nights == 2:
        assert _rule(city, _NEXT, (2, "訂正（先の収納に代える）", "")).code == 0
        (on_claim,) = city.sql("SELECT sum(yen) FROM posting JOIN claim USING (claim_no) WHERE bill_no = '100001'")
        assert on_claim == (9_000,) and _is_sound(city)


def test_a_result_that_has_not_come_waits_without_money(tmp_path: Path) -> None:
    """N goes to 要確認 with no yen anywhere, until its result comes, or two people close it. E is not collected."""
    city = _city(tmp_path / "city")
    numbers = [f"{number:020}" for number in (1, 2, 3, 4)]
    rows = [transfer_row(number, 10_000, result) for number, result in zip(numbers, "N0EN", strict=True)]
    city.deliver("furikae.dat", transfer_file(*rows))
    assert city.night().code == 3
    assert [row[1:4] for row in _decided(city)] == [
        ("疑義のある記録", 0, 0), ("一致", 10_000, 0), ("振替不能", 0, 0), ("疑義のある記録", 0, 0),
    ]  # fmt: skip
    waiting = [(row["段階"], row["付記"], row["領収額"], row["仮受額"]) for row in city.report("要確認一覧")]
    assert waiting == [("結果未着", "結果未着", 10_000, 0)] * 2
    city.deliver("later.dat", transfer_file(transfer_row(numbers[0], 10_000)))
    city.deliver("again.dat", transfer_file(*rows[:1]))
    city.night(_NEXT)
    assert [row[1:4] for row in _decided(city, _NEXT)] == [("一致", 10_000, 0), ("計上済（再受信）", 0, 0)]
    assert [row["受付番号"] for row in city.report("要確認一覧", _NEXT)] == [4], "what was answered waits no longer"
    assert _rule(city, _NEXT + timedelta(1), (4, "確認のみ", "")).code == 0 and _is_sound(city)
    city.night(_NEXT + timedelta(2))
    assert city.report("要確認一覧", _NEXT + timedelta(2)) == []


def test_what_has_not_come_may_have_been_paid_in_the_eyes_of_reminders(tmp_path: Path) -> None:
    city = _city(tmp_path / "city")
    city.deliver("furikae.dat", transfer_file(transfer_row(f"{1:020}", 10_000, "N")))
    city.night()
    ran = elqr("arrears", "list", "--job", city.job, "--date", _NEXT.isoformat(), "--by", "山田")
    assert ran.code == 3 and "要確認の収納" in ran.out + ran.err, (ran.out, ran.err)


def test_a_bar_code_of_the_older_kind_waits_with_its_yen(tmp_path: Path) -> None:
    city = _city(tmp_path / "city")
    good = cvs_file(cvs_row(_CODES[0], barcode_kind="1"), family="b")
    jan = placed(
        120,
        (1, "2"),
        (2, "02"),
        (4, "20261105"),
        (12, "1013"),
        (16, "2"),
        (17, "4" * 40 + "0100000"),
        (64, "0001234"),
        (81, "20261112"),
    )
    city.deliver("cvs.dat", good[:244] + jan + b"\r\n" + good[244:])
    assert city.night().code == 3
    assert [row[1:4] for row in _decided(city)] == [("一致", 10_000, 0), ("疑義のある記録", 0, 10_000)]
    targets = dict(city.sql("SELECT bill_no, payload.key_no FROM notice JOIN payload USING (notice_no)"))
    assert _rule(city, _NEXT, (2, "納付書に充てる", targets["100002"])).code == 0 and _is_sound(city)


def test_the_second_try_of_yucho_pays_what_the_first_did_not(tmp_path: Path) -> None:
    city = City.founded(tmp_path / "city", JOB.replace('"dsk_csv"', '"account_transfer_yucho"'))
    city.notices(
        notice_row(customer_no="A1", payer_ref="1"), notice_row(bill_no="100002", customer_no="B2", payer_ref="2", principal_yen=500)
    )  # fmt: skip
    records = [*YUCHO_OWN.records[:-1], *YUCHO_AGAIN, YUCHO_OWN.records[-1]]
    city.deliver("yucho.dat", b"".join(record + b"\r\n" for record in records))
    assert city.night().code == 0
    assert [row[1:4] for row in _decided(city)] == [
        ("一致", 10_000, 0),
        ("振替不能", 0, 0),
        ("一致", 500, 0),
    ] and _is_sound(city)


def test_premiums_taken_from_pensions_meet_their_claims(tmp_path: Path) -> None:
    """The key of a pension is its own; a stopped one collects nothing."""
    city = City.founded(tmp_path / "city", JOB.replace('"dsk_csv"', '"pension_collection_22"'))
    keys = ("012345678901150202610", "023456789011150202610")
    city.notices(*(
        notice_row(bill_no=str(number), payer_ref=str(number), principal_yen=5_900, pension_no=key, issued_on=date(2026, 8, 1))
        for number, key in enumerate(keys, start=1)
    ))  # fmt: skip
    city.deliver("nenkin.dat", PENSION.data())
    assert city.night().code == 0
    assert [row[1:4] for row in _decided(city)] == [("一致", 5_900, 0), ("振替不能", 0, 0)]
    assert {row["チャネル"] for row in city.report("消込結果")} == {"年金特別徴収"} and _is_sound(city)


def test_money_of_banks_as_it_comes(tmp_path: Path) -> None:
    """取消区分 0 is money; more than ten digits stand in the second field; 19 takes a deposit back; all of it in a night."""
    till = Till.opened(tmp_path / "city")
    large = list(CREDIT_B.records)
    large[1] = large[1][:19] + b"0" * 10 + large[1][29:127] + b"0" + b"012345678901" + large[1][140:]
    large[3] = placed(200, (1, "8"), (2, "000001"), (8, f"{12_345_678_901:012}"), (20, "000001"), (26, "000000003000"))
    till.money("01.dat", b"".join(large))
    back = [
        STATEMENT.records[0],
        *(bytearray(record) for record in STATEMENT.records[1:3]),
        *STATEMENT.records[3:],
    ]
    back[2][21:24] = b"219"
    back[2][24:36] = f"{120_000:012}".encode()
    back[3] = placed(
        200,
        (1, "8"),
        (2, "000001"),
        (8, f"{120_000:013}"),
        (21, "000001"),
        (27, f"{120_000:013}"),
        (41, " " * 14),
        (55, "0000002"),
    )
    till.money("03.dat", b"".join(bytes(record) for record in back))
    till.night()
    rows = till.sql("SELECT kind, yen FROM deposit ORDER BY deposit_no")
    assert [tuple(row) for row in rows] == [
        ("received", 12_345_678_901), ("cancelled", 3_000), ("received", 120_000), ("cancelled", 120_000),
    ] and _is_sound(till)  # fmt: skip
