"""導入の点検: what is wrong is told with what to do, and the bundle holds no secret."""

import io
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from tests.builders import City, Ran, elqr, eltax_file, eltax_row, notice_row

pytestmark = pytest.mark.ledger_file


@pytest.fixture
def city(tmp_path: Path) -> City:
    made = City.founded(tmp_path / "city")
    made.notices(notice_row(payer_name="秘匿 花子"))
    made.deliver("a.csv", eltax_file(eltax_row("1" * 20, "123456", 4_000)))
    made.night()
    return made


def _doctor(city: City, *options: object, day: date = date(2026, 11, 21)) -> Ran:
    return elqr("doctor", "--job", city.job, "--date", day.isoformat(), *options)


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
]  # fmt: skip


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


def test_the_bundle_names_nobody_and_no_password(city: City, tmp_path: Path) -> None:
    text = city.job.read_text(encoding="utf-8")
    city.job.write_text(text + "# postgresql+psycopg://elqr:geheim@server/ledger\n", encoding="utf-8")
    path = tmp_path / "bundle.zip"
    assert _doctor(city, "--bundle", path).code == 0
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
        names = archive.namelist()
        whole = b"".join(archive.read(name) for name in names).decode("utf-8")
    assert {"doctor.txt", "job.toml", "runs/20261120-0001.json"} <= set(names)
    for secret in ("geheim", "秘匿", "invented-secret"):
        assert secret not in whole
