"""Strict values (書かれた値): what a file may say, validated and frozen; names that nobody reads are refused."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

WrittenDay = Annotated[date, Field(ge=date(1900, 1, 1), le=date(2199, 12, 31))]
"""書かれた日: a day that has days before and after it, as far as anything is counted from it."""


class Strict(BaseModel):
    """書かれた値: frozen, and without names that nobody reads."""

    model_config = ConfigDict(extra="forbid", frozen=True)
