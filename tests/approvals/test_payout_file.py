"""還付の支払のファイル: what accounting paid, or got back, is requested by one person and approved by another."""

from datetime import date
from pathlib import Path

import pytest

from elqr.vocabulary.codes import Code
from tests.builders import ROOT, Ran, elqr, eltax_file, eltax_row, notice_row
from tests.cases.prepared import prepared
from tests.cases.ruling_desk import MORNING, Desk

FIRST = date(2026, 11, 11)
HEAD = "受付番号,決定番号,支払日,支払番号,金額,区分"
PAID_2, PAID_BY_DECISION = "2,還付第5号,2026/11/19,伝票77,10000,支払済", ",還付第6号,2026/11/19,伝票78,4000,支払済"
DECIDED = {2: 10_000, 4: 4_000, 5: 3_000, 6: 2_000}
"""受付番号 → yen in suspense of what is decided: 第5号, 第6号, and 第7号 for two of them. Number 7 is only a 還付候補."""


def _desk_of(folder: Path) -> Desk:
    """A bill is paid seven times: 1 settles it, 2 and 4 to 7 are to be paid back. Number 3 waits for a decision."""
    desk = Desk.opened(folder, notice_row())
    yens = (10_000, 10_000, 777, 4_000, 3_000, 2_000, 1_000)
    rows = (eltax_row(*desk.keys["100001/1"], yen, serial_no=f"{no:08d}") for no, yen in enumerate(yens, start=1))
    desk.city.deliver("seven.csv", eltax_file(*rows))
    desk.city.night(FIRST)
    search = [part for no in (2, 4, 5, 6, 7) for part in ("--payment", no)]
    _approve(desk, desk.run("review", "decide", "--ruling", "還付候補", *search, "--reason", "二重", *_BY))
    for number, payments in (("還付第5号", (2,)), ("還付第6号", (4,)), ("還付第7号", (5, 6))):
        step = ("--on", "2026-11-18", "--number", number, "--reason", "確かめた")
        _approve(desk, desk.run("refund", "decide", *payments, *step, *_BY))
    return desk


_BY = ("--by", "山田", "--json")


def _approve(desk: Desk, asked: Ran) -> Ran:
    return desk.approved(asked, MORNING)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return prepared(tmp_path / "city", _desk_of)


def _import(desk: Desk, *rows: str, name: str = "shiharai.csv", charset: str = "utf-8", json: bool = True) -> Ran:
    path = desk.city.folder / name
    path.write_bytes("\r\n".join([HEAD, *rows, ""]).encode(charset))
    return desk.run("refund", "import", path, "--reason", "11月分", "--by", "山田", *(("--json",) if json else ()))


def _places(desk: Desk) -> dict[str, int]:
    rows = desk.city.sql("SELECT account, sum(yen) FROM posting WHERE payment_no IN (2, 4) GROUP BY 1")
    return {str(account): int(str(yen)) for account, yen in rows if yen}


def _refused(ran: Ran) -> list[tuple[str, str, str, str]]:
    """code, place without the file, found and wanted of each refused row."""
    rows: list[dict[str, str]] = ran.json["refused"]  # type: ignore[assignment]
    return [(row["code"], row["at"].removeprefix("shiharai.csv "), row["actual"], row["expected"]) for row in rows]


def test_what_accounting_paid_is_one_request_and_the_file_again_asks_nothing(desk: Desk) -> None:
    asked = _import(desk, PAID_2, PAID_BY_DECISION)
    assert asked.code == 0 and asked.json == {
        "review": 5, "paid_out": {"count": 2, "yen": 14_000}, "bounced": {"count": 0, "yen": 0}, "unchanged": 0,
        "refused": [],
    }  # fmt: skip
    assert _places(desk) == {"suspense": 14_000}, "one person pays nothing"
    again = _import(desk, PAID_2, PAID_BY_DECISION)
    assert (again.code, again.json["review"], again.json["unchanged"]) == (0, None, 2)
    assert desk.run("review", "approve", 5, "--by", "山 田").code == 1, "who imported it does not approve it"
    assert _approve(desk, asked).json["moved_yen"] == 14_000 and _places(desk) == {"refunded": 14_000}
    again = _import(desk, PAID_2, PAID_BY_DECISION.replace("第6号", "第６号"), name="other name.csv")
    assert (again.code, again.json["review"], again.json["unchanged"]) == (0, None, 2)
    (case,) = (row for row in desk.run("refund", "list", "--all", "--json").json if row["payment_no"] == 2)  # type: ignore[union-attr,index]
    assert [case[name] for name in ("standing", "done_on", "number")] == ["paid_out", "2026-11-19", "伝票77"]  # type: ignore[index]
    trail = elqr("review", "trail", "--payment", 2, "--job", desk.city.job)
    assert "（申請5 shiharai.csv）" in trail.out and "山田" in trail.out and "11月分" in trail.out
    assert "shiharai.csv" in elqr("review", "list", "--all", "--job", desk.city.job).out
    assert desk.run("verify").code == 0


