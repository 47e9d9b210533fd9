"""The worked example's tour, put into the home: its steps (`tour.yaml`), and who may sign in with which password."""

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import yaml

from ops.example import accounts
from ops.example.accounts import Login
from ops.example.story import directory
from ops.home import Home
from web.guide import FILE, Guest, Guide, Step


@cache
def steps() -> tuple[Step, ...]:
    rows = yaml.safe_load(Path(__file__).with_name("tour.yaml").read_text(encoding="utf-8"))
    return tuple(Step.model_validate(row) for row in rows)


def guide(logins: Sequence[Login]) -> Guide:
    """The guide of a house with these logins."""
    return Guide(steps=steps(), guests=tuple(_guest(login) for login in logins))


def _guest(login: Login) -> Guest:
    office = directory().office(login["office"])
    code = login["office"]
    names: dict[str, str] = {"zh-CN": office.name if office else code, "en": office.name_en if office else code}
    return Guest(username=login["username"], name=login["name"], role=login["role"], office=names, password=login["password"])


def put(home: Home) -> None:
    """Write the guide of the home's own logins, for the owner of the home alone: from then on its pages show the banner."""
    logins: list[Login] = json.loads(home.logins_file.read_text(encoding="utf-8"))
    wanted = guide(logins).model_dump(mode="json")
    file = home.path / FILE
    if not file.exists() or json.loads(file.read_text(encoding="utf-8")) != wanted:
        accounts.write(file, wanted)
