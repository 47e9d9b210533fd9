"""The time limits and reminder ladders as dated data, read once and indexed by the events that touch them."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, time
from functools import reduce
from typing import Any, Literal

from domain.case import CaseState, Recipient
from domain.command import Event
from domain.stream import StreamState

type Conditions = Mapping[str, frozenset[Any]]
"""Field -> the values it may have."""

_FACTS: Mapping[str, Callable[[CaseState], Any]] = {
    "on_notice": lambda case: case.on_notice,
    "by_delegation": lambda case: case.accept_first is not None and case.accept_first.by_delegation,
    "basis": lambda case: case.accept_first and case.accept_first.basis,
    "unit_already_assigned": lambda case: case.assignment is not None,
    "undecided": lambda case: bool(case.undecided),
    "decision_deferred": lambda case: case.deferred and any(r.status == "accepted_first" and r.decision is None for r in case.recipients),
    "somebody_aided": lambda case: any(r.status in ("granted", "accepted_first") for r in case.recipients),
    "may_object": lambda case: any(
        r.decision and r.decision.result != "granted" and not (r.objection and r.objection.about == r.decision.version)
        for r in case.recipients
    ),
    "objection_open": lambda case: any(r.objection and r.objection.state == "filed" for r in case.recipients),
    "already_filed": lambda case: any(p.kind == "filed" for p in case.representation.procedures),
}


type Tie = Literal["asked", "service", "objection"]
_TIES: Mapping[Tie, Callable[[Recipient], int | None]] = {
    "asked": lambda recipient: recipient.asked,
    "service": lambda recipient: recipient.decision and recipient.decision.service,
    "objection": lambda recipient: recipient.objection and recipient.objection.filed,
}
"""By which event a recipient belongs to a clock: the version that started it."""


def field_of_case(path: str, case: StreamState) -> Any:
    """A fact of the case, or the field at a dotted path (e.g. `matter.limitation_on`); None where something on the way is missing."""
    if path in _FACTS and isinstance(case, CaseState):
        return _FACTS[path](case)
    return reduce(lambda value, name: getattr(value, name, None), path.split("."), case)


def value_of(path: str, event: Event, case: StreamState) -> Any:
    """A field of the event, or, where it has none of that name, of the case."""
    return getattr(event, path) if path in type(event).model_fields else field_of_case(path, case)


def holds(wanted: Conditions, event: Event, case: StreamState) -> bool:
    """Whether every condition holds."""
    return all(value_of(name, event, case) in values for name, values in wanted.items())


@dataclass(frozen=True, slots=True)
class Limit:
    """One row of `time-limits.yaml`; its header says what the keys mean."""

    id: str
    from_: date
    source: str
    confirmed: bool
    unit: Literal["calendar_day", "working_day", "hour", "date"]
    n: int | Mapping[str, int] | None
    until: str | None
    own_date: Mapping[str, str]
    starts: frozenset[str]
    stops: frozenset[str]
    cancels: frozenset[str]
    moves: frozenset[str]
    pauses: Mapping[str, str]
    when: Conditions
    starts_when: Mapping[str, Conditions]
    stops_when: Mapping[str, Conditions]
    cancels_when: Mapping[str, Conditions]
    pauses_when: Mapping[str, Conditions]
    day: Mapping[str, str]
    stop_day: Mapping[str, str]
    ladder: str
    to: tuple[str, ...]
    on_miss: str | None
    custody: bool
    handed_in: bool
    """Whether the last day ends with the business of the office where something is handed in (CC 203)."""
    armed: bool
    once: bool
    theirs: Tie | None
    unless_over: Conditions | None
    in_order: bool
    extendable: int | None
    """How many days it may be extended by in all, in its own unit; None: never, as a limit that the law or a court sets."""

    def among(self, case: StreamState, version: int) -> StreamState:
        """The case as the clock started by the event of that version sees it: with its own people alone, where the limit is theirs."""
        tie = _TIES.get(self.theirs) if self.theirs else None
        return case.but(recipients=tuple(r for r in case.recipients if tie(r) == version)) if tie and isinstance(case, CaseState) else case

    def number(self, kind: str | None, *, criminal: bool) -> int | None:
        """How many days or hours for a starting event of that kind; None where the row has no number for it."""
        if self.n is None or isinstance(self.n, int):
            return self.n
        return (self.n.get(f"criminal_{kind}") if criminal else None) or self.n.get(kind or "")

    def started_by(self, event: Event, case: StreamState) -> bool:
        return event.type in self.starts and holds(self.starts_when.get(event.type, {}), event, case) and holds(self.when, event, case)

    def left_out_when_over(self, event: Event, case: StreamState) -> bool:
        """Whether no clock is started for a date that has passed already: what came of it stands elsewhere."""
        return self.unless_over is not None and holds(self.unless_over, event, case)

    def stopped_by(self, event: Event, case: StreamState) -> bool:
        return event.type in self.stops and holds(self.stops_when.get(event.type, {}), event, case)

    def cancelled_by(self, event: Event, case: StreamState) -> bool:
        return event.type in self.cancels and holds(self.cancels_when.get(event.type, {}), event, case)

    def paused_by(self, event: Event, case: StreamState) -> bool:
        return event.type in self.pauses and holds(self.pauses_when.get(event.type, {}), event, case)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a ladder. `n` is its number there, so that a rung keeps its number whatever is skipped."""

    n: int
    base: Literal["share", "before", "due_day", "missed"]
    amount: int
    """Per cent of the running time left (`share`), working days or hours."""
    unit: Literal["working_day", "hour"]
    at: time | None
    to: tuple[str, ...]

    @property
    def words(self) -> str:
        """The moment as `time-limits.yaml` and the directory write it."""
        hour = f"{self.at:%H:%M}" if self.at else ""
        match self.base:
            case "share":
                return f"-{self.amount}%"
            case "before":
                return f"-{self.amount} hour" if self.unit == "hour" else f"-{self.amount} working_day {hour}"
            case "due_day":
                return f"due day {hour}"
            case "missed":
                return f"missed +{self.amount} working_day {hour}" if self.amount else "missed"

    @property
    def kind(self) -> Literal["warned", "missed", "escalated"]:
        if self.base != "missed":
            return "warned"
        return "escalated" if self.amount else "missed"


