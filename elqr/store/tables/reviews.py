"""The review's tables (決裁の表): requests, their results, and the postings that they made."""

from sqlalchemy import Column, ForeignKey, Index, PrimaryKeyConstraint

from elqr.store.db.schema import Text, Whole, columns, table, texts
from elqr.vocabulary import frames
from elqr.vocabulary.ruling_frames import Payout

review = table(
    "review",
    Column("review_no", Whole, primary_key=True, autoincrement=False),
    *texts("kind", "night_on", "asked_at", "asked_by", "source", "sha256"),
)
"""決裁の申請: the rulings that one person requested together."""

ruling = table(
    "ruling",
    *columns(frames.Ruled, nullable=("notice_no", "undoes_no"), key="ruling_no"),
    Index("ruling_by_payment", "payment_no"),
    Index("ruling_by_review", "review_no"),
)
"""決裁: one decision on one payment. It has no effect until a second person approves it."""

review_step = table(
    "review_step",
    Column("review_no", Whole, ForeignKey("review.review_no"), nullable=False),
    *texts("result", "night_on", "taken_at", "taken_by", "reason"),
    PrimaryKeyConstraint("review_no"),
)
"""承認・却下: the one step that ends a request."""

ruling_result = table(
    "ruling_result",
    *columns(frames.RulingEffect, key="ruling_no"),
    Column("night_on", Text, nullable=False),
    Index("ruling_result_by_night", "night_on"),
)
"""決裁の結果 of each ruling, with the yen in suspense before and after it."""

ruling_posting = table(
    "ruling_posting",
    Column("posting_no", Whole, ForeignKey("posting.posting_no"), primary_key=True, autoincrement=False),
    Column("ruling_no", Whole, ForeignKey("ruling.ruling_no"), nullable=False),
    Column("notice_no", Whole),
    Index("ruling_posting_by_ruling", "ruling_no"),
)
"""決裁による仕訳: the ruling behind a posting, and the notice that it pays where the ruling names none."""

payout = table("payout", *columns(Payout, key="ruling_no"))
"""還付の記録: what a ruling that pays out says besides: its day, its number, 加算金, and to whom."""

reduced_posting = table(
    "reduced_posting",
    Column("posting_no", Whole, ForeignKey("posting.posting_no"), primary_key=True, autoincrement=False),
    Column("notice_no", Whole, ForeignKey("notice.notice_no")),
    Column("after_ruling_no", Whole, ForeignKey("ruling.ruling_no")),
)
"""減額による過納の仕訳: the notice that was paid, and the last ruling on the payment by then. A later one prevails."""
