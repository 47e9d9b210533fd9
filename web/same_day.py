"""The same-day sheet (当日办结): one visit, one page, one save; what the visitor may not do waits on the approver's desk."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Annotated, Any, cast
from uuid import uuid4

from fastapi import APIRouter, Depends, Request, Response

import texts
from domain.command import COMMANDS
from domain.eligibility.policy import Policy
from domain.stages.application import SubmitApplication
from web import sitting
from web.backend import Json, Problem, items, part
from web.case_view import now
from web.choices import Choices
from web.command_page import own_office
from web.fields import Field
from web.forms import TRUE, Parsed, Tree, grown, parse, shown
from web.page import REPEATABLE, RESUME, PageRoute, Visit, go, guarded, problem_sentence, render, text_of, visitor
from web.paste import Fault, Known, Pasted, against, read
from web.paste_view import SAID, preview
from web.visit_plan import OPENING, WAYS, Plan, Wanted, Way, everybody, key_of, planned, sheet_fields
from web.wording import fault_of, hint_of, label_of, word_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)
KEEP = "same-day"
"""Under which name the browser keeps what is typed."""

Signed = Annotated[Visit, Depends(visitor)]


@dataclass
class Sheet:
    """The sheet as it is shown; the fields' macros ask it for its command, which each field knows here."""

    typed: Tree
    said: Json
    """What stands beside the commands' fields, by its name."""
    key: str
    errors: dict[str, str] = field(default_factory=dict[str, str])
    pasted: Pasted = field(default_factory=Pasted)
    trouble: str = ""
    resumed: bool = False
    asks_code: bool = False
    """The one-time code of a sitting is to be given along."""
    looked_at: bool = False
    """The paste was read and is shown, though nothing was sent."""

    def faulty_within(self, pointer: str) -> bool:
        return any(fault.startswith(f"{pointer}/") for fault in self.errors)


@router.get("/same-day")
async def blank_sheet(visit: Signed) -> Response:
    _receives(visit)
    body = {OPENING: {**own_office(visit), "channel": "walk_in", "received_by_centre_on": now().date().isoformat()}}
    way: Way = "accept_first"
    said: Json = {"way": way, "receipt": TRUE, "same_groups": TRUE, "speaking": []}
    return await _show(visit, Sheet(shown(sheet_fields(), body), said, uuid4().hex))


@router.post("/same-day")
async def save(request: Request, visit: Signed) -> Response:
    _receives(visit)
    sent = await request.form()
    pairs = [(name, value) for name, value in sent.multi_items() if isinstance(value, str)]
    parsed = parse(sheet_fields(), pairs)
    said = _said(pairs)
    sheet = Sheet(parsed.typed, said, text_of(sent, "key") or uuid4().hex)
    sheet.pasted = _read(sheet, parsed)
    if RESUME in request.query_params:
        sheet.resumed = True
        return await _show(visit, sheet)
    wanted = _wanted(said)
    policy: Policy = request.app.state.policy
    plan = planned(parsed.body, wanted, sheet.pasted.people, visit.roles, policy)
    try:
        guarded(visit, {"csrf": text_of(sent, "csrf")})
        if add := text_of(sent, "add"):
            sheet.looked_at = add == "paste"
            if not sheet.looked_at:
                grown(sheet.typed, add)
            return await _show(visit, sheet)
        await sitting.given(visit, sent)
        answer = await _carry_out(visit, sheet, parsed, plan)
    except Problem as problem:
        if problem.status == 401:
            raise
        return await _again(visit, sheet, plan, problem)
    return go(f"/same-day/{answer['case_id']}?sent={KEEP}")


def _receives(visit: Visit) -> None:
    if not visit.roles & SubmitApplication.roles:
        raise Problem(403, "forbidden")


_NAMES = ("way", "delegated", "receipt", "same_groups", "blanks_meant", "paste", "effective_on", "reason")


def _said(pairs: Iterable[tuple[str, str]]) -> Json:
    said: Json = {name: value for pointer, value in pairs if (name := pointer.removeprefix("/visit/")) in _NAMES}
    said["speaking"] = [value for pointer, value in pairs if pointer == "/visit/speaking"]
    return said


