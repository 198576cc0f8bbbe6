"""Verification: a whole ledger agrees, and every planted damage is told."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from elqr.vocabulary.codes import Code
from tests.builders import SERVERS, City, Ran, codes, elqr, eltax_file, eltax_row, notice_row
from tests.cases.review_book import written
from tests.cases.review_desk import TWICE, UNKNOWN, desk_in
from tests.cases.till import settled_in


@pytest.fixture(scope="module")
def _whole(tmp_path_factory: pytest.TempPathFactory) -> City:
    desk = desk_in(tmp_path_factory.mktemp("whole") / "city")
    entries = {
        TWICE: ("充当", desk.keys["100001/2"], "2期へ", "山田"),
        UNKNOWN: ("納付書に充てる", desk.keys["100003/0"], "全期へ", "山田"),
    }
    desk.taken(written(desk.book(), entries))
    desk.run("approve", 1, "--by", "鈴木")
    desk.run("undo", 1, "--reason", "違う人", "--by", "山田")
    desk.run("approve", 2, "--by", "鈴木")
    desk.city.night(date(2026, 11, 24))
    return desk.city


@pytest.fixture
def whole(_whole: City, tmp_path: Path) -> City:
    """A ledger of two nights with approved rulings, one of them undone, and notices of all kinds."""
    return _whole.copy(tmp_path / "copy")


@pytest.fixture(scope="module")
def _settled(tmp_path_factory: pytest.TempPathFactory) -> City:
    return settled_in(tmp_path_factory.mktemp("settled") / "city")


@pytest.fixture
def settled(_settled: City, tmp_path: Path) -> City:
    """A ledger with every table of money filled."""
    return _settled.copy(tmp_path / "copy")


def verify(city: City) -> Ran:
    return elqr("verify", "--job", city.job, "--date", "2026-11-24", "--json")


def told(city: City) -> set[str]:
    return set(codes(verify(city)))


def test_a_whole_ledger_agrees(whole: City) -> None:
    ran = verify(whole)
    assert ran.code == 0 and ran.json["findings"] == []
    assert ran.json["looked_at"] == {
        "実行の記録": 7, "受信ファイル": 2, "収納": 5, "消込結果": 5, "仕訳": 12, "収納の束": 1, "突合済": 0, "納付書": 7, "eL-QR": 7, "納付書情報": 1,
        "調定異動": 6, "還付の記録": 0, "取り込まなかった行": 0,
        "取り消した納付書データ": 0, "手で打った束": 0, "督促手数料": 0,
        "封をした行": 51, "記録を待つ行": 0, "人のしたこと": 4, "承認": 2,
    }  # fmt: skip
    assert "すべて合っています" in elqr("verify", "--job", whole.job, "--date", "2026-11-24").out


@pytest.mark.parametrize("next_day", [20, 21])
def test_a_night_that_was_broken_off_and_finished_later_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, next_day: int
) -> None:
    """Its files, one of them held back, were taken in before the power failed, and matched by the next run."""
    city = City.founded(tmp_path / "city")
    city.notices(notice_row())
    city.night(date(2026, 11, 19))
    city.deliver("eltax.csv", eltax_file(eltax_row("9" * 20, "123456", 5_000)))
    city.deliver("later.csv", eltax_file(eltax_row("8" * 20, "123456", 5))[:-9])
    with monkeypatch.context() as broken:
        broken.setattr("elqr.night.order.reconcile", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        assert city.night().code == 130
    assert told(city) == set(), "taken in, and not matched yet"
    city.night(date(2026, 11, next_day))
    assert told(city) == set()


DAMAGES: list[tuple[str, str, Code]] = [
    ("収納の一円", "UPDATE payment SET paid_yen = paid_yen + 1 WHERE payment_no = 1", Code.RECORD_DIFFERS),
    ("仕訳の一円", "UPDATE posting SET yen = yen + 1 WHERE posting_no = 1", Code.POSTING_DIFFERS),
    ("消えた仕訳", "DELETE FROM posting WHERE posting_no = 1", Code.POSTING_DIFFERS),
    ("消えた収納", "DELETE FROM payment WHERE payment_no = 5", Code.FILE_TOTALS),
    ("消えた消込結果", "DELETE FROM decision WHERE payment_no = 5", Code.DECISION_DIFFERS),
    ("行き先の書き換え", "UPDATE decision SET place = 'posted' WHERE payment_no = 2", Code.DECISION_DIFFERS),
    ("鎖の中の書き換え", "UPDATE run SET entry = replace(entry, 'posted_yen', 'posted_Yen') WHERE run_no = 2", Code.CHAIN_BROKEN),
    ("切れた鎖", "DELETE FROM run WHERE run_no = 3", Code.CHAIN_BROKEN),
    ("終わりを切った鎖", "DELETE FROM run WHERE run_no = 4", Code.RULING_DIFFERS),
    ("納付書の額", "UPDATE notice SET amount_yen = 1, principal_yen = 1 WHERE notice_no = 1", Code.NOTICE_DIFFERS),
    ("納付書の氏名", "UPDATE notice SET payer_name = '別人' WHERE notice_no = 1", Code.NOTICE_DIFFERS),
    ("eL-QRの一桁", "UPDATE payload SET digits = '1' || substr(digits, 2) WHERE notice_no = 1", Code.PAYLOAD_DIFFERS),
    ("よその納付書のキー", "UPDATE notice_key SET notice_no = 2 WHERE notice_no = 1", Code.NOTICE_DIFFERS),
    ("決裁の額", "UPDATE ruling_result SET after_yen = 1 WHERE ruling_no = 1", Code.RULING_DIFFERS),
    ("決裁のない付け替え", "DELETE FROM ruling_posting WHERE ruling_no = 1", Code.RULING_DIFFERS),
    ("会計年度", "UPDATE posting SET fiscal_year = 2025 WHERE posting_no = 1", Code.POSTING_DIFFERS),
    ("既知の収納", "DELETE FROM payment_identity WHERE payment_no = 1", Code.DECISION_DIFFERS),
    ("すり替えたファイル", "UPDATE file SET sha256 = replace(sha256, substr(sha256, 1, 1), 'f')", Code.FILE_TOTALS),
    ("よその調定への付け替え", "UPDATE posting SET claim_no = 5 WHERE posting_no = (SELECT min(posting_no) FROM posting WHERE claim_no IS NOT NULL)", Code.POSTING_DIFFERS),
    ("決裁の仕訳をよその調定へ", "UPDATE posting SET claim_no = 5 WHERE posting_no = (SELECT max(posting_no) FROM posting WHERE claim_no IS NOT NULL)", Code.POSTING_DIFFERS),
    ("発行の累計", "UPDATE issue_tally SET notices = notices + 1", Code.TALLY_DIFFERS),
    ("消えた計上の累計", "DELETE FROM posting_tally WHERE tally_no = 1", Code.TALLY_DIFFERS),
    ("消えた守り", "DROP TRIGGER posting_no_update ON posting", Code.LEDGER_STRUCTURE),
    ("消えた表", "DROP TABLE suggestion", Code.LEDGER_STRUCTURE),
    ("承認した人の名前", "UPDATE review_step SET taken_by = '別人' WHERE review_no = 1", Code.ROWS_DIFFER),
    ("申請した人の承認", "UPDATE review_step SET taken_by = '山 田' WHERE review_no = 1", Code.SAME_PERSON),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "code"), [row[1:] for row in DAMAGES], ids=[row[0] for row in DAMAGES])
def test_planted_damage_is_told(whole: City, statement: str, code: Code) -> None:
    if statement.startswith("DROP"):
        on_server = statement.replace("_update ON", "_change ON")
        whole.sql(on_server if SERVERS else statement.removesuffix(" ON posting"))
    else:
        whole.damage(statement)
    assert code in told(whole)
    assert elqr("verify", "--job", whole.job, "--date", "2026-11-24").code == 1


MONEY_DAMAGES: list[tuple[str, str]] = [
    ("入金の一円", "UPDATE deposit SET yen = yen + 1 WHERE deposit_no = 1"),
    ("消えた入金明細", "DELETE FROM deposit WHERE deposit_no = 3"),
    ("二度数えた入金", "UPDATE deposit SET repeats_no = NULL, rank_no = 2 WHERE repeats_no IS NOT NULL"),
    ("束の一円", "UPDATE bundle SET yen = yen + 1 WHERE bundle_no = 1"),
    ("消えた束", "DELETE FROM bundle WHERE bundle_no = (SELECT max(bundle_no) FROM bundle)"),
    ("消えた突合済", "DELETE FROM settlement WHERE settlement_no = 1"),
    ("よその契約の突合済", "UPDATE settlement SET contract = 'ほか' WHERE settlement_no = 1"),
    ("突合済の入金の付け替え", "UPDATE settlement_deposit SET settlement_no = 2 WHERE settlement_no = 1"),
    ("一人で閉じた差額", "DELETE FROM difference_step WHERE result = 'approved'"),
    ("別人の申請", "UPDATE difference SET asked_by = '別人' WHERE difference_no = 2"),
    ("消えた期限超過の速報", "DELETE FROM overdue_payment"),
]  # fmt: skip


@pytest.mark.parametrize("statement", [row[1] for row in MONEY_DAMAGES], ids=[row[0] for row in MONEY_DAMAGES])
def test_planted_damage_to_money_is_told(settled: City, statement: str) -> None:
    assert told(settled) == set()
    settled.damage(statement)
    assert told(settled) & {Code.SETTLEMENT_DIFFERS, Code.RECORD_DIFFERS, Code.FILE_TOTALS}


def _archived(city: City) -> list[Path]:
    return [path for path in (city.folder / "archive").glob("*/*") if path.is_file()]


FILES: list[tuple[str, Callable[[Path], object], Code]] = [
    ("一バイトの違い", lambda path: path.write_bytes(path.read_bytes()[:-1] + b"!"), Code.RAW_DIFFERS),
    ("消えたファイル", lambda path: path.unlink(), Code.RAW_LOST),
    ("別のファイル", lambda path: path.write_bytes(eltax_file(eltax_row("1" * 20, "1", 1))), Code.RAW_DIFFERS),
]


@pytest.mark.parametrize(("damage", "code"), [row[1:] for row in FILES], ids=[row[0] for row in FILES])
def test_a_kept_file_that_is_not_what_it_was_is_told(whole: City, damage: Callable[[Path], object], code: Code) -> None:
    for path in _archived(whole):
        kept = path.read_bytes()
        path.chmod(0o600)
        damage(path)
        assert code in told(whole)
        path.write_bytes(kept)
    assert told(whole) == set()


def test_a_changed_upload_is_told(whole: City) -> None:
    (path,) = (whole.folder / "out" / "upload").glob("*.csv")
    path.write_bytes(path.read_bytes().replace(b"10000", b"10001"))
    assert told(whole) == {Code.OUTPUT_DIFFERS}
