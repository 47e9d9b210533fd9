"""Clocks: what starts, pauses, meets, cancels and moves them, and which reminders they owe."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, cast

import pytest
from pydantic import create_model

from domain.case import AcceptFirst, CaseState, Procedure, Recipient, Representation, blank
from domain.clocks import MarkDeadline, display, follow, plan
from domain.command import EVENTS, Actor, Event, Facts, Happened, Stamp
from domain.decide import decide
from domain.directory import Directory
from domain.stream import Clock, evolve, fold
from domain.values import Matter, Model
from ledger import rules

RULES = rules.current()
ZONE = RULES.zone


class Told(Model):
    """What a stage's event would change, for tests that need no stage."""

    changes: dict[str, Any]

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        del at
        return case.but(**self.changes)


def told(kind: str, changes: dict[str, Any], fields: dict[str, Any]) -> Event:
    """An event of that type; the registry of the real events stays as it is."""
    known = dict(EVENTS)
    try:
        name = "".join(word.capitalize() for word in kind.split("_"))
        model = cast("Any", create_model)(name, __base__=(Told, Event), **dict.fromkeys(fields, (Any, ...)))
    finally:
        EVENTS.clear()
        EVENTS.update(known)
    return model(changes=changes, **fields)


def day(text: str) -> date:
    return date.fromisoformat(f"2026-{text}")


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=ZONE)


class Scene:
    """A case to which things happen on days of 2026 (`03-02`), typed at ten that morning unless said otherwise."""

    def __init__(self, **case: Any) -> None:
        self.case = blank("c").but(**{"state": "received", **case})
        self.start = self.case
        self.history: list[Happened] = []

    def happens(
        self, kind: str, on: str, /, *, typed: str | None = None, changes: dict[str, Any] | None = None, **fields: Any
    ) -> list[Event]:
        """The clock events that follow."""
        now = at(typed or f"{on}T10:00")
        facts = self.facts(now, day(on[:5]))
        before = self.case
        cause = self._record(told(kind, changes or {}, fields), facts)
        events = follow(before, self.case, cause, facts)
        for event in events:
            self._record(event, facts)
        return events

    def marks(self, now: str, limit: str, rung: int, plan_version: int | None = None) -> list[Event]:
        """What `mark_deadline` brings at a moment."""
        clock = self.clock(limit)
        command = MarkDeadline(clock=clock.id, plan_version=plan_version or clock.plan_version, rung=rung)
        decision = decide(self.case, command, self.facts(at(now), day(now[:5])))
        self.history += decision.events
        self.case = decision.case
        return [happened.event for happened in decision.events]

    def clock(self, limit: str) -> Clock:
        return [c for c in self.case.clocks if c.limit == limit][-1]

    def limits(self) -> dict[str, str]:
        return {c.limit: c.state for c in self.case.clocks}

    def facts(self, now: datetime, effective_on: date) -> Facts:
        actor = Actor("system", "system", "o")
        return Facts(now, effective_on, actor, directory=Directory(), rules=RULES, command_id="x")

    def _record(self, event: Event, facts: Facts) -> Happened:
        stamp = Stamp(self.case.version + 1, facts.now, facts.effective_on, "p", "caseworker", "o", "x")
        self.history.append(Happened(stamp, event))
        self.case = evolve(self.case, self.history[-1])
        return self.history[-1]


def kinds(events: list[Event]) -> list[str]:
    return [event.type for event in events]


def submitted(on: str = "03-02", **fields: Any) -> Scene:
    scene = Scene()
    scene.happens("application_submitted", on, **{"received_by_centre_on": None, **fields})
    return scene


def lane(basis: str = "local_policy", **fields: Any) -> AcceptFirst:
    values: dict[str, Any] = {"state": "papers_owed", "ground": "migrant_worker", "papers_owed": (), "papers_listed": ()}
    return AcceptFirst(**{**values, "due_on": day("04-01"), "accepted_on": day("03-02"), "basis": basis, **fields})


