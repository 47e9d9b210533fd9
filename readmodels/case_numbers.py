"""Cases by their numbers, 定城援民字〔2026〕第318号, so that PostgreSQL finds them by an index whoever asks.

A number is found by its beginning, by its serial number (from the third digit on also by the digits it begins with), by its end from any
place before the serial number on, and by the words in its middle (`民字〔2026〕`). Width, blanks and the kind of bracket do not matter.

Only comparisons of a column itself may use an index beside the wall: PostgreSQL works out nothing of its own about a row that the caller
may not see, so the serial number stands in a column.
"""

import re
import unicodedata
from typing import NamedTuple

import sqlalchemy as sa

from domain.stages.common import KIND_IN_NUMBER
from ledger.schema import case_list

_LAST = "\U0010ffff"
_BRACKETS = str.maketrans(dict.fromkeys("（([【［", "〔") | dict.fromkeys("）)]】］", "〕"))
_SERIAL = re.compile(r"第(\d+)号$", re.ASCII)
_WITH_SERIAL = re.compile(r"(?:(?P<before>.*)第)?(?P<serial>\d{1,9})(?P<end>号?)", re.ASCII)
_MIDDLE = re.compile(rf"援?[登{''.join(KIND_IN_NUMBER.values())}]?字?〔?\d{{0,4}}〕?第?", re.ASCII)
_MARKS = frozenset("援字〔〕第")
_WHOLE = 2
"""Digits up to which a serial number is looked for as a whole: what begins with one digit is a tenth of all cases."""
_NUMBERS = ((case_list.c.register_number, case_list.c.register_serial), (case_list.c.case_number, case_list.c.case_serial))


class Wanted(NamedTuple):
    """What a text may mean as a number: conditions that each have an index, and one without for words in the middle, which many share.

    `few`: the digits of a serial number are among the words, so that no more than some hundreds can fit.
    """

    conditions: tuple[sa.ColumnElement[bool], ...]
    middle: sa.ColumnElement[bool] | None
    few: bool


def serial_of(number: str | None) -> str | None:
    """The digits of a number that count: 318 of 定城援民字〔2026〕第318号."""
    found = _SERIAL.search(number or "")
    return found.group(1) if found else None


def as_written(text: str) -> str:
    """The text as numbers are written: no blanks, half width, tortoise-shell brackets."""
    return "".join(unicodedata.normalize("NFKC", text).split()).translate(_BRACKETS)


def _begins(column: sa.ColumnElement[str | None], text: str) -> sa.ColumnElement[bool]:
    return sa.and_(column >= text, column < text + _LAST)


def _holds(column: sa.ColumnElement[str | None], text: str) -> sa.ColumnElement[bool]:
    return sa.func.strpos(column, text) > 0


def wanted(q: str) -> Wanted:
    """The cases whose register or case number fits the words typed."""
    text = as_written(q)
    found = [_begins(number, text) for number, _ in _NUMBERS]
    if part := _WITH_SERIAL.fullmatch(text):
        digits, whole = part["serial"], bool(part["end"]) or len(part["serial"]) <= _WHOLE
        for number, serial in _NUMBERS:
            fits = serial == digits if whole else _begins(serial, digits)
            found.append(sa.and_(fits, _holds(number, text)) if part["before"] else fits)
    in_middle = _MIDDLE.fullmatch(text) and not _MARKS.isdisjoint(text)
    middle = sa.or_(*(_holds(number, text) for number, _ in _NUMBERS)) if in_middle else None
    return Wanted(tuple(found), middle, few=part is not None)
