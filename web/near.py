"""Whom and what a form offers out of a directory of thousands: the own centre with its outlets and people, and every centre's staff."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from web.backend import Json

_EVERYWHERE = frozenset({"caseworker", "approver", "supervisor", "bureau_officer"})
"""Roles to which a case, an agreement or a question may go from another centre."""
_AUTHORITIES = ("bureau", "centre")


@dataclass(frozen=True, slots=True)
class Near:
    """Seen from one office. Lists of an office that the directory does not know hold everything."""

    offices: list[Json]
    """Bureaus and centres, and the outlets of the own centre."""
    people: list[Json]
    """The people of the own centre and its outlets but for village liaisons of other villages, and those of every centre who decide."""

    @classmethod
    def of(cls, office: str, offices: Sequence[Json], people: Sequence[Json]) -> Self:
        at = {str(o["code"]): o for o in offices}
        own = at.get(office)
        if own is None:
            return cls([*offices], [*people])
        centre = office if own["kind"] in _AUTHORITIES else str(own.get("parent") or "")
        here = {centre, office, *(code for code, o in at.items() if o.get("parent") == centre and o["kind"] != "bureau")}
        villages = {code for code in here if at[code]["kind"] == "village_liaison" and code != office} if centre in at else set[str]()
        shown = [o for o in offices if o["kind"] in _AUTHORITIES or o["code"] in here]
        near = here - villages
        named = [p for p in people if p["office"] in near or not _EVERYWHERE.isdisjoint(p.get("roles", ()))]
        return cls(shown, named)
