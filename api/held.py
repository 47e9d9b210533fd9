"""What is held about one person: where their data stands, and all of it given out (个人信息保护法 art. 45)."""

from collections.abc import Iterator, Mapping
from typing import Any, cast
from uuid import UUID

from uuid_utils.compat import uuid7

from api import views
from api.desk import Desk
from api.erasure import Whole, acting, sealed, seen, shown, unseen, whole
from api.problem import Problem
from domain.access import MAY_ASK_ERASURE, MAY_DECIDE_ERASURE
from domain.erasure import DataExported, ErasureRecord
from ledger import registers
from ledger.events import load_history, stream_of
from ledger.personal import Erased, Held, SubjectKeys, sealed_for, subjects_in, unseal_json
from ledger.schema import erasures
from ledger.shred import Standing
from ledger.sql import Connection, Row, fetch_one
from readmodels import access_reads
from readmodels.access_reads import AccessQuery

type Json = dict[str, Any]

MOST_READS = 10_000
"""Reads of the person's data that an export tells, the newest."""
_ENTRY = ("party_id", "kind", "role", "present", "number", "state", "centre", "cause")


async def data_of(desk: Desk, subject: str) -> Json:
    """Where the person's data stands, what they are in and how long that is kept. Raises `Problem` 404."""
    rows = await seen(desk, subject)
    async with desk.in_own_name() as conn:
        person = await whole(conn, desk, subject)
        request = await _request(conn, person)
    keys = await desk.keys_of({*person.subjects, *(str(row["subject_id"]) for row in rows)})
    if isinstance(keys.get(person.subject), bytes):
        desk.access.opened("person", subjects=[person.subject], cases=[str(row["case_id"]) for row in rows], count=1)
    key = keys.get(person.subject)
    state = _state(key, person.record)
    standing = {each.file.case_id: each for each in person.standing}
    return {
        "subject_id": person.subject,
        "name": _name(rows, person, keys),
        "state": state,
        "linked": list(person.subjects[1:]),
        "restriction": _restriction(person.record),
        "request": request,
        "shredded_at": views.moment(key.at) if isinstance(key, Erased) else None,
        "files": [_file(row, standing[str(row["case_id"])]) for row in rows if str(row["case_id"]) in standing],
        "elsewhere": unseen(person, rows),
        "may": _may(desk, person, state),
    }


async def _request(conn: Connection, person: Whole) -> Json | None:
    asked = person.record.request
    if asked is None:
        return None
    row = await fetch_one(
        conn, erasures.select().where(erasures.c.subject_id == person.subject, erasures.c.version == asked.version)
    )  # fmt: skip
    return row and shown(row)


def _state(key: Held | None, record: ErasureRecord) -> str:
    if isinstance(key, Erased):
        return "shredded"
    return "restricted" if record.restriction else "live"


def _name(rows: list[Row], person: Whole, keys: SubjectKeys) -> Any:
    """The name as the newest entry of the one that stands for all has it: a text, or that it is erased or restricted."""
    own = [row for row in rows if str(row["subject_id"]) == person.subject] or rows
    held = cast("Mapping[str, Any]", own[0]["party"] or {}).get("name")
    return unseal_json(held, keys, stream_of(str(own[0]["case_id"]), own[0]["kind"]), "name")


def _restriction(record: ErasureRecord) -> Json | None:
    held = record.restriction
    return held and {"ground": held.ground, "since": held.since.isoformat(), "by": held.by}


def _file(row: Row, standing: Standing) -> Json:
    ids = {"subject_id": str(row["subject_id"]), "case_id": str(row["case_id"])}
    kept = standing.row
    return {
        **ids,
        **{name: row[name] for name in _ENTRY},
        "opened_on": row["opened_on"].isoformat() if row["opened_on"] else None,
        "kept_until": standing.until.isoformat() if standing.until else None,
        "years": kept.years if kept else None,
        "source": kept.source if kept else None,
        "confirmed": kept.confirmed if kept else None,
        "bars": [bar.why for bar in standing.bars],
    }


def _may(desk: Desk, person: Whole, state: str) -> list[str]:
    """What the caller may do now, apart from what the files forbid."""
    if state == "shredded":
        return []
    asked = person.record.request
    asks, decides = desk.has_role(*MAY_ASK_ERASURE), desk.has_role(*MAY_DECIDE_ERASURE)
    waits = asked is not None and asked.state == "open"
    offered = {
        "restrict": asks and state == "live" and not (asked and asked.state == "approved"),
        "free": asks and state == "restricted",
        "request": asks and not person.record.under_way,
        "decide": decides and waits and asked is not None and asked.asked_by != desk.principal.person,
        "export": asks,
    }
    return [name for name, may in offered.items() if may]


