"""Ten thousand limits that end in the same second, beside as many bare timers; and as many cases planned anew, beside bare signals.

`python -m bench.storm [COUNT]`. The dev server that `make run` starts serves both sides. While the storm lasts, somebody goes on working:
notes at a human pace on other cases, before it and in it.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import psycopg
import uvloop
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.common import WorkflowIDConflictPolicy

from bench import crowd, stand
from bench.crowd_case import SignalWorkflow, TimerWorkflow
from bench.figures import Judged, Report, ms, percentile
from bench.floor import READY, TABLE
from bench.stand import CENTRE, Children, Office, say
from bench.storm_worker import LIMIT
from domain.command import Actor
from domain.directory import CalendarDaySet
from ledger.directory import extend
from ledger.keys import KeyRing
from ledger.settings import Settings
from ledger.store import Database
from ops.engines import Engines
from workers.temporal import connect
from workflows import contract

COUNT = 10_000
PATIENCE = 1_800.0
PACE = 0.25
"""Seconds between two notes at a human pace."""
QUIET = 60
"""Notes before the storm."""
AT_ONCE = 16
BUDGETS = {"storm": 1.5, "commands": 3.0, "replan": 3.0}
_ZONE = ZoneInfo("Asia/Shanghai")
_TOO_SLOW = "the cases were not all there when the moment came: give fewer, or a quieter machine"


async def _many(count: int, one: Callable[[int], Awaitable[object]]) -> None:
    gate = asyncio.Semaphore(AT_ONCE)

    async def gated(number: int) -> None:
        async with gate:
            await one(number)

    await asyncio.gather(*(gated(number) for number in range(count)))


async def _cases(office: Office, count: int) -> float:
    """Take in so many applications; how many seconds that took."""
    say(f"{count:,} applications")
    began = time.perf_counter()

    async def one(_: int) -> None:
        await office.submit()

    await _many(count, one)
    return time.perf_counter() - began


async def _ask(dsn: str, question: str, *said: object) -> tuple[object, ...]:
    async with await psycopg.AsyncConnection.connect(dsn) as conn:
        row = await (await conn.execute(question, said)).fetchone()  # pyright: ignore[reportArgumentType] -- questions of this file
        assert row is not None
        return row


async def _until(what: Callable[[], Awaitable[bool]]) -> None:
    until = time.monotonic() + PATIENCE
    while not await what():
        if time.monotonic() > until:
            raise stand.BenchError("it did not come to its end")
        await asyncio.sleep(0.5)


async def _notes(office: Office, cases: Sequence[str], go_on: Callable[[int], bool]) -> list[float]:
    """Seconds of each note, one each `PACE`, as long as `go_on`; a slow one does not hold the next back."""
    began, sent = time.perf_counter(), list[asyncio.Task[float]]()

    async def timed(case: str) -> float:
        started = time.perf_counter()
        await office.note(case)
        return time.perf_counter() - started

    number = 0
    while go_on(number):
        sent.append(asyncio.create_task(timed(cases[number % len(cases)])))
        number += 1
        await asyncio.sleep(max(0.0, began + number * PACE - time.perf_counter()))
    return await asyncio.gather(*sent)


class Stage:
    """The house with its people, for both parts."""

    def __init__(  # noqa: PLR0917 -- what both parts stand on
        self, engines: Engines, children: Children, database: Database, office: Office, client: Client, bare: Client
    ) -> None:
        """`client` speaks as the product does, `bare` without its encryption."""
        self.engines, self.children, self.database, self.office = engines, children, database, office
        self.client, self.bare = client, bare

    async def worker(self, name: str, module: str, word: str, **env: str) -> object:
        child = self.children.start(name, (sys.executable, "-m", module), **env)
        await stand.said(child, self.children.log(name), word)
        return child


async def _storm(stage: Stage, count: int, applications: float) -> tuple[float, list[float], list[float]]:
    """Seconds from the moment to the last message, and the notes before and within. `applications`: the seconds so many took before."""
    quiet_cases = [await stage.office.submit() for _ in range(20)]
    quiet = await _notes(stage.office, quiet_cases, lambda number: number < QUIET)
    at = datetime.now(_ZONE).replace(microsecond=0) + timedelta(seconds=60 + 1.5 * applications)
    before = [child for child in stage.children.started if child.args[-1] == "cases"]  # pyright: ignore[reportIndexIssue,reportArgumentType]
    for child in before:
        child.terminate()
        child.wait(30)
    await stage.worker("storm-worker", "bench.storm_worker", "worker ready", BENCH_AT=at.isoformat())
    await _cases(stage.office, count)
    left = (at - datetime.now(_ZONE)).total_seconds()
    if left < 2:
        raise stand.BenchError(_TOO_SLOW)
    say(f"{left:.0f} s to the moment")
    await asyncio.sleep(left)
    dsn = stage.engines.owner_dsn
    over = False

    async def all_told() -> bool:
        rang, told = await _ask(
            dsn,
            "SELECT (SELECT count(*) FROM events WHERE type = 'deadline_missed'),"
            " (SELECT count(DISTINCT m.case_id) FROM messages m WHERE m.kind = 'deadline_missed')",
        )
        return rang == told == count

    async def watch() -> None:
        nonlocal over
        await _until(all_told)
        over = True

    watching = asyncio.create_task(watch())
    busy = await _notes(stage.office, quiet_cases, lambda _: not over)
    await watching
    twice, last = await _ask(
        dsn,
        "SELECT (SELECT count(*) - count(DISTINCT (data->>'clock', case_id, person)) FROM messages WHERE kind = 'deadline_missed')"
        " + (SELECT count(*) - count(DISTINCT stream) FROM events WHERE type = 'deadline_missed'),"
        " (SELECT max(created_at) FROM messages WHERE kind = 'deadline_missed')",
    )
    if twice:
        raise stand.BenchError(f"{twice} messages came twice")
    assert isinstance(last, datetime)
    return (last - at).total_seconds(), quiet, busy


async def _timers(stage: Stage, count: int) -> float:
    """Seconds from the moment to the last row of as many bare timers."""
    say(f"{count:,} bare timers")
    await stage.worker("crowd", "bench.crowd", READY)
    at = time.time() + 20 + count / 60

    async def one(number: int) -> None:
        await stage.bare.start_workflow(
            TimerWorkflow.run, at, id=f"bench-timer/{number}", task_queue=crowd.QUEUE, task_timeout=contract.TASK_TIMEOUT
        )

    await _many(count, one)
    if time.time() > at - 1:
        raise stand.BenchError(_TOO_SLOW)

    async def all_there() -> bool:
        return (await _ask(stage.engines.owner_dsn, "SELECT count(*) FROM bench_floor"))[0] == count

    await _until(all_there)
    (last,) = await _ask(stage.engines.owner_dsn, "SELECT max(at) FROM bench_floor")
    assert isinstance(last, datetime)
    return last.timestamp() - at


async def _replan(stage: Stage, count: int) -> tuple[float, int, float]:
    """Seconds from a change of calendar to the last case's new plan; how many events a case that it does not touch got; and the seconds
    that the applications took.
    """
    applications = await _cases(stage.office, count)
    dsn = stage.engines.owner_dsn
    (due,) = await _ask(dsn, "SELECT max(due_on) FROM clock_list WHERE limit_id = %s", LIMIT)
    assert isinstance(due, date)
    clerk, today = Actor("system", "system_administrator", "system"), datetime.now(_ZONE).date()

    async def change(day: date) -> float:
        rule = CalendarDaySet(since=today, day=day, kept="off", name="停电检修", office=CENTRE, source="通知")
        await extend(stage.database, [rule], actor=clerk, now=datetime.now(UTC), command_id=f"bench-{secrets.token_hex(8)}")
        began = time.perf_counter()

        async def done() -> bool:
            await stage.client.start_workflow(
                "replan", id="bench-replan", task_queue=contract.DUTY_QUEUE, id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING
            )
            (open_ones,) = await _ask(dsn, "SELECT count(*) FROM replans WHERE finished_at IS NULL AND change = 'calendar_day_set'")
            return open_ones == 0

        await _until(done)
        return time.perf_counter() - began

    took = await change(due)
    (moved,) = await _ask(dsn, "SELECT count(*) FROM events WHERE type = 'clock_replanned'")
    if not isinstance(moved, int) or moved < count:
        raise stand.BenchError(f"{moved} of {count} cases were planned anew")
    (before,) = await _ask(dsn, "SELECT max(position) FROM events WHERE stream LIKE 'case/%%'")
    await change(due + timedelta(days=60))
    (after,) = await _ask(dsn, "SELECT count(*) FROM events WHERE stream LIKE 'case/%%' AND position > %s", before)
    assert isinstance(after, int)
    return took, after, applications


async def _signals(stage: Stage, count: int) -> float:
    """Seconds from the first of as many bare signals until every workflow has taken its own."""
    say(f"{count:,} bare signals")
    await stage.worker("crowd-signals", "bench.crowd", READY)

    async def start(number: int) -> None:
        await stage.bare.start_workflow(
            SignalWorkflow.run, id=f"bench-signal/{number}", task_queue=crowd.QUEUE, task_timeout=contract.TASK_TIMEOUT
        )

    await _many(count, start)
    began = time.perf_counter()

    async def tell(number: int) -> None:
        await stage.bare.get_workflow_handle(f"bench-signal/{number}").signal(SignalWorkflow.tell, "calendar/1")

    async def last_ones_over() -> bool:
        handles = (stage.bare.get_workflow_handle(f"bench-signal/{number}") for number in range(max(0, count - 64), count))
        found = await asyncio.gather(*(handle.describe() for handle in handles))
        return all(each.status is WorkflowExecutionStatus.COMPLETED for each in found)

    await _many(count, tell)
    await _until(last_ones_over)
    return time.perf_counter() - began


async def _measure(engines: Engines, count: int) -> Report:
    password = secrets.token_urlsafe(16)
    keys = KeyRing.open(engines.home / "keys")
    async with Database(engines.owner_dsn, worker=engines.worker_dsn, size=4, name="bench") as database:
        usernames = await stand.furnish(database, password)
        async with await psycopg.AsyncConnection.connect(engines.owner_dsn) as conn:
            await conn.execute(TABLE)
            await conn.execute("GRANT SELECT, INSERT ON bench_floor TO app")
        with Children(engines) as children:
            await stand.worker(children)
            _, port = await stand.api(children, "api", "ledger")
            people = await stand.office(port, usernames, password)
            client = await connect(_settings(engines), keys)
            stage = Stage(engines, children, database, people, client, await Client.connect(engines.temporal_address))
            planned, strays, applications = await _replan(stage, count)
            signals = await _signals(stage, count)
            storm, quiet, busy = await _storm(stage, count, applications)
            timers = await _timers(stage, count)
            people.close()
    return _report(count, storm=storm, timers=timers, quiet=quiet, busy=busy, planned=planned, signals=signals, strays=strays)


def _settings(engines: Engines) -> Settings:
    """As a process of the product finds its engines."""
    os.environ.update(engines.environment())
    return Settings.from_environment()


def _report(
    count: int, *, storm: float, timers: float, quiet: list[float], busy: list[float], planned: float, signals: float, strays: int
) -> Report:  # fmt: skip
    rung = Judged(storm / timers, BUDGETS["storm"], "at_most")
    note = Judged(percentile(busy, 0.95) / percentile(quiet, 0.95), BUDGETS["commands"], "at_most")
    plan = Judged(planned / signals, BUDGETS["replan"], "at_most")
    untouched = Judged(float(strays), 0, "at_most", "events")
    rows = (
        (f"{count:,} limits missed in one second, recorded and told", f"{storm:.0f} s", f"{timers:.0f} s bare timers", *rung.cells()),
        ("a note meanwhile, p95", ms(percentile(busy, 0.95)), f"{ms(percentile(quiet, 0.95))} before", *note.cells()),
        (f"{count:,} cases planned anew", f"{planned:.0f} s", f"{signals:.0f} s bare signals", *plan.cells()),
        (f"{count:,} cases that a change does not touch", "events", "", *untouched.cells()),
    )
    return Report(
        "Many limits at once",
        "python -m bench.storm",
        "Worker, API, database and Temporal's dev server share the machine with the callers. Peers: workflows with a timer to the same "
        "second that run one local activity which commits one row; workflows that take one signal. Each message is there once.",
        (("what", "it took", "peer", "ratio", "budget", ""), rows),
        all(each.kept for each in (rung, note, plan, untouched)),
    )


def run(count: int = COUNT) -> Report:
    with stand.engines() as ready, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_measure(ready, count))


if __name__ == "__main__":
    report = run(int(sys.argv[1]) if len(sys.argv) > 1 else COUNT)
    print(report.text())
    sys.exit(0 if report.kept else 1)
