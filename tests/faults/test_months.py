"""Months pass: one case from its submission to the archive, every reminder told and each once, while worker and Temporal die at random."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

import pytest

from tests.faults import almanac, ladders
from tests.faults.harness import System, new_key, running
from tests.poll import until
from tests.scenarios import ACCEPT, ASSIGN, CHOOSE, LAWYERS, PAPERS, SHANGHAI, Step, engage

START = date(2028, 1, 17)
"""A Monday. The Spring Festival and a 29 February lie ahead."""
_PATIENCE = 90.0


@pytest.fixture
async def system(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[System]:
    """A system of its own: its clock is turned."""
    async with running(tmp_path_factory.mktemp("months"), prepare=almanac.install) as started:
        yield started


def at(day: int, hour: int = 10) -> datetime:
    """Days after the start, by the clock on the wall."""
    return datetime.combine(START + timedelta(days=day), time(hour), SHANGHAI)


@dataclass
class Story:
    """One case as the months pass."""

    system: System
    dice: Random
    case_id: str = ""
    kills: int = 0

    async def says(self, step: Step, **more: Any) -> None:
        """A command at the moment it is, whoever is dead."""
        body = {**step.body, **more}
        house = self.system.house
        who: Any = house.account(LAWYERS["L-MA-ZHIQIANG"]) if step.role == "lawyer" else step.role
        path = f"/cases/{self.case_id}/commands/{step.command}" if self.case_id else "/cases"
        answer = await self.system.insist(who, path, body, new_key())
        self.case_id = answer.json()["case_id"]

    async def comes_to(self, moment: datetime) -> None:
        """Let time pass until then; each reminder on the way rings before the clock goes on."""
        while (owed := await self._next()) is not None and owed <= moment:
            await almanac.turn_to(self.system, max(owed + timedelta(seconds=1), await almanac.read(self.system)))
            await self._strike()
            await self._wake()
            await until(lambda owed=owed: self._rang(owed), seconds=_PATIENCE)
        await almanac.turn_to(self.system, max(moment, await almanac.read(self.system)))

    async def _next(self) -> datetime | None:
        rows = await self.system.rows("SELECT next_rung_at FROM cases WHERE case_id = %s", self.case_id)
        return rows[0]["next_rung_at"]

    async def _rang(self, owed: datetime) -> bool:
        self.system.revive()
        found = await self._next()
        return found is None or found > owed

    async def _wake(self) -> None:
        """What a schedule does each minute, now."""
        await self.system.ready()
        await self.system.run_duty("reconcile", 0.0)

    async def _strike(self) -> None:
        match self.dice.randrange(6):
            case 0:
                self.system.kill("worker")
            case 1:
                self.system.kill("temporal")
            case 2:
                self.system.kill("worker")
                self.system.kill("temporal")
            case 3 if self.kills % 3 == 2:
                await self.system.forget()
            case _:
                return
        self.kills += 1
        await self.system.ready()


async def _live(story: Story) -> None:
    """From the door to the archive, with somebody late at every turn."""
    await almanac.turn_to(story.system, at(0))
    application = story.system.application() | {"form": "written"}
    await story.says(Step("receptionist", "submit_application", application))
    await story.comes_to(at(5))  # half of the seven days is used
    await story.says(ACCEPT, due_on=(START + timedelta(days=25)).isoformat())
    await story.comes_to(at(24))  # nobody assigns: missed over the Spring Festival, and escalated
    await story.says(CHOOSE)
    await story.says(ASSIGN, received_by_unit_on=(START + timedelta(days=24)).isoformat())
    await story.comes_to(at(28))  # the papers' date passes
    await story.says(engage(START + timedelta(days=28)))
    await story.comes_to(at(33))
    await story.says(
        Step("caseworker", "extend_owed_papers", {"due_on": (START + timedelta(days=60)).isoformat(), "reason": "申请人外出务工"})
    )
    await story.comes_to(at(50))  # 29 February lies behind
    await story.says(Step("caseworker", "supply_owed_papers", {"papers": [{"kind": "id_copy"}, {"kind": "work_evidence"}]}))
    await story.says(Step("caseworker", "confirm_owed_papers"))
    meeting = {"held_on": (START + timedelta(days=50)).isoformat(), "summary": "了解案情"}
    await story.says(Step("lawyer", "record_meeting", {"kind": "client_meeting", **meeting}))
    await story.says(Step("lawyer", "record_meeting", {"kind": "file_reading", **meeting}))
    closed = (START + timedelta(days=50)).isoformat()
    outcome = {"result": "won", "closing_event": "award_received", "closed_on": closed, "awarded_fen": 4_860_000}
    await story.says(Step("lawyer", "record_outcome", outcome))
    await story.comes_to(at(90))  # the closing file is late, and somebody is told so again
    await story.says(Step("lawyer", "submit_closing_report", {"report": "已结案", "papers": PAPERS}))
    await story.comes_to(at(100))
    await story.says(Step("caseworker", "accept_closing_file", {"grade": "good"}))
    await story.comes_to(at(129))  # the subsidy is due tomorrow
    await story.says(Step("approver", "approve_subsidy", {"amount_fen": 150_000, "tariff": "flat_civil"}))
    paid = (START + timedelta(days=129)).isoformat()
    await story.says(Step("finance_officer", "pay_subsidy", {"paid_on": paid, "voucher": "V-2028-001"}))
    await story.says(Step("caseworker", "archive_case", {"volume": "2028-1", "archive_number": "A-1"}))
    await story.comes_to(at(140))


@pytest.mark.parametrize("seed", [2])
async def test_every_reminder_of_a_case_is_told_once_however_often_engines_die(system: System, seed: int) -> None:
    sys.stderr.write(f"seed {seed}\n")
    story = Story(system, Random(seed))  # noqa: S311 -- luck that can be repeated

    await _live(story)
    await until(lambda: _delivered(story), seconds=_PATIENCE)

    fired = await ladders.fired(system, story.case_id)
    rang = ladders.rang(fired)
    assert rang == await ladders.owed(system, story.case_id, await almanac.read(system))
    assert set(rang.values()) == {1}
    assert [row["decided_at"] for row in fired] == sorted(row["decided_at"] for row in fired)
    told = {(row["type"], row["body"]["limit"]) for row in fired}
    assert told >= {
        ("deadline_warned", "examine_application"),
        ("deadline_missed", "assign_unit"),
        ("deadline_escalated", "assign_unit"),
        ("deadline_missed", "supply_owed_papers"),
        ("deadline_warned", "sign_engagement"),
        ("deadline_missed", "submit_closing_file"),
        ("deadline_escalated", "submit_closing_file"),
        ("deadline_warned", "pay_subsidy"),
    }
    assert not [row for row in fired if row["body"]["late"]]
    assert not {limit for kind, limit in told if limit == "examine_application" and kind != "deadline_warned"}
    assert story.kills >= 5
    assert (await system.types(story.case_id))[-1] == "case_archived"


async def _delivered(story: Story) -> bool:
    """Whether each rung became one message a person; the outbox is brought out by what a schedule does each minute."""
    await story.system.ready()
    await story.system.run_duty("deliver")
    rows = await story.system.rows(
        "SELECT count(*) FILTER (WHERE o.delivered_at IS NULL) AS open,"
        " count(*) FILTER (WHERE NOT EXISTS (SELECT FROM messages m WHERE m.id LIKE o.id || '/%%')) AS untold"
        " FROM outbox o WHERE o.case_id = %s",
        story.case_id,
    )
    return not rows[0]["open"] and not rows[0]["untold"]


def test_the_months_hold_a_leap_day_and_the_spring_festival() -> None:
    from ledger.rules import current  # noqa: PLC0415 -- the calendar of the product

    days = [START + timedelta(days=n) for n in range(140)]
    assert date(2028, 2, 29) in days
    assert any("春节" in current().calendar.days_off.get(day, "") for day in days)
    assert datetime(2028, 1, 17, tzinfo=UTC).weekday() == 0
