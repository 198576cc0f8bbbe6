"""還付と返還: each step by two people, each undone by counter-posting, until the yen are where they end."""

from datetime import date
from pathlib import Path

import pytest

from tests.builders import Ran, elqr, notice_row
from tests.cases.prepared import prepared
from tests.cases.ruling_desk import MORNING, Desk

FIRST, SECOND, PAID = date(2026, 11, 11), date(2026, 11, 12), date(2026, 11, 20)
NEXT = date(2026, 11, 24)
_DECIDE = ("--on", "2026-11-18", "--number", "還付第5号")
_PAY = ("--on", "2026-11-19", "--number", "伝票77")


def _desk_of(folder: Path) -> Desk:
    """10,000 yen were paid twice; the second payment, number 2, is a 還付候補. Number 3 names a key that nobody knows."""
    desk = Desk.opened(folder, notice_row(), notice_row(bill_no="200002", principal_yen=6_000, payer_ref="2"))
    key, check = desk.keys["100001/1"]
    desk.paid(FIRST, (key, check), 10_000)
    desk.paid(SECOND, (key, check), 10_000, serial=2)
    desk.paid(SECOND, ("9" + key[1:], check), 777, serial=3)
    desk.rule("還付候補", 2)
    assert desk.stands() == {(1, "100001/1"): 10_000, (2, "suspense"): 10_000, (3, "suspense"): 777}
    return desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return prepared(tmp_path / "city", _desk_of)


def _ask(desk: Desk, step: str, *what: object, payment: int = 2) -> Ran:
    return desk.run("refund", step, payment, *what, "--reason", "確かめた", "--by", "山田", "--json")


def _step(desk: Desk, step: str, *what: object, payment: int = 2) -> Ran:
    return desk.approved(_ask(desk, step, *what, payment=payment), MORNING)


def _trail(desk: Desk, asked: Ran) -> str:
    return elqr("review", "trail", "--review", asked.json["review"], "--job", desk.city.job).out


def _of_second(desk: Desk) -> dict[str, int]:
    return {where: yen for (no, where), yen in desk.stands().items() if no == 2}


def test_a_refund_goes_from_decision_to_payment(desk: Desk) -> None:
    asked = _ask(desk, "decide", *_DECIDE, "--interest", 1_200, "--payee", "8800")
    assert (asked.json["rulings"], asked.json["suspense_yen"]) == (1, 10_000)
    payee = {"code": "V126", "at": "「受付2 還付先」", "actual": "宛名番号 8800", "expected": "宛名番号 1000001"}
    no_rule = {
        "code": "V127",
        "at": "「受付2 加算金」",
        "actual": "1,200円",
        "expected": "還付の決まりが手続台帳にありません",
    }
    assert asked.json["remarks"] == [no_rule, payee]
    on = ("--job", desk.city.job)
    assert "　注意 2件　承認待ち" in elqr("review", "list", *on).out
    assert [row["remarks"] for row in elqr("review", "list", "--json", *on).json] == [2]  # type: ignore[attr-defined]
    assert "注意 [V126] 「受付2 還付先」" in _trail(desk, asked)
    assert desk.run("refund", "list", "--json").json[0]["standing"] == "refund", "one person decides nothing"
    assert desk.approved(asked, MORNING).json["moved_yen"] == 0
    (case,) = desk.run("refund", "list", "--json").json  # type: ignore[misc]
    shown = {
        "payment_no": 2, "paid_on": "2026-11-05", "standing": "refund_decided", "done_on": "2026-11-18",
        "number": "還付第5号", "interest_yen": 1_200, "refund_decided_on": "2026-11-18", "payee_ref": "8800", "held_yen": 10_000, "refunded_yen": 0,
        "revenue_yen": 0, "passed_on_yen": 0,
        "refund_number": "還付第5号", "case_yen": 10_000, "outcome": "already_settled", "bill_no": "100001",
    }  # fmt: skip
    assert {name: case[name] for name in shown} == shown  # type: ignore[index]
    assert _of_second(desk) == {"suspense": 10_000}
    trail = elqr("review", "trail", "--payment", 2, "--job", desk.city.job)
    assert "2026-11-18 還付第5号　加算金 1,200円" in trail.out
    (decided,) = (
        row
        for row in elqr("review", "trail", "--json", "--job", desk.city.job).json
        if row["ruling"] == "refund_decided"
    )  # type: ignore[index, union-attr]
    assert (decided["done_on"], decided["number"], decided["interest_yen"]) == ("2026-11-18", "還付第5号", 1_200)
    row = desk.report("過誤納整理簿")[2]
    names = ("区分", "状態", "決裁の日付", "決裁の文書番号", "加算金", "還付先の宛名番号", "還付・充当候補額")
    wanted = ["二重納付", "還付決定", "2026-11-18", "還付第5号", 1_200, "8800", 10_000]
    assert [row[name] for name in names] == wanted
    listed = {row["決裁"]: row for row in desk.city.report("決裁一覧", MORNING)}["還付決定"]
    assert [listed[name] for name in names[2:5]] == wanted[2:5]
    ended = _step(desk, "paid", *_PAY)
    assert ended.json["moved_yen"] == 10_000 and _of_second(desk) == {"refunded": 10_000}
    (case,) = desk.run("refund", "list", "--json").json  # type: ignore[misc]
    assert [case[name] for name in ("standing", "number", "interest_yen", "refunded_yen")] == [  # type: ignore[index]
        "paid_out", "伝票77", 1_200, 10_000,
    ]  # fmt: skip
    row, shown_of = (
        desk.report("過誤納整理簿")[2],
        ("状態", "過誤納額", "還付・充当候補額", "還付決定の番号", "決裁の文書番号"),
    )
    assert [row[name] for name in shown_of] == ["還付支払済", 10_000, 0, "還付第5号", "伝票77"]
    assert list(desk.report("要確認一覧")) == [3]


