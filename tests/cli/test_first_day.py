"""The first day of a city: from nothing to a first night, and what stands in its way."""

import os
import pty
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import click
import pytest

from elqr.arithmetic.fiscal_year import fiscal_year
from elqr.cli import cli
from elqr.session import clock
from elqr.session.job import read_job
from elqr.session.setup import read_setup
from tests.builders import (
    ROOT,
    Ran,
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
    slip_file,
    slip_row,
)

pytestmark = pytest.mark.ledger_file

_KEY, _CHECK = "00000202610000000001", "123456"
_CODES = ("--city", "試験市", "--city-code", "999997", "--office-code", "99999", "--tax-office-code", "001")
_GIVEN = (*_CODES, "--procedure", "kokuho=904,保険年金課,2026-10-01", "--procedure", "douro=907")
_SPECS = ("--spec", "eltax_payment_csv", "--spec", "cvs_family_a")


def _days() -> tuple[date, date, date]:
    """Of the first night's files: paid, made, and the notices' last day."""
    today = clock.today()
    return today - timedelta(days=3), today - timedelta(days=2), today + timedelta(days=40)


def _fill(folder: Path) -> None:
    """Two good notices and one of a procedure that the register does not have; two files that pay the good ones."""
    paid_on, made_on, until = _days()
    year, issued_on = fiscal_year(paid_on), paid_on - timedelta(days=20)
    given = {"levy_year": year, "tax_year": year, "issued_on": issued_on, "due_on": until, "payable_until_on": until}
    notices = notice_file(
        notice_row(key_no=_KEY, check_no=_CHECK, **given),
        notice_row(bill_no="100002", principal_yen=4_000, barcode=barcode("100002", 4_000, until), **given),
        notice_row(bill_no="100003", procedure_code="douru", **given),
    )
    app = eltax_row(
        _KEY,
        _CHECK,
        10_000,
        city_code="999997",
        item_no="904",
        office_code="99999",
        tax_office_code="001",
        paid_on=paid_on,
        received_on=made_on,
        funds_on=made_on,
        processed_on=paid_on,
    )
    (folder / "notices" / "nofusho.csv").write_bytes(notices)
    (folder / "inbox" / "eltax.csv").write_bytes(eltax_file(app))
    (folder / "inbox" / "cvs.dat").write_bytes(cvs_file(_at_the_shop(cvs_row)))


def _at_the_shop(row: Callable[..., dict[str, object]], *names: str) -> dict[str, object]:
    """The payment of the notice with a bar code."""
    paid_on, made_on, until = _days()
    on = dict.fromkeys(names or ("got_on", "funds_on", "booked_on"), made_on)
    return row(barcode("100002", 4_000, until), paid_on=paid_on, **on)


