"""Histories across cases: records by filters, days by stage, the process map, steps skipped, who acted on a case, exports.

The filters of each page stand in its address, so that a question is kept and passed on as a bookmark.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, get_args
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response
from starlette.responses import StreamingResponse

import texts
from api.exporting import WRITERS, Form
from api.history_filters import Asked, HistoryFilters
from api.list_reading import ACROSS_ROLES
from api.recording import REASON_MOST
from domain.command import COMMANDS, EVENTS
from domain.values import Category, Cause, MatterKind
from readmodels.skipped import KINDS
from readmodels.stages import GroupBy
from web.backend import Json, Problem
from web.case_view import entry
from web.page import HEADERS, PageRoute, Visit, guarded, render, text_of, visitor
from web.process_map import Words, drawn
from web.proof import badge
from web.saved import saved_of
from web.table import as_csv

router = APIRouter(route_class=PageRoute, include_in_schema=False)
FILTERS = ("case", "actor", "office", "category", "cause", "from", "to", "legal_from", "legal_to")
"""Of one value each; `type` may have several."""
REPORT_FILTERS = ("from", "to", "office", "category", "kind", "group_by")
REFUSED_FILTERS = ("case", "actor", "office", "from", "to", "cursor")
SKIPPED_FILTERS = ("from", "to", "office", "kind", "step", "open", "cursor")
TABLE_MOST, _PAGE = 5000, "200"
TABS = {
    "records": "/history",
    "refused": "/history/refused",
    "stages": "/history/stages",
    "map": "/history/process",
    "skipped": "/history/skipped",
}

Signed = Annotated[Visit, Depends(visitor)]
type Filters = dict[str, str | list[str]]


def _allowed(visit: Visit) -> None:
    if not visit.roles_include(ACROSS_ROLES):
        raise Problem(403, "forbidden")


def _single(request: Request, names: Sequence[str]) -> dict[str, str]:
    return {name: value.strip() for name in names if (value := request.query_params.get(name, "")).strip()}


def _filters(request: Request) -> Filters:
    types = list(dict.fromkeys(t for t in request.query_params.getlist("type") if t))
    chosen: Filters = dict(_single(request, FILTERS))
    # One alone stands as one: the address of a page is what people pass on.
    return chosen | ({"type": types[0] if len(types) == 1 else types} if types else {})


def address(path: str, filters: Mapping[str, str | Sequence[str]]) -> str:
    """A page with its filters."""
    return f"{path}?{urlencode(filters, doseq=True)}" if filters else path


def event_name(visit: Visit, type_: str) -> str:
    """What an event is called; one that the catalogue does not know, by its own name."""
    return visit.t(f"event_names.{type_}") if type_ in EVENTS else type_


def _event_types(visit: Visit) -> list[tuple[str, str]]:
    """Types of cases' events with their names, by name."""
    of_cases = {name for kind in COMMANDS.values() if kind.stream in ("case", None) for name in kind.emits}
    others = {name for name, kind in EVENTS.items() if kind.clock}
    return sorted(((name, event_name(visit, name)) for name in of_cases | others), key=lambda pair: pair[1])


@router.get("/history")
async def records(request: Request, visit: Signed) -> Response:
    _allowed(visit)
    filters = _filters(request)
    cursor = request.query_params.get("cursor", "")
    found = await visit.backend.across(visit.session, filters | ({"cursor": cursor} if cursor else {}))
    onward = address("/history", {**filters, "cursor": found["next_cursor"]}) if found["next_cursor"] else ""
    types = filters.get("type", [])
    return render(
        visit, "history.html", rows=[_row(visit, e) for e in found["items"]], filters=filters, types=_event_types(visit),
        chosen=[types] if isinstance(types, str) else types, onward=onward, tab="records", tabs=TABS, forms=tuple(WRITERS),
        categories=get_args(Category), causes=get_args(Cause), asked=urlencode(filters, doseq=True), table_most=TABLE_MOST,
        reason_most=REASON_MOST, saved=await saved_of(visit, "history"),
        proof=badge(visit, str(filters["case"]), types=EVENTS) if found["items"] and "case" in filters else None,
    )  # fmt: skip


