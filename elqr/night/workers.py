"""Workers (働き手): who takes in the files and matches the payments: this machine, a cluster, or a replay."""

from collections.abc import Iterable
from typing import Protocol

from elqr.night.delivery_reading import Box, read_ahead
from elqr.night.night import Night
from elqr.night.posting import Decided, decide
from elqr.night.take_in import Taken, take_file, take_notices
from elqr.session.job import Inbox


class Workers(Protocol):
    """働き手: what takes in and matches for a night."""

    def take_claims(self, night: Night) -> None:
        """調定データと督促の状況を取り込む: every file, each in one transaction, before the notices that ask."""

    def take_notices(self, night: Night) -> bool:
        """納付書データを取り込む: every file that came. Returns whether the night issues notices."""

    def take_payments(self, night: Night) -> Taken:
        """収納データを取り込む: every file that came, each in one transaction. Returns what need not be read back."""

    def take_money(self, night: Night) -> None:
        """入金データを取り込む: every file that came, each in one transaction."""

    def decide(self, night: Night, taken: Taken) -> Decided:
        """消し込む: every payment without a decision, inside the night's transaction. Empties `taken`."""


class OneMachine:
    """一台の機械: takes in and matches what lies in the inboxes, here."""

    def take_claims(self, night: Night) -> None:
        """調定データを取り込む from the inboxes."""
        _take(night, night.session.job.claims, "調定データ取込")

    def take_notices(self, night: Night) -> bool:
        """納付書データを取り込む from its inbox."""
        session, notices = night.session, night.session.job.notices
        if notices is None:
            return False
        for arrived in session.arrivals(notices.inbox, session.watch_notices(notices)):
            take_notices(night, arrived)
        return notices.issue

    def take_payments(self, night: Night) -> Taken:
        """収納データを取り込む from the inboxes."""
        return _take(night, night.session.job.inbox, "収納データ取込")

    def take_money(self, night: Night) -> None:
        """入金データを取り込む from the inboxes."""
        _take(night, night.session.job.money, "入金データ取込")

    def decide(self, night: Night, taken: Taken) -> Decided:
        """消し込む: all payments without a decision, here."""
        return decide(night.session, taken)


def _take(night: Night, boxes: Iterable[Inbox], what: str) -> Taken:
    session, taken = night.session, Taken()
    for inbox in boxes:
        box = Box(session.job.box_name(inbox.path), tuple(session.specs[name] for name in inbox.specs))
        arrivals = session.arrivals(inbox.path, session.watch(inbox))
        for arrived, early in read_ahead(session, arrivals, box.specs):
            taken |= take_file(night, arrived, box, what, early)
    return taken
