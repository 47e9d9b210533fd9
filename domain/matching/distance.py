"""How far somebody who is helped is from a unit, in minutes of travel: as measured, else as assumed for such a distance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.matching.weights import Apart, Weights
from domain.values import Applicant

if TYPE_CHECKING:
    from domain.case import CaseState
    from domain.directory import Directory, Unit


def minutes_to(case: CaseState, directory: Directory, unit: Unit | None, weights: Weights) -> int | None:
    """Minutes from the applicant's township to the unit; none for a unit the directory does not hold.

    The shortest way measured to the unit's intake point or the centre whose roster it stands on; where none is measured, what the rules
    assume between the place that received the case and the unit's.
    """
    if unit is None:
        return None
    first = next((p for p in case.parties[:1] if isinstance(p, Applicant)), None)
    township = first.township if first else None
    if township and township == unit.township:
        return weights.assumed["place"]
    measured = [m for office in (unit.outlet, unit.office) if (m := directory.travel(township, office)) is not None]
    return min(measured) if measured else weights.assumed[_apart(directory, case.outlet or case.centre, unit)]


def _apart(directory: Directory, place: str, unit: Unit) -> Apart:
    if place in (unit.office, unit.outlet):
        return "place"
    ours, theirs = directory.centre_of(place), directory.centre_of(unit.office)
    if ours is None or theirs is None:
        return "elsewhere"
    if ours.code == theirs.code:
        return "centre"
    return "county" if ours.county == theirs.county else "elsewhere"
