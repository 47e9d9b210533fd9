"""Every row of the table of transitions that this issue brings, held against the code: states, roles, targets, events, two persons.

A cell's names are read from the table; what it says in prose (if, when, under, after …) is listed here by hand and has tests
of its own below and in the stages' files.
"""

from __future__ import annotations

import csv
import re
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple, get_args
from uuid import UUID

import pytest

from domain.command import COMMANDS, Actor, Command, Role
from domain.lifecycle import ANY, LANES, NOT_ENDED, STATES, onward
from domain.stages.accept_first import (
    ConfirmAcceptance,
    ConfirmOwedPapers,
    ExtendOwedPapers,
    FindIneligible,
    SupplyOwedPapers,
    WaiveOwedPapers,
)  # fmt: skip
from domain.stages.any_stage import (
    AddNote,
    AttachDocument,
    LiftHold,
    LinkCase,
    PlaceHold,
    RecordHomeVisit,
    ScheduleHomeVisit,
    ServeDocument,
    TransferCaseworker,
)  # fmt: skip
from domain.stages.application import DeemWithdrawn, IssueReceipt, ReferElsewhere, WithdrawApplication
from domain.stages.assignment import AssignUnit, DeclineAssignment, NameLawyer, RecordLawyerChoice, SignEngagement
from domain.stages.closure import (
    AcceptClosingFile,
    ArchiveCase,
    RecordCallback,
    ReturnClosingFile,
    ScorePeerReview,
    SubmitClosingReport,
)  # fmt: skip
from domain.stages.co_counsel import AddCoCounsel
from domain.stages.contact import RecordContactAttempt
from domain.stages.continuation import CarriedOver, ContinueCase, DeclineRemedy
from domain.stages.correction import CorrectRecord
from domain.stages.decision import DeclareRecusal, RecommendDecision, RefuseAid, WaiveHardshipCheck
from domain.stages.notice import NotifyOrgan, ReceiveOrganNotice
from domain.stages.objection import DecideObjection, FileObjection
from domain.stages.papers import IssueDocument
from domain.stages.people import AddRecipients, ReleaseRecipient, ReplaceRecipient
from domain.stages.replacement import DecideReplacement, RequestReplacement
from domain.stages.representation import (
    RecordConsent,
    RecordHearing,
    RecordMeeting,
    RecordOutcome,
    RecordProcedure,
    ReportMajorMatter,
    ReportProgress,
    ScheduleHearing,
)  # fmt: skip
from domain.stages.settlement import SettleWithoutAssignment
from domain.stages.subsidy import ApproveSubsidy, PaySubsidy
from domain.stages.supplement import RecordVerification, RequestVerification, RequireSupplement, SupplyPapers
from domain.stages.termination import BACK_TO, ContinueAid, ReportTerminationGround, TerminateAid
from domain.stages.transfer import TransferCentre
from domain.values import Applicant
from tests.unit.world import (
    ACCEPTED,
    AIDED,
    BY_DELEGATION,
    BY_ROLE,
    CENTRE,
    CHECKED,
    DEFERRED,
    ENGAGED,
    EXAMINED,
    GRANTED,
    LAWYER_NAMED,
    POOR,
    RECOMMENDED,
    TODAY,
    Case,
    accept,
    actor,
    given,
    names,
    noon,
    papers,
    position,
    submit,
)  # fmt: skip

CONTRACT = Path(__file__).parents[1] / "contract"
ROLES: tuple[Role, ...] = get_args(Role)


class Row(NamedTuple):
    command: str
    from_: str
    to: str
    roles: str
    other_person: str
    events: str


def read_rows() -> list[Row]:
    with (CONTRACT / "transitions.csv").open(encoding="utf-8", newline="") as file:
        return [
            Row(*(r[k] for k in ("command", "from", "to", "roles", "other_person", "events")))
            for r in csv.DictReader(file)
            if r["issue"] == "01" or r["command"] in COMMANDS
        ]


ROWS = read_rows()


