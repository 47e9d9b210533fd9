"""The lines a case may take, step by step, as people walk them. One list serves the API, the workflow and the replay tests.

A step is (role, command, body); `lawyer` and `unit_manager` are those of the assignment. Legal days are given in days from today.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

UNIT, LAWYER, OTHER_LAWYER = "U-DINGCHENG", "L-MA-ZHIQIANG", "L-CHEN-SIYUAN"
SHANGHAI = ZoneInfo("Asia/Shanghai")

type Do = Callable[[str, str, str | None, dict[str, Any]], Awaitable[Mapping[str, Any]]]
"""Carries out a command as a role: (role, command, case id or None to open, body) → the answer's body."""


@dataclass(frozen=True)
class Step:
    role: str
    command: str
    body: Mapping[str, Any] = field(default_factory=dict[str, Any])
    day: int | None = None
    """The legal day in days from today; None is today, unsaid."""


@dataclass(frozen=True)
class Scenario:
    name: str
    steps: tuple[Step, ...]
    ends: str
    """The state it ends in."""


PAPERS = [{"kind": "closing_report"}, {"kind": "engagement"}, {"kind": "work_record"}, {"kind": "outcome_paper"}]
ACCEPT = Step("approver", "accept_first", {"ground": "migrant_worker", "papers_owed": [{"kind": "id_copy"}, {"kind": "work_evidence"}]})
CHOOSE = Step("caseworker", "record_lawyer_choice", {"choices": [LAWYER]})
ASSIGN = Step("approver", "assign_unit", {"unit": UNIT, "lawyer": LAWYER})


def engage(today: date) -> Step:
    return Step("lawyer", "sign_engagement", {"signed_on": today.isoformat(), "signed_by": "recipient", "method": "signature"})


def examined_and_granted(decision: str = "grant") -> tuple[Step, ...]:
    return (
        Step("caseworker", "declare_conflict_check", {"cleared": True}),
        Step(
            "caseworker",
            "assess_hardship",
            {"household": [{"name": "王某", "relation": "self", "income_fen_per_month": 60000}], "county": "ADX", "residence": "rural"},
        ),
        Step("caseworker", "recommend_decision", {"decision": decision, "opinion": "符合条件"}),
    )


def closing(today: date) -> tuple[Step, ...]:
    return (
        Step("lawyer", "submit_closing_report", {"report": "已结案", "papers": PAPERS}),
        Step("caseworker", "accept_closing_file", {"grade": "good"}),
        Step("approver", "approve_subsidy", {"amount_fen": 150000, "tariff": "flat_civil"}),
        Step("finance_officer", "pay_subsidy", {"paid_on": today.isoformat(), "voucher": "V-2026-001"}),
        Step("caseworker", "archive_case", {"volume": "2026-1", "archive_number": "A-1"}),
    )


