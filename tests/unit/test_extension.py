"""More time for a limit: asked with a reason, answered by somebody else, where the rule allows and nowhere else."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from domain.clocks import ReplanClocks
from domain.clocks.deadlines import MarkDeadline
from domain.clocks.limits import read_limits
from domain.decide import allowed_commands, may_issue
from domain.directory.entries import DayRule
from domain.rules import Rules
from domain.stages.application import DeemWithdrawn
from domain.stages.extension import ApproveExtension, AskExtension, RefuseExtension, room_left
from domain.stages.supplement import RequireSupplement, SupplyPapers
from domain.stream import Clock, fold
from tests.unit.test_rules import raw
from tests.unit.world import BY_ROLE, DIRECTORY, RULES, TODAY, Case, given, names, noon, papers, submit

BY = date(2026, 3, 20)
"""A Friday: the day the centre named for the papers."""
LATER = date(2026, 3, 27)
SUPPLEMENT = RequireSupplement(papers=papers("id_copy"), by=BY, override_reason="遗漏")


def rules_with(limit_id: str, days: int | None) -> Rules:
    """The rules where that limit may be extended by so many days."""
    rows = tuple(replace(row, extendable=days) for row in RULES.limits.rows[limit_id])
    return replace(RULES, limits=replace(RULES.limits, rows={**RULES.limits.rows, limit_id: rows}))


EXAMINE = rules_with("examine_application", 10)


def waiting() -> Case:
    """A case whose applicant is to bring papers by a day."""
    return given(submit(), SUPPLEMENT)


def clock(case: Case, limit: str = "supply_papers") -> Clock:
    return next(c for c in case.state.clocks if c.limit == limit)


def ask(case: Case, due_on: date = LATER, limit: str = "supply_papers") -> AskExtension:
    return AskExtension(clock=clock(case, limit).id, due_on=due_on, reason="材料须由外地单位出具")


def approve(case: Case, limit: str = "supply_papers") -> ApproveExtension:
    return ApproveExtension(clock=clock(case, limit).id)


def refuse(case: Case) -> RefuseExtension:
    return RefuseExtension(clock=clock(case).id, reason="本地即可补齐")


class TestTheCourse:
    def test_asked_the_date_stays_until_somebody_answers(self) -> None:
        case = waiting()
        assert names(case.when(ask(case))) == ["extension_asked"]
        held = clock(case)
        assert held.question is not None
        assert (held.due_on, held.question.due_on, held.question.by) == (BY, LATER, BY_ROLE["caseworker"].id)

    def test_approved_the_clock_moves_and_says_by_what(self) -> None:
        case = waiting()
        case.then(ask(case))
        assert names(case.when(approve(case))) == ["extension_approved"]
        moved: Any = case.history[-1].event
        assert (moved.type, moved.cause, moved.ref) == ("clock_replanned", "extension_approved", None)
        held = clock(case)
        assert (held.due_on, held.first_due_on, held.extended, held.question, held.moves) == (LATER, BY, 7, None, 1)
        assert case.state.supplement
        assert case.state.supplement.by == LATER

    def test_nothing_is_deemed_withdrawn_before_the_later_day_is_over(self) -> None:
        case = waiting()
        case.then(ask(case))
        case.then(approve(case)).on = BY + timedelta(days=1)
        case.refused("supplement_not_due", DeemWithdrawn(reason="逾期"))

    def test_refused_the_date_stays_and_one_may_ask_again(self) -> None:
        case = waiting()
        case.then(ask(case))
        assert names(case.when(refuse(case))) == ["extension_refused"]
        assert (clock(case).due_on, clock(case).extended, clock(case).question) == (BY, 0, None)
        assert names(case.when(ask(case))) == ["extension_asked"]

    def test_twice_is_counted_together(self) -> None:
        case = waiting()
        case.then(ask(case))
        case.then(approve(case))
        case.then(ask(case, LATER + timedelta(days=8)))
        case.then(approve(case))
        assert (clock(case).due_on, clock(case).extended) == (date(2026, 4, 4), 15)
        assert room_left(clock(case), RULES, noon(TODAY)) == 0
        assert case.refused("extension_too_long", ask(case, date(2026, 4, 5))).detail["left"] == 0

    def test_a_history_folds_to_the_same_case(self) -> None:
        case = waiting()
        case.then(ask(case))
        case.then(approve(case))
        assert fold(case.history, Case().state) == case.state


class TestRefusals:
    def test_a_limit_of_the_law_is_never_extended(self) -> None:
        case = given(submit())
        refusal = case.refused("limit_not_extendable", ask(case, date(2026, 4, 1), "examine_application"))
        assert (refusal.status, refusal.pointer) == (409, "/clock")
        assert not AskExtension.offered(case.state, RULES, noon(TODAY))
        assert AskExtension.offered(waiting().state, RULES, noon(TODAY))

    def test_a_clock_there_is_not(self) -> None:
        asked = AskExtension(clock="supply_papers/99", due_on=LATER, reason="x")
        assert waiting().refused("unknown_clock", asked).pointer == "/clock"

    @pytest.mark.parametrize("day", [BY, BY - timedelta(days=1)])
    def test_a_day_that_is_not_later(self, day: date) -> None:
        case = waiting()
        refusal = case.refused("due_on_not_later", ask(case, day))
        assert (refusal.status, refusal.pointer) == (422, "/due_on")

    def test_a_day_beyond_the_most(self) -> None:
        case = waiting()
        refusal = case.refused("extension_too_long", ask(case, BY + timedelta(days=16)))
        assert (refusal.status, refusal.pointer, refusal.detail["most"]) == (422, "/due_on", 15)
        assert case.when(ask(case, BY + timedelta(days=15)))

    def test_a_second_question_while_one_is_open(self) -> None:
        case = waiting()
        case.then(ask(case))
        case.refused("extension_waits", ask(case))

    def test_an_answer_to_no_question(self) -> None:
        case = waiting()
        for answer in (approve(case), refuse(case)):
            case.refused("wrong_state", answer)
        case.then(ask(case))
        other = clock(case, "examine_application").id
        case.refused("no_extension_asked", RefuseExtension(clock=other, reason="x"))

    def test_a_paused_clock(self) -> None:
        case = waiting()
        case.refused("clock_paused", ask(case, date(2026, 4, 1), "examine_application"), rules=EXAMINE)

    def test_a_clock_that_is_met(self) -> None:
        case = waiting()
        asked = ask(case)
        case.then(SupplyPapers(papers=papers("id_copy")))
        assert clock(case).state == "met"
        case.refused("clock_over", asked)

    def test_a_clock_past_its_date_whether_marked_or_not(self) -> None:
        case = waiting()
        case.on = BY + timedelta(days=1)
        case.refused("clock_over", ask(case, BY + timedelta(days=5)))

    def test_who_asked_does_not_answer_nor_who_was_stood_in_for(self) -> None:
        case = waiting()
        case.then(ask(case))
        asker = BY_ROLE["caseworker"]._replace(role="supervisor")
        for answer in (approve(case), refuse(case)):
            case.refused("two_persons_required", answer, asker)
        assert not may_issue(case.state, ApproveExtension, asker, DIRECTORY, TODAY)
        assert may_issue(case.state, ApproveExtension, BY_ROLE["supervisor"], DIRECTORY, TODAY)

    def test_who_may_ask_and_who_may_answer(self) -> None:
        case = waiting()
        case.refused("role_not_allowed", ask(case), "receptionist")
        case.refused("not_your_case", ask(case), "lawyer")
        case.then(ask(case))
        case.refused("role_not_allowed", approve(case), "approver")
        assert "approve_extension" in allowed_commands(case.state, "supervisor")

    def test_a_rule_that_no_longer_allows_it_when_it_is_to_be_granted(self) -> None:
        case = waiting()
        case.then(ask(case))
        case.refused("limit_not_extendable", approve(case), rules=rules_with("supply_papers", None))
        case.refused("extension_too_long", approve(case), rules=rules_with("supply_papers", 3))
        assert names(case.when(refuse(case), rules=rules_with("supply_papers", None))) == ["extension_refused"]


class TestLapsing:
    def test_the_question_ends_with_its_clock(self) -> None:
        case = waiting()
        case.then(ask(case), SupplyPapers(papers=papers("id_copy")))
        assert clock(case).question is None
        case.refused("wrong_state", approve(case))

    def test_the_question_ends_when_the_limit_is_missed(self) -> None:
        case = waiting()
        case.then(ask(case)).on = BY + timedelta(days=1)
        missed = next(r for r in clock(case).rungs if r.kind == "missed")
        case.when(MarkDeadline(clock=clock(case).id, plan_version=clock(case).plan_version, rung=missed.n), "system")
        assert (clock(case).state, clock(case).question) == ("missed", None)


class TestLaterPlans:
    def test_a_day_off_moves_the_longer_limit_and_not_back_to_the_shorter(self) -> None:
        case = longer(date(2026, 3, 20))  # 7 days from Tue 10 March, three more: Fri 20
        assert clock(case, "examine_application").extended == 3
        off = DayRule(day=date(2026, 3, 20), kept="off", since=TODAY, name="停电", source="通知")
        case.when(ReplanClocks(ref="calendar/9"), "system", rules=EXAMINE.keeping({off.day: off}))
        held = clock(case, "examine_application")
        assert (held.due_on, held.extended) == (date(2026, 3, 23), 3)

    def test_a_change_elsewhere_leaves_it_alone(self) -> None:
        case = longer(date(2026, 3, 20))
        version = case.state.version
        case.when(ReplanClocks(ref="calendar/9"), "system", rules=EXAMINE)
        assert case.state.version == version

    def test_days_of_a_pause_come_on_top(self) -> None:
        case = longer(date(2026, 3, 20))
        case.when(SUPPLEMENT.model_copy(update={"by": date(2026, 4, 1)}), rules=EXAMINE)
        case.on = date(2026, 3, 12)
        case.when(SupplyPapers(papers=papers("id_copy")), rules=EXAMINE)
        assert clock(case, "examine_application").due_on == date(2026, 3, 23)  # the 22nd is a Sunday

    def test_a_day_off_that_is_asked_for_becomes_the_next_working_day(self) -> None:
        case = longer(date(2026, 3, 21))
        assert clock(case, "examine_application").due_on == date(2026, 3, 23)

    @drawn(st.integers(1, 15), st.integers(0, 10 * 24))
    def test_no_rung_is_lost_or_doubled(self, days: int, hours: int) -> None:
        case = waiting()
        case.then(ask(case, BY + timedelta(days=days)))
        now: datetime = noon(TODAY) + timedelta(hours=hours)
        for rung in clock(case).rungs:
            if rung.at <= now and rung.at < clock(case).due_at:
                mark = MarkDeadline(clock=clock(case).id, plan_version=clock(case).plan_version, rung=rung.n)
                case.when(mark, "system", now=now, effective_on=now.date())
        if now > clock(case).due_at:
            return
        rang = {r.n for r in clock(case).rungs if r.fired}
        case.when(approve(case), now=now, effective_on=now.date())
        after = clock(case).rungs
        owed = [r for r in after if not r.fired]
        assert len({r.n for r in after}) == len(after)
        assert {r.n for r in after if r.kind != "warned"} <= {r.n for r in owed}
        assert rang <= {r.n for r in after}
        assert all(r.at >= now for r in owed)
        assert {r.n for r in owed if r.kind == "missed"}


class TestRules:
    def test_only_what_the_centre_itself_sets_may_be_extended_as_shipped(self) -> None:
        rows = [row for versions in RULES.limits.rows.values() for row in versions]
        assert {row.id for row in rows if row.extendable} == {"supply_papers"}

    @pytest.mark.parametrize("limit", ["urgent_assign", "before_limitation", "supply_owed_papers"])
    def test_hours_dates_of_law_and_what_another_command_moves_cannot_be_made_extendable(self, limit: str) -> None:
        data = raw("time-limits.yaml")
        next(row for row in data["limits"] if row["id"] == limit)["extendable"] = 5
        with pytest.raises(ValueError, match=limit):
            read_limits(data)


def longer(day: date) -> Case:
    """A case whose examination was extended under rules that allow it."""
    case = given(submit())
    case.when(ask(case, day, "examine_application"), rules=EXAMINE)
    case.when(approve(case, "examine_application"), rules=EXAMINE)
    return case
