"""Laws of every case: no sequence of commands leaves the table, folding is what deciding saw, events survive being stored."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

import rfc8785
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.case import CaseState, blank
from domain.command import COMMANDS, EVENTS, Command, Refusal
from domain.lifecycle import END_STATES, LANES, STATES
from domain.stages.accept_first import ConfirmAcceptance
from domain.stages.application import DeemWithdrawn
from domain.stages.correction import CorrectRecord, RecordCorrected, business, refold
from domain.stages.decision import GrantAid, RecommendDecision, RefuseAid, WaiveHardshipCheck
from domain.stages.objection import DecideObjection
from domain.stages.people import AddRecipients, ReleaseRecipient, ReplaceRecipient
from domain.stages.replacement import DecideReplacement
from domain.stages.representation import RecordConsent, RecordOutcome
from domain.stages.termination import TerminateAid
from domain.stream import fold
from domain.values import Applicant, Party, Proxy, Sealed, map_personal
from tests.unit.test_transitions import ASKS, BEYOND, NOTICE, ROWS, lane_case, reach
from tests.unit.world import (
    BY_ROLE,
    CHECKED,
    ENGAGED,
    GRANTED,
    LAWYER_NAMED,
    POOR,
    RECOMMENDED,
    TODAY,
    Case,
    accept,
    likely,
    papers,
    position,
    submit,
)

LIFE = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
OPENINGS: tuple[Command, ...] = (
    submit(),
    submit(
        co_applicants=(Applicant(name="李四", residence="urban", categories=("dibao_recipient",)),),
        proxy=Proxy(party=Party(name="张三"), relation="spouse"),
        opponents=(Party(name="某公司", id_kind="organisation_code", id_number="X1"),),
        papers=papers("id_copy"),
        form="oral",
        oral={"read_aloud": True, "proof": "fingerprint"},
    ),
    NOTICE,
)
MORE: tuple[Command, ...] = (
    *(command for name, command in ASKS.items() if name not in ("submit_application", "receive_organ_notice", "declare_recusal")),
    accept(ground="other_by_rule"),
    ConfirmAcceptance(agrees=False, reason="不符"),
    AddRecipients(recipients=(Applicant(name="王五", id_number="A1"), Applicant(name="赵六")), reason="同厂工友", recipient_count=100),
    ReleaseRecipient(party_id=0, reason="withdrew", detail="不再申请"),
    ReplaceRecipient(party_id=1, by=Applicant(name="李小四"), ground="wrong_party"),
    RecordOutcome(result="settled", closed_on=TODAY, for_recipients=(1,)),
    TerminateAid(ground="own_counsel", reasons="自行委托", for_recipients=(1,)),
    DecideObjection(result="upheld", reasons="正确"),
    DecideReplacement(granted=False, reasons="不同意"),
    RecordConsent(consents=False, refusal_outcome="must_have_counsel"),
    RecordConsent(consents=False, refusal_outcome="self_defence_accepted"),
    WaiveHardshipCheck(ground="social_relief_recipient", for_recipients=(0,)),
    RecommendDecision(decision="refuse", opinion="不符", for_recipients=(0,)),
    GrantAid(reasons="符合", for_recipients=(1,)),
    RefuseAid(reasons="不符", for_recipients=(0,)),
    CorrectRecord(position=position(1), field="/matter/summary", value="更正", reason="笔误"),
    CorrectRecord(position=position(2), field="/papers/0/kind", value="更正", reason="笔误"),
)
"""What may be tried next; with what the table's test asks of each command, bodies that lead another way."""
CORRECTABLE = ("/applicant/name", "/matter/summary", "/applicant/county", "/recipient_count")
STARTS: tuple[Case, ...] = (
    *(Case().then(opening) for opening in OPENINGS),
    *(Case().then(OPENINGS[1], POOR, CHECKED, more) for more in (RECOMMENDED, ASKS["require_supplement"])),
    Case().then(OPENINGS[1], ("duty_lawyer", accept()), *ENGAGED),
    Case().then(OPENINGS[1], ("approver", accept(ground="other_by_rule")), *ENGAGED, POOR),
    Case().then(NOTICE, *LAWYER_NAMED),
    *map(reach, STATES),
    *map(lane_case, LANES),
)


class Step(NamedTuple):
    before: CaseState
    command: Command
    after: CaseState


class Life(NamedTuple):
    case: Case
    steps: list[Step]


@st.composite
def lives(draw: st.DrawFn) -> Life:
    """A case taken on from anywhere on the line by whatever its state allows. What is refused leaves no step; days pass in between."""
    case = draw(st.sampled_from(STARTS)).copy()
    steps: list[Step] = []
    for _ in range(draw(st.integers(0, 15))):
        case.after(draw(st.sampled_from((0, 0, 0, 1, 20))))
        possible = [c for c in MORE if type(c).allowed_in(case.state)]
        moving = [c for c in possible if type(c).lane != "margin"]
        command = draw(st.sampled_from(possible) if not moving or draw(st.booleans()) else st.sampled_from(moving))
        before = case.state
        try:
            case.when(command, issuer(command, case))
        except Refusal:
            assert case.state == before
            continue
        steps.append(Step(before, command, case.state))
    return Life(case, steps)


def issuer(command: Command, case: Case) -> Any:
    """After the end a correction is the supervisor's."""
    return BY_ROLE["supervisor"] if isinstance(command, CorrectRecord) and case.state.ended else likely(command)


