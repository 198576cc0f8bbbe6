"""A format's spec (様式): what one TOML file in specs/ may say.

A layout is written once, as widths; offsets are computed. A city can write a spec without Python.
Refused: widths that do not add up to the record length, and kinds without the keys they need. The messages are Japanese
and name the place.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from elqr.formats.mapping import (
    ClaimMap,
    DebitMap,
    DepositMap,
    Mapped,
    PaymentMap,
    RefundMap,
    StatusMap,
    Where,
    as_tuple,
)
from elqr.vocabulary.strict import Strict

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
    zeros_lost: bool = False
    personal: bool = False
    optional: bool = False
    nested: "Spec | None" = None

    @model_validator(mode="after")
    def _kind_has_what_it_needs(self) -> Self:
        needs = {"const": self.value, "code": self.values, "nested": self.spec}
        if self.kind in needs and not needs[self.kind]:
            wanted = {"const": "value", "code": "values", "nested": "spec"}[self.kind]
            raise ValueError(f"項目 {self.name}: kind = {self.kind} には {wanted} が必要です")
        if self.optional and not (self.blank or self.kind in TEXT_KINDS):
            raise ValueError(f"項目 {self.name}: optional の項目には blank = true が必要です")
        if self.kind in ("yen", "count") and max(self.width or 0, self.max_width or 0) > MOST_DIGITS:
            raise ValueError(f"項目 {self.name}: kind = {self.kind} は{MOST_DIGITS}桁までです（長い番号は digits）")
        return self


class Choice(Strict):
    """選ぶ項目: the field that counts, by the value of another field (`by`); `otherwise`, also where it is blank."""

    by: str
    fields: dict[str, str]
    otherwise: str

    @property
    def names(self) -> tuple[str, ...]:
        """指す項目: the names of all fields that are used."""
        return self.by, *self.fields.values(), self.otherwise


class Joined(Strict):
    """またがる金額: digits that lie across fields; `width` characters of them from `start`, counted from 1.

    `unread`: only in records whose field of this name could not be read (see `DoubtRule.unread`).
    """

    fields: tuple[str, ...] = Field(min_length=2)
    start: int = Field(ge=1)
    width: int = Field(ge=1, le=MOST_DIGITS)
    unread: str | None = None


class RecordSpec(Strict):
    """レコード: its tag (レコード区分, the first field), the records it may follow, and its fields.

    Further columns come from them: an amount that lies across fields (`joined`), the `first_of` several amounts that is
    not zero, and the field that one has to `choose`.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    tag: str | None = None
    follows: tuple[str, ...] = ()
    opens_group: bool = False
    closes: bool = False
    fields: tuple[FieldSpec, ...] = Field(min_length=1)
    first_of: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    choose: dict[str, Choice] = Field(default_factory=dict)
    joined: dict[str, Joined] = Field(default_factory=dict)

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

    @property
    def derived(self) -> dict[str, tuple[str, ...]]:
        """導く項目: further columns, and the names of the fields that they come from."""
        joined = {name: several.fields for name, several in self.joined.items()}
        return joined | self.first_of | {name: choice.names for name, choice in self.choose.items()}

    def field(self, name: str) -> FieldSpec | None:
        """項目 with a name; None when there is none."""
        return next((field for field in self.fields if field.name == name), None)

    @property
    def most_left_out(self) -> int:
        """省ける項目の数: how many fields the header row of a CSV may leave out."""
        return sum(field.optional for field in self.fields)

    def named_by(self, titles: Sequence[str], *, any_order: bool) -> tuple[FieldSpec, ...] | None:
        """見出しの項目 of a CSV, in its order, without optional ones left out; None for another header row."""
        fields = tuple(field for field in self.fields if not field.optional or field.title in titles)
        if any_order and len(set(titles)) == len(titles):
            fields = tuple(sorted(fields, key=lambda field: titles.index(field.title) if field.title in titles else -1))
        return fields if [field.title for field in fields] == list(titles) else None

    @model_validator(mode="after")
    def _optional_ones_are_last(self) -> Self:
        optional = [field.optional for field in self.fields]
        if optional != sorted(optional):
            raise ValueError(f"レコード {self.name}: optional の項目は最後に並べてください")
        return self


class Control(Strict):
    """合計の検査: compares a field with a count or sum over the records of its group, or with other fields.

    `whole_file`: counts the records of all groups. `or_count`: what other senders count; either is right. A total that
    the sender leaves blank is not checked.
    """

    title: str
    at: str
    count: Annotated[tuple[str, ...], BeforeValidator(as_tuple)] = ()
    or_count: Annotated[tuple[str, ...], BeforeValidator(as_tuple)] = ()
    sum: str | None = None
    plus: tuple[str, ...] = ()
    minus: tuple[str, ...] = ()
    where: Where = Field(default_factory=dict)
    whole_file: bool = False

    @property
    def records(self) -> tuple[str, ...]:
        """数えるレコード: the kinds of records that are counted or summed."""
        counted = tuple(dict.fromkeys((*self.count, *self.or_count)))
        return counted or ((self.sum.partition(".")[0],) if self.sum else ())

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if sum(bool(way) for way in (self.count, self.sum, self.plus)) != 1:
            raise ValueError(f"検査「{self.title}」には count, sum, plus のどれか一つを書いてください")
        return self


