"""Lint of lines (明細への対応の検査): what a spec says of how a record becomes a line of money, a claim and others."""

from collections.abc import Iterator, Mapping

from elqr.formats.authoring.lint_references import check_home, check_mapping, check_reference
from elqr.formats.authoring.spec_text import Remark, SpecText, one_or_several, words_of
from elqr.formats.spec import Spec
from elqr.vocabulary.claim_terms import EntryKind
from elqr.vocabulary.ruling_terms import PAID_BY_FILE
from elqr.vocabulary.terms import STATED_HOLDS, DepositKind


def deposit(written: SpecText, others: Mapping[str, Spec]) -> Iterator[Remark]:
    """入金への対応: fields exist and are of the right kinds; kinds of lines are known."""
    money = written.table("deposit")
    remedy = "どの項目が入金の金額・勘定日・振込依頼人かを書いてください。"
    yield from check_home(written, "deposit", "money", "入金", remedy)
    if written.record(str(money.get("record"))) is None:
        return
    wanted = {"yen": ("yen",), "booked_on": ("date",), "funds_on": ("date",)}
    for key in ("yen", "booked_on", "funds_on", "sender_code", "sender"):
        if isinstance(money.get(key), str):
            yield from check_reference(
                written, others, "deposit", key, str(money[key]), wanted.get(key, ("digits", "text"))
            )
    for key in ("account", "number"):
        for name in words_of(money, key):
            yield from check_reference(written, others, "deposit", key, name, ("digits", "text", "count", "code"))
    yield from check_mapping(written, others, "deposit", "kind", {kind.value for kind in DepositKind})


def claim(written: SpecText, others: Mapping[str, Spec]) -> Iterator[Remark]:
    """調定への対応: fields exist and are of the right kinds; reasons are known."""
    table = written.table("claim")
    if written.table("status"):
        return
    remedy = "どの項目が税目・通知書番号・期別・調定の額・操作日時かを書いてください。"
    yield from check_home(written, "claim", "claim", "調定", remedy)
    if written.record(str(table.get("record"))) is None:
        return
    for key, name in table.items():
        if key not in ("record", "procedure", "reason") and isinstance(name, str):
            yield from check_reference(written, others, "claim", key, name, _kinds_of_claim(key))
    for name in words_of(table, "stated_at"):
        yield from check_reference(written, others, "claim", "stated_at", name, ("date", "time", "digits", "count"))
    for key, terms in (("procedure", None), ("reason", {kind.value for kind in EntryKind})):
        yield from check_mapping(written, others, "claim", key, terms)


def status(written: SpecText, others: Mapping[str, Spec]) -> Iterator[Remark]:
    """督促の状況への対応: fields exist and are of the right kinds; the kinds of reasons are known."""
    table = written.table("status")
    yield from check_home(written, "status", "", "督促の状況", "record に、状況の行のレコードを書いてください。")
    if written.record(str(table.get("record"))) is None:
        return
    for key in ("levy_year", "tax_year", "bill_no", "installment_no", "payer_ref", "from_on", "until_on", "reason"):
        if isinstance(table.get(key), str):
            yield from check_reference(written, others, "status", key, str(table[key]), _kinds_of_claim(key))
    for key, kinds in (("released_on", ("date",)), ("number", ()), ("stated_at", ("date", "time", "digits", "count"))):
        for name in one_or_several(table, key):
            yield from check_reference(written, others, "status", key, name, kinds)
    for key, terms in (("procedure", None), ("kind", {kind.value for kind in STATED_HOLDS})):
        yield from check_mapping(written, others, "status", key, terms)


def refund(written: SpecText, others: Mapping[str, Spec]) -> Iterator[Remark]:
    """還付の支払への対応: fields exist and are of the right kinds; steps are known."""
    table = written.table("refund")
    remedy = "どの項目が受付番号か決定番号・支払日・支払番号・金額・区分かを書いてください。"
    yield from check_home(written, "refund", "refund", "還付の支払", remedy)
    if written.record(str(table.get("record"))) is None:
        return
    wanted = {"payment_no": ("digits", "count"), "done_on": ("date",), "yen": ("yen",)}
    for key in ("payment_no", "decision_no", "done_on", "number", "yen"):
        if isinstance(table.get(key), str):
            kinds = wanted.get(key, ("digits", "text"))
            yield from check_reference(written, others, "refund", key, str(table[key]), kinds)
    yield from check_mapping(written, others, "refund", "step", {step.value for step in PAID_BY_FILE})


def _kinds_of_claim(key: str) -> tuple[str, ...]:
    """The kinds that a field of a claim may have, by the ending of its key."""
    for ending, kinds in (
        ("_yen", ("yen",)),
        ("_on", ("date",)),
        ("_year", ("count",)),
        ("installment_no", ("count",)),
    ):
        if key.endswith(ending):
            return kinds
    return ("digits", "text", "code")


def debit(written: SpecText, others: Mapping[str, Spec]) -> Iterator[Remark]:
    """引落への対応: fields exist and are of the right kinds. A request without it can be read but not compared."""
    table = written.table("debit")
    if not table:
        return
    yield from check_home(
        written, "debit", "request", "引落", "どの項目が引落の金額・引落日・顧客番号かを書いてください。"
    )
    if written.record(str(table.get("record"))) is None:
        return
    for key, kinds in (("yen", ("yen",)), ("debit_on", ("date",))):
        if isinstance(name := table.get(key), str):
            yield from check_reference(written, others, "debit", key, name, kinds)
    entry = table.get("key")
    for name in words_of(entry, "fields") if isinstance(entry, dict) else ():
        yield from check_reference(written, others, "debit", "key", name, ("digits", "text"))
    for name in words_of(table, "identity"):
        yield from check_reference(written, others, "debit", "identity", name, ())
