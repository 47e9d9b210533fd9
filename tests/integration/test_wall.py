"""The second wall: what PostgreSQL itself lets a session read and write, whatever the program asks it for.

On a database of its own, since it tampers with it. Nobody here goes through the API: every statement is SQL under the role `app`.
"""

import random
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString, cast, get_args
from zoneinfo import ZoneInfo

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from domain.access import Principal, list_scope
from domain.command import Actor, Role
from domain.directory import CaseScope, Directory, PersonLeft, RoleGranted
from domain.lifecycle import STATES
from ledger.directory import DirectoryCache, extend
from ledger.schema import metadata
from ledger.store import WORKER, Database
from ledger.wall.policies import OPEN, TABLES
from ops import postgres, wall
from ops.example.directory import directory_events, people_accounts
from ops.migration import migrate
from ops.process import EngineError
from tests.integration.walled import REST, SEND, put_case, register, sign_in, walled

CLERK = Actor("system", "system_administrator", "system")
TODAY = datetime.now(ZoneInfo("Asia/Shanghai")).date()
LIAISON, ELSEWHERE = "V-ADX-LIUJIAWAN", "C-YTX"
CASES = 600
CALLERS = 60


@dataclass(frozen=True)
class Town:
    """A database with the example's directory, made-up people signed in, and cases all over the city."""

    cluster: postgres.Cluster
    directory: Directory
    people: dict[str, Principal]
    """By session."""
    cases: dict[str, CaseScope]
    app: psycopg.Connection[dict[str, Any]]

    @contextmanager
    def as_(self, session: str | None) -> Iterator[psycopg.Cursor[dict[str, Any]]]:
        """Statements of one transaction under a session, as the application's role; nothing of them stays."""
        with self.app.transaction(force_rollback=True), self.app.cursor() as cursor:
            if session is not None:
                cursor.execute("SELECT set_config('app.session', %s, true)", [session])
            yield cursor

    def ids(self, session: str | None, table: str = "case_list", column: str = "case_id") -> set[str]:
        with self.as_(session) as sql:
            rows = sql.execute(cast("LiteralString", f"SELECT DISTINCT {column}::text AS id FROM {table}")).fetchall()
        return {row["id"] for row in rows}

    def session_of(self, role: Role, office: str) -> str:
        return next(s for s, who in self.people.items() if (role, office) in who.roles)

    def case_at(self, centre: str, *, outlet: str | None = None) -> str:
        return next(i for i, c in self.cases.items() if c.centre == centre and (outlet is None or c.outlet == outlet) and not c.excluded)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[postgres.Cluster]:
    with walled(tmp_path_factory.mktemp("wall") / "home") as made:
        yield made


@pytest.fixture(scope="module")
async def town(cluster: postgres.Cluster) -> AsyncIterator[Town]:
    async with Database(cluster.dsn("app"), worker=cluster.dsn("worker"), size=2) as database:
        await extend(database, directory_events(), actor=CLERK, now=datetime.now(UTC), command_id="directory")
        async with database.transaction(WORKER) as conn:
            directory = await DirectoryCache().read(conn)
    chance = random.Random(20260302)  # noqa: S311 -- which cases and people there are, the same every time
    with psycopg.connect(cluster.dsn("worker")) as own:
        people = {sign_in(own, who): who for who in (*_of_example(directory), *_made_up(own, directory, chance))}
        cases = dict(_case(own, directory, people, chance) for _ in range(CASES))
    with psycopg.connect(cluster.dsn("app"), row_factory=dict_row, autocommit=True) as app:
        yield Town(cluster, directory, people, cases, app)


def _of_example(directory: Directory) -> Iterator[Principal]:
    for account in people_accounts():
        person = directory.person_of[account.person]
        yield Principal(account.username, person.code, person.roles_on(TODAY), person.lawyer, person.unit)


