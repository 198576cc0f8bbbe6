"""Claim changes (異動): what the rows of a notice file do to claims, and what such a row must say.

A re-issue asks what its claim owes. If it asks for something else, what is owed changes, and the row says why
(異動事由); else a slip for a part would make the rest vanish. A notice for a part says so (納付種別). A 取消 takes back
the paper. The claim falls with it if the row says 調定取消, and in a file without that column if no valid notice of the
claim is left. A notice for a part takes back with it what it brought.
"""

from dataclasses import dataclass
from datetime import date

import polars as pl

from elqr.formats.sequence import RECORD_NO
from elqr.rules.claim_entries import (
    Asked,
    charged_fee,
    new_entries,
    newest_asked,
    speaks_for,
    valid_fees,
    valid_notices,
)
from elqr.rules.instalments import without_whole
from elqr.rules.row_checks import ASSESSMENT_KEY, CLAIM_KEY, NOTICE_KEY, Registered, Sieve
from elqr.vocabulary.claim_frames import ClaimCancel, ClaimEntry, ClaimFee, OwnNotice
from elqr.vocabulary.claim_terms import ChangeReason, Item, NoticeKind
from elqr.vocabulary.codes import Code
from elqr.vocabulary.frames import Claim, Notice
from elqr.vocabulary.notice_frames import CANCEL, NOTICE_KIND, RefusedRow
from elqr.vocabulary.terms import WHOLE_YEAR

_REASON = pl.col(Notice.CHANGE_REASON)
FALLS = ChangeReason.CLAIM_CANCELLED.value == _REASON
"""調定取消か, of a row."""

_ITEMS = ClaimEntry.ITEMS
_HAS_BASE, _HAS_FEE, _SAID_KIND, _KNOWN_NOS = "has_base", "has_fee", "said_kind", "known_nos"
IS_STATED, ASKS_ONLY = "is_stated", "asks_only"
"""調定データにある調定か, of a row; and whether its notice only asks, and says nothing about what is owed."""

_COUNTED = (*NOTICE_KEY, Notice.PART_KIND, *_ITEMS, ClaimFee.FEE_NO)


@dataclass(frozen=True, slots=True)
class Incoming:
    """届いた納付書データ: its name and night, and the numbers of the file, its first new claim and first new notice.

    `says_reasons`: it has the column 異動事由. `by_file`: procedures of which claim files say what is owed.
    """

    name: str
    night_on: date
    says_reasons: bool
    by_file: frozenset[str]
    file_no: int
    claim_no: int
    notice_no: int


@dataclass(frozen=True, slots=True)
class Cancelled:
    """取消の結果: cancelled notices (notice_no, is_paper_only), claims (frame ClaimCancel), and counts of rows."""

    notices: pl.DataFrame
    claims: pl.DataFrame
    rows_new: int
    rows_same: int


def refuse_contradictions(sieve: Sieve) -> None:
    """納付種別・異動事由が行と合わないものを断る, as far as a row alone tells."""
    kind, is_cancel = pl.col(NOTICE_KIND), pl.col(RefusedRow.CHANGE_KIND) == CANCEL
    number, code = pl.col(Notice.INSTALLMENT_NO), Code.CHANGE_CONTRADICTS
    is_instalment = (kind == NoticeKind.WHOLE.value) & (number != WHOLE_YEAR)
    sieve.refuse(code, "納付種別", is_instalment, pl.format("{}（{}期）", kind, number), pl.lit("全期は期別 0"))
    principal, demand_fee, late_charge = (pl.col(name) for name in _ITEMS)
    asks_other = ~is_cancel & (kind == NoticeKind.LATE_CHARGE.value) & ((principal > 0) | (demand_fee > 0))
    asked = pl.format("本税・本料{}円 督促手数料{}円 延滞金{}円", principal, demand_fee, late_charge)
    sieve.refuse(code, "納付種別", asks_other, asked, pl.lit("延滞金の納付書では、延滞金だけ"))
    wanted = (
        pl.when(is_cancel).then(pl.lit("取消の行では、調定取消か空欄")).otherwise(pl.lit("増額更正・減額更正か空欄"))
    )
    sieve.refuse(code, "異動事由", is_cancel != FALLS, _REASON, wanted)
    is_plan = ~is_cancel & (kind == NoticeKind.INSTALMENT_PLAN.value) & _REASON.is_not_null()
    sieve.refuse(code, "異動事由", is_plan, _REASON, pl.lit("分納では空欄（調定を変えるのは通常・再発行の納付書）"))


