"""Files as they really come: what public files and documents showed, byte by byte, format by format.

Bytes are placed by hand; none is made by the encoder.
"""

from datetime import date

import pytest

from elqr.formats.charset import decode_bytes
from elqr.formats.decode import Decoded, decode
from elqr.formats.deposits import deposits_of
from elqr.formats.intake.checks import check
from elqr.formats.intake.delivered_file import judge_file
from elqr.formats.intake.inspection import inspect
from elqr.formats.payments import payments_of
from elqr.formats.recognize import recognize
from elqr.vocabulary.codes import Code
from elqr.vocabulary.frames import Payment
from tests.builders import REAL_BARCODE, SPECS
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
    RESULT_91,
    RESULT_EBCDIC,
    STATEMENT,
    YUCHO_AGAIN,
    YUCHO_OWN,
    Case,
    placed,
)
from tests.formats.csv_cases import DSK, TRANSFER_CSV

_END = placed(120, (1, "9"))


def _read(name: str, data: bytes) -> Decoded:
    return decode(data, SPECS[name], "f", RECEIVED_ON)


def _found(name: str, data: bytes) -> list[tuple[Code, int, str]]:
    """(code, record, field) of everything that is wrong with a file of a format."""
    findings = check(_read(name, data), "f", RECEIVED_ON)
    return [(finding.code, finding.at.record_no, finding.at.field) for finding in findings]


def _payments(name: str, data: bytes) -> list[dict[str, object]]:
    decoded = _read(name, data)
    assert not check(decoded, "f", RECEIVED_ON)
    return payments_of(decoded).to_dicts()


# --- DSK ---------------------------------------------------------------------------------------------------------------


def _dsk(*rows: str) -> bytes:
    return "\r\n".join([DSK.lines[0], *rows]).encode("cp932")


def _dsk_row(
    kind: str = "02", yen: int = 39_500, center: str = "010", free: tuple[str, str] = ("202401", "01010434800"), stamp: str = "0",
) -> str:  # fmt: skip
    return f"{kind},20261105,1012,EAN{REAL_BARCODE},{free[0]},{free[1]},{stamp},{yen},{center},架空ストア,000944,20261112,20261106"


def test_the_header_row_of_dsk_is_that_of_two_sources() -> None:
    titles = (
        "種別,収納日,収納時刻,バーコード情報,ユーザー使用欄１,ユーザー使用欄２,印紙フラグ,金額,コンビニ本部コード,コンビニ名,"
        "コンビニ店舗コード,振込日,データ作成日"
    )
    assert [field.title for field in SPECS["dsk_csv"].record[0].fields] == titles.split(",")


@pytest.mark.parametrize("center", ["730", "890"], ids=["ポプラ", "MMK"])
def test_two_more_centres_of_dsk_are_stores(center: str) -> None:
    (row,) = _payments("dsk_csv", _dsk(_dsk_row(center=center)))
    assert (row["channel"], row["doubt"]) == ("cvs", None)


@pytest.mark.parametrize(
    ("row", "doubt"),
    [
        (_dsk_row("22", 30_000), "郵便振替訂正（種別22。訂正後の金額）"),
        (_dsk_row(center="999"), "知らない本部コード"),
        (_dsk_row(yen=39_600), "金額がバーコードと違う"),
        (_dsk_row(free=("202402", "01010434800")), "使用欄１がバーコードと違う"),
        (_dsk_row(free=("202401", "01010434801")), "使用欄２がバーコードと違う"),
        (_dsk_row(stamp="1"), "印紙フラグがバーコードと違う"),
    ],
    ids=["種別22", "知らない本部", "金額", "使用欄１", "使用欄２", "印紙"],
)  # fmt: skip
def test_a_doubtful_record_of_dsk_is_alone_in_doubt(row: str, doubt: str) -> None:
    """The others of the file are as they were, and the yen of the doubtful one are those of the record."""
    rows = _payments("dsk_csv", _dsk(_dsk_row(), row, _dsk_row("12", center="911")))
    assert [each["doubt"] for each in rows] == [None, doubt, None]
    assert rows[1]["paid_yen"] == int(row.split(",")[7]) and rows[1]["stage"] == "confirmed"
    assert (rows[1]["channel"] == "unknown") == ("999" in row)


