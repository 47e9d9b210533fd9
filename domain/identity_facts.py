"""What a resident's number says to whoever types it: whether it checks, and if so the birthday, the sex and the county of it."""

from __future__ import annotations

from datetime import date
from typing import Literal, NamedTuple

from domain.identity import as_kept, check_character, check_resident_id

Fault = Literal["length", "digits", "date", "check_digit", "born_in_future"]


class Facts(NamedTuple):
    """`fault` says why the number is none; then nothing else is known but `expected`, the check character that would fit its digits."""

    number: str
    fault: Fault | None = None
    county: str | None = None
    birth_date: date | None = None
    sex: Literal["female", "male"] | None = None
    age: int | None = None
    expected: str | None = None


def facts_of(text: str, today: date) -> Facts:
    """Read a number as it was typed (GB 11643-1999). `today` is the legal day, for the age in completed years."""
    number = as_kept(text)
    first, last = number[:17], number[17:]
    if len(number) != 18:
        return Facts(number, "length")
    if not (first.isascii() and first.isdecimal() and first[0] != "0" and (last == "X" or (last.isascii() and last.isdecimal()))):
        return Facts(number, "digits")
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return Facts(number, "date")
    if check_character(first) != last:
        return Facts(number, "check_digit", expected=check_character(first))
    if born > today:
        return Facts(number, "born_in_future")
    said = check_resident_id(number)
    age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    return Facts(number, None, said.county, said.birth_date, said.sex, age)
