"""Log-in at the desk: who gets in, for how long, after how many failures, and what is recorded of it."""

from pathlib import Path

import pytest

from elqr.desk.passwords import password_fault
from elqr.desk.sign_in import FAILURES_FROM_ADDRESS, FAILURES_OF_LOGIN
from elqr.desk.staff import add_account, change_account, close_account, renew_password, unlock_account
from elqr.session.job import Desk
from elqr.store.desk.records import Actor, enter_record
from elqr.store.desk.visits import visits_of
from elqr.vocabulary.errors import BadFile, NotFound, Refused
from elqr.vocabulary.staff import FINANCE, Deed, DeskRole, StaffAccount
from tests.cases.desk_city import PASSWORD, SINCE, Counter

NEW = StaffAccount("suzuki", "鈴木 一", FINANCE, frozenset({DeskRole.VIEW}), SINCE)
OWN = "watashi dake no aikotoba"


@pytest.fixture
def counter(tmp_path: Path) -> Counter:
    return Counter(tmp_path)


def test_the_first_page_of_a_stranger_is_the_log_in_whatever_is_asked_for(counter: Counter) -> None:
    stranger = counter.browser()
    for path in ("/", "/morning", "/inquiry?number=100001", "/records", "/nowhere", "/static/x", "/me"):
        answer = stranger.get(path)
        assert answer.status_code == 303 and answer.location.startswith("/login"), path
    assert "ログイン" in stranger.get("/login").text and counter.deeds() == []


def test_a_log_in_leads_on_to_what_was_asked_for(counter: Counter) -> None:
    browser = counter.browser()
    answer = browser.log_in("satou", next="/inquiry?number=100001")
    assert (answer.status_code, answer.location) == (303, "/inquiry?number=100001")
    assert counter.recorded() == [(Deed.SIGNED_IN, "satou", "10.1.2.3", "")]


def test_the_password_of_a_new_account_serves_until_the_owner_has_an_own_one(counter: Counter) -> None:
    once = add_account(counter.place, NEW, "試験")
    browser = counter.browser()
    assert browser.log_in("suzuki", once).status_code == 303
    for path in ("/", "/morning", "/inquiry?number=1", "/me"):
        assert browser.get(path).location == "/password", path
    before = browser.cookie()
    short = browser.submit("/password", current=once, chosen="mijikai", again="mijikai")
    assert short.status_code == 400 and "12文字以上" in short.text
    assert browser.submit("/password", current="chigau", chosen=OWN, again=OWN).status_code == 400
    assert browser.submit("/password", current=once, chosen=OWN, again=OWN).status_code == 303
    assert browser.cookie() not in ("", before) and browser.is_in()
    assert counter.browser().log_in("suzuki", once).status_code == 401
    assert counter.browser().log_in("suzuki", OWN).status_code == 303


def test_a_one_time_password_serves_for_a_week(counter: Counter) -> None:
    once = add_account(counter.place, NEW, "試験")
    counter.wait(days=7, seconds=1)
    assert counter.browser().log_in("suzuki", once).status_code == 401
    assert counter.browser().log_in("suzuki", renew_password(counter.place, "suzuki", "試験")).status_code == 303


@pytest.mark.parametrize(
    ("chosen", "again", "fault"),
    [
        pytest.param("kaki no ki ga 3", "kaki no ki ga 3", "", id="言葉を続けたもの"),
        pytest.param("柿の木に実が三つなっている", "柿の木に実が三つなっている", "", id="日本語"),
        pytest.param("kakinokiga3", "kakinokiga3", "12文字以上", id="11文字"),
        pytest.param("kaki no ki ga 3", "kaki no ki ga 4", "二つのパスワード", id="二度目が違う"),
        pytest.param("Satou-no-himitsu", "Satou-no-himitsu", "利用者名を含む", id="利用者名を含む"),
        pytest.param("aaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaa", "同じ文字", id="同じ文字"),
        pytest.param("四日市市の職員のあいことば", "四日市市の職員のあいことば", "団体の名を含む", id="団体の名を含む"),
        pytest.param("ｋａｋｉ no ki ga 3", "kaki no ki ga ３", "", id="全角と半角"),
        pytest.param("x1y2" * 51, "x1y2" * 51, "200文字まで", id="長すぎる"),
    ],
)
def test_a_password_may_be_anything_long(chosen: str, again: str, fault: str) -> None:
    told = password_fault(chosen, again, ("satou", "ki", "四日市市"))
    assert fault in told and bool(fault) == bool(told)


