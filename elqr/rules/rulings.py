"""Rulings (決裁): what finance may decide on an exception, and what an approved decision posts.

Refused, row by row: a row that no longer agrees with the ledger, one without a reason or a name, a target that does not
exist or has nothing left to pay, and a decision that does not fit the payment. Yen move from suspense to the claims of
one notice and no further. What a claim does not take stays in suspense.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace

import polars as pl

from elqr.arithmetic.fiscal_year import OpenYears
from elqr.arithmetic.plain_number import yen_text
from elqr.rules.payouts import payout_moves
from elqr.rules.reassignment import taken_off, through_suspense, with_taken
from elqr.rules.row_rules import JudgedRows, RowRule, is_blank, judge_rows
from elqr.rules.ruling_reversal import reversal
from elqr.rules.sender_correction import PART_YEN, TARGET_PROCEDURE, Concerned, moves_of, overlapping_rulings
from elqr.rules.whole_year import late_whole_years
from elqr.vocabulary.claim_frames import OpenClaim
from elqr.vocabulary.codes import Code
from elqr.vocabulary.frames import Move, Posting, Proposal, Ruled, RulingEffect
from elqr.vocabulary.ruling_frames import CurrentRuling, DraftRuling, TargetClaim
from elqr.vocabulary.ruling_terms import AWAITS_PAYOUT, NEEDS_TARGET, PAYS_INTO, WRITTEN_RULINGS, Ruling, RulingResult
from elqr.vocabulary.terms import IN_DOUBT, Account, Outcome, Stage

RULING, TARGET, REASON, STAFF = "決裁", "対象の納付番号", "決裁の理由", "担当"
"""記入欄: the columns in which people write."""

TARGET_DIGITS = 20
DECIDED_ON = DraftRuling.DECIDED_ON
_MOVED_YEN, _OFFERED_YEN = "moved_yen", "offered_yen"
_IS_WHOLE, _SHARE_YEN, _WHOLE_YEN = "is_whole", "share_yen", "whole_yen"
"""For a claim of a 全期 notice: that it is one, its share of the yen, and the yen owed on all claims of the notice."""

_IS_LINE = pl.col(OpenClaim.IS_LINE).fill_null(False)
"""複数の調定の分納か, of a claim of a notice."""


def _any_of(rulings: Iterable[Ruling]) -> pl.Expr:
    return pl.col(DraftRuling.RULING).is_in([ruling.value for ruling in rulings])


_HAS_NO_YEN = pl.col(DraftRuling.SUSPENSE_YEN) == 0
_OTHER_PAYER = pl.col(DraftRuling.TARGET_PAYER_REF).ne_missing(pl.col(DraftRuling.PAYER_REF))

_HOLDS = pl.col(DraftRuling.STAGE) == Stage.CONFIRMED.value
_MAY_REPLACE = _HOLDS & (pl.col(DraftRuling.OUTCOME) == Outcome.CONFLICTS.value) & (pl.col(DraftRuling.OTHERS) > 0)
_IN_DOUBT = pl.col(DraftRuling.OUTCOME).is_in([outcome.value for outcome in (*IN_DOUBT, Outcome.ALREADY_SETTLED)])
_MAY_TAKE_BACK = _IN_DOUBT & pl.when(_HOLDS).then(~_HAS_NO_YEN).otherwise(pl.col(DraftRuling.OTHERS_YEN) > 0)

_IS_SAME = pl.col(DraftRuling.WAITING_IS_SAME).fill_null(False)

RULES: tuple[RowRule, ...] = (
    RowRule(Code.ROW_UNKNOWN, "行の識別", pl.col(DraftRuling.PAYMENT_NO).is_null(), pl.col(DraftRuling.IDENTITY)),
    RowRule(
        Code.ROW_STALE,
        "行の照合値",
        pl.col(DraftRuling.MARK).ne_missing(pl.col(DraftRuling.MARK_NOW)),
        pl.col(DraftRuling.STATE_NOW),
    ),
    RowRule(Code.ROW_ALTERED, "", pl.col(DraftRuling.ALTERED) != "", pl.col(DraftRuling.ALTERED)),
    RowRule(Code.FORMULA, "", pl.col(DraftRuling.FORMULA) != "", pl.col(DraftRuling.FORMULA), "文字"),
    RowRule(
        Code.RULING_UNKNOWN,
        RULING,
        pl.col(DraftRuling.RULING).is_null(),
        pl.col(DraftRuling.RULING_SAID).fill_null(""),
        "・".join(ruling.label for ruling in WRITTEN_RULINGS),
    ),
    RowRule(Code.RULING_INCOMPLETE, REASON, is_blank(DraftRuling.REASON), pl.lit("空欄"), "理由"),
    RowRule(Code.RULING_INCOMPLETE, STAFF, is_blank(DraftRuling.STAFF), pl.lit("空欄"), "決めた人の名前"),
    RowRule(
        Code.RULING_INCOMPLETE,
        TARGET,
        _any_of(NEEDS_TARGET) & is_blank(DraftRuling.TARGET) & pl.col(DraftRuling.NOTICE_NO).is_null(),
        pl.lit("空欄"),
        "20桁の納付番号",
    ),
    RowRule(
        Code.RULING_UNFIT,
        TARGET,
        ~_any_of(NEEDS_TARGET) & ~is_blank(DraftRuling.TARGET),
        pl.col(DraftRuling.TARGET),
        "空欄（この決裁には対象がありません）",
    ),
    RowRule(
        Code.TARGET_UNKNOWN,
        TARGET,
        ~is_blank(DraftRuling.TARGET) & ~pl.col(DraftRuling.TARGET).str.contains(rf"^[0-9]{{{TARGET_DIGITS}}}$"),
        pl.col(DraftRuling.TARGET),
        "数字20桁",
    ),
    RowRule(
        Code.TARGET_UNKNOWN,
        TARGET,
        ~is_blank(DraftRuling.TARGET) & pl.col(DraftRuling.NOTICE_NO).is_null(),
        pl.col(DraftRuling.TARGET),
        "登録済の納付番号",
    ),
    RowRule(Code.TARGET_CLOSED, TARGET, pl.col(DraftRuling.IS_CANCELLED), pl.lit("取消済の納付書"), "有効な納付書"),
    RowRule(
        Code.RULING_UNFIT,
        RULING,
        _any_of((*NEEDS_TARGET, *AWAITS_PAYOUT)) & _HAS_NO_YEN,
        pl.lit("仮受額 0円"),
        "仮受額のある収納",
    ),
    RowRule(
        Code.RULING_UNFIT,
        RULING,
        _any_of([Ruling.NOTED]) & ~_HAS_NO_YEN,
        pl.format("仮受額 {}円", yen_text(DraftRuling.SUSPENSE_YEN)),
        "仮受額のない収納（お金が仮受に残る行は閉じられません）",
    ),
    RowRule(
        Code.RULING_UNFIT,
        RULING,
        _any_of([Ruling.REPLACE]) & ~_MAY_REPLACE,
        pl.lit("先の収納と内容の違う確報でない収納"),
        "計上済と内容相違の確報",
    ),
    RowRule(
        Code.RULING_UNFIT,
        RULING,
        _any_of([Ruling.TAKE_BACK]) & ~_MAY_TAKE_BACK,
        pl.lit("取り消す額のない収納"),
        "確報の後の取消、または仮受額のある内容相違・段階の順序が不正・疑義のある記録・二重納付",
    ),
    RowRule(
        Code.RULING_UNFIT,
        TARGET,
        _any_of([Ruling.APPROPRIATE]) & _OTHER_PAYER,
        pl.lit("納付者の違う納付書、または納付者のわからない収納"),
        "同じ納付者の納付書（違う人の納付書には「納付書に充てる」）",
    ),
    RowRule(
        Code.TARGET_CLOSED,
        TARGET,
        _any_of(NEEDS_TARGET) & (pl.col(DraftRuling.LEFT_YEN) <= 0),
        pl.lit("未収額 0円"),
        "未収額のある納付書",
    ),
    RowRule(
        Code.RULING_WAITING,
        RULING,
        pl.col(DraftRuling.WAITING_REVIEW_NO).is_not_null() & ~_IS_SAME,
        pl.format("申請{}の「{}」", DraftRuling.WAITING_REVIEW_NO, DraftRuling.WAITING_SAID),
    ),
)
"""決裁の規則, in order: the first broken rule refuses the row."""


def judge_proposals(rows: pl.DataFrame, file: str) -> JudgedRows:
    """決裁案を調べる: rows of a form, with the state of the ledger (frame DraftRuling) → frame Proposal, and findings.

    A row that repeats a ruling that waits, or that was carried out, is counted, and not handed in twice.
    """
    judged = judge_rows(rows, RULES, _IS_SAME, (file, DraftRuling.LINE_NO, "行目"), pl.col(DraftRuling.IS_DONE))
    handed_in = judged.good.with_columns(
        pl.col(DraftRuling.DECIDED_ON).alias(Proposal.MARK), pl.lit(None, dtype=pl.Int64).alias(Proposal.UNDOES_NO)
    )
    return replace(judged, good=Proposal.of(handed_in))


def decided_on(payment_mark: pl.Expr | str) -> pl.Expr:
    """決めたときの照合値: the payment's mark and, if a notice is named, a slash and the notice's mark (`target_mark`).

    A ruling keeps it from the request until the approval. A ruling requested before targets had marks names a notice
    but has no mark of it, so it never counts as unchanged.
    """
    payment = pl.col(payment_mark) if isinstance(payment_mark, str) else payment_mark
    target = pl.col(DraftRuling.TARGET_MARK)
    with_target = pl.concat_str(payment, target, separator="/")
    return pl.when(target.is_null()).then(payment).otherwise(with_target).alias(DraftRuling.DECIDED_ON)


def fingerprint(rulings: pl.DataFrame) -> str:
    """決裁の照合値: a hash of rulings (frame Ruled) in their order, for the chain of runs."""
    return hashlib.sha256(rulings.select(*Ruled.SCHEMA).write_json().encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Effects:
    """決裁の効果: frame RulingEffect of every ruling of a request, and the postings (frame Move).

    `returned` are the postings with which an undone ruling puts yen into suspense, because no claim takes them back.
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

    `rulings` is frame CurrentRuling, `claims` frame TargetClaim, and `postings` frame Made of the rulings to undo. What
    is put on a claim or taken off it after its year was closed belongs to the year that is open then. What leaves
    suspense stays in the year in which it entered. Asserts that every ruling's postings sum to 0.
    """
    is_current = pl.col(CurrentRuling.IS_CURRENT)
    late = overlapping_rulings(rulings.filter(is_current), concerned)
    rulings = rulings.with_columns(is_current & ~pl.col(Ruled.RULING_NO).is_in(late.implode()))
    withdrawn = moves_of(rulings.filter(is_current), claims, concerned, years)
    off = taken_off(rulings.filter(is_current), concerned.standing, years)
    offering = with_taken(rulings, off)
    applied = _apply_to_claims(offering, _with_moves(claims, pl.concat([withdrawn, off])), years)
    applied = pl.concat([off, through_suspense(offering, applied)])
    back = reversal(rulings, _with_moves(claims, pl.concat([withdrawn, applied])), postings, years)
    paid = payout_moves(rulings.filter(is_current), concerned.standing)
    moves = Move.of(pl.concat([withdrawn, applied, paid, back.moves]))
    moved_yen, held_yen = pl.col(Move.YEN).sum().alias(_MOVED_YEN), pl.col(CurrentRuling.SUSPENSE_YEN)
    suspense = moves.filter(pl.col(Move.ACCOUNT) == Account.SUSPENSE.value).group_by(Move.RULING_NO, Move.PAYMENT_NO)
    assert moves.group_by(Move.RULING_NO, Move.PAYMENT_NO).agg(pl.col(Move.YEN).sum())[Move.YEN].eq(0).all()
    has_effect = ~_any_of((*NEEDS_TARGET, *PAYS_INTO, Ruling.BOUNCED)) | (pl.col(_MOVED_YEN).fill_null(0) != 0)
    is_carried_out = is_current & has_effect & ~pl.col(Ruled.RULING_NO).is_in(back.gone.implode())
    rows = rulings.join(
        suspense.agg(moved_yen),
        on=[Ruled.RULING_NO, Ruled.PAYMENT_NO],
        how="left",
        validate="1:1",
        maintain_order="left",
    )
    rows = rows.with_columns(
        pl.when(is_carried_out)
        .then(pl.lit(RulingResult.APPROVED.value))
        .otherwise(pl.lit(RulingResult.STALE.value))
        .alias(RulingEffect.RESULT),
        held_yen.alias(RulingEffect.BEFORE_YEN),
        (held_yen + pl.col(_MOVED_YEN).fill_null(0)).alias(RulingEffect.AFTER_YEN),
    )
    moves = moves.sort(Move.RULING_NO, Move.PAYMENT_NO, Move.ACCOUNT, Move.CLAIM_NO)
    return Effects(RulingEffect.of(rows), moves, back.returned)


def _with_moves(claims: pl.DataFrame, moves: pl.DataFrame) -> pl.DataFrame:
    """その後の調定: the claims after these moves."""
    sums = moves.drop_nulls(Move.CLAIM_NO).group_by(Move.CLAIM_NO).agg(pl.col(Move.YEN).sum().alias(_MOVED_YEN))
    rows = claims.join(sums, on=OpenClaim.CLAIM_NO, how="left", validate="m:1", maintain_order="left")
    collected_yen = pl.col(OpenClaim.COLLECTED_YEN) + pl.col(_MOVED_YEN).fill_null(0)
    return rows.with_columns(collected_yen.alias(OpenClaim.COLLECTED_YEN)).drop(_MOVED_YEN)


def _apply_to_claims(rulings: pl.DataFrame, claims: pl.DataFrame, years: OpenYears) -> pl.DataFrame:
    """調定へ: postings (frame Move) of what each target takes, in the order of the rulings, and the same from suspense.

    A 全期 notice takes all that is owed on its claims when nothing was collected on any of them, or else nothing. One
    of 分納 for several claims takes what it asks of each and is still open, or nothing if the yen do not suffice.
    """
    share_yen = pl.min_horizontal(OpenClaim.COVER_YEN, OpenClaim.OWED_YEN)
    notices = claims.rename({TargetClaim.PROCEDURE_CODE: TARGET_PROCEDURE}).with_columns(
        ((pl.len().over(OpenClaim.NOTICE_NO) > 1) & ~_IS_LINE).alias(_IS_WHOLE),
        share_yen.alias(_SHARE_YEN),
        share_yen.sum().over(OpenClaim.NOTICE_NO).alias(_WHOLE_YEN),
    )
    applies = _any_of((*NEEDS_TARGET, Ruling.REASSIGN)) & pl.col(CurrentRuling.IS_CURRENT)
    lines = rulings.filter(applies).join(notices, on=OpenClaim.NOTICE_NO)
    lines = _with_offered(lines.sort(Ruled.RULING_NO, OpenClaim.CLAIM_NO))
    before = pl.col(_OFFERED_YEN).cum_sum().over(OpenClaim.CLAIM_NO) - pl.col(_OFFERED_YEN)
    left_yen = (pl.col(OpenClaim.OWED_YEN) - pl.col(OpenClaim.COLLECTED_YEN) - before).clip(lower_bound=0)
    lines = lines.with_columns(pl.min_horizontal(_OFFERED_YEN, left_yen).alias(PART_YEN)).filter(pl.col(PART_YEN) > 0)
    year = years.of_claim(pl.col(OpenClaim.LEVY_YEAR), pl.col(CurrentRuling.FALLS_ON), pl.col(TARGET_PROCEDURE))
    common = [
        pl.col(Posting.PAYMENT_NO),
        pl.col(CurrentRuling.HELD_NO).alias(Move.REVERSES_NO),
        pl.col(Ruled.RULING_NO),
        pl.col(Ruled.STAFF).alias(Move.DECIDED_BY),
        pl.col(Ruled.REASON).alias(Move.REASON),
    ]
    on_claims = lines.select(
        *common,
        pl.lit(Account.CLAIM.value).alias(Move.ACCOUNT),
        OpenClaim.CLAIM_NO,
        OpenClaim.NOTICE_NO,
        pl.col(PART_YEN).alias(Move.YEN),
        year.alias(Move.FISCAL_YEAR),
        (year != pl.col(OpenClaim.LEVY_YEAR)).alias(Move.IS_ARREARS),
        pl.col(TARGET_PROCEDURE).alias(Move.PROCEDURE_CODE),
    )
    from_suspense = (
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
    return pl.concat([Move.of(on_claims), Move.of(from_suspense)])


def _with_offered(lines: pl.DataFrame) -> pl.DataFrame:
    """充てる額: the yen offered to each claim; of a notice for several its share, or 0 where the whole does not fit."""
    is_whole, held_yen = pl.col(_IS_WHOLE), pl.col(CurrentRuling.SUSPENSE_YEN)
    left_yen = (pl.col(OpenClaim.OWED_YEN) - pl.col(OpenClaim.COLLECTED_YEN)).clip(lower_bound=0)
    line_yen = pl.min_horizontal(OpenClaim.COVER_YEN, left_yen)
    suffices = ~_IS_LINE | (line_yen.sum().over(Ruled.RULING_NO) <= held_yen)
    gives = (~is_whole & suffices & (pl.when(_IS_LINE).then(line_yen).otherwise(held_yen) > 0)).cast(pl.Int64)
    is_touched = (pl.col(OpenClaim.COLLECTED_YEN) != 0) | (gives.cum_sum().over(OpenClaim.CLAIM_NO) > gives)
    lines = lines.with_columns(is_touched.alias("is_touched"))
    fits = ~pl.col("is_touched").any().over(Ruled.RULING_NO) & (pl.col(_WHOLE_YEN) <= held_yen)
    takers = lines.filter(is_whole & fits & (pl.col(_SHARE_YEN) > 0))
    takes = takers.filter(~pl.col(Ruled.RULING_NO).is_in(late_whole_years(takers, Ruled.RULING_NO, ()).implode()))
    is_taken = pl.col(Ruled.RULING_NO).is_in(takes[Ruled.RULING_NO].implode())
    of_whole = pl.when(is_taken).then(_SHARE_YEN).otherwise(0)
    of_line = pl.when(suffices).then(OpenClaim.COVER_YEN).otherwise(0)
    offered = pl.when(is_whole).then(of_whole).when(_IS_LINE).then(of_line).otherwise(held_yen)
    return lines.with_columns(offered.alias(_OFFERED_YEN))
