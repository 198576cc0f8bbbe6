"""督促の関門 as staff meet it: what stops a list, who may open it, and what a list is worth later."""

import json
import os
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from tests.builders import (
    NIGHT,
    Ran,
    codes,
    credit_file,
    credit_row,
    elqr,
    eltax_file,
    eltax_row,
    notice_row,
)
from tests.cases.job_parts import ARRIVAL, CONTRACT, MONEY, SENDER
from tests.cases.reminded_city import DAY, DUE, SLIPS, Office

pytestmark = pytest.mark.usefixtures("each_command_once")


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office.opened(tmp_path / "city")


def risks(ran: Ran) -> list[tuple[str, int, int]]:
    return [(own["risk"], own["claims"], own["yen"]) for own in ran.json["against"]]  # type: ignore[attr-defined,index]


def test_claims_are_listed_from_the_day_after_the_last_day_of_grace(office: Office) -> None:
    assert office.draw(day=NIGHT).json["claims"] == 0
    assert "督促の対象がないので、一覧は作っていません。" in office.arrears("list", "--by", "山田", day=NIGHT).out
    assert not office.list_folder().exists()
    office.paid("paid.csv", 0)
    office.paid("part.csv", 1, 4_001)
    office.paid("announced.csv", 2, stage="1")
    office.night(NIGHT)
    ran = office.draw()
    assert ran.code == 0
    assert (ran.json["claims"], ran.json["yen"], ran.json["announced_claims"]) == (3, 6_000 + 10_003 + 10_004, 1)
    shown = [(row["通知書番号"], row["調定額"], row["収納額"], row["未収額"], row["経過日数"]) for row in office.rows()]
    assert shown == [
        ("100002", 10_001, 4_001, 6_000, 21),
        ("100004", 10_003, 0, 10_003, 21),
        ("100005", 10_004, 0, 10_004, 21),
    ]
    text = (office.list_folder() / "督促対象一覧.csv").read_text(encoding="utf-8-sig")
    assert "架空" not in text


def test_names_only_when_asked(office: Office) -> None:
    office.draw("--with-names")
    assert {row["氏名"] for row in office.rows()} == {"架空 太郎"}


def test_days_of_grace_by_procedure(tmp_path: Path) -> None:
    office = Office.opened(tmp_path / "city", "\n[arrears]\ndays_after_due = 5\n[arrears.procedures]\nkokuho = 30\n")
    assert office.draw().json["claims"] == 0
    assert office.draw(day=date(2026, 12, 1)).json["claims"] == 5
    job = office.job.read_text(encoding="utf-8")
    office.job.write_text(job.replace("kokuho = 30", "kokuhoo = 30"), encoding="utf-8")
    ran = elqr("arrears", "list", "--by", "山田", "--job", office.job)
    assert ran.code == 1 and "[arrears.procedures] の kokuhoo は、手続台帳" in ran.err


def test_a_newer_slip_and_a_cancelled_one_decide_what_is_owed(office: Office) -> None:
    late = notice_row(**{**SLIPS[0], "issue_no": 2, "demand_fee_yen": 100})
    gone = notice_row(**{**SLIPS[1], "change_kind": "9"})
    office.notices(late, gone, name="more.csv")
    office.night(NIGHT)
    office.draw()
    assert [(row["通知書番号"], row["発行連番"], row["未収額"]) for row in office.rows()][:2] == [
        ("100001", "2", 10_100),
        ("100003", "1", 10_002),
    ]


@pytest.mark.parametrize(("kind", "items", "left"), [("延滞金", (0, 0, 500), 500), ("督促", (10_000, 100, 0), 100)])
def test_what_is_left_on_a_claim_without_a_slip_for_it_all_is_due_by_the_slip_that_brought_it(
    office: Office, kind: str, items: tuple[int, int, int], left: int
) -> None:
    """Its first slip was taken back by a file that cannot say 調定取消. A 分納 is a promise, and sets no 納期限."""
    names = ("principal_yen", "demand_fee_yen", "late_charge_yen")
    more = SLIPS[0] | {"notice_kind": kind, "due_on": date(2026, 12, 10), "payable_until_on": date(2027, 3, 31)}
    more |= dict(zip(names, items, strict=True))
    plan = {**more, "issue_no": 3, "principal_yen": 0, "notice_kind": "分納", "due_on": date(2027, 1, 31)}
    office.notices({**more, "issue_no": 2}, plan, name="parts.csv")
    assert codes(office.night(date(2026, 11, 18))) == []
    office.notices({**SLIPS[0], "change_kind": "9"}, name="gone.csv")
    office.night(NIGHT)
    office.draw()
    assert "100001" not in [row["通知書番号"] for row in office.rows()], "it is due on 10 December"
    office.draw(day=date(2026, 12, 31))
    (row,) = [row for row in office.rows(2) if row["通知書番号"] == "100001"]
    assert [row[name] for name in ("発行連番", "納期限", "未収額")] == ["2", "2026-12-10", left]
    year = office.folder / "year"
    ran = elqr("year", "--fiscal-year", 2026, "--as-of", "2026-12-31", "--out", year, "--job", office.job)
    assert ran.code == 0, ran.err
    carried = json.loads((year / "滞納繰越一覧.json").read_text(encoding="utf-8"))["rows"]
    assert [row["納期限"] for row in carried if row["通知書番号"] == "100001"] == ["2026-12-10"]


