"""What a received command asks, and the facts it is decided with: one command, or several that stand or fall together (a bundle)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any, NamedTuple

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects.postgresql import insert

from domain.case import CaseState
from domain.command import Actor, Command, Facts, Happened, Refusal, Series
from domain.decide import Decision, allowed_commands, decide
from domain.directory import Directory
from domain.matching import Standing
from domain.rules import Rules
from domain.stages import COMMANDS
from domain.stream import StreamState
from ledger import events as store
from ledger.inbox import BUNDLE
from ledger.schema import cases, number_series
from ledger.sql import Connection, Row, Statement
from readmodels import conflicts, handlings
from workflows.contract import RecordRequest

_log = structlog.get_logger(__name__)

CO_ACCUSED_LOCK = 0x636F6163_63757365
"""Advisory lock (the letters `coaccuse`): who defends co-accused is decided one at a time, so that two colleagues at once never give them
the same lawyer. Taken after the cases' rows and before the number series."""
_HANDLERS = Statement(
    sa.select(
        sa.cast(cases.c.snapshot["assignment"]["lawyers"], sa.JSON).label("lawyers"),
        sa.cast(cases.c.snapshot["released_lawyers"], sa.JSON).label("released"),
        sa.cast(cases.c.snapshot["continued"], sa.JSON).label("continued"),
    ).where(cases.c.case_id == sa.any_(sa.bindparam("ids", type_=sa.ARRAY(cases.c.case_id.type))))
)
_DRAW = Statement(
    insert(number_series)
    .values(kind=sa.bindparam("kind"), centre=sa.bindparam("centre"), year=sa.bindparam("year", type_=sa.Integer), last=1)
    .on_conflict_do_update(index_elements=["kind", "centre", "year"], set_={"last": number_series.c.last + 1})
    .returning(number_series.c.last)
)


type Draw = Callable[[Series], Awaitable[int]]
"""The next number of a series."""


class Part(NamedTuple):
    """One command of those received together, by whom and of which legal day; one that came alone is its only part."""

    command_id: str
    command: Command
    actor: Actor
    effective_on: date | None = None
    on_behalf_of: str | None = None

    @property
    def needs(self) -> frozenset[str]:
        return self.command.needs


def parts_of(received: Row) -> tuple[Part, ...]:
    """The commands of an inbox row, in their order. Raises `ValidationError` for a body that is no such command."""
    if received["command"] != BUNDLE:
        command = COMMANDS[received["command"]].model_validate(received["body"])
        return (Part(received["command_id"], command, Actor(**received["actor"]), received["effective_on"], received["on_behalf_of"]),)
    return tuple(map(_part, received["body"]["commands"]))


def _part(entry: Mapping[str, Any]) -> Part:
    command = COMMANDS[entry["command"]].model_validate(entry["body"])
    return Part(entry["command_id"], command, Actor(**entry["actor"]), command.effective_on, command.on_behalf_of)