def states_of(cell: str) -> frozenset[str]:
    """States of the main line that a `from` cell names; a lane, or a condition in prose, names none."""
    found: set[str] = set()
    for name in re.split(r"[|;]", cell):
        word = name.strip()
        first, _, last = word.partition(" to ")
        if word in STATES:
            found.add(word)
        elif word in ("any", "any with a clock"):
            found |= ANY
        elif word.startswith("not ended"):
            found |= NOT_ENDED
        elif first in STATES and last in STATES:
            found |= onward(first, last)
        elif word.endswith(" and after"):
            found |= onward(word.removesuffix(" and after"))
        elif word.startswith("any (before_aid) or "):
            found.add(word.removeprefix("any (before_aid) or "))
        elif not (word.startswith(("lane ", "any under", "any with", "any after", "assigned with", "refused for")) or word in LANES):
            raise AssertionError(f"cannot read {word!r}")
    return frozenset(found)


def roles_of(cell: str) -> frozenset[str]:
    """Roles a cell names; prose about any role stands for everybody who acts on cases."""
    if cell.startswith("any role"):
        return frozenset(ROLES) - {"auditor", "system_administrator", "security_administrator", "system"}
    return frozenset(word for word in re.findall(r"[a-z_]+", cell) if word in ROLES)


PLAIN = POOR, CHECKED
SUPPLEMENT = RequireSupplement(papers=papers("id_copy"), by=TODAY.replace(day=20), override_reason="遗漏")
ASKED = RequestVerification(kind="other_agency", agency="邻市中心", subject="收入")
REPORT = SubmitClosingReport(report="已结案", papers=papers("closing_report", "engagement", "work_record", "outcome_paper"))
OUTCOME = RecordOutcome(result="won", closed_on=TODAY, summary="胜诉")
SUBSIDY = ApproveSubsidy(
    amount_fen=150_000, tariff="flat_civil", payees=({"unit": "U-ZHENGHE", "lawyer": "L-WANG-MIN", "amount_fen": 150_000, "kind": "case"},),
)  # fmt: skip
UNDER_WAY = (*AIDED, *ENGAGED)
CLOSING = (*UNDER_WAY, OUTCOME)
ACCEPTED_FILE = (*CLOSING, REPORT, AcceptClosingFile(grade="good"))
PAID = (*ACCEPTED_FILE, SUBSIDY, PaySubsidy(paid_on=TODAY, voucher="V-1"))
RECUSED = DeclareRecusal(person="P-HE-JING", ground="kin")

REACHED: Mapping[str, tuple[Command, ...]] = {
    "received": (submit(), *PLAIN),
    "awaiting_papers": (submit(), *PLAIN, SUPPLEMENT),
    "awaiting_verification": (submit(), *PLAIN, ASKED),
    "examined": EXAMINED,
    "refused": (*EXAMINED, RefuseAid(reasons="不符")),
    "withdrawn": (submit(), WithdrawApplication(reason="和解")),
    "referred": (submit(), ReferElsewhere(to="邻市中心", reason="无管辖")),
    "awaiting_assignment": AIDED,
    "assigned": (*AIDED, AssignUnit(unit="U-ZHENGHE")),
    "lawyer_named": (*AIDED, *LAWYER_NAMED),
    "in_representation": UNDER_WAY,
    "replacing_lawyer": (*UNDER_WAY, RequestReplacement(by="recipient", cause="other", reasons="沟通不畅")),
    "termination_review": (*UNDER_WAY, ReportTerminationGround(ground="own_counsel", detail="自行委托")),
    "closing": CLOSING,
    "file_returned": (*CLOSING, REPORT, ReturnClosingFile(missing=papers("work_record"), reason="缺页")),
    "file_accepted": ACCEPTED_FILE,
    "subsidy_approved": (*ACCEPTED_FILE, SUBSIDY),
    "subsidy_paid": PAID,
    "archived": (*PAID, ArchiveCase(volume="1", archive_number="2026-1")),
}
"""The ordinary way to every state, without accept-first."""


@cache
def _reached(state: str) -> Case:
    if state == "deemed_withdrawn":
        return given(*REACHED["awaiting_papers"]).after(14).then(DeemWithdrawn(reason="逾期"))
    return given(*REACHED[state])


