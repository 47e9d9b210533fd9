"""Large ledgers, made by COPY: chained as the product chains, of any length, the same for the same seed.

`python -m bench.ledgers DSN COUNT` fills the ledger `case` of a migrated database; DSN is a superuser's, since COPY asks for a role that
no policy holds. Streams hold notes to cases, each with a sealed text: enough for everything that looks at rows, hashes, trees and proofs;
they are not cases that the product could fold.
"""

from __future__ import annotations

import argparse
import base64
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from urllib.parse import quote
from uuid import UUID

import psycopg

from domain.stages.any_stage import NoteAdded
from domain.values import Sealed
from ledger import chain
from ledger.events import body_of
from ledger.schema import events
from ops.home import Home
from ops.postgres import SUPERUSER

COLUMNS = tuple(column.name for column in events.columns)
BEGAN = datetime(2020, 1, 6, 1, 0, tzinfo=UTC)
EVERY = timedelta(seconds=7)
"""Between two events."""
OPEN = 500
"""Streams that grow at the same time: neighbours in the ledger are mostly of different cases."""
_TYPES = {
    "position": "int8", "version": "int4", "schema_version": "int4", "recorded_at": "timestamptz", "decided_at": "timestamptz",
    "effective_on": "date", "body": "bytea", "digest": "bytea", "chain_hash": "bytea",
}  # fmt: skip
"""Of the columns that are no text, as COPY must be told."""
_LARGE = 10_000
"""From this many on the planner is told of them."""
_BOX = 96
"""Bytes of a sealed text."""


def rows(count: int, *, ledger: str = "case", after: int = 0, length: int = 20, seed: int = 0) -> Iterator[dict[str, Any]]:
    """Events for the positions behind `after`, as rows of `events`; each stream has `length` of them, then the next one begins."""
    dice = Random(f"{seed}/{ledger}/{after}")  # noqa: S311 -- test data
    template = body_of(NoteAdded(text=Sealed(box="BOX", subject=UUID(int=0))))
    streams = [_Stream(dice) for _ in range(min(OPEN, max(count // length, 1)))]
    at = BEGAN + after * EVERY
    for position in range(after + 1, after + count + 1):
        at += EVERY
        place = position % len(streams)
        stream = streams[place]
        if stream.version == length:
            stream = streams[place] = _Stream(dice)
        box = base64.urlsafe_b64encode(dice.randbytes(_BOX)).rstrip(b"=")
        body = template.replace(b"BOX", box).replace(b"00000000-0000-0000-0000-000000000000", stream.subject)
        stream.version += 1
        row: dict[str, Any] = {
            "alg": chain.ALG,
            "ledger": ledger,
            "position": position,
            "stream": stream.name,
            "version": stream.version,
            "type": "note_added",
            "schema_version": 1,
            "recorded_at": at,
            "decided_at": at,
            "effective_on": at.date(),
            "actor": stream.actor,
            "on_behalf_of": None,
            "role": "caseworker",
            "office": "C-CITY",
            "command_id": str(_uuid(dice)),
            "correlation_id": f"made-{position}",
            "causation": None,
            "body": body,
            "digest": chain.digest(body),
        }
        row["chain_hash"] = stream.previous = chain.chain_hash(row, stream.previous)
        yield row


class _Stream:
    """A stream and where it stands."""

    def __init__(self, dice: Random) -> None:
        self.name = f"case/{_uuid(dice)}"
        self.subject = str(_uuid(dice)).encode()
        self.actor = f"P-MADE-{dice.randrange(200)}"
        self.version = 0
        self.previous = chain.GENESIS


def _uuid(dice: Random) -> UUID:
    return UUID(int=dice.getrandbits(128), version=4)


def fill(dsn: str, count: int, *, ledger: str = "case", length: int = 20, seed: int = 0) -> int:
    """Append that many events to the ledger of a database, which nobody else writes to meanwhile; its last position.

    `dsn` is a superuser's (`superuser`).
    """
    with psycopg.connect(dsn) as connection:
        found = connection.execute("SELECT coalesce(max(position), 0) FROM events WHERE ledger = %s", [ledger]).fetchone()
        after = int(found[0]) if found else 0
        copy_in = f"COPY events ({', '.join(COLUMNS)}) FROM STDIN (FORMAT BINARY)"
        with connection.cursor().copy(copy_in.encode()) as copy:
            copy.set_types([_TYPES.get(name, "text") for name in COLUMNS])
            for row in rows(count, ledger=ledger, after=after, length=length, seed=seed):
                copy.write_row([row[name] for name in COLUMNS])
        if count >= _LARGE:
            connection.execute("ANALYZE events")
    return after + count


def superuser(home: Home, dsn: str) -> str:
    """The address of an embedded engine's superuser, for the database of another role's address."""
    return f"postgresql://{SUPERUSER}:{quote(home.secret(f'postgres-{SUPERUSER}'))}@{dsn.rpartition('@')[2]}"


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.ledgers", description=__doc__)
    parser.add_argument("dsn")
    parser.add_argument("count", type=int)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    began = time.perf_counter()
    end = fill(given.dsn, given.count, seed=given.seed)
    print(f"{given.count} events, the last at {end}, in {time.perf_counter() - began:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