def mark_stated(rows: pl.DataFrame, registered: Registered, incoming: Incoming) -> pl.DataFrame:
    """調定データの印を付ける: `IS_STATED` of each row by what the ledger has, `ASKS_ONLY` by its procedure as well."""
    stated = registered.stated.select(*CLAIM_KEY, pl.lit(True).alias(IS_STATED))
    rows = rows.join(stated, on=CLAIM_KEY, how="left", validate="m:1", maintain_order="left")
    rows = rows.with_columns(pl.col(IS_STATED).fill_null(False))
    by_file = pl.col(Notice.PROCEDURE_CODE).is_in(list(incoming.by_file))
    return rows.with_columns((by_file | pl.col(IS_STATED)).alias(ASKS_ONLY))


def refuse_said_changes(sieve: Sieve) -> None:
    """納付書の異動事由を断る, where claim files say what is owed: never both."""
    is_said = pl.col(ASKS_ONLY) & _REASON.is_not_null()
    sieve.refuse(Code.CHANGE_CONTRADICTS, "異動事由", is_said, _REASON, pl.lit("空欄（調定データで受ける手続）"))


def refuse_beyond_stated(sieve: Sieve, registered: Registered, covers: pl.DataFrame) -> None:
    """調定データにない額を求める納付書を断る: a notice needs a claim, and asks for no more of an item than is owed.

    全期 notices (those in `covers`) are proved by their instalments.
    """
    owed = registered.stated.select(*CLAIM_KEY, *(pl.col(name).alias(_before(name)) for name in _ITEMS))
    sieve.rows = sieve.rows.join(owed, on=CLAIM_KEY, how="left", validate="m:1", maintain_order="left")
    is_single = ~pl.col(RECORD_NO).is_in(covers[RECORD_NO].implode())
    is_unfiled = is_single & pl.col(_before(_ITEMS[0])).is_null()
    sieve.refuse(Code.CLAIM_UNFILED, "通知書番号", is_unfiled, pl.col(Notice.BILL_NO), pl.lit("調定データにある調定"))
    for name, item in zip(_ITEMS, Item, strict=True):
        is_beyond = is_single & (pl.col(name) > pl.col(_before(name)))
        wanted = pl.format("調定にある{}円まで", _before(name))
        sieve.refuse(Code.ASKS_BEYOND, item.label, is_beyond, pl.format("{}円", name), wanted)
    sieve.rows = sieve.rows.drop(_before(name) for name in _ITEMS)


def refuse_unsaid_changes(
    sieve: Sieve, registered: Registered, cancels: pl.DataFrame, covers: pl.DataFrame, *, says_reasons: bool
) -> None:
    """調定と合わない納付書を断る: one that changes what is owed without saying so, or asks for more than is owed.

    Compared is what the notices before it make of the claim, item by item, after the file's `cancels`. A row says
    増額更正 or 減額更正, as the amount does. A file that cannot say a reason may raise an amount, and a notice for
    延滞金 or 督促 its own item. 全期 notices (those in `covers`) are proved by their instalments.
    """
    standing = _standing(registered, cancels, says_reasons=says_reasons)
    while True:  # a row that is refused no longer stands before the next one
        before_rows = sieve.rows.height
        sieve.rows = _beside_what_is_owed(sieve.rows, standing, covers)
        _refuse_beyond(sieve)
        _refuse_unsaid(sieve, says_reasons=says_reasons)
        sieve.rows = sieve.rows.drop(_HAS_BASE, _HAS_FEE, *(_before(name) for name in _ITEMS))
        if sieve.rows.height == before_rows:
            return