def test_what_came_back_goes_back_one_step_and_is_paid_anew(desk: Desk) -> None:
    back, anew = '2,,R8.11.20,伝票77,"10,000",返戻', "2,,2026/11/20,伝票90,１００００,支払済"
    both = _import(desk, PAID_2, back)
    assert both.code == 3 and both.json["paid_out"] == {"count": 1, "yen": 10_000}
    assert _refused(both) == [
        (
            Code.PAYOUT_UNFIT,
            "2件目 「区分」",
            "受付2の今の決裁は「還付決定」です。還付返戻は「還付支払済」の後です",
            "",
        ),
    ]
    assert desk.run("review", "approve", both.json["review"], "--by", "佐藤").code == 0
    returned = _import(desk, PAID_2, back, charset="cp932")
    assert (returned.code, returned.json["bounced"], returned.json["unchanged"]) == (0, {"count": 1, "yen": 10_000}, 1)
    assert _approve(desk, returned).json["moved_yen"] == -10_000 and _places(desk) == {"suspense": 14_000}
    again = _import(desk, PAID_2, back, anew)
    assert (again.code, again.json["unchanged"], again.json["paid_out"]) == (0, 2, {"count": 1, "yen": 10_000})
    _approve(desk, again)
    assert _places(desk) == {"refunded": 10_000, "suspense": 4_000} and desk.run("verify").code == 0


BAD = [
    (",,2026/11/19,伝票1,1000,支払済", Code.PAYOUT_UNKNOWN, "受付番号", "空欄", "受付番号か決定番号"),
    (",還付第99号,2026/11/19,伝票1,1000,支払済", Code.PAYOUT_UNKNOWN, "決定番号", "還付第99号（当たる収納 0件）", "一件の収納の還付決定の番号（何件もあるなら受付番号）"),
    (",還付第7号,2026/11/19,伝票1,5000,支払済", Code.PAYOUT_UNKNOWN, "決定番号", "還付第7号（当たる収納 2件）", "一件の収納の還付決定の番号（何件もあるなら受付番号）"),
    ("99,,2026/11/19,伝票1,1000,支払済", Code.PAYOUT_UNKNOWN, "受付番号", "99", "台帳にある受付番号"),
    ("4,還付第5号,2026/11/19,伝票1,4000,支払済", Code.PAYOUT_DIFFERS, "決定番号", "還付第5号", "還付第6号（受付4の還付決定）"),
    ("4,,2026/11/19,,4000,支払済", Code.RULING_INCOMPLETE, "支払番号", "空欄", "支払番号"),
    ("4,,2026/11/21,伝票1,4000,支払済", Code.FUTURE_DATE, "支払日", "2026-11-21", "2026-11-20 までの日付"),
    ("7,,2026/11/19,伝票1,1000,支払済", Code.PAYOUT_UNFIT, "区分", "受付7の今の決裁は「還付候補」です。還付支払済は「還付決定・還付返戻」の後です", ""),
    ("4,,2026/11/17,伝票1,4000,支払済", Code.PAYOUT_UNFIT, "区分", "受付4の還付決定は 2026-11-18 です。それより前の日付は書けません", ""),
    ("4,,2026/11/19,伝票1,3999,支払済", Code.PAYOUT_DIFFERS, "金額", "3,999円", "4,000円（仮受の額）"),
    ("2,還付第5号,2026/11/19,伝票77,9999,支払済", Code.PAYOUT_DIFFERS, "金額", "9,999円", "10,000円（同じ日・同じ番号で記録済）"),
    ("2,,2026/11/19,伝票79,10000,支払済", Code.PAYOUT_UNFIT, "区分", "受付2の今の決裁は「還付支払済」です。還付支払済は「還付決定・還付返戻」の後です", ""),
    ("2,,2026/11/20,伝票78,10000,返戻", Code.PAYOUT_DIFFERS, "支払番号", "伝票78", "伝票77（戻った支払の番号）"),
    ("2,,2026/11/18,伝票77,10000,返戻", Code.PAYOUT_UNFIT, "区分", "受付2の還付支払済は 2026-11-19 です。それより前の日付は書けません", ""),
    ("2,,2026/11/20,伝票77,4000,返戻", Code.PAYOUT_DIFFERS, "金額", "4,000円", "10,000円（還付済の額）"),
    ("2,,2026/13/01,伝票1,1000,支払済", Code.NOT_A_DATE, "支払日", "2026/13/01", "YYYY/MM/DD"),
    ("2,,2026/11/19,伝票1,1000,払い", Code.NOT_IN_LIST, "区分", "＊", "支払済・返戻"),
]  # fmt: skip


