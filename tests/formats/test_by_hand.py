"""CSVs as Excel saves them: what is certain is read, what is not is told, and nobody is asked to send again what we made."""

from datetime import date
from pathlib import Path

import pytest

from elqr.formats.decode import decode
from elqr.formats.intake.delivered_file import judge_file
from elqr.vocabulary.code_texts import CODES
from tests.builders import JOB, NIGHT, REAL_BARCODE, SPECS, City, notice_row

_SPEC = SPECS["money_by_hand_csv"]
_HEAD = "整理番号,入金日,金額,振込依頼人,資金化日,口座,区分"
_PLAIN = f"{_HEAD}\r\n1,2026/11/05,18900,ミホンギンコウ,2026/11/06,1234567,入金\r\n"

ACCEPTED = {
    "素直": _PLAIN,
    "ゼロのない日付": _PLAIN.replace("2026/11/05", "2026/11/5"),
    "ハイフンの日付": _PLAIN.replace("2026/11/05", "2026-11-5"),
    "漢字の日付": _PLAIN.replace("2026/11/05", "2026年11月5日"),
    "和暦": _PLAIN.replace("2026/11/05", "令和8年11月5日"),
    "短い和暦": _PLAIN.replace("2026/11/05", "R8.11.5"),
    "桁区切りの金額": _PLAIN.replace("18900", '"18,900"'),
    "円記号": _PLAIN.replace("18900", '"¥18,900"'),
    "全角": _PLAIN.replace("18900", "１８，９００".replace("，", "")).replace("2026/11/05", "２０２６／１１／０５"),
    "前後の空白": _PLAIN.replace(",入金\r", ", 入金 \r").replace("18900", " 18900 ").replace("入金日", " 入金日 "),
    "下の空の行": _PLAIN + ",,,,,,\r\n" * 3,
    "右の空の列": _PLAIN.replace("区分\r\n", "区分,,\r\n").replace("入金\r\n", "入金,,\r\n"),
    "最後の空行": _PLAIN + "\r\n",
}


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "cp932"])
@pytest.mark.parametrize("text", ACCEPTED.values(), ids=ACCEPTED)
def test_what_excel_makes_of_it_is_read(text: str, charset: str) -> None:
    data = text.replace("¥", "\\" if charset == "cp932" else "¥").encode(charset)
    intake = judge_file(data, "f.csv", [_SPEC], NIGHT)
    assert intake.findings == () and intake.deposits is not None
    rows = intake.deposits.select("booked_on", "yen", "kind", "funds_on", "sender").rows()
    assert rows == [(date(2026, 11, 5), 18_900, "received", date(2026, 11, 6), "ミホンギンコウ")]


_KEY, _CODE = "00000202401010104348", REAL_BARCODE
_SLIP = (
    "整理番号,納付番号,確認番号,バーコード,金額,領収日,収入日,画像番号,チャネル\r\n"
    f"7,{_KEY},012345,,39500,2026/11/05,,図 1,窓口\r\n8,,,{_CODE},39500,2026/11/05,,,郵便局\r\n"
)
AS_ON_THE_SLIP = {
    "素直": _SLIP,
    "紙のとおりに区切ったもの": _SLIP.replace(_KEY, "0000 0202-4010 1010-4348").replace(
        _CODE, f"(91){_CODE[2:8]}-{_CODE[8:29]}-{_CODE[29]}-{_CODE[30:36]}-{_CODE[36]}-{_CODE[37:43]}-{_CODE[43]}"
    ),
    "表計算が落とした前のゼロ": _SLIP.replace(_KEY, "202401010104348").replace(",012345,", ",12345,"),
    "全角": _SLIP.replace(_KEY, "".join(chr(ord(digit) + 0xFEE0) for digit in _KEY)),
}


