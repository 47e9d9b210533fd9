"""New plans where the calendar or a rule changed: dates move where they must, no reminder is lost and none is told twice."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.clocks import ReplanClocks
from domain.clocks.events import ClockReplanned
from domain.clocks.limits import Limit
from domain.clocks.replanning import carried
from domain.decide import decide
from domain.directory.entries import DayRule
from domain.rules import Rules
from domain.stream import Clock, Rung
from tests.unit.test_clocks import RULES, ZONE, Scene, accepted, at, day, submitted


def off(*days: str, kept: Any = "off") -> Rules:
    """The rules with some days of 2026 kept otherwise."""
    found = {day(d): DayRule(day=day(d), kept=kept, since=day("01-01"), name="停电", source="通知") for d in days}
    return RULES.keeping(found)


def numbered(limit_id: str, **changes: Any) -> Rules:
    """The rules with a limit's row corrected."""
    rows: tuple[Limit, ...] = tuple(replace(row, **changes) for row in RULES.limits.rows[limit_id])
    return replace(RULES, limits=replace(RULES.limits, rows={**RULES.limits.rows, limit_id: rows}))


def replan(scene: Scene, rules: Rules, now: str, ref: str = "calendar/9") -> list[ClockReplanned]:
    """What `replan_clocks` brings under those rules at a moment."""
    facts = replace(scene.facts(at(now), day(now[:5])), rules=rules)
    decision = decide(scene.case, ReplanClocks(ref=ref), facts)
    scene.history += decision.events
    scene.case = decision.case
    return [h.event for h in decision.events if isinstance(h.event, ClockReplanned)]


def owed(clock: Clock) -> list[tuple[int, str]]:
    """The steps still to ring: number and moment."""
    return [(rung.n, f"{rung.at:%m-%dT%H:%M}") for rung in clock.rungs if not rung.fired]


class TestDates:
    def test_a_day_off_where_a_limit_would_have_ended_moves_it_to_the_next_working_day(self) -> None:
        scene = submitted("03-02")  # seven days: Mon 9 March
        (event,) = replan(scene, off("03-09"), "03-03T10:00")
        assert (event.old_due_on, event.due_on, event.cause, event.ref) == (day("03-09"), day("03-10"), "calendar", "calendar/9")
        clock = scene.clock("examine_application")
        assert (clock.due_on, clock.first_due_on, clock.moves, clock.state) == (day("03-10"), day("03-09"), 1, "running")
        assert clock.counted["days"][-1] == {"from": "2026-03-10", "to": "2026-03-10", "days": 1, "counted": False, "reason": "rolled"}

    def test_a_case_that_is_not_touched_gives_no_event(self) -> None:
        scene = submitted("03-02")
        version = scene.case.version
        assert replan(scene, off("03-20"), "03-03T10:00") == []
        assert scene.case.version == version

    def test_the_same_change_twice_moves_once(self) -> None:
        scene = submitted("03-02")
        assert len(replan(scene, off("03-09"), "03-03T10:00")) == 1
        assert replan(scene, off("03-09"), "03-03T10:05") == []

    def test_a_corrected_number_moves_the_clocks_of_its_row(self) -> None:
        scene = submitted("03-02")
        (event,) = replan(scene, numbered("examine_application", n=10), "03-03T10:00", "rule/4")
        assert (event.due_on, event.cause) == (day("03-12"), "rule")

    def test_a_row_from_a_later_day_leaves_clocks_started_before_alone(self) -> None:
        scene = submitted("03-02")
        rows = RULES.limits.rows["examine_application"]
        later = (replace(rows[0], from_=day("03-03"), n=10), *rows)
        rules = replace(RULES, limits=replace(RULES.limits, rows={**RULES.limits.rows, "examine_application": later}))
        assert replan(scene, rules, "03-03T10:00") == []

    def test_a_date_that_a_body_set_is_not_moved(self) -> None:
        scene = accepted(on="03-02", due_on="04-01")
        assert "supply_owed_papers" not in {event.clock_id.partition("/")[0] for event in replan(scene, off("04-01"), "03-03T10:00")}
        assert scene.clock("supply_owed_papers").due_on == day("04-01")

    def test_its_reminders_are_moved_all_the_same(self) -> None:
        scene = accepted(on="03-02", due_on="04-01")
        (event,) = [e for e in replan(scene, off("03-31"), "03-03T10:00") if e.clock_id.startswith("supply_owed_papers")]
        assert (event.old_due_on, event.due_on) == (day("04-01"), day("04-01"))
        clock = scene.clock("supply_owed_papers")
        assert (2, "03-30T09:00") in owed(clock)
        assert clock.moves == 0

    def test_a_paused_clock_waits_for_its_resumption(self) -> None:
        scene = submitted("03-02")
        scene.happens("supplement_required", "03-04", by=day("03-20"))
        assert "examine_application" not in {event.clock_id.partition("/")[0] for event in replan(scene, off("03-09"), "03-05T10:00")}

    def test_pauses_that_were_closed_stay_uncounted(self) -> None:
        scene = submitted("03-02")
        scene.happens("supplement_required", "03-04", by=day("03-20"))
        scene.happens("papers_completed", "03-06")
        assert scene.clock("examine_application").due_on == day("03-11")
        (event,) = [e for e in replan(scene, off("03-11"), "03-09T10:00") if e.clock_id.startswith("examine")]
        assert event.due_on == day("03-12")

    def test_an_answered_clock_keeps_its_date_for_ever(self) -> None:
        scene = submitted("03-02")
        scene.happens("aid_refused", "03-04", changes={"state": "refused", "recipients": ()})
        assert scene.limits()["examine_application"] == "met"
        assert replan(scene, off("03-09"), "03-05T10:00") == []