def test_each_row_that_cannot_be_is_named_and_the_others_are_requested(desk: Desk) -> None:
    """Number 2 is paid. Then a file comes in which nearly everything is wrong; two of its rows are of one payment."""
    _approve(desk, _import(desk, PAID_2))
    twice = ("6,,2026/11/19,伝票5,2000,支払済", "6,,2026/11/20,伝票6,2000,支払済")
    rows = [*(row[0] for row in BAD), *twice, "5,還付第7号,2026/11/19,伝票4,3000,支払済"]
    ran = _import(desk, *rows)
    assert ran.code == 3 and ran.json["paid_out"] == {"count": 1, "yen": 3_000}
    first, second = len(BAD) + 1, len(BAD) + 2
    named = [(code, f"{no}件目 「{column}」", *said) for no, (_, code, column, *said) in enumerate(BAD, start=1)]
    named += [(Code.PAYOUT_TWICE, f"{no}件目 「受付番号」", "6", "一行") for no in (first, second)]
    assert _refused(ran) == named
    assert "受信箱" not in ran.err and "送付元" not in ran.err
    shown = _import(desk, *rows, json=False)
    assert (
        "申請済み・承認済みと同じ行 1件　取り込まなかった行 19件" in shown.out and "→ 二度支払っていないか" in shown.err
    )
    assert desk.city.sql("SELECT count(*) FROM ruling WHERE ruling = 'paid_out'") == [(2,)]


FILES = [
    ("空", b"", Code.EMPTY),
    ("よその見出し", "整理番号,入金日,金額\r\n1,2026/11/19,5\r\n".encode(), Code.FORMAT_UNKNOWN),
    ("足りない見出し", f"{HEAD[:-3]}\r\n2,還付第5号,2026/11/19,伝票77,10000\r\n".encode(), Code.HEADER_ROW),
    ("切れた行", f"{HEAD}\r\n{PAID_2}\r\n4,還付第6号,2026".encode(), Code.COLUMN_COUNT),
    ("Excelのブック", b"PK\x03\x04", Code.FORMAT_UNKNOWN),
]


@pytest.mark.parametrize(("data", "code"), [row[1:] for row in FILES], ids=[row[0] for row in FILES])
def test_a_file_that_is_none_asks_nothing(desk: Desk, data: bytes, code: Code) -> None:
    path = desk.city.folder / "shiharai.csv"
    path.write_bytes(data)
    ran = desk.run("refund", "import", path, "--reason", "11月分", *_BY)
    assert (ran.code, [row[0] for row in _refused(ran)], ran.json["review"]) == (3, [code], None)


def test_rows_of_an_undone_payment_are_requested_anew(desk: Desk) -> None:
    _approve(desk, _import(desk, PAID_2))
    (last,) = desk.city.sql("SELECT max(ruling_no) FROM ruling")
    desk.undo(int(str(last[0])))
    again = _import(desk, PAID_2)
    assert (again.code, again.json["paid_out"], again.json["unchanged"]) == (0, {"count": 1, "yen": 10_000}, 0)


def test_a_city_s_own_form_with_totals_needs_no_python_and_is_trusted_whole_or_not(desk: Desk) -> None:
    """Its accounting knows only 決定番号, writes other words, and ends with the count and the sum of yen."""
    spec = (ROOT / "specs" / "refund_paid_csv.toml").read_text(encoding="utf-8")
    head = spec[: spec.index("header_row")].replace("refund_paid_csv", "own_refunds")
    own = (
        head
        + """made_by = "accounting"

[[record]]
name = "row"
title = "支払"
tag = "D"
follows = ["start", "row"]
fields = [
  { name = "tag", title = "種別", kind = "const", value = "D" },
  { name = "decision", title = "起案番号", kind = "text" },
  { name = "day", title = "支払日", kind = "date" },
  { name = "voucher", title = "伝票", kind = "digits", max_width = 10 },
  { name = "yen", title = "額", kind = "yen", max_width = 9 },
]

[[record]]
name = "total"
title = "合計"
tag = "T"
follows = ["row"]
closes = true
fields = [
  { name = "tag", title = "種別", kind = "const", value = "T" },
  { name = "count", title = "件数", kind = "count", max_width = 6 },
  { name = "yen", title = "合計額", kind = "yen", max_width = 11 },
  { name = "none_1", title = "空", kind = "text" },
  { name = "none_2", title = "空", kind = "text" },
]

[[control]]
title = "合計額"
at = "total.yen"
sum = "row.yen"

[refund]
record = "row"
decision_no = "decision"
step = "paid_out"
done_on = "day"
number = "voucher"
yen = "yen"
"""
    )
    (desk.city.folder / "specs").mkdir()
    (desk.city.folder / "specs" / "own_refunds.toml").write_text(own, encoding="utf-8")
    job = desk.city.job.read_text(encoding="utf-8")
    desk.city.job.write_text(f'specs = ["specs"]\n{job}', encoding="utf-8")
    path = desk.city.folder / "kaikei.csv"
    for total, wanted in ((14_001, None), (14_000, {"count": 2, "yen": 14_000})):
        rows = ["D,還付第5号,20261119,77,10000", "D,還付第6号,20261119,78,4000", f"T,2,{total},,", ""]
        path.write_bytes("\r\n".join(rows).encode())
        ran = desk.run("refund", "import", path, "--reason", "11月分", *_BY)
        found = [row["code"] for row in ran.json["refused"]]  # type: ignore[union-attr,index,attr-defined]
        assert found == ([] if wanted else [Code.CONTROL_YEN]), ran.err
        assert ran.json["paid_out"] == (wanted or {"count": 0, "yen": 0})
