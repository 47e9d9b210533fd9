"""The ledger's promises, each against the real PostgreSQL."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from api.problem import Problem
from domain.case import blank
from domain.stream import fold
from ledger import chain, events
from ledger.events import Draft, VersionConflict
from ledger.personal import load_keys, unseal_json
from ledger.store import WORKER
from readmodels import cases
from tests.house import WAGES, House
from tests.poll import until
from workflows import faultpoints
from workflows.contract import RecordRequest

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


def note(version: int, text: str = "a") -> Draft:
    return Draft(
        type="note_added",
        schema_version=1,
        version=version,
        decided_at=NOW,
        effective_on=date(2026, 11, 24),
        actor="tester",
        role="system",
        office="OFF",
        command_id=str(uuid4()),
        correlation_id=str(uuid4()),
        body=chain.canonical({"text": text}),
    )


async def head(house: House) -> int:
    async with house.database.transaction(WORKER) as conn:
        row = await (await conn.execute("SELECT coalesce(max(position), 0) AS head FROM events WHERE ledger = 'case'")).fetchone()
    assert row is not None
    return row["head"]


async def tail(house: House, after: int) -> list[dict[str, Any]]:
    async with house.database.transaction(WORKER) as conn:
        return [row async for row in events.follow(conn, after)]


@pytest.fixture
def stream() -> str:
    return f"test/{uuid4()}"


async def waiting_for_the_ledger(house: House) -> bool:
    async with house.owner.transaction(WORKER) as conn:
        row = await (await conn.execute("SELECT count(*) AS n FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")).fetchone()
    return row is not None and row["n"] > 0


class TestAppending:
    async def test_of_two_writers_on_one_stream_one_wins_and_the_other_gets_a_typed_conflict(self, house: House, stream: str) -> None:
        async def write(text: str) -> str:
            try:
                async with house.database.transaction(WORKER) as conn:
                    await events.append(conn, stream, 0, [note(1, text)])
            except VersionConflict as conflict:
                return f"{conflict.stream} at {conflict.expected}"
            return "won"

        results = await asyncio.gather(write("a"), write("b"))

        assert sorted(results) == sorted(["won", f"{stream} at 0"])

    async def test_a_late_commit_is_never_skipped_by_a_reader(self, house: House, stream: str) -> None:
        start = await head(house)
        other = f"{stream}-other"
        release = asyncio.Event()
        holding = asyncio.Event()

        async def slow() -> None:
            async with house.database.transaction(WORKER) as conn:
                await events.append(conn, stream, 0, [note(1)])
                holding.set()
                await release.wait()

        async def quick() -> None:
            async with house.database.transaction(WORKER) as conn:
                await events.append(conn, other, 0, [note(1)])

        first = asyncio.create_task(slow())
        await holding.wait()
        second = asyncio.create_task(quick())
        await until(lambda: waiting_for_the_ledger(house))
        assert await tail(house, start) == []
        release.set()
        await asyncio.gather(first, second)

        rows = [row for row in await tail(house, start) if row["stream"] in {stream, other}]
        assert [row["stream"] for row in rows] == [stream, other]
        assert rows[0]["recorded_at"] <= rows[1]["recorded_at"]

    async def test_positions_are_dense_and_chains_hold_over_everything_the_house_has_written(self, house: House) -> None:
        await house.accepted()
        rows = await tail(house, 0)

        assert [row["position"] for row in rows] == list(range(1, len(rows) + 1))
        last: dict[str, tuple[int, bytes]] = {}
        for row in rows:
            version, previous = last.get(row["stream"], (0, chain.GENESIS))
            assert row["version"] == version + 1
            assert bytes(row["digest"]) == chain.digest(bytes(row["body"]))
            row["digest"] = bytes(row["digest"])
            assert bytes(row["chain_hash"]) == chain.chain_hash(row, previous)
            last[row["stream"]] = (row["version"], bytes(row["chain_hash"]))

    @pytest.mark.parametrize("column", chain.CHAINED)
    async def test_no_column_can_change_without_the_chain_hash_changing(self, house: House, stream: str, column: str) -> None:
        async with house.database.transaction(WORKER) as conn:
            [row] = await events.append(conn, stream, 0, [note(1)])
        value = row[column]
        other: Any
        match value:
            case None:
                other = ""
            case int():
                other = value + 1
            case str():
                other = value + " "
            case bytes():
                other = bytes([value[0] ^ 1]) + value[1:]
            case datetime():
                other = value.replace(microsecond=(value.microsecond + 1) % 1_000_000)
            case _:
                other = date(2026, 11, 25)

        assert chain.chain_hash(row | {column: other}, chain.GENESIS) != row["chain_hash"]


class TestWalls:
    @pytest.mark.parametrize(
        "attack",
        [
            "UPDATE events SET actor = 'x' WHERE position = 1",
            "DELETE FROM events WHERE position = 1",
            "TRUNCATE events",
            "DELETE FROM inbox",
            "DELETE FROM subject_keys",
            "CREATE TABLE mine (a int)",
            "ALTER TABLE events DISABLE TRIGGER ALL",
        ],
    )
    async def test_the_application_cannot_change_what_is_recorded(self, house: House, attack: str) -> None:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            async with house.database.transaction(WORKER) as conn:
                await conn.execute(attack)  # pyright: ignore[reportArgumentType]

    @pytest.mark.parametrize("attack", ["UPDATE events SET actor = 'x'", "DELETE FROM events", "TRUNCATE events", "DELETE FROM inbox"])
    async def test_triggers_stop_the_owner_too(self, house: House, attack: str) -> None:
        await house.submit()
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
            async with house.owner.transaction(WORKER) as conn:
                await conn.execute(attack)  # pyright: ignore[reportArgumentType]


class TestCommands:
    async def test_the_same_key_gives_the_same_answer_however_much_has_happened_since(self, house: House) -> None:
        case_id = await house.submit()
        ask = house.ask("approver", "accept_first", case_id, ground="migrant_worker", papers_owed=[{"kind": "id_copy"}])
        first = await house.commands.carry_out(ask)
        await house.do("caseworker", "add_note", case_id, text="later")

        again = await house.commands.carry_out(ask)

        assert (again.body, again.replayed, first.replayed) == (first.body, True, False)

    async def test_the_same_key_with_another_body_is_a_conflict(self, house: House) -> None:
        case_id = await house.submit()
        await house.do("caseworker", "add_note", case_id, key="test-key-conflict", text="one")

        with pytest.raises(Problem) as problem:
            await house.do("caseworker", "add_note", case_id, key="test-key-conflict", text="two")

        assert (problem.value.status, problem.value.code) == (409, "idempotency_conflict")

    async def test_the_same_key_and_body_for_another_case_is_a_conflict(self, house: House) -> None:
        one, two = await house.submit(), await house.submit()
        await house.do("caseworker", "add_note", one, key="test-key-two-cases", text="one")

        with pytest.raises(Problem) as problem:
            await house.do("caseworker", "add_note", two, key="test-key-two-cases", text="one")

        assert problem.value.code == "idempotency_conflict"

    async def test_one_key_from_two_processes_at_once_opens_one_case(self, house: House) -> None:
        ask = house.ask("receptionist", "submit_application", centre=house.centre, **WAGES)
        answers = await asyncio.gather(*(house.commands.carry_out(ask) for _ in range(6)))

        assert len({answer.body["case_id"] for answer in answers}) == 1
        assert {json.dumps(a.body, sort_keys=True, default=str) for a in answers} == {
            json.dumps(answers[0].body, sort_keys=True, default=str)
        }

    async def test_two_twins_of_one_execution_bring_one_set_of_events(self, house: House) -> None:
        case_id = await house.accepted()
        before = await house.types(case_id)
        request = await taken_in(house, "caseworker", "add_note", case_id, text="twins")

        plans = await asyncio.gather(*(house.recorder.record(request) for _ in range(5)))

        assert await house.types(case_id) == [*before, "note_added"]
        assert {plan.version for plan in plans} == {len(before) + 1}

    async def test_an_acknowledgement_lost_after_the_commit_changes_nothing(self, house: House) -> None:
        case_id = await house.submit()
        request = await taken_in(house, "caseworker", "add_note", case_id, text="once")
        first = await house.recorder.record(request)

        again = await house.recorder.record(request)

        assert again == first
        assert (await house.types(case_id)).count("note_added") == 1

    @pytest.mark.parametrize("opening", [True, False])
    async def test_a_session_that_ended_on_the_way_is_told_to_sign_in_again(self, house: House, opening: bool) -> None:
        if opening:
            ask = house.ask("receptionist", "submit_application", centre=house.centre, **WAGES)
        else:
            ask = house.ask("caseworker", "add_note", await house.submit(), text="迟到的一笔")
        with pytest.raises(Problem) as problem:
            await house.commands.carry_out(replace(ask, session="a session that is over"))
        assert (problem.value.status, problem.value.code) == (401, "authentication_required")

    async def test_a_refusal_is_stored_and_repeated_and_its_body_is_cleared(self, house: House) -> None:
        case_id = await house.submit()
        ask = house.ask("approver", "grant_aid", case_id, reasons="直接批准")
        for _ in range(2):
            with pytest.raises(Problem) as problem:
                await house.commands.carry_out(ask)
            assert (problem.value.status, problem.value.code) == (409, "wrong_state")
            assert "accept_first" in problem.value.values["allowed_commands"]

        async with house.database.transaction(WORKER) as conn:
            rows = await (await conn.execute("SELECT body, outcome FROM inbox WHERE idempotency_key = %s", (ask.key,))).fetchall()
        assert [(row["body"], row["outcome"]["refusal"]["code"]) for row in rows] == [(None, "wrong_state")]

    async def test_numbers_stay_dense_when_a_transaction_is_rolled_back(self, house: House, fault_once: Any) -> None:
        first = await number_of(house, await house.submit())
        fault_once("before_commit")
        second = await number_of(house, await house.submit())

        assert second == first + 1

    async def test_a_stale_version_is_told_apart_from_one_behind_by_clock_events_only(self, house: House) -> None:
        case_id = await house.submit()
        await house.do("caseworker", "add_note", case_id, text="a colleague was faster")
        stale = house.ask("caseworker", "add_note", case_id, text="mine")
        with pytest.raises(Problem) as problem:
            await house.commands.carry_out(replace(stale, if_match=1))

        assert (problem.value.status, problem.value.code) == (412, "version_mismatch")

    async def test_a_snapshot_of_another_shape_is_folded_anew(self, house: House) -> None:
        case_id = await house.accepted()
        async with house.owner.transaction(WORKER) as conn:
            await conn.execute("""UPDATE cases SET schema = 0, snapshot = '{"state": "archived"}' WHERE case_id = %s""", (case_id,))

        answer = await house.do("caseworker", "add_note", case_id, text="still here")

        assert answer.body["state"] == "awaiting_assignment"

    async def test_the_snapshot_is_the_fold_of_the_history(self, house: House) -> None:
        case_id = await house.accepted()
        async with house.database.transaction(WORKER) as conn:
            history = await events.load_history(conn, case_id)
            row = await (await conn.execute("SELECT snapshot FROM cases WHERE case_id = %s", (case_id,))).fetchone()

        folded = fold((r.happened for r in history), blank(case_id))
        assert row is not None
        assert type(folded).model_validate(row["snapshot"]) == folded


class TestPersonalData:
    async def test_no_table_holds_a_name_a_number_or_a_story_in_plain_text(self, house: House) -> None:
        secret = "龘靐齉" * 3
        case_id = await house.submit(
            applicant={
                "name": secret,
                "phone": "13987654321",
                "address": secret,
                "birth_date": "1987-06-05",
                "categories": ["migrant_worker"],
            },
            matter={"summary": secret},
        )
        await house.do("caseworker", "add_note", case_id, text=f"{secret} 13987654321")
        with pytest.raises(Problem):
            await house.do("approver", "grant_aid", case_id, reasons=secret)

        async with house.owner.transaction(WORKER) as conn:
            tables = await (await conn.execute("SELECT tablename AS t FROM pg_tables WHERE schemaname = 'public'")).fetchall()
            everything = SQL("SELECT t::text || encode(t::text::bytea, 'escape') AS r FROM {} t")
            dumps = [
                str(row["r"])
                for table in tables
                for row in await (await conn.execute(everything.format(Identifier(table["t"])))).fetchall()
            ]
        bodies = b"".join([bytes(row["body"]) for row in await tail(house, 0)]).decode()
        dump = "".join(dumps) + bodies
        assert case_id in dump
        assert not [s for s in (secret, "13987654321", "1987-06-05") if s in dump]

    async def test_people_read_back_what_was_typed(self, house: House) -> None:
        case_id = await house.submit()
        answer = await house.do("caseworker", "add_note", case_id, text="口信:下周一来")

        assert answer.body["events"][0]["data"]["text"] == "口信:下周一来"

    async def test_nobody_can_send_a_sealed_value_or_a_subject_of_their_own(self, house: House) -> None:
        sealed = {"subject": str(uuid4()), "box": "AAAA"}
        for applicant in ({"name": sealed}, {"name": "王某", "subject_id": str(uuid4())}):
            with pytest.raises(Problem) as problem:
                await house.submit(applicant=applicant)
            assert problem.value.status == 422

    async def test_a_corrected_name_is_sealed_for_its_person_and_read_back_corrected(self, house: House) -> None:
        case_id = await house.submit()
        opened = (await positions(house, case_id))[0]

        right = {"position": opened, "field": "/applicant/name", "value": "欧阳更正", "reason": "笔误"}
        answer = await house.do("caseworker", "correct_record", case_id, **right)

        async with house.database.transaction(WORKER) as conn:
            row = (await events.rows_of(conn, f"case/{case_id}"))[-1]
            case = await cases.current(conn, case_id)
            assert case is not None
            keys = await load_keys(conn, house.keys.master, [str(case.applicant.subject_id)])
        assert "欧阳更正" not in bytes(row["body"]).decode()
        assert answer.body["events"][0]["data"]["value"] == "欧阳更正"
        assert unseal_json(case.applicant.model_dump(mode="json", exclude_none=True), keys, f"case/{case_id}")["name"] == "欧阳更正"


async def taken_in(house: House, role: Any, command: str, case_id: str, **body: Any) -> RecordRequest:
    """A command in the inbox that nobody has been sent for."""
    ask = house.ask(role, command, case_id, **body)
    taken = await house.commands.take_in(ask)
    return RecordRequest(case_id, taken.command_id, datetime.now(UTC), 0)


async def number_of(house: House, case_id: str) -> int:
    async with house.database.transaction(WORKER) as conn:
        row = await (await conn.execute("SELECT register_number AS n FROM case_list WHERE case_id = %s", (case_id,))).fetchone()
    assert row is not None
    return int(row["n"].split("第")[1].removesuffix("号"))


@pytest.fixture
async def fault_once() -> AsyncIterator[Any]:
    """Let one named point fail once in this process, as a lost database connection would."""

    def arm(point: str) -> None:
        left = [point]

        def hook(reached: str) -> None:
            if reached in left:
                left.remove(reached)
                raise psycopg.OperationalError("the line was cut")

        faultpoints.install(hook)

    yield arm
    faultpoints.install(lambda _: None)


async def positions(house: House, case_id: str) -> list[int]:
    async with house.database.transaction(WORKER) as conn:
        found = await conn.execute("SELECT position FROM events WHERE stream = %s ORDER BY version", (f"case/{case_id}",))
        return [row["position"] for row in await found.fetchall()]


class TestAPipelinedTransaction:
    DRAW = "INSERT INTO number_series (kind, centre, year, last) VALUES (%s, 'C', 2026, 1)"

    async def draw(self, house: House, kind: str, *, times: int = 1, fault: Exception | None = None) -> None:
        async with house.database.transaction(WORKER, pipeline=True) as conn:
            for _ in range(times):
                await conn.execute(self.DRAW, (kind,))
            if fault:
                raise fault
            return

    async def count(self, house: House, kind: str) -> int:
        async with house.database.transaction(WORKER, pipeline=True) as conn:
            rows = await (await conn.execute("SELECT 1 FROM number_series WHERE kind = %s", (kind,))).fetchall()
        return len(rows)

    async def test_what_fails_unseen_is_raised_at_its_end_and_leaves_nothing(self, house: House) -> None:
        kind = f"test-{uuid4()}"
        with pytest.raises(psycopg.errors.UniqueViolation):
            await self.draw(house, kind, times=2)
        assert await self.count(house, kind) == 0

    async def test_what_its_caller_raises_leaves_nothing(self, house: House) -> None:
        kind = f"test-{uuid4()}"
        with pytest.raises(LookupError):
            await self.draw(house, kind, fault=LookupError())
        assert await self.count(house, kind) == 0

    async def test_it_is_kept_where_its_caller_returns_from_within(self, house: House) -> None:
        kind = f"test-{uuid4()}"
        await self.draw(house, kind)
        assert await self.count(house, kind) == 1
