"""Notices on the real ledger and workflow: a case for each person, each sealed for their own, and co-accused who never share a lawyer."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from api.commands import Answer
from api.problem import Problem
from domain.case import CaseState, blank
from domain.stream import fold
from ledger import events
from ledger.store import WORKER
from readmodels import cases
from tests.house import House
from tests.poll import until

ACCUSED = 33
LAWYERS = ("L-MA-ZHIQIANG", "L-CHEN-SIYUAN")
NOTICE: dict[str, Any] = {
    "organ": "安定县人民法院", "notice_number": "（2026）甘刑初通1号", "received_at": "2026-03-02T09:00:00+08:00", "stage": "trial",
    "ground": "full_coverage",
}  # fmt: skip


def person(name: str, role: str = "accused", **more: Any) -> dict[str, Any]:
    return {"party": {"name": name}, "role": role, **more}


async def received(house: House, *persons: dict[str, Any], key: str | None = None) -> Answer:
    body = NOTICE | {"centre": house.centre, "persons": list(persons)}
    return await house.do("receptionist", "receive_organ_notice", None, key, **body)


def opened(answer: Answer) -> list[dict[str, Any]]:
    return [answer.body, *answer.others]


async def state(house: House, case_id: str) -> CaseState:
    async with house.database.transaction(WORKER) as conn:
        case = await cases.current(conn, case_id)
        assert case is not None
        assert case == fold((r.happened for r in await events.load_history(conn, case_id)), blank(case_id))
    return case


def said(answer: dict[str, Any]) -> dict[str, Any]:
    return answer["events"][0]["data"]


async def test_thirty_three_accused_have_thirty_three_cases_and_each_reads_its_own_person(house: House) -> None:
    names = [f"被告人𠮷{n}" for n in range(ACCUSED)]
    answer = await received(house, *map(person, names))

    assert [said(case)["applicant"]["name"] for case in opened(answer)] == names
    states = [await state(house, case["case_id"]) for case in opened(answer)]
    assert len({case.register_number for case in states}) == len({case.case_number for case in states}) == ACCUSED
    assert {case.state for case in states} == {"awaiting_assignment"}
    ids = {case.case_id for case in states}
    assert all({str(link.case_id) for link in case.links} == ids - {case.case_id} for case in states)

    async def armed() -> bool:
        async with house.database.transaction(WORKER) as conn:
            sql = b"SELECT count(*) AS n FROM cases WHERE case_id = ANY(%s) AND armed_version >= version"
            found = await (await conn.execute(sql, (list(ids),))).fetchone()
        return found is not None and found["n"] == ACCUSED

    await until(armed)


async def test_a_notice_sent_twice_opens_its_cases_once_and_answers_alike(house: House) -> None:
    both = (person("赵强", guardian={"name": "赵父"}), person("孙丽", "victim"))
    first, second = await asyncio.gather(*(received(house, *both, key="notice-sent-twice-01") for _ in range(2)))
    third = await received(house, *both, key="notice-sent-twice-01")

    assert opened(first) == opened(second) == opened(third)
    assert third.replayed
    assert said(first.body)["guardian"]["name"] == "赵父"
    assert [link.relation for link in (await state(house, first.body["case_id"])).links] == ["same_event"]


async def test_people_of_every_case_are_found_by_their_names(house: House) -> None:
    answer = await received(house, person("完颜某甲"), person("完颜某乙"))
    async with house.database.transaction(WORKER) as conn:
        sql = b"SELECT DISTINCT case_id, subject_id FROM search_tokens WHERE case_id = ANY(%s)"
        found = await (await conn.execute(sql, ([case["case_id"] for case in opened(answer)],))).fetchall()
    people = {(case["case_id"], said(case)["applicant"]["subject_id"]) for case in opened(answer)}
    assert {(str(row["case_id"]), str(row["subject_id"])) for row in found} == people


async def test_a_notice_that_is_refused_opens_nothing(house: House) -> None:
    async def count() -> int:
        async with house.database.transaction(WORKER) as conn:
            row = await (await conn.execute(b"SELECT count(*) AS n FROM cases")).fetchone()
        assert row is not None
        return row["n"]

    before = await count()
    with pytest.raises(Problem) as refused:
        await received(house, person("赵强"), person("赵强"))
    assert [(e["pointer"], e["code"]) for e in refused.value.errors] == [("/persons", "same_person_twice")]
    with pytest.raises(Problem) as refused:
        await house.do("receptionist", "receive_organ_notice", centre=house.centre, persons=[person("赵强")], reserved=[], **NOTICE)
    assert refused.value.errors[0] == {"pointer": "/reserved", "code": "unknown_field"}
    assert await count() == before


async def test_two_colleagues_at_once_do_not_give_co_accused_the_same_lawyer(house: House) -> None:
    answer = await received(house, *(person(f"同案{n}") for n in range(4)))

    async def assign(case_id: str) -> str:
        try:
            await house.do("approver", "assign_unit", case_id, unit="U-DINGCHENG", lawyer=LAWYERS[0])
        except Problem as refused:
            return refused.code
        return "assigned"

    outcomes = await asyncio.gather(*(assign(case["case_id"]) for case in opened(answer)))
    assert sorted(outcomes) == ["assigned"] + ["co_accused_share_lawyer"] * 3
    left = next(case["case_id"] for case, outcome in zip(opened(answer), outcomes, strict=True) if outcome != "assigned")
    await house.do("approver", "assign_unit", left, unit="U-DINGCHENG", lawyer=LAWYERS[1])


async def test_the_organ_is_told_and_the_case_is_represented(house: House) -> None:
    case_id = (await received(house, person("赵强"))).body["case_id"]
    named = await house.do("approver", "assign_unit", case_id, unit="U-DINGCHENG", lawyer=LAWYERS[0])
    today = named.body["events"][0]["effective_on"]
    await house.do("caseworker", "notify_organ", case_id, organ=NOTICE["organ"], lawyers=[LAWYERS[0]], served_on=today)

    case = await state(house, case_id)
    assert (case.state, [c.state for c in case.clocks if c.limit == "assign_on_notice"]) == ("in_representation", ["met_late"])


async def test_a_link_of_co_accused_stands_on_both_cases(house: House) -> None:
    one, other = [(await received(house, person(name))).body["case_id"] for name in ("赵强", "孙伟")]
    await house.do("caseworker", "link_case", other, case_id=one, relation="co_accused")

    assert [str(link.case_id) for link in (await state(house, one)).links] == [other]
    assert [str(link.case_id) for link in (await state(house, other)).links] == [one]
    await house.do("approver", "assign_unit", one, unit="U-DINGCHENG", lawyer=LAWYERS[0])
    with pytest.raises(Problem) as refused:
        await house.do("approver", "assign_unit", other, unit="U-DINGCHENG", lawyer=LAWYERS[0])
    assert refused.value.code == "co_accused_share_lawyer"
