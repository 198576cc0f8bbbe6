"""Partition (分割): a night's payments divided so that no part can influence another.

The outcome of a payment depends on the records of the same identity, on the notices of its key, and on all other
payments on the claims of those notices. Payments that share one of these, directly or through others, form a group, and
a group is never divided. So the parts may be matched anywhere and at any time, with the same result as the whole night.

`groups` and `parts` see the whole night. Where no machine does, each machine puts its share of the payments into
buckets. The places where payments of different buckets meet (`meetings`) then say which buckets belong together
(`roots`).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import polars as pl

from elqr.rules.matching import Matched, match
from elqr.vocabulary.claim_frames import OpenClaim
from elqr.vocabulary.frames import Candidate, Payment, occurs_twice

BUCKET, ROOT = "bucket", "root"
PLACE = "place"
_GROUP, _PART = "group_no", "part_no"
_KEY = [Payment.KEY_KIND, Payment.KEY_DIGITS]
_SAME_IDENTITY, _SAME_KEY = pl.struct(Payment.IDENTITY).hash(0), pl.struct(*_KEY).hash(1)
"""Two different keys with the same hash are only matched together, which changes nothing."""


@dataclass(frozen=True, slots=True)
class Part:
    """一部分: the frames that `match` takes, for some groups of payments."""

    payments: pl.DataFrame
    known: pl.DataFrame
    candidates: pl.DataFrame
    claims: pl.DataFrame

    def matched(self) -> Matched:
        """消込の結果 of this part alone."""
        return match(self.payments, self.known, self.candidates, self.claims)


def groups(payments: pl.DataFrame, candidates: pl.DataFrame, claims: pl.DataFrame) -> pl.DataFrame:
    """組: payment_no and group_no, the smallest payment_no of those that can influence each other."""
    keys = payments.select(Payment.PAYMENT_NO, *_KEY)
    notices = candidates.select(*_KEY, Candidate.NOTICE_NO).unique()
    on_claims = keys.join(notices, on=_KEY).join(
        claims.select(OpenClaim.NOTICE_NO, OpenClaim.CLAIM_NO), on=OpenClaim.NOTICE_NO
    )
    shared = (
        payments.select(Payment.PAYMENT_NO, _SAME_IDENTITY.alias(PLACE)),
        keys.select(Payment.PAYMENT_NO, _SAME_KEY.alias(PLACE)),
        on_claims.select(Payment.PAYMENT_NO, pl.struct(OpenClaim.CLAIM_NO).hash(2).alias(PLACE)).unique(),
    )
    return _group(pl.concat(shared), Payment.PAYMENT_NO)


def _group(links: pl.DataFrame, member: str) -> pl.DataFrame:
    """組分け: members that meet in a place, directly or through others, with the smallest of them as group_no."""
    members = links.select(member, pl.col(member).alias(_GROUP)).unique().sort(member)
    while True:  # once per step of the longest chain of claims: 全期 and 期別 of one bill take two or three
        least = links.join(members, on=member).with_columns(pl.col(_GROUP).min().over(PLACE))
        smaller = least.group_by(member).agg(pl.col(_GROUP).min()).sort(member)
        if smaller.equals(members):
            return smaller
        members = smaller


def parts(
    count: int, payments: pl.DataFrame, known: pl.DataFrame, candidates: pl.DataFrame, claims: pl.DataFrame
) -> Iterator[Part]:
    """分ける: at most `count` parts of whole groups, each with the frames that `match` needs."""
    part_no = (pl.col(_GROUP).hash(3) % count).alias(_PART)
    numbered = groups(payments, candidates, claims).select(Payment.PAYMENT_NO, part_no)
    rows = payments.select(Payment.PAYMENT_NO).join(numbered, on=Payment.PAYMENT_NO, maintain_order="left")
    return _split(rows[_PART], payments, known, candidates, claims)


def slices(
    most: int, payments: pl.DataFrame, known: pl.DataFrame, candidates: pl.DataFrame, claims: pl.DataFrame
) -> Iterator[Part]:
    """少しずつ: parts of at most `most` payments, so that matching a large night takes no more memory than a part does.

    All payments that may share something with others form one part of any size. In a night they are few.
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
    """番号で分ける: a part for each number, with what is known of its payments.

    Payments of the same identity or key have the same number, and so have the keys of one notice with claims.
    """
    places = payments.select(_SAME_IDENTITY, _SAME_KEY.alias("key")).with_columns(part_no.alias(_PART))
    known_part = _part_numbers(known.select(_SAME_IDENTITY), places.select(Payment.IDENTITY, _PART))
    candidate_part = _part_numbers(candidates.select(_SAME_KEY.alias("key")), places.select("key", _PART))
    notices = candidates.select(Candidate.NOTICE_NO).with_columns(candidate_part)
    claim_part = _part_numbers(claims.select(OpenClaim.NOTICE_NO), notices)
    for number in part_no.unique().sort():
        yield Part(
            payments.filter(part_no == number),
            known.filter(known_part == number),
            candidates.filter(candidate_part == number),
            claims.filter(claim_part == number),
        )


