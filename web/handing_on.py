"""Handing on the load of somebody who leaves: choose them, look at all they have, confirm with a reason, watch it move, read the report.

Each case moves by its own command; a batch that stopped halfway is carried on from its page.
"""

from typing import Annotated
from urllib.parse import urlencode
from uuid import uuid4

from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import FormData

from web.backend import Json, Problem
from web.case_view import number
from web.page import REPEATABLE, PageRoute, Visit, go, guarded, problem_sentence, reasons, render, text_of, visitor

router = APIRouter(route_class=PageRoute, include_in_schema=False)
ROLES = ("supervisor", "approver", "caseworker", "unit_manager")

Signed = Annotated[Visit, Depends(visitor)]


@router.get("/reassign")
async def choose(request: Request, visit: Signed) -> Response:
    return await _show(visit, request.query_params.get("from", ""))


@router.post("/reassign")
async def confirm(request: Request, visit: Signed) -> Response:
    sent = await request.form()
    key = text_of(sent, "key") or uuid4().hex
    body = {"leaver": text_of(sent, "from"), "reason": text_of(sent, "reason"), "moves": _moves(sent)}
    try:
        guarded(visit, {"csrf": text_of(sent, "csrf")})
        _check_chosen(visit, body)
        batch: Json = await visit.backend.do_work(visit.session, "/reassignments", body, key=key, lang=visit.lang)
    except Problem as problem:
        if problem.status == 401:
            raise
        trouble = problem.detail or problem_sentence(visit, problem)
        again = key if problem.status in REPEATABLE else uuid4().hex
        return await _show(visit, text_of(sent, "from"), sent, trouble=trouble, status=problem.status, key=again)
    return go(f"/reassign/{batch['batch']}?{urlencode({'key': key})}")


def _check_chosen(visit: Visit, body: Json) -> None:
    if not body["moves"]:
        raise Problem(422, "nothing_chosen", visit.t("problems.nothing_chosen"))


@router.get("/reassign/{batch}")
async def report(batch: str, request: Request, visit: Signed) -> Response:
    told: Json = await visit.backend.work(visit.session, f"/reassignments/{batch}", {})
    return _report(visit, told, request.query_params.get("key", ""))


@router.post("/reassign/{batch}")
async def carry_on(batch: str, request: Request, visit: Signed) -> Response:
    """Send the batch again with its key: what still waits moves."""
    sent = await request.form()
    guarded(visit, {"csrf": text_of(sent, "csrf")})
    key = text_of(sent, "key")
    before: Json = await visit.backend.work(visit.session, f"/reassignments/{batch}", {})
    path, body = _as_begun(before)
    told: Json = await visit.backend.do_work(visit.session, path, body, key=key, lang=visit.lang)
    return _report(visit, told, key, stuck=told["waiting"] >= before["waiting"])


@router.post("/reassign/{batch}/undo")
async def undo(batch: str, request: Request, visit: Signed) -> Response:
    """Give back what the batch moved and still stands there: a batch of its own."""
    sent = await request.form()
    key = text_of(sent, "key") or uuid4().hex
    body = {"reason": text_of(sent, "reason")}
    try:
        guarded(visit, {"csrf": text_of(sent, "csrf")})
        back: Json = await visit.backend.do_work(visit.session, f"/reassignments/{batch}/undo", body, key=key, lang=visit.lang)
    except Problem as problem:
        if problem.status == 401:
            raise
        told: Json = await visit.backend.work(visit.session, f"/reassignments/{batch}", {})
        return _report(visit, told, "", trouble=reasons(visit, problem), status=problem.status)
    return go(f"/reassign/{back['batch']}?{urlencode({'key': key})}")


def _as_begun(told: Json) -> tuple[str, Json]:
    """The request that began a batch, for its key to find it again."""
    if told["undoes"]:
        return f"/reassignments/{told['undoes']}/undo", {"reason": told["reason"]}
    moves = [{name: m[name] for name in ("case_id", "kind", "to") if m[name] is not None} for m in told["moves"]]
    leaver = {"leaver": told["leaver"]} if told["leaver"] else {}
    return "/reassignments", {**leaver, "reason": told["reason"], "moves": moves}


def _report(visit: Visit, told: Json, key: str, *, stuck: bool = False, trouble: str = "", status: int = 200) -> Response:
    """How far a batch came. It goes on by itself while that brings anything; `stuck`: it did not."""
    failed = {each["case_id"]: each["code"] for each in told.get("failed") or ()}
    return render(
        visit, "handed_on.html", status, batch=told, key=key, stuck=stuck, failed=failed, trouble=trouble, undo_key=uuid4().hex,
    )  # fmt: skip


def _moves(sent: FormData) -> list[Json]:
    """The cases chosen, each with the colleague named for it; a transfer to nobody is not chosen."""
    moves: list[Json] = []
    for value in sent.getlist("case"):
        kind, _, case_id = str(value).partition(":")
        to = text_of(sent, f"to-{case_id}")
        if kind == "replacement":
            moves.append({"case_id": case_id, "kind": kind})
        elif to:
            moves.append({"case_id": case_id, "kind": "transfer", "to": to})
    return moves


async def _show(
    visit: Visit, leaver: str, sent: FormData | None = None, *, trouble: str = "", status: int = 200, key: str = ""
) -> Response:
    if not visit.roles_include(ROLES):
        raise Problem(403, "forbidden")
    load: Json | None = await visit.backend.work(visit.session, "/reassignments/proposal", {"from": leaver}) if leaver else None
    chosen = {str(v) for v in sent.getlist("case")} if sent else None
    return render(
        visit, "handing_on.html", status, leaver=leaver, load=load, trouble=trouble, key=key or uuid4().hex, number=number, chosen=chosen,
        reason=text_of(sent, "reason") if sent else "",
        named={name.removeprefix("to-"): value for name, value in sent.items() if name.startswith("to-")} if sent else {},
    )  # fmt: skip
