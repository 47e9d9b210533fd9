"""A case at two moments, field by field; what stood before whoever decided, and the decision made again under the rules of its day."""

import re
from collections.abc import Iterator
from itertools import groupby
from typing import Annotated, Any, cast
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response

import texts
from texts.speak import Lookup, paper, say_date, say_fen, say_moment
from web.backend import Json, Problem
from web.case_page import whole_history
from web.case_view import number, title
from web.page import PageRoute, Visit, render, visitor

router = APIRouter(route_class=PageRoute, include_in_schema=False)
LEFT_OUT = frozenset({"clocks", "unknown_limits", "version", "updated_at", "as_of_basis", "glass_until", "service_circle"})
"""What moves with every event or by itself: limits have a page of their own."""
DECIDED = frozenset({
    "accepted_first", "aid_granted", "aid_refused", "aid_terminated", "objection_decided", "replacement_decided", "subsidy_approved",
})  # fmt: skip
"""Events by which somebody decided."""
_OF = {"state": ("states", "lanes"), "stage": ("stages",), "came_from": ("states",)}
"""Fields whose codes have their words in catalogues of their own."""
_PAPERS = frozenset({"papers", "papers_owed", "papers_listed", "missing"})
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")


@router.get("/cases/{case_id}/compare")
async def compare(
    request: Request, case_id: str, visit: Annotated[Visit, Depends(visitor)], first: Annotated[str, Query(alias="from")] = "", to: str = ""
) -> Response:
    """Raises `Problem` 404 for a case or a version that is not there."""
    case = await visit.backend.case(visit.session, case_id)
    events = await whole_history(visit, case_id)
    latest = int(case["version"])
    last = _number(to, latest)
    before = _number(first, max(last - 1, 0))
    found = await visit.ask("GET", f"/cases/{case_id}/diff?{urlencode({'from': before, 'to': last})}")
    decided = request.query_params.get("decided", "")
    return render(
        visit, "compare.html", case=case, number=number(case), title=title(visit, case), events=events, first=before, last=last,
        groups=list(grouped(visit, found["changes"])), decisions=[e for e in events if e["type"] in DECIDED],
        decided=next((e for e in events if str(e["version"]) == decided), None), again=await _again(visit, case_id, decided),
    )  # fmt: skip


def _number(given: str, otherwise: int) -> int:
    if not given:
        return otherwise
    if not given.isascii() or not given.isdigit():
        raise Problem(404, "not_found")
    return int(given)


async def _again(visit: Visit, case_id: str, decided: str) -> Json | None:
    """What the decision of that version rested on, made again; `{}` where the visitor may not see it. None where none is asked for."""
    if not decided:
        return None
    version = _number(decided, 0)
    try:
        return await visit.ask("GET", f"/cases/{case_id}/eligibility/rerun?version={version}")
    except Problem as problem:
        if problem.status != 403:
            raise
        return {}


def grouped(visit: Visit, changes: list[Json]) -> Iterator[tuple[str, list[Json]]]:
    """The changes by the part of the case they are in: its name, and of each its field, what stood there and what stands."""
    shown = [change for change in changes if _steps(change["pointer"])[0] not in LEFT_OUT]
    for part, of_part in groupby(shown, key=lambda change: _steps(change["pointer"])[0]):
        yield (
            label(visit, part),
            [
                {"field": _path(visit, _steps(c["pointer"])[1:]), **{side: _lines(visit, c, side) for side in ("before", "after")}}
                for c in of_part
            ],
        )


def _steps(pointer: str) -> list[str]:
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def _path(visit: Visit, steps: list[str]) -> str:
    """Names from the outside in; a place in a list counts from 1."""
    return " · ".join(str(int(step) + 1) if step.isdigit() else label(visit, step) for step in steps)


def label(visit: Visit, name: str) -> str:
    """What a field of the case is called; its own name where the catalogues have none."""
    keys = [key for key in (f"compare.f_{name}", f"fields.{name}") if texts.has(visit.lang, key)]
    return visit.t(keys[0]) if keys else name.replace("_", " ")


def _lines(visit: Visit, change: Json, side: str) -> list[str]:
    name = next((step for step in reversed(_steps(change["pointer"])) if not step.isdigit()), "")
    return list(said(visit, name, change[side]))


def said(visit: Visit, name: str, held: Any) -> Iterator[str]:
    """A value in words, a line each where it is made of several; nothing for what is not there."""
    if held is None or held in ("", [], {}):
        return
    if isinstance(held, dict):
        value = cast("Json", held)
        if value.get("erased"):
            yield visit.t("compare.erased")
            return
        if name in _PAPERS and "kind" in value:
            yield paper(visit.lang, value, Lookup(texts.catalogue(visit.lang)))
            return
        for inner, each in value.items():
            lines = list(said(visit, inner, each))
            yield from ([f"{label(visit, inner)}: {lines[0]}"] if len(lines) == 1 else lines)
    elif isinstance(held, list):
        for each in cast("list[Any]", held):
            yield from said(visit, name, each)
    else:
        yield _plain(visit, name, held)


def _plain(visit: Visit, name: str, held: Any) -> str:
    if isinstance(held, bool):
        return visit.t("words.yes" if held else "words.no")
    text = str(held)
    if name.endswith("_fen"):
        return say_fen(visit.lang, held)
    if _MOMENT.match(text) or _DAY.fullmatch(text):
        return say_moment(visit.lang, text) if "T" in text else say_date(visit.lang, text)
    return visit.names.get(text) or _word(visit, name, text)


def _word(visit: Visit, name: str, code: str) -> str:
    """The word for a code; the code itself, or the text that it is, where there is none."""
    told = next((key for key in _OF.get(name, ()) if texts.has(visit.lang, f"{key}.{code}")), None)
    if told:
        return visit.t(f"{told}.{code}")
    try:
        return visit.word(name, code) or code
    except texts.MissingText:
        return code
