"""elqr file mask: nothing personal is left, and everything the night looks at is as it was."""

from datetime import date
from pathlib import Path

import pytest

from elqr.arithmetic.checkdigit import gs1_check_digit_of
from elqr.formats.authoring.overlap import specimen
from elqr.formats.decode import decode
from elqr.formats.ebcdic import from_ebcdic, to_ebcdic
from elqr.formats.intake.delivered_file import judge_file
from elqr.formats.intake.masking import mask_file
from elqr.formats.spec import Spec
from elqr.vocabulary.codes import Code
from elqr.vocabulary.errors import BadFile
from tests.builders import (
    NIGHT,
    PAYMENT_SPECS,
    REAL_BARCODE,
    REAL_KEY,
    ROOT,
    SPECS,
    City,
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
    request_file,
    transfer_file,
    transfer_row,
)

_SPECS = [SPECS[name] for name in PAYMENT_SPECS]
_KEY = b"an invented key of the tests"
_HOLDER = "ﾅｲｼｮ ﾊﾅｺ"
_ROWS = [
    transfer_row("00000000000000000031", 10_000, holder=_HOLDER, account_no="7654321"),
    transfer_row("ABC-77", 500, "1", holder="ﾋﾐﾂ ｼﾞﾛｳ", account_no="2468013"),
    transfer_row("00000000000000000031", 20_000, holder=_HOLDER, account_no="7654321"),
]


def _mask(data: bytes, named: str | None = None) -> bytes:
    return mask_file(data, "f", _SPECS, NIGHT, _KEY, SPECS[named] if named else None).data


def test_names_accounts_and_keys_are_gone_and_equal_ones_stay_equal() -> None:
    data = transfer_file(*_ROWS)
    made = _mask(data)
    assert len(made) == len(data)
    for secret in (_HOLDER, "ﾊﾅｺ", "ﾋﾐﾂ", "7654321", "2468013", "00000000000000000031", "ABC-77"):
        assert secret.encode("cp932") in data and secret.encode("cp932") not in made
    rows = decode(made, SPECS["account_transfer_91_result"], "f", NIGHT).tables["data"]
    assert rows["amount_yen"].to_list() == [10_000, 500, 20_000] and rows["result"].to_list() == ["0", "1", "0"]
    for name in ("holder", "account_no", "customer_no"):
        first, second, third = rows[name]
        assert first == third != second, name
    assert rows["bank"].to_list() == ["0001"] * 3, "which bank it was tells nobody apart"
    assert made[:120] == data[:120] and made[-240:] == data[-240:]


def test_the_keys_of_a_request_are_gone() -> None:
    data = request_file(transfer_row("ABC-77", 500), debit_on=NIGHT)
    made = _mask(data, "account_transfer_91_request")
    assert len(made) == len(data) and b"ABC-77" in data and b"ABC-77" not in made


def test_a_bar_code_keeps_its_amount_its_limit_and_a_right_check_digit() -> None:
    made = _mask(cvs_file(cvs_row(REAL_BARCODE), cvs_row(barcode("77", 500, None))))
    codes = [made[122 + 122 * at + 15 :][:44].decode() for at in range(2)]
    assert [code[:13] for code in codes] == [REAL_BARCODE[:13]] * 2, "the same company in every record"
    assert codes[0][13:29] != REAL_BARCODE[13:29] and codes[0][29:43] == REAL_BARCODE[29:43]
    assert codes[1][29:43] == "09999990000500"
    assert all(code[43] == gs1_check_digit_of(code[:43]) for code in codes)


def test_an_ebcdic_file() -> None:
    plain = transfer_file(*_ROWS)
    data = to_ebcdic(plain.replace(b"1910", b"1911", 1), "f")
    made = _mask(data)
    assert data[0] == made[0] == 0xF1 and len(made) == len(data)
    text = from_ebcdic(made)
    assert text[120 + 80 : 120 + 90] == b"0000010000" and b"7654321" not in text and "ﾊﾅｺ".encode("cp932") not in text
    twin = from_ebcdic(_mask(data))
    assert twin == text and text != plain