def test_a_missing_file_stops_the_list_青森(tmp_path: Path) -> None:
    """Bar-code data two weeks late became 2,347 wrong reminders: here the list is refused, with the yen at risk."""
    office = Office.opened(tmp_path / "city", ARRIVAL)
    office.night(NIGHT)
    ran = office.draw()
    assert ran.code == 3 and risks(ran) == [("files_missing", 5, 50_010)]
    assert not (office.folder / "out" / "arrears").exists()
    assert "eLTAX 確報 2026-11-20" in office.arrears("list", "--by", "山田").out
    office.paid("late.csv", 0)
    office.night(DAY)
    assert office.draw().code == 0 and len(office.rows()) == 4


def test_a_file_held_back_or_not_taken_in_yet_stops_the_list(office: Office) -> None:
    office.deliver("broken.dat", b"%PDF-1.7")
    office.night(NIGHT)
    office.paid("tonight.csv", 0)
    ran = office.draw()
    assert risks(ran) == [("files_held", 5, 50_010)]
    assert ran.json["against"][0]["found"] == ["broken.dat（取込保留）", "tonight.csv（未取込）"]  # type: ignore[index]
    office.night(DAY)
    assert risks(office.draw()) == [("files_held", 4, 40_010)], "the first claim is paid, and the broken file is not"


HELD = "kouza_20261119.dat"
"""A name with a day in it: another file under it is the same day's."""


@pytest.mark.parametrize(("name", "code"), [(f".{HELD}", 4), ("elsewhere", 0)])
def test_a_file_held_back_stops_the_list_wherever_it_was_moved(office: Office, name: str, code: int) -> None:
    """Under a hidden name it is still in the inbox and told every night; it is one content, and is listed once."""
    office.deliver(HELD, b"%PDF-1.7")
    office.night(NIGHT)
    path = office.folder / "inbox" / HELD
    path.rename(path.with_name(name) if name.startswith(".") else office.folder / name)
    assert office.night(DAY).code == code
    ran = office.draw()
    assert ran.code == 3 and risks(ran) == [("files_held", 5, 50_010)]
    assert ran.json["against"][0]["found"] == [f"{HELD}（取込保留）"]  # type: ignore[index]


@pytest.mark.parametrize("name", [HELD, "kouza.dat"])
def test_the_corrected_file_of_that_day_ends_the_wait_and_the_next_of_a_name_without_day_does_not(
    office: Office, name: str
) -> None:
    office.deliver(name, b"%PDF-1.7")
    office.night(NIGHT)
    office.paid(name, 0)
    office.night(DAY)
    assert risks(office.draw()) == ([] if name == HELD else [("files_held", 4, 40_010)])


OTHER = "kouza_20261118.dat"
MONEY_BOX = '\n[[money]]\npath = "money"\nspecs = ["money_by_hand_csv"]\n'
BY_HAND = "整理番号,入金日,金額,振込依頼人,資金化日,口座,区分\r\n"


def by_hand(number: int, yen: int) -> bytes:
    return f"{BY_HAND}{number},2026/11/19,{yen},ミホン,,1-1-{number},入金\r\n".encode()


def still(office: Office, day: date = DAY) -> list[str]:
    return [row["name"] for row in held(office, "list", "--json", day=day).json]  # type: ignore[attr-defined, index]


def _copy(office: Office) -> None:
    office.deliver(HELD, (office.folder / "inbox" / "yesterday.csv").read_bytes())


def _copy_with_another_end(office: Office) -> None:
    office.deliver(HELD, (office.folder / "inbox" / "yesterday.csv").read_bytes().removesuffix(b"\r\n"))


def _heading_only(office: Office) -> None:
    office.deliver(HELD, eltax_file())


def _money(office: Office) -> None:
    office.withdraw(HELD)
    (office.folder / "money" / HELD).write_bytes(by_hand(1, 500))


def _slips(office: Office) -> None:
    office.withdraw(HELD)
    office.notices(notice_row(**{**SLIPS[0], "bill_no": "900000"}), name=HELD)


_BEGUN = {"読めない": b"%PDF-1.7", "空": b"", "途中まで": eltax_file(eltax_row("9" * 20, "123456", 1_000))[:-30]}


# What came and what came after it count for themselves: each of both is met, and the nearest ones (the same kind of
# file, and nothing at all) with every beginning.
@pytest.mark.parametrize(
    ("begun", "other"),
    [*((begun, _copy) for begun in _BEGUN), *((begun, _heading_only) for begun in _BEGUN),
     ("読めない", _copy_with_another_end), ("空", _money), ("途中まで", _slips)],
)  # fmt: skip
def test_what_is_not_the_corrected_file_does_not_end_the_wait_for_it(
    tmp_path: Path, begun: str, other: Callable[[Office], None]
) -> None:
    """Its payments never came, whatever else came under its name."""
    office = Office.opened(tmp_path / "city", MONEY_BOX)
    office.paid("yesterday.csv", 0)
    office.deliver(HELD, _BEGUN[begun])
    office.night(NIGHT)
    assert still(office, NIGHT) == [HELD]
    other(office)
    office.night(DAY)
    assert still(office) == [HELD] and risks(office.draw())[0][0] == "files_held"
    office.paid(HELD, 1)
    office.night(later := date(2026, 11, 22))
    assert still(office, later) == [] and risks(office.draw(day=later)) == []


