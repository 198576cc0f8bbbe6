"""要確認 at the desk: the list, one exception, a decision seen beforehand, its request, and its approval by another."""

import re
from dataclasses import dataclass
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from elqr.desk.place import open_place
from elqr.session.job import read_job, read_store_url
from elqr.session.ledger_access import lock
from elqr.vocabulary.staff import Deed
from tests.builders import elqr, eltax_file, eltax_row
from tests.cases.desk_city import Browser, Counter
from tests.cases.review_desk import HELD, MORNING, SHORT, TWICE, UNKNOWN, WHOLE, WRONG_CHECK, Desk, desk_in


@dataclass
class Office:
    """The city of the review's tests with a desk, and what people do at it."""

    desk: Desk
    counter: Counter

    @classmethod
    def opened(cls, folder: Path) -> "Office":
        desk = desk_in(folder / "city")
        (folder / "desk").mkdir()
        return cls(desk, Counter(folder / "desk", place=open_place(desk.city.job, {}, creates=True)))

    def browser(self, login: str = "satou") -> Browser:
        return self.counter.browser(login)

    def notice_no(self, bill: str) -> str:
        (found,) = self.desk.sql(f"SELECT notice_no FROM payload WHERE key_no = '{self.desk.keys[bill]}'")
        return str(found[0])

    def asked(self) -> list[tuple[object, ...]]:
        return self.desk.sql("SELECT payment_no, ruling, notice_no, reason, staff FROM ruling ORDER BY ruling_no")


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office.opened(tmp_path)


def hidden(text: str) -> dict[str, Any]:
    """What the form of a preview or a request would send."""
    form = text.partition("<main")[2]
    fields: dict[str, Any] = {
        name: unescape(value)
        for name, value in re.findall(r'<input (?:type="hidden"|id="reason") name="(\w+)" value="([^"]*)"', form)
    }
    if payments := re.findall(r'name="payment" value="(\d+)"', form):
        fields["payment"] = payments
    return fields


def previewed(browser: Browser, payments: list[int], **values: str) -> TestResponse:
    page = browser.get(f"/exceptions/{payments[0]}")
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert token is not None
    given: Any = {"csrf_token": token[1], "payment": [str(number) for number in payments], "back": "/exceptions"}
    return browser.post("/exceptions/preview", given | values)


def sent(browser: Browser, page: TestResponse, **values: str) -> TestResponse:
    return browser.post("/exceptions/decide", hidden(page.text) | values)


def shown(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text.partition("<main")[2]))


def test_the_list_is_what_waits_and_a_filter_says_what_is_shown(office: Office) -> None:
    browser = office.browser()
    text = browser.get("/exceptions").text
    assert re.findall(r'class="row" href="[^"]*">(\d+)<', text) == ["2", "3", "4", "5"]
    assert "4件　仮受 29,000円" in text
    for query, numbers, yen in (
        ("outcome=key_unknown", ["4"], "12,000"),
        ("least=7,000&most=１００００", ["2", "3"], "17,000"),
        ("no=5", ["5"], "0"),
        ("night=2026-11-20&order=yen", ["4", "2", "3", "5"], "29,000"),
        ("procedure=kokuho&order=held&page=9", ["4", "2", "3", "5"], "29,000"),
        ("night=2026-11-19", [], "0"),
        ("department=市民税課", [], "0"),
    ):
        text = browser.get(f"/exceptions?{query}").text
        assert re.findall(r'class="row" href="[^"]*">(\d+)<', text) == numbers, query
        assert f"{len(numbers)}件　仮受 {yen}円" in text
    assert browser.get("/exceptions?least=x").status_code == 400
    assert (
        Deed.LISTED,
        "satou",
        "10.1.2.3",
        "要確認 outcome=key_unknown　1ページ　該当 1件",
    ) in office.counter.recorded()


def test_another_department_sees_and_asks_for_nothing_of_these(office: Office) -> None:
    tanaka = office.browser("tanaka")
    assert "0件　仮受 0円" in tanaka.get("/exceptions").text
    assert tanaka.get(f"/exceptions/{TWICE}").status_code == 404
    token = tanaka.token("/me")
    for address in ("/exceptions/preview", "/exceptions/decide"):
        answer = tanaka.post(
            address, {"csrf_token": token, "payment": "4", "ruling": "hold", "reason": "x", "seen": ""}
        )
        assert "見られる要確認にありません" in answer.text and "12,000" not in answer.text
    assert office.asked() == []
    for login in ("yamada", "takagi"):
        browser = office.browser(login)
        answer = browser.post(
            "/exceptions/preview", {"csrf_token": browser.token("/me"), "payment": "4", "ruling": "hold"}
        )
        assert answer.status_code == 403, "who only reads or approves does not ask"


