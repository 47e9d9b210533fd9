"""The stored tree: full tiles made of the events once and for all, and whatever hash, root or proof is asked for out of them.

A proof reads a handful of tiles and, at the tree's edge, at most 255 rows a level: never the ledger.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from ledger import merkle
from ledger.merkle import HEIGHT, WIDTH, Node, Tile, Tiler
from ledger.schema import events, tiles
from ledger.sql import Connection, Statement
from ledger.store import WORKER, Database

_PAGE = 64 * WIDTH
"""Events that are made into tiles in one transaction."""


class LedgerGap(Exception):  # noqa: N818 -- what is found
    """A position that should have an event has none."""

    def __init__(self, ledger: str, position: int) -> None:
        super().__init__(f"ledger {ledger} has no event at position {position}")
        self.ledger, self.position = ledger, position


@dataclass(frozen=True, slots=True)
class End:
    """Where a ledger stands: its last position (0 for none) and the moment at which the database said so."""

    position: int
    now: datetime


_END = Statement(
    sa.select(
        sa.func.coalesce(sa.func.max(events.c.position), 0).label("position"),
        sa.func.clock_timestamp().label("now"),
    ).where(events.c.ledger == sa.bindparam("ledger"))
)
_CHAINED = Statement(
    sa.select(events.c.position, events.c.chain_hash)
    .where(
        events.c.ledger == sa.bindparam("ledger"),
        events.c.position > sa.bindparam("after", type_=sa.BigInteger),
        events.c.position <= sa.bindparam("upto", type_=sa.BigInteger),
    )
    .order_by(events.c.position)
)
_FULL = Statement(
    sa.select(sa.func.coalesce(sa.func.max(tiles.c.n) + 1, 0).label("full")).where(
        tiles.c.ledger == sa.bindparam("ledger"), tiles.c.level == sa.bindparam("level", type_=sa.SmallInteger)
    )
)
_ROOTS = Statement(
    sa.select(tiles.c.n, tiles.c.root)
    .where(
        tiles.c.ledger == sa.bindparam("ledger"),
        tiles.c.level == sa.bindparam("level", type_=sa.SmallInteger),
        tiles.c.n >= sa.bindparam("first", type_=sa.BigInteger),
        tiles.c.n < sa.bindparam("end", type_=sa.BigInteger),
    )
    .order_by(tiles.c.n)
)
_WANTED = Statement(
    sa.text(
        "SELECT t.level, t.n, t.hashes, t.root FROM unnest(cast(:levels AS smallint[]), cast(:ns AS bigint[])) AS w (level, n)"
        " JOIN tiles t ON t.ledger = :ledger AND t.level = w.level AND t.n = w.n"
    )
)
_INSERT = Statement(
    pg.insert(tiles)
    .values(
        ledger=sa.bindparam("ledger"),
        level=sa.bindparam("level"),
        n=sa.bindparam("n"),
        hashes=sa.bindparam("hashes"),
        root=sa.bindparam("root"),
    )
    .on_conflict_do_nothing()  # made of the same events by whoever was quicker; what stands there stands
)


async def end(conn: Connection, ledger: str) -> End:
    row = await (await _END.run(conn, ledger=ledger)).fetchone()
    assert row is not None  # noqa: S101 -- an aggregate has its row
    return End(row["position"], row["now"])


async def leaves(conn: Connection, ledger: str, after: int, upto: int) -> list[bytes]:
    """The leaf hashes of the events after one position up to another. Raises `LedgerGap`."""
    rows = await (await _CHAINED.run(conn, ledger=ledger, after=after, upto=upto)).fetchall()
    for expected, row in enumerate(rows, start=after + 1):
        if row["position"] != expected:
            raise LedgerGap(ledger, expected)
    if len(rows) != upto - after:
        raise LedgerGap(ledger, after + len(rows) + 1)
    return [merkle.leaf_hash(bytes(row["chain_hash"])) for row in rows]


async def fill(database: Database, ledger: str, upto: int) -> int:
    """Store every tile that events up to that position fill; how many there were. Dying on the way leaves whole tiles; the next goes on.

    Raises `LedgerGap`.
    """
    made = 0
    while True:
        async with database.transaction(WORKER) as conn:
            at = await _full(conn, ledger, 0) * WIDTH
            page = min(upto - upto % WIDTH, at + _PAGE)
            if page <= at:
                return made
            tiler = Tiler(at, await _open_tiles(conn, ledger, at))
            for leaf in await leaves(conn, ledger, at, page):
                for tile in tiler.add(leaf):
                    await _INSERT.run(conn, ledger=ledger, level=tile.level, n=tile.n, hashes=tile.hashes, root=tile.root)
                    made += 1


async def _full(conn: Connection, ledger: str, level: int) -> int:
    row = await (await _FULL.run(conn, ledger=ledger, level=level)).fetchone()
    assert row is not None  # noqa: S101 -- an aggregate has its row
    return row["full"]


async def _open_tiles(conn: Connection, ledger: str, size: int) -> list[bytes]:
    """The beginnings of the tiles that `size` leaves (whole tiles of level 0) leave open."""
    found: list[bytes] = []
    for level, width in enumerate(merkle.open_widths(size)):
        full = size >> (HEIGHT * level)
        found.append(b"" if level == 0 else b"".join(await _tile_roots(conn, ledger, level - 1, full - width, full)))
    return found


async def _tile_roots(conn: Connection, ledger: str, level: int, first: int, last: int) -> list[bytes]:
    """The roots of neighbouring full tiles. Raises `LedgerGap` where one is not stored."""
    rows = await (await _ROOTS.run(conn, ledger=ledger, level=level, first=first, end=last)).fetchall()
    for expected, row in enumerate(rows, start=first):
        if row["n"] != expected:
            break
    else:
        if len(rows) == last - first:
            return [bytes(row["root"]) for row in rows]
    held = {row["n"] for row in rows}
    missing = next(n for n in range(first, last) if n not in held)
    raise LedgerGap(ledger, (missing << (HEIGHT * (level + 1))) + 1)


def _tile_of(node: Node) -> tuple[int, int]:
    """The tile that holds a whole subtree, as (level, number); one that is a tile's whole is taken from that tile."""
    level = max(node.level - 1, 0) // HEIGHT
    return level, (node.index << (node.level - level * HEIGHT)) // WIDTH


