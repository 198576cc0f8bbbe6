"""Lint of references (参照の検査): what controls, maps and recognize point at in a spec as it was written."""

from collections.abc import Iterator, Mapping
from typing import Any

from elqr.formats.authoring.spec_text import Remark, SpecText, Table, fields_of, nearest, reachable, words_of
from elqr.formats.spec import Spec
from elqr.vocabulary.terms import Channel, DepositKind, Stage

_NUMBERS = ("yen", "count")


def _found(own: SpecText, dotted: str, others: Mapping[str, Spec]) -> Table | None:
    """The field (or part) of `record.field` or `record.field.part`; None when there is none."""
    head, _, rest = dotted.partition(".")
    name, _, part = rest.partition(".")
    record = own.record(head)
    field = next((field for field in fields_of(record) if field.get("name") == name), None) if record else None
    if field is None or not part:
        return field
    nested = others.get(str(field.get("spec")))
    inner = nested.record[0].field(part) if nested else None
    return inner.model_dump() if inner else None


def _lost(own: SpecText, dotted: str, line: int, place: str) -> Remark:
    known = [f"{r.get('name')}.{f.get('name')}" for r in own.records() for f in fields_of(r)]
    return Remark(
        line,
        place,
        f"{dotted} という項目はありません",
        "レコード名.項目名",
        f"{nearest(dotted, known)}つづりを確かめてください。",
    )


def _no_record(own: SpecText, said: str, line: int, place: str) -> Remark:
    names = "・".join(str(record.get("name")) for record in own.records())
    return Remark(line, place, f"{said} はありません", names, "つづりを確かめてください。")


def controls(own: SpecText, others: Mapping[str, Spec]) -> Iterator[Remark]:
    """合計の検査: what they point at exists, occurs, and can be added up."""
    fixed = own.given.get("layout") == "fixed"
    if own.given.get("purpose") == "payment" and not own.controls():
        yield Remark(
            0,
            "[[control]]",
            "合計の検査が一つもありません",
            "件数と金額の合計",
            "トレーラに合計があれば [[control]] に書いてください。ないなら、払込額との突合で確かめます。",
            is_error=False,
        )
    if own.controls() and fixed and not any(record.get("opens_group") for record in own.records()):
        yield Remark(
            own.line_of("control"),
            "opens_group",
            "組の始まりがないので、いくつかの組があると合計が混ざります",
            "ヘッダに opens_group = true",
            "組ごとに合計を検査するなら、ヘッダに足してください。",
            is_error=False,
        )
    for number, control in enumerate(own.controls()):
        at, place = own.line_of("control", number), f"検査「{control.get('title')}」"
        stated = str(control.get("at", ""))
        ways = [name for name in ("count", "sum", "plus") if control.get(name)]
        if len(ways) != 1:
            yield Remark(
                at, place, f"count・sum・plus が {len(ways)}個あります", "どれか一つだけ", "一つだけ残してください。"
            )
        field = _found(own, stated, others)
        if field is None:
            yield _lost(own, stated, at, place)
        elif field.get("kind") not in _NUMBERS:
            yield Remark(
                at,
                place,
                f"at の {stated} は {field.get('kind')} です",
                "yen か count",
                "項目の kind を直してください。",
            )
        if (
            own.record(stated.partition(".")[0])
            and any(words_of(r, "follows") for r in own.records())
            and stated.partition(".")[0] not in reachable(own)
        ):
            yield Remark(
                at,
                place,
                f"レコード {stated.partition('.')[0]} は出てこないので、検査されません",
                "出てくるレコード",
                "follows か at を直してください。",
            )
        yield from _control_ways(own, others, control, at, place)


