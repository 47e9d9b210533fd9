"""What must hold of a case, and of the whole ledger, whatever died when. Each broken law has a word of its own."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from temporalio.client import WorkflowExecutionStatus
from temporalio.service import RPCError

from domain.case import CaseState, blank
from domain.clocks import plan
from domain.stream import fold
from ledger import chain, crowds, events
from tests.faults.harness import Broken, System
from tests.poll import until
from workflows import contract
from workflows.contract import workflow_id

_SLACK = timedelta(seconds=20)
"""A timer's length is counted from the moment its task began; its event is stamped when the task, an outage later, has ended."""
_SOON = 6.0
"""Seconds in which a system has settled everything by itself, a dead worker's task timed out and done again (3 s) among it; what is not
settled by then is the reconciler's."""


async def whole(system: System, case_id: str, expected: list[str]) -> None:
    """The case is whole: nothing lost, doubled, half done or forgotten; every clock it owes is armed.

    `expected` are the types of its events had nothing died. Raises `Broken`.
    """
    if not await _in_time(lambda: at_rest(system, case_id), _SOON):
        await system.run_duty("reconcile", 0.0)  # what the schedule does within a minute
    await settled(system, case_id)
    await history(system, case_id, expected)
    await commands(system, case_id)
    await armed(system, case_id)
    await delivered(system, case_id)
    await ledger(system)


async def at_rest(system: System, case_id: str) -> bool:
    return not await _open_commands(system, case_id) and await _acknowledged(system, case_id) and await _is_armed(system, case_id)


async def rest(system: System, case_id: str) -> None:
    """Until the case's commands are decided and its workflow has heard of it."""
    if not await _in_time(lambda: at_rest(system, case_id), system.patience):
        raise Broken("unarmed: a case in peace does not come to rest")


async def settled(system: System, case_id: str) -> None:
    """Every command received has its outcome."""
    if not await _in_time(lambda: _none_open(system, case_id), system.patience):
        raise Broken(f"lost: {await _open_commands(system, case_id)} never got an outcome")


async def history(system: System, case_id: str, expected: list[str]) -> None:
    """Versions are dense, hashes chained, the snapshot is the fold, and the events are those of a case in peace."""
    async with await system.connect() as conn:
        rows = await events.rows_of(conn, events.stream_of(case_id))
        kept = await (await conn.execute("SELECT version, snapshot FROM cases WHERE case_id = %s", (case_id,))).fetchone()
    if [row["version"] for row in rows] != list(range(1, len(rows) + 1)):
        raise Broken("half done: versions with holes")
    previous = chain.GENESIS
    for row in rows:
        if row["digest"] != chain.digest(row["body"]) or row["chain_hash"] != chain.chain_hash(row, previous):
            raise Broken(f"unchained: version {row['version']}")
        previous = row["chain_hash"]
    case = fold((r.happened for r in events.recorded_all(rows)), blank(case_id))
    if kept is None or kept["version"] != len(rows) or CaseState.model_validate(kept["snapshot"]) != case:
        raise Broken("half done: the case's row is not the fold of its events")
    found = [row["type"] for row in rows]
    if found != expected:
        more, less = Counter(found) - Counter(expected), Counter(expected) - Counter(found)
        raise Broken(f"doubled: {dict(more)}" if more and not less else f"lost: {dict(less)}, and {dict(more)} that nobody asked for")


async def commands(system: System, case_id: str) -> None:
    """Every event belongs to the outcome of exactly one command, which may be another case's or one of a bundle's."""
    rows = await system.rows("SELECT command_id, position FROM events WHERE stream = %s ORDER BY position", workflow_id(case_id))
    of_case = "SELECT case_id, command_id, outcome FROM inbox WHERE case_id = %s OR outcome -> 'others' @> %s::jsonb"
    outcomes = await system.rows(of_case, case_id, json.dumps([{"case_id": case_id}]))
    told: list[tuple[int, list[str]]] = []
    for row in outcomes:
        parts = [row["outcome"], *row["outcome"].get("others", ())]
        its = next(part for part in parts if part.get("case_id", str(row["case_id"])) == case_id)
        told += [(position, row["outcome"].get("commands", [row["command_id"]])) for position in its.get("positions", ())]
    found = [(row["position"], row["command_id"]) for row in rows]
    if [position for position, _ in sorted(told)] != [position for position, _ in found]:
        raise Broken("doubled: events that are in no outcome")
    if any(command_id not in ids for (_, command_id), (_, ids) in zip(found, sorted(told), strict=True)):
        raise Broken("doubled: events of a command whose outcome does not name them")


async def armed(system: System, case_id: str) -> None:
    """The workflow of the case runs and waits for the very rung that the ledger owes next."""
    if not await _in_time(lambda: _is_armed(system, case_id), system.patience):
        raise Broken(f"unarmed: the ledger owes {await next_due(system, case_id)}, Temporal waits for {await _waits_for(system, case_id)}")


