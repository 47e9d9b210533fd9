"""The standards by day: read, entered by the system administrator, and rehearsed over past assessments before and after."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from api.deeds import Done, do_once
from api.desk import Desk
from api.eligibility import policy_of, roles_needed
from api.problem import Problem
from api.typed import typed
from domain.access import Scope
from domain.command import Actor, Refusal
from domain.directory import DibaoLineSet, Directory, DirectoryEvent, DirectoryFault, HardshipStandardSet, SpotCheckShareSet
from domain.directory.entries import Name
from domain.directory.standards import CodeOrAll, Formula
from domain.eligibility.policy import EVERYWHERE, Policy
from domain.eligibility.rehearsal import Again, Counts, again
from domain.eligibility.standards import as_if, standing
from domain.values import Code, Fen, Model
from ledger import registers
from ledger.store import WORKER
from readmodels import assessments
from readmodels.assessments import AssessmentQuery, Standing
from readmodels.paging import BadCursor, onward
from readmodels.paging import after as position_after

type Json = dict[str, Any]

ENTERS = "system_administrator"
READERS = ("supervisor", "approver", "auditor")
"""Who sees which assessments a standard would change. The administrator, who sees no case, is told how many."""


class Line(Model):
    """A county's minimum living guarantee line (低保), in fen a month per person; `*` is that of all without one of their own."""

    county: CodeOrAll = EVERYWHERE
    urban_fen: Fen
    rural_fen: Fen


class Share(Model):
    """How many of a hundred integrity pledges a centre verifies."""

    centre: CodeOrAll = EVERYWHERE
    percent: Annotated[int, Field(ge=0, le=100)]


class Standards(Model):
    """What is set from a day on, by one instrument. `reason` is needed for a day that has passed."""

    since: date
    instrument: Name
    formula: Formula | None = None
    lines: Annotated[tuple[Line, ...], Field(max_length=200)] = ()
    shares: Annotated[tuple[Share, ...], Field(max_length=200)] = ()
    reason: Name | None = None

    @model_validator(mode="after")
    def _sets_something(self) -> "Standards":
        if self.formula is None and not self.lines and not self.shares:
            raise PydanticCustomError("nothing_set", "a formula, a line or a share is set")
        return self

    def changes(self) -> tuple[DirectoryEvent, ...]:
        """The events it becomes."""
        said: dict[str, Any] = {"since": self.since, "instrument": self.instrument, "reason": self.reason}
        formulas = (HardshipStandardSet(**said, formula=self.formula),) if self.formula else ()
        lines = (DibaoLineSet(**said, **line.model_dump()) for line in self.lines)
        shares = (SpotCheckShareSet(**said, **share.model_dump()) for share in self.shares)
        return (*formulas, *lines, *shares)


class Rehearsal(Model):
    """A standard tried over past assessments: those of the legal days `from` to `to`, as if it had held since `since`, or `from`.

    Without a formula and lines the standards that hold now are tried: it finds what a standard entered afterwards has overtaken.
    """

    formula: Formula | None = None
    lines: Annotated[tuple[Line, ...], Field(max_length=200)] = ()
    since: date | None = None
    from_: date | None = Field(default=None, alias="from")
    to: date | None = None
    centre: Code | None = None
    cursor: Annotated[str, Field(max_length=1000)] | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50

    def planned(self) -> tuple[DirectoryEvent, ...]:
        """What is tried, as the events it would become. Raises `Refusal` 422 `since_required` where it is not said from which day."""
        if self.formula is None and not self.lines:
            return ()
        since = self.since or self.from_
        if since is None:
            raise Refusal("since_required", status=422, pointer="/since")
        return Standards(since=since, instrument="—", formula=self.formula, lines=self.lines).changes()


def in_force(desk: Desk, on: date | None) -> Json:
    """The rows known of formula, lines and shares, newest first; `in_force` marks those that hold on that day (today unless said)."""
    policy, day = policy_of(desk), on or desk.today
    items = [*_rows("formula", policy.formulas, day), *_rows("line", policy.lines, day), *_rows("share", policy.spot_checks, day)]
    return {"items": items, "next_cursor": None}


def _rows(kind: str, rows: Iterable[Mapping[str, Any]], day: date) -> list[Json]:
    """Rows of a kind, each county by its code alone, and of those set for one day only the one that counts."""
    found: list[Json] = []
    seen: set[tuple[str, date]] = set()
    holding: set[str] = set()
    for row in rows:
        whose, since = str(row.get("county") or row.get("centre") or EVERYWHERE), row["from"]
        if row.get("code", whose) != whose or (whose, since) in seen:
            continue
        seen.add((whose, since))
        holds = since <= day and whose not in holding
        if holds:
            holding.add(whose)
        found.append({
            "kind": kind, "from": since.isoformat(), "whose": whose, "formula": row.get("formula"), "urban_fen": row.get("urban"),
            "rural_fen": row.get("rural"), "percent": row.get("percent"), "instrument": row.get("instrument"), "in_force": holds,
        })  # fmt: skip
    return found


