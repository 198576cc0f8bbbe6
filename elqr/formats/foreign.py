"""Foreign files (よそのファイル): what a file is that no format fits, in a sentence that the sender understands.

It says only what stands in the first bytes: the signature of a kind of file, the first words of a text, or the header
of another service. Nothing of the contents is shown, because they may hold a name.
"""

import re

from elqr.formats.ebcdic import MARK, from_ebcdic

_ASK = "収納データか入金データのファイルを、契約で決めた形式のまま（圧縮も変換もせずに）送ってください。"

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "PDF文書"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "古い形式の Excel・Word の文書（xls・doc）"),
    (b"\x89PNG", "画像（PNG）"),
    (b"\xff\xd8\xff", "画像（JPEG）"),
    (b"GIF8", "画像（GIF）"),
    (b"II*\x00", "画像（TIFF）"),
    (b"MM\x00*", "画像（TIFF）"),
    (b"\x1f\x8b", "圧縮したファイル（gzip）"),
    (b"7z\xbc\xaf\x27\x1c", "圧縮したファイル（7z）"),
    (b"Rar!", "圧縮したファイル（RAR）"),
    (b"MSCF", "圧縮したファイル（CAB）"),
    (b"MZ\x90\x00", "プログラム（自己解凍形式など）"),
    (b"{\\rtf", "文書（RTF）"),
    (b"-----BEGIN PGP", "暗号化したファイル（PGP）"),
    (b"-----BEGIN PKCS7", "暗号化したファイル（PKCS#7）"),
    (b"SQLite format 3\x00", "データベースのファイル（SQLite）"),
)
BOOK = "Excel のブック（xlsx）"
_IN_ZIP = (
    (b"xl/", BOOK),
    (b"word/", "Word の文書（docx）"),
    (b"ppt/", "PowerPoint の文書（pptx）"),
)
_LZH = re.compile(rb"..-l[hz][0-9ds]-", re.DOTALL)
_WIDE = ((b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16"))
_BOM = b"\xef\xbb\xbf"

_TEXTS: tuple[tuple[re.Pattern[bytes], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), name)
    for pattern, name in (
        (rb"<!doctype html|<html", "Webのページ（エラーか、ログインの画面）"),
        (rb"HTTP/[0-9.]+ [0-9]{3}", "Webサーバーの応答"),
        (rb"error:", "送付元のサービスのエラー応答"),
        (rb"<\?xml[^>]*>\s*<[^>]*camt\.05[234]", "金融EDIのXML（camt）"),
        (rb"<\?xml", "XMLの文書"),
        (rb"(received|return-path|mime-version|from|date|subject): ", "電子メール"),
        (rb"0002010102(?:11|12)", "QRコードの中身（EMV形式）"),
        (rb"[\[{]\s*[\"\[{]", "JSONのデータ"),
    )
)
"""Beginnings of texts, behind blanks."""

_ZENGIN = {
    "01": "振込入金通知",
    "03": "入出金取引明細",
    "04": "残高通知",
    "11": "給与振込の依頼",
    "12": "賞与振込の依頼",
    "21": "総合振込の依頼",
    "31": "借入金計算書",
    "41": "株式配当金振込の依頼",
    "43": "年金信託の振込の依頼",
    "44": "公的年金の振込の依頼",
    "45": "医療保険の給付金の振込の依頼",
    "71": "給与振込（公務員）の依頼",
    "72": "賞与振込（公務員）の依頼",
    "91": "口座振替（依頼か結果）",
    "93": "振替変更通知",
    "98": "振込口座照会の依頼",
    "99": "地方税納付代行（または振込口座照会の結果）",
}
"""種別コード of the bankers' association's records of 120 and 200 bytes."""

_MONEY = (_ZENGIN["01"], _ZENGIN["03"])

_HEADER = re.compile(rb"1(?:(0[134])[01 ][0-9]{22}|([1-9][0-9])[01 ][0-9 ]{10})[^0-9]")
"""Kind, code of characters, and then the days, the bank and its name (01 to 04), or the client and its name."""
_CSV_HEADER = re.compile(rb'"?1"?,"?([0-9]{2})"?,"?[01]?"?,"?[0-9]{6,10}"?,')
_PENSION_HEADER = re.compile(rb"1[0-9]{5}[0-9]{3}([0-9]{2}).[0-9 ](?:19|20)[0-9]{6} {20}")
_PENSION_PREFIX = 96
_PENSION = {
    "00": "対象者情報", "01": "依頼", "02": "依頼の処理結果", "30": "追加候補者情報", "31": "追加依頼",
    "32": "追加依頼の処理結果", "41": "資格喪失等の通知", "42": "資格喪失等の処理結果", "61": "仮徴収額変更の通知",
    "62": "仮徴収額変更の処理結果", "81": "住所地特例の通知", "82": "住所地特例の処理結果",
}  # fmt: skip
"""通知内容コード of the pension payers' records, besides 22 (特別徴収結果)."""


def foreign_kind(head: bytes) -> str | None:
    """よそのファイルの種類, from the first bytes; None when they tell nothing."""
    if packed := packed_kind(head):
        return packed
    if wide := next((name for mark, name in _WIDE if head.startswith(mark)), None):
        return f"文字コードが {wide} のファイル"
    if b"\x00" in head[:200:2] or b"\x00" in head[1:200:2]:
        return "文字でないデータ（またはBOMのない UTF-16）"
    text = head.removeprefix(_BOM).lstrip()
    if known := next((name for pattern, name in _TEXTS if pattern.match(text)), None):
        return known
    return _service(from_ebcdic(head) if head[:1] == bytes([MARK]) else head)


def packed_kind(head: bytes) -> str | None:
    """文字のデータでないファイルの種類, by its signature: never ours, whatever readable text it contains."""
    if head.startswith(b"PK\x03\x04"):
        return next((name for mark, name in _IN_ZIP if mark in head[:4096]), "圧縮したファイル（ZIP）")
    if _LZH.match(head):
        return "圧縮したファイル（LZH）"
    return next((name for mark, name in _SIGNATURES if head.startswith(mark)), None)


def _service(head: bytes) -> str | None:
    """ほかのサービスのファイル, by its header."""
    if match := _PENSION_HEADER.match(head) or _PENSION_HEADER.match(head[_PENSION_PREFIX:]):
        notice = match[1].decode()
        return f"年金特別徴収の{_PENSION[notice]}（通知内容コード {notice}）" if notice in _PENSION else None
    match = _HEADER.match(head) or _CSV_HEADER.match(head)
    kind = next((group.decode() for group in match.groups() if group), "") if match else ""
    return f"{_ZENGIN[kind]}（種別 {kind}）" if kind in _ZENGIN else None


def foreign_sentence(kind: str) -> str:
    """送付元への一文: what came, and what to send. Money that lies in the wrong inbox is the clerk's to move."""
    if kind.startswith(_MONEY):
        return f"届いたファイルは{kind}で、入金データなので、入金データ（ジョブの [[money]]）の受信箱に入れてください。"
    return f"届いたファイルは{kind}で、受け取るものと違うので、{_ASK}"


def request_sentence(title: str) -> str:
    """依頼が届いたときの一文: a file of results whose totals of results are all zero or blank is a request."""
    return (
        f"届いたファイルは{title}の形ですが、結果の合計がすべて空欄かゼロで、結果ではなく依頼（請求）のものなので、"
        "結果の入ったファイルを送ってください。"
    )