def accepted(basis: str = "local_policy", *, on: str = "03-02", due_on: str = "04-01", scene: Scene | None = None, **fields: Any) -> Scene:
    scene = scene or Scene()
    acceptance = lane(basis, due_on=day(due_on), deferred=basis != "local_policy", **fields)
    scene.happens("accepted_first", on, changes={"accept_first": acceptance, "state": "awaiting_assignment"}, due_on=day(due_on))
    return scene


class TestStarting:
    def test_an_application_starts_the_examination(self) -> None:
        clock = submitted("03-02").clock("examine_application")
        assert (clock.id, clock.state, clock.due_on, clock.source) == ("examine_application/1", "running", day("03-09"), "LAL 43; R148 17")
        assert clock.due_at.isoformat() == "2026-03-09T23:59:59+08:00"

    def test_the_day_the_centre_received_it_goes_before_the_day_it_was_entered(self) -> None:
        clock = submitted("03-06", received_by_centre_on=day("03-03")).clock("examine_application")
        assert (clock.started_on, clock.due_on) == (day("03-03"), day("03-10"))

    def test_an_acceptance_starts_papers_and_assignment(self) -> None:
        scene = accepted(due_on="03-20")
        assert scene.limits() == {"supply_owed_papers": "running", "assign_unit": "running"}
        assert scene.clock("supply_owed_papers").due_on == day("03-20")
        assert scene.clock("assign_unit").due_on == day("03-05")

    def test_an_acceptance_by_delegation_is_to_be_confirmed_within_a_working_day(self) -> None:
        assert accepted(on="03-06", by_delegation=True).clock("confirm_acceptance").due_on == day("03-09")

    def test_an_urgent_acceptance_is_to_be_assigned_within_24_hours(self) -> None:
        assert accepted("urgent_art_44", on="03-07").clock("urgent_assign").due_at == at("03-08T10:00")

    def test_a_grant_for_a_unit_that_is_assigned_already_starts_no_assignment(self) -> None:
        scene = Scene(assignment=None)
        scene.happens("aid_granted", "03-02")
        assert scene.limits() == {"assign_unit": "running"}
        with_unit = Scene(accept_first=lane("urgent_art_44"))
        with_unit.happens("unit_assigned", "03-02", changes={"assignment": {"unit": "u"}}, received_by_unit_on=day("03-02"))
        with_unit.happens("aid_granted", "03-03")
        assert "assign_unit" not in with_unit.limits()

    @pytest.mark.parametrize("last", ["aid_granted", "aid_refused"])
    def test_a_grant_while_a_recipient_is_undecided_starts_the_one_assignment_and_does_not_end_the_examination(self, last: str) -> None:
        scene = submitted()
        scene.happens("aid_granted", "03-03", changes={"recipients": (Recipient(party_id=0, status="granted"), Recipient(party_id=1))})
        assert scene.limits() == {"examine_application": "running", "assign_unit": "running"}
        scene.happens(last, "03-04", changes={"recipients": (Recipient(party_id=0, status="granted"),)})
        assert scene.limits() == {"examine_application": "met", "assign_unit": "running"}
        assert [(c.limit, c.started_on) for c in scene.case.clocks if c.limit == "assign_unit"] == [("assign_unit", day("03-03"))]

    def test_on_an_organs_notice_no_three_days_of_the_centre_run(self) -> None:
        scene = Scene(on_notice=True)
        scene.happens("assignment_declined", "03-02")
        assert scene.limits() == {"assign_on_notice": "running"}

    def test_a_second_start_while_the_first_is_unanswered_starts_no_second_clock(self) -> None:
        scene = accepted("urgent_art_44")
        scene.happens("aid_granted", "03-04")
        assert [c.limit for c in scene.case.clocks].count("assign_unit") == 1

    def test_a_limitation_is_due_on_its_own_date_and_reaches_the_lawyer_first(self) -> None:
        scene = accepted(scene=Scene(matter=Matter(summary="x", limitation_on=day("05-02"))))
        clock = scene.clock("before_limitation")
        assert (clock.unit, clock.due_on) == ("date", day("05-02"))
        assert [r.to for r in clock.rungs][2] == ("lawyer", "owner", "team_lead")

    def test_without_a_limitation_or_once_filed_there_is_nothing_to_guard(self) -> None:
        filed = Procedure(kind="filed", stage="arbitration", body="x", held_on=day("03-01"), version=1)
        assert "before_limitation" not in accepted(scene=Scene(matter=Matter(summary="x"))).limits()
        scene = Scene(matter=Matter(summary="x", limitation_on=day("05-02")), representation=Representation(procedures=(filed,)))
        assert "before_limitation" not in accepted(scene=scene).limits()

    def test_only_the_service_of_a_refusal_or_a_termination_starts_the_time_to_object(self) -> None:
        scene = Scene()
        assert scene.happens("document_served", "03-06", serves="aid_granted", served_on=day("03-05")) == []
        scene.happens("document_served", "03-06", serves="aid_refused", served_on=day("03-05"))
        assert (scene.clock("file_objection").started_on, scene.clock("file_objection").due_on) == (day("03-05"), day("03-20"))

    def test_limits_of_the_next_issue_are_not_armed(self) -> None:
        assert Scene().happens("procedure_recorded", "03-02", kind="judgment", received_on=day("03-02"), held_on=day("03-02")) == []

    def test_before_the_law_a_limit_is_said_to_be_unknown(self) -> None:
        scene = Scene()
        events = scene.happens("unit_assigned", "03-02", received_by_unit_on=date(2023, 8, 31), changes={"assignment": {"unit": "u"}})
        assert kinds(events) == ["limit_unknown"]
        assert [(u.limit, u.known_from) for u in scene.case.unknown_limits] == [("sign_engagement", date(2023, 9, 1))]

    @pytest.mark.parametrize(
        ("start", "fields", "case", "limit", "due"),
        [
            ("supplement_required", {"by": day("03-12")}, {}, "supply_papers", "03-12"),
            ("supplement_required", {"by": None}, {}, "supply_papers", "03-17"),
            ("owed_papers_completed", {}, {"accept_first": lane("papers_later")}, "decide_after_papers", "03-09"),
            ("assignment_declined", {}, {}, "assign_unit", "03-05"),
            ("lawyer_released", {}, {}, "assign_unit", "03-05"),
            ("unit_assigned", {"received_by_unit_on": None}, {}, "sign_engagement", "03-09"),
            ("objection_filed", {"received_on": None}, {}, "decide_objection", "03-09"),
            (
                "objection_decided",
                {"result": "corrected"},
                {"recipients": (Recipient(party_id=0, asked=1),)},
                "examine_application",
                "03-09",
            ),
            ("acceptance_set_aside", {}, {}, "examine_application", "03-09"),
            ("replacement_requested", {}, {}, "decide_replacement", "03-09"),
            ("outcome_recorded", {"closed_on": None}, {"state": "closing"}, "submit_closing_file", "04-01"),
            ("aid_terminated", {}, {"state": "closing"}, "submit_closing_file", "04-01"),
            ("closing_report_submitted", {}, {}, "review_closing_file", "04-01"),
            ("closing_file_accepted", {}, {}, "pay_subsidy", "04-01"),
        ],
    )
    def test_each_limit_starts_with_its_event(self, start: str, fields: dict[str, Any], case: dict[str, Any], limit: str, due: str) -> None:
        scene = Scene(**case)
        scene.happens(start, "03-02", **fields)
        assert (scene.clock(limit).state, scene.clock(limit).due_on) == ("running", day(due))

    def test_papers_of_the_local_policy_are_followed_by_no_decision(self) -> None:
        scene = Scene(accept_first=lane("local_policy"))
        scene.happens("owed_papers_completed", "03-02")
        assert scene.limits() == {}

    def test_an_outcome_for_one_of_several_does_not_start_the_closing(self) -> None:
        scene = Scene()
        scene.happens("outcome_recorded", "03-02", closed_on=day("03-02"))
        assert scene.limits() == {}


