"""Cities that lived through the nights of stories, and what became of them."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from elqr.vocabulary.terms import Outcome
from tests.builders import City


@dataclass(frozen=True)
class Lived:
    """A city after all nights of all stories, the last of them, and the code of each refused row with its bill."""

    city: City
    last_day: date
    refused: list[tuple[str, str]]

    def why(self, payment: dict[str, Any]) -> str:
        """Why the payment waits, or else its 消込結果."""
        waiting = {row["受付番号"]: row["理由"] for row in self.city.report("要確認一覧", self.last_day)}
        assert payment["payment_no"] in waiting or not payment["suspense_yen"]
        return str(waiting.get(payment["payment_no"], Outcome(payment["outcome"]).label))