def _made_up(own: psycopg.Connection[Any], directory: Directory, chance: random.Random) -> Iterator[Principal]:
    """People with one to three roles at any offices, every role among them."""
    roles = [role for role in get_args(Role) if role != "system"]
    offices = [office.code for office in directory.offices()]
    lawyers, units = list(directory.lawyer_of), list(directory.unit_of)
    for number in range(CALLERS):
        held = {(roles[number % len(roles)], chance.choice(offices))} | {
            (chance.choice(roles), chance.choice(offices)) for _ in range(chance.randrange(3))
        }
        code = f"P-MADE-UP-{number}"
        lawyer, unit = chance.choice([None, *lawyers]), chance.choice([None, *units])
        who = Principal(f"made-up-{number}", code, tuple(sorted(held)), lawyer, unit)
        register(own, who)
        yield who


def _case(own: psycopg.Connection[Any], directory: Directory, people: dict[str, Principal], chance: random.Random) -> tuple[str, CaseScope]:
    """A case somewhere, with a row of its own in every table that holds something of cases."""
    whoever = [who.person for who in people.values()]
    codes = sorted({code for who in people.values() for code in who.codes})
    outlets = [o.code for o in directory.offices() if o.kind not in ("centre", "bureau")]
    outlet = chance.choice([None, *outlets])
    under = directory.centre_of(outlet)
    centre = under.code if under and chance.random() < 0.8 else chance.choice([o.code for o in directory.offices() if o.kind == "centre"])
    scope = CaseScope(
        centre=centre,
        outlet=outlet,
        unit=chance.choice([None, *directory.unit_of]),
        owner=chance.choice([None, *whoever]),
        lawyers=tuple(chance.sample(list(directory.lawyer_of), chance.randrange(3))),
        excluded=frozenset(chance.sample(codes, chance.randrange(1, 4))) if chance.random() < 0.2 else frozenset(),
        state=chance.choice(STATES),
        accepted_by=tuple(chance.sample(whoever, chance.randrange(2))),
    )
    case_id = str(uuid.UUID(int=chance.getrandbits(128), version=4))
    put_case(own, case_id, scope)
    return case_id, scope


OF_CASES = {"cases": "case_id", "files": "case_id", "case_people": "case_id", "inbox": "case_id", "events": "split_part(stream, '/', 2)"}


def test_every_caller_sees_the_very_cases_that_the_policy_gives(town: Town) -> None:
    seen = 0
    for session, who in town.people.items():
        policy = list_scope(who, town.directory)
        wanted = {case_id for case_id, scope in town.cases.items() if policy.covers(scope)}
        assert town.ids(session) == wanted, who
        seen += 0 < len(wanted) < len(town.cases)
    assert seen > CALLERS / 2, "most see some and not all, or the test would tell nothing"


@pytest.mark.parametrize(("table", "column"), OF_CASES.items())
def test_what_belongs_to_a_case_is_seen_with_the_case(town: Town, table: str, column: str) -> None:
    for session in (s for s, who in town.people.items() if not who.username.startswith("made-up")):
        assert town.ids(session, table, column) & town.cases.keys() == town.ids(session), (table, session)


def test_a_liaison_cannot_read_another_countys_case_whatever_the_sql(town: Town) -> None:
    session, other = town.session_of("liaison", LIAISON), town.case_at(ELSEWHERE)
    assert town.ids(session), "the liaison does see something"
    with town.as_(session) as sql:
        for table, column in {**OF_CASES, "case_list": "case_id"}.items():
            query = cast("LiteralString", f"SELECT count(*) AS n FROM {table} WHERE {column}::text = %s")
            assert sql.execute(query, [other]).fetchall() == [{"n": 0}], table
        sql.execute("SELECT max(version) FROM events WHERE stream = %s", [f"case/{other}"])
        assert sql.fetchall() == [{"max": None}]


def test_a_supervisor_reads_what_happened_in_the_offices_below(town: Town) -> None:
    county = next(who for s, who in town.people.items() for role, office in who.roles if role == "supervisor" and office == "C-ADX")
    session = f"session of {county.username}"
    below = town.directory.below("C-ADX")
    wanted = {i for i, c in town.cases.items() if {c.centre, c.outlet} & below and not c.excluded & county.codes}

    assert town.ids(session, "events", "split_part(stream, '/', 2)") >= wanted
    assert not town.ids(session) & {i for i, c in town.cases.items() if not {c.centre, c.outlet} & below and county.person != c.owner}