def test_a_transfer_that_failed_goes_back_one_step(desk: Desk) -> None:
    _step(desk, "decide", *_DECIDE)
    _step(desk, "paid", *_PAY)
    assert _step(desk, "bounced", "--on", "2026-11-20").json["moved_yen"] == -10_000
    assert _of_second(desk) == {"suspense": 10_000}
    row = desk.report("過誤納整理簿")[2]
    assert (row["状態"], row["還付・充当候補額"]) == ("還付返戻", 10_000)
    page = (desk.city.drawn(MORNING) / "index.html").read_text(encoding="utf-8")
    assert "決裁で還付済へ" in page and "決裁で還付済から" in page, "together they are nothing, and that says nothing"
    _step(desk, "paid", "--on", "2026-11-20", "--number", "伝票78")
    assert _of_second(desk) == {"refunded": 10_000}
    desk.city.night(NEXT)
    (row,) = desk.city.report("日計表の後の還付など", NEXT)
    names = ("計上した日", "勘定", "手続", "領収日", "件数", "額")
    assert [row[name] for name in names] == ["2026-11-20", "還付済", "国民健康保険料", "2026-11-05", 1, 10_000]
    assert not (desk.city.folder / "out" / NEXT.isoformat() / "日計表の後の計上.csv").exists(), "no claim was touched"


@pytest.mark.parametrize(("step", "state"), [("time-barred", "時効"), ("too-small", "少額")])
def test_what_is_not_paid_back_is_revenue(desk: Desk, step: str, state: str) -> None:
    assert _step(desk, step, "--on", "2026-11-20").json["moved_yen"] == 10_000
    assert _of_second(desk) == {"revenue": 10_000}
    row = desk.report("過誤納整理簿")[2]
    assert [row[name] for name in ("状態", "過誤納額", "還付・充当候補額")] == [state, 10_000, 0]


