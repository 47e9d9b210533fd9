"""Entries by day: what is written anew from a day on does not change what held before."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Literal, NamedTuple

from domain.directory.entries import Lawyer, Office, Person, Township, Unit

Kind = Literal["offices", "people", "units", "lawyers", "townships"]
"""Books whose entries are written anew as a whole. What else the directory holds bears days of its own."""
type Entry = Office | Person | Unit | Lawyer | Township

_OWN_DAYS: Mapping[Kind, tuple[str, ...]] = {"people": ("grants",), "lawyers": ("suspensions", "leaves")}
"""Fields whose values say themselves on which days they hold: every version of an entry has all of them."""


class Dated(NamedTuple):
    """An entry and the legal day it holds from."""

    since: date
    entry: Entry


type Versions = dict[tuple[Kind, str], tuple[Dated, ...]]
"""By kind and code, by day; of two from the same day the one recorded later stands."""


def dated(versions: tuple[Dated, ...], new: Dated) -> tuple[Dated, ...]:
    """The versions with one more; it takes the place of one from the same day."""
    return (*(v for v in versions if v.since < new.since), new, *(v for v in versions if v.since > new.since))


def held_on(kind: Kind, versions: tuple[Dated, ...], newest: Entry, on: date) -> Entry:
    """The version that held on a day; before the first day the first, so that a code never loses its name.

    `newest` is the last version as it stands, with all that was added to it.
    """
    held = [v.entry for v in versions if v.since <= on]
    if len(held) == len(versions):
        return newest
    own = {name: getattr(newest, name) for name in _OWN_DAYS.get(kind, ())}
    entry = held[-1] if held else versions[0].entry
    if len(versions) == 1:
        return newest
    return entry.model_copy(update=own) if own else entry
