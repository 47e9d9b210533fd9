"""Forms: one for every command, drawn from its model; the intake and an organ's notice are the forms of the commands that open cases.

A form carries its idempotency key, so that a second click is harmless, and the version it was opened at, so that a colleague's
step in between is shown before anything is done. Whatever goes wrong, what was typed is shown again.
"""

from asyncio import gather
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import uuid4

from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import FormData

from domain.command import COMMANDS
from domain.eligibility.policy import Policy
from domain.stages.continuation import ContinueCase
from domain.stages.correction import CorrectRecord
from domain.stages.extension import AskExtension
from web import origin, sitting
from web.backend import Json, Problem, items, part
from web.case_page import whole_history
from web.case_view import CLOCK_EVENTS, entry, now, number, title
from web.choices import Choices
from web.correction import asked
from web.day_notes import notes
from web.fields import Field, fields_of
from web.forms import Parsed, Tree, day_of, grown, parse, shown
from web.known import ASK, known
from web.lawyer_notes import panel_for
from web.page import REPEATABLE, RESUME, PageRoute, Visit, go, guarded, problem_sentence, render, text_of, visitor
from web.prefill import prefilled
from web.stale import Differing, differing, taken
from web.wording import fault_of, hint_of, label_of, word_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)
INTAKE = "submit_application"
NOTICE = "receive_organ_notice"
SECTIONS = {
    "pages.section_reception": ("centre", "channel", "outlet", "assisting_agency", "received_by_centre_on", "form", "oral"),
    "pages.section_applicant": ("applicant",),
    "pages.section_matter": ("matter", "opponents"),
    "pages.section_group": ("recipient_count", "co_applicants", "representatives", "proxy"),
    "pages.section_papers": ("papers",),
}
EVERYWHERE = ("effective_on", "on_behalf_of", "note")

Signed = Annotated[Visit, Depends(visitor)]


@dataclass
class Sheet:
    """A form as it is shown: which command on which case, what is typed, what is wrong."""

    command: str
    case: Json
    typed: Tree
    key: str
    version: int | None
    errors: dict[str, str]
    trouble: str = ""
    problem: Problem | None = None
    changed: Sequence[Any] = ()
    since: int | None = None
    """The version the form was opened at, where a colleague was faster."""
    differing: Sequence[Differing] = ()
    """The fields that the case tells otherwise since then."""
    too_late: bool = False
    """The command cannot be carried out any more as the case stands now."""
    origin: str = ""
    """The page it was opened from, where that is not the case's."""
    known: Json | None = None
    """At the intake: what is known of the person being taken down."""
    resumed: bool = False
    """The session had ended; what was typed came along to the door and back."""

    @property
    def case_id(self) -> str:
        return str(self.case.get("case_id", ""))

    @property
    def asks_code(self) -> bool:
        """Whether the one-time code of a sitting is to be given along."""
        return self.problem is not None and self.problem.code in sitting.ASKED

    @property
    def keep(self) -> str:
        """Under which name the browser keeps what is typed."""
        chosen = "".join(f"/{self.typed.get(name, '')}" for name in ("position", "field")) if self.command == CorrectRecord.name else ""
        return f"{self.case_id or 'new'}/{self.command}{chosen}"

    def faulty_within(self, pointer: str) -> bool:
        return any(fault.startswith(f"{pointer}/") for fault in self.errors)

    @property
    def back(self) -> str:
        return origin.back(self.origin, self.case_id) if self.case_id else "/"

    @property
    def action(self) -> str:
        return f"/cases/{self.case_id}/commands/{self.command}" if self.case_id else "/notices/new" if self.command == NOTICE else "/intake"


@router.get("/intake")
async def intake(request: Request, visit: Signed) -> Response:
    _admitted(visit, INTAKE)
    policy: Policy = request.app.state.policy
    body = prefilled(INTAKE, {}, [], policy, now().date())
    if limitation := day_of(request.query_params.get("limitation_on")):
        body = {**body, "matter": {"limitation_on": limitation}}
    return await _show(visit, Sheet(INTAKE, {}, shown(fields_of(COMMANDS[INTAKE]), {**body, **own_office(visit)}), uuid4().hex, None, {}))


