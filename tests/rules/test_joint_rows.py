"""Rows of a notice file that are one 分納 notice for several claims: they go in together, or none of them does."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.builders import (
    JOB,
    NIGHT,
    REGISTER,
    City,
    barcode,
    claim_file,
    claim_row,
    cvs_file,
    cvs_row,
    elqr,
    eltax_file,
    eltax_row,
    notice_file,
    notice_row,
)
from tests.cases.job_parts import CLAIMS
from tests.cases.review_book import written

pytestmark = pytest.mark.usefixtures("each_command_once")

Row = dict[str, object]
_KEY: Row = {"key_no": "7" * 20, "check_no": "123456"}
_UNTIL = date(2026, 11, 30)


def _base(bill_no: str, yen: int = 10_000, **given: object) -> Row:
    return notice_row(bill_no=bill_no, principal_yen=yen, **{"payer_ref": "1", **given})


def _line(bill_no: str, yen: int, **given: object) -> Row:
    row: Row = {"issue_no": 2, "notice_kind": "分納", "payer_ref": "1", **_KEY, **given}
    return notice_row(bill_no=bill_no, principal_yen=yen, **row)


_CODE = barcode("5", 5_000, _UNTIL)
_BASES = [_base("1"), _base("2"), _base("3")]
_LINES = [_line("1", 3_000), _line("2", 2_000)]


@pytest.fixture
def city(tmp_path: Path) -> City:
    return City.founded(tmp_path / "city")


def _import(city: City, *rows: Row) -> dict[str, Any]:
    path = city.folder / "rows.csv"
    path.write_bytes(notice_file(*rows))
    ran = elqr("notice", "import", path, "--job", city.job, "--json")
    assert ran.code in (0, 3), ran.err
    return ran.json


def _found(ran: dict[str, Any]) -> list[tuple[str, int]]:
    return [(finding["code"], int(finding["at"].split()[1].removesuffix("件目"))) for finding in ran["findings"]]


def _proved(city: City, day: date = NIGHT) -> None:
    ran = elqr("verify", "--job", city.job, "--date", day.isoformat())
    assert ran.code == 0, ran.out


_LINE = "SELECT bill_no, notice_line.issue_no, notice_line.principal_yen FROM notice_line JOIN claim ON claim.claim_no = notice_line.claim_no ORDER BY 1"


def test_the_rows_are_one_notice_with_the_earliest_of_their_days(city: City) -> None:
    lines = [_line("1", 3_000), _line("2", 2_000, due_on=date(2026, 10, 20), customer_no="C2")]
    ran = _import(city, *_BASES, *lines)
    assert (ran["count"], _found(ran)) == (5, [])
    assert city.sql("SELECT bill_no, issue_no, amount_yen, due_on FROM notice WHERE part_kind IS NOT NULL") == [
        ("1", 2, 5_000, "2026-10-20")
    ]
    assert city.sql(_LINE) == [("1", 2, 3_000), ("2", 2, 2_000)]
    assert city.sql("SELECT due_on, customer_no FROM notice_line ORDER BY claim_no") == [
        ("2026-10-31", None), ("2026-10-20", "C2"),
    ]  # fmt: skip
    again = _import(city, *lines[::-1], *_BASES)
    assert (again["count"], _found(again)) == (0, []), "the same again says nothing new, in whatever order"
    city.night()
    _proved(city)


@pytest.mark.parametrize(
    "other",
    [
        {"payer_ref": "2"},
        {"payer_name": "別人"},
        {"address": "別の町"},
        {"postal_code": "510-0001"},
        {"payable_until_on": date(2026, 12, 1)},
        {"issued_on": date(2026, 10, 2)},
        {"check_no": "654321"},
        {"barcode": barcode("5", 6_000, _UNTIL)},
        {"mpn_until_on": date(2026, 12, 1)},
        {"procedure_code": "kenzei"},
        {"notice_kind": None},
        {"notice_kind": "再発行"},
    ],
    ids=lambda other: "-".join(map(str, *other.items())),
)
def test_rows_that_do_not_say_the_same_are_refused_together(city: City, other: Row) -> None:
    bases = [*_BASES, _base("2", procedure_code="kenzei")]
    ran = _import(city, *bases, _line("1", 3_000), _line("3", 1_000), _line("2", 2_000, **other))
    assert _found(ran) == [("N622", 5), ("N622", 6), ("N622", 7)]
    assert not city.sql("SELECT * FROM notice WHERE part_kind IS NOT NULL")
    texts = [finding["actual"] + finding["expected"] for finding in ran["findings"]]
    assert all("5・6・7件目" in text for text in texts), "each says which rows are one notice"
    assert all("別人" not in text and "別の町" not in text for text in texts)


def test_a_notice_names_each_claim_once(city: City) -> None:
    ran = _import(city, *_BASES, *_LINES, _line("2", 1_000, issue_no=3))
    assert _found(ran) == [("N622", 4), ("N622", 5), ("N622", 6)]


HALVES: dict[str, tuple[list[Row], list[tuple[str, int]]]] = {
    "読めない行": ([_line("1", 3_000), _line("2", 2_000, payer_name="長" * 101)], [("F210", 5), ("N623", 4)]),
    "読めないキー": ([_line("1", 3_000), _line("2", 2_000, key_no="7" * 19 + "A")], [("F201", 5), ("N623", 4)]),
    "調定より多い": ([_line("1", 3_000), _line("2", 11_000)], [("N616", 5), ("N623", 4)]),
    "古い発行連番": ([_line("1", 3_000, issue_no=1), _line("2", 2_000)], [("N607", 4), ("N623", 5)]),
    "支払期限が納期限より前": ([_line("1", 3_000), _line("2", 2_000, due_on=date(2026, 12, 1))], [("N603", 5), ("N623", 4)]),
    "三つのうち二つ": ([_line("1", 3_000), _line("2", 11_000), _line("3", 12_000)], [("N616", 5), ("N616", 6), ("N623", 4)]),
    "同じバーコードでキーがない": (
        [_line("1", 3_000, barcode=_CODE), _line("2", 2_000, key_no=None, check_no=None, barcode=_CODE)],
        [("N622", 4), ("N622", 5)],
    ),
    "同じバーコードでキーが違う": (
        [_line("1", 3_000, barcode=_CODE), _line("2", 2_000, key_no="8" * 20, barcode=_CODE)],
        [("N606", 4), ("N606", 5)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HALVES)
def test_half_a_notice_never_comes_in_and_a_right_one_comes_later(city: City, name: str) -> None:
    rows, wanted = HALVES[name]
    ran = _import(city, *_BASES, *rows)
    assert sorted(_found(ran)) == sorted(wanted)
    assert ran["count"] == 3 and not city.sql("SELECT * FROM notice_line")
    right = _import(city, *_LINES)
    assert (right["count"], _found(right)) == (2, [])
    assert city.sql("SELECT count(*) FROM notice_refused_end WHERE is_right = 1") == [(2,)]
    assert _found(_import(city, *_LINES[::-1])) == [], "the rows that waited are known now"
    city.night()
    _proved(city)


def test_a_row_more_or_changed_leaves_the_notice_as_it_is(city: City) -> None:
    _import(city, *_BASES, *_LINES)
    assert _found(_import(city, *_LINES, _line("3", 1_000))) == [("N605", 3)]
    assert _found(_import(city, _LINES[0], _line("2", 2_500))) == [("N604", 2)]
    assert city.sql(_LINE) == [("1", 2, 3_000), ("2", 2, 2_000)]
    _import(city, _line("2", 2_000, change_kind="9"))
    assert _found(_import(city, *_LINES)) == [("N613", 1), ("N613", 2)], "what was taken back is not sent again"
    assert _found(_import(city, *_LINES, _line("2", 2_000, change_kind="9"))) == []
    newer = [_line("1", 3_000, issue_no=3, key_no="8" * 20), _line("2", 2_000, issue_no=3, key_no="8" * 20)]
    assert _found(_import(city, *newer)) == []
    assert _found(_import(city, _line("1", 1_000, issue_no=3, key_no="9" * 20))) == [("N604", 1)]
    city.night()
    _proved(city)


@pytest.mark.parametrize("kind", ["分納", None], ids=["kind", "no_kind"])
def test_a_notice_is_known_by_its_bar_code_where_it_has_no_key(city: City, kind: str | None) -> None:
    """Its amount is that of all rows. One row takes it back, whether it says the kind again or not."""
    own: Row = {"key_no": None, "check_no": None, "barcode": barcode("5", 5_000, _UNTIL)}
    short: Row = own | {"barcode": barcode("6", 3_000, _UNTIL)}
    ran = _import(city, *_BASES, _line("1", 3_000, **short), _line("2", 2_000, **short))
    assert _found(ran) == [("N606", 4), ("N606", 5)]
    ran = _import(city, _line("1", 3_000, **own), _line("2", 2_000, **own))
    assert (ran["count"], _found(ran)) == (2, [])
    city.deliver("cvs.dat", cvs_file(cvs_row(str(own["barcode"]))))
    city.night()
    assert [row[2:] for row in city.outcomes()] == [("一致", 5_000, 0)]
    gone = _import(city, _line("2", 2_000, change_kind="9", **own | {"notice_kind": kind}))
    assert _found(gone) == []
    assert city.sql("SELECT count(*) FROM notice_cancel") == [(1,)]
    _proved(city)


def test_a_claim_of_one_bill_does_not_stop_the_instalments_of_another(city: City) -> None:
    """Bill 2 is one claim (期別 0); the notice that pays it, too, does not make bill 1 one claim."""
    _import(city, _base("1"), _base("2", installment_no=0))
    lines = [_line("1", 3_000), _line("2", 2_000, installment_no=0)]
    assert _found(_import(city, *lines)) == []
    assert _found(_import(city, _base("1", installment_no=2))) == []


def _city_by_file(tmp_path: Path) -> City:
    city = City.founded(
        tmp_path / "city", JOB + CLAIMS, REGISTER.replace('code = "kokuho"', 'code = "kokuho"\nclaims = "file"')
    )
    (city.folder / "claims").mkdir()
    return city


def _owes(city: City, bill_no: str) -> None:
    state = {"tsuchisho_no": bill_no, "atena_no": "1", "zeigaku": 10_000, "sosa_ymd": NIGHT, "kazei_kosei_ymd": NIGHT}
    (city.folder / "claims" / f"{bill_no}.csv").write_bytes(claim_file(claim_row(**state)))


@pytest.mark.parametrize("end", ["取消", "あきらめる"])
@pytest.mark.parametrize("row", [1, 2])
def test_what_ends_for_one_row_of_a_waiting_notice_ends_for_the_paper(tmp_path: Path, end: str, row: int) -> None:
    """Its file still lies there when the claim comes that it waited for. No other row waits any more, and after a 取消
    one that is sent again by itself is no smaller notice."""
    city, (second, third) = _city_by_file(tmp_path), (NIGHT + timedelta(days=number) for number in (1, 2))
    _owes(city, "1")
    lines = [_line("1", 3_000, issue_no=1), _line("2", 2_000, issue_no=1)]
    columns = notice_row(bill_no="9", notice_kind="通常", change_kind="9")
    city.notices(*lines, columns, name="joint.csv")
    city.night()
    at = ("--job", city.job, "--date", NIGHT.isoformat())
    if end == "取消":
        gone = notice_row(bill_no=str(row), issue_no=1, change_kind="9", notice_kind="分納")
        city.notices(gone, name="gone.csv")
    else:
        assert elqr("notice", "give-up", 1, "--record", row, "--reason", "不要", "--by", "山田", *at).code == 0
        assert elqr("notice", "give-up-approve", 1, "--by", "佐藤", *at).code == 0
    city.night(second)
    _owes(city, "2")
    city.deliver("paid.csv", eltax_file(eltax_row("7" * 20, "123456", 5_000)))
    ran = city.night(third)
    assert city.sql("SELECT count(*) FROM notice") == [(0,)]
    assert [row[2:] for row in city.outcomes(third)] == [("該当なし", 0, 5_000)]
    assert {finding["code"] for finding in ran.json["findings"]} == {"N609"}, "the line that only gives the columns"  # type: ignore[attr-defined]
    if end == "取消":
        city.notices(lines[2 - row], name="again.csv")
        again = city.night(third).json["findings"]
        at_row = ("N613", "again.csv 1件目 「発行連番」")
        assert at_row in {(finding["code"], finding["at"]) for finding in again}  # type: ignore[attr-defined]
    _proved(city, third)


def test_claims_by_claim_files(tmp_path: Path) -> None:
    """A notice needs all its claims, and waits whole for the file that has the second one."""
    city = _city_by_file(tmp_path)
    _owes(city, "1")
    lines = [_line("1", 3_000, issue_no=1), _line("2", 2_000, issue_no=1)]
    city.notices(*lines, notice_row(bill_no="9", notice_kind="通常", change_kind="9"), name="joint.csv")
    city.deliver("paid.csv", eltax_file(eltax_row("7" * 20, "123456", 5_000)))
    ran = city.night()
    found = {(finding["code"], finding["at"]) for finding in ran.json["findings"]}  # type: ignore[attr-defined]
    assert {("N623", "joint.csv 1件目 「納付番号」"), ("N617", "joint.csv 2件目 「通知書番号」")} <= found
    assert [row[2:] for row in city.outcomes()] == [("該当なし", 0, 5_000)]
    _owes(city, "2")
    next_day = NIGHT + timedelta(days=1)
    city.deliver("again.csv", eltax_file(eltax_row("7" * 20, "123456", 5_000, serial_no="00000002")))
    city.night(next_day)
    assert [row[2:] for row in city.outcomes(next_day)] == [("一致", 5_000, 0)]
    assert city.sql("SELECT claim_no, sum(yen) FROM posting WHERE claim_no IS NOT NULL GROUP BY 1 ORDER BY 1") == [
        (1, 3_000), (2, 2_000),
    ]  # fmt: skip
    _proved(city, next_day)


def test_people_put_yen_on_such_a_notice_or_leave_them(city: City) -> None:
    """充てる: what it asks and is still open, or nothing where the yen do not suffice; and taken back again."""
    _import(city, *_BASES, *_LINES)
    city.deliver(
        "unknown.csv",
        eltax_file(
            eltax_row("1" * 20, "123456", 4_000, serial_no="00000001"),
            eltax_row("2" * 20, "123456", 6_000, serial_no="00000002"),
        ),
    )
    city.night()
    by = ("--job", city.job, "--by")
    book = city.folder / "book.xlsx"
    assert elqr("review", "export", "--out", book, "--job", city.job).code == 0
    written(book, {number: ("納付書に充てる", "7" * 20, "電話で確かめた", "山田") for number in (1, 2)})
    assert elqr("review", "import", book, *by, "山田").code == 0
    approved = elqr("review", "approve", 1, *by, "鈴木")
    assert approved.code in (0, 3), approved.err
    result = "SELECT ruling_no, result FROM ruling_result ORDER BY 1"
    assert city.sql(result) == [(1, "stale"), (2, "approved")]
    on_claims = (
        "SELECT claim_no, sum(yen) FROM posting WHERE claim_no IS NOT NULL GROUP BY 1 HAVING sum(yen) <> 0 ORDER BY 1"
    )
    assert city.sql(on_claims) == [(1, 3_000), (2, 2_000)]
    _proved(city)
    assert elqr("review", "undo", 2, "--reason", "違う人", *by, "山田").code == 0
    assert elqr("review", "approve", 2, *by, "鈴木").code == 0
    assert city.sql(on_claims) == []
    _proved(city)


def test_the_core_system_gets_back_the_rows_that_it_sent(city: City) -> None:
    """収納履歴: each posting with the 発行連番 and the 内訳 of its row."""
    lines = [_line("1", 3_000, late_charge_yen=0), _line("2", 2_000, issue_no=5)]
    _import(city, *_BASES, *lines)
    city.deliver("paid.csv", eltax_file(eltax_row("7" * 20, "123456", 5_000)))
    city.night()
    ran = elqr("export", "make", "--by", "山田", "--job", city.job)
    assert ran.code == 0, ran.err
    (path,) = (city.folder / "out" / "export").glob("*/*history*.csv")
    head, *rows = [line.split(",") for line in path.read_text(encoding="utf-8-sig").splitlines()]
    names = ("通知書番号", "発行連番", "収納額", "本税・本料")
    found = [tuple(row[head.index(name)] for name in names if name in head) for row in rows]
    assert [row[:2] for row in found] == [("1", "2"), ("2", "5")], head


def test_the_card_of_each_claim_shows_what_the_notice_asks_of_it(city: City) -> None:
    _import(city, *_BASES, *_LINES)
    city.night()
    for bill_no, yen in (("1", 3_000), ("2", 2_000)):
        ran = elqr("claim", "show", bill_no, "--json", "--job", city.job)
        (card,) = ran.json["claims"]  # type: ignore[misc]
        notice = card["notices"][-1]  # type: ignore[index]
        assert (notice["issue_no"], notice["cover_yen"], notice["amount_yen"]) == (2, yen, 5_000)
        shown = elqr("claim", "show", bill_no, "--job", city.job).out
        assert f"発行連番2　分納　5,000円（うちこの調定 {yen:,}円）" in shown
    by_key = elqr("claim", "show", "7" * 20, "--json", "--job", city.job)
    assert [card["bill_no"] for card in by_key.json["claims"]] == ["1", "2"]  # type: ignore[attr-defined]


def test_one_page_says_how_many_claims_it_pays(city: City) -> None:
    _import(city, *_BASES, *_LINES)
    city.night()
    ran = elqr("notice", "print", "--workers", 1, "--out", city.folder / "print", "--job", city.job)
    assert ran.code == 0, ran.err + ran.out
    import pypdfium2

    texts = []
    for path in sorted((city.folder / "print").glob("*.pdf")):
        document = pypdfium2.PdfDocument(path)
        texts += [document[number].get_textpage().get_text_bounded() for number in range(len(document))]
    (page,) = [text for text in texts if "ほか" in text]
    assert "1 ほか1件" in page and "5,000" in page


DAMAGES = {
    "額": "UPDATE notice_line SET principal_yen = principal_yen + 1 WHERE claim_no = 2",
    "額の割り振り": "UPDATE notice_line SET principal_yen = 5000 - principal_yen",
    "調定": "UPDATE notice_line SET claim_no = 3 WHERE claim_no = 2",
    "納期限": "UPDATE notice_line SET due_on = '2026-10-30' WHERE claim_no = 2",
    "なくした行": "DELETE FROM notice_line WHERE claim_no = 2",
    "なくしたすべての行": "DELETE FROM notice_line",
    "ほかの納付書の行": "INSERT INTO notice_line SELECT 3, 3, 1, 10000, 0, 0, due_on, NULL, NULL FROM notice WHERE notice_no = 3",
    "合計": "UPDATE notice SET principal_yen = 4000, amount_yen = 4000 WHERE notice_no = 4",
    "払う調定": "UPDATE notice_claim SET cover_yen = 5000 - cover_yen WHERE notice_no = 4",
    "払わない調定": "DELETE FROM notice_claim WHERE notice_no = 4 AND claim_no = 2",
}


@pytest.mark.parametrize("name", DAMAGES)
def test_what_somebody_changes_is_found(city: City, name: str) -> None:
    _import(city, *_BASES, *_LINES)
    city.night()
    _proved(city)
    city.damage(DAMAGES[name])
    ran = elqr("verify", "--job", city.job, "--date", NIGHT.isoformat(), "--json")
    assert "L510" in {finding["code"] for finding in ran.json["findings"]}, ran.out  # type: ignore[attr-defined]


def test_a_row_of_a_notice_that_came_without_it_says_that_half_is_in_the_ledger(city: City) -> None:
    assert _found(_import(city, *_BASES, _LINES[0])) == []
    (finding,) = _import(city, *_BASES, _LINES[0], _LINES[1])["findings"]
    assert finding["code"] == "N605"
    for part in ("分納の納付書の一行だけが台帳にあります", "取り消し", "一つのファイルで"):
        assert part in finding["expected"], finding
    (other,) = _import(city, _base("9", **_KEY))["findings"]
    assert other["code"] == "N605" and other["expected"] == "未使用のキー"


def test_an_unreadable_key_does_not_hold_up_another_paper_of_the_payer(city: City) -> None:
    later = date(2026, 12, 31)
    other = _line("3", 1_000, key_no="9" * 20, payable_until_on=later, due_on=later)
    ran = _import(city, *_BASES, _line("1", 3_000), _line("2", 2_000, key_no="7" * 19 + "A"), other)
    assert sorted(_found(ran)) == [("F201", 5), ("N623", 4)]
    assert city.sql("SELECT bill_no FROM notice WHERE part_kind IS NOT NULL") == [("3",)]
