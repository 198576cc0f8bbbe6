"""Wrong inputs as a new user makes them: one clear Japanese message, the right exit code, nothing lost."""

import json
import os
import re
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import click
import pytest

from elqr.cli import cli
from tests.builders import (
    REAL_CODE,
    REAL_NOTICE,
    REAL_PAYMENT,
    ROOT,
    TRAINING,
    City,
    codes,
    elqr,
    eltax_file,
    eltax_row,
    notice_file,
    notice_row,
)

pytestmark = pytest.mark.ledger_file


@pytest.fixture
def city(tmp_path: Path) -> City:
    city = City.founded(tmp_path / "city")
    city.notices(REAL_NOTICE)
    city.deliver("eltax.csv", eltax_file(REAL_PAYMENT))
    return city


def _edited(name: str, old: str, new: str) -> Callable[[City], None]:
    def edit(city: City) -> None:
        path = city.folder / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return edit


def _with_bytes(name: str, data: bytes) -> Callable[[City], None]:
    return lambda city: (city.folder / name).write_bytes(data) and None  # type: ignore[return-value]


def _arrival(more: str) -> Callable[[City], None]:
    return _edited("job.toml", "[[inbox]]", f'[[arrival]]\nname = "x"\n{more}\n\n[[inbox]]')


def _contract(more: str) -> Callable[[City], None]:
    return _edited("job.toml", "[[inbox]]", f'[[settlement]]\nname = "x"\nsenders = ["x"]\n{more}\n\n[[inbox]]')


def _without(name: str) -> Callable[[City], None]:
    return lambda city: (city.folder / name).rename(city.folder / f"{name}.gone") and None  # type: ignore[func-returns-value,return-value]


def _in_the_way(name: str) -> Callable[[City], None]:
    """Where a folder should be made, a file stands."""
    return lambda city: (city.folder / name).write_text("x") and None  # type: ignore[return-value]


def _folder_instead(name: str) -> Callable[[City], None]:
    def swap(city: City) -> None:
        if (city.folder / name).exists():
            (city.folder / name).unlink()
        (city.folder / name).mkdir()

    return swap


def _pipe_instead(name: str) -> Callable[[City], None]:
    def swap(city: City) -> None:
        (city.folder / name).unlink()
        os.mkfifo(city.folder / name)

    return swap


def _endless(name: str) -> Callable[[City], None]:
    """Longer than anything that a person writes; it takes no room."""

    def grow(city: City) -> None:
        with (city.folder / name).open("r+b") as file:
            file.truncate(4_000_001)

    return grow


_NO_FILE, _LONG = "通常のファイルではありません", "大きすぎます。上限 4,000,000 バイト"

