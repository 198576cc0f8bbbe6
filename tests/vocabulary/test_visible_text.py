"""What is not seen in a text is shown by its number: on the terminal, in JSON, CSV, workbooks and on the page."""

import io
import json
import re
import sys
import unicodedata
import zipfile
from pathlib import Path

import polars as pl
import pytest

from elqr.cli.terminal import visible_output
from elqr.disk.inbox import readable_name
from elqr.report.data_files import bytes_of
from elqr.report.excel.cells import Stamp, row_xml
from elqr.report.page.document import embed_json, show_hidden
from elqr.report.tables.table import Heading, Style, Table
from elqr.vocabulary.codes import Code
from elqr.vocabulary.findings import Finding, Location
from elqr.vocabulary.visible_text import HIDDEN, visible, visible_lines
from tests.builders import City, elqr, eltax_file, eltax_row, notice_row

_BAD = "a\x1b[2J\x9bK\u202e\u200b\u2066\u2028\ufeff\U000e0041z"


def test_everything_that_is_not_seen_is_hidden_and_no_letter_is() -> None:
    for point in range(sys.maxunicode + 1):
        char = chr(point)
        kind = unicodedata.category(char)
        is_hidden = bool(re.fullmatch(HIDDEN, char)) or char in "\t\r\n" or kind == "Cs"
        if kind in ("Cc", "Cf", "Cs", "Zl", "Zp"):
            assert is_hidden, hex(point)
        if kind in ("Lu", "Ll", "Nd", "Po", "Co", "Zs"):
            assert not is_hidden, hex(point)


def test_a_value_is_one_line_and_json_stays_json() -> None:
    assert visible("a\x1b[2J\nb\u202e") == "a\\u001b[2J\\u000ab\\u202e"
    assert visible_lines("a\n\tb\r\nc\rd") == "a\n\tb\r\nc\\u000dd"
    assert visible("髙﨑 葛\U000e0100 \ue000 ｶｸｳ") == "髙﨑 葛\U000e0100 \ue000 ｶｸｳ"
    assert json.loads(visible_lines(json.dumps({"a": _BAD}, ensure_ascii=False))) == {"a": _BAD}


def _is_visible(text: str) -> bool:
    return not re.search(HIDDEN, text.removeprefix("\ufeff"))


def test_every_report_shows_it() -> None:
    table = Table("t", "表", "", (Heading("名", Style.TEXT), Heading("キー", Style.DIGITS)), pl.DataFrame({"名": ["ok", _BAD], "キー": [_BAD, "1"]}), ())  # fmt: skip
    made = {name: data.decode() for name, data in bytes_of(table).items()}
    made["xlsx"] = b"".join(row_xml(table.frame, [Stamp("A", "1", Style.TEXT, "名")], 8)).decode()
    made["page"] = str(embed_json({"a": _BAD})) + show_hidden(_BAD)
    made["finding"] = str(Finding(Location("f"), Code.CHARSET, _BAD, _BAD))
    made["name"] = readable_name(_BAD)
    for name, text in made.items():
        assert _is_visible(text.replace("\x1b", "") if name == "page" else text), name
        assert "u202e" in text, name


def test_a_terminal_gets_no_sequence_whoever_writes(capsys: pytest.CaptureFixture[str]) -> None:
    with visible_output():
        print(_BAD)
        print(_BAD, file=sys.stderr)
        assert not hasattr(sys.stdout, "buffer")
    out, err = capsys.readouterr()
    assert out == err == visible(_BAD) + "\n"


def test_commands_show_what_they_were_given(tmp_path: Path) -> None:
    for given in (["payload", "decode", _BAD], [_BAD], ["spec", "show", _BAD], ["file", "check", "/tmp/" + _BAD]):
        ran = elqr(*given)
        assert ran.code in (1, 2) and _is_visible(ran.out + ran.err), given


def test_an_approver_sees_what_a_reason_holds(tmp_path: Path) -> None:
    city = City.founded(tmp_path / "city")
    city.notices(notice_row())
    city.deliver("a.csv", eltax_file(eltax_row("9" * 20, "123456", 1_000)))
    city.night()
    reason = "照会中\x1b[1A\x1b[2K承認済\u202e\n2　承認済み"
    assert elqr("review", "decide", "--ruling", "保留", "--reason", reason, "--by", "山田", "--job", city.job).code == 0
    assert elqr("review", "approve", "1", "--by", "佐藤", "--job", city.job).code == 0
    listed = elqr("review", "trail", "--payment", 1, "--job", city.job)
    assert "\\u202e" in listed.out and _is_visible(listed.out) and "\n2　承認済み" not in listed.out
    told = elqr("review", "trail", "--payment", 1, "--job", city.job, "--json")
    assert _is_visible(told.out) and json.loads(told.out)
    path = city.folder / "book.xlsx"
    assert elqr("review", "export", "--out", path, "--job", city.job).code == 0
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as book:
        assert all(_is_visible(book.read(name).decode()) for name in book.namelist())