class Deciding:
    """Decides the parts of one received command on the cases it concerns, inside the transaction that records it."""

    def __init__(
        self, conn: Connection, request: RecordRequest, rules: Rules, directory: Directory, named: Mapping[str, Any] | None = None
    ) -> None:
        """`named` is what the inbox holds of the people whom the commands name."""
        self._conn, self._request, self._rules, self._directory, self._named = conn, request, rules, directory, named

    async def decide[S: StreamState](
        self, parts: Sequence[Part], own: S, others: Mapping[str, CaseState], if_match: int | None
    ) -> Decision[S]:
        """What all parts bring together, with their numbers drawn. `others` are the other cases concerned.

        Raises the `Refusal` of the first part that is refused, with `index` where there are several.
        """
        if if_match is not None and not own.last_act_version <= if_match <= own.version:
            raise Refusal("version_mismatch", status=412, version=own.version)
        history = await self._history(parts, own.kind)
        if len(parts) > 1:
            # A refusal is an outcome and is committed: numbers are drawn only once it is known that no part is refused.
            asked_for: list[Series] = []
            rehearsed = await self._all(parts, own, others, history, _noted_in(asked_for))
            if not asked_for:
                return rehearsed
        return await self._all(parts, own, others, history, partial(draw, self._conn))

    async def _all[S: StreamState](
        self, parts: Sequence[Part], own: S, others: Mapping[str, CaseState], history: Sequence[store.Recorded], drawn: Draw
    ) -> Decision[S]:
        decision = Decision(own, (), own)
        now = dict(others)
        for index, part in enumerate(parts):
            facts = await self._facts(part, decision.case, now, [*(r.happened for r in history), *decision.events], history)
            try:
                step = _decided(decision.case, part, facts, alarm=self._request.alarm is not None)
            except Refusal as refusal:
                if len(parts) == 1:
                    raise
                raise _of_part(refusal, index, own, facts.actor.role) from refusal
            numbers = iter([await drawn(series) for series in step.series()])
            step = step.numbered(lambda _, given=numbers: next(given), self._directory)
            decision = decision.then(step)
            now |= {each.case.case_id: each.case for each in step.others}
        return decision

    async def _facts(
        self, part: Part, own: StreamState, others: Mapping[str, CaseState], happened: Sequence[Happened], history: Sequence[store.Recorded]
    ) -> Facts:
        on = part.effective_on or self._request.decided_at.astimezone(self._rules.zone).date()
        directory = self._directory.on(on)
        return Facts(
            now=self._request.decided_at,
            effective_on=on,
            actor=part.actor,
            directory=directory,
            rules=self._rules.under(directory, on, own.centre or None),
            command_id=part.command_id,
            on_behalf_of=part.on_behalf_of,
            standings=await self._standings(on) if "standings" in part.needs else {},
            history=happened if "history" in part.needs else (),
            positions={r.position: r.at.version for r in history},
            others={case_id: others[case_id] for case_id in part.command.others()},
            co_accused_lawyers=await self._lawyers_of_co_accused(own)
            if "co_accused" in part.needs and isinstance(own, CaseState)
            else frozenset(),
            conflicts=await conflicts.found(self._conn, own, self._named)
            if "conflicts" in part.needs and isinstance(own, CaseState)
            else None,
        )

    async def _standings(self, on: date) -> dict[str, Standing]:
        return await handlings.standings(self._conn, on, self._rules.matching.on(on).window)

    async def _history(self, parts: Iterable[Part], kind: str) -> list[store.Recorded]:
        wanted = any("history" in part.needs for part in parts)
        return await store.load_history(self._conn, self._request.case_id, kind=kind) if wanted else []

    async def _lawyers_of_co_accused(self, case: CaseState) -> frozenset[str]:
        """Who handles, or handled until released, the cases linked as those of co-accused and those in which these go on."""
        ahead = {str(link.case_id) for link in case.links if link.relation == "co_accused"}
        if not ahead:
            return frozenset()
        await self._conn.execute("SELECT pg_advisory_xact_lock(%s)", (CO_ACCUSED_LOCK,))
        seen, found = {case.case_id}, set[str]()
        while ahead:
            rows = await (await _HANDLERS.run(self._conn, ids=sorted(ahead))).fetchall()
            seen |= ahead
            found |= {code for row in rows for code in (*(h["lawyer"] for h in row["lawyers"] or ()), *(row["released"] or ()))}
            ahead = {each["case_id"] for row in rows for each in row["continued"] or ()} - seen
        return frozenset(found)


def _noted_in(asked_for: list[Series]) -> Draw:
    """Draws nothing: the series is noted, and a number stands in that is no number."""

    async def note(series: Series) -> int:
        asked_for.append(series)
        return 0

    return note


async def draw(conn: Connection, series: Series) -> int:
    """The next number of a series; it is drawn back with the transaction."""
    row = await (await _DRAW.run(conn, **series._asdict())).fetchone()
    assert row is not None  # noqa: S101 -- an upsert returns its row
    return row["last"]


def _of_part(refusal: Refusal, index: int, case: StreamState, role: str) -> Refusal:
    """The refusal of one command of several: nothing was recorded, so what is allowed is what the case as it stands allows."""
    detail = {name: value for name, value in refusal.detail.items() if name != "allowed_commands"} | {"index": index}
    if refusal.status == 409 and case.state is not None:
        detail["allowed_commands"] = allowed_commands(case, role)
    pointer = None if refusal.pointer is None else f"/commands/{index}/body{refusal.pointer}"
    return Refusal(refusal.code, status=refusal.status, pointer=pointer, **detail)


def _decided[S: StreamState](case: S, part: Part, facts: Facts, *, alarm: bool) -> Decision[S]:
    """The rules' answer. Raises `Refusal`, also where the rules themselves fail at somebody's command.

    Rules are pure: repeated, they would fail again and hold up everything else that is to be done on the case. An alarm's failure is
    left to Temporal's retries, since nobody waits for its answer.
    """
    try:
        return decide(case, part.command, facts)
    except Refusal:
        raise
    except Exception as fault:
        if alarm:
            raise
        _log.exception("rules failed", command=part.command.name, command_id=facts.command_id, case_id=case.case_id)
        raise Refusal("internal_error", status=500) from fault
