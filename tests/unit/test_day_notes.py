"""What a date means, said beside its field: days off in words, and the limit that starts on it with its due date."""

import html
from datetime import date

import httpx
import pytest

from ledger import rules
from tests.unit.pages_backend import InMemory
from tests.unit.test_pages import CLERK, backend, browser, enter, filled, opened
from texts.speak import say_date

__all__ = ["backend", "browser"]


async def note(browser: httpx.AsyncClient, command: str, field: str, on: str) -> str:
    asked = {f"/{field}": on, "command": command, "field": field, "office": "C-CITY"}
    return html.unescape((await browser.get("/dates", params=asked)).text)


@pytest.mark.parametrize(
    ("on", "words"),
    [("2026-10-01", "is a public holiday"), ("2026-09-12", "is a weekend"), ("2026-09-20", "worked in exchange"), ("2026-09-15", "")],
)
async def test_a_day_off_is_told_in_words(on: str, words: str, browser: httpx.AsyncClient) -> None:
    await enter(browser, CLERK)
    said = await note(browser, "record_meeting", "held_on", on)
    assert words in said
    assert bool(said.strip()) == bool(words)


async def test_what_the_date_starts_is_told_with_its_due_date(browser: httpx.AsyncClient) -> None:
    await enter(browser, CLERK)
    said = await note(browser, "submit_application", "received_by_centre_on", "2026-09-15")
    due = rules.current().due("examine_application", date(2026, 9, 15)).due_on
    assert say_date("en", due) in said
    assert "Examine the application" in said
    assert "Examine the application" not in await note(browser, "submit_application", "effective_on", "2026-09-15")


async def test_a_half_typed_date_and_a_strange_command_are_no_fault(browser: httpx.AsyncClient) -> None:
    await enter(browser, CLERK)
    assert (await note(browser, "record_meeting", "held_on", "2026-0")).strip() == ""
    assert (await browser.get("/dates", params={"command": "nothing"})).status_code == 404


async def test_without_a_script_the_form_says_it_after_a_fault(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await opened(backend)
    await enter(browser, CLERK)
    address = f"/cases/{case_id}/commands/record_home_visit"
    again = await browser.post(address, data=await filled(browser, address, **{"/held_on": "2026-10-01"}))
    assert again.status_code == 422
    field = again.text.split('id="f-held_on"')[1].split("</small>")[0]
    assert "is a public holiday" in field
    assert 'aria-describedby="f-held_on-note"' in field
    assert 'hx-get="/dates"' in field