def test_kind_22_of_dsk_need_not_agree_with_its_bar_code() -> None:
    (row,) = _payments("dsk_csv", _dsk(_dsk_row("22", 30_000, free=("000000", "0" * 11), stamp="1")))
    assert (row["doubt"], row["paid_yen"], row["funds_on"]) == (
        "郵便振替訂正（種別22。訂正後の金額）",
        30_000,
        date(2026, 11, 12),
    )


def test_other_unreadable_values_of_dsk_still_hold_the_file() -> None:
    assert _found("dsk_csv", _dsk(_dsk_row(), _dsk_row("04"))) == [(Code.NOT_IN_LIST, 2, "種別")]


# --- 03 入出金取引明細 ---------------------------------------------------------------------------------------------------


def _statement(*changes: tuple[int, int, str]) -> bytes:
    """The statement with other bytes at (record from 0, position from 1)."""
    return _changed(STATEMENT, *changes)


def _changed(case: Case, *changes: tuple[int, int, str]) -> bytes:
    records = [bytearray(record) for record in case.records]
    for number, start, text in changes:
        records[number][start - 1 : start - 1 + len(text)] = text.encode("cp932")
    return b"".join(records)


@pytest.mark.parametrize(
    ("in_out", "kind"),
    [("2", "cancelled"), ("1", "paid_out")],
    ids=["出金の訂正は入金を取り消す", "入金の訂正は入金でない"],
)
def test_19_corrects(in_out: str, kind: str) -> None:
    """取引区分 19 with 出金 takes a deposit back; with 入金 it takes a withdrawal back and is no deposit."""
    totals = (
        "000000" + "0" * 13 + "000002" + f"{140_000:013}"
        if in_out == "2"
        else "000001" + f"{120_000:013}" + "000001" + f"{20_000:013}"
    )
    after = 860_000 if in_out == "2" else 1_100_000
    data = _statement((1, 22, in_out), (1, 23, "19"), (3, 2, totals), (3, 41, f"{after:014}"))
    decoded = _read("bank_statement_03", data)
    assert not check(decoded, "f", RECEIVED_ON)
    assert deposits_of(decoded)["kind"].to_list()[0] == kind


def test_the_fields_of_cheques_have_their_names() -> None:
    titles = [field.title for field in SPECS["bank_statement_03"].record[1].fields]
    assert titles[8:13] == ["交換呈示日", "不渡返還日", "手形・小切手区分", "手形・小切手番号", "僚店番号"]


@pytest.mark.parametrize(("record", "start"), [(0, 116), (3, 41)], ids=["取引前残高", "取引後残高"])
def test_a_blank_balance_is_not_compared_and_that_is_said(record: int, start: int) -> None:
    data = _statement((record, start, " " * 14))
    assert _found("bank_statement_03", data) == []
    totals = {total.title: total.is_checked for total in inspect(data, "f", SPECS.values(), RECEIVED_ON).totals}
    assert totals.pop("残高（前残高＋入金－出金）") is False and all(totals.values())


@pytest.mark.parametrize(
    ("count", "accounts", "found"),
    [
        ("0000000005", "00001", []),
        ("0000000002", "00001", []),
        ("0000000000", "00000", []),
        (" " * 10, " " * 5, []),
        ("0000000004", "00001", [(Code.CONTROL_COUNT, 5, "レコード総件数")]),
        ("0000000005", "00002", [(Code.CONTROL_COUNT, 5, "口座数")]),
    ],
    ids=["全レコード", "データだけ", "ゼロは書いていない", "空白", "どちらでもない", "口座数が違う"],
)
def test_the_end_of_a_statement_counts(count: str, accounts: str, found: list[tuple[Code, int, str]]) -> None:
    assert _found("bank_statement_03", _statement((4, 2, count), (4, 12, accounts))) == found


# --- 01 振込入金通知 -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", [CREDIT_A, CREDIT_B], ids=["A", "B"])
def test_0_is_not_cancelled_and_the_cancelled_total_may_be_blank(case: Case) -> None:
    data = _changed(case, (1, 128, "0"), (2, 128, "0"), (3, 2, "000002" + f"{123_000:012}" + " " * 18))
    decoded = _read(case.spec, data)
    assert check(decoded, "f", RECEIVED_ON) == []
    assert deposits_of(decoded)["kind"].to_list() == ["received", "received"]