def reach(state: str) -> Case:
    """A case of its own in that state."""
    return _reached(state).copy()


@cache
def _on_notice() -> Case:
    return given(NOTICE, *LAWYER_NAMED)


JOINED = AddRecipients(recipients=(Applicant(name="李四", categories=("migrant_worker",)),), reason="同厂工友")
DOCUMENT = UUID(int=7)
NOTICE = ReceiveOrganNotice(
    centre=CENTRE, organ="市中级人民法院", notice_number="（2026）通知1号", received_at=noon(TODAY), stage="trial",
    persons=({"party": {"name": "赵强", "subject_id": UUID(int=1)}, "role": "accused"},),
)  # fmt: skip
CONTINUED = ContinueCase(
    relation="enforcement", stage="enforcement", reserved=(UUID(int=11),),
    carried_over=CarriedOver(parties=(submit().applicant,), summary="拖欠工资"),
)  # fmt: skip
CORRECTION = CorrectRecord(position=position(1), field="/channel", value="web", reason="笔误")
ASKS: Mapping[str, Command] = {
    c.name: c
    for c in (
        submit(), POOR, CHECKED, RECOMMENDED, GRANTED, SUPPLEMENT, ASKED, REPORT, OUTCOME, SUBSIDY, RECUSED, CORRECTION,
        IssueReceipt(papers=papers("id_copy")),
        SupplyPapers(papers=papers("id_copy")),
        RecordVerification(result="confirmed", detail="属实"),
        WaiveHardshipCheck(ground="good_samaritan"),
        RefuseAid(reasons="不符"),
        ReferElsewhere(to="邻市中心", reason="无管辖"),
        WithdrawApplication(reason="和解"),
        DeemWithdrawn(reason="逾期"),
        FileObjection(reasons="不服"),
        DecideObjection(result="corrected", reasons="应予审查"),
        accept(),
        ConfirmAcceptance(agrees=True),
        SupplyOwedPapers(papers=papers("id_copy")),
        ExtendOwedPapers(due_on=TODAY.replace(year=2027), reason="需时"),
        WaiveOwedPapers(papers=papers("id_copy"), reason="已核对"),
        ConfirmOwedPapers(),
        FindIneligible(reasons="收入超过标准"),
        RecordLawyerChoice(no_wish_told=True),
        AssignUnit(unit="U-ZHENGHE"),
        DeclineAssignment(reason="人手不足"),
        NameLawyer(lawyer="L-ZHANG-JIANGUO"),
        SignEngagement(signed_on=TODAY),
        RecordMeeting(kind="client_meeting", held_on=TODAY, summary="会见"),
        RecordConsent(consents=True),
        RecordProcedure(kind="filed", stage="arbitration", body="市仲裁委", held_on=TODAY),
        ReportProgress(summary="已立案"),
        ReportMajorMatter(summary="群体性"),
        ScheduleHearing(forum="市仲裁委", at=noon(TODAY)),
        RecordHearing(held_on=TODAY, result="择期裁决"),
        RequestReplacement(by="recipient", cause="other", reasons="沟通不畅"),
        DecideReplacement(granted=True, reasons="同意"),
        ReportTerminationGround(ground="own_counsel", detail="自行委托"),
        TerminateAid(ground="own_counsel", reasons="自行委托"),
        ContinueAid(reasons="理由不成立"),
        ReturnClosingFile(missing=papers("work_record"), reason="缺页"),
        AcceptClosingFile(grade="good"),
        PaySubsidy(paid_on=TODAY, voucher="V-1"),
        RecordCallback(satisfaction=5),
        ScorePeerReview(grade="good"),
        ArchiveCase(volume="1", archive_number="2026-1"),
        AddNote(text="来电"),
        AttachDocument(title="附件", digest="0" * 64, size=1, media_type="application/pdf"),
        IssueDocument(template="receipt"),
        ServeDocument(document_id=DOCUMENT, to="王建国", served_on=TODAY),
        ScheduleHomeVisit(at=noon(TODAY), address="柳家湾村"),
        RecordHomeVisit(held_on=TODAY, summary="已核对"),
        TransferCaseworker(to="P-HE-JING", reason="休假"),
        PlaceHold(reason="保全"),
        LiftHold(reason="已结"),
        LinkCase(case_id=UUID(int=9)),
        NOTICE,
        NotifyOrgan(organ="市中级人民法院", lawyers=("L-WANG-MIN",), served_on=TODAY),
        AddCoCounsel(lawyer="L-ZHANG-JIANGUO", reason="案情复杂"),
        RecordContactAttempt(means="电话", tried_on=TODAY, reached=False),
        JOINED,
        ReleaseRecipient(party_id=1, reason="settled_apart", detail="自行和解"),
        ReplaceRecipient(party_id=0, by=Applicant(name="王小明"), ground="heir"),
        SettleWithoutAssignment(settled_on=TODAY, summary="单位当场付清"),
        TransferCentre(to="C-ADX", reason="就近办理", agreed_by="P-LU-PING"),
        DeclineRemedy(told_on=TODAY, reason="服从裁决"),
        CONTINUED,
    )
}  # fmt: skip
"""One body a command, such as the ordinary run of a case brings it."""