@pytest.mark.parametrize(
    ("begun", "is_over"), [(b"%PDF-1.7", True), (by_hand(2, 700)[:-9], True), (b"", False)],
    ids=["読めない", "途中まで", "空"],
)  # fmt: skip
def test_a_held_file_of_money_is_ended_by_new_money_and_not_by_payments(
    tmp_path: Path, begun: bytes, is_over: bool
) -> None:
    """An empty file shows nothing of its kind: it may have held payments, and two people give it up."""
    office = Office.opened(tmp_path / "city", MONEY_BOX)
    (office.folder / "money" / "yesterday.csv").write_bytes(by_hand(1, 500))
    path = office.folder / "money" / HELD
    path.write_bytes(begun)
    office.night(NIGHT)
    path.write_bytes(by_hand(1, 500))
    if begun:
        office.paid(HELD, 0)
    office.night(DAY)
    assert still(office) == [HELD], "money that came before, and payments"
    path.write_bytes(by_hand(2, 700))
    office.night(later := date(2026, 11, 22))
    assert still(office, later) == ([] if is_over else [HELD])


def test_a_held_file_of_slips_is_ended_by_new_slips(office: Office) -> None:
    path = office.folder / "notices" / "n_20261119.csv"
    path.write_bytes(b"%PDF-1.7")
    office.night(NIGHT)
    assert still(office, NIGHT) == [path.name]
    office.paid(path.name, 0)
    office.night(DAY)
    assert still(office) == [path.name], "payments are no slips"
    office.notices(notice_row(**{**SLIPS[0], "bill_no": "900000"}), name=path.name)
    office.night(later := date(2026, 11, 22))
    assert still(office, later) == []


def test_a_later_good_file_ends_all_broken_ones_of_its_name_before_it_and_none_after(office: Office) -> None:
    office.deliver(HELD, b"%PDF-1.7")
    office.night(NIGHT)
    office.deliver(HELD, b"%PDF-1.8")
    office.night(DAY)
    assert still(office) == [HELD, HELD]
    office.paid(HELD, 0)
    office.night(day := date(2026, 11, 22))
    assert still(office, day) == []
    office.deliver(HELD, b"%PDF-1.9")
    office.night(day := date(2026, 11, 23))
    assert still(office, day) == [HELD]


def test_one_content_under_the_names_of_two_days_is_over_when_both_were_corrected(office: Office) -> None:
    """Empty files of two days are one content: the first day's corrected file says nothing of the second."""
    for name in (HELD, OTHER):
        office.deliver(name, b"")
    office.night(NIGHT)
    office.paid(OTHER, 0)
    office.night(DAY)
    assert still(office) == [HELD]
    office.paid(HELD, 1)
    office.night(day := date(2026, 11, 22))
    assert still(office, day) == []


def held(office: Office, *arguments: object, day: date = DAY) -> Ran:
    return elqr("held", *arguments, "--job", office.job, "--date", day.isoformat())


def test_two_people_give_up_a_file_that_was_held_back(office: Office) -> None:
    office.deliver("broken.dat", b"%PDF-1.7")
    office.night(NIGHT)
    office.withdraw("broken.dat")
    listed = held(office, "list", "--json")
    assert listed.code == 3 and [row["name"] for row in listed.json] == ["broken.dat"]  # type: ignore[attr-defined, index]
    assert held(office, "give-up", "other.dat", "--reason", "誤り", "--by", "山田").code == 1
    assert held(office, "give-up", "broken.dat", "--reason", "収納ではない", "--by", "山田").code == 0
    assert held(office, "give-up", "broken.dat", "--reason", "もう一度", "--by", "鈴木").code == 1
    assert held(office, "approve", 1, "--by", "山 田").code == 1
    assert office.draw().code == 3, "asked for is not agreed to"
    assert held(office, "reject", 1, "--reason", "確かめる", "--by", "山田").code == 0
    assert held(office, "give-up", "broken.dat", "--reason", "収納ではない", "--by", "山田").code == 0
    agreed = held(office, "approve", 2, "--by", "佐藤")
    assert agreed.code == 0 and "中身は保管庫に残り" in agreed.out
    assert held(office, "list").code == 0 and office.draw().code == 0
    assert held(office, "approve", 2, "--by", "鈴木").code == 1
    assert elqr("verify", "--job", office.job, "--date", "2026-11-21").code == 0


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo, lambda path: path.symlink_to("/etc/hosts")])
def test_what_was_never_read_is_given_up_without_a_promise(office: Office, make: Callable[[Path], None]) -> None:
    make(office.folder / "inbox" / "f.dat")
    office.night(NIGHT)
    assert held(office, "give-up", "f.dat", "--reason", "収納ではない", "--by", "山田").code == 0
    ran = held(office, "approve", 1, "--by", "佐藤")
    assert ran.code == 0 and "保管庫になく" in ran.out and "残り" not in ran.out


def test_a_file_that_came_whole_after_the_request_is_not_given_up(office: Office) -> None:
    office.deliver(HELD, b"%PDF-1.7")
    office.night(NIGHT)
    held(office, "give-up", HELD, "--reason", "来ない", "--by", "山田")
    office.paid(HELD, 0)
    office.night(DAY)
    ran = held(office, "approve", 1, "--by", "佐藤")
    assert ran.code == 1 and "直ったファイル" in ran.err


