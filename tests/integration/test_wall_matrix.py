"""The access matrix asked of PostgreSQL: each role at each office, each relation of a case, as SQL under row-level security."""

import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import LiteralString, cast

import psycopg
import pytest

from domain.command import COMMANDS, Actor, Role
from domain.directory import OfficeOpened
from ledger.directory import extend
from ledger.store import Database
from ops import postgres
from scripts.access_doc import HELD, SINCE, city, commanded, inquired, inquiry_relations, person, reached, relations
from tests.integration.walled import put_case, put_inquiry, register, sign_in, walled

CITY = city()
CLERK = Actor("system", "system_administrator", "system")
SHOWN = {
    "case_list": "case_id::text",
    "cases": "case_id::text",
    "events": "split_part(stream, '/', 2)",
    "files": "case_id::text",
    "case_people": "case_id::text",
    "inbox": "case_id::text",
}
COMMAND = (
    "INSERT INTO inbox (command_id, principal, idempotency_key, body_hmac, hmac_key, case_id, command, actor, correlation_id)"
    " VALUES (%(key)s, wall_user(), %(key)s, '', '', %(case)s, %(command)s, '{}', '')"
)


@pytest.fixture(scope="module")
async def database(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[postgres.Cluster]:
    with walled(tmp_path_factory.mktemp("matrix") / "home") as cluster:
        async with Database(cluster.dsn("app"), worker=cluster.dsn("worker"), size=2) as opened:
            offices = [OfficeOpened(since=SINCE, office=office) for office in CITY.offices()]
            await extend(opened, offices, actor=CLERK, now=datetime.now(UTC), command_id="offices")
        yield cluster


def enter(cluster: postgres.Cluster, role: Role, office: str) -> tuple[str, dict[str, str]]:
    """Somebody with that role at that office, and a case in each relation to them: their session, the cases' ids with the relations."""
    mark = uuid.uuid4().hex[:8]
    who = replace(person(role, office), username=f"me-{mark}")
    with psycopg.connect(cluster.dsn("worker")) as own:
        own.execute("DELETE FROM wall_people")  # one person bears the code at a time
        own.execute("DELETE FROM wall_grants")
        register(own, who)
        cases = {str(uuid.uuid4()): relation for relation in relations(office, CITY)}
        for case_id, relation in cases.items():
            put_case(own, case_id, relation.case)
        return sign_in(own, who), {case_id: relation.code for case_id, relation in cases.items()}


@pytest.mark.parametrize(("role", "office"), [(role, office) for role, office, _ in HELD])
def test_the_database_shows_and_takes_commands_for_the_very_cases_the_policy_does(
    database: postgres.Cluster, role: Role, office: str
) -> None:
    session, cases = enter(database, role, office)
    wanted = {code for code, seen in reached(role, office, CITY).items() if seen}
    with psycopg.connect(database.dsn("app"), autocommit=True) as conn:
        conn.execute("SELECT set_config('app.session', %s, false)", [session])
        for table, column in SHOWN.items():
            query = cast("LiteralString", f"SELECT {column} FROM {table} WHERE {column} = ANY(%s)")
            assert {cases[str(row[0])] for row in conn.execute(query, [list(cases)]).fetchall()} == wanted, table
        taken = {code for case_id, code in cases.items() if _takes(conn, case_id)}
    assert taken == wanted
    for command in COMMANDS.values():
        if command.states and command.stream not in ("consultation", "duty"):
            allowed = {code for code, may in commanded(command.name, role, office, CITY).items() if may}
            assert allowed <= taken, "what the policy lets be sent, the database takes in"


@pytest.mark.parametrize(("role", "office"), [(role, office) for role, office, _ in HELD])
def test_the_database_shows_the_very_inquiries_the_policy_does(database: postgres.Cluster, role: Role, office: str) -> None:
    session, _ = enter(database, role, office)
    inquiries = {str(uuid.uuid4()): relation for relation in inquiry_relations(office, CITY)}
    with psycopg.connect(database.dsn("worker")) as own:
        for inquiry_id, relation in inquiries.items():
            put_inquiry(own, inquiry_id, relation.case)
    with psycopg.connect(database.dsn("app")) as conn:
        conn.execute("SELECT set_config('app.session', %s, false)", [session])
        for table, column in {"inquiries": "inquiry_id::text", "cases": "case_id::text", "case_people": "case_id::text"}.items():
            query = cast("LiteralString", f"SELECT {column} FROM {table} WHERE {column} = ANY(%s)")
            seen = {inquiries[str(row[0])].code for row in conn.execute(query, [list(inquiries)]).fetchall()}
            assert seen == {code for code, reached in inquired(role, office, CITY).items() if reached}, table


def _takes(conn: psycopg.Connection[tuple[object, ...]], case_id: str) -> bool:
    """Whether the inbox takes a command about the case."""
    try:
        with conn.transaction():
            conn.execute(COMMAND, {"key": str(uuid.uuid4()), "case": case_id, "command": "add_note"})
    except psycopg.errors.InsufficientPrivilege:
        return False
    return True
