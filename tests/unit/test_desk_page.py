"""The approver's desk: what waits with what it takes to decide it, carried out or returned from one page."""

from typing import Any

import httpx

from tests.unit.pages_backend import InMemory
from tests.unit.test_pages import CHIEF, CLERK, backend, browser, enter, filled, hidden, opened

__all__ = ["backend", "browser"]
OTHER_CHIEF = "qi.lan"
ACCEPT = {"command": "accept_first", "body": {"ground": "migrant_worker", "papers_owed": [{"kind": "id_copy"}]}}
ASSIGN = {"command": "assign_unit", "body": {"unit": "U-ZHENGHE", "lawyer": "L-WANG-MIN"}}


async def proposed(office: InMemory, *commands: dict[str, Any]) -> str:
    case_id = await opened(office)
    body = {"commands": list(commands or (ACCEPT, ASSIGN)), "reason": "当日办结"}
    await office.command(CLERK, case_id, "propose_commands", body, key=f"propose-{case_id}", if_match=None, lang="en")
    return case_id


def version_of(office: InMemory, case_id: str) -> int:
    return office.states[case_id].proposals[-1].version


async def test_a_proposal_stands_on_the_desk_in_words(browser: httpx.AsyncClient, backend: InMemory) -> None:
    await proposed(backend)
    await enter(browser, CHIEF)
    page = await browser.get("/to-approve")
    for words in ("Accept first", "migrant worker", "copy of identity card", "王敏", "当日办结", "李广明 prepared this"):
        assert words.lower() in page.text.lower(), words


async def test_a_proposal_is_carried_out_whole(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await proposed(backend)
    await enter(browser, CHIEF)
    page = await browser.get("/to-approve")
    data = {name: hidden(page, name) for name in ("csrf", "key", "version")}
    address = f"/to-approve/{case_id}/{version_of(backend, case_id)}/carry-out"
    for _ in range(2):
        answer = await browser.post(address, data=data)
        assert answer.headers["location"] == f"/to-approve?done=carry-out&about={case_id}"
    assert f'href="/same-day/{case_id}"' in (await browser.get(answer.headers["location"])).text, "its papers are printed from there"
    assert backend.states[case_id].state == "lawyer_named"
    assert [h.event.type for h in backend.histories[case_id]].count("accepted_first") == 1


async def test_what_the_rules_refuse_is_told_and_nothing_is_done(browser: httpx.AsyncClient, backend: InMemory) -> None:
    wrong = {"command": "assign_unit", "body": {"unit": "U-ZHENGHE", "lawyer": "L-SUN-LI"}}
    case_id = await proposed(backend, ACCEPT, wrong)
    await enter(browser, CHIEF)
    page = await browser.get("/to-approve")
    data = {name: hidden(page, name) for name in ("csrf", "key", "version")}
    answer = await browser.post(f"/to-approve/{case_id}/{version_of(backend, case_id)}/carry-out", data=data)
    assert answer.status_code == 422
    assert 'class="refused" role="alert"' in answer.text
    assert backend.states[case_id].state == "received"


async def test_a_proposal_is_returned_with_its_reason_and_never_without(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await proposed(backend)
    await enter(browser, CHIEF)
    address = f"/to-approve/{case_id}/{version_of(backend, case_id)}/return"
    data = await filled(browser, "/to-approve")
    assert (await browser.post(address, data={**data, "reason": " "})).status_code == 422
    assert backend.states[case_id].proposals[0].state == "open"
    sent = await browser.post(address, data={**data, "reason": "缺身份证"})
    assert sent.headers["location"] == f"/to-approve?done=return&about={case_id}"
    assert backend.states[case_id].proposals[0].state == "returned"


async def test_a_colleague_who_was_faster_is_told_of_and_the_reason_kept(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await proposed(backend)
    await enter(browser, CHIEF)
    data = await filled(browser, "/to-approve")
    await backend.command(CLERK, case_id, "add_note", {"text": "补充"}, key="faster", if_match=None, lang="en")
    answer = await browser.post(f"/to-approve/{case_id}/{version_of(backend, case_id)}/return", data={**data, "reason": "再核实"})
    assert answer.status_code == 412
    assert "再核实" in answer.text


async def test_an_examined_case_shows_its_check_its_sum_and_the_opinion(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await opened(backend)
    steps: tuple[tuple[str, dict[str, Any]], ...] = (
        ("declare_conflict_check", {"cleared": True, "walled": [{"lawyer": "L-SUN-LI", "why": "曾代理对方"}]}),
        ("waive_hardship_check", {"ground": "migrant_worker_pay_or_work_injury"}),
        ("recommend_decision", {"decision": "grant", "opinion": "符合条件"}),
    )
    for command, body in steps:
        await backend.command(CLERK, case_id, command, body, key=command, if_match=None, lang="en")
    await enter(browser, CHIEF)
    page = await browser.get("/to-approve")
    for words in ("孙立", "曾代理对方", "符合条件", "check waived"):
        assert words in page.text, words
    assert f'/cases/{case_id}/commands/grant_aid?from=desk" data-key="a"' in page.text
    assert f'/cases/{case_id}/commands/return_recommendation?from=desk" data-key="r"' in page.text
    assert f'/cases/{case_id}/commands/refuse_aid?from=desk"' in page.text


async def test_a_form_opened_from_the_desk_comes_back_to_it(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await opened(backend)
    await backend.command(CHIEF, case_id, "accept_first", ACCEPT["body"], key="accept", if_match=None, lang="en")
    await enter(browser, CHIEF)
    address = f"/cases/{case_id}/commands/assign_unit"
    data = await filled(browser, f"{address}?from=desk", **{"from": "desk", "/unit": "U-ZHENGHE"})
    assert (await browser.post(address, data=data)).headers["location"].startswith("/to-approve?done=assign_unit")


async def test_the_two_person_rule_is_told_before_it_refuses(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await proposed(backend)
    backend.staff[CLERK].role = "approver"  # the same person holds both hands today
    await enter(browser, CLERK)
    page = await browser.get("/to-approve")
    assert "you prepared this yourself" in page.text
    data = {name: hidden(page, name) for name in ("csrf", "key", "version")}
    answer = await browser.post(f"/to-approve/{case_id}/{version_of(backend, case_id)}/carry-out", data=data)
    assert answer.status_code == 409
    assert backend.states[case_id].proposals[0].state == "open"


async def test_who_examined_a_case_is_told_that_a_colleague_decides(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await opened(backend)
    steps: tuple[tuple[str, dict[str, Any]], ...] = (
        ("declare_conflict_check", {"cleared": True}),
        ("recommend_decision", {"decision": "refuse", "opinion": "不属于范围"}),
    )
    for command, body in steps:
        await backend.command(CLERK, case_id, command, body, key=command, if_match=None, lang="en")
    backend.staff[CLERK].role = "approver"
    await enter(browser, CLERK)
    page = await browser.get("/to-approve")
    assert "you did the step before (decision recommended)" in page.text
    assert f"/cases/{case_id}/commands/refuse_aid" not in page.text


async def test_the_desk_is_the_approvers_alone(browser: httpx.AsyncClient, backend: InMemory) -> None:
    await enter(browser, CLERK)
    assert (await browser.get("/to-approve")).status_code == 403
    await opened(backend)  # waits for the caseworker
    await enter(browser, CHIEF)
    assert "Nothing waits for your decision" in (await browser.get("/to-approve")).text
