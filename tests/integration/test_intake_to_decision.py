"""From the intake to the decision on the real engines: one of each way, two approvers at once, and who may not decide."""

import asyncio
from typing import Any

import pytest

from api.problem import Problem
from tests.house import House

CENTRE = "C-CITY"
DESK, CLERK, CHIEF, OTHER_CHIEF, BUREAU = "lin.xiaomei", "li.guangming", "chen.weidong", "qi.lan", "su.min"
ELSEWHERE = "lei.ming"
POOR = {"household": [{"name": "某某", "income_fen_per_month": 0, "self_only": True}], "county": "CITY", "residence": "urban"}
RICH = POOR | {"household": [{"name": "某某", "income_fen_per_month": 90_000_00, "self_only": True}]}
GRANT = {"forms": ["litigation"], "stages": ["first_instance"], "reasons": "符合条件"}


async def applied(house: House, *categories: str) -> str:
    applicant = {"name": "某某", "categories": list(categories), "county": "CITY", "residence": "urban"}
    matter = {"kind": "civil", "cause": "consumer", "summary": "买到假货"}
    answer = await house.do(
        house.account(DESK), "submit_application", None, centre=CENTRE, channel="walk_in", applicant=applicant, matter=matter
    )
    return answer.body["case_id"]


async def examined(house: House, *, decision: str = "grant", means: dict[str, Any] = POOR) -> str:
    """A case examined by the caseworker, who recommends a decision."""
    case_id = await applied(house)
    clerk = house.account(CLERK)
    await house.do(clerk, "assess_hardship", case_id, **means)
    await house.do(clerk, "declare_conflict_check", case_id, cleared=True, override_reason="同名不同人")
    await house.do(clerk, "recommend_decision", case_id, decision=decision, opinion="见评估")
    return case_id


async def test_of_two_approvers_at_once_one_decides_and_the_other_is_told_so(house: House) -> None:
    case_id = await examined(house)
    answers = await asyncio.gather(
        house.do(house.account(CHIEF), "grant_aid", case_id, **GRANT),
        house.do(house.account(OTHER_CHIEF), "refuse_aid", case_id, grounds=["other"], reasons="另案"),
        return_exceptions=True,
    )

    refused = [each for each in answers if isinstance(each, Problem)]
    assert [(each.status, each.code) for each in refused] == [(409, "wrong_state")]
    told = await house.types(case_id)
    assert told.count("aid_granted") + told.count("aid_refused") == 1


@pytest.mark.parametrize(("group", "ground"), [("dibao_recipient", "dibao_recipient"), ("other", "other_by_rule")])
async def test_a_group_is_decided_by_its_acceptance_and_an_urgency_is_not(house: House, group: str, ground: str) -> None:
    case_id = await applied(house, group)
    answer = await house.do(house.account(CHIEF), "accept_first", case_id, ground=ground, papers_owed=[{"kind": "id_copy"}])
    assert answer.body["state"] == "awaiting_assignment"

    clerk = house.account(CLERK)
    await house.do(clerk, "supply_owed_papers", case_id, papers=[{"kind": "id_copy"}])
    answer = await house.do(clerk, "confirm_owed_papers", case_id)
    decided_later = "decide_after_papers" in {clock["limit"] for clock in answer.body["clocks"]}
    assert decided_later is (ground == "other_by_rule")


async def test_a_waiver_is_granted_without_a_look_at_the_income(house: House) -> None:
    case_id, clerk = await applied(house), house.account(CLERK)
    await house.do(clerk, "waive_hardship_check", case_id, ground="social_relief_recipient", proof=[{"kind": "relief_certificate"}])
    await house.do(clerk, "declare_conflict_check", case_id, cleared=True, override_reason="同名不同人")
    await house.do(clerk, "recommend_decision", case_id, decision="grant", opinion="免予核查")
    answer = await house.do(house.account(CHIEF), "grant_aid", case_id, **GRANT)
    assert answer.body["state"] == "awaiting_assignment"


async def test_the_examiner_does_not_decide_and_the_centre_does_not_judge_the_objection(house: House) -> None:
    case_id = await examined(house, decision="refuse", means=RICH)
    denied = {"grounds": ["not_in_hardship"], "reasons": "收入超过标准"}
    with pytest.raises(Problem) as told:
        await house.do(house.account(CLERK), "refuse_aid", case_id, **denied)
    assert (told.value.status, told.value.code) == (403, "role_not_allowed")
    await house.do(house.account(CHIEF), "refuse_aid", case_id, **denied)

    await house.do(house.account(DESK), "file_objection", case_id, reasons="收入已经减少")
    for username in (CHIEF, ELSEWHERE):
        with pytest.raises(Problem) as told:
            await house.do(house.account(username), "decide_objection", case_id, result="corrected", reasons="应予援助")
        assert told.value.status in (403, 404), username
    answer = await house.do(house.account(BUREAU), "decide_objection", case_id, result="corrected", reasons="应予援助")
    assert answer.body["state"] == "examined"