def test_a_wrong_check_digit_stays_wrong() -> None:
    wrong = REAL_BARCODE[:43] + "9"
    data = cvs_file(cvs_row(wrong), cvs_row(REAL_BARCODE))
    made = _mask(data)
    assert made != data
    assert [(f.code, f.at.record_no) for f in judge_file(made, "f", _SPECS, NIGHT).findings] == [(Code.CHECK_DIGIT, 2)]


def test_what_repeats_a_part_of_the_key_follows_it() -> None:
    made = _mask(dsk_file(dsk_row(REAL_BARCODE), dsk_row(barcode("9876543210123456", 500, None))))
    for line in made.decode("cp932").split("\r\n")[1:]:
        cells = line.split(",")
        code = cells[3].removeprefix("EAN")
        assert (cells[4], cells[5]) == (code[13:19], code[19:30])
    assert b"202401" not in made and b"543210123456" not in made


def test_the_numbers_of_an_eltax_file() -> None:
    made = _mask(eltax_file(eltax_row(REAL_KEY, "778284", 39_500), eltax_row("1" * 20, "123456", 100)))
    assert REAL_KEY.encode() not in made and b"778284" not in made and b"39500" in made


def test_a_field_nobody_reads_is_replaced_in_data_and_left_in_headers() -> None:
    data = bytearray(transfer_file(*_ROWS))
    data[120 + 112 : 120 + 120] = b"TANAKA12"
    data[103:113] = b"SHIYAKUSHO"
    made = _mask(bytes(data))
    assert b"TANAKA12" not in made and b"SHIYAKUSHO" in made


DAMAGES = [
    ("合計違い", lambda data: data.replace(b"000003000000030500", b"000004000000030501"), [Code.CONTROL_COUNT]),
    ("数字でない", lambda data: data.replace(b"0000010000", b"00000X0000", 1), [Code.NOT_DIGITS]),
    ("口座が数字でない", lambda data: data.replace(b"7654321", b"765A321", 1), [Code.NOT_DIGITS]),
    ("氏名が読めない", lambda data: data.replace("ﾋﾐﾂ".encode("cp932"), b"\x81\x20\xff"), [Code.NOT_TEXT]),
    ("並び違い", lambda data: data[:240] + data[:120] + data[240:], [Code.RECORD_ORDER]),
    ("エンドなし", lambda data: data[:-120], [Code.RECORD_ORDER]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "damage", "codes"), DAMAGES, ids=[row[0] for row in DAMAGES])
def test_a_bad_file_is_held_back_for_the_same_reasons(name: str, damage: object, codes: list[Code]) -> None:
    data = damage(transfer_file(*_ROWS))  # type: ignore[operator]
    before = judge_file(data, "f", _SPECS, NIGHT).findings
    assert {finding.code for finding in before} >= set(codes), before
    made = _mask(data)
    after = judge_file(made, "f", _SPECS, NIGHT).findings
    assert [(f.code, f.at) for f in after] == [(f.code, f.at) for f in before]
    assert len(made) == len(data) and "ﾊﾅｺ".encode("cp932") not in made and b"7654321" not in made


UNREADABLE = [
    ("空", b"", None),
    ("わからない形式", b"\x00\x01\x02" * 100, None),
    ("途中で切れた", transfer_file(*_ROWS)[:300], None),
    ("区分不明", transfer_file(*_ROWS).replace(b"9" + b" " * 119, b"7" + b" " * 119), None),
    ("エラー応答", b"error: 1\r\n", "dsk_csv"),
    ("列が足りない", dsk_file(dsk_row(REAL_BARCODE)).replace(b",20261106", b""), "dsk_csv"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "data", "named"), UNREADABLE, ids=[row[0] for row in UNREADABLE])
def test_what_cannot_be_cut_is_not_copied(name: str, data: bytes, named: str | None) -> None:
    with pytest.raises(BadFile, match="写しを作りません"):
        _mask(data, named)