class TestReminders:
    def test_what_is_still_ahead_moves_with_the_date(self) -> None:
        scene = submitted("03-02")
        replan(scene, off("03-09"), "03-03T10:00")
        moments = [(2, "03-06T09:00"), (1, "03-07T00:00"), (3, "03-10T09:00"), (4, "03-11T00:00"), (5, "03-12T09:00")]
        assert owed(scene.clock("examine_application")) == moments

    def test_that_half_the_time_is_used_is_said_once(self) -> None:
        scene = submitted("03-02")
        scene.marks("03-06T12:00", "examine_application", 1)
        replan(scene, off("03-09"), "03-06T13:00")
        clock = scene.clock("examine_application")
        assert 1 not in dict(owed(clock))
        assert [rung.n for rung in clock.rungs if rung.fired] == [1]

    def test_due_today_is_said_again_of_the_new_day(self) -> None:
        scene = submitted("03-02")
        scene.marks("03-09T09:00", "examine_application", 3)
        replan(scene, off("03-09"), "03-09T10:00")
        assert (3, "03-10T09:00") in owed(scene.clock("examine_application"))

    def test_a_missed_limit_that_no_longer_is_runs_again(self) -> None:
        scene = submitted("03-02")
        scene.marks("03-10T00:00", "examine_application", 4)
        assert scene.clock("examine_application").state == "missed"
        replan(scene, off("03-09", "03-10"), "03-10T09:30")
        clock = scene.clock("examine_application")
        assert (clock.state, clock.due_on) == ("running", day("03-11"))
        assert (4, "03-12T00:00") in owed(clock)

    def test_a_missed_limit_that_still_is_stays_so_and_is_not_missed_anew(self) -> None:
        scene = submitted("03-02")
        scene.marks("03-10T00:00", "examine_application", 4)
        replan(scene, off("03-09"), "03-20T09:30")
        clock = scene.clock("examine_application")
        assert (clock.state, clock.due_on) == ("missed", day("03-10"))
        assert 4 not in dict(owed(clock))

    def test_a_limit_that_turns_out_to_be_past_is_told_at_once_and_only_by_its_gravest_word(self) -> None:
        scene = submitted("03-02")
        replan(scene, numbered("examine_application", n=3), "03-06T10:00", "rule/4")  # Thu 5 March
        clock = scene.clock("examine_application")
        assert owed(clock) == [(4, "03-06T10:00"), (5, "03-09T09:00")]
        assert [event.type for event in scene.marks("03-06T10:00", "examine_application", 4)] == ["deadline_missed"]
        assert scene.clock("examine_application").state == "missed"

    def test_overdue_papers_are_owed_again_where_their_limit_runs_again(self) -> None:
        scene = accepted(on="03-02", due_on="03-06")
        scene.marks("03-07T00:00", "supply_owed_papers", 4)
        assert scene.case.accept_first is not None
        assert scene.case.accept_first.state == "papers_overdue"
        clock = scene.clock("supply_owed_papers")
        later = ClockReplanned(
            clock_id=clock.id,
            old_due_on=clock.due_on,
            cause="calendar",
            due_on=day("03-12"),
            due_at=at("03-12T23:59"),
            rungs=(),
            counted={},
        )
        scene._record(later, scene.facts(at("03-07T10:00"), day("03-07")))
        assert scene.case.accept_first is not None
        assert (scene.case.accept_first.state, scene.clock("supply_owed_papers").state) == ("papers_owed", "running")


LADDER = RULES.limits.ladders["default"]
MOMENTS = st.integers(0, 60).map(lambda hours: datetime(2026, 3, 2, tzinfo=ZONE) + timedelta(hours=6 * hours))


@st.composite
def plans(draw: st.DrawFn) -> tuple[Rung, ...]:
    moments = sorted(draw(st.lists(MOMENTS, min_size=5, max_size=5, unique=True)))
    return tuple(Rung(n=step.n, at=moment, to=step.to, kind=step.kind) for step, moment in zip(LADDER, moments, strict=True))


class TestAnyMove:
    @given(old=plans(), new=plans(), now=MOMENTS, moved=st.booleans())
    def test_each_step_is_told_at_most_once_of_a_date_and_none_that_lies_ahead_is_lost(
        self, old: tuple[Rung, ...], new: tuple[Rung, ...], now: datetime, moved: bool
    ) -> None:
        plan = new if moved else old
        rang = tuple(rung.model_copy(update={"fired": True}) if rung.at <= now else rung for rung in old)
        clock = submitted("03-02").clock("examine_application")
        missed = any(rung.fired and rung.kind != "warned" for rung in rang)
        clock = clock.model_copy(update={"rungs": rang, "state": "missed" if missed else "running"})

        found = carried(clock, plan, LADDER, now, moved=moved)

        assert len({rung.n for rung in found}) == len(found)
        due_now = [rung for rung in found if not rung.fired and rung.at <= now]
        assert len(due_now) <= 1
        fired = {rung.n for rung in rang if rung.fired}
        if not moved:
            assert {rung.n for rung in found if not rung.fired} == {rung.n for rung in rang} - fired
        for step in plan:
            if step.at > now and not (step.n == 1 and 1 in fired):
                assert any(rung.n == step.n and not rung.fired and rung.at == step.at for rung in found)

    @pytest.mark.parametrize("days", [1, 7])
    def test_a_move_and_back_leaves_the_same_reminders(self, days: int) -> None:
        scene = submitted("03-02")
        before = owed(scene.clock("examine_application"))
        replan(scene, numbered("examine_application", n=7 + days), "03-02T11:00", "rule/4")
        replan(scene, RULES, "03-02T12:00", "rule/5")
        assert owed(scene.clock("examine_application")) == before
        assert date(2026, 3, 9) == scene.clock("examine_application").due_on
