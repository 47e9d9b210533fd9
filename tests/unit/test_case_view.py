"""A case as returned keeps what commands brought, under the commands' own names; personal text stays as it was sealed."""

from typing import Any
from uuid import UUID

import pytest

from api.views import case_view, plain, raw_view
from domain.command import Command, Event
from domain.stages.accept_first import ConfirmAcceptance
from domain.stages.any_stage import PlaceHold, ScheduleHomeVisit
from domain.stages.assignment import AssignUnit, ChoiceNotFollowed, HandlerNamed, RecordLawyerChoice, SignEngagement
from domain.stages.closure import AcceptClosingFile, SubmitClosingReport
from domain.stages.decision import AssessHardship
from domain.stages.replacement import DecideReplacement, RequestReplacement
from domain.stages.representation import RecordMeeting, RecordOutcome
from domain.stages.subsidy import ApproveSubsidy, Payee
from domain.values import Sealed
from tests.unit.world import (
    ACCEPTED,
    AIDED,
    BY_DELEGATION,
    DIRECTORY,
    ENGAGED,
    LAWYER_NAMED,
    TODAY,
    Case,
    accept,
    given,
    household,
    noon,
    papers,
    submit,
)  # fmt: skip

BOX = Sealed(subject=UUID(int=1), box="AAAA")
SEALED = {"subject": str(UUID(int=1)), "box": "AAAA"}
DAY = TODAY.isoformat()
CHECKLIST = ("closing_report", "engagement", "work_record", "outcome_paper")


def seen(*story: Any) -> dict[str, Any]:
    return case_view(given(*story).state)


def brought(case: Case, command: Command, by: str | None = None) -> dict[str, Any]:
    """The data of the first event the command brings."""
    first: Event = case.when(command, by)[0]
    return plain(first)


def test_a_record_that_cannot_be_read_is_told_of_without_a_word_of_its_content() -> None:
    row = {
        "position": 7, "version": 2, "type": "accepted_first", "schema_version": 1, "recorded_at": noon(TODAY), "decided_at": noon(TODAY),
        "effective_on": TODAY, "actor": "P-LIN-XIAOMEI", "on_behalf_of": None, "role": "approver", "office": "C-ADX", "command_id": "x",
        "correlation_id": "x", "causation": None, "digest": bytes(32), "chain_hash": bytes(32), "body": b"{\xff",
    }  # fmt: skip
    shown = raw_view("c", row, DIRECTORY, raw=True)
    assert shown["raw"] == "{\\xff"
    assert "data" not in shown
    assert raw_view("c", row, DIRECTORY, raw=False) == {name: value for name, value in shown.items() if name != "raw"}


def test_the_day_the_centre_received_the_application() -> None:
    assert seen(submit(received_by_centre_on=TODAY))["received_by_centre_on"] == DAY
    assert seen(submit())["received_by_centre_on"] is None


def test_what_the_acceptance_rests_on_in_the_officers_words() -> None:
    assert seen(submit(), ("approver", accept(detail=BOX)))["accept_first"]["detail"] == SEALED


def test_the_household_of_the_sum() -> None:
    asked = AssessHardship(household=household(100_000), county="安定县", property_fen=5, proof="documents")
    found = seen(submit(), asked.model_copy(update={"household": (asked.household[0].model_copy(update={"name": BOX}),)}))["eligibility"]
    assert found["household"] == [{"name": SEALED, "income_fen_per_month": 100_000, "self_only": True}]
    assert (found["county"], found["residence"], found["property_fen"], found["proof"]) == ("安定县", "rural", 5, "documents")
    assert seen(submit())["eligibility"]["household"] == []


def test_meetings_stand_beside_their_number_without_what_was_said() -> None:
    done = seen(*AIDED, *ENGAGED, RecordMeeting(kind="custody_visit", held_on=TODAY, place="看守所", summary=BOX))["representation"]
    assert (done["meetings"], done["meetings_held"]) == (1, [{"kind": "custody_visit", "held_on": DAY, "place": "看守所"}])