BEFORE: Mapping[str, tuple[Command | tuple[Actor | str, Command], ...]] = {
    "record_verification": (RequestVerification(kind="data_sharing", agency="民政", subject="低保"),),
    "decide_objection": (FileObjection(reasons="不服"),),
    "lift_hold": ((actor("yan.shuhua"), PlaceHold(reason="保全")),),
    "decline_remedy": (RecordProcedure(kind="award", stage="arbitration", body="市仲裁委", held_on=TODAY, before_aid=True),),
    "return_closing_file": (REPORT,),
    "accept_closing_file": (REPORT,),
    "release_recipient": (JOINED,),
}
"""What must have happened in the very state, for the command to have something to answer."""

BEYOND = frozenset({"break_glass", "propose_commands", "accept_proposal", "return_proposal", "return_recommendation"}) | {
    "ask_extension", "approve_extension", "refuse_extension",
}  # fmt: skip
"""Commands that practice needs beside the table's (docs/decisions/0006); their tests stand in test_proposals.py, test_sent_back.py,
test_extension.py."""

ENDS_ELSEWHERE = frozenset({"correct_record", "issue_document"})
"""After the end these ask for more (the supervisor; the ending decision), by tests of their own."""

EXAMINED_STATES = ("received", "awaiting_papers", "awaiting_verification", "examined")
NOT_IN_HAND: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("decline_assignment", "assigned"): {"lawyer": "not_your_assignment"},
    **{("record_contact_attempt", state): {"lawyer": "not_your_case"} for state in (*EXAMINED_STATES, "awaiting_assignment")},
    **{("release_recipient", state): {"lawyer": "not_your_case"} for state in (*EXAMINED_STATES, "awaiting_assignment")},
    ("report_termination_ground", "awaiting_assignment"): {"lawyer": "not_your_case", "unit_manager": "not_your_case"},
}
"""Lawyers and units act on cases in their hands; here nobody, or only the unit, has it in hand."""

TARGETS: Mapping[str, str] = {
    "supply_papers": "received",
    "request_verification": "awaiting_verification",
    "recommend_decision": "examined",
    "grant_aid": "awaiting_assignment",
    "file_objection": "=",
    "decide_objection": "examined",
    "accept_first": "awaiting_assignment",
    "assign_unit": "assigned",
    "record_consent": "=",
    "decide_replacement": "awaiting_assignment",
    "continue_aid": "in_representation",
    "release_recipient": "=",
    "record_outcome": "closing",
}
"""Where the body above leads, where the table's cell depends on the case."""


def target_of(row: Row, state: str) -> str:
    if row.command == "record_verification":
        return "received" if state == "awaiting_verification" else state
    if row.command == "request_verification" and state == "awaiting_papers":
        return state
    target = TARGETS.get(row.command, row.to)
    assert target == "=" or target in STATES, f"{row.command}: say in TARGETS where its body leads"
    return state if target == "=" else target


