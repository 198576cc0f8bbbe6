"""Joint notices (複数の調定の納付書): rows of a notice file that are one 分納 notice, one for each claim that it pays.

Each row passes all checks by itself and says what the notice asks of its claim. The rows are one notice because they
bear the same 案件特定キー or, without one, the same bar code. They become one when they are numbered. Half a notice
never comes in: where a row is refused, so are the others.
"""

from collections.abc import Mapping, Sequence

import polars as pl

from elqr.formats.decode import Decoded
from elqr.formats.sequence import RECORD_NO
from elqr.rules.row_checks import CLAIM_KEY, Sieve
from elqr.vocabulary.claim_frames import ClaimEntry
from elqr.vocabulary.claim_terms import NoticeKind
from elqr.vocabulary.codes import Code
from elqr.vocabulary.findings import MASKED
from elqr.vocabulary.frames import Notice, join_beside
from elqr.vocabulary.notice_frames import CANCEL, NOTICE_KIND, RefusedRow

JOINT_NO, JOINT_YEN = RefusedRow.JOINT_NO, "joint_yen"
"""一枚の番号 of a row: the record_no of the first row of its notice; and the yen that these rows ask together."""

BARCODE_PARTS = ("barcode.issuer", "barcode.company", "barcode.city_no")
"""バーコードのキー: the parts of a bar code that name its notice."""

_OF_NOTICE = (
    Notice.PROCEDURE_CODE, Notice.PAYABLE_UNTIL_ON, Notice.ISSUED_ON, Notice.PAYER_REF, *Notice.PERSONAL,
    Notice.KEY_NO, Notice.CHECK_NO, Notice.BARCODE, Notice.BARCODE_UNTIL_ON, Notice.MPN_UNTIL_ON, NOTICE_KIND,
)  # fmt: skip
"""What stands on the paper once, so that all its rows say the same."""

_KEY = "^[0-9]{20}$"
"""案件特定キー. One that is not, is kept as it was read."""

_OF_PAPER = (Notice.PROCEDURE_CODE, Notice.PAYER_REF, Notice.ISSUED_ON, Notice.PAYABLE_UNTIL_ON)
"""What tells the papers of a plan apart, where their keys do not."""

_DIFFERING, _IS_TWICE, _ROW_NOS, _LACKING_NOS = "differing", "is_twice", "row_nos", "lacking_nos"


def joint_rows(rows: pl.DataFrame, flawed: set[int]) -> pl.DataFrame:
    """一枚の行: record_no and `JOINT_NO` of the rows of a notice file that share their notice with another row.

    `rows` are all rows as read. One that is `flawed`, or does not say 分納, counts as well where it bears the same key.
    """
    is_plan = _is_plan()
    issued = rows.filter(pl.col(RefusedRow.CHANGE_KIND).ne_missing(CANCEL))
    plans = issued.filter(is_plan if NOTICE_KIND in rows.columns else False)
    if plans.is_empty():
        return pl.DataFrame(schema={RECORD_NO: pl.Int64, JOINT_NO: pl.Int64})
    code_parts = pl.concat_str(BARCODE_PARTS)
    bears_key = pl.col(Notice.KEY_NO).is_in(plans[Notice.KEY_NO].implode())
    bears_code = code_parts.is_in(plans.select(code_parts).to_series().implode())
    may_be = is_plan | bears_key | bears_code | pl.col(RECORD_NO).is_in(list(flawed))
    asking = issued.filter(may_be.fill_null(False)).select(
        RECORD_NO,
        pl.col(RECORD_NO).alias(JOINT_NO),
        pl.col(Notice.KEY_NO),
        code_parts.alias(Notice.BARCODE),
        is_plan.alias(NOTICE_KIND),
    )
    key, code, first_no = pl.col(Notice.KEY_NO), pl.col(Notice.BARCODE), pl.col(JOINT_NO).min()
    by_code = code.is_not_null() & key.is_null().any().over(Notice.BARCODE)
    of_key, of_code = (key.is_not_null(), first_no.over(Notice.KEY_NO)), (by_code, first_no.over(Notice.BARCODE))
    for is_shared, number in (of_key, of_code, of_key):  # a row may share its code with one of several of a key
        asking = asking.with_columns(pl.when(is_shared).then(number).otherwise(JOINT_NO).alias(JOINT_NO))
    has_plan = pl.col(NOTICE_KIND).any().over(JOINT_NO)
    return asking.filter((pl.len().over(JOINT_NO) > 1) & has_plan).select(RECORD_NO, JOINT_NO)


