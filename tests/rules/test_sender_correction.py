"""Corrections (訂正と取消): a sender tells of one payment anew. Its yen stay visible, and two people end it."""

import csv
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from tests.builders import JOB, City, Ran, elqr, eltax_file, eltax_row, notice_row
from tests.cases.prepared import prepared
from tests.cases.review_book import written

FIRST, AGAIN, MORNING = date(2026, 11, 20), date(2026, 11, 21), date(2026, 11, 24)
REPLACE, TAKE_BACK = "訂正（先の収納に代える）", "収納の取消"
SHORT, TAKEN_BACK, NOTHING, NUMBER_AGAIN, TOO_MUCH, OF_ANOTHER = 6, 7, 8, 9, 10, 11
"""受付番号 of what came on the second night, beside payments 1 to 5 of the first: see `desk`."""


@dataclass(frozen=True)
class Desk:
    """A city after two nights, the second of which corrects the first, and the keys of its notices by bill."""

    city: City
    keys: dict[int, tuple[str, str]]

    def row(self, serial: int, bill: int, yen: int, **given: object) -> dict[str, object]:
        return eltax_row(*self.keys[bill], yen, serial_no=f"{serial:08d}", **given)

    def stands(self) -> dict[tuple[int, str], int]:
        """(受付番号, bill or account) → yen, of all that is not nothing."""
        query = """SELECT payment_no, coalesce(bill_no, account), sum(yen) FROM posting LEFT JOIN claim USING (claim_no)
            GROUP BY 1, 2 HAVING sum(yen) <> 0"""
        return {(no, where[-1] if where.isdigit() else where): yen for no, where, yen in self.city.sql(query)}

    def run(self, *arguments: object, day: date = MORNING) -> Ran:
        return elqr(*arguments, "--job", self.city.job, "--date", day.isoformat())

    def decide(self, ruling: str, *payments: int) -> Ran:
        chosen = [part for no in payments for part in ("--payment", no)]
        return self.run("review", "decide", "--ruling", ruling, "--reason", "送付元に確かめた", "--by", "山田", "--json", *chosen)  # fmt: skip

    def approve(self, number: int) -> Ran:
        return self.run("review", "approve", number, "--by", "佐藤", "--json")

    def is_sound(self) -> None:
        """Every confirmed yen stands in one place, and the whole ledger can be made again from what was delivered."""
        paid = "SELECT p.payment_no FROM payment p JOIN decision d USING (payment_no) LEFT JOIN posting g USING (payment_no)"
        wrong = self.city.sql(
            f"{paid} WHERE p.stage = 'confirmed' AND d.outcome <> 'already_posted' "
            "GROUP BY p.payment_no, p.paid_yen HAVING coalesce(sum(g.yen), 0) <> p.paid_yen"
        )
        assert not wrong
        verified = self.run("verify", "--json")
        assert verified.code == 0, verified.out


ON_THE_FIRST = {(1, "1"): 100, (2, "2"): 1_000, (4, "4"): 1_000, (5, "6"): 1_000}
HELD = {
    (SHORT, "suspense"): 1_000,
    (NOTHING, "suspense"): 1_000,
    (NUMBER_AGAIN, "suspense"): 1_000,
    (TOO_MUCH, "suspense"): 900,
}


def _desk_of(folder: Path) -> Desk:
    city = City.founded(folder, JOB.replace("date = 2026-11-20\n", ""))
    city.notices(*(notice_row(bill_no=str(bill), payer_ref=str(bill), principal_yen=1_000) for bill in range(1, 7)))
    city.night(date(2026, 11, 19))
    keys = {int(bill): key for (_, bill, _, _), key in city.issued().items()}
    desk = Desk(city, keys)
    first = [
        desk.row(1, 1, 100),
        desk.row(2, 2, 1_000),
        desk.row(3, 3, 0),
        desk.row(4, 4, 1_000),
        desk.row(5, 6, 1_000),
    ]
    city.deliver("first.csv", eltax_file(*first))
    city.night(FIRST)
    assert desk.stands() == ON_THE_FIRST
    again = [
        desk.row(1, 1, 1_000), desk.row(2, 2, 1_000, data_kind="9"), desk.row(3, 3, 1_000),
        desk.row(4, 5, 1_000), desk.row(5, 6, 900),
    ]  # fmt: skip
    city.deliver("again.csv", eltax_file(*again))
    assert city.night(AGAIN).places() == {"exception": (5, 4_900)}
    return desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return prepared(tmp_path / "city", _desk_of)