def start_of(kind: str, case: dict[str, Any] | None = None, **fields: Any) -> Callable[[], Scene]:
    def build() -> Scene:
        scene = Scene(**(case or {}))
        scene.happens(kind, "03-02", **fields)
        return scene

    return build


STARTS: dict[str, Callable[[], Scene]] = {
    "examine_application": submitted,
    "supply_papers": start_of("supplement_required", by=day("03-12")),
    "supply_owed_papers": accepted,
    "confirm_acceptance": lambda: accepted(by_delegation=True),
    "decide_after_papers": start_of("owed_papers_completed", {"accept_first": lane("papers_later")}),
    "assign_unit": start_of("aid_granted"),
    "urgent_assign": lambda: accepted("urgent_art_44"),
    "sign_engagement": start_of("unit_assigned", received_by_unit_on=day("03-02")),
    "file_objection": start_of("document_served", serves="aid_refused", served_on=day("03-02")),
    "decide_objection": start_of("objection_filed", received_on=day("03-02")),
    "decide_replacement": start_of("replacement_requested"),
    "before_limitation": start_of("aid_granted", {"matter": Matter(summary="x", limitation_on=day("05-02"))}),
    "submit_closing_file": start_of("outcome_recorded", {"state": "closing"}, closed_on=day("03-02")),
    "review_closing_file": start_of("closing_report_submitted"),
    "pay_subsidy": start_of("closing_file_accepted"),
}