NIGHTS: list[tuple[str, Callable[[City], None], int, str]] = [
    ("ジョブがない", _without("job.toml"), 1, "job.toml がありません"),
    ("ジョブがフォルダ", _folder_instead("job.toml"), 1, "TOMLファイルを指定してください"),
    ("ジョブのつづり違い", _edited("job.toml", "[store]", "[stoer]"), 1, "知らない項目です"),
    ("ジョブの項目が足りない", _edited("job.toml", 'city_code = "999999"\n', ""), 1, "city.city_code: 項目がありません"),
    ("ジョブの値の型", _edited("job.toml", 'office_code = "44000"', "office_code = 44000"), 1, "引用符つき"),
    ("ジョブがTOMLでない", _with_bytes("job.toml", b"%PDF-1.7"), 1, "TOMLとして読めません"),
    ("ジョブがcp932", _with_bytes("job.toml", 'title = "夜"'.encode("cp932")), 1, "UTF-8 ではありません"),
    ("キーが20桁にならない", _edited("job.toml", "[issue]", "[issue]\nserial_digits = 8"), 1, "20桁"),
    ("ない様式", _edited("job.toml", '"dsk_csv"', '"dsk_cvs"'), 1, "dsk_cvs がありません"),
    ("収納でない様式", _edited("job.toml", '"dsk_csv"', '"notice_csv"'), 1, "収納データの様式ではありません"),
    (
        "納付書でない様式",
        _edited("job.toml", '[notices]', '[notices]\nspec = "dsk_csv"'),
        1,
        "dsk_csv は納付書データの様式ではありません",
    ),
    ("台帳の手続が重なる", _edited("procedures.toml", 'code = "kokuho"', 'code = "kenzei"'), 1, "code が重なっています: kenzei"),
    ("手続台帳がない", _without("procedures.toml"), 1, "手続台帳"),
    ("手続台帳の種別", _edited("procedures.toml", 'kind = "国保"', 'kind = "国民"'), 1, "決められた値ではありません"),
    ("鍵がない", _without("secret"), 1, "鍵ファイル"),
    ("鍵が短い", _with_bytes("secret", b"short"), 1, "短すぎます"),
    ("受信箱がない", _edited("job.toml", 'path = "inbox"', 'path = "inbocks"'), 1, "受信箱"),
    ("出力先がファイル", _in_the_way("out"), 1, "フォルダ"),
    ("保管庫がファイル", _in_the_way("archive"), 1, "書けません"),
    ("台帳がデータベースでない", _with_bytes("ledger.db", b"not a database" * 100), 1, "台帳"),
    ("台帳がフォルダ", _folder_instead("ledger.db"), 1, "フォルダです"),
    ("台帳のURL", _edited("job.toml", "sqlite:///ledger.db", "ledger"), 1, "URL"),
    ("空の収納データ", _with_bytes("inbox/empty.dat", b""), 4, "F101"),
    ("収納データの代わりにPDF", _with_bytes("inbox/f.pdf", b"%PDF-1.7 ..."), 4, "F117"),
    ("深すぎる入れ子のジョブ", _edited("job.toml", "[city]", f"deep = {'[' * 3000}{']' * 3000}\n[city]"), 1, "深すぎます"),
    ("深すぎる入れ子の手続台帳", _with_bytes("procedures.toml", b"x = " + b"[" * 3000 + b"]" * 3000), 1, "深すぎます"),
    ("NULのあるパス", _edited("job.toml", 'out = "out"', 'out = "o\\u0000ut"'), 1, "NUL"),
    ("NULのある受信箱", _edited("job.toml", 'path = "inbox"', 'path = "in\\u0000box"'), 1, "NUL"),
    ("NULのある手続台帳", _edited("procedures.toml", "市民税課", "市民\\u0000課"), 1, "NUL"),
    ("到着予定の初めが紀元", _arrival("files = 'a'\nsince = 0001-01-01"), 1, "since: 小さすぎます"),
    ("到着予定の終わりが果て", _arrival("files = 'a'\nsince = 2026-11-01\nuntil = 9999-12-31"), 1, "until: 大きすぎます"),
    ("来ない日が果て", _arrival("files = 'a'\nsince = 2026-11-01\nskipped = [9999-12-31]"), 1, "skipped.1: 大きすぎます"),
    ("契約の初めが紀元", _contract("since = 0001-01-01"), 1, "since: 小さすぎます"),
    ("運用開始日が果て", _edited("procedures.toml", "2023-04-01", "9999-12-31"), 1, "go_live_on: 大きすぎます"),
    ("ジョブの日が果て", _edited("job.toml", "2026-11-20", "9999-12-31"), 1, "date: 大きすぎます"),
    ("正規表現の後方参照", _arrival("files = '(a)\\1'\nsince = 2026-11-01"), 1, "後方参照"),
    ("大きすぎる正規表現", _arrival("files = '((a{999}){999}){999}'\nsince = 2026-11-01"), 1, "大きすぎる"),
    ("機械のフォルダの受信箱", _edited("job.toml", 'path = "inbox"', 'path = "/proc"'), 1, "機械そのもののフォルダ"),
    ("錠がリンク", lambda city: (city.folder / "ledger.db.lock").symlink_to(city.folder / "secret"), 1, "リンクかフォルダ"),
    ("錠がフォルダ", lambda city: (city.folder / "ledger.db.lock").mkdir(), 1, "リンクかフォルダ"),
    ("ジョブがパイプ", _pipe_instead("job.toml"), 1, _NO_FILE),
    ("手続台帳がパイプ", _pipe_instead("procedures.toml"), 1, _NO_FILE),
    ("手続台帳が装置", _edited("job.toml", '"procedures.toml"', '"/dev/zero"'), 1, _NO_FILE),
    ("鍵が装置", _edited("job.toml", '"secret"', '"/dev/zero"'), 1, _NO_FILE),
    ("祝日の表が装置", _edited("job.toml", "[store]", '[calendar]\nholidays = "/dev/zero"\n\n[store]'), 1, _NO_FILE),
    ("URLのファイルが装置", _edited("job.toml", 'url = "sqlite:///ledger.db"', 'url_file = "/dev/zero"'), 1, _NO_FILE),
    ("終わらないジョブ", _endless("job.toml"), 1, _LONG),
    ("終わらない手続台帳", _endless("procedures.toml"), 1, _LONG),
    ("終わらない鍵", _endless("secret"), 1, _LONG),
    ("途中で切れた収納データ", _with_bytes("inbox/cut.dat", b"1910" + b"0" * 50 + b"1102" + b"0" * 52), 4, "F10"),
    ("空の納付書データ", _with_bytes("notices/empty.csv", b""), 4, "F10"),
    ("納付書データの見出し違い", _with_bytes("notices/h.csv", notice_file(notice_row()).replace("氏名".encode(), "名前".encode())), 4, "F109"),
    ("納付書データがEBCDIC", _with_bytes("notices/e.csv", b"\xf1\xf9\xf1\x81\x82\x40\x40\xff"), 4, "F107"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "spoil", "code", "said"), NIGHTS, ids=[row[0] for row in NIGHTS])