def test_the_evidence_marks_each_digit_that_differs(office: Office) -> None:
    """確認番号 000000 beside that of the notice; 該当なし 9… beside the notice of one digit away."""
    text = office.browser().get(f"/exceptions/{WRONG_CHECK}").text
    check = office.desk.city.issued()["kokuho", "100002", 1, 1][1]
    marked = "".join(f"<mark>{digit}</mark>" if digit != "0" else digit for digit in check)
    assert f'data-head="納付書">{marked}</td>' in text and "文字が違う" in text
    near = office.browser().get(f"/exceptions/{UNKNOWN}").text
    key = office.desk.keys["100001/2"]
    assert f"<mark>{key[0]}</mark>{key[1:]}" in near and "1文字目 9 と 0" in near
    assert "届いたままの記録" in near and "納付番号" in near
    assert [deed for deed, _, _, what in office.counter.recorded() if what == f"受付{UNKNOWN}"] == [Deed.SAW_EXCEPTION]


def test_a_candidate_is_seen_requested_and_approved_by_another(office: Office) -> None:
    browser, notice_no = office.browser(), office.notice_no("100001/2")
    page = previewed(browser, [TWICE], choice=f"appropriate:{notice_no}")
    assert "仮受 10,000円 → 0円" in shown(page.text) and "未収 10,000円 → 0円" in shown(page.text)
    assert office.asked() == [], "a preview enters nothing"
    assert sent(browser, page).status_code == 400, "there is no reason yet"
    answer = sent(browser, page, reason="同じ人の2期へ")
    assert answer.status_code == 303 and "申請1を出しました" in browser.get("/exceptions").text
    assert office.asked() == [(TWICE, "appropriate", int(notice_no), "同じ人の2期へ", "佐藤 花子")]
    assert office.desk.yen() == (WHOLE, HELD)
    (seat,) = office.desk.sql("SELECT step, taken_by, login, machine FROM act WHERE kind = 'review'")
    assert seat == ("asked", "佐藤 花子", "satou", "窓口 10.1.2.3")
    approver = office.browser("takagi")
    page = approver.get("/requests?number=1")
    assert "仮受 10,000円 → 0円" in shown(page.text) and "佐藤 花子" in page.text
    answer = approver.post("/requests/1/approve", hidden(page.text) | {"ruling": "1"})
    assert answer.status_code == 303, answer.text
    assert office.desk.yen() == (WHOLE | {"100001/2": 10_000}, HELD - 10_000)
    assert "承認 1件" in approver.get("/requests").text
    assert elqr("verify", "--job", office.desk.city.job, "--date", MORNING.isoformat()).code == 0


@pytest.mark.parametrize(
    ("text", "part"),
    [
        pytest.param("{key}", "", id="納付番号"),
        pytest.param("{key_wide}", "", id="全角"),
        pytest.param("{key4}", "", id="四桁ごと"),
        pytest.param("100 001", "２", id="通知書番号と期別"),
    ],
)
def test_a_target_is_typed_in_any_writing(office: Office, text: str, part: str) -> None:
    key = office.desk.keys["100001/2"]
    key4 = "-".join(key[at : at + 4] for at in range(0, 20, 4))
    wide = key.translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    typed = text.format(key=key, key4=key4, key_wide=wide)
    page = previewed(office.browser(), [TWICE], ruling="apply", target=typed, part=part)
    assert page.status_code == 200 and hidden(page.text)["notice"] == office.notice_no("100001/2")


def test_a_number_of_several_notices_lets_one_choose_and_keeps_what_was_typed(office: Office) -> None:
    page = previewed(office.browser(), [TWICE], ruling="apply", target="100003", reason="本人に電話で確かめた")
    assert page.status_code == 400 and "納付書は3枚あります" in page.text
    assert 'value="本人に電話で確かめた"' in page.text and f'value="apply:{office.notice_no("100003/1")}"' in page.text
    none = previewed(office.browser(), [TWICE], ruling="apply", target="999")
    assert none.status_code == 400 and "番号 999 の納付書は見つかりません" in none.text


def test_what_cannot_be_decided_is_told_before_it_is_asked_for(office: Office) -> None:
    page = previewed(office.browser(), [TWICE], ruling="noted")
    assert "申請できません" in page.text and "仮受額のない収納" in page.text and "/exceptions/decide" not in page.text
    page = previewed(office.browser(), [SHORT], ruling="refund")
    assert "仮受額 0円" in page.text and "/exceptions/decide" not in page.text