def _row(visit: Visit, event: Json) -> Json:
    return {"entry": entry(visit, event), "event": event, "case": _number(event)}


def _number(of: Json) -> str:
    return str(of.get("case_number") or of.get("register_number") or of["case_id"])


@router.get("/history.csv")
async def table(request: Request, visit: Signed) -> Response:
    """The newest records that fit, as a table for people: with names and sentences, `TABLE_MOST` at most."""
    _allowed(visit)
    filters = _filters(request) | {"limit": _PAGE}
    head = [visit.t(f"pages.{name}") for name in ("when", "legal_day", "case", "event", "what", "actor", "office")]
    rows, cursor = list[list[str]](), ""
    while len(rows) < TABLE_MOST:
        found = await visit.backend.across(visit.session, filters | ({"cursor": cursor} if cursor else {}))
        rows += [_line(visit, event) for event in found["items"]]
        if not (cursor := found["next_cursor"] or ""):
            break
    return as_csv("history", head, rows)


def _line(visit: Visit, event: Json) -> list[str]:
    told = entry(visit, event)
    office = visit.names.get(event["office"], event["office"])
    return [
        str(event["recorded_at"]),
        str(event["effective_on"]),
        _number(event),
        event_name(visit, event["type"]),
        told.sentence,
        told.person,
        str(office),
    ]


@router.get("/history/export/{form}")
async def export(visit: Signed, form: Form, asked: HistoryFilters) -> Response:
    """Everything that fits, streamed as it is read."""
    return await _exported(visit, form, asked, None)


@router.post("/history/export/{form}")
async def export_identified(request: Request, visit: Signed, form: Form, asked: HistoryFilters) -> Response:
    """The same under the house's own codes, for a reason, which stands in no address."""
    sent = await request.form()
    guarded(visit, {"csrf": sent.get("csrf", "")})
    return await _exported(visit, form, asked, text_of(sent, "reason"))


async def _exported(visit: Visit, form: Form, asked: Asked, reason: str | None) -> Response:
    _allowed(visit)
    made = await visit.backend.export(visit.session, form, asked, lang=visit.lang, reason=reason)
    headers = {**HEADERS, "Content-Disposition": f'attachment; filename="{made.name}"'}
    return StreamingResponse(made.parts, media_type=made.media_type, headers=headers)


@router.get("/history/refused")
async def refused(request: Request, visit: Signed) -> Response:
    _allowed(visit)
    filters = _single(request, REFUSED_FILTERS)
    found = await visit.ask("GET", address("/refusals", filters))
    rows = [
        each
        | {
            "number": _number(each),
            "asked": _word(visit, "commands", each["command"]),
            "why": _word(visit, "problems", each["code"], ".title"),
        }
        for each in found["items"]
    ]
    onward = address("/history/refused", {**filters, "cursor": found["next_cursor"]}) if found["next_cursor"] else ""
    return render(visit, "history_refused.html", rows=rows, filters=filters, tab="refused", tabs=TABS, onward=onward)


def _word(visit: Visit, subject: str, code: str, part: str = "") -> str:
    """A word of the catalogue; a code that it does not know stands as it is."""
    return visit.t(f"{subject}.{code}{part}") if texts.has(visit.lang, f"{subject}.{code}{part}") else code


@router.get("/history/stages")
async def stages(request: Request, visit: Signed) -> Response:
    _allowed(visit)
    filters = _single(request, REPORT_FILTERS)
    found = await visit.ask("GET", address("/reports/stages", filters))
    return render(
        visit, "history_stages.html", found=found, filters=filters, tab="stages", tabs=TABS, groups=get_args(GroupBy),
        categories=get_args(Category), kinds=get_args(MatterKind),
    )  # fmt: skip