def _refuse_unsaid(sieve: Sieve, *, says_reasons: bool) -> None:
    """言わない増減を断る: of the items that a row speaks for, their sum may fall or differ only as the row says."""
    is_part = pl.col(Notice.PART_KIND).is_not_null()
    spoken = {name: speaks_for(name) for name in _ITEMS}
    total = pl.sum_horizontal(pl.when(spoken[name]).then(name) for name in _ITEMS)
    before_yen = pl.sum_horizontal(pl.when(spoken[name]).then(_before(name)) for name in _ITEMS)
    differs = pl.any_horizontal(spoken[name] & (pl.col(name) != pl.col(_before(name))) for name in _ITEMS)
    is_unsaid = _REASON.is_null() & ((total < before_yen) | (differs & ~is_part & pl.lit(says_reasons)))
    is_other = ((ChangeReason.INCREASED.value == _REASON) & (total < before_yen)) | (
        (ChangeReason.REDUCED.value == _REASON) & (total > before_yen)
    )
    reason = pl.when(total < before_yen).then(pl.lit(ChangeReason.REDUCED)).otherwise(pl.lit(ChangeReason.INCREASED))
    with_fee = (
        pl.when(_HAS_FEE).then(pl.lit("（発送した督促の手数料を含む。督促手数料の欄に書く）")).otherwise(pl.lit(""))
    )
    wanted = pl.format("前の納付書と同じ{}円{}か、異動事由に「{}」", before_yen, with_fee, reason)
    texts = [Notice.PART_KIND, pl.format("{}円", total), _REASON.fill_null("（異動事由なし）")]
    shown = pl.concat_str(texts, separator=" ", ignore_nulls=True)
    sieve.refuse(Code.CHANGE_UNSAID, "合計額", pl.col(_HAS_BASE) & (is_unsaid | is_other), shown, wanted)


def _refuse_beyond(sieve: Sieve) -> None:
    """調定にない額を求める納付書を断る: a notice for a part needs a claim, and asks for no more than it owes."""
    kind = pl.col(Notice.PART_KIND)
    is_baseless = kind.is_not_null() & ~pl.col(_HAS_BASE)
    wanted = pl.lit("先に通常の納付書の行（その調定の有効な納付書がない）")
    sieve.refuse(Code.ASKS_BEYOND, "納付種別", is_baseless, kind, wanted)
    for name, title in zip(_ITEMS, [item.label for item in Item], strict=True):
        owed = pl.col(_before(name))
        is_beyond = kind.is_not_null() & ~speaks_for(name) & (pl.col(name) > owed)
        asked = pl.format("{}円（{}）", name, kind)
        sieve.refuse(Code.ASKS_BEYOND, title, is_beyond, asked, pl.format("調定にある{}円まで", owed))


def _before(item: str) -> str:
    return f"before_{item}"


def _standing(registered: Registered, cancels: pl.DataFrame, *, says_reasons: bool) -> pl.DataFrame:
    """数える納付書: key, kind and items of the registered notices and fees that still count after the file.

    A fee has a `fee_no`, and the 発行連番 of the last notice before it.
    """
    valid = pl.concat([valid_notices(registered.asked), valid_fees(registered.asked)], how="diagonal")
    keyed = valid.join(registered.claims.select(Claim.CLAIM_NO, *CLAIM_KEY), on=Claim.CLAIM_NO, validate="m:1")
    gone = cancels.filter(FALLS).select(CLAIM_KEY)
    standing = keyed.join(gone.unique(), on=CLAIM_KEY, how="anti")
    named = standing.join(cancels.select(NOTICE_KEY).unique(), on=NOTICE_KEY, how="semi").drop_nulls(Notice.NOTICE_NO)
    if says_reasons:
        named = named.filter(pl.col(Notice.PART_KIND).is_not_null())
    return standing.join(named, on=Notice.NOTICE_NO, how="anti").select(_COUNTED)