@dataclass(frozen=True, slots=True)
class Limits:
    """All rows, newest first by id, and which of them an event starts or touches."""

    rows: Mapping[str, tuple[Limit, ...]]
    ladders: Mapping[str, tuple[Step, ...]]
    starting: Mapping[str, tuple[str, ...]]
    """Event type -> ids of the armed limits it may start."""
    touching: frozenset[str]
    """Event types that may stop, cancel, pause, resume or move a clock."""

    def on(self, limit_id: str, day: date) -> Limit | None:
        """The row in force on that legal day: the newest that began by then."""
        return next((row for row in self.rows.get(limit_id, ()) if row.from_ <= day), None)

    def row(self, limit_id: str, rule_from: date) -> Limit:
        """The row a clock was started under. Raises `LookupError` if it was taken out of the data."""
        for row in self.rows.get(limit_id, ()):
            if row.from_ == rule_from:
                return row
        raise LookupError(f"no row of {limit_id} from {rule_from}")

    def ladder(self, limit: Limit) -> tuple[Step, ...]:
        """The steps of its reminders: those set for the limit itself, else those of the ladder it climbs."""
        return self.ladders.get(limit.id) or self.ladders[ladder_of(limit)]


def ladder_of(limit: Limit) -> str:
    """The name of the ladder a limit climbs: limits in hours have one of their own."""
    return f"{limit.ladder}_hours" if limit.unit == "hour" else limit.ladder


def read_limits(data: Mapping[str, Any]) -> Limits:
    """The limits of a parsed `time-limits.yaml`. Raises `ValueError` or `KeyError` naming the row that cannot be read."""
    rows: dict[str, list[Limit]] = {}
    for raw in data["limits"]:
        row = _limit(raw)
        rows.setdefault(row.id, []).append(row)
    starting: dict[str, dict[str, None]] = {}
    touching: set[str] = set()
    for row in (row for versions in rows.values() for row in versions):
        for event in row.starts if row.armed else ():
            starting.setdefault(event, {})[row.id] = None
        touching |= row.stops | row.cancels | row.moves | set(row.pauses) | set(row.pauses.values())
    limits = Limits(
        rows={name: tuple(sorted(versions, key=lambda row: row.from_, reverse=True)) for name, versions in rows.items()},
        ladders={name: tuple(read_step(n, raw) for n, raw in enumerate(steps, 1)) for name, steps in data["reminders"].items()},
        starting={event: tuple(ids) for event, ids in starting.items()},
        touching=frozenset(touching),
    )
    for row in (row for versions in limits.rows.values() for row in versions):
        limits.ladder(row)
    return limits


