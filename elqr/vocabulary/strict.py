"""Strict values (書かれた値): what a file may say, validated and frozen. Unknown names are refused."""

from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler

WrittenDay = Annotated[date, Field(ge=date(1900, 1, 1), le=date(2199, 12, 31))]
"""書かれた日: a day far enough from the ends of the calendar to count days from it in either direction."""


_AS_WRITTEN = ("int", "float", "bool")


def _as_written(schema: Any) -> Any:
    """書かれたまま: the schema with no conversion of numbers and of true and false, however deep in it they are."""
    if isinstance(schema, dict):
        deeper = {name: _as_written(part) for name, part in schema.items()}
        return deeper | {"strict": True} if schema.get("type") in _AS_WRITTEN else deeper
    return [_as_written(part) for part in schema] if isinstance(schema, list) else schema


class Strict(BaseModel):
    """書かれた値: frozen, and without unknown names.

    Numbers are numbers, and `true` and `false` are neither numbers nor texts: "100", 100.0 and true are no whole
    number. Days, paths and enumerations may be texts, and lists tuples.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> Any:
        return _as_written(handler(source))