OF_THE_SYSTEM = ("mark_deadline", "replan_clocks")
MAIN_LINE = [row for row in ROWS if row.command not in ("submit_application", "receive_organ_notice", *OF_THE_SYSTEM)]


def label(value: object) -> str:
    return value.command if isinstance(value, Row) else str(value)


def prepared(row: Row, state: str) -> Case:
    case = _on_notice().copy() if row.command == "notify_organ" else reach(state)
    for each in BEFORE.get(row.command, ()):
        if row.command == "record_verification" and state == "awaiting_verification":
            continue
        case.then(each)
    return case


@pytest.mark.parametrize(("row", "state"), [(r, s) for r in MAIN_LINE for s in STATES if s in states_of(r.from_)], ids=label)
def test_it_leads_where_the_table_says_for_each_role(row: Row, state: str) -> None:
    command = ASKS[row.command]
    for role in sorted(roles_of(row.roles)):
        case = prepared(row, state)
        if row.command == "deem_withdrawn":
            case.after(14)
        if state not in NOT_ENDED and row.command in ENDS_ELSEWHERE and (role != "supervisor" or row.command == "issue_document"):
            continue
        if code := NOT_IN_HAND.get((row.command, state), {}).get(role):
            case.refused(code, command, BY_ROLE[role])
            continue
        events = case.when(command, BY_ROLE[role])
        assert case.state.state == target_of(row, state), role
        assert set(names(events)) <= set(row.events.split("|")), role


@pytest.mark.parametrize("row", MAIN_LINE, ids=label)
def test_outside_its_states_it_is_refused(row: Row) -> None:
    for state in frozenset(STATES) - states_of(row.from_):
        refusal = reach(state).refused("wrong_state", ASKS[row.command])
        assert (refusal.status, refusal.detail["state"]) == (409, state)


@pytest.mark.parametrize("row", ROWS, ids=label)
def test_other_roles_are_refused(row: Row) -> None:
    if row.command in OF_THE_SYSTEM:
        assert COMMANDS[row.command].roles == {"system"}
        return
    state = next((s for s in STATES if s in states_of(row.from_)), "received") if row.from_ != "-" else None
    case = reach(state) if state else given()
    for role in frozenset(ROLES) - roles_of(row.roles) - WIDER_ROLES.get(row.command, frozenset()):
        assert case.refused("role_not_allowed", ASKS[row.command], BY_ROLE[role]).status == 403


WIDER_ROLES: Mapping[str, frozenset[str]] = {"submit_closing_report": frozenset({"caseworker"})}
"""A case that nobody ever handled (settled, or terminated before its assignment) is filed by the centre's caseworker."""
WIDER_EVENTS: Mapping[str, frozenset[str]] = {"record_consent": frozenset({"lawyer_released"})}
"""A refusal by one who must have counsel releases the lawyer, who leaves as with any replacement."""


@pytest.mark.parametrize("row", ROWS, ids=label)
def test_the_class_says_what_the_row_says(row: Row) -> None:
    command = COMMANDS[row.command]
    assert command.roles == roles_of(row.roles) | WIDER_ROLES.get(row.command, frozenset())
    written = {word for word in row.events.split("|") if " on the new" not in word}
    assert set(command.emits) == written | WIDER_EVENTS.get(row.command, frozenset())
    if row.other_person.startswith("of ") and row.other_person.removeprefix("of ") not in ("the decision", "the report"):
        assert command.other_than == row.other_person.removeprefix("of ")


STATE_BEFORE = {"continue_aid", "decide_replacement", "decide_objection"}
"""`the state before`, or `resumed`: any of those in which a case may have stood."""


