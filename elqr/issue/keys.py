"""案件特定キー and 確認番号: how a city composes the two numbers that identify a notice.

The key is prefix + 賦課年度 + class + serial, 20 digits; the serial comes from the ledger and never repeats.
The 確認番号 is six digits of HMAC-SHA256 over the key with the city's secret, so it cannot be guessed from the
key, and issuing the same notice again gives the same number. The real rule for 確認番号 is not published; this
one is ours.
"""

import hashlib
import hmac
from dataclasses import dataclass

import polars as pl

from elqr.vocabulary.frames import Payload

KEY_DIGITS = 20
YEAR_DIGITS = 4


@dataclass(frozen=True, slots=True)
class KeyRule:
    """案件特定キーの構成: prefix, (賦課年度), class, serial of `serial_digits`; 20 digits in all."""

    prefix: str
    key_class: str
    serial_digits: int

    @property
    def length(self) -> int:
        """How many digits a key of this rule has; must be 20."""
        return len(self.prefix) + YEAR_DIGITS + len(self.key_class) + self.serial_digits

    def compose_column(self, levy_year: pl.Series, serial: pl.Series) -> pl.Series:
        """案件特定キー for each row, as 20-digit strings. Asserts that every serial fits its digits."""
        assert self.length == KEY_DIGITS, "the job file's validation refuses other lengths"
        assert serial.is_empty() or int(serial.max()) < 10**self.serial_digits, "the serial has outgrown its digits"  # type: ignore[arg-type]
        parts = pl.DataFrame({"year": levy_year, "serial": serial})
        return parts.select(
            pl.concat_str(
                pl.lit(self.prefix),
                pl.col("year").cast(pl.String).str.zfill(YEAR_DIGITS),
                pl.lit(self.key_class),
                pl.col("serial").cast(pl.String).str.zfill(self.serial_digits),
            ).alias(Payload.KEY_NO)
        ).to_series()


def check_no_column(key_no: pl.Series, secret: bytes) -> pl.Series:
    """確認番号 for each key, six digits.

    A keyed hash has no column form, so each key is hashed on its own. Copying the keyed state keeps that at about
    two microseconds a key.
    """
    keyed = hmac.new(secret, digestmod=hashlib.sha256)

    def digits_of(key: str) -> str:
        state = keyed.copy()
        state.update(key.encode("ascii"))
        return f"{int.from_bytes(state.digest()[:8], 'big') % 1_000_000:06d}"

    return pl.Series("check_no", [digits_of(key) for key in key_no], dtype=pl.String)
