"""Terms of claims (調定の用語): what changes what is owed, and how a notice file says so."""

from enum import StrEnum

from elqr.vocabulary.terms import Outcome, Term


class EntryKind(Term):
    """調定異動の種類: what an entry does to what is owed on a claim."""

    ASSESSED = "assessed", "当初"
    INCREASED = "increased", "増額更正"
    REDUCED = "reduced", "減額更正"
    CANCELLED = "cancelled", "調定取消"
    DEMAND_FEE = "demand_fee", "督促手数料"
    LATE_CHARGE = "late_charge", "延滞金"
    RELIEVED = "relieved", "減免"
    WRITTEN_OFF = "written_off", "不納欠損"


RAISES = (EntryKind.ASSESSED, EntryKind.INCREASED, EntryKind.DEMAND_FEE, EntryKind.LATE_CHARGE)
"""増やす異動: kinds that raise what is owed. The others lower it."""


class ClaimSource(Term):
    """調定の受け方: what says what the claims of a procedure owe. Never both."""

    NOTICES = "notices", "納付書データ"
    FILE = "file", "調定データ"


class Item(Term):
    """内訳: what a claim consists of. In this order a payment pays them."""

    PRINCIPAL = "principal", "本税・本料"
    DEMAND_FEE = "demand_fee", "督促手数料"
    LATE_CHARGE = "late_charge", "延滞金"


class NoticeKind(StrEnum):
    """納付種別, as a notice file writes it. The ledger keeps the words of `PARTS`."""

    ORDINARY = "通常"
    REISSUE = "再発行"
    WHOLE = "全期"
    INSTALMENT_PLAN = "分納"
    LATE_CHARGE = "延滞金"
    DEMAND = "督促"


PARTS = (NoticeKind.INSTALMENT_PLAN, NoticeKind.LATE_CHARGE, NoticeKind.DEMAND)
"""一部を求める納付書: kinds that never say what the whole claim owes, as 通常, 再発行 and 全期 do."""


class ChangeReason(StrEnum):
    """異動事由, as a notice file writes it. The ledger keeps the same words."""

    INCREASED = "増額更正"
    REDUCED = "減額更正"
    CLAIM_CANCELLED = "調定取消"


TOO_MUCH = (Outcome.OVERPAID, Outcome.REDUCED)
"""過納: yen beyond what is owed, when they were paid or after a reduction."""

TO_PAY_BACK = (*TOO_MUCH, Outcome.ALREADY_SETTLED)
"""還付未済: why yen wait that are too much on a claim."""