def _typed(*arguments: str, keys: str) -> tuple[int, str]:
    """What a person at a terminal sees who types these keys: the exit code and the screen."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "elqr", *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment) as program:
        os.close(theirs)
        os.write(ours, keys.encode())
        seen = b""
        try:
            while piece := os.read(ours, 4_096):
                seen += piece
        except OSError:  # the program has closed its end
            pass
        os.close(ours)
        return program.wait(), seen.decode().replace("\r\n", "\n")


_ANSWERS = (
    "試験市",
    "999998",  # a wrong check digit, then in full width
    "９９９９９７",
    "99999",
    "001",
    "904",  # 国民健康保険料
    "保険年金課",
    "2026/10/1",  # not a day as it is wanted
    "2026-10-01",
    *("", "", "907", "", "", "", "", "", ""),  # 道路占用料 of a department and a day that nobody knows yet
    "試験市の計画",
    "1",
    "",
    "8 eltax_paymnt_csv",
    "8 eltax_payment_csv",
)


def test_from_nothing_to_a_first_night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "試験市"
    code, screen = _typed("init", str(folder), keys="\n".join((*_ANSWERS, "")))
    assert code in (0, 3) and "異常" not in screen, screen  # 3 where the machine has no typeface
    for told in ("99999 なら 7 です", "日付（YYYY-MM-DD）", "eltax_payment_csv ではありませんか", "■ 次にすること"):
        assert told in screen, told
    assert "運用開始日がなく、eL-QR を付けず、KPI に数えない: 道路占用料" in screen
    monkeypatch.chdir(folder)
    _fill(folder)
    steps: list[tuple[tuple[str, ...], int, tuple[str, ...]]] = [
        (("notice", "check", "notices/nofusho.csv"), 3, ("取り込む行 2（14,000円）", "断る行 1", "[N601]")),
        (("file", "check", "inbox/eltax.csv"), 0, ("受信箱 inbox のファイルとして取り込みます（1件 10,000円）",)),
        (("file", "check", "inbox/cvs.dat"), 0, ("受信箱 inbox のファイルとして取り込みます（1件 4,000円）",)),
        (("night", "--dry-run"), 3, ("予行", "収納 2件 14,000円を消し込みました")),
        (("night",), 3, ("収納 2件 14,000円を消し込みました", "index.html")),
        (("kpi",), 0, ("最初のeL-QR収納",)),
        (("verify",), 0, ("すべて合っています",)),
    ]
    assert 1 + len(steps) <= 12
    for arguments, exit_code, texts in steps:
        ran = elqr(*arguments)
        assert ran.code == exit_code and all(text in ran.out for text in texts), ran.out + ran.err
    assert (folder / "out" / clock.today().isoformat() / "要確認.xlsx").is_file()


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ran]:
    """A city of options alone, and what its command told."""
    folder = tmp_path_factory.mktemp("first") / "city"
    return folder, elqr("init", folder, *_GIVEN, *_SPECS)


@pytest.fixture(scope="module")
def begun(founded: tuple[Path, Ran], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The city after its first night."""
    folder = tmp_path_factory.mktemp("begun") / "city"
    shutil.copytree(founded[0], folder)
    _fill(folder)
    assert elqr("night", folder / "nightly.toml").code == 3
    return folder


def test_without_a_terminal_it_says_what_nobody_said(founded: tuple[Path, Ran]) -> None:
    folder, ran = founded
    assert ran.code in (0, 3) and "異常" not in ran.out
    assumed = [line for line in ran.out.splitlines() if line.startswith("初めの値")]
    assert assumed == [
        "初めの値　国民健康保険料（kokuho）　種別 国保・優先・特別会計・所管課 保険年金課",
        "初めの値　道路占用料（douro）　種別 使用料・手数料・優先・一般会計・所管課 未定",
        "初めの値　案件特定キーの構成　先頭 00000・賦課年度・区分 90・連番9桁",
        "初めの値　台帳　ファイル（SQLite）",
    ]
    assert {path.name for path in folder.iterdir()} == {
        *("nightly.toml", "procedures.toml", "check_no_secret"),
        *("notices", "inbox", "archive", "out"),
    }
    assert len((folder / "check_no_secret").read_text(encoding="ascii").strip()) == 64
    assert (folder / "check_no_secret").stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o077 == 0


def test_what_stands_behind_a_comment_loads_too(founded: tuple[Path, Ran], tmp_path: Path) -> None:
    folder = tmp_path / "city"
    shutil.copytree(founded[0], folder)
    (folder / "specs").mkdir()
    path, mark = folder / "nightly.toml", "# ここから下は"
    above, below = path.read_text(encoding="utf-8").split(mark)
    switched_on = [line.removeprefix("# ") for line in below.splitlines()[1:]]
    above = above.replace("# specs =", "specs =").replace("# training", "training").replace("# group_", "group_")
    path.write_text("\n".join([above, *switched_on]), encoding="utf-8")
    job = read_job(path)
    assert job.training and job.group_reads and job.export.nightly and job.specs
    assert [len(part) for part in (job.arrival, job.claims, job.money, job.settlement)] == [1, 1, 1, 1]
    assert read_setup(path, job, {}).register.names["kokuho"] == ("国民健康保険料", "保険年金課")