WRITES = {
    "case_list": "UPDATE case_list SET owner = 'P-ME' WHERE case_id = %s",
    "cases": "UPDATE cases SET centre = 'C-ADX' WHERE case_id = %s",
    "events": "UPDATE events SET actor = 'x' WHERE stream = 'case/' || %s",
    "inbox": "UPDATE inbox SET outcome = '{}' WHERE case_id = %s",
    "files": "INSERT INTO files (document_id, case_id, digest, size, media_type, content) VALUES (gen_random_uuid(), %s, '', 0, '', '')",
    "case_people": "DELETE FROM case_people WHERE case_id = %s",
    "outbox": "SELECT 1 FROM outbox WHERE case_id = %s",
    "command": f"{SEND} VALUES ('c', wall_user(), 'k', '', '', %s, 'add_note', '{{}}', '')",
    "event": f"INSERT INTO events SELECT 'x', 'case', 9000001, 'case/' || %s, 2, 'note_added', 1, {REST}",
}


@pytest.mark.parametrize("what", WRITES)
def test_a_liaison_writes_nothing_of_another_countys_case(town: Town, what: str) -> None:
    with town.as_(town.session_of("liaison", LIAISON)) as sql, pytest.raises(InsufficientPrivilege):
        sql.execute(cast("LiteralString", WRITES[what]), [town.case_at(ELSEWHERE)])


ESCAPES = {
    "a role for oneself": "INSERT INTO wall_grants VALUES ((SELECT wall_person()), 'auditor', 'B-CITY', '-infinity', 'infinity')",
    "an event that gives a role": f"INSERT INTO events SELECT 'x', 'case', 9000002, 'directory/people', 9000, 'role_granted', 1, {REST}",
    "an account": "INSERT INTO accounts (username, person, password_hash) VALUES ('mine', 'P-HAN-LEI', '')",
    "a session": "INSERT INTO sessions (token_hash, username, kind, expires_at) VALUES ('x', 'han.lei', 'bearer', 'infinity')",
    "another's name on a command": f"{SEND} VALUES ('c', 'han.lei', 'k', '', '', gen_random_uuid(), 'submit_application', '{{}}', '')",
    "the wall itself": "DROP POLICY wall_read ON case_list",
    "a table's rows past the policies": "ALTER TABLE case_list DISABLE ROW LEVEL SECURITY",
    "the worker's role": "SET ROLE worker",
    "what sessions there are": "SELECT * FROM wall_now",
}


@pytest.mark.parametrize("what", ESCAPES)
def test_no_session_gives_itself_more(town: Town, what: str) -> None:
    with town.as_(town.session_of("liaison", LIAISON)) as sql, pytest.raises(InsufficientPrivilege):
        sql.execute(cast("LiteralString", ESCAPES[what]))


def test_of_sessions_and_accounts_everybody_sees_their_own(town: Town) -> None:
    session = town.session_of("liaison", LIAISON)
    me = town.people[session].username
    assert town.ids(session, "accounts", "username") == town.ids(session, "sessions", "username") == {me}
    assert len(town.ids(town.session_of("security_administrator", "B-CITY"), "accounts", "username")) == len(town.people)


def test_messages_are_their_persons_alone(town: Town) -> None:
    mine = town.session_of("liaison", LIAISON)
    person = town.people[mine].person
    with psycopg.connect(town.cluster.dsn("worker")) as own:
        for number, whose in enumerate((person, "P-HAN-LEI")):
            own.execute(
                "INSERT INTO messages (id, person, case_id, kind, data) VALUES (%s, %s, gen_random_uuid(), 'x', %s)",
                [f"m{number}", whose, Jsonb({})],
            )
    assert town.ids(mine, "messages", "person") == {person}
    with town.as_(mine) as sql:
        assert sql.execute("UPDATE messages SET read_at = now()").rowcount == 1


