"""What a check of a file tells (ファイルの検査の答え): its lines, and what the night would do with the file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import click

from elqr.cli.terminal import print_json
from elqr.vocabulary.terms import FileStatus
from elqr.vocabulary.visible_text import visible

if TYPE_CHECKING:
    from elqr.approvals.file_check import ForeseenFile, ForeseenNotices
    from elqr.formats.intake.inspection import Inspection
    from elqr.formats.spec import Spec
    from elqr.vocabulary.codes import Code
    from elqr.vocabulary.findings import Finding

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


BOX_OF = {"payment": "[[inbox]]", "money": "[[money]]", "claim": "[[claims]]"}
"""用途 → where the job lists the formats of such files."""


def show_inspection(inspection: Inspection, foreseen: ForeseenFile | None = None, *, as_json: bool) -> None:
    """検査の結果を示す, with what the night of a job would do where one was asked."""
    if as_json:
        night = {} if foreseen is None else {"night": foreseen.as_dict()}
        print_json({**inspection.as_dict(), **night})
        return
    for line in _lines(inspection, foreseen):
        click.echo(line)


def _lines(inspection: Inspection, foreseen: ForeseenFile | None) -> Iterator[str]:
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
    yield f"　判定　{_verdict(inspection) if foreseen is None else _foreseen_verdict(inspection, foreseen)}"
    yield from _finding_lines(inspection.findings)


def _finding_lines(findings: Iterable[Finding]) -> Iterator[str]:
    seen: Counter[Code] = Counter()
    for finding in findings:
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


def _foreseen_verdict(inspection: Inspection, foreseen: ForeseenFile) -> str:
    """判定 of the night of a job."""
    spec = inspection.spec
    if spec is not None and inspection.accepted and not foreseen.box:
        return (
            f"取込保留になります。ジョブのどの受信箱も、この様式を受けません。"
            f"{BOX_OF[spec.purpose]} の specs に {spec.name} を足してください。"
        )
    if foreseen.status is FileStatus.ACCEPTED:
        yen = f" {foreseen.yen:,}円" if foreseen.yen else ""
        return f"夜間処理は、受信箱 {foreseen.box} のファイルとして取り込みます（{foreseen.count:,}件{yen}）。"
    if foreseen.status is FileStatus.REDELIVERED:
        return "同じ中身のファイルをもう取り込んでいます。夜間処理は再受信と記し、二度は計上しません。"
    if foreseen.status is None:
        return "もう取り込んだファイルです。夜間処理は何もしません。"
    if inspection.accepted and spec is not None and spec.two_people:
        return f"取込保留になります。{_TAKEN_BY_TWO}"
    return _verdict(inspection)


def notice_lines(name: str, spec: Spec, foreseen: ForeseenNotices) -> Iterator[str]:
    """納付書データの検査の結果 in lines, as a clerk reads it."""
    yield f"■ {visible(name)}"
    yield f"　様式　{spec.name}（{spec.title}）{spec.verified.words}・確度 {spec.grade}"
    if foreseen.rows_read:
        yield (
            f"　行　　読んだ行 {foreseen.rows_read:,}　取り込む行 {foreseen.rows_new:,}（{foreseen.new_yen:,}円）"
            f"　登録済と同じ行 {foreseen.rows_same:,}　断る行 {foreseen.rows_bad:,}"
        )
    if foreseen.reduced[0]:
        yield f"　減額による過納　{foreseen.reduced[0]:,}件 {foreseen.reduced[1]:,}円が、調定から仮受へ動きます"
    if foreseen.not_issued:
        yield f"　eL-QR を付けない納付書　{foreseen.not_issued}"
    yield f"　指摘　{len(foreseen.findings):,}件"
    yield f"　判定　{_notice_verdict(foreseen)}"
    yield from _finding_lines(foreseen.findings)


def _notice_verdict(foreseen: ForeseenNotices) -> str:
    if foreseen.is_held:
        return "取込保留になります（一行も取り込みません）。下の指摘の対処をしてください。"
    if foreseen.is_known:
        return "もう取り込んだ納付書データです。夜間処理は何もしません。"
    if foreseen.rows_bad:
        return "夜間処理は、断る行のほかを取り込みます。断る行は、下の指摘のとおりに直した行を送ってください。"
    if foreseen.findings and not foreseen.rows_read:
        return "もう取り込んだ納付書データで、断った行は直っていません。下の指摘の対処をしてください。"
    look = "下の指摘を確かめてください。" if foreseen.findings else ""
    return f"夜間処理は、すべての行を取り込みます。{look}"
