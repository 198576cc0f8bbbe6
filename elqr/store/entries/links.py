"""Links (連鎖の輪): the keys of each kind of link in the chain of runs. They are part of the hashed bytes.

Every link also has `ledger`, `version`, `operator` and the seals (elqr/store/entries/seals.py). The link of a person's
act has `act` and `said` (elqr/store/entries/acts.py). The first key of a kind is its name, with the number (`name_of`).
"""

from typing import Any, TypedDict


class LookedAt(TypedDict):
    """見た納付書と調定: the last notice file, notice, row of a claim file and fee that a link has looked at."""

    notice_files: int
    last_notice: int
    last_state: int
    last_fee: int


class NoticesRun(LookedAt, total=False):
    """納付書の取込・発行: hashes of the notice files, and payments and yen of 減額による過納, if any."""

    version: str
    inputs: list[str]
    reduced: tuple[int, int]


class NightRun(LookedAt, total=False):
    """夜間処理: hashes of the inputs, and count and yen by place and by channel.

    `settlement` is there when something was settled, `training` in a training ledger.
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
    """決裁の承認・却下: the fingerprint of the rulings, their results, and the yen moved."""

    review: int
    rulings: str
    results: dict[str, int]
    moved_yen: int
    withdrawn_yen: int
    taken_by: str


class DifferenceEnd(TypedDict):
    """差額の確認の承認・却下: the request, and how it ended."""

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
    """督促の申請の承認・却下: the request, and how it ended."""

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
    """督促対象一覧: the number of claims, their yen, and the hash of the manifest."""

    arrears_list: int
    manifest: str
    claims: int
    yen: int
    made_at: str
    made_by: str


class LedgerStart(TypedDict):
    """台帳の引継ぎ: the row of the start, the ledger before it, and the contents of the request file."""

    ledger_start: dict[str, Any]
    ledger_before: str
    ledger_request: dict[str, Any]


def name_of(kind: type) -> str:
    """種類の名前: the key that only links of this kind have; its value is the number."""
    return next(iter(kind.__annotations__))


def says(kind: type) -> tuple[str, ...]:
    """言うこと: the other keys of a link of this kind."""
    return tuple(kind.__annotations__)[1:]
