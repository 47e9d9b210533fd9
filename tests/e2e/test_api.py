"""The promises of the HTTP contract, kept by the whole system as `make run` starts it."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from temporalio.client import Client, WorkflowExecutionStatus

from domain.lifecycle import STATES
from tests.e2e.system import System
from tests.poll import until
from tests.scenarios import LAWYER, LAWYERS, SHANGHAI, Scenario, scenarios, walk
from workflows.contract import workflow_id

CENTRE = "C-ADX"
TODAY = datetime.now(SHANGHAI).date()
SCENARIOS = {s.name: s for s in scenarios(TODAY, CENTRE)}


async def run(system: System, scenario: Scenario) -> Mapping[str, Any]:
    """Walk a scenario over HTTP, each step signed in as its role."""
    named = LAWYER

    async def do(role: str, command: str, case_id: str | None, body: dict[str, Any]) -> Mapping[str, Any]:
        nonlocal named
        named = body.get("lawyer", named)
        office = {"lawyer": None, "bureau_officer": "B-ADX"}.get(role, CENTRE)
        login = system.login(role, office, LAWYERS[named] if role == "lawyer" else None)
        answer = await system.command(login, case_id, command, body)
        assert answer.status_code == (200 if case_id else 201), f"{command}: {answer.text}"
        assert answer.headers["ETag"] == f'"{answer.json()["version"]}"'
        return answer.json()

    return await walk(scenario, TODAY, do)


async def history(system: System, case_id: str) -> list[dict[str, Any]]:
    return (await system.get(system.login("auditor"), f"/cases/{case_id}/events", limit=200))["items"]


@pytest.mark.parametrize("name", SCENARIOS)
async def test_by_the_api_alone_the_line_ends_where_the_law_says(system: System, name: str) -> None:
    answer = await run(system, SCENARIOS[name])

    events = await history(system, answer["case_id"])
    assert answer["state"] == SCENARIOS[name].ends
    assert [e["version"] for e in events] == list(range(1, len(events) + 1))
    assert len({e["chain_hash"] for e in events}) == len(events)


async def test_an_archived_case_has_completed_its_workflow(system: System) -> None:
    answer = await run(system, SCENARIOS["archived"])
    running = json.loads((system.home / "run.json").read_text(encoding="utf-8"))
    client = await Client.connect(running["temporal_address"])

    async def completed() -> bool:
        return (await client.get_workflow_handle(workflow_id(answer["case_id"])).describe()).status is WorkflowExecutionStatus.COMPLETED

    await until(completed)


class TestTheWorkedExample:
    async def test_it_has_a_case_in_every_state_and_an_account_for_every_role(self, system: System) -> None:
        states = {case["state"] for case in await system.cases(system.login("auditor"))}

        assert states >= set(STATES)
        assert len({login["role"] for login in system.logins}) == 13

    async def test_every_version_of_every_case_is_the_fold_of_the_events_up_to_it(self, system: System) -> None:
        auditor = system.login("auditor")
        for case in await system.cases(auditor):
            events = await history(system, case["case_id"])
            state = None
            for version in range(1, case["version"] + 1):
                stood = await system.get(auditor, f"/cases/{case['case_id']}", version=version)
                assert stood["version"] == version == events[version - 1]["version"]
                state = stood["state"]
            now = await system.get(auditor, f"/cases/{case['case_id']}")
            assert (state, now["version"]) == (now["state"], len(events))

    async def test_some_limits_are_missed_some_due_soon_and_papers_owed(self, system: System) -> None:
        auditor = system.login("auditor")
        missed = await system.get(auditor, "/deadlines", state="missed", limit=200)
        soon = await system.get(auditor, "/deadlines", due_before=(TODAY + timedelta(days=2)).isoformat(), state="running", limit=200)
        owed = [c for c in await system.cases(auditor) if c["lane"] == "papers_owed"]

        assert len(missed["items"]) >= 2
        assert len(soon["items"]) >= 3
        assert len(owed) >= 3


SUBMIT = {"centre": CENTRE, "channel": "walk_in", "applicant": {"name": "王某"}, "matter": {"summary": "欠薪"}}


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The answer's problem document, checked for its shape."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    said = answer.json()
    assert (said["status"], said["code"]) == (status, code)
    assert said["type"].endswith(code)
    assert said["title"]
    assert said["detail"]
    return said


class TestBadInput:
    async def test_broken_json_is_malformed(self, system: System) -> None:
        login = system.login("receptionist", CENTRE)
        headers = {"Idempotency-Key": "e2e-broken-json", "Content-Type": "application/json"}
        problem(await system.call(login, "POST", "/cases", content=b'{"centre": ', headers=headers), 400, "malformed")

    async def test_a_missing_key_is_asked_for(self, system: System) -> None:
        login = system.login("receptionist", CENTRE)
        problem(await system.call(login, "POST", "/cases", json=SUBMIT), 400, "idempotency_key_required")

    async def test_nobody_signed_in_is_told_so(self, system: System) -> None:
        answer = await system.client.post("/cases", json=SUBMIT, headers={"Idempotency-Key": "e2e-nobody-here"})
        assert answer.status_code == 401

    @pytest.mark.parametrize(
        ("change", "pointer"),
        [
            ({"applicant": {"name": 7}}, "/applicant/name"),
            ({"applicant": {"name": ""}}, "/applicant/name"),
            ({"applicant": {}}, "/applicant/name"),
            ({"applicant": {"name": "王某", "id_kind": "resident_id", "id_number": "110105194912310021"}}, "/applicant/id_number"),
            ({"matter": {"summary": "字" * 10_001}}, "/matter/summary"),
            ({"channel": "carrier_pigeon"}, "/channel"),
            ({"no_such_field": 1}, "/no_such_field"),
            ({"effective_on": (TODAY + timedelta(days=1)).isoformat()}, "/effective_on"),
        ],
    )
    async def test_a_field_fault_is_pointed_at(self, system: System, change: dict[str, Any], pointer: str) -> None:
        answer = await system.command(system.login("receptionist", CENTRE), None, "submit_application", SUBMIT | change)

        assert answer.status_code == 422, answer.text
        assert pointer in [error["pointer"] for error in answer.json()["errors"]]

    @pytest.mark.parametrize("name", ["𠮷田·买买提 艾力", "欧阳", "Ælfgifu O'Neil", "囍" * 200])
    async def test_a_rare_name_comes_back_as_it_was_typed_and_is_found(self, system: System, name: str) -> None:
        login = system.login("receptionist", CENTRE)
        opened = await system.command(login, None, "submit_application", SUBMIT | {"applicant": {"name": name}})
        assert opened.status_code == 201, opened.text
        case_id = opened.json()["case_id"]

        shown = await system.get(login, f"/cases/{case_id}")
        found = await system.get(login, "/cases", q=name[:4], limit=200)

        assert shown["applicant"]["name"] == name
        assert case_id in [item["case_id"] for item in found["items"]]

    async def test_a_megabyte_is_too_large(self, system: System) -> None:
        answer = await system.command(
            system.login("receptionist", CENTRE), None, "submit_application", SUBMIT | {"matter": {"summary": "字" * 400_000}}
        )
        assert answer.status_code == 413

    async def test_an_unknown_command_and_an_unknown_case_are_not_found(self, system: System) -> None:
        login = system.login("caseworker", CENTRE)
        opened = await system.command(system.login("receptionist", CENTRE), None, "submit_application", SUBMIT)
        problem(await system.command(login, opened.json()["case_id"], "do_magic", {}), 404, "unknown_command")
        problem(await system.command(login, "01890000-0000-7000-8000-000000000000", "add_note", {"text": "x"}), 404, "case_not_found")
        problem(await system.command(login, "not-an-id", "add_note", {"text": "x"}), 404, "case_not_found")

    async def test_a_case_of_another_county_does_not_exist_for_this_one(self, system: System) -> None:
        opened = await system.command(system.login("receptionist", CENTRE), None, "submit_application", SUBMIT)
        stranger = system.login("caseworker", "C-YTX")
        problem(await system.command(stranger, opened.json()["case_id"], "add_note", {"text": "x"}), 404, "case_not_found")
        assert (await system.call(stranger, "GET", f"/cases/{opened.json()['case_id']}")).status_code == 404

    async def test_a_command_in_the_wrong_state_says_which_are_allowed(self, system: System) -> None:
        opened = await system.command(system.login("receptionist", CENTRE), None, "submit_application", SUBMIT)
        answer = await system.command(system.login("approver", CENTRE), opened.json()["case_id"], "grant_aid", {"reasons": "x"})
        assert "accept_first" in problem(answer, 409, "wrong_state")["allowed_commands"]

    async def test_a_role_that_may_not_is_forbidden(self, system: System) -> None:
        opened = await system.command(system.login("receptionist", CENTRE), None, "submit_application", SUBMIT)
        answer = await system.command(system.login("caseworker", CENTRE), opened.json()["case_id"], "grant_aid", {"reasons": "x"})
        problem(answer, 403, "role_not_allowed")

    async def test_a_stale_version_is_told_the_present_one(self, system: System) -> None:
        opened = await system.command(system.login("receptionist", CENTRE), None, "submit_application", SUBMIT)
        case_id, worker = opened.json()["case_id"], system.login("caseworker", CENTRE)
        noted = await system.command(worker, case_id, "add_note", {"text": "a"})
        answer = await system.command(worker, case_id, "add_note", {"text": "b"}, If_Match='"1"')
        assert problem(answer, 412, "version_mismatch")["version"] == noted.json()["version"]

    async def test_a_second_click_is_answered_like_the_first(self, system: System) -> None:
        login = system.login("receptionist", CENTRE)
        first = await system.command(login, None, "submit_application", SUBMIT, Idempotency_Key="e2e-second-click")
        second = await system.command(login, None, "submit_application", SUBMIT, Idempotency_Key="e2e-second-click")
        other = await system.command(login, None, "submit_application", SUBMIT | {"channel": "web"}, Idempotency_Key="e2e-second-click")

        assert second.json() == first.json()
        assert "Idempotent-Replay" not in first.headers
        assert second.headers["Idempotent-Replay"] == "true"
        problem(other, 409, "idempotency_conflict")

    async def test_errors_speak_the_callers_language(self, system: System) -> None:
        login = system.login("caseworker", CENTRE)
        path = "/cases/not-an-id"
        chinese = (await system.call(login, "GET", path)).json()
        english = (await system.call(login, "GET", path, headers={"Accept-Language": "en"})).json()

        assert chinese["title"] != english["title"]
        assert english["title"].isascii()
