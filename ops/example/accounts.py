"""The worked example's people and their accounts: entered straight into the ledger, before there is anybody who could sign in.

Done again it changes nothing. Passwords are made at random and written down, for the owner of the home alone, before the accounts
exist: an account whose password nobody knows cannot come about.
"""

import json
import os
import secrets
import tempfile
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TypedDict

import psycopg

from domain.command import Actor
from domain.directory import Directory
from ledger.accounts import create_account
from ledger.directory import DirectoryCache, extend
from ledger.store import WORKER, Database
from ops.example.directory import Account, directory_events, people_accounts
from ops.example.network import network_events
from ops.home import Home

_CLERK = Actor("system", "system_administrator", "system")


class Login(TypedDict):
    """One line of `demo-logins.json`."""

    username: str
    password: str
    role: str
    office: str
    name: str


async def ensure(database: Database, home: Home, now: datetime) -> tuple[Login, ...]:
    """Enter the directory and the accounts as far as they are missing; everybody's way to sign in."""
    async with database.transaction(WORKER) as conn:
        directory: Directory = await DirectoryCache().read(conn)
    if not directory.offices():
        # Together: a start that is killed leaves a whole city or none.
        await extend(database, (*directory_events(), *network_events()), actor=_CLERK, now=now, command_id="example-directory")
    logins = written(home.logins_file, people_accounts())
    for account, login in zip(people_accounts(), logins, strict=True):
        try:
            async with database.transaction(WORKER) as conn:
                await create_account(conn, account.username, account.person, login["password"], now)
        except psycopg.errors.UniqueViolation:
            continue  # made at an earlier start, with the password that was written down then
    return logins


def written(file: Path, people: Iterable[Account]) -> tuple[Login, ...]:
    """The logins as the file holds them; passwords are made for whoever it does not name, and the file is replaced in one step."""
    known = {login["username"]: login["password"] for login in _read(file)}
    logins = tuple(
        Login(username=a.username, password=known.get(a.username) or secrets.token_urlsafe(12), role=a.role, office=a.office, name=a.name)
        for a in people
    )
    if known.keys() != {login["username"] for login in logins}:
        write(file, logins)
    return logins


def _read(file: Path) -> list[Login]:
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else []


def write(file: Path, content: object) -> None:
    """Replace a JSON file in one step; its owner alone may read it."""
    number, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")  # mode 0600
    with os.fdopen(number, "w", encoding="utf-8") as stream:
        json.dump(content, stream, ensure_ascii=False, indent=1)
        stream.flush()
        os.fsync(number)
    Path(name).replace(file)
