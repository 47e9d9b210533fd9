"""The service circle: how far somebody has to go for help, and whether that is within the city's promise (half an hour, one hour)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from domain.values import Residence

if TYPE_CHECKING:
    from domain.directory.lookup import Directory


class Circle(NamedTuple):
    """Minutes within which help is to be reached, by what the township is."""

    urban: int
    rural: int

    def limit(self, residence: Residence) -> int:
        return self.urban if residence == "urban" else self.rural


class ServiceCircle(NamedTuple):
    """One case measured: `minutes` from the township to the outlet, None (and so `within`) where nobody has measured the way."""

    township: str
    outlet: str
    minutes: int | None
    within: bool | None


def service_circle(directory: Directory, township: str | None, outlet: str, circle: Circle) -> ServiceCircle | None:
    """Where the applicant's township is known to the directory; None where it is not."""
    found = directory.township(township)
    if found is None:
        return None
    minutes = directory.travel(found.code, outlet)
    return ServiceCircle(found.code, outlet, minutes, None if minutes is None else minutes <= circle.limit(found.residence))


def ways(directory: Directory) -> Mapping[tuple[str, str], int]:
    """Every way that somebody has measured: minutes by the codes of township and office."""
    found = {
        (office.township, code): office.minutes
        for code, office in directory.office_of.items()
        if office.township in directory.township_of and office.minutes is not None
    }
    return found | {(code, there): n for code, each in directory.township_of.items() for there, n in each.minutes.items()}


def within(directory: Directory, way: tuple[str, str], minutes: int, circle: Circle) -> bool:
    """Whether a measured way of a township the directory holds is no longer than promised."""
    return minutes <= circle.limit(directory.township_of[way[0]].residence)
