"""Giving work to people on the real ledger: the next case, turns and declined offers, rota swaps, the load of somebody who leaves."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from api import assignment, reassignment, rota
from api.commands import Ask
from api.desk import Desk
from api.problem import Problem
from api.services import Services
from api.work_shapes import CoverAsked, PlanAsked, PublishAsked, SwapAnswered, SwapAsked
from domain.access import Principal
from domain.command import Refusal
from domain.rota import Shift, Slot
from ledger import rules
from ledger.directory import DirectoryCache
from ledger.schema import claims, handlings
from ledger.sql import fetch_all, run
from ledger.store import WORKER
from ops.example.directory import people_accounts
from readmodels import handlings as handled
from readmodels import queue
from readmodels.rebuild import compare
from readmodels.rota import rota_on
from tests.house import House, session_of

NOW = datetime.now(UTC)
FIRM, LAWYER = "U-DINGCHENG", "L-MA-ZHIQIANG"


async def ready() -> dict[str, bool]:
    return {}


@asynccontextmanager
async def at_desk(house: House, who: Principal, now: datetime | None = None) -> AsyncIterator[Desk]:
    services = Services(house.database, DirectoryCache(), rules.current, house.keys, house.commands, lambda: now or NOW, ready)
    async with house.database.transaction(WORKER, pipeline=True) as conn:
        yield Desk(services, conn, who, house.directory, now or datetime.now(UTC), "en")


async def asked[T](house: House, who: Principal, act: Callable[[Desk], Awaitable[T]], now: datetime | None = None) -> T:
    async with at_desk(house, who, now) as desk:
        return await act(desk)


def another(house: House, role: Any) -> Principal:
    """A colleague of the house's centre with the role, made up beside those the example has."""
    of_example = house.who(role)
    return replace(of_example, username=f"{of_example.username}-2", person=f"{of_example.person}-2")


async def untouched(house: House) -> None:
    """No claims of other tests, and of the cases they left none that could be taken today: a new one is found however many there are."""
    async with house.owner.transaction(WORKER) as conn:
        await run(conn, sa.delete(claims))
    async with at_desk(house, house.who("caseworker")) as desk:
        while left := await queue.takeable(desk.conn, desk.principal, desk.directory, desk.now):
            for row in left:
                assert await queue.claim(desk.conn, row, "P-ELSEWHERE", desk.now + timedelta(days=1))


async def claimed_by(house: House, who: Principal) -> dict[str, str | None]:
    """Who has claimed each case of a person's list, read to its end."""
    found: dict[str, str | None] = {}
    cursor: str | None = None
    async with at_desk(house, who) as desk:
        while True:
            page = await queue.mine(desk.conn, who, desk.directory, desk.now, cursor=cursor, limit=200)
            found |= {str(row["case_id"]): row["claimed_by"] for row in page.rows}
            if (cursor := page.next_cursor) is None:
                return found


