"""Where to apply (法律援助法 art. 38): which centres are competent for a matter, by the county of the organ or of what happened.

For litigation it is the centre at the place of the organ that handles the case; otherwise the one at the place of the organ that settles
the dispute, or where the cause of the matter arose. Lack of venue is a referral, not a refusal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from domain.command import Refusal
from domain.directory import Directory, Office
from domain.eligibility.standards import county_of
from domain.values import Forum, MatterKind

Reason = Literal["organ_of_the_case", "organ_of_the_dispute", "where_it_arose"]
_BEFORE_A_COURT: frozenset[Forum] = frozenset({"litigation", "investigation", "prosecution", "trial"})
_IN_THE_WAY_OF_LAWSUIT: frozenset[MatterKind] = frozenset({"criminal"})


class Place(NamedTuple):
    """A place that makes a centre competent: why, and the county as it was said."""

    reason: Reason
    county: str


class Competent(NamedTuple):
    """A centre to apply to, and why."""

    centre: Office
    reason: Reason
    county: str


@dataclass(frozen=True, slots=True)
class Venue:
    """The centres to apply to, the nearest reason first. `elsewhere` are places of which the directory knows no centre."""

    litigation: bool
    competent: tuple[Competent, ...]
    elsewhere: tuple[Place, ...]
    here: bool | None
    """Whether the centre asked about is one of them; None where none was asked about."""


def is_litigation(kind: MatterKind | None, forum: Forum | None) -> bool:
    """Whether a court, procuratorate or police organ handles the matter. Labour arbitration and reconsideration are no litigation."""
    return forum in _BEFORE_A_COURT if forum else kind in _IN_THE_WAY_OF_LAWSUIT


def venue(
    directory: Directory,
    *,
    kind: MatterKind | None = None,
    forum: Forum | None = None,
    organ_county: str | None = None,
    event_county: str | None = None,
    centre: str | None = None,
) -> Venue:
    """Which centres are competent, and whether `centre` is one of them.

    Raises `Refusal` (422): `organ_county_required` for litigation without the organ's county, `venue_place_required` where neither place is
    told, `unknown_office` for a centre that is none.
    """
    asked = directory.office(centre)
    if centre is not None and (asked is None or asked.kind != "centre"):
        raise Refusal("unknown_office", status=422, pointer="/centre", office=centre)
    litigation = is_litigation(kind, forum)
    places = tuple(_places(litigation, organ_county, event_county))
    if not places:
        code = "organ_county_required" if litigation else "venue_place_required"
        raise Refusal(code, status=422, pointer="/organ_county")
    competent = tuple(_once(each for place in places for each in _at(directory, place)))
    elsewhere = tuple(place for place in places if not any(True for _ in _at(directory, place)))
    here = None if centre is None else any(each.centre.code == centre for each in competent)
    return Venue(litigation, competent, elsewhere, here)


def _places(litigation: bool, organ_county: str | None, event_county: str | None) -> Iterator[Place]:
    if organ_county:
        yield Place("organ_of_the_case" if litigation else "organ_of_the_dispute", organ_county)
    if event_county and not litigation:
        yield Place("where_it_arose", event_county)


def _at(directory: Directory, place: Place) -> Iterator[Competent]:
    county = county_of(directory, place.county)
    centres = (o for o in directory.offices() if o.kind == "centre" and county is not None and o.county == county)
    return (Competent(centre, place.reason, place.county) for centre in centres)


def _once(found: Iterable[Competent]) -> Iterator[Competent]:
    seen: set[str] = set()
    for each in found:
        if each.centre.code not in seen:
            seen.add(each.centre.code)
            yield each
