"""A format's spec (様式): what one TOML file in specs/ may say.

A layout is written once, as widths; offsets are computed. A city can write a spec without Python.
Refused: widths that do not add up to the record length, and kinds without the keys they need. The messages are Japanese
and name the place.
"""

from enum import StrEnum
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from elqr.vocabulary.strict import Strict
from elqr.vocabulary.terms import DepositKind, KeyKind, Stage

Kind = Literal["const", "code", "digits", "yen", "count", "date", "time", "text", "filler", "raw", "nested"]
DateForm = Literal["yyyymmdd", "yyyy/mm/dd", "yyyy-mm-dd", "mmdd", "wareki_yymmdd"]
LineEnd = Literal["none", "crlf", "lf", "cr", "crlf_inside", "lf_inside", "cr_inside"]
Charset = Literal["jisx0201", "ebcdic", "cp932", "utf-8", "utf-8-sig"]
Variation = Literal[
    "final_1a",
    "no_final_line_end",
    "stripped_spaces",
    "end_length",
    "utf8_bom",
    "charset_kind_differs",
    "final_blank_line",
    "cut_character",
]

VARIATIONS: dict[Variation, str] = {
    "final_1a": "末尾に 1A がある",
    "no_final_line_end": "最後の改行がない",
    "stripped_spaces": "行末の空白が削られている",
    "end_length": "エンドレコードの長さが違う",
    "utf8_bom": "先頭に UTF-8 の BOM がある",
    "charset_kind_differs": "コード区分が実際の文字コードと違う",
    "final_blank_line": "最後に空の行がある",
    "cut_character": "文字の項目が二バイト文字の途中で切れている",
}
"""形のゆれ: departures that a spec may name in `accepts`. Those it does not name are findings."""


TEXT_KINDS = frozenset({"text", "filler", "raw"})
"""Kinds of fields that may hold any text."""

MOST_DIGITS = 18
"""Every number of this many digits fits into 64 bits."""


class FieldSpec(Strict):
    """項目: one field. `width` counts bytes in a fixed record, and exact characters of `digits` in a CSV."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    kind: Kind
    width: int | None = Field(default=None, ge=1)
    max_width: int | None = Field(default=None, ge=1)
    value: str | None = None
    values: dict[str, str] | None = None
    form: DateForm = "yyyymmdd"
    ahead: bool = False
    spec: str | None = None
    prefix: str = ""
    blank: bool = False
    zero_is_blank: bool = False
    space_padded: bool = False
    personal: bool = False
    nested: "Spec | None" = None

    @model_validator(mode="after")
    def _kind_has_what_it_needs(self) -> Self:
        needs = {"const": self.value, "code": self.values, "nested": self.spec}
        if self.kind in needs and not needs[self.kind]:
            wanted = {"const": "value", "code": "values", "nested": "spec"}[self.kind]
            raise ValueError(f"項目 {self.name}: kind = {self.kind} には {wanted} が必要です")
        if self.kind in ("yen", "count") and max(self.width or 0, self.max_width or 0) > MOST_DIGITS:
            raise ValueError(f"項目 {self.name}: kind = {self.kind} は{MOST_DIGITS}桁までです（長い番号は digits）")
        return self


class RecordSpec(Strict):
    """レコード: its tag (レコード区分, the first field), the records it may follow, and its fields."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    tag: str | None = None
    follows: tuple[str, ...] = ()
    opens_group: bool = False
    closes: bool = False
    fields: tuple[FieldSpec, ...] = Field(min_length=1)

    @cached_property
    def offsets(self) -> tuple[int, ...]:
        """項目の位置: the first byte of each field, from 0."""
        starts, at = [], 0
        for field in self.fields:
            starts.append(at)
            at += field.width or 0
        return tuple(starts)

    @property
    def width_bytes(self) -> int:
        """レコードの長さ in bytes, for a fixed layout."""
        return sum(field.width or 0 for field in self.fields)

    def field(self, name: str) -> FieldSpec | None:
        """項目 with a name; None when there is none."""
        return next((field for field in self.fields if field.name == name), None)


class Control(Strict):
    """合計の検査: compares a field with a count or sum over the records of its group, or with other fields."""

    title: str
    at: str
    count: str | None = None
    sum: str | None = None
    plus: tuple[str, ...] = ()
    minus: tuple[str, ...] = ()
    where: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if sum(bool(way) for way in (self.count, self.sum, self.plus)) != 1:
            raise ValueError(f"検査「{self.title}」には count, sum, plus のどれか一つを書いてください")
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


def _require_terms(mapped: Mapped, terms: type[StrEnum], place: str) -> None:
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