class TestEnding:
    @pytest.mark.parametrize(
        ("limit", "event", "fields"),
        [
            ("examine_application", "aid_granted", {}),
            ("examine_application", "aid_refused", {}),
            ("examine_application", "accepted_first", {"due_on": day("04-01")}),
            ("supply_papers", "papers_completed", {}),
            ("supply_owed_papers", "owed_papers_completed", {}),
            ("confirm_acceptance", "acceptance_confirmed", {}),
            ("confirm_acceptance", "acceptance_set_aside", {}),
            ("decide_after_papers", "aid_granted", {}),
            ("decide_after_papers", "found_ineligible", {}),
            ("assign_unit", "unit_assigned", {"received_by_unit_on": None}),
            ("urgent_assign", "lawyer_named", {}),
            ("sign_engagement", "engagement_signed", {"signed_on": day("03-03"), "changes": {"state": "in_representation"}}),
            ("file_objection", "objection_filed", {"received_on": None}),
            ("decide_objection", "objection_decided", {"result": "upheld"}),
            ("decide_replacement", "replacement_decided", {}),
            ("before_limitation", "procedure_recorded", {"kind": "filed", "held_on": day("03-03")}),
            ("submit_closing_file", "closing_report_submitted", {}),
            ("review_closing_file", "closing_file_accepted", {}),
            ("pay_subsidy", "subsidy_paid", {"paid_on": day("03-03")}),
        ],
    )
    def test_each_limit_is_met_by_its_event(self, limit: str, event: str, fields: dict[str, Any]) -> None:
        scene = STARTS[limit]()
        scene.happens(event, "03-03", **fields)
        assert (scene.clock(limit).state, scene.clock(limit).ended_on) == ("met", day("03-03"))

    @pytest.mark.parametrize(
        ("limit", "event"),
        [
            *(("examine_application", f"application_{how}") for how in ("referred", "withdrawn", "deemed_withdrawn")),
            *(("supply_papers", f"application_{how}") for how in ("referred", "withdrawn", "deemed_withdrawn")),
            ("supply_papers", "accepted_first"),
            *((limit, "aid_terminated") for limit in (
                "supply_owed_papers", "decide_after_papers", "assign_unit", "urgent_assign", "sign_engagement", "decide_replacement",
                "before_limitation",
            )),
            *((limit, "acceptance_set_aside") for limit in (
                "supply_owed_papers", "decide_after_papers", "assign_unit", "urgent_assign", "sign_engagement", "decide_replacement",
            )),
            ("assign_unit", "settled_without_assignment"),
            *((limit, f"application_{how}") for limit in ("assign_unit", "before_limitation")
              for how in ("referred", "withdrawn", "deemed_withdrawn")),
            ("sign_engagement", "assignment_declined"),
            ("sign_engagement", "lawyer_released"),
            ("before_limitation", "outcome_recorded"),
        ],
    )  # fmt: skip
    def test_each_limit_is_cancelled_when_the_case_goes_another_way(self, limit: str, event: str) -> None:
        scene = STARTS[limit]()
        state = "awaiting_assignment" if event == "assignment_declined" else "closing"
        scene.happens(event, "03-03", changes={"state": state}, due_on=day("04-01"), closed_on=day("03-03"), settled_on=day("03-03"))
        assert scene.clock(limit).state == "cancelled"

    def test_the_end_of_one_recipients_aid_cancels_nothing(self) -> None:
        scene = accepted()
        scene.happens("aid_terminated", "03-03", changes={"state": "termination_review"})
        assert scene.limits() == {"supply_owed_papers": "running", "assign_unit": "running"}

    def test_only_a_filing_meets_the_limitation(self) -> None:
        scene = STARTS["before_limitation"]()
        scene.happens("procedure_recorded", "03-03", kind="appraisal", held_on=day("03-03"))
        assert scene.clock("before_limitation").state == "running"

    def test_the_last_day_is_in_time_and_the_day_after_is_late(self) -> None:
        scene, late = STARTS["assign_unit"](), STARTS["assign_unit"]()
        scene.happens("unit_assigned", "03-05", received_by_unit_on=None)
        late.happens("unit_assigned", "03-06", received_by_unit_on=None)
        assert (scene.clock("assign_unit").state, late.clock("assign_unit").state) == ("met", "met_late")

    def test_a_missed_limit_is_met_if_what_it_asks_for_was_done_in_time_and_typed_late(self) -> None:
        scene, late = STARTS["sign_engagement"](), STARTS["sign_engagement"]()
        for each, signed in ((scene, "03-09"), (late, "03-10")):
            each.marks("03-11T00:00", "sign_engagement", 4)
            assert each.clock("sign_engagement").state == "missed"
            each.happens("engagement_signed", "03-11", signed_on=day(signed), changes={"state": "in_representation"})
        assert (scene.clock("sign_engagement").state, late.clock("sign_engagement").state) == ("met", "met_late")

    def test_an_hour_limit_is_held_to_the_hour_and_to_the_day_when_the_hour_is_not_known(self) -> None:
        scene, late, day_only = (accepted("urgent_art_44") for _ in range(3))
        scene.happens("lawyer_named", "03-03", typed="03-03T10:00")
        late.happens("lawyer_named", "03-03", typed="03-03T10:01")
        day_only.happens("lawyer_named", "03-03", typed="03-04T09:00")
        assert [s.clock("urgent_assign").state for s in (scene, late, day_only)] == ["met", "met_late", "met"]

    def test_a_right_that_lapsed_stays_lapsed_unless_it_was_used_in_time(self) -> None:
        used, late = STARTS["file_objection"](), STARTS["file_objection"]()
        for each, received in ((used, "03-17"), (late, "03-18")):
            each.marks("03-18T00:00", "file_objection", 4)
            assert each.clock("file_objection").state == "lapsed"
            each.happens("objection_filed", "03-18", received_on=day(received))
        assert (used.clock("file_objection").state, late.clock("file_objection").state) == ("met", "lapsed")

    def test_a_corrected_objection_to_a_termination_takes_the_closing_back_and_the_owed_papers_up_again(self) -> None:
        scene = accepted(due_on="03-20")
        scene.happens("aid_terminated", "03-03", changes={"state": "closing"})
        scene.happens("objection_decided", "03-10", result="corrected", changes={"state": "awaiting_assignment"})
        assert scene.limits() == {"supply_owed_papers": "running", "assign_unit": "running", "submit_closing_file": "cancelled"}
        assert scene.clock("supply_owed_papers").due_on == day("03-20")


