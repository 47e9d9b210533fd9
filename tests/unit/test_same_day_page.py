"""The same-day sheet: one visit as one bundle, the rest on the approver's desk; faults in place, nothing typed lost, nothing twice."""

from typing import Any

import httpx
import pytest

from domain.identity import check_character
from ledger import rules
from tests.unit.pages_backend import InMemory
from tests.unit.test_pages import CHIEF, CLERK, backend, browser, enter, filled, hidden
from web.paste import read
from web.same_day import category_words
from web.visit_plan import Wanted, planned

__all__ = ["backend", "browser"]
DESK = "lin.xiaomei"
WORKERS = 26
APPLICATION = {
    "/submit_application/centre": "C-CITY",
    "/submit_application/channel": "walk_in",
    "/submit_application/applicant/name": "欧阳某某",
    "/submit_application/applicant/categories": "migrant_worker",
    "/submit_application/opponents/0/name": "某建筑公司",
    "/submit_application/matter/kind": "civil",
    "/submit_application/matter/cause": "wages",
    "/submit_application/matter/summary": "拖欠工资",
    "/submit_application/papers/0/kind": "id_copy",
    "/record_lawyer_choice/choices/0": "L-WANG-MIN",
    "/assign_unit/unit": "U-ZHENGHE",
    "/assign_unit/lawyer": "L-WANG-MIN",
    "/visit/way": "accept_first",
    "/visit/receipt": "true",
    "/visit/same_groups": "true",
}


def number(serial: int) -> str:
    first = f"110105198001{1 + serial % 28:02}{serial % 1000:03}"
    return first + check_character(first)


def workers(count: int) -> str:
    rows = [f"工人{i}号".replace(str(i), "甲乙丙丁戊己庚辛壬癸"[i % 10]) + f"\t{number(i)}\t139{i:08}\t9,300.50" for i in range(count)]
    return "\n".join(["姓名\t身份证号\t电话\t欠薪金额（元）", *rows])


async def sheet(browser: httpx.AsyncClient, **more: str) -> dict[str, Any]:
    return await filled(browser, "/same-day", **{**APPLICATION, **more})


def types(office: InMemory) -> list[str]:
    (history,) = office.histories.values()
    return [h.event.type for h in history if not h.event.clock]


async def test_a_receptionist_saves_a_visit_and_the_approver_carries_out_the_rest(browser: httpx.AsyncClient, backend: InMemory) -> None:
    await enter(browser, DESK)
    data = await sheet(browser, **{"/visit/paste": workers(WORKERS - 1)})
    answers = [await browser.post("/same-day", data=data) for _ in range(2)]
    assert answers[0].status_code == 303, answers[0].text
    assert answers[0].headers["location"] == answers[1].headers["location"], "a second click does nothing twice"
    assert types(backend) == ["application_submitted", "materials_receipt_issued", "lawyer_chosen", "commands_proposed"]
    (case,) = backend.states.values()
    assert (len(case.recipients), case.recipient_count) == (WORKERS, WORKERS)
    assert {p.categories for p in case.parties[:WORKERS]} == {("migrant_worker",)}, "all are of the applicant's group"
    done = await browser.get(answers[0].headers["location"])
    assert "Waits on the approver" in done.text

    await enter(browser, CHIEF)
    page = await browser.get("/to-approve")
    form = {name: hidden(page, name) for name in ("csrf", "key", "version")}
    await browser.post(f"/to-approve/{case.case_id}/{case.proposals[0].version}/carry-out", data=form)
    assert backend.states[case.case_id].state == "lawyer_named"
    assert {r.status for r in backend.states[case.case_id].recipients} == {"accepted_first"}


async def test_the_papers_of_the_visit_are_issued_and_printed_in_one_run(browser: httpx.AsyncClient, backend: InMemory) -> None:
    await enter(browser, DESK)
    saved = await browser.post("/same-day", data=await sheet(browser))
    address = saved.headers["location"].split("?")[0]
    assert "/papers" not in (await browser.get(address)).text, "who may not issue papers is not offered to"
    (case,) = backend.states.values()
    await enter(browser, CHIEF)
    desk = await browser.get("/to-approve")
    form = {name: hidden(desk, name) for name in ("csrf", "key", "version")}
    await browser.post(f"/to-approve/{case.case_id}/{case.proposals[0].version}/carry-out", data=form)
    data = await filled(browser, address)
    runs = [await browser.post(f"{address}/papers", data=data) for _ in range(2)]
    issued = backend.states[case.case_id].issued
    assert [p.template for p in issued] == ["receipt", "accept_first_notice", "assignment_notice", "assignment_letter"]
    assert {run.headers["location"] for run in runs} == {
        f"/cases/{case.case_id}/papers/print?ids=" + "%2C".join(str(p.document_id) for p in issued)
    }
    page = await browser.get(address)
    assert "Issue and print" not in page.text
    assert "Print the papers" in page.text


