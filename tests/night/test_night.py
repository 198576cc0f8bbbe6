"""The night as staff run it: whole commands on small cities, real SQLite, real files."""

import itertools
import json
import os
from datetime import date
from pathlib import Path

import pytest

from elqr.disk.atomic_write import write_parts
from elqr.store.db import bulk
from elqr.store.db.schema import metadata
from elqr.synthetic import generate
from tests.builders import (
    CITY_JOB,
    NIGHT,
    REAL_BARCODE,
    REAL_CODE,
    REAL_NOTICE,
    REAL_PAYMENT,
    REFUSED,
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
    notice_row,
    transfer_file,
    transfer_row,
)

pytestmark = pytest.mark.usefixtures("each_command_once")


@pytest.fixture
def city(tmp_path: Path) -> City:
    return City.founded(tmp_path / "city")


def _issued(city: City, *rows: dict[str, object]) -> dict[tuple[str, str, int, int], tuple[str, str]]:
    city.notices(*rows)
    city.night()
    return city.issued()


def test_the_real_slip_is_posted_once_and_its_second_payment_found(city: City) -> None:
    city.notices(REAL_NOTICE)
    city.deliver("eltax.csv", eltax_file(REAL_PAYMENT))
    city.deliver("cvs.dat", cvs_file(cvs_row(REAL_BARCODE, paid_on=date(2024, 6, 10))))
    ran = city.night()
    assert ran.code == 3
    assert city.outcomes() == [("cvs.dat", 2, "二重納付", 0, 39_500), ("eltax.csv", 1, "一致", 39_500, 0)]
    (second,) = city.report("要確認一覧")
    assert second["付記"] == "同じ納付書・別チャネル"
    upload = next((city.folder / "out" / "upload").glob("*.csv")).read_text(encoding="utf-8")
    assert REAL_CODE in upload


def test_running_again_changes_nothing_and_says_so(city: City) -> None:
    city.notices(REAL_NOTICE, notice_row())
    city.deliver("eltax.csv", eltax_file(REAL_PAYMENT))
    city.deliver("bad.dat", b"%PDF-1.7 no payment file")
    city.draw_everything()
    first = city.night()
    before = city.ledger_state()
    reports = {path.name: path.read_bytes() for path in (city.folder / "out" / NIGHT.isoformat()).glob("*.*")}
    again = city.night()
    assert city.ledger_state() == before
    assert {path.name: path.read_bytes() for path in (city.folder / "out" / NIGHT.isoformat()).glob("*.*")} == reports
    assert len(reports) > 10
    assert again.json["changed"] is False and first.json["changed"] is True
    assert again.code == first.code == 4
    assert "前回から変わったものはありません" in elqr("night", city.job).out