def scenarios(today: date, centre: str) -> tuple[Scenario, ...]:
    """Every line of the spine's promises for a centre, as of a day."""
    ago = lambda days: (today - timedelta(days=days)).isoformat()  # noqa: E731 -- a word of this page

    def submit(role: str = "receptionist", day: int | None = None, **more: Any) -> Step:
        body = {
            "centre": centre,
            "channel": "walk_in",
            "form": "written",
            "applicant": {"name": "欧阳·𠮷某", "phone": "13900001234", "id_number": "11010519491231002X", "categories": ["migrant_worker"]},
            "opponents": [{"name": "某建筑劳务有限公司"}],
            "matter": {"kind": "civil", "cause": "wages", "forum": "arbitration", "stage": "arbitration", "summary": "拖欠八个月工资"},
        }
        return Step(role, "submit_application", body | more, day)

    plain = {"applicant": {"name": "周某", "categories": ["other"]}}
    outcome = {"result": "won", "closing_event": "award_received", "closed_on": today.isoformat(), "awarded_fen": 4860000}
    hearing = {"forum": "劳动仲裁委", "at": f"{(today + timedelta(days=9)).isoformat()}T09:30:00+08:00"}
    near = {"kind": "civil", "cause": "wages", "summary": "时效将届满", "limitation_on": (today + timedelta(days=3)).isoformat()}
    urgent = {"basis": "urgent_art_44", "ground": "limitation_within_7_days", "papers_owed": [{"kind": "id_copy"}]}
    later = {"basis": "papers_later", "ground": "non_essential_paper_missing", "papers_owed": [{"kind": "income"}]}
    settled = {"settled_on": today.isoformat(), "summary": "当场付清", "agreed_fen": 1200000}
    return (
        Scenario(
            "archived",
            (
                submit(),
                ACCEPT,
                CHOOSE,
                ASSIGN,
                engage(today),
                Step("caseworker", "supply_owed_papers", {"papers": [{"kind": "id_copy"}]}),
                Step("caseworker", "supply_owed_papers", {"papers": [{"kind": "work_evidence"}]}),
                Step("caseworker", "confirm_owed_papers"),
                Step("lawyer", "record_meeting", {"kind": "client_meeting", "held_on": today.isoformat(), "summary": "了解案情"}),
                Step("lawyer", "record_meeting", {"kind": "file_reading", "held_on": today.isoformat(), "summary": "阅卷"}),
                Step("lawyer", "schedule_hearing", hearing),
                Step("lawyer", "record_hearing", {"held_on": today.isoformat(), "result": "当庭陈述"}),
                Step("lawyer", "record_outcome", outcome),
                *closing(today),
            ),
            "archived",
        ),
        Scenario(
            "refused_then_corrected",
            (
                submit(**plain),
                *examined_and_granted("refuse"),
                Step("approver", "refuse_aid", {"grounds": ["other"], "reasons": "材料不足以证明"}),
                Step("receptionist", "file_objection", {"reasons": "不服"}),
                Step("bureau_officer", "decide_objection", {"result": "corrected", "reasons": "应予援助"}),
                Step("caseworker", "recommend_decision", {"decision": "grant", "opinion": "改为同意"}),
                Step("approver", "grant_aid", {"reasons": "依异议决定"}),
            ),
            "awaiting_assignment",
        ),
        Scenario(
            "deemed_withdrawn",
            (
                submit(day=-40, **plain),
                Step("caseworker", "require_supplement", {"papers": [{"kind": "id_copy"}], "by": ago(20)}, -39),
                Step("approver", "deem_withdrawn", {"reason": "逾期未补"}),
            ),
            "deemed_withdrawn",
        ),
        Scenario(
            "lawyer_replaced",
            (
                submit(),
                ACCEPT,
                ASSIGN,
                engage(today),
                Step("caseworker", "request_replacement", {"by": "recipient", "cause": "absence", "reasons": "联系不上"}),
                Step("approver", "decide_replacement", {"granted": True, "reasons": "同意更换", "handover": [{"kind": "file"}]}),
                Step("approver", "assign_unit", {"unit": UNIT, "lawyer": OTHER_LAWYER}),
                engage(today),
            ),
            "in_representation",
        ),
        Scenario(
            "terminated",
            (
                submit(),
                ACCEPT,
                ASSIGN,
                engage(today),
                Step("lawyer", "report_termination_ground", {"ground": "own_counsel", "detail": "自行委托律师"}),
                Step("approver", "terminate_aid", {"ground": "own_counsel", "reasons": "受援人自行委托"}),
            ),
            "closing",
        ),
        Scenario(
            "found_ineligible",
            (
                submit(day=-3),
                Step("approver", "accept_first", later, -3),
                ASSIGN,
                Step("caseworker", "find_ineligible", {"reasons": "收入超过标准"}),
                Step("approver", "terminate_aid", {"ground": "provisional_not_eligible", "reasons": "不符合条件"}),
            ),
            "closing",
        ),
        Scenario(
            "urgent_then_granted",
            (
                submit(**plain, matter=near),
                Step("approver", "accept_first", urgent),
                ASSIGN,
                Step("caseworker", "supply_owed_papers", {"papers": [{"kind": "id_copy"}]}),
                Step("caseworker", "confirm_owed_papers"),
                *examined_and_granted(),
                Step("approver", "grant_aid", {"reasons": "符合经济困难标准"}),
            ),
            "lawyer_named",
        ),
        Scenario(
            "grown_beside_the_work",
            (
                submit(),
                ACCEPT,
                ASSIGN,
                engage(today),
                Step("caseworker", "add_recipients", {"recipients": [{"name": "赵某"}, {"name": "钱某"}], "reason": "同一工地的工友"}),
                *examined_and_granted(),
                Step("approver", "refuse_aid", {"grounds": ["other"], "reasons": "不是本工地的工人", "for_recipients": [3]}),
                Step("approver", "grant_aid", {"reasons": "符合条件"}),
                engage(today),
                Step("lawyer", "record_outcome", outcome | {"for_recipients": [0]}),
                Step("lawyer", "release_recipient", {"party_id": 2, "reason": "settled_apart", "detail": "自行和解"}),
            ),
            "closing",
        ),
        Scenario(
            "settled_before_assignment",
            (
                submit(),
                Step("caseworker", "record_home_visit", {"held_on": today.isoformat(), "summary": "上门调解"}),
                Step("caseworker", "settle_without_assignment", settled),
                Step("caseworker", "submit_closing_report", {"report": "指派前已经解决", "papers": [PAPERS[0], PAPERS[3]]}),
            ),
            "closing",
        ),
    )


LAWYERS = {LAWYER: "ma.zhiqiang", OTHER_LAWYER: "chen.siyuan"}
"""Accounts of the lawyers a scenario names."""


async def walk(scenario: Scenario, today: date, do: Do) -> Mapping[str, Any]:
    """Carry out every step; the last answer. Legal days that a step names are sent as `effective_on`."""
    case_id: str | None = None
    answer: Mapping[str, Any] = {}
    for step in scenario.steps:
        body = dict(step.body)
        if step.day is not None:
            body["effective_on"] = (today + timedelta(days=step.day)).isoformat()
        answer = await do(step.role, step.command, case_id, body)
        case_id = answer["case_id"]
    return answer
