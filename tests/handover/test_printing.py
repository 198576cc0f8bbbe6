"""Printing from the ledger to the released pile, through the command line, and everything that must stop it."""

import hashlib
import io
import json
import os
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pypdfium2
import pytest
from PIL import Image

from elqr.handover import print_batch
from elqr.handover.print_manifest import MANIFEST
from elqr.issue.payload import PayloadValues, encode
from elqr.issue.reading import read_payload
from elqr.issue.symbol import draw
from elqr.printing import proof
from elqr.vocabulary.codes import Code
from tests.builders import (
    JOB,
    REAL_CODE,
    REGISTER,
    ROOT,
    City,
    Ran,
    barcode,
    cvs_file,
    cvs_row,
    elqr,
    notice_row,
)
from tests.cases.job_parts import PRINT
from tests.cases.prepared import prepared
from tests.cases.prints import approve_release, manifest_of, pay_slip, print_slips, record_uploads, request_release

pytestmark = pytest.mark.usefixtures("each_command_once")

DOURO = """
[[procedure]]
code = "douro"
name = "道路占用料"
kind = "使用料・手数料"
department = "道路管理課"
priority = "優先"
item_no = "907"
go_live_on = 2026-10-01
"""

# Two payers of 国保 with four and two 期別, one 占用料, and one of 水道, which has no eL-QR yet.
ROWS = [
    *(notice_row(payer_ref="1", bill_no="101", installment_no=no, principal_yen=1_000 * no, barcode=barcode(f"1{no}", 1_000 * no, date(2026, 11, 30))) for no in (1, 2, 3, 4)),
    *(notice_row(payer_ref="2", bill_no="102", installment_no=no, principal_yen=500 * no, payer_name="架空 花子") for no in (1, 2)),
    notice_row(procedure_code="douro", payer_ref="3", bill_no="301", principal_yen=26_000),
    notice_row(procedure_code="suido", payer_ref="1", bill_no="401", principal_yen=3_000),
]  # fmt: skip


def _city_of(folder: Path) -> City:
    made = City.founded(folder, JOB + PRINT, REGISTER + DOURO)
    made.notices(*ROWS)
    assert made.night().code == 0
    return made


@pytest.fixture
def city(tmp_path: Path) -> City:
    return prepared(tmp_path / "city", _city_of)


def _key(city: City, bill_no: str, installment_no: int, procedure: str = "kokuho", issue_no: int = 1) -> str:
    return city.issued()[procedure, bill_no, installment_no, issue_no][0]


def test_a_print_counts_and_its_files_are_as_the_manifest_says(city: City) -> None:
    ran = print_slips(city)
    assert (ran.code, ran.err) == (0, "")
    manifest = manifest_of(city)
    # 国保: bills of two and one pages do not fit one file of two; 1,000+2,000+3,000+4,000 and 500+1,000 yen.
    assert [(file["name"], file["pages"], file["notices"], file["yen"]) for file in manifest["files"]] == [
        ("0001_hokenryo.pdf", 2, 4, 10_000),
        ("0002_hokenryo.pdf", 1, 2, 1_500),
        ("0003_shiyoryo.pdf", 1, 1, 26_000),
    ]
    assert (manifest["pages"], manifest["notices"], manifest["yen"]) == (4, 7, 37_500)
    checked = manifest["preflight"]
    assert (checked["scope"], checked["pages"], checked["symbols"], checked["bar_codes"]) == ("all", 4, 7, 4)
    for file in manifest["files"]:
        for name, sha256 in ((file["name"], file["sha256"]), (file["list_name"], file["list_sha256"])):
            assert hashlib.sha256((city.folder / "print" / name).read_bytes()).hexdigest() == sha256
    assert manifest["state"] == "printed" and not (city.folder / "print" / print_batch.PROGRESS).exists()


def test_what_is_printed_is_not_printed_again_and_new_notices_are(city: City) -> None:
    assert print_slips(city).code == 0
    again = print_slips(city, "again")
    assert (again.code, again.out) == (0, "印刷できる納付書はありません。\n") and not (city.folder / "again").exists()
    city.notices(notice_row(payer_ref="9", bill_no="999"), name="more.csv")
    assert city.night().code == 0
    assert print_slips(city, "more").code == 0
    assert (manifest_of(city, "more")["print_no"], manifest_of(city, "more")["notices"]) == (2, 1)


def test_only_the_procedures_asked_for(city: City) -> None:
    assert print_slips(city, "one", "--procedure", "douro").code == 0
    assert manifest_of(city, "one")["notices"] == 1
    assert print_slips(city, "rest").code == 0
    assert manifest_of(city, "rest")["notices"] == 6
    assert "手続 nashi は手続台帳にありません" in print_slips(city, "x", "--procedure", "nashi").err


