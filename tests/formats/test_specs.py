"""Every new format's payments as the documents mean them, and what each holds back, with its place."""

from datetime import date
from pathlib import Path

import pytest

from elqr.formats.authoring.lint import lint
from elqr.formats.authoring.lint_identity import NO_DATE, NO_NUMBER, ONLY_THE_KEY
from elqr.formats.decode import decode
from elqr.formats.intake.checks import check
from elqr.formats.intake.delivered_file import judge_file
from elqr.formats.spec_files import read_spec, read_specs
from elqr.vocabulary.codes import Code
from elqr.vocabulary.errors import BadFile
from tests.builders import ROOT, SPECS
from tests.formats.cases import (
    CREDIT_A,
    CREDIT_B,
    FAMILY_A,
    FAMILY_B,
    LONG_220,
    LONG_300,
    LONG_350,
    PENSION,
    RECEIVED_ON,
    REQUEST_91,
    RESULT_91,
    RESULT_EBCDIC,
    STATEMENT,
    YUCHO,
    YUCHO_OWN,
    Case,
)
from tests.formats.csv_cases import (
    CLAIMS,
    DSK,
    ELTAX_CANCEL,
    ELTAX_REMITTANCE,
    MONEY_BY_HAND,
    PAYEASY,
    PAYMENT_BY_HAND,
    SMART_TRADE,
    TRANSFER_CSV,
    CsvCase,
)

_DEBIT = date(2026, 11, 2)
_CITY_DIGITS = "959919" + "83326" + "2024010101043480"

# (様式, [(チャネル, 段階, 照会キー, 金額, 領収日, 払込日)])
PAYMENTS: list[tuple[Case | CsvCase, list[tuple[str, str, str, int, date, date | None]]]] = [
    (RESULT_91, [("account_transfer", "confirmed", "00000000000000000A01", 10_000, _DEBIT, _DEBIT), ("account_transfer", "not_collected", "B2", 500, _DEBIT, _DEBIT)]),
    (RESULT_EBCDIC, [("account_transfer", "confirmed", "A1", 1_000, _DEBIT, _DEBIT)]),
    (YUCHO, [("account_transfer", "confirmed", "A1", 10_000, _DEBIT, _DEBIT), ("account_transfer", "not_collected", "B2", 500, _DEBIT, _DEBIT)]),
    (LONG_220, [("account_transfer", "confirmed", "A1", 10_000, _DEBIT, _DEBIT), ("account_transfer", "not_collected", "B2", 500, _DEBIT, _DEBIT)]),
    (LONG_300, [("account_transfer", "confirmed", "A1", 10_000, _DEBIT, _DEBIT), ("account_transfer", "not_collected", "B2", 500, _DEBIT, _DEBIT)]),
    (LONG_350, [("account_transfer", "confirmed", "00000000000000000000000A01", 10_000, _DEBIT, _DEBIT), ("account_transfer", "not_collected", "B2", 500, _DEBIT, _DEBIT)]),
    (FAMILY_A, [("cvs", "confirmed", _CITY_DIGITS, 39_500, date(2026, 11, 5), date(2026, 11, 12)), ("cvs", "preliminary", _CITY_DIGITS, 39_500, date(2026, 11, 5), None)]),
    (FAMILY_B, [("cvs", "confirmed", _CITY_DIGITS, 39_500, date(2026, 11, 5), date(2026, 11, 12))]),
    (DSK, [("cvs", "confirmed", _CITY_DIGITS, 39_500, date(2026, 11, 5), date(2026, 11, 12)), ("cvs", "preliminary", _CITY_DIGITS, 39_500, date(2026, 11, 5), None)]),
    (SMART_TRADE, [
        ("cvs", "preliminary", "R0001", 10_000, date(2026, 11, 5), date(2026, 11, 12)), ("cvs", "confirmed", "R0001", 10_000, date(2026, 11, 5), date(2026, 11, 12)),
        ("cvs", "cancelled", "R0002", 500, date(2026, 11, 4), None),
    ]),
    (ELTAX_CANCEL, [("eltax", "cancelled", "00000202401010104348", 39_500, date(2026, 11, 5), None)]),
    (PAYEASY, [("payeasy", "confirmed", "00000202401010104348", 39_500, date(2026, 11, 5), None)]),
]  # fmt: skip


