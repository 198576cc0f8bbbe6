"""Lint of identities (識別の検査): whether a spec tells payments apart, and a second payment from a re-delivery."""

from collections.abc import Iterator, Mapping
from typing import Any

from elqr.formats.authoring.spec_text import Remark, SpecText, fields_of, words_of
from elqr.formats.spec import Spec

ONLY_THE_KEY = "照会キーだけなので、二度目の納付と再送を見分けられません"
NO_DATE = "日付がないので、番号が元に戻ると、前の収納と見分けられません"
NO_NUMBER = "送付元の番号・時刻・口座がないので、同じ日の二度目の納付を見分けられません"


def identity(written: SpecText, others: Mapping[str, Spec]) -> Iterator[Remark]:
    """収納の識別: besides the key it names a date and something that only this payment has."""
    pay = written.table("payment")
    tables: list[Any] = [pay.get("key"), pay.get("other_key")]
    keys = {name.partition(".")[0] for key in tables if isinstance(key, dict) for name in words_of(key, "fields")}
    names = words_of(pay, "identity")
    fields = [_field_of(written, str(pay.get("record")), name) for name in names]
    if not keys or not names or None in fields:
        return
    known = [field for field in fields if field is not None]
    if {name.partition(".")[0] for name in names} <= keys:
        actual, wanted = ONLY_THE_KEY, "日付・時刻・店舗・通番なども"
    elif not any(field.get("kind") == "date" for field in known):
        actual, wanted = NO_DATE, "処理日・領収日・作成日など"
    elif not any(_is_distinctive(written, str(pay.get("record")), field, keys) for field in known):
        actual, wanted = NO_NUMBER, "通番・時刻・店舗・口座など"
    else:
        return
    yield Remark(
        written.line_of("payment", 0, "identity"),
        "[payment] の identity",
        actual,
        wanted,
        "送付元がこの収納を一つに決める項目を足してください。ないなら open_questions に書いてください。",
        is_error=False,
    )


def _field_of(written: SpecText, home: str, name: str) -> dict[str, Any] | None:
    """The field that a name in the identity refers to, with the name of its record as `home`."""
    head, _, field_name = name.partition(".")
    record, field = (home, head) if head == home or written.record(head) is None else (head, field_name)
    record_table = written.record(record)
    return next(({**item, "home": record} for item in fields_of(record_table or {}) if item.get("name") == field), None)


def _is_distinctive(written: SpecText, home: str, field: dict[str, Any], keys: set[str]) -> bool:
    """この収納だけの値か: a time, an account, or a number of the record; no day, key, or code of the sender."""
    if field.get("kind") == "time" or field.get("personal"):
        return True
    elsewhere = {
        name.get("name") for record in written.records() if record.get("name") != home for name in fields_of(record)
    }
    is_of_the_sender = field["home"] != home or field.get("name") in elsewhere
    return field.get("kind") not in ("date", "yen", "count") and field.get("name") not in keys and not is_of_the_sender
