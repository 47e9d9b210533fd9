"""What is asked once in a village is never typed again: from a liaison's phone to a lawyer's case, by the pages alone."""

from collections.abc import AsyncIterator, Mapping

import pytest
from playwright.async_api import Browser

from tests.e2e.browser import Person, Typed, launched
from tests.e2e.system import System
from tests.scenarios import LAWYER, UNIT

CENTRE = "C-ADX"
ASKED = {
    "/question": "在某工地干活八个月，包工头只给过生活费，工资一直没有结清，能不能帮我要回来？",
    "/person/name": "马·𠮷某",
    "/person/phone": "13900006677",
    "/person/id_kind": "resident_id",
    "/person/id_number": "11010519491231002X",
    "/person/categories": ["migrant_worker"],
    "/opponents/0/name": "某建筑劳务有限公司",
    "/cause": "wages",
}
BECOMES = {"/person": "/applicant", "/question": "/matter/summary", "/cause": "/matter/cause", "/opponents": "/opponents"}
"""Where an application has what a consultation calls otherwise."""


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    async with launched() as browser:
        yield browser


def renamed(pointer: str) -> str:
    """The field of the application that a consultation's field becomes."""
    return next(new + pointer.removeprefix(old) for old, new in BECOMES.items() if pointer.startswith(old))


async def held(person: Person, pointers: Mapping[str, Typed]) -> dict[str, Typed]:
    """What the fields of the form on the page hold; several ticks as a list."""
    found: dict[str, Typed] = {}
    for pointer, typed in pointers.items():
        field = person.page.locator(f'[name="{pointer}"]')
        if isinstance(typed, list):
            found[pointer] = await person.page.eval_on_selector_all(f'[name="{pointer}"]:checked', "all => all.map(one => one.value)")
        else:
            found[pointer] = await field.first.input_value()
    return found


async def test_a_consultation_in_a_village_becomes_an_assigned_case_and_nothing_is_typed_twice(system: System, chromium: Browser) -> None:
    liaison = await Person.enter(chromium, system.base_url, system.login("liaison", "V-ADX-LIUJIAWAN"), width=390)
    await liaison.go("/reception")
    await liaison.shoot("village-1-reception")
    await liaison.send(ASKED)
    await liaison.page.wait_for_selector("p.done")
    consultation = liaison.page.url.split("?")[0]
    await liaison.shoot("village-2-registered")

    await liaison.page.click('a[href$="/commands/convert_to_application"]')
    await liaison.unfold()
    wanted = {renamed(pointer): typed for pointer, typed in ASKED.items()}
    assert await held(liaison, wanted) == wanted
    await liaison.shoot("village-3-application")
    await liaison.send({"/matter/kind": "civil"})
    await liaison.page.wait_for_selector("p.done")
    case_id = liaison.page.url.split("/cases/")[1].split("?")[0]
    await liaison.shoot("village-4-case")

    chief = await Person.enter(chromium, system.base_url, system.login("approver", CENTRE))
    clerk = await Person.enter(chromium, system.base_url, system.login("caseworker", CENTRE))
    await chief.do(case_id, "accept_first")
    await clerk.do(case_id, "record_lawyer_choice", {"/choices/0": LAWYER})
    await chief.do(case_id, "assign_unit", {"/unit": UNIT, "/lawyer": LAWYER})
    await chief.shoot("village-5-assigned")

    case = await system.get(system.login("caseworker", CENTRE), f"/cases/{case_id}")
    assert case["state"] == "lawyer_named"
    assert case["applicant"]["name"] == ASKED["/person/name"]
    assert case["matter"]["summary"] == ASKED["/question"]
    assert case["consultation_id"] == consultation.rsplit("/", 1)[1]
    assert case["owner"] is not None
    await clerk.go(f"/cases/{case_id}")
    await clerk.page.click(f'main a[href="/consultations/{case["consultation_id"]}"]')
    assert str(ASKED["/question"]) in await clerk.page.inner_text("main")
    for person in (liaison, chief, clerk):
        assert person.complaints == []
