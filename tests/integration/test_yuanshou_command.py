"""The `yuanshou` command on a database of its own: addresses, migrations, the doctor."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, make_url
from sqlalchemy.pool import NullPool
from typer.testing import CliRunner, Result

from ledger.schema import metadata
from ops import keyring, postgres
from ops.cli import app
from ops.home import Home
from ops.process import EngineError


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[postgres.Cluster]:
    """A migrated database on a home that looks as after a run."""
    home = Home(tmp_path_factory.mktemp("command") / "home")
    made = postgres.ensure(home)
    server = postgres.start(made)
    home.write_running({"postgres_port": made.port, "state": "stopped", "children": {}})
    assert yuanshou("migrate", home=home.path).exit_code == 0
    yield made
    postgres.stop(server)


def yuanshou(*words: str, home: Path, **env: str) -> Result:
    clean = {"DATABASE_URL": None, "DATABASE_OWNER_URL": None, "DATABASE_WORKER_URL": None, "TEMPORAL_ADDRESS": None}
    return CliRunner().invoke(app, words, env={**clean, "YUANSHOU_HOME": str(home), **env})


def findings(result: Result) -> dict[str, dict[str, Any]]:
    return {finding["what"]: finding for finding in json.loads(result.stdout)}


def test_dsn_gives_the_applications_address_and_the_owners(cluster: postgres.Cluster) -> None:
    app_address = yuanshou("dsn", home=cluster.home.path)
    owner_address = yuanshou("dsn", "--owner", home=cluster.home.path)

    assert (app_address.exit_code, app_address.stdout.strip()) == (0, cluster.dsn("app"))
    assert (owner_address.exit_code, owner_address.stdout.strip()) == (0, cluster.dsn("owner"))


def test_dsn_of_another_server_is_what_the_environment_says(tmp_path: Path) -> None:
    given = yuanshou("dsn", "--json", home=tmp_path, DATABASE_URL="postgresql://app@127.0.0.1:1/elsewhere")

    assert json.loads(given.stdout) == {"dsn": "postgresql://app@127.0.0.1:1/elsewhere", "answers": False}
    assert given.exit_code == 1


def test_dsn_before_the_first_start_says_so(tmp_path: Path) -> None:
    assert yuanshou("dsn", home=tmp_path).exit_code == 2


def test_migrating_twice_applies_nothing_the_second_time(cluster: postgres.Cluster) -> None:
    again = yuanshou("migrate", "--json", home=cluster.home.path)

    assert json.loads(again.stdout) == {"applied": []}


def test_the_migrations_make_the_very_tables_that_the_statements_are_written_for(cluster: postgres.Cluster) -> None:
    engine = create_engine(make_url(cluster.dsn("owner")).set(drivername="postgresql+psycopg"), poolclass=NullPool)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts={"compare_server_default": False}), metadata) == []


def test_migrating_a_home_that_is_down_starts_its_database_for_it(tmp_path: Path) -> None:
    first = yuanshou("migrate", "--json", home=tmp_path / "home")

    assert json.loads(first.stdout)["applied"][0] == "0001"
    assert first.exit_code == 0


def test_the_doctor_finds_a_whole_database_whole(cluster: postgres.Cluster) -> None:
    found = findings(yuanshou("doctor", "--json", home=cluster.home.path))

    for what in (
        "python",
        "postgresql",
        "database",
        "role",
        "migrations",
        "grants",
        "triggers",
        "wall",
        "wall's offices",
        "master keys",
        "keys",
    ):
        assert found[what]["ok"] is True, found[what]


def test_the_doctor_sees_a_wall_that_was_taken_down(cluster: postgres.Cluster) -> None:
    with psycopg.connect(cluster.dsn("owner"), autocommit=True) as owner:
        owner.execute("ALTER TABLE events DISABLE TRIGGER events_rows_stay")
        owner.execute("GRANT DELETE ON events TO app")
        owner.execute("DROP POLICY wall_read ON messages")
        result = yuanshou("doctor", "--json", home=cluster.home.path)
        owner.execute("ALTER TABLE events ENABLE TRIGGER events_rows_stay")
        owner.execute("REVOKE DELETE ON events FROM app")

    assert result.exit_code == 1
    assert "events_rows_stay" in findings(result)["triggers"]["found"]
    assert "app has DELETE on events" in findings(result)["grants"]["found"]
    assert "policy wall_read on messages is missing" in findings(result)["wall"]["found"]
    assert yuanshou("migrate", home=cluster.home.path).exit_code == 0
    assert findings(yuanshou("doctor", "--json", home=cluster.home.path))["wall"]["ok"]


def test_key_files_of_another_database_are_found_before_anything_starts_on_them(cluster: postgres.Cluster) -> None:
    with psycopg.connect(cluster.dsn("owner"), autocommit=True) as owner:
        owner.execute("INSERT INTO subject_keys (subject_id, master_key, wrapped) VALUES (gen_random_uuid(), 'master-lost', 'x')")
        result = yuanshou("doctor", "--json", home=cluster.home.path)
        with pytest.raises(EngineError, match="master-lost"):
            keyring.check(cluster.dsn("owner"), cluster.home.keys)
        owner.execute("DELETE FROM subject_keys WHERE master_key = 'master-lost'")

    assert result.exit_code == 1
    assert "master-lost" in findings(result)["master keys"]["found"]
    assert not (cluster.home.keys / "master").exists()
    keyring.check(cluster.dsn("owner"), cluster.home.keys)


@pytest.mark.parametrize("verb", ["seed", "rearm"])
def test_verbs_that_need_a_running_system_say_so(verb: str, tmp_path: Path) -> None:
    assert yuanshou(verb, home=tmp_path).exit_code == 2


def test_a_port_that_is_no_number_is_refused(tmp_path: Path) -> None:
    assert yuanshou("up", home=tmp_path, YUANSHOU_PORT="http").exit_code == 2


def test_every_verb_explains_itself_and_its_exit_status(tmp_path: Path) -> None:
    for verb in ("up", "doctor", "migrate", "dsn", "seed", "rearm"):
        assert "Exit status" in yuanshou(verb, "--help", home=tmp_path).stdout, verb


class TestTheFirstAccount:
    """On a database with no worked example: nobody can sign in until the command line made the first administrators."""

    def made(self, cluster: postgres.Cluster, *words: str) -> Result:
        given = {"DATABASE_URL": cluster.dsn("app"), "DATABASE_WORKER_URL": cluster.dsn("worker"), "TEMPORAL_ADDRESS": "127.0.0.1:1"}
        return yuanshou("account", "create", *words, home=cluster.home.path, **given)

    def test_one_of_each_kind_is_made_with_a_first_password_and_no_second(self, cluster: postgres.Cluster) -> None:
        for role in ("security_administrator", "system_administrator"):
            name = role.partition("_")[0]
            first = self.made(cluster, f"{name}.one", "--person", f"P-{name.upper()}", "--name", "曹宁", "--role", role, "--json")
            assert first.exit_code == 0, first.output
            assert len(json.loads(first.stdout)["first_password"]) >= 12
            again = self.made(cluster, f"{name}.two", "--person", f"P-{name.upper()}-2", "--role", role)
            assert (again.exit_code, "already" in again.output) == (1, True)
            both = self.made(cluster, "both", "--person", f"P-{name.upper()}", "--role", "system_administrator")
            assert (both.exit_code, "three people" in both.output) == (1, role == "security_administrator")
        with psycopg.connect(cluster.dsn("owner")) as connection:
            rows = connection.execute("SELECT username, must_change FROM accounts ORDER BY username").fetchall()
            types = connection.execute("SELECT type FROM events WHERE stream = 'account/security.one'").fetchall()
        assert rows == [("security.one", True), ("system.one", True)]
        assert types == [("account_created",)]

    def test_a_name_that_is_none_is_refused(self, cluster: postgres.Cluster) -> None:
        refused = self.made(cluster, "No Name", "--person", "P-X")
        assert refused.exit_code == 1
        assert "user name" in refused.output
