"""Whatever somebody writes wrongly in a file is explained in Japanese."""

import re
from datetime import date, datetime
from enum import StrEnum
from math import inf, nan
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import Field, ValidationError, create_model

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
        reasons = [re.sub("（[^（）]*）$", "", line).partition(": ")[2] for line in explain(error).split(" / ")]
        assert all(re.sub("YYYY-MM-DD|JSON|true|false", "", reason).isascii() is False for reason in reasons), reasons
        assert not any(re.search("[a-z]{4}", re.sub("true|false", "", reason)) for reason in reasons), reasons
        return True
    return False
