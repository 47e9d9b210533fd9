"""The lines of an export, out of the ledger page by page."""

import json
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from domain.access import Scope
from ledger.events import CASE_LEDGER, OF_CASES
from ledger.schema import case_list, events
from ledger.sql import Connection, Row, Statement, fetch_all
from readmodels.exports import SYSTEM, Case, Line, Names
from readmodels.history import EventQuery, case_of, matching, texts_of

PAGE = 1000
_COLUMNS = (
    "position", "stream", "version", "type", "recorded_at", "decided_at", "effective_on", "actor", "on_behalf_of", "role", "office",
)  # fmt: skip
_HEAD = Statement(
    sa.select(sa.func.coalesce(sa.column("position", sa.BigInteger()), 0).label("end")).select_from(
        sa.func.ledger_head(CASE_LEDGER).table_valued(sa.column("position", sa.BigInteger), name="head")
    )
)


type Opening = Callable[[], AbstractAsyncContextManager[Connection]]
"""Begins a transaction."""


class NoLongerSeen(Exception):  # noqa: N818 -- what it is
    """The session sees nothing of a page that it was to be shown: it has ended. What is written so far is no whole export."""


@dataclass(frozen=True, slots=True)
class Export:
    """What goes out: events that fit the query and stand in the scope, under these names.

    `query.upto` must be set: the same export asked again has the same lines, however the ledger has grown. Which cases fit a filter or the
    scope is a matter of the case list as it stands.
    """

    scope: Scope
    query: EventQuery
    names: Names

    async def pages(self, own: Opening, seen: Opening, size: int = PAGE) -> AsyncGenerator[list[Line]]:
        """Lines case by case and by version, at most `size` at a time; each page in transactions of its own, which soon end.

        What fits is found in the product's own name (`own`) and read under the caller's session (`seen`). Raises `NoLongerSeen`.
        """
        after, known = ("", 0), dict[str, Case]()
        while True:
            async with own() as conn:
                found = await self._found(conn, after, size)
            if not found:
                return
            async with seen() as conn:
                rows = await self._rows(conn, [row["position"] for row in found])
                streams = {str(row["stream"]) for row in rows}
                known = {stream: case for stream, case in known.items() if stream in streams}
                known |= await self._cases(conn, streams - known.keys())
            if not rows:
                raise NoLongerSeen
            yield [self._line(row, known.get(row["stream"]) or self._case(row)) for row in rows]
            after = (found[-1]["stream"], found[-1]["version"])

    async def _found(self, conn: Connection, after: tuple[str, int], size: int) -> list[Row]:
        at = events.c
        here, there = sa.tuple_(at.stream, at.version), sa.tuple_(sa.literal(after[0], sa.Text()), sa.literal(after[1], sa.Integer()))
        return await fetch_all(
            conn,
            sa.select(at.position, at.stream, at.version)
            .join_from(events, case_list, case_list.c.case_id == case_of(at.stream))
            .where(*matching(self.query, self.scope), here > there)
            .order_by(at.stream, at.version)
            .limit(size),
        )

    async def _rows(self, conn: Connection, positions: list[int]) -> list[Row]:
        at = events.c
        wanted = sa.cast(sa.literal(positions, pg.ARRAY(sa.BigInteger)), pg.ARRAY(sa.BigInteger))
        asked = sa.select(*(at[name] for name in _COLUMNS)).where(OF_CASES, at.position == sa.any_(wanted))
        return await fetch_all(conn, asked.order_by(at.stream, at.version))

    async def _cases(self, conn: Connection, streams: Iterable[str]) -> dict[str, Case]:
        """The cases of these streams, out of the event that opened each: what is told of a case does not change with it.

        One that cannot be read, or is gone, tells nothing of its case; that it was changed is for `yuanshou verify` to name.
        """
        at = events.c
        wanted = sa.select(at.stream, at.recorded_at, at.body).where(at.stream == sa.any_(texts_of(sorted(streams))), at.version == 1)
        return {str(row["stream"]): self._case(row) for row in await fetch_all(conn, wanted)}

    def _case(self, row: Row) -> Case:
        """The case as the event tells of it; one without its body tells nothing but whose it is."""
        opening = _read(bytes(row.get("body", b"")))
        matter = _object(opening.get("matter"))
        code = str(row["stream"]).partition("/")[2]
        return Case(
            self.names.of("case", code), row["recorded_at"], _code(matter, "kind"), _code(matter, "cause"), _code(opening, "channel"),
            _code(opening, "centre"),
        )  # fmt: skip

    def _line(self, row: Row, case: Case) -> Line:
        acted_for: str | None = row["on_behalf_of"]
        return Line(
            case=case,
            id=self.names.of("event", str(row["position"])),
            version=row["version"],
            type=row["type"],
            recorded_at=row["recorded_at"],
            decided_at=row["decided_at"],
            effective_on=row["effective_on"],
            actor=self._person(row["actor"]),
            on_behalf_of=None if acted_for is None else self._person(acted_for),
            role=row["role"],
            office=row["office"],
        )

    def _person(self, code: str) -> str:
        return code if code == SYSTEM else self.names.of("person", code)


def _read(body: bytes) -> Mapping[str, Any]:
    """A stored body; empty where it is no JSON object."""
    try:
        return _object(json.loads(body))
    except ValueError:
        return {}


def _object(value: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}


def _code(held: Mapping[str, Any], name: str) -> str | None:
    """A code of ours; a sealed value, which is an object, is none."""
    value = held.get(name)
    return value if isinstance(value, str) else None


async def end(conn: Connection) -> int:
    """The last position of the cases' ledger, whoever asks."""
    row = await (await _HEAD.run(conn)).fetchone()
    return row["end"] if row else 0
