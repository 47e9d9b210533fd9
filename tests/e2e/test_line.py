"""By the pages alone, in a real browser: one migrant worker's wage case from the door to the archive."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.browser import Person, launched
from tests.e2e.system import System
from tests.scenarios import LAWYER, LAWYERS, SHANGHAI, UNIT

CENTRE = "C-ADX"
TODAY = datetime.now(SHANGHAI).date()
APPLICATION = {
    "/centre": CENTRE,
    "/channel": "walk_in",
    "/form": "written",
    "/applicant/name": "欧阳·𠮷某",
    "/applicant/id_kind": "resident_id",
    "/applicant/id_number": "11010519491231002X",
    "/applicant/phone": "13900001234",
    "/applicant/categories": ["migrant_worker"],
    "/matter/kind": "civil",
    "/matter/cause": "wages",
    "/matter/forum": "arbitration",
    "/matter/stage": "arbitration",
    "/matter/summary": "拖欠八个月工资，请求支付劳动报酬",
    "/matter/claim_fen": "48,600.00",
    "/opponents/0/name": "某建筑劳务有限公司",
    "/co_applicants/0/name": "买某某",
}


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    async with launched() as browser:
        yield browser


async def office(system: System, chromium: Browser) -> dict[str, Person]:
    """Everybody the case needs, each signed in at a browser of their own."""
    roles = ("receptionist", "approver", "caseworker", "finance_officer")
    logins = {role: system.login(role, CENTRE) for role in roles} | {"lawyer": system.login("lawyer", None, LAWYERS[LAWYER])}
    return {role: await Person.enter(chromium, system.base_url, login) for role, login in logins.items()}


async def test_a_case_goes_from_the_door_to_the_archive_by_the_pages_alone(system: System, chromium: Browser) -> None:
    at = await office(system, chromium)
    desk, chief, clerk, lawyer, purse = (at[r] for r in ("receptionist", "approver", "caseworker", "lawyer", "finance_officer"))
    await desk.shoot("01-today")
    case_id = await desk.intake(APPLICATION)
    await desk.shoot("02-opened")

    await chief.do(case_id, "accept_first")
    await chief.shoot("03-accepted-first")
    await clerk.do(case_id, "record_lawyer_choice", {"/choices/0": LAWYER})
    await chief.do(case_id, "assign_unit", {"/unit": UNIT, "/lawyer": LAWYER})
    await chief.shoot("04-assigned")
    await lawyer.do(case_id, "sign_engagement", {"/authority": "special"})
    await clerk.do(case_id, "supply_owed_papers")
    await clerk.do(case_id, "confirm_owed_papers")
    await lawyer.do(case_id, "record_meeting", {"/kind": "client_meeting", "/summary": "了解案情，核对工资条"})
    await lawyer.do(case_id, "record_meeting", {"/kind": "file_reading", "/summary": "查阅仲裁卷宗"})
    await lawyer.do(
        case_id, "schedule_hearing", {"/forum": "安定县劳动仲裁委员会", "/at": f"{TODAY + timedelta(days=9)}T09:30", "/place": "第二仲裁庭"}
    )
    await lawyer.do(case_id, "record_hearing", {"/result": "当庭陈述，双方质证"})
    await lawyer.shoot("05-in-representation")
    await lawyer.do(
        case_id,
        "record_outcome",
        {"/result": "won", "/closing_event": "award_received", "/awarded_fen": "48600", "/recovered_fen": "48600.00"},
    )
    await lawyer.do(case_id, "submit_closing_report", {"/report": "裁决支持全部请求，款项已经到账。"})
    await clerk.do(case_id, "accept_closing_file", {"/grade": "good"})
    await chief.do(case_id, "approve_subsidy")
    await purse.do(case_id, "pay_subsidy", {"/voucher": "V-2026-001"})
    await clerk.do(case_id, "archive_case", {"/volume": "2026-1", "/archive_number": "A-1"})
    await clerk.shoot("06-archived")

    told = await clerk.timeline(case_id)
    for part in (
        "欧阳·𠮷某等人申请法律援助", "先行受理", "欧阳·𠮷某等人选定", "指派给", "签订委托协议",
        "补交材料：身份证复印件", "所欠材料已经齐全",
        "约见受援人", "阅卷", "开庭，安定县劳动仲裁委员会，第二仲裁庭", "当庭陈述", "办理结果：胜诉", "支持金额 48,600.00 元",
        "提交结案报告与案卷",
        "案卷验收，等次：良好", "审核办案补贴 1,500.00 元", "支付办案补贴，凭证 V-2026-001", "立卷归档，卷号 2026-1，档号 A-1",
    ):  # fmt: skip
        assert any(part in sentence for sentence in told), f"{part}\n" + "\n".join(told)
    assert (await system.get(system.login("auditor"), f"/cases/{case_id}"))["state"] == "archived"
    assert {role: person.complaints for role, person in at.items() if person.complaints} == {}


async def test_an_administrator_sees_what_reminders_would_move_and_loses_nothing_typed(system: System, chromium: Browser) -> None:
    person = await Person.enter(chromium, system.base_url, system.login("system_administrator"))
    await person.go("/directory/ladders")
    form = "form:has(textarea[name=steps])"
    await person.page.select_option(f"{form} [name=code]", "pay_subsidy")
    await person.page.fill(f"{form} [name=steps]", "-25% > owner\nmissed > owner, supervisor")
    await person.page.fill(f"{form} [name=since]", datetime.now(SHANGHAI).date().isoformat())
    await person.page.click(f"{form} [value=preview]")
    await expect(person.page.locator(f"{form} [role=status]")).to_be_visible()
    assert await person.page.input_value(f"{form} [name=steps]") == "-25% > owner\nmissed > owner, supervisor"
    await person.shoot("directory-ladders-previewed")
    await person.page.click(f"{form} [value=record]")
    await expect(person.page.locator("p.done")).to_be_visible()
    await expect(person.page.locator('td [title="-25%"]').first).to_be_visible()

    await person.page.fill(f"{form} [name=steps]", "two days before > owner\nmissed > owner")
    await person.page.fill(f"{form} [name=since]", datetime.now(SHANGHAI).date().isoformat())
    await person.page.click(f"{form} [value=preview]")
    await expect(person.page.locator("[role=alert]")).to_be_visible()
    assert "two days before" in await person.page.input_value(f"{form} [name=steps]")


async def test_under_seven_days_the_counter_offers_to_accept_first_and_the_intake_knows_the_day(system: System, chromium: Browser) -> None:
    person = await Person.enter(chromium, system.base_url, system.login("receptionist", CENTRE))
    start = datetime.now(SHANGHAI).date() - timedelta(days=361)
    await person.go("/eligibility")
    await person.page.select_option("[name=limitation]", "labour_arbitration")
    await person.page.fill("[name=start]", start.isoformat())
    await person.page.click("form:has([name=limitation]) .send")
    await person.page.click(".done a")
    day = await person.page.input_value('[name="/matter/limitation_on"]')
    assert start + timedelta(days=365) <= datetime.fromisoformat(day).date() <= start + timedelta(days=380)
    assert person.complaints == []


async def test_what_was_typed_and_not_sent_is_there_again_after_a_reload(system: System, chromium: Browser) -> None:
    person = await Person.enter(chromium, system.base_url, system.login("receptionist", CENTRE))
    await person.go("/intake")
    await person.page.fill('[name="/applicant/name"]', "买某某")
    await person.page.click('button[name=add][value="/opponents"]')
    await person.page.fill('[name="/opponents/0/name"]', "某公司")
    await person.page.reload()

    await person.page.locator(".restored").wait_for(state="visible")
    assert await person.page.input_value('[name="/applicant/name"]') == "买某某"
    assert await person.page.input_value('[name="/opponents/0/name"]') == "某公司"


async def test_the_case_list_is_searched_while_typing(system: System, chromium: Browser) -> None:
    person = await Person.enter(chromium, system.base_url, system.login("supervisor", CENTRE))
    number = (await system.cases(system.login("supervisor", CENTRE)))[-1]["register_number"]
    await person.go("/cases")
    await person.page.locator("main [name=q]").press_sequentially(number)

    await expect(person.page.locator("#results tbody tr")).to_have_count(1)
    assert "q=" in person.page.url


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
@pytest.mark.parametrize("width", [1280, 390])
async def test_no_form_is_wider_than_its_screen_nor_complains(system: System, chromium: Browser, lang: str, width: int) -> None:
    listed = await system.cases(system.login("auditor"))

    async def stands(state: str, role: str, command: str) -> dict[str, Any]:
        """A case in that state in which somebody of the role may do it: some stand behind walls that other tests put up."""
        for case in listed:
            if case["state"] == state:
                who, path = system.login(role, case["centre"]), f"/cases/{case['case_id']}/allowed-commands"
                answer = await system.call(who, "GET", path)
                if answer.is_success and command in {each["name"] for each in answer.json()["items"]}:
                    return case
        raise LookupError(f"no {state} case for {command}")

    forms = {
        "accept_first": ("approver", "received"),
        "assign_unit": ("approver", "awaiting_assignment"),
        "assess_hardship": ("caseworker", "received"),
        "approve_subsidy": ("approver", "file_accepted"),
        "serve_document": ("caseworker", "refused"),
        "correct_record": ("caseworker", "received"),
    }
    desk = await Person.enter(chromium, system.base_url, system.login("receptionist", CENTRE), lang=lang, width=width)
    await desk.go("/intake")
    await desk.shoot(f"form-intake-{lang}-{width}")
    await desk.judge(lang)
    assert desk.complaints == []
    for command, (role, state) in forms.items():
        case = await stands(state, role, command)
        person = await Person.enter(chromium, system.base_url, system.login(role, case["centre"]), lang=lang, width=width)
        await person.go(f"/cases/{case['case_id']}/commands/{command}")
        if command == "correct_record":
            await person.page.select_option('[name="/position"]', index=1)
            async with person.page.expect_navigation():
                await person.page.click(".actions .send")
            await person.page.select_option('[name="/field"]', index=1)
            async with person.page.expect_navigation():
                await person.page.click('[name=follow][value="field"]')
            await person.page.locator('[name="/value"]').first.wait_for(state="attached")
        await person.shoot(f"form-{command}-{lang}-{width}")
        await person.judge(lang)
        assert person.complaints == [], command


async def noted(system: System, chromium: Browser, *, scripts: bool = True) -> tuple[Person, str]:
    """A caseworker in front of the form of a note, and the case it is for."""
    login = system.login("caseworker", CENTRE)
    case_id = (await system.cases(login))[0]["case_id"]
    person = await Person.enter(chromium, system.base_url, login, scripts=scripts)
    await person.go(f"/cases/{case_id}/commands/add_note")
    return person, case_id


async def notes(system: System, case_id: str, text: str) -> int:
    found = await system.get(system.login("caseworker", CENTRE), f"/cases/{case_id}/events", type="note_added", limit=200)
    return sum(event["data"]["text"] == text for event in found["items"])


@pytest.mark.parametrize("scripts", [True, False])
async def test_a_session_that_ends_while_typing_costs_nothing(system: System, chromium: Browser, scripts: bool) -> None:
    person, case_id = await noted(system, chromium, scripts=scripts)
    text = f"写了半天，会话失效，脚本{'开' if scripts else '关'}"
    await person.page.fill('[name="/text"]', text)
    await person.page.context.clear_cookies(name="yuanshou_session")
    await person.page.click(".actions .send")
    await person.shoot("session-ended")
    await person.sign_in(system.login("caseworker", CENTRE))

    await person.page.wait_for_selector("form.sheet")
    assert await person.page.input_value('[name="/text"]') == text
    assert await notes(system, case_id, text) == 0
    await person.page.click(".actions .send")
    await person.page.wait_for_selector("p.done")
    assert await notes(system, case_id, text) == 1


async def test_two_clicks_send_once_and_the_way_back_holds_nothing_to_send_again(system: System, chromium: Browser) -> None:
    person, case_id = await noted(system, chromium)
    await person.page.fill('[name="/text"]', "只记一次")
    await person.page.dblclick(".actions .send")
    await person.page.wait_for_selector("p.done")
    assert await notes(system, case_id, "只记一次") == 1
    await person.page.go_back()
    assert await person.page.input_value('[name="/text"]') == ""
    assert await person.page.is_enabled(".actions .send")


async def test_a_phone_number_is_corrected_without_a_script(system: System, chromium: Browser) -> None:
    login = system.login("caseworker", CENTRE)
    opened = await system.command(
        system.login("receptionist", CENTRE),
        None,
        "submit_application",
        {
            "centre": CENTRE,
            "channel": "walk_in",
            "applicant": {"name": "𠮷田·买买提", "phone": "13900001234"},
            "matter": {"summary": "欠薪"},
        },
    )
    case_id = opened.json()["case_id"]
    person = await Person.enter(chromium, system.base_url, login, scripts=False)
    await person.go(f"/cases/{case_id}?tab=versions")
    await person.page.click('table a[href*="commands/correct_record"]')
    await person.page.select_option('[name="/field"]', "/applicant/phone")
    await person.page.fill('[name="/value"]', "13900009999")
    await person.page.fill('[name="/reason"]', "听写有误")
    await person.page.click(".actions .send")

    await person.page.wait_for_selector("p.done")
    told = await person.page.locator("main .ev p").all_inner_texts()
    assert any("“申请人 · 电话”，改为“13900009999”" in sentence for sentence in told), told
    assert (await system.get(login, f"/cases/{case_id}"))["applicant"]["phone"] == "13900009999"
