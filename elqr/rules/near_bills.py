"""Near 通知書番号 (近い通知書番号): claims whose number is close to the unknown one of a refused notice row.

One digit off, two digits exchanged, or 0 lost or added at the front; in the same procedure, years and 期別. If one of
them has the same 宛名番号, only such claims are named. Where the number itself is known, what else is off is named
instead. They are only shown to people, and never applied.
"""

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from elqr.formats.sequence import RECORD_NO
from elqr.rules.row_checks import CLAIM_KEY
from elqr.rules.suggestions import TO, WAS, misread, with_other_zeros
from elqr.vocabulary.codes import Code
from elqr.vocabulary.findings import Finding, Location
from elqr.vocabulary.frames import Claim, Notice, Suggestion

_UNKNOWN = (Code.CLAIM_UNFILED, Code.CANCEL_TARGET, Code.REISSUE_OF_NOTHING)
"""指摘 that a 通知書番号 is not known."""

ASKED_AT_MOST = 100
"""Rows of a file that are examined. Each has some 100 neighbours, and more rows than this are not mistyped numbers."""

_SHOWN = 3
_SAME_PAYER = "宛名番号も同じ"
_OF_CLAIM, _IS_SAME, _TEXT = "of_claim", "is_same", "text"
_UNKNOWN_FIELD = "通知書番号"
_TITLES = {
    Notice.PROCEDURE_CODE: "手続コード",
    Notice.LEVY_YEAR: "賦課年度",
    Notice.TAX_YEAR: "相当年度",
    Notice.INSTALLMENT_NO: "期別",
}


def unknown_bills(findings: Sequence[Finding], rows: pl.DataFrame) -> pl.DataFrame:
    """知らない通知書番号の行: record_no, ClaimKey and payer_ref of the rows (of a notice file) that findings name."""
    numbers = [finding.at.record_no for finding in findings if _is_unknown(finding)]
    named = rows.filter(pl.col(RECORD_NO).is_in(numbers[:ASKED_AT_MOST]))
    return named.select(RECORD_NO, *CLAIM_KEY, Notice.PAYER_REF)


def reissues_of_nothing(file: str, notices: pl.DataFrame, claims: pl.DataFrame) -> list[Finding]:
    """初めての再発行: findings of new notices of a file whose claim is new, though their 発行連番 is not the first.

    `notices` is frame Notice with record_no, `claims` frame Claim, both new with the file. The rows are taken in.
    """
    first = pl.col(Notice.ISSUE_NO).min().over(CLAIM_KEY)
    rows = notices.join(claims, on=CLAIM_KEY, how="semi").filter(first > 1).unique(CLAIM_KEY, keep="first")
    return [
        Finding(Location(file, record_no, field=_UNKNOWN_FIELD), Code.REISSUE_OF_NOTHING, f"発行連番 {number}", "1")
        for record_no, number in rows.sort(RECORD_NO).select(RECORD_NO, Notice.ISSUE_NO).head(ASKED_AT_MOST).iter_rows()
    ]


def only_with_near(findings: Sequence[Finding]) -> list[Finding]:
    """近い番号のあるものだけ: without remarks on first reissues, but for those with a near claim of the same payer.

    Where numbers are given one after another, other payers have near ones in any case.
    """
    first = Code.REISSUE_OF_NOTHING
    return [finding for finding in findings if finding.code is not first or _SAME_PAYER in finding.expected]


def _is_unknown(finding: Finding) -> bool:
    return finding.code in _UNKNOWN and finding.at.field == _UNKNOWN_FIELD and bool(finding.expected)


