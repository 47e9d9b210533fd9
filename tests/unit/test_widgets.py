"""Widgets of the one renderer: papers are ticked, amounts are shown in groups and stored in fen."""

import re

import httpx

from tests.unit.pages_backend import InMemory
from tests.unit.test_pages import CHIEF, CLERK, backend, browser, enter, filled, opened

__all__ = ["backend", "browser"]


async def test_papers_are_ticked_beside_the_rows_that_stand_there(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await opened(backend)
    await enter(browser, CHIEF)
    address = f"/cases/{case_id}/commands/accept_first"
    page = await browser.get(address)
    listed = page.text.split('class="checklist"')[1].split("</details>")[0]
    assert 'value="id_copy"' not in listed, "it stands there as a row"
    box = re.search(r'name="(/papers_owed/\d+/kind)" value="police_record"', listed)
    assert box, listed
    ticked = {"/ground": "migrant_worker", "/papers_owed/0/kind": "id_copy", box[1]: "police_record"}
    sent = await browser.post(address, data=await filled(browser, address, **ticked))
    assert sent.status_code == 303, sent.text
    lane = backend.states[case_id].accept_first
    assert lane is not None
    assert [p.kind for p in lane.papers_owed] == ["id_copy", "police_record"]


async def test_an_amount_comes_back_in_groups_and_is_stored_in_fen(browser: httpx.AsyncClient, backend: InMemory) -> None:
    await enter(browser, CLERK)
    typed = {
        "/centre": "C-CITY",
        "/channel": "walk_in",
        "/applicant/name": "买某",
        "/matter/summary": "工资",
        "/matter/claim_fen": "1234567.5",
    }
    sent = await browser.post("/intake", data=await filled(browser, "/intake", **typed))
    case_id = sent.headers["location"].split("/cases/")[1].split("?")[0]
    matter = backend.states[case_id].matter
    assert matter is not None
    assert matter.claim_fen == 123456750
    corrected = await browser.get(f"/cases/{case_id}/commands/correct_record?position=1")
    form = await browser.post(
        f"/cases/{case_id}/commands/correct_record",
        data={
            "csrf": re.findall(r'name="csrf" value="([^"]*)"', corrected.text)[0],
            "/position": "1",
            "/field": "/matter/claim_fen",
            "follow": "field",
        },
    )
    assert 'value="1,234,567.50"' in form.text