def test_slips_that_could_not_be_read_stop_the_list(office: Office) -> None:
    """One of them may have cancelled a claim that is listed."""
    path = office.folder / "notices" / "change.csv"
    path.write_bytes(b"%PDF-1.7")
    assert risks(office.draw()) == [("files_held", 5, 50_010)]
    office.night(NIGHT)
    path.unlink()
    assert risks(office.draw()) == [("files_held", 5, 50_010)]


def test_a_key_whose_slip_came_after_the_payment_stops_the_list(office: Office) -> None:
    """On its night the key was unknown, and nothing near it; neither payer nor yen say more."""
    key_no = "00000202609999999999"
    office.deliver("early.csv", eltax_file(eltax_row(key_no, "123456", 55)))
    office.night(NIGHT)
    assert office.draw().code == 0
    late = notice_row(
        bill_no="300000", payer_ref="7777", principal_yen=800, due_on=DUE, key_no=key_no, check_no="123456"
    )
    near = notice_row(**{**late, "bill_no": "300001", "key_no": key_no[:-1] + "8", "principal_yen": 900})
    office.notices(late, near, name="late.csv")
    office.night(DAY)
    assert risks(office.draw(day=date(2026, 11, 22))) == [("exceptions", 2, 1_700)]


@pytest.mark.parametrize(("yen", "claims", "left"), [(20_003, 2, 20_003), (20_780, 3, 20_780)])
def test_an_unknown_payment_of_several_claims_at_once_stops_the_list(
    office: Office, yen: int, claims: int, left: int
) -> None:
    """全期 of a bill, and all that a payer owes."""
    same = {"payer_ref": "55", "due_on": DUE}
    slips = [notice_row(bill_no="500", installment_no=no, principal_yen=10_000 + no, **same) for no in (1, 2)]
    whole = notice_row(bill_no="500", installment_no=0, principal_yen=20_003, **same)
    office.notices(*slips, whole, notice_row(bill_no="501", principal_yen=777, **same), name="bill.csv")
    office.deliver("unknown.csv", eltax_file(eltax_row("9" * 20, "123456", yen)))
    office.night(NIGHT)
    assert risks(office.draw()) == [("exceptions", claims, left)]


@pytest.mark.parametrize(("yen", "left"), [(3_000 + 5_000, 8_000), (3_000 + 4_000, 7_000)])
def test_an_unknown_payment_of_two_of_three_bills_stops_the_list_and_its_check(
    office: Office, yen: int, left: int
) -> None:
    slips = ((600 + no, 3_000 + 1_000 * no) for no in range(3))
    rows = [notice_row(bill_no=str(bill), payer_ref="66", principal_yen=own, due_on=DUE) for bill, own in slips]
    office.notices(*rows, name="bills.csv")
    office.night(NIGHT)
    assert office.draw().code == 0
    office.deliver("unknown.csv", eltax_file(eltax_row("9" * 20, "123456", yen)))
    office.night(DAY)
    assert risks(office.draw()) == [("exceptions", 2, left)]
    assert office.arrears("check", office.list_folder()).code == 3


def test_what_is_left_of_an_unknown_payment_stops_the_list(office: Office) -> None:
    """12,000 yen, of which two people put 10,000 on a slip: 2,000 may be for another."""
    office.notices(
        notice_row(bill_no="700", payer_ref="77", principal_yen=2_000, due_on=DUE),
        notice_row(bill_no="701", payer_ref="78", principal_yen=10_000, due_on=DUE),
        name="more.csv",
    )
    office.deliver("unknown.csv", eltax_file(eltax_row("9" * 20, "123456", 12_000)))
    office.night(NIGHT)
    target = office.issued()["kokuho", "701", 1, 1][0]
    search = ("--ruling", "納付書に充てる", "--target", target, "--payment", 1, "--reason", "本人に確かめた")
    job = ("--job", office.job, "--date", NIGHT.isoformat())
    assert elqr("review", "decide", *search, "--by", "山田", *job).code == 0
    assert elqr("review", "approve", 1, "--by", "佐藤", *job).code == 0
    assert risks(office.draw()) == [("exceptions", 1, 2_000)]


def test_the_list_names_one_payer_in_a_row_the_heir_as_the_newest_slip_does(office: Office) -> None:
    heir = notice_row(**{**SLIPS[0], "issue_no": 2, "payer_ref": "8000", "payer_name": "架空 花子"})
    office.notices(heir, name="heir.csv")
    office.night(NIGHT)
    assert office.draw("--with-names").code == 0
    assert ("8000", "架空 花子") in {(row["宛名番号"], row["氏名"]) for row in office.rows()}
    assert "9000" not in {row["宛名番号"] for row in office.rows()}
    office.paid("part.csv", 0, 1)
    office.night(DAY)
    ran = office.arrears("check", office.list_folder(), "--json")
    assert [row["payer_ref"] for row in ran.json["changed"]] == ["8000"]  # type: ignore[attr-defined,index]


