"""A leaver's whole load, handed on: what it is, who might take each case, and the moving, which goes on where it stopped.

Each case moves by a command of its own under a key made of the batch's, so a repeat moves nothing twice and a crash leaves a batch that
is simply sent again. What has moved is read from the commands' own outcomes; nothing else keeps count.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

from api import views
from api.assignment import needs
from api.commands import Ask, Commands
from api.deeds import do_once
from api.desk import Desk
from api.list_reading import case_row
from api.problem import Problem, not_found
from domain import access
from domain.access import Principal
from domain.command import Actor, Role
from domain.reassignment import Colleague, Held, Move, MoveBegun, ReassignmentBegun, begun, share_out
from domain.rota import away_by, open_shifts
from ledger import registers
from ledger.sql import Row
from readmodels import workload
from readmodels.rota import offices_with_rota, rota_of
from readmodels.search import scope_of_row

type Json = dict[str, Any]

HANDS_ON: tuple[Role, ...] = ("supervisor", "approver", "caseworker", "unit_manager")
AT_ONCE = 25
"""Cases moved by one request: the answer comes while somebody is still looking."""
_AGAIN = frozenset({429, 503})
COMMAND = {"transfer": "transfer_caseworker", "replacement": "request_replacement"}


async def proposal(desk: Desk, leaver: str) -> Json:
    """Everything a person has in hand, and for each case who might take it over. Raises 404 for somebody the directory does not hold."""
    needs(desk, HANDS_ON)
    person, lawyer = desk.directory.person(leaver), desk.directory.lawyer(leaver)
    if person is None and lawyer is None:
        raise not_found("person_not_found")
    panel = lawyer.code if lawyer else person.lawyer if person else None
    owned = await workload.owned(desk.conn, desk.scope, leaver) if person else []
    handled = await workload.handled(desk.conn, desk.scope, panel) if panel else []
    return {
        "leaver": leaver,
        "name": person.name if person else lawyer.name if lawyer else None,
        "transfers": await _transfers(desk, leaver, owned),
        "replacements": await _rows(desk, handled, "request_replacement"),
        "shifts": await _shifts(desk, leaver),
        "inquiries": [_inquiry(row) for row in await workload.inquiries_of(desk.conn, leaver)],
    }


async def _transfers(desk: Desk, leaver: str, rows: list[Row]) -> list[Json]:
    """The cases the leaver owns, each with the colleague who would have it."""
    loads = {load.code: load.open for load in await workload.of_people(desk.conn, desk.scope, desk.now)}
    held = [Held(str(r["case_id"]), r["centre"], r["cause"], frozenset(r["excluded"])) for r in rows]
    proposed = {p.case_id: p for p in share_out(held, _colleagues(desk, leaver), loads)}
    items = await _rows(desk, rows, "transfer_caseworker")
    return [
        item | {"to": proposed[item["case_id"]].to, "why": proposed[item["case_id"]].why, "load": proposed[item["case_id"]].open_cases}
        for item in items
    ]


async def _rows(desk: Desk, rows: list[Row], command: str) -> list[Json]:
    items = [(str(row["case_id"]), case_row(desk, row) | {"case_id": str(row["case_id"])}) for row in rows]
    shown = await desk.reveal_each(items, what="reassignment")
    return [
        item | {"may": access.actor(desk.principal, command, scope_of_row(row), desk.directory) is not None}
        for item, row in zip(shown, rows, strict=True)
    ]


def _colleagues(desk: Desk, leaver: str) -> list[Colleague]:
    """Caseworkers of every centre, but the leaver."""
    on, away = desk.today, away_by(desk.directory)
    return [
        Colleague(p.code, office, frozenset(filter(None, (p.code, p.lawyer, p.unit))), frozenset(p.competences), away=away(p.code, on))
        for p in desk.directory.people_with("caseworker", on)
        if p.code != leaver
        for role, office in p.roles_on(on)
        if role == "caseworker"
    ]


async def _shifts(desk: Desk, leaver: str) -> list[Json]:
    """Shifts still ahead of the leaver at every office with a rota."""
    found: list[Json] = []
    for office in await offices_with_rota(desk.conn):
        rota = await rota_of(desk.conn, office)
        for kind, shift in open_shifts(rota, leaver, desk.today):
            found.append({"office": office, "rota": kind, **shift.model_dump(mode="json")})
    return found


def _inquiry(row: Row) -> Json:
    names = ("kind", "number", "state", "owner", "handing_to", "due_limit")
    return {"inquiry_id": str(row["inquiry_id"]), "due_at": views.moment(row["due_at"]), **{name: row[name] for name in names}}


async def begin(desk: Desk, key: str, body: Mapping[str, Any]) -> str:
    """Record what is to move, once a key; the batch's id. Raises 403 for a case the caller may not move, `Problem` 409 for another body."""
    needs(desk, HANDS_ON)
    moves = [Move.model_validate(dict(each)) for each in body["moves"]]

    async def act(deed_id: str) -> Json:
        return await _begun(desk, deed_id, body.get("leaver"), body["reason"], moves)

    return (await do_once(desk, key, "reassignment", body, act)).outcome["batch"]


