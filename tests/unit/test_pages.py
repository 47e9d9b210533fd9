"""The pages on a backend in memory that decides by the real rules: what a person sees, and that nothing typed is lost."""

import re
from collections.abc import AsyncIterator
from datetime import datetime

import httpx
import pytest
from fastapi import FastAPI

from domain.directory import Directory
from ledger import rules
from ops.example.directory import directory_events, people_accounts
from tests.unit.pages_backend import InMemory, Person
from texts.speak import ZONE
from web.app import with_pages

CLERK, CHIEF, OVERSEER = "li.guangming", "chen.weidong", "gao.yuan"
BODY = {
    "centre": "C-CITY",
    "channel": "walk_in",
    "applicant": {"name": "欧阳某某", "categories": ["migrant_worker"]},
    "opponents": [{"name": "某公司"}],
    "matter": {"kind": "civil", "cause": "wages", "summary": "<b>拖欠工资</b>"},
}


@pytest.fixture
def backend() -> InMemory:
    directory = Directory.fold(directory_events())
    staff: dict[str, Person] = {}
    for account in people_accounts():
        person = directory.person(account.person)
        assert person is not None
        staff[account.username] = Person(person.code, person.name, account.role, account.office, person.lawyer, person.unit)
    return InMemory(directory, staff, datetime.now(ZONE))


@pytest.fixture
async def browser(backend: InMemory) -> AsyncIterator[httpx.AsyncClient]:
    app = with_pages(FastAPI(), backend, rules.current().policy)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test", headers={"Accept-Language": "en"}) as client:
        yield client


async def enter(browser: httpx.AsyncClient, who: str) -> None:
    browser.cookies.delete("yuanshou_session")
    page = await browser.get("/sign-in")
    answer = await browser.post("/sign-in", data={"username": who, "password": "password", "csrf": hidden(page, "csrf"), "next": "/"})
    assert answer.status_code == 303


