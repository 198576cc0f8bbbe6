"""What may lie in an inbox by mistake or malice: one answer each, and the rest of the night goes on."""

import csv
import io
import json
import os
import zipfile
from pathlib import Path

import openpyxl
import pytest

from tests.builders import EVERY_REPORT, NIGHT, City, Ran, elqr, eltax_file, eltax_row, notice_row

pytestmark = pytest.mark.skipif(os.name != "posix", reason="names and links of POSIX")
GOOD = eltax_file(eltax_row("1" * 20, "123456", 4_000))


@pytest.fixture
def city(tmp_path: Path) -> City:
    made = City.founded(tmp_path / "city", reports=EVERY_REPORT)
    made.notices(notice_row(key_no="1" * 20, check_no="123456", principal_yen=4_000))
    made.deliver("good.csv", GOOD)
    return made


def _zip() -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr(zipfile.ZipInfo("../../escaped.csv", (2026, 11, 20, 0, 0, 0)), GOOD)
    return whole.getvalue()


NAMES = [
    ("端末を操る文字", "\x1b]0;owned\x07\x1b[31mred.dat", "\\u001b]0;owned\\u0007\\u001b[31mred.dat"),
    ("改行", "new\nline.dat", "new\\u000aline.dat"),
    ("右から左", "\u202ecsv.dat", "\\u202ecsv.dat"),
    ("数式", "=cmd|' C calc'!A0.dat", "=cmd|' C calc'!A0.dat"),
    ("タグ", "<img src=x onerror=alert(1)>.dat", "<img src=x onerror=alert(1)>.dat"),
    ("引用符", "a';DROP TABLE run;--.dat", "a';DROP TABLE run;--.dat"),
    ("オプション", "-rf.dat", "-rf.dat"),
    ("長い名前", "a" * 200 + ".dat", "a" * 200 + ".dat"),
]


@pytest.mark.parametrize(("name", "shown"), [row[1:] for row in NAMES], ids=[row[0] for row in NAMES])
def test_a_name_is_shown_and_never_obeyed(city: City, name: str, shown: str) -> None:
    city.deliver(name, b"%PDF-1.7")
    ran = elqr("night", city.job)
    assert ran.code == 4 and "\x1b" not in ran.out and shown in ran.out
    assert [row["ファイル"] for row in city.report("取込結果") if row["結果"] == "取込保留"] == [shown]
    folder = city.folder / "out" / NIGHT.isoformat()
    assert "<img src=x" not in (folder / "index.html").read_text(encoding="utf-8")
    for path in folder.glob("*.csv"):
        for row in csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))):
            assert not any(cell[:1] in ("=", "+", "@") for cell in row), path.name
    for path in folder.glob("*.xlsx"):
        for sheet in openpyxl.load_workbook(path):
            for cells in sheet.iter_rows():
                for cell in cells:
                    assert cell.data_type != "f" or "cmd" not in str(cell.value), path.name


def test_a_name_in_the_senders_own_charset_is_read(city: City) -> None:
    (city.folder / "inbox" / os.fsdecode("収納データ.dat".encode("cp932"))).write_bytes(b"%PDF-1.7")
    (city.folder / "inbox" / os.fsdecode(b"bad\xff\xfe.dat")).write_bytes(b"%PDF-1.7")
    assert elqr("night", city.job).code == 4
    held = {row["ファイル"] for row in city.report("取込結果") if row["結果"] == "取込保留"}
    assert "収納データ.dat" in held and len(held) == 2


def _things(folder: Path) -> None:
    os.symlink("/etc/passwd", folder / "link.dat")
    os.symlink("loop_b", folder / "loop_a")
    os.symlink("loop_a", folder / "loop_b")
    os.mkfifo(folder / "pipe.dat")
    (folder / "folder.csv").mkdir()
    (folder / "archive.zip").write_bytes(_zip())
    with (folder / "sparse.dat").open("wb") as file:
        file.truncate(3_000_000_000)


def test_links_pipes_folders_archives_and_holes_are_told_and_not_followed(city: City) -> None:
    _things(city.folder / "inbox")
    ran: Ran = city.night()
    assert ran.code == 4 and ran.places() == {"posted": (1, 4_000)}
    told = {
        (finding["at"].split(" ")[0], finding["code"])
        for finding in ran.json["findings"]  # type: ignore[attr-defined]
    }
    assert told == {
        ("link.dat", "F111"),
        ("loop_a", "F111"),
        ("loop_b", "F111"),
        ("pipe.dat", "F111"),
        ("folder.csv", "F111"),
        ("archive.zip", "F117"),
        ("sparse.dat", "F112"),
    }
    assert not list(city.folder.rglob("escaped.csv"))
    kept = b"".join(path.read_bytes() for path in (city.folder / "archive").rglob("*") if path.is_file())
    assert b"root:" not in kept


URLS = [
    ("つながらないサーバー", "postgresql+psycopg://elqr:hidden-word@127.0.0.1:1/x"),
    ("番号でないポート", "postgresql+psycopg://elqr:hidden-word@127.0.0.1:bad/x"),
    ("違うドライバー", "mysql://elqr:hidden-word@127.0.0.1/x"),
    ("URLでない", "hidden-word"),
]


@pytest.mark.parametrize("url", [row[1] for row in URLS], ids=[row[0] for row in URLS])
def test_the_password_of_a_ledger_is_never_said(city: City, tmp_path: Path, url: str) -> None:
    bundle = tmp_path / "bundle.zip"
    for arguments in (
        ("night", city.job),
        ("verify", "--job", city.job),
        ("doctor", "--job", city.job, "--bundle", bundle),
    ):
        ran = elqr(*arguments, ELQR_STORE_URL=url)
        assert ran.code == 1 and "台帳" in ran.out + ran.err, ran.out + ran.err
        assert "hidden-word" not in ran.out + ran.err
    with zipfile.ZipFile(bundle) as archive:
        assert not [name for name in archive.namelist() if b"hidden-word" in archive.read(name)]
    written = [path for path in (city.folder / "out").rglob("*") if path.is_file()]
    assert not [path for path in written if b"hidden-word" in path.read_bytes()]


SECRETS = ("hidden-secret-of-this-test", "秘匿 花子", "見本市秘密町9-9-9", "ﾋﾄｸ ﾊﾅｺ")


def test_what_is_secret_stands_only_where_it_must(city: City) -> None:
    """The key, a name and an address: in the ledger and the inbox, in no report, log, page, book or screen."""
    (city.folder / "secret").write_text(SECRETS[0], encoding="utf-8")
    city.notices(notice_row(bill_no="7", payer_name=SECRETS[1], address=SECRETS[2]), name="more.csv")
    city.deliver("bad.csv", GOOD.replace(b"4000", b"4x00"))
    screens = [elqr("night", city.job), elqr("verify", "--job", city.job), elqr("kpi", "--job", city.job)]
    screens += [elqr("review", "list", "--job", city.job), elqr("arrears", "list", "--by", "山田", "--job", city.job)]
    written = {path: path.read_bytes() for path in (city.folder / "out").rglob("*") if path.is_file()}
    for path in list(written):
        if path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as book:
                written[path] = b"".join(book.read(name) for name in book.namelist())
    assert len(written) > 20
    for secret in SECRETS:
        assert not [ran for ran in screens if secret in ran.out + ran.err], secret
        found = [path.name for path, data in written.items() if secret.encode() in data]
        escaped = json.dumps(secret)[1:-1].encode()
        found += [path.name for path, data in written.items() if escaped in data]
        assert found == [], secret