async def delivered(system: System, case_id: str) -> None:
    """Each reminder became one message a person."""
    await system.run_duty("deliver")
    left = await system.rows("SELECT id FROM outbox WHERE case_id = %s AND delivered_at IS NULL", case_id)
    if left:
        raise Broken(f"lost: {len(left)} messages not delivered")
    sent = await system.rows("SELECT id, person, kind, data FROM messages WHERE case_id = %s", case_id)
    twice = [key for key, times in Counter((row["person"], row["kind"], row["data"]["clock"]) for row in sent).items() if times > 1]
    if twice:
        raise Broken(f"doubled: messages {twice}")
    owed = await system.rows("SELECT id FROM outbox WHERE case_id = %s", case_id)
    reached = {row["id"].rpartition("/")[0] for row in sent}
    if {row["id"] for row in owed} != reached:
        raise Broken("lost: a reminder that reached nobody")


async def ledger(system: System) -> None:
    """Positions of each ledger and the numbers of each series are dense."""
    grouped = "SELECT ledger, count(*) AS n, min(position) AS first, max(position) AS last FROM events GROUP BY ledger"
    for places in await system.rows(grouped):
        if places["n"] != places["last"] or places["first"] != 1:
            raise Broken(f"half done: positions with holes {places}")
    if (missing := await gaps(system)) != system.gaps:
        raise Broken(f"gap: numbers drawn and not given {missing}")


async def gaps(system: System) -> dict[str, int]:
    """How many numbers of each kind were drawn and stand on no case; kinds without gaps are absent."""
    found: dict[str, int] = {}
    for kind, column in (("register", "register_number"), ("case:%", "case_number")):
        drawn = await system.rows("SELECT coalesce(sum(last), 0)::int AS n FROM number_series WHERE kind LIKE %s", kind)
        given = await system.rows(f"SELECT count(DISTINCT {column})::int AS n FROM case_list WHERE {column} IS NOT NULL")  # noqa: S608
        if drawn[0]["n"] != given[0]["n"]:
            found[kind] = drawn[0]["n"] - given[0]["n"]
    return found


async def next_due(system: System, case_id: str) -> datetime | None:
    """The moment of the next rung, from the fold of the case's events; None where nothing is owed."""
    async with await system.connect() as conn:
        recorded = await events.load_history(conn, case_id)
    owed = plan(fold((r.happened for r in recorded), blank(case_id)))
    return owed[0].at if owed else None


async def _waits_for(system: System, case_id: str) -> list[datetime] | str:
    """The moments at which the timers of the case's workflow end (a few seconds more or less), or why it has none.

    What operators are shown must say the same, once the timers stand.
    """
    handle = system.house.client.get_workflow_handle(workflow_id(case_id))
    try:
        described = await handle.describe()
        history = await handle.fetch_history()
    except RPCError as fault:
        return fault.status.name
    if described.status is not WorkflowExecutionStatus.RUNNING:
        return f"workflow {described.status}"
    timers: dict[str, datetime] = {}
    for event in history.events:
        if event.HasField("timer_started_event_attributes"):
            started = event.timer_started_event_attributes
            timers[started.timer_id] = event.event_time.ToDatetime(UTC) + started.start_to_fire_timeout.ToTimedelta()
        elif event.HasField("timer_fired_event_attributes"):
            timers.pop(event.timer_fired_event_attributes.timer_id)
        elif event.HasField("timer_canceled_event_attributes"):
            timers.pop(event.timer_canceled_event_attributes.timer_id)
    shown = described.typed_search_attributes.get(contract.NEXT_DUE)
    spare = await _spare(system, shown)
    if [shown is not None and -_SLACK < moment - shown < _SLACK + spare for moment in timers.values()] != ([True] if shown else []):
        return f"operators are shown {shown}, timers end {sorted(timers.values())}"
    return [shown] if shown else []


async def _spare(system: System, moment: datetime | None) -> timedelta:
    """How much later than a moment a timer may stand: something only where a crowd waits for it."""
    rows = await system.rows("SELECT count(*) AS n FROM cases WHERE next_rung_at = %s", moment)
    return crowds.LATEST if rows[0]["n"] > crowds.CROWD else timedelta(0)


async def _is_armed(system: System, case_id: str) -> bool:
    due = await next_due(system, case_id)
    return await _waits_for(system, case_id) == ([due] if due else [])


async def _open_commands(system: System, case_id: str) -> list[str]:
    rows = await system.rows("SELECT command FROM inbox WHERE case_id = %s AND outcome IS NULL", case_id)
    return [row["command"] for row in rows]


async def _acknowledged(system: System, case_id: str) -> bool:
    """Temporal has nothing under way for the case: an Update not acknowledged may be carried out once more."""
    rows = await system.rows("SELECT armed_version >= version AS done FROM cases WHERE case_id = %s", case_id)
    return all(row["done"] for row in rows)


async def _none_open(system: System, case_id: str) -> bool:
    return not await _open_commands(system, case_id)


async def _in_time(condition: Callable[[], Awaitable[bool]], seconds: float) -> bool:
    try:
        return await until(condition, seconds=seconds)
    except TimeoutError:
        return False