def _limit(raw: Mapping[str, Any]) -> Limit:
    unknown = set(raw) - {field.name.rstrip("_") for field in fields(Limit)}
    if unknown:
        raise ValueError(f"limit {raw.get('id')}: unknown keys {sorted(unknown)}")
    if ("n" in raw) == ("until" in raw):
        raise ValueError(f"limit {raw.get('id')}: either n or until")
    if "extendable" in raw and ("until" in raw or raw["unit"] == "hour" or raw.get("moves")):
        raise ValueError(f"limit {raw.get('id')}: only one in days that no event moves can be extended")
    starts = _names(raw["starts"])
    return Limit(
        id=raw["id"],
        from_=raw["from"],
        source=raw["source"],
        confirmed=raw["confirmed"],
        unit=raw["unit"] if "n" in raw else "date",
        n=raw.get("n"),
        until=raw.get("until"),
        own_date=raw.get("own_date", {}),
        starts=frozenset(starts),
        stops=frozenset(_names(raw["stops"])),
        cancels=frozenset(_names(raw.get("cancels", ()))),
        moves=frozenset(_names(raw.get("moves", ()))),
        pauses=raw.get("pauses", {}),
        when=_conditions(raw.get("when", {})),
        starts_when=_by_event(raw.get("starts_when", {})),
        stops_when=_by_event(raw.get("stops_when", {})),
        cancels_when=_by_event(raw.get("cancels_when", {})),
        pauses_when=_by_event(raw.get("pauses_when", {})),
        day=dict.fromkeys(starts, day) if isinstance(day := raw.get("day", {}), str) else day,
        stop_day=raw.get("stop_day", {}),
        ladder=raw.get("ladder", "default"),
        to=_names(raw.get("to", ())),
        on_miss=raw.get("on_miss"),
        custody=raw.get("custody", False),
        handed_in=raw.get("handed_in", False),
        armed=raw.get("armed", True),
        once=raw.get("once", False),
        theirs=raw.get("theirs"),
        in_order=raw.get("in_order", False),
        extendable=raw.get("extendable"),
        unless_over=_conditions(raw["unless_over"]) if "unless_over" in raw else None,
    )


def _names(value: str | Iterable[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _conditions(raw: Mapping[str, Any]) -> Conditions:
    return {name: frozenset(wanted if isinstance(wanted, list) else [wanted]) for name, wanted in raw.items()}  # pyright: ignore[reportUnknownArgumentType]


def _by_event(raw: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Conditions]:
    return {event: _conditions(wanted) for event, wanted in raw.items()}


_AT = re.compile(
    r"-(?P<share>\d+)%"
    r"|-(?P<before>\d+) (?:working_day (?P<before_at>\d\d:\d\d)|(?P<hour>hour))"
    r"|(?P<due>due day) (?P<due_at>\d\d:\d\d)"
    r"|missed(?: \+(?P<after>\d+) working_day (?P<after_at>\d\d:\d\d))?"
)


def read_step(n: int, raw: Mapping[str, Any]) -> Step:
    """The n-th step of a ladder. Raises `ValueError` where its moment cannot be read."""
    match = _AT.fullmatch(raw["at"])
    if not match:
        raise ValueError(f"reminder {raw['at']!r} cannot be read")
    at = next((time.fromisoformat(match[name]) for name in ("before_at", "due_at", "after_at") if match[name]), None)
    base: Literal["share", "before", "due_day", "missed"]
    base = "share" if match["share"] else "before" if match["before"] else "due_day" if match["due"] else "missed"
    amount = int(match["share"] or match["before"] or match["after"] or 0)
    return Step(n, base, amount, "hour" if match["hour"] else "working_day", at, _names(raw["to"]))
