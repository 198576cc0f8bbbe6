"""督促の状況: what holds on a day, by what files stated of it, in whatever order they came; and rows that cannot be right."""

from datetime import date
from itertools import permutations
from pathlib import Path

import polars as pl
import pytest

from elqr.formats.decode import decode
from elqr.formats.spec import Spec
from elqr.formats.spec_files import read_spec
from elqr.formats.statuses import statuses_of
from elqr.rules.reminder_statuses import new_statuses, refuse_statuses, statuses_in_force, statuses_of_claims
from elqr.vocabulary.claim_frames import NamedStatus, StatusContent
from elqr.vocabulary.errors import BadFile
from tests.builders import NIGHT, SPECS, elqr, status_file, status_row


def _rows(*rows: dict[str, object]) -> pl.DataFrame:
    return statuses_of(decode(status_file(*rows), SPECS["reminder_status_csv"], "f.csv", NIGHT))


def _taken_in(files: list[pl.DataFrame]) -> pl.DataFrame:
    """What the ledger has after files, each with what it did not know before."""
    known = StatusContent.empty()
    for rows in files:
        known = pl.concat([known, new_statuses(rows, known)])
    numbered = known.with_row_index("status_no", 1)
    return NamedStatus.of(numbered.with_columns(pl.lit(1).alias("file_no"), pl.lit("f.csv").alias("file_name")))


def _day(number: int) -> date:
    return date(2026, 11, number)


def _row(at: int, **given: object) -> dict[str, object]:
    """Stated on the day `at` of November."""
    return status_row(sosa_ymd=_day(at), **{"kaishi_ymd": _day(1), **given})


DAYS: dict[str, tuple[list[dict[str, object]], list[int]]] = {
    "止めたまま": ([_row(1)], [1, 2, 10, 20, 30]),
    "始まる前に届いた": ([_row(1, kaishi_ymd=_day(10))], [10, 20, 30]),
    "終了日まで": ([_row(1, shuryo_ymd=_day(10))], [1, 2, 10]),
    "解除日から督促してよい": ([_row(1), _row(10, kaijo_ymd=_day(10))], [1, 2]),
    "終了日より早い解除": ([_row(1, shuryo_ymd=_day(20), kaijo_ymd=_day(10))], [1, 2]),
    "終了日より遅い解除": ([_row(1, shuryo_ymd=_day(2), kaijo_ymd=_day(20))], [1, 2]),
    "延びた猶予": ([_row(1, shuryo_ymd=_day(2)), _row(2, shuryo_ymd=_day(10))], [1, 2, 10]),
    "解除のまちがい": ([_row(1), _row(2, kaijo_ymd=_day(2)), _row(3)], [1, 2, 10, 20, 30]),
    "始まった日に解除": ([_row(1, kaijo_ymd=_day(1))], []),
    "削除された": ([_row(1), _row(2, del_flg="1")], []),
    "別の番号の停止が残る": ([_row(1, kaijo_ymd=_day(2)), _row(1, kanri_no="2", shuryo_ymd=_day(10))], [1, 2, 10]),
    "別の区分が残る": ([_row(1, kaijo_ymd=_day(2)), _row(1, jokyo_kbn="返戻", shuryo_ymd=_day(10))], [1, 2, 10]),
    "同じ日の、後の時刻": ([_row(1, sosa_time="090001"), _row(1, kaijo_ymd=_day(2))], [1, 2, 10, 20, 30]),
}  # fmt: skip
"""Rows as the core system stated them, and on which of the days below they hold."""


@pytest.mark.parametrize("name", DAYS)
def test_what_holds_follows_the_days_that_are_stated_not_the_order_of_files(name: str) -> None:
    rows, expected = DAYS[name]
    for files in permutations(_rows(row) for row in rows):
        ledger = _taken_in([*files, files[0]])
        assert ledger.height == len(rows), "delivered again, a row is not taken in again"
        held = [number for number in (1, 2, 10, 20, 30) if statuses_in_force(ledger, _day(number)).height]
        assert held == expected, [file["stated_at"].to_list() for file in files]
    assert _taken_in([_rows(*rows, rows[0])]).height == len(rows), "nor in the same file"


