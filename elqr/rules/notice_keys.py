"""Notice keys (納付書の照会キー): the keys of the rows of a notice file, and rows whose key is another notice's."""

import polars as pl

from elqr.formats.sequence import RECORD_NO
from elqr.rules.joint_notices import BARCODE_PARTS, JOINT_NO
from elqr.rules.row_checks import CLAIM_KEY, Sieve
from elqr.vocabulary.claim_terms import NoticeKind
from elqr.vocabulary.codes import Code
from elqr.vocabulary.frames import Notice, NoticeKey
from elqr.vocabulary.terms import KeyKind

_HALF_IS_IN = (
    "未使用のキー。同じ一枚なら、分納の納付書の一行だけが台帳にあります。"
    "その行を取り消し、すべての行を新しい発行連番とキーで、一つのファイルで送る"
)
"""Wanted of a row of a 分納 notice that came in without it: what is printed asks more than the ledger knows."""


def key_rows(rows: pl.DataFrame) -> pl.DataFrame:
    """照会キー of each row: record_no, key_kind, key_digits, reissue_no.

    The numbers of a debit or a deduction name the claim, so a notice that asks for a part of it does not have them.
    """
    is_whole = pl.col(Notice.PART_KIND).is_null()
    digits = pl.concat_str(BARCODE_PARTS)
    kinds = {
        KeyKind.ELQR: (pl.col(Notice.KEY_NO), pl.lit("")),
        KeyKind.BARCODE: (digits, pl.col("barcode.reissue_no")),
        KeyKind.CUSTOMER: (pl.when(is_whole).then(Notice.CUSTOMER_NO), pl.lit("")),
        KeyKind.PENSION: (pl.when(is_whole).then(Notice.PENSION_NO), pl.lit("")),
    }
    parts = [
        rows.select(
            RECORD_NO,
            pl.lit(kind.value).alias(NoticeKey.KEY_KIND),
            key.alias(NoticeKey.KEY_DIGITS),
            reissue.fill_null("").alias(NoticeKey.REISSUE_NO),
        ).filter(pl.col(NoticeKey.KEY_DIGITS).is_not_null())
        for kind, (key, reissue) in kinds.items()
    ]
    return pl.concat(parts)


def refuse_taken_keys(sieve: Sieve, owners: pl.DataFrame) -> None:
    """照会キーの重なり: a key names one claim only, in the ledger and in the file.

    An eL-QR key names one notice only, and so does any key of a notice that asks for a part of its claim. Such a notice
    may have several rows, and is known by the first of them.
    """
    key = [NoticeKey.KEY_KIND, NoticeKey.KEY_DIGITS]
    identity = pl.format("手続{} 賦課年度{} 相当年度{} 通知書番号{} 期別{}", *CLAIM_KEY)
    notice = pl.format("{} 発行連番{}", identity, Notice.ISSUE_NO)
    is_of_notice = (pl.col(NoticeKey.KEY_KIND) == KeyKind.ELQR.value) | pl.col(Notice.PART_KIND).is_not_null()
    is_plan = pl.col(Notice.PART_KIND).eq_missing(NoticeKind.INSTALMENT_PLAN.value)
    owner = pl.when(is_of_notice).then(notice).otherwise(identity).alias("owner")
    owned = owners.select(*key, owner, is_plan.alias("owner_is_plan")).unique(key, keep="first")
    issue = notice.first().over(JOINT_NO) if sieve.rows[JOINT_NO].is_duplicated().any() else notice
    identities = sieve.rows.select(RECORD_NO, Notice.PART_KIND, identity.alias("claim"), issue.alias("issue"))
    keys = key_rows(sieve.rows).join(identities, on=RECORD_NO, validate="m:1", maintain_order="left")
    keys = keys.with_columns(pl.when(is_of_notice).then("issue").otherwise("claim").alias("asker"))
    keys = keys.join(owned, on=key, how="left", validate="m:1", maintain_order="left").sort(RECORD_NO)
    keys = keys.with_columns(pl.coalesce("owner", pl.col("asker").first().over(key)).alias("owner"))
    taken = (
        keys.filter(pl.col("owner") != pl.col("asker"))
        .group_by(RECORD_NO, maintain_order=True)
        .agg(
            pl.col(NoticeKey.KEY_DIGITS).first().alias("taken_key"),
            pl.col("owner").first().alias("key_owner"),
            pl.col("owner_is_plan").first().fill_null(False),
        )
    )
    sieve.rows = sieve.rows.join(taken, on=RECORD_NO, how="left", validate="1:1", maintain_order="left")
    is_taken = pl.col("taken_key").is_not_null()
    sieve.refuse(
        Code.KEY_TAKEN,
        "照会キー",
        is_taken,
        pl.format("{}は「{}」のキー", "taken_key", "key_owner"),
        pl.when(is_plan & pl.col("owner_is_plan")).then(pl.lit(_HALF_IS_IN)).otherwise(pl.lit("未使用のキー")),
    )
    sieve.rows = sieve.rows.drop("taken_key", "key_owner", "owner_is_plan")
