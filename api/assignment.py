"""Giving cases to people: the candidates for a case, the cases that wait for a lawyer, the next case of the queue, who has how much."""

from collections.abc import Sequence
from typing import Any

from api import case_reading, views
from api.desk import Desk
from api.list_reading import case_row, reading_cursor
from api.problem import Problem, not_found
from domain.directory import Person
from domain.matching import Candidate, Panel, Seen
from domain.rota import away_by
from domain.turn import steps
from ledger.schema import case_list
from readmodels import cases, handlings, queue, workload
from readmodels.case_list import row_of
from readmodels.scope import within
from readmodels.search import OPEN, ORDERS, page_of

type Json = dict[str, Any]

ASSIGNS = ("approver", "caseworker", "supervisor", "unit_manager")
"""Who may see the candidates for a case: who assigns, who prepares it, who watches over it, and the unit for its own lawyers."""
WATCHES = ("approver", "supervisor", "unit_manager", "caseworker")
"""Who may see how much others have in hand, within their own scope."""


def needs(desk: Desk, roles: tuple[str, ...]) -> None:
    """Raises `Problem` 403 unless the caller holds one of the roles."""
    if not desk.has_role(*roles):
        raise Problem(403, "forbidden")


async def ranked(desk: Desk, case_id: str, limit: int) -> Json:
    """The panel as seen from the case today, best first; `advice` says what to do where nobody passes the gates."""
    needs(desk, ASSIGNS)
    case = await case_reading.visible(desk, case_id)
    panel = (await panel_of(desk)).seen_from(case)
    if not desk.has_role("approver", "caseworker", "supervisor"):
        panel = [each for each in panel if each.seat.lawyer.unit == desk.principal.unit]
    best = [_shown(desk, each.candidate) for each in panel[:limit]]
    return {"items": best, "advice": _advice(panel), "panel": len(panel), "free": sum(not each.gates for each in panel)}


async def panel_of(desk: Desk) -> Panel:
    """The panel with the loads and turns of the moment; the lawyers of co-accused are looked at when the command is decided."""
    weights = desk.services.rules().matching.on(desk.today)
    return Panel.of(desk.directory, await handlings.standings(desk.conn, desk.today, weights.window), desk.today, weights)


def _shown(desk: Desk, candidate: Candidate) -> Json:
    lawyer, unit = desk.directory.lawyer(candidate.lawyer), desk.directory.unit(candidate.unit)
    names = {"name": lawyer.name if lawyer else None, "unit_name": unit.name if unit else None}
    return views.plain(candidate) | names


def _advice(panel: Sequence[Seen]) -> str | None:
    """What to do where everybody fails a gate: by the gate that keeps most of them away."""
    if not panel:
        return "no_panel"
    if any(not each.gates for each in panel):
        return None
    barred = [gate for each in panel for gate in each.gates]
    worst = max(dict.fromkeys(barred), key=barred.count)
    return worst if worst in ("full", "on_leave", "declined", "criminal_practice_too_short", "not_familiar_with_minors") else "conflict"


async def unassigned(desk: Desk, cursor: str | None, limit: int, best: int) -> Json:
    """Cases of the caller's scope that wait for a unit or for a lawyer's name, the most urgent first, each with its best candidates."""
    needs(desk, ASSIGNS)
    where = [OPEN, within(desk.scope), case_list.c.state.in_(("awaiting_assignment", "assigned"))]
    with reading_cursor():
        page = await page_of(desk.conn, where, ORDERS["due_at"], cursor, limit)
    whole = await panel_of(desk)
    items: list[tuple[str, Json]] = []
    for row in page.rows:
        case_id = str(row["case_id"])
        case = await cases.current(desk.conn, case_id)
        if case is None:
            continue
        panel = whole.seen_from(case)
        if case.assignment:
            panel = [each for each in panel if each.seat.lawyer.unit == case.assignment.unit]
        picks = [_shown(desk, each.candidate) for each in panel[:best]]
        items.append((case_id, case_row(desk, row) | {"candidates": picks, "advice": _advice(panel)}))
    return {"items": await desk.reveal_each(items, what="assignments"), "next_cursor": page.next_cursor}


async def take_next(desk: Desk) -> Json:
    """The oldest case that fits the caller, claimed for them; `case` is null where none fits, `waiting` tells how many were looked at.

    Kinds the caller is good at come first; a case of another kind is taken where nothing else waits. Two callers at once get two
    different cases.
    """
    rows = await queue.takeable(desk.conn, desk.principal, desk.directory, desk.now)
    person = desk.directory.person(desk.principal.person)
    for row in sorted(rows, key=lambda row: not good_at(person, row["cause"])):
        case = await cases.current(desk.conn, str(row["case_id"]))
        todo = steps(case, row["waiting_for"], desk.principal, desk.directory, desk.today) if case else ()
        if not todo:
            continue
        until = await queue.claim(desk.conn, row, desk.principal.person, desk.now)
        if until is not None:
            shown = (await desk.reveal_each([(str(row["case_id"]), case_row(desk, row))], what="queue"))[0]
            return {"case": shown, "steps": list(todo), "until": views.moment(until), "waiting": len(rows)}
    return {"case": None, "steps": [], "until": None, "waiting": len(rows)}


def good_at(person: Person | None, cause: str | None) -> bool:
    """Whether the person is good at the kind of case; of somebody of whom nothing is said, at every kind."""
    return person is None or not person.competences or cause in person.competences


async def let_go(desk: Desk, case_id: str) -> Json:
    """End the caller's claim. Raises 404 where they hold none."""
    row = await row_of(desk.conn, case_id)
    if row is None or not await queue.let_go(desk.conn, case_id, desk.principal.person):
        raise not_found("claim_not_found")
    return {"case_id": case_id, "claimed": False}


async def loads(desk: Desk, office: str | None) -> Json:
    """People and lawyers with open cases in the caller's scope, whoever has missed most first; `office` narrows it to one."""
    needs(desk, WATCHES)
    on, away = desk.today, away_by(desk.directory)
    people = [] if desk.scope.nothing else await workload.of_people(desk.conn, desk.scope, desk.now)
    lawyers = [] if desk.scope.nothing else await workload.of_lawyers(desk.conn, desk.scope, desk.now)
    items: list[Json] = []
    for load in people:
        person = desk.directory.person(load.code)
        entry = {"kind": "person", "name": person.name if person else None, "office": person.office if person else None}
        items.append(entry | {"on_leave": away(load.code, on), "max_load": None} | _counts(load))
    for load in lawyers:
        lawyer = desk.directory.lawyer(load.code)
        entry = {"kind": "lawyer", "name": lawyer.name if lawyer else None, "office": lawyer.unit if lawyer else None}
        absent = lawyer is not None and lawyer.on_leave(on)
        items.append(entry | {"on_leave": absent, "max_load": lawyer.max_load if lawyer else None} | _counts(load))
    return {"items": [i for i in items if office in (None, i["office"])], "next_cursor": None}


def _counts(load: workload.Load) -> Json:
    counts = {"open": load.open, "by_stage": dict(load.by_stage), "due_this_week": load.due_this_week, "missed": load.missed}
    return {"code": load.code, **counts}
