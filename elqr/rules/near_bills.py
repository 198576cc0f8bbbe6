"""Near 通知書番号 (近い通知書番号): claims whose number is close to the unknown one of a refused notice row.

One digit off, two digits exchanged, or 0 lost or added at the front; in the same procedure, years and 期別. If one of
them has the same 宛名番号, only such claims are named. They are only shown to people, and never applied.
"""

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from elqr.formats.sequence import RECORD_NO
from elqr.rules.row_checks import CLAIM_KEY
from elqr.rules.suggestions import TO, WAS, misread, with_other_zeros
from elqr.vocabulary.codes import Code
from elqr.vocabulary.findings import Finding
from elqr.vocabulary.frames import Claim, Notice, Suggestion

_UNKNOWN = (Code.CLAIM_UNFILED, Code.CANCEL_TARGET)
"""指摘 that a 通知書番号 is not known."""

ASKED_AT_MOST = 100
"""Rows of a file that are examined. Each has some 100 neighbours, and more rows than this are not mistyped numbers."""

_SHOWN = 3
_OF_CLAIM, _IS_SAME, _TEXT = "of_claim", "is_same", "text"


def unknown_bills(findings: Sequence[Finding], rows: pl.DataFrame) -> pl.DataFrame:
    """知らない通知書番号の行: record_no, ClaimKey and payer_ref of the rows (of a notice file) that findings name."""
    numbers = [finding.at.record_no for finding in findings if finding.code in _UNKNOWN and finding.expected]
    named = rows.filter(pl.col(RECORD_NO).is_in(numbers[:ASKED_AT_MOST]))
    return named.select(RECORD_NO, *CLAIM_KEY, Notice.PAYER_REF)


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
        pl.when(_IS_SAME).then(pl.lit("宛名番号も同じ")),
        separator="・",
        ignore_nulls=True,
    )
    rows = rows.sort(RECORD_NO, Notice.BILL_NO).with_columns(pl.format("{}（{}）", Notice.BILL_NO, how).alias(_TEXT))
    texts = rows.group_by(RECORD_NO).agg(pl.col(_TEXT).head(_SHOWN).str.join("、"), pl.len())
    shown = {no: text + (f" ほか{count - _SHOWN}" if count > _SHOWN else "") for no, text, count in texts.iter_rows()}
    return [
        replace(finding, expected=f"{finding.expected}。近い通知書番号: {shown[finding.at.record_no]}")
        if finding.code in _UNKNOWN and finding.expected and finding.at.record_no in shown
        else finding
        for finding in findings
    ]