class TestTheNextCase:
    async def test_two_workers_at_once_get_two_different_cases(self, house: House) -> None:
        await untouched(house)
        for _ in range(3):
            await house.submit()
        one, other = house.who("caseworker"), another(house, "caseworker")

        taken = await asyncio.gather(*(asked(house, who, assignment.take_next) for who in (one, other, one, other)))

        ids = [str(each["case"]["case_id"]) for each in taken if each["case"]]
        assert len(ids) >= 2
        assert len(set(ids)) == len(ids)
        assert all(each["steps"] for each in taken if each["case"])

    async def test_of_a_race_for_one_case_one_has_it_and_the_other_is_told_so(self, house: House) -> None:
        await untouched(house)
        case_id = await house.submit()
        async with at_desk(house, house.who("caseworker")) as desk:
            row = next(r for r in await queue.takeable(desk.conn, desk.principal, desk.directory, desk.now) if str(r["case_id"]) == case_id)

        async def claim(person: str) -> bool:
            async with house.database.transaction(WORKER) as conn:
                return await queue.claim(conn, row, person, NOW) is not None

        won = await asyncio.gather(*(claim(f"P-{n}") for n in range(6)))
        assert sum(won) == 1

    async def test_a_claim_is_shown_to_colleagues_and_ends_by_letting_go_by_acting_and_by_time(self, house: House) -> None:
        await untouched(house)
        case_id = await house.submit()
        worker, colleague = house.who("caseworker"), another(house, "caseworker")

        async def free(now: datetime | None = None) -> bool:
            async with at_desk(house, colleague, now) as desk:
                rows = await queue.takeable(desk.conn, desk.principal, desk.directory, desk.now)
            return case_id in [str(r["case_id"]) for r in rows]

        async def take() -> None:
            async with at_desk(house, worker) as desk:
                rows = await queue.takeable(desk.conn, desk.principal, desk.directory, desk.now)
                row = next(r for r in rows if str(r["case_id"]) == case_id)
                assert await queue.claim(desk.conn, row, worker.person, desk.now)

        await take()
        assert not await free()
        assert (await claimed_by(house, colleague))[case_id] == worker.person

        await asked(house, worker, lambda desk: assignment.let_go(desk, case_id))
        assert await free()
        with pytest.raises(Problem, match="claim_not_found"):
            await asked(house, worker, lambda desk: assignment.let_go(desk, case_id))

        await take()
        assert await free(datetime.now(UTC) + queue.CLAIMED_FOR + timedelta(minutes=1))
        await house.do(worker, "add_note", case_id, text="已联系申请人", visible_to="centre")
        assert await free()

    async def test_who_examined_is_not_given_the_case_to_decide(self, house: House) -> None:
        await untouched(house)
        case_id = await house.submit()
        both = replace(house.who("caseworker"), roles=(("caseworker", house.centre), ("approver", house.centre)))
        await house.do("caseworker", "declare_conflict_check", case_id, cleared=True)
        await house.do(
            "caseworker", "waive_hardship_check", case_id, ground="social_relief_recipient", proof=[{"kind": "relief_certificate"}]
        )
        await house.do("caseworker", "recommend_decision", case_id, decision="grant", opinion="符合条件")
        seen: list[str] = []
        while (found := await asked(house, both, assignment.take_next))["case"]:
            seen.append(str(found["case"]["case_id"]))
        assert case_id not in seen
        approver = house.who("approver")
        while (found := await asked(house, approver, assignment.take_next))["case"]:
            seen.append(str(found["case"]["case_id"]))
            if str(found["case"]["case_id"]) == case_id:
                assert set(found["steps"]) == {"grant_aid", "refuse_aid"}
        assert case_id in seen

    async def test_where_nothing_fits_the_answer_says_so(self, house: House) -> None:
        nobody = Principal("nobody", "P-NOBODY", (("finance_officer", house.centre),))
        found = await asked(house, nobody, assignment.take_next)
        assert (found["case"], found["steps"]) == (None, [])


class TestTurns:
    async def test_a_declined_offer_goes_to_the_next_and_the_decliner_is_not_offered_again(self, house: House) -> None:
        case_id = await house.accepted()
        first = await asked(house, house.who("approver"), lambda desk: assignment.ranked(desk, case_id, 200))
        managed = {house.account(a.username).unit for a in people_accounts() if a.role == "unit_manager"}
        pick = next(c for c in first["items"] if not c["gates"] and c["unit"] in managed)
        await house.do("approver", "assign_unit", case_id, unit=pick["unit"], lawyer=pick["lawyer"])
        await house.do(_manager(house, pick["unit"]), "decline_assignment", case_id, reason="人手不足")

        second = await asked(house, house.who("approver"), lambda desk: assignment.ranked(desk, case_id, 200))
        assert pick["lawyer"] not in [c["lawyer"] for c in second["items"] if not c["gates"]]
        declined = [c for c in second["items"] if "declined" in c["gates"]]
        assert pick["lawyer"] in [c["lawyer"] for c in declined]
        assert next(c for c in declined if c["lawyer"] == pick["lawyer"])["declined"] >= 1

    async def test_the_rows_of_who_handled_what_are_those_of_the_ledger(self, house: House) -> None:
        case_id = await house.accepted()
        await house.do("approver", "assign_unit", case_id, unit=FIRM, lawyer=LAWYER)
        async with house.database.transaction(WORKER) as conn:
            before = await fetch_all(conn, sa.select(handlings).order_by(handlings.c.case_id, handlings.c.version, handlings.c.lawyer))
            known = await handled.standings(conn, NOW.date(), 365)
        assert any(str(r["case_id"]) == case_id and r["lawyer"] == LAWYER and r["ended_on"] is None for r in before)
        assert known[LAWYER].load >= 1
        assert [d async for d in compare(house.engines.worker_dsn, ["handlings"]) if d.key[0] == case_id] == []


def _manager(house: House, unit: str) -> Principal:
    """The account of whoever manages the unit."""
    found = next(a for a in people_accounts() if a.role == "unit_manager" and house.account(a.username).unit == unit)
    return house.account(found.username)