async def enter(desk: Desk, body: Json, key: str) -> Done:
    """Record standards in the directory, once. Decisions already taken keep theirs.

    The answer counts, by centre, the assessments of the days concerned whose outcome would be another: for a day that has passed
    people of those centres find them by a rehearsal of the standards that hold now. Raises `Problem` 403, 422, `Refusal` 422.
    """
    roles_needed(desk, ENTERS)
    asked = typed(Standards, body)
    backdated = asked.since < desk.today
    if backdated and asked.reason is None:
        raise Refusal("backdated_reason_required", status=422, pointer="/reason")
    changes = asked.changes()
    _check_fits(desk.directory, changes)
    office = next(office for role, office in desk.principal.roles if role == ENTERS)

    async def act(deed: str) -> Json:
        counts = await _counted(desk, standing(desk.services.rules().policy, desk.directory, changes), AssessmentQuery(from_on=asked.since))
        actor = Actor(desk.principal.person, ENTERS, office)
        await registers.append(desk.conn, changes, actor=actor, now=desk.now, command_id=deed)
        recorded = [change.type for change in changes]
        return {"since": asked.since.isoformat(), "recorded": recorded, "backdated": backdated, "affected": _counts(counts)}

    return await do_once(desk, key, "set_standards", body, act)


def _check_fits(directory: Directory, changes: Iterable[DirectoryEvent]) -> None:
    try:
        Directory.fold(changes, directory)
    except DirectoryFault as fault:
        raise Problem(422, "unknown_office", errors=[{"pointer": "/shares", "code": "unknown_office"}]) from fault


async def rehearse(desk: Desk, body: Json) -> Json:
    """Which past assessments would come out otherwise: their number by centre, and page by page each of them.

    In constant memory however many there are. The administrator is told the numbers alone. Raises `Problem` 403, 422.
    """
    roles_needed(desk, *READERS, ENTERS)
    asked = typed(Rehearsal, body)
    policy = as_if(policy_of(desk), asked.planned(), desk.directory)
    try:
        start = position_after(asked.cursor)
    except BadCursor as fault:
        raise Problem(422, "invalid", errors=[{"pointer": "/cursor", "code": "invalid_value"}]) from fault
    query = AssessmentQuery(centre=asked.centre, from_on=asked.from_, to_on=asked.to, after=start)
    if not desk.has_role(*READERS):
        return {"items": [], "next_cursor": None, "counts": _counts(await _counted(desk, policy, query)), "shown": False}
    found = await _tried(desk, policy, query, asked.limit)
    next_cursor = onward(found.last) if found.more else None
    # With a cursor the pages before are not read again: their counts stood in the first answer.
    counts = None if asked.cursor else _counts(found.counts)
    return {"items": found.items, "next_cursor": next_cursor, "counts": counts, "shown": True}


@dataclass
class _Tried:
    items: list[Json]
    counts: Counts
    last: int = 0
    more: bool = False


async def _tried(desk: Desk, policy: Policy, query: AssessmentQuery, limit: int) -> _Tried:
    """The first `limit` assessments that would change; from the beginning every other is counted too."""
    found = _Tried([], Counts())
    async for each in assessments.standing(desk.conn, _scope(desk), query):
        outcome = again(policy, each.recorded.at.effective_on, each.event)
        if not found.counts.count(each.centre, outcome):
            continue
        if len(found.items) < limit:
            found.items.append(changed_row(each, outcome))
            found.last = each.recorded.position
        else:
            found.more = True
            if query.after:
                break
    return found


def _scope(desk: Desk) -> Scope:
    """What the caller's lists may show, where the assessment is shown."""
    return desk.scope.showing("eligibility")


def changed_row(each: Standing, outcome: Again) -> Json:
    """An assessment that would come out otherwise. Nobody's name stands in it."""
    found = outcome.calculation
    return {
        "case_id": str(each.row["case_id"]),
        "register_number": each.row["register_number"],
        "case_number": each.row["case_number"],
        "centre": each.centre,
        "state": each.row["state"],
        "statuses": list(each.statuses),
        "version": each.recorded.at.version,
        "effective_on": each.recorded.at.effective_on.isoformat(),
        "recorded": {
            "in_hardship": each.event.in_hardship, "per_person_fen": each.event.per_person_fen, "threshold_fen": each.event.threshold_fen,
        },
        "would_be": {
            "in_hardship": found.in_hardship, "per_person_fen": found.per_person_fen, "threshold_fen": found.threshold_fen,
        } if found else None,
    }  # fmt: skip


async def _counted(desk: Desk, policy: Policy, query: AssessmentQuery) -> Counts:
    """Over every case: read as the product itself, since who asks sees no case, and nothing but numbers is kept."""
    counts = Counts()
    async with desk.services.database.transaction(WORKER) as conn:
        async for each in assessments.standing(conn, None, query):
            counts.count(each.centre, again(policy, each.recorded.at.effective_on, each.event))
    return counts


def _counts(counts: Counts) -> Json:
    return {
        "looked_at": counts.looked_at,
        "changed": counts.changed,
        "would_be_in": counts.would_be_in,
        "would_be_out": counts.would_be_out,
        "without_standard": counts.without_standard,
        "by_centre": [{"centre": centre, "changed": n} for centre, n in sorted(counts.by_centre.items())],
    }
