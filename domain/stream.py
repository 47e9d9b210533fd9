"""What every stream that takes commands knows of itself, and the one fold of a history: cases, consultations, requests to duty lawyers.

A stream's events change its state; its clocks are the state's too. What a stream is about stands in its own class.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, ClassVar, Literal, Self
from uuid import UUID

from pydantic import Field

from domain.command import Happened
from domain.values import Applicant, Code, Model, Moment, Party


class Pause(Model):
    cause: int
    """Version of the event that paused; closed by its own partner."""
    closes: str
    """Type of the event that closes it."""
    from_at: Moment
    to_at: Moment | None = None


class Rung(Model):
    """One step of a reminder ladder: when, whom, which kind of event it becomes."""

    n: int
    at: Moment
    to: tuple[str, ...]
    kind: Literal["warned", "missed", "escalated"]
    fired: bool = False


class Question(Model):
    """More time was asked for, and nobody has answered yet. Its reason stands in the event of that version."""

    version: int
    by: Code
    on_behalf_of: Code | None = None
    asked_on: date
    due_on: date


class Clock(Model):
    """One running or finished time limit. `id` is `<limit>/<version of the event that started it>`."""

    id: str
    limit: str
    state: Literal["running", "paused", "met", "met_late", "missed", "lapsed", "cancelled"]
    source: str
    confirmed: bool = True
    """False: the limit's number awaits confirmation by the justice bureau; shown beside the date."""
    rule_from: date
    unit: Literal["calendar_day", "working_day", "hour", "date"]
    n: int | None = None
    started_on: date
    started_at: Moment | None = None
    """The moment for hour limits."""
    due_on: date
    due_at: Moment
    """End of the last day (24:00 or the office's close of business), or the hour; Asia/Shanghai offset."""
    first_due_on: date
    """The date as it was first set."""
    moves: int = 0
    """How often another date was set, pauses not counted."""
    extended: int = 0
    """Days granted beyond the rule's number, in the limit's own unit; every later plan counts them in."""
    question: Question | None = None
    """More time asked for; gone once it is answered, or the clock met, missed or cancelled."""
    pauses: tuple[Pause, ...] = ()
    rungs: tuple[Rung, ...] = ()
    plan_version: int
    """Version of the event that last set the plan: start, resume, move."""
    ended_on: date | None = None
    on_miss: str | None = None
    counted: dict[str, Any] = Field(default_factory=dict[str, Any])
    """How the date was counted: `{days: [{from, to, days, counted, reason, label}], provisional}`."""

    @property
    def live(self) -> bool:
        """Still to be met: running or paused, or missed and not yet answered."""
        return self.state in ("running", "paused", "missed") and self.ended_on is None

    @property
    def next_rung(self) -> Rung | None:
        return next((r for r in self.rungs if not r.fired), None) if self.state in ("running", "missed") and self.live else None


class UnknownLimit(Model):
    """A limit that an event would have started, had the law known it on that legal day."""

    limit: str
    on: date
    known_from: date


STREAMS: dict[str, type[StreamState]] = {}
"""The kinds of streams that take commands, by the word their names begin with."""


class StreamState(Model):
    """A stream as it stands after `version` events. `case_id` is its id, whatever its kind; its name in the ledger is `<kind>/<id>`."""

    kind: ClassVar[str]
    schema_version: ClassVar[int]
    """Of this state's shape; a snapshot of another is folded anew."""

    case_id: str
    version: int = 0
    last_act_version: int = 0
    """Version of the last event that is not a clock's: what If-Match is held against."""
    state: str | None = None
    centre: Code = ""
    outlet: Code | None = None
    opened_on: date | None = None
    updated_at: datetime | None = None
    owner: Code | None = None
    """First-inquiry owner (首问负责制), later whoever took it over."""
    lane_days: dict[str, date] = Field(default_factory=dict[str, date])
    acted_by: dict[str, tuple[str, ...]] = Field(default_factory=dict[str, tuple[str, ...]])
    """Last actor (and whom that person acted for) by event type, for the two-person rules."""
    parties: tuple[Party | Applicant, ...] = ()
    """Everybody of it; the index is the `party_id`."""
    clocks: tuple[Clock, ...] = ()
    unknown_limits: tuple[UnknownLimit, ...] = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        STREAMS[cls.kind] = cls

    @property
    def stream(self) -> str:
        """Its name in the ledger."""
        return f"{self.kind}/{self.case_id}"

    @property
    def ended(self) -> bool:
        """Whether nothing more is expected to happen."""
        raise NotImplementedError

    @property
    def subject(self) -> UUID | None:
        """Whose key its free text stands under: that of the person it is about."""
        return self.parties[0].subject_id if self.parties else None

    @property
    def keepers(self) -> tuple[str, ...]:
        """Codes of the people who may see and handle it for what they are to it, wherever they work."""
        return ()

    @property
    def excluded(self) -> frozenset[str]:
        """Codes of the people, lawyers and units that may not touch it."""
        return frozenset()

    def but(self, **changes: Any) -> Self:
        """This state with some fields changed."""
        return self.model_copy(update=changes)


def blank_of(kind: str, stream_id: str) -> StreamState:
    """A stream before its first event. Raises `KeyError` for a kind that there is not."""
    return STREAMS[kind](case_id=stream_id)


def evolve[S: StreamState](state: S, happened: Happened) -> S:
    """The stream after one more event. Total and deterministic: the same history gives the same state, whenever it is folded."""
    at, event = happened
    after: S = event.apply(state, at)
    changes: dict[str, Any] = {"version": at.version, "updated_at": at.decided_at}
    if not event.clock:
        changes["last_act_version"] = at.version
        changes["lane_days"] = {**after.lane_days, event.lane: max(at.effective_on, after.lane_days.get(event.lane, at.effective_on))}
        who = (at.actor,) if at.on_behalf_of is None else (at.actor, at.on_behalf_of)
        changes["acted_by"] = {**after.acted_by, event.type: who}
    return after.but(**changes)


def fold[S: StreamState](history: Iterable[Happened], state: S) -> S:
    """`evolve` over a history."""
    for happened in history:
        state = evolve(state, happened)
    return state
