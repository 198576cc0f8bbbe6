"""Mappings (対応): what a spec says of how a record becomes a payment, a line of money, a claim and others.

Refused: stages, channels and kinds that are no terms, and rules of doubt that say nothing or several things.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator

from elqr.vocabulary.claim_terms import EntryKind
from elqr.vocabulary.ruling_terms import PAID_BY_FILE
from elqr.vocabulary.strict import Strict
from elqr.vocabulary.terms import STATED_HOLDS, Channel, DepositKind, KeyKind, Stage


def as_tuple(value: object) -> object:
    """一つかいくつか: a single word as a tuple of one."""
    return (value,) if isinstance(value, str) else value


def _as_piece(value: object) -> object:
    return {"field": value} if isinstance(value, str) else value


def _as_lists(value: object) -> object:
    return {name: as_tuple(words) for name, words in value.items()} if isinstance(value, dict) else value


Where = Annotated[dict[str, tuple[str, ...]], BeforeValidator(_as_lists)]
"""条件: field → values, of which it must have one; values with `!` are those that it must not have."""


class Piece(Strict):
    """項目か、その一部: a field, or `width` characters of it from `start`, counted from 1."""

    field: str
    start: int = Field(default=1, ge=1)
    width: int | None = Field(default=None, ge=1)


class DoubtRule(Strict):
    """疑義の定め: a record that is in order but goes to 要確認, because people have to decide what it means.

    True of a record whose field has one of the `values`, cannot be read as its kind says (`unread`; where a part of a
    nested field is named, because of that part), or differs from another field (`differs_from`); and to which `where`
    applies. The other records of the file go their way.
    """

    title: str
    field: str
    values: tuple[str, ...] = ()
    unread: bool = False
    differs_from: Annotated[Piece | None, BeforeValidator(_as_piece)] = None
    where: Where = Field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """指す項目: the names of all fields that are used."""
        return tuple(name for name in (self.field, self.differs_from and self.differs_from.field, *self.where) if name)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if sum(bool(way) for way in (self.values, self.unread, self.differs_from)) != 1:
            raise ValueError(f"疑義「{self.title}」には values, unread, differs_from のどれか一つを書いてください")
        return self


class Mapped(Strict):
    """対応: a value of the payment, either a constant, or a field's value looked up in a table (`map`).

    For some values of a second field (`by`) another table (`maps`) is used.
    """

    value: str | None = None
    field: str | None = None
    map: dict[str, str] = Field(default_factory=dict)
    default: str | None = None
    by: str | None = None
    maps: dict[str, dict[str, str]] = Field(default_factory=dict)


def _as_mapped(value: object) -> object:
    return {"value": value} if isinstance(value, str) else value


MappedValue = Annotated[Mapped, BeforeValidator(_as_mapped)]


class KeyMap(Strict):
    """照会キー: its kind, the fields whose digits make it up, and whether a bar code's 再発行 digit belongs to it."""

    kind: KeyKind
    fields: tuple[str, ...] = Field(min_length=1)
    with_reissue_no: bool = False


def _require_terms(mapped: Mapped, terms: Iterable[StrEnum], place: str) -> None:
    """Raise ValueError when a mapping uses a value that is not one of the terms."""
    used = [*mapped.map.values(), *filter(None, [mapped.value, mapped.default])]
    used += [term for table in mapped.maps.values() for term in table.values()]
    if bool(mapped.maps) != (mapped.by is not None):
        raise ValueError(f"{place} の by と maps は両方そろえてください")
    if unknown := sorted(set(used) - {term.value for term in terms}):
        raise ValueError(f"{place} に使えない値です: {', '.join(unknown)}")


class DepositMap(Strict):
    """入金への対応: the fields that make up a line of money received. A dotted name points into another record."""

    record: str
    kind: MappedValue
    yen: str
    booked_on: str
    funds_on: str | None = None
    account: tuple[str, ...] = ()
    sender_code: str | None = None
    sender: str | None = None
    number: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """指す項目: the names of all fields that are used."""
        fields = (self.yen, self.booked_on, self.funds_on, self.sender_code, self.sender, self.kind.field, self.kind.by)
        return tuple(name for name in (*fields, *self.account, *self.number) if name is not None)

    @model_validator(mode="after")
    def _kinds_exist(self) -> Self:
        _require_terms(self.kind, DepositKind, "[deposit] kind")
        return self