async def test_what_is_owed_is_what_the_ground_asks_for_and_was_not_handed_in(browser: httpx.AsyncClient, backend: InMemory) -> None:
    await enter(browser, DESK)
    await browser.post("/same-day", data=await sheet(browser))
    (case,) = backend.states.values()
    accept = str(case.proposals[0].commands[0].body)
    assert '"work_evidence"' in accept
    assert "id_copy" not in accept


async def test_faults_of_the_paste_stand_at_their_rows_and_nothing_is_saved(browser: httpx.AsyncClient, backend: InMemory) -> None:
    await enter(browser, DESK)
    text = f"姓名\t身份证号\t金额\n李某\t{number(1)}\t100\n某建筑公司\t无\t100\n王某\t{number(1)}\t\n"
    answer = await browser.post("/same-day", data=await sheet(browser, **{"/visit/paste": text}))
    assert answer.status_code == 422
    for words in (
        "Row 3, column 姓名: this is 某建筑公司, the opponent",
        "Row 4, column 身份证号: the same ID number as in row 2",
        "Row 4, column 金额, is empty",
    ):
        assert words in answer.text, words
    assert f"李某\t{number(1)}\t100" in answer.text, "the paste stays as it was typed"
    assert not backend.states


async def test_a_row_that_only_the_page_finds_fault_with_is_not_saved(browser: httpx.AsyncClient, backend: InMemory) -> None:
    await enter(browser, DESK)
    for text in ("姓名\t金额\n李某\t约五千", f"姓名\t身份证号\n欧阳\t{number(77)}"):
        more = {"/visit/paste": text, "/submit_application/applicant/id_number": number(77)}
        assert (await browser.post("/same-day", data=await sheet(browser, **more))).status_code == 422
    assert not backend.states


async def test_without_the_tick_nobody_is_put_into_a_group(browser: httpx.AsyncClient, backend: InMemory) -> None:
    await enter(browser, DESK)
    await browser.post("/same-day", data=await sheet(browser, **{"/visit/paste": workers(1), "/visit/same_groups": ""}))
    (case,) = backend.states.values()
    assert [p.categories for p in case.parties[:2]] == [("migrant_worker",), ()]


async def test_a_fault_that_the_rules_find_stands_at_the_field_it_is_about(browser: httpx.AsyncClient, backend: InMemory) -> None:
    await enter(browser, DESK)
    data = await sheet(browser, **{"/submit_application/applicant/id_number": "110105194912310021", "/assign_unit/lawyer": ""})
    answer = await browser.post("/same-day", data=data)
    assert answer.status_code == 422
    assert 'id="f-submit_application-applicant-id_number-fault"' in answer.text
    assert 'value="110105194912310021"' in answer.text
    assert hidden(answer, "key") != data["key"]


async def test_a_refusal_names_the_step_and_leaves_nothing_half_done(browser: httpx.AsyncClient, backend: InMemory) -> None:
    await enter(browser, DESK)
    answer = await browser.post("/same-day", data=await sheet(browser, **{"/visit/delegated": "true"}))
    assert answer.status_code == 403
    assert "Nothing was saved. Accept first" in answer.text
    assert "拖欠工资" in answer.text
    assert not backend.states


async def test_the_paste_is_looked_at_before_anything_is_sent(browser: httpx.AsyncClient, backend: InMemory) -> None:
    await enter(browser, DESK)
    data = await sheet(browser, **{"/visit/paste": workers(3), "add": "paste"})
    answer = await browser.post("/same-day", data=data)
    assert answer.status_code == 200
    assert "Every row can be read" in answer.text
    assert "27,901.50 yuan together" in answer.text
    assert hidden(answer, "key") == data["key"]
    assert not backend.states


