"""Consultations, duty requests and duty logs over HTTP, against the real ledger and the real workflow."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from domain.command import Role
from ledger.store import WORKER
from tests.integration.test_api_reads import Api, api

__all__ = ["api"]

VILLAGE, DUTY_OFFICE = "V-ADX-LIUJIAWAN", "DL-ADX-CUSTODY"


def asked(**changes: Any) -> dict[str, Any]:
    return {
        "office": VILLAGE, "channel": "outlet", "received_at": (datetime.now(UTC) - timedelta(minutes=5)).isoformat(),
        "person": {"name": "司马玉珍", "phone": "13911112222", "id_number": "11010519491231002X", "id_kind": "resident_id",
                   "birth_date": "1949-12-31", "categories": ["migrant_worker"]},
        "opponents": [{"name": "某劳务公司"}], "question": "工地拖欠八个月工资，怎么办？", "cause": "wages",
    } | changes  # fmt: skip


async def send(api: Api, role: Role, path: str, body: dict[str, Any], at: str | None = None, *, key: str | None = None) -> httpx.Response:
    return await api.ask(role, "POST", path, at, json=body, headers={"Idempotency-Key": key or f"inq-{uuid4()}"})


async def registered(api: Api, **changes: Any) -> dict[str, Any]:
    answer = await send(api, "liaison", "/consultations", asked(**changes), VILLAGE)
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"/api/v1/consultations/{answer.json()['consultation_id']}"
    return answer.json()


async def command(  # noqa: PLR0917 -- who does what with which, where
    api: Api, role: Role, of: dict[str, Any], name: str, body: dict[str, Any], at: str | None = None
) -> httpx.Response:
    path = f"/consultations/{of['consultation_id']}" if "consultation_id" in of else f"/duty-requests/{of['duty_request_id']}"
    return await send(api, role, f"{path}/commands/{name}", body, at)


async def test_a_consultation_is_registered_read_found_and_kept_from_another_county(api: Api) -> None:
    made = await registered(api)
    path = f"/consultations/{made['consultation_id']}"
    shown = await api.get("liaison", path, VILLAGE)
    assert (shown["person"]["name"], shown["question"], shown["owner"]) == ("司马玉珍", "工地拖欠八个月工资，怎么办？", "P-SHI-LAIFU")
    assert [e["type"] for e in shown["events"]] == ["consultation_registered"]
    for words in (made["number"], "simayuzhen", "2222"):
        found = await api.get("caseworker", "/consultations", q=words)
        assert made["consultation_id"] in [row["consultation_id"] for row in found["items"]], words
    assert (await api.get("liaison", f"{path}/allowed-commands", VILLAGE))["items"]
    other = next(o.code for o in api.house.directory.offices() if o.code == "C-YTX")
    assert (await api.ask("caseworker", "GET", path, other)).status_code == 404
    assert made["consultation_id"] not in [r["consultation_id"] for r in (await api.get("caseworker", "/consultations", other))["items"]]


async def test_nothing_personal_stands_in_the_ledger_in_the_clear(api: Api) -> None:
    made = await registered(api, person=None, question="匿名询问：邻居𠮷某打人怎么办")
    async with api.house.owner.transaction(WORKER) as conn:
        rows = await (
            await conn.execute("SELECT body FROM events WHERE stream = %s", (f"consultation/{made['consultation_id']}",))
        ).fetchall()
    assert rows
    assert not any("𠮷某" in bytes(row["body"]).decode() for row in rows)
    shown = await api.get("liaison", f"/consultations/{made['consultation_id']}", VILLAGE)
    assert (shown["person"], shown["question"]) == (None, "匿名询问：邻居𠮷某打人怎么办")


async def test_a_repeat_gets_the_same_answer_and_another_body_a_conflict(api: Api) -> None:
    key, body = f"inq-{uuid4()}", asked()
    first, again = [await send(api, "liaison", "/consultations", body, VILLAGE, key=key) for _ in range(2)]
    assert (again.status_code, again.json(), again.headers["idempotent-replay"]) == (201, first.json(), "true")
    other = await send(api, "liaison", "/consultations", body | {"people": 3}, VILLAGE, key=key)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")


async def test_two_colleagues_handing_over_at_once_hand_it_over_once(api: Api) -> None:
    made = await registered(api)
    supervisor, liaison = await asyncio.gather(
        command(api, "supervisor", made, "hand_over_inquiry", {"to": "P-LU-PING", "reason": "请陆平接手"}),
        command(api, "liaison", made, "hand_over_inquiry", {"to": "P-JIA-FENGQIN", "reason": "请贾凤琴接手"}, VILLAGE),
    )
    assert sorted([supervisor.status_code, liaison.status_code]) == [200, 409]
    assert next(a for a in (supervisor, liaison) if a.is_error).json()["code"] == "hand_over_open"


async def test_a_hand_over_across_counties_is_seen_and_accepted_by_the_person_named(api: Api) -> None:
    made = await registered(api)
    path = f"/consultations/{made['consultation_id']}"
    assert (await api.ask("caseworker", "GET", path, "C-YTX")).status_code == 404
    handed = await command(api, "liaison", made, "hand_over_inquiry", {"to": "P-CUI-HAIBO", "reason": "用人单位在云台县"}, VILLAGE)
    assert handed.status_code == 200, handed.text
    mine = await api.get("caseworker", "/consultations", "C-YTX", handed_to_me=True)
    assert [row["consultation_id"] for row in mine["items"]] == [made["consultation_id"]]
    accepted = await command(api, "caseworker", made, "accept_hand_over", {}, "C-YTX")
    assert accepted.status_code == 200, accepted.text
    assert (await api.get("caseworker", path, "C-YTX"))["owner"] == "P-CUI-HAIBO"
    assert (await api.get("liaison", path, VILLAGE))["outlet"] == VILLAGE


async def test_a_consultation_becomes_a_case_with_nothing_typed_twice_and_only_once(api: Api) -> None:
    made = await registered(api)
    body = {"centre": "C-ADX", "applicant": {"residence": "rural"}, "matter": {"kind": "civil", "stage": "arbitration"}}
    answer = await command(api, "liaison", made, "convert_to_application", body, VILLAGE)
    assert answer.status_code == 200, answer.text
    case_id = answer.json()["case"]["case_id"]
    case = await api.get("caseworker", f"/cases/{case_id}")
    assert (case["consultation_id"], case["state"], case["outlet"], case["channel"]) == (
        made["consultation_id"], "received", VILLAGE, "outlet",
    )  # fmt: skip
    person = case["applicant"]
    assert (person["name"], person["phone"], person["id_number"], person["birth_date"], person["residence"]) == (
        "司马玉珍", "13911112222", "11010519491231002X", "1949-12-31", "rural",
    )  # fmt: skip
    assert case["opponents"][0]["name"] == "某劳务公司"
    assert case["matter"] == {"kind": "civil", "cause": "wages", "stage": "arbitration", "summary": "工地拖欠八个月工资，怎么办？"}
    found = await api.get("caseworker", "/cases", q="13911112222")
    assert case_id in [row["case_id"] for row in found["items"]]

    again = await command(api, "liaison", made, "convert_to_application", body, VILLAGE)
    assert (again.status_code, again.json()["code"], again.json()["case_id"]) == (409, "already_converted", case_id)
    consultation = await api.get("liaison", f"/consultations/{made['consultation_id']}", VILLAGE)
    assert (consultation["state"], consultation["case_id"]) == ("converted", case_id)


async def test_two_conversions_at_once_open_one_case(api: Api) -> None:
    made = await registered(api)
    answers = await asyncio.gather(
        command(api, "liaison", made, "convert_to_application", {"centre": "C-ADX"}, VILLAGE),
        command(api, "caseworker", made, "convert_to_application", {"centre": "C-ADX"}),
    )
    assert sorted(a.status_code for a in answers) == [200, 409]


@pytest.mark.parametrize(
    ("body", "pointer"), [({"centre": "C-ADX"}, "/applicant/name"), ({"centre": "C-ADX", "applicant": {}}, "/applicant/name")]
)
async def test_an_anonymous_inquiry_needs_a_name_to_become_a_case(api: Api, body: dict[str, Any], pointer: str) -> None:
    made = await registered(api, person=None)
    refused = await command(api, "liaison", made, "convert_to_application", body, VILLAGE)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)
    named = await command(api, "liaison", made, "convert_to_application", {"centre": "C-ADX", "applicant": {"name": "钱某"}}, VILLAGE)
    case = await api.get("caseworker", f"/cases/{named.json()['case']['case_id']}")
    assert (case["applicant"]["name"], case["matter"]["summary"]) == ("钱某", "工地拖欠八个月工资，怎么办？")


async def test_a_letter_has_its_time_and_its_rungs_ring(api: Api) -> None:
    made = await registered(api, channel="letter")
    assert [c["limit"] for c in made["clocks"]] == ["answer_letter"]
    rows = (await api.get("liaison", "/consultations", VILLAGE, channel="letter", sort="due_at"))["items"]
    assert next(row for row in rows if row["consultation_id"] == made["consultation_id"])["due_limit"] == "answer_letter"
    done = await command(api, "liaison", made, "give_advice", {"advice": "答复如下", "answered_letter": True}, VILLAGE)
    assert done.json()["clocks"][0]["state"] == "met"


async def test_a_duty_request_is_logged_forwarded_and_taken_up_by_the_centre(api: Api) -> None:
    shifts = f"/duty-offices/{DUTY_OFFICE}/shifts"
    begun = await send(api, "duty_lawyer", shifts, {"opened_at": (datetime.now(UTC) - timedelta(hours=1)).isoformat()}, DUTY_OFFICE)
    assert begun.status_code == 201, begun.text
    moment = (datetime.now(UTC) - timedelta(minutes=30)).isoformat()
    body = {"office": DUTY_OFFICE, "person": {"name": "赵强"}, "in_custody": True, "received_at": moment, "request": "申请法律援助辩护"}
    made = (await send(api, "duty_lawyer", "/duty-requests", body, DUTY_OFFICE)).json()
    assert [c["limit"] for c in made["clocks"]] == ["forward_from_custody"]
    log = await api.get("duty_lawyer", f"/duty-offices/{DUTY_OFFICE}/log", DUTY_OFFICE)
    assert [r["duty_request_id"] for r in log["shifts"][-1]["requests"]] == [made["duty_request_id"]]

    now = {"centre": "C-ADX", "forwarded_at": datetime.now(UTC).isoformat()}
    forwarded = await command(api, "duty_lawyer", made, "forward_request", now, DUTY_OFFICE)
    assert (forwarded.status_code, forwarded.json()["state"]) == (200, "forwarded")
    criminal = {"matter": {"kind": "criminal", "cause": "criminal_defence", "stage": "investigation"}}
    taken = await command(api, "receptionist", made, "take_up_request", criminal)
    assert taken.status_code == 200, taken.text
    case = await api.get("caseworker", f"/cases/{taken.json()['case']['case_id']}")
    assert (case["duty_request_id"], case["applicant"]["name"], case["channel"]) == (made["duty_request_id"], "赵强", "duty_office")

    key = f"inq-{uuid4()}"
    close = f"{shifts}/{begun.json()['shift_id']}/close"
    ended, again = [await send(api, "duty_lawyer", close, {"remark": "无未办事项"}, DUTY_OFFICE, key=key) for _ in range(2)]
    assert (ended.status_code, again.json(), again.headers["idempotent-replay"]) == (200, ended.json(), "true")
    twice = await send(api, "duty_lawyer", close, {}, DUTY_OFFICE)
    assert (twice.status_code, twice.json()["code"]) == (409, "shift_closed")
    assert (await send(api, "caseworker", shifts, {})).json()["code"] == "not_on_duty_roster"


async def test_of_two_shifts_begun_at_once_by_one_person_one_stands(api: Api) -> None:
    shifts = "/duty-offices/DL-YTX-COURT/shifts"
    answers = await asyncio.gather(*(send(api, "duty_lawyer", shifts, {}, "DL-YTX-COURT") for _ in range(2)))
    assert sorted(a.status_code for a in answers) == [201, 409]
    assert (await api.ask("duty_lawyer", "GET", "/duty-offices/DL-YTX-COURT/log", DUTY_OFFICE)).status_code == 404


async def test_a_command_of_another_stream_and_an_id_of_another_kind_are_not_there(api: Api) -> None:
    made = await registered(api)
    assert (await command(api, "caseworker", made, "add_note", {"text": "备注"})).json()["code"] == "unknown_command"
    assert (await command(api, "caseworker", made, "register_consultation", asked())).json()["code"] == "unknown_command"
    as_case = await send(api, "caseworker", f"/cases/{made['consultation_id']}/commands/add_note", {"text": "备注"})
    assert (as_case.status_code, as_case.json()["code"]) == (404, "case_not_found")
    assert (await api.ask("caseworker", "GET", f"/duty-requests/{made['consultation_id']}")).json()["code"] == "duty_request_not_found"
    assert (await api.ask("caseworker", "GET", "/consultations/none")).json()["code"] == "consultation_not_found"