def test_an_exception_of_the_same_payer_stops_the_list(office: Office) -> None:
    """A second payment of one slip by a payer who owes another: it may have been meant for that."""
    office.notices(notice_row(bill_no="200000", payer_ref="9000", principal_yen=777, due_on=DUE), name="more.csv")
    office.paid("first.csv", 0)
    office.night(NIGHT)
    key_no, check_no = office.issued()["kokuho", "100001", 1, 1]
    office.deliver("second.csv", eltax_file(eltax_row(key_no, check_no, 10_000, serial_no="00000099")))
    office.night(DAY)
    assert risks(office.draw()) == [("exceptions", 1, 777)]


def test_an_unknown_key_with_the_same_yen_or_a_near_key_stops_the_list(office: Office) -> None:
    office.deliver("unknown.csv", eltax_file(eltax_row("9" * 20, "123456", 10_003)))
    office.night(NIGHT)
    assert risks(office.draw()) == [("exceptions", 1, 10_003)]
    key_no, check_no = office.issued()["kokuho", "100005", 1, 1]
    swapped = key_no[:-1] + str((int(key_no[-1]) + 1) % 10)
    other = {key for key, _ in office.issued().values()}
    while swapped in other:
        swapped = swapped[:-2] + str((int(swapped[-2]) + 5) % 10) + swapped[-1]
    office.deliver("near.csv", eltax_file(eltax_row(swapped, check_no, 55, serial_no="00000098")))
    office.night(DAY)
    ran = office.draw()
    assert ran.code == 3 and ran.json["against"][0]["found"] == ["受付1", "受付2"]  # type: ignore[index]


def test_an_exception_that_was_decided_stops_nothing(office: Office) -> None:
    office.deliver("unknown.csv", eltax_file(eltax_row("9" * 20, "123456", 10_003)))
    office.night(NIGHT)
    decide = ("review", "decide", "--ruling", "当市の収納でない", "--reason", "他市", "--by", "山田")
    assert elqr(*decide, "--job", office.job, "--date", "2026-11-21").code == 0
    assert elqr("review", "approve", 1, "--by", "鈴木", "--job", office.job, "--date", "2026-11-21").code == 0
    assert office.draw().code == 0


FAR = notice_row(bill_no="900", payer_ref="72", principal_yen=900, due_on=DUE, key_no="0" * 19 + "7", check_no="777777")
"""A slip whose key is like none of the five, which differ in their last digit alone."""


def with_far(office: Office) -> tuple[str, str]:
    """The first of the five is paid; its key and 確認番号. The others owe 40,010 yen, and the far slip 900."""
    office.notices(FAR, name="far.csv")
    office.paid("first.csv", 0)
    office.night(NIGHT)
    assert risks(office.draw()) == []
    return office.issued()["kokuho", "100001", 1, 1]


def taken(
    office: Office, *rows: dict[str, object], day: date = DAY, name: str = "more.csv"
) -> list[tuple[str, int, int]]:
    office.deliver(name, eltax_file(*rows))
    office.night(day)
    return risks(office.draw(day=day))


OTHER_PAYMENT, SAME_PAYMENT = {"serial_no": "00000077"}, {"serial_no": "00000001"}


@pytest.mark.parametrize(
    "said",
    [
        OTHER_PAYMENT | {"check_no": "000000"},
        OTHER_PAYMENT | {"item_no": "902"},
        OTHER_PAYMENT | {"office_code": "44001"},
        OTHER_PAYMENT | {"paid_on": date(2026, 9, 30)},
        SAME_PAYMENT | {"check_no": "000000"},
    ],
    ids=["確認番号相違", "納付区分相違", "機関コード相違", "発行前の領収", "計上済と内容相違"],
)
@pytest.mark.parametrize(("yen", "at_risk"), [(55, (4, 40_010)), (900, (5, 40_910))])
def test_a_misread_key_that_hits_another_slip_stops_the_list(
    office: Office, said: dict[str, object], yen: int, at_risk: tuple[int, int]
) -> None:
    """The slip of its key says otherwise: one of the near keys may be meant, or any claim of those yen."""
    key_no, check_no = with_far(office)
    row = eltax_row(key_no, check_no, yen) | said
    assert taken(office, row) == [("exceptions", *at_risk)]


@pytest.mark.parametrize(
    ("key_no", "at_risk"), [("9" * 20, (1, 900)), (None, (5, 40_910))], ids=["近い納付書なし", "1桁違い"]
)
def test_what_contradicts_another_payment_under_an_unknown_key_stops_the_list(
    office: Office, key_no: str | None, at_risk: tuple[int, int]
) -> None:
    """Its outcome is 計上済と内容相違, which comes before 該当なし."""
    own, check_no = with_far(office)
    row = eltax_row(key_no or own[:-1] + "9", check_no, 900) | SAME_PAYMENT
    assert taken(office, row) == [("exceptions", *at_risk)]


def test_what_comes_out_of_order_under_an_unknown_key_stops_the_list(office: Office) -> None:
    with_far(office)
    announced = [eltax_row("9" * 20, "123456", 900, data_kind=kind, **OTHER_PAYMENT) for kind in ("1", "9")]
    assert taken(office, *announced) == []
    later = date(2026, 11, 22)
    again = eltax_row("9" * 20, "123456", 900, **OTHER_PAYMENT)
    assert taken(office, again, day=later, name="again.csv") == [("exceptions", 1, 900)]
    assert [row["理由"] for row in office.report("要確認一覧", later)] == ["段階の順序が不正"]


