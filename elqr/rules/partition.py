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

from elqr.rules.matching import Matched, match
from elqr.vocabulary.frames import Candidate, OpenClaim, Payment, occurs_twice

BUCKET, ROOT = "bucket", "root"
PLACE = "place"
_GROUP, _PART = "group_no", "part_no"
_KEY = [Payment.KEY_KIND, Payment.KEY_DIGITS]
_SAME_IDENTITY, _SAME_KEY = pl.struct(Payment.IDENTITY).hash(0), pl.struct(*_KEY).hash(1)
"""Two that are the same by chance are matched together, which changes nothing."""


@dataclass(frozen=True, slots=True)
class Part:
    """一部分: the frames of `match`, of some groups of payments."""

    payments: pl.DataFrame
    known: pl.DataFrame
    candidates: pl.DataFrame
    claims: pl.DataFrame

    def matched(self) -> Matched:
        """消し込む: the part's payments matched by themselves."""
        return match(self.payments, self.known, self.candidates, self.claims)


def groups(payments: pl.DataFrame, candidates: pl.DataFrame, claims: pl.DataFrame) -> pl.DataFrame:
    """組: payment_no and group_no, the smallest number of the payments that can influence each other."""
    keys = payments.select(Payment.PAYMENT_NO, *_KEY)
    slips = candidates.select(*_KEY, Candidate.NOTICE_NO).unique()
    on_claims = keys.join(slips, on=_KEY).join(
        claims.select(OpenClaim.NOTICE_NO, OpenClaim.CLAIM_NO), on=OpenClaim.NOTICE_NO
    )
    shared = (
        payments.select(Payment.PAYMENT_NO, _SAME_IDENTITY.alias(PLACE)),
        keys.select(Payment.PAYMENT_NO, _SAME_KEY.alias(PLACE)),
        on_claims.select(Payment.PAYMENT_NO, pl.struct(OpenClaim.CLAIM_NO).hash(2).alias(PLACE)).unique(),
    )
    return _grouped(pl.concat(shared), Payment.PAYMENT_NO)


def _grouped(links: pl.DataFrame, member: str) -> pl.DataFrame:
    """Members that meet in a place, directly or through others, with the smallest of them as their group_no."""
    members = links.select(member, pl.col(member).alias(_GROUP)).unique().sort(member)
    while True:  # as often as the longest chain from claim to claim: 全期 and 期別 of one bill take two or three
        least = links.join(members, on=member).with_columns(pl.col(_GROUP).min().over(PLACE))
        smaller = least.group_by(member).agg(pl.col(_GROUP).min()).sort(member)
        if smaller.equals(members):
            return smaller
        members = smaller


def parts(
    count: int, payments: pl.DataFrame, known: pl.DataFrame, candidates: pl.DataFrame, claims: pl.DataFrame
) -> Iterator[Part]:
    """分ける: into at most `count` parts, each of whole groups, with what `match` needs to know of them."""
    part_no = (pl.col(_GROUP).hash(3) % count).alias(_PART)
    numbered = groups(payments, candidates, claims).select(Payment.PAYMENT_NO, part_no)
    rows = payments.select(Payment.PAYMENT_NO).join(numbered, on=Payment.PAYMENT_NO, maintain_order="left")
    return _split(rows[_PART], payments, known, candidates, claims)


def slices(
    most: int, payments: pl.DataFrame, known: pl.DataFrame, candidates: pl.DataFrame, claims: pl.DataFrame
) -> Iterator[Part]:
    """少しずつ: at most so many payments at a time, so that a large night takes no more memory to match than they do.

    Payments that may share something with others are one part, of whatever size: of a night they are few.
    """
    if payments.height <= most:
        return iter([Part(payments, known, candidates, claims)])
    is_shared = _may_share(payments, candidates, claims)
    in_order = pl.int_range(payments.height) // most + 1
    part_no = pl.select(pl.when(is_shared).then(0).otherwise(in_order)).to_series()
    return _split(part_no, payments, known, candidates, claims)


def _split(
    part_no: pl.Series, payments: pl.DataFrame, known: pl.DataFrame, candidates: pl.DataFrame, claims: pl.DataFrame
) -> Iterator[Part]:
    """番号で分ける: the payments of each number, with what is known of them.

    All payments of an identity, and all of a key, have the same number; so have the keys of a slip with claims.
    """
    places = payments.select(_SAME_IDENTITY, _SAME_KEY.alias("key")).with_columns(part_no.alias(_PART))
    of_known = _number_of(known.select(_SAME_IDENTITY), places.select(Payment.IDENTITY, _PART))
    of_candidates = _number_of(candidates.select(_SAME_KEY.alias("key")), places.select("key", _PART))
    slips = candidates.select(Candidate.NOTICE_NO).with_columns(of_candidates)
    of_claims = _number_of(claims.select(OpenClaim.NOTICE_NO), slips)
    for number in part_no.unique().sort():
        yield Part(
            payments.filter(part_no == number),
            known.filter(of_known == number),
            candidates.filter(of_candidates == number),
            claims.filter(of_claims == number),
        )


