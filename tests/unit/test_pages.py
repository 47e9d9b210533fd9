"""The pages on a backend in memory that decides by the real rules: what a person sees, and that nothing typed is lost."""

import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import get_args

import httpx
import pytest
from fastapi import FastAPI

import texts
from api import list_reading
from domain.command import Role
from domain.directory import Directory
from ledger import rules
from ops.example.directory import directory_events, people_accounts
from tests.unit.pages_backend import InMemory, Person
from texts.speak import ZONE, Lookup, paper
from web.app import with_pages
from web.case_page import saved_as
from web.in_process import InProcess

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


NOTICE = {
    "/centre": "C-CITY",
    "/organ": "市中级人民法院",
    "/notice_number": "（2026）通知1号",
    "/received_at": "2026-03-02T09:00",
    "/stage": "trial",
    "/persons/0/party/name": "赵某某",
    "/persons/0/role": "accused",
    "/persons/1/party/name": "孙某某",
    "/persons/1/role": "victim",
}


async def test_a_notice_opens_a_case_for_each_person_and_lists_them(browser: httpx.AsyncClient, backend: InMemory) -> None:
    await enter(browser, CLERK)
    assert 'href="/notices/new"' in (await browser.get("/")).text
    typed = await filled(browser, "/notices/new", **NOTICE)
    first, second = [await browser.post("/notices/new", data=typed) for _ in range(2)]
    assert (first.status_code, first.headers["location"]) == (303, second.headers["location"])
    assert sorted(str(c.applicant.name) for c in backend.states.values()) == ["孙某某", "赵某某"]
    page = await browser.get(first.headers["location"])
    assert "it opened 2 cases" in page.text
    assert 'data-sent="new/receive_organ_notice"' in page.text
    assert 'name="/persons/0/party/name"' in (await browser.get("/notices/new")).text
    for case in backend.states.values():
        assert f'href="/cases/{case.case_id}"' in page.text
        assert f'href="/notices/{case.case_id}"' in (await browser.get(f"/cases/{case.case_id}")).text


async def test_the_organ_and_the_lawyers_named_stand_in_the_form_that_tells_the_organ(
    browser: httpx.AsyncClient, backend: InMemory
) -> None:
    body = {
        "centre": "C-CITY",
        "organ": "市中级人民法院",
        "notice_number": "1",
        "received_at": "2026-03-02T09:00:00+08:00",
        "stage": "trial",
    }
    opened = await backend.notice(CLERK, body | {"persons": [{"party": {"name": "赵某"}, "role": "accused"}]}, key="notice-1", lang="en")
    case_id = opened["cases"][0]["case_id"]
    assignment = {"unit": "U-ZHENGHE", "lawyer": "L-WANG-MIN"}
    await backend.command(CHIEF, case_id, "assign_unit", assignment, key="assign-1", if_match=None, lang="en")
    await enter(browser, CLERK)
    case = await browser.get(f"/cases/{case_id}")
    assert re.search(r'class="do first" href="/cases/[^"]*/commands/(\w+)"', case.text)[1] == "notify_organ"  # pyright: ignore[reportOptionalSubscript]
    page = await browser.get(f"/cases/{case_id}/commands/notify_organ")
    assert 'value="市中级人民法院"' in page.text
    assert re.search(r'<option value="L-WANG-MIN" selected>', page.text)


async def test_a_fault_of_a_notice_is_shown_with_all_that_was_typed(browser: httpx.AsyncClient, backend: InMemory) -> None:
    await enter(browser, CLERK)
    twice = NOTICE | {"/persons/1/party/name": "赵某某"}
    answer = await browser.post("/notices/new", data=await filled(browser, "/notices/new", **twice))
    assert (answer.status_code, backend.states) == (422, {})
    assert "A person is named twice" in answer.text
    assert "（2026）通知1号" in answer.text


async def test_only_whoever_may_receive_notices_is_offered_the_way_and_a_case_without_one_has_no_such_page(
    browser: httpx.AsyncClient, backend: InMemory
) -> None:
    case_id = await opened(backend)
    await enter(browser, CHIEF)
    assert 'href="/notices/new"' not in (await browser.get("/")).text
    assert (await browser.get(f"/notices/{case_id}")).status_code == 404


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