def _with(spec: Spec, name: str, **update: object) -> Spec:
    records = [
        record.model_copy(
            update={
                "fields": tuple(
                    own.model_copy(update=update) if own.name == name else own for own in record.fields
                )
            }
        )
        for record in spec.record
    ]  # fmt: skip
    return spec.model_copy(update={"record": tuple(records)})


def test_personal_days_times_and_codes_become_others_of_their_kind() -> None:
    spec = SPECS["notice_csv"]
    for name in ("issued_on", "change_kind"):
        spec = _with(spec, name, personal=True)
    rows = [notice_row(bill_no=str(at), issued_on=date(2026, 10, at)) for at in range(1, 29)]
    made = mask_file(notice_file(*rows), "f", [], NIGHT, _KEY, spec).data
    table = decode(made, spec, "f", NIGHT).tables["notice"]
    assert {day.year for day in table["issued_on"]} == {2026} and table["issued_on"].n_unique() > 14
    assert set(table["change_kind"]) <= {"1", "9"}
    days = mask_file(
        cvs_file(cvs_row(REAL_BARCODE)), "f", [], NIGHT, _KEY, _with(SPECS["cvs_family_a"], "paid_at", personal=True)
    )
    assert judge_file(days.data, "f", _SPECS, NIGHT).findings == ()


def test_personal_yen_cannot_be_masked() -> None:
    spec = _with(SPECS["notice_csv"], "principal_yen", personal=True)
    with pytest.raises(BadFile, match="合計が合わなく"):
        mask_file(notice_file(notice_row()), "f", [], NIGHT, _KEY, spec)


CSVS = [
    ("引用符と改行を含む", 'a"b'),
    ("コンマを含む", "架空,太郎"),
    ("改行を含む", "架空\r\n太郎"),
    ("全部記号", "＊＊＊"),
    ("長い", "架" * 100),
]


@pytest.mark.parametrize(("name", "payer"), CSVS, ids=[row[0] for row in CSVS])
@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "cp932"])
def test_quoted_cells(name: str, payer: str, charset: str) -> None:
    data = notice_file(notice_row(payer_name=payer), notice_row(bill_no="2", payer_name="架空 太郎"), charset=charset)
    made = _mask(data, "notice_csv")
    assert len(made) == len(data)
    table = decode(made, SPECS["notice_csv"], "f", NIGHT).tables["notice"]
    was = decode(data, SPECS["notice_csv"], "f", NIGHT).tables["notice"]
    assert table["payer_name"][1] not in ("架空 太郎", None)
    assert len(table["payer_name"][0]) == len(was["payer_name"][0])
    assert (table["payer_name"][0] != was["payer_name"][0]) is (payer != "＊＊＊")
    assert (table["address"] != was["address"]).all() and (table["principal_yen"] == was["principal_yen"]).all()


def test_every_sample_is_judged_as_before() -> None:
    for path in sorted((ROOT / "samples" / "inbox").iterdir()):
        data = path.read_bytes()
        made = _mask(data)
        before, after = (judge_file(given, path.name, _SPECS, NIGHT) for given in (data, made))
        assert made != data and len(made) == len(data)
        assert (after.spec_name, after.record_count) == (before.spec_name, before.record_count)
        assert [(f.code, f.at) for f in after.findings] == [(f.code, f.at) for f in before.findings]


