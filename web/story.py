"""A chain of cases as one story: the help before, this case, what goes on from it."""

from dataclasses import dataclass

from web.backend import Json, items, part
from web.case_view import number
from web.page import Visit


@dataclass(frozen=True, slots=True)
class Chapter:
    """A case of the chain in words; `here` is the one whose page it is."""

    case_id: str
    number: str
    here: bool
    relation: str
    """How it came from the one before; empty for the first."""
    stage: str
    state: str
    opened_on: str
    outcome: str
    recovered_fen: int | None
    people: int


async def story(visit: Visit, case: Json) -> list[Chapter]:
    """The chapters in the order they were opened; none for a case that stands alone. Cases out of the visitor's sight are left out."""
    linked = case.get("continues") or items(case, "continued_by")
    if not linked:
        return []
    return [_chapter(visit, each) for each in await visit.backend.chain(visit.session, case["case_id"])]


def _chapter(visit: Visit, told: Json) -> Chapter:
    matter, outcome = part(told, "matter"), part(told, "outcome")
    return Chapter(
        case_id=told["case_id"], number=number(told), here=bool(told["asked"]), relation=visit.word("relation", told.get("relation")),
        stage=visit.word("stage", matter.get("stage") or matter.get("kind")), state=visit.t(f"states.{told['state']}"),
        opened_on=str(told.get("opened_on") or ""), outcome=visit.word("result", outcome.get("result")),
        recovered_fen=outcome.get("recovered_fen"), people=int(told.get("recipient_count") or 1),
    )  # fmt: skip
