"""What the intake knows of the person being taken down: what the identity number says, and who may have been entered before.

The form asks for it as it is filled in, or by a button where no script runs; either way nothing typed is lost.
"""

from typing import Any, cast

from web.backend import Json, Problem, items
from web.forms import Tree
from web.page import Visit

ASK = "check"
"""Name of the button, and of the value the form sends of itself."""


async def known(visit: Visit, typed: Tree) -> Json | None:
    """The panel beside the applicant's fields; None where nothing was typed that anybody could be told by.

    The birthday that a number says is filled in where none was typed.
    """
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
    found: Json
    try:
        found = await visit.backend.duplicates(visit.session, said, lang=visit.lang)
    except Problem as problem:
        if problem.status != 422:
            raise
        found = {"items": [], "elsewhere": 0}  # half a date, a text too long: what is wrong is told when the form is sent
    return {"facts": facts, "people": items(found, "items"), "elsewhere": found["elsewhere"]}
