"""Formats: one table drives encode and decode; framing variants; recognition; a format added at run time."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elqr.formats.decode import decode
from elqr.formats.dump import dump
from elqr.formats.encode import encode_records, join_records
from elqr.formats.intake.delivered_file import judge_file
from elqr.formats.payments import payments_of
from elqr.formats.recognize import recognize
from elqr.formats.spec import LineEnd
from elqr.formats.spec_files import read_spec, read_specs
from elqr.vocabulary.codes import Code
from elqr.vocabulary.errors import BadFile
from tests.builders import (
    NIGHT,
    PAYMENT_SPECS,
    REAL_BARCODE,
    SPECS,
    City,
    cvs_file,
    cvs_row,
    dsk_file,
    dsk_row,
    elqr,
    eltax_file,
    eltax_row,
    notice_row,
    transfer_file,
    transfer_row,
)
from tests.formats.cases import LONG_220, LONG_300, LONG_350, PENSION, YUCHO, YUCHO_OWN
from tests.formats.csv_cases import ELTAX_CANCEL, PAYEASY, PAYMENT_BY_HAND, SMART_TRADE, TRANSFER_CSV

_TRANSFER = transfer_row("A1", 10_000)

# (様式, 書いたファイル, (レコード, 何バイト目から1起算, 期待するバイト列) … the byte positions are those of the documents)
BYTES = [
    (
        "account_transfer_91_result",
        transfer_file(_TRANSFER),
        [
            (0, 1, b"1910"), (0, 5, b"0000012345"), (0, 55, b"1102"), (1, 1, b"20001"), (1, 21, b"001"), (1, 43, b"11234567"),
            (1, 51, "ｶｸｳ ﾀﾛｳ".encode("cp932")), (1, 81, b"0000010000"), (1, 92, b"A1"), (1, 112, b"0"), (2, 1, b"8000001000000010000"),
            (2, 20, b"000001000000010000"), (2, 38, b"000000000000000000"), (3, 1, b"9"),
        ],
    ),
    (
        "cvs_family_a",
        cvs_file(cvs_row(REAL_BARCODE), line_end="none"),
        [
            (0, 1, b"120261106"), (0, 20, "ミホンシ".encode("cp932")), (1, 1, b"202202611051012"), (1, 16, REAL_BARCODE.encode()),
            (1, 63, b"0001234"), (1, 70, b"20261106"), (1, 78, b"20261112"), (1, 94, b"20261106"), (1, 102, b"0010"),
        ],
    ),
    (
        "cvs_family_b",
        cvs_file(cvs_row(REAL_BARCODE, barcode_kind="1"), family="b", line_end="none"),
        [
            (1, 1, b"202202611051012"), (1, 16, b"1"), (1, 17, REAL_BARCODE.encode()), (1, 64, b"0001234"), (1, 73, b"20261106"),
            (1, 81, b"20261112"), (1, 89, b"20261106"), (1, 97, b"0010"),
        ],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "data", "places"), BYTES, ids=[row[0] for row in BYTES])
def test_fields_stand_where_the_documents_say(name: str, data: bytes, places: list[tuple[int, int, bytes]]) -> None:
    assert len(data) % 120 == 0
    for record, start, wanted in places:
        at = record * 120 + start - 1
        assert data[at : at + len(wanted)] == wanted, (record, start)


GOOD = {
    "account_transfer_91_result": transfer_file(_TRANSFER, transfer_row("B2", 500, "1")),
    "account_transfer_91_yucho": YUCHO.data(b"\r\n"),
    "account_transfer_220": LONG_220.data(),
    "account_transfer_300": LONG_300.data(),
    "account_transfer_350": LONG_350.data(),
    "account_transfer_91_csv": TRANSFER_CSV.data,
    "account_transfer_yucho": YUCHO_OWN.data(),
    "pension_collection_22": PENSION.data(),
    "cvs_family_a": cvs_file(cvs_row(REAL_BARCODE)),
    "cvs_family_b": cvs_file(cvs_row(REAL_BARCODE, barcode_kind="1"), family="b"),
    "dsk_csv": dsk_file(dsk_row(REAL_BARCODE)),
    "eltax_payment_csv": eltax_file(eltax_row("0" * 20, "123456", 10_000)),
    "eltax_cancel_csv": ELTAX_CANCEL.data,
    "payeasy_csv": PAYEASY.data,
    "payment_by_hand_csv": PAYMENT_BY_HAND.data,
    "smart_trade_csv": SMART_TRADE.data,
}


def test_every_shipped_payment_format_is_here() -> None:
    assert sorted(GOOD) == PAYMENT_SPECS


@pytest.mark.parametrize("name", GOOD)
def test_a_good_file_is_recognised_and_read(name: str) -> None:
    intake = judge_file(GOOD[name], "f", [SPECS[spec] for spec in PAYMENT_SPECS], NIGHT)
    assert (intake.spec_name, intake.findings) == (name, ())
    assert intake.payments is not None and intake.payments["paid_yen"][0] in (10_000, 39_500, 5_900)


@pytest.mark.parametrize("name", ["account_transfer_91_result", "cvs_family_a", "cvs_family_b"])
def test_every_cut_of_a_fixed_file_is_noticed(name: str) -> None:
    """Cut anywhere, a file is never read as a smaller good one."""
    data = GOOD[name]
    whole = judge_file(data, "f", [SPECS[name]], NIGHT)
    assert whole.payments is not None
    for length in range(len(data)):
        cut = judge_file(data[:length], "f", [SPECS[name]], NIGHT)
        if cut.payments is not None:
            lost = data[length:]
            blank = not lost.strip(b" \r\n")
            assert blank or (name != "account_transfer_91_result" and len(lost) <= 124), length
            assert cut.payments.equals(whole.payments)


def test_several_groups_have_their_own_dates_and_totals() -> None:
    first = transfer_file(_TRANSFER)[:-120]
    second = transfer_file(transfer_row("B2", 7), debit_on=date(2026, 10, 30))
    decoded = decode(first + second, SPECS["account_transfer_91_result"], "f", NIGHT)
    assert not decoded.findings
    payments = payments_of(decoded)
    assert payments["paid_on"].to_list() == [date(2026, 11, 2), date(2026, 10, 30)]
    broken = judge_file(
        first + transfer_file(transfer_row("B2", 7), total_yen=8, done_yen=8),
        "f",
        [SPECS["account_transfer_91_result"]],
        NIGHT,
    )
    assert [(finding.code, finding.at.record_no) for finding in broken.findings] == [(Code.CONTROL_YEN, 6)] * 2


def test_a_result_whose_totals_are_zero_is_reported_never_repaired() -> None:
    zeros = dict.fromkeys(("done_count", "done_yen", "failed_count", "failed_yen"), 0)
    intake = judge_file(transfer_file(_TRANSFER, **zeros), "f", [SPECS["account_transfer_91_result"]], NIGHT)
    (finding,) = intake.findings
    assert finding.code is Code.FOREIGN and "結果ではなく依頼" in finding.actual and intake.payments is None


def test_a_wide_character_does_not_move_the_fields_behind_it() -> None:
    """Bytes are cut before they are decoded: a double-byte company name leaves the bar code in its place."""
    data = cvs_file(cvs_row(REAL_BARCODE))
    wide = data[:19] + "髙﨑市①Ⅲ".encode("cp932").ljust(40) + data[59:]
    decoded = decode(wide, SPECS["cvs_family_a"], "f", NIGHT)
    assert decoded.tables["header"]["company_name"].to_list() == ["髙﨑市①Ⅲ"]
    assert decoded.tables["data"]["barcode"].to_list() == [REAL_BARCODE]


def test_codes_keep_their_leading_zeros() -> None:
    decoded = decode(GOOD["dsk_csv"].replace(b"750", b"010"), SPECS["dsk_csv"], "f", NIGHT)
    assert decoded.tables["data"].select("center", "store", "data_kind").row(0) == ("010", "000001", "02")


def test_family_a_and_b_are_told_apart_in_any_company() -> None:
    for name in ("cvs_family_a", "cvs_family_b"):
        spec, findings = recognize(GOOD[name], [SPECS[own] for own in PAYMENT_SPECS], "f", NIGHT)
        assert spec is not None and spec.name == name and not findings


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=400))
def test_no_bytes_are_read_as_payments_by_accident(data: bytes) -> None:
    intake = judge_file(data, "f", [SPECS[name] for name in PAYMENT_SPECS], NIGHT)
    assert intake.payments is None and intake.findings


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 9_999_999_999), st.sampled_from("0123489")), min_size=1, max_size=20),
    st.sampled_from(["none", "crlf"]),
)
def test_what_was_written_is_read_back(rows: list[tuple[int, str]], line_end: LineEnd) -> None:
    data = transfer_file(
        *(transfer_row(f"C{no}", yen, result) for no, (yen, result) in enumerate(rows)), line_end=line_end
    )
    payments = judge_file(data, "f", [SPECS["account_transfer_91_result"]], NIGHT).payments
    assert payments is not None
    assert payments["paid_yen"].to_list() == [yen for yen, _ in rows]
    assert payments["stage"].to_list() == ["confirmed" if result == "0" else "not_collected" for _, result in rows]


@pytest.mark.parametrize("name", ["account_transfer_91_result", "cvs_family_a", "cvs_family_b"])
def test_decoding_and_encoding_gives_the_same_bytes(name: str) -> None:
    decoded = decode(GOOD[name], SPECS[name], "f", NIGHT)
    tables = [(record, decoded.tables[record]) for record in ("header", "data", "trailer", "end")]
    records = [encode_records(SPECS[name], record, table) for record, table in tables]
    assert join_records(SPECS[name], records, decoded.line_end) == GOOD[name]  # type: ignore[arg-type]


def test_the_dump_shows_a_field_a_line_and_masks_people() -> None:
    lines = list(dump(GOOD["account_transfer_91_result"], SPECS["account_transfer_91_result"], "f", NIGHT))
    assert "  [80+10] 引落金額（amount_yen）: 0000010000" in lines
    assert "  [50+30] 預金者名（holder）: ＊＊＊" in lines
    assert "改行 none" in lines[1] and "文字 jisx0201" in lines[1]
    assert len([line for line in lines if line.startswith("#")]) == 5


_SIXTH = """
name = "sixth"
title = "六つ目の様式"
purpose = "payment"
layout = "fixed"
verified = false
grade = "PROVISIONAL"
sources = ["試験のために作った様式"]
charsets = ["jisx0201"]
line_ends = ["lf"]
record_bytes = 40
recognize = { record = "data", fields = ["tag", "paid_on", "yen"] }

