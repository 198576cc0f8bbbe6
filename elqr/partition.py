"""Partition (分割): a night's payments divided so that no part can influence another.

What decides on a payment are records of the same identity, the slips of its key, and whatever else is paid on the
claims of those slips. Payments that share one of these, directly or through others, form a group; groups are
whole in one part. So the parts may be matched anywhere, at any time, and together they say what the whole says.

`groups` and `parts` see the whole night. Where no machine does, each piece of it puts its payments into buckets by
itself, and what meets over the borders of the pieces (`meetings`) says which buckets belong together (`roots`).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import polars as pl

from elqr.frames import Candidate, Known, OpenClaim, Payment
from elqr.matching import Matched, match

BUCKET, ROOT = "bucket", "root"
PLACE = "place"
_GROUP = "group_no"
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
        payments.select(Payment.PAYMENT_NO, pl.struct(Payment.IDENTITY).hash(0).alias(PLACE)),
        keys.select(Payment.PAYMENT_NO, pl.struct(*_KEY).hash(1).alias(PLACE)),
        on_claims.select(Payment.PAYMENT_NO, pl.struct(OpenClaim.CLAIM_NO).hash(2).alias(PLACE)).unique(),
    )
    return _grouped(pl.concat(shared), Payment.PAYMENT_NO)


def _grouped(links: pl.DataFrame, member: str) -> pl.DataFrame:
    """Members that meet in a place, directly or through others, with the smallest of them as their group_no."""
    found = links.select(member, pl.col(member).alias(_GROUP)).unique().sort(member)
    while True:  # as often as the longest chain from claim to claim: 全期 and 期別 of one bill take two or three
        least = links.join(found, on=member).with_columns(pl.col(_GROUP).min().over(PLACE))
        smaller = least.group_by(member).agg(pl.col(_GROUP).min()).sort(member)
        if smaller.equals(found):
            return smaller
        found = smaller


def parts(
    count: int, payments: pl.DataFrame, known: pl.DataFrame, candidates: pl.DataFrame, claims: pl.DataFrame
) -> Iterator[Part]:
    """分ける: into at most `count` parts, each of whole groups, with what `match` needs to know of them."""
    found = groups(payments, candidates, claims).with_columns((pl.col(_GROUP).hash(3) % count).alias("part_no"))
    rows = payments.join(found, on=Payment.PAYMENT_NO, maintain_order="left")
    for own in rows.partition_by("part_no", maintain_order=True):
        yield _part(own.drop(_GROUP, "part_no"), known, candidates, claims)


def slices(
    most: int, payments: pl.DataFrame, known: pl.DataFrame, candidates: pl.DataFrame, claims: pl.DataFrame
) -> Iterator[Part]:
    """少しずつ: at most so many payments at a time, so that a large night takes no more memory to match than they do.

    Payments that may share something with others are one part, of whatever size: of a night they are few.
    """
    if payments.height <= most:
        yield Part(payments, known, candidates, claims)
        return
    is_shared = _may_share(payments, candidates, claims)
    yield _part(payments.filter(is_shared), known, candidates, claims)
    for start in range(0, payments.height, most):
        own = payments.slice(start, most).filter(~is_shared.slice(start, most))
        yield _part(own, known, candidates, claims)


def _may_share(payments: pl.DataFrame, candidates: pl.DataFrame, claims: pl.DataFrame) -> pl.Series:
    """ほかと関わりうる収納: its identity or key is met again, or its slip or a claim of it by another key.

    Told by hashes: two that are the same by chance are matched together, which changes nothing.
    """
    on_shared_claims = claims[OpenClaim.NOTICE_NO].filter(_met_again(claims[OpenClaim.CLAIM_NO]))
    slips = candidates[Candidate.NOTICE_NO]
    is_shared = _met_again(slips) | slips.is_in(on_shared_claims.implode())
    key = pl.struct(*_KEY).hash(1)
    keys, shared_keys = (rows.select(key).to_series() for rows in (payments, candidates.filter(is_shared)))
    identities = payments.select(pl.struct(Payment.IDENTITY).hash(0)).to_series()
    return _met_again(identities) | _met_again(keys) | keys.is_in(shared_keys.implode())


def _met_again(values: pl.Series) -> pl.Series:
    """二度あるか: whether a value stands in another row too. Few do, so what is kept in mind is little."""
    return values.is_in(values.filter(~values.is_first_distinct()).implode())


def _part(own: pl.DataFrame, known: pl.DataFrame, candidates: pl.DataFrame, claims: pl.DataFrame) -> Part:
    """Some payments with what is known of them."""
    asked = candidates.join(own.select(*_KEY).unique(), on=_KEY, how="semi", maintain_order="left")
    return Part(
        own,
        known.join(own, on=Known.IDENTITY, how="semi", maintain_order="left"),
        asked,
        claims.join(asked, on=OpenClaim.NOTICE_NO, how="semi", maintain_order="left"),
    )


def together(found: list[Matched]) -> Matched:
    """合わせる: what the parts said, in the order of the payments' numbers. Empties the list as it goes."""
    decisions, allocations = [own.decisions for own in found], [own.allocations for own in found]
    found.clear()
    decided = pl.concat(decisions).sort(Payment.PAYMENT_NO)
    decisions.clear()
    return Matched(decided, pl.concat(allocations).sort(Payment.PAYMENT_NO, OpenClaim.CLAIM_NO))


