"""Lint of references (参照の検査): fields that controls, maps and recognize refer to in a spec as it was written."""

from collections.abc import Iterator, Mapping
from typing import Any

from elqr.formats.authoring.spec_text import (
    Remark,
    SpecText,
    Table,
    fields_of,
    nearest,
    one_or_several,
    reachable,
    words_of,
)
from elqr.formats.spec import Spec
from elqr.vocabulary.terms import Channel, Stage

_NUMBERS = ("yen", "count")


def _field_at(written: SpecText, dotted: str, others: Mapping[str, Spec]) -> Table | None:
    """The field, part or derived column that `record.field` or `record.field.part` names; None when there is none."""
    head, _, field_path = dotted.partition(".")
    name, _, part = field_path.partition(".")
    record = written.record(head)
    if record and (source := _source_of(record, name)):
        return _field_at(written, f"{head}.{source}", others)
    if record and isinstance(joined := record.get("joined"), dict) and name in joined:
        return {"name": name, "kind": "yen"}
    field = next((field for field in fields_of(record) if field.get("name") == name), None) if record else None
    if field is None or not part:
        return field
    nested = others.get(str(field.get("spec")))
    inner = nested.record[0].field(part) if nested else None
    return inner.model_dump() if inner else None


def _source_of(record: Table, name: str) -> str:
    """The first field that a derived column comes from; empty if the name is not that of a derived column."""
    amounts, choices = record.get("first_of"), record.get("choose")
    choice = choices.get(name) if isinstance(choices, dict) else None
    if isinstance(choice, dict):
        return str(choice.get("otherwise"))
    return next(iter(words_of(amounts, name)), "") if isinstance(amounts, dict) else ""


def _unknown_field(written: SpecText, dotted: str, line: int, place: str) -> Remark:
    known = [f"{r.get('name')}.{f.get('name')}" for r in written.records() for f in fields_of(r)]
    return Remark(
        line,
        place,
        f"{dotted} という項目はありません",
        "レコード名.項目名",
        f"{nearest(dotted, known)}つづりを確かめてください。",
    )


def check_home(written: SpecText, table: str, purpose: str, title: str, remedy: str) -> Iterator[Remark]:
    """対応のレコードを確かめる: a spec of this purpose has the table, and the table names a record of the spec."""
    mapping, place = written.table(table), f"[{table}]"
    if written.values.get("purpose") == purpose and not mapping:
        yield Remark(0, place, f"{title}への対応がありません", f"{place} の表", remedy)
    home = str(mapping.get("record"))
    if mapping and written.record(home) is None:
        yield _unknown_record(written, f"レコード {home}", written.line_of(table), f"{place} の record")


def _unknown_record(written: SpecText, what: str, line: int, place: str) -> Remark:
    """レコードがない: `what` names a record that the spec does not have."""
    names = "・".join(str(record.get("name")) for record in written.records())
    return Remark(line, place, f"{what} はありません", names, "つづりを確かめてください。")


def controls(written: SpecText, others: Mapping[str, Spec]) -> Iterator[Remark]:
    """合計の検査: their fields exist, occur in a file, and can be added up."""
    fixed = written.values.get("layout") == "fixed"
    if written.values.get("purpose") == "payment" and not written.controls():
        yield Remark(
            0,
            "[[control]]",
            "合計の検査が一つもありません",
            "件数と金額の合計",
            "トレーラに合計があれば [[control]] に書いてください。ないなら、払込額との突合で確かめます。",
            is_error=False,
        )
    if written.controls() and fixed and not any(record.get("opens_group") for record in written.records()):
        yield Remark(
            written.line_of("control"),
            "opens_group",
            "組の始まりがないので、いくつかの組があると合計が混ざります",
            "ヘッダに opens_group = true",
            "組ごとに合計を検査するなら、ヘッダに足してください。",
            is_error=False,
        )
    for number, control in enumerate(written.controls()):
        at, place = written.line_of("control", number), f"検査「{control.get('title')}」"
        stated = str(control.get("at", ""))
        ways = [name for name in ("count", "sum", "plus") if control.get(name)]
        if len(ways) != 1:
            yield Remark(
                at, place, f"count・sum・plus が {len(ways)}個あります", "どれか一つだけ", "一つだけ残してください。"
            )
        field = _field_at(written, stated, others)
        if field is None:
            yield _unknown_field(written, stated, at, place)
        elif field.get("kind") not in _NUMBERS:
            yield Remark(
                at,
                place,
                f"at の {stated} は {field.get('kind')} です",
                "yen か count",
                "項目の kind を直してください。",
            )
        if (
            written.record(stated.partition(".")[0])
            and any(words_of(r, "follows") for r in written.records())
            and stated.partition(".")[0] not in reachable(written)
        ):
            yield Remark(
                at,
                place,
                f"レコード {stated.partition('.')[0]} は出てこないので、検査されません",
                "出てくるレコード",
                "follows か at を直してください。",
            )
        yield from _control_ways(written, others, control, at, place)


