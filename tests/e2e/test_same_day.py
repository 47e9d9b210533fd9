"""One visit of 26 workers in a real browser: one sheet, one save, the rest from the approver's desk; and the pages of that day by eye."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
from playwright.async_api import Browser

from domain.identity import check_character
from tests.e2e.browser import Person, launched
from tests.e2e.system import System
from tests.scenarios import LAWYER, LAWYERS, SHANGHAI, UNIT

CENTRE = "C-ADX"
TODAY = datetime.now(SHANGHAI).date()
WORKERS = 26
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华"


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    async with launched() as browser:
        yield browser


def id_number(serial: int) -> str:
    first = f"620403198{serial % 10}0{1 + serial % 9}{10 + serial % 18}{serial:03}"
    return first + check_character(first)


def pasted(first: int, count: int) -> str:
    """Rows as a spreadsheet copies them, with a title, a heading and a column that nobody needs."""
    people = range(first, first + count)
    rows = [f"{i}\t{SURNAMES[i % len(SURNAMES)]}某\t{id_number(i)}\t139{i:08}\t9,300.50\t瓦工" for i in people]
    return "\n".join(["某工地欠薪名单\t\t\t\t\t", "序号\t姓名\t身份证号码\t联系电话\t欠薪金额（元）\t工种", *rows])


async def visit(person: Person, first: int, count: int) -> str:
    """Fill in and save the sheet of a visit; the case's id."""
    page = person.page
    await person.go("/same-day")
    await page.eval_on_selector_all("main details", "all => all.forEach(one => one.open = true)")
    await page.fill('[name="/submit_application/applicant/name"]', "欧阳·𠮷某")
    await page.check('[name="/submit_application/applicant/categories"][value=migrant_worker]')
    await page.fill('[name="/visit/paste"]', pasted(first, count))
    await page.fill('[name="/submit_application/opponents/0/name"]', "某建筑劳务有限公司")
    await page.select_option('[name="/submit_application/matter/kind"]', "civil")
    await page.select_option('[name="/submit_application/matter/cause"]', "wages")
    await page.select_option('[name="/submit_application/matter/stage"]', "arbitration")
    await page.fill('[name="/submit_application/matter/summary"]', "拖欠工资，请求支付劳动报酬")
    await page.select_option('[name="/submit_application/papers/0/kind"]', "id_copy")
    await page.select_option('[name="/record_lawyer_choice/choices/0"]', LAWYER)
    await page.select_option('[name="/assign_unit/unit"]', UNIT)
    await page.select_option('[name="/assign_unit/lawyer"]', LAWYER)
    await page.click("form.visit .actions .send")
    await page.wait_for_url("**/same-day/*")
    return page.url.split("/same-day/")[1].split("?")[0]


async def test_26_workers_in_one_visit_are_one_save_and_one_word_of_the_approver(system: System, chromium: Browser) -> None:
    desk = await Person.enter(chromium, system.base_url, system.login("receptionist", CENTRE))
    case_id = await visit(desk, 1, WORKERS - 1)
    await desk.shoot("same-day-saved")
    chief = await Person.enter(chromium, system.base_url, system.login("approver", CENTRE))
    await chief.go(f"/to-approve?case={case_id}")
    await chief.shoot("to-approve-proposal")
    await chief.page.keyboard.press("a")
    await chief.page.click("p.done a")
    await chief.page.wait_for_selector("button.do")
    await chief.shoot("same-day-papers")
    async with chief.page.expect_response(lambda r: "/papers/print" in r.url) as printed:
        await chief.page.click("button.do", no_wait_after=True)
    assert (await (await printed.value).all_headers())["content-type"] == "application/pdf"

    case = await system.get(system.login("caseworker", CENTRE), f"/cases/{case_id}")
    assert (case["state"], case["recipient_count"], len(case["recipients"])) == ("lawyer_named", WORKERS, WORKERS)
    assert {r["status"] for r in case["recipients"]} == {"accepted_first"}
    assert {tuple(r["categories"]) for r in case["recipients"]} == {("migrant_worker",)}
    assert [p["kind"] for p in case["accept_first"]["papers_owed"]] == ["work_evidence"]
    assert [p["state"] for p in case["proposals"]] == ["done"]
    assert [p["template"] for p in case["issued"]] == ["receipt", "accept_first_notice", "assignment_notice", "assignment_letter"]
    assert desk.complaints + chief.complaints == []