def file_rows(decoded: Decoded, joint: pl.DataFrame) -> pl.DataFrame:
    """行の内容 of a notice file, as read: frame RefusedRow. `joint` is as `joint_rows` returns it."""
    return RefusedRow.of(join_beside(decoded.tables["notice"], joint, [RECORD_NO]))


def mark_joint(rows: pl.DataFrame, joint: pl.DataFrame) -> pl.DataFrame:
    """一枚の印を付ける: `JOINT_NO` and `JOINT_YEN` of each row. `joint` is as `joint_rows` returns it.

    The yen are null where nothing can be compared with them: of a notice with a row that could not be read, and of a
    取消, because one row may take back a notice of several, whether it says 分納 or not.
    """
    is_cancel = pl.col(RefusedRow.CHANGE_KIND) == CANCEL
    own_yen = pl.when(~is_cancel).then(Notice.AMOUNT_YEN)
    if joint.is_empty():
        return rows.with_columns(pl.col(RECORD_NO).alias(JOINT_NO), own_yen.alias(JOINT_YEN))
    asked = joint.join(rows.select(RECORD_NO, Notice.AMOUNT_YEN), on=RECORD_NO, how="left", validate="1:1")
    yen, is_read = pl.col(Notice.AMOUNT_YEN), pl.col(Notice.AMOUNT_YEN).is_not_null().all()
    sums = asked.group_by(JOINT_NO).agg(pl.when(is_read).then(yen.sum()).alias(JOINT_YEN))
    marked = rows.join(joint, on=RECORD_NO, how="left", validate="1:1", maintain_order="left")
    marked = marked.join(sums, on=JOINT_NO, how="left", validate="m:1", maintain_order="left")
    return marked.with_columns(
        pl.coalesce(JOINT_NO, RECORD_NO).alias(JOINT_NO),
        pl.when(pl.col(JOINT_NO).is_null()).then(own_yen).otherwise(JOINT_YEN).alias(JOINT_YEN),
    )


def refuse_differing(sieve: Sieve, titles: Mapping[str, str]) -> None:
    """合わない行を断る: rows of one notice that do not say the same of it, or that name a claim twice."""
    rows = sieve.rows.filter(pl.col(JOINT_NO).is_duplicated())
    if rows.is_empty():
        return
    parts = [
        pl.when(pl.col(name).n_unique().over(JOINT_NO) > 1).then(
            pl.format("{} {}", pl.lit(titles[name]), pl.lit(MASKED) if name in Notice.PERSONAL else _text(name))
        )
        for name in _OF_NOTICE
        if name in titles
    ]
    differing = rows.select(
        RECORD_NO,
        pl.concat_str(parts, separator="、", ignore_nulls=True).alias(_DIFFERING),
        (pl.struct(CLAIM_KEY).n_unique().over(JOINT_NO) < pl.len().over(JOINT_NO)).alias(_IS_TWICE),
        pl.col(RECORD_NO).cast(pl.String).str.join("・").over(JOINT_NO).alias(_ROW_NOS),
    )
    sieve.rows = sieve.rows.join(differing, on=RECORD_NO, how="left", validate="1:1", maintain_order="left")
    same = pl.format("一枚の納付書なので、{}件目が同じ値", _ROW_NOS)
    sieve.refuse(Code.JOINT_ROWS_DIFFER, "納付番号", pl.col(_DIFFERING) != "", pl.col(_DIFFERING), same)
    bill = pl.format("通知書番号 {} {}期", Notice.BILL_NO, Notice.INSTALLMENT_NO)
    sieve.refuse(Code.JOINT_ROWS_DIFFER, "通知書番号", pl.col(_IS_TWICE), bill, pl.lit("一枚の納付書に調定ごとに一行"))
    sieve.rows = sieve.rows.drop(_DIFFERING, _IS_TWICE, _ROW_NOS)


