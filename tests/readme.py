"""The generated blocks of the documents. `python -m tests.readme` writes them; a test compares them.

A block stands between `<!-- NAME -->` and `<!-- /NAME -->`.
"""

import ast
import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from datetime import date
from itertools import groupby
from pathlib import Path

from openpyxl import load_workbook

from elqr.arithmetic.wareki import wareki
from elqr.audit.verification.coverage import COVERAGE, UNPROVED
from elqr.formats.authoring.lint import lint
from elqr.formats.authoring.lint_identity import NO_DATE, NO_NUMBER, ONLY_THE_KEY
from elqr.formats.spec import Spec
from elqr.printing.wording import NOTICE_WORDS, PAGE_WORDS
from elqr.store.db.schema import metadata
from elqr.vocabulary.code_texts import CODES
from elqr.vocabulary.limits import LIMITS
from elqr.vocabulary.meanings import EXIT_MEANINGS, RULING_MEANINGS, SETTLEMENT_MEANINGS
from elqr.vocabulary.ruling_terms import FOLLOWS, PAYS_INTO, WRITTEN_RULINGS, Ruling
from elqr.vocabulary.terms import ENDED, PLACE_OF, SEVERITY_OF, Outcome, SettlementOutcome, Severity
from elqr.vocabulary.ways_out import WAYS_OUT
from tests.bench.curves import FIGURES, spoken
from tests.bench.growth import MEDIAN, MEMORY, NIGHT, ONE_CORE, START, STEPS
from tests.bench.instead.nights import WAYS
from tests.bench.limit_payloads import ELQR, LIMIT
from tests.bench.limits import TOTAL
from tests.bench.measure import POSTGRESQL, SQLITE, Row
from tests.builders import ROOT, SPECS, TEMPLATES, elqr
from tests.house import HOUSE

_SEVERITY = {Severity.HIGH: "高", Severity.MEDIUM: "中", Severity.LOW: "低"}
_TIERS = {
    "F1": "ファイルの形",
    "F2": "項目",
    "F3": "合計",
    "A1": "到着予定",
    "M4": "消込",
    "L5": "台帳と検算",
    "N6": "納付書データ",
    "S7": "払込突合",
    "P8": "eL-QR のコード",
    "R9": "印刷と発送",
    "V1": "決裁のブック",
    "D1": "口座振替の依頼",
}
"""What the codes that begin so are about, in the order in which one looks for them."""


def _rows(*heads: str) -> list[str]:
    return [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]


def codes() -> str:
    """指摘コード, a table for each thing that they are about."""
    assert {code[:2] for code in CODES} == set(_TIERS)
    lines = []
    for tier, about in _TIERS.items():
        lines += [f"## {tier} {about}", "", *_rows("コード", "見出し", "重要度", "すること")]
        own = sorted((code, text) for code, text in CODES.items() if code.startswith(tier))
        lines += [f"| {code} | {text.heading} | {_SEVERITY[text.severity]} | {text.remedy} |" for code, text in own]
        lines.append("")
    return "\n".join(lines).rstrip("\n")


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


def payouts() -> str:
    """還付の進み方: which step follows which, and where its yen go."""
    lines = _rows("一歩", "前の決裁", "お金", "意味")
    for step, before in FOLLOWS.items():
        account = PAYS_INTO.get(step)
        place = (
            f"仮受から{account.label}へ" if account else "還付済から仮受へ" if step is Ruling.BOUNCED else "動かない"
        )
        wanted = "・".join(ruling.label for ruling in before)
        lines.append(f"| {step.label} | {wanted} | {place} | {RULING_MEANINGS[step]} |")
    return "\n".join(lines)


def ways() -> str:
    """止まる状態と出口, a table for each thing that stands."""
    lines = []
    for about, own in WAYS_OUT.items():
        lines += [f"### {about}", "", *_rows("状態", "どういうことか", "出口（だれが）")]
        for state in own:
            by_whom = groupby(state.ways, lambda way: way.who)
            ways = [f"{'、'.join(way.words for way in ways)}（{who.value}）" for who, ways in by_whom]
            lines.append(f"| {state.name} | {state.meaning} | {'<br>'.join(ways)} |")
        lines.append("")
    return "\n".join(lines).rstrip("\n")