@pytest.mark.parametrize("said", [OTHER_PAYMENT, SAME_PAYMENT], ids=["二重納付", "計上済と内容相違"])
def test_a_payment_whose_own_slip_agrees_stops_its_payers_claims_only(office: Office, said: dict[str, object]) -> None:
    """Whose it is, is known and paid: neither the near keys nor another's claim of just these yen are in doubt."""
    key_no, check_no = with_far(office)
    assert taken(office, eltax_row(key_no, check_no, 900) | said) == []
    office.notices(notice_row(bill_no="950", payer_ref="9000", principal_yen=70, due_on=DUE), name="own.csv")
    assert risks(office.draw()) == [("files_held", 5, 40_910)]
    office.night(later := date(2026, 11, 22))
    assert risks(office.draw(day=later)) == [("exceptions", 1, 70)]


def decided(office: Office, ruling: str, day: date, *more: object, payment: int = 1) -> None:
    job = ("--job", office.job, "--date", day.isoformat())
    given = ("--ruling", ruling, "--payment", payment, "--reason", "確かめた", "--by", "山田", "--json", *more)
    asked = elqr("review", "decide", *given, *job)
    assert asked.code == 0, asked.out + asked.err
    assert elqr("review", "approve", asked.json["review"], "--by", "佐藤", *job).code == 0  # type: ignore[index]


RULED = {"bill_no": "701", "payer_ref": "78", "due_on": DUE}


def put_on(office: Office, yen: int) -> None:
    """An unknown payment of so many yen is put on bill 701 of 10,000 by two people."""
    office.notices(notice_row(**RULED), name="bill.csv")
    office.deliver("unknown.csv", eltax_file(eltax_row("9" * 20, "123456", yen)))
    office.night(NIGHT)
    decided(office, "納付書に充てる", NIGHT, "--target", office.issued()["kokuho", "701", 1, 1][0])


@pytest.mark.parametrize("ruling", ["還付候補", "当市の収納でない"])
def test_money_to_be_paid_back_stops_the_reminder_of_the_claim_on_which_it_stood(office: Office, ruling: str) -> None:
    """10,000 stood on it by a ruling, 3,000 came off when it was lowered; now it asks them again."""
    put_on(office, 10_000)
    office.notices(notice_row(**RULED, issue_no=2, principal_yen=7_000, change_reason="減額更正"), name="lowered.csv")
    office.night(DAY)
    decided(office, ruling, DAY)
    assert risks(office.draw()) == []
    office.notices(notice_row(**RULED, issue_no=3), name="raised.csv")
    office.night(later := date(2026, 11, 22))
    assert risks(office.draw(day=later)) == [("exceptions", 1, 3_000)]


def test_what_was_taken_off_a_claim_by_undoing_a_ruling_stops_its_reminder(office: Office) -> None:
    put_on(office, 55)
    job = ("--job", office.job, "--date", DAY.isoformat())
    assert elqr("review", "undo", 1, "--by", "山田", "--reason", "別の人だった", *job).code == 0
    assert elqr("review", "approve", 2, "--by", "佐藤", *job).code == 0
    assert risks(office.draw()) == [("exceptions", 1, 10_000)]


@pytest.mark.parametrize("is_paid_before", [True, False], ids=["減額による過納", "取消済納付書"])
@pytest.mark.parametrize(("parts", "yen"), [(1, 6_000), (2, 3_000)], ids=["相続人", "分割"])
def test_money_of_a_cancelled_bill_stops_the_bills_that_may_stand_in_its_place(
    office: Office, is_paid_before: bool, parts: int, yen: int
) -> None:
    """Another payer's bill under another number: alone, or its instalments together, of just what was paid."""
    old = notice_row(bill_no="800", payer_ref="80", principal_yen=6_000, due_on=DUE)
    office.notices(old, name="old.csv")
    office.night(NIGHT)
    payment = eltax_file(eltax_row(*office.issued()["kokuho", "800", 1, 1], 6_000))
    if is_paid_before:
        office.deliver("paid.csv", payment)
        office.night(DAY)
    same = {"bill_no": "805", "payer_ref": "82", "principal_yen": yen, "due_on": DUE}
    office.notices(
        {**old, "change_kind": "9"}, *(notice_row(**same, installment_no=no + 1) for no in range(parts)), name="new.csv"
    )
    office.night(cancelled := date(2026, 11, 22))
    if not is_paid_before:
        office.deliver("paid.csv", payment)
        office.night(cancelled)
    assert risks(office.draw(day=cancelled)) == [("exceptions", parts, 6_000)]
    decided(office, "還付候補", cancelled)
    assert risks(office.draw(day=cancelled)) == [], "two people know whose it is"


def test_a_second_payment_of_a_bill_that_is_cancelled_later_is_in_doubt_as_the_first(office: Office) -> None:
    old = notice_row(bill_no="800", payer_ref="80", principal_yen=6_000, due_on=DUE)
    heir = notice_row(bill_no="805", payer_ref="82", principal_yen=6_000, due_on=DUE)
    office.notices(old, name="old.csv")
    office.night(NIGHT)
    key = office.issued()["kokuho", "800", 1, 1]
    rows = [eltax_row(*key, 6_000, serial_no=f"{no:08d}") for no in (1, 2)]
    assert taken(office, *rows) == []
    office.notices({**old, "change_kind": "9"}, heir, name="new.csv")
    office.night(later := date(2026, 11, 22))
    ran = office.draw(day=later)
    assert risks(ran) == [("exceptions", 1, 6_000)]
    assert ran.json["against"][0]["found"] == ["受付1", "受付2"]  # type: ignore[index]