async def test_a_sheet_with_faults_keeps_everything_and_saves_once_mended(system: System, chromium: Browser) -> None:
    desk = await Person.enter(chromium, system.base_url, system.login("receptionist", CENTRE), scripts=False)
    before = len(await system.cases(system.login("caseworker", CENTRE)))
    await desk.go("/same-day")
    await desk.page.eval_on_selector_all("main details", "all => all.forEach(one => one.open = true)")
    await desk.page.fill('[name="/submit_application/applicant/name"]', "钱某")
    await desk.page.check("#way-later")
    wrong = f"姓名\t身份证号\n孙某\t{id_number(401)}\n李某\t{id_number(401)}"
    await desk.page.fill('[name="/visit/paste"]', wrong)
    await desk.page.click("form.visit .actions .send")
    await desk.page.wait_for_selector("#pasted .fault")
    await desk.shoot("same-day-faults")
    assert await desk.page.input_value('[name="/submit_application/applicant/name"]') == "钱某"
    assert await desk.page.input_value('[name="/visit/paste"]') == wrong
    await desk.page.fill('[name="/visit/paste"]', wrong.removesuffix(id_number(401)) + id_number(402))
    await desk.page.dblclick("form.visit .actions .send")
    await desk.page.wait_for_url("**/same-day/*")
    assert len(await system.cases(system.login("caseworker", CENTRE))) == before + 1


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
@pytest.mark.parametrize("width", [1280, 390])
async def test_no_page_of_the_day_is_wider_than_its_screen_nor_complains(system: System, chromium: Browser, lang: str, width: int) -> None:
    desk = await Person.enter(chromium, system.base_url, system.login("receptionist", CENTRE), lang=lang, width=width)
    chief = await Person.enter(chromium, system.base_url, system.login("approver", CENTRE), lang=lang, width=width)
    clerk = await Person.enter(chromium, system.base_url, system.login("caseworker", CENTRE), lang=lang, width=width)
    lawyer = await Person.enter(chromium, system.base_url, system.login("lawyer", None, LAWYERS[LAWYER]), lang=lang, width=width)

    async def look(person: Person, name: str) -> None:
        await person.shoot(f"{name}-{lang}-{width}")
        assert await person.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name

    await desk.go("/same-day")
    await look(desk, "same-day")
    await desk.page.eval_on_selector_all("main details", "all => all.forEach(one => one.open = true)")
    await desk.page.fill('[name="/visit/paste"]', pasted(500, 4) + f"\n5\t卫某\t{id_number(500)}\t139\t\t")
    await desk.page.click("button[value=paste]")
    await desk.page.wait_for_selector("#pasted")
    await look(desk, "same-day-preview")
    case_id = await visit(desk, 600 + width % 7 * 20 + (lang == "en") * 10, 5)
    await look(desk, "same-day-saved")
    await chief.go(f"/to-approve?case={case_id}")
    await look(chief, "to-approve")
    await clerk.go(f"/cases/{case_id}")
    await look(clerk, "case-with-proposal")
    await chief.page.click("form.inline .send")
    await chief.page.wait_for_selector("p.done")
    await clerk.go(f"/cases/{case_id}/group")
    await look(clerk, "group")
    await clerk.go(f"/cases/{case_id}/group/add")
    await look(clerk, "group-add")
    signed = await system.command(
        system.login("lawyer", None, LAWYERS[LAWYER]), case_id, "sign_engagement", {"signed_on": TODAY.isoformat()}
    )
    assert signed.is_success, signed.text
    at = {"forum": "安定县劳动仲裁委员会", "at": f"{TODAY + timedelta(days=3)}T09:30:00+08:00", "place": "第二仲裁庭"}
    award = {"kind": "award", "stage": "arbitration", "body": "安定县劳动仲裁委员会"} | dict.fromkeys(
        ("held_on", "received_on"), TODAY.isoformat()
    )
    for command, body in (("schedule_hearing", at), ("record_procedure", award)):
        done = await system.command(system.login("lawyer", None, LAWYERS[LAWYER]), case_id, command, body)
        assert done.is_success, done.text
    await lawyer.go("/pocket")
    await look(lawyer, "pocket")
    await lawyer.go(f"/cases/{case_id}/commands/record_meeting?from=pocket&kind=client_meeting")
    await look(lawyer, "pocket-meeting")
    await clerk.go(f"/cases/{case_id}/commands/continue_case")
    await look(clerk, "continue")
    await clerk.page.select_option('[name="/relation"]', "next_instance")
    await clerk.page.select_option('[name="/stage"]', "first_instance")
    await clerk.page.click("form.sheet .actions .send")
    await clerk.page.wait_for_selector("ol.story")
    await look(clerk, "story")
    for person in (desk, chief, clerk, lawyer):
        assert person.complaints == []