def books() -> str:
    """夜のブック of the sample night, with their sheets."""
    lines = _rows("ブック", "シート")
    with tempfile.TemporaryDirectory() as folder:
        for name in ("samples", "jobs"):
            shutil.copytree(ROOT / name, Path(folder) / name)
        elqr("night", Path(folder) / "jobs" / "nightly.toml")
        found = {path.name: load_workbook(path, read_only=True).sheetnames for path in Path(folder).rglob("*.xlsx")}
    order = ["要確認.xlsx", "税料.xlsx", "会計.xlsx", "過誤納整理簿.xlsx", "所管課_市民税課.xlsx"]
    shown = {name: name.replace("市民税課", "（課名）") for name in order}
    return "\n".join([*lines, *(f"| `{shown[name]}` | {'、'.join(found[name])} |" for name in order)])


def exits() -> str:
    """終了コード."""
    return "\n".join(_rows("コード", "意味") + [f"| {code.value} | {said} |" for code, said in EXIT_MEANINGS.items()])


def formats() -> str:
    """様式の一覧."""
    lines = _rows("様式", "名前", "確認", "確度", "わかっていないこと")
    for name, spec in SPECS.items():
        standing = spec.verified.words if spec.verified.fully else f"**{spec.verified.words}**"
        lines.append(f"| `{name}` | {spec.title} | {standing} | {spec.grade} | {'<br>'.join(spec.open_questions)} |")
    return "\n".join(lines)


def identities() -> str:
    """収納の識別 of each format of payments."""
    lines = _rows("様式", "送付元", "この収納を決めるもの", "確度", "弱いところ")
    for name, spec in SPECS.items():
        if spec.payment is None:
            continue
        titles = "・".join(_title(spec, field) for field in spec.payment.identity)
        text = (ROOT / "specs" / f"{name}.toml").read_bytes()
        weak = [own.found for own in lint(text, name, SPECS) if own.found in (ONLY_THE_KEY, NO_DATE, NO_NUMBER)]
        lines.append(f"| `{name}` | `{spec.sender}` | {titles} | {spec.grade} | {''.join(weak)} |")
    return "\n".join(lines)


def _title(spec: Spec, dotted: str) -> str:
    """見出し of a field that an identity names."""
    assert spec.payment is not None
    head, _, rest = dotted.partition(".")
    other = spec.record_named(head)
    if other is not None and rest in other.choose:
        choice = other.choose[rest]
        return "か".join(
            field.title for field in other.fields if field.name in (choice.otherwise, *choice.fields.values())
        )
    field = other.field(rest) if other else None
    home = spec.record_named(spec.payment.record)
    assert home is not None
    own = field or home.field(head)
    assert own is not None
    return own.title


def sources() -> str:
    """様式の出典."""
    return "\n".join(f"- `{name}`: {' ／ '.join(spec.sources)}" for name, spec in SPECS.items())


def words() -> str:
    """版下に差し込める項目."""
    lines = _rows("書き方", "差し込むもの", "使える場所")
    lines += [f"| `{{{name}}}` | {title} | 宛名・納付書 |" for name, title in NOTICE_WORDS.items()]
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


def speed() -> str:
    """一夜の速さ from the figures that were written down: beside the limits, and beside other ways."""
    figures = json.loads(FIGURES.read_text(encoding="utf-8"))
    head, rows = figures["head"], [Row(**row) for row in figures["rows"]]
    own = {row.what: row.value for row in rows if row.payments is None}
    start = next(row for row in rows if row.what == START)
    day = wareki(date.fromisoformat(head["date"]))
    return "\n".join([
        f"{day}、{head['processor']} {head['cores']}コア、メモリ {head['memory_gib']} GiB、Python {head['python']}、"
        f"polars {head['polars']}、`python -m tests.bench growth --scale {head['scale']}`。"
        f"`elqr --help` {own[START]:,.0f} ミリ秒（click を読むだけの Python の{_times(start)}）。255桁 {own[ELQR] / 10_000:,.0f}万個/秒"
        f"（限界 {own[LIMIT] / 10_000:,.0f}万個/秒、一つのコアの時間）。",
        "",
        *_rows("収納 × 納付書", "一夜の最良（中央値）", "コア一つだけ", "メモリ", "取込・消込・帳票", "限界の合計", "限界との比", "PostgreSQL（fsync なし）"),
        *_speed_lines(rows),
        "",
        "同じ夜を、ファイルの検査も二度届くことの備えもなしに、同じ行を台帳に書き、帳票は言葉も合計もない一覧（消込結果の CSV と JSON、要確認の Excel）"
        "だけを出すやり方と比べます（括弧は同じ実行の中の elqr との比）。",
        "",
        *_rows("収納 × 納付書", "elqr", *WAYS.values()),
        *_way_lines(rows),
    ])  # fmt: skip


