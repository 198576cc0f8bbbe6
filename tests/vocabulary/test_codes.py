"""Bad samples of files, notice rows and payloads: what is fed in, and the code and place that come out."""

import os
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from elqr.formats.decode import decode
from elqr.formats.intake.delivered_file import judge_file
from elqr.issue.reading import read_payload
from elqr.vocabulary.code_texts import CODES
from elqr.vocabulary.codes import Code
from elqr.vocabulary.findings import Finding
from tests.builders import (
    NIGHT,
    PAYMENT_SPECS,
    REAL_BARCODE,
    REAL_CODE,
    SPECS,
    City,
    barcode,
    codes,
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

GOOD_TRANSFER = transfer_file(transfer_row("A1", 10_000), line_end="crlf")
GOOD_CVS = cvs_file(cvs_row(REAL_BARCODE))
GOOD_DSK = dsk_file(dsk_row(REAL_BARCODE))
GOOD_ELTAX = eltax_file(eltax_row("0" * 20, "123456", 10_000))


def _in_record(data: bytes, record_no: int, at: int, new: bytes) -> bytes:
    """A CRLF file of 120-byte records with some bytes of one record replaced."""
    start = (record_no - 1) * 122 + at
    return data[:start] + new + data[start + len(new) :]


FILES: list[tuple[str, Code, bytes, int, int]] = [
    ("空のファイル", Code.EMPTY, b"", 0, -1),
    ("空白だけのファイル", Code.EMPTY, b"\r\n\r\n", 0, -1),
    ("PDF", Code.FOREIGN, b"%PDF-1.7\n1 0 obj\n", 0, -1),
    ("EBCDIC", Code.FORMAT_UNKNOWN, b"\xf1\xf5\xf5" + b"\x40" * 117, 0, -1),
    ("途中で切れたレコード", Code.RECORD_LENGTH, GOOD_TRANSFER[:200], 2, -1),
    ("長すぎるレコード", Code.RECORD_LENGTH, GOOD_TRANSFER[:240] + b" " + GOOD_TRANSFER[240:], 2, -1),
    ("改行がLFだけ", Code.LINE_END, GOOD_TRANSFER.replace(b"\r\n", b"\n"), 1, -1),
    ("改行の混在", Code.LINE_END, GOOD_TRANSFER.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n", 2), 3, 120),
    ("認めていない行末の空白の削除", Code.VARIATION, GOOD_CVS[:122] + GOOD_CVS[122:].replace(b"0010" + b" " * 15 + b"\r\n", b"0010\r\n"), 2, -1),
    ("同じ組が二度", Code.GROUP_TWICE, GOOD_TRANSFER + GOOD_TRANSFER, 5, -1),
    ("コード区分がEBCDIC", Code.CHARSET_KIND, _in_record(GOOD_TRANSFER, 1, 3, b"1"), 1, 3),
    ("年の決まらない引落日", Code.DATE_IN_DOUBT, _in_record(GOOD_TRANSFER, 1, 54, b"1121"), 1, 54),
    ("改行がCRだけ", Code.LINE_END, GOOD_TRANSFER.replace(b"\r\n", b"\r"), 1, -1),
    ("NULバイト", Code.CHARSET, _in_record(GOOD_TRANSFER, 2, 50, b"\x00"), 2, 50),
    ("知らないレコード区分", Code.RECORD_KIND, _in_record(GOOD_TRANSFER, 2, 0, b"7"), 2, 0),
    ("トレーラがない", Code.RECORD_ORDER, GOOD_TRANSFER[:244] + GOOD_TRANSFER[366:], 3, -1),
    ("エンドがない", Code.RECORD_ORDER, GOOD_TRANSFER[:366], 3, -1),
    ("eLTAXがcp932", Code.CHARSET, GOOD_ELTAX.decode().replace("\r\n2,", "\r\n髙,").encode("cp932"), 0, 0),
    ("項目が足りない行", Code.COLUMN_COUNT, GOOD_DSK.replace(b",000001,", b","), 1, -1),
    ("閉じない引用符", Code.COLUMN_COUNT, GOOD_DSK + b'\r\n"', 0, -1),
    ("見出しの名前が違う", Code.HEADER_ROW, GOOD_DSK.replace("収納日".encode("cp932"), "支払日".encode("cp932")), 0, -1),
    ("DSKのエラー応答", Code.SENDER_ERROR, b"error:1\r\nerror:2\r\nerror:3\r\nerror:4\r\n", 1, -1),
    ("金額が数字でない", Code.NOT_DIGITS, _in_record(GOOD_TRANSFER, 2, 80, b"      +123"), 2, 80),
    ("存在しない日", Code.NOT_A_DATE, _in_record(GOOD_CVS, 2, 69, b"20261131"), 2, 69),
    ("一覧にない結果コード", Code.NOT_IN_LIST, _in_record(GOOD_TRANSFER, 2, 111, b"7"), 2, 111),
    ("一覧にない種別", Code.NOT_IN_LIST, dsk_file(dsk_row(REAL_BARCODE, data_kind="23")), 1, -1),
    ("二件目のヘッダの種別", Code.NOT_THE_CONSTANT, _in_record(GOOD_TRANSFER[:366] + GOOD_TRANSFER, 4, 1, b"21"), 4, 1),
    ("JIS X0201にない文字", Code.NOT_TEXT, _in_record(GOOD_TRANSFER, 2, 50, b"\x81\x40"), 2, 50),
    ("チェックデジット", Code.CHECK_DIGIT, cvs_file(cvs_row(REAL_BARCODE), cvs_row(REAL_BARCODE[:-1] + "4")), 3, 15),
    ("必須の支店が空白", Code.BLANK, _in_record(GOOD_TRANSFER, 2, 20, b"   "), 2, 20),
    ("処理日より後の領収日", Code.FUTURE_DATE, dsk_file(dsk_row(REAL_BARCODE, paid_on=date(2026, 11, 21))), 1, -1),
    ("存在しない時刻", Code.NOT_A_TIME, dsk_file(dsk_row(REAL_BARCODE, paid_at="2460")), 1, -1),
    ("合計件数", Code.CONTROL_COUNT, transfer_file(transfer_row("A1", 1), total_count=2, failed_count=1), 3, -1),
    ("合計金額", Code.CONTROL_YEN, transfer_file(transfer_row("A1", 1), total_yen=2, done_yen=2), 3, -1),
    ("内訳", Code.CONTROL_ADDS_UP, transfer_file(transfer_row("A1", 1), total_yen=2), 3, -1),
]  # fmt: skip


@pytest.mark.parametrize(("name", "code", "data", "record_no", "offset"), FILES, ids=[row[0] for row in FILES])
def test_a_bad_file_is_held_back_with_its_place(
    name: str, code: Code, data: bytes, record_no: int, offset: int
) -> None:
    intake = judge_file(data, "f.dat", [SPECS[spec] for spec in PAYMENT_SPECS], NIGHT)
    assert intake.payments is None
    places = [(finding.code, finding.at.record_no, finding.at.offset_bytes) for finding in intake.findings]
    assert (code, record_no, offset) in places, intake.findings
    assert all(finding.at.file == "f.dat" for finding in intake.findings)


def test_a_file_that_two_formats_fit_names_both(tmp_path: Path) -> None:
    twin = SPECS["dsk_csv"].model_copy(update={"name": "dsk_twin"})
    intake = judge_file(GOOD_DSK, "f.csv", [SPECS["dsk_csv"], twin], NIGHT)
    (finding,) = intake.findings
    assert (finding.code, finding.actual) == (Code.FORMAT_AMBIGUOUS, "dsk_csv・dsk_twin")


def _inbox_findings(tmp_path: Path, prepare: Callable[[City], None], job: str = "") -> list[str]:
    city = City.founded(tmp_path / "city")
    city.job.write_text(city.job.read_text(encoding="utf-8") + job, encoding="utf-8")
    prepare(city)
    return codes(city.night())


def test_what_is_no_file_is_not_read(tmp_path: Path) -> None:
    def prepare(city: City) -> None:
        (city.folder / "inbox" / "folder").mkdir()
        os.symlink("/etc/passwd", city.folder / "inbox" / "link.dat")

    assert _inbox_findings(tmp_path, prepare) == [Code.NOT_A_FILE, Code.NOT_A_FILE]


def test_a_file_over_the_limit_is_not_read(tmp_path: Path) -> None:
    def prepare(city: City) -> None:
        with open(city.folder / "inbox" / "big.dat", "wb") as file:
            file.truncate(1_000_001)

    assert _inbox_findings(tmp_path, prepare, "\n[thresholds]\nfile_megabytes = 1\n") == [Code.TOO_LARGE]


_SLIP = barcode("1", 10_000, date(2026, 11, 30))
_LEVY_BEFORE = notice_row(bill_no="200", installment_no=0)
NOTICES: list[tuple[str, Code, list[dict[str, object]], list[dict[str, object]], int]] = [
    ("長すぎる氏名", Code.TOO_LONG, [], [notice_row(payer_name="長" * 101)], 1),
    ("台帳にない手続", Code.PROCEDURE_UNKNOWN, [], [notice_row(), notice_row(procedure_code="nashi")], 2),
    ("0円", Code.AMOUNT_NOT_POSITIVE, [], [notice_row(principal_yen=0)], 1),
    ("支払期限が納期限より前", Code.DATES_REVERSED, [], [notice_row(payable_until_on=date(2026, 10, 30))], 1),
    ("登録済と違う内容", Code.NOTICE_CHANGED, [notice_row()], [notice_row(principal_yen=9_999)], 1),
    ("別の調定のキー", Code.KEY_TAKEN, [notice_row(customer_no="A1")], [notice_row(bill_no="2", customer_no="A1")], 1),
    ("同じファイルの中でキーが重なる", Code.KEY_TAKEN, [], [notice_row(barcode=_SLIP), notice_row(bill_no="2", barcode=_SLIP)], 2),
    ("再発行に同じ案件特定キー", Code.KEY_TAKEN, [], [notice_row(key_no="1" * 20, check_no="1" * 6), notice_row(issue_no=2, key_no="1" * 20, check_no="1" * 6)], 2),
    ("バーコードの金額", Code.BARCODE_DIFFERS, [], [notice_row(barcode=barcode("1", 9_000, date(2026, 11, 30)))], 1),
    ("バーコードの支払期限", Code.BARCODE_DIFFERS, [], [notice_row(barcode=barcode("1", 10_000, date(2026, 11, 29)))], 1),
    ("同じ行が二度", Code.NOTICE_TWICE, [], [notice_row(), notice_row()], 2),
    ("全期と各期の合計", Code.WHOLE_YEAR_SUM, [], [notice_row(), notice_row(installment_no=0, principal_yen=9_999)], 2),
    ("一括の調定に期別を足す", Code.WHOLE_YEAR_SUM, [_LEVY_BEFORE], [notice_row(bill_no="200", installment_no=1)], 1),
    ("全期より後に発行した期別", Code.WHOLE_YEAR_SUM, [], [notice_row(issued_on=date(2026, 10, 2)), notice_row(installment_no=0)], 2),
    ("取り消した納付書の行", Code.CANCELLED_AGAIN, [notice_row(), notice_row(change_kind="9")], [notice_row()], 1),
    ("ない納付書の取消", Code.CANCEL_TARGET, [], [notice_row(change_kind="9")], 1),
    ("古い発行連番", Code.ISSUE_NO_ORDER, [notice_row(issue_no=3)], [notice_row(issue_no=2)], 1),
    ("0番の発行連番", Code.ISSUE_NO_ORDER, [], [notice_row(issue_no=0)], 1),
    ("西暦でない年度", Code.YEAR_RANGE, [], [notice_row(levy_year=8)], 1),
    ("確認番号のないキー", Code.KEY_INCOMPLETE, [], [notice_row(key_no="1" * 20)], 1),
]  # fmt: skip


@pytest.mark.parametrize(("name", "code", "before", "rows", "record_no"), NOTICES, ids=[row[0] for row in NOTICES])
def test_a_bad_notice_row_is_reported_and_the_good_ones_go_in(
    tmp_path: Path,
    name: str,
    code: Code,
    before: list[dict[str, object]],
    rows: list[dict[str, object]],
    record_no: int,
) -> None:
    city = City.founded(tmp_path / "city")
    path = tmp_path / "rows.csv"
    if before:
        path.write_bytes(notice_file(*before))
        assert elqr("notice", "import", path, "--job", city.job).code == 0
    path.write_bytes(notice_file(*rows, notice_row(bill_no="999999")))
    ran = elqr("notice", "import", path, "--job", city.job, "--json")
    assert ran.code == 3
    (finding,) = ran.json["findings"]  # type: ignore[misc]
    assert finding["code"] == code and f" {record_no}件目" in finding["at"]
    assert ran.json["count"] == len(rows), "all rows but the bad one, and the good one added"
    assert elqr("notice", "import", path, "--job", city.job, "--json").json["count"] == 0


def _replaced(at: int, new: str) -> str:
    return REAL_CODE[:at] + new + REAL_CODE[at + len(new) :]


PAYLOADS: list[tuple[str, Code, str, int]] = [
    ("254桁", Code.PAYLOAD_LENGTH, REAL_CODE[:254], 254),
    ("256桁", Code.PAYLOAD_LENGTH, REAL_CODE + "0", 255),
    ("全角の数字", Code.PAYLOAD_NOT_DIGITS, _replaced(3, "２"), 3),
    ("タグ62が61", Code.PAYLOAD_TAG, _replaced(127, "61"), 127),
    ("タグ54の長さ", Code.PAYLOAD_TAG_LENGTH, _replaced(114, "12"), 114),
    ("静的コード", Code.PAYLOAD_CONSTANT, _replaced(10, "11"), 10),
    ("上段のチェックデジット", Code.PAYLOAD_UPPER_CHECK, _replaced(29, "39"), 29),
    ("下段のチェックデジット", Code.PAYLOAD_LOWER_CHECK, _replaced(68, "81"), 68),
    ("CRC", Code.PAYLOAD_CRC, _replaced(254, "2"), 250),
    ("タグ54だけ違う金額", Code.PAYLOAD_AMOUNT, _replaced(126, "1"), 42),
    ("MPNだけ違う機関ID", Code.PAYLOAD_AGENCY, _replaced(54, "13801"), 54),
    ("13月の納期限", Code.PAYLOAD_DATE, _replaced(141, "20241331"), 141),
    ("納期限より前の支払期限", Code.PAYLOAD_DATE_ORDER, _replaced(149, "20240530"), 149),
    ("付加情報", Code.PAYLOAD_ADDITIONAL, _replaced(161, "1"), 161),
]


@pytest.mark.parametrize(("name", "code", "digits", "at"), PAYLOADS, ids=[row[0] for row in PAYLOADS])
def test_a_broken_payload_is_told_with_its_place(name: str, code: Code, digits: str, at: int) -> None:
    reading = read_payload(digits)
    assert not reading.valid
    assert (code, at) in [(finding.code, finding.at.offset_bytes) for finding in reading.findings]


def test_every_code_has_words() -> None:
    """That every code is told by a run as well: tests/told.py."""
    assert set(CODES) == set(Code)
    for code, text in CODES.items():
        assert text.heading and text.remedy.endswith("。"), code


def test_personal_fields_are_masked_in_findings() -> None:
    bad = _in_record(GOOD_TRANSFER, 2, 43, b"12X4567")
    (finding,) = decode(bad, SPECS["account_transfer_91_result"], "f", NIGHT).findings
    assert (finding.code, finding.actual) == (Code.NOT_DIGITS, "＊＊＊")


def test_after_a_thousand_findings_of_a_code_the_rest_are_counted() -> None:
    rows = [dsk_row(REAL_BARCODE, paid_at="9999")] * 1_500
    findings: tuple[Finding, ...] = decode(dsk_file(*rows), SPECS["dsk_csv"], "f", NIGHT).findings
    assert len(findings) == 1_001 and findings[-1].actual == "ほか500件"
