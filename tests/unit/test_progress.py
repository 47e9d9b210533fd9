"""What the public page tells of a case: every state of its life in plain words, in both languages, and never a name."""

from datetime import timedelta
from typing import Any, get_args
from uuid import UUID

import pytest

import texts
from api.status import told, worded
from domain.case import AcceptFirst as Lane
from domain.case import CaseState
from domain.lifecycle import LANES, STAGES, STATES, State
from domain.progress import NOTES, STEPS, WHATS, Step, progress
from domain.stages.accept_first import AcceptFirst
from domain.stages.any_stage import ServeDocument
from domain.stages.objection import DecideObjection
from domain.stages.supplement import RequireSupplement
from domain.values import Applicant, Paper
from tests.unit.test_application import OBJECTION, REFUSED, SUPPLEMENT, TERMINATED
from tests.unit.world import AIDED, DIRECTORY, ENGAGED, LAWYER_NAMED, RULES, TODAY, Case, given, noon, papers, submit

CHECK = {
    "received": "received", "awaiting_papers": "papers_missing", "awaiting_verification": "verifying", "examined": "examined",
    "refused": "refused", "withdrawn": "withdrawn", "deemed_withdrawn": "deemed_withdrawn", "referred": "referred",
    "awaiting_assignment": "granted", "assigned": "unit_assigned", "lawyer_named": "lawyer_named", "in_representation": "in_representation",
    "replacing_lawyer": "replacing_lawyer", "termination_review": "under_review", "closing": "concluded", "file_returned": "concluded",
    "file_accepted": "concluded", "subsidy_approved": "concluded", "subsidy_paid": "concluded", "archived": "archived",
}  # fmt: skip
"""Every state of the lifecycle and the step its applicant reads: a new state without a line here, or in the product, fails."""
NOW = noon(TODAY)
languages = pytest.mark.parametrize("lang", texts.LANGUAGES)


def at(state: State, **changes: Any) -> CaseState:
    return given(*AIDED).state.but(state=state, clocks=(), **changes)


def said(case: Case, lang: texts.Lang = "zh-CN", **later: int) -> dict[str, Any]:
    return told(case.state, (case.state.register_number or "",), DIRECTORY, RULES, now=NOW + timedelta(**later), lang=lang)


def test_the_table_holds_every_state() -> None:
    assert set(CHECK) == set(STATES)


@pytest.mark.parametrize("state", STATES)
def test_every_state_has_its_step(state: State) -> None:
    assert progress(at(state), NOW).step == CHECK[state]


@languages
def test_every_step_note_and_date_has_its_words(lang: texts.Lang) -> None:
    keys = [
        *(f"stage_{s}" for s in STAGES),
        *(f"step_{s}" for s in STEPS),
        *(f"note_{n}" for n in NOTES),
        *(f"{when}_{w}" for w in WHATS for when in ("date", "late")),
    ]
    assert [key for key in keys if not texts.has(lang, f"status.{key}")] == []


@languages
@pytest.mark.parametrize("state", STATES)
def test_every_state_is_told_in_words_without_a_code_of_ours(state: State, lang: texts.Lang) -> None:
    found = worded(progress(at(state), NOW), lang, {"bureau": None, "days": None})
    words = [found["says"], found["stage_says"], *(n["says"] for n in found["notes"])]
    assert all(words)
    assert not any("{" in w or "[[" in w or texts.text(lang, "words.withheld") in w for w in words)


@pytest.mark.parametrize("lane", LANES)
def test_a_case_accepted_first_is_told_as_such_while_its_papers_are_not_settled(lane: Any) -> None:
    step: Step = "accepted_first" if lane in ("papers_owed", "papers_overdue", "papers_complete") else "granted"
    held = Lane(
        state=lane, basis="local_policy", ground="migrant_worker", papers_owed=papers("id_copy"), papers_listed=papers("id_copy"),
        due_on=TODAY, accepted_on=TODAY,
    )  # fmt: skip
    found = progress(at("awaiting_assignment", accept_first=held), NOW)
    assert found.step == step
    assert (found.owed is not None) is (lane in ("papers_owed", "papers_overdue"))


def test_a_new_application_is_told_by_when_it_is_decided() -> None:
    found = said(given(submit()))
    assert (found["step"], found["stage"], found["owed"]) == ("received", "application", None)
    assert [(d["what"], d["late"]) for d in found["dates"]] == [("decision", False)]
    assert found["dates"][0]["says"] == "中心最迟在2026年3月17日作出决定。"
    assert said(given(submit()), days=30)["dates"][0]["late"]


