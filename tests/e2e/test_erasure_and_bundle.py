"""A person erased by two people, and a case taken out for a court, in a real browser and both languages."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import Browser

from activities.shred import Shredder
from ledger.shredlist import ShredList
from tests.e2e.browser import Person
from tests.e2e.test_proof_badge import enter, opened
from tests.e2e.test_why_late import chromium
from tests.house import House
from tests.integration.erasing import erasing
from tests.integration.test_court import verified
from tests.integration.test_persons import surname
from tests.periods import over
from tests.sealed import seal
from tests.serving import served

__all__ = ["chromium"]

LANGUAGES = [("zh-CN", 1280), ("en", 390)]


@pytest.mark.parametrize(("lang", "width"), LANGUAGES)
async def test_two_people_erase_a_person_whom_no_hold_keeps(house: House, chromium: Browser, tmp_path: Path, lang: str, width: int) -> None:
    chinese = lang == "zh-CN"
    name = surname() + "某某"
    async with erasing(house, tmp_path) as at:
        case_id, subject = await at.ended(applicant={"name": name, "phone": "13755550002", "categories": ["migrant_worker"]})
    desks = await opened(house)
    desks.services = replace(desks.services, rules=over)
    asking, deciding = await desks.someone("approver", office=house.centre), await desks.someone("supervisor")
    holding, lifting = await desks.signed_in("supervisor"), await desks.signed_in("supervisor")
    here = f"/persons/{subject}"

    async def ruled(who: object, command: str) -> None:
        answer = await desks.ask(who, "POST", f"/cases/{case_id}/commands/{command}", {"reason": "审计调取"})  # pyright: ignore[reportArgumentType]
        assert answer.status_code == 200, answer.text

    await ruled(holding, "place_hold")
    async with served(desks) as address:
        one, two = await enter(chromium, address, asking, lang, width), await enter(chromium, address, deciding, lang, width)
        await one.go(here)
        await _shown_well(one, f"person-held-{lang}-{width}")
        assert ("保全" if chinese else "hold") in (await one.page.inner_text("main")).lower()
        await _asked(one, here)
        refused = await one.page.inner_text("section.refused")
        assert refused
        assert "{" not in refused
        assert "0" not in refused, "nothing is said of files elsewhere where there are none"
        await _shown_well(one, f"person-hold-refuses-{lang}-{width}")

        await ruled(lifting, "lift_hold")
        await one.go(here)
        await _asked(one, here)
        await one.page.wait_for_selector("p.done")
        assert await one.page.locator(f'form[action="{here}/approve"]').count() == 0, "not offered to who asked"
        await _shown_well(one, f"person-asked-{lang}-{width}")

        await two.go("/persons/erasures")
        await _shown_well(two, f"erasures-{lang}-{width}")
        await two.page.click(f'a[href="{here}"]')
        await _shown_well(two, f"person-to-decide-{lang}-{width}")
        await two.page.click(f'form[action="{here}/approve"] .send')
        await two.page.wait_for_selector("p.done")
        await Shredder(house.database, over, ShredList(tmp_path / "shredded")).carry_out()

        gone = "已依法删除" if chinese else "erased under the law"
        for path in (here, f"/cases/{case_id}", f"/cases/{case_id}?tab=people"):
            await two.go(path)
            text = await two.page.inner_text("main")
            assert gone in text, path
            assert name not in text, path
            await _shown_well(two, f"erased-{path.rpartition('/')[2].partition('?')[2] or path.split('/')[1]}-{lang}-{width}")
        assert [c for c in (*one.complaints, *two.complaints) if "409" not in c] == []


async def _asked(person: Person, here: str) -> None:
    """The request to erase, sent by its form."""
    form = f'form[action="{here}/request"]'
    await person.page.select_option(f"{form} [name=ground]", "retention_over")
    await person.page.fill(f"{form} [name=reason]", "保管期限届满")
    await person.page.click(f"{form} .send")
    await person.page.locator("p.done, section.refused").first.wait_for()


async def _shown_well(person: Person, name: str) -> None:
    await person.shoot(name)
    assert await person.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    assert "{" not in await person.page.inner_text("main"), name


@pytest.mark.parametrize(("lang", "width"), LANGUAGES)
async def test_an_auditor_takes_a_case_out_for_a_court_that_verifies_it(
    house: House, chromium: Browser, tmp_path: Path, lang: str, width: int
) -> None:
    case_id = await house.accepted()
    await seal(house)
    desks = await opened(house)
    who, page = await desks.someone("auditor"), f"/cases/{case_id}/court-bundle"
    async with served(desks) as address:
        person = await enter(chromium, address, who, lang, width)
        await person.go(f"/cases/{case_id}")
        await person.page.locator(f'a[href="{page}"]').first.click()
        await person.page.wait_for_url(f"{address}{page}")
        await _shown_well(person, f"bundle-{lang}-{width}")
        await person.page.fill("[name=reason]", "某某人民法院来函调取（2026）第1号")
        async with person.page.expect_download() as begun:
            await person.page.click("form[data-bundle] .send")
        file = await (await begun.value).path()
        await person.page.wait_for_selector("[data-made]:not([hidden])")
        told = await person.page.inner_text("[data-made] code")
        await _shown_well(person, f"bundle-made-{lang}-{width}")
        assert person.complaints == []
    raw = await asyncio.to_thread(file.read_bytes)
    status, said = verified(raw, tmp_path, "--key", str(house.settings.keys / "checkpoint.vkeys"), "--manifest", told)
    assert (status, said["findings"]) == (0, [])

    async with served(desks) as address:
        clerk = await enter(chromium, address, await desks.someone("caseworker", office=house.centre), lang, width)
        await clerk.go(f"/cases/{case_id}")
        assert await clerk.page.locator(f'a[href="{page}"]').count() == 0
