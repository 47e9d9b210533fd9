"""Papers in the centre's name: what they may carry, their numbers, the template's version, and a wrong one voided by a new one."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from domain.command import EVENTS, Refusal
from domain.stages.application import WithdrawApplication
from domain.stages.decision import GrantAid
from domain.stages.papers import DocumentIssued, IssueDocument
from domain.templates import read_templates
from domain.values import Applicant
from tests.unit.test_application import REFUSED
from tests.unit.world import AIDED, CHECKED, ENGAGED, LAWYER_NAMED, POOR, RECOMMENDED, RULES, Case, given, submit

GRANT_PAPER = IssueDocument(template="grant_decision")
TWO = (submit(co_applicants=(Applicant(name="李梅", subject_id=UUID(int=2)),)), POOR, CHECKED, RECOMMENDED)


def grant(*party_ids: int) -> GrantAid:
    return GrantAid(forms=("arbitration",), stages=("arbitration",), reasons="符合条件", for_recipients=party_ids)


def paper(case: Case, command: IssueDocument, **changes: Any) -> DocumentIssued:
    (issued,) = case.when(command, **changes)
    assert isinstance(issued, DocumentIssued)
    return issued


def test_issued_papers_are_numbered_in_the_case_and_named_by_their_command() -> None:
    case = given(*AIDED)
    first, second = paper(case, GRANT_PAPER), paper(case, GRANT_PAPER)
    assert (first.number, second.number) == ("市援民字〔2026〕第1号-1", "市援民字〔2026〕第1号-2")
    assert [str(p.document_id) for p in (first, second)] == [h.at.command_id for h in case.history[-2:]]
    assert [p.issued_on for p in case.state.issued] == [case.on, case.on]


def test_a_paper_carries_the_event_that_is_meant_where_nobody_says() -> None:
    case = given(*AIDED)
    assert paper(case, GRANT_PAPER).about == case.version_of("aid_granted")


def test_of_several_decisions_the_one_without_a_paper_is_meant() -> None:
    case = given(*TWO, grant(0))
    first = case.version_of("aid_granted")
    assert paper(case, GRANT_PAPER).about == first
    case.when(grant(1))
    assert paper(case, GRANT_PAPER).about == case.version_of("aid_granted") != first


def test_where_two_decisions_have_no_paper_the_command_must_say_which() -> None:
    case = given(*TWO, grant(0), grant(1))
    refusal = case.refused("about_required", GRANT_PAPER)
    assert (refusal.status, refusal.pointer) == (422, "/about")
    assert refusal.detail["versions"] == [h.at.version for h in case.history if h.event.type == "aid_granted"]


def test_a_handlers_paper_carries_the_last_naming() -> None:
    case = given(*AIDED, *LAWYER_NAMED)
    assert paper(case, IssueDocument(template="assignment_letter")).about == case.version_of("lawyer_named")
    assert paper(case, IssueDocument(template="assignment_notice")).about == case.version_of("unit_assigned")


@pytest.mark.parametrize(
    ("story", "code", "command", "pointer"),
    [
        ((submit(),), "unknown_template", IssueDocument(template="letter"), "/template"),
        ((submit(),), "unknown_version", IssueDocument(template="receipt", about=99), "/about"),
        ((submit(),), "nothing_to_carry", GRANT_PAPER, None),
        (AIDED, "template_does_not_carry", IssueDocument(template="grant_decision", about=1), "/about"),
        (AIDED, "template_changed", IssueDocument(template="grant_decision", template_version=2), None),
        (AIDED, "unknown_paper", IssueDocument(template="grant_decision", voids=UUID(int=9)), "/voids"),
        (AIDED, "not_for_each", IssueDocument(template="grant_decision", for_recipients=(0,)), "/for_recipients"),
        ((*AIDED, *ENGAGED), "unknown_recipient", IssueDocument(template="power_of_attorney", for_recipients=(0, 7)), "/for_recipients/1"),
        ((submit(), WithdrawApplication(reason="不再申请")), "wrong_state", IssueDocument(template="receipt"), None),
    ],
)
def test_what_cannot_be_issued_is_pointed_at(story: Any, code: str, command: IssueDocument, pointer: str | None) -> None:
    refusal = given(*story).refused(code, command)
    assert refusal.pointer == pointer
    assert refusal.status == (422 if pointer else 409)


def test_a_template_changed_since_the_preview_says_which_is_in_force_now() -> None:
    case = given(*AIDED)
    rows = [
        {"template": "grant_decision", "version": n, "from": day, "about": ["aid_granted"]}
        for n, day in ((1, date(2022, 1, 1)), (2, case.on))
    ]
    newer = replace(RULES, templates=read_templates({"templates": rows}))
    previewed = GRANT_PAPER.model_copy(update={"template_version": 1})
    with pytest.raises(Refusal) as met:
        case.decided(previewed, rules=newer)
    assert (met.value.code, met.value.status) == ("template_changed", 409)
    assert met.value.detail.items() >= {"template": "grant_decision", "current": 2, "previewed": 1}.items()
    assert paper(case, GRANT_PAPER.model_copy(update={"template_version": 2}), rules=newer).template_version == 2


def test_two_rows_of_one_version_are_no_templates() -> None:
    row = {"template": "receipt", "version": 1, "from": date(2022, 1, 1), "about": ["application_submitted"]}
    with pytest.raises(ValueError, match="receipt"):
        read_templates({"templates": [row, row]})


def test_a_wrong_paper_is_voided_by_the_one_that_takes_its_place() -> None:
    case = given(*AIDED)
    wrong = paper(case, GRANT_PAPER)
    right = paper(case, GRANT_PAPER.model_copy(update={"voids": wrong.document_id, "language": "en"}))
    assert right.about == wrong.about
    old, new = case.state.issued
    assert (old.voided_by, new.voids, new.voided_by) == (right.document_id, wrong.document_id, None)
    again = case.refused("already_voided", GRANT_PAPER.model_copy(update={"voids": wrong.document_id}))
    assert again.detail["number"] == wrong.number


def test_after_the_end_only_the_ending_decision_is_issued_and_its_proof_of_service() -> None:
    case = given(*REFUSED)
    case.refused("wrong_state", IssueDocument(template="receipt", about=1))
    notice = paper(case, IssueDocument(template="refusal_notice"))
    assert notice.about == case.version_of("aid_refused")
    proof = paper(case, IssueDocument(template="proof_of_service"))
    assert proof.about == case.state.issued[0].version


def test_a_proof_of_service_is_no_paper_to_be_served() -> None:
    case = given(*REFUSED, IssueDocument(template="refusal_notice"), IssueDocument(template="proof_of_service"))
    again = paper(case, IssueDocument(template="proof_of_service"))
    assert again.about == case.state.issued[0].version


def test_a_power_of_attorney_has_a_page_for_everybody_aided_or_for_those_named() -> None:
    case = given(*TWO, grant(0, 1), *LAWYER_NAMED)
    assert paper(case, IssueDocument(template="power_of_attorney")).for_recipients == (0, 1)
    assert paper(case, IssueDocument(template="power_of_attorney", for_recipients=(1,))).for_recipients == (1,)


def test_every_template_carries_events_there_are() -> None:
    for rows in RULES.templates.rows.values():
        for template in rows:
            assert template.about
            assert set(template.about) <= EVENTS.keys()
