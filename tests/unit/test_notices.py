"""Notices of organs: a case for each person named, co-accused linked, the organ told within three days, consent at the first meeting."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from domain.case import CaseState, Link, blank
from domain.command import Actor, Facts
from domain.decide import Decision, decide, may_issue
from domain.stages.assignment import AssignUnit, DeclineAssignment, NameLawyer, SignEngagement
from domain.stages.closure import AcceptClosingFile, ArchiveCase
from domain.stages.notice import NotifyOrgan, OrganNotified, ReceiveOrganNotice
from domain.stages.representation import RecordConsent
from domain.stages.subsidy import PaySubsidy
from domain.stages.termination import ContinueAid, TerminateAid
from domain.stream import fold
from tests.unit.test_transitions import OUTCOME, REPORT, SUBSIDY
from tests.unit.world import AIDED, BY_ROLE, CASE_ID, CENTRE, DIRECTORY, LAWYER_NAMED, RULES, TODAY, Case, given, names, noon

OWN = UUID(CASE_ID)
FURTHER = tuple(UUID(int=OWN.int + n) for n in range(1, 33))
TOLD = NotifyOrgan(organ="市中级人民法院", lawyers=("L-WANG-MIN",), served_on=TODAY, means="发函")
REFUSES = RecordConsent(consents=False, by="self", refusal_outcome="must_have_counsel")


def person(name: str, role: str = "accused", **more: Any) -> dict[str, Any]:
    return {"party": {"name": name}, "role": role, **more}


def notice(*persons: dict[str, Any], **changes: Any) -> ReceiveOrganNotice:
    body: dict[str, Any] = {
        "centre": CENTRE, "organ": "市中级人民法院", "notice_number": "（2026）通知1号", "received_at": noon(TODAY), "stage": "trial",
        "persons": persons or (person("赵强"),), "reserved": FURTHER[: max(len(persons) - 1, 0)],
    }  # fmt: skip
    return ReceiveOrganNotice(**(body | changes))


def received(command: ReceiveOrganNotice, **facts: Any) -> tuple[Decision, list[CaseState]]:
    """The decision with its numbers drawn, and the cases opened in the order of the persons."""
    about: dict[str, Any] = {
        "now": noon(TODAY), "effective_on": TODAY, "actor": BY_ROLE["receptionist"], "directory": DIRECTORY, "rules": RULES,
        "command_id": str(UUID(int=5)), "others": {case_id: blank(case_id) for case_id in command.others()},
    }  # fmt: skip
    drawn: Counter[Any] = Counter()

    def draw(series: Any) -> int:
        drawn[series] += 1
        return drawn[series]

    decision = decide(blank(CASE_ID), command, Facts(**(about | facts))).numbered(draw, DIRECTORY)
    return decision, [each.case for each in decision.cases]


def named() -> Case:
    return given(notice(), *LAWYER_NAMED)


def told() -> Case:
    return named().then(TOLD)


# --- the cases it opens


def test_a_notice_opens_the_case_without_a_check_of_means() -> None:
    case = given(notice(hearing_at=noon(TODAY + timedelta(days=20)))).state
    assert (case.state, case.on_notice, case.channel, case.owner) == ("awaiting_assignment", True, "organ_notice", "P-LI-GUANGMING")
    assert [r.status for r in case.recipients] == ["granted"]
    assert (case.register_number, case.case_number) == ("市援登字〔2026〕第1号", "市援刑字〔2026〕第1号")
    assert (case.stages_granted, case.forms_of_aid, case.applicant.categories) == (("trial",), ("defence",), ("suspect_or_defendant",))
    assert [(h.forum, h.held_on) for h in case.representation.hearings] == [("市中级人民法院", None)]


@pytest.mark.parametrize(
    ("role", "stage", "cause", "forum", "category"),
    [
        ("accused", "investigation", "criminal_defence", "investigation", "suspect_or_defendant"),
        ("victim", "prosecution", "victim_representation", "prosecution", "crime_victim"),
        ("treatment_respondent", "special_procedure", "compulsory_treatment", "trial", None),
    ],
)
def test_the_matter_follows_from_the_part_a_person_has(role: str, stage: Any, cause: str, forum: str, category: str | None) -> None:
    case = given(notice(person("赵强", role), stage=stage)).state
    assert case.matter is not None
    assert (case.matter.kind, case.matter.cause, case.matter.forum, case.matter.stage) == ("criminal", cause, forum, stage)
    assert case.applicant.categories == ((category,) if category else ())


def test_thirty_three_accused_stand_in_thirty_three_cases_each_linked_to_the_others() -> None:
    decision, cases = received(notice(*(person(f"被告人{n}") for n in range(33))))
    ids = [OWN, *FURTHER]
    assert [case.applicant.name for case in cases] == [f"被告人{n}" for n in range(33)]
    assert len({case.register_number for case in cases}) == len({case.case_number for case in cases}) == 33
    for own, case in zip(ids, cases, strict=True):
        assert case.case_id == str(own)
        assert {link.case_id for link in case.links if link.relation == "co_accused"} == set(ids) - {own}
        assert case.notice is not None
        assert case.notice.notice_id == UUID(int=5)
        assert [clock.limit for clock in case.clocks] == ["assign_on_notice"]
    for each in decision.cases:
        assert fold(each.events, each.before) == each.case


def test_a_victim_named_with_the_accused_is_of_the_same_event_and_no_co_accused() -> None:
    _, (first, victim, second) = received(notice(person("赵强"), person("孙丽", "victim"), person("孙伟")))
    assert first.links == (Link(case_id=FURTHER[1], relation="co_accused"), Link(case_id=FURTHER[0], relation="same_event"))
    assert victim.links == (Link(case_id=OWN, relation="same_event"), Link(case_id=FURTHER[1], relation="same_event"))
    assert second.links == (Link(case_id=OWN, relation="co_accused"), Link(case_id=FURTHER[0], relation="same_event"))


@pytest.mark.parametrize("role", ["victim", "treatment_respondent"])
def test_two_who_are_not_accused_are_of_the_same_event(role: str) -> None:
    _, cases = received(notice(person("孙丽", role), person("孙伟", role)))
    assert [link.relation for case in cases for link in case.links] == ["same_event", "same_event"]


def test_the_guardian_of_a_minor_is_the_proxy_of_that_case_only() -> None:
    _, (minor, other) = received(notice(person("小赵", guardian={"name": "赵父"}), person("小孙"), ground="minor"))
    assert (minor.proxy_party, minor.proxy_relation, minor.parties[1].name) == (1, "guardian", "赵父")
    assert (other.proxy_party, len(other.parties)) == (None, 1)
    assert all("minor" in case.applicant.categories for case in (minor, other))


def test_a_notice_is_not_received_into_a_case_there_is() -> None:
    given(notice()).refused("wrong_state", notice())


# --- what it may not say


@pytest.mark.parametrize(
    ("fault", "changes"),
    [
        ("too_short", {"persons": ()}),
        ("same_person_twice", {"persons": (person("赵强"), person("赵 强"))}),
        ("guardian_is_accused", {"persons": (person("小赵", guardian={"name": "赵强"}), person("赵强"))}),
        ("guardian_is_accused", {"persons": (person("孙丽", "victim", guardian={"name": "孙丽"}),)}),
        ("hearing_before_receipt", {"hearing_at": noon(TODAY) - timedelta(seconds=1)}),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_stored(fault: str, changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as met:
        notice(**changes)
    assert [error["type"] for error in met.value.errors()] == [fault]


def test_two_of_one_name_are_two_people_where_their_days_of_birth_differ() -> None:
    twins = [{"party": {"name": "王伟", "birth_date": day}, "role": "accused"} for day in ("1990-01-01", "1991-01-01")]
    assert len(received(notice(*twins))[1]) == 2


def test_a_mother_may_be_guardian_and_victim() -> None:
    assert len(received(notice(person("小赵", guardian={"name": "赵母"}), person("赵母", "victim")))[1]) == 2


@pytest.mark.parametrize("at", [noon(TODAY) + timedelta(minutes=1), noon(TODAY) + timedelta(days=1)])
def test_no_notice_comes_from_the_future(at: datetime) -> None:
    assert given().refused("date_in_future", notice(received_at=at)).pointer == "/received_at"


def test_no_notice_is_registered_for_a_day_before_it_came() -> None:
    given().refused("date_in_future", notice(), effective_on=TODAY - timedelta(days=1))


def test_only_a_centre_receives_it() -> None:
    assert given().refused("unknown_office", notice(centre="O-NOWHERE")).pointer == "/centre"


# --- the three days


@pytest.mark.parametrize(
    ("came", "due"),
    [
        (datetime(2026, 3, 3, 9, tzinfo=RULES.zone), date(2026, 3, 6)),
        (datetime(2026, 3, 4, 23, 59, tzinfo=RULES.zone), date(2026, 3, 9)),
        (datetime(2026, 3, 3, 17, tzinfo=UTC), date(2026, 3, 9)),
    ],
)
def test_the_organ_is_told_within_three_days_of_the_receipt_whenever_it_is_typed(came: datetime, due: date) -> None:
    """A notice of Wednesday (in Shanghai) would be due on Saturday: it is due on Monday."""
    (clock,) = given(notice(received_at=came)).state.clocks
    assert (clock.limit, clock.started_on, clock.due_on) == ("assign_on_notice", came.astimezone(RULES.zone).date(), due)


@pytest.mark.parametrize(("days", "state"), [(3, "met"), (4, "met_late")])
def test_the_day_the_organ_was_told_counts_not_the_day_it_is_typed(days: int, state: str) -> None:
    case = named().after(9)
    case.when(TOLD.model_copy(update={"served_on": TODAY + timedelta(days=days)}))
    assert [clock.state for clock in case.state.clocks if clock.limit == "assign_on_notice"] == [state]


def test_neither_the_days_to_assign_nor_those_to_sign_run_on_a_notice() -> None:
    assert {clock.limit for clock in told().state.clocks} == {"assign_on_notice"}


def test_after_a_release_the_organ_is_told_anew_within_three_days() -> None:
    case = told().after(5).then(REFUSES)
    assert case.state.state == "awaiting_assignment"
    clocks = [(clock.state, clock.started_on) for clock in case.state.clocks]
    assert clocks == [("met", TODAY), ("running", TODAY + timedelta(days=5))]
    again = NotifyOrgan(organ="市中级人民法院", lawyers=("L-ZHANG-JIANGUO",), served_on=TODAY + timedelta(days=5))
    case.then(AssignUnit(unit="U-ZHENGHE", lawyer="L-ZHANG-JIANGUO"), again)
    assert (case.state.state, case.state.representation.began_on) == ("in_representation", TODAY)
    assert [clock.state for clock in case.state.clocks] == ["met", "met"]


def test_a_unit_that_declines_before_the_organ_was_told_gains_nobody_time() -> None:

    case = named().after(2).then(("unit_manager", DeclineAssignment(reason="人手不足")))
    assert [(clock.state, clock.started_on) for clock in case.state.clocks] == [("running", TODAY)]


# --- telling the organ


def test_with_the_organ_told_the_representation_begins() -> None:
    case = told().state
    assert (case.state, case.representation.began_on) == ("in_representation", TODAY)
    assert case.notice is not None
    assert (case.notice.notified_on, case.notice.lawyers_told) == (TODAY, ("L-WANG-MIN",))


@pytest.mark.parametrize("lawyers", [("L-ZHANG-JIANGUO",), ("L-WANG-MIN", "L-ZHANG-JIANGUO")])
def test_the_lawyers_told_are_those_named(lawyers: tuple[str, ...]) -> None:
    refusal = named().refused("not_the_lawyers_named", TOLD.model_copy(update={"lawyers": lawyers}))
    assert (refusal.status, refusal.pointer, refusal.detail["lawyers"]) == (422, "/lawyers", ["L-WANG-MIN"])


@pytest.mark.parametrize(("days", "code"), [(-1, "served_before_notice"), (1, "date_in_future")])
def test_the_organ_is_told_after_its_notice_and_not_in_the_future(days: int, code: str) -> None:
    assert named().refused(code, TOLD.model_copy(update={"served_on": TODAY + timedelta(days=days)})).pointer == "/served_on"


def test_no_agreement_is_signed_on_a_notice_and_no_organ_told_without_one() -> None:

    named().refused("not_on_notice", SignEngagement(signed_on=TODAY))
    given(*AIDED, *LAWYER_NAMED).refused("only_on_notice", TOLD)


def test_what_a_page_offers_follows() -> None:

    def offered(case: Case) -> set[str]:
        officer = BY_ROLE["caseworker"]
        return {kind.name for kind in (SignEngagement, NotifyOrgan) if may_issue(case.state, kind, officer, DIRECTORY, TODAY)}

    assert offered(named()) == {"notify_organ"}
    assert offered(given(*AIDED, *LAWYER_NAMED)) == {"sign_engagement"}


# --- consent at the first meeting


def test_who_consents_is_defended() -> None:
    case = told().then(RecordConsent(consents=True, by="self"))
    assert (case.state.state, case.state.representation.consent) == ("in_representation", True)


def test_one_who_must_have_counsel_gets_another_lawyer() -> None:
    events = told().when(REFUSES)
    assert names(events) == ["defence_consent_recorded", "lawyer_released"]


def test_while_the_organ_decides_the_lawyer_stays_and_may_record_again() -> None:
    case = told().then(RecordConsent(consents=False, by="self", refusal_outcome="awaiting_organ"))
    assert (case.state.state, case.state.representation.consent) == ("in_representation", False)
    case.then(RecordConsent(consents=True, by="self"))
    assert case.state.representation.consent is True


def test_self_defence_accepted_by_the_organ_is_reviewed_as_a_ground_to_terminate() -> None:
    case = told().then(RecordConsent(consents=False, by="self", refusal_outcome="self_defence_accepted"))
    assert (case.state.state, case.state.termination and case.state.termination.ground) == ("termination_review", "accused_refuses")
    assert case.copy().then(ContinueAid(reasons="本人反悔")).state.state == "in_representation"
    case.then(TerminateAid(ground="accused_refuses", reasons="自行辩护"))
    assert case.state.state == "closing"


@pytest.mark.parametrize("by", [None, "self"])
def test_for_a_minor_the_guardian_consents(by: Any) -> None:
    case = given(notice(ground="minor"), AssignUnit(unit="U-ZHENGHE"))
    minors = next(x.code for x in DIRECTORY.lawyers(TODAY) if x.minors and x.unit == "U-ZHENGHE")
    lawyer = next(p for p in DIRECTORY.person_of.values() if p.lawyer == minors)

    acts = Actor(lawyer.code, "lawyer", CENTRE, minors, "U-ZHENGHE")
    case.then(NameLawyer(lawyer=minors))
    assert case.refused("guardian_consents", RecordConsent(consents=True, by=by), acts).pointer == "/by"
    case.when(RecordConsent(consents=True, by="guardian"), acts)
    assert case.state.representation.consent is True


@pytest.mark.parametrize("role", ["victim", "treatment_respondent"])
def test_victims_and_respondents_say_whether_they_want_to_be_represented(role: str) -> None:
    case = given(notice(person("孙丽", role)), *LAWYER_NAMED, TOLD, RecordConsent(consents=True, by="self"))
    assert case.state.representation.consent is True


def test_a_notified_case_is_closed_as_any_other() -> None:
    case = told().then(
        OUTCOME, REPORT, AcceptClosingFile(grade="good"), SUBSIDY, PaySubsidy(paid_on=TODAY, voucher="V-1"),
        ArchiveCase(volume="1", archive_number="1"),
    )  # fmt: skip
    assert case.state.state == "archived"
    assert OrganNotified.type in [h.event.type for h in case.history]