def _wanted(said: Json) -> Wanted:
    ways: dict[str, Way] = {way: way for way in WAYS}
    return Wanted(
        way=ways.get(str(said.get("way")), "later"), delegated=said.get("delegated") == TRUE, receipt=said.get("receipt") == TRUE,
        same_groups=said.get("same_groups") == TRUE, represented_by=frozenset(said["speaking"]),
        effective_on=_day(said.get("effective_on")), reason=str(said.get("reason") or "").strip(),
    )  # fmt: skip


def _day(typed: Any) -> date | None:
    try:
        return date.fromisoformat(str(typed))
    except ValueError:
        return None


def category_words() -> dict[str, str]:
    """The words for the groups of people, in both languages, to their codes."""
    codes = next(f.options for group in sheet_fields() for f in _leaves(group) if f.name == "categories")
    return {texts.value(lang, "categories", code): code for lang in texts.LANGUAGES for code in codes}


def _leaves(f: Field) -> list[Field]:
    return [leaf for inner in f.fields for leaf in _leaves(inner)] if f.fields else [f]


def _read(sheet: Sheet, parsed: Parsed) -> Pasted:
    """The paste, held against everybody typed on the sheet."""
    pasted = read(str(sheet.said.get("paste") or ""), category_words(), blanks_meant=sheet.said.get("blanks_meant") == TRUE)
    typed: Json = parsed.body.get(OPENING, {})
    asking, opposed = [part(typed, "applicant"), *items(typed, "co_applicants")], items(typed, "opponents")
    known = [Known("recipient", str(p.get("name", "")), str(p.get("id_number", ""))) for p in asking if p.get("name")]
    known += [Known("opponent", str(p.get("name", "")), str(p.get("id_number", ""))) for p in opposed]
    return against(pasted, known)


async def _carry_out(visit: Visit, sheet: Sheet, parsed: Parsed, plan: Plan) -> Json:
    led = [e for e in parsed.errors if not (plan.led_by_paste and e["pointer"].startswith(f"/{OPENING}/applicant/name"))]
    if led or sheet.pasted.faults:
        raise Problem(422, "unread", errors=led)
    return await visit.backend.bundle(visit.session, None, plan.commands, key=sheet.key, if_match=None, lang=visit.lang)


async def _again(visit: Visit, sheet: Sheet, plan: Plan, problem: Problem) -> Response:
    """The sheet once more, each fault at the field or the pasted row it is about."""
    more: list[Fault] = []
    for error in problem.errors:
        pointer = plan.place(str(error.get("pointer") or ""))
        row = plan.pasted_at(pointer)
        if row and row[0] < len(sheet.pasted.people):
            person = sheet.pasted.people[row[0]]
            more.append(Fault(person.row, row[1].strip("/"), SAID, {"said": fault_of(visit, error)}))
        elif pointer:
            sheet.errors[pointer] = fault_of(visit, error)
    sheet.pasted = sheet.pasted.but(more)
    sheet.asks_code = problem.code in sitting.ASKED
    if problem.code != "unread":
        said = problem.detail or problem_sentence(visit, problem)
        command = plan.named(problem.members.get("index"))
        sheet.trouble = visit.t("sheet.refused_step", command=command, said=said) if command else said
    if problem.status not in REPEATABLE and problem.code not in ("unread", "csrf"):
        sheet.key = uuid4().hex
    return await _show(visit, sheet, problem.status)


async def _show(visit: Visit, sheet: Sheet, status: int = 200) -> Response:
    choices = Choices(visit, visit.request.app.state.policy, {}, events=(), tariffs=())
    application = cast("Tree", sheet.typed.get(OPENING, {}))
    groups: dict[str, Sequence[Field]] = {f.name: f.fields for f in sheet_fields()}
    people = everybody(application, sheet.pasted.people)
    typed = [person for person in everybody(application, ()) if person.get("name")]
    return render(
        visit, "same_day.html", status, sheet=sheet, parts={name: {f.name: f for f in fields} for name, fields in groups.items()},
        choices=partial(choices.of, application), errors=sheet.errors, only_choice=False, open_at=sheet.faulty_within,
        field_label=partial(label_of, visit), hint=partial(hint_of, visit),
        word_of=partial(word_of, visit), wanted=_wanted(sheet.said), said=sheet.said,
        counted=len(people), typed_people=[(key_of(person), person["name"]) for person in typed],
        may={name: bool(visit.roles & COMMANDS[name].roles) for name in COMMANDS}, is_approver="approver" in visit.roles,
        found=preview(visit, sheet.pasted), kept=sheet.resumed or sheet.looked_at or status != 200,
    )  # fmt: skip