def _text(name: str) -> pl.Expr:
    return pl.col(name).cast(pl.String).fill_null("空欄")


def refuse_beside_unnamed(sieve: Sieve, rows: pl.DataFrame, unread: set[int]) -> None:
    """キーの読めない行のある納付書を断る: 分納 rows to the payer, and of the days, of a row whose key is unreadable.

    That row may be half of any of their notices, even once it was given up. `rows` are all rows as read, `unread` has
    the record_no of those with something unreadable in them.
    """
    if NOTICE_KIND not in rows.columns:
        return
    is_named = pl.col(Notice.KEY_NO).str.contains(_KEY).fill_null(False) | pl.concat_str(BARCODE_PARTS).is_not_null()
    is_unnamed = _is_plan() & ~is_named & pl.col(RECORD_NO).is_in(list(sieve.flawed | unread))
    unnamed = rows.filter(is_unnamed).drop_nulls(_OF_PAPER)
    words = "{}件目がこの一枚の行かもしれない", "すべての行のキーが読める"
    _refuse_beside(sieve, unnamed, _OF_PAPER, words, _is_plan())


def _is_plan() -> pl.Expr:
    return pl.col(NOTICE_KIND).eq_missing(NoticeKind.INSTALMENT_PLAN.value)


def refuse_halves(sieve: Sieve, joint: pl.DataFrame, ended: set[int]) -> None:
    """半分の納付書を断る: the rows that share their notice with a row that is refused, or `ended` before it came in.

    `joint` is as `joint_rows` returns it.
    """
    if joint.is_empty():
        return
    lacking = joint.filter(pl.col(RECORD_NO).is_in(list(sieve.flawed | ended)))
    _refuse_beside(sieve, lacking, [JOINT_NO], ("{}件目が入らない", "一枚のすべての行がそろう"))


def _refuse_beside(
    sieve: Sieve, lacking: pl.DataFrame, same: Sequence[str], words: tuple[str, str], is_one: pl.Expr | bool = True
) -> None:
    """隣の行を断る: rows that agree in the columns `same` with a lacking row. `words`: what is found, and wanted."""
    actual, wanted = words
    numbers = lacking.group_by(same).agg(pl.col(RECORD_NO).cast(pl.String).str.join("・").alias(_LACKING_NOS))
    sieve.rows = sieve.rows.join(numbers, on=same, how="left", validate="m:1", maintain_order="left")
    is_half = pl.col(_LACKING_NOS).is_not_null() & is_one
    sieve.refuse(Code.JOINT_ROW_REFUSED, "納付番号", is_half, pl.format(actual, _LACKING_NOS), pl.lit(wanted))
    sieve.rows = sieve.rows.drop(_LACKING_NOS)


def is_line(rows: pl.DataFrame) -> pl.Series:
    """複数の調定の納付書の行か, of numbered rows (column notice_no)."""
    return rows[Notice.NOTICE_NO].is_duplicated()


def collapse_rows(rows: pl.DataFrame) -> pl.DataFrame:
    """一枚にする: numbered rows in the order of their file → one for each notice, in the order of notice_no.

    It asks the sum of its rows. It has the earliest of their 納期限, because nobody should read a later one than a
    claim has, and otherwise what its first row says.
    """
    is_joint = is_line(rows)
    yen = pl.col(*ClaimEntry.ITEMS, Notice.AMOUNT_YEN).sum()
    other = pl.all().exclude(*ClaimEntry.ITEMS, Notice.AMOUNT_YEN, Notice.DUE_ON, Notice.NOTICE_NO).first()
    notices = rows.filter(is_joint).group_by(Notice.NOTICE_NO).agg(yen, pl.col(Notice.DUE_ON).min(), other)
    return pl.concat([rows.filter(~is_joint), notices.select(rows.columns)]).sort(Notice.NOTICE_NO)