def test_a_night_with_something_wrong(
    city: City, name: str, spoil: Callable[[City], None], code: int, said: str
) -> None:
    spoil(city)
    ran = elqr("night", city.job)
    shown = ran.out + ran.err
    assert ran.code == code, shown
    assert said in shown
    assert "Traceback" not in shown and "Error" not in shown
    if code == 1:
        assert len(ran.err.strip().splitlines()) == 1 and re.search("ください(（例.*）)?。$", ran.err.strip()), ran.err
        assert (city.folder / "inbox").exists() is True
    else:
        assert "収納 1件 39,500円を消し込みました" in shown, "the good file of the night is posted all the same"


def test_what_was_wrong_is_put_right_and_nothing_is_lost(city: City) -> None:
    _edited("procedures.toml", 'code = "kenzei"', 'code = "kenzai"')(city)
    assert city.night().places() == {"exception": (1, 39_500)}
    held = city.night().json["findings"]
    assert [finding["code"] for finding in held] == ["N601"]  # type: ignore[attr-defined]


COMMANDS: list[tuple[str, list[str], int, str]] = [
    ("引数なし", [], 2, "使い方"),
    ("ないコマンド", ["nigth"], 2, "コマンド nigth はありません"),
    ("ジョブの指定なし", ["night"], 2, "必要です"),
    ("オプションの値なし", ["replay"], 2, "--from が必要です"),
    ("ないオプション", ["night", "x", "--dry"], 2, "オプション --dry はありません"),
    ("日付の形", ["night", "x", "--date", "R8.11.20"], 2, "YYYY-MM-DD"),
    ("取り込むファイルがない", ["notice", "import", "nai.csv"], 1, "nai.csv がありません"),
    ("取り込むのがフォルダ", ["notice", "import", "."], 1, "フォルダです"),
    ("ないファイルの表示", ["spec", "dump", "dsk_csv", "nai.csv"], 1, "nai.csv がありません"),
    ("わからない形式の表示", ["spec", "dump", "-", __file__], 1, "F102"),
    ("正しくないコードの図形", ["payload", "qr", "123", "-o", "x.png"], 1, "図形にしません"),
    ("書けない種類の図形", ["payload", "qr", REAL_CODE, "-o", "x.gif"], 1, ".svg .png .pdf"),
    ("書けない場所の図形", ["payload", "qr", REAL_CODE, "-o", "/proc/none/x.png"], 1, "書けません"),
    ("JSONでない", ["payload", "encode", "{"], 1, "JSON"),
    ("項目の足りないJSON", ["payload", "encode", "{}"], 1, "amount_yen: 項目がありません"),
    ("近いコマンド", ["nihgt"], 2, "コマンド nihgt はありません。night ではありませんか。"),
    ("近いオプション", ["night", "--dryrun"], 2, "オプション --dryrun はありません。--dry-run ではありませんか。"),
    ("余分な指定", ["day", "2026-11-11"], 2, "余分な指定 2026-11-11 があります。"),
    (
        "番号でない番号",
        ["review", "reassign", "abc"],
        2,
        "NUMBERS の値 abc が正しくありません。1～1000000000000000 の整数を書いてください。",
    ),
    ("ないえらび", ["spec", "new", "a", "--layout", "b"], 2, "--layout の値 b が正しくありません。fixed、csv のどれか"),
    ("値のないオプション", ["kpi", "--fiscal-year"], 2, "--fiscal-year に値が必要です"),
    ("値のある旗", ["kpi", "--json=1"], 2, "--json に値は書けません"),
    ("遠すぎる年度", ["kpi", "--fiscal-year", "10000"], 2, "--fiscal-year の値 10000 が正しくありません"),
    (
        "長すぎる受付番号",
        ["review", "trail", "--payment", "9" * 20],
        2,
        f"--payment の値 {'9' * 20} が正しくありません。1～1000000000000000 の整数",
    ),
    ("長すぎる申請番号", ["review", "approve", "9" * 20, "--by", "佐藤"], 2, "が正しくありません"),
    (
        "長すぎる書き出しの番号",
        ["export", "again", "9" * 20, "--by", "佐藤", "--reason", "x"],
        2,
        "が正しくありません",
    ),
    ("ジョブが装置", ["night", "/dev/zero"], 1, _NO_FILE),
    ("指定したジョブが装置", ["ledger", "show", "--job", "/dev/zero"], 1, _NO_FILE),
    ("検査するのが装置", ["file", "check", "/dev/zero"], 1, _NO_FILE),
    ("検査する様式が装置", ["spec", "check", "/dev/zero"], 1, _NO_FILE),
    ("パスより長い照合値", ["verify", "--anchor", f"{'1' * 5_000}:abcd"], 1, "照合値として読めません"),
    ("パスより長い名前", ["file", "check", "x" * 5_000], 1, "名前が長すぎて"),
    ("パスより長いジョブの名前", ["night", "x" * 5_000], 1, "を読めません"),
    ("パスより長いフォルダの名前", ["export", "check", "x" * 5_000, "--job", "/dev/null"], 1, _NO_FILE),
    ("控えがフォルダ", ["backup", "check", "."], 1, "フォルダです"),
    ("控えが一番上のフォルダ", ["backup", "check", "/"], 1, "フォルダです"),
    ("パスより長い控えの名前", ["backup", "check", "x" * 5_000], 1, "を読めません"),
    ("終わらないJSON", ["payload", "encode", " " * 4_000_001], 1, "大きすぎます"),
    ("数でない番号", ["review", "approve", "あ"], 2, "NO の値 あ が正しくありません。1～"),
    ("負の申請番号", ["settlement", "approve", "--", "-1"], 2, "が正しくありません"),
    ("少なすぎる都市", ["synthetic", "--seed", "1", "--notices", "1", "x"], 2, "--help"),
]


