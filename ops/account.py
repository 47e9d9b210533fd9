"""The first administrators of a system in which nobody can sign in yet; from then on accounts and roles are made on its pages.

A system administrator enters offices and people, a security administrator gives accounts and roles: each of the two may be made here as
long as nobody holds the role.
"""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from domain.accounts import check_separation
from domain.command import Refusal
from domain.directory import Directory, DirectoryEvent, Grant, Office, OfficeOpened, Person, PersonRegistered, RoleGranted
from ledger import registers
from ledger.accounts import HOUSE, administer, create_account, locked_row
from ledger.directory import DirectoryCache, enter
from ledger.store import WORKER, Database
from ops.process import EngineError

FirstRole = Literal["security_administrator", "system_administrator"]
_ZONE = ZoneInfo("Asia/Shanghai")
_USERNAME = re.compile(r"[a-z0-9][a-z0-9._@-]{1,63}")


@dataclass(frozen=True)
class First:
    """Who the first administrator is: account, person and the office they belong to, which is opened where it is not yet."""

    username: str
    role: FirstRole
    person: str
    name: str
    office: str
    office_name: str


async def create_first(database: Database, first: First, now: datetime) -> str:
    """Make the account; its first password, to be changed at the first sign-in.

    Raises `EngineError`, saying what to do, where somebody holds the role already or the names do not fit.
    """
    if not _USERNAME.fullmatch(first.username):
        raise EngineError("a user name is 2 to 64 of a-z, 0-9 and . _ @ -, beginning with a letter or digit")
    password = secrets.token_urlsafe(12)
    async with database.transaction(WORKER) as conn:
        await administer(conn)
        if await locked_row(conn, first.username) is not None:
            raise EngineError(f"there is an account {first.username} already")
        await registers.lock(conn)
        cache = DirectoryCache()
        changes = _changes(await cache.read(conn), first, now)
        await enter(conn, cache, changes, actor=HOUSE, now=now, command_id=f"first/{first.role}")
        await create_account(
            conn, first.username, first.person, password, now, first=True, command_id=f"first/{first.role}"
        )  # fmt: skip
    return password


def _changes(directory: Directory, first: First, now: datetime) -> list[DirectoryEvent]:
    """The office and the person as far as they are missing, and the role."""
    today = now.astimezone(_ZONE).date()
    held = directory.people_with(first.role, today)
    if held:
        raise EngineError(f"{held[0].name} is {first.role} already: accounts and roles are given on the page 账户 (/accounts)")
    changes: list[DirectoryEvent] = []
    if directory.office(first.office) is None:
        office = Office(
            code=first.office, name=first.office_name or first.office, name_en=first.office_name or first.office,
            short=(first.office_name or first.office)[:2], kind="bureau", level="city", county="CITY",
        )  # fmt: skip
        changes.append(OfficeOpened(since=today, office=office))
    grant = Grant(since=today, role=first.role, office=first.office)
    if directory.person(first.person) is None:
        person = Person(code=first.person, name=first.name or first.person, office=first.office, grants=(grant,))
        return [*changes, PersonRegistered(since=today, person=person)]
    try:
        check_separation(directory, first.person, first.role, today, None)
    except Refusal as refusal:
        raise EngineError(
            f"{first.person} is {refusal.detail['held']}: system, security and audit administrator are three people"
        ) from refusal
    return [*changes, RoleGranted(since=today, person=first.person, role=first.role, office=first.office)]
