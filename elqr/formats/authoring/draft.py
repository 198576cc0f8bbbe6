"""Draft (様式の下書き): a spec that nobody has confirmed yet, as commented TOML.

Every guess says 推測 on its line, the spec is PROVISIONAL and nothing in it is `verified`, and everything unknown is
listed in open_questions. A draft never moves money: its payments are 速報, which are counted and not posted,
until a person who has read the sender's document says otherwise.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from elqr.vocabulary.terms import Channel, KeyKind, Stage

GUESS = "推測"
_KINDS_OF_A_PAYMENT = ("yen", "date", "nested", "digits")


@dataclass(frozen=True, slots=True)
class DraftField:
    """項目の下書き. `note` says what the guess is based on; it never repeats a value that may be personal."""

    name: str
    title: str
    kind: str
    width: int | None = None
    extra: dict[str, object] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True, slots=True)
class DraftRecord:
    """レコードの下書き: one kind of record with its guessed fields."""

    name: str
    title: str
    fields: tuple[DraftField, ...]
    tag: str | None = None
    follows: tuple[str, ...] = ()
    opens_group: bool = False
    closes: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class DraftPayment:
    """収納への対応の下書き: the fields that make up a payment."""

    record: str
    channel: Channel
    key_kind: KeyKind
    key: tuple[str, ...]
    identity: tuple[str, ...]
    paid_yen: str
    paid_on: str


@dataclass(frozen=True, slots=True)
class Draft:
    """様式の下書き: a whole spec, every guess marked as one."""

    name: str
    source: str
    layout: str
    charset: str
    records: tuple[DraftRecord, ...]
    line_end: str = "crlf"
    record_bytes: int | None = None
    header_row: bool = False
    accepts: tuple[str, ...] = ()
    controls: tuple[tuple[str, str, str], ...] = ()
    payment: DraftPayment | None = None
    questions: tuple[str, ...] = ()


def toml(draft: Draft) -> str:
    """下書きの本文: the draft as the TOML of a spec."""
    return "\n".join([*_head(draft), *_records(draft), *_controls(draft), *_payment(draft), ""])


def _toml_value(value: object) -> str:
    """A value in TOML: strings, numbers, booleans, lists and tables."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml_value(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_toml_value, value)) + "]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _head(draft: Draft) -> Iterator[str]:
    purpose = "payment" if draft.payment else "upload"
    questions = (
        "この様式は下書き。送付元の資料と一項目ずつ照らし合わせる",
        *draft.questions,
    )
    yield "# 様式の下書き。確かめるまで、本当の配置として使わないこと。"
    yield f"# 「{GUESS}」とある行は見本や指定からの推測。確かめたら「{GUESS}」を消す。"
    yield "# すべて済んだら sources に資料の名前を書き、確かめた layout（配置）と values（値）を true にする。"
    yield f"# 検査は elqr spec check {draft.name}.toml、中身を見るのは elqr spec dump。"
    yield f"name = {_toml_value(draft.name)}"
    yield f"title = {_toml_value(draft.name + '（下書き）')}"
    yield f'purpose = "{purpose}"' + (
        "" if draft.payment else "  # 収納データなら payment に変え、下の [payment] を書く"
    )
    yield f'layout = "{draft.layout}"'
    yield "verified = { layout = false, values = false }"
    yield 'grade = "PROVISIONAL"'
    yield f"sources = {_toml_value([draft.source])}"
    yield "open_questions = ["
    yield from (f"  {_toml_value(question)}," for question in questions)
    yield "]"
    yield f"charsets = {_toml_value([draft.charset])}  # {GUESS}"
    if draft.layout == "csv":
        yield f"header_row = {_toml_value(draft.header_row)}  # {GUESS}"
    yield f"line_ends = {_toml_value([draft.line_end])}  # {GUESS}"
    if draft.accepts:
        yield f"accepts = {_toml_value(draft.accepts)}  # {GUESS}。見本の形のゆれ"
    if draft.layout == "fixed":
        yield f"record_bytes = {draft.record_bytes}  # {GUESS}"
        if draft.payment:
            yield from _recognize(draft, draft.payment)


def _recognize(draft: Draft, pay: DraftPayment) -> Iterator[str]:
    record = next(record for record in draft.records if record.name == pay.record)
    telling = [item.name for item in record.fields if item.kind in ("const", "date", "nested")]
    names = telling or [record.fields[0].name]
    yield f"recognize = {_toml_value({'record': record.name, 'fields': names})}  # {GUESS}。ほかの様式と見分ける項目"