def _control_ways(own: SpecText, others: Mapping[str, Spec], control: Table, at: int, place: str) -> Iterator[Remark]:
    counted = str(control.get("count") or str(control.get("sum") or "").partition(".")[0])
    if control.get("count") and own.record(counted) is None:
        yield _no_record(own, f"count のレコード {counted}", at, place)
    summed = control.get("sum")
    for name in [
        *([summed] if isinstance(summed, str) else []),
        *words_of(control, "plus"),
        *words_of(control, "minus"),
    ]:
        field = _found(own, name, others)
        if field is None:
            yield _lost(own, name, at, place)
        elif field.get("kind") not in _NUMBERS:
            yield Remark(
                at,
                place,
                f"{name} は {field.get('kind')} なので足せません",
                "yen か count の項目",
                "金額の項目を指すか、その項目の kind を yen・count にしてください。",
            )
    where = control.get("where")
    for name, value in where.items() if isinstance(where, dict) else ():
        field = _found(own, f"{counted}.{name}", others)
        if field is None:
            yield _lost(own, f"{counted}.{name}", at, place)
        elif isinstance(field.get("values"), dict) and str(value).removeprefix("!") not in field["values"]:
            yield Remark(
                at,
                place,
                f"where の {name} に {value} という値はありません",
                "・".join(field["values"]),
                "値を直してください。",
            )


def payment(own: SpecText, others: Mapping[str, Spec]) -> Iterator[Remark]:
    """収納への対応: fields of the right kinds, a key, an identity, known stages and channels."""
    pay, at = own.table("payment"), own.line_of("payment")
    if own.given.get("purpose") == "payment" and not pay:
        yield Remark(
            0,
            "[payment]",
            "収納への対応がありません",
            "[payment] の表",
            "どの項目が収納の金額・日付・照会キーかを書いてください。",
        )
    if own.given.get("purpose") == "payment" and own.given.get("layout") == "fixed" and not own.probes():
        yield Remark(
            0,
            "recognize",
            "見分け方がありません",
            "recognize = { record = …, fields = [ … ] }",
            "この形式だけで正しく読める項目を書いてください。",
        )
    if not pay:
        return
    home = str(pay.get("record"))
    if own.record(home) is None:
        yield _no_record(own, f"レコード {home}", at, "[payment] の record")
        return
    wanted = {"paid_yen": ("yen",), "paid_on": ("date",), "funds_on": ("date",)}
    names = ("paid_yen", "paid_on", "funds_on", "reissue_no", "check_no", "item_no", "office_code", "result_code")
    for key in names:
        if isinstance(pay.get(key), str):
            yield from _pointed(own, others, "payment", key, pay[key], wanted.get(key, ("digits", "text", "code")))
    keys: Any = pay.get("key")
    fields: Any = keys.get("fields") if isinstance(keys, dict) else None
    for name in fields if isinstance(fields, list) else ():
        yield from _pointed(own, others, "payment", "key", str(name), ("digits", "text", "nested"))
    identity = pay.get("identity")
    for name in identity if isinstance(identity, list) else ():
        yield from _pointed(own, others, "payment", "identity", str(name), ())
    yield from _mapped(own, others, "payment", "stage", {stage.value for stage in Stage})
    yield from _mapped(own, others, "payment", "channel", {channel.value for channel in Channel})


def deposit(own: SpecText, others: Mapping[str, Spec]) -> Iterator[Remark]:
    """入金への対応: fields of the right kinds, and known kinds of lines."""
    money, at = own.table("deposit"), own.line_of("deposit")
    if own.given.get("purpose") == "money" and not money:
        yield Remark(
            0,
            "[deposit]",
            "入金への対応がありません",
            "[deposit] の表",
            "どの項目が入金の金額・勘定日・振込依頼人かを書いてください。",
        )
    if not money:
        return
    home = str(money.get("record"))
    if own.record(home) is None:
        yield _no_record(own, f"レコード {home}", at, "[deposit] の record")
        return
    wanted = {"yen": ("yen",), "booked_on": ("date",), "funds_on": ("date",)}
    for key in ("yen", "booked_on", "funds_on", "sender_code", "sender"):
        if isinstance(money.get(key), str):
            yield from _pointed(own, others, "deposit", key, str(money[key]), wanted.get(key, ("digits", "text")))
    for key in ("account", "number"):
        for name in words_of(money, key):
            yield from _pointed(own, others, "deposit", key, name, ("digits", "text", "count", "code"))
    yield from _mapped(own, others, "deposit", "kind", {kind.value for kind in DepositKind})


