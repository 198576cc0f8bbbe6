"""Serials (案件特定キーの連番) in files that were handed over: they are never used again."""

import polars as pl

from elqr.issue.keys import KeyRule

_TITLE = "納付番号"


def last_serial(upload: bytes, rule: KeyRule) -> int:
    """最後の連番: the last serial among the keys in a 納付書情報 file that follow this rule; 0 if there are none."""
    try:
        keys = pl.read_csv(upload, infer_schema=False, columns=[_TITLE])[_TITLE].drop_nulls()
    except (pl.exceptions.PolarsError, UnicodeDecodeError):
        return 0
    shape = f"^{rule.prefix}[0-9]{{4}}{rule.key_class}[0-9]{{{rule.serial_digits}}}$"
    serials = keys.filter(keys.str.contains(shape)).str.slice(-rule.serial_digits).cast(pl.Int64)
    return int(serials.max() or 0)  # type: ignore[arg-type]
