"""A home visit in a real browser: the kit downloaded, filled in offline from the disk, handed in, sent. And an approver's one code."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from ledger.sessions import SITTING
from tests.e2e.browser import Person, launched
from tests.house import House
from tests.integration.desks import PASSWORD, Desks, Someone
from tests.integration.test_sign_in import enrolled
from tests.serving import served
from texts.speak import ZONE

ADDRESS = "安定县内官营镇柳家湾村12号"
SAFE = {"phone": "13900008888", "never": "不要拨打家里的座机"}


@pytest.fixture(scope="module")
async def chromium() -> AsyncIterator[Browser]:
    async with launched() as browser:
        yield browser


@dataclass
class Office:
    """A centre at work: its caseworker, its approver, and where its pages are."""

    desks: Desks
    clerk: Someone
    chief: Someone
    address: str
    browser: Browser

    @property
    def today(self) -> str:
        return self.desks.now.astimezone(ZONE).date().isoformat()

    async def enter(self, who: Someone, **more: Any) -> Person:
        return await Person.enter(self.browser, self.address, {"username": who.username, "password": PASSWORD}, **more)

    async def case(self, case_id: str) -> Any:
        return (await self.desks.ask(self.clerk, "GET", f"/cases/{case_id}")).json()

    async def opened(self, name: str) -> str:
        body = {
            "centre": "C-CITY",
            "channel": "hotline",
            "applicant": {"name": name, "categories": ["migrant_worker"], "address": ADDRESS, "safe_contact": SAFE},
            "opponents": [{"name": "某建筑劳务有限公司"}],
            "matter": {"kind": "civil", "cause": "wages", "summary": "拖欠工资八个月"},
        }
        answer = await self.desks.ask(self.clerk, "POST", "/cases", body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["case_id"])

    async def due(self, name: str) -> str:
        """A case accepted first with papers owed, whose applicant cannot come: a visit is due tomorrow."""
        case_id = await self.opened(name)
        accept = {"ground": "migrant_worker", "papers_owed": [{"kind": "id_copy"}, {"kind": "work_evidence"}]}
        at = (self.desks.now + timedelta(days=1)).isoformat()
        plan = {"at": at, "address": ADDRESS, "ground": "disabled", "visitors": [self.clerk.person]}
        for who, command, said in ((self.chief, "accept_first", accept), (self.clerk, "schedule_home_visit", plan)):
            done = await self.desks.ask(who, "POST", f"/cases/{case_id}/commands/{command}", said)
            assert done.status_code == 200, done.text
        return case_id


@pytest.fixture
async def office(house: House, chromium: Browser) -> AsyncIterator[Office]:
    async with working(house, chromium) as at_work:
        yield at_work


@asynccontextmanager
async def working(house: House, chromium: Browser) -> AsyncIterator[Office]:
    desks = await Desks.open(house)
    clerk, chief = await desks.signed_in("caseworker"), await desks.signed_in("approver")
    async with served(desks) as address:
        yield Office(desks, clerk, chief, address, chromium)


async def taken(page: Page, folder: Path) -> Path:
    async with page.expect_download() as taking:
        await page.click('form[action$="/visit-kit/file"] .send')
    kit = folder / "kit.html"
    await (await taking.value).save_as(kit)
    return kit


async def filled_in_offline(office: Office, kit: Path, folder: Path) -> Path:
    """On a phone, from its disk, without a network: what is asked and typed in the applicant's kitchen, and the file it gives out."""
    context = await office.browser.new_context(viewport={"width": 390, "height": 800}, offline=True)
    page = await context.new_page()
    person = Person(page, "")
    await page.goto(kit.as_uri())
    await page.check('[name="/beside/read_aloud"]')
    await page.select_option('[name="/application/applicant.residence"]', "rural")
    await page.fill('[name="/application/applicant.language"]', "方言")
    await page.fill('[name="/application/opponents.0.phone"]', "0932-8212345")
    await page.check('[name="/papers/kinds"][value=id_copy]')
    await page.fill('[name="/record_home_visit/held_on"]', office.today)
    await page.fill('[name="/record_home_visit/summary"]', "上门核对身份，\n当面收取身份证复印件。")
    await page.select_option('[name="/record_home_visit/proof"]', "fingerprint")
    await page.fill('[name="/beside/witnesses/0"]', "马某（邻居）")
    await page.reload()
    assert await page.input_value('[name="/application/applicant.language"]') == "方言", "what was typed outlives the window"
    assert await page.is_checked('[name="/papers/kinds"][value=id_copy]')
    await person.shoot("visit-kit-offline-390")
    async with page.expect_download() as giving:
        await page.click("[data-export]")
    answers = folder / "answers.json"
    await (await giving.value).save_as(answers)
    assert person.complaints == []
    await context.close()
    return answers


