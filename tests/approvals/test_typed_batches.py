"""Slips typed by hand: nothing counts before a second person confirms these bytes, and nothing counts twice unseen."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.builders import (
    JOB,
    NIGHT,
    REAL_BARCODE,
    ROOT,
    City,
    Ran,
    barcode,
    codes,
    elqr,
    eltax_file,
    eltax_row,
    notice_row,
    slip_file,
    slip_row,
)
from tests.cases.job_parts import SLIPS
from tests.cases.prepared import prepared

FIRST = "saichi_20261119.csv"
_CODE = barcode("777", 10_000, date(2026, 11, 30))


@dataclass(frozen=True)
class Office:
    """A city where slips are typed, after the night that issued five of 10,000 yen; the fifth has a bar code."""

    city: City

    def key_no(self, slip: int) -> str:
        return self.city.issued()["kokuho", str(100_001 + slip), 1, 1][0]

    def row(self, number: str, slip: int, amount_yen: int = 10_000, **given: object) -> dict[str, object]:
        return slip_row(number, self.key_no(slip), amount_yen, **given)

    def typed(self, name: str, *rows: dict[str, object]) -> Path:
        path = self.city.folder / "slips" / name
        path.write_bytes(slip_file(*rows))
        return path

    def batch(self, *arguments: object, day: int = 20) -> Ran:
        return elqr("batch", *arguments, "--job", self.city.job, "--date", date(2026, 11, day).isoformat())

    def ask(self, path: Path, count: int, yen: int, *more: object, day: int = 20) -> Ran:
        return self.batch("request", path, "--count", count, "--yen", yen, "--by", "山田", *more, day=day)

    def confirmed(self, name: str, *rows: dict[str, object], day: int = 20, known: int = 0) -> None:
        """Typed, requested and approved, each as it should be."""
        yen = sum(int(str(row["amount_yen"])) for row in rows)
        asked = self.ask(self.typed(name, *rows), len(rows), yen, "--known", known, day=day)
        assert asked.code == 0, asked.err
        number = asked.out.partition("（申請 ")[2].partition("）")[0]
        assert self.batch("approve", number, "--by", "佐藤", day=day).code == 0

    def night(self, day: int) -> Ran:
        return self.city.night(date(2026, 11, day))

    def verified(self, day: int) -> list[str]:
        """The codes of what the verification finds."""
        return codes(elqr("verify", "--json", "--job", self.city.job, "--date", f"2026-11-{day}"))


def _opened(folder: Path) -> Office:
    city = City.founded(folder, JOB + SLIPS)
    (folder / "slips").mkdir()
    city.notices(
        *(
            notice_row(bill_no=str(100_001 + no), payer_ref=str(no), barcode=_CODE if no == 4 else None)
            for no in range(5)
        )
    )
    assert city.night(date(2026, 11, 4)).code == 0
    return Office(city)


def _taken_in(folder: Path) -> Office:
    office = prepared(folder, _opened)
    office.confirmed(FIRST, office.row("1", 0))
    assert office.night(20).places() == {"posted": (1, 10_000)}
    return office


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return prepared(tmp_path / "city", _opened)


@pytest.fixture
def taken(tmp_path: Path) -> Office:
    """The office after the night that took in a confirmed slip, numbered 1."""
    return prepared(tmp_path / "city", _taken_in)


def waiting(ran: Ran) -> list[tuple[str, str]]:
    """(file, what is said of it) of the batches that are told."""
    found: Any = ran.json["findings"]
    return [(each["at"], each["actual"]) for each in found if each["code"] == "F118"]


def test_nothing_counts_before_a_second_person_confirms(office: Office) -> None:
    city = office.city
    path = office.typed(FIRST, office.row("1", 0), office.row("2", 1, 9_000))
    ran = office.night(20)
    assert ran.code == 4 and ran.places() == {} and waiting(ran) == [(FIRST, "2件 19,000円（申請なし）")]
    assert office.ask(path, 2, 19_000).code == 0
    assert office.batch("approve", 1, "--by", "山 田").code == 1, "the typist"
    ran = office.night(21)
    assert ran.code == 4 and ran.places() == {} and waiting(ran) == [(FIRST, "2件 19,000円（申請1 承認待ち）")]
    assert office.batch("approve", 1, "--by", "佐藤", day=21).code == 0
    assert office.batch("approve", 1, "--by", "鈴木", day=21).code == 1, "it has ended"
    assert city.sql("SELECT count(*) FROM payment") == [(0,)], "only a night takes it in"
    ran = office.night(22)
    assert ran.code == 3 and ran.places() == {"posted": (1, 10_000), "exception": (1, 9_000)} and waiting(ran) == []
    (short,) = city.report("要確認一覧", date(2026, 11, 22))
    assert (short["理由"], short["収納額"], short["画像番号"]) == ("不足", 9_000, "図2")
    page = (city.drawn(date(2026, 11, 22)) / "index.html").read_text(encoding="utf-8")
    assert '["画像番号","図2"]' in page
    card = elqr("claim", "show", "100001", "--job", city.job).out
    assert "この調定へ 10,000円　手入力　画像番号 図1" in card
    assert city.sql("SELECT DISTINCT is_elqr FROM posting_tally") == [(0,)], "paid on paper, whatever its number"
    assert office.verified(22) == []
    again = elqr("replay", "--from", "2026-11-20", "--to", "2026-11-22", "--job", city.job)
    assert again.code == 0, "it was approved on the 21st, but after the night of that day"


def test_a_file_that_was_changed_needs_its_own_confirmation(office: Office) -> None:
    office.confirmed(FIRST, office.row("1", 0))
    office.typed(FIRST, office.row("1", 0, 9_999))
    ran = office.night(20)
    assert ran.code == 4 and ran.places() == {}
    assert waiting(ran) == [(FIRST, "1件 10,000円（申請1 承認済）"), (FIRST, "1件 9,999円（申請なし）")]
    shown = office.batch("show", 1)
    assert shown.code == 0 and "金額（amount_yen）: 10000" in shown.out, "what was confirmed, not what lies there"


def _nothing(office: Office) -> Path:
    return office.typed("a.csv", office.row("1", 0), office.row("2", 1))


def _twice(office: Office) -> Path:
    return office.typed("a.csv", office.row("1", 0), office.row("1", 1))


def _empty(office: Office) -> Path:
    return office.typed("a.csv")


def _broken(office: Office) -> Path:
    path = _nothing(office)
    path.write_bytes(path.read_bytes().replace(b"2026/11/05", b"11/5"))
    return path


def _bank(office: Office) -> Path:
    path = office.city.folder / "eltax.csv"
    path.write_bytes(eltax_file(eltax_row(office.key_no(0), "123456", 10_000)))
    return path


REFUSALS = {
    "枚数の違い": (_nothing, (1, 20_000), "2件 20,000円"),
    "額の違い": (_nothing, (2, 20_001), "2件 20,000円"),
    "同じ整理番号が二度": (_twice, (2, 20_000), "同じ整理番号が二度あります（1）"),
    "前の束にない整理番号の訂正": (_nothing, (2, 20_000, "--known", 1), "0件の整理番号が、前に取り込んだ束にあります（なし）"),
    "行のないファイル": (_empty, (1, 0), "行がありません"),
    "読めない日付": (_broken, (2, 20_000), "F202"),
    "銀行のファイル": (_bank, (1, 10_000), "F102"),
    "ないファイル": (lambda office: office.city.folder / "none.csv", (1, 1), "ありません"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSALS)
def test_what_a_request_refuses(office: Office, what: str) -> None:
    make, given, said = REFUSALS[what]
    ran = office.ask(make(office), *given)  # type: ignore[arg-type]
    assert ran.code == 1 and said in ran.err and "Traceback" not in ran.err
    assert office.city.sql("SELECT count(*) FROM typed_batch") == [(0,)]


def test_the_same_slip_and_a_correction_are_seen_and_never_counted_twice_in_silence(office: Office) -> None:
    city = office.city
    office.confirmed("a.csv", office.row("1", 0), office.row("2", 0), office.row("3", 1))
    assert office.night(20).places() == {"posted": (2, 20_000), "exception": (1, 10_000)}
    (twice,) = city.report("要確認一覧")
    assert (twice["理由"], twice["仮受額"], twice["先の収納"]) == (
        "二重納付",
        10_000,
        "受付1 窓口 2026-11-05 手入力 図1",
    )
    # A second batch repeats one row and corrects another; both numbers must be said.
    again = office.typed("b.csv", office.row("1", 0), office.row("3", 1, 1_000))
    assert "2件の整理番号が、前に取り込んだ束にあります（1、3）" in office.ask(again, 2, 11_000, day=21).err
    office.confirmed("b.csv", office.row("1", 0), office.row("3", 1, 1_000), day=21, known=2)
    ran = office.night(21)
    assert ran.places() == {"already_posted": (1, 10_000), "exception": (1, 1_000)} and codes(ran) == ["M401"]
    # The bank's own record of the slip comes after all: another sender, so it is a second payment until somebody looks.
    city.deliver("eltax.csv", eltax_file(eltax_row(office.key_no(0), _check_no(office, 0), 10_000)))
    assert office.night(22).places() == {"exception": (1, 10_000)}
    assert city.sql("SELECT account, sum(yen) FROM posting GROUP BY 1 ORDER BY 1") == [
        ("claim", 20_000), ("suspense", 21_000),
    ]  # fmt: skip
    wrong = {"訂正（先の収納に代える）": 5, "収納の取消": 6}
    for number, (ruling, payment) in enumerate(wrong.items(), start=1):
        _decide(office, ruling, payment, number)
    assert city.sql("SELECT account, sum(yen) FROM posting GROUP BY 1 ORDER BY 1") == [
        ("claim", 11_000), ("suspense", 10_000), ("withdrawn", 20_000),
    ]  # fmt: skip
    assert office.verified(22) == []


def _check_no(office: Office, slip: int) -> str:
    return office.city.issued()["kokuho", str(100_001 + slip), 1, 1][1]


def _decide(office: Office, ruling: str, payment: int, number: int, day: str = "2026-11-22") -> None:
    common = ("--job", office.city.job, "--date", day)
    decided = ("--ruling", ruling, "--payment", payment, "--reason", "紙で確かめた", "--by", "山田")
    assert elqr("review", "decide", *decided, *common).code == 0
    assert elqr("review", "approve", number, "--by", "佐藤", *common).code == 0


def test_a_slip_that_never_was_is_taken_back_by_a_row_of_no_yen(taken: Office) -> None:
    taken.confirmed("b.csv", taken.row("1", 0, 0), day=21, known=1)
    assert taken.night(21).places() == {"exception": (1, 0)}
    _decide(taken, "訂正（先の収納に代える）", 2, 1, "2026-11-21")
    assert taken.city.sql("SELECT account, sum(yen) FROM posting GROUP BY 1 HAVING sum(yen) <> 0") == [
        ("withdrawn", 10_000)
    ]


def test_a_bar_code_names_the_notice_as_well(office: Office) -> None:
    slip = slip_row("1", None, 10_000, barcode=_CODE, channel="郵便局")
    unknown = slip_row("2", None, 39_500, barcode=REAL_BARCODE)
    office.confirmed("a.csv", slip, unknown)
    office.night(20)
    rows = office.city.report("消込結果")
    assert [(row["チャネル"], row["消込結果"]) for row in rows] == [("郵便局", "一致"), ("窓口", "該当なし")]


def test_what_was_confirmed_and_never_came_is_told_until_two_people_undo_it(office: Office) -> None:
    city, day = office.city, ("--date", "2026-11-20")
    office.confirmed(FIRST, office.row("1", 0))
    path = city.folder / "slips" / FIRST
    data = path.read_bytes()
    path.unlink()
    ran = office.night(20)
    assert ran.code == 3 and waiting(ran) == [(FIRST, "1件 10,000円（申請1 承認済）")]
    gate = elqr("arrears", "list", "--by", "山田", "--job", city.job, *day)
    assert gate.code == 3 and f"{FIRST}（未取込）" in gate.out, "no reminder for who paid with it"
    again = office.ask(office.typed("other.csv", office.row("1", 0)), 1, 10_000)
    assert again.code == 1 and "承認済" in again.err, "the same bytes under another name"
    (city.folder / "slips" / "other.csv").unlink()
    undo = ("--job", city.job, *day)
    assert elqr("undo", "batch", 1, "--reason", "打ち直す", "--by", "山田", *undo).code == 0
    assert elqr("undo", "approve", 1, "--by", "佐藤", *undo).code == 0
    assert office.batch("list").out == "取り込みを待つ束はありません。\n"
    path.write_bytes(data)
    ran = office.night(21)
    assert ran.code == 4 and waiting(ran) == [(FIRST, "1件 10,000円（申請なし）")], "a confirmation is needed anew"
    held = ("--job", city.job, "--date", "2026-11-21")
    assert elqr("held", "give-up", FIRST, "--reason", "打ち直した", "--by", "山田", *held).code == 0
    assert elqr("held", "approve", 1, "--by", "佐藤", *held).code == 0
    ran = office.night(22)
    assert ran.code == 0 and waiting(ran) == []
    assert office.verified(22) == []


def test_what_was_taken_in_is_not_undone_but_corrected(taken: Office) -> None:
    ran = elqr(
        "undo", "batch", 1, "--reason", "違う", "--by", "山田", "--job", taken.city.job, "--date", NIGHT.isoformat()
    )
    assert ran.code == 1 and "もう取り込んでいます" in ran.err
    assert "取込済" in taken.batch("list", "--all").out
    assert taken.ask(taken.city.folder / "slips" / FIRST, 1, 10_000).code == 1


def test_a_request_that_was_refused_can_be_made_again(office: Office) -> None:
    path = office.typed(FIRST, office.row("1", 0))
    assert office.ask(path, 1, 10_000).code == 0
    assert office.ask(path, 1, 10_000).code == 1, "it waits"
    assert office.batch("reject", 1, "--by", "佐藤", "--reason", "紙と違う").code == 0
    assert waiting(office.night(20)) == [(FIRST, "1件 10,000円（申請なし）")]
    assert office.ask(path, 1, 10_000).code == 0
    (row,) = office.batch("list", "--json").json
    assert (row["batch_no"], row["payments"], row["yen"]) == (2, 1, 10_000)  # type: ignore[index]


DAMAGE = {
    "承認を消す": ("DELETE FROM typed_batch_step", "L523"),
    "言われた額を変える": ("UPDATE typed_batch SET yen = 9000", "L506"),
    "ほかの中身の承認にする": ("UPDATE typed_batch SET sha256 = replace(sha256, substr(sha256, 1, 4), '0000')", "L503"),
    "承認の夜を後にする": ("UPDATE typed_batch_step SET night_on = '2026-11-21'", "L523"),
}


@pytest.mark.parametrize("what", DAMAGE)
def test_a_batch_that_was_changed_is_told(taken: Office, what: str) -> None:
    statement, code = DAMAGE[what]
    taken.city.damage(statement)
    assert code in taken.verified(20)


def test_a_file_that_was_taken_in_past_the_two_people_is_told(office: Office) -> None:
    """Somebody puts a spec beside the shipped one that asks nobody."""
    city, own = office.city, office.city.folder / "own"
    own.mkdir()
    spec = (ROOT / "specs" / "payment_by_hand_csv.toml").read_text(encoding="utf-8")
    (own / "payment_by_hand_csv.toml").write_text(spec.replace("two_people = true\n", ""), encoding="utf-8")
    honest = city.job.read_text(encoding="utf-8")
    city.job.write_text(honest.replace('out = "out"', 'specs = ["own"]\nout = "out"'), encoding="utf-8")
    office.typed(FIRST, office.row("1", 0))
    assert office.night(20).places() == {"posted": (1, 10_000)}
    city.job.write_text(honest, encoding="utf-8")
    assert office.verified(20) == ["L523", "L523"]