def test_the_last_day_of_what_holds_is_known_as_far_as_it_is_stated() -> None:
    ledger = _taken_in([_rows(_row(1, shuryo_ymd=_day(20), kaijo_ymd=_day(10)), _row(1, kanri_no="2"))])
    assert statuses_in_force(ledger, _day(1))["until_on"].to_list() == [_day(9), None]


CLAIMS = pl.DataFrame(
    {
        "claim_no": [1, 2, 3],
        "payer_ref": ["77", "77", "88"],
        "procedure_code": ["kokuho"] * 3,
        "levy_year": [2026] * 3,
        "tax_year": [2026, 2026, 2025],
        "bill_no": ["100001"] * 3,
        "installment_no": [1, 2, 1],
    }
)


def test_of_several_that_hold_a_claim_the_longest_is_named_in_whatever_order_they_came() -> None:
    short, long = _rows(_row(1, shuryo_ymd=_day(20))), _rows(_row(1, kanri_no="2", jokyo_kbn="返戻"))
    for files in ([short, long], [long, short]):
        rows = statuses_in_force(_taken_in(files), _day(1))
        assert statuses_of_claims(rows, CLAIMS.head(1))["kind"].to_list() == ["stopped", "returned"]


@pytest.mark.parametrize(
    ("row", "held"),
    [
        (_row(1), [1]),
        (_row(1, kibetsu_cd=2), [2]),
        (_row(1, soto_nendo=2025), [3]),
        (_row(1, kibetsu_cd=0), []),
        (_row(1, atena_no="88"), [1]),
        (_row(1, tsuchisho_no=None, atena_no="77"), [1, 2]),
        (_row(1, tsuchisho_no=None, atena_no="99"), []),
    ],
    ids=[
        "期別",
        "別の期",
        "別の年度",
        "一括の期はない",
        "調定があれば宛名は見ない",
        "納付者のすべて",
        "知らない納付者",
    ],
)
def test_a_row_is_about_its_claim_or_about_all_claims_of_its_payer(row: dict[str, object], held: list[int]) -> None:
    rows = statuses_in_force(_taken_in([_rows(row)]), _day(1))
    assert statuses_of_claims(rows, CLAIMS)["claim_no"].to_list() == held


