"""A million cases for the benchmark of the pages: rows of the case list with sealed names, limits of the open ones, people in whose hands
they are, and accounts that are signed in. Everything goes in by COPY, as the tables' owner.
"""

from __future__ import annotations

import hashlib
import random
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from domain.command import Actor
from domain.directory import Directory
from domain.lifecycle import STAGE_OF, STATES
from ledger.directory import DirectoryCache, extend
from ledger.events import stream_of
from ledger.keys import KeyRing
from ledger.personal import new_subject_key, seal
from ledger.store import WORKER, Database
from ops.engines import Engines
from ops.example.directory import Account, directory_events, people_accounts
from ops.example.network import network_events

OPEN_IN = 100
"""One case in so many is open: a few months' work, and what was closed in decades."""

_WAITS = ("caseworker", "approver", "lawyer", "applicant", "finance_officer", None)
_LIMITS = ("examine_application", "assign_unit", "supply_papers", "submit_closing_file", "pay_subsidy")
_CASE = (
    "case_id", "version", "register_number", "case_number", "stage", "state", "centre", "outlet", "unit", "lawyer", "lawyers", "owner",
    "categories", "kind", "cause", "channel", "recipient_count", "applicant", "opened_on", "updated_at", "due_at", "due_limit",
    "waiting_for",
)  # fmt: skip
_CLOCK = (
    "case_id", "clock_id", "kind", "limit_id", "state", "live", "unit", "started_on", "due_on", "due_at", "first_due_on", "moves",
    "paused_days", "confirmed", "provisional", "centre", "outlet", "unit_code", "owner",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class City:
    """Who is signed in, by the name that is their session's token too."""

    accounts: Sequence[Account]

    def one(self, role: str, office: str) -> str:
        return next(a.username for a in self.accounts if a.role == role and a.office == office)


async def people(database: Database, engines: Engines) -> City:
    """The example's whole city, and everybody of it who has an account signed in for a day."""
    clerk = Actor("system", "system_administrator", "system")
    async with database.transaction(WORKER) as conn:
        known = (await DirectoryCache().read(conn)).offices()
    if not known:
        events = (*directory_events(), *network_events())
        await extend(database, events, actor=clerk, now=datetime.now(UTC), command_id="bench-directory")
    with psycopg.connect(engines.worker_dsn) as own:
        for account in people_accounts():
            own.execute(
                "INSERT INTO accounts (username, person, password_hash) VALUES (%s, %s, '') ON CONFLICT DO NOTHING",
                [account.username, account.person],
            )
            own.execute(
                "INSERT INTO sessions (token_hash, username, kind, expires_at) VALUES (%s, %s, 'bearer', now() + interval '1 day')",
                [hashlib.sha256(account.username.encode()).digest(), account.username],
            )
    return City(people_accounts())


async def fill(database: Database, engines: Engines, keys: KeyRing, cases: int) -> None:
    """Put that many cases in; a minute or two for a million."""
    async with database.transaction(WORKER) as conn:
        directory = await DirectoryCache().read(conn)
        subject = uuid.uuid4()
        key = await new_subject_key(conn, keys.master, subject)
    with psycopg.connect(engines.owner_dsn) as owner:
        owner.execute("CREATE TEMP TABLE made_cases (LIKE case_list INCLUDING DEFAULTS); CREATE TEMP TABLE made_clocks (LIKE clock_list)")
        today = datetime.now(UTC).replace(hour=10, minute=0, second=0, microsecond=0)
        with owner.cursor().copy(f"COPY made_cases ({', '.join(_CASE)}) FROM STDIN".encode()) as copy:
            for n, row in enumerate(_made(directory, cases, today)):
                name = seal(key, subject, stream_of(row[0]), "name", f"欧阳{chr(0x4E00 + n % 2000)}").model_dump(mode="json")
                copy.write_row((*row[:17], Jsonb({"name": name}), *row[17:]))
        with owner.cursor().copy(f"COPY made_clocks ({', '.join(_CLOCK)}) FROM STDIN".encode()) as copy:
            for row in _made(directory, cases, today):
                if (due := row[19]) is not None:
                    day = due.date()
                    copy.write_row((
                        row[0], f"{row[20]}/1", "case", row[20], "running", True, "calendar_day", day - timedelta(days=20), day, due,
                        day, 0, 0, True, False, row[6], row[7], row[8], row[11],
                    ))  # fmt: skip
        # COPY does not go through row-level security, which holds the owner too.
        owner.execute("INSERT INTO case_list SELECT * FROM made_cases")
        owner.execute("INSERT INTO clock_list SELECT * FROM made_clocks")
        owner.execute("INSERT INTO cases (case_id, version, schema, snapshot) SELECT case_id, 1, 0, '{}' FROM made_cases")
    with psycopg.connect(engines.owner_dsn, autocommit=True) as owner:
        owner.execute("VACUUM ANALYZE")


def _made(directory: Directory, cases: int, today: datetime) -> Iterator[tuple[Any, ...]]:
    """Rows in the order of `_CASE`, without the applicant's name; the same each time."""
    chance = random.Random(8)  # noqa: S311 -- made-up cases
    centres = [o for o in directory.offices() if o.kind == "centre"]
    below = {c.code: [code for code in directory.below(c.code) if code != c.code] or [None] for c in centres}
    hands = {c.code: [p.code for p in directory.people_with("caseworker", today.date(), c.code)] or [None] for c in centres}
    lawyers = list(directory.lawyer_of.values())
    running = [state for state in STATES if STAGE_OF[state] != "ended"]
    ended = [state for state in STATES if STAGE_OF[state] == "ended"]
    for n in range(cases):
        centre = centres[n % len(centres)]
        is_open = chance.randrange(OPEN_IN) == 0
        state = chance.choice(running if is_open else ended)
        opened = today - timedelta(days=chance.randrange(120) if is_open else 120 + chance.randrange(9000))
        due = today + timedelta(days=chance.randrange(-3, 40), minutes=chance.randrange(600)) if is_open else None
        lawyer = chance.choice(lawyers)
        yield (
            str(uuid.UUID(int=chance.getrandbits(128), version=4)), 9, f"{centre.short}援登字〔{opened.year}〕第{n}号",
            f"{centre.short}援民字〔{opened.year}〕第{n}号", STAGE_OF[state], state, centre.code,
            chance.choice(below[centre.code]) if n % 3 == 0 else None, lawyer.unit, lawyer.code, [lawyer.code],
            chance.choice(hands[centre.code]), ["migrant_worker"] if n % 2 else ["other"], "civil", "wages", "walk_in", 1, opened.date(),
            opened + timedelta(minutes=chance.randrange(1000)), due, chance.choice(_LIMITS) if due else None,
            chance.choice(_WAITS) if is_open else None,
        )  # fmt: skip