def _control_ways(
    written: SpecText, others: Mapping[str, Spec], control: Table, at: int, place: str
) -> Iterator[Remark]:
    counts = [*one_or_several(control, "count"), *one_or_several(control, "or_count")]
    for name in counts:
        if written.record(name) is None:
            yield _unknown_record(written, f"count のレコード {name}", at, place)
    counted = (counts or [str(control.get("sum") or "").partition(".")[0]])[0]
    summed = control.get("sum")
    for name in [
        *([summed] if isinstance(summed, str) else []),
        *words_of(control, "plus"),
        *words_of(control, "minus"),
    ]:
        field = _field_at(written, name, others)
        if field is None:
            yield _unknown_field(written, name, at, place)
        elif field.get("kind") not in _NUMBERS:
            yield Remark(
                at,
                place,
                f"{name} は {field.get('kind')} なので足せません",
                "yen か count の項目",
                "金額の項目を指すか、その項目の kind を yen・count にしてください。",
            )
    yield from _check_where(written, others, control, counted, (at, place))


def _check_where(
    written: SpecText, others: Mapping[str, Spec], rule: Table, record: str, line: tuple[int, str]
) -> Iterator[Remark]:
    """条件: its fields exist, and so do the values that it names. `line`: its number, and the place in words."""
    at, place = line
    where = rule.get("where")
    if not isinstance(where, dict):
        return
    for name in where:
        field = _field_at(written, f"{record}.{name}", others)
        if field is None:
            yield _unknown_field(written, f"{record}.{name}", at, place)
            continue
        for value in one_or_several(where, name):
            if isinstance(field.get("values"), dict) and value.removeprefix("!") not in ("", *field["values"]):
                yield Remark(
                    at,
                    place,
                    f"where の {name} に {value} という値はありません",
                    "・".join(field["values"]),
                    "値を直してください。",
                )


def doubts(written: SpecText, others: Mapping[str, Spec]) -> Iterator[Remark]:
    """疑義の定め: their fields exist, and so do the values that they name."""
    home = str(written.table("payment").get("record"))
    for number, rule in enumerate(written.doubts()):
        at, place = written.line_of("payment.doubt", number), f"疑義「{rule.get('title')}」"
        other: Any = rule.get("differs_from")
        other = other.get("field") if isinstance(other, dict) else other
        for name in (rule.get("field"), other):
            if isinstance(name, str) and _field_at(written, f"{home}.{name}", others) is None:
                yield _unknown_field(written, f"{home}.{name}", at, place)
        field = _field_at(written, f"{home}.{rule.get('field')}", others)
        values = field.get("values") if field else None
        for value in words_of(rule, "values"):
            if isinstance(values, dict) and value not in values:
                yield Remark(
                    at,
                    place,
                    f"{value} という値はありません",
                    "・".join(values),
                    "項目の values に足すか、直してください。",
                )
        yield from _check_where(written, others, rule, home, (at, place))


def payment(written: SpecText, others: Mapping[str, Spec]) -> Iterator[Remark]:
    """収納への対応: fields exist and are of the right kinds; stages and channels are known."""
    pay = written.table("payment")
    remedy = "どの項目が収納の金額・日付・照会キーかを書いてください。"
    yield from check_home(written, "payment", "payment", "収納", remedy)
    if written.values.get("purpose") == "payment" and written.values.get("layout") == "fixed" and not written.probes():
        yield Remark(
            0,
            "recognize",
            "見分け方がありません",
            "recognize = { record = …, fields = [ … ] }",
            "この形式だけで正しく読める項目を書いてください。",
        )
    if written.record(str(pay.get("record"))) is None:
        return
    wanted = {"paid_yen": ("yen",), "paid_on": ("date",), "received_on": ("date",), "funds_on": ("date",)}
    days = ("paid_on", "received_on", "funds_on")
    names = ("paid_yen", *days, "reissue_no", "check_no", "item_no", "office_code", "result_code", "image_ref")
    for key in names:
        if isinstance(pay.get(key), str):
            yield from check_reference(
                written, others, "payment", key, pay[key], wanted.get(key, ("digits", "text", "code"))
            )
    for key in ("key", "other_key"):
        entry = pay.get(key)
        for name in words_of(entry, "fields") if isinstance(entry, dict) else ():
            yield from check_reference(written, others, "payment", key, name, ("digits", "text", "nested"))
    identity = pay.get("identity")
    for name in identity if isinstance(identity, list) else ():
        yield from check_reference(written, others, "payment", "identity", str(name), ())
    yield from check_mapping(written, others, "payment", "stage", {stage.value for stage in Stage})
    yield from check_mapping(written, others, "payment", "channel", {channel.value for channel in Channel})


