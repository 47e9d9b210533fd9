"""A case as a home-visit kit sees it, and the page that gives the kit out and takes it back."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import uuid4

from fastapi import Response

from api.recording import REASON_MOST
from domain.stages.any_stage import RecordHomeVisit
from web.backend import Json, Problem, items
from web.case_page import whole_history
from web.case_view import number, title
from web.choices import Choices
from web.fields import Field
from web.forms import Tree
from web.kit_file import PAPERS, PHOTOS, kit_fields, owed_papers
from web.kit_questions import Record, known_facts, record_of
from web.page import Visit, render
from web.wording import hint_of, label_of

READ_ALOUD = ("what", "choose", "free", "object", "complain", "privacy", "truth", "cooperate", "papers", "end")
"""What is read aloud, sentence by sentence: 法律援助法 art. 2, 16, 21, 37, 46-50, 52."""
COMMANDS = (RecordHomeVisit.name, "supply_owed_papers", "supply_papers", "correct_record")
NOBODY = Record(0, ())


@dataclass
class Kit:
    """A case as a kit sees it: the visit that is due, what is known, what is still to be asked, which papers are missing."""

    case: Json
    events: Sequence[Json]
    record: Record
    may: frozenset[str]
    visit: Json | None
    supply: str
    owed: tuple[str, ...]

    @property
    def fields(self) -> tuple[Field, ...]:
        """Of a file that was handed in: it may answer what somebody has answered since."""
        return kit_fields(self.record.questions, papers=bool(self.supply))

    @property
    def number(self) -> str:
        return number(self.case)


async def kit_of(visit: Visit, case_id: str, case: Json | None = None) -> Kit:
    """Raises `Problem` 403 for whoever makes no visits."""
    if not visit.roles & RecordHomeVisit.roles:
        raise Problem(403, "forbidden")
    held = case or await visit.backend.case(visit.session, case_id)
    events = await whole_history(visit, case_id)
    allowed = {c["name"] for c in await visit.backend.allowed(visit.session, case_id)}
    due = next((v for v in items(held, "visits") if v.get("at") and not v.get("held_on")), None)
    supply, owed = owed_papers(held)
    may = frozenset(allowed.intersection(COMMANDS))
    return Kit(held, events, record_of(events) or NOBODY, may, due, supply if supply in may else "", owed)


def choices_of(visit: Visit, kit: Kit) -> Choices:
    choices = Choices(visit, visit.request.app.state.policy, kit.case, events=kit.events, tariffs=())
    choices.add(PAPERS, [(kind, dict(choices.of({}, "papers")).get(kind, kind)) for kind in kit.owed])
    return choices


def drawn(visit: Visit, kit: Kit, choices: Choices, typed: Tree) -> Json:
    """What the templates of a kit speak with."""
    about = _names(visit, kit.case)
    return {
        "kit": kit, "case": kit.case, "number": kit.number, "title": title(visit, kit.case), "about": about,
        "known": known_facts(visit, kit.record, choices), "photos": PHOTOS, "read_aloud": READ_ALOUD,
        "choices": partial(choices.of, typed), "field_label": partial(label_of, visit), "hint": partial(hint_of, visit),
        "word_of": partial(_word_of, visit), "only_choice": False, "errors": {}, "open_at": _closed,
    }  # fmt: skip


def _word_of(visit: Visit, f: Field, code: str) -> str:
    return visit.word(f.path.rpartition(".")[2] or f.name, code, f.command)


def _closed(pointer: str) -> bool:
    del pointer
    return False


def _names(visit: Visit, case: Json) -> dict[str, str]:
    """Who each question is about, in words."""
    named = {"applicant": visit.t("pages.applicant"), "proxy": visit.t("pages.proxy"), "matter": visit.t("pages.section_matter")}
    for index, opponent in enumerate(items(case, "opponents")):
        named[f"opponents/{index}"] = f"{visit.t('pages.opponent')} · {opponent.get('name') or visit.t('words.withheld')}"
    return named


def kit_page_of(visit: Visit, kit: Kit, status: int = 200, **more: Any) -> Response:
    done = visit.request.query_params.get("done", "")
    shown: Json = {
        "reason": "", "reason_trouble": "", "file_trouble": "", "elsewhere": "", "key": uuid4().hex, "most_reason": REASON_MOST,
        "done": done if done.isalnum() and len(done) == 8 else "", "added": visit.request.query_params.get("added", ""),
        "photo_trouble": "",
    }  # fmt: skip
    return render(visit, "visit_kit.html", status, **(drawn(visit, kit, choices_of(visit, kit), {}) | shown | more))