async def test_the_pick_of_a_lawyer_is_told_with_the_numbers_it_was_made_from(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await opened(backend)
    accepted = {"ground": "migrant_worker", "papers_owed": [{"kind": "id_copy"}]}
    await backend.command(CHIEF, case_id, "accept_first", accepted, key="accept-1", if_match=None, lang="en")
    given = {"unit": "U-ZHENGHE", "lawyer": "L-WANG-MIN"}
    await backend.command(CHIEF, case_id, "assign_unit", given, key="assign-1", if_match=None, lang="en")
    await enter(browser, CLERK)
    page = await browser.get(f"/cases/{case_id}?tab=assignment")
    assert page.status_code == 200
    assert "cases in hand" in page.text


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
            if kind.states and kind.stream == "case":
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


async def test_a_paper_shown_by_the_browser_finds_the_icon_where_browsers_look(browser: httpx.AsyncClient) -> None:
    asked = await browser.get("/favicon.ico")
    icon = await browser.get(asked.headers["location"])
    assert (icon.status_code, icon.headers["content-type"]) == (200, "image/svg+xml")


async def test_a_message_can_be_marked_as_read(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await opened(backend)
    said = {"case_id": case_id, "kind": "deadline_warned", "limit": "examine_application", "due_on": "2026-12-01"}
    backend.messages = [{"id": "1/person", "at": datetime.now(ZONE).isoformat(), "read": False, **said}]
    await enter(browser, CLERK)
    page = await browser.get("/inbox")
    assert "Examine the application" in page.text
    assert "nothing left to do" not in page.text
    backend.messages[0]["settled"] = True
    assert "nothing left to do" in (await browser.get("/inbox")).text
    await browser.post("/inbox/1%2Fperson/read", data={"csrf": hidden(page, "csrf")})
    assert backend.messages[0]["read"]


async def test_a_clerk_corrects_a_phone_number_by_choosing_it_from_the_record(browser: httpx.AsyncClient, backend: InMemory) -> None:
    answer = await backend.submit(CLERK, {**BODY, "applicant": {**BODY["applicant"], "phone": "13900001234"}}, key="opening", lang="en")
    case_id = str(answer["case_id"])
    await enter(browser, CLERK)
    versions = await browser.get(f"/cases/{case_id}?tab=versions")
    address = f"/cases/{case_id}/commands/correct_record"
    assert f'href="{address}?position=1"' in versions.text
    assert versions.text.count(f'href="{address}?position=') == 1, "a clock's own record is no slip of the pen"

    page = await browser.get(f"{address}?position=1")
    assert '<option value="1" selected>1 · application submitted' in page.text
    assert '<option value="/applicant/phone">Applicant · Phone: 13900001234</option>' in page.text
    chosen = await browser.get(f"{address}?position=1&field=/applicant/phone")
    assert re.search(r'name="/value"[^>]* value="13900001234"', chosen.text), "what it says is there to be mended"
    typed = {"/position": "1", "/field": "/applicant/phone", "/value": "13900009999", "/reason": "misheard"}
    sent = await browser.post(address, data=await filled(browser, f"{address}?position=1", **typed))

    assert sent.status_code == 303, sent.text
    assert backend.states[case_id].applicant.phone == "13900009999"
    again = await browser.get(f"{address}?position=1")
    assert "Applicant · Phone: 13900009999" in again.text, "a corrected record is corrected from what it says now"


async def test_a_correction_asks_for_the_record_first_and_for_the_rest_after(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await opened(backend)
    await enter(browser, CLERK)
    address = f"/cases/{case_id}/commands/correct_record"
    page = await browser.get(address)
    assert 'name="/position"' in page.text
    assert 'name="/field"' not in page.text
    answer = await browser.post(address, data=await filled(browser, address, **{"/position": "1"}))
    assert (answer.status_code, 'name="/field"' in answer.text) == (200, True)
    assert len(backend.histories[case_id]) == len([h for h in backend.histories[case_id] if h.event.type != "record_corrected"])


@pytest.mark.parametrize(
    ("pointer", "typed", "held"),
    [("/matter/claim_fen", "48,600.5", 4860050), ("/recipient_count", "3", 3), ("/matter/cause", "work_injury", "work_injury")],
)
async def test_a_corrected_value_is_read_as_the_one_it_replaces(
    browser: httpx.AsyncClient, backend: InMemory, pointer: str, typed: str, held: object
) -> None:
    body = {**BODY, "matter": {**BODY["matter"], "claim_fen": 100}, "recipient_count": 2, "co_applicants": [{"name": "买某某"}]}
    case_id = str((await backend.submit(CLERK, body, key="opening", lang="en"))["case_id"])
    await enter(browser, CLERK)
    address = f"/cases/{case_id}/commands/correct_record"
    given = {"/position": "1", "/field": pointer, "/value": typed, "/reason": "a slip"}
    sent = await browser.post(address, data=await filled(browser, f"{address}?position=1&field={pointer}", **given))
    assert sent.status_code == 303, sent.text
    corrected = next(h.event for h in reversed(backend.histories[case_id]) if h.event.type == "record_corrected")
    assert corrected.model_dump()["value"] == held


async def test_a_code_is_corrected_by_its_word(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await opened(backend)
    await enter(browser, CLERK)
    page = await browser.get(f"/cases/{case_id}/commands/correct_record?position=1&field=/matter/cause")
    assert 'name="/value"' in page.text
    assert '<option value="work_injury">' in page.text


async def test_what_is_withheld_or_erased_is_not_offered_for_correction(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await opened(backend)
    backend.erased = frozenset({"name"})
    await enter(browser, CLERK)
    page = await browser.get(f"/cases/{case_id}/commands/correct_record?position=1")
    assert 'value="/matter/summary"' in page.text
    assert 'value="/applicant/name"' not in page.text
    backend.withheld = frozenset({"application_submitted"})
    page = await browser.get(f"/cases/{case_id}/commands/correct_record?position=1")
    assert 'name="/field"' not in page.text
    assert "No record of this case can be corrected" in page.text


async def test_who_may_not_correct_is_shown_no_way_to_it(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await opened(backend)
    await enter(browser, CHIEF)
    assert "commands/correct_record" not in (await browser.get(f"/cases/{case_id}?tab=versions")).text


async def attached(browser: httpx.AsyncClient, case_id: str, title: str, media_type: str = "image/jpeg") -> None:
    address = f"/cases/{case_id}/commands/attach_document"
    data = await filled(browser, address, title=title)
    answer = await browser.post(address, data=data, files={"file": ("a", b"content", media_type)})
    assert answer.status_code == 303, answer.text


async def test_a_file_is_saved_from_the_case_under_its_title(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await opened(backend)
    await enter(browser, CLERK)
    await attached(browser, case_id, "工资条·𠮷")
    page = await browser.get(f"/cases/{case_id}?tab=documents")
    link = re.search(rf'href="(/cases/{case_id}/documents/[0-9a-f-]+)"', page.text)
    assert link
    saved = await browser.get(link[1])
    assert (saved.content, saved.headers["content-type"]) == (b"content", "image/jpeg")
    assert saved.headers["content-disposition"].endswith("filename*=UTF-8''%E5%B7%A5%E8%B5%84%E6%9D%A1%C2%B7%F0%A0%AE%B7.jpg")
    assert saved.headers["content-disposition"].startswith("attachment; ")
    assert (saved.headers["x-content-type-options"], saved.headers["cache-control"]) == ("nosniff", "no-store")
    await enter(browser, OVERSEER)
    assert (await browser.get(link[1])).status_code == 404, "the page shows no more than the interface does"


def test_a_title_cannot_break_out_of_the_header_that_names_the_file() -> None:
    said = saved_as('a"; x=\r\n../"é.pdf', "application/pdf")
    assert said == "attachment; filename=\"a_; x=__..___.pdf\"; filename*=UTF-8''a_%3B%20x%3D__..__%C3%A9.pdf"


async def test_service_is_recorded_for_files_and_for_papers_the_centre_issued(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await opened(backend)
    await enter(browser, CLERK)
    address = f"/cases/{case_id}/commands/serve_document"
    assert "First attach a file or issue a paper" in (await browser.get(address)).text
    await attached(browser, case_id, "Payslip")
    await backend.command(CLERK, case_id, "issue_document", {"template": "receipt"}, key="issue", if_match=None, lang="en")
    page = await browser.get(address)
    assert "Payslip</option>" in page.text
    assert re.search(r"<option value=\"[0-9a-f-]{36}\">Receipt for papers · ", page.text)
    assert "First attach a file" not in page.text


async def test_today_says_what_the_interface_says_of_every_case_of_mine(browser: httpx.AsyncClient, backend: InMemory) -> None:
    for n, urgency in enumerate(("later", "waiting", "soon", "due_today", "missed")):
        body = {**BODY, "applicant": {"name": f"case {urgency}"}}
        case_id = str((await backend.submit(CLERK, body, key=f"opening-{n}", lang="en"))["case_id"])
        backend.urgencies[case_id] = urgency
        if urgency == "waiting":
            backend.roles_needed[case_id] = "lawyer"
    await enter(browser, CLERK)
    page = await browser.get("/")
    told = re.findall(r"<h2[^>]*>([A-Z][a-z ]+) <|>(case [a-z_]+)", page.text)
    assert [heading or case for heading, case in told] == [
        "Missed", "case missed", "Due today", "case due_today", "Due soon", "case soon", "Waiting on others", "case waiting",
        "Later", "case later",
    ]  # fmt: skip
    assert "waits for: Lawyer" in page.text


async def test_my_whole_queue_is_asked_for_however_long_it_is() -> None:
    api = FastAPI()

    @api.get("/api/v1/me/queue")
    async def _(cursor: int = 0) -> dict[str, object]:
        return {"items": [{"case_id": str(cursor)}], "next_cursor": str(cursor + 1) if cursor < 4 else None}

    found = await InProcess(api).queue("session")
    assert [row["case_id"] for row in found["items"]] == ["0", "1", "2", "3", "4"]


async def test_the_inbox_leads_to_older_messages_and_counts_the_unread_of_all(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await opened(backend)
    at = datetime.now(ZONE).isoformat()
    backend.messages = [
        {"id": str(n), "at": at, "read": False, "case_id": case_id, "kind": "deadline_warned", "register_number": f"message {n}."}
        for n in range(3)
    ]
    backend.page = 2
    await enter(browser, CLERK)
    page = await browser.get("/inbox")
    assert '<span class="count">3</span>' in page.text
    assert "message 2." not in page.text
    older = re.search(r'href="(/inbox\?cursor=[^"]+)"', page.text)
    assert older
    page = await browser.get(older[1])
    assert "message 2." in page.text
    read = await browser.post(f"/inbox/2/read?{older[1].partition('?')[2]}", data={"csrf": hidden(page, "csrf")})
    assert read.headers["location"] == older[1], "back to the page the message stands on"


async def test_histories_are_read_on_the_pages_by_whom_the_interface_lets(browser: httpx.AsyncClient, backend: InMemory) -> None:
    for who, person in backend.staff.items():
        await enter(browser, who)
        may = person.role in list_reading.ACROSS_ROLES
        assert (await browser.get("/history")).status_code == (200 if may else 403), person.role
        assert ('href="/history"' in (await browser.get("/")).text) is may


async def test_accept_first_is_offered_after_the_intake_to_who_may_and_passed_on_by_who_may_not(
    browser: httpx.AsyncClient, backend: InMemory
) -> None:
    case_id = await opened(backend)
    address = f"/cases/{case_id}?done=submit_application"
    await enter(browser, CHIEF)
    page = await browser.get(address)
    assert "belongs to a group that is accepted first (migrant worker)" in page.text
    assert "Owed then: " in page.text
    await enter(browser, CLERK)
    assert "tell the approver" in (await browser.get(address)).text
    assert "tell the approver" not in (await browser.get(f"/cases/{case_id}")).text


async def test_a_session_that_ended_costs_nothing_that_was_typed(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await opened(backend)
    await enter(browser, CLERK)
    address = f"/cases/{case_id}/commands/add_note"
    data = await filled(browser, address, **{"/text": "写了半天的话"})
    browser.cookies.delete("yuanshou_session")
    door = await browser.post(address, data=data)
    assert door.status_code == 401
    assert "Your session has ended" in door.text
    kept = {name: hidden(door, name) for name in ("/text", "key", "version", "csrf", "next")}
    wrong = await browser.post("/sign-in", data={**kept, "username": CLERK, "password": "wrong"})
    assert 'value="写了半天的话"' in wrong.text, "a mistyped password costs nothing either"
    back = await browser.post("/sign-in", data={**kept, "username": CLERK, "password": "password"})
    assert back.status_code == 307, "the browser sends the same fields on to the form"
    form = await browser.post(back.headers["location"], data=kept)
    assert "写了半天的话" in form.text
    assert "all you typed is here" in form.text
    assert backend.histories[case_id][-1].event.type != "note_added", "nothing is carried out that was not sent from the form"
    sent = await browser.post(address, data={**data, **{name: hidden(form, name) for name in ("csrf", "key", "version")}})
    assert sent.status_code == 303


async def test_what_was_typed_goes_from_the_door_to_forms_only(browser: httpx.AsyncClient) -> None:
    page = await browser.get("/sign-in")
    typed = {"/text": "x", "csrf": hidden(page, "csrf"), "next": "/sign-out", "username": CLERK, "password": "password"}
    assert (await browser.post("/sign-in", data=typed)).status_code == 303


@pytest.mark.parametrize("waiting", [*get_args(Role), "applicant"])
async def test_today_has_a_word_for_whoever_a_case_waits_for(browser: httpx.AsyncClient, backend: InMemory, waiting: str) -> None:
    case_id = await opened(backend)
    backend.urgencies[case_id], backend.roles_needed[case_id] = "waiting", waiting
    await enter(browser, CLERK)
    assert "waits for: " in (await browser.get("/")).text


async def test_a_correction_is_told_in_words(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await opened(backend)
    body = {"position": 1, "field": "/matter/cause", "value": "work_injury", "reason": "misheard"}
    await backend.command(CLERK, case_id, "correct_record", body, key="correct", if_match=None, lang="en")
    await enter(browser, CLERK)
    page = await browser.get(f"/cases/{case_id}")
    assert "Record 1 (application submitted) corrected, Matter · Cause: now &#34;work injury&#34;; misheard." in page.text


async def test_beside_a_large_group_stand_its_first_people_and_the_other_side(browser: httpx.AsyncClient, backend: InMemory) -> None:
    body = {**BODY, "co_applicants": [{"name": f"member {n}"} for n in range(30)]}
    case_id = str((await backend.submit(CLERK, body, key="opening", lang="en"))["case_id"])
    await enter(browser, CLERK)
    page = await browser.get(f"/cases/{case_id}")
    assert [name for name in ("欧阳某某", "member 0", "member 1", "member 2", "某公司") if f'"person"><bdi>{name}</bdi> ' in page.text] == [
        "欧阳某某", "member 0", "member 1", "某公司",
    ]  # fmt: skip
    assert "and 28 more" in page.text
    assert "member 29" in (await browser.get(f"/cases/{case_id}?tab=people")).text


async def test_a_county_is_called_by_its_own_name(browser: httpx.AsyncClient, backend: InMemory) -> None:
    await enter(browser, CLERK)
    page = await browser.get("/intake")
    counties = page.text.split('name="/applicant/county"')[1].split("</select>")[0]
    assert "Long&#39;an City</option>" in counties
    assert "Legal Aid" not in counties


async def test_what_answers_a_pressing_limit_is_offered_first(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await opened(backend)
    first = f'class="do first" href="/cases/{case_id}/commands/'
    await enter(browser, CLERK)
    assert f"{first}recommend_decision" not in (await browser.get(f"/cases/{case_id}")).text
    backend.now = datetime.now(ZONE) - timedelta(days=6)
    late = str((await backend.submit(CLERK, BODY, key="earlier", lang="en"))["case_id"])
    assert f'class="do first" href="/cases/{late}/commands/recommend_decision' in (await browser.get(f"/cases/{late}")).text


def test_a_paper_titled_in_chinese_is_named_by_its_kind_in_english() -> None:
    words = Lookup(texts.catalogue("en"))
    by_kind = words.word("papers.id_copy", otherwise="")
    assert paper("en", {"kind": "id_copy", "title": "身份证复印件", "copies": 26}, words) == f"{by_kind} (×26)"
    assert paper("en", {"kind": "other", "title": "收条"}, words) == "收条"
    assert paper("en", {"kind": "id_copy", "title": "ID of Mr Wang"}, words) == "ID of Mr Wang"


async def test_the_proceedings_tell_preservation_awards_and_what_of_them_came_in(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = str((await backend.submit(CLERK, BODY, key="steps", lang="en"))["case_id"])
    step = {"stage": "arbitration", "body": "市仲裁委", "before_aid": True, "held_on": "2026-01-05"}
    for key, more in (
        ("preserved", {"kind": "preservation_ordered"}),
        ("awarded", {"kind": "award", "amount_fen": 4_860_000, "payment_due_on": "2026-02-01"}),
        ("paid", {"kind": "payment_received", "amount_fen": 860_000}),
    ):
        await backend.command(CLERK, case_id, "record_procedure", {**step, **more}, key=key, if_match=None, lang="en")
    await enter(browser, CLERK)
    page = (await browser.get(f"/cases/{case_id}?tab=proceedings")).text
    assert [said for said in ("48,600.00", "8,600.00", "40,000.00", "preservation ordered", "before the aid") if said not in page] == []
    untouched = str((await backend.submit(CLERK, BODY, key="empty", lang="en"))["case_id"])
    assert "No steps are recorded yet" in (await browser.get(f"/cases/{untouched}?tab=proceedings")).text
