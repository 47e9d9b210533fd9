"""Read models that follow the ledger: how far they come, what halts one, and that the others go on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import psycopg
import pytest

from api.envelope import REGISTRY
from domain.case import blank
from domain.stream import fold
from ledger.store import WORKER
from ops.doctor import followers
from ops.engines import Engines
from readmodels import following
from readmodels.course import Course
from readmodels.models import MODELS, ReadModel
from readmodels.rebuild import check, compare, rebuild
from tests.ledgers import Ledger, database_of_its_own, opened
from tests.poll import until
from tests.walks import appends, case_id, dice, put, walk, write
from workers.app import stay_following
from workers.measuring import measure

STAYS = MODELS["stage_days"]


@pytest.fixture(scope="module")
async def walked(engines: Engines) -> AsyncIterator[str]:
    """A database to be copied: a ledger of a few random walks, and no model has followed it yet."""
    with database_of_its_own(engines) as at:
        async with opened(at) as ledger:
            chance = dice(5)
            for n in range(8):
                await write(ledger.database, f"case/{case_id(n)}", walk(chance).history)
            async with ledger.database.transaction(WORKER) as conn:
                await following.enter(conn)
        yield at.name


@pytest.fixture
async def own(engines: Engines, walked: str) -> AsyncIterator[Ledger]:
    with database_of_its_own(engines, like=walked) as at:
        async with opened(at) as ledger:
            yield ledger


async def standing(own: Ledger) -> following.Standing:
    async with own.database.transaction(WORKER) as conn:
        return next(each for each in await following.standing(conn) if each.name == STAYS.name)


async def stays(own: Ledger, case: str) -> list[tuple[Any, ...]]:
    async with own.owner.transaction(WORKER) as conn:
        rows = await (
            await conn.execute("SELECT n, state, version, left_on IS NULL AS open FROM stage_days WHERE case_id = %s ORDER BY n", (case,))
        ).fetchall()
    return [tuple(row.values()) for row in rows]


def broken_at(case: str) -> ReadModel:
    """The model with a fault in it: it cannot tell of one case."""

    def rows(course: Course) -> list[dict[str, Any]]:
        if course[0].after.case_id == case:
            raise LookupError(case)
        return STAYS.rows(course)

    return STAYS._replace(rows=rows)


async def first_position(own: Ledger, case: str) -> int:
    async with own.owner.transaction(WORKER) as conn:
        row = await (await conn.execute("SELECT min(position) AS first FROM events WHERE stream = %s", (f"case/{case}",))).fetchone()
    assert row is not None
    return row["first"]


async def test_a_model_comes_to_the_end_and_tells_every_stay_in_its_order(own: Ledger) -> None:
    before = await standing(own)
    assert before.gap > 0
    assert before.lag > 0
    assert await following.follow_all(own.database) == before.gap * len(following.FOLLOWING)
    assert await following.follow_all(own.database) == 0
    after = await standing(own)
    assert (after.gap, after.lag, after.halted_at) == (0, 0.0, None)
    history = walk(dice(5)).history
    states = [fold(history[: n + 1], blank(case_id(0))).state for n in range(len(history))]
    turns = [n for n, state in enumerate(states) if n == 0 or states[n - 1] != state]
    assert await stays(own, case_id(0)) == [(n, states[at], at + 1, n == len(turns)) for n, at in enumerate(turns, start=1)]


@pytest.mark.parametrize("page", [1, 3, 500])
async def test_it_does_not_matter_in_which_pages_it_came(own: Ledger, page: int) -> None:
    await following.follow(own.database, STAYS, page=page)
    report = await check(own.at.worker, ["stage_days"])
    assert report.same
    assert report.tallies[0].rows > 8


async def test_one_that_lags_differs_from_nothing_it_should_hold_yet(own: Ledger) -> None:
    """Held against the ledger up to where it is; a rebuild brings it to the end and notes so."""
    await following.follow_all(own.database)
    await write(own.database, f"case/{case_id(50)}", walk(dice(9)).history)
    assert [each async for each in compare(own.at.worker)] == []
    assert (await standing(own)).gap > 0
    await rebuild(own.at.owner, ["stage_days"])
    after = await standing(own)
    assert after.gap == 0
    assert await stays(own, case_id(50))
    assert [each async for each in compare(own.at.worker)] == []


async def test_a_model_made_anew_from_nothing_stands_at_the_end(own: Ledger) -> None:
    async with own.owner.transaction(WORKER) as conn:
        await conn.execute("DELETE FROM followers")  # as before its first worker
    report = await rebuild(own.at.owner, ["stage_days"])
    assert (report.written, report.same) == (True, True)
    assert (await standing(own)).gap == 0
    assert await following.follow_all(own.database) == 0


async def test_a_forged_stay_is_found_and_put_right(own: Ledger) -> None:
    await following.follow_all(own.database)
    async with own.owner.transaction(WORKER) as conn:
        await conn.execute("UPDATE stage_days SET actor = 'P-FORGED' WHERE case_id = %s AND n = 1", (case_id(2),))
    (difference,) = [each async for each in compare(own.at.worker)]
    assert (difference.model, difference.key, difference.column, difference.live) == ("stage_days", (case_id(2), "1"), "actor", "P-FORGED")
    await rebuild(own.at.owner, ["stage_days"])
    assert [each async for each in compare(own.at.worker)] == []


async def test_an_event_that_cannot_be_applied_halts_that_model_and_no_other(own: Ledger) -> None:
    broken, at = broken_at(case_id(4)), await first_position(own, case_id(4))
    await following.follow(own.database, broken)
    halted = await standing(own)
    assert (halted.position, halted.halted_position, halted.error) == (at - 1, at, "LookupError")
    assert halted.halted_at is not None
    assert await stays(own, case_id(3))
    assert await stays(own, case_id(4)) == []
    assert followers(own.at.worker).ok is False
    assert f"stage_days stands still before position {at}" in followers(own.at.worker).found
    await measure(own.database)
    assert REGISTRY.get_sample_value("yuanshou_follower_halted", {"model": "stage_days"}) == 1
    assert REGISTRY.get_sample_value("yuanshou_follower_gap_events", {"model": "stage_days"}) == halted.gap
    lag = REGISTRY.get_sample_value("yuanshou_follower_lag_seconds", {"model": "stage_days"})
    assert lag is not None
    assert lag > 0
    # The inline models of a case are written all the same.
    await write(own.database, f"case/{case_id(60)}", walk(dice(2)).history)
    assert (await check(own.at.worker, [name for name in MODELS if name != "stage_days"])).same


async def test_a_halted_model_stands_still_until_it_is_tried_again(own: Ledger) -> None:
    broken = broken_at(case_id(4))
    await following.follow(own.database, broken)
    halted = await standing(own)
    assert await following.follow(own.database, STAYS) == 0
    assert await following.follow(own.database, broken, again=True) == 0
    still = await standing(own)
    assert (still.halted_at, still.halted_position) == (halted.halted_at, halted.halted_position)
    assert await following.follow(own.database, STAYS, again=True) == halted.gap
    after = await standing(own)
    assert (after.gap, after.halted_at, after.halted_position, after.error) == (0, None, None, None)
    assert followers(own.at.worker).ok is True
    assert (await check(own.at.worker, ["stage_days"])).same


async def test_a_rebuild_sets_a_halted_model_going(own: Ledger) -> None:
    await following.follow(own.database, broken_at(case_id(4)))
    await rebuild(own.at.owner, ["stage_days"])
    assert ((await standing(own)).gap, (await standing(own)).halted_at) == (0, None)


async def test_two_that_follow_at_once_apply_each_event_once(own: Ledger) -> None:
    gap = (await standing(own)).gap
    applied = await asyncio.gather(*(following.follow(own.database, STAYS, page=2) for _ in range(3)))
    applied.append(await following.follow(own.database, STAYS))
    assert sum(applied) == gap
    assert (await check(own.at.worker, ["stage_days"])).same


async def test_a_database_that_is_away_is_no_events_fault(own: Ledger) -> None:
    def away(course: Course) -> list[dict[str, Any]]:
        raise psycopg.OperationalError("the line is down")

    with pytest.raises(psycopg.OperationalError, match="the line is down"):
        await following.follow(own.database, STAYS._replace(rows=away))
    assert (await standing(own)).halted_at is None


async def test_the_duty_follows_soon_after_an_append(own: Ledger) -> None:
    duty = asyncio.create_task(stay_following(own.database))
    try:
        await until(lambda: _at_the_end(own))
        for change in appends(f"case/{case_id(70)}", walk(dice(8)).history):
            async with own.database.transaction(WORKER) as conn:
                await put(conn, change)
                await conn.execute("SELECT pg_notify('yuanshou_case', %s)", (case_id(70),))
        await until(lambda: _told_of(own, case_id(70)))
    finally:
        duty.cancel()
        with suppress(asyncio.CancelledError):
            await duty
    assert (await check(own.at.worker, ["stage_days"])).same


async def _at_the_end(own: Ledger) -> bool:
    return (await standing(own)).gap == 0


async def _told_of(own: Ledger, case: str) -> bool:
    return bool(await stays(own, case)) and await _at_the_end(own)
