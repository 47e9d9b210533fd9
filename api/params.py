"""What the routes' queries take: days, moments, pages."""

import re
from datetime import date, datetime
from typing import Annotated

from fastapi import Query
from pydantic import AwareDatetime, BeforeValidator, Discriminator, Tag

from api.typed import WithinRange
from readmodels.paging import LIMIT, LIMIT_MAX

__all__ = [
    "LIMIT", "LIMIT_MAX", "Cursor", "Day", "DayOrMoment", "FirstDay", "LegalDay", "Limit", "Moment",
    "Start", "Version", "Word", "plus",
]  # fmt: skip

Limit = Annotated[int, Query(ge=1, le=LIMIT_MAX)]
Cursor = Annotated[str | None, Query(max_length=1000, description="`next_cursor` of the page before.")]
Word = Annotated[str | None, Query(max_length=64)]
Version = Annotated[int, Query(ge=0, le=2**31 - 1)]


def plus(value: object) -> object:
    """An offset as it was written: in a query an unescaped `+` reads as a space."""
    return re.sub(r" (\d\d:\d\d)$", r"+\1", value) if isinstance(value, str) else value


def _written(value: object) -> str:
    """Whether a day or a moment was written; a moment at midnight is no day."""
    return "moment" if isinstance(value, datetime) or (isinstance(value, str) and ("T" in value or ":" in value)) else "day"


type Moment = Annotated[AwareDatetime, BeforeValidator(plus), WithinRange]
type LegalDay = Annotated[date, WithinRange]
type DayOrMoment = Annotated[
    Annotated[date, Tag("day")] | Annotated[datetime, Tag("moment")], Discriminator(_written), BeforeValidator(plus), WithinRange
]
Day = Annotated[DayOrMoment | None, Query(description="Due before this day, or this moment with offset.")]
FirstDay = Annotated[DayOrMoment | None, Query(description="Due on this day, or at this moment with offset, or later.")]
Start = Annotated[DayOrMoment, Query(description="A day, or a moment with offset.")]