async def export(desk: Desk, subject: str) -> Json:
    """All that is held about the person in files that the caller sees; recorded with the reason before anything is given out.

    Raises `Problem`: 403 `access_reason_required`, 403, 404, 410 `person_data_erased`.
    """
    actor = acting(desk, MAY_ASK_ERASURE)
    rows = await seen(desk, subject)
    reason = desk.for_a_reason()
    async with desk.in_own_name() as conn:
        person = await whole(conn, desk, subject)
        if person.record.shredded_on:
            raise Problem(410, "person_data_erased")
        mine = {str(row["case_id"]) for row in rows}
        event = DataExported(since=desk.today, subject=UUID(person.subject), reason=reason, cases=len(mine))
        told = await sealed(conn, desk, [event])
        await registers.append(conn, told, actor=actor, now=desk.now, command_id=str(uuid7()))
        decisions = await registers.history(conn, f"person/{person.subject}")
        read = await access_reads.find(conn, AccessQuery(subjects=person.subjects, kind="personal_data_read", limit=MOST_READS))
    standing = {each.file.case_id: each for each in person.standing}
    files = [await _held(desk, row, set(person.subjects), standing.get(str(row["case_id"]))) for row in rows]
    values = sum(len(event["values"]) for each in files for event in each["events"])
    desk.access.opened("export", subjects=person.subjects, cases=sorted(mine), count=values, channel="export")
    keys = await desk.keys_of(person.subjects)
    return {
        "made_at": views.moment(desk.now),
        "made_by": actor.id,
        "subject_id": person.subject,
        "linked": list(person.subjects[1:]),
        "state": "restricted" if person.record.restriction else "live",
        "files": files,
        "elsewhere": unseen(person, rows),
        "decisions": [
            {
                "type": each.event.type,
                "since": each.effective_on.isoformat(),
                "recorded_at": views.moment(each.recorded_at),
                "by": each.actor,
                "data": unseal_json(views.plain(each.event), keys, each.event.stream),
            }
            for each in decisions
        ],
        "reads": [
            {"at": views.moment(row["at"]), "by": row["person"], "role": row["role"], "what": row["what"], "channel": row["channel"]}
            for row in read.rows
        ],
        "more_reads": read.next_cursor is not None,
    }


async def _held(desk: Desk, row: Row, subjects: set[str], standing: Standing | None) -> Json:
    """The person's entry in one file, and what of each of its events stands under the person's key."""
    case_id, kind = str(row["case_id"]), row["kind"]
    history = await load_history(desk.conn, case_id, kind=kind)
    found = [(each, dict(_own(views.plain(each.event), subjects))) for each in history]
    keys = await desk.keys_of({*subjects, *subjects_in(row["party"])})
    stream = stream_of(case_id, kind)
    return {
        "case_id": case_id,
        "kind": kind,
        "number": row["number"],
        "role": row["role"],
        "kept_until": standing.until.isoformat() if standing and standing.until else None,
        "entry": unseal_json(row["party"], keys, stream),
        "events": [
            {
                "version": each.at.version,
                "type": each.event.type,
                "recorded_at": views.moment(each.recorded_at),
                "values": {pointer: unseal_json(value, keys, stream, field) for pointer, (field, value) in values.items()},
            }
            for each, values in found
            if values
        ],
    }


def _own(data: Any, subjects: set[str], pointer: str = "", field: str = "") -> Iterator[tuple[str, tuple[str, Any]]]:
    """Every sealed value of these subjects in an event's JSON: its pointer, the field it was sealed for, and the value."""
    if isinstance(data, list):
        for index, item in enumerate(cast("list[Any]", data)):
            yield from _own(item, subjects, f"{pointer}/{index}", field)
    elif isinstance(data, dict):
        held = cast("dict[str, Any]", data)
        if held.keys() == {"subject", "box"}:
            if str(held["subject"]) in subjects:
                yield pointer, (field, held)
            return
        for name, value in held.items():
            yield from _own(value, subjects, f"{pointer}/{name}", sealed_for(held, name))