def test_from_a_list_and_a_reprint_gives_the_same_bytes(city: City, tmp_path: Path) -> None:
    assert print_slips(city).code == 0
    keys = tmp_path / "keys.txt"
    grouped = "-".join(_key(city, "102", 1)[at : at + 4] for at in range(0, 20, 4))
    full_width = _key(city, "102", 2).translate({ord("0") + digit: ord("０") + digit for digit in range(10)})
    keys.write_text(f"{grouped}\n\n{full_width}\n{grouped}\n", encoding="cp932")
    assert print_slips(city, "re", "--from", keys).code == 0
    assert manifest_of(city, "re")["notices"] == 2
    upload = sorted((city.folder / "out" / "upload").glob("*.csv"))[0]
    assert print_slips(city, "all", "--from", upload).code == 0
    for name in ("0001_hokenryo.pdf", "0002_hokenryo.pdf", "0003_shiyoryo.pdf"):
        assert (city.folder / "all" / name).read_bytes() == (city.folder / "print" / name).read_bytes()


WRONG_LISTS = [
    ("空", b"", "納付番号がありません"),
    ("桁が違う", b"123\n", "1行目「123」は納付番号（20桁）ではありません"),
    ("全角で桁が違う", "１２３４５６７８９０１２３４５６７８９\n".encode(), "納付番号（20桁）ではありません"),
    ("二行目が違う", b"0" * 20 + b"\nabc\n", "2行目「abc」"),
    ("見出しだけ", "納付番号,金額\n".encode(), "納付番号がありません"),
    ("文字でない", b"\xff\xfe\x00\x81", "文字として読めません"),
]


@pytest.mark.parametrize(("data", "said"), [case[1:] for case in WRONG_LISTS], ids=[case[0] for case in WRONG_LISTS])
def test_a_list_that_is_none(city: City, tmp_path: Path, data: bytes, said: str) -> None:
    path = tmp_path / "list.txt"
    path.write_bytes(data)
    ran = print_slips(city, "x", "--from", path)
    assert ran.code == 1 and said in ran.err and not (city.folder / "x").exists()


def test_keys_that_cannot_be_printed_are_named_and_the_others_printed(city: City, tmp_path: Path) -> None:
    keys = tmp_path / "keys.txt"
    keys.write_text(f"{'9' * 20}\n{_key(city, '102', 1)}\n", encoding="utf-8")
    ran = print_slips(city, "print", "--from", keys)
    assert ran.code == 3 and f"[{Code.NOT_ISSUED}] 納付番号{'9' * 20}" in ran.err
    assert manifest_of(city)["notices"] == 1


def test_a_name_the_font_lacks_is_told_and_the_rest_is_printed(city: City) -> None:
    city.notices(notice_row(payer_ref="7", bill_no="777", payer_name="𠮷田 太郎"), name="more.csv")
    assert city.night().code == 0
    ran = print_slips(city)
    assert ran.code == 3 and "[R901] 宛名番号7 通知書番号777" in ran.err and "「𠮷」（U+20BB7）" in ran.err
    assert "太郎" not in ran.err
    assert (manifest_of(city)["notices"], len(manifest_of(city)["left_out"])) == (7, 1)


def test_when_nothing_can_be_set_nothing_is_recorded(tmp_path: Path) -> None:
    city = City.founded(tmp_path / "city")
    city.notices(notice_row(payer_name="𠮷田 太郎"))
    city.night()
    ran = print_slips(city)
    assert ran.code == 3 and "[R901]" in ran.err and "印刷できる納付書はありません" in ran.out
    assert not list((city.folder / "print").glob("*"))
    assert print_slips(city).code == 3, "it may be tried again"


def test_a_form_that_the_font_cannot_set_is_refused(city: City) -> None:
    own = city.folder / "sheets"
    own.mkdir()
    text = (ROOT / "specs" / "sheets" / "hokenryo.toml").read_text(encoding="utf-8")
    city.job.write_text(
        city.job.read_text(encoding="utf-8").replace(PRINT, PRINT + 'sheets = ["sheets"]\n'), encoding="utf-8"
    )
    for old, new, said in (
        ("（市保管）", "（市保管𠮷）", "「（市保管𠮷）」の 𠮷 が書体 ipaexg.ttf にありません"),
        ('"（市保管）"', f'"{"市" * 99}"', "が幅64mmに入りません"),
        ("　様", "　様𠮷", "「　様𠮷」の 𠮷 が書体"),
    ):
        (own / "hokenryo.toml").write_text(text.replace(old, new), encoding="utf-8")
        ran = print_slips(city, "x", "--procedure", "kokuho")
        assert ran.code == 1 and said in ran.err and not (city.folder / "x").exists(), ran.err