def _data(case: Case | CsvCase) -> bytes:
    return case.data if isinstance(case, CsvCase) else case.data(b"" if case.charset != "cp932" else b"\r\n")


@pytest.mark.parametrize(("case", "wanted"), PAYMENTS, ids=[row[0].id for row in PAYMENTS])
def test_payments_of_a_file(case: Case | CsvCase, wanted: list[tuple[str, str, str, int, date, date | None]]) -> None:
    data = case.data(b"\r\n") if case is YUCHO else _data(case)  # type: ignore[operator]
    intake = judge_file(data, "f", [SPECS[case.spec]], RECEIVED_ON)
    assert intake.payments is not None, intake.findings
    columns = ("channel", "stage", "key_digits", "paid_yen", "paid_on", "funds_on")
    assert intake.payments.select(columns).rows() == wanted
    # The 速報 of the smart trade file is the same payment as its 確報; all others are payments of their own.
    assert intake.payments["identity"].n_unique() == len(wanted) - (case is SMART_TRADE)


# (名前, 様式, 何件目, 何バイト目（1起算）, 書き換え, 指摘, 指摘の件目, 指摘のバイト目（1起算、0 は合計）)
BAD: list[tuple[str, Case, int, int, bytes, Code, int, int]] = [
    ("依頼の結果合計がゼロでない", REQUEST_91, 4, 20, b"000001", Code.NOT_THE_CONSTANT, 4, 20),
    ("依頼に結果が入っている", REQUEST_91, 2, 112, b"1", Code.NOT_IN_LIST, 2, 112),
    ("依頼の合計金額", REQUEST_91, 4, 8, b"000000010501", Code.CONTROL_YEN, 4, 0),
    ("ゆうちょに銀行番号", YUCHO, 2, 2, b"9900", Code.NOT_THE_CONSTANT, 2, 2),
    ("ゆうちょの新規コード", YUCHO, 2, 91, b"1", Code.NOT_THE_CONSTANT, 2, 91),
    ("自動払込みの契約種別", YUCHO_OWN, 1, 2, b"31", Code.NOT_THE_CONSTANT, 1, 2),
    ("自動払込みの再払込回数", YUCHO_OWN, 1, 108, b"3", Code.NOT_IN_LIST, 1, 108),
    ("自動払込みの番号", YUCHO_OWN, 2, 44, b"12345 7", Code.NOT_DIGITS, 2, 44),
    ("自動払込みの払込済金額", YUCHO_OWN, 4, 26, b"000000010001", Code.CONTROL_YEN, 4, 0),
    ("年金の通知内容", PENSION, 2, 10, b"21", Code.NOT_THE_CONSTANT, 2, 10),
        ("年金の基礎年金番号", PENSION, 3, 22, b"12345 7890", Code.NOT_DIGITS, 3, 22),
    ("年金の金額1", PENSION, 2, 395, b"0000000590X", Code.NOT_DIGITS, 2, 395),
    ("年金の作成年月日", PENSION, 1, 14, b"20261320", Code.NOT_A_DATE, 1, 14),
    ("220の結果コード", LONG_220, 2, 188, b"7", Code.NOT_IN_LIST, 2, 188),
    ("220の保険料", LONG_220, 2, 87, b"00000X9000", Code.NOT_DIGITS, 2, 87),
    ("220の済金額", LONG_220, 4, 26, b"000000010001", Code.CONTROL_YEN, 4, 0),
    ("300の結果コード", LONG_300, 2, 92, b"5", Code.NOT_IN_LIST, 2, 92),
    ("300の振替日", LONG_300, 1, 55, b"081301", Code.NOT_A_DATE, 1, 55),
    ("300の下水の中の空白", LONG_300, 2, 183, b"  40 000", Code.NOT_DIGITS, 2, 183),
    ("350の結果コード", LONG_350, 2, 92, b" ", Code.BLANK, 2, 92),
    ("350の振替日が西暦の下二桁", LONG_350, 1, 55, b"26", Code.DATE_IN_DOUBT, 1, 55),
    ("振込入金の勘定日", CREDIT_A, 2, 8, b"080230", Code.NOT_A_DATE, 2, 8),
    ("振込入金の取消区分", CREDIT_A, 2, 128, b"2", Code.NOT_IN_LIST, 2, 128),
    ("振込入金の取消を数え漏らす", CREDIT_A, 3, 128, b" ", Code.CONTROL_COUNT, 4, 0),
    ("振込入金Bの金額2", CREDIT_B, 2, 129, b"X", Code.NOT_DIGITS, 2, 129),
    ("入出金の残高", STATEMENT, 4, 41, b"00000001100001", Code.CONTROL_ADDS_UP, 4, 0),
    ("入出金の前残高", STATEMENT, 1, 116, b"00000001000001", Code.CONTROL_ADDS_UP, 4, 0),
    ("入出金の入払区分", STATEMENT, 2, 22, b"3", Code.NOT_IN_LIST, 2, 22),
    ("入金を出金に", STATEMENT, 2, 22, b"2", Code.CONTROL_YEN, 4, 0),
    ("入出金の固定値", STATEMENT, 1, 60, b"001", Code.NOT_THE_CONSTANT, 1, 60),
]  # fmt: skip


