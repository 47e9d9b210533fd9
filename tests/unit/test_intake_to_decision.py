"""From the intake to the decision, one case for each way in which aid is given or denied.

Groups accepted first, the waivers of 法律援助法 art. 32 and art. 42, the urgencies of art. 44, a paper that may follow, and each ground on
which aid is refused; who may decide, and who decides the objection.
"""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.command import Actor
from domain.stages.accept_first import ConfirmOwedPapers, FindIneligible, SupplyOwedPapers
from domain.stages.decision import GrantAid, RecommendDecision, RefuseAid, WaiveHardshipCheck
from domain.stages.objection import DecideObjection, FileObjection
from domain.values import Applicant, Matter
from tests.unit.world import (
    BY_ROLE,
    CHECKED,
    DIRECTORY,
    GRANTED,
    POOR,
    RECOMMENDED,
    RICH,
    RULES,
    TODAY,
    Case,
    accept,
    given,
    names,
    papers,
    submit,
)

POLICY = RULES.policy
GROUPS = sorted(code for code, ground in POLICY.grounds.items() if ground.basis == "local_policy")
URGENCIES = sorted(code for code, ground in POLICY.grounds.items() if ground.basis == "urgent_art_44")
LATER = sorted(code for code, ground in POLICY.grounds.items() if ground.basis == "papers_later")
REFUSED = RecommendDecision(decision="refuse", opinion="不符合条件")


def waivers(basis: str) -> list[str]:
    return sorted(code for code, waiver in POLICY.waivers.items() if waiver.basis == basis)


def somebody(*categories: Any, **matter: Any) -> Any:
    """An application by somebody of these groups; of none, a dispute over a purchase."""
    about = {"kind": "civil", "cause": "consumer", "summary": "买到假货", **matter}
    applicant = Applicant(name="某某", categories=categories, county="CITY", residence="urban", subject_id=UUID(int=7))
    return submit(applicant=applicant, matter=Matter(**about))


def status(case: Case) -> str:
    return case.state.recipients[0].status


def test_the_city_knows_four_groups_four_and_five_waivers_three_urgencies_and_one_paper_that_may_follow() -> None:
    found = (len(GROUPS), len(waivers("statute_art_32")), len(waivers("statute_art_42")), len(URGENCIES), len(LATER))
    assert found == (4, 4, 5, 3, 1)


class TestAGroupAcceptedFirst:
    """Neither its economy nor the nature of the case is examined: the acceptance is the decision."""

    @pytest.mark.parametrize("group", GROUPS)
    def test_is_helped_at_once_whatever_it_earns_and_whatever_the_matter(self, group: str) -> None:
        case = given(somebody(group, cause="other"))
        accepted = case.when(accept(*POLICY.grounds[group].owed, ground=group), "approver")

        assert names(accepted) == ["accepted_first"]
        assert (case.state.state, status(case)) == ("awaiting_assignment", "accepted_first")
        assert case.state.accept_first is not None
        assert (case.state.accept_first.basis, case.state.deferred) == ("local_policy", False)
        assert [p.kind for p in case.state.accept_first.papers_owed] == list(POLICY.grounds[group].owed)
        assert case.state.case_number is not None

    @pytest.mark.parametrize("group", GROUPS)
    def test_needs_no_decision_once_its_papers_are_in(self, group: str) -> None:
        owed = POLICY.grounds[group].owed
        case = given(somebody(group), ("approver", accept(*owed, ground=group)), SupplyOwedPapers(papers=papers(*owed)))
        case.when(ConfirmOwedPapers())

        assert case.state.accept_first is not None
        assert case.state.accept_first.state == "confirmed"
        case.refused("wrong_state", GRANTED, "approver")

    @pytest.mark.parametrize("group", GROUPS)
    def test_is_not_open_to_who_does_not_belong_to_it(self, group: str) -> None:
        other = next(each for each in GROUPS if each != group)
        given(somebody(other)).refused("not_of_group", accept("id_copy", ground=group), "approver")


