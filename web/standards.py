"""The standards of hardship by day: what holds, past assessments tried against others, and new ones entered by the administrator.

What is tried stands in the address. Entering asks for the trial first: it shows whose outcome would be another, then is sent again.
"""

from typing import Annotated
from urllib.parse import urlencode
from uuid import uuid4

from fastapi import APIRouter, Depends, Request, Response

from api.standards import ENTERS, READERS
from web.backend import Json, Problem
from web.forms import fen_of
from web.page import REPEATABLE, PageRoute, Visit, go, guarded, reasons, render, text_of, visitor

router = APIRouter(route_class=PageRoute, include_in_schema=False)

Signed = Annotated[Visit, Depends(visitor)]
TRIED = ("formula", "county", "urban", "rural", "since", "from", "to", "centre", "cursor")
"""What a trial is asked with; `cursor` is the next page's."""
_AMOUNTS = ("urban", "rural")


class Mistyped(Exception):  # noqa: N818 -- an answer, not a fault
    """A number that is none: the sentence that says so."""


@router.get("/standards")
async def standards(visit: Signed) -> Response:
    if not visit.roles_include((*READERS, ENTERS)):
        raise Problem(403, "forbidden")
    query = visit.request.query_params
    typed = {name: query[name].strip() for name in TRIED if query.get(name, "").strip()}
    return await _show(visit, typed, try_it="try" in query, done="done" in query)


@router.post("/standards")
async def enter(request: Request, visit: Signed) -> Response:
    """Tried first, with all that was typed; sent again with `step=record` it is recorded, once."""
    sent = await request.form()
    guarded(visit, {"csrf": text_of(sent, "csrf")})
    typed = {name: value.strip() for name, value in sent.items() if isinstance(value, str) and name != "csrf"}
    if typed.get("step") != "record":
        return await _show(visit, typed, try_it=True, entering=True)
    try:
        recorded = await visit.ask("POST", "/directory/standards", _set(visit, typed), typed.get("key") or uuid4().hex)
    except Mistyped as fault:
        return await _show(visit, typed, trouble=str(fault), status=422, entering=True)
    except Problem as problem:
        if problem.status in (401, 403):
            raise
        kept = typed if problem.status in REPEATABLE else {**typed, "key": uuid4().hex}
        return await _show(visit, kept, trouble=reasons(visit, problem), status=problem.status, entering=True)
    behind = recorded["affected"]["changed"] if recorded["backdated"] else 0
    return go(f"/standards?{urlencode({'done': 1, 'changed': behind})}")


async def _show(
    visit: Visit, typed: dict[str, str], *, try_it: bool = False, entering: bool = False, done: bool = False, trouble: str = "",
    status: int = 200,
) -> Response:  # fmt: skip
    tried: Json | None = None
    if try_it and not trouble:
        try:
            tried = await visit.ask("POST", "/eligibility/rehearsal", _trial(visit, typed))
        except Mistyped as fault:
            trouble, status = str(fault), 422
        except Problem as problem:
            if problem.status in (401, 403):
                raise
            trouble, status = reasons(visit, problem), problem.status
    rows: Json = await visit.ask("GET", "/directory/standards")
    onward = ""
    if tried and tried["next_cursor"]:
        asked = {name: typed[name] for name in TRIED if name in typed}
        onward = "/standards?" + urlencode({**asked, "try": 1, "cursor": tried["next_cursor"]})
    changed = visit.request.query_params.get("changed", "0")
    return render(
        visit, "standards.html", status, rows=rows["items"], typed=typed, tried=tried, onward=onward,
        entering=entering, trouble=trouble, done=done, changed=int(changed) if changed.isdecimal() else 0,
        may_enter=ENTERS in visit.roles, key=typed.get("key") or uuid4().hex,
        centres=visit.centres,
    )  # fmt: skip


def _trial(visit: Visit, typed: dict[str, str]) -> Json:
    """What is tried, as the interface takes it. Raises `Mistyped`."""
    held = ("formula", "since", "from", "to", "centre", "cursor")
    return {name: typed[name] for name in held if typed.get(name)} | _lines(visit, typed)


def _set(visit: Visit, typed: dict[str, str]) -> Json:
    """What is to be recorded, as the interface takes it. Raises `Mistyped`."""
    body: Json = {name: typed[name] for name in ("since", "instrument", "formula", "reason") if typed.get(name)} | _lines(visit, typed)
    if percent := typed.get("percent"):
        if not (percent.isascii() and percent.isdigit()):
            raise Mistyped(visit.t("eligibility.not_a_share"))
        body["shares"] = [{"centre": typed.get("share_centre") or "*", "percent": int(percent)}]
    return body


def _lines(visit: Visit, typed: dict[str, str]) -> Json:
    said = [typed.get(name, "") for name in _AMOUNTS]
    if not any(said):
        return {}
    if not all(said):
        raise Mistyped(visit.t("eligibility.both_lines"))
    try:
        urban, rural = map(fen_of, said)
    except ValueError as fault:
        raise Mistyped(visit.t("faults.not_an_amount")) from fault
    return {"lines": [{"county": typed.get("county") or "*", "urban_fen": urban, "rural_fen": rural}]}
