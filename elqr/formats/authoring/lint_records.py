"""Lint of records (レコードの検査): widths, kinds and order of the records in a spec as it was written."""

from collections.abc import Iterator, Mapping

from elqr.formats.authoring.spec_text import Remark, SpecText, fields_of, nearest, reachable, words_of
from elqr.formats.spec import Spec


def widths(written: SpecText, others: Mapping[str, Spec]) -> Iterator[Remark]:
    """幅の合計: the widths of each record add up to record_bytes."""
    length = written.values.get("record_bytes")
    if written.values.get("layout") != "fixed":
        if length is not None and written.values.get("layout") == "csv":
            yield Remark(
                written.line_of("", 0, "record_bytes"),
                "record_bytes",
                "CSV には record_bytes を使いません",
                "書かない",
                "この行を消してください。",
                is_error=False,
            )
        return
    if not isinstance(length, int) or isinstance(length, bool) or length < 1:
        yield Remark(
            written.line_of("", 0, "record_bytes"),
            "record_bytes",
            "固定長なのにレコード長がありません",
            "record_bytes = 120 など",
            "1レコードのバイト数（改行を除く）を書いてください。",
        )
        return
    for number, record in enumerate(written.records()):
        field_widths = [field.get("width") for field in fields_of(record)]
        if any(not isinstance(width, int) for width in field_widths):
            lost = "・".join(str(f.get("name")) for f in fields_of(record) if not isinstance(f.get("width"), int))
            yield Remark(
                written.line_of("record", number),
                f"レコード {record.get('name')}",
                f"width のない項目があります（{lost}）",
                "すべての項目に width",
                "様式の資料にある桁数（バイト数）を書いてください。",
            )
        elif (total := sum(field_widths)) != length:  # type: ignore[arg-type]
            short = f"{length - total}バイト足りません" if total < length else f"{total - length}バイト多すぎます"
            yield Remark(
                written.line_of("record", number),
                f"レコード {record.get('name')}",
                f"width の合計が {total} です",
                f"{length}（record_bytes）",
                f"{short}。抜けた項目か、桁数の誤りを探してください。",
            )


def record_kinds(written: SpecText, others: Mapping[str, Spec]) -> Iterator[Remark]:
    """レコードの名前と区分: present, unique, and equal to the constant in the first field."""
    records = written.records()
    for number, record in enumerate(records):
        at, place = written.line_of("record", number), f"レコード {record.get('name')}"
        if [earlier.get("name") for earlier in records].index(record.get("name")) != number:
            yield Remark(
                at, place, "同じ名前のレコードが二つあります", "一つだけ", "どちらかの name を変えてください。"
            )
        tag, fields = record.get("tag"), fields_of(record)
        if tag is None and len(records) > 1:
            yield Remark(
                at,
                place,
                "レコード区分がありません",
                'tag = "2" など',
                "レコードの種類が二つ以上あれば、それぞれに tag が要ります。",
            )
        twins = [
            earlier.get("name")
            for earlier in records[:number]
            if tag is not None and _starts_alike(tag, earlier.get("tag"))
        ]
        if twins:
            yield Remark(
                at, place, f"区分 {tag} は {twins[0]} と見分けられません", "重ならない区分", "tag を確かめてください。"
            )
        if tag is not None and fields and fields[0].get("kind") == "const" and fields[0].get("value") != tag:
            yield Remark(
                at,
                place,
                f"tag = {tag} と先頭の項目の値 {fields[0].get('value')} が違います",
                "同じ値",
                "tag か、先頭の項目の value を直してください。",
            )
        names = [field.get("name") for field in fields]
        for where, name in enumerate(names):
            if names.index(name) != where:
                line = written.line_of_field(number, name, names[:where].count(name))
                yield Remark(
                    line,
                    f"{place} の項目 {name}",
                    "同じ名前の項目が二つあります",
                    "一つだけ",
                    "name を変えてください（filler_1、filler_2 など）。",
                )


def _starts_alike(tag: object, other: object) -> bool:
    return isinstance(tag, str) and isinstance(other, str) and (tag.startswith(other) or other.startswith(tag))


def order(written: SpecText, others: Mapping[str, Spec]) -> Iterator[Remark]:
    """並び: every kind can occur, and some kind can come first and some last."""
    records = written.records()
    names = [str(record.get("name")) for record in records]
    if not any(words_of(record, "follows") for record in records):
        return
    for number, record in enumerate(records):
        at, place = written.line_of("record", number, "follows"), f"レコード {names[number]}"
        for lost in sorted(set(words_of(record, "follows")) - {*names, "start"}):
            near = nearest(lost, names)
            yield Remark(
                at,
                f"{place} の follows",
                f"レコード {lost} はありません",
                "・".join([*names, "start"]),
                f"{near}つづりを確かめてください。",
            )
        if not words_of(record, "follows"):
            yield Remark(
                at,
                place,
                "どのレコードの後にも来ないので、あると必ず取込保留になります",
                "follows に一つ以上",
                "follows を書いてください（先頭に立つなら start）。",
            )
        elif names[number] not in reachable(written):
            yield Remark(
                at,
                place,
                "ファイルの先頭からたどっても出てきません",
                "start から follows でつながる並び",
                "follows のつながりを確かめてください。",
            )
    if not any("start" in words_of(record, "follows") for record in records):
        yield Remark(
            written.line_of("record"),
            "follows",
            "先頭に立てるレコードがありません",
            'どれかの follows に "start"',
            "ファイルの最初に来るレコードに start を足してください。",
        )
    if not any(record.get("closes") for record in records):
        yield Remark(
            written.line_of("record"),
            "closes",
            "最後に立つレコードが決まっていません",
            "どれかに closes = true",
            "途中で切れたファイルに気づけるよう、最後のレコードに closes = true を書いてください。",
            is_error=False,
        )
