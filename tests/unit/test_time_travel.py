"""A case as it stood, and what changed in between, as equations over generated cases."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from itertools import takewhile
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from jsonpointer import JsonPointer

from api.views import case_view, changes
from domain.case import CaseState, blank
from domain.command import Happened
from domain.stream import evolve, fold
from ledger.events import Recorded
from readmodels.cases import at_versions, folded, part_of
from readmodels.course import course_of
from tests.unit.test_lifecycle_properties import LIFE, Life, lives
from tests.unit.world import noon

BEGIN = datetime(2026, 3, 10, 4, tzinfo=UTC)


def recorded(history: list[Happened]) -> list[Recorded]:
    """The history as the ledger gives it back: each command's events at one moment, a minute after those before."""
    found: list[Recorded] = []
    minutes: dict[str, int] = {}
    for happened in history:
        minute = minutes.setdefault(happened.at.command_id, len(minutes))
        at = BEGIN + timedelta(minutes=minute)
        found.append(Recorded(1000 + happened.at.version, at, happened.at.command_id, None, b"", b"", happened.at, happened.event))
    return found


def naive(history: list[Happened], case_id: str) -> CaseState:
    """The fold, written as plainly as can be."""
    state = blank(case_id)
    for happened in history:
        state = evolve(state, happened)
    return state


def without_nothing(value: Any) -> Any:
    """JSON in which absent and null are one, as a diff takes them."""
    if isinstance(value, dict):
        return {name: without_nothing(each) for name, each in value.items() if each is not None}
    return [without_nothing(each) for each in value] if isinstance(value, list) else value


def patched(value: Any, diff: list[dict[str, Any]]) -> Any:
    """The value with a diff applied; what leaves a list leaves it from its end, so the last places come first."""
    value = deepcopy(value)
    gone = [each for each in diff if each["after"] is None]
    for each in [each for each in diff if each["after"] is not None]:
        parent, last = JsonPointer(each["pointer"]).to_last(value)
        if isinstance(parent, list) and int(last) == len(parent):
            parent.append(each["after"])
        else:
            parent[int(last) if isinstance(parent, list) else last] = deepcopy(each["after"])
    for each in reversed(gone):
        parent, last = JsonPointer(each["pointer"]).to_last(value)
        parent.pop(int(last) if isinstance(parent, list) else last)
    return value


def view(case: CaseState) -> Any:
    return without_nothing(case_view(case, noon(date(2026, 3, 10)))) if case.version else {}


@LIFE
@given(lives(), st.data())
def test_a_version_is_the_fold_of_the_events_up_to_it(life: Life, data: st.DataObject) -> None:
    history, case_id = life.case.history, life.case.state.case_id
    version = data.draw(st.integers(1, len(history)))
    assert folded(case_id, recorded(history)[:version]) == naive(history[:version], case_id)
    assert naive(history[:version], case_id).version == version
    stood = at_versions(case_id, recorded(history), (version, 1))
    assert stood == {n: naive(history[:n], case_id) for n in {0, 1, version}}


@LIFE
@given(lives(), st.integers(-1, 40))
def test_a_recorded_moment_takes_what_was_recorded_by_then_and_nothing_of_a_command_by_halves(life: Life, minute: int) -> None:
    rows = recorded(life.case.history)
    moment = BEGIN + timedelta(minutes=minute, seconds=30)
    taken = part_of(rows, recorded=moment)
    assert taken == list(takewhile(lambda r: r.recorded_at <= moment, rows))
    commands = {r.at.command_id for r in taken}
    assert [r for r in rows if r.at.command_id in commands] == taken
    assert folded(life.case.state.case_id, taken) == naive([r.happened for r in taken], life.case.state.case_id)


@LIFE
@given(lives(), st.integers(-1, 90), st.integers(-1, 40))
def test_a_legal_day_takes_what_is_of_that_day_and_before_whenever_it_was_recorded(life: Life, days: int, minute: int) -> None:
    rows = recorded(life.case.history)
    day, moment = date(2026, 3, 10) + timedelta(days=days), BEGIN + timedelta(minutes=minute)
    taken = part_of(rows, legal=day)
    assert taken == [r for r in rows if r.at.effective_on <= day]
    assert part_of(rows, legal=day, recorded=moment) == [r for r in taken if r.recorded_at <= moment]
    assert folded(life.case.state.case_id, taken) == naive([r.happened for r in taken], life.case.state.case_id)


@LIFE
@given(lives(), st.data())
def test_a_diff_leads_from_one_version_to_the_other_and_back(life: Life, data: st.DataObject) -> None:
    history, case_id = life.case.history, life.case.state.case_id
    first, last = (data.draw(st.integers(0, len(history))) for _ in range(2))
    before, after = (view(naive(history[:version], case_id)) for version in (first, last))
    there, back = list(changes(before, after)), list(changes(after, before))
    assert without_nothing(patched(before, there)) == after
    assert without_nothing(patched(after, back)) == before
    assert back == [{"pointer": c["pointer"], "before": c["after"], "after": c["before"]} for c in there]


@LIFE
@given(lives())
def test_a_diff_with_itself_is_empty(life: Life) -> None:
    assert list(changes(view(life.case.state), view(life.case.state))) == []


@LIFE
@given(lives())
def test_the_course_tells_every_command_and_every_state_on_the_way(life: Life) -> None:
    case = life.case
    course = course_of("case", case.state.case_id, recorded(case.history))
    assert [happened for change in course for happened in change.events] == case.history
    states = [state for change in course for state in change.states]
    assert states == [fold(case.history[: n + 1], blank(case.state.case_id)) for n in range(len(case.history))]
    assert [change.before for change in course[1:]] == [change.after for change in course[:-1]]
