"""Spec text (様式の本文): the TOML of a spec as it was written, with the line of every table and field.

Tolerant: an invalid spec is read as far as possible, so that all of its problems can be reported at once.
Values of a wrong type are skipped here; the model reports them.
"""

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from elqr.disk.toml_mistakes import toml_mistake
from elqr.vocabulary.visible_text import visible

Table = Mapping[str, Any]

PERSONAL_WORDS = (
    "氏名", "名義", "預金者", "口座番号", "住所", "電話", "郵便番号", "生年月日", "納税者", "被保険者",
)  # fmt: skip
"""Words in the title of a field that holds personal data."""


@dataclass(frozen=True, slots=True, order=True)
class Remark:
    """様式への指摘: where (line from 1; 0 for the whole file), what was found, what is expected, what to do."""

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
    """本文と、読めた値: the text of a spec, and the values that TOML reads in it."""

    text: str
    values: dict[str, Any]

    def records(self) -> list[Table]:
        """[[record]] の並び; anything that is not a table is skipped."""
        return _tables_in(self.values.get("record"))

    def record(self, name: str) -> Table | None:
        """レコード with a name; None when there is none."""
        return next((record for record in self.records() if record.get("name") == name), None)

    def controls(self) -> list[Table]:
        """[[control]] の並び."""
        return _tables_in(self.values.get("control"))

    def doubts(self) -> list[Table]:
        """[[payment.doubt]] の並び."""
        return _tables_in(self.table("payment").get("doubt"))

    def table(self, name: str) -> Table:
        """対応の表: [payment], [deposit], [claim] and the like; empty when there is none."""
        value = self.values.get(name)
        return value if isinstance(value, dict) else {}

    def probes(self) -> list[Table]:
        """recognize, one table or several."""
        value = self.values.get("recognize")
        return [value] if isinstance(value, dict) else _tables_in(value)

    def line_of(self, table: str, number: int = 0, key: str = "") -> int:
        """行番号 of the n-th [[table]], or of a key in it; 0 when it cannot be found."""
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
        """項目の行番号 in the n-th record, by its name; the line of the record when it cannot be found."""
        first = self.line_of("record", number)
        after = self.line_of("record", number + 1) if number + 1 < len(self.records()) else 10**9
        pattern = re.compile(rf"""\bname\s*=\s*["']{re.escape(str(name))}["']""")
        lines = [
            line
            for line, text in self._lines()
            if first < line < after and pattern.search(text) and not re.match(r"\s*name\s*=", text)
        ]
        return lines[nth] if nth < len(lines) else first

    def _lines(self) -> Iterator[tuple[int, str]]:
        return enumerate(self.text.splitlines(), start=1)


def reachable(written: SpecText) -> set[str]:
    """出てくるレコード: names that can be reached from the start of a file, and `start` itself."""
    names, grows = {"start"}, True
    while grows:
        new = {str(r.get("name")) for r in written.records() if names & set(words_of(r, "follows"))} - names
        names, grows = names | new, bool(new)
    return names


def nearest(word: str, known: list[str]) -> str:
    """似た名前, as a question; empty when no known name is similar."""
    near = difflib.get_close_matches(word, known, n=1)
    return f"{near[0]} ではありませんか。" if near else ""


def words_of(table: Table, key: str) -> list[str]:
    """文字列の並び as written; empty when it is not a list."""
    value = table.get(key)
    return [str(word) for word in value] if isinstance(value, list) else []


def one_or_several(table: Table, key: str) -> list[str]:
    """一つか、いくつかの文字列 as written."""
    value = table.get(key)
    return [value] if isinstance(value, str) else words_of(table, key)


def fields_of(record: Table) -> list[Table]:
    """項目の並び of a record as written."""
    return _tables_in(record.get("fields"))


def _tables_in(value: object) -> list[Table]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def read_text(data: bytes) -> tuple[SpecText | None, list[Remark]]:
    """本文を読む: the text if it can be read, and remarks on its characters or its TOML."""
    remarks: list[Remark] = []
    data = data.removeprefix(b"\xef\xbb\xbf")  # some editors add it, and every reader removes it
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
        values = tomllib.loads(text.replace("\r\n", "\n"))
    except (ValueError, RecursionError) as error:  # for a number too long, and for brackets nested too deep
        deep = None, "括弧の重なりが深すぎます"
        at, mistake = deep if isinstance(error, RecursionError) else toml_mistake(error)
        line = at or text.count("\n") + 1
        shown = (text.splitlines() or [""])[min(line, text.count("\n") + 1) - 1 :][:1]
        excerpt = f"。{shown[0].strip()[:40]}" if shown and shown[0].strip() else ""
        actual = f"TOML として読めません（{mistake}{excerpt}）"
        remedy = "この行と前の行の、引用符・括弧・コンマ・「=」と、同じ名前の重なりを確かめてください。"
        return None, [*remarks, Remark(line, "ファイル全体", actual, "TOML", remedy)]
    return SpecText(text, values), remarks