async def test_a_kit_is_filled_in_offline_and_comes_back_without_a_word_typed_twice(office: Office, tmp_path: Path) -> None:
    case_id = await office.due("赵某兰")
    clerk = await office.enter(office.clerk)
    await clerk.go(f"/cases/{case_id}")
    await clerk.page.click(f'a[href="/cases/{case_id}/visit-kit"]')
    kit = await taken(clerk.page, tmp_path)
    reads = await office.desks.ask(await office.desks.signed_in("auditor"), "GET", f"/access?case={case_id}")
    assert ("export", "上门服务携带使用") in [
        (r["channel"], r["reason"]) for r in reads.json()["items"] if r["type"] == "personal_data_read"
    ]
    answers = await filled_in_offline(office, kit, tmp_path)
    assert json.loads(answers.read_text(encoding="utf-8"))["case_id"] == case_id

    await clerk.page.set_input_files("#answers", answers)
    await clerk.page.click('form[action$="/visit-kit/read"] .send')
    await clerk.page.wait_for_selector('[name="/record_home_visit/summary"]')
    await clerk.shoot("visit-kit-review")
    await clerk.page.click("form.sheet .actions .send")
    await clerk.page.wait_for_selector("p.done")
    photos: Any = [{"name": n, "mimeType": "image/jpeg", "buffer": b"\xff\xd8" + n.encode() * 40_000} for n in ("a.jpg", "b.jpg")]
    await clerk.page.select_option("#what", "signed")
    await clerk.page.set_input_files("#photo", photos)
    await clerk.page.click('form[action$="/photos"] .send')
    await clerk.page.wait_for_url(re.compile(r"added=2"))
    case = await office.case(case_id)
    assert (case["applicant"]["residence"], case["applicant"]["language"]) == ("rural", "方言")
    assert case["opponents"][0]["phone"] == "0932-8212345"
    assert [p["kind"] for p in case["accept_first"]["papers_owed"]] == ["work_evidence"]
    assert case["visits"][0]["held_on"] == office.today
    assert sorted(d["media_type"] for d in case["documents"]) == ["application/json", "image/jpeg", "image/jpeg"]
    assert clerk.complaints == []

    await clerk.page.set_input_files("#answers", answers)
    await clerk.page.click('form[action$="/visit-kit/read"] .send')
    await clerk.page.wait_for_selector("#file-fault")
    heavy: Any = {"name": "heavy.jpg", "mimeType": "image/jpeg", "buffer": b"0" * (20 * 1024 * 1024 + 1)}
    await clerk.page.set_input_files("#photo", [heavy])
    assert "heavy.jpg" in await clerk.page.inner_text("[data-upload-fault]"), "told before it is sent"


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
async def test_the_kit_fits_its_screen_and_its_paper(office: Office, tmp_path: Path, lang: str) -> None:
    case_id = await office.due("上官·𠮷某" + "很长的名字" * 6)
    for width in (1280, 390):
        clerk = await office.enter(office.clerk, lang=lang, width=width)
        await clerk.go(f"/cases/{case_id}/visit-kit")
        await clerk.shoot(f"visit-kit-{lang}-{width}")
        assert await clerk.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert clerk.complaints == []
        if width == 1280:
            await clerk.page.emulate_media(media="print")
            await clerk.page.set_viewport_size({"width": 794, "height": 1123})
            await clerk.shoot(f"visit-kit-print-{lang}")
            continue
        file = await clerk.page.context.new_page()
        await file.goto((await taken(clerk.page, tmp_path)).as_uri())
        await Person(file, "").shoot(f"visit-kit-file-{lang}")
        assert await file.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_an_approver_gives_one_code_and_then_decides(office: Office) -> None:
    chief = await office.enter(office.chief)
    token = next(c["value"] for c in await chief.page.context.cookies() if c.get("name") == "yuanshou_session")
    app, _ = await enrolled(office.desks, Someone(office.chief.person, office.chief.username, token))
    office.desks.later(SITTING)
    case_id = await office.opened("钱某")
    await chief.go(f"/cases/{case_id}/commands/accept_first")
    await chief.unfold()
    await chief.page.select_option('[name="/ground"]', "migrant_worker")
    await chief.page.fill('[name="/detail"]', "写好的说明")
    await chief.page.click("form.sheet .actions .send")
    await chief.page.wait_for_selector("#otp")
    await chief.shoot("code-asked")
    assert await chief.page.input_value('[name="/detail"]') == "写好的说明"
    await chief.page.keyboard.type(app.at(office.desks.now))
    await chief.page.keyboard.press("Enter")
    await chief.page.wait_for_selector("p.done")
    second = await office.opened("孙某")
    await chief.do(second, "accept_first", {"/ground": "migrant_worker"})
    assert (await office.case(second))["accept_first"] is not None
    office.desks.later(SITTING)
    await chief.go("/to-approve")
    await chief.shoot("to-approve-code")
    assert [c for c in chief.complaints if "403" not in c] == [], "the browser notes the refusal that was meant, and nothing else"
