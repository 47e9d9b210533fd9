"""Deeds on the real database: done once however often they are sent, whole or not at all."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest

from api.deeds import Done, do_once
from api.desk import Desk
from api.problem import Problem
from api.services import Services
from domain.command import Actor
from domain.directory import DirectoryFault, Lawyer, LawyerRegistered, TariffSet, Unit, UnitRegistered
from ledger import registers, rules
from ledger.directory import DirectoryCache
from ledger.store import WORKER
from tests.house import House

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
CLERK = Actor("P-CLERK", "system_administrator", "CITY")

type Act = Callable[[Desk, str], Awaitable[dict[str, Any]]]


async def ready() -> dict[str, bool]:
    return {}


async def done(house: House, key: str, body: dict[str, Any], act: Act) -> Done:
    """The deed in a transaction of its own, as a request does it."""
    services = Services(house.database, DirectoryCache(), rules.current, house.keys, house.commands, lambda: NOW, ready)
    async with house.database.transaction(WORKER, pipeline=True) as conn:
        desk = Desk(services, conn, house.who("approver"), house.directory, NOW, "en")
        return await do_once(desk, key, "tariff_set", body, lambda deed_id: act(desk, deed_id))


def setting(code: str) -> Act:
    async def act(desk: Desk, deed_id: str) -> dict[str, Any]:
        change = TariffSet(since=date(2026, 1, 1), code=code, amount_fen=100)
        rows = await registers.append(desk.conn, [change], actor=CLERK, now=desk.now, command_id=deed_id)
        return {"positions": [row["position"] for row in rows]}

    return act


async def recorded(house: House, code: str) -> list[TariffSet]:
    async with house.database.transaction(WORKER) as conn:
        history = await registers.history(conn, "directory/tariffs")
    return [r.event for r in history if isinstance(r.event, TariffSet) and r.event.code == code]


async def test_of_two_requests_at_once_with_one_key_one_does_it_and_both_are_told_the_same(house: House) -> None:
    code, key = f"T{uuid4().hex[:8]}", f"deed-{uuid4()}"
    one, other = await asyncio.gather(*(done(house, key, {"code": code}, setting(code)) for _ in range(2)))

    assert one.outcome == other.outcome
    assert {one.replayed, other.replayed} == {True, False}
    assert len(await recorded(house, code)) == 1


async def test_a_key_used_for_something_else_is_a_conflict(house: House) -> None:
    code, key = f"T{uuid4().hex[:8]}", f"deed-{uuid4()}"
    await done(house, key, {"code": code}, setting(code))

    with pytest.raises(Problem) as told:
        await done(house, key, {"code": code, "amount_fen": 1}, setting(code))
    assert (told.value.status, told.value.code) == (409, "idempotency_conflict")


async def test_a_deed_that_is_refused_leaves_nothing_and_may_be_sent_again_with_its_key(house: House) -> None:
    code, key = f"T{uuid4().hex[:8]}", f"deed-{uuid4()}"

    async def refused(desk: Desk, deed_id: str) -> dict[str, Any]:
        await setting(code)(desk, deed_id)
        raise DirectoryFault(code)

    with pytest.raises(DirectoryFault):
        await done(house, key, {"code": code}, refused)
    assert not await recorded(house, code)
    assert not (await done(house, key, {"code": code}, setting(code))).replayed


async def test_changes_of_several_streams_keep_their_order(house: House) -> None:
    """What one change names an earlier one of another stream may have brought: the directory is folded by position."""
    unit, lawyer = f"U{uuid4().hex[:8]}", f"L{uuid4().hex[:8]}"
    since = date(2026, 1, 1)
    firm = Unit(code=unit, name="定城某律师事务所", kind="firm", office=house.centre)
    handler = Lawyer(code=lawyer, name="某某", unit=unit, gender="female", practising_since=since)
    changes = [
        UnitRegistered(since=since, unit=firm),
        LawyerRegistered(since=since, lawyer=handler),
        UnitRegistered(since=since, unit=firm.model_copy(update={"name": "定城另一律师事务所"})),
    ]
    async with house.database.transaction(WORKER) as conn:
        rows = await registers.append(conn, changes, actor=CLERK, now=NOW, command_id=f"deed-{uuid4()}")

    assert [row["type"] for row in rows] == ["unit_registered", "lawyer_registered", "unit_registered"]
    assert [row["position"] for row in rows] == list(range(rows[0]["position"], rows[0]["position"] + 3))
    assert rows[2]["version"] == rows[0]["version"] + 1
