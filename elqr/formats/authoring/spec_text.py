"""Spec text (様式の本文): the TOML of a spec as it was written, with the line of every table and field.

Tolerant: whatever can be said of a spec that is not yet valid is said here, so that all of its problems can
be told at once. Values of a wrong type are passed over; the model says that they are wrong.
"""

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from elqr.vocabulary.visible_text import visible

Table = Mapping[str, Any]


@dataclass(frozen=True, slots=True, order=True)
class Remark:
    """様式への指摘: where (line from 1, 0: the whole file), what was found, what is wanted, what to do."""

    line: int
    place: str
    found: str
    wanted: str
    remedy: str
    is_error: bool = field(default=True, compare=False)

    def __str__(self) -> str:
        kind = "誤り" if self.is_error else "注意"
        line = f"{self.line}行目 " if self.line else ""
        wanted = f" 正: {self.wanted}" if self.wanted else ""
        return visible(f"[{kind}] {line}{self.place}: {self.found}。{wanted} → {self.remedy}")

    def as_dict(self) -> dict[str, object]:
        """For `--json`."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class SpecText:
    """本文と、読めた値: the text of a spec, and what TOML made of it."""

    text: str
    given: dict[str, Any]

    def records(self) -> list[Table]:
        """[[record]] の並び; what is no table is passed over."""
        return _tables(self.given.get("record"))

    def record(self, name: str) -> Table | None:
        """The record of a name."""
        return next((record for record in self.records() if record.get("name") == name), None)

    def controls(self) -> list[Table]:
        """[[control]] の並び."""
        return _tables(self.given.get("control"))

    def table(self, name: str) -> Table:
        """[payment] or [deposit]; empty when there is none."""
        own = self.given.get(name)
        return own if isinstance(own, dict) else {}

    def probes(self) -> list[Table]:
        """recognize, one table or several."""
        own = self.given.get("recognize")
        return [own] if isinstance(own, dict) else _tables(own)

    def line_of(self, table: str, number: int = 0, key: str = "") -> int:
        """The line of the n-th [[table]], or of a key in it; 0 when it cannot be told."""
        heads = [line for line, text in self._lines() if re.match(rf"\s*\[+\s*{re.escape(table)}\s*\]+", text)]
        if table and number >= len(heads):
            return self.line_of("", 0, table)
        first = heads[number] if table else 0
        if not key:
            return first
        for line, text in self._lines():
            if line > first and re.match(r"\s*\[+[a-z_.]+\]+\s*(#.*)?$", text):
                break
            if line > first and re.match(rf"\s*{re.escape(key)}\s*=", text):
                return line
        return first

    def line_of_field(self, number: int, name: object, nth: int = 0) -> int:
        """The line of a field of the n-th record, by its name; the record's line when it cannot be told."""
        first = self.line_of("record", number)
        after = self.line_of("record", number + 1) if number + 1 < len(self.records()) else 10**9
        pattern = re.compile(rf"""\bname\s*=\s*["']{re.escape(str(name))}["']""")
        found = [
            line
            for line, text in self._lines()
            if first < line < after and pattern.search(text) and not re.match(r"\s*name\s*=", text)
        ]
        return found[nth] if nth < len(found) else first

    def _lines(self) -> Iterator[tuple[int, str]]:
        return enumerate(self.text.splitlines(), start=1)


def reachable(own: SpecText) -> set[str]:
    """出てくるレコード: those that can be reached from the start of a file, with `start` itself."""
    found, more = {"start"}, True
    while more:
        new = {str(r.get("name")) for r in own.records() if found & set(words_of(r, "follows"))} - found
        found, more = found | new, bool(new)
    return found


def nearest(word: str, known: list[str]) -> str:
    """似た名前, as a question; empty when nothing is near."""
    near = difflib.get_close_matches(word, known, n=1)
    return f"{near[0]} ではありませんか。" if near else ""


def words_of(table: Table, key: str) -> list[str]:
    """文字列の並び as written; anything else is none."""
    own = table.get(key)
    return [str(word) for word in own] if isinstance(own, list) else []


def fields_of(record: Table) -> list[Table]:
    """項目の並び of a record as written."""
    return _tables(record.get("fields"))


def _tables(given: object) -> list[Table]:
    return [own for own in given if isinstance(own, dict)] if isinstance(given, list) else []


def read_text(data: bytes) -> tuple[SpecText | None, list[Remark]]:
    """本文を読む: as far as it can be read, with what is wrong with its characters or its TOML."""
    remarks: list[Remark] = []
    data = data.removeprefix(b"\xef\xbb\xbf")  # an editor puts it there, and every reader takes it off
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        remedy = "エディタの「名前を付けて保存」で文字コードを UTF-8 にしてください。"
        remarks.append(Remark(line, "ファイル全体", "UTF-8 ではありません", "UTF-8（BOMなし）", remedy))
        try:
            text = data.decode("cp932")
        except UnicodeDecodeError:
            return None, remarks
    try:
        given = tomllib.loads(text.replace("\r\n", "\n"))
    except (ValueError, RecursionError) as error:  # of a number too long, and of brackets too deep
        at = re.search(r"line (\d+)", str(error))
        line = int(at[1]) if at else text.count("\n") + 1
        shown = (text.splitlines() or [""])[min(line, text.count("\n") + 1) - 1 :][:1]
        said = f"TOML として読めません（{shown[0].strip()[:40] if shown else ''}）"
        remedy = "この行と前の行の、引用符・括弧・コンマ・「=」と、同じ名前の重なりを確かめてください。"
        return None, [*remarks, Remark(line, "ファイル全体", said, "TOML", remedy)]
    return SpecText(text, given), remarks
