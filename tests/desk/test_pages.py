"""朝 and 照会 as the desk shows them: figures by hand, for all procedures and for one department."""

import re
import sqlite3
from pathlib import Path
from urllib.parse import urlencode

import pytest

from elqr.approvals.waiting_work import look_at_today
from elqr.desk.place import open_place
from elqr.vocabulary.errors import LedgerError
from elqr.vocabulary.limits import WAITING
from elqr.vocabulary.staff import Deed
from tests.builders import NIGHT, City, Ran, elqr, notice_row
from tests.cases.desk_city import Counter, desk_city
from tests.cases.job_parts import ARRIVAL, CONTRACT


@pytest.fixture(scope="module")
def counter(tmp_path_factory: pytest.TempPathFactory) -> Counter:
    return Counter(tmp_path_factory.mktemp("pages"))


def cards(text: str) -> dict[str, str]:
    """What waits, by name: count and yen, without blanks."""
    found = {}
    for card in re.findall(r'<li class="(?:some|none|unseen)">(.*?)</li>', text, re.DOTALL):
        name, *rest = re.sub(r"<[^>]+>", " ", card).split()
        found[name] = "".join(rest)
    return found


def test_finance_sees_the_whole_morning(counter: Counter) -> None:
    """Five exceptions with 47,100円; too much are 二重納付 39,500 and 過納 500."""
    shown = cards(counter.browser("satou").get("/morning").text)
    assert shown["要確認"].startswith("5件47,100円")
    assert shown["過誤納"].startswith("2件40,000円")
    assert shown["承認待ち"] == "0件" and shown["取り込まなかった納付書の行"] == "0行"
    assert shown["取込保留"] == "0ファイル"
    assert shown["払込差額"].startswith("－払込の契約がジョブに") and shown["未着"].startswith("－届くはずのファイル")


