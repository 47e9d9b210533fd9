"""The rota board (值班表): an office's month, planned and published, swaps proposed and answered, shifts covered, and who has how many."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import FormData

from web.backend import Json, Problem
from web.case_view import now
from web.page import REPEATABLE, PageRoute, Visit, go, guarded, problem_sentence, render, text_of, visitor

router = APIRouter(route_class=PageRoute, include_in_schema=False)
KINDS = ("duty", "hotline")

Signed = Annotated[Visit, Depends(visitor)]


@router.get("/rota")
async def board(visit: Signed) -> Response:
    return await _show(visit, dict(visit.request.query_params))


@router.post("/rota")
async def act(request: Request, visit: Signed) -> Response:
    """One of the board's forms: plan, publish, propose, accept, refuse, cover. What was typed comes back where it was refused."""
    sent = await request.form()
    typed = {name: value for name, value in sent.items() if isinstance(value, str) and name != "csrf"}
    try:
        guarded(visit, {"csrf": text_of(sent, "csrf")})
        if typed.get("act") == "plan":
            plan = await visit.backend.do_work(visit.session, "/rota/plan", _plan(typed), key=None, lang=visit.lang)
            return await _show(visit, typed, plan=plan)
        path, body = _asked(typed, sent)
        await visit.backend.do_work(visit.session, path, body, key=typed.get("key"), lang=visit.lang)
    except Problem as problem:
        if problem.status == 401:
            raise
        key = typed.get("key") if problem.status in REPEATABLE else None
        return await _show(visit, typed, trouble=problem.detail or problem_sentence(visit, problem), status=problem.status, key=key)
    return go(f"/rota?office={typed.get('office', '')}&month={typed.get('month', '')}&done={typed['act']}")


def _plan(typed: Mapping[str, str]) -> Json:
    hours = {"start": f"{typed.get('start') or '09:00'}:00", "end": f"{typed.get('end') or '17:00'}:00"}
    return {**{name: typed.get(name, "") for name in ("office", "rota", "month", "days")}, **hours}


def _slot(said: str) -> Json | None:
    """A shift chosen in a list: `2026-12-01 09:00:00`."""
    day, _, start = said.partition(" ")
    return {"day": day, "start": start} if day and start else None


def _asked(typed: Mapping[str, str], sent: FormData) -> tuple[str, Json]:
    """Where a form goes, and with what."""
    of_rota: Json = {"office": typed.get("office", ""), "rota": typed.get("rota", "")}
    act = typed.get("act")
    if act == "publish":
        hours = _plan(typed)
        days = [(name.removeprefix("shift-"), value) for name, value in sent.items() if name.startswith("shift-") and value]
        shifts = [{"day": day, "start": hours["start"], "end": hours["end"], "person": person} for day, person in days]
        return "/rota/publish", {**of_rota, "month": typed.get("month", ""), "shifts": shifts}
    if act == "propose":
        take = _slot(typed.get("take", ""))
        body = {**of_rota, "to": typed.get("to", ""), "give": _slot(typed.get("give", "")), "reason": typed.get("reason", "")}
        return "/rota/swaps", {**body, **({"take": take} if take else {})}
    if act in ("accept", "refuse"):
        return f"/rota/swaps/{typed.get('swap', '')}/{act}", {"office": of_rota["office"]}
    if act == "cover":
        slot = _slot(typed.get("slot", "")) or {}
        return "/rota/cover", {**of_rota, **slot, "person": typed.get("person", ""), "reason": typed.get("reason", "")}
    raise Problem(404, "not_found")


async def _show(
    visit: Visit, typed: Mapping[str, str], *, plan: Json | None = None, trouble: str = "", status: int = 200, key: str | None = None
) -> Response:
    office = typed.get("office") or str(visit.me.get("office") or "")
    month = typed.get("month") or now().date().isoformat()[:7]
    shown = await visit.backend.work(visit.session, "/rota", {"office": office, "month": month})
    first = date.fromisoformat(f"{month}-01")
    today = now().date().isoformat()
    shifts: list[Json] = [s | {"slot": f"{s['day']} {s['start']}"} for s in shown["shifts"]]
    return render(
        visit, "rota.html", status, office=office, month=month, rota=shown, weeks=_weeks(first, shifts), plan=plan, typed=typed,
        trouble=trouble, done=typed.get("done", ""), key=key or uuid4().hex, kinds=KINDS, today=today,
        mine=[s for s in shifts if s["person"] == visit.me.get("id") and s["day"] >= today],
        others=[s for s in shifts if s["person"] != visit.me.get("id") and s["day"] >= today],
        ahead=[s for s in shifts if s["day"] >= today],
        before=(first - timedelta(days=1)).isoformat()[:7], after=(first + timedelta(days=31)).isoformat()[:7],
    )  # fmt: skip


def _weeks(first: date, shifts: list[Json]) -> list[list[Json]]:
    """The month as rows of seven days, Monday first; days of the months beside it are empty."""
    start = first - timedelta(days=first.weekday())
    weeks: list[list[Json]] = []
    while start <= (first + timedelta(days=31)).replace(day=1) - timedelta(days=1):
        days = [start + timedelta(days=n) for n in range(7)]
        weeks.append(
            [
                {
                    "day": d.isoformat(),
                    "n": d.day,
                    "here": d.month == first.month,
                    "shifts": [s for s in shifts if s["day"] == d.isoformat()],
                }
                for d in days
            ]
        )
        start += timedelta(days=7)
    return weeks
