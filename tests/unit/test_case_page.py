"""The page of one case: sentences, limits at its head, care, and what a case is like that is larger than usual."""

# ruff: noqa: F811 -- the fixtures of the pages' tests

import html
import json
import re
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.unit.pages_backend import InMemory
from tests.unit.test_pages import BODY, CHIEF, CLERK, backend, browser, enter, hidden, opened  # noqa: F401
from texts.speak import say_date, say_short_date
from web.case_page import SHOWN_CLOCKS, SHOWN_RECORDS

OWED = [{"kind": "id_copy"}, {"kind": "work_evidence"}]


async def accepted(backend: InMemory, case_id: str) -> None:
    body = {"ground": "migrant_worker", "papers_owed": OWED}
    await backend.command(CHIEF, case_id, "accept_first", body, key=f"accept {case_id}", if_match=None, lang="en")


async def shown(browser: httpx.AsyncClient, case_id: str, query: str = "", lang: str = "en") -> str:
    browser.cookies.set("yuanshou_lang", lang)
    answer = await browser.get(f"/cases/{case_id}{query}")
    assert answer.status_code == 200, answer.text
    return html.unescape(answer.text)


@pytest.mark.parametrize(
    ("lang", "sentence"),
    [
        ("en", "欧阳某某's application was accepted first; owed by {by}: copy of identity card, evidence of work. Ground: migrant worker"),
        ("zh-CN", "欧阳某某的申请先行受理；{by}前补齐：身份证复印件、"),
    ],
)
async def test_the_timeline_tells_the_great_turns_of_the_applicant(
    browser: httpx.AsyncClient, backend: InMemory, lang: str, sentence: str
) -> None:
    case_id = await opened(backend)
    await accepted(backend, case_id)
    await enter(browser, CLERK)
    lane = backend.states[case_id].accept_first
    assert lane is not None
    say = say_short_date if lane.due_on.year == lane.accepted_on.year else say_date
    assert sentence.format(by=say(lang, lane.due_on)) in await shown(browser, case_id, lang=lang)


