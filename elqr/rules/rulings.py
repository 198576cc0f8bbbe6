"""Rulings (決裁): what finance may decide on an exception, and what an approved decision posts.

Refused, row by row: what is not the state the ledger is in now, what lacks a reason or a name, a target that
does not exist or has nothing left, and a decision that does not fit the payment. Yen move from suspense to
the claims of one notice and never further; what a claim does not take stays in suspense.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from elqr.arithmetic.fiscal_year import OpenYears
from elqr.rules.ruling_reversal import reversal
from elqr.rules.sender_correction import PART_YEN, TARGET_PROCEDURE, Concerned, moves_of, overlapping_rulings
from elqr.rules.whole_year import late_whole_years
from elqr.vocabulary.codes import Code
from elqr.vocabulary.findings import Finding, Location
from elqr.vocabulary.frames import Move, OpenClaim, Posting, Proposal, Ruled, RulingEffect
from elqr.vocabulary.ruling_frames import CurrentRuling, DraftRuling, TargetClaim
from elqr.vocabulary.terms import (
    AWAITS_PAYOUT,
    NEEDS_TARGET,
    WRITTEN_RULINGS,
    Account,
    Outcome,
    Ruling,
    RulingResult,
    Stage,
)

RULING, TARGET, REASON, STAFF = "決裁", "対象の納付番号", "決裁の理由", "担当"
"""記入欄: the columns in which people write."""

_TARGET_DIGITS = 20
DECIDED_ON = DraftRuling.DECIDED_ON
_MOVED_YEN, _OFFERED_YEN = "moved_yen", "offered_yen"
_IS_WHOLE, _SHARE_YEN, _WHOLE_YEN = "is_whole", "share_yen", "whole_yen"
"""Of a claim of a 全期 slip: that it is one, its share of what is owed, and what is owed on all claims of the slip."""


@dataclass(frozen=True, slots=True)
class Judged:
    """改めた決裁案: frame Proposal of the rows that may be handed in, rows already waiting, and the refused."""

    proposals: pl.DataFrame
    same: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class _Rule:
    """決裁の規則: a row that meets `broken` is refused with the code, at the column; null is not broken."""

    code: Code
    column: str
    broken: pl.Expr
    actual: pl.Expr
    expected: str = ""


def _any_of(rulings: Iterable[Ruling]) -> pl.Expr:
    return pl.col(DraftRuling.RULING).is_in([ruling.value for ruling in rulings])


def _is_blank(name: str) -> pl.Expr:
    return pl.col(name).fill_null("") == ""


def _said(words: str) -> pl.Expr:
    return pl.lit(words)


def yen_text(name: str) -> pl.Expr:
    """金額 as people read it: 1,234,567."""
    return (
        pl.col(name)
        .cast(pl.String)
        .str.reverse()
        .str.replace_all("([0-9]{3})", "$1,")
        .str.strip_suffix(",")
        .str.reverse()
    )


_HAS_NO_YEN = pl.col(DraftRuling.SUSPENSE_YEN) == 0
_OTHER_PAYER = pl.col(DraftRuling.TARGET_PAYER_REF).ne_missing(pl.col(DraftRuling.PAYER_REF))

_HOLDS = pl.col(DraftRuling.STAGE) == Stage.CONFIRMED.value
_MAY_REPLACE = _HOLDS & (pl.col(DraftRuling.OUTCOME) == Outcome.CONFLICTS.value) & (pl.col(DraftRuling.OTHERS) > 0)
_IN_DOUBT = pl.col(DraftRuling.OUTCOME).is_in([Outcome.CONFLICTS.value, Outcome.STAGE_UNEXPECTED.value])
_MAY_TAKE_BACK = _IN_DOUBT & pl.when(_HOLDS).then(~_HAS_NO_YEN).otherwise(pl.col(DraftRuling.OTHERS_YEN) > 0)

RULES: tuple[_Rule, ...] = (
    _Rule(Code.ROW_UNKNOWN, "行の識別", pl.col(DraftRuling.PAYMENT_NO).is_null(), pl.col(DraftRuling.IDENTITY)),
    _Rule(
        Code.ROW_STALE,
        "行の照合値",
        pl.col(DraftRuling.MARK).ne_missing(pl.col(DraftRuling.MARK_NOW)),
        pl.col(DraftRuling.STATE_NOW),
    ),
    _Rule(Code.ROW_ALTERED, "", pl.col(DraftRuling.ALTERED) != "", pl.col(DraftRuling.ALTERED)),
    _Rule(Code.FORMULA, "", pl.col(DraftRuling.FORMULA) != "", pl.col(DraftRuling.FORMULA), "文字"),
    _Rule(
        Code.RULING_UNKNOWN,
        RULING,
        pl.col(DraftRuling.RULING).is_null(),
        pl.col(DraftRuling.RULING_SAID).fill_null(""),
        "・".join(ruling.label for ruling in WRITTEN_RULINGS),
    ),
    _Rule(Code.RULING_INCOMPLETE, REASON, _is_blank(DraftRuling.REASON), _said("空欄"), "理由"),
    _Rule(Code.RULING_INCOMPLETE, STAFF, _is_blank(DraftRuling.STAFF), _said("空欄"), "決めた人の名前"),
    _Rule(
        Code.RULING_INCOMPLETE,
        TARGET,
        _any_of(NEEDS_TARGET) & _is_blank(DraftRuling.TARGET) & pl.col(DraftRuling.NOTICE_NO).is_null(),
        _said("空欄"),
        "20桁の納付番号",
    ),
    _Rule(
        Code.RULING_UNFIT,
        TARGET,
        ~_any_of(NEEDS_TARGET) & ~_is_blank(DraftRuling.TARGET),
        pl.col(DraftRuling.TARGET),
        "空欄（この決裁には対象がありません）",
    ),
    _Rule(
        Code.TARGET_UNKNOWN,
        TARGET,
        ~_is_blank(DraftRuling.TARGET) & ~pl.col(DraftRuling.TARGET).str.contains(rf"^[0-9]{{{_TARGET_DIGITS}}}$"),
        pl.col(DraftRuling.TARGET),
        "数字20桁",
    ),
    _Rule(
        Code.TARGET_UNKNOWN,
        TARGET,
        ~_is_blank(DraftRuling.TARGET) & pl.col(DraftRuling.NOTICE_NO).is_null(),
        pl.col(DraftRuling.TARGET),
        "登録済の納付番号",
    ),
    _Rule(Code.TARGET_CLOSED, TARGET, pl.col(DraftRuling.IS_CANCELLED), _said("取消済の納付書"), "有効な納付書"),
    _Rule(
        Code.RULING_UNFIT,
        RULING,
        _any_of((*NEEDS_TARGET, *AWAITS_PAYOUT)) & _HAS_NO_YEN,
        _said("仮受額 0円"),
        "仮受額のある収納",
    ),
    _Rule(
        Code.RULING_UNFIT,
        RULING,
        _any_of([Ruling.NOTED]) & ~_HAS_NO_YEN,
        pl.format("仮受額 {}円", yen_text(DraftRuling.SUSPENSE_YEN)),
        "仮受額のない収納（お金が仮受に残る行は閉じられません）",
    ),
    _Rule(
        Code.RULING_UNFIT,
        RULING,
        _any_of([Ruling.REPLACE]) & ~_MAY_REPLACE,
        _said("先の収納と内容の違う確報でない収納"),
        "計上済と内容相違の確報",
    ),
    _Rule(
        Code.RULING_UNFIT,
        RULING,
        _any_of([Ruling.TAKE_BACK]) & ~_MAY_TAKE_BACK,
        _said("取り消す額のない収納"),
        "確報の後の取消、または仮受額のある内容相違・段階の順序が不正",
    ),
    _Rule(
        Code.RULING_UNFIT,
        TARGET,
        _any_of([Ruling.APPROPRIATE]) & _OTHER_PAYER,
        _said("納付者の違う納付書、または納付者のわからない収納"),
        "同じ納付者の納付書（違う人の納付書には「納付書に充てる」）",
    ),
    _Rule(
        Code.TARGET_CLOSED,
        TARGET,
        _any_of(NEEDS_TARGET) & (pl.col(DraftRuling.LEFT_YEN) <= 0),
        _said("未収額 0円"),
        "未収額のある納付書",
    ),
    _Rule(
        Code.RULING_WAITING,
        RULING,
        pl.col(DraftRuling.WAITING_REVIEW_NO).is_not_null(),
        pl.format("申請{}の「{}」", DraftRuling.WAITING_REVIEW_NO, DraftRuling.WAITING_SAID),
    ),
)
"""決裁の規則, in order: the first that is broken refuses the row."""


def judge_proposals(rows: pl.DataFrame, file: str) -> Judged:
    """決裁案を改める: rows of a form beside the state of the ledger → proposals and findings.

    `rows` is frame DraftRuling. A row that says again what already waits is counted and not handed in twice.
    """
    first = pl.coalesce(pl.when(rule.broken.fill_null(False)).then(pl.lit(number)) for number, rule in enumerate(RULES))
    actual = pl.coalesce(pl.when(rule.broken.fill_null(False)).then(rule.actual.cast(pl.String)) for rule in RULES)
    is_same = pl.col(DraftRuling.WAITING_IS_SAME).fill_null(False)
    seen = rows.with_columns(first.alias("rule"), actual.alias("said")).with_columns(
        pl.when(is_same & (pl.col("rule") == len(RULES) - 1)).then(None).otherwise("rule").alias("rule"),
    )
    refused = seen.filter(pl.col("rule").is_not_null())
    findings = []
    for line_no, number, value in refused.select(DraftRuling.LINE_NO, "rule", "said").iter_rows():
        rule = RULES[number]
        at = Location(file, line_no, field=rule.column, unit="行目")
        findings.append(Finding(at, rule.code, value or "", rule.expected))
    good = seen.filter(pl.col("rule").is_null())
    handed_in = good.filter(~is_same).with_columns(
        pl.col(DraftRuling.DECIDED_ON).alias(Proposal.MARK), pl.lit(None, dtype=pl.Int64).alias(Proposal.UNDOES_NO)
    )
    return Judged(Proposal.of(handed_in), good.height - handed_in.height, tuple(findings))


def decided_on(payment_mark: pl.Expr | str) -> pl.Expr:
    """決めたときの照合値: the payment's mark and, where a notice was named, its own (`target_mark`) behind a stroke.

    A ruling keeps it from when it was asked for until it is approved. One that was asked for before targets had marks
    names a notice without one, and is never as it was.
    """
    payment = pl.col(payment_mark) if isinstance(payment_mark, str) else payment_mark
    target = pl.col(DraftRuling.TARGET_MARK)
    with_target = pl.concat_str(payment, target, separator="/")
    return pl.when(target.is_null()).then(payment).otherwise(with_target).alias(DraftRuling.DECIDED_ON)


def fingerprint(rulings: pl.DataFrame) -> str:
    """決裁の照合値: a hash of rulings (frame Ruled) in their order, which the chain of runs keeps."""
    return hashlib.sha256(rulings.select(*Ruled.SCHEMA).write_json().encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Effects:
    """決裁の効果: frame RulingEffect of every ruling of a request, and its postings (frame Move).

    `returned` are those of them that an undone ruling puts into suspense, because their claim does not take them back.
    """

    effects: pl.DataFrame
    moves: pl.DataFrame
    returned: pl.DataFrame


def effects(
    rulings: pl.DataFrame,
    claims: pl.DataFrame,
    postings: pl.DataFrame,
    concerned: Concerned,
    years: OpenYears,
) -> Effects:
    """承認の効果: what approving these rulings posts.

    `rulings` is frame CurrentRuling and `claims` frame TargetClaim; `made` are the postings of rulings to be undone
    (frame Made). What is put on a claim, or taken off it again, on a day after its year was closed belongs to the year
    that is open on that day; what leaves suspense stays in the year that it entered. Asserts that every ruling's
    postings sum to nothing.
    """
    is_current = pl.col(CurrentRuling.IS_CURRENT)
    late = overlapping_rulings(rulings.filter(is_current), concerned)
    rulings = rulings.with_columns(is_current & ~pl.col(Ruled.RULING_NO).is_in(late.implode()))
    withdrawn = moves_of(rulings.filter(is_current), claims, concerned, years)
    onto = _onto_claims(rulings, _beside(claims, withdrawn), years)
    back = reversal(rulings, _beside(claims, pl.concat([withdrawn, onto])), postings, years)
    moves = Move.of(pl.concat([withdrawn, onto, back.moves]))
    moved, held = pl.col(Move.YEN).sum().alias(_MOVED_YEN), pl.col(CurrentRuling.SUSPENSE_YEN)
    suspense = moves.filter(pl.col(Move.ACCOUNT) == Account.SUSPENSE.value).group_by(Move.RULING_NO, Move.PAYMENT_NO)
    assert moves.group_by(Move.RULING_NO, Move.PAYMENT_NO).agg(pl.col(Move.YEN).sum())[Move.YEN].eq(0).all()
    takes = ~_any_of(NEEDS_TARGET) | (pl.col(_MOVED_YEN).fill_null(0) != 0)
    is_carried_out = is_current & takes & ~pl.col(Ruled.RULING_NO).is_in(back.gone.implode())
    rows = rulings.join(
        suspense.agg(moved), on=[Ruled.RULING_NO, Ruled.PAYMENT_NO], how="left", validate="1:1", maintain_order="left"
    )
    rows = rows.with_columns(
        pl.when(is_carried_out)
        .then(pl.lit(RulingResult.APPROVED.value))
        .otherwise(pl.lit(RulingResult.STALE.value))
        .alias(RulingEffect.RESULT),
        held.alias(RulingEffect.BEFORE_YEN),
        (held + pl.col(_MOVED_YEN).fill_null(0)).alias(RulingEffect.AFTER_YEN),
    )
    moves = moves.sort(Move.RULING_NO, Move.PAYMENT_NO, Move.ACCOUNT, Move.CLAIM_NO)
    return Effects(RulingEffect.of(rows), moves, back.returned)


def _beside(claims: pl.DataFrame, moves: pl.DataFrame) -> pl.DataFrame:
    """その後の調定: the claims as these moves leave them."""
    sums = moves.drop_nulls(Move.CLAIM_NO).group_by(Move.CLAIM_NO).agg(pl.col(Move.YEN).sum().alias(_MOVED_YEN))
    rows = claims.join(sums, on=OpenClaim.CLAIM_NO, how="left", validate="m:1", maintain_order="left")
    collected = pl.col(OpenClaim.COLLECTED_YEN) + pl.col(_MOVED_YEN).fill_null(0)
    return rows.with_columns(collected.alias(OpenClaim.COLLECTED_YEN)).drop(_MOVED_YEN)


def _onto_claims(rulings: pl.DataFrame, claims: pl.DataFrame, years: OpenYears) -> pl.DataFrame:
    """調定へ: what each target takes, in the order of the rulings, and as much out of suspense.

    A 全期 slip takes the whole of what is owed on its claims, when nothing stands on any of them; or nothing.
    """
    share = pl.min_horizontal(OpenClaim.COVER_YEN, OpenClaim.OWED_YEN)
    slips = claims.rename({TargetClaim.PROCEDURE_CODE: TARGET_PROCEDURE}).with_columns(
        (pl.len().over(OpenClaim.NOTICE_NO) > 1).alias(_IS_WHOLE),
        share.alias(_SHARE_YEN),
        share.sum().over(OpenClaim.NOTICE_NO).alias(_WHOLE_YEN),
    )
    lines = rulings.filter(_any_of(NEEDS_TARGET) & pl.col(CurrentRuling.IS_CURRENT)).join(slips, on=OpenClaim.NOTICE_NO)
    lines = _with_offered(lines.sort(Ruled.RULING_NO, OpenClaim.CLAIM_NO))
    before = pl.col(_OFFERED_YEN).cum_sum().over(OpenClaim.CLAIM_NO) - pl.col(_OFFERED_YEN)
    left = (pl.col(OpenClaim.OWED_YEN) - pl.col(OpenClaim.COLLECTED_YEN) - before).clip(lower_bound=0)
    lines = lines.with_columns(pl.min_horizontal(_OFFERED_YEN, left).alias(PART_YEN)).filter(pl.col(PART_YEN) > 0)
    year = years.of_claim(pl.col(OpenClaim.LEVY_YEAR), pl.col(CurrentRuling.PAID_ON), pl.col(TARGET_PROCEDURE))
    common = [
        pl.col(Posting.PAYMENT_NO),
        pl.col(CurrentRuling.HELD_NO).alias(Move.REVERSES_NO),
        pl.col(Ruled.RULING_NO),
        pl.col(Ruled.STAFF).alias(Move.DECIDED_BY),
        pl.col(Ruled.REASON).alias(Move.REASON),
    ]
    onto = lines.select(
        *common,
        pl.lit(Account.CLAIM.value).alias(Move.ACCOUNT),
        OpenClaim.CLAIM_NO,
        OpenClaim.NOTICE_NO,
        pl.col(PART_YEN).alias(Move.YEN),
        year.alias(Move.FISCAL_YEAR),
        (year != pl.col(OpenClaim.LEVY_YEAR)).alias(Move.IS_ARREARS),
        pl.col(TARGET_PROCEDURE).alias(Move.PROCEDURE_CODE),
    )
    out = (
        lines.group_by(Ruled.RULING_NO, maintain_order=True)
        .agg(pl.col(PART_YEN).sum(), pl.all().exclude(PART_YEN).first())
        .select(
            *common,
            pl.lit(Account.SUSPENSE.value).alias(Move.ACCOUNT),
            pl.lit(None, dtype=pl.Int64).alias(Move.CLAIM_NO),
            pl.lit(None, dtype=pl.Int64).alias(Move.NOTICE_NO),
            (-pl.col(PART_YEN)).alias(Move.YEN),
            CurrentRuling.FISCAL_YEAR,
            CurrentRuling.IS_ARREARS,
            CurrentRuling.PROCEDURE_CODE,
        )
    )
    return pl.concat([Move.of(onto), Move.of(out)])


def _with_offered(lines: pl.DataFrame) -> pl.DataFrame:
    """充てる額: what is offered to each claim; of a 全期 slip its share, or nothing where it does not fit."""
    is_whole, held = pl.col(_IS_WHOLE), pl.col(CurrentRuling.SUSPENSE_YEN)
    gives = (~is_whole & (held > 0)).cast(pl.Int64)
    is_touched = (pl.col(OpenClaim.COLLECTED_YEN) != 0) | (gives.cum_sum().over(OpenClaim.CLAIM_NO) > gives)
    lines = lines.with_columns(is_touched.alias("is_touched"))
    fits = ~pl.col("is_touched").any().over(Ruled.RULING_NO) & (pl.col(_WHOLE_YEN) <= held)
    takers = lines.filter(is_whole & fits & (pl.col(_SHARE_YEN) > 0))
    takes = takers.filter(~pl.col(Ruled.RULING_NO).is_in(late_whole_years(takers, Ruled.RULING_NO, ()).implode()))
    is_taken = pl.col(Ruled.RULING_NO).is_in(takes[Ruled.RULING_NO].implode())
    whole = pl.when(is_taken).then(_SHARE_YEN).otherwise(0)
    return lines.with_columns(pl.when(is_whole).then(whole).otherwise(held).alias(_OFFERED_YEN))