def test_what_contradicts_the_first_night_waits_with_its_key_and_its_money(desk: Desk) -> None:
    assert desk.stands() == ON_THE_FIRST | HELD
    rows = {row["受付番号"]: row for row in desk.city.report("要確認一覧", AGAIN)}
    assert [rows[no]["理由"] for no in (SHORT, TAKEN_BACK)] == ["計上済と内容相違", "段階の順序が不正"]
    assert [rows[no]["先の収納"] for no in (SHORT, TAKEN_BACK)] == [
        f"受付{no} スマホアプリ 2026-11-05" for no in (1, 2)
    ]
    assert (rows[NUMBER_AGAIN]["通知書番号"], rows[NUMBER_AGAIN]["手続"]) == ("5", "国民健康保険料")
    desk.is_sound()


def test_two_people_end_every_correction_and_every_yen_has_its_place(desk: Desk, tmp_path: Path) -> None:
    assert desk.decide(REPLACE, TAKEN_BACK).json["refused"], "a 取消 has no yen that could replace others"
    assert desk.decide(REPLACE, SHORT, NOTHING).json["rulings"] == 2
    assert desk.decide(TAKE_BACK, TAKEN_BACK, TOO_MUCH).json["rulings"] == 2
    book = desk.city.folder / "book.xlsx"
    desk.run("review", "export", "--out", book)
    written(book, {NUMBER_AGAIN: ("納付書に充てる", desk.keys[5][0], "通番が重なった別の人", "山田")})
    assert desk.run("review", "import", book, "--by", "山田", "--json").json["rulings"] == 1
    assert desk.stands() == ON_THE_FIRST | HELD, "nothing moves before somebody else has approved"
    assert desk.run("review", "approve", 1, "--by", "山田").code == 1
    assert desk.approve(1).json["withdrawn_yen"] == 100
    assert desk.approve(2).json["withdrawn_yen"] == 1_900
    assert desk.approve(3).json["moved_yen"] == 1_000
    assert desk.stands() == {
        (1, "withdrawn"): 100, (SHORT, "1"): 1_000,
        (2, "withdrawn"): 1_000,
        (NOTHING, "3"): 1_000,
        (4, "4"): 1_000, (NUMBER_AGAIN, "5"): 1_000,
        (5, "6"): 1_000, (TOO_MUCH, "withdrawn"): 900,
    }  # fmt: skip
    desk.city.deliver("both.csv", eltax_file(desk.row(1, 1, 1_000), desk.row(1, 1, 100), desk.row(5, 6, 900)))
    ran = desk.city.night(MORNING)
    assert ran.places() == {"already_posted": (3, 2_000)}, "what was told before is known by what it says"
    left = {row["受付番号"]: row["付記"] for row in desk.city.report("要確認一覧", MORNING)}
    assert left == dict.fromkeys((1, 3), "お金は残っていない（決裁「確認のみ」で終える）"), "不足 of the first night"
    assert sum(row["送付元の取消額"] for row in desk.city.report("決裁一覧", MORNING)) == 2_000
    desk.is_sound()
    month = elqr("month", "--month", "2026-11", "--out", tmp_path / "month", "--job", desk.city.job)
    assert month.code == 0 and "送付元の取消になった額" in (tmp_path / "month" / "仮受残高.csv").read_text("utf-8-sig")
    assert elqr("year", "--fiscal-year", "2026", "--job", desk.city.job).code == 0
    assert elqr("export", "make", "--by", "山田", "--job", desk.city.job).code == 0
    (path,) = (desk.city.folder / "out" / "export" / "000001").glob("*.csv")
    rows = list(csv.DictReader(path.read_text("utf-8-sig").splitlines()))
    signed = [(row["通知書番号"], int(row["収納額"]) * (-1 if row["増減区分"] == "2" else 1)) for row in rows]
    assert sorted(signed) == [
        ("1", -100), ("1", 100), ("1", 1_000), ("2", -1_000), ("2", 1_000), ("3", 1_000), ("4", 1_000), ("5", 1_000),
        ("6", 1_000),
    ]  # fmt: skip


