"""Links (連鎖の輪): what the chain of runs says of an act besides its rows. Their keys stand in ledgers as bytes.

Every link says besides `ledger`, `version` and `operator`, the seals (elqr/store/entries/seals.py), and of an act of a
person `act` and `said` (elqr/store/entries/acts.py).
"""

from typing import Any, TypedDict


class LookedAt(TypedDict):
    """見た納付書: the last file of slips and the last slip that a link has looked at."""

    notice_files: int
    last_notice: int


class NoticesRun(LookedAt, total=False):
    """納付書の取込・発行: hashes of the files of slips, and payments and yen of 減額による過納, where there is any."""

    version: str
    inputs: list[str]
    reduced: tuple[int, int]


class NightRun(LookedAt, total=False):
    """夜間処理: inputs' hashes, places and channels in count and yen.

    `settlement` stands where something was settled, `training` in a training ledger.
    """

    version: str
    configuration: str
    inputs: list[str]
    places: dict[str, list[int]]
    channels: dict[str, list[int]]
    posted_yen: int
    settlement: dict[str, dict[str, int]]
    training: bool


class ReviewEnd(TypedDict):
    """決裁の承認・却下: which rulings (by their fingerprint) ended how, and the yen that moved."""

    review: int
    rulings: str
    results: dict[str, int]
    moved_yen: int
    withdrawn_yen: int
    taken_by: str


class DifferenceEnd(TypedDict):
    """差額の確認の承認・却下: what was asked for, and how it ended."""

    difference: int
    mark: str
    contract: str
    payment_yen: int
    money_yen: int
    night_on: str
    asked_at: str
    asked_by: str
    reason: str
    result: str
    settlement_no: int | None
    taken_at: str
    taken_by: str
    because: str


class MonthEnd(TypedDict):
    """月締めの承認・却下: the hash of the figures."""

    month_close: int
    figures: str
    result: str
    taken_by: str


class ArrearsEnd(TypedDict):
    """督促の申請の承認・却下: what was asked for, and how it ended."""

    arrears_request: int
    situation: str
    claims: int
    yen: int
    risks: str
    night_on: str
    asked_at: str
    asked_by: str
    reason: str
    result: str
    ended_on: str
    taken_at: str
    taken_by: str
    because: str


class ArrearsList(TypedDict):
    """督促対象一覧: how many claims and yen, and the hash of its manifest."""

    arrears_list: int
    manifest: str
    claims: int
    yen: int
    made_at: str
    made_by: str


class LedgerStart(TypedDict):
    """台帳の引継ぎ: the row of the start, the ledger before it, and the request as its file said it."""

    ledger_start: dict[str, Any]
    ledger_before: str
    ledger_request: dict[str, Any]


def name_of(kind: type) -> str:
    """種類の名前: the key that a link of this kind has and no other, with its number."""
    return next(iter(kind.__annotations__))


def says(kind: type) -> tuple[str, ...]:
    """言うこと: the keys of a link of this kind besides its name."""
    return tuple(kind.__annotations__)[1:]