class TestPausing:
    def test_a_supplement_pauses_the_examination_until_the_papers_are_complete(self) -> None:
        scene = submitted("03-02")
        scene.happens("supplement_required", "03-05", by=day("03-20"))
        assert scene.clock("examine_application").state == "paused"
        scene.happens("papers_completed", "03-10")
        clock = scene.clock("examine_application")
        assert (clock.state, clock.due_on) == ("running", day("03-16"))
        assert [(s["from"], s["reason"]) for s in clock.counted["days"]] == [
            ("2026-03-02", "start_day"), ("2026-03-03", "day"), ("2026-03-06", "paused"), ("2026-03-11", "day"), ("2026-03-15", "weekend"),
            ("2026-03-16", "rolled"),
        ]  # fmt: skip

    def test_only_another_agencys_help_pauses(self) -> None:
        scene = submitted()
        scene.happens("verification_requested", "03-03", kind="data_sharing")
        assert scene.clock("examine_application").state == "running"
        scene.happens("verification_requested", "03-03", kind="other_agency")
        assert scene.clock("examine_application").state == "paused"

    def test_each_pause_is_closed_by_its_own_partner_and_the_clock_runs_when_none_is_open(self) -> None:
        scene = submitted("03-02")
        scene.happens("supplement_required", "03-03", by=day("03-20"))
        scene.happens("verification_requested", "03-05", kind="other_agency")
        scene.happens("papers_completed", "03-06")
        assert scene.clock("examine_application").state == "paused"
        scene.happens("verification_recorded", "03-11", about=scene.clock("examine_application").pauses[1].cause)
        clock = scene.clock("examine_application")
        assert (clock.state, clock.due_on) == ("running", day("03-17"))
        assert all(p.to_at for p in clock.pauses)

    def test_the_answer_to_another_request_leaves_the_pause_open(self) -> None:
        scene = submitted()
        scene.happens("verification_requested", "03-03", kind="other_agency")
        assert scene.happens("verification_recorded", "03-04", about=99) == []
        assert scene.clock("examine_application").state == "paused"

    def test_a_report_handed_in_again_resumes_the_review_and_starts_no_second(self) -> None:
        scene = STARTS["review_closing_file"]()
        scene.happens("closing_file_returned", "03-12")
        scene.happens("closing_report_submitted", "03-26")
        assert [c.limit for c in scene.case.clocks] == ["review_closing_file"]
        assert scene.clock("review_closing_file").due_on == day("04-15")

    def test_what_is_paused_is_not_missed_and_fires_no_rung(self) -> None:
        scene = submitted("03-02")
        version = scene.clock("examine_application").plan_version
        scene.happens("supplement_required", "03-03", by=day("03-20"))
        assert [alarm for alarm in plan(scene.case) if alarm.clock_id.startswith("examine")] == []
        assert scene.marks("03-20T09:00", "examine_application", 4, version) == []
        scene.happens("accepted_first", "03-20", due_on=day("04-20"))
        assert scene.clock("examine_application").state == "met"

    def test_a_limit_that_had_ended_is_not_paused(self) -> None:
        scene = submitted("03-02")
        scene.happens("supplement_required", "03-10", by=day("03-20"))
        assert scene.clock("examine_application").state == "running"

    def test_a_pause_of_a_day_in_time_lifts_a_miss_that_was_marked_before_it_was_typed(self) -> None:
        scene = submitted("03-02")
        scene.marks("03-10T00:00", "examine_application", 4)
        scene.happens("supplement_required", "03-06", typed="03-10T10:00", by=day("03-20"))
        assert scene.clock("examine_application").state == "paused"