def test_the_card_of_a_claim_shows_what_was_decided_on_its_payments(desk: Desk) -> None:
    _ask(desk, "decide", *_DECIDE)
    (card,) = desk.run("claim", "show", "100001", "--json").json["claims"]  # type: ignore[misc]
    decided = {payment["payment_no"]: payment["rulings"] for payment in card["payments"]}  # type: ignore[index]
    first, second = decided[2]
    assert decided[1] == []
    assert first == {
        "ruling_no": 1, "review_no": 1, "ruling": "refund", "asked_on": "2026-11-20", "taken_on": "2026-11-20",
        "done_on": None, "undone_by_no": None,
    }  # fmt: skip
    assert (second["ruling"], second["taken_on"], second["done_on"]) == ("refund_decided", None, "2026-11-18")
    shown = desk.run("claim", "show", "100001").out
    assert "決裁1　還付候補　（令和8年11月20日 承認済）" in shown
    assert "決裁2　還付決定　令和8年11月18日　（令和8年11月20日 申請2 承認待ち）" in shown
    desk.run("review", "reject", 2, "--reason", "x", "--by", "山田")
    desk.undo(1)
    shown = desk.run("claim", "show", "100001").out
    assert "決裁1　還付候補　（令和8年11月20日 承認済）　決裁3で取消済" in shown and "還付決定" not in shown


def test_what_is_not_ours_is_passed_on(desk: Desk) -> None:
    desk.rule("当市の収納でない", 3)
    _step(desk, "passed-on", *_PAY, payment=3)
    assert desk.stands()[3, "passed_on"] == 777


def test_each_step_is_undone_by_counter_posting(desk: Desk) -> None:
    _step(desk, "decide", *_DECIDE)
    _step(desk, "paid", *_PAY)
    assert desk.undo(3).json["results"] == {"承認": 1} and _of_second(desk) == {"suspense": 10_000}
    assert desk.run("refund", "list", "--json").json[0]["standing"] == "refund_decided"
    _step(desk, "paid", "--on", "2026-11-20", "--number", "伝票79")
    assert _of_second(desk) == {"refunded": 10_000}
    rows = desk.city.sql("SELECT account, yen FROM posting WHERE payment_no = 2 ORDER BY posting_no")
    assert sum(yen for _, yen in rows) == 10_000 and len(rows) == 1 + 3 * 2