@pytest.mark.parametrize(("case", "no", "at", "new", "code", "found_no", "found_at"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])  # fmt: skip
def test_a_bad_record_is_held_back_with_its_place(
    case: Case, no: int, at: int, new: bytes, code: Code, found_no: int, found_at: int
) -> None:
    spec = SPECS[case.spec]
    records = list(case.records)
    records[no - 1] = records[no - 1][: at - 1] + new + records[no - 1][at - 1 + len(new) :]
    end = b"" if "none" in spec.line_ends else b"\r\n"
    findings = check(decode(b"".join(record + end for record in records), spec, "f", RECEIVED_ON), "f", RECEIVED_ON)
    places = [(finding.code, finding.at.record_no, finding.at.offset_bytes + 1) for finding in findings]
    assert (code, found_no, found_at) in places


# (名前, 様式, 置き換え, 指摘, 何件目)
BAD_CSV: list[tuple[str, CsvCase, str, str, Code, int]] = [
    ("スマートトレードの件数", SMART_TRADE, "3,3\r\n", "3,4\r\n", Code.CONTROL_COUNT, 1),
    ("スマートトレードのNG", SMART_TRADE, "10000,0,", "10000,1,", Code.NOT_IN_LIST, 2),
    ("スマートトレードの日付", SMART_TRADE, "2026/11/04", "2026-11-04", Code.NOT_A_DATE, 4),
    ("スマートトレードの03は取消ではない", SMART_TRADE, "ﾊﾅｺ,9", "ﾊﾅｺ,03", Code.NOT_IN_LIST, 4),
    ("スマートトレードの知らないレコード", SMART_TRADE, "\r\n2,0000012345,2026/11/04", "\r\n3,0000012345,2026/11/04", Code.RECORD_KIND, 4),
    ("スマートトレードの合計が後", SMART_TRADE, "1,0000012345,3,3\r\n", "", Code.RECORD_ORDER, 1),
    ("スマートトレードの項目の数", SMART_TRADE, "3,500,", "3,", Code.COLUMN_COUNT, 4),
    ("表計算で失われた種別のゼロ", DSK, "\r\n02,", "\r\n2,", Code.NOT_IN_LIST, 1),
    ("CSVの口座振替の合計", TRANSFER_CSV, "8,3,11200,", "8,3,11201,", Code.CONTROL_YEN, 5),
    ("CSVの口座振替の不能の件数", TRANSFER_CSV, ",10000,2,1200,", ",10000,1,1200,", Code.CONTROL_COUNT, 5),
    ("CSVの口座振替の知らない結果", TRANSFER_CSV, ",B2,E,", ",B2,X,", Code.NOT_IN_LIST, 3),
    ("CSVの口座振替の項目の数", TRANSFER_CSV, "A1,0,\r", "A1,0\r", Code.COLUMN_COUNT, 2),
    ("CSVの口座振替のトレーラがない", TRANSFER_CSV, "8,3,11200,1,10000,2,1200,\r\n", "", Code.RECORD_ORDER, 5),
    ("CSVの口座振替の総合振込", TRANSFER_CSV, "1,91,0", "1,21,0", Code.NOT_THE_CONSTANT, 1),
    ("ペイジーの通番", PAYEASY, "00000001,39500", "1,39500", Code.NOT_DIGITS, 1),
    ("取消の仮消区分", ELTAX_CANCEL, "\r\n9,", "\r\n1,", Code.NOT_IN_LIST, 1),
    ("手書きの入金の区分の誤り", MONEY_BY_HAND, ",入金\r", ",振込\r", Code.NOT_IN_LIST, 1),
    ("手書きの入金の年のない日付", MONEY_BY_HAND, "1,2026/11/12", "1,11/12", Code.NOT_A_DATE, 1),
    ("済通の照会キーが二つ", PAYMENT_BY_HAND, "R8-0002,,", "R8-0002,00000202401010104348,", Code.COLUMN_COUNT, 2),
    ("済通の照会キーがない", PAYMENT_BY_HAND, "R8-0001,00000202401010104348", "R8-0001,", Code.BLANK, 1),
    ("済通の整理番号がない", PAYMENT_BY_HAND, "R8-0002,", ",", Code.BLANK, 2),
    ("済通の桁の足りないバーコード", PAYMENT_BY_HAND, "9195991983326", "919599198332", Code.NOT_DIGITS, 2),
    ("済通の打ち間違えたバーコード", PAYMENT_BY_HAND, "9195991983326", "9195991983327", Code.CHECK_DIGIT, 2),
    ("済通の表計算が指数にした納付番号", PAYMENT_BY_HAND, "00000202401010104348", "2.02401E+14", Code.NOT_DIGITS, 1),
    ("済通の先の収入日", PAYMENT_BY_HAND, "2026/11/06", "2062/11/06", Code.FUTURE_DATE, 1),
    ("済通の知らないチャネル", PAYMENT_BY_HAND, ",窓口\r", ",銀行\r", Code.NOT_IN_LIST, 1),
    ("調定データの知らない更正事由", CLAIMS, ",減免,", ",更正,", Code.NOT_IN_LIST, 2),
    ("調定データの先の操作日", CLAIMS, "20261102,173000", "20271102,173000", Code.FUTURE_DATE, 2),
    ("調定データの負の額", CLAIMS, ",8000,", ",-8000,", Code.NOT_DIGITS, 2),
    ("調定データの納期限がない", CLAIMS, "20240731", "", Code.BLANK, 2),
    ("払込の金額に桁区切り", ELTAX_REMITTANCE, "118500", '"118,500"', Code.NOT_DIGITS, 1),
]  # fmt: skip