def test_very_many_exceptions_are_summed_and_not_read(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("elqr.approvals.waiting_work.WAITING", WAITING._replace(most=4))
    shown = cards(counter.browser("satou").get("/morning").text)
    assert shown["要確認"].startswith("5件47,100円") and shown["過誤納"].startswith("－要確認が4件を超える")
    ours = cards(counter.browser("yamada").get("/morning").text)
    assert ours["要確認"].startswith("3件7,500円")


def test_a_department_sees_its_own(counter: Counter) -> None:
    """国保: 過納 500 and 不足; the 該当なし of 7,000 has its 納付区分, the one of 100 by 口座振替 names no procedure."""
    text = counter.browser("yamada").get("/morning").text
    shown = cards(text)
    assert shown["要確認"].startswith("3件7,500円") and shown["過誤納"].startswith("1件500円")
    assert set(shown) == {"要確認", "過誤納", "承認待ち", "取り込まなかった納付書の行"}
    assert "eltax" not in text and "39,500" not in text


def test_what_waits_for_two_people_is_told_to_the_department_whose_payments_they_are(tmp_path: Path) -> None:
    """A ruling on a payment of 国保 waits for approval: 会計 and 保険年金課 see it, 市民税課 does not."""
    city = desk_city().copy(tmp_path / "city")
    ran = elqr(
        "review", "decide", "--ruling", "保留", "--reason", "調べる", "--department", "保険年金課", "--outcome", "過納",
        "--by", "山田", "--job", city.job, "--date", NIGHT.isoformat(),
    )  # fmt: skip
    assert ran.code == 0, ran.err
    place = open_place(city.job, {}, creates=True)
    with place.look() as session:
        waits = [
            {work.key: work for work in look_at_today(session, scope).waits}["requests"]
            for scope in (None, frozenset({"kokuho"}), frozenset({"kenzei"}))
        ]
    assert [work.count for work in waits] == [1, 1, 0]
    assert [line[:2] + line[3:] for line in waits[1].lines] == [("決裁", "1", "山田")]


@pytest.mark.parametrize(
    "number",
    ["100001", "１００００１", " 100 001 ", "100-001", "{key}", "{key4}", "{key_wide}"],
    ids=["通知書番号", "全角", "空白", "ハイフン", "納付番号", "四桁ごと", "全角の納付番号"],
)
def test_a_number_is_found_however_it_is_written(counter: Counter, number: str) -> None:
    key, _ = desk_city().issued()["kokuho", "100001", 1, 1]
    key4 = "-".join(key[at : at + 4] for at in range(0, 20, 4))
    wide = key.translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    asked = urlencode({"number": number.format(key=key, key4=key4, key_wide=wide)})
    text = counter.browser("satou").get(f"/inquiry?{asked}").text
    assert "調定 1件" in text and "国民健康保険料　令和8年度　1期" in text and "調定額</span><strong>10,000" in text


def test_a_number_is_narrowed_by_procedure_and_instalment(counter: Counter) -> None:
    browser = counter.browser("satou")
    assert "調定 1件" in browser.get("/inquiry?number=100001&procedure=kokuho&installment=１").text
    for narrowed in ("procedure=kenzei", "installment=2", "installment=0"):
        assert "見られる調定はありません" in browser.get(f"/inquiry?number=100001&{narrowed}").text
    assert browser.get("/inquiry?number=100001&installment=x").status_code == 400
    asked = [subject for deed, *_, subject in counter.recorded() if deed is Deed.INQUIRED]
    assert "番号 100001　手続 国民健康保険料　期別 1　該当 1件" in asked
    assert "番号 100001　期別 0　該当 0件" in asked


def test_an_answer_says_of_which_night_it_is_and_when_it_was_given(counter: Counter) -> None:
    text = counter.browser("satou").get("/inquiry?number=100001").text
    assert "最後の夜 令和8年11月20日　表示 令和8年11月24日 08:30　佐藤 花子" in text


def test_a_held_file_whose_yen_nobody_could_read_has_none(tmp_path: Path) -> None:
    city = desk_city().copy(tmp_path / "city")
    city.deliver("broken.csv", b"%PDF-1.7")
    assert city.night().code == 4
    (tmp_path / "desk").mkdir()
    browser = Counter(tmp_path / "desk", place=open_place(city.job, {}, creates=True)).browser("satou")
    assert cards(browser.get("/morning").text)["取込保留"] == "1ファイル"


def test_every_inquiry_is_recorded_and_the_administrator_sees_it(counter: Counter) -> None:
    counter.browser("satou", "10.7.7.7").get("/inquiry?number=100 002")
    assert (Deed.INQUIRED, "satou", "10.7.7.7", "番号 100 002　該当 1件") in counter.recorded()
    shown = counter.browser("kanri").get("/records").text
    assert "100 002" in shown and "10.7.7.7" in shown and "令和8年11月24日 08:30:00" in shown
    later = counter.browser("kanri").get("/records?from=2026-11-25&to=2026-11-30").text
    assert "記録はありません" in later
    assert counter.browser("kanri").get("/records?from=x").status_code == 400


def test_a_page_does_not_wait_for_a_night_and_sees_nothing_of_it(counter: Counter) -> None:
    """A writer that has begun and not ended holds the only lock there is."""
    with sqlite3.connect(desk_city().folder / "ledger.db", isolation_level=None) as night:
        night.execute("BEGIN IMMEDIATE")
        night.execute("INSERT INTO claim_cancel SELECT * FROM claim_cancel WHERE 0")
        assert "調定 1件" in counter.browser("satou").get("/inquiry?number=100001").text
        night.execute("ROLLBACK")


def test_a_ledger_that_cannot_be_read_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Who runs the desk reads the reason in the log; who is at a browser reads whom to call."""
    city = desk_city().copy(tmp_path / "city")
    place = open_place(city.job, {}, creates=True)
    with sqlite3.connect(city.folder / "ledger.db") as ledger:
        ledger.execute("UPDATE setting SET value = '18' WHERE name = 'schema_version'")
    with pytest.raises(LedgerError, match=r"台帳の版（18）"), place.look():
        pass
    browser = Counter(tmp_path, place=place).browser("satou")
    (city.folder / "ledger.db").rename(tmp_path / "gone")
    answer = browser.get("/morning")
    assert answer.status_code == 503 and "システム担当に" in answer.text
    assert "台帳がないか、空です" not in answer.text and "台帳がないか、空です" in caplog.text


def test_a_city_without_waiting_work_is_green_unless_something_was_not_looked_at(tmp_path: Path) -> None:
    """Without [[arrival]] and [[settlement]] 会計 is told so, and with them all is green; a 所管課 never sees these."""
    city = City.founded(tmp_path / "city")
    city.notices(notice_row())
    assert city.night().code == 0
    unseen = Counter(tmp_path, place=open_place(city.job, {}, creates=True))
    text = unseen.browser("satou").get("/morning").text
    assert "見ていないもの（－）があります" in text and "headline review" in text and 'class="some"' not in text
    assert [name for name, shown in cards(text).items() if shown.startswith("－")] == ["未着", "払込差額"]
    assert text.count('<li class="unseen">') == 2
    assert 'class="headline clean"' in unseen.browser("yamada").get("/morning").text
    later = ARRIVAL.replace("since = 2026-11-20\nuntil = 2026-11-20", "since = 2026-11-24")
    city.job.write_text(city.job.read_text(encoding="utf-8") + later + CONTRACT, encoding="utf-8")
    (tmp_path / "later").mkdir()
    seen = Counter(tmp_path / "later", place=open_place(city.job, {}, creates=True))
    text = seen.browser("satou").get("/morning").text
    assert "待っている仕事はありません" in text and 'class="headline clean"' in text and 'class="some"' not in text


def test_commands_tell_accounts_and_records(tmp_path: Path) -> None:
    city = desk_city().copy(tmp_path / "city")

    def run(*arguments: object) -> Ran:
        return elqr("desk", *arguments, "--job", city.job)

    added = run(
        "account", "add", "suzuki", "--name", "鈴木 一", "--department", "会計", "--role", "閲覧", "--role", "承認"
    )
    assert added.code == 0 and len(added.out.split()[-1]) == 23
    assert run("account", "add", "kato", "--name", "加藤 二").code == 2
    assert run("account", "change", "suzuki", "--department", "保険年金課", "--role", "閲覧").code == 0
    assert run("account", "list", "--json").json[0]["department"] == "保険年金課"  # type: ignore[index]
    assert run("account", "unlock", "suzuki").code == run("account", "close", "suzuki").code == 0
    assert "利用者　0人" in run("account", "list").out
    assert [line.split("　")[2] for line in run("account", "list", "--history", "suzuki").out.splitlines()] == [
        "登録",
        "変更",
        "廃止",
    ]
    assert run("account", "close", "dareka").code == 1
    out = city.folder / "records.csv"
    assert run("records", "--csv", out).code == 0
    lines = out.read_text(encoding="utf-8-sig").splitlines()
    assert lines[0] == "番号,時刻,利用者,氏名,アドレス,操作,対象" and len(lines) == 2 and "停止の解除" in lines[1]
    assert run("records", "--csv", out).code == 1, "an export is not written over"
