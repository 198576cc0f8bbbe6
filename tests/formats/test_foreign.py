"""Foreign files: a file that is not ours is refused in one sentence that a clerk can forward to its sender."""

import gzip
import io
import json
import zipfile
from datetime import date

import pytest

from elqr.formats.intake.delivered_file import judge_file
from elqr.vocabulary.codes import Code
from tests.builders import REAL_CODE, SPECS, credit_file, credit_row, cvs_file, cvs_row, notice_file, notice_row
from tests.formats.cases import PENSION, RECEIVED_ON, REQUEST_91, RESULT_91, placed

_PAYMENTS = [spec for spec in SPECS.values() if spec.purpose == "payment"]


def _zipped(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for name in names:
            packed.writestr(name, "x")
    return out.getvalue()


def _zengin(kind: str, width: int = 120) -> bytes:
    """A header, a record and an end of another service in the bankers' form."""
    head = placed(width, (1, "1" + kind + "0"), (5, "0000012345"), (15, "ﾐﾎﾝｼ"), (55, "1130"))
    row = placed(
        width, (1, "2"), (2, "0001"), (21, "001"), (43, "1"), (44, "1234567"), (51, "ｶｸｳ ﾀﾛｳ"), (81, "0000010000")
    )
    return b"".join(
        record + b"\r\n" for record in (head, row, placed(width, (1, "8"), (2, "000001")), placed(width, (1, "9")))
    )


def _pension(notice: str) -> bytes:
    return PENSION.data().replace(b"99999999" + b"22", b"99999999" + notice.encode())


def _ebcdic(text: str) -> bytes:
    return "".join(text).encode("cp037")


TABLE: list[tuple[str, bytes, str]] = [
    ("PDF", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "PDF文書"),
    ("XLSX", _zipped("[Content_Types].xml", "xl/workbook.xml"), "Excel のブック"),
    ("DOCX", _zipped("[Content_Types].xml", "word/document.xml"), "Word の文書"),
    ("PPTX", _zipped("[Content_Types].xml", "ppt/presentation.xml"), "PowerPoint の文書"),
    ("ZIP", _zipped("kouza_20261102.dat"), "ZIP"),
    ("XLS", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 500, "古い形式の Excel"),
    ("gzip", gzip.compress(RESULT_91.data(), mtime=0), "gzip"),
    ("7z", b"7z\xbc\xaf\x27\x1c\x00\x04" + b"\x01" * 50, "7z"),
    ("RAR", b"Rar!\x1a\x07\x01\x00" + b"\x01" * 50, "RAR"),
    ("LZH", b"\x24\x0c-lh5-" + b"\x01" * 50, "LZH"),
    ("CAB", b"MSCF\x00\x00\x00\x00" + b"\x01" * 50, "CAB"),
    ("自己解凍", b"MZ\x90\x00\x03" + b"\x00" * 50, "プログラム"),
    ("PNG", b"\x89PNG\r\n\x1a\n" + b"\x00" * 50, "PNG"),
    ("JPEG", b"\xff\xd8\xff\xe0\x00\x10JFIF" + b"\x00" * 50, "JPEG"),
    ("GIF", b"GIF89a" + b"\x01" * 50, "GIF"),
    ("TIFF", b"II*\x00" + b"\x01" * 50, "TIFF"),
    ("RTF", b"{\\rtf1\\ansi hello}", "RTF"),
    ("PGP", b"-----BEGIN PGP MESSAGE-----\r\n\r\nhQEM", "PGP"),
    ("PKCS7", b"-----BEGIN PKCS7-----\nMIAGCS", "PKCS#7"),
    ("SQLite", b"SQLite format 3\x00" + b"\x10" * 80, "SQLite"),
    ("UTF-16の文字", "﻿種別,収納日\r\n".encode("utf-16-le"), "UTF-16"),
    ("エラーの画面", b"<!DOCTYPE html>\n<html><head><title>Service Unavailable</title>", "Webのページ"),
    ("ログインの画面", b'\r\n<html lang="ja"><body>ID', "Webのページ"),
    ("サーバーの応答", b"HTTP/1.1 403 Forbidden\r\nServer: x\r\n\r\n", "Webサーバーの応答"),
    ("camt.054", b'<?xml version="1.0"?>\n<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.02">', "camt"),
    ("XML", b'<?xml version="1.0" encoding="UTF-8"?><a/>', "XML"),
    ("JSON", json.dumps([{"kind": "02"}]).encode(), "JSON"),
    ("メール", b"Received: from a.example\r\nSubject: x\r\n\r\n", "電子メール"),
    ("eL-QRの中身", REAL_CODE.encode(), "QRコードの中身"),
    ("総合振込", _zengin("21"), "総合振込の依頼（種別 21）"),
    ("総合振込 EBCDIC", _ebcdic("1211" + "0000012345" + " " * 106), "総合振込の依頼（種別 21）"),
    ("総合振込 CSV", "1,21,0,0000012345,ﾐﾎﾝｼ,1130\r\n".encode("cp932"), "総合振込の依頼（種別 21）"),
    ("給与振込", _zengin("11"), "給与振込の依頼（種別 11）"),
    ("賞与振込", _zengin("12"), "賞与振込の依頼（種別 12）"),
    ("給与振込 公務員", _zengin("71"), "給与振込（公務員）の依頼（種別 71）"),
    ("賞与振込 公務員", _zengin("72"), "賞与振込（公務員）の依頼（種別 72）"),
    ("残高通知", placed(200, (1, "1040"), (5, "081106" * 3), (23, "0001"), (27, "ﾐﾎﾝ")), "残高通知（種別 04）"),
    ("地方税納付代行", _zengin("99"), "地方税納付代行"),
    ("振込入金通知を収納の受信箱に", credit_file(credit_row(10_000, "ｶｸｳ")), "振込入金通知（種別 01）"),
    ("口座振替の依頼", REQUEST_91.data(), "結果ではなく依頼"),
    ("年金特別徴収の依頼", _pension("01"), "年金特別徴収の依頼（通知内容コード 01）"),
    ("年金特別徴収の対象者", _pension("00"), "年金特別徴収の対象者情報（通知内容コード 00）"),
]


@pytest.mark.parametrize(("data", "words"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_a_file_that_is_not_ours_is_refused_in_one_sentence(data: bytes, words: str) -> None:
    (finding,) = judge_file(data, "f", _PAYMENTS, RECEIVED_ON).findings
    assert finding.code is Code.FOREIGN, finding
    assert words in finding.actual and finding.actual.count("。") == 1
    is_money = finding.actual.endswith("の受信箱に入れてください。")
    assert is_money or finding.actual.endswith("送ってください。")
    assert "cvs_family_a" not in str(finding), "the sentence is not lost among names of formats"
    assert "そのまま送付元に" in finding.remedy


@pytest.mark.parametrize("text", ["1,21,りんご,みかん", "1,91,0,x", "0002010 の件について", "1111111111111111"])
def test_a_few_characters_name_no_service(text: str) -> None:
    (finding,) = judge_file(text.encode("cp932"), "f", _PAYMENTS, RECEIVED_ON).findings
    assert finding.code is Code.FORMAT_UNKNOWN


def test_the_table_is_long_enough() -> None:
    assert len(TABLE) >= 30 and len({words for _, _, words in TABLE}) >= 30


@pytest.mark.parametrize("name", ["cvs_family_a", "account_transfer_91_result"])
def test_a_half_file_is_refused_by_what_is_missing(name: str) -> None:
    whole = cvs_file(cvs_row("9" * 44)) if name == "cvs_family_a" else RESULT_91.data()
    half = whole[: len(whole) // 2]
    codes = {finding.code for finding in judge_file(half, "f", [SPECS[name]], RECEIVED_ON).findings}
    assert codes and codes <= {Code.RECORD_LENGTH, Code.RECORD_ORDER, Code.FORMAT_UNKNOWN, Code.CHECK_DIGIT}


def test_a_format_of_ours_in_the_wrong_inbox_is_not_called_foreign_by_its_contents() -> None:
    """Notice data lie in the inbox of payments: they are no service of another sender, so their first bytes are told."""
    (finding,) = judge_file(notice_file(notice_row()), "f", _PAYMENTS, date(2026, 11, 20)).findings
    assert finding.code is Code.FORMAT_UNKNOWN