def check_reference(
    written: SpecText, others: Mapping[str, Spec], table: str, key: str, name: str, kinds: tuple[str, ...]
) -> Iterator[Remark]:
    """A field named in [payment] or [deposit] exists, can be read, and is of a suitable kind."""
    at, place = written.line_of(table, 0, key), f"[{table}] の {key}"
    home, head = str(written.table(table).get("record")), name.partition(".")[0]
    opener = written.record(head) if head != home else None
    field = _field_at(written, name if opener else f"{home}.{name}", others)
    if field is None:
        yield _unknown_field(written, name if opener else f"{home}.{name}", at, place)
        return
    if opener is not None and not opener.get("opens_group"):
        yield Remark(
            at,
            place,
            f"{name} のあるレコード {head} は組の始まりではありません",
            "opens_group = true のレコードの項目",
            f"{head} が組の先頭なら opens_group = true を足してください。",
        )
    kind = field.get("kind")
    if kind in ("filler", "const", "raw") or (kinds and kind not in kinds):
        cannot = "照会キーになりません" if key in ("key", "other_key") else "使えません"
        yield Remark(
            at,
            place,
            f"{name} は kind = {kind} なので{cannot}",
            "・".join(kinds) or "読む項目",
            "指す項目か、その項目の kind を直してください。",
        )


def check_mapping(
    written: SpecText, others: Mapping[str, Spec], table: str, key: str, known: set[str] | None
) -> Iterator[Remark]:
    """符号の対応: only known terms, if there are such, and a term for every value of the code."""
    entry: Any = written.table(table).get(key)
    mapped = {"value": entry} if isinstance(entry, str) else entry if isinstance(entry, dict) else {}
    at, place = written.line_of(table, 0, key), f"[{table}] の {key}"
    meanings: Any = mapped.get("map") if isinstance(mapped.get("map"), dict) else {}
    words = [*meanings.values(), mapped.get("value"), mapped.get("default")]
    used = {str(word) for word in words if word is not None}
    for word in sorted(used - known if known else ()):
        yield Remark(
            at,
            place,
            f"{word} という値はありません",
            "・".join(sorted(known or ())),
            f"{nearest(word, sorted(known or ()))}値を直してください。",
        )
    if not isinstance(mapped.get("field"), str):
        return
    yield from check_reference(written, others, table, key, mapped["field"], ("code", "text", "digits"))
    field = _field_at(written, f"{written.table(table).get('record')}.{mapped['field']}", others)
    values = field.get("values") if field else None
    if not isinstance(values, dict) or not meanings:
        return
    questions = "".join(words_of(written.values, "open_questions"))
    unmapped = [
        value
        for value in values
        if value not in meanings and not any(word in questions for word in (value, str(values[value])))
    ]
    if unmapped and mapped.get("default") is None:
        yield Remark(
            at,
            place,
            f"対応のない値があります（{'・'.join(unmapped)}）。届くとファイルごと取込保留になります",
            "すべての値に対応",
            "意味がわかる値は map に足し、わからない値は open_questions に書いてください。",
            is_error=False,
        )
    if extra := [value for value in meanings if value not in values]:
        yield Remark(
            at,
            place,
            f"項目 {mapped['field']} にない値です（{'・'.join(extra)}）",
            "・".join(values),
            "map か values を直してください。",
            is_error=False,
        )


def probes(written: SpecText, others: Mapping[str, Spec]) -> Iterator[Remark]:
    """見分け方: its fields exist, and at least one of them can be wrong."""
    at = written.line_of("recognize")
    for probe in written.probes():
        record = str(probe.get("record"))
        names = probe.get("fields")
        if written.record(record) is None:
            yield _unknown_record(written, f"レコード {record}", at, "recognize")
            continue
        kinds = []
        for name in words_of(probe, "blank"):
            if _field_at(written, f"{record}.{name}", others) is None:
                yield _unknown_field(written, f"{record}.{name}", at, "recognize")
        for name in names if isinstance(names, list) else ():
            field = _field_at(written, f"{record}.{name}", others)
            kinds.append(field.get("kind") if field else None)
            if field is None:
                yield _unknown_field(written, f"{record}.{name}", at, "recognize")
        if kinds and not set(kinds) - {"text", "filler", "raw", None}:
            yield Remark(
                at,
                "recognize",
                "どんなファイルにも当てはまる項目だけです",
                "const・code・date・nested の項目",
                "日付や区分など、正しいかどうかがわかる項目を足してください。",
                is_error=False,
            )
