"""Strict values (書かれた値): what a file may say, validated and frozen. Unknown names are refused."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

WrittenDay = Annotated[date, Field(ge=date(1900, 1, 1), le=date(2199, 12, 31))]
"""書かれた日: a day far enough from the ends of the calendar to count days from it in either direction."""


class Strict(BaseModel):
    """書かれた値: frozen, and without unknown names."""

    model_config = ConfigDict(extra="forbid", frozen=True)
