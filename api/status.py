"""The public page's answer: how a case stands, for who knows its number and its code. Read in the product's own name, recorded as read.

Whoever guesses learns nothing: an unknown number, a wrong code and a case of which nothing is told any more are answered by the same words,
after the same work.
"""

from datetime import datetime, time
from math import ceil
from typing import Any
from uuid import UUID

import texts
from api import recording, views
from api.problem import Problem, not_found
from api.services import Services
from api.status_shapes import StatusQuestion
from domain.case import CaseState
from domain.directory import Directory, Office
from domain.progress import Ahead, Owed, Progress, progress
from domain.rules import Rules
from ledger import status_codes, throttle
from ledger.personal import keys_to_read
from ledger.sessions import Origin
from ledger.sql import Connection
from ledger.store import WORKER
from readmodels import cases
from texts.speak import Lookup, paper

type Json = dict[str, Any]

_NO_CASE = str(UUID(int=0))
"""Stands for a case that is not there, so that the same is done for it."""


async def asked(services: Services, question: StatusQuestion, origin: Origin, lang: texts.Lang) -> Json:
    """How the case stands now. Raises `Problem`: 404 `status_not_found`, 429 `too_many_looks`."""
    numbers = status_codes.written(question.number)
    await _let_look(services, numbers, origin)
    now = services.now()
    async with services.database.transaction(WORKER) as conn:
        case = await _proven(conn, services, numbers, question.code)
        directory = await services.directory.read(conn)
    _record(case)
    return told(case, numbers, directory, services.rules(), now=now, lang=lang)


async def _let_look(services: Services, numbers: tuple[str, ...], origin: Origin) -> None:
    """Count the look before it is answered, in a transaction of its own. Raises `Problem` 429."""
    now = services.now()
    async with services.database.transaction(WORKER) as conn:
        await throttle.forget(conn, now)
        seconds = await throttle.look(conn, throttle.BY_NETWORK, throttle.network_of(origin.address), now)
        if not seconds:
            seconds = await throttle.look(conn, throttle.BY_NUMBER, status_codes.mark_of(services.keys.status, numbers), now)
    if seconds:
        raise Problem(429, "too_many_looks", headers={"Retry-After": str(seconds)}, retry_after=seconds, minutes=ceil(seconds / 60))


async def _proven(conn: Connection, services: Services, numbers: tuple[str, ...], code: str) -> CaseState:
    """The case of that number, if the code is its own and somebody of it may still be told. Raises `Problem` 404, alike for all."""
    found = await status_codes.case_numbered(conn, numbers)
    case_id = found or _NO_CASE
    generation = await status_codes.generation_of(conn, case_id)
    right = status_codes.fits(services.keys.status, case_id, generation, code)
    case = await cases.current(conn, case_id) if found and right else None
    if case is None or not await _anybody(conn, services, case):
        raise not_found("status_not_found")
    return case


async def _anybody(conn: Connection, services: Services, case: CaseState) -> bool:
    """Whether somebody the case is about is neither erased nor under a restriction: else nothing is told of it here."""
    subjects = _subjects(case)
    held = await keys_to_read(conn, services.keys.master, subjects, restricted=False)
    return any(isinstance(held.get(subject), bytes) for subject in subjects)


def _subjects(case: CaseState) -> list[str]:
    ids = dict.fromkeys(r.party_id for r in case.present) or dict.fromkeys([case.heads])
    return [str(subject) for party_id in ids if (subject := case.parties[party_id].subject_id)]


def _record(case: CaseState) -> None:
    access = recording.current()
    access.public = True
    access.opened("status", subjects=_subjects(case), cases=[case.case_id])


def told(case: CaseState, numbers: tuple[str, ...], directory: Directory, whole: Rules, *, now: datetime, lang: texts.Lang) -> Json:
    """The answer in words. Nothing of a person is in it."""
    today = now.astimezone(views.ZONE).date()
    rules = whole.under(directory, today, case.centre or None)
    centre = directory.on(today).office(case.centre)
    bureau = directory.office(directory.bureau_of(case.centre))
    if centre is not None and centre.closed_on and centre.closed_on <= today and centre.successor:
        centre = directory.on(today).office(centre.successor) or centre
    closing = rules.calendar.closing(rules.calendar.roll(today))
    limit = rules.limit("file_objection", today)
    values = {"bureau": _name(bureau, lang), "days": limit.n if limit and isinstance(limit.n, int) else None}
    return {
        "number": next((n for n in (case.register_number, case.case_number) if n in numbers), case.register_number),
        **worded(progress(case, now.astimezone(views.ZONE)), lang, values),
        "centre": {
            "name": _name(centre, lang) or case.centre,
            "phone": centre and centre.phone,
            "address": centre and centre.address,
            "closes_at": _hour(closing),
        },
        "at": views.moment(now),
    }


def worded(found: Progress, lang: texts.Lang, values: Json) -> Json:
    """A case's progress as sentences; `values` are the bureau's name and the days in which one may object."""
    return {
        "stage": found.stage,
        "stage_says": texts.text(lang, f"status.stage_{found.stage}"),
        "step": found.step,
        "says": texts.text(lang, f"status.step_{found.step}"),
        "notes": [{"note": note, "says": texts.text(lang, f"status.note_{note}", **values)} for note in found.notes],
        "owed": _owed(found.owed, lang) if found.owed else None,
        "dates": [_date(each, lang) for each in found.ahead],
    }


def _owed(owed: Owed, lang: texts.Lang) -> Json:
    lookup = Lookup(texts.catalogue(lang))
    says = texts.text(lang, "status.owed_late" if owed.late else "status.owed", by=owed.by)
    listed = [paper(lang, each.model_dump(mode="json"), lookup) for each in owed.papers]
    asked_to_explain = [texts.text(lang, "status.explain")] if owed.explanations else []
    return {"papers": [*listed, *asked_to_explain], "by": owed.by.isoformat(), "late": owed.late, "says": says}


def _date(each: Ahead, lang: texts.Lang) -> Json:
    when = "late" if each.late else "date"
    says = texts.text(lang, f"status.{when}_{each.what}", on=each.on)
    return {"what": each.what, "on": each.on.isoformat(), "late": each.late, "says": says}


def _name(office: Office | None, lang: texts.Lang) -> str | None:
    return office and (office.name_en if lang == "en" else office.name)


def _hour(closing: time | None) -> str | None:
    return f"{closing:%H:%M}" if closing else None