class ClaimMap(Strict):
    """調定への対応: the fields that make up a row of a claim file.

    `procedure` is 税目・料金 as the register names it. `written_off` are the day and the items of 不納欠損, and
    `stated_at` the fields that say when the core system last worked on the claim, the day first.
    """

    record: str
    procedure: MappedValue
    levy_year: str
    tax_year: str
    bill_no: str
    installment_no: str
    payer_ref: str
    due_on: str
    changed_on: str
    reason: MappedValue | None = None
    principal_yen: str
    demand_fee_yen: str
    late_charge_yen: str
    written_off_on: str | None = None
    principal_off_yen: str | None = None
    demand_fee_off_yen: str | None = None
    late_charge_off_yen: str | None = None
    stated_at: tuple[str, ...] = Field(min_length=1)

    @property
    def names(self) -> tuple[str, ...]:
        """指す項目: the names of all fields that are used."""
        values = (value for name, value in self if name not in ("record", "stated_at"))
        single = (value.field if isinstance(value, Mapped) else value for value in values)
        return (*(name for name in single if name is not None), *self.stated_at)

    @model_validator(mode="after")
    def _reasons_exist(self) -> Self:
        if self.reason is not None:
            _require_terms(self.reason, EntryKind, "[claim] reason")
        return self


class StatusMap(Strict):
    """督促の状況への対応: the fields that make up a reason not to remind, of the rows to which `where` applies.

    The first five name a claim; where they are blank, or the spec has none of them, a row is of all claims of its
    payer. `number` identifies the record for the core system. It ends with `until_on` or the day before the earliest
    of `released_on`, or never began if `deleted` applies.
    """

    record: str
    where: Where = Field(default_factory=dict)
    procedure: MappedValue | None = None
    levy_year: str | None = None
    tax_year: str | None = None
    bill_no: str | None = None
    installment_no: str | None = None
    payer_ref: str | None = None
    kind: MappedValue
    number: Annotated[tuple[str, ...], BeforeValidator(as_tuple)] = ()
    from_on: str
    until_on: str | None = None
    released_on: Annotated[tuple[str, ...], BeforeValidator(as_tuple)] = ()
    deleted: Where = Field(default_factory=dict)
    reason: str | None = None
    stated_at: tuple[str, ...] = Field(min_length=1)

    @property
    def names(self) -> tuple[str, ...]:
        """指す項目: the names of all fields that are used."""
        claim = (self.levy_year, self.tax_year, self.bill_no, self.installment_no, self.payer_ref)
        mapped = (self.kind.field, self.kind.by, self.procedure.field if self.procedure else None)
        single = (*claim, *mapped, self.from_on, self.until_on, self.reason)
        several = (*self.number, *self.released_on, *self.stated_at, *self.where, *self.deleted)
        return (*(name for name in single if name is not None), *several)

    @model_validator(mode="after")
    def _says_whose_and_why(self) -> Self:
        _require_terms(self.kind, STATED_HOLDS, "[status] kind")
        claim = (self.procedure, self.levy_year, self.tax_year, self.bill_no, self.installment_no)
        if len({part is None for part in claim}) > 1:
            names = "procedure・levy_year・tax_year・bill_no・installment_no"
            raise ValueError(f"[status] の {names} は、すべて書くか、一つも書かないでください")
        if self.bill_no is None and self.payer_ref is None:
            raise ValueError("[status] には payer_ref か、調定の項目が必要です")
        return self


