"""How I am told beside the inbox; and, for the system administrator, the offices' programs and bots and what could not be sent."""

from typing import Annotated, Any
from urllib.parse import quote, urlencode
from uuid import uuid4

from fastapi import APIRouter, Depends, Request, Response

import texts
from domain.notices import KINDS, URGENCIES, PersonalChannel
from web.backend import Json, Problem
from web.page import REPEATABLE, PageRoute, Visit, go, guarded, reasons, render, text_of, visitor

router = APIRouter(route_class=PageRoute, include_in_schema=False)
CHANNELS: tuple[PersonalChannel, ...] = ("email", "sms")
KEEPER = "system_administrator"

Signed = Annotated[Visit, Depends(visitor)]


@router.get("/account/notifications")
async def mine(visit: Signed) -> Response:
    return await _mine(visit, await visit.ask("GET", "/me/notifications"))


async def _mine(visit: Visit, wishes: Json, trouble: str = "", status: int = 200) -> Response:
    letters = (await visit.ask("GET", f"/notifications/preview?{urlencode({'language': wishes.get('language') or visit.lang})}"))["items"]
    return render(
        visit, "notifications.html", status, wishes=wishes, trouble=trouble, letters=letters, channels=CHANNELS, urgencies=URGENCIES,
        languages=texts.LANGUAGES, done="done" in visit.request.query_params,
    )  # fmt: skip


@router.post("/account/notifications")
async def say(request: Request, visit: Signed) -> Response:
    form = await request.form()
    guarded(visit, {"csrf": text_of(form, "csrf")})
    ticked = {channel: [u for u in URGENCIES if form.get(f"{channel}.{u}")] for channel in CHANNELS}
    quiet = {"begins": text_of(form, "begins"), "ends": text_of(form, "ends"), "days_off": bool(form.get("days_off"))}
    body: Json = {
        **{name: text_of(form, name).strip() or None for name in ("email", "phone")},
        "channels": {channel: when for channel, when in ticked.items() if when},
        "digest": bool(form.get("digest")),
        "quiet": quiet if form.get("quiet") else None,
        "language": text_of(form, "language") or visit.lang,
    }
    try:
        said = {name: value for name, value in body.items() if value is not None}
        await visit.ask("PUT", "/me/notifications", said | {"quiet": body["quiet"]})
    except Problem as problem:
        if problem.status == 401:
            raise
        return await _mine(visit, body, reasons(visit, problem), problem.status)
    return go("/account/notifications?done=1")


@router.get("/notices")
async def front(visit: Signed) -> Response:
    return await _front(visit)


async def _front(visit: Visit, trouble: str = "", status: int = 200, **shown: Any) -> Response:
    if KEEPER not in visit.roles:
        raise Problem(403, "forbidden")
    query = visit.request.query_params
    state = query.get("state", "dead")
    asked = {"state": state} | {name: query[name] for name in ("channel", "cursor") if query.get(name)}
    found = await visit.ask("GET", f"/deliveries?{urlencode(asked)}")
    onward = f"/notices?{urlencode({**asked, 'cursor': found['next_cursor']})}" if found["next_cursor"] else ""
    values: Json = {"made": None, "typed": {}, "key": uuid4().hex, "done": "done" in query}
    return render(
        visit, "notices.html", status, endpoints=(await visit.ask("GET", "/endpoints"))["items"], rows=found["items"], asked=asked,
        onward=onward, kinds=KINDS, trouble=trouble, centres=[o for o in visit.offices if o["kind"] in ("centre", "bureau")],
        **(values | shown),
    )  # fmt: skip


@router.post("/notices/endpoints")
async def make(request: Request, visit: Signed) -> Response:
    """A new program or bot. Its key is on this one page only."""
    form = await request.form()
    guarded(visit, {"csrf": text_of(form, "csrf")})
    kinds = [kind for kind in KINDS if kind in form.getlist("kinds")]
    body: Json = {name: text_of(form, name).strip() for name in ("channel", "office", "label", "address")} | {"kinds": kinds}
    key = text_of(form, "key") or uuid4().hex
    try:
        made = await visit.ask("POST", "/endpoints", body, key)
    except Problem as problem:
        if problem.status in (401, 403):
            raise
        kept = key if problem.status in REPEATABLE else uuid4().hex
        return await _front(visit, reasons(visit, problem), problem.status, typed=body, key=kept)
    return await _front(visit, made=made)


@router.post("/notices/endpoints/{endpoint}/{what}")
async def change(request: Request, endpoint: str, what: str, visit: Signed) -> Response:
    form = await request.form()
    guarded(visit, {"csrf": text_of(form, "csrf")})
    try:
        made = await visit.ask("POST", f"/endpoints/{quote(endpoint)}/{quote(what)}", {}, uuid4().hex)
    except Problem as problem:
        if problem.status in (401, 403):
            raise
        return await _front(visit, reasons(visit, problem), problem.status)
    return await _front(visit, made=made) if what == "rotate" else go("/notices?done=1")


@router.post("/notices/deliveries/replay")
async def replay(request: Request, visit: Signed) -> Response:
    form = await request.form()
    guarded(visit, {"csrf": text_of(form, "csrf")})
    try:
        await visit.ask("POST", f"/deliveries/{quote(text_of(form, 'delivery'))}/replay", {}, uuid4().hex)
    except Problem as problem:
        if problem.status in (401, 403):
            raise
        return await _front(visit, reasons(visit, problem), problem.status)
    return go("/notices?done=1")