REFUSED = [
    ("候補のない収納", 3, "decide", _DECIDE, "受付3の今の決裁は「決裁なし」です。還付決定は「還付候補」の後です"),
    ("決定のない支払", 2, "paid", _PAY, "受付2の今の決裁は「還付候補」です。還付支払済は「還付決定・還付返戻」の後です"),
    ("支払のない返戻", 2, "bounced", ("--on", "2026-11-20"), "還付返戻は「還付支払済」の後です"),
    ("当市の収納", 2, "passed-on", _PAY, "返還済は「当市の収納でない」の後です"),
    ("ない番号", 99, "decide", _DECIDE, "受付99は台帳にありません"),
    ("収納より前", 2, "decide", ("--on", "2026-11-04", "--number", "5"), "受付2の収納の日は 2026-11-05 です。それより前の日付は書けません"),
    ("先の日付", 2, "decide", ("--on", "2099-01-01", "--number", "5"), "日付 2099-01-01 は、まだ来ていません"),
    ("番号なし", 2, "decide", ("--on", "2026-11-18"), "--number が必要です"),
    ("空の番号", 2, "decide", ("--on", "2026-11-18", "--number", " "), "決定番号が空です"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("payment", "step", "what", "said"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_a_step_out_of_order_is_refused_with_why(
    desk: Desk, payment: int, step: str, what: tuple[object, ...], said: str
) -> None:
    ran = _ask(desk, step, *what, payment=payment)
    assert ran.code != 0 and said in ran.err and ran.err.count("\n") == 1
    assert _of_second(desk) == {"suspense": 10_000}


def test_two_people_and_one_request_at_a_time(desk: Desk) -> None:
    asked = _ask(desk, "decide", *_DECIDE)
    same = desk.run("review", "approve", asked.json["review"], "--by", "山田")
    assert same.code != 0 and desk.run("refund", "list", "--json").json[0]["standing"] == "refund"  # type: ignore[index]
    assert "承認待ちの申請" in _ask(desk, "too-small", "--on", "2026-11-20").err
    desk.run("review", "reject", asked.json["review"], "--by", "佐藤", "--reason", "まだ")
    assert _ask(desk, "too-small", "--on", "2026-11-20").code == 0


def test_what_changed_since_it_was_asked_for_is_not_carried_out(tmp_path: Path) -> None:
    """15,000 yen were paid on 10,000; the claim is lowered to 7,000 between the request and the approval."""
    desk = Desk.opened(tmp_path / "city", notice_row())
    desk.paid(FIRST, desk.keys["100001/1"], 15_000)
    desk.rule("還付候補", 1)
    asked = _ask(desk, "decide", *_DECIDE, payment=1)
    desk.city.notices(notice_row(issue_no=2, principal_yen=7_000, change_reason="減額更正"), name="less.csv")
    desk.city.night(MORNING)
    assert desk.stands() == {(1, "100001/1"): 7_000, (1, "suspense"): 8_000}
    assert desk.approved(asked, MORNING).json["results"] == {"無効（その後に変わった）": 1}
    assert desk.run("refund", "list", "--json").json[0]["standing"] == "refund"


def test_no_more_is_paid_out_than_was_decided(tmp_path: Path) -> None:
    """15,000 yen were paid on 10,000, and 5,000 decided on; then the claim is lowered to 7,000."""
    desk = Desk.opened(tmp_path / "city", notice_row())
    desk.paid(FIRST, desk.keys["100001/1"], 15_000)
    desk.rule("還付候補", 1)
    _step(desk, "decide", *_DECIDE, payment=1)
    desk.city.notices(notice_row(issue_no=2, principal_yen=7_000, change_reason="減額更正"), name="less.csv")
    desk.city.night(MORNING)
    assert "「還付決定」のときと違います。今の額で決め直してください" in _ask(desk, "paid", *_PAY, payment=1).err
    _step(desk, "decide", *_DECIDE, payment=1)
    _step(desk, "paid", *_PAY, payment=1)
    assert desk.stands() == {(1, "100001/1"): 7_000, (1, "refunded"): 8_000}
    desk.city.notices(notice_row(issue_no=3, principal_yen=6_000, change_reason="減額更正"), name="least.csv")
    desk.city.night(MORNING)
    failed = ("bounced", "--on", "2026-11-20")
    assert "仮受の額もあります" in _ask(desk, *failed, payment=1).err, "which of the yen came back cannot be told"
    desk.rule("還付候補", 1)
    _step(desk, "decide", *_DECIDE, payment=1)
    _step(desk, "paid", *_PAY, payment=1)
    assert desk.stands() == {(1, "100001/1"): 6_000, (1, "refunded"): 9_000}
    assert "二度以上支払いました" in _ask(desk, *failed, payment=1).err
    (last,) = desk.city.sql("SELECT max(ruling_no) FROM ruling")
    desk.undo(int(last[0]))
    assert desk.stands() == {(1, "100001/1"): 6_000, (1, "refunded"): 8_000, (1, "suspense"): 1_000}


DAMAGES = [
    ("還付先の勘定", "UPDATE posting SET account = 'revenue' WHERE account = 'refunded'", "還付支払済"),
    ("消えた記録", "DELETE FROM payout WHERE ruling_no = 2", "還付の記録がない"),
    ("書き換えた加算金", "UPDATE payout SET interest_yen = 9999", "実行の記録"),
    ("よその決裁の記録", "UPDATE payout SET ruling_no = 1 WHERE ruling_no = 2", "還付の一歩でない決裁にはない"),
]


@pytest.mark.parametrize(("damage", "said"), [row[1:] for row in DAMAGES], ids=[row[0] for row in DAMAGES])
def test_what_somebody_changes_is_told(desk: Desk, damage: str, said: str) -> None:
    _step(desk, "decide", *_DECIDE)
    _step(desk, "paid", *_PAY)
    desk.stands()
    desk.city.damage(damage)
    ran = desk.run("verify")
    assert ran.code != 0 and said in ran.err


def test_what_was_paid_out_is_not_taken_back_by_its_sender(tmp_path: Path) -> None:
    """The 取消 comes after the refund was paid. Nothing of the payment is the city's any more."""
    desk = Desk.opened(tmp_path / "city", notice_row())
    key, check = desk.keys["100001/1"]
    desk.paid(FIRST, (key, check), 10_000)
    desk.paid(SECOND, (key, check), 10_000, serial=2)
    desk.rule("還付候補", 2)
    _step(desk, "decide", *_DECIDE)
    _step(desk, "paid", *_PAY)
    desk.paid(PAID, (key, check), 10_000, serial=2, stage="9")
    waiting = next(int(str(no)) for no in desk.report("要確認一覧"))
    ran = desk.run(
        "review", "decide", "--ruling", "収納の取消", "--payment", waiting, "--reason", "送付元", "--by", "山田"
    )
    assert "取り消す額のない収納" in ran.err
    assert desk.stands()[2, "refunded"] == 10_000


_RULE = """
[refund_rules.premium]
barred_years = 2
has_interest = true
overpaid = ["reduced"]
later_months = 1
base_unit_yen = 1000

[[refund_rates]]
year = 2026
percent = 7.3
"""


def test_the_list_says_what_is_due_besides_by_the_city_s_rule(desk: Desk) -> None:
    """Paid on 5 November, 誤納: from 6 December, after the decision of 18 November nothing; by a later one 10 days."""
    row = desk.report("過誤納整理簿")[2]
    assert row["加算金の計算"] == "還付の決まりが手続台帳にありません" and row["加算金（計算）"] is None
    desk.rule("当市の収納でない", 3)
    assert desk.report("過誤納整理簿")[3]["加算金の計算"] is None, "what is passed on bears no interest"
    register = desk.city.folder / "procedures.toml"
    text = register.read_text(encoding="utf-8")
    register.write_text(
        text.replace('code = "kokuho"', 'code = "kokuho"\nrefund = "premium"') + _RULE, encoding="utf-8"
    )
    later = date(2026, 12, 15)
    row = desk.report("過誤納整理簿", later)[2]
    names = ("過納・誤納", "加算金の起算日", "加算金（計算）", "加算金の計算", "時効完成日")
    due = ["誤納", "2026-12-06", 20, "10,000円×（7.3%×10日）÷365＝20円", "2028-11-05"]
    assert [row[name] for name in names] == due
    early = desk.run("refund", "time-barred", 2, "--on", "2026-12-15", "--reason", "早い", "--by", "山田", day=later)
    assert early.code == 1 and "受付2の時効完成日は 2028-11-05 です。それより前に時効にはできません" in early.err
    signed = ("--reason", "確かめた", "--by", "山田", "--json")
    asked = desk.run("refund", "decide", 2, "--on", "2026-12-15", "--number", "6", "--interest", 50, *signed, day=later)
    (remark,) = asked.json["remarks"]  # type: ignore[misc]
    assert (remark["code"], remark["actual"], remark["expected"]) == ("V125", "50円", f"20円（{due[3]}）")  # type: ignore[index]
    assert desk.run("review", "reject", asked.json["review"], *signed[:4], day=later).code == 0
    what = (2, *_DECIDE, *signed)
    desk.approved(desk.run("refund", "decide", *what, day=later), later)
    row = desk.report("過誤納整理簿", date(2026, 12, 16))[2]
    assert [row[name] for name in names[2:4]] == [0, "起算日 2026-12-06 の前"]


def test_rulings_that_wait_for_one_notice_are_told_at_the_request(desk: Desk) -> None:
    """Two rows of one request, and then a 組替 of another: each is told of all that would go to the notice."""
    key, check = desk.keys["200002/1"]
    desk.paid(MORNING, ("8" + key[1:], check), 6_000, serial=4)
    what = ("--ruling", "納付書に充てる", "--target", key, "--payment", 3, "--payment", 4)
    asked = desk.run("review", "decide", *what, "--reason", "確かめた", "--by", "山田", "--json")
    number = asked.json["review"]
    names = f"申請{number}の受付3、申請{number}の受付4"
    assert [tuple(remark.values()) for remark in asked.json["remarks"]] == [  # type: ignore[attr-defined]
        ("V128", f"「受付{payment} 対象の納付番号」", f"2件（{names}）", "一枚の納付書に一つの決裁")
        for payment in (3, 4)
    ]
    moved = desk.ask_reassignment(1, "--target", key)
    shared = [remark["actual"] for remark in moved.json["remarks"] if remark["code"] == "V128"]  # type: ignore[attr-defined]
    assert shared == [f"3件（{names}、申請{moved.json['review']}の受付1）"]