class RefundMap(Strict):
    """還付の支払への対応: the fields that make up a row of a file of the accounting system.

    The payment is named by 受付番号 (`payment_no`), by the number of its 還付決定 (`decision_no`), or by both. `step`
    is `paid_out` or `bounced`.
    """

    record: str
    payment_no: str | None = None
    decision_no: str | None = None
    step: MappedValue
    done_on: str
    number: str
    yen: str

    @property
    def names(self) -> tuple[str, ...]:
        """指す項目: the names of all fields that are used."""
        fields = (self.payment_no, self.decision_no, self.step.field, self.step.by, self.done_on, self.number, self.yen)
        return tuple(name for name in fields if name is not None)

    @model_validator(mode="after")
    def _steps_exist(self) -> Self:
        _require_terms(self.step, PAID_BY_FILE, "[refund] step")
        if self.payment_no is None and self.decision_no is None:
            raise ValueError("[refund] には payment_no か decision_no を書いてください")
        return self


class PaymentMap(Strict):
    """収納への対応: the fields that make up a payment. A dotted name points into another record or a nested field.

    `sender` begins the identity: formats in which one sender reports the same payments share it. `other_key` is the key
    of records in which the fields of `key` are blank. `image_ref` is what the city calls the picture of the paper.
    """

    record: str
    sender: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9_]*$")
    channel: MappedValue
    stage: MappedValue
    key: KeyMap
    other_key: KeyMap | None = None
    identity: tuple[str, ...] = Field(min_length=1)
    paid_yen: str
    paid_on: str
    received_on: str | None = None
    funds_on: str | None = None
    reissue_no: str | None = None
    check_no: str | None = None
    item_no: str | None = None
    office_code: str | None = None
    result_code: str | None = None
    image_ref: str | None = None
    doubt: tuple[DoubtRule, ...] = ()

    @model_validator(mode="after")
    def _terms_exist(self) -> Self:
        _require_terms(self.stage, Stage, "[payment] stage")
        _require_terms(self.channel, Channel, "[payment] channel")
        if self.key.with_reissue_no and (self.key.kind is not KeyKind.BARCODE or self.reissue_no is None):
            raise ValueError("[payment] key の with_reissue_no は、reissue_no のあるバーコードのキーだけに書けます")
        if self.other_key is not None and (self.key.with_reissue_no or self.other_key.with_reissue_no):
            raise ValueError("[payment] other_key のある様式の照会キーには with_reissue_no を書けません")
        return self

    @property
    def may_be_unread(self) -> tuple[DoubtRule, ...]:
        """読めなくてもよい項目の定め: rules on fields that stop their record, not their file, when they are unread."""
        return tuple(rule for rule in self.doubt if rule.unread)

    @property
    def key_fields(self) -> tuple[str, ...]:
        """照会キーの項目, in order; a 再発行 digit that belongs to the key comes last."""
        reissue_no = self.reissue_no if self.key.with_reissue_no else None
        return self.key.fields if reissue_no is None else (*self.key.fields, reissue_no)

    @property
    def named_keys(self) -> tuple[str, ...]:
        """照会キーの項目 of either key."""
        return (*self.key.fields, *(self.other_key.fields if self.other_key else ()))

    @property
    def names(self) -> tuple[str, ...]:
        """指す項目: the names of all fields that are used."""
        days = (self.paid_on, self.received_on, self.funds_on)
        fields = (self.paid_yen, *days, self.reissue_no, self.check_no, self.item_no)
        codes = (self.office_code, self.result_code, self.image_ref)
        mapped = (self.channel.field, self.stage.field, self.channel.by, self.stage.by)
        doubted = (name for rule in self.doubt for name in rule.names)
        names = (*fields, *codes, *mapped, *self.named_keys, *self.identity, *doubted)
        return tuple(name for name in names if name is not None)


class DebitMap(Strict):
    """引落への対応: the fields that make up a debit of a request (口座振替の依頼).

    `sender` and `identity` are those of the format in which the results of these debits come, so that a debit and its
    result have one identity.
    """

    record: str
    sender: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9_]*$")
    key: KeyMap
    identity: tuple[str, ...] = Field(min_length=1)
    yen: str
    debit_on: str

    @property
    def names(self) -> tuple[str, ...]:
        """指す項目: the names of all fields that are used."""
        return (self.yen, self.debit_on, *self.key.fields, *self.identity)

    @model_validator(mode="after")
    def _key_is_of_a_customer(self) -> Self:
        if self.key.kind is not KeyKind.CUSTOMER:
            raise ValueError("[debit] key の kind は customer（口座振替の顧客番号）です")
        return self