def _admitted(visit: Visit, command: str) -> None:
    """Raises `Problem` 403 for who may not open cases this way: nobody fills in a form that is refused in the end."""
    if not visit.roles & COMMANDS[command].roles:
        raise Problem(403, "forbidden")


@router.post("/intake")
async def take(request: Request, visit: Signed) -> Response:
    return await _send(request, visit, INTAKE, {})


@router.get("/notices/new")
async def notice(visit: Signed) -> Response:
    _admitted(visit, NOTICE)
    own = {name: code for name, code in own_office(visit).items() if name == "centre"}
    typed: Tree = {**shown(fields_of(COMMANDS[NOTICE]), own), "persons": [{}]}
    return await _show(visit, Sheet(NOTICE, {}, typed, uuid4().hex, None, {}))


@router.post("/notices/new")
async def receive(request: Request, visit: Signed) -> Response:
    return await _send(request, visit, NOTICE, {})


@router.get("/notices/{case_id}")
async def notified(request: Request, case_id: str, visit: Signed) -> Response:
    """The cases one notice opened, found from any of them; those the visitor may not see are left out."""
    first = await visit.backend.case(visit.session, case_id)
    received = part(first, "notice")
    if not received:
        raise Problem(404, "not_found", path=request.url.path)
    linked = [str(link["case_id"]) for link in items(first, "links") if link["relation"] in ("co_accused", "same_event")]
    others = [other for other in await gather(*(_seen(visit, other) for other in linked)) if other]
    cases = [first, *(other for other in others if part(other, "notice").get("notice_id") == received["notice_id"])]
    return render(
        visit, "notice.html", notice=received, sent=request.query_params.get("sent", ""),
        cases=[{"case": case, "number": number(case), "title": title(visit, case)} for case in cases],
    )  # fmt: skip


async def _seen(visit: Visit, case_id: str) -> Json | None:
    try:
        return await visit.backend.case(visit.session, case_id)
    except Problem as problem:
        if problem.status != 404:
            raise
        return None


@router.get("/cases/{case_id}/commands/{command}")
async def form(request: Request, case_id: str, command: str, visit: Signed) -> Response:
    _known(command)
    case = await visit.backend.case(visit.session, case_id)
    fields = fields_of(COMMANDS[command])
    typed = shown(fields, await _begins_with(visit, command, case)) | origin.asked_in(request.query_params, fields)
    came_from = origin.known(request.query_params.get("from", ""))
    return await _show(visit, Sheet(command, case, typed, uuid4().hex, case["version"], {}, origin=came_from))


@router.post("/cases/{case_id}/commands/{command}")
async def send(request: Request, case_id: str, command: str, visit: Signed) -> Response:
    _known(command)
    return await _send(request, visit, command, await visit.backend.case(visit.session, case_id))


def _known(command: str) -> None:
    if command not in COMMANDS or not COMMANDS[command].states or COMMANDS[command].stream != "case":
        raise Problem(404, "unknown_command")


def own_office(visit: Visit) -> Json:
    """Centre and outlet of whoever receives."""
    office = next((o for o in visit.offices if o["code"] == visit.office), None)
    if office is None or office["kind"] == "bureau":
        return {}
    return {"centre": office["code"]} if office["kind"] == "centre" else {"centre": office.get("parent") or "", "outlet": office["code"]}


