"""One day of every role by the pages alone: sign in, today, every room of the role, one act of its own, the same rooms in English, out."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.async_api import Browser

from api.examples import EXAMPLES
from tests.e2e.browser import Person, Typed
from tests.e2e.pages import CENTRE, OFFICES, login, made
from tests.e2e.system import System
from tests.e2e.test_line import chromium
from tests.scenarios import LAWYER, LAWYERS, SHANGHAI, UNIT

__all__ = ["chromium"]
type Day = Callable[[System, Person], Awaitable[None]]

ASKED = {"/person/name": "沈某", "/question": "工地拖欠工资，如何申请法律援助？", "/cause": "wages"}
APPLICATION = {
    "/centre": CENTRE, "/channel": "walk_in", "/applicant/name": "沈某", "/matter/kind": "civil", "/matter/cause": "wages",
    "/matter/summary": "拖欠工资",
}  # fmt: skip


async def opened(system: System) -> str:
    return (await made(system, "receptionist", "/cases", EXAMPLES["submit_application"]))["case_id"]


async def step(system: System, role: str, case_id: str, command: str, **body: Any) -> None:
    await made(system, role, f"/cases/{case_id}/commands/{command}", body)


async def assigned(system: System, **more: str) -> str:
    """A case that was accepted first and given to the unit, and to the lawyer where one is named."""
    case_id = await opened(system)
    await step(system, "approver", case_id, "accept_first", ground="migrant_worker", papers_owed=[{"kind": "work_evidence"}])
    await step(system, "approver", case_id, "assign_unit", unit=UNIT, **more)
    return case_id


async def stands(system: System, state: str, office: str) -> str:
    return next(c["case_id"] for c in await system.cases(system.login("auditor")) if c["state"] == state and c["centre"] == office)


async def done(person: Person, path: str, typed: Mapping[str, Typed]) -> None:
    """Fill in the form of a page and send it."""
    await person.go(path)
    await person.send(typed)
    await person.page.wait_for_selector("p.done")


async def liaison(system: System, person: Person) -> None:
    del system
    await done(person, "/reception", ASKED)


async def receptionist(system: System, person: Person) -> None:
    del system
    await person.intake(APPLICATION)


async def caseworker(system: System, person: Person) -> None:
    await person.do(await opened(system), "waive_hardship_check", {"/ground": "migrant_worker_pay_or_work_injury"})


async def approver(system: System, person: Person) -> None:
    await person.do(await opened(system), "accept_first", {"/ground": "migrant_worker"})


async def duty_lawyer(system: System, person: Person) -> None:
    del system
    await done(person, "/duty", {"/person/name": "石某", "/request": "申请法律援助律师辩护"})


async def unit_manager(system: System, person: Person) -> None:
    await person.do(await assigned(system), "name_lawyer", {"/lawyer": LAWYER})


async def lawyer(system: System, person: Person) -> None:
    case_id = await assigned(system, lawyer=LAWYER)
    await person.do(case_id, "record_meeting", {"/kind": "client_meeting", "/summary": "了解案情，核对工资条"})


async def finance_officer(system: System, person: Person) -> None:
    await person.do(await stands(system, "subsidy_approved", "C-CITY"), "pay_subsidy", {"/voucher": "V-2026-077"})


async def supervisor(system: System, person: Person) -> None:
    await person.do(await stands(system, "archived", CENTRE), "record_callback", {"/satisfaction": "5"})


async def bureau_officer(system: System, person: Person) -> None:
    await person.do(await stands(system, "refused", CENTRE), "decide_objection", {"/result": "upheld", "/reasons": "原决定认定事实清楚"})


async def auditor(system: System, person: Person) -> None:
    del system
    await person.go("/audit")
    await person.page.click("#verification .send")
    await person.page.locator("#verification [role=status]").first.wait_for()


async def system_administrator(system: System, person: Person) -> None:
    del system
    await person.go("/directory/tariffs")
    await person.page.fill("main form [name=code]", "flat_civil")
    await person.page.fill("main form [name=amount]", "1600.00")
    await person.page.fill("main form [name=since]", (datetime.now(SHANGHAI).date() + timedelta(days=400)).isoformat())
    await person.page.click("main form [value=preview]")
    await person.page.click("main form [value=record]")
    await person.page.wait_for_selector("p.done")


async def security_administrator(system: System, person: Person) -> None:
    spare = system.login("liaison", "DS-YTX-WOMEN")["username"]
    for deed in ("disable", "enable"):
        await person.go(f"/accounts/{spare}")
        await person.unfold()
        await person.page.fill(f'form[action$="/{deed}"] [name=reason]', "岗位调整")
        await person.page.click(f'form[action$="/{deed}"] .send')
        await person.page.wait_for_selector("p.done")


DAYS: tuple[Day, ...] = (
    liaison, receptionist, caseworker, approver, duty_lawyer, unit_manager, finance_officer, lawyer, supervisor, bureau_officer, auditor,
    system_administrator, security_administrator,
)  # fmt: skip
WHERE = {**OFFICES, "finance_officer": "C-CITY"}


def who(system: System, role: str) -> dict[str, str]:
    if role == "lawyer":
        return system.login("lawyer", None, LAWYERS[LAWYER])
    return system.login(role, WHERE[role]) if role in WHERE else login(system, role)


@pytest.mark.parametrize("day", DAYS, ids=lambda day: day.__name__)
async def test_a_day(system: System, chromium: Browser, day: Day) -> None:
    person = await Person.enter(chromium, system.base_url, who(system, day.__name__))
    rooms = await person.page.eval_on_selector_all("nav[aria-label] a", "all => [...new Set(all.map(one => one.getAttribute('href')))]")
    assert {"/", "/inbox", "/cases"} <= set(rooms)
    for room in rooms:
        await person.room(room)
        await person.judge("zh-CN")
        await _shows_where_it_is(person, room)
    await day(system, person)
    await person.judge()
    await person.shoot(f"day-{day.__name__}-done")

    async with person.page.expect_navigation():
        await person.page.click('header a[href^="/language/en"]')
    await person.page.set_viewport_size({"width": 390, "height": 844})
    for room in rooms:
        await person.room(room)
        await person.judge("en", rules=False)
        await person.shoot(f"day-{day.__name__}-{room.strip('/').replace('/', '-') or 'today'}-en-390")
    await person.page.click('form[action="/sign-out"] button')
    await person.page.wait_for_url("**/sign-in?left=1")
    await person.page.context.close()
    assert not person.complaints, "\n".join(person.complaints)


async def _shows_where_it_is(person: Person, room: str) -> None:
    here = person.page.locator("nav[aria-label] [aria-current=page]")
    assert await here.first.get_attribute("href") == room