async def test_the_first_of_the_list_is_the_applicant_where_nobody_is_typed(browser: httpx.AsyncClient, backend: InMemory) -> None:
    await enter(browser, DESK)
    data = await sheet(browser, **{"/visit/paste": workers(3), "/submit_application/applicant/name": ""})
    data["/visit/speaking"] = f"工人乙号|{number(1)}"
    answer = await browser.post("/same-day", data=data)
    assert answer.status_code == 303, answer.text
    (case,) = backend.states.values()
    assert case.applicant.id_number == number(0)
    assert case.representatives == (1,)
    assert case.matter
    assert case.matter.claim_fen == 3 * 930050, "the claim is the sum of the people's amounts"


async def test_a_caseworker_waives_recommends_and_leaves_the_grant_to_the_approver(browser: httpx.AsyncClient, backend: InMemory) -> None:
    await enter(browser, CLERK)
    waiver = {
        "/visit/way": "waiver",
        "/waive_hardship_check/ground": "migrant_worker_pay_or_work_injury",
        "/recommend_decision/opinion": "符合条件",
        "/declare_conflict_check/cleared": "true",
        "/grant_aid/reasons": "追索劳动报酬",
        "/grant_aid/forms": "arbitration",
    }
    answer = await browser.post("/same-day", data=await sheet(browser, **waiver))
    assert answer.status_code == 303, answer.text
    (case,) = backend.states.values()
    assert case.state == "examined"
    assert [c.command for c in case.proposals[0].commands] == ["grant_aid", "assign_unit"]


async def test_who_receives_nobody_has_no_sheet(browser: httpx.AsyncClient, backend: InMemory) -> None:
    await enter(browser, CHIEF)
    assert (await browser.get("/same-day")).status_code == 403


async def test_what_was_typed_comes_back_through_the_door(browser: httpx.AsyncClient, backend: InMemory) -> None:
    await enter(browser, DESK)
    data = await sheet(browser, **{"/visit/paste": workers(2)})
    browser.cookies.delete("yuanshou_session")
    door = await browser.post("/same-day", data=data)
    assert door.status_code == 401
    typed = {**data, "csrf": hidden(door, "csrf"), "username": DESK, "password": "password", "next": "/same-day"}
    back = await browser.post("/sign-in", data=typed)
    assert (back.status_code, back.headers["location"]) == (307, "/same-day?resume=1")
    page = await browser.post("/same-day?resume=1", data=typed)
    assert "拖欠工资" in page.text
    assert number(1) in page.text
    assert not backend.states


@pytest.mark.parametrize("roles", [{"approver", "caseworker"}, {"receptionist"}])
def test_from_the_first_step_of_somebody_else_all_later_ones_wait(roles: set[str]) -> None:
    bodies = {
        "submit_application": {"applicant": {"name": "李某"}},
        "accept_first": {"ground": "migrant_worker"},
        "assign_unit": {"unit": "U"},
    }
    plan = planned(bodies, Wanted(way="accept_first"), (), roles, rules.current().policy)
    at_once = [step.command for step in plan.recorded]
    assert at_once == (["submit_application", "accept_first", "assign_unit"] if "approver" in roles else ["submit_application"])
    assert [step.command for step in plan.proposed] == ([] if "approver" in roles else ["accept_first", "assign_unit"])


def test_every_pointer_of_the_bundle_finds_its_place_on_the_sheet() -> None:
    people = read("姓名\n甲\n乙", category_words()).people
    bodies = {
        "submit_application": {"co_applicants": [{"name": "丙"}], "papers": [{"kind": "id_copy"}]},
        "accept_first": {"ground": "migrant_worker"},
    }
    plan = planned(bodies, Wanted(way="accept_first", receipt=True), people, {"receptionist"}, rules.current().policy)
    assert plan.place("/commands/0/body/matter/summary") == "/submit_application/matter/summary"
    assert plan.place("/commands/1/body/papers/0/copies") == "/submit_application/papers/0/copies"
    assert plan.place("/commands/2/body/commands/0/body/due_on") == "/accept_first/due_on"
    assert plan.pasted_at("/submit_application/applicant/name") == (0, "/name")
    assert plan.pasted_at("/submit_application/co_applicants/0/name") is None
    assert plan.pasted_at("/submit_application/co_applicants/1/phone") == (1, "/phone")
    assert plan.pasted_at("/submit_application/matter/summary") is None


def test_nothing_overtakes_what_waits_for_somebody_else() -> None:
    bodies = {"submit_application": {"applicant": {"name": "李某"}}, "assign_unit": {"unit": "U"}}
    plan = planned(bodies, Wanted(way="waiver"), (), {"approver", "caseworker"}, rules.current().policy)
    assert [step.command for step in plan.proposed] == ["grant_aid", "assign_unit"]