class TestAWaiver:
    """Who needs no check of their means, with the paper that proves it (art. 32: at once by law; art. 42: on proof)."""

    @pytest.mark.parametrize("ground", [*waivers("statute_art_32"), *waivers("statute_art_42")])
    def test_leads_to_a_grant_without_a_look_at_the_income(self, ground: str) -> None:
        proof = papers(POLICY.waivers[ground].proof[0])
        case = given(somebody(), WaiveHardshipCheck(ground=ground, proof=proof), CHECKED, RECOMMENDED)
        granted = case.when(GRANTED)

        assert names(granted) == ["aid_granted"]
        assert (case.state.state, status(case)) == ("awaiting_assignment", "granted")
        assert case.state.recipients[0].waiver is not None
        assert case.state.recipients[0].hardship is None

    @pytest.mark.parametrize("ground", waivers("statute_art_42"))
    def test_of_art_42_is_helped_in_any_matter(self, ground: str) -> None:
        proof = papers(POLICY.waivers[ground].proof[0])
        case = given(somebody(), WaiveHardshipCheck(ground=ground, proof=proof), CHECKED, REFUSED)
        case.refused("scope_not_examined", RefuseAid(grounds=("not_in_scope",), reasons="不在范围"))

    def test_is_refused_where_the_city_knows_no_such_ground(self) -> None:
        given(somebody()).refused("unknown_waiver_ground", WaiveHardshipCheck(ground="everybody", proof=papers("certificate")))


class TestAnUrgency:
    """Art. 44: accepted first, decided once the papers are in."""

    @staticmethod
    def accepted(ground: str) -> Case:
        near: dict[str, Any] = {"limitation_on": TODAY + timedelta(days=5)} if ground == "limitation_within_7_days" else {}
        return given(somebody(**near), ("approver", accept("id_copy", ground=ground)))

    @pytest.mark.parametrize("ground", URGENCIES)
    def test_is_accepted_first_and_granted_after_the_papers(self, ground: str) -> None:
        case = self.accepted(ground)
        assert (case.state.state, case.state.deferred) == ("awaiting_assignment", True)

        case.then(SupplyOwedPapers(papers=papers("id_copy")), ConfirmOwedPapers(), POOR, CHECKED, RECOMMENDED)
        case.when(GRANTED)
        assert (case.state.state, status(case)) == ("awaiting_assignment", "granted")

    @pytest.mark.parametrize("ground", URGENCIES)
    def test_ends_where_the_person_turns_out_not_to_be_entitled(self, ground: str) -> None:
        case = self.accepted(ground).then(SupplyOwedPapers(papers=papers("id_copy")), ConfirmOwedPapers(), RICH)
        case.when(FindIneligible(reasons="收入超过标准"))
        assert case.state.state == "termination_review"

    def test_of_a_limitation_is_none_where_a_week_or_more_is_left(self) -> None:
        case = given(somebody(limitation_on=TODAY + timedelta(days=7)))
        case.refused("limitation_not_near", accept("id_copy", ground="limitation_within_7_days"), "approver")

    @pytest.mark.parametrize("ground", LATER)
    def test_a_paper_that_may_follow_does_not_hold_the_case_up(self, ground: str) -> None:
        case = given(somebody(), ("approver", accept("residence_proof", ground=ground)))
        case.then(SupplyOwedPapers(papers=papers("residence_proof")), ConfirmOwedPapers(), POOR, CHECKED, RECOMMENDED)
        case.when(GRANTED)
        assert status(case) == "granted"


