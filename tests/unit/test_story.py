"""A chain of cases on the case's page, the way to continue it, and what was prepared for the approver."""

import httpx

from tests.unit.pages_backend import InMemory
from tests.unit.test_desk_page import proposed
from tests.unit.test_pages import CHIEF, CLERK, backend, browser, enter, filled, opened
from tests.unit.test_pocket_page import at_work

__all__ = ["backend", "browser"]


async def test_a_case_goes_on_in_another_and_both_tell_the_story(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await at_work(backend)
    await enter(browser, CLERK)
    assert f"/cases/{case_id}/commands/continue_case" in (await browser.get(f"/cases/{case_id}")).text
    address = f"/cases/{case_id}/commands/continue_case"
    data = await filled(browser, address, **{"/relation": "next_instance", "/stage": "first_instance", "/lawyer_wish": "same"})
    answers = [await browser.post(address, data=data) for _ in range(2)]
    (followed,) = {a.headers["location"].split("?")[0] for a in answers}
    assert followed != f"/cases/{case_id}"
    page = await browser.get(answers[0].headers["location"])
    assert f'href="/cases/{case_id}"' in page.text.split('class="story"')[1]
    before = await browser.get(f"/cases/{case_id}")
    assert f'href="{followed}"' in before.text.split('class="story"')[1]
    assert len(backend.states) == 2


async def test_a_case_that_stands_alone_tells_no_story(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await opened(backend)
    await enter(browser, CLERK)
    assert 'class="story"' not in (await browser.get(f"/cases/{case_id}")).text


async def test_what_waits_on_the_desk_is_told_on_the_case_and_taken_back_by_who_made_it(
    browser: httpx.AsyncClient, backend: InMemory
) -> None:
    case_id = await proposed(backend)
    await enter(browser, CHIEF)
    page = await browser.get(f"/cases/{case_id}")
    assert f'href="/to-approve?case={case_id}"' in page.text
    assert "/commands/accept_proposal" not in page.text, "nobody accepts a proposal without carrying it out"
    await enter(browser, CLERK)
    version = backend.states[case_id].proposals[0].version
    address = f"/cases/{case_id}/commands/return_proposal?proposal={version}"
    assert address in (await browser.get(f"/cases/{case_id}")).text
    assert f'value="{version}"' in (await browser.get(address)).text