class TestMoving:
    def test_an_extension_sets_the_new_date_with_new_rungs(self) -> None:
        scene = accepted(due_on="03-16")
        old = scene.clock("supply_owed_papers").plan_version
        (moved,) = scene.happens("owed_papers_extended", "03-10", due_on=day("03-30"))
        clock = scene.clock("supply_owed_papers")
        assert (moved.type, clock.due_on, clock.state) == ("clock_replanned", day("03-30"), "running")
        assert clock.plan_version > old
        assert clock.rungs[-2].at == at("03-31T00:00")

    def test_an_extension_after_the_date_was_missed_lets_it_run_again(self) -> None:
        scene = accepted(due_on="03-16")
        scene.marks("03-17T00:00", "supply_owed_papers", 4)
        scene.happens("owed_papers_extended", "03-18", due_on=day("03-30"))
        assert scene.clock("supply_owed_papers").state == "running"

    def test_a_corrected_limitation_moves_its_guard(self) -> None:
        scene = STARTS["before_limitation"]()
        assert scene.happens("record_corrected", "03-03") == []
        scene.happens("record_corrected", "03-04", changes={"matter": Matter(summary="x", limitation_on=day("04-20"))})
        assert scene.clock("before_limitation").due_on == day("04-20")


class TestRungs:
    def test_the_default_ladder_warns_at_half_a_day_before_on_the_day_then_misses_and_escalates(self) -> None:
        rungs = submitted("03-02").clock("examine_application").rungs
        assert [(r.n, r.at, r.kind) for r in rungs] == [
            (2, at("03-06T09:00"), "warned"),
            (1, at("03-06T12:00"), "warned"),
            (3, at("03-09T09:00"), "warned"),
            (4, at("03-10T00:00"), "missed"),
            (5, at("03-11T09:00"), "escalated"),
        ]
        assert [r.to for r in rungs][2:] == [("owner", "team_lead"), ("owner", "supervisor"), ("supervisor", "centre_director")]

    def test_a_promise_of_the_centre_reaches_its_owner_only(self) -> None:
        rungs = STARTS["supply_papers"]().clock("supply_papers").rungs
        assert [(r.at, r.to) for r in rungs] == [(at("03-11T09:00"), ("owner",)), (at("03-13T00:00"), ("owner",))]

    def test_a_limit_of_one_day_has_no_rung_a_day_before(self) -> None:
        rungs = accepted(on="03-03", by_delegation=True).clock("confirm_acceptance").rungs
        assert [r.kind for r in rungs] == ["missed"]

    def test_an_hour_limit_warns_at_half_and_two_hours_before(self) -> None:
        rungs = accepted("urgent_art_44", on="03-03").clock("urgent_assign").rungs
        assert [(r.at, r.kind) for r in rungs] == [
            (at("03-03T22:00"), "warned"), (at("03-04T08:00"), "warned"), (at("03-04T10:00:01"), "missed"),
        ]  # fmt: skip

    def test_a_rung_before_the_start_is_skipped(self) -> None:
        scene = Scene()
        scene.happens("supplement_required", "03-06", typed="03-06T08:00", by=day("03-09"))
        assert [r.kind for r in scene.clock("supply_papers").rungs] == ["missed"]

    def test_legal_days_past_fire_no_rung_and_show_their_true_state(self) -> None:
        scene = Scene()
        scene.happens("application_submitted", "03-02", typed="05-20T10:00", received_by_centre_on=None)
        clock = scene.clock("examine_application")
        assert (clock.rungs, plan(scene.case)) == ((), ())
        assert (clock.state, display(clock, at("05-20T10:00"))) == ("running", "missed")
        scene.happens("aid_granted", "03-05", typed="05-20T10:01")
        assert scene.clock("examine_application").state == "met"

    def test_a_legal_day_partly_past_keeps_the_rungs_ahead(self) -> None:
        scene = Scene()
        scene.happens("application_submitted", "03-02", typed="03-08T10:00", received_by_centre_on=None)
        assert [r.n for r in scene.clock("examine_application").rungs] == [3, 4, 5]

    def test_half_of_the_running_time_leaves_the_pause_out(self) -> None:
        scene = STARTS["review_closing_file"]()
        assert scene.clock("review_closing_file").rungs[0].at == at("03-18T00:00")
        scene.happens("closing_file_returned", "03-10")
        scene.happens("closing_report_submitted", "03-19")
        assert scene.clock("review_closing_file").rungs[0].at == at("03-27T00:00")


