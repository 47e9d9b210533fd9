"""A ledger whose clock is set by the test: months pass in minutes, on real engines.

The database's clock is the time that counts (docs/decisions/0012). Here a function of the same name stands before PostgreSQL's own on the
search path of every session; it adds what a table says. Temporal's clock and the processes' stay as they are: as if their hosts were months
behind, which the product must see through.
"""

from datetime import UTC, datetime, timedelta

from tests.faults.harness import System

_STATEMENTS = (
    "CREATE SCHEMA almanac",
    "CREATE TABLE almanac.ahead (since timestamptz PRIMARY KEY, by interval NOT NULL)",
    "INSERT INTO almanac.ahead VALUES ('-infinity', interval '0')",
    """CREATE FUNCTION almanac.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
    AS 'SELECT pg_catalog.clock_timestamp() + by FROM almanac.ahead WHERE since <= pg_catalog.clock_timestamp()
        ORDER BY since DESC LIMIT 1'""",
    "GRANT USAGE ON SCHEMA almanac TO PUBLIC",
    "GRANT SELECT ON almanac.ahead TO PUBLIC",
)


async def install(system: System) -> None:
    """Put the clock in; sessions opened from now on go by it."""
    async with await system.connect() as conn:
        for statement in _STATEMENTS:
            await conn.execute(statement.encode())
        name = (await (await conn.execute("SELECT current_database() AS name")).fetchone() or {})["name"]
        await conn.execute(f'ALTER DATABASE "{name}" SET search_path = almanac, pg_catalog, public'.encode())


async def turn_to(system: System, moment: datetime) -> None:
    """Let it be that moment; the clock goes on from there. Nobody's session ends for it: who signed in stays so for the tests."""
    async with await system.connect() as conn, conn.transaction():
        await conn.execute("DELETE FROM almanac.ahead")
        await conn.execute("INSERT INTO almanac.ahead VALUES ('-infinity', %s - pg_catalog.clock_timestamp())", (moment,))
        await conn.execute(
            "UPDATE sessions SET seen_at = until, expires_at = until"
            " FROM (SELECT greatest(%s, pg_catalog.now()) + interval '30 days' AS until) u",
            (moment,),
        )


async def leap(system: System, at: datetime, by: timedelta) -> None:
    """Let the clock, when Temporal's says `at`, go ahead by so much, whether anybody is there to see it or not."""
    async with await system.connect() as conn:
        await conn.execute("INSERT INTO almanac.ahead SELECT %s, by + %s FROM almanac.ahead WHERE since = '-infinity'", (at, by))


async def read(system: System) -> datetime:
    rows = await system.rows("SELECT almanac.clock_timestamp() AS now")
    return rows[0]["now"].astimezone(UTC)
