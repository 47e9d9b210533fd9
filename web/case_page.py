"""The page of one case: as it stands, or as it stood after an earlier record."""

import json
import mimetypes
import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Literal
from urllib.parse import quote, urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from api.eligibility import explained
from api.params import plus
from domain.command import COMMANDS
from domain.eligibility.policy import Policy
from texts.speak import ZONE, moment
from web.backend import Json, Problem, items, part
from web.care import care
from web.case_people import foremost, people, tags
from web.case_view import (
    CLOCK_EVENTS,
    Whose,
    clock_line,
    entry,
    hardship_lines,
    live_clocks,
    now,
    number,
    stage_bar,
    timeline,
    title,
    urgency,
    whose,
)
from web.choices import counties
from web.correction import COMMAND as CORRECTION
from web.correction import leaves
from web.court import may_export
from web.inquiries import came_from
from web.page import HEADERS, PageRoute, Visit, render, visitor
from web.prefill import accept_first_ground
from web.prepared import prepared
from web.proof import badge
from web.status import card
from web.story import story

router = APIRouter(route_class=PageRoute, include_in_schema=False)
type Tab = Literal["timeline", "people", "papers", "hardship", "assignment", "proceedings", "documents", "versions"]
TABS = ("timeline", "people", "papers", "hardship", "assignment", "proceedings", "documents", "versions")
SHOWN_COMMANDS = 6
SHOWN_CLOCKS = 2
SHOWN_RECORDS = 150
"""Of the timeline, the newest; the others on demand."""
INTAKE = "submit_application"
BESIDE_THE_LIST = frozenset({INTAKE, "propose_commands", "accept_proposal", "return_proposal"})
"""Commands that pages of their own issue: the intake, the same-day sheet, the approver's desk."""
MARGIN = frozenset(
    {
        "add_note",
        "attach_document",
        "correct_record",
        "declare_recusal",
        "place_hold",
        "link_case",
        "transfer_caseworker",
        "transfer_centre",
        "issue_receipt",
    }
)
"""Commands beside the line: never the first that is offered."""
DETOURS = frozenset({
    "require_supplement",
        "request_verification", "withdraw_application", "deem_withdrawn", "refer_elsewhere", "refuse_aid", "decline_assignment",
    "find_ineligible", "report_termination_ground", "terminate_aid", "request_replacement", "return_closing_file", "record_consent",
    "release_recipient", "replace_recipient", "settle_without_assignment", "return_recommendation",
})  # fmt: skip
"""Commands that lead away from the line: offered after those that carry the case on."""
ANSWERS: Mapping[str, tuple[str, ...]] = {
    "examine_application": ("recommend_decision",), "decide_after_papers": ("grant_aid",), "urgent_assign": ("assign_unit",),
    "assign_on_notice": ("notify_organ", "assign_unit"), "submit_closing_file": ("submit_closing_report",),
    "review_closing_file": ("accept_closing_file",),
}  # fmt: skip
"""What meets a limit, or leads there, where that is not the command of the same name."""
_LOCAL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?")
"""A moment as a browser's own field gives it."""
NEAR = ("missed", "due_today", "soon")