BAD = [
    ("何もない", (), ("--city（", "--city-code（", "--office-code（", "--tax-office-code（", "--procedure（")),
    ("手続がない", _CODES, ("--procedure（",)),
    ("検査数字", ("--city-code", "999996"), ("999996", "99999 なら 7 です")),
    ("桁数", ("--office-code", "9999"), ("共通納税機関コード 9999 は 5桁",)),
    ("空の名前", ("--city", " "), ("名前が空",)),
    ("見えない文字", ("--city", "試験\x07市"), ("表示できない文字",)),
    ("知らない手続", ("--procedure", "kokuhoo=905"), ("kokuho ではありませんか", "koki（後期高齢者医療保険料）")),
    ("番号のない手続", ("--procedure", "kaigo"), ("kaigo=123",)),
    ("番号の桁", ("--procedure", "kaigo=12"), ("介護保険料の税目・料金番号 12 は 3桁",)),
    ("日付", ("--procedure", "kaigo=905,介護保険課,10月"), ("go_live_on", "YYYY-MM-DD")),
    ("同じ番号", ("--procedure", "kaigo=904"), ("item_no が重なっています: 904",)),
    ("知らない様式", ("--spec", "cvs_famly_a"), ("cvs_family_a、cvs_family_b ではありませんか", "smart_trade_csv")),
    ("手で打つ様式", ("--spec", "payment_by_hand_csv"), ("選べるのは",)),
    ("目標の形", ("--kpi-plan", "計画", "--kpi", "2026"), ("2026=7",)),
    ("計画のない目標", ("--kpi", "2026=7"), ("--kpi-plan",)),
    ("年の順", ("--kpi-plan", "計画", "--kpi", "2027=8", "--kpi", "2026=7"), ("年度の順",)),
]