def with_known_bills(findings: Sequence[Finding], unknown: pl.DataFrame, known: pl.DataFrame) -> list[Finding]:
    """合わない項目を添える: the findings, where claims `known` have the number of a refused row of `unknown`.

    `known` is frame Claim. Only those of the same procedure count, or of the same payer, because procedures number
    their notices each for itself. What is told of them are the fields in which they differ from the row.
    """
    taken_in = [finding.at.record_no for finding in findings if finding.code is Code.REISSUE_OF_NOTHING]
    refused = unknown.filter(~pl.col(RECORD_NO).is_in(taken_in))
    pairs = refused.join(known, on=Notice.BILL_NO, suffix=_OF_CLAIM)
    differs = {name: pl.col(name).ne_missing(pl.col(f"{name}{_OF_CLAIM}")) for name in _TITLES}
    is_one = ~differs[Notice.PROCEDURE_CODE] | (pl.col(Notice.PAYER_REF) == pl.col(f"{Notice.PAYER_REF}{_OF_CLAIM}"))
    off = pl.sum_horizontal(*differs.values())
    pairs = pairs.filter(is_one & (off > 0)).filter(off == off.min().over(RECORD_NO))
    parts = (
        pl.when(differ).then(pl.format("{} {}", pl.lit(_TITLES[name]), pl.col(f"{name}{_OF_CLAIM}")))
        for name, differ in differs.items()
    )
    texts = pairs.select(RECORD_NO, pl.concat_str(*parts, separator="・", ignore_nulls=True).alias(_TEXT))
    return _with_texts(findings, texts.unique(), "この通知書番号の調定があるのは")


def near_bills(unknown: pl.DataFrame) -> pl.DataFrame:
    """近い番号: each row of `unknown_bills` with the bill_no of each neighbour, and `how` it differs.

    Also with its own, of which `how` is null: a claim of that number is known, if it is, and nothing was mistyped.
    """
    numbers = unknown.with_columns(pl.col(Notice.BILL_NO).alias(WAS))
    same = numbers.with_columns(pl.col(WAS).alias(TO), pl.lit(None, pl.String).alias(Suggestion.HOW))
    near = pl.concat([misread(numbers), with_other_zeros(numbers), same])
    return near.with_columns(pl.col(TO).alias(Notice.BILL_NO)).drop(WAS, TO)


def with_near_bills(findings: Sequence[Finding], near: pl.DataFrame, known: pl.DataFrame) -> list[Finding]:
    """近い通知書番号を添える: the findings, where a row has neighbours (`near_bills`) among the claims `known`.

    `known` is frame Claim.
    """
    payers = known.select(*CLAIM_KEY, pl.col(Claim.PAYER_REF).alias(_OF_CLAIM))
    rows = near.join(payers, on=CLAIM_KEY, validate="m:1")
    rows = rows.filter(pl.col(Suggestion.HOW).is_not_null().all().over(RECORD_NO))
    is_same = (pl.col(Notice.PAYER_REF) == pl.col(_OF_CLAIM)).fill_null(False)
    rows = rows.with_columns(is_same.alias(_IS_SAME)).filter(pl.col(_IS_SAME) | ~pl.col(_IS_SAME).any().over(RECORD_NO))
    how = pl.concat_str(
        Suggestion.HOW,
        pl.when(_IS_SAME).then(pl.lit(_SAME_PAYER)),
        separator="・",
        ignore_nulls=True,
    )
    texts = rows.select(RECORD_NO, pl.format("{}（{}）", Notice.BILL_NO, how).alias(_TEXT))
    return _with_texts(findings, texts, "近い通知書番号")


def _with_texts(findings: Sequence[Finding], texts: pl.DataFrame, what: str) -> list[Finding]:
    """添える: the findings with the first texts of their rows, in order."""
    rows = texts.sort(RECORD_NO, _TEXT).group_by(RECORD_NO).agg(pl.col(_TEXT).head(_SHOWN).str.join("、"), pl.len())
    shown = {no: text + (f" ほか{count - _SHOWN}" if count > _SHOWN else "") for no, text, count in rows.iter_rows()}
    return [
        replace(finding, expected=f"{finding.expected}。{what}: {shown[finding.at.record_no]}")
        if _is_unknown(finding) and finding.at.record_no in shown
        else finding
        for finding in findings
    ]
