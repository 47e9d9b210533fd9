"""Random walks: cases taken on from anywhere on the line by whatever their state allows, and how such a story is written into a ledger."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import groupby
from uuid import UUID

from domain.case import CaseState
from domain.command import Happened, Refusal
from domain.stages.any_stage import AddNote
from domain.stages.representation import ReportProgress
from domain.stream import StreamState, blank_of, fold
from ledger import events
from ledger.sql import Connection
from ledger.store import WORKER, Database
from readmodels import models
from readmodels.course import Change
from tests.unit.test_lifecycle_properties import MORE, STARTS, issuer
from tests.unit.world import ENGAGED, Case, accept, given, submit


def case_id(n: int) -> str:
    return str(UUID(int=0x0190_0000_0000_7000_8000_0000_0000_0000 + n))


def dice(seed: int) -> random.Random:
    """Chance that is the same whenever it is asked."""
    return random.Random(seed)  # noqa: S311 -- made-up cases


def walk(chance: random.Random, steps: int = 12) -> Case:
    """A case that so many commands are tried on; those that are refused leave nothing. Days pass in between."""
    case = chance.choice(STARTS).copy()
    for _ in range(steps):
        case.after(chance.choice((0, 0, 0, 1, 20)))
        command = chance.choice([c for c in MORE if type(c).allowed_in(case.state)])
        try:
            case.when(command, issuer(command, case))
        except Refusal:
            continue
    return case


def long(count: int) -> Case:
    """A case with at least so many events, as a lawyer's reports and notes fill it."""
    case = given(submit(), ("duty_lawyer", accept()), *ENGAGED)
    while len(case.history) < count:
        case.after(1).then(ReportProgress(summary="与对方代理人沟通调解方案" * 4), AddNote(text="已电话告知当事人" * 4))
    return case


def appends(stream: str, history: Sequence[Happened]) -> Iterator[Change]:
    """What each command of a history brought to the stream of that name, in order."""
    kind, _, stream_id = stream.partition("/")
    state = blank_of(kind, stream_id)
    for _, group in groupby(history, key=lambda happened: happened.at.command_id):
        brought = list(group)
        after = fold(brought, state)
        yield Change(state, after, brought)
        state = after


async def write(database: Database, stream: str, history: Sequence[Happened]) -> StreamState:
    """Record a history as the recorder does, a transaction a command; how the stream stands after it."""
    state: StreamState = CaseState(case_id=stream.partition("/")[2])
    for change in appends(stream, history):
        async with database.transaction(WORKER) as conn:
            await put(conn, change)
        state = change.after
    return state


async def put(conn: Connection, change: Change) -> None:
    """Append what one command brought, with the inline read models."""
    state = change.after
    await conn.execute("INSERT INTO cases (case_id, kind) VALUES (%s, %s) ON CONFLICT DO NOTHING", (state.case_id, state.kind))
    command = f"{state.case_id}/{change.events[0].at.command_id}"
    drafts = [events.draft(happened, command, None) for happened in change.events]
    await events.append(conn, state.stream, change.before.version, drafts)
    await models.keep(conn, change)