@pytest.mark.parametrize(("name", "arguments", "code", "said"), COMMANDS, ids=[row[0] for row in COMMANDS])
def test_a_command_used_wrongly(name: str, arguments: list[str], code: int, said: str) -> None:
    ran = elqr(*arguments)
    assert ran.code == code and said in ran.out + ran.err
    assert "Traceback" not in ran.err


def test_a_pipe_that_is_named_as_a_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for command in (("file", "check"), ("file", "diff", __file__), ("notice", "import"), ("spec", "check")):
        ran = elqr(*command, tmp_path / "pipe")
        assert ran.code == 1 and _NO_FILE in ran.err, command


@pytest.mark.parametrize("text", ["a = " + "[" * 100_000, "a = " + "9" * 5_000], ids=["deep", "number"])
def test_a_spec_that_toml_cannot_hold_is_one_remark(tmp_path: Path, text: str) -> None:
    (tmp_path / "city_pay.toml").write_text(text, encoding="utf-8")
    ran = elqr("spec", "check", tmp_path / "city_pay.toml")
    assert ran.code in (1, 4) and "TOML として読めません" in ran.out + ran.err


_NO_NUMBER = "9" * 30


@pytest.mark.parametrize(
    "command",
    [
        ("undo", "approve"), ("undo", "reject", "--reason", "誤り"), ("held", "approve"), ("held", "reject", "--reason", "誤り"),
        ("notice", "give-up", "--reason", "誤り"), ("notice", "give-up-approve"), ("notice", "give-up-reject", "--reason", "誤り"),
        ("undo", "settlement", "--reason", "誤り"), ("undo", "export", "--reason", "誤り"),
        ("undo", "taken", "--reason", "誤り"), ("undo", "release", "--reason", "誤り"),
    ],
    ids=lambda command: "-".join(command[:2]),
)  # fmt: skip
def test_a_number_that_no_database_can_look_up_is_told(city: City, command: tuple[str, ...]) -> None:
    ran = elqr(*command, _NO_NUMBER, "--by", "佐藤", "--job", city.job)
    assert ran.code in (1, 2) and "ありません" in ran.err and "Traceback" not in ran.err