class TestTheRota:
    async def test_a_month_is_planned_published_swapped_and_covered(self, house: House) -> None:
        office, month, day = house.centre, "2027-03", date(2027, 3, 2)
        planner = house.who("approver")
        one, other = house.who("caseworker"), house.who("receptionist")
        people = (one.person, other.person)
        plan = await asked(house, planner, lambda d: rota.planned(d, PlanAsked(office=office, rota="hotline", month=month, people=people)))
        assert plan["shifts"]
        assert {s["person"] for s in plan["shifts"]} == set(people)

        shifts = tuple(
            Shift(day=day + timedelta(days=2 * n), start=time(9), end=time(17), person=people[n % 2]) for n in range(4)
        )  # fmt: skip
        publish = PublishAsked(office=office, rota="hotline", month=month, shifts=shifts)
        key = f"rota-{uuid4()}"
        first = await asked(house, planner, lambda d: rota.published(d, key, publish))
        again = await asked(house, planner, lambda d: rota.published(d, key, publish))
        assert (first.replayed, again.replayed, again.outcome) == (False, True, first.outcome)

        give, take = Slot(day=day, start=time(9)), Slot(day=day + timedelta(days=2), start=time(9))
        swap = SwapAsked(office=office, rota="hotline", to=other.person, give=give, take=take, reason="开庭")
        offered = await asked(house, one, lambda d: rota.proposed(d, f"swap-{uuid4()}", swap))
        at_ten = datetime(2027, 3, 2, 2, tzinfo=UTC)
        async with house.database.transaction(WORKER) as conn:
            assert await rota_on(conn, office, at_ten, "hotline") == (one.person,)
        name, answer = offered.outcome["swap"], SwapAnswered(office=office)
        with pytest.raises(Refusal, match="not_your_swap"):
            await asked(house, planner, lambda d: rota.answered(d, f"answer-{uuid4()}", name, answer, "accept"))
        both = await asyncio.gather(
            *(asked(house, other, lambda d: rota.answered(d, f"answer-{uuid4()}", name, answer, "accept")) for _ in range(2)),
            return_exceptions=True,
        )
        assert sorted(type(each).__name__ for each in both) == ["Done", "Refusal"]
        async with house.database.transaction(WORKER) as conn:
            assert await rota_on(conn, office, at_ten, "hotline") == (other.person,)

        covered = CoverAsked(office=office, rota="hotline", day=day, start=time(9), person=one.person, reason="急病")
        await asked(house, planner, lambda d: rota.covered(d, f"cover-{uuid4()}", covered))
        shown = await asked(house, one, lambda d: rota.month(d, office, month))
        assert next(s for s in shown["shifts"] if s["day"] == "2027-03-02")["person"] == one.person
        assert [s["state"] for s in shown["swaps"]] == ["done"]
        assert sum(c["shifts"] for c in shown["fairness"]) == 4

    async def test_only_who_plans_at_the_office_or_above_publishes(self, house: House) -> None:
        asks = PlanAsked(office=house.centre, rota="hotline", month="2027-03")
        with pytest.raises(Problem, match="forbidden"):
            await asked(house, house.who("receptionist"), lambda d: rota.planned(d, asks))
        elsewhere = Principal("x", "P-X", (("approver", "C-CITY"),))
        with pytest.raises(Problem, match="forbidden"):
            await asked(house, elsewhere, lambda d: rota.planned(d, asks))