def test_an_interrupted_print_goes_on_and_ends_the_same(city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    whole = city.copy(tmp_path / "whole")
    assert print_slips(whole).code == 0
    done: list[int] = []
    real = print_batch.prove

    def failing(order: proof.Order) -> proof.Proof:
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(order.file_no)
        return real(order)

    monkeypatch.setattr(print_batch, "prove", failing)
    ran = print_slips(city)
    assert ran.code == 130 and not (city.folder / "print" / MANIFEST).exists()
    (city.folder / "print" / "0002_hokenryo.pdf").write_bytes(b"half")
    drawn: list[int] = []
    monkeypatch.setattr(print_batch, "prove", lambda order: (drawn.append(order.file_no), real(order))[1])
    assert print_slips(city).code == 0
    assert drawn == [2, 3], "what is whole is kept; what was spoilt is made again"
    for path in (whole.folder / "print").iterdir():
        assert (city.folder / "print" / path.name).read_bytes() == path.read_bytes()


@pytest.mark.parametrize("cut", ["before the manifest", "before the ledger", "after the ledger"])
def test_power_that_fails_at_the_end_of_a_print(city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cut: str) -> None:  # fmt: skip
    whole = city.copy(tmp_path / "whole")
    assert print_slips(whole).code == 0
    real_write = print_batch.write_printed

    def cut_write(path: Path, data: bytes) -> None:
        if path.name == MANIFEST and cut == "before the manifest":
            raise KeyboardInterrupt
        real_write(path, data)
        if path.name == MANIFEST and cut == "before the ledger":
            raise KeyboardInterrupt

    def cut_unlink(path: Path, *, missing_ok: bool = False) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(print_batch, "write_printed", cut_write)
        if cut == "after the ledger":
            patch.setattr(Path, "unlink", cut_unlink)
        assert print_slips(city).code == 130
    again = print_slips(city)
    assert ("印刷済みの納付書があります" in again.err) if cut == "after the ledger" else (again.code == 0)
    assert {path.name: path.read_bytes() for path in (city.folder / "print").iterdir()} == {
        path.name: path.read_bytes() for path in (whole.folder / "print").iterdir()
    }
    record_uploads(city)
    assert (request_release(city).code, approve_release(city).code) == (0, 0)


def test_a_folder_begun_otherwise_is_not_gone_on_with(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(order: proof.Order) -> proof.Proof:
        if order.file_no == 2:
            raise KeyboardInterrupt
        return proof.prove(order)

    with monkeypatch.context() as patch:
        patch.setattr(print_batch, "prove", interrupted)
        assert print_slips(city).code == 130
    ran = print_slips(city, "print", "--date", "2026-11-21")
    assert ran.code == 1 and "違う印刷の途中です" in ran.err
    assert print_slips(city).code == 0


def test_folders_that_hold_something_else_are_refused(city: City) -> None:
    assert print_slips(city).code == 0
    assert "印刷済みの納付書があります" in print_slips(city).err
    (city.folder / "other").mkdir()
    (city.folder / "other" / "a.pdf").write_bytes(b"%PDF")
    city.notices(notice_row(payer_ref="9", bill_no="999"), name="more.csv")
    city.night()
    assert "ほかのPDFがあります" in print_slips(city, "other").err


def test_a_template_by_name_and_one_that_is_not_there(city: City) -> None:
    assert (
        "版下 nai はありません。使えるのは hokenryo, shiyoryo です。" in print_slips(city, "x", "--template", "nai").err
    )
    assert print_slips(city, "one", "--template", "shiyoryo").code == 0
    assert {file["template"] for file in manifest_of(city, "one")["files"]} == {"shiyoryo"}
    assert manifest_of(city, "one")["pages"] == 7


def test_sampling_is_for_reprints_of_what_was_released(city: City, tmp_path: Path) -> None:
    assert "--sample" in print_slips(city, "x", "--sample", 1).err
    assert print_slips(city).code == 0
    upload = sorted((city.folder / "out" / "upload").glob("*.csv"))[0]
    assert "--sample" in print_slips(city, "x", "--sample", 1, "--from", upload).err, "printed but never released"
    record_uploads(city)
    assert (request_release(city).code, approve_release(city).code) == (0, 0)
    assert print_slips(city, "re", "--sample", 1, "--from", upload).code == 0
    checked = manifest_of(city, "re")["preflight"]
    assert (checked["scope"], checked["pages"], manifest_of(city, "re")["pages"]) == ("sample", 3, 4)


def test_a_fault_stops_the_release_and_the_page_is_named(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    real = proof.document

    def swapped(template: Any, face: Any, slips: pl.DataFrame, words: pl.DataFrame, made_on: date) -> bytes:
        codes = slips["digits"].to_list()
        shifted = codes[1:2] + codes[:1] + codes[2:]
        return real(template, face, slips.with_columns(pl.Series("digits", shifted)), words, made_on)

    monkeypatch.setattr(proof, "document", swapped)
    ran = print_slips(city)
    assert ran.code == 1 and "[R908] 0001_hokenryo.pdf 1ページ 「1枚目 eL-QR」" in ran.err
    assert manifest_of(city)["state"] == "stopped"
    record_uploads(city)
    refused = request_release(city)
    assert refused.code == 1 and "印刷前検査で止まっています" in refused.err


def test_two_people_release_what_is_uploaded(city: City) -> None:
    assert print_slips(city).code == 0
    record_uploads(city)
    assert "申請されていません" in approve_release(city).err
    assert request_release(city).code == 0
    assert manifest_of(city)["state"] == "requested"
    assert "申請済みです" in request_release(city).err
    assert "申請した人（山田）は承認できません" in approve_release(city, by=" 山田 ").err
    assert "名前が空です" in approve_release(city, by=" ").err
    assert approve_release(city).code == 0
    manifest = manifest_of(city)
    assert (manifest["state"], manifest["requested"]["by"], manifest["released"]["by"]) == ("released", "山田", "佐藤")
    assert "承認済みです" in approve_release(city).err


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_what_is_printed_is_for_its_user_alone(city: City) -> None:
    before = os.umask(0)
    try:
        assert print_slips(city, "deep/print", "--procedure", "douro").code == 0
        record_uploads(city)
        assert request_release(city, "deep/print").code == 0
    finally:
        os.umask(before)
    written = [city.folder / "deep", *(city.folder / "deep").rglob("*")]
    assert {path.name: oct(path.stat().st_mode & 0o777) for path in written} == {
        "deep": "0o700",
        "print": "0o700",
        MANIFEST: "0o600",
        "0001_shiyoryo.pdf": "0o600",
        "0001_shiyoryo.csv": "0o600",
    }


def test_a_provisional_sheet_leaves_only_when_two_people_say_why(city: City) -> None:
    printed = print_slips(city, "print", "--procedure", "douro")
    assert "仮の版下 shiyoryo　審査の済んだ版下ではありません" in printed.out
    assert "仮の版下 shiyoryo　eLマークの図がなく、場所の点線だけです" in printed.out
    record_uploads(city)
    refused = request_release(city, reason=())
    assert refused.code == 1 and "印刷1は仮の版下で刷ってあります" in refused.err and "点線だけです" in refused.err
    assert "理由が空です" in request_release(city, reason=("--provisional", "　")).err
    assert request_release(city, reason=("--provisional", "審査のための試し刷り")).code == 0
    alone = approve_release(city, reason=())
    assert alone.code == 1 and "申請の理由は「審査のための試し刷り」です" in alone.err
    assert manifest_of(city)["state"] == "requested"
    assert (
        "仮の版下のまま（課長も了承）、発送を承認しました"
        in approve_release(city, reason=("--provisional", "課長も了承")).out
    )
    said = [("requested", "審査のための試し刷り"), ("released", "課長も了承")]
    assert sorted(city.sql("SELECT step, reason FROM release_step")) == sorted(said)
    assert [manifest_of(city)[step]["reason"] for step, _ in said] == [reason for _, reason in said]


def _own_sheet(city: City, *changes: tuple[str, str]) -> None:
    """The city's own sheet in place of the shipped one."""
    own = city.folder / "sheets"
    own.mkdir(exist_ok=True)
    text = (ROOT / "specs" / "sheets" / "shiyoryo.toml").read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (own / "shiyoryo.toml").write_text(text, encoding="utf-8")
    Image.new("RGB", (60, 40), (90, 90, 90)).save(own / "mark.png")
    job = city.job.read_text(encoding="utf-8")
    city.job.write_text(job.replace(PRINT, PRINT + 'sheets = ["sheets"]\n'), encoding="utf-8")


EXAMINED = ("verified = false", "verified = true")
MARKED = ("size = [16, 10] }]", 'size = [16, 10], file = "mark.png" }]')
OWN_SHEETS = [
    ("審査が済み、マークもある", [EXAMINED, MARKED], ""),
    ("審査が済んでいない", [MARKED], "審査の済んだ版下ではありません"),
    ("マークが点線だけ", [EXAMINED], "eLマークの図がなく"),
]


@pytest.mark.parametrize(("changes", "said"), [case[1:] for case in OWN_SHEETS], ids=[case[0] for case in OWN_SHEETS])
def test_a_citys_own_sheet_is_judged_as_it_is(city: City, changes: list[tuple[str, str]], said: str) -> None:
    _own_sheet(city, *changes)
    printed = print_slips(city, "print", "--procedure", "douro")
    assert printed.code == 0 and ("仮の版下" in printed.out) is bool(said)
    record_uploads(city)
    if said:
        assert said in request_release(city, reason=()).err
        return
    assert "--provisional を外して" in request_release(city).err
    shipped = ROOT / "specs" / "sheets" / "shiyoryo.toml"
    examined = (city.folder / "sheets" / "shiyoryo.toml").read_bytes()
    (city.folder / "sheets" / "shiyoryo.toml").write_bytes(shipped.read_bytes())
    assert "印刷したときの版下と違い、確かめられません" in request_release(city, reason=()).err
    (city.folder / "sheets" / "shiyoryo.toml").write_bytes(examined)
    assert (request_release(city, reason=()).code, approve_release(city, reason=()).code) == (0, 0)


def _cancelled(city: City) -> None:
    city.notices(ROWS[0] | {"change_kind": "9"}, name="more.csv")


def _reissued(city: City) -> None:
    city.notices(ROWS[0] | {"issue_no": 2, "barcode": None}, name="more.csv")


def _announced(city: City) -> None:
    """速報 only: the shop has the money, the confirmation is days away."""
    city.deliver("cvs.dat", cvs_file(cvs_row(barcode("11", 1_000, date(2026, 11, 30)), data_kind="01", funds_on=None)))


BLOCKED: list[tuple[str, Code, Callable[[City], None]]] = [
    ("未登録", Code.NOT_UPLOADED, lambda city: None),
    ("取消済", Code.NOTICE_CANCELLED, _cancelled),
    ("再発行済", Code.NOTICE_OLD, _reissued),
    ("納付済", Code.NOTICE_PAID, pay_slip),
    ("速報あり", Code.NOTICE_PAID, _announced),
]


@pytest.mark.parametrize(("code", "happens"), [case[1:] for case in BLOCKED], ids=[case[0] for case in BLOCKED])
def test_what_must_not_be_sent_stops_the_release_until_it_is_pulled(city: City, code: Code, happens: Callable[[City], None]) -> None:  # fmt: skip
    assert print_slips(city).code == 0
    if code is not Code.NOT_UPLOADED:
        record_uploads(city)
    happens(city)
    city.night()
    ran = request_release(city)
    assert ran.code == 1 and f"[{code}] 0001-00001ページ" in ran.err and manifest_of(city)["state"] == "printed"
    if code is not Code.NOT_UPLOADED:
        assert "0009-00001 はこの印刷にありません" in request_release(city, "print", "--pull", "0009-00001").err
        assert request_release(city, "print", "--pull", "0001-00001").code == 0
        again = ("notice", "preflight", city.folder / "print", "--job", city.job)
        assert elqr(*again).out == "指摘 0件。すべて台帳のとおりです。\n", "what was pulled is not in the pile"
        assert (manifest_of(city)["pulled"], approve_release(city).code) == (["0001-00001"], 0)


def test_a_stale_print_of_what_was_sent_is_refused(city: City, tmp_path: Path) -> None:
    """Printed twice before either was sent: only one of the two may leave."""
    assert print_slips(city).code == 0
    upload = sorted((city.folder / "out" / "upload").glob("*.csv"))[0]
    assert print_slips(city, "second", "--from", upload).code == 0
    record_uploads(city)
    assert (request_release(city, "second").code, approve_release(city, "second").code) == (0, 0)
    ran = request_release(city)
    assert ran.code == 1 and f"[{Code.SENT_BEFORE}] 0001-00001ページ" in ran.err
    assert print_slips(city, "third", "--from", upload).code == 0
    assert manifest_of(city, "third")["is_reprint"]
    assert (request_release(city, "third").code, approve_release(city, "third").code) == (0, 0)


EVENING = [("01", "1012"), ("03", "1012"), ("01", "1815")]


@pytest.mark.parametrize(("records", "may_go"), [(1, False), (2, True), (3, False)])
def test_a_preliminary_counts_until_it_is_taken_back(city: City, records: int, may_go: bool) -> None:
    assert print_slips(city).code == 0
    record_uploads(city)
    code = barcode("11", 1_000, date(2026, 11, 30))
    for kind, paid_at in EVENING[:records]:
        city.deliver(f"{kind}{paid_at}.dat", cvs_file(cvs_row(code, data_kind=kind, paid_at=paid_at, funds_on=None)))
        city.night()
    ran = request_release(city)
    assert (ran.code == 0) is may_go and ("速報あり" in ran.err) is not may_go


def test_what_happens_between_request_and_approval_is_seen(city: City) -> None:
    assert print_slips(city).code == 0
    record_uploads(city)
    assert request_release(city).code == 0
    pay_slip(city)
    city.night()
    ran = approve_release(city)
    assert ran.code == 1 and "[R917] 0001-00001ページ" in ran.err and manifest_of(city)["state"] == "requested"


@pytest.mark.parametrize(("code", "happens"), [case[1:] for case in BLOCKED[1:]], ids=[case[0] for case in BLOCKED[1:]])
def test_the_second_look_at_a_print_tells_what_must_not_be_sent(city: City, code: Code, happens: Callable[[City], None]) -> None:  # fmt: skip
    assert print_slips(city).code == 0
    happens(city)
    city.night()
    ran = elqr("notice", "preflight", city.folder / "print", "--job", city.job)
    assert ran.code == 1 and f"[{code}] 0001-00001ページ" in ran.err and "指摘 1件。発送しないでください。" in ran.out


def test_a_page_that_was_not_printed_is_not_sent_with_those_that_were(city: City) -> None:
    assert print_slips(city).code == 0
    record_uploads(city)
    folder = city.folder / "print"
    (folder / "Thumbs.db").write_bytes(b"x")
    looked = ("notice", "preflight", folder, "--job", city.job)
    assert elqr(*looked).code == 0
    (folder / "0009_hokenryo.pdf").write_bytes((folder / "0001_hokenryo.pdf").read_bytes())
    ran = elqr(*looked)
    assert ran.code == 1 and "0009_hokenryo.pdf" in ran.err and "目録にないファイル" in ran.err
    ran = request_release(city)
    assert ran.code == 1 and "0009_hokenryo.pdf は目録にありません" in ran.err
    (folder / "0009_hokenryo.pdf").unlink()
    assert request_release(city).code == 0


def _spoil_pdf(folder: Path) -> None:
    path = folder / "0001_hokenryo.pdf"
    path.write_bytes(path.read_bytes().replace(b"%PDF-1", b"%PDF-2", 1))


def _spoil_manifest(folder: Path) -> None:
    path = folder / MANIFEST
    path.write_text(path.read_text(encoding="utf-8").replace('"yen": 37500', '"yen": 37501'), encoding="utf-8")


TAMPERED: list[tuple[str, Callable[[Path], None], str]] = [
    ("PDFが変わった", _spoil_pdf, "検査したときのファイルと違います"),
    ("PDFがない", lambda folder: (folder / "0002_hokenryo.pdf").unlink(), "検査したときのファイルと違います"),
    ("目録が変わった", _spoil_manifest, "目録は台帳の印刷1と違います"),
    ("目録がない", lambda folder: (folder / MANIFEST).unlink(), "manifest.json がありません"),
    ("目録でない", lambda folder: (folder / MANIFEST).write_bytes(b"{}"), "発送の目録ではありません"),
]  # fmt: skip


@pytest.mark.parametrize(("spoil", "said"), [case[1:] for case in TAMPERED], ids=[case[0] for case in TAMPERED])
def test_a_folder_that_was_tampered_with_is_refused(city: City, spoil: Callable[[Path], None], said: str) -> None:
    assert print_slips(city).code == 0
    record_uploads(city)
    spoil(city.folder / "print")
    ran = request_release(city)
    assert ran.code == 1 and said in ran.err


def test_uploads_are_recorded_once_and_only_as_they_were_written(city: City, tmp_path: Path) -> None:
    (path,) = (city.folder / "out" / "upload").glob("*.csv")
    other = tmp_path / "other.csv"
    other.write_bytes(path.read_bytes() + b"\r\n")
    command = ("notice", "uploaded", "--by", "山田", "--job", city.job)
    assert "この台帳が書き出した納付書情報ではありません" in elqr(*command, other).err
    assert elqr(*command, path).code == 0
    assert "登録済みと記録しています" in elqr(*command, path).err


def test_printed_files_are_checked_again_against_the_ledger(city: City) -> None:
    assert print_slips(city).code == 0
    command = ("notice", "preflight", city.folder / "print", "--job", city.job)
    assert elqr(*command).out == "指摘 0件。すべて台帳のとおりです。\n"
    one, other = (city.folder / "print" / f"000{no}_hokenryo.pdf" for no in (1, 2))
    one.write_bytes(other.read_bytes())
    ran = elqr(*command)
    assert ran.code == 1 and f"[{Code.PRINT_CHANGED}] 0001_hokenryo.pdf" in ran.err and "指摘 1件" in ran.out


def _forge(digits: str) -> str:
    """The same bill, as a code that pays another office."""
    values = read_payload(digits).values | {"office_code": "12345"}
    return encode(PayloadValues.model_validate(values))


def _edit_list(folder: Path) -> str:
    """A forged code in the list; returns it."""
    path = folder / "0002_hokenryo.csv"
    text = path.read_text(encoding="utf-8")
    digits = text.splitlines()[1].split(",")[9]
    path.write_text(text.replace(digits, _forge(digits)), encoding="utf-8")
    return _forge(digits)


def _edit_list_and_manifest(folder: Path) -> str:
    """The same, and the manifest vouches for it."""
    path, manifest = folder / "0002_hokenryo.csv", folder / MANIFEST
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    forged = _edit_list(folder)
    after = hashlib.sha256(path.read_bytes()).hexdigest()
    manifest.write_text(manifest.read_text(encoding="utf-8").replace(before, after), encoding="utf-8")
    return forged


EDITED: list[tuple[str, Callable[[Path], str], str, str]] = [
    ("一覧", _edit_list, "0002_hokenryo.csv が、印刷したときの目録と違います", f"[{Code.PRINT_CHANGED}] 0002_hokenryo.csv"),
    ("一覧と目録", _edit_list_and_manifest, "の目録は台帳の印刷1と違います", "の目録は台帳の印刷1と違います"),
]  # fmt: skip


@pytest.mark.parametrize(("edit", "said", "checked"), [case[1:] for case in EDITED], ids=[case[0] for case in EDITED])
def test_an_edited_list_does_not_pass_a_forged_code(city: City, tmp_path: Path, edit: Callable[[Path], str], said: str, checked: str) -> None:  # fmt: skip
    printed = print_slips(city)
    sha256 = printed.out.split("目録の照合値 ")[1].strip()
    scan, without_ledger = tmp_path / "scan.png", ("notice", "verify-scan", tmp_path / "scan.png", "--in", city.folder / "print", "--hash")  # fmt: skip
    _scan(city, "0002_hokenryo.pdf").save(scan)
    assert elqr(*without_ledger, sha256, "--job", "nowhere").code == 0, "where there is no ledger, its hash will do"
    assert "64桁" in elqr(*without_ledger, "abc").err
    _painted(city, edit(city.folder / "print"), FIRST_CODE).save(scan)
    ran = _verified(city, scan)
    assert ran.code == 1 and said in ran.err and ran.out == ""
    assert elqr(*without_ledger, sha256).code == 1
    again = elqr("notice", "preflight", city.folder / "print", "--job", city.job)
    assert again.code == 1 and checked in again.err


def test_a_forged_code_says_whom_it_pays(city: City, tmp_path: Path) -> None:
    assert print_slips(city).code == 0
    own = (city.folder / "print" / "0002_hokenryo.csv").read_text(encoding="utf-8").splitlines()[1].split(",")[9]
    _painted(city, _forge(own), FIRST_CODE).save(tmp_path / "scan.png")
    ran = _verified(city, tmp_path / "scan.png")
    assert ran.code == 3 and f"[{Code.SCAN_DIFFERS}] scan.png 「eL-QR」" in ran.err
    assert "500円、共通納税機関コード 12345" in ran.err


def test_a_half_finished_print_that_somebody_changed_is_made_again(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(order: proof.Order) -> proof.Proof:
        if order.file_no == 3:
            raise KeyboardInterrupt
        return proof.prove(order)

    with monkeypatch.context() as patch:
        patch.setattr(print_batch, "prove", interrupted)
        assert print_slips(city).code == 130
    folder = city.folder / "print"
    true, before = (folder / "0002_hokenryo.csv").read_bytes(), hashlib.sha256((folder / "0002_hokenryo.csv").read_bytes()).hexdigest()  # fmt: skip
    _edit_list(folder)
    after = hashlib.sha256((folder / "0002_hokenryo.csv").read_bytes()).hexdigest()
    progress = folder / print_batch.PROGRESS
    progress.write_text(progress.read_text(encoding="utf-8").replace(before, after), encoding="utf-8")
    assert print_slips(city).code == 0
    assert (folder / "0002_hokenryo.csv").read_bytes() == true


def _scan(city: City, name: str, page: int = 0) -> Image.Image:
    document = pypdfium2.PdfDocument(city.folder / "print" / name)
    return document[page].render(scale=300 / 72, grayscale=True).to_pil()


def _verified(city: City, *pictures: Path) -> Ran:
    return elqr("notice", "verify-scan", *pictures, "--in", city.folder / "print", "--job", city.job)


def test_scans_of_the_paper_are_compared_with_the_print(city: City, tmp_path: Path) -> None:
    assert print_slips(city).code == 0
    good, turned, pages = tmp_path / "good.png", tmp_path / "turned.jpg", tmp_path / "two.tif"
    _scan(city, "0001_hokenryo.pdf").save(good)
    _scan(city, "0002_hokenryo.pdf").rotate(180, expand=True).save(turned)
    _scan(city, "0001_hokenryo.pdf", 1).save(pages, save_all=True, append_images=[_scan(city, "0003_shiyoryo.pdf")])
    ran = _verified(city, good, turned, pages)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines() == [
        "good.png: 0001-00001　コード6個　一致",
        "turned.jpg: 0002-00001　コード2個　一致",
        "two.tif 1枚目: 0001-00002　コード2個　一致",
        "two.tif 2枚目: 0003-00001　コード1個　一致",
    ]


def _painted(city: City, digits: str, place: tuple[float, float]) -> Image.Image:
    """A scan whose first eL-QR is another one."""
    scan = _scan(city, "0002_hokenryo.pdf")
    patch = Image.open(io.BytesIO(draw(digits, "png"))).convert("L")
    side = round(49 * 0.4233 * 300 / 25.4)
    scan.paste(patch.resize((side, side), Image.Resampling.LANCZOS), tuple(round(at * 300 / 25.4) for at in place))  # type: ignore[arg-type]
    return scan


FIRST_CODE = (80.6 - 4 * 0.4233, 99 + 38.5 - 4 * 0.4233)


def test_scans_that_show_something_else_are_told(city: City, tmp_path: Path) -> None:
    assert print_slips(city).code == 0
    path = tmp_path / "scan.png"
    own = (city.folder / "print" / "0002_hokenryo.csv").read_text(encoding="utf-8").splitlines()[1].split(",")[9]
    values = read_payload(own).values | {"amount_yen": 501}
    _painted(city, encode(PayloadValues.model_validate(values)), FIRST_CODE).save(path)
    ran = _verified(city, path)
    assert ran.code == 3 and f"[{Code.SCAN_DIFFERS}] scan.png 「eL-QR」" in ran.err and "501円" in ran.err
    _painted(city, REAL_CODE, FIRST_CODE).save(path)
    assert f"[{Code.SCAN_UNKNOWN}] scan.png 「eL-QR」" in _verified(city, path).err
    Image.new("L", (1_000, 1_400), 255).save(path)
    assert f"[{Code.SCAN_UNREADABLE}] scan.png" in _verified(city, path).err
    both = Image.new("L", (2_481 * 2, 3_508), 255)
    both.paste(_scan(city, "0001_hokenryo.pdf"), (0, 0))
    both.paste(_scan(city, "0002_hokenryo.pdf"), (2_481, 0))
    both.save(path)
    assert "0001-00001・0002-00001" in _verified(city, path).err
    path.write_bytes(b"not a picture")
    ran = _verified(city, path)
    assert ran.code == 1 and "画像として読めません" in ran.err


def test_a_picture_of_a_code_is_decoded(tmp_path: Path) -> None:
    path = tmp_path / "code.png"
    path.write_bytes(draw(REAL_CODE, "png"))
    ran = elqr("payload", "decode", "--image", path, "--json")
    assert ran.code == 0
    (found,) = json.loads(ran.out)
    assert (found["valid"], found["amount_yen"], found["key_no"]) == (True, 39_500, "00000202401010104348")
    assert "金額: 39500" in elqr("payload", "decode", "--image", path).out
    Image.new("L", (300, 300), 255).save(path)
    assert "eL-QRが見つかりません" in elqr("payload", "decode", "--image", path).err
    assert elqr("payload", "decode").code == 2
    assert elqr("payload", "decode", REAL_CODE, "--image", path).code == 2


def test_workers_make_the_same_print(city: City, tmp_path: Path) -> None:
    twin = city.copy(tmp_path / "twin")
    assert print_slips(city).code == 0
    assert print_slips(twin, "print", "--workers", 2).code == 0
    for path in (city.folder / "print").iterdir():
        assert (twin.folder / "print" / path.name).read_bytes() == path.read_bytes()


@pytest.mark.parametrize(("template", "slips"), [("hokenryo", 3), ("shiyoryo", 1)])
def test_a_specimen_of_a_template_needs_no_ledger(tmp_path: Path, template: str, slips: int) -> None:
    city = City.founded(tmp_path / "city", JOB, REGISTER + DOURO)
    out = tmp_path / "mihon.pdf"
    ran = elqr("notice", "specimen", template, "-o", out, "--job", city.job)
    assert (ran.code, ran.err) == (0, "") and f"納付書 {slips}枚　指摘 0件" in ran.out
    assert "見本 太郎" in pypdfium2.PdfDocument(out)[0].get_textpage().get_text_bounded()
    assert not (city.folder / "ledger.db").exists()
    assert "版下 nai はありません" in elqr("notice", "specimen", "nai", "-o", out, "--job", city.job).err
    assert elqr("notice", "specimen", template, "-o", out, "--job", city.job, "--procedure", "nai").code == 1


@pytest.mark.skipif(os.name == "nt", reason="a shell script stands for the program")
def test_postscript_in_a_scan_or_in_a_mark_runs_nothing(
    city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the file is called: neither what a scanner sent nor what stands in a sheet's folder."""
    assert print_slips(city).code == 0
    ran, program, scan = tmp_path / "ran", tmp_path / "bin" / "gs", tmp_path / "scan.tif"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\ntouch {ran}\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
    scan.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n%%EndComments\nshowpage\n%%EOF\n")
    refused = _verified(city, scan)
    assert refused.code == 1 and "画像として読めません" in refused.err
    _own_sheet(city, MARKED)
    (city.folder / "sheets" / "mark.png").write_bytes(scan.read_bytes())
    marked = print_slips(
        city, "second", "--procedure", "douro", "--from", next((city.folder / "out" / "upload").glob("*.csv"))
    )
    assert marked.code == 1 and "eLマークの図" in marked.err
    assert not ran.exists()
