"""The table of states (出口) against the ledger: whatever a row can say of itself is in the table, or known to be over."""

from collections import Counter
from enum import StrEnum
from importlib import import_module
from pathlib import Path

import elqr.vocabulary
from elqr.audit.verification import coverage
from elqr.store.db.schema import Text, metadata
from elqr.vocabulary.claim_terms import ChangeReason, EntryKind, Item, NoticeKind
from elqr.vocabulary.counted_terms import DayRule
from elqr.vocabulary.ruling_terms import RetractionKind, ReviewKind, Ruling, RulingResult
from elqr.vocabulary.terms import (
    Account,
    ArrivalState,
    Channel,
    DepositKind,
    FileStatus,
    HoldKind,
    KeyKind,
    Outcome,
    Place,
    PrintState,
    Risk,
    SettlementOutcome,
    Stage,
    StageGap,
)
from elqr.vocabulary.ways_out import NOTHING_WAITS, WAYS_OUT, Who, states

STATES: dict[str, type[StrEnum]] = {
    "delivery.status": FileStatus,
    "decision.outcome": Outcome,
    "posting.account": Account,
    "posting_tally.account": Account,
    "settlement.outcome": SettlementOutcome,
    "release_step.step": PrintState,
    "reminder_hold.kind": HoldKind,
    "reminder_status.kind": HoldKind,
    "ruling.ruling": Ruling,
    "ruling_result.result": RulingResult,
    **{
        f"{name}_step.result": RulingResult
        for name in (
            "arrears",
            "difference",
            "month_close",
            "notice_give_up",
            "retraction",
            "review",
            "typed_batch",
            "waiver",
        )
    },
}
"""Columns that say in which state something stands."""

ON_REPORTS = (ArrivalState, Risk, StageGap)
"""States that no row keeps: each night finds them anew."""

PROPERTIES: dict[str, type[StrEnum]] = {
    "bundle.channel": Channel,
    "bundle.stage": Stage,
    "claim_entry.kind": EntryKind,
    "counted_day.day_rule": DayRule,
    "decision.place": Place,
    "deposit.kind": DepositKind,
    "item_order.items": Item,
    "notice.change_reason": ChangeReason,
    "notice.part_kind": NoticeKind,
    "notice_key.key_kind": KeyKind,
    "payment.channel": Channel,
    "payment.key_kind": KeyKind,
    "payment.stage": Stage,
    "payment_identity.stage": Stage,
    "retraction.kind": RetractionKind,
    "review.kind": ReviewKind,
}
"""Columns of terms in which nothing waits: what a thing is, and not how it stands. A 行き先 follows its 消込結果."""

TEXTS = {
    "actual", "address", "barcode", "because", "bill_no", "box", "change_kind", "check_no", "code", "contract",
    "customer_no", "decided_by", "digits", "doubt", "entry", "expected", "field", "file_name", "flags", "hash", "how",
    "identity", "image_ref", "item_no", "key_digits", "key_no", "ledger_id", "login", "machine", "mark", "month", "name", "number",
    "numbers", "office_code", "os_user", "payee_ref", "payer_name", "payer_ref", "pension_no", "postal_code",
    "previous_hash", "procedure_code", "pulled", "reason", "records", "reissue_no", "result_code", "risks", "run_id",
    "sender", "sender_code", "session_user", "situation", "source", "spec", "staff", "subject", "tax_office_code",
    "value", "variant", "act.kind", "act.step", "deposit.account",
}  # fmt: skip
"""Columns of words that people, senders and programs chose, by their name, or with their table where a term is so named."""

_ENDINGS = ("_on", "_at", "_by", "sha256")


def _columns() -> list[tuple[str, str]]:
    """(table.column, column) of all text columns."""
    assert coverage.COVERAGE, "every table is declared by now"
    return [
        (f"{table.name}.{column.name}", column.name)
        for table in metadata.sorted_tables
        for column in table.c
        if type(column.type) is type(Text)
    ]


def test_every_column_is_a_state_or_known_to_be_none() -> None:
    columns = _columns()
    listed = {name for name, _ in columns if name in STATES or name in PROPERTIES}
    texts = {name for own in columns for name in own if name in TEXTS}
    assert len(columns) > 250 and listed == STATES.keys() | PROPERTIES.keys() and texts == TEXTS
    unlisted = [
        name
        for name, column in columns
        if not {name, column} & TEXTS and name not in listed and not column.endswith(_ENDINGS)
    ]
    assert unlisted == [], "say what it is: a state, and its ways out; a property; or a text"


def test_every_term_of_the_vocabulary_is_looked_at() -> None:
    """A term that no column and no report has is one that files, settings or the screen say."""
    folder = Path(elqr.vocabulary.__file__).parent
    modules = [import_module(f"elqr.vocabulary.{path.stem}") for path in folder.glob("*terms.py")]
    terms = {
        own
        for module in modules
        for own in vars(module).values()
        if isinstance(own, type) and issubclass(own, StrEnum) and own.__module__ == module.__name__ and len(own)
    }
    kept = {*STATES.values(), *PROPERTIES.values(), *ON_REPORTS}
    assert kept <= terms and {own.__name__ for own in terms - kept} == {
        "AccountingKind", "ClaimSource", "CountedBy", "Direction", "Flag", "NightBook", "PostingResult", "Priority",
        "ProcedureKind", "StageState", "YearKind",
    }  # fmt: skip


def test_every_state_is_in_the_table_once() -> None:
    values = {(kind.__name__, value) for kind in {*STATES.values(), *ON_REPORTS} for value in kind}
    listed = Counter((type(value).__name__, value) for state in states() for value in state.values)
    over = Counter((type(value).__name__, value) for value in NOTHING_WAITS)
    assert len(values) > 80 and (listed + over).most_common(1)[0][1] == 1
    assert set(listed) | set(over) == values


def test_every_state_has_a_way_out_and_two_people_can_take_one() -> None:
    """What two people cannot end ends by itself, or nothing is decided by ending it."""
    assert sum(map(len, WAYS_OUT.values())) == len(list(states())) > 60
    without_two = {state.name for state in states() if not any(way.who is Who.TWO for way in state.ways)}
    assert all(state.ways and state.meaning for state in states()) and without_two == {
        "待ち", "未取込", "取り消した納付書データ", "未着・不足・順序外", "消し込んでいない収納", "書き出した納付書情報", "検査で止まった印刷",
        "速報（確報待ち）", "承認された督促の申請", "変わった後の申請", "書き出していない計上", "取り消した書き出し", "入金待ち", "引いた一覧",
        "一致・手数料控除後一致・相殺",
    }  # fmt: skip
