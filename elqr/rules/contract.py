"""Contracts (払込の契約): which payments a sender settles with which money, when, and less which fees.

What a job may say in `[[settlement]]`. Payments belong to one contract at most; money belongs to the first that fits.
"""

from typing import Literal, Self

from pydantic import Field, model_validator

from elqr.vocabulary.strict import Strict, WrittenDay
from elqr.vocabulary.terms import Channel

_PER_10000, _PER_100 = 10_000, 100
_MOST_YEN = 1_000_000
"""No sender keeps more of one payment or transfer."""


class Fee(Strict):
    """手数料: what a sender keeps back of a transfer. Everything is added up, taxed, and then rounded once."""

    per_payment_yen: int = Field(default=0, ge=0, le=_MOST_YEN)
    per_transfer_yen: int = Field(default=0, ge=0, le=_MOST_YEN)
    per_10000: int = Field(default=0, ge=0, le=_PER_10000)
    tax_percent: int = Field(default=0, ge=0, le=_PER_100)
    rounding: Literal["切捨て", "四捨五入", "切上げ"] = "切捨て"

    def of(self, payments: int, yen: int) -> int:
        """手数料の額 of so many payments of so many yen in one transfer."""
        scaled = (payments * self.per_payment_yen + self.per_transfer_yen) * _PER_10000 + yen * self.per_10000
        whole = _PER_10000 * _PER_100
        more = {"切捨て": 0, "四捨五入": whole // 2, "切上げ": whole - 1}[self.rounding]
        return (scaled * (_PER_100 + self.tax_percent) + more) // whole


class Contract(Strict):
    """契約: a sender of money, as the city's contract with it says.

    `days` and `days_before` are business days around the 資金化日 within which the money must stand on the account.
    `joined` allows one transfer for several days. `outside` names money and payments that are not compared at all.
    """

    name: str = Field(min_length=1)
    specs: tuple[str, ...] = ()
    channels: tuple[Channel, ...] = ()
    money_specs: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    senders: tuple[str, ...] = ()
    sender_codes: tuple[str, ...] = ()
    fee: Fee = Fee()
    days: int = Field(default=0, ge=0, le=60)
    days_before: int = Field(default=0, ge=0, le=60)
    joined: bool = False
    preliminary: bool = False
    confirm_days: int = Field(default=10, ge=1, le=366)
    funds_days: int | None = Field(default=None, ge=0, le=366)
    since: WrittenDay | None = None
    outside: bool = False

    @model_validator(mode="after")
    def _names_its_money(self) -> Self:
        if not (self.specs or self.money_specs or self.accounts or self.senders or self.sender_codes):
            raise ValueError(
                f"契約「{self.name}」: 収納の様式（specs）か、入金の手がかり（senders など）を書いてください"
            )
        return self

    def takes(self, spec: str, channel: Channel) -> bool:
        """この契約の収納か: whether payments of a spec, by a channel, are settled by this contract."""
        return spec in self.specs and (not self.channels or channel in self.channels)


def overlapping(contracts: tuple[Contract, ...]) -> list[str]:
    """重なり: what two contracts both claim, in words; payments must have one sender."""
    pairs = []
    for at, one in enumerate(contracts):
        for other in contracts[at + 1 :]:
            specs = sorted(set(one.specs) & set(other.specs))
            channels = [
                channel
                for channel in Channel
                if all(contract.takes(spec, channel) for contract in (one, other) for spec in specs)
            ]
            pairs += [f"{one.name} と {other.name}（{spec}）" for spec in specs if channels]
    return pairs
