"""Who was given which case when, and how it left them: what loads, the rota's turn, declined offers and replacements are counted from.

One row for each time a case came to a lawyer (or an offer to a unit that declined it before naming anybody), written with the events it
shows. It holds codes and dates, nothing of any person helped, so that everybody's turn can be counted whoever asks.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, Literal, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from domain.case import CaseState
from domain.command import Happened
from domain.matching import Standing
from domain.stages.assignment import AssignmentDeclined
from domain.stages.handling import LawyerReleased
from ledger.schema import handlings
from ledger.sql import Connection, Statement
from readmodels.course import Change, Course

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


class _Written(NamedTuple):
    """What one append changes: rows that end, by lawyer, and rows that come."""

    on: date
    ended: tuple[tuple[str, EndedBy], ...]
    new: list[dict[str, Any]]


def _written(change: Change) -> _Written | None:
    before, after, events, _ = change
    if not isinstance(before, CaseState) or not isinstance(after, CaseState) or not (move := moved(before, after, events)):
        return None
    on = events[-1].at.effective_on
    row = {"case_id": after.case_id, "version": after.version, "centre": after.centre, "named_on": on}
    new = [{**row, "lawyer": each.lawyer, "unit": each.unit, "ended_on": None, "ended_by": None} for each in move.joined]
    if move.unnamed:
        new.append({**row, "lawyer": NOBODY, "unit": move.unnamed, "ended_on": on, "ended_by": "declined"})
    return _Written(on, move.left, new)


async def keep(conn: Connection, change: Change) -> None:
    """Write what the events changed about who handles the case, in the transaction that appends them."""
    if (written := _written(change)) is None:
        return
    for code, by in written.ended:
        await _LEAVE.run(conn, case=change.after.case_id, who=code, on=written.on, by=by)
    for row in written.new:
        await _JOIN.run(conn, **row)


def rows(course: Course) -> list[dict[str, Any]]:
    """Every time the case came to somebody, and how it left them."""
    found: dict[tuple[str, int], dict[str, Any]] = {}
    for written in filter(None, map(_written, course)):
        for code, by in written.ended:
            for row in found.values():
                if row["lawyer"] == code and row["ended_on"] is None:
                    row |= {"ended_on": written.on, "ended_by": by}
        for row in written.new:
            found.setdefault((row["lawyer"], row["version"]), row)
    return list(found.values())


async def standings(conn: Connection, on: date, window: int) -> dict[str, Standing]:
    """How each lawyer stands who was ever given a case; declined offers and replacements of the last `window` days count."""
    rows = await (await _STANDINGS.run(conn, since=on - timedelta(days=window))).fetchall()
    return {row["lawyer"]: Standing(row["load"], row["last"], row["declined"], row["replaced"]) for row in rows}
