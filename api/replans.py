"""What a change of calendar or rules does to the dates of open cases: before it is made, while it is carried out, and afterwards."""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

from api import views
from api.desk import Desk
from api.directory import CHANGES_IT, ChangeOfDirectory, DirectoryKind, change_of, does_not_fit
from api.problem import Problem, not_found
from api.typed import typed
from domain.access import may_see, scope_of
from domain.clocks import replanned
from domain.directory import Directory, DirectoryFault
from domain.stream import StreamState
from ledger import replans
from ledger.sql import Row
from ledger.store import WORKER

type Json = dict[str, Any]

MAY_PREVIEW = (CHANGES_IT, "supervisor")
WHAT = r"^[0-9a-f][0-9a-f-]{0,31}$"
"""What a change is told apart by: its event's position in the ledger, or the digest of the program's data and a number."""
LISTED = 200
"""Cases a preview names at most; it counts all."""
_PAGE = 500


class Move(NamedTuple):
    """A clock whose plan a change alters: `old` and `new` are its last days, alike where only its reminders move."""

    centre: str
    limit: str
    old: date
    new: date


def view(row: Row) -> Json:
    """A change and how far it came. `state`: waiting for its day, walking through the open cases, following them, done."""
    state = "done" if row["finished_at"] else "following" if row["walked_at"] else "walking" if row["looked_at"] else "waiting"
    return {
        "ref": row["ref"],
        "change": row["change"],
        "concerns": row["concerns"],
        "since": row["since"].isoformat(),
        "asked_by": row["asked_by"],
        "asked_at": views.moment(row["created_at"]),
        "state": state,
        "looked_at": row["looked_at"],
        "touched": row["touched"],
        "done": row["done"],
        "finished_at": views.moment(row["finished_at"]),
    }


async def listed(desk: Desk, limit: int) -> Json:
    """The newest changes first."""
    async with desk.services.database.transaction(WORKER) as conn:
        return {"items": [view(row) for row in await replans.listed(conn, limit)], "next_cursor": None}


async def one(desk: Desk, ref: str, cursor: str | None, limit: int) -> Json:
    """A change, and of the cases it moved those in the caller's reach. Raises `Problem` 404 `replan_not_found`."""
    async with desk.services.database.transaction(WORKER) as conn:
        row = await replans.one(conn, ref)
    if row is None:
        raise not_found("replan_not_found")
    cases = await replans.moved(desk.conn, ref, cursor, limit + 1)
    onward = str(cases[limit - 1]["case_id"]) if len(cases) > limit else None
    return view(row) | {"cases": [_moved(each) for each in cases[:limit]], "next_cursor": onward}


def _moved(row: Row) -> Json:
    return {"case_id": str(row["case_id"]), "kind": row["kind"], "moves": row["moves"] or [], "done_at": views.moment(row["done_at"])}


async def preview(desk: Desk, kind: DirectoryKind, body: Json) -> Json:
    """Which open cases a change would move from which date to which; nothing is recorded.

    A system administrator, who sees no cases, is told numbers by centre, limit and date; a supervisor also the cases in reach. Raises
    `Problem` 403, 422 for what does not fit the directory.
    """
    if not desk.has_role(*MAY_PREVIEW):
        raise Problem(403, "forbidden")
    event = change_of(kind, typed(ChangeOfDirectory, body))
    if type(event) not in replans.CAUSES:
        raise Problem(422, "moves_no_dates", errors=[{"pointer": "/change", "code": "moves_no_dates"}])
    try:
        after = Directory.fold([event], desk.services.directory.newest)
    except DirectoryFault as fault:
        raise does_not_fit(fault) from fault
    day = max(event.since, desk.now.astimezone(views.ZONE).date())
    found = _Found(desk, desk.directory.on(day), after.on(day), day)
    cursor: str | None = None
    async with desk.services.database.transaction(WORKER) as conn:
        while page := await replans.page(conn, cursor, _PAGE):
            for state in page:
                found.look_at(state)
            cursor = page[-1].case_id
    return found.told()


class _Found:
    """What a walk through the open cases finds; nothing of a case is kept but what is told of it."""

    def __init__(self, desk: Desk, now: Directory, then: Directory, day: date) -> None:
        self._desk, self._now, self._then, self._day = desk, now, then, day
        self._cases = self._looked_at = 0
        self._moves: Counter[Move] = Counter()
        self._listed: list[Json] = []
        self._more = False

    def look_at(self, state: StreamState) -> None:
        """Count the clocks that the change moves: what differs between the plans under the directory before it and after."""
        self._looked_at += 1
        before = self._plans(state, self._now)
        moves = [move for move in self._plans(state, self._then).items() if before.get(move[0]) != move[1]]
        if not moves:
            return
        self._cases += 1
        old = {clock.id: clock for clock in state.clocks}
        told = [Move(state.centre, old[clock_id].limit, old[clock_id].due_on, new) for clock_id, (new, _) in moves]
        self._moves.update(told)
        if self._desk.has_role("supervisor") and may_see(self._desk.principal, scope_of(state), self._desk.directory):
            if len(self._listed) < LISTED:
                self._listed.append(self._case(state, told))
            else:
                self._more = True

    def _plans(self, state: StreamState, directory: Directory) -> dict[str, tuple[date, Any]]:
        rules = self._desk.services.rules().under(directory, self._day, state.centre or None)
        found = replanned(state, rules, self._desk.now, "calendar/preview")
        return {event.clock_id: (event.due_on, [r for r in event.rungs if not r.fired]) for event in found}

    def _case(self, state: StreamState, moves: Iterable[Move]) -> Json:
        number = getattr(state, "case_number", None) or getattr(state, "register_number", None) or getattr(state, "number", None)
        told = [{"limit": move.limit, "old": move.old.isoformat(), "new": move.new.isoformat()} for move in moves]
        return {"case_id": state.case_id, "kind": state.kind, "number": number, "centre": state.centre, "moves": told}

    def told(self) -> Json:
        return {
            "looked_at": self._looked_at,
            "cases": self._cases,
            "clocks": self._moves.total(),
            "moves": [
                {"centre": m.centre, "limit": m.limit, "old": m.old.isoformat(), "new": m.new.isoformat(), "clocks": n}
                for m, n in sorted(self._moves.items())
            ],
            "listed": self._listed,
            "more": self._more,
        }
