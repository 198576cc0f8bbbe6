"""Terms of the counted day (計上日の用語): by which day a city counts, and how that day of a payment was found."""

from elqr.vocabulary.terms import Term


class CountedBy(Term):
    """数える日: the day by which the lists and the accounts of a city count."""

    NIGHT = "night", "夜"
    PAID_ON = "paid_on", "領収日"
    RECEIVED_ON = "received_on", "収入日"


class DayRule(Term):
    """計上日の決め方: what a payment's day comes from. Only `STATED` is what the sender says of the 収入日."""

    PAID_ON = "paid_on", "領収日"
    STATED = "stated", "収入日"
    FUNDS_ON = "funds_on", "資金化日を収入日とした"
    BUSINESS_DAYS = "business_days", "領収日からの営業日を収入日とした"
    ASSUMED = "assumed", "収入日がわからず、領収日とした"

    @property
    def is_received(self) -> bool:
        """収入日か: whether the day is the 収入日, as the file or the city says."""
        return self not in (DayRule.PAID_ON, DayRule.ASSUMED)
