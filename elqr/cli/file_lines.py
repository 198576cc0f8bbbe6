"""What a check of a file tells (ファイルの検査の答え): its lines, and what the night would do with the file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from elqr.cli.terminal import print_json
from elqr.vocabulary.visible_text import visible

if TYPE_CHECKING:
    from elqr.formats.intake.inspection import Inspection
    from elqr.vocabulary.codes import Code

SHOWN_PER_CODE = 20
"""指摘 of one code that a screen lists; the rest are counted."""

TAKEN = "夜間処理は取り込みます（前に届いたかどうかは、台帳を見ないのでわかりません）。"
_TAKEN_BY_TWO = "二人が確かめた後の夜に取り込みます（elqr batch request）。"
TAKEN_AS = {
    "money": "夜間処理は入金データとして取り込みます（[[money]] の受信箱にあれば）。",
    "refund": "elqr refund import で取り込みます（台帳の還付の記録に合う行だけ）。夜間処理は取り込みません。",
    "claim": "夜間処理は調定データか督促の状況として取り込みます（[[claims]] の受信箱にあり、台帳に合えば）。",
}
"""用途 of files without payments that are taken in, and how."""


def show_inspection(inspection: Inspection, *, as_json: bool) -> None:
    """検査の結果を示す."""
    if as_json:
        print_json(inspection.as_dict())
        return
    for line in _lines(inspection):
        click.echo(line)


def _lines(inspection: Inspection) -> Iterator[str]:
    """検査の結果 in lines, as a clerk reads it."""
    from elqr.formats.intake.inspection import why

    yield f"■ {visible(inspection.file)}（{inspection.size_bytes:,}バイト）"
    if inspection.spec is None:
        yield f"　様式　{why(inspection)}"
    else:
        spec = inspection.spec
        yield f"　様式　{spec.name}（{spec.title}）{spec.verified.words}・確度 {spec.grade}"
        yield f"　判定の理由　{why(inspection)}"
        charset, line_end = inspection.charset or "不明", inspection.line_end or "不明"
        shape = "・".join([f"文字 {charset}", f"改行 {line_end}", *_shape(inspection)])
        yield f"　形　　{shape}・レコード {inspection.record_count:,}"
    if inspection.kinds:
        yield "　レコード　" + "　".join(f"{title} {count:,}" for title, count in inspection.kinds)
    yield from _money_lines(inspection)
    for total in inspection.totals:
        place = f"{total.title}（{total.record_no:,}件目）"
        if not total.is_checked:
            yield f"　合計　検査せず　{place}　必要な額か件数がファイルに書かれていません"
            continue
        mark = "一致" if total.agrees else "★不一致"
        yield f"　合計　{mark}　{place}　ファイル {total.stated:,}　計算値 {total.calculated:,}"
    if inspection.spec is not None and inspection.spec.payment is not None and not inspection.spec.control:
        yield "　合計　この様式には検査できる合計がありません。払込額との突合で確かめてください。"
    yield f"　指摘　{len(inspection.findings):,}件"
    yield f"　判定　{_verdict(inspection)}"
    seen: Counter[Code] = Counter()
    for finding in inspection.findings:
        seen[finding.code] += 1
        if seen[finding.code] <= SHOWN_PER_CODE:
            yield f"　　{finding}"
    yield from (f"　　[{code}] ほか {n - SHOWN_PER_CODE:,}件" for code, n in sorted(seen.items()) if n > SHOWN_PER_CODE)


def _shape(inspection: Inspection) -> tuple[str, ...]:
    return inspection.decoded.shape if inspection.decoded else ()


def _money_lines(inspection: Inspection) -> Iterator[str]:
    if inspection.money is None:
        if inspection.spec is not None and inspection.spec.payment is not None:
            yield "　収納　読めない項目があるため、件数と金額は数えていません。"
        return
    for line in inspection.money:
        yield f"　収納　{line.stage}・{line.channel}　{line.count:,}件　{line.yen:,}円"
    count, yen = sum(line.count for line in inspection.money), sum(line.yen for line in inspection.money)
    yield f"　収納　計　{count:,}件　{yen:,}円"
    for reason, doubtful, doubtful_yen in inspection.doubts:
        yield f"　要確認になる記録　{reason}　{doubtful:,}件　{doubtful_yen:,}円"
    if inspection.paid_from and inspection.paid_to:
        yield f"　領収日　{inspection.paid_from.isoformat()} から {inspection.paid_to.isoformat()}"


def _verdict(inspection: Inspection) -> str:
    if inspection.accepted and inspection.spec is not None and inspection.spec.payment is None:
        if inspection.spec.purpose in TAKEN_AS:
            return TAKEN_AS[inspection.spec.purpose]
        return "この様式として正しく読めます。収納データの様式ではないので、収納としては取り込みません。"
    if inspection.accepted:
        return _TAKEN_BY_TWO if inspection.spec is not None and inspection.spec.two_people else TAKEN
    if inspection.spec is not None and inspection.spec.purpose == "request":
        return "正しい依頼ではありません。下の指摘の対処をしてください。"
    if not inspection.findings:
        return "取込保留になります。夜間処理には、このファイルがこの様式だとわかりません。"
    return "取込保留になります。下の指摘の対処をしてください。"
