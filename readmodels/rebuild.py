"""Read models made anew from the ledger while commands go on, and held against it.

Blue-green, by difference. A pass folds every stream as of one moment and puts what should stand there aside, in tables that only this
session sees, wherever something else does; then it catches up with what was appended meanwhile; then one short transaction, under the
ledger's lock, brings it into the live tables. Readers see the old rows or the new ones, never neither. Whatever ends the rebuild before
that commit leaves the live tables as they were, and the database itself drops what was put aside.

Why no other table is renamed into the old one's place: the policies of nearly every table ask the case list, and would go on asking the
one that was dropped (`docs/read-models.md`).
"""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Any, NamedTuple

import psycopg
import sqlalchemy as sa
from psycopg import AsyncConnection
from psycopg.rows import dict_row
from psycopg.sql import SQL, Composable, Identifier, Literal
from pydantic_core import to_json

from ledger import events
from ledger.schema import events as events_table
from ledger.schema import followers
from ledger.sql import Connection, Statement
from readmodels import looking
from readmodels.following import enter
from readmodels.looking import Stream, Task
from readmodels.models import MODELS, ReadModel
from readmodels.passing import Pass, Tally, begun
from readmodels.rows import Difference
from workflows.faultpoints import reach

REBUILD_LOCK = 0x79736872_62756C64
"""Advisory lock of a session that rebuilds: one at a time."""
_NEAR = 50
"""With so few streams to catch up with, the rest is done under the ledger's lock."""
_ROUNDS = 20

_CHANGED = Statement(
    sa.select(events_table.c.stream)
    .where(
        events_table.c.ledger == events.CASE_LEDGER,
        events_table.c.position > sa.bindparam("after", type_=sa.BigInteger),
        sa.func.split_part(events_table.c.stream, "/", 1) == sa.any_(sa.bindparam("kinds", type_=sa.ARRAY(sa.Text))),
    )
    .distinct()
)
_HERE = Statement(
    sa.update(followers)
    .where(followers.c.name == sa.any_(sa.bindparam("names", type_=sa.ARRAY(sa.Text))))
    .values(
        position=sa.bindparam("position", type_=sa.BigInteger),
        at=sa.func.clock_timestamp(),
        halted_at=None,
        halted_position=None,
        error=None,
    )
)


class AnotherRebuild(Exception):  # noqa: N818
    """Somebody else is making read models anew."""


class Unreadable(Exception):  # noqa: N818
    """A stream's history cannot be folded: an event of a newer program, or one that was changed. Nothing was written."""

    def __init__(self, found: Difference) -> None:
        super().__init__(f"{found.key[0]} at position {found.live}: {found.rebuilt}")
        self.found = found


class Report(NamedTuple):
    """What a pass found, by model. `written`: the live tables were changed, and this is what a second pass found afterwards."""

    tallies: Sequence[Tally]
    events: int
    streams: int
    head: int
    written: bool = False
    put_right: int = 0
    """Streams (and rows of none) that were made anew, counted by model."""

    @property
    def same(self) -> bool:
        return all(tally.rebuilt == tally.live for tally in self.tallies)


type Told = Callable[[Pass], None]
"""Called after each batch of a pass."""


def _silent(_: Pass) -> None:
    return


async def compare(
    source: str | Connection, names: Iterable[str] = tuple(MODELS), *, processes: int = 0, told: Told = _silent
) -> AsyncIterator[Difference]:
    """Wherever the read models say something else than the ledger, as of one moment; in constant memory. An edited snapshot is one too.

    `source` and `processes` as in `passing.begun`: the role must see every row. Models that follow are held against the ledger up to
    where they are; that one lags is no difference.
    """
    async with begun(source, names, processes=processes) as this:
        async for looked in this.looks():
            for difference in (*looked.unreadable, *looked.differences):
                yield difference
            told(this)
        async for difference in this.strangers():
            yield difference


async def check(source: str | Connection, names: Iterable[str] = tuple(MODELS), *, processes: int = 0, told: Told = _silent) -> Report:
    """The digests of the read models as they are and as the ledger says, of one moment. Raises `Unreadable`."""
    async with begun(source, names, processes=processes) as this:
        async for looked in this.looks():
            for found in looked.unreadable:
                raise Unreadable(found)
            told(this)
        async for _ in this.strangers():
            pass
        return _report(this)


