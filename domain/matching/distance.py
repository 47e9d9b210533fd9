"""How far a unit stands from a case, in minutes of travel: what the directory says, else what is assumed for such a distance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.matching.weights import Apart, Weights

if TYPE_CHECKING:
    from domain.case import CaseState
    from domain.directory import Directory, Unit


def minutes_to(case: CaseState, directory: Directory, unit: Unit | None, weights: Weights) -> int | None:
    """Minutes between the place the case came from and the unit; none for a unit the directory does not hold.

    The place is the outlet that received the case, else its centre. An outlet's own travel time to the people it serves is added.
    """
    if unit is None:
        return None
    place = case.outlet or case.centre
    outlet = directory.office(case.outlet)
    return weights.assumed[_apart(directory, place, unit.office)] + (outlet.minutes or 0 if outlet else 0)


def _apart(directory: Directory, place: str, office: str) -> Apart:
    if place == office:
        return "place"
    ours, theirs = directory.centre_of(place), directory.centre_of(office)
    if ours is None or theirs is None:
        return "elsewhere"
    if ours.code == theirs.code:
        return "centre"
    return "county" if ours.county == theirs.county else "elsewhere"
