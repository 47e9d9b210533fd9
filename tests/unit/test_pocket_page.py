"""The lawyer's pocket: the next hearing and the remedy large, the three buttons for one case, short forms that come back."""

from datetime import timedelta
from typing import Any

import httpx

from tests.unit.pages_backend import InMemory
from tests.unit.test_pages import CHIEF, CLERK, backend, browser, enter, filled, opened

__all__ = ["backend", "browser"]
LAWYER = "wang.min"


async def at_work(office: InMemory) -> str:
    """A case in the hands of the lawyer, engaged, by the rules' own way."""
    case_id = await opened(office)
    steps: tuple[tuple[str, str, dict[str, Any]], ...] = (
        (CHIEF, "accept_first", {"ground": "migrant_worker", "papers_owed": [{"kind": "id_copy"}]}),
        (CHIEF, "assign_unit", {"unit": "U-ZHENGHE", "lawyer": "L-WANG-MIN"}),
        (LAWYER, "sign_engagement", {"signed_on": office.now.date().isoformat()}),
    )
    for who, command, body in steps:
        await office.command(who, case_id, command, body, key=command, if_match=None, lang="en")
    return case_id


async def test_the_next_hearing_and_the_remedy_stand_large(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await at_work(backend)
    at = backend.now + timedelta(days=9)
    body = {"forum": "劳动仲裁院", "at": at.isoformat(), "place": "二庭"}
    await backend.command(LAWYER, case_id, "schedule_hearing", body, key="hearing", if_match=None, lang="en")
    award = {"kind": "award", "stage": "arbitration", "body": "劳动仲裁院"} | dict.fromkeys(
        ("held_on", "received_on"), backend.now.date().isoformat()
    )
    await backend.command(LAWYER, case_id, "record_procedure", award, key="award", if_match=None, lang="en")
    await enter(browser, LAWYER)
    page = await browser.get("/pocket")
    hearing, remedy = page.text.split('class="huge')[1:3]
    assert f"{at:%H:%M}" in hearing
    assert "劳动仲裁院 · 二庭" in hearing
    due = next(c.due_on for c in backend.states[case_id].clocks if c.limit == "next_remedy")
    assert f"{due.day} {due:%B}" in remedy


async def test_the_buttons_open_short_forms_that_come_back(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await at_work(backend)
    await enter(browser, LAWYER)
    page = await browser.get("/pocket")
    address = f"/cases/{case_id}/commands/record_meeting?from=pocket&amp;kind=client_meeting"
    assert f'href="{address}"' in page.text
    form = await browser.get(address.replace("&amp;", "&"))
    assert '<option value="client_meeting" selected>' in form.text
    refused = await filled(browser, address.replace("&amp;", "&"), **{"from": "pocket", "/held_on": backend.now.date().isoformat()})
    again = await browser.post(f"/cases/{case_id}/commands/record_meeting", data=refused)
    assert again.status_code == 422
    assert 'name="from" value="pocket"' in again.text, "a fault does not forget where the form came from"
    sent = await browser.post(f"/cases/{case_id}/commands/record_meeting", data={**refused, "/summary": "谈话"})
    assert sent.headers["location"].startswith("/pocket?done=record_meeting")
    assert backend.states[case_id].representation.meetings == 1


async def test_a_paper_is_photographed_with_its_title_at_hand(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await at_work(backend)
    await enter(browser, LAWYER)
    address = f"/cases/{case_id}/commands/attach_document"
    page = await browser.get(f"{address}?from=pocket")
    assert 'capture="environment"' in page.text
    assert 'value="Photo of a paper, ' in page.text
    data = await filled(browser, f"{address}?from=pocket", **{"from": "pocket", "title": "工资条"})
    none = await browser.post(address, data=data, files={"other": ("a", b"", "image/jpeg")})
    assert (none.status_code, 'value="工资条"' in none.text) == (422, True), "the title typed is kept"
    sent = await browser.post(address, data=data, files={"file": ("a.jpg", b"photo", "image/jpeg")})
    assert sent.headers["location"].startswith("/pocket?done=attach_document")


async def test_the_pocket_is_the_lawyers_alone(browser: httpx.AsyncClient, backend: InMemory) -> None:
    await enter(browser, CLERK)
    assert (await browser.get("/pocket")).status_code == 403
    assert 'href="/pocket"' not in (await browser.get("/")).text


async def test_a_step_that_the_state_does_not_allow_is_no_link(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await opened(backend)
    await enter(browser, LAWYER)
    page = await browser.get("/pocket")
    assert f"/cases/{case_id}/commands/record_meeting" not in page.text
    assert "not possible now" in page.text


async def test_a_hearing_that_was_held_is_not_the_next_one(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await at_work(backend)
    for place, days in (("一庭", 2), ("二庭", 5)):
        body = {"forum": "仲裁院", "at": (backend.now + timedelta(days=days)).isoformat(), "place": place}
        await backend.command(LAWYER, case_id, "schedule_hearing", body, key=place, if_match=None, lang="en")
    held = {"held_on": backend.now.date().isoformat(), "result": "提前开庭"}
    await backend.command(LAWYER, case_id, "record_hearing", held, key="held", if_match=None, lang="en")
    await enter(browser, LAWYER)
    page = await browser.get("/pocket")
    assert "仲裁院 · 二庭" in page.text
    assert "仲裁院 · 一庭" not in page.text


async def test_a_case_that_has_ended_is_no_longer_in_hand(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await opened(backend)
    await backend.command(CLERK, case_id, "withdraw_application", {"reason": "自行解决"}, key="out", if_match=None, lang="en")
    await enter(browser, LAWYER)
    assert "You have no case in hand" in (await browser.get("/pocket")).text