@LIFE
@given(lives())
def test_no_sequence_of_commands_reaches_a_state_outside_the_table(life: Life) -> None:
    for before, command, after in life.steps:
        if after.state != before.state:
            onward_for_the_others = len(after.recipients) > 1 and after.state == "awaiting_assignment"
            assert (before.state, after.state) in type(command).leads() or onward_for_the_others, command
        else:
            some_are_undecided = len(after.recipients) > 1
            assert "=" in type(command).to or after.state in type(command).to or some_are_undecided, command


@LIFE
@given(lives())
def test_folding_the_events_gives_the_state_that_deciding_saw(life: Life) -> None:
    case = life.case
    assert fold(case.history, blank(case.state.case_id)) == case.state
    assert [h.at.version for h in case.history] == list(range(1, case.state.version + 1))


@LIFE
@given(lives())
def test_every_event_survives_its_stored_form(life: Life) -> None:
    case = life.case
    for happened in case.history:
        body = rfc8785.dumps(happened.event.model_dump(mode="json", exclude_none=True))
        assert EVENTS[happened.event.type].model_validate(json.loads(body)) == happened.event


@LIFE
@given(lives())
def test_a_snapshot_is_the_state(life: Life) -> None:
    case = life.case
    assert CaseState.model_validate(json.loads(rfc8785.dumps(case.state.model_dump(mode="json")))) == case.state


@LIFE
@given(lives())
def test_events_about_people_always_say_about_whom(life: Life) -> None:
    case = life.case
    for happened in case.history:
        if "for_recipients" in type(happened.event).model_fields:
            assert happened.event.model_dump()["for_recipients"], happened.event.type


@LIFE
@given(lives())
def test_a_case_is_numbered_once(life: Life) -> None:
    case = life.case
    assert case.state.register_number
    assert sum(case.drawn.values()) == 1 + (case.state.case_number is not None)


@LIFE
@given(lives())
def test_legal_days_never_decrease_within_a_lane(life: Life) -> None:
    case = life.case
    days: dict[str, Any] = {}
    for at, event in case.history:
        if not event.clock:
            assert at.effective_on >= days.get(event.lane, at.effective_on)
            days[event.lane] = at.effective_on


@LIFE
@given(lives())
def test_a_stage_is_left_only_when_nobody_is_undecided(life: Life) -> None:
    """Whoever is undecided beside the work for the others came, or came back, once those had been decided about."""
    case = life.case
    if case.state.stage == "closure" or case.state.ended:
        assert not case.state.undecided or case.state.state in ("withdrawn", "deemed_withdrawn", "referred")
    if case.state.stage in ("assignment", "representation"):
        first = {"application_submitted"}
        assert not any(case.history[r.asked - 1].event.type in first for r in case.state.undecided)


@LIFE
@given(lives())
def test_a_case_always_has_somebody_in_it(life: Life) -> None:
    case = life.case.state
    assert case.present
    assert 1 <= case.people <= case.recipient_count
    assert [r.party_id for r in case.recipients] == sorted({r.party_id for r in case.recipients})
    assert all(r.party_id < len(case.parties) and r.party_id not in case.opponents for r in case.recipients)
    assert not set(case.representatives) - {r.party_id for r in case.present}


@LIFE
@given(lives(), st.sampled_from(CORRECTABLE), st.sampled_from(("X", "Y", 3)))
def test_a_correction_equals_having_been_right_from_the_start(life: Life, field: str, value: Any) -> None:
    case = life.case
    try:
        (corrected,) = case.when(CorrectRecord(position=position(1), field=field, value=value, reason="笔误"), "supervisor")
    except Refusal as refusal:
        assert refusal.code in ("correction_invalid", "nothing_corrected")  # noqa: PT017 -- a refusal is an answer, not expected
        return
    assert isinstance(corrected, RecordCorrected)
    assert business(case.state) == business(refold(case.state.case_id, case.history[:-1], corrected))


def test_deeming_withdrawn_is_never_early() -> None:
    case = Case().then(submit(), ASKS["require_supplement"])
    assert case.state.supplement
    while case.on <= case.state.supplement.by:
        case.refused("supplement_not_due", DeemWithdrawn(reason="逾期"))
        case.on += timedelta(days=1)
    assert case.when(DeemWithdrawn(reason="逾期"))
    assert case.state.state in END_STATES


def test_every_command_of_the_table_is_tried() -> None:
    assert {row.command for row in ROWS} - {type(c).name for c in (*MORE, *OPENINGS)} == {
        "mark_deadline",
        "replan_clocks",
        "declare_recusal",
    }
    assert {c.name for c in COMMANDS.values() if c.stream in ("case", None)} - BEYOND == {row.command for row in ROWS}


def sealed(command: Command) -> Command:
    """The command as it is decided in service: every personal leaf a box that no rule can open."""
    return map_personal(command, lambda _party, name, _mark, _leaf: Sealed(subject=UUID(int=1), box=name))


def test_a_case_runs_with_every_personal_field_sealed() -> None:
    case = Case().then(*map(sealed, (OPENINGS[1], POOR, CHECKED, RECOMMENDED, GRANTED, *ENGAGED)))
    assert case.state.state == "in_representation"
    for happened in case.history:
        body = json.loads(rfc8785.dumps(happened.event.model_dump(mode="json", exclude_none=True)))
        assert EVENTS[happened.event.type].model_validate(body) == happened.event


@LIFE
@given(lives())
def test_rules_decide_alike_about_what_they_cannot_read(life: Life) -> None:
    for step in life.steps:
        case = life.case.copy()
        case.state = step.before
        assert names_or_code(case, sealed(step.command)) == names_or_code(case, step.command)


def names_or_code(case: Case, command: Command) -> list[str] | str:
    try:
        return [happened.event.type for happened in case.decided(command, issuer(command, case)).events]
    except Refusal as refusal:
        return refusal.code