def test_every_whole_number_on_the_command_line_has_its_bounds() -> None:
    def has_no_bound(kind: click.ParamType) -> bool:
        return kind is click.INT or (isinstance(kind, click.IntRange) and (kind.min is None or kind.max is None))

    def unbounded(command: click.Command, path: str) -> list[str]:
        below = command.commands.items() if isinstance(command, click.Group) else ()
        own = [f"{path} {param.name}" for param in command.params if has_no_bound(param.type)]
        return own + [found for name, sub in below for found in unbounded(sub, f"{path} {name}")]

    assert unbounded(cli, "elqr") == []


@pytest.mark.parametrize(
    ("word", "command"),
    [
        ("還付決定", "elqr refund"),
        ("時効", "elqr refund"),
        ("組替", "elqr review reassign"),
        ("決裁の取消", "elqr review undo"),
    ],
)
def test_a_ruling_with_a_command_of_its_own_is_sent_there(city: City, word: str, command: str) -> None:
    why = ("--payment", "1", "--reason", "確認", "--by", "山田", "--job", city.job)
    ran = elqr("review", "decide", "--ruling", word, *why)
    assert ran.code == 2 and f"{word} はまとめて決められません。{command} を使ってください" in ran.err
    offered = elqr("review", "decide", "--ruling", "訂正", *why)
    assert offered.code == 2 and "訂正（先の収納に代える）" in offered.err and word not in offered.err


def test_the_real_code_on_the_command_line(tmp_path: Path) -> None:
    decoded = elqr("payload", "decode", REAL_CODE, "--json")
    assert decoded.code == 0
    names = ["valid", "findings", "amount_yen", "key_no", "check_no", "item_no", "office_code", "tax_office_code"]
    names += ["levy_year", "tax_year", "installment_no", "due_on", "payable_until_on"]
    assert list(decoded.json) == names
    assert elqr("payload", "encode", decoded.out).out.strip() == REAL_CODE
    assert elqr("payload", "encode", "-", text=decoded.out).out.strip() == REAL_CODE
    wrong = elqr("payload", "decode", REAL_CODE[:-1] + "2", "--json")
    assert wrong.code == 1
    (finding,) = wrong.json["findings"]  # type: ignore[misc]
    assert finding == {"code": "P808", "at": "251桁目 「CRC」", "actual": "20202", "expected": "20201"}
    for kind in ("svg", "png", "pdf"):
        assert elqr("payload", "qr", REAL_CODE, "-o", tmp_path / f"x.{kind}").code == 0
        assert (tmp_path / f"x.{kind}").stat().st_size > 300


def test_a_ledger_that_somebody_else_writes_to(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("elqr.store.db.sqlite.BUSY_SECONDS", 0.1)
    city.night()
    other = sqlite3.connect(city.folder / "ledger.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    ran = city.night()
    assert ran.code == 1 and "台帳" in ran.err and "database is locked" in ran.err
    other.rollback()
    assert city.night().code == 0


def test_a_key_that_another_system_gave_is_never_given_again(city: City) -> None:
    """The core system sent the very key that would be the first of ours: nothing is issued, and what to do is said."""
    city.notices(notice_row(bill_no="1", key_no="00000202690000000001", check_no="123456"), notice_row(bill_no="2"))
    ran = city.night()
    assert ran.code == 1 and "00000202690000000001" in ran.err and "key_class" in ran.err
    assert city.sql("SELECT count(*) FROM payload") == [(0,)]
    text = city.job.read_text(encoding="utf-8")
    city.job.write_text(text.replace("[issue]\n", '[issue]\nkey_class = "91"\n'), encoding="utf-8")
    assert city.night().code in (0, 3)
    assert city.issued()["kokuho", "2", 1, 1][0] == "00000202691000000001"


def test_a_folder_among_the_notices_is_told_and_the_rest_is_taken_in(city: City) -> None:
    (city.folder / "notices" / "older").mkdir()
    ran = city.night()
    assert ran.code == 4 and codes(ran) == ["F111"]
    assert ran.places() == {"posted": (1, 39_500)}


@pytest.mark.parametrize("most_bytes", [40_000, 600_000])
def test_a_full_disk_stops_the_night_and_the_next_run_finishes_it(tmp_path: Path, most_bytes: int) -> None:
    from elqr.synthetic import generate
    from tests.builders import CITY_JOB, SPECS

    folders = [tmp_path / "full", tmp_path / "whole"]
    for folder in folders:
        generate(folder, seed=5, notices=400, days=30, specs=SPECS)
        (folder / "job.toml").write_text(CITY_JOB, encoding="utf-8")
    command = [sys.executable, "-m", "elqr", "night", str(folders[0] / "job.toml")]
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))  # noqa: E731
    stopped = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, preexec_fn=limit, capture_output=True, text=True
    )
    assert stopped.returncode == 1 and "Traceback" not in stopped.stderr, stopped.stderr
    assert "空き容量" in stopped.stderr
    for folder in folders:
        assert elqr("night", folder / "job.toml").code == 4
    full, whole = (City(folder) for folder in folders)
    assert full.outcomes() == whole.outcomes()


