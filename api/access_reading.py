"""Who read personal data, when, by which way and why; and who was refused. To ask this is itself recorded."""

import base64
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from api import views
from api.case_reading import visible
from api.desk import Desk
from api.list_reading import reading_cursor
from api.problem import Problem, not_found
from api.recording import reason_place
from ledger.personal import unwrap_secret
from ledger.sql import Row
from readmodels import access_reads
from readmodels import people as index
from readmodels.access_reads import AccessQuery

type Json = dict[str, Any]

READERS = ("auditor", "supervisor")
"""Who may ask: an auditor of everything, a supervisor of one case of their reach at a time."""


async def records(desk: Desk, query: AccessQuery) -> Json:
    """Entries of the ledger of reads that fit, the newest first.

    `query.case` may be a number. Raises `Problem`: 403 `forbidden` for who may not ask, 403 `access_reason_required` for who asks what one
    colleague read and does not say why, 404 for a case that is not there, or not for the caller.
    """
    watching = _whole(desk)
    if not watching and query.case is None:
        raise Problem(403, "forbidden")
    if query.person and query.person != desk.principal.person:
        desk.for_a_reason()
    if query.case:
        query = replace(query, case=await _case(desk, query.case))
        if not watching:
            await visible(desk, str(query.case))
    if query.subjects:
        query = replace(query, subjects=await _one_person(desk, query.subjects[0]))
    desk.access.opened("access_records", subjects=query.subjects, cases=[query.case] if query.case else ())
    with reading_cursor():
        page = await access_reads.find(desk.conn, query)
    only = None if watching else query.case
    shown = {str(case) for row in page.rows for case in row["cases"] if only in (None, str(case))}
    numbers = await access_reads.numbers(desk.conn, shown)
    told = {str(subject) for row in page.rows if row["reason"] for subject in row["subjects"]}
    erased = await access_reads.erased(desk.conn, told)
    return {"items": [_record(desk, row, numbers, erased, only) for row in page.rows], "next_cursor": page.next_cursor}


async def readers(desk: Desk, case_id: str) -> Json:
    """Who read of the case, by person and role, whoever read last first. Raises `Problem` 403, 404."""
    if not _whole(desk):
        await visible(desk, case_id)
    desk.access.opened("access_records", cases=[case_id])
    rows = await access_reads.readers(desk.conn, case_id)
    items = [
        {
            "person": row["person"], "name": _name(desk, row["person"]), "role": row["role"], "office": row["office"],
            "times": row["times"], "refused": row["refused"], "channels": sorted(row["channels"]),
            "first_at": views.moment(row["first_at"]), "last_at": views.moment(row["last_at"]),
        }
        for row in rows
    ]  # fmt: skip
    return {"items": items, "next_cursor": None}


def _whole(desk: Desk) -> bool:
    """Whether the caller may ask for everything. Raises `Problem` 403 for who may ask for nothing."""
    if not desk.has_role(*READERS):
        raise Problem(403, "forbidden")
    return desk.has_role("auditor")


async def _case(desk: Desk, said: str) -> str:
    """The id of the case that is meant, by its id or its number. Raises `Problem` 404."""
    try:
        return str(UUID(said))
    except ValueError:
        found = await access_reads.case_of_number(desk.conn, said)
    if found is None:
        raise not_found("case_not_found")
    return found


async def _one_person(desk: Desk, subject: str) -> list[str]:
    """The subject with all that are linked with it as one person."""
    first = {str(row["kept"]) for row in await index.links(desk.conn, [subject])} | {subject}
    linked = await index.links(desk.conn, sorted(first))
    return sorted(first.union(*({str(row["subject_id"]), str(row["kept"])} for row in linked)))


def _record(desk: Desk, row: Row, numbers: Mapping[str, str | None], erased: Mapping[str, datetime], only: str | None) -> Json:
    """An entry as it is shown; to who may ask of one case alone, without what it says of others."""
    cases = [str(case) for case in row["cases"] if only in (None, str(case))]
    return {
        "position": row["position"],
        "at": views.moment(row["at"]),
        "type": row["type"],
        "person": row["person"],
        "name": _name(desk, row["person"]),
        "role": row["role"],
        "office": row["office"],
        "channel": row["channel"],
        "what": row["what"],
        "code": row["code"],
        "cases": [{"case_id": case, "number": numbers.get(case)} for case in cases],
        "subjects": [str(subject) for subject in row["subjects"]] if only is None else None,
        "people": len(row["subjects"]),
        "opened": row["opened"],
        "reason": _reason(desk, row, erased),
        "request_id": row["correlation_id"],
    }


def _reason(desk: Desk, row: Row, erased: Mapping[str, datetime]) -> str | Json | None:
    """The reason that was given. It may speak of whom it was given for: once all of them are erased, it is shown no more."""
    if row["reason"] is None:
        return None
    subjects = [str(subject) for subject in row["subjects"]]
    if subjects and all(subject in erased for subject in subjects):
        return {"erased": True, "at": views.moment(max(erased[subject] for subject in subjects))}
    box = base64.urlsafe_b64decode(row["reason"])
    return unwrap_secret(desk.services.keys.master, reason_place(row["command_id"]), box).decode()


def _name(desk: Desk, person: str) -> str | None:
    held = desk.directory.person(person)
    return held.name if held else None
