"""Instalments (期別と全期): what a 全期 notice of a notice file pays, and which rows of the two kinds conflict."""

import polars as pl

from elqr.formats.sequence import RECORD_NO
from elqr.rules.row_checks import ASSESSMENT_KEY, CLAIM_KEY, NOTICE_KEY, Registered, Sieve
from elqr.vocabulary.codes import Code
from elqr.vocabulary.frames import Notice, NoticeClaim
from elqr.vocabulary.terms import WHOLE_YEAR

_IS_GONE = "is_gone"


def cancelled_notices(registered: Registered, cancels: pl.DataFrame) -> pl.DataFrame:
    """取り消された納付書: columns NOTICE_KEY and is_gone, of the notices that the ledger or this file cancels.

    `cancels`: NOTICE_KEY of the file's 取消.
    """
    earlier = registered.notices.join(registered.cancelled, on=Notice.NOTICE_NO, how="semi").select(NOTICE_KEY)
    return pl.concat([earlier, cancels]).unique().with_columns(pl.lit(True).alias(_IS_GONE))


def _mark_gone(notices: pl.DataFrame, gone: pl.DataFrame) -> pl.DataFrame:
    rows = notices.join(gone, on=NOTICE_KEY, how="left", validate="m:1", maintain_order="left")
    return rows.with_columns(pl.col(_IS_GONE).fill_null(False))


def refuse_instalments_after_whole(sieve: Sieve, registered: Registered, gone: pl.DataFrame) -> None:
    """一括の後の期別を断る: refuse instalments of an assessment that is registered as one claim (期別 0).

    Otherwise the same amount could be paid twice. They are accepted once all notices of that claim are cancelled
    (`gone`). Rows refused here do not count in later rules about 全期 and 期別.
    """
    notices = registered.notices.join(registered.singles, on=Notice.NOTICE_NO, how="semi")
    notices = notices.filter(pl.col(Notice.INSTALLMENT_NO) == WHOLE_YEAR)
    single = _mark_gone(notices, gone).filter(~pl.col(_IS_GONE)).select(ASSESSMENT_KEY).unique()
    single = single.with_columns(is_single=True)
    sieve.rows = sieve.rows.join(single, on=ASSESSMENT_KEY, how="left", validate="m:1", maintain_order="left")
    is_part = pl.col(Notice.INSTALLMENT_NO) != WHOLE_YEAR
    number = pl.col(Notice.INSTALLMENT_NO)
    wanted = pl.lit("0（一括の調定として登録済。期別にするなら、先にその納付書の取消を送る）")
    sieve.refuse(Code.WHOLE_YEAR_SUM, "期別", pl.col("is_single") & is_part, number, wanted)
    sieve.rows = sieve.rows.drop("is_single")


def without_whole(rows: pl.DataFrame, covers: pl.DataFrame) -> pl.DataFrame:
    """全期でない行: those that ask for a claim of their own. `covers` is as `whole_year_covers` returns it."""
    return rows.join(covers.select(RECORD_NO).unique(), on=RECORD_NO, how="anti", maintain_order="left")


def whole_year_covers(sieve: Sieve, registered: Registered, gone: pl.DataFrame, by_file: pl.Expr) -> pl.DataFrame:
    """全期の内訳: the instalments that each 全期 notice pays, at the amounts of their notices when it was issued.

    Where claim files say what is owed (`by_file`), at the 本税・本料 that is owed then.

    Columns: record_no of the 全期 row, CLAIM_KEY of the instalment, cover_yen. An instalment whose notices are all
    cancelled does not count. A notice with 期別 0 whose assessment never had instalments is a claim of its own and has
    no row here. A 全期 notice is refused when no instalment is left, or none was issued by its own day of issue.
    """
    columns = [*CLAIM_KEY, Notice.ISSUE_NO, Notice.ISSUED_ON, Notice.AMOUNT_YEN]
    asks_whole = pl.col(Notice.PART_KIND).is_null()
    of_file = sieve.rows.filter(~by_file)
    known = registered.notices.join(registered.retracted, on=Notice.NOTICE_NO, how="anti")
    both = [frame.filter(asks_whole).select(columns) for frame in (known, of_file)]
    notices = _mark_gone(pl.concat(both), gone)
    parts = notices.filter(pl.col(Notice.INSTALLMENT_NO) != WHOLE_YEAR)
    is_standing = (~pl.col(_IS_GONE)).any().over(CLAIM_KEY)
    all_whole = sieve.rows.filter(asks_whole, pl.col(Notice.INSTALLMENT_NO) == WHOLE_YEAR).select(
        RECORD_NO, *ASSESSMENT_KEY, pl.col(Notice.ISSUED_ON).alias("whole_issued_on"), by_file.alias("is_by_file")
    )
    whole, stated_whole = all_whole.filter(~pl.col("is_by_file")), all_whole.filter("is_by_file")
    stated = registered.stated.filter(pl.col(Notice.INSTALLMENT_NO) != WHOLE_YEAR)
    covers = (
        whole.join(parts.filter(is_standing), on=ASSESSMENT_KEY, how="inner", maintain_order="left")
        .filter(pl.col(Notice.ISSUED_ON) <= pl.col("whole_issued_on"))
        .sort(RECORD_NO, Notice.INSTALLMENT_NO, ~pl.col(_IS_GONE), Notice.ISSUE_NO)
        .unique([RECORD_NO, Notice.INSTALLMENT_NO], keep="last", maintain_order=True)
        .select(RECORD_NO, *CLAIM_KEY, pl.col(Notice.AMOUNT_YEN).alias(NoticeClaim.COVER_YEN))
    )
    owed = pl.col(Notice.PRINCIPAL_YEN).alias(NoticeClaim.COVER_YEN)
    stated_covers = stated_whole.join(stated.filter(pl.col(Notice.PRINCIPAL_YEN) > 0), on=ASSESSMENT_KEY)
    covers = pl.concat([covers, stated_covers.select(RECORD_NO, *CLAIM_KEY, owed)])
    sums = covers.group_by(RECORD_NO).agg(pl.col(NoticeClaim.COVER_YEN).sum().alias("covered_yen"))
    divided = pl.concat(
        [whole.join(parts, on=ASSESSMENT_KEY, how="semi"), stated_whole.join(stated, on=ASSESSMENT_KEY, how="semi")]
    ).select(RECORD_NO, is_divided=True)
    for frame in (sums, divided):
        sieve.rows = sieve.rows.join(frame, on=RECORD_NO, how="left", validate="1:1", maintain_order="left")
    amount_yen, covered_yen = pl.col(Notice.AMOUNT_YEN), pl.col("covered_yen")
    sieve.refuse(
        Code.WHOLE_YEAR_SUM,
        "全期の額",
        covered_yen.is_not_null() & (amount_yen != covered_yen),
        amount_yen,
        covered_yen,
    )
    wanted = pl.lit("発行日までに発行され、取り消されていない各期の納付書")
    sieve.refuse(Code.WHOLE_YEAR_SUM, "期別", pl.col("is_divided") & covered_yen.is_null(), pl.lit("全期だけ"), wanted)
    sieve.rows = sieve.rows.drop("covered_yen", "is_divided")
    return covers.join(sieve.rows.select(RECORD_NO), on=RECORD_NO, how="semi", maintain_order="left")