def _part_numbers(rows: pl.DataFrame, numbered: pl.DataFrame) -> pl.Series:
    """部分の番号 of each row, by the one column that `rows` has."""
    (name,) = rows.columns
    return rows.join(numbered.unique(name), on=name, how="left", maintain_order="left")[_PART]


def _may_share(payments: pl.DataFrame, candidates: pl.DataFrame, claims: pl.DataFrame) -> pl.Series:
    """ほかと関わりうる収納: whether its identity or key occurs twice, or its notice or claim has another key."""
    on_shared_claims = claims[OpenClaim.NOTICE_NO].filter(occurs_twice(claims[OpenClaim.CLAIM_NO]))
    notices = candidates[Candidate.NOTICE_NO]
    is_shared = occurs_twice(notices) | notices.is_in(on_shared_claims.implode())
    keys, shared_keys = (rows.select(_SAME_KEY).to_series() for rows in (payments, candidates.filter(is_shared)))
    identities = payments.select(_SAME_IDENTITY).to_series()
    return occurs_twice(identities) | occurs_twice(keys) | keys.is_in(shared_keys.implode())


def join_parts(parts: list[Matched]) -> Matched:
    """合わせる: the results of all parts, in the order of payment_no. Empties the list, so that its memory is freed."""
    decisions, allocations = [part.decisions for part in parts], [part.allocations for part in parts]
    known_as = [part.known_as for part in parts]
    parts.clear()
    return Matched(
        _sort_pieces(decisions, Payment.PAYMENT_NO),
        _sort_pieces(allocations, Payment.PAYMENT_NO, OpenClaim.CLAIM_NO),
        _sort_pieces(known_as, Payment.PAYMENT_NO),
    )


def _sort_pieces(pieces: list[pl.DataFrame], *by: str) -> pl.DataFrame:
    """並べる: concatenate the pieces and gather the rows in order. A sort would copy them twice."""
    rows = pl.concat(pieces)
    pieces.clear()
    return rows.select(pl.all().gather(rows.select(pl.arg_sort_by(*by)).to_series()))


def with_bucket(payments: pl.DataFrame, covers: pl.DataFrame) -> pl.DataFrame:
    """籠のある収納: the payments with `bucket`. A key has one bucket, shared by all keys with the same smallest claim.

    `covers` has the claims that the keys reach: key_kind, key_digits, claim_no.
    """
    least = covers.group_by(_KEY).agg(pl.col(OpenClaim.CLAIM_NO).min())
    is_known = pl.col(OpenClaim.CLAIM_NO).is_not_null()
    bucket = pl.when(is_known).then(pl.struct(OpenClaim.CLAIM_NO).hash(2)).otherwise(_SAME_KEY)
    rows = payments.join(least, on=_KEY, how="left", validate="m:1", maintain_order="left")
    return rows.with_columns(bucket.alias(BUCKET)).drop(OpenClaim.CLAIM_NO)


def meetings(bucketed: pl.DataFrame, covers: pl.DataFrame) -> pl.DataFrame:
    """出会い: place and bucket, for each place (an identity or a claim) where payments meet."""
    claims = bucketed.select(*_KEY, BUCKET).unique().join(covers, on=_KEY)
    places = (
        bucketed.select(_SAME_IDENTITY.alias(PLACE), BUCKET),
        claims.select(pl.struct(OpenClaim.CLAIM_NO).hash(2).alias(PLACE), BUCKET),
    )
    return pl.concat(places).unique()


def part_of(column: str, count: int) -> pl.Expr:
    """部分の番号: from 0, of a place or a bucket."""
    return (pl.col(column) % count).cast(pl.Int64)


def strays_of(parts: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """籠をまたぐ出会い: the meetings of places with more than one bucket."""
    none = pl.DataFrame(schema={PLACE: pl.UInt64, BUCKET: pl.UInt64})
    return pl.concat([none, *parts]).unique().filter(pl.len().over(PLACE) > 1)


def roots(strays: pl.DataFrame) -> pl.DataFrame:
    """籠の合わせ方: bucket and root, the smallest of the buckets that are joined by meetings."""
    return _group(strays, BUCKET).rename({_GROUP: ROOT})


def join_buckets(bucketed: pl.DataFrame, joined: pl.DataFrame) -> pl.DataFrame:
    """合わせた籠: the payments, with the root in place of a bucket that is joined with others (frame of `roots`)."""
    rows = bucketed.join(joined, on=BUCKET, how="left", validate="m:1", maintain_order="left")
    return rows.with_columns(pl.coalesce(ROOT, BUCKET).alias(BUCKET)).drop(ROOT)