@pytest.mark.parametrize("small", ["0" * 10, " " * 10], ids=["ゼロ", "空白"])
def test_an_amount_of_more_than_ten_digits_stands_in_the_second_field(small: str) -> None:
    data = _changed(CREDIT_B, (1, 20, small), (1, 129, f"{12_345_678_901:012}"), (3, 8, f"{12_345_678_901:012}"))
    decoded = _read("bank_credit_01_b", data)
    assert check(decoded, "f", RECEIVED_ON) == []
    assert deposits_of(decoded)["yen"].to_list() == [12_345_678_901, 3_000]


def test_two_amounts_that_differ_hold_the_file() -> None:
    found = _found("bank_credit_01_b", _changed(CREDIT_B, (1, 129, f"{120_001:012}")))
    assert found == [(Code.AMOUNTS_DIFFER, 2, "金額・金額2")]


# --- 91 口座振替 ---------------------------------------------------------------------------------------------------------


def test_agents_tell_errors_and_results_that_have_not_come() -> None:
    """E is not collected; of N nobody knows."""
    data = _changed(RESULT_91, (1, 112, "E"), (2, 112, "N"), (3, 20, "0" * 18 + "000002" + f"{10_500:012}"))
    rows = _payments("account_transfer_91_result", data)
    assert [(row["stage"], row["result_code"]) for row in rows] == [("not_collected", "E"), ("undecided", "N")]
    assert [row["stage"] for row in _payments("account_transfer_91_csv", TRANSFER_CSV.data)] == [
        "confirmed", "not_collected", "undecided",
    ]  # fmt: skip


@pytest.mark.parametrize("totals", ["0" * 36, " " * 36], ids=["ゼロ", "空白"])
@pytest.mark.parametrize("result", ["0", " "], ids=["0", "空白"])
def test_a_request_is_named_as_such(totals: str, result: str) -> None:
    """As a result it is refused in one sentence; as a request it is read."""
    data = _changed(RESULT_91, (0, 55, "1130"), (1, 112, result), (2, 112, result), (3, 20, totals))
    (finding,) = judge_file(data, "f", [SPECS["account_transfer_91_result"]], RECEIVED_ON).findings
    assert (
        finding.code is Code.FOREIGN
        and "結果ではなく依頼" in finding.actual
        and "結果の入ったファイルを送って" in finding.actual
    )
    request = SPECS["account_transfer_91_request"]
    assert recognize(data, [request], "f", RECEIVED_ON) == (request, ()) and _found(request.name, data) == []


def test_results_of_which_none_was_collected_are_no_request() -> None:
    data = _changed(RESULT_91, (1, 112, "1"), (3, 20, "0" * 18 + "000002" + f"{10_500:012}"))
    assert _found("account_transfer_91_result", data) == []


# --- A と B ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", [FAMILY_A, FAMILY_B], ids=["A", "B"])
def test_stores_come_as_one_long_string_too(case: Case) -> None:
    decoded = _read(case.spec, case.data())
    assert (decoded.line_end, decoded.findings) == ("none", ())
    assert payments_of(decoded).equals(
        payments_of(_read(case.spec, case.data(b"\r\n"))).with_columns(
            decoded.tables["data"]["offset_bytes"].alias(Payment.OFFSET_BYTES)
        )
    )
    named, _ = recognize(case.data(), SPECS.values(), "f", RECEIVED_ON)
    assert named is SPECS[case.spec]


_JAN = "4" + "12345" + "7" + "00" + "83326" + "000123" + "00" + "00000456789" + "0" + "261130" + "003000" + "0"
"""The older arrangement of 47 bytes: 国1 企業5 CD1 予備2 収納企業5 番号6 予備2 番号11 印紙1 期限6 料金6 予備1."""


def _family_b(*pieces: tuple[int, str]) -> bytes:
    row = placed(
        120,
        (1, "2"),
        (2, "02"),
        (4, "20261105"),
        (12, "1012"),
        (73, "20261106"),
        (81, "20261112"),
        (89, "20261106"),
        (97, "000010"),
        *pieces,
    )
    good = FAMILY_B.records[1]
    return b"".join(record + b"\r\n" for record in [FAMILY_B.records[0], good, row, *FAMILY_B.records[2:]])


def test_a_bar_code_of_the_older_kind_stops_its_record() -> None:
    assert len(_JAN) == 47
    rows = _payments("cvs_family_b", _family_b((16, "2"), (17, _JAN), (64, "0001234")))
    doubt = "JANの旧い配置のバーコード（金額を原データで確かめる）"
    assert [(row["doubt"], row["paid_yen"]) for row in rows] == [(None, 39_500), (doubt, 3_000)]
    assert _JAN[:44] in str(rows[1]["identity"]), "two of them are never one"


