"""elqr file check: what is told of a delivered file, and that it agrees with what the night does."""

from datetime import date
from pathlib import Path

import pytest

from elqr.formats.intake.delivered_file import judge_file
from elqr.formats.intake.inspection import inspect
from elqr.vocabulary.codes import Code
from tests.builders import (
    NIGHT,
    PAYMENT_SPECS,
    REAL_BARCODE,
    ROOT,
    SPECS,
    cvs_file,
    cvs_row,
    dsk_file,
    dsk_row,
    elqr,
    transfer_file,
    transfer_row,
)

_SPECS = [SPECS[name] for name in PAYMENT_SPECS]
_TRANSFER = [transfer_row("A1", 10_000), transfer_row("B2", 500, "1"), transfer_row("C3", 20_000)]


def test_counts_yen_totals_and_days_are_those_that_were_written() -> None:
    found = inspect(transfer_file(*_TRANSFER), "f.dat", _SPECS, NIGHT)
    assert found.accepted and found.spec is SPECS["account_transfer_91_result"]
    assert found.kinds == (("ヘッダ", 1), ("データ", 3), ("トレーラ", 1), ("エンド", 1))
    assert found.money is not None
    assert [(own.stage, own.channel, own.count, own.yen) for own in found.money] == [
        ("確報", "口座振替", 2, 30_000),
        ("振替不能", "口座振替", 1, 500),
    ]
    assert (found.paid_from, found.paid_to) == (date(2026, 11, 2), date(2026, 11, 2))
    totals = {total.title: (total.stated, total.calculated) for total in found.totals}
    assert totals["合計件数"] == (3, 3) and totals["合計金額"] == (30_500, 30_500)
    assert totals["振替不能金額"] == (500, 500) and all(total.agrees for total in found.totals)


def test_a_total_that_is_wrong_is_shown_beside_what_it_should_be() -> None:
    found = inspect(transfer_file(*_TRANSFER, total_yen=30_501), "f.dat", _SPECS, NIGHT)
    assert not found.accepted
    assert [(t.title, t.stated, t.calculated) for t in found.totals if not t.agrees] == [
        ("合計金額", 30_501, 30_500),
        ("合計金額の内訳", 30_501, 30_500),
    ]
    assert [finding.code for finding in found.findings] == [Code.CONTROL_YEN, Code.CONTROL_ADDS_UP]


def test_a_misread_field_leaves_no_sum() -> None:
    data = transfer_file(*_TRANSFER).replace(b"0000020000", b"00000X0000", 1)
    found = inspect(data, "f.dat", _SPECS, NIGHT)
    assert found.money is None and [finding.code for finding in found.findings] == [Code.NOT_DIGITS]


def test_a_value_without_a_meaning_stays_visible() -> None:
    spec = SPECS["dsk_csv"]
    assert spec.payment is not None
    stages = {value: stage for value, stage in spec.payment.stage.map.items() if value != "22"}
    payment = spec.payment.model_copy(update={"stage": spec.payment.stage.model_copy(update={"map": stages})})
    ours = [spec.model_copy(update={"payment": payment})]
    found = inspect(dsk_file(dsk_row(REAL_BARCODE, data_kind="22")), "f.csv", ours, NIGHT)
    assert found.money is not None and found.money[0].stage == "不明（対応なし）"
    assert found.money[0].yen == 39_500 and not found.accepted


def test_it_says_of_every_sample_what_the_night_does() -> None:
    paths = sorted((ROOT / "samples" / "inbox").iterdir())
    assert len(paths) > 20
    for path in paths:
        data = path.read_bytes()
        for given in (data, data[:-7], data + b"x", b"", data.replace(b"0", b"O", 3)):
            found, taken = (tell(given, path.name, _SPECS, NIGHT) for tell in (inspect, judge_file))
            assert found.findings == taken.findings, path.name  # type: ignore[attr-defined]


def test_a_named_spec_does_not_hide_that_the_night_would_not_recognise_the_file() -> None:
    data = transfer_file(*_TRANSFER).replace(b"191", b"192", 1)
    found = inspect(data, "f.dat", _SPECS, NIGHT, SPECS["account_transfer_91_result"])
    assert [finding.code for finding in found.findings] == [Code.NOT_THE_CONSTANT]
    assert found.record_count == 6 and not found.is_recognised