NOBODY = {
    "unknown": "SELECT 'a token nobody was given'",
    "empty": "SELECT ''",
    "the worker's name": "SELECT 'worker'",
    "ended": "UPDATE sessions SET ended_at = now() WHERE username = %(user)s",
    "expired": "UPDATE sessions SET expires_at = now() - interval '1 second' WHERE username = %(user)s",
    "of a disabled account": "UPDATE accounts SET disabled = true WHERE username = %(user)s",
    "of a person unknown": "UPDATE accounts SET person = 'P-GONE' WHERE username = %(user)s",
    "of a role that ended yesterday": "UPDATE wall_grants SET until = current_date - 2 WHERE person = %(person)s",
    "of a role that begins later": "UPDATE wall_grants SET since = current_date + 2 WHERE person = %(person)s",
}


@pytest.mark.parametrize("what", NOBODY)
def test_a_session_that_is_none_sees_nothing_and_writes_nothing(town: Town, what: str) -> None:
    session = town.session_of("caseworker", "C-ADX")
    who = town.people[session]
    assert town.ids(session)
    with psycopg.connect(town.cluster.dsn("owner"), row_factory=dict_row) as conn:
        found = conn.execute(cast("LiteralString", NOBODY[what]), {"user": who.username, "person": who.person})
        given = next(iter(cast("dict[str, Any]", found.fetchone()).values())) if found.description else session
        conn.commit()
    try:
        held = {table: town.ids(given, table, column) for table, column in {**OF_CASES, "case_list": "case_id"}.items()}
        if "role" not in what:
            held["directory"] = town.ids(given, "events", "stream") | town.ids(given, "wall_people", "code")
        assert {table: len(ids) for table, ids in held.items() if ids and table != "events"} == {}
        assert not {i for i in held["events"] if i in town.cases}
        with town.as_(given) as sql, pytest.raises(InsufficientPrivilege):
            sql.execute(
                "INSERT INTO files (document_id, case_id, digest, size, media_type, content) VALUES (%(c)s, %(c)s, '', 0, '', '')",
                {"c": town.case_at("C-ADX")},
            )
    finally:
        with psycopg.connect(town.cluster.dsn("owner")) as conn:
            conn.execute("UPDATE sessions SET ended_at = NULL, expires_at = now() + interval '1 hour' WHERE username = %s", [who.username])
            conn.execute("UPDATE accounts SET disabled = false, person = %s WHERE username = %s", [who.person, who.username])
            conn.execute("UPDATE wall_grants SET since = '-infinity', until = 'infinity' WHERE person = %s", [who.person])


def test_without_any_session_nothing_is_seen(town: Town) -> None:
    for table in (*OF_CASES, "case_list", "accounts", "sessions", "subject_keys", "deeds", "messages", "wall_grants"):
        with town.as_(None) as sql:
            assert sql.execute(cast("LiteralString", f"SELECT count(*) AS n FROM {table}")).fetchall() == [{"n": 0}], table


async def test_roles_that_end_in_the_directory_end_at_the_wall(town: Town) -> None:
    session = town.session_of("caseworker", "C-YTX")
    who = town.people[session].person
    assert town.ids(session)
    async with Database(town.cluster.dsn("app"), worker=town.cluster.dsn("worker"), size=2) as database:
        given = RoleGranted(since=TODAY - timedelta(days=9), person=who, role="auditor", office="B-CITY", until=TODAY - timedelta(days=2))
        await extend(database, [given], actor=CLERK, now=datetime.now(UTC), command_id="given")
        assert town.ids(session) < town.cases.keys()
        await extend(
            database, [PersonLeft(since=TODAY - timedelta(days=1), person=who)], actor=CLERK, now=datetime.now(UTC), command_id="left"
        )
    assert town.ids(session) == set()


def test_every_table_is_behind_a_forced_policy_or_says_why_not(town: Town) -> None:
    with psycopg.connect(town.cluster.dsn("app")) as conn:
        assert list(wall.drift(conn)) == []
        rows = conn.execute(
            "SELECT relname, relrowsecurity AND relforcerowsecurity FROM pg_class"
            " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
        ).fetchall()
    assert {table for table, walled in rows if not walled} == OPEN.keys()
    assert TABLES.keys() == metadata.tables.keys()
    assert all(OPEN.values())