def _speed_lines(rows: list[Row]) -> Iterator[str]:
    for (payments, notices), own in _by_night(rows, SQLITE).items():
        server = _by_night(rows, POSTGRESQL).get((payments, notices))
        cells = (
            f"{payments:,} × {notices:,}",
            f"{spoken(own[NIGHT].value)}秒（{spoken(own[MEDIAN].value)}秒）",
            f"{spoken(own[ONE_CORE].value)}秒" if ONE_CORE in own else "",
            f"{own[MEMORY].value:,.0f} MB",
            f"{'・'.join(spoken(own[step].value) for step in STEPS)}秒",
            f"{spoken(own[TOTAL].value)}秒",
            _times(own[NIGHT]),
            f"{spoken(server[NIGHT].value)}秒、{server[MEMORY].value:,.0f} MB" if server else "",
        )
        yield f"| {' | '.join(cells)} |"


def _way_lines(rows: list[Row]) -> Iterator[str]:
    for (payments, notices), own in _by_night(rows, SQLITE).items():
        if "elqr" in own:
            ways = [f"{spoken(own[way].value)}秒（{_times(own[way])}）" for way in WAYS.values()]
            yield f"| {payments:,} × {notices:,} | {spoken(own['elqr'].value)}秒 | {' | '.join(ways)} |"


def _by_night(rows: list[Row], store: str) -> dict[tuple[int, int], dict[str, Row]]:
    """Payments and notices → what → its row, from the smallest ledger."""
    found: dict[tuple[int, int], dict[str, Row]] = {}
    for row in rows:
        if row.payments is not None and row.notices is not None and row.store == store:
            found.setdefault((row.payments, row.notices), {})[row.what] = row
    return dict(sorted(found.items(), key=lambda night: night[0][::-1]))


def _times(row: Row) -> str:
    assert row.ratio is not None, row
    digits = 2 if row.ratio < 1 else 1 if row.ratio < 10 else 0
    return f"{row.ratio:,.{digits}f}倍"


def coverage() -> str:
    """検算の範囲: every table of the ledger, its columns, and what each row is held against; then what nothing proves."""
    lines = ["| 表 | 列 | 何と比べるか |", "|---|---|---|"]
    for own in COVERAGE:
        columns = "、".join(column.name for column in metadata.tables[own.table].c)
        lines.append(f"| `{own.table}` | {columns} | {'。'.join(proof.value for proof in own.proofs)} |")
    lines += ["", "| 証しのないもの | なぜ |", "|---|---|"]
    lines += [f"| {what} | {why} |" for what, why in UNPROVED.items()]
    return "\n".join(lines)


def _said(*names: str) -> str:
    """What a room or a module says of itself, in one line."""
    path = ROOT.joinpath("elqr", *names)
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").split("\n")[0]


def rooms() -> str:
    """部屋, from the ground up."""
    rows = [f"| `elqr/{room}/` | {_said(room)} |" for room, _ in HOUSE if room]
    return "\n".join(["| 部屋 | 何があるか |", "|---|---|", *rows])


def modules() -> str:
    """モジュール of each room, from the ground up."""
    lines = []
    for room, names in HOUSE:
        own = [name.split(".") for name in names.split() if room and name != "__init__" and "versions" not in name]
        rows = [f"| `{'/'.join(name)}` | {_said(room, *name)} |" for name in own]
        lines += [f"### `elqr/{room}/`", "", "| | |", "|---|---|", *rows, ""] if rows else []
    return "\n".join(lines).rstrip("\n")


BLOCKS = {
    "rooms": rooms,
    "modules": modules,
    "coverage": coverage,
    "codes": codes,
    "outcomes": outcomes,
    "rulings": rulings,
    "payouts": payouts,
    "limits": limits,
    "settlement": settlement,
    "ways": ways,
    "books": books,
    "exits": exits,
    "formats": formats,
    "identities": identities,
    "sources": sources,
    "words": words,
    "sheets": sheets,
    "night": night,
    "speed": speed,
}
FILES = (
    ROOT / "README.md",
    ROOT / "elqr" / "README.md",
    ROOT / "jobs" / "README.md",
    ROOT / "jobs" / "staff.md",
    ROOT / "specs" / "README.md",
    ROOT / "specs" / "codes.md",
    ROOT / "specs" / "sheets" / "README.md",
    ROOT / "tests" / "README.md",
    ROOT / "tests" / "bench" / "README.md",
)


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