def test_a_file_that_only_a_person_recognises_is_not_taken_in(tmp_path: Path) -> None:
    """Readable in the named format, but its header row is half of another: said once, without a second finding."""
    path = tmp_path / "f.dat"
    path.write_bytes(cvs_file(family="b"))
    ran = elqr("file", "check", path, "--spec", "cvs_family_b", "--date", NIGHT)
    assert ran.code == 4 and "指摘　0件" in ran.out and "この様式だとわかりません" in ran.out


def test_the_screen(tmp_path: Path) -> None:
    path = tmp_path / "kouza.dat"
    path.write_bytes(transfer_file(*_TRANSFER, total_yen=30_501))
    ran = elqr("file", "check", path, "--date", NIGHT)
    assert ran.code == 4
    assert "収納　計　3件　30,500円" in ran.out
    assert "★不一致　合計金額（5件目）　ファイル 30,501　計算値 30,500" in ran.out
    assert "[F302] kouza.dat 5件目" in ran.out and "取込保留になります" in ran.out
    assert "ｶｸｳ" not in ran.out and "1234567" not in ran.out
    path.write_bytes(transfer_file(*_TRANSFER))
    assert elqr("file", "check", path, "--date", NIGHT).code == 0
    shown = elqr("file", "check", path, "--date", NIGHT, "--json").json
    assert shown["accepted"] is True and shown["spec"] == "account_transfer_91_result" and shown["records"] == 6


def test_a_notice_file_can_be_looked_at_by_name() -> None:
    path = ROOT / "samples" / "notices" / "kenzei.csv"
    ran = elqr("file", "check", path, "--spec", "notice_csv")
    assert ran.code == 0 and "収納データの様式ではない" in ran.out
    assert elqr("file", "check", path).code == 4, "the night's inboxes hold payment files"


WRONG = [
    ("空", b"", 4, "F101"),
    ("改行だけ", b"\r\n\r\n", 4, "F101"),
    ("PDF", b"%PDF-1.7\n...", 4, "PDF文書"),
    ("でたらめなバイト", bytes(range(256)) * 20, 4, "文字でないデータ"),
    ("一億桁ない一行", b"1" * 2_000_000, 4, "F102"),
    ("NULだけ", b"\x00" * 240, 4, "文字でないデータ"),
    ("エラー応答", b"error: 1\r\nerror: 2\r\n", 4, "F110"),
    ("BOMつきの別のCSV", b"\xef\xbb\xbf" + "氏名,住所\r\n".encode(), 4, "F102"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "data", "code", "said"), WRONG, ids=[row[0] for row in WRONG])
def test_what_is_no_payment_file(tmp_path: Path, name: str, data: bytes, code: int, said: str) -> None:
    path = tmp_path / "x"
    path.write_bytes(data)
    for options in ((), ("--spec", "cvs_family_a"), ("--spec", "dsk_csv")):
        ran = elqr("file", "check", path, *options)
        assert ran.code == code and "Traceback" not in ran.err
        assert said in ran.out or options


def test_wrong_names(tmp_path: Path) -> None:
    for arguments, said in (
        ((tmp_path / "nai",), "がありません"),
        ((tmp_path,), "フォルダです"),
        ((ROOT / "README.md", "--spec", "dsk_cvs"), "様式 dsk_cvs はありません"),
        ((ROOT / "README.md", "--specs", tmp_path / "nai"), "がありません"),
    ):
        ran = elqr("file", "check", *arguments)
        assert ran.code == 1 and said in ran.err and len(ran.err.strip().splitlines()) == 1


def test_several_groups_have_their_own_totals() -> None:
    one, two = transfer_file(_TRANSFER[0]), transfer_file(_TRANSFER[2])
    found = inspect(one[:-120] + two, "f.dat", _SPECS, NIGHT)
    assert [(t.record_no, t.stated) for t in found.totals if t.title == "合計金額"] == [(3, 10_000), (6, 20_000)]
    assert found.accepted


def test_the_stages_of_a_convenience_store_file() -> None:
    rows = [cvs_row(REAL_BARCODE, data_kind=kind) for kind in ("01", "03", "01", "02")]
    found = inspect(cvs_file(*rows), "f.dat", _SPECS, NIGHT)
    assert found.money is not None
    assert {own.stage: (own.count, own.yen) for own in found.money} == {
        "速報": (2, 79_000),
        "速報取消": (1, 39_500),
        "確報": (1, 39_500),
    }