def _report(this: Pass) -> Report:
    return Report(list(this.tallies.values()), this.events, this.streams, this.head)


async def rebuild(
    dsn: str, names: Iterable[str] = tuple(MODELS), *, processes: int = 0, told: Told = _silent, look_again: bool = True
) -> Report:
    """Make these models anew. `dsn` is the address of the tables' owner; `look_again` where something was written, for the report.

    Raises `AnotherRebuild`; `Unreadable`, with nothing written.
    """
    chosen = tuple(names)
    async with await AsyncConnection[dict[str, Any]].connect(
        dsn, autocommit=True, row_factory=dict_row, prepare_threshold=0, application_name="yuanshou-rebuild"
    ) as conn:
        row = await (await conn.execute("SELECT pg_try_advisory_lock(%s) AS mine", (REBUILD_LOCK,))).fetchone()
        if not (row and row["mine"]):
            raise AnotherRebuild
        aside = Aside(conn, [MODELS[name] for name in chosen])
        await aside.make()
        async with begun(dsn, chosen, processes=processes, at_end=True) as this:
            reach("rebuild_begun")
            async for looked in this.looks():
                for found in looked.unreadable:
                    raise Unreadable(found)
                for name, of_model in looked.models.items():
                    await aside.put(MODELS[name], of_model.differing)
                told(this)
            async for stranger in this.strangers():
                await aside.put(MODELS[stranger.model], {_stream_of(stranger): []})
            first = _report(this)
        reach("rebuild_built")
        differing = sum(tally.differing for tally in first.tallies)
        following = [model.name for model in aside.models if model.follows]
        if not differing and not following:
            return first
        await _bring(conn, aside, first.head, following)
    if not differing:
        return first
    if not look_again:
        return first._replace(written=True, put_right=differing)
    return (await check(dsn, chosen, processes=processes, told=told))._replace(written=True, put_right=differing)


def _stream_of(stranger: Difference) -> Stream:
    """Of a row that the ledger does not call for: its kind as the row itself says, and its id."""
    model = MODELS[stranger.model]
    return stranger.live[model.kind_column] if model.kind_column else next(iter(model.kinds)), stranger.key[0]


async def _bring(conn: Connection, aside: "Aside", head: int, following: list[str]) -> None:
    """Catch up, and bring what was put aside into the live tables."""
    await enter(conn, [MODELS[name] for name in following])
    for _ in range(_ROUNDS):
        changed, head = await aside.catch_up(head)
        if changed <= _NEAR:
            break
    async with conn.transaction():
        # In the order in which everybody takes them: the cases' rows by id, the followers', the ledger.
        await aside.lock_cases()
        await conn.execute("SELECT FROM followers WHERE name = ANY(%s) ORDER BY name FOR UPDATE", (following,))
        await conn.execute("SELECT pg_advisory_xact_lock(%s)", (events.CASE_LOCK,))
        reach("rebuild_locked")
        _, head = await aside.catch_up(head)
        for model in aside.models:
            await aside.bring(model)
        await _HERE.run(conn, names=following, position=head)
        reach("rebuild_written")
    reach("rebuild_done")