def test_the_engagement_that_stands_is_the_assigned_units() -> None:
    signed = SignEngagement(signed_on=TODAY, signed_by="recipient", authority="special", method="fingerprint")
    case = given(*AIDED, *LAWYER_NAMED, signed)
    engagement = {"signed_on": DAY, "signed_by": "recipient", "authority": "special", "method": "fingerprint"}
    assert case_view(case.state)["engagement"] == engagement
    case.then(RequestReplacement(reasons="沟通不畅"), DecideReplacement(granted=True, reasons="同意"), AssignUnit(unit="U-LONGYUAN"))
    assert case_view(case.state)["engagement"] is None


def test_why_a_hold_stands() -> None:
    assert seen(submit(), PlaceHold(reason=BOX))["holds"][0]["reason"] == SEALED


def test_where_a_home_visit_goes_and_who() -> None:
    plan = ScheduleHomeVisit(at=noon(TODAY), address=BOX, visitors=("P-LI-GUANGMING",), lawyers=("L-WANG-MIN",))
    (visit,) = seen(submit(), plan)["visits"]
    assert (visit["address"], visit["visitors"], visit["lawyers"]) == (SEALED, ["P-LI-GUANGMING"], ["L-WANG-MIN"])


def test_the_subsidy_as_it_was_approved() -> None:
    report = SubmitClosingReport(report="已结案", papers=papers(*CHECKLIST))
    payees = (Payee(unit="U-ZHENGHE", lawyer="L-WANG-MIN", amount_fen=150_000),)
    approved = ApproveSubsidy(amount_fen=150_000, tariff="flat_civil", payees=payees, reviewed_by="P-SU-MIN", published_on=TODAY)
    closure = seen(*AIDED, *ENGAGED, RecordOutcome(result="won", closed_on=TODAY), report, AcceptClosingFile(), approved)["closure"]
    assert (closure["amount_fen"], closure["subsidy_fen"], closure["reviewed_by"]) == (150_000, 150_000, "P-SU-MIN")
    assert (closure["payees"], closure["published_on"]) == ([plain(payees[0])], DAY)


@pytest.mark.parametrize("agrees", [True, False])
def test_a_confirmation_says_whether_it_agrees(agrees: bool) -> None:
    assert brought(given(*BY_DELEGATION), ConfirmAcceptance(agrees=agrees, reason="复核"))["agrees"] is agrees


@pytest.mark.parametrize("granted", [True, False])
def test_the_decision_on_a_replacement_lists_what_is_handed_over(granted: bool) -> None:
    asked = given(*AIDED, *ENGAGED, RequestReplacement(reasons="沟通不畅"))
    decided = brought(asked, DecideReplacement(granted=granted, reasons="复核", handover=papers("work_record")))
    assert decided["handover"] == [{"kind": "work_record"}]


def test_the_assignment_lists_the_lawyers_as_they_were_named_and_why_a_choice_was_not_followed() -> None:
    case = given(*ACCEPTED, RecordLawyerChoice(choices=("L-LIU-HAIFENG",)))
    why = ChoiceNotFollowed(lawyer="L-LIU-HAIFENG", cause="declined", detail=BOX)
    named = (HandlerNamed(lawyer="L-WANG-MIN", lead=True), HandlerNamed(lawyer="L-ZHANG-JIANGUO"))
    assert brought(case, AssignUnit(unit="U-ZHENGHE", lawyers=named, choice_not_followed=(why,)))["lawyers"] == [
        {"lawyer": "L-WANG-MIN", "lead": True}, {"lawyer": "L-ZHANG-JIANGUO"},
    ]  # fmt: skip
    not_followed = case_view(case.state)["assignment"]["choice_not_followed"]
    assert not_followed == [{"lawyer": "L-LIU-HAIFENG", "cause": "declined", "detail": SEALED}]


def test_what_a_case_says_survives_its_snapshot() -> None:
    story = (submit(received_by_centre_on=TODAY), AssessHardship(household=household(1), county="定城"), PlaceHold(reason=BOX))
    case = given(*story).state
    assert case_view(type(case).model_validate(case.model_dump(mode="json"))) == case_view(case)