async def test_of_whom_the_visitor_may_not_know_nothing_is_told(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await opened(backend)
    await accepted(backend, case_id)
    backend.withheld = frozenset({"accepted_first"})
    await enter(browser, CLERK)
    page = await shown(browser, case_id)
    assert "application was accepted first" not in page
    assert "the rest is not for you to see" in page


async def test_two_limits_stand_at_the_head_with_the_moment_they_run_to_and_why_that_day(
    browser: httpx.AsyncClient, backend: InMemory
) -> None:
    backend.now -= timedelta(days=2)
    case_id = await opened(backend)
    await accepted(backend, case_id)
    await enter(browser, CHIEF)
    page = await shown(browser, case_id)
    head = page[page.index('id="clocks"') : page.index('id="stages"')]
    assert len(re.findall(r'class="clock ', head.split("more-clocks")[0])) == SHOWN_CLOCKS
    assert "Assign a unit" in head.split("</div>")[0]  # what the approver can answer comes before what is owed to the clerk
    assert re.search(r'data-due="\d{4}-\d\d-\d\dT23:59:59\+08:00"', head)
    assert '<details class="why-date"' in head
    assert f'href="/cases/{case_id}/deadlines"' in head
    words = json.loads(html.unescape(re.search(r'data-words="([^"]*)"', (await browser.get(f"/cases/{case_id}")).text).group(1)))  # pyright: ignore[reportOptionalMemberAccess]
    assert words["days_left"] == "{n} days left"
    assert words["close"] == "{h} h {m} min"


async def test_a_case_of_danger_at_home_says_so_only_where_it_is_asked(browser: httpx.AsyncClient, backend: InMemory) -> None:
    applicant = {
        "name": "王某", "categories": ["domestic_violence_victim"], "birth_date": "2015-03-01",
        "safe_contact": {"phone": "13911112222", "never": "home"},
    }  # fmt: skip
    answer = await backend.submit(CLERK, {**BODY, "applicant": applicant}, key="care", lang="en")
    await enter(browser, CLERK)
    page = await shown(browser, str(answer["case_id"]))
    mark = page[page.index('<details class="care') :].split("</details>")[0]
    assert " open" not in mark.split(">")[0]
    assert "Handle with care" in mark
    assert "Only by 13911112222" in mark
    assert "Never: home" in mark
    assert "A minor is among those helped" in mark
    assert '<span class="tag">victim of domestic violence' not in page


async def test_text_from_right_to_left_stands_apart(browser: httpx.AsyncClient, backend: InMemory) -> None:
    body = {**BODY, "applicant": {"name": "محمد"}, "opponents": [{"name": "شركة"}]}
    case_id = str((await backend.submit(CLERK, body, key="rtl", lang="en"))["case_id"])
    await backend.command(CLERK, case_id, "add_note", {"text": "مرحبا"}, key="note", if_match=None, lang="en")
    await enter(browser, CLERK)
    page = await shown(browser, case_id)
    assert "\u2068محمد\u2069 v. \u2068شركة\u2069" in page
    assert "\u2068محمد\u2069 applied for legal aid" in page
    assert "<p>\u2068مرحبا\u2069</p>" in page
    assert "<bdi>محمد</bdi>" in page


async def test_a_long_history_shows_its_newest_records_and_the_others_on_demand(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await opened(backend)
    for n in range(SHOWN_RECORDS + 10):
        await backend.command(CLERK, case_id, "add_note", {"text": f"note {n}."}, key=f"n{n}", if_match=None, lang="en")
    await enter(browser, CLERK)
    page = await shown(browser, case_id)
    older = len(backend.histories[case_id]) - SHOWN_RECORDS
    assert f"Show older records ({older})" in page
    assert "note 0." not in page
    assert f"note {SHOWN_RECORDS + 9}." in page
    assert "note 0." in await shown(browser, case_id, "?all=1")


async def test_three_hundred_people_with_long_names(browser: httpx.AsyncClient, backend: InMemory) -> None:
    name = "欧阳" * 100
    body: dict[str, Any] = {**BODY, "applicant": {"name": name}, "co_applicants": [{"name": f"{name}{n}"[-200:]} for n in range(299)]}
    case_id = str((await backend.submit(CLERK, body, key="many", lang="en"))["case_id"])
    await enter(browser, CLERK)
    page = await shown(browser, case_id)
    assert f"{name} and others applied for legal aid" in page
    assert "and 297 more" in page
    assert (await shown(browser, case_id, "?tab=people")).count("<bdi>") > 300


async def test_only_the_page_of_now_is_renewed(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await opened(backend)
    await backend.command(CLERK, case_id, "add_note", {"text": "later"}, key="note", if_match=None, lang="en")
    await enter(browser, CLERK)
    page = await shown(browser, case_id)
    assert f'data-renewed-at="{backend.states[case_id].version}"' in page
    assert 'data-latest="later' in page
    past = await shown(browser, case_id, "?version=1")
    assert "data-renewed-at" not in past
    assert "case_live.js" not in past


async def test_an_open_form_is_told_under_the_visitors_session_and_the_pages_own_token(
    browser: httpx.AsyncClient, backend: InMemory
) -> None:
    case_id = await opened(backend)
    await enter(browser, CLERK)
    form = await browser.get(f"/cases/{case_id}/commands/add_note")
    assert 'data-command="add_note"' in form.text
    told = {"csrf": hidden(form, "csrf"), "command": "add_note", "window": "w1"}
    assert (await browser.post(f"/cases/{case_id}/editing", data=told | {"csrf": "伪造"})).status_code == 403
    assert backend.open_forms == {}
    assert (await browser.post(f"/cases/{case_id}/editing", data=told)).status_code == 204
    assert list(backend.open_forms.values()) == [(backend.staff[CLERK].code, case_id, "add_note")]
    browser.cookies.delete("yuanshou_session")
    assert (await browser.post(f"/cases/{case_id}/editing", data=told)).status_code == 401


async def test_the_key_of_drafts_is_each_persons_own_and_nobodys_without_a_session(browser: httpx.AsyncClient) -> None:
    assert (await browser.get("/draft-key")).status_code == 401
    keys: list[str] = []
    for who in (CLERK, CHIEF, CLERK):
        await enter(browser, who)
        answer = await browser.get("/draft-key")
        assert answer.headers["cache-control"] == "no-store"
        keys.append(answer.json()["key"])
    assert keys[0] == keys[2] != keys[1]