@pytest.mark.parametrize(("case", "old", "new", "code", "record_no"), [row[1:] for row in BAD_CSV], ids=[row[0] for row in BAD_CSV])  # fmt: skip
def test_a_bad_row_is_held_back_with_its_place(case: CsvCase, old: str, new: str, code: Code, record_no: int) -> None:
    data = case.data.decode(case.charset).replace(old, new).encode(case.charset)
    assert data != case.data
    findings = check(decode(data, SPECS[case.spec], "f", RECEIVED_ON), "f", RECEIVED_ON)
    assert (code, record_no) in [(finding.code, finding.at.record_no) for finding in findings]


_CARRIER = """
name = "carrier"
title = "MPN行を運ぶ様式"
purpose = "request"
layout = "fixed"
verified = false
grade = "PROVISIONAL"
sources = ["試験のために作った様式"]
charsets = ["jisx0201"]
line_ends = ["none"]
record_bytes = 83

[[record]]
name = "data"
title = "データ"
fields = [{ name = "mpn", title = "MPN行", width = 83, kind = "nested", spec = "mpn_line" }]
"""


def test_the_mpn_line_is_a_part_of_other_formats(tmp_path: Path) -> None:
    path = tmp_path / "carrier.toml"
    path.write_text(_CARRIER, encoding="utf-8")
    spec = read_spec(path, {"mpn_line": SPECS["mpn_line"]})
    line = b"38000000000000000003950021380001270000082000002024010101043487782840440000400000000"
    decoded = decode(line, spec, "f", RECEIVED_ON)
    (row,) = decoded.tables["data"].rows(named=True)
    assert not decoded.findings
    assert (row["mpn.amount_yen"], row["mpn.key_no"], row["mpn.check_no"]) == (39_500, "00000202401010104348", "778284")
    for at in range(83):
        wrong = line[:at] + bytes([48 + (line[at] - 47) % 10]) + line[at + 1 :]
        codes = {finding.code for finding in decode(wrong, spec, "f", RECEIVED_ON).findings}
        assert Code.CHECK_DIGIT in codes, f"one wrong digit at {at + 1}"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('charsets = ["jisx0201"]', 'charsets = ["jisx0201", "ebcdik"]', "決められた値ではありません"),
        ("record_bytes = 83", 'record_bytes = 83\naccepts = ["final_1b"]', "決められた値ではありません"),
        ("record_bytes = 83", 'record_bytes = 83\ncharset_kind = { field = "data.nai" }', "data.nai"),
        ("record_bytes = 83", 'record_bytes = 83\nrecognize = { record = "data", fields = ["mpn"], blank = ["x"] }', "data.x"),
        ('kind = "nested", spec = "mpn_line"', 'kind = "yen"', "18桁まで"),
    ],
)  # fmt: skip
def test_a_wrong_spec_is_explained(tmp_path: Path, old: str, new: str, said: str | None) -> None:
    path = tmp_path / "carrier.toml"
    path.write_text(_CARRIER.replace(old, new), encoding="utf-8")
    if said is None:
        assert read_spec(path, {"mpn_line": SPECS["mpn_line"]}).charsets == ("ebcdic",)
        path.write_text(path.read_text(encoding="utf-8").replace('kind = "nested"', 'kind = "raw"'), encoding="utf-8")
        said = "raw"
    with pytest.raises(BadFile, match=said):
        read_spec(path, {"mpn_line": SPECS["mpn_line"]})


