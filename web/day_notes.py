"""What a date means, said beside the field it is typed into: that it is a day off, and which time limit it will start, due when.

The interface works it out (`GET /calendar/day`) with the days off of the case's centre. A page says it as it is drawn; where a script
runs it is said anew as the date changes.
"""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from domain.command import COMMANDS
from web.backend import Json, Problem, items
from web.fields import Field
from web.forms import Tree, day_of
from web.page import PageRoute, Visit, render, visitor

router = APIRouter(route_class=PageRoute, include_in_schema=False)
NOTED = ("day", "moment")
"""Kinds of fields that hold a date."""

Signed = Annotated[Visit, Depends(visitor)]


@router.get("/dates")
async def said(request: Request, visit: Signed) -> Response:
    """The note of one date, as a piece of page. The date comes under its field's own name."""
    asked = request.query_params
    typed = next((value for name, value in asked.items() if name.startswith("/")), "")
    command = asked.get("command", "")
    if command not in COMMANDS:
        raise Problem(404, "not_found")
    note = await _note(visit, asked.get("office", ""), command, asked.get("field", ""), typed, asked.get("kind", ""))
    return render(visit, "day_note.html", note=note)


async def notes(visit: Visit, office: str, command: str, fields: Sequence[Field], typed: Tree) -> dict[str, list[str]]:
    """The notes of a command's own dates as they stand in the form, by pointer."""
    kind = str(typed.get("kind") or "")
    said: dict[str, list[str]] = {}
    for f in fields:
        held: Any = typed.get(f.name)
        if f.kind in NOTED and isinstance(held, str) and held:
            said[f"/{f.name}"] = await _note(visit, office, command, f.name, held, kind)
    return said


async def _note(visit: Visit, office: str, command: str, field: str, typed: str, kind: str) -> list[str]:  # noqa: PLR0917 -- what a note is about
    on = day_of(typed[:10])
    if on is None:
        return []
    asked = {"on": on, "office": office, "command": command, "field": field, "kind": kind}
    day: Json = await visit.ask("GET", "/calendar/day", params={name: value for name, value in asked.items() if value})
    lines = [visit.t(f"day_notes.{day['reason']}", on=date.fromisoformat(on), name=day.get("name"))] if day["reason"] != "day" else []
    for started in items(day, "starts"):
        lines.append(visit.t("day_notes.may_start" if started["depends"] else "day_notes.starts", **started))
        if started["provisional"]:
            lines.append(visit.t("day_notes.provisional", due_on=started["due_on"]))
    return lines
