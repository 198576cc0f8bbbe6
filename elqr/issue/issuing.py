"""Issuing (発行): notices without a payload → 案件特定キー, 確認番号 and the 255 digits, all as columns."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from elqr.issue.keys import KeyRule, check_no_column
from elqr.issue.payload import encode_frame
from elqr.vocabulary.frames import Notice, Payload


@dataclass(frozen=True, slots=True)
class Codes:
    """機関コード: 共通納税機関コード, 税務事務所コード, and 納付区分 by procedure."""

    office_code: str
    tax_office_code: str
    item_no: Mapping[str, str]


def with_keys(notices: pl.DataFrame, rule: KeyRule, first_serial: int, secret: bytes) -> pl.DataFrame:
    """採番: notices without a key get one, the others keep theirs; `is_composed` tells which."""
    keyed = notices.filter(pl.col(Notice.KEY_NO).is_not_null()).with_columns(pl.lit(False).alias("is_composed"))
    unkeyed = notices.filter(pl.col(Notice.KEY_NO).is_null())
    serials = pl.select(pl.int_range(first_serial, first_serial + unkeyed.height, dtype=pl.Int64)).to_series()
    keys = rule.compose_column(unkeyed[Notice.LEVY_YEAR], serials)
    composed = unkeyed.with_columns(keys.alias(Notice.KEY_NO), check_no_column(keys, secret).alias(Notice.CHECK_NO))
    return pl.concat([keyed, composed.with_columns(pl.lit(True).alias("is_composed"))]).sort(Notice.NOTICE_NO)


def payloads(keyed: pl.DataFrame, codes: Codes) -> pl.DataFrame:
    """255桁: notices with keys → frame Payload (without upload_no); the upload needs the notice's columns too."""
    rows = keyed.with_columns(
        pl.col(Notice.PROCEDURE_CODE)
        .replace_strict(dict(codes.item_no), return_dtype=pl.String)
        .alias(Payload.ITEM_NO),
        pl.lit(codes.office_code).alias(Payload.OFFICE_CODE),
        pl.lit(codes.tax_office_code).alias(Payload.TAX_OFFICE_CODE),
    )
    return rows.with_columns(encode_frame(rows).alias(Payload.DIGITS))
