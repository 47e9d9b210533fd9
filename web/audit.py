"""The audit page: how each ledger is sealed, anchored and verified; the checkpoints to take along; and having all verified."""

import re
from functools import partial
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import uuid4

from fastapi import APIRouter, Depends, Query, Request, Response

from api.list_reading import ACROSS_ROLES
from web import findings
from web.backend import Json, Problem, items
from web.page import HEADERS, REPEATABLE, PageRoute, Visit, go, guarded, reasons, render, text_of, visitor

router = APIRouter(route_class=PageRoute, include_in_schema=False)
LISTED = "20"
"""Checkpoints on a page."""
_STEPS = (("days", 86_400), ("hours", 3600), ("minutes", 60))

Signed = Annotated[Visit, Depends(visitor)]


@router.get("/audit")
async def audit(visit: Signed) -> Response:
    return await _page(visit)


async def _page(visit: Visit, trouble: str = "", status: int = 200) -> Response:
    """Raises `Problem` 403 for who may not read histories across cases."""
    _reader(visit)
    found = await visit.ask("GET", "/audit")
    verified = found["verified"]
    wrong = [findings.told(visit, f) for f in items(verified, "findings")] if verified else []
    notes = [findings.told(visit, n) for n in items(verified, "notes")] if verified else []
    running: Json | None = found["running"]
    return render(
        visit, "audit.html", status, found=found, findings=wrong, notes=notes, trouble=trouble, key=str(uuid4()),
        verdict=_verdict(verified),
        ledgers=[_ledger(visit, ledger) for ledger in found["ledgers"]], age=partial(age, visit),
        share=round(100 * running["done"] / running["total"]) if running and running["total"] else 0,
    )  # fmt: skip


@router.post("/audit/verifications")
async def verify(request: Request, visit: Signed) -> Response:
    form = await request.form()
    guarded(visit, {"csrf": text_of(form, "csrf")})
    try:
        await visit.ask("POST", "/audit/verifications", key=text_of(form, "key"))
    except Problem as problem:
        if problem.status not in REPEATABLE:
            raise
        return await _page(visit, reasons(visit, problem), problem.status)
    return go("/audit")


@router.get("/audit/checkpoints")
async def checkpoints(visit: Signed, ledger: Annotated[str, Query(max_length=16)] = "case", cursor: str = "") -> Response:
    """All checkpoints of a ledger, page by page."""
    _reader(visit)
    asked = {"ledger": ledger, "limit": LISTED, **({"cursor": cursor} if cursor else {})}
    found = await visit.ask("GET", f"/audit/checkpoints?{urlencode(asked)}")
    onward = f"/audit/checkpoints?{urlencode({'ledger': ledger, 'cursor': found['next_cursor']})}" if found["next_cursor"] else ""
    return render(visit, "checkpoints.html", rows=found["items"], ledger=ledger, onward=onward, short=short)


@router.get("/audit/checkpoints/{ledger}/{size}.note")
async def note(ledger: str, size: str, visit: Signed) -> Response:
    """A checkpoint as a file. Raises `Problem` 404."""
    _reader(visit)
    if not re.fullmatch(r"\d{1,15}", size):
        raise Problem(404, "not_found")
    found = (await visit.ask("GET", f"/audit/checkpoints?{urlencode({'ledger': ledger, 'size': size})}"))["items"]
    if not found:
        raise Problem(404, "not_found")
    return _file(f"{ledger}-{size}.note", found[0]["note"])


@router.get("/audit/checkpoint.vkeys")
async def vkeys(visit: Signed) -> Response:
    """The public keys, one a line, oldest first."""
    _reader(visit)
    return _file("checkpoint.vkeys", "".join(f"{key['vkey']}\n" for key in (await visit.ask("GET", "/audit"))["keys"]))


def _reader(visit: Visit) -> None:
    if not visit.roles_include(ACROSS_ROLES):
        raise Problem(403, "forbidden")


def _file(name: str, content: str) -> Response:
    headers = {**HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type="text/plain; charset=utf-8", headers=headers)


def short(root: str) -> str:
    """A hash as a reader compares it at a glance."""
    return " ".join(root[n : n + 4] for n in range(0, 16, 4))


def _ledger(visit: Visit, state: Json) -> Json:
    """A ledger with what is wrong with it, in sentences."""
    alarms: list[str] = []
    head = state["checkpoint"]
    if state["late"]:
        alarms.append(visit.t("audit.late", since=state["unsealed_since"], events=state["unsealed"]))
    if head and head["signature"] != "holds":
        alarms.append(visit.t(f"audit.signature_{head['signature']}"))
    outside = [anchor for anchor in state["anchors"] if anchor["outside"]]
    if head and not outside:
        alarms.append(visit.t("audit.no_anchor"))
    elif head and all(anchor["late"] for anchor in outside):
        alarms.append(visit.t("audit.anchors_late"))
    return state | {"alarms": alarms, "short": short(head["root"]) if head else "", "behind": _behind(state)}


def _behind(state: Json) -> list[int]:
    """For each anchor how many events came after it."""
    return [state["events"] - anchor["size"] for anchor in state["anchors"]]


def _verdict(verified: Json | None) -> str:
    """Of the last verification: the name of its sentence."""
    if verified is None:
        return "never"
    return {0: "clean", 1: "tampered", 3: "clean_late"}.get(verified["exit"], "not_run")


def age(visit: Visit, seconds: int) -> str:
    """How long ago, in the greatest unit that fits."""
    unit, length = next(((unit, length) for unit, length in _STEPS if seconds >= length), ("seconds", 1))
    count: Any = seconds // length
    return visit.t(f"audit.ago_{unit}", n=count)