def _beside_what_is_owed(rows: pl.DataFrame, standing: pl.DataFrame, covers: pl.DataFrame) -> pl.DataFrame:
    """前の調定を横に置く: what is owed of each item (`_before`) by the notices before each row, or null.

    These are those of `standing` and the other rows. `_HAS_BASE`: one of them asks for the whole claim. `_HAS_FEE`:
    a reminder charged for it since.
    """
    single = without_whole(rows, covers)
    asking = single.with_columns(pl.lit(None, pl.Int64).alias(ClaimFee.FEE_NO)).select(_COUNTED)
    own_no = pl.col(Notice.ISSUE_NO).alias("own_no")
    pairs = single.select(RECORD_NO, *CLAIM_KEY, own_no).join(pl.concat([standing, asking]), on=CLAIM_KEY)
    before = pairs.filter(pl.col(Notice.ISSUE_NO) < pl.col("own_no")).sort(Notice.ISSUE_NO)
    owed = before.group_by(RECORD_NO).agg(
        pl.col(Notice.PART_KIND).is_null().any().alias(_HAS_BASE),
        charged_fee().is_not_null().alias(_HAS_FEE),
        *(newest_asked(name).alias(_before(name)) for name in _ITEMS),
    )
    beside = rows.join(owed, on=RECORD_NO, how="left", validate="1:1", maintain_order="left")
    return beside.with_columns(pl.col(_HAS_BASE).fill_null(False))


def cancellations(sieve: Sieve, known: pl.DataFrame, registered: Registered, incoming: Incoming) -> Cancelled:
    """取消: what the rows of kind 9 take back. `known` are the registered and the new notices, with keys and claims.

    One that pays several claims is taken back by a 取消 of any of its rows; the others say the same again. A 取消 may
    also name a row that was refused and never corrected. It takes that row back.
    """
    said_kind = pl.col(_SAID_KIND)
    sieve.rows = sieve.rows.rename({Notice.PART_KIND: _SAID_KIND})  # beside it comes what the notice is
    refused = registered.refused.select(NOTICE_KEY).unique().with_columns(is_refused=True)
    for frame in (known, refused):
        sieve.rows = sieve.rows.join(frame, on=NOTICE_KEY, how="left", validate="m:1", maintain_order="left")
    missing, bill_no = pl.col(Notice.NOTICE_NO).is_null(), pl.col(Notice.BILL_NO)
    unknown = missing & pl.col("is_refused").is_null()
    _refuse_other_notices(sieve, known, unknown)
    sieve.refuse(Code.CANCEL_TARGET, "通知書番号", unknown, bill_no, pl.lit("登録済の納付書"))
    is_whole = FALLS & ~missing & pl.col(OwnNotice.CLAIM_NO).is_null() & pl.col(Notice.PART_KIND).is_null()
    sieve.refuse(Code.CHANGE_CONTRADICTS, "異動事由", is_whole, _REASON, pl.lit("全期では空欄（調定取消は期別ごとに）"))
    is_other = ~missing & said_kind.is_not_null() & said_kind.ne_missing(pl.col(Notice.PART_KIND))
    registered_kind = pl.col(Notice.PART_KIND).fill_null("通常・再発行・全期")
    wanted = pl.format("この発行連番の納付書の納付種別（{}）", registered_kind)
    sieve.refuse(Code.CHANGE_CONTRADICTS, "納付種別", is_other, said_kind, wanted)
    is_part = FALLS & pl.col(Notice.PART_KIND).is_not_null()
    sieve.refuse(Code.CHANGE_CONTRADICTS, "異動事由", is_part, _REASON, pl.lit("分納・延滞金・督促の取消では空欄"))
    rows = sieve.rows.filter(~missing)
    keeps_claim = (pl.lit(incoming.says_reasons) | pl.col(IS_STATED)) & pl.col(Notice.PART_KIND).is_null()
    paper_only = pl.when(keeps_claim).then(1).cast(pl.Int64)
    papers = rows.select(Notice.NOTICE_NO, paper_only.alias("is_paper_only"))
    papers = papers.unique(Notice.NOTICE_NO, keep="first", maintain_order=True)
    papers = papers.join(registered.cancelled, on=Notice.NOTICE_NO, how="anti", maintain_order="left")
    fallen = rows.filter(FALLS).with_columns(
        pl.lit(incoming.file_no).alias(ClaimCancel.NOTICE_FILE_NO),
        pl.lit(incoming.night_on).alias(ClaimCancel.NIGHT_ON),
    )
    claims = ClaimCancel.of(fallen).join(
        registered.asked.cancels, on=ClaimCancel.NOTICE_NO, how="anti", maintain_order="left"
    )
    fresh = pl.concat([papers[Notice.NOTICE_NO], claims[ClaimCancel.NOTICE_NO]]).n_unique()
    return Cancelled(papers, claims, fresh, sieve.rows.height - fresh)