def test_whom_to_call_comes_from_the_directory_and_nobody_is_named() -> None:
    found = said(given(submit()))
    assert found["centre"] == {"name": "陇安市法律援助中心", "phone": "12348", "address": "陇安市公共法律服务中心一楼", "closes_at": None}
    assert said(given(submit()), "en")["centre"]["name"] == DIRECTORY.office_of["C-CITY"].name_en


def test_missing_papers_are_listed_with_their_last_day_and_the_time_stands_still() -> None:
    case = given(submit(), SUPPLEMENT)
    found = said(case)
    assert found["owed"]["papers"][0] == "身份证复印件"
    assert (found["owed"]["by"], found["owed"]["late"]) == (SUPPLEMENT.by.isoformat(), False)
    assert [n["note"] for n in found["notes"]] == ["paused"]
    assert found["dates"] == []
    assert said(case, days=30)["owed"]["late"]


def test_what_is_to_be_explained_is_told_without_its_words() -> None:
    asked = RequireSupplement(papers=papers("id_copy"), explanations=("请说明与张三的关系",), by=TODAY + timedelta(days=7))
    owed = said(given(submit(), asked))["owed"]
    assert owed["papers"] == ["身份证复印件", "通知书上要求您说明的情况"]
    assert "张三" not in str(owed)


def test_papers_owed_after_an_acceptance_are_told_while_the_work_goes_on() -> None:
    accepted = AcceptFirst(ground="migrant_worker", papers_owed=(Paper(kind="id_copy"), Paper(kind="other", title="工友证言")))
    case = given(submit(), ("approver", accepted), *ENGAGED)
    found = said(case)
    assert found["step"] == "in_representation"
    assert found["owed"]["papers"] == ["身份证复印件", "工友证言"]
    assert "goes_on" in [n["note"] for n in found["notes"]]


def test_a_refusal_names_the_way_to_object_before_and_after_its_paper_was_served() -> None:
    found = said(given(*REFUSED))
    assert found["step"] == "refused"
    assert [n["says"] for n in found["notes"]] == ["不服决定的，可以在收到决定书之日起 15 日内向陇安市司法局提出异议。"]
    case = given(*REFUSED)
    case.when(ServeDocument(document_id=UUID(int=9), about=case.version_of("aid_refused"), to="王建国", means="post", served_on=TODAY))
    assert said(case)["notes"] == []
    assert said(case)["dates"][0]["says"] == "不服决定的，最迟可以在2026年3月25日提出异议。"


def test_an_objection_is_told_and_what_became_of_it() -> None:
    filed = given(*REFUSED, OBJECTION)
    assert [n["note"] for n in said(filed)["notes"]] == ["objection_filed"]
    assert [d["what"] for d in said(filed)["dates"]] == ["objection"]
    upheld = given(*REFUSED, OBJECTION, ("bureau_officer", DecideObjection(result="upheld", reasons="事实清楚")))
    assert [n["note"] for n in said(upheld)["notes"]] == ["objection_upheld"]


def test_an_aid_that_was_ended_is_told_as_ended_through_closing_and_archive() -> None:
    case = given(*TERMINATED)
    assert said(case)["step"] == "terminated"
    assert progress(case.state.but(state="archived"), NOW).step == "terminated"


def test_a_group_decided_apart_says_that_each_has_a_paper_of_their_own() -> None:
    two = submit(co_applicants=(Applicant(name="李四"),))
    alike = given(two)
    assert [n["note"] for n in said(alike)["notes"]] == ["group"]
    first, second = alike.state.recipients
    apart = alike.state.but(recipients=(first.model_copy(update={"status": "granted"}), second.model_copy(update={"status": "refused"})))
    assert progress(apart, NOW).notes == ("apart",)


@languages
def test_no_answer_holds_a_name_an_opponent_or_a_word_of_the_matter(lang: texts.Lang) -> None:
    for case in (
        given(submit()),
        given(*AIDED),
        given(*AIDED, *LAWYER_NAMED),
        given(*AIDED, *ENGAGED),
        given(*TERMINATED),
        given(*REFUSED),
    ):
        words = str(said(case, lang))
        parties = [p.name for p in case.state.parties]
        hidden = [*parties, "L-WANG-MIN", "U-ZHENGHE", "正和", case.state.matter.summary if case.state.matter else ""]
        assert [h for h in hidden if h and str(h) in words] == []


def test_a_case_that_was_not_opened_is_none() -> None:
    with pytest.raises(LookupError):
        progress(CaseState(case_id="x"), NOW)


def test_every_step_is_reached_by_some_state() -> None:
    on_notice = at("awaiting_assignment", on_notice=True), at("lawyer_named", on_notice=True)
    others = {progress(case, NOW).step for case in on_notice} | {"accepted_first", "terminated"}
    assert set(CHECK.values()) | others == set(get_args(Step))