def test_a_clock_that_went_back_moves_nothing_until_somebody_names_the_day(city: City) -> None:
    """Nights without a date take the clock's. The last night is in a year that no clock of ours has reached."""
    job = city.job.read_text(encoding="utf-8")
    city.job.write_text(TRAINING + job.replace("date = 2026-11-20\n", ""), encoding="utf-8")
    assert city.night(date(2999, 1, 1)).code == 0
    city.deliver("more.csv", eltax_file(eltax_row("1" * 20, "123456", 4_000)))
    before = city.ledger_state()
    ran = elqr("night", city.job)
    assert ran.code == 1 and "時計" in ran.err and "2999-01-01" in ran.err
    assert city.ledger_state() == before
    assert elqr("night", city.job, "--dry-run").code == 3
    assert city.night(date(2998, 12, 31)).code == 3
    assert elqr("verify", "--job", city.job, "--date", "2999-01-01").code == 0


@pytest.mark.parametrize("name", ["out", "archive", ""])
def test_a_folder_that_may_not_be_written_to(city: City, name: str) -> None:
    """Root is held to the modes of files only without its capabilities."""
    folder = city.folder / name
    folder.mkdir(exist_ok=True)
    folder.chmod(0o500)
    held = ["setpriv", "--inh-caps=-all", "--bounding-set=-all"] if os.geteuid() == 0 else []
    command = [*held, sys.executable, "-m", "elqr", "night", str(city.job)]
    ran = subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True)
    folder.chmod(0o700)
    assert ran.returncode == 1 and "Traceback" not in ran.stderr
    assert "権限" in ran.stderr and ran.stderr.strip().endswith("確かめてください。"), ran.stderr
    assert city.night().places() == {"posted": (1, 39_500)}


def test_files_that_people_write_may_begin_with_a_bom(city: City) -> None:
    """Editors put one there; a key with one would make other numbers."""
    for name in ("job.toml", "procedures.toml", "secret"):
        path = city.folder / name
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert city.night().places() == {"posted": (1, 39_500)}


def test_specs_sheets_lists_and_urls_may_begin_with_a_bom_too(city: City) -> None:
    """Whatever a person writes and elqr reads, in the night and beside it."""
    bom = b"\xef\xbb\xbf"
    for folder, names in (("specs", ["eltax_payment_csv"]), ("sheets", ["hokenryo", "shiyoryo"])):
        (city.folder / folder).mkdir()
        shipped = ROOT / "specs" if folder == "specs" else ROOT / "specs" / "sheets"
        for name in names:
            (city.folder / folder / f"{name}.toml").write_bytes(bom + (shipped / f"{name}.toml").read_bytes())
    (city.folder / "url").write_bytes(bom + f"sqlite:///{city.folder / 'ledger.db'}\r\n".encode())
    job = city.job.read_text(encoding="utf-8").replace('url = "sqlite:///ledger.db"', 'url_file = "url"')
    job = job.replace('out = "out"', 'out = "out"\nspecs = ["specs"]') + '\n[print]\nsheets = ["sheets"]\n'
    city.job.write_text(job, encoding="utf-8")
    city.notices(notice_row(), name="more.csv")
    assert city.night().places() == {"posted": (1, 39_500)}
    key_no, _ = city.issued()["kokuho", "100001", 1, 1]
    wanted = city.folder / "list.txt"
    wanted.write_bytes(bom + key_no.encode() + b"\r\n")
    ran = elqr("notice", "print", "--out", city.folder / "print", "--from", wanted, "--workers", 1, "--job", city.job)
    assert ran.code == 0 and "納付書 1枚" in ran.out


