"""One code a sitting: where it is asked for, that what was typed stays, and that nobody without a second factor is asked."""

import httpx

from tests.unit.pages_backend import CODE, InMemory
from tests.unit.test_desk_page import proposed, version_of
from tests.unit.test_pages import CHIEF, CLERK, backend, browser, enter, filled, hidden, opened

__all__ = ["backend", "browser"]


async def test_the_desk_asks_for_the_code_before_the_first_decision(browser: httpx.AsyncClient, backend: InMemory) -> None:
    backend.second_factor = True
    case_id = await proposed(backend)
    await enter(browser, CHIEF)
    desk = await browser.get("/to-approve")
    assert 'action="/to-approve/sitting"' in desk.text
    data = {"csrf": hidden(desk, "csrf"), "case": case_id}
    wrong = await browser.post("/to-approve/sitting", data={**data, "otp": "000000"})
    assert wrong.status_code == 422
    assert 'id="otp-why" role="alert"' in wrong.text
    right = await browser.post("/to-approve/sitting", data={**data, "otp": CODE})
    assert right.headers["location"] == f"/to-approve?case={case_id}"
    after = await browser.get(right.headers["location"])
    assert "/to-approve/sitting" not in after.text
    assert "no other is asked for" in after.text
    again = await browser.post("/to-approve/sitting", data={**data, "otp": CODE})
    assert again.status_code == 422, "a code is good once"


async def test_carrying_out_without_the_code_does_nothing_and_says_what_to_do(browser: httpx.AsyncClient, backend: InMemory) -> None:
    backend.second_factor = True
    case_id = await proposed(backend)
    await enter(browser, CHIEF)
    page = await browser.get("/to-approve")
    data = {name: hidden(page, name) for name in ("csrf", "key", "version")}
    address = f"/to-approve/{case_id}/{version_of(backend, case_id)}"
    answer = await browser.post(f"{address}/carry-out", data=data)
    assert (answer.status_code, "/to-approve/sitting" in answer.text) == (403, True)
    assert backend.states[case_id].state == "received"
    returned = await browser.post(f"{address}/return", data={**data, "reason": "材料不齐"})
    assert returned.status_code == 303, "to return is no decision"


async def test_a_decisions_form_takes_the_code_along_and_keeps_what_was_typed(browser: httpx.AsyncClient, backend: InMemory) -> None:
    backend.second_factor = True
    case_id = await opened(backend)
    await enter(browser, CHIEF)
    address = f"/cases/{case_id}/commands/accept_first"
    typed = await filled(browser, address, **{"/ground": "migrant_worker", "/papers_owed/0/kind": "id_copy", "/detail": "写好的说明"})
    asked = await browser.post(address, data=typed)
    assert (asked.status_code, 'name="otp"' in asked.text, "写好的说明" in asked.text) == (403, True, True)
    typed["key"] = hidden(asked, "key")
    wrong = await browser.post(address, data={**typed, "otp": "000000"})
    assert (wrong.status_code, 'name="otp"' in wrong.text, "写好的说明" in wrong.text) == (422, True, True)
    done = await browser.post(address, data={**typed, "key": hidden(wrong, "key"), "otp": CODE})
    assert done.status_code == 303
    assert backend.states[case_id].accept_first is not None


async def test_who_has_no_second_factor_and_who_decides_nothing_is_not_asked(browser: httpx.AsyncClient, backend: InMemory) -> None:
    await proposed(backend)
    await enter(browser, CHIEF)
    assert 'name="otp"' not in (await browser.get("/to-approve")).text
    backend.second_factor = True
    case_id = await opened(backend)
    await enter(browser, CLERK)
    address = f"/cases/{case_id}/commands/add_note"
    assert (await browser.post(address, data=await filled(browser, address, **{"/text": "记一笔"}))).status_code == 303
