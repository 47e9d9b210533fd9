"""Who may hand on cases chosen from a list, how, and to whom."""

from web.backend import Json
from web.page import Visit

TRANSFERRING = ("supervisor", "approver")
REPLACING = ("caseworker", "unit_manager")
MOST = 200
"""Cases handed on together: what one page of the API holds, and what somebody can still look through."""


def kinds_of(visit: Visit) -> tuple[str, ...]:
    """How the visitor may hand cases on; empty for whoever may not."""
    kinds = (("transfer", TRANSFERRING), ("replacement", REPLACING))
    return tuple(kind for kind, roles in kinds if visit.roles_include(roles))


def colleagues(visit: Visit) -> list[tuple[str, list[Json]]]:
    """Caseworkers to whom a case may go, by office, those of the own first; the preview says of each case who is of its centre."""
    by_office: dict[str, list[Json]] = {}
    for person in visit.near.people:
        if "caseworker" in (person.get("roles") or ()):
            by_office.setdefault(str(person["office"]), []).append(person)
    return sorted(by_office.items(), key=lambda pair: (pair[0] != visit.office, pair[0]))
