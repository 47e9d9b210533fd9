"""The page of one case: as it stands, or as it stood after an earlier record."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request, Response

from domain.command import COMMANDS
from web.backend import Json, Problem, items, part
from web.case_view import clock_line, hardship_lines, live_clocks, now, number, stage_bar, timeline, title
from web.page import PageRoute, Visit, render, visitor

router = APIRouter(route_class=PageRoute, include_in_schema=False)
type Tab = Literal["timeline", "people", "papers", "hardship", "assignment", "documents", "versions"]
TABS = ("timeline", "people", "papers", "hardship", "assignment", "documents", "versions")
SHOWN_COMMANDS = 6
MARGIN = frozenset(
    {"add_note", "attach_document", "correct_record", "declare_recusal", "place_hold", "link_case", "transfer_caseworker", "issue_receipt"}
)
"""Commands beside the line: never the first that is offered."""
DETOURS = frozenset({
    "require_supplement",
        "request_verification", "withdraw_application", "deem_withdrawn", "refer_elsewhere", "refuse_aid", "decline_assignment",
    "find_ineligible", "report_termination_ground", "terminate_aid", "request_replacement", "return_closing_file", "record_consent",
})  # fmt: skip
"""Commands that lead away from the line: offered after those that carry the case on."""


@router.get("/cases/{case_id}")
async def case_page(request: Request, case_id: str, visit: Annotated[Visit, Depends(visitor)]) -> Response:
    version = _version(request.query_params.get("version"))
    tab = request.query_params.get("tab", TABS[0])
    if tab not in TABS:
        raise Problem(404, "not_found")
    current = await visit.backend.case(visit.session, case_id)
    past = version is not None and version != current["version"]
    case = await visit.backend.case(visit.session, case_id, version) if past else current
    history = await whole_history(visit, case_id)
    events = [e for e in history if e["version"] <= case["version"]]
    commands = [] if past else in_order(await visit.backend.allowed(visit.session, case_id))
    clocks: list[Json] = case["clocks"] if past else await visit.backend.clocks(visit.session, case_id)
    at = now()
    lines = [clock_line(visit, c, at) for c in live_clocks(clocks)]
    done = request.query_params.get("done", "")
    offered = done == "submit_application" and any(c["name"] == "accept_first" for c in commands)
    return render(
        visit, "case.html", case=case, past=past, tab=tab, tabs=TABS, title=title(visit, case), number=number(case),
        latest=current["version"],
        bar=stage_bar(visit, case, events), commands=commands[:SHOWN_COMMANDS], others=commands[SHOWN_COMMANDS:], clocks=lines[:2],
        more_clocks=lines[2:], days=timeline(visit, events), events=events, hardship=hardship_lines(events), parties=people(visit, case),
        done=done if done in COMMANDS else "", offered=offered, sent=request.query_params.get("sent", ""), tags=tags(visit, case),
    )  # fmt: skip


def _version(asked: str | None) -> int | None:
    if not asked:
        return None
    if not asked.isascii() or not asked.isdigit():
        raise Problem(404, "not_found")
    return int(asked)


async def whole_history(visit: Visit, case_id: str, after: int = 0) -> list[Json]:
    """Every event of the case after a version, however many pages they fill."""
    events: list[Json] = []
    while True:
        page = await visit.backend.events(visit.session, case_id, after)
        events.extend(page["items"])
        if not page["items"] or page.get("next_cursor") is None:
            return events
        after = events[-1]["version"]


def in_order(allowed: list[Json]) -> list[Json]:
    """What may be done: first what carries the case on to another state, then what prepares it, then what stands beside the line."""
    known = [c for c in allowed if c["name"] in COMMANDS and c["name"] != "submit_application"]

    def place(command: Json) -> int:
        kind = COMMANDS[command["name"]]
        if command["name"] in MARGIN or kind.lane == "margin":
            return 3
        return 2 if command["name"] in DETOURS else 0 if set(kind.to) - {"="} else 1

    return sorted(known, key=place)


def people(visit: Visit, case: Json) -> list[Json]:
    """Everybody of the case with what they are in it."""
    representatives = set[int](case.get("representatives") or [])
    rows: list[tuple[str, Any]] = [("pages.applicant", case.get("applicant"))]
    rows += [("pages.co_applicant", p) for p in items(case, "co_applicants")]
    if case.get("proxy"):
        rows.append(("pages.proxy", case["proxy"].get("party")))
    rows += [("pages.opponent", p) for p in items(case, "opponents")]
    named: list[Json] = []
    for role, party in rows:
        if party:
            roles = [visit.t(role)] + ([visit.t("pages.representative")] if party.get("party_id") in representatives else [])
            named.append({**party, "role": visit.t("words.comma").join(roles)})
    return named


def tags(visit: Visit, case: Json) -> list[str]:
    """What a reader should see at a glance."""
    found = [visit.word("categories", code) for code in list[str](part(case, "applicant").get("categories") or [])]
    count = int(case.get("recipient_count") or 1)
    if count > 1:
        found.append(visit.t("pages.group", count=count))
    if case.get("channel"):
        found.append(visit.word("channel", case["channel"]))
    return found