async def _send(request: Request, visit: Visit, command: str, case: Json) -> Response:
    sent = await request.form()
    pairs = [(name, value) for name, value in sent.multi_items() if isinstance(value, str)]
    form = await _drawn(visit, command, case, dict(pairs))
    parsed = parse(form.fields, pairs)
    sheet = Sheet(command, case, parsed.typed, text_of(sent, "key") or uuid4().hex, _number(sent, "version"), {})
    sheet.origin = origin.known(text_of(sent, "from"))
    if RESUME in request.query_params:
        sheet.resumed = True
        return await _show(visit, sheet)
    try:
        guarded(visit, {"csrf": text_of(sent, "csrf")})
        if await _asked_for(visit, sheet, form, sent) or form.unfinished(dict(pairs)):
            return await _show(visit, sheet)
        await sitting.given(visit, sent)
        answer = await _carry_out(visit, sheet, parsed)
    except Problem as problem:
        if problem.status == 401:
            raise
        return await _again(visit, sheet, problem)
    if command == NOTICE:
        return go(f"/notices/{answer['cases'][0]['case_id']}?{urlencode({'sent': sheet.keep})}")
    about = {"case": str(answer["case_id"])} if sheet.origin else {}
    return go(origin.back(sheet.origin, str(answer["case_id"]), done=command, sent=sheet.keep, **about))


async def _asked_for(visit: Visit, sheet: Sheet, form: "Drawn", sent: FormData) -> bool:
    """Do what a button within the form asks for; whether one did, so that the form is shown once more."""
    if sent.get(ASK):
        sheet.known = await known(visit, sheet.typed)
    elif sent.get("take"):
        await _take_theirs(visit, sheet, form, text_of(sent, "take"), _number(sent, "since"))
    elif sent.get("add"):
        grown(sheet.typed, text_of(sent, "add"))
    elif sent.get("follow"):
        sheet.typed.pop("value", None)  # typed in place of what was chosen before
    else:
        return False
    return True


async def _carry_out(visit: Visit, sheet: Sheet, parsed: Parsed) -> Json:
    if parsed.errors:
        raise Problem(422, "unread", errors=parsed.errors)
    if sheet.command == INTAKE:
        return await visit.backend.submit(visit.session, parsed.body, key=sheet.key, lang=visit.lang)
    if sheet.command == ContinueCase.name:
        return await visit.backend.continuation(
            visit.session, sheet.case_id, parsed.body, key=sheet.key, if_match=sheet.version, lang=visit.lang
        )
    if sheet.command == NOTICE:
        return await visit.backend.notice(visit.session, parsed.body, key=sheet.key, lang=visit.lang)
    return await visit.backend.command(
        visit.session, sheet.case_id, sheet.command, parsed.body, key=sheet.key, if_match=sheet.version, lang=visit.lang
    )


async def _again(visit: Visit, sheet: Sheet, problem: Problem) -> Response:
    """The form once more with what was typed, what was wrong, and what a colleague did in between."""
    sheet.problem = problem
    sheet.errors = {e["pointer"]: fault_of(visit, e) for e in problem.errors if e.get("pointer")}
    sheet.trouble = "" if problem.code == "unread" else problem.detail or problem_sentence(visit, problem)
    if problem.status not in REPEATABLE and problem.code not in ("unread", "csrf"):
        sheet.key = uuid4().hex
    if problem.code == "version_mismatch":
        since, sheet.version = sheet.version or 0, sheet.case["version"]
        form = await _drawn(visit, sheet.command, sheet.case, _leaves(sheet.typed))
        await _overtaken(visit, sheet, form, since)
    return await _show(visit, sheet, problem.status if problem.code != "unread" else 422)


async def _overtaken(visit: Visit, sheet: Sheet, form: "Drawn", since: int) -> None:
    """Say on the sheet what colleagues did since a version, and which of its fields the case tells otherwise now."""
    events = await whole_history(visit, sheet.case_id, since)
    sheet.since, sheet.changed = since, [entry(visit, e) for e in events if not e["type"].startswith(CLOCK_EVENTS)]
    sheet.too_late = sheet.command not in {c["name"] for c in await visit.backend.allowed(visit.session, sheet.case_id)}
    if since:
        then = await visit.backend.case(visit.session, sheet.case_id, since)
        bodies = await _begins_with(visit, sheet.command, then), await _begins_with(visit, sheet.command, sheet.case)
        sheet.differing = differing(visit, form.fields, partial(form.choices.of, sheet.typed), bodies, sheet.typed)


async def _take_theirs(visit: Visit, sheet: Sheet, form: "Drawn", name: str, since: int | None) -> None:
    """One field of the sheet as the case tells it now."""
    sheet.typed = taken(form.fields, await _begins_with(visit, sheet.command, sheet.case), sheet.typed, name)
    if since is not None:
        await _overtaken(visit, sheet, form, since)