class PaymentMap(Strict):
    """収納への対応: the fields that make up a payment. A dotted name points into another record or a nested field.

    `sender` begins the identity: formats in which one sender reports the same payments share it.
    """

    record: str
    sender: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9_]*$")
    channel: MappedValue
    stage: MappedValue
    key: KeyMap
    identity: tuple[str, ...] = Field(min_length=1)
    paid_yen: str
    paid_on: str
    funds_on: str | None = None
    reissue_no: str | None = None
    check_no: str | None = None
    item_no: str | None = None
    office_code: str | None = None
    result_code: str | None = None

    @model_validator(mode="after")
    def _stages_exist(self) -> Self:
        _require_terms(self.stage, Stage, "[payment] stage")
        if self.key.with_reissue_no and (self.key.kind is not KeyKind.BARCODE or self.reissue_no is None):
            raise ValueError("[payment] key の with_reissue_no は、reissue_no のあるバーコードのキーだけに書けます")
        return self

    @property
    def key_fields(self) -> tuple[str, ...]:
        """照会キーの項目, in order; a 再発行 digit that belongs to the key comes last."""
        reissue_no = self.reissue_no if self.key.with_reissue_no else None
        return self.key.fields if reissue_no is None else (*self.key.fields, reissue_no)

    @property
    def names(self) -> tuple[str, ...]:
        """指す項目: the names of all fields that are used."""
        fields = (self.paid_yen, self.paid_on, self.funds_on, self.reissue_no, self.check_no, self.item_no)
        codes = (self.office_code, self.result_code)
        mapped = (self.channel.field, self.stage.field, self.channel.by, self.stage.by)
        names = (*fields, *codes, *mapped, *self.key.fields, *self.identity)
        return tuple(name for name in names if name is not None)


class Probe(Strict):
    """見分け方: fields that must be well-formed (or `blank`) in one of the first records of a kind."""

    record: str
    fields: tuple[str, ...] = Field(min_length=1)
    blank: tuple[str, ...] = ()


def _as_probes(value: object) -> object:
    return [value] if isinstance(value, dict) else value


Probes = Annotated[tuple[Probe, ...], BeforeValidator(_as_probes)]


class Spec(Strict):
    """様式: one file format, or (purpose `part`) a layout nested in a field of others."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    purpose: Literal["payment", "money", "request", "notice", "upload", "part"]
    layout: Literal["fixed", "csv"]
    verified: bool
    grade: Literal["HIGH", "MED-HIGH", "MED", "LOW", "PROVISIONAL"]
    sources: tuple[str, ...] = Field(min_length=1)
    open_questions: tuple[str, ...] = ()
    charsets: tuple[Charset, ...] = Field(min_length=1)
    line_ends: tuple[LineEnd, ...] = ("crlf",)
    accepts: tuple[Variation, ...] = ()
    charset_kind: Mapped | None = None
    record_bytes: int | None = None
    header_row: bool = False
    typed_by_hand: bool = False
    made_by: Literal["sender", "city", "core"] = "sender"
    check: Literal["gs1_mod10", "mpn"] | None = None
    error_prefix: str | None = None
    recognize: Probes = ()
    record: tuple[RecordSpec, ...] = Field(min_length=1)
    control: tuple[Control, ...] = ()
    payment: PaymentMap | None = None
    deposit: DepositMap | None = None

    @property
    def maps(self) -> tuple[PaymentMap | DepositMap, ...]:
        """対応: the mappings of the spec, to payments or to money received."""
        return tuple(mapping for mapping in (self.payment, self.deposit) if mapping is not None)

    @property
    def sender(self) -> str:
        """送付元: begins the identity of its payments; the name of the spec if it names no sender."""
        return (self.payment.sender if self.payment else None) or self.name

    def record_named(self, name: str) -> RecordSpec | None:
        """レコード with a name; None when there is none."""
        return next((record for record in self.record if record.name == name), None)

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if self.layout == "fixed":
            for record in self.record:
                missing = [field.name for field in record.fields if field.width is None]
                if missing:
                    raise ValueError(f"レコード {record.name}: width がありません: {', '.join(missing)}")
                if record.width_bytes != self.record_bytes:
                    raise ValueError(
                        f"レコード {record.name}: width の合計が {record.width_bytes} で、"
                        f"record_bytes = {self.record_bytes} と合いません"
                    )
        return self

    @model_validator(mode="after")
    def _raw_bytes_can_be_kept(self) -> Self:
        kinds = {field.kind for record in self.record for field in record.fields}
        if "raw" in kinds and (self.layout == "csv" or "ebcdic" in self.charsets):
            raise ValueError("kind = raw は固定長で、EBCDIC を受け付けない様式だけで使えます")
        return self

    @model_validator(mode="after")
    def _records_named_exist(self) -> Self:
        names = {record.name for record in self.record}
        referred = {name for record in self.record for name in record.follows if name != "start"}
        referred |= {mapping.record for mapping in self.maps}
        referred |= {probe.record for probe in self.recognize}
        referred |= {control.at.partition(".")[0] for control in self.control}
        if unknown := sorted(referred - names):
            raise ValueError(f"レコードがありません: {', '.join(unknown)}")
        if self.purpose == "payment" and (self.payment is None or (self.layout == "fixed" and not self.recognize)):
            raise ValueError("purpose = payment には [payment] と（固定長なら）[recognize] が必要です")
        if self.purpose == "money" and self.deposit is None:
            raise ValueError("purpose = money には [deposit] が必要です")
        return self