def test_a_file_of_older_bar_codes_is_recognised_only_where_no_other_format_may_come() -> None:
    """Those of family A have the same digits, one byte further on the left: read as B, ten times the yen."""
    only = _family_b((16, "2"), (17, _JAN), (64, "0001234")).split(b"\r\n")
    data = b"\r\n".join([only[0], only[2], only[2][:60] + b"   " + only[2][63:], *only[3:]])
    assert recognize(data, SPECS.values(), "f", RECEIVED_ON)[0] is None
    assert recognize(data, [SPECS["cvs_family_b"]], "f", RECEIVED_ON) == (SPECS["cvs_family_b"], ())
    assert [row["paid_yen"] for row in _payments("cvs_family_b", data)] == [3_000, 0]


def _family_a(*pieces: tuple[int, str]) -> bytes:
    return _changed(FAMILY_A, *((1, at, text) for at, text in pieces))


def test_what_stands_behind_the_bar_code_of_family_a_makes_it_no_family_b() -> None:
    for digits in ("0  ", "000", "123"):
        named, _ = recognize(_family_a((60, digits)), SPECS.values(), "f", RECEIVED_ON)
        assert named is SPECS["cvs_family_a"], digits
    header, good, *rest = FAMILY_A.records
    older = _family_a((16, _JAN), (70, " " * 32)).removeprefix(header)[: len(good)]
    alone = b"".join([header, older, *(record for record in rest if record[:1] != b"2")])
    assert recognize(alone, SPECS.values(), "f", RECEIVED_ON)[0] is None
    among = b"".join([header, good, older, *rest])
    assert recognize(among, SPECS.values(), "f", RECEIVED_ON) == (SPECS["cvs_family_a"], ())
    assert (3, "バーコード") in [(no, title) for _, no, title in _found("cvs_family_a", among)]


def test_digits_behind_a_good_bar_code_of_family_b_are_no_price() -> None:
    rows = _payments("cvs_family_b", _changed(FAMILY_B, (1, 61, "000")))
    assert [(row["doubt"], row["paid_yen"]) for row in rows] == [(None, 39_500)]


def test_no_payment_has_a_day_that_has_not_come() -> None:
    """The day may stand in the header, or be chosen from two fields there."""
    header = YUCHO_AGAIN[0]
    again = b"".join([header[:103] + b"1225" + header[107:], *YUCHO_AGAIN[1:], _END])
    late = [
        ("pension_collection_22", _changed(PENSION, (0, 14, "20271215")), "作成年月日"),
        ("account_transfer_yucho", again, "払込日・再払込日"),
    ]
    for name, data, field in late:
        assert (Code.FUTURE_DATE, field) in [(code, title) for code, _, title in _found(name, data)], name


def test_a_blank_field_of_dsk_says_nothing_against_the_bar_code() -> None:
    (row,) = _payments("dsk_csv", _dsk(_dsk_row(free=("", ""), stamp="")))
    assert row["doubt"] is None


def test_the_centre_of_dsk_tells_no_payments_apart() -> None:
    """It may come as 10 for 010, or be corrected: the same slip at the same minute in the same store is one payment."""
    known, unknown = (_payments("dsk_csv", _dsk(_dsk_row(center=center)))[0] for center in ("010", "10"))
    assert known["identity"] == unknown["identity"] and unknown["doubt"] == "知らない本部コード"


def test_the_csv_of_a_debit_is_the_same_payment_as_its_record() -> None:
    (debit,) = _payments("account_transfer_91_result", RESULT_91.data())[:1]
    assert str(debit["identity"]).startswith("account_transfer|")
    assert SPECS["account_transfer_91_csv"].sender == "account_transfer"
    of_csv, of_record = (SPECS[name].payment for name in ("account_transfer_91_csv", "account_transfer_91_result"))
    assert of_csv and of_record and of_csv.identity == of_record.identity


def test_a_day_that_lost_its_zero_is_read() -> None:
    lines = TRANSFER_CSV.data.split(b"\r\n")
    cells = lines[0].split(b",")
    cells[5] = b"105"
    decoded = _read("account_transfer_91_csv", b"\r\n".join([b",".join(cells), *lines[1:]]))
    assert not decoded.findings and decoded.tables["header"]["debit_on"].to_list() == [date(2026, 1, 5)]


