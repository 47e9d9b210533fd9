"""An installation to be attacked: real cases in a database of its own, sealed and anchored at three sizes, put back after each attack."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, LiteralString, cast

import psycopg
from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier

from activities.record import Recorder
from api import documents
from api.commands import Ask, Commands
from domain.command import Actor, Happened, Stamp
from domain.stages.any_stage import NoteAdded
from ledger import chain, events, rules
from ledger.directory import DirectoryCache, extend
from ledger.keys import KeyRing
from ledger.settings import SealingSettings
from ledger.store import WORKER, Database
from ledger.verify.run import Outcome, Request, verify
from notify.anchors.directory import Directory
from notify.sealing import Sealing
from ops.engines import Engines
from ops.example.directory import directory_events, people_accounts
from tests.house import WAGES, House
from tests.integration.own_database import OwnDatabase, own_database
from workflows.contract import RecordRequest

FILE = b"%PDF-1.7 a scanned wage slip"
TABLES = ("events", "tiles", "checkpoints", "anchors", "cases", "case_list", "files", "subject_keys", "inbox")
"""What attacks change; everything else stays as it is."""


@dataclass(frozen=True)
class Installation:
    """A database and a home. `case` and `other` are ids of two cases, `small` and `middle` sizes that were sealed before the last one."""

    database: OwnDatabase
    home: Path
    case: str
    other: str
    small: int
    middle: int

    def request(self, **changes: Any) -> Request:
        """A verification of it, with nothing beside the ledgers' own bytes unless asked for."""
        plain = Request.of(self.database.worker, self.home, SealingSettings(self.home / "signer", self.home / "anchors"))
        return replace(plain, **changes)

    def verify(self, **changes: Any) -> Outcome:
        return verify(self.request(**changes))

    def codes(self, **changes: Any) -> set[str]:
        """The classes of what a verification finds."""
        return {finding.code for finding in self.verify(**changes).findings}

    @contextmanager
    def mighty(self) -> Iterator[psycopg.Connection[dict[str, Any]]]:
        """A superuser's transaction in which no trigger is heard."""
        with psycopg.connect(self.database.superuser, row_factory=dict_row) as connection:
            connection.execute("SET session_replication_role = replica")
            yield connection

    def attack(self, statement: str, *given: Any) -> None:
        with self.mighty() as connection:
            connection.execute(cast("LiteralString", statement), given)

    def ask(self, query: str, *given: Any) -> list[dict[str, Any]]:
        with self.mighty() as connection:
            return connection.execute(cast("LiteralString", query), given).fetchall()

    def event(self, position: int) -> dict[str, Any]:
        [row] = self.ask("SELECT * FROM events WHERE ledger = 'case' AND position = %s", position)
        return row

    def end(self) -> int:
        return self.ask("SELECT max(position) AS n FROM events WHERE ledger = 'case'")[0]["n"]

    def position(self, stream: str, version: int) -> int:
        return self.ask("SELECT position FROM events WHERE stream = %s AND version = %s", stream, version)[0]["position"]

    def append(self, row: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """Write an event as the ledger would, hashed as it must be, whoever may do so: an attacker knows how."""
        made = {**row, **changes}
        [previous] = self.ask(
            "SELECT coalesce((SELECT chain_hash FROM events WHERE stream = %s AND version = %s), %s) AS hash",
            made["stream"],
            made["version"] - 1,
            chain.GENESIS,
        )
        made["digest"] = chain.digest(bytes(made["body"]))
        made["chain_hash"] = chain.chain_hash(made, bytes(previous["hash"]))
        names = ", ".join(made)
        self.attack(f"INSERT INTO events ({names}) VALUES ({', '.join(['%s'] * len(made))})", *made.values())  # noqa: S608 -- columns
        return made

    def next(self, stream: str, **changes: Any) -> dict[str, Any]:
        """One more event of a stream at the ledger's end, like its last one."""
        [last] = self.ask("SELECT * FROM events WHERE stream = %s ORDER BY version DESC LIMIT 1", stream)
        newest = self.event(self.end())
        made = {**last, "position": self.end() + 1, "version": last["version"] + 1, "recorded_at": newest["recorded_at"], **changes}
        return self.append(made)

    def rehash(self, stream: str, from_version: int = 1) -> None:
        """Hash a stream's rows anew as they stand: what somebody does who knows how the chain is made."""
        previous = chain.GENESIS
        with self.mighty() as connection:
            for row in connection.execute("SELECT * FROM events WHERE stream = %s ORDER BY version", [stream]).fetchall():
                if row["version"] >= from_version:
                    row["digest"] = chain.digest(bytes(row["body"]))
                    row["chain_hash"] = chain.chain_hash(row, previous)
                    hashes = (row["digest"], row["chain_hash"], row["ledger"], row["position"])
                    connection.execute("UPDATE events SET digest = %s, chain_hash = %s WHERE ledger = %s AND position = %s", hashes)
                previous = bytes(row["chain_hash"])

    def save(self, name: str, tables: Sequence[str] = TABLES) -> None:
        """Keep a copy of the tables aside."""
        with self.mighty() as connection:
            connection.execute(SQL("CREATE SCHEMA {}").format(Identifier(name)))
            for table in tables:
                connection.execute(SQL("CREATE TABLE {} AS TABLE {}").format(Identifier(name, table), Identifier("public", table)))

    def restore(self, name: str, tables: Sequence[str] = TABLES) -> None:
        """Put the copy back."""
        with self.mighty() as connection:
            for table in tables:
                connection.execute(SQL("TRUNCATE {}").format(Identifier("public", table)))
                connection.execute(SQL("INSERT INTO {} TABLE {}").format(Identifier("public", table), Identifier(name, table)))

    async def seal(self) -> None:
        async with Database(self.database.worker, size=2, name="seal") as database:
            await sealing(database, self.home).run(at_once=True)


def sealing(database: Database, home: Path) -> Sealing:
    """The sealing of a home, with the anchor that every installation has."""
    settings = SealingSettings(home / "signer", home / "anchors")
    return Sealing(database, home / "keys", settings, [Directory(settings.anchors, outside=False)])


@asynccontextmanager
async def installed(engines: Engines, home: Path) -> AsyncIterator[Installation]:
    """Two cases, one with a file, sealed at three sizes; a copy of it all is kept as `good`, and of its second size as `yesterday`."""
    with own_database(engines) as own:
        keys = KeyRing.open(home / "keys")
        async with Database(own.app, worker=own.worker, size=4, name="attacked") as database:
            office = await _office(engines, database, keys)
            await _filler(database)
            seal = sealing(database, home)
            await seal.run()
            small = await _end(database)
            case = await _opened(office)
            await _done(office, office.ask("approver", "accept_first", case, ground="migrant_worker", papers_owed=[{"kind": "id_copy"}]))
            await seal.run()
            middle = await _end(database)
            it = Installation(own, home, case, "", small, middle)
            it.save("yesterday")
            it = replace(it, other=await _opened(office))
            attached = office.ask("caseworker", "attach_document", case, **documents.attachment("工资条", "application/pdf", FILE))
            await _done(office, replace(attached, store=documents.storing("application/pdf", FILE)))
            await _done(office, office.ask("caseworker", "add_note", case, text="申请人来电"))
            await seal.run()
        it.save("good")
        yield it


async def _office(engines: Engines, database: Database, keys: KeyRing) -> House:
    """People of the example signed in, without Temporal: commands are taken in and recorded by hand."""
    clerk, now = Actor("system", "system_administrator", "system"), datetime.now(UTC)
    await extend(database, directory_events(), actor=clerk, now=now, command_id="example-directory")
    cache = DirectoryCache()
    async with database.transaction(WORKER) as conn:
        directory = await cache.read(conn)
        for account in people_accounts():
            name = f"house-{account.username}"
            await conn.execute("INSERT INTO accounts (username, person, password_hash) VALUES (%s, %s, '')", (name, account.person))
            await conn.execute(
                "INSERT INTO sessions (token_hash, username, kind, expires_at)"
                " VALUES (sha256(convert_to(%s, 'UTF8')), %s, 'bearer', now() + interval '1 day')",
                (f"session of {name}", name),
            )
    centre = next(o.code for o in directory.offices() if o.kind == "centre" and o.level == "county")
    nobody = cast("Any", None)
    commands = Commands(database, nobody, keys, cache)
    return House(
        engines, nobody, keys, database, nobody, nobody, Recorder(database, rules.current), nobody, commands, directory, centre
    )


async def _filler(database: Database) -> None:
    """Events enough for a full tile."""
    now = datetime.now(UTC)
    stamp = Stamp(1, now, now.date(), "P-FILLER", "system", "C-CITY", "filler")
    said = (Happened(replace(stamp, version=n), NoteAdded(text="nothing of anybody")) for n in range(1, 251))
    notes = [events.draft(each, "filler", None) for each in said]
    async with database.transaction(WORKER) as conn:
        await events.append(conn, "filler/1", 0, notes)


async def _opened(office: House) -> str:
    return await _done(office, office.ask("receptionist", "submit_application", centre=office.centre, **WAGES))


async def _done(office: House, ask: Ask) -> str:
    """Take the command in and record it; the case's id."""
    taken = await office.commands.take_in(ask)
    plan = await office.recorder.record(RecordRequest(taken.case_id, taken.command_id, datetime.now(UTC), 0))
    assert plan.refused is None, plan.refused
    return taken.case_id


async def _end(database: Database) -> int:
    async with database.transaction(WORKER) as conn:
        row = await (await conn.execute("SELECT max(position) AS n FROM events WHERE ledger = 'case'")).fetchone()
    assert row is not None
    return row["n"]


def copied_home(it: Installation, place: Path) -> Installation:
    """The same database with a home that may be spoilt."""
    shutil.copytree(it.home, place)
    return replace(it, home=place)
