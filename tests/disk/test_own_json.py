"""JSON that elqr wrote and that lies in files: whatever became of it, every reader says one Japanese sentence."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from elqr.disk.own_json import own_json
from tests.builders import City, elqr, notice_row

pytestmark = pytest.mark.ledger_file

_SPOILT: dict[str, Callable[[Path], object]] = {
    "deep": lambda path: path.write_bytes(b"[" * 100_000),
    "deep_names": lambda path: path.write_bytes(b'{"a":' * 100_000),
    "a_list": lambda path: path.write_bytes(b"[]"),
    "other_names": lambda path: path.write_bytes(b"{}"),
    "nothing_in_it": lambda path: path.write_bytes(
        b'{"list_no": null, "files": null, "run_no": null, "ledger": null, "run_id": 1, "run_hash": 1, "anchor": null}'
    ),
    "endless_number": lambda path: path.write_bytes(b'{"list_no": 1e999, "files": {}, "anchor": 1e999}'),
    "no_number": lambda path: path.write_bytes(b'{"list_no": NaN, "files": {}}'),
    "long_number": lambda path: path.write_bytes(b'{"list_no": ' + b"9" * 5_000 + b', "files": {}}'),
    "too_far": lambda path: path.write_bytes(
        b'{"ledger": "x", "run_id": "x", "run_hash": "x", "run_no": 99999999999999999999, "list_no": 1, "files": {}}'
    ),
    "half_a_character": lambda path: path.write_bytes(
        b'{"ledger": "\\ud800", "run_id": "x", "run_hash": "x", "anchor": "\\ud800", "list_no": 1, "files": {"\\ud800": "x"}}'
    ),
    "no_text": lambda path: path.write_bytes(b"\xff\xfe\x00"),
    "pipe": os.mkfifo,
    "folder": Path.mkdir,
    "device": lambda path: path.symlink_to("/dev/zero"),
    "too_long": lambda path: path.touch() or os.truncate(path, 130_000_001),  # type: ignore[func-returns-value]
}

_READERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "台帳の印": ("archive/ledger.json", ("ledger", "show")),
    "台帳の印と夜": ("archive/ledger.json", ("night",)),
    "督促対象一覧の目録": ("out/arrears/000001/manifest.json", ("arrears", "check", "{folder}")),
    "引渡しの目録": ("out/export/000001/manifest.json", ("export", "check", "{folder}")),
    "引渡しの目録と記録": ("out/export/000001/manifest.json", ("export", "taken", "{folder}", "--by", "佐藤")),
    "発送の目録": ("print/manifest.json", ("notice", "preflight", "{folder}")),
    "控えの目録": ("copies/ledger_1.manifest.json", ("backup", "check", "{folder}/ledger_1.db")),
    "実行の記録": ("kept/run.json", ("verify", "--anchor", "{folder}")),
    "続ける申請": ("out/ledger_request.json", ("ledger", "show")),
}


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    made = City.founded(tmp_path_factory.mktemp("city"))
    made.notices(notice_row())
    made.night()
    (made.folder / "copies").mkdir()
    (made.folder / "copies" / "ledger_1.db").write_bytes((made.folder / "ledger.db").read_bytes())
    return made


@pytest.mark.parametrize("spoil", _SPOILT.values(), ids=_SPOILT)
@pytest.mark.parametrize(("name", "command"), _READERS.values(), ids=_READERS)
def test_what_became_of_it_is_one_sentence(
    city: City, name: str, command: tuple[str, ...], spoil: Callable[[Path], object]
) -> None:
    path = city.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    before = path.read_bytes() if path.is_file() else None
    path.unlink(missing_ok=True)
    spoil(path)
    job = (str(city.job),) if command == ("night",) else () if command[0] == "backup" else ("--job", str(city.job))
    try:
        ran = elqr(*(part.format(folder=path.parent) for part in command), *job)
    finally:
        path.rmdir() if path.is_dir() else path.unlink()
        path.write_bytes(before) if before is not None else None
    assert ran.code == 1 and ran.err.count("\n") == 1 and str(path.parent) in ran.err and "。" in ran.err, ran


@pytest.mark.parametrize("spoil", _SPOILT.values(), ids=_SPOILT)
def test_a_mark_that_cannot_be_read_stands_for_an_export_that_was_taken_in(
    tmp_path: Path, spoil: Callable[[Path], object]
) -> None:
    from elqr.handover.manifest import taken_marks

    (tmp_path / "000001").mkdir()
    spoil(tmp_path / "000001" / "taken.json")
    assert [(mark.again_no, mark.by) for mark in taken_marks(tmp_path, 1)] == [(0, "読めない印")]


def test_what_was_written_is_read() -> None:
    assert own_json('{"名前": [1, null, "𠮷"]}'.encode()) == {"名前": [1, None, "𠮷"]}