@router.get("/cases/{case_id}")
async def case_page(request: Request, case_id: str, visit: Annotated[Visit, Depends(visitor)]) -> Response:
    version = _version(request.query_params.get("version"))
    tab = request.query_params.get("tab", TABS[0])
    if tab not in TABS:
        raise Problem(404, "not_found")
    current = await visit.backend.case(visit.session, case_id)
    moments = _moments(request)
    past = bool(moments) or (version is not None and version != current["version"])
    if moments:
        case: Json = await visit.ask("GET", f"/cases/{case_id}?{urlencode(moments)}")
    else:
        case = await visit.backend.case(visit.session, case_id, version) if past else current
    events = [e for e in await whole_history(visit, case_id) if e["version"] <= case["version"] and _counts(e, moments)]
    clocks: list[Json] = case["clocks"] if past else await visit.backend.clocks(visit.session, case_id)
    at = now()
    commands = [] if past else in_order(await visit.backend.allowed(visit.session, case_id), clocks, at, lacking(case))
    hardship = hardship_lines(events)
    done = request.query_params.get("done", "")
    may = {c["name"] for c in commands}
    lines = [clock_line(visit, c, at) for c in pressing(live_clocks(clocks), may, at)]
    of, parties = whose(visit, case), people(visit, case)
    shown = events if "all" in request.query_params else events[-SHOWN_RECORDS:]
    corrigible = {e["version"] for e in events if CORRECTION in may and leaves(visit, e, events)} if tab == "versions" else set[int]()
    papers: Json = await visit.backend.papers(visit.session, case_id, visit.lang) if tab == "documents" and not past else {}
    return render(
        visit, "case.html", case=case, past=past, tab=tab, tabs=TABS, title=title(visit, case), number=number(case),
        latest=current["version"],
        bar=stage_bar(visit, case, events), commands=commands[:SHOWN_COMMANDS], others=commands[SHOWN_COMMANDS:],
        clocks=lines[:SHOWN_CLOCKS], more_clocks=lines[SHOWN_CLOCKS:], asked_at=at.isoformat(timespec="seconds"),
        days=timeline(visit, shown, of) if tab == TABS[0] else (), older=len(events) - len(shown),
        latest_news=_latest(visit, events, of), countdown=countdown(visit),
        events=events, hardship=hardship, parties=parties,
        explained=explained(visit.lang, hardship, counties(visit))["explanation"] if hardship else (),
        foremost=foremost(parties), care=care(case, at.date()),
        done=done if done in COMMANDS else "", offer=_offer(request, case, may, done), corrigible=corrigible,
        steps=sorted(items(part(case, "representation"), "procedures"), key=lambda s: (s["held_on"], s["version"])),
        papers=papers, offered={i["template"] for i in items(papers, "issuable")}, tags=tags(visit, case),
        sent=request.query_params.get("sent", ""), chapters=[] if past else await story(visit, case), may=may,
        prepared=[] if past else prepared(visit, case), may_approve="approver" in visit.roles,
        may_export=not past and may_export(visit),
        grouped=len(items(case, "recipients")) > 1 or "add_recipients" in may, came_from=await came_from(visit, case),
        proof=badge(visit, case_id, [] if "legal_on" in moments else events, [e["type"] for e in events]), moments=moments,
        status_code={} if past else await card(visit, case_id),
        carried=f"&{urlencode(moments or {'version': case['version']})}" if past else "",
    )  # fmt: skip


@router.get("/cases/{case_id}/documents/{document_id}")
async def document(case_id: str, document_id: str, visit: Annotated[Visit, Depends(visitor)]) -> Response:
    """A file's content, to be saved: what somebody uploaded is never shown in our pages' name."""
    if not _is_id(document_id):
        raise Problem(404, "document_not_found")
    case = await visit.backend.case(visit.session, case_id)
    content, media_type = await visit.backend.document(visit.session, case_id, document_id)
    title = next((str(d["title"]) for d in items(case, "documents") if d["document_id"] == document_id), document_id)
    return Response(content, media_type=media_type, headers={**HEADERS, "Content-Disposition": saved_as(title, media_type)})


def saved_as(title: str, media_type: str) -> str:
    """The header that names a file as its title does, with an ending that says what it is (RFC 6266, RFC 5987)."""
    name = re.sub(r'[\x00-\x1f\x7f/\\:*?"<>|]', "_", title)
    if mimetypes.guess_type(name)[0] is None:
        name += mimetypes.guess_extension(media_type.partition(";")[0]) or ""
    plain = re.sub(r"[^ -~]", "_", name).replace("%", "_")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def _moments(request: Request) -> dict[str, str]:
    """The moment of recording and the legal day that are asked for; a moment without an offset is one of Shanghai."""
    asked = {name: str(plus(given)) for name in ("as_of", "legal_on") if (given := request.query_params.get(name, ""))}
    if _LOCAL.fullmatch(asked.get("as_of", "")):
        asked["as_of"] = datetime.fromisoformat(asked["as_of"]).replace(tzinfo=ZONE).isoformat()
    return asked


def _counts(event: Json, moments: Mapping[str, str]) -> bool:
    """Whether an event was recorded, and counted, by the moments asked for."""
    recorded = "as_of" not in moments or moment(event["recorded_at"]) <= moment(moments["as_of"])
    return recorded and ("legal_on" not in moments or event["effective_on"] <= moments["legal_on"])


def _version(asked: str | None) -> int | None:
    if not asked:
        return None
    if not asked.isascii() or not asked.isdigit():
        raise Problem(404, "not_found")
    return int(asked)