def test_the_first_and_the_second_try_of_yucho_are_one_debit() -> None:
    """Both headers name the day of the first."""
    _, first, *_ = _payments("account_transfer_yucho", YUCHO_OWN.data())
    (again,) = _payments("account_transfer_yucho", b"".join([*YUCHO_AGAIN, _END]))
    assert first["identity"] == again["identity"] and first["paid_on"] != again["paid_on"]


def test_digits_of_a_credit_notice_that_end_in_blanks_are_no_amount() -> None:
    """A number of 20 digits in the EDI field of A is no pair of amounts of B."""
    a = CREDIT_A.data()
    edi = a[:200] + a[200:328] + b"20261118000100012345    " + a[352:]
    assert len(edi) == len(a)
    assert recognize(edi, SPECS.values(), "f", RECEIVED_ON) == (SPECS["bank_credit_01_a"], ())


def test_a_damaged_file_of_a_kind_that_is_received_is_told_its_damage() -> None:
    """It says more than that the file is of the kind that it should be."""
    damaged = [
        ("account_transfer_91_result", _changed(RESULT_91, (0, 54, "0230")), Code.NOT_A_DATE, "引落日"),
        ("bank_credit_01_a", _changed(CREDIT_A, (1, 19, "      5000")), Code.NOT_DIGITS, "金額"),
    ]
    for name, data, code, title in damaged:
        spec, findings = recognize(data, SPECS.values(), "f", RECEIVED_ON)
        assert (spec and spec.name, findings) == (name, ())
        assert (code, title) in [(found[0], found[2]) for found in _found(name, data)]


@pytest.mark.parametrize("tail", ["   ", "000"])
def test_a_broken_bar_code_without_the_older_arrangement_holds_the_file(tail: str) -> None:
    broken = REAL_BARCODE[:-1] + str((int(REAL_BARCODE[-1]) + 1) % 10)
    assert _found("cvs_family_b", _family_b((16, "1"), (17, broken), (61, tail), (64, "0001234"))) == [
        (Code.CHECK_DIGIT, 3, "バーコード")
    ]


@pytest.mark.parametrize(("store", "channel"), [("9900", "post_office"), ("9901", "post_office"), ("0001234", "cvs")])
def test_post_offices_have_codes_of_their_own_in_family_b(store: str, channel: str) -> None:
    rows = _payments("cvs_family_b", _family_b((16, "1"), (17, REAL_BARCODE), (64, store)))
    assert rows[1]["channel"] == channel


def test_a_post_office_is_a_chain_in_family_a() -> None:
    rows = _payments("cvs_family_a", b"".join(record + b"\r\n" for record in [
        FAMILY_A.records[0], FAMILY_A.records[1][:101] + b"9900" + FAMILY_A.records[1][105:], *FAMILY_A.records[2:],
    ]))  # fmt: skip
    assert [row["channel"] for row in rows] == ["post_office", "cvs"]


_EBCDIC = {
    **{str(digit): 0xF0 + digit for digit in range(10)},
    " ": 0x40,
    "A": 0xC1,
    "&": 0x50,
    "+": 0x4E,
    ":": 0x7A,
    "-": 0x60,
}
"""A few characters of EBCDIC, from the published code pages."""


def _ebcdic(record: bytes) -> bytes:
    return bytes(_EBCDIC.get(chr(byte), 0x40) for byte in record)


def test_family_b_comes_in_ebcdic_too() -> None:
    """With header, trailer and end, and without line ends; unknown contents are kept as they came."""
    data = b"".join(_ebcdic(record) for record in FAMILY_B.records)
    named, findings = recognize(data, SPECS.values(), "f", RECEIVED_ON)
    assert named is SPECS["cvs_family_b"], findings
    decoded = _read("cvs_family_b", data)
    assert (decoded.charset, check(decoded, "f", RECEIVED_ON)) == ("ebcdic", [])
    (row,) = payments_of(decoded).to_dicts()
    assert (row["paid_yen"], row["key_digits"], row["doubt"]) == (39_500, REAL_BARCODE[2:29], None)
    assert decoded.tables["trailer"]["unknown"][0] == _ebcdic(FAMILY_B.records[2])[1:]