def test_what_is_taken_off_a_bill_stops_the_bill_for_the_other_part_and_no_near_key(office: Office) -> None:
    """The first of the five is lowered by 1,000, which another is asked for; the other four are not in doubt."""
    office.paid("first.csv", 0)
    office.night(NIGHT)
    office.notices(
        notice_row(**{**SLIPS[0], "issue_no": 2, "principal_yen": 9_000, "change_reason": "減額更正"}),
        name="lowered.csv",
    )
    office.night(DAY)
    assert risks(office.draw()) == []
    office.notices(notice_row(bill_no="805", payer_ref="82", principal_yen=1_000, due_on=DUE), name="part.csv")
    office.night(later := date(2026, 11, 22))
    assert risks(office.draw(day=later)) == [("exceptions", 1, 1_000)]


def test_an_old_slip_of_a_claim_that_is_paid_stops_nothing(office: Office) -> None:
    """It was cancelled, and another slip of its claim is paid: whose money it is, is known."""
    old = notice_row(bill_no="800", payer_ref="80", principal_yen=900, due_on=DUE)
    office.notices(old, FAR, name="old.csv")
    office.night(NIGHT)
    office.notices({**old, "change_kind": "9"}, {**old, "issue_no": 2}, name="new.csv")
    office.night(NIGHT)
    keys = office.issued()
    new, gone = (eltax_row(*keys["kokuho", "800", 1, no], 900, serial_no=f"{no:08d}") for no in (2, 1))
    assert taken(office, new, gone) == []
    assert [row["理由"] for row in office.report("要確認一覧", DAY)] == ["取消済納付書"]


def test_money_without_payments_and_overdue_announcements_stop_the_list_真庭_いわき(tmp_path: Path) -> None:
    office = Office.opened(tmp_path / "city", MONEY + CONTRACT + "confirm_days = 3\n")
    office.paid("sokuho.csv", 4, stage="1")
    (office.folder / "money" / "01.dat").write_bytes(credit_file(credit_row(10_003, SENDER)))
    office.night(date(2026, 11, 12))
    office.night(NIGHT)
    assert risks(office.draw()) == [("overdue", 1, 10_004), ("money", 4, 40_006)]


def test_two_people_end_a_preliminary_that_nobody_will_confirm(tmp_path: Path) -> None:
    """It stops neither the list nor the morning any more; a 確報 that comes all the same is posted."""
    office = Office.opened(tmp_path / "city", MONEY + CONTRACT + "confirm_days = 3\n")
    office.paid("sokuho.csv", 4, stage="1")
    office.night(date(2026, 11, 12))
    office.night(NIGHT)
    assert risks(office.draw()) == [("overdue", 1, 10_004)]
    (waiting,) = office.report("要確認一覧", NIGHT)
    assert (waiting["受付番号"], waiting["理由"], waiting["仮受額"]) == (1, "速報（確報待ち）", 0)
    decide = ("review", "decide", "--ruling", "確認のみ", "--reason", "送付元が確報なしと回答", "--by", "山田")
    on = ("--job", office.job, "--date", "2026-11-21")
    assert elqr(*decide, "--payment", 1, *on).code == 0
    assert [f["code"] for f in office.night(date(2026, 11, 21)).json["findings"]] == ["S704"]  # type: ignore[attr-defined,index]
    assert elqr("review", "approve", 1, "--by", "鈴木", *on).code == 0
    day = date(2026, 11, 22)
    assert office.night(day).json["findings"] == [] and office.report("要確認一覧", day) == []
    assert office.draw(day=day).code == 0
    office.paid("kakuho.csv", 4)
    later = office.night(date(2026, 11, 24))
    assert later.places() == {"posted": (1, 10_004)}
    assert elqr("verify", "--job", office.job, "--date", "2026-11-24").code == 0


