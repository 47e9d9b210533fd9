"""Limits, reminder ladders and business hours in the directory: what holds at an office on a day, and the administrator's forms."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import Any, get_args

from fastapi import Response

import texts
from domain.clocks.limits import read_step
from domain.directory import Function
from web.backend import Json
from web.page import Visit, render

TERMS = ("limits", "ladders", "hours")
FUNCTIONS: tuple[str, ...] = get_args(Function)
_LADDERS = ("default", "default_hours", "own_promise", "own_promise_hours")
_HALF = 50
_UNITS = ("calendar_day", "working_day", "hour")


async def show(visit: Visit, kind: str, kinds: tuple[str, ...], form: Json) -> Response:
    """One of the three books: the rows in force, what was set, and (for the administrator) a form with all that was typed in it."""
    query = visit.request.query_params
    asked = {name: query[name] for name in ("on", "office") if query.get(name)}
    held: Json = await visit.backend.ask(visit.session, "GET", "/limits", lang=visit.lang, params={**asked, "limit": "200"})
    only_day = {name: value for name, value in asked.items() if name == "on"}
    path = f"/directory/{kind}"
    entered: Json = await visit.backend.ask(visit.session, "GET", path, lang=visit.lang, params={**only_day, "limit": "200"})
    return render(
        visit, "directory_terms.html", form.pop("status"), kind=kind, kinds=kinds, asked=asked, units=_UNITS, functions=FUNCTIONS,
        rows=held["items"], entered=entered["items"], ladders=_LADDERS, done="done" in query,
        centres=visit.centres, says=partial(says, visit.lang), **form,
    )  # fmt: skip


def says(lang: texts.Lang, at: str) -> str:
    """When a ladder's step is reached, in a sentence: `-50%` is "when half the time is used". Raises `ValueError` for what is no step."""
    step = read_step(1, {"at": at, "to": ()})
    hour = f"{step.at:%H:%M}" if step.at else ""
    match step.base:
        case "share":
            name = "half" if step.amount == _HALF else "share"
        case "before" if step.unit == "hour":
            name = "hour_before" if step.amount == 1 else "hours_before"
        case "before":
            name = "day_before" if step.amount == 1 else "days_before"
        case "due_day":
            name = "due_day"
        case "missed" if step.at is None:
            name = "missed"
        case "missed":
            name = "day_after" if step.amount == 1 else "days_after"
    return texts.text(lang, f"dates.step.{name}", n=step.amount, used=100 - step.amount, hour=hour)


def change(kind: str, said: Mapping[str, str]) -> Json:
    """The change a form asks for, as the interface takes it; what cannot be read goes as it was typed, and is refused with its reason."""
    since, name = said.get("since") or "", said.get("what") or {"limits": "limit_set", "ladders": "ladder_set", "hours": "hours_set"}[kind]
    data: Json = {field: said[field] for field in _FIELDS[name] if said.get(field)}
    if name == "limit_set":
        data |= {"n": _number(said["n"])} if said.get("n") else {}
        data["confirmed"] = bool(said.get("confirmed"))
    elif name == "ladder_set":
        data["steps"] = [_step(line) for line in said.get("steps", "").splitlines() if line.strip()]
    elif name == "hours_set" and said.get("weekdays"):
        data["weekdays"] = dict(re.findall(r"([^\s=]+)=(\S+)", said["weekdays"].replace("＝", "="))) or {"?": said["weekdays"]}
    return {"change": name, "since": since, "data": data}


_FIELDS: Mapping[str, tuple[str, ...]] = {
    "limit_set": ("code", "unit", "ladder", "source"),
    "limit_confirmed": ("code", "row_from", "source"),
    "ladder_set": ("code", "office"),
    "hours_set": ("office", "closes_at", "source"),
}


def _number(said: str) -> Any:
    """`5`, or `award=15 ruling=10` where the limit has several."""
    if "=" in said:
        return {kind: int(n) if n.isascii() and n.isdigit() else n for kind, n in re.findall(r"([^\s=,，]+)\s*=\s*([^\s,，]+)", said)}
    return int(said) if said.isascii() and said.isdigit() else said


def _step(line: str) -> Json:
    """`-1 working_day 09:00 > owner, team_lead`."""
    at, _, to = line.replace("＞", ">").partition(">")
    return {"at": at.strip(), "to": [who for who in re.split(r"[\s,，、]+", to.strip()) if who]}