def test_few_formats_name_nothing_that_makes_a_payment_its_own_and_they_say_so() -> None:
    remarks = {
        name: [remark.found for remark in lint((ROOT / "specs" / f"{name}.toml").read_bytes(), name, SPECS)]
        for name, spec in SPECS.items()
        if spec.payment
    }
    weak = {name for name, found in remarks.items() if {ONLY_THE_KEY, NO_DATE, NO_NUMBER} & set(found)}
    assert len(remarks) > 10 and weak == {
        "smart_trade_csv", "pension_collection_22", "payment_by_hand_csv",
    }  # fmt: skip
    assert SPECS["payment_by_hand_csv"].two_people, "a request says how many numbers were used before"
    assert any("二度目の納付" in question for question in SPECS["smart_trade_csv"].open_questions)
    assert any("何月の徴収か" in question for question in SPECS["pension_collection_22"].open_questions), (
        "a month is no day"
    )


def test_a_city_s_own_layout_of_a_format_keeps_its_sender(tmp_path: Path) -> None:
    """What was delivered before is recognised by it, and a 取消 finds its payment."""
    text = (ROOT / "specs" / "eltax_payment_csv.toml").read_text(encoding="utf-8")
    (tmp_path / "eltax_payment_csv.toml").write_text(text.replace('sender = "eltax"\n', ""), encoding="utf-8")
    assert read_specs([ROOT / "specs", tmp_path])["eltax_payment_csv"].sender == "eltax"
    assert read_specs([ROOT / "specs"])["payeasy_csv"].sender == "payeasy_csv"
