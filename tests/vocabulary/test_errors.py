"""Whatever somebody writes wrongly in a file is explained in Japanese."""

import re
from collections.abc import Iterator
from datetime import date, datetime
from enum import StrEnum
from math import inf, nan
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import Field, ValidationError, create_model

from elqr.formats.spec import Spec
from elqr.printing.template import Template
from elqr.rules.register import Register
from elqr.session.job import Job
from elqr.session.operators import Operators
from elqr.vocabulary.errors import explain
from elqr.vocabulary.strict import Strict, WrittenDay


class _Way(StrEnum):
    ONE = "一"


class _Part(Strict):
    count: int


KINDS: list[Any] = [
    int, float, bool, str, date, Path, tuple[int, ...], dict[str, int], list[str], frozenset[str], WrittenDay, _Way,
    Literal["甲"], _Part,
]  # fmt: skip
VALUES: list[Any] = [
    1.5, -1, 10**400, nan, inf, "x", "", "2026-13-01", "2026-01-01T10:00:00", datetime(2026, 1, 1, 10), date(1, 1, 1),
    True, [], [1.5], {}, {"count": "x"}, {"nai": 1}, None,
]  # fmt: skip
BOUNDS = [(int, {"ge": 3, "le": 5}), (float, {"gt": 3, "lt": 5}), (str, {"min_length": 2, "max_length": 3}),
          (str, {"pattern": "^[0-9]$"}), (tuple[int, ...], {"min_length": 1, "max_length": 1})]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_a_value_of_a_wrong_kind(kind: Any) -> None:
    model = create_model("様式", __base__=Strict, 値=(kind, ...))
    assert any([_is_explained(model, value) for value in VALUES])


@pytest.mark.parametrize(("kind", "bounds"), BOUNDS, ids=str)
def test_a_value_beyond_its_bounds(kind: Any, bounds: dict[str, Any]) -> None:
    model = create_model("様式", __base__=Strict, 値=(kind, Field(**bounds)))
    values = [2, 3, 5, 6, 2.5, "", "あ", "1", "1234", (), (1, 2)]
    assert any([_is_explained(model, value) for value in values])


def _is_explained(model: type[Strict], value: Any) -> bool:
    """Whether it is refused; if so, no reason is in another language. The value itself stands in brackets."""
    try:
        model.model_validate({"値": value})
    except ValidationError as error:
        reasons = [re.sub("（[^（）]*）", "", line).partition(": ")[2] for line in explain(error).split(" / ")]
        assert all(re.sub("YYYY-MM-DD|JSON|true|false", "", reason).isascii() is False for reason in reasons), reasons
        assert not any(re.search("[a-z]{4}", re.sub("true|false", "", reason)) for reason in reasons), reasons
        return True
    return False


class _Inner(Strict):
    count: int = Field(ge=1, le=9)
    way: _Way = _Way.ONE
    note: str = ""


class _Outer(Strict):
    title: str
    run_on: str = Field(default="", alias="date")
    inner: tuple[_Inner, ...] = Field(default=(), min_length=1)
    named: dict[str, _Inner] = Field(default_factory=dict)


_SPELT = "知らない項目です（つづりを確かめてください）"
_WHOLE = "整数（引用符も小数点もない数）で書いてください"
# 書いたもの: 言われること
TOLD: dict[str, tuple[dict[str, Any], str]] = {
    "書ける値": ({"title": "一", "inner": [{"count": 1, "way": "二"}]}, "inner.1.way: 決められた値ではありません（二）。一 のどれかです"),
    "下限": ({"title": "一", "inner": [{"count": 0}]}, "inner.1.count: 小さすぎます（0）。1 以上です"),
    "上限": ({"title": "一", "inner": [{"count": 10}]}, "inner.1.count: 大きすぎます（10）。9 以下です"),
    "引用符のある数": ({"title": "一", "inner": [{"count": "1"}]}, f"inner.1.count: {_WHOLE}（\"1\"）"),
    "小数点のある数": ({"title": "一", "inner": [{"count": 1.0}]}, f"inner.1.count: {_WHOLE}（1.0）"),
    "数の代わりの true": ({"title": "一", "named": {"甲": {"count": True}}}, f"named.甲.count: {_WHOLE}（true）"),
    "要る項目のつづり": ({"titel": "一"}, f"titel: {_SPELT}。title ではありませんか"),
    "ほかの名で書く項目のつづり": ({"title": "一", "dat": ""}, f"dat: {_SPELT}。date ではありませんか"),
    "奥の項目のつづり": ({"title": "一", "inner": [{"conut": 1}]}, f"inner.1.conut: {_SPELT}。count ではありませんか"),
    "名前の下の項目のつづり": ({"title": "一", "named": {"甲": {"count": 1, "noet": ""}}}, f"named.甲.noet: {_SPELT}。note ではありませんか"),
    "似た名のない項目": ({"title": "一", "password": "secret"}, f"password: {_SPELT}"),
    "ない項目": ({}, "title: 項目がありません"),
    "多くの誤り": (
        {"title": "一", "inner": [{"count": 0}] * 7},
        " / ".join(f"inner.{number}.count: 小さすぎます（0）。1 以上です" for number in range(1, 6)) + " / ほか 2か所",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TOLD)
def test_what_is_wanted_is_said(name: str) -> None:
    written, told = TOLD[name]
    with pytest.raises(ValidationError) as caught:
        _Outer.model_validate(written)
    assert explain(caught.value, _Outer) == told


@pytest.mark.parametrize("model", [Job, Register, Spec, Template, Operators], ids=lambda model: model.__name__)
def test_no_file_that_people_write_has_its_numbers_converted(model: type[Strict]) -> None:
    """Every number, and every true or false, of every setting: as written, or refused."""
    nodes = [node for node in _nodes(model.__pydantic_core_schema__) if node.get("type") in ("int", "float", "bool")]
    assert all(node.get("strict") for node in nodes) and (nodes or model is Operators)


def _nodes(schema: Any) -> Iterator[dict[str, Any]]:
    """All tables in a schema, however deep."""
    if isinstance(schema, dict):
        yield schema
    for part in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from _nodes(part)
