"""What one request does to several commands or several cases, on the real ledger and workflow: all of it or nothing."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

import pytest

from api.problem import Problem
from domain.case import CaseState, blank
from domain.stream import fold
from ledger import events
from ledger.inbox import BUNDLE
from ledger.store import WORKER
from readmodels import cases
from tests.house import WAGES, House
from tests.poll import until
from workflows.contract import workflow_id

APPLICATION = {"command": "submit_application"}
RECEIPT = {"command": "issue_receipt", "body": {"papers": [{"kind": "id_copy"}]}}
CHOICE = {"command": "record_lawyer_choice", "body": {"choices": ["L-MA-ZHIQIANG"]}}
ASSIGNMENT = {"command": "assign_unit", "body": {"unit": "U-DINGCHENG", "lawyer": "L-MA-ZHIQIANG"}}
ACCEPTANCE = {"command": "accept_first", "body": {"ground": "migrant_worker", "papers_owed": [{"kind": "work_evidence"}]}}
PROPOSAL = {"command": "propose_commands", "body": {"commands": [ACCEPTANCE, ASSIGNMENT]}}


def sheet(house: House, *more: dict[str, Any], **changes: Any) -> list[dict[str, Any]]:
    """The commands of one visit, the application first."""
    return [APPLICATION | {"body": {"centre": house.centre, **WAGES, **changes}}, *more]


async def state(house: House, case_id: str) -> CaseState:
    async with house.database.transaction(WORKER) as conn:
        case = await cases.current(conn, case_id)
    assert case is not None
    return case


async def refolded(house: House, case_id: str) -> CaseState:
    async with house.database.transaction(WORKER) as conn:
        return fold((r.happened for r in await events.load_history(conn, case_id)), blank(case_id))


async def rows(house: House, sql: str, *values: Any) -> list[Any]:
    async with house.database.transaction(WORKER) as conn:
        return await (await conn.execute(sql.encode(), values)).fetchall()


async def test_one_visit_is_one_save(house: House) -> None:
    answer = await house.do("receptionist", BUNDLE, commands=sheet(house, RECEIPT, CHOICE, PROPOSAL))

    case = await state(house, answer.body["case_id"])
    assert [e["type"] for e in answer.body["events"] if not e["type"].startswith("clock")] == [
        "application_submitted", "materials_receipt_issued", "lawyer_chosen", "commands_proposed",
    ]  # fmt: skip
    assert case == await refolded(house, case.case_id)
    assert len({e["command_id"] for e in answer.body["events"]}) == 4
    assert len(case.proposals[0].commands) == 2
    assert "第0号" not in (case.register_number or "第0号")


async def test_the_approver_carries_a_proposal_out_in_one_step(house: House) -> None:
    opened = await house.do("receptionist", BUNDLE, commands=sheet(house, CHOICE, PROPOSAL))
    case_id, version = opened.body["case_id"], opened.version
    proposal = (await state(house, case_id)).proposals[0].version

    carried_out = [{"command": "accept_proposal", "body": {"proposal": proposal}}, ACCEPTANCE, ASSIGNMENT]
    answer = await house.do("approver", BUNDLE, case_id, commands=carried_out)

    case = await state(house, case_id)
    assert (case.state, case.proposals[0].state) == ("lawyer_named", "done")
    assert answer.body["case_number"] == case.case_number
    assert answer.version > version


async def test_a_bundle_that_is_refused_leaves_nothing_and_names_the_first_at_fault(house: House) -> None:
    number = "SELECT last FROM number_series WHERE kind = 'case:civil' AND centre = %s AND year = %s"
    case_id = await house.submit()
    before, drawn = await state(house, case_id), await rows(house, number, house.centre, date.today().year)  # noqa: DTZ011 -- any will do

    with pytest.raises(Problem) as refused:
        await house.do("approver", BUNDLE, case_id, commands=[ACCEPTANCE, {"command": "assign_unit", "body": {"unit": "U-NOBODY"}}])

    assert (refused.value.status, refused.value.code, refused.value.values["index"]) == (422, "unknown_unit", 1)
    assert refused.value.errors[0]["pointer"] == "/commands/1/body/unit"
    assert await state(house, case_id) == before
    assert await rows(house, number, house.centre, date.today().year) == drawn  # noqa: DTZ011


async def test_what_the_caller_may_not_issue_is_refused_with_its_index(house: House) -> None:
    known = await rows(house, "SELECT count(*) AS n FROM cases")

    with pytest.raises(Problem) as refused:
        await house.do("receptionist", BUNDLE, commands=sheet(house, RECEIPT, ASSIGNMENT))

    assert (refused.value.status, refused.value.code, refused.value.values["index"]) == (403, "role_not_allowed", 2)
    assert await rows(house, "SELECT count(*) AS n FROM cases") == known


@pytest.mark.parametrize(
    ("commands", "pointer", "code"),
    [
        ([], "/commands", "required"),
        ([{"command": "add_note"}], "/commands/0/body/text", "required"),
        ([{"command": "submit_application"}], "/commands/0/command", "not_in_a_bundle"),
        ([{"command": "continue_case"}], "/commands/0/command", "not_in_a_bundle"),
        ([{"command": "mark_deadline"}], "/commands/0/command", "not_in_a_bundle"),
        (["add_note"], "/commands/0", "not_an_object"),
        ([{"command": "add_note", "body": {"text": "一"}, "if": 1}], "/commands/0/if", "unknown_field"),
        ([{"command": "propose_commands", "body": {"commands": [{"command": "assign_unit", "body": {}}]}}],
         "/commands/0/body/commands/0/body/unit", "required"),
    ],
)  # fmt: skip
async def test_a_bundle_that_is_none_is_told_where(house: House, commands: list[Any], pointer: str, code: str) -> None:
    case_id = await house.submit()

    with pytest.raises(Problem) as refused:
        await house.do("caseworker", BUNDLE, case_id, commands=commands)

    assert [(e["pointer"], e["code"]) for e in refused.value.errors] == [(pointer, code)]


async def test_the_same_sheet_sent_twice_opens_one_case(house: House) -> None:
    ask = house.ask("receptionist", BUNDLE, None, "test-sheet-twice-0001", commands=sheet(house, RECEIPT))
    first, second = await asyncio.gather(house.commands.carry_out(ask), house.commands.carry_out(ask))
    third = await house.commands.carry_out(ask)

    assert first.body == second.body == third.body
    assert third.replayed


async def test_a_returned_proposal_cannot_be_carried_out(house: House) -> None:
    opened = await house.do("receptionist", BUNDLE, commands=sheet(house, PROPOSAL))
    case_id = opened.body["case_id"]
    proposal = (await state(house, case_id)).proposals[0].version
    await house.do("approver", "return_proposal", case_id, proposal=proposal, reason="请核对用人单位")

    with pytest.raises(Problem) as refused:
        await house.do("approver", BUNDLE, case_id, commands=[{"command": "accept_proposal", "body": {"proposal": proposal}}, ACCEPTANCE])

    assert (refused.value.code, refused.value.values["index"]) == ("proposal_settled", 0)


async def worked(house: House) -> str:
    """A case accepted first whose lawyer has been engaged; its id."""
    answer = await house.do("receptionist", BUNDLE, commands=sheet(house, CHOICE, co_applicants=[{"name": "张某"}]))
    case_id = answer.body["case_id"]
    await house.do("approver", BUNDLE, case_id, commands=[ACCEPTANCE, ASSIGNMENT])
    lawyer = house.account("ma.zhiqiang")
    today = answer.body["events"][0]["effective_on"]
    award = {"kind": "award", "stage": "arbitration", "body": "仲裁委", "held_on": today, "received_on": today}
    commands = [{"command": "sign_engagement", "body": {"signed_on": today}}, {"command": "record_procedure", "body": award}]
    await house.do(lawyer, BUNDLE, case_id, commands=commands)
    return case_id


async def test_a_case_goes_on_in_another_with_nothing_typed_twice(house: House) -> None:
    old_id = await worked(house)

    answer = await house.do("caseworker", "continue_case", old_id, relation="next_instance", stage="first_instance", lawyer_wish="same")

    old, new = await state(house, old_id), await state(house, answer.others[0]["case_id"])
    assert [str(c.case_id) for c in old.continued] == [new.case_id]
    assert new.continues is not None
    assert (str(new.continues.case_id), new.continues.lawyer) == (old_id, "L-MA-ZHIQIANG")
    assert new.choice is not None
    assert new.choice.choices == ("L-MA-ZHIQIANG",)
    assert [type(p) for p in new.parties] == [type(p) for p in old.parties]
    assert [p.subject_id for p in new.parties] == [p.subject_id for p in old.parties]
    assert new.register_number not in (None, old.register_number)
    assert (new.state, new.stage, new.matter and new.matter.stage) == ("received", "application", "first_instance")
    assert {c.limit: c.state for c in old.clocks}["next_remedy"] == "met"
    assert new == await refolded(house, new.case_id)
    body = answer.others[0]["events"][0]["data"]
    assert (body["applicant"]["name"], body["matter"]["summary"]) == ("欧阳·𠮷某", WAGES["matter"]["summary"])


async def test_the_new_cases_workflow_runs_and_it_is_found_by_its_peoples_names(house: House) -> None:
    old_id = await worked(house)
    answer = await house.do("caseworker", "continue_case", old_id, relation="enforcement", stage="enforcement")
    new_id = answer.others[0]["case_id"]

    async def running() -> bool:
        found = await rows(house, "SELECT armed_version >= version AS armed FROM cases WHERE case_id = %s", new_id)
        return found[0]["armed"]

    await until(running)
    described = await house.client.get_workflow_handle(workflow_id(new_id)).describe()
    assert described.status is not None
    same = "SELECT count(*) AS n FROM search_tokens a JOIN search_tokens b USING (token) WHERE a.case_id = %s AND b.case_id = %s"
    assert (await rows(house, same, old_id, new_id))[0]["n"] > 10


async def test_two_colleagues_open_the_next_instance_once(house: House) -> None:
    old_id = await worked(house)
    body = {"relation": "next_instance", "stage": "first_instance"}

    async def go_on() -> str:
        try:
            return (await house.do("caseworker", "continue_case", old_id, **body)).others[0]["case_id"]
        except Problem as refused:
            return refused.code

    assert "already_continued" in await asyncio.gather(go_on(), go_on())


async def test_what_is_reserved_is_not_the_callers_to_write(house: House) -> None:
    old_id = await worked(house)

    with pytest.raises(Problem) as refused:
        await house.do("caseworker", "continue_case", old_id, relation="enforcement", stage="enforcement", reserved=[old_id])

    assert refused.value.errors[0] == {"pointer": "/reserved", "code": "unknown_field"}


async def examined(house: House) -> str:
    """A group of four of whom everybody may be granted; its id."""
    case_id = await house.submit(co_applicants=[{"name": f"工友{n}"} for n in range(3)])
    checks = [
        {"command": "declare_conflict_check", "body": {"cleared": True}},
        {"command": "waive_hardship_check", "body": {"ground": "migrant_worker_pay_or_work_injury"}},
        {"command": "recommend_decision", "body": {"decision": "grant", "opinion": "符合条件"}},
    ]
    await house.do("caseworker", BUNDLE, case_id, commands=checks)
    return case_id


async def test_of_two_who_decide_for_overlapping_recipients_one_is_told_who_was_decided_about(house: House) -> None:
    case_id = await examined(house)

    async def grant(*ids: int) -> int | Problem:
        try:
            return (await house.do("approver", "grant_aid", case_id, reasons="符合条件", for_recipients=list(ids))).version
        except Problem as refused:
            return refused

    answers = await asyncio.gather(grant(0, 1, 2), grant(2, 3))

    (refused,) = [answer for answer in answers if isinstance(answer, Problem)]
    assert (refused.status, refused.code, refused.values["recipients"]) == (409, "already_decided", [2])
    decided = [r.party_id for r in (await state(house, case_id)).recipients if r.status == "granted"]
    assert decided in ([0, 1, 2], [2, 3])


async def test_what_cannot_go_on_is_refused_by_the_rules_with_what_is_allowed_instead(house: House) -> None:
    case_id = await examined(house)

    with pytest.raises(Problem) as reopened:
        await house.do("caseworker", "continue_case", case_id, relation="reapplication", stage="arbitration")
    with pytest.raises(Problem) as under_way:
        await house.do("caseworker", "continue_case", await worked(house), relation="reapplication", stage="arbitration")

    assert (reopened.value.status, reopened.value.code) == (409, "wrong_state")
    assert (under_way.value.status, under_way.value.code) == (409, "nobody_to_apply_again")
    assert "recommend_decision" in reopened.value.values["allowed_commands"]
    assert "add_note" in under_way.value.values["allowed_commands"]
