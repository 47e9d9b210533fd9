"""The course of a stream: its history taken command by command, as the recorder wrote it, with how the stream stood before and after each.

It is what a read model's rows of a stream are made of, whether they are written with the events or made anew.
"""

from collections.abc import Iterable, Sequence
from itertools import accumulate, groupby
from typing import NamedTuple

from domain.command import Happened
from domain.stream import StreamState, blank_of, evolve
from ledger.events import Recorded


class Change(NamedTuple):
    """What one append brought to a stream: several commands that were sent as one are one."""

    before: StreamState
    after: StreamState
    events: Sequence[Happened]
    states: Sequence[StreamState] = ()
    """How the stream stood after each of the events; in a course made from the ledger only."""


type Course = Sequence[Change]
"""Of one stream, from its first event on; never empty."""


def course_of(kind: str, stream_id: str, history: Iterable[Recorded]) -> Course:
    """The course of a stream whose whole history, or its beginning, is given in order.

    What was appended together bears one moment and one correlation id: the moment is the ledger's, asked once an append.
    """
    state = blank_of(kind, stream_id)
    course: list[Change] = []
    for _, group in groupby(history, key=lambda r: (r.recorded_at, r.correlation_id)):
        events = [recorded.happened for recorded in group]
        states = list(accumulate(events, evolve, initial=state))[1:]
        course.append(Change(state, states[-1], events, states))
        state = states[-1]
    return course
