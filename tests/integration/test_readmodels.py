"""The read models against the real ledger: a rebuild changes nothing, a reminder reaches each person once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from psycopg import Rollback

from domain.access import Scope, list_scope
from domain.case import AcceptFirst, CaseState, Closure, Objection, Recipient
from domain.command import Role
from domain.directory import CaseScope
from ledger.schema import case_list, messages, outbox
from ledger.sql import Row, fetch_all, run
from ledger.store import WORKER
from ledger.tokens import tokens_for_query
from notify.deliver import acting, deliver_open, recipients
from readmodels import case_list as listed
from readmodels import inbox, search
from readmodels.scope import within
from readmodels.search import CaseQuery
from tests.house import House

TODAY = datetime.now(UTC).date()


@asynccontextmanager
async def undone(house: House) -> AsyncIterator[Any]:
    """A transaction of the owner whose changes are taken back."""
    async with house.owner.transaction(WORKER) as conn:
        yield conn
        raise Rollback


def stood(state: str, **changes: Any) -> CaseState:
    return CaseState(case_id=str(uuid4()), state=state, **changes)  # pyright: ignore[reportArgumentType]


def lane(**changes: Any) -> AcceptFirst:
    fields: dict[str, Any] = {"state": "papers_owed", "basis": "local_policy", "ground": "x", "papers_owed": (), "papers_listed": ()}
    return AcceptFirst(**fields | {"due_on": TODAY, "accepted_on": TODAY} | changes)


@pytest.mark.parametrize(
    ("case", "waits_for"),
    [
        (stood("received"), "caseworker"),
        (stood("awaiting_papers"), "applicant"),
        (stood("examined"), "caseworker"),
        (stood("examined", recommendation="grant"), "approver"),
        (stood("assigned"), "unit_manager"),
        (stood("lawyer_named"), "lawyer"),
        (stood("lawyer_named", on_notice=True), "caseworker"),
        (stood("in_representation"), "lawyer"),
        (stood("in_representation", accept_first=lane(state="papers_complete", deferred=True)), "caseworker"),
        (stood("in_representation", accept_first=lane(state="papers_complete", deferred=True), recommendation="grant"), "approver"),
        (stood("assigned", accept_first=lane(by_delegation=True)), "approver"),
        (stood("closing", released_lawyers=("L-1",)), "lawyer"),
        (stood("closing"), "caseworker"),
        (stood("closing", closure=Closure(reports=1)), "caseworker"),
        (stood("closing", closure=Closure(reports=1, returns=1), released_lawyers=("L-1",)), "lawyer"),
        (stood("subsidy_approved"), "finance_officer"),
        (stood("archived"), None),
        (stood("refused"), None),
    ],
)
def test_a_case_waits_for_whoever_must_act_next(case: CaseState, waits_for: Role | None) -> None:
    assert listed.waiting_for(case) == waits_for


def test_a_filed_objection_waits_for_the_bureau_even_after_the_end() -> None:
    objection = Objection(state="filed", filed_on=datetime.now(UTC).date(), against="refused")
    case = stood("refused", recipients=(Recipient(party_id=0, objection=objection),))
    assert listed.waiting_for(case) == "bureau_officer"


async def test_every_state_but_an_ending_has_somebody_who_must_act() -> None:
    from domain.lifecycle import END_STATES, STATES  # noqa: PLC0415

    assert {s for s in STATES if listed.waiting_for(stood(s)) is None} == END_STATES


async def test_a_case_is_found_by_its_number_up_to_the_serial_in_any_brackets_and_by_nobody_it_is_kept_from(house: House) -> None:
    case_id = await house.submit()
    async with undone(house) as conn:
        await run(conn, sa.update(case_list).where(case_list.c.case_id == case_id).values(register_number="定城援登字〔2026〕第80417号"))
        own, elsewhere = list_scope(house.who("caseworker"), house.directory), Scope(False, (), frozenset())
        for q in ("定城援登字〔2026〕第80417号", "定城援登字(2026)第８０４１７号", "[2026] 第80417", "80417", "804", "第80417号"):
            assert case_id in await search.numbered(conn, own, q), q
        for q in ("80", "0417", "804号", "第80418号", "2025第80417号", "欧阳某某", ""):
            assert case_id not in await search.numbered(conn, own, q), q
        assert await search.numbered(conn, elsewhere, "80417") == []


async def test_where_the_applicant_is_withheld_neither_name_nor_category_finds_the_case(house: House) -> None:
    case_id = await house.submit(applicant={"name": "闻人静好", "categories": ["migrant_worker"]})
    await house.do("approver", "accept_first", case_id, ground="migrant_worker", papers_owed=[{"kind": "id_copy"}])
    tokens = [token for _, token in tokens_for_query(house.keys.search, "闻人静好")]
    async with undone(house) as conn:
        await run(conn, sa.update(case_list).where(case_list.c.case_id == case_id).values(state="subsidy_approved"))
        number = (await listed.row_of(conn, case_id) or {})["register_number"]
        ids = await search.numbered(conn, list_scope(house.who("caseworker"), house.directory), number)
        by_what = {
            "number": CaseQuery(q=number, numbered=ids, tokens=[token for _, token in tokens_for_query(house.keys.search, number)]),
            "name": CaseQuery(q="闻人静好", tokens=tokens),
            "category": CaseQuery(category="migrant_worker", state="subsidy_approved"),
            "lane": CaseQuery(state="papers_owed", q=number, numbered=ids),
            "stage": CaseQuery(stage="accept_first", q=number, numbered=ids),
        }
        for role, found in (("finance_officer", {"number"}), ("caseworker", set(by_what))):
            scope = list_scope(house.who(role), house.directory)
            pages = {what: await search.find(conn, scope, query) for what, query in by_what.items()}
            assert {what for what, page in pages.items() if case_id in {str(r["case_id"]) for r in page.rows}} == found, role


async def test_a_person_behind_a_wall_is_not_in_their_own_scope(house: House) -> None:
    case_id = await house.submit()
    async with undone(house) as conn:
        await run(conn, sa.update(case_list).where(case_list.c.case_id == case_id).values(excluded=["zhang"]))
        for codes, seen in ((frozenset({"zhang"}), False), (frozenset({"li"}), True)):
            found = await fetch_all(
                conn, sa.select(case_list.c.case_id).where(within(Scope(True, (), codes)), case_list.c.case_id == case_id)
            )
            assert bool(found) is seen


async def put_outbox(house: House, case_id: str, functions: list[str]) -> str:
    notice = f"{case_id}/assign_unit/3/3/{uuid4().hex[:6]}"
    async with house.database.transaction(WORKER) as conn:
        data = {"clock": "assign_unit/3", "limit": "assign_unit", "due_on": "2026-11-30"}
        values = {"id": notice, "case_id": case_id, "position": 1, "kind": "deadline_warned", "recipients": functions, "data": data}
        await run(conn, sa.insert(outbox).values(**values, centre=house.centre))
    return notice


async def delivered(house: House, notice: str) -> list[Row]:
    async with house.database.transaction(WORKER) as conn:
        return await fetch_all(conn, sa.select(messages).where(messages.c.id.startswith(notice)).order_by(messages.c.id))


async def test_two_notifiers_at_once_bring_each_person_one_message(house: House) -> None:
    case_id = await house.accepted()
    notices = [await put_outbox(house, case_id, ["owner", "approver"]) for _ in range(6)]
    counts = await asyncio.gather(*(deliver_open(house.database, house.notices(TODAY), 3) for _ in range(3)))
    while await deliver_open(house.database, house.notices(TODAY), 50):
        pass
    people = set(house.directory.who("approver", CaseScope(centre=house.centre), TODAY))
    for notice in notices:
        found = await delivered(house, notice)
        assert {m["person"] for m in found} == people
        assert len(found) == len(people)
    assert sum(counts) >= 6


async def test_a_row_taken_again_after_a_crash_brings_no_second_message(house: House) -> None:
    notice = await put_outbox(house, await house.accepted(), ["supervisor"])
    while await deliver_open(house.database, house.notices(TODAY), 50):
        pass
    first = await delivered(house, notice)
    async with house.owner.transaction(WORKER) as conn:
        await run(conn, sa.update(outbox).where(outbox.c.id == notice).values(delivered_at=None))
    while await deliver_open(house.database, house.notices(TODAY), 50):
        pass
    assert await delivered(house, notice) == first
    assert first


async def test_a_message_is_read_by_its_own_person_only_and_once(house: House) -> None:
    notice = await put_outbox(house, await house.accepted(), ["supervisor"])
    while await deliver_open(house.database, house.notices(TODAY), 50):
        pass
    message = (await delivered(house, notice))[0]
    async with house.database.transaction(WORKER) as conn:
        assert not await inbox.mark_read(conn, "somebody-else", message["id"])
        assert await inbox.mark_read(conn, message["person"], message["id"])
        unread = await inbox.of_person(conn, message["person"], unread=True, cursor=None, limit=200)
        every = await inbox.of_person(conn, message["person"], unread=False, cursor=None, limit=200)
    assert message["id"] not in {m["id"] for m in unread.rows}
    assert message["id"] in {m["id"] for m in every.rows}


@pytest.mark.parametrize(
    ("limit", "waits_for", "function"),
    [("assign_unit", "approver", "approver"), ("supply_owed_papers", "lawyer", "owner"), ("examine_application", "caseworker", "owner")],
)
def test_the_owner_of_a_rung_is_whoever_must_act(limit: str, waits_for: str, function: str) -> None:
    assert acting("owner", limit, waits_for) == function
    assert acting("supervisor", limit, waits_for) == "supervisor"


def test_nobody_behind_a_wall_is_reminded(house: House) -> None:
    case = CaseScope(centre=house.centre)
    approver = house.directory.who("approver", case, TODAY)[0]
    walled = CaseScope(centre=house.centre, excluded=frozenset({approver}))
    assert approver in recipients(["approver"], case, house.directory, TODAY)
    assert approver not in recipients(["approver"], walled, house.directory, TODAY)