@pytest.mark.parametrize("row", ROWS, ids=label)
def test_the_drawn_diagram_equals_the_table(row: Row) -> None:
    """Every arrow starts and ends where the row says, and no state that the row names is without one."""
    arrows = COMMANDS[row.command].leads()
    named = {word for word in re.findall(r"[a-z_]+", row.to.split(" if ")[0]) if word in STATES and f"lane {word}" not in row.to}
    drawn = {end for _, end in arrows}
    assert named <= drawn
    if row.command not in STATE_BEFORE:
        assert drawn <= named | PROSE_TARGETS.get(row.command, set())
        starts = {start for start, _ in arrows if start}
        assert starts <= (states_of(row.from_) or ANY if row.from_ != "-" else set()) | PROSE_STARTS.get(row.command, frozenset())


PROSE_STARTS: Mapping[str, frozenset[str]] = {"refuse_aid": onward("awaiting_assignment", "in_representation")}
"""Where somebody who joined later is decided about beside the work for the others (tests/unit/test_groups.py)."""
PROSE_TARGETS: Mapping[str, set[str]] = {
    "supply_papers": {"awaiting_verification"},
    "refuse_aid": {"awaiting_assignment", "closing"},
    "terminate_aid": set(BACK_TO),
    "release_recipient": {"awaiting_assignment", "refused", "in_representation", "closing"},
}
"""Named in the row's rule, not in its target; ended for some only, the aid of the others goes on in the state before."""


def test_the_page_that_draws_the_lifecycle_is_up_to_date() -> None:
    script = Path(__file__).parents[2] / "scripts" / "lifecycle_doc.py"
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_row_of_this_issue_has_its_command_and_no_command_is_without_a_row() -> None:
    of_cases = {name for name, kind in COMMANDS.items() if kind.stream in ("case", None)}
    assert of_cases - BEYOND == {row.command for row in ROWS}


def test_the_way_to_every_state_is_known() -> None:
    assert {reach(state).state.state for state in STATES} == set(STATES)


# --- lanes


def overdue() -> Case:
    """Nobody supplied what was owed: the case's own workflow marks the rungs."""
    case = given(*ACCEPTED).after(60)
    clock = next(c for c in case.state.clocks if c.limit == "supply_owed_papers")
    for rung in clock.rungs:
        case.when(COMMANDS["mark_deadline"](clock=clock.id, plan_version=clock.plan_version, rung=rung.n), "system")
    return case


def lane_case(lane: str) -> Case:
    both = SupplyOwedPapers(papers=papers("id_copy", "work_evidence"))
    match lane:
        case "papers_overdue":
            return overdue()
        case "papers_complete":
            return given(*DEFERRED, both, ConfirmOwedPapers())
        case "confirmed":
            return given(*ACCEPTED, both, ConfirmOwedPapers())
        case "found_ineligible":
            return given(*ACCEPTED, FindIneligible(reasons="收入超过标准"))
        case _:
            return given(*ACCEPTED)


def lanes_of(cell: str) -> frozenset[str]:
    if cell == "lane any but found_ineligible":
        return frozenset(LANES) - {"found_ineligible"}
    return frozenset(cell.removeprefix("lane ").split("|"))


LANE_ROWS = [row for row in ROWS if row.from_.startswith("lane ") and row.command != "confirm_acceptance"]


@pytest.mark.parametrize(("row", "lane"), [(r, lane) for r in LANE_ROWS for lane in LANES], ids=label)
def test_a_lanes_command_works_in_its_lanes_only(row: Row, lane: str) -> None:
    command = ASKS[row.command]
    if row.command == "confirm_owed_papers" and lane in lanes_of(row.from_):
        case = lane_case(lane).then(SupplyOwedPapers(papers=papers("id_copy", "work_evidence")))
        assert names(case.when(ConfirmOwedPapers())) == ["owed_papers_completed"]
        return
    case = lane_case(lane)
    if lane not in lanes_of(row.from_):
        case.refused("wrong_state", command)
        return
    for role in roles_of(row.roles):
        if row.command == "extend_owed_papers" and role == "supervisor":
            continue
        assert set(names(lane_case(lane).when(command, BY_ROLE[role]))) <= set(row.events.split("|"))


@pytest.mark.parametrize("lane", LANES)
def test_the_lane_leads_where_the_table_says(lane: str) -> None:
    case = lane_case(lane)
    assert case.state.accept_first
    assert case.state.accept_first.state == lane
    expected = "termination_review" if lane == "found_ineligible" else "awaiting_assignment"
    assert case.state.state == expected


