"""What the intake knows while somebody is taken down: what the identity number says, who may have been entered before, which opponent the
office has helped, and whether the case can be accepted first.

The form asks for it as it is filled in, or by a button where no script runs; either way nothing typed is lost.
"""

from datetime import date
from typing import Any, cast

from domain.eligibility.limitation import URGENT_DAYS
from domain.eligibility.policy import Policy
from web.backend import Json, Problem, items, part
from web.case_view import now
from web.forms import Tree, day_of
from web.page import Visit
from web.prefill import accept_first_ground

URGENT = "limitation_within_7_days"
"""The ground of accepting first where the right is about to be lost."""
HELPED = frozenset({"applicant", "co_applicant", "advised", "duty_helped"})
"""Whoever had these parts was helped by the office."""
MOST_OPPONENTS = 3
"""Opponents looked for while somebody types."""
ASK = "check"
"""Name of the button, and of the value the form sends of itself."""


async def known(visit: Visit, typed: Tree) -> Json | None:
    """The panel beside the applicant's fields; None where nothing was typed that it could say anything about.

    The birthday that a number says is filled in where none was typed.
    """
    offer, against = offered(visit.request.app.state.policy, typed, now().date()), await _against(visit, typed)
    person = await _person(visit, typed)
    if person is None and not offer and not against:
        return None
    nobody: Json = {"facts": None, "people": [], "elsewhere": 0, "searched": False}
    return {**(person or nobody), "offer": offer, "against": against}


async def _person(visit: Visit, typed: Tree) -> Json | None:
    held = typed.get("applicant")
    if not isinstance(held, dict):
        return None
    applicant = cast("dict[str, Any]", held)
    said = {
        name: text for name in ("name", "id_kind", "id_number", "birth_date", "phone") if (text := str(applicant.get(name) or "").strip())
    }
    if not said.keys() & {"name", "id_number", "phone"}:
        return None
    facts: Json | None = None
    if said.get("id_number") and said.get("id_kind", "resident_id") == "resident_id":
        facts = await visit.backend.identity(visit.session, said["id_number"])
        if facts["valid"] and not applicant.get("birth_date"):
            applicant["birth_date"] = said["birth_date"] = str(facts["birth_date"])
    found = await _duplicates(visit, said)
    return {"facts": facts, "people": items(found, "items"), "elsewhere": found["elsewhere"], "searched": True}


async def _duplicates(visit: Visit, said: Json) -> Json:
    try:
        return await visit.backend.duplicates(visit.session, said, lang=visit.lang)
    except Problem as problem:
        if problem.status != 422:
            raise
        return {"items": [], "elsewhere": 0}  # half a date, a text too long: what is wrong is told when the form is sent


async def _against(visit: Visit, typed: Tree) -> list[Json]:
    """The opponents typed whom the office has helped, or is helping: who takes this down should know before promising anything."""
    found: list[Json] = []
    for opponent in [o for o in items(typed, "opponents") if str(o.get("name") or "").strip()][:MOST_OPPONENTS]:
        said = {name: text for name in ("name", "id_number") if (text := str(opponent.get(name) or "").strip())}
        alike = items(await _duplicates(visit, said), "items")
        entries = [e for person in alike for e in items(person, "entries") if e["role"] in HELPED]
        found += [{"name": said["name"], "entries": entries}] if entries else []
    return found


def offered(policy: Policy, typed: Tree, today: date) -> Json | None:
    """That the case may be accepted first, and what will be owed: by the applicant's group, or since the right is about to be lost."""
    offer = accept_first_ground({"applicant": typed.get("applicant") or {}, "papers": typed.get("papers") or []}, policy)
    ends = day_of(str(part(typed, "matter").get("limitation_on") or ""))
    if not offer and ends and 0 <= (date.fromisoformat(ends) - today).days < URGENT_DAYS:
        return {"ground": URGENT, "papers_owed": [], "ends_on": ends}
    return offer or None