# --- EBCDIC と CP932 -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", [LONG_220, LONG_300, LONG_350], ids=["220", "300", "350"])
@pytest.mark.parametrize("end", [b"", b"\x3f", b"\x1a", b"\x0d\x25\x3f"], ids=["", "3F", "1A", "改行と3F"])
def test_the_long_forms_come_in_ebcdic(case: Case, end: bytes) -> None:
    """コード区分 1, and perhaps an end-of-file mark of either world. Kana are left out here."""
    data = b"".join(_ebcdic(record) for record in case.records)
    data = data[:3] + b"\xf1" + data[4:]
    width = len(case.records[0])
    after = end.rstrip(b"\x3f\x1a")
    data = b"".join(data[at : at + width] + after for at in range(0, len(data), width)) + end.removeprefix(after)
    decoded = _read(case.spec, data)
    assert check(decoded, "f", RECEIVED_ON) == []
    assert payments_of(decoded)["paid_yen"].to_list() == [10_000, 500]
    assert ("末尾に 1A がある" in decoded.shape) == bool(end)


_SIGNS = {
    "&": 0x50, "+": 0x4E, ":": 0x7A, ";": 0x5E, "'": 0x7D, "?": 0x6F, "<": 0x4C, ">": 0x6E, "=": 0x7E, '"': 0x7F, "#": 0x7B, "@": 0x7C, "%": 0x6C,
}  # fmt: skip
_LOWER = dict(zip("abcdefgh", range(0x62, 0x6A), strict=True)) | dict(zip("ijklmnop", range(0x71, 0x79), strict=True)) | {
    "q": 0x8B, "r": 0x9B, "s": 0xAB,
} | dict(zip("tuvwxyz", range(0xB3, 0xBA), strict=True))  # fmt: skip


@pytest.mark.parametrize(("sign", "byte"), [*_SIGNS.items(), *_LOWER.items()])
def test_signs_of_the_code_pages_are_read(sign: str, byte: int) -> None:
    """290 and 930 agree on the signs; lower case is that of 930."""
    assert decode_bytes(bytes([byte]), "ebcdic") == sign


def test_a_name_with_an_ampersand_holds_no_file() -> None:
    records = [bytearray(record) for record in RESULT_EBCDIC.records]
    records[1][50:57] = b"\xc1\x50\xc1\x7a\x4e\x62\x40"  # 預金者名: A&A:+a
    decoded = _read("account_transfer_91_result", b"".join(records))
    assert check(decoded, "f", RECEIVED_ON) == [] and decoded.tables["data"]["holder"].to_list() == ["A&A:+a"]


@pytest.mark.parametrize("byte", [0x7F, 0x80, 0xA0, 0xFD, 0xFE, 0xFF])
def test_bytes_without_a_character_in_cp932(byte: int) -> None:
    """In a field of a fixed record and in a CSV they are told by their place."""
    assert decode_bytes(bytes([0x41, byte, 0x41]), "cp932") is None
    record = FAMILY_A.records[0][:19] + bytes([0x41, byte, 0x41]) + FAMILY_A.records[0][22:]
    (finding,) = _read(
        "cvs_family_a", record + b"\r\n" + b"".join(each + b"\r\n" for each in FAMILY_A.records[1:])
    ).findings
    assert (finding.code, finding.at.record_no, finding.actual) == (Code.NOT_TEXT, 1, f"21バイト目の {byte:02X}")
    data = _dsk(_dsk_row(), _dsk_row().replace("架空ストア", "XX")).replace(b"XX", b"X" + bytes([byte]))
    (finding,) = _read("dsk_csv", data).findings
    assert (finding.code, finding.at.record_no, finding.actual) == (Code.CHARSET, 2, f"{byte:02X}")


# --- 形式の判定 ----------------------------------------------------------------------------------------------------------


_ALIEN = b"".join(b"2" + f"{number:04}".encode() + b"ABC" * 38 + b" " for number in range(3))


def test_digits_behind_a_2_are_no_account_transfer() -> None:
    assert len(_ALIEN) % 120 == 0
    named, (finding,) = recognize(_ALIEN, SPECS.values(), "f", RECEIVED_ON)
    assert named is None and finding.code is Code.FORMAT_UNKNOWN


