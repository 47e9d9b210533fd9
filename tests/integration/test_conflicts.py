"""Conflicts of interest on the real ledger: who stands on the other side elsewhere, told by number, name or link."""

from typing import Any

import pytest

from api.problem import Problem
from domain.command import Role
from domain.matching import excluded
from ledger.store import WORKER
from readmodels import cases
from tests.house import House
from tests.integration.test_api_reads import Api, elsewhere
from tests.integration.test_api_reads import api as api  # noqa: PLC0414 -- the fixture
from tests.integration.test_inquiries import registered
from tests.integration.test_persons import key, number, subject_of, surname
from tests.scenarios import LAWYER


async def case_of(house: House, applicant: dict[str, Any], opponent: dict[str, Any], at: str | None = None) -> str:
    matter = {"kind": "civil", "cause": "wages", "summary": "拖欠工资"}
    body = {"channel": "walk_in", "applicant": applicant, "opponents": [opponent], "matter": matter}
    who = house.who("receptionist", at) if at else "receptionist"
    return (await house.do(who, "submit_application", centre=at or house.centre, **body)).body["case_id"]


async def hits(api: Api, case_id: str, role: Role = "caseworker") -> list[dict[str, Any]]:
    return (await api.get(role, f"/cases/{case_id}/conflicts"))["hits"]


def told(found: list[dict[str, Any]]) -> set[tuple[str, str, str, str]]:
    return {(hit["case_id"], hit["why"], hit["severity"], hit["matched_by"]) for hit in found}


async def test_sides_exchanged_by_number_bar_at_any_centre_of_the_city(api: Api) -> None:
    worker, boss = {"name": surname() + "工", "id_number": number(21)}, {"name": surname() + "主", "id_number": number(22)}
    there = await case_of(api.house, boss, worker, elsewhere(api.house))
    here = await case_of(api.house, worker, boss)
    assert told(found := await hits(api, here)) == {
        (there, "client_is_opponent_there", "bars", "number"), (there, "opponent_is_client_there", "bars", "number"),
    }  # fmt: skip
    assert {hit["centre"] for hit in found} == {elsewhere(api.house)}
    assert not {"name", "id_number", "phone"} & set(found[0])


async def test_the_check_is_recorded_with_what_it_found_and_cleared_with_a_reason_only(api: Api) -> None:
    worker, boss = {"name": surname() + "工", "id_number": number(23)}, {"name": surname() + "主", "id_number": number(24)}
    there = await case_of(api.house, boss, {"name": "无关某"})
    here = await case_of(api.house, worker, boss)
    with pytest.raises(Problem) as refused:
        await api.house.do("caseworker", "declare_conflict_check", here, cleared=True)
    assert refused.value.code == "override_reason_required"
    answer = await api.house.do("caseworker", "declare_conflict_check", here, cleared=True, override_reason="案由不同，已告知双方")
    (event,) = [event["data"] for event in answer.body["events"] if event["type"] == "conflict_checked"]
    assert told(event["findings"]["hits"]) == {(there, "opponent_is_client_there", "bars", "number")}
    assert event["findings"]["people_searched"] > 3


async def test_whoever_acts_for_the_opponent_there_may_not_act_here(api: Api) -> None:
    house = api.house
    worker, boss = {"name": surname() + "工", "id_number": number(25)}, {"name": surname() + "主", "id_number": number(26)}
    there = await case_of(house, boss | {"categories": ["migrant_worker"]}, worker)
    await house.do("approver", "accept_first", there, ground="migrant_worker", papers_owed=[{"kind": "id_copy"}])
    lawyer = house.directory.lawyer(LAWYER)
    assert lawyer is not None
    await house.do("approver", "assign_unit", there, unit=lawyer.unit, lawyer=lawyer.code)
    here = await case_of(house, worker | {"categories": ["migrant_worker"]}, boss)
    await house.do("caseworker", "declare_conflict_check", here, cleared=True, override_reason="双方事项不同")
    async with house.database.transaction(WORKER) as conn:
        case = await cases.current(conn, here)
    assert case is not None
    assert excluded(case) == {lawyer.code, lawyer.unit}
    await house.do("approver", "accept_first", here, ground="migrant_worker", papers_owed=[{"kind": "id_copy"}])
    with pytest.raises(Problem) as refused:
        await house.do("approver", "assign_unit", here, unit=lawyer.unit, lawyer=lawyer.code)
    assert refused.value.code == "conflict"