@router.get("/history/process")
async def process(request: Request, visit: Signed) -> Response:
    _allowed(visit)
    filters = _single(request, REPORT_FILTERS[:-1])
    found = await visit.ask("GET", address("/reports/process-map", filters))
    words = Words(
        lambda stage: visit.t(f"stages.{stage}"),
        lambda state: visit.t(f"states.{state}"),
        lambda state: _of_state(visit, found, filters, state),
        lambda move: _of_move(visit, found, filters, move),
    )
    states = [{**state, "link": words.of_state(state)[2]} for state in found["states"]]
    moves = [{**move, "link": words.of_move(move)[2]} for move in found["moves"]]
    return render(
        visit, "history_process.html", found=found, filters=filters, tab="map", tabs=TABS, drawing=drawn(states, moves, words),
        states=states, moves=moves, categories=get_args(Category), kinds=get_args(MatterKind),
    )  # fmt: skip


def _days(days: float | None) -> str:
    return "–" if days is None else f"{days:g}"


def _behind(found: Json, filters: Mapping[str, str], types: Sequence[str]) -> str:
    """The records by which cases came to where the map shows them."""
    kept = {name: filters[name] for name in ("office", "category") if name in filters}
    return address("/history", {"type": list(types), "legal_from": found["from"], "legal_to": found["to"], **kept})


def _of_state(visit: Visit, found: Json, filters: Mapping[str, str], state: Mapping[str, Any]) -> tuple[str, str, str]:
    days = _days(state["median_days"])
    short = "state_short" if state["median_days"] is not None else "state_open"
    label = visit.t("history.state_label", state=visit.t(f"states.{state['state']}"), cases=state["cases"], days=days)
    return visit.t(f"history.{short}", cases=state["cases"], days=days), label, _behind(found, filters, state["types"])


def _of_move(visit: Visit, found: Json, filters: Mapping[str, str], move: Mapping[str, Any]) -> tuple[str, str, str]:
    days = _days(move["median_days"])
    start = visit.t(f"states.{move['start']}") if move["start"] else visit.t("history.opened")
    label = visit.t("history.move_label", start=start, end=visit.t(f"states.{move['end']}"), moves=move["moves"], days=days)
    return visit.t("history.move_short", moves=move["moves"], days=days), label, _behind(found, filters, move["types"])


@router.get("/history/skipped")
async def skipped(request: Request, visit: Signed) -> Response:
    _allowed(visit)
    filters = _single(request, SKIPPED_FILTERS)
    found = await visit.ask("GET", address("/reports/skipped", filters))
    kept = {name: value for name, value in filters.items() if name not in ("cursor", "kind", "step")}
    counts = [
        each | {"what": _step(visit, each), "link": address("/history/skipped", {**kept, "kind": each["kind"], "step": each["step"]})}
        for each in found["counts"]
    ]
    rows = [each | {"what": _step(visit, each), "why": _why(visit, each), "number": _number(each)} for each in found["items"]]
    onward = address("/history/skipped", {**filters, "cursor": found["next_cursor"]}) if found["next_cursor"] else ""
    return render(
        visit, "history_skipped.html", found=found, filters=filters, tab="skipped", tabs=TABS, counts=counts, rows=rows, kinds=KINDS,
        onward=onward,
    )  # fmt: skip


_WORDS = {"state": "states", "check": "event_names", "papers": "lanes", "two_persons": "event_names", "limit": "limits"}
"""Where the word of a step stands, by its kind."""


def _step(visit: Visit, each: Json) -> str:
    return visit.t(f"{_WORDS[each['kind']]}.{each['step']}")


def _why(visit: Visit, each: Json) -> str:
    """What went on without the step; of a limit, how it ended and how many days late."""
    if each["kind"] == "limit":
        return f"{visit.t('history.' + each['type'])} · {visit.t('history.late_days', n=each['late_days'])}"
    return visit.t(f"history.before_{each['kind']}", event=event_name(visit, each["type"]))


@router.get("/cases/{case_id}/actors")
async def touched(case_id: str, visit: Signed) -> Response:
    _allowed(visit)
    case = await visit.backend.case(visit.session, case_id)
    rows: list[Json] = await visit.backend.work(visit.session, f"/cases/{case_id}/actors", {})
    told: list[dict[str, Any]] = [
        each
        | {
            "did": [event_name(visit, t) for t in each["types"]],
            "link": address("/history", {"case": case_id, "actor": each["actor"]["id"]}),
        }
        for each in rows
    ]
    return render(visit, "history_actors.html", case=case, number=_number(case), rows=told)
