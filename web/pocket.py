"""The lawyer's pocket (随身): what a lawyer needs on a phone in front of the courtroom.

The next hearing and the client's remedy date in large type, three buttons for the case at hand, and the other cases by what comes next.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from domain.command import COMMANDS
from texts.speak import moment
from web.backend import Json, Problem, items, part
from web.case_view import Urgency, left, live_clocks, now, number, title, urgency
from web.page import PageRoute, Visit, render, visitor

router = APIRouter(route_class=PageRoute, include_in_schema=False)
REMEDY = "next_remedy"
MOST = 40
"""Cases looked into, the most urgent first; the rest are in the list of cases."""

Signed = Annotated[Visit, Depends(visitor)]


@dataclass(frozen=True, slots=True)
class Coming:
    """What comes next in a case: a hearing or a time limit. `at` is a day or a moment as the contract writes it."""

    at: str
    words: str
    left: str
    urgency: Urgency
    falls_due: datetime


@dataclass(frozen=True, slots=True)
class InHand:
    """A case as the pocket shows it."""

    case_id: str
    number: str
    title: str
    state: str
    hearing: Json | None
    """The next one that has not been held."""
    overdue: bool
    """That hearing's day is over and its result is not recorded."""
    remedy: Coming | None
    next: Coming | None


@router.get("/pocket")
async def pocket(request: Request, visit: Signed) -> Response:
    if "lawyer" not in visit.roles:
        raise Problem(403, "forbidden")
    at = now()
    mine = str(visit.me.get("lawyer") or visit.me["id"])
    found = await visit.backend.cases(visit.session, {"assignee": mine, "sort": "due_at", "limit": "200"})
    rows = [row for row in found["items"] if row["stage"] != "ended"]
    held = await asyncio.gather(*(visit.backend.case(visit.session, row["case_id"]) for row in rows[:MOST]))
    cases = sorted((in_hand(visit, case, at) for case in held), key=_order)
    hearings = sorted((c for c in cases if c.hearing and not c.overdue), key=lambda c: moment(part({"h": c.hearing}, "h")["at"]))
    chosen = _chosen(request.query_params.get("case", ""), hearings[0] if hearings else None, cases)
    done = request.query_params.get("done", "")
    return render(
        visit, "pocket.html", cases=cases, hearing=hearings[0] if hearings else None,
        remedies=sorted((c for c in cases if c.remedy), key=lambda c: c.remedy.falls_due if c.remedy else at),
        chosen=chosen, may={c["name"] for c in await visit.backend.allowed(visit.session, chosen.case_id)} if chosen else set[str](),
        done=done if done in COMMANDS else "", sent=request.query_params.get("sent", ""), more=len(rows) > MOST,
    )  # fmt: skip


def _chosen(asked: str, before_court: InHand | None, cases: Sequence[InHand]) -> InHand | None:
    """The case that the buttons are for: the one asked for, else that of the next hearing, else what comes first."""
    named = next((c for c in cases if c.case_id == asked), None)
    return named or before_court or next(iter(cases), None)


def _order(case: InHand) -> tuple[bool, float]:
    return (case.next is None, case.next.falls_due.timestamp() if case.next else 0)


def in_hand(visit: Visit, case: Json, at: datetime) -> InHand:
    """A case's hearing, remedy and what comes next, as of a moment."""
    clocks = live_clocks(items(case, "clocks"))
    limits = {c["id"]: _limit(visit, c, at) for c in clocks if c["state"] != "paused"}
    hearing = next_hearing(case)
    remedy = next((limits[c["id"]] for c in clocks if c["limit"] == REMEDY and c["id"] in limits), None)
    coming = [*limits.values(), *([_hearing(visit, hearing, at)] if hearing else [])]
    return InHand(
        case_id=case["case_id"], number=number(case), title=title(visit, case), state=visit.t(f"states.{case['state']}"), hearing=hearing,
        overdue=hearing is not None and moment(hearing["at"]).date() < at.date(), remedy=remedy,
        next=min(coming, key=lambda c: c.falls_due, default=None),
    )  # fmt: skip


def next_hearing(case: Json) -> Json | None:
    """The earliest hearing that was scheduled and has no result: the one that a result is recorded of."""
    waiting = [h for h in items(part(case, "representation"), "hearings") if h.get("at") and not h.get("held_on")]
    return min(waiting, key=lambda h: moment(h["at"]), default=None)


def _limit(visit: Visit, clock: Json, at: datetime) -> Coming:
    due, due_at = str(clock["due"]), str(clock["due_at"])
    near = urgency(due, due_at, clock["state"], at)
    return Coming(due, visit.t(f"limits.{clock['limit']}"), left(visit, due, clock["state"], at), near, moment(due_at))


def _hearing(visit: Visit, hearing: Json, at: datetime) -> Coming:
    on = str(hearing["at"])
    day = moment(on).date().isoformat()
    return Coming(on, visit.t("pocket.hearing"), left(visit, day, "running", at), urgency(day, on, "running", at), moment(on))