def _number_of(rows: pl.DataFrame, numbered: pl.DataFrame) -> pl.Series:
    """部分の番号 of each row, by the one column that both have."""
    (name,) = rows.columns
    return rows.join(numbered.unique(name), on=name, how="left", maintain_order="left")[_PART]


def _may_share(payments: pl.DataFrame, candidates: pl.DataFrame, claims: pl.DataFrame) -> pl.Series:
    """ほかと関わりうる収納: its identity or key is met again, or its slip or a claim of it by another key."""
    on_shared_claims = claims[OpenClaim.NOTICE_NO].filter(occurs_twice(claims[OpenClaim.CLAIM_NO]))
    slips = candidates[Candidate.NOTICE_NO]
    is_shared = occurs_twice(slips) | slips.is_in(on_shared_claims.implode())
    keys, shared_keys = (rows.select(_SAME_KEY).to_series() for rows in (payments, candidates.filter(is_shared)))
    identities = payments.select(_SAME_IDENTITY).to_series()
    return occurs_twice(identities) | occurs_twice(keys) | keys.is_in(shared_keys.implode())


def join_parts(parts: list[Matched]) -> Matched:
    """合わせる: what the parts said, in the order of the payments' numbers. Empties the list as it goes."""
    decisions, allocations = [part.decisions for part in parts], [part.allocations for part in parts]
    known_as = [part.known_as for part in parts]
    parts.clear()
    return Matched(
        _in_order(decisions, Payment.PAYMENT_NO),
        _in_order(allocations, Payment.PAYMENT_NO, OpenClaim.CLAIM_NO),
        _in_order(known_as, Payment.PAYMENT_NO),
    )


def _in_order(pieces: list[pl.DataFrame], *by: str) -> pl.DataFrame:
    """並べる. Gathered from where the pieces are: to sort them puts them together first, and takes them twice."""
    whole = pl.concat(pieces)
    pieces.clear()
    return whole.select(pl.all().gather(whole.select(pl.arg_sort_by(*by)).to_series()))


def with_bucket(payments: pl.DataFrame, covers: pl.DataFrame) -> pl.DataFrame:
    """籠のある収納: `bucket`, one for a key, and for a claim unless the slips behind the keys pay others too.

    `covers` has the claims behind the keys: key_kind, key_digits, claim_no.
    """
    least = covers.group_by(_KEY).agg(pl.col(OpenClaim.CLAIM_NO).min())
    is_known = pl.col(OpenClaim.CLAIM_NO).is_not_null()
    bucket = pl.when(is_known).then(pl.struct(OpenClaim.CLAIM_NO).hash(2)).otherwise(_SAME_KEY)
    rows = payments.join(least, on=_KEY, how="left", validate="m:1", maintain_order="left")
    return rows.with_columns(bucket.alias(BUCKET)).drop(OpenClaim.CLAIM_NO)


def meetings(bucketed: pl.DataFrame, covers: pl.DataFrame) -> pl.DataFrame:
    """出会い: each place where payments meet, an identity or a claim, with the buckets that they come from."""
    claims = bucketed.select(*_KEY, BUCKET).unique().join(covers, on=_KEY)
    places = (
        bucketed.select(_SAME_IDENTITY.alias(PLACE), BUCKET),
        claims.select(pl.struct(OpenClaim.CLAIM_NO).hash(2).alias(PLACE), BUCKET),
    )
    return pl.concat(places).unique()


def part_of(column: str, count: int) -> pl.Expr:
    """部分の番号 of a place or a bucket."""
    return (pl.col(column) % count).cast(pl.Int64)


def strays_of(parts: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """籠をまたぐ出会い: of all meetings in some places, those with more than one bucket."""
    none = pl.DataFrame(schema={PLACE: pl.UInt64, BUCKET: pl.UInt64})
    return pl.concat([none, *parts]).unique().filter(pl.len().over(PLACE) > 1)


def roots(strays: pl.DataFrame) -> pl.DataFrame:
    """籠の合わせ方: bucket and `root`, of the buckets that meetings across them join."""
    return _grouped(strays, BUCKET).rename({_GROUP: ROOT})


def join_buckets(bucketed: pl.DataFrame, joined: pl.DataFrame) -> pl.DataFrame:
    """合わせた籠: the rows with their bucket replaced where it is joined with others."""
    rows = bucketed.join(joined, on=BUCKET, how="left", validate="m:1", maintain_order="left")
    return rows.with_columns(pl.coalesce(ROOT, BUCKET).alias(BUCKET)).drop(ROOT)