def test_several_are_decided_together(office: Office) -> None:
    browser = office.browser()
    page = previewed(browser, [TWICE, UNKNOWN, SHORT], ruling="hold", reason="調べる")
    assert "3件を申請できます" in page.text
    assert sent(browser, page).status_code == 303
    assert [row[0] for row in office.asked()] == [TWICE, UNKNOWN, SHORT]
    assert office.desk.sql("SELECT kind, asked_by FROM review") == [("desk", "佐藤 花子")]
    page = previewed(browser, [WRONG_CHECK, SHORT], ruling="apply")
    assert page.status_code == 400 and "一件ずつ" in page.text


def test_a_replay_a_second_tab_and_a_double_click_ask_once(office: Office) -> None:
    browser = office.browser()
    first, second = (previewed(browser, [UNKNOWN], ruling="hold", reason="銀行に照会中") for _ in range(2))
    for page in (first, first, second):
        assert sent(browser, page).status_code == 303
    assert len(office.asked()) == 1 and "二重には申請していません" in browser.get("/exceptions").text
    other = sent(browser, second, reason="別の理由")
    assert other.status_code == 409 and "承認を待つ別の決裁" in other.text and len(office.asked()) == 1
    approver = office.browser("takagi")
    form = hidden(approver.get("/requests?number=1").text) | {"ruling": "1"}
    assert approver.post("/requests/1/approve", form).status_code == 303
    again = approver.post("/requests/1/approve", form)
    assert again.status_code == 409 and "高木 三郎 が承認しています" in again.text
    assert office.desk.sql("SELECT count(*) FROM review_step") == [(1,)]


def test_a_page_that_grew_stale_is_refused_with_what_changed(office: Office) -> None:
    """Meanwhile the notice was paid, and the exception was decided by others."""
    browser, notice_no = office.browser(), office.notice_no("100001/2")
    page = previewed(browser, [TWICE], choice=f"appropriate:{notice_no}", reason="2期へ")
    keys = office.desk.city.issued()
    late = eltax_row(*keys["kokuho", "100001", 2, 1], 4_000, serial_no="00000009")
    office.desk.city.deliver("late.csv", eltax_file(late))
    office.desk.city.night(date(2026, 11, 21))
    answer = sent(browser, page)
    assert answer.status_code == 409 and office.asked() == []
    assert "前の画面" in answer.text and "対象の未収 10,000円" in answer.text and "対象の未収 6,000円" in answer.text
    assert 'value="2期へ"' in answer.text and "仮受 10,000円 → 4,000円" in shown(answer.text)
    ran = office.desk.run("decide", "--ruling", "還付候補", "--payment", TWICE, "--reason", "還付", "--by", "山田")
    assert ran.code == 0 and office.desk.run("approve", 1, "--by", "鈴木").code == 0
    gone = sent(browser, answer)
    assert gone.status_code == 409 and len(office.asked()) == 1


