"""An opinion that the approver sends back is given anew: nothing is decided, the clock runs on."""

from domain.stages.decision import GrantAid
from domain.stages.sent_back import ReturnRecommendation
from domain.values import Applicant
from readmodels.case_list import waiting_for
from tests.unit.world import CHECKED, GRANTED, POOR, RECOMMENDED, Case, given, names, submit

BACK = ReturnRecommendation(reason="请补充收入证明")
PAIR = submit(co_applicants=(Applicant(name="工友"),))


def examined() -> Case:
    return given(PAIR, POOR, CHECKED, RECOMMENDED)


def test_the_case_waits_for_its_examiner_again_and_its_time_runs_on() -> None:
    case = examined()
    assert waiting_for(case.state) == "approver"
    assert names(case.when(BACK)) == ["recommendation_returned"]
    assert (case.state.state, case.state.recommendation, waiting_for(case.state)) == ("received", None, "caseworker")
    assert [c.state for c in case.state.clocks if c.limit == "examine_application"] == ["running"]


def test_nothing_is_decided_on_an_opinion_that_was_sent_back() -> None:
    case = examined().then(BACK)
    case.refused("wrong_state", GRANTED)
    assert case.then(RECOMMENDED, GRANTED).state.state == "awaiting_assignment"


def test_sent_back_for_one_the_others_may_be_decided_about() -> None:
    case = examined().then(ReturnRecommendation(reason="待查", for_recipients=(1,)))
    assert case.state.state == "examined"
    case.refused("recommendation_missing", GRANTED)
    case.then(GrantAid(reasons="符合", for_recipients=(0,)))
    assert [r.status for r in case.state.recipients] == ["granted", "undecided"]


def test_where_no_opinion_was_given_there_is_nothing_to_send_back() -> None:
    given(submit(), POOR, CHECKED).refused("wrong_state", BACK)
    given(submit(), POOR, CHECKED, RECOMMENDED, GRANTED).refused("wrong_state", BACK)


def test_what_is_decided_stays_and_cannot_be_named() -> None:
    case = examined().then(GrantAid(reasons="符合", for_recipients=(0,)))
    refusal = case.refused("already_decided", ReturnRecommendation(reason="待查", for_recipients=(0,)))
    assert refusal.detail["recipients"] == (0,)