def test_a_ledger_beside_the_file_that_names_it_is_found_from_any_folder(
    city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (city.folder / "url").write_text("sqlite:///ledger.db\n", encoding="utf-8")
    job = city.job.read_text(encoding="utf-8").replace('url = "sqlite:///ledger.db"', 'url_file = "url"')
    city.job.write_text(job, encoding="utf-8")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert city.night().places() == {"posted": (1, 39_500)}
    assert list(elsewhere.iterdir()) == [] and (city.folder / "ledger.db").is_file()


def test_a_name_that_is_refused_is_told_as_it_looks_and_what_is_not_seen_by_its_number(city: City) -> None:
    for name, said in (("山田\u200b太郎", "「山田\\u200b太郎」"), ("S\u0430to", "「S\\u0430to」")):
        ran = elqr("review", "approve", 1, "--by", name, "--job", city.job)
        assert ran.code == 1 and f"--by {said}: " in ran.err, ran.err


def test_an_expression_that_explodes_takes_no_longer_than_another(city: City) -> None:
    _arrival("files = '(a+)+x'\nsince = 2026-11-01")(city)
    city.deliver("a" * 40 + ".csv", eltax_file(eltax_row("1" * 20, "123456", 4_000)))
    assert city.night().code == 3


BARE = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


def _process(city: City, *arguments: object, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "elqr", *map(str, arguments)],
        cwd=city.folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        check=False,
    )


def test_output_that_cannot_be_written_is_spelt_and_stops_nothing(city: City) -> None:
    """Windows writes cp932 into a file; 𠮷 and a name with an emoji are not in it."""
    city.deliver("𠮷😀.dat", b"%PDF-1.7")
    ran = _process(city, "night", city.job, PYTHONIOENCODING="cp932")
    assert ran.returncode == 4 and b"Traceback" not in ran.stderr
    assert r"\ud842\udfb7\ud83d\ude00.dat" in ran.stdout.decode("cp932")
    as_json = json.loads(_process(city, "night", city.job, "--json", PYTHONIOENCODING="cp932").stdout.decode("cp932"))
    assert as_json["quarantined"] == ["𠮷😀.dat"], "what a program reads is what it was"


def test_a_place_without_japanese_names_is_refused_before_anything_is_done(city: City) -> None:
    before = sorted(city.folder.rglob("*"))
    ran = _process(city, "night", city.job, **BARE)
    said = ran.stderr.decode("utf-8")
    assert ran.returncode == 1 and "PYTHONUTF8=1" in said and "Traceback" not in said
    assert sorted(city.folder.rglob("*")) == before


@pytest.mark.parametrize("mask", [0o000, 0o022])
def test_what_is_written_is_for_its_user_alone(city: City, mask: int) -> None:
    def others(*arguments: object) -> set[str]:
        run = ["sh", "-c", f'umask {mask:03o}; exec "$@"', "sh", sys.executable, "-m", "elqr", *map(str, arguments)]
        ran = subprocess.run(run, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, check=False)
        assert ran.returncode == 0, ran.stderr
        own = [city.folder / name for name in ("out", "archive", "month") if (city.folder / name).exists()]
        written = [path for folder in own for path in (folder, *folder.rglob("*"))]
        assert len(written) > 20
        return {f"{path.stat().st_mode & 0o077:o}" for path in written}

    assert others("night", city.job) == {"0"}
    assert others("month", "--month", "2026-11", "--job", city.job, "--out", city.folder / "month") == {"0"}


@pytest.mark.parametrize("way", [("-O",), ("-OO",)])
def test_python_without_its_assertions_is_refused(way: tuple[str, ...], city: City) -> None:
    command = [sys.executable, *way, "-m", "elqr", "night", str(city.job)]
    ran = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 1 and "金額を守る検査が外れています" in ran.stderr and "Traceback" not in ran.stderr
    assert not (city.folder / "ledger.db").exists()
