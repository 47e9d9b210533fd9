"""The ledger of reads: rows of `events` under a lock and positions of their own, one stream a day of Asia/Shanghai.

Whoever appends to both ledgers in one transaction appends to the cases' first (`ledger.events.LOCKS`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from domain.reads import ACCESS_EVENTS, AccessEvent, AccessRefused, PersonalDataRead
from ledger import events
from ledger.events import ACCESS_LEDGER, ACCESS_LOCK
from ledger.schema import access_reads
from ledger.sql import Connection, Row, Statement

_ZONE = ZoneInfo("Asia/Shanghai")
NOBODY = "unknown"
"""The actor of a refusal where nobody could be told who it was; also the role and office of who holds none."""
PUBLIC = "public"
"""The actor, role and office of a look through the public page: whoever holds a case's code, no officer."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An event of the ledger before it has its place: by whom, when it was asked for, in which request.

    `person`, `role` and `office` are codes of the directory; `command_id` is the entry's own id, `correlation_id` the request's.
    """

    event: AccessEvent
    person: str
    role: str
    office: str
    at: datetime
    command_id: str
    correlation_id: str


_HEAD = Statement(
    sa.text(
        "WITH head AS MATERIALIZED (SELECT coalesce(h.position, 0) AS position, greatest(clock_timestamp(), h.recorded_at) AS now"
        " FROM ledger_head(:ledger) AS h),"
        # The day is that of the very moment the rows are recorded at: a stream holds one day, whoever asked when.
        " day AS (SELECT head.*, 'access/' || to_char(now AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD') AS stream FROM head)"
        " SELECT day.position, day.now, day.stream, coalesce(last.version, 0) AS version, last.chain_hash AS previous"
        " FROM day LEFT JOIN LATERAL (SELECT e.version, e.chain_hash FROM events e WHERE e.stream = day.stream"
        " ORDER BY e.version DESC LIMIT 1) AS last ON true"
    )
)
_READ = Statement(sa.insert(access_reads).values({c.name: sa.bindparam(c.name, type_=c.type) for c in access_reads.c}))


async def append(conn: Connection, entries: Sequence[Entry]) -> list[Row]:
    """Append entries, and what they are found by, in the caller's transaction, in the product's own name; the rows as written.

    The ledger stays locked to the end of the transaction.
    """
    await conn.execute("SELECT pg_advisory_xact_lock(%s)", (ACCESS_LOCK,))
    head = await (await _HEAD.run(conn, ledger=ACCESS_LEDGER)).fetchone()
    assert head is not None  # noqa: S101 -- the query has exactly one row
    day = head["now"].astimezone(_ZONE).date()
    drafts = [
        events.Draft(
            type=entry.event.type,
            schema_version=entry.event.schema_version,
            version=head["version"] + n,
            decided_at=entry.at,
            effective_on=day,
            actor=entry.person,
            role=entry.role,
            office=entry.office,
            command_id=entry.command_id,
            correlation_id=entry.correlation_id,
            body=events.body_of(entry.event),
        )
        for n, entry in enumerate(entries, start=1)
    ]
    rows = events.chained(drafts, ledger=ACCESS_LEDGER, stream=head["stream"], after=head["version"], head=head)
    await events.write(conn, rows)
    for row, entry in zip(rows, entries, strict=True):
        await _READ.run(conn, **found_by(row, entry.event))
    return rows


def event_of(row: Row) -> AccessEvent:
    """A stored row of this ledger as an event. Raises what `ledger.events.read_as` does."""
    return events.read_as(ACCESS_EVENTS, row)


def found_by(row: Row, event: AccessEvent) -> Row:
    """The row of `access_reads` that an event of this ledger is found by; made anew from the ledger it is the same."""
    shown: Row = {
        "position": row["position"],
        "at": row["recorded_at"],
        "type": row["type"],
        "person": row["actor"],
        "role": row["role"],
        "office": row["office"],
        "cases": [],
        "subjects": [],
        "what": [],
        "channel": None,
        "code": None,
        "opened": 0,
        "reason": None,
        "command_id": row["command_id"],
        "correlation_id": row["correlation_id"],
    }
    match event:
        case PersonalDataRead():
            shown |= {
                "cases": [str(each) for each in event.cases],
                "subjects": [str(each) for each in event.subjects],
                "what": list(event.what),
                "channel": event.channel,
                "opened": event.count,
                "reason": event.reason,
            }
        case AccessRefused():
            shown |= {"cases": [str(event.case)] if event.case else [], "what": [event.what], "code": event.code}
        case _:
            pass
    return shown