def _refuse_other_notices(sieve: Sieve, known: pl.DataFrame, unknown: pl.Expr) -> None:
    """番号だけが合う取消を断る: the 通知書番号 is known, and the 発行連番 or the 期別 is off. Says which."""
    for key, name, title in ((CLAIM_KEY, Notice.ISSUE_NO, "発行連番"), (ASSESSMENT_KEY, Notice.INSTALLMENT_NO, "期別")):
        numbers = known.select(*key, pl.col(name).alias(_KNOWN_NOS)).unique().sort(_KNOWN_NOS)
        numbers = numbers.group_by(key).agg(pl.col(_KNOWN_NOS).cast(pl.String).str.join("・"))
        sieve.rows = sieve.rows.join(numbers, on=key, how="left", validate="m:1", maintain_order="left")
        wanted = pl.format("登録済の納付書（この通知書番号の{}は {}）", pl.lit(title), _KNOWN_NOS)
        sieve.refuse(Code.CANCEL_TARGET, title, unknown & pl.col(_KNOWN_NOS).is_not_null(), pl.col(name), wanted)
        sieve.rows = sieve.rows.drop(_KNOWN_NOS)


def own_notices(notices: pl.DataFrame, covers: pl.DataFrame, claims: pl.DataFrame, night_on: date) -> pl.DataFrame:
    """調定の納付書: frame OwnNotice of the new notices that ask for a claim of their own and say what is owed on it."""
    speaking = notices.filter(~pl.col(ASKS_ONLY))
    single = without_whole(speaking, covers)
    numbered = single.join(claims.select(Claim.CLAIM_NO, *CLAIM_KEY), on=CLAIM_KEY, validate="m:1")
    return OwnNotice.of(
        numbered.with_columns(
            pl.lit(night_on).alias(OwnNotice.NIGHT_ON),
            pl.lit(None).alias(OwnNotice.GONE_FILE_NO),
            pl.lit(None).alias(OwnNotice.GONE_ON),
            pl.lit(False).alias(OwnNotice.IS_RETRACTED),
        )
    )


def entries_of_file(
    registered: Registered, new: pl.DataFrame, cancelled: Cancelled, incoming: Incoming
) -> pl.DataFrame:
    """調定異動 of a file: frame ClaimEntry. `new` is frame OwnNotice of its notices."""
    taking = cancelled.notices.filter(pl.col("is_paper_only").is_null())[Notice.NOTICE_NO]
    is_cancelled = pl.col(OwnNotice.NOTICE_NO).is_in(taking.implode())
    before = registered.asked
    known = pl.concat([before.notices, new])
    after = known.with_columns(
        pl.when(is_cancelled).then(incoming.file_no).otherwise(OwnNotice.GONE_FILE_NO).alias(OwnNotice.GONE_FILE_NO),
        pl.when(is_cancelled).then(pl.lit(incoming.night_on)).otherwise(OwnNotice.GONE_ON).alias(OwnNotice.GONE_ON),
    )
    numbers = [frame[OwnNotice.CLAIM_NO] for frame in (new, known.filter(is_cancelled), cancelled.claims)]
    is_changed = pl.col(OwnNotice.CLAIM_NO).is_in(pl.concat(numbers).unique().implode())
    cancels = pl.concat([before.cancels, cancelled.claims])
    both = (before, Asked(after, cancels, before.fees))
    return new_entries(*(Asked(*(frame.filter(is_changed) for frame in asked)) for asked in both))