def test_two_people_open_the_gate_once_and_the_list_says_so(tmp_path: Path) -> None:
    office = Office.opened(tmp_path / "city", ARRIVAL)
    office.night(NIGHT)
    assert office.draw("--approval", "1").code == 1
    assert office.arrears("request", "--reason", "eLTAX に確認済", "--by", "山田").code == 0
    assert office.arrears("request", "--reason", "もう一度", "--by", "山田").code == 1
    assert office.draw("--approval", "1").code == 1, "not approved yet"
    own = office.arrears("approve", 1, "--by", "山 田")
    assert own.code == 1 and "申請した人" in own.err
    assert office.arrears("approve", 1, "--by", "佐藤").code == 0
    assert office.draw().code == 3, "an approval opens nothing by itself"
    ran = office.draw("--approval", "1")
    assert ran.code == 0 and ran.json["list_no"] == 1
    manifest = json.loads((office.list_folder() / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["override"] == {
        "request_no": 1,
        "reason": "eLTAX に確認済",
        "asked_by": "山田",
        "taken_by": "佐藤",
        "risks": ["届いていないファイル 1（危うい督促 5件 50,010円）"],
        "against": [{"risk": "files_missing", "found": ["eLTAX 確報 2026-11-20"]}],
    }
    assert office.arrears("check", office.list_folder()).code == 0, "the two knew of it"
    assert "★二人の承認" in json.loads((office.list_folder() / "督促対象一覧.json").read_text(encoding="utf-8"))["note"]
    again = office.draw("--approval", "1")
    assert again.code == 1 and "使いました" in again.err
    assert elqr("verify", "--job", office.job, "--date", "2026-11-21").code == 0


def test_an_approval_holds_for_the_same_situation_only(tmp_path: Path) -> None:
    office = Office.opened(
        tmp_path / "city",
        ARRIVAL + '\n[[arrival]]\nname = "コンビニ"\nspecs = ["cvs_family_a"]\nsince = 2026-11-21\nevery = "毎日"\n',
    )
    office.night(NIGHT)
    office.arrears("request", "--reason", "確認済", "--by", "山田", day=NIGHT)
    assert office.arrears("approve", 1, "--by", "佐藤").code == 1, "one more file is missing a day later"
    assert "申請1" in (said := office.arrears("list", "--by", "山田").out) and "状況が変わりました" in said
    office.arrears("reject", 1, "--by", "佐藤", "--reason", "状況が変わった")
    office.arrears("request", "--reason", "確認済", "--by", "山田")
    assert office.arrears("approve", 2, "--by", "佐藤").code == 0
    late = office.draw("--approval", "2", day=date(2026, 11, 22))
    assert late.code == 1 and "状況が変わりました" in late.err
    assert office.arrears("reject", 2, "--by", "佐藤", "--reason", "済んだ申請").code == 1


def test_nothing_to_ask_for_when_nothing_is_against_it(office: Office) -> None:
    ran = office.arrears("request", "--reason", "念のため", "--by", "山田")
    assert ran.code == 1 and "妨げるものはありません" in ran.err


def test_a_list_is_checked_before_it_is_sent_笠岡_養父(office: Office) -> None:
    """Sent from last month's data: payments since are named, and an older list is refused."""
    office.draw()
    assert office.arrears("check", office.list_folder()).code == 0
    office.paid("paid.csv", 0)
    office.paid("announced.csv", 1, stage="1")
    office.paid("part.csv", 2, 2)
    office.night(date(2026, 11, 24))
    ran = office.arrears("check", office.list_folder(), "--json", day=date(2026, 11, 24))
    assert ran.code == 3
    changed = [(row["bill_no"], row["left_yen"], row["now_yen"], row["why"]) for row in ran.json["changed"]]  # type: ignore[attr-defined,index]
    assert changed == [
        ("100001", 10_000, 0, "収納済か、取消・再発行"),
        ("100002", 10_001, 10_001, "速報あり"),
        ("100003", 10_002, 10_000, "未収額が変わった"),
    ]
    assert office.draw(day=date(2026, 11, 24)).json["list_no"] == 2
    old = office.arrears("check", office.list_folder(1), day=date(2026, 11, 24))
    assert old.code == 1 and "古いものです" in old.err and "一覧2" in old.err
    assert office.arrears("check", office.list_folder(2), day=date(2026, 11, 24)).code == 0


def test_a_list_is_not_sent_while_something_new_stands_against_it(office: Office) -> None:
    """Since it was drawn a payment with an unknown key came, of just what is left of a claim, and a file not taken in."""
    office.draw()
    office.deliver("unknown.csv", eltax_file(eltax_row("9" * 20, "123456", 10_003)))
    office.night(DAY)
    office.paid("tonight.csv", 0)
    ran = office.arrears("check", office.list_folder(), "--json")
    assert ran.code == 3 and ran.json["changed"] == []  # type: ignore[index]
    assert risks(ran) == [("files_held", 5, 50_010), ("exceptions", 1, 10_003)]
    shown = office.arrears("check", office.list_folder())
    assert "★要確認の収納" in shown.out and "妨げるものができました" in shown.err


def test_what_the_manifest_of_a_list_does_not_name_is_refused_with_its_name(office: Office, tmp_path: Path) -> None:
    office.draw()
    shutil.copytree(office.list_folder(), tmp_path / "000007")
    ran = office.arrears("check", tmp_path / "000007")
    assert ran.code == 1 and "000001 のものです" in ran.err
    (office.list_folder() / "Thumbs.db").write_bytes(b"x")
    assert office.arrears("check", office.list_folder()).code == 0
    (office.list_folder() / "追加.csv").write_bytes(b"x")
    ran = office.arrears("check", office.list_folder())
    assert ran.code == 1 and "にないもの 追加.csv があります" in ran.err


@pytest.mark.parametrize("name", ["督促対象一覧.csv", "督促対象一覧.xlsx", "manifest.json"])
def test_a_changed_list_is_refused(office: Office, name: str) -> None:
    office.draw()
    path = office.list_folder() / name
    path.write_bytes(path.read_bytes() + b" ")
    ran = office.arrears("check", office.list_folder())
    assert ran.code == 1 and "Traceback" not in ran.err
    path.unlink()
    assert office.arrears("check", office.list_folder()).code == 1


def test_the_same_list_is_the_same_to_the_byte(office: Office, tmp_path: Path) -> None:
    copy = Office(office.copy(tmp_path / "copy").folder)
    office.draw()
    copy.draw()
    for path in office.list_folder().iterdir():
        assert path.read_bytes() == (copy.list_folder() / path.name).read_bytes(), path.name
