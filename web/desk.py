"""The approver's desk (待审批): what waits for the approver signed in, one matter after the other, each with what it takes to decide it.

Every button leads to the form of a command, which comes back here; what a colleague prepared is carried out or returned on the spot.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import uuid4

from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import FormData

from domain.command import COMMANDS
from domain.stages.proposal import AcceptProposal, ReturnProposal
from web import origin, sitting
from web.backend import Json, Problem, items, part
from web.case_page import whole_history
from web.case_view import hardship_lines, number, title
from web.lists import row_of
from web.page import REPEATABLE, PageRoute, Visit, go, guarded, problem_sentence, render, text_of, visitor
from web.prepared import prepared

router = APIRouter(route_class=PageRoute, include_in_schema=False)
ROLE = "approver"

Signed = Annotated[Visit, Depends(visitor)]


@dataclass(frozen=True, slots=True)
class Step:
    """A command that decides the matter, with what its form begins with. `words` is the catalogue's word on the button."""

    command: str
    words: str
    given: tuple[tuple[str, str], ...] = ()

    def address(self, case_id: str) -> str:
        return f"/cases/{case_id}/commands/{self.command}?{urlencode([('from', origin.DESK), *self.given])}"


@dataclass(frozen=True, slots=True)
class Matter:
    """What is to be decided about a case: the step forward, the one that sends back or does not agree, and a third where there is one."""

    kind: str
    forward: Step | None = None
    other: Step | None = None
    third: Step | None = None


@dataclass
class Sent:
    """A proposal's form that came back: which one, what was typed, what was wrong."""

    version: int
    reason: str
    key: str
    trouble: str = ""
    faults: tuple[str, ...] = ()


@router.get("/to-approve")
async def desk(request: Request, visit: Signed) -> Response:
    return await _show(visit, request.query_params.get("case", ""))


@router.post("/to-approve/sitting")
async def begin(request: Request, visit: Signed) -> Response:
    """Begin a sitting by a one-time code: the decisions that follow ask for none."""
    sent = await request.form()
    chosen = text_of(sent, "case")
    try:
        guarded(visit, {"csrf": text_of(sent, "csrf")})
        await sitting.prove(visit, text_of(sent, sitting.CODE))
    except Problem as problem:
        if problem.code not in sitting.ASKED:
            raise
        return await _show(visit, chosen, status=problem.status, code_trouble=problem.detail or problem_sentence(visit, problem))
    return go(f"/to-approve?{urlencode({'case': chosen})}" if chosen else "/to-approve")


@router.post("/to-approve/{case_id}/{version}/{answer}")
async def answer(request: Request, case_id: str, version: int, answer: str, visit: Signed) -> Response:
    sent = await request.form()
    form = Sent(version, text_of(sent, "reason"), text_of(sent, "key") or uuid4().hex)
    if answer not in ("carry-out", "return"):
        raise Problem(404, "not_found")
    try:
        guarded(visit, {"csrf": text_of(sent, "csrf")})
        if answer == "return":
            await _return(visit, case_id, form, sent)
        else:
            await _carry_out(visit, case_id, form, sent)
    except Problem as problem:
        if problem.status == 401:
            raise
        if problem.code == "code_required":
            said = problem.detail or problem_sentence(visit, problem)
            return await _show(visit, case_id, form, problem.status, code_trouble=said)
        form.trouble = problem.detail or problem_sentence(visit, problem)
        form.faults = tuple(str(e.get("detail") or "") for e in problem.errors if e.get("detail"))
        if problem.status not in REPEATABLE:
            form.key = uuid4().hex
        return await _show(visit, case_id, form, problem.status)
    return go(f"/to-approve?{urlencode({'done': answer, 'about': case_id})}")


async def _return(visit: Visit, case_id: str, form: Sent, sent: FormData) -> None:
    body = {"proposal": form.version, "reason": form.reason}
    await visit.backend.command(visit.session, case_id, ReturnProposal.name, body, key=form.key, if_match=_version(sent), lang=visit.lang)


async def _carry_out(visit: Visit, case_id: str, form: Sent, sent: FormData) -> None:
    """The proposal as one bundle. Raises `Problem` 409 where it was settled since the page was drawn."""
    case = await visit.backend.case(visit.session, case_id)
    proposal = next((p for p in items(case, "proposals") if p["version"] == form.version), None)
    if proposal is None or proposal["state"] == "returned":
        raise Problem(409, "proposal_settled", visit.t("problems.proposal_settled"))
    if proposal["state"] == "done":
        return  # a second click: what was asked for has been done
    steps: list[Json] = [{"command": c["command"], "body": part(c, "body")} for c in proposal["commands"]]
    first: Json = {"command": AcceptProposal.name, "body": {"proposal": form.version}}
    await visit.backend.bundle(visit.session, case_id, [first, *steps], key=form.key, if_match=_version(sent), lang=visit.lang)


def _version(sent: FormData) -> int | None:
    held = text_of(sent, "version")
    return int(held) if held.isascii() and held.isdigit() else None


async def waiting(visit: Visit) -> list[Json]:
    """Rows of the cases that wait for the visitor as approver. Raises `Problem` 403 for others."""
    if ROLE not in visit.roles:
        raise Problem(403, "forbidden")
    return [row for row in (await visit.backend.queue(visit.session))["items"] if row.get("waiting_for") == ROLE]