REFUSED: dict[str, tuple[list[dict[str, object]], list[tuple[str, int]]]] = {
    "手続台帳にない税目": ([_row(1), _row(1, zeimoku_cd="jidosha")], [("N601", 2)]),
    "通知書番号だけ": ([_row(1, zeimoku_cd=None)], [("F207", 1)]),
    "期別のない調定": ([_row(1, kibetsu_cd=None)], [("F207", 1)]),
    "宛名番号と期別だけ": ([_row(1, tsuchisho_no=None, atena_no="77", kibetsu_cd=1)], [("F207", 1)]),
    "税目だけ": ([_row(1, tsuchisho_no=None, atena_no="77", zeimoku_cd="kokuho")], [("F207", 1)]),
    "だれのものでもない": ([_row(1, tsuchisho_no=None)], [("F207", 1)]),
    "始まる前の終了日": ([_row(1, kaishi_ymd=_day(5), shuryo_ymd=_day(4))], [("N603", 1)]),
    "始まる前の解除日": ([_row(1, kaishi_ymd=_day(5), kaijo_ymd=_day(4))], [("N603", 1)]),
    "同じ時刻の違う二行": ([_row(1), _row(1, kaijo_ymd=_day(9))], [("N621", 1), ("N621", 2)]),
    "正しい行": ([_row(1), _row(1), _row(2), _row(1, tsuchisho_no=None, atena_no="77")], []),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_row_that_cannot_be_right_is_told(name: str) -> None:
    rows, expected = REFUSED[name]
    findings = refuse_statuses("f.csv", _rows(*rows), ["kokuho"], StatusContent.empty())
    assert [(finding.code.value, finding.at.record_no) for finding in findings] == expected


def test_a_row_that_says_otherwise_than_one_of_the_same_time_before_is_told() -> None:
    known = _rows(_row(1))
    assert not refuse_statuses("f.csv", known, ["kokuho"], known)
    (finding,) = refuse_statuses("f.csv", _rows(_row(1, jiyu="別の事由")), ["kokuho"], known)
    assert finding.code.value == "N621" and "別の事由" not in str(finding)


RETURNED = """
name = "henrei"
title = "返戻（036o012）"
purpose = "claim"
layout = "csv"
verified = false
grade = "PROVISIONAL"
sources = ["x"]
open_questions = ["x"]
charsets = ["utf-8"]
header_row = true
[[record]]
name = "data"
title = "返戻"
fields = [
  { name = "atena_no", title = "宛名番号", kind = "digits", max_width = 20 },
  { name = "henrei_ymd", title = "返戻日", kind = "date", form = "yyyymmdd", blank = true },
  { name = "re_hasso", title = "再発送日", kind = "date", form = "yyyymmdd", blank = true },
  { name = "koji_sotatsu_ymd", title = "公示送達日", kind = "date", form = "yyyymmdd", blank = true },
  { name = "sosa_ymd", title = "操作年月日", kind = "date", form = "yyyymmdd" },
]
[status]
record = "data"
where = { henrei_ymd = "!" }
payer_ref = "atena_no"
kind = "returned"
number = "henrei_ymd"
from_on = "henrei_ymd"
released_on = ["re_hasso", "koji_sotatsu_ymd"]
stated_at = ["sosa_ymd"]
"""
"""A file for one kind, of payers only, that ends by whichever day comes first."""


def _spec(folder: Path, text: str) -> Spec:
    path = folder / "henrei.toml"
    path.write_text(text, encoding="utf-8")
    return read_spec(path)


def test_a_city_writes_the_spec_of_its_own_file_without_python(tmp_path: Path) -> None:
    lines = (
        "宛名番号,返戻日,再発送日,公示送達日,操作年月日",
        "77,20261101,,,20261101",
        "88,20261101,20261120,20261110,20261110",
        "99,,,,20261110",
    )
    data = "".join(f"{line}\r\n" for line in lines).encode()
    rows = statuses_of(decode(data, _spec(tmp_path, RETURNED), "f.csv", NIGHT))
    assert rows.select("payer_ref", "kind", "number", "from_on", "released_on", "stated_at").rows() == [
        ("77", "returned", "2026-11-01", _day(1), None, "2026-11-01"),
        ("88", "returned", "2026-11-01", _day(1), _day(10), "2026-11-10"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('kind = "returned"', 'kind = "pulled"', "pulled"),
        ('payer_ref = "atena_no"', "", "payer_ref"),
        ('payer_ref = "atena_no"', 'bill_no = "atena_no"', "すべて書くか"),
        ('from_on = "henrei_ymd"', 'from_on = "henrei"', "ない項目"),
        ("[status]", "[claim]", "誤り"),
    ],
    ids=["人だけが記すわけ", "だれのものでもない", "調定の一部", "ない項目", "別の対応"],
)
def test_a_wrong_spec_is_told(tmp_path: Path, old: str, new: str, told: str) -> None:
    with pytest.raises(BadFile, match=told):
        _spec(tmp_path, RETURNED.replace(old, new))


def test_a_spec_that_is_checked_tells_the_line_of_what_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "henrei.toml"
    path.write_text(RETURNED, encoding="utf-8")
    ran = elqr("spec", "check", path)
    assert ran.code == 0, ran.out + ran.err
    wrong = RETURNED.replace('kind = "returned"', 'kind = "pulled"').replace('["re_hasso",', '["atena_no",')
    path.write_text(wrong, encoding="utf-8")
    ran = elqr("spec", "check", path)
    lines = [number for number, line in enumerate(wrong.splitlines(), start=1) if "pulled" in line or '["atena' in line]
    assert ran.code == 1 and all(f"{number}行目" in ran.out for number in lines), ran.out + ran.err
    assert "pulled という値はありません" in ran.out and "atena_no は kind = digits なので使えません" in ran.out