def hidden(page: httpx.Response, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found, page.text
    return found.group(1)


async def opened(backend: InMemory) -> str:
    answer = await backend.submit(CLERK, BODY, key="opening", lang="en")
    return str(answer["case_id"])


async def filled(browser: httpx.AsyncClient, address: str, **typed: str) -> dict[str, str]:
    """The hidden fields of a form as it was opened, and what is typed into it."""
    page = await browser.get(address)
    names = [name for name in ("csrf", "key", "version") if f'name="{name}"' in page.text]
    return {**{name: hidden(page, name) for name in names}, **typed}


async def test_who_is_not_signed_in_is_led_to_the_door_and_back(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/cases")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=%2Fcases")


async def test_a_wrong_password_is_told_and_opens_no_session(browser: httpx.AsyncClient) -> None:
    page = await browser.get("/sign-in")
    answer = await browser.post("/sign-in", data={"username": CLERK, "password": "wrong", "csrf": hidden(page, "csrf")})
    assert answer.status_code == 401
    assert "The user name or password is wrong" in answer.text
    assert "yuanshou_session" not in browser.cookies


async def test_nobody_is_sent_to_another_site_by_the_door(browser: httpx.AsyncClient) -> None:
    page = await browser.get("/sign-in?next=//elsewhere.example")
    data = {"username": CLERK, "password": "password", "csrf": hidden(page, "csrf"), "next": "//elsewhere.example"}
    assert (await browser.post("/sign-in", data=data)).headers["location"] == "/"


async def test_the_session_is_a_cookie_no_script_reads_and_no_other_site_sends(browser: httpx.AsyncClient) -> None:
    page = await browser.get("/sign-in")
    answer = await browser.post("/sign-in", data={"username": CLERK, "password": "password", "csrf": hidden(page, "csrf")})
    cookie = next(c for c in answer.headers.get_list("set-cookie") if c.startswith("yuanshou_session"))
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie


async def test_no_page_allows_inline_scripts_or_styles(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await opened(backend)
    await enter(browser, CLERK)
    for address in ("/", "/cases", "/intake", "/inbox", f"/cases/{case_id}", f"/cases/{case_id}/commands/grant_aid"):
        page = await browser.get(address)
        assert page.status_code == 200
        assert "unsafe-inline" not in page.headers["content-security-policy"]
        assert not re.search(r"\sstyle=|\son[a-z]+=|<style|<script>", page.text)


async def test_what_people_typed_never_becomes_markup(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await opened(backend)
    await enter(browser, CLERK)
    page = await browser.get(f"/cases/{case_id}")
    assert "&lt;b&gt;拖欠工资&lt;/b&gt;" in page.text


async def test_a_form_without_its_token_does_nothing_and_keeps_what_was_typed(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await opened(backend)
    await enter(browser, CLERK)
    answer = await browser.post(f"/cases/{case_id}/commands/add_note", data={"csrf": "forged", "/text": "记一笔"})
    assert answer.status_code == 403
    assert "记一笔" in answer.text
    assert backend.histories[case_id][-1].event.type != "note_added"


async def test_the_intake_opens_a_case_and_shows_it(browser: httpx.AsyncClient, backend: InMemory) -> None:
    await enter(browser, CLERK)
    typed = {
        "/centre": "C-CITY",
        "/channel": "walk_in",
        "/applicant/name": "买某某",
        "/matter/summary": "工资",
        "/papers/0/kind": "id_copy",
    }
    answer = await browser.post("/intake", data=await filled(browser, "/intake", **typed))
    assert answer.status_code == 303
    page = await browser.get(answer.headers["location"])
    assert "买某某 applied for legal aid" in page.text
    assert [c.applicant.name for c in backend.states.values()] == ["买某某"]


async def test_a_second_click_does_nothing_twice(browser: httpx.AsyncClient, backend: InMemory) -> None:
    await enter(browser, CLERK)
    data = await filled(browser, "/intake", **{"/centre": "C-CITY", "/channel": "walk_in", "/applicant/name": "买某某"})
    first, second = [await browser.post("/intake", data=data) for _ in range(2)]
    assert first.headers["location"] == second.headers["location"]
    assert len(backend.states) == 1


async def test_a_fault_stands_at_its_field_with_everything_else_as_typed(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await opened(backend)
    await enter(browser, CLERK)
    address = f"/cases/{case_id}/commands/require_supplement"
    answer = await browser.post(address, data=await filled(browser, address, **{"/papers/3/kind": "id_copy", "/papers/3/copies": "many"}))
    assert answer.status_code == 422
    assert 'id="f-papers-0-copies-fault"' in answer.text
    assert 'value="many"' in answer.text


async def test_a_refusal_says_what_to_do_and_keeps_what_was_typed(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await opened(backend)
    await enter(browser, CLERK)
    address = f"/cases/{case_id}/commands/recommend_decision"
    data = await filled(browser, address, **{"/decision": "grant", "/opinion": "符合条件"})
    answer = await browser.post(address, data=data)
    assert answer.status_code == 409
    assert "The conflict check is missing" in answer.text
    assert "符合条件" in answer.text
    assert hidden(answer, "key") != data["key"]


async def test_when_a_colleague_was_faster_the_form_says_what_changed_and_keeps_mine(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await opened(backend)
    await enter(browser, CLERK)
    address = f"/cases/{case_id}/commands/add_note"
    data = await filled(browser, address, **{"/text": "我的话"})
    await backend.command(CHIEF, case_id, "add_note", {"text": "同事的话"}, key="faster", if_match=None, lang="en")
    answer = await browser.post(address, data=data)
    assert answer.status_code == 412
    assert "同事的话" in answer.text
    assert "我的话" in answer.text
    again = {**data, **{name: hidden(answer, name) for name in ("csrf", "key", "version")}}
    assert (await browser.post(address, data=again)).status_code == 303


async def test_when_an_engine_is_away_the_same_key_is_sent_again(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await opened(backend)
    await enter(browser, CLERK)
    address = f"/cases/{case_id}/commands/add_note"
    data = await filled(browser, address, **{"/text": "我的话"})
    backend.down = True
    answer = await browser.post(address, data=data)
    assert (answer.status_code, hidden(answer, "key")) == (503, data["key"])
    assert "我的话" in answer.text


async def test_a_row_can_be_added_without_a_script(browser: httpx.AsyncClient, backend: InMemory) -> None:
    await enter(browser, CLERK)
    data = await filled(browser, "/intake", **{"/applicant/name": "买某某", "add": "/co_applicants"})
    answer = await browser.post("/intake", data=data)
    shown = re.sub(r"<template>.*?</template>", "", answer.text, flags=re.DOTALL)
    assert 'name="/co_applicants/0/name"' in shown
    assert 'value="买某某"' in shown
    assert not backend.states


async def test_the_case_page_names_what_can_be_done_and_what_runs(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await opened(backend)
    await enter(browser, CHIEF)
    page = await browser.get(f"/cases/{case_id}")
    assert 'class="do first" href="/cases/' + case_id + '/commands/accept_first"' in page.text
    assert "Examine the application" in page.text


async def test_a_limit_whose_last_day_is_a_day_off_says_that_it_rolled_on(browser: httpx.AsyncClient, backend: InMemory) -> None:
    backend.now = datetime(2026, 3, 1, 10, tzinfo=ZONE)  # a Sunday: seven days on is a Sunday again
    case_id = await opened(backend)
    await enter(browser, CLERK)
    page = await browser.get(f"/cases/{case_id}")
    assert "7 days from the day after 1 Mar, due 9 Mar" in page.text
    assert "the last day was a day off, so the next working day counts" in page.text


async def test_an_earlier_version_is_shown_as_it_stood_with_nothing_to_do(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await opened(backend)
    await backend.command(CLERK, case_id, "declare_conflict_check", {"cleared": True}, key="check", if_match=None, lang="en")
    await enter(browser, CLERK)
    page = await browser.get(f"/cases/{case_id}?version=1")
    assert "As it stood after record 1" in page.text
    assert "Conflict check: none found" not in page.text
    assert "/commands/" not in page.text


async def test_a_record_that_is_not_for_the_visitor_is_named_and_not_told(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await opened(backend)
    backend.withheld = frozenset({"application_submitted", "hardship_assessed"})
    await enter(browser, CLERK)
    page = await browser.get(f"/cases/{case_id}")
    assert "application submitted (the rest is not for you to see)" in page.text
    assert (await browser.get(f"/cases/{case_id}?tab=hardship")).status_code == 200


async def test_accept_first_is_offered_with_its_ground_and_papers(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await opened(backend)
    await enter(browser, CHIEF)
    page = await browser.get(f"/cases/{case_id}/commands/accept_first")
    assert '<option value="migrant_worker" selected>' in page.text
    assert page.text.count('<option value="work_evidence" selected>') == 1


async def test_only_readers_of_history_may_read_across_cases(browser: httpx.AsyncClient, backend: InMemory) -> None:
    await opened(backend)
    await enter(browser, CLERK)
    assert (await browser.get("/history")).status_code == 403
    await enter(browser, OVERSEER)
    page = await browser.get("/history?type=application_submitted")
    assert page.status_code == 200
    assert "欧阳某某 applied for legal aid" in page.text
    assert "Clock started" not in page.text.split("<tbody>")[1]


async def test_every_command_has_a_form_in_both_languages(browser: httpx.AsyncClient, backend: InMemory) -> None:
    from domain.command import COMMANDS  # noqa: PLC0415 -- after the stages have filled it

    case_id = await opened(backend)
    await enter(browser, CLERK)
    for lang in ("en", "zh-CN"):
        await browser.get(f"/language/{lang}")
        for name, kind in COMMANDS.items():
            if name != "submit_application" and "system" not in kind.roles:
                page = await browser.get(f"/cases/{case_id}/commands/{name}")
                assert page.status_code == 200, name
                assert f'lang="{lang}"' in page.text


async def test_an_unknown_page_and_a_case_out_of_sight_read_alike(browser: httpx.AsyncClient) -> None:
    await enter(browser, CLERK)
    for address in ("/nowhere", "/cases/01890000-0000-7000-8000-000000000000", "/cases/x/commands/nothing", "/language/fr"):
        page = await browser.get(address)
        assert page.status_code == 404
        assert "Not found" in page.text


async def test_the_interface_and_the_probes_are_not_shadowed_by_the_pages(browser: httpx.AsyncClient) -> None:
    for address in ("/api/v1/nowhere", "/healthz", "/readyz", "/metrics"):
        assert (await browser.get(address)).headers["content-type"] == "application/json"


async def test_a_message_can_be_marked_as_read(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await opened(backend)
    said = {"case_id": case_id, "kind": "deadline_warned", "limit": "examine_application", "due_on": "2026-12-01"}
    backend.messages = [{"id": "1/person", "at": datetime.now(ZONE).isoformat(), "read": False, **said}]
    await enter(browser, CLERK)
    page = await browser.get("/inbox")
    assert "Examine the application" in page.text
    await browser.post("/inbox/1%2Fperson/read", data={"csrf": hidden(page, "csrf")})
    assert backend.messages[0]["read"]