class Aside:
    """What should stand in the live tables and does not, in temporary tables of this session: one a model, and the list of streams."""

    def __init__(self, conn: Connection, models: Sequence[ReadModel]) -> None:
        self._conn, self.models = conn, models
        self._kinds = sorted(frozenset[str]().union(*(model.kinds for model in models)))

    async def _run(self, text: str, *given: Any, **words: Composable) -> psycopg.AsyncCursor[dict[str, Any]]:
        return await self._conn.execute(SQL(text).format(**words), given)  # pyright: ignore[reportArgumentType] -- our own texts

    async def make(self) -> None:
        """Make the tables, empty; nobody else sees them, and they go with the session."""
        await self._run("CREATE TEMPORARY TABLE aside__streams (model text, kind text, id uuid, PRIMARY KEY (model, kind, id))")
        for model in self.models:
            await self._run("CREATE TEMPORARY TABLE {new} AS SELECT {columns} FROM {live} WITH NO DATA", **_words(model))
            await self._run("CREATE UNIQUE INDEX ON {new} ({key})", **_words(model))

    async def put(self, model: ReadModel, differing: "dict[Stream, list[dict[str, Any]]]") -> None:
        """Put the rows of these streams aside, in place of what was there of them."""
        if not differing:
            return
        kinds, ids = zip(*differing, strict=True)
        await self._run(
            "INSERT INTO aside__streams SELECT {name}, * FROM unnest(%s::text[], %s::uuid[]) ON CONFLICT DO NOTHING",
            list(kinds), list(ids), **_words(model),
        )  # fmt: skip
        same_kind = SQL("AND t.{} = s.kind").format(Identifier(model.kind_column)) if model.kind_column else SQL("")
        await self._run(
            "DELETE FROM {new} t USING unnest(%s::text[], %s::uuid[]) AS s(kind, id) WHERE t.{first} = s.id {same_kind}",
            list(kinds), list(ids), **_words(model), same_kind=same_kind,
        )  # fmt: skip
        rows = [{name: row[name] for name in model.columns} for rows in differing.values() for row in rows]
        await self._run(
            "INSERT INTO {new} SELECT {columns} FROM jsonb_populate_recordset(NULL::{live}, %s::jsonb)",
            to_json(rows).decode(), **_words(model),
        )  # fmt: skip

    async def catch_up(self, since: int) -> tuple[int, int]:
        """Fold anew what was put aside and was appended to since that position, and all of it for models that follow.

        How many streams those were, and the position that is reached.
        """
        reached = await events.end(self._conn)
        rows = await (await _CHANGED.run(self._conn, after=since, kinds=self._kinds)).fetchall()
        task = Task(tuple(model.name for model in self.models), {})
        count = 0
        for name in (row["stream"] for row in rows):
            kind, _, stream_id = name.partition("/")
            found = await self._run("SELECT model FROM aside__streams WHERE kind = %s AND id = %s::uuid", kind, stream_id)
            concerned = {row["model"] for row in await found.fetchall()}
            models = [m for m in self.models if kind in m.kinds and (m.follows or m.name in concerned)]
            if not models:
                continue
            history = await events.rows_of(self._conn, name)
            try:
                made = looking.made_anew(task, (kind, stream_id), history)
            except Exception as fault:
                raise Unreadable(looking.unreadable((kind, stream_id), history, fault)) from fault
            for model in models:
                await self.put(model, {(kind, stream_id): made[model.name]})
            count += 1
        return count, reached

    async def lock_cases(self) -> None:
        await self._run(
            "SELECT FROM cases WHERE case_id IN (SELECT id FROM aside__streams WHERE model = 'cases') ORDER BY case_id FOR UPDATE"
        )

    async def bring(self, model: ReadModel) -> None:
        """Make the live table say what was put aside; rows that say it already are not touched."""
        words = _words(model)
        same_kind = SQL("AND t.{} = s.kind").format(Identifier(model.kind_column)) if model.kind_column else SQL("")
        await self._run(
            "DELETE FROM {live} t USING aside__streams s WHERE s.model = {name} AND t.{first} = s.id {same_kind}"
            " AND NOT EXISTS (SELECT FROM {new} n WHERE {matching})",
            **words, same_kind=same_kind,
        )  # fmt: skip
        await self._run(
            "INSERT INTO {live} AS t ({columns}) SELECT {columns} FROM {new} ON CONFLICT ({key}) DO UPDATE SET {changes} WHERE {unlike}",
            **words,
        )


def _words(model: ReadModel) -> dict[str, Composable]:
    """The model's names, as they stand in statements."""
    others = [name for name in model.columns if name not in model.key]
    return {
        "name": Literal(model.name),
        "live": Identifier("public", model.name),
        "new": Identifier("pg_temp", f"{model.name}__new"),
        "first": Identifier(model.key[0]),
        "key": _listed(map(Identifier, model.key)),
        "columns": _listed(map(Identifier, model.columns)),
        "changes": _listed(SQL("{0} = excluded.{0}").format(Identifier(name)) for name in others),
        "unlike": SQL("({}) IS DISTINCT FROM ({})").format(
            _listed(Identifier("t", name) for name in others), _listed(Identifier("excluded", name) for name in others)
        ),
        "matching": SQL(" AND ").join(SQL("n.{0} = t.{0}").format(Identifier(name)) for name in model.key),
    }


def _listed(parts: Iterable[Composable]) -> Composable:
    return SQL(", ").join(parts)