async def _begins_with(visit: Visit, command: str, case: Json) -> Json:
    tariffs = await visit.backend.tariffs(visit.session)
    return prefilled(command, case, tariffs, visit.request.app.state.policy, now().date())


def _leaves(typed: Tree) -> dict[str, str]:
    """What decides what else is asked, by pointer."""
    return {f"/{name}": held for name, held in typed.items() if isinstance(held, str)}


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a form asks for, and what can be chosen in it."""

    fields: Sequence[Field]
    choices: Choices

    def unfinished(self, typed: Mapping[str, str]) -> bool:
        """Whether something is still to be chosen that decides what else is asked."""
        return any(f.leads and typed.get(f"/{f.name}") not in dict(self.choices.of({}, f.source)) for f in self.fields)


async def _drawn(visit: Visit, command: str, case: Json, typed: Mapping[str, str]) -> Drawn:
    """`typed` is what was chosen so far, by pointer."""
    events = await whole_history(visit, str(case["case_id"])) if case else []
    tariffs = await visit.backend.tariffs(visit.session) if case else []
    choices = Choices(visit, visit.request.app.state.policy, case, events=events, tariffs=tariffs)
    if command == AskExtension.name and case:
        choices.clocks = await visit.backend.clocks(visit.session, str(case["case_id"]))
    fields: Sequence[Field] = fields_of(COMMANDS[command])
    if command == CorrectRecord.name:
        fields = asked(visit, choices, events, typed.get("/position", ""), typed.get("/field", ""))
    return Drawn(fields, choices)


async def _show(visit: Visit, sheet: Sheet, status: int = 200) -> Response:
    case = sheet.case
    form = await _drawn(visit, sheet.command, case, _leaves(sheet.typed))
    fields, choices = form.fields, form.choices
    panel = await panel_for(visit, sheet.command, case, fields)
    office = str(case.get("centre") or sheet.typed.get("centre") or "")
    folded = _folded(sheet, fields)
    own = [f for f in fields if f.name not in EVERYWHERE]
    return render(
        visit, "form.html", status, sheet=sheet, sections=_sections(sheet.command, [f for f in fields if f.name not in folded]),
        only_choice=bool(own) and all(f.leads for f in own),
        rest=[f for f in fields if f.name in folded],
        choices=partial(choices.of, sheet.typed), errors=sheet.errors, panel=panel,
        day_notes=await notes(visit, office, sheet.command, fields, sheet.typed), noted={"command": sheet.command, "office": office},
        kept=sheet.resumed or sheet.since is not None or bool(sheet.problem),
        open_at=sheet.faulty_within,
        open_rest=any(sheet.typed.get(name) or f"/{name}" in sheet.errors for name in folded), number=number(case) if case else "",
        title=title(visit, case) if case else "",
        field_label=partial(label_of, visit), hint=partial(hint_of, visit), word_of=partial(word_of, visit),
    )  # fmt: skip


def _folded(sheet: Sheet, fields: Sequence[Field]) -> frozenset[str]:
    """Names of the fields that are folded away: what every command takes; in a short form all that is not asked for at first."""
    short = origin.SHORT.get(sheet.command) if sheet.origin == origin.POCKET else None
    return frozenset(f.name for f in fields if (f.name not in short if short else f.name in EVERYWHERE))


def _sections(command: str, fields: Sequence[Field]) -> list[tuple[str, list[Field]]]:
    """The intake in the order of a visit; other forms are one section. What no section names comes in the last."""
    if command != INTAKE:
        return [("", list(fields))]
    by_name = {f.name: f for f in fields}
    placed = [(title_key, [by_name.pop(name) for name in names if name in by_name]) for title_key, names in SECTIONS.items()]
    placed[-1][1].extend(by_name.values())
    return placed


def _number(sent: FormData, name: str) -> int | None:
    value = text_of(sent, name)
    return int(value) if value.isascii() and value.isdigit() else None