def _pointed(
    own: SpecText, others: Mapping[str, Spec], table: str, key: str, name: str, kinds: tuple[str, ...]
) -> Iterator[Remark]:
    """A name in [payment] or [deposit]: it exists, can be read, and is of a fitting kind."""
    at, place = own.line_of(table, 0, key), f"[{table}] の {key}"
    home, head = str(own.table(table).get("record")), name.partition(".")[0]
    other = own.record(head) if head != home else None
    field = _found(own, name if other else f"{home}.{name}", others)
    if field is None:
        yield _lost(own, name if other else f"{home}.{name}", at, place)
        return
    if other is not None and not other.get("opens_group"):
        yield Remark(
            at,
            place,
            f"{name} のあるレコード {head} は組の始まりではありません",
            "opens_group = true のレコードの項目",
            f"{head} が組の先頭なら opens_group = true を足してください。",
        )
    kind = field.get("kind")
    if kind in ("filler", "const", "raw") or (kinds and kind not in kinds):
        said = "照会キーになりません" if key == "key" else "使えません"
        yield Remark(
            at,
            place,
            f"{name} は kind = {kind} なので{said}",
            "・".join(kinds) or "読む項目",
            "指す項目か、その項目の kind を直してください。",
        )


def _mapped(own: SpecText, others: Mapping[str, Spec], table: str, key: str, known: set[str]) -> Iterator[Remark]:
    """符号の対応: known words, and every value of the code has one."""
    given: Any = own.table(table).get(key)
    mapped = {"value": given} if isinstance(given, str) else given if isinstance(given, dict) else {}
    at, place = own.line_of(table, 0, key), f"[{table}] の {key}"
    meanings: Any = mapped.get("map") if isinstance(mapped.get("map"), dict) else {}
    words = [*meanings.values(), mapped.get("value"), mapped.get("default")]
    for word in sorted({str(word) for word in words if word is not None} - known):
        yield Remark(
            at,
            place,
            f"{word} という値はありません",
            "・".join(sorted(known)),
            f"{nearest(word, sorted(known))}値を直してください。",
        )
    if not isinstance(mapped.get("field"), str):
        return
    yield from _pointed(own, others, table, key, mapped["field"], ("code", "text", "digits"))
    field = _found(own, f"{own.table(table).get('record')}.{mapped['field']}", others)
    values = field.get("values") if field else None
    if not isinstance(values, dict) or not meanings:
        return
    said = "".join(words_of(own.given, "open_questions"))
    lost = [
        value
        for value in values
        if value not in meanings
        and not {value, str(values[value])} & {v for v in (value, str(values[value])) if v in said}
    ]
    if lost and mapped.get("default") is None:
        yield Remark(
            at,
            place,
            f"対応のない値があります（{'・'.join(lost)}）。届くとファイルごと取込保留になります",
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


def probes(own: SpecText, others: Mapping[str, Spec]) -> Iterator[Remark]:
    """見分け方: its fields exist, and at least one of them can be wrong."""
    at = own.line_of("recognize")
    for probe in own.probes():
        record = str(probe.get("record"))
        names = probe.get("fields")
        if own.record(record) is None:
            yield _no_record(own, f"レコード {record}", at, "recognize")
            continue
        kinds = []
        for name in words_of(probe, "blank"):
            if _found(own, f"{record}.{name}", others) is None:
                yield _lost(own, f"{record}.{name}", at, "recognize")
        for name in names if isinstance(names, list) else ():
            field = _found(own, f"{record}.{name}", others)
            kinds.append(field.get("kind") if field else None)
            if field is None:
                yield _lost(own, f"{record}.{name}", at, "recognize")
        if kinds and not set(kinds) - {"text", "filler", "raw", None}:
            yield Remark(
                at,
                "recognize",
                "どんなファイルにも当てはまる項目だけです",
                "const・code・date・nested の項目",
                "日付や区分など、正しいかどうかがわかる項目を足してください。",
                is_error=False,
            )