class TestALeaver:
    async def test_the_whole_load_moves_and_goes_on_after_a_crash_in_the_middle(self, house: House) -> None:
        supervisor, leaver = house.who("approver"), house.who("receptionist").person
        ids = [await house.submit() for _ in range(3)]
        load = await asked(house, supervisor, lambda d: reassignment.proposal(d, leaver))
        mine = {each["case_id"]: each for each in load["transfers"]}
        assert set(ids) <= mine.keys()
        assert all(mine[case_id]["may"] and mine[case_id]["to"] for case_id in ids)
        to = mine[ids[0]]["to"]

        body: dict[str, Any] = {
            "leaver": leaver, "reason": "调离岗位", "moves": [{"case_id": case_id, "kind": "transfer", "to": to} for case_id in ids]
        }  # fmt: skip
        key = f"leave-{uuid4()}"
        batch = await asked(house, supervisor, lambda d: reassignment.begin(d, key, body))
        event, _ = await asked(house, supervisor, lambda d: reassignment.batch_of(d, batch))

        class CrashError(Exception):
            pass

        class Crashing:
            """Carries one command out, and dies at the next."""

            carried = 0

            async def carry_out(self, ask: Ask) -> Any:
                if self.carried:
                    raise CrashError
                self.carried += 1
                return await house.commands.carry_out(ask)

        dying: Any = Crashing()
        with pytest.raises(CrashError):
            await reassignment.Carrier(dying, supervisor, session_of(supervisor), "corr").move(event, ids)
        halfway = await asked(house, supervisor, lambda d: reassignment.progress(d, batch))
        assert (halfway["done"], halfway["waiting"]) == (1, 2)

        assert await asked(house, supervisor, lambda d: reassignment.begin(d, key, body)) == batch
        left = [m["case_id"] for m in halfway["moves"] if m["state"] == "waiting"]
        assert await reassignment.Carrier(house.commands, supervisor, session_of(supervisor), "corr").move(event, left) == []
        after = await asked(house, supervisor, lambda d: reassignment.progress(d, batch))
        assert (after["done"], after["waiting"], after["refused"]) == (3, 0, 0)
        for case_id in ids:
            assert (await house.types(case_id)).count("caseworker_transferred") == 1

    async def test_a_lawyers_case_is_not_taken_but_its_replacement_asked_for(self, house: House) -> None:
        worker = house.who("caseworker")
        case_id = await house.accepted()
        await house.do("approver", "assign_unit", case_id, unit=FIRM, lawyer=LAWYER)
        load = await asked(house, worker, lambda d: reassignment.proposal(d, LAWYER))
        assert next(each for each in load["replacements"] if each["case_id"] == case_id)["may"]

        body: dict[str, Any] = {"leaver": LAWYER, "reason": "执业机构变更", "moves": [{"case_id": case_id, "kind": "replacement"}]}
        batch = await asked(house, worker, lambda d: reassignment.begin(d, f"leave-{uuid4()}", body))
        event, _ = await asked(house, worker, lambda d: reassignment.batch_of(d, batch))
        assert await reassignment.Carrier(house.commands, worker, session_of(worker), "corr").move(event, [case_id]) == []
        assert "replacement_requested" in await house.types(case_id)
        assert "lawyer_released" not in await house.types(case_id)

    async def test_what_the_rules_refuse_is_told_case_by_case(self, house: House) -> None:
        supervisor, case_id = house.who("approver"), await house.submit()
        body: dict[str, Any] = {
            "leaver": house.who("receptionist").person, "reason": "调离岗位",
            "moves": [{"case_id": case_id, "kind": "transfer", "to": house.who("receptionist").person}],
        }  # fmt: skip
        batch = await asked(house, supervisor, lambda d: reassignment.begin(d, f"leave-{uuid4()}", body))
        event, _ = await asked(house, supervisor, lambda d: reassignment.batch_of(d, batch))
        await reassignment.Carrier(house.commands, supervisor, session_of(supervisor), "corr").move(event, [case_id])
        told = await asked(house, supervisor, lambda d: reassignment.progress(d, batch))
        assert (told["refused"], told["moves"][0]["code"]) == (1, "not_caseworker_of_centre")

    async def test_another_persons_batch_is_not_shown(self, house: House) -> None:
        with pytest.raises(Problem, match="batch_not_found"):
            await asked(house, house.who("approver"), lambda d: reassignment.progress(d, uuid4().hex))


class TestWorkload:
    async def test_a_supervisor_sees_who_has_how_much_and_a_desk_does_not(self, house: House) -> None:
        await house.submit()
        found = await asked(house, house.who("approver"), lambda d: assignment.loads(d, None))
        mine = next(each for each in found["items"] if each["code"] == house.who("receptionist").person)
        assert mine["open"] == sum(mine["by_stage"].values()) >= 1
        with pytest.raises(Problem, match="forbidden"):
            await asked(house, house.who("receptionist"), lambda d: assignment.loads(d, None))

    async def test_the_desk_offers_the_best_three_for_a_case_that_waits(self, house: House) -> None:
        case_id = await house.accepted()
        found = await asked(house, house.who("approver"), lambda d: assignment.unassigned(d, None, 200, 3))
        row = next(each for each in found["items"] if str(each["case_id"]) == case_id)
        assert [c["gates"] for c in row["candidates"]] == [[], [], []]
        scores = [c["score"] for c in row["candidates"]]
        assert scores == sorted(scores, reverse=True)

    async def test_every_case_that_waits_stands_on_one_of_its_pages(self, house: House) -> None:
        waiting = {await house.accepted() for _ in range(3)}
        whole = await asked(house, house.who("approver"), lambda d: assignment.unassigned(d, None, 200, 3))
        met: list[str] = []
        cursor: str | None = None
        while cursor or not met:
            found = await asked(house, house.who("approver"), lambda d, at=cursor: assignment.unassigned(d, at, 2, 1))
            met += [str(each["case_id"]) for each in found["items"]]
            assert len(found["items"]) <= 2
            cursor = found["next_cursor"]
        assert met == [str(each["case_id"]) for each in whole["items"]]
        assert waiting <= set(met)
        with pytest.raises(Problem, match="invalid"):
            await asked(house, house.who("approver"), lambda d: assignment.unassigned(d, "x", 2, 1))