async def _begun(desk: Desk, deed_id: str, leaver: str | None, reason: str, moves: Sequence[Move], *, undoes: str | None = None) -> Json:
    owners = {case_id: row["owner"] for case_id, row in (await workload.these(desk.conn, {m.case_id for m in moves})).items()}
    event = begun(uuid4().hex, leaver, reason, moves, desk.today, owners=owners, undoes=undoes)
    held: tuple[Role, str] = next(each for each in desk.principal.roles if each[0] in HANDS_ON)
    who = Actor(desk.principal.person, *held, desk.principal.lawyer, desk.principal.unit)
    await registers.append(desk.conn, [event], actor=who, now=desk.now, command_id=deed_id)
    return {"batch": event.batch}


async def undo(desk: Desk, key: str, batch: str, reason: str) -> str:
    """Begin to give back what a batch of the caller's transferred and still stands where it went, as a batch of its own; its id.

    Nothing is deleted: each case is transferred once more. What was a request for a replacement is another person's to decide.
    Raises `Problem` 404 `batch_not_found`, 409 `nothing_to_undo`.
    """
    needs(desk, HANDS_ON)
    event, _ = await batch_of(desk, batch)

    async def act(deed_id: str) -> Json:
        told = await progress(desk, batch)
        back = [Move(case_id=m["case_id"], kind="transfer", to=m["held_by"]) for m in told["moves"] if m["undoable"]]
        if not back:
            raise Problem(409, "nothing_to_undo")
        return await _begun(desk, deed_id, event.leaver, reason, back, undoes=batch)

    return (await do_once(desk, key, "reassignment_undone", {"batch": batch, "reason": reason}, act)).outcome["batch"]


async def batch_of(desk: Desk, batch: str) -> tuple[ReassignmentBegun, str]:
    """What was begun, and by whom. Raises 404 where there is none of that id that the caller began."""
    history = await registers.history(desk.conn, f"reassignment/{batch}")
    first = history[0] if history else None
    if first is None or not isinstance(first.event, ReassignmentBegun) or first.actor != desk.principal.person:
        raise not_found("batch_not_found")
    return first.event, first.actor


async def progress(desk: Desk, batch: str) -> Json:
    """Each case of the batch: waiting, done or refused with its code."""
    event, _ = await batch_of(desk, batch)
    outcomes = await workload.outcomes(desk.conn, desk.principal.username, [_key(batch, m) for m in event.moves])
    rows = await workload.these(desk.conn, {m.case_id for m in event.moves})
    moves = [_told(desk, m, outcomes.get(_key(batch, m)), rows.get(m.case_id)) for m in event.moves]
    count = {state: sum(m["state"] == state for m in moves) for state in ("waiting", "done", "refused")}
    return {
        "batch": batch, "leaver": event.leaver, "undoes": event.undoes, "reason": event.reason, "moves": moves, **count,
        "undoable": sum(m["undoable"] for m in moves),
    }  # fmt: skip


def _told(desk: Desk, move: MoveBegun, outcome: Any, row: Row | None) -> Json:
    refusal: Any = outcome.get("refusal") if outcome else None
    state = "waiting" if outcome is None else "refused" if refusal else "done"
    return {
        "case_id": move.case_id, "number": (row["case_number"] or row["register_number"]) if row else None, "kind": move.kind,
        "to": move.to, "held_by": move.held_by, "state": state, "code": refusal["code"] if refusal else None,
        "undoable": state == "done" and row is not None and _may_go_back(desk, move, row),
    }  # fmt: skip


def _may_go_back(desk: Desk, move: MoveBegun, row: Row) -> bool:
    """Whether the case stands where the move brought it, has not ended, and whoever had it may have it again."""
    if move.kind != "transfer" or row["owner"] != move.to or row["stage"] == "ended" or move.held_by in (None, move.to):
        return False
    before = desk.directory.person(move.held_by)
    return before is not None and ("caseworker", row["centre"]) in before.roles_on(desk.today)


def _key(batch: str, move: Move) -> str:
    return f"{batch}.{move.case_id}"


def body_of(principal: Principal, move: Move, reason: str) -> Json:
    """The command's body by which the move is carried out."""
    if move.kind == "transfer":
        return {"to": move.to, "reason": reason}
    of_unit = any(role in ("unit_manager", "lawyer") for role, _ in principal.roles)
    return {"by": "unit" if of_unit else "centre", "cause": "absence", "reasons": reason}


class Carrier:
    """Moves the cases of a batch, each by its own command. No transaction is open meanwhile: a command opens its own."""

    def __init__(self, commands: Commands, principal: Principal, session: str, correlation_id: str) -> None:
        self._commands, self._principal, self._session, self._correlation_id = commands, principal, session, correlation_id

    async def move(self, event: ReassignmentBegun, waiting: list[str]) -> list[Json]:
        """Move cases that wait, at most `AT_ONCE`; what could not be tried, with the problem's code. Stops where an engine is away."""
        failed: list[Json] = []
        for move in [m for m in event.moves if m.case_id in waiting][:AT_ONCE]:
            try:
                await self._commands.carry_out(self._ask(event, move))
            except Problem as problem:
                # A refusal of the rules stands in the inbox and is read from there; what never got so far is told here.
                failed.append({"case_id": move.case_id, "code": problem.code})
                if problem.status in _AGAIN:
                    break
        return failed

    def _ask(self, event: ReassignmentBegun, move: Move) -> Ask:
        body = body_of(self._principal, move, event.reason)
        return Ask(self._principal, self._session, COMMAND[move.kind], body, _key(event.batch, move), self._correlation_id, move.case_id)