[[record]]
name = "data"
title = "データ"
tag = "D"
follows = ["start", "data"]
fields = [
  { name = "tag", title = "区分", width = 1, kind = "const", value = "D" },
  { name = "paid_on", title = "領収日", width = 8, kind = "date" },
  { name = "customer", title = "顧客番号", width = 10, kind = "text" },
  { name = "yen", title = "金額", width = 9, kind = "yen" },
  { name = "serial", title = "通番", width = 12, kind = "digits" },
]

[[record]]
name = "total"
title = "合計"
tag = "T"
follows = ["data"]
closes = true
fields = [
  { name = "tag", title = "区分", width = 1, kind = "const", value = "T" },
  { name = "total_yen", title = "合計金額", width = 12, kind = "yen" },
  { name = "rest", title = "予備", width = 27, kind = "filler" },
]

[[control]]
title = "合計金額"
at = "total.total_yen"
sum = "data.yen"

[payment]
record = "data"
channel = "counter"
stage = "confirmed"
key = { kind = "customer", fields = ["customer"] }
identity = ["paid_on", "serial"]
paid_yen = "yen"
paid_on = "paid_on"
"""


def test_a_sixth_format_needs_no_python(tmp_path: Path) -> None:
    """A spec dropped into a folder named by the job: recognised, checked, matched and posted by the command."""
    city = City.founded(tmp_path / "city")
    (city.folder / "own_specs").mkdir()
    (city.folder / "own_specs" / "sixth.toml").write_text(_SIXTH, encoding="utf-8")
    job = city.job.read_text(encoding="utf-8").replace('out = "out"', 'out = "out"\nspecs = ["own_specs"]')
    city.job.write_text(job.replace('"eltax_payment_csv"]', '"eltax_payment_csv", "sixth"]'), encoding="utf-8")
    city.notices(notice_row(customer_no="A1"))
    records = "D20261105A1        000010000000000000001\nT000000010000" + " " * 27 + "\n"
    city.deliver("six.txt", records.encode())
    city.deliver("six_bad.txt", records.replace("T000000010000", "T000000010001").encode())
    ran = city.night()
    assert (ran.code, ran.json["quarantined"]) == (4, ["six_bad.txt"])
    assert city.outcomes() == [("six.txt", 1, "一致", 10_000, 0)]


def test_a_spec_is_named_as_its_file(tmp_path: Path) -> None:
    (tmp_path / "seventh.toml").write_text(_SIXTH, encoding="utf-8")
    with pytest.raises(BadFile, match="name = sixth をファイル名と同じに"):
        read_specs([tmp_path])


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("width = 9", "width = 8", "width の合計が 39"),
        ('sum = "data.yen"', 'sum = "data.yenn"', "data.yenn"),
        ('record = "data"\nchannel', 'record = "datum"\nchannel', "datum"),
        ('"confirmed"', '"konfirmed"', "konfirmed"),
        ("verified = false\n", "", "項目がありません"),
        ('kind = "yen" }', 'kind = "money" }', "決められた値ではありません"),
        ("follows", "folows", "知らない項目です"),
        ('title = "合計金額"\nat', "at", "項目がありません"),
        ("[[record]]", "[[record", "TOMLとして読めません"),
    ],
)
def test_a_wrong_spec_is_explained(tmp_path: Path, old: str, new: str, said: str) -> None:
    path = tmp_path / "sixth.toml"
    path.write_text(_SIXTH.replace(old, new), encoding="utf-8")
    with pytest.raises(BadFile, match=said):
        read_spec(path)


def test_every_provisional_spec_says_so() -> None:
    assert {name for name, spec in SPECS.items() if spec.verified.fully} == {
        "account_transfer_91_request",
        "account_transfer_91_result",
        "bank_credit_01_a",
        "bank_credit_01_b",
        "bank_statement_03",
        "cvs_family_a",
        "dsk_csv",
        "gs1_128",
        "money_by_hand_csv",
        "mpn_line",
        "notice_csv",
        "payment_by_hand_csv",
    }
    halves = {name: spec.verified.words for name, spec in SPECS.items() if spec.verified.layout != spec.verified.values}
    assert halves == {"account_transfer_91_csv": "配置は仮", "cvs_family_b": "配置は仮"}
    for spec in SPECS.values():
        assert spec.sources and (spec.verified.fully or spec.open_questions), spec.name
    assert isinstance(read_specs([Path(__file__).parents[2] / "specs"])["dsk_csv"].record[0].offsets, tuple)


def test_the_spec_commands() -> None:
    listed = elqr("spec", "list")
    assert listed.code == 0 and all(name in listed.out for name in SPECS)
    shown = elqr("spec", "show", "account_transfer_91_result").out
    assert "112/1    振替結果（result）" in shown and "92/20    顧客番号" in shown
    assert elqr("spec", "show", "nai").code == 1


def test_dump_recognises_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "f.dat"
    path.write_bytes(GOOD["cvs_family_a"])
    ran = elqr("spec", "dump", "-", path, "--date", "2026-11-20")
    assert ran.code == 0 and ran.out.startswith("様式 cvs_family_a") and REAL_BARCODE in ran.out


def test_frames_of_all_formats_agree() -> None:
    frames = [judge_file(data, "f", [SPECS[name]], NIGHT).payments for name, data in GOOD.items()]
    assert len(frames) == len(PAYMENT_SPECS) and all(
        frame is not None and frame.schema == frames[0].schema for frame in frames
    )  # type: ignore[union-attr]
    assert pl.concat([frame for frame in frames if frame is not None])["occurrence_no"].unique().to_list() == [1]
