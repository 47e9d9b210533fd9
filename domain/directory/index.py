"""Indices over a directory, each made when it is first asked for: a directory is read far more often than it changes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from domain.directory.entries import DayRule, Office, Person

if TYPE_CHECKING:
    from domain.directory.lookup import Directory

type Group = tuple[str, str | None]
"""A role, and the office where one is named."""


@dataclass(slots=True)
class Index:
    """What was found out about one directory, which never changes. Bounded: by its offices, its roles at offices and the days asked."""

    below: dict[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    children: dict[str | None, tuple[str, ...]] | None = None
    holders: Mapping[Group, tuple[Person, ...]] | None = None
    members: Mapping[str, tuple[Person, ...]] | None = None
    set_up: Mapping[str, tuple[str, ...]] | None = None
    cities: tuple[str, ...] | None = None
    days: dict[tuple[str | None, date], Mapping[date, DayRule]] = field(
        default_factory=dict[tuple[str | None, date], Mapping[date, DayRule]]
    )
    rules: dict[tuple[str | None, date], tuple[object, object]] = field(
        default_factory=dict[tuple[str | None, date], tuple[object, object]]
    )
    """Of an office and a day the rules in the files and those that hold there."""
    whole: Directory | None = None
    """Of a day's view, the directory it is a view of."""
    views: dict[date, Directory] = field(default_factory=dict[date, "Directory"])


def children_of(offices: Mapping[str, Office]) -> dict[str | None, tuple[str, ...]]:
    """Codes of the offices straight below each."""
    found: defaultdict[str | None, list[str]] = defaultdict(list)
    for office in offices.values():
        found[office.parent].append(office.code)
    return {parent: tuple(codes) for parent, codes in found.items()}


def tree_below(children: Mapping[str | None, tuple[str, ...]], code: str) -> frozenset[str]:
    """The office and all below it."""
    found, ahead = {code}, [code]
    while ahead:
        for child in children.get(ahead.pop(), ()):
            if child not in found:
                found.add(child)
                ahead.append(child)
    return frozenset(found)


def holders_of(people: Mapping[str, Person]) -> dict[Group, tuple[Person, ...]]:
    """Who was ever granted a role, anywhere and at each office, in the directory's order. On which days is asked of the person."""
    found: defaultdict[Group, dict[str, Person]] = defaultdict(dict)
    for person in people.values():
        for grant in person.grants:
            found[grant.role, None][person.code] = person
            found[grant.role, grant.office][person.code] = person
    return {group: tuple(held.values()) for group, held in found.items()}


def members_of(people: Mapping[str, Person]) -> dict[str, tuple[Person, ...]]:
    """The people of each unit."""
    found: defaultdict[str, list[Person]] = defaultdict(list)
    for person in people.values():
        if person.unit is not None:
            found[person.unit].append(person)
    return {unit: tuple(held) for unit, held in found.items()}


def set_up_by(offices: Mapping[str, Office]) -> dict[str, tuple[str, ...]]:
    """Codes of the centres that each bureau set up."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for office in offices.values():
        if office.kind == "centre" and office.bureau is not None:
            found[office.bureau].append(office.code)
    return {bureau: tuple(codes) for bureau, codes in found.items()}