def test_a_post_that_meets_a_night_is_not_lost(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("elqr.night.opening._PATIENCE_SECONDS", 0)
    browser = office.browser()
    page = previewed(browser, [UNKNOWN], ruling="hold", reason="銀行に照会中")
    job = read_job(office.desk.city.job)
    with lock(job, read_store_url(job, {})):
        answer = sent(browser, page)
    assert answer.status_code == 503 and "夜間処理" in answer.text and 'value="銀行に照会中"' in answer.text
    assert office.asked() == []
    assert sent(browser, answer).status_code == 303 and len(office.asked()) == 1


def _asked_twice(office: Office) -> Browser:
    """申請1 by 佐藤: two rulings; one of them changes afterwards."""
    browser = office.browser()
    sent(browser, previewed(browser, [TWICE, UNKNOWN, WRONG_CHECK], ruling="refund", reason="還付する"))
    return office.browser("takagi")


def test_rows_are_approved_one_by_one_and_the_others_go_back(office: Office) -> None:
    approver = _asked_twice(office)
    form = hidden(approver.get("/requests?number=1").text)
    refused = approver.post("/requests/1/approve", form | {"ruling": ["1", "3"]})
    assert refused.status_code == 409 and "却下の理由" in refused.text
    assert (
        approver.post("/requests/1/approve", form | {"ruling": ["1", "3"], "reason": "銀行の答えを待つ"}).status_code
        == 303
    )
    assert office.desk.sql("SELECT ruling_no, result FROM ruling_result ORDER BY 1") == [
        (1, "approved"), (2, "refused"), (3, "approved"),
    ]  # fmt: skip
    assert office.desk.sql("SELECT result, reason FROM review_step") == [("approved", "銀行の答えを待つ")]
    assert elqr("verify", "--job", office.desk.city.job, "--date", MORNING.isoformat()).code == 0


def test_a_row_that_changed_is_locked_and_says_why(office: Office) -> None:
    browser, notice_no = office.browser(), office.notice_no("100001/2")
    sent(browser, previewed(browser, [TWICE], choice=f"appropriate:{notice_no}", reason="2期へ"))
    approver = office.browser("takagi")
    before = approver.get("/requests?number=1")
    key = office.desk.city.issued()["kokuho", "100001", 2, 1]
    office.desk.city.deliver("late.csv", eltax_file(eltax_row(*key, 10_000, serial_no="00000009")))
    office.desk.city.night(date(2026, 11, 21))
    stale = approver.post("/requests/1/approve", hidden(before.text) | {"ruling": "1"})
    assert stale.status_code == 409 and "対象の納付書か調定が変わりました" in stale.text and "disabled" in stale.text
    locked = approver.post("/requests/1/approve", hidden(stale.text) | {"ruling": "1"})
    assert locked.status_code == 409 and office.desk.sql("SELECT count(*) FROM review_step") == [(0,)]
    back = approver.post("/requests/1/send-back", hidden(stale.text) | {"reason": "対象の納付書が違う"})
    assert back.status_code == 303
    assert office.desk.sql("SELECT result FROM ruling_result") == [("refused",)]


def test_nobody_approves_their_own_and_others_do_not_withdraw_it(office: Office) -> None:
    both = office.browser("both")
    sent(both, previewed(both, [UNKNOWN], ruling="hold", reason="照会中"))
    page = both.get("/requests?number=1")
    assert "自分の申請" in page.text and "選んだ行を承認する" not in page.text
    answer = both.post("/requests/1/approve", hidden(page.text) | {"ruling": "1"})
    assert answer.status_code == 409 and "承認できません" in answer.text
    satou = office.browser("satou")
    assert satou.post("/requests/1/send-back", {"csrf_token": satou.token("/me"), "reason": "x"}).status_code == 403
    assert satou.post("/requests/1/approve", {"csrf_token": satou.token("/me"), "ruling": "1"}).status_code == 403
    tanaka = office.browser("tanaka")
    assert (
        tanaka.get("/requests?number=1").status_code == 404
        and "承認を待つ決裁の申請はありません" in tanaka.get("/requests").text
    )
    assert office.desk.sql("SELECT count(*) FROM review_step") == [(0,)]
    assert both.post("/requests/1/send-back", hidden(page.text) | {"reason": "入れ間違い"}).status_code == 303
    assert office.desk.sql("SELECT result, taken_by, reason FROM review_step") == [("refused", "西 五月", "入れ間違い")]


def test_one_account_cannot_approve_under_another_name(office: Office) -> None:
    """The account was given to somebody else in between: what it asked for, it does not approve."""
    from dataclasses import replace

    from elqr.desk.staff import change_account, named_account

    both = office.browser("both")
    sent(both, previewed(both, [UNKNOWN], ruling="hold", reason="照会中"))
    change_account(office.counter.place, replace(named_account(office.counter.place, "both"), name="東 六郎"), "試験")
    page = both.get("/requests?number=1")
    answer = both.post("/requests/1/approve", hidden(page.text) | {"ruling": "1"})
    assert answer.status_code == 409 and office.desk.sql("SELECT count(*) FROM review_step") == [(0,)]


def test_where_the_desk_decides_a_shell_does_not(office: Office) -> None:
    """In one place for every command with --by; reading goes on, and the desk still asks and approves."""
    job = office.desk.city.job
    before = job.read_text(encoding="utf-8")
    job.write_text(f'{before}\n[approval]\nidentity = "desk"\n', encoding="utf-8")
    reason, by = ("--reason", "x"), ("--by", "山田")
    for command in (
        ("review", "decide", "--ruling", "保留", "--payment", UNKNOWN, *reason, *by),
        ("review", "approve", 1, *by),
        ("review", "reject", 1, *reason, *by),
        ("month", "close", "2026-10", *by),
    ):
        ran = elqr(*command, "--job", job)
        assert ran.code == 1 and "窓口にログインした人だけ" in ran.err, ran.err
    day = elqr("day", "--day", "2026-11-20", "--by", "paid_on", "--job", job)
    assert day.code == 0, "there --by is a day, nobody's name" + day.err
    assert elqr("review", "list", "--job", job).code == 0 and office.asked() == []
    assert "異常　窓口　申請のできる人と、承認のできる別の人がいません" in elqr("doctor", "--job", job).out
    browser = office.browser()
    assert sent(browser, previewed(browser, [UNKNOWN], ruling="hold", reason="照会中")).status_code == 303
    people = '\n[approval]\noperators = "people.toml"\n'
    job.write_text(f'{before}{people}identity = "desk"\n', encoding="utf-8")
    ran = elqr("review", "list", "--job", job)
    assert ran.code == 1 and "operators を消してください" in ran.err