def test_the_reason_names_only_what_was_read() -> None:
    """Records without their header: the format is that of the records, and nothing is said of a header."""
    data = b"".join([*RESULT_91.records[1:3], *RESULT_91.records[3:]])
    why = inspect(data, "f", [SPECS["account_transfer_91_result"]], RECEIVED_ON).as_dict()["why"]
    assert "データの「引落銀行番号」" in str(why) and "ヘッダ" not in str(why)


def test_a_named_format_is_not_also_unknown() -> None:
    findings = inspect(_ALIEN, "f", SPECS.values(), RECEIVED_ON, SPECS["cvs_family_a"]).findings
    assert findings and Code.FORMAT_UNKNOWN not in {finding.code for finding in findings}


# --- ゆうちょ、年金特別徴収 ------------------------------------------------------------------------------------------------


def test_the_second_try_of_yucho_is_paid_on_its_own_day() -> None:
    data = b"".join([*YUCHO_OWN.records[:-1], *YUCHO_AGAIN, YUCHO_OWN.records[-1]])
    rows = _payments("account_transfer_yucho", data)
    assert [(row["paid_on"], row["stage"], row["paid_yen"], row["key_digits"]) for row in rows] == [
        (date(2026, 11, 2), "confirmed", 10_000, "A1"),
        (date(2026, 11, 2), "not_collected", 500, "B2"),
        (date(2026, 11, 16), "confirmed", 500, "B2"),
    ]


_91_TOTALS = ((2, 6), (8, 12), (20, 6), (26, 12), (38, 6), (44, 12))
_TOTALS = (
    (RESULT_91, 3, _91_TOTALS), (LONG_220, 3, _91_TOTALS), (LONG_300, 3, _91_TOTALS), (LONG_350, 3, _91_TOTALS), (YUCHO_OWN, 3, _91_TOTALS),
    (CREDIT_A, 3, ((2, 6), (8, 12), (20, 6), (26, 12))), (CREDIT_B, 3, ((2, 6), (8, 12), (20, 6), (26, 12))),
    (STATEMENT, 3, ((2, 6), (8, 13), (21, 6), (27, 13), (41, 14), (55, 7))), (STATEMENT, 0, ((116, 14),)), (PENSION, 3, ((22, 9), (31, 11))),
)  # fmt: skip
"""Every total that a trailer states: record (from 0), position (from 1) and width."""

_PREAMBLE = b"99999 001" + b"20261020" + b" " * 31 + b"000004" + b" " * 42


@pytest.mark.parametrize("before", [b"", _PREAMBLE], ids=["管理情報なし", "管理情報あり"])
def test_what_pensions_paid(before: bytes) -> None:
    """Only 正常 was collected; the amount of the others stands in the file all the same."""
    data = before + PENSION.data()
    assert len(before) in (0, 96)
    named, _ = recognize(data, SPECS.values(), "f", RECEIVED_ON)
    assert named is SPECS["pension_collection_22"]
    rows = _payments("pension_collection_22", data)
    assert [(row["stage"], row["paid_yen"], row["key_kind"], row["key_digits"], row["channel"]) for row in rows] == [
        ("confirmed", 5_900, "pension", "012345678901150202610", "pension"),
        ("not_collected", 5_900, "pension", "023456789011150202610", "pension"),
    ]
    assert [row["offset_bytes"] for row in rows] == [len(before) + 500, len(before) + 1000]


@pytest.mark.parametrize(
    ("case", "record", "start", "width"),
    [(case, no, start, width) for case, no, places in _TOTALS for start, width in places],
    ids=lambda value: value.spec if isinstance(value, Case) else str(value),
)
def test_a_total_of_zero_is_a_total(case: Case, record: int, start: int, width: int) -> None:
    """Where the records hold something, a trailer that says 0 is wrong, in every format."""
    found = _found(case.spec, _changed(case, (record, start, "0" * width)))
    assert {code for code, _, _ in found} & {Code.CONTROL_COUNT, Code.CONTROL_YEN, Code.CONTROL_ADDS_UP}


def test_totals_of_pensions_are_checked() -> None:
    assert _found("pension_collection_22", _changed(PENSION, (3, 31, "00000011801"))) == [
        (Code.CONTROL_YEN, 4, "金額1合計")
    ]
    assert _found("pension_collection_22", _changed(PENSION, (3, 22, "000000004"))) == [
        (Code.CONTROL_COUNT, 4, "合計件数")
    ]


