"""More time on real engines: asked, told, granted by somebody else; the timer of the shorter limit is gone and its rung does not ring."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from ledger import rules
from ledger.store import WORKER
from notify.deliver import deliver_open
from readmodels import cases
from tests.house import House
from tests.integration.desks import Desks, Someone, code_of
from workflows.contract import Alarm, RecordRequest, workflow_id

REASON = "收入证明须由外地单位出具"


def ahead(days: int) -> date:
    """A day counted from today."""
    return datetime.now(rules.current().zone).date() + timedelta(days=days)


@pytest.fixture
async def desks(house: House) -> Desks:
    return await Desks.open(house)


@pytest.fixture
async def waiting(house: House) -> str:
    """A case whose applicant is to bring papers within four days."""
    case_id = await house.submit()
    body = {"papers": [{"kind": "id_copy"}], "by": ahead(4).isoformat(), "override_reason": "遗漏"}
    await house.do("caseworker", "require_supplement", case_id, **body)
    return case_id


async def clock(house: House, case_id: str) -> Any:
    async with house.database.transaction(WORKER) as conn:
        case = await cases.current(conn, case_id)
    assert case is not None
    return next(c for c in case.clocks if c.limit == "supply_papers")


async def told(house: House, case_id: str, kind: str) -> dict[str, Any]:
    """Who was told of it, with what."""
    while await deliver_open(house.database, house.notices(datetime.now(UTC).date())):
        pass
    async with house.database.transaction(WORKER) as conn:
        found = await conn.execute("SELECT person, data FROM messages WHERE case_id = %s AND kind = %s", (case_id, kind))
        return {row["person"]: row["data"] for row in await found.fetchall()}


async def waits_for(desks: Desks, who: Someone, case_id: str) -> list[dict[str, Any]]:
    answer = await desks.ask(who, "GET", "/tasks?limit=200")
    return [task for task in answer.json()["items"] if (task["case_id"], task["task"]) == (case_id, "extension_asked")]


async def test_granted_the_timer_moves_and_the_old_rung_does_not_ring(house: House, desks: Desks, waiting: str) -> None:
    before = await clock(house, waiting)
    clerk, chief = house.who("caseworker"), await desks.signed_in("supervisor", office=house.centre)
    asked = {"clock": before.id, "due_on": ahead(10).isoformat(), "reason": REASON}
    await house.do(clerk, "ask_extension", waiting, **asked)

    assert (await clock(house, waiting)).due_on == before.due_on
    notices = await told(house, waiting, "extension_asked")
    assert notices[house.who("supervisor").person]["due_on"] == asked["due_on"]
    (task,) = await waits_for(desks, chief, waiting)
    assert (task["asked_to"], task["asked_by"], task["clock"]) == (asked["due_on"], clerk.person, before.id)
    why = (await desks.ask(chief, "GET", f"/cases/{waiting}/lateness")).json()
    (line,) = [c for each in why["clocks"] for c in each["changes"] if c["type"] == "extension_asked"]
    assert (line["reason"], line["asked_to"]) == (REASON, asked["due_on"])

    granted = await desks.ask(chief, "POST", f"/cases/{waiting}/commands/approve_extension", {"clock": before.id})
    assert granted.status_code == 200, granted.text

    after = await clock(house, waiting)
    assert (after.due_on.isoformat(), after.extended, after.question) == (asked["due_on"], 6, None)
    assert (await house.types(waiting))[-2:] == ["extension_approved", "clock_replanned"]
    assert list(await told(house, waiting, "extension_approved")) == [clerk.person]
    assert await waits_for(desks, chief, waiting) == []
    history = await house.client.get_workflow_handle(workflow_id(waiting)).fetch_history()
    assert [e for e in history.events if e.HasField("timer_canceled_event_attributes")]

    version, old = len(await house.types(waiting)), next(r for r in before.rungs if r.kind == "missed")
    alarm = Alarm(before.id, before.plan_version, old.n, datetime.now(UTC) - timedelta(seconds=1))
    await house.recorder.record(RecordRequest(waiting, alarm.command_id(waiting), datetime.now(UTC), 0, alarm, owed=True))
    assert len(await house.types(waiting)) == version


async def test_it_is_offered_where_the_rule_allows_and_nowhere_else(house: House, desks: Desks, waiting: str) -> None:
    clerk = await desks.signed_in("caseworker", office=house.centre)
    plain = await house.submit()

    async def offered(case_id: str) -> set[str]:
        items = (await desks.ask(clerk, "GET", f"/cases/{case_id}/allowed-commands")).json()["items"]
        return {item["name"] for item in items}

    assert "ask_extension" in await offered(waiting)
    assert "ask_extension" not in await offered(plain)
    ask = {"clock": "examine_application/1", "due_on": ahead(20).isoformat(), "reason": REASON}
    refused = await desks.ask(clerk, "POST", f"/cases/{plain}/commands/ask_extension", ask)
    assert code_of(refused) == (409, "limit_not_extendable")


async def test_refused_the_date_stays_and_the_colleague_is_told(house: House, desks: Desks, waiting: str) -> None:
    before = await clock(house, waiting)
    both = await desks.signed_in("caseworker", "supervisor", office=house.centre)
    chief = await desks.signed_in("supervisor", office=house.centre)
    ask = {"clock": before.id, "due_on": ahead(10).isoformat(), "reason": REASON}
    assert (await desks.ask(both, "POST", f"/cases/{waiting}/commands/ask_extension", ask)).status_code == 200
    refusal = {"clock": before.id, "reason": "本地即可补齐"}
    for command in ("approve_extension", "refuse_extension"):
        answer = await desks.ask(both, "POST", f"/cases/{waiting}/commands/{command}", refusal)
        assert code_of(answer) == (409, "two_persons_required")
    assert (await desks.ask(chief, "POST", f"/cases/{waiting}/commands/refuse_extension", refusal)).status_code == 200
    after = await clock(house, waiting)
    assert (after.due_on, after.rungs, after.question) == (before.due_on, before.rungs, None)
    assert list(await told(house, waiting, "extension_refused")) == [both.person]