@pytest.mark.parametrize("text", AS_ON_THE_SLIP.values(), ids=AS_ON_THE_SLIP)
def test_a_slip_is_named_as_it_is_printed_on_it(text: str) -> None:
    intake = judge_file(text.encode("cp932"), "f.csv", [SPECS["payment_by_hand_csv"]], NIGHT)
    assert intake.findings == () and intake.payments is not None
    rows = intake.payments.select("key_kind", "key_digits", "reissue_no", "check_no", "paid_yen", "image_ref").rows()
    assert rows == [
        ("elqr", _KEY, "", "012345", 39_500, "図 1"),
        ("barcode", "959919" + "83326" + "2024010101043480", "0", None, 39_500, ""),
    ]


def test_an_amount_that_is_not_that_of_the_bar_code_is_in_doubt() -> None:
    text = _SLIP.replace(f"{_CODE},39500", f"{_CODE},39501")
    intake = judge_file(text.encode(), "f.csv", [SPECS["payment_by_hand_csv"]], NIGHT)
    assert intake.payments is not None
    assert intake.payments["doubt"].to_list() == [None, "金額がバーコードと違う"]


UNCERTAIN = {
    "年のない日付": ("2026/11/05", "11/5"), "どちらとも読める日付": ("2026/11/05", "5/11/2026"), "ない日": ("2026/11/05", "2026/11/31"),
    "合わない桁区切り": ("18900", '"18,90"'), "小数": ("18900", "18900.5"), "負": ("18900", "-18900"), "指数": ("18900", "1.89E+04"),
    "ない区分": (",入金\r", ",入\r"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new"), UNCERTAIN.values(), ids=UNCERTAIN)
def test_what_is_not_certain_is_told_to_who_made_it(old: str, new: str) -> None:
    findings = decode(_PLAIN.replace(old, new).encode(), _SPEC, "f.csv", NIGHT).findings
    assert [finding.at.record_no for finding in findings] == [1]
    assert "送付元" not in str(findings[0]) and "直して" in findings[0].remedy


def test_a_blank_row_between_others_is_told_by_its_number() -> None:
    text = _PLAIN + ",,,,,,\r\n" + _PLAIN.split("\r\n")[1].replace("1,", "2,", 1) + "\r\n"
    findings = decode(text.encode(), _SPEC, "f.csv", NIGHT).findings
    assert {finding.at.record_no for finding in findings} == {2}


def test_advice_follows_who_made_the_file_for_every_spec_and_code() -> None:
    own = {name: spec.made_by for name, spec in SPECS.items() if spec.made_by != "sender"}
    assert own == {
        "payment_by_hand_csv": "city",
        "reminder_status_csv": "core", "refund_paid_csv": "accounting",
        "money_by_hand_csv": "city", "notice_csv": "core", "claim_csv": "core", "account_transfer_91_request": "core",
        "eltax_notice_upload_csv": "city", "collection_history_csv": "city",
    }  # fmt: skip
    asked = 0
    for code, text in CODES.items():
        asked += "送付元" in text.remedy_for("sender")
        if code.startswith("F"):
            assert not {who for who in ("city", "core", "accounting") if "送付元" in text.remedy_for(who)}, code
    assert asked > 20
    for name in own:
        spec = SPECS[name]
        for data in (b"", b"x" * 300, b"\xff\n", b"%PDF"):
            for finding in (*judge_file(data, "f", [spec], NIGHT).findings, *decode(data, spec, "f", NIGHT).findings):
                assert "送付元" not in str(finding), (name, finding)


def test_the_morning_gives_the_same_advice(tmp_path: Path) -> None:
    job = JOB + '\n[[money]]\npath = "money"\nspecs = ["money_by_hand_csv"]\n'
    city = City.founded(tmp_path / "city", job=job)
    (city.folder / "money").mkdir()
    (city.folder / "money" / "hand.csv").write_bytes(_PLAIN.replace("18900", "abc").encode())
    city.notices(notice_row())
    for _ in range(2):
        assert city.night().code == 4
        page = (city.drawn() / "index.html").read_text(encoding="utf-8")
        assert "受信箱に入れ直してください" in page and "再送を依頼" not in page
