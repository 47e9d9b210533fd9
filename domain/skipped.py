"""Steps that a case passed over: worked out from the commands themselves, so that a change of theirs changes what is told.

The ordinary line is the shortest way from the door to the archive on which every move is made by a command of the stage that the case
stands in. A case that came onward by another way (accepted first, settled without assignment) passed over the states between.
"""

from collections import deque
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from domain.command import COMMANDS, Command
from domain.lifecycle import END_STATES, LANES, STAGE_OF, STATES, Lane, State

_STATES: dict[str, State] = {state: state for state in STATES}
PAPERS_OWED: tuple[Lane, ...] = LANES[: LANES.index("papers_complete")]
"""A case accepted first that stands in one of these still owes papers."""


class Jump(NamedTuple):
    """A move from one state to a later one that leaves out `step`; `made_good` are the events by which a case comes to it after all."""

    start: State
    end: State
    step: State
    made_good: tuple[str, ...]


class Unchecked(NamedTuple):
    """A move that leaves the application as a grant does; before a grant there is one of `checks`, after which the step is named."""

    start: State
    end: State
    checks: tuple[str, ...]

    @property
    def step(self) -> str:
        return self.checks[0]


class TwoPersons(NamedTuple):
    """What `event` records is to be done by another person than what `other` does."""

    event: str
    other: str


def _of_cases() -> Iterator[type[Command]]:
    return (kind for kind in COMMANDS.values() if kind.stream == "case" and kind.states)


def _moves(kind: type[Command]) -> Iterator[tuple[State, State]]:
    for start, end in kind.leads():
        if start is not None and (reached := _STATES.get(end)):
            yield start, reached


def _onward(start: State, end: State) -> bool:
    return STATES.index(start) < STATES.index(end) and (end not in END_STATES or end == "archived")


@cache
def ordinary_line() -> tuple[State, ...]:
    """The states of the shortest way from `received` to `archived` by commands of the stage each move begins in."""
    ways: dict[State, list[State]] = {}
    for kind in _of_cases():
        for start, end in _moves(kind):
            if kind.room == STAGE_OF[start] and _onward(start, end):
                ways.setdefault(start, []).append(end)
    first: State = "received"
    reached: dict[State, State | None] = {first: None}
    waiting: deque[State] = deque([first])
    while waiting:
        here = waiting.popleft()
        for end in sorted(ways.get(here, ()), key=STATES.index):
            if end not in reached:
                reached[end] = here
                waiting.append(end)
    line: list[State] = []
    at: State | None = "archived"
    while at is not None:
        line.append(at)
        at = reached[at]
    return tuple(reversed(line))


def passed_over(start: State, end: State) -> tuple[State, ...]:
    """States of the ordinary line between the two; none where the move leads back or beside the line."""
    if end not in ordinary_line() or not _onward(start, end):
        return ()
    first, last = STATES.index(start), STATES.index(end)
    return tuple(state for state in ordinary_line() if first < STATES.index(state) < last)


@cache
def jumps() -> tuple[Jump, ...]:
    """Every move of the commands that leaves out a state of the ordinary line, a state each."""
    moves = sorted({move for kind in _of_cases() for move in _moves(kind)}, key=lambda m: (STATES.index(m[0]), STATES.index(m[1])))
    return tuple(Jump(start, end, step, _brought_by(step)) for start, end in moves for step in passed_over(start, end))


def _brought_by(state: State) -> tuple[str, ...]:
    """What brings a case to a state of the ordinary line from the one before it."""
    line = ordinary_line()
    before = line[line.index(state) - 1]
    return tuple(sorted({kind.emits[0] for kind in _of_cases() if kind.room == STAGE_OF[before] and (before, state) in kind.leads()}))


@cache
def unchecked() -> tuple[Unchecked, ...]:
    """Moves to where a command that asks for checks leads, made by one that does not ask for them."""
    asking = [kind for kind in _of_cases() if kind.after]
    moves: set[tuple[State, State, tuple[str, ...]]] = {
        (start, end, checks)
        for kind in asking
        for other in _of_cases()
        if not other.after
        for start, end in _moves(other)
        if end in kind.to and STAGE_OF[start] == kind.room
        for checks in kind.after
    }
    return tuple(Unchecked(*move) for move in sorted(moves, key=lambda m: (STATES.index(m[0]), STATES.index(m[1]), m[2])))


@cache
def two_persons() -> tuple[TwoPersons, ...]:
    """Pairs of events that two persons bring (四眼原则), as the commands say it."""
    return tuple(sorted({TwoPersons(kind.emits[0], kind.other_than) for kind in _of_cases() if kind.other_than}))
