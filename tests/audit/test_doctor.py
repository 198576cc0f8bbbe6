"""導入の点検: what is wrong is told with what to do, and the bundle holds no secret."""

import hashlib
import hmac
import io
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from tests.builders import ROOT, City, Ran, elqr, eltax_file, eltax_row, notice_row
from tests.cases.prepared import prepared

pytestmark = pytest.mark.ledger_file


def _city_of(folder: Path) -> City:
    made = City.founded(folder)
    made.notices(notice_row(payer_name="秘匿 花子"))
    made.deliver("a.csv", eltax_file(eltax_row("1" * 20, "123456", 4_000)))
    made.night()
    return made


@pytest.fixture
def city(tmp_path: Path) -> City:
    return prepared(tmp_path / "city", _city_of)


def _doctor(city: City, *options: object, day: date = date(2026, 11, 21), **environment: str) -> Ran:
    return elqr("doctor", "--job", city.job, "--date", day.isoformat(), *options, **environment)


def test_a_sound_installation(city: City) -> None:
    before = city.ledger_state()
    ran = _doctor(city)
    assert ran.code == 0 and "異常" not in ran.out and "注意" not in ran.out
    assert "最後の実行 20261120-0001" in ran.out and "elqr " in ran.out
    assert city.ledger_state() == before


WRONG: list[tuple[str, Callable[[City], object], int, str]] = [
    ("ジョブがない", lambda city: city.job.unlink(), 1, "異常　ジョブ"),
    ("鍵がない", lambda city: (city.folder / "secret").unlink(), 1, "異常　確認番号の鍵"),
    ("手続台帳の誤り", lambda city: (city.folder / "procedures.toml").write_text("x"), 1, "異常　手続台帳"),
    ("受信箱がない", lambda city: (city.folder / "inbox").rename(city.folder / "gone"), 1, "異常　受信箱"),
    ("守りがない", lambda city: city.sql("DROP TRIGGER posting_no_update"), 1, "追記だけの守り"),
    ("台帳でない", lambda city: (city.folder / "ledger.db").write_bytes(b"x" * 5000), 1, "異常　台帳"),
    ("取込保留", lambda city: (city.deliver("bad.dat", b"%PDF"), city.night()), 3, "注意　取込保留"),
    ("替わった鍵", lambda city: (city.folder / "secret").write_text("another-secret-of-the-tests"), 1, "異常　確認番号　"),
    ("見本の鍵", lambda city: _in_earnest(city), 1, "見本の鍵を使っています"),
    ("読める鍵", lambda city: (city.folder / "secret").chmod(0o644), 3, "chmod go="),
    ("読める帳票", lambda city: (city.folder / "out").chmod(0o755), 3, "out をほかの利用者かグループが読めます"),
    ("グループにだけ", lambda city: (_first_line(city, "group_reads = true"), (city.folder / "out").chmod(0o750)), 0, "良　権限"),
    ("訓練", lambda city: _first_line(city, "training = true"), 3, "注意　訓練"),
]  # fmt: skip


def _first_line(city: City, line: str) -> None:
    city.job.write_text(f"{line}\n{city.job.read_text(encoding='utf-8')}", encoding="utf-8")


def _in_earnest(city: City) -> None:
    """A city of its own goes live with the key that everybody can read."""
    text = city.job.read_text(encoding="utf-8").replace('city_code = "999999"', 'city_code = "242021"')
    city.job.write_text(text, encoding="utf-8")
    (city.folder / "secret").write_bytes((ROOT / "samples" / "check_no_secret").read_bytes())


def test_a_key_with_a_bom_is_the_same_key(city: City) -> None:
    path = city.folder / "secret"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    ran = _doctor(city)
    assert ran.code == 0 and "良　確認番号　最後に発行した番号は、今の鍵で作ったものです" in ran.out
    numbers = city.issued()
    city.notices(notice_row(bill_no="2"), name="2.csv")
    city.night(date(2026, 11, 21))
    (key_no, check_no) = city.issued()[("kokuho", "2", 1, 1)]
    state = hmac.new(b"invented-secret-of-the-tests", key_no.encode(), hashlib.sha256).digest()
    assert check_no == f"{int.from_bytes(state[:8], 'big') % 1_000_000:06d}" and numbers


@pytest.mark.parametrize(("spoil", "code", "said"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_what_is_wrong_is_told(city: City, spoil: Callable[[City], object], code: int, said: str) -> None:
    spoil(city)
    ran = _doctor(city)
    assert ran.code == code and said in ran.out, ran.out


def test_a_clock_that_went_back_and_a_night_long_ago(city: City) -> None:
    early = _doctor(city, day=date(2026, 11, 19))
    assert early.code == 1 and "異常　時計" in early.out
    late = _doctor(city, day=date(2026, 11, 25))
    assert late.code == 3 and "注意　時計" in late.out


PASSWORDS = [
    'url = "postgresql+psycopg://elqr:geheim@server/ledger"',
    'url = "postgresql+psycopg://elqr:a@b geheim@server/ledger"',
    'url = "postgresql+psycopg://elqr:\\"geheim\\"@server/ledger"',
    'url = "postgresql+psycopg://server/ledger?user=elqr&password=geheim"',
    'url = "sqlite:///ledger.db" # geheim',
    'url = "sqlite:///ledger.db"\npasword = "geheim"',
    'url = ["geheim"]',
    'url_file = "secret"\nurl = "geheim"',
    "url = geheim",
]


@pytest.mark.parametrize("secret", PASSWORDS)
def test_the_bundle_names_nobody_and_no_password(city: City, tmp_path: Path, secret: str) -> None:
    text = city.job.read_text(encoding="utf-8")
    text = text.replace('[store]\nurl = "sqlite:///ledger.db"', f"[store]\n{secret}")
    city.job.write_text(text, encoding="utf-8")
    path = tmp_path / "bundle.zip"
    ran = _doctor(city, "--bundle", path, ELQR_STORE_URL=f"sqlite:///{city.folder / 'ledger.db'}")
    assert "geheim" not in ran.out + ran.err
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
        names = archive.namelist()
        whole = b"".join(archive.read(name) for name in names).decode("utf-8")
    assert "doctor.txt" in names and "job.toml" not in names
    if "異常　ジョブ" not in ran.out:
        assert {"job.json", "runs/20261120-0001.json"} <= set(names) and '"store"' not in whole
    for named in ("geheim", "秘匿", "invented-secret"):
        assert named not in whole
