"""Announcements to those who look on: who has a message, which case moved. Names only; the rest they read under their own session."""

from collections.abc import Collection

from ledger.sql import Connection

MESSAGE_NOTICE = "yuanshou_message"
"""The channel on which a person's code is announced when their inbox changes."""
CASE_NOTICE = "yuanshou_case"
"""The channel on which a case's id is announced when it has another version."""


async def tell_people(conn: Connection, people: Collection[str]) -> None:
    """Announce, when the transaction commits, that the inboxes of these people changed."""
    if people:
        await conn.execute("SELECT pg_notify(%s, person) FROM unnest(%s::text[]) AS person", (MESSAGE_NOTICE, sorted(people)))


async def tell_of_case(conn: Connection, case_id: str) -> None:
    """Announce, when the transaction commits, that the case has another version."""
    await conn.execute("SELECT pg_notify(%s, %s)", (CASE_NOTICE, case_id))
