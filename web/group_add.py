"""People join a case by a paste from a spreadsheet: looked at first, faults at their rows, one save."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Literal
from uuid import uuid4

from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import FormData

from domain.stages.people import AddRecipients
from web import origin
from web.backend import Json, Problem, items, part
from web.case_page import whole_history
from web.case_view import CLOCK_EVENTS, entry, number, title
from web.choices import Choices
from web.command_page import EVERYWHERE
from web.fields import Field, fields_of
from web.forms import TRUE, Parsed, Tree, grown, parse
from web.page import REPEATABLE, RESUME, PageRoute, Visit, go, guarded, problem_sentence, render, text_of, visitor
from web.paste import Fault, Known, Pasted, against, read
from web.paste_view import SAID, preview
from web.same_day import category_words
from web.wording import fault_of, hint_of, label_of, word_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)
PEOPLE = "recipients"
"""The command's field that the paste fills."""

Signed = Annotated[Visit, Depends(visitor)]


@dataclass
class Sheet:
    """The page as it is shown."""

    case: Json
    typed: Tree
    text: str
    blanks: str
    key: str
    version: int | None
    pasted: Pasted = field(default_factory=Pasted)
    errors: dict[str, str] = field(default_factory=dict[str, str])
    trouble: str = ""
    changed: Sequence[object] = ()
    kept: bool = False
    resumed: bool = False

    def faulty_within(self, pointer: str) -> bool:
        return any(fault.startswith(f"{pointer}/") for fault in self.errors)

    @property
    def keep(self) -> str:
        """Under which name the browser keeps what is typed."""
        return f"{self.case['case_id']}/{AddRecipients.name}/paste"


def asked() -> tuple[Field, ...]:
    """What the page asks for beside the people."""
    return tuple(f for f in fields_of(AddRecipients) if f.name != PEOPLE)


@router.get("/cases/{case_id}/group/add")
async def form(case_id: str, visit: Signed) -> Response:
    case = await visit.backend.case(visit.session, case_id)
    return _show(visit, Sheet(case, {}, "", "", uuid4().hex, case["version"]))


@router.post("/cases/{case_id}/group/add")
async def add(request: Request, case_id: str, visit: Signed) -> Response:
    case = await visit.backend.case(visit.session, case_id)
    sent = await request.form()
    parsed = parse(asked(), [(name, value) for name, value in sent.multi_items() if isinstance(value, str)])
    sheet = await _sheet(visit, case, sent, parsed)
    if RESUME in request.query_params:
        sheet.resumed = sheet.kept = True
        return _show(visit, sheet)
    try:
        guarded(visit, {"csrf": text_of(sent, "csrf")})
        if wanted := text_of(sent, "add"):
            sheet.kept = True
            if wanted != "paste":
                grown(sheet.typed, wanted)
            return _show(visit, sheet)
        await _carry_out(visit, sheet, parsed)
    except Problem as problem:
        if problem.status == 401:
            raise
        return await _again(visit, sheet, problem)
    return go(origin.back(origin.GROUP, case_id, done=AddRecipients.name, sent=sheet.keep))


async def _sheet(visit: Visit, case: Json, sent: FormData, parsed: Parsed) -> Sheet:
    """The page as it was sent. The paste is held against the case as it stood when the page was opened: a second click finds in it the very
    people whom the first one brought, and what a colleague did since is told by the version.
    """
    version = text_of(sent, "version")
    at = int(version) if version.isascii() and version.isdigit() else case["version"]
    stood = case if at >= case["version"] else await visit.backend.case(visit.session, case["case_id"], at)
    text, blanks = text_of(sent, "/visit/paste"), text_of(sent, "/visit/blanks_meant")
    asking = [part(stood, "applicant"), *items(stood, "co_applicants")]
    known = [*_known("recipient", asking), *_known("opponent", items(stood, "opponents"))]
    pasted = against(read(text, category_words(), blanks_meant=blanks == TRUE), known)
    return Sheet(case, parsed.typed, text, blanks, text_of(sent, "key") or uuid4().hex, at, pasted)


def _known(role: Literal["recipient", "opponent"], people: Sequence[Json]) -> list[Known]:
    return [Known(role, str(p.get("name") or ""), str(p.get("id_number") or "")) for p in people if p]


async def _carry_out(visit: Visit, sheet: Sheet, parsed: Parsed) -> None:
    if parsed.errors or sheet.pasted.faults:
        raise Problem(422, "unread", errors=parsed.errors)
    if not sheet.pasted.people:
        raise Problem(422, "unread", errors=[{"pointer": f"/{PEOPLE}", "code": "required"}])
    body = {**parsed.body, PEOPLE: sheet.pasted.bodies}
    await visit.backend.command(
        visit.session, sheet.case["case_id"], AddRecipients.name, body, key=sheet.key, if_match=sheet.version, lang=visit.lang
    )


async def _again(visit: Visit, sheet: Sheet, problem: Problem) -> Response:
    """The page once more: faults of people at their rows, what a colleague did in between, nothing typed lost."""
    more: list[Fault] = []
    for error in problem.errors:
        pointer = str(error.get("pointer") or "")
        place, _, rest = pointer.removeprefix(f"/{PEOPLE}/").partition("/")
        if pointer.startswith(f"/{PEOPLE}/") and place.isdigit() and int(place) < len(sheet.pasted.people):
            more.append(Fault(sheet.pasted.people[int(place)].row, rest, SAID, {"said": fault_of(visit, error)}))
        elif pointer:
            sheet.errors[pointer] = fault_of(visit, error)
    sheet.pasted = sheet.pasted.but(more)
    sheet.trouble = "" if problem.code == "unread" else problem.detail or problem_sentence(visit, problem)
    sheet.kept = True
    if problem.status not in REPEATABLE and problem.code not in ("unread", "csrf"):
        sheet.key = uuid4().hex
    if problem.code == "version_mismatch":
        events = await whole_history(visit, sheet.case["case_id"], sheet.version or 0)
        sheet.changed = [entry(visit, e) for e in events if not e["type"].startswith(CLOCK_EVENTS)]
        sheet.version = sheet.case["version"]
    return _show(visit, sheet, problem.status)


def _show(visit: Visit, sheet: Sheet, status: int = 200) -> Response:
    fields = asked()
    choices = Choices(visit, visit.request.app.state.policy, sheet.case, events=(), tariffs=())
    return render(
        visit, "group_add.html", status, sheet=sheet, case=sheet.case, number=number(sheet.case), title=title(visit, sheet.case),
        own=[f for f in fields if f.name not in EVERYWHERE], rest=[f for f in fields if f.name in EVERYWHERE],
        choices=partial(choices.of, sheet.typed), errors=sheet.errors, only_choice=False, open_at=sheet.faulty_within,
        field_label=partial(label_of, visit), hint=partial(hint_of, visit), word_of=partial(word_of, visit),
        found=preview(visit, sheet.pasted),
    )  # fmt: skip
