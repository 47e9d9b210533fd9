"""A person's time limits as a calendar that a phone subscribes to (RFC 5545). Nothing personal: numbers, limits, days."""

# The library's `add` is untyped.
# pyright: reportUnknownMemberType=false

from datetime import datetime, timedelta
from hashlib import sha256

import sqlalchemy as sa
from icalendar import Alarm, Calendar, Event

import texts
from api import views
from api.desk import Desk
from ledger.schema import case_list, clock_list
from ledger.sql import Row, fetch_all
from readmodels.scope import within

BEHIND, AHEAD = timedelta(days=31), timedelta(days=186)
_EVENING_BEFORE = timedelta(hours=-15)
"""Before the midnight that a day begins with: nine in the morning of the day before."""
_MOST = 2_000
_C, _L = clock_list.c, case_list.c


async def feed(desk: Desk, address: str) -> tuple[bytes, str]:
    """The open limits of the caller's own cases, as owner or as handling lawyer, within a month past and six ahead; and its ETag."""
    today = desk.now.astimezone(views.ZONE).date()
    lawyer = desk.principal.lawyer
    mine = sa.or_(_L.owner == desk.principal.person, *([_L.lawyers.any(lawyer)] if lawyer else []))
    query = (
        sa.select(
            _C.clock_id, _C.limit_id, _C.unit, _C.due_on, _C.due_at, _C.moves, _C.state, _L.case_id, _L.case_number, _L.register_number,
            _L.updated_at, _L.centre,
        )
        .select_from(clock_list.join(case_list, _C.case_id == _L.case_id))
        .where(within(desk.scope), mine, _C.live, _C.state != "paused", _C.due_on >= today - BEHIND, _C.due_on <= today + AHEAD)
        .order_by(_C.due_at, _C.case_id, _C.clock_id)
        .limit(_MOST)
    )  # fmt: skip
    rows = await fetch_all(desk.conn, query)
    calendar = Calendar()
    calendar.add("prodid", "-//Yuanshou//deadlines//")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", texts.text(desk.lang, "deadlines.calendar_name"))
    calendar.add("refresh-interval", timedelta(hours=1), parameters={"VALUE": "DURATION"})
    for row in rows:
        calendar.add_component(_entry(desk, row, address))
    said = calendar.to_ical()
    return said, f'"{sha256(said).hexdigest()[:32]}"'


def _entry(desk: Desk, row: Row, address: str) -> Event:
    number = row["case_number"] or row["register_number"] or texts.text(desk.lang, "letters.without_number")
    link = f"{address}/cases/{row['case_id']}"
    updated: datetime = row["updated_at"]
    entry = Event()
    entry.add("uid", f"{row['case_id']}-{row['clock_id'].replace('/', '-')}@yuanshou")
    entry.add("dtstamp", updated)
    entry.add("last-modified", updated)
    entry.add("sequence", row["moves"])
    if row["unit"] == "hour":
        entry.add("dtstart", row["due_at"].astimezone(views.ZONE))
        entry.add("duration", timedelta(minutes=15))
    else:
        entry.add("dtstart", row["due_on"])
        entry.add("dtend", row["due_on"] + timedelta(days=1))
    entry.add("summary", f"{texts.text(desk.lang, f'limits.{row["limit_id"]}')} · {number}")
    entry.add("description", link)
    entry.add("url", link)
    entry.add("transp", "TRANSPARENT")
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", str(entry["summary"]))
    alarm.add("trigger", timedelta(hours=-2) if row["unit"] == "hour" else _EVENING_BEFORE)
    entry.add_component(alarm)
    return entry
