"""The group grid: everybody in one table, rows chosen for a command, people who join by paste."""

import re
from typing import Any

import httpx
import pytest

from tests.unit.pages_backend import InMemory
from tests.unit.test_pages import BODY, CLERK, backend, browser, enter, filled, hidden
from tests.unit.test_pocket_page import at_work
from tests.unit.test_same_day_page import number, workers

__all__ = ["backend", "browser"]
PEOPLE = [{"name": f"工人{n}", "id_kind": "resident_id", "id_number": number(50 + i), "claim_fen": 100_050} for i, n in enumerate("甲乙丙")]


async def group(office: InMemory, people: list[dict[str, Any]] | None = None) -> str:
    body = {**BODY, "co_applicants": PEOPLE if people is None else people, "representatives": [1]}
    return str((await office.submit(CLERK, body, key="group", lang="en"))["case_id"])


async def test_everybody_stands_in_the_table_with_a_number_that_tells_little(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await group(backend)
    await enter(browser, CLERK)
    page = await browser.get(f"/cases/{case_id}/group")
    assert page.text.count('<input type="checkbox" name="for"') == 4
    assert f"…{number(50)[-4:]}" in page.text
    assert number(50) not in page.text
    assert "4 people" in page.text
    assert "3,001.50 yuan together" in page.text
    assert re.search(r"工人甲 <span[^>]*>representative", page.text)


async def test_the_table_is_counted_and_filtered_by_status(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await group(backend)
    body = {"party_id": 2, "reason": "settled_apart", "detail": "已和解"}
    await backend.command(CLERK, case_id, "release_recipient", body, key="out", if_match=None, lang="en")
    await enter(browser, CLERK)
    page = await browser.get(f"/cases/{case_id}/group")
    assert "undecided 3" in page.text
    assert "released 1" in page.text
    only = await browser.get(f"/cases/{case_id}/group?only=released")
    assert "工人乙" in only.text
    assert "工人甲" not in only.text.split("<tbody>")[1]
    assert 'name="for"' not in only.text, "nothing more is done for who has left"


async def test_rows_chosen_open_the_form_with_them(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await group(backend)
    await enter(browser, CLERK)
    to = await browser.get(f"/cases/{case_id}/group/with?command=waive_hardship_check&for=1&for=3")
    assert to.headers["location"] == f"/cases/{case_id}/commands/waive_hardship_check?from=group&for_recipients=1&for_recipients=3"
    form = await browser.get(to.headers["location"])
    ticked = re.findall(r'name="/for_recipients" value="(\d)" checked', form.text)
    assert ticked == ["1", "3"]
    data = await filled(
        browser, to.headers["location"],
        **{"from": "group", "/ground": "migrant_worker_pay_or_work_injury", "/for_recipients": "1"},
    )  # fmt: skip
    sent = await browser.post(f"/cases/{case_id}/commands/waive_hardship_check", data=data)
    assert sent.headers["location"].startswith(f"/cases/{case_id}/group?done=waive_hardship_check")
    assert [bool(r.waiver) for r in backend.states[case_id].recipients] == [False, True, False, False]


async def test_everybody_listed_is_chosen_without_a_script(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await group(backend)
    await enter(browser, CLERK)
    to = await browser.get(f"/cases/{case_id}/group/with?command=assess_hardship&everyone=true&only=undecided")
    assert to.headers["location"].count("for_recipients=") == 4


@pytest.mark.parametrize(("asked", "words"), [("", "Choose at least one"), ("&for=1&for=2", "one person at a time")])
async def test_a_choice_that_does_not_fit_comes_back_as_it_was(
    browser: httpx.AsyncClient, backend: InMemory, asked: str, words: str
) -> None:
    case_id = await group(backend)
    await enter(browser, CLERK)
    to = await browser.get(f"/cases/{case_id}/group/with?command=release_recipient{asked}")
    page = await browser.get(to.headers["location"])
    assert words in page.text
    assert page.text.count(" checked>") == asked.count("for=")


async def test_one_person_is_released_from_the_table(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await group(backend)
    await enter(browser, CLERK)
    to = await browser.get(f"/cases/{case_id}/group/with?command=release_recipient&for=2")
    page = await browser.get(to.headers["location"])
    assert '<option value="2" selected>工人乙</option>' in page.text


async def test_people_join_by_paste_with_one_save(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await group(backend)
    await enter(browser, CLERK)
    address = f"/cases/{case_id}/group/add"
    data = await filled(browser, address, **{"/visit/paste": workers(9), "/reason": "又有九人"})
    looked = await browser.post(address, data={**data, "add": "paste"})
    assert "Every row can be read" in looked.text
    assert len(backend.states[case_id].recipients) == 4
    answers = [await browser.post(address, data=data) for _ in range(2)]
    sent = f"{case_id}/add_recipients/paste".replace("/", "%2F")
    assert {a.headers["location"] for a in answers} == {f"/cases/{case_id}/group?done=add_recipients&sent={sent}"}
    assert len(backend.states[case_id].recipients) == 13


async def test_who_is_there_already_and_the_opponent_are_told_before_anything_is_sent(
    browser: httpx.AsyncClient, backend: InMemory
) -> None:
    case_id = await group(backend)
    await enter(browser, CLERK)
    address = f"/cases/{case_id}/group/add"
    text = f"姓名\t身份证号\n甲\t{number(50)}\n某公司\t无"
    answer = await browser.post(address, data=await filled(browser, address, **{"/visit/paste": text, "/reason": "x"}))
    assert answer.status_code == 422
    assert "Row 2, column 身份证号: this is 工人甲" in answer.text
    assert "Row 3, column 姓名: this is 某公司, the opponent" in answer.text
    assert len(backend.states[case_id].recipients) == 4


async def test_an_empty_paste_is_told_and_the_reason_kept(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await group(backend)
    await enter(browser, CLERK)
    address = f"/cases/{case_id}/group/add"
    answer = await browser.post(address, data=await filled(browser, address, **{"/reason": "又有几人"}))
    assert (answer.status_code, "又有几人" in answer.text) == (422, True)


async def test_when_a_colleague_was_faster_the_paste_stays_and_can_be_sent(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await group(backend)
    await enter(browser, CLERK)
    address = f"/cases/{case_id}/group/add"
    data = await filled(browser, address, **{"/visit/paste": workers(2), "/reason": "又有两人"})
    await backend.command(CLERK, case_id, "add_note", {"text": "同事的话"}, key="faster", if_match=None, lang="en")
    answer = await browser.post(address, data=data)
    assert answer.status_code == 412
    assert "同事的话" in answer.text
    again = {**data, **{name: hidden(answer, name) for name in ("csrf", "key", "version")}}
    assert (await browser.post(address, data=again)).status_code == 303


async def test_who_may_do_nothing_reads_the_table_without_choices(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await group(backend)
    await enter(browser, "han.lei")
    page = await browser.get(f"/cases/{case_id}/group")
    assert f"/cases/{case_id}/group/add" not in page.text
    assert 'name="for"' not in page.text


async def test_powers_of_attorney_are_offered_once_somebody_is_helped(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await at_work(backend)
    await enter(browser, CLERK)
    page = await browser.get(f"/cases/{case_id}/group")
    link = f"/cases/{case_id}/papers/new?template=power_of_attorney"
    assert f'href="{link}"' in page.text
    assert (await browser.get(link)).status_code == 200
    alone = await group(backend)
    assert "power_of_attorney" not in (await browser.get(f"/cases/{alone}/group")).text
