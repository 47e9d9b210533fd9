"""The policy in force: what `policy.yaml` began with, and over it what the administrator entered since (`domain.directory.standards`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from domain.directory import Directory, DirectoryEvent
from domain.directory.standards import DibaoLineSet, HardshipStandardSet, SpotCheckShareSet
from domain.eligibility.policy import EVERYWHERE, Policy, newest_first

_OFFICE_WORDS = ("司法局", " Justice Bureau")
"""What follows a county's name in that of its justice bureau, in each language."""


def standing(policy: Policy, directory: Directory, planned: Iterable[DirectoryEvent] = ()) -> Policy:
    """The policy with the directory's standards, and those `planned` after them, over its own rows.

    Of two rows for the same day and county the one entered later counts. A county's line holds under its code and its names alike:
    people write the county of a household as they speak of it.
    """
    # The last entered first: among rows of one day the first counts.
    entered = [*directory.standards, *planned][::-1]
    formulas = [_formula(e) for e in entered if isinstance(e, HardshipStandardSet)]
    lines = [row for e in entered if isinstance(e, DibaoLineSet) for row in _lines(e, directory)]
    shares = [
        {"from": e.since, "centre": e.centre, "percent": e.percent, "instrument": e.instrument}
        for e in entered
        if isinstance(e, SpotCheckShareSet)
    ]
    return replace(
        policy,
        formulas=newest_first([*formulas, *policy.formulas]),
        lines=newest_first([*lines, *policy.lines]),
        spot_checks=newest_first([*shares, *policy.spot_checks]),
    )


def as_if(policy: Policy, planned: Iterable[DirectoryEvent], directory: Directory) -> Policy:
    """The policy as it would be if what is `planned` had held from its day on, whatever was set for later days since."""
    formulas, lines = policy.formulas, policy.lines
    for event in planned:
        if isinstance(event, HardshipStandardSet):
            formulas = [_formula(event), *(row for row in formulas if row["from"] < event.since)]
        elif isinstance(event, DibaoLineSet):
            own = tuple(_lines(event, directory))
            names = {row["county"] for row in own}
            lines = newest_first([*own, *(row for row in lines if row["county"] not in names or row["from"] < event.since)])
    return replace(policy, formulas=formulas, lines=lines)


def _formula(event: HardshipStandardSet) -> Mapping[str, Any]:
    return {"from": event.since, "formula": event.formula, "instrument": event.instrument}


def _lines(event: DibaoLineSet, directory: Directory) -> Iterator[Mapping[str, Any]]:
    names = (EVERYWHERE,) if event.county == EVERYWHERE else (event.county, *names_of_county(directory, event.county))
    for name in names:
        yield {
            "from": event.since,
            "county": name,
            "code": event.county,
            "urban": event.urban_fen,
            "rural": event.rural_fen,
            "instrument": event.instrument,
        }


def names_of_county(directory: Directory, code: str) -> tuple[str, ...]:
    """The county's names as its justice bureau bears them; none for a code without a bureau."""
    bureaus = (o for o in directory.offices() if o.kind == "bureau" and o.county == code)
    named = ((bureau.name, bureau.name_en) for bureau in bureaus)
    return tuple(dict.fromkeys(n.removesuffix(word) for both in named for n in both for word in _OFFICE_WORDS if n.endswith(word)))


def county_of(directory: Directory, said: str) -> str | None:
    """The code of the county that is called so, or has that code; None where the directory holds none."""
    codes = dict.fromkeys(office.county for office in directory.offices())
    return said if said in codes else next((code for code in codes if said in names_of_county(directory, code)), None)