async def test_people_named_in_the_same_bundle_are_looked_up(api: Api) -> None:
    boss = {"name": surname() + "主", "id_number": number(27)}
    there = await case_of(api.house, boss, {"name": "无关某"})
    opening = {
        "centre": api.house.centre, "channel": "walk_in", "applicant": {"name": surname() + "工"}, "opponents": [boss],
        "matter": {"kind": "civil", "cause": "wages", "summary": "拖欠工资"},
    }  # fmt: skip
    check = {"cleared": False, "walled": []}
    commands = [{"command": "submit_application", "body": opening}, {"command": "declare_conflict_check", "body": check}]
    answer = await api.house.do("caseworker", "bundle", commands=commands)
    (event,) = [event["data"] for event in answer.body["events"] if event["type"] == "conflict_checked"]
    assert told(event["findings"]["hits"]) == {(there, "opponent_is_client_there", "bars", "number")}


@pytest.mark.parametrize(
    ("theirs", "ours", "matched_by"),
    [("名", "名", "name"), ("張", "张", "look_alike"), ("侯", "候", "look_alike"), ("㐂", "喜", "look_alike"), ("敏", "民", None)],
)
async def test_a_name_warns_and_what_only_sounds_alike_does_not(api: Api, theirs: str, ours: str, matched_by: str | None) -> None:
    family = surname()
    there = await case_of(api.house, {"name": family + theirs, "id_number": number(28)}, {"name": "无关某"})
    here = await case_of(api.house, {"name": surname() + "工"}, {"name": family + ours})
    expected = {(there, "opponent_is_client_there", "warns", matched_by)} if matched_by else set()
    assert told(await hits(api, here)) == expected


async def test_two_numbers_tell_two_people_apart(api: Api) -> None:
    name = surname() + "异"
    await case_of(api.house, {"name": name, "id_number": number(31)}, {"name": "无关某"})
    here = await case_of(api.house, {"name": surname() + "工"}, {"name": name, "id_number": number(32)})
    assert await hits(api, here) == []


async def test_linked_entries_count_as_one_person_until_that_is_undone(api: Api) -> None:
    old, new = surname() + "旧", surname() + "新"
    there = await case_of(api.house, {"name": old}, {"name": "无关某"})
    here = await case_of(api.house, {"name": surname() + "工"}, {"name": new})
    assert await hits(api, here) == []
    kept, other = await subject_of(api, old), await subject_of(api, new)
    body = {"other": other, "reason": "name_changed"}
    assert (await api.ask("caseworker", "POST", f"/persons/{kept}/links", json=body, headers=key())).status_code == 200
    assert told(await hits(api, here)) == {(there, "opponent_is_client_there", "bars", "linked")}
    undo = {"other": other, "reason": "different_people"}
    assert (await api.ask("caseworker", "POST", f"/persons/{kept}/unlinks", json=undo, headers=key())).status_code == 200
    assert await hits(api, here) == []


async def test_advice_given_to_the_opponent_is_told(api: Api) -> None:
    boss = {"name": surname() + "主", "id_number": number(34)}
    asked = await registered(api, person=boss, opponents=[])
    here = await case_of(api.house, {"name": surname() + "工"}, boss)
    assert told(await hits(api, here)) == {(asked["consultation_id"], "opponent_was_advised", "warns", "number")}
    (person,) = (await api.get("caseworker", "/persons", q=number(34)))["items"][:1]
    assert {entry["kind"] for entry in person["entries"]} <= {"case", "consultation"}


async def test_an_ended_case_warns(api: Api) -> None:
    boss = {"name": surname() + "主", "id_number": number(33)}
    there = await case_of(api.house, boss, {"name": "无关某"})
    await api.house.do("caseworker", "withdraw_application", there, reason="本人撤回")
    here = await case_of(api.house, {"name": surname() + "工"}, boss)
    assert told(await hits(api, here)) == {(there, "opponent_was_client_there", "warns", "number")}


async def test_who_may_not_see_the_assessment_is_told_nothing(api: Api) -> None:
    here = await case_of(api.house, {"name": surname() + "工"}, {"name": "无关某"})
    answer = await api.ask("receptionist", "GET", f"/cases/{here}/conflicts")
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    away = await api.ask("caseworker", "GET", f"/cases/{here}/conflicts", elsewhere(api.house))
    assert away.status_code == 404
