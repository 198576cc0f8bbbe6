"""The screen (端末の要約): the result of a night on one screen, in Japanese."""

import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

from elqr.arithmetic.wareki import wareki
from elqr.report.page.page import PAGE, Line, Page
from elqr.vocabulary.terms import ExitCode, Place

_WIDTH = 30
_NAMED = 6
"""Findings and files that the screen names."""

_WAITING = {Place.EXCEPTION.value, Place.REJECTED.value}


def screen(page: Page, changes: int, place: Path | None, *, rehearsal: bool) -> Iterator[str]:
    """要約: lines of text. `changes` counts what changed since the last run.

    `place` is the page, or the folder of the reports where no page is drawn; None where nothing is.
    """
    yield f"■ 夜間消込 {wareki(page.night_on)}の夜　{page.city}"
    if rehearsal and changes:
        yield "　【予行】何も書き込んでいません。実行すると次のようになります。"
    elif rehearsal:
        yield "　【予行】いま実行しても、変わるものはありません。台帳は次のとおりです。"
    elif not changes:
        yield "　前回から変わったものはありません。台帳はそのままです。"
    notices = "・".join(f"{name} {count:,}" for name, count in page.notices)
    yield f"　納付書　{notices}"
    files = "・".join(f"{name} {count}" for name, count in page.files)
    yield f"　受信ファイル　{files}"
    yield "　行き先"
    yield from (_line(line) for line in page.funnel)
    yield "　確報の額の置き場所"
    yield from (_line(line) for line in page.money)
    if page.reasons:
        yield "　要確認（未処理のすべて・仮受額）"
        yield from (_line(line) for line in page.reasons)
    if page.findings:
        yield f"　指摘 {len(page.findings)}件"
        yield from (f"　　{finding}" for finding in page.findings[:_NAMED])
        if len(page.findings) > _NAMED:
            has_page = place is not None and place.name == PAGE
            on_page = f"朝の一枚（{PAGE}）の「指摘と、すること」にあります"
            where = f"は、{on_page if has_page else 'elqr night に --json を付けると見られます'}。"
            yield f"　　ほか {len(page.findings) - _NAMED}件{where}"
    years = "　".join(f"{year.label} {year.planned}/{year.target or '－'}" for year in page.kpi.years)
    yield f"　KPI（予定/目標）　{years}"
    yield f"　{page.headline}"
    yield f"　帳票　{place}" if place else "　帳票は作っていません。"


def exit_reasons(page: Page, held: Sequence[str], code: ExitCode) -> Iterator[str]:
    """終了コードのわけ: lines that say why a night ends with 3 or 4, new or not. `held` are the files held back."""
    if code not in (ExitCode.REVIEW, ExitCode.QUARANTINE):
        return
    yield f"　終了コード {int(code)} のわけ"
    if held:
        yield f"　　受信箱に取込保留のファイルが {len(held)}件あります（{'、'.join(held[:_NAMED])}{_more(held)}）。"
        yield "　　　わけは elqr file check（納付書データは elqr notice check）で見られます。"
        yield "　　　直ったものを届けてもらうか、二人であきらめてください（elqr held）。"
    waiting = sum(line.count for line in page.funnel if line.kind in _WAITING)
    if waiting:
        yield f"　　今夜の収納のうち {waiting:,}件が要確認になりました。"
    if page.findings:
        yield f"　　指摘が {len(page.findings):,}件あります。"


def _more(names: Sequence[str]) -> str:
    return f"、ほか {len(names) - _NAMED}件" if len(names) > _NAMED else ""


def _line(line: Line) -> str:
    return f"　　{_pad(line.label)}{line.count:>9,}件{line.yen:>18,}円"


def _pad(text: str) -> str:
    """Pad a text to the width of a label; wide characters take two columns of a terminal."""
    columns = sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
    return text + " " * max(_WIDTH - columns, 1)
