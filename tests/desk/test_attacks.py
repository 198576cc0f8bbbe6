"""Attacks on the desk: each is tried as an attacker would, and does nothing."""

import re
from pathlib import Path

import pytest

from elqr.desk.gate import address_of
from elqr.desk.pages import PAGES
from elqr.desk.rights import NEEDED, OPEN, scope_of
from elqr.session.job import Desk
from elqr.vocabulary.staff import Deed, StaffAccount
from tests.cases.desk_city import PASSWORD, PEOPLE, Counter

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


@pytest.mark.parametrize("path", ["/login", "/morning", "/inquiry?number=100001", "/nowhere", "/records"])
def test_every_answer_forbids_scripts_frames_and_keeping(counter: Counter, path: str) -> None:
    answer = counter.browser("satou").get(path)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
    assert answer.headers["X-Frame-Options"] == "DENY" and answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff" and "Server" not in answer.headers
    assert not re.search(r"<script|<style| style=| on\w+=", answer.text)


@pytest.mark.parametrize(
    "wanted",
    [
        "https://example.invalid/", "//example.invalid/", "/\\example.invalid/", "\\\\example.invalid", "javascript:alert(1)",
        "/login", "/logout", "/nowhere", "http:/morning", "/\t/example.invalid", "///example.invalid", "", "morning",
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
    assert "<script" not in shown and "&lt;script&gt;" in shown
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


def test_what_people_did_cannot_be_taken_back(counter: Counter) -> None:
    import sqlite3

    counter.browser("satou")
    with sqlite3.connect(counter.folder / "desk.sqlite3") as database:
        for statement in ("DELETE FROM record", "UPDATE record SET login = 'x'", "DELETE FROM account"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                database.execute(statement)