def test_a_second_payment_names_the_correction_and_not_what_was_taken_back(desk: Desk) -> None:
    desk.decide(REPLACE, SHORT)
    desk.approve(1)
    desk.city.deliver("twice.csv", eltax_file(desk.row(88, 1, 1_000)))
    desk.city.night(MORNING)
    rows = {row["受付番号"]: row for row in desk.city.report("要確認一覧", MORNING)}
    assert (rows[11]["理由"], rows[11]["先の収納"]) == ("二重納付", f"受付{SHORT} スマホアプリ 2026-11-05")


def test_what_was_taken_back_is_given_back_to_its_claim_or_held_when_others_paid_it(desk: Desk) -> None:
    desk.decide(TAKE_BACK, TAKEN_BACK, TOO_MUCH)
    desk.decide(REPLACE, SHORT)
    desk.approve(1)
    desk.approve(2)
    (back, much, short) = [no for (no,) in desk.city.sql("SELECT ruling_no FROM ruling ORDER BY ruling_no")]
    undo = ("review", "undo", back, much, short, "--reason", "送付元の誤り", "--by", "山田", "--json")
    assert desk.run(*undo).code == 0
    assert desk.approve(3).code == 0
    assert desk.stands() == ON_THE_FIRST | HELD
    desk.is_sound()
    desk.decide(TAKE_BACK, TAKEN_BACK)
    desk.approve(4)
    desk.city.deliver("other.csv", eltax_file(desk.row(77, 2, 1_000)))
    desk.city.night(MORNING)
    last = desk.city.sql("SELECT max(ruling_no) FROM ruling")[0][0]
    desk.run("review", "undo", last, "--reason", "送付元の誤り", "--by", "山田")
    assert desk.approve(5).json["returned"] == [{"payment": 2, "yen": 1_000}], "another payment paid the claim since"
    assert desk.stands()[2, "suspense"] == 1_000
    desk.is_sound()


def test_a_correction_is_not_carried_out_when_the_earlier_payment_has_moved_since(desk: Desk) -> None:
    """Two rulings on one event: the later finds it changed, in one request and in two."""
    desk.city.deliver("third.csv", eltax_file(desk.row(1, 1, 500)))
    desk.city.night(date(2026, 11, 22))
    assert desk.stands()[OF_ANOTHER, "suspense"] == 500
    desk.decide(REPLACE, SHORT, OF_ANOTHER)
    assert len(desk.approve(1).json["stale"]) == 1, "one event is replaced once in a request"
    waits = ON_THE_FIRST | HELD | {(OF_ANOTHER, "suspense"): 500}
    replaced = {key: yen for key, yen in waits.items() if key not in {(1, "1"), (SHORT, "suspense")}}
    assert desk.stands() == replaced | {(1, "withdrawn"): 100, (SHORT, "1"): 1_000}
    desk.decide(REPLACE, OF_ANOTHER)
    desk.approve(2)
    now = desk.stands()
    assert (now[1, "withdrawn"], now[SHORT, "withdrawn"], now[OF_ANOTHER, "1"]) == (100, 1_000, 500)
    desk.is_sound()


TAMPERED = [
    ("UPDATE payment_identity SET variant = 'x' WHERE variant <> ''", "L507"),
    ("UPDATE payment_identity SET variant = '', occurrence_no = 2 WHERE payment_no = 9", "L507"),
    ("UPDATE payment_identity SET occurrence_no = 2 WHERE payment_no = 2 AND variant = ''", "L507"),
    ("UPDATE posting SET account = 'suspense' WHERE account = 'withdrawn'", "L509"),
    ("UPDATE ruling_posting SET notice_no = 6 WHERE notice_no = 1", "L508"),
]


def test_who_changes_what_was_taken_back_or_replaced_is_found(desk: Desk, tmp_path: Path) -> None:
    desk.decide(REPLACE, SHORT)
    desk.approve(1)
    for no, (statement, code) in enumerate(TAMPERED):
        city = desk.city.copy(tmp_path / f"copy{no}")
        city.damage(statement)
        found = Desk(city, desk.keys).run("verify", "--json").json["findings"]
        assert code in {finding["code"] for finding in found}, statement  # type: ignore[attr-defined,index]


_BOXES = 'specs = ["account_transfer_91_result", "cvs_family_a", "cvs_family_b", "dsk_csv", "eltax_payment_csv"]'
_SENDERS = 'specs = ["eltax_payment_csv", "payeasy_csv", "smart_trade_csv"]'


