"""Partition (分割): a night's payments divided so that no part can influence another.

What decides on a payment are records of the same identity, the slips of its key, and whatever else is paid on the
claims of those slips. Payments that share one of these, directly or through others, form a group; groups are
whole in one part. So the parts may be matched anywhere, at any time, and together they say what the whole says.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from elqr.frames import Candidate, Known, OpenClaim, Payment
from elqr.matching import Matched, match

_GROUP, _PLACE = "group_no", "place"
_KEY = [Payment.KEY_KIND, Payment.KEY_DIGITS]


@dataclass(frozen=True, slots=True)
class Part:
    """一部分: the frames of `match`, of some groups of payments."""

    payments: pl.DataFrame
    known: pl.DataFrame
    candidates: pl.DataFrame
    claims: pl.DataFrame

    def matched(self) -> Matched:
        """消し込む."""
        return match(self.payments, self.known, self.candidates, self.claims)


def groups(payments: pl.DataFrame, candidates: pl.DataFrame, claims: pl.DataFrame) -> pl.DataFrame:
    """組: payment_no and group_no, the smallest number of the payments that can influence each other."""
    keys = payments.select(Payment.PAYMENT_NO, *_KEY)
    slips = candidates.select(*_KEY, Candidate.NOTICE_NO).unique()
    on_claims = keys.join(slips, on=_KEY).join(claims.select(OpenClaim.NOTICE_NO, OpenClaim.CLAIM_NO), on="notice_no")
    shared = (
        payments.select(Payment.PAYMENT_NO, pl.struct(Payment.IDENTITY).hash(0).alias(_PLACE)),
        keys.select(Payment.PAYMENT_NO, pl.struct(*_KEY).hash(1).alias(_PLACE)),
        on_claims.select(Payment.PAYMENT_NO, pl.struct(OpenClaim.CLAIM_NO).hash(2).alias(_PLACE)).unique(),
    )
    links = pl.concat(shared)
    found = payments.select(Payment.PAYMENT_NO, pl.col(Payment.PAYMENT_NO).alias(_GROUP))
    while True:  # as often as the longest chain from claim to claim: 全期 and 期別 of one bill take two or three
        least = links.join(found, on=Payment.PAYMENT_NO).with_columns(pl.col(_GROUP).min().over(_PLACE))
        smaller = least.group_by(Payment.PAYMENT_NO).agg(pl.col(_GROUP).min()).sort(Payment.PAYMENT_NO)
        if smaller.equals(found.sort(Payment.PAYMENT_NO)):
            return smaller
        found = smaller


def parts(
    count: int, payments: pl.DataFrame, known: pl.DataFrame, candidates: pl.DataFrame, claims: pl.DataFrame
) -> Iterator[Part]:
    """分ける: into at most `count` parts, each of whole groups, with what `match` needs to know of them."""
    found = groups(payments, candidates, claims).with_columns((pl.col(_GROUP).hash(3) % count).alias("part_no"))
    rows = payments.join(found, on=Payment.PAYMENT_NO, maintain_order="left")
    for own in rows.partition_by("part_no", maintain_order=True):
        asked = candidates.join(own.select(*_KEY).unique(), on=_KEY, how="semi", maintain_order="left")
        yield Part(
            own.drop(_GROUP, "part_no"),
            known.join(own, on=Known.IDENTITY, how="semi", maintain_order="left"),
            asked,
            claims.join(asked, on=OpenClaim.NOTICE_NO, how="semi", maintain_order="left"),
        )


def together(found: list[Matched]) -> Matched:
    """合わせる: what the parts said, in the order of the payments' numbers."""
    return Matched(
        pl.concat([own.decisions for own in found]).sort(Payment.PAYMENT_NO),
        pl.concat([own.allocations for own in found]).sort(Payment.PAYMENT_NO, OpenClaim.CLAIM_NO),
    )