TAMPERED = {
    "policy wall_read on case_list is missing": "DROP POLICY wall_read ON case_list",
    "policy wall_read on events was changed": "ALTER POLICY wall_read ON events USING (true)",
    "policy mine on files is a stranger's": "CREATE POLICY mine ON files USING (true)",
    "policy wall_read on inbox was changed": "ALTER POLICY wall_read ON inbox TO app, reader",
    "row-level security is off on files": "ALTER TABLE files DISABLE ROW LEVEL SECURITY",
    "row-level security is not forced on cases": "ALTER TABLE cases NO FORCE ROW LEVEL SECURITY",
    "app has DELETE on messages": "GRANT DELETE ON messages TO app",
    "app has SELECT on outbox": "GRANT SELECT (kind) ON outbox TO app",
    "worker lacks INSERT on events": "REVOKE INSERT ON events FROM worker",
    "function wall_everything was changed": "CREATE OR REPLACE FUNCTION wall_everything() RETURNS boolean LANGUAGE sql"
    " STABLE AS 'SELECT true'",
    "view wall_now is missing or was changed": "CREATE OR REPLACE VIEW wall_now AS SELECT ''::text AS username, ''::text AS person,"
    " ''::text AS lawyer, ''::text AS unit, ''::text AS role, ''::text AS office",
}


@pytest.mark.parametrize("found", TAMPERED)
def test_a_wall_changed_by_hand_is_seen(town: Town, found: str) -> None:
    with psycopg.connect(town.cluster.dsn("owner")) as conn:
        conn.execute(cast("LiteralString", TAMPERED[found]))
        assert found in list(wall.drift(conn))
        conn.rollback()


def test_the_next_start_puts_up_what_was_taken_down_and_touches_nothing_else(town: Town) -> None:
    session = town.session_of("liaison", LIAISON)
    before = town.ids(session)
    with psycopg.connect(town.cluster.dsn("owner"), autocommit=True) as conn:
        conn.execute("ALTER POLICY wall_read ON case_list USING (true)")
    assert town.ids(session) == town.cases.keys(), "the policy is what holds"

    assert migrate(town.cluster.dsn("owner"))
    assert town.ids(session) == before
    assert not migrate(town.cluster.dsn("owner")), "nothing is left to do"


def test_a_table_nobody_spoke_of_stops_the_migration(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wall, "TABLES", {name: said for name, said in TABLES.items() if name != "files"})
    with psycopg.connect(town.cluster.dsn("owner")) as conn, pytest.raises(EngineError, match="who may read files"):
        wall.build(conn)


def test_a_strangers_table_that_people_may_read_is_told(town: Town) -> None:
    with psycopg.connect(town.cluster.dsn("owner")) as conn:
        conn.execute("CREATE TABLE stranger (case_id uuid); CREATE TABLE apart (case_id uuid); GRANT SELECT ON stranger TO app")
        assert wall.strangers(conn) == ["stranger"]
        conn.rollback()


def test_a_shadow_that_says_something_else_than_the_directory_is_seen(town: Town) -> None:
    with psycopg.connect(town.cluster.dsn("owner")) as conn:
        wall.build(conn)  # takes away the people made up
        assert list(wall.shadow_drift(conn)) == []
        conn.execute("UPDATE wall_grants SET role = 'auditor' WHERE person = 'P-KANG-BAO'")
        assert list(wall.shadow_drift(conn)) == ["2 rows of wall_grants"]
        conn.rollback()


def test_an_installation_with_one_role_works_without_the_wall_and_is_told_so(town: Town) -> None:
    address = town.cluster.dsn("owner")
    superuser = address.replace(
        "owner:" + town.cluster.home.secret("postgres-owner"), "postgres:" + town.cluster.home.secret("postgres-postgres")
    )
    try:
        with psycopg.connect(superuser, autocommit=True) as conn:
            conn.execute("ALTER ROLE worker RENAME TO worker_away")
        migrate(address)
        with psycopg.connect(address) as conn:
            assert list(wall.drift(conn)) == ["there is no database role worker"]
            assert conn.execute("SELECT count(*) FROM case_list").fetchall() == [(CASES,)]
        assert town.ids(None) == town.cases.keys()
    finally:
        with psycopg.connect(superuser, autocommit=True) as conn:
            conn.execute("ALTER ROLE worker_away RENAME TO worker")
        assert migrate(address)
    assert town.ids(None) == set()
