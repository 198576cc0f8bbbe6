"""elqr file diff: what was added, removed and changed, by the sender's identity, field by field."""

from datetime import date
from pathlib import Path

import pytest

from elqr.formats.intake.comparison import LISTED, Comparison, compare
from elqr.vocabulary.errors import BadFile
from tests.builders import (
    NIGHT,
    PAYMENT_SPECS,
    REAL_BARCODE,
    SPECS,
    barcode,
    cvs_file,
    cvs_row,
    dsk_file,
    dsk_row,
    elqr,
    eltax_file,
    eltax_row,
    notice_file,
    notice_row,
    transfer_file,
    transfer_row,
)

_SPECS = [SPECS[name] for name in PAYMENT_SPECS]
_ROWS = [transfer_row("A1", 10_000), transfer_row("B2", 500), transfer_row("C3", 20_000)]


def _compare(a: bytes, b: bytes, **given: object) -> Comparison:
    return compare(("a", a), ("b", b), _SPECS, NIGHT, **given)  # type: ignore[arg-type]


def _changes(found: Comparison) -> list[tuple[object, ...]]:
    return [(own.record, own.no_a, own.no_b, own.field, own.old, own.new) for own in found.listed]


def test_a_changed_result_an_added_and_a_removed_record() -> None:
    later = [transfer_row("C3", 20_000), transfer_row("D4", 7), transfer_row("A1", 10_000, "1")]
    found = _compare(transfer_file(*_ROWS), transfer_file(*later))
    assert (found.added, found.removed, found.changed) == (1, 1, 2)
    assert _changes(found) == [
        ("データ", None, 3, "", "", "7円"),
        ("データ", 3, None, "", "500円", ""),
        ("データ", 2, 4, "振替結果", "0", "1"),
        ("トレーラ", 5, 5, "合計金額", "000000030500", "000000030007"),
        ("トレーラ", 5, 5, "振替済件数", "000003", "000002"),
        ("トレーラ", 5, 5, "振替済金額", "000000030500", "000000020007"),
        ("トレーラ", 5, 5, "振替不能件数", "000000", "000001"),
        ("トレーラ", 5, 5, "振替不能金額", "000000000000", "000000010000"),
    ]
    assert found.money == [("振替不能・口座振替", 0, 0, 1, 10_000), ("確報・口座振替", 3, 30_500, 2, 20_007)]


def test_order_and_line_ends_alone_are_no_difference() -> None:
    found = _compare(transfer_file(*_ROWS), transfer_file(*reversed(_ROWS), line_end="crlf"))
    assert found.equal and not found.is_same_file and found.listed == ()


def test_two_genuine_twins_are_two() -> None:
    one, two = cvs_file(cvs_row(REAL_BARCODE)), cvs_file(cvs_row(REAL_BARCODE), cvs_row(REAL_BARCODE))
    found = _compare(one, two)
    assert (found.added, found.removed, found.changed) == (1, 0, 0)
    assert _changes(found) == [("データ", None, 3, "", "", "39,500円")]


def test_a_definitive_notice_is_not_mistaken_for_its_preliminary_one() -> None:
    both = [dsk_row(REAL_BARCODE, data_kind=kind) for kind in ("01", "02")]
    found = _compare(dsk_file(*both), dsk_file(both[1]))
    assert _changes(found) == [("収納データ", 1, None, "", "39,500円", "")]
    found = _compare(dsk_file(both[0]), dsk_file(both[1]))
    assert _changes(found) == [("収納データ", 1, 1, "種別", "01", "02")]


def test_personal_values_are_masked_unless_asked_for() -> None:
    renamed = [_ROWS[0] | {"holder": "ﾍﾞﾂ ｼﾞﾝ"}, *_ROWS[1:]]
    found = _compare(transfer_file(*_ROWS), transfer_file(*renamed))
    assert _changes(found) == [("データ", 2, 2, "預金者名", "＊＊＊", "＊＊＊（別の値）")]
    found = _compare(transfer_file(*_ROWS), transfer_file(*renamed), show_personal=True)
    assert _changes(found)[0][4:] == ("ｶｸｳ ﾀﾛｳ", "ﾍﾞﾂ ｼﾞﾝ")


def test_a_byte_in_the_filler_and_a_byte_that_means_nothing_are_seen() -> None:
    data = transfer_file(*_ROWS)
    odd = bytearray(data)
    odd[120 + 119] = ord("X")
    odd[240 + 50] = 0xFF
    found = _compare(data, bytes(odd), show_personal=True)
    assert [change[:4] for change in _changes(found)] == [("データ", 2, 2, "予備"), ("データ", 3, 3, "預金者名")]
    assert _changes(found)[1][5].startswith("ff b8 b3 20")  # type: ignore[attr-defined]


def test_a_notice_file_has_no_identity_and_goes_by_position() -> None:
    rows = [notice_row(bill_no="1"), notice_row(bill_no="2", payer_name="架空,花子")]
    changed = [rows[0], rows[1] | {"principal_yen": 9, "due_on": date(2026, 12, 1)}]
    a, b = ("a", notice_file(*rows)), ("b", notice_file(*changed, charset="cp932"))
    found = compare(a, b, [], NIGHT, SPECS["notice_csv"])
    assert _changes(found) == [
        ("納付書", 2, 2, "本税・本料", "10000", "9"),
        ("納付書", 2, 2, "納期限", "2026-10-31", "2026-12-01"),
    ]


def test_many_differences_are_counted_and_not_all_listed() -> None:
    rows = [eltax_row(f"{number:020d}", "123456", 100, serial_no=f"{number:08d}") for number in range(LISTED + 5)]
    found = _compare(eltax_file(*rows), eltax_file(*(row | {"amount_yen": 101} for row in rows)))
    assert found.changed == LISTED + 5 and len(found.listed) == LISTED and found.unlisted == 5


def test_files_that_cannot_be_compared() -> None:
    good = transfer_file(*_ROWS)
    for bad, said in ((b"", "空です"), (good[:310], "読めないので"), (dsk_file(dsk_row(REAL_BARCODE)), "形式が違う")):
        for pair in ((good, bad), (bad, good)):
            with pytest.raises(BadFile, match=said):
                _compare(*pair)


def test_the_screen(tmp_path: Path) -> None:
    a, b = tmp_path / "a.dat", tmp_path / "b.dat"
    a.write_bytes(cvs_file(cvs_row(REAL_BARCODE)))
    b.write_bytes(cvs_file(cvs_row(REAL_BARCODE), cvs_row(barcode("7", 500, None), data_kind="01")))
    ran = elqr("file", "diff", a, b, "--date", NIGHT)
    assert ran.code == 3
    assert "　収納　速報・コンビニ　A 0件 0円　B 1件 500円　差 +1件 +500円" in ran.out
    assert "　収納　計　A 1件 39,500円　B 2件 40,000円　差 +1件 +500円" in ran.out
    assert "　＋ データ B 3件目 500円" in ran.out
    same = elqr("file", "diff", a, a)
    assert same.code == 0 and "まったく同じファイルです" in same.out
    shown = elqr("file", "diff", a, b, "--date", NIGHT, "--json")
    assert shown.code == 3 and shown.json["added"] == 1 and shown.json["equal"] is False
    for arguments, said in (
        ((a, tmp_path), "フォルダです"),
        ((a, tmp_path / "c"), "がありません"),
        ((a, b, "--spec", "x"), "様式 x"),
    ):
        ran = elqr("file", "diff", *arguments)
        assert ran.code == 1 and said in ran.err
    assert elqr("file", "diff", a).code == 2
