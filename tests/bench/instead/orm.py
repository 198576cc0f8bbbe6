"""一件ずつ: a session of SQLAlchemy's ORM, one object a record, a few queries and some if and else for each."""

from contextlib import closing
from datetime import date
from itertools import count
from pathlib import Path

from sqlalchemy import bindparam, create_engine, func, select
from sqlalchemy.ext.declarative import DeferredReflection
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, joinedload, relationship

from elqr.vocabulary.terms import PLACE_OF, Account, Outcome
from tests.bench.instead import reports
from tests.bench.instead.records import Record, opened, records


class _Base(DeferredReflection, DeclarativeBase):
    """The ledger's tables as they stand in its file."""


class Payment(_Base):
    __tablename__ = "payment"


class PaymentIdentity(_Base):
    __tablename__ = "payment_identity"


class Decision(_Base):
    __tablename__ = "decision"


class Posting(_Base):
    __tablename__ = "posting"


class Payload(_Base):
    __tablename__ = "payload"


class NoticeKey(_Base):
    __tablename__ = "notice_key"


class Claim(_Base):
    __tablename__ = "claim"
    postings: Mapped[list[Posting]] = relationship(primaryjoin="Claim.claim_no == foreign(Posting.claim_no)")

    @property
    def collected_yen(self) -> int:
        return sum(posting.yen for posting in self.postings)


class NoticeClaim(_Base):
    __tablename__ = "notice_claim"
    claim: Mapped[Claim] = relationship(primaryjoin="foreign(NoticeClaim.claim_no) == Claim.claim_no")


class Notice(_Base):
    __tablename__ = "notice"
    payload: Mapped[Payload | None] = relationship(primaryjoin="Notice.notice_no == foreign(Payload.notice_no)")
    cover: Mapped[NoticeClaim] = relationship(primaryjoin="Notice.notice_no == foreign(NoticeClaim.notice_no)")


def run(
    ledger: Path, inbox: Path, night: date, out: Path, records_a_commit: int = 1_000, *, is_tuned: bool = True
) -> None:
    """一夜: all records in the order in which payments of a claim are decided, one at a time; then the reports.

    Tuned: what a record needs comes with one query and the claim's postings with another, nothing is written before
    the commit, and nothing is read again after it. Otherwise all is as a `Session` has it when nobody says how.
    """
    engine = create_engine("sqlite://", creator=lambda: opened(ledger))
    _Base.prepare(engine)
    read = [(file_no, r) for file_no, path in enumerate(sorted(inbox.iterdir()), start=1) for r in records(path, night)]
    read.sort(key=lambda own: (own[1].paid_on, own[1].identity, own[1].occurrence_no))
    options = {"autoflush": False, "expire_on_commit": False} if is_tuned else {}
    with Session(engine, **options) as session:
        desk = _Desk(session, night, is_tuned)
        for done, (file_no, record) in enumerate(read, start=1):
            desk.take(record, file_no)
            if done % records_a_commit == 0:
                session.commit()
        session.commit()
    with closing(opened(ledger)) as connection:
        reports.write(connection, desk.first, out)


class _Desk:
    """窓口: takes one payment after the other into a session."""

    def __init__(self, session: Session, night: date, is_tuned: bool) -> None:
        self.session, self.night = session, night
        self.file_no = session.scalar(select(func.coalesce(func.max(Payment.file_no), 0)))
        self.first = session.scalar(select(func.coalesce(func.max(Payment.payment_no), 0))) + 1
        self.payment_nos = count(self.first)
        self.posting_nos = count(session.scalar(select(func.coalesce(func.max(Posting.posting_no), 0))) + 1)
        self.by_key = (
            select(Notice)
            .join(NoticeKey, NoticeKey.notice_no == Notice.notice_no)
            .where(NoticeKey.key_kind == bindparam("kind"), NoticeKey.key_digits == bindparam("digits"))
        )
        if is_tuned:
            together = (joinedload(Notice.payload), joinedload(Notice.cover).joinedload(NoticeClaim.claim))
            self.by_key = self.by_key.options(*together)

    def take(self, record: Record, file_no: int) -> None:
        """一件を消し込む."""
        payment = Payment(**record._asdict(), payment_no=next(self.payment_nos), file_no=self.file_no + file_no)
        key = {"kind": record.key_kind, "digits": record.key_digits}
        notice = self.session.scalars(self.by_key, key).one_or_none()
        outcome, claim_yen = _decided(record, notice)
        suspense_yen = record.paid_yen - claim_yen
        identity = PaymentIdentity(
            identity=record.identity, stage=record.stage, occurrence_no=record.occurrence_no,
            variant="", payment_no=payment.payment_no,
        )  # fmt: skip
        decision = Decision(
            payment_no=payment.payment_no, outcome=outcome.value, place=PLACE_OF[outcome].value,
            notice_no=notice.notice_no if notice else None, procedure_code=notice.procedure_code if notice else None,
            claim_yen=claim_yen, suspense_yen=suspense_yen, flags="",
        )  # fmt: skip
        self.session.add_all([payment, identity, decision])
        if notice is not None and claim_yen:
            claim = notice.cover.claim
            year = _accounting_year(claim.levy_year, record.paid_on)
            claim.postings.append(self._posting(decision, Account.CLAIM, claim_yen, year, year != claim.levy_year))
        if suspense_yen:
            year = _fiscal_year(record.paid_on)
            self.session.add(self._posting(decision, Account.SUSPENSE, suspense_yen, year, False))

    def _posting(self, decision: Decision, account: Account, yen: int, year: int, is_arrears: bool) -> Posting:
        return Posting(
            posting_no=next(self.posting_nos), payment_no=decision.payment_no, account=account.value, yen=yen,
            fiscal_year=year, is_arrears=int(is_arrears), procedure_code=decision.procedure_code,
            night_on=self.night.isoformat(), decided_by="夜間消込", reason="",
        )  # fmt: skip


def _decided(record: Record, notice: Notice | None) -> tuple[Outcome, int]:
    """消込結果, and the yen that the claim takes."""
    if notice is None:
        return Outcome.KEY_UNKNOWN, 0
    if (payload := notice.payload) is not None:
        if record.check_no not in (None, payload.check_no):
            return Outcome.CHECK_NO_DIFFERS, 0
        if record.item_no not in (None, payload.item_no) or record.office_code not in (None, payload.office_code):
            return Outcome.ITEM_OR_OFFICE_DIFFERS, 0
    if record.paid_on < notice.issued_on:
        return Outcome.PAID_BEFORE_ISSUE, 0
    left_yen = max(notice.amount_yen - notice.cover.claim.collected_yen, 0)
    if left_yen == 0:
        return Outcome.ALREADY_SETTLED, 0
    if record.paid_yen > left_yen:
        return Outcome.OVERPAID, left_yen
    if record.paid_yen < left_yen:
        return Outcome.UNDERPAID, record.paid_yen
    if record.paid_on > notice.payable_until_on:
        return Outcome.LATE, record.paid_yen
    return Outcome.MATCHED, record.paid_yen


def _fiscal_year(day: str) -> int:
    return int(day[:4]) - (day[5:7] < "04")


def _accounting_year(levy_year: int, paid_on: str) -> int:
    """年度区分: the claim's own year until 31 May after it, then the year of the payment."""
    paid_year = _fiscal_year(paid_on)
    is_own = levy_year >= paid_year or (levy_year == paid_year - 1 and paid_on[5:7] in ("04", "05"))
    return levy_year if is_own else paid_year