async def _show(visit: Visit, asked: str, form: Sent | None = None, status: int = 200, *, code_trouble: str = "") -> Response:
    rows = await waiting(visit)
    sits = await sitting.sitting_of(visit)
    ids = [str(row["case_id"]) for row in rows]
    at = ids.index(asked) if asked in ids else 0
    chosen = asked if form else (ids[at] if ids else "")
    done = visit.request.query_params.get("done", "")
    shown: Json = {"case": None}
    if chosen:
        case = await visit.backend.case(visit.session, chosen)
        events = await whole_history(visit, chosen)
        may = {c["name"] for c in await visit.backend.allowed(visit.session, chosen)}
        matter = matter_of(visit, case)
        shown = {
            "case": case, "number": number(case), "title": title(visit, case), "matter": matter, "may": may,
            "prepared": prepared(visit, case), "same_person": _same_person(matter, may), "hits": _hits(events),
            "opinion": _opinion(events), "hardship": hardship_lines(events),
        }  # fmt: skip
    return render(
        visit, "desk.html", status, rows=[row_of(visit, row) | {"kind": _kind(row)} for row in rows], chosen=chosen, form=form,
        next=ids[(at + 1) % len(ids)] if len(ids) > 1 else "", key=uuid4().hex,
        done=done if done in COMMANDS or done in ("carry-out", "return") else "", sent=visit.request.query_params.get("sent", ""),
        about=visit.request.query_params.get("about", ""), sits=sits, code_trouble=code_trouble, **shown,
    )  # fmt: skip


_KINDS = {
    "awaiting_papers": "papers", "examined": "decision", "awaiting_assignment": "assignment", "replacing_lawyer": "replacement",
    "termination_review": "termination", "file_accepted": "subsidy",
}  # fmt: skip


def _kind(row: Json) -> str:
    """What waits, so far as the list's row tells: by the state; before any decision only what a colleague prepared."""
    return _KINDS.get(row["state"]) or ("other" if row.get("lane") else "proposal")


def matter_of(visit: Visit, case: Json) -> Matter:
    """What is to be decided: the acceptance on the centre's behalf first, then what the state asks for."""
    lane = part(case, "accept_first")
    if lane.get("by_delegation") and not lane.get("confirmed_by_approver"):
        return _yes_or_no("acceptance", "confirm_acceptance", "agrees")
    if case["state"] == "examined" or (lane.get("deferred") and lane.get("state") == "papers_complete"):
        return _decision(case)
    ground = part(case, "termination").get("ground")
    by_state = {
        "awaiting_assignment": Matter("assignment", Step("assign_unit", "approve", _first_choice(visit, case))),
        "replacing_lawyer": _yes_or_no("replacement", "decide_replacement", "granted"),
        "termination_review": Matter(
            "termination",
            Step("terminate_aid", "approve", (("ground", str(ground)),) if ground else ()),
            Step("continue_aid", "disagree"),
        ),
        "file_accepted": Matter("subsidy", Step("approve_subsidy", "approve")),
        "awaiting_papers": Matter("papers", Step("deem_withdrawn", "approve")),
    }
    return by_state.get(case["state"], Matter("other"))


def _yes_or_no(kind: str, command: str, field: str) -> Matter:
    return Matter(kind, Step(command, "approve", ((field, "true"),)), Step(command, "disagree", ((field, "false"),)))


def _decision(case: Json) -> Matter:
    """The decision as it was recommended goes forward, the opinion goes back with a reason, or the decision is the other one."""
    back = Step("return_recommendation", "return")
    if part(case, "eligibility").get("recommendation") == "refuse":
        return Matter("decision", Step("refuse_aid", "approve"), back, Step("grant_aid", "disagree"))
    return Matter("decision", Step("grant_aid", "approve"), back, Step("refuse_aid", "refuse"))


def _first_choice(visit: Visit, case: Json) -> tuple[tuple[str, str], ...]:
    """The unit, and the lawyer where the applicant named one, that came first in the applicant's choices."""
    chosen: list[Any] = part(case, "assignment").get("choices") or []
    if not chosen:
        return ()
    lawyer = next((each for each in visit.lawyers if each["code"] == chosen[0]), None)
    return (("unit", str(lawyer["unit"])), ("lawyer", str(lawyer["code"]))) if lawyer else (("unit", str(chosen[0])),)


def _same_person(matter: Matter, may: set[str]) -> str:
    """The event whose actor must be another person, where that is why the step is not open to the visitor."""
    step = matter.forward
    kind = COMMANDS.get(step.command) if step else None
    return kind.other_than or "" if kind and kind.name not in may else ""


def _hits(events: Sequence[Json]) -> list[Json]:
    """Everybody a conflict check keeps away from the case, by who they are and why."""
    checks = (part(e, "data") for e in events if e["type"] == "conflict_checked")
    found = (wall for check in checks for wall in items(check, "walled"))
    return [{"who": w.get("person") or w.get("lawyer") or w.get("unit"), "why": w.get("why")} for w in found]


def _opinion(events: Sequence[Json]) -> str:
    given = [part(e, "data") for e in events if e["type"] == "decision_recommended"]
    return str(given[-1].get("opinion") or "") if given else ""