@pytest.mark.parametrize(
    "chosen",
    ["password1234", "Password!2026", "passwordpassword", "123456789012", "abcdefghijklm", "qwertyuiop123", "1qaz2wsx3edc",
     "zyxwvutsrqpo", "abc1abc1abc1", "ｐａｓｓｗｏｒｄ１２３４", "1111222233334444", "asdfghjklzxcvbnm", "あいうえおかきくけこさし",
     "パスワードパスワード12", "administrator"],
)  # fmt: skip
def test_what_everybody_tries_first_is_no_password(chosen: str) -> None:
    assert "だれでも思いつく" in password_fault(chosen, chosen, ("satou",))


def test_a_password_is_the_same_in_full_width(counter: Counter) -> None:
    assert counter.browser().log_in("ｓａｔｏｕ", "ｋａｋｉ no ki ni mi ga ３tsu").status_code == 303


def test_after_some_failures_even_the_right_password_is_refused_for_a_while(counter: Counter) -> None:
    browser = counter.browser()
    for _ in range(FAILURES_OF_LOGIN):
        assert browser.log_in("satou", "chigau chigau").status_code == 401
    wrong, right = browser.log_in("satou", "chigau chigau"), browser.log_in("satou")
    assert (wrong.status_code, right.status_code) == (401, 401)
    assert wrong.text.split("<form")[0] == right.text.split("<form")[0], "who tries passwords learns nothing"
    assert counter.deeds() == [Deed.REFUSED] * FAILURES_OF_LOGIN + [Deed.LOCKED_OUT] * 2
    assert counter.browser("yamada").is_in(), "others are not locked out"
    counter.wait(minutes=15)
    assert browser.log_in("satou").status_code == 303


def test_an_administrator_ends_a_lock(counter: Counter) -> None:
    for _ in range(FAILURES_OF_LOGIN):
        counter.browser().log_in("satou", "chigau chigau")
    unlock_account(counter.place, "satou", "root@server")
    assert counter.browser("satou").is_in()
    assert (Deed.UNLOCKED, "satou", "", "root@server が解除") in counter.recorded()
    for _ in range(FAILURES_OF_LOGIN):
        counter.browser().log_in("satou", "chigau chigau")
    assert counter.browser().log_in("satou", renew_password(counter.place, "satou", "試験")).status_code == 303


def test_an_address_that_tries_many_names_is_refused(counter: Counter) -> None:
    """The failures are recorded, not tried: trying takes its time."""
    browser = counter.browser(address="10.9.9.9")
    with counter.place.database.transaction() as connection:
        for _ in range(FAILURES_FROM_ADDRESS):
            enter_record(connection, counter.now.isoformat(), Actor(address="10.9.9.9"), Deed.REFUSED)
    assert browser.log_in("satou").status_code == 401
    assert counter.browser("satou", "10.1.2.4").is_in()
    counter.wait(minutes=15)
    assert browser.log_in("satou").status_code == 303


def test_what_is_typed_as_an_unknown_name_is_not_recorded(counter: Counter) -> None:
    """It may be a password in the wrong field."""
    counter.browser().log_in(PASSWORD)
    assert counter.recorded() == [(Deed.REFUSED, "", "10.1.2.3", "登録のない利用者名")]


def test_a_log_in_that_is_not_used_ends(counter: Counter) -> None:
    browser = counter.browser("satou")
    counter.wait(minutes=14)
    assert browser.is_in()
    counter.wait(minutes=14, seconds=59)
    assert browser.is_in(), "use begins the time anew"
    counter.wait(minutes=15)
    assert browser.get("/morning").location == "/login?next=/morning"


def test_a_log_in_ends_with_the_day_even_in_use(counter: Counter) -> None:
    browser = counter.browser("satou")
    assert browser.get("/me").headers["Refresh"] == "930; url=/idle", "15 minutes, and half of one more"
    for _ in range(12 * 6 - 1):
        counter.wait(minutes=10)
        assert browser.is_in()
    counter.wait(minutes=10)
    assert not browser.is_in()


def test_a_page_that_nobody_uses_leaves_the_screen_and_is_no_use(counter: Counter) -> None:
    """Two pages that are left open do not keep each other's log-in."""
    browser = counter.browser("satou")
    counter.wait(minutes=14)
    shown = browser.get("/idle")
    assert shown.status_code == 200 and "画面を閉じました" in shown.text and "Refresh" not in shown.headers
    counter.wait(minutes=1)
    assert browser.get("/idle").status_code == 200 and browser.cookie() == "" and not browser.is_in()
    assert counter.browser().get("/idle").status_code == 200, "a stranger reads nothing else there"