class TestMarking:
    def test_a_rung_fires_once(self) -> None:
        scene = submitted("03-02")
        assert kinds(scene.marks("03-06T09:00", "examine_application", 2)) == ["deadline_warned"]
        assert scene.marks("03-06T09:00", "examine_application", 2) == []

    def test_a_rung_does_not_fire_before_its_moment(self) -> None:
        assert submitted("03-02").marks("03-06T08:59", "examine_application", 2) == []

    def test_a_plan_that_was_replaced_fires_no_more(self) -> None:
        scene = accepted(due_on="03-16")
        old = scene.clock("supply_owed_papers").plan_version
        scene.happens("owed_papers_extended", "03-10", due_on=day("03-30"))
        assert scene.marks("03-31T00:00", "supply_owed_papers", 4, old) == []

    def test_a_clock_that_was_met_is_silent_at_once(self) -> None:
        scene = submitted("03-02")
        scene.happens("aid_refused", "03-04")
        assert scene.marks("03-10T00:00", "examine_application", 4) == []
        assert [a for a in plan(scene.case) if a.clock_id.startswith("examine")] == []

    def test_a_clock_that_is_not_there_is_no_fault(self) -> None:
        scene = submitted()
        command = MarkDeadline(clock="assign_unit/9", plan_version=1, rung=1)
        assert decide(scene.case, command, scene.facts(at("03-20T00:00"), day("03-20"))).events == ()

    def test_owed_papers_missed_make_the_lane_overdue_and_open_a_task_for_a_human(self) -> None:
        scene = accepted(due_on="03-16")
        (missed,) = scene.marks("03-17T00:00", "supply_owed_papers", 4)
        assert scene.case.accept_first is not None
        assert scene.case.accept_first.state == "papers_overdue"
        assert missed.model_dump()["on_miss"] == "human_decision_task"

    def test_a_miss_of_another_limit_leaves_the_lane_alone(self) -> None:
        scene = accepted(due_on="03-16")
        scene.marks("03-06T00:00", "assign_unit", 4)
        assert scene.case.accept_first is not None
        assert scene.case.accept_first.state == "papers_owed"

    def test_whoever_climbs_the_whole_ladder_hears_each_rung_once(self) -> None:
        scene = submitted("03-02")
        heard: list[str] = []
        while alarms := plan(scene.case):
            alarm = alarms[0]
            text = alarm.at.astimezone(ZONE).strftime("%m-%dT%H:%M:%S")
            heard += kinds(scene.marks(text, "examine_application", alarm.rung))
        assert heard == ["deadline_warned"] * 3 + ["deadline_missed", "deadline_escalated"]
        assert scene.clock("examine_application").state == "missed"

    def test_marks_count_neither_for_the_version_others_act_on_nor_for_the_order_of_days(self) -> None:
        scene = submitted("03-02")
        act, days = scene.case.last_act_version, scene.case.lane_days
        scene.marks("03-06T09:00", "examine_application", 2)
        assert (scene.case.last_act_version, scene.case.lane_days) == (act, days)


def restored(event: Event) -> Event:
    return type(event).model_validate_json(event.model_dump_json(exclude_none=True))


def test_every_clock_event_survives_its_stored_form_and_folds_to_the_same_case() -> None:
    scene = accepted(due_on="03-16", scene=submitted("03-02"), on="03-03")
    scene.happens("application_submitted", "03-03", received_by_centre_on=date(2021, 12, 1))
    scene.happens("closing_report_submitted", "03-03")
    scene.happens("closing_file_returned", "03-04")
    scene.happens("closing_report_submitted", "03-06")
    scene.happens("owed_papers_extended", "03-10", due_on=day("03-30"))
    scene.happens("aid_terminated", "03-10", changes={"state": "closing"})
    scene.marks("04-03T09:00", "review_closing_file", 2)
    scene.marks("04-08T00:00", "review_closing_file", 4)
    scene.marks("04-09T09:00", "review_closing_file", 5)
    stored = [Happened(h.at, restored(h.event) if h.event.clock else h.event) for h in scene.history]
    assert {h.event.type for h in stored if h.event.clock} == {name for name, event in EVENTS.items() if event.clock}
    assert stored == scene.history
    assert fold(stored, scene.start) == scene.case