async def hashes(conn: Connection, ledger: str, nodes: Iterable[Node]) -> dict[Node, bytes]:
    """The hashes of whole subtrees. Raises `LedgerGap` where events or tiles that they consist of are not there."""
    wanted = {node: _tile_of(node) for node in nodes}
    places = sorted(set(wanted.values()))
    rows = await (await _WANTED.run(conn, ledger=ledger, levels=[level for level, _ in places], ns=[n for _, n in places])).fetchall()
    full = {(row["level"], row["n"]): Tile(row["level"], row["n"], bytes(row["hashes"]), bytes(row["root"])) for row in rows}
    open_: dict[tuple[int, int], bytes] = {}
    for place in places:
        if place not in full:
            level, n = place
            last = max((node.index + 1) << (node.level - level * HEIGHT) for node, at in wanted.items() if at == place)
            open_[place] = b"".join(await _edge(conn, ledger, level, n * WIDTH, last))
    return {node: _hash(node, place, full, open_) for node, place in wanted.items()}


def _hash(node: Node, place: tuple[int, int], full: Mapping[tuple[int, int], Tile], open_: Mapping[tuple[int, int], bytes]) -> bytes:
    if (tile := full.get(place)) is None:
        return merkle.node_in(open_[place], node, *place)
    return tile.root if node.level == (tile.level + 1) * HEIGHT else tile.node(node)


async def _edge(conn: Connection, ledger: str, level: int, first: int, last: int) -> list[bytes]:
    """Hashes of a level that is a multiple of eight, where its tile is not full: of events, or the roots of the tiles below."""
    if level == 0:
        return await leaves(conn, ledger, first, last)
    return await _tile_roots(conn, ledger, level - 1, first, last)


async def root(conn: Connection, ledger: str, size: int) -> bytes:
    """The root over the first `size` events. Raises `LedgerGap`."""
    plan = (merkle.subtrees(0, size),)
    return merkle.proof(plan, await hashes(conn, ledger, merkle.needed(plan)))[0]


async def inclusion(conn: Connection, ledger: str, position: int, size: int) -> list[bytes]:
    """The proof that the event of that position stands in the tree of that size. Raises ValueError unless it does; `LedgerGap`."""
    plan = merkle.inclusion_plan(position - 1, size)
    return merkle.proof(plan, await hashes(conn, ledger, merkle.needed(plan)))


async def consistency(conn: Connection, ledger: str, first: int, second: int) -> list[bytes]:
    """The proof that the tree of the second size begins with that of the first. Raises ValueError unless first ≤ second; `LedgerGap`."""
    plan = merkle.consistency_plan(first, second)
    return merkle.proof(plan, await hashes(conn, ledger, merkle.needed(plan)))
