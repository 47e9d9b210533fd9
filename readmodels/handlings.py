"""Who was given which case when, and how it left them: what loads, the rota's turn, declined offers and replacements are counted from.

One row for each time a case came to a lawyer (or an offer to a unit that declined it before naming anybody), written with the events it
shows. It holds codes and dates, nothing of any person helped, so that everybody's turn can be counted whoever asks.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import Literal, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from domain.case import CaseState, blank
from domain.command import Happened
from domain.matching import Standing
from domain.stages.assignment import AssignmentDeclined
from domain.stages.handling import LawyerReleased
from domain.stream import fold
from ledger.events import load_history
from ledger.schema import handlings
from ledger.sql import Connection, Statement
from readmodels.case_list import case_ids

EndedBy = Literal["declined", "released", "renamed", "closed"]
NOBODY = ""
"""Stands for the lawyer of an offer that the unit declined before it named one."""

_IN_HAND = ("assignment", "representation")
_JOIN = Statement(
    insert(handlings)
    .values({c.name: sa.bindparam(c.name, type_=c.type) for c in handlings.c})
    .on_conflict_do_nothing()
)  # fmt: skip
_LEAVE = Statement(
    sa.update(handlings)
    .where(
        handlings.c.case_id == sa.bindparam("case"), handlings.c.lawyer == sa.bindparam("who"), handlings.c.ended_on.is_(None)
    )
    .values(ended_on=sa.bindparam("on", type_=sa.Date), ended_by=sa.bindparam("by"))
)  # fmt: skip
_SINCE = sa.bindparam("since", type_=sa.Date)
_STANDINGS = Statement(
    sa.select(
        handlings.c.lawyer,
        sa.func.count().filter(handlings.c.ended_on.is_(None)).label("load"),
        sa.func.max(handlings.c.named_on).label("last"),
        sa.func.count().filter(handlings.c.ended_by == "declined", handlings.c.ended_on >= _SINCE).label("declined"),
        sa.func.count().filter(handlings.c.ended_by == "released", handlings.c.ended_on >= _SINCE).label("replaced"),
    )
    .where(handlings.c.lawyer != NOBODY)
    .group_by(handlings.c.lawyer)
)
_CLEAR = Statement(sa.delete(handlings))


class Joined(NamedTuple):
    lawyer: str
    unit: str | None


class Moved(NamedTuple):
    """Who came to a case and who left it by the events of one command, and how they left."""

    joined: tuple[Joined, ...]
    left: tuple[tuple[str, EndedBy], ...]
    unnamed: str | None
    """The unit that declined an offer before naming anybody."""

    def __bool__(self) -> bool:
        return bool(self.joined or self.left or self.unnamed)


def moved(before: CaseState, after: CaseState, events: Iterable[Happened]) -> Moved:
    """What a command's events changed about who handles the case."""
    held, holding = _handlers(before), _handlers(after)
    declined, released, unnamed = set[str](), set[str](), None
    for happened in events:
        event = happened.event
        if isinstance(event, AssignmentDeclined):
            declined |= {event.by, event.unit} if not event.co_counsel else {event.by}
            unnamed = event.unit if not held else None
        elif isinstance(event, LawyerReleased):
            # Who leaves only because the lead is replaced gave nothing back.
            released |= set(event.lawyers) - set(event.may_return)

    def how(lawyer: str) -> EndedBy:
        if lawyer in declined or held[lawyer] in declined:
            return "declined"
        if lawyer in released:
            return "released"
        return "renamed" if after.stage in _IN_HAND else "closed"

    return Moved(
        joined=tuple(Joined(code, unit) for code, unit in holding.items() if code not in held),
        left=tuple((code, how(code)) for code in held if code not in holding),
        unnamed=unnamed,
    )


def _handlers(case: CaseState) -> dict[str, str | None]:
    """Lawyers who have the case in hand, with the unit each stands in."""
    if case.assignment is None or case.stage not in _IN_HAND:
        return {}
    return {h.lawyer: h.unit or case.assignment.unit for h in case.assignment.lawyers}


async def keep(conn: Connection, before: CaseState, after: CaseState, events: Sequence[Happened]) -> None:
    """Write what one command's events changed about who handles the case, in the transaction that appends them."""
    change = moved(before, after, events)
    if not change:
        return
    on = events[-1].at.effective_on
    for code, by in change.left:
        await _LEAVE.run(conn, case=after.case_id, who=code, on=on, by=by)
    row = {"case_id": after.case_id, "version": after.version, "centre": after.centre, "named_on": on}
    for each in change.joined:
        await _JOIN.run(conn, **row, lawyer=each.lawyer, unit=each.unit, ended_on=None, ended_by=None)
    if change.unnamed:
        await _JOIN.run(conn, **row, lawyer=NOBODY, unit=change.unnamed, ended_on=on, ended_by="declined")


async def standings(conn: Connection, on: date, window: int) -> dict[str, Standing]:
    """How each lawyer stands who was ever given a case; declined offers and replacements of the last `window` days count."""
    rows = await (await _STANDINGS.run(conn, since=on - timedelta(days=window))).fetchall()
    return {row["lawyer"]: Standing(row["load"], row["last"], row["declined"], row["replaced"]) for row in rows}


async def rebuild(conn: Connection) -> None:
    """Make all rows anew from the ledger, in the caller's transaction."""
    await _CLEAR.run(conn)
    async for case_id in case_ids(conn):
        case = blank(case_id)
        for _, group in groupby([r.happened for r in await load_history(conn, case_id)], key=lambda h: h.at.command_id):
            events = list(group)
            after = fold(events, case)
            await keep(conn, case, after, events)
            case = after
