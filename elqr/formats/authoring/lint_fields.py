"""Lint of fields (項目の検査): kinds, widths, forms and values of every field in a spec as it was written."""

from collections.abc import Iterator, Mapping

from elqr.formats.authoring.spec_text import PERSONAL_WORDS, Remark, SpecText, Table, fields_of
from elqr.formats.spec import Spec

_FORM_WIDTHS = {"yyyymmdd": 8, "yyyy/mm/dd": 10, "yyyy-mm-dd": 10, "mmdd": 4, "wareki_yymmdd": 6}
_NEEDS = {"const": "value", "code": "values", "nested": "spec"}
_MOST_DIGITS = 18


def field_remarks(written: SpecText, others: Mapping[str, Spec]) -> Iterator[Remark]:
    """項目の指摘: remarks on every field of every record."""
    is_fixed = written.values.get("layout") == "fixed"
    payment_record = written.table("payment").get("record")
    for number, record in enumerate(written.records()):
        names = [field.get("name") for field in fields_of(record)]
        for at, field in enumerate(fields_of(record)):
            line = written.line_of_field(number, names[at], names[:at].count(names[at]))
            place = f"レコード {record.get('name')} の項目 {names[at]}"
            rules = (_needs(field), _values(field), _dates(field, is_fixed), _numbers(field), _nested(field, others))
            for actual, wanted, remedy, is_error in (complaint for rule in rules for complaint in rule):
                yield Remark(line, place, actual, wanted, remedy, is_error)
            title = str(field.get("title", ""))
            is_of_a_person = payment_record == record.get("name") or len(written.records()) == 1
            if is_of_a_person and any(word in title for word in PERSONAL_WORDS) and not field.get("personal"):
                yield Remark(
                    line,
                    place,
                    f"「{title}」に personal = true がありません",
                    "個人情報なら personal = true",
                    "画面・記録・写しで伏せるために書いてください。",
                    is_error=False,
                )


_Complaints = Iterator[tuple[str, str, str, bool]]


def _needs(field: Table) -> _Complaints:
    kind = field.get("kind")
    wanted = _NEEDS.get(str(kind))
    if wanted and not field.get(wanted):
        yield f"kind = {kind} なのに {wanted} がありません", f"{wanted} = …", f"{wanted} を書いてください。", True
    if kind in ("count", "yen") and field.get("personal"):
        yield (
            f"kind = {kind} なのに personal = true です",
            "personal を書かない",
            ("金額と件数は合計の検査に使うので伏せられません。personal を消してください。"),
            False,
        )


def _values(field: Table) -> _Complaints:
    width, kind = field.get("width"), field.get("kind")
    values = [field.get("value")] if kind == "const" else field.get("values") if kind == "code" else None
    if not isinstance(width, int) or not values:
        return
    wrong = [str(value) for value in values if len(str(value).encode("cp932", errors="replace")) != width]
    if wrong:
        yield (
            f"値（{'・'.join(wrong)}）の長さが width = {width} と違います",
            f"{width}バイトの値",
            ("値か width を直してください（01 のような先頭の 0 が落ちていませんか）。"),
            True,
        )


def _dates(field: Table, is_fixed: bool) -> _Complaints:
    width, form = field.get("width"), field.get("form")
    if field.get("kind") == "time" and isinstance(width, int) and width not in (4, 6):
        yield f"時刻なのに width = {width} です", "4（HHMM）か 6（HHMMSS）", "width か kind を直してください。", True
    if field.get("kind") != "date":
        if form is not None:
            yield (
                "日付でないのに form があります",
                "kind = date のときだけ",
                "form を消すか、kind を date にしてください。",
                False,
            )
        return
    fitting = "・".join(name for name, size in _FORM_WIDTHS.items() if size == width)
    if form is None and isinstance(width, int) and width != _FORM_WIDTHS["yyyymmdd"]:
        yield (
            f"日付の form がなく、width = {width} です",
            f"form = {fitting or '（この幅の形はありません）'}",
            ("書かなければ YYYYMMDD（8桁）と読みます。form を書いてください。"),
            True,
        )
    elif form is None and not is_fixed:
        yield (
            "日付の form が書かれていません（YYYYMMDD と読みます）",
            "form = yyyymmdd・yyyy/mm/dd など",
            ("見本のファイルの日付の形を確かめて、form を書いてください。"),
            False,
        )
    elif isinstance(width, int) and str(form) in _FORM_WIDTHS and width != _FORM_WIDTHS[str(form)]:
        yield (
            f"form = {form} なのに width = {width} です",
            f"width = {_FORM_WIDTHS[str(form)]}",
            (f"この幅の日付なら form = {fitting or '（ありません）'} です。どちらかを直してください。"),
            True,
        )


def _numbers(field: Table) -> _Complaints:
    most = field.get("width") or field.get("max_width")
    if field.get("kind") in ("yen", "count") and isinstance(most, int) and most > _MOST_DIGITS:
        yield (
            f"金額・件数なのに {most}桁です",
            f"{_MOST_DIGITS}桁以内",
            ("いくつかの項目をつないでいないか、幅を確かめてください。"),
            True,
        )


def _nested(field: Table, others: Mapping[str, Spec]) -> _Complaints:
    name = field.get("spec")
    if field.get("kind") != "nested" or not name:
        return
    inner = others.get(str(name))
    parts = "・".join(sorted(part_name for part_name, spec in others.items() if spec.purpose == "part"))
    if inner is None:
        yield (
            f"入れ子の様式 {name} がありません",
            parts,
            ("この様式と同じフォルダか同梱の様式に、purpose = part の様式を置いてください。"),
            True,
        )
        return
    if inner.purpose != "part":
        yield (
            f"入れ子の様式 {name} は purpose = {inner.purpose} です",
            "purpose = part の様式",
            "入れ子にできる様式を指してください。",
            True,
        )
    wanted = len(str(field.get("prefix", ""))) + inner.record[0].width_bytes
    width = field.get("width")
    if isinstance(width, int) and width != wanted:
        yield (
            f"入れ子の様式 {name} は {wanted}バイトなのに width = {width} です",
            f"width = {wanted}",
            ("width を直してください（prefix があればその長さも足します）。"),
            True,
        )