def test_a_city_masked_with_one_key_has_the_same_night(tmp_path: Path) -> None:
    """The same key makes the same pseudonyms in notices and payments, so support can run the whole night."""
    first = barcode("31", 10_000, date(2026, 11, 30))
    notices = [
        notice_row(bill_no="1", key_no="2" * 20, check_no="123456", barcode=first, customer_no="C000031"),
        notice_row(bill_no="2", key_no="3" * 20, check_no="654321"),
    ]
    files = {
        "cvs.dat": cvs_file(cvs_row(first), cvs_row(barcode("99", 70, None))),
        "eltax.csv": eltax_file(eltax_row("3" * 20, "654321", 10_000), eltax_row("2" * 20, "111111", 10_000, serial_no="00000002")),
        "kouza.dat": transfer_file(transfer_row("C000031", 10_000)),
    }  # fmt: skip
    outcomes = []
    for name in ("real", "masked"):
        city = City.founded(tmp_path / name)
        data = notice_file(*notices)
        (city.folder / "notices" / "n.csv").write_bytes(data if name == "real" else _mask(data, "notice_csv"))
        for file, given in files.items():
            city.deliver(file, given if name == "real" else _mask(given))
        assert city.night().code == 3
        outcomes.append(city.outcomes())
    assert outcomes[0] == outcomes[1] and len(outcomes[0]) == 5
    assert {row[2] for row in outcomes[0]} >= {"一致", "該当なし", "確認番号相違"}


@pytest.mark.parametrize("name", sorted(name for name, spec in SPECS.items() if spec.purpose != "part"))
def test_a_smallest_file_of_every_shipped_format(name: str) -> None:
    """Check digits of bar codes and MPN lines inside stay right, EBCDIC stays EBCDIC."""
    for charset in SPECS[name].charsets:
        spec = SPECS[name].model_copy(update={"charsets": (charset,)})
        data = specimen(spec)
        before = decode(data, SPECS[name], "f", NIGHT)
        made = mask_file(data, "f", [], NIGHT, _KEY, SPECS[name]).data
        after = decode(made, SPECS[name], "f", NIGHT)
        assert before.charset == charset and before.tables and len(made) == len(data)
        assert [(f.code, f.at) for f in after.findings] == [(f.code, f.at) for f in before.findings]
        for record, table in before.tables.items():
            for column in [own for own in table.columns if own.endswith("_yen") or own.endswith("count")]:
                assert after.tables[record][column].equals(table[column])


def test_the_command(tmp_path: Path) -> None:
    path, out, key = tmp_path / "kouza.dat", tmp_path / "copy.dat", tmp_path / "key"
    path.write_bytes(transfer_file(*_ROWS))
    ran = elqr("file", "mask", path, "--out", out, "--date", NIGHT)
    assert ran.code == 0 and "置き換え　預金者名　3か所" in ran.out and "渡す前に" in ran.err
    assert out.stat().st_size == path.stat().st_size
    first = out.read_bytes()
    out.unlink()
    elqr("file", "mask", path, "--out", out, "--date", NIGHT)
    assert out.read_bytes() != first, "a key of its own each time"
    key.write_bytes(b"x" * 15)
    assert "短すぎます" in elqr("file", "mask", path, "--out", tmp_path / "b", "--key-file", key).err
    key.write_bytes(b"x" * 16)
    for name in ("b", "c"):
        assert elqr("file", "mask", path, "--out", tmp_path / name, "--key-file", key, "--date", NIGHT).code == 0
    assert (tmp_path / "b").read_bytes() == (tmp_path / "c").read_bytes()


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "kouza.dat"
    path.write_bytes(transfer_file(*_ROWS))
    (tmp_path / "there").write_bytes(b"mine")
    (tmp_path / "link").symlink_to(path)
    for out, said in (
        (path, "元のファイルです"),
        (tmp_path / "link", "元のファイルです"),
        (tmp_path / "there", "すでにあります"),
        (tmp_path, "フォルダです"),
        (tmp_path / "there" / "x", "書けません"),
    ):
        ran = elqr("file", "mask", path, "--out", out, "--date", NIGHT)
        assert ran.code == 1 and said in ran.err, ran.err
        assert path.read_bytes() == transfer_file(*_ROWS) and (tmp_path / "there").read_bytes() == b"mine"
    for given in (tmp_path / "nai", tmp_path):
        assert elqr("file", "mask", given, "--out", tmp_path / "new").code == 1
    assert elqr("file", "mask", path).code == 2
    (tmp_path / "bad").write_bytes(transfer_file(*_ROWS)[:300])
    assert elqr("file", "mask", tmp_path / "bad", "--out", tmp_path / "new").code == 1
    assert not (tmp_path / "new").exists()