def with_bucket(payments: pl.DataFrame, covers: pl.DataFrame) -> pl.DataFrame:
    """籠のある収納: `bucket`, one for a key, and for a claim unless the slips behind the keys pay others too.

    `covers` has the claims behind the keys: key_kind, key_digits, claim_no.
    """
    least = covers.group_by(_KEY).agg(pl.col(OpenClaim.CLAIM_NO).min())
    is_known = pl.col(OpenClaim.CLAIM_NO).is_not_null()
    bucket = pl.when(is_known).then(pl.struct(OpenClaim.CLAIM_NO).hash(2)).otherwise(pl.struct(*_KEY).hash(1))
    rows = payments.join(least, on=_KEY, how="left", validate="m:1", maintain_order="left")
    return rows.with_columns(bucket.alias(BUCKET)).drop(OpenClaim.CLAIM_NO)


def meetings(bucketed: pl.DataFrame, covers: pl.DataFrame) -> pl.DataFrame:
    """出会い: each place where payments meet, an identity or a claim, with the buckets that they come from."""
    claims = bucketed.select(*_KEY, BUCKET).unique().join(covers, on=_KEY)
    places = (
        bucketed.select(pl.struct(Payment.IDENTITY).hash(0).alias(PLACE), BUCKET),
        claims.select(pl.struct(OpenClaim.CLAIM_NO).hash(2).alias(PLACE), BUCKET),
    )
    return pl.concat(places).unique()


def part_of(column: str, count: int) -> pl.Expr:
    """部分の番号 of a place or a bucket."""
    return (pl.col(column) % count).cast(pl.Int64)


def across(found: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """籠をまたぐ出会い: of all meetings in some places, those with more than one bucket."""
    none = pl.DataFrame(schema={PLACE: pl.UInt64, BUCKET: pl.UInt64})
    return pl.concat([none, *found]).unique().filter(pl.len().over(PLACE) > 1)


def roots(strays: pl.DataFrame) -> pl.DataFrame:
    """籠の合わせ方: bucket and `root`, of the buckets that meetings across them join."""
    return _grouped(strays, BUCKET).rename({_GROUP: ROOT})


def rooted(bucketed: pl.DataFrame, joined: pl.DataFrame) -> pl.DataFrame:
    """合わせた籠: the rows with their bucket replaced where it is joined with others."""
    rows = bucketed.join(joined, on=BUCKET, how="left", validate="m:1", maintain_order="left")
    return rows.with_columns(pl.coalesce(ROOT, BUCKET).alias(BUCKET)).drop(ROOT)
