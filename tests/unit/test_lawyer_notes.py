"""Why this lawyer: the explanation of each candidate beside the field that takes one, with a script and without."""

import httpx

from tests.unit.pages_backend import InMemory
from tests.unit.test_pages import CHIEF, CLERK, backend, browser, enter, opened

__all__ = ["backend", "browser"]


async def accepted(office: InMemory) -> str:
    case_id = await opened(office)
    body = {"ground": "migrant_worker", "papers_owed": [{"kind": "id_copy"}]}
    await office.command(CHIEF, case_id, "accept_first", body, key="accept", if_match=None, lang="en")
    return case_id


async def test_the_form_says_what_speaks_for_whoever_is_chosen_and_who_comes_first(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await accepted(backend)
    await enter(browser, CHIEF)
    page = await browser.get(f"/cases/{case_id}/commands/assign_unit?unit=U-ZHENGHE&lawyer=L-WANG-MIN")
    field = page.text.split('id="f-lawyer"')[1].split("</details>")[0]
    chosen = field.split('id="f-lawyer-note"')[1].split("</div>")[0]
    assert "王敏" in chosen
    assert "2 of at most 8" in chosen
    assert field.count("<li>") == 3
    assert 'aria-describedby="f-lawyer-note"' in field.split("<option")[0]


async def test_another_choice_is_explained_as_it_is_made(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await accepted(backend)
    await enter(browser, CHIEF)
    address = f"/cases/{case_id}/candidates/one"
    assert "王敏" in (await browser.get(address, params={"/lawyer": "L-WANG-MIN"})).text
    assert "Not on the panel" in (await browser.get(address, params={"/lawyer": "L-NOBODY"})).text


async def test_a_form_that_takes_no_lawyer_asks_for_no_panel(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await accepted(backend)
    await enter(browser, CLERK)
    assert "candidates/one" not in (await browser.get(f"/cases/{case_id}/commands/add_note")).text
