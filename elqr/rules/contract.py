"""Contracts (払込の契約): which payments a sender settles with which money, when, and with which fees.

A job lists them in `[[settlement]]`. A payment belongs to one contract at most; money belongs to the first that fits.
"""

from typing import Literal, Self

from pydantic import Field, model_validator

from elqr.vocabulary.strict import Strict, WrittenDay
from elqr.vocabulary.terms import Channel

_PER_10000, _PER_100 = 10_000, 100
_MOST_YEN = 1_000_000
"""The highest fee of one payment or transfer."""


class Fee(Strict):
    """手数料: what a sender deducts from a transfer. The parts are added up, taxed, and then rounded once."""

    per_payment_yen: int = Field(default=0, ge=0, le=_MOST_YEN)
    per_transfer_yen: int = Field(default=0, ge=0, le=_MOST_YEN)
    per_10000: int = Field(default=0, ge=0, le=_PER_10000)
    tax_percent: int = Field(default=0, ge=0, le=_PER_100)
    rounding: Literal["切捨て", "四捨五入", "切上げ"] = "切捨て"

    def of(self, payments: int, yen: int) -> int:
        """手数料の額: the fee in yen for one transfer of `payments` payments, which sum to `yen`."""
        scaled = (payments * self.per_payment_yen + self.per_transfer_yen) * _PER_10000 + yen * self.per_10000
        scale = _PER_10000 * _PER_100
        rounding_up = {"切捨て": 0, "四捨五入": scale // 2, "切上げ": scale - 1}[self.rounding]
        return (scaled * (_PER_100 + self.tax_percent) + rounding_up) // scale


class ReceivedDefault(Strict):
    """収入日の決め方 where a record does not state it: 資金化日, or business days after 領収日."""

    received: Literal["funds_on"] | None = None
    received_days: int | None = Field(default=None, ge=0, le=60)

    @property
    def says_received(self) -> bool:
        """決めてあるか: whether one of the two is written."""
        return self.received is not None or self.received_days is not None

    @model_validator(mode="after")
    def _one_rule(self) -> Self:
        if self.received is not None and self.received_days is not None:
            raise ValueError("received（資金化日）と received_days（営業日の数）のどちらか一つを書いてください")
        return self


class Contract(ReceivedDefault):
    """契約: how a sender of money pays, by its contract with the city.

    The money must reach the account from `days_before` business days before the 資金化日 to `days` after it. `joined`
    allows one transfer for several days. `outside` marks payments and money that are not compared at all.
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
    def _check_marks(self) -> Self:
        if not (self.specs or self.money_specs or self.accounts or self.senders or self.sender_codes):
            raise ValueError(
                f"契約「{self.name}」: 収納の様式（specs）か、入金の手がかり（senders など）を書いてください"
            )
        return self

    def takes(self, spec: str, channel: Channel) -> bool:
        """この契約の収納か: whether this contract settles payments of a spec that come by a channel."""
        return spec in self.specs and (not self.channels or channel in self.channels)


def overlapping(contracts: tuple[Contract, ...]) -> list[str]:
    """重なり: in words, the payments that two contracts both settle. A payment must have one sender."""
    pairs = []
    for number, contract in enumerate(contracts, start=1):
        for other in contracts[number:]:
            specs = sorted(set(contract.specs) & set(other.specs))
            channels = [
                channel
                for channel in Channel
                if all(either.takes(spec, channel) for either in (contract, other) for spec in specs)
            ]
            pairs += [f"{contract.name} と {other.name}（{spec}）" for spec in specs if channels]
    return pairs