class TestARefusal:
    def test_as_out_of_scope_is_for_those_who_are_neither_in_hardship_nor_of_a_group(self) -> None:
        case = given(somebody(), RICH, CHECKED, REFUSED)
        refused = case.when(RefuseAid(grounds=("not_in_scope",), reasons="不在范围"))
        assert (names(refused), case.state.state) == (["aid_refused"], "refused")

    def test_as_out_of_scope_is_not_given_to_people_in_hardship(self) -> None:
        given(somebody(), POOR, CHECKED, REFUSED).refused("scope_not_examined", RefuseAid(grounds=("not_in_scope",), reasons="不在范围"))

    @pytest.mark.parametrize("group", GROUPS)
    def test_as_out_of_scope_is_not_given_to_a_group_accepted_first(self, group: str) -> None:
        case = given(somebody(group), RICH, CHECKED, REFUSED)
        case.refused("scope_not_examined", RefuseAid(grounds=("not_in_scope",), reasons="不在范围"))

    def test_as_not_in_hardship_follows_an_assessment_that_says_so(self) -> None:
        case = given(somebody(), RICH, CHECKED, REFUSED)
        case.when(RefuseAid(grounds=("not_in_hardship",), reasons="收入超过标准"))
        assert (case.state.state, status(case)) == ("refused", "refused")

    def test_as_not_in_hardship_is_refused_where_the_assessment_says_otherwise(self) -> None:
        case = given(somebody(), POOR, CHECKED, REFUSED)
        case.refused("hardship_not_denied", RefuseAid(grounds=("not_in_hardship",), reasons="收入超过标准"))

    def test_as_not_in_hardship_is_refused_where_nobody_assessed_it_or_the_check_was_waived(self) -> None:
        denied = RefuseAid(grounds=("not_in_hardship",), reasons="收入超过标准")
        given(somebody(), CHECKED, REFUSED).refused("hardship_not_denied", denied)
        waived = WaiveHardshipCheck(ground="good_samaritan", proof=papers("certificate"))
        given(somebody(), waived, RICH, CHECKED, REFUSED).refused("hardship_not_denied", denied)

    def test_on_another_ground_gives_its_reasons(self) -> None:
        case = given(somebody(), POOR, CHECKED, REFUSED)
        (refused,) = case.when(RefuseAid(grounds=("other",), reasons="同一事项已由他处援助"))
        assert getattr(refused, "reasons", None) == "同一事项已由他处援助"


class TestWhoDecides:
    def test_the_approver_is_not_the_examiner(self) -> None:
        case = given(somebody(), POOR, CHECKED)
        examiner = BY_ROLE["caseworker"]
        case.when(RECOMMENDED, examiner)
        as_approver = Actor(examiner.id, "approver", examiner.office)

        case.refused("approver_is_examiner", GRANTED, as_approver)
        case.refused("approver_is_examiner", RefuseAid(grounds=("other",), reasons="另案"), as_approver)

    def test_of_two_approvers_the_second_finds_it_decided(self) -> None:
        case = given(somebody(), POOR, CHECKED, RECOMMENDED, GRANTED)
        case.refused("wrong_state", GrantAid(forms=("litigation",), stages=("first_instance",), reasons="符合条件"), "approver")

    @pytest.mark.parametrize("role", ["caseworker", "receptionist", "supervisor", "bureau_officer", "lawyer"])
    def test_nobody_but_an_approver_decides(self, role: str) -> None:
        case = given(somebody(), POOR, CHECKED, RECOMMENDED)
        assert case.refused("role_not_allowed", GRANTED, role).status == 403


class TestTheObjection:
    """Decided by an officer of the bureau that set up the centre, never by the centre (art. 49)."""

    @staticmethod
    def filed() -> Case:
        refused = RefuseAid(grounds=("not_in_hardship",), reasons="收入超过标准")
        case = given(somebody(), RICH, CHECKED, REFUSED, refused)
        case.when(FileObjection(reasons="收入已经减少", received_on=case.on))
        return case

    @pytest.mark.parametrize("role", ["approver", "caseworker", "supervisor"])
    def test_is_not_the_centres_to_decide(self, role: str) -> None:
        assert self.filed().refused("role_not_allowed", DecideObjection(result="upheld", reasons="维持"), role).status == 403

    def test_is_not_another_bureaus_to_decide(self) -> None:
        own = DIRECTORY.bureau_of("C-CITY")
        other = next(p for p in DIRECTORY.people_with("bureau_officer", date(2026, 3, 10)) if p.office != own)
        elsewhere = Actor(other.code, "bureau_officer", other.office)
        self.filed().refused("not_this_bureau", DecideObjection(result="corrected", reasons="应予援助"), elsewhere)

    def test_corrected_by_its_own_bureau_the_centre_decides_anew(self) -> None:
        case = self.filed()
        case.when(DecideObjection(result="corrected", reasons="应予援助"), "bureau_officer")
        assert (case.state.state, status(case)) == ("examined", "undecided")

    def test_upheld_the_refusal_stands(self) -> None:
        case = self.filed()
        case.when(DecideObjection(result="upheld", reasons="维持"), "bureau_officer")
        assert (case.state.state, status(case)) == ("refused", "refused")