def _records(draft: Draft) -> Iterator[str]:
    for record in draft.records:
        yield ""
        yield "[[record]]" + (f"  # {record.note}" if record.note else "")
        yield f"name = {_toml_value(record.name)}"
        yield f"title = {_toml_value(record.title)}"
        if record.tag is not None:
            yield f"tag = {_toml_value(record.tag)}"
        if record.follows:
            yield f"follows = {_toml_value(record.follows)}  # {GUESS}。見本にあった並び"
        if record.opens_group:
            yield "opens_group = true"
        if record.closes:
            yield "closes = true"
        yield "fields = ["
        at = 1
        for item in record.fields:
            table: dict[str, object] = {"name": item.name, "title": item.title}
            table |= {"width": item.width} if item.width else {}
            place = f"{at}バイト目から。" if draft.layout == "fixed" else ""
            yield f"  {_toml_value(table | {'kind': item.kind} | item.extra)},  # {place}{item.note}"
            at += item.width or 0
        yield "]"


def _controls(draft: Draft) -> Iterator[str]:
    for title, at, what in draft.controls:
        yield ""
        yield f"[[control]]  # {GUESS}。見本で計算値と一致した"
        yield f"title = {_toml_value(title)}"
        yield f"at = {_toml_value(at)}"
        yield f"{'sum' if '.' in what else 'count'} = {_toml_value(what)}"


def _payment(draft: Draft) -> Iterator[str]:
    pay = draft.payment
    yield ""
    if pay is None:
        yield "# 金額・日付・照会キーの項目がわかったら、次の形で書く（elqr spec show で同梱の様式も見られる）。"
        yield "# [payment]"
        yield '# record = "data"'
        yield '# channel = "counter"'
        yield '# stage = "preliminary"'
        yield '# key = { kind = "customer", fields = ["…"] }'
        yield '# identity = ["…", "…"]'
        yield '# paid_yen = "…"'
        yield '# paid_on = "…"'
        return
    yield f"[payment]  # すべて{GUESS}"
    yield f"record = {_toml_value(pay.record)}"
    yield f"channel = {_toml_value(pay.channel.value)}  # {GUESS}。どこで納めた収納か"
    stage = _toml_value(Stage.PRELIMINARY.value)
    yield f"stage = {stage}  # 下書きのうちは速報（計上しない）。確報とわかったら confirmed"
    yield f"key = {_toml_value({'kind': pay.key_kind.value, 'fields': list(pay.key)})}  # {GUESS}。納付書を名指す番号"
    yield f"identity = {_toml_value(list(pay.identity))}  # {GUESS}。送付元がこの収納を一つに決める項目"
    yield f"paid_yen = {_toml_value(pay.paid_yen)}  # {GUESS}"
    yield f"paid_on = {_toml_value(pay.paid_on)}  # {GUESS}。領収日"


def payment_of(record: DraftRecord, other_dates: tuple[str, ...] = (), yen: str | None = None) -> DraftPayment | None:
    """収納への対応を推測する: amount, day and key; None when one of them cannot be found."""
    by_kind = {kind: [item for item in record.fields if item.kind == kind] for kind in _KINDS_OF_A_PAYMENT}
    days = (*(item.name for item in by_kind["date"]), *other_dates)
    numbers = sorted(by_kind["digits"], key=lambda item: -(item.width or 0))
    code = by_kind["nested"][0].name if by_kind["nested"] else None
    amount = f"{code}.amount_yen" if code else yen or (by_kind["yen"][0].name if by_kind["yen"] else None)
    if not days or amount is None or not (code or numbers):
        return None
    key = (f"{code}.issuer", f"{code}.company", f"{code}.city_no") if code else (numbers[0].name,)
    others = [item.name for item in (numbers if code else numbers[1:]) if "常に" not in item.note]
    identity = (days[0], *others[:4], code or numbers[0].name)
    kind = KeyKind.BARCODE if code else KeyKind.CUSTOMER
    return DraftPayment(
        record.name, Channel.CVS if code else Channel.COUNTER, kind, key, identity, amount, days[0]
    )  # fmt: skip


def blank_fixed(name: str, record_bytes: int, tags: tuple[str, ...], charset: str, line_end: str) -> Draft:
    """固定長の下書き from options alone: kinds of records, each with one field for everything that is still unknown."""
    records = []
    for at, tag in enumerate(tags or ("",), start=1):
        head = DraftField("record_kind", "レコード区分", "const", len(tag), {"value": tag}, "指定された区分")
        unknown = DraftField("rest", "未記入", "filler", record_bytes - len(tag), {}, "ここを項目に分ける")
        fields = (head, unknown) if tag else (unknown,)
        records.append(DraftRecord(f"record_{tag.lower() or at}", f"レコード{tag or at}", fields, tag or None))
    return Draft(
        name, "送付元の資料の名前と版をここに書く", "fixed", charset, tuple(records), line_end, record_bytes,
        questions=("項目の配置", "レコードの並び（follows）", "金額・日付・照会キーの項目"),
    )  # fmt: skip