def test_only_log_ins_that_still_serve_are_listed(counter: Counter) -> None:
    """What was not used for 15 minutes is gone, of whomever: at the next log-in, and where it would be listed."""
    counter.browser("satou", "10.0.0.1"), counter.browser("yamada", "10.0.0.2")
    counter.wait(minutes=15)
    counter.browser("satou", "10.0.0.3")
    with counter.place.database.transaction() as connection:
        assert [len(visits_of(connection, login)) for login in ("satou", "yamada")] == [1, 0]
    counter.wait(minutes=1)
    browser = counter.browser("satou", "10.0.0.4")
    assert "10.0.0.3" in browser.get("/me").text
    counter.wait(minutes=14)
    text = browser.get("/me").text
    assert "10.0.0.4" in text and "10.0.0.3" not in text


def test_a_log_out_ends_one_browser_or_all(counter: Counter) -> None:
    one, two, three = (counter.browser("satou") for _ in range(3))
    assert one.submit("/logout", form_at="/me").location == "/login"
    assert not one.is_in() and two.is_in()
    assert three.submit("/logout", form_at="/me", everywhere="1").status_code == 303
    assert not two.is_in() and not three.is_in()
    assert counter.deeds()[-2:] == [Deed.SIGNED_OUT, Deed.SIGNED_OUT_ALL]


@pytest.mark.parametrize("how", ["close", "until", "password"])
def test_an_account_that_is_taken_away_is_out_at_once(counter: Counter, how: str) -> None:
    browser = counter.browser("satou")
    if how == "close":
        close_account(counter.place, "satou", "試験")
    elif how == "until":
        today = counter.now.date()
        ended = StaffAccount("satou", "佐藤 花子", FINANCE, frozenset({DeskRole.VIEW}), SINCE, today)
        change_account(counter.place, ended, "試験")
        assert browser.is_in(), "the last day is one of service"
        counter.now = counter.now.replace(hour=23, minute=59)
        counter.browser("satou")
        counter.wait(minutes=2)
    else:
        renew_password(counter.place, "satou", "試験")
    assert not browser.is_in()
    assert counter.browser().log_in("satou").status_code == 401


@pytest.mark.parametrize(
    ("given", "error", "told"),
    [
        pytest.param({"login": "Suzuki"}, BadFile, "英小文字", id="大文字の利用者名"),
        pytest.param({"login": "satou"}, Refused, "登録済み", id="同じ利用者名"),
        pytest.param({"name": "佐藤"}, Refused, "同じ人に見えます", id="同じ人"),
        pytest.param({"department": "総務課"}, BadFile, "会計・", id="ない所属"),
        pytest.param({"roles": frozenset()}, BadFile, "役割がありません", id="役割なし"),
    ],
)
def test_what_cannot_be_an_account_is_refused(
    counter: Counter, given: dict[str, object], error: type[Exception], told: str
) -> None:
    values = {name: getattr(NEW, name) for name in StaffAccount.__slots__} | given
    with pytest.raises(error, match=told):
        add_account(counter.place, StaffAccount(**values), "試験")
    with pytest.raises(NotFound):
        close_account(counter.place, "suzuki", "試験")


SIGN_ON = Desk.model_validate({"user_header": "X-Remote-User", "trusted_proxies": ["10.0.0.1"]})


def test_the_citys_own_sign_on_names_people(tmp_path: Path) -> None:
    counter = Counter(tmp_path, SIGN_ON)
    browser = counter.browser(address="10.0.0.1")
    headers = {"X-Remote-User": "satou", "X-Forwarded-For": "172.16.0.9"}
    assert "すべての手続" in browser.get("/morning", headers).text
    assert browser.get("/inquiry?number=100001", headers).status_code == 200
    assert [(deed, login, address) for deed, login, address, _ in counter.recorded()] == [
        (Deed.SIGNED_IN, "satou", "172.16.0.9"),
        (Deed.INQUIRED, "satou", "172.16.0.9"),
    ]
    assert "保険年金課" in browser.get("/morning", headers | {"X-Remote-User": "Yamada"}).text, (
        "another person, another session"
    )
    assert browser.get("/morning", headers | {"X-Remote-User": "dareka"}).status_code == 403
    assert browser.get("/morning").status_code == 403, "nobody is named"
    assert browser.get("/login", headers).status_code == 303, "there are no passwords"
