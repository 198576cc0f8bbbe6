"""Reminders of the year (一年の督促): lists are drawn, pulled from, checked and sent; claims are held; records are undone."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial

from elqr.approvals.reminder_gate import Situation, approve_list, request_list, situation
from elqr.approvals.reminder_list import check_list, draw_list
from elqr.approvals.reminder_record import Which, Why, record_holds, record_sent
from elqr.approvals.retraction import approve_retraction, request_retraction
from elqr.session.session import Session
from elqr.vocabulary.ruling_terms import RetractionKind
from elqr.vocabulary.terms import HoldKind, Risk
from tests.simulation.comparison import Difference
from tests.simulation.notices import Claim, Procedure
from tests.simulation.office import APPROVES, ASKS, Office, sign
from tests.simulation.unpaid import HOLDS, Hold, ReminderList, Reminders
from tests.simulation.year import BY_FILE, BY_NOTICE

_KINDS = {kind.label: kind for kind in HoldKind}
_CLAIM = ("bill_no", "installment_no")


@dataclass
class ReminderDesk:
    """督促の窓口: the list that is not sent yet, and what is asked to be undone.

    Lists are drawn, sent and undone more `often` in a short year. `charged` and `uncharged` count fees.
    """

    office: Office
    records: Reminders
    often: float = 1
    open: tuple[ReminderList, date] | None = None
    undoing: list[tuple[int, ReminderList | Hold]] = field(default_factory=list)
    drawn: int = 0
    compared: int = 0
    charged: int = 0
    uncharged: int = 0

    def go_on(self, night: date, where: str) -> None:
        """一夜の後にすること. Lists are compared more often than drawn."""
        chance = self.office.chance.random
        steps = (
            (self._draw, 0.06 * self.often), (self._compare, 0.15), (self._send, 0.3 * self.often), (self._hold, 0.12),
            (self._undo, 0.06 * self.often),
        )  # fmt: skip
        due: list[Callable[[Session, date, str], object]] = [step for step, often in steps if chance() < often]
        if self.undoing and chance() < 0.4 * self.often:
            due.append(self._approve_undoing)
        if due:
            with self.office.open(night) as session:
                for step in due:
                    step(session, night, where)

    def _compare(self, session: Session, night: date, where: str) -> tuple[Situation, dict[Claim, int]]:
        """一覧と督促除外一覧を比べる."""
        now, unpaid = situation(session), self.records.unpaid(night)
        self.compared += 1
        why = {claim: self.records.reasons(claim, night) for claim in unpaid}
        wanted = {claim: yen for claim, yen in unpaid.items() if not why[claim]}
        found = {(bill, part): yen for bill, part, yen in now.claims.select(*_CLAIM, "left_yen").iter_rows()}
        if found != wanted:
            raise Difference(f"{where}: to remind {found}, the model {wanted}; left out {why}")
        left_out = {
            (bill, part): own for bill, part, *own in now.left_out.select(*_CLAIM, "left_yen", "why").iter_rows()
        }
        if set(left_out) != set(unpaid) - set(wanted):
            raise Difference(f"{where}: left out {left_out}, the model {why}")
        for claim, (yen, reason) in left_out.items():
            if yen != unpaid[claim] or reason not in why[claim]:
                raise Difference(f"{where}: {claim} left out {yen} {reason}, the model {unpaid[claim]} {why[claim]}")
        found_texts = {
            text for obstacle in now.obstacles if obstacle.risk is Risk.EXCEPTIONS for text in obstacle.found
        }
        if missing := self._named_in_suspense(set(wanted)) - found_texts:
            raise Difference(f"{where}: {missing} may be for a claim of the list, the program names {found_texts}")
        return now, wanted

    def _named_in_suspense(self, claims: set[Claim]) -> set[str]:
        """妨げるはずの収納: in suspense, of a key that names a claim of the list, as the program numbers it."""
        truth, known = self.office.truth, self.office.known()
        held = {id(own.record) for own in truth.held.values() if own.yen}
        return {
            f"受付{number}"
            for number, record in known.items()
            if id(record) in held and any(set(truth.claims_of(slip)) & claims for slip in truth.named(record))
        }

    def _draw(self, session: Session, night: date, where: str) -> None:
        """一覧を引く: where something speaks against it, two people agree first."""
        now, wanted = self._compare(session, night, where)
        number = None
        if now.obstacles:
            number, _ = request_list(session, sign(ASKS, night))
            approve_list(session, number, sign(APPROVES, night))
        drawn = draw_list(session, now, number, sign(ASKS, night), with_names=False)
        if (drawn is None) != (not wanted):
            raise Difference(f"{where}: drawn {drawn}, the model {wanted}")
        if drawn is not None:
            principal = {claim: self.office.truth.owed_items(claim)[0] for claim in wanted}
            self.records.lists.append(ReminderList(drawn.list_no, night, wanted, principal))
            self.open, self.drawn = (self.records.lists[-1], night), self.drawn + 1

    def _send(self, session: Session, night: date, where: str) -> None:
        """送る: some are pulled before; what is named by the check may still be sent by those who know better."""
        if self.open is None or self.open[1] == night:
            return
        own, chance = self.open[0], self.office.chance
        self.open = None
        for claim in chance.sample(sorted(own.left), chance.randrange(min(3, len(own.left)))):
            (number,), _ = record_holds(
                session, self._which(claim), Why(HoldKind.PULLED, list_no=own.number), sign(ASKS, night)
            )
            own.pulled.append(Hold(number, claim, HoldKind.PULLED.label, list_no=own.number))
        if own is self.records.lists[-1]:
            self._check(session, own, night, where)
        if chance.random() < 0.8:
            own.issued_on = own.drawn_on + timedelta(chance.randrange((night - own.drawn_on).days + 3))
            sending = record_sent(session, own.number, own.issued_on, sign(ASKS, night))
            own.sent_no = sending.sent_no
            fees = [yen for yen in map(partial(self._charge, own), sorted(own.left)) if yen]
            self.charged += len(fees)
            wanted = len(own.left), len(own.pulled), len(fees), sum(fees)
            if (sending.count, sending.pulled, sending.fees, sending.fee_yen) != wanted:
                raise Difference(f"{where}: sent {sending}, the model {wanted} {own}")

    def _charge(self, own: ReminderList, claim: Claim) -> int:
        """督促手数料をつける, on a claim of a list that was sent."""
        return self.office.truth.charge(claim, self._procedure(claim).fee, own.sent_no, own.issued_on)

    def _check(self, session: Session, own: ReminderList, night: date, where: str) -> None:
        """送る前の確かめ: claims whose yen changed, or that are not to be reminded any more, are named."""
        unpaid = self.records.unpaid(night, grace=False)
        changed = {
            claim
            for claim in own.left
            if unpaid.get(claim) != own.yen[claim] or self.records.reasons(claim, night, but=[own])
        }
        checked = check_list(session, session.job.arrears_folder / f"{own.number:06d}")
        found = set(checked.changed.select(*_CLAIM).iter_rows())
        if found != changed or checked.count != len(own.left):
            raise Difference(f"{where}: list {own}: changed {found}, the model {changed}")

    def _hold(self, session: Session, night: date, where: str) -> None:
        """止める, for good or up to a day."""
        chance, unpaid = self.office.chance, sorted(self.records.unpaid(night, grace=False))
        if not unpaid:
            return
        claim, kind = chance.choice(unpaid), chance.choice(HOLDS)
        until = chance.choice((None, night, night + timedelta(chance.randrange(1, 60))))
        if any(own.claim == claim and own.kind == kind for own in self.records.holds):
            return
        numbers, _ = record_holds(session, self._which(claim), Why(_KINDS[kind], until), sign(ASKS, night))
        self.records.holds.append(Hold(numbers[0], claim, kind, until))

    def _undo(self, session: Session, night: date, where: str) -> None:
        """取り消しを申請する: of a sending, a hold or a 引抜."""
        taken = [own for _, own in self.undoing]
        sent: list[ReminderList | Hold] = [own for own in self.records.lists if own.sent_no]
        holds = [*self.records.holds, *(hold for own in self.records.lists for hold in own.pulled)]
        both = ([own for own in records if not any(own is other for other in taken)] for records in (sent, holds))
        if may := [records for records in both if records]:
            own = self.office.chance.choice(self.office.chance.choice(may))
            kind, number = (
                (RetractionKind.HELD, own.number) if isinstance(own, Hold) else (RetractionKind.REMINDED, own.sent_no)
            )
            self.undoing.append((request_retraction(session, kind, str(number), sign(ASKS, night))[0], own))

    def _approve_undoing(self, session: Session, night: date, where: str) -> None:
        number, own = self.undoing.pop(0)
        _, told = approve_retraction(session, number, sign(APPROVES, night))
        if isinstance(own, ReminderList):
            fees = self._uncharge(own)
            self.uncharged += len(fees)
            if (f"督促手数料 {len(fees):,}件 {sum(fees):,}円は取り消しました" in told) != bool(fees):
                raise Difference(f"{where}: undone {told}, the model {fees} {own}")
            if self.open is None and self.office.chance.random() < 0.5:
                self.open = own, night  # it is recorded again, as it should have been
            return
        for several in (self.records.holds, *(each.pulled for each in self.records.lists)):
            several[:] = [hold for hold in several if hold is not own]
        for each in self.records.lists:
            if own.list_no == each.number and each.sent_no:
                self.charged += self._charge(each, own.claim) > 0

    def _uncharge(self, own: ReminderList) -> list[int]:
        """督促手数料を取り消す: all of a list. Returns what this takes back of each claim, where it does."""
        truth = self.office.truth
        before = {claim: truth.owed(claim) for claim in own.yen}
        truth.fees.take_back(own.sent_no)
        own.sent_no = 0
        return [yen - truth.owed(claim) for claim, yen in before.items() if yen > truth.owed(claim)]

    def _procedure(self, claim: Claim) -> Procedure:
        return BY_FILE if claim in self.office.truth.book.rows else BY_NOTICE

    def _which(self, claim: Claim) -> Which:
        return Which(claim[0], self._procedure(claim).code, installment_no=claim[1])
