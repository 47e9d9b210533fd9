"""The code of a case's public page, told to whoever stands before its applicant, and made anew where somebody else has come to know it."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from api.case_reading import visible
from api.deeds import Done, do_once
from api.desk import Desk
from api.problem import Problem
from api.services import Services
from api.status_shapes import Renewing
from domain import access
from domain.case import CaseState
from domain.command import Actor
from domain.status_codes import StatusCodeRenewed
from ledger import registers, status_codes
from ledger.sql import Connection

type Json = dict[str, Any]


def page_of(services: Services) -> str:
    """Address of the public page, as it is printed."""
    return f"{services.public_url}/status"


async def code_of(services: Services, conn: Connection, case_id: str) -> str:
    """The case's code as it is now."""
    return status_codes.code_of(services.keys.status, case_id, await status_codes.generation_of(conn, case_id))


async def _given(desk: Desk, case_id: str) -> tuple[CaseState, Actor]:
    """The case and the role in which the caller may tell its code. Raises `Problem` 403, 404."""
    case = await visible(desk, case_id)
    actor = access.giver_of_codes(desk.principal, access.scope_of(case), desk.directory)
    if actor is None:
        raise Problem(403, "forbidden")
    return case, actor


async def read(desk: Desk, case_id: str) -> Json:
    """The code to be told to the applicant. Raises `Problem` 403, 404."""
    case, _ = await _given(desk, case_id)
    return await _told(desk, case)


async def _told(desk: Desk, case: CaseState) -> Json:
    generation = await status_codes.generation_of(desk.conn, case.case_id)
    return {
        "case_id": case.case_id,
        "number": case.case_number or case.register_number,
        "code": status_codes.code_of(desk.services.keys.status, case.case_id, generation),
        "generation": generation,
        "page": page_of(desk.services),
    }


async def renew(desk: Desk, key: str, case_id: str, asked: Renewing) -> Done:
    """Make the case's code anew: every slip given so far is worthless. Raises `Problem` 403, 404.

    What is kept of the deed does not hold the code; the outcome does, as it is now.
    """
    case, actor = await _given(desk, case_id)

    async def act(deed: str) -> Json:
        event = StatusCodeRenewed(since=desk.today, case=UUID(case.case_id), reason=asked.reason)
        await registers.append(desk.conn, [event], actor=actor, now=desk.now, command_id=deed)
        return {"case_id": case.case_id}

    done = await do_once(desk, key, "renew_status_code", {"case": case_id, **asked.model_dump(mode="json")}, act)
    return replace(done, outcome=await _told(desk, case))
