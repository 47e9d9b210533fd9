"""The public page of a case's progress: asked by POST without signing in, told in plain words, nothing left behind."""

import re

import httpx
import pytest

from ledger.status_codes import code_of
from tests.unit.pages_backend import CODES, InMemory
from tests.unit.test_pages import CLERK, backend, browser, enter, hidden, opened

__all__ = ["backend", "browser"]


async def look(browser: httpx.AsyncClient, number: str, code: str, **more: str) -> httpx.Response:
    page = await browser.get("/status")
    return await browser.post("/status", data={"csrf": hidden(page, "csrf"), "number": number, "code": code, **more})


async def known(backend: InMemory) -> tuple[str, str]:
    """Number and code of a case that was just opened."""
    case = backend.states[await opened(backend)]
    return str(case.register_number), code_of(CODES, case.case_id, 0)


async def test_the_door_leads_to_it_and_it_asks_nobody_to_sign_in(browser: httpx.AsyncClient) -> None:
    assert 'href="/status"' in (await browser.get("/sign-in")).text
    page = await browser.get("/status")
    assert (page.status_code, page.headers["cache-control"], page.headers["referrer-policy"]) == (200, "no-store", "no-referrer")
    assert not re.search(r"\sstyle=|\son[a-z]+=|<style|<script>", page.text)


async def test_number_and_code_bring_the_answer_and_stand_in_no_address(browser: httpx.AsyncClient, backend: InMemory) -> None:
    number, code = await known(backend)
    answer = await look(browser, f" {number.replace('〔', '（').replace('〕', '）')} ", code.lower())
    assert (answer.status_code, str(answer.url)) == (200, "http://test/status")
    assert (answer.headers["cache-control"], answer.headers["referrer-policy"]) == ("no-store", "no-referrer")
    assert number in answer.text
    assert "The centre has your application and is examining it" in answer.text
    assert "12348" in answer.text
    assert code not in re.sub(r"<input[^>]*>", "", answer.text)
    assert not re.search(r'(href|action|src)="[^"]*(%E6|318|字)', answer.text)
    case = next(iter(backend.states.values()))
    assert [p.name for p in case.parties if p.name and str(p.name) in answer.text] == []


async def test_it_is_large_unless_somebody_chose_otherwise(browser: httpx.AsyncClient, backend: InMemory) -> None:
    assert 'class="large"' in (await browser.get("/status")).text
    number, code = await known(backend)
    smaller = await look(browser, number, code, type="normal")
    assert 'class="large"' not in smaller.text
    assert number in smaller.text
    assert 'class="large"' not in (await browser.get("/status")).text


async def test_the_language_is_changed_on_the_answer_itself(browser: httpx.AsyncClient, backend: InMemory) -> None:
    number, code = await known(backend)
    answer = await look(browser, number, code, lang="zh-CN")
    assert '<html lang="zh-CN"' in answer.text
    assert "中心已经收到您的申请，正在审查" in answer.text
    assert '<html lang="zh-CN"' in (await browser.get("/status")).text


@pytest.mark.parametrize("wrong", ["code", "number", "both"])
async def test_what_does_not_fit_is_answered_alike_and_the_code_is_not_shown_again(
    browser: httpx.AsyncClient, backend: InMemory, wrong: str
) -> None:
    number, code = await known(backend)
    asked = (number if wrong == "code" else "市援登字〔2026〕第99号", code if wrong == "number" else "AAA-AAA-AAA")
    answer = await look(browser, *asked)
    assert answer.status_code == 404
    assert "The number and the code do not belong together, or this case cannot be looked up here" in answer.text
    assert asked[0] in answer.text
    assert asked[1] not in answer.text


async def test_who_asks_too_often_is_told_when_to_come_again(browser: httpx.AsyncClient, backend: InMemory) -> None:
    backend.most_looks = 0
    answer = await look(browser, *await known(backend))
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "600")
    assert "Please try again in 10 minutes" in answer.text


async def test_an_empty_field_is_told_before_anybody_is_asked(browser: httpx.AsyncClient, backend: InMemory) -> None:
    for number, code in (("", "7KQ"), ("318", " "), ("3" * 200, "7KQ")):
        answer = await look(browser, number, code)
        assert answer.status_code == 422
        assert "Please give both the number and the code" in answer.text
    assert backend.looks == []


async def test_a_page_that_was_open_too_long_asks_to_press_once_more(browser: httpx.AsyncClient, backend: InMemory) -> None:
    number, code = await known(backend)
    answer = await browser.post("/status", data={"csrf": "old", "number": number, "code": code})
    assert answer.status_code == 403
    assert "This page was open for too long" in answer.text
    assert number in answer.text
    assert backend.looks == []


async def test_an_officer_at_the_same_browser_is_answered_as_anybody(browser: httpx.AsyncClient, backend: InMemory) -> None:
    await enter(browser, CLERK)
    number, code = await known(backend)
    answer = await look(browser, number, code)
    assert answer.status_code == 200
    assert "Sign out" not in answer.text