@pytest.mark.parametrize(("options", "texts"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_what_cannot_be_used_is_told_and_nothing_is_written(
    options: tuple[str, ...], texts: tuple[str, ...], tmp_path: Path
) -> None:
    given = options if options in ((), _CODES) else (*_GIVEN, *options)
    ran = elqr("init", tmp_path / "city", *given)
    assert ran.code == 2 and all(text in ran.err for text in texts), ran.err
    assert not any(tmp_path.iterdir())


def _file(name: str, text: str) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")

    return write


TAKEN = [
    ("ジョブ", _file("nightly.toml", "x"), "すでにジョブがあります（nightly.toml）"),
    ("別の名前のジョブ", _file("job.toml", "[city]\n[store]\n"), "すでにジョブがあります（job.toml）"),
    ("手続台帳", _file("procedures.toml", "x"), "procedures.toml があります"),
    ("鍵", _file("check_no_secret", "x"), "check_no_secret があります"),
    ("台帳", _file("ledger.db", ""), "ledger.db があります"),
    ("保管庫", _file("archive/ab/cd", "x"), "archive があります"),
    ("受信箱の場所にファイル", _file("inbox", "x"), "inbox"),
]


@pytest.mark.parametrize(("put", "told"), [row[1:] for row in TAKEN], ids=[row[0] for row in TAKEN])
def test_a_folder_in_use_is_refused_as_it_is(put: Callable[[Path], None], told: str, tmp_path: Path) -> None:
    folder = tmp_path / "city"
    put(folder)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    ran = elqr("init", folder, *_GIVEN)
    assert ran.code == 1 and told in ran.err, ran.err
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert [path for path in folder.iterdir() if path.is_dir()] == [folder / "archive"] * (told == "archive があります")


def test_a_run_that_was_cut_off_is_simply_run_again(founded: tuple[Path, Ran], tmp_path: Path) -> None:
    """Cut off when two of the three files had their names. Files that waited in the inbox stay."""
    folder, stage = tmp_path / "city", tmp_path / "city" / ".elqr_init"
    shutil.copytree(founded[0], folder)
    stage.mkdir()
    for name in ("nightly.toml", "procedures.toml", "check_no_secret"):
        shutil.copy(folder / name, stage)
    (folder / "nightly.toml").unlink()
    (folder / "inbox" / "eltax.csv").write_bytes(b"x")
    key = (folder / "check_no_secret").read_bytes()
    ran = elqr("init", folder, *_GIVEN)
    assert ran.code in (0, 3), ran.err
    assert not stage.exists() and (folder / "nightly.toml").is_file()
    assert (folder / "check_no_secret").read_bytes() != key and (folder / "inbox" / "eltax.csv").read_bytes() == b"x"


def test_a_file_that_somebody_changed_since_is_not_taken_back(founded: tuple[Path, Ran], tmp_path: Path) -> None:
    folder, stage = tmp_path / "city", tmp_path / "city" / ".elqr_init"
    stage.mkdir(parents=True)
    shutil.copy(founded[0] / "procedures.toml", stage)
    (folder / "procedures.toml").write_text("# 書きかけ\n", encoding="utf-8")
    ran = elqr("init", folder, *_GIVEN)
    assert ran.code == 1 and "procedures.toml があります" in ran.err
    assert (folder / "procedures.toml").read_text(encoding="utf-8") == "# 書きかけ\n"


def _check(city: Path, name: str, data: bytes, *options: str) -> Ran:
    path = city.parent / name
    path.write_bytes(data)
    return elqr("file", "check", path, "--job", city / "nightly.toml", "--json", *options)


def test_what_the_night_would_do_with_a_file(begun: Path) -> None:
    known = elqr("file", "check", begun / "inbox" / "cvs.dat", "--job", begun / "nightly.toml", "--json")
    assert (known.code, known.json["night"]) == (0, {"inbox": "inbox", "status": "known", "count": 0, "yen": 0})
    again = _check(begun, "again.dat", (begun / "inbox" / "cvs.dat").read_bytes())
    assert (again.code, again.json["night"]) == (
        0,
        {"inbox": "inbox", "status": "redelivered", "count": 1, "yen": 4_000},
    )
    foreign = _check(begun, "dsk.csv", dsk_file(_at_the_shop(dsk_row, "funds_on", "made_on")))
    assert foreign.code == 4 and foreign.json["accepted"] and foreign.json["night"]["inbox"] is None  # type: ignore[index]
    told = elqr("file", "check", begun.parent / "dsk.csv", "--job", begun / "nightly.toml")
    assert "[[inbox]] の specs に dsk_csv を足してください" in told.out
    (link := begun.parent / "link.dat").symlink_to(begun / "inbox" / "cvs.dat")
    linked = elqr("file", "check", link, "--job", begun / "nightly.toml")
    assert linked.code == 4 and "取込保留になります" in linked.out and "[F111]" in linked.out
    unread = _check(begun, "nofusho.csv", (begun / "notices" / "nofusho.csv").read_bytes())
    assert unread.code == 4 and "night" not in unread.json


def test_slips_typed_by_hand_wait_for_two_people(begun: Path, tmp_path: Path) -> None:
    city = tmp_path / "city"
    shutil.copytree(begun, city)
    job = city / "nightly.toml"
    (city / "slips").mkdir()
    more = '\n[[inbox]]\npath = "slips"\nspecs = ["payment_by_hand_csv"]\n'
    job.write_text(job.read_text(encoding="utf-8") + more, encoding="utf-8")
    paid_on, made_on, _ = _days()
    data = slip_file(slip_row("1", _KEY, 10_000, check_no=_CHECK, paid_on=paid_on, received_on=made_on))
    ran = _check(city, "slips.csv", data)
    assert ran.code == 4 and ran.json["night"]["status"] == "quarantined"  # type: ignore[index]


def test_what_the_night_would_do_with_notices(begun: Path, tmp_path: Path) -> None:
    job = ("--job", begun / "nightly.toml", "--json")
    known = elqr("notice", "check", begun / "notices" / "nofusho.csv", *job)
    assert known.code == 3 and known.json["rows"] == {"read": 0, "new": 0, "same": 0, "refused": 0}
    paid_on, _, until = _days()
    year = fiscal_year(paid_on)
    given = {"levy_year": year, "tax_year": year, "issued_on": paid_on, "due_on": until, "payable_until_on": until}
    path = tmp_path / "reduced.csv"
    row = notice_row(bill_no="100002", principal_yen=1_000, issue_no=2, change_reason="減額更正", **given)
    path.write_bytes(notice_file(row))
    reduced = elqr("notice", "check", path, *job)
    assert reduced.code == 3 and reduced.json["reduced"] == {"payments": 1, "yen": 3_000}
    assert (reduced.json["rows"], reduced.json["new_yen"]) == ({"read": 1, "new": 1, "same": 0, "refused": 0}, 1_000)
    path.write_bytes(b"%PDF-1.7")
    held = elqr("notice", "check", path, *job)
    assert held.code == 4 and held.json["status"] == "held" and held.json["findings"]


def test_which_job_a_command_works_with(begun: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The city's own in its folder; that of the samples only in a checkout, and told; else none."""
    monkeypatch.delenv("ELQR_JOB", raising=False)
    monkeypatch.chdir(begun)
    assert (elqr("claim", "show", "100002").code, elqr("claim", "show", "100002").err) == (0, "")
    monkeypatch.chdir(tmp_path)
    nowhere = elqr("claim", "show", "100002")
    assert nowhere.code == 1 and "ELQR_JOB" in nowhere.err and "elqr init" in nowhere.err
    without = elqr("file", "check", begun / "inbox" / "cvs.dat", "--against-ledger")
    assert without.code == 1 and "--job か環境変数 ELQR_JOB" in without.err
    for folder, told in ((ROOT, "見本の jobs/nightly.toml"), (ROOT / "jobs", "見本の nightly.toml")):
        monkeypatch.chdir(folder)
        assert f"{told} を使います" in elqr("claim", "show", "100002").err


def _misspelt() -> list[tuple[str, ...]]:
    """Every command, in its group, without the letter before the last."""
    groups = [((), cli)] + [((name,), group) for name, group in cli.commands.items() if isinstance(group, click.Group)]
    return [(*above, name[:-2] + name[-1:], name) for above, group in groups for name in group.commands]


def test_every_group_names_the_near_command() -> None:
    misspelt = _misspelt()
    assert len(misspelt) > 80
    for *arguments, name in misspelt:
        ran = elqr(*arguments)
        known = ran.code == 2 and arguments[-1] in ran.err and name in ran.err and "ではありませんか" in ran.err
        assert known or arguments[-1] in {row[-1] for row in misspelt}, (arguments, ran.err)


def test_unknown_names_are_told_the_near_one(begun: Path, tmp_path: Path) -> None:
    spec = elqr("spec", "show", "eltax_paymnt_csv")
    assert spec.code == 1 and "eltax_payment_csv ではありませんか" in spec.err
    ran = elqr("claim", "show", "100002", "--procedure", "kokuh", "--job", begun / "nightly.toml")
    assert ran.code == 1 and "kokuho ではありませんか。あるのは kokuho、douro です。" in ran.err
    narrow = ("--procedure", "kokuh", "--department", "保険課")
    ran = elqr("review", "export", "-o", tmp_path / "x.xlsx", *narrow, "--job", begun / "nightly.toml")
    assert "手続 kokuh は" in ran.err and "所管課 保険課 は手続台帳にありません。保険年金課 ではありませんか" in ran.err