class Probe(Strict):
    """見分け方: fields that must be well-formed (or `blank`) in one of the first records of a kind.

    Of the `fields`, those that are `filled` must not be blank, and `loose` ones need only have their number of digits.
    """

    record: str
    fields: tuple[str, ...] = Field(min_length=1)
    blank: tuple[str, ...] = ()
    filled: tuple[str, ...] = ()
    loose: tuple[str, ...] = ()


class Verified(Strict):
    """確かめたこと: whether a source was read for the `layout` (配置), and one for the `values` of its codes (値)."""

    layout: bool
    values: bool

    @property
    def fully(self) -> bool:
        """どちらも確かめたか: whether nothing about the format is provisional."""
        return self.layout and self.values

    @property
    def words(self) -> str:
        """確認の言葉 as staff read it."""
        if self.fully:
            return "確認済"
        return "値は仮" if self.layout else "配置は仮" if self.values else "仮"


def _as_verified(value: object) -> object:
    return {"layout": value, "values": value} if isinstance(value, bool) else value


def _as_probes(value: object) -> object:
    return [value] if isinstance(value, dict) else value


Probes = Annotated[tuple[Probe, ...], BeforeValidator(_as_probes)]


class Spec(Strict):
    """様式: one file format, or (purpose `part`) a layout nested in a field of others."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    purpose: Literal["payment", "money", "claim", "refund", "request", "notice", "upload", "part"]
    layout: Literal["fixed", "csv"]
    verified: Annotated[Verified, BeforeValidator(_as_verified)]
    grade: Literal["HIGH", "MED-HIGH", "MED", "LOW", "PROVISIONAL"]
    sources: tuple[str, ...] = Field(min_length=1)
    open_questions: tuple[str, ...] = ()
    charsets: tuple[Charset, ...] = Field(min_length=1)
    line_ends: tuple[LineEnd, ...] = ("crlf",)
    accepts: tuple[Variation, ...] = ()
    charset_kind: Mapped | None = None
    record_bytes: int | None = None
    preamble_bytes: int = Field(default=0, ge=0)
    header_row: bool = False
    typed_by_hand: bool = False
    spreadsheet: bool = False
    two_people: bool = False
    made_by: Literal["sender", "city", "core", "accounting"] = "sender"
    check: Literal["gs1_mod10", "mpn"] | None = None
    result_totals: tuple[str, ...] = ()
    error_prefix: str | None = None
    recognize: Probes = ()
    record: tuple[RecordSpec, ...] = Field(min_length=1)
    control: tuple[Control, ...] = ()
    payment: PaymentMap | None = None
    deposit: DepositMap | None = None
    claim: ClaimMap | None = None
    debit: DebitMap | None = None
    status: StatusMap | None = None
    refund: RefundMap | None = None

    @property
    def maps(self) -> tuple[PaymentMap | DepositMap | ClaimMap | DebitMap | StatusMap | RefundMap, ...]:
        """対応: the mappings of the spec, such as to payments, to money received or to claims."""
        every = (self.payment, self.deposit, self.claim, self.debit, self.status, self.refund)
        return tuple(mapping for mapping in every if mapping is not None)

    @property
    def sender(self) -> str:
        """送付元: begins the identity of its payments or debits; the name of the spec if it names no sender."""
        mapping = self.payment or self.debit
        return (mapping.sender if mapping else None) or self.name

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
    def _a_spreadsheet_has_headings(self) -> Self:
        shape = self.purpose, self.layout, self.header_row, len(self.record)
        if self.spreadsheet and shape != ("notice", "csv", True, 1):
            raise ValueError("spreadsheet = true は、見出し行のある一種類のレコードの納付書データの CSV だけで使えます")
        return self

    @model_validator(mode="after")
    def _raw_bytes_can_be_kept(self) -> Self:
        kinds = {field.kind for record in self.record for field in record.fields}
        if "raw" in kinds and self.layout == "csv":
            raise ValueError("kind = raw は固定長の様式だけで使えます")
        return self

    @model_validator(mode="after")
    def _records_named_exist(self) -> Self:
        names = {record.name for record in self.record}
        referred = {name for record in self.record for name in record.follows if name != "start"}
        referred |= {mapping.record for mapping in self.maps}
        referred |= {probe.record for probe in self.recognize}
        referred |= {name for control in self.control for name in (control.at.partition(".")[0], *control.records)}
        if unknown := sorted(referred - names):
            raise ValueError(f"レコードがありません: {', '.join(unknown)}")
        if self.purpose == "payment" and (self.payment is None or (self.layout == "fixed" and not self.recognize)):
            raise ValueError("purpose = payment には [payment] と（固定長なら）[recognize] が必要です")
        if self.purpose == "money" and self.deposit is None:
            raise ValueError("purpose = money には [deposit] が必要です")
        if self.purpose == "claim" and (self.claim is None) == (self.status is None):
            raise ValueError("purpose = claim には [claim] か [status] のどちらかが必要です")
        if self.purpose == "refund" and self.refund is None:
            raise ValueError("purpose = refund には [refund] が必要です")
        return self
