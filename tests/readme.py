"""The generated blocks of the READMEs. `python -m tests.readme` writes them; a test compares them.

A block stands between `<!-- NAME -->` and `<!-- /NAME -->`.
"""

import re
import shutil
import tempfile
from pathlib import Path

from openpyxl import load_workbook

from elqr.code_texts import CODES
from elqr.limits import LIMITS
from elqr.meanings import EXIT_MEANINGS, RULING_MEANINGS, SETTLEMENT_MEANINGS
from elqr.printing.wording import PAGE_WORDS, SLIP_WORDS
from elqr.terms import (
    ENDED,
    PLACE_OF,
    SEVERITY_OF,
    WRITTEN_RULINGS,
    Outcome,
    SettlementOutcome,
    Severity,
)
from tests.builders import ROOT, SPECS, TEMPLATES, elqr

_SEVERITY = {Severity.HIGH: "高", Severity.MEDIUM: "中", Severity.LOW: "低"}


def _rows(*heads: str) -> list[str]:
    return [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]


def codes() -> str:
    """指摘コード."""
    lines = _rows("コード", "見出し", "重要度", "すること")
    lines += [
        f"| {code} | {text.heading} | {_SEVERITY[text.severity]} | {text.remedy} |" for code, text in CODES.items()
    ]
    return "\n".join(lines)


def outcomes() -> str:
    """消込結果, in order of precedence."""
    lines = _rows("消込結果", "identifier", "行き先", "重要度")
    for outcome in Outcome:
        severity = _SEVERITY[SEVERITY_OF[outcome]] if outcome in SEVERITY_OF else ""
        lines.append(f"| {outcome.label} | `{outcome}` | {PLACE_OF[outcome].label} | {severity} |")
    return "\n".join(lines)


def settlement() -> str:
    """突合結果: the word, and whether it is told every morning until it ends."""
    lines = _rows("突合結果", "identifier", "意味", "毎朝")
    for outcome, meaning in SETTLEMENT_MEANINGS.items():
        told = "" if outcome in ENDED else "待つ" if outcome is SettlementOutcome.AWAITED else "警報"
        lines.append(f"| {outcome.label} | `{outcome.value}` | {meaning} | {told} |")
    return "\n".join(lines)


def limits() -> str:
    """上限."""
    lines = _rows("何の", "上限", "超えたら")
    return "\n".join([*lines, *(f"| {own.what} | {own.most:,} {own.unit} | {own.beyond} |" for own in LIMITS)])


def rulings() -> str:
    """決裁の一覧."""
    lines = _rows("決裁", "identifier", "意味")
    return "\n".join(
        [*lines, *(f"| {ruling.label} | `{ruling}` | {RULING_MEANINGS[ruling]} |" for ruling in WRITTEN_RULINGS)]
    )


def books() -> str:
    """夜のブック of the sample night, with their sheets."""
    lines = _rows("ブック", "シート")
    with tempfile.TemporaryDirectory() as folder:
        for name in ("samples", "jobs"):
            shutil.copytree(ROOT / name, Path(folder) / name)
        elqr("night", Path(folder) / "jobs" / "nightly.toml")
        found = {path.name: load_workbook(path, read_only=True).sheetnames for path in Path(folder).rglob("*.xlsx")}
    order = ["要確認.xlsx", "税料.xlsx", "会計.xlsx", "所管課_市民税課.xlsx"]
    shown = {name: name.replace("市民税課", "（課名）") for name in order}
    return "\n".join([*lines, *(f"| `{shown[name]}` | {'、'.join(found[name])} |" for name in order)])


def exits() -> str:
    """終了コード."""
    return "\n".join(_rows("コード", "意味") + [f"| {code.value} | {said} |" for code, said in EXIT_MEANINGS.items()])


def formats() -> str:
    """様式の一覧."""
    lines = _rows("様式", "名前", "確認", "確度", "わかっていないこと")
    for name, spec in SPECS.items():
        standing = "確認済" if spec.verified else "**仮**"
        lines.append(f"| `{name}` | {spec.title} | {standing} | {spec.grade} | {'<br>'.join(spec.open_questions)} |")
    return "\n".join(lines)


def sources() -> str:
    """様式の出典."""
    return "\n".join(f"- `{name}`: {' ／ '.join(spec.sources)}" for name, spec in SPECS.items())


def words() -> str:
    """版下に差し込める項目."""
    lines = _rows("書き方", "差し込むもの", "使える場所")
    lines += [f"| `{{{name}}}` | {title} | 宛名・納付書 |" for name, title in SLIP_WORDS.items()]
    lines += [f"| `{{{name}}}` | {title} | 宛名（`[head]`）だけ |" for name, title in PAGE_WORDS.items()]
    return "\n".join(lines)


def sheets() -> str:
    """版下の一覧."""
    lines = _rows("版下", "名前", "手続の種別", "確認", "わかっていないこと")
    for name, sheet in TEMPLATES.items():
        standing = "確認済" if sheet.verified else "**仮**"
        kinds = "・".join(sheet.kinds)
        lines.append(f"| `{name}` | {sheet.title} | {kinds} | {standing} | {'<br>'.join(sheet.open_questions)} |")
    return "\n".join(lines)


def night() -> str:
    """The sample night's screen, as it is."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("samples", "jobs"):
            shutil.copytree(ROOT / name, Path(folder) / name)
        shown = elqr("night", Path(folder) / "jobs" / "nightly.toml").out
        shown = shown.replace(str(Path(folder).resolve()), "（このフォルダ）")
    return f"```text\n{shown.rstrip()}\n```"


BLOCKS = {
    "codes": codes,
    "outcomes": outcomes,
    "rulings": rulings,
    "limits": limits,
    "settlement": settlement,
    "books": books,
    "exits": exits,
    "formats": formats,
    "sources": sources,
    "words": words,
    "sheets": sheets,
    "night": night,
}
FILES = (ROOT / "README.md", ROOT / "specs" / "README.md", ROOT / "specs" / "sheets" / "README.md")


def filled(text: str) -> str:
    """The text with every block made anew."""
    for name, make in BLOCKS.items():
        pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        if pattern.search(text):
            block = make()
            text = pattern.sub(lambda found, block=block: f"{found[1]}{block}\n{found[2]}", text)  # type: ignore[misc]
    return text


if __name__ == "__main__":
    for path in FILES:
        path.write_text(filled(path.read_text(encoding="utf-8")), encoding="utf-8")