def test_an_unknown_result_stops_its_record() -> None:
    """各種区分 04 and 払込結果 7 are in no source: nobody knows whether money came."""
    rows = _payments("pension_collection_22", _changed(PENSION, (1, 382, "04")))
    assert [(row["stage"], row["doubt"]) for row in rows] == [
        ("undecided", "知らない各種区分"),
        ("not_collected", None),
    ]
    data = _changed(YUCHO_OWN, (2, 112, "7"))
    rows = _payments("account_transfer_yucho", data)
    assert [(row["stage"], row["doubt"]) for row in rows] == [("confirmed", None), ("undecided", "知らない払込結果")]


def test_zeros_that_a_spreadsheet_lost_make_no_other_payment() -> None:
    lost = (
        TRANSFER_CSV.data.replace(b"2,0002,", b"2,2,")
        .replace(b",002,", b",2,")
        .replace(b"1,91,0,0000012345,", b"1,91,0,12345,")
    )
    assert lost != TRANSFER_CSV.data
    both = (_payments("account_transfer_91_csv", data) for data in (TRANSFER_CSV.data, lost))
    assert [row["identity"] for row in next(both)] == [row["identity"] for row in next(both)]


def test_files_of_a_bank_may_be_glued_and_have_a_second_end() -> None:
    data = _statement((4, 2, "0000000005"), (4, 12, "00001"))
    assert _found("bank_statement_03", data + _statement((0, 5, "081107"))) == []
    assert _found("bank_statement_03", data + STATEMENT.records[-1]) == []
    assert _found("bank_statement_03", data + _statement((0, 5, "081107"), (4, 2, "0000000010"))) == [
        (Code.CONTROL_COUNT, 10, "レコード総件数")
    ]


def test_amounts_of_both_sizes_may_stand_in_one_file() -> None:
    """The larger field is blank where the smaller one is enough."""
    data = _changed(CREDIT_B, (1, 129, " " * 24), (2, 20, "0" * 10), (2, 129, f"{3_000:012}"))
    named, _ = recognize(data, [spec for spec in SPECS.values() if spec.purpose == "money"], "f", RECEIVED_ON)
    assert named is SPECS["bank_credit_01_b"] and _found(named.name, data) == []


# --- 納付書データの省ける項目 ----------------------------------------------------------------------------------------------


def _notices(titles: list[str], *rows: list[str]) -> bytes:
    return "".join(",".join(row) + "\r\n" for row in [titles, *rows]).encode()


_TITLES = [field.title for field in SPECS["notice_csv"].record[0].fields if not field.optional]
_ROW = [
    "1",
    "kaigo",
    "2026",
    "2026",
    "100001",
    "1",
    "1",
    "5900",
    "0",
    "0",
    "2026-10-31",
    "2026-11-30",
    "2026-10-01",
    "1000001",
    "架空 太郎",
    "510-0000",
    "見本市1",
    "",
    "",
    "",
    "",
]


@pytest.mark.parametrize("quote", ["", '"'], ids=["素直なCSV", "引用符のあるCSV"])
def test_an_optional_column_may_be_left_out(quote: str) -> None:
    row = [*_ROW[:14], f"{quote}架空 太郎{quote}", *_ROW[15:]]
    without = _read("notice_csv", _notices(_TITLES, row))
    assert without.findings == () and without.tables["notice"]["pension_no"].to_list() == [None]
    given = _read("notice_csv", _notices([*_TITLES, "年金特徴番号"], [*row, "012345678901150202610"]))
    assert given.findings == () and given.tables["notice"]["pension_no"].to_list() == ["012345678901150202610"]
    both = without.tables["notice"].drop("pension_no"), given.tables["notice"].drop("pension_no")
    assert both[0].equals(both[1])


def test_a_row_that_is_longer_than_its_header_is_told_even_if_it_has_a_value_for_every_column() -> None:
    decoded = _read("notice_csv", _notices(_TITLES, [*_ROW, "", "通常", ""]))
    (finding,) = decoded.findings
    assert (finding.code, finding.at.record_no, finding.expected) == (Code.COLUMN_COUNT, 1, f"{len(_TITLES)}項目")


def test_a_row_that_is_shorter_than_its_header_is_told() -> None:
    decoded = _read("notice_csv", _notices([*_TITLES, "年金特徴番号"], _ROW))
    (finding,) = decoded.findings
    assert (finding.code, finding.at.record_no, finding.expected) == (Code.COLUMN_COUNT, 1, f"{len(_TITLES) + 1}項目")
