"""Who sees what, and in which role a person acts."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.access import ASSESSMENT_EVENTS, Principal, acting_role, actor, list_scope, may_see, scope_of, shows_event, withheld
from domain.case import Assignment, CaseState, Handler, Wall
from domain.command import COMMANDS, Actor, Command, Event, Facts, Role
from domain.directory import CaseScope, Directory
from domain.lifecycle import STATES
from domain.stages.any_stage import NoteAdded
from domain.stages.correction import RecordCorrected
from domain.stages.decision import ConflictChecked, DecisionRecommended, HardshipCheckWaived
from domain.stages.representation import ProgressReported
from domain.stages.subsidy import SubsidyPaid
from ops.example.directory import directory_events, people_accounts

DIRECTORY = Directory.fold(directory_events())
CASE = CaseScope(
    centre="C-ADX", outlet="W-ADX-NGY", unit="U-DINGCHENG", owner="P-KANG-BAO", lawyers=("L-MA-ZHIQIANG",), state="lawyer_named"
)


def signed_in(username: str) -> Principal:
    account = next(a for a in people_accounts() if a.username == username)
    person = DIRECTORY.person_of[account.person]
    return Principal(username, person.code, person.roles_on(date(2026, 3, 2)), person.lawyer, person.unit)


PAID = SubsidyPaid(paid_on=date(2026, 3, 2), voucher="V-1")
WAIVED = HardshipCheckWaived(ground="good_samaritan", basis="statute_art_32")
RECOMMENDED = DecisionRecommended(decision="refuse", opinion="收入超过标准", for_recipients=(0,))
CHECKED = ConflictChecked(cleared=False, override_reason="已隔离")
FREE = ProgressReported(summary="已调取证据")
EVERYBODY = [signed_in(a.username) for a in people_accounts()]


@pytest.fixture
def examine() -> Iterator[type[Command]]:
    """A command for caseworkers and approvers, in this order of the vocabulary, gone after the test."""

    class ExamineOnlyHere(Command):
        roles = frozenset[Role]({"caseworker", "approver"})
        states = frozenset()
        emits = ()

        def decide(self, case: CaseState, facts: Facts) -> Sequence[Event]:  # noqa: ARG002 -- the contract's arguments
            return ()

    yield ExamineOnlyHere
    del COMMANDS[ExamineOnlyHere.name]


def seen_by(case: CaseScope) -> set[str]:
    return {p.username for p in EVERYBODY if may_see(p, case, DIRECTORY)}


def test_a_case_is_seen_by_its_centre_outlet_unit_lawyer_and_those_above() -> None:
    assert seen_by(CASE) == {
        "kang.bao", "bai.ling", "jia.fengqin", "lu.ping", "xue.yongsheng", "yan.shuhua", "yu.changhe", "ma.zhiqiang", "lei.ming",
        "gao.yuan", "han.lei",
    }  # fmt: skip


def test_administrators_see_no_case() -> None:
    for username in ("admin", "security"):
        assert list_scope(signed_in(username), DIRECTORY).nothing


@pytest.mark.parametrize("state", STATES)
def test_a_finance_officer_sees_the_centres_cases_from_the_accepted_file_on(state: str) -> None:
    seen = may_see(signed_in("pan.ying"), replace(CASE, state=state), DIRECTORY)
    assert seen == (state in {"file_accepted", "subsidy_approved", "subsidy_paid", "archived"})
    assert not may_see(signed_in("fang.hui"), replace(CASE, state=state), DIRECTORY)


def test_a_bureau_sees_the_cases_of_the_centre_it_set_up_and_no_others() -> None:
    assert may_see(signed_in("lei.ming"), CASE, DIRECTORY)
    assert not may_see(signed_in("su.min"), CASE, DIRECTORY)


def test_a_desk_of_the_centre_sees_the_centre_and_an_outlet_its_own() -> None:
    elsewhere = replace(CASE, outlet="V-ADX-LIUJIAWAN", owner="P-SHI-LAIFU")
    assert may_see(signed_in("bai.ling"), elsewhere, DIRECTORY)
    assert not may_see(signed_in("kang.bao"), elsewhere, DIRECTORY)


def test_whoever_first_took_a_person_in_keeps_sight_of_the_case() -> None:
    moved = replace(CASE, outlet=None)
    assert may_see(signed_in("kang.bao"), moved, DIRECTORY)
    assert not may_see(signed_in("kang.bao"), replace(moved, owner="P-LU-PING"), DIRECTORY)


def test_a_duty_lawyer_sees_the_own_office_and_what_they_accepted() -> None:
    duty = signed_in("hou.jun")
    assert not may_see(duty, CASE, DIRECTORY)
    assert may_see(duty, replace(CASE, outlet="DL-ADX-CUSTODY"), DIRECTORY)
    assert may_see(duty, replace(CASE, accepted_by=("P-HOU-JUN",)), DIRECTORY)


def test_a_lawyer_sees_own_cases_and_not_the_firms() -> None:
    assert may_see(signed_in("ma.zhiqiang"), CASE, DIRECTORY)
    assert not may_see(signed_in("chen.siyuan"), CASE, DIRECTORY)


@pytest.mark.parametrize("state", STATES)
def test_while_no_lawyer_is_named_those_of_the_unit_see_the_case(state: str) -> None:
    unnamed = replace(CASE, lawyers=(), state=state)
    assert may_see(signed_in("chen.siyuan"), unnamed, DIRECTORY) == (state == "assigned")
    assert not may_see(signed_in("wang.min"), unnamed, DIRECTORY)


def test_a_lawyer_of_the_unit_acts_on_the_case_nobody_is_named_for() -> None:
    unnamed = replace(CASE, lawyers=(), state="assigned")
    who = actor(signed_in("chen.siyuan"), "record_meeting", unnamed, DIRECTORY)
    assert who == Actor("P-CHEN-SIYUAN", "lawyer", "C-ADX", "L-CHEN-SIYUAN", "U-DINGCHENG")


@pytest.mark.parametrize("code", ["P-LU-PING", "L-MA-ZHIQIANG", "U-DINGCHENG"])
def test_behind_a_wall_nothing_of_the_case_is_seen(code: str) -> None:
    walled = replace(CASE, excluded=frozenset({code}))
    hidden = {p.username for p in EVERYBODY if code in p.codes}
    assert hidden
    assert seen_by(walled) == seen_by(CASE) - hidden


SCOPES = st.builds(
    CaseScope,
    centre=st.sampled_from(["C-CITY", "C-ADX", "C-YTX"]),
    outlet=st.sampled_from([None, *(o.code for o in DIRECTORY.offices() if o.minutes is not None)]),
    unit=st.sampled_from([None, *(u.code for u in DIRECTORY.units())]),
    owner=st.sampled_from([None, *(p.code for p in DIRECTORY.people())]),
    lawyers=st.lists(st.sampled_from([x.code for x in DIRECTORY.lawyers(date(2026, 1, 1))]), max_size=2).map(tuple),
    excluded=st.frozensets(st.sampled_from([p.code for p in DIRECTORY.people()]), max_size=2),
    state=st.sampled_from(STATES),
)


@given(st.sampled_from(EVERYBODY), SCOPES)
def test_whoever_may_do_something_to_a_case_may_see_it(who: Principal, case: CaseScope) -> None:
    visible = may_see(who, case, DIRECTORY)
    assert visible == list_scope(who, DIRECTORY).covers(case)
    assert visible or (withheld(who, case, DIRECTORY) == () and not shows_event(who, case, DIRECTORY, PAID, "P-PAN-YING"))


@given(st.sampled_from(EVERYBODY), SCOPES)
def test_one_role_more_never_shows_less(who: Principal, case: CaseScope) -> None:
    more = replace(who, roles=(*who.roles, ("caseworker", "C-YTX")))
    if may_see(who, case, DIRECTORY):
        assert may_see(more, case, DIRECTORY)
        assert set(withheld(more, case, DIRECTORY)) <= set(withheld(who, case, DIRECTORY))


def test_every_role_has_its_place_in_the_policy() -> None:
    for role in get_args(Role):
        list_scope(Principal("x", "P-X", ((role, "C-CITY"),)), DIRECTORY)


def test_the_assessment_is_kept_from_the_front_desk() -> None:
    for username in ("kang.bao", "bai.ling"):
        assert withheld(signed_in(username), CASE, DIRECTORY) == ("eligibility",)
        assert not shows_event(signed_in(username), CASE, DIRECTORY, WAIVED, "P-X")
        assert shows_event(signed_in(username), CASE, DIRECTORY, FREE, "P-X")
    assert withheld(signed_in("lu.ping"), CASE, DIRECTORY) == ()
    assert shows_event(signed_in("lu.ping"), CASE, DIRECTORY, WAIVED, "P-X")


def test_finance_sees_what_the_subsidy_needs_only() -> None:
    finance, paid = signed_in("pan.ying"), replace(CASE, state="subsidy_approved")
    assert {"applicant", "opponents", "matter", "eligibility", "recipients", "supplement", "verifications", "termination"} <= set(
        withheld(finance, paid, DIRECTORY)
    )
    assert not {"assignment", "closure", "case_number"} & set(withheld(finance, paid, DIRECTORY))
    assert shows_event(finance, paid, DIRECTORY, PAID, "P-X")
    assert not shows_event(finance, paid, DIRECTORY, FREE, "P-X")


@given(st.sampled_from(EVERYBODY), st.sampled_from(get_args(Role)), SCOPES, st.sampled_from(["applicant", "eligibility", "assignment"]))
def test_a_filter_by_a_field_looks_only_where_the_page_shows_it(who: Principal, role: Role, case: CaseScope, field: str) -> None:
    both = replace(who, roles=(*who.roles, (role, "C-ADX")))
    shown = may_see(both, case, DIRECTORY) and field not in withheld(both, case, DIRECTORY)
    assert list_scope(both, DIRECTORY).showing(field).covers(case) == shown


@pytest.mark.parametrize("event", [WAIVED, RECOMMENDED, CHECKED], ids=lambda e: e.type)
def test_the_history_keeps_the_assessment_from_the_front_desk_as_the_page_does(event: Event) -> None:
    for username in ("kang.bao", "bai.ling"):
        assert not shows_event(signed_in(username), CASE, DIRECTORY, event, "P-LU-PING")
    assert shows_event(signed_in("ma.zhiqiang"), CASE, DIRECTORY, event, "P-LU-PING")


@pytest.mark.parametrize("role", ["liaison", "receptionist", "duty_lawyer"])
def test_a_note_for_the_centre_is_not_for_its_outlets_unless_they_wrote_it(role: Role) -> None:
    note = NoteAdded(text="内部意见")
    outlet, desk = (Principal("x", "P-X", ((role, office),)) for office in ("W-ADX-NGY", "C-ADX"))
    assert not shows_event(outlet, CASE, DIRECTORY, note, "P-LU-PING")
    assert shows_event(outlet, CASE, DIRECTORY, note, "P-X")
    assert shows_event(outlet, CASE, DIRECTORY, NoteAdded(text="告知", visible_to="all"), "P-LU-PING")
    assert may_see(desk, CASE, DIRECTORY) == shows_event(desk, CASE, DIRECTORY, note, "P-LU-PING")


@pytest.mark.parametrize("command", COMMANDS.values(), ids=lambda c: c.name)
def test_nobody_issues_what_they_could_not_read_so_that_an_answer_tells_no_more_than_the_history(command: type[Command]) -> None:
    assert not command.roles & {"liaison", "receptionist"} or not ASSESSMENT_EVENTS.intersection(command.emits)


@pytest.mark.parametrize(("visible_to", "shown"), [("centre", False), ("unit", True), ("all", True)])
@pytest.mark.parametrize("username", ["ma.zhiqiang", "yu.changhe"])
def test_a_note_for_the_centre_is_not_for_the_firm_unless_they_wrote_it(username: str, visible_to: str, shown: bool) -> None:
    note, who = NoteAdded.model_validate({"text": "内部意见", "visible_to": visible_to}), signed_in(username)
    assert shows_event(who, CASE, DIRECTORY, note, "P-LU-PING") == shown
    assert shows_event(who, CASE, DIRECTORY, note, who.person)
    assert shows_event(signed_in("lu.ping"), CASE, DIRECTORY, note, who.person)


def test_what_a_note_should_have_said_is_kept_as_the_note_is() -> None:
    corrected = RecordCorrected(position=1, field="/text", value="内部意见", reason="笔误", corrects=1, event="note_added")
    for username in ("kang.bao", "ma.zhiqiang", "yu.changhe"):
        assert not shows_event(signed_in(username), CASE, DIRECTORY, corrected, "P-LU-PING")
        assert shows_event(signed_in(username), CASE, DIRECTORY, corrected.model_copy(update={"event": "meeting_recorded"}), "P-LU-PING")
    assert shows_event(signed_in("bai.ling"), CASE, DIRECTORY, corrected, "P-LU-PING")


def test_a_person_acts_in_the_first_role_that_may_and_reaches_the_case(examine: type[Command]) -> None:
    both = Principal("x", "P-X", (("supervisor", "C-CITY"), ("approver", "C-YTX"), ("caseworker", "C-ADX")))
    assert acting_role(both, examine.name) == "approver"
    assert actor(both, examine.name, CASE, DIRECTORY) == Actor("P-X", "caseworker", "C-ADX")
    assert actor(both, examine.name, None, DIRECTORY) == Actor("P-X", "approver", "C-YTX")


def test_seeing_a_case_gives_no_right_to_act_on_it(examine: type[Command]) -> None:
    visitor = Principal("x", "P-X", (("auditor", "B-CITY"), ("caseworker", "C-YTX")))
    assert may_see(visitor, CASE, DIRECTORY)
    assert actor(visitor, examine.name, CASE, DIRECTORY) is None
    assert acting_role(Principal("y", "P-Y", (("auditor", "B-CITY"),)), examine.name) is None


def test_an_unknown_command_is_nobodys() -> None:
    with pytest.raises(KeyError):
        acting_role(signed_in("lu.ping"), "no_such_command")


def test_a_cases_place_is_read_from_its_state() -> None:
    case = CaseState(
        case_id="c", state="lawyer_named", centre="C-ADX", outlet="W-ADX-NGY", owner="P-LU-PING",
        assignment=Assignment(unit="U-DINGCHENG", lawyers=(Handler(lawyer="L-MA-ZHIQIANG"), Handler(lawyer="L-CHEN-SIYUAN", lead=False))),
        walls=(Wall(who="L-WANG-MIN"),), recused=("P-JIA-FENGQIN",), acted_by={"accepted_first": ("P-HOU-JUN",)},
    )  # fmt: skip
    assert scope_of(case) == CaseScope(
        centre="C-ADX", outlet="W-ADX-NGY", unit="U-DINGCHENG", owner="P-LU-PING", lawyers=("L-MA-ZHIQIANG", "L-CHEN-SIYUAN"),
        excluded=frozenset({"L-WANG-MIN", "P-JIA-FENGQIN"}), stage="assignment", state="lawyer_named", accepted_by=("P-HOU-JUN",),
    )  # fmt: skip
