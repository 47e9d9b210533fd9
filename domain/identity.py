"""Who somebody is: the citizen's identity number (公民身份号码) of GB 11643-1999, 17 digits and a check character by ISO 7064 MOD 11-2,
and whether two entries mean the same person.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import TYPE_CHECKING, Literal, NamedTuple

from pydantic_core import PydanticCustomError

if TYPE_CHECKING:
    from domain.values import Party

_FORM = re.compile(r"[1-9]\d{5}(\d{4})(\d{2})(\d{2})\d{2}(\d)[\dX]")
_LOOKS_RESIDENT = re.compile(r"\d{17}[\dXx]")
_CHECK_CHARACTERS = "10X98765432"


class Identity(NamedTuple):
    """What the number itself says: county code of the first registration, day of birth, sex."""

    county: str
    birth_date: date
    sex: Literal["female", "male"]


def check_character(first_17: str) -> str:
    """The 18th character: the weights are 2^(18-i) mod 11."""
    total = sum(int(digit) * pow(2, 17 - i, 11) for i, digit in enumerate(first_17))
    return _CHECK_CHARACTERS[total % 11]


def check_resident_id(text: str) -> Identity:
    """Read a resident's number. Raises `ValueError` where its form, its date or its check character is wrong."""
    number = as_kept(text)
    form = _FORM.fullmatch(number)
    if form is None:
        raise ValueError("not 17 digits and a check character")
    year, month, day, sequence = form.groups()
    if check_character(number[:17]) != number[17]:
        raise ValueError("check character does not fit")
    return Identity(number[:6], date(int(year), int(month), int(day)), "male" if int(sequence) % 2 else "female")


def valid_id_number(kind: str | None, number: str) -> str:
    """The number as it is kept. A resident's number, or one of that form whose kind is not said, must check; others pass.

    Raises the pydantic error `id_check_digit`.
    """
    if kind != "resident_id" and not (kind is None and _LOOKS_RESIDENT.fullmatch(as_kept(number))):
        return number
    try:
        check_resident_id(number)
    except ValueError as fault:
        raise PydanticCustomError("id_check_digit", "the identity number does not check") from fault
    return as_kept(number)


def as_kept(number: str) -> str:
    """A resident's number as it is written: half width, without the spaces of its groups, its X as a capital."""
    return "".join(unicodedata.normalize("NFKC", number).split()).upper()


def plain(value: object) -> str:
    """A name or number as it is compared: width, case, spaces and the dot of names do not count. Empty for what is absent or sealed."""
    return "".join(unicodedata.normalize("NFKC", value).casefold().split()).replace("·", "") if isinstance(value, str) else ""


def same_number(one: Party, other: Party) -> bool:
    """Whether both bear the same identity number. Sealed values were compared before they were sealed."""
    return bool(plain(one.id_number)) and plain(one.id_number) == plain(other.id_number)


def same_person(one: Party, other: Party) -> bool:
    """Told by the identity number where both are known, else by the name."""
    if plain(one.id_number) and plain(other.id_number):
        return same_number(one, other)
    return bool(plain(one.name)) and plain(one.name) == plain(other.name)