def _senders_of(folder: Path) -> Desk:
    """A city with three slips, paid through three senders."""
    assert _BOXES in JOB
    city = City.founded(folder, JOB.replace(_BOXES, _SENDERS))
    city.notices(*(notice_row(bill_no=str(no), principal_yen=1_000, customer_no=f"C{no}") for no in (1, 2, 3)))
    city.night(date(2026, 11, 19))
    return Desk(city, {int(bill): key for (_, bill, _, _), key in city.issued().items()})


@pytest.fixture
def senders(tmp_path: Path) -> Desk:
    return prepared(tmp_path / "city", _senders_of)


def test_the_numbers_of_two_senders_never_meet(senders: Desk) -> None:
    """Centre, day and serial number are those of an eLTAX record; the payer is another."""
    key, check = senders.keys[2]
    head = "収納機関番号,納付番号,確認番号,納付区分,仕向センタ,処理年月日,通番,収納金額,チャネル"
    payeasy = f"{head}\r\n00001,{key},{check},901,0000000001,20261105,00000001,1000,01\r\n"
    senders.city.deliver("a.csv", eltax_file(senders.row(1, 1, 1_000)))
    senders.city.deliver("b.csv", payeasy.encode())
    assert senders.city.night(FIRST).places() == {"posted": (2, 2_000)}
    assert senders.stands() == {(1, "1"): 1_000, (2, "2"): 1_000}
    assert senders.city.sql("SELECT identity FROM payment ORDER BY payment_no") == [
        ("eltax|2026-11-05|0000000001|00000001",), ("payeasy_csv|2026-11-05|0000000001|00000001",),
    ]  # fmt: skip


def _smart_trade(*paid: tuple[int, str]) -> bytes:
    lines = [f"1,C000,3,{len(paid)}"]
    lines += [f"2,C000,2026/11/05,{funds_on},C{no},3,1000,0,,,,,2,,,," for no, funds_on in paid]
    return "".join(f"{line}\r\n" for line in lines).encode("cp932")


def test_a_bill_paid_twice_on_one_day_is_no_repeat_when_its_money_comes_on_another(senders: Desk) -> None:
    for no, funds_on in enumerate(("2026/11/10", "2026/11/11")):
        senders.city.deliver(f"{no}.csv", _smart_trade((1, funds_on)))
        senders.city.night(date(2026, 11, 20 + no))
    assert senders.stands() == {(1, "1"): 1_000, (2, "suspense"): 1_000}
    senders.city.deliver("2.csv", _smart_trade((1, "2026/11/11"), (1, "2026/11/10"), (2, "2026/11/10")))
    again = senders.city.night(date(2026, 11, 22)).places()
    assert again == {"already_posted": (2, 2_000), "posted": (1, 1_000)}


def test_a_sender_whose_numbers_begin_anew_in_each_file_loses_no_payment(senders: Desk) -> None:
    """What a file brings under a number that was used waits; it is never called posted, and its payer is not lost."""
    for no, bill in ((0, 1), (1, 2)):
        senders.city.deliver(f"{no}.csv", eltax_file(senders.row(1, bill, 1_000)))
        senders.city.night(date(2026, 11, 20 + no))
    assert senders.stands() == {(1, "1"): 1_000, (2, "suspense"): 1_000}
    senders.city.deliver("2.csv", eltax_file(senders.row(1, 2, 1_000), senders.row(2, 3, 1_000)))
    assert senders.city.night(date(2026, 11, 22)).places() == {"already_posted": (1, 1_000), "posted": (1, 1_000)}
    risks = senders.run("arrears", "list", "--by", "山田", "--json", day=date(2026, 11, 23))
    assert [found["risk"] for found in risks.json["against"]] == ["exceptions"]  # type: ignore[attr-defined,index]


def test_money_in_suspense_is_not_ended_by_a_mere_acknowledgement(senders: Desk) -> None:
    """確認のみ on a payment under a number that was used: refused, and its payer is not sent a reminder."""
    for no, bill in ((0, 1), (1, 2)):
        senders.city.deliver(f"{no}.csv", eltax_file(senders.row(1, bill, 1_000)))
        senders.city.night(date(2026, 11, 20 + no))
    refused = senders.decide("確認のみ", 2).json["refused"]
    assert [one["code"] for one in refused] == ["V108"]  # type: ignore[attr-defined]
    late = date(2026, 12, 1)
    drawn = senders.run("arrears", "list", "--by", "山田", "--json", day=min(late, MORNING))
    assert drawn.code == 3 and drawn.json["list_no"] is None
    assert senders.decide("還付候補", 2).json["rulings"] == 1, "but it has ways out"
