"""Many at once, two processes, engines away: the answers of the contract, and nothing lost or doubled."""

import asyncio
import time

from tests.faults.checks import armed, whole
from tests.faults.deeds import accepting, in_peace
from tests.faults.harness import System, new_key

CROWD = 30


async def test_thirty_commands_at_once_on_one_case_are_thirty_events(system: System) -> None:
    case_id = await system.submitted()
    before = await system.types(case_id)
    path = f"/cases/{case_id}/commands/add_note"

    await asyncio.gather(*(system.insist("caseworker", path, {"text": str(number)}, new_key()) for number in range(CROWD)))

    await whole(system, case_id, [*before, *["note_added"] * CROWD])


async def test_the_same_key_through_two_processes_at_once_is_one_command(system: System) -> None:
    system.add_program("twin", "tests.faults.serve")
    await system.ready("twin")
    try:
        case_id = await system.submitted()
        before = await system.types(case_id)
        path, body, key = f"/cases/{case_id}/commands/add_note", {"text": "pressed twice"}, new_key()

        answers = await asyncio.gather(*(system.insist("caseworker", path, body, key, at=at) for at in ("api", "twin") * 4))

        assert len({answer.text for answer in answers}) == 1
        assert [answer.headers.get("Idempotent-Replay") for answer in answers].count(None) == 1
        await whole(system, case_id, [*before, "note_added"])
    finally:
        system.remove_program("twin")


async def test_the_same_opening_through_two_processes_at_once_opens_one_case(system: System) -> None:
    system.add_program("twin", "tests.faults.serve")
    await system.ready("twin")
    try:
        body, key = system.application(), new_key()

        answers = await asyncio.gather(*(system.insist("receptionist", "/cases", body, key, at=at) for at in ("api", "twin") * 2))

        opened = {answer.json()["case_id"] for answer in answers}
        assert len(opened) == 1
        await whole(system, opened.pop(), await system.types(answers[0].json()["case_id"]))
    finally:
        system.remove_program("twin")


async def test_when_temporals_file_is_deleted_every_clock_is_armed_again(system: System) -> None:
    expected = await in_peace(system, accepting)
    cases = [await accepting(system, None) for _ in range(3)]
    system.kill("worker")

    await system.forget()
    await system.ready()

    for case_id in cases:
        await whole(system, case_id, expected)
    await system.pause_schedules()


async def test_a_worker_killed_while_it_arms_a_new_temporal_is_followed_by_one_that_begins_anew(system: System) -> None:
    expected = await in_peace(system, accepting)
    cases = [await accepting(system, None) for _ in range(3)]
    system.kill("worker")
    await system.forget()

    system.revive()
    system.arm("signal_with_start", "worker")  # the first case it wakes is its last
    await system.struck("worker")
    await system.ready()

    for case_id in cases:
        await whole(system, case_id, expected)
    await system.pause_schedules()


async def test_when_temporals_file_is_deleted_under_a_living_worker_every_clock_is_armed_again(system: System) -> None:
    expected = await in_peace(system, accepting)
    case_id = await accepting(system, None)

    await system.forget()

    await armed(system, case_id)
    await whole(system, case_id, expected)
    await system.pause_schedules()


async def test_while_the_worker_is_down_the_answer_is_503_in_time_and_the_same_key_succeeds_later(system: System) -> None:
    case_id = await system.submitted()
    before = await system.types(case_id)
    path, body, key = f"/cases/{case_id}/commands/add_note", {"text": "nobody is there"}, new_key()
    system.kill("worker")

    began = time.monotonic()
    answer = await system.attempt("caseworker", path, body, key)

    assert answer is not None
    assert answer.status_code == 503
    assert "Retry-After" in answer.headers
    assert time.monotonic() - began < 10
    await system.ready()
    again = await system.insist("caseworker", path, body, key)
    assert again.headers["Idempotent-Replay"] == "true"
    await whole(system, case_id, [*before, "note_added"])


async def test_while_an_engine_is_down_the_answer_is_503_in_time_and_the_same_key_succeeds_later(system: System) -> None:
    for engine in ("postgres", "temporal"):
        case_id = await system.submitted()
        before = await system.types(case_id)
        path, body, key = f"/cases/{case_id}/commands/add_note", {"text": "an engine is away"}, new_key()
        system.kill(engine)

        began = time.monotonic()
        answer = await system.attempt("caseworker", path, body, key)

        assert answer is not None
        assert answer.status_code == 503
        assert "Retry-After" in answer.headers
        assert time.monotonic() - began < 10
        await system.ready()
        await system.insist("caseworker", path, body, key)
        await whole(system, case_id, [*before, "note_added"])
