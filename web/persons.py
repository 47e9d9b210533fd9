"""People of the visitor's cases: searched, two entries linked as one person, and told apart again."""

from typing import Annotated, get_args
from urllib.parse import urlencode
from uuid import uuid4

from fastapi import APIRouter, Depends, Request, Response

from domain.access import MAY_LINK
from domain.person_links import LinkReason, UnlinkReason
from web.backend import Json, Problem, items
from web.case_view import number, title
from web.page import REPEATABLE, PageRoute, Visit, go, guarded, problem_sentence, render, text_of, visitor

router = APIRouter(route_class=PageRoute, include_in_schema=False)

Signed = Annotated[Visit, Depends(visitor)]


@router.get("/persons")
async def persons(request: Request, visit: Signed) -> Response:
    return await _show(visit, request.query_params.get("q", "").strip())


@router.post("/persons/links")
async def link(request: Request, visit: Signed) -> Response:
    """Link the two entries that were ticked; the first stands for both."""
    sent = await request.form()
    chosen = [value for value in sent.getlist("entry") if isinstance(value, str)]
    q, key = text_of(sent, "q"), text_of(sent, "key")
    try:
        guarded(visit, {"csrf": text_of(sent, "csrf")})
        if len(chosen) != 2:
            return await _show(visit, q, visit.t("persons.choose_two"), chosen, status=422)
        body = {"other": chosen[1], "reason": text_of(sent, "reason")}
        await visit.backend.link_people(visit.session, chosen[0], body, key=key, lang=visit.lang)
    except Problem as problem:
        return await _again(visit, q, problem, key, chosen)
    return go(f"/persons?{urlencode({'q': q, 'done': 'link'})}")


@router.post("/persons/{kept}/unlinks")
async def unlink(request: Request, kept: str, visit: Signed) -> Response:
    sent = await request.form()
    q, key = text_of(sent, "q"), text_of(sent, "key")
    try:
        guarded(visit, {"csrf": text_of(sent, "csrf")})
        body = {"other": text_of(sent, "other"), "reason": text_of(sent, "reason")}
        await visit.backend.unlink_people(visit.session, kept, body, key=key, lang=visit.lang)
    except Problem as problem:
        return await _again(visit, q, problem, key)
    return go(f"/persons?{urlencode({'q': q, 'done': 'unlink'})}")


async def _again(visit: Visit, q: str, problem: Problem, key: str, chosen: list[str] | None = None) -> Response:
    if problem.status == 401:
        raise problem
    said = problem.detail or problem_sentence(visit, problem)
    return await _show(visit, q, said, chosen, key=key if problem.status in REPEATABLE else "", status=problem.status)


async def _show(visit: Visit, q: str, trouble: str = "", chosen: list[str] | None = None, *, key: str = "", status: int = 200) -> Response:
    asked = visit.request.query_params
    found: Json = {"items": [], "next_cursor": None}
    if q:
        cursor = asked.get("cursor")
        found = await visit.backend.persons(visit.session, {"q": q} | ({"cursor": cursor} if cursor else {}))
    onward = f"/persons?{urlencode({'q': q, 'cursor': found['next_cursor']})}" if found["next_cursor"] else ""
    done = asked.get("done", "")
    return render(
        visit, "persons.html", status, q=q, people=items(found, "items"), onward=onward, trouble=trouble, chosen=chosen or [],
        key=key or uuid4().hex, may_link=visit.roles_include(MAY_LINK), done=done if done in ("link", "unlink") else "",
        link_reasons=get_args(LinkReason), unlink_reasons=get_args(UnlinkReason),
    )  # fmt: skip


@router.get("/cases/{case_id}/conflicts")
async def conflicts(case_id: str, visit: Signed) -> Response:
    """What stands against the case now, and the way to record the check."""
    case = await visit.backend.case(visit.session, case_id)
    found = await visit.backend.conflicts(visit.session, case_id)
    may = {c["name"] for c in await visit.backend.allowed(visit.session, case_id)}
    people = {p["party_id"]: str(p.get("name") or visit.t("words.withheld")) for p in _people(case)}
    return render(
        visit, "conflicts.html", case=case, number=number(case), title=title(visit, case), hits=items(found, "hits"), found=found,
        people=people, may_declare="declare_conflict_check" in may,
    )  # fmt: skip


def _people(case: Json) -> list[Json]:
    """Everybody the case shows, by party."""
    single = [case[name] for name in ("applicant", "proxy") if case.get(name)]
    named = [person.get("party") or person for person in single]
    return [*named, *items(case, "co_applicants"), *items(case, "opponents")]
