"""An applicant without an account, without a script: number and code from the paper, and how the case stands in plain words."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser

from tests.e2e.browser import Person, launched
from tests.e2e.system import System
from tests.unit.drawn import text_of

CENTRE = "C-ADX"
SAYS = {
    "zh-CN": ("已经先行受理", "身份证复印件", "对不上", "安定县法律援助中心"),
    "en": ("accepted your case first", "copy of identity card", "do not belong together", "Legal Aid Centre"),
}


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    async with launched() as browser:
        yield browser


async def accepted(system: System) -> str:
    """A case of the centre that was accepted first and owes a paper."""
    chief = system.login("approver", CENTRE)
    applicant = {"name": "申请人甲", "categories": ["migrant_worker"]}
    body = {
        "centre": CENTRE,
        "channel": "walk_in",
        "applicant": applicant,
        "matter": {"kind": "civil", "cause": "wages", "summary": "拖欠工资"},
    }
    opened = await system.command(system.login("receptionist", CENTRE), None, "submit_application", body)
    case_id = str(opened.raise_for_status().json()["case_id"])
    owing = {"ground": "migrant_worker", "papers_owed": [{"kind": "id_copy"}, {"kind": "work_evidence"}]}
    (await system.command(chief, case_id, "accept_first", owing)).raise_for_status()
    return case_id


async def printed(system: System, case_id: str) -> tuple[dict[str, Any], str]:
    """The code as the desk is told it, and the words of the notice that the applicant is given."""
    clerk = system.login("caseworker", CENTRE)
    issued = await system.command(clerk, case_id, "issue_document", {"template": "accept_first_notice"})
    document = next(e["data"]["document_id"] for e in issued.raise_for_status().json()["events"] if e["type"] == "document_issued")
    paper = await system.call(clerk, "GET", f"/cases/{case_id}/papers/{document}")
    assert paper.headers["template-version"] == "2"
    return await system.get(clerk, f"/cases/{case_id}/status-code"), text_of(paper.content).replace(" ", "")


async def stranger(chromium: Browser, system: System, lang: str, width: int) -> Person:
    context = await chromium.new_context(viewport={"width": width, "height": 900}, locale=lang, java_script_enabled=False)
    person = Person(await context.new_page(), system.base_url)
    await person.go("/sign-in")
    await person.page.click('a[href="/status"]')
    return person


async def look(person: Person, number: str, code: str) -> str:
    await person.page.fill("[name=number]", number)
    await person.page.fill("[name=code]", code)
    await person.page.click("main .send")
    return await person.page.inner_text("main")


@pytest.mark.parametrize("lang", SAYS)
async def test_the_paper_leads_an_applicant_to_the_answer_without_a_script(system: System, chromium: Browser, lang: str) -> None:
    case_id = await accepted(system)
    told, paper = await printed(system, case_id)
    assert told["number"] in paper
    assert told["code"] in paper
    assert told["page"].removesuffix("/status") in paper
    step, owed, nothing, centre = SAYS[lang]
    for width in (1280, 390):
        person = await stranger(chromium, system, lang, width)
        await person.shoot(f"status-{lang}-{width}-1-asked")
        assert nothing in await look(person, told["number"], "AAA-AAA-AAA")
        await person.shoot(f"status-{lang}-{width}-2-nothing")
        assert await person.page.input_value("[name=number]") == told["number"]
        said = await look(person, told["number"].replace("〔", "(").replace("〕", ")"), told["code"].lower().replace("-", " "))
        assert [words for words in (step, owed, centre) if words not in said] == []
        assert "申请人甲" not in said
        await person.shoot(f"status-{lang}-{width}-3-told")
        other = "en" if lang == "zh-CN" else "zh-CN"
        await person.page.click(f'button[name=lang][value="{other}"]')
        assert SAYS[other][0] in await person.page.inner_text("main")
        await person.page.click("button[name=type][value=normal]")
        assert SAYS[other][0] in await person.page.inner_text("main")
        assert person.page.url == f"{system.base_url}/status"
        await person.page.context.close()


async def test_the_desk_tells_the_code_prints_it_and_renews_it(system: System, chromium: Browser) -> None:
    case_id = await accepted(system)
    clerk = await Person.enter(chromium, system.base_url, system.login("caseworker", CENTRE))
    before = await system.get(system.login("caseworker", CENTRE), f"/cases/{case_id}/status-code")
    await clerk.go(f"/cases/{case_id}")
    assert before["code"] in await clerk.page.inner_text(".status-code")
    await clerk.shoot("status-desk-1-case")
    await clerk.page.click(f'a[href="/cases/{case_id}/status-code"]')
    await clerk.shoot("status-desk-2-slip")
    await clerk.page.select_option("[name=reason]", "lost")
    await clerk.page.click("form.slip button")
    await clerk.page.wait_for_selector("p.done")
    after = await clerk.page.inner_text(".status-code")
    assert after != before["code"]
    await clerk.shoot("status-desk-3-renewed")
    applicant = await stranger(chromium, system, "zh-CN", 390)
    assert SAYS["zh-CN"][2] in await look(applicant, before["number"], before["code"])
    assert SAYS["zh-CN"][0] in await look(applicant, before["number"], after)
    assert clerk.complaints == []