def _offer(request: Request, case: Json, may: set[str], done: str) -> Json | None:
    """Right after the intake: that the case can be accepted first, on which ground, owing what; for those who may not, whom to ask."""
    policy: Policy = request.app.state.policy
    if done != INTAKE or case["state"] not in COMMANDS["accept_first"].states:
        return None
    known = accept_first_ground(case, policy)
    if "accept_first" in may:
        return {"says": "pages.accept_first_offer" if known else "pages.accept_first_other", "may": True, **known}
    return {"says": "pages.accept_first_pass_on", "may": False, **known} if known else None


async def whole_history(visit: Visit, case_id: str, after: int = 0) -> list[Json]:
    """Every event of the case after a version, however many pages they fill."""
    events: list[Json] = []
    while True:
        page = await visit.backend.events(visit.session, case_id, after)
        events.extend(page["items"])
        if not page["items"] or page.get("next_cursor") is None:
            return events
        after = events[-1]["version"]


def lacking(case: Json) -> tuple[str, ...]:
    """What an examiner's opinion still lacks: the conflict check, and a result or waiver for each person nobody decided about."""
    known = part(case, "eligibility")
    undecided = [r for r in items(known, "recipients") if r["status"] == "undecided"]
    unchecked = ("declare_conflict_check",) if undecided and known.get("conflict_cleared") is None else ()
    untested = not case.get("on_notice") and any(not (r.get("hardship") or r.get("waiver")) for r in undecided)
    return (*unchecked, *(("assess_hardship", "waive_hardship_check") if untested else ()))


def in_order(allowed: list[Json], clocks: Sequence[Json], at: datetime, before: Sequence[str] = ()) -> list[Json]:
    """What may be done: first what answers a limit that is missed or near, what must come `before`, what leads to another state, what
    answers a later limit, what else prepares a step, and last what stands beside the line.
    """
    live = live_clocks(clocks)
    near = [answer for c in live for answer in _answers(c) if urgency(c["due"], c.get("due_at"), c["state"], at) in NEAR]
    running = [answer for c in live for answer in _answers(c)]

    def place(command: Json) -> tuple[int, int]:
        name, kind = command["name"], COMMANDS[command["name"]]
        if name in near:
            return 0, near.index(name)
        if name in before:
            return 1, before.index(name)
        if name in MARGIN or kind.lane == "margin":
            return 6, 0
        if name in DETOURS:
            return 5, 0
        if set(kind.to) - {"="}:
            return 2, 0
        return (3, running.index(name)) if name in running else (4, 0)

    return sorted((c for c in allowed if c["name"] in COMMANDS and c["name"] not in BESIDE_THE_LIST), key=place)


def pressing(live: Sequence[Json], may: Collection[str], at: datetime) -> list[Json]:
    """The limits as the page shows them, each kind nearest first: those missed or near that the visitor can answer, others missed or
    near, then what else the visitor can answer.
    """

    def place(clock: Json) -> tuple[bool, bool]:
        near = urgency(clock["due"], clock.get("due_at"), clock["state"], at) in NEAR
        return not near, not any(answer in may for answer in _answers(clock))

    return sorted(live, key=place)


def countdown(visit: Visit) -> str:
    """The words in which the browser goes on saying how long is left (`static/countdown.js`)."""
    words = {name: visit.t(f"pages.{name}", days="{n}", hours="{n}") for name in ("days_left", "days_late", "hours_left")}
    words |= {name: visit.t(f"pages.{name}") for name in ("due_today", "due_tomorrow")}
    return json.dumps({**words, "close": visit.t("timeline.close", hours="{h}", minutes="{m}")}, ensure_ascii=False)


def _latest(visit: Visit, events: Sequence[Json], of: Whose | None) -> str:
    """What happened last, and who did it: what is told to somebody whose page is renewed."""
    last = next((e for e in reversed(events) if not e["type"].startswith(CLOCK_EVENTS)), None)
    if last is None:
        return ""
    told = entry(visit, last, of)
    return visit.t("live.renewed", what=told.sentence, by=told.person)


def _answers(clock: Json) -> tuple[str, ...]:
    """The commands that meet a limit."""
    return ANSWERS.get(clock["limit"], (str(clock["limit"]),))
