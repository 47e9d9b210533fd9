"""Announcements to those who look on: who has a message, which case moved. Names only; the rest they read under their own session."""

import json
from collections.abc import Collection

from ledger.sql import Connection

MESSAGE_NOTICE = "yuanshou_message"
"""The channel on which a person's code is announced when their inbox changes."""
CASE_NOTICE = "yuanshou_case"
"""The channel on which a case's id is announced when it has another version."""

EDITING_NOTICE = "yuanshou_editing"
"""The channel on which is announced who has a form of a case open. It is kept nowhere: whoever did not hear it hears the next."""


async def tell_people(conn: Connection, people: Collection[str]) -> None:
    """Announce, when the transaction commits, that the inboxes of these people changed."""
    if people:
        await conn.execute("SELECT pg_notify(%s, person) FROM unnest(%s::text[]) AS person", (MESSAGE_NOTICE, sorted(people)))


async def tell_of_case(conn: Connection, case_id: str) -> None:
    """Announce, when the transaction commits, that the case has another version."""
    await conn.execute("SELECT pg_notify(%s, %s)", (CASE_NOTICE, case_id))


async def tell_of_editing(conn: Connection, case_id: str, person: str, window: str, command: str) -> None:
    """Announce, when the transaction commits, that a person's window has the form of a command on the case open; none: no longer."""
    said = json.dumps({"case": case_id, "person": person, "window": window, "command": command})
    await conn.execute("SELECT pg_notify(%s, %s)", (EDITING_NOTICE, said))
