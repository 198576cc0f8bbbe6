"""Attacks on the desk: each is tried as an attacker would, and does nothing."""

import time
from html.parser import HTMLParser
from http.client import HTTPConnection
from pathlib import Path
from threading import Thread

import pytest

from elqr.desk.gate import address_of
from elqr.desk.pages import PAGES
from elqr.desk.passwords import hash_password
from elqr.desk.rights import NEEDED, OPEN, scope_of
from elqr.desk.serve import open_server
from elqr.desk.sign_in import FAILURES_FROM_ADDRESS, FAILURES_OF_LOGIN, log_in
from elqr.session.job import Desk
from elqr.store.desk.accounts import set_password
from elqr.store.desk.records import Actor, enter_record
from elqr.vocabulary.staff import Deed, StaffAccount
from tests.cases.desk_city import PASSWORD, PEOPLE, Counter


class _Elements(HTMLParser):
    """Elements of a page with their attributes, as a browser reads them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


PROXIED = Desk.model_validate({"trusted_proxies": ["10.0.0.1", "10.0.0.2"]})
SIGN_ON = Desk.model_validate({"user_header": "X-Remote-User", "trusted_proxies": ["10.0.0.1"]})


@pytest.fixture
def counter(tmp_path: Path) -> Counter:
    return Counter(tmp_path)


def test_a_post_of_another_site_does_nothing(counter: Counter) -> None:
    """CSRF: without a token, with one of a stranger, and with one of another person."""
    browser = counter.browser("satou")
    tokens = ("", counter.browser().token("/login"), counter.browser("yamada").token("/me"), "x")
    for token in tokens:
        answer = browser.post("/logout", {"csrf_token": token, "everywhere": "1"})
        assert answer.status_code == 400 and "何も記していません" in answer.text
    assert browser.is_in() and Deed.SIGNED_OUT_ALL not in counter.deeds()
    assert counter.browser().post("/login", {"login": "satou", "password": PASSWORD}).status_code == 400
    assert browser.get("/logout").status_code == 405, "no link logs anybody out"


def test_a_token_that_was_planted_with_its_cookie_does_nothing(counter: Counter) -> None:
    """What an attacker has of the log-in page is put into the browser of somebody who is logged in."""
    attacker, browser = counter.browser(), counter.browser("satou")
    token = attacker.token("/login")
    planted = attacker.client.get_cookie("elqr_desk_form")
    assert planted is not None
    browser.client.set_cookie("elqr_desk_form", planted.value)
    assert browser.post("/logout", {"csrf_token": token}).status_code == 400
    assert browser.is_in()


def test_a_session_that_was_planted_before_the_log_in_is_nobodys(counter: Counter) -> None:
    """Session fixation: the id is new at each log-in, and one that the desk did not give is none."""
    browser = counter.browser()
    browser.client.set_cookie("elqr_desk", "planted-by-an-attacker")
    assert browser.log_in("satou").status_code == 303
    first = browser.cookie()
    assert first != "planted-by-an-attacker" and len(first) >= 40
    attacker = counter.browser()
    attacker.client.set_cookie("elqr_desk", "planted-by-an-attacker")
    assert not attacker.is_in()


def test_a_session_is_nothing_after_the_log_out(counter: Counter) -> None:
    browser, thief = counter.browser("satou"), counter.browser()
    stolen = browser.cookie()
    browser.submit("/logout", form_at="/me")
    thief.client.set_cookie("elqr_desk", stolen)
    assert thief.get("/inquiry?number=100001").location.startswith("/login")


@pytest.mark.parametrize("https", [False, True], ids=["TLS なし", "TLS"])
def test_the_log_out_takes_the_cookies_away(tmp_path: Path, https: bool) -> None:
    """A browser that keeps whole pages shows them again unless such a cookie changed: both go, as they came."""
    counter = Counter(tmp_path, Desk(https=https))
    names = ("__Host-elqr", "__Host-elqr_form") if https else ("elqr_desk", "elqr_desk_form")
    answers = []
    for leave in ("log out", "end"):
        browser = counter.browser()
        browser.client.environ_base = {"wsgi.url_scheme": "https" if https else "http"}
        assert browser.log_in("satou").status_code == 303
        if leave == "end":
            counter.wait(minutes=15)
            answers.append(browser.get("/inquiry?number=100001"))
        else:
            answers.append(browser.submit("/logout", form_at="/me"))
    for answer in answers:
        sent = {cookie.partition("=")[0]: cookie for cookie in answer.headers.getlist("Set-Cookie")}
        assert set(sent) == set(names) and answer.headers["Clear-Site-Data"] == '"cache"'
        for cookie in sent.values():
            assert (
                "Max-Age=0" in cookie and "Path=/" in cookie and ("Secure" in cookie) == https and "HttpOnly" in cookie
            )


def test_the_database_holds_nothing_to_log_in_with(counter: Counter) -> None:
    browser = counter.browser("satou")
    kept = b"".join(path.read_bytes() for path in counter.folder.iterdir())
    assert PASSWORD.encode() not in kept and browser.cookie().encode() not in kept
    assert b"$argon2id$" in kept


def test_cookies_are_out_of_reach(tmp_path: Path) -> None:
    settings = Desk(https=True)
    for counter, name in ((Counter(tmp_path), "elqr_desk"), (Counter(tmp_path / "tls", settings), "__Host-elqr")):
        sent = counter.browser().log_in("satou").headers.getlist("Set-Cookie")
        assert {cookie.partition("=")[0] for cookie in sent} >= {name}
        for cookie in sent:
            assert "HttpOnly" in cookie and "SameSite=Strict" in cookie and "Path=/" in cookie
            assert ("Secure" in cookie) == counter.settings.https and "Domain" not in cookie


@pytest.mark.parametrize(
    "path",
    [
        "/login",
        "/morning",
        "/inquiry?number=100001",
        "/nowhere",
        "/records",
        "/exceptions",
        "/exceptions/2",
        "/requests",
    ],
)
def test_every_answer_forbids_scripts_frames_and_keeping(counter: Counter, path: str) -> None:
    answer = counter.browser("satou").get(path)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
    assert answer.headers["X-Frame-Options"] == "DENY" and answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff" and "Server" not in answer.headers
    elements = _Elements(answer.text)
    scripts = [attributes for tag, attributes in elements.found if tag == "script"]
    assert scripts in ([], [{"src": "/desk.js", "defer": None}])
    for tag, attributes in elements.found:
        assert tag != "style" and not any(name == "style" or name.startswith("on") for name in attributes)


@pytest.mark.parametrize(
    "wanted",
    [
        "https://example.invalid/", "//example.invalid/", "/\\example.invalid/", "\\\\example.invalid", "javascript:alert(1)",
        "/login", "/logout", "/nowhere", "http:/morning", "//[x", "http://[", "/[", "/idle", "/\t/example.invalid", "///example.invalid", "", "morning",
    ],
)  # fmt: skip
def test_a_log_in_leads_to_no_other_place(counter: Counter, wanted: str) -> None:
    assert counter.browser().log_in("satou", next=wanted).location == "/"


def test_numbers_of_other_departments_are_not_shown_by_address(counter: Counter) -> None:
    """市民税課 has kenzei (2024 REAL), 保険年金課 has kokuho."""
    ours, theirs = counter.browser("yamada"), counter.browser("odd")
    for path in (
        "/inquiry?number=100001",
        "/inquiry?number=100001&procedure=kokuho",
        "/inquiry?number=１００００１&installment=1",
    ):
        assert "10,000" in ours.get(path).text and "宛名番号" in ours.get(path).text
        hidden = theirs.get(path)
        assert (
            "見られる調定はありません" in hidden.text and "宛名番号" not in hidden.text and "10,000" not in hidden.text
        )
    unknown, hidden = (
        theirs.get(f"/inquiry?number={number}").text.partition("<main")[2] for number in (999999, 100001)
    )
    assert hidden.replace("100001", "999999") == unknown, "whether it exists is not told either"
    assert (Deed.INQUIRED, "odd", "10.1.2.3", "番号 100001　該当 0件、ほかの課 1件") in counter.recorded()


def test_a_role_opens_its_pages_only(counter: Counter) -> None:
    admin, clerk = counter.browser("kanri"), counter.browser("satou")
    assert clerk.get("/records").status_code == 403 and admin.get("/records").status_code == 200
    assert admin.get("/inquiry?number=100001").status_code == 403 and admin.get("/morning").status_code == 403
    assert admin.get("/").location == "/records"
    assert (Deed.FORBIDDEN, "kanri", "10.1.2.3", "/inquiry") in counter.recorded()


def test_every_page_says_who_may_open_it() -> None:
    assert sorted(view.__name__ for *_, view in PAGES) == sorted([*OPEN, *NEEDED])


def test_a_department_that_is_no_more_sees_nothing(counter: Counter) -> None:
    gone = StaffAccount("x", "誰 か", "廃止課", PEOPLE[0].roles, PEOPLE[0].valid_from)
    assert scope_of(gone, counter.place.setup.register) == frozenset()


def test_texts_that_try_to_break_out_stay_texts(counter: Counter) -> None:
    browser = counter.browser("odd")
    shown = browser.get('/inquiry?number="><script>alert(2)</script>&installment="><script>').text
    assert shown.count("<script") == 1 and "&lt;script&gt;" in shown
    home = browser.get("/morning").text
    assert "&lt;script&gt;alert(1)" in home and "<img" not in home


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        pytest.param("10.9.9.9", "1.2.3.4", "10.9.9.9", id="信頼しない相手の見出しは読まない"),
        pytest.param("10.0.0.1", "1.2.3.4", "1.2.3.4", id="プロキシの言うとおり"),
        pytest.param("10.0.0.1", "6.6.6.6, 1.2.3.4", "1.2.3.4", id="その前は誰でも書ける"),
        pytest.param("10.0.0.1", "6.6.6.6, 1.2.3.4, 10.0.0.2", "1.2.3.4", id="二段のプロキシ"),
        pytest.param("10.0.0.1", "<script>", "10.0.0.1", id="アドレスでない"),
        pytest.param("10.0.0.1", "fe80::1%<script>", "10.0.0.1", id="ゾーンの付いたアドレス"),
        pytest.param("10.0.0.1", "", "10.0.0.1", id="何も言わない"),
    ],
)
def test_an_address_is_believed_of_trusted_proxies_only(peer: str, forwarded: str, address: str) -> None:
    assert address_of(PROXIED, peer, forwarded) == address


def test_a_header_that_names_somebody_is_refused_from_elsewhere(tmp_path: Path) -> None:
    counter = Counter(tmp_path, SIGN_ON)
    forger = counter.browser(address="10.9.9.9")
    headers = {"X-Remote-User": "satou", "X-Forwarded-For": "10.0.0.1"}
    assert forger.get("/morning", headers).status_code == 403
    assert forger.post("/login", {"login": "satou", "password": PASSWORD}, headers).status_code == 403
    assert counter.recorded() == [(Deed.FORGED, "", "10.9.9.9", "")] * 2
    stolen = counter.browser(address="10.0.0.1")
    stolen.get("/morning", {"X-Remote-User": "satou"})
    forger.client.set_cookie("elqr_desk", stolen.cookie())
    assert forger.get("/morning").status_code == 403, "a session is of no use beside the proxy"


def test_without_a_sign_on_no_header_names_anybody(counter: Counter) -> None:
    assert counter.browser().get("/morning", {"X-Remote-User": "satou", "Remote-User": "satou"}).status_code == 303


def test_a_form_that_is_too_large_is_refused(counter: Counter) -> None:
    answer = counter.browser().post("/login", {"login": "x" * 100_000})
    assert answer.status_code == 413 and "大きすぎます" in answer.text


def test_a_large_form_is_refused_in_words_by_the_server_too(counter: Counter) -> None:
    """Over a real connection: the server takes what the application then refuses, with its headers."""
    server = open_server(counter.place, "127.0.0.1", 0)
    assert server.adj.channel_timeout == 20 and server.adj.connection_limit == 500
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    connection = HTTPConnection("127.0.0.1", int(server.effective_port), timeout=10)
    connection.request("POST", "/login", b"x" * 100_000, {"Content-Type": "application/x-www-form-urlencoded"})
    answer = connection.getresponse()
    assert answer.status == 413 and "大きすぎます" in answer.read().decode()
    assert "default-src 'none'" in (answer.getheader("Content-Security-Policy") or "")
    connection.close()
    server.close()
    thread.join(10)


@pytest.mark.parametrize(
    "path",
    ["/records?to=9999-12-31", "/records?from=0001-01-01&to=9999-12-31", "/records?to=9999-12-31&from=9999-12-31",
     "/login?next=//[x", "/login?next=http://[", "/records?from=%00", "/%00", "/%0a", "/me?%ff=%ff"],
)  # fmt: skip
def test_no_address_is_a_fault_of_ours(counter: Counter, path: str) -> None:
    for login in ("kanri", ""):
        assert counter.browser(login).get(path).status_code in (200, 303, 400, 404)


@pytest.mark.parametrize("cookie", ["\xff\xfe", "\x00", '"\\377\\000"', "\xed\xa0\x80", "", "x" * 5_000])
def test_no_cookie_is_a_fault_of_ours(counter: Counter, cookie: str) -> None:
    stranger = counter.app.test_client(use_cookies=False)
    for name in ("elqr_desk", "elqr_desk_form"):
        assert stranger.get("/me", headers={"Cookie": f"{name}={cookie}"}).status_code == 303


@pytest.mark.parametrize(
    "path", ["/inquiry?number=%00", "/inquiry?number=1%002&procedure=%00&installment=%00", "/inquiry?number=%ed%a0%80"]
)
def test_no_number_is_a_fault_of_ours(counter: Counter, path: str) -> None:
    assert counter.browser("satou").get(path).status_code == 200
    assert counter.browser().log_in("satou\0", "x\0").status_code == 401


def test_a_number_forges_no_line_of_the_records(counter: Counter) -> None:
    """A line end in what somebody asks for would begin a second line on the terminal."""
    browser = counter.browser("satou")
    browser.get("/inquiry?number=100001%0d%0a2026-11-24+08:30:00%e3%80%80yamada%1b[2J%e2%80%a8x&procedure=%0aforged")
    subject = counter.recorded()[-1][3]
    assert subject == "番号 1000012026-11-24 08:30:00　yamada[2Jx　手続 forged　該当 0件"


def test_an_el_qr_in_groups_is_not_cut(counter: Counter) -> None:
    """255 digits in groups of four are 318 characters. Nobody has this one; all of it is recorded."""
    digits = "1234567890" * 25 + "12345"
    grouped = "+".join(digits[at : at + 4] for at in range(0, 255, 4))
    counter.browser("satou").get(f"/inquiry?number={grouped}")
    assert counter.recorded()[-1][3] == f"番号 {digits}　該当 0件"


def test_a_locked_account_takes_as_long_as_one_unknown(counter: Counter) -> None:
    """By processor time in one run: a hash is by far the greatest part of it."""
    with counter.place.database.transaction() as connection:
        set_password(connection, "satou", hash_password(PASSWORD), counter.now.isoformat(), is_one_time=False)
        for _ in range(FAILURES_OF_LOGIN):
            enter_record(connection, counter.now.isoformat(), Actor("satou", "", "10.7.7.7"), Deed.REFUSED)

    def spend(login: str) -> float:
        before = time.process_time()
        assert log_in(counter.place, login, "chigau", "10.8.8.8") is None
        return time.process_time() - before

    unknown, locked = spend("dareka"), spend("satou")
    assert counter.deeds()[-2:] == [Deed.REFUSED, Deed.LOCKED_OUT] and locked > unknown / 3


def test_names_that_are_locked_count_against_an_address_as_unknown_ones_do(counter: Counter) -> None:
    with counter.place.database.transaction() as connection:
        for number in range(FAILURES_FROM_ADDRESS):
            deed = Deed.REFUSED if number < FAILURES_OF_LOGIN else Deed.LOCKED_OUT
            enter_record(connection, counter.now.isoformat(), Actor("satou", "", "10.9.9.9"), deed)
    assert (
        counter.browser("yamada", "10.9.9.8")
        .submit("/password", current=PASSWORD, chosen="betsu no aikotoba 7", again="betsu no aikotoba 7")
        .status_code
        == 303
    )
    assert counter.browser(address="10.9.9.9").log_in("yamada").status_code == 401
    assert counter.deeds()[-1] is Deed.LOCKED_ADDRESS
    moved = counter.browser("kanri")
    moved.address = "10.9.9.9"
    assert (
        moved.submit("/password", current=PASSWORD, chosen="mata betsu no 8", again="mata betsu no 8").status_code
        == 400
    )


def test_what_people_did_cannot_be_taken_back(counter: Counter) -> None:
    import sqlite3

    counter.browser("satou")
    with sqlite3.connect(counter.folder / "desk.sqlite3") as database:
        for statement in ("DELETE FROM record", "UPDATE record SET login = 'x'", "DELETE FROM account"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                database.execute(statement)
