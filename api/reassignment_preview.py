"""What a reassignment would do, case by case, before anything is written: the rules are asked, their answer is thrown away."""

from collections.abc import Sequence
from typing import Any, cast

import sqlalchemy as sa

from api.assignment import needs
from api.desk import Desk
from api.list_reading import case_row
from api.problem import Problem, document, not_found, of_refusal
from api.reassignment import COMMAND, HANDS_ON, body_of
from domain import access
from domain.case import CaseState
from domain.command import COMMANDS, Facts, Refusal
from domain.decide import decide
from domain.reassignment import Move
from ledger import streams
from ledger.schema import cases
from ledger.sql import Row, Statement
from readmodels import workload

type Json = dict[str, Any]
_CASES = Statement(
    sa.select(cases.c.case_id, cases.c.version, cases.c.kind, cases.c.schema, cases.c.snapshot).where(
        cases.c.case_id == sa.any_(sa.bindparam("ids", type_=sa.ARRAY(cases.c.case_id.type)))
    )
)


async def preview(desk: Desk, moves: Sequence[Move], reason: str) -> Json:
    """Each case with who has it, who would, and why not where it is refused. Raises 403 for who hands nothing on.

    Of a case that the caller may not see only its id is told, with `case_not_found`.
    """
    needs(desk, HANDS_ON)
    ids = {move.case_id for move in moves}
    rows = await workload.these(desk.conn, ids)
    streams_of = {str(row["case_id"]): row for row in await (await _CASES.run(desk.conn, ids=sorted(ids & rows.keys()))).fetchall()}
    faults = [await _fault(desk, move, streams_of.get(move.case_id), reason) for move in moves]
    known = [
        (case_id, case_row(desk, rows[case_id]) | {"case_id": case_id})
        for case_id in dict.fromkeys(m.case_id for m in moves)
        if case_id in rows
    ]
    shown = dict(zip((case_id for case_id, _ in known), await desk.reveal_each(known, what="reassignment"), strict=True))
    items = [_item(desk, move, fault, shown.get(move.case_id)) for move, fault in zip(moves, faults, strict=True)]
    return {"items": items, "will": faults.count(None), "refused": len(faults) - faults.count(None)}


def _item(desk: Desk, move: Move, fault: Problem | None, row: Json | None) -> Json:
    said = document(fault, desk.lang) if fault else None
    return {
        "case_id": move.case_id, "kind": move.kind, "to": move.to,
        "held_by": (row or {}).get("lawyer" if move.kind == "replacement" else "owner"),
        "code": said["code"] if said else None, "detail": said["detail"] if said else None, "case": row,
    }  # fmt: skip


async def _fault(desk: Desk, move: Move, row: Row | None, reason: str) -> Problem | None:
    """Why the move would be refused; None where it would be carried out."""
    if row is None:
        return not_found("case_not_found")
    case = cast("CaseState", await streams.load(desk.conn, move.case_id, row))
    if move.kind == "transfer" and move.to == case.owner:
        return of_refusal(Refusal("already_owner"))
    kind = COMMANDS[COMMAND[move.kind]]
    actor = access.actor(desk.principal, kind.name, desk.scope_of(case), desk.directory)
    if actor is None:
        return Problem(403, "role_not_allowed", command=kind.name)
    facts = Facts(
        now=desk.now, effective_on=desk.today, actor=actor, directory=desk.directory.on(desk.today),
        rules=desk.services.rules().under(desk.directory, desk.today, case.centre), command_id="preview",
    )  # fmt: skip
    try:
        decide(case, kind.model_validate(body_of(desk.principal, move, reason)), facts)
    except Refusal as refusal:
        return of_refusal(refusal)
    return None