def test_a_night_drawn_again_from_the_ledger_is_the_same_to_the_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first time the reports are of what the run had in hand, then of what several connections read."""
    generate(tmp_path, seed=31, notices=900, days=20, specs=SPECS)
    (tmp_path / "job.toml").write_text(CITY_JOB, encoding="utf-8")
    city, found = City(tmp_path), []
    monkeypatch.setattr(bulk, "_KEYS_A_CONNECTION", 50)
    monkeypatch.setattr(bulk, "_KEYS_A_QUESTION", 37)
    for _ in range(2):
        assert city.night().code == 4
        assert len(city.report("消込結果")) > 300
        found.append(
            {
                path.name: path.read_bytes()
                for path in (tmp_path / "out" / NIGHT.isoformat()).iterdir()
                if path.is_file()
            }
        )
    assert found[0] == found[1] and len(found[0]) > 20


def test_what_did_not_change_is_not_written_again(city: City) -> None:
    """Somebody has the list open; a backup copies what is new."""
    city.deliver("real.csv", eltax_file(REAL_PAYMENT))
    city.draw_everything()
    city.night()
    reports = [path for path in (city.folder / "out" / NIGHT.isoformat()).glob("*") if path.is_file()]
    assert len(reports) > 20
    before = {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in reports}
    (city.folder / "out" / NIGHT.isoformat() / "取込結果.csv").write_bytes(b"cut o")
    city.night()
    after = {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in reports}
    assert {name for name, own in after.items() if own != before[name]} == {"取込結果.csv"}
    assert "ファイル" in (city.folder / "out" / NIGHT.isoformat() / "取込結果.csv").read_text(encoding="utf-8-sig")


def test_a_file_that_is_longer_or_shorter_than_before_becomes_what_it_should_be(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for there in (b"", b"abc", b"abcdef", b"abcdefgh", b"abX", b"X"):
        path.write_bytes(there)
        write_parts(path, [b"ab", b"cd", b"", b"ef"])
        assert path.read_bytes() == b"abcdef"
    assert list(tmp_path.iterdir()) == [path]


def test_the_order_of_files_changes_nothing(tmp_path: Path) -> None:
    slip = barcode("2024010101043480", 39_500, date(2024, 7, 10))
    assert slip == REAL_BARCODE
    files = [
        eltax_file(REAL_PAYMENT),
        cvs_file(cvs_row(REAL_BARCODE, paid_on=date(2024, 6, 2))),
        dsk_file(dsk_row(REAL_BARCODE, paid_on=date(2024, 6, 4))),
    ]
    balances = set()
    for number, order in enumerate(itertools.permutations(files)):
        city = City.founded(tmp_path / str(number))
        city.notices(REAL_NOTICE)
        for place, data in enumerate(order):
            city.deliver(f"{place}.dat", data)
        city.night()
        rows = city.report("消込結果")
        balances.add(
            tuple(
                sorted((row["領収日"], row["チャネル"], row["消込結果"], row["収納額"], row["仮受額"]) for row in rows)
            )
        )  # type: ignore[type-var]
    assert balances == {
        (
            ("2024-06-02", "コンビニ", "一致", 39_500, 0),
            ("2024-06-03", "スマホアプリ", "二重納付", 0, 39_500),
            ("2024-06-04", "スマホアプリ", "二重納付", 0, 39_500),
        )
    }


def test_a_file_delivered_again_counts_once(city: City) -> None:
    data = transfer_file(transfer_row("A1", 10_000), transfer_row("B2", 10_000, result="1"))
    city.notices(notice_row(customer_no="A1"), notice_row(bill_no="100002", customer_no="B2"))
    city.deliver("first.dat", data)
    city.night()
    city.deliver("second.dat", data)
    city.deliver(
        "third.dat", transfer_file(transfer_row("A1", 10_000), transfer_row("B2", 10_000, result="1"), line_end="crlf")
    )
    ran = city.night(date(2026, 11, 21))
    assert ran.places() == {"already_posted": (4, 40_000)}
    assert city.sql("SELECT sum(yen), count(*) FROM posting") == [(10_000, 1)]


def test_the_same_identity_with_another_amount_waits_in_suspense(city: City) -> None:
    key, check = _issued(city, notice_row())["kokuho", "100001", 1, 1]
    city.deliver("a.csv", eltax_file(eltax_row(key, check, 10_000)))
    city.night()
    city.deliver("b.csv", eltax_file(eltax_row(key, check, 11_000)))
    ran = city.night(date(2026, 11, 21))
    assert ran.code == 3 and ran.places() == {"exception": (1, 11_000)}
    assert codes(ran) == ["M401"]


def test_byte_twins_in_one_file_are_two_payments(city: City) -> None:
    row = cvs_row(REAL_BARCODE, paid_on=date(2024, 6, 10))
    city.notices(REAL_NOTICE)
    city.deliver("cvs.dat", cvs_file(row, row))
    city.night()
    assert [outcome[2] for outcome in city.outcomes()] == ["一致", "二重納付"]


def test_preliminary_confirmed_and_cancelled_over_several_nights(city: City) -> None:
    row = cvs_row(REAL_BARCODE, paid_on=date(2024, 6, 10))
    preliminary, cancel = row | {"data_kind": "01"}, row | {"data_kind": "03"}
    city.notices(REAL_NOTICE)
    nights = [
        (cvs_file(preliminary), {"pending": (1, 39_500)}),
        (cvs_file(cancel), {"cancelled": (1, 39_500)}),
        (cvs_file(preliminary, preliminary), {"already_posted": (1, 39_500), "pending": (1, 39_500)}),
        (cvs_file(row), {"posted": (1, 39_500)}),
        (cvs_file(cancel, cancel), {"already_posted": (1, 39_500), "exception": (1, 39_500)}),
    ]
    for number, (data, places) in enumerate(nights):
        day = date(2026, 11, 20 + number)
        city.deliver(f"{number}.dat", data)
        assert city.night(day).places() == places, number


def test_a_reissued_slip_and_the_old_one(city: City) -> None:
    keys = _issued(city, notice_row(), notice_row(issue_no=2, issued_on=date(2026, 11, 1)))
    old, new = keys["kokuho", "100001", 1, 1], keys["kokuho", "100001", 1, 2]
    assert old[0] != new[0]
    city.deliver("a.csv", eltax_file(eltax_row(*old, 10_000)))
    city.night()
    assert city.outcomes() == [("a.csv", 1, "旧納付書による納付", 10_000, 0)]


def test_issuing_twice_gives_no_second_key(city: City) -> None:
    first = _issued(city, notice_row())
    (city.folder / "out" / "upload" / "elqr_notices_000001.csv").unlink()
    city.notices(notice_row(), notice_row(bill_no="100002"), name="more.csv")
    city.night()
    more = city.issued()
    assert list(more) == [("kokuho", "100002", 1, 1)]
    assert more["kokuho", "100002", 1, 1][0] != first["kokuho", "100001", 1, 1][0]
    manifest = json.loads(
        (city.folder / "out" / "upload" / "elqr_notices_000002.manifest.json").read_text(encoding="utf-8")
    )
    assert (manifest["upload_no"], manifest["notices"], manifest["yen"], manifest["spec_verified"]) == (
        2,
        1,
        10_000,
        False,
    )


def test_a_whole_year_slip_settles_its_instalments(city: City) -> None:
    parts = [notice_row(installment_no=no, principal_yen=2_500) for no in (1, 2, 3, 4)]
    keys = _issued(city, *parts, notice_row(installment_no=0, principal_yen=10_000))
    whole, third = keys["kokuho", "100001", 0, 1], keys["kokuho", "100001", 3, 1]
    city.deliver("a.csv", eltax_file(eltax_row(*whole, 10_000)))
    city.deliver("b.csv", eltax_file(eltax_row(*third, 2_500, paid_on=date(2026, 11, 6), serial_no="00000002")))
    city.night()
    assert city.outcomes() == [("a.csv", 1, "一致", 10_000, 0), ("b.csv", 1, "二重納付", 0, 2_500)]
    assert city.report("要確認一覧")[0]["付記"] == "別の納付書・全期と期別"


def test_a_dry_run_writes_nothing(city: City) -> None:
    city.notices(REAL_NOTICE)
    city.deliver("eltax.csv", eltax_file(REAL_PAYMENT))
    ran = city.night(NIGHT, "--dry-run")
    assert ran.places() == {"posted": (1, 39_500)}
    assert sorted(path.name for path in city.folder.iterdir()) == [
        "inbox",
        "job.toml",
        "notices",
        "procedures.toml",
        "secret",
    ]
    city.night()
    before = city.ledger_state()
    listed = sorted(city.folder.rglob("*"))
    city.deliver("cvs.dat", cvs_file(cvs_row(REAL_BARCODE, paid_on=date(2024, 6, 10))))
    assert city.night(NIGHT, "--dry-run").places() == {"posted": (1, 39_500), "exception": (1, 39_500)}
    assert city.ledger_state() == before
    assert set(city.folder.rglob("*")) - set(listed) == {city.folder / "inbox" / "cvs.dat"}
    rehearsed = elqr("night", city.job, "--date", NIGHT.isoformat(), "--dry-run").out
    assert "実行すると次のようになります。" in rehearsed
    city.withdraw("cvs.dat")
    rehearsed = elqr("night", city.job, "--date", NIGHT.isoformat(), "--dry-run").out
    assert "いま実行しても、変わるものはありません。" in rehearsed
    settled = elqr("settlement", "list", "--job", city.job)
    assert settled.code == 0 and "払込の契約がないので、突合していません。" in settled.out


@pytest.mark.ledger_file
def test_a_second_run_at_the_same_time_leaves_with_5(city: City) -> None:
    from filelock import FileLock

    city.notices(REAL_NOTICE)
    with FileLock(str(city.folder / "ledger.db.lock")):
        ran = city.night()
    assert ran.code == 5 and "別の夜間処理" in ran.err
    assert city.night().code == 0


@pytest.mark.parametrize("step", ["take_file", "reconcile", "issue_payloads"])
def test_a_night_broken_off_is_finished_by_the_next_run(
    tmp_path: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, broken = City.founded(tmp_path / "whole"), City.founded(tmp_path / "broken")
    for city in (whole, broken):
        city.notices(REAL_NOTICE, notice_row())
        city.deliver("a.csv", eltax_file(REAL_PAYMENT))
        city.deliver("b.dat", cvs_file(cvs_row(REAL_BARCODE, paid_on=date(2024, 6, 10))))
    whole.night()

    from elqr.night import order, workers

    asked = workers if step == "take_file" else order
    real = getattr(asked, step)
    calls = itertools.count()

    def power_fails(*given: object) -> object:
        done = real(*given) if step == "take_file" and next(calls) == 0 else None
        if done is None and not (step == "take_file" and next(calls) <= 1):
            raise KeyboardInterrupt
        return done

    monkeypatch.setattr(asked, step, power_fails)
    assert broken.night().code == 130
    monkeypatch.undo()
    broken.night()
    assert broken.outcomes() == whole.outcomes() and len(whole.outcomes()) == 2


def test_a_quarantined_file_holds_up_no_other_and_is_tried_again(city: City) -> None:
    good = transfer_row("A1", 10_000)
    city.notices(notice_row(customer_no="A1"), REAL_NOTICE)
    bad = transfer_file(good, total_yen=10_001)
    city.deliver("bad.dat", bad)
    city.deliver("eltax.csv", eltax_file(REAL_PAYMENT))
    ran = city.night()
    assert ran.code == 4 and ran.places() == {"posted": (1, 39_500)}
    assert (ran.json["quarantined"], [f["code"] for f in ran.json["findings"]]) == (["bad.dat"], ["F302", "F303"])  # type: ignore[union-attr,index,attr-defined]
    kept = [path for path in (city.folder / "archive").rglob("*") if path.is_file()]
    assert bad in [path.read_bytes() for path in kept]
    city.withdraw("bad.dat")
    city.deliver("bad.dat", transfer_file(good))
    assert city.night(date(2026, 11, 21)).places() == {"posted": (1, 10_000)}


def test_ledger_rows_cannot_be_changed_or_deleted(city: City) -> None:
    city.notices(REAL_NOTICE)
    city.deliver("eltax.csv", eltax_file(REAL_PAYMENT))
    city.night()
    guarded = {table.name for table in metadata.sorted_tables} - {"setting", "counter"}
    filled = {name for name in guarded if city.sql(f"SELECT count(*) FROM {name}") != [(0,)]}
    assert {"posting", "decision", "payment", "notice", "run"} <= filled
    for name in filled:
        column = metadata.tables[name].c[0].name
        for statement in (f"DELETE FROM {name}", f"UPDATE {name} SET {column} = {column}"):
            with pytest.raises(REFUSED, match="append-only"):
                city.sql(statement)


def test_one_payment_is_posted_once_whatever_the_program_does(city: City) -> None:
    city.notices(REAL_NOTICE)
    city.deliver("eltax.csv", eltax_file(REAL_PAYMENT))
    city.night()
    columns = ",".join(column.name for column in metadata.tables["posting"].c if column.name != "posting_no")
    with pytest.raises(REFUSED, match=r"unique|UNIQUE"):
        city.sql(f"INSERT INTO posting (posting_no, {columns}) SELECT 999, {columns} FROM posting")


def test_the_year_end_belongs_to_the_old_year_until_31_may(city: City) -> None:
    days = {"31": date(2026, 3, 31), "01": date(2026, 4, 1), "0531": date(2026, 5, 31), "0601": date(2026, 6, 1)}
    rows, payments = [], []
    for number, day in enumerate(days.values()):
        for procedure in ("kokuho", "suido"):
            slip = barcode(f"{procedure == 'suido':d}{number}", 1_000, None)
            terms = {"due_on": date(2026, 2, 28), "payable_until_on": date(2026, 3, 31), "issued_on": date(2026, 2, 1)}
            rows.append(
                notice_row(
                    procedure_code=procedure,
                    levy_year=2025,
                    bill_no=f"{number}",
                    principal_yen=1_000,
                    barcode=slip,
                    **terms,
                )
            )
            payments.append(cvs_row(slip, paid_on=day))
    city.notices(*rows)
    city.deliver("cvs.dat", cvs_file(*payments))
    city.night()
    found = {(row["手続"], row["領収日"]): (row["会計年度"], row["現年・滞納"]) for row in city.report("収納日計表")}
    old, new = ("令和7（2025）年度", "現年"), ("令和8（2026）年度", "滞納繰越")
    assert [found["国民健康保険料", day.isoformat()] for day in days.values()] == [old, old, old, new]
    assert [found["水道料金", day.isoformat()] for day in days.values()] == [old, new, new, new]


def test_an_unknown_key_gets_suggestions_and_is_never_applied(city: City) -> None:
    key, check = _issued(city, notice_row())["kokuho", "100001", 1, 1]
    swapped = key[:4] + key[5] + key[4] + key[6:]
    assert swapped != key
    one_off = key[:-1] + str((int(key[-1]) + 1) % 10)
    city.deliver(
        "a.csv", eltax_file(eltax_row(one_off, check, 10_000), eltax_row(swapped, check, 10_000, serial_no="00000002"))
    )
    assert city.night().places() == {"exception": (2, 20_000)}
    near = [row["近い納付書（候補）"] for row in city.report("要確認一覧")]
    assert near == ["国民健康保険料 100001 1期（1桁違い）", "国民健康保険料 100001 1期（隣り合う2桁の入れ替わり）"]


def test_an_unknown_key_still_finds_its_department(city: City) -> None:
    city.notices(REAL_NOTICE)
    city.deliver("a.csv", eltax_file(eltax_row("9" * 20, "123456", 10_000)))
    city.night()
    (row,) = city.report("要確認一覧")
    assert (row["理由"], row["手続"], row["所管課"]) == ("該当なし", "国民健康保険料", "保険年金課")


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("UPDATE posting SET yen = yen + 1", "計上額が消込結果と違う収納: 1件"),
        ("DELETE FROM posting", "計上額が消込結果と違う収納: 1件"),
        ("DELETE FROM decision", "消込結果のない収納: 1件"),
        ("UPDATE payment SET paid_yen = 1", "取込時と件数・金額が違うファイル: 1件"),
        ("UPDATE decision SET place = 'nowhere'", "行き先のない収納: 1件"),
    ],
)
def test_a_ledger_changed_by_other_hands_is_told(city: City, damage: str, said: str) -> None:
    city.notices(REAL_NOTICE)
    city.deliver("eltax.csv", eltax_file(REAL_PAYMENT))
    city.night()
    city.damage(damage)
    ran = city.night()
    assert ran.code == 1 and said in ran.err


def test_a_jump_of_unknown_keys_is_an_alarm(city: City) -> None:
    city.notices(REAL_NOTICE)
    city.deliver("cvs.dat", cvs_file(*(cvs_row(barcode(f"77{n}", 1_000, None)) for n in range(6))))
    ran = city.night()
    assert codes(ran) == ["M402"]


def test_reports_agree_to_the_yen(city: City) -> None:
    city.notices(REAL_NOTICE, notice_row(customer_no="A1"), notice_row(bill_no="2", customer_no="B2"))
    city.deliver("eltax.csv", eltax_file(REAL_PAYMENT))
    city.deliver("cvs.dat", cvs_file(cvs_row(REAL_BARCODE, paid_on=date(2024, 6, 10))))
    city.deliver("t.dat", transfer_file(transfer_row("A1", 10_100), transfer_row("B2", 9_000), transfer_row("C3", 500)))
    city.night()
    results, review, daily = (city.report(name) for name in ("消込結果", "要確認一覧", "収納日計表"))
    refunds, places, intake = (city.report(name) for name in ("過誤納整理簿", "行き先の確認", "取込結果"))

    def total(rows: list[dict[str, object]], column: str) -> int:
        return sum(int(str(row[column])) for row in rows)

    assert total(results, "収納額") == total(daily, "収納額") == 39_500 + 10_000 + 9_000
    assert total(results, "仮受額") == total(review, "仮受額") == 39_500 + 100 + 500
    assert total(refunds, "還付・充当候補額") == 39_500 + 100
    assert total(intake, "金額") == total(results, "領収額") == 39_500 * 2 + 10_100 + 9_000 + 500
    (whole,) = [row for row in places if row["区分"] == "夜"]
    for kind in ("ファイル", "チャネル", "手続×年度"):
        parts = [row for row in places if row["区分"] == kind]
        assert total(parts, "受信金額") == whole["受信金額"] and total(parts, "要確認件数") == whole["要確認件数"]


def test_secrets_and_names_stay_out_of_run_records_and_reports(city: City) -> None:
    city.notices(notice_row(customer_no="A1"), notice_row(bill_no="7", payer_name="架空 太郎", principal_yen=0))
    city.deliver("t.dat", transfer_file(transfer_row("A1", 10_000), transfer_row("ZZ", 1)))
    city.night()
    written = [path for path in (city.folder / "out").rglob("*") if path.is_file()]
    assert len(written) > 10
    for path in written:
        text = path.read_bytes().decode("utf-8", errors="replace")
        assert "架空" not in text and "ｶｸｳ" not in text and "invented-secret" not in text, path


@pytest.mark.ledger_file
@pytest.mark.skipif(os.name != "posix", reason="file modes")
def test_ledger_and_archive_are_for_their_user_only(city: City) -> None:
    city.notices(REAL_NOTICE)
    city.night()
    assert (city.folder / "ledger.db").stat().st_mode & 0o077 == 0
    for path in (city.folder / "archive").rglob("*"):
        assert path.is_dir() or path.stat().st_mode & 0o077 == 0
