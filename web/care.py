"""Whom a case must be careful with: people in danger at home and minors, and the safe way to reach them."""

from dataclasses import dataclass
from datetime import date

from web.backend import Json, items, part
from web.case_people import GUARDED

VIOLENCE, MINOR = "violence", "minor"
_CAUSES = frozenset({"protection_order"})
_WAIVERS = frozenset({"abuse_abandonment_domestic_violence"})
_OF_AGE = 18


@dataclass(frozen=True, slots=True)
class Care:
    """Why the case is to be handled with care (names of `texts/*/care.yaml`), and how each person may be reached."""

    why: tuple[str, ...]
    ways: tuple[Json, ...]
    """`{name, phone, never}` of those who told one."""


def care(case: Json, today: date) -> Care | None:
    """None for a case in which nobody is known to need it. What is withheld from the visitor shows nothing."""
    helped = [p for p in (part(case, "applicant"), *items(case, "co_applicants")) if p]
    reached = [*helped, part(part(case, "proxy"), "party")]
    ways = tuple({"name": p.get("name"), **part(p, "safe_contact")} for p in reached if p.get("safe_contact"))
    told = part(case, "matter").get("cause") in _CAUSES or part(case, "eligibility").get("waiver") in _WAIVERS
    violence = ways or told or any(GUARDED & _groups(p) for p in helped)
    found = {VIOLENCE: bool(violence), MINOR: any(_minor(p, today) for p in helped)}
    why = tuple(name for name, holds in found.items() if holds)
    return Care(why, ways) if why else None


def _groups(person: Json) -> set[str]:
    return {str(code) for code in list[str](person.get("categories") or ())}


def _minor(person: Json, today: date) -> bool:
    """By the group they were entered in, or by their day of birth."""
    if MINOR in _groups(person):
        return True
    try:
        born = date.fromisoformat(str(person.get("birth_date")))
    except ValueError:
        return False
    return (born.year + _OF_AGE, born.month, born.day) > (today.year, today.month, today.day)
