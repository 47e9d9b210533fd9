"""Cases are found by their numbers: rightly, and by an index beside the wall."""

from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from domain.access import Scope, list_scope
from ledger.schema import case_list
from ledger.sql import Connection, Statement, fetch_all, run
from ledger.store import WORKER
from ledger.tokens import tokens_for_query
from readmodels import search
from readmodels.case_numbers import serial_of
from readmodels.scope import within
from readmodels.search import CaseQuery
from tests.house import House, session_of
from tests.integration.test_readmodels import undone

WHOLE = "试城援民字〔2031〕第31846号"


async def found(conn: Connection, house: House, q: str, scope: Scope | None = None) -> set[str]:
    """Ids of everything the words find, read to the end."""
    ids = set[str]()
    cursor: str | None = None
    while True:
        query = CaseQuery(q=q, tokens=[token for _, token in tokens_for_query(house.keys.search, q)], cursor=cursor, limit=200)
        page = await search.find(conn, scope or Scope(everything=True, reaches=(), excluded=frozenset()), query)
        ids |= {str(row["case_id"]) for row in page.rows}
        if (cursor := page.next_cursor) is None:
            return ids


async def numbered(conn: Connection, case_id: str, number: str) -> None:
    """The case under this number alone, in whatever order the house gave it its own."""
    values = {"case_number": number, "case_serial": serial_of(number), "register_number": None, "register_serial": None}
    await run(conn, sa.update(case_list).where(case_list.c.case_id == case_id).values(**values))


@pytest.mark.parametrize(
    ("q", "hit"),
    [
        (WHOLE, True),
        ("试城援民字(2031)第31846号", True),
        ("试城援民字［２０３１］第 318", True),
        ("试城", True),
        ("援民字〔2031〕第31846号", True),
        ("民字〔2031〕第318", True),
        ("〔2031〕第31846", True),
        ("第31846号", True),
        ("31846号", True),
        ("31846", True),
        ("３１８", True),
        ("〔2031〕", True),
        ("民字〔2031", True),
        ("31", False),
        ("第318号", False),
        ("318461", False),
        ("刑字〔2031〕第31846号", False),
        ("试城援刑字", False),
        ("王援朝", False),
        ("%", False),
        ("_", False),
    ],
)
async def test_a_number_is_found_by_its_parts_and_nothing_else(house: House, q: str, hit: bool) -> None:
    case_id, other = await house.submit(), await house.submit()
    async with undone(house) as conn:
        await numbered(conn, case_id, WHOLE)
        ids = await found(conn, house, q)
        assert (case_id in ids) is hit
        assert other not in ids or q == "31"


async def test_a_short_serial_number_is_found_as_a_whole(house: House) -> None:
    case_id, longer = await house.submit(), await house.submit()
    async with undone(house) as conn:
        await numbered(conn, case_id, "试城援民字〔2031〕第31号")
        await numbered(conn, longer, "试城援民字〔2031〕第3105号")
        ids = await found(conn, house, "31")
    assert case_id in ids
    assert longer not in ids


async def test_the_row_written_with_the_case_holds_the_digits(house: House) -> None:
    case_id = await house.accepted()
    async with house.database.transaction(WORKER) as conn:
        (row,) = await fetch_all(conn, sa.select(case_list).where(case_list.c.case_id == case_id))
    assert row["register_number"].endswith(f"第{row['register_serial']}号")
    assert row["case_number"].endswith(f"第{row['case_serial']}号")


@pytest.mark.parametrize(
    ("q", "index"),
    [("31846", "serial"), ("民字〔2031〕第318", "serial"), ("试城援民字〔2031〕第3", "number"), ("王援朝", "number")],
)
async def test_no_search_by_number_reads_every_case_whoever_asks(house: House, q: str, index: str) -> None:
    who = house.who("caseworker")
    scope = list_scope(who, house.directory)
    query = CaseQuery(q=q)
    statement = Statement(sa.select(case_list.c.case_id).where(within(scope), *search.filters(query, scope)))
    async with house.database.transaction(session_of(who)) as conn:
        await conn.execute("SELECT set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true)")
        rows: list[Any] = await (await conn.execute(b"EXPLAIN " + statement.text, statement.bind({}))).fetchall()
    plan = "\n".join(str(next(iter(row.values()))) for row in rows)
    assert "Seq Scan on case_list" not in plan, plan
    for kind in ("register", "case"):
        at = plan.index(f"case_list_{kind}_{index}")
        assert f"Index Cond: (({kind}_{index}" in plan[at : at + 400], plan


async def test_who_may_not_see_a_case_does_not_find_it_by_its_number(house: House) -> None:
    case_id = await house.submit()
    elsewhere = Scope(everything=False, reaches=(), excluded=frozenset())
    number = f"试城援民字〔2031〕第{uuid4().int % 10**6}号"
    async with undone(house) as conn:
        await numbered(conn, case_id, number)
        assert await found(conn, house, number) == {case_id}
        assert await found(conn, house, number, elsewhere) == set()