def test_an_extension_brings_an_overdue_lane_back() -> None:
    case = overdue().then(ExtendOwedPapers(due_on=TODAY.replace(year=2027), reason="需时"))
    assert case.state.accept_first
    assert case.state.accept_first.state == "papers_owed"


def test_an_acceptance_by_delegation_is_confirmed_whatever_the_lane() -> None:
    both = SupplyOwedPapers(papers=papers("id_copy", "work_evidence"))
    for more in ((), (both,), (both, ConfirmOwedPapers())):
        assert names(given(*BY_DELEGATION, *more).when(ConfirmAcceptance(agrees=True))) == ["acceptance_confirmed"]
    assert given(*BY_DELEGATION, *ENGAGED, ConfirmAcceptance(agrees=False, reason="不属该人群")).state.state == "received"


# --- rows whose condition is prose


@pytest.mark.parametrize("more", [(), ENGAGED, (*ENGAGED, OUTCOME)], ids=("awaiting_assignment", "in_representation", "closing"))
def test_under_a_deferred_acceptance_hardship_is_examined_beside_the_work(more: tuple[Command, ...]) -> None:
    for command in (POOR, WaiveHardshipCheck(ground="good_samaritan")):
        case = given(*DEFERRED, *more[:2])
        state = case.state.state
        case.when(command)
        assert case.state.state == state
        given(*ACCEPTED, *more[:2]).refused("wrong_state", command)


def test_recommending_and_granting_wait_for_the_papers_of_a_deferred_acceptance() -> None:
    case = given(*DEFERRED, POOR, CHECKED)
    for command in (RECOMMENDED, GRANTED):
        case.refused("wrong_state", command)
    lane = lane_case("papers_complete").then(POOR, CHECKED, RECOMMENDED, GRANTED).state
    assert lane.accept_first
    assert (lane.state, lane.accept_first.state) == ("awaiting_assignment", "confirmed")
    lane_case("confirmed").refused("wrong_state", RecommendDecision(decision="grant", opinion="符合"))


def test_an_objection_may_follow_a_termination_whatever_came_after() -> None:
    terminated = (*REACHED["termination_review"], TerminateAid(ground="own_counsel", reasons="自行委托"))
    for more in ((), (REPORT,)):
        case = given(*terminated, *more, FileObjection(reasons="不服"), DecideObjection(result="upheld", reasons="正确"))
        assert case.state.state == "closing"
        case = given(*terminated, *more, FileObjection(reasons="不服"), DecideObjection(result="corrected", reasons="继续"))
        assert case.state.state == "in_representation"


def test_a_meeting_may_be_held_once_a_unit_has_a_case_accepted_first() -> None:
    meeting = ASKS["record_meeting"]
    assert given(*ACCEPTED, AssignUnit(unit="U-ZHENGHE")).when(meeting)
    given(*AIDED, AssignUnit(unit="U-ZHENGHE")).refused("wrong_state", meeting)


@pytest.mark.parametrize("state", STATES)
def test_a_procedure_before_the_aid_is_recorded_in_any_state(state: str) -> None:
    case = reach(state)
    before = RecordProcedure(kind="filed", stage="arbitration", body="市仲裁委", held_on=TODAY, before_aid=True)
    assert names(case.when(before, "caseworker")) == ["procedure_recorded"]
    assert case.state.state == state


def test_a_lawyer_given_with_the_unit_is_named_at_once() -> None:
    case = given(*AIDED)
    assert names(case.when(AssignUnit(unit="U-ZHENGHE", lawyer="L-WANG-MIN"))) == ["unit_assigned", "lawyer_named"]
    assert case.state.state == "lawyer_named"


def test_a_replacement_denied_leads_back_to_the_state_before() -> None:
    for state in ("lawyer_named", "in_representation"):
        case = given(*REACHED[state], RequestReplacement(by="recipient", cause="other", reasons="沟通不畅"))
        assert case.then(DecideReplacement(granted=False, reasons="不同意")).state.state == state
