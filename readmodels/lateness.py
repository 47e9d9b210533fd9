"""Why a limit is where it is: from a case's own history, who was waited for in which days, and when each date was set and changed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from domain.case import CaseState, blank
from domain.clocks import DeadlineEscalated, DeadlineMissed, DeadlineWarned, display
from domain.clocks.events import ClockCancelled, ClockMet, ClockPaused, ClockReplanned, ClockResumed, ClockStarted
from domain.stages.extension import ExtensionApproved, ExtensionAsked, ExtensionRefused
from domain.stream import Clock, evolve
from ledger.events import Recorded
from readmodels.case_list import waiting_for

_OF_CLOCKS = (
    ClockStarted, ClockPaused, ClockResumed, ClockReplanned, ClockMet, ClockCancelled, ExtensionAsked, ExtensionApproved, ExtensionRefused,
)  # fmt: skip
_OF_RUNGS = (DeadlineWarned, DeadlineMissed, DeadlineEscalated)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Legal days, both included, in which the case stood in one state and waited for one side."""

    first: date
    last: date
    state: str
    waiting_for: str | None
    """A role, `applicant`, or None where nobody was waited for."""
    owner: str | None

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


@dataclass(frozen=True, slots=True)
class Change:
    """A date set, changed, paused, met …, and the event of the case that brought it."""

    recorded: Recorded
    cause: Recorded | None
    """The event of the case; None where the system itself acted."""
    due_on: date | None
    before: date | None


@dataclass(frozen=True, slots=True)
class Told:
    """A clock with what made its date. `late_days` are days past the last one, 0 where it was kept or still runs."""

    clock: Clock
    state: str
    late_days: int
    stretches: tuple[Stretch, ...]
    changes: tuple[Change, ...]
    rungs: tuple[Recorded, ...]


def of_case(case_id: str, history: Sequence[Recorded], now: datetime, today: date) -> tuple[CaseState, tuple[Told, ...]]:
    """The case as it stands, and each of its clocks with its story. `history` is the whole of it, oldest first."""
    stretches, case = _stretches(case_id, history, today)
    by_version = {each.at.version: each for each in history}
    return case, tuple(_told(clock, history, by_version, stretches, now=now, today=today) for clock in case.clocks)


def _stretches(case_id: str, history: Sequence[Recorded], today: date) -> tuple[list[Stretch], CaseState]:
    state = blank(case_id)
    found: list[Stretch] = []
    for each in history:
        state = evolve(state, each.happened)
        if state.state is None:
            continue
        day = each.at.effective_on
        next_one = Stretch(day, today, state.state, waiting_for(state), state.owner)
        if found and _alike(found[-1], next_one):
            continue
        if found and found[-1].first >= day:  # it came and went on one day
            found.pop()
        if found and _alike(found[-1], next_one):
            found[-1] = replace(found[-1], last=today)
            continue
        if found:
            found[-1] = replace(found[-1], last=day - _DAY)
        found.append(next_one)
    return found, state


def _alike(one: Stretch, other: Stretch) -> bool:
    return (one.state, one.waiting_for, one.owner) == (other.state, other.waiting_for, other.owner)


def _told(
    clock: Clock, history: Sequence[Recorded], by_version: dict[int, Recorded], stretches: Sequence[Stretch], *,
    now: datetime, today: date,
) -> Told:  # fmt: skip
    end = clock.ended_on or today
    late = (end - clock.due_on).days if clock.state in ("met_late", "missed", "running") else 0
    return Told(
        clock,
        display(clock, now),
        max(0, late),
        tuple(_within(stretches, clock.started_on, end)),
        tuple(_changes(clock, history, by_version)),
        tuple(each for each in history if isinstance(each.event, _OF_RUNGS) and each.event.clock_id == clock.id),
    )


def _within(stretches: Sequence[Stretch], first: date, last: date) -> Iterator[Stretch]:
    for each in stretches:
        if each.first <= last and each.last >= first:
            yield replace(each, first=max(each.first, first), last=min(each.last, last))


def _changes(clock: Clock, history: Sequence[Recorded], by_version: dict[int, Recorded]) -> Iterator[Change]:
    due: date | None = None
    for each in history:
        event = each.event
        if not isinstance(event, _OF_CLOCKS) or event.clock_id != clock.id:
            continue
        before = due
        if isinstance(event, ClockStarted | ClockReplanned):
            due = event.due_on
        elif isinstance(event, ClockResumed) and event.plan:
            due = event.plan.due_on
        yield Change(each, _cause(each, by_version), due, before if before != due else None)


def _cause(each: Recorded, by_version: dict[int, Recorded]) -> Recorded | None:
    """The event that a clock's event followed from, as the envelope says."""
    version = (each.causation or "").rpartition("/")[2]
    return by_version.get(int(version)) if version.isdigit() else None
